//! What the simulator remembers, and the handle by which tests, the demo and its own pages change it.

use std::collections::BTreeSet;
use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::ledger::{Entry, Ledger, Task};
use super::memory::Memory;
use super::population::{Client, Population, Service, User};
use crate::sandbox::{Conduct, Frame, Keeper, Simulated, Switch, now};

/// A service and how far it is switched on.
#[derive(Clone, Debug)]
pub(super) struct Enabled {
    pub(super) service: Service,
    pub(super) token: Option<String>,
    pub(super) on: BTreeSet<String>,
}

impl Enabled {
    /// Switched on with a token for at least one location.
    pub(super) fn active_token(&self) -> Option<&str> {
        self.token.as_deref().filter(|_| !self.on.is_empty())
    }
}

pub(super) struct State {
    pub(super) integration_id: String,
    pub(super) services: Vec<Enabled>,
    pub(super) clients: Arc<Vec<Client>>,
    pub(super) users: Arc<Vec<User>>,
    pub(super) minimal: bool,
    pub(super) ledger: Ledger,
    /// A token over several services may write.
    pub(super) multi_service: bool,
}

impl State {
    /// A resident by their identifier.
    pub(super) fn client(&self, id: &str) -> Option<&Client> {
        self.clients.iter().find(|client| client.id == id)
    }

    /// The service of a location.
    pub(super) fn service_of(&mut self, location: &str) -> Option<&mut Enabled> {
        self.services
            .iter_mut()
            .find(|enabled| enabled.service.locations.iter().any(|place| place.id == location))
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
        let state = self.state();
        vec![
            Switch {
                name: "minimal",
                words: "Minimal: send only name, date of birth, status and identifier",
                on: state.minimal,
            },
            Switch {
                name: "multi_service",
                words: "Multi-service: a token that serves several services may write",
                on: state.multi_service,
            },
        ]
    }

    fn switch(&self, name: &str, on: bool) {
        match name {
            "minimal" => self.set_minimal(on),
            "multi_service" => self.set_multi_service(on),
            _ => {}
        }
    }

    fn keeper(&self) -> &Keeper<Memory> {
        &self.keeper
    }

    fn memory(&self) -> Memory {
        Memory::of(&self.state())
    }

    /// Services that this simulator does not have are left out.
    fn remember(&self, memory: Memory) {
        let mut state = self.state();
        state.clients = Arc::new(memory.clients);
        state.minimal = memory.minimal;
        state.multi_service = memory.multi_service;
        state.ledger = Ledger::of(memory.entries, memory.tasks);
        for kept in memory.services {
            if let Some(enabled) = state.services.iter_mut().find(|one| one.service.id == kept.service) {
                enabled.token = Some(kept.token);
                enabled.on = kept.locations.into_iter().collect();
            }
        }
    }
}

impl Simulator {
    pub(super) fn new(population: Population) -> Self {
        let off = |service| Enabled { service, token: None, on: BTreeSet::new() };
        let state = State {
            integration_id: population.integration_id,
            services: population.services.into_iter().map(off).collect(),
            clients: Arc::new(population.clients),
            users: Arc::new(population.users),
            minimal: false,
            ledger: Ledger::default(),
            multi_service: false,
        };
        Self { state: Arc::new(Mutex::new(state)), conduct: Conduct::default(), keeper: Keeper::default() }
    }

    /// A panic elsewhere leaves plain data behind, which is still good.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a resident.
    pub fn add_client(&self, client: Client) {
        Arc::make_mut(&mut self.state().clients).push(client);
    }

    /// Changes a resident; `false` where there is none with that identifier.
    pub fn edit_client(&self, id: &str, change: impl FnOnce(&mut Client)) -> bool {
        let mut state = self.state();
        let Some(client) = Arc::make_mut(&mut state.clients).iter_mut().find(|client| client.id == id) else {
            return false;
        };
        change(client);
        true
    }

    /// Takes a resident away; `false` where there is none with that identifier.
    pub fn remove_client(&self, id: &str) -> bool {
        let mut state = self.state();
        let before = state.clients.len();
        Arc::make_mut(&mut state.clients).retain(|client| client.id != id);
        state.clients.len() < before
    }

    /// Adds a staff member.
    pub fn add_user(&self, user: User) {
        Arc::make_mut(&mut self.state().users).push(user);
    }

    /// Changes a staff member; `false` where there is none with that identifier.
    pub fn edit_user(&self, id: &str, change: impl FnOnce(&mut User)) -> bool {
        let mut state = self.state();
        let Some(user) = Arc::make_mut(&mut state.users).iter_mut().find(|user| user.id == id) else {
            return false;
        };
        change(user);
        true
    }

    /// Sends only identifier, name, date of birth and status of residents.
    pub fn set_minimal(&self, minimal: bool) {
        self.state().minimal = minimal;
    }

    /// Pastes a token for a service and switches all its locations on, as the pages do; `false` where there is no
    /// such service.
    pub fn paste_token(&self, service: &str, token: &str) -> bool {
        let mut state = self.state();
        let Some(enabled) = state.services.iter_mut().find(|enabled| enabled.service.id == service) else {
            return false;
        };
        enabled.token = Some(token.to_owned());
        enabled.on = enabled.service.locations.iter().map(|place| place.id.clone()).collect();
        true
    }

    /// Switches a service off, as the pages do.
    pub fn turn_off(&self, service: &str) {
        for enabled in self.state().services.iter_mut().filter(|enabled| enabled.service.id == service) {
            enabled.on.clear();
        }
    }

    /// Whether a token that serves several services may write, as Nourish's support arranges it.
    pub fn set_multi_service(&self, arranged: bool) {
        self.state().multi_service = arranged;
    }

    /// Everything that partners wrote, oldest first.
    pub fn entries(&self) -> Vec<Entry> {
        self.state().ledger.entries().to_vec()
    }

    /// Every task that was recorded, oldest first.
    pub fn tasks(&self) -> Vec<Task> {
        self.state().ledger.tasks().to_vec()
    }

    /// Records a task *Altra Account Creation*, as the page does; its identifier.
    pub fn record_task(&self, client: &str, name: &str, email: &str, relationship: &str) -> String {
        let task = Task {
            client_id: client.to_owned(),
            recorded_at: now().format("%Y-%m-%dT%H:%M:%SZ").to_string(),
            relative_name: name.to_owned(),
            relative_email: email.to_owned(),
            relationship: relationship.to_owned(),
            ..Task::default()
        };
        self.state().ledger.record(task)
    }
}
