//! Documents that programs send: kept by their bytes, named by appointments, and of one mode and one patient only.

use actix_web::http::Method;
use kinbridge::domain::api_keys::{KeyScope, Mode};
use serde_json::{Value, json};

use super::{Shop, ask, betty, booking, key, made, read, with, wrong};
use crate::documents::pdf;
use crate::support::Page;
use crate::support::bookable::run;

async fn send(shop: &Shop, key: &str, name: &str, bytes: &[u8], headers: &[(&str, &str)]) -> Page {
    let visitor = shop.signed_out();
    let path = format!("/api/v1/documents?name={name}");
    let mut ask = visitor.ask(Method::POST, &path).header("authorization", key);
    for (name, value) in headers {
        ask = ask.header(name, value);
    }
    ask.header("content-type", "application/pdf").body(bytes).send().await
}

async fn sent(shop: &Shop, name: &str) -> String {
    made(&send(shop, &shop.key, name, &pdf(name), &[]).await)
}

/// A shop whose task takes documents.
async fn start() -> Shop {
    let shop = Shop::start().await;
    run(&shop, "UPDATE task_versions SET documents = TRUE");
    shop
}

#[actix_web::test]
async fn a_document_needs_a_key_of_its_mode_with_the_scope() {
    let shop = start().await;
    let id = sent(&shop, "Referral").await;
    let (_, reads) = key(&shop, shop.org, Mode::Test, "Reads", &[KeyScope::AppointmentsRead]);
    let (_, live) = key(&shop, shop.org, Mode::Live, "Live", KeyScope::ALL);
    let (org, _) = shop.neighbour();
    let (_, theirs) = key(&shop, org, Mode::Test, "Neighbour", KeyScope::ALL);
    assert_eq!(send(&shop, "", "A", &pdf("A"), &[]).await.status, 401);
    assert_eq!(send(&shop, &reads, "A", &pdf("A"), &[]).await.status, 403);
    for path in [format!("/api/v1/documents/{id}"), format!("/api/v1/documents/{id}/content")] {
        assert_eq!(ask(&shop, &reads, Method::GET, &path, None, &[]).await.status, 200, "{path}");
        for key in [&live, &theirs] {
            assert_eq!(ask(&shop, key, Method::GET, &path, None, &[]).await.status, 404, "{path}");
        }
    }
}

#[actix_web::test]
async fn a_document_is_sent_first_and_then_goes_with_the_appointment() {
    let shop = start().await;
    let page = send(&shop, &shop.key, "Referral%20letter", &pdf("of Betty"), &[]).await;
    let id = made(&page);
    let kept = read(&page);
    assert_eq!(
        (kept["name"].as_str(), kept["mediaType"].as_str()),
        (Some("Referral letter"), Some("application/pdf"))
    );
    assert_eq!(kept["bytes"], json!(pdf("of Betty").len()));
    assert_eq!(read(&shop.get(&format!("/api/v1/documents/{id}")).await), kept);
    let file = shop.get(&format!("/api/v1/documents/{id}/content")).await;
    assert_eq!((file.header("content-type"), &file.bytes), (Some("application/pdf"), &pdf("of Betty")));

    let patient = shop.patient().await;
    let second = sent(&shop, "Plan").await;
    let body = with(booking(&patient), "documentIds", json!([second, id, second]));
    let page = shop.post("/api/v1/appointments", &body).await;
    let appointment = made(&page);
    assert_eq!(read(&page)["documentIds"], json!([second, id]), "in their order, each once");
    let path = format!("/api/v1/appointments/{appointment}");
    let list = read(&shop.get("/api/v1/appointments").await);
    assert_eq!(list["data"][0]["documentIds"], json!([second, id]));
    let changed = shop.patch(&path, &json!({ "documentIds": [id] })).await;
    assert_eq!((changed.status, read(&changed)["documentIds"].clone()), (200, json!([id])));
    let events = "SELECT COUNT(*) FROM webhook_events";
    let told = shop.number(events);
    shop.patch(&path, &json!({ "documentIds": [id] })).await;
    assert_eq!(shop.number(events), told, "nothing changed, and nobody is told");
    assert_eq!(read(&shop.patch(&path, &json!({ "note": "Ring" })).await)["documentIds"], json!([id]));
    assert_eq!(read(&shop.patch(&path, &json!({ "documentIds": null })).await)["documentIds"], json!([]));
}

#[actix_web::test]
async fn what_cannot_go_with_an_appointment_names_the_field() {
    let shop = start().await;
    let (patient, id) = (shop.patient().await, sent(&shop, "Referral").await);
    let try_with = async |documents: Value| {
        let page =
            shop.post("/api/v1/appointments", &with(booking(&patient), "documentIds", documents)).await;
        (page.status, wrong(&page), page.body)
    };
    let field = vec!["documentIds".to_owned()];
    let (status, names, _) = try_with(json!(["doc_other"])).await;
    assert_eq!((status, names), (404, field.clone()));
    let (status, names, _) = try_with(json!(["letter"])).await;
    assert_eq!((status, names), (422, vec!["documentIds[0]".to_owned()]));
    let (status, names, _) = try_with(json!("doc_a")).await;
    assert_eq!((status, names), (422, field.clone()));
    let (status, names, _) = try_with(json!(vec!["doc_a"; 11])).await;
    assert_eq!((status, names), (422, field.clone()));
    run(&shop, "UPDATE task_versions SET documents = FALSE");
    let (status, names, body) = try_with(json!([id])).await;
    assert_eq!((status, names), (409, field.clone()));
    assert!(body.contains("No documents are sent with Blood test"), "{body}");
    run(&shop, "UPDATE task_versions SET documents = TRUE");
    made(&shop.post("/api/v1/appointments", &with(booking(&patient), "documentIds", json!([id]))).await);
    // The same letter for somebody else.
    let ada = made(&shop.post("/api/v1/patients", &with(betty(), "firstName", json!("Ada"))).await);
    let page = shop.post("/api/v1/appointments", &with(booking(&ada), "documentIds", json!([id]))).await;
    assert_eq!((page.status, wrong(&page)), (409, field.clone()));
    let other = made(&shop.post("/api/v1/appointments", &booking(&ada)).await);
    let page = shop.patch(&format!("/api/v1/appointments/{other}"), &json!({ "documentIds": [id] })).await;
    assert_eq!((page.status, wrong(&page)), (409, field.clone()));
    let page =
        shop.patch(&format!("/api/v1/appointments/{other}"), &json!({ "documentIds": ["doc_x"] })).await;
    assert_eq!((page.status, wrong(&page)), (404, field.clone()));
    // Of many at once each has its own answer.
    let many = json!({ "appointments": [
        with(booking(&patient), "documentIds", json!([id])),
        with(booking(&ada), "documentIds", json!([id])),
        with(booking(&ada), "documentIds", json!(["doc_x"])),
    ] });
    let results = read(&shop.post("/api/v1/appointments/bulk", &many).await);
    let statuses: Vec<&Value> =
        results["results"].as_array().unwrap().iter().map(|one| &one["status"]).collect();
    assert_eq!(statuses, [&json!(201), &json!(409), &json!(404)]);
}

#[actix_web::test]
async fn what_is_no_document_is_refused() {
    let shop = start().await;
    let post = async |query: &str, kind: &str, bytes: Vec<u8>| {
        let visitor = shop.signed_out();
        let ask = visitor
            .ask(Method::POST, &format!("/api/v1/documents{query}"))
            .header("authorization", &shop.key);
        ask.header("content-type", kind).body(bytes).send().await
    };
    for (query, kind, bytes, status, fields) in [
        ("", "application/pdf", pdf("a"), 400, vec!["name"]),
        ("?name=%20", "application/pdf", pdf("a"), 400, vec!["name"]),
        ("?name=A", "text/plain", pdf("a"), 415, vec![]),
        ("?name=A", "application/json", b"{}".to_vec(), 415, vec![]),
        ("?name=A", "application/pdf", b"<html>".to_vec(), 422, vec!["body"]),
        ("?name=A", "application/pdf", Vec::new(), 422, vec!["body"]),
        ("?name=A", "image/png", vec![0; 9 * 1024 * 1024], 413, vec![]),
    ] {
        let page = post(query, kind, bytes).await;
        let named: Vec<String> = fields.into_iter().map(str::to_owned).collect();
        assert_eq!((page.status, wrong(&page)), (status, named), "{query} {kind}: {}", page.body);
    }
    assert_eq!(shop.number("SELECT COUNT(*) FROM documents"), 0);
    shop.write(|tx| kinbridge::domain::documents::take(tx, &shop.scope(), false));
    let page = post("?name=A", "application/pdf", pdf("a")).await;
    assert_eq!((page.status, wrong(&page)), (409, vec!["body".to_owned()]));
    assert!(page.body.contains("takes no documents with appointments"), "{}", page.body);
}

#[actix_web::test]
async fn a_document_that_is_sent_again_under_its_name_is_kept_once() {
    let shop = start().await;
    let named = [("idempotency-key", "letter-1")];
    let first = send(&shop, &shop.key, "Referral", &pdf("a"), &named).await;
    let again = send(&shop, &shop.key, "Referral", &pdf("a"), &named).await;
    assert_eq!((made(&first), again.header("idempotent-replayed")), (made(&again), Some("true")));
    // Bytes that are no text differ by their digest, and a name is part of what was sent.
    let (one, other) = (pdf("\u{fffd}"), [b"%PDF-1.7\n% ".as_slice(), b"\xff", b"\n%%EOF"].concat());
    assert_eq!(send(&shop, &shop.key, "Referral", &one, &named).await.status, 409);
    assert_eq!(send(&shop, &shop.key, "Referral", &other, &named).await.status, 409);
    assert_eq!(send(&shop, &shop.key, "Another", &pdf("a"), &named).await.status, 409);
    assert_eq!(shop.number("SELECT COUNT(*) FROM documents"), 1);
}

#[actix_web::test]
async fn a_program_that_only_uploads_is_stopped() {
    let shop = start().await;
    for _ in 0..20 {
        sent(&shop, "Referral").await;
    }
    let columns =
        "organisation_id, mode, public_id, name, media, digest, length, kept_at, kept_by_name, bytes";
    for number in 20..200 {
        run(
            &shop,
            &format!(
                "INSERT INTO documents ({columns}) SELECT organisation_id, mode, 'doc_{number}', name, media, digest, \
             length, kept_at, kept_by_name, bytes FROM documents ORDER BY id LIMIT 1"
            ),
        );
    }
    let page = send(&shop, &shop.key, "Referral", &pdf("a"), &[]).await;
    assert_eq!(page.status, 409, "{}", page.body);
    assert!(page.body.contains("200 documents wait already"), "{}", page.body);
    // A live key's are counted by themselves.
    let (_, live) = key(&shop, shop.org, Mode::Live, "Live", KeyScope::ALL);
    made(&send(&shop, &live, "Referral", &pdf("a"), &[]).await);
}
