//! Cancelling an appointment, or recording that nobody came.

use actix_web::HttpResponse;

use super::pages::{self, Cancelling};
use super::planning::reaches;
use super::{Seen, Therapy, forms, see};
use crate::domain::Refusal;
use crate::domain::access::{ManageAppointments, Scope};
use crate::domain::appointments::{self, Party, Reach, StatusType, TypedCancellation};
use crate::web::error::{Answer, Fault};
use crate::web::ui::{Choice, Notice};
use crate::web::visit::{Fields, Posted, Visit, field};

pub async fn form(visit: Visit, Therapy(scope): Therapy<ManageAppointments>) -> Answer {
    let seen = see(&visit, &scope).await?;
    if let Err(refusal) = appointments::refuse_settled(&seen.whole.listed.appointment) {
        return visit.done(seen.href(), &Notice::warn(refusal.to_string()));
    }
    let fields = vec![("version".to_owned(), seen.version())];
    let page = page(&visit, &scope, &seen, &fields, None).await?;
    visit.page(&page)
}

async fn page(
    visit: &Visit,
    scope: &Scope<ManageAppointments>,
    seen: &Seen,
    fields: &Fields,
    error: Option<(&'static str, String)>,
) -> Result<Cancelling, Fault> {
    let (scope, of) = (scope.clone(), seen.whole.listed.appointment.clone());
    let (types, counts) = visit
        .read(move |conn| {
            Ok((appointments::status_types(conn, &scope)?, appointments::reached(conn, &scope, &of)?))
        })
        .await?;
    let mut shell = seen.shell(visit, "Cancel an appointment")?;
    if let Some((field, words)) = error {
        shell.add_error(field, words);
    }
    let of = &seen.whole.listed.appointment;
    let reach = Reach::parse(field(fields, "reach")).unwrap_or(Reach::One);
    Ok(Cancelling {
        shell,
        action: seen.act("cancel"),
        back: seen.href(),
        version: field(fields, "version").to_owned(),
        what: what(visit, seen),
        late: appointments::is_late(of, visit.now),
        statuses: cancelling(&types, field(fields, "status")),
        wishes: parties(field(fields, "wish")),
        causes: parties(field(fields, "cause")),
        because: field(fields, "because").to_owned(),
        note: field(fields, "note").to_owned(),
        reaches: counts.map(|counts| reaches(counts, reach)),
    })
}

/// `Leah Brown with Dev Patel, Tuesday 3 November 2026, 9am to 10am`.
pub fn what(visit: &Visit, seen: &Seen) -> String {
    let listed = &seen.whole.listed;
    let at = pages::span(listed.appointment.starts_at, listed.appointment.ends_at, visit.time_zone());
    match (listed.client.as_str(), listed.staff.as_str()) {
        ("", "") => at,
        ("", one) | (one, "") => format!("{one}, {at}"),
        (client, staff) => format!("{client} with {staff}, {at}"),
    }
}

fn cancelling(types: &[StatusType], chosen: &str) -> Vec<Choice> {
    let offered = types.iter().filter(|one| one.retired_at.is_none() && one.flags.cancellation);
    let mut choices = vec![Choice::new("", "Choose", chosen.is_empty())];
    choices.extend(offered.map(|one| {
        let id = one.id.to_string();
        let is = id == chosen;
        Choice::new(id, one.name.clone(), is)
    }));
    choices
}

fn parties(chosen: &str) -> Vec<Choice> {
    Choice::list(Party::ALL.iter().map(|party| (party.as_str(), party.words())), chosen)
}

pub async fn cancel(
    visit: Visit,
    Therapy(scope): Therapy<ManageAppointments>,
    Posted(fields): Posted<Fields>,
) -> Answer {
    let seen = see(&visit, &scope).await?;
    let reach = forms::reach(&fields, &seen.whole.listed.appointment);
    let (id, version, writer, sent) = (seen.id(), forms::version(&fields), scope.clone(), fields.clone());
    let cancelled = visit
        .write(move |tx| {
            let typed = TypedCancellation {
                status: field(&sent, "status"),
                wish: field(&sent, "wish"),
                cause: field(&sent, "cause"),
                because: field(&sent, "because"),
                note: field(&sent, "note"),
            };
            appointments::cancel(tx, &writer, (id, version, reach), &typed)
        })
        .await;
    match cancelled {
        Ok(1) => visit.done(seen.href(), &Notice::ok("The appointment is cancelled.")),
        Ok(count) => visit.done(seen.href(), &Notice::ok(format!("{count} appointments are cancelled."))),
        Err(Refusal::Invalid { field, words }) => {
            let page = page(&visit, &scope, &seen, &fields, Some((field, words))).await?;
            visit.page_with(&page, HttpResponse::UnprocessableEntity())
        }
        Err(Refusal::Overtaken(words)) => visit.done(seen.href(), &Notice::warn(words)),
        Err(refusal) => Err(refusal.into()),
    }
}
