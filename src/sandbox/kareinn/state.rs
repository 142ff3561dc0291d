//! What the simulator remembers, and the handle by which tests, the demo and its own pages change it.

use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use super::population::{Member, Population, Resident};
use crate::kit::secret::random_uuid;
use crate::sandbox::{Conduct, Frame, Keeper, Simulated, Switch};

/// A note as a partner wrote it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Note {
    /// Ours, that is KareInn's.
    pub id: String,
    /// The partner's own.
    pub external_id: String,
    pub resident_id: String,
    /// RFC 3339, UTC.
    pub occurred_at: String,
    pub category: String,
    pub text: String,
    pub author_name: String,
    /// RFC 3339, UTC.
    pub recorded_at: String,
}

/// What somebody set up in the simulated KareInn. Holds the key: for a file of this user alone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Memory {
    pub key: String,
    /// KareInn has switched the integration on.
    pub on: bool,
    pub residents: Vec<Resident>,
    pub staff: Vec<Member>,
    pub notes: Vec<Note>,
}

pub(super) struct State {
    pub(super) organisation: String,
    pub(super) memory: Memory,
}

impl State {
    pub(super) fn resident(&self, id: &str) -> Option<&Resident> {
        self.memory.residents.iter().find(|one| one.id == id)
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
        Vec::new()
    }

    fn switch(&self, _name: &str, _on: bool) {}

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
        let Population { key, organisation, residents, staff } = population;
        let memory = Memory { key, on: false, residents, staff, notes: Vec::new() };
        let state = Arc::new(Mutex::new(State { organisation, memory }));
        Self { state, conduct: Conduct::default(), keeper: Keeper::default() }
    }

    /// A panic elsewhere leaves plain data behind, which is still good.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Switches the integration on or off, as KareInn would.
    pub fn switch_on(&self, on: bool) {
        self.state().memory.on = on;
    }

    /// Gives another key, which ends the old one.
    pub fn renew_key(&self) -> Option<String> {
        let key = random_uuid().ok()?.reveal().to_owned();
        self.state().memory.key.clone_from(&key);
        Some(key)
    }

    /// Lets a key open everything.
    pub fn accept_key(&self, key: &str) {
        let memory = &mut self.state().memory;
        (memory.key, memory.on) = (key.to_owned(), true);
    }

    /// Adds somebody who is cared for.
    pub fn add_resident(&self, resident: Resident) {
        self.state().memory.residents.push(resident);
    }

    /// Changes somebody; `false` where there is nobody with that identifier.
    pub fn edit_resident(&self, id: &str, change: impl FnOnce(&mut Resident)) -> bool {
        let mut state = self.state();
        let Some(resident) = state.memory.residents.iter_mut().find(|one| one.id == id) else { return false };
        change(resident);
        true
    }

    /// Takes somebody away; `false` where there is nobody with that identifier.
    pub fn remove_resident(&self, id: &str) -> bool {
        let residents = &mut self.state().memory.residents;
        let before = residents.len();
        residents.retain(|one| one.id != id);
        residents.len() < before
    }

    /// Every note that was written, oldest first.
    pub fn notes(&self) -> Vec<Note> {
        self.state().memory.notes.clone()
    }
}
