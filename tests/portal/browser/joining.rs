//! From a carer's task in Nourish to an activity on the timeline there: the carer, the relative on her phone, the approver
//! at the desk and the new colleague, one after the other.

use super::demo::Demo;
use super::journey::{
    leave, paste_the_token_in_nourish, run_the_first_sync, sign_in, switch_nourish_on, wait_for_the_result,
};
use super::window::Window;

const PASSWORD: &str = "lanterns along the harbour";
const ACTIVITY: &str = "Chair yoga for two";
const COMMENT: &str = "She sang along, and laughed a lot.";

pub async fn whole(window: &Window, demo: Demo) {
    sign_in(window, &demo, "super").await;
    let token = switch_nourish_on(window).await;
    let website = window.address().await;
    paste_the_token_in_nourish(window, &demo, &token).await;
    run_the_first_sync(window, &website).await;

    a_carer_records_a_task(window, &demo).await;
    the_next_sync_invites(window, &demo, &website).await;
    leave(window, &demo).await;
    the_relative_joins(window, &demo).await;
    leave(window, &demo).await;
    an_activity_is_planned_and_recorded(window, &demo).await;
    it_stands_on_the_timeline_in_nourish(window, &demo).await;
    leave(window, &demo).await;
    the_relative_reads_it(window, &demo).await;
    leave(window, &demo).await;
    a_colleague_is_approved_and_comes_in(window, &demo).await;
    assert_eq!(window.faults(&[&demo.portal, &demo.nourish]).await, Vec::<String>::new());
}

/// Joan Smith, whom the first sync has paired, in the simulated Nourish.
async fn joan_in_nourish(window: &Window, demo: &Demo) {
    window.go(&format!("{}/people", demo.nourish)).await;
    window.press("Garden Wing").await;
    window.press("Timeline of Joan Smith").await;
}

async fn a_carer_records_a_task(window: &Window, demo: &Demo) {
    joan_in_nourish(window, demo).await;
    window.press("Altra Account Creation").await;
    window.type_into("Relative’s name", "Kate Smith").await;
    window.type_into("Relative's email address", "kate@family.example").await;
    window.type_into("Relative’s relationship", "Granddaughter").await;
    window.picture("nourish-task").await;
    window.press("Record the task").await;
    window.see("kate@family.example").await;
}

async fn the_next_sync_invites(window: &Window, demo: &Demo, website: &str) {
    window.go(website).await;
    window.press("Start Sync").await;
    wait_for_the_result(window).await;
    let arrived = async || {
        window.go(&format!("{}/mailbox", demo.portal)).await;
        window.sees("kate@family.example").await
    };
    window.until("find the invitation in the mailbox", arrived).await;
    window.picture("mailbox").await;
}

async fn the_relative_joins(window: &Window, demo: &Demo) {
    window.go(&format!("{}/mailbox", demo.portal)).await;
    let path = "//article[contains(., '<kate@family.example>')]//a[contains(@href, '/invite/')]";
    let link = window.href_of("Kate's invitation", path).await;
    window.go(&link).await;
    window.type_into("Create a password", PASSWORD).await;
    window.press("Accept the invitation").await;
    window.see("You have joined.").await;
}

async fn an_activity_is_planned_and_recorded(window: &Window, demo: &Demo) {
    sign_in(window, demo, "staff").await;
    window.choose_in_menu("Activities").await;
    window.press("Plan an activity").await;
    window.type_into("Activity name", ACTIVITY).await;
    window.type_into("Details", "Gentle stretching in a chair").await;
    window.type_into("Location", "Garden lounge").await;
    window.press("Plan it").await;
    choose_joan(window).await;
    window.press("Record who took part").await;
    window.picture("activity-record").await;
    window.mark("Took part").await;
    window.mark("5").await;
    window.press("Comment").await;
    window.type_into("Comment", COMMENT).await;
    window.press("Save").await;
    window.see(COMMENT).await;
    window.picture("activity-recorded").await;
}

/// Leaves Joan Smith alone on the list of who takes part.
async fn choose_joan(window: &Window) {
    window.see("Who takes part").await;
    window.only("Joan Smith").await;
    window.picture("activity-people").await;
    window.press("Save who takes part").await;
    window.see("Joan Smith").await;
}

async fn it_stands_on_the_timeline_in_nourish(window: &Window, demo: &Demo) {
    let sent = async || {
        joan_in_nourish(window, demo).await;
        window.sees(ACTIVITY).await
    };
    window.until("see the activity on the timeline in Nourish", sent).await;
    for words in ["Garden lounge", "Yes", "5", COMMENT, "Amina Yusuf"] {
        window.see(words).await;
    }
    window.picture("nourish-timeline").await;
    // The carer sees here what has become of it.
    window.go(&demo.portal).await;
    window.choose_in_menu("Activities").await;
    window.press("Completed").await;
    window.press(ACTIVITY).await;
    window.see("Accepted").await;
    window.picture("activity-accepted").await;
}

async fn the_relative_reads_it(window: &Window, demo: &Demo) {
    window.go(&format!("{}/sign-in", demo.portal)).await;
    window.type_into("Email address", "kate@family.example").await;
    window.type_into("Password", PASSWORD).await;
    window.press("Sign in").await;
    window.see(ACTIVITY).await;
    window.see(COMMENT).await;
    let words = window.words().await;
    assert!(!words.contains("Nourish") && !words.contains("sync"), "jargon on a relative's page: {words}");
    window.picture("family-home").await;
}

/// Maria Fernandes is listed in Nourish and has no account here.
async fn a_colleague_is_approved_and_comes_in(window: &Window, demo: &Demo) {
    sign_in(window, demo, "manager").await;
    window.choose_in_menu("Staff").await;
    window.press("Pending staff").await;
    window.press("Start sync").await;
    let listed = async || {
        let is_there = window.sees("Maria Fernandes").await;
        if !is_there && window.can_press("Pending staff").await {
            window.press("Pending staff").await;
        }
        is_there
    };
    window.until("find her in the list", listed).await;
    window.picture("pending-staff").await;
    window.type_into("Name, email or job title", "Maria Fernandes").await;
    window.press("Apply").await;
    window.tick("All 1 pending staff").await;
    window.choose("Staff permissions", "Carer").await;
    window.press("Approve selected").await;
    window.see("approved").await;
    window.picture("staff-approved").await;
    leave(window, demo).await;

    window.go(&format!("{}/mailbox", demo.portal)).await;
    let path = "//article[contains(., 'Maria Fernandes')]//a[contains(@href, '/activate/')]";
    let link = window.href_of("Maria's activation", path).await;
    window.go(&link).await;
    window.see("Maria Fernandes").await;
    window.type_into("Create a password", PASSWORD).await;
    window.press("Save and sign in").await;
    window.choose_in_menu("Residents").await;
    window.see("Residents").await;
    window.picture("new-colleague").await;
}
