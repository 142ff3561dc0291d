//! Appointments from a CSV file: first a preview that says of every line what it would become or what is wrong with
//! it, then exactly what was shown, in one transaction.
//!
//! Lines with a fault are left out. What a preview showed is sealed by what it comes to, not by the text of the file:
//! where people, agencies or other appointments have changed so that it would come to something else, it is shown
//! again.

mod sheet;

use std::collections::HashMap;

use chrono_tz::Tz;

use super::overlaps::{self, Overlap};
use super::people::{self, Client, People};
use super::planning::{Details, LONGEST_SERVICE, LONGEST_TEXT, in_words, paragraphs, render_at_once, when};
use super::store::{self, Busy};
use super::times::{self, Clock, Slot};
use super::{Directness, Kind, SUBJECT, StatusType, status_types};
use crate::db::{Conn, Tx};
use crate::domain::access::{ManageAppointments, Scope};
use crate::domain::organisations::{one_line, short};
use crate::domain::{Refusal, audit};
use crate::kit::ids::{PlaceId, ResidentId, StaffMemberId, StatusTypeId};
use crate::kit::names::fold;
use crate::kit::secret::fingerprint;

use sheet::{Column, Raw};

pub use sheet::{LONGEST_FILE, MOST_ROWS, TEMPLATE};

/// One line of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// As a spreadsheet counts them.
    pub number: usize,
    /// What it would become, or what it says.
    pub words: String,
    /// What is wrong with it, each as a sentence; empty where it can be used.
    pub faults: Vec<String>,
    /// Other appointments that somebody of it has at that time.
    pub busy: Vec<Overlap>,
    /// An earlier line that has somebody of it at that time.
    pub clash: Option<usize>,
}

impl Line {
    pub fn overlaps(&self) -> bool {
        !self.busy.is_empty() || self.clash.is_some()
    }
}

/// What a file would come to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Preview {
    pub lines: Vec<Line>,
    /// Lines that would become an appointment.
    pub good: usize,
    /// Of these, lines that overlap something.
    pub overlapping: usize,
    /// What this preview comes to; sent back with the confirmation.
    pub seal: String,
}

/// Whether lines that overlap something were wished for all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overlapping {
    NotAllowed,
    Allowed,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Imported {
    Done(usize),
    /// Nothing was written: it would come to something else than was shown.
    Differs(Preview),
    /// Nothing was written: nobody said that lines may overlap.
    Overlaps(Preview),
}

/// What a file would come to now; nothing is written. `zone` is the organisation's.
///
/// # Errors
/// `Invalid` on `file` where it cannot be read as a whole.
pub fn preview(
    conn: &mut Conn,
    scope: &Scope<ManageAppointments>,
    text: &str,
    (zone, now): (Tz, chrono::NaiveDateTime),
) -> Result<Preview, Refusal> {
    Ok(read(conn, scope, text, (zone, now))?.0)
}

/// Plans what a preview with this seal showed.
///
/// # Errors
/// `Invalid` on `file` where it cannot be read as a whole, or nothing in it can be used.
pub fn import(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageAppointments>,
    text: &str,
    zone: Tz,
    (seal, overlapping): (&str, Overlapping),
) -> Result<Imported, Refusal> {
    let (preview, new, people) = read(tx.conn, scope, text, (zone, tx.now))?;
    if preview.seal != seal {
        return Ok(Imported::Differs(preview));
    }
    if new.is_empty() {
        return Err(Refusal::invalid("file", "No line of this file can be used"));
    }
    if preview.overlapping > 0 && overlapping == Overlapping::NotAllowed {
        return Ok(Imported::Overlaps(preview));
    }
    let ids = store::insert(tx, scope, None, &new)?;
    for (id, (details, slot)) in ids.iter().zip(&new) {
        let words = format!("imported {} on {}", in_words(details, &people), when(slot));
        audit::record(tx, scope, audit::Event::new("appointment.imported", words).about(SUBJECT, id.0))?;
    }
    let types = status_types(tx.conn, scope)?;
    render_at_once(
        tx,
        scope,
        &types,
        ids.iter().copied().zip(new.iter().map(|(details, _)| details.status)),
    )?;
    let left = preview.lines.len() - preview.good;
    let words = format!("imported {} appointments from a file; {left} lines were left out", ids.len());
    let event =
        audit::Event::new("appointments.imported", words).about("organisation", scope.organisation().0);
    audit::record(tx, scope, event)?;
    Ok(Imported::Done(ids.len()))
}

type New = Vec<(Details, Slot)>;

fn read(
    conn: &mut Conn,
    scope: &Scope<ManageAppointments>,
    text: &str,
    (zone, now): (Tz, chrono::NaiveDateTime),
) -> Result<(Preview, New, People), Refusal> {
    let rows = sheet::rows(text)?;
    let people = people::people(conn, scope)?;
    let types = status_types(conn, scope)?;
    let clients = rows.iter().filter(|row| row.says(Column::TimeZone, "client"));
    let mut zones: HashMap<ResidentId, Option<Tz>> = HashMap::new();
    for row in clients {
        if let Ok(client) = client(row, &people)
            && let Some(id) = client.map(|client| client.id)
            && !zones.contains_key(&id)
        {
            zones.insert(id, store::zone_of_client(conn, scope.organisation(), id)?);
        }
    }
    let known = Known { people: &people, types: &types, zones: &zones, zone, now };
    let mut reading: Vec<(Line, Option<(Details, Slot)>)> = rows.iter().map(|row| known.line(row)).collect();
    let from = reading.iter().filter_map(|(_, new)| new.as_ref()).map(|(_, slot)| slot.starts_at).min();
    let to = reading.iter().filter_map(|(_, new)| new.as_ref()).map(|(_, slot)| slot.ends_at).max();
    if let (Some(from), Some(to)) = (from, to) {
        let busy = store::busy(conn, scope.organisation(), (from, to))?;
        beside_others(&mut reading, &busy, scope);
        among_themselves(&mut reading);
    }
    let (mut preview, mut new) = (Preview::default(), Vec::new());
    for (line, made) in reading {
        if let (true, Some(made)) = (line.faults.is_empty(), made) {
            preview.overlapping += usize::from(line.overlaps());
            new.push(made);
        }
        preview.lines.push(line);
    }
    preview.good = new.len();
    let others: Vec<_> = preview.lines.iter().map(|line| (line.number, &line.busy, line.clash)).collect();
    preview.seal = fingerprint(&format!("{new:?} {others:?}"));
    Ok((preview, new, people))
}

/// What lines are read with.
struct Known<'k> {
    people: &'k People,
    types: &'k [StatusType],
    zones: &'k HashMap<ResidentId, Option<Tz>>,
    zone: Tz,
    now: chrono::NaiveDateTime,
}

impl Known<'_> {
    fn line(&self, row: &Raw) -> (Line, Option<(Details, Slot)>) {
        let mut faults = row.faults.clone();
        let made = self.details(row, &mut faults);
        let slot = self.slot(row, made.as_ref().and_then(|made| made.resident), &mut faults);
        let new = made.zip(slot).filter(|_| faults.is_empty());
        let words = new.as_ref().map_or_else(
            || row.shown(),
            |(details, slot)| {
                let what = in_words(details, self.people);
                format!("{} on {}", what.trim_start_matches("an appointment of "), when(slot))
            },
        );
        (Line { number: row.number, words, faults, busy: Vec::new(), clash: None }, new)
    }

    fn details(&self, row: &Raw, faults: &mut Vec<String>) -> Option<Details> {
        let kind = match fold(row.cell(Column::Kind)).as_str() {
            "" | "service" => Some(Kind::Service),
            "nonservice" => Some(Kind::NonService),
            "nonpayroll" => Some(Kind::NonPayroll),
            _ => {
                faults.push("The kind is service, non-service or non-payroll".to_owned());
                None
            }
        };
        let client = kept(client(row, self.people), faults);
        let staff = match row.cell(Column::Staff) {
            "" => Some(None),
            typed => kept(said(self.people.therapist(typed).map(|one| Some(one.id))), faults),
        };
        let missing = client == Some(None);
        if kind == Some(Kind::Service) && missing {
            faults.push("A service needs a client: say first and last name".to_owned());
        }
        if staff == Some(None) && (kind == Some(Kind::Service) || missing) {
            faults.push("Say the staff member, by email address or name".to_owned());
        }
        let place = self.place(row, client.flatten(), faults);
        let directness = match fold(row.cell(Column::Directness)).as_str() {
            "" | "notsaid" => Some(Directness::NotSaid),
            "direct" => Some(Directness::Direct),
            "indirect" => Some(Directness::Indirect),
            _ => {
                faults.push("Say direct or indirect, or leave it empty".to_owned());
                None
            }
        };
        let status = self.status(row.cell(Column::Status), faults);
        let service = short("service", one_line(row.cell(Column::Service)), LONGEST_SERVICE);
        let service = kept(named("Service", service), faults);
        let details = short("details", paragraphs(row.cell(Column::Details)), LONGEST_TEXT);
        let details = kept(named("Details", details), faults);
        Some(Details {
            kind: kind?,
            resident: client?.map(|client| client.id),
            staff: staff?,
            place: place?,
            service: service?,
            directness: directness?,
            status: status?,
            details: details?,
        })
    }

    fn place(&self, row: &Raw, client: Option<&Client>, faults: &mut Vec<String>) -> Option<PlaceId> {
        match (row.cell(Column::Agency), client) {
            ("", Some(client)) => {
                let own = self.people.agency_numbered(client.home).map(|agency| agency.id);
                if own.is_none() {
                    faults.push("The client's own agency is not one of yours. Say the agency".to_owned());
                }
                own
            }
            ("", None) => {
                faults.push("Say the agency".to_owned());
                None
            }
            (typed, _) => kept(said(self.people.agency(typed).map(|agency| agency.id)), faults),
        }
    }

    fn status(&self, typed: &str, faults: &mut Vec<String>) -> Option<StatusTypeId> {
        let offered = |one: &&StatusType| one.retired_at.is_none() && !one.flags.cancellation;
        let folded = fold(typed);
        let fits = |one: &&StatusType| folded.is_empty() || fold(&one.name) == folded;
        let found = self.types.iter().filter(offered).find(fits);
        if found.is_none() {
            let names: Vec<&str> = self.types.iter().filter(offered).map(|one| one.name.as_str()).collect();
            faults.push(format!("The status is one of: {}", names.join(", ")));
        }
        found.map(|one| one.id)
    }

    fn slot(&self, row: &Raw, client: Option<ResidentId>, faults: &mut Vec<String>) -> Option<Slot> {
        let day = kept(said(times::near_day("day", row.cell(Column::Date), self.now)), faults);
        let zone = match row.cell(Column::TimeZone) {
            "" => Some(self.zone),
            word if fold(word) == "client" => {
                let own = client.and_then(|client| self.zones.get(&client).copied().flatten());
                if own.is_none() {
                    faults.push("The client's time zone is not known. Leave the cell empty".to_owned());
                }
                own
            }
            name => {
                let named = name.parse().ok();
                if named.is_none() {
                    faults.push("The time zone is a name such as Europe/London, or empty".to_owned());
                }
                named
            }
        };
        let (start, start_which) = sheet::time_and_which(row.cell(Column::Start));
        let (end, end_which) = sheet::time_and_which(row.cell(Column::End));
        let clock = Clock::read((&start, &end), (start_which, end_which), zone.unwrap_or(self.zone));
        let clock = kept(said(clock), faults);
        zone?;
        kept(said(clock?.on(day?)), faults)
    }
}

/// The client of a line; `None` where it names nobody.
fn client<'p>(row: &Raw, people: &'p People) -> Result<Option<&'p Client>, String> {
    let name = format!("{} {}", row.cell(Column::FirstName), row.cell(Column::LastName));
    let born = row.cell(Column::Born);
    if name.trim().is_empty() {
        return if born.is_empty() { Ok(None) } else { Err("The client's name is missing".to_owned()) };
    }
    let born = match born {
        "" => None,
        typed => {
            let read = times::day(typed);
            Some(read.ok_or("The date of birth is no date, such as 14/05/2015")?)
        }
    };
    people.client_called(&name, born).map(Some)
}

/// A fault's words.
fn said<T>(read: Result<T, Refusal>) -> Result<T, String> {
    read.map_err(|refusal| refusal.to_string())
}

fn named<T>(column: &str, read: Result<T, Refusal>) -> Result<T, String> {
    read.map_err(|refusal| format!("{column}: {refusal}"))
}

fn kept<T>(read: Result<T, String>, faults: &mut Vec<String>) -> Option<T> {
    read.map_err(|words| faults.push(words)).ok()
}

type Reading = [(Line, Option<(Details, Slot)>)];

/// Who of these lines is busy then; a line whose appointment is here already has a fault.
fn beside_others(reading: &mut Reading, busy: &[Busy], scope: &Scope<ManageAppointments>) {
    let mut of_staff: HashMap<StaffMemberId, Vec<&Busy>> = HashMap::new();
    let mut of_clients: HashMap<ResidentId, Vec<&Busy>> = HashMap::new();
    for other in busy {
        if let Some(staff) = other.staff {
            of_staff.entry(staff).or_default().push(other);
        }
        if let Some(client) = other.resident {
            of_clients.entry(client).or_default().push(other);
        }
    }
    for (line, new) in reading {
        let Some((details, slot)) = new else { continue };
        let same = |other: &&Busy| {
            other.resident == details.resident
                && other.staff == details.staff
                && (other.starts_at, other.ends_at) == (slot.starts_at, slot.ends_at)
        };
        let by_staff = details.staff.and_then(|staff| of_staff.get(&staff)).map_or(&[][..], Vec::as_slice);
        let by_client =
            details.resident.and_then(|client| of_clients.get(&client)).map_or(&[][..], Vec::as_slice);
        if by_staff.iter().chain(by_client).copied().any(|other| same(&other)) {
            line.faults.push("This appointment is here already".to_owned());
            continue;
        }
        let meets = |other: &&&Busy| slot.overlaps(other.starts_at, other.ends_at);
        for other in by_staff.iter().filter(meets) {
            line.busy.push(overlaps::overlap(other, overlaps::By::Staff, scope.places()));
        }
        for other in by_client.iter().filter(meets) {
            if !line.busy.iter().any(|one| one.other == other.id) {
                line.busy.push(overlaps::overlap(other, overlaps::By::Client, scope.places()));
            }
        }
    }
}

/// Which earlier line has somebody of a line at its time; a line that says the same as an earlier one has a fault.
fn among_themselves(reading: &mut Reading) {
    let mut of_people: HashMap<(bool, i64), Vec<usize>> = HashMap::new();
    for (at, (line, new)) in reading.iter().enumerate() {
        let Some((details, _)) = new.as_ref().filter(|_| line.faults.is_empty()) else { continue };
        let people = [details.resident.map(|id| (true, id.0)), details.staff.map(|id| (false, id.0))];
        for person in people.into_iter().flatten() {
            of_people.entry(person).or_default().push(at);
        }
    }
    let mut clashes: HashMap<usize, (usize, bool)> = HashMap::new();
    for lines in of_people.values_mut() {
        let slot = |at: usize| reading.get(at).and_then(|(_, new)| new.as_ref());
        lines.sort_by_key(|at| (slot(*at).map(|(_, slot)| slot.starts_at), *at));
        let mut last: Option<usize> = None;
        for at in lines.iter().copied() {
            let (Some((details, own)), Some(before)) = (slot(at), last) else {
                last = Some(at);
                continue;
            };
            let Some((other, earlier)) = slot(before) else { continue };
            if own.overlaps(earlier.starts_at, earlier.ends_at) {
                let (later, of) = (at.max(before), at.min(before));
                let same =
                    details.resident == other.resident && details.staff == other.staff && own == earlier;
                let entry = clashes.entry(later).or_insert((of, false));
                entry.1 |= same;
            }
            if own.ends_at > earlier.ends_at {
                last = Some(at);
            }
        }
    }
    let numbers: Vec<usize> = reading.iter().map(|(line, _)| line.number).collect();
    for (later, (of, same)) in clashes {
        let number = numbers.get(of).copied();
        if let Some((line, _)) = reading.get_mut(later) {
            match (same, number) {
                (true, Some(number)) => line.faults.push(format!("Line {number} says the same")),
                (_, number) => line.clash = number,
            }
        }
    }
}
