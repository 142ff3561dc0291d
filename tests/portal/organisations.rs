//! The representative's organisations, and an organisation's home page.

use kinbridge::links;

use crate::residents::{add, facts};
use crate::support::TestApp;

#[actix_web::test]
async fn only_the_representative_finds_the_organisations() {
    let app = TestApp::start().await;
    let willow = app.cast.willow;
    for page in [links::organisations(), links::new_organisation(), links::organisation_overview(willow)] {
        for visitor in
            [app.as_super(), app.as_manager(), app.as_staff(), app.as_relative(), app.as_stranger()]
        {
            assert_eq!(visitor.get(&page).await.status, 404, "{page}");
        }
        assert_eq!(app.as_rep().get(&page).await.status, 200, "{page}");
    }
    let before = app.digest();
    let fields = [("name", "X"), ("kind", "trust"), ("sector", "care home"), ("time_zone", "Europe/London")];
    assert_eq!(app.as_super().post(&links::organisations(), &fields).await.status, 404);
    let person = [("name", "X"), ("email", "x@y.example")];
    assert_eq!(app.as_super().post(&links::organisation_super_managers(willow), &person).await.status, 404);
    assert_eq!(app.digest(), before);
}

#[actix_web::test]
async fn the_representative_sees_counts_and_never_a_resident() {
    let app = TestApp::start().await;
    let cast = &app.cast;
    let canary = add(&app, cast.willow, &facts(cast.willow_house, None, "CANARY", "WILLOW", "5"));
    let rep = app.as_rep();
    for page in [links::organisations(), links::organisation_overview(cast.willow)] {
        let text = rep.get(&page).await.text();
        assert!(text.contains("0 of 1") && !text.contains("CANARY"), "{text}");
    }
    for page in [
        links::residents(cast.willow),
        links::resident(cast.willow, canary),
        links::organisation(cast.willow),
    ] {
        assert_eq!(rep.get(&page).await.status, 404, "{page}");
    }
}

#[actix_web::test]
async fn the_representative_makes_an_organisation_and_its_first_super_manager() {
    let app = TestApp::start().await;
    let rep = app.as_rep();
    let mut fields = [
        ("name", "Birch Trust"),
        ("kind", "charity"),
        ("sector", "care home"),
        ("time_zone", "Europe/Dublin"),
    ];
    let done = rep.post(&links::organisations(), &fields).await;
    assert_eq!(done.status, 303, "{}", done.text());
    let here = done.location().to_owned();
    let page = rep.get(&here).await.text();
    assert!(page.contains("Birch Trust") && page.contains("Add the first super manager"), "{page}");
    fields[0].1 = "BIRCH-trust";
    let same = rep.post(&links::organisations(), &fields).await;
    assert!(
        same.status == 422 && same.text().contains("Another organisation has this name"),
        "{}",
        same.text()
    );
    fields[3].1 = "Mars/Base";
    fields[0].1 = "Mars";
    assert!(rep.post(&links::organisations(), &fields).await.text().contains("Choose a time zone"));
    let to = format!("{here}/super-managers");
    let wrong = rep.post(&to, &[("name", "Sam Birch"), ("email", "sam")]).await;
    assert!(wrong.status == 422 && wrong.text().contains("Enter an email address"), "{}", wrong.text());
    let letters = app.number("SELECT COUNT(*) FROM letters");
    assert_eq!(rep.post(&to, &[("name", "Sam Birch"), ("email", "sam@birch.example")]).await.status, 303);
    assert_eq!(app.number("SELECT COUNT(*) FROM letters"), letters + 1, "the link to activate is sent");
    let text = rep.get(&here).await.text();
    assert!(text.contains("Super managers 1"), "{text}");
    let found = rep.get(&format!("{}?q=birch", links::organisations())).await.text();
    assert!(found.contains("Birch Trust") && !found.contains("Willow"), "{found}");
}

#[actix_web::test]
async fn an_organisations_home_page_shows_each_what_they_may_open() {
    let app = TestApp::start().await;
    let cast = &app.cast;
    add(&app, cast.willow, &facts(cast.willow_house, Some(cast.garden_wing), "Betty", "Cole", "5"));
    let here = links::organisation(cast.willow);
    assert_eq!(app.as_stranger().get(&here).await.status, 404);
    assert_eq!(app.as_relative().get(&here).await.status, 404);
    let text = app.as_manager().get(&here).await.text();
    assert!(text.contains("0 of 1 Residents paired") && text.contains("added Betty Cole, room 5"), "{text}");
    let text = app.as_staff().get(&here).await.text();
    assert!(text.contains("0 of 1 Residents paired") && !text.contains("Recent activity"), "{text}");
    let text = app.as_colleague().get(&here).await.text();
    assert!(text.contains("nothing in it yet") && !text.contains("Residents paired"), "{text}");
}
