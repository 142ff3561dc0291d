//! Who has which appointments on which days.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

use crate::db::Conn;
use crate::domain::api_keys::Mode;
use crate::domain::schema::{task_versions, visits};
use crate::domain::visits::Status;
use crate::domain::visits::recommending::Booked;
use crate::kit::ids::{OrganisationId, StaffMemberId, VisitId};

/// All that somebody has from one date to another, by their time.
pub fn rounds(
    conn: &mut Conn,
    (organisation, mode): (OrganisationId, Mode),
    (from, to): (NaiveDate, NaiveDate),
) -> QueryResult<Vec<Booked>> {
    type Found = (VisitId, Option<StaffMemberId>, Option<NaiveDate>, Times, String, i32);
    type Times = (Option<NaiveDateTime>, Option<NaiveDateTime>);
    let rows: Vec<Found> = visits::table
        .inner_join(task_versions::table)
        .filter(visits::organisation_id.eq(organisation))
        .filter(visits::mode.eq(mode))
        .filter(visits::local_date.assume_not_null().between(from, to))
        .filter(visits::staff_member_id.is_not_null())
        .filter(visits::status.ne(Status::Cancelled))
        .order((visits::starts_at, visits::id))
        .select((
            visits::id,
            visits::staff_member_id,
            visits::local_date,
            (visits::starts_at, visits::ends_at),
            visits::postcode,
            task_versions::minutes,
        ))
        .load(conn)?;
    let booked = |(visit, staff, date, (starts_at, ends_at), postcode, minutes): Found| {
        let (staff, date, starts_at, ends_at) = (staff?, date?, starts_at?, ends_at?);
        Some(Booked { visit, staff, date, starts_at, ends_at, postcode, minutes })
    };
    Ok(rows.into_iter().filter_map(booked).collect())
}
