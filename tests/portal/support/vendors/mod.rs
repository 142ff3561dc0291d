//! A care record system for a test: as plain records without any network ([`Feed`]), as the Nourish simulator on a
//! loopback port ([`Nourish`]), or as any vendor's ([`played`]); all with an organisation that is connected to it.

#![cfg(test)]

mod feed;
mod people;
pub mod played;
mod simulated;

use std::collections::BTreeMap;
use std::ops::Deref;

use diesel::prelude::*;
use kinbridge::connectors::{PersonRecord, ServiceRecord, Snapshot, StaffRecord, Vendor};
use kinbridge::db::Conn;
use kinbridge::domain::access::{
    EditResidents, EditStaff, ManageIntegrations, RunSyncs, Scope, ViewIntegrations,
};
use kinbridge::domain::connections::{self, Agreed, Availability, SyncMode};
use kinbridge::domain::pairing::{self, matching::Kind};
use kinbridge::domain::residents::{self, ResidentFacts};
use kinbridge::domain::staff::{self, StaffDetails};
use kinbridge::domain::sync::plan::Counts;
use kinbridge::domain::sync::{self, Change, Problem, Run, Wanted};
use kinbridge::kit::ids::{ConnectionId, OrganisationId, PlaceId, ResidentId, RunId};

use super::TestApp;

pub use feed::Feed;
pub use people::{client, nhs, people, person, worker};
pub use simulated::{Nourish, patient, quick};

/// Whether every record of the answer was counted once.
pub fn add_up(counts: Counts) -> bool {
    let parts = [
        counts.paired,
        counts.created,
        counts.changed,
        counts.returned,
        counts.unchanged,
        counts.to_check,
        counts.out_of_scope,
        counts.failed,
    ];
    counts.total == parts.iter().sum::<usize>()
}

/// Why a resident is not paired, or empty.
pub fn why(at: &Connected, resident: ResidentId) -> String {
    let filter = pairing::Filter { limit: 100, ..pairing::Filter::default() };
    let today = at.clock.now().date();
    let scope = at.scope::<ViewIntegrations>();
    let unpaired =
        at.read(|conn| pairing::unpaired(conn, &scope, at.connection, Kind::People, &filter, today));
    unpaired.into_iter().find(|one| one.local == resident.0).map(|one| one.why).unwrap_or_default()
}

/// What a form would hold of the person whom a record is about.
pub fn facts_of(record: &PersonRecord, home: PlaceId) -> ResidentFacts {
    ResidentFacts {
        home,
        zone: None,
        room: record.room.clone().unwrap_or_default(),
        first_name: record.first_name.clone(),
        last_name: record.last_name.clone(),
        preferred_name: String::new(),
        date_of_birth: record.date_of_birth,
        nhs_number: record.nhs_number.clone().unwrap_or_default(),
        resident_type: record.resident_type.clone().unwrap_or_default(),
        care_status: record.status.clone().unwrap_or_default(),
    }
}

/// Adds the member of staff whom a record is about.
pub fn staff_member(at: &Connected, record: &StaffRecord) {
    let details = StaffDetails {
        home: None,
        first_name: record.first_name.clone(),
        last_name: record.last_name.clone(),
        email: record.email.clone().unwrap_or_default(),
        job_title: String::new(),
    };
    at.write(|tx| staff::add(tx, &at.scope::<EditStaff>(), &details));
}

/// An organisation whose connection is on.
pub struct Connected {
    pub app: TestApp,
    pub organisation: OrganisationId,
    pub connection: ConnectionId,
}

impl Deref for Connected {
    type Target = TestApp;

    fn deref(&self) -> &TestApp {
        &self.app
    }
}

impl Connected {
    pub fn scope<R: kinbridge::domain::access::Right>(&self) -> Scope<R> {
        Scope::for_the_portal(self.organisation)
    }

    /// Lets the vendor name a service, as reading its services does.
    pub fn note_service(&self, id: &str, name: &str) {
        let row =
            format!("{}, '{id}', '{name}', '{name}', TRUE, '[]', '2026-11-22 10:00:00'", self.connection);
        let columns = "connection_id, external_id, name, name_folded, active, locations, seen_at";
        self.write(|tx| {
            super::insert(tx, "vendor_services", columns, &row);
            Ok(())
        });
    }

    pub fn set_mode(&self, mode: SyncMode) {
        self.write(|tx| {
            connections::set_mode(tx, &self.scope::<ManageIntegrations>(), self.connection, mode)
        });
    }

    pub fn card(&self) -> connections::Connection {
        self.read(|conn| connections::get(conn, &self.scope::<ViewIntegrations>(), self.connection))
    }

    pub fn ask(&self, wanted: Wanted, is_preview: bool) -> RunId {
        self.write(|tx| sync::request(tx, &self.scope::<RunSyncs>(), self.connection, wanted, is_preview))
            .run()
    }

    pub fn run(&self, run: RunId) -> Run {
        self.read(|conn| Ok(sync::get(conn, &self.scope::<ViewIntegrations>(), run)?))
    }

    pub fn runs(&self) -> Vec<Run> {
        self.read(|conn| {
            Ok(sync::list(conn, &self.scope::<ViewIntegrations>(), self.connection, None, 1000)?)
        })
    }

    /// The newest run.
    pub fn last_run(&self) -> Run {
        self.runs().remove(0)
    }

    pub fn changes(&self, run: &Run, kind: &str) -> Vec<Change> {
        self.read(|conn| Ok(sync::changes(conn, run, kind, 0, 100_000)?))
    }

    pub fn problems(&self, run: &Run) -> Vec<Problem> {
        self.read(|conn| Ok(sync::problems(conn, run, 100_000)?))
    }

    /// A home of the organisation to put people in.
    pub fn home(&self) -> PlaceId {
        if self.organisation == self.cast.willow { self.cast.willow_house } else { self.cast.elm_lodge }
    }

    /// Adds the resident whom a record is about.
    pub fn resident(&self, record: &PersonRecord) -> ResidentId {
        self.resident_in(record, self.home())
    }

    pub fn resident_in(&self, record: &PersonRecord, home: PlaceId) -> ResidentId {
        let facts = facts_of(record, home);
        self.write(|tx| residents::add(tx, &self.scope::<EditResidents>(), &facts))
    }

    pub fn resident_now(&self, id: ResidentId) -> residents::Resident {
        self.read(|conn| residents::get(conn, &self.scope::<EditResidents>(), id))
    }

    /// The resident with a record of this identifier.
    pub fn paired(&self, external_id: &str) -> Option<ResidentId> {
        let found = self.number(&format!(
            "SELECT COALESCE(MAX(p.local_id), 0) FROM pairings p JOIN external_records e ON e.id = \
             p.external_record_id WHERE e.external_id = '{external_id}' AND p.ended_at IS NULL AND p.kind = 'resident'"
        ));
        (found != 0).then_some(ResidentId(found))
    }

    pub fn count(&self, table: &str) -> i64 {
        self.number(&format!("SELECT COUNT(*) FROM {table}"))
    }

    pub fn events(&self, verb: &str) -> i64 {
        self.number(&format!("SELECT COUNT(*) FROM audit_events WHERE verb = '{verb}'"))
    }

    /// Everything that a sync may change in a person's life, row by row.
    pub fn lives(&self) -> BTreeMap<String, Vec<String>> {
        self.dump(&["residents", "pairings", "external_records", "refusals", "staff_members", "places"])
    }

    /// Every row of every table but what a preview and a failed run may write.
    pub fn everything(&self) -> BTreeMap<String, Vec<String>> {
        let written = [
            "sync_runs",
            "run_changes",
            "run_problems",
            "run_snapshots",
            "audit_events",
            "audit_heads",
            "letters",
            "sessions",
            "connections",
            "connection_tokens",
            "vendor_services",
            "vendor_messages",
        ];
        let all = self.read(|conn| Ok(tables(conn)?));
        let names: Vec<&str> =
            all.iter().map(String::as_str).filter(|name| !written.contains(name)).collect();
        assert!(names.len() > 10, "{names:?}");
        self.dump(&names)
    }

    pub fn dump(&self, tables: &[&str]) -> BTreeMap<String, Vec<String>> {
        self.read(|conn| {
            Ok(tables.iter().map(|table| ((*table).to_owned(), lines(conn, table).unwrap())).collect())
        })
    }
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = diesel::sql_types::Text)]
    line: String,
}

fn texts(conn: &mut Conn, query: &str) -> QueryResult<Vec<String>> {
    Ok(diesel::sql_query(query).load::<Line>(conn)?.into_iter().map(|row| row.line).collect())
}

fn tables(conn: &mut Conn) -> QueryResult<Vec<String>> {
    let query = match conn {
        Conn::Sqlite(_) => {
            "SELECT name AS line FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
        }
        Conn::Postgres(_) => "SELECT tablename::text AS line FROM pg_tables WHERE schemaname = 'public'",
    };
    texts(conn, query)
}

fn lines(conn: &mut Conn, table: &str) -> QueryResult<Vec<String>> {
    let columns = match conn {
        Conn::Sqlite(_) => format!("SELECT name AS line FROM pragma_table_info('{table}') ORDER BY cid"),
        Conn::Postgres(_) => format!(
            "SELECT column_name::text AS line FROM information_schema.columns WHERE table_name = '{table}' AND \
             table_schema = 'public' ORDER BY ordinal_position"
        ),
    };
    let columns = texts(conn, &columns)?;
    let parts: Vec<String> = columns
        .iter()
        .map(|column| format!("'{column}=' || COALESCE(CAST({column} AS TEXT), '-')"))
        .collect();
    texts(conn, &format!("SELECT {} AS line FROM {table} ORDER BY 1", parts.join(" || ' ' || ")))
}

/// Switches Nourish on and lets it list a service with our token; the connection and the token.
pub fn switch_on(app: &TestApp, organisation: OrganisationId) -> (ConnectionId, String) {
    let scope = Scope::<ManageIntegrations>::for_the_portal(organisation);
    let issued = app
        .write(|tx| {
            connections::switch_on(
                tx,
                &scope,
                &app.services.config.keys,
                Vendor::Nourish,
                Availability::AtOnce,
                app.services.config.vendor_urls.get("nourish").map_or("http://127.0.0.1:1", String::as_str),
                Agreed,
            )
        })
        .expect("it was off");
    let service = ServiceRecord {
        external_id: "s-1".into(),
        name: "Oak Wing".into(),
        active: true,
        token_key: Some(issued.id.to_string()),
        ..ServiceRecord::default()
    };
    let listed = Snapshot { records: vec![service], ..Snapshot::default() };
    let heard = connections::heard(vec![Ok(listed)]).unwrap();
    app.write(|tx| connections::note_services(tx, &scope, issued.connection, &heard, ""));
    (issued.connection, issued.secret.reveal().to_owned())
}
