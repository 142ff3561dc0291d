//! The description of the API: the document and the pages that are made from it.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Shop, read};
use crate::support::TestApp;

fn operations(document: &Value) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            all.insert(format!("{} {path}", method.to_uppercase()));
        }
    }
    all
}

#[actix_web::test]
async fn every_address_is_in_the_document_and_the_document_has_no_other() {
    let app = TestApp::start().await;
    let page = app.signed_out().get("/api/openapi.json").await;
    assert_eq!((page.status, page.header("content-type")), (200, Some("application/json")));
    let document = read(&page);
    let routes: BTreeSet<String> =
        kinbridge::api::table().iter().map(|line| format!("{} {}", line.method, line.path)).collect();
    assert_eq!(operations(&document), routes);
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"), "{}", document["openapi"]);
}

#[actix_web::test]
async fn every_reference_leads_somewhere_and_every_answer_is_described() {
    let document = kinbridge::api::document();
    let mut references = Vec::new();
    collect(&document, &mut references);
    assert!(references.len() > 20);
    for reference in references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let keyed = path.starts_with("/api/v1/");
            let answers = operation["responses"].as_object().unwrap();
            assert!(operation["summary"].is_string(), "{method} {path}");
            if keyed {
                for status in ["400", "401", "429", "500", "503"] {
                    assert!(answers.contains_key(status), "{method} {path}: {status}");
                }
                assert!(operation["x-needs"].is_string(), "{method} {path}");
            }
            for (status, answer) in answers {
                assert!(answer["description"].as_str().unwrap().len() > 5, "{method} {path} {status}");
                assert!(answer["content"].is_object(), "{method} {path} {status}");
            }
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                assert!(parameter["description"].is_string(), "{path}: {}", parameter["name"]);
            }
        }
    }
}

fn collect(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            if let Some(Value::String(reference)) = fields.get("$ref") {
                into.push(reference.clone());
            }
            fields.values().for_each(|value| collect(value, into));
        }
        Value::Array(items) => items.iter().for_each(|value| collect(value, into)),
        _ => {}
    }
}

#[actix_web::test]
async fn what_is_answered_has_the_fields_of_the_document() {
    let shop = Shop::start().await;
    let patient = shop.patient().await;
    let appointment = shop.post("/api/v1/appointments", &super::booking(&patient)).await;
    let document = kinbridge::api::document();
    let answers = [
        ("Patient", read(&shop.get(&format!("/api/v1/patients/{patient}")).await)),
        ("Appointment", read(&appointment)),
        ("Task", read(&shop.get("/api/v1/tasks/tsk_blood").await)),
        ("Availability", read(&shop.get("/api/v1/availability?taskId=tsk_blood&postcode=LS14AP").await)),
        ("Problem", read(&shop.post("/api/v1/patients", &serde_json::json!({})).await)),
    ];
    for (name, answer) in answers {
        let schema = &document["components"]["schemas"][name];
        let known: BTreeSet<&String> = schema["properties"].as_object().unwrap().keys().collect();
        for field in answer.as_object().unwrap().keys() {
            assert!(known.contains(field), "{name} has {field}, which the document does not know");
        }
        for field in schema["required"].as_array().into_iter().flatten() {
            assert!(answer.get(field.as_str().unwrap()).is_some(), "{name} lacks {field}");
        }
    }
}

#[actix_web::test]
async fn anyone_reads_what_the_api_is() {
    let app = TestApp::start().await;
    for visitor in [app.signed_out(), app.as_relative()] {
        let page = visitor.get("/api").await;
        assert_eq!(page.status, 200);
        let text = page.text();
        for words in
            ["Keys and modes", "Idempotency-Key", "appointments:write", "Book an appointment", "NewPatient"]
        {
            assert!(text.contains(words), "{words}");
        }
        for line in kinbridge::api::table() {
            assert!(text.contains(line.path), "{} is not on the page", line.path);
        }
        let page = visitor.get("/api/e-commerce-checkout").await;
        let text = page.text();
        assert_eq!(page.status, 200);
        for words in
            ["E-commerce checkout", "What to decide first", "Patient-led", "\"patientId\"", "reschedule"]
        {
            assert!(text.contains(words), "{words}");
        }
    }
    assert_eq!(app.signed_out().get("/api/nothing").await.status, 404);
}
