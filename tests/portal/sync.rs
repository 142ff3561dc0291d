//! What a sync makes of a vendor's answer: whom it creates, and what a preview and a quiet night are.

#![cfg(test)]

use chrono::TimeDelta;
use kinbridge::domain::Refusal;
use kinbridge::domain::access::{EditResidents, RunSyncs, Scope, ViewIntegrations};
use kinbridge::domain::connections::SyncMode;
use kinbridge::domain::organisations;
use kinbridge::domain::residents;
use kinbridge::domain::sync::{self, RunState, Wanted};

use crate::support::vendors::{Feed, Nourish, add_up, nhs, people, person, worker};

#[actix_web::test]
async fn in_create_mode_everybody_comes_whatever_their_type_or_status() {
    let mut feed = Feed::creating().await;
    feed.people = people(0..6);
    feed.person(1).status = Some("Respite".into());
    feed.person(2).resident_type = Some("Day care".into());
    feed.person(3).status = None;
    feed.person(3).resident_type = None;
    feed.person(4).nhs_number = None;
    let run = feed.sync();
    assert_eq!(run.state, RunState::Done, "{run:?}");
    assert_eq!(run.counts().0.created, 6);
    assert_eq!(feed.changes(&run, "created").len(), 6);
    for (n, status) in [(0, "Permanent"), (1, "Respite"), (2, "Permanent"), (3, "")] {
        let resident = feed.resident_now(feed.paired(&format!("p-{n}")).unwrap());
        let record = person(n);
        assert_eq!(resident.facts.care_status, status);
        assert_eq!(
            (resident.facts.first_name, resident.facts.last_name, resident.facts.date_of_birth),
            (record.first_name, record.last_name, record.date_of_birth)
        );
    }
    let rules = "SELECT COUNT(*) FROM pairings WHERE origin = 'Auto' AND rule = 'created from Nourish'";
    assert_eq!(feed.number(rules), 6);
    assert_eq!(feed.number("SELECT active_residents FROM organisations WHERE name = 'Elm Trust'"), 6);
}

#[actix_web::test]
async fn somebody_who_might_be_a_person_here_is_to_check_and_not_created() {
    let mut feed = Feed::creating().await;
    // The same NHS number under another name, with somebody who is here and paired.
    feed.people = vec![person(0)];
    feed.sync();
    let namesake = feed.resident(&person(1));
    // Archived by hand, and of the same name and birthday.
    let version = feed.resident_now(namesake).version;
    feed.write(|tx| residents::archive(tx, &feed.scope::<EditResidents>(), namesake, version, "moved away"));
    // Nearly the same: one digit of the number and the spelling of the name differ.
    let mut near = person(2);
    near.first_name = "Cecilie".into();
    feed.resident(&near);
    let mut same_number = person(10);
    same_number.nhs_number = Some(nhs(0));
    let mut same_name = person(1);
    same_name.nhs_number = None;
    feed.people.extend([same_number, same_name, person(2), person(3)]);
    let before = feed.count("residents");
    let run = feed.sync();
    let counts = run.counts().0;
    assert_eq!((counts.created, counts.to_check, counts.unchanged), (1, 3, 1), "{counts:?}");
    assert_eq!(feed.count("residents"), before + 1);
    let words: Vec<String> = feed.changes(&run, "to_check").into_iter().map(|line| line.words).collect();
    assert!(words[0].contains("same NHS number"), "{words:?}");
    assert!(words[1].contains("archived resident has the same name and date of birth"), "{words:?}");
    assert!(words[2].contains("might be the same person"), "{words:?}");
    assert!(add_up(counts));
}

#[actix_web::test]
async fn an_unknown_date_of_birth_could_be_any_and_is_to_check() {
    let mut feed = Feed::creating().await;
    feed.people = vec![person(0)];
    feed.sync();
    let mut doubled = person(0);
    doubled.external_id = "other".into();
    doubled.date_of_birth = None;
    doubled.nhs_number = None;
    feed.people.push(doubled);
    assert_eq!(feed.sync().counts().0.to_check, 1);
    assert_eq!(feed.count("residents"), 1);
}

#[actix_web::test]
async fn a_person_twice_in_one_answer_becomes_one_resident_and_twins_become_two() {
    let mut feed = Feed::creating().await;
    let mut doubled = person(0);
    doubled.external_id = "again".into();
    let mut twin = person(1);
    twin.external_id = "twin".into();
    twin.first_name = "Walter".into();
    twin.nhs_number = Some(nhs(90));
    let mut namesake = person(2);
    namesake.external_id = "namesake".into();
    namesake.nhs_number = Some(nhs(91));
    feed.people = vec![person(0), doubled, person(1), twin, person(2), namesake];
    let run = feed.sync();
    assert_eq!((run.counts().0.created, run.counts().0.to_check), (5, 1));
    assert!(feed.changes(&run, "to_check")[0].words.contains("same NHS number"));
    assert_eq!(feed.paired("again"), None);
    // The next night says the same of it.
    feed.people.push(person(3));
    let run = feed.sync();
    assert_eq!((run.counts().0.created, run.counts().0.to_check), (1, 1));
}

#[actix_web::test]
async fn people_come_into_the_zone_that_is_named_as_their_service() {
    let mut feed = Feed::creating().await;
    let home = feed.cast.elm_lodge;
    let scope = Scope::for_the_portal(feed.organisation);
    let zone = feed.write(|tx| organisations::add_zone(tx, &scope, home, "Oak Wing"));
    feed.people = people(0..2);
    feed.person(1).service_id = Some("s-9".into());
    feed.sync();
    let place = |id| {
        let facts = feed.resident_now(feed.paired(id).unwrap()).facts;
        (facts.home, facts.zone)
    };
    assert_eq!(place("p-0"), (home, Some(zone)));
    assert_eq!(place("p-1"), (home, None));
}

#[actix_web::test]
async fn an_organisation_without_a_home_gets_one() {
    let mut feed = Feed::creating().await;
    feed.number("SELECT COUNT(*) FROM places");
    feed.write(|tx| {
        use diesel::prelude::*;
        diesel::sql_query("DELETE FROM places WHERE name = 'Elm Lodge'").execute(tx.conn)?;
        Ok(())
    });
    feed.people = people(0..3);
    let run = feed.sync();
    assert_eq!((run.state, run.counts().0.created), (RunState::Done, 3));
    let named = "SELECT COUNT(*) FROM places WHERE name = 'Elm Trust' AND parent_id IS NULL";
    assert_eq!(feed.number(named), 1);
}

#[actix_web::test]
async fn a_preview_writes_nothing_and_applying_it_runs_exactly_what_it_showed() {
    let mut feed = Feed::creating().await;
    feed.people = people(0..20);
    feed.staff = (0..3).map(worker).collect();
    feed.sync();
    feed.people.extend(people(20..24));
    feed.person(0).status = Some("Hospital".into());
    feed.person(1).last_name = "Married".into();
    feed.without(2..3);
    let before = feed.everything();
    let preview = feed.preview();
    assert_eq!((preview.state, preview.is_preview), (RunState::Previewed, true));
    assert_eq!(feed.everything(), before);
    let shown = |run: &sync::Run| {
        let lines = feed.changes(run, "").into_iter();
        lines
            .map(|line| (line.kind, line.name, line.place, line.before, line.after, line.words))
            .collect::<Vec<_>>()
    };
    let promised = shown(&preview);
    assert_eq!(promised.len(), 7, "{promised:?}");
    feed.write(|tx| sync::apply_previewed(tx, &feed.scope::<RunSyncs>(), preview.id));
    // What the vendor would say by now is not asked.
    let said = std::mem::take(&mut feed.people);
    let run = feed.work();
    assert_eq!((run.id, run.state, run.is_preview), (preview.id, RunState::Done, false));
    let shown = |run: &sync::Run| {
        let lines = feed.changes(run, "").into_iter();
        lines
            .map(|line| (line.kind, line.name, line.place, line.before, line.after, line.words))
            .collect::<Vec<_>>()
    };
    assert_eq!(shown(&run), promised);
    assert_eq!(feed.count("residents"), 24);
    assert_eq!(feed.count("run_snapshots"), 0);
    feed.people = said;
    let again = feed.sync();
    assert_eq!((again.counts().0.created, again.counts().0.changed, again.counts().0.left), (0, 0, 1));
}

#[actix_web::test]
async fn a_change_between_preview_and_apply_asks_again_and_applies_nothing() {
    let mut feed = Feed::creating().await;
    feed.people = people(0..4);
    let preview = feed.preview();
    // Somebody adds by hand whom the sync would have made.
    let added = feed.resident(&person(2));
    let before = feed.everything();
    feed.write(|tx| sync::apply_previewed(tx, &feed.scope::<RunSyncs>(), preview.id));
    let run = feed.work();
    assert_eq!((run.id, run.state, run.is_preview), (preview.id, RunState::Previewed, true));
    assert!(run.held_because.starts_with("Something has changed since you looked"), "{}", run.held_because);
    assert_eq!(feed.everything(), before);
    assert_eq!(feed.changes(&run, "paired")[0].local_id, Some(added.0), "it shows the plan as it is now");
    feed.write(|tx| sync::apply_previewed(tx, &feed.scope::<RunSyncs>(), preview.id));
    let run = feed.work();
    assert_eq!((run.state, run.counts().0.created, run.counts().0.paired), (RunState::Done, 3, 1));
    let late = feed.try_write(|tx| sync::apply_previewed(tx, &feed.scope::<RunSyncs>(), preview.id));
    assert!(matches!(late, Err(Refusal::Overtaken(_))));
}

#[actix_web::test]
async fn a_discarded_preview_is_gone_with_what_it_kept() {
    let mut feed = Feed::creating().await;
    feed.people = people(0..4);
    let preview = feed.preview();
    assert_eq!(feed.count("run_snapshots"), 1);
    feed.write(|tx| sync::discard(tx, &feed.scope::<RunSyncs>(), preview.id));
    assert_eq!((feed.run(preview.id).state, feed.count("run_snapshots")), (RunState::Discarded, 0));
    assert!(feed.try_write(|tx| sync::apply_previewed(tx, &feed.scope::<RunSyncs>(), preview.id)).is_err());
    assert_eq!(feed.count("residents"), 0);
}

#[actix_web::test]
async fn a_preview_that_nobody_applies_is_forgotten_after_a_week() {
    let mut feed = Feed::creating().await;
    feed.people = people(0..4);
    let preview = feed.preview();
    feed.clock.advance(TimeDelta::days(6));
    feed.sync();
    assert_eq!((feed.run(preview.id).state, feed.count("run_snapshots")), (RunState::Previewed, 1));
    feed.clock.advance(TimeDelta::days(2));
    feed.sync();
    assert_eq!((feed.run(preview.id).state, feed.count("run_snapshots")), (RunState::Discarded, 0));
}

#[actix_web::test]
async fn a_second_sync_of_the_same_answer_writes_no_record_and_no_resident() {
    let mut feed = Feed::creating().await;
    feed.people = people(0..25);
    feed.person(3).archived = true;
    feed.staff = (0..3).map(worker).collect();
    feed.sync();
    feed.clock.advance(TimeDelta::hours(1));
    feed.sync();
    feed.clock.advance(TimeDelta::hours(1));
    let before = feed.lives();
    let run = feed.sync();
    assert_eq!((run.counts().0.unchanged, run.counts().0.out_of_scope, run.state), (24, 1, RunState::Done));
    assert_eq!(feed.lives(), before);
    assert!(feed.changes(&run, "").is_empty());
    assert!(add_up(run.counts().0) && add_up(run.counts().1));
}

#[actix_web::test]
async fn a_quiet_night_is_looked_at_anew_when_something_here_has_changed() {
    let mut feed = Feed::pairing().await;
    feed.people = people(0..5);
    feed.sync();
    feed.sync();
    assert_eq!(feed.count("pairings"), 0);
    // Somebody is added by hand: the next night pairs them, though the answer is the same.
    let added = feed.resident(&person(3));
    assert_eq!(feed.sync().counts().0.paired, 1);
    assert_eq!(feed.paired("p-3"), Some(added));
    // The mode is changed: the others come.
    feed.set_mode(SyncMode::Create);
    assert_eq!(feed.sync().counts().0.created, 4);
}

#[actix_web::test]
async fn residents_and_staff_may_be_brought_one_at_a_time() {
    let mut feed = Feed::creating().await;
    feed.people = people(0..4);
    feed.staff = (0..2).map(worker).collect();
    let run = feed.sync_of(Wanted::Staff);
    assert_eq!((run.counts().0.total, run.counts().1.total), (0, 2));
    assert_eq!(feed.count("residents"), 0);
    assert_eq!(feed.card().last_good_at, None, "staff alone say nothing of residents");
    let run = feed.sync_of(Wanted::Residents);
    assert_eq!((run.counts().0.created, run.counts().1.total), (4, 0));
    let run = feed.sync_of(Wanted::Both);
    assert_eq!((run.counts().0.unchanged, run.counts().1.total), (4, 2));
}

#[actix_web::test]
async fn every_run_has_its_event_without_any_name() {
    let mut feed = Feed::creating().await;
    feed.people = people(0..12);
    feed.sync();
    feed.preview();
    feed.person(0).status = Some("Hospital".into());
    feed.sync();
    feed.people.clear();
    assert_eq!(feed.sync().state, RunState::Held);
    assert_eq!((feed.events("run.applied"), feed.events("run.shown"), feed.events("run.asked")), (2, 2, 4));
    let with_run = "SELECT COUNT(*) FROM audit_events WHERE verb LIKE 'run.%' AND run_id IS NULL";
    assert_eq!(feed.number(with_run), 0);
    for record in people(0..12) {
        let named = format!(
            "SELECT COUNT(*) FROM audit_events WHERE verb LIKE 'run.%' AND (words LIKE '%{0}%' OR details LIKE '%{0}%')",
            record.last_name
        );
        assert_eq!(feed.number(&named), 0, "{}", record.last_name);
    }
}

#[actix_web::test]
async fn another_organisation_sees_and_starts_nothing() {
    let mut feed = Feed::creating().await;
    feed.people = people(0..3);
    let run = feed.sync();
    let elsewhere = feed.cast.willow;
    let seen = feed.app.services.db.read_now(|conn| {
        Ok::<_, Refusal>(
            sync::get(conn, &Scope::<ViewIntegrations>::for_the_portal(elsewhere), run.id).is_ok(),
        )
    });
    assert!(!seen.unwrap());
    let scope = Scope::<RunSyncs>::for_the_portal(elsewhere);
    let asked = feed.try_write(|tx| sync::request(tx, &scope, feed.connection, Wanted::Both, false));
    assert!(matches!(asked, Err(Refusal::NotHere)));
    assert!(feed.try_write(|tx| sync::cancel(tx, &scope, run.id)).is_err());
    let undone = feed.try_write(|tx| sync::undo(tx, &Scope::for_the_portal(elsewhere), run.id));
    assert!(matches!(undone, Err(Refusal::NotHere)));
    let released = feed.try_write(|tx| sync::release(tx, &Scope::for_the_portal(elsewhere), run.id));
    assert!(matches!(released, Err(Refusal::NotHere)));
}

#[actix_web::test]
async fn the_whole_way_from_the_simulator_to_residents() {
    let nourish = Nourish::start(SyncMode::Create, 40).await;
    let run = nourish.sync().await;
    assert_eq!(run.state, RunState::Done, "{} {}", run.failure, run.repair);
    assert_eq!((run.counts().0.created, run.counts().1.total), (40, 3));
    assert_eq!((run.done, run.total, run.progress.as_str()), (43, 43, "Finished"));
    assert!(run.finished_at.is_some() && run.lease_until.is_none());
    let card = nourish.card();
    assert_eq!((card.last_good_at, card.failures), (Some(nourish.clock.now()), 0));
    let again = nourish.sync().await;
    assert_eq!(again.counts().0.unchanged, 40);
}

#[actix_web::test]
async fn two_tokens_bring_two_services_together() {
    let nourish = Nourish::start(SyncMode::Create, 6).await;
    let scope = Scope::for_the_portal(nourish.organisation);
    let keys = nourish.app.services.config.keys.clone();
    let second = nourish.write(|tx| {
        kinbridge::domain::connections::add_token(
            tx,
            &scope,
            &keys,
            nourish.connection,
            &nourish.origin,
            "Elm",
        )
    });
    assert!(nourish.simulator.paste_token("s-2", second.secret.reveal()));
    for n in 0..2 {
        let mut elm = crate::support::vendors::client(20 + n);
        elm.service_id = "s-2".into();
        nourish.simulator.add_client(elm);
    }
    let run = nourish.sync().await;
    assert_eq!((run.state, run.counts().0.created), (RunState::Done, 8), "{}", run.failure);
    // One service goes dark: its people stay.
    nourish.simulator.turn_off("s-2");
    for _ in 0..3 {
        let run = nourish.sync().await;
        assert_eq!(
            (run.state, run.counts().0.left),
            (RunState::Done, 0),
            "{} {}",
            run.failure,
            run.held_because
        );
    }
    assert_eq!(nourish.number("SELECT COUNT(*) FROM residents WHERE state = 'active'"), 8);
}
