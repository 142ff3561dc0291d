//! What the home does: inviting, correcting, withdrawing, changing and ending, each within its places.

use kinbridge::domain::access::{ManagePeople, Permission, Role, Scope};
use kinbridge::domain::accounts;
use kinbridge::domain::consents::{Decision, Topic};
use kinbridge::domain::relatives::{self, Settings};
use kinbridge::links;

use super::{anna, invite, invited, join, link_to, newest, scope, sealed};
use crate::consents::{decide, decided, joan};
use crate::residents::{add, facts};
use crate::support::TestApp;

fn typed<'f>(name: &'f str, email: &'f str, seal: &'f str) -> Vec<(&'f str, &'f str)> {
    vec![
        ("name", name),
        ("email", email),
        ("relationship", "Daughter"),
        ("preset", "family"),
        ("about", seal),
    ]
}

#[actix_web::test]
async fn a_stranger_gets_404_and_a_colleague_403() {
    let app = TestApp::start().await;
    let (joan, _) = invited(&app);
    let willow = app.cast.willow;
    for page in [
        links::resident_relatives(willow, joan),
        links::resident_consents(willow, joan),
        links::settings_relatives(willow),
    ] {
        assert_eq!(app.as_stranger().get(&page).await.status, 404, "{page}");
        assert_eq!(app.as_relative().get(&page).await.status, 404, "{page}");
        assert_eq!(app.as_colleague().get(&page).await.status, 403, "{page}");
        assert_eq!(app.as_staff().get(&page).await.status, 403, "{page}");
        assert_eq!(app.as_manager().get(&page).await.status, 200, "{page}");
    }
}

#[actix_web::test]
async fn staff_who_may_reach_the_relatives_of_their_places_only() {
    let app = TestApp::start().await;
    let amina = app.cast.staff.clone();
    let people = Scope::<ManagePeople>::for_the_portal(app.cast.willow);
    let mut permissions = Permission::defaults(Role::Staff);
    permissions.insert(Permission::ManageRelatives);
    app.write(|tx| accounts::change_permissions(tx, &people, amina.membership.unwrap(), &permissions));
    let here = joan(&app);
    let cast = &app.cast;
    let elsewhere =
        add(&app, cast.willow, &facts(cast.willow_house, Some(cast.oak_wing), "Arthur", "Bell", "9"));
    let hidden = invite(&app, elsewhere, &anna());
    let browser = app.new_visitor(&amina);
    assert_eq!(browser.get(&links::resident_relatives(cast.willow, here)).await.status, 200);
    assert_eq!(browser.get(&links::resident_relatives(cast.willow, elsewhere)).await.status, 404);
    let sneaked = browser.get(&links::resident_invitation(cast.willow, here, hidden)).await;
    assert_eq!(sneaked.status, 404);
    let list = browser.get(&links::settings_relatives(cast.willow)).await;
    assert!(!list.text().contains("Arthur") && !list.text().contains("Anna"), "{}", list.text());
    let before = app.digest();
    let all = [("act", "revoke"), ("which", "all")];
    browser.post(&links::settings_relatives(cast.willow), &all).await;
    assert_eq!(app.digest(), before);
}

#[actix_web::test]
async fn an_invitation_is_written_with_its_letter_that_names_no_resident() {
    let app = TestApp::start().await;
    let joan = joan(&app);
    let ben = app.new_visitor(&app.cast.manager);
    let seal = sealed(&ben, joan);
    let to = links::resident_relatives(app.cast.willow, joan);
    let page = ben.post(&to, &typed("Anna Smith", "anna@family.example", &seal)).await;
    assert_eq!(page.status, 303);
    let tab = ben.get(page.location()).await;
    assert!(tab.text().contains("We have emailed an invitation to anna@family.example"), "{}", tab.text());
    assert!(tab.text().contains("Queued") && tab.text().contains("Invited by Ben Carter"), "{}", tab.text());
    let letters = app.read(|conn| Ok(kinbridge::domain::letters::list(conn, 10)?));
    let letter = &letters[0];
    assert_eq!(letter.subject, "Willow House has invited you to its family pages");
    for part in ["Dear Anna,", "Ben Carter at Willow House", "29 November 2026"] {
        assert!(letter.body_text.contains(part), "{part}: {}", letter.body_text);
    }
    for secret in ["Joan", "Smith", "9434765919", "1938"] {
        assert!(!letter.body_text.contains(secret) && !letter.body_html.contains(secret), "{secret}");
    }
}

#[actix_web::test]
async fn what_cannot_be_used_is_said_beside_its_field_and_kept() {
    let app = TestApp::start().await;
    let joan = joan(&app);
    let ben = app.new_visitor(&app.cast.manager);
    let seal = sealed(&ben, joan);
    let to = links::resident_relatives(app.cast.willow, joan);
    for (name, email, words) in [
        ("", "anna@family.example", "Enter the relative’s name"),
        ("---", "anna@family.example", "Use letters in the name"),
        ("Anna Smith", "anna", "Enter the relative’s email address"),
        ("Anna Smith", "anna@family.example\r\nBcc: x@y.z", "Enter the relative’s email address"),
    ] {
        let page = ben.post(&to, &typed(name, email, &seal)).await;
        assert_eq!(page.status, 422, "{name} {email}");
        assert!(page.text().contains(words), "{words}: {}", page.text());
    }
    // A header in the name is part of the name.
    let page = ben.post(&to, &typed("Anna\r\nBcc: x@y.z", "anna@family.example", &seal)).await;
    assert_eq!(page.status, 303);
    let letters = app.read(|conn| Ok(kinbridge::domain::letters::list(conn, 10)?));
    assert_eq!((letters.len(), letters[0].to_name.as_str()), (1, "Anna Bcc: x@y.z"));
}

#[actix_web::test]
async fn a_form_about_one_resident_never_counts_for_another() {
    let app = TestApp::start().await;
    let (joan, _) = invited(&app);
    let cast = &app.cast;
    let other = add(&app, cast.willow, &facts(cast.willow_house, None, "Arthur", "Bell", "9"));
    let foreign = add(&app, cast.elm, &facts(cast.elm_lodge, None, "Ruth", "Other", "1"));
    let ben = app.new_visitor(&cast.manager);
    let seal = sealed(&ben, joan);
    let before = app.digest();
    let to = links::resident_relatives(cast.willow, other);
    assert_eq!(ben.post(&to, &typed("Zoe", "zoe@family.example", &seal)).await.status, 403);
    let to = links::resident_relatives(cast.willow, foreign);
    assert_eq!(ben.post(&to, &typed("Zoe", "zoe@family.example", &seal)).await.status, 404);
    assert_eq!(app.digest(), {
        let mut same = before;
        // Opening the other resident's page was a view.
        same.insert("audit_events", app.digest()["audit_events"]);
        same
    });
}

#[actix_web::test]
async fn an_address_is_corrected_and_the_first_link_ends() {
    let app = TestApp::start().await;
    let (joan, first) = invited(&app);
    let now = app.clock.now();
    let asked = app.read(|conn| relatives::of_resident(conn, &scope(&app), joan, now));
    let id = asked[0].0.id;
    let ben = app.new_visitor(&app.cast.manager);
    let (seal, to) = (sealed(&ben, joan), links::resident_invitation(app.cast.willow, joan, id));
    let wrong = ben.post(&to, &[("act", "correct"), ("email", "nobody"), ("about", &seal)]).await;
    assert_eq!(wrong.status, 422);
    let done = ben.post(&to, &[("act", "correct"), ("email", "anne@family.example"), ("about", &seal)]).await;
    assert_eq!(done.status, 303);
    let page = app.signed_out().get(&first).await;
    assert!(page.text().contains("A newer link was sent"), "{}", page.text());
    assert_eq!(join(&app.signed_out(), &link_to(&app, "anne@family.example")).await.location(), "/family");
    // Two managers at once: the second is told what is so.
    let late = ben.post(&to, &[("act", "revoke"), ("about", &seal)]).await;
    assert!(ben.get(late.location()).await.text().contains("Anna Smith has joined already"));
}

#[actix_web::test]
async fn unlinking_ends_at_once_and_a_topic_closes_with_the_next_click() {
    let app = TestApp::start().await;
    let (joan, link) = invited(&app);
    let anna = app.signed_out();
    join(&anna, &link).await;
    let id = newest(&app);
    assert!(anna.get(&links::family_member(id)).await.text().contains("Nothing has been written yet"));
    let ben = app.new_visitor(&app.cast.manager);
    let (seal, to) = (sealed(&ben, joan), links::resident_relative(app.cast.willow, joan, id));
    let saved =
        [("act", "save"), ("relationship", "Niece"), ("topics[]", "photos"), ("about", seal.as_str())];
    assert_eq!(ben.post(&to, &saved).await.status, 303);
    assert!(anna.get(&links::family_member(id)).await.text().contains("Nothing is shared with you"));
    assert_eq!(ben.post(&to, &[("act", "unlink"), ("about", &seal)]).await.status, 303);
    assert_eq!(anna.get(&links::family_member(id)).await.status, 404);
    assert!(anna.get("/family").await.text().contains("There is nobody here"));
}

#[actix_web::test]
async fn consent_is_recorded_on_its_page_and_counts_at_once() {
    let app = TestApp::start().await;
    let (joan, link) = invited(&app);
    let anna = app.signed_out();
    join(&anna, &link).await;
    let ben = app.new_visitor(&app.cast.manager);
    let (seal, to) = (sealed(&ben, joan), links::resident_consents(app.cast.willow, joan));
    let mut form = vec![
        ("topic", "activities"),
        ("decision", "refused"),
        ("basis", "attorney"),
        ("about", seal.as_str()),
    ];
    let missing = ben.post(&to, &form).await;
    assert_eq!(missing.status, 422);
    assert!(missing.text().contains("Enter the attorney’s name"));
    form.push(("attorney", "Ruth Smith"));
    assert_eq!(ben.post(&to, &form).await.status, 303);
    let page = ben.get(&to).await;
    assert!(page.text().contains("Decided by an attorney: Ruth Smith"), "{}", page.text());
    let page = anna.get(&links::family_member(newest(&app))).await;
    assert!(page.text().contains("Nothing is shared with you"), "{}", page.text());
}

#[actix_web::test]
async fn where_the_home_confirms_first_a_relative_is_told_why_they_wait() {
    let app = TestApp::start().await;
    let (joan, link) = invited(&app);
    let organisation = Scope::for_the_portal(app.cast.willow);
    let rules = Settings { confirm_first: true, ..Settings::default() };
    app.write(|tx| relatives::change_settings(tx, &organisation, &rules));
    let anna = app.signed_out();
    join(&anna, &link).await;
    let (id, page) = (newest(&app), links::family_member(newest(&app)));
    assert!(anna.get(&page).await.text().contains("Why am I waiting?"));
    let ben = app.new_visitor(&app.cast.manager);
    let (seal, to) = (sealed(&ben, joan), links::resident_relative(app.cast.willow, joan, id));
    assert!(ben.get(&to).await.text().contains("Is this the right person?"));
    ben.post(&to, &[("act", "confirm"), ("about", &seal)]).await;
    assert!(anna.get(&page).await.text().contains("Nothing has been written yet"));
}

#[actix_web::test]
async fn a_manager_sees_the_page_as_the_relative_does_and_it_is_on_the_trail() {
    let app = TestApp::start().await;
    let (joan, link) = invited(&app);
    join(&app.signed_out(), &link).await;
    decide(&app, joan, &decided(Topic::Activities, Decision::Refused));
    let to = links::see_as_relative(app.cast.willow, joan, newest(&app));
    let page = app.as_manager().get(&to).await;
    assert!(page.text().contains("this is what Anna Smith sees"), "{}", page.text());
    assert!(page.text().contains("Nothing is shared with you"), "{}", page.text());
    assert_eq!(app.number("SELECT COUNT(*) FROM audit_events WHERE verb = 'relative.seen_as'"), 1);
    assert_eq!(app.as_stranger().get(&to).await.status, 404);
}
