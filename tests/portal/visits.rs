//! Appointments of patients: who sees and books them, windows and their places, coverage, moving, cancelling, who comes,
//! the visit itself, and what programs are told.

#![cfg(test)]

use kinbridge::domain::Refusal;
use kinbridge::domain::access::{ManageAppointments, ViewAppointments};
use kinbridge::domain::api_keys::Mode;
use kinbridge::domain::patients::{self, Details, Patient};
use kinbridge::domain::visits::{self, Changes, Planning, Status, Visit};
use kinbridge::kit::ids::{PatientId, VisitId};
use kinbridge::links;

use crate::support::bookable::{Bookable, betty, new_visit, run, typed_patient};
use crate::support::community::Community;

/// Betty, and what can be booked for her.
struct World {
    at: Community,
    offers: Bookable,
    betty: Patient,
}

impl World {
    async fn start() -> Self {
        let at = Community::start().await;
        let offers = Bookable::set_up(&at);
        let betty = betty(&at, Mode::Live);
        Self { at, offers, betty }
    }

    fn early(&self, ahead: u64) -> Planning {
        Planning::Window(self.offers.early, Bookable::day(&self.at, ahead))
    }

    fn booked(&self, ahead: u64) -> Visit {
        self.offers.book(&self.at, &self.betty, self.early(ahead))
    }

    fn refused(&self, planning: Planning, change: impl FnOnce(&mut visits::NewVisit)) -> Refusal {
        let (scope, mut new) = (self.at.scope::<ManageAppointments>(), new_visit(planning));
        change(&mut new);
        let made = self
            .at
            .try_write(|tx| visits::create(tx, &scope, (&self.betty, &self.offers.task), &new).map(drop));
        made.expect_err("it is refused")
    }

    fn now(&self, id: VisitId) -> Visit {
        let scope = self.at.scope::<ManageAppointments>();
        self.at.read(|conn| visits::get(conn, &scope, Mode::Live, id))
    }

    fn told(&self) -> i64 {
        self.at.number("SELECT COUNT(*) FROM webhook_events")
    }

    fn slot(visit: &Visit) -> String {
        let booked = visit.booked.as_ref().unwrap();
        format!("win_{}_{}", booked.window, booked.date.format("%Y%m%d"))
    }
}

#[actix_web::test]
async fn a_stranger_gets_404_and_a_care_home_has_no_such_pages() {
    let world = World::start().await;
    let (at, visit) = (&world.at, world.booked(3));
    let pages = [
        links::visits(at.org),
        links::visits_calendar(at.org, "day", ""),
        links::visit(at.org, visit.id),
        links::visit_act(at.org, visit.id, "cancel"),
        links::new_visit(at.org),
        links::patients(at.org),
        links::patient(at.org, world.betty.id),
    ];
    for page in &pages {
        assert_eq!(at.as_stranger().get(page).await.status, 404, "{page}");
        assert_eq!(at.as_super().get(page).await.status, 200, "{page}");
    }
    let elsewhere = links::visits(at.cast.willow);
    assert_eq!(at.app.as_person(&at.cast.super_manager).get(&elsewhere).await.status, 404);
    let (other, nell) = at.neighbour();
    let foreign = links::visit(other, visit.id);
    assert_eq!(at.app.as_person(&nell).get(&foreign).await.status, 404);
    let act = links::visit_act(other, visit.id, "cancel");
    let fields = [("by", "organisation"), ("because_of", "organisation"), ("reason", "other")];
    assert_eq!(at.app.as_person(&nell).post(&act, &fields).await.status, 404);
    assert_eq!(world.now(visit.id).status, Status::Scheduled);
}

#[actix_web::test]
async fn staff_see_their_own_appointments_and_nobody_elses() {
    let world = World::start().await;
    let (at, visit) = (&world.at, world.booked(3));
    let iris = world.offers.iris_visits(at);
    let page = links::visit(at.org, visit.id);
    assert_eq!(at.as_staff().get(&page).await.status, 404);
    run(at, &format!("UPDATE staff_members SET account_id = {} WHERE id = {iris}", at.staff.account));
    let scope = at.scope::<ManageAppointments>();
    at.write(|tx| visits::assign(tx, &scope, (Mode::Live, visit.id), Some((iris, "Iris Vale")), None));
    assert!(at.as_staff().get(&page).await.text().contains("Betty Cole"));
    assert_eq!(at.as_staff().get(&links::visit_act(at.org, visit.id, "cancel")).await.status, 403);
    assert_eq!(at.as_staff().get(&links::patients(at.org)).await.status, 403);
}

#[actix_web::test]
async fn a_manager_adds_a_patient_and_books_a_window() {
    let at = Community::start().await;
    let offers = Bookable::set_up(&at);
    let hugh = at.as_manager();
    let wrong = hugh.post(&links::patients(at.org), &[("first_name", "B"), ("phone", "12")]).await;
    assert_eq!(wrong.status, 422);
    let text = wrong.text();
    for words in ["with at least two letters", "Enter a telephone number", "Enter an email address"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let fields = [
        ("first_name", "Betty"),
        ("last_name", "Cole"),
        ("phone", "0113 496 0001"),
        ("email", "betty@cole.example"),
        ("date_of_birth", "09/03/1938"),
        ("line1", "4 Park Row"),
        ("city", "Leeds"),
        ("postcode", "ls1 5hd"),
    ];
    let made = hugh.post(&links::patients(at.org), &fields).await;
    let patient = hugh.get(made.location()).await;
    assert!(patient.text().contains("Betty Cole is added."), "{}", patient.text());
    assert!(patient.text().contains("0113 496 0001"));
    let id = PatientId(at.number("SELECT MAX(id) FROM patients"));
    let form = hugh.get(&links::new_visit_of(at.org, id)).await.text();
    assert!(form.contains("Blood test at home, 30 minutes"), "{form}");
    let day = Bookable::day(&at, 2);
    let window = format!("win_{}_{}", offers.early, day.format("%Y%m%d"));
    let (number, from) = (id.to_string(), day.to_string());
    let fields = [
        ("patient", number.as_str()),
        ("from", &from),
        ("task", "tsk_blood"),
        ("window", &window),
        ("planning", "window"),
        ("line1", "4 Park Row"),
        ("city", "Leeds"),
        ("postcode", "LS1 5HD"),
        ("phone", "0113 496 0001"),
    ];
    let booked = hugh.post(&links::visits(at.org), &fields).await;
    let page = hugh.get(booked.location()).await.text();
    for words in ["The appointment is booked.", "Scheduled", "Early, ", "07:00 to 09:00", "Nobody yet"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let visit = VisitId(at.number("SELECT MAX(id) FROM visits"));
    let timeline = hugh.get(&links::visit_act(at.org, visit, "timeline")).await.text();
    assert!(timeline.contains("created the appointment") && timeline.contains("scheduled it for Early"));
    let steps = hugh.get(&links::visit_act(at.org, visit, "steps")).await.text();
    assert!(steps.contains("28520004") && steps.contains("Courier sample to laboratory"), "{steps}");
    assert_eq!(hugh.get(&links::visit_act(at.org, visit, "metadata")).await.status, 404);
    let list = hugh.get(&links::visits(at.org)).await.text();
    assert!(list.contains("Betty Cole") && list.contains("LS1 5HD"), "{list}");
    let week = hugh.get(&links::visits_calendar(at.org, "week", &from)).await.text();
    assert!(week.contains("Betty Cole"), "{week}");
}

#[actix_web::test]
async fn outside_the_coverage_area_is_said_with_the_nearest_inside() {
    let world = World::start().await;
    let refusal = world.refused(world.early(2), |new| new.place.address.postcode = "YO1 7HH".into());
    let Refusal::Invalid { field, words } = refusal else { panic!("{refusal:?}") };
    assert_eq!(field, "postcode");
    assert!(words.contains("YO1 7HH is not covered. The nearest district that is covered is"), "{words}");
    assert!(words.ends_with("miles away"), "{words}");
    // Ten miles around the middle of HG1 hold HG2.
    let (scope, mut new) = (world.at.scope::<ManageAppointments>(), new_visit(world.early(2)));
    new.place.address.postcode = "HG2 8QJ".into();
    let task = &world.offers.task;
    world.at.write(|tx| visits::create(tx, &scope, (&world.betty, task), &new));
}

#[actix_web::test]
async fn a_window_is_never_overbooked_and_the_loser_is_told_the_next() {
    let world = World::start().await;
    world.booked(2);
    world.booked(2);
    let Refusal::Overtaken(words) = world.refused(world.early(2), |_| ()) else { panic!("it is full") };
    assert!(words.contains("is full. The next window with a place is PM on"), "{words}");
    assert_eq!(world.at.number("SELECT COUNT(*) FROM visits"), 2);
    // What a program tries out takes no place of the others.
    let test = betty(&world.at, Mode::Test);
    world.offers.book(&world.at, &test, world.early(2));
    // A cancelled one gives its place back.
    let last = VisitId(world.at.number("SELECT MIN(id) FROM visits"));
    cancel(&world, last).unwrap();
    world.booked(2);
}

fn cancel(world: &World, id: VisitId) -> Result<Visit, Refusal> {
    let how = visits::Cancellation {
        by: visits::Entity::Organisation,
        because_of: visits::Entity::Patient,
        reason: visits::ReasonCode::NoLongerNeeded,
        note: "Feels well".into(),
    };
    let scope = world.at.scope::<ManageAppointments>();
    world.at.try_write(|tx| visits::cancel(tx, &scope, (Mode::Live, id), &how))
}

#[actix_web::test]
async fn windows_that_are_none_are_refused_in_words() {
    let world = World::start().await;
    let far = Planning::Window(world.offers.early, Bookable::day(&world.at, 300));
    let past = Planning::Window(world.offers.early, world.at.clock.now().date().pred_opt().unwrap());
    let none = Planning::Window(kinbridge::kit::ids::WindowId(99_999), Bookable::day(&world.at, 2));
    let short = Planning::Period(Bookable::day(&world.at, 2), Bookable::day(&world.at, 3));
    for (planning, field, part) in [
        (far, "window", "within the next six months"),
        (past, "window", "has begun already"),
        (none, "window", "no such window"),
        (short, "period", "3 days or more"),
    ] {
        let Refusal::Invalid { field: of, words } = world.refused(planning, |_| ()) else { panic!("{part}") };
        assert_eq!(of, field, "{words}");
        assert!(words.contains(part), "{words}");
    }
    let refusal = world.refused(world.early(2), |new| new.phone = "12".into());
    assert!(matches!(refusal, Refusal::Invalid { field: "phone", .. }), "{refusal:?}");
    let refusal = world.refused(world.early(2), |new| new.metadata = serde_json::json!([1]));
    assert!(matches!(refusal, Refusal::Invalid { field: "metadata", .. }), "{refusal:?}");
}

#[actix_web::test]
async fn one_is_moved_and_the_same_window_again_changes_nothing() {
    let world = World::start().await;
    let (at, visit) = (&world.at, world.booked(2));
    let hugh = at.as_manager();
    let act = links::visit_act(at.org, visit.id, "reschedule");
    let told = world.told();
    let same = World::slot(&visit);
    hugh.post(&act, &[("window", &same)]).await;
    assert_eq!((world.told(), world.now(visit.id).version), (told, visit.version));
    let to = format!("win_{}_{}", world.offers.pm, Bookable::day(at, 4).format("%Y%m%d"));
    let moved = hugh.post(&act, &[("window", &to), ("note", "Asked for the afternoon")]).await;
    let page = hugh.get(moved.location()).await.text();
    assert!(page.contains("The appointment is on PM,") && page.contains("13:00 to 17:00"), "{page}");
    assert_eq!(world.told(), told + 1);
    assert_eq!(at.number("SELECT COUNT(*) FROM webhook_events WHERE kind = 'appointment.rescheduled'"), 1);
    let timeline = hugh.get(&links::visit_act(at.org, visit.id, "timeline")).await.text();
    assert!(timeline.contains("moved it to PM") && timeline.contains("Asked for the afternoon"));
    let none = hugh.post(&act, &[]).await;
    assert_eq!(none.status, 422);
    assert!(none.text().contains("Choose a window"));
}

#[actix_web::test]
async fn it_is_cancelled_once_with_who_and_why() {
    let world = World::start().await;
    let (at, visit) = (&world.at, world.booked(1));
    let hugh = at.as_manager();
    let act = links::visit_act(at.org, visit.id, "cancel");
    let form = hugh.get(&act).await.text();
    assert!(form.contains("less than 24 hours"), "the window is tomorrow at seven: {form}");
    let wrong = hugh.post(&act, &[("by", "patient")]).await;
    assert_eq!(wrong.status, 422);
    let fields =
        [("by", "patient"), ("because_of", "patient"), ("reason", "patient_unwell"), ("note", "A cold")];
    let done = hugh.post(&act, &fields).await;
    let page = hugh.get(done.location()).await.text();
    for words in ["Cancelled", "The patient is unwell", "A cold", "It may be: less than 24 hours before"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let told = world.told();
    let again = hugh.post(&act, &fields).await;
    assert!(hugh.get(again.location()).await.text().contains("This appointment is cancelled already."));
    assert_eq!(world.told(), told);
    let Err(Refusal::Overtaken(words)) = cancel(&world, visit.id) else { panic!("once only") };
    assert_eq!(words, "This appointment is cancelled already.");
}

#[actix_web::test]
async fn nothing_is_told_where_nothing_changed() {
    let world = World::start().await;
    let (at, visit) = (&world.at, world.booked(2));
    let scope = at.scope::<ManageAppointments>();
    let told = world.told();
    assert_eq!(told, 2, "created and scheduled");
    let change =
        |changes: Changes| at.write(|tx| visits::change(tx, &scope, (Mode::Live, visit.id), &changes));
    change(Changes { note: Some(String::new()), ..Changes::default() });
    assert_eq!(world.told(), told);
    let changed = change(Changes { note: Some("Ring at reception".into()), ..Changes::default() });
    assert_eq!((changed.note.as_str(), world.told()), ("Ring at reception", told + 1));
    let body = "SELECT COUNT(*) FROM webhook_events WHERE body LIKE '%Cole%' OR body LIKE '%Park Row%' \
                OR body LIKE '%1134960001%'";
    assert_eq!(at.number(body), 0, "a program is told no name, no place and no number of a phone");
}

#[actix_web::test]
async fn only_somebody_with_the_right_skill_who_works_then_can_come() {
    let world = World::start().await;
    let (at, visit) = (&world.at, world.booked(2));
    let hugh = at.as_manager();
    let iris = world.offers.iris_visits(at);
    run(at, "UPDATE practitioner_skills SET expires_on = '2026-05-03'");
    let act = links::visit_act(at.org, visit.id, "assign");
    let page = hugh.get(&act).await.text();
    assert!(page.contains("Not Iris Vale: Phlebotomy ended on 3 May 2026."), "{page}");
    let id = iris.to_string();
    let refused = hugh.post(&act, &[("practitioner", &id)]).await;
    assert!(hugh.get(refused.location()).await.text().contains("Phlebotomy ended on 3 May 2026"));
    assert!(world.now(visit.id).practitioner.is_none());
    run(at, "UPDATE practitioner_skills SET expires_on = NULL");
    let page = hugh.get(&act).await.text();
    assert!(page.contains("Iris Vale: ") && page.contains("minutes away"), "{page}");
    let done = hugh.post(&act, &[("practitioner", &id)]).await;
    assert!(hugh.get(done.location()).await.text().contains("Iris Vale has the appointment."));
    let jack = at.jack.to_string();
    assert_eq!(hugh.post(&act, &[("practitioner", &jack)]).await.status, 404, "no practitioner");
    // Another time is another question.
    let to = format!("win_{}_{}", world.offers.pm, Bookable::day(at, 4).format("%Y%m%d"));
    hugh.post(&links::visit_act(at.org, visit.id, "reschedule"), &[("window", &to)]).await;
    assert!(world.now(visit.id).practitioner.is_none());
}

#[actix_web::test]
async fn a_test_appointment_never_reaches_a_practitioner() {
    let world = World::start().await;
    let at = &world.at;
    let iris = world.offers.iris_visits(at);
    let test = betty(at, Mode::Test);
    let visit = world.offers.book(at, &test, world.early(2));
    let scope = at.scope::<ManageAppointments>();
    let to = Some((iris, "Iris Vale"));
    let refused = at.try_write(|tx| visits::assign(tx, &scope, (Mode::Test, visit.id), to, None).map(drop));
    assert!(
        matches!(refused, Err(Refusal::Overtaken(words)) if words.contains("never goes to a practitioner"))
    );
    let live = at.try_write(|tx| visits::assign(tx, &scope, (Mode::Live, visit.id), to, None).map(drop));
    assert!(matches!(live, Err(Refusal::NotHere)));
    let day = Bookable::day(at, 2);
    assert!(at.read(|conn| visits::of_day(conn, &scope, day)).is_empty());
    let list = at.as_manager().get(&links::visits(at.org)).await.text();
    assert!(!list.contains("Betty Cole"), "{list}");
    let list = at.as_manager().get(&format!("{}?mode=test", links::visits(at.org))).await.text();
    assert!(list.contains("Betty Cole") && list.contains("No practitioner ever sees them."), "{list}");
}

#[actix_web::test]
async fn a_visit_is_begun_ticked_and_completed() {
    let world = World::start().await;
    let (at, visit) = (&world.at, world.booked(1));
    let iris = world.offers.iris_visits(at);
    let scope = at.scope::<ManageAppointments>();
    at.write(|tx| visits::assign(tx, &scope, (Mode::Live, visit.id), Some((iris, "Iris Vale")), None));
    let own = at.scope::<ViewAppointments>();
    let words = |result: Result<Visit, Refusal>| result.map(|_| ()).unwrap_err().to_string();
    assert!(words(at.try_write(|tx| visits::start(tx, &own, visit.id))).contains("This appointment is on"));
    at.clock.advance(chrono::TimeDelta::days(1));
    at.write(|tx| visits::start(tx, &own, visit.id));
    let null = serde_json::Value::Null;
    let early = at.try_write(|tx| visits::complete(tx, &own, visit.id, "", &null));
    assert!(words(early).contains("Take blood from a vein; Picture of the labelled tubes"));
    let steps = at.read(|conn| visits::steps(conn, &world.now(visit.id)));
    at.write(|tx| visits::tick(tx, &own, (visit.id, steps[0].id), true));
    let picture = crate::my_visits::jpeg(1);
    at.write(|tx| visits::add_photo(tx, &own, (visit.id, steps[2].id), &picture));
    let twice = at.try_write(|tx| visits::tick(tx, &own, (visit.id, steps[0].id), true));
    assert_eq!(words(twice), "The portal ticked this step already.");
    let readings = serde_json::json!({ "bp": { "sys": 112 } });
    let done = at.write(|tx| visits::complete(tx, &own, visit.id, "All well", &readings));
    assert_eq!((done.status, done.readings["bp"]["sys"].as_i64()), (Status::Completed, Some(112)));
    assert_eq!(words(cancel(&world, visit.id)), "This appointment is completed already.");
    assert_eq!(at.number("SELECT COUNT(*) FROM webhook_events WHERE kind = 'appointment.completed'"), 1);
    let page = at.as_manager().get(&links::visit(at.org, visit.id)).await.text();
    assert!(page.contains("Completed") && page.contains("All well"), "{page}");
}

#[actix_web::test]
async fn whoever_was_not_there_is_a_cancellation_by_the_practitioner() {
    let world = World::start().await;
    let (at, visit) = (&world.at, world.booked(1));
    let own = at.scope::<ViewAppointments>();
    let ended = at.write(|tx| visits::not_present(tx, &own, visit.id, "Rang three times"));
    let how = ended.cancelled.unwrap();
    assert_eq!((how.reason, how.by), (visits::ReasonCode::PatientNotPresent, visits::Entity::Practitioner));
    assert!(how.chargeable);
}

#[actix_web::test]
async fn a_patient_led_one_waits_for_a_time() {
    let world = World::start().await;
    let (at, visit) = (&world.at, world.offers.book(&world.at, &world.betty, Planning::PatientLed));
    assert_eq!(visit.status, Status::Scheduling);
    assert_eq!(world.told(), 1, "created, and not scheduled");
    let page = at.as_manager().get(&links::visit(at.org, visit.id)).await.text();
    assert!(page.contains("Waiting for a time") && page.contains("Not chosen yet"), "{page}");
    let scope = at.scope::<ManageAppointments>();
    let slot = (world.offers.pm, Bookable::day(at, 5));
    let chosen = at.write(|tx| visits::reschedule(tx, &scope, (Mode::Live, visit.id), slot, ""));
    assert_eq!(chosen.status, Status::Scheduled);
    assert_eq!(at.number("SELECT COUNT(*) FROM webhook_events WHERE kind = 'appointment.scheduled'"), 1);
}

#[actix_web::test]
async fn a_form_made_from_an_older_patient_is_refused() {
    let world = World::start().await;
    let at = &world.at;
    let hugh = at.as_manager();
    let fields = |phone: &'static str| {
        vec![
            ("version", "1"),
            ("first_name", "Betty"),
            ("last_name", "Cole"),
            ("phone", phone),
            ("email", "betty@cole.example"),
            ("date_of_birth", "1938-03-09"),
        ]
    };
    let edit = links::edit_patient(at.org, world.betty.id);
    let first = hugh.post(&edit, &fields("0113 496 0002")).await;
    assert!(hugh.get(first.location()).await.text().contains("The details of Betty Cole are saved."));
    let second = hugh.post(&edit, &fields("0113 496 0003")).await;
    let text = hugh.get(second.location()).await.text();
    assert!(text.contains("Somebody changed this patient meanwhile."), "{text}");
    assert!(text.contains("0113 496 0002"), "{text}");
}

#[actix_web::test]
async fn patients_of_the_two_modes_never_meet() {
    let at = Community::start().await;
    let (live, test) = (betty(&at, Mode::Live), betty(&at, Mode::Test));
    let scope = at.scope::<ManageAppointments>();
    let none = at.services.db.read_now(|conn| patients::get(conn, &scope, Mode::Live, test.id));
    assert!(matches!(none, Err(Refusal::NotHere)));
    let none =
        at.services.db.read_now(|conn| patients::by_public_id(conn, &scope, Mode::Test, &live.public_id));
    assert!(matches!(none, Err(Refusal::NotHere)));
    let (rows, more) = at.read(|conn| patients::list(conn, &scope, Mode::Test, "cole ls15", (0, 10)));
    assert_eq!((rows.len(), more), (0, false), "words are found as they are split");
    let (rows, _) = at.read(|conn| patients::list(conn, &scope, Mode::Test, "Betty COLE", (0, 10)));
    assert_eq!(rows.iter().map(|one| one.id).collect::<Vec<_>>(), [test.id]);
    let details = Details::read(&typed_patient(), at.clock.now()).unwrap();
    assert_eq!(details.name(), "Betty Cole");
}

fn ids(all: &[&Visit]) -> Vec<VisitId> {
    all.iter().map(|one| one.id).collect()
}

#[actix_web::test]
async fn many_are_moved_after_a_preview_and_all_of_it_is_undone() {
    let world = World::start().await;
    let at = &world.at;
    let (one, two) = (world.booked(2), world.booked(2));
    world.booked(3);
    let hugh = at.as_manager();
    let (from, to) = (Bookable::day(at, 2).to_string(), Bookable::day(at, 3).to_string());
    let form = hugh.get(&format!("{}?day={from}", links::visits_bulk(at.org))).await.text();
    assert!(form.contains("Early, 07:00 to 09:00: Betty Cole"), "{form}");
    let (a, b) = (one.id.to_string(), two.id.to_string());
    let fields = [("day", from.as_str()), ("visits[]", &a), ("visits[]", &b), ("act", "move"), ("to", &to)];
    let before = (world.told(), at.number("SELECT COUNT(*) FROM audit_events"));
    let preview = hugh.post(&links::visits_bulk(at.org), &fields).await.text();
    assert!(preview.contains("1 appointment would change"), "one place is left there: {preview}");
    assert!(preview.contains("These stay as they are") && preview.contains("is full"), "{preview}");
    assert_eq!((world.told(), at.number("SELECT COUNT(*) FROM audit_events")), before, "nothing is written");
    assert_eq!(world.now(one.id).booked, one.booked);
    let done = hugh.post(&links::visits_bulk_apply(at.org), &fields).await;
    let batch = done.location().to_owned();
    assert!(hugh.get(&batch).await.text().contains("Changed: 1. Left as they are: 1."));
    assert_eq!(world.now(one.id).booked.unwrap().date.to_string(), to);
    assert_eq!(world.now(two.id).booked, two.booked);
    let lately =
        async || hugh.get(&links::visits_bulk(at.org)).await.body.contains(&format!("href=\"{batch}\""));
    assert!(lately().await, "it is found again while it can be undone");
    let undone = hugh.post(&format!("{batch}/undo"), &[]).await;
    assert!(hugh.get(undone.location()).await.text().contains("1 appointment is as it was."));
    assert!(!lately().await);
    assert_eq!(world.now(one.id).booked, one.booked);
    let again = hugh.post(&format!("{batch}/undo"), &[]).await;
    assert!(hugh.get(again.location()).await.text().contains("This was undone already."));
    assert_eq!(at.as_stranger().get(&batch).await.status, 404);
}

#[actix_web::test]
async fn many_are_cancelled_and_what_changed_since_stays() {
    let world = World::start().await;
    let at = &world.at;
    let (one, two) = (world.booked(2), world.booked(2));
    let act = visits::Act::Cancel(visits::Cancellation {
        by: visits::Entity::Organisation,
        because_of: visits::Entity::Practitioner,
        reason: visits::ReasonCode::PractitionerCancelled,
        note: String::new(),
    });
    let scope = at.scope::<ManageAppointments>();
    let (batch, outcomes) = at.write(|tx| visits::apply(tx, &scope, &ids(&[&one, &two]), &act));
    assert!(outcomes.iter().all(visits::Outcome::is_done));
    // Somebody else takes both places meanwhile; then one is given back.
    let third = world.booked(2);
    world.booked(2);
    cancel(&world, third.id).unwrap();
    let back = at.write(|tx| visits::undo(tx, &scope, batch));
    let why: Vec<Option<&str>> = back.iter().map(|(_, why)| why.as_deref()).collect();
    assert_eq!(why, [None, Some("Its place was taken meanwhile.")]);
    assert_eq!(world.now(one.id).status, Status::Scheduled);
    assert!(world.now(one.id).cancelled.is_none());
    assert_eq!(world.now(two.id).status, Status::Cancelled);
}

#[actix_web::test]
async fn a_series_goes_to_the_same_person_and_leaves_out_what_is_full() {
    let world = World::start().await;
    let at = &world.at;
    let iris = world.offers.iris_visits(at);
    world.booked(9);
    world.booked(9);
    let first = Bookable::day(at, 2);
    let rule = visits::Rule {
        window: world.offers.early,
        every_weeks: 1,
        weekdays: vec![chrono::Datelike::weekday(&first)],
        starts_on: first,
        ends_on: Bookable::day(at, 24),
    };
    let scope = at.scope::<ManageAppointments>();
    let new = new_visit(Planning::PatientLed);
    let keep = Some((iris, "Iris Vale"));
    let whom = (&world.betty, &world.offers.task);
    let made = at.write(|tx| visits::create_series(tx, &scope, whom, (&rule, keep), &new));
    assert_eq!((made.visits.len(), made.left_out.len()), (3, 1));
    assert!(made.left_out[0].1.contains("is full"), "{:?}", made.left_out);
    assert!(made.visits.iter().all(|one| one.practitioner.as_ref().is_some_and(|who| who.id == iris)));
    let page = at.as_manager().get(&links::visit_series(at.org, made.series)).await.text();
    assert!(page.contains("Iris Vale comes to 3 of 3."), "{page}");
}
