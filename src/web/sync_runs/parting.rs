//! *Apply only part*: ticks for kinds, homes and single people of a plan that waits; the rest becomes a draft with a
//! name and a date. Whatever is not ticked waits, also where it did not fit on the page.

use actix_web::HttpResponse;
use askama::Template;
use chrono::NaiveDate;

use super::lines::{change_words, kind_heading};
use super::listed;
use super::pages::title;
use crate::domain::Refusal;
use crate::domain::access::{ReleaseRuns, RunSyncs, ViewIntegrations};
use crate::domain::sync::{self, Change, Parting, Run, RunState, Ticked};
use crate::kit::ids::RunId;
use crate::links;
use crate::web::error::{Answer, Fault};
use crate::web::ui::{Choice, Link, Notice, Shell, filters, when};
use crate::web::visit::{Fields, In, Nav, Posted, Visit, field, ticked};

/// People who can be ticked one by one; of more only kinds and homes.
const SHOWN: i64 = 500;

#[derive(Template)]
#[template(path = "sync_runs/part.html")]
struct Page {
    shell: Shell,
    action: String,
    plan: String,
    kinds: Vec<Choice>,
    places: Vec<Choice>,
    rows: Vec<Row>,
    /// Where not everybody fits.
    more: String,
    name: String,
    until: String,
    back: String,
    is_held: bool,
}

struct Row {
    id: i64,
    name: String,
    what: &'static str,
    place: String,
    words: String,
    ticked: bool,
}

/// What was typed and ticked.
#[derive(Default)]
struct Typed {
    ticked: Ticked,
    name: String,
    until: String,
}

pub(super) async fn form(visit: Visit, In(_): In<RunSyncs>) -> Answer {
    let page = page(&visit, Typed::default(), None).await?;
    visit.page(&page)
}

async fn page(visit: &Visit, typed: Typed, error: Option<(&'static str, String)>) -> Result<Page, Fault> {
    let id: RunId = visit.id("run")?;
    let scope = visit.scope::<ViewIntegrations>()?;
    let found = visit.read(move |conn| {
        let run = sync::get(conn, &scope, id)?;
        let kinds = sync::line_counts(conn, &scope, &run)?;
        let places = sync::step_places(conn, &scope, &run)?;
        let lines = sync::steps(conn, &scope, &run, SHOWN + 1)?;
        Ok((run, kinds, places, lines))
    });
    let (run, kinds, places, mut lines) = found.await?;
    if !waits(&run) || lines.is_empty() {
        return Err(Fault::NotFound);
    }
    let shown = usize::try_from(SHOWN).unwrap_or(usize::MAX);
    let more = lines.len() > shown;
    lines.truncate(shown);
    let org = visit.organisation()?;
    let mut shell = visit.org_shell("Apply only part", Nav::Integrations)?;
    shell.crumb = Some(Link::new(title(visit, &run), links::sync_run(org, id)));
    if let Some((field, words)) = error {
        shell.add_error(field, words);
    }
    let of_steps = kinds.into_iter().filter(|(kind, _)| sync::STEPS.contains(&kind.as_str()));
    Ok(Page {
        shell,
        action: links::sync_run_act(org, id, "part"),
        plan: run.plan_hash.clone(),
        kinds: counted(of_steps, &typed.ticked.kinds, kind_heading),
        places: counted(places.into_iter(), &typed.ticked.places, listed::place_words),
        rows: lines.iter().map(|line| Row::of(line, &typed.ticked)).collect(),
        more: if more {
            format!("The first {SHOWN} stand here. Of the others, tick the kind or the home.")
        } else {
            String::new()
        },
        name: typed.name,
        until: typed.until,
        back: links::sync_run(org, id),
        is_held: run.state == RunState::Held,
    })
}

/// Ticks for words with how many there are of each.
fn counted(
    all: impl Iterator<Item = (String, i64)>,
    ticked: &[String],
    in_words: fn(&str) -> &str,
) -> Vec<Choice> {
    let tick = |(word, count): (String, i64)| {
        let label = format!("{}, {}", in_words(&word), when::thousands(count));
        let chosen = ticked.contains(&word);
        Choice::new(word, label, chosen)
    };
    all.map(tick).collect()
}

fn waits(run: &Run) -> bool {
    matches!(run.state, RunState::Previewed | RunState::Held) && run.resident_id.is_none()
}

impl Row {
    fn of(line: &Change, ticked: &Ticked) -> Self {
        Self {
            id: line.id,
            name: line.name.clone(),
            what: kind_heading(&line.kind),
            place: listed::place_words(&line.place).to_owned(),
            words: change_words(line),
            ticked: ticked.lines.contains(&line.id),
        }
    }
}

fn read(form: &Fields) -> Typed {
    Typed {
        ticked: Ticked {
            kinds: ticked(form, "kind[]"),
            places: ticked(form, "place[]"),
            lines: ticked(form, "line[]"),
        },
        name: field(form, "name").to_owned(),
        until: field(form, "until").to_owned(),
    }
}

/// Applies what is ticked. Of a held sync that takes who may release it, with their password typed lately.
pub(super) async fn part(visit: Visit, In(scope): In<RunSyncs>, Posted(form): Posted<Fields>) -> Answer {
    let id: RunId = visit.id("run")?;
    let here = links::sync_run(scope.organisation(), id);
    let typed = read(&form);
    let Ok(until) = NaiveDate::parse_from_str(&typed.until, "%Y-%m-%d") else {
        let words = "Enter the day until which the rest waits, such as 2027-01-31".to_owned();
        return again(&visit, typed, ("until", words)).await;
    };
    let parting = Parting {
        plan_hash: field(&form, "plan").to_owned(),
        ticked: typed.ticked.clone(),
        name: typed.name.clone(),
        until,
    };
    let view = visit.scope::<ViewIntegrations>()?;
    let state = visit.read(move |conn| Ok(sync::get(conn, &view, id)?.state)).await?;
    let done = if state == RunState::Held {
        let release = visit.scope::<ReleaseRuns>()?;
        visit.fresh(links::sync_run_act(scope.organisation(), id, "part"))?;
        visit.write(move |tx| sync::part_held(tx, &release, id, &parting)).await
    } else {
        visit.write(move |tx| sync::part(tx, &scope, id, &parting)).await
    };
    match done {
        Ok(parted) => {
            visit.services.wake.notify_one();
            let steps = |n: usize| if n == 1 { "1 step".to_owned() } else { format!("{n} steps") };
            let (now, later) = (steps(parted.now), steps(parted.later));
            let words =
                format!("{now} to be applied. {later} wait in the draft until {}.", when::date(until));
            visit.done(here, &Notice::ok(words))
        }
        Err(Refusal::Invalid { field, words }) => again(&visit, typed, (field, words)).await,
        Err(Refusal::Overtaken(words)) => visit.done(here, &Notice::warn(words)),
        Err(other) => Err(other.into()),
    }
}

async fn again(visit: &Visit, typed: Typed, error: (&'static str, String)) -> Answer {
    let page = page(visit, typed, Some(error)).await?;
    visit.page_with(&page, HttpResponse::UnprocessableEntity())
}
