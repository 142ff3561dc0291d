//! Rows of appointments whose practitioner leaves.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::db::Conn;
use crate::domain::api_keys::Mode;
use crate::domain::schema::{practitioners, staff_members, visits};
use crate::domain::staff::StaffState;
use crate::domain::visits::Status;
use crate::domain::visits::leaving::Left;
use crate::kit::ids::{OrganisationId, StaffMemberId, VisitId};

/// The live visits that can still be given to somebody else, and are not over.
macro_rules! to_come {
    ($now:expr) => {
        visits::mode
            .eq(Mode::Live)
            .and(visits::status.eq_any([Status::Scheduling, Status::Scheduled]))
            .and(visits::ends_at.is_null().or(visits::ends_at.assume_not_null().gt($now)))
    };
}

/// Such visits of one practitioner.
pub fn open_of(
    conn: &mut Conn,
    organisation: OrganisationId,
    practitioner: StaffMemberId,
    now: NaiveDateTime,
) -> QueryResult<i64> {
    visits::table
        .filter(visits::organisation_id.eq(organisation))
        .filter(visits::staff_member_id.assume_not_null().eq(practitioner))
        .filter(to_come!(now))
        .count()
        .get_result(conn)
}

/// Such visits of everybody who is suspended, or no practitioner any more; each person's together, by time.
pub fn left_behind(
    conn: &mut Conn,
    organisation: Option<OrganisationId>,
    now: NaiveDateTime,
) -> QueryResult<Vec<Left>> {
    type Found = (OrganisationId, VisitId, StaffMemberId, String, String, StaffState);
    let mut query = visits::table
        .inner_join(staff_members::table)
        .inner_join(practitioners::table.on(practitioners::staff_member_id.eq(staff_members::id)))
        .filter(to_come!(now))
        .filter(staff_members::state.eq(StaffState::Suspended).or(practitioners::active.eq(false)))
        .order((staff_members::id, visits::starts_at, visits::id))
        .select((
            visits::organisation_id,
            visits::id,
            staff_members::id,
            staff_members::first_name,
            staff_members::last_name,
            staff_members::state,
        ))
        .into_boxed();
    if let Some(organisation) = organisation {
        query = query.filter(visits::organisation_id.eq(organisation));
    }
    let rows: Vec<Found> = query.load(conn)?;
    let left = |(organisation, visit, staff, first, last, state): Found| Left {
        organisation,
        visit,
        staff,
        name: format!("{first} {last}").trim().to_owned(),
        employed: state == StaffState::Active,
    };
    Ok(rows.into_iter().map(left).collect())
}
