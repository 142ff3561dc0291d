//! Which windows are recommended: to those who book, to patients, and to programs.

#![cfg(test)]

use kinbridge::domain::access::{EditStaff, ManageAppointments};
use kinbridge::domain::api_keys::Mode;
use kinbridge::domain::practitioners::{self, TypedShift};
use kinbridge::domain::tasks::Task;
use kinbridge::domain::visits::{self, Advice, Errand, Planning};
use kinbridge::links;
use serde_json::{Value, json};

use crate::api::{Shop, TASK, read};
use crate::support::bookable::{Bookable, betty, run};
use crate::support::community::Community;
use crate::visit_letters::Booking;

/// Jack visits from a place on every day from 07:00 to 18:00, and has no skill.
fn jack_visits(at: &Community, from: &str) {
    let scope = at.scope::<EditStaff>();
    at.write(|tx| practitioners::make(tx, &scope, at.jack, from));
    let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"].map(str::to_owned).into();
    let shift = TypedShift { days, from: "07:00".into(), to: "18:00".into() };
    at.write(|tx| practitioners::add_shift(tx, &scope, at.jack, &shift));
}

fn advice(at: &Community, offers: &Bookable, postcode: &str) -> (Vec<visits::Available>, Advice) {
    let scope = at.scope::<ManageAppointments>();
    at.read(|conn| {
        let dates = (Bookable::day(at, 1), Bookable::day(at, 5));
        let free = visits::availability(conn, &scope, Mode::Live, dates, at.clock.now())?;
        let errand = Errand { task: &offers.task, postcode, visit: None };
        let advice = visits::advise(conn, &scope, Mode::Live, errand, &free)?;
        Ok((free, advice))
    })
}

/// Added minutes and place of each window, in order of time.
fn figures((free, advice): &(Vec<visits::Available>, Advice)) -> Vec<Option<(i32, Option<u8>)>> {
    free.iter().map(|one| advice.of(&one.slot).map(|added| (added.minutes, added.place))).collect()
}

#[actix_web::test]
async fn who_books_sees_the_three_windows_that_add_least_and_whose_way_it_is() {
    let at = Community::start().await;
    let (offers, betty) = (Bookable::set_up(&at), betty(&at, Mode::Live));
    let form = format!("{}&task=tsk_blood&planning=window&step=when", links::new_visit_of(at.org, betty.id));
    let page = at.as_manager().get(&form).await;
    assert!(
        page.text().contains("No window is recommended: nobody with the right skills works then"),
        "{}",
        page.text()
    );
    offers.iris_visits(&at);
    // Nearer, and without the skill that the task needs.
    jack_visits(&at, "LS1 5HD");
    let page = at.as_manager().get(&form).await;
    assert_eq!(page.text().matches("Recommended: adds about ").count(), 3, "{}", page.text());
    assert_eq!(page.text().matches("minutes of travel (Iris Vale)").count(), 3, "{}", page.text());
    assert!(!page.text().contains("Jack Ford)"), "{}", page.text());
    let visit = offers.book(&at, &betty, Planning::Window(offers.pm, Bookable::day(&at, 3)));
    let page = at.as_manager().get(&links::visit_act(at.org, visit.id, "reschedule")).await;
    assert_eq!(page.text().matches("Recommended: adds about ").count(), 3, "{}", page.text());
}

#[actix_web::test]
async fn where_somebody_is_next_door_already_it_adds_nothing_and_of_equals_the_earlier_comes_first() {
    let at = Community::start().await;
    let (offers, betty) = (Bookable::set_up(&at), betty(&at, Mode::Live));
    offers.iris_visits(&at);
    let empty = figures(&advice(&at, &offers, "LS1 5HD"));
    let there_and_back = empty[0].unwrap().0;
    assert!(there_and_back > 20, "{empty:?}");
    assert_eq!(empty[..3], [1, 2, 3].map(|place| Some((there_and_back, Some(place)))));
    assert!(empty[3..].iter().all(|one| *one == Some((there_and_back, None))), "{empty:?}");
    // Iris is at the same address in the afternoon of the third day.
    let visit = offers.book(&at, &betty, Planning::Window(offers.pm, Bookable::day(&at, 3)));
    let scope = at.scope::<ManageAppointments>();
    at.write(|tx| visits::assign(tx, &scope, (Mode::Live, visit.id), Some((at.iris, "Iris Vale")), None));
    let found = advice(&at, &offers, "ls15hd");
    let best: Vec<(String, i32, u8)> = found
        .0
        .iter()
        .filter_map(|one| {
            let added = found.1.of(&one.slot)?;
            Some((one.slot.public_id(), added.minutes, added.place?))
        })
        .collect();
    let day = |ahead| Bookable::day(&at, ahead).format("%Y%m%d").to_string();
    let expected = [
        (format!("win_{}_{}", offers.early, day(1)), there_and_back, 3),
        (format!("win_{}_{}", offers.early, day(3)), 0, 1),
        (format!("win_{}_{}", offers.pm, day(3)), 0, 2),
    ];
    assert_eq!(best, expected);
    // Where it is moved, its own old place counts no more.
    let moved = at.read(|conn| {
        let dates = (Bookable::day(&at, 3), Bookable::day(&at, 3));
        let free = visits::availability(conn, &scope, Mode::Live, dates, at.clock.now())?;
        let errand = Errand::of(&visit, &offers.task);
        let advice = visits::advise(conn, &scope, Mode::Live, errand, &free)?;
        Ok(figures(&(free, advice)))
    });
    assert!(moved.iter().all(|one| one.is_some_and(|(minutes, _)| minutes == there_and_back)), "{moved:?}");
}

#[actix_web::test]
async fn an_ended_credential_and_a_full_day_recommend_nobody() {
    let at = Community::start().await;
    let offers = Bookable::set_up(&at);
    offers.iris_visits(&at);
    let last = Bookable::day(&at, 2);
    run(&at, &format!("UPDATE practitioner_skills SET expires_on = '{last}'"));
    let found = figures(&advice(&at, &offers, "LS1 5HD"));
    assert!(found[..4].iter().all(Option::is_some), "two windows on each of two days: {found:?}");
    assert!(found[4..].iter().all(Option::is_none), "{found:?}");
    // The first day is full: 70 minutes fit into the morning once, 50 minutes of way from the base, and three times into
    // the afternoon. Both windows have places.
    run(&at, "UPDATE practitioner_skills SET expires_on = NULL");
    run(&at, "UPDATE visit_windows SET capacity = 4");
    run(&at, &format!("UPDATE task_versions SET minutes = 70 WHERE id = {}", offers.task.version));
    let offers = Bookable { task: Task { minutes: 70, ..offers.task.clone() }, ..offers };
    let (betty, scope) = (betty(&at, Mode::Live), at.scope::<ManageAppointments>());
    for window in [offers.early, offers.pm, offers.pm, offers.pm] {
        let found = figures(&advice(&at, &offers, "LS1 5HD"));
        assert!(found.iter().any(Option::is_some) && found[1].is_some(), "{found:?}");
        let visit = offers.book(&at, &betty, Planning::Window(window, Bookable::day(&at, 1)));
        at.write(|tx| visits::assign(tx, &scope, (Mode::Live, visit.id), Some((at.iris, "Iris Vale")), None));
    }
    let found = figures(&advice(&at, &offers, "LS1 5HD"));
    assert!(found[..2].iter().all(Option::is_none), "{found:?}");
    assert!(found[2..].iter().all(Option::is_some), "{found:?}");
}

#[actix_web::test]
async fn a_postcode_that_cannot_be_measured_says_why() {
    let at = Community::start().await;
    let offers = Bookable::set_up(&at);
    offers.iris_visits(&at);
    for (postcode, words) in [
        ("", "the postcode is missing or not complete"),
        ("LS1", "the postcode is missing or not complete"),
        ("BT1 1AA", "it is not known where BT1 lies"),
    ] {
        let (free, advice) = advice(&at, &offers, postcode);
        assert!(free.iter().all(|one| advice.of(&one.slot).is_none()));
        let said = advice.why_not.unwrap_or_default();
        assert!(said.contains(words), "{postcode}: {said}");
    }
}

#[actix_web::test]
async fn a_patient_sees_what_is_recommended_and_nothing_of_anybody_elses_way() {
    let at = Booking::start().await;
    jack_visits(&at.at, "LS1 1AA");
    at.patient_led();
    let page = at.signed_out().get(&format!("{}/window", at.link())).await;
    assert_eq!(page.text().matches("Recommended").count(), 3, "{}", page.text());
    for words in ["travel", "Jack", "minutes of"] {
        assert!(!page.text().contains(words), "{words}: {}", page.text());
    }
}

#[actix_web::test]
async fn a_program_reads_both_figures_or_why_there_are_none() {
    let shop = Shop::start().await;
    let asked = format!("/api/v1/availability?taskId={TASK}&postcode=LS1%204AP");
    let answer = read(&shop.get(&asked).await);
    assert_eq!(answer["windows"][0]["recommended"], Value::Null);
    assert_eq!(answer["windows"][0]["addedTravelMinutes"], Value::Null);
    assert!(answer["notRecommended"].as_str().unwrap().contains("nobody with the right skills"));
    jack_visits(&shop.at, "LS1 4AP");
    let answer = read(&shop.get(&asked).await);
    assert_eq!(answer["notRecommended"], Value::Null);
    let places: Vec<Value> =
        answer["windows"].as_array().unwrap().iter().map(|one| one["recommended"].clone()).collect();
    assert_eq!(places[..4], [json!(1), json!(2), json!(3), Value::Null]);
    assert_eq!(answer["windows"][5]["addedTravelMinutes"], 0, "the same postcode");
    let at = "'2026-11-20 09:00:00'";
    run(
        &shop,
        &format!(
            "INSERT INTO coverage_areas (organisation_id, kind, district, miles, created_at) \
             VALUES ({}, 'district', 'BT1', 0, {at})",
            shop.org
        ),
    );
    let answer = read(&shop.get(&format!("/api/v1/availability?taskId={TASK}&postcode=BT11AA")).await);
    assert_eq!(answer["covered"], true);
    assert_eq!(answer["notRecommended"], "No window is recommended, since it is not known where BT1 lies.");
}
