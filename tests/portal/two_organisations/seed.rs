//! Two organisations of the same shape, in which every text is a canary: `CANARY-ELM-RESIDENT-2`.

#![cfg(test)]

use std::collections::{BTreeMap, HashMap};

use chrono::{NaiveDate, TimeDelta};
use diesel::prelude::*;
use kinbridge::connectors::{PersonRecord, ServiceRecord, SetAside, Snapshot, StaffRecord, Vendor};
use kinbridge::db::Conn;
use kinbridge::domain::access::{
    EditResidents, EditStaff, ManageIntegrations, ManagePeople, ManagePlaces, Platform, RecordActivities,
    Right, Role, RunSyncs, Scope, ViewResidents,
};
use kinbridge::domain::accounts::{self, NewAccount};
use kinbridge::domain::activities::{self, Details, Group, Mark, Recording};
use kinbridge::domain::api_keys::Mode;
use kinbridge::domain::connections::{self, Agreed, Availability, SyncMode};
use kinbridge::domain::letters::{self, Letter, Recipient};
use kinbridge::domain::monitoring::{self, Admitted, Incoming, Kind, Severity};
use kinbridge::domain::organisations;
use kinbridge::domain::pairing::matching::System;
use kinbridge::domain::relatives::{self, NewInvitation, Preset, Source};
use kinbridge::domain::residents::{self, ResidentFacts};
use kinbridge::domain::staff::{self, StaffDetails};
use kinbridge::domain::sync::{self, List, Staged, Wanted};
use kinbridge::domain::webhooks;
use kinbridge::kit::email_address::EmailAddress;
use kinbridge::kit::ids::{ConnectionId, LetterId, OrganisationId, PlaceId, ResidentId};
use kinbridge::mail::Rendered;

use crate::support::vendors::nhs;
use crate::support::{Person, TestApp, insert};

/// One organisation and a row of each kind in it.
pub struct Org {
    /// `WILLOW` or `ELM`.
    pub name: &'static str,
    pub id: OrganisationId,
    pub home: PlaceId,
    /// The zone that its staff member is assigned to.
    pub zone: PlaceId,
    /// In `zone`, and in another.
    pub resident: ResidentId,
    pub hidden: ResidentId,
    pub connection: ConnectionId,
    /// The number in an address, by the name that the route table gives it.
    pub numbers: BTreeMap<&'static str, i64>,
}

/// Both, and the portal that they are in: Mary's Willow, and Ruth's Elm.
pub async fn two() -> (TestApp, Org, Org) {
    let app = TestApp::start_with(|config| {
        config.vendors_available = vec!["nourish".into()];
        // Nobody listens there.
        config.vendor_urls.insert("nourish".into(), "http://127.0.0.1:1".into());
        config.allowed_vendor_origins.push("http://127.0.0.1:1".into());
        config.vendor_secrets.insert("nourish".into(), kinbridge::kit::secret::Secret::new("partner-0001"));
    })
    .await;
    let (willow, elm) = (app.cast.willow, app.cast.elm);
    let mary = app.cast.super_manager.clone();
    let ruth = app.cast.stranger.clone();
    let elm = org(&app, "ELM", elm, &ruth, 500);
    let willow = org(&app, "WILLOW", willow, &mary, 0);
    (app, willow, elm)
}

fn scope<R: Right>(id: OrganisationId) -> Scope<R> {
    Scope::for_the_portal(id)
}

#[expect(clippy::too_many_lines, reason = "one of everything that an organisation can have")]
fn org(app: &TestApp, name: &'static str, id: OrganisationId, manager: &Person, at: u32) -> Org {
    let canary = |row: &str| format!("CANARY-{name}-{row}");
    let managing = scope::<ManagePlaces>(id);
    let (home, zone, other) = app.write(|tx| {
        let home = organisations::add_home(tx, &managing, &canary("HOME"))?;
        let zone = organisations::add_zone(tx, &managing, home, &canary("ZONE"))?;
        Ok((home, zone, organisations::add_zone(tx, &managing, home, &canary("HIDDENZONE"))?))
    });
    let add = |zone, row: &str, n| add_resident(app, id, home, zone, &canary(row), n);
    let resident = add(zone, "RESIDENT-SEEN", at + 1);
    let hidden = add(other, "RESIDENT-HIDDEN-1", at + 2);
    let archived = add(other, "RESIDENT-HIDDEN-2", at + 3);
    let view = Scope::<ViewResidents>::for_the_portal(id);
    app.write(|tx| {
        residents::archive(tx, &scope::<EditResidents>(id), archived, 1, &canary("RESIDENT-HIDDEN-WHY"))?;
        residents::opened(tx, &view, hidden)
    });
    let details = StaffDetails {
        home: Some(home),
        first_name: canary("STAFF"),
        last_name: canary("STAFF-LAST"),
        email: format!("{}@example.org", canary("STAFF").to_lowercase()),
        job_title: canary("JOB"),
    };
    let member = app.write(|tx| staff::add(tx, &scope::<EditStaff>(id), &details));
    let membership = app.write(|tx| {
        let new = NewAccount {
            email: EmailAddress::parse(&format!("canary-{name}@example.org")).unwrap(),
            name: canary("MEMBER"),
        };
        let invited = accounts::add_member(tx, &scope::<ManagePeople>(id), &new, Role::Staff)?;
        accounts::assign_places(tx, &scope(id), invited.membership.unwrap(), &[zone])?;
        diesel::sql_query(format!("UPDATE organisations SET name = '{}' WHERE id = {id}", canary("NAME")))
            .execute(tx.conn)?;
        Ok(invited.membership.unwrap())
    });
    let (relative, invitation) = family(app, id, resident, &canary);
    let (connection, token) = connect(app, id, &canary("HIDDENZONE"));
    let run = synced(app, id, connection, &canary, at);
    app.new_session(manager);
    let newest = |query: &str| app.number(query);
    let of = format!("connection_id = {connection}");
    let record = newest(&format!("SELECT MAX(id) FROM external_records WHERE {of} AND kind = 'resident'"));
    app.write(|tx| {
        let who = canary("BY");
        insert(
            tx,
            "refusals",
            "connection_id, kind, external_record_id, local_id, because, made_by_name, made_at",
            &format!(
                "{connection}, 'resident', {record}, {resident}, '{who}', '{who}', '2026-11-20 01:00:00'"
            ),
        );
        Ok(())
    });
    let (activity, part, entry) = activity(app, id, &canary, [resident, hidden]);
    let (appointment, status, image) = appointment(app, id, home, resident, &canary);
    let (endpoint, delivery) = webhook(app, id, &canary);
    let session = newest(&format!("SELECT MAX(id) FROM sessions WHERE account_id = {}", manager.account));
    let mut numbers = BTreeMap::from([
        ("org", id.0),
        ("resident", resident.0),
        ("place", home.0),
        ("alias", app.write(|tx| organisations::add_alias(tx, &managing, home, &canary("ALIAS"))).0),
        ("member", member.0),
        ("membership", membership.0),
        ("token", token),
        ("run", run),
        ("draft", crate::sync_drafts::held_back(app, (id.0, connection.0, run), resident.0, &canary)),
        ("local", resident.0),
        ("record", record),
        ("pairing", newest(&format!("SELECT MAX(id) FROM pairings WHERE {of}"))),
        ("session", session),
        ("passkey", passkey(app, manager.account, &canary("PASSKEY"))),
        ("relative", relative),
        ("invitation", invitation),
        ("device", shared_device(app, id, home, &canary)),
        ("letter", refused_letter(app, id, name, &canary).0),
        ("note", session_note(app, id, connection, &canary)),
        ("signature", 0),
        // Of another sector: nothing has this number.
        ("key", 0),
        // Neither organisation is of community health, where these pages are.
        ("practitioner", 0),
        ("shift", 0),
        ("held", 0),
        ("patient", 0),
        ("visit", 0),
        ("plan", 0),
        ("batch", 0),
        ("series", 0),
        ("step", 0),
        ("photo", 0),
        ("document", 0),
        ("monitor", monitor(app, id, home, &canary, [resident, hidden])),
        ("endpoint", endpoint),
        ("delivery", delivery),
        ("activity", activity),
        ("appointment", appointment),
        ("status", status),
        ("image", image),
        ("part", part),
        ("entry", entry),
        (
            "approval",
            newest(&format!(
                "SELECT MAX(id) FROM approvals WHERE organisation_id = {id} AND state = 'pending'"
            )),
        ),
        ("event", newest(&format!("SELECT MAX(id) FROM audit_events WHERE organisation_id = {id}"))),
    ]);
    numbers.extend(crate::catalogue::seeded(app, id, &canary));
    Org { name, id, home, zone, resident, hidden, connection, numbers }
}

/// An appointment, its status, and a signature.
fn appointment(
    app: &TestApp,
    id: OrganisationId,
    home: PlaceId,
    resident: ResidentId,
    canary: &dyn Fn(&str) -> String,
) -> (i64, i64, i64) {
    app.write(|tx| {
        let columns =
            "organisation_id, name, name_folded, billable, payroll, cancellation, makeupable, auto_render";
        let name = canary("STATUS");
        let values = format!("{id}, '{name}', '{name}', TRUE, TRUE, FALSE, FALSE, FALSE");
        let status = insert(tx, "status_types", columns, &values);
        let columns = "organisation_id, kind, resident_id, place_id, service, directness, status_type_id, \
                       local_date, starts_at, ends_at, time_zone, state, details, results_notes, \
                       rendered_by_name, invoice, cancelled_by_name, cancelling, causing, cancelled_because, \
                       cancelled_note, version, created_by_name, created_at, updated_at";
        let values = format!(
            "{id}, 'service', {resident}, {home}, '{}', 'direct', {status}, '2026-11-24', \
             '2026-11-24 09:00:00', '2026-11-24 10:00:00', 'Europe/London', 'scheduled', '{}', '{}', '', '', \
             '', '', '', '', '', 1, '{}', '2026-11-20 01:00:00', '2026-11-20 01:00:00'",
            canary("SERVICE"),
            canary("APPOINTMENT"),
            canary("RESULTS"),
            canary("PLANNER"),
        );
        let appointment = insert(tx, "appointments", columns, &values);
        let bytes = match tx.conn {
            Conn::Sqlite(_) => "X'89504E47'",
            Conn::Postgres(_) => "'\\x89504E47'",
        };
        let columns = "organisation_id, hash, media, bytes";
        let image = insert(
            tx,
            "signature_images",
            columns,
            &format!("{id}, '{}', 'image/png', {bytes}", canary("HASH")),
        );
        Ok((appointment, status, image))
    })
}

/// A passkey of somebody, which opens nothing.
fn passkey(app: &TestApp, account: kinbridge::kit::ids::AccountId, name: &str) -> i64 {
    app.write(|tx| {
        let columns = "account_id, name, credential_hash, stored, counter, created_at";
        let values = format!("{account}, '{name}', '{name}', '{{}}', 0, '2026-11-20 01:00:00'");
        Ok(insert(tx, "passkeys", columns, &values))
    })
}

/// A session note that waits.
fn session_note(
    app: &TestApp,
    org: OrganisationId,
    connection: ConnectionId,
    canary: &dyn Fn(&str) -> String,
) -> i64 {
    let who = canary("RESIDENT-HIDDEN-NOTE");
    app.write(|tx| {
        let columns = "connection_id, kind, external_id, content_hash, data, sort_name, missing_runs, left_hash, \
                       first_seen_at, changed_at";
        let at = "'2026-11-20 01:00:00'";
        let row = format!("{connection}, 'note', '{who}', 'hash', '{{}}', '{who}', 0, '', {at}, {at}");
        let record = insert(tx, "external_records", columns, &row);
        let columns = "organisation_id, connection_id, external_record_id, student_external_id, \
                       user_external_id, site_external_id, student_name, user_name, local_date, start_time, \
                       end_time, time_zone, status, is_published, version, state, reason, because, repair, \
                       seen_at, changed_at";
        let row = format!(
            "{org}, {connection}, {record}, '', '', '', '{who}', '{who}', '2026-11-20', '', '', '', 'Published', \
             TRUE, 1, 'waiting', 'no appointment', '{who}', '', {at}, {at}"
        );
        Ok(insert(tx, "session_notes", columns, &row))
    })
}

/// A browser that staff share.
fn shared_device(app: &TestApp, org: OrganisationId, home: PlaceId, canary: &dyn Fn(&str) -> String) -> i64 {
    app.write(|tx| accounts::register_device(tx, &scope(org), home, &canary("DEVICE")));
    app.number("SELECT MAX(id) FROM shared_devices")
}

/// A relative of a resident and somebody who is invited.
fn family(
    app: &TestApp,
    id: OrganisationId,
    resident: ResidentId,
    canary: &dyn Fn(&str) -> String,
) -> (i64, i64) {
    let email = |row: &str| EmailAddress::parse(&format!("{}@example.org", canary(row))).unwrap();
    app.write(|tx| {
        let new = NewAccount { email: email("RELATIVE"), name: canary("RELATIVE") };
        let made = accounts::add_member_by_platform(tx, &operator(), id, &new, Role::Relative)?;
        accounts::relate(tx, operator().by(), resident, made.account, &canary("RELATIONSHIP"))?;
        let new = NewInvitation {
            name: canary("INVITED"),
            email: email("INVITED"),
            relationship: canary("RELATIONSHIP"),
            branch: canary("BRANCH"),
            is_primary: false,
            topics: Preset::Family.topics(),
        };
        relatives::invite(tx, &scope(id), resident, &new, Source::Page, "http://127.0.0.1:8080")
    });
    (app.number("SELECT MAX(id) FROM relatives"), app.number("SELECT MAX(id) FROM invitations"))
}

/// A letter that could be sent again.
fn refused_letter(
    app: &TestApp,
    org: OrganisationId,
    name: &str,
    canary: &dyn Fn(&str) -> String,
) -> LetterId {
    let email = format!("reader-{}@example.org", name.to_lowercase());
    let to = Recipient { name: canary("READER"), email };
    let (subject, text, html) = (canary("LETTER"), canary("LETTER-TEXT"), canary("LETTER-HTML"));
    let letter = Letter::new(Some(org), &to, Rendered { subject, text, html });
    app.write(|tx| {
        let id = letters::send(tx, letter)?.unwrap();
        diesel::sql_query(format!("UPDATE letters SET state = 'refused' WHERE id = {id}"))
            .execute(tx.conn)?;
        Ok(id)
    })
}

/// An activity that is recorded for somebody who is seen and somebody who is not: its row, the part and the entry of
/// who is seen.
fn activity(
    app: &TestApp,
    id: OrganisationId,
    canary: &dyn Fn(&str) -> String,
    people: [ResidentId; 2],
) -> (i64, i64, i64) {
    let scope = scope::<RecordActivities>(id);
    let details = Details {
        name: canary("ACTIVITY"),
        details: canary("ACTIVITY-DETAILS"),
        location: canary("ACTIVITY-LOCATION"),
        starts_at: app.clock.now() - TimeDelta::hours(2),
    };
    let activity = app.write(|tx| {
        let activity = activities::plan(tx, &scope, &details, Group::Nobody)?;
        activities::choose(tx, &scope, activity, 1, &people)?;
        let parts = activities::people(tx.conn, &scope, activity)?;
        let mark = |one: &activities::Person| Mark {
            participation: one.participation.id,
            took_part: one.participation.resident == people[0],
            reason: String::new(),
            rating: Some(4),
            comment: format!("{}-COMMENT", one.first_name),
        };
        let marks = parts.iter().map(mark).collect();
        let recording = Recording { version: 2, completed_by: canary("ACTIVITY-BY"), marks };
        activities::record(tx, &scope, activity, &recording)?;
        Ok(activity)
    });
    let of =
        |table: &str| app.number(&format!("SELECT MAX(id) FROM {table} WHERE resident_id = {}", people[0]));
    (activity.0, of("participations"), of("timeline_entries"))
}

/// A device that sent what happened to somebody who is seen and somebody who is not.
fn monitor(
    app: &TestApp,
    org: OrganisationId,
    home: PlaceId,
    canary: &dyn Fn(&str) -> String,
    people: [ResidentId; 2],
) -> i64 {
    let event = |resident: ResidentId, row: &str| Incoming {
        id: row.into(),
        resident: Some(resident),
        room: String::new(),
        kind: Kind::Sound,
        severity: Severity::Low,
        title: canary(&format!("{row}-NIGHT")),
        details: canary(&format!("{row}-NIGHT-DETAILS")),
        answered_by: canary(&format!("{row}-NIGHT-BY")),
        occurred_at: app.clock.now() - TimeDelta::hours(2),
    };
    app.write(|tx| {
        let (id, key) = monitoring::add_monitor(tx, &scope(org), home, "", &canary("MONITOR"))?;
        let Admitted::Yes(sender) = monitoring::admit(tx, &key)? else { panic!("it was made just now") };
        let [seen, hidden] = people;
        let events = [event(seen, "RESIDENT-SEEN"), event(hidden, "RESIDENT-HIDDEN")];
        monitoring::receive(tx, &sender, &events)?;
        Ok(id.0)
    })
}

/// A program that is told of appointments, and what was sent to it.
fn webhook(app: &TestApp, org: OrganisationId, canary: &dyn Fn(&str) -> String) -> (i64, i64) {
    let kinds = [webhooks::Kind::Created];
    let url = "https://orders.example.org/hook";
    let wanted = webhooks::Wanted::read(&canary("WEBHOOK"), url, &kinds, &[]).unwrap();
    let keys = app.services.config.keys.clone();
    app.write(|tx| {
        let (endpoint, _) = webhooks::add(tx, &scope(org), &keys, Mode::Live, &wanted)?;
        let delivery = webhooks::send_test(tx, &scope(org), endpoint)?;
        Ok((endpoint.0, delivery.0))
    })
}

fn add_resident(
    app: &TestApp,
    org: OrganisationId,
    home: PlaceId,
    zone: PlaceId,
    name: &str,
    n: u32,
) -> ResidentId {
    let facts = ResidentFacts {
        home,
        zone: Some(zone),
        room: format!("{name}-ROOM"),
        first_name: name.into(),
        last_name: format!("{name}-LAST"),
        preferred_name: format!("{name}-KNOWN"),
        date_of_birth: NaiveDate::from_ymd_opt(1931, 5, 7).map(|day| day + TimeDelta::days(i64::from(n))),
        nhs_number: nhs(n),
        resident_type: format!("{name}-TYPE"),
        care_status: format!("{name}-STATUS"),
    };
    app.write(|tx| residents::add(tx, &scope::<EditResidents>(org), &facts))
}

/// Nourish on, with one service under the name of a zone. The connection, and its token's number.
fn connect(app: &TestApp, id: OrganisationId, service: &str) -> (ConnectionId, i64) {
    let (scope, keys) = (scope::<ManageIntegrations>(id), app.services.config.keys.clone());
    let origin = "http://127.0.0.1:1";
    let issued = app
        .write(|tx| {
            connections::switch_on(tx, &scope, &keys, Vendor::Nourish, Availability::AtOnce, origin, Agreed)
        })
        .expect("it was off");
    let record = ServiceRecord {
        external_id: format!("{service}-1"),
        name: service.into(),
        active: true,
        token_key: Some(issued.id.to_string()),
        ..ServiceRecord::default()
    };
    let heard =
        connections::heard(vec![Ok(Snapshot { records: vec![record], ..Snapshot::default() })]).unwrap();
    app.write(|tx| {
        connections::note_services(tx, &scope, issued.connection, &heard, "")?;
        connections::set_mode(tx, &scope, issued.connection, SyncMode::Create)
    });
    (issued.connection, issued.id.0)
}

/// A sync that creates people in the hidden zone, and one that finds faults; the last run.
fn synced(
    app: &TestApp,
    id: OrganisationId,
    connection: ConnectionId,
    canary: &dyn Fn(&str) -> String,
    at: u32,
) -> i64 {
    let service = format!("{}-1", canary("HIDDENZONE"));
    let person = |n: u32| PersonRecord {
        external_id: canary(&format!("RESIDENT-HIDDEN-ID-{n}")),
        first_name: canary(&format!("RESIDENT-HIDDEN-FIRST-{n}")),
        last_name: canary(&format!("RESIDENT-HIDDEN-LAST-{n}")),
        preferred_name: Some(canary("RESIDENT-HIDDEN-KNOWN")),
        date_of_birth: NaiveDate::from_ymd_opt(1925, 1, 1)
            .map(|day| day + TimeDelta::days(i64::from(n) * 50)),
        nhs_number: Some(nhs(at + 10 + n)),
        resident_type: Some("Residential".into()),
        status: Some("Permanent".into()),
        room: Some(canary("RESIDENT-HIDDEN-ROOM")),
        service_id: Some(service.clone()),
        time_zone: Some("Europe/London".into()),
        archived: false,
    };
    let worker = StaffRecord {
        external_id: canary("WORKER-ID"),
        first_name: canary("WORKER"),
        last_name: canary("WORKER-LAST"),
        email: Some(format!("{}@example.org", canary("WORKER").to_lowercase())),
        role: Some(canary("ROLE")),
        service_id: Some(service.clone()),
        ..StaffRecord::default()
    };
    let mut staged = Staged {
        people: Some(List { records: (0..4).map(person).collect(), set_aside: Vec::new() }),
        staff: Some(List { records: vec![worker], set_aside: Vec::new() }),
        services: HashMap::from([(service.clone(), canary("HIDDENZONE"))]),
        ..Staged::default()
    };
    settle(app, id, connection, &staged);
    let people = staged.people.as_mut().unwrap();
    people.records[0].last_name = canary("RESIDENT-HIDDEN-MARRIED");
    people.set_aside.push(SetAside {
        external_id: Some(canary("RESIDENT-HIDDEN-ASIDE")),
        name: Some(canary("RESIDENT-HIDDEN-ASIDE")),
        reason: canary("RESIDENT-HIDDEN-REASON"),
        repair: canary("RESIDENT-HIDDEN-REPAIR"),
    });
    settle(app, id, connection, &staged)
}

fn settle(app: &TestApp, id: OrganisationId, connection: ConnectionId, staged: &Staged) -> i64 {
    let scope = scope::<RunSyncs>(id);
    let run = app.write(|tx| sync::request(tx, &scope, connection, Wanted::Both, false)).run();
    let claim = app.write(sync::claim).expect("a run waits");
    let after = &kinbridge::domain::approvals::after_sync;
    sync::settle_then(&app.services.db, &claim, System::Nourish, (staged, None), "", after).unwrap();
    run.0
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = diesel::sql_types::Text)]
    line: String,
}

fn texts(conn: &mut Conn, query: &str) -> QueryResult<Vec<String>> {
    Ok(diesel::sql_query(query).load::<Line>(conn)?.into_iter().map(|row| row.line).collect())
}

/// Every row of every table, as one line each.
pub fn rows(app: &TestApp) -> Vec<String> {
    app.read(|conn| {
        let tables = match conn {
            Conn::Sqlite(_) => {
                "SELECT name AS line FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
            }
            Conn::Postgres(_) => "SELECT tablename::text AS line FROM pg_tables WHERE schemaname = 'public'",
        };
        let mut all = Vec::new();
        for table in texts(conn, tables)? {
            let query = every_column(conn, &table)?;
            all.extend(texts(conn, &query)?);
        }
        Ok(all)
    })
}

fn every_column(conn: &mut Conn, table: &str) -> QueryResult<String> {
    let columns = match conn {
        Conn::Sqlite(_) => format!("SELECT name AS line FROM pragma_table_info('{table}')"),
        Conn::Postgres(_) => format!(
            "SELECT column_name::text AS line FROM information_schema.columns WHERE table_name = '{table}'"
        ),
    };
    let sqlite = matches!(conn, Conn::Sqlite(_));
    let columns = texts(conn, &columns)?;
    let text = |name: &String| {
        if sqlite {
            // Sealed tokens are bytes.
            format!("CASE typeof({name}) WHEN 'blob' THEN hex({name}) ELSE CAST({name} AS TEXT) END")
        } else {
            format!("CAST({name} AS TEXT)")
        }
    };
    let parts: Vec<String> =
        columns.iter().map(|name| format!("'{name}=' || COALESCE({}, '-')", text(name))).collect();
    Ok(format!("SELECT '{table} ' || {} || ' ' AS line FROM {table} ORDER BY 1", parts.join(" || ' ' || ")))
}

/// The rows of an organisation: those that name it, its connection, its runs or its canaries.
pub fn rows_of(app: &TestApp, org: &Org) -> Vec<String> {
    let mut marks = vec![
        format!("CANARY-{}", org.name),
        format!(" organisation_id={} ", org.id),
        format!(" connection_id={} ", org.connection),
        format!(" run_id={} ", org.numbers["run"]),
        format!(" membership_id={} ", org.numbers["membership"]),
        format!(" place_id={} ", org.zone),
    ];
    marks.push(format!("accounts id={} ", app.cast.stranger.account));
    let used_on_every_page = |line: &String| line.starts_with("sessions ");
    let mut lines = rows(app);
    lines.retain(|line| !used_on_every_page(line) && marks.iter().any(|mark| line.contains(mark.as_str())));
    lines
}

/// The first of these words that a page lets out, in whatever case and with whatever between the letters.
pub fn leaked<'w>(body: &str, words: &[&'w str]) -> Option<&'w str> {
    let plain = |text: &str| -> String {
        text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect()
    };
    let body = plain(body);
    words.iter().find(|word| body.contains(&plain(word))).copied()
}

/// The operator's hand, for what no page does.
pub fn operator() -> Platform {
    Platform::for_the_operator()
}

/// A vendor whose every field is one of these texts: a sync with people and staff, and one that finds faults with
/// some. The runs.
pub fn vendor_sends(app: &TestApp, org: &Org, texts: &[&str]) -> Vec<i64> {
    let text = |n: usize| texts[n % texts.len()].to_owned();
    let service = text(3);
    let people = (0..texts.len()).step_by(6).map(|n| PersonRecord {
        external_id: text(n),
        first_name: text(n + 1),
        last_name: text(n + 2),
        preferred_name: Some(text(n + 3)),
        date_of_birth: None,
        nhs_number: Some(text(n + 4)),
        resident_type: Some(text(n + 5)),
        status: Some(text(n)),
        room: Some(text(n + 1)),
        service_id: Some(service.clone()),
        time_zone: Some(text(n + 2)),
        archived: false,
    });
    let staff = (0..texts.len()).step_by(6).map(|n| StaffRecord {
        external_id: text(n),
        first_name: text(n + 1),
        last_name: text(n + 2),
        email: Some(text(n + 3)),
        role: Some(text(n + 4)),
        service_id: Some(service.clone()),
        ..StaffRecord::default()
    });
    let mut staged = Staged {
        people: Some(List { records: people.collect(), set_aside: Vec::new() }),
        staff: Some(List { records: staff.collect(), set_aside: Vec::new() }),
        services: HashMap::from([(service.clone(), text(4))]),
        ..Staged::default()
    };
    let first = settle(app, org.id, org.connection, &staged);
    let list = staged.people.as_mut().unwrap();
    for (n, record) in list.records.iter_mut().enumerate() {
        record.first_name = text(n + 30);
    }
    list.set_aside.extend((0..texts.len()).map(|n| SetAside {
        external_id: Some(text(n)),
        name: Some(text(n + 1)),
        reason: text(n + 2),
        repair: text(n + 3),
    }));
    vec![first, settle(app, org.id, org.connection, &staged)]
}
