//! Who comes to an appointment: everybody who could, with why, and everybody else, with why not.

use askama::Template;
use serde::Deserialize;

use super::{Community, see};
use crate::domain::Refusal;
use crate::domain::access::ManageAppointments;
use crate::domain::practitioners;
use crate::domain::visits;
use crate::kit::ids::StaffMemberId;
use crate::web::error::{Answer, Fault};
use crate::web::ui::{Notice, Shell, filters};
use crate::web::visit::{Posted, Visit};

#[derive(Template)]
#[template(path = "visits/assign.html")]
struct Assign {
    shell: Shell,
    action: String,
    when: String,
    /// Who has it.
    now: Option<String>,
    /// Id, name and the sentence of those who can, and whether they have it.
    fits: Vec<(String, String, String, bool)>,
    others: Vec<String>,
}

pub async fn form(visit: Visit, Community(scope): Community<ManageAppointments>) -> Answer {
    let seen = see(&visit, &scope).await?;
    let (of, now) = (seen.of.clone(), visit.now);
    let found = match visit.read(move |conn| visits::candidates(conn, &scope, &of, now)).await {
        Err(Refusal::Overtaken(words)) => return visit.done(seen.href(), &Notice::warn(words)),
        other => other?,
    };
    let zone = visit.time_zone();
    let has_it = seen.of.practitioner.as_ref().map(|one| one.id);
    let (fit, not): (Vec<_>, Vec<_>) = found.into_iter().partition(|one| one.fit.fits);
    visit.page(&Assign {
        shell: seen.form(&visit, "Who comes?")?,
        action: seen.act("assign"),
        when: seen.of.booked.as_ref().map(|booked| visits::when_words(booked, zone)).unwrap_or_default(),
        now: seen.of.practitioner.as_ref().map(|one| one.name.clone()),
        fits: fit
            .into_iter()
            .map(|one| (one.id.to_string(), one.fit.name.clone(), one.fit.words(), has_it == Some(one.id)))
            .collect(),
        others: not.into_iter().map(|one| one.fit.words()).collect(),
    })
}

#[derive(Deserialize)]
pub struct Chosen {
    /// Empty for nobody.
    practitioner: String,
}

pub async fn assign(
    visit: Visit,
    Community(scope): Community<ManageAppointments>,
    Posted(form): Posted<Chosen>,
) -> Answer {
    let seen = see(&visit, &scope).await?;
    let who: Option<StaffMemberId> = match form.practitioner.as_str() {
        "" => None,
        id => Some(id.parse().map_err(|_none| Fault::NotFound)?),
    };
    let which = (seen.of.mode, seen.of.id);
    let done = visit
        .write(move |tx| {
            let to = who.map(|id| practitioners::get(tx.conn, &scope, id)).transpose()?;
            visits::assign_to(tx, &scope, which, to.as_ref(), None)
        })
        .await;
    match done {
        Ok(of) => {
            let words = match of.practitioner {
                Some(one) => format!("{} has the appointment.", one.name),
                None => "Nobody has the appointment now.".to_owned(),
            };
            visit.done(seen.href(), &Notice::ok(words))
        }
        Err(Refusal::Overtaken(words)) => visit.done(seen.act("assign"), &Notice::warn(words)),
        Err(refusal) => Err(refusal.into()),
    }
}
