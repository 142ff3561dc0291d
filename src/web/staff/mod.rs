//! The staff list: who works here, adding and changing them. Who may sign in is in Org Settings > People.

mod access;
mod forms;
mod pages;

use actix_web::HttpResponse;

use super::error::{Answer, Fault};
use super::listing::{self, PER_PAGE};
use super::routes::{Line, Who, get, post};
use super::see_other;
use super::ui::{Link, Notice};
use super::visit::{Fields, In, Nav, Posted, Visit};
use crate::domain::Refusal;
use crate::domain::access::{ApproveStaff, EditStaff, Permission, Scope, Sector, ViewStaff};
use crate::domain::approvals;
use crate::domain::connections;
use crate::domain::organisations::{self, Place};
use crate::domain::staff::{self, StaffDetails, StaffMember, StaffState};
use crate::domain::visits;
use crate::kit::ids::{PlaceId, StaffMemberId};
use crate::links;

pub fn routes() -> Vec<Line> {
    let view = Who::Holder(Permission::ViewStaff);
    let edit = Who::Holder(Permission::EditStaff);
    let manage = Who::Holder(Permission::ManagePeople);
    vec![
        get("/org/{org}/staff", view, index),
        post("/org/{org}/staff", edit, create),
        get("/org/{org}/staff/new", edit, new),
        get("/org/{org}/staff/{member}", view, show),
        post("/org/{org}/staff/{member}", edit, update),
        get("/org/{org}/staff/{member}/edit", edit, edit_form),
        post("/org/{org}/staff/{member}/invitation", manage, access::invite),
        post("/org/{org}/staff/{member}/suspension", manage, access::suspend),
        post("/org/{org}/staff/{member}/reinstatement", manage, access::reinstate),
        post("/org/{org}/staff/{member}/slip", manage, access::slip),
        post("/org/{org}/staff/{member}/extension", manage, access::extend),
    ]
}

async fn index(visit: Visit, In(scope): In<ViewStaff>) -> Answer {
    let asked: forms::Asked = visit.query();
    let org = scope.organisation();
    let (wanted, page) = (asked.wanted(), listing::page_number(&asked.page));
    let address = asked.address(links::staff(org));
    let looked_for = wanted.clone();
    let approver = visit.scope::<ApproveStaff>().ok();
    let (found, works, places, counts) = visit
        .read(move |conn| {
            let before = listing::rows_before(page);
            let found = staff::list(conn, &scope, &looked_for, before, i64::from(PER_PAGE))?;
            let counts = approver.map(|scope| approvals::counts(conn, &scope)).transpose()?;
            let ids: Vec<StaffMemberId> = found.rows.iter().map(|member| member.id).collect();
            let works = staff::places_of(conn, org, &ids)?;
            Ok((found, works, organisations::places(conn, &scope)?, counts))
        })
        .await?;
    if found.rows.is_empty() && page > 1 {
        return Ok(see_other(address.page(1)));
    }
    let home = wanted.home.and_then(|home| super::residents::name_of(&places, home));
    let chips = [
        address.chip("q", format!("Search: {}", wanted.search)),
        address.chip("home", home.map_or_else(|| visit.say("Unknown home"), str::to_owned)),
    ];
    let mut shell = visit.org_shell(list_title(&visit), Nav::Staff)?;
    // Elsewhere nobody comes to the list by a vendor's approval, unless somebody waits all the same.
    let counts = counts.filter(|counts| visit.sector().is_residential() || *counts != (0, 0));
    super::approvals::tabs(&visit, &mut shell, counts, "staff");
    let works_in = |id: StaffMemberId| works.get(&id).map(Vec::as_slice).unwrap_or_default();
    let index = pages::Index {
        shell,
        homes: pages::home_choices(&places, "Everywhere", &asked.home),
        chips: chips.into_iter().flatten().collect(),
        pager: listing::uncounted(page, found.rows.len(), found.more, &address),
        rows: found
            .rows
            .iter()
            .map(|member| pages::Row::new(org, member, works_in(member.id), &places))
            .collect(),
        add: visit.may(Permission::EditStaff).then(|| links::new_staff_member(org)),
        import: (visit.may(Permission::EditStaff) && !visit.sector().is_residential())
            .then(|| links::import(org, "staff")),
        list: links::staff(org),
        is_filtered: !address.is_bare(),
        search: wanted.search,
    };
    visit.page(&index)
}

/// The page's name as the navigation has it.
fn list_title(visit: &Visit) -> &'static str {
    match visit.sector() {
        Sector::CareHome => "Staff list",
        Sector::Therapy | Sector::CommunityHealth => "Staff",
    }
}

async fn show(visit: Visit, In(_): In<ViewStaff>) -> Answer {
    let page = show_page(&visit).await?;
    visit.page(&page)
}

async fn show_page(visit: &Visit) -> Result<pages::Show, Fault> {
    let scope = visit.scope::<ViewStaff>()?;
    let (org, id) = (scope.organisation(), visit.id::<StaffMemberId>("member")?);
    let now = visit.now;
    let (member, works, places, standing, on, would_wait) = visit
        .read(move |conn| {
            let member = staff::get(conn, &scope, id)?;
            let would_wait = visits::would_wait(conn, &scope, id, now)?;
            let standing = staff::standing(conn, &scope, id)?;
            // The first system that is on; a second has its list on Integrations.
            let on = connections::on(conn, &scope)?;
            let on = on.into_iter().map(|one| one.vendor).find(|vendor| !vendor.about().mapped);
            let works = staff::places_of(conn, org, &[id])?.remove(&id).unwrap_or_default();
            Ok((member, works, organisations::places(conn, &scope)?, standing, on, would_wait))
        })
        .await?;
    let mut shell = visit.org_shell(member.name(), Nav::Staff)?;
    shell.crumb = Some(Link::new(list_title(visit), links::staff(org)));
    let is_residential = visit.sector().is_residential();
    let may_link = visit.may(Permission::PairRecords) && !member.paired && is_residential;
    let manages = visit.may(Permission::ManagePeople);
    let is_active = member.state == StaffState::Active;
    let suspended = member.suspended.as_ref().map(|(at, why, by)| {
        let at = super::freshness::within(visit, *at).words;
        if by.is_empty() { format!("{why}, {at}.") } else { format!("{why}. {by}, {at}.") }
    });
    Ok(pages::Show {
        row: pages::Row::new(org, &member, &works, &places),
        edit: visit.may(Permission::EditStaff).then(|| links::edit_staff_member(org, id)),
        link: on.filter(|_| may_link).map(|vendor| links::suggested_pairing(org, vendor.id(), "staff", id.0)),
        // Whoever has no account is signed in nowhere.
        suspend: (manages && is_active && standing.as_ref().is_some_and(|one| one.live))
            .then(|| links::staff_act(org, id, "suspension")),
        access: access::describe(visit, id, standing.as_ref())?,
        suspended: suspended.unwrap_or_default(),
        reinstate: (manages && !is_active).then(|| links::staff_act(org, id, "reinstatement")),
        reason: String::new(),
        would_wait,
        shell,
    })
}

async fn homes(visit: &Visit, scope: Scope<EditStaff>) -> Result<Vec<Place>, Refusal> {
    visit.read(move |conn| Ok(organisations::places(conn, &scope)?)).await
}

async fn new(visit: Visit, In(scope): In<EditStaff>) -> Answer {
    let places = homes(&visit, scope).await?;
    visit.page(&new_page(&visit, forms::Details::default(), &places)?)
}

fn new_page(visit: &Visit, form: forms::Details, places: &[Place]) -> Result<pages::Editing, Fault> {
    let org = visit.organisation()?;
    let mut shell = visit.org_shell("Add a staff member", Nav::Staff)?;
    shell.crumb = Some(Link::new(list_title(visit), links::staff(org)));
    Ok(pages::Editing {
        shell,
        is_new: true,
        action: links::staff(org),
        homes: pages::home_choices(places, "None in particular", &form.home),
        also: pages::also_choices(places, &form.also),
        form,
        cancel: links::staff(org),
        meanwhile: Vec::new(),
    })
}

async fn create(visit: Visit, In(scope): In<EditStaff>, Posted(fields): Posted<Fields>) -> Answer {
    let form = forms::Details::posted(&fields);
    let org = scope.organisation();
    let (writer, also) = (scope.clone(), form.also.clone());
    let added = match StaffDetails::read(&form.typed()) {
        Ok(details) => {
            visit
                .write(move |tx| {
                    let id = staff::add(tx, &writer, &details)?;
                    staff::set_places(tx, &writer, id, &also)?;
                    Ok(id)
                })
                .await
        }
        Err(refusal) => Err(refusal),
    };
    match added {
        Ok(id) => {
            let name = format!("{} {}", form.first_name.trim(), form.last_name.trim());
            visit.done(links::staff_member(org, id), &Notice::ok(format!("{name} is on the staff list.")))
        }
        Err(Refusal::Invalid { field, words }) => {
            let places = homes(&visit, scope).await?;
            let mut page = new_page(&visit, form, &places)?;
            page.shell.add_error(field, words);
            visit.page_with(&page, HttpResponse::UnprocessableEntity())
        }
        Err(refusal) => Err(refusal.into()),
    }
}

/// A staff member, where they work, and every place.
async fn load(
    visit: &Visit,
    scope: &Scope<EditStaff>,
    id: StaffMemberId,
) -> Result<(StaffMember, Vec<PlaceId>, Vec<Place>), Refusal> {
    let scope = scope.clone();
    let read = visit.read(move |conn| {
        let member = staff::get(conn, &scope, id)?;
        let works = staff::places_of(conn, scope.organisation(), &[id])?.remove(&id).unwrap_or_default();
        Ok((member, works, organisations::places(conn, &scope)?))
    });
    read.await
}

async fn edit_form(visit: Visit, In(scope): In<EditStaff>) -> Answer {
    let (member, works, places) = load(&visit, &scope, visit.id("member")?).await?;
    let form = forms::Details::of(&member, &works);
    visit.page(&edit_page(&visit, &member, form, &places)?)
}

fn edit_page(
    visit: &Visit,
    member: &StaffMember,
    form: forms::Details,
    places: &[Place],
) -> Result<pages::Editing, Fault> {
    let here = links::staff_member(visit.organisation()?, member.id);
    let mut shell = visit.org_shell(format!("Edit {}", member.name()), Nav::Staff)?;
    shell.crumb = Some(Link::new(member.name(), here.clone()));
    Ok(pages::Editing {
        shell,
        is_new: false,
        action: here.clone(),
        homes: pages::home_choices(places, "None in particular", &form.home),
        also: pages::also_choices(places, &form.also),
        form,
        cancel: here,
        meanwhile: Vec::new(),
    })
}

async fn update(visit: Visit, In(scope): In<EditStaff>, Posted(fields): Posted<Fields>) -> Answer {
    let mut form = forms::Details::posted(&fields);
    let (org, id) = (scope.organisation(), visit.id::<StaffMemberId>("member")?);
    let version = form.version.parse().unwrap_or(-1);
    let (writer, also) = (scope.clone(), form.also.clone());
    let saved = match StaffDetails::read(&form.typed()) {
        Ok(details) => {
            visit
                .write(move |tx| {
                    staff::change(tx, &writer, id, version, &details)?;
                    staff::set_places(tx, &writer, id, &also)
                })
                .await
        }
        Err(refusal) => Err(refusal),
    };
    let (status, field, words) = match saved {
        Ok(()) => {
            let name = format!("{} {}", form.first_name.trim(), form.last_name.trim());
            let notice = Notice::ok(format!("{name}: your changes are saved."));
            return visit.done(links::staff_member(org, id), &notice);
        }
        Err(Refusal::Invalid { field, words }) => (HttpResponse::UnprocessableEntity(), field, words),
        Err(Refusal::Overtaken(words)) => (HttpResponse::Conflict(), "meanwhile", words),
        Err(refusal) => return Err(refusal.into()),
    };
    let (member, works, places) = load(&visit, &scope, id).await?;
    let stale = field == "meanwhile";
    if stale {
        form.version = member.version.to_string();
    }
    let mut page = edit_page(&visit, &member, form, &places)?;
    if stale {
        let row = pages::Row::new(org, &member, &works, &places);
        let home = if visit.sector().is_residential() { "Home" } else { "Works in" };
        page.meanwhile =
            vec![("Name", row.name), ("Email", row.email), ("Job title", row.job_title), (home, row.home)];
        page.shell.add_error(
            field,
            format!("{words} See what is saved now, then save again only if yours is right."),
        );
    } else {
        page.shell.add_error(field, words);
    }
    visit.page_with(&page, status)
}
