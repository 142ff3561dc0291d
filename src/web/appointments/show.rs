//! One appointment.

use askama::Template;

use super::pages::{self, span};
use super::rendering::{Unmet, unmet};
use super::{Therapy, see};
use crate::domain::access::{Permission, ViewAppointments};
use crate::domain::appointments::{self, Cancellation, Directness, Kind, Party, State, Whole, times};
use crate::domain::notes::{self, Later};
use crate::links;
use crate::web::error::Answer;
use crate::web::freshness;
use crate::web::ui::{Link, Shell, filters};
use crate::web::visit::{Nav, Visit};

#[derive(Template)]
#[template(path = "appointments/show.html")]
struct Show {
    shell: Shell,
    standing: String,
    invoiced: Option<String>,
    facts: Vec<Fact>,
    /// What is needed for rendering and is not met, and how many are met.
    unmet: Vec<Unmet>,
    met: Vec<String>,
    /// Whether it waits to be rendered.
    waits: bool,
    render: Option<String>,
    /// Who renders it once everything is there, where a session note is on it.
    later: &'static str,
    un_render: Option<String>,
    signatures: Option<String>,
    results: String,
    /// The notes came with a session note.
    from_note: bool,
    write_results: Option<String>,
    edit: Option<String>,
    cancel: Option<String>,
    /// Where the mark *Invoiced* is set, and where it is taken away.
    invoice: Option<String>,
    take_off: Option<String>,
    version: String,
}

pub struct Fact {
    pub term: &'static str,
    pub value: String,
    pub href: Option<String>,
}

impl Fact {
    fn new(term: &'static str, value: impl Into<String>) -> Self {
        Self { term, value: value.into(), href: None }
    }
}

pub async fn show(visit: Visit, Therapy(scope): Therapy<ViewAppointments>) -> Answer {
    let seen = see(&visit, &scope).await?;
    let (org, whole) = (seen.org, &seen.whole);
    let of = &whole.listed.appointment;
    let id = of.id;
    let (session, checks, later) = visit
        .read(move |conn| {
            let session = appointments::session_of(conn, &scope, id)?;
            Ok((session, appointments::checks_of(conn, &scope, id)?, notes::later(conn, &scope, id)?))
        })
        .await?;
    let title = span(of.starts_at, of.ends_at, visit.time_zone());
    let mut shell = visit.org_shell(title, Nav::Appointments)?;
    shell.crumb = Some(Link::new("Appointments", links::appointments(org)));
    let manages = visit.may(Permission::ManageAppointments);
    let settles = visit.may(Permission::ManageOrganisation);
    let invoiced = of.invoiced_at.is_some();
    let open = of.state == State::Scheduled && !invoiced;
    let waits = of.kind == Kind::Service && open;
    let failed = if waits { unmet(&visit, &seen, &checks) } else { Vec::new() };
    let page = Show {
        shell,
        standing: standing(whole, visit.now, &failed),
        render: (manages && waits && failed.is_empty()).then(|| seen.act("render")),
        un_render: (manages && of.state == State::Rendered && !invoiced).then(|| seen.act("un-render")),
        signatures: (of.kind == Kind::Service).then(|| seen.act("signatures")),
        later: later.map_or("", |later| later_words(later, failed.is_empty(), manages)),
        met: checks.iter().filter(|check| check.ok).map(|check| check.words.clone()).collect(),
        unmet: failed,
        waits,
        from_note: session.as_ref().is_some_and(|session| session.note.is_some()),
        invoiced: invoiced.then(|| of.invoice.clone()),
        facts: facts(&visit, whole, org),
        results: of.results_notes.clone(),
        write_results: (manages && !invoiced).then(|| seen.act("results")),
        edit: (manages && open).then(|| seen.act("edit")),
        cancel: (manages && open).then(|| seen.act("cancel")),
        invoice: (settles && !invoiced && of.state != State::Scheduled).then(|| seen.act("invoice")),
        take_off: (settles && invoiced).then(|| seen.act("invoice/remove")),
        version: seen.version(),
    };
    visit.page(&page)
}

fn later_words(later: Later, ready: bool, manages: bool) -> &'static str {
    match (later, ready, manages) {
        (Later::ByItself, true, true) => "It is rendered by itself at the next pull, or press Render.",
        (Later::ByItself, true, false) => "It is rendered by itself at the next pull.",
        (Later::ByItself, false, _) => "Once nothing is missing, it is rendered by itself at the next pull.",
        (Later::ByHand, ..) => "It was un-rendered by hand, so it is not rendered again by itself.",
    }
}

/// The words of its tag, with the first thing that is missing where it is over and not rendered.
fn standing(whole: &Whole, now: chrono::NaiveDateTime, failed: &[Unmet]) -> String {
    let words = pages::standing(&whole.listed, now);
    match failed.first() {
        Some(first) if words == "Not rendered" => {
            let mut because = first.words.trim_end_matches('.').to_owned();
            if let Some(letter) = because.get_mut(..1) {
                letter.make_ascii_lowercase();
            }
            format!("{words}: {because}")
        }
        _ => words,
    }
}

fn facts(visit: &Visit, whole: &Whole, org: crate::kit::ids::OrganisationId) -> Vec<Fact> {
    let (listed, of) = (&whole.listed, &whole.listed.appointment);
    let mut facts = Vec::new();
    if let Some(id) = of.resident {
        let href = visit.may(Permission::ViewResidents).then(|| links::resident(org, id));
        let born = listed.born.map(|born| format!(", born {}", times::in_words(born))).unwrap_or_default();
        facts.push(Fact { href, ..Fact::new("Client", format!("{}{born}", listed.client)) });
    }
    if let Some(id) = of.staff {
        let href = visit.may(Permission::ViewStaff).then(|| links::staff_member(org, id));
        facts.push(Fact { href, ..Fact::new("Staff", listed.staff.clone()) });
    }
    facts.push(Fact::new("Agency", listed.place.clone()));
    facts.push(Fact::new("Kind", of.kind.words()));
    if of.kind == Kind::Service || of.directness != Directness::NotSaid {
        facts.push(Fact::new("Direct or indirect", of.directness.words()));
    }
    if !of.service.is_empty() {
        facts.push(Fact::new("Service", of.service.clone()));
    }
    facts.push(Fact::new("Status", listed.status.clone()));
    if of.time_zone != visit.time_zone().name()
        && let Ok(zone) = of.time_zone.parse()
    {
        facts.push(Fact::new(
            "In its own time zone",
            format!("{} ({})", span(of.starts_at, of.ends_at, zone), of.time_zone),
        ));
    }
    if let Some((days, weeks, until)) = &whole.series {
        let every = if *weeks == 1 { "every week".to_owned() } else { format!("every {weeks} weeks") };
        let days = days.split(',').map(day_named).collect::<Vec<_>>().join(", ");
        facts.push(Fact::new("Series", format!("{days}, {every} until {}", times::in_words(*until))));
    }
    if !of.details.is_empty() {
        facts.push(Fact::new("Details", of.details.clone()));
    }
    if let Some(cancellation) = &whole.cancellation {
        facts.extend(cancelled(visit, cancellation));
    }
    if let Some(at) = of.rendered_at {
        let when = freshness::within(visit, at).words;
        facts.push(Fact::new("Rendered by", format!("{}, {when}", of.rendered_by)));
    }
    let when = freshness::within(visit, whole.created_at).words;
    facts.push(Fact::new("Planned by", format!("{}, {when}", whole.created_by)));
    facts
}

fn cancelled(visit: &Visit, of: &Cancellation) -> Vec<Fact> {
    let when = freshness::within(visit, of.at).words;
    let mut facts = vec![
        Fact::new("Cancelled by", format!("{}, {when}", of.by)),
        Fact::new("Wished by", party(&of.wish)),
        Fact::new("Caused by", party(&of.cause)),
        Fact::new("Because", of.because.clone()),
    ];
    if !of.note.is_empty() {
        facts.push(Fact::new("Note", of.note.clone()));
    }
    facts
}

fn party(kept: &str) -> &'static str {
    Party::parse(kept).map_or("Not said", Party::words)
}

fn day_named(word: &str) -> &'static str {
    match word {
        "mon" => "Mondays",
        "tue" => "Tuesdays",
        "wed" => "Wednesdays",
        "thu" => "Thursdays",
        "fri" => "Fridays",
        "sat" => "Saturdays",
        _ => "Sundays",
    }
}
