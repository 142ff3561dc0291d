//! Night events: who may send them, whom they are about, what of them goes to the care record, and what is seen.

#![cfg(test)]

use std::collections::BTreeSet;

use actix_web::http::Method;
use chrono::{NaiveDateTime, TimeDelta};
use diesel::prelude::*;
use kinbridge::connectors::Vendor;
use kinbridge::domain::access::{EditResidents, ManagePlaces, Scope};
use kinbridge::domain::connections::SyncMode;
use kinbridge::domain::monitoring::{self, AtLeast, Kind, Settings};
use kinbridge::domain::residents::{self, ResidentFacts};
use kinbridge::domain::timeline::{self, Source, State};
use kinbridge::jobs::{self, push_timeline};
use kinbridge::kit::ids::{MonitorId, OrganisationId, PlaceId, ResidentId};
use kinbridge::links;
use serde_json::{Value, json};

use crate::audit_trail::acts::Walk;
use crate::residents::{add, facts};
use crate::support::vendors::played::{self, Joined};
use crate::support::vendors::{Nourish, person};
use crate::support::{Page, TestApp};
use crate::timeline_systems::switch_on;
use crate::two_organisations::seed;

/// Sends a body with a key, as a device does.
async fn send(app: &TestApp, key: &str, body: &Value) -> Page {
    send_text(app, &format!("Bearer {key}"), "application/json", &body.to_string()).await
}

async fn send_text(app: &TestApp, authorization: &str, kind: &str, body: &str) -> Page {
    let visitor = app.signed_out();
    let ask = visitor.ask(Method::POST, &links::monitoring_events());
    let ask = if authorization.is_empty() { ask } else { ask.header("authorization", authorization) };
    ask.header("content-type", kind).body(body.to_owned()).send().await
}

/// The words for each event, in order.
fn outcomes(page: &Page) -> Vec<String> {
    assert_eq!(page.status, 202, "{}", page.body);
    let said: Value = serde_json::from_str(&page.body).unwrap();
    let events = said["events"].as_array().unwrap().iter();
    events.map(|one| one["outcome"].as_str().unwrap().to_owned()).collect()
}

fn count(app: &TestApp, table: &str) -> i64 {
    app.number(&format!("SELECT COUNT(*) FROM {table}"))
}

/// A device of a home, and its key.
fn device(app: &TestApp, org: OrganisationId, home: PlaceId, room: &str) -> (MonitorId, String) {
    let scope = Scope::<ManagePlaces>::for_the_portal(org);
    let (id, key) = app.write(|tx| monitoring::add_monitor(tx, &scope, home, room, "Sensor"));
    (id, key.reveal().to_owned())
}

fn moment(app: &TestApp, minutes_ago: i64) -> String {
    let at: NaiveDateTime = app.clock.now() - TimeDelta::minutes(minutes_ago);
    at.and_utc().to_rfc3339()
}

/// An event of so many minutes ago.
fn event(app: &TestApp, id: &str, resident: ResidentId, minutes_ago: i64) -> Value {
    json!({
        "id": id, "resident": resident.0, "kind": "out_of_bed", "severity": "medium",
        "text": "Went to the bathroom.", "occurred_at": moment(app, minutes_ago),
    })
}

/// Willow House with somebody in room 12, and a device there.
async fn night() -> (TestApp, ResidentId, String) {
    let app = TestApp::start().await;
    let cast = &app.cast;
    let betty =
        add(&app, cast.willow, &facts(cast.willow_house, Some(cast.garden_wing), "Betty", "Cole", "12"));
    app.pass(24 * 3600);
    let (_, key) = device(&app, cast.willow, cast.willow_house, "");
    (app, betty, key)
}

#[actix_web::test]
async fn without_a_key_that_works_nothing_is_heard_and_all_are_told_the_same() {
    let (app, betty, key) = night().await;
    let scope = Scope::<ManagePlaces>::for_the_portal(app.cast.willow);
    let (revoked, dead) = device(&app, app.cast.willow, app.cast.willow_house, "");
    app.write(|tx| monitoring::revoke_monitor(tx, &scope, revoked));
    let (rotated, old) = device(&app, app.cast.willow, app.cast.willow_house, "");
    app.write(|tx| monitoring::rotate_monitor(tx, &scope, rotated).map(drop));
    let body = event(&app, "a", betty, 40).to_string();
    let mary = app.as_super();
    let before = app.digest();
    let tried = [
        String::new(),
        "Bearer".into(),
        "Bearer ".into(),
        format!("Basic {key}"),
        key.clone(),
        "Bearer kbm_0000".into(),
        format!("Bearer {dead}"),
        format!("Bearer {old}"),
        format!("Bearer {}", "x".repeat(5_000)),
    ];
    let mut answers = BTreeSet::new();
    for authorization in &tried {
        let page = send_text(&app, authorization, "application/json", &body).await;
        assert_eq!(page.status, 401, "{authorization}");
        assert_eq!(page.header("content-type"), Some("application/problem+json"));
        assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(page.header("cache-control"), Some("no-store"));
        answers.insert(page.body);
    }
    // A session is no key, whatever body comes with it.
    let page = mary.ask(Method::POST, &links::monitoring_events()).of_our_own().body("not json").send().await;
    answers.insert(page.body);
    assert_eq!((page.status, answers.len()), (401, 1), "{answers:?}");
    assert_eq!(app.digest(), before);
    let other = mary.ask(Method::GET, &links::monitoring_events()).send().await;
    assert_eq!(other.status, 405);
    assert_eq!(mary.ask(Method::GET, "/api/v1/residents").send().await.status, 404);
}

#[actix_web::test]
async fn another_organisations_resident_and_home_are_as_if_they_were_not_there() {
    let (app, own, theirs) = seed::two().await;
    let (_, key) = device(&app, own.id, own.home, "");
    let before = crate::two_organisations::seed::rows_of(&app, &theirs);
    let mut answers = BTreeSet::new();
    let elsewhere = add(&app, own.id, &facts(app.cast.oak_court, None, "Ada", "Marsh", "1"));
    for resident in [theirs.resident, ResidentId(987_654), elsewhere] {
        let page = send(&app, &key, &event(&app, "same", resident, 5)).await;
        answers.insert(page.body);
    }
    assert_eq!(answers.len(), 1, "{answers:?}");
    assert!(answers.first().unwrap().contains("no_such_resident"));
    assert_eq!(crate::two_organisations::seed::rows_of(&app, &theirs), before);
    let kept = app.number("SELECT COUNT(*) FROM monitoring_events WHERE device_event_id = 'same'");
    assert_eq!(kept, 0);
    assert_eq!(app.number("SELECT MAX(refused) FROM monitoring_devices"), 3);
}

#[actix_web::test]
async fn each_field_that_breaks_a_rule_is_named_with_it_and_nothing_is_kept() {
    let (app, betty, key) = night().await;
    let good = event(&app, "a", betty, 40);
    let cases: [(&str, Value, &str); 16] = [
        ("id", Value::Null, "is needed"),
        ("id", json!("with space"), "1 to 64 letters"),
        ("id", json!(5), "1 to 64 letters"),
        ("resident", json!("1"), "number in the portal"),
        ("resident", json!(-1), "number in the portal"),
        ("room", json!(12), "at most 40 characters"),
        ("kind", json!("alarm"), "one of fall, out_of_bed"),
        ("kind", Value::Null, "one of fall, out_of_bed"),
        ("severity", json!("critical"), "one of low, medium, high"),
        ("title", json!("t".repeat(81)), "at most 80 characters"),
        ("text", json!("t".repeat(1_001)), "at most 1000 characters"),
        ("text", json!("two\nlines"), "in one line"),
        ("answered_by", json!(["Amina"]), "at most 80 characters"),
        ("occurred_at", json!("2026-11-22 02:00"), "a time with its offset"),
        ("occurred_at", json!(moment(&app, -60)), "not be in the future"),
        ("occurred_at", json!(moment(&app, 8 * 24 * 60)), "not be older than 7 days"),
    ];
    let before = count(&app, "monitoring_events");
    for (field, value, rule) in cases {
        let mut bad = good.clone();
        bad[field] = value.clone();
        let page = send(&app, &key, &json!([good.clone(), bad])).await;
        let said: Value = serde_json::from_str(&page.body).unwrap();
        assert_eq!((page.status, said["errors"][0]["field"].as_str()), (422, Some(&*format!("[1].{field}"))));
        assert!(said["errors"][0]["rule"].as_str().unwrap().contains(rule), "{field} {value}: {}", page.body);
        app.pass(10);
    }
    let mut more = good.clone();
    more["organisation_id"] = json!(2);
    let page = send(&app, &key, &more).await;
    assert!(page.status == 422 && page.body.contains("not known"), "{}", page.body);
    assert!(!page.body.contains("organisation_id"));
    app.pass(60);
    let many: Vec<Value> = (0..101).map(|n| event(&app, &format!("m{n}"), betty, 40)).collect();
    for (body, status) in [
        ("{".to_owned(), 400),
        ("[]".into(), 400),
        ("5".into(), 400),
        (json!(many).to_string(), 400),
        (format!("[{}]", "[".repeat(300)), 400),
        (format!("\"{}\"", "x".repeat(600_000)), 413),
    ] {
        let page = send_text(&app, &format!("Bearer {key}"), "application/json", &body).await;
        assert_eq!(page.status, status, "{}", page.body);
    }
    let page = send_text(&app, &format!("Bearer {key}"), "text/plain", &good.to_string()).await;
    assert_eq!(page.status, 415);
    assert_eq!(count(&app, "monitoring_events"), before);
}

#[actix_web::test]
async fn a_key_that_asks_too_often_waits_and_holds_no_other_up() {
    let (app, betty, key) = night().await;
    let (_, other) = device(&app, app.cast.willow, app.cast.willow_house, "");
    for n in 0..monitoring::REQUESTS_A_MINUTE {
        assert_eq!(send(&app, &key, &event(&app, &n.to_string(), betty, 40)).await.status, 202);
    }
    let page = send(&app, &key, &event(&app, "more", betty, 40)).await;
    assert_eq!((page.status, page.header("retry-after")), (429, Some("60")));
    assert_eq!(send(&app, &other, &event(&app, "x", betty, 40)).await.status, 202);
    app.pass(60);
    assert_eq!(send(&app, &key, &event(&app, "more", betty, 40)).await.status, 202);
}

/// The entry of an event, newest version: state, details.
fn entry(app: &TestApp, org: OrganisationId, device_event: &str) -> Option<timeline::Standing> {
    let query = format!(
        "SELECT COALESCE(MAX(id), 0) FROM monitoring_events WHERE device_event_id = '{device_event}'"
    );
    let id = app.number(&query);
    app.read(|conn| Ok(timeline::standings(conn, org, Source::Monitoring, &[id])?)).remove(&id)
}

#[actix_web::test]
async fn an_event_reaches_the_care_record_with_its_own_time_and_what_is_sent_again_does_not() {
    let nourish = Nourish::start(SyncMode::Create, 2).await;
    nourish.sync().await;
    let ada = nourish.paired("p-0").unwrap();
    let home = residents_home(&nourish.app, nourish.organisation, ada);
    let (_, key) = device(&nourish, nourish.organisation, home, "");
    let mut sent = event(&nourish, "e-1", ada, 45);
    sent["answered_by"] = json!("Amina Yusuf");
    assert_eq!(outcomes(&send(&nourish, &key, &sent).await), ["accepted"]);
    assert_eq!(outcomes(&send(&nourish, &key, &json!([sent, sent])).await), ["repeated", "repeated"]);
    push_timeline::run(&nourish.app.services).await.unwrap();
    let entries = nourish.simulator.entries();
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0].client_id, "p-0");
    assert_eq!(entries[0].occurred_at, "2026-11-22T09:15:00Z");
    assert_eq!(entry(&nourish, nourish.organisation, "e-1").unwrap().state, State::Sent);
    assert_eq!(nourish.count("monitoring_events"), 1);
}

#[actix_web::test]
async fn an_event_reaches_the_record_of_each_vendor_that_takes_entries() {
    let mut reached = Vec::new();
    for which in played::ALL.into_iter().filter(|(vendor, _)| vendor.about().writes) {
        let joined = Joined::start(which, 2).await;
        let vendor = joined.played.vendor;
        let run = joined.sync().await;
        let ada = joined.paired(&person(0).external_id);
        let ada = ada.unwrap_or_else(|| panic!("{vendor}: {run:?}"));
        let home = residents_home(&joined.app, joined.organisation, ada);
        let (_, key) = device(&joined, joined.organisation, home, "");
        let sent = json!([event(&joined, "e-1", ada, 90), event(&joined, "e-2", ada, 89)]);
        assert_eq!(outcomes(&send(&joined, &key, &sent).await), ["accepted", "repeated"]);
        push_timeline::run(&joined.app.services).await.unwrap();
        let standing = entry(&joined, joined.organisation, "e-1").unwrap();
        assert_eq!(standing.state, State::Sent, "{vendor}: {}", standing.because);
        assert_eq!((standing.vendor_name.as_str(), joined.played.hand.written().len()), (vendor.name(), 1));
        reached.push(vendor.name());
    }
    assert!(reached.len() >= 3, "{reached:?}");
    println!("one entry each in {}", reached.join(", "));
}

fn residents_home(app: &TestApp, org: OrganisationId, id: ResidentId) -> PlaceId {
    let scope = Scope::<EditResidents>::for_the_portal(org);
    app.read(|conn| residents::get(conn, &scope, id)).facts.home
}

/// How many entries there are, and the words of the newest.
fn newest(app: &TestApp) -> (i64, String) {
    #[derive(QueryableByName)]
    struct Details {
        #[diesel(sql_type = diesel::sql_types::Text)]
        details: String,
    }
    let query = "SELECT details FROM timeline_entries ORDER BY id DESC LIMIT 1";
    let found: Vec<Details> = app.read(|conn| Ok(diesel::sql_query(query).load(conn)?));
    let details = found.into_iter().next().map(|row| row.details).unwrap_or_default();
    (count(app, "timeline_entries"), details)
}

#[actix_web::test]
async fn repeats_of_a_kind_within_the_window_are_one_entry_with_a_count() {
    let (app, betty, key) = night().await;
    let at = |id: &str, ago| event(&app, id, betty, ago);
    // The window is half an hour from the first: the third is in it, the fourth begins another.
    let sent = json!([at("1", 29), at("2", 20), at("3", 5)]);
    assert_eq!(outcomes(&send(&app, &key, &sent).await), ["accepted", "repeated", "repeated"]);
    assert_eq!(newest(&app).0, 0, "more may come");
    app.pass(120);
    jobs::write_nights::run(&app.services).await.unwrap();
    let (entries, details) = newest(&app);
    assert_eq!(entries, 1);
    assert!(details.ends_with("3 times between 09:31 and 09:55."), "{details}");
    jobs::write_nights::run(&app.services).await.unwrap();
    assert_eq!(newest(&app).0, 1, "once");
    // One that was delayed on its way counts too.
    assert_eq!(outcomes(&send(&app, &key, &at("late", 20)).await), ["repeated"]);
    assert!(newest(&app).1.contains("4 times"), "{}", newest(&app).1);
    assert_eq!(app.number("SELECT COUNT(*) FROM timeline_entries WHERE pending = TRUE"), 1);
}

#[actix_web::test]
async fn what_matters_most_is_written_at_once_and_counted_later() {
    let (app, betty, key) = night().await;
    let fall = |id: &str, ago| {
        let mut fall = event(&app, id, betty, ago);
        fall["kind"] = json!("fall");
        fall["severity"] = json!("high");
        fall
    };
    assert_eq!(outcomes(&send(&app, &key, &fall("1", 1)).await), ["accepted"]);
    assert_eq!(newest(&app).0, 1);
    assert_eq!(outcomes(&send(&app, &key, &fall("2", 0)).await), ["repeated"]);
    assert_eq!(newest(&app).0, 1);
    app.pass(31 * 60);
    jobs::write_nights::run(&app.services).await.unwrap();
    assert!(newest(&app).1.contains("2 times"), "{:?}", newest(&app));
    // It may come after one of the same kind that matters less.
    let mut mild = fall("3", 1);
    mild["severity"] = json!("medium");
    assert_eq!(outcomes(&send(&app, &key, &mild).await), ["accepted"]);
    let before = newest(&app).0;
    assert_eq!(outcomes(&send(&app, &key, &fall("4", 0)).await), ["repeated"]);
    assert_eq!(newest(&app).0, before + 1);
}

#[actix_web::test]
async fn with_a_window_of_none_each_is_its_own_entry() {
    let (app, betty, key) = night().await;
    let scope = Scope::<ManagePlaces>::for_the_portal(app.cast.willow);
    let new = Settings { window_minutes: 0, at_least: AtLeast::Low };
    app.write(|tx| monitoring::set_settings(tx, &scope, new));
    let sent = json!([event(&app, "1", betty, 2), event(&app, "2", betty, 1)]);
    assert_eq!(outcomes(&send(&app, &key, &sent).await), ["accepted", "accepted"]);
    assert_eq!(newest(&app).0, 2);
}

#[actix_web::test]
async fn what_is_below_a_residents_threshold_is_shown_here_and_goes_nowhere() {
    let (app, betty, key) = night().await;
    let (org, scope) = (app.cast.willow, Scope::<EditResidents>::for_the_portal(app.cast.willow));
    let mut low = event(&app, "low", betty, 50);
    low["severity"] = json!("low");
    assert_eq!(outcomes(&send(&app, &key, &low).await), ["below_threshold"]);
    app.write(|tx| {
        monitoring::set_threshold(tx, &scope, betty, AtLeast::Low, BTreeSet::from([Kind::OutOfBed]))
    });
    assert_eq!(outcomes(&send(&app, &key, &event(&app, "bed", betty, 50)).await), ["below_threshold"]);
    let mut cough = event(&app, "cough", betty, 50);
    (cough["kind"], cough["severity"]) = (json!("cough"), json!("low"));
    assert_eq!(outcomes(&send(&app, &key, &cough).await), ["accepted"]);
    assert_eq!(newest(&app).0, 1);
    let path = format!("{}?day=2026-11-22", links::nights(org));
    let page = app.as_manager().get(&path).await.text();
    assert_eq!(page.matches("Kept here").count(), 2, "{page}");
    assert_eq!(page.matches("Betty Cole").count(), 3, "{page}");
}

fn in_room(app: &TestApp, first: &str, room: &str) -> ResidentId {
    add(app, app.cast.willow, &facts(app.cast.willow_house, None, first, "Gray", room))
}

#[actix_web::test]
async fn by_a_room_exactly_one_person_is_meant_who_lived_there_then() {
    let app = TestApp::start().await;
    let (org, home) = (app.cast.willow, app.cast.willow_house);
    let nan = in_room(&app, "Nan", "7");
    in_room(&app, "Joan", "8");
    in_room(&app, "Jean", " 8 ");
    app.pass(3600);
    let (_, key) = device(&app, org, home, "");
    let (_, in_seven) = device(&app, org, home, "7");
    let by = |id: &str, room: &str| {
        let mut event = event(&app, id, nan, 40);
        event["resident"] = Value::Null;
        event["room"] = json!(room);
        event
    };
    let sent = json!([by("a", "7"), by("b", "8"), by("c", "9"), by("d", "")]);
    let answers = outcomes(&send(&app, &key, &sent).await);
    assert_eq!(answers, ["accepted", "no_such_resident", "no_such_resident", "no_such_resident"]);
    assert_eq!(app.number("SELECT resident_id FROM monitoring_events"), nan.0);
    assert_eq!(
        outcomes(&send(&app, &in_seven, &by("e", "")).await),
        ["repeated"],
        "in the room of the device"
    );
    // Both must fit where both are named.
    let mut both = event(&app, "f", nan, 40);
    both["room"] = json!("8");
    assert_eq!(outcomes(&send(&app, &key, &both).await), ["no_such_resident"]);
    // Somebody has moved since it happened: who lived there then is not certain.
    let scope = Scope::<EditResidents>::for_the_portal(org);
    let before = app.read(|conn| residents::get(conn, &scope, nan));
    let moved = ResidentFacts { room: "10".into(), ..before.facts.clone() };
    app.write(|tx| residents::change(tx, &scope, nan, before.version, &moved));
    in_room(&app, "Pat", "7");
    assert_eq!(outcomes(&send(&app, &key, &by("g", "7")).await), ["no_such_resident"]);
    // Somebody who is archived lives nowhere.
    let version = before.version + 1;
    app.write(|tx| residents::archive(tx, &scope, nan, version, "moved away"));
    assert_eq!(outcomes(&send(&app, &key, &event(&app, "h", nan, 1)).await), ["no_such_resident"]);
}

#[actix_web::test]
async fn managers_register_devices_and_a_key_is_shown_once() {
    let (app, betty, _) = night().await;
    let path = links::monitors(app.cast.willow);
    assert_eq!(app.as_staff().get(&path).await.status, 403);
    assert_eq!(app.as_stranger().get(&path).await.status, 404);
    let ben = app.new_visitor(&app.cast.manager);
    let home = app.cast.willow_house.to_string();
    let page = ben.post(&path, &[("home", ""), ("name", "")]).await;
    assert!(page.status == 422 && page.text().contains("Choose the home"), "{}", page.text());
    let page = ben.post(&path, &[("home", &home), ("name", "Bed sensor"), ("room", "12")]).await;
    let key = |page: &Page| {
        let after =
            page.body.split("id=\"key\" value=\"").nth(1).unwrap_or_else(|| panic!("{}", page.text()));
        after.split('"').next().unwrap().to_owned()
    };
    let first = key(&page);
    assert!(first.starts_with("kbm_") && first.len() > 60);
    assert!(!ben.get(&path).await.body.contains(&first));
    assert_eq!(app.number(&format!("SELECT COUNT(*) FROM monitoring_devices WHERE key_hash = '{first}'")), 0);
    assert_eq!(send(&app, &first, &event(&app, "a", betty, 40)).await.status, 202);
    let id = MonitorId(app.number("SELECT MAX(id) FROM monitoring_devices"));
    let second = key(&ben.post(&links::monitor_act(app.cast.willow, id, "rotate"), &[]).await);
    assert_eq!(send(&app, &first, &event(&app, "b", betty, 40)).await.status, 401);
    assert_eq!(send(&app, &second, &event(&app, "b", betty, 40)).await.status, 202);
    ben.post(&links::monitor_act(app.cast.willow, id, "revoke"), &[]).await;
    assert_eq!(send(&app, &second, &event(&app, "c", betty, 40)).await.status, 401);
    assert!(!ben.get(&path).await.text().contains("Bed sensor"));
    let page = ben.post(&links::monitoring_settings(app.cast.willow), &[("window", "999")]).await;
    assert!(page.status == 422 && page.text().contains("from 0 to 240"), "{}", page.text());
}

#[actix_web::test]
async fn staff_see_the_nights_of_their_own_places_only() {
    let (app, betty, key) = night().await;
    let cast = &app.cast;
    let nan = add(&app, cast.willow, &facts(cast.willow_house, Some(cast.oak_wing), "Nan", "Gray", "30"));
    let sent = json!([event(&app, "1", betty, 40), event(&app, "2", nan, 40)]);
    assert_eq!(outcomes(&send(&app, &key, &sent).await), ["accepted", "accepted"]);
    let path = format!("{}?day=2026-11-22", links::nights(cast.willow));
    let seen = app.as_staff().get(&path).await.text();
    assert!(seen.contains("Betty Cole") && !seen.contains("Nan Gray"), "{seen}");
    let all = app.as_manager().get(&path).await.text();
    assert!(all.contains("Betty Cole") && all.contains("Nan Gray"), "{all}");
    assert_eq!(app.as_staff().get(&links::resident_nights(cast.willow, nan)).await.status, 404);
    let page = app.as_staff().get(&links::resident_nights(cast.willow, betty)).await.text();
    assert!(
        page.contains("Out of bed") && page.contains("As the organisation says: medium and high"),
        "{page}"
    );
    assert!(
        app.as_manager()
            .get(&format!("{}?day=2026-11-20", links::nights(cast.willow)))
            .await
            .text()
            .contains("Nothing was sent")
    );
}

#[actix_web::test]
async fn after_thirteen_months_events_are_gone() {
    let (app, betty, key) = night().await;
    send(&app, &key, &event(&app, "1", betty, 40)).await;
    app.pass(390 * 24 * 3600);
    jobs::purge::run(&app.services).await.unwrap();
    assert_eq!(count(&app, "monitoring_events"), 1);
    app.pass(7 * 24 * 3600);
    jobs::purge::run(&app.services).await.unwrap();
    assert_eq!(count(&app, "monitoring_events"), 0);
}

#[actix_web::test]
async fn the_demo_makes_a_night_and_production_none() {
    let app = TestApp::start_with(|config| config.demo = true).await;
    let cast = &app.cast;
    add(&app, cast.willow, &facts(cast.willow_house, None, "Betty", "Cole", "12"));
    let ben = app.as_manager();
    let page = ben.get(&links::nights(cast.willow)).await;
    assert!(page.text().contains("Make a night of made-up events"), "{}", page.text());
    assert_eq!(ben.post(&links::make_nights(cast.willow), &[]).await.status, 303);
    assert!(count(&app, "monitoring_events") > 0);
    let text = ben.get(&links::nights(cast.willow)).await.text();
    assert!(text.contains("Betty Cole"), "{text}");
    let real = TestApp::start().await;
    assert_eq!(real.as_manager().post(&links::make_nights(real.cast.willow), &[]).await.status, 404);
}

#[actix_web::test]
async fn every_form_of_nights_and_of_where_updates_go_leaves_an_event() {
    let app = TestApp::start_with(|config| config.demo = true).await;
    let (org, cast) = (app.cast.willow, &app.cast);
    let betty = add(&app, org, &facts(cast.willow_house, None, "Betty", "Cole", "12"));
    let mut walk = Walk::of(&app);
    let mary = app.new_visitor(&cast.super_manager);
    let about = kinbridge::kit::secret::keyed_fingerprint(
        &mary.cookie("kinbridge").unwrap(),
        &format!("resident {betty}"),
    );
    let texts = |fields: &[(&'static str, &str)]| {
        fields.iter().map(|(name, value)| (*name, (*value).to_owned())).collect::<Vec<_>>()
    };
    let home = cast.willow_house.to_string();
    let fields = texts(&[("home", &home), ("name", "Bed sensor"), ("room", "")]);
    walk.by("/org/{org}/monitors", &mary, &links::monitors(org), fields).await;
    let id = MonitorId(app.number("SELECT MAX(id) FROM monitoring_devices"));
    let act = |act: &str| links::monitor_act(org, id, act);
    walk.by("/org/{org}/monitors/{monitor}/rotate", &mary, &act("rotate"), Vec::new()).await;
    walk.by("/org/{org}/monitors/{monitor}/revoke", &mary, &act("revoke"), Vec::new()).await;
    let fields = texts(&[("window", "20"), ("at_least", "low")]);
    walk.by("/org/{org}/monitors/settings", &mary, &links::monitoring_settings(org), fields).await;
    walk.by("/org/{org}/nights/make", &mary, &links::make_nights(org), Vec::new()).await;
    let fields = texts(&[("about", &about), ("at_least", "high")]);
    let path = links::resident_nights(org, betty);
    walk.by("/org/{org}/residents/{resident}/nights", &mary, &path, fields).await;
    switch_on(&app, org, Vendor::Pcs);
    let fields = texts(&[("system", "pcs"), ("code-pcs-activity", "2007")]);
    walk.by("/org/{org}/timeline/settings", &mary, &links::timeline_settings(org), fields).await;
    let fields = texts(&[("about", &about), ("system", "pcs")]);
    let path = links::resident_care_record(org, betty);
    walk.by("/org/{org}/residents/{resident}/care-record", &mary, &path, fields).await;
    let mine = ["/monitors", "/nights", "/timeline/settings", "/care-record"];
    let forms = kinbridge::web::routes::table().into_iter().filter(|line| line.method == Method::POST);
    let forms: BTreeSet<&str> =
        forms.map(|line| line.path).filter(|path| mine.iter().any(|part| path.contains(part))).collect();
    assert_eq!(forms.difference(&walk.done).collect::<Vec<_>>(), [&""; 0], "forms that nobody sent");
    println!("{} forms: {} events", walk.done.len(), walk.events);
}
