//! *Link Resident* and *Suggested Pairing*: by mouse or finger, and once by the keyboard alone.

use thirtyfour::Key;

use super::journey::{Count, PAIRED, paired_residents};
use super::window::Window;

/// Asked for where both sides have a real NHS number, and not the same.
const CHECKED: &str = "I have checked the NHS Number";

pub async fn link_three_and_undo_one(window: &Window, before: Count) {
    let [first, second, third] = PAIRED;
    link(window, first).await;
    if window.way.script && !window.way.phone {
        link_by_keyboard(window, second).await;
    } else {
        link(window, second).await;
    }
    link(window, third).await;
    assert_eq!(paired_residents(window).await.paired, before.paired + 3);
    open_the_list(window).await;
    assert!(!window.can_press(&format!("Link Resident for {third}")).await, "{third} is linked");
    unlink(window, third).await;
    assert_eq!(paired_residents(window).await, Count { paired: before.paired + 2, ..before });
}

async fn open_the_list(window: &Window) {
    window.choose_in_menu("Integrations").await;
    window.press("See everybody who is not paired").await;
    window.see("to check").await;
}

async fn link(window: &Window, name: &str) {
    open_the_list(window).await;
    window.picture("pairing-list").await;
    window.press(&format!("Link Resident for {name}")).await;
    window.see("Suggested Pairing").await;
    for detail in ["Name", "NHS Number", "Date of Birth", "Room"] {
        window.see(detail).await;
    }
    if window.sees(CHECKED).await {
        window.tick(CHECKED).await;
    }
    window.picture(&format!("suggested-{}", name.replace(' ', "-"))).await;
    window.press("Yes").await;
    window.see(&format!("{name} is linked.")).await;
    window.picture("linked").await;
}

/// Opens the dialog, leaves it, comes back, and says yes, without a mouse.
async fn link_by_keyboard(window: &Window, name: &str) {
    open_the_list(window).await;
    let link = format!("Link Resident for {name}");
    window.tab_to(&link).await;
    window.key(Key::Enter).await;
    window.until("be in the dialog", async || window.focus().await == "Suggested Pairing").await;
    window.key(Key::Escape).await;
    window.until("be back on the link", async || window.focus().await == link).await;
    window.key(Key::Enter).await;
    window.until("be in the dialog again", async || window.focus().await == "Suggested Pairing").await;
    if window.sees(CHECKED).await {
        window.tab_to(CHECKED).await;
        window.key(Key::Space).await;
    }
    window.picture("dialog").await;
    window.tab_to("Yes").await;
    window.key(Key::Enter).await;
    let told = format!("{name} is linked.");
    window.until("be on the news", async || window.focus().await.contains(&told)).await;
}

async fn unlink(window: &Window, name: &str) {
    open_the_resident(window, name).await;
    window.press(&format!("Unlink {name}")).await;
    window.see("What stops").await;
    window.picture("unlink").await;
    window.press(&format!("Unlink {name}")).await;
    window.see("Not synced yet").await;
}

/// By the last name, which no pairing here changes.
async fn find_the_resident(window: &Window, name: &str) {
    let last = name.split(' ').next_back().unwrap();
    window.choose_in_menu("Residents").await;
    window.type_into("Name or NHS number", last).await;
    window.press("Apply").await;
    window.until("see one row", async || window.all("//tbody/tr").await.len() == 1).await;
}

async fn open_the_resident(window: &Window, name: &str) {
    find_the_resident(window, name).await;
    let found = window.all_words("//tbody//th/a").await;
    window.press(&found[0]).await;
    window.see("Care Records Synced").await;
}

/// In the list and on the resident's page.
pub async fn see_them_paired(window: &Window) {
    let [first, _, third] = PAIRED;
    for (name, tag) in [(first, "Paired"), (third, "Not paired")] {
        find_the_resident(window, name).await;
        let tags = window.all_words("//td[@data-label='Care record']").await;
        assert!(tags[0].ends_with(tag), "{name}: {tags:?}");
    }
    open_the_resident(window, first).await;
    window.see("from Nourish").await;
    window.picture("resident").await;
    window.press("History").await;
    window.see("linked").await;
    window.picture("resident-history").await;
    window.choose_in_menu("Residents").await;
    window.picture("residents").await;
}
