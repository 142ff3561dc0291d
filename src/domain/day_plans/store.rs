//! Rows of day plans.

use std::collections::HashMap;

use chrono::{NaiveDate, NaiveDateTime};
use diesel::dsl::count_star;
use diesel::prelude::*;

use super::{Kept, KeptStop, Outcome};
use crate::db::{Conn, Tx, on_each};
use crate::domain::api_keys::Mode;
use crate::domain::schema::{day_plan_stops as stops, day_plans as plans, visits};
use crate::domain::visits::Status;
use crate::kit::ids::{DayPlanId, OrganisationId, PatientId, StaffMemberId, VisitId};

/// Rows of one statement.
const CHUNK: usize = 500;

pub struct New<'n> {
    pub date: NaiveDate,
    pub made_by: &'n str,
    pub travel_minutes: i32,
    pub based_on: &'n str,
}

pub fn insert(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    new: &New<'_>,
    kept: &[KeptStop],
) -> QueryResult<DayPlanId> {
    let id: DayPlanId = diesel::insert_into(plans::table)
        .values((
            plans::organisation_id.eq(organisation),
            plans::local_date.eq(new.date),
            plans::made_by_name.eq(new.made_by),
            plans::created_at.eq(tx.now),
            plans::travel_minutes.eq(new.travel_minutes),
            plans::based_on.eq(new.based_on),
        ))
        .returning(plans::id)
        .get_result(tx.conn)?;
    for chunk in kept.chunks(CHUNK) {
        let rows: Vec<_> = chunk
            .iter()
            .map(|stop| {
                let (staff, arrives, leaves, why) = match &stop.outcome {
                    Outcome::Placed { staff, arrives_at, leaves_at } => {
                        (Some(*staff), Some(*arrives_at), Some(*leaves_at), "")
                    }
                    Outcome::Unplaced(why) => (None, None, None, why.as_str()),
                };
                (
                    stops::day_plan_id.eq(id),
                    stops::staff_member_id.eq(staff),
                    stops::visit_id.eq(stop.visit),
                    stops::position.eq(stop.position),
                    stops::arrives_at.eq(arrives),
                    stops::leaves_at.eq(leaves),
                    stops::travel_minutes.eq(stop.travel_minutes),
                    stops::why_not.eq(why),
                )
            })
            .collect();
        on_each!(&mut *tx.conn, conn => diesel::insert_into(stops::table).values(&rows).execute(conn))?;
    }
    Ok(id)
}

pub fn applied(tx: &mut Tx<'_>, id: DayPlanId) -> QueryResult<()> {
    diesel::update(plans::table.find(id)).set(plans::applied_at.eq(tx.now)).execute(tx.conn).map(drop)
}

/// Removes the plans of days before one, with their stops.
pub fn purge(tx: &mut Tx<'_>, before: NaiveDate) -> QueryResult<usize> {
    let old = plans::table.filter(plans::local_date.lt(before)).select(plans::id);
    diesel::delete(stops::table.filter(stops::day_plan_id.eq_any(old))).execute(tx.conn)?;
    diesel::delete(plans::table.filter(plans::local_date.lt(before))).execute(tx.conn)
}

pub fn date_of(
    conn: &mut Conn,
    organisation: OrganisationId,
    id: DayPlanId,
) -> QueryResult<Option<NaiveDate>> {
    plans::table
        .filter(plans::organisation_id.eq(organisation))
        .filter(plans::id.eq(id))
        .select(plans::local_date)
        .first(conn)
        .optional()
}

type PlanRow = (DayPlanId, String, NaiveDateTime, i32, String, Option<NaiveDateTime>);
type StopRow =
    (VisitId, i32, i32, Option<StaffMemberId>, Option<NaiveDateTime>, Option<NaiveDateTime>, String);

pub fn latest(conn: &mut Conn, organisation: OrganisationId, date: NaiveDate) -> QueryResult<Option<Kept>> {
    let found: Option<PlanRow> = plans::table
        .filter(plans::organisation_id.eq(organisation))
        .filter(plans::local_date.eq(date))
        .order(plans::id.desc())
        .select((
            plans::id,
            plans::made_by_name,
            plans::created_at,
            plans::travel_minutes,
            plans::based_on,
            plans::applied_at,
        ))
        .first(conn)
        .optional()?;
    let Some((id, made_by, created_at, travel_minutes, based_on, applied_at)) = found else {
        return Ok(None);
    };
    let rows: Vec<StopRow> = stops::table
        .filter(stops::day_plan_id.eq(id))
        .order(stops::position)
        .select((
            stops::visit_id,
            stops::position,
            stops::travel_minutes,
            stops::staff_member_id,
            stops::arrives_at,
            stops::leaves_at,
            stops::why_not,
        ))
        .load(conn)?;
    let stops = rows.into_iter().map(stop).collect();
    Ok(Some(Kept { id, date, made_by, created_at, travel_minutes, based_on, applied_at, stops }))
}

fn stop((visit, position, travel_minutes, staff, arrives, leaves, why): StopRow) -> KeptStop {
    let outcome = match (staff, arrives, leaves) {
        (Some(staff), Some(arrives_at), Some(leaves_at)) => Outcome::Placed { staff, arrives_at, leaves_at },
        _ => Outcome::Unplaced(why),
    };
    KeptStop { visit, position, travel_minutes, outcome }
}

/// Who made most of each patient's appointments since a date; of several the one with the lowest number.
pub fn usual(
    conn: &mut Conn,
    organisation: OrganisationId,
    patients: &[PatientId],
    since: NaiveDate,
) -> QueryResult<HashMap<PatientId, StaffMemberId>> {
    let mut most: HashMap<PatientId, (i64, StaffMemberId)> = HashMap::new();
    for chunk in patients.chunks(CHUNK) {
        let rows: Vec<(PatientId, Option<StaffMemberId>, i64)> = visits::table
            .filter(visits::organisation_id.eq(organisation))
            .filter(visits::mode.eq(Mode::Live))
            .filter(visits::status.eq(Status::Completed))
            .filter(visits::patient_id.eq_any(chunk.to_vec()))
            .filter(visits::local_date.ge(since))
            .filter(visits::staff_member_id.is_not_null())
            .group_by((visits::patient_id, visits::staff_member_id))
            .order((visits::patient_id, visits::staff_member_id))
            .select((visits::patient_id, visits::staff_member_id, count_star()))
            .load(conn)?;
        for (patient, staff, count) in rows {
            let Some(staff) = staff else { continue };
            if most.get(&patient).is_none_or(|(before, _)| count > *before) {
                most.insert(patient, (count, staff));
            }
        }
    }
    Ok(most.into_iter().map(|(patient, (_, staff))| (patient, staff)).collect())
}
