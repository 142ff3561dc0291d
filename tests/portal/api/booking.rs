//! From the coverage to the visit: availability, booking, moving, cancelling, and many at once.

use actix_web::http::Method;
use serde_json::{Value, json};

use super::{Shop, TASK, ask, betty, booking, made, read, with, wrong};

fn windows(answer: &Value) -> Vec<String> {
    answer["windows"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
}

#[actix_web::test]
async fn a_shop_goes_from_the_coverage_to_the_appointment() {
    let shop = Shop::start().await;
    let asked = format!("/api/v1/availability?taskId={TASK}&postcode=LS1%204AP");
    let answer = read(&shop.get(&asked).await);
    assert_eq!((answer["covered"].clone(), answer["nearest"].clone()), (json!(true), Value::Null));
    assert_eq!(windows(&answer).len(), 20, "three weeks, without today, which is over");
    assert_eq!(windows(&answer)[0], shop.slot(1));
    assert_eq!(answer["windows"][0]["startAt"], "2026-11-23T07:00:00Z");
    assert_eq!(answer["windows"][0]["placesLeft"], 2);
    let patient = made(&shop.post("/api/v1/patients", &betty()).await);
    let body = with(booking(&patient), "windowId", json!(shop.slot(1)));
    let page = shop.post("/api/v1/appointments", &with(body, "metadata", json!({ "tubes": 2 }))).await;
    let id = made(&page);
    let shown = read(&shop.get(&format!("/api/v1/appointments/{id}")).await);
    assert_eq!(shown, read(&page));
    assert_eq!((shown["status"].as_str(), shown["mode"].as_str()), (Some("scheduled"), Some("test")));
    assert_eq!(shown["metadata"], json!({ "tubes": 2 }));
    assert_eq!(read(&shop.get(&asked).await)["windows"][0]["placesLeft"], 1);
    let lines = read(&shop.get(&format!("/api/v1/appointments/{id}/events")).await);
    let kinds: Vec<&str> =
        lines["data"].as_array().unwrap().iter().map(|one| one["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["created", "scheduled", "letter"], "a test key's letter is only told of");
    assert_eq!(lines["data"][0]["by"], "API key Shop");
    let led = read(&shop.post("/api/v1/appointments", &booking(&patient)).await);
    assert_eq!(
        (led["status"].as_str(), led["schedulingMode"].as_str()),
        (Some("scheduling"), Some("patient-led"))
    );
}

#[actix_web::test]
async fn a_postcode_outside_is_told_and_what_cannot_be_asked_is_refused() {
    let shop = Shop::start().await;
    let outside = read(&shop.get(&format!("/api/v1/availability?taskId={TASK}&postcode=SW1A1AA")).await);
    assert_eq!((outside["covered"].clone(), windows(&outside).len()), (json!(false), 0));
    assert_eq!(outside["nearest"]["district"], "LS1");
    let ranged = format!("/api/v1/availability?taskId={TASK}&postcode=LS14AP&from=2026-12-01&to=2026-12-03");
    assert_eq!(windows(&read(&shop.get(&ranged).await)).len(), 3);
    let long = format!("/api/v1/availability?taskId={TASK}&postcode=LS14AP&from=2026-12-01&to=2027-12-01");
    let long = read(&shop.get(&long).await);
    assert_eq!(
        (&long["from"], &long["to"]),
        (&json!("2026-12-01"), &json!("2027-01-01")),
        "as far as is looked"
    );
    let turned = format!("/api/v1/availability?taskId={TASK}&postcode=LS14AP&from=2026-12-03&to=2026-12-01");
    assert_eq!(windows(&read(&shop.get(&turned).await)).len(), 0, "no day lies between");
    for (query, fields, status) in [
        ("", vec!["taskId", "postcode"], 400),
        ("?taskId=tsk_blood", vec!["postcode"], 400),
        ("?taskId=tsk_blood&postcode=LS1", vec!["postcode"], 400),
        ("?taskId=tsk_blood&postcode=LS14AP&from=soon", vec!["from"], 400),
        ("?taskId=tsk_other&postcode=LS14AP", vec!["taskId"], 404),
    ] {
        let page = shop.get(&format!("/api/v1/availability{query}")).await;
        assert_eq!(
            (page.status, wrong(&page)),
            (status, fields.iter().map(|one| (*one).to_owned()).collect()),
            "{query}"
        );
    }
}

#[actix_web::test]
async fn who_comes_too_late_is_told_the_next_window() {
    let shop = Shop::start().await;
    let patient = shop.patient().await;
    let body = with(booking(&patient), "windowId", json!(shop.slot(1)));
    let first = made(&shop.post("/api/v1/appointments", &body).await);
    made(&shop.post("/api/v1/appointments", &body).await);
    let page = shop.post("/api/v1/appointments", &body).await;
    assert_eq!(page.status, 409, "{}", page.body);
    assert_eq!(read(&page)["nextWindow"]["id"], shop.slot(2));
    let other = made(
        &shop.post("/api/v1/appointments", &with(booking(&patient), "windowId", json!(shop.slot(2)))).await,
    );
    let moving = json!({ "windowId": shop.slot(1) });
    let page = shop.post(&format!("/api/v1/appointments/{other}/reschedule"), &moving).await;
    assert_eq!((page.status, read(&page)["nextWindow"]["id"].clone()), (409, json!(shop.slot(2))));
    let cancel = json!({ "cancellingEntity": "patient" });
    assert_eq!(shop.post(&format!("/api/v1/appointments/{first}/cancel"), &cancel).await.status, 200);
    let page = shop.post(&format!("/api/v1/appointments/{other}/reschedule"), &moving).await;
    assert_eq!((page.status, read(&page)["window"]["id"].clone()), (200, json!(shop.slot(1))));
}

#[actix_web::test]
async fn an_appointment_is_cancelled_once_and_says_how() {
    let shop = Shop::start().await;
    let patient = shop.patient().await;
    let id = made(
        &shop.post("/api/v1/appointments", &with(booking(&patient), "windowId", json!(shop.slot(1)))).await,
    );
    let path = format!("/api/v1/appointments/{id}");
    let page = shop.get(&format!("{path}/cancellation")).await;
    assert_eq!((page.status, page.body.contains("is not cancelled")), (409, true), "{}", page.body);
    for (body, field) in [
        (json!({}), "cancellingEntity"),
        (json!({ "cancellingEntity": "nobody" }), "cancellingEntity"),
        (json!({ "cancellingEntity": "patient", "reasonCode": "rain" }), "reasonCode"),
        (json!({ "cancellingEntity": "patient", "causingEntity": "rain" }), "causingEntity"),
        (json!({ "cancellingEntity": "patient", "note": "x".repeat(2_001) }), "note"),
    ] {
        let page = shop.post(&format!("{path}/cancel"), &body).await;
        assert_eq!((page.status, wrong(&page)), (422, vec![field.to_owned()]), "{body}");
    }
    let how = json!({ "cancellingEntity": "patient", "causingEntity": "organisation", "reasonCode": "patient_unwell", "note": "Flu" });
    let page = shop.post(&format!("{path}/cancel"), &how).await;
    assert_eq!((page.status, read(&page)["status"].clone()), (200, json!("cancelled")));
    let kept = read(&shop.get(&format!("{path}/cancellation")).await);
    assert_eq!(
        (kept["reasonCode"].clone(), kept["causingEntity"].clone()),
        (json!("patient_unwell"), json!("organisation"))
    );
    assert_eq!(kept["chargeable"], json!(true), "tomorrow at 7 is less than a day away");
    let again = shop.post(&format!("{path}/cancel"), &how).await;
    assert_eq!((again.status, wrong(&again).len()), (409, 0));
    assert_eq!(shop.patch(&path, &json!({ "note": "x" })).await.status, 409);
    let moving = json!({ "windowId": shop.slot(3) });
    let page = shop.post(&format!("{path}/reschedule"), &moving).await;
    assert_eq!(
        (page.status, read(&page)["nextWindow"].clone()),
        (409, Value::Null),
        "the window is not in the way"
    );
}

#[actix_web::test]
async fn an_appointment_is_changed_where_it_may_be() {
    let shop = Shop::start().await;
    let id = made(&shop.post("/api/v1/appointments", &booking(&shop.patient().await)).await);
    let path = format!("/api/v1/appointments/{id}");
    let outside = json!({ "location": { "line1": "1 Road", "city": "London", "postcode": "SW1A 1AA" } });
    let page = shop.patch(&path, &outside).await;
    assert_eq!((page.status, wrong(&page)), (409, vec!["location.postcode".to_owned()]));
    assert!(read(&page)["detail"].as_str().unwrap().contains("LS1"), "the nearest is named: {}", page.body);
    let changes = json!({ "note": "Ring twice", "externalRef": "order-9", "metadata": { "a": 1 } });
    let now = read(&shop.patch(&path, &changes).await);
    assert_eq!((now["note"].clone(), now["externalRef"].clone()), (json!("Ring twice"), json!("order-9")));
    let now = read(&shop.patch(&path, &json!({ "note": null, "metadata": null })).await);
    assert_eq!((now["note"].clone(), now["metadata"].clone()), (Value::Null, Value::Null));
    assert_eq!(now["externalRef"], "order-9", "what is not sent stays");
    for (body, field) in [
        (json!({ "phone": null }), "phone"),
        (json!({ "location": null }), "location"),
        (json!({ "windowId": shop.slot(2) }), ""),
    ] {
        let page = shop.patch(&path, &body).await;
        assert_eq!((page.status, wrong(&page)), (422, vec![field.to_owned()]), "{body}");
    }
    assert_eq!(shop.get("/api/v1/appointments/apt_nothing").await.status, 404);
}

#[actix_web::test]
async fn one_of_many_that_cannot_be_does_not_spoil_the_others() {
    let shop = Shop::start().await;
    let patient = shop.patient().await;
    let timed = with(booking(&patient), "windowId", json!(shop.slot(1)));
    let many = json!({ "appointments": [
        timed, timed, timed,
        with(booking(&patient), "phone", json!("x")),
        booking("p_nobody"),
        with(booking(&patient), "location", json!({ "line1": "1 Road", "city": "London", "postcode": "SW1A 1AA" })),
        booking(&patient),
    ] });
    let path = "/api/v1/appointments/bulk";
    let named = [("idempotency-key", "import-1")];
    let page = ask(&shop, &shop.key, Method::POST, path, Some(&many), &named).await;
    let answer = read(&page);
    let of = |field: &str| -> Vec<Value> {
        answer["results"].as_array().unwrap().iter().map(|one| one[field].clone()).collect()
    };
    assert_eq!(page.status, 200, "{answer}");
    assert_eq!(of("status"), [201, 201, 409, 422, 404, 409, 201].map(|status| json!(status)));
    assert_eq!(of("index"), (0..7).map(|index| json!(index)).collect::<Vec<_>>());
    assert_eq!(answer["done"], 3);
    assert_eq!(answer["results"][3]["problem"]["errors"][0]["field"], "phone");
    assert_eq!(answer["results"][5]["problem"]["errors"][0]["field"], "location.postcode");
    let again = ask(&shop, &shop.key, Method::POST, path, Some(&many), &named).await;
    assert_eq!((again.header("idempotent-replayed"), &again.body), (Some("true"), &page.body));
    assert_eq!(shop.number("SELECT COUNT(*) FROM visits"), 3);
    assert_eq!(shop.number("SELECT COUNT(*) FROM webhook_events WHERE kind = 'appointment.created'"), 3);

    let first = answer["results"][0]["appointment"]["id"].as_str().unwrap();
    let last = answer["results"][6]["appointment"]["id"].as_str().unwrap();
    let ending =
        json!({ "appointmentIds": [first, first, "apt_nothing", last], "cancellingEntity": "organisation" });
    let answer = read(&shop.post("/api/v1/appointments/bulk-cancel", &ending).await);
    let statuses: Vec<Value> =
        answer["results"].as_array().unwrap().iter().map(|one| one["status"].clone()).collect();
    assert_eq!(statuses, [200, 409, 404, 200].map(|status| json!(status)));
    for body in [json!({ "appointments": [] }), json!({ "appointments": vec![json!({}); 101] }), json!({})] {
        let page = shop.post(path, &body).await;
        assert_eq!((page.status, wrong(&page)), (422, vec!["appointments".to_owned()]));
    }
}

#[actix_web::test]
async fn whoever_missed_an_event_reads_on() {
    let shop = Shop::start().await;
    let patient = shop.patient().await;
    let timed = made(
        &shop.post("/api/v1/appointments", &with(booking(&patient), "windowId", json!(shop.slot(1)))).await,
    );
    made(&shop.post("/api/v1/appointments", &booking(&patient)).await);
    let first = read(&shop.get("/api/v1/events?limit=2").await);
    let kinds = |page: &Value| -> Vec<Value> {
        page["data"].as_array().unwrap().iter().map(|one| one["type"].clone()).collect()
    };
    assert_eq!(kinds(&first), ["appointment.created", "appointment.scheduled"]);
    assert_eq!(first["data"][0]["appointmentId"], json!(timed));
    let cursor = first["nextCursor"].as_str().unwrap();
    let next = read(&shop.get(&format!("/api/v1/events?cursor={cursor}")).await);
    assert_eq!((kinds(&next), next["nextCursor"].clone()), (vec![json!("appointment.created")], Value::Null));
    assert_eq!(shop.get("/api/v1/events?cursor=zz").await.status, 400);
    assert_eq!(shop.get("/api/v1/events?cursor=7b7d").await.status, 404);
}

/// Each round is another day, so that the place of each is the last.
#[actix_web::test]
async fn of_two_at_once_for_the_last_place_one_has_it_and_the_other_is_told_the_next() {
    const ROUNDS: i64 = 100;
    let shop = Shop::start().await;
    let patient = shop.patient().await;
    crate::support::bookable::run(&shop.app, "UPDATE visit_windows SET capacity = 1");
    for day in 1..=ROUNDS {
        let body = with(booking(&patient), "windowId", json!(shop.slot(day)));
        let (one, other) = futures_util::future::join(
            shop.post("/api/v1/appointments", &body),
            shop.post("/api/v1/appointments", &body),
        )
        .await;
        let loser = if one.status == 201 { &other } else { &one };
        assert_eq!((one.status.min(other.status), loser.status), (201, 409), "{} {}", one.body, other.body);
        assert_eq!(read(loser)["nextWindow"]["id"], shop.slot(day + 1), "{}", loser.body);
    }
    assert_eq!(shop.number("SELECT COUNT(*) FROM visits"), ROUNDS);
    let crowded =
        "SELECT COUNT(*) FROM (SELECT 1 FROM visits GROUP BY window_id, local_date HAVING COUNT(*) > 1) AS c";
    assert_eq!(shop.number(crowded), 0);
}
