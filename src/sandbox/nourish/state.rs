//! What the simulator remembers, and the handle by which tests, the demo and its own pages change it.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::chance::Chance;
use super::fault::{Fault, Lasting, Question};
use super::ledger::{Entry, Ledger, Task};
use super::memory::Keeper;
use super::population::{Client, Population, Service, User};

/// Questions that are remembered.
const MOST_CALLS: usize = 1_000;

/// A question that was asked. Holds no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// GET, POST …
    pub method: String,
    /// The path without query.
    pub path: String,
    /// The names of the headers, in small letters.
    pub headers: Vec<String>,
    /// The token that was shown, with all but its last four characters hidden.
    pub token: Option<String>,
    /// The status of the answer.
    pub status: u16,
}

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
    pub(super) fault: Option<(Fault, Lasting)>,
    pub(super) redirect: String,
    pub(super) busy: usize,
    pub(super) ledger: Ledger,
    /// A token over several services may write.
    pub(super) multi_service: bool,
    pub(super) chance: Chance,
    pub(super) keeper: Option<Keeper>,
    calls: VecDeque<Call>,
}

impl State {
    /// The fault for one question, counted down.
    pub(super) fn spoil(&mut self, question: Question) -> Option<Fault> {
        let (fault, lasting) = self.fault?;
        if fault.spares(question) {
            return None;
        }
        if let Lasting::Answers(left) = lasting {
            self.fault = (left > 1).then(|| (fault, Lasting::Answers(left - 1)));
        }
        Some(fault)
    }

    pub(super) fn remember(&mut self, call: Call) {
        if self.calls.len() >= MOST_CALLS {
            self.calls.pop_front();
        }
        self.calls.push_back(call);
    }

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
pub struct Simulator(Arc<Mutex<State>>);

impl Simulator {
    pub(super) fn new(population: Population) -> Self {
        let off = |service| Enabled { service, token: None, on: BTreeSet::new() };
        Self(Arc::new(Mutex::new(State {
            integration_id: population.integration_id,
            services: population.services.into_iter().map(off).collect(),
            clients: Arc::new(population.clients),
            users: Arc::new(population.users),
            minimal: false,
            fault: None,
            redirect: "http://169.254.169.254/latest/meta-data/".to_owned(),
            busy: 0,
            ledger: Ledger::default(),
            multi_service: false,
            chance: Chance::default(),
            keeper: None,
            calls: VecDeque::new(),
        })))
    }

    /// A panic elsewhere leaves plain data behind, which is still good.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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

    /// Misbehaves until changed.
    pub fn set_fault(&self, fault: Fault) {
        self.set_fault_for(fault, Lasting::UntilChanged);
    }

    /// Misbehaves for some answers.
    pub fn set_fault_for(&self, fault: Fault, lasting: Lasting) {
        self.state().fault = Some((fault, lasting)).filter(|_| lasting != Lasting::Answers(0));
    }

    /// Behaves again.
    pub fn clear_fault(&self) {
        self.state().fault = None;
    }

    /// Where `Fault::RedirectInside` leads.
    pub fn set_redirect(&self, address: &str) {
        address.clone_into(&mut self.state().redirect);
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

    /// Makes `Fault::FailAtRandom` fail in an order of its own.
    pub fn seed_chance(&self, seed: u64) {
        self.state().chance = Chance::seeded(seed);
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
            recorded_at: super::interactions::now().format("%Y-%m-%dT%H:%M:%SZ").to_string(),
            relative_name: name.to_owned(),
            relative_email: email.to_owned(),
            relationship: relationship.to_owned(),
            ..Task::default()
        };
        self.state().ledger.record(task)
    }

    /// The questions that were asked, oldest first; at most the last thousand.
    pub fn calls(&self) -> Vec<Call> {
        self.state().calls.iter().cloned().collect()
    }

    /// Forgets the questions.
    pub fn forget_calls(&self) {
        self.state().calls.clear();
    }

    /// How many answers are being made to wait at the moment.
    pub fn busy(&self) -> usize {
        self.state().busy
    }
}

/// Counts an answer that waits, for as long as it lives: it ends when the asker goes.
pub(super) struct Waiting(Simulator);

impl Waiting {
    pub(super) fn new(simulator: &Simulator) -> Self {
        simulator.state().busy += 1;
        Self(simulator.clone())
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.busy = state.busy.saturating_sub(1);
    }
}
