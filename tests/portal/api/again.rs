//! Requests that are sent again under the same name (OB-6).

use actix_web::http::Method;
use futures_util::future::join_all;
use kinbridge::domain::api_keys::{KeyScope, Mode};
use kinbridge::jobs::purge;
use serde_json::{Value, json};

use super::{Shop, ask, betty, booking, key, made, read, with, wrong};
use crate::support::Page;

async fn send(shop: &Shop, name: &str, body: &Value) -> Page {
    ask(shop, &shop.key, Method::POST, "/api/v1/patients", Some(body), &[("idempotency-key", name)]).await
}

#[actix_web::test]
async fn the_same_request_is_done_once_and_answered_the_same() {
    let shop = Shop::start().await;
    let first = send(&shop, "order-1", &betty()).await;
    made(&first);
    assert_eq!(first.header("idempotent-replayed"), None);
    let again = send(&shop, "order-1", &betty()).await;
    assert_eq!((again.status, &again.body), (201, &first.body));
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    let other = send(&shop, "order-1", &with(betty(), "firstName", json!("Ada"))).await;
    assert_eq!(other.status, 409);
    assert!(read(&other)["title"].as_str().unwrap().contains("another request"));
    let nobody = booking("p_x");
    let elsewhere = ask(
        &shop,
        &shop.key,
        Method::POST,
        "/api/v1/appointments",
        Some(&nobody),
        &[("idempotency-key", "order-1")],
    );
    assert_eq!(elsewhere.await.status, 404, "what cannot be done is told first");
    let (_, second) = key(&shop, shop.org, Mode::Test, "Second", KeyScope::ALL);
    let named = [("idempotency-key", "order-1")];
    let theirs = ask(&shop, &second, Method::POST, "/api/v1/patients", Some(&betty()), &named).await;
    assert_ne!(made(&theirs), made(&first), "another key's names are its own");
    assert_eq!(shop.number("SELECT COUNT(*) FROM patients"), 2);
}

#[actix_web::test]
async fn a_hundred_at_once_make_one_and_get_equal_answers() {
    let shop = Shop::start().await;
    let body = betty();
    let pages = join_all((0..100).map(|_| send(&shop, "one", &body))).await;
    let first = made(&pages[0]);
    assert!(pages.iter().all(|page| made(page) == first));
    let repeated = pages.iter().filter(|page| page.header("idempotent-replayed").is_some()).count();
    assert_eq!(repeated, 99);
    assert_eq!(shop.number("SELECT COUNT(*) FROM patients"), 1);
}

#[actix_web::test]
async fn a_refusal_is_not_kept_and_an_answer_is_kept_for_a_day() {
    let shop = Shop::start().await;
    let bad = send(&shop, "order-2", &with(betty(), "firstName", json!("B"))).await;
    assert_eq!(bad.status, 422);
    let first = made(&send(&shop, "order-2", &betty()).await);
    shop.pass(24 * 3600 - 1);
    assert_eq!(made(&send(&shop, "order-2", &betty()).await), first);
    shop.pass(2);
    let later = made(&send(&shop, "order-2", &betty()).await);
    assert_ne!(later, first);
    assert_eq!(shop.number("SELECT COUNT(*) FROM idempotency_keys"), 1);
    shop.pass(25 * 3600);
    purge::run(&shop.services).await.unwrap();
    assert_eq!(shop.number("SELECT COUNT(*) FROM idempotency_keys"), 0);
}

#[actix_web::test]
async fn a_name_is_visible_ascii() {
    let shop = Shop::start().await;
    for name in ["", "two words", &"x".repeat(256)] {
        let page = send(&shop, name, &betty()).await;
        assert_eq!((page.status, wrong(&page)), (400, vec!["Idempotency-Key".to_owned()]), "{name}");
    }
    assert_eq!(shop.number("SELECT COUNT(*) FROM patients"), 0);
}
