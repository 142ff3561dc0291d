//! An organisation's home page: how many are paired, what needs attention, what is left to set up, and
//! what happened lately. Shows each person only what they may open.

use askama::Template;
use chrono::{NaiveDate, NaiveDateTime};

use super::error::Answer;
use super::freshness;
use super::listing::Address;
use super::routes::{Line, Who, get};
use super::ui::{Banner, Link, NoticeKind, Shell, When, filters, when};
use super::visit::{In, Nav, Visit};
use crate::db::Conn;
use crate::domain::access::{
    ApproveStaff, ManageOrganisation, ManagePeople, OpenOrganisation, Permission, Scope, Sector,
    ViewAppointments, ViewAudit,
};
use crate::domain::audit::{self, Row, Wanted};
use crate::domain::letters::Listed;
use crate::domain::organisations::{self, Feed, Setup};
use crate::domain::{Refusal, activities, approvals, leavers, letters, residents, staff, timeline, visits};
use crate::kit::ids::OrganisationId;
use crate::links;

pub fn routes() -> Vec<Line> {
    vec![get("/org/{org}", Who::Holder(Permission::OpenOrganisation), show)]
}

#[derive(Template)]
#[template(path = "dashboard/show.html")]
struct Dashboard {
    shell: Shell,
    stats: Vec<Stat>,
    /// The system that the steps are of.
    system: &'static str,
    steps: Vec<Step>,
    events: Vec<Event>,
    /// The whole log, for those who may read it.
    log: Option<String>,
}

/// A number that is a link.
struct Stat {
    href: String,
    number: String,
    label: String,
}

/// A step of setting a care record system up.
struct Step {
    words: String,
    href: Option<String>,
    done: bool,
}

struct Event {
    when: When,
    who: String,
    words: String,
}

/// What a visitor may look at besides the page itself.
struct Also {
    log: Option<Scope<ViewAudit>>,
    approver: Option<Scope<ApproveStaff>>,
    head: Option<Scope<ManageOrganisation>>,
    people: Option<Scope<ManagePeople>>,
    /// Where appointments are made to patients.
    viewer: Option<Scope<ViewAppointments>>,
}

/// What the page counts.
struct Counts {
    paired: i64,
    residents: i64,
    staff: i64,
    /// Staff who wait for approval, for those who may approve them.
    pending: Option<i64>,
    /// Activities that have begun and are not recorded.
    due: i64,
    /// Entries that the care record did not take.
    stuck: i64,
    /// People whose access has ended and whose work nobody has taken over, for those who may give it away.
    leavers: usize,
    /// Appointments of today, as far as they may be seen.
    today: usize,
    /// Letters that reached nobody, for those who may look at letters.
    undelivered: i64,
    /// Since when no letter gets out at all, for the same people.
    no_mail_since: Option<NaiveDateTime>,
    feeds: Vec<Feed>,
    setup: Option<Setup>,
    events: Vec<Row>,
}

/// Events that are looked through for what is worth showing here.
const LOOKED_THROUGH: i64 = 200;
const SHOWN: usize = 8;

async fn show(visit: Visit, In(scope): In<OpenOrganisation>) -> Answer {
    let org = scope.organisation();
    let now = visit.now;
    let also = Also {
        log: visit.scope::<ViewAudit>().ok(),
        approver: visit.scope::<ApproveStaff>().ok(),
        head: visit.scope::<ManageOrganisation>().ok(),
        people: visit.scope::<ManagePeople>().ok(),
        viewer: visit.scope::<ViewAppointments>().ok().filter(|_| visits_patients(&visit)),
    };
    let today = freshness::today(&visit);
    let counts = visit.read(move |conn| count(conn, &scope, &also, (now, today))).await?;
    let name = visit.membership()?.organisation_name.clone();
    let mut shell = visit.org_shell(name, Nav::Home)?;
    shell.banner = freshness::banner(&visit, &counts.feeds).or_else(|| mail_banner(&visit, org, &counts));
    let events = counts.events.iter().filter(|row| !row.verb.ends_with(".opened")).take(SHOWN);
    let page = Dashboard {
        shell,
        stats: stats(&visit, org, &counts),
        system: counts.setup.map_or("", |setup| setup.vendor.name()),
        steps: steps(&visit, org, counts.setup, counts.pending),
        events: events
            .map(|row| Event {
                when: freshness::at(&visit, row.at),
                who: row.actor_name.clone(),
                words: row.words.clone(),
            })
            .collect(),
        log: visit.may(Permission::ViewAudit).then(|| links::settings_audit(org)),
    };
    visit.page(&page)
}

fn count(
    conn: &mut Conn,
    scope: &Scope<OpenOrganisation>,
    also: &Also,
    (now, today): (NaiveDateTime, NaiveDate),
) -> Result<Counts, Refusal> {
    let feeds = organisations::feeds(conn, scope)?;
    let events = match &also.log {
        Some(reader) => audit::list(conn, reader, &Wanted::default(), LOOKED_THROUGH)?,
        None => Vec::new(),
    };
    Ok(Counts {
        paired: residents::paired_residents(conn, scope)?,
        residents: residents::count(conn, scope)?,
        staff: staff::count(conn, scope)?,
        pending: also
            .approver
            .as_ref()
            .map(|scope| approvals::counts(conn, scope))
            .transpose()?
            .map(|(pending, _)| pending),
        due: activities::count_due(conn, scope, now)?,
        stuck: timeline::counts(conn, scope)?
            .into_iter()
            .filter(|(state, _)| state.needs_somebody())
            .map(|(_, count)| count)
            .sum(),
        leavers: match &also.people {
            Some(scope) => leavers::leavers(conn, scope, now)?.len(),
            None => 0,
        },
        today: match &also.viewer {
            Some(scope) => visits::of_day(conn, scope, today)?.len(),
            None => 0,
        },
        undelivered: match &also.head {
            Some(scope) => letters::not_delivered(conn, scope, now)?,
            None => 0,
        },
        no_mail_since: match &also.head {
            Some(_) => letters::trouble(conn)?.map(|open| open.began_at),
            None => None,
        },
        setup: organisations::setup(conn, scope, &feeds)?,
        feeds,
        events,
    })
}

fn visits_patients(visit: &Visit) -> bool {
    visit.sector() == Sector::CommunityHealth
}

fn stats(visit: &Visit, org: OrganisationId, counts: &Counts) -> Vec<Stat> {
    let mut stats = Vec::new();
    let is_residential = visit.sector().is_residential();
    if visits_patients(visit) && visit.may(Permission::ViewAppointments) {
        let manages = visit.may(Permission::ManageAppointments);
        let href = if manages { links::visits(org) } else { links::my_visits(org) };
        let number = when::thousands(i64::try_from(counts.today).unwrap_or(i64::MAX));
        let label = if counts.today == 1 { "Appointment today" } else { "Appointments today" };
        stats.push(Stat { href, number, label: label.into() });
    } else if visit.may(Permission::ViewResidents) {
        stats.push(Stat {
            href: links::residents(org),
            number: format!("{} of {}", when::thousands(counts.paired), when::thousands(counts.residents)),
            label: if is_residential { "Residents paired".into() } else { visit.say("Residents mapped") },
        });
    }
    if visit.may(Permission::ViewStaff) {
        let number = when::thousands(counts.staff);
        stats.push(Stat { href: links::staff(org), number, label: "Staff".into() });
    }
    if let Some(pending) = counts.pending.filter(|pending| is_residential || *pending > 0) {
        let number = when::thousands(pending);
        stats.push(Stat {
            href: links::pending_staff(org),
            number,
            label: "Staff waiting for approval".into(),
        });
    }
    if visit.may(Permission::RecordActivities) && is_residential {
        let number = when::thousands(counts.due);
        stats.push(Stat { href: links::activities(org), number, label: "Activities to record".into() });
    }
    if visit.may(Permission::ViewIntegrations) && counts.stuck > 0 {
        let number = when::thousands(counts.stuck);
        stats.push(Stat { href: links::timeline(org), number, label: "Entries that need attention".into() });
    }
    if counts.leavers > 0 {
        let number = when::thousands(i64::try_from(counts.leavers).unwrap_or(i64::MAX));
        stats.push(Stat { href: links::leavers(org), number, label: "Left with work to hand over".into() });
    }
    if counts.undelivered > 0 {
        let href = Address::new(links::settings_letters(org)).and("show", Listed::NotDelivered.as_str());
        let number = when::thousands(counts.undelivered);
        stats.push(Stat { href, number, label: "Letters not delivered".into() });
    }
    let on = counts.feeds.iter().any(Feed::is_on);
    if visit.may(Permission::ViewIntegrations) && on {
        let last = counts.feeds.iter().filter_map(|feed| feed.last_good_at).max();
        let number = last.map_or_else(|| "Not yet".to_owned(), |at| freshness::at(visit, at).words);
        stats.push(Stat { href: links::integrations(org), number, label: "Last successful sync".into() });
    }
    stats
}

/// Said on the page that a super manager opens first, since invitations and activations wait with all the rest.
fn mail_banner(visit: &Visit, org: OrganisationId, counts: &Counts) -> Option<Banner> {
    let since = freshness::within(visit, counts.no_mail_since?).words;
    Some(Banner {
        kind: NoticeKind::Warn,
        words: format!("No letter has got out since {since}. Nothing is lost: letters wait."),
        link: Some(Link::new("See letters", links::settings_letters(org))),
    })
}

/// The steps until all are done; then there are none.
fn steps(visit: &Visit, org: OrganisationId, setup: Option<Setup>, pending: Option<i64>) -> Vec<Step> {
    let Some(setup) = setup.filter(|setup| !setup.is_done()) else { return Vec::new() };
    if !visit.may(Permission::ViewIntegrations) || !visit.sector().is_residential() {
        return Vec::new();
    }
    let vendor = setup.vendor;
    let integrations = || Some(links::integrations(org));
    let (get, bring, page) = match vendor.key_form() {
        None => (
            format!("Get your {vendor} Integration Token"),
            format!("Paste the token into {vendor}, under Administration > Extensions"),
            links::settings_website(org),
        ),
        Some(form) => (
            format!("Enter the {}", form.label),
            format!("See that {vendor} takes it"),
            links::integration(org, vendor.id()),
        ),
    };
    let page = visit.may(Permission::ManageIntegrations).then_some(page);
    let mut steps = vec![
        Step { words: get, href: page.clone(), done: setup.token_made },
        Step { words: bring, href: page, done: setup.pasted },
        Step { words: "Run the first sync".into(), href: integrations(), done: setup.synced },
        Step {
            words: visit.say("Pair the residents that did not match"),
            href: integrations(),
            done: setup.synced && setup.unpaired == 0,
        },
    ];
    steps.extend(pending.map(|pending| Step {
        words: "Approve your staff".into(),
        href: Some(links::pending_staff(org)),
        done: setup.synced && pending == 0,
    }));
    steps
}
