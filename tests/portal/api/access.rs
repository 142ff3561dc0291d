//! Who is heard: the key, its scopes, its organisation and its mode.

use std::collections::BTreeSet;

use actix_web::http::Method;
use kinbridge::domain::access::Scope;
use kinbridge::domain::api_keys::{self, KeyScope, Mode};
use serde_json::json;

use super::{Shop, TASK, ask, betty, booking, key, made, read, with, wrong};

#[actix_web::test]
async fn without_a_key_that_works_nothing_is_heard_and_all_are_told_the_same() {
    let shop = Shop::start().await;
    let (dead, revoked) = key(&shop, shop.org, Mode::Live, "Old", KeyScope::ALL);
    let scope = Scope::for_the_portal(shop.org);
    shop.write(|tx| api_keys::revoke(tx, &scope, dead));
    let keys = [
        String::new(),
        "Bearer".into(),
        format!("Basic {}", shop.key),
        format!("{} {}", shop.key, shop.key),
        "test_0000".into(),
        "kbm_0000".into(),
        format!("{}x", shop.key),
        revoked,
        "x".repeat(5_000),
    ];
    let before = shop.digest();
    for line in kinbridge::api::table() {
        let others = ["/monitoring/", "/ally-health/"];
        if line.who == kinbridge::api::ANYONE || others.iter().any(|part| line.path.contains(part)) {
            continue;
        }
        let mut answers = BTreeSet::new();
        for key in &keys {
            let page = ask(&shop, key, line.method.clone(), line.path, Some(&json!({})), &[]).await;
            assert_eq!(page.status, 401, "{} {} with {key}", line.method, line.path);
            assert_eq!(page.header("content-type"), Some("application/problem+json"));
            assert_eq!(page.header("www-authenticate"), Some("Bearer"));
            assert_eq!(page.header("cache-control"), Some("no-store"));
            answers.insert(page.body);
        }
        assert_eq!(answers.len(), 1, "{answers:?}");
    }
    assert_eq!(shop.digest(), before);
    let session = shop.as_super().get("/api/v1/patients").await;
    assert_eq!(session.status, 401, "a session is no key");
}

#[actix_web::test]
async fn the_bare_key_works_and_so_does_the_word_bearer_before_it() {
    let shop = Shop::start().await;
    for key in [shop.key.clone(), format!("Bearer {}", shop.key), format!("bearer  {}", shop.key)] {
        let page = ask(&shop, &key, Method::GET, "/api/v1/tasks", None, &[]).await;
        assert_eq!(page.status, 200, "{}", page.body);
        assert_eq!(read(&page)["data"][0]["id"], TASK);
    }
}

#[actix_web::test]
async fn a_key_is_told_which_scope_it_lacks() {
    let shop = Shop::start().await;
    for scope in KeyScope::ALL.iter().copied() {
        let others: Vec<KeyScope> = KeyScope::ALL.iter().copied().filter(|one| *one != scope).collect();
        let (_, key) = key(&shop, shop.org, Mode::Test, scope.as_str(), &others);
        let lines = kinbridge::api::table().into_iter().filter(|line| line.who == scope.as_str());
        let mut any = false;
        for line in lines {
            let page = ask(&shop, &key, line.method.clone(), line.path, Some(&json!({})), &[]).await;
            assert_eq!(page.status, 403, "{}", line.path);
            let detail = read(&page)["detail"].as_str().unwrap().to_owned();
            assert!(detail.contains(scope.as_str()), "{detail}");
            any = true;
        }
        assert!(any, "nothing needs {}", scope.as_str());
    }
}

#[actix_web::test]
async fn what_is_of_another_organisation_or_another_mode_is_not_there() {
    let shop = Shop::start().await;
    let (neighbour, _) = shop.neighbour();
    let (_, live) = key(&shop, shop.org, Mode::Live, "Live", KeyScope::ALL);
    let (_, theirs) = key(&shop, neighbour, Mode::Test, "Theirs", KeyScope::ALL);
    let patient = shop.patient().await;
    let appointment = made(&shop.post("/api/v1/appointments", &booking(&patient)).await);
    for other in [live, theirs] {
        let paths = [
            format!("/api/v1/patients/{patient}"),
            format!("/api/v1/appointments/{appointment}"),
            format!("/api/v1/appointments/{appointment}/events"),
            format!("/api/v1/appointments/{appointment}/cancellation"),
        ];
        for path in paths {
            assert_eq!(ask(&shop, &other, Method::GET, &path, None, &[]).await.status, 404, "{path}");
        }
        for list in ["/api/v1/patients", "/api/v1/appointments"] {
            let page = ask(&shop, &other, Method::GET, list, None, &[]).await;
            assert_eq!(read(&page)["data"], json!([]), "{list}");
        }
        let path = format!("/api/v1/patients/{patient}");
        let body = json!({ "note": "x" });
        assert_eq!(ask(&shop, &other, Method::PATCH, &path, Some(&body), &[]).await.status, 404);
        let cancel = format!("/api/v1/appointments/{appointment}/cancel");
        let how = json!({ "cancellingEntity": "organisation" });
        assert_eq!(ask(&shop, &other, Method::POST, &cancel, Some(&how), &[]).await.status, 404);
        let booked =
            ask(&shop, &other, Method::POST, "/api/v1/appointments", Some(&booking(&patient)), &[]).await;
        assert_eq!((booked.status, wrong(&booked)), (404, vec!["patientId".to_owned()]));
    }
    assert_eq!(shop.number("SELECT COUNT(*) FROM visits"), 1);
    assert_eq!(shop.number("SELECT COUNT(*) FROM visits WHERE mode = 'live'"), 0);
}

#[actix_web::test]
async fn a_revoked_key_stops_at_once_and_its_work_stays() {
    let shop = Shop::start().await;
    let (id, key) = key(&shop, shop.org, Mode::Test, "Second", KeyScope::ALL);
    let page = ask(&shop, &key, Method::POST, "/api/v1/patients", Some(&betty()), &[]).await;
    let patient = made(&page);
    let scope = Scope::for_the_portal(shop.org);
    shop.write(|tx| api_keys::revoke(tx, &scope, id));
    let page = ask(&shop, &key, Method::POST, "/api/v1/patients", Some(&betty()), &[]).await;
    assert_eq!(page.status, 401);
    assert_eq!(shop.get(&format!("/api/v1/patients/{patient}")).await.status, 200);
}

#[actix_web::test]
async fn a_key_that_asks_too_fast_waits_and_is_told_how_long() {
    let shop = Shop::start_with(|config| config.api_rate = 3).await;
    for left in ["2", "1", "0"] {
        let page = shop.get("/api/v1/tasks").await;
        assert_eq!(page.status, 200);
        assert_eq!(page.header("ratelimit-limit"), Some("3"));
        assert_eq!(page.header("ratelimit-remaining"), Some(left));
        assert_eq!(page.header("ratelimit-reset"), Some("1"));
    }
    let page = shop.get("/api/v1/tasks").await;
    assert_eq!((page.status, page.header("retry-after")), (429, Some("1")));
    assert_eq!(read(&page)["status"], 429);
    let (_, other) = key(&shop, shop.org, Mode::Test, "Other", KeyScope::ALL);
    assert_eq!(ask(&shop, &other, Method::GET, "/api/v1/tasks", None, &[]).await.status, 200);
    shop.pass(1);
    assert_eq!(shop.get("/api/v1/tasks").await.status, 200);
}

#[actix_web::test]
async fn addresses_take_their_methods_and_bodies_are_json() {
    let shop = Shop::start().await;
    let page = ask(&shop, &shop.key, Method::DELETE, "/api/v1/patients", None, &[]).await;
    assert_eq!((page.status, page.header("allow")), (405, Some("POST, GET")));
    assert_eq!(shop.get("/api/v1/residents").await.status, 404);
    let visitor = shop.signed_out();
    let send = |kind: &'static str, body: String| {
        let ask = visitor.ask(Method::POST, "/api/v1/patients").header("authorization", &shop.key);
        ask.header("content-type", kind).body(body).send()
    };
    assert_eq!(send("text/plain", betty().to_string()).await.status, 415);
    assert_eq!(send("application/x-www-form-urlencoded", "a=b".into()).await.status, 415);
    assert_eq!(send("application/json", "{\"firstName\":".into()).await.status, 400);
    assert_eq!(send("application/json", "[]".into()).await.status, 422);
    assert_eq!(send("application/json", format!("\"{}\"", "x".repeat(300_000))).await.status, 413);
    assert_eq!(send("application/json; charset=utf-8", betty().to_string()).await.status, 201);
    let page = shop.post("/api/v1/patients", &with(betty(), "colour", json!("red"))).await;
    assert_eq!(page.status, 422);
    let rule = read(&page)["errors"][0]["rule"].as_str().unwrap().to_owned();
    assert!(rule.contains("firstName") && !rule.contains("colour"), "{rule}");
}
