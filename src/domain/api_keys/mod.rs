//! Keys of programs that ask the API for an organisation, and what each may.
//!
//! A key is shown once and kept hashed. Its mode, live or test, decides which patients and appointments it reaches:
//! what a test key makes never comes to a practitioner. Deliberately knows no HTTP: see `api`.

mod keys;
mod listing;
mod paces;
mod repeats;
mod store;

use std::collections::BTreeSet;

use crate::db::text_enum;
use crate::domain::Refusal;
use crate::domain::access::{Denied, ManageAppointments, Permission, Scope, ViewAppointments};
use crate::kit::ids::{ApiKeyId, OrganisationId};

pub use keys::{
    Admitted, Key, LONGEST_NAME, MOST_KEYS, NewKey, admit, belongs_to, list, make, revoke, touch, works,
};
pub use listing::{Asked, Comparison, Condition, Literal, Mark, Order};
pub use paces::{Pace, Paces};
pub use repeats::{KEPT_FOR, Recalled, keep, purge, recall};

text_enum! {
    /// Whether something is meant, or tried out. Nothing of one mode is ever seen or counted in the other.
    pub enum Mode {
        Live = "live",
        Test = "test",
    }
}

impl Mode {
    pub fn words(self) -> &'static str {
        match self {
            Self::Live => "Live",
            Self::Test => "Test",
        }
    }
}

text_enum! {
    /// What a key lets its program do.
    pub enum KeyScope {
        TasksRead = "tasks:read",
        AvailabilityRead = "availability:read",
        PatientsRead = "patients:read",
        PatientsWrite = "patients:write",
        AppointmentsRead = "appointments:read",
        AppointmentsWrite = "appointments:write",
    }
}

impl KeyScope {
    pub fn words(self) -> &'static str {
        match self {
            Self::TasksRead => "Read the tasks that can be booked",
            Self::AvailabilityRead => "Ask which windows are free at a postcode",
            Self::PatientsRead => "Read patients",
            Self::PatientsWrite => "Add and change patients",
            Self::AppointmentsRead => "Read appointments and what happened to them",
            Self::AppointmentsWrite => "Book, change and cancel appointments",
        }
    }

    /// The stored list; words that nobody knows are dropped.
    fn read(stored: &str) -> BTreeSet<Self> {
        stored.split(',').filter_map(Self::parse).collect()
    }

    fn write(scopes: &BTreeSet<Self>) -> String {
        scopes.iter().map(|one| one.as_str()).collect::<Vec<_>>().join(",")
    }
}

/// Proof that a key was shown that works: the program that asks, for one request.
#[derive(Clone, Debug)]
pub struct Client {
    id: ApiKeyId,
    organisation: OrganisationId,
    mode: Mode,
    name: String,
    scopes: BTreeSet<KeyScope>,
}

impl Client {
    pub fn id(&self) -> ApiKeyId {
        self.id
    }

    pub fn organisation(&self) -> OrganisationId {
        self.organisation
    }

    pub fn mode(&self) -> Mode {
        self.mode
    }

    pub fn may(&self, scope: KeyScope) -> bool {
        self.scopes.contains(&scope)
    }

    /// What the key reads, of all the organisation's places.
    pub fn viewing(&self) -> Scope<ViewAppointments> {
        Scope::for_a_program(self.organisation, &self.name)
    }

    /// # Errors
    /// `Denied` for a key that may change nothing.
    pub fn managing(&self) -> Result<Scope<ManageAppointments>, Refusal> {
        if self.may(KeyScope::AppointmentsWrite) || self.may(KeyScope::PatientsWrite) {
            return Ok(Scope::for_a_program(self.organisation, &self.name));
        }
        Err(Denied::Lacks(Permission::ManageAppointments).into())
    }
}
