//! A connection knows its homes: who is counted, listed, paired and made by itself, and what becomes of the others.

#![cfg(test)]

use kinbridge::connectors::Vendor;
use kinbridge::domain::access::{ManageIntegrations, PairRecords, ViewIntegrations, ViewResidents};
use kinbridge::domain::connections::{self, Availability, Because};
use kinbridge::domain::organisations;
use kinbridge::domain::pairing::{self, Filter, Progress, matching::Kind};
use kinbridge::domain::residents;
use kinbridge::domain::sync::RunState;
use kinbridge::domain::{Refusal, access::EditStaff, staff};
use kinbridge::kit::ids::{PlaceId, ResidentId};
use kinbridge::links;

use crate::support::vendors::{Connected, Feed, people, person, staff_member, why, worker};

fn set(at: &Connected, homes: &[PlaceId]) {
    let scope = at.scope::<ManageIntegrations>();
    at.write(|tx| connections::set_homes(tx, &scope, (Vendor::Nourish, Availability::AtOnce), homes));
}

fn progress(at: &Connected, kind: Kind) -> (i64, i64, i64) {
    let (scope, today) = (at.scope::<ViewIntegrations>(), at.clock.now().date());
    let found = at.read(|conn| Ok(pairing::progress(conn, &scope, at.connection, kind, today)?));
    let Progress { paired, total, elsewhere, .. } = found;
    (paired, total, elsewhere)
}

fn unpaired(at: &Connected, kind: Kind) -> Vec<i64> {
    let (scope, today) = (at.scope::<ViewIntegrations>(), at.clock.now().date());
    let all = Filter { limit: 100, ..Filter::default() };
    at.read(|conn| pairing::unpaired(conn, &scope, at.connection, kind, &all, today))
        .iter()
        .map(|one| one.local)
        .collect()
}

/// Residents 0..4 in Willow House and 4..10 in Oak Court; all of them are in Nourish.
async fn two_homes() -> (Feed, Vec<ResidentId>) {
    let mut feed = Feed::pairing().await;
    let (house, court) = (feed.cast.willow_house, feed.cast.oak_court);
    let add = |n: u32| feed.resident_in(&person(n), if n < 4 { house } else { court });
    let ids = (0..10).map(add).collect();
    feed.people = people(0..10);
    (feed, ids)
}

#[actix_web::test]
async fn only_super_managers_set_the_homes_and_only_homes_of_their_own() {
    let (feed, _) = two_homes().await;
    let to = links::integration_act(feed.organisation, "nourish", "homes");
    let house = feed.cast.willow_house.to_string();
    let fields = [("home[]", house.as_str())];
    for (who, status) in [
        (feed.app.as_manager(), 403),
        (feed.app.as_staff(), 403),
        (feed.app.as_colleague(), 403),
        (feed.app.as_stranger(), 404),
    ] {
        assert_eq!(who.post(&to, &fields).await.status, status);
    }
    assert_eq!(feed.count("connection_homes"), 0);
    let mary = feed.app.as_super();
    for wrong in [feed.cast.elm_lodge, feed.cast.oak_wing] {
        assert_eq!(mary.post(&to, &[("home[]", &wrong.to_string())]).await.status, 404);
    }
    assert_eq!(mary.post(&to, &fields).await.status, 303);
    assert_eq!((feed.count("connection_homes"), feed.events("connection.homes")), (1, 1));
    let page = mary.get(&links::integration(feed.organisation, "nourish")).await;
    assert!(
        page.text().contains("Nourish is on for Willow House, and off for Oak Court."),
        "{}",
        page.text()
    );
    assert!(page.body.contains(&format!("value=\"{house}\" checked")), "{}", page.body);
    // The same again is no change; none and all are the same.
    assert_eq!(mary.post(&to, &fields).await.status, 303);
    assert_eq!(feed.events("connection.homes"), 1);
    let court = feed.cast.oak_court.to_string();
    assert_eq!(mary.post(&to, &[("home[]", &house), ("home[]", &court)]).await.status, 303);
    assert_eq!((feed.count("connection_homes"), feed.events("connection.homes")), (0, 2));
    assert_eq!(mary.post(&to, &[]).await.status, 303);
    assert_eq!(feed.events("connection.homes"), 2);
    let page = feed.app.as_manager().get(&links::integration(feed.organisation, "nourish")).await;
    assert!(page.text().contains("Nourish is on for all homes, also for those that are added later."));
    assert!(!page.body.contains("home[]"), "a manager looks");
}

#[actix_web::test]
async fn numbers_lists_pairs_and_suggestions_are_of_these_homes_only() {
    let (mut feed, ids) = two_homes().await;
    set(&feed, &[feed.cast.willow_house]);
    assert_eq!(progress(&feed, Kind::People), (0, 4, 0));
    let run = feed.sync();
    assert_eq!((run.counts().0.paired, run.counts().0.to_check), (4, 6));
    assert_eq!(progress(&feed, Kind::People), (4, 4, 0));
    assert_eq!(
        (unpaired(&feed, Kind::People).len(), feed.count("unpaired"), feed.count("suggestions")),
        (0, 0, 0)
    );
    assert_eq!(why(&feed, ids[9]), "");
    let mary = feed.app.as_super();
    let card = mary.get(&links::integrations(feed.organisation)).await.text();
    assert!(card.contains("4 of 4 paired with Nourish") && card.contains("Willow House only"), "{card}");
    let csv = mary.get(&links::pairing_csv(feed.organisation, "nourish", "residents")).await.body;
    assert!(!csv.contains(&person(9).last_name), "{csv}");
    let resident = mary.get(&links::resident(feed.organisation, ids[9])).await.text();
    assert!(!resident.contains("Link Resident"), "{resident}");
    let setup = feed.read(|conn| {
        let scope = feed.scope::<ViewIntegrations>();
        let feeds = organisations::feeds(conn, &scope)?;
        Ok(organisations::setup(conn, &scope, &feeds)?)
    });
    assert_eq!(setup.unwrap().unpaired, 0);
    // With all homes again, the next sync looks at everybody, though nothing came that was not there before.
    set(&feed, &[]);
    assert_eq!(progress(&feed, Kind::People), (4, 10, 0));
    assert_eq!(unpaired(&feed, Kind::People).len(), 6);
    assert_eq!(feed.sync().counts().0.paired, 6);
    feed.people.clear();
}

#[actix_web::test]
async fn staff_without_a_home_count_for_every_connection() {
    let mut feed = Feed::pairing().await;
    for n in 0..3 {
        staff_member(&feed, &worker(n));
    }
    let (house, court) = (feed.cast.willow_house, feed.cast.oak_court);
    let scope = feed.scope::<EditStaff>();
    for (n, home) in [(3, house), (4, court)] {
        let record = worker(n);
        let details = staff::StaffDetails {
            home: Some(home),
            first_name: record.first_name,
            last_name: record.last_name,
            email: record.email.unwrap(),
            job_title: String::new(),
        };
        feed.write(|tx| staff::add(tx, &scope, &details));
    }
    feed.staff = (0..5).map(worker).collect();
    assert_eq!(progress(&feed, Kind::Staff), (0, 5, 0));
    set(&feed, &[house]);
    assert_eq!(progress(&feed, Kind::Staff), (0, 4, 0));
    // The fourth works in Willow House, which is none of Nourish's services.
    assert_eq!(feed.sync().counts().1.paired, 3);
    assert_eq!((progress(&feed, Kind::Staff), unpaired(&feed, Kind::Staff).len()), ((3, 4, 0), 1));
}

#[actix_web::test]
async fn whoever_is_paired_and_lives_in_another_home_stays_is_followed_and_says_so() {
    let (mut feed, ids) = two_homes().await;
    assert_eq!(feed.sync().counts().0.paired, 10);
    let guess = feed.read(|conn| {
        let scope = feed.scope::<ManageIntegrations>();
        Ok(connections::guess(conn, &scope, Some(feed.connection))?)
    });
    assert_eq!(guess, None, "people of both homes are paired");
    set(&feed, &[feed.cast.willow_house]);
    assert_eq!(progress(&feed, Kind::People), (4, 4, 6));
    let page = feed.app.as_super().get(&links::integration(feed.organisation, "nourish")).await.text();
    assert!(page.contains("6 residents of other homes are paired with Nourish too."), "{page}");
    let page =
        feed.app.as_super().get(&links::pairing(feed.organisation, "nourish", "residents")).await.text();
    assert!(page.contains("4 of 4") && page.contains("6 more of other homes are paired too."), "{page}");
    // Changes are followed.
    feed.person(9).status = Some("Hospital".into());
    assert_eq!(feed.sync().counts().0.changed, 1);
    assert_eq!(feed.resident_now(ids[9]).facts.care_status, "Hospital");
    let resident = feed.app.as_super().get(&links::resident(feed.organisation, ids[9])).await.text();
    assert!(
        resident.contains("They live in Oak Court, which Nourish is not for. They stay paired"),
        "{resident}"
    );
    // Nourish lets one of each home go: only the one whose home it is for has left.
    feed.people.retain(|one| one.external_id != "p-9" && one.external_id != "p-0");
    assert_eq!(feed.sync().counts().0.missing, 2);
    let run = feed.sync();
    assert_eq!((run.counts().0.left, run.counts().0.stayed, run.state), (1, 1, RunState::Done));
    assert!(feed.resident_now(ids[0]).is_archived() && !feed.resident_now(ids[9]).is_archived());
    let line = feed.changes(&run, "stays").remove(0);
    assert_eq!(line.words, "Nourish lists them no more. They stay, because Nourish is not for their home");
    let resident = feed.app.as_super().get(&links::resident(feed.organisation, ids[9])).await.text();
    assert!(
        resident.contains("They stay, because Nourish is not for Oak Court, where they live."),
        "{resident}"
    );
    // Once it is for their home, they have left.
    set(&feed, &[]);
    assert_eq!(feed.sync().counts().0.left, 1);
    assert!(feed.resident_now(ids[9]).is_archived());
}

#[actix_web::test]
async fn a_sync_of_one_resident_asks_only_systems_of_their_home() {
    let (feed, ids) = two_homes().await;
    set(&feed, &[feed.cast.willow_house]);
    let mary = feed.app.as_super();
    let page = mary.post(&links::sync_resident(feed.organisation, ids[9]), &[]).await;
    assert_eq!(page.location(), links::resident(feed.organisation, ids[9]));
    assert_eq!(feed.count("sync_runs"), 0);
    mary.post(&links::sync_resident(feed.organisation, ids[0]), &[]).await;
    assert_eq!(feed.count("sync_runs"), 1);
}

#[actix_web::test]
async fn people_who_are_made_live_in_the_homes_that_it_is_for() {
    let mut feed = Feed::creating().await;
    let scope = feed.scope();
    let other = feed.write(|tx| organisations::add_home(tx, &scope, "Elm Court"));
    let zone = feed.write(|tx| organisations::add_zone(tx, &scope, other, "Beech Wing"));
    feed.write(|tx| organisations::add_zone(tx, &scope, feed.cast.elm_lodge, "Ash Wing"));
    feed.services.insert("s-2".into(), "Ash Wing".into());
    set(&feed, &[other]);
    feed.people = people(0..3);
    feed.people[1].service_id = Some("s-2".into());
    feed.services.insert("s-3".into(), "Beech Wing".into());
    feed.people[2].service_id = Some("s-3".into());
    let run = feed.sync();
    assert_eq!((run.counts().0.created, run.counts().0.to_check), (2, 1));
    let line = feed.changes(&run, "to_check").remove(0);
    assert_eq!(line.words, "Their service belongs to a home that this system is not for. Nobody was added.");
    let home = |id: &str| feed.paired(id).map(|one| feed.resident_now(one).facts);
    assert_eq!((home("p-0").unwrap().home, home("p-2").unwrap().zone), (other, Some(zone)));
    assert!(home("p-1").is_none());
}

#[actix_web::test]
async fn the_page_offers_a_guess_that_one_press_takes() {
    let (mut feed, _) = two_homes().await;
    feed.people = people(0..3);
    feed.sync();
    let scope = feed.scope::<ManageIntegrations>();
    let guess = |connection| feed.read(|conn| Ok(connections::guess(conn, &scope, connection)?));
    let found = guess(Some(feed.connection)).unwrap();
    assert_eq!((found.because, found.homes[0].id), (Because::Paired(3), feed.cast.willow_house));
    let mary = feed.app.as_super();
    let page = mary.get(&links::integration(feed.organisation, "nourish")).await;
    let words = "All 3 residents who are paired so far live in Willow House. Is it for this home only?";
    assert!(page.text().contains(words), "{}", page.text());
    let to = links::integration_act(feed.organisation, "nourish", "homes");
    mary.post(&to, &[("home[]", &feed.cast.willow_house.to_string())]).await;
    assert_eq!(guess(Some(feed.connection)), None);
    // A second system is for the home that has none.
    let other = guess(None).unwrap();
    assert_eq!((other.because, other.homes[0].id), (Because::Others, feed.cast.oak_court));
}

#[actix_web::test]
async fn strong_suggestions_and_quality_leave_other_homes_out() {
    let (feed, ids) = two_homes().await;
    feed.sync();
    let scope = feed.scope::<ViewIntegrations>();
    let made = || {
        let found = feed.read(|conn| Ok(pairing::quality(conn, &scope, 7)?));
        found.rules.iter().map(|rule| rule.made).sum::<i64>()
    };
    assert_eq!(made(), 10);
    set(&feed, &[feed.cast.willow_house]);
    assert_eq!(made(), 4);
    let (scope, today) = (feed.scope::<PairRecords>(), feed.clock.now().date());
    let kinds = (Vendor::Nourish, Kind::People);
    let strong = feed.read(|conn| pairing::strong_suggestions(conn, &scope, feed.connection, kinds, today));
    assert!(strong.is_empty());
    let scope = feed.scope::<ViewResidents>();
    let sources = feed.read(|conn| Ok::<_, Refusal>(residents::sources(conn, &scope, ids[9])?));
    assert!(!sources[0].is_for_home);
}
