//! Brings waiting notes to their appointments: who is meant, which appointment fits, and what becomes of both. The
//! same work for a pull, for people who were just mapped, and for the simulator, which only reads.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::{NaiveDate, TimeDelta};
use chrono_tz::Tz;
use diesel::QueryResult;

use super::RULE;
use super::clock;
use super::identity::{Found, People, Student, User};
use super::matching::{self, Slot, Span, Verdict};
use super::proposals;
use super::reasons::Reason;
use super::store::{self, Row, Standing};
use crate::db::{Conn, Tx};
use crate::domain::Refusal;
use crate::domain::access::{Right, Scope};
use crate::domain::appointments::{self, Appointment};
use crate::domain::mapping::{self, Rule};
use crate::domain::pairing::owned::Evidence;
use crate::domain::{residents, staff};
use crate::kit::ids::{
    AppointmentId, ConnectionId, OrganisationId, ResidentId, RunId, SessionNoteId, StaffMemberId,
};

mod putting;
mod standing;

pub(super) use putting::{
    BY_HAND, Filled, Pair, fill, images, joined, not_rendered, put_on, reading, session, times, to_decide,
};
pub(super) use standing::standing;

/// What a settling came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Settled {
    pub mapped: usize,
    pub rendered: usize,
    pub waiting: usize,
    pub proposals: usize,
}

/// Whom the vendor's and our people are, for some notes.
pub(super) struct World {
    pub people: People,
    /// The students' time zones where they have one of their own.
    zones: HashMap<String, String>,
    /// By identifier: students and users.
    names: (HashMap<String, String>, HashMap<String, String>),
    own_zone: String,
}

impl World {
    /// The time zone of a student's wall times, and its name.
    pub fn zone(&self, student: &str) -> (Option<Tz>, String) {
        let name = self.zones.get(student).filter(|zone| !zone.is_empty()).unwrap_or(&self.own_zone);
        (name.parse().ok(), name.clone())
    }

    /// The vendor's site of a note: as it says or, where it says nothing, its student's.
    fn site_of<'w>(&'w self, row: &'w Row) -> &'w str {
        let students = || self.people.student(&row.student_external_id).map_or("", |one| one.site.as_str());
        if row.site_external_id.is_empty() { students() } else { &row.site_external_id }
    }

    /// What the vendor's lists call the student and the user.
    pub fn names(&self, student: &str, user: &str) -> (String, String) {
        let of = |names: &HashMap<String, String>, id: &str| names.get(id).cloned().unwrap_or_default();
        (of(&self.names.0, student), of(&self.names.1, user))
    }
}

/// Everything that matching needs, loaded for some notes.
pub(super) struct Prepared {
    pub rows: Vec<Row>,
    /// For each row the note as matching reads it, or why it cannot be matched.
    pub notes: Vec<Result<matching::Note, Reason>>,
    pub slots: Vec<Slot>,
    pub appointments: HashMap<AppointmentId, Appointment>,
    pub refused: HashSet<(SessionNoteId, AppointmentId)>,
    /// Those of them that are refused since the note's site is not the appointment's agency.
    wrong_site: HashSet<(SessionNoteId, AppointmentId)>,
    /// The organisation has switched the rule off.
    rule_off: bool,
    pub world: World,
}

/// Which mappings are taken for granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Given {
    All,
    /// Only those that a person made: what would the rule do alone?
    ByHand,
}

/// Loads who is meant by the notes of some students and users.
pub(super) fn world(
    conn: &mut Conn,
    organisation: OrganisationId,
    connection: ConnectionId,
    asked: (&BTreeSet<&str>, &BTreeSet<&str>),
) -> QueryResult<World> {
    let mut students = store::their_people(conn, connection, residents::SUBJECT, asked.0)?;
    let mut users = store::their_people(conn, connection, staff::SUBJECT, asked.1)?;
    let names_of = |people: &[store::Their]| -> HashMap<String, String> {
        people.iter().map(|one| (one.external_id.clone(), one.name())).collect()
    };
    let names = (names_of(&students), names_of(&users));
    let zone = |one: &store::Their| Some((one.external_id.clone(), one.said.time_zone.clone()?));
    let zones = students.iter().filter_map(zone).collect();
    let unmapped = |people: &[store::Their]| -> BTreeSet<String> {
        people.iter().filter(|one| one.mapped.is_none()).map(|one| one.sort_name.clone()).collect()
    };
    let (new_students, new_users) = (unmapped(&students), unmapped(&users));
    let alike = store::theirs_named(conn, connection, residents::SUBJECT, &new_students)?;
    add_new(&mut students, alike);
    let alike = store::theirs_named(conn, connection, staff::SUBJECT, &new_users)?;
    add_new(&mut users, alike);
    let unmapped = students.iter().filter(|one| one.mapped.is_none());
    let days: BTreeSet<NaiveDate> = unmapped.filter_map(|one| one.said.date_of_birth).collect();
    let clients = store::clients_born(conn, organisation, &days)?;
    let members = if new_users.is_empty() { Vec::new() } else { store::members(conn, organisation)? };
    let client_ids: Vec<i64> = clients.iter().map(|one| one.id.0).collect();
    let member_ids: Vec<i64> = members.iter().map(|one| one.id.0).collect();
    let taken_clients = store::taken(conn, connection, residents::SUBJECT, &client_ids)?;
    let taken_members = store::taken(conn, connection, staff::SUBJECT, &member_ids)?;
    let taken = (
        taken_clients.into_iter().map(ResidentId).collect(),
        taken_members.into_iter().map(StaffMemberId).collect(),
    );
    let students = students.into_iter().map(student).collect();
    let users = users.into_iter().map(user).collect();
    let people = People::new(students, users, &clients, &members, taken);
    Ok(World { people, zones, names, own_zone: store::zone_of(conn, organisation)? })
}

fn add_new(known: &mut Vec<store::Their>, more: Vec<store::Their>) {
    let have: HashSet<String> = known.iter().map(|one| one.external_id.clone()).collect();
    known.extend(more.into_iter().filter(|one| !have.contains(&one.external_id)));
}

fn student(one: store::Their) -> Student {
    Student {
        external_id: one.external_id,
        first_name: one.said.first_name,
        last_name: one.said.last_name,
        born: one.said.date_of_birth,
        site: one.said.service_id.unwrap_or_default(),
        mapped: one.mapped.map(ResidentId),
        refused: one.refused.into_iter().map(ResidentId).collect(),
    }
}

fn user(one: store::Their) -> User {
    User {
        external_id: one.external_id,
        first_name: one.said.first_name,
        last_name: one.said.last_name,
        mapped: one.mapped.map(StaffMemberId),
        refused: one.refused.into_iter().map(StaffMemberId).collect(),
    }
}

/// Loads everything that matching needs for notes of one connection.
pub(super) fn prepare(
    conn: &mut Conn,
    organisation: OrganisationId,
    connection: ConnectionId,
    rows: Vec<Row>,
    given: Given,
) -> QueryResult<Prepared> {
    let students: BTreeSet<&str> = rows.iter().map(|row| row.student_external_id.as_str()).collect();
    let users: BTreeSet<&str> = rows.iter().map(|row| row.user_external_id.as_str()).collect();
    let world = world(conn, organisation, connection, (&students, &users))?;
    let notes: Vec<Result<matching::Note, Reason>> = rows.iter().map(|row| usable(row, &world)).collect();
    let clients: BTreeSet<ResidentId> = notes.iter().flatten().map(|note| note.client).collect();
    let clients: Vec<ResidentId> = clients.into_iter().collect();
    let dates = || notes.iter().flatten().map(|note| note.span.date);
    let day = TimeDelta::days(1);
    let found = match (dates().min(), dates().max()) {
        (Some(first), Some(last)) => {
            appointments::of_clients(conn, organisation, &clients, (first - day, last + day))?
        }
        _ => Vec::new(),
    };
    let ids: Vec<AppointmentId> = found.iter().map(|one| one.id).collect();
    let mapped = store::live_of_appointments(conn, organisation, &ids)?;
    let is_taken = |id: AppointmentId| {
        mapped.get(&id).is_some_and(|live| given == Given::All || live.origin == putting::BY_HAND)
    };
    let slots = found.iter().filter_map(|one| slot(one, is_taken(one.id))).collect();
    let records: Vec<_> = rows.iter().map(|row| row.external_record_id).collect();
    let notes_of: HashMap<_, _> = rows.iter().map(|row| (row.external_record_id, row.id)).collect();
    let mut refused: HashSet<(SessionNoteId, AppointmentId)> = store::refused(conn, connection, &records)?
        .into_iter()
        .filter_map(|(record, appointment)| Some((*notes_of.get(&record)?, appointment)))
        .collect();
    let wrong_site = wrong_site(conn, connection, (&rows, &notes), &found, &world)?;
    refused.extend(&wrong_site);
    let rule_off = mapping::rules_off(conn, organisation)?.has(Rule::Notes);
    let appointments = found.into_iter().map(|one| (one.id, one)).collect();
    Ok(Prepared { rows, notes, slots, appointments, refused, wrong_site, rule_off, world })
}

/// Whoever said that a site is not an agency said so of its notes and the agency's appointments too.
fn wrong_site(
    conn: &mut Conn,
    connection: ConnectionId,
    (rows, notes): (&[Row], &[Result<matching::Note, Reason>]),
    found: &[Appointment],
    world: &World,
) -> QueryResult<HashSet<(SessionNoteId, AppointmentId)>> {
    let refused = store::refused_sites(conn, connection)?;
    let mut wrong = HashSet::new();
    if refused.is_empty() {
        return Ok(wrong);
    }
    let mut of_client: HashMap<ResidentId, Vec<&Appointment>> = HashMap::new();
    for one in found {
        if let Some(client) = one.resident {
            of_client.entry(client).or_default().push(one);
        }
    }
    for (row, note) in rows.iter().zip(notes) {
        let Ok(note) = note else { continue };
        let Some(agencies) = refused.get(world.site_of(row)) else { continue };
        let own = of_client.get(&note.client).into_iter().flatten();
        wrong.extend(own.filter(|one| agencies.contains(&one.place)).map(|one| (row.id, one.id)));
    }
    Ok(wrong)
}

/// An appointment as matching reads it; one without client or staff member fits no note.
fn slot(appointment: &Appointment, taken: bool) -> Option<Slot> {
    Some(Slot {
        id: appointment.id,
        client: appointment.resident?,
        staff: appointment.staff?,
        span: Span {
            date: appointment.local_date,
            starts_at: appointment.starts_at,
            ends_at: appointment.ends_at,
        },
        taken,
    })
}

/// A note as matching reads it.
fn usable(row: &Row, world: &World) -> Result<matching::Note, Reason> {
    if !row.is_published && row.reason != Reason::SaysCancelled {
        return Err(Reason::NotPublished);
    }
    let client = world.people.client(&row.student_external_id, &row.site_external_id);
    let member = world.people.member(&row.user_external_id);
    let (client, staff) = match (client.one(), member.one()) {
        (Some(client), Some(staff)) => (client, staff),
        (None, Some(_)) => return Err(no_client(client)),
        (Some(_), None) => return Err(no_staff(member)),
        (None, None) if client == Found::Unknown => return Err(Reason::UnknownStudent),
        (None, None) => return Err(Reason::NoClientNoStaff),
    };
    Ok(matching::Note { id: row.id, client, staff, span: span_of(row, world)? })
}

/// When the session of a note was.
pub(super) fn span_of(row: &Row, world: &World) -> Result<Span, Reason> {
    let (zone, _name) = world.zone(&row.student_external_id);
    let zone = zone.ok_or(Reason::UnknownZone)?;
    let times = (row.local_date, clock::time(&row.start_time), clock::time(&row.end_time));
    let (Some(date), Some(start), Some(end)) = times else { return Err(Reason::SetAside) };
    matching::span(date, start, end, zone).ok_or(Reason::ClocksChanged)
}

/// The same from the note's own row, which has the name of the zone; `None` where it is not certain.
pub(super) fn span_of_row(row: &Row) -> Option<Span> {
    let zone: Tz = row.time_zone.parse().ok()?;
    let (start, end) = (clock::time(&row.start_time)?, clock::time(&row.end_time)?);
    matching::span(row.local_date?, start, end, zone)
}

/// The client whom one note is about.
pub(super) fn client(
    conn: &mut Conn,
    organisation: OrganisationId,
    row: &Row,
) -> QueryResult<Found<ResidentId>> {
    let students = BTreeSet::from([row.student_external_id.as_str()]);
    let world = world(conn, organisation, row.connection_id, (&students, &BTreeSet::new()))?;
    Ok(world.people.client(&row.student_external_id, &row.site_external_id))
}

/// The clients whom notes are about, where there is exactly one.
pub(super) fn clients(
    conn: &mut Conn,
    organisation: OrganisationId,
    rows: &[Row],
) -> QueryResult<HashMap<SessionNoteId, ResidentId>> {
    let mut found = HashMap::new();
    let connections: BTreeSet<ConnectionId> = rows.iter().map(|row| row.connection_id).collect();
    for connection in connections {
        let own = || rows.iter().filter(|row| row.connection_id == connection);
        let students = own().map(|row| row.student_external_id.as_str()).collect();
        let people = world(conn, organisation, connection, (&students, &BTreeSet::new()))?.people;
        found.extend(own().filter_map(|row| {
            let client = people.client(&row.student_external_id, &row.site_external_id).one()?;
            Some((row.id, client))
        }));
    }
    Ok(found)
}

pub(super) fn no_client(found: Found<ResidentId>) -> Reason {
    match found {
        Found::Unknown => Reason::UnknownStudent,
        Found::Several => Reason::SeveralClients,
        Found::Twice => Reason::TwoSites,
        _ => Reason::NoClient,
    }
}

pub(super) fn no_staff(found: Found<StaffMemberId>) -> Reason {
    match found {
        Found::Unknown => Reason::UnknownUser,
        Found::Several | Found::Twice => Reason::SeveralStaff,
        _ => Reason::NoStaff,
    }
}

/// A verdict for each row that can be matched.
pub(super) fn judge(prepared: &Prepared, grace_minutes: i32) -> Vec<Option<Verdict>> {
    let notes: Vec<matching::Note> = prepared.notes.iter().flatten().copied().collect();
    let grace = TimeDelta::minutes(i64::from(grace_minutes));
    let mut verdicts = matching::verdicts(&notes, &prepared.slots, &prepared.refused, grace).into_iter();
    prepared.notes.iter().map(|note| note.as_ref().ok().and_then(|_| verdicts.next())).collect()
}

/// Matches waiting notes, maps those that fit, and says of the others why not.
pub(super) fn settle<R: Right>(
    tx: &mut Tx<'_>,
    scope: &Scope<R>,
    connection: ConnectionId,
    run: Option<RunId>,
    rows: Vec<Row>,
) -> Result<Settled, Refusal> {
    if rows.is_empty() {
        return Ok(Settled::default());
    }
    let rules = appointments::rules(tx.conn, scope.organisation())?;
    let mut prepared = prepare(tx.conn, scope.organisation(), connection, rows, Given::All)?;
    let verdicts = judge(&prepared, rules.grace_minutes);
    let (mut pairs, mut cancelled, mut settled) = (Vec::new(), Vec::new(), Settled::default());
    let rows = std::mem::take(&mut prepared.rows);
    for ((row, verdict), note) in rows.into_iter().zip(verdicts).zip(&prepared.notes) {
        let row = renamed(tx, row, &prepared.world)?;
        // Whether a session took place is asked whatever the rule: a person answers.
        let maps = !prepared.rule_off || row.reason == Reason::SaysCancelled;
        match (verdict, note) {
            (Some(Verdict::Match(id)), Ok(note)) if maps => {
                let Some(appointment) = prepared.appointments.remove(&id) else { continue };
                if row.reason == Reason::SaysCancelled {
                    cancelled.push((row, appointment));
                } else {
                    let evidence = evidence(&row, note, &appointment, &prepared.world);
                    let origin = (putting::BY_RULE, RULE);
                    pairs.push(Pair { row, appointment, span: Some(note.span), origin, evidence });
                }
            }
            (verdict, note) => {
                settled.waiting += 1;
                stay(tx, &row, standing(&row, verdict.as_ref(), note, &prepared))?;
            }
        }
    }
    settled.waiting += cancelled.len();
    settled.proposals += proposals::cancelled(tx, scope, cancelled)?;
    let put = put_on(tx, scope, run, pairs)?;
    settled.mapped = put.mapped;
    settled.rendered = put.rendered;
    settled.proposals += put.proposals;
    Ok(settled)
}

/// The vendor's lists may have come after the note.
fn renamed(tx: &mut Tx<'_>, mut row: Row, world: &World) -> QueryResult<Row> {
    let (student, user) = world.names(&row.student_external_id, &row.user_external_id);
    let (_, zone) = world.zone(&row.student_external_id);
    if (&row.student_name, &row.user_name, &row.time_zone) != (&student, &user, &zone) {
        store::name(tx, &row, (&student, &user), &zone)?;
        (row.student_name, row.user_name, row.time_zone) = (student, user, zone);
    }
    Ok(row)
}

fn stay(tx: &mut Tx<'_>, row: &Row, standing: Standing) -> QueryResult<()> {
    let same =
        row.reason == standing.reason && row.because == standing.because && row.state == standing.state;
    if same { Ok(()) } else { store::stand(tx, row.id, &standing) }
}

/// Why a mapping was made, condition by condition.
pub(super) fn evidence(
    row: &Row,
    note: &matching::Note,
    appointment: &Appointment,
    world: &World,
) -> Vec<Evidence> {
    let apart =
        |one: chrono::NaiveDateTime, other: chrono::NaiveDateTime| match (one - other).num_minutes().abs() {
            0 => "at the same time".to_owned(),
            1 => "1 minute apart".to_owned(),
            count => format!("{count} minutes apart"),
        };
    let by_mapping = |mapped: bool, what: &str| {
        if mapped {
            format!("The {what} is mapped to the appointment's.")
        } else {
            format!("The {what}'s names are those of the appointment's, and nobody else has them.")
        }
    };
    let client =
        matches!(world.people.client(&row.student_external_id, &row.site_external_id), Found::Mapped(_));
    let member = matches!(world.people.member(&row.user_external_id), Found::Mapped(_));
    [
        ("Date", format!("Both are on {}.", note.span.date.format("%-d %B %Y"))),
        ("Start Time", format!("They start {}.", apart(note.span.starts_at, appointment.starts_at))),
        ("End Time", format!("They end {}.", apart(note.span.ends_at, appointment.ends_at))),
        ("Client", by_mapping(client, "student")),
        ("Staff", by_mapping(member, "user")),
        ("Status", "The note is published.".to_owned()),
    ]
    .into_iter()
    .map(|(field, words)| Evidence { field: field.into(), level: "agree".into(), weight: 0, words })
    .collect()
}
