//! Whom a sync pairs by itself, what follows for them, and what people decided against it.

#![cfg(test)]

use chrono::{NaiveDate, TimeDelta};
use kinbridge::domain::access::{EditResidents, PairRecords, RunSyncs};
use kinbridge::domain::pairing::matching::{Kind, System};
use kinbridge::domain::pairing::{self, Chosen};
use kinbridge::domain::residents::{self, OwnedField};
use kinbridge::domain::sync::{self, RunState};
use kinbridge::kit::ids::{ExternalRecordId, ResidentId};

use crate::support::vendors::{Connected, Feed, add_up, nhs, people, person, why};

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
    feed.write(|tx| residents::set_override(tx, &scope, resident, OwnedField::LastName, (until, "Married")));
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
    assert_eq!(feed.events("resident.override-ended"), 1, "and the trail says so");
    assert_eq!(feed.count("resident_overrides"), 0);
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
