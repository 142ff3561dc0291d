//! What the simulator remembers, and the handle by which tests, the demo and its own pages change it.

use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::population::{Note, Population, Site, Student, User};
use crate::connectors::ensora::{ADMINISTRATORS, wire};
use crate::kit::secret::random_uuid;
use crate::sandbox::{Conduct, Frame, Keeper, Simulated, Switch, now};

/// How the organisation's template calls the fields of a note. One that is empty is not in the template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Template {
    pub name: String,
    pub date: String,
    pub start_time: String,
    pub end_time: String,
    pub notes: String,
    pub therapist_signature: String,
    pub location: String,
    pub guardian_name: String,
    pub relationship: String,
    pub guardian_signature: String,
}

impl Default for Template {
    fn default() -> Self {
        Self {
            name: "Session note".to_owned(),
            date: "Date".to_owned(),
            start_time: "Start Time".to_owned(),
            end_time: "End Time".to_owned(),
            notes: "Notes".to_owned(),
            therapist_signature: "Signature".to_owned(),
            location: "Location".to_owned(),
            guardian_name: "Guardian Name".to_owned(),
            relationship: "Relationship".to_owned(),
            guardian_signature: "Guardian Signature".to_owned(),
        }
    }
}

/// What somebody set up in the simulated Ensora. Holds the token: for a file of this user alone.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Memory {
    pub organization: String,
    pub token: String,
    /// The token has ended, and nothing opens.
    pub revoked: bool,
    /// The identifier of the user who made it.
    pub maker: String,
    pub sites: Vec<Site>,
    pub students: Vec<Student>,
    pub users: Vec<User>,
    /// As they are sent.
    pub notes: Vec<Value>,
    pub template: Template,
    /// Pages are counted from 0.
    pub from_zero: bool,
}

pub(super) struct State {
    pub(super) memory: Memory,
}

impl State {
    pub(super) fn maker(&self) -> Option<&User> {
        self.memory.users.iter().find(|one| one.id == self.memory.maker)
    }

    pub(super) fn site(&self, id: &str) -> Option<&Site> {
        self.memory.sites.iter().find(|one| one.id == id)
    }

    pub(super) fn student(&self, id: &str) -> Option<&Student> {
        self.memory.students.iter().find(|one| one.id == id)
    }

    pub(super) fn user(&self, id: &str) -> Option<&User> {
        self.memory.users.iter().find(|one| one.id == id)
    }

    pub(super) fn note(&self, id: &str) -> Option<&Value> {
        self.memory.notes.iter().find(|one| text(one, "id") == id)
    }

    /// Puts a note in the place of the one with its identifier, or behind all others.
    fn put(&mut self, note: Value) {
        let id = text(&note, "id").to_owned();
        let there = self.memory.notes.iter_mut().find(|one| !id.is_empty() && text(one, "id") == id);
        match there {
            Some(old) => *old = note,
            None => self.memory.notes.push(note),
        }
    }
}

/// A text of a note, or nothing.
pub(super) fn text<'v>(note: &'v Value, name: &str) -> &'v str {
    note.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// A moment as Ensora writes it.
pub(super) fn written(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
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
        let on = self.state().memory.from_zero;
        vec![Switch {
            name: "from_zero",
            words: "Count pages from 0 (where counting begins is not documented)",
            on,
        }]
    }

    fn switch(&self, name: &str, on: bool) {
        if name == "from_zero" {
            self.count_from_zero(on);
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
        let Population { organization, token, sites, students, users, notes } = population;
        let administers =
            |one: &&User| ADMINISTRATORS.iter().any(|name| name.eq_ignore_ascii_case(&one.security_group));
        let maker = users.iter().find(administers).map(|one| one.id.clone()).unwrap_or_default();
        let notes = notes.into_iter().map(|note| sent(note, now())).collect();
        let memory = Memory {
            organization,
            token,
            maker,
            sites,
            students,
            users,
            notes,
            template: Template::default(),
            ..Memory::default()
        };
        let state = Arc::new(Mutex::new(State { memory }));
        Self { state, conduct: Conduct::default(), keeper: Keeper::default() }
    }

    /// A panic elsewhere leaves plain data behind, which is still good.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The organisation's identifier and token as one text, as it is entered elsewhere; `None`: revoked.
    pub fn credentials(&self) -> Option<String> {
        let memory = &self.state().memory;
        (!memory.revoked).then(|| format!("{}:{}", memory.organization, memory.token))
    }

    /// Gives another token, which ends the old one.
    pub fn renew_token(&self) -> Option<String> {
        let token = random_uuid().ok()?.reveal().to_owned();
        let memory = &mut self.state().memory;
        (memory.token, memory.revoked) = (token.clone(), false);
        Some(token)
    }

    /// Ends the token, and gives none.
    pub fn revoke_token(&self) {
        self.state().memory.revoked = true;
    }

    /// Lets `{organisation id}:{token}` open everything.
    pub fn accept_key(&self, key: &str) {
        let memory = &mut self.state().memory;
        let (organization, token) = key.split_once(':').unwrap_or((key, ""));
        (memory.organization, memory.token) = (organization.to_owned(), token.to_owned());
        memory.revoked = false;
    }

    /// Who is said to have made the token, by identifier.
    pub fn set_maker(&self, user: &str) {
        user.clone_into(&mut self.state().memory.maker);
    }

    /// Counts pages from 0, or from 1.
    pub fn count_from_zero(&self, zero: bool) {
        self.state().memory.from_zero = zero;
    }

    pub fn set_template(&self, template: Template) {
        self.state().memory.template = template;
    }

    /// Adds a site, or puts it in the place of the one with its identifier.
    pub fn put_site(&self, site: Site) {
        put(&mut self.state().memory.sites, site, |one| &one.id);
    }

    /// Adds a student, or puts it in the place of the one with its identifier.
    pub fn put_student(&self, student: Student) {
        put(&mut self.state().memory.students, student, |one| &one.id);
    }

    /// Adds a user, or puts it in the place of the one with its identifier.
    pub fn put_user(&self, user: User) {
        put(&mut self.state().memory.users, user, |one| &one.id);
    }

    /// Publishes a note: its status says so, and unless it says otherwise it was published and changed now.
    pub fn publish(&self, mut note: Note) {
        let at = written(now());
        "Published".clone_into(&mut note.status);
        for moment in [&mut note.published_at, &mut note.modified_at] {
            if moment.is_empty() {
                moment.clone_from(&at);
            }
        }
        self.put_note(note);
    }

    /// Keeps a note as it is; one with its identifier is replaced.
    pub fn put_note(&self, note: Note) {
        let note = sent(note, now());
        self.state().put(note);
    }

    /// Keeps what is sent for a note, whatever it is.
    pub fn put_raw(&self, note: Value) {
        self.state().put(note);
    }

    /// Changes a note as it is sent, which makes it one that was changed now; `false` where there is none.
    pub fn edit_note(&self, id: &str, change: impl FnOnce(&mut Value)) -> bool {
        let mut state = self.state();
        let Some(note) = state.memory.notes.iter_mut().find(|one| text(one, "id") == id) else {
            return false;
        };
        if let Some(fields) = note.as_object_mut() {
            fields.insert("modifiedAt".to_owned(), json!(written(now())));
        }
        change(note);
        true
    }

    /// Takes a note away; `false` where there is none.
    pub fn remove_note(&self, id: &str) -> bool {
        let notes = &mut self.state().memory.notes;
        let before = notes.len();
        notes.retain(|one| text(one, "id") != id);
        notes.len() < before
    }

    /// Every note, as it is sent.
    pub fn notes(&self) -> Vec<Value> {
        self.state().memory.notes.clone()
    }
}

fn put<T>(all: &mut Vec<T>, new: T, id: fn(&T) -> &String) {
    match all.iter_mut().find(|one| id(one) == id(&new)) {
        Some(old) => *old = new,
        None => all.push(new),
    }
}

/// A note as it is sent.
fn sent(note: Note, now: DateTime<Utc>) -> Value {
    let modified_at = if note.modified_at.is_empty() { written(now) } else { note.modified_at };
    let wire = wire::Note {
        id: note.id,
        student_id: note.student_id,
        user_id: note.user_id,
        site_id: note.site_id,
        status: note.status,
        date: note.date,
        published_at: note.published_at,
        modified_at,
        template: note.template,
        fields: note
            .fields
            .into_iter()
            .map(|one| wire::NoteField { name: one.name, value: one.value, kind: one.kind })
            .collect(),
        signatures: note
            .signatures
            .into_iter()
            .map(|one| wire::NoteSignature {
                field: one.field,
                value: one.value,
                signed_at: one.signed_at,
                location: one.location,
            })
            .collect(),
    };
    serde_json::to_value(wire).unwrap_or_default()
}
