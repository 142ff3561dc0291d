//! Notes land on their appointments, and what they put there comes off again exactly.

use kinbridge::connectors::NoteRecord;
use kinbridge::domain::Refusal;
use kinbridge::domain::access::{ManageAppointments, ManageIntegrations, PairRecords};
use kinbridge::domain::appointments::sessions::{self, NO_PLACE, Value};
use kinbridge::domain::appointments::{self, Directness};
use kinbridge::domain::notes::{self, Reason, Show, State, Touched};

use super::{OTHER_PNG, PNG, World, at, field, is_rendered, leahs_note};
use crate::support::therapy::day;

#[actix_web::test]
async fn a_note_fills_the_nine_fields_and_renders_its_appointment() {
    let world = World::start().await;
    let id = world.leahs();
    let taken = world.take(vec![leahs_note("1:02 PM", "13:58")]);
    assert_eq!((taken.new, taken.mapped, taken.rendered, taken.waiting), (1, 1, 1, 0));
    let appointment = world.appointment(id);
    assert!(is_rendered(&appointment));
    assert_eq!(appointment.results_notes, "Worked on requests.");
    assert_eq!(appointment.starts_at, at("2026-11-04 13:00"), "the appointment keeps its own times");
    let window = sessions::window(&world.session(id).unwrap());
    let text = |label: &str| match &window.iter().find(|line| line.label == label).unwrap().value {
        Value::Text(text) => text.clone(),
        Value::Missing(words) => (*words).to_owned(),
        Value::Signature(..) => "a signature".to_owned(),
    };
    assert_eq!(text("Guardian Name"), "Rosa Brown");
    assert_eq!(text("Relationship"), "Mother");
    assert_eq!(text("Session Date"), "4 November 2026");
    assert_eq!(text("Session Time"), "13:02 to 13:58");
    assert_eq!(text("Guardian Signature"), "a signature");
    assert_eq!(text("Location of Guardian Signature"), NO_PLACE);
    assert_eq!(text("Therapist Signature"), "a signature");
    assert_eq!(text("Location of Therapist Signature"), "51.50,-0.12");
    assert_eq!(text("Location of Appointment Render"), "51.50,-0.12");
    let note = world.note("sn-1");
    assert_eq!((note.state, note.reason), (State::Mapped, Reason::Nothing));
    let mapping = note.mapping.unwrap();
    assert_eq!((mapping.origin.as_str(), mapping.appointment, mapping.rendered), ("Auto", id, true));
    assert_eq!(world.events("appointment.rendered"), 1);
    assert_eq!(world.events("notes.taken"), 1);
    assert_eq!(world.at.number("SELECT COUNT(*) AS n FROM signature_images"), 2);
    let again = world.take(vec![leahs_note("1:02 PM", "13:58")]);
    assert_eq!((again.unchanged, again.changed, again.rendered), (1, 0, 0));
    assert_eq!(world.note("sn-1").version, 1);
}

#[actix_web::test]
async fn the_same_picture_is_kept_once() {
    let world = World::start().await;
    world.leahs();
    let mut other = leahs_note("09:00", "10:00");
    other.external_id = "sn-2".into();
    world.take(vec![leahs_note("13:00", "14:00"), other]);
    assert_eq!(world.at.number("SELECT COUNT(*) AS n FROM signature_images"), 2);
    assert!(PNG != OTHER_PNG);
}

#[actix_web::test]
async fn people_who_are_not_mapped_go_by_name_and_date_of_birth() {
    let world = World::start().await;
    let id = world.plan("Tom Ray", "Kim Lee", ("2026-11-04", "13:00", "14:00"));
    let mut note = leahs_note("13:00", "14:00");
    (note.student_id, note.user_id) = ("st-2".into(), "us-2".into());
    let taken = world.take(vec![note]);
    assert_eq!((taken.mapped, taken.rendered), (1, 1));
    assert!(is_rendered(&world.appointment(id)));
    assert_eq!(world.note("sn-1").student_name, "Tom Ray");
}

#[actix_web::test]
async fn a_note_that_came_first_waits_and_follows_who_is_mapped_later() {
    let world = World::start().await;
    let id = world.plan("Ana Diaz", "Dev Patel", ("2026-11-04", "13:00", "14:00"));
    let mut note = leahs_note("13:00", "14:00");
    note.student_id = "st-3".into();
    world.take(vec![note]);
    let waiting = world.note("sn-1");
    assert_eq!((waiting.state, waiting.reason), (State::Waiting, Reason::UnknownStudent));
    assert_eq!(waiting.reason.label(), "No Client Match");
    let ana = world.student("st-3", ("Anna", "Dias"), day(2014, 9, 23), "si-2");
    world.at.mapped(world.connection, ("resident", "User"), ana, world.at.ana.0);
    let scope = world.at.scope::<PairRecords>();
    let touched = Touched::People { students: vec!["st-3".into()], users: Vec::new() };
    let taken = world.at.write(|tx| notes::match_waiting(tx, &scope, world.connection, None, &touched));
    assert_eq!((taken.mapped, taken.rendered), (1, 1));
    assert!(is_rendered(&world.appointment(id)));
    assert_eq!(world.note("sn-1").student_name, "Anna Dias", "as the vendor calls her");
}

#[actix_web::test]
async fn a_note_that_came_before_its_appointment_was_planned_follows_with_the_next_pull() {
    let world = World::start().await;
    world.take(vec![leahs_note("13:00", "14:00")]);
    assert_eq!(world.note("sn-1").reason, Reason::NoAppointment);
    world.at.write(|tx| {
        let words = format!(
            "INSERT INTO note_pulls (connection_id, notes_every, people_every, notes_read_at) \
             VALUES ({}, 30, 30, '2026-11-22 10:00:00')",
            world.connection
        );
        diesel::RunQueryDsl::execute(diesel::sql_query(words), tx.conn)?;
        Ok(())
    });
    world.at.pass(60);
    world.leahs();
    assert_eq!(world.take(Vec::new()).mapped, 1);
}

#[actix_web::test]
async fn what_is_missing_is_listed_as_checks_with_their_repair_and_rendering_by_hand_follows() {
    let world = World::start().await;
    world.set(|settings| settings.guardian_needed = true);
    let id = world.leahs();
    let mut note = leahs_note("13:00", "14:00");
    note.fields.retain(|field| !field.name.contains("Guardian Signature"));
    let taken = world.take(vec![note]);
    assert_eq!((taken.mapped, taken.rendered), (1, 0));
    let listed = world.note("sn-1");
    assert_eq!(listed.reason, Reason::NotRendered);
    assert!(listed.because.contains("guardian's signature is missing"), "{}", listed.because);
    let scope = world.at.scope::<PairRecords>();
    let why = world.at.read(|conn| notes::why(conn, &scope, listed.id));
    let failed: Vec<&str> = why.iter().filter(|check| !check.ok).map(|check| check.id).collect();
    assert_eq!(failed, ["guardian-signature"]);
    assert_eq!(world.list(Show::NotRendered).len(), 1);
    let rendering = world.at.scope::<ManageAppointments>();
    let refused = world.at.try_write(|tx| appointments::render(tx, &rendering, id));
    assert!(refused.unwrap_err().to_string().contains("guardian's signature"));
    world.set(|settings| settings.guardian_needed = false);
    world.at.write(|tx| appointments::render(tx, &rendering, id));
    assert!(is_rendered(&world.appointment(id)));
    assert_eq!(world.note("sn-1").reason, Reason::Nothing);
}

#[actix_web::test]
async fn un_rendering_restores_status_times_and_notes_and_rendering_brings_them_back() {
    let world = World::start().await;
    world.times_of_the_note();
    let id = world.leahs();
    let before = world.appointment(id);
    world.take(vec![leahs_note("13:03", "14:04")]);
    let rendered = world.appointment(id);
    assert_eq!((rendered.starts_at, rendered.ends_at), (at("2026-11-04 13:03"), at("2026-11-04 14:04")));
    let scope = world.at.scope::<ManageAppointments>();
    world.at.write(|tx| appointments::un_render(tx, &scope, id));
    let mut restored = world.appointment(id);
    restored.version = before.version;
    assert_eq!(restored, before);
    assert_eq!(world.note("sn-1").reason, Reason::NotRendered);
    let twice = world.at.try_write(|tx| appointments::un_render(tx, &scope, id));
    assert!(matches!(twice, Err(Refusal::Overtaken(_))));
    assert_eq!(world.take(vec![leahs_note("13:03", "14:04")]).rendered, 0, "a pull does not do it again");
    world.at.write(|tx| appointments::render(tx, &scope, id));
    let again = world.appointment(id);
    assert_eq!((again.starts_at, again.results_notes.as_str()), (rendered.starts_at, "Worked on requests."));
    assert_eq!(world.events("appointment.unrendered"), 1);
}

#[actix_web::test]
async fn each_note_of_a_page_is_offered_its_own_clients_appointments_those_of_its_day_first() {
    let world = World::start().await;
    let before = world.plan("Leah Brown", "Kim Lee", ("2026-11-02", "09:00", "10:00"));
    let same_day = world.plan("Leah Brown", "Kim Lee", ("2026-11-04", "16:00", "17:00"));
    let after = world.plan("Leah Brown", "Kim Lee", ("2026-11-11", "09:00", "10:00"));
    world.plan("Leah Brown", "Kim Lee", ("2026-11-12", "09:00", "10:00"));
    let toms = world.plan("Tom Ray", "Kim Lee", ("2026-11-04", "10:00", "11:00"));
    let tom = world.student("st-9", ("Tom", "Ray"), day(2016, 2, 2), "si-1");
    world.at.mapped(world.connection, ("resident", "User"), tom, world.at.tom.0);
    let another = |id: &str, student: &str, date: &str| NoteRecord {
        external_id: id.into(),
        student_id: student.into(),
        date: date.into(),
        ..leahs_note("13:00", "14:00")
    };
    let long_before = another("sn-3", "st-1", "2026-01-05");
    world.take(vec![leahs_note("13:00", "14:00"), another("sn-2", "st-9", "2026-11-04"), long_before]);
    let page: Vec<_> = ["sn-1", "sn-2", "sn-3"].map(|id| world.note(id).id).into();
    let scope = world.at.scope_of::<PairRecords>(&world.at.manager);
    let offered = world.at.read(|conn| notes::candidates_of(conn, &scope, &page));
    let ids = |at: usize| offered[&page[at]].iter().map(|one| one.appointment).collect::<Vec<_>>();
    assert_eq!(ids(0), [same_day, before, after], "a week around it, her own only");
    assert_eq!(ids(1), [toms]);
    assert_eq!(ids(2), []);
}

#[actix_web::test]
async fn a_mapping_by_hand_renders_too_and_deleting_it_restores_everything() {
    let world = World::start().await;
    let id = world.plan("Leah Brown", "Kim Lee", ("2026-11-05", "09:00", "10:00"));
    let before = world.appointment(id);
    world.take(vec![leahs_note("13:00", "14:00")]);
    let note = world.note("sn-1").id;
    let scope = world.at.scope_of::<PairRecords>(&world.at.manager);
    let found = world.at.read(|conn| notes::candidates(conn, &scope, note));
    assert_eq!(found.iter().map(|one| one.appointment).collect::<Vec<_>>(), [id]);
    assert_eq!(found[0].staff_name, "Kim Lee");
    world.at.write(|tx| notes::map(tx, &scope, note, id));
    assert!(is_rendered(&world.appointment(id)));
    let mapping = world.note("sn-1").mapping.unwrap();
    assert_eq!((mapping.origin.as_str(), mapping.by.as_str()), ("User", "Omar Shah"));
    let twice = world.at.try_write(|tx| notes::map(tx, &scope, note, id));
    assert!(twice.unwrap_err().to_string().contains("already"));
    let wrong_way =
        world.at.try_write(|tx| notes::not_the_same(tx, &world.at.scope::<ManageIntegrations>(), note));
    assert!(wrong_way.unwrap_err().to_string().contains("Delete the mapping"));
    world.at.write(|tx| notes::delete_mapping(tx, &scope, note));
    let mut restored = world.appointment(id);
    restored.version = before.version;
    assert_eq!(restored, before);
    assert_eq!(world.session(id), None);
    assert_eq!(world.note("sn-1").state, State::Waiting);
    for verb in ["note.mapped", "note.unmapped", "appointment.unrendered"] {
        assert_eq!(world.events(verb), 1, "{verb}");
    }
}

#[actix_web::test]
async fn not_the_same_is_remembered_and_the_next_pull_does_not_remake_it() {
    let world = World::start().await;
    let id = world.leahs();
    world.take(vec![leahs_note("13:00", "14:00")]);
    let note = world.note("sn-1").id;
    let delete = world.at.try_write(|tx| notes::delete_mapping(tx, &world.at.scope::<PairRecords>(), note));
    assert!(delete.unwrap_err().to_string().contains("Not the same"));
    world.at.write(|tx| notes::not_the_same(tx, &world.at.scope::<ManageIntegrations>(), note));
    assert!(!is_rendered(&world.appointment(id)));
    let scope = world.at.scope::<PairRecords>();
    let again =
        world.at.write(|tx| notes::match_waiting(tx, &scope, world.connection, None, &Touched::Everything));
    assert_eq!(again.mapped, 0);
    let mut edited = leahs_note("13:00", "14:00");
    edited.fields[2] = field("Notes", "Worked on requests, again.");
    assert_eq!(world.take(vec![edited]).mapped, 0);
    assert_eq!(world.note("sn-1").reason, Reason::NotTheSame);
    world.at.write(|tx| notes::map(tx, &scope, note, id));
    assert!(is_rendered(&world.appointment(id)), "a person may still choose it");
}

#[actix_web::test]
async fn directness_has_to_be_said_and_a_cancelled_appointment_is_not_for_a_note() {
    let world = World::start().await;
    let id = world.leahs();
    world.at.write(|tx| {
        let words = format!("UPDATE appointments SET directness = '' WHERE id = {id}");
        diesel::RunQueryDsl::execute(diesel::sql_query(words), tx.conn)?;
        Ok(())
    });
    assert_eq!(world.appointment(id).directness, Directness::NotSaid);
    let taken = world.take(vec![leahs_note("13:00", "14:00")]);
    assert_eq!((taken.mapped, taken.rendered), (1, 0));
    assert!(world.note("sn-1").because.contains("Direct or Indirect"));
}

#[actix_web::test]
async fn the_simulator_says_what_another_grace_time_would_match_and_changes_nothing() {
    let world = World::start().await;
    world.leahs();
    world.plan("Tom Ray", "Kim Lee", ("2026-11-04", "09:00", "10:00"));
    world.plan("Tom Ray", "Kim Lee", ("2026-11-04", "09:12", "10:12"));
    let mut toms = leahs_note("09:06", "10:06");
    (toms.external_id, toms.student_id, toms.user_id) = ("sn-2".into(), "st-2".into(), "us-2".into());
    world.take(vec![leahs_note("13:08", "14:00"), toms]);
    assert_eq!(world.note("sn-1").reason, Reason::OutsideGrace);
    assert!(world.note("sn-1").because.contains("8 minutes"), "{}", world.note("sn-1").because);
    let scope = world.at.scope::<PairRecords>();
    let simulation = world.at.read(|conn| Ok(notes::simulate(conn, &scope, 10)?));
    assert_eq!(simulation.words(), "At ± 10 min, 1 more note would match, 1 becomes ambiguous.");
    assert_eq!(simulation.more[0].student_name, "Leah Brown");
    assert_eq!(world.note("sn-1").reason, Reason::OutsideGrace);
    world.set(|settings| settings.grace_minutes = 10);
    let taken =
        world.at.write(|tx| notes::match_waiting(tx, &scope, world.connection, None, &Touched::Everything));
    assert_eq!(taken.mapped, 1);
    let back = world.at.read(|conn| Ok(notes::simulate(conn, &scope, 5)?));
    assert_eq!((back.lost_count, back.more_count), (1, 0));
}
