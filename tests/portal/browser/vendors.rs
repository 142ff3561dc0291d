//! Every care record system of the demo, switched on by newcomers: PCS with the key that its own screens show, KareInn by
//! way of the representative, a system that speaks FHIR R4 by its address and token. Who can be paired is; of one who is
//! not the screen says why; and a night event reaches each record that takes them.

use super::demo::Demo;
use super::journey::{leave, sign_in, wait_for_the_result};
use super::window::Window;

pub async fn whole(window: &Window, demo: Demo) {
    pcs_is_switched_on(window, &demo).await;
    strong_suggestions_are_confirmed_together(window).await;
    one_who_is_not_paired_says_why(window).await;
    kareinn_is_asked_for(window, &demo).await;
    the_representative_records_its_key(window, &demo).await;
    kareinn_pairs_by_itself(window, &demo).await;
    a_night_reaches_both_records(window, &demo).await;
    leave(window, &demo).await;
    fhir_is_switched_on(window, &demo).await;
    let origins = [&demo.portal, &demo.pcs, &demo.kareinn, &demo.fhir].map(String::as_str);
    assert_eq!(window.faults(&origins).await, Vec::<String>::new());
}

async fn pcs_is_switched_on(window: &Window, demo: &Demo) {
    window.go(&demo.pcs).await;
    window.press("Priya Shah").await;
    window.press("API Key").await;
    window.press("Generate").await;
    window.picture("pcs-key").await;
    let internal_id = beside(window, "Internal ID").await;
    let key = beside(window, "Internal API Key").await;

    sign_in(window, demo, "rowan").await;
    step_by_step(window, "PCS").await;
    window.picture("pcs-off").await;
    window.type_into("Internal API Key", &internal_id).await;
    window.tick("PCS charges for this integration.").await;
    window.tick("Our organisation agrees to share").await;
    window.press("Switch on PCS").await;
    window.see("This looks like the Internal ID.").await;
    window.picture("pcs-internal-id").await;
    window.type_into("Internal API Key", &key).await;
    agree(window, "PCS charges for this integration.").await;
    agree(window, "Our organisation agrees to share").await;
    window.press("Switch on PCS").await;
    window.see("PCS takes the key.").await;
    window.see(&format!("The key ends in {}", &key[key.len() - 4..])).await;
    assert!(!window.words().await.contains(&key), "a received key is never shown");
    window.picture("pcs-on").await;

    window.press("Test connection").await;
    window.see("PCS accepts this key.").await;
    window.see("3 of them, to see that these are your residents").await;
    window.picture("pcs-test").await;
    step_by_step(window, "PCS").await;
    window.press("Start Sync").await;
    wait_for_the_result(window).await;
}

async fn strong_suggestions_are_confirmed_together(window: &Window) {
    window.choose_in_menu("Integrations").await;
    window.press("See everybody who is not paired").await;
    window.press("Confirm strong suggestions").await;
    window.see("Look at 5 of them first").await;
    window.picture("pcs-strong").await;
    for row in window.all("//input[@name='pair[]']").await {
        if !row.is_selected().await.unwrap() {
            row.click().await.unwrap();
        }
    }
    window.press("Confirm").await;
    window.see("residents are linked.").await;
    assert!(window.can_press("Undo").await, "the batch can be undone at once");
    window.picture("pcs-linked").await;
}

async fn one_who_is_not_paired_says_why(window: &Window) {
    let row = "//tr[contains(., 'Maureen Illingworth')]";
    let words = window.all_words(row).await.join(" ");
    assert!(words.contains("Last name is different.") && words.contains("Maureen Varley"), "{words}");
    window.press_within(row, "Link Resident").await;
    window.see("Last name").await;
    window.see("Not sent by PCS").await;
    window.picture("pcs-suggested").await;
    // With a script it is a window over the list.
    window.go(&window.address().await).await;
}

async fn kareinn_is_asked_for(window: &Window, demo: &Demo) {
    step_by_step(window, "KareInn").await;
    window.tick("Our organisation agrees to share").await;
    window.press("Ask for KareInn").await;
    window.see("Your representative has been asked.").await;
    window.picture("kareinn-asked").await;
    leave(window, demo).await;
}

async fn the_representative_records_its_key(window: &Window, demo: &Demo) {
    window.go(&demo.kareinn).await;
    window.press("Switch on").await;
    let key = beside(window, "Key").await;
    sign_in(window, demo, "rep").await;
    window.press("Rowan Care").await;
    window.see("Asked for by").await;
    window.press("Record a key of KareInn").await;
    let form = "//form[contains(@action, '/vendors/kareinn/key')]";
    window.type_within(form, "KareInn key", &key).await;
    window.type_within(form, "Reason", "KareInn gave it by telephone").await;
    window.picture("rep-kareinn").await;
    window.press_within(form, "Keep the key").await;
    window.see("The KareInn key is kept, and nobody sees it again.").await;
    assert!(!window.words().await.contains(&key));
    leave(window, demo).await;
}

async fn kareinn_pairs_by_itself(window: &Window, demo: &Demo) {
    sign_in(window, demo, "rowan").await;
    step_by_step(window, "KareInn").await;
    window.see("KareInn takes the key.").await;
    window.press("Start Sync").await;
    wait_for_the_result(window).await;
    window.see("First name, last name, date of birth and NHS number are equal.").await;
    window.picture("kareinn-synced").await;
    window.choose_in_menu("Integrations").await;
    window.picture("integrations-all").await;
}

/// Made by the demo through the verb that devices call.
async fn a_night_reaches_both_records(window: &Window, demo: &Demo) {
    window.choose_in_menu("Activities").await;
    window.press("Night events").await;
    window.press("Make a night of made-up events").await;
    window.see("night events arrived.").await;
    window.picture("nights").await;
    for (vendor, origin) in [("PCS", &demo.pcs), ("KareInn", &demo.kareinn)] {
        let (name, event) = first_accepted(window, demo, vendor).await;
        window.go(&format!("{origin}/people")).await;
        let notes = format!("//a[contains(., 'Notes') and contains(., '{name}')]");
        window.go(&format!("{origin}{}", window.href_of("the notes", &notes).await)).await;
        window.see(&event).await;
        window.see("Answered by: ").await;
        window.picture("night-there").await;
    }
    window.go(&demo.portal).await;
}

/// Whose night event is in the vendor's record already, and what it is called.
async fn first_accepted(window: &Window, demo: &Demo, vendor: &str) -> (String, String) {
    let row = format!("//tr[td[contains(., 'Accepted') and contains(., '{vendor}')]]");
    let sent = async || {
        window.go(&demo.portal).await;
        window.choose_in_menu("Integrations").await;
        window.press("See the queue").await;
        window.press("Accepted").await;
        !window.all_words(&row).await.is_empty()
    };
    window.until("see a night event accepted", sent).await;
    let words = async |cell: &str| window.all_words(&format!("{row}/{cell}")).await.remove(0);
    (words("th").await, words("td[1]").await)
}

/// Willow House reads a system of its own the same way; nobody there pairs by themselves.
async fn fhir_is_switched_on(window: &Window, demo: &Demo) {
    window.go(&format!("{}/access", demo.fhir)).await;
    let (base, token) = (beside(window, "Base address").await, beside(window, "Access token").await);
    window.picture("fhir-access").await;
    sign_in(window, demo, "super").await;
    step_by_step(window, "FHIR R4").await;
    window.type_into("Base address", "http://169.254.169.254/latest").await;
    window.type_into("Access token", &token).await;
    window.tick("Our organisation agrees to share").await;
    window.press("Switch on FHIR R4").await;
    window.see("There is a problem").await;
    window.picture("fhir-refused").await;
    window.type_into("Base address", &base).await;
    window.type_into("Access token", &token).await;
    agree(window, "Our organisation agrees to share").await;
    window.press("Switch on FHIR R4").await;
    window.see("FHIR R4 takes the key.").await;
    window.press("Start Sync").await;
    wait_for_the_result(window).await;
    window.see("39 residents").await;
    window.see("37 records are not linked to anybody here.").await;
    window.picture("fhir-synced").await;
}

async fn step_by_step(window: &Window, vendor: &str) {
    window.choose_in_menu("Integrations").await;
    window.press(&format!("{vendor} step by step")).await;
    window.see("How it stands").await;
}

/// Ticks a box that a form which was shown again may have kept.
async fn agree(window: &Window, label: &str) {
    if !window.is_ticked(label).await {
        window.tick(label).await;
    }
}

/// What stands beside a term in a simulator's list.
async fn beside(window: &Window, term: &str) -> String {
    let path = format!("//dt[normalize-space(.)='{term}']/following-sibling::dd[1]");
    window.see(term).await;
    window.all_words(&path).await.concat().trim().to_owned()
}
