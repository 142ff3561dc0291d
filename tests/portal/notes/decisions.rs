//! What a note would change that a person decides.

use kinbridge::connectors::NoteRecord;
use kinbridge::domain::Refusal;
use kinbridge::domain::access::{ManageAppointments, PairRecords};
use kinbridge::domain::appointments::{self, State as Of};
use kinbridge::domain::notes::{self, Choice, Proposal, Reason, State, Why};

use super::{World, at, field, is_rendered, leahs_note};

fn proposals(world: &World) -> Vec<Proposal> {
    let scope = world.at.scope::<ManageAppointments>();
    world.at.read(|conn| Ok(notes::proposals(conn, &scope, 0, 20)?))
}

fn decide(world: &World, choice: Choice) -> Result<(), Refusal> {
    let scope = world.at.scope_of::<ManageAppointments>(&world.at.manager);
    let id = proposals(world)[0].id;
    world.at.try_write(|tx| notes::decide(tx, &scope, id, choice))
}

fn edited(text: &str) -> NoteRecord {
    let mut note = leahs_note("13:00", "14:00");
    note.fields[2] = field("Notes", text);
    note
}

#[actix_web::test]
async fn an_edited_note_after_rendering_is_a_new_version_that_waits_for_approval() {
    let world = World::start().await;
    let id = world.leahs();
    world.take(vec![leahs_note("13:00", "14:00")]);
    let taken = world.take(vec![edited("Worked hard on requests.")]);
    assert_eq!((taken.changed, taken.proposals), (1, 1));
    assert_eq!(world.appointment(id).results_notes, "Worked on requests.");
    let note = world.note("sn-1");
    assert_eq!((note.version, note.reason, note.proposals), (2, Reason::Undecided, 1));
    let scope = world.at.scope::<PairRecords>();
    let changed = world.at.read(|conn| notes::versions_between(conn, &scope, note.id, (1, 2)));
    assert_eq!((changed.len(), changed[0].label.as_str()), (1, "Notes"));
    assert_eq!(changed[0].after, "Worked hard on requests.");
    let waiting = proposals(&world);
    assert_eq!((waiting.len(), waiting[0].whys.as_slice()), (1, &[Why::Edited][..]));
    decide(&world, Choice::Replace).unwrap();
    let approved = world.appointment(id);
    assert!(is_rendered(&approved));
    assert_eq!(approved.results_notes, "Worked hard on requests.");
    assert_eq!(world.session(id).unwrap().note.unwrap().1, 2);
    assert_eq!(world.note("sn-1").reason, Reason::Nothing);
    let versions = world.at.read(|conn| notes::versions(conn, &scope, note.id));
    assert_eq!(versions.iter().map(|one| one.version).collect::<Vec<_>>(), [2, 1], "the old one is kept");
    assert_eq!(world.events("note.decided"), 1);
    world.at.write(|tx| appointments::un_render(tx, &world.at.scope::<ManageAppointments>(), id));
    assert_eq!(world.appointment(id).results_notes, "", "what was there before the first version");
}

#[actix_web::test]
async fn keeping_leaves_everything_and_a_decision_is_taken_once() {
    let world = World::start().await;
    let id = world.leahs();
    world.take(vec![leahs_note("13:00", "14:00")]);
    world.take(vec![edited("Other words.")]);
    let (first, scope) = (proposals(&world)[0].id, world.at.scope::<ManageAppointments>());
    decide(&world, Choice::Keep).unwrap();
    assert_eq!(world.appointment(id).results_notes, "Worked on requests.");
    let twice = world.at.try_write(|tx| notes::decide(tx, &scope, first, Choice::Replace));
    assert!(matches!(twice, Err(Refusal::Overtaken(_))));
    assert_eq!(proposals(&world), []);
}

#[actix_web::test]
async fn an_edited_note_before_rendering_follows_by_itself() {
    let world = World::start().await;
    world.set(|settings| settings.guardian_needed = true);
    let id = world.leahs();
    let mut note = leahs_note("13:00", "14:00");
    note.fields.retain(|field| field.name != "Guardian Signature");
    world.take(vec![note]);
    assert!(!is_rendered(&world.appointment(id)));
    let taken = world.take(vec![edited("Now signed.")]);
    assert_eq!((taken.rendered, taken.proposals), (1, 0));
    assert_eq!(world.appointment(id).results_notes, "Now signed.");
}

#[actix_web::test]
async fn results_notes_that_are_there_are_never_overwritten_silently() {
    for (choice, expected) in [
        (Choice::Keep, "Written by hand."),
        (Choice::Append, "Written by hand.\n\nWorked on requests."),
        (Choice::Replace, "Worked on requests."),
    ] {
        let world = World::start().await;
        let id = world.leahs();
        let scope = world.at.scope::<ManageAppointments>();
        let version = world.appointment(id).version;
        world.at.write(|tx| appointments::write_results(tx, &scope, (id, version), "Written by hand."));
        let taken = world.take(vec![leahs_note("13:00", "14:00")]);
        assert_eq!((taken.mapped, taken.rendered, taken.proposals), (1, 0, 1));
        assert_eq!(world.appointment(id).results_notes, "Written by hand.");
        assert_eq!(proposals(&world)[0].whys, [Why::ResultsThere]);
        decide(&world, choice).unwrap();
        let after = world.appointment(id);
        assert_eq!((after.results_notes.as_str(), is_rendered(&after)), (expected, true), "{choice:?}");
        world.at.write(|tx| appointments::un_render(tx, &scope, id));
        assert_eq!(world.appointment(id).results_notes, "Written by hand.");
    }
}

#[actix_web::test]
async fn an_appointment_that_was_rendered_by_hand_is_asked_about_and_stays_rendered() {
    let world = World::start().await;
    world.set(|settings| (settings.therapist_needed, settings.results_needed) = (false, false));
    let id = world.leahs();
    let scope = world.at.scope::<ManageAppointments>();
    world.at.write(|tx| appointments::render(tx, &scope, id));
    assert_eq!(world.session(id), None, "nobody signed");
    let by_hand = world.appointment(id);
    let taken = world.take(vec![leahs_note("13:00", "14:00")]);
    assert_eq!((taken.mapped, taken.rendered, taken.proposals), (1, 0, 1));
    assert_eq!(proposals(&world)[0].whys, [Why::RenderedBefore]);
    assert_eq!(world.appointment(id), by_hand);
    decide(&world, Choice::Replace).unwrap();
    assert_eq!(world.appointment(id).results_notes, "Worked on requests.");
    let note = world.note("sn-1").id;
    let refusing = world.at.scope::<kinbridge::domain::access::ManageIntegrations>();
    world.at.write(|tx| notes::not_the_same(tx, &refusing, note));
    let mut after = world.appointment(id);
    after.version = by_hand.version;
    assert_eq!(after, by_hand, "it was rendered before the note came");
}

#[actix_web::test]
async fn an_invoiced_appointment_is_not_moved_without_approval() {
    let world = World::start().await;
    world.times_of_the_note();
    let id = world.leahs();
    world.at.write(|tx| {
        let words = format!(
            "UPDATE appointments SET invoiced_at = '2026-11-10 09:00:00', invoice = 'A1' WHERE id = {id}"
        );
        diesel::RunQueryDsl::execute(diesel::sql_query(words), tx.conn)?;
        Ok(())
    });
    let before = world.appointment(id);
    let taken = world.take(vec![leahs_note("13:03", "14:03")]);
    assert_eq!((taken.mapped, taken.rendered, taken.proposals), (1, 0, 1));
    assert_eq!(world.appointment(id), before);
    assert_eq!(proposals(&world)[0].whys, [Why::Invoiced]);
    decide(&world, Choice::Replace).unwrap();
    assert_eq!(world.appointment(id).starts_at, at("2026-11-04 13:03"), "approved");
}

#[actix_web::test]
async fn a_withdrawn_note_is_shown_and_un_rendering_is_proposed() {
    let world = World::start().await;
    let id = world.leahs();
    world.take(vec![leahs_note("13:00", "14:00")]);
    world.take(vec![NoteRecord { status: "Draft".into(), ..leahs_note("13:00", "14:00") }]);
    assert!(is_rendered(&world.appointment(id)), "nothing happens by itself");
    assert_eq!(proposals(&world)[0].whys, [Why::Withdrawn]);
    decide(&world, Choice::UnRender).unwrap();
    let after = world.appointment(id);
    assert_eq!((after.state, after.results_notes.as_str()), (Of::Scheduled, ""));
    assert_eq!(world.note("sn-1").state, State::Withdrawn);
    let taken = world.take(vec![leahs_note("13:00", "14:00")]);
    assert_eq!(taken.rendered, 1, "published again");
}

#[actix_web::test]
async fn a_no_show_is_only_proposed_and_cancels_under_the_organisations_own_status() {
    let world = World::start().await;
    let id = world.leahs();
    let note = NoteRecord { status: "No Show".into(), ..leahs_note("13:00", "14:00") };
    let taken = world.take(vec![note.clone()]);
    assert_eq!((taken.mapped, taken.rendered, taken.proposals), (0, 0, 1));
    assert_eq!(world.appointment(id).state, Of::Scheduled);
    assert_eq!(proposals(&world)[0].whys, [Why::SaysNoShow]);
    decide(&world, Choice::Cancel).unwrap();
    let after = world.appointment(id);
    assert_eq!(after.state, Of::Cancelled);
    let scope = world.at.scope::<ManageAppointments>();
    let types = world.at.read(|conn| Ok(appointments::status_types(conn, &scope)?));
    let status = types.iter().find(|one| one.id == after.status).unwrap();
    assert!(status.flags.cancellation && status.name.to_lowercase().contains("show"), "{}", status.name);
    assert_eq!(
        world
            .at
            .number("SELECT COUNT(*) AS n FROM appointments WHERE cancelled_because LIKE '%session note%'"),
        1
    );
}

#[actix_web::test]
async fn a_cancellation_that_was_kept_is_not_proposed_again() {
    let world = World::start().await;
    world.leahs();
    world.take(vec![NoteRecord { status: "Cancelled".into(), ..leahs_note("13:00", "14:00") }]);
    decide(&world, Choice::Keep).unwrap();
    let scope = world.at.scope::<PairRecords>();
    let everything = notes::Touched::Everything;
    world.at.write(|tx| notes::match_waiting(tx, &scope, world.connection, None, &everything));
    assert_eq!(proposals(&world), []);
}
