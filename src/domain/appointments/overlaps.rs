//! Whom an appointment would find busy. Pure, but for the one query that loads what else there is.

use std::collections::HashMap;

use chrono::NaiveDateTime;

use super::store::{self, Busy};
use super::times::Slot;
use crate::db::Conn;
use crate::domain::access::{Places, Scope};
use crate::kit::ids::{AppointmentId, PlaceId, ResidentId, StaffMemberId};

/// Somebody has another appointment at that time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overlap {
    pub other: AppointmentId,
    /// Who has it.
    pub who: String,
    /// Whom they see there; empty for nobody, or where that is not for the scope to know.
    pub with: String,
    /// UTC.
    pub starts_at: NaiveDateTime,
    pub ends_at: NaiveDateTime,
    /// Whether the scope reaches the other appointment.
    pub seen: bool,
}

/// What is asked to be planned: who, and when.
#[derive(Debug, Clone, Copy)]
pub struct Wished {
    pub resident: Option<ResidentId>,
    pub staff: Option<StaffMemberId>,
    pub slot: Slot,
}

/// The other appointments that these would overlap, but for those in `except`; in order, each once.
pub fn overlaps<R>(
    conn: &mut Conn,
    scope: &Scope<R>,
    wished: &[Wished],
    except: &[AppointmentId],
) -> diesel::QueryResult<Vec<Overlap>> {
    let (from, to) =
        (wished.iter().map(|one| one.slot.starts_at).min(), wished.iter().map(|one| one.slot.ends_at).max());
    let (Some(from), Some(to)) = (from, to) else { return Ok(Vec::new()) };
    let busy = match wished {
        [first, rest @ ..] if rest.iter().all(|one| same_people(first, one)) => {
            store::busy_people(conn, scope.organisation(), (first.resident, first.staff), (from, to))?
        }
        _ => store::busy(conn, scope.organisation(), (from, to))?,
    };
    Ok(found(scope.places(), wished, &busy, except))
}

fn same_people(one: &Wished, other: &Wished) -> bool {
    one.resident == other.resident && one.staff == other.staff
}

/// Which of `busy` the wished ones overlap.
pub fn found(places: &Places, wished: &[Wished], busy: &[Busy], except: &[AppointmentId]) -> Vec<Overlap> {
    let mut of_clients: HashMap<ResidentId, Vec<&Wished>> = HashMap::new();
    let mut of_staff: HashMap<StaffMemberId, Vec<&Wished>> = HashMap::new();
    for one in wished {
        if let Some(resident) = one.resident {
            of_clients.entry(resident).or_default().push(one);
        }
        if let Some(staff) = one.staff {
            of_staff.entry(staff).or_default().push(one);
        }
    }
    let meets = |slots: Option<&Vec<&Wished>>, other: &Busy| {
        slots.is_some_and(|slots| slots.iter().any(|one| one.slot.overlaps(other.starts_at, other.ends_at)))
    };
    let mut found = Vec::new();
    for other in busy.iter().filter(|other| !except.contains(&other.id)) {
        let by_staff = other.staff.is_some_and(|staff| meets(of_staff.get(&staff), other));
        let by_client = other.resident.is_some_and(|client| meets(of_clients.get(&client), other));
        if by_staff || by_client {
            found.push(overlap(other, if by_staff { By::Staff } else { By::Client }, places));
        }
    }
    found.sort_by_key(|one| (one.starts_at, one.other));
    found
}

/// Who of the two is busy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    Staff,
    Client,
}

/// Says of another appointment who has it, and whom they see there where the places reach it.
pub fn overlap(other: &Busy, by: By, places: &Places) -> Overlap {
    let seen = reaches(places, other.place);
    let (who, with) = match by {
        By::Staff => (&other.staff_name, &other.client),
        By::Client => (&other.client, &other.staff_name),
    };
    Overlap {
        other: other.id,
        who: who.clone(),
        with: if seen { with.clone() } else { String::new() },
        starts_at: other.starts_at,
        ends_at: other.ends_at,
        seen,
    }
}

fn reaches(places: &Places, place: PlaceId) -> bool {
    match places {
        Places::All => true,
        Places::Only(assigned) => assigned.contains(&place),
    }
}
