//! What a newcomer does with the README in hand: switches Nourish on, plays both sides of the token exchange, syncs,
//! previews, pairs, reads the audit trail, and loses nothing when the process is killed.

use super::colleagues;
use super::demo::{Demo, PASSWORD};
use super::pairing;
use super::window::Window;

/// Whom the newcomer pairs: somebody who is called otherwise in Nourish, whose name follows Nourish from then on; somebody
/// with two real NHS numbers; and somebody whose number Nourish does not have.
pub const PAIRED: [&str; 3] = ["Patricia Lomax", "Sylvia Pickup", "Phyllis Grimshaw"];

pub async fn whole(window: &Window, mut demo: Demo) {
    sign_in(window, &demo, "super").await;
    let token = switch_nourish_on(window).await;
    let website = window.address().await;
    paste_the_token_in_nourish(window, &demo, &token).await;
    run_the_first_sync(window, &website).await;
    let first = paired_residents(window).await;
    assert!(first.paired > 0 && first.paired < first.of, "{first:?}");
    preview_without_writing(window, first).await;
    watch_a_slow_sync_and_cancel_it(window, &demo, first).await;
    pairing::link_three_and_undo_one(window, first).await;
    pairing::see_them_paired(window).await;
    read_the_audit_trail(window).await;

    demo.crash_and_start_again().await;
    sign_out_and_in(window, &demo, "super").await;
    assert_eq!(paired_residents(window).await, Count { paired: first.paired + 2, ..first });
    the_token_is_still_on(window, &demo, &token).await;

    colleagues::each_sees_their_own(window, &demo).await;
    assert_eq!(window.faults(&[&demo.portal, &demo.nourish]).await, Vec::<String>::new());
}

/// *Resident Pairing n of m*.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    pub paired: usize,
    pub of: usize,
}

pub async fn sign_in(window: &Window, demo: &Demo, who: &str) {
    window.go(&format!("{}/sign-in", demo.portal)).await;
    window.picture("sign-in").await;
    window.type_into("Email address or sign-in name", &format!("{who}@demo.kinbridge.test")).await;
    window.type_into("Password", PASSWORD).await;
    window.press("Sign in").await;
    window.until("be signed in", async || !window.address().await.contains("/sign-in")).await;
    window.picture(&format!("home-{who}")).await;
}

/// By the button that everybody has.
pub async fn leave(window: &Window, demo: &Demo) {
    window.go(&demo.portal).await;
    if window.way.phone && window.can_press("Menu").await {
        window.press("Menu").await;
    }
    window.press("Sign out").await;
    window.until("be signed out", async || window.address().await.contains("/sign-in")).await;
}

pub async fn sign_out_and_in(window: &Window, demo: &Demo, who: &str) {
    leave(window, demo).await;
    sign_in(window, demo, who).await;
}

/// Returns the token that appears.
pub async fn switch_nourish_on(window: &Window) -> String {
    window.choose_in_menu("Org Settings").await;
    window.press("Website").await;
    window.see("Nourish Integration Token").await;
    window.picture("website-off").await;
    assert!(!window.can_press("Start Sync").await, "there is nothing to sync with yet");
    window.tick("Sync with Nourish").await;
    window.tick("Our organisation agrees to share").await;
    window.press("Save changes").await;
    window.see("Integration token").await;
    let token = window.value_of("Integration token:").await;
    assert!(token.len() >= 16, "no token in the box");
    assert!(window.sees("Go to Administration > Extensions").await, "the steps in Nourish are missing");
    assert!(!window.can_press("Start Sync").await, "Nourish has not got the token yet");
    // Copying takes a script; without one there is a field to select.
    assert_eq!(window.can_press("Copy").await, window.way.script);
    window.picture("website-token").await;
    if window.way.script {
        window.press("Copy").await;
        window.see("Copied").await;
    }
    token
}

pub async fn paste_the_token_in_nourish(window: &Window, demo: &Demo, token: &str) {
    window.go(&format!("{}/administration/extensions", demo.nourish)).await;
    window.press("Kinbridge").await;
    window.tick("Garden Wing Downstairs").await;
    window.tick("Garden Wing Upstairs").await;
    window.press("Review the Terms and Conditions").await;
    window.tick("I accept the Terms and Conditions").await;
    window.picture("nourish-extensions").await;
    window.press("Continue").await;
    window.type_into("Token", token).await;
    window.picture("nourish-token").await;
    window.press("Confirm").await;
    window.see("The integration is on for the locations you chose.").await;
    window.see("Garden Wing Downstairs On").await;
    window.see("Garden Wing Upstairs On").await;
    window.picture("nourish-on").await;
}

pub async fn run_the_first_sync(window: &Window, website: &str) {
    window.go(website).await;
    if !window.can_press("Start Sync").await {
        window.press("Check Nourish now").await;
    }
    window.see("Garden Wing Downstairs On").await;
    window.picture("website-ready").await;
    window.press("Start Sync").await;
    wait_for_the_result(window).await;
    window.picture("sync-result").await;
    assert!(window.can_press("Undo this sync").await, "a sync can be undone");
}

/// With a script the page goes on by itself; without, one asks again.
pub async fn wait_for_the_result(window: &Window) {
    let ended = async || {
        let heading = window.all_words("//h1").await.join(" ");
        let is_over = heading.contains(" of ") && heading != "Sync running";
        if !is_over && !window.way.script && window.can_press("Check progress now").await {
            window.press("Check progress now").await;
        }
        is_over
    };
    window.until("see the sync's result", ended).await;
}

/// The count on the page *Integrations*.
pub async fn paired_residents(window: &Window) -> Count {
    window.choose_in_menu("Integrations").await;
    window.see("Resident Pairing").await;
    let lines = window.all_words("//summary[contains(., 'Resident Pairing')]").await;
    let words = lines.first().expect("Resident Pairing is there");
    let numbers: Vec<usize> =
        words.split(|c: char| !c.is_ascii_digit()).filter_map(|part| part.parse().ok()).collect();
    Count { paired: numbers[0], of: numbers[1] }
}

async fn preview_without_writing(window: &Window, before: Count) {
    window.picture("integrations").await;
    window.press("Preview").await;
    wait_for_the_result(window).await;
    window.see("Preview. Nothing has been changed.").await;
    window.picture("preview").await;
    assert_eq!(paired_residents(window).await, before);
}

/// While Nourish is slow the page of the run can be seen, and goes on by itself; a cancelled run changes nothing.
async fn watch_a_slow_sync_and_cancel_it(window: &Window, demo: &Demo, before: Count) {
    window.go(&format!("{}/faults", demo.nourish)).await;
    window.choose("What should go wrong", "Answers one letter at a time").await;
    window.tick("The next answer").await;
    window.press("Save").await;
    window.see("Saved.").await;
    window.picture("nourish-faults").await;
    window.go(&demo.portal).await;
    window.choose_in_menu("Integrations").await;
    window.press("Sync Now").await;
    window.see("Sync running").await;
    window.see("You can leave this page.").await;
    window.press("Cancel").await;
    // The running page says “It stops …”; if it has stopped by then, the notice says “The sync stops …”.
    window.see("stops before it changes anything.").await;
    window.picture("sync-running").await;
    wait_for_the_result(window).await;
    window.see("Cancelled before anything was changed.").await;
    window.picture("sync-cancelled").await;
    assert_eq!(paired_residents(window).await, before);
}

async fn read_the_audit_trail(window: &Window) {
    window.choose_in_menu("Org Settings").await;
    window.press("Audit").await;
    window.see("Audit log").await;
    for name in PAIRED {
        window.see(&format!("linked {name}")).await;
    }
    window.see(&format!("unlinked {}", PAIRED[2])).await;
    window.picture("audit").await;
}

async fn the_token_is_still_on(window: &Window, demo: &Demo, token: &str) {
    window.choose_in_menu("Org Settings").await;
    window.press("Website").await;
    window.see(&format!("ends in {}", &token[token.len() - 4..])).await;
    window.see("Garden Wing Downstairs On").await;
    window.picture("website-on").await;
    window.press("Test connection").await;
    window.see("Nourish accepts this token.").await;
    window.picture("website-test").await;
    window.go(&format!("{}/administration/extensions?open=kinbridge", demo.nourish)).await;
    window.see("Garden Wing Downstairs On").await;
}
