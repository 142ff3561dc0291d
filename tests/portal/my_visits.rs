//! A practitioner's own appointments on the phone: whose they are, doing one step by step, in two tabs, with pictures
//! that keep no place, and its two ends.

#![cfg(test)]

use actix_web::http::Method;
use kinbridge::domain::access::{ManageAppointments, ViewAppointments};
use kinbridge::domain::api_keys::Mode;
use kinbridge::domain::visits::{self, Status};
use kinbridge::kit::ids::{VisitId, VisitPhotoId};
use kinbridge::links;

use crate::audit_trail::acts::Walk;
use crate::support::visiting::{TODAY, Visiting};
use crate::support::{Page, Visitor};

const MARK: &str = "----the-mark-of-the-tests";

/// A JPEG whose camera wrote a place beside it.
pub fn jpeg(seed: u8) -> Vec<u8> {
    let mut all = b"\xff\xd8\xff\xe1\x00\x20Exif\0\0GPS 53.9921 N 1.5418 W !".to_vec();
    all.extend_from_slice(b"\xff\xc0\x00\x0b\x08\x00\x10\x00\x20\x01\x01\x11\x00");
    all.extend_from_slice(b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00");
    all.extend_from_slice(&[seed, 0x12, 0xff, 0x00, 0x34, 0xff, 0xd9]);
    all
}

pub async fn send_photo(browser: &Visitor<'_>, path: &str, bytes: &[u8]) -> Page {
    let token = browser.form_token().await;
    let mut body =
        format!("--{MARK}\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{token}\r\n").into_bytes();
    let head = format!(
        "--{MARK}\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"a.jpg\"\r\n\
         Content-Type: image/jpeg\r\n\r\n"
    );
    body.extend_from_slice(head.as_bytes());
    body.extend_from_slice(bytes);
    body.extend_from_slice(format!("\r\n--{MARK}--\r\n").as_bytes());
    let kind = format!("multipart/form-data; boundary={MARK}");
    browser.ask(Method::POST, path).header("content-type", &kind).of_our_own().body(body).send().await
}

fn status(at: &Visiting, visit: VisitId) -> Status {
    at.read(|conn| visits::get(conn, &at.scope::<ViewAppointments>(), Mode::Live, visit)).status
}

async fn act(at: &Visiting, visit: VisitId, act: &str, fields: &[(&str, &str)]) -> Page {
    at.as_staff().post(&links::my_visit_act(at.org, visit, act), fields).await
}

async fn tick(at: &Visiting, visit: VisitId, position: i32, done: &str) -> String {
    let path = links::my_visit_step(at.org, visit, at.step(visit, position), "tick");
    let iris = at.as_staff();
    let page = iris.post(&path, &[("done", done)]).await;
    assert_eq!(page.status, 303, "{}", page.text());
    iris.get(page.location()).await.text()
}

/// One of Iris Vale's, begun.
pub async fn begun(at: &Visiting) -> VisitId {
    let visit = at.of_iris();
    assert_eq!(act(at, visit, "start", &[]).await.status, 303);
    visit
}

/// Sends each form of this file as somebody who may.
pub async fn every_form(at: &Visiting, walk: &mut Walk<'_>) {
    let (iris, visit) = (at.app.new_visitor(&at.staff), at.of_iris());
    let to = |act: &str| links::my_visit_act(at.org, visit, act);
    walk.by("/org/{org}/my-visits/{visit}/start", &iris, &to("start"), Vec::new()).await;
    for position in [0, 1] {
        let path = links::my_visit_step(at.org, visit, at.step(visit, position), "tick");
        let done = vec![("done", "yes".to_owned())];
        walk.by("/org/{org}/my-visits/{visit}/steps/{step}/tick", &iris, &path, done).await;
    }
    let photo = links::my_visit_step(at.org, visit, at.step(visit, 2), "photo");
    assert_eq!(send_photo(&iris, &photo, &jpeg(1)).await.status, 303);
    walk.done.insert("/org/{org}/my-visits/{visit}/steps/{step}/photo");
    walk.by("/org/{org}/my-visits/{visit}/complete", &iris, &to("complete"), Vec::new()).await;
    let other = at.of_iris();
    let path = links::my_visit_act(at.org, other, "not-present");
    let note = vec![("absent_note", "Rang twice".to_owned())];
    walk.by("/org/{org}/my-visits/{visit}/not-present", &iris, &path, note).await;
}

#[actix_web::test]
async fn a_stranger_gets_404_and_whoever_is_no_practitioner_reads_what_to_do() {
    let at = Visiting::start().await;
    let visit = at.of_iris();
    for path in [links::my_visits(at.org), links::my_visit(at.org, visit)] {
        assert_eq!(at.as_stranger().get(&path).await.status, 404, "{path}");
        assert_eq!(at.as_relative().get(&path).await.status, 404, "{path}");
        assert_eq!(at.as_staff().get(&path).await.status, 200, "{path}");
    }
    let all = links::my_visits(at.org);
    let offered = |page: &Page| page.body.contains(&format!("href=\"{all}\""));
    for visitor in [at.as_manager(), at.as_super()] {
        assert_eq!(visitor.get(&links::my_visit(at.org, visit)).await.status, 404);
        let page = visitor.get(&all).await;
        assert!(page.text().contains("This page is for practitioners"), "{}", page.text());
        assert!(!offered(&page), "{}", page.body);
    }
    assert!(offered(&at.as_staff().get(&links::visits(at.org)).await));
    at.write(|tx| kinbridge::domain::practitioners::end(tx, &at.scope(), at.iris));
    let page = at.as_staff().get(&all).await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("ask a manager to add you under Practitioners"), "{}", page.text());
    assert!(!offered(&page), "{}", page.body);
    assert!(!offered(&at.as_staff().get(&links::visits(at.org)).await));
    assert_eq!(act(&at, visit, "start", &[]).await.status, 404);
    assert_eq!(status(&at, visit), Status::Scheduled);
}

#[actix_web::test]
async fn somebody_elses_appointment_is_not_there() {
    let at = Visiting::start().await;
    let (own, other) = (begun(&at).await, at.visit(TODAY));
    at.assign(other, at.jack);
    let nobodys = at.visit(TODAY);
    let step = at.step(other, 0);
    for visit in [other, nobodys] {
        assert_eq!(at.as_staff().get(&links::my_visit(at.org, visit)).await.status, 404);
        for form in ["start", "complete", "not-present"] {
            assert_eq!(act(&at, visit, form, &[("absent_note", "x")]).await.status, 404, "{form}");
        }
    }
    // A step of another appointment below one's own.
    for (visit, form) in [(other, "tick"), (own, "tick")] {
        let path = links::my_visit_step(at.org, visit, step, form);
        assert_eq!(at.as_staff().post(&path, &[("done", "yes")]).await.status, 404);
        let path = links::my_visit_step(at.org, visit, step, "photo");
        assert_eq!(send_photo(&at.as_staff(), &path, &jpeg(1)).await.status, 404);
    }
    assert_eq!(at.number("SELECT COUNT(*) FROM visit_steps WHERE done_at IS NOT NULL"), 0);
    let page = at.as_staff().get(&links::my_visits(at.org)).await;
    assert_eq!(page.text().matches("Betty Cole").count() / 2, 1, "{}", page.text());
}

#[actix_web::test]
async fn the_day_shows_what_is_needed_to_go_there_and_nothing_of_test_mode() {
    let at = Visiting::start().await;
    let visit = at.of_iris();
    let tomorrow = at.visit("2026-11-23");
    at.assign(tomorrow, at.iris);
    let tried = at.visit_of(&at.patient(Mode::Test, "Testy"), TODAY);
    // Nothing of ours gives it to her; this is what a mistake would come to.
    at.write(|tx| {
        use diesel::RunQueryDsl as _;
        let sql = format!("UPDATE visits SET staff_member_id = {} WHERE id = {tried}", at.iris);
        Ok(diesel::sql_query(sql).execute(tx.conn)?)
    });
    let iris = at.as_staff();
    let page = iris.get(&links::my_visits(at.org)).await;
    for words in [
        "Sunday 22 November 2026",
        "Midday, 11:00 to 15:00: Betty Cole",
        "Blood test",
        "1 Oak Road, Harrogate, HG1 1AA",
        "Key safe by the door",
    ] {
        assert!(page.text().contains(words), "{words}: {}", page.text());
    }
    assert!(!page.text().contains("Testy"), "{}", page.text());
    let overview = iris.get(&links::organisation(at.org)).await.text();
    assert!(overview.contains("1 Appointment today") && !overview.contains("mapped"), "{overview}");
    assert!(!page.body.contains(&links::my_visit(at.org, tomorrow)));
    assert_eq!(iris.get(&links::my_visit(at.org, tried)).await.status, 404);
    let page = iris.get(&links::my_visit(at.org, visit)).await;
    for words in ["9 March 1938", "Hard of hearing", "Ring twice", "SNOMED CT 28520004", "0113 496 0000"] {
        assert!(page.text().contains(words), "{words}: {}", page.text());
    }
    let page = iris.get(&links::my_visit(at.org, tomorrow)).await;
    assert!(page.text().contains("It can be started on its day."), "{}", page.text());
    assert_eq!(act(&at, tomorrow, "start", &[]).await.status, 303);
    assert_eq!(status(&at, tomorrow), Status::Scheduled);
}

#[actix_web::test]
async fn an_appointment_is_done_step_by_step_and_completed_once() {
    let at = Visiting::start().await;
    let visit = begun(&at).await;
    let early = act(&at, visit, "complete", &[("note", "All well")]).await;
    assert_eq!(early.status, 409, "{}", early.text());
    assert!(early.text().contains("Tick this first: Take blood; Photo of wound area."), "{}", early.text());
    assert!(early.body.contains("All well"), "what was typed stays");
    assert!(tick(&at, visit, 0, "yes").await.contains("Done by Iris Vale"));
    assert!(tick(&at, visit, 2, "yes").await.contains("Add the picture that this step asks for."));
    let photo = links::my_visit_step(at.org, visit, at.step(visit, 2), "photo");
    assert_eq!(send_photo(&at.as_staff(), &photo, &jpeg(1)).await.status, 303);
    let wrong = act(&at, visit, "complete", &[("readings", "112/78"), ("note", "All well")]).await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.text().contains("Write one reading a line"), "{}", wrong.text());
    // Administrative steps may stay open.
    let done = [("readings", "Blood pressure: 112/78"), ("note", "All well")];
    assert_eq!(act(&at, visit, "complete", &done).await.status, 303);
    let of = at.read(|conn| visits::get(conn, &at.scope::<ManageAppointments>(), Mode::Live, visit));
    assert_eq!(of.status, Status::Completed);
    assert_eq!(of.readings, serde_json::json!({ "Blood pressure": "112/78" }));
    let page = at.as_staff().get(&links::my_visit(at.org, visit)).await;
    assert!(page.text().contains("Blood pressure 112/78 Note All well"), "{}", page.text());
    let managers = at.as_manager().get(&links::visit(at.org, visit)).await.text();
    assert!(managers.contains("What the practitioner wrote Blood pressure 112/78 All well"), "{managers}");
    assert!(!page.body.contains("Completed</button>"));
    let again = act(&at, visit, "complete", &done).await;
    assert_eq!(again.status, 409);
    assert!(again.text().contains("This appointment is completed already."), "{}", again.text());
}

#[actix_web::test]
async fn the_second_tab_says_who_ticked() {
    let at = Visiting::start().await;
    let visit = begun(&at).await;
    assert!(tick(&at, visit, 0, "yes").await.contains("The step is ticked."));
    assert!(tick(&at, visit, 0, "yes").await.contains("Iris Vale ticked this step already."));
    assert!(tick(&at, visit, 0, "no").await.contains("The tick is taken back."));
    assert!(tick(&at, visit, 0, "no").await.contains("This step is not ticked."));
    let events = "SELECT COUNT(*) FROM visit_events WHERE kind = 'step'";
    assert_eq!(at.number(events), 2);
    // Starting twice is starting once.
    assert_eq!(act(&at, visit, "start", &[]).await.status, 303);
    assert_eq!(at.number("SELECT COUNT(*) FROM visit_events WHERE kind = 'started'"), 1);
}

#[actix_web::test]
async fn a_picture_is_kept_without_its_place_and_shown_to_its_practitioner_only() {
    let at = Visiting::start().await;
    let visit = begun(&at).await;
    let iris = at.as_staff();
    let path = links::my_visit_step(at.org, visit, at.step(visit, 2), "photo");
    assert_eq!(send_photo(&iris, &path, &jpeg(1)).await.status, 303);
    let same = send_photo(&iris, &path, &jpeg(1)).await;
    assert_eq!(same.status, 409);
    assert!(same.text().contains("Iris Vale kept this picture already."), "{}", same.text());
    for seed in 2..=5 {
        assert_eq!(send_photo(&iris, &path, &jpeg(seed)).await.status, 303);
    }
    let most = send_photo(&iris, &path, &jpeg(6)).await;
    assert_eq!(most.status, 409, "{}", most.text());
    assert_eq!(at.number("SELECT COUNT(*) FROM visit_photos"), 5);
    let photo = VisitPhotoId(at.number("SELECT MIN(id) FROM visit_photos"));
    let shown = iris.get(&links::my_visit_photo(at.org, visit, photo)).await;
    assert_eq!((shown.status, shown.header("content-type")), (200, Some("image/jpeg")));
    assert!(shown.header("content-security-policy").unwrap().contains("sandbox"));
    let holds = |part: &[u8]| shown.bytes.windows(part.len()).any(|window| window == part);
    assert!(!holds(b"GPS") && holds(&[1, 0x12, 0xff, 0x00, 0x34]));
    let managers = links::visit_photo(at.org, visit, photo);
    assert_eq!(at.as_manager().get(&managers).await.status, 200);
    assert_eq!(at.as_stranger().get(&managers).await.status, 404);
    assert_eq!(at.as_manager().get(&links::my_visit_photo(at.org, visit, photo)).await.status, 404);
    let other = begun(&at).await;
    assert_eq!(iris.get(&links::my_visit_photo(at.org, other, photo)).await.status, 404);
    let steps = at.as_manager().get(&links::visit_act(at.org, visit, "steps")).await;
    assert!(steps.body.contains(&managers), "{}", steps.body);
}

#[actix_web::test]
async fn what_is_no_picture_is_refused_beside_its_field() {
    let at = Visiting::start().await;
    let visit = begun(&at).await;
    let step = at.step(visit, 2);
    let path = links::my_visit_step(at.org, visit, step, "photo");
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>";
    for (bytes, words) in [
        (&svg[..], "The picture is a drawing (SVG), which can hold a program"),
        (b"<!doctype html><script>alert(1)</script>", "The picture is a web page, not a picture"),
        (b"", "The picture is missing"),
        (b"\xff\xd8\xff\xd9", "The picture did not arrive whole"),
    ] {
        let page = send_photo(&at.as_staff(), &path, bytes).await;
        assert_eq!(page.status, 422, "{}", page.text());
        assert!(page.text().contains(words), "{words}: {}", page.text());
        assert!(page.body.contains(&format!("href=\"#photo-{step}\"")), "{}", page.body);
    }
    let large = vec![0xff; 9 * 1024 * 1024];
    assert_eq!(send_photo(&at.as_staff(), &path, &large).await.status, 413);
    assert_eq!(at.number("SELECT COUNT(*) FROM visit_photos"), 0);
    // Only a step that asks for a picture takes one.
    let path = links::my_visit_step(at.org, visit, at.step(visit, 0), "photo");
    assert_eq!(send_photo(&at.as_staff(), &path, &jpeg(1)).await.status, 404);
}

#[actix_web::test]
async fn a_patient_who_is_not_there_ends_it_with_a_note() {
    let at = Visiting::start().await;
    let visit = at.of_iris();
    let page = act(&at, visit, "not-present", &[]).await;
    assert_eq!(page.status, 422);
    assert!(page.text().contains("Say what you saw"), "{}", page.text());
    let note = [("absent_note", "Rang twice and called, nobody answered")];
    assert_eq!(act(&at, visit, "not-present", &note).await.status, 303);
    let iris = at.as_staff();
    let page = iris.get(&links::my_visits(at.org)).await;
    assert!(page.text().contains("Patient not present"), "{}", page.text());
    let page = iris.get(&links::my_visit(at.org, visit)).await;
    assert!(page.text().contains("Rang twice and called"), "{}", page.text());
    let again = iris.post(&links::my_visit_act(at.org, visit, "not-present"), &note).await;
    assert!(iris.get(again.location()).await.text().contains("This appointment is cancelled already."));
    assert_eq!(at.number("SELECT COUNT(*) FROM visit_events WHERE kind = 'cancelled'"), 1);
}
