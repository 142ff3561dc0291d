//! The forms of one practitioner's page: base, shifts, and what they have.

use actix_web::HttpResponse;

use super::pages::Typed;
use super::{TypedHeld, TypedShift, show_page};
use crate::db::Tx;
use crate::domain::Refusal;
use crate::domain::access::{EditStaff, Permission, Scope};
use crate::domain::practitioners::{self, HeldId};
use crate::domain::visits;
use crate::kit::ids::{OrganisationId, ShiftId, StaffMemberId};
use crate::links;
use crate::web::error::Answer;
use crate::web::ui::{Link, Notice};
use crate::web::visit::{Fields, Posted, Visit, field};
use crate::web::visits::Community;

type Writer = Scope<EditStaff>;

pub async fn move_base(
    visit: Visit,
    Community(scope): Community<EditStaff>,
    Posted(fields): Posted<Fields>,
) -> Answer {
    let base = field(&fields, "base").to_owned();
    let typed = Typed { base: Some(base.clone()), ..Typed::default() };
    let write = move |tx: &mut Tx<'_>, scope: &Writer, id| practitioners::move_base(tx, scope, id, &base);
    decide(&visit, scope, typed, write, "The base is saved.").await
}

pub async fn end(visit: Visit, Community(scope): Community<EditStaff>, Posted(()): Posted<()>) -> Answer {
    let (org, id) = (scope.organisation(), visit.id::<StaffMemberId>("practitioner")?);
    let here = links::practitioner(org, id);
    let ended = visit.write(move |tx| {
        practitioners::end(tx, &scope, id)?;
        visits::release(tx, &scope)
    });
    match ended.await {
        Ok(left) => visit.done(here, &left_behind(&visit, org, "No new appointments go to them.", left)),
        Err(Refusal::Overtaken(words)) => visit.done(here, &Notice::warn(words)),
        Err(refusal) => Err(refusal.into()),
    }
}

/// What was done, and how many appointments wait for somebody else now.
pub fn left_behind(visit: &Visit, org: OrganisationId, done: &str, left: usize) -> Notice {
    let notice = match left {
        0 => return Notice::ok(done),
        1 => Notice::ok(format!("{done} 1 appointment waits for another practitioner now.")),
        n => Notice::ok(format!("{done} {n} appointments wait for another practitioner now.")),
    };
    if visit.may(Permission::ManageAppointments) {
        notice.link(Link::new("See them", links::visits_of_nobody(org)))
    } else {
        notice
    }
}

pub async fn again(
    visit: Visit,
    Community(scope): Community<EditStaff>,
    Posted(fields): Posted<Fields>,
) -> Answer {
    let base = field(&fields, "base").to_owned();
    let typed = Typed { base: Some(base.clone()), ..Typed::default() };
    let write = move |tx: &mut Tx<'_>, scope: &Writer, id| practitioners::make(tx, scope, id, &base);
    decide(&visit, scope, typed, write, "They are a practitioner again.").await
}

pub async fn add_shift(
    visit: Visit,
    Community(scope): Community<EditStaff>,
    Posted(fields): Posted<Fields>,
) -> Answer {
    let text = |name: &str| field(&fields, name).to_owned();
    let days = fields.iter().filter(|(name, _)| name == "days[]").map(|(_, value)| value.clone()).collect();
    let shift = TypedShift { days, from: text("from"), to: text("to") };
    let typed = Typed { shift: shift.clone(), ..Typed::default() };
    let write =
        move |tx: &mut Tx<'_>, scope: &Writer, id| practitioners::add_shift(tx, scope, id, &shift).map(drop);
    decide(&visit, scope, typed, write, "The shift is added.").await
}

pub async fn remove_shift(
    visit: Visit,
    Community(scope): Community<EditStaff>,
    Posted(()): Posted<()>,
) -> Answer {
    let shift = visit.id::<ShiftId>("shift")?;
    let write = move |tx: &mut Tx<'_>, scope: &Writer, id| practitioners::remove_shift(tx, scope, id, shift);
    decide(&visit, scope, Typed::default(), write, "The shift is removed.").await
}

pub async fn record(
    visit: Visit,
    Community(scope): Community<EditStaff>,
    Posted(fields): Posted<Fields>,
) -> Answer {
    let text = |name: &str| field(&fields, name).to_owned();
    let held = TypedHeld { skill: text("skill"), until: text("until"), reference: text("reference") };
    let typed = Typed { held: held.clone(), ..Typed::default() };
    let write = move |tx: &mut Tx<'_>, scope: &Writer, id| practitioners::record(tx, scope, id, &held);
    decide(&visit, scope, typed, write, "It is recorded.").await
}

pub async fn remove(visit: Visit, Community(scope): Community<EditStaff>, Posted(()): Posted<()>) -> Answer {
    let held = HeldId(visit.id("held")?);
    let write = move |tx: &mut Tx<'_>, scope: &Writer, id| practitioners::remove(tx, scope, id, held);
    decide(&visit, scope, Typed::default(), write, "It is removed.").await
}

/// One decision about the practitioner of the path, and back to their page; with what was typed, where it cannot be
/// used.
async fn decide(
    visit: &Visit,
    scope: Writer,
    typed: Typed,
    write: impl FnOnce(&mut Tx<'_>, &Writer, StaffMemberId) -> Result<(), Refusal> + Send + 'static,
    said: &str,
) -> Answer {
    let (org, id) = (scope.organisation(), visit.id::<StaffMemberId>("practitioner")?);
    let here = links::practitioner(org, id);
    match visit.write(move |tx| write(tx, &scope, id)).await {
        Ok(()) => visit.done(here, &Notice::ok(said)),
        Err(Refusal::Invalid { field, words }) => {
            let mut page = show_page(visit, typed).await?;
            page.shell.add_error(field, words);
            visit.page_with(&page, HttpResponse::UnprocessableEntity())
        }
        Err(Refusal::Overtaken(words)) => visit.done(here, &Notice::warn(words)),
        Err(refusal) => Err(refusal.into()),
    }
}
