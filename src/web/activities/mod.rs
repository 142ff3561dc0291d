//! Activities: the list, planning for a group, and one activity with each person's part and what became of it in the
//! care record. Recording, correcting and taking back stand in `recording`.

mod forms;
mod late;
mod pages;
mod recording;

use std::collections::{HashMap, HashSet};

use actix_web::HttpResponse;

use super::error::{Answer, Fault};
use super::listing::{self, Address, PER_PAGE};
use super::routes::{Line, Who, get, post};
use super::ui::{Link, Notice, Shell, Tab};
use super::visit::{Fields, In, Nav, Posted, Visit, field, ticked};
use crate::connectors::Vendor;
use crate::domain::Refusal;
use crate::domain::access::{Permission, RecordActivities, Scope, Topic};
use crate::domain::activities::{self, Activity, Details, Person, State};
use crate::domain::consents;
use crate::domain::organisations::{self, Place};
use crate::domain::residents::{self, Listed as Resident};
use crate::domain::timeline::{self, Source, Standing};
use crate::kit::ids::{ActivityId, OrganisationId, ResidentId};
use crate::links;

pub(super) use pages::{Looks, Stands, looks};

pub fn routes() -> Vec<Line> {
    let who = Who::Holder(Permission::RecordActivities);
    vec![
        get("/org/{org}/activities", who, index),
        post("/org/{org}/activities", who, create),
        get("/org/{org}/activities/new", who, new),
        get("/org/{org}/activities/{activity}", who, show),
        get("/org/{org}/activities/{activity}/edit", who, edit),
        post("/org/{org}/activities/{activity}/edit", who, update),
        get("/org/{org}/activities/{activity}/people", who, people),
        post("/org/{org}/activities/{activity}/people", who, choose),
        get("/org/{org}/activities/{activity}/cancel", who, cancelling),
        post("/org/{org}/activities/{activity}/cancel", who, cancel),
        get("/org/{org}/activities/{activity}/record", who, recording::form),
        post("/org/{org}/activities/{activity}/record", who, recording::record),
        post("/org/{org}/activities/{activity}/late", who, late::arrive),
        post("/org/{org}/activities/{activity}/people/{part}/late", who, late::settle),
        get("/org/{org}/activities/{activity}/people/{part}/correct", who, recording::correcting),
        post("/org/{org}/activities/{activity}/people/{part}/correct", who, recording::correct),
        get("/org/{org}/activities/{activity}/people/{part}/withdraw", who, recording::withdrawing),
        post("/org/{org}/activities/{activity}/people/{part}/withdraw", who, recording::withdraw),
        post("/org/{org}/activities/{activity}/people/{part}/send-again", who, recording::send_again),
    ]
}

async fn index(visit: Visit, In(scope): In<RecordActivities>) -> Answer {
    let asked: forms::Asked = visit.query();
    let org = scope.organisation();
    let (state, page) = (asked.state(), listing::page_number(&asked.page));
    let address = Address::new(links::activities(org)).with("show", asked.word());
    let (offset, limit) = (listing::rows_before(page), i64::from(PER_PAGE));
    let found = visit.read(move |conn| Ok(activities::list(conn, &scope, state, offset, limit)?)).await?;
    let mut shell = visit.org_shell("Activities", Nav::Activities)?;
    let tab = |label, word: &'static str, of: State| {
        Tab::new(label, Address::new(links::activities(org)).with("show", word).page(1), state == of)
    };
    shell.tabs = vec![
        tab("Planned", "", State::Planned),
        tab("Completed", "completed", State::Completed),
        tab("Cancelled", "cancelled", State::Cancelled),
    ];
    let index = pages::Index {
        shell,
        pager: listing::uncounted(page, found.rows.len(), found.more, &address),
        rows: found.rows.into_iter().map(|row| pages::Row::new(&visit, org, row)).collect(),
        planned: state == State::Planned,
        new: links::new_activity(org),
        timeline: visit.may(Permission::ViewIntegrations).then(|| links::timeline(org)),
        nights: visit.may(Permission::ViewResidents).then(|| links::nights(org)),
    };
    visit.page(&index)
}

async fn new(visit: Visit, In(scope): In<RecordActivities>) -> Answer {
    let now = visit.now.and_utc().with_timezone(&visit.time_zone());
    let typed = forms::Typed {
        day: now.format("%Y-%m-%d").to_string(),
        time: now.format("%H:00").to_string(),
        ..forms::Typed::default()
    };
    let page = planning(&visit, &scope, typed, None).await?;
    visit.page(&page)
}

/// The form of a new activity, with the groups there are.
async fn planning(
    visit: &Visit,
    scope: &Scope<RecordActivities>,
    typed: forms::Typed,
    error: Option<(&'static str, String)>,
) -> Result<pages::Planning, Fault> {
    let (org, scope) = (scope.organisation(), scope.clone());
    let (places, last) = visit
        .read(move |conn| Ok((organisations::places(conn, &scope)?, activities::last_group(conn, &scope)?)))
        .await?;
    let mut shell = visit.org_shell("Plan an activity", Nav::Activities)?;
    shell.crumb = Some(Link::new("Activities", links::activities(org)));
    if let Some((field, words)) = error {
        shell.add_error(field, words);
    }
    Ok(pages::Planning {
        shell,
        action: links::activities(org),
        cancel: links::activities(org),
        groups: Some(pages::groups(&places, last.as_ref(), &typed.group)),
        version: String::new(),
        typed,
    })
}

async fn create(
    visit: Visit,
    In(scope): In<RecordActivities>,
    Posted(typed): Posted<forms::Typed>,
) -> Answer {
    let org = scope.organisation();
    let writer = scope.clone();
    let planned = match (typed.details(&visit), typed.group()) {
        (Ok(details), Ok(group)) => {
            visit.write(move |tx| activities::plan(tx, &writer, &details, group)).await
        }
        (Err(refusal), _) | (_, Err(refusal)) => Err(refusal),
    };
    match planned {
        Ok(id) => {
            let notice = Notice::ok("The activity is planned. Choose who takes part.");
            visit.done(links::activity_act(org, id, "people"), &notice)
        }
        Err(Refusal::Invalid { field, words }) => {
            let page = planning(&visit, &scope, typed, Some((field, words))).await?;
            visit.page_with(&page, HttpResponse::UnprocessableEntity())
        }
        Err(refusal) => Err(refusal.into()),
    }
}

/// An activity with everybody's part, as far as the person may see it.
struct Seen {
    org: OrganisationId,
    activity: Activity,
    people: Vec<Person>,
    standings: HashMap<i64, Standing>,
    /// Those who do not consent to photos now.
    no_photos: HashSet<ResidentId>,
    /// The care record that each person's entries are written in.
    systems: HashMap<ResidentId, Vendor>,
}

async fn see(visit: &Visit, scope: &Scope<RecordActivities>) -> Result<Seen, Fault> {
    let (id, scope, now) = (visit.id::<ActivityId>("activity")?, scope.clone(), visit.now);
    let seen = visit
        .read(move |conn| {
            let activity = activities::get(conn, &scope, id)?;
            let people = activities::people(conn, &scope, id)?;
            let parts: Vec<i64> = people.iter().map(|one| one.participation.id.0).collect();
            let standings = timeline::standings(conn, scope.organisation(), Source::Activity, &parts)?;
            let residents: Vec<ResidentId> = people.iter().map(|one| one.participation.resident).collect();
            let systems = timeline::destinations(conn, &scope, &residents)?;
            let shared = consents::shared_by(conn, &residents, now)?;
            let agrees = |one: &ResidentId| shared.get(one).is_some_and(|to| to.contains(&Topic::Photos));
            let no_photos = residents.into_iter().filter(|one| !agrees(one)).collect();
            Ok(Seen { org: scope.organisation(), activity, people, standings, no_photos, systems })
        })
        .await?;
    Ok(seen)
}

impl Seen {
    fn href(&self) -> String {
        links::activity(self.org, self.activity.id)
    }

    fn act(&self, act: &str) -> String {
        links::activity_act(self.org, self.activity.id, act)
    }

    /// The frame of a page about this activity, below it.
    fn shell(&self, visit: &Visit, title: impl Into<String>) -> Result<Shell, Fault> {
        let mut shell = visit.org_shell(title, Nav::Activities)?;
        shell.crumb = Some(Link::new(self.activity.name.clone(), self.href()));
        Ok(shell)
    }
}

async fn show(visit: Visit, In(scope): In<RecordActivities>) -> Answer {
    let seen = see(&visit, &scope).await?;
    let id = seen.activity.id;
    let late = visit.read(move |conn| Ok(activities::undecided(conn, &scope, id)?)).await?;
    let late = late.iter().map(|(person, part)| late::Row::new(&visit, &seen, person, part)).collect();
    let mut shell = visit.org_shell(seen.activity.name.clone(), Nav::Activities)?;
    shell.crumb = Some(Link::new("Activities", links::activities(seen.org)));
    let may_see = visit.may(Permission::ViewResidents);
    let rows: Vec<pages::PersonRow> =
        seen.people.iter().map(|one| pages::PersonRow::new(&visit, &seen, one, may_see)).collect();
    let planned = seen.activity.state == State::Planned;
    let open = seen.activity.state != State::Cancelled;
    let left = seen.people.iter().filter(|one| one.is_expected()).count();
    let begun = seen.activity.starts_at <= visit.now;
    let page = pages::Show {
        shell,
        facts: pages::facts(&visit, &seen.activity),
        state: seen.activity.state.words(),
        record: (open && left > 0 && begun).then(|| seen.act("record")),
        not_begun: open && !begun,
        people: open.then(|| seen.act("people")),
        edit: planned.then(|| seen.act("edit")),
        cancel: planned.then(|| seen.act("cancel")),
        late,
        rows,
    };
    visit.page(&page)
}

async fn edit(visit: Visit, In(scope): In<RecordActivities>) -> Answer {
    let seen = see(&visit, &scope).await?;
    let typed = forms::Typed::of(&visit, &seen.activity);
    visit.page(&editing(&visit, &seen, typed, None)?)
}

fn editing(
    visit: &Visit,
    seen: &Seen,
    typed: forms::Typed,
    error: Option<(&'static str, String)>,
) -> Result<pages::Planning, Fault> {
    let mut shell = seen.shell(visit, format!("Change {}", seen.activity.name))?;
    if let Some((field, words)) = error {
        shell.add_error(field, words);
    }
    Ok(pages::Planning {
        shell,
        action: seen.act("edit"),
        cancel: seen.href(),
        groups: None,
        version: typed.version.clone(),
        typed,
    })
}

async fn update(
    visit: Visit,
    In(scope): In<RecordActivities>,
    Posted(typed): Posted<forms::Typed>,
) -> Answer {
    let seen = see(&visit, &scope).await?;
    let (id, version) = (seen.activity.id, typed.version.parse().unwrap_or(0));
    let saved = match typed.details(&visit) {
        Ok(details) => change(&visit, scope, id, version, details).await,
        Err(refusal) => Err(refusal),
    };
    match saved {
        Ok(()) => visit.done(seen.href(), &Notice::ok("The activity is changed.")),
        Err(Refusal::Invalid { field, words }) => {
            let page = editing(&visit, &seen, typed, Some((field, words)))?;
            visit.page_with(&page, HttpResponse::UnprocessableEntity())
        }
        Err(Refusal::Overtaken(words)) => visit.done(seen.href(), &Notice::warn(words)),
        Err(refusal) => Err(refusal.into()),
    }
}

async fn change(
    visit: &Visit,
    scope: Scope<RecordActivities>,
    id: ActivityId,
    version: i64,
    details: Details,
) -> Result<(), Refusal> {
    visit.write(move |tx| activities::change(tx, &scope, id, version, &details)).await
}

/// Who may be chosen: residents of one place, with those who are chosen already.
async fn people(visit: Visit, In(scope): In<RecordActivities>) -> Answer {
    let page = choosing(&visit, &scope, None).await?;
    visit.page(&page)
}

async fn choosing(
    visit: &Visit,
    scope: &Scope<RecordActivities>,
    error: Option<String>,
) -> Result<pages::Choosing, Fault> {
    let seen = see(visit, scope).await?;
    let asked: forms::Choosing = visit.query();
    let viewer = visit.scope()?;
    let wanted = residents::Wanted { place: asked.place.parse().ok(), ..residents::Wanted::default() };
    let most = i64::try_from(activities::MOST).unwrap_or(i64::MAX);
    let (found, places): (residents::Page, Vec<Place>) = visit
        .read(move |conn| {
            Ok((residents::list(conn, &viewer, &wanted, 0, most)?, organisations::places(conn, &viewer)?))
        })
        .await?;
    let mut shell = seen.shell(visit, "Who takes part")?;
    if let Some(words) = error {
        shell.add_error("residents", words);
    }
    let listed: Vec<Resident> = found.rows;
    Ok(pages::Choosing {
        shell,
        action: seen.act("people"),
        cancel: seen.href(),
        version: seen.activity.version.to_string(),
        places: pages::places(&places, &asked.place),
        choices: pages::choices(&seen.people, listed, &places),
        more: found.more,
    })
}

async fn choose(visit: Visit, In(scope): In<RecordActivities>, Posted(fields): Posted<Fields>) -> Answer {
    let seen = see(&visit, &scope).await?;
    let version = field(&fields, "version").parse().unwrap_or(0);
    let sent: Vec<&str> =
        fields.iter().filter(|(key, _)| key == "resident[]").map(|(_, id)| id.as_str()).collect();
    let chosen: Vec<ResidentId> = ticked(&fields, "resident[]");
    let (id, writer) = (seen.activity.id, scope.clone());
    let done = if sent.len() == chosen.len() {
        visit.write(move |tx| activities::choose(tx, &writer, id, version, &chosen)).await
    } else {
        Err(Refusal::invalid("residents", "Choose again from the list"))
    };
    match done {
        Ok(()) => visit.done(seen.href(), &Notice::ok("The people are chosen.")),
        Err(Refusal::Invalid { words, .. }) => {
            let page = choosing(&visit, &scope, Some(words)).await?;
            visit.page_with(&page, HttpResponse::UnprocessableEntity())
        }
        Err(Refusal::Overtaken(words)) => visit.done(seen.act("people"), &Notice::warn(words)),
        Err(refusal) => Err(refusal.into()),
    }
}

async fn cancelling(visit: Visit, In(scope): In<RecordActivities>) -> Answer {
    let seen = see(&visit, &scope).await?;
    visit.page(&cancel_page(&visit, &seen, String::new(), None)?)
}

fn cancel_page(
    visit: &Visit,
    seen: &Seen,
    because: String,
    error: Option<String>,
) -> Result<pages::AskingWhy, Fault> {
    let mut shell = seen.shell(visit, format!("Cancel {}", seen.activity.name))?;
    if let Some(words) = error {
        shell.add_error("because", words);
    }
    Ok(pages::AskingWhy {
        shell,
        who: None,
        words: "The activity leaves the list of planned ones. Nothing goes to anybody's timeline.".to_owned(),
        hint: "Such as: the singer was ill.",
        action: seen.act("cancel"),
        cancel: seen.href(),
        button: "Cancel the activity",
        keep: "Keep it",
        version: String::new(),
        about: String::new(),
        because,
    })
}

async fn cancel(visit: Visit, In(scope): In<RecordActivities>, Posted(fields): Posted<Fields>) -> Answer {
    let seen = see(&visit, &scope).await?;
    let because = field(&fields, "because").to_owned();
    let (id, words) = (seen.activity.id, because.clone());
    match visit.write(move |tx| activities::cancel(tx, &scope, id, &words)).await {
        Ok(()) => visit
            .done(links::activities(seen.org), &Notice::ok(format!("{} is cancelled.", seen.activity.name))),
        Err(Refusal::Invalid { words, .. }) => {
            let page = cancel_page(&visit, &seen, because, Some(words))?;
            visit.page_with(&page, HttpResponse::UnprocessableEntity())
        }
        Err(Refusal::Overtaken(words)) => visit.done(seen.href(), &Notice::warn(words)),
        Err(refusal) => Err(refusal.into()),
    }
}
