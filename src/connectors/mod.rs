//! What Kinbridge knows of the care record systems: one trait, one shape of record, one list of failures, and an
//! HTTP engine driven by a profile per vendor. Knows no database and no screen, keeps nothing, and decides nothing
//! about pairing: it says what the vendor says, or why that could not be had.

mod address;
pub mod ally_health;
mod asked;
mod collect;
mod credential;
pub mod ensora;
mod entries;
mod entry_rows;
mod envelope;
mod failure;
pub mod fhir;
mod http;
mod journal;
pub mod kareinn;
mod list;
mod network;
mod note_rows;
mod notes;
pub mod nourish;
mod paging;
pub mod pcs;
mod profile;
mod records;
mod registry;
mod request;
mod row;
mod send;
mod single;
mod system;
mod values;
mod vendor;
mod visit_service;
mod webhooks;
mod wording;
mod writing;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::BoxFuture;

pub use address::{AddressProblem, BaseUrl, Lookup, SystemLookup, check_base_url, refused};
pub use asked::{credential_tried, services_listed};
pub use credential::{Credential, Secret};
pub use entries::{EntryChange, EntryRecord, Found, Receipt, ShownField, TaskRecord, TimelineEntry, Topic};
pub use failure::{Failure, FailureKind, LONGEST_WAIT, Retry};
pub use journal::{Journal, Message};
pub use notes::{NoteField, NoteRecord, NoteSignature, Owner};
pub use profile::{Accepted, Basis, Field, Profile, ProfileProblem};
pub use records::{Location, PersonRecord, Record, ServiceRecord, SetAside, Snapshot, StaffRecord, Warning};
pub use registry::{CareSystems, ConnectorSettings, Limits};
pub use vendor::{About, Condition, Detail, KeyForm, Proof, Rule, Switching, UnknownVendor, Vendor};
pub use visit_service::{
    Availability, Cancelling, Format, NewVisit, VisitPatient, VisitPlace, VisitRecord, VisitService,
    VisitTask, VisitWindow, WindowsWanted,
};
pub use webhooks::{Answered, Outgoing, WebhookSender};

/// How far a profile rests on the vendor's own documents. Shown to administrators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProfileStatus {
    /// Tried against the vendor.
    Verified,
    /// Some of it is the vendor's word, some is assumed.
    PartlyVerified,
    /// Assumed.
    Unverified,
}

impl ProfileStatus {
    /// `verified`, `partly verified` or `unverified`.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::PartlyVerified => "partly verified",
            Self::Unverified => "unverified",
        }
    }
}

/// Told while a list is being read, so that somebody can watch.
pub trait Progress: Send + Sync {
    /// How many records have been read so far, usable or not, and how many bytes.
    fn read(&self, records: usize, bytes: u64);
}

impl Progress for () {
    fn read(&self, _records: usize, _bytes: u64) {}
}

/// What *Test connection* found out.
#[derive(Clone, Debug, Default)]
pub struct Probe {
    /// The vendor answered, whatever it said.
    pub reached: bool,
    /// The credential opened the door.
    pub accepted: bool,
    /// Why it went no further, if it did not.
    pub failure: Option<Failure>,
    /// The services that carry a token of ours.
    pub services: Vec<ServiceRecord>,
    /// How many residents the credential may see.
    pub people: Option<usize>,
    /// Up to three of them. The caller decides how little of them is shown.
    pub samples: Vec<PersonRecord>,
    /// The vendor's own time when it answered.
    pub vendor_time: Option<DateTime<Utc>>,
}

impl Probe {
    /// How far the vendor's clock is ahead of ours (negative: behind), to the second.
    pub fn clock_skew(&self, now: DateTime<Utc>) -> Option<TimeDelta> {
        self.vendor_time.map(|theirs| theirs - now)
    }
}

/// A care record system that can be read and written to. Each call is one attempt: it never retries and never waits for longer
/// than its limits; dropping the future ends it.
pub trait CareSystem: Send + Sync {
    /// Which one it is.
    fn vendor(&self) -> Vendor;

    /// How far to trust it.
    fn profile_status(&self) -> ProfileStatus;

    /// The services the vendor lists, each marked with the token of ours that it carries. Empty or without ours:
    /// the other side has not switched us on yet.
    fn list_services<'a>(
        &'a self,
        credential: &'a Credential,
    ) -> BoxFuture<'a, Result<Snapshot<ServiceRecord>, Failure>>;

    /// Every resident the credential may see.
    fn read_people<'a>(
        &'a self,
        credential: &'a Credential,
        progress: &'a dyn Progress,
    ) -> BoxFuture<'a, Result<Snapshot<PersonRecord>, Failure>>;

    /// The residents whose records have changed since a moment, where the vendor can be asked for them; everybody
    /// otherwise. Who has left is in neither, so nobody is ever counted as gone by this.
    fn read_changed_people<'a>(
        &'a self,
        credential: &'a Credential,
        _since: DateTime<Utc>,
        progress: &'a dyn Progress,
    ) -> BoxFuture<'a, Result<Snapshot<PersonRecord>, Failure>> {
        self.read_people(credential, progress)
    }

    /// One resident alone, by the vendor's identifier. `None`: this vendor cannot be asked for one, and the whole
    /// list has to be read.
    fn read_person<'a>(
        &'a self,
        _credential: &'a Credential,
        _external_id: &'a str,
    ) -> BoxFuture<'a, Result<Option<Snapshot<PersonRecord>>, Failure>> {
        Box::pin(std::future::ready(Ok(None)))
    }

    /// Every staff member the credential may see.
    fn read_staff<'a>(
        &'a self,
        credential: &'a Credential,
        progress: &'a dyn Progress,
    ) -> BoxFuture<'a, Result<Snapshot<StaffRecord>, Failure>>;

    /// The session notes that were published or changed since; everything when `since` is None. None of a vendor that
    /// keeps none.
    fn read_notes<'a>(
        &'a self,
        _credential: &'a Credential,
        _since: Option<DateTime<Utc>>,
        _progress: &'a dyn Progress,
    ) -> BoxFuture<'a, Result<Snapshot<NoteRecord>, Failure>> {
        Box::pin(std::future::ready(Ok(Snapshot::default())))
    }

    /// Whose credential it is, where the vendor says.
    fn read_owner<'a>(&'a self, _credential: &'a Credential) -> BoxFuture<'a, Result<Owner, Failure>> {
        Box::pin(std::future::ready(Ok(Owner::default())))
    }

    /// What can be reached and seen with the credential, for *Test connection*.
    fn probe<'a>(&'a self, credential: &'a Credential) -> BoxFuture<'a, Probe>;

    /// Whether the vendor takes entries at all.
    fn writes(&self) -> bool;

    /// The vendor's own code of the kind of note for a topic, where its notes have one.
    fn code(&self, topic: Topic) -> Option<String>;

    /// How the vendor will show an entry, field by field, with what it has no room for.
    fn shown(&self, entry: &TimelineEntry) -> Vec<ShownField>;

    /// Writes an entry onto a person's timeline. After a failure that [leaves open](FailureKind::left_open) whether
    /// it was taken, look for it before writing it again.
    fn write_entry<'a>(
        &'a self,
        credential: &'a Credential,
        entry: &'a TimelineEntry,
    ) -> BoxFuture<'a, Result<Receipt, Failure>>;

    /// Whether the vendor has the entry that we wrote under this identifier.
    fn find_entry<'a>(
        &'a self,
        credential: &'a Credential,
        external_id: &'a str,
    ) -> BoxFuture<'a, Result<Found, Failure>>;

    /// The tasks *Altra Account Creation* that were recorded since.
    fn read_tasks<'a>(
        &'a self,
        credential: &'a Credential,
        since: DateTime<Utc>,
    ) -> BoxFuture<'a, Result<Snapshot<TaskRecord>, Failure>>;

    /// Leaves a note on a task, for the carer who recorded it.
    fn answer_task<'a>(
        &'a self,
        credential: &'a Credential,
        task: &'a str,
        words: &'a str,
    ) -> BoxFuture<'a, Result<(), Failure>>;
}
