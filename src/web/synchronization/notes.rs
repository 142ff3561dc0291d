//! The tab *Appointments*: session notes, on which appointment each is and why not, and mapping them by hand.

use std::collections::HashMap;

use actix_web::HttpResponse;
use askama::Template;
use serde::Deserialize;

use super::frame::{self, Frame, Window};
use crate::domain::Refusal;
use crate::domain::access::{PairRecords, Permission, Scope};
use crate::domain::notes::{self, Candidate, Counts, Note, Reason, Show, State, Wanted};
use crate::domain::organisations::one_line;
use crate::kit::ids::{AppointmentId, OrganisationId, SessionNoteId};
use crate::links;
use crate::web::error::Answer;
use crate::web::listing::{self, Address, day_typed, page_number, rows_before};
use crate::web::routes::{Line, Who, get, post};
use crate::web::ui::{Choice, Link, Notice, Pager, Shell, filters, when};
use crate::web::visit::{Fields, In, Posted, Visit};

pub fn routes() -> Vec<Line> {
    let map = Who::Holder(Permission::PairRecords);
    vec![
        get("/org/{org}/synchronization/appointments", map, index),
        post("/org/{org}/synchronization/appointments", map, save),
    ]
}

/// What *Show* offers, by the word in addresses.
const SHOWS: [(&str, &str, Show); 5] = [
    ("", "All", Show::All),
    ("not-mapped", "Not mapped", Show::Unmapped),
    ("mapped", "Mapped", Show::Mapped),
    ("not-rendered", "Not rendered", Show::NotRendered),
    ("to-decide", "To decide", Show::ToDecide),
];

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    q: String,
    show: String,
    reason: String,
    from: String,
    to: String,
    page: String,
}

impl Asked {
    fn wanted(&self) -> Wanted {
        let show = SHOWS.iter().find(|(word, ..)| *word == self.show).map(|(_, _, show)| *show);
        Wanted {
            search: one_line(&self.q),
            show: show.unwrap_or_default(),
            reason: Reason::parse(&self.reason).filter(|reason| *reason != Reason::Nothing),
            site: String::new(),
            from: day_typed(&self.from),
            to: day_typed(&self.to),
        }
    }

    fn address(&self, org: OrganisationId) -> Address {
        let wanted = self.wanted();
        let show = SHOWS.iter().find(|(_, _, show)| *show == wanted.show).map_or("", |(word, ..)| *word);
        let day = |day: Option<chrono::NaiveDate>| day.map(|day| day.to_string()).unwrap_or_default();
        Address::new(links::synchronization_tab(org, Window::Appointments.word()))
            .with("q", &wanted.search)
            .with("show", show)
            .with("reason", wanted.reason.map_or("", Reason::as_str))
            .with("from", &day(wanted.from))
            .with("to", &day(wanted.to))
    }
}

#[derive(Template)]
#[template(path = "synchronization/notes.html")]
struct Index {
    shell: Shell,
    frame: Frame,
    counts: String,
    list: String,
    /// Where *Save mappings* posts: the page as it is.
    action: String,
    search: String,
    shows: Vec<Choice>,
    reasons: Vec<Choice>,
    from: String,
    to: String,
    chips: Vec<Link>,
    rows: Vec<Row>,
    saves: bool,
    pager: Pager,
    tools: Vec<Link>,
    nobody: &'static str,
}

struct Row {
    /// The name of its select.
    field: String,
    href: String,
    name: String,
    about: String,
    /// The appointment in words, and its page for those who may open it.
    appointment: String,
    appointment_href: Option<String>,
    choices: Vec<Choice>,
    label: String,
    rendered: &'static str,
    because: String,
    repair: String,
    delete: Option<String>,
    /// Why there is nothing to do.
    fixed: &'static str,
    proposals: i64,
}

/// What the page is made of.
struct Read {
    rows: Vec<Note>,
    more: bool,
    counts: Counts,
    candidates: HashMap<SessionNoteId, Vec<Candidate>>,
}

fn read_page(
    conn: &mut crate::db::Conn,
    scope: &Scope<PairRecords>,
    wanted: &Wanted,
    page: u32,
) -> Result<Read, Refusal> {
    let found = notes::list(conn, scope, wanted, rows_before(page), i64::from(listing::PER_PAGE))?;
    let open: Vec<SessionNoteId> =
        found.rows.iter().filter(|note| can_choose(note)).map(|note| note.id).collect();
    let candidates = notes::candidates_of(conn, scope, &open)?;
    Ok(Read { rows: found.rows, more: found.more, counts: notes::counts(conn, scope)?, candidates })
}

/// Whether an appointment can be chosen for a note by hand.
pub(super) fn can_choose(note: &Note) -> bool {
    note.mapping.is_none() && note.is_published && note.state == State::Waiting
}

async fn index(visit: Visit, In(scope): In<PairRecords>) -> Answer {
    frame::here(&visit)?;
    let (shell, frame) = frame::open(&visit, Window::Appointments).await?;
    let page = index_page(&visit, scope, (shell, frame), &HashMap::new()).await?;
    visit.page(&page)
}

async fn index_page(
    visit: &Visit,
    scope: Scope<PairRecords>,
    (shell, frame): (Shell, Frame),
    chosen: &HashMap<SessionNoteId, AppointmentId>,
) -> Result<Index, crate::web::error::Fault> {
    let (org, asked) = (scope.organisation(), visit.query::<Asked>());
    let (page, wanted, address) = (page_number(&asked.page), asked.wanted(), asked.address(org));
    let narrowing = wanted.clone();
    let read = if frame.open {
        visit.read(move |conn| read_page(conn, &scope, &narrowing, page)).await?
    } else {
        Read { rows: Vec::new(), more: false, counts: Counts::default(), candidates: HashMap::new() }
    };
    let row = |note: &Note| row(visit, org, note, read.candidates.get(&note.id), chosen.get(&note.id));
    let rows: Vec<Row> = read.rows.iter().map(row).collect();
    Ok(Index {
        counts: counts_words(read.counts),
        list: links::synchronization_tab(org, Window::Appointments.word()),
        action: address.page(page),
        search: wanted.search.clone(),
        shows: SHOWS
            .iter()
            .map(|(word, label, show)| Choice::new(*word, *label, *show == wanted.show))
            .collect(),
        reasons: reasons(wanted.reason),
        from: asked.from.clone(),
        to: asked.to.clone(),
        chips: chips(&address, &wanted),
        saves: rows.iter().any(|row| !row.choices.is_empty()),
        pager: listing::uncounted(page, rows.len(), read.more, &address),
        tools: tools(visit, org),
        nobody: if address.is_bare() {
            "No session note has been pulled yet."
        } else {
            "Nothing fits what you asked for."
        },
        rows,
        shell,
        frame,
    })
}

/// Pages beside the list.
fn tools(visit: &Visit, org: OrganisationId) -> Vec<Link> {
    let mut tools = vec![
        Link::new("Check a template", links::synchronization_template(org)),
        Link::new("Try another grace time", links::synchronization_grace(org)),
        Link::new("Try the rules of today", links::synchronization_replay(org)),
    ];
    if visit.may(Permission::ViewReports) {
        tools.push(Link::new("Report of all notes", links::report(org, "notes")));
    }
    tools
}

fn reasons(now: Option<Reason>) -> Vec<Choice> {
    let mut choices = vec![Choice::new("", "Any reason", now.is_none())];
    let reasons = Reason::ALL.iter().filter(|reason| **reason != Reason::Nothing);
    choices.extend(reasons.map(|reason| {
        let words = reason.words().trim_end_matches('.');
        Choice::new(reason.as_str(), format!("{}: {words}", reason.label()), Some(*reason) == now)
    }));
    choices
}

fn chips(address: &Address, wanted: &Wanted) -> Vec<Link> {
    let show = SHOWS.iter().find(|(_, _, show)| *show == wanted.show).map_or("", |(_, label, _)| *label);
    let day = |day: Option<chrono::NaiveDate>| day.map(when::date).unwrap_or_default();
    [
        address.chip("q", format!("“{}”", wanted.search)),
        address.chip("show", show),
        address.chip("reason", wanted.reason.map_or("", Reason::words)),
        address.chip("from", format!("From {}", day(wanted.from))),
        address.chip("to", format!("To {}", day(wanted.to))),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn counts_words(counts: Counts) -> String {
    let n = when::thousands;
    let decide = match counts.proposals {
        0 => String::new(),
        some => format!(" · {} to decide", n(some)),
    };
    let all = counts.mapped + counts.waiting + counts.set_aside + counts.withdrawn;
    format!(
        "{} session notes: {} mapped · {} not mapped · {} set aside · {} withdrawn{decide}",
        n(all),
        n(counts.mapped),
        n(counts.waiting),
        n(counts.set_aside),
        n(counts.withdrawn)
    )
}

/// The date and times of a note, as it says them.
pub(super) fn times(note: &Note) -> String {
    let day = note.date.map_or_else(|| "No date".to_owned(), when::long_date);
    match (note.start.as_str(), note.end.as_str()) {
        ("", "") => day,
        (start, "") => format!("{day}, {start} to an unknown time"),
        ("", end) => format!("{day}, an unknown time to {end}"),
        (start, end) => format!("{day}, {start} to {end}"),
    }
}

/// An appointment's date and times where it takes place.
pub(super) fn slot(
    date: chrono::NaiveDate,
    (starts, ends): (chrono::NaiveDateTime, chrono::NaiveDateTime),
    zone: &str,
) -> String {
    let zone: chrono_tz::Tz = zone.parse().unwrap_or(chrono_tz::Tz::Europe__London);
    let clock = |at: chrono::NaiveDateTime| at.and_utc().with_timezone(&zone).format("%H:%M").to_string();
    format!("{}, {} to {}", when::long_date(date), clock(starts), clock(ends))
}

fn candidate_words(one: &Candidate) -> String {
    let mut words = slot(one.local_date, (one.starts_at, one.ends_at), &one.time_zone);
    for part in [&one.staff_name, &one.service] {
        if !part.is_empty() {
            words = format!("{words} · {part}");
        }
    }
    if one.rendered { format!("{words} · rendered") } else { words }
}

/// Appointments that can be chosen; nothing where there is none.
pub(super) fn choices(candidates: &[Candidate], chosen: Option<AppointmentId>) -> Vec<Choice> {
    let free: Vec<&Candidate> = candidates.iter().filter(|one| one.not_because.is_empty()).collect();
    if free.is_empty() {
        return Vec::new();
    }
    let mut choices = vec![Choice::new("", "Choose", chosen.is_none())];
    choices.extend(free.into_iter().map(|one| {
        Choice::new(one.appointment.to_string(), candidate_words(one), chosen == Some(one.appointment))
    }));
    choices
}

fn row(
    visit: &Visit,
    org: OrganisationId,
    note: &Note,
    candidates: Option<&Vec<Candidate>>,
    chosen: Option<&AppointmentId>,
) -> Row {
    let mapping = note.mapping.as_ref();
    let by_hand = mapping.is_some_and(|one| one.origin == "User");
    let opens = visit.may(Permission::ViewAppointments);
    let known =
        |name: &str, else_words: &str| if name.is_empty() { else_words.to_owned() } else { name.to_owned() };
    Row {
        field: format!("pick-{}", note.id),
        href: links::synchronization_note(org, note.id),
        name: known(&note.student_name, "Unknown student"),
        about: format!("{} · {}", times(note), known(&note.user_name, "unknown user")),
        appointment: mapping
            .map(|one| slot(one.local_date, (one.starts_at, one.ends_at), &one.time_zone))
            .unwrap_or_default(),
        appointment_href: mapping.filter(|_| opens).map(|one| links::appointment(org, one.appointment)),
        choices: candidates.map(|all| choices(all, chosen.copied())).unwrap_or_default(),
        label: mapping.map_or_else(|| note.state.words().to_owned(), |one| one.origin.clone()),
        rendered: match mapping {
            Some(one) if one.rendered => "Rendered",
            Some(_) => "Not rendered",
            None => "",
        },
        because: note.because.clone(),
        repair: note.repair.clone(),
        delete: by_hand.then(|| links::synchronization_note_act(org, note.id, "delete")),
        fixed: match mapping {
            Some(_) if !by_hand => "Made by the rule",
            _ => "",
        },
        proposals: note.proposals,
    }
}

/// *Save mappings*: every row that can be; the others say why not.
async fn save(visit: Visit, In(scope): In<PairRecords>, Posted(form): Posted<Fields>) -> Answer {
    frame::here(&visit)?;
    let asked: Asked = visit.query();
    let back = asked.address(scope.organisation()).page(page_number(&asked.page));
    let picks = picks(&form);
    if picks.is_empty() {
        return visit.done(back, &Notice::warn("Nothing was chosen, so nothing was saved."));
    }
    let (writer, many) = (scope.clone(), picks.clone());
    let (saved, errors) = visit
        .write(move |tx| {
            let (mut saved, mut errors) = (0, Vec::new());
            for (note, appointment) in many {
                match tx.attempt(|tx| notes::map(tx, &writer, note, appointment)) {
                    Ok(()) => saved += 1,
                    Err(Refusal::Overtaken(words) | Refusal::Invalid { words, .. }) => {
                        errors.push((note, words));
                    }
                    Err(Refusal::NotHere) => {
                        errors.push((note, "The note or the appointment is not there any more".to_owned()));
                    }
                    Err(refusal) => return Err(refusal),
                }
            }
            Ok((saved, errors))
        })
        .await?;
    let words = if saved == 1 { "1 mapping saved.".to_owned() } else { format!("{saved} mappings saved.") };
    if errors.is_empty() {
        return visit.done(back, &Notice::ok(words));
    }
    let (mut shell, frame) = frame::open(&visit, Window::Appointments).await?;
    if saved > 0 {
        shell.add_error("save", format!("{words} The others were not"));
    }
    for (note, words) in &errors {
        shell.add_error(format!("pick-{note}"), words.clone());
    }
    let chosen = picks.into_iter().filter(|(note, _)| errors.iter().any(|(of, _)| of == note)).collect();
    let page = index_page(&visit, scope, (shell, frame), &chosen).await?;
    visit.page_with(&page, HttpResponse::UnprocessableEntity())
}

/// What was chosen in each row of the form.
fn picks(form: &Fields) -> Vec<(SessionNoteId, AppointmentId)> {
    let pick = |(key, value): &(String, String)| {
        Some((key.strip_prefix("pick-")?.parse().ok()?, value.trim().parse().ok()?))
    };
    form.iter().filter_map(pick).take(100).collect()
}
