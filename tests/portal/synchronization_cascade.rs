//! *What would follow*: a mapping that ends with all that rests on it, and does not come again by itself.

#![cfg(test)]

use kinbridge::domain::access::ViewAppointments;
use kinbridge::domain::appointments::{self, Appointment};
use kinbridge::domain::mapping::Kind;
use kinbridge::domain::notes;
use kinbridge::kit::ids::{AppointmentId, ExternalRecordId};
use kinbridge::links;
use kinbridge::sandbox::ensora;

use crate::audit_trail::acts::Walk;
use crate::notes::{is_rendered, leahs_note, plan};
use crate::support::Page;
use crate::support::therapy::WithEnsora;

/// A session note as the simulator holds it: of that student, by that user, at that site.
fn sent(id: &str, (student, user, site): (&str, &str, &str), date: &str) -> ensora::Note {
    let record = leahs_note("13:00", "14:00");
    let field = |one: kinbridge::connectors::NoteField| ensora::Field {
        name: one.name,
        value: one.value,
        kind: one.kind,
    };
    ensora::Note {
        id: id.into(),
        student_id: student.into(),
        user_id: user.into(),
        site_id: site.into(),
        status: record.status,
        date: date.into(),
        template: record.template,
        fields: record.fields.into_iter().map(field).collect(),
        ..ensora::Note::default()
    }
}

/// Bright Path with everything mapped by rules, and Leah's note on her appointment, which it rendered.
async fn rendered() -> (WithEnsora, AppointmentId) {
    let at = WithEnsora::start().await;
    let id = plan(&at, ("Leah Brown", "Dev Patel"), ("2026-11-04", "13:00", "14:00"));
    at.simulator.put_note(sent("sn-1", ("st-1", "us-1", "si-1"), "2026-11-04"));
    at.shake_hands().await;
    at.work_off().await;
    assert!(is_rendered(&appointment(&at, id)), "{:?}", appointment(&at, id));
    (at, id)
}

fn appointment(at: &WithEnsora, id: AppointmentId) -> Appointment {
    at.read(|conn| appointments::get(conn, &at.scope::<ViewAppointments>(), id))
}

fn act(at: &WithEnsora, tab: &str, record: ExternalRecordId, act: &str) -> String {
    links::synchronization_row_act(at.org, tab, record, act)
}

fn follows(at: &WithEnsora, tab: &str, record: ExternalRecordId) -> String {
    act(at, tab, record, "what-follows")
}

fn live(at: &WithEnsora, kind: &str) -> i64 {
    at.number(&format!("SELECT COUNT(*) FROM pairings WHERE kind = '{kind}' AND ended_at IS NULL"))
}

fn live_of(at: &WithEnsora, record: ExternalRecordId) -> i64 {
    let query =
        format!("SELECT COUNT(*) FROM pairings WHERE external_record_id = {record} AND ended_at IS NULL");
    at.number(&query)
}

fn events(at: &WithEnsora, verb: &str) -> i64 {
    at.number(&format!("SELECT COUNT(*) FROM audit_events WHERE verb = '{verb}'"))
}

/// As if a person had chosen the live mapping of a record.
fn by_hand(at: &WithEnsora, record: ExternalRecordId) {
    at.write(|tx| {
        use diesel::RunQueryDsl;
        let change = format!(
            "UPDATE pairings SET origin = 'User', rule = '', paired_by_name = 'Omar Shah' \
             WHERE external_record_id = {record} AND ended_at IS NULL"
        );
        diesel::sql_query(change).execute(tx.conn)?;
        Ok(())
    });
}

fn seen(page: &Page) -> String {
    let (_, rest) = page.body.split_once("name=\"seen\" value=\"").expect("the form");
    rest.split('"').next().unwrap().to_owned()
}

#[actix_web::test]
async fn what_would_follow_is_for_super_managers_alone() {
    let (at, _) = rendered().await;
    let page = follows(&at, "clients", at.record_of("resident", "st-1"));
    assert_eq!(at.as_stranger().get(&page).await.status, 404);
    assert_eq!(at.as_manager().get(&page).await.status, 403);
    assert_eq!(at.as_stranger().post(&page, &[("seen", "x")]).await.status, 404);
    assert_eq!(at.as_manager().post(&page, &[("seen", "x")]).await.status, 403);
    assert_eq!(at.as_super().get(&page).await.status, 200);
    // A record of another kind, and one that is mapped to nobody.
    let other = follows(&at, "clients", at.record_of("staff", "us-1"));
    assert_eq!(at.as_super().get(&other).await.status, 404);
    let nobody = follows(&at, "staff", at.record_of("staff", "us-9"));
    assert_eq!(at.as_super().get(&nobody).await.status, 404);
    assert_eq!(at.as_super().post(&nobody, &[("seen", "x")]).await.status, 404);
}

#[actix_web::test]
async fn a_rules_mapping_ends_with_its_appointments_and_comes_back_only_when_that_is_taken_back() {
    let (at, id) = rendered().await;
    let (nora, leah) = (at.as_super(), at.record_of("resident", "st-1"));
    let row = links::synchronization_row(at.org, "clients", leah);
    let page = follows(&at, "clients", leah);
    let shown = nora.get(&row).await;
    assert!(shown.body.contains(&format!("href=\"{page}\"")), "{}", shown.body);
    let pairing = at.number(&format!("SELECT id FROM pairings WHERE external_record_id = {leah}"));
    // Not the same alone would leave the note where it is.
    nora.post(&act(&at, "clients", leah, "not-the-same"), &[("pairing", &pairing.to_string())]).await;
    assert!(nora.get(&row).await.text().contains("Look at what would follow first."));
    assert_eq!(live_of(&at, leah), 1);

    let shown = nora.get(&page).await;
    let text = shown.text();
    for words in [
        "the student Leah Brown to Leah Brown",
        "Appointments that lose their session note: 1",
        "Leah Brown, 4 November 2026, 13:00 to 14:00",
        "remembered as not the same, so that no rule maps them again",
        "It can be taken back",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let to = nora.post(&page, &[("seen", &seen(&shown))]).await;
    assert_eq!(to.location(), row);
    let told = nora.get(&row).await.text();
    assert!(
        told.contains("and all that rested on it are deleted.") && told.contains("no rule maps"),
        "{told}"
    );
    assert!(told.contains("Nora Hill said that this is not Leah Brown"), "{told}");
    let after = appointment(&at, id);
    assert!(!is_rendered(&after) && after.results_notes.is_empty(), "{after:?}");
    for verb in ["note.unmapped", "mapping.ended", "mapping.refused", "appointment.unrendered"] {
        assert_eq!(events(&at, verb), 1, "{verb}");
    }
    assert_eq!((live_of(&at, leah), live(&at, "note")), (0, 0));
    assert_eq!(at.number("SELECT COUNT(*) FROM refusals WHERE kind = 'note'"), 0);

    at.pass(60);
    at.pull().await;
    assert_eq!((live_of(&at, leah), live(&at, "note")), (0, 0));
    assert!(!is_rendered(&appointment(&at, id)));
    let back = act(&at, "clients", leah, "refusals");
    assert_eq!(nora.post(&back, &[("local", &at.leah.to_string())]).await.status, 303);
    assert_eq!((live_of(&at, leah), live(&at, "note")), (1, 1));
    assert!(is_rendered(&appointment(&at, id)));
}

#[actix_web::test]
async fn a_persons_mapping_whose_conditions_are_met_is_not_made_by_the_rule_at_once() {
    let (at, id) = rendered().await;
    let (nora, dev) = (at.as_super(), at.record_of("staff", "us-1"));
    by_hand(&at, dev);
    let text = nora.get(&links::synchronization_row(at.org, "staff", dev)).await.text();
    assert!(text.contains("It cannot be deleted alone. Used by 1 appointment."), "{text}");
    let page = follows(&at, "staff", dev);
    nora.post(&page, &[("seen", &seen(&nora.get(&page).await))]).await;
    assert_eq!((live_of(&at, dev), live(&at, "note")), (0, 0));
    let refused =
        format!("SELECT COUNT(*) FROM refusals WHERE kind = 'staff' AND external_record_id = {dev}");
    assert_eq!(at.number(&refused), 1);
    at.pass(60);
    at.pull().await;
    assert_eq!((live_of(&at, dev), live(&at, "note")), (0, 0));
    assert!(!is_rendered(&appointment(&at, id)));
}

#[actix_web::test]
async fn whoever_typed_their_password_a_while_ago_types_it_again_first() {
    let (at, _) = rendered().await;
    let (nora, leah) = (at.as_super(), at.record_of("resident", "st-1"));
    let page = follows(&at, "clients", leah);
    let seen = seen(&nora.get(&page).await);
    at.pass(11 * 60);
    let to = nora.post(&page, &[("seen", &seen)]).await;
    assert_eq!(to.location(), links::confirm(&page));
    assert_eq!(live_of(&at, leah), 1);
}

#[actix_web::test]
async fn what_changed_meanwhile_is_said_and_seen_first() {
    let (at, id) = rendered().await;
    let (nora, leah) = (at.as_super(), at.record_of("resident", "st-1"));
    let page = follows(&at, "clients", leah);
    let before = seen(&nora.get(&page).await);
    plan(&at, ("Leah Brown", "Dev Patel"), ("2026-11-05", "13:00", "14:00"));
    at.simulator.put_note(sent("sn-2", ("st-1", "us-1", "si-1"), "2026-11-05"));
    at.pass(60);
    at.pull().await;
    assert_eq!(live(&at, "note"), 2);
    let to = nora.post(&page, &[("seen", &before)]).await;
    assert_eq!(to.location(), page);
    let shown = nora.get(&page).await;
    let text = shown.text();
    assert!(text.contains("Something changed meanwhile, so nothing was deleted."), "{text}");
    assert!(text.contains("Appointments that lose their session note: 2"), "{text}");
    assert_eq!((live_of(&at, leah), live(&at, "note")), (1, 2));
    assert!(is_rendered(&appointment(&at, id)));
    nora.post(&page, &[("seen", &seen(&shown))]).await;
    assert_eq!((live_of(&at, leah), live(&at, "note")), (0, 0));
}

#[actix_web::test]
async fn an_invoiced_appointment_refuses_the_whole() {
    let (at, id) = rendered().await;
    let nora = at.as_super();
    let pages = [
        (Kind::Student, "clients", at.record_of("resident", "st-1")),
        (Kind::Site, "agencies", at.record_of("site", "si-1")),
    ];
    at.write(|tx| {
        use diesel::RunQueryDsl;
        let set = "invoiced_at = '2026-11-22 10:00:00', invoice = 'INV-7'";
        diesel::sql_query(format!("UPDATE appointments SET {set} WHERE id = {id}")).execute(tx.conn)?;
        Ok(())
    });
    for (kind, tab, record) in pages {
        let page = follows(&at, tab, record);
        let text = nora.get(&page).await.text();
        assert!(text.contains("Leah Brown, 4 November 2026, 13:00 to 14:00: INV-7"), "{text}");
        assert!(!text.contains("Delete all of this"), "{text}");
        // Sent all the same, and nothing changed meanwhile.
        let found = at.read(|conn| notes::what_would_follow(conn, &at.scope(), kind, record));
        let to = nora.post(&page, &[("seen", &found.seen)]).await;
        let told = nora.get(to.location()).await.text();
        assert!(told.contains("An appointment is invoiced, so nothing was deleted."), "{told}");
    }
    assert_eq!(
        (live(&at, "site"), live(&at, "resident"), live(&at, "staff"), live(&at, "note")),
        (2, 3, 2, 1)
    );
    assert!(is_rendered(&appointment(&at, id)));
    assert_eq!(events(&at, "mapping.refused"), 0);
}

#[actix_web::test]
async fn a_site_takes_its_people_and_notes_along_but_not_whoever_another_site_carries() {
    let (at, id) = rendered().await;
    let (nora, site) = (at.as_super(), at.record_of("site", "si-1"));
    let tom = at.record_of("resident", "st-2");
    by_hand(&at, tom);
    let page = follows(&at, "agencies", site);
    let shown = nora.get(&page).await;
    let text = shown.text();
    for words in [
        "Appointments that lose their session note: 1",
        "Clients whose mapping is deleted: 1",
        "Members of staff whose mapping is deleted: 1",
        // Kim, whom Riverside Clinic carries, and Tom, whom a person mapped.
        "2 people of this site keep their mapping",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(text.contains("Dev Patel") && !text.contains("Kim Lee"), "{text}");
    nora.post(&page, &[("seen", &seen(&shown))]).await;
    let now = || (live(&at, "site"), live(&at, "resident"), live(&at, "staff"), live(&at, "note"));
    assert_eq!(now(), (1, 2, 1, 0));
    assert_eq!((live_of(&at, tom), live_of(&at, at.record_of("staff", "us-2"))), (1, 1));
    assert!(!is_rendered(&appointment(&at, id)));
    at.pass(60);
    at.pull().await;
    assert_eq!(now(), (1, 2, 1, 0), "nothing is made again");
    // The student's name alone does not bring the note back to an appointment of that agency.
    let why = "SELECT COUNT(*) FROM session_notes WHERE because LIKE '%site is not the agency%'";
    assert_eq!(at.number(why), 1);
    let back = act(&at, "agencies", site, "refusals");
    nora.post(&back, &[("local", &at.oakfield.to_string())]).await;
    assert_eq!(now(), (2, 3, 2, 1));
    assert!(is_rendered(&appointment(&at, id)));
}

#[actix_web::test]
async fn every_form_of_it_leaves_an_event() {
    let (at, _) = rendered().await;
    let mut walk = Walk::of(&at.app);
    let nora = at.new_visitor(&at.super_manager);
    for (pattern, tab, record) in [
        (
            "/org/{org}/synchronization/clients/{record}/what-follows",
            "clients",
            at.record_of("resident", "st-1"),
        ),
        ("/org/{org}/synchronization/staff/{record}/what-follows", "staff", at.record_of("staff", "us-1")),
        (
            "/org/{org}/synchronization/agencies/{record}/what-follows",
            "agencies",
            at.record_of("site", "si-2"),
        ),
    ] {
        let page = follows(&at, tab, record);
        let seen = seen(&nora.get(&page).await);
        walk.by(pattern, &nora, &page, vec![("seen", seen)]).await;
        assert_eq!(live_of(&at, record), 0, "{tab}");
    }
}
