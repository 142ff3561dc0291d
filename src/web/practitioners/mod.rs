//! Practitioners of a community health organisation: who they are, when they work, and what they have and until when.
//! To other sectors these pages do not exist.

mod keeping;
mod pages;

pub(super) use keeping::left_behind;

use actix_web::HttpResponse;

use super::error::{Answer, Fault};
use super::freshness::today;
use super::routes::{Line, Who, get, post};
use super::ui::{Link, Notice};
use super::visit::{Fields, Nav, Posted, Visit, field};
use super::visits::Community;
use crate::domain::Refusal;
use crate::domain::access::{EditStaff, Permission, Scope, ViewAppointments, ViewStaff};
use crate::domain::practitioners::{self, Practitioner, TypedHeld, TypedShift};
use crate::domain::visits;
use crate::kit::ids::{SkillId, StaffMemberId};
use crate::links;

pub fn routes() -> Vec<Line> {
    let view = Who::Holder(Permission::ViewStaff);
    let edit = Who::Holder(Permission::EditStaff);
    vec![
        get("/org/{org}/practitioners", view, index),
        post("/org/{org}/practitioners", edit, create),
        get("/org/{org}/practitioners/new", edit, new),
        get("/org/{org}/practitioners/{practitioner}", view, show),
        post("/org/{org}/practitioners/{practitioner}/base", edit, keeping::move_base),
        post("/org/{org}/practitioners/{practitioner}/end", edit, keeping::end),
        post("/org/{org}/practitioners/{practitioner}/again", edit, keeping::again),
        post("/org/{org}/practitioners/{practitioner}/shifts", edit, keeping::add_shift),
        post("/org/{org}/practitioners/{practitioner}/shifts/{shift}/remove", edit, keeping::remove_shift),
        post("/org/{org}/practitioners/{practitioner}/skills", edit, keeping::record),
        post("/org/{org}/practitioners/{practitioner}/skills/{held}/remove", edit, keeping::remove),
    ]
}

async fn index(visit: Visit, Community(scope): Community<ViewStaff>) -> Answer {
    let org = scope.organisation();
    let today = today(&visit);
    let all = visit.read(move |conn| practitioners::list(conn, &scope)).await?;
    let (now, before): (Vec<Practitioner>, Vec<Practitioner>) =
        all.into_iter().partition(Practitioner::works);
    let row = |one: &Practitioner| pages::Row::new(org, one, today);
    visit.page(&pages::Index {
        shell: visit.org_shell("Practitioners", Nav::Practitioners)?,
        rows: now.iter().map(row).collect(),
        before: before.iter().map(row).collect(),
        add: visit.may(Permission::EditStaff).then(|| links::new_practitioner(org)),
    })
}

async fn new(visit: Visit, Community(scope): Community<EditStaff>) -> Answer {
    let page = new_page(&visit, scope, ("", "")).await?;
    visit.page(&page)
}

async fn new_page(
    visit: &Visit,
    scope: Scope<EditStaff>,
    (staff, base): (&str, &str),
) -> Result<pages::New, Fault> {
    let org = scope.organisation();
    let candidates = visit.read(move |conn| practitioners::candidates(conn, &scope)).await?;
    let mut shell = visit.org_shell("Make somebody a practitioner", Nav::Practitioners)?;
    shell.crumb = Some(Link::new("Practitioners", links::practitioners(org)));
    Ok(pages::New {
        shell,
        action: links::practitioners(org),
        none: candidates.is_empty().then(|| links::staff(org)),
        staff: pages::staff_choices(candidates, staff),
        base: base.to_owned(),
        cancel: links::practitioners(org),
    })
}

async fn create(
    visit: Visit,
    Community(scope): Community<EditStaff>,
    Posted(fields): Posted<Fields>,
) -> Answer {
    let (staff, base) = (field(&fields, "staff").to_owned(), field(&fields, "base").to_owned());
    let org = scope.organisation();
    let made = match staff.parse::<StaffMemberId>() {
        Err(_) => Err(Refusal::invalid("staff", "Choose somebody of your staff")),
        Ok(id) => {
            let (writer, base) = (scope.clone(), base.clone());
            visit.write(move |tx| practitioners::make(tx, &writer, id, &base).map(|()| id)).await
        }
    };
    match made {
        Ok(id) => {
            let notice = Notice::ok("Now say when they work, and what they have.");
            visit.done(links::practitioner(org, id), &notice)
        }
        Err(Refusal::Invalid { field, words }) => {
            let mut page = new_page(&visit, scope, (&staff, &base)).await?;
            page.shell.add_error(field, words);
            visit.page_with(&page, HttpResponse::UnprocessableEntity())
        }
        Err(Refusal::Overtaken(words)) => visit.done(links::practitioners(org), &Notice::warn(words)),
        Err(refusal) => Err(refusal.into()),
    }
}

async fn show(visit: Visit, Community(_): Community<ViewStaff>) -> Answer {
    let page = show_page(&visit, pages::Typed::default()).await?;
    visit.page(&page)
}

/// An appointment that somebody was given, with what its task needs.
type Ahead = (visits::Visit, Vec<SkillId>);

async fn show_page(visit: &Visit, typed: pages::Typed) -> Result<pages::Show, Fault> {
    let scope = visit.scope::<ViewStaff>()?;
    let (org, id) = (scope.organisation(), visit.id::<StaffMemberId>("practitioner")?);
    let editor = visit.scope::<EditStaff>().ok();
    let appointments = visit.scope::<ViewAppointments>().ok();
    let (today, now) = (today(visit), visit.now);
    let (one, skills, ahead, would_wait) = visit
        .read(move |conn| {
            let one = practitioners::get(conn, &scope, id)?;
            let would_wait = visits::would_wait(conn, &scope, id, now)?;
            let skills = editor.map(|scope| practitioners::offered(conn, &scope)).transpose()?;
            // From today on; what each skill affects lies after its last day.
            let yesterday = today.pred_opt().unwrap_or(today);
            let ahead: Option<Vec<Ahead>> =
                appointments.map(|scope| visits::ahead_of(conn, &scope, id, yesterday)).transpose()?;
            Ok((one, skills, ahead.unwrap_or_default(), would_wait))
        })
        .await?;
    let mut shell = visit.org_shell(one.name.clone(), Nav::Practitioners)?;
    shell.crumb = Some(Link::new("Practitioners", links::practitioners(org)));
    let mut page = pages::show(shell, org, &one, skills, &ahead, (today, visit.time_zone()), typed);
    page.would_wait = would_wait;
    Ok(page)
}
