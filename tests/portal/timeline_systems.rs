//! Entries of people with records in several systems: each goes to one, the one chosen, and what corrects it follows
//! it there. And a vendor that can say nothing of what it has: nothing is doubled in silence (OB-1, the third kind).

#![cfg(test)]

use std::collections::HashMap;

use diesel::prelude::*;
use kinbridge::connectors::{EntryChange, Receipt, Vendor};
use kinbridge::domain::access::{EditResidents, ManageOrganisation, RunSyncs};
use kinbridge::domain::connections::{self, Allowed, Availability, Connection};
use kinbridge::domain::timeline::{self, Act, Item, Outcome as Found, Source, State};
use kinbridge::domain::{Refusal, access};
use kinbridge::kit::ids::{ConnectionId, EntryId, OrganisationId, ResidentId};
use kinbridge::links;

use crate::support::vendors::{Connected, Feed, person};
use crate::support::{TestApp, insert};
use crate::timeline::{act, counted, enqueue, standing};

fn second(at: &Connected, vendor: Vendor) -> ConnectionId {
    switch_on(&at.app, at.organisation, vendor)
}

/// Switches a system on, as far as entries need to know.
pub fn switch_on(at: &TestApp, organisation: OrganisationId, vendor: Vendor) -> ConnectionId {
    let allowed = Allowed { available: true, multi_service: false, reason: "arranged".into() };
    at.write(|tx| {
        let operator = access::Platform::for_the_operator();
        connections::set_availability(
            tx,
            &operator,
            organisation,
            vendor,
            Availability::OnceEnabled,
            &allowed,
        )?;
        let scope = access::Scope::<RunSyncs>::for_the_portal(organisation);
        let id = connections::find(tx.conn, &scope, vendor)?.unwrap().id;
        diesel::sql_query(format!("UPDATE connections SET state = 'on' WHERE id = {id}")).execute(tx.conn)?;
        let columns = "connection_id, label, sealed, token_hash, ends_with, made_by_name, made_at";
        let row =
            format!("{id}, 'Key', {}, 'none', 'abcd', 'Mary Jones', '2026-11-01 09:00:00'", blob(tx.conn));
        insert(tx, "connection_tokens", columns, &row);
        Ok(id)
    })
}

/// Something sealed that no test opens.
fn blob(conn: &kinbridge::db::Conn) -> &'static str {
    match conn {
        kinbridge::db::Conn::Sqlite(_) => "X'00'",
        kinbridge::db::Conn::Postgres(_) => "'\\x00'",
    }
}

/// Links a resident to a record of a connection.
fn link(at: &Connected, connection: ConnectionId, resident: ResidentId, external_id: &str) {
    at.write(|tx| {
        let columns = "connection_id, kind, external_id, content_hash, data, sort_name, missing_runs, left_hash, \
                       first_seen_at, changed_at";
        let day = "'2026-11-20 01:00:00'";
        let row = format!("{connection}, 'resident', '{external_id}', '', '{{}}', '', 0, '', {day}, {day}");
        let record = insert(tx, "external_records", columns, &row);
        let columns = "connection_id, kind, external_record_id, local_id, origin, rule, evidence, paired_by_name, \
                       paired_at, batch, ended_by_name, ended_because";
        let row =
            format!("{connection}, 'resident', {record}, {resident}, 'hand', '', '', 'Mary', {day}, '', '', ''");
        insert(tx, "pairings", columns, &row);
        Ok(())
    });
}

fn release(at: &Connected) {
    at.write(timeline::release);
}

/// In which system the newest version of an act stands.
fn system(at: &Connected, n: i64) -> String {
    let found = at.read(|conn| Ok(timeline::standings(conn, at.organisation, Source::Activity, &[n])?));
    found[&n].vendor_name.clone()
}

fn connection(at: &Connected, vendor: Vendor) -> Connection {
    at.read(|conn| Ok(connections::find(conn, &at.scope::<RunSyncs>(), vendor)?)).unwrap()
}

/// What a worker claims now, without sending it.
fn claim(at: &Connected, vendor: Vendor) -> Vec<Item> {
    let connection = connection(at, vendor);
    at.write(|tx| timeline::claim(tx, &connection, 100))
}

fn accept(at: &Connected, vendor: Vendor) -> Vec<Item> {
    let connection = connection(at, vendor);
    let items = claim(at, vendor);
    let settled = items.iter().map(|item| (item.clone(), Found::Accepted(Receipt::default()))).collect();
    at.write(|tx| timeline::settle(tx, &connection, &settled, ""));
    items
}

/// A portal with Nourish and PCS on, and somebody who is linked in the ones named.
async fn both(linked: &[Vendor]) -> (Feed, ResidentId) {
    let feed = Feed::pairing().await;
    let pcs = second(&feed, Vendor::Pcs);
    let ada = feed.resident(&person(0));
    for vendor in linked {
        let connection = if *vendor == Vendor::Pcs { pcs } else { feed.connection };
        link(&feed, connection, ada, &format!("{}-1", vendor.id()));
    }
    (feed, ada)
}

fn default(at: &Connected, system: Option<Vendor>) {
    at.write(|tx| timeline::set_default(tx, &at.scope::<ManageOrganisation>(), system));
}

fn choose(at: &Connected, resident: ResidentId, system: Option<Vendor>) -> Result<(), Refusal> {
    at.try_write(|tx| timeline::choose(tx, &at.scope::<EditResidents>(), resident, system))
}

#[actix_web::test]
async fn an_update_goes_to_the_one_system_chosen_and_what_waits_moves_with_the_choice() {
    let (feed, ada) = both(&[Vendor::Nourish, Vendor::Pcs]).await;
    enqueue(&feed, &[act(ada, 1)]);
    assert_eq!((system(&feed, 1).as_str(), standing(&feed, 1).0), ("Nourish", State::Waiting));
    default(&feed, Some(Vendor::Pcs));
    release(&feed);
    assert_eq!((system(&feed, 1).as_str(), standing(&feed, 1).0), ("PCS", State::Waiting));
    choose(&feed, ada, Some(Vendor::Nourish)).unwrap();
    release(&feed);
    assert_eq!(system(&feed, 1), "Nourish");
    choose(&feed, ada, None).unwrap();
    enqueue(&feed, &[act(ada, 2)]);
    assert_eq!(system(&feed, 2), "PCS");
    release(&feed);
    assert_eq!(system(&feed, 1), "PCS");
    assert_eq!(feed.count("timeline_entries"), 2, "each is there once");
    assert!(claim(&feed, Vendor::Nourish).is_empty());
    let items = accept(&feed, Vendor::Pcs);
    assert_eq!((items.len(), items[0].entry.person.as_str()), (1, "pcs-1"));
    accept(&feed, Vendor::Pcs);
    assert_eq!(counted(&feed, "sent"), 2);
}

#[actix_web::test]
async fn what_was_sent_stays_and_its_corrections_follow_it_where_it_is() {
    let (feed, ada) = both(&[Vendor::Nourish, Vendor::Pcs]).await;
    enqueue(&feed, &[act(ada, 1)]);
    let first = accept(&feed, Vendor::Nourish);
    choose(&feed, ada, Some(Vendor::Pcs)).unwrap();
    let corrected = Act { version: 2, rating: Some(1), ..act(ada, 1) };
    feed.write(|tx| timeline::correct(tx, feed.organisation, Source::Activity, &corrected));
    release(&feed);
    assert_eq!(system(&feed, 1), "Nourish");
    let second = accept(&feed, Vendor::Nourish);
    assert_eq!(second[0].entry.change, EntryChange::Corrects(first[0].entry.external_id.clone()));
    enqueue(&feed, &[act(ada, 2)]);
    assert_eq!(system(&feed, 2), "PCS");
}

#[actix_web::test]
async fn what_is_corrected_before_it_was_sent_goes_where_the_choice_is_then() {
    let (feed, ada) = both(&[Vendor::Nourish, Vendor::Pcs]).await;
    enqueue(&feed, &[act(ada, 1)]);
    choose(&feed, ada, Some(Vendor::Pcs)).unwrap();
    let corrected = Act { version: 2, rating: Some(1), ..act(ada, 1) };
    feed.write(|tx| timeline::correct(tx, feed.organisation, Source::Activity, &corrected));
    release(&feed);
    let sent = accept(&feed, Vendor::Pcs);
    assert_eq!((sent.len(), sent[0].entry.rating), (1, Some(1)));
    assert_eq!(sent[0].entry.change, EntryChange::New);
    assert!(claim(&feed, Vendor::Nourish).is_empty());
}

#[actix_web::test]
async fn who_is_linked_nowhere_waits_for_whichever_link_comes_first() {
    let (feed, ada) = both(&[]).await;
    enqueue(&feed, &[act(ada, 1)]);
    let (state, because) = standing(&feed, 1);
    assert_eq!((state, because.contains("Nourish or PCS")), (State::Held, true), "{because}");
    let pcs = connection(&feed, Vendor::Pcs).id;
    link(&feed, pcs, ada, "pcs-7");
    release(&feed);
    let sent = accept(&feed, Vendor::Pcs);
    assert_eq!((sent.len(), sent[0].entry.person.as_str()), (1, "pcs-7"));
    assert_eq!(sent[0].entry.at.to_rfc3339(), "2025-05-03T14:01:00+00:00", "its own time");
}

#[actix_web::test]
async fn who_was_chosen_a_system_for_waits_for_that_one() {
    let (feed, ada) = both(&[]).await;
    choose(&feed, ada, Some(Vendor::Pcs)).unwrap();
    enqueue(&feed, &[act(ada, 1)]);
    link(&feed, feed.connection, ada, "nourish-7");
    release(&feed);
    let (state, because) = standing(&feed, 1);
    assert_eq!((system(&feed, 1).as_str(), state), ("PCS", State::Held));
    assert!(because.contains("in PCS yet") && !because.contains("Nourish"), "{because}");
}

#[actix_web::test]
async fn a_system_that_takes_no_entries_or_is_off_cannot_be_chosen() {
    let feed = Feed::pairing().await;
    let ada = feed.resident(&person(0));
    second(&feed, Vendor::Fhir);
    for system in [Vendor::Fhir, Vendor::Pcs] {
        let refused = choose(&feed, ada, Some(system));
        assert!(matches!(refused, Err(Refusal::Invalid { .. })), "{refused:?}");
    }
    let elm = access::Scope::<EditResidents>::for_the_portal(feed.cast.elm);
    let refused = feed.try_write(|tx| timeline::choose(tx, &elm, ada, None));
    assert!(matches!(refused, Err(Refusal::NotHere)), "{refused:?}");
}

#[actix_web::test]
async fn a_super_manager_sets_the_organisations_and_a_manager_a_residents_own() {
    let (feed, ada) = both(&[Vendor::Nourish, Vendor::Pcs]).await;
    let (org, settings) = (feed.organisation, links::timeline_settings(feed.organisation));
    assert_eq!(feed.as_stranger().get(&settings).await.status, 404);
    assert_eq!(feed.as_manager().get(&settings).await.status, 403);
    let mary = feed.as_super();
    let page = mary.get(&settings).await.text();
    assert!(page.contains("ActionIconID in PCS for night events"), "{page}");
    let fields = [("system", "pcs"), ("code-pcs-monitoring", "5003")];
    assert_eq!(mary.post(&settings, &fields).await.status, 303);
    assert_eq!(feed.events("timeline.default") + feed.events("timeline.filing"), 2);
    let page = mary.post(&settings, &[("system", "pcs"), ("code-pcs-activity", "5 0<")]).await;
    assert!(page.status == 422 && page.text().contains("Enter the number as it stands"), "{}", page.text());
    let ben = feed.as_manager();
    let path = links::resident(org, ada);
    let page = ben.get(&path).await;
    assert!(page.text().contains("Updates go to PCS."), "{}", page.text());
    let about =
        page.body.split("name=\"about\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let to = links::resident_care_record(org, ada);
    assert_eq!(feed.as_staff().post(&to, &[("about", &about), ("system", "nourish")]).await.status, 403);
    assert_eq!(ben.post(&to, &[("about", &about), ("system", "nourish")]).await.status, 303);
    assert!(ben.get(&path).await.text().contains("Updates go to Nourish."));
}

/// What the vendor has: by our identifier, how often.
type There = HashMap<String, usize>;

/// Carries claims out against a vendor that keeps what it is sent, sometimes loses the answer, and can never be asked.
fn work(at: &Connected, there: &mut There, chance: &mut u64) {
    let connection = connection(at, Vendor::Pcs);
    let mut next = || {
        *chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (*chance >> 33) % 10
    };
    let mut settled = Vec::new();
    for item in claim(at, Vendor::Pcs) {
        if item.look_first {
            settled.push((item, Found::CannotLook));
            continue;
        }
        match next() {
            // The process dies before it sends anything more, or after it has sent this.
            0 => break,
            1 => {
                *there.entry(item.entry.external_id.clone()).or_default() += 1;
                break;
            }
            _ => {
                *there.entry(item.entry.external_id.clone()).or_default() += 1;
                settled.push((item, Found::Accepted(Receipt::default())));
            }
        }
    }
    // Or before it writes down what it knows.
    if next() > 2 {
        at.write(|tx| timeline::settle(tx, &connection, &settled, ""));
    }
    at.pass(301);
    at.write(|tx| Ok(timeline::recover(tx)?));
    release(at);
}

#[actix_web::test]
async fn a_vendor_that_cannot_be_asked_gets_nothing_twice_in_silence_and_each_doubt_is_shown() {
    let feed = Feed::pairing().await;
    let pcs = second(&feed, Vendor::Pcs);
    let people: Vec<ResidentId> = (0..10).map(|n| feed.resident(&person(n))).collect();
    for (n, resident) in people.iter().enumerate() {
        link(&feed, pcs, *resident, &format!("pcs-{n}"));
    }
    let acts: Vec<Act> = (0..200).map(|n| act(people[usize::try_from(n).unwrap() % 10], n)).collect();
    enqueue(&feed, &acts);
    let (mut there, mut chance, mut kills) = (There::new(), 7, 0);
    while feed.number("SELECT COUNT(*) FROM timeline_entries WHERE pending = TRUE") > 0 {
        work(&feed, &mut there, &mut chance);
        kills += 1;
        assert!(kills < 2_000, "it never ends");
    }
    assert_eq!(there.values().filter(|times| **times > 1).count(), 0, "0 duplicates");
    let (sent, doubtful) = (counted(&feed, "sent"), counted(&feed, "doubtful"));
    assert_eq!(sent + doubtful, 200, "0 lost");
    assert!(doubtful > 0 && usize::try_from(sent).unwrap() <= there.len());
    let page = feed.as_manager().get(&links::timeline(feed.organisation)).await.text();
    assert!(
        page.contains(&format!("Needs attention ({doubtful})")) && page.contains("Not certain"),
        "{page}"
    );
    // A person has looked: it is sent once more, since somebody asked for it.
    let id = EntryId(feed.number("SELECT MIN(id) FROM timeline_entries WHERE state = 'doubtful'"));
    assert_eq!(feed.write(|tx| timeline::send_again(tx, &feed.scope::<RunSyncs>(), &[id])), 1);
    println!(
        "{kills} workers, most of them killed: {sent} accepted, {doubtful} shown as not certain, 0 doubled"
    );
}
