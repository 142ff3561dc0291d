//! Each line of *Bad input*: set aside with the reason, shown, never rendered as code.

use kinbridge::connectors::NoteRecord;
use kinbridge::domain::access::PairRecords;
use kinbridge::domain::notes::{self, Reason, State};

use super::{PNG, World, field, is_rendered, leahs_note};
use crate::support::therapy::day;

fn with(mut note: NoteRecord, name: &str, value: &str) -> NoteRecord {
    note.fields.retain(|one| one.name != name);
    note.fields.push(field(name, value));
    note
}

#[actix_web::test]
async fn notes_with_impossible_times_are_set_aside_with_reason_and_repair() {
    let world = World::start().await;
    let id = world.leahs();
    let good = || leahs_note("13:00", "14:00");
    let mut no_end = good();
    no_end.fields.retain(|one| one.name != "End Time");
    let cases = [
        (no_end, "no End Time"),
        (leahs_note("14:00", "13:00"), "not after the Start Time"),
        (leahs_note("25:61", "14:00"), "“25:61” is no time of day"),
        (leahs_note("23:30", "00:30"), "over midnight"),
        (NoteRecord { date: "2026-02-30".into(), ..good() }, "cannot be read as a day"),
        (NoteRecord { date: String::new(), ..good() }, "no date"),
        (with(good(), "Parent Name", "Somebody Else"), "twice"),
    ];
    for (n, (mut note, words)) in cases.into_iter().enumerate() {
        note.external_id = format!("bad-{n}");
        let taken = world.take(vec![note]);
        assert_eq!((taken.set_aside, taken.mapped), (1, 0), "{words}");
        let listed = world.note(&format!("bad-{n}"));
        assert_eq!((listed.state, listed.reason), (State::SetAside, Reason::SetAside), "{words}");
        assert!(listed.because.contains(words), "{words}: {}", listed.because);
        assert!(listed.repair.contains("Ensora Data Collection"), "{}", listed.repair);
        let scope = world.at.scope::<PairRecords>();
        let refused = world.at.try_write(|tx| notes::map(tx, &scope, listed.id, id));
        assert!(refused.unwrap_err().to_string().contains("set aside"));
    }
    assert!(!is_rendered(&world.appointment(id)));
    assert_eq!(world.take(vec![good()]).rendered, 1, "and they stop no other");
}

#[actix_web::test]
async fn an_unknown_therapist_is_the_reason() {
    let world = World::start().await;
    world.leahs();
    let unknown = NoteRecord { user_id: "us-404".into(), ..leahs_note("13:00", "14:00") };
    world.take(vec![unknown]);
    let note = world.note("sn-1");
    assert_eq!((note.reason, note.reason.label()), (Reason::UnknownUser, "No Staff Match"));
    let scope = world.at.scope::<PairRecords>();
    let why = world.at.read(|conn| notes::why(conn, &scope, note.id));
    let failed: Vec<&str> = why.iter().filter(|check| !check.ok).map(|check| check.id).collect();
    assert_eq!(failed, ["staff"]);
}

#[actix_web::test]
async fn two_notes_for_one_appointment_are_none() {
    let world = World::start().await;
    let id = world.leahs();
    let second = NoteRecord { external_id: "sn-2".into(), ..leahs_note("13:02", "14:00") };
    let taken = world.take(vec![leahs_note("13:00", "14:00"), second]);
    assert_eq!(taken.mapped, 0);
    for note in ["sn-1", "sn-2"] {
        assert_eq!(world.note(note).reason, Reason::SeveralNotes);
    }
    let scope = world.at.scope::<PairRecords>();
    let (first, second) = (world.note("sn-1").id, world.note("sn-2").id);
    world.at.write(|tx| notes::map(tx, &scope, first, id));
    let taken = world.at.try_write(|tx| notes::map(tx, &scope, second, id));
    assert!(taken.unwrap_err().to_string().contains("Another session note"));
}

#[actix_web::test]
async fn a_second_note_that_comes_later_waits() {
    let world = World::start().await;
    world.leahs();
    world.take(vec![leahs_note("13:00", "14:00")]);
    world.take(vec![NoteRecord { external_id: "sn-2".into(), ..leahs_note("13:02", "14:00") }]);
    assert_eq!(world.note("sn-2").reason, Reason::AppointmentTaken);
}

#[actix_web::test]
async fn one_note_for_two_appointments_is_on_none() {
    let world = World::start().await;
    world.leahs();
    world.plan("Leah Brown", "Dev Patel", ("2026-11-04", "13:03", "14:00"));
    world.take(vec![leahs_note("13:01", "14:00")]);
    assert_eq!(world.note("sn-1").reason, Reason::SeveralAppointments);
}

#[actix_web::test]
async fn a_student_in_two_sites_is_nobody_until_mapped() {
    let world = World::start().await;
    world.plan("Tom Ray", "Dev Patel", ("2026-11-04", "13:00", "14:00"));
    let again = world.student("st-20", ("Tom", "Ray"), day(2016, 2, 2), "si-2");
    let note = NoteRecord { student_id: "st-2".into(), ..leahs_note("13:00", "14:00") };
    world.take(vec![note.clone()]);
    assert_eq!(world.note("sn-1").reason, Reason::TwoSites);
    let other = world.student("st-21", ("Ana", "Diaz"), day(2014, 9, 23), "si-2");
    let elsewhere =
        NoteRecord { external_id: "sn-3".into(), student_id: "st-21".into(), ..leahs_note("15:00", "16:00") };
    world.take(vec![elsewhere]);
    assert_eq!(world.note("sn-3").reason, Reason::TwoSites, "the note names another site than the student");
    assert!(again != other);
}

#[actix_web::test]
async fn bad_signatures_are_left_out_with_the_reason_and_the_rest_of_the_note_is_kept() {
    let world = World::start().await;
    let id = world.leahs();
    let twenty = format!("data:image/png;base64,{}", "A".repeat(20 * 1024 * 1024));
    let svg =
        "data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9YWxlcnQoMSk+PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pjwvc3ZnPg==";
    let note = with(with(leahs_note("13:00", "14:00"), "Signature", &twenty), "Guardian Signature", svg);
    let taken = world.take(vec![note]);
    assert_eq!((taken.mapped, taken.rendered, taken.set_aside), (1, 0, 0));
    assert_eq!(world.at.number("SELECT COUNT(*) AS n FROM signature_images"), 0);
    let appointment = world.appointment(id);
    assert_eq!(appointment.results_notes, "Worked on requests.");
    let listed = world.note("sn-1");
    assert!(listed.because.contains("therapist's signature is missing"), "{}", listed.because);
    let scope = world.at.scope::<PairRecords>();
    let whole = world.at.read(|conn| notes::get(conn, &scope, listed.id));
    let remarks = whole.reading.remarks.join(" ");
    assert!(remarks.contains("larger than 2 MB") && remarks.contains("SVG"), "{remarks}");
    let large = world.at.number("SELECT COUNT(*) AS n FROM note_versions WHERE LENGTH(data) > 5000");
    assert_eq!(large, 0, "nothing of the picture is kept");
}

#[actix_web::test]
async fn html_in_a_note_stays_text() {
    let world = World::start().await;
    let id = world.leahs();
    let code = "<script>alert(1)</script> & <b>well</b>";
    world.take(vec![with(leahs_note("13:00", "14:00"), "Notes", code)]);
    assert_eq!(world.appointment(id).results_notes, code, "as text, which pages escape");
    let scope = world.at.scope::<PairRecords>();
    let note = world.note("sn-1").id;
    let whole = world.at.read(|conn| notes::get(conn, &scope, note));
    assert_eq!(whole.reading.remarks, ["The note holds HTML. It is shown as plain text."]);
}

#[actix_web::test]
async fn a_note_without_identifier_or_with_zero_bytes_stops_nothing() {
    let world = World::start().await;
    let id = world.leahs();
    let nameless = NoteRecord { external_id: " ".into(), ..leahs_note("13:00", "14:00") };
    let zero = with(leahs_note("13:00", "14:00"), "Notes", "Went\u{0} well");
    let taken = world.take(vec![nameless, zero]);
    assert_eq!((taken.new, taken.rendered), (1, 1));
    assert_eq!(world.appointment(id).results_notes, "Went well");
}

#[actix_web::test]
async fn a_draft_is_not_used_and_a_repeated_hour_is_not_guessed() {
    let world = World::start().await;
    world.leahs();
    world.plan("Leah Brown", "Dev Patel", ("2026-10-25", "03:00", "04:00"));
    let draft = NoteRecord { status: "Draft".into(), ..leahs_note("13:00", "14:00") };
    let mut repeated = leahs_note("01:30", "02:30");
    (repeated.external_id, repeated.date) = ("sn-2".into(), "2026-10-25".into());
    world.take(vec![draft, repeated]);
    assert_eq!(world.note("sn-1").reason, Reason::NotPublished);
    assert_eq!(world.note("sn-2").reason, Reason::ClocksChanged);
    assert!(PNG.starts_with("data:"));
}
