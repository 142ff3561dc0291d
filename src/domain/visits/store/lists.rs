//! Reading rows of visits.

use std::collections::HashMap;

use chrono::{NaiveDate, NaiveDateTime};
use diesel::dsl::count_star;
use diesel::prelude::*;

use super::{Joined, Outcome, Row, filled, listed};
use crate::db::{Backend, Conn};
use crate::domain::api_keys::Mode;
use crate::domain::schema::{
    patients, staff_members, task_versions, tasks, visit_events, visit_outcomes, visit_steps, visit_windows,
    visits,
};
use crate::domain::tasks::StepKind;
use crate::domain::visits::availability::Taken;
use crate::domain::visits::lists::{Assigned, Reach, Show, Wanted};
use crate::domain::visits::{EventKind, Line, Status, Step, Visit};
use crate::kit::ids::{
    OrganisationId, PatientId, StaffMemberId, VisitId, VisitSeriesId, VisitStepId, WindowId,
};
use crate::kit::names::split;

pub type Whose = (OrganisationId, Mode, Reach);

/// Narrows a query to the visits that somebody sees.
macro_rules! reaching {
    ($query:expr, $reach:expr) => {
        match $reach {
            Reach::All => $query,
            Reach::Own(staff) => $query.filter(visits::staff_member_id.assume_not_null().eq(staff)),
            Reach::Nobody => $query.filter(visits::id.lt(0)),
        }
    };
}
pub(super) use reaching;

pub fn get(conn: &mut Conn, (organisation, mode, reach): Whose, id: VisitId) -> QueryResult<Option<Visit>> {
    let query = reaching!(listed!(organisation, mode).filter(visits::id.eq(id)), reach);
    let found: Option<Joined> = query.first(conn).optional()?;
    Ok(filled(conn, found.into_iter().collect())?.pop())
}

pub fn by_public_id(
    conn: &mut Conn,
    (organisation, mode, reach): Whose,
    id: &str,
) -> QueryResult<Option<Visit>> {
    let query = reaching!(listed!(organisation, mode).filter(visits::public_id.eq(id.to_owned())), reach);
    let found: Option<Joined> = query.first(conn).optional()?;
    Ok(filled(conn, found.into_iter().collect())?.pop())
}

pub fn list(
    conn: &mut Conn,
    (organisation, mode, reach): Whose,
    wanted: &Wanted,
    (offset, limit): (i64, i64),
) -> QueryResult<Vec<Visit>> {
    let mut query = reaching!(listed!(organisation, mode), reach);
    query = match wanted.show {
        Show::Everything => query,
        Show::Open => {
            query.filter(visits::status.eq_any([Status::Scheduling, Status::Scheduled, Status::InProgress]))
        }
        Show::Scheduling => query.filter(visits::status.eq(Status::Scheduling)),
        Show::Unassigned => {
            query.filter(visits::status.eq(Status::Scheduled)).filter(visits::staff_member_id.is_null())
        }
        Show::Completed => query.filter(visits::status.eq(Status::Completed)),
        Show::Cancelled => query.filter(visits::status.eq(Status::Cancelled)),
    };
    if let Some((from, to)) = wanted.dates {
        query = query.filter(visits::local_date.assume_not_null().between(from, to));
    }
    query = match wanted.practitioner {
        Assigned::Anyone => query,
        Assigned::Nobody => query.filter(visits::staff_member_id.is_null()),
        Assigned::To(staff) => query.filter(visits::staff_member_id.assume_not_null().eq(staff)),
    };
    for word in split(&wanted.search) {
        query = query.filter(patients::search_text.like(format!("%{word}%")).escape('!'));
    }
    let rows: Vec<Joined> = query
        .order((visits::starts_at.is_not_null(), visits::starts_at, visits::id))
        .offset(offset)
        .limit(limit)
        .load(conn)?;
    filled(conn, rows)
}

pub fn of_patient(
    conn: &mut Conn,
    (organisation, mode, reach): Whose,
    patient: PatientId,
    limit: i64,
) -> QueryResult<Vec<Visit>> {
    let query = reaching!(listed!(organisation, mode).filter(visits::patient_id.eq(patient)), reach);
    let rows: Vec<Joined> = query.order(visits::id.desc()).limit(limit).load(conn)?;
    filled(conn, rows)
}

/// The visits of a series that are not cancelled, in order.
pub fn of_series(
    conn: &mut Conn,
    organisation: OrganisationId,
    series: VisitSeriesId,
) -> QueryResult<Vec<Visit>> {
    let rows: Vec<Joined> = listed!(organisation, Mode::Live)
        .filter(visits::series_id.assume_not_null().eq(series))
        .filter(visits::status.ne(Status::Cancelled))
        .order((visits::starts_at, visits::id))
        .load(conn)?;
    filled(conn, rows)
}

/// Places held on each slot from one date to another.
pub fn taken(
    conn: &mut Conn,
    (organisation, mode): (OrganisationId, Mode),
    (from, to): (NaiveDate, NaiveDate),
) -> QueryResult<Taken> {
    let rows: Vec<(Option<WindowId>, Option<NaiveDate>, i64)> = visits::table
        .filter(visits::organisation_id.eq(organisation))
        .filter(visits::mode.eq(mode))
        .filter(visits::local_date.assume_not_null().between(from, to))
        .filter(visits::status.ne(Status::Cancelled))
        .group_by((visits::window_id, visits::local_date))
        .select((visits::window_id, visits::local_date, count_star()))
        .load(conn)?;
    Ok(rows.into_iter().filter_map(|(window, date, held)| Some(((window?, date?), held))).collect())
}

/// Places held on one slot.
pub fn held(
    conn: &mut Conn,
    (organisation, mode): (OrganisationId, Mode),
    (window, date): (WindowId, NaiveDate),
) -> QueryResult<i64> {
    visits::table
        .filter(visits::window_id.assume_not_null().eq(window))
        .filter(visits::local_date.assume_not_null().eq(date))
        .filter(visits::mode.eq(mode))
        .filter(visits::organisation_id.eq(organisation))
        .filter(visits::status.ne(Status::Cancelled))
        .count()
        .get_result(conn)
}

/// Live visits from a date on in each window that are not over.
pub fn counts_of_windows(
    conn: &mut Conn,
    organisation: OrganisationId,
    from: NaiveDate,
) -> QueryResult<HashMap<WindowId, i64>> {
    let rows: Vec<(Option<WindowId>, i64)> = visits::table
        .filter(visits::organisation_id.eq(organisation))
        .filter(visits::mode.eq(Mode::Live))
        .filter(visits::local_date.assume_not_null().ge(from))
        .filter(visits::status.eq_any([Status::Scheduled, Status::InProgress]))
        .group_by(visits::window_id)
        .select((visits::window_id, count_star()))
        .load(conn)?;
    Ok(rows.into_iter().filter_map(|(window, count)| Some((window?, count))).collect())
}

/// Who came to a patient's last completed appointments, newest first.
pub fn last_practitioners(
    conn: &mut Conn,
    patient: PatientId,
    limit: i64,
) -> QueryResult<Vec<Option<StaffMemberId>>> {
    visits::table
        .filter(visits::patient_id.eq(patient))
        .filter(visits::status.eq(Status::Completed))
        .order((visits::starts_at.desc(), visits::id.desc()))
        .limit(limit)
        .select(visits::staff_member_id)
        .load(conn)
}

pub fn events(conn: &mut Conn, visit: VisitId) -> QueryResult<Vec<Line>> {
    let rows: Vec<(EventKind, String, String, NaiveDateTime)> = visit_events::table
        .filter(visit_events::visit_id.eq(visit))
        .order(visit_events::id)
        .select((visit_events::kind, visit_events::words, visit_events::by_name, visit_events::at))
        .load(conn)?;
    Ok(rows.into_iter().map(|(kind, words, by, at)| Line { kind, words, by, at }).collect())
}

pub fn steps(conn: &mut Conn, visit: VisitId) -> QueryResult<Vec<Step>> {
    type Found = (VisitStepId, StepKind, String, String, Option<NaiveDateTime>, String);
    let rows: Vec<Found> = visit_steps::table
        .filter(visit_steps::visit_id.eq(visit))
        .order(visit_steps::position)
        .select((
            visit_steps::id,
            visit_steps::kind,
            visit_steps::words,
            visit_steps::snomed_code,
            visit_steps::done_at,
            visit_steps::done_by_name,
        ))
        .load(conn)?;
    let step = |(id, kind, words, snomed_code, done_at, by): Found| {
        let done = done_at.map(|at| (at, by));
        Step { id, kind, words, snomed_code, done }
    };
    Ok(rows.into_iter().map(step).collect())
}
