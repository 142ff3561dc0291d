//! What the simulator remembers, and the handle by which tests, the demo and its own pages change it.

use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use super::population::{Community, Person, Population, User, Worker};
use crate::kit::secret::random_uuid;
use crate::sandbox::{Conduct, Frame, Keeper, Simulated, Switch};

/// The organisation's one key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// A GUID.
    pub key: String,
    /// Who made it.
    pub maker: String,
    /// The location its maker may see; empty: all of them.
    pub location_id: String,
}

impl Key {
    /// Whether the key shows what is at a location.
    pub(super) fn shows(&self, location: &str) -> bool {
        self.location_id.is_empty() || self.location_id == location
    }
}

/// A care note as a partner wrote it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Note {
    /// The partner's own, by which a second one is told from a new one.
    pub record_uuid: String,
    pub connection_id: String,
    /// `YYYY-MM-DD HH:MM:SS`, UTC.
    pub utc_date_time: String,
    pub action_icon_id: String,
    pub short_text: String,
    pub action_text: String,
    pub is_handover: bool,
    pub external_note_id: String,
    /// RFC 3339, UTC.
    pub recorded_at: String,
}

/// What somebody set up in the simulated PCS. Holds the key: for a file of this user alone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Memory {
    pub key: Option<Key>,
    pub people: Vec<Person>,
    pub workers: Vec<Worker>,
    pub notes: Vec<Note>,
    /// Dates of birth and NHS numbers are sent.
    pub birthdays: bool,
}

pub(super) struct State {
    pub(super) dev_key: String,
    pub(super) organisation_id: String,
    pub(super) organisation: String,
    pub(super) internal_id: String,
    pub(super) communities: Vec<Community>,
    pub(super) users: Vec<User>,
    pub(super) memory: Memory,
}

impl State {
    /// The community of a location; PCS names both.
    pub(super) fn community(&self, location: &str) -> Option<&Community> {
        self.communities.iter().find(|one| one.location_id == location)
    }

    pub(super) fn person(&self, id: &str) -> Option<&Person> {
        self.memory.people.iter().find(|one| one.connection_id == id)
    }
}

/// The running simulator. Copies share one state.
#[derive(Clone)]
pub struct Simulator {
    state: Arc<Mutex<State>>,
    conduct: Conduct,
    keeper: Keeper<Memory>,
}

/// Its conduct is told to it directly.
impl Deref for Simulator {
    type Target = Conduct;

    fn deref(&self) -> &Conduct {
        &self.conduct
    }
}

impl Simulated for Simulator {
    type Memory = Memory;

    fn conduct(&self) -> &Conduct {
        &self.conduct
    }

    fn frame(here: &'static str) -> Frame {
        super::frame(here)
    }

    fn switches(&self) -> Vec<Switch> {
        let on = self.state().memory.birthdays;
        vec![Switch {
            name: "birthdays",
            words: "Send dates of birth and NHS numbers (never seen in PCS)",
            on,
        }]
    }

    fn switch(&self, name: &str, on: bool) {
        if name == "birthdays" {
            self.set_birthdays(on);
        }
    }

    fn keeper(&self) -> &Keeper<Memory> {
        &self.keeper
    }

    fn memory(&self) -> Memory {
        self.state().memory.clone()
    }

    fn remember(&self, memory: Memory) {
        self.state().memory = memory;
    }
}

impl Simulator {
    pub(super) fn new(population: Population) -> Self {
        let Population { people, workers, .. } = population;
        let state = State {
            dev_key: population.dev_key,
            organisation_id: population.organisation_id,
            organisation: population.organisation,
            internal_id: population.internal_id,
            communities: population.communities,
            users: population.users,
            memory: Memory { people, workers, ..Memory::default() },
        };
        Self { state: Arc::new(Mutex::new(state)), conduct: Conduct::default(), keeper: Keeper::default() }
    }

    /// A panic elsewhere leaves plain data behind, which is still good.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a key as that user, which ends the old one; `None`: there is no such user.
    pub fn generate_key(&self, user: &str) -> Option<String> {
        let key = random_uuid().ok()?.reveal().to_owned();
        let mut state = self.state();
        let maker = state.users.iter().find(|one| one.name == user)?.clone();
        let made = Key { key: key.clone(), maker: maker.name, location_id: maker.location_id };
        state.memory.key = Some(made);
        Some(key)
    }

    /// Lets a key open everything, as though an administrator had made it.
    pub fn accept_key(&self, key: &str) {
        self.state().memory.key = Some(Key { key: key.to_owned(), ..Key::default() });
    }

    /// Sends dates of birth and NHS numbers.
    pub fn set_birthdays(&self, sent: bool) {
        self.state().memory.birthdays = sent;
    }

    /// Adds somebody who is cared for.
    pub fn add_person(&self, person: Person) {
        self.state().memory.people.push(person);
    }

    /// Changes somebody; `false` where there is nobody with that identifier.
    pub fn edit_person(&self, id: &str, change: impl FnOnce(&mut Person)) -> bool {
        let mut state = self.state();
        let Some(person) = state.memory.people.iter_mut().find(|one| one.connection_id == id) else {
            return false;
        };
        change(person);
        true
    }

    /// Takes somebody away; `false` where there is nobody with that identifier.
    pub fn remove_person(&self, id: &str) -> bool {
        let people = &mut self.state().memory.people;
        let before = people.len();
        people.retain(|one| one.connection_id != id);
        people.len() < before
    }

    /// Every care note that was written, oldest first.
    pub fn notes(&self) -> Vec<Note> {
        self.state().memory.notes.clone()
    }
}
