//! Which windows still have a place. What is shown may be gone a moment later: the place itself is taken in the
//! transaction that books.

use std::collections::HashMap;

use chrono::{Days, NaiveDate, NaiveDateTime};
use chrono_tz::Tz;

use super::store;
use crate::db::Conn;
use crate::domain::Refusal;
use crate::domain::access::{Right, Scope};
use crate::domain::api_keys::Mode;
use crate::domain::organisations;
use crate::domain::windows::{self, Slot};
use crate::kit::ids::WindowId;

/// Days that one question may cover.
pub const LONGEST_SEARCH: u64 = 31;
/// Days ahead that are offered.
pub const FURTHEST: u64 = 183;

/// A slot with a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Available {
    pub slot: Slot,
    pub places_left: i32,
}

/// The slots with a place from one date to another, that have not begun, in order of time.
pub fn availability<R: Right>(
    conn: &mut Conn,
    scope: &Scope<R>,
    mode: Mode,
    (from, to): (NaiveDate, NaiveDate),
    now: NaiveDateTime,
) -> Result<Vec<Available>, Refusal> {
    let zone = zone(conn, scope)?;
    let all = windows::in_use(conn, scope.organisation())?;
    let to = to.min(from.checked_add_days(Days::new(LONGEST_SEARCH)).unwrap_or(to));
    let mut taken = store::taken(conn, (scope.organisation(), mode), (from, to))?;
    let left = |slot: Slot| {
        let held = taken.remove(&(slot.window, slot.date)).unwrap_or(0);
        let places_left = slot.capacity - i32::try_from(held).unwrap_or(i32::MAX);
        Available { slot, places_left }
    };
    let slots = windows::slots(&all, (from, to), zone).into_iter();
    Ok(slots.filter(|slot| slot.starts_at > now).map(left).filter(|one| one.places_left > 0).collect())
}

/// The first slot with a place after a moment, within the days that one question covers.
pub fn next_free<R: Right>(
    conn: &mut Conn,
    scope: &Scope<R>,
    mode: Mode,
    after: NaiveDateTime,
) -> Result<Option<Slot>, Refusal> {
    let from = after.date();
    let to = from.checked_add_days(Days::new(LONGEST_SEARCH)).unwrap_or(from);
    let found = availability(conn, scope, mode, (from, to), after)?;
    Ok(found.into_iter().next().map(|one| one.slot))
}

/// Places held on each slot.
pub(super) type Taken = HashMap<(WindowId, NaiveDate), i64>;

/// The organisation's zone.
pub(super) fn zone<R: Right>(conn: &mut Conn, scope: &Scope<R>) -> Result<Tz, Refusal> {
    let of = organisations::get(conn, scope)?;
    Ok(of.time_zone.parse().unwrap_or(Tz::Europe__London))
}
