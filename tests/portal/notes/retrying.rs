//! Appointments that a check kept from being rendered, once the repair is made.

use kinbridge::domain::access::{ManageAppointments, PairRecords};
use kinbridge::domain::appointments;
use kinbridge::domain::notes::{self, Choice, Reason};

use super::{World, field, is_rendered, leahs_note};

/// Leah's appointment with its note on it, and Direct or Indirect not said; the last pull was a minute ago.
async fn held_back() -> (World, appointments::Appointment) {
    let world = World::start().await;
    let id = world.leahs();
    say(&world, id, "");
    let now = world.at.clock.now();
    let read = (now - chrono::TimeDelta::minutes(1)).format("%Y-%m-%d %H:%M:%S");
    let columns = "connection_id, notes_every, people_every, notes_read_at";
    let row = format!("{}, 30, 30, '{read}'", world.connection);
    world.at.write(|tx| {
        insert_pull(tx, columns, &row);
        Ok(())
    });
    let taken = world.take(vec![leahs_note("13:00", "14:00")]);
    assert_eq!((taken.mapped, taken.rendered), (1, 0));
    assert!(world.note("sn-1").because.contains("Direct or Indirect"));
    let appointment = world.appointment(id);
    (world, appointment)
}

fn insert_pull(tx: &mut kinbridge::db::Tx<'_>, columns: &str, row: &str) {
    let words = format!("INSERT INTO note_pulls ({columns}) VALUES ({row})");
    diesel::RunQueryDsl::execute(diesel::sql_query(words), tx.conn).unwrap();
}

fn say(world: &World, id: kinbridge::kit::ids::AppointmentId, directness: &str) {
    let now = world.at.clock.now().format("%Y-%m-%d %H:%M:%S");
    let words =
        format!("UPDATE appointments SET directness = '{directness}', updated_at = '{now}' WHERE id = {id}");
    world.at.write(|tx| {
        diesel::RunQueryDsl::execute(diesel::sql_query(&words), tx.conn)?;
        Ok(())
    });
}

#[actix_web::test]
async fn what_was_repaired_is_rendered_at_the_next_pull_and_a_second_one_does_nothing() {
    let (world, before) = held_back().await;
    assert_eq!(world.take(Vec::new()).rendered, 0, "it is still missing");
    assert_eq!(world.appointment(before.id), before, "and nothing was written");
    assert_eq!(world.note("sn-1").reason, Reason::NotRendered);
    say(&world, before.id, "direct");
    let page = world.at.as_manager().get(&kinbridge::links::appointment(world.at.org, before.id)).await;
    assert!(
        page.text().contains("It is rendered by itself at the next pull, or press Render."),
        "{}",
        page.text()
    );
    let taken = world.take(Vec::new());
    assert_eq!((taken.mapped, taken.rendered), (0, 1));
    let after = world.appointment(before.id);
    assert!(is_rendered(&after));
    assert_eq!(after.results_notes, "Worked on requests.");
    assert_eq!(world.note("sn-1").reason, Reason::Nothing);
    assert_eq!(world.events("appointment.rendered"), 1);
    assert_eq!(world.take(Vec::new()).rendered, 0);
    assert_eq!(world.appointment(before.id), after);
}

#[actix_web::test]
async fn a_setting_that_asks_for_less_renders_what_waited_for_it() {
    let world = World::start().await;
    world.set(|settings| settings.guardian_needed = true);
    let id = world.leahs();
    let mut note = leahs_note("13:00", "14:00");
    note.fields.retain(|field| !field.name.contains("Guardian Signature"));
    assert_eq!(world.take(vec![note]).rendered, 0);
    world.set(|settings| settings.guardian_needed = false);
    assert_eq!(world.take(Vec::new()).rendered, 1);
    assert!(is_rendered(&world.appointment(id)));
}

#[actix_web::test]
async fn what_a_person_un_rendered_stays_so_until_a_person_renders_it() {
    let (world, before) = held_back().await;
    say(&world, before.id, "direct");
    let scope = world.at.scope::<ManageAppointments>();
    // By a person, before a pull could, so that the note still says that it is not rendered.
    world.at.write(|tx| appointments::render(tx, &scope, before.id));
    world.at.write(|tx| appointments::un_render(tx, &scope, before.id));
    say(&world, before.id, "indirect");
    assert_eq!(world.take(Vec::new()).rendered, 0);
    let pairing = world.at.scope::<PairRecords>();
    let everything = notes::Touched::Everything;
    let again = world.at.write(|tx| notes::match_waiting(tx, &pairing, world.connection, None, &everything));
    assert_eq!(again.rendered, 0);
    let page = world.at.as_manager().get(&kinbridge::links::appointment(world.at.org, before.id)).await;
    assert!(page.text().contains("un-rendered by hand"), "{}", page.text());
    let mut edited = leahs_note("13:00", "14:00");
    edited.fields[2] = field("Notes", "Worked hard.");
    let taken = world.take(vec![edited]);
    assert_eq!((taken.rendered, taken.proposals), (0, 1), "a newer version is a decision");
    let waiting = world.at.read(|conn| Ok(notes::proposals(conn, &scope, 0, 20)?));
    world.at.write(|tx| notes::decide(tx, &scope, waiting[0].id, Choice::Keep));
    assert_eq!(world.take(Vec::new()).rendered, 0);
    assert!(!is_rendered(&world.appointment(before.id)));
    world.at.write(|tx| appointments::render(tx, &scope, before.id));
    assert!(is_rendered(&world.appointment(before.id)));
}

#[actix_web::test]
async fn a_mapping_that_was_taken_away_renders_nothing() {
    let (world, before) = held_back().await;
    let refusing = world.at.scope::<kinbridge::domain::access::ManageIntegrations>();
    let note = world.note("sn-1").id;
    world.at.write(|tx| notes::not_the_same(tx, &refusing, note));
    say(&world, before.id, "direct");
    assert_eq!(world.take(Vec::new()).rendered, 0);
    assert!(!is_rendered(&world.appointment(before.id)));
}
