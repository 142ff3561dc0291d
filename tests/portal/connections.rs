//! Connections through the domain's verbs: who may, tokens at rest, overlap, services, health, the jobs.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use diesel::RunQueryDsl as _;
use kinbridge::connectors::{Failure, FailureKind, Location, ServiceRecord, Snapshot, Vendor};
use kinbridge::db::Target;
use kinbridge::domain::Refusal;
use kinbridge::domain::access::{ManageIntegrations, Platform, Scope, ViewIntegrations};
use kinbridge::domain::connections::{
    self, Agreed, Allowed, Availability, Connection, Held, Issued, Setback, State, Status, SyncMode,
};
use kinbridge::domain::letters;
use kinbridge::jobs;
use kinbridge::kit::ids::TokenId;
use kinbridge::kit::sealed::KeyRing;
use kinbridge::links;

use crate::nourish::{INTEGRATION_ID, World, population, quick};
use crate::support::{TestApp, insert};

const ORIGIN: &str = "https://api.nourish.example";
const URL: &str = "https://portal.example";

pub fn scope(app: &TestApp) -> Scope<ManageIntegrations> {
    Scope::for_the_portal(app.cast.willow)
}

fn keys(app: &TestApp) -> KeyRing {
    app.services.config.keys.clone()
}

/// Switches Nourish on at Willow House and gives the first token.
pub fn switch_on(app: &TestApp, origin: &str) -> Issued {
    let (scope, keys) = (scope(app), keys(app));
    let issued = app.write(|tx| {
        connections::switch_on(tx, &scope, &keys, Vendor::Nourish, Availability::AtOnce, origin, Agreed)
    });
    issued.expect("it was off")
}

pub fn connection(app: &TestApp) -> Connection {
    let scope = scope(app);
    app.read(|conn| Ok(connections::find(conn, &scope, Vendor::Nourish)?)).expect("there is a connection")
}

fn status(app: &TestApp) -> Status {
    let (scope, now) = (scope(app), app.clock.now());
    app.read(|conn| Ok(connections::card(conn, &scope, Vendor::Nourish, Availability::AtOnce, now)?)).status
}

fn live(app: &TestApp) -> Vec<(TokenId, String)> {
    let (keys, connection, now) = (keys(app), connection(app), app.clock.now());
    let live = app.read(|conn| connections::live_tokens(conn, &keys, &connection, now));
    live.into_iter().map(|token| (token.id, token.secret.reveal().to_owned())).collect()
}

fn service(id: &str, name: &str, token: TokenId) -> ServiceRecord {
    ServiceRecord {
        external_id: id.into(),
        name: name.into(),
        active: true,
        token_key: Some(token.to_string()),
        locations: vec![Location {
            external_id: format!("{id}-1"),
            name: format!("{name} ground floor"),
            on: true,
        }],
    }
}

fn note(app: &TestApp, services: Vec<ServiceRecord>) -> State {
    let (connection, scope) = (connection(app).id, scope(app));
    let heard = connections::heard(vec![Ok(Snapshot { records: services, ..Snapshot::default() })]).unwrap();
    app.write(|tx| connections::note_services(tx, &scope, connection, &heard, URL))
}

fn refuse(app: &TestApp) -> State {
    let (connection, scope) = (connection(app).id, scope(app));
    let refused = Failure::new(Vendor::Nourish, FailureKind::CredentialRefused);
    let heard = connections::heard(vec![Err(refused)]).unwrap();
    app.write(|tx| connections::note_services(tx, &scope, connection, &heard, URL))
}

fn subjects(app: &TestApp) -> Vec<String> {
    let mut all = app.read(|conn| Ok(letters::list(conn, 100)?));
    all.reverse();
    all.into_iter().map(|letter| letter.subject).collect()
}

#[actix_web::test]
async fn another_organisations_connection_and_token_are_not_here() {
    let app = TestApp::start().await;
    let issued = switch_on(&app, ORIGIN);
    let (elm, keys) = (Scope::<ManageIntegrations>::for_the_portal(app.cast.elm), keys(&app));
    let before = app.digest();
    let tried: [Result<(), Refusal>; 6] = [
        app.try_write(|tx| connections::switch_off(tx, &elm, issued.connection)),
        app.try_write(|tx| connections::revoke(tx, &elm, issued.id)),
        app.try_write(|tx| connections::replace(tx, &elm, &keys, issued.id, ORIGIN).map(drop)),
        app.try_write(|tx| connections::show(tx, &elm, &keys, issued.id).map(drop)),
        app.try_write(|tx| connections::add_token(tx, &elm, &keys, issued.connection, ORIGIN, "X").map(drop)),
        app.try_write(|tx| connections::set_mode(tx, &elm, issued.connection, SyncMode::Create)),
    ];
    for refused in tried {
        assert!(matches!(refused, Err(Refusal::NotHere)), "{refused:?}");
    }
    assert_eq!(app.digest(), before);
}

#[actix_web::test]
async fn a_vendor_that_is_not_available_cannot_be_switched_on() {
    let app = TestApp::start().await;
    let (scope, keys) = (scope(&app), keys(&app));
    let on = |by_default| {
        app.try_write(|tx| {
            connections::switch_on(tx, &scope, &keys, Vendor::Nourish, by_default, ORIGIN, Agreed)
        })
    };
    let refused = on(Availability::OnceEnabled).unwrap_err();
    assert!(refused.to_string().contains("Ask your representative"), "{refused}");
    let rep = Platform::for_the_operator();
    let willow = app.cast.willow;
    let allow = |reason: &str, available| {
        let allowed = Allowed { available, multi_service: false, reason: reason.into() };
        app.try_write(|tx| {
            let by_default = Availability::OnceEnabled;
            connections::set_availability(tx, &rep, willow, Vendor::Nourish, by_default, &allowed)
        })
    };
    assert!(matches!(allow("  ", true), Err(Refusal::Invalid { field: "reason", .. })));
    allow("asked by telephone", true).unwrap();
    assert!(on(Availability::OnceEnabled).unwrap().is_some());
    // A connection rests while it is not available, and keeps its token.
    allow("not paid", false).unwrap();
    assert_eq!(status(&app), Status::NotAvailable);
    assert_eq!(live(&app).len(), 1);
    allow("paid", true).unwrap();
    assert_eq!(status(&app), Status::Waiting);
}

#[actix_web::test]
async fn a_second_click_makes_no_second_token() {
    let app = TestApp::start().await;
    switch_on(&app, ORIGIN);
    let (scope, keys) = (scope(&app), keys(&app));
    let again = app.write(|tx| {
        connections::switch_on(tx, &scope, &keys, Vendor::Nourish, Availability::AtOnce, ORIGIN, Agreed)
    });
    assert!(again.is_none());
    assert_eq!(live(&app).len(), 1);
}

#[actix_web::test]
async fn a_token_is_a_random_uuid_and_nowhere_in_the_database_file() {
    let app = TestApp::start().await;
    let token = switch_on(&app, ORIGIN).secret;
    let other = {
        let (scope, keys, id) = (scope(&app), keys(&app), connection(&app).id);
        app.write(|tx| connections::add_token(tx, &scope, &keys, id, ORIGIN, "Oak Court")).secret
    };
    assert_ne!(token.reveal(), other.reveal());
    assert_eq!(token.reveal().len(), 36);
    assert_eq!(token.reveal().chars().nth(14), Some('4'), "version 4");
    if let Target::Sqlite(path) = app.services.db.target() {
        for end in ["", "-wal", "-shm"] {
            let mut file = path.clone().into_os_string();
            file.push(end);
            let bytes = std::fs::read(file).unwrap_or_default();
            for secret in [token.reveal(), other.reveal()] {
                assert!(!bytes.windows(36).any(|part| part == secret.as_bytes()), "in the file{end}");
            }
        }
        let held = std::fs::read(path).unwrap();
        assert!(held.windows(17).any(|part| part == b"connection_tokens"), "the right file was searched");
    }
    assert_eq!(format!("{token:?}{:?}", switch_on_again(&app)), "……");
}

/// Switches off and on; the new token.
fn switch_on_again(app: &TestApp) -> kinbridge::kit::secret::Secret {
    let (scope, id) = (scope(app), connection(app).id);
    app.write(|tx| connections::switch_off(tx, &scope, id));
    switch_on(app, ORIGIN).secret
}

#[actix_web::test]
async fn a_ciphertext_in_another_row_does_not_open() {
    let app = TestApp::start().await;
    switch_on(&app, ORIGIN);
    let (scope, keys, connection) = (scope(&app), keys(&app), connection(&app));
    app.write(|tx| connections::add_token(tx, &scope, &keys, connection.id, ORIGIN, "Oak Court"));
    app.write(|tx| {
        let swap = "UPDATE connection_tokens SET sealed = (SELECT other.sealed FROM connection_tokens AS other \
                    WHERE other.id <> connection_tokens.id ORDER BY other.id LIMIT 1)";
        diesel::sql_query(swap).execute(tx.conn)?;
        Ok(())
    });
    let now = app.clock.now();
    let opened = app.services.db.read_now(|conn| connections::live_tokens(conn, &keys, &connection, now));
    assert!(matches!(opened, Err(Refusal::Broken(_))), "{opened:?}");
    let fit = app.services.db.read_now(|conn| connections::keys_fit(conn, &keys));
    assert!(fit.is_err());
}

#[actix_web::test]
async fn a_wrong_key_opens_nothing_and_a_rotation_loses_nothing() {
    let app = TestApp::start().await;
    switch_on(&app, ORIGIN);
    let (scope, old, connection) = (scope(&app), keys(&app), connection(&app));
    for n in 0..4 {
        let label = format!("Service {n}");
        app.write(|tx| connections::add_token(tx, &scope, &old, connection.id, ORIGIN, &label));
    }
    let line = KeyRing::new_line().unwrap();
    let wrong = KeyRing::parse(line.reveal()).unwrap();
    assert!(app.services.db.read_now(|conn| connections::keys_fit(conn, &wrong)).is_err());
    assert!(app.services.db.read_now(|conn| connections::keys_fit(conn, &old)).is_ok());

    let before = live(&app);
    let first = kinbridge::kit::secret::fingerprint("the key of the tests");
    let both = KeyRing::parse(&format!("{}\n{first}", line.reveal())).unwrap();
    // Two at a time, as a rotation that is killed and begun again would.
    let mut after = TokenId(0);
    while let Some(last) = app.write(|tx| connections::reseal_some(tx, &both, after, 2)) {
        after = last;
    }
    let now = app.clock.now();
    let opened = app.read(|conn| connections::live_tokens(conn, &wrong, &connection, now));
    let opened: Vec<_> = opened.into_iter().map(|t| (t.id, t.secret.reveal().to_owned())).collect();
    assert_eq!(opened, before);
    assert!(app.services.db.read_now(|conn| connections::keys_fit(conn, &old)).is_err());
}

#[actix_web::test]
async fn a_replaced_token_works_for_another_24_hours() {
    let app = TestApp::start().await;
    let old = switch_on(&app, ORIGIN);
    let (scope, keys) = (scope(&app), keys(&app));
    let new = app.write(|tx| connections::replace(tx, &scope, &keys, old.id, ORIGIN));
    assert_eq!(live(&app).into_iter().map(|(id, _)| id).collect::<Vec<_>>(), [old.id, new.id]);
    let twice = app.try_write(|tx| connections::replace(tx, &scope, &keys, old.id, ORIGIN));
    assert!(matches!(twice, Err(Refusal::Overtaken(_))));
    app.clock.advance(TimeDelta::hours(24) - TimeDelta::seconds(1));
    assert_eq!(live(&app).len(), 2);
    app.clock.advance(TimeDelta::seconds(1));
    assert_eq!(live(&app), [(new.id, new.secret.reveal().to_owned())]);
    let shown = app.try_write(|tx| connections::show(tx, &scope, &keys, old.id));
    assert!(matches!(shown, Err(Refusal::NotHere)));
}

#[actix_web::test]
async fn a_token_that_ends_while_nourish_still_uses_it_is_warned_of_once() {
    let app = TestApp::start().await;
    let old = switch_on(&app, ORIGIN);
    note(&app, vec![service("svc-1", "Garden Wing", old.id)]);
    let (scope, keys) = (scope(&app), keys(&app));
    app.write(|tx| connections::replace(tx, &scope, &keys, old.id, ORIGIN));
    app.write(|tx| connections::warn_expiring(tx, URL));
    assert_eq!(subjects(&app), Vec::<String>::new());
    app.clock.advance(TimeDelta::hours(19));
    app.write(|tx| connections::warn_expiring(tx, URL));
    app.write(|tx| connections::warn_expiring(tx, URL));
    assert_eq!(subjects(&app), ["A Nourish token ends soon at Willow House Group"]);
}

#[actix_web::test]
async fn revoking_stops_at_once_and_keeps_every_pairing() {
    let app = TestApp::start().await;
    let issued = switch_on(&app, ORIGIN);
    let connection = connection(&app);
    app.write(|tx| {
        let record = insert(
            tx,
            "external_records",
            "connection_id, kind, external_id, content_hash, data, sort_name, missing_runs, left_hash, \
             first_seen_at, changed_at",
            &format!(
                "{}, 'resident', '48213', '', '{{}}', 'cole betty', 0, '', '2026-11-22 09:00:00', \
                 '2026-11-22 09:00:00'",
                connection.id
            ),
        );
        insert(
            tx,
            "pairings",
            "connection_id, kind, external_record_id, local_id, origin, rule, evidence, paired_by_name, \
             paired_at, batch, ended_by_name, ended_because",
            &format!(
                "{}, 'resident', {record}, 1, 'User', '', '[]', 'Mary Jones', '2026-11-22 09:00:00', '', '', ''",
                connection.id
            ),
        );
        Ok(())
    });
    let pairs = "SELECT COUNT(*) FROM pairings WHERE ended_at IS NULL";
    let (scope, keys) = (scope(&app), keys(&app));
    let new = app.write(|tx| connections::replace(tx, &scope, &keys, issued.id, ORIGIN));
    app.write(|tx| connections::revoke(tx, &scope, issued.id));
    assert_eq!(live(&app).into_iter().map(|(id, _)| id).collect::<Vec<_>>(), [new.id]);
    app.write(|tx| connections::revoke(tx, &scope, new.id));
    assert_eq!((live(&app).len(), status(&app)), (0, Status::Relink));
    let added = app.write(|tx| connections::add_token(tx, &scope, &keys, connection.id, ORIGIN, "Again"));
    assert_eq!(note(&app, vec![service("svc-1", "Garden Wing", added.id)]), State::On);
    app.write(|tx| connections::switch_off(tx, &scope, connection.id));
    assert_eq!((app.number(pairs), status(&app)), (1, Status::Off));
}

#[actix_web::test]
async fn only_services_with_our_token_are_kept_and_the_state_follows() {
    let app = TestApp::start().await;
    let issued = switch_on(&app, ORIGIN);
    assert_eq!(status(&app), Status::Waiting);
    let theirs = ServiceRecord { token_key: None, ..service("svc-9", "Somebody else", issued.id) };
    assert_eq!(note(&app, vec![theirs.clone()]), State::Waiting);
    assert_eq!(note(&app, vec![service("svc-1", "Garden Wing", issued.id), theirs]), State::On);
    assert_eq!(status(&app), Status::Testing);
    let known = connection(&app);
    let services = app.read(|conn| Ok(connections::services(conn, &known)?));
    assert_eq!(
        services.iter().map(|s| (s.name.as_str(), s.on())).collect::<Vec<_>>(),
        [("Garden Wing", true)]
    );
    // Switched off there: the location shows Off, and the connection waits again.
    assert_eq!(note(&app, vec![]), State::Waiting);
    let services = app.read(|conn| Ok(connections::services(conn, &known)?));
    assert!(!services[0].on() && !services[0].locations[0].on);
    assert_eq!(note(&app, vec![]), State::Waiting);
    assert_eq!(subjects(&app), ["Nourish no longer takes our token for Willow House Group"]);
    let words = connection(&app).last_failure;
    assert_eq!(words, "Nourish lists no service with our token any more.");
    assert_eq!(note(&app, vec![service("svc-1", "Garden Wing", issued.id)]), State::On);
    assert_eq!((connection(&app).failures, connection(&app).last_failure), (0, String::new()));
    let words: Vec<String> = events(&app);
    assert!(
        words.iter().any(|w| w == "heard from Nourish that our token is on for Garden Wing"),
        "{words:?}"
    );
    assert!(
        words.iter().any(|w| w == "heard from Nourish that our token is off for Garden Wing"),
        "{words:?}"
    );
}

fn events(app: &TestApp) -> Vec<String> {
    use kinbridge::domain::audit;
    let scope = Scope::for_the_portal(app.cast.willow);
    let rows = app.read(|conn| Ok(audit::list(conn, &scope, &audit::Wanted::default(), 100)?));
    rows.into_iter().map(|row| row.words).collect()
}

#[actix_web::test]
async fn several_services_under_one_token_hold_the_writes_until_each_has_its_zone() {
    let app = TestApp::start().await;
    let issued = switch_on(&app, ORIGIN);
    let held = || {
        let connection = connection(&app);
        app.read(|conn| Ok(connections::writes_held(conn, &connection)?))
    };
    note(&app, vec![service("svc-1", "Garden Wing", issued.id)]);
    assert_eq!(held(), None);
    note(&app, vec![service("svc-1", "Garden Wing", issued.id), service("svc-2", "Elm Wing", issued.id)]);
    let words = held().unwrap();
    assert!(words.contains("2 Nourish services (Elm Wing, Garden Wing)"), "{words}");

    let (scope, id) = (scope(&app), connection(&app).id);
    app.write(|tx| connections::ask_multi_service(tx, &scope, id, URL));
    app.write(|tx| connections::ask_multi_service(tx, &scope, id, URL));
    let asked = app.read(|conn| Ok(letters::list(conn, 10)?));
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].to_email, "rep@kinbridge.example");
    assert_eq!(asked[0].subject, "Willow House Group asks for multi-service Nourish");
    assert!(asked[0].body_text.contains(&links::organisation_overview(app.cast.willow)));

    let allowed = Allowed { available: true, multi_service: true, reason: "asked".into() };
    let (rep, willow) = (Platform::for_the_operator(), app.cast.willow);
    app.write(|tx| {
        connections::set_availability(tx, &rep, willow, Vendor::Nourish, Availability::AtOnce, &allowed)
    });
    assert_eq!(
        held().unwrap(),
        "Updates to Nourish are held. Zone not found: create a zone called Elm Wing."
    );
    let home = app.cast.willow_house;
    app.write(|tx| {
        insert(
            tx,
            "places",
            "organisation_id, parent_id, kind, name, name_folded, created_at",
            &format!("{willow}, {home}, 'zone', 'Elm Wing', 'elm wing', '2026-11-01 09:00:00'"),
        );
        Ok(())
    });
    assert_eq!(held(), None);
    let known = connection(&app);
    let zones = app.read(|conn| Ok(connections::zone_map(conn, &known)?));
    assert_eq!(zones[1].zone, Some(app.cast.garden_wing));
}

#[actix_web::test]
async fn one_token_each_needs_no_switch() {
    let app = TestApp::start().await;
    let first = switch_on(&app, ORIGIN);
    let (scope, keys, id) = (scope(&app), keys(&app), first.connection);
    let second = app.write(|tx| connections::add_token(tx, &scope, &keys, id, ORIGIN, "Elm Wing"));
    let same = app.try_write(|tx| connections::add_token(tx, &scope, &keys, id, ORIGIN, " elm wing "));
    assert!(matches!(same, Err(Refusal::Invalid { field: "label", .. })));
    note(&app, vec![service("svc-1", "Garden Wing", first.id), service("svc-2", "Elm Wing", second.id)]);
    let connection = connection(&app);
    assert_eq!(app.read(|conn| Ok(connections::writes_held(conn, &connection)?)), None);
}

#[actix_web::test]
async fn a_refused_token_is_told_once_and_asked_no_more() {
    let app = TestApp::start().await;
    let issued = switch_on(&app, ORIGIN);
    assert_eq!(refuse(&app), State::Waiting, "not pasted yet is no failure");
    note(&app, vec![service("svc-1", "Garden Wing", issued.id)]);
    assert_eq!(refuse(&app), State::Relink);
    assert_eq!(refuse(&app), State::Relink);
    assert_eq!(subjects(&app), ["Nourish no longer takes our token for Willow House Group"]);
    app.clock.advance(TimeDelta::days(1));
    let now = app.clock.now();
    assert_eq!(app.read(|conn| Ok(connections::reads_due(conn, now)?)).len(), 0);
    // Pasted again: on, and what was wrong is forgotten.
    assert_eq!(note(&app, vec![service("svc-1", "Garden Wing", issued.id)]), State::On);
    assert_eq!((connection(&app).failures, connection(&app).last_failure.as_str()), (0, ""));
}

#[actix_web::test]
async fn a_row_of_failures_is_told_once_then_daily_then_that_it_works() {
    let app = TestApp::start().await;
    let issued = switch_on(&app, ORIGIN);
    note(&app, vec![service("svc-1", "Garden Wing", issued.id)]);
    let scope = Scope::<ViewIntegrations>::for_the_portal(app.cast.willow);
    let fail = |kind| {
        let setback = Setback {
            failure: Failure::new(Vendor::Nourish, kind),
            counts: "5 of 8 residents were checked. 3 were not.".into(),
            retry_at: Some(app.clock.now() + TimeDelta::hours(1)),
            link: "/org/1/sync-runs/1".into(),
        };
        app.write(|tx| connections::went_wrong(tx, &scope, issued.connection, &setback, URL));
    };
    fail(FailureKind::FirstByteTimeout);
    assert_eq!(status(&app), Status::Degraded);
    fail(FailureKind::FirstByteTimeout);
    assert_eq!(subjects(&app), ["Nourish sync did not finish for Willow House Group"]);
    let letter = app.read(|conn| Ok(letters::list(conn, 1)?)).remove(0);
    assert!(letter.body_text.contains("stopped on Sunday 22 November 2026 at 10am. 5 of 8 residents"));
    assert!(
        letter.body_text.contains("we try again on Sunday 22 November 2026 at 11am."),
        "{}",
        letter.body_text
    );
    assert!(letter.body_text.contains("https://portal.example/org/1/sync-runs/1"));
    app.clock.advance(TimeDelta::hours(24));
    fail(FailureKind::ServerError);
    assert_eq!((subjects(&app).len(), connection(&app).failures), (2, 3));
    let well =
        || app.write(|tx| connections::went_well(tx, &scope, issued.connection, "/org/1/sync-runs/2", URL));
    well();
    well();
    assert_eq!(subjects(&app)[2..], ["Nourish sync is working again for Willow House Group"]);
    assert_eq!(status(&app), Status::On);
    fail(FailureKind::CredentialRefused);
    assert_eq!((status(&app), connection(&app).retry_at), (Status::Relink, None));
}

#[actix_web::test]
async fn a_held_run_is_told_to_super_managers_and_shown() {
    let app = TestApp::start().await;
    let issued = switch_on(&app, ORIGIN);
    note(&app, vec![service("svc-1", "Garden Wing", issued.id)]);
    let scope = Scope::<ViewIntegrations>::for_the_portal(app.cast.willow);
    let held = Held { because: "12 of 14 residents would leave.".into(), link: "/org/1/sync-runs/7".into() };
    app.write(|tx| connections::held(tx, &scope, issued.connection, &held, URL));
    assert_eq!(subjects(&app), ["Nourish sync is held for Willow House Group"]);
    app.write(|tx| {
        let (org, id) = (app.cast.willow, issued.connection);
        insert(
            tx,
            "sync_runs",
            "organisation_id, connection_id, cause, scope, is_preview, state, requested_by_name, requested_at, \
             epoch, done, total, progress, cancel_asked, counts, plan_hash, failure, repair, held_because, \
             affected, released_by_name, seconded_by_name, undone_by_name",
            &format!(
                "{org}, {id}, 'night', 'both', FALSE, 'held', 'The portal', '2026-11-22 01:00:00', 0, 0, 0, '', \
                 FALSE, '{{}}', '', '', '', '', 12, '', '', ''"
            ),
        );
        Ok(())
    });
    assert_eq!(status(&app), Status::Held);
    assert_eq!(connection(&app).alerted_whom, "Mary Jones");
}

#[actix_web::test]
async fn an_empty_organisation_starts_in_create_mode_and_others_in_pair_mode() {
    let app = TestApp::start().await;
    switch_on(&app, ORIGIN);
    assert_eq!(connection(&app).sync_mode, SyncMode::Create);
    let (scope, id) = (scope(&app), connection(&app).id);
    app.write(|tx| connections::set_mode(tx, &scope, id, SyncMode::Pair));
    assert_eq!(connection(&app).sync_mode, SyncMode::Pair);
    app.write(|tx| {
        diesel::sql_query("UPDATE organisations SET archived_residents = 1").execute(tx.conn)?;
        Ok(())
    });
    let (elm, keys) = (Scope::<ManageIntegrations>::for_the_portal(app.cast.elm), keys(&app));
    app.write(|tx| {
        connections::switch_on(tx, &elm, &keys, Vendor::Nourish, Availability::AtOnce, ORIGIN, Agreed)
    });
    let theirs = app.read(|conn| Ok(connections::find(conn, &elm, Vendor::Nourish)?)).unwrap();
    assert_eq!(theirs.sync_mode, SyncMode::Pair);
}

/// A portal beside a running simulator.
pub async fn beside(world: &World) -> TestApp {
    let origin = world.origin.clone();
    TestApp::start_with(|config| {
        config.vendor_urls = BTreeMap::from([("nourish".into(), origin.clone())]);
        config.allowed_vendor_origins = vec![origin];
        config.vendor_secrets.insert("nourish".into(), kinbridge::kit::secret::Secret::new(INTEGRATION_ID));
        config.vendors_available = vec!["nourish".into()];
    })
    .await
}

#[actix_web::test]
async fn the_job_finds_a_pasted_token_and_asks_no_more_often_than_it_should() {
    let world = World::with(population(), quick());
    let app = beside(&world).await;
    let issued = switch_on(&app, &world.origin);
    jobs::read_services::run(&app.services).await.unwrap();
    assert_eq!(connection(&app).state, State::Waiting);
    assert!(world.simulator.paste_token("svc-101", issued.secret.reveal()));
    jobs::read_services::run(&app.services).await.unwrap();
    assert_eq!(world.simulator.calls().len(), 1, "asked within the same minute");
    app.pass(60);
    jobs::read_services::run(&app.services).await.unwrap();
    assert_eq!(connection(&app).state, State::On);
    app.pass(14 * 60);
    jobs::read_services::run(&app.services).await.unwrap();
    assert_eq!(world.simulator.calls().len(), 2);
    app.pass(60);
    jobs::read_services::run(&app.services).await.unwrap();
    assert_eq!(world.simulator.calls().len(), 3);
    let (scope, now) = (scope(&app), app.clock.now());
    let tokens = app.read(|conn| connections::tokens(conn, &scope, issued.connection, now));
    assert_eq!(tokens[0].last_used_at, Some(now));
}

#[actix_web::test]
async fn a_changed_vendor_address_never_sees_a_token_made_for_the_old_one() {
    let world = World::with(population(), quick());
    let app = beside(&world).await;
    let issued = switch_on(&app, "https://api.old.example");
    world.simulator.paste_token("svc-101", issued.secret.reveal());
    jobs::read_services::run(&app.services).await.unwrap();
    assert_eq!(world.simulator.calls().len(), 0, "nothing was sent");
    assert_eq!(connection(&app).state, State::Waiting);
}

#[actix_web::test]
async fn nobody_asks_for_a_connection_twice_at_once() {
    let app = TestApp::start().await;
    switch_on(&app, ORIGIN);
    let known = connection(&app);
    let claim = || {
        app.write(|tx| Ok(connections::claim_services_read(tx, &known, connections::pace(State::Waiting))?))
    };
    assert_eq!([claim(), claim()], [true, false]);
    app.pass(60);
    assert!(claim());
}
