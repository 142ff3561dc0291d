//! A service that makes visits to people where they live, as a home that books with it meets it: what may be booked,
//! when, and what became of what was. Beside [`CareSystem`](super::CareSystem) and not one of them: it lists no residents
//! and no staff, owns nothing of anybody, and is written to only about what was booked with it, so that syncs, pairing and
//! their guards have nothing to ask of it.

use chrono::{DateTime, NaiveDate, Utc};
use futures_util::future::BoxFuture;

use super::profile::Basis;
use super::{Credential, Failure, ProfileStatus};

/// What can be done at a visit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VisitTask {
    pub id: String,
    pub name: String,
    pub description: String,
    pub minutes: Option<u32>,
}

/// Hours of one day in which a visit can be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VisitWindow {
    pub id: String,
    pub name: String,
    pub starts_at: DateTime<Utc>,
    pub ends_at: Option<DateTime<Utc>>,
}

/// What is asked before a window is chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WindowsWanted {
    pub task: String,
    pub postcode: String,
    pub from: NaiveDate,
    pub to: NaiveDate,
}

/// Whether a place is visited at all, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Availability {
    /// Nobody is sent to that postcode.
    Outside,
    /// The windows that have a place left; there may be none.
    Windows(Vec<VisitWindow>),
}

/// Whom a visit is made to: no more than the service needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VisitPatient {
    /// By which we find them again.
    pub external_ref: String,
    pub first_name: String,
    pub last_name: String,
    pub date_of_birth: NaiveDate,
    pub nhs_number: Option<String>,
    /// E.164: of the home.
    pub phone: String,
    pub email: String,
}

/// Where it is made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VisitPlace {
    pub line1: String,
    pub line2: String,
    pub city: String,
    pub postcode: String,
    pub access_notes: String,
}

/// A visit to be booked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewVisit {
    pub external_ref: String,
    pub patient: String,
    pub task: String,
    pub window: String,
    pub note: String,
    pub phone: String,
    pub place: VisitPlace,
}

/// A visit as the service has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VisitRecord {
    pub id: String,
    /// Empty where it says none.
    pub external_ref: String,
    /// Its own word.
    pub status: String,
    pub window_name: String,
    pub starts_at: Option<DateTime<Utc>>,
    pub ends_at: Option<DateTime<Utc>>,
    pub updated_at: Option<DateTime<Utc>>,
}

/// Why a visit is called off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cancelling {
    pub note: String,
    /// `organisation` or `patient`: whose cause it is.
    pub cause: &'static str,
    /// A code of our own API, or empty.
    pub reason: String,
}

/// One of the calls, and what its form rests on: for the page that shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format<'a> {
    pub words: &'a str,
    pub basis: Basis,
}

/// A service that makes visits. Each call is one attempt: it never retries, and dropping the future ends it.
pub trait VisitService: Send + Sync {
    /// How far to trust what we know of it.
    fn profile_status(&self) -> ProfileStatus;

    /// What each call rests on.
    fn formats(&self) -> Vec<Format<'_>>;

    /// What can be booked.
    fn tasks<'a>(&'a self, credential: &'a Credential) -> BoxFuture<'a, Result<Vec<VisitTask>, Failure>>;

    fn availability<'a>(
        &'a self,
        credential: &'a Credential,
        wanted: &'a WindowsWanted,
    ) -> BoxFuture<'a, Result<Availability, Failure>>;

    /// The patient who was made with this reference of ours.
    fn find_patient<'a>(
        &'a self,
        credential: &'a Credential,
        reference: &'a str,
    ) -> BoxFuture<'a, Result<Option<String>, Failure>>;

    fn create_patient<'a>(
        &'a self,
        credential: &'a Credential,
        patient: &'a VisitPatient,
    ) -> BoxFuture<'a, Result<String, Failure>>;

    /// The visit that was booked with this reference of ours: asked before anything is booked again.
    fn find_visit<'a>(
        &'a self,
        credential: &'a Credential,
        reference: &'a str,
    ) -> BoxFuture<'a, Result<Option<VisitRecord>, Failure>>;

    /// Books. After a failure that [leaves open](super::FailureKind::left_open) whether it was taken, look for it.
    fn book<'a>(
        &'a self,
        credential: &'a Credential,
        visit: &'a NewVisit,
    ) -> BoxFuture<'a, Result<VisitRecord, Failure>>;

    fn visit<'a>(
        &'a self,
        credential: &'a Credential,
        id: &'a str,
    ) -> BoxFuture<'a, Result<VisitRecord, Failure>>;

    /// Calls it off; the service takes that once.
    fn cancel<'a>(
        &'a self,
        credential: &'a Credential,
        id: &'a str,
        cancelling: &'a Cancelling,
    ) -> BoxFuture<'a, Result<(), Failure>>;
}
