//! Session notes under load: `cargo bench --bench notes [-- CASE…]`.
//!
//! *take*: 10,000 notes against 12,000 appointments in a SQLite file, matched and rendered in one transaction, with the
//! same for a quarter and a half of them so that the growth shows; then the same pull again, which changes nothing.
//! *match*: the pure part alone, up to 100,000 notes. *signed*: 10,000 notes that each bring two signatures of their own.
//! Figures are of this machine, at this moment.

#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot start has nothing to say")]
#![expect(clippy::as_conversions, clippy::cast_precision_loss, reason = "figures for people to read")]

use std::collections::HashSet;
use std::path::PathBuf;
use std::time::Instant;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use diesel::RunQueryDsl;
use diesel::prelude::*;
use kinbridge::boot;
use kinbridge::config::Config;
use kinbridge::connectors::{NoteField, NoteRecord};
use kinbridge::db::Tx;
use kinbridge::domain::Refusal;
use kinbridge::domain::access::{ManagePlaces, PairRecords, Platform, Scope};
use kinbridge::domain::notes::matching::{self, Note, Slot, Span, Verdict};
use kinbridge::domain::notes::{self, Taken};
use kinbridge::domain::organisations::{self, NewOrganisation, Typed};
use kinbridge::kit::ids::{
    AppointmentId, ConnectionId, OrganisationId, ResidentId, RunId, SessionNoteId, StaffMemberId,
};
use kinbridge::kit::sealed::KeyRing;
use kinbridge::services::Services;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const NOTES: usize = 10_000;
const APPOINTMENTS: usize = 12_000;
const CLIENTS: usize = 400;
const STAFF: usize = 40;

fn main() {
    let asked: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let wanted = |case: &str| asked.is_empty() || asked.iter().any(|word| case.contains(word.as_str()));
    if wanted("match") {
        pure();
    }
    if wanted("take") {
        let mut each = Vec::new();
        for part in [4, 2, 1] {
            let bench = Bench::start(&format!("take-{part}"), APPOINTMENTS / part);
            let (taken, seconds) = bench.take(&written(NOTES / part, false));
            let count = NOTES / part;
            println!(
                "take: {} of {count} notes mapped, {} rendered, in {seconds:.2} s{}",
                taken.mapped,
                taken.rendered,
                if part == 1 { " (goal 5)" } else { "" }
            );
            each.push(seconds / count as f64);
            if part == 1 {
                let (again, seconds) = bench.take(&written(NOTES, false));
                println!("      again: {} unchanged, in {seconds:.2} s", again.unchanged);
            }
        }
        if let [first, .., last] = each.as_slice() {
            println!(
                "      a note costs {:.2} times as much among four times as many (linear: 1)",
                last / first
            );
        }
    }
    if wanted("signed") {
        let bench = Bench::start("signed", APPOINTMENTS);
        let (taken, seconds) = bench.take(&written(NOTES, true));
        println!("signed: {} rendered, each with pictures of its own, in {seconds:.2} s", taken.rendered);
    }
}

/// The rule alone.
fn pure() {
    let mut each = Vec::new();
    for count in [10_000, 30_000, 100_000] {
        let (notes, slots) = generated(count);
        let before = Instant::now();
        let verdicts = matching::verdicts(&notes, &slots, &HashSet::new(), TimeDelta::minutes(5));
        let seconds = before.elapsed().as_secs_f64();
        let matched = verdicts.iter().filter(|verdict| matches!(verdict, Verdict::Match(_))).count();
        println!("match: {matched} of {count} notes in {:.1} ms", seconds * 1e3);
        each.push(seconds / count as f64);
    }
    if let [first, .., last] = each.as_slice() {
        println!("       a note costs {:.2} times as much among ten times as many (linear: 1)", last / first);
    }
}

/// As many clients as keep their calendars as full as before.
fn generated(count: usize) -> (Vec<Note>, Vec<Slot>) {
    let clients = count / 25;
    let of = |n: usize| {
        let at = when(n, clients);
        let client = ResidentId(number(n % clients));
        let staff = StaffMemberId(number(n % clients % STAFF));
        (client, staff, Span { date: at.date(), starts_at: at, ends_at: at + TimeDelta::minutes(60) })
    };
    let slots = (0..count * 6 / 5).map(|n| {
        let (client, staff, span) = of(n);
        Slot { id: AppointmentId(number(n)), client, staff, span, taken: false }
    });
    let notes = (0..count).map(|n| {
        let (client, staff, mut span) = of(n);
        span.starts_at += TimeDelta::minutes(number(n % 5));
        Note { id: SessionNoteId(number(n)), client, staff, span }
    });
    (notes.collect(), slots.collect())
}

fn number(n: usize) -> i64 {
    i64::try_from(n).unwrap()
}

/// Each client is seen once a day, at one of eight hours.
fn when(n: usize, clients: usize) -> NaiveDateTime {
    let first = NaiveDate::from_ymd_opt(2026, 11, 2).unwrap();
    let hour = u32::try_from(9 + n % clients % 8).unwrap();
    (first + TimeDelta::days(number(n / clients))).and_time(NaiveTime::from_hms_opt(hour, 0, 0).unwrap())
}

struct Bench {
    services: Services,
    organisation: OrganisationId,
    connection: ConnectionId,
    run: RunId,
    folder: PathBuf,
}

impl Drop for Bench {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    n: i64,
}

fn ask(tx: &mut Tx<'_>, query: &str) -> i64 {
    diesel::sql_query(query).get_result::<Number>(tx.conn).unwrap().n
}

/// Rows in batches, as text: the values are our own.
fn insert(tx: &mut Tx<'_>, table: &str, columns: &str, rows: &[String]) {
    for piece in rows.chunks(500) {
        let words = format!("INSERT INTO {table} ({columns}) VALUES ({})", piece.join("), ("));
        diesel::sql_query(words).execute(tx.conn).unwrap();
    }
}

const NOW: &str = "'2026-11-01 09:00:00'";

impl Bench {
    /// A therapy organisation whose students and users are mapped, with its appointments.
    fn start(case: &str, appointments: usize) -> Self {
        let folder = std::env::temp_dir().join(format!("kinbridge-notes-{case}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let keys = KeyRing::parse(KeyRing::new_line().unwrap().reveal()).unwrap();
        let config = Config::for_demo("127.0.0.1:0".parse().unwrap(), folder.clone(), keys);
        let services = boot::services(config).unwrap();
        let made = services.db.write_now(|tx| Ok::<_, Refusal>(seed(tx, appointments)));
        let (organisation, connection, run) = made.unwrap();
        Self { services, organisation, connection, run, folder }
    }

    fn take(&self, notes: &[NoteRecord]) -> (Taken, f64) {
        let scope = Scope::<PairRecords>::for_the_portal(self.organisation);
        let records = notes.to_vec();
        let before = Instant::now();
        let taken =
            self.services.db.write_now(|tx| notes::take(tx, &scope, self.connection, self.run, records));
        (taken.unwrap(), before.elapsed().as_secs_f64())
    }
}

fn written(count: usize, own_pictures: bool) -> Vec<NoteRecord> {
    (0..count).map(|n| note(n, own_pictures)).collect()
}

fn note(n: usize, own_pictures: bool) -> NoteRecord {
    let at = when(n, CLIENTS) + TimeDelta::minutes(number(n % 4));
    let field = |name: &str, value: String| NoteField { name: name.into(), value, kind: "text".into() };
    let picture = |of: usize| {
        // A header of one pixel, and a tail that makes it another picture.
        let tail = if own_pictures { format!("{:08}", n * 2 + of) } else { format!("{of:08}") };
        format!("data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ{tail}")
    };
    NoteRecord {
        external_id: format!("sn-{n}"),
        student_id: format!("st-{}", n % CLIENTS),
        user_id: format!("us-{}", n % CLIENTS % STAFF),
        site_id: Some("si-1".into()),
        status: "Published".into(),
        date: at.date().to_string(),
        fields: vec![
            field("Start Time", at.format("%H:%M").to_string()),
            field("End Time", (at + TimeDelta::minutes(60)).format("%H:%M").to_string()),
            field(
                "Notes",
                format!("Worked on requests and on waiting for a turn; session {n} of this term."),
            ),
            field("Guardian Name", "Rosa Brown".into()),
            field("Relationship", "Mother".into()),
            field("Guardian Signature", picture(0)),
            field("Signature", picture(1)),
            field("Location", "51.50,-0.12".into()),
        ],
        ..NoteRecord::default()
    }
}

fn seed(tx: &mut Tx<'_>, appointments: usize) -> (OrganisationId, ConnectionId, RunId) {
    let typed = Typed {
        name: "Bright Path",
        kind: "company",
        sector: "therapy",
        time_zone: "Europe/London",
        ..Typed::default()
    };
    let new = NewOrganisation::read(&typed).unwrap();
    let org = organisations::create(tx, &Platform::for_the_operator(), &new).unwrap();
    let managing = Scope::<ManagePlaces>::for_the_portal(org);
    let place = organisations::add_home(tx, &managing, "Oakfield Centre").unwrap();
    let columns = "organisation_id, vendor, available, state, sync_mode, multi_service, terms_version, terms_accepted_by, \
                   last_failure, last_repair, failures, alerted_whom, last_complete_residents, last_complete_staff, \
                   matched_with, created_at, asked_by, charge_accepted_by, unheard";
    let row = format!(
        "{org}, 'ensora', TRUE, 'on', 'pair', FALSE, '', '', '', '', 0, '', 0, 0, '', {NOW}, '', '', 0"
    );
    insert(tx, "connections", columns, &[row]);
    let connection = ask(tx, "SELECT MAX(id) AS n FROM connections");
    let columns = "organisation_id, connection_id, cause, scope, is_preview, state, requested_by_name, requested_at, epoch, \
                   done, total, progress, cancel_asked, counts, plan_hash, failure, repair, held_because, affected, \
                   released_by_name, seconded_by_name, undone_by_name";
    let row = format!(
        "{org}, {connection}, 'schedule', 'synchronization', FALSE, 'running', '', {NOW}, 1, 0, 0, '', FALSE, '', '', '', \
         '', '', 0, '', '', ''"
    );
    insert(tx, "sync_runs", columns, &[row]);
    let run = ask(tx, "SELECT MAX(id) AS n FROM sync_runs");
    people(tx, org, place.0, connection);
    let status = ask(
        tx,
        &format!("SELECT MIN(id) AS n FROM status_types WHERE organisation_id = {org} AND NOT cancellation"),
    );
    let (first_client, first_staff) =
        (ask(tx, "SELECT MIN(id) AS n FROM residents"), ask(tx, "SELECT MIN(id) AS n FROM staff_members"));
    let columns = "organisation_id, kind, resident_id, staff_member_id, place_id, service, directness, status_type_id, \
                   local_date, starts_at, ends_at, time_zone, state, details, results_notes, rendered_by_name, invoice, \
                   cancelled_by_name, cancelling, causing, cancelled_because, cancelled_note, version, created_by_name, \
                   created_at, updated_at";
    let rows: Vec<String> = (0..appointments)
        .map(|n| {
            let (at, client) = (when(n, CLIENTS), n % CLIENTS);
            let (client, staff) = (first_client + number(client), first_staff + number(client % STAFF));
            format!(
                "{org}, 'service', {client}, {staff}, {place}, 'Therapy', 'direct', {status}, '{}', '{at}', '{}', \
                 'Europe/London', 'scheduled', '', '', '', '', '', '', '', '', '', 1, '', {NOW}, {NOW}",
                at.date(),
                at + TimeDelta::minutes(60)
            )
        })
        .collect();
    insert(tx, "appointments", columns, &rows);
    (org, ConnectionId(connection), RunId(run))
}

fn people(tx: &mut Tx<'_>, org: OrganisationId, place: i64, connection: i64) {
    let columns = "organisation_id, home_id, room, first_name, last_name, preferred_name, date_of_birth, nhs_number, \
                   resident_type, care_status, state, archived_because, sort_name, search_text, look_alike, version, \
                   created_at, updated_at";
    let born = |n: usize| format!("20{:02}-{:02}-{:02}", 10 + n % 10, 1 + n % 12, 1 + n % 28);
    let rows: Vec<String> = (0..CLIENTS)
        .map(|n| {
            format!(
                "{org}, {place}, '', 'First{n}', 'Last{n}', '', '{}', '', '', '', 'active', '', 'last{n}', 'last{n}', \
                 FALSE, 1, {NOW}, {NOW}",
                born(n)
            )
        })
        .collect();
    insert(tx, "residents", columns, &rows);
    let columns = "organisation_id, home_id, first_name, last_name, email, job_title, state, sort_name, search_text, \
                   look_alike, version, created_at, updated_at, suspended_because, suspended_by_name";
    let rows: Vec<String> = (0..STAFF)
        .map(|n| {
            format!(
                "{org}, {place}, 'Staff{n}', 'Name{n}', 's{n}@bright.example', '', 'active', 'name{n}', 'name{n}', FALSE, \
                 1, {NOW}, {NOW}, '', ''"
            )
        })
        .collect();
    insert(tx, "staff_members", columns, &rows);
    let columns = "connection_id, kind, external_id, content_hash, data, sort_name, missing_runs, left_hash, \
                   first_seen_at, changed_at";
    let record = |kind: &str, id: String, data: String, name: String| {
        format!("{connection}, '{kind}', '{id}', '', '{data}', '{name}', 0, '', {NOW}, {NOW}")
    };
    // Every other one is mapped; the others go by name and date of birth.
    let mut rows: Vec<String> = (0..CLIENTS)
        .map(|n| {
            let data = format!(
                r#"{{"external_id":"st-{n}","first_name":"First{n}","last_name":"Last{n}","date_of_birth":"{}","service_id":"si-1"}}"#,
                born(n)
            );
            record("resident", format!("st-{n}"), data, format!("last{n} first{n}"))
        })
        .collect();
    rows.extend((0..STAFF).map(|n| {
        let data = format!(r#"{{"external_id":"us-{n}","first_name":"Staff{n}","last_name":"Name{n}"}}"#);
        record("staff", format!("us-{n}"), data, format!("name{n} staff{n}"))
    }));
    insert(tx, "external_records", columns, &rows);
    let words = format!(
        "INSERT INTO pairings (connection_id, kind, external_record_id, local_id, origin, rule, evidence, paired_by_name, \
         paired_at, batch, ended_by_name, ended_because, strength, ended_with) \
         SELECT {connection}, 'resident', e.id, r.id, 'Auto', 'bench', '', '', {NOW}, '', '', '', '', '' \
         FROM external_records e JOIN residents r ON e.external_id = 'st-' || SUBSTR(r.first_name, 6) \
         WHERE e.kind = 'resident' AND r.id % 2 = 0"
    );
    diesel::sql_query(words).execute(tx.conn).unwrap();
}
