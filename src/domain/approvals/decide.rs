//! What people decide short of letting somebody in: chosen, looked at, rejected, put back.

use std::collections::BTreeSet;

use chrono::{NaiveDate, TimeDelta};

use super::approve::Outcome;
use super::{State, reach, store};
use crate::db::Tx;
use crate::domain::Refusal;
use crate::domain::access::{ApproveStaff, Permission, Role, Scope};
use crate::domain::accounts::{self, Granter};
use crate::domain::audit::{self, Event};
use crate::domain::organisations::{self, one_line, short};
use crate::kit::ids::{ApprovalId, PlaceId};

/// How the audit trail names somebody who waits.
pub(super) const SUBJECT: &str = "approval";

/// What is chosen for people before they are approved. What is `None` stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choice {
    pub granted: Option<(Role, BTreeSet<Permission>)>,
    pub places: Option<Vec<PlaceId>>,
    pub end: Option<End>,
}

/// How long access is to last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Never,
    /// After this day.
    After(NaiveDate),
}

impl End {
    /// The last day of access.
    pub fn last_day(self) -> Option<NaiveDate> {
        match self {
            Self::Never => None,
            Self::After(day) => Some(day),
        }
    }
}

/// Somebody cannot be approved for a while that is longer than this.
const LONGEST: TimeDelta = TimeDelta::days(366);

/// Chooses permissions, places and an end for people who wait.
///
/// # Errors
/// `Invalid` on `permissions`, `places` or `ends_on`.
pub fn choose(
    tx: &mut Tx<'_>,
    scope: &Scope<ApproveStaff>,
    ids: &[ApprovalId],
    choice: &Choice,
) -> Result<Outcome, Refusal> {
    let granter = accounts::granter(tx.conn, scope)?;
    let reach = reach(tx.conn, scope, &granter.places)?;
    if let Some((role, permissions)) = &choice.granted
        && let Some(words) = granter.refuses(*role, permissions)
    {
        return Err(Refusal::invalid("permissions", words));
    }
    if let Some(places) = &choice.places {
        within(tx, scope, &reach, places)?;
    }
    if let Some(End::After(day)) = choice.end
        && (day < tx.now.date() || day > tx.now.date() + LONGEST)
    {
        return Err(Refusal::invalid("ends_on", "Enter a date from today to a year from now"));
    }
    let rows = store::of_ids(tx.conn, (scope.organisation(), &reach), ids)?;
    let (waiting, decided): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.state == State::Pending);
    let ids: Vec<ApprovalId> = waiting.iter().map(|row| row.id).collect();
    if let Some((role, permissions)) = &choice.granted {
        store::choose(tx, &ids, *role, &Permission::write(permissions))?;
    }
    if let Some(end) = choice.end {
        store::choose_end(tx, &ids, end.last_day())?;
    }
    if let Some(places) = &choice.places {
        store::clear_places(tx, &ids)?;
        let all: Vec<(ApprovalId, PlaceId)> =
            ids.iter().flat_map(|id| places.iter().map(|place| (*id, *place))).collect();
        store::insert_places(tx, &all)?;
    }
    let mut outcome = Outcome::default();
    for row in &waiting {
        let words = format!("chose what {} may do once approved", row.name());
        let event = Event::new("staff.chosen", words).about(SUBJECT, row.id.0);
        audit::record(tx, scope, event.with(in_details(choice)))?;
        outcome.done.push((row.id, row.name()));
    }
    outcome.left.extend(decided.iter().map(|row| (row.id, super::approve::decided_already(row))));
    Ok(outcome)
}

fn in_details(choice: &Choice) -> serde_json::Value {
    serde_json::json!({
        "role": choice.granted.as_ref().map(|(role, _)| role.as_str()),
        "permissions": choice.granted.as_ref().map(|(_, permissions)| Permission::write(permissions)),
        "places": choice.places,
        "ends_on": choice.end.and_then(End::last_day).map(|day| day.to_string()),
    })
}

/// # Errors
/// `NotHere` for a place of others, `Invalid` on `places` for one outside the person's own.
fn within(
    tx: &mut Tx<'_>,
    scope: &Scope<ApproveStaff>,
    reach: &store::Reach,
    places: &[PlaceId],
) -> Result<(), Refusal> {
    let known = organisations::places(tx.conn, scope)?;
    for place in places {
        if !known.iter().any(|one| one.id == *place) {
            return Err(Refusal::NotHere);
        }
        if !covers(reach, *place) {
            return Err(Refusal::invalid("places", "Choose places among your own"));
        }
    }
    Ok(())
}

pub(super) fn covers(reach: &store::Reach, place: PlaceId) -> bool {
    match reach {
        store::Reach::All => true,
        store::Reach::Only(places) => places.contains(&place),
    }
}

/// *I have looked*: the flags that a row has now do not hold it up any more.
pub fn look(tx: &mut Tx<'_>, scope: &Scope<ApproveStaff>, id: ApprovalId) -> Result<(), Refusal> {
    let granter: Granter = accounts::granter(tx.conn, scope)?;
    let reach = reach(tx.conn, scope, &granter.places)?;
    let row = store::get(tx.conn, (scope.organisation(), &reach), id)?;
    if row.state != State::Pending {
        return Err(Refusal::Overtaken(super::approve::decided_already(&row)));
    }
    if row.flags.is_empty() || row.looked_flags == row.flags {
        return Ok(());
    }
    store::looked(tx, id, &scope.by().name)?;
    let words = format!("looked at {} ({})", row.name(), row.flags.to_lowercase());
    audit::record(tx, scope, Event::new("staff.looked", words).about(SUBJECT, id.0))?;
    Ok(())
}

/// *Reject selected*: moves people to *Rejected staff*, where a sync leaves them.
pub fn reject(
    tx: &mut Tx<'_>,
    scope: &Scope<ApproveStaff>,
    ids: &[ApprovalId],
    reason: &str,
) -> Result<Outcome, Refusal> {
    let reason = short("reason", one_line(reason), 200)?;
    let words = |name: &str| match reason.as_str() {
        "" => format!("rejected {name}"),
        reason => format!("rejected {name}: {reason}"),
    };
    let moves = (State::Pending, State::Rejected);
    turn(tx, scope, ids, moves, (&reason, "staff.rejected", &words))
}

/// *Add to Kinbridge*, and *Undo* of a rejection: they wait again.
pub fn restore(tx: &mut Tx<'_>, scope: &Scope<ApproveStaff>, ids: &[ApprovalId]) -> Result<Outcome, Refusal> {
    let words = |name: &str| format!("put {name} back to pending staff");
    turn(tx, scope, ids, (State::Rejected, State::Pending), ("", "staff.restored", &words))
}

type Told<'a> = (&'a str, &'static str, &'a dyn Fn(&str) -> String);

fn turn(
    tx: &mut Tx<'_>,
    scope: &Scope<ApproveStaff>,
    ids: &[ApprovalId],
    (from, to): (State, State),
    (reason, verb, words): Told<'_>,
) -> Result<Outcome, Refusal> {
    let granter = accounts::granter(tx.conn, scope)?;
    let reach = reach(tx.conn, scope, &granter.places)?;
    let rows = store::of_ids(tx.conn, (scope.organisation(), &reach), ids)?;
    let (turning, others): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.state == from);
    let ids: Vec<ApprovalId> = turning.iter().map(|row| row.id).collect();
    let by = if to.is_decided() { scope.by().name.as_str() } else { "" };
    store::decide(tx, scope.organisation(), &ids, (from, to), (by, reason))?;
    let mut outcome = Outcome::default();
    for row in turning {
        let event = Event::new(verb, words(&row.name())).about(SUBJECT, row.id.0);
        audit::record(tx, scope, event)?;
        outcome.done.push((row.id, row.name()));
    }
    outcome.left.extend(others.iter().map(|row| (row.id, super::approve::decided_already(row))));
    Ok(outcome)
}
