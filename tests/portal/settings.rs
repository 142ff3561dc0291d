//! Org Settings: General and People.

use kinbridge::links;

use crate::support::TestApp;

#[actix_web::test]
async fn a_stranger_gets_404_and_those_without_the_right_403() {
    let app = TestApp::start().await;
    let willow = app.cast.willow;
    let person = app.cast.staff.membership.unwrap();
    for page in
        [links::settings(willow), links::settings_people(willow), links::settings_person(willow, person)]
    {
        assert_eq!(app.as_stranger().get(&page).await.status, 404, "{page}");
        assert_eq!(app.as_colleague().get(&page).await.status, 403, "{page}");
        assert_eq!(app.as_staff().get(&page).await.status, 403, "{page}");
        assert_eq!(app.as_manager().get(&page).await.status, 200, "{page}");
    }
    assert_eq!(app.as_stranger().get(&links::settings_person(app.cast.elm, person)).await.status, 404);
    let before = app.digest();
    let theirs = links::settings_person(app.cast.elm, person);
    assert_eq!(app.as_stranger().post(&theirs, &[("act", "end")]).await.status, 404);
    let settings = [
        ("name", "X"),
        ("kind", "trust"),
        ("time_zone", "Europe/London"),
        ("guard_percent", "10"),
        ("guard_people", "5"),
    ];
    assert_eq!(app.as_manager().post(&links::settings(willow), &settings).await.status, 403);
    assert_eq!(app.digest(), before);
}

#[actix_web::test]
async fn a_super_manager_changes_the_settings_and_a_manager_reads_them() {
    let app = TestApp::start().await;
    let here = links::settings(app.cast.willow);
    let ben = app.as_manager().get(&here).await.text();
    assert!(ben.contains("Only a super manager can change these") && !ben.contains("Website"), "{ben}");
    let mary = app.as_super();
    let mut fields = [
        ("name", "Willow Homes"),
        ("kind", "trust"),
        ("time_zone", "Europe/Dublin"),
        ("guard_percent", "20"),
        ("guard_people", "8"),
        ("sector", "therapy"),
    ];
    assert_eq!(mary.post(&here, &fields).await.status, 303);
    let text = app.as_manager().get(&here).await.text();
    assert!(
        text.contains("Willow Homes") && text.contains("20% or 8 people") && text.contains("Care home"),
        "{text}"
    );
    fields[3].1 = "101";
    let wrong = mary.post(&here, &fields).await;
    assert!(wrong.status == 422 && wrong.text().contains("from 1 to 100"), "{}", wrong.text());
    fields[3].1 = "20";
    fields[0].1 = "elm trust";
    assert!(mary.post(&here, &fields).await.text().contains("Another organisation has this name"));
    let log = mary.get(&links::settings_audit(app.cast.willow)).await.text();
    assert!(log.contains("changed the organisation's settings: name, kind, time zone"), "{log}");
}

#[actix_web::test]
async fn people_are_invited_given_places_and_taken_out() {
    let app = TestApp::start().await;
    let (willow, cast) = (app.cast.willow, &app.cast);
    let ben = app.as_manager();
    let here = links::settings_people(willow);
    let list = ben.get(&here).await.text();
    assert!(
        list.contains("Amina Yusuf") && list.contains("Garden Wing") && !list.contains("Peter Smith"),
        "{list}"
    );
    let letters = app.number("SELECT COUNT(*) FROM letters");
    let new = [("name", "Nina Fox"), ("email", "nina@willow.example"), ("role", "staff")];
    let done = ben.post(&here, &new).await;
    assert_eq!(done.status, 303, "{}", done.text());
    assert_eq!(app.number("SELECT COUNT(*) FROM letters"), letters + 1);
    let nina = done.location().to_owned();
    assert!(ben.get(&nina).await.text().contains("sees no resident"));
    let place = cast.oak_court.to_string();
    assert_eq!(ben.post(&nina, &[("act", "places"), ("places[]", &place)]).await.status, 303);
    assert!(ben.get(&nina).await.text().contains("Sees residents of Oak Court"));
    let elsewhere = cast.elm_lodge.to_string();
    assert_eq!(ben.post(&nina, &[("act", "places"), ("places[]", &elsewhere)]).await.status, 404);
    let up = ben.post(&nina, &[("act", "role"), ("role", "super manager")]).await;
    assert_eq!(up.status, 422, "a manager makes nobody more than staff: {}", up.text());
    assert_eq!(ben.post(&nina, &[("act", "end")]).await.status, 303);
    assert!(!ben.get(&here).await.text().contains("Nina Fox"));
    let mary = links::settings_person(willow, cast.super_manager.membership.unwrap());
    assert!(ben.get(&mary).await.text().contains("Only a super manager can change that"));
    let herself = app.as_super();
    let last = herself.post(&mary, &[("act", "end")]).await;
    assert_eq!(last.status, 303);
    assert!(herself.get(&mary).await.text().contains("last super manager"), "she is still here");
}

#[actix_web::test]
async fn a_permission_that_is_taken_counts_from_the_next_click() {
    let app = TestApp::start().await;
    let willow = app.cast.willow;
    let amina = app.as_staff();
    assert_eq!(amina.get(&links::residents(willow)).await.status, 200);
    let page = links::settings_person(willow, app.cast.staff.membership.unwrap());
    let fields = [("act", "permissions"), ("permissions[]", "open organisation")];
    assert_eq!(app.as_manager().post(&page, &fields).await.status, 303);
    assert_eq!(amina.get(&links::residents(willow)).await.status, 403);
    let beyond = [
        ("act", "permissions"),
        ("permissions[]", "open organisation"),
        ("permissions[]", "manage integrations"),
    ];
    assert_eq!(app.as_super().post(&page, &beyond).await.status, 422);
}
