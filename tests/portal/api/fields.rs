//! Every rule of every field, and that all that is wrong is told at once.

use serde_json::{Value, json};

use super::{Shop, betty, booking, made, read, with, wrong};

#[actix_web::test]
async fn each_rule_of_a_patient_names_its_field() {
    let shop = Shop::start().await;
    let long = |n: usize| json!("x".repeat(n));
    let bad = [
        ("title", json!("Lord"), "title"),
        ("firstName", json!("B"), "firstName"),
        ("firstName", long(101), "firstName"),
        ("firstName", json!(" Betty"), "firstName"),
        ("firstName", json!("Bet\u{0}ty"), "firstName"),
        ("firstName", json!("Bet\nty"), "firstName"),
        ("firstName", json!(null), "firstName"),
        ("firstName", json!(7), "firstName"),
        ("lastName", json!(""), "lastName"),
        ("sex", json!("x"), "sex"),
        ("phone", json!("07700900123"), "phone"),
        ("phone", json!("+1"), "phone"),
        ("email", json!("betty"), "email"),
        ("nhsNumber", json!("9434765918"), "nhsNumber"),
        ("nhsNumber", json!("943 476 5919"), "nhsNumber"),
        ("externalRef", long(101), "externalRef"),
        ("dateOfBirth", json!("09/03/1938"), "dateOfBirth"),
        ("dateOfBirth", json!("2027-01-01"), "dateOfBirth"),
        ("dateOfBirth", json!("1890-01-01"), "dateOfBirth"),
        ("note", long(2_001), "note"),
        ("note", json!("a\u{7}b"), "note"),
        ("address", json!([{}, {}]), "address"),
        (
            "address",
            json!([{ "line1": "1 Road", "city": "Leeds", "postcode": "LS1" }]),
            "address[0].postcode",
        ),
        ("address", json!([{ "city": "Leeds", "postcode": "LS1 4AP" }]), "address[0].line1"),
    ];
    for (field, value, named) in bad {
        let page = shop.post("/api/v1/patients", &with(betty(), field, value.clone())).await;
        assert_eq!(page.status, 422, "{field} {value}: {}", page.body);
        assert_eq!(wrong(&page), [named], "{field} {value}: {}", page.body);
    }
    assert_eq!(shop.number("SELECT COUNT(*) FROM patients"), 0);
}

#[actix_web::test]
async fn all_that_is_wrong_is_told_at_once_and_never_what_it_was() {
    let shop = Shop::start().await;
    let body = json!({ "firstName": "Zebediah\u{1}", "sex": "secret", "phone": 7, "address": [{}] });
    let page = shop.post("/api/v1/patients", &body).await;
    let mut fields = wrong(&page);
    fields.sort();
    let expected = [
        "address[0].city",
        "address[0].line1",
        "address[0].postcode",
        "dateOfBirth",
        "email",
        "firstName",
        "lastName",
        "phone",
        "sex",
    ];
    assert_eq!((page.status, fields), (422, expected.map(str::to_owned).to_vec()));
    assert!(!page.body.contains("Zebediah") && !page.body.contains("secret"), "{}", page.body);
}

#[actix_web::test]
async fn each_rule_of_an_appointment_names_its_field() {
    let shop = Shop::start().await;
    let body = booking(&shop.patient().await);
    let place = |postcode: &str| json!({ "line1": "1 Road", "city": "Leeds", "postcode": postcode });
    let bad = [
        ("patientId", json!("7"), "patientId", 422),
        ("patientId", json!("p_nobody"), "patientId", 404),
        ("taskId", json!("tsk_nothing"), "taskId", 404),
        ("windowId", json!("win_x"), "windowId", 422),
        ("windowId", json!("win_7_20261399"), "windowId", 422),
        ("windowId", json!("win_7_20260231"), "windowId", 404),
        ("windowId", json!("win_999999_20261123"), "windowId", 409),
        ("windowId", json!(shop.slot(-1)), "windowId", 409),
        ("windowId", json!(shop.slot(300)), "windowId", 409),
        ("phone", json!("call me"), "phone", 422),
        ("location", json!("here"), "location", 422),
        ("location", place("SW1A 1AA"), "location.postcode", 409),
        ("location", place("nowhere"), "location.postcode", 422),
        ("location", with(place("LS1 4AP"), "kind", json!("boat")), "location.kind", 422),
        ("planFrom", json!("2026-12-01"), "planTo", 422),
        ("planTo", json!("2026-12-01"), "planFrom", 422),
        ("metadata", json!([1]), "metadata", 422),
        ("metadata", json!({ "long": "x".repeat(9_000) }), "metadata", 422),
        ("externalRef", json!("x".repeat(101)), "externalRef", 422),
    ];
    for (field, value, named, status) in bad {
        let page = shop.post("/api/v1/appointments", &with(body.clone(), field, value.clone())).await;
        assert_eq!(
            (page.status, wrong(&page)),
            (status, vec![named.to_owned()]),
            "{field} {value}: {}",
            page.body
        );
    }
    let both = with(with(body.clone(), "planFrom", json!("2026-12-01")), "planTo", json!("2026-12-20"));
    let page = shop.post("/api/v1/appointments", &both).await;
    assert_eq!((page.status, wrong(&page)), (409, vec!["planFrom".to_owned()]), "the task is not booked so");
    let page = shop.post("/api/v1/appointments", &with(both, "windowId", json!(shop.slot(1)))).await;
    assert_eq!((page.status, wrong(&page)), (422, vec!["planFrom".to_owned()]), "a window and a period");
    assert_eq!(shop.number("SELECT COUNT(*) FROM visits"), 0);
}

#[actix_web::test]
async fn a_patient_is_kept_shown_and_changed() {
    let shop = Shop::start().await;
    let address = json!([{ "line1": "12 Park Row", "city": "Leeds", "postcode": "ls14ap", "accessNotes": "Ring\ntwice" }]);
    let full = with(
        with(with(betty(), "nhsNumber", json!("9434765919")), "title", json!("Mrs")),
        "address",
        address,
    );
    let page = shop.post("/api/v1/patients", &with(full, "externalRef", json!("customer-1"))).await;
    let id = made(&page);
    let path = format!("/api/v1/patients/{id}");
    let kept = read(&shop.get(&path).await);
    assert_eq!(kept, read(&page));
    assert_eq!(kept["address"][0]["postcode"], "LS1 4AP");
    assert_eq!(
        (kept["title"].as_str(), kept["sex"].clone(), kept["mode"].as_str()),
        (Some("Mrs"), Value::Null, Some("test"))
    );
    let page =
        shop.patch(&path, &json!({ "title": null, "note": "Has a dog", "phone": "+447700900999" })).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let now = read(&page);
    assert_eq!((now["title"].clone(), now["note"].as_str()), (Value::Null, Some("Has a dog")));
    assert_eq!((now["firstName"].as_str(), now["phone"].as_str()), (Some("Betty"), Some("+447700900999")));
    assert_eq!(now["address"], kept["address"], "what is not sent stays");
    for (field, value) in [("firstName", json!(null)), ("phone", json!("1")), ("id", json!("p_other"))] {
        assert_eq!(shop.patch(&path, &json!({ field: value })).await.status, 422, "{field}");
    }
    assert_eq!(shop.number("SELECT COUNT(*) FROM audit_events WHERE verb = 'patient.changed'"), 1);
    let by = "SELECT COUNT(*) FROM audit_events WHERE actor_name = 'API key Shop' AND actor_id IS NULL";
    assert_eq!(shop.number(by), 2);
    assert_eq!(
        shop.number(&format!("SELECT COUNT(*) FROM audit_events WHERE words LIKE '%{}%'", shop.key)),
        0
    );
}
