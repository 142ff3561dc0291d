//! The appointments of community health, by a newcomer: a test key and the README's own way from the basket to the visit,
//! its webhook at the README's own receiver, the appointment in the dashboard, a day that is planned, and a care home's
//! visit that comes home on its resident's timeline. What the README says is taken from it, so that it cannot drift.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use super::demo::Demo;
use super::journey::{leave, sign_in, sign_out_and_in};
use super::window::Window;
use crate::program::free_address;

/// What happens to the appointment on the README's way, as programs are told of it.
const KINDS: [&str; 3] = ["appointment.created", "appointment.scheduled", "appointment.cancelled"];

/// Whom the care home books a visit for.
const RESIDENT: &str = "Arthur Bell";

pub async fn whole(window: &Window) {
    let port = free_address().port();
    let demo = Demo::with_receiver(port).await;
    sign_in(window, &demo, "visits").await;
    let key = make_a_test_key(window).await;
    let receiver = Receiver::start(port, &name_the_receiver(window, port).await);
    let appointment = walk_the_way_of_the_readme(&demo, &key);
    for kind in KINDS {
        let told = async || receiver.has_taken(kind, &appointment);
        window.until(&format!("see {kind} arrive, signed"), told).await;
    }
    the_appointment_is_in_the_dashboard(window).await;
    tomorrow_is_planned(window).await;

    sign_out_and_in(window, &demo, "manager").await;
    a_visit_is_booked_for_a_resident(window).await;
    sign_out_and_in(window, &demo, "visits").await;
    it_is_given_to_the_practitioner(window).await;
    its_day_has_come(&demo);
    sign_out_and_in(window, &demo, "practitioner").await;
    the_practitioner_completes_it(window).await;
    sign_out_and_in(window, &demo, "manager").await;
    it_stands_on_the_residents_timeline(window).await;
    leave(window, &demo).await;
    assert_eq!(window.faults(&[&demo.portal]).await, Vec::<String>::new());
}

async fn make_a_test_key(window: &Window) -> String {
    window.choose_in_menu("Org Settings").await;
    window.press_within("//nav[contains(@class, 'tabs')]", "API keys").await;
    window.type_into("What the key is for", "Shop checkout").await;
    window.tick("Test: nobody is visited").await;
    for may in ["Read the tasks", "Ask which windows", "Add and change patients", "Book, change and cancel"] {
        window.tick(may).await;
    }
    window.tick("Read patients").await;
    window.tick("Read appointments").await;
    window.press("Make the key").await;
    window.see("The key Shop checkout").await;
    window.picture("api-key").await;
    let key = window.value_of("API key").await;
    assert!(key.starts_with("test_"), "the key begins with its mode");
    key
}

/// Returns the secret with which the endpoint's deliveries are signed.
async fn name_the_receiver(window: &Window, port: u16) -> String {
    window.choose_in_menu("Org Settings").await;
    window.press_within("//nav[contains(@class, 'tabs')]", "Webhooks").await;
    window.press("Add an endpoint").await;
    window.type_into("Name", "Shop").await;
    window.type_into("Address", &format!("http://127.0.0.1:{port}/")).await;
    window.tick("Test: what test keys make").await;
    for kind in KINDS {
        window.tick(kind).await;
    }
    window.press_within("//main", "Add").await;
    window.see("The secret of Shop").await;
    window.picture("webhook-secret").await;
    let secret = window.value_of("Secret").await;
    window.press("I have copied it").await;
    secret
}

/// The receiver of the README, which verifies what arrives by the scheme of Standard Webhooks.
struct Receiver {
    child: Child,
    said: Arc<Mutex<Vec<String>>>,
}

impl Receiver {
    fn start(port: u16, secret: &str) -> Self {
        let program = readme("```python\n").replace("9000", &port.to_string());
        let mut python = Command::new("python3");
        python.args(["-c", &program]).env("SECRET", secret);
        let mut child = python.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let said = Arc::new(Mutex::new(Vec::new()));
        let (lines, heard) = (BufReader::new(child.stdout.take().unwrap()), Arc::clone(&said));
        std::thread::spawn(move || {
            for line in lines.lines().map_while(Result::ok) {
                heard.lock().unwrap().push(line);
            }
        });
        Self { child, said }
    }

    fn has_taken(&self, kind: &str, appointment: &str) -> bool {
        let said = self.said.lock().unwrap();
        assert!(!said.iter().any(|line| line.starts_with("not taken")), "{said:?}");
        said.iter().any(|line| {
            line.starts_with("signed as it should be:") && line.contains(kind) && line.contains(appointment)
        })
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns the number of the appointment that was booked, and cancelled with the last line.
fn walk_the_way_of_the_readme(demo: &Demo, key: &str) -> String {
    let way = readme("```sh\nAT=");
    let (_, way) = way.split_once('\n').expect("the first line says where the portal is");
    let script =
        format!("set -eu -o pipefail\nAT={}\n{way}\necho\necho \"booked $APPOINTMENT\"", demo.portal);
    let mut bash = Command::new("bash");
    let done = bash.args(["-c", &script]).env("KEY", key).output().unwrap();
    let (said, wrong) = (String::from_utf8(done.stdout).unwrap(), String::from_utf8(done.stderr).unwrap());
    assert!(done.status.success(), "{said}\n{wrong}");
    assert!(said.contains(r#""covered":true"#), "{said}");
    assert!(said.contains(r#""status":"scheduled""#) && said.contains(r#""status":"cancelled""#), "{said}");
    let booked = said.lines().find_map(|line| line.strip_prefix("booked "));
    booked.unwrap_or_else(|| panic!("nothing was booked: {said}")).to_owned()
}

/// What a block of the README holds that begins so.
fn readme(begins: &str) -> String {
    let readme = include_str!("../../../README.md");
    let from = readme.find(begins).unwrap_or_else(|| panic!("the README has no {begins}"));
    let block = &readme[from..];
    let (_, block) = block.split_once('\n').unwrap();
    block.split("\n```").next().unwrap().to_owned()
}

async fn the_appointment_is_in_the_dashboard(window: &Window) {
    window.choose_in_menu("Appointments").await;
    window.choose("Mode", "Test").await;
    window.choose("Show", "All").await;
    window.press("Apply").await;
    open_the_row_of(window, "Betty Cole").await;
    for words in ["Cancelled", "order-1001", "Blood pressure check", "Betty Cole"] {
        window.see(words).await;
    }
    window.picture("appointment-summary").await;
    for (tab, words) in [
        ("Timeline", "API key Shop checkout"),
        ("Task Steps", "Measure blood pressure and pulse"),
        ("Metadata", "B-77"),
    ] {
        window.press_within("//nav[contains(@class, 'tabs')]", tab).await;
        window.see(words).await;
        window.picture(&format!("appointment-{}", tab.to_lowercase().replace(' ', "-"))).await;
    }
}

/// In the list of appointments the link is the day.
async fn open_the_row_of(window: &Window, patient: &str) {
    let link = format!("//main//tr[contains(., '{patient}')]//a");
    window.until(&format!("see {patient}"), async || !window.all(&link).await.is_empty()).await;
    window.all(&link).await.remove(0).click().await.unwrap();
    window.see("The appointment").await;
}

async fn tomorrow_is_planned(window: &Window) {
    window.choose_in_menu("Appointments").await;
    window.press_within("//nav[contains(@class, 'tabs')]", "Day plan").await;
    window.press("Today").await;
    window.press("Later").await;
    window.see("Doreen Hughes").await;
    window.press("Plan this day").await;
    window.see("Appointments with a place").await;
    window.picture("day-plan").await;
    window.press("Use this plan").await;
    window.see("In use").await;
    window.see("Ana Diaz").await;
    window.picture("day-plan-used").await;
}

async fn a_visit_is_booked_for_a_resident(window: &Window) {
    to_the_visits_of_the_resident(window).await;
    window.press("Book a visit").await;
    window.see("what is to be done?").await;
    window.see("Blood pressure check").await;
    window.picture("visit-task").await;
    window.press("Choose a time").await;
    window.picture("visit-window").await;
    window.tick("PM").await;
    window.press("Continue").await;
    window.see("What is sent").await;
    window.type_into("Note for the practitioner", "He hears better on the left.").await;
    window.press("Continue").await;
    window.picture("visit-check").await;
    window.press("Book the visit").await;
    window.see("Ally Health took the booking").await;
    window.picture("visit-booked").await;
}

async fn to_the_visits_of_the_resident(window: &Window) {
    window.choose_in_menu("Residents").await;
    window.type_into("Name or NHS number", RESIDENT).await;
    window.press("Apply").await;
    window.press_within("//main//table", RESIDENT).await;
    window.press_within("//nav[contains(@class, 'tabs')]", "Visits").await;
}

async fn it_is_given_to_the_practitioner(window: &Window) {
    window.choose_in_menu("Appointments").await;
    window.type_into("Patient", RESIDENT).await;
    window.press("Apply").await;
    open_the_row_of(window, RESIDENT).await;
    window.press("Assign").await;
    window.see("Who can come").await;
    window.picture("assign").await;
    window.press_within("//div[@class='panel__head' and contains(., 'Ana Diaz')]", "Assign").await;
    window.see("Ana Diaz").await;
}

/// Its window moves to today, as if the days until then had gone by.
fn its_day_has_come(demo: &Demo) {
    let (first, last) = RESIDENT.split_once(' ').unwrap();
    demo.execute(&format!(
        "UPDATE visits SET local_date = (SELECT local_date FROM visits WHERE patient_id IN \
         (SELECT id FROM patients WHERE first_name = 'Joan' AND last_name = 'Smith')) WHERE patient_id IN \
         (SELECT id FROM patients WHERE first_name = '{first}' AND last_name = '{last}');"
    ));
}

async fn the_practitioner_completes_it(window: &Window) {
    window.choose_in_menu("My appointments").await;
    window.picture("practitioner-today").await;
    let of = format!("//section[.//h3[contains(., '{RESIDENT}')]]");
    window.press_within(&of, "Open").await;
    window.see("He hears better on the left.").await;
    window.press("Start").await;
    for step in ["Measure blood pressure and pulse", "Write both into the note"] {
        let of = format!("//section[@aria-label='{step}']");
        window.press_within(&of, "Done").await;
        window
            .until("see it ticked", async || !window.all(&format!("{of}//strong[.='Done']")).await.is_empty())
            .await;
    }
    window.picture("practitioner-steps").await;
    window.type_into("Note", "142 over 80, sitting; pulse 68.").await;
    window.press("Completed").await;
    window.see("How it ended").await;
    window.picture("practitioner-completed").await;
}

/// Told by the webhook between the two; asked for after it.
async fn it_stands_on_the_residents_timeline(window: &Window) {
    let completed = async || {
        to_the_visits_of_the_resident(window).await;
        window.sees("Completed").await
    };
    window.until("see it completed", completed).await;
    window.picture("visit-completed").await;
    window.press_within("//main//table", "Blood pressure check").await;
    window.see("It stands on the resident’s timeline for the care record.").await;
    window.press("resident’s timeline").await;
    let entry = "//ol[@class='timeline']/li[contains(., 'Blood pressure check')]";
    window.until("see it on the timeline", async || !window.all(entry).await.is_empty()).await;
    window.picture("visit-on-the-timeline").await;
}
