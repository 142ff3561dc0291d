//! The reports of session notes and appointments.

use std::collections::{HashMap, HashSet};

use chrono_tz::Tz;

use super::build::{Links, days, full_name};
use super::local::{Ground, Rows};
use super::store::{self, AppointmentRow, NoteRow};
use super::why;
use super::{At, MOST, Row, Standing, Wanted, too_many};
use crate::db::Conn;
use crate::domain::Refusal;
use crate::domain::access::{Scope, ViewReports};
use crate::domain::appointments::State;
use crate::kit::ids::{AppointmentId, ConnectionId, ExternalRecordId, OrganisationId};

/// How a session note stands in `kind` columns.
const NOTE: &str = "note";

/// The state of a note that the vendor has taken back.
const WITHDRAWN: &str = "withdrawn";

fn note_links(conn: &mut Conn, connection: Option<ConnectionId>) -> Result<Links, Refusal> {
    let Some(connection) = connection else { return Ok(Links::default()) };
    Ok(Links::of(store::links(conn, connection, NOTE)?))
}

fn notes_of(
    conn: &mut Conn,
    connection: Option<ConnectionId>,
    wanted: &Wanted,
) -> Result<Vec<NoteRow>, Refusal> {
    let Some(connection) = connection else { return Ok(Vec::new()) };
    let notes = store::notes(conn, connection, wanted)?;
    if notes.len() > MOST { Err(too_many()) } else { Ok(notes) }
}

/// Every session note of these days.
pub fn notes(conn: &mut Conn, scope: &Scope<ViewReports>, wanted: &Wanted, at: At) -> Result<Rows, Refusal> {
    let ground = Ground::read(conn, scope)?;
    let links = note_links(conn, ground.connection)?;
    let notes = notes_of(conn, ground.connection, wanted)?;
    let ids: Vec<AppointmentId> =
        notes.iter().filter_map(|note| links.local(note.record.0)).map(AppointmentId).collect();
    let found = store::appointments_by_id(conn, scope.organisation(), &ids)?;
    let appointments: HashMap<i64, AppointmentRow> = found.into_iter().map(|one| (one.id.0, one)).collect();
    let names = Names::read(conn, scope.organisation())?;
    let rows = notes.into_iter().map(|note| {
        let appointment = links.local(note.record.0).and_then(|id| appointments.get(&id));
        let mut row = of_note(note, &links, &ground, at);
        if let Some(appointment) = appointment {
            row.ours = Some(appointment.id.0);
            row.name_here = names.of(appointment);
            row.rendered = Some(appointment.state == State::Rendered);
            if appointment.state == State::Rendered {
                row.failed.clear();
            }
            row.places = vec![appointment.place_id];
            row.agency = ground.reach.words(&row.places);
        }
        row
    });
    let rows = rows.filter(|row| ground.reach.covers(&row.places)).collect();
    Ok((rows, ground.choices()))
}

/// Every appointment of these days, and every note of them that has no appointment.
pub fn appointments(
    conn: &mut Conn,
    scope: &Scope<ViewReports>,
    wanted: &Wanted,
    at: At,
) -> Result<Rows, Refusal> {
    let ground = Ground::read(conn, scope)?;
    let found = store::appointments(conn, scope.organisation(), wanted)?;
    if found.len() > MOST {
        return Err(too_many());
    }
    let links = note_links(conn, ground.connection)?;
    let records: Vec<ExternalRecordId> =
        found.iter().filter_map(|one| links.record(one.id.0)).map(ExternalRecordId).collect();
    let notes = store::notes_by_record(conn, &records)?;
    let notes: HashMap<i64, NoteRow> = notes.into_iter().map(|note| (note.record.0, note)).collect();
    let names = Names::read(conn, scope.organisation())?;
    let taken: HashSet<i64> = records.iter().map(|record| record.0).collect();
    let mut rows: Vec<Row> = found
        .iter()
        .map(|one| {
            let record = links.record(one.id.0);
            let note = record.and_then(|record| notes.get(&record));
            let mut row = of_appointment(one, note, &links, &names, at);
            row.agency = ground.reach.words(&row.places);
            row
        })
        .collect();
    let alone = notes_of(conn, ground.connection, wanted)?.into_iter();
    let alone = alone.filter(|note| !taken.contains(&note.record.0) && links.local(note.record.0).is_none());
    rows.extend(alone.map(|note| of_note(note, &links, &ground, at)));
    rows.retain(|row| ground.reach.covers(&row.places));
    Ok((rows, ground.choices()))
}

fn of_note(note: NoteRow, links: &Links, ground: &Ground, at: At) -> Row {
    let record = note.record.0;
    let mapping = links.mapping(record);
    let is_mapped = mapping.is_some();
    let places: Vec<_> = ground.site_places.place(&note.site).into_iter().collect();
    Row {
        note: Some(note.id),
        theirs: note.external_id,
        system: "Ensora Data Collection".to_owned(),
        name_there: format!("Session note of {}", note.student_name),
        date: note.date,
        start: note.start,
        end: note.end,
        client: note.student_name,
        staff: note.user_name,
        agency: ground.reach.words(&places),
        places,
        standing: match (is_mapped, note.state.as_str()) {
            (true, _) => Standing::Mapped,
            (false, WITHDRAWN) => Standing::NotNeeded,
            (false, _) => Standing::NotMapped,
        },
        lost_at: (!is_mapped).then(|| links.lost_by_record(record)).flatten(),
        why: if is_mapped { String::new() } else { why::of_note(&note.because) },
        failed: if is_mapped { note.because } else { String::new() },
        repair: note.repair,
        mapping,
        first_seen: note.first_seen_at,
        age: days(note.first_seen_at, at),
        ..Row::default()
    }
}

fn of_appointment(one: &AppointmentRow, note: Option<&NoteRow>, links: &Links, names: &Names, at: At) -> Row {
    let zone: Tz = one.time_zone.parse().unwrap_or(at.zone);
    let clock =
        |moment: chrono::NaiveDateTime| moment.and_utc().with_timezone(&zone).format("%H:%M").to_string();
    let mapping = links.record(one.id.0).and_then(|record| links.mapping(record));
    // What a mapped note says is why its appointment is not rendered.
    let unmet = note.filter(|_| one.state != State::Rendered);
    let (standing, why) = match mapping {
        Some(_) => (Standing::Mapped, String::new()),
        None => why::of_appointment(one.kind, one.state, one.ends_at > at.now),
    };
    Row {
        ours: Some(one.id.0),
        note: note.map(|note| note.id),
        theirs: note.map(|note| note.external_id.clone()).unwrap_or_default(),
        system: "Ensora Data Collection".to_owned(),
        name_here: names.of(one),
        name_there: note.map(|note| format!("Session note of {}", note.student_name)).unwrap_or_default(),
        date: Some(one.local_date),
        start: clock(one.starts_at),
        end: clock(one.ends_at),
        client: names.client(one),
        staff: names.staff(one),
        places: vec![one.place_id],
        standing,
        lost_at: mapping.is_none().then(|| links.lost_by_local(one.id.0)).flatten(),
        mapping,
        why,
        first_seen: one.starts_at,
        age: days(one.starts_at, at),
        rendered: Some(one.state == State::Rendered),
        failed: unmet.map(|note| note.because.clone()).unwrap_or_default(),
        repair: unmet.map(|note| note.repair.clone()).unwrap_or_default(),
        ..Row::default()
    }
}

/// Names of clients and staff by their numbers.
struct Names {
    clients: HashMap<i64, String>,
    staff: HashMap<i64, String>,
}

impl Names {
    fn read(conn: &mut Conn, organisation: OrganisationId) -> Result<Self, Refusal> {
        let clients = store::residents(conn, organisation)?.into_iter();
        let staff = store::staff(conn, organisation)?.into_iter();
        Ok(Self {
            clients: clients.map(|one| (one.id.0, full_name(&one.first_name, &one.last_name))).collect(),
            staff: staff.map(|one| (one.id.0, full_name(&one.first_name, &one.last_name))).collect(),
        })
    }

    fn client(&self, of: &AppointmentRow) -> String {
        of.resident_id.and_then(|id| self.clients.get(&id.0)).cloned().unwrap_or_default()
    }

    fn staff(&self, of: &AppointmentRow) -> String {
        of.staff_member_id.and_then(|id| self.staff.get(&id.0)).cloned().unwrap_or_default()
    }

    /// What an appointment is called in a list.
    fn of(&self, of: &AppointmentRow) -> String {
        let client = self.client(of);
        match (client.is_empty(), of.service.is_empty()) {
            (false, _) => format!("Appointment of {client}"),
            (true, false) => of.service.clone(),
            (true, true) => "Appointment without a client".to_owned(),
        }
    }
}
