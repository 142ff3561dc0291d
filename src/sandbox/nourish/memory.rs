//! What the simulator's own pages change, as one value that outlives it: the demo writes it down at each change and
//! gives it back at the next start. Faults and the list of questions are of the moment and not kept.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::ledger::{Entry, Ledger, Task};
use super::population::Client;
use super::state::{Simulator, State};

/// What somebody set up in the simulated Nourish. Holds tokens: for a file of this user alone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    /// The services that a token was pasted for.
    pub services: Vec<SwitchedOn>,
    /// Every resident.
    pub clients: Vec<Client>,
    /// Only identifier, name, date of birth and status are sent.
    pub minimal: bool,
    /// A token over several services may write.
    #[serde(default)]
    pub multi_service: bool,
    /// What stands on the timelines.
    #[serde(default)]
    pub entries: Vec<Entry>,
    /// Tasks that name relatives.
    #[serde(default)]
    pub tasks: Vec<Task>,
}

/// A service, its token and the locations that show On.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SwitchedOn {
    pub service: String,
    pub token: String,
    pub locations: Vec<String>,
}

/// Called with the new memory before the page that changed it answers.
pub(super) type Keeper = Arc<dyn Fn(&Memory) + Send + Sync>;

impl Memory {
    pub(super) fn of(state: &State) -> Self {
        let services = state.services.iter().filter_map(|enabled| {
            Some(SwitchedOn {
                service: enabled.service.id.clone(),
                token: enabled.token.clone()?,
                locations: enabled.on.iter().cloned().collect(),
            })
        });
        Self {
            services: services.collect(),
            clients: state.clients.as_ref().clone(),
            minimal: state.minimal,
            multi_service: state.multi_service,
            entries: state.ledger.entries().to_vec(),
            tasks: state.ledger.tasks().to_vec(),
        }
    }
}

impl Simulator {
    /// Takes up where another simulator ended. Services that this one does not have are left out.
    pub fn remember(&self, memory: Memory) {
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

    /// Has every change by the pages written down. A change is answered only after `keep` has returned.
    pub fn keep_with(&self, keep: impl Fn(&Memory) + Send + Sync + 'static) {
        self.state().keeper = Some(Arc::new(keep));
    }

    /// A page has changed something.
    pub(super) fn changed(&self) {
        let state = self.state();
        if let Some(keep) = &state.keeper {
            keep(&Memory::of(&state));
        }
    }
}
