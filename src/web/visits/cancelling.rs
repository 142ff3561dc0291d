//! Cancelling an appointment: once, with who, because of whom and why.

use actix_web::HttpResponse;

use super::pages::Cancel;
use super::{Community, Seen, see};
use crate::domain::Refusal;
use crate::domain::access::ManageAppointments;
use crate::domain::visits::{self, Cancellation, Entity, ReasonCode};
use crate::web::error::{Answer, Fault};
use crate::web::ui::{Choice, Notice};
use crate::web::visit::{Fields, Posted, Visit, field};

pub async fn form(visit: Visit, Community(scope): Community<ManageAppointments>) -> Answer {
    let seen = see(&visit, &scope).await?;
    if !seen.of.status.is_open() {
        let words = format!("This appointment is {} already.", seen.of.status.words().to_lowercase());
        return visit.done(seen.href(), &Notice::warn(words));
    }
    visit.page(&page(&visit, &seen, &Vec::new(), None)?)
}

fn page(
    visit: &Visit,
    seen: &Seen,
    fields: &Fields,
    wrong: Option<(&'static str, String)>,
) -> Result<Cancel, Fault> {
    let mut shell = seen.form(visit, "Cancel an appointment")?;
    if let Some((field, words)) = wrong {
        shell.add_own_error(field, words);
    }
    let entities = |name: &str| {
        Choice::list(Entity::ALL.iter().map(|one| (one.as_str(), one.words())), field(fields, name))
    };
    let reason = field(fields, "reason");
    let mut reasons = vec![Choice::new("", "Choose", reason.is_empty())];
    reasons.extend(Choice::list(ReasonCode::ALL.iter().map(|one| (one.as_str(), one.words())), reason));
    let zone = visit.time_zone();
    let when = seen.of.booked.as_ref().map(|booked| visits::when_words(booked, zone));
    Ok(Cancel {
        shell,
        action: seen.act("cancel"),
        back: seen.href(),
        what: when.unwrap_or_else(|| "It waits for a time.".to_owned()),
        late: seen.of.is_short_notice(visit.now),
        by: entities("by"),
        because_of: entities("because_of"),
        reasons,
        note: field(fields, "note").to_owned(),
    })
}

fn read(fields: &Fields) -> Result<Cancellation, (&'static str, String)> {
    let entity = |name: &'static str, words: &str| {
        Entity::parse(field(fields, name)).ok_or_else(|| (name, words.to_owned()))
    };
    Ok(Cancellation {
        by: entity("by", "Choose who cancels")?,
        because_of: entity("because_of", "Choose because of whom")?,
        reason: ReasonCode::parse(field(fields, "reason"))
            .ok_or_else(|| ("reason", "Choose the reason".to_owned()))?,
        note: field(fields, "note").to_owned(),
    })
}

pub async fn cancel(
    visit: Visit,
    Community(scope): Community<ManageAppointments>,
    Posted(fields): Posted<Fields>,
) -> Answer {
    let seen = see(&visit, &scope).await?;
    let wrong = match read(&fields) {
        Err(wrong) => wrong,
        Ok(how) => {
            let which = (seen.of.mode, seen.of.id);
            match visit.write(move |tx| visits::cancel(tx, &scope, which, &how)).await {
                Ok(_) => return visit.done(seen.href(), &Notice::ok("The appointment is cancelled.")),
                Err(Refusal::Overtaken(words)) => return visit.done(seen.href(), &Notice::warn(words)),
                Err(Refusal::Invalid { field, words }) => (field, words),
                Err(refusal) => return Err(refusal.into()),
            }
        }
    };
    visit.page_with(&page(&visit, &seen, &fields, Some(wrong))?, HttpResponse::UnprocessableEntity())
}
