//! The tab *Appointments* of Synchronization, a session note's page, and the pages that only look.

#![cfg(test)]

use actix_web::http::Method;
use kinbridge::connectors::{NoteField, NoteRecord};
use kinbridge::domain::access::Permission;
use kinbridge::domain::notes::Note;
use kinbridge::kit::ids::{AppointmentId, OrganisationId};
use kinbridge::links;

use crate::audit_trail::acts::Walk;
use crate::notes::{World, field, is_rendered, leahs_note};
use crate::support::Page;

fn tab(org: OrganisationId) -> String {
    links::synchronization_tab(org, "appointments")
}

fn page_of(world: &World, note: &Note) -> String {
    links::synchronization_note(world.at.org, note.id)
}

async fn save(world: &World, note: &Note, appointment: AppointmentId) -> Page {
    let (pick, appointment) = (format!("pick-{}", note.id), appointment.to_string());
    world.at.as_manager().post(&tab(world.at.org), &[(&pick, &appointment)]).await
}

/// Leah's note of a quarter of an hour later than her appointment, which waits.
async fn one_that_waits() -> (World, AppointmentId, Note) {
    let world = World::start().await;
    let appointment = world.leahs();
    world.take(vec![leahs_note("13:15", "14:15")]);
    let note = world.note("sn-1");
    (world, appointment, note)
}

/// Leah's note on her appointment, by the rule.
async fn one_that_fits() -> (World, AppointmentId, Note) {
    let world = World::start().await;
    let appointment = world.leahs();
    world.take(vec![leahs_note("13:00", "14:00")]);
    let note = world.note("sn-1");
    (world, appointment, note)
}

#[actix_web::test]
async fn strangers_and_those_without_the_right_reach_none_of_it() {
    let (world, _, note) = one_that_fits().await;
    let (at, org) = (&world.at, world.at.org);
    let pages = [
        tab(org),
        page_of(&world, &note),
        links::synchronization_signature(org, note.id, 0),
        links::synchronization_template(org),
        links::synchronization_grace(org),
        links::synchronization_replay(org),
    ];
    for path in &pages {
        assert_eq!(at.as_stranger().get(path).await.status, 404, "{path}");
        assert_eq!(at.as_staff().get(path).await.status, 403, "{path}");
        assert_eq!(at.as_manager().get(path).await.status, 200, "{path}");
        assert_eq!(at.signed_out().get(path).await.status, 303, "{path}");
    }
    let act = |act: &str| links::synchronization_note_act(org, note.id, act);
    assert_eq!(at.as_manager().post(&act("not-the-same"), &[]).await.status, 403);
    assert_eq!(
        at.as_manager().post(&links::synchronization_grace(org), &[("minutes", "9")]).await.status,
        403
    );
    assert_eq!(at.as_stranger().post(&act("delete"), &[]).await.status, 404);
    // A care home has no such window.
    assert_eq!(at.app.as_super().get(&tab(at.cast.willow)).await.status, 404);
}

#[actix_web::test]
async fn somebody_of_another_agency_sees_no_note_of_this_one() {
    let (world, _, note) = one_that_fits().await;
    let at = &world.at;
    at.allow(&at.staff, &[Permission::OpenOrganisation, Permission::PairRecords]);
    assert!(at.as_staff().get(&tab(at.org)).await.text().contains("Leah Brown"));
    let people = at.scope::<kinbridge::domain::access::ManagePeople>();
    let membership = at.staff.membership.unwrap();
    at.write(|tx| kinbridge::domain::accounts::assign_places(tx, &people, membership, &[at.riverside]));
    assert!(!at.as_staff().get(&tab(at.org)).await.text().contains("Leah Brown"));
    assert_eq!(at.as_staff().get(&page_of(&world, &note)).await.status, 404);
    let picture = links::synchronization_signature(at.org, note.id, 0);
    assert_eq!(at.as_staff().get(&picture).await.status, 404);
}

#[actix_web::test]
async fn a_mapped_note_stands_with_its_appointment_and_only_a_hand_made_mapping_is_deleted() {
    let (world, appointment, note) = one_that_fits().await;
    let at = &world.at;
    let page = at.as_manager().get(&tab(at.org)).await;
    let text = page.text();
    for words in
        ["Wednesday 4 November 2026, 13:00 to 14:00", "Dev Patel", "Auto", "Rendered", "Made by the rule"]
    {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(text.contains("1 session notes: 1 mapped") && !text.contains("Delete mapping"), "{text}");
    let page = at.as_manager().get(&page_of(&world, &note)).await.text();
    assert!(page.contains("A super manager can say that it is not the same."), "{page}");
    let delete = links::synchronization_note_act(at.org, note.id, "delete");
    let to = at.as_manager().post(&delete, &[]).await;
    assert!(
        at.as_manager().get(to.location()).await.status == 200
            && is_rendered(&world.appointment(appointment))
    );
    let not = links::synchronization_note_act(at.org, note.id, "not-the-same");
    let nora = at.as_super();
    let to = nora.post(&not, &[]).await;
    let page = nora.get(to.location()).await.text();
    assert!(page.contains("will not be put there again"), "{page}");
    assert!(!is_rendered(&world.appointment(appointment)));
}

#[actix_web::test]
async fn a_note_that_waits_says_why_and_is_mapped_by_hand_and_taken_off_again() {
    let (world, appointment, note) = one_that_waits().await;
    let at = &world.at;
    let list = at.as_manager().get(&format!("{}?show=not-mapped", tab(at.org))).await;
    assert!(list.text().contains("outside the grace time"), "{}", list.text());
    assert!(list.body.contains(&format!("name=\"pick-{}\"", note.id)), "{}", list.body);
    let page = at.as_manager().get(&page_of(&world, &note)).await.text();
    assert!(page.contains("Why was this not mapped?") && page.contains("Its fields can be read."), "{page}");
    // Its signatures are seen before any appointment shows them.
    let mut seen = 0;
    for place in 0..3 {
        let picture = at.as_manager().get(&links::synchronization_signature(at.org, note.id, place)).await;
        seen += usize::from(picture.status == 200 && picture.bytes.starts_with(b"\x89PNG"));
    }
    assert!(seen > 0, "the signatures are served");
    let to = save(&world, &note, appointment).await;
    assert_eq!(to.status, 303, "{}", to.text());
    let manager = at.as_manager();
    let list = manager.get(&tab(at.org)).await.text();
    assert!(list.contains("User") && list.contains("Delete mapping"), "{list}");
    assert!(list.contains("Un-renders the appointment"), "{list}");
    assert!(is_rendered(&world.appointment(appointment)));
    let delete = links::synchronization_note_act(at.org, note.id, "delete");
    let to = manager.post(&delete, &[]).await;
    assert!(manager.get(to.location()).await.text().contains("The mapping is deleted."));
    let after = world.appointment(appointment);
    assert!(!is_rendered(&after) && after.results_notes.is_empty(), "{after:?}");
}

#[actix_web::test]
async fn what_cannot_be_mapped_is_said_at_its_row_and_nothing_chosen_is_no_mistake() {
    let (world, _, note) = one_that_waits().await;
    let at = &world.at;
    let toms = world.plan("Tom Ray", "Dev Patel", ("2026-11-04", "15:00", "16:00"));
    let page = save(&world, &note, toms).await;
    assert_eq!(page.status, 422);
    assert!(page.text().contains("Choose an appointment of the note's own client"), "{}", page.text());
    let nowhere = save(&world, &note, AppointmentId(987_654)).await;
    assert!(nowhere.text().contains("not there any more"), "{}", nowhere.text());
    let pick = format!("pick-{}", note.id);
    let manager = at.as_manager();
    let to = manager.post(&tab(at.org), &[(&pick, "")]).await;
    assert!(manager.get(to.location()).await.text().contains("Nothing was chosen"));
}

#[actix_web::test]
async fn filters_narrow_the_list() {
    let (world, _, _) = one_that_waits().await;
    let at = &world.at;
    let text = async |query: &str| at.as_manager().get(&format!("{}{query}", tab(at.org))).await.text();
    assert!(text("?reason=outside+grace").await.contains("Leah Brown"));
    assert!(text("?reason=no+client").await.contains("Nothing fits what you asked for."));
    assert!(text("?q=leah").await.contains("Leah Brown"));
    assert!(text("?show=mapped").await.contains("Nothing fits"));
    assert!(text("?from=5/11/2026").await.contains("Nothing fits"));
}

fn with(mut note: NoteRecord, name: &str, value: &str) -> NoteRecord {
    note.fields.retain(|field| field.name != name);
    note.fields.push(field(name, value));
    note
}

#[actix_web::test]
async fn html_in_a_note_is_shown_as_text_and_an_svg_is_never_served() {
    let world = World::start().await;
    world.leahs();
    let svg = "data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9YWxlcnQoMSk+";
    let note = with(leahs_note("13:00", "14:00"), "Notes", "<script>alert('note')</script>");
    world.take(vec![with(note, "Guardian Signature", svg)]);
    let (at, note) = (&world.at, world.note("sn-1"));
    let page = at.as_manager().get(&page_of(&world, &note)).await;
    assert!(!page.body.contains("<script>alert"), "it is escaped");
    assert!(page.text().contains("<script>alert('note')</script>"), "{}", page.text());
    assert!(page.text().contains("SVG"), "{}", page.text());
    let (mut pictures, mut missing) = (0, 0);
    for place in 0..3 {
        let picture = at.as_manager().get(&links::synchronization_signature(at.org, note.id, place)).await;
        if picture.status == 404 {
            missing += 1;
            continue;
        }
        pictures += 1;
        assert_eq!(picture.header("content-type"), Some("image/png"));
        assert_eq!(picture.header("x-content-type-options"), Some("nosniff"));
        assert!(picture.header("content-security-policy").unwrap().contains("sandbox"));
        assert!(picture.header("content-disposition").unwrap().starts_with("inline"));
        assert!(picture.bytes.starts_with(b"\x89PNG"));
    }
    assert_eq!((pictures, missing), (1, 2), "the therapist's only");
}

#[actix_web::test]
async fn an_edited_note_shows_what_changed_and_a_manager_decides() {
    let (world, appointment, note) = one_that_fits().await;
    let at = &world.at;
    world.take(vec![with(leahs_note("13:00", "14:00"), "Notes", "Worked on something else.")]);
    let manager = at.as_manager();
    let page = manager.get(&page_of(&world, &note)).await.text();
    for words in [
        "To decide",
        "The note was edited",
        "What version 2 changed",
        "Worked on requests.",
        "Keep what is here",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let list = manager.get(&format!("{}?show=to-decide", tab(at.org))).await.text();
    assert!(list.contains("Waits for a decision"), "{list}");
    let proposal = at.number("SELECT MAX(id) FROM note_proposals").to_string();
    let decide = links::synchronization_note_act(at.org, note.id, "decide");
    let to = manager.post(&decide, &[("proposal", &proposal), ("choice", "replace")]).await;
    assert!(manager.get(to.location()).await.text().contains("The note's text was taken."));
    assert!(world.appointment(appointment).results_notes.contains("something else"));
    let to = manager.post(&decide, &[("proposal", &proposal), ("choice", "keep")]).await;
    assert!(manager.get(to.location()).await.text().contains("decided this already"));
}

#[actix_web::test]
async fn why_it_is_not_rendered_is_a_list_with_links_to_the_repair() {
    let world = World::start().await;
    world.set(|settings| settings.guardian_needed = true);
    world.leahs();
    let mut record = leahs_note("13:00", "14:00");
    record.fields.retain(|field: &NoteField| field.name != "Guardian Signature");
    world.take(vec![record]);
    let (at, note) = (&world.at, world.note("sn-1"));
    let page = at.as_super().get(&page_of(&world, &note)).await.text();
    assert!(page.contains("Why was this not rendered?") && page.contains("What is met"), "{page}");
    assert!(page.to_lowercase().contains("guardian"), "{page}");
    let report = at.as_super().get(&links::report(at.org, "appointments")).await.text();
    assert!(
        report.contains("Not rendered") && report.contains("1 with a session note and not rendered."),
        "{report}"
    );
}

#[actix_web::test]
async fn the_template_checker_says_what_is_missing_and_what_would_do() {
    let (world, _, note) = one_that_waits().await;
    let at = &world.at;
    let names = kinbridge::links::encode("start time\nEnd  Time\nNotes\nSignature\nMood");
    let path = format!("{}?names={names}", links::synchronization_template(at.org));
    let page = at.as_manager().get(&path).await.text();
    assert!(
        page.contains("Guardian Signature is missing; Caregiver Signature or Parent Signature would do"),
        "{page}"
    );
    assert!(page.contains("Not used") && page.contains("Mood"), "{page}");
    let path = format!("{}?note={}", links::synchronization_template(at.org), note.id);
    let page = at.as_manager().get(&path).await.text();
    assert!(page.contains("Guardian Name") && !page.contains("Guardian Signature is missing"), "{page}");
}

#[actix_web::test]
async fn another_grace_time_is_tried_without_a_change_and_used_by_a_super_manager() {
    let (world, _, _) = one_that_waits().await;
    let (at, path) = (&world.at, links::synchronization_grace(world.at.org));
    let nora = at.as_super();
    let before = at.digest();
    let page = nora.get(&format!("{path}?minutes=20")).await.text();
    assert!(page.contains("At ± 20 min, 1 more note would match."), "{page}");
    assert!(page.contains("Would match: 1") && page.contains("Leah Brown"), "{page}");
    assert_eq!(at.digest(), before, "nothing is saved");
    assert!(at.as_manager().get(&format!("{path}?minutes=soon")).await.body.contains("id=\"minutes-error\""));
    let to = nora.post(&path, &[("minutes", "20")]).await;
    assert!(nora.get(to.location()).await.text().contains("The grace time is 20 minutes from now on."));
    assert_eq!(nora.post(&path, &[("minutes", "-1")]).await.status, 422);
}

#[actix_web::test]
async fn the_rules_of_today_are_tried_on_all_stored_notes_and_nothing_is_written() {
    let (world, _, _) = one_that_waits().await;
    let (at, path) = (&world.at, links::synchronization_replay(world.at.org));
    world.set(|settings| settings.grace_minutes = 20);
    let omar = at.as_manager();
    let before = at.digest();
    let page = omar.get(&path).await.text();
    assert!(page.contains("Nothing is written.") && page.contains("Would be mapped: 1"), "{page}");
    assert_eq!(at.digest(), before);
    assert!(world.note("sn-1").mapping.is_none());
}

#[actix_web::test]
async fn every_form_of_the_tab_leaves_an_event() {
    let (world, appointment, note) = one_that_waits().await;
    let at = &world.at;
    let mut walk = Walk::of(&at.app);
    let nora = at.new_visitor(&at.super_manager);
    let act = |act: &str| links::synchronization_note_act(at.org, note.id, act);
    let pick = format!("pick-{}", note.id);
    let fields = vec![(pick.as_str(), appointment.to_string())];
    walk.by("/org/{org}/synchronization/appointments", &nora, &tab(at.org), fields).await;
    let pattern = "/org/{org}/synchronization/appointments/{note}/delete";
    walk.by(pattern, &nora, &act("delete"), Vec::new()).await;
    let grace = vec![("minutes", "6".to_owned())];
    walk.by("/org/{org}/synchronization/grace", &nora, &links::synchronization_grace(at.org), grace).await;

    let (world, _, note) = one_that_fits().await;
    let at = &world.at;
    let mut walk = Walk::of(&at.app);
    let nora = at.new_visitor(&at.super_manager);
    let act = |act: &str| links::synchronization_note_act(at.org, note.id, act);
    world.take(vec![with(leahs_note("13:00", "14:00"), "Notes", "Worked on something else.")]);
    let proposal = at.number("SELECT MAX(id) FROM note_proposals").to_string();
    let fields = vec![("proposal", proposal), ("choice", "keep".to_owned())];
    let pattern = "/org/{org}/synchronization/appointments/{note}/decide";
    walk.by(pattern, &nora, &act("decide"), fields).await;
    let pattern = "/org/{org}/synchronization/appointments/{note}/not-the-same";
    walk.by(pattern, &nora, &act("not-the-same"), Vec::new()).await;
    assert_eq!(nora.ask(Method::GET, &act("delete")).send().await.status, 405);
}
