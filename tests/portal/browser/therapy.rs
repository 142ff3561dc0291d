//! The therapy organisation of the demo, by a newcomer: the handshake with Ensora Data Collection, the one site that does
//! not map itself, clients and staff who follow, a session note on its appointment with both signatures, why another is
//! not there and its repair, un-rendering, and the three reports.

use super::demo::Demo;
use super::journey::sign_in;
use super::window::Window;

pub async fn whole(window: &Window, demo: Demo) {
    let (organization, token) = what_ensora_shows(window, &demo).await;
    sign_in(window, &demo, "bright").await;
    clients_and_agencies_are_called_so(window).await;
    the_two_systems_are_connected(window, &organization, &token).await;
    the_one_site_is_mapped_by_hand(window).await;
    clients_and_staff_follow(window).await;
    a_note_is_on_its_appointment_with_both_signatures(window).await;
    another_says_why_it_is_not_and_is_mapped_by_hand(window).await;
    one_is_un_rendered(window).await;
    the_three_reports_are_downloaded(window, &demo).await;
    assert_eq!(window.faults(&[&demo.portal, &demo.ensora]).await, Vec::<String>::new());
}

/// The organization's id and its token, on the simulator's page.
async fn what_ensora_shows(window: &Window, demo: &Demo) -> (String, String) {
    window.go(&format!("{}/", demo.ensora)).await;
    window.see("Organization id").await;
    window.picture("ensora-organization").await;
    (beside(window, "Organization id").await, beside(window, "Token").await)
}

async fn clients_and_agencies_are_called_so(window: &Window) {
    window.choose_in_menu("Clients").await;
    window.see("Maya Okafor").await;
    assert!(!window.words().await.to_lowercase().contains("resident"), "a care home's words");
    window.picture("clients").await;
    window.choose_in_menu("Agencies").await;
    window.see("Northgate School").await;
    window.picture("agencies").await;
}

async fn the_two_systems_are_connected(window: &Window, organization: &str, token: &str) {
    window.choose_in_menu("Org Settings").await;
    window.press_within("//nav[contains(@class, 'tabs')]", "Settings").await;
    window.picture("settings-therapy").await;
    window.press_within("//main", "Synchronization").await;
    window.see("Organization ID").await;
    window.type_into("Organization ID", organization).await;
    window.type_into("Token", "a wrong one").await;
    window.tick("Our organisation agrees to share").await;
    window.press("Agree and connect").await;
    window.see("There is a problem").await;
    window.picture("handshake-refused").await;
    window.type_into("Organization ID", organization).await;
    window.type_into("Token", token).await;
    if !window.is_ticked("Our organisation agrees to share").await {
        window.tick("Our organisation agrees to share").await;
    }
    window.press("Agree and connect").await;
    window.until("leave the handshake", async || !window.sees("Agree and connect").await).await;
    assert!(!window.words().await.contains(token), "a token is never shown again");
    window.picture("handshake-done").await;
}

/// Opens the window, and asks again until what was pulled is there.
async fn open(window: &Window, tab: &str, until: &str) {
    let there = async || {
        window.choose_in_menu("Org Settings").await;
        window.press_within("//nav[contains(@class, 'tabs')]", "Settings").await;
        window.press_within("//main", "Synchronization").await;
        window.press_within("//nav[contains(@class, 'tabs')]", tab).await;
        window.see("Ensora Data Collection").await;
        window.sees(until).await
    };
    window.until(&format!("see “{until}” under {tab}"), there).await;
}

async fn the_one_site_is_mapped_by_hand(window: &Window) {
    open(window, "Agencies", "Northgate Sch.").await;
    for mapped in ["Oakfield Centre", "Riverside Clinic"] {
        assert!(row(window, mapped).await.contains("Auto"), "{mapped} has its agency's name");
    }
    assert!(row(window, "Northgate Sch.").await.contains("Not mapped"));
    window.picture("sync-agencies").await;
    window.press_within("//nav[contains(@class, 'tabs')]", "Clients").await;
    window.see("Map every site to an agency first. 1 is left.").await;
    window.picture("sync-held").await;
    window.press_within("//nav[contains(@class, 'tabs')]", "Agencies").await;
    window.choose("Agency name for Northgate Sch.", "Northgate School").await;
    window.press("Save mappings").await;
    window.until("see it mapped", async || row(window, "Northgate Sch.").await.contains("User")).await;
    window.picture("sync-agencies-saved").await;
}

async fn clients_and_staff_follow(window: &Window) {
    open(window, "Clients", "Freya Novak").await;
    for client in ["Maya Okafor", "Freya Novak"] {
        assert!(row(window, client).await.contains("Auto"), "{client} follows the site");
    }
    assert!(row(window, "Noah Price").await.contains("Not mapped"), "another date of birth there");
    window.picture("sync-clients").await;
    open(window, "Staff", "Petra Novotna").await;
    assert!(row(window, "Petra Novotna").await.contains("Auto"), "she follows the site");
    assert!(row(window, "Grace Whitlock").await.contains("Not mapped"), "another address there");
    window.picture("sync-staff").await;
}

async fn a_note_is_on_its_appointment_with_both_signatures(window: &Window) {
    open(window, "Appointments", "Maya Okafor").await;
    window.picture("sync-appointments").await;
    open_appointment_of(window, "Maya Okafor").await;
    window.see("Asked for a drink with two words").await;
    window.see("Rendered").await;
    window.picture("appointment-rendered").await;
    window.press("Open signatures").await;
    for words in ["Ruth Okafor", "Mother"] {
        window.see(words).await;
    }
    let both = async || window.all("//img[contains(@src, '/signatures/')]").await.len() == 2;
    window.until("see both signatures", both).await;
    window.picture("appointment-signatures").await;
    // With a script it is a window over the page.
    window.go(&window.address().await).await;
}

async fn another_says_why_it_is_not_and_is_mapped_by_hand(window: &Window) {
    open(window, "Appointments", "Leo Brandt").await;
    let late = "//tr[contains(., 'Leo Brandt') and contains(., 'grace time')]";
    let words = window.all_words(late).await.join(" ");
    assert!(words.contains("is 7 minutes from the note"), "{words}");
    let day = words.split_once("Leo Brandt").unwrap().1.split(',').next().unwrap().trim().to_owned();
    window.picture("note-not-mapped").await;
    window.press_within(late, "Why not").await;
    window.see("What the note says").await;
    window.see("Matched colours in nine of ten trials.").await;
    window.picture("note-why").await;
    let offered =
        format!("//main//select/option[contains(., '{day}, 10:30') and contains(., 'Samuel Osei')]");
    window.all(&offered).await.first().expect("the appointment is offered").click().await.unwrap();
    window.press("Save mappings").await;
    open(window, "Appointments", "Leo Brandt").await;
    let mapped = "//tr[contains(., 'Leo Brandt') and contains(., 'User')]";
    let words = window.all_words(mapped).await.join(" ");
    assert!(words.contains("Rendered"), "the copy and the checks follow: {words}");
    window.picture("note-mapped").await;
}

/// By the appointment; taking the mapping by hand away does the same.
async fn one_is_un_rendered(window: &Window) {
    open(window, "Appointments", "Maya Okafor").await;
    open_appointment_of(window, "Maya Okafor").await;
    window.press("Un-render").await;
    window.until("see it un-rendered", async || !window.can_press("Un-render").await).await;
    window.see("Scheduled").await;
    assert!(!window.sees("Asked for a drink with two words").await, "the notes are as they were before");
    window.picture("appointment-un-rendered").await;
    open(window, "Appointments", "Leo Brandt").await;
    window.press_within("//tr[contains(., 'Leo Brandt') and contains(., 'User')]", "Delete mapping").await;
    let gone =
        async || window.all("//tr[contains(., 'Leo Brandt') and contains(., 'User')]").await.is_empty();
    window.until("see the mapping gone", gone).await;
}

async fn the_three_reports_are_downloaded(window: &Window, demo: &Demo) {
    for of in ["Staff", "Clients", "Appointments"] {
        window.choose_in_menu("Reports").await;
        window.press(&format!("Ensora Data Collection- Kinbridge {of}")).await;
        window.see("Download").await;
        window.picture(&format!("report-{}", of.to_lowercase())).await;
        for (kind, begins) in [("CSV", &b"\xef\xbb\xbf\""[..]), ("XLSX", &b"PK\x03\x04"[..])] {
            let link = format!("//main//a[starts-with(normalize-space(.), '{kind}')]");
            let address = absolute(demo, window.href_of(kind, &link).await);
            let (status, named, bytes) = window.file(&address).await;
            assert_eq!((status, bytes.as_slice()), (200, begins), "{address}");
            assert!(named.starts_with("attachment"), "{named}");
        }
    }
}

fn absolute(demo: &Demo, address: String) -> String {
    if address.starts_with('/') { format!("{}{address}", demo.portal) } else { address }
}

/// The words of the row that begins with somebody.
async fn row(window: &Window, name: &str) -> String {
    window.all_words(&format!("//tr[th[starts-with(normalize-space(.), '{name}')]]")).await.join(" ")
}

/// Goes to the appointment on which somebody's first mapped note is.
async fn open_appointment_of(window: &Window, client: &str) {
    let link = format!(
        "//tr[contains(., '{client}')]//a[contains(@href, '/appointments/') and not(contains(@href, 'synchronization'))]"
    );
    window.until("see the appointment", async || !window.all(&link).await.is_empty()).await;
    window.all(&link).await.remove(0).click().await.unwrap();
    window.see("Results Notes").await;
}

/// What stands beside a term in the simulator's list.
async fn beside(window: &Window, term: &str) -> String {
    let path = format!("//dt[normalize-space(.)='{term}']/following-sibling::dd[1]");
    window.see(term).await;
    window.all_words(&path).await.concat().trim().to_owned()
}
