//! What stands on the made-up people's timelines, and the tasks that carers recorded for us. Plain data: what may be
//! written is decided in `interactions`.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

/// Something a partner wrote onto a person's timeline.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Entry {
    /// Ours, that is Nourish's.
    pub id: String,
    /// The partner's own.
    pub external_id: String,
    pub client_id: String,
    /// RFC 3339, UTC.
    pub occurred_at: String,
    /// RFC 3339, UTC.
    pub recorded_at: String,
    /// What a night monitoring noticed, and no activity: then the name is the event, the location the room, and
    /// nobody took part.
    pub at_night: bool,
    pub activity_name: String,
    pub details: String,
    pub location: String,
    pub took_part: bool,
    pub rating: Option<u8>,
    pub comment: String,
    pub completed_by: String,
    /// The `external_id` of the entry that this one corrects or takes back.
    pub replaces: Option<String>,
    pub withdrawn: bool,
}

/// A task *Altra Account Creation*, as typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Task {
    pub id: String,
    pub client_id: String,
    /// RFC 3339, UTC.
    pub recorded_at: String,
    pub relative_name: String,
    pub relative_email: String,
    pub relationship: String,
    /// What the partner wrote back.
    pub notes: Vec<String>,
}

/// Everything that was written.
#[derive(Clone, Debug, Default)]
pub(super) struct Ledger {
    entries: Vec<Entry>,
    by_external_id: HashMap<String, usize>,
    tasks: Vec<Task>,
}

impl Ledger {
    pub(super) fn of(entries: Vec<Entry>, tasks: Vec<Task>) -> Self {
        let numbered = entries.iter().enumerate();
        let by_external_id = numbered.map(|(at, entry)| (entry.external_id.clone(), at)).collect();
        Self { entries, by_external_id, tasks }
    }

    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    pub(super) fn tasks(&self) -> &[Task] {
        &self.tasks
    }

    /// The entry that a partner wrote under this identifier.
    pub(super) fn find(&self, external_id: &str) -> Option<&Entry> {
        self.entries.get(*self.by_external_id.get(external_id)?)
    }

    /// Keeps an entry and gives the identifier it has here. One that was kept before stays as it is.
    pub(super) fn keep(&mut self, mut entry: Entry) -> String {
        if let Some(known) = self.find(&entry.external_id) {
            return known.id.clone();
        }
        let id = format!("in-{}", self.entries.len() + 1);
        entry.id.clone_from(&id);
        self.by_external_id.insert(entry.external_id.clone(), self.entries.len());
        self.entries.push(entry);
        id
    }

    /// Keeps a task and gives its identifier.
    pub(super) fn record(&mut self, mut task: Task) -> String {
        let id = format!("task-{}", self.tasks.len() + 1);
        task.id.clone_from(&id);
        self.tasks.push(task);
        id
    }

    pub(super) fn task(&mut self, id: &str) -> Option<&mut Task> {
        self.tasks.iter_mut().find(|task| task.id == id)
    }
}
