//! The task *Altra Account Creation* of Nourish: each invites once, waits for a pairing, and what cannot be used
//! goes back to the carer.

use diesel::prelude::*;
use kinbridge::domain::consents::{Decision, Topic};
use kinbridge::jobs::{read_tasks, sync_records};
use kinbridge::kit::ids::ResidentId;
use kinbridge::links;

use super::{join, link_to};
use crate::connections::{beside, connection, switch_on};
use crate::consents::{decide, decided};
use crate::nourish::{World, population, quick};
use crate::support::TestApp;
use kinbridge::domain::access::{RunSyncs, Scope};
use kinbridge::domain::connections::{self, SyncMode};
use kinbridge::domain::sync::{self, Wanted};

/// A portal that has taken everybody over from Nourish; the first one there, and who that is here.
async fn paired(world: &World) -> (TestApp, String, ResidentId) {
    let app = beside(world).await;
    let issued = switch_on(&app, &world.origin);
    world.simulator.paste_token("svc-101", issued.secret.reveal());
    app.pass(60);
    kinbridge::jobs::read_services::run(&app.services).await.unwrap();
    let (id, willow) = (connection(&app).id, app.cast.willow);
    app.write(|tx| connections::set_mode(tx, &Scope::for_the_portal(willow), id, SyncMode::Create));
    let scope = Scope::<RunSyncs>::for_the_portal(willow);
    app.write(|tx| sync::request(tx, &scope, id, Wanted::Both, false));
    sync_records::run(&app.services).await.unwrap();
    let resident = app.number("SELECT local_id FROM pairings WHERE kind = 'resident' ORDER BY id LIMIT 1");
    let person = person(&app, 0);
    (app, person, ResidentId(resident))
}

/// Nourish's number of the n-th person who was paired.
fn person(app: &TestApp, n: u32) -> String {
    #[derive(QueryableByName)]
    struct Text {
        #[diesel(sql_type = diesel::sql_types::Text)]
        text: String,
    }
    let query = format!(
        "SELECT external_id AS text FROM external_records WHERE id = \
         (SELECT external_record_id FROM pairings WHERE kind = 'resident' ORDER BY id LIMIT 1 OFFSET {n})"
    );
    app.read(|conn| Ok(diesel::sql_query(query).get_result::<Text>(conn)?)).text
}

async fn half_an_hour(app: &TestApp) {
    app.pass(30 * 60);
    read_tasks::run(&app.services).await.unwrap();
}

#[actix_web::test]
async fn a_task_invites_once_and_the_relative_joins() {
    let world = World::with(population(), quick());
    let (app, person, resident) = paired(&world).await;
    world.simulator.record_task(&person, "Anna Smith", "Anna@family.example", "Daughter");
    for _ in 0..3 {
        half_an_hour(&app).await;
    }
    let letters = "SELECT COUNT(*) FROM letters WHERE to_email = 'anna@family.example'";
    assert_eq!(app.number(letters), 1);
    let tab = app.as_super().get(&links::resident_relatives(app.cast.willow, resident)).await;
    assert!(tab.text().contains("Added in Nourish"), "{}", tab.text());
    assert_eq!(join(&app.signed_out(), &link_to(&app, "anna@family.example")).await.location(), "/family");
}

#[actix_web::test]
async fn a_sync_brings_the_tasks_too_and_once() {
    let world = World::with(population(), quick());
    let (app, person, _) = paired(&world).await;
    half_an_hour(&app).await;
    world.simulator.record_task(&person, "Anna Smith", "anna@family.example", "Daughter");
    app.pass(60);
    read_tasks::run(&app.services).await.unwrap();
    assert_eq!(app.number("SELECT COUNT(*) FROM invitations"), 0, "the half hour is not over");
    let (id, scope) = (connection(&app).id, Scope::<RunSyncs>::for_the_portal(app.cast.willow));
    app.write(|tx| sync::request(tx, &scope, id, Wanted::Both, false));
    sync_records::run(&app.services).await.unwrap();
    read_tasks::run(&app.services).await.unwrap();
    assert_eq!(app.number("SELECT COUNT(*) FROM invitations"), 1);
}

#[actix_web::test]
async fn what_cannot_be_used_goes_back_to_the_carer_once() {
    let world = World::with(population(), quick());
    let (app, person, resident) = paired(&world).await;
    world.simulator.record_task(&person, "Anna Smith", "anna at family", "Daughter");
    world.simulator.record_task(&person, "Bella Smith", "bella@family.example", "?");
    half_an_hour(&app).await;
    half_an_hour(&app).await;
    let notes: Vec<Vec<String>> = world.simulator.tasks().into_iter().map(|task| task.notes).collect();
    assert_eq!((notes[0].len(), notes[1].len()), (1, 1), "{notes:?}");
    assert!(notes[0][0].contains("Enter the relative’s email address"), "{notes:?}");
    assert!(notes[1][0].contains("Enter the relationship"), "{notes:?}");
    decide(&app, resident, &decided(Topic::Activities, Decision::Refused));
    world.simulator.record_task(&person, "Carl Smith", "carl@family.example", "Son");
    half_an_hour(&app).await;
    let notes = world.simulator.tasks().pop().unwrap().notes;
    assert!(notes[0].contains("does not agree to share"), "{notes:?}");
    assert_eq!(app.number("SELECT COUNT(*) FROM invitations"), 0);
}

#[actix_web::test]
async fn a_task_for_somebody_who_is_not_paired_waits_for_the_pairing() {
    let world = World::with(population(), quick());
    let (app, person, _) = paired(&world).await;
    let end = |app: &TestApp, ended: &str| {
        app.write(|tx| {
            diesel::sql_query(format!("UPDATE pairings SET ended_at = {ended} WHERE kind = 'resident'"))
                .execute(tx.conn)?;
            Ok(())
        });
    };
    end(&app, "'2026-11-22 10:00:00'");
    world.simulator.record_task(&person, "Anna Smith", "anna@family.example", "Daughter");
    half_an_hour(&app).await;
    assert_eq!(app.number("SELECT COUNT(*) FROM invitations"), 0);
    end(&app, "NULL");
    app.pass(60);
    read_tasks::run(&app.services).await.unwrap();
    assert_eq!(app.number("SELECT COUNT(*) FROM invitations"), 1, "at the next minute");
}

#[actix_web::test]
async fn tasks_of_people_who_are_not_paired_hold_nobody_up() {
    let world = World::with(population(), quick());
    let (app, paired, resident) = paired(&world).await;
    let other = person(&app, 1);
    let end = format!(
        "UPDATE pairings SET ended_at = '2026-11-22 10:00:00' WHERE kind = 'resident' AND local_id <> {resident}"
    );
    app.write(|tx| Ok(diesel::sql_query(end).execute(tx.conn)?));
    for n in 0..250 {
        let email = format!("r{n}@family.example");
        world.simulator.record_task(&other, "Somebody Else", &email, "Friend");
    }
    world.simulator.record_task(&paired, "Anna Smith", "anna@family.example", "Daughter");
    half_an_hour(&app).await;
    let letters = "SELECT COUNT(*) FROM letters WHERE to_email LIKE '%@family.example'";
    assert_eq!(app.number(letters), 1);
    assert_eq!(app.number("SELECT COUNT(*) FROM relative_tasks WHERE state = 'waiting'"), 250);
}
