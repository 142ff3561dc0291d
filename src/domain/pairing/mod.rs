//! Ties external records to people here, one to one, and remembers every decision.
//!
//! `matching` says who might be who and knows no database; this module keeps what was decided: links
//! by rule (`Auto`) or by a person (`User`), refusals, and people set aside for later. Whatever a
//! person decided is never changed by a sync. Deliberately does not fetch or apply anything.

mod approved;
mod compare;
mod decide;
mod escalate;
mod lists;
mod many;
pub mod matching;
pub mod owned;
mod quality;
mod store;
mod strength;
mod swap;

pub use approved::{pair_approved, staff_of};
pub use compare::{
    Candidate, Held, MOST_FOUND, Named, Refused, Side, candidates, holder_of, link_of, looked, looked_lately,
    refusals_of, search, side_by_side, still_as_seen, unsent,
};
pub use decide::{
    Chosen, Linked, different_numbers, end_of_run, link, park, refuse, take_back, unlink, unlink_this,
    unpark, withdraw_refusal,
};
pub use escalate::ask_manager;
pub use lists::{
    Cause, Filter, Progress, Show, Spot, Suggestion, Unpaired, causes, next, progress, set_aside, spot,
    unpaired,
};
pub use many::{Batch, MOST_AT_ONCE, Strong, confirm_many, strong_suggestions, undo_batch};
pub use quality::{About, Answers, Quality, RuleQuality, quality};
pub use strength::Strength;
pub use swap::{Swap, Swapped, swap, undo_swap};

use crate::connectors::{PersonRecord, StaffRecord};
use crate::domain::{residents, staff};
use matching::Kind;

/// The word under which residents or staff stand in `kind` columns.
pub fn kind_word(kind: Kind) -> &'static str {
    match kind {
        Kind::People => residents::SUBJECT,
        Kind::Staff => staff::SUBJECT,
    }
}

/// A vendor's resident as matching reads it; `service` is the name of the service that it stands under.
pub fn person_facts(record: &PersonRecord, service: String) -> matching::Record {
    matching::Record {
        key: record.external_id.clone(),
        first_name: record.first_name.clone(),
        last_name: record.last_name.clone(),
        known_as: record.preferred_name.clone(),
        date_of_birth: record.date_of_birth.map(|date| date.to_string()).unwrap_or_default(),
        nhs_number: record.nhs_number.clone().unwrap_or_default(),
        email: String::new(),
        room: record.room.clone().unwrap_or_default(),
        place: service,
        resident_type: record.resident_type.clone().unwrap_or_default(),
        status: record.status.clone().unwrap_or_default(),
        archived: record.archived,
    }
}

/// A vendor's staff member as matching reads it.
pub fn staff_facts(record: &StaffRecord, service: String) -> matching::Record {
    matching::Record {
        key: record.external_id.clone(),
        first_name: record.first_name.clone(),
        last_name: record.last_name.clone(),
        email: record.email.clone().unwrap_or_default(),
        place: service,
        archived: record.archived,
        ..matching::Record::default()
    }
}
