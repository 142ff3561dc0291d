//! Session notes: taken in, put on their appointments, rendered, and taken off again.

#![cfg(test)]

mod access;
mod bad_input;
mod decisions;
mod retrying;
mod rule;
mod taking;

use chrono::{NaiveDate, NaiveDateTime};
use kinbridge::connectors::{NoteField, NoteRecord, PersonRecord, ServiceRecord, StaffRecord};
use kinbridge::domain::access::{ManageAppointments, ManageOrganisation, PairRecords, ViewAppointments};
use kinbridge::domain::appointments::{
    self, Appointment, Planned, Session, Settings, State, Typed, WhoseTime,
};
use kinbridge::domain::notes::{self, Note, Show, Taken, Wanted};
use kinbridge::kit::ids::{AppointmentId, ConnectionId, ExternalRecordId, RunId};

use crate::support::insert;
use crate::support::therapy::{Therapy, day};

/// One pixel.
pub const PNG: &str = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
/// Another one.
pub const OTHER_PNG: &str = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==";

/// Bright Path with its people at the vendor, all mapped but Tom Ray and Kim Lee, who go by their names.
pub struct World {
    pub at: Therapy,
    pub connection: ConnectionId,
    pub run: RunId,
}

impl World {
    pub async fn start() -> Self {
        let at = Therapy::start().await;
        let connection = at.connect();
        let run = run_of(&at, connection);
        let world = Self { at, connection, run };
        let site = |id: &str, name: &str| ServiceRecord {
            external_id: id.into(),
            name: name.into(),
            active: true,
            ..ServiceRecord::default()
        };
        for (id, name, place) in
            [("si-1", "Oakfield Centre", world.at.oakfield), ("si-2", "Riverside Clinic", world.at.riverside)]
        {
            let record = world.at.record(connection, "site", (id, &name.to_lowercase()), &site(id, name));
            world.at.mapped(connection, ("site", "Auto"), record, place.0);
        }
        let leah = world.student("st-1", ("Leah", "Brown"), day(2015, 5, 14), "si-1");
        world.at.mapped(connection, ("resident", "Auto"), leah, world.at.leah.0);
        world.student("st-2", ("Tom", "Ray"), day(2016, 2, 2), "si-1");
        let dev = world.user("us-1", ("Dev", "Patel"));
        world.at.mapped(connection, ("staff", "Auto"), dev, world.at.dev.0);
        world.user("us-2", ("Kim", "Lee"));
        world
    }

    pub fn student(
        &self,
        id: &str,
        (first, last): (&str, &str),
        born: NaiveDate,
        site: &str,
    ) -> ExternalRecordId {
        let record = PersonRecord {
            external_id: id.into(),
            first_name: first.into(),
            last_name: last.into(),
            date_of_birth: Some(born),
            service_id: Some(site.into()),
            time_zone: Some("Europe/London".into()),
            ..PersonRecord::default()
        };
        let name = format!("{} {}", last.to_lowercase(), first.to_lowercase());
        self.at.record(self.connection, "resident", (id, &name), &record)
    }

    pub fn user(&self, id: &str, (first, last): (&str, &str)) -> ExternalRecordId {
        let record = StaffRecord {
            external_id: id.into(),
            first_name: first.into(),
            last_name: last.into(),
            ..StaffRecord::default()
        };
        let name = format!("{} {}", last.to_lowercase(), first.to_lowercase());
        self.at.record(self.connection, "staff", (id, &name), &record)
    }

    /// Plans a service appointment of a client with a staff member.
    pub fn plan(&self, client: &str, staff: &str, when: (&str, &str, &str)) -> AppointmentId {
        plan(&self.at, (client, staff), when)
    }

    /// Leah's appointment with Dev on 4 November 2026 from 13:00 to 14:00.
    pub fn leahs(&self) -> AppointmentId {
        self.plan("Leah Brown", "Dev Patel", ("2026-11-04", "13:00", "14:00"))
    }

    pub fn take(&self, records: Vec<NoteRecord>) -> Taken {
        let scope = self.at.scope::<PairRecords>();
        self.at.write(|tx| notes::take(tx, &scope, self.connection, self.run, records))
    }

    pub fn appointment(&self, id: AppointmentId) -> Appointment {
        let scope = self.at.scope::<ViewAppointments>();
        self.at.read(|conn| appointments::get(conn, &scope, id))
    }

    pub fn session(&self, id: AppointmentId) -> Option<Session> {
        let scope = self.at.scope::<ViewAppointments>();
        self.at.read(|conn| appointments::session_of(conn, &scope, id))
    }

    pub fn list(&self, show: Show) -> Vec<Note> {
        let (scope, wanted) = (self.at.scope::<PairRecords>(), Wanted { show, ..Wanted::default() });
        self.at.read(|conn| Ok(notes::list(conn, &scope, &wanted, 0, 100)?)).rows
    }

    /// The note with the vendor's identifier.
    pub fn note(&self, external_id: &str) -> Note {
        let all = self.list(Show::All);
        all.into_iter().find(|note| note.external_id == external_id).expect("the note is listed")
    }

    pub fn set(&self, change: impl FnOnce(&mut Settings)) {
        let scope = self.at.scope::<ManageOrganisation>();
        let mut settings = self.at.read(|conn| Ok(appointments::settings(conn, &scope)?));
        change(&mut settings);
        self.at.write(|tx| appointments::change_settings(tx, &scope, &settings));
    }

    pub fn times_of_the_note(&self) {
        self.set(|settings| settings.whose_time = WhoseTime::Note);
    }

    pub fn events(&self, verb: &str) -> i64 {
        self.at.number(&format!("SELECT COUNT(*) AS n FROM audit_events WHERE verb = '{verb}'"))
    }
}

/// Plans a service appointment of a client with a staff member.
pub fn plan(
    at: &Therapy,
    (client, staff): (&str, &str),
    (date, start, end): (&str, &str, &str),
) -> AppointmentId {
    let scope = at.scope::<ManageAppointments>();
    let types = at.read(|conn| Ok(appointments::status_types(conn, &scope)?));
    let status = types.iter().find(|one| !one.flags.cancellation && !one.flags.auto_render).unwrap();
    let typed = Typed {
        kind: "service".into(),
        client: client.into(),
        staff: staff.into(),
        service: "Therapy".into(),
        directness: "direct".into(),
        status: status.id.to_string(),
        day: date.into(),
        start: start.into(),
        end: end.into(),
        ..Typed::default()
    };
    let zone = "Europe/London".parse().unwrap();
    // Overlaps are wished where a test makes some.
    let all: Vec<AppointmentId> = (1..200).map(AppointmentId).collect();
    match at.write(|tx| appointments::plan(tx, &scope, &typed, zone, &all)) {
        Planned::Done(ids) => ids[0],
        Planned::Busy(other) => panic!("{other:?}"),
    }
}

fn run_of(at: &Therapy, connection: ConnectionId) -> RunId {
    let columns = "organisation_id, connection_id, cause, scope, is_preview, state, requested_by_name, \
                   requested_at, epoch, done, total, progress, cancel_asked, counts, plan_hash, failure, repair, \
                   held_because, affected, released_by_name, seconded_by_name, undone_by_name";
    let row = format!(
        "{}, {connection}, 'schedule', 'synchronization', FALSE, 'running', '', '2026-11-22 10:00:00', 1, 0, 0, '', \
         FALSE, '', '', '', '', '', 0, '', '', ''",
        at.org
    );
    RunId(at.app.write(|tx| Ok(insert(tx, "sync_runs", columns, &row))))
}

pub fn field(name: &str, value: &str) -> NoteField {
    NoteField { name: name.into(), value: value.into(), kind: "text".into() }
}

/// Leah's note of her session with Dev on 4 November 2026, signed by both.
pub fn leahs_note(start: &str, end: &str) -> NoteRecord {
    NoteRecord {
        external_id: "sn-1".into(),
        student_id: "st-1".into(),
        user_id: "us-1".into(),
        site_id: Some("si-1".into()),
        status: "Published".into(),
        date: "2026-11-04".into(),
        template: "SOAP".into(),
        fields: vec![
            field("Start Time", start),
            field("End Time", end),
            field("Notes", "Worked on requests."),
            field("Guardian Name", "Rosa Brown"),
            field("Relationship", "Mother"),
            field("Guardian Signature", OTHER_PNG),
            field("Signature", PNG),
            field("Location", "51.50,-0.12"),
        ],
        ..NoteRecord::default()
    }
}

pub fn at(text: &str) -> NaiveDateTime {
    NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap()
}

pub fn is_rendered(appointment: &Appointment) -> bool {
    appointment.state == State::Rendered
}
