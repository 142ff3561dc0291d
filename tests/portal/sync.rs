//! What a sync makes of a vendor's answer: whom it creates, pairs, changes, misses and leaves to people.

#![cfg(test)]

use chrono::{NaiveDate, TimeDelta};
use kinbridge::domain::Refusal;
use kinbridge::domain::access::{EditResidents, PairRecords, RunSyncs, Scope, ViewIntegrations};
use kinbridge::domain::connections::SyncMode;
use kinbridge::domain::organisations;
use kinbridge::domain::pairing::matching::{Kind, System};
use kinbridge::domain::pairing::{self, Chosen};
use kinbridge::domain::residents::{self, OwnedField};
use kinbridge::domain::sync::plan::Counts;
use kinbridge::domain::sync::{self, RunState, Wanted};
use kinbridge::kit::ids::{ExternalRecordId, ResidentId};

use crate::support::vendors::{Connected, Feed, Nourish, nhs, people, person, worker};

fn add_up(counts: Counts) -> bool {
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

fn record_of(at: &Connected, external_id: &str) -> ExternalRecordId {
    ExternalRecordId(at.number(&format!(
        "SELECT id FROM external_records WHERE external_id = '{external_id}' AND kind = 'resident'"
    )))
}

fn chosen(at: &Connected, resident: ResidentId, external_id: &str) -> Chosen {
    Chosen {
        connection: at.connection,
        system: System::Nourish,
        kind: Kind::People,
        local: resident.0,
        record: record_of(at, external_id),
    }
}

fn link(at: &Connected, resident: ResidentId, external_id: &str) {
    at.write(|tx| {
        pairing::link(tx, &at.scope::<PairRecords>(), &chosen(at, resident, external_id), true, None)
    });
}

fn why(at: &Connected, resident: ResidentId) -> String {
    let filter = pairing::Filter { limit: 100, ..pairing::Filter::default() };
    let today = at.clock.now().date();
    let scope = at.scope::<ViewIntegrations>();
    let unpaired =
        at.read(|conn| pairing::unpaired(conn, &scope, at.connection, Kind::People, &filter, today));
    unpaired.into_iter().find(|one| one.local == resident.0).map(|one| one.why).unwrap_or_default()
}

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
async fn whoever_was_told_apart_is_created_and_whoever_was_only_unlinked_is_not() {
    let mut feed = Feed::creating().await;
    let (mut one, mut two) = (person(0), person(1));
    one.room = None;
    two.room = None;
    let (here_one, here_two) = (feed.resident(&one), feed.resident(&two));
    feed.people = vec![one.clone(), two];
    let run = feed.sync();
    assert_eq!(run.counts().0.paired, 2, "{:?}", run.counts());
    feed.write(|tx| {
        let scope = feed.scope::<PairRecords>();
        pairing::unlink(tx, &scope, feed.connection, Kind::People, here_one.0)?;
        pairing::unlink(tx, &scope, feed.connection, Kind::People, here_two.0)
    });
    assert_eq!(feed.sync().counts().0.to_check, 2, "a link undone says nothing of who they are");
    assert_eq!(feed.count("residents"), 2);
    feed.write(|tx| {
        let scope = feed.scope::<PairRecords>();
        pairing::withdraw_refusal(tx, &scope, &chosen(&feed, here_one, "p-0"))?;
        pairing::refuse(tx, &scope, &chosen(&feed, here_one, "p-0"))
    });
    let run = feed.sync();
    assert_eq!((run.counts().0.created, run.counts().0.to_check), (1, 1), "{:?}", run.counts());
    assert_ne!(feed.paired("p-0"), Some(here_one));
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
async fn in_pair_mode_nobody_is_created_and_only_certain_pairs_are_made() {
    let mut feed = Feed::pairing().await;
    let sure = feed.resident(&person(0));
    let mut other_day = person(1);
    other_day.date_of_birth = other_day.date_of_birth.map(|day| day + TimeDelta::days(1));
    let unsure = feed.resident(&other_day);
    let mut spelt = person(2);
    spelt.last_name = spelt.last_name.to_uppercase();
    let folded = feed.resident(&spelt);
    feed.people = people(0..8);
    let run = feed.sync();
    let counts = run.counts().0;
    assert_eq!((counts.paired, counts.created, counts.to_check), (2, 0, 6), "{counts:?}");
    assert!(add_up(counts));
    assert_eq!(feed.count("residents"), 3);
    assert_eq!(
        (feed.paired("p-0"), feed.paired("p-1"), feed.paired("p-2")),
        (Some(sure), None, Some(folded))
    );
    assert_eq!(why(&feed, unsure), "Date of Birth is different.");
    // The name is the vendor's from now on, and the pairing knows what it changed.
    assert_eq!(feed.resident_now(folded).facts.last_name, person(2).last_name);
    let lines = feed.changes(&run, "paired");
    assert!(lines.iter().any(|line| line.before.contains(&person(2).last_name.to_uppercase())), "{lines:?}");
}

#[actix_web::test]
async fn somebody_out_of_scope_is_not_paired_and_a_sentence_says_why() {
    let mut feed = Feed::pairing().await;
    let here: Vec<ResidentId> = people(0..3).iter().map(|record| feed.resident(record)).collect();
    feed.people = people(0..3);
    feed.person(0).status = Some("Respite".into());
    feed.person(1).resident_type = Some("Day care".into());
    let run = feed.sync();
    let counts = run.counts().0;
    assert_eq!((counts.paired, counts.out_of_scope, counts.to_check), (1, 2, 0), "{counts:?}");
    assert!(add_up(counts));
    assert_eq!(why(&feed, here[0]), "Status in Nourish is not Permanent.");
    assert_eq!(why(&feed, here[1]), "Resident Type is neither Nursing nor Residential.");
    // Corrected there, they are paired the next night.
    feed.people = people(0..3);
    let run = feed.sync();
    assert_eq!((run.counts().0.paired, run.counts().0.unchanged), (2, 1));
    assert_eq!(why(&feed, here[0]), "");
}

#[actix_web::test]
async fn owned_fields_follow_the_vendor_and_an_override_keeps_one_until_its_date() {
    let mut feed = Feed::pairing().await;
    let resident = feed.resident(&person(0));
    feed.people = people(0..1);
    feed.sync();
    let scope = feed.scope::<EditResidents>();
    let until = feed.clock.now().date() + TimeDelta::days(2);
    feed.write(|tx| residents::set_override(tx, &scope, resident, OwnedField::LastName, until));
    feed.person(0).last_name = "Married-Name".into();
    feed.person(0).status = Some("Hospital".into());
    feed.person(0).room = Some("999".into());
    let run = feed.sync();
    let facts = feed.resident_now(resident).facts;
    assert_eq!((facts.last_name, facts.care_status.as_str()), (person(0).last_name, "Hospital"));
    assert_eq!(facts.room, "0", "a room is not the vendor's");
    assert_eq!(run.counts().0.changed, 1);
    let line = &feed.changes(&run, "changed")[0];
    assert_eq!(
        (line.before.as_str(), line.after.as_str()),
        (r#"{"care_status":"Permanent"}"#, r#"{"care_status":"Hospital"}"#)
    );
    // The last day still counts; the day after the name follows, though nothing was sent anew.
    feed.clock.advance(TimeDelta::days(2));
    assert_eq!(feed.sync().counts().0.changed, 0);
    feed.clock.advance(TimeDelta::days(1));
    assert_eq!(feed.sync().counts().0.changed, 1);
    assert_eq!(feed.resident_now(resident).facts.last_name, "Married-Name");
}

#[actix_web::test]
async fn what_the_vendor_leaves_empty_stays_as_it_is_here() {
    let mut feed = Feed::pairing().await;
    let resident = feed.resident(&person(0));
    feed.people = people(0..1);
    feed.sync();
    feed.person(0).date_of_birth = None;
    feed.person(0).status = None;
    assert_eq!(feed.sync().counts().0.changed, 0);
    let facts = feed.resident_now(resident).facts;
    assert_eq!((facts.date_of_birth, facts.care_status.as_str()), (person(0).date_of_birth, "Permanent"));
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
async fn a_person_leaves_after_two_complete_answers_without_them_and_comes_back_when_listed_again() {
    let mut feed = Feed::creating().await;
    feed.people = people(0..30);
    feed.sync();
    let leaver = feed.paired("p-7").unwrap();
    feed.without(7..8);
    let run = feed.sync();
    assert_eq!((run.counts().0.missing, run.counts().0.left), (1, 0));
    assert!(feed.changes(&run, "missing")[0].words.contains("not yet confirmed"));
    assert!(!feed.resident_now(leaver).is_archived());
    let run = feed.sync();
    assert_eq!((run.counts().0.left, run.state), (1, RunState::Done));
    let resident = feed.resident_now(leaver);
    assert!(resident.is_archived() && resident.archived_because.starts_with("No longer in"));
    assert_eq!(feed.paired("p-7"), Some(leaver), "the pairing is kept");
    assert_eq!(feed.sync().counts().0.left, 0, "once");
    // Back, and moved meanwhile.
    feed.people.push(person(7));
    feed.person(7).status = Some("Respite".into());
    let run = feed.sync();
    assert_eq!((run.counts().0.returned, run.counts().0.created), (1, 0));
    assert!(add_up(run.counts().0));
    let resident = feed.resident_now(leaver);
    assert!(!resident.is_archived());
    assert_eq!(resident.facts.care_status, "Respite");
    // And a later absence counts from the start.
    feed.without(7..8);
    assert_eq!(feed.sync().counts().0.left, 0);
    assert_eq!(feed.sync().counts().0.left, 1);
}

#[actix_web::test]
async fn somebody_missing_once_and_listed_again_starts_from_nought() {
    let mut feed = Feed::creating().await;
    feed.people = people(0..10);
    feed.sync();
    let all = feed.people.clone();
    feed.without(3..4);
    feed.sync();
    feed.people = all.clone();
    feed.sync();
    feed.without(3..4);
    assert_eq!(feed.sync().counts().0.left, 0);
}

#[actix_web::test]
async fn somebody_archived_there_leaves_as_if_they_were_not_listed() {
    let mut feed = Feed::creating().await;
    feed.people = people(0..10);
    feed.sync();
    feed.person(4).archived = true;
    let run = feed.sync();
    assert_eq!((run.counts().0.missing, run.counts().0.out_of_scope), (1, 1));
    assert!(add_up(run.counts().0));
    assert_eq!(feed.sync().counts().0.left, 1);
    let run = feed.sync();
    assert_eq!((run.counts().0.left, run.counts().0.out_of_scope, run.counts().0.unchanged), (0, 1, 9));
}

#[actix_web::test]
async fn a_broken_record_is_not_a_missing_one() {
    let mut feed = Feed::creating().await;
    feed.people = people(0..10);
    feed.sync();
    feed.without(2..3);
    feed.set_aside = vec![kinbridge::connectors::SetAside {
        external_id: Some("p-2".into()),
        name: Some("Cecily".into()),
        reason: "The last name is missing.".into(),
        repair: "Fill it in on the person's profile in Nourish, save, and sync again.".into(),
    }];
    for _ in 0..3 {
        let run = feed.sync();
        let counts = run.counts().0;
        assert_eq!((run.state, counts.failed, counts.missing, counts.left), (RunState::Partly, 1, 0, 0));
        assert!(add_up(counts));
        assert_eq!(feed.problems(&run)[0].reason, "The last name is missing.");
    }
    // One that cannot be told to be anybody: then nobody is known to be missing.
    feed.set_aside[0].external_id = None;
    for _ in 0..3 {
        assert_eq!(feed.sync().counts().0.left, 0);
    }
    assert!(!feed.resident_now(feed.paired("p-2").unwrap()).is_archived());
}

#[actix_web::test]
async fn people_of_a_service_that_is_not_on_any_more_have_not_left() {
    let mut feed = Feed::creating().await;
    feed.services.insert("s-2".into(), "Elm Lodge".into());
    feed.people = people(0..12);
    for n in 8..12 {
        feed.person(n).service_id = Some("s-2".into());
    }
    feed.sync();
    feed.services.remove("s-2");
    feed.without(8..12);
    feed.without(0..1);
    for _ in 0..3 {
        let run = feed.sync();
        assert!(matches!(run.state, RunState::Done), "{run:?}");
    }
    let archived = "SELECT COUNT(*) FROM residents WHERE state = 'archived'";
    assert_eq!(feed.number(archived), 1, "only the one whose service is on");
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
async fn staff_are_paired_by_name_and_address_and_never_leave_by_a_sync() {
    let mut feed = Feed::pairing().await;
    let records: Vec<_> = (0..10).map(worker).collect();
    for record in &records {
        crate::support::vendors::staff_member(&feed, record);
    }
    feed.staff = records;
    let run = feed.sync();
    assert_eq!(run.counts().1.paired, 10, "{:?}", run.counts());
    feed.staff.pop();
    assert_eq!(feed.sync().counts().1.missing, 1);
    let run = feed.sync();
    assert_eq!((run.counts().1.left, run.counts().1.missing), (0, 0));
    assert_eq!(feed.number("SELECT COUNT(*) FROM staff_members WHERE state = 'active'"), 10);
}

#[actix_web::test]
async fn manual_links_and_refusals_are_never_changed_by_a_sync() {
    let mut feed = Feed::pairing().await;
    let (mut odd, other) = (person(0), feed.resident(&person(1)));
    odd.last_name = "Otherwise".into();
    odd.nhs_number = None;
    let odd = feed.resident(&odd);
    let refused = feed.resident(&person(2));
    feed.people = people(0..2);
    feed.sync();
    link(&feed, odd, "p-0");
    feed.people.push(person(2));
    // Refused before the sync could pair them: the record must be known for that, so it comes unfit first.
    feed.person(2).status = Some("Respite".into());
    feed.sync();
    feed.write(|tx| pairing::refuse(tx, &feed.scope::<PairRecords>(), &chosen(&feed, refused, "p-2")));
    feed.person(2).status = Some("Permanent".into());
    for _ in 0..3 {
        feed.person(1).status = Some("Hospital".into());
        let run = feed.sync();
        assert_eq!((run.counts().0.paired, run.state), (0, RunState::Done));
    }
    assert_eq!((feed.paired("p-0"), feed.paired("p-1"), feed.paired("p-2")), (Some(odd), Some(other), None));
    assert_eq!(feed.number("SELECT COUNT(*) FROM pairings WHERE origin = 'User' AND ended_at IS NULL"), 1);
    assert_eq!(feed.number("SELECT COUNT(*) FROM refusals WHERE withdrawn_at IS NULL"), 1);
    // Taken back, the next sync pairs them.
    feed.write(|tx| {
        pairing::withdraw_refusal(tx, &feed.scope::<PairRecords>(), &chosen(&feed, refused, "p-2"))
    });
    assert_eq!(feed.sync().counts().0.paired, 1);
}

#[actix_web::test]
async fn the_unpaired_are_tried_again_as_soon_as_data_is_corrected() {
    let mut feed = Feed::pairing().await;
    let mut typed = person(0);
    typed.nhs_number = Some(nhs(77));
    let resident = feed.resident(&typed);
    feed.people = people(0..1);
    feed.sync();
    assert_eq!(why(&feed, resident), "NHS Number is different.");
    let mut facts = feed.resident_now(resident).facts;
    facts.nhs_number = nhs(0);
    let version = feed.resident_now(resident).version;
    feed.write(|tx| residents::change(tx, &feed.scope::<EditResidents>(), resident, version, &facts));
    assert_eq!(feed.sync().counts().0.paired, 1);
    assert_eq!(feed.paired("p-0"), Some(resident));
}

#[actix_web::test]
async fn whoever_is_paired_with_somebody_who_is_missing_is_not_paired_again() {
    let mut feed = Feed::pairing().await;
    let resident = feed.resident(&person(0));
    let others: Vec<_> = people(1..9).iter().map(|record| feed.resident(record)).collect();
    feed.people = people(0..9);
    assert_eq!(feed.sync().counts().0.paired, others.len() + 1);
    let unpaired = feed.resident(&person(50));
    // The person comes under a new identifier.
    feed.person(0).external_id = "renumbered".into();
    let run = feed.sync();
    assert_eq!((run.state, run.counts().0.paired, run.counts().0.missing), (RunState::Done, 0, 1));
    assert_eq!((feed.paired("p-0"), feed.paired("renumbered")), (Some(resident), None));
    assert_eq!(why(&feed, unpaired), "Nobody with this name.");
}

#[actix_web::test]
async fn a_record_of_an_archived_person_is_not_given_to_somebody_else() {
    let mut feed = Feed::pairing().await;
    let resident = feed.resident(&person(0));
    feed.people = people(0..1);
    feed.sync();
    let version = feed.resident_now(resident).version;
    feed.write(|tx| residents::archive(tx, &feed.scope::<EditResidents>(), resident, version, "moved away"));
    let again = feed.resident(&person(0));
    let run = feed.sync();
    assert_eq!((run.state, run.counts().0.paired), (RunState::Done, 0));
    assert_eq!(feed.paired("p-0"), Some(resident));
    assert!(feed.resident_now(resident).is_archived(), "archived by hand stays archived");
    assert_eq!(why(&feed, again), "Already linked to somebody else.");
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

#[actix_web::test]
async fn a_birthday_reads_back_from_a_preview_as_it_was_sent() {
    let mut feed = Feed::pairing().await;
    let mut unknown = person(0);
    unknown.date_of_birth = None;
    let resident = feed.resident(&unknown);
    feed.people = people(0..1);
    feed.sync();
    link(&feed, resident, "p-0");
    assert_eq!(feed.resident_now(resident).facts.date_of_birth, person(0).date_of_birth);
    feed.person(0).date_of_birth = NaiveDate::from_ymd_opt(1930, 1, 1);
    let preview = feed.preview();
    feed.write(|tx| sync::apply_previewed(tx, &feed.scope::<RunSyncs>(), preview.id));
    assert_eq!(feed.work().state, RunState::Done);
    assert_eq!(feed.resident_now(resident).facts.date_of_birth, NaiveDate::from_ymd_opt(1930, 1, 1));
}
