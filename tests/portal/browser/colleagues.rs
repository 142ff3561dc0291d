//! What the other people of the demo see of the same organisation.

use super::demo::Demo;
use super::journey::sign_out_and_in;
use super::window::Window;

/// Words that no relative should have to know.
const JARGON: [&str; 4] = ["sync", "token", "pairing", "Nourish"];

pub async fn each_sees_their_own(window: &Window, demo: &Demo) {
    window.go(&demo.portal).await;
    window.choose_in_menu("Org Settings").await;
    let settings = window.address().await;
    let at = settings.find("/settings").expect("an address of Org Settings");
    let organisation = settings[..at].to_owned();
    a_manager_does_not_see_the_token(window, demo, &organisation).await;
    staff_see_their_places(window, demo).await;
    a_stranger_finds_nothing(window, demo, &organisation).await;
    a_relative_sees_the_family_page(window, demo).await;
    a_representative_sees_no_resident(window, demo, &organisation).await;
}

async fn a_manager_does_not_see_the_token(window: &Window, demo: &Demo, organisation: &str) {
    sign_out_and_in(window, demo, "manager").await;
    assert_eq!(window.status_of(&format!("{organisation}/settings/website")).await, 403);
    window.see("Mary Jones").await;
    window.picture("forbidden").await;
}

async fn staff_see_their_places(window: &Window, demo: &Demo) {
    sign_out_and_in(window, demo, "staff").await;
    window.choose_in_menu("Residents").await;
    window.see("Joan Smith").await;
    window.picture("residents-staff").await;
    let places = window.all_words("//td[@data-label='Lives in']").await;
    assert!(places.len() > 3, "{places:?}");
    assert!(places.iter().all(|place| place.contains("Garden Wing")), "{places:?}");
}

async fn a_stranger_finds_nothing(window: &Window, demo: &Demo, organisation: &str) {
    sign_out_and_in(window, demo, "stranger").await;
    window.see("Elm Trust").await;
    assert_eq!(window.status_of(organisation).await, 404);
    assert!(!window.sees("Willow").await, "a stranger is told that it exists");
    assert_eq!(window.status_of(&format!("{organisation}/residents")).await, 404);
    window.picture("not-found").await;
}

async fn a_relative_sees_the_family_page(window: &Window, demo: &Demo) {
    sign_out_and_in(window, demo, "relative").await;
    window.see("Joan").await;
    let words = window.words().await;
    for jargon in JARGON {
        assert!(!words.contains(jargon), "“{jargon}” on a relative's page");
    }
}

async fn a_representative_sees_no_resident(window: &Window, demo: &Demo, organisation: &str) {
    sign_out_and_in(window, demo, "rep").await;
    window.see("Willow House Group").await;
    window.see("Elm Trust").await;
    window.picture("organisations").await;
    window.press("Willow House Group").await;
    window.see("Nourish").await;
    window.picture("organisation").await;
    assert!(!window.sees("Joan Smith").await);
    let status = window.status_of(&format!("{organisation}/residents")).await;
    assert!(matches!(status, 403 | 404), "{status}");
    assert!(!window.sees("Joan Smith").await);
}
