//! What patients are written about their appointments: each letter once, and reminders by the clock.

#![cfg(test)]

use std::ops::Deref;

use chrono::{NaiveDate, Weekday};
use diesel::RunQueryDsl as _;
use kinbridge::domain::access::{ManageAppointments, ManageOrganisation};
use kinbridge::domain::api_keys::Mode;
use kinbridge::domain::letters::LetterState;
use kinbridge::domain::patients::{self, Details, Patient, Typed, TypedAddress};
use kinbridge::domain::tasks::{self, Task};
use kinbridge::domain::visits::{
    self, Cancellation, Entity, EventKind, NewVisit, Place, PlaceKind, Planning, ReasonCode, Visit,
};
use kinbridge::domain::windows::{self, Facts};
use kinbridge::jobs::{Outcome, remind_patients};
use kinbridge::kit::ids::WindowId;
use kinbridge::links;

use crate::resets::{letters_to, link_in};
use crate::support::community::Community;

pub const BETTY: &str = "betty@patients.example";

/// Harrogate Home Visits with a task, two windows on every day, and the patient Betty Cole.
pub struct Booking {
    pub at: Community,
    pub task: Task,
    /// 07:00 to 09:00, two places.
    pub early: WindowId,
    /// 13:00 to 17:00, one place.
    pub afternoon: WindowId,
    pub betty: Patient,
}

impl Deref for Booking {
    type Target = Community;

    fn deref(&self) -> &Community {
        &self.at
    }
}

pub fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn sql(at: &Community, statements: &[String]) {
    at.write(|tx| {
        for statement in statements {
            diesel::sql_query(statement.clone()).execute(tx.conn)?;
        }
        Ok(())
    });
}

fn window(at: &Community, name: &str, (from, to): (i32, i32), capacity: i32) -> WindowId {
    let weekdays =
        [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri, Weekday::Sat, Weekday::Sun];
    let facts = Facts {
        name: name.into(),
        from_minute: from * 60,
        to_minute: to * 60,
        weekdays: weekdays.to_vec(),
        capacity,
    };
    let scope = at.scope::<ManageOrganisation>();
    at.write(|tx| windows::add(tx, &scope, &facts))
}

impl Booking {
    pub async fn start() -> Self {
        let at = Community::start().await;
        let org = at.org;
        let then = "'2026-11-20 09:00:00'";
        sql(
            &at,
            &[
                format!(
                    "INSERT INTO tasks (organisation_id, public_id, created_at) VALUES ({org}, 'tsk_blood', {then})"
                ),
                format!(
                    "INSERT INTO task_versions (task_id, number, name, description, minutes, scheduled, \
                     minimum_gap_days, documents, state, agreed_by_name, agreed_at, representative_name, \
                     representative_agreed_at, created_by_name, created_at) SELECT MAX(id), 1, 'Blood test', '', 20, \
                     TRUE, 7, FALSE, 'agreed', 'Grace Moor', {then}, 'Rita', {then}, 'Grace Moor', {then} FROM tasks"
                ),
                format!(
                    "INSERT INTO coverage_areas (organisation_id, kind, district, miles, created_at) \
                     VALUES ({org}, 'district', 'LS1', 0, {then})"
                ),
            ],
        );
        let task = at.read(|conn| tasks::bookable(conn, org)).remove(0);
        let early = window(&at, "Early", (7, 9), 2);
        let afternoon = window(&at, "Afternoon", (13, 17), 1);
        let betty = patient(&at, Mode::Live, "Betty", BETTY);
        Self { at, task, early, afternoon, betty }
    }

    pub fn book(&self, patient: &Patient, planning: Planning) -> Visit {
        let scope = self.scope::<ManageAppointments>();
        let new = NewVisit {
            planning,
            external_ref: String::new(),
            note: "Has a shy dog".into(),
            phone: "0113 496 0000".into(),
            place: Place {
                kind: PlaceKind::Home,
                address: patient.details.address.clone().expect("an address"),
            },
            metadata: serde_json::Value::Null,
            documents: Vec::new(),
            series: None,
        };
        self.write(|tx| visits::create(tx, &scope, (patient, &self.task), &new))
    }

    /// Books Betty into Early.
    pub fn early_on(&self, date: &str) -> Visit {
        self.book(&self.betty, Planning::Window(self.early, day(date)))
    }

    /// Betty is to choose.
    pub fn patient_led(&self) -> Visit {
        self.book(&self.betty, Planning::PatientLed)
    }

    /// The path of the link in Betty's newest letter.
    pub fn link(&self) -> String {
        link_in(&letters_to(self, BETTY)[0])
    }

    pub fn read_again(&self, visit: &Visit) -> Visit {
        let scope = self.scope::<ManageAppointments>();
        self.read(|conn| visits::get(conn, &scope, visit.mode, visit.id))
    }

    pub fn cancel(&self, visit: &Visit, reason: ReasonCode) -> Visit {
        let scope = self.scope::<ManageAppointments>();
        let how = Cancellation {
            by: Entity::Organisation,
            because_of: Entity::Organisation,
            reason,
            note: String::new(),
        };
        self.write(|tx| visits::cancel(tx, &scope, (visit.mode, visit.id), &how))
    }

    /// The timeline's lines about letters.
    pub fn told(&self, visit: &Visit) -> Vec<String> {
        let lines = self.read(|conn| visits::timeline(conn, visit));
        lines.into_iter().filter(|line| line.kind == EventKind::Letter).map(|line| line.words).collect()
    }

    /// The subjects of Betty's letters, oldest first, but for those that were taken back.
    pub fn subjects(&self) -> Vec<String> {
        let kept = letters_to(self, BETTY).into_iter().rev();
        kept.filter(|one| one.state != LetterState::Withdrawn).map(|one| one.subject).collect()
    }

    async fn ring(&self) -> Outcome {
        remind_patients::run(&self.services).await.unwrap()
    }
}

pub fn patient(at: &Community, mode: Mode, first_name: &str, email: &str) -> Patient {
    let typed = Typed {
        first_name: first_name.into(),
        last_name: "Cole".into(),
        phone: "0113 496 0000".into(),
        email: email.into(),
        date_of_birth: "1938-03-09".into(),
        nhs_number: "9434765919".into(),
        address: Some(TypedAddress {
            line1: "1 Park Row".into(),
            city: "Leeds".into(),
            postcode: "LS1 1AA".into(),
            ..TypedAddress::default()
        }),
        ..Typed::default()
    };
    let details = Details::read(&typed, at.clock.now()).expect("good details");
    let scope = at.scope::<ManageAppointments>();
    at.write(|tx| patients::add(tx, &scope, mode, &details))
}

/// Hours, in seconds.
const HOURS: i64 = 3_600;

#[actix_web::test]
async fn a_booked_patient_is_confirmed_to_in_words_that_tell_nothing_of_the_task() {
    let at = Booking::start().await;
    let scope = at.scope::<ManageOrganisation>();
    at.write(|tx| visits::change_telephone(tx, &scope, "01423 496000"));
    let visit = at.early_on("2026-12-03");
    let letters = letters_to(&at, BETTY);
    let [letter] = letters.as_slice() else { panic!("{letters:?}") };
    assert_eq!(
        (letter.subject.as_str(), letter.to_name.as_str()),
        ("Your appointment with Harrogate Home Visits", "Betty Cole")
    );
    let link = format!("http://127.0.0.1:8080{}", at.link());
    let text = format!(
        "Dear Betty,\n\nYour appointment with Harrogate Home Visits is booked.\n\n\
         When: Thursday 3 December 2026, between 07:00 and 09:00\n\n\
         We come to you within these hours. If they do not suit you any more, choose other ones or cancel here:\n{link}\n\n\
         Please tell us 24 hours before at the latest. A later cancellation may be charged.\n\n\
         If you have a question, ring us on 01423 496000.\n\nHarrogate Home Visits"
    );
    assert_eq!(letter.body_text, text);
    assert!(letter.body_html.contains(&format!("<a href=\"{link}\">{link}</a>")), "{}", letter.body_html);
    for secret in ["Blood", "Cole", "9434765919", "943 476 5919", "Park Row", "dog", "1938"] {
        let body = format!("{}{}{}", letter.subject, letter.body_text, letter.body_html);
        assert!(!body.contains(secret), "{secret}: {body}");
    }
    assert_eq!(at.told(&visit), ["wrote the patient a confirmation"]);
}

#[actix_web::test]
async fn a_moved_appointment_is_confirmed_anew_and_the_old_letter_does_not_go_out() {
    let at = Booking::start().await;
    let visit = at.early_on("2026-12-03");
    let scope = at.scope::<ManageAppointments>();
    let to = (at.afternoon, day("2026-12-04"));
    at.write(|tx| visits::reschedule(tx, &scope, (Mode::Live, visit.id), to, ""));
    let letters = letters_to(&at, BETTY);
    let [new, old] = letters.as_slice() else { panic!("{letters:?}") };
    assert_eq!((new.state, old.state), (LetterState::Waiting, LetterState::Withdrawn));
    assert!(
        new.body_text.contains("When: Friday 4 December 2026, between 13:00 and 17:00"),
        "{}",
        new.body_text
    );
    assert_eq!(
        at.told(&visit),
        [
            "wrote the patient a confirmation",
            "took back a confirmation, which had not gone out",
            "wrote the patient a confirmation"
        ]
    );
    // The same window again changes nothing.
    at.write(|tx| visits::reschedule(tx, &scope, (Mode::Live, visit.id), to, ""));
    assert_eq!(letters_to(&at, BETTY).len(), 2);
}

#[actix_web::test]
async fn whoever_has_read_of_the_first_time_is_told_that_it_has_changed() {
    let at = Booking::start().await;
    let visit = at.early_on("2026-12-03");
    sql(&at, &["UPDATE letters SET state = 'delivered'".to_owned()]);
    let scope = at.scope::<ManageAppointments>();
    let to = (at.afternoon, day("2026-12-04"));
    at.write(|tx| visits::reschedule(tx, &scope, (Mode::Live, visit.id), to, ""));
    let letter = letters_to(&at, BETTY).remove(0);
    assert_eq!(letter.subject, "New time: Your appointment with Harrogate Home Visits");
    let begins = "The time of your appointment has changed. This is how it is now:\n\nDear Betty,";
    assert!(letter.body_text.starts_with(begins), "{}", letter.body_text);
    assert!(letter.body_text.contains("When: Friday 4 December 2026"), "{}", letter.body_text);
    assert_eq!(at.told(&visit).last().unwrap(), "wrote the patient that the time has changed");
}

#[actix_web::test]
async fn a_cancelled_appointment_is_told_of_unless_the_patient_was_not_there() {
    let at = Booking::start().await;
    let visit = at.early_on("2026-12-03");
    at.cancel(&visit, ReasonCode::PractitionerCancelled);
    let letter = letters_to(&at, BETTY).remove(0);
    assert_eq!(letter.subject, "Your appointment with Harrogate Home Visits is cancelled");
    let text = "Dear Betty,\n\nYour appointment with Harrogate Home Visits is cancelled.\n\n\
        It was to be: Thursday 3 December 2026, between 07:00 and 09:00\n\n\
        If you did not expect this, or would like another appointment, ring us on the number that you have.\n\n\
        Harrogate Home Visits";
    assert_eq!(letter.body_text, text);
    assert_eq!(at.subjects(), [letter.subject.as_str()], "the confirmation was taken back");

    let visit = at.early_on("2026-12-04");
    let scope = at.scope::<ManageAppointments>();
    at.write(|tx| visits::not_present(tx, &scope, visit.id, ""));
    assert_eq!(at.subjects().len(), 1, "{:?}", at.subjects());
}

#[actix_web::test]
async fn a_test_key_writes_nobody_and_the_timeline_says_what_it_would_have_written() {
    let at = Booking::start().await;
    let tess = patient(&at, Mode::Test, "Tess", "tess@patients.example");
    let visit = at.book(&tess, Planning::Window(at.early, day("2026-12-03")));
    let led = at.book(&tess, Planning::PatientLed);
    at.pass(5 * 24 * HOURS);
    assert_eq!(at.ring().await, Outcome::Idle);
    assert!(letters_to(&at, "tess@patients.example").is_empty());
    assert_eq!(at.told(&visit), ["would have written the patient a confirmation; test mode sends nothing"]);
    assert_eq!(at.told(&led).len(), 1);
    assert_eq!(at.number("SELECT COUNT(*) FROM visit_links"), 0);
}

#[actix_web::test]
async fn who_is_to_choose_is_reminded_on_the_next_day_and_on_day_three_and_then_rung() {
    let at = Booking::start().await;
    // It is Sunday 22 November 2026, 10 in the morning.
    let visit = at.patient_led();
    let asked = letters_to(&at, BETTY).remove(0);
    assert_eq!(asked.subject, "Choose a time for your appointment with Harrogate Home Visits");
    assert!(
        asked.body_text.contains("/appointments/") && !asked.body_text.contains('{'),
        "{}",
        asked.body_text
    );
    assert_eq!(at.ring().await, Outcome::Idle, "not on the same day");
    at.pass(23 * HOURS + 3_599);
    assert_eq!(at.ring().await, Outcome::Idle, "a second before ten");
    at.pass(1);
    assert_eq!(at.ring().await, Outcome::Worked(1));
    assert_eq!(at.ring().await, Outcome::Idle, "once");
    at.pass(24 * HOURS);
    assert_eq!(at.ring().await, Outcome::Idle, "nothing on day two");
    at.pass(24 * HOURS);
    assert_eq!(at.ring().await, Outcome::Worked(1));
    assert_eq!(at.ring().await, Outcome::Idle, "once");
    let again = format!("Reminder: {}", asked.subject);
    assert_eq!(
        letters_to(&at, BETTY)[0].subject.chars().take(50).collect::<String>(),
        again.chars().take(50).collect::<String>()
    );
    assert_eq!(at.subjects().len(), 3);
    let list = at.as_super().get(&links::visits(at.org)).await.text();
    assert!(!list.contains("No answer"), "{list}");
    at.pass(24 * HOURS);
    assert_eq!(at.ring().await, Outcome::Worked(1));
    assert_eq!(at.ring().await, Outcome::Idle, "nothing more");
    assert_eq!(
        at.told(&visit),
        [
            "wrote the patient a letter with a link to choose a time",
            "wrote the patient a reminder to choose a time",
            "wrote the patient a second reminder to choose a time",
            "had no answer to two reminders: ring the patient"
        ]
    );
    let list = at.as_super().get(&links::visits(at.org)).await.text();
    assert!(list.contains("No answer: ring the patient"), "{list}");
    let scope = at.scope::<ManageAppointments>();
    at.write(|tx| visits::reschedule(tx, &scope, (Mode::Live, visit.id), (at.early, day("2026-12-03")), ""));
    let list = at.as_super().get(&links::visits(at.org)).await.text();
    assert!(!list.contains("No answer"), "{list}");
}

#[actix_web::test]
async fn who_has_chosen_is_reminded_of_nothing_more_and_a_reminder_that_waits_is_taken_back() {
    let at = Booking::start().await;
    let visit = at.patient_led();
    at.pass(24 * HOURS);
    at.ring().await;
    let scope = at.scope::<ManageAppointments>();
    at.write(|tx| visits::reschedule(tx, &scope, (Mode::Live, visit.id), (at.early, day("2026-12-03")), ""));
    assert_eq!(at.subjects(), ["Your appointment with Harrogate Home Visits"]);
    at.pass(3 * 24 * HOURS);
    assert_eq!(at.ring().await, Outcome::Idle);
}

#[actix_web::test]
async fn after_an_interruption_only_the_last_of_what_was_missed_is_written() {
    let at = Booking::start().await;
    let visit = at.patient_led();
    at.pass(6 * 24 * HOURS);
    assert_eq!(at.ring().await, Outcome::Worked(1));
    assert_eq!(at.subjects().len(), 2, "{:?}", at.subjects());
    assert_eq!(at.told(&visit)[1], "wrote the patient a second reminder to choose a time");
    at.pass(24 * HOURS);
    assert_eq!(at.ring().await, Outcome::Worked(1), "a day to answer, then the note");
    assert_eq!(at.ring().await, Outcome::Idle);
    assert_eq!(at.subjects().len(), 2);
}

#[actix_web::test]
async fn a_period_is_asked_about_two_weeks_before_it_begins() {
    let at = Booking::start().await;
    let visit = at.book(&at.betty, Planning::Period(day("2026-12-20"), day("2027-01-10")));
    assert!(letters_to(&at, BETTY).is_empty());
    at.pass(13 * 24 * HOURS);
    assert_eq!(at.ring().await, Outcome::Idle);
    at.pass(24 * HOURS);
    assert_eq!(at.ring().await, Outcome::Worked(1));
    assert_eq!(at.ring().await, Outcome::Idle);
    assert_eq!(at.told(&visit), ["wrote the patient a letter with a link to choose a time"]);
    let page = at.signed_out().get(&format!("{}/window", at.link())).await.text();
    assert!(page.contains("Sunday 20 December 2026") && !page.contains("Saturday 19 December"), "{page}");
}

#[actix_web::test]
async fn an_appointment_is_reminded_of_on_the_day_before_at_ten_and_once() {
    let at = Booking::start().await;
    let visit = at.early_on("2026-11-26");
    at.pass(3 * 24 * HOURS - 1);
    assert_eq!(at.ring().await, Outcome::Idle);
    at.pass(1);
    assert_eq!(at.ring().await, Outcome::Worked(1));
    assert_eq!(at.ring().await, Outcome::Idle);
    let letter = letters_to(&at, BETTY).remove(0);
    assert_eq!(letter.subject, "Reminder: your appointment with Harrogate Home Visits");
    let link = format!("http://127.0.0.1:8080{}", at.link());
    let text = format!(
        "Dear Betty,\n\nWe look forward to seeing you.\n\n\
         When: Thursday 26 November 2026, between 07:00 and 09:00\n\n\
         We come to you within these hours. Your appointment is here:\n{link}\n\n\
         If you cannot be there, please ring us on the number that you have.\n\nHarrogate Home Visits"
    );
    assert_eq!(letter.body_text, text);
    // Moved to another day, it is reminded of again.
    let scope = at.scope::<ManageAppointments>();
    let to = (at.early, day("2026-12-03"));
    at.write(|tx| visits::reschedule(tx, &scope, (Mode::Live, visit.id), to, ""));
    assert_eq!(letters_to(&at, BETTY)[1].state, LetterState::Withdrawn);
    at.pass(7 * 24 * HOURS);
    assert_eq!(at.ring().await, Outcome::Worked(1));
    assert_eq!(at.subjects().last().unwrap(), "Reminder: your appointment with Harrogate Home Visits");
}

#[actix_web::test]
async fn a_reminder_that_was_missed_still_goes_out_before_the_visit_and_not_after() {
    let at = Booking::start().await;
    at.early_on("2026-11-26");
    at.pass(3 * 24 * HOURS + 20 * HOURS);
    assert_eq!(at.ring().await, Outcome::Worked(1), "at six of the day itself");
    let at = Booking::start().await;
    at.early_on("2026-11-26");
    at.pass(3 * 24 * HOURS + 22 * HOURS);
    assert_eq!(at.ring().await, Outcome::Idle, "it has begun");
}

#[actix_web::test]
async fn what_was_booked_for_tomorrow_needs_no_reminder_and_a_cancelled_one_neither() {
    let at = Booking::start().await;
    let visit = at.early_on("2026-11-23");
    at.ring().await;
    assert_eq!(at.subjects(), ["Your appointment with Harrogate Home Visits"]);
    assert_eq!(at.told(&visit).len(), 1);
    assert_eq!(at.ring().await, Outcome::Idle);
    let visit = at.early_on("2026-11-26");
    at.cancel(&visit, ReasonCode::NoLongerNeeded);
    at.pass(3 * 24 * HOURS);
    assert_eq!(at.ring().await, Outcome::Idle);
}

#[actix_web::test]
async fn on_the_day_on_which_the_clocks_change_the_hours_are_those_of_the_place() {
    let at = Booking::start().await;
    // Saturday 27 March 2027, ten in the morning in winter time; the clocks go forward that night.
    at.pass(125 * 24 * HOURS);
    let visit = at.early_on("2027-03-29");
    assert!(letters_to(&at, BETTY)[0].body_text.contains("Monday 29 March 2027, between 07:00 and 09:00"));
    assert_eq!(visit.booked.as_ref().unwrap().starts_at.to_string(), "2027-03-29 06:00:00");
    // Sunday 28 March, a quarter to ten in summer time, and ten.
    at.pass(23 * HOURS - 900);
    assert_eq!(at.clock.now().to_string(), "2027-03-28 08:45:00");
    at.ring().await;
    assert_eq!(at.subjects().len(), 1, "not yet");
    at.pass(900);
    at.ring().await;
    assert_eq!(at.subjects().len(), 2, "{:?}", at.subjects());
}
