//! *What would follow*: all that goes with a mapping, for super managers, and its one button.

use askama::Template;
use serde::Deserialize;

use super::{frame, tab};
use crate::domain::Refusal;
use crate::domain::access::ManageIntegrations;
use crate::domain::mapping::Kind;
use crate::domain::notes::{self, Cascade};
use crate::kit::ids::ExternalRecordId;
use crate::links;
use crate::web::error::Answer;
use crate::web::ui::{Link, Notice, Shell, filters};
use crate::web::visit::{In, Nav, Posted, Visit};

/// Rows of each list on the page.
const SHOWN: usize = 50;

#[derive(Template)]
#[template(path = "synchronization/cascade.html")]
struct Page {
    shell: Shell,
    theirs: &'static str,
    name: String,
    ours: String,
    lists: Vec<Listed>,
    /// Who of its people keeps a mapping; empty where nobody does.
    stays: String,
    invoiced: Vec<String>,
    act: String,
    seen: String,
}

struct Listed {
    title: String,
    /// What happens to each.
    words: &'static str,
    rows: Vec<String>,
    more: usize,
}

impl Listed {
    fn new(title: &str, words: &'static str, all: Vec<String>) -> Self {
        let more = all.len().saturating_sub(SHOWN);
        let title = format!("{title}: {}", all.len());
        Self { title, words, rows: all.into_iter().take(SHOWN).collect(), more }
    }
}

fn lists(found: &Cascade) -> Vec<Listed> {
    let people = |kind: Kind| -> Vec<String> {
        let of = found.resting.people.iter().filter(|one| one.kind == kind);
        of.map(|one| one.name.clone()).collect()
    };
    let notes = found.notes.iter().map(|one| one.words.clone()).collect();
    let mut lists = vec![Listed::new(
        "Appointments that lose their session note",
        "Each is un-rendered, if the note had rendered it, and gets back what it had before.",
        notes,
    )];
    if found.resting.kind == Kind::Site {
        let words = "A rule mapped them through this site alone.";
        lists.push(Listed::new("Clients whose mapping is deleted", words, people(Kind::Student)));
        lists.push(Listed::new("Members of staff whose mapping is deleted", words, people(Kind::User)));
    }
    lists
}

fn stays(count: usize) -> String {
    let why = "a person chose it, or another site carries it.";
    match count {
        0 => String::new(),
        1 => format!("1 person of this site keeps their mapping: {why}"),
        n => format!("{n} people of this site keep their mapping: {why}"),
    }
}

pub(super) async fn show(visit: Visit, In(scope): In<ManageIntegrations>) -> Answer {
    frame::here(&visit)?;
    let (window, kind) = tab(&visit)?;
    let (id, org): (ExternalRecordId, _) = (visit.id("record")?, scope.organisation());
    let found = visit.read(move |conn| notes::what_would_follow(conn, &scope, kind, id)).await?;
    let invoiced =
        |one: &notes::Falls| one.invoiced.as_ref().map(|number| format!("{}: {number}", one.words));
    let mut shell = visit.org_shell("What would follow", Nav::Settings)?;
    let row = links::synchronization_row(org, window.word(), id);
    shell.crumb = Some(Link::new(found.resting.name.clone(), row));
    visit.page(&Page {
        shell,
        theirs: kind.theirs(),
        lists: lists(&found),
        stays: stays(found.resting.stays),
        invoiced: found.notes.iter().filter_map(invoiced).take(SHOWN).collect(),
        act: links::synchronization_row_act(org, window.word(), id, "what-follows"),
        name: found.resting.name,
        ours: found.resting.ours,
        seen: found.seen,
    })
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Seen {
    seen: String,
}

/// *Delete all of this*.
pub(super) async fn delete(
    visit: Visit,
    In(scope): In<ManageIntegrations>,
    Posted(form): Posted<Seen>,
) -> Answer {
    frame::here(&visit)?;
    let (window, kind) = tab(&visit)?;
    let (id, org): (ExternalRecordId, _) = (visit.id("record")?, scope.organisation());
    let page = links::synchronization_row_act(org, window.word(), id, "what-follows");
    visit.fresh(page.clone())?;
    let done = visit.write(move |tx| notes::delete_all(tx, &scope, (kind, id), &form.seen)).await;
    match done {
        Ok((theirs, ours)) => {
            let words = format!(
                "The mapping of {theirs} and all that rested on it are deleted. {theirs} and {ours} are remembered as \
                 not the same, so that no rule maps them again. It can be taken back here."
            );
            visit.done(links::synchronization_row(org, window.word(), id), &Notice::ok(words))
        }
        Err(Refusal::Overtaken(words)) => visit.done(page, &Notice::warn(words)),
        Err(refusal) => Err(refusal.into()),
    }
}
