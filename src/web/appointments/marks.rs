//! Writing results notes by hand, and the mark *Invoiced*.

use actix_web::HttpResponse;

use super::cancelling::what;
use super::pages::Results;
use super::{Seen, Therapy, forms, see};
use crate::domain::Refusal;
use crate::domain::access::{ManageAppointments, ManageOrganisation};
use crate::domain::appointments;
use crate::web::error::{Answer, Fault};
use crate::web::ui::Notice;
use crate::web::visit::{Fields, Posted, Visit, field};

pub async fn results_form(visit: Visit, Therapy(scope): Therapy<ManageAppointments>) -> Answer {
    let seen = see(&visit, &scope).await?;
    if let Err(refusal) = appointments::refuse_invoiced(&seen.whole.listed.appointment) {
        return visit.done(seen.href(), &Notice::warn(refusal.to_string()));
    }
    let text = seen.whole.listed.appointment.results_notes.clone();
    visit.page(&results_page(&visit, &seen, (text, seen.version()), None)?)
}

fn results_page(
    visit: &Visit,
    seen: &Seen,
    (text, version): (String, String),
    error: Option<String>,
) -> Result<Results, Fault> {
    let mut shell = seen.shell(visit, "Results Notes")?;
    if let Some(words) = error {
        shell.add_error("results_notes", words);
    }
    Ok(Results {
        shell,
        action: seen.act("results"),
        back: seen.href(),
        version,
        what: what(visit, seen),
        text,
    })
}

pub async fn write_results(
    visit: Visit,
    Therapy(scope): Therapy<ManageAppointments>,
    Posted(fields): Posted<Fields>,
) -> Answer {
    let seen = see(&visit, &scope).await?;
    let (id, version) = (seen.id(), forms::version(&fields));
    let text = field(&fields, "results_notes").to_owned();
    let written = text.clone();
    match visit.write(move |tx| appointments::write_results(tx, &scope, (id, version), &written)).await {
        Ok(()) => visit.done(seen.href(), &Notice::ok("The results notes are saved.")),
        Err(Refusal::Invalid { words, .. }) => {
            let page = results_page(&visit, &seen, (text, version.to_string()), Some(words))?;
            visit.page_with(&page, HttpResponse::UnprocessableEntity())
        }
        Err(Refusal::Overtaken(words)) => visit.done(seen.href(), &Notice::warn(words)),
        Err(refusal) => Err(refusal.into()),
    }
}

pub async fn invoice(
    visit: Visit,
    Therapy(scope): Therapy<ManageOrganisation>,
    Posted(fields): Posted<Fields>,
) -> Answer {
    let seen = see(&visit, &scope).await?;
    let (id, version, number) = (seen.id(), forms::version(&fields), field(&fields, "invoice").to_owned());
    let done = visit.write(move |tx| appointments::invoice(tx, &scope, (id, version), &number)).await;
    answer(&visit, &seen, done, "The appointment is marked as invoiced.")
}

pub async fn take_off(
    visit: Visit,
    Therapy(scope): Therapy<ManageOrganisation>,
    Posted(fields): Posted<Fields>,
) -> Answer {
    let seen = see(&visit, &scope).await?;
    let (id, version) = (seen.id(), forms::version(&fields));
    let done = visit.write(move |tx| appointments::take_off_invoice(tx, &scope, (id, version))).await;
    answer(&visit, &seen, done, "The appointment is not marked as invoiced any more.")
}

/// Back to the appointment, with what happened or why not.
pub fn answer(visit: &Visit, seen: &Seen, done: Result<(), Refusal>, words: &str) -> Answer {
    match done {
        Ok(()) => visit.done(seen.href(), &Notice::ok(words)),
        Err(Refusal::Invalid { words, .. } | Refusal::Overtaken(words)) => {
            visit.done(seen.href(), &Notice::warn(words))
        }
        Err(refusal) => Err(refusal.into()),
    }
}
