//! Residents: the list, one resident's tabs, and the forms that add, change, archive and restore them.
//!
//! A view of a resident is on the audit trail before the page is sent. Syncing and pairing are elsewhere.

mod activities;
mod archiving;
mod chart;
mod forms;
mod overrides;
mod pages;
mod provenance;

use actix_web::HttpResponse;
use chrono::NaiveDate;

use super::error::{Answer, Fault};
use super::listing::{self, PER_PAGE};
use super::routes::{Line, Who, get, post};
use super::ui::{Link, Notice, Pager, Shell, Tab};
use super::visit::{In, Nav, Posted, Visit};
use super::{freshness, see_other};
use crate::db::Conn;
use crate::domain::Refusal;
use crate::domain::access::{EditResidents, Permission, Places, Scope, Sector, ViewResidents};
use crate::domain::booked_visits;
use crate::domain::organisations::{self, Feed, Place};
use crate::domain::residents::{
    self, Authority, NotSynced, Override, OwnedField, Resident, ResidentFacts, Source, Wanted,
};
use crate::kit::ids::{OrganisationId, ResidentId};
use crate::links;

use provenance::Origins;

pub(super) use forms::{check_seal, seal};
pub(super) use pages::{Identity, name_of};
pub(super) use provenance::confirmed;

pub fn routes() -> Vec<Line> {
    let view = Who::Holder(Permission::ViewResidents);
    let edit = Who::Holder(Permission::EditResidents);
    vec![
        get("/org/{org}/residents", view, index),
        post("/org/{org}/residents", edit, create),
        get("/org/{org}/residents/new", edit, new),
        get("/org/{org}/residents/overrides", view, overrides::index),
        get("/org/{org}/residents/{resident}", view, show),
        post("/org/{org}/residents/{resident}", edit, update),
        get("/org/{org}/residents/{resident}/edit", edit, edit_form),
        post("/org/{org}/residents/{resident}/edit", edit, overrides::override_field),
        get("/org/{org}/residents/{resident}/activities", view, activities::show),
        get("/org/{org}/residents/{resident}/history", view, history),
        get("/org/{org}/residents/{resident}/archive", edit, archiving::form),
        post("/org/{org}/residents/{resident}/archive", edit, archiving::archive),
        post("/org/{org}/residents/{resident}/restore", edit, archiving::restore),
    ]
}

struct Found {
    page: residents::Page,
    places: Vec<Place>,
    feeds: Vec<Feed>,
    /// The kept total, when the list is everybody.
    total: Option<i64>,
    /// Somebody's field differs from a vendor's for a while.
    differing: bool,
}

async fn index(visit: Visit, In(scope): In<ViewResidents>) -> Answer {
    let asked: forms::Asked = visit.query();
    let org = scope.organisation();
    let (wanted, page) = (asked.wanted(), listing::page_number(&asked.page));
    let address = asked.address(links::residents(org));
    let (looked_for, today) = (wanted.clone(), freshness::today(&visit));
    let found = visit.read(move |conn| find(conn, &scope, (&looked_for, page), today)).await?;
    if found.page.rows.is_empty() && page > 1 {
        return Ok(see_other(address.page(1)));
    }
    let pager = match found.total {
        Some(total) => Pager::new(page, PER_PAGE, total, |page| address.page(page)),
        None => listing::uncounted(page, found.page.rows.len(), found.page.more, &address),
    };
    let mut shell = visit.org_shell(visit.say("Residents"), Nav::Residents)?;
    shell.banner = freshness::banner(&visit, &found.feeds);
    shell.page_of = pager.page_of().filter(|_| found.total.is_some());
    let filters = pages::Filters::new(&asked, &found.places, visit.sector());
    let index = pages::Index {
        shell,
        chips: pages::chips(&wanted, &address, &found.places, visit.sector()),
        caption: visit.say(if wanted.archived { "Archived residents" } else { "Residents" }),
        rows: found.page.rows.into_iter().map(|row| pages::Row::new(org, row, &found.places)).collect(),
        pager,
        add: visit.may(Permission::EditResidents).then(|| links::new_resident(org)),
        import: (visit.may(Permission::EditResidents) && !visit.sector().is_residential())
            .then(|| links::import(org, "residents")),
        list: links::residents(org),
        is_filtered: !address.is_bare(),
        differing: found.differing.then(|| links::resident_overrides(org)),
        integrations: visit.may(Permission::ViewIntegrations).then(|| links::integrations(org)),
        search: wanted.search,
        places: filters.places,
        paired: filters.paired,
        states: filters.states,
        alike: filters.alike,
        sort: filters.sort,
    };
    visit.page(&index)
}

fn find(
    conn: &mut Conn,
    scope: &Scope<ViewResidents>,
    (wanted, page): (&Wanted, u32),
    today: NaiveDate,
) -> Result<Found, Refusal> {
    let rows = residents::list(conn, scope, wanted, listing::rows_before(page), i64::from(PER_PAGE))?;
    let counted = wanted.is_everybody() && *scope.places() == Places::All;
    let total = if counted {
        let kept = organisations::get(conn, scope)?;
        Some(if wanted.archived { kept.archived_residents } else { kept.active_residents })
    } else {
        None
    };
    let places = organisations::places(conn, scope)?;
    let feeds = organisations::feeds(conn, scope)?;
    let differing = residents::differing(conn, scope, today)?;
    Ok(Found { page: rows, places, feeds, total, differing })
}

/// Everything that the pages of one resident show.
pub(super) struct Seen {
    pub org: OrganisationId,
    pub resident: Resident,
    places: Vec<Place>,
    feeds: Vec<Feed>,
    sources: Vec<Source>,
    not_synced: Vec<NotSynced>,
    overrides: Vec<Override>,
    authority: Authority,
    /// Visits can be booked for them, or were.
    visits: bool,
}

impl Seen {
    fn origins(&self) -> Origins<'_> {
        Origins { authority: &self.authority, sources: &self.sources, overrides: &self.overrides }
    }

    pub(super) fn home(&self) -> String {
        let home = self.places.iter().find(|place| place.id == self.resident.facts.home);
        home.map(|home| home.name.clone()).unwrap_or_default()
    }

    fn href(&self) -> String {
        links::resident(self.org, self.resident.id)
    }

    pub fn who(&self) -> pages::Identity {
        pages::Identity::new(&self.resident, &self.places)
    }
}

/// Loads the resident of the path and puts the view on the audit trail.
pub(super) async fn see(visit: &Visit) -> Result<Seen, Fault> {
    let scope = visit.scope::<ViewResidents>()?;
    let (id, now) = (visit.id::<ResidentId>("resident")?, visit.now);
    let today = freshness::today(visit);
    let read = scope.clone();
    let (seen, noted) = visit
        .read(move |conn| {
            let resident = residents::get(conn, &read, id)?;
            let sources = residents::sources(conn, &read, id)?;
            let seen = Seen {
                org: read.organisation(),
                places: organisations::places(conn, &read)?,
                feeds: organisations::feeds(conn, &read)?,
                not_synced: residents::not_synced(conn, &read, &resident, &sources)?,
                overrides: residents::overrides_of(conn, &read, id, today)?,
                authority: residents::authority_of(conn, &read)?,
                visits: booked_visits::are_shown(conn, &read, id)?,
                sources,
                resident,
            };
            Ok((seen, residents::seen_lately(conn, &read, id, now)?))
        })
        .await?;
    if !noted {
        visit.write(move |tx| residents::opened(tx, &scope, id)).await?;
    }
    Ok(seen)
}

/// The frame of a resident's tab.
pub(super) fn frame(visit: &Visit, seen: &Seen, title: String, tab: &str) -> Result<Shell, Fault> {
    let (org, id) = (seen.org, seen.resident.id);
    let mut shell = visit.org_shell(title, Nav::Residents)?;
    shell.banner = freshness::banner(visit, &seen.feeds);
    shell.crumb = Some(Link::new(visit.say("Residents"), links::residents(org)));
    shell.tabs = vec![Tab::new("Account", links::resident(org, id), tab == "Account")];
    if visit.sector().is_residential() {
        if visit.may(Permission::ManageRelatives) {
            shell.tabs.push(Tab::new("Relatives", links::resident_relatives(org, id), tab == "Relatives"));
        }
        shell.tabs.push(Tab::new("Activities", links::resident_activities(org, id), tab == "Activities"));
        shell.tabs.push(Tab::new("Nights", links::resident_nights(org, id), tab == "Nights"));
    }
    if visit.sector() == Sector::CareHome && seen.visits && visit.may(Permission::ViewAppointments) {
        shell.tabs.push(Tab::new("Visits", links::resident_visits(org, id), tab == "Visits"));
    }
    if visit.sector() == Sector::Therapy && visit.may(Permission::ViewAppointments) {
        shell.tabs.push(Tab::new("Appointments", links::appointments_of(org, id), false));
    }
    shell.tabs.push(Tab::new("History", links::resident_history(org, id), tab == "History"));
    Ok(shell)
}

async fn show(visit: Visit) -> Answer {
    let seen = see(&visit).await?;
    let (org, resident) = (seen.org, &seen.resident);
    let id = resident.id;
    let may_pair = visit.may(Permission::PairRecords);
    let may_edit = visit.may(Permission::EditResidents);
    let some_on = seen.feeds.iter().any(|feed| feed.is_on() && feed.available);
    let synced = seen.sources.iter().map(|source| pages::Synced {
        vendor: source.vendor_name().to_owned(),
        when: source.synced_at.map(|at| freshness::at(&visit, at)),
        how: how_paired(&visit, source),
        unlink: may_pair.then(|| links::pairing_act(org, &source.vendor, "residents", id.0, "unlink")),
    });
    let not_synced = seen.not_synced.iter().filter(|_| !resident.is_archived()).map(|one| pages::NotSynced {
        vendor: one.vendor_name.clone(),
        why: one.why.clone(),
        link: may_pair.then(|| links::suggested_pairing(org, &one.vendor, "residents", id.0)),
    });
    let (care_record, systems) = match super::timeline::of_resident(&visit, id).await? {
        Some(own) => (Some((own.action, own.words)), own.systems),
        None => (None, Vec::new()),
    };
    let page = pages::Show {
        appointments: super::appointments::upcoming(&visit, id).await?,
        shell: frame(&visit, &seen, resident.name(), "Account")?,
        who: seen.who(),
        archived: resident.archived_at.map(|at| pages::Archived {
            when: freshness::at(&visit, at),
            because: resident.archived_because.clone(),
        }),
        faults: pages::faults(resident, visit.sector()),
        synced: synced.collect(),
        not_synced: not_synced.collect(),
        sync: (some_on && visit.may(Permission::RunSyncs) && !resident.is_archived())
            .then(|| links::sync_resident(org, id)),
        left: provenance::left(&seen.sources)
            .into_iter()
            .chain(provenance::elsewhere(&seen.sources, &seen.home()))
            .collect(),
        facts: pages::facts(&visit, resident, &seen.origins()),
        edit: may_edit.then(|| links::edit_resident(org, id)),
        archive: (may_edit && !resident.is_archived()).then(|| links::archive_resident(org, id)),
        restore: (may_edit && resident.is_archived()).then(|| links::restore_resident(org, id)),
        seal: forms::seal(&visit, resident),
        care_record,
        systems,
    };
    visit.page(&page)
}

/// `Paired by Mary Jones (User)`.
fn how_paired(visit: &Visit, source: &Source) -> String {
    let done = if visit.sector().is_residential() { "Paired" } else { "Mapped" };
    if source.paired_by.is_empty() && done == "Mapped" {
        return format!("Mapped ({})", source.origin);
    }
    format!("{done} by {} ({})", source.paired_by, source.origin)
}

async fn history(visit: Visit, In(scope): In<ViewResidents>) -> Answer {
    let seen = see(&visit).await?;
    let (org, id) = (seen.org, seen.resident.id);
    let entries = visit.read(move |conn| residents::history(conn, &scope, id, 100)).await?;
    let may_follow = visit.may(Permission::ViewIntegrations);
    let entries = entries.into_iter().map(|entry| pages::Happened {
        when: freshness::at(&visit, entry.at),
        who: entry.who,
        words: entry.words,
        changes: entry.changes,
        run: entry.run.filter(|_| may_follow).map(|run| links::sync_run(org, run)),
    });
    let page = pages::History {
        shell: frame(&visit, &seen, seen.resident.name(), "History")?,
        who: seen.who(),
        entries: entries.collect(),
        audit: visit
            .may(Permission::ViewAudit)
            .then(|| format!("{}?resident={id}", links::settings_audit(org))),
    };
    visit.page(&page)
}

async fn new(visit: Visit, In(scope): In<EditResidents>) -> Answer {
    let (places, feeds, reach) = surroundings(&visit, scope).await?;
    visit.page(&new_page(&visit, forms::Details::default(), &places, &feeds, &reach, None)?)
}

async fn surroundings(
    visit: &Visit,
    scope: Scope<EditResidents>,
) -> Result<(Vec<Place>, Vec<Feed>, Places), Fault> {
    let reach = scope.places().clone();
    let (places, feeds) = visit
        .read(move |conn| Ok((organisations::places(conn, &scope)?, organisations::feeds(conn, &scope)?)))
        .await?;
    Ok((places, feeds, reach))
}

fn new_page(
    visit: &Visit,
    form: forms::Details,
    places: &[Place],
    feeds: &[Feed],
    reach: &Places,
    error: Option<(&str, String)>,
) -> Result<pages::Editing, Fault> {
    let org = visit.organisation()?;
    let mut shell = visit.org_shell(visit.say("Add a resident"), Nav::Residents)?;
    shell.banner = freshness::banner(visit, feeds);
    shell.crumb = Some(Link::new(visit.say("Residents"), links::residents(org)));
    if let Some((field, words)) = error {
        shell.add_error(field, words);
    }
    Ok(pages::Editing {
        shell,
        who: None,
        action: links::residents(org),
        places: pages::place_choices(places, reach, &form.place, visit.sector()),
        nhs_hint: pages::nhs_hint(visit.sector()),
        form,
        about: String::new(),
        locked: pages::Locked::default(),
        meanwhile: Vec::new(),
        cancel: links::residents(org),
        overrides: None,
    })
}

async fn create(visit: Visit, In(scope): In<EditResidents>, Posted(form): Posted<forms::Details>) -> Answer {
    let org = scope.organisation();
    let writer = scope.clone();
    let added = match ResidentFacts::read(&form.typed(), freshness::today(&visit)) {
        Ok(facts) => {
            visit
                .write(move |tx| {
                    let id = residents::add(tx, &writer, &facts)?;
                    residents::get(tx.conn, &writer, id)
                })
                .await
        }
        Err(refusal) => Err(refusal),
    };
    match added {
        Ok(resident) => {
            let notice = if resident.look_alike {
                let words =
                    format!("{} is added. Somebody else here looks alike: check both.", resident.name());
                Notice::warn(words)
            } else {
                Notice::ok(format!("{} is added.", resident.name()))
            };
            visit.done(links::resident(org, resident.id), &notice)
        }
        Err(Refusal::Invalid { field, words }) => {
            let (places, feeds, reach) = surroundings(&visit, scope).await?;
            let page = new_page(&visit, form, &places, &feeds, &reach, Some((field, words)))?;
            visit.page_with(&page, HttpResponse::UnprocessableEntity())
        }
        Err(refusal) => Err(refusal.into()),
    }
}

async fn edit_form(visit: Visit, In(scope): In<EditResidents>) -> Answer {
    let seen = see(&visit).await?;
    let form = forms::Details::of(&seen.resident);
    visit.page(&edit_page(&visit, &seen, form, scope.places())?)
}

fn edit_page(
    visit: &Visit,
    seen: &Seen,
    form: forms::Details,
    reach: &Places,
) -> Result<pages::Editing, Fault> {
    let (origins, facts) = (seen.origins(), &seen.resident.facts);
    let locked = origins.locked();
    let words = |field: OwnedField| {
        if locked.contains(&field) { origins.note(visit, facts, field) } else { String::new() }
    };
    let mut shell = frame(visit, seen, format!("Edit {}", seen.resident.name()), "")?;
    shell.crumb = Some(Link::new(seen.resident.name(), seen.href()));
    shell.tabs.clear();
    Ok(pages::Editing {
        shell,
        who: Some(seen.who()),
        action: seen.href(),
        places: pages::place_choices(&seen.places, reach, &form.place, visit.sector()),
        nhs_hint: pages::nhs_hint(visit.sector()),
        form,
        about: forms::seal(visit, &seen.resident),
        locked: pages::Locked {
            first_name: words(OwnedField::FirstName),
            last_name: words(OwnedField::LastName),
            date_of_birth: words(OwnedField::DateOfBirth),
            care_status: words(OwnedField::CareStatus),
            resident_type: words(OwnedField::ResidentType),
            room: words(OwnedField::Room),
        },
        meanwhile: Vec::new(),
        cancel: seen.href(),
        overrides: overrides::part(seen, &locked),
    })
}

async fn update(
    visit: Visit,
    In(scope): In<EditResidents>,
    Posted(mut form): Posted<forms::Details>,
) -> Answer {
    let seen = see(&visit).await?;
    forms::check_seal(&visit, &seen.resident, &form.about, seen.href())?;
    let (id, version, reach) = (seen.resident.id, form.version(), scope.places().clone());
    let saved = match ResidentFacts::read(&form.typed(), freshness::today(&visit)) {
        Ok(facts) => visit.write(move |tx| residents::change(tx, &scope, id, version, &facts)).await,
        Err(refusal) => Err(refusal),
    };
    match saved {
        Ok(()) => {
            let name = format!("{} {}", form.first_name.trim(), form.last_name.trim());
            visit.done(seen.href(), &Notice::ok(format!("{name}: your changes are saved.")))
        }
        Err(Refusal::Invalid { field, words }) => {
            // What a vendor owns stands as it is, and the offer below is about it.
            let locked = seen.origins().locked();
            form.hold(&locked, &seen.resident.facts);
            let mut page = edit_page(&visit, &seen, form, &reach)?;
            if let Some(offer) = &mut page.overrides {
                let refused = locked.iter().find(|one| one.on_form() == field);
                for choice in &mut offer.fields {
                    choice.chosen = refused.is_some_and(|one| one.as_str() == choice.value);
                }
            }
            page.shell.add_error(field, words);
            visit.page_with(&page, HttpResponse::UnprocessableEntity())
        }
        Err(Refusal::Overtaken(words)) => stale(&visit, form, &words, &reach).await,
        Err(refusal) => Err(refusal.into()),
    }
}

/// Somebody else saved first: what they saved stands above, what was typed below, and saving again keeps
/// what was typed.
async fn stale(visit: &Visit, mut form: forms::Details, words: &str, reach: &Places) -> Answer {
    let seen = see(visit).await?;
    form.version = seen.resident.version.to_string();
    let mut page = edit_page(visit, &seen, form, reach)?;
    page.meanwhile = pages::facts(visit, &seen.resident, &seen.origins());
    page.shell.add_error(
        "meanwhile",
        format!("{words} See what is saved now, then save again only if yours is right."),
    );
    visit.page_with(&page, HttpResponse::Conflict())
}
