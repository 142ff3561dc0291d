//! The staff list: who sees it, adding and changing.

use kinbridge::domain::access::{EditStaff, Scope};
use kinbridge::domain::staff::{self, StaffDetails};
use kinbridge::kit::ids::StaffMemberId;
use kinbridge::links;

use crate::support::TestApp;

fn add(app: &TestApp, first: &str, last: &str, email: &str) -> StaffMemberId {
    let details = StaffDetails {
        home: Some(app.cast.willow_house),
        first_name: first.into(),
        last_name: last.into(),
        email: email.into(),
        job_title: "Carer".into(),
    };
    let scope = Scope::<EditStaff>::for_the_portal(app.cast.willow);
    app.write(|tx| staff::add(tx, &scope, &details))
}

#[actix_web::test]
async fn a_stranger_gets_404_and_those_without_the_right_403() {
    let app = TestApp::start().await;
    let (willow, dev) = (app.cast.willow, add(&app, "Dev", "Patel", "dev@willow.example"));
    for page in [
        links::staff(willow),
        links::staff_member(willow, dev),
        links::new_staff_member(willow),
        links::edit_staff_member(willow, dev),
    ] {
        assert_eq!(app.as_stranger().get(&page).await.status, 404, "{page}");
        assert_eq!(app.as_colleague().get(&page).await.status, 403, "{page}");
        assert_eq!(app.as_staff().get(&page).await.status, 403, "{page}");
        assert_eq!(app.as_manager().get(&page).await.status, 200, "{page}");
    }
    assert_eq!(app.as_stranger().get(&links::staff_member(app.cast.elm, dev)).await.status, 404);
    let before = app.digest();
    let theirs = links::staff_member(app.cast.elm, dev);
    let fields = [("first_name", "X"), ("last_name", "Y"), ("version", "1")];
    assert_eq!(app.as_stranger().post(&theirs, &fields).await.status, 404);
    assert_eq!(app.digest(), before);
}

#[actix_web::test]
async fn staff_are_added_found_and_changed() {
    let app = TestApp::start().await;
    let willow = app.cast.willow;
    let ben = app.as_manager();
    let home = app.cast.oak_court.to_string();
    let mut fields = [
        ("first_name", "Zoë"),
        ("last_name", "O’Neill"),
        ("email", "Zoe@Willow.example"),
        ("job_title", "Senior <carer>"),
        ("home", home.as_str()),
        ("account_id", "1"),
    ];
    let done = ben.post(&links::staff(willow), &fields).await;
    assert_eq!(done.status, 303, "{}", done.text());
    let here = done.location().to_owned();
    for search in ["oneill", "zoe@willow", "senior", "50%", "_"] {
        let list = ben.get(&format!("{}?q={}", links::staff(willow), links::encode(search))).await;
        let found = !search.contains(['%', '_']);
        assert_eq!(list.text().contains("O’Neill"), found, "{search}: {}", list.text());
        assert!(!list.body.contains("<carer>"));
    }
    fields[2].1 = "zoe";
    let wrong = ben.post(&links::staff(willow), &fields).await;
    assert!(wrong.status == 422 && wrong.text().contains("Enter an email address"), "{}", wrong.text());
    let change = |version: &'static str, title: &'static str| {
        let (ben, here) = (&ben, &here);
        async move {
            let fields =
                [("first_name", "Zoë"), ("last_name", "O’Neill"), ("job_title", title), ("version", version)];
            ben.post(here, &fields).await
        }
    };
    assert_eq!(change("1", "Manager").await.status, 303);
    let stale = change("1", "Cook").await;
    assert_eq!(stale.status, 409);
    assert!(stale.text().contains("Ben Carter changed this staff member meanwhile"), "{}", stale.text());
    assert!(ben.get(&here).await.text().contains("Manager"));
}

#[actix_web::test]
async fn namesakes_are_marked() {
    let app = TestApp::start().await;
    let willow = app.cast.willow;
    add(&app, "Dev", "Patel", "dev@willow.example");
    let ben = app.as_manager();
    assert!(!ben.get(&links::staff(willow)).await.text().contains("Same name"));
    let other = add(&app, "DEV", "Patel", "dev2@willow.example");
    assert_eq!(ben.get(&links::staff(willow)).await.text().matches("Same name as another").count(), 2);
    assert!(ben.get(&links::staff_member(willow, other)).await.text().contains("Same name"));
}
