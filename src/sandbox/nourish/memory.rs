//! What the simulator's own pages change, as one value that outlives it: the demo writes it down at each change and
//! gives it back at the next start. Faults and the list of questions are of the moment and not kept.

use serde::{Deserialize, Serialize};

use super::ledger::{Entry, Task};
use super::population::Client;
use super::state::State;

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
