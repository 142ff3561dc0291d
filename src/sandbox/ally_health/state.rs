//! What the simulator remembers, and the handle by which tests, the demo and its own pages change it.

use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::sending::{self, Signed};
use crate::connectors::ally_health::wire;
use crate::sandbox::{Conduct, Frame, Keeper, Simulated, Switch, now};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Task {
    pub id: String,
    pub name: String,
    pub minutes: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Window {
    pub id: String,
    pub name: String,
    pub start_at: DateTime<Utc>,
    pub end_at: DateTime<Utc>,
    pub places: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Patient {
    pub id: String,
    pub sent: wire::Patient,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Appointment {
    pub id: String,
    pub sent: wire::Booking,
    pub status: String,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub cancelled: Option<wire::Cancel>,
}

/// Where news are sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Hook {
    /// Empty: nowhere.
    pub url: String,
    pub secret: String,
    /// As Standard Webhooks has it; otherwise in one header.
    pub standard: bool,
}

/// How it speaks untruly of appointments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Lie {
    #[default]
    None,
    /// A status that nobody knows.
    UnknownStatus,
    /// Another appointment than was asked for.
    WrongId,
    /// Completed and then scheduled again.
    TakesBack,
}

/// What somebody set up in the simulated Ally Health. Holds the key: for a file of this user alone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Memory {
    pub key: String,
    pub tasks: Vec<Task>,
    pub windows: Vec<Window>,
    /// The first parts of postcodes that are visited.
    pub districts: Vec<String>,
    pub patients: Vec<Patient>,
    pub appointments: Vec<Appointment>,
    pub hook: Hook,
    pub lie: Lie,
}

pub(super) struct State {
    pub(super) memory: Memory,
}

impl State {
    pub(super) fn window(&self, id: &str) -> Option<&Window> {
        self.memory.windows.iter().find(|one| one.id == id)
    }

    pub(super) fn appointment(&self, id: &str) -> Option<&Appointment> {
        self.memory.appointments.iter().find(|one| one.id == id)
    }

    /// Places of a window that are left.
    pub(super) fn left(&self, window: &Window) -> u32 {
        let live = |one: &&Appointment| {
            one.sent.window_id.as_deref() == Some(window.id.as_str()) && one.cancelled.is_none()
        };
        let taken = self.memory.appointments.iter().filter(live).count();
        window.places.saturating_sub(u32::try_from(taken).unwrap_or(u32::MAX))
    }

    /// An appointment as it is read back, true or not.
    pub(super) fn written(&self, one: &Appointment) -> wire::Appointment {
        let window = one.sent.window_id.as_deref().and_then(|id| self.window(id));
        let (id, status) = match self.memory.lie {
            Lie::UnknownStatus => (one.id.clone(), "awaiting_kit".to_owned()),
            Lie::WrongId => ("apt_another".to_owned(), one.status.clone()),
            Lie::TakesBack if one.status == "completed" => (one.id.clone(), "scheduled".to_owned()),
            Lie::None | Lie::TakesBack => (one.id.clone(), one.status.clone()),
        };
        wire::Appointment {
            id,
            external_ref: one.sent.external_ref.clone(),
            status,
            window: window.map(|window| wire::Window {
                id: Some(window.id.clone()),
                name: Some(window.name.clone()),
                start_at: Some(window.start_at),
                end_at: Some(window.end_at),
            }),
            created_at: Some(one.created_at),
            updated_at: Some(one.updated_at),
        }
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

const UNKNOWN: &str = "unknown_status";
const WRONG: &str = "wrong_id";

impl Simulated for Simulator {
    type Memory = Memory;

    fn conduct(&self) -> &Conduct {
        &self.conduct
    }

    fn frame(here: &'static str) -> Frame {
        super::frame(here)
    }

    fn switches(&self) -> Vec<Switch> {
        let lie = self.state().memory.lie;
        vec![
            Switch {
                name: UNKNOWN,
                words: "Say a status that nobody knows (awaiting_kit)",
                on: lie == Lie::UnknownStatus,
            },
            Switch { name: WRONG, words: "Answer about another appointment", on: lie == Lie::WrongId },
        ]
    }

    fn switch(&self, name: &str, on: bool) {
        let told = match name {
            UNKNOWN => Lie::UnknownStatus,
            WRONG => Lie::WrongId,
            _ => return,
        };
        let lie = &mut self.state().memory.lie;
        if on {
            *lie = told;
        } else if *lie == told {
            *lie = Lie::None;
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
    pub(super) fn new(memory: Memory) -> Self {
        let state = Arc::new(Mutex::new(State { memory }));
        Self { state, conduct: Conduct::default(), keeper: Keeper::default() }
    }

    /// A panic elsewhere leaves plain data behind, which is still good.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets a key open everything, and no other.
    pub fn accept_key(&self, key: &str) {
        key.clone_into(&mut self.state().memory.key);
    }

    pub fn lie(&self, lie: Lie) {
        self.state().memory.lie = lie;
    }

    pub fn set_hook(&self, hook: Hook) {
        self.state().memory.hook = hook;
    }

    /// How many places a window has.
    pub fn set_places(&self, window: &str, places: u32) {
        let mut state = self.state();
        state.memory.windows.iter_mut().filter(|one| one.id == window).for_each(|one| one.places = places);
    }

    pub fn patients(&self) -> Vec<Patient> {
        self.state().memory.patients.clone()
    }

    /// Every appointment that was booked, oldest first.
    pub fn appointments(&self) -> Vec<Appointment> {
        self.state().memory.appointments.clone()
    }

    /// Gives an appointment a status; `false` where there is none of that number.
    pub fn set_status(&self, id: &str, status: &str) -> bool {
        let mut state = self.state();
        let found = state.memory.appointments.iter_mut().find(|one| one.id == id);
        let Some(one) = found else { return false };
        status.clone_into(&mut one.status);
        one.updated_at = now();
        true
    }

    /// A message about an appointment, signed as is set and at that time, to be sent by whoever asks.
    pub fn signed(&self, id: &str, event: &str, at: DateTime<Utc>) -> Option<Signed> {
        let state = self.state();
        let about = state.appointment(id)?;
        let name = format!("evt_{}_{}", id, at.timestamp_micros());
        Some(sending::signed(&state.memory.hook, event, &state.written(about), (&name, at)))
    }
}
