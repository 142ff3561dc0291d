//! A patient's own pages of an appointment: what their link opens, and what it never does.

#![cfg(test)]

use kinbridge::domain::access::{ManageAppointments, ManageOrganisation};
use kinbridge::domain::api_keys::Mode;
use kinbridge::domain::visits::{self, Planning, ReasonCode, Status};
use kinbridge::links;

use crate::resets::{letters_to, link_in};
use crate::support::Page;
use crate::support::bookable::run;
use crate::visit_letters::{BETTY, Booking, day, patient};

const HOURS: i64 = 3_600;

fn is_dead(page: &Page) {
    assert_eq!(page.status, 404);
    assert!(page.text().contains("This link does not work any more"), "{}", page.text());
    assert!(page.text().contains("ring "), "{}", page.text());
}

#[actix_web::test]
async fn a_secret_that_nobody_was_given_opens_nothing() {
    let at = Booking::start().await;
    at.early_on("2026-12-03");
    let browser = at.signed_out();
    let link = at.link();
    let mut near = link.clone();
    let last = near.pop().unwrap();
    near.push(if last == '0' { '1' } else { '0' });
    for forged in [
        "/appointments/nonsense",
        "/appointments/%3Cscript%3E",
        near.as_str(),
        &link.to_uppercase().replace("APPOINTMENTS", "appointments"),
    ] {
        for act in ["", "/window", "/cancel", "/calendar.ics"] {
            is_dead(&browser.get(&format!("{forged}{act}")).await);
        }
        for act in ["/window", "/cancel"] {
            is_dead(&browser.post(&format!("{forged}{act}"), &[("reason", "other")]).await);
        }
    }
    // What is kept is no secret.
    assert_eq!(at.number("SELECT COUNT(*) FROM visit_links"), 1);
    let token = link.rsplit('/').next().unwrap();
    assert_eq!(at.number(&format!("SELECT COUNT(*) FROM visit_links WHERE token_hash = '{token}'")), 0);
}

#[actix_web::test]
async fn a_link_ends_with_the_appointment_and_after_sixty_days() {
    let at = Booking::start().await;
    let scope = at.scope::<ManageOrganisation>();
    at.write(|tx| visits::change_telephone(tx, &scope, "01423 496000"));
    at.early_on("2026-11-24");
    let link = at.link();
    let browser = at.signed_out();
    at.pass(47 * HOURS - 1);
    assert_eq!(browser.get(&link).await.status, 200);
    at.pass(1);
    let page = browser.get(&link).await;
    is_dead(&page);
    assert!(page.text().contains("ring Harrogate Home Visits on 01423 496000"), "{}", page.text());

    at.patient_led();
    let link = at.link();
    at.pass(60 * 24 * HOURS - 1);
    assert_eq!(browser.get(&link).await.status, 200);
    at.pass(1);
    is_dead(&browser.get(&link).await);
    is_dead(&browser.post(&format!("{link}/window"), &[("window", "win_1_20270201")]).await);
}

#[actix_web::test]
async fn a_link_shows_when_and_where_and_nothing_of_what_is_done() {
    let at = Booking::start().await;
    at.early_on("2026-12-03");
    let browser = at.signed_out();
    let page = browser.get(&at.link()).await;
    let text = page.text();
    assert_eq!(
        (page.status, page.title().as_str()),
        (200, "Your appointment with Harrogate Home Visits – Harrogate Home Visits – Kinbridge")
    );
    for part in [
        "Thursday 3 December 2026, between 07:00 and 09:00",
        "At your home: 1 Park Row, Leeds, LS1 1AA",
        "Choose another time",
        "Add to your calendar",
        "Cancel",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    for secret in ["Blood", "Betty", "Cole", "9434765919", "dog", "9 March", "apt_"] {
        assert!(!page.body.contains(secret), "{secret}: {}", page.body);
    }
    assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
    assert_eq!(page.header("x-robots-tag"), Some("noindex, nofollow"));
    assert_eq!(page.header("cache-control"), Some("no-store"));
    assert!(
        page.body.contains("content=\"noindex, nofollow\"") && !page.body.contains("http"),
        "{}",
        page.body
    );
    let form = browser.get(&format!("{}/cancel", at.link())).await;
    assert_eq!(form.header("referrer-policy"), Some("strict-origin"));
    // Whoever is signed in on this device is not spoken of.
    let grace = at.as_super().get(&at.link()).await;
    assert!(!grace.text().contains("Grace Moor"), "{}", grace.text());
}

#[actix_web::test]
async fn a_patient_chooses_a_window_of_the_next_three_weeks() {
    let at = Booking::start().await;
    let visit = at.patient_led();
    let (browser, link) = (at.signed_out(), at.link());
    let page = browser.get(&link).await.text();
    assert!(
        page.contains("Choose the time that suits you best.") && !page.contains("Add to your calendar"),
        "{page}"
    );
    let page = browser.get(&format!("{link}/window")).await;
    let text = page.text();
    assert!(text.contains("Sunday 22 November 2026") && text.contains("Sunday 13 December 2026"), "{text}");
    assert!(!text.contains("14 December") && text.contains("Early, between 07:00 and 09:00"), "{text}");
    assert!(!text.to_lowercase().contains("window"), "{text}");
    // What is less than a day away is offered, and says what follows.
    assert_eq!(text.matches("you can move it by telephone only").count(), 2, "{text}");
    assert!(!page.body.contains(&format!("win_{}_20261122", at.early)), "this morning is over");
    assert!(!page.body.contains("places left"));
    let window = format!("win_{}_20261203", at.early);
    let page = browser.post(&format!("{link}/window"), &[("window", &window)]).await;
    assert_eq!((page.status, page.location()), (303, link.as_str()));
    let text = browser.get(&link).await.text();
    assert!(
        text.contains("Your appointment is booked.") && text.contains("Thursday 3 December 2026"),
        "{text}"
    );
    let now = at.read_again(&visit);
    assert_eq!((now.status, now.booked.unwrap().date), (Status::Scheduled, day("2026-12-03")));
    assert_eq!(at.subjects(), ["Your appointment with Harrogate Home Visits"]);
    let lines = at.read(|conn| visits::timeline(conn, &visit));
    assert!(
        lines.iter().any(|line| line.by == "Betty Cole" && line.words.starts_with("scheduled it for Early"))
    );
    for typed in [
        "",
        "nonsense",
        "win_999_20261203",
        &format!("win_{}_20261214", at.early),
        &format!("win_{}_20261122", at.early),
    ] {
        let page = browser.post(&format!("{link}/window"), &[("window", typed)]).await;
        assert_eq!(page.status, 422, "{typed}");
    }
}

#[actix_web::test]
async fn who_comes_too_late_for_a_window_is_told_the_next() {
    let at = Booking::start().await;
    at.patient_led();
    let (browser, link) = (at.signed_out(), at.link());
    let arthur = patient(&at, Mode::Live, "Arthur", "arthur@patients.example");
    at.book(&arthur, Planning::Window(at.afternoon, day("2026-12-03")));
    let window = format!("win_{}_20261203", at.afternoon);
    let page = browser.post(&format!("{link}/window"), &[("window", &window)]).await;
    assert_eq!(page.status, 422);
    let words = "Afternoon on 3 December is full. The next window with a place is Early on 4 December";
    assert!(page.text().contains(words), "{}", page.text());
    assert_eq!(at.number("SELECT COUNT(*) FROM visits WHERE status = 'scheduled'"), 1);
}

#[actix_web::test]
async fn a_window_is_changed_until_a_day_before_and_then_by_telephone() {
    let at = Booking::start().await;
    let visit = at.early_on("2026-11-26");
    let (browser, link) = (at.signed_out(), at.link());
    let window = format!("win_{}_20261203", at.early);
    // 07:00 on the day before.
    at.pass(2 * 24 * HOURS + 21 * HOURS);
    assert!(browser.get(&link).await.text().contains("Choose another time"));
    at.pass(1);
    let page = browser.get(&link).await.text();
    assert!(
        !page.contains("Choose another time") && page.contains("To move it, ring Harrogate Home Visits"),
        "{page}"
    );
    assert_eq!(browser.get(&format!("{link}/window")).await.status, 303);
    let page = browser.post(&format!("{link}/window"), &[("window", &window)]).await;
    assert_eq!(page.status, 422);
    assert!(
        page.text().contains("It is in less than 24 hours. Ring Harrogate Home Visits"),
        "{}",
        page.text()
    );
    assert_eq!(at.read_again(&visit).booked.unwrap().date, day("2026-11-26"));
}

#[actix_web::test]
async fn a_patient_cancels_with_a_reason_and_is_warned_when_it_may_be_charged() {
    let at = Booking::start().await;
    let visit = at.early_on("2026-12-03");
    let (browser, link) = (at.signed_out(), at.link());
    let form = format!("{link}/cancel");
    assert!(!browser.get(&form).await.text().contains("charged"));
    for reason in ["", "nonsense", "practitioner_cancelled"] {
        let page = browser.post(&form, &[("reason", reason)]).await;
        assert!(page.status == 422 && page.text().contains("Choose the reason"), "{reason}: {}", page.status);
    }
    let page = browser.post(&form, &[("reason", "patient_unwell"), ("note", "In bed")]).await;
    assert_eq!((page.status, page.location()), (303, link.as_str()));
    let text = browser.get(&link).await.text();
    assert!(
        text.contains("This appointment is cancelled.") && !text.contains("Choose another time"),
        "{text}"
    );
    let how = at.read_again(&visit).cancelled.unwrap();
    assert_eq!(
        (how.reason, how.by_name.as_str(), how.chargeable),
        (ReasonCode::PatientUnwell, "Betty Cole", false)
    );
    let again = browser.post(&form, &[("reason", "other")]).await;
    assert_eq!(again.status, 303, "once");
    assert_eq!(browser.get(&format!("{link}/calendar.ics")).await.status, 303);

    let visit = at.early_on("2026-11-23");
    let link = at.link();
    let page = browser.get(&format!("{link}/cancel")).await.text();
    assert!(page.contains("It is in less than 24 hours. Cancelling it now may be charged."), "{page}");
    browser.post(&format!("{link}/cancel"), &[("reason", "other")]).await;
    assert!(at.read_again(&visit).cancelled.unwrap().chargeable);
}

#[actix_web::test]
async fn a_calendar_is_given_the_right_hours_and_no_clinical_words() {
    let at = Booking::start().await;
    let visit = at.early_on("2026-12-03");
    let page = at.signed_out().get(&format!("{}/calendar.ics", at.link())).await;
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/calendar; charset=utf-8")));
    assert_eq!(page.header("content-disposition"), Some("attachment; filename=\"appointment.ics\""));
    assert!(page.body.contains("DTSTART:20261203T070000Z\r\nDTEND:20261203T090000Z\r\n"), "{}", page.body);
    assert!(page.body.contains("SUMMARY:Appointment with Harrogate Home Visits"), "{}", page.body);
    for secret in ["Blood", "Betty", "Cole", "Park Row", "dog"] {
        assert!(!page.body.contains(secret), "{secret}: {}", page.body);
    }
    // In summer nine o'clock is eight in UTC.
    let scope = at.scope::<ManageAppointments>();
    at.pass(150 * 24 * HOURS);
    let summer = at.early_on("2027-05-03");
    let page = at.signed_out().get(&format!("{}/calendar.ics", at.link())).await;
    assert!(page.body.contains("DTSTART:20270503T060000Z"), "{}", page.body);
    assert_ne!(visit.id, summer.id);
    at.write(|tx| visits::reschedule(tx, &scope, (Mode::Live, summer.id), (at.early, day("2027-05-04")), ""));
    let page = at.signed_out().get(&format!("{}/calendar.ics", at.link())).await;
    assert!(
        // Long lines are folded.
        page.body.replace("\r\n ", "").contains(&format!("UID:{}@kinbridge", summer.public_id)),
        "moved, it is the same entry"
    );
}

#[actix_web::test]
async fn a_link_opens_its_own_appointment_and_no_other() {
    let at = Booking::start().await;
    let betty = at.early_on("2026-12-03");
    let of_betty = at.link();
    let arthur = patient(&at, Mode::Live, "Arthur", "arthur@patients.example");
    let other = at.book(&arthur, Planning::Window(at.early, day("2026-12-04")));
    let of_arthur = link_in(&letters_to(&at, "arthur@patients.example")[0]);
    let browser = at.signed_out();
    assert!(browser.get(&of_betty).await.text().contains("3 December"));
    assert!(browser.get(&of_arthur).await.text().contains("4 December"));
    let ids = (betty.id.to_string(), other.id.to_string());
    let fields = [("reason", "other"), ("visit", &ids.1), ("id", &ids.1)];
    browser.post(&format!("{of_betty}/cancel"), &fields).await;
    assert_eq!(at.read_again(&other).status, Status::Scheduled);
    assert_eq!(at.read_again(&betty).status, Status::Cancelled);
    // A form of another browser is not taken.
    let theirs = at.as_stranger().form_token().await;
    let ask = browser.ask(actix_web::http::Method::POST, &format!("{of_arthur}/cancel")).of_our_own();
    assert_eq!(ask.form(&theirs, &[("reason", "other")]).send().await.status, 403);
    assert_eq!(at.read_again(&other).status, Status::Scheduled);
    assert!(letters_to(&at, BETTY).len() >= 2);
}

#[actix_web::test]
async fn a_link_to_an_address_that_is_not_used_any_more_opens_nothing() {
    let at = Booking::start().await;
    let visit = at.early_on("2026-12-03");
    let old = at.link();
    let browser = at.signed_out();
    let hugh = at.as_manager();
    let (edit, here) = (links::patient_act(at.org, at.betty.id, "edit"), links::patient(at.org, at.betty.id));
    let save = async |email: &str, phone: &str| {
        let fields = [
            ("first_name", "Betty"),
            ("last_name", "Cole"),
            ("phone", phone),
            ("email", email),
            ("date_of_birth", "09/03/1938"),
            ("line1", "4 Park Row"),
            ("city", "Leeds"),
            ("postcode", "LS1 5HD"),
        ];
        let saved = hugh.post(&edit, &fields).await;
        assert_eq!((saved.status, saved.location()), (303, here.as_str()), "{}", saved.text());
    };
    // The same address, written otherwise.
    save("Betty@Patients.example", "0113 496 0009").await;
    assert_eq!(browser.get(&old).await.status, 200);
    save("betty@new.example", "0113 496 0009").await;
    for act in ["", "/window", "/cancel", "/calendar.ics"] {
        is_dead(&browser.get(&format!("{old}{act}")).await);
    }
    is_dead(&browser.post(&format!("{old}/cancel"), &[("reason", "other")]).await);
    assert_eq!(at.read_again(&visit).status, Status::Scheduled);
    // The confirmation had not gone out: it goes to the new address, with a link of its own.
    assert_eq!(at.subjects(), Vec::<String>::new());
    let new = link_in(&letters_to(&at, "betty@new.example")[0]);
    assert!(browser.get(&new).await.text().contains("3 December"));
    // One that has gone out is not written again; the next letter has a new link.
    run(&at, "UPDATE letters SET state = 'delivered'");
    save("betty@third.example", "0113 496 0009").await;
    is_dead(&browser.get(&new).await);
    assert!(letters_to(&at, "betty@third.example").is_empty());
    let scope = at.scope::<ManageAppointments>();
    at.write(|tx| visits::reschedule(tx, &scope, (Mode::Live, visit.id), (at.early, day("2026-12-04")), ""));
    let third = link_in(&letters_to(&at, "betty@third.example")[0]);
    assert!(browser.get(&third).await.text().contains("4 December"));
    let ended = "ended the links that were sent to the patient's address before";
    assert_eq!(at.told(&visit).iter().filter(|line| *line == ended).count(), 2);
}
