//! Several care record systems for one organisation: none takes another's people for leavers, and none overwrites
//! what another owns.

#![cfg(test)]

use kinbridge::connectors::{PersonRecord, Vendor};
use kinbridge::domain::Refusal;
use kinbridge::domain::access::{EditResidents, ManageIntegrations, RunSyncs, ViewResidents};
use kinbridge::domain::residents::{self, Part};
use kinbridge::domain::sync::{self, List, Run, RunState, Staged, Wanted};
use kinbridge::kit::ids::ConnectionId;
use kinbridge::links;

use crate::support::insert;
use crate::support::vendors::{Feed, people, person};

/// A second system of the organisation, which is on.
pub fn beside(feed: &Feed, vendor: Vendor) -> ConnectionId {
    let (organisation, vendor) = (feed.organisation, vendor.id());
    ConnectionId(feed.write(|tx| {
        Ok(insert(
            tx,
            "connections",
            "organisation_id, vendor, available, state, sync_mode, multi_service, terms_version, terms_accepted_by, \
             last_failure, last_repair, failures, alerted_whom, last_complete_residents, last_complete_staff, \
             matched_with, created_at",
            &format!(
                "{organisation}, '{vendor}', TRUE, 'on', 'pair', FALSE, '', '', '', '', 0, '', 0, 0, '', \
                 '2026-11-01 09:00:00'"
            ),
        ))
    }))
}

/// A sync of residents with that system.
fn sync_with(feed: &Feed, (connection, vendor): (ConnectionId, Vendor), records: &[PersonRecord]) -> Run {
    let scope = feed.scope::<RunSyncs>();
    let run = feed.write(|tx| sync::request(tx, &scope, connection, Wanted::Residents, false)).run();
    let claim = feed.claim();
    let people = Some(List { records: records.to_vec(), set_aside: Vec::new() });
    let staged = Staged { people, ..Staged::default() };
    let db = &feed.app.services.db;
    sync::settle(db, &claim, vendor, &staged, None, "http://127.0.0.1:8080").unwrap();
    feed.run(run)
}

/// The same people under identifiers of the second system's own.
fn there(records: &[PersonRecord]) -> Vec<PersonRecord> {
    let other =
        |one: &PersonRecord| PersonRecord { external_id: one.external_id.replace("p-", "k-"), ..one.clone() };
    records.iter().map(other).collect()
}

/// Ten residents who are paired in Nourish and in KareInn.
async fn ten_in_both() -> (Feed, (ConnectionId, Vendor), Vec<PersonRecord>) {
    let mut feed = Feed::pairing().await;
    for record in people(0..10) {
        feed.resident(&record);
    }
    feed.people = people(0..10);
    assert_eq!(feed.sync().counts().0.paired, 10);
    let kareinn = (beside(&feed, Vendor::KareInn), Vendor::KareInn);
    let theirs = there(&feed.people);
    assert_eq!(sync_with(&feed, kareinn, &theirs).counts().0.paired, 10);
    (feed, kareinn, theirs)
}

#[actix_web::test]
async fn two_systems_that_say_different_things_never_fight() {
    let (feed, kareinn, mut theirs) = ten_in_both().await;
    let ada = feed.paired("p-0").unwrap();
    theirs[0].first_name = "Elizabeth".into();
    theirs[0].status = Some("Respite".into());
    for _ in 0..2 {
        assert_eq!(sync_with(&feed, kareinn, &theirs).counts().0.changed, 0);
        assert_eq!(feed.sync().counts().0.changed, 0);
    }
    let facts = feed.resident_now(ada).facts;
    assert_eq!((facts.first_name, facts.care_status.as_str()), (person(0).first_name, "Permanent"));
    // Decided otherwise, KareInn is right from the next sync on, and Nourish leaves it alone; the status, which
    // KareInn never owns, goes on following Nourish.
    let scope = feed.scope::<ManageIntegrations>();
    let order = [Vendor::KareInn, Vendor::Nourish];
    feed.write(|tx| residents::follow(tx, &scope, Part::Name, &order));
    assert_eq!(feed.events("authority.changed"), 1);
    assert_eq!(sync_with(&feed, kareinn, &theirs).counts().0.changed, 1);
    for _ in 0..2 {
        assert_eq!(feed.sync().counts().0.changed, 0);
        assert_eq!(sync_with(&feed, kareinn, &theirs).counts().0.changed, 0);
    }
    let facts = feed.resident_now(ada).facts;
    assert_eq!((facts.first_name.as_str(), facts.care_status.as_str()), ("Elizabeth", "Permanent"));
}

#[actix_web::test]
async fn whoever_one_system_lists_still_stays_and_leaves_when_the_last_one_lets_them_go() {
    let (mut feed, kareinn, mut theirs) = ten_in_both().await;
    let ada = feed.paired("p-7").unwrap();
    let missing_there = format!(
        "SELECT COALESCE(SUM(missing_runs), 0) FROM external_records WHERE connection_id = {}",
        kareinn.0
    );
    feed.without(7..8);
    assert_eq!(feed.sync().counts().0.missing, 1);
    let run = feed.sync();
    assert_eq!((run.counts().0.left, run.counts().0.stayed, run.state), (0, 1, RunState::Done));
    let line = feed.changes(&run, "stays").remove(0);
    assert!(line.words.starts_with("Nourish lists them no more."), "{}", line.words);
    assert!(line.words.ends_with("listed in KareInn still"), "{}", line.words);
    assert!(!feed.resident_now(ada).is_archived());
    assert_eq!(feed.number(&missing_there), 0, "a sync of one system never counts another's records");
    assert_eq!(feed.sync().counts().0.stayed, 0, "said once");
    let page = feed.app.as_super().get(&links::resident(feed.organisation, ada)).await.text();
    assert!(
        page.contains("No longer listed in Nourish. They stay, because they are listed in KareInn still.")
    );
    theirs.remove(7);
    assert_eq!(sync_with(&feed, kareinn, &theirs).counts().0.left, 0);
    assert_eq!(sync_with(&feed, kareinn, &theirs).counts().0.left, 1);
    assert!(feed.resident_now(ada).is_archived());
    // Whoever lists them again brings them back.
    feed.people = people(0..10);
    assert_eq!(feed.sync().counts().0.returned, 1);
    assert_eq!(sync_with(&feed, kareinn, &theirs).counts().0.left, 0);
    assert!(!feed.resident_now(ada).is_archived());
}

#[actix_web::test]
async fn whoever_stayed_for_a_system_that_is_switched_off_leaves() {
    let (mut feed, kareinn, _) = ten_in_both().await;
    let ada = feed.paired("p-7").unwrap();
    feed.without(7..8);
    feed.sync();
    assert_eq!(feed.sync().counts().0.stayed, 1);
    feed.write(|tx| {
        use diesel::prelude::*;
        let off = format!("UPDATE connections SET state = 'off' WHERE id = {}", kareinn.0);
        diesel::sql_query(off).execute(tx.conn)?;
        Ok(())
    });
    assert_eq!(feed.sync().counts().0.left, 1);
    assert!(feed.resident_now(ada).is_archived());
    assert_eq!(feed.sync().counts().0.left, 0, "once");
}

#[actix_web::test]
async fn a_system_that_owns_nothing_changes_nothing_and_its_words_stand_beside() {
    let mut feed = Feed::pairing().await;
    let ada = feed.resident(&person(0));
    feed.people = people(0..1);
    feed.sync();
    let pcs = (beside(&feed, Vendor::Pcs), Vendor::Pcs);
    let mut theirs = there(&people(0..1));
    theirs[0].first_name = "Elizabeth".into();
    let run = sync_with(&feed, pcs, &theirs);
    assert_eq!((run.counts().0.paired, run.counts().0.to_check), (0, 1), "nothing of PCS pairs by itself");
    let record = feed.number("SELECT id FROM external_records WHERE external_id = 'k-0'");
    feed.write(|tx| {
        let chosen = kinbridge::domain::pairing::Chosen {
            connection: pcs.0,
            system: Vendor::Pcs,
            kind: kinbridge::domain::pairing::matching::Kind::People,
            local: ada.0,
            record: kinbridge::kit::ids::ExternalRecordId(record),
        };
        kinbridge::domain::pairing::link(tx, &feed.scope(), &chosen, true, None)
    });
    assert_eq!(feed.resident_now(ada).facts.first_name, person(0).first_name);
    assert_eq!(sync_with(&feed, pcs, &theirs).counts().0.changed, 0);
    let page = feed.app.as_super().get(&links::resident(feed.organisation, ada)).await.text();
    assert!(page.contains("Change this in Nourish. Paired by a rule,"), "{page}");
    assert!(page.contains("PCS says Elizabeth."), "{page}");
    assert!(page.contains("Identifier in PCS k-0"), "{page}");
    let sources = feed.read(|conn| Ok(residents::sources(conn, &feed.scope::<ViewResidents>(), ada)?));
    assert_eq!(sources.len(), 2);
}

#[actix_web::test]
async fn rules_reasons_and_directions_stand_on_one_page_and_a_super_manager_decides() {
    let mut feed = Feed::pairing().await;
    let mut respite = person(0);
    respite.status = Some("Respite".into());
    feed.resident(&respite);
    feed.people = people(0..3);
    feed.person(0).status = Some("Respite".into());
    feed.person(1).resident_type = Some("Day care".into());
    feed.person(2).archived = true;
    let counts = feed.sync().counts().0;
    assert_eq!((counts.out_of_scope, counts.out_status, counts.out_type, counts.out_archived), (3, 1, 1, 1));
    let rules = links::sync_rules(feed.organisation);
    let page = feed.app.as_manager().get(&rules).await;
    assert!(!page.body.contains("<select"), "a manager looks");
    let page = page.text();
    for words in [
        "Residents are paired by themselves when: First name, last name, date of birth and NHS number are equal",
        "In scope are those whose status is Permanent.",
        "In scope are those whose resident type is Nursing or Residential.",
        "status: Respite 1",
        "Out of scope: 1 by their status, 1 by their resident type, 1 archived there.",
        "Date of birth From Nourish to here. Nothing is sent back.",
        "Room Kept here: no system changes it.",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let mary = feed.app.as_super();
    let decide = |part: &'static str, first: &'static str, second: &'static str| {
        let to = links::sync_rule(feed.organisation, part);
        let mary = &mary;
        async move { mary.post(&to, &[("vendor_1", first), ("vendor_2", second)]).await }
    };
    assert_eq!(decide("room", "nourish", "").await.status, 303);
    assert!(mary.get(&rules).await.text().contains("Room From Nourish to here."));
    assert_eq!(decide("room", "nourish", "nourish").await.status, 303);
    assert!(mary.get(&rules).await.text().contains("Choose each system once."));
    assert_eq!(decide("nothing", "nourish", "").await.status, 404);
    assert_eq!(feed.events("authority.changed"), 1);
}

#[actix_web::test]
async fn a_room_follows_a_system_only_where_somebody_decided_so() {
    let mut feed = Feed::pairing().await;
    let ada = feed.resident(&person(0));
    feed.people = people(0..1);
    feed.sync();
    feed.person(0).room = Some("99".into());
    assert_eq!(feed.sync().counts().0.changed, 0);
    let scope = feed.scope::<ManageIntegrations>();
    feed.write(|tx| residents::follow(tx, &scope, Part::Room, &[Vendor::Nourish]));
    let run = feed.sync();
    assert_eq!(run.counts().0.changed, 1);
    assert_eq!(feed.changes(&run, "changed")[0].after, r#"{"room":"99"}"#);
    let now = feed.resident_now(ada);
    let mut facts = now.facts.clone();
    facts.room = "5".into();
    let scope = feed.scope::<EditResidents>();
    let refused = feed.app.try_write(|tx| residents::change(tx, &scope, ada, now.version, &facts));
    assert!(matches!(refused, Err(Refusal::Invalid { field: "room", .. })), "{refused:?}");
    // What nobody changed is no change, and the rest may be saved.
    facts.room = "99".into();
    facts.preferred_name = "Addie".into();
    feed.write(|tx| residents::change(tx, &scope, ada, now.version, &facts));
    assert_eq!(feed.sync().counts().0.changed, 0);
}
