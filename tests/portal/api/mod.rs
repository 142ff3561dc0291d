//! The API as programs meet it: keys, the frame of every request, patients and appointments, and its description.

#![cfg(test)]

mod access;
mod again;
mod booking;
mod described;
mod documents;
mod fields;
mod keys;
mod lists;

use std::collections::BTreeSet;
use std::ops::Deref;

use actix_web::http::Method;
use diesel::prelude::*;
use kinbridge::config::Config;
use kinbridge::domain::api_keys::{self, KeyScope, Mode, NewKey};
use kinbridge::kit::ids::{ApiKeyId, OrganisationId, WindowId};
use serde_json::{Value, json};

use crate::support::community::Community;
use crate::support::{Page, TestApp};

pub use keys::every_form;

/// Harrogate Home Visits with a task, a window and an area, and a test key that may do everything.
pub struct Shop {
    pub at: Community,
    pub key: String,
    pub window: WindowId,
}

impl Deref for Shop {
    type Target = Community;

    fn deref(&self) -> &Community {
        &self.at
    }
}

pub const TASK: &str = "tsk_blood";

impl Shop {
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    pub async fn start_with(settings: impl FnOnce(&mut Config)) -> Self {
        let at = Community::in_app(TestApp::start_with(settings).await);
        let window = catalogue(&at.app, at.org);
        let (_, key) = key(&at.app, at.org, Mode::Test, "Shop", KeyScope::ALL);
        Self { at, key, window }
    }

    /// Asks as a program does, with the shop's test key.
    pub async fn get(&self, path: &str) -> Page {
        ask(self, &self.key, Method::GET, path, None, &[]).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Page {
        ask(self, &self.key, Method::POST, path, Some(body), &[]).await
    }

    pub async fn patch(&self, path: &str, body: &Value) -> Page {
        ask(self, &self.key, Method::PATCH, path, Some(body), &[]).await
    }

    /// A patient's number.
    pub async fn patient(&self) -> String {
        made(&self.post("/api/v1/patients", &betty()).await)
    }

    /// The window of so many days from now on.
    pub fn slot(&self, days: i64) -> String {
        let date = self.app.clock.now().date() + chrono::TimeDelta::days(days);
        format!("win_{}_{}", self.window, date.format("%Y%m%d"))
    }
}

/// What every appointment has, without a window.
pub fn booking(patient: &str) -> Value {
    json!({
        "patientId": patient, "taskId": TASK, "phone": "+447700900123",
        "location": { "line1": "12 Park Row", "city": "Leeds", "postcode": "LS1 4AP" },
    })
}

pub fn betty() -> Value {
    json!({
        "firstName": "Betty", "lastName": "Cole", "phone": "+447700900123", "email": "betty@example.org",
        "dateOfBirth": "1938-03-09",
    })
}

/// A body with another value in one of its fields.
pub fn with(mut body: Value, field: &str, value: Value) -> Value {
    body[field] = value;
    body
}

pub async fn ask(
    app: &TestApp,
    key: &str,
    method: Method,
    path: &str,
    body: Option<&Value>,
    headers: &[(&str, &str)],
) -> Page {
    let visitor = app.signed_out();
    let mut ask = visitor.ask(method, path);
    if !key.is_empty() {
        ask = ask.header("authorization", key);
    }
    for (name, value) in headers {
        ask = ask.header(name, value);
    }
    match body {
        Some(body) => ask.header("content-type", "application/json").body(body.to_string()).send().await,
        None => ask.send().await,
    }
}

#[track_caller]
pub fn read(page: &Page) -> Value {
    serde_json::from_str(&page.body).unwrap_or_else(|cause| panic!("{cause}: {} {}", page.status, page.body))
}

/// The number of what was made.
#[track_caller]
pub fn made(page: &Page) -> String {
    assert_eq!(page.status, 201, "{}", page.body);
    read(page)["id"].as_str().unwrap().to_owned()
}

/// The fields that a problem names.
#[track_caller]
pub fn wrong(page: &Page) -> Vec<String> {
    assert_eq!(page.header("content-type"), Some("application/problem+json"), "{}", page.body);
    let problem = read(page);
    assert_eq!(problem["status"], page.status);
    let errors = problem["errors"].as_array().cloned().unwrap_or_default();
    errors.iter().map(|one| one["field"].as_str().unwrap().to_owned()).collect()
}

pub fn key(
    app: &TestApp,
    org: OrganisationId,
    mode: Mode,
    name: &str,
    scopes: &[KeyScope],
) -> (ApiKeyId, String) {
    let scopes: BTreeSet<KeyScope> = scopes.iter().copied().collect();
    let new = NewKey { name: name.to_owned(), mode: Some(mode), scopes };
    let scope = kinbridge::domain::access::Scope::for_the_portal(org);
    let (id, key) = app.write(|tx| api_keys::make(tx, &scope, &new));
    (id, key.reveal().to_owned())
}

/// A task that is agreed, a window of two places on every day, and the district LS1.
pub fn catalogue(app: &TestApp, org: OrganisationId) -> WindowId {
    let at = "'2026-11-20 09:00:00'";
    let days = "'mon,tue,wed,thu,fri,sat,sun'";
    let rows = [
        format!("INSERT INTO tasks (organisation_id, public_id, created_at) VALUES ({org}, '{TASK}', {at})"),
        format!(
            "INSERT INTO task_versions (task_id, number, name, description, minutes, scheduled, \
             minimum_gap_days, documents, state, agreed_by_name, representative_name, created_by_name, \
             created_at) SELECT id, 1, 'Blood test', 'From a vein', 30, FALSE, 0, FALSE, 'agreed', 'Grace', \
             'Rep', 'Grace', {at} FROM tasks WHERE organisation_id = {org}"
        ),
        format!(
            "INSERT INTO visit_windows (organisation_id, name, name_folded, from_minute, to_minute, weekdays, \
             capacity, created_at) VALUES ({org}, 'Early', 'early', 420, 540, {days}, 2, {at})"
        ),
        format!(
            "INSERT INTO coverage_areas (organisation_id, kind, district, miles, created_at) \
             VALUES ({org}, 'district', 'LS1', 0, {at})"
        ),
    ];
    for row in rows {
        app.write(|tx| Ok(diesel::sql_query(row).execute(tx.conn)?));
    }
    WindowId(app.number("SELECT MAX(id) FROM visit_windows"))
}
