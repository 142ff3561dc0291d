//! Booking from a page: step by step, once however often the form is sent, and back to the step that was wrong.

#![cfg(test)]

use kinbridge::domain::access::{ManageAppointments, Scope};
use kinbridge::domain::api_keys::Mode;
use kinbridge::domain::patients::Patient;
use kinbridge::domain::sent_forms::{self, Makes, Once};
use kinbridge::domain::visits::{self, EventKind, Planning};
use kinbridge::links;

use crate::residents::value;
use crate::support::Page;
use crate::support::bookable::{Bookable, betty, new_visit, run};
use crate::support::community::Community;

struct Desk {
    at: Community,
    offers: Bookable,
    betty: Patient,
}

impl Desk {
    async fn start() -> Self {
        let at = Community::start().await;
        let offers = Bookable::set_up(&at);
        let betty = betty(&at, Mode::Live);
        Self { at, offers, betty }
    }

    fn window(&self, ahead: u64) -> String {
        format!("win_{}_{}", self.offers.early, Bookable::day(&self.at, ahead).format("%Y%m%d"))
    }

    /// The steps, with what is chosen so far.
    fn step(&self, chosen: &str) -> String {
        format!("{}{chosen}", links::new_visit_of(self.at.org, self.betty.id))
    }

    /// The fields of the last page, with some of them otherwise.
    fn form(&self, changed: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
        let mut fields = vec![
            ("patient", self.betty.id.to_string()),
            ("task", "tsk_blood".to_owned()),
            ("planning", "window".to_owned()),
            ("window", self.window(2)),
            ("line1", "4 Park Row".to_owned()),
            ("city", "Leeds".to_owned()),
            ("postcode", "LS1 5HD".to_owned()),
            ("phone", "0113 496 0001".to_owned()),
            ("once", "a-key-of-a-page".to_owned()),
        ];
        fields.retain(|(name, _)| changed.iter().all(|(other, _)| other != name));
        fields.extend(changed.iter().map(|(name, value)| (*name, (*value).to_owned())));
        fields
    }

    async fn send(&self, fields: &[(&'static str, String)]) -> Page {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.at.as_manager().post(&links::visits(self.at.org), &fields).await
    }

    fn counts(&self) -> [i64; 3] {
        ["visits", "letters", "webhook_events"]
            .map(|one| self.at.number(&format!("SELECT COUNT(*) FROM {one}")))
    }
}

#[actix_web::test]
async fn only_who_manages_reaches_the_steps() {
    let desk = Desk::start().await;
    for step in ["", "&task=tsk_blood&step=when", "&task=tsk_blood&planning=patient&step=where"] {
        let page = desk.step(step);
        assert_eq!(desk.at.as_stranger().get(&page).await.status, 404, "{page}");
        assert_eq!(desk.at.as_staff().get(&page).await.status, 403, "{page}");
        assert_eq!(desk.at.as_manager().get(&page).await.status, 200, "{page}");
    }
}

#[actix_web::test]
async fn the_same_form_twice_is_one_appointment_and_one_letter() {
    let desk = Desk::start().await;
    let hugh = desk.at.as_manager();
    let chosen = format!("&task=tsk_blood&planning=window&window={}&step=where", desk.window(2));
    let page = hugh.get(&desk.step(&chosen)).await;
    let key = value(&page, "once");
    assert!(key.len() > 30, "{key}");
    assert_ne!(key, value(&hugh.get(&desk.step(&chosen)).await, "once"), "each page has its own");
    let fields = desk.form(&[("once", &key)]);
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let first = hugh.post(&links::visits(desk.at.org), &fields).await;
    assert!(hugh.get(first.location()).await.text().contains("The appointment is booked."));
    let before = desk.counts();
    assert_eq!(before[..2], [1, 1]);
    let second = hugh.post(&links::visits(desk.at.org), &fields).await;
    assert_eq!(second.location(), first.location());
    assert!(hugh.get(second.location()).await.text().contains("This was booked already."));
    assert_eq!(desk.counts(), before);
    // The back button and a second tab have the same page; another window is another appointment.
    let seeded = format!("{}&once=seed", desk.step(&chosen));
    let key = value(&hugh.get(&seeded).await, "once");
    assert_eq!(value(&hugh.get(&seeded).await, "once"), key);
    let other = seeded.replace(&desk.window(2), &desk.window(3));
    assert_ne!(value(&hugh.get(&other).await, "once"), key);
    // Another page's form is another appointment.
    assert_ne!(desk.send(&desk.form(&[])).await.location(), first.location());
    assert_eq!(desk.counts()[0], 2);
    // A month later nobody has the page any more.
    desk.at.pass(31 * 24 * 3600);
    kinbridge::jobs::purge::run(&desk.at.services).await.unwrap();
    assert_eq!(desk.at.number("SELECT COUNT(*) FROM sent_forms"), 0);
}

#[actix_web::test]
async fn two_at_once_with_one_form_book_one() {
    let desk = Desk::start().await;
    let (scope, db) = (desk.at.scope::<ManageAppointments>(), &desk.at.services.db);
    let new = new_visit(Planning::Window(desk.offers.early, Bookable::day(&desk.at, 2)));
    let book = || {
        let whom = (&desk.betty, &desk.offers.task);
        db.write_now(|tx| visits::create_once(tx, &scope, "both", whom, &new)).expect("it is booked")
    };
    let made = std::thread::scope(|threads| {
        let all: Vec<_> = (0..2).map(|_| threads.spawn(book)).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect::<Vec<_>>()
    });
    assert_eq!(made.iter().filter(|one| matches!(one, Once::Now(_))).count(), 1, "{made:?}");
    assert_eq!(desk.counts()[0], 1);
}

#[actix_web::test]
async fn another_organisations_same_key_is_its_own() {
    let desk = Desk::start().await;
    let (other, _) = desk.at.neighbour();
    let theirs = Scope::<ManageAppointments>::for_the_portal(other);
    let key = (Makes::Visit, "a-key-of-a-page");
    desk.at.write(|tx| Ok(sent_forms::keep(tx, &theirs, key, 7)?));
    let made = desk.send(&desk.form(&[])).await;
    assert_eq!((made.status, desk.counts()[0]), (303, 1));
    let ours = desk.at.scope::<ManageAppointments>();
    let found = desk.at.read(|conn| sent_forms::made(conn, &ours, key));
    assert_eq!(found.map(|id| format!("/org/{}/visits/{id}", desk.at.org)).as_deref(), Some(made.location()));
    assert_eq!(desk.at.read(|conn| sent_forms::made(conn, &theirs, key)), Some(7));
    // Nor does a key of something else lead there.
    let refused = desk.at.try_write(|tx| sent_forms::made(tx.conn, &ours, (Makes::VisitSeries, key.1)));
    assert!(refused.unwrap_err().to_string().contains("Open a new one"));
}

#[actix_web::test]
async fn a_series_is_booked_once_too() {
    let desk = Desk::start().await;
    let (first, until) = (Bookable::day(&desk.at, 2), Bookable::day(&desk.at, 17).to_string());
    let day = chrono::Datelike::weekday(&first).to_string().to_lowercase();
    let fields = desk.form(&[("repeats", "yes"), ("days[]", &day), ("until", &until)]);
    let made = desk.send(&fields).await;
    assert!(made.location().contains("/visits/series/"), "{}", made.text());
    let before = desk.counts();
    assert_eq!(before[0], 3);
    assert_eq!(desk.send(&fields).await.location(), made.location());
    assert_eq!(desk.counts(), before);
}

#[actix_web::test]
async fn a_step_leads_to_the_next_and_names_what_was_chosen() {
    let desk = Desk::start().await;
    let hugh = desk.at.as_manager();
    let what = hugh.get(&desk.step("")).await.text();
    for words in ["What is it for?", "Betty Cole, born 9 March 1938", "Blood test at home, 30 minutes"] {
        assert!(what.contains(words), "{words}: {what}");
    }
    assert!(!what.contains("2 places left") && !what.contains("House and street"), "{what}");
    let when = hugh.get(&desk.step("&task=tsk_blood&planning=window&step=when")).await;
    let text = when.text();
    assert!(text.contains("When?") && text.contains("Early, 07:00 to 09:00: 2 places left"), "{text}");
    assert_eq!(
        text.matches("Early, 07:00 to 09:00: 2 places left").count(),
        6,
        "of a week, and today's has begun"
    );
    let later = Bookable::day(&desk.at, 7).to_string();
    assert!(when.body.contains(&format!("from={later}")) && text.contains("The week after"), "{}", when.body);
    let chosen = format!("&task=tsk_blood&planning=window&window={}&step=where", desk.window(2));
    let last = hugh.get(&desk.step(&chosen)).await;
    let text = last.text();
    for words in
        ["Where, and confirm", "Blood test at home, 30 minutes", "Early, ", "07:00 to 09:00", "Change"]
    {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(last.body.contains("value=\"4 Park Row\"") && last.body.contains("Book the appointment"));
    assert!(!text.contains("Every how many weeks"), "{text}");
    let again = hugh.get(&desk.step(&format!("{chosen}&repeats=yes"))).await.text();
    assert!(again.contains("Every how many weeks") && again.contains("The same practitioner each time"));
    assert_eq!(desk.counts()[0], 0);
}

#[actix_web::test]
async fn a_patient_led_one_skips_when_and_a_period_asks_for_its_days() {
    let desk = Desk::start().await;
    let hugh = desk.at.as_manager();
    let led = hugh.get(&desk.step("&task=tsk_blood&planning=patient&step=when")).await.text();
    assert!(led.contains("Where, and confirm") && led.contains("The patient chooses, by a link"), "{led}");
    let period = hugh.get(&desk.step("&task=tsk_blood&planning=period&step=when")).await.text();
    assert!(period.contains("First day of the period") && !period.contains("places left"), "{period}");
    let days = "&task=tsk_blood&planning=period&plan_from=2026-12-01&plan_to=2026-12-10&step=where";
    let last = hugh.get(&desk.step(days)).await.text();
    assert!(last.contains("Some day from 1 December 2026 to 10 December 2026"), "{last}");
    // The patient is changed, and the rest stays.
    let other = hugh.get(&format!("{}?task=tsk_blood&step=when", links::new_visit(desk.at.org))).await;
    assert!(other.body.contains("task=tsk_blood") && other.text().contains("Betty Cole"), "{}", other.body);
}

#[actix_web::test]
async fn a_step_that_is_missing_is_asked_for_in_words() {
    let desk = Desk::start().await;
    let hugh = desk.at.as_manager();
    let none = hugh.get(&desk.step("&step=when")).await;
    assert_eq!(none.status, 422);
    assert!(none.text().contains("Choose what is to be done") && none.text().contains("What is it for?"));
    let none = hugh.get(&desk.step("&task=tsk_blood&planning=window&step=where")).await;
    assert_eq!(none.status, 422);
    assert!(none.text().contains("Choose a window") && none.text().contains("When?"), "{}", none.text());
    let gone = hugh.get(&desk.step("&task=tsk_blood&window=win_999_20261203&step=where")).await;
    assert!(gone.text().contains("This window is not there any more."), "{}", gone.text());
    let both = hugh.get(&desk.step("&task=tsk_blood&planning=patient&repeats=yes&step=where")).await;
    assert!(both.text().contains("Only what is in a window that you choose can repeat"), "{}", both.text());
}

#[actix_web::test]
async fn a_full_window_leads_back_to_when_and_keeps_all_that_was_typed() {
    let desk = Desk::start().await;
    for _ in 0..2 {
        let early = Planning::Window(desk.offers.early, Bookable::day(&desk.at, 2));
        desk.offers.book(&desk.at, &desk.betty, early);
    }
    let wrong = desk.send(&desk.form(&[("note", "Ring twice"), ("days[]", "mon")])).await;
    assert_eq!(wrong.status, 422);
    let text = wrong.text();
    assert!(text.contains("When?") && text.contains("The next window with a place is PM"), "{text}");
    for kept in ["value=\"Ring twice\"", "value=\"4 Park Row\"", "value=\"a-key-of-a-page\"", "value=\"mon\""]
    {
        assert!(wrong.body.contains(kept), "{kept}: {}", wrong.body);
    }
    let look = Bookable::day(&desk.at, 7).to_string();
    let week = desk.send(&desk.form(&[("note", "Ring twice"), ("look", &look)])).await;
    assert_eq!(week.status, 200);
    assert!(week.body.contains(&look) && week.body.contains("value=\"Ring twice\""), "{}", week.body);
    let other = desk.window(3);
    let fields = desk.form(&[("note", "Ring twice"), ("window", &other), ("step", "where")]);
    let last = desk.send(&fields).await;
    assert_eq!((last.status, desk.counts()[0]), (200, 2), "a step is no booking");
    assert!(last.text().contains("Where, and confirm") && last.body.contains("Ring twice"), "{}", last.body);
    assert_eq!(value(&last, "once"), "a-key-of-a-page");
    let fields = desk.form(&[("note", "Ring twice"), ("window", &other)]);
    assert_eq!(desk.send(&fields).await.status, 303);
    assert_eq!(desk.counts()[0], 3);
}

#[actix_web::test]
async fn a_wrong_address_stays_on_the_last_step() {
    let desk = Desk::start().await;
    let wrong = desk.send(&desk.form(&[("postcode", "YO1 7HH"), ("external_ref", "shop-9")])).await;
    assert_eq!(wrong.status, 422);
    let text = wrong.text();
    assert!(text.contains("Where, and confirm") && text.contains("YO1 7HH is not covered"), "{text}");
    assert!(wrong.body.contains("value=\"shop-9\""), "{}", wrong.body);
    assert_eq!(desk.counts()[0], 0);
}

#[actix_web::test]
async fn the_list_is_narrowed_to_one_practitioner_or_to_nobody_yet() {
    let desk = Desk::start().await;
    let at = &desk.at;
    let iris = desk.offers.iris_visits(at);
    let early = |ahead| Planning::Window(desk.offers.early, Bookable::day(at, ahead));
    let hers = desk.offers.book(at, &desk.betty, early(2));
    let nobodys = desk.offers.book(at, &desk.betty, early(3));
    let scope = at.scope::<ManageAppointments>();
    at.write(|tx| visits::assign(tx, &scope, (Mode::Live, hers.id), Some((iris, "Iris Vale")), None));
    let list = async |who: &str| {
        at.as_manager().get(&format!("{}?practitioner={who}", links::visits(at.org))).await.body
    };
    let (one, none) = (links::visit(at.org, hers.id), links::visit(at.org, nobodys.id));
    let quoted = |href: &str| format!("\"{href}\"");
    let page = list(&iris.to_string()).await;
    assert!(page.contains(&quoted(&one)) && !page.contains(&quoted(&none)), "{page}");
    let page = list("nobody").await;
    assert!(page.contains(&quoted(&none)) && !page.contains(&quoted(&one)), "{page}");
    assert!(page.contains("Nobody yet") && page.contains("Iris Vale"), "{page}");
    let page = list("").await;
    assert!(page.contains(&quoted(&none)) && page.contains(&quoted(&one)), "{page}");
    // Staff have what is theirs, and no such choice.
    let own = at.as_staff().get(&links::visits(at.org)).await.text();
    assert!(!own.contains("Nobody yet"), "{own}");
}

#[actix_web::test]
async fn a_task_that_has_no_period_says_so_on_the_first_page() {
    let desk = Desk::start().await;
    run(&desk.at, "UPDATE task_versions SET scheduled = FALSE");
    let page = desk.at.as_manager().get(&desk.step("&task=tsk_blood&planning=period&step=when")).await;
    assert_eq!((page.status, page.title().contains("What is it for?")), (422, true), "{}", page.text());
    assert!(page.text().contains("cannot be booked for a period. Choose another way"), "{}", page.text());
    run(&desk.at, "UPDATE task_versions SET scheduled = TRUE, minimum_gap_days = 3");
    let page = desk.at.as_manager().get(&desk.step("&task=tsk_blood&planning=period&step=when")).await;
    assert!(page.text().contains("The last day is 3 days later at least."), "{}", page.text());
}

#[actix_web::test]
async fn a_second_one_in_the_same_window_is_warned_of_and_moving_offers_other_windows_only() {
    let desk = Desk::start().await;
    let hugh = desk.at.as_manager();
    let last = |ahead| {
        desk.step(&format!("&task=tsk_blood&planning=window&window={}&step=where", desk.window(ahead)))
    };
    let words = "Betty Cole has an appointment in this window already";
    assert!(!hugh.get(&last(2)).await.text().contains(words));
    let planning = Planning::Window(desk.offers.early, Bookable::day(&desk.at, 2));
    let visit = desk.offers.book(&desk.at, &desk.betty, planning);
    assert!(hugh.get(&last(2)).await.text().contains(words));
    assert!(!hugh.get(&last(3)).await.text().contains(words));
    let moving = hugh.get(&links::visit_act(desk.at.org, visit.id, "reschedule")).await;
    assert!(
        !moving.body.contains(&desk.window(2)) && moving.body.contains(&desk.window(3)),
        "{}",
        moving.body
    );
    let scope = desk.at.scope::<ManageAppointments>();
    let how = visits::Cancellation {
        by: visits::Entity::Organisation,
        because_of: visits::Entity::Organisation,
        reason: visits::ReasonCode::Other,
        note: String::new(),
    };
    desk.at.write(|tx| visits::cancel(tx, &scope, (Mode::Live, visit.id), &how));
    assert!(!hugh.get(&last(2)).await.text().contains(words), "a cancelled one is none");
}

#[actix_web::test]
async fn another_time_for_the_same_practitioner_stands_on_the_timeline() {
    let desk = Desk::start().await;
    let at = &desk.at;
    let iris = desk.offers.iris_visits(at);
    let day = Bookable::day(at, 2);
    let visit = desk.offers.book(at, &desk.betty, Planning::Window(desk.offers.pm, day));
    let scope = at.scope::<ManageAppointments>();
    let expect = |minute: Option<u32>| {
        let at_time = minute.and_then(|minute| day.and_hms_opt(13, minute, 0));
        at.write(|tx| visits::assign(tx, &scope, (Mode::Live, visit.id), Some((iris, "Iris Vale")), at_time))
    };
    for minute in [Some(10), Some(40), Some(40), None] {
        expect(minute);
    }
    let lines = at.read(|conn| visits::timeline(conn, &visit));
    let lines: Vec<&str> = lines
        .iter()
        .filter(|line| line.kind == EventKind::Assigned)
        .map(|line| line.words.as_str())
        .collect();
    assert_eq!(
        lines,
        ["assigned it to Iris Vale", "expects them at 13:40 now", "expects them at no certain time now"]
    );
}
