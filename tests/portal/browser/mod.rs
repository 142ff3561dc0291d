//! The portal's main job in a real browser, from a Nourish token to paired residents: with and without JavaScript, on a
//! desktop and on a phone. Needs a chromedriver at `KINBRIDGE_TEST_CHROMEDRIVER`; what is left out without one is said by
//! `left_out`. `KINBRIDGE_TEST_PICTURES` names a folder for pictures of every page, to be looked at.

mod colleagues;
mod demo;
mod invitations;
mod joining;
mod journey;
mod offline;
mod pairing;
mod passkey;
mod therapy;
mod vendors;
mod visits;
mod window;

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt as _;

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

#[tokio::test]
async fn relatives_find_a_way_in_from_every_link_on_a_desktop() {
    drive(Way { phone: false, script: true }, async |window| {
        invitations::twelve(window, &Demo::start().await).await;
    })
    .await;
}

#[tokio::test]
async fn relatives_find_a_way_in_from_every_link_on_a_phone_without_javascript() {
    drive(Way { phone: true, script: false }, async |window| {
        invitations::twelve(window, &Demo::start().await).await;
    })
    .await;
}

#[tokio::test]
async fn newcomers_switch_every_care_record_system_on_at_a_desktop() {
    let way = Way { phone: false, script: true };
    drive(way, async |window| vendors::whole(window, Demo::start().await).await).await;
}

#[tokio::test]
async fn newcomers_switch_every_care_record_system_on_with_a_phone_without_javascript() {
    let way = Way { phone: true, script: false };
    drive(way, async |window| vendors::whole(window, Demo::start().await).await).await;
}

#[tokio::test]
async fn session_notes_become_rendered_appointments_on_a_desktop() {
    let way = Way { phone: false, script: true };
    drive(way, async |window| therapy::whole(window, Demo::start().await).await).await;
}

#[tokio::test]
async fn session_notes_become_rendered_appointments_on_a_phone_without_javascript() {
    let way = Way { phone: true, script: false };
    drive(way, async |window| therapy::whole(window, Demo::start().await).await).await;
}

#[tokio::test]
async fn a_newcomer_books_by_the_api_plans_a_day_and_sees_a_homes_visit_come_home_on_a_desktop() {
    let way = Way { phone: false, script: true };
    drive(way, async |window| visits::whole(window).await).await;
}

#[tokio::test]
async fn a_newcomer_books_by_the_api_plans_a_day_and_sees_a_homes_visit_come_home_on_a_phone_without_javascript()
 {
    let way = Way { phone: true, script: false };
    drive(way, async |window| visits::whole(window).await).await;
}

#[tokio::test]
async fn a_carer_a_relative_and_an_approver_each_do_their_part() {
    drive(Way { phone: true, script: true }, async |window| {
        joining::whole(window, Demo::start().await).await;
    })
    .await;
}

#[tokio::test]
async fn a_manager_signs_in_with_a_passkey_on_a_desktop() {
    let way = Way { phone: false, script: true };
    drive(way, async |window| passkey::whole(window, Demo::by_name().await).await).await;
}

#[tokio::test]
async fn a_manager_signs_in_with_a_passkey_on_a_phone() {
    let way = Way { phone: true, script: true };
    drive(way, async |window| passkey::whole(window, Demo::by_name().await).await).await;
}

#[tokio::test]
async fn a_browser_without_javascript_is_told_what_to_do_instead_of_a_passkey() {
    let way = Way { phone: false, script: false };
    drive(way, async |window| passkey::without_javascript(window, Demo::by_name().await).await).await;
}

#[tokio::test]
async fn what_is_recorded_without_a_network_is_kept_and_sent_once_it_is_back() {
    drive(Way { phone: false, script: true }, async |window| {
        offline::kept_and_sent(window, Demo::start().await).await;
    })
    .await;
}

/// Three faults on purpose: otherwise a journey without any would prove nothing.
#[tokio::test]
async fn what_a_page_does_wrong_does_not_escape_the_browser() {
    let page = "data:text/html,<meta http-equiv=Content-Security-Policy content=\"style-src 'none'\">\
                <style>p{}</style><img src=http://127.0.0.1:9/x.png><script>nobody.knows()</script><p>Here";
    drive(Way { phone: false, script: true }, async |window| {
        window.go(page).await;
        window.see("Here").await;
        let faults = window.faults(&["http://127.0.0.1:1"]).await.join("\n");
        for wanted in ["asked of others: http://127.0.0.1:9/x.png", "Content Security Policy", "nobody"] {
            assert!(faults.contains(wanted), "{wanted} is missing in: {faults}");
        }
    })
    .await;
}

async fn travel(way: Way) {
    drive(way, async |window| journey::whole(window, Demo::start().await).await).await;
}

/// Opens a browser, if there is one, and ends it in any case; tells where it was when something failed.
async fn drive(way: Way, does: impl AsyncFnOnce(&Window)) {
    let Some(chromedriver) = std::env::var("KINBRIDGE_TEST_CHROMEDRIVER").ok() else { return };
    let profile = Folder::new();
    let window = Window::open(&chromedriver, way, &profile).await;
    let done = AssertUnwindSafe(does(&window)).catch_unwind().await;
    let state = if done.is_err() { window.state().await } else { String::new() };
    window.close().await;
    // The cause was told when it happened; this adds where.
    assert!(done.is_ok(), "{way:?} stopped at {state}");
}
