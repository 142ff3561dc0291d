//! The outbox to the care record: what goes, when, in which order, and what is seen of it.

#![cfg(test)]

use chrono::{NaiveDateTime, TimeDelta};
use kinbridge::connectors::{CareSystem, Vendor};
use kinbridge::domain::access::{ManagePlaces, Platform, RunSyncs, ViewIntegrations};
use kinbridge::domain::connections::{self, Allowed, Availability, SyncMode};
use kinbridge::domain::organisations;
use kinbridge::domain::timeline::{self, Act, Source, State, Wanted};
use kinbridge::jobs::{Outcome, push_timeline};
use kinbridge::kit::ids::ResidentId;
use kinbridge::sandbox::nourish::Entry;

use crate::support::vendors::{Connected, Nourish, person};

/// When the n-th act happened: long ago, each a minute after the one before.
pub fn at(n: i64) -> NaiveDateTime {
    "2025-05-03T14:00:00".parse::<NaiveDateTime>().unwrap() + TimeDelta::minutes(n)
}

pub fn act(resident: ResidentId, n: i64) -> Act {
    Act {
        resident,
        source_id: n,
        key: format!("key-{n}"),
        version: 1,
        at: at(n),
        activity_name: format!("Activity {n}"),
        details: String::new(),
        location: "Lounge".into(),
        took_part: n % 3 != 0,
        rating: Some(4),
        comment: String::new(),
        completed_by: "Amina Yusuf".into(),
    }
}

/// Puts acts onto their way.
pub fn enqueue(at: &Connected, acts: &[Act]) {
    at.write(|tx| timeline::enqueue(tx, at.organisation, Source::Activity, acts));
}

pub async fn push(at: &Connected) -> Outcome {
    push_timeline::run(&at.app.services).await.unwrap()
}

/// Where the newest version of an act stands, and why.
pub fn standing(at: &Connected, n: i64) -> (State, String) {
    let found = at.read(|conn| Ok(timeline::standings(conn, at.organisation, Source::Activity, &[n])?));
    let standing = found.get(&n).unwrap();
    (standing.state, standing.because.clone())
}

pub fn counted(at: &Connected, state: &str) -> i64 {
    at.number(&format!("SELECT COUNT(*) FROM timeline_entries WHERE state = '{state}'"))
}

/// A portal with so many residents, all of them linked, and who they are.
pub async fn linked(people: u32) -> (Nourish, Vec<ResidentId>) {
    let nourish = Nourish::start(SyncMode::Create, people).await;
    nourish.sync().await;
    let ids = (0..people).map(|n| nourish.paired(&format!("p-{n}")).unwrap()).collect();
    (nourish, ids)
}

/// The entries of one person's timeline as they arrived.
fn of<'e>(entries: &'e [Entry], client: &str) -> Vec<&'e str> {
    entries
        .iter()
        .filter(|entry| entry.client_id == client)
        .map(|entry| entry.activity_name.as_str())
        .collect()
}

#[actix_web::test]
async fn what_was_recorded_arrives_once_in_order_with_its_own_time_and_declines_too() {
    let (nourish, ids) = linked(3).await;
    let acts: Vec<Act> = (0..12).map(|n| act(ids[usize::try_from(n).unwrap() % 3], n)).collect();
    enqueue(&nourish, &acts);
    assert_eq!(standing(&nourish, 0).0, State::Waiting);
    assert_eq!(push(&nourish).await, Outcome::Worked(12));
    assert_eq!(push(&nourish).await, Outcome::Idle);
    let entries = nourish.simulator.entries();
    assert_eq!(entries.len(), 12);
    for n in 0..3 {
        let expected: Vec<String> = (0..4).map(|k| format!("Activity {}", n + 3 * k)).collect();
        assert_eq!(of(&entries, &format!("p-{n}")), expected);
    }
    let first = entries.iter().find(|entry| entry.activity_name == "Activity 0").unwrap();
    assert_eq!((first.occurred_at.as_str(), first.took_part), ("2025-05-03T14:00:00Z", false));
    assert_eq!(standing(&nourish, 5), (State::Sent, String::new()));
    assert!(nourish.events("timeline.sent") > 0);
}

#[actix_web::test]
async fn an_unpaired_residents_entries_wait_and_go_with_their_own_time_once_they_are_paired() {
    let nourish = Nourish::start(SyncMode::Pair, 2).await;
    let (early, late) = (nourish.resident(&person(0)), nourish.resident(&person(1)));
    enqueue(&nourish, &[act(early, 1), act(late, 2)]);
    let (state, because) = standing(&nourish, 1);
    assert_eq!((state, because.contains("Not linked")), (State::Held, true), "{because}");
    assert_eq!(push(&nourish).await, Outcome::Idle);
    assert!(nourish.simulator.entries().is_empty());
    nourish.sync().await;
    assert_eq!(push(&nourish).await, Outcome::Worked(2));
    let entries = nourish.simulator.entries();
    assert_eq!(entries[0].occurred_at, "2025-05-03T14:01:00Z");
    assert_eq!(standing(&nourish, 2).0, State::Sent);
}

#[actix_web::test]
async fn nothing_goes_while_nourish_is_off_and_everything_once_it_is_on() {
    let (nourish, ids) = linked(1).await;
    let scope = nourish.scope();
    nourish.write(|tx| connections::switch_off(tx, &scope, nourish.connection));
    enqueue(&nourish, &[act(ids[0], 1)]);
    assert_eq!(standing(&nourish, 1), (State::Held, "Nourish is not switched on.".into()));
    assert_eq!(push(&nourish).await, Outcome::Idle);
    assert_eq!(counted(&nourish, "held"), 1);
}

#[actix_web::test]
async fn one_token_over_several_services_holds_writes_until_zones_of_their_names_are_there() {
    let nourish = Nourish::start(SyncMode::Pair, 1).await;
    let resident = nourish.resident(&person(0));
    nourish.sync().await;
    nourish.simulator.paste_token("s-2", &nourish.token);
    nourish.sync().await;
    enqueue(&nourish, &[act(resident, 1)]);
    let (state, because) = standing(&nourish, 1);
    assert_eq!(state, State::Held);
    assert!(because.contains("multi-service"), "{because}");
    let allowed = Allowed { available: true, multi_service: true, reason: "arranged".into() };
    nourish.write(|tx| {
        let (operator, at_once) = (Platform::for_the_operator(), Availability::AtOnce);
        connections::set_availability(tx, &operator, nourish.organisation, Vendor::Nourish, at_once, &allowed)
    });
    nourish.simulator.set_multi_service(true);
    push(&nourish).await;
    assert!(standing(&nourish, 1).1.contains("create a zone called Elm Lodge"));
    let zones = nourish.scope::<ManagePlaces>();
    let house = nourish.cast.willow_house;
    nourish.write(|tx| organisations::add_zone(tx, &zones, house, "Elm Lodge"));
    push(&nourish).await;
    assert!(standing(&nourish, 1).1.contains("in no zone"), "{:?}", standing(&nourish, 1));
    let oak = nourish.cast.oak_wing;
    nourish.write(|tx| {
        use diesel::prelude::*;
        let moved = format!("UPDATE residents SET zone_id = {oak} WHERE id = {resident}");
        diesel::sql_query(moved).execute(tx.conn)?;
        Ok(())
    });
    push(&nourish).await;
    assert_eq!(standing(&nourish, 1), (State::Sent, String::new()));
}

#[actix_web::test]
async fn what_is_withdrawn_before_it_was_sent_never_is() {
    let (nourish, ids) = linked(2).await;
    enqueue(&nourish, &[act(ids[0], 1), act(ids[1], 2)]);
    let withdrawn = Act { version: 2, ..act(ids[0], 1) };
    nourish.write(|tx| timeline::withdraw(tx, nourish.organisation, Source::Activity, &withdrawn));
    push(&nourish).await;
    let entries = nourish.simulator.entries();
    assert_eq!((entries.len(), entries[0].activity_name.as_str()), (1, "Activity 2"));
    assert_eq!(standing(&nourish, 1).0, State::Cancelled);
}

#[actix_web::test]
async fn a_correction_follows_the_original_and_names_it_and_a_withdrawal_takes_the_newest_back() {
    let (nourish, ids) = linked(1).await;
    let org = nourish.organisation;
    enqueue(&nourish, &[act(ids[0], 1)]);
    push(&nourish).await;
    let corrected = Act { version: 2, rating: Some(1), ..act(ids[0], 1) };
    nourish.write(|tx| timeline::correct(tx, org, Source::Activity, &corrected));
    push(&nourish).await;
    let withdrawn = Act { version: 3, comment: "Another Joan".into(), ..act(ids[0], 1) };
    nourish.write(|tx| timeline::withdraw(tx, org, Source::Activity, &withdrawn));
    push(&nourish).await;
    let entries = nourish.simulator.entries();
    assert_eq!(entries.len(), 3);
    assert_eq!((entries[0].rating, entries[1].rating), (Some(4), Some(1)));
    assert_eq!(entries[1].replaces.as_deref(), Some(entries[0].external_id.as_str()));
    assert!(entries[1].comment.contains("corrects an earlier entry"));
    assert_eq!(
        (entries[2].withdrawn, entries[2].replaces.as_deref()),
        (true, Some(entries[1].external_id.as_str()))
    );
}

#[actix_web::test]
async fn what_is_corrected_before_it_was_sent_goes_once_as_corrected() {
    let (nourish, ids) = linked(1).await;
    enqueue(&nourish, &[act(ids[0], 1)]);
    let corrected = Act { version: 2, rating: Some(1), ..act(ids[0], 1) };
    nourish.write(|tx| timeline::correct(tx, nourish.organisation, Source::Activity, &corrected));
    push(&nourish).await;
    let entries = nourish.simulator.entries();
    assert_eq!((entries.len(), entries[0].rating, entries[0].replaces.as_deref()), (1, Some(1), None));
}

#[actix_web::test]
async fn managers_see_the_queue_by_state_and_how_an_entry_looks() {
    let (nourish, ids) = linked(1).await;
    let long = Act { details: "d".repeat(1_200), ..act(ids[0], 1) };
    enqueue(&nourish, &[long]);
    push(&nourish).await;
    let scope = nourish.scope::<ViewIntegrations>();
    let page =
        nourish.read(|conn| Ok(timeline::list(conn, &scope, Wanted { states: &[State::Sent] }, 0, 10)?));
    assert_eq!(page.rows.len(), 1);
    let system = nourish.services.care_systems.get(Vendor::Nourish).unwrap();
    let shown = CareSystem::shown(&*system, &timeline::preview(&page.rows[0].kept));
    assert_eq!((shown[1].label.as_str(), shown[1].cut), ("Details", 200));
    assert_eq!(nourish.read(|conn| Ok(timeline::counts(conn, &scope)?)), [(State::Sent, 1)]);
    let again = nourish.scope::<RunSyncs>();
    let id = page.rows[0].kept.id;
    assert_eq!(nourish.write(|tx| timeline::send_again(tx, &again, &[id])), 0);
}
