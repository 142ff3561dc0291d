//! What the simulator remembers, and the handle by which tests, the demo and its own pages change it.

use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::population::{Patient, Place, Population, Practitioner};
use crate::sandbox::pages::FAULTS;
use crate::sandbox::{Conduct, Frame, Keeper, Simulated, Switch, Tab};

pub(super) struct State {
    pub(super) token: String,
    pub(super) places: Vec<Place>,
    pub(super) patients: Vec<Patient>,
    pub(super) practitioners: Vec<Practitioner>,
    /// Places cannot be searched.
    pub(super) no_places: bool,
    /// Roles cannot be searched.
    pub(super) no_roles: bool,
}

/// What somebody set up. Holds a token: for a file of this user alone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    pub token: String,
    pub patients: Vec<Patient>,
    #[serde(default)]
    pub no_places: bool,
    #[serde(default)]
    pub no_roles: bool,
}

/// The running simulator. Copies share one state.
#[derive(Clone)]
pub struct Simulator {
    state: Arc<Mutex<State>>,
    conduct: Conduct,
    keeper: Keeper<Memory>,
}

/// The simulator's own clock, for when a record was changed.
pub(super) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

impl Simulator {
    pub(super) fn new(population: Population) -> Self {
        let Population { token, places, patients, practitioners } = population;
        let state = State { token, places, patients, practitioners, no_places: false, no_roles: false };
        Self { state: Arc::new(Mutex::new(state)), conduct: Conduct::default(), keeper: Keeper::default() }
    }

    /// A panic elsewhere leaves plain data behind, which is still good.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The token that opens it.
    pub fn token(&self) -> String {
        self.state().token.clone()
    }

    /// Ends the token: another one opens from here on.
    pub fn set_token(&self, token: &str) {
        token.clone_into(&mut self.state().token);
    }

    pub fn add_patient(&self, patient: Patient) {
        self.state().patients.push(Patient { changed_at: now(), ..patient });
    }

    /// Changes a resident; `false` where there is none with that identifier.
    pub fn edit_patient(&self, id: &str, change: impl FnOnce(&mut Patient)) -> bool {
        let mut state = self.state();
        let Some(patient) = state.patients.iter_mut().find(|patient| patient.id == id) else { return false };
        change(patient);
        patient.changed_at = now();
        true
    }

    /// Takes a resident away; `false` where there is none with that identifier.
    pub fn remove_patient(&self, id: &str) -> bool {
        let mut state = self.state();
        let before = state.patients.len();
        state.patients.retain(|patient| patient.id != id);
        state.patients.len() < before
    }

    /// Whether places and roles cannot be searched.
    pub fn set_missing(&self, places: bool, roles: bool) {
        let mut state = self.state();
        (state.no_places, state.no_roles) = (places, roles);
    }
}

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
        const TABS: &[Tab] = &[
            Tab { id: "access", href: "/access", label: "Access" },
            Tab { id: "people", href: "/people", label: "People" },
            FAULTS,
        ];
        Frame {
            vendor: "FHIR R4",
            tabs: TABS,
            here,
            assumed: "What is asked and answered here is FHIR R4 as published, with the NHS number of FHIR UK Core. \
                      That a real system keeps to it is assumed.",
        }
    }

    fn switches(&self) -> Vec<Switch> {
        let state = self.state();
        vec![
            Switch { name: "no_places", words: "Places (Location) cannot be searched", on: state.no_places },
            Switch {
                name: "no_roles",
                words: "Roles (PractitionerRole) cannot be searched",
                on: state.no_roles,
            },
        ]
    }

    fn switch(&self, name: &str, on: bool) {
        let mut state = self.state();
        match name {
            "no_places" => state.no_places = on,
            "no_roles" => state.no_roles = on,
            _ => {}
        }
    }

    fn keeper(&self) -> &Keeper<Memory> {
        &self.keeper
    }

    fn memory(&self) -> Memory {
        let state = self.state();
        Memory {
            token: state.token.clone(),
            patients: state.patients.clone(),
            no_places: state.no_places,
            no_roles: state.no_roles,
        }
    }

    fn remember(&self, memory: Memory) {
        let mut state = self.state();
        state.token = memory.token;
        state.patients = memory.patients;
        (state.no_places, state.no_roles) = (memory.no_places, memory.no_roles);
    }
}
