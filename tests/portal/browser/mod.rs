//! The portal's main job in a real browser, from a Nourish token to paired residents: with and without JavaScript, on a
//! desktop and on a phone. Needs a chromedriver at `KINBRIDGE_TEST_CHROMEDRIVER`; what is left out without one is said by
//! `left_out`.

mod colleagues;
mod demo;
mod journey;
mod pairing;
mod window;

use crate::program::Folder;
use demo::Demo;
use window::{Way, Window};

#[tokio::test]
async fn a_newcomer_pairs_residents_on_a_desktop() {
    travel(Way { phone: false, script: true }).await;
}

#[tokio::test]
async fn a_newcomer_pairs_residents_on_a_desktop_without_javascript() {
    travel(Way { phone: false, script: false }).await;
}

#[tokio::test]
async fn a_newcomer_pairs_residents_on_a_phone() {
    travel(Way { phone: true, script: true }).await;
}

#[tokio::test]
async fn a_newcomer_pairs_residents_on_a_phone_without_javascript() {
    travel(Way { phone: true, script: false }).await;
}

/// The whole journey one way; ends the browser in any case, and tells where it was when something failed.
async fn travel(way: Way) {
    let Some(chromedriver) = std::env::var("KINBRIDGE_TEST_CHROMEDRIVER").ok() else { return };
    let profile = Folder::new();
    let window = Window::open(&chromedriver, way, &profile).await;
    let going = window.clone();
    let arrived = tokio::spawn(async move { journey::whole(&going, Demo::start().await).await }).await;
    if arrived.is_err() {
        // The cause was told by the task itself; this adds where it happened.
        let state = window.state().await;
        window.close().await;
        panic!("{way:?} stopped at {state}");
    }
    window.close().await;
}
