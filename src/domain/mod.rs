//! The rules of the portal, and the only place that knows its tables.
//!
//! Features stand in the order below; each names only earlier ones, and of another feature only the
//! verbs and types of its `mod.rs`. Deliberately knows no HTTP, no page and no network call.

mod schema;

pub mod access;
pub mod accounts;
pub mod activities;
pub mod api_keys;
pub mod appointments;
pub mod approvals;
pub mod audit;
pub mod booked_visits;
pub mod connections;
pub mod consents;
pub mod coverage;
pub mod day_plans;
pub mod digests;
pub mod documents;
pub mod leavers;
pub mod letters;
pub mod mapping;
pub mod messages;
pub mod monitoring;
pub mod notes;
pub mod organisations;
pub mod pairing;
pub mod patients;
pub mod practitioners;
pub mod relatives;
pub mod reports;
pub mod residents;
pub mod sealing;
pub mod sent_forms;
pub mod staff;
pub mod sync;
pub mod tasks;
pub mod timeline;
pub mod visits;
pub mod webhooks;
pub mod windows;

mod refusal;
pub use refusal::Refusal;
