//! The page *API keys*: who opens it, that a key is shown once, and what is kept of it.

use std::collections::BTreeSet;

use kinbridge::domain::access::Scope;
use kinbridge::domain::api_keys::{self, KeyScope, Mode};
use kinbridge::kit::ids::ApiKeyId;
use kinbridge::links;

use super::{Shop, key, read};
use crate::audit_trail::acts::Walk;
use crate::support::TestApp;
use crate::support::community::Community;

const FIELDS: [(&str, &str); 4] =
    [("name", "Checkout"), ("mode", "test"), ("tasks_read", "yes"), ("availability_read", "yes")];

/// The forms of the page, for the walk over all forms.
pub async fn every_form(at: &Community, walk: &mut Walk<'_>) {
    let grace = &at.super_manager;
    let page = links::api_keys(at.org);
    walk.send("/org/{org}/settings/api-keys", grace, &page, &FIELDS).await;
    let id = ApiKeyId(at.number("SELECT MAX(id) FROM api_keys"));
    let revoke = links::revoke_api_key(at.org, id);
    walk.send("/org/{org}/settings/api-keys/{key}/revoke", grace, &revoke, &[]).await;
}

#[actix_web::test]
async fn only_super_managers_of_community_health_open_it() {
    let at = Community::start().await;
    let page = links::api_keys(at.org);
    assert_eq!(at.as_stranger().get(&page).await.status, 404);
    assert_eq!(at.as_staff().get(&page).await.status, 403);
    assert_eq!(at.as_manager().get(&page).await.status, 403);
    let shown = at.as_super().get(&page).await;
    assert_eq!(shown.status, 200);
    assert!(shown.text().contains("No program has a key yet."));
    let app = TestApp::start().await;
    let elsewhere = links::api_keys(app.cast.willow);
    assert_eq!(app.as_super().get(&elsewhere).await.status, 404);
    assert_eq!(app.as_super().post(&elsewhere, &FIELDS).await.status, 404);
    assert!(!app.as_super().get(&links::settings(app.cast.willow)).await.text().contains("API keys"));
}

#[actix_web::test]
async fn a_key_is_shown_once_and_kept_hashed() {
    let shop = Shop::start().await;
    let grace = shop.as_super();
    let page = grace.post(&links::api_keys(shop.org), &FIELDS).await;
    assert_eq!((page.status, page.header("cache-control")), (200, Some("no-store")), "{}", page.text());
    let start = page.body.find("value=\"test_").expect("the key is shown") + "value=\"".len();
    let made = page.body[start..].split('"').next().unwrap().to_owned();
    assert_eq!(made.len(), "test_".len() + 64);
    let answer = super::ask(&shop, &made, actix_web::http::Method::GET, "/api/v1/tasks", None, &[]).await;
    assert_eq!(read(&answer)["data"][0]["id"], super::TASK);
    let later = grace.get(&links::api_keys(shop.org)).await;
    assert!(!later.body.contains(&made) && later.text().contains(&made[made.len() - 4..]));
    assert!(later.text().contains("tasks:read, availability:read"));
    for table in ["api_keys", "audit_events"] {
        let columns = if table == "api_keys" { "key_hash || key_end || name" } else { "words || details" };
        let held = format!("SELECT COUNT(*) FROM {table} WHERE {columns} LIKE '%{made}%'");
        assert_eq!(shop.number(&held), 0, "{table}");
    }
    let told = "SELECT COUNT(*) FROM audit_events WHERE verb = 'api_key.made' AND words LIKE '%Checkout%'";
    assert_eq!(shop.number(told), 1);
}

#[actix_web::test]
async fn what_cannot_be_made_is_said_beside_its_field() {
    let at = Community::start().await;
    let grace = at.as_super();
    key(&at, at.org, Mode::Test, "Taken", &[KeyScope::TasksRead]);
    let cases: [(&[(&str, &str)], &str); 4] = [
        (&[("name", ""), ("mode", "test"), ("tasks_read", "yes")], "Enter what the key is for"),
        (&[("name", "taken"), ("mode", "test"), ("tasks_read", "yes")], "Enter another name"),
        (&[("name", "New"), ("tasks_read", "yes")], "Choose whether it is a test key or a live key"),
        (&[("name", "New"), ("mode", "live")], "Tick at least one thing"),
    ];
    for (fields, words) in cases {
        let page = grace.post(&links::api_keys(at.org), fields).await;
        assert_eq!(page.status, 422, "{words}");
        assert!(page.text().contains(words), "{words}");
    }
    assert_eq!(at.number("SELECT COUNT(*) FROM api_keys"), 1);
}

#[actix_web::test]
async fn making_one_asks_for_a_password_that_was_typed_lately() {
    let at = Community::start().await;
    let grace = at.as_super();
    at.pass(11 * 60);
    let page = grace.post(&links::api_keys(at.org), &FIELDS).await;
    assert_eq!((page.status, page.location().starts_with("/confirm")), (303, true));
    assert_eq!(at.number("SELECT COUNT(*) FROM api_keys"), 0);
}

#[actix_web::test]
async fn a_key_is_revoked_from_the_page_and_anothers_is_not_there() {
    let shop = Shop::start().await;
    let (neighbour, nell) = shop.neighbour();
    let id = ApiKeyId(shop.number("SELECT MAX(id) FROM api_keys"));
    let theirs = shop.as_person(&nell).post(&links::revoke_api_key(neighbour, id), &[]).await;
    assert_eq!(theirs.status, 404);
    assert_eq!(shop.get("/api/v1/tasks").await.status, 200);
    let page = shop.as_super().post(&links::revoke_api_key(shop.org, id), &[]).await;
    assert_eq!(page.status, 303);
    assert_eq!(shop.get("/api/v1/tasks").await.status, 401);
}

#[actix_web::test]
async fn its_use_is_noted_once_a_minute() {
    let shop = Shop::start().await;
    let scope = Scope::for_the_portal(shop.org);
    let used = || shop.read(|conn| api_keys::list(conn, &scope)).pop().unwrap().last_used_at;
    assert_eq!(used(), None);
    let scopes: BTreeSet<KeyScope> = shop.read(|conn| api_keys::list(conn, &scope)).pop().unwrap().scopes;
    assert_eq!(scopes.len(), KeyScope::ALL.len());
    let first = shop.clock.now();
    let admitted = |shop: &Shop| {
        let (key, now) = (kinbridge::kit::secret::Secret::new(shop.key.clone()), shop.clock.now());
        shop.read(|conn| api_keys::admit(conn, &key, now)).unwrap()
    };
    let one = admitted(&shop);
    assert!(one.touch_due);
    shop.write(|tx| api_keys::touch(tx, &one.client));
    assert_eq!(used(), Some(first));
    shop.pass(59);
    assert!(!admitted(&shop).touch_due);
    shop.write(|tx| api_keys::touch(tx, &one.client));
    assert_eq!(used(), Some(first), "too soon to be written again");
    shop.pass(1);
    assert!(admitted(&shop).touch_due);
}
