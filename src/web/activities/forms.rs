//! The forms of activities: what was typed, and how it becomes what the domain takes.

use serde::Deserialize;

use crate::domain::Refusal;
use crate::domain::activities::{
    Activity, Details, Group, Mark, Part, Person, State, TypedDetails, TypedMark,
};
use crate::kit::ids::ParticipationId;
use crate::kit::secret::{Secret, keyed_fingerprint};
use crate::web::error::Fault;
use crate::web::visit::{Fields, Visit, field};

/// Which list is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    pub show: String,
    pub page: String,
}

impl Asked {
    pub fn state(&self) -> State {
        match self.show.as_str() {
            "completed" => State::Completed,
            "cancelled" => State::Cancelled,
            _ => State::Planned,
        }
    }

    pub fn word(&self) -> &'static str {
        match self.state() {
            State::Planned => "",
            State::Completed => "completed",
            State::Cancelled => "cancelled",
        }
    }
}

/// Of which place the residents are listed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Choosing {
    pub place: String,
}

/// An activity as typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    pub name: String,
    pub details: String,
    pub location: String,
    pub day: String,
    pub time: String,
    /// `place-7`, `again-12`, or nothing.
    pub group: String,
    pub version: String,
}

impl Typed {
    pub fn of(visit: &Visit, activity: &Activity) -> Self {
        let local = activity.starts_at.and_utc().with_timezone(&visit.time_zone());
        Self {
            name: activity.name.clone(),
            details: activity.details.clone(),
            location: activity.location.clone(),
            day: local.format("%Y-%m-%d").to_string(),
            time: local.format("%H:%M").to_string(),
            group: String::new(),
            version: activity.version.to_string(),
        }
    }

    pub fn details(&self, visit: &Visit) -> Result<Details, Refusal> {
        let typed = TypedDetails {
            name: &self.name,
            details: &self.details,
            location: &self.location,
            day: &self.day,
            time: &self.time,
        };
        Details::read(&typed, visit.time_zone(), visit.now)
    }

    pub fn group(&self) -> Result<Group, Refusal> {
        let wrong = || Refusal::invalid("group", "Choose for whom it is");
        match self.group.split_once('-') {
            None if self.group.is_empty() => Ok(Group::Nobody),
            Some(("place", id)) => id.parse().map(Group::Of).map_err(|_number| wrong()),
            Some(("again", id)) => id.parse().map(Group::Again).map_err(|_number| wrong()),
            _ => Err(wrong()),
        }
    }
}

/// What was typed for each of these people.
pub fn typed_marks(people: &[Person], fields: &Fields) -> Vec<(ParticipationId, TypedMark)> {
    people.iter().map(|one| (one.participation.id, typed_mark(one.participation.id, fields))).collect()
}

pub fn typed_mark(id: ParticipationId, fields: &Fields) -> TypedMark {
    let value = |name: &str| field(fields, &format!("{name}-{id}")).to_owned();
    TypedMark {
        took_part: value("took"),
        reason: value("reason"),
        rating: value("rating"),
        comment: value("comment"),
    }
}

/// Whether the form speaks of somebody who is not among these: a form that was tampered with, or made for other
/// people.
pub fn speaks_of_others(people: &[Person], fields: &Fields) -> bool {
    let known = |id: &str| people.iter().any(|one| one.participation.id.to_string() == id);
    let about =
        fields.iter().filter(|(_, value)| !value.is_empty()).filter_map(|(name, _)| name.split_once('-'));
    about.filter(|(name, _)| ["took", "reason", "rating", "comment"].contains(name)).any(|(_, id)| !known(id))
}

/// The marks, or each wrong field with its words.
pub fn read_marks(typed: &[(ParticipationId, TypedMark)]) -> Result<Vec<Mark>, Vec<(String, String)>> {
    let (mut marks, mut wrong) = (Vec::new(), Vec::new());
    for (id, typed) in typed {
        match Mark::read(*id, typed) {
            Ok(Some(mark)) => marks.push(mark),
            Ok(None) => {}
            Err((part, words)) => wrong.push((field_of(part, *id), words)),
        }
    }
    if wrong.is_empty() { Ok(marks) } else { Err(wrong) }
}

fn field_of(part: Part, id: ParticipationId) -> String {
    let name = match part {
        Part::TookPart => "took",
        Part::Reason => "reason",
        Part::Rating => "rating",
        Part::Comment => "comment",
    };
    format!("{name}-{id}")
}

/// Ties a form to one person's part and one session.
pub fn seal(visit: &Visit, person: &Person) -> String {
    let part = &person.participation;
    keyed_fingerprint(visit.held().reveal(), &format!("part {} of {}", part.id, part.resident))
}

/// # Errors
/// `Expired` when the form was made for somebody else.
pub fn check_seal(visit: &Visit, person: &Person, about: &str, back: String) -> Result<(), Fault> {
    if Secret::new(seal(visit, person)).is(about) { Ok(()) } else { Err(Fault::Expired(back)) }
}
