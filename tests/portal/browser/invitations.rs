//! The twelve ways in by an invitation, each to the end that a person would see: whatever became of the link, there is
//! a next step.

use std::time::Duration;

use super::demo::Demo;
use super::journey::{leave, sign_in};
use super::window::Window;

const NEW_PASSWORD: &str = "marmalade under the stairs";
const SOMETHING_IS_WRONG: &str = "My name is Samantha.";

/// Who is invited to Joan Smith's page, by first name.
const INVITED: [&str; 10] = ["Kate", "Liam", "Mia", "Noah", "Olga", "Paul", "Quinn", "Sam", "Tess", "Vera"];

pub async fn twelve(window: &Window, demo: &Demo) {
    sign_in(window, demo, "manager").await;
    for name in INVITED {
        invite(window, demo, "Joan Smith", name).await;
    }
    invite(window, demo, "Phyllis Grimshaw", "Kate").await;
    invite(window, demo, "Sylvia Pickup", "Rosa").await;
    let (withdrawn, archived) = (link(window, demo, "Mia").await, link(window, demo, "Rosa").await);
    let old = link(window, demo, "Quinn").await;
    withdraw(window, demo, "Mia").await;
    send_again(window, demo, "Quinn").await;
    archive(window, demo, "Sylvia Pickup").await;
    leave(window, demo).await;

    a_fresh_link_becomes_an_account(window, demo).await;
    a_used_link_leads_to_signing_in(window, demo).await;
    somebody_with_an_account_adds_the_resident(window, demo).await;
    an_expired_link_renews_itself(window, demo).await;
    a_withdrawn_link_names_the_telephone(window, &withdrawn).await;
    an_older_link_points_to_the_newest(window, demo, &old).await;
    the_page_of_an_archived_resident_is_gone(window, &archived).await;
    somebody_else_is_signed_in_and_goes(window, demo).await;
    somebody_else_is_signed_in_and_it_is_the_same_person(window, demo).await;
    a_mail_scanner_and_a_second_device_use_nothing_up(window, demo).await;
    what_is_wrong_reaches_the_home(window, demo).await;
    it_is_not_for_them(window, demo).await;
    assert_eq!(window.faults(&[&demo.portal]).await, Vec::<String>::new());
}

fn email(name: &str) -> String {
    format!("{}@family.example", name.to_lowercase())
}

// --- the home's side

async fn open_relatives(window: &Window, demo: &Demo, resident: &str) {
    window.go(&demo.portal).await;
    window.choose_in_menu("Residents").await;
    window.type_into("Name or NHS number", resident).await;
    window.press("Apply").await;
    window.press(resident).await;
    window.press("Relatives").await;
    window.see("Invite a relative").await;
}

async fn invite(window: &Window, demo: &Demo, resident: &str, name: &str) {
    open_relatives(window, demo, resident).await;
    window.type_into("Relative's name", &format!("{name} Smith")).await;
    window.type_into("Relative's email address", &email(name)).await;
    window.type_into("Relative's relationship", "Grandchild").await;
    window.press("Send the invitation").await;
    window.see(&email(name)).await;
}

/// The address in the newest letter to somebody, which has arrived in the demo's mailbox.
async fn link(window: &Window, demo: &Demo, name: &str) -> String {
    window.go(&format!("{}/mailbox", demo.portal)).await;
    let path = format!("//article[contains(., '<{}>')]//a[contains(@href, '/invite/')]", email(name));
    window.href_of(&format!("invitation of {name}"), &path).await
}

async fn open_invitation(window: &Window, demo: &Demo, name: &str) {
    open_relatives(window, demo, "Joan Smith").await;
    window
        .press_within(&format!("//tr[contains(., '{}')]", email(name)), "Send again, correct or withdraw")
        .await;
}

async fn withdraw(window: &Window, demo: &Demo, name: &str) {
    open_invitation(window, demo, name).await;
    window.picture("invitation-home").await;
    window.press("Withdraw the invitation").await;
    window.see("Withdrawn").await;
}

async fn send_again(window: &Window, demo: &Demo, name: &str) {
    open_invitation(window, demo, name).await;
    window.press("Send again").await;
    window.see("Invite a relative").await;
}

async fn archive(window: &Window, demo: &Demo, resident: &str) {
    window.go(&demo.portal).await;
    window.choose_in_menu("Residents").await;
    window.type_into("Name or NHS number", resident).await;
    window.press("Apply").await;
    window.press(resident).await;
    window.press("Archive").await;
    window.type_into("Why?", "Moved to another home").await;
    window.press(&format!("Archive {resident}")).await;
    window.see("Archived:").await;
}

// --- the relatives' side

async fn join(window: &Window) {
    window.type_into("Create a password", NEW_PASSWORD).await;
    window.press("Accept the invitation").await;
    window.see("You have joined.").await;
}

async fn a_fresh_link_becomes_an_account(window: &Window, demo: &Demo) {
    // Kate was invited to two pages: the older letter is the one about Joan.
    window.go(&format!("{}/mailbox", demo.portal)).await;
    let path =
        format!("(//article[contains(., '<{}>')]//a[contains(@href, '/invite/')])[last()]", email("Kate"));
    let link = window.href_of("first invitation of Kate", &path).await;
    window.go(&link).await;
    window.see("See how Joan is getting on").await;
    assert!(!window.sees("Joan Smith").await, "the surname is shown before somebody has joined");
    window.picture("invitation-open").await;
    window.type_into("Create a password", "short").await;
    window.press("Accept the invitation").await;
    window.see("Use 15 characters or more").await;
    join(window).await;
    window.picture("invitation-joined").await;
    leave(window, demo).await;
    window.go(&link).await;
    window.see("You have already joined").await;
}

async fn a_used_link_leads_to_signing_in(window: &Window, demo: &Demo) {
    // Where the journey before has ended.
    window.picture("invitation-used").await;
    window.press("Sign in").await;
    type_sign_in(window, "Kate", NEW_PASSWORD).await;
    window.see("Joan").await;
    leave(window, demo).await;
}

async fn type_sign_in(window: &Window, name: &str, password: &str) {
    window.type_into("Email address", &email(name)).await;
    window.type_into("Password", password).await;
    window.press("Sign in").await;
    window.until("be signed in", async || !window.address().await.contains("/sign-in")).await;
}

async fn somebody_with_an_account_adds_the_resident(window: &Window, demo: &Demo) {
    window.go(&link(window, demo, "Kate").await).await;
    window.see("You have an account already").await;
    window.picture("invitation-account").await;
    window.press("Sign in").await;
    type_sign_in(window, "Kate", NEW_PASSWORD).await;
    window.press("Add Phyllis to my account").await;
    window.see("Phyllis is added to your account.").await;
    window.see("Joan").await;
    window.picture("family-two").await;
    leave(window, demo).await;
}

async fn an_expired_link_renews_itself(window: &Window, demo: &Demo) {
    let old = link(window, demo, "Liam").await;
    demo.execute(
        "UPDATE invitation_links SET expires_at = '2020-01-01 00:00:00' WHERE invitation_id IN \
         (SELECT id FROM invitations WHERE email = 'liam@family.example')",
    );
    window.go(&old).await;
    window.see("This invitation has run out").await;
    window.picture("invitation-expired").await;
    window.press("Ask for a new one").await;
    window.see("We have sent you a new link").await;
    assert!(!window.sees(&email("Liam")).await, "the whole address is shown to whoever holds an old link");
    let new = link(window, demo, "Liam").await;
    assert_ne!(new, old);
    window.go(&new).await;
    join(window).await;
    leave(window, demo).await;
}

async fn a_withdrawn_link_names_the_telephone(window: &Window, link: &str) {
    window.go(link).await;
    window.see("This invitation has been withdrawn").await;
    window.see("01234 567890").await;
    window.picture("invitation-withdrawn").await;
}

async fn an_older_link_points_to_the_newest(window: &Window, demo: &Demo, old: &str) {
    window.go(old).await;
    window.see("A newer link was sent").await;
    window.picture("invitation-replaced").await;
    let newest = link(window, demo, "Quinn").await;
    assert_ne!(newest, old);
    window.go(&newest).await;
    join(window).await;
    leave(window, demo).await;
}

async fn the_page_of_an_archived_resident_is_gone(window: &Window, link: &str) {
    window.go(link).await;
    window.see("This page is not there any more").await;
    assert!(!window.sees("Pickup").await, "a stranger learns who lives there");
    window.picture("invitation-gone").await;
}

async fn somebody_else_is_signed_in_and_goes(window: &Window, demo: &Demo) {
    let link = link(window, demo, "Noah").await;
    sign_in(window, demo, "relative").await;
    window.go(&link).await;
    window.see("You are signed in as Peter Smith").await;
    window.picture("invitation-other").await;
    window.press("Sign out and go on").await;
    join(window).await;
    leave(window, demo).await;
}

async fn somebody_else_is_signed_in_and_it_is_the_same_person(window: &Window, demo: &Demo) {
    let link = link(window, demo, "Vera").await;
    window.go(&format!("{}/sign-in", demo.portal)).await;
    type_sign_in(window, "Noah", NEW_PASSWORD).await;
    window.go(&link).await;
    window.see("Both are me").await;
    window.press("Add Joan to my account").await;
    // Noah sees her already: nothing is doubled, and the page says so.
    window.see("Joan").await;
    leave(window, demo).await;
}

async fn a_mail_scanner_and_a_second_device_use_nothing_up(window: &Window, demo: &Demo) {
    let link = link(window, demo, "Paul").await;
    let scanner = reqwest::Client::builder().timeout(Duration::from_secs(20)).build().unwrap();
    for _ in 0..20 {
        assert!(scanner.get(&link).send().await.unwrap().status().is_success());
        assert!(scanner.head(&link).send().await.unwrap().status().is_success());
    }
    window.go(&link).await;
    window.type_into("Create a password", "half of a pass").await;
    // On another device nothing is known of the first.
    window.forget().await;
    window.go(&link).await;
    join(window).await;
    leave(window, demo).await;
}

async fn what_is_wrong_reaches_the_home(window: &Window, demo: &Demo) {
    window.go(&link(window, demo, "Sam").await).await;
    window.press("This is wrong").await;
    window.type_into("What is wrong?", SOMETHING_IS_WRONG).await;
    window.picture("invitation-wrong").await;
    window.press("Send to").await;
    window.see("They will put it right and write to you.").await;
    sign_in(window, demo, "manager").await;
    open_relatives(window, demo, "Joan Smith").await;
    window.see(SOMETHING_IS_WRONG).await;
    window.picture("relatives-home").await;
    leave(window, demo).await;
}

async fn it_is_not_for_them(window: &Window, demo: &Demo) {
    let link = link(window, demo, "Tess").await;
    window.go(&link).await;
    window.press("This is not for me").await;
    window.see("Thank you for telling us").await;
    window.picture("invitation-declined").await;
    window.go(&link).await;
    assert!(!window.can_press("Accept the invitation").await, "a declined link still opens something");
}
