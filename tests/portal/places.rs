//! Homes and zones: who may change them, and their names.

use kinbridge::links;

use crate::residents::{add, facts};
use crate::support::TestApp;

#[actix_web::test]
async fn a_stranger_gets_404_and_those_without_the_right_403() {
    let app = TestApp::start().await;
    let (willow, place) = (app.cast.willow, app.cast.garden_wing);
    for page in [links::places(willow), links::place(willow, place)] {
        assert_eq!(app.as_stranger().get(&page).await.status, 404, "{page}");
        assert_eq!(app.as_colleague().get(&page).await.status, 403, "{page}");
        assert_eq!(app.as_staff().get(&page).await.status, 403, "{page}");
        assert_eq!(app.as_manager().get(&page).await.status, 200, "{page}");
    }
    assert_eq!(app.as_stranger().get(&links::place(app.cast.elm, place)).await.status, 404);
    let before = app.digest();
    assert_eq!(app.as_stranger().post(&links::place(willow, place), &[("name", "X")]).await.status, 404);
    assert_eq!(
        app.as_stranger().post(&links::place(app.cast.elm, place), &[("name", "X")]).await.status,
        404
    );
    let into = [("name", "X"), ("home", &*app.cast.willow_house.to_string())];
    assert_eq!(app.as_stranger().post(&links::places(app.cast.elm), &into).await.status, 404);
    assert_eq!(app.as_staff().post(&links::places(willow), &[("name", "X")]).await.status, 403);
    assert_eq!(app.digest(), before);
}

#[actix_web::test]
async fn homes_and_zones_are_added_and_renamed_under_names_of_their_own() {
    let app = TestApp::start().await;
    let willow = app.cast.willow;
    let ben = app.as_manager();
    let done = ben.post(&links::places(willow), &[("name", " Elm  House "), ("home", "")]).await;
    assert_eq!(done.status, 303, "{}", done.text());
    let elm_house = done.location().to_owned();
    let home = elm_house.rsplit('/').next().unwrap().to_owned();
    assert_eq!(ben.post(&links::places(willow), &[("name", "Top floor"), ("home", &home)]).await.status, 303);
    let same = ben.post(&links::places(willow), &[("name", "top-FLOOR"), ("home", &home)]).await;
    assert_eq!(same.status, 422);
    assert!(same.text().contains("There is already a zone called Top floor"), "{}", same.text());
    // The same name in another home is another zone.
    let court = app.cast.oak_court.to_string();
    assert_eq!(
        ben.post(&links::places(willow), &[("name", "Top floor"), ("home", &court)]).await.status,
        303
    );
    assert_eq!(ben.post(&elm_house, &[("name", "WILLOW house")]).await.status, 422);
    assert_eq!(ben.post(&elm_house, &[("name", "Elm Court")]).await.status, 303);
    let list = ben.get(&links::places(willow)).await.text();
    assert!(
        list.contains("Elm Court") && !list.contains("Elm House") && list.contains("Top floor"),
        "{list}"
    );
    let log = ben.get(&links::settings_audit(willow)).await.text();
    assert!(log.contains("renamed the home Elm House to Elm Court"), "{log}");
    let zone = app.cast.garden_wing.to_string();
    assert_eq!(
        ben.post(&links::places(willow), &[("name", "X"), ("home", &zone)]).await.status,
        404,
        "no zone in a zone"
    );
}

#[actix_web::test]
async fn a_place_counts_its_residents_and_leads_to_them() {
    let app = TestApp::start().await;
    let cast = &app.cast;
    add(&app, cast.willow, &facts(cast.willow_house, Some(cast.garden_wing), "Betty", "Cole", "5"));
    add(&app, cast.willow, &facts(cast.willow_house, None, "Arthur", "Bell", "6"));
    let ben = app.as_manager();
    let page = ben.get(&links::place(cast.willow, cast.willow_house)).await.text();
    assert!(page.contains("Residents 2"), "{page}");
    let of_zone =
        ben.get(&format!("{}?place={}", links::residents(cast.willow), cast.garden_wing)).await.text();
    assert!(of_zone.contains("Betty Cole") && !of_zone.contains("Arthur Bell"), "{of_zone}");
    assert!(of_zone.contains("Garden Wing ×, take this filter away"), "{of_zone}");
}
