//! Entries for the timeline: one for each first event and its repeats. It is written once no more repeats can come; what
//! matters most is written at once, and corrected with the count if there were repeats.

use std::collections::HashMap;

use chrono_tz::Tz;

use super::store::{self, Night};
use crate::db::Tx;
use crate::domain::access::{Scope, ViewResidents};
use crate::domain::timeline::{self, Act, Source};
use crate::domain::{Refusal, organisations};
use crate::kit::ids::OrganisationId;

/// Entries of one turn.
const BATCH: i64 = 1_000;

/// Writes every entry that is due, and says how many there were.
pub fn write_entries(tx: &mut Tx<'_>) -> Result<usize, Refusal> {
    write_of(tx, None)
}

/// The same for one organisation.
pub(super) fn write_of(tx: &mut Tx<'_>, organisation: Option<OrganisationId>) -> Result<usize, Refusal> {
    let due = store::due(tx.conn, organisation, tx.now, BATCH)?;
    let mut zones: HashMap<OrganisationId, Tz> = HashMap::new();
    for first in &due {
        let zone = if let Some(zone) = zones.get(&first.organisation) {
            *zone
        } else {
            let scope = Scope::<ViewResidents>::for_the_portal(first.organisation);
            let zone = organisations::get(tx.conn, &scope)?.time_zone.parse().unwrap_or(Tz::Europe__London);
            zones.insert(first.organisation, zone);
            zone
        };
        let until = store::last_of(tx.conn, first)?;
        let act = act(first, until, zone);
        if first.version == 0 {
            timeline::enqueue(tx, first.organisation, Source::Monitoring, &[act])?;
        } else {
            timeline::correct(tx, first.organisation, Source::Monitoring, &act)?;
        }
        store::told(tx, first)?;
    }
    Ok(due.len())
}

fn act(first: &Night, until: chrono::NaiveDateTime, zone: Tz) -> Act {
    let title = if first.title.is_empty() { first.kind.words() } else { &first.title };
    let times = match first.times {
        1 => String::new(),
        times => {
            let time =
                |at: chrono::NaiveDateTime| at.and_utc().with_timezone(&zone).format("%H:%M").to_string();
            let (from, to) = (time(first.occurred_at.min(until)), time(first.occurred_at.max(until)));
            format!("{times} times between {from} and {to}.")
        }
    };
    let details = [first.details.as_str(), &times];
    let details: Vec<&str> = details.into_iter().filter(|text| !text.is_empty()).collect();
    Act {
        resident: first.resident,
        source_id: first.id.0,
        key: first.entry_key.clone(),
        version: first.version + 1,
        at: first.occurred_at,
        activity_name: title.to_owned(),
        details: details.join(" "),
        location: first.room.clone(),
        took_part: true,
        rating: None,
        comment: String::new(),
        completed_by: if first.answered_by.is_empty() {
            first.device.clone()
        } else {
            first.answered_by.clone()
        },
    }
}
