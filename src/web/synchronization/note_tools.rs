//! Pages beside the list of session notes that only look: whether a template has the fields that are needed, what another
//! grace time would match, and what the rules of today would make of all stored notes.

use actix_web::HttpResponse;
use askama::Template;
use serde::Deserialize;

use super::frame::{self, Window};
use crate::db::Conn;
use crate::domain::Refusal;
use crate::domain::access::{ManageOrganisation, PairRecords, Permission};
use crate::domain::appointments;
use crate::domain::mapping::{self, Rule};
use crate::domain::notes::{self, Replay, Simulated, Simulation, template};
use crate::kit::ids::{OrganisationId, SessionNoteId};
use crate::links;
use crate::web::error::{Answer, Fault};
use crate::web::routes::{Line, Who, get, post};
use crate::web::ui::{Link, Notice, Shell, filters, when};
use crate::web::visit::{Fields, In, Nav, Posted, Visit, field};

pub fn routes() -> Vec<Line> {
    let map = Who::Holder(Permission::PairRecords);
    vec![
        get("/org/{org}/synchronization/template", map, check_template),
        get("/org/{org}/synchronization/grace", map, grace),
        post("/org/{org}/synchronization/grace", Who::Holder(Permission::ManageOrganisation), use_grace),
        get("/org/{org}/synchronization/replay", map, replay),
    ]
}

fn shell(visit: &Visit, org: OrganisationId, title: &str) -> Result<Shell, Fault> {
    let mut shell = visit.org_shell(title, Nav::Settings)?;
    let tab = links::synchronization_tab(org, Window::Appointments.word());
    shell.crumb = Some(Link::new("Appointments", tab));
    Ok(shell)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct AskedTemplate {
    /// The names of the fields, one a line.
    names: String,
    /// A note whose fields are taken.
    note: String,
}

#[derive(Template)]
#[template(path = "synchronization/template.html")]
struct TemplatePage {
    shell: Shell,
    action: String,
    names: String,
    /// Once something was asked.
    found: Option<FoundFields>,
}

struct FoundFields {
    is_enough: bool,
    present: Vec<(&'static str, String)>,
    /// Each in a sentence, and whether nothing is mapped without it.
    missing: Vec<(String, bool)>,
    doubled: Vec<String>,
    unknown: Vec<String>,
}

/// Names that are read at most.
const MOST_NAMES: usize = 200;

async fn check_template(visit: Visit, In(scope): In<PairRecords>) -> Answer {
    frame::here(&visit)?;
    let (org, asked) = (scope.organisation(), visit.query::<AskedTemplate>());
    let names = match asked.note.parse::<SessionNoteId>() {
        Ok(note) => {
            let whole = visit.read(move |conn| notes::get(conn, &scope, note)).await?;
            let fields = whole.record.fields.into_iter().map(|field| field.name);
            let beside = whole.record.signatures.into_iter().map(|one| one.field);
            fields.chain(beside).collect::<Vec<_>>().join("\n")
        }
        Err(_none) => asked.names.clone(),
    };
    let lines = names.lines().filter(|name| !name.trim().is_empty()).take(MOST_NAMES);
    let report = template::check(lines);
    let page = TemplatePage {
        shell: shell(&visit, org, "Check a template")?,
        action: links::synchronization_template(org),
        found: (!names.trim().is_empty()).then(|| found(report)),
        names,
    };
    visit.page(&page)
}

fn found(report: template::Report) -> FoundFields {
    FoundFields {
        is_enough: report.is_enough(),
        missing: report.missing.iter().map(|one| (one.words(), one.needed)).collect(),
        present: report.present.into_iter().map(|(field, name)| (field.label(), name)).collect(),
        doubled: report
            .doubled
            .into_iter()
            .map(|(field, names)| format!("{}: {}", field.label(), names.join(", ")))
            .collect(),
        unknown: report.unknown,
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct AskedGrace {
    minutes: String,
}

#[derive(Template)]
#[template(path = "synchronization/grace.html")]
struct GracePage {
    shell: Shell,
    action: String,
    now: i32,
    minutes: String,
    /// That the rule is switched off, if it is.
    off: String,
    /// Once minutes were chosen.
    simulated: Option<Tried>,
    lists: Vec<(&'static str, usize, Vec<Shown>)>,
    /// *Use this grace time*, for those who may.
    may_use: bool,
}

/// A simulation in words.
struct Tried {
    words: String,
    grace: String,
    differs: bool,
}

struct Shown {
    name: String,
    href: String,
    about: String,
    appointment: String,
}

impl Shown {
    fn of(org: OrganisationId, one: &Simulated) -> Self {
        let day = one.date.map_or_else(|| "No date".to_owned(), when::long_date);
        Self {
            name: if one.student_name.is_empty() {
                "Unknown student".to_owned()
            } else {
                one.student_name.clone()
            },
            href: links::synchronization_note(org, one.note),
            about: format!("{day}, {} to {}", one.start, one.end),
            appointment: links::appointment(org, one.appointment),
        }
    }
}

/// What the pages that try the rule of notes say where it is switched off.
fn off_words(conn: &mut Conn, org: OrganisationId) -> Result<String, Refusal> {
    let off = mapping::rules_off(conn, org)?.has(Rule::Notes);
    let words = format!(
        "The rule “{}” is switched off: nothing is mapped by it. What it would do if it were on stands below.",
        Rule::Notes.name()
    );
    Ok(if off { words } else { String::new() })
}

async fn grace(visit: Visit, In(scope): In<PairRecords>) -> Answer {
    frame::here(&visit)?;
    let asked: AskedGrace = visit.query();
    let page = grace_page(&visit, scope, &asked.minutes, Vec::new()).await?;
    visit.page(&page)
}

async fn grace_page(
    visit: &Visit,
    scope: crate::domain::access::Scope<PairRecords>,
    typed: &str,
    errors: Vec<String>,
) -> Result<GracePage, Fault> {
    let org = scope.organisation();
    let mut shell = shell(visit, org, "Try another grace time")?;
    for words in errors {
        shell.add_error("minutes", words);
    }
    let wanted = match typed.trim() {
        "" => None,
        typed => match appointments::read_grace(typed) {
            Ok(minutes) => Some(minutes),
            Err(Refusal::Invalid { words, .. }) => {
                if shell.errors.is_empty() {
                    shell.add_error("minutes", words);
                }
                None
            }
            Err(refusal) => return Err(refusal.into()),
        },
    };
    let (now, off, simulation) = visit
        .read(move |conn| {
            let now = appointments::settings(conn, &scope)?.grace_minutes;
            let off = off_words(conn, org)?;
            Ok((now, off, wanted.map(|minutes| notes::simulate(conn, &scope, minutes)).transpose()?))
        })
        .await?;
    let lists = |one: &Simulation| {
        let shown = |all: &[Simulated]| all.iter().map(|one| Shown::of(org, one)).collect::<Vec<_>>();
        vec![
            ("Would match", one.more_count, shown(&one.more)),
            ("Would not match any more", one.lost_count, shown(&one.lost)),
        ]
    };
    Ok(GracePage {
        shell,
        action: links::synchronization_grace(org),
        now,
        off,
        minutes: typed.to_owned(),
        lists: simulation.as_ref().map(lists).unwrap_or_default(),
        simulated: simulation.map(|one| Tried {
            words: one.words(),
            grace: one.grace_minutes.to_string(),
            differs: one.grace_minutes != now,
        }),
        may_use: visit.may(Permission::ManageOrganisation),
    })
}

/// *Use this grace time*: from the next pull on.
async fn use_grace(visit: Visit, In(scope): In<ManageOrganisation>, Posted(form): Posted<Fields>) -> Answer {
    frame::here(&visit)?;
    let org = scope.organisation();
    let typed = field(&form, "minutes").to_owned();
    let minutes = typed.clone();
    let done = visit
        .write(move |tx| {
            let grace_minutes = appointments::read_grace(&minutes)?;
            let settings = appointments::settings(tx.conn, &scope)?;
            appointments::change_settings(tx, &scope, &appointments::Settings { grace_minutes, ..settings })
        })
        .await;
    match done {
        Ok(()) => {
            let words =
                format!("The grace time is {} minutes from now on. The next pull uses it.", typed.trim());
            visit.done(links::synchronization_grace(org), &Notice::ok(words))
        }
        Err(Refusal::Invalid { words, .. }) => {
            let page = grace_page(&visit, visit.scope::<PairRecords>()?, &typed, vec![words]).await?;
            visit.page_with(&page, HttpResponse::UnprocessableEntity())
        }
        Err(refusal) => Err(refusal.into()),
    }
}

#[derive(Template)]
#[template(path = "synchronization/replay.html")]
struct ReplayPage {
    shell: Shell,
    off: String,
    words: String,
    lists: Vec<(&'static str, usize, Vec<Shown>)>,
}

async fn replay(visit: Visit, In(scope): In<PairRecords>) -> Answer {
    frame::here(&visit)?;
    let org = scope.organisation();
    let (found, off) =
        visit.read(move |conn| Ok((notes::replay(conn, &scope)?, off_words(conn, org)?))).await?;
    let shown = |all: &[Simulated]| all.iter().map(|one| Shown::of(org, one)).collect::<Vec<_>>();
    let page = ReplayPage {
        shell: shell(&visit, org, "Try the rules of today")?,
        off,
        words: replay_words(&found),
        lists: vec![
            ("Would be mapped", found.more_count, shown(&found.more)),
            ("Would not be mapped any more", found.lost_count, shown(&found.lost)),
            ("Would be on another appointment", found.moved_count, shown(&found.moved)),
        ],
    };
    visit.page(&page)
}

fn replay_words(found: &Replay) -> String {
    let number = |n: usize| when::thousands(i64::try_from(n).unwrap_or(i64::MAX));
    format!(
        "{} stored notes were looked at with the rules of today: {} would stay as they are. {} that people mapped \
         were left alone.",
        number(found.looked),
        number(found.same),
        number(found.by_hand)
    )
}
