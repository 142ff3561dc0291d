//! Step by step, and what may go wrong on the way.

use kinbridge::domain::access::{EditResidents, Scope};
use kinbridge::domain::booked_visits::State;
use kinbridge::domain::residents;
use kinbridge::links;
use kinbridge::sandbox::ally_health::Lie;
use kinbridge::sandbox::{Fault, Lasting};

use super::Visits;
use crate::relatives::sealed;
use crate::residents::value;
use crate::support::Log;

#[actix_web::test]
async fn a_visit_is_booked_step_by_step_and_its_state_comes_back() {
    let at = Visits::start().await;
    let ben = at.app.as_manager();
    let home = ben.get(&links::resident(at.app.cast.willow, at.betty)).await;
    assert!(home.body.contains(&at.all()), "{}", home.text());
    let list = ben.get(&at.all()).await;
    assert!(list.text().contains("Book a visit"), "{}", list.text());
    let tasks = ben.get(&at.step("")).await;
    assert!(tasks.text().contains("Blood test") && tasks.text().contains("Wound care"), "{}", tasks.text());
    let windows = ben.get(&at.step("?task=tsk_blood")).await;
    assert!(
        windows.text().contains("Early 7am to 9am") && windows.text().contains("PM 1pm to 5pm"),
        "{}",
        windows.text()
    );
    let details = ben.get(&at.step("?task=tsk_blood&window=win_1_early")).await;
    let text = details.text();
    for told in ["What is sent", "Betty", "Cole", "LS1 1AA", "+441134960000", "office@willow.example"] {
        assert!(text.contains(told), "{told}: {text}");
    }
    let (_, sent) = text.split_once("What is sent").unwrap();
    assert!(!sent.contains("999"), "{sent}");
    let about = value(&details, "about");
    let fields = [
        ("about", about.as_str()),
        ("task", "tsk_blood"),
        ("window", "win_1_early"),
        ("note", "Fasting since midnight"),
    ];
    let confirm = links::resident_visits_act(at.app.cast.willow, at.betty, "confirm");
    let last = ben.post(&confirm, &fields).await;
    assert!(
        last.text().contains("Book the visit") && last.text().contains("Fasting since midnight"),
        "{}",
        last.text()
    );
    assert_eq!(
        at.app.number("SELECT COUNT(*) FROM booked_visits"),
        0,
        "nothing is booked before the last button"
    );
    let done = ben.post(&at.all(), &fields).await;
    assert_eq!(done.status, 303, "{}", done.text());
    let page = ben.get(done.location()).await;
    assert!(page.text().contains("Being asked for"), "{}", page.text());
    assert!(at.simulator.appointments().is_empty(), "a job sends it, and no page");
    // The same again is the same.
    assert_eq!(ben.post(&at.all(), &fields).await.location(), done.location());
    at.work().await;
    let page = ben.get(done.location()).await;
    assert!(page.text().contains("Booked") && page.text().contains("took the booking"), "{}", page.text());
    let sent = at.simulator.appointments();
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].sent.note.as_deref(), Some("Fasting since midnight"));
    assert_eq!(sent[0].sent.location.access_notes.as_deref(), Some("Ring at reception"));
    assert!(sent[0].sent.external_ref.as_deref().unwrap().starts_with("kb-"));
    let patients = at.simulator.patients();
    assert_eq!((patients.len(), patients[0].sent.nhs_number.as_deref()), (1, None), "no more than is needed");
    assert_eq!(patients[0].sent.first_name, "Betty");
    // Under way, and done.
    at.simulator.set_status(&sent[0].id, "in_progress");
    at.app.pass(1801);
    at.work().await;
    assert!(at.look(done.location()).await.contains("in_progress"));
    at.simulator.set_status(&sent[0].id, "completed");
    at.app.pass(1801);
    at.work().await;
    let text = at.look(done.location()).await;
    assert!(text.contains("Completed") && text.contains("timeline"), "{text}");
    assert_eq!(at.entries(), 1);
    let feed = at.look(&links::resident_activities(at.app.cast.willow, at.betty)).await;
    assert!(feed.contains("Blood test") && feed.contains("The visit was made."), "{feed}");
    // Nobody is made a patient twice.
    at.booked("win_2_pm").await;
    assert_eq!((at.simulator.patients().len(), at.simulator.appointments().len()), (1, 2));
}

#[actix_web::test]
async fn the_same_form_books_once_whatever_became_of_it() {
    let at = Visits::start().await;
    let ben = at.app.as_manager();
    let page = ben.get(&at.step("?task=tsk_blood&window=win_2_pm")).await;
    let about = crate::residents::value(&page, "about");
    let fields = [("about", about.as_str()), ("task", "tsk_blood"), ("window", "win_2_pm")];
    let confirm = links::resident_visits_act(at.app.cast.willow, at.betty, "confirm");
    let once = crate::residents::value(&ben.post(&confirm, &fields).await, "once");
    let [about, task, window] = fields;
    let fields = [about, task, window, ("once", &once)];
    let first = ben.post(&at.all(), &fields).await;
    assert!(ben.get(first.location()).await.text().contains("Being asked for"));
    at.work().await;
    // Its place was the last, and it is called off meanwhile: neither makes a second one of a reload.
    let cancel = [about, ("cause", "patient"), ("reason", "patient_unwell"), ("why", "In hospital")];
    assert_eq!(ben.post(&format!("{}/cancel", first.location()), &cancel).await.status, 303);
    at.work().await;
    let second = ben.post(&at.all(), &fields).await;
    assert_eq!(second.location(), first.location());
    assert!(ben.get(second.location()).await.text().contains("This was booked already."));
    assert_eq!(at.app.number("SELECT COUNT(*) FROM booked_visits"), 1);
}

#[actix_web::test]
async fn an_nhs_number_is_sent_only_where_the_home_says_so() {
    let at = Visits::start().await;
    let contact = [("phone", "0113 496 0000"), ("email", "office@willow.example"), ("shares", "yes")];
    at.app.as_super().post(&at.act("settings"), &contact).await;
    let page = at.app.as_manager().get(&at.step("?task=tsk_blood&window=win_1_early")).await;
    assert!(page.text().contains("NHS number"), "{}", page.text());
    at.booked("win_1_early").await;
    assert_eq!(at.simulator.patients()[0].sent.nhs_number.as_deref(), Some("9990000026"));
}

#[actix_web::test]
async fn a_home_outside_the_coverage_area_is_told_so_in_words() {
    let at = Visits::start().await;
    let ben = at.app.as_manager();
    at.address(&ben, "M1 1AA").await;
    let page = ben.get(&at.step("?task=tsk_blood")).await;
    assert!(
        page.text().contains("sends nobody to M1 1AA: it is outside its coverage area"),
        "{}",
        page.text()
    );
    let seal = sealed(&ben, at.betty);
    let fields = [("about", seal.as_str()), ("task", "tsk_blood"), ("window", "win_1_early")];
    assert_eq!(ben.post(&at.all(), &fields).await.status, 303);
    assert_eq!(at.app.number("SELECT COUNT(*) FROM booked_visits"), 0);
    // Moved between asking and sending: the service says no, and a person reads why.
    at.address(&ben, "LS1 1AA").await;
    let id = at.book("win_1_early", "").await;
    at.address(&ben, "M1 1AA").await;
    at.work().await;
    let page = ben.get(&at.page_of(id)).await;
    assert!(
        page.text().contains("Not booked") && page.text().contains("outside the coverage area"),
        "{}",
        page.text()
    );
}

#[actix_web::test]
async fn a_window_that_fills_meanwhile_is_refused_and_another_can_be_chosen() {
    let at = Visits::start().await;
    let ben = at.app.as_manager();
    let id = at.book("win_2_pm", "").await;
    at.simulator.set_places("win_2_pm", 0);
    at.work().await;
    let page = ben.get(&at.page_of(id)).await;
    assert!(
        page.text().contains("Not booked") && page.text().contains("The window is full"),
        "{}",
        page.text()
    );
    assert_eq!(at.now(id).state, State::Refused);
    let windows = ben.get(&at.step("?task=tsk_blood&window=win_2_pm")).await;
    assert!(
        windows.text().contains("no place left") && !windows.text().contains("PM 1pm"),
        "{}",
        windows.text()
    );
    at.booked("win_1_early").await;
    assert_eq!(at.simulator.appointments().len(), 1);
}

#[actix_web::test]
async fn an_answer_that_was_lost_leaves_one_appointment_which_is_found_again() {
    let at = Visits::start().await;
    // Both writes are kept there, and neither is confirmed.
    let id = at.book("win_1_early", "").await;
    at.simulator.set_fault_for(Fault::CommitThenDrop, Lasting::Answers(2));
    at.work().await;
    assert_eq!((at.simulator.patients().len(), at.simulator.appointments().len()), (1, 0));
    let page = at.app.as_manager().get(&at.page_of(id)).await;
    assert!(page.text().contains("tried again by itself"), "{}", page.text());
    at.app.pass(121);
    at.work().await;
    assert_eq!((at.simulator.patients().len(), at.simulator.appointments().len()), (1, 1));
    assert_eq!(at.now(id).state, State::Asked);
    for _ in 0..3 {
        at.app.pass(300);
        at.work().await;
    }
    assert_eq!((at.simulator.patients().len(), at.simulator.appointments().len()), (1, 1));
    assert_eq!(at.now(id).state, State::Booked);
    assert_eq!(at.now(id).remote_id, at.simulator.appointments()[0].id);
}

#[actix_web::test]
async fn a_process_that_is_killed_between_asking_and_the_answer_books_nothing_twice() {
    let at = Visits::start().await;
    let booked = at.booked("win_1_early").await;
    // As it stands when the process dies after the service took it: claimed, and no answer kept.
    at.app.write(|tx| {
        use diesel::RunQueryDsl as _;
        diesel::sql_query(
            "UPDATE booked_visits SET state = 'asked', status = '', remote_id = '', remote_updated_at = NULL",
        )
        .execute(tx.conn)?;
        Ok(())
    });
    at.app.pass(1801);
    at.work().await;
    let after = at.now(booked.id);
    assert_eq!((after.state, after.remote_id.as_str()), (State::Booked, booked.remote_id.as_str()));
    assert_eq!(at.simulator.appointments().len(), 1);
}

#[actix_web::test]
async fn a_service_that_is_down_or_busy_is_asked_again_later_and_says_so() {
    let at = Visits::start().await;
    let ben = at.app.as_manager();
    for (fault, told) in [
        (Fault::ServerError, "Ally Health"),
        (Fault::BusySeconds, "come back later"),
        (Fault::FirstByteHang, "Ally Health"),
    ] {
        at.simulator.set_fault(fault);
        let page = ben.get(&at.step("")).await;
        assert_eq!(page.status, 200);
        assert!(page.text().contains(told) && page.text().contains("Try again"), "{}", page.text());
        at.simulator.clear_fault();
    }
    let id = at.book("win_1_early", "").await;
    at.simulator.set_fault(Fault::BusySeconds);
    at.work().await;
    let page = at.app.as_super().get(&links::visit_service(at.app.cast.willow)).await;
    assert!(page.text().contains("Last failure"), "{}", page.text());
    // Two minutes were asked for.
    at.simulator.clear_fault();
    at.app.pass(100);
    let calls = at.simulator.calls().len();
    at.work().await;
    assert_eq!(at.simulator.calls().len(), calls);
    at.app.pass(30);
    at.work().await;
    assert_eq!(at.now(id).state, State::Booked);
    let page = at.app.as_super().get(&links::visit_service(at.app.cast.willow)).await;
    assert!(!page.text().contains("Last failure"), "{}", page.text());
    // A key that is not taken any more: nothing is asked until another is entered.
    at.simulator.accept_key("live_another_key_000000");
    at.app.pass(1801);
    at.work().await;
    let calls = at.simulator.calls().len();
    at.app.pass(1801);
    at.work().await;
    assert_eq!(at.simulator.calls().len(), calls);
    let page = at.app.as_super().get(&links::visit_service(at.app.cast.willow)).await;
    assert!(page.text().contains("Relink needed"), "{}", page.text());
}

#[actix_web::test]
async fn a_cancellation_says_why_warns_when_it_is_late_and_is_sent_once() {
    let at = Visits::start().await;
    let booked = at.booked("win_1_early").await;
    let ben = at.app.as_manager();
    let cancel = links::cancel_booked_visit(at.app.cast.willow, at.betty, booked.id);
    let page = ben.get(&cancel).await;
    assert!(!page.text().contains("less than 24 hours"), "{}", page.text());
    let about = value(&page, "about");
    for words in ["The resident is unwell", "It is not needed any more", "It was booked by mistake"] {
        assert!(page.text().contains(words) && !page.text().contains("The patient"), "{}", page.text());
    }
    for (cause, reason, why, words) in [
        ("", "other", "In hospital", "Choose because of whom it is cancelled"),
        ("patient", "", "In hospital", "Choose the reason"),
        ("patient", "practitioner_delayed", "In hospital", "Choose the reason"),
        ("patient", "other", " ", "Write in a few words why it is cancelled"),
    ] {
        let fields = [("about", about.as_str()), ("cause", cause), ("reason", reason), ("why", why)];
        let page = ben.post(&cancel, &fields).await;
        assert_eq!(page.status, 422, "{words}");
        assert!(page.text().contains(words), "{}", page.text());
    }
    at.app.pass(30 * 3600);
    let ben = at.app.as_manager();
    let page = ben.get(&cancel).await;
    assert!(page.text().contains("less than 24 hours"), "{}", page.text());
    let about = value(&page, "about");
    let because = [("reason", "patient_unwell"), ("why", "In hospital")];
    let fields = [("about", about.as_str()), ("cause", "patient"), because[0], because[1]];
    assert_eq!(ben.post(&cancel, &fields).await.status, 303);
    assert!(ben.get(&at.page_of(booked.id)).await.text().contains("Being cancelled"));
    // The service takes it, and the answer is lost.
    at.simulator.set_fault_for(Fault::CommitThenDrop, Lasting::Answers(1));
    at.work().await;
    assert_eq!(at.now(booked.id).state, State::Cancelling);
    at.app.pass(600);
    at.work().await;
    let text = at.look(&at.page_of(booked.id)).await;
    assert!(text.contains("Cancelled") && text.contains("The resident is unwell. In hospital"), "{text}");
    let told = at.simulator.appointments()[0].cancelled.clone().unwrap();
    assert_eq!((told.note.as_str(), told.causing_entity.as_deref()), ("In hospital", Some("patient")));
    assert_eq!(told.reason_code.as_deref(), Some("patient_unwell"));
    assert!(ben.post(&cancel, &fields).await.status == 303 && at.now(booked.id).state == State::Cancelled);
}

#[actix_web::test]
async fn what_was_never_sent_is_cancelled_without_asking_and_what_is_done_stays_done() {
    let at = Visits::start().await;
    let ben = at.app.as_manager();
    let about = sealed(&ben, at.betty);
    let because = [("reason", "no_longer_needed"), ("why", "")];
    let fields = [("about", about.as_str()), ("cause", "organisation"), because[0], because[1]];
    let id = at.book("win_1_early", "").await;
    let cancel = links::cancel_booked_visit(at.app.cast.willow, at.betty, id);
    ben.post(&cancel, &fields).await;
    let calls = at.simulator.calls().len();
    at.work().await;
    assert_eq!((at.now(id).state, at.simulator.calls().len()), (State::Cancelled, calls));
    // The practitioner was quicker.
    let booked = at.booked("win_2_pm").await;
    at.simulator.set_status(&booked.remote_id, "completed");
    ben.post(&links::cancel_booked_visit(at.app.cast.willow, at.betty, booked.id), &fields).await;
    at.work().await;
    assert_eq!((at.now(booked.id).state, at.entries()), (State::Completed, 1));
}

#[actix_web::test]
async fn a_service_that_speaks_untruly_changes_nothing_that_is_certain() {
    let at = Visits::start().await;
    let booked = at.booked("win_1_early").await;
    at.simulator.lie(Lie::UnknownStatus);
    at.app.pass(1801);
    at.work().await;
    let text = at.look(&at.page_of(booked.id)).await;
    assert!(text.contains("awaiting_kit") && text.contains("Booked"), "{text}");
    at.simulator.lie(Lie::WrongId);
    at.app.pass(1801);
    at.work().await;
    let text = at.look(&at.page_of(booked.id)).await;
    assert!(text.contains("answered about another visit"), "{text}");
    assert_eq!(at.now(booked.id).remote_id, booked.remote_id);
    at.simulator.lie(Lie::None);
    at.simulator.set_status(&booked.remote_id, "completed");
    at.app.pass(1801);
    at.work().await;
    at.simulator.lie(Lie::TakesBack);
    // Even when somebody makes it look again.
    at.app.write(|tx| {
        use diesel::RunQueryDsl as _;
        diesel::sql_query("UPDATE booked_visits SET next_at = '2026-11-01 00:00:00'").execute(tx.conn)?;
        Ok(())
    });
    at.work().await;
    at.simulator.lie(Lie::None);
    at.app.pass(1801);
    at.work().await;
    assert_eq!((at.now(booked.id).state, at.entries()), (State::Completed, 1));
}

#[actix_web::test]
async fn visits_of_somebody_who_is_archived_are_listed_until_they_are_cancelled() {
    let at = Visits::start().await;
    let booked = at.booked("win_1_early").await;
    let (willow, ben) = (at.app.cast.willow, at.app.as_manager());
    let form = ben.get(&links::archive_resident(willow, at.betty)).await;
    let words = "1 booked visit is still open. Archiving does not cancel it";
    assert!(form.text().contains(words) && form.body.contains(&at.all()), "{}", form.text());
    let scope = Scope::<EditResidents>::for_the_portal(willow);
    let version = at.app.read(|conn| residents::get(conn, &scope, at.betty)).version;
    at.app.write(|tx| residents::archive(tx, &scope, at.betty, version, "Moved to another home"));
    let left = ben.get(&links::visits_left_open(willow)).await;
    assert!(left.text().contains("Betty Cole") && left.text().contains("Blood test"), "{}", left.text());
    let page = ben.get(&links::visit_service(willow)).await;
    assert!(page.text().contains("1 visit is booked for residents who are archived"), "{}", page.text());
    assert!(!ben.get(&at.all()).await.text().contains("Book a visit"));
    let seal = sealed(&ben, at.betty);
    let because = [("reason", "other"), ("why", "Moved away")];
    let fields = [("about", seal.as_str()), ("cause", "patient"), because[0], because[1]];
    let cancel = links::cancel_booked_visit(willow, at.betty, booked.id);
    assert_eq!(ben.post(&cancel, &fields).await.status, 303);
    at.work().await;
    assert!(ben.get(&links::visits_left_open(willow)).await.text().contains("Nothing is left"));
    // Of nobody else, and of nothing that is over, it is said.
    at.app.write(|tx| residents::restore(tx, &scope, at.betty));
    let form = ben.get(&links::archive_resident(willow, at.betty)).await;
    assert!(form.status == 200 && !form.text().contains("booked visit"), "{}", form.text());
}

#[actix_web::test]
async fn the_log_has_no_name_no_key_and_no_address_of_it() {
    let log = Log::listen();
    let at = Visits::start().await;
    let booked = at.booked("win_1_early").await;
    for fault in
        [Fault::Unauthorised, Fault::ServerError, Fault::MalformedJson, Fault::HtmlLogin, Fault::Reset]
    {
        at.simulator.set_fault(fault);
        at.app.as_manager().get(&at.step("?task=tsk_blood")).await;
        at.app.pass(1801);
        at.work().await;
        at.simulator.clear_fault();
    }
    let said = log.said();
    for word in [
        super::KEY,
        at.origin.as_str(),
        "Betty",
        "Cole",
        "9990000026",
        "Green Lane",
        booked.external_ref.as_str(),
    ] {
        let found = said.lines().find(|line| line.contains(word));
        assert_eq!(found, None, "{word}");
    }
}
