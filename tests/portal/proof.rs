//! Proof of a visit: who signs and what is drawn, the place by consent only, whether it was changed since, and what was
//! done without a network.

#![cfg(test)]

use actix_web::http::Method;
use kinbridge::db::Db;
use kinbridge::domain::access::ViewAppointments;
use kinbridge::domain::api_keys::Mode;
use kinbridge::domain::visits::{self, Check, Completion, Proof, Status, TypedProof};
use kinbridge::kit::ids::VisitId;
use kinbridge::kit::sealed::KeyRing;
use kinbridge::kit::secret::fingerprint;
use kinbridge::links;
use serde_json::Value;

use crate::audit_trail::acts::Walk;
use crate::my_visits::{begun, jpeg, send_photo};
use crate::support::Page;
use crate::support::bookable::run;
use crate::support::visiting::Visiting;

const DRAWN: &str = "100-100-300-200.500-150";
const KEY: &str = "1764421234567-0123456789";

/// One of Iris Vale's, of which everything is done but its end.
async fn ready(at: &Visiting) -> VisitId {
    let visit = begun(at).await;
    let iris = at.as_staff();
    let tick = links::my_visit_step(at.org, visit, at.step(visit, 0), "tick");
    assert_eq!(iris.post(&tick, &[("done", "yes")]).await.status, 303);
    let photo = links::my_visit_step(at.org, visit, at.step(visit, 2), "photo");
    assert_eq!(send_photo(&iris, &photo, &jpeg(1)).await.status, 303);
    visit
}

async fn complete(at: &Visiting, visit: VisitId, fields: &[(&str, &str)]) -> Page {
    at.as_staff().post(&links::my_visit_act(at.org, visit, "complete"), fields).await
}

const SIGNED: [(&str, &str); 6] = [
    ("note", "All well"),
    ("signer", "Betty Cole"),
    ("relationship", "patient"),
    ("strokes", DRAWN),
    ("place_consent", "yes"),
    ("place", "53.99212,-1.54183"),
];

async fn steps(at: &Visiting, visit: VisitId) -> Page {
    at.as_manager().get(&links::visit_act(at.org, visit, "steps")).await
}

fn proof(at: &Visiting, visit: VisitId) -> Option<Proof> {
    let scope = at.scope::<ViewAppointments>();
    at.read(|conn| {
        let of = visits::get(conn, &scope, Mode::Live, visit)?;
        visits::proof(conn, &scope, &at.services.config.keys, &of)
    })
}

/// The first column of each row.
fn texts(at: &Visiting, query: &str) -> Vec<String> {
    use diesel::prelude::*;
    #[derive(QueryableByName)]
    struct Text {
        #[diesel(sql_type = diesel::sql_types::Text)]
        t: String,
    }
    let (column, rest) = query.strip_prefix("SELECT ").unwrap().split_once(" FROM ").unwrap();
    let query = format!("SELECT {column} AS t FROM {rest}");
    at.read(|conn| {
        let rows: Vec<Text> = diesel::sql_query(query.as_str()).load(conn)?;
        Ok(rows.into_iter().map(|row| row.t).collect())
    })
}

fn status(at: &Visiting, visit: VisitId) -> Status {
    at.read(|conn| visits::get(conn, &at.scope::<ViewAppointments>(), Mode::Live, visit)).status
}

/// Sends the form that a page's script keeps.
pub async fn every_form(at: &Visiting, walk: &mut Walk<'_>) {
    let iris = at.app.new_visitor(&at.staff);
    let visit = at.of_iris();
    at.write(|tx| visits::start(tx, &at.scope::<ViewAppointments>(), visit));
    let step = at.step(visit, 0).to_string();
    let fields = [("act", "tick"), ("step", &step), ("done", "yes"), ("replay", KEY), ("noted", "0")];
    let fields = fields.map(|(name, value)| (name, value.to_owned())).into();
    let path = links::my_visit_act(at.org, visit, "late");
    walk.by("/org/{org}/my-visits/{visit}/late", &iris, &path, fields).await;
}

#[actix_web::test]
async fn a_stranger_gets_404_and_a_colleague_cannot_send_for_another() {
    let at = Visiting::start().await;
    let visit = begun(&at).await;
    let path = links::my_visit_act(at.org, visit, "late");
    let fields = [("act", "not-present"), ("absent_note", "x"), ("replay", KEY)];
    for visitor in [at.as_stranger(), at.as_manager(), at.as_relative()] {
        assert_eq!(visitor.post(&path, &fields).await.status, 404);
    }
    assert_eq!(status(&at, visit), Status::InProgress);
}

#[actix_web::test]
async fn a_signature_is_shown_as_it_was_drawn_with_the_place_and_the_check() {
    let at = Visiting::start().await;
    let visit = ready(&at).await;
    assert_eq!(complete(&at, visit, &SIGNED).await.status, 303);
    let page = steps(&at, visit).await;
    for words in [
        "Proof of the visit",
        "Betty Cole, patient",
        "on the phone of Iris Vale",
        "53.992, -1.541, to about 100 metres",
        "miles from the middle of HG1",
        "Unchanged since it was signed",
    ] {
        assert!(page.text().contains(words), "{words}: {}", page.text());
    }
    assert!(page.body.contains(r#"<polyline points="100,100 300,200"/>"#), "{}", page.body);
    assert!(page.body.contains(r#"<polyline points="500,150 501,150"/>"#), "{}", page.body);
    let own = at.as_staff().get(&links::my_visit(at.org, visit)).await;
    assert!(own.text().contains("Signed by Betty Cole, patient"), "{}", own.text());
    assert_eq!(at.number("SELECT COUNT(*) FROM audit_events WHERE verb = 'visit.signed'"), 1);
    assert!(texts(&at, "SELECT details FROM audit_events").iter().all(|one| !one.contains("53992")));
}

#[actix_web::test]
async fn programs_are_told_who_signed_and_when_and_neither_drawing_nor_place() {
    let at = Visiting::start().await;
    let signed = ready(&at).await;
    assert_eq!(complete(&at, signed, &SIGNED).await.status, 303);
    let told = texts(&at, "SELECT body FROM webhook_events WHERE kind LIKE '%completed%'").pop().unwrap();
    assert!(told.contains(r#""signedBy":"patient""#) && told.contains("signedAt"), "{told}");
    for private in ["Betty", "100-100", "53.99", "53992"] {
        assert!(!told.contains(private), "{private}: {told}");
    }
}

#[actix_web::test]
async fn the_name_alone_is_a_signature_and_nothing_at_all_is_none() {
    let at = Visiting::start().await;
    let visit = ready(&at).await;
    let fields = [("signer", "Ann Cole"), ("relationship", "relative")];
    assert_eq!(complete(&at, visit, &fields).await.status, 303);
    let page = steps(&at, visit).await;
    assert!(page.text().contains("The name, without a drawing"), "{}", page.text());
    assert!(page.text().contains("Place Not added"), "{}", page.text());
    let visit = ready(&at).await;
    assert_eq!(complete(&at, visit, &[("note", "All well")]).await.status, 303);
    assert_eq!(proof(&at, visit), None);
    assert!(!steps(&at, visit).await.text().contains("Proof of the visit"));
}

#[actix_web::test]
async fn what_cannot_be_a_signature_stands_beside_its_field_and_what_was_typed_stays() {
    let at = Visiting::start().await;
    let visit = ready(&at).await;
    for (fields, words) in [
        ([("signer", ""), ("relationship", "patient"), ("strokes", DRAWN)], "Enter who signed"),
        ([("signer", "Betty"), ("relationship", ""), ("strokes", DRAWN)], "Choose who signed"),
        (
            [("signer", "Betty"), ("relationship", "patient"), ("strokes", "1-2-<svg>")],
            "This drawing cannot be kept",
        ),
        (
            [("signer", "Betty"), ("relationship", "patient"), ("strokes", "1-2-2000-1")],
            "This drawing cannot be kept",
        ),
    ] {
        let page = complete(&at, visit, &fields).await;
        assert_eq!(page.status, 422, "{}", page.text());
        assert!(page.text().contains(words), "{words}: {}", page.text());
        assert!(page.body.contains(&format!(r#"name="signer" value="{}""#, fields[0].1)), "{}", page.body);
    }
    assert_eq!((status(&at, visit), at.number("SELECT COUNT(*) FROM visit_proofs")), (Status::InProgress, 0));
}

#[actix_web::test]
async fn a_place_needs_its_consent_and_where_the_browser_gives_none_the_visit_is_completed() {
    let at = Visiting::start().await;
    let visit = ready(&at).await;
    assert_eq!(complete(&at, visit, &[("place", "53.992,-1.541")]).await.status, 303);
    assert_eq!(proof(&at, visit), None, "nobody agreed");
    let visit = ready(&at).await;
    let iris = at.as_staff();
    let done = iris.post(&links::my_visit_act(at.org, visit, "complete"), &[("place_consent", "yes")]).await;
    let page = iris.get(done.location()).await;
    assert!(
        page.text().contains("The place is not added, since the browser did not give it."),
        "{}",
        page.text()
    );
    assert_eq!(status(&at, visit), Status::Completed);
}

#[actix_web::test]
async fn only_the_page_of_a_visit_may_ask_the_browser_where_it_is() {
    let at = Visiting::start().await;
    let visit = begun(&at).await;
    let policy = async |path: String| {
        let page = at.as_staff().get(&path).await;
        page.header("permissions-policy").unwrap().to_owned()
    };
    assert!(policy(links::my_visit(at.org, visit)).await.contains("geolocation=(self)"));
    assert!(policy(links::my_visits(at.org)).await.contains("geolocation=()"));
}

#[actix_web::test]
async fn whatever_is_changed_afterwards_is_named() {
    let at = Visiting::start().await;
    let visit = ready(&at).await;
    assert_eq!(complete(&at, visit, &SIGNED).await.status, 303);
    let check = || proof(&at, visit).unwrap().check;
    assert_eq!(check(), Check::Unchanged);
    let changes = [
        (
            format!("UPDATE visit_outcomes SET outcome_note = 'Not well' WHERE visit_id = {visit}"),
            format!("UPDATE visit_outcomes SET outcome_note = 'All well' WHERE visit_id = {visit}"),
            "the note and the readings",
        ),
        (
            format!("UPDATE visit_steps SET done_by_name = 'Jack' WHERE visit_id = {visit} AND position = 0"),
            format!(
                "UPDATE visit_steps SET done_by_name = 'Iris Vale' WHERE visit_id = {visit} AND position = 0"
            ),
            "the steps",
        ),
        (
            "UPDATE visit_proofs SET signer = 'Betty Coal'".to_owned(),
            "UPDATE visit_proofs SET signer = 'Betty Cole'".to_owned(),
            "the signature",
        ),
    ];
    for (change, back, words) in changes {
        run(&at, &change);
        assert_eq!(check().words(), format!("Changed since it was signed: {words}"));
        assert!(steps(&at, visit).await.text().contains(&format!("Changed since it was signed: {words}")));
        run(&at, &back);
        assert_eq!(check(), Check::Unchanged);
    }
    run(&at, "UPDATE visit_photos SET digest = 'other'");
    assert_eq!(check().words(), "Changed since it was signed: the pictures");
    run(&at, "UPDATE visit_proofs SET parts = 'a b', digest = 'c'");
    assert!(check().words().ends_with("what was kept of the signing"), "{}", check().words());
}

#[actix_web::test]
async fn drawing_and_place_are_sealed_and_sealed_anew_with_a_new_key() {
    let at = Visiting::start().await;
    let visit = ready(&at).await;
    let line = fingerprint("the key of the tests");
    let (old, new) = (KeyRing::parse(&line).unwrap(), format!("{}02", "00".repeat(31)));
    // As the program opens its database.
    let db = Db::open(at.services.db.target().clone(), at.clock.clone()).unwrap().with_keys(old.clone());
    let typed = TypedProof {
        signer: "Betty Cole".into(),
        relationship: "patient".into(),
        strokes: DRAWN.into(),
        consent: true,
        place: "53.992,-1.541".into(),
    };
    let how = Completion { proof: typed.read().unwrap(), ..Completion::default() };
    let scope = at.scope::<ViewAppointments>();
    let done = db.write_now(|tx| {
        let now = tx.now;
        visits::complete_at(tx, &scope, visit, &how, now)
    });
    assert_eq!(done.unwrap().status, Status::Completed);
    let sealed = || texts(&at, "SELECT sealed FROM visit_proofs").remove(0);
    assert!(!sealed().contains("100-100") && !sealed().contains("53992"), "{}", sealed());
    let read = |keys: &KeyRing| {
        let found = at.read(|conn| {
            let of = visits::get(conn, &scope, Mode::Live, visit)?;
            visits::proof(conn, &scope, keys, &of)
        });
        found.unwrap()
    };
    let opened = read(&old);
    assert_eq!((opened.check, opened.strokes.text()), (Check::Unchanged, DRAWN));
    let only_new = KeyRing::parse(&new).unwrap();
    assert_eq!(read(&only_new).check, Check::Unreadable);
    assert_eq!(read(&only_new).place, None);
    let both = KeyRing::parse(&format!("{new}\n{line}")).unwrap();
    assert_eq!(at.write(|tx| visits::reseal_proofs(tx, &both)), 1);
    assert_eq!(at.write(|tx| visits::reseal_proofs(tx, &both)), 0, "all are sealed with the newest");
    assert_eq!(read(&only_new).check, Check::Unchanged);
}

async fn late(at: &Visiting, visit: VisitId, fields: &[(&str, &str)]) -> (u16, String) {
    let page = at.as_staff().post(&links::my_visit_act(at.org, visit, "late"), fields).await;
    let said: Value = serde_json::from_str(&page.body).unwrap_or_default();
    (page.status, said["words"].as_str().unwrap_or_default().to_owned())
}

#[actix_web::test]
async fn what_was_done_without_a_network_arrives_once_with_its_own_time() {
    let at = Visiting::start().await;
    let visit = begun(&at).await;
    at.clock.advance(chrono::TimeDelta::hours(2));
    let noted = (at.clock.now() - chrono::TimeDelta::minutes(90)).and_utc().timestamp_millis().to_string();
    let step = at.step(visit, 0).to_string();
    let ticked = [
        ("act", "tick"),
        ("step", step.as_str()),
        ("done", "yes"),
        ("replay", KEY),
        ("noted", noted.as_str()),
    ];
    assert_eq!(late(&at, visit, &ticked).await.0, 200);
    assert_eq!(late(&at, visit, &ticked).await, (200, "That is recorded already.".to_owned()));
    assert_eq!(at.number("SELECT COUNT(*) FROM visit_events WHERE kind = 'step'"), 1);
    let done =
        texts(&at, "SELECT CAST(done_at AS TEXT) FROM visit_steps WHERE done_at IS NOT NULL").remove(0);
    assert!(done.contains("10:30:00"), "{done}");

    let mut end =
        vec![("act", "complete"), ("replay", "1764421234568-0123456789"), ("noted", noted.as_str())];
    end.extend(SIGNED);
    // The picture needs a network, and the end waits for it.
    let (status_, words) = late(&at, visit, &end).await;
    assert_eq!(status_, 409, "{words}");
    assert!(words.contains("Tick this first: Photo of wound area."), "{words}");
    let photo = links::my_visit_step(at.org, visit, at.step(visit, 2), "photo");
    assert_eq!(send_photo(&at.as_staff(), &photo, &jpeg(1)).await.status, 303);
    assert_eq!(late(&at, visit, &end).await.0, 200);
    assert_eq!(late(&at, visit, &end).await, (200, "That is recorded already.".to_owned()));
    assert_eq!(status(&at, visit), Status::Completed);
    let kept = proof(&at, visit).unwrap();
    assert_eq!(kept.check, Check::Unchanged);
    assert_eq!(kept.signed_at.to_string(), "2026-11-22 10:30:00");
    assert_eq!(at.number("SELECT COUNT(*) FROM visit_events WHERE kind = 'completed'"), 1);
}

#[actix_web::test]
async fn what_came_late_and_does_not_fit_any_more_is_refused_in_words() {
    let at = Visiting::start().await;
    let visit = ready(&at).await;
    let wrong = [("act", "complete"), ("replay", "short"), ("noted", "")];
    assert_eq!(late(&at, visit, &wrong).await.0, 422);
    assert_eq!(late(&at, visit, &[("act", "dance"), ("replay", KEY)]).await.0, 404);
    let nothing = [("act", "not-present"), ("absent_note", ""), ("replay", KEY)];
    assert_eq!(late(&at, visit, &nothing).await.0, 422);
    assert_eq!(complete(&at, visit, &[]).await.status, 303);
    let end = [("act", "complete"), ("replay", "1764421234569-0123456789"), ("signer", "")];
    let (status_, words) = late(&at, visit, &end).await;
    assert_eq!((status_, words.as_str()), (422, "This appointment is completed already."));
    let page = at.as_staff().ask(Method::POST, &links::my_visit_act(at.org, visit, "late")).send().await;
    assert!(page.status >= 400, "a form without the browser's token: {}", page.status);
}

#[actix_web::test]
async fn the_page_says_what_works_without_a_network_and_without_a_script() {
    let at = Visiting::start().await;
    let visit = begun(&at).await;
    let page = at.as_staff().get(&links::my_visit(at.org, visit)).await;
    for words in [
        "Pictures need a network.",
        "Without a drawing the name is the signature.",
        "Only if you agree: where this phone is now, to about 100 metres.",
        "the appointment is completed without the place",
    ] {
        assert!(page.text().contains(words), "{words}: {}", page.text());
    }
    let late = links::my_visit_act(at.org, visit, "late");
    assert_eq!(page.body.matches(&format!(r#"data-late="{late}""#)).count(), 4, "{}", page.body);
    assert!(page.body.contains("offline.js") && page.body.contains("signing.js"));
}
