//! Night events: a night of a home or of one resident, what of it went to the care record, and which of it does. The
//! devices that send it stand in `devices`.

mod devices;

use std::collections::{BTreeSet, HashMap};

use actix_web::HttpResponse;
use askama::Template;
use chrono::{Days, NaiveDate, NaiveDateTime, NaiveTime, TimeZone as _};

use super::error::{Answer, Fault};
use super::listing::{self, Address, PER_PAGE};
use super::residents::{Identity, check_seal, frame, seal, see};
use super::routes::{Line, Who, get, post};
use super::ui::{Choice, Link, Notice, Pager, Shell, When, filters, when};
use super::visit::{Fields, In, Nav, Posted, Visit, field};
use super::{freshness, see_other};
use crate::domain::access::{EditResidents, ManagePlaces, Permission, Scope, ViewResidents};
use crate::domain::monitoring::{self, AtLeast, Became, Kind, Listed, Severity, Threshold, Wanted};
use crate::domain::organisations::{self, Place, PlaceKind};
use crate::domain::timeline::{self, Source, Standing};
use crate::domain::{Refusal, residents};
use crate::kit::ids::{OrganisationId, PlaceId, ResidentId};
use crate::links;

pub fn routes() -> Vec<Line> {
    let view = Who::Holder(Permission::ViewResidents);
    let places = Who::Holder(Permission::ManagePlaces);
    vec![
        get("/org/{org}/nights", view, index),
        post("/org/{org}/nights/make", places, make),
        get("/org/{org}/residents/{resident}/nights", view, show),
        post("/org/{org}/residents/{resident}/nights", Who::Holder(Permission::EditResidents), update),
        get("/org/{org}/monitors", places, devices::index),
        post("/org/{org}/monitors", places, devices::create),
        post("/org/{org}/monitors/settings", places, devices::save_settings),
        post("/org/{org}/monitors/{monitor}/rotate", places, devices::rotate),
        post("/org/{org}/monitors/{monitor}/revoke", places, devices::revoke),
    ]
}

#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Asked {
    /// The date of the evening.
    day: String,
    place: String,
    page: String,
}

impl Asked {
    /// The evening that is asked for, or the last one whose morning has come.
    fn evening(&self, visit: &Visit) -> NaiveDate {
        let today = freshness::today(visit);
        let yesterday = today.checked_sub_days(Days::new(1)).unwrap_or(today);
        let asked = NaiveDate::parse_from_str(&self.day, "%Y-%m-%d").ok();
        asked.filter(|day| (1970..2200).contains(&chrono::Datelike::year(day))).unwrap_or(yesterday)
    }
}

/// A night lasts from noon to noon.
fn noon(visit: &Visit, day: NaiveDate) -> NaiveDateTime {
    let noon = day.and_time(NaiveTime::MIN) + chrono::TimeDelta::hours(12);
    let local = visit.time_zone().from_local_datetime(&noon).earliest();
    local.map_or(noon, |moment| moment.naive_utc())
}

fn night(visit: &Visit, evening: NaiveDate) -> (NaiveDateTime, NaiveDateTime) {
    let morning = evening.checked_add_days(Days::new(1)).unwrap_or(evening);
    (noon(visit, evening), noon(visit, morning))
}

/// `The night to 22 November 2026`.
fn words(evening: NaiveDate) -> String {
    let morning = evening.checked_add_days(Days::new(1)).unwrap_or(evening);
    format!("The night to {}", when::date(morning))
}

#[derive(Template)]
#[template(path = "monitoring/index.html")]
struct Index {
    shell: Shell,
    list: String,
    day: String,
    places: Vec<Choice>,
    earlier: String,
    later: Option<String>,
    rows: Vec<Row>,
    pager: Pager,
    devices: Option<String>,
    /// Where the demo makes a night.
    make: Option<String>,
}

/// One event.
struct Row {
    when: When,
    resident: String,
    href: Option<String>,
    what: String,
    severity: &'static str,
    details: String,
    room: String,
    answered_by: String,
    /// What became of it, as a tag; and in words.
    tag: &'static str,
    words: String,
    entry: Option<String>,
}

type Standings = HashMap<i64, Standing>;

fn standings(
    conn: &mut crate::db::Conn,
    org: OrganisationId,
    found: &[Listed],
) -> Result<Standings, Refusal> {
    let firsts: Vec<i64> = found.iter().filter_map(|one| told_in(&one.night)).collect();
    Ok(timeline::standings(conn, org, Source::Monitoring, &firsts)?)
}

/// The event whose entry tells of this one.
fn told_in(night: &monitoring::Night) -> Option<i64> {
    match night.became {
        Became::First => Some(night.id.0),
        Became::Counted => night.first.map(|first| first.0),
        Became::KeptHere => None,
    }
}

impl Row {
    fn new(visit: &Visit, org: OrganisationId, one: Listed, standings: &Standings) -> Self {
        let may_look = visit.may(Permission::RecordActivities);
        let night = one.night;
        let standing = told_in(&night).and_then(|first| standings.get(&first));
        let (tag, words) = match (night.became, standing) {
            (Became::KeptHere, _) => ("Kept here", "Below what goes to the care record.".to_owned()),
            (_, None) => ("Waiting", "Written once no more repeats can come.".to_owned()),
            (Became::Counted, Some(standing)) => {
                (standing.state.words(), format!("Counts in an entry in {}.", standing.vendor_name))
            }
            (Became::First, Some(standing)) => {
                let times = if night.times > 1 { format!(", {} times", night.times) } else { String::new() };
                (standing.state.words(), format!("{}{times}. {}", standing.vendor_name, standing.because))
            }
        };
        Self {
            when: freshness::at(visit, night.occurred_at),
            resident: one.resident_name,
            href: Some(links::resident_nights(org, night.resident)),
            what: if night.title.is_empty() { night.kind.words().to_owned() } else { night.title },
            severity: night.severity.words(),
            details: night.details,
            room: night.room,
            answered_by: if night.answered_by.is_empty() { night.device } else { night.answered_by },
            tag,
            words: words.trim().to_owned(),
            entry: standing.filter(|_| may_look).map(|standing| links::timeline_entry(org, standing.entry)),
        }
    }
}

async fn index(visit: Visit, In(scope): In<ViewResidents>) -> Answer {
    let asked: Asked = visit.query();
    let org = scope.organisation();
    let (evening, page) = (asked.evening(&visit), listing::page_number(&asked.page));
    let (from, to) = night(&visit, evening);
    let wanted = Wanted { from, to, place: asked.place.parse::<PlaceId>().ok(), resident: None };
    let (offset, limit) = (listing::rows_before(page), i64::from(PER_PAGE));
    let ((found, more), standings, places) = visit
        .read(move |conn| {
            let found = monitoring::list(conn, &scope, &wanted, offset, limit)?;
            let standings = standings(conn, org, &found.0)?;
            Ok((found, standings, organisations::places(conn, &scope)?))
        })
        .await?;
    let mut shell = visit.org_shell(words(evening), Nav::Activities)?;
    shell.crumb = Some(Link::new("Night events", links::nights(org)));
    let place = if wanted.place.is_some() { asked.place.as_str() } else { "" };
    let day = |day: Option<NaiveDate>| {
        let day = day.unwrap_or(evening).to_string();
        Address::new(links::nights(org)).with("day", &day).with("place", place)
    };
    let later = evening.succ_opt().filter(|day| *day <= freshness::today(&visit));
    let rows: Vec<Row> = found.into_iter().map(|one| Row::new(&visit, org, one, &standings)).collect();
    let demo = visit.services.config.demo && visit.may(Permission::ManagePlaces);
    let index = Index {
        shell,
        list: links::nights(org),
        day: evening.to_string(),
        places: place_choices(&places, place),
        earlier: day(evening.pred_opt()).page(1),
        later: later.map(|later| day(Some(later)).page(1)),
        pager: listing::uncounted(page, rows.len(), more, &day(None)),
        rows,
        devices: visit.may(Permission::ManagePlaces).then(|| links::monitors(org)),
        make: demo.then(|| links::make_nights(org)),
    };
    visit.page(&index)
}

fn place_choices(places: &[Place], chosen: &str) -> Vec<Choice> {
    let mut choices = vec![Choice::new("", "Everywhere", chosen.is_empty())];
    choices.extend(places.iter().map(|place| {
        let id = place.id.to_string();
        let is = id == chosen;
        let name = match place.kind {
            PlaceKind::Home => place.name.clone(),
            PlaceKind::Zone => format!("– {}", place.name),
        };
        Choice::new(id, name, is)
    }));
    choices
}

/// The demo's night; nothing like it exists in production.
async fn make(visit: Visit, In(scope): In<ManagePlaces>, _: Posted<()>) -> Answer {
    if !visit.services.config.demo {
        return Err(Fault::NotFound);
    }
    let org = scope.organisation();
    let made = visit.write(move |tx| monitoring::make_night(tx, &scope)).await?;
    visit.services.wake.notify_one();
    let notice = match made {
        0 => Notice::warn("Nobody lives here yet, so nothing happened at night."),
        made => Notice::ok(format!("{made} night events arrived.")),
    };
    visit.done(links::nights(org), &notice)
}

#[derive(Template)]
#[template(path = "monitoring/resident.html")]
struct Show {
    shell: Shell,
    who: Identity,
    rows: Vec<Row>,
    pager: Pager,
    /// Which events go to the care record, in words.
    goes: String,
    action: Option<String>,
    about: String,
    at_least: Vec<Choice>,
    kinds: Vec<Tick>,
}

/// A kind that goes, or stays here.
struct Tick {
    id: String,
    label: &'static str,
    ticked: bool,
}

async fn show(visit: Visit, In(scope): In<ViewResidents>) -> Answer {
    let page = resident_page(&visit, scope).await?;
    visit.page(&page)
}

async fn resident_page(visit: &Visit, scope: Scope<ViewResidents>) -> Result<Show, Fault> {
    let seen = see(visit).await?;
    let asked: Asked = visit.query();
    let (org, id, now) = (seen.org, seen.resident.id, visit.now);
    let page = listing::page_number(&asked.page);
    let (offset, limit) = (listing::rows_before(page), i64::from(PER_PAGE));
    let ((found, more), standings, threshold) = visit
        .read(move |conn| {
            let far = now + chrono::TimeDelta::days(1);
            let wanted = Wanted { from: NaiveDateTime::UNIX_EPOCH, to: far, place: None, resident: Some(id) };
            let found = monitoring::list(conn, &scope, &wanted, offset, limit)?;
            let standings = standings(conn, org, &found.0)?;
            Ok((found, standings, monitoring::threshold(conn, &scope, id)?))
        })
        .await?;
    let rows: Vec<Row> =
        found.into_iter().map(|one| Row { href: None, ..Row::new(visit, org, one, &standings) }).collect();
    let may = visit.may(Permission::EditResidents);
    Ok(Show {
        shell: frame(visit, &seen, seen.resident.name(), "Nights")?,
        who: seen.who(),
        pager: listing::uncounted(page, rows.len(), more, &Address::new(links::resident_nights(org, id))),
        rows,
        goes: goes(&threshold),
        action: may.then(|| links::resident_nights(org, id)),
        about: seal(visit, &seen.resident),
        at_least: at_least_choices(&threshold),
        kinds: kinds(&threshold),
    })
}

fn goes(threshold: &Threshold) -> String {
    let whose = if threshold.own { "Set for this resident" } else { "As the organisation says" };
    let kept: Vec<String> = threshold.kept_here.iter().map(|kind| kind.words().to_lowercase()).collect();
    let kept = if kept.is_empty() { String::new() } else { format!(", never {}", kept.join(", ")) };
    format!("{whose}: {}{kept}. The rest stands here only.", threshold.at_least.words().to_lowercase())
}

fn at_least_choices(threshold: &Threshold) -> Vec<Choice> {
    let chosen = if threshold.own { threshold.at_least.as_str() } else { "" };
    let mut choices = vec![Choice::new("", "As the organisation says", chosen.is_empty())];
    choices.extend(
        AtLeast::ALL.iter().map(|one| Choice::new(one.as_str(), one.words(), one.as_str() == chosen)),
    );
    choices
}

fn kinds(threshold: &Threshold) -> Vec<Tick> {
    let tick = |kind: &Kind| Tick {
        id: format!("kind-{}", kind.as_str()),
        label: kind.words(),
        ticked: !threshold.kept_here.contains(kind),
    };
    Kind::ALL.iter().map(tick).collect()
}

async fn update(visit: Visit, In(scope): In<EditResidents>, Posted(fields): Posted<Fields>) -> Answer {
    let (org, id) = (scope.organisation(), visit.id::<ResidentId>("resident")?);
    let here = links::resident_nights(org, id);
    let reader = scope.clone();
    let resident = visit.read(move |conn| residents::get(conn, &reader, id)).await?;
    check_seal(&visit, &resident, field(&fields, "about"), here.clone())?;
    let typed = field(&fields, "at_least").to_owned();
    let goes = |kind: &Kind| fields.iter().any(|(key, _)| *key == format!("kind-{}", kind.as_str()));
    let kept_here: BTreeSet<Kind> = Kind::ALL.iter().copied().filter(|kind| !goes(kind)).collect();
    let saved = visit.write(move |tx| match AtLeast::parse(&typed) {
        Some(at_least) => monitoring::set_threshold(tx, &scope, id, at_least, kept_here),
        None => monitoring::forget_threshold(tx, &scope, id),
    });
    saved.await?;
    visit.done(here, &Notice::ok("Saved, for events that arrive from now on."))
}
