//! Lists: filters, order, limits and cursors.

use serde_json::{Value, json};

use super::{Shop, betty, booking, made, read, with, wrong};
use crate::support::Page;

fn query(path: &str, parameters: &[(&str, &str)]) -> String {
    let pairs = parameters.iter().map(|(name, value)| format!("{name}={}", kinbridge::links::encode(value)));
    format!("{path}?{}", pairs.collect::<Vec<_>>().join("&"))
}

fn ids(page: &Page) -> Vec<String> {
    assert_eq!(page.status, 200, "{}", page.body);
    let data = read(page)["data"].as_array().unwrap().clone();
    data.iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
}

#[actix_web::test]
async fn filters_narrow_and_hold_together() {
    let shop = Shop::start().await;
    let mut all = Vec::new();
    for (first, reference) in [("Betty", "a-1"), ("Ada", "a-2"), ("Cora", "a-1")] {
        let body = with(with(betty(), "firstName", json!(first)), "externalRef", json!(reference));
        all.push(made(&shop.post("/api/v1/patients", &body).await));
        shop.pass(3600);
    }
    let list = "/api/v1/patients";
    let found = ids(&shop.get(&query(list, &[("filter", "externalRef:\"a-1\"")])).await);
    assert_eq!(found, [all[2].clone(), all[0].clone()], "newest first");
    let both = [("filter", "externalRef:\"a-1\""), ("filter", "name~\"BETTY\"")];
    assert_eq!(ids(&shop.get(&query(list, &both)).await), [all[0].clone()]);
    let later = [("filter", "createdAt>=\"2026-11-22T11:00:00Z\""), ("sort", "createdAt")];
    assert_eq!(ids(&shop.get(&query(list, &later)).await), [all[1].clone(), all[2].clone()]);
    let born = [("filter", "dateOfBirth<\"1938-03-10\""), ("filter", "dateOfBirth>\"1938-03-08\"")];
    assert_eq!(ids(&shop.get(&query(list, &born)).await).len(), 3);
    assert_eq!(
        ids(&shop.get(&query(list, &[("filter", &format!("id:\"{}\"", all[1]))])).await),
        [all[1].clone()]
    );
    assert!(ids(&shop.get(&query(list, &[("filter", "name~\"100%\"")])).await).is_empty());
}

#[actix_web::test]
async fn appointments_are_found_by_what_they_are() {
    let shop = Shop::start().await;
    let patient = shop.patient().await;
    let body = with(booking(&patient), "externalRef", json!("order-1"));
    let led = made(&shop.post("/api/v1/appointments", &body).await);
    let timed = with(booking(&patient), "windowId", json!(shop.slot(2)));
    let timed = made(&shop.post("/api/v1/appointments", &timed).await);
    let list = "/api/v1/appointments";
    for (filter, expected) in [
        ("externalRef:\"order-1\"", vec![&led]),
        ("status:\"scheduled\"", vec![&timed]),
        ("status:\"scheduling\"", vec![&led]),
        ("status:\"no such word\"", vec![]),
        ("window.startAt>\"2026-11-24\"", vec![&timed]),
        ("window.startAt<\"2026-11-24\"", vec![]),
        ("patient.name~\"cole\"", vec![&timed, &led]),
        ("taskId:\"tsk_blood\"", vec![&timed, &led]),
        ("taskId:\"tsk_other\"", vec![]),
    ] {
        let mut found = ids(&shop.get(&query(list, &[("filter", filter)])).await);
        let mut expected: Vec<String> = expected.into_iter().cloned().collect();
        found.sort();
        expected.sort();
        assert_eq!(found, expected, "{filter}");
    }
    let of = format!("patient.id:\"{patient}\"");
    assert_eq!(ids(&shop.get(&query(list, &[("filter", &of), ("limit", "1")])).await).len(), 1);
}

#[actix_web::test]
async fn what_cannot_be_asked_is_refused_with_what_can() {
    let shop = Shop::start().await;
    let cases = [
        ("filter", "colour:\"red\"", "externalRef"),
        ("filter", "externalRef>\"a\"", "the comparisons are"),
        ("filter", "externalRef:a", "double quotes"),
        ("filter", "createdAt>\"soon\"", "a date"),
        ("filter", "", "field's name"),
        ("sort", "name", "createdAt"),
        ("sort", "-colour", "createdAt"),
        ("limit", "0", "1 to 100"),
        ("limit", "101", "1 to 100"),
        ("limit", "many", "whole number"),
        ("cursor", "zz", "nextCursor"),
        ("page", "2", "filter"),
    ];
    for (name, value, says) in cases {
        let page = shop.get(&query("/api/v1/patients", &[(name, value)])).await;
        assert_eq!(page.status, 400, "{name}={value}: {}", page.body);
        let rule = read(&page)["errors"][0]["rule"].as_str().unwrap().to_owned();
        assert!(rule.contains(says), "{name}={value}: {rule}");
    }
    let page = shop.get(&query("/api/v1/patients", &[("cursor", "7b7d")])).await;
    assert_eq!((page.status, wrong(&page)), (404, vec!["cursor".to_owned()]), "it leads nowhere");
    let page = shop.get(&query("/api/v1/patients", &[("limit", "5"), ("limit", "6")])).await;
    assert_eq!((page.status, wrong(&page)), (400, vec!["limit".to_owned()]));
}

#[actix_web::test]
async fn a_cursor_shows_each_row_once_while_others_are_added() {
    let shop = Shop::start().await;
    let mut all = Vec::new();
    for _ in 0..7 {
        all.push(shop.patient().await);
    }
    for sort in ["-createdAt", "createdAt", "-updatedAt"] {
        let mut seen = Vec::new();
        let mut cursor = None::<String>;
        loop {
            let mut asked = vec![("limit", "2"), ("sort", sort)];
            if let Some(cursor) = &cursor {
                asked.push(("cursor", cursor));
            }
            let page = shop.get(&query("/api/v1/patients", &asked)).await;
            seen.extend(ids(&page));
            let next = read(&page)["nextCursor"].clone();
            if sort == "-createdAt" {
                shop.pass(1);
                shop.patient().await;
            }
            match next {
                Value::String(next) => cursor = Some(next),
                _ => break,
            }
            assert!(seen.len() < 40, "it ends");
        }
        let mut once = seen.clone();
        once.sort();
        once.dedup();
        assert_eq!(once.len(), seen.len(), "{sort}: nothing twice");
        assert!(all.iter().all(|one| seen.contains(one)), "{sort}: nothing left out");
    }
    let first = read(&shop.get(&query("/api/v1/patients", &[("limit", "2")])).await);
    let cursor = first["nextCursor"].as_str().unwrap();
    let other = query("/api/v1/patients", &[("cursor", cursor), ("sort", "createdAt")]);
    assert_eq!(shop.get(&other).await.status, 404, "a cursor is of its order");
}

#[actix_web::test]
async fn tasks_are_listed_and_shown() {
    let shop = Shop::start().await;
    let list = "/api/v1/tasks";
    assert_eq!(ids(&shop.get(list).await), ["tsk_blood"]);
    assert_eq!(
        ids(&shop.get(&query(list, &[("filter", "minutes>=30"), ("filter", "name~\"BLOOD\"")])).await).len(),
        1
    );
    assert!(ids(&shop.get(&query(list, &[("filter", "minutes>30")])).await).is_empty());
    assert!(ids(&shop.get(&query(list, &[("filter", "scheduled:true")])).await).is_empty());
    let task = read(&shop.get("/api/v1/tasks/tsk_blood").await);
    assert_eq!((task["name"].as_str(), task["minutes"].as_i64()), (Some("Blood test"), Some(30)));
    assert_eq!(shop.get("/api/v1/tasks/tsk_other").await.status, 404);
}
