//! Rows of appointments, many at a time, as notes are matched to them.

use std::collections::HashSet;

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

use super::CHUNK;
use crate::db::{Conn, Tx};
use crate::domain::appointments::store::Row;
use crate::domain::appointments::{Appointment, State};
use crate::domain::schema::{appointment_sessions, appointments, residents, staff_members, status_types};
use crate::kit::ids::{AppointmentId, OrganisationId, ResidentId, StaffMemberId, StatusTypeId};

pub fn of_clients(
    conn: &mut Conn,
    organisation: OrganisationId,
    clients: &[ResidentId],
    (from, to): (NaiveDate, NaiveDate),
) -> QueryResult<Vec<Appointment>> {
    let cancels: HashSet<StatusTypeId> = status_types::table
        .filter(status_types::organisation_id.eq(organisation))
        .filter(status_types::cancellation.eq(true))
        .select(status_types::id)
        .load::<StatusTypeId>(conn)?
        .into_iter()
        .collect();
    let mut found = Vec::new();
    for piece in clients.chunks(CHUNK) {
        let rows: Vec<Row> = appointments::table
            .filter(appointments::organisation_id.eq(organisation))
            .filter(appointments::resident_id.eq_any(piece.to_vec()))
            .filter(appointments::local_date.between(from, to))
            .filter(appointments::state.ne(State::Cancelled))
            .select(Row::as_select())
            .load(conn)?;
        let all = rows.into_iter().map(Appointment::from);
        found.extend(all.filter(|one| !cancels.contains(&one.status)));
    }
    Ok(found)
}

pub fn some(
    conn: &mut Conn,
    organisation: OrganisationId,
    ids: &[AppointmentId],
) -> QueryResult<Vec<Appointment>> {
    let mut found = Vec::new();
    for piece in ids.chunks(CHUNK) {
        let rows: Vec<Row> = appointments::table
            .filter(appointments::organisation_id.eq(organisation))
            .filter(appointments::id.eq_any(piece.to_vec()))
            .select(Row::as_select())
            .load(conn)?;
        found.extend(rows.into_iter().map(Appointment::from));
    }
    Ok(found)
}

pub fn changed_days(
    conn: &mut Conn,
    organisation: OrganisationId,
    since: NaiveDateTime,
) -> QueryResult<Vec<NaiveDate>> {
    appointments::table
        .filter(appointments::organisation_id.eq(organisation))
        .filter(appointments::updated_at.ge(since))
        .select(appointments::local_date)
        .distinct()
        .load(conn)
}

/// Those that wait with a note's window: changed themselves since then, or by who takes part.
pub fn changed(
    conn: &mut Conn,
    organisation: OrganisationId,
    since: NaiveDateTime,
) -> QueryResult<Vec<AppointmentId>> {
    let waiting = || {
        appointments::table
            .inner_join(appointment_sessions::table)
            .filter(appointments::organisation_id.eq(organisation))
            .filter(appointments::state.ne(State::Cancelled))
            .filter(appointment_sessions::note_id.is_not_null())
            .select(appointments::id)
    };
    let mut found: Vec<AppointmentId> = waiting().filter(appointments::updated_at.ge(since)).load(conn)?;
    let clients: Vec<ResidentId> = residents::table
        .filter(residents::organisation_id.eq(organisation))
        .filter(residents::updated_at.ge(since))
        .select(residents::id)
        .load(conn)?;
    let waits = || waiting().filter(appointments::state.eq(State::Scheduled));
    for piece in clients.chunks(CHUNK) {
        let theirs = waits().filter(appointments::resident_id.eq_any(piece.to_vec()));
        found.extend(theirs.load::<AppointmentId>(conn)?);
    }
    let staff: Vec<StaffMemberId> = staff_members::table
        .filter(staff_members::organisation_id.eq(organisation))
        .filter(staff_members::updated_at.ge(since))
        .select(staff_members::id)
        .load(conn)?;
    for piece in staff.chunks(CHUNK) {
        let theirs = waits().filter(appointments::staff_member_id.eq_any(piece.to_vec()));
        found.extend(theirs.load::<AppointmentId>(conn)?);
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

/// The status type that fits best: one of that name, else any that cancels.
pub fn cancellation(
    conn: &mut Conn,
    organisation: OrganisationId,
    no_show: bool,
) -> QueryResult<Option<(StatusTypeId, String)>> {
    let all: Vec<(StatusTypeId, String, String)> = status_types::table
        .filter(status_types::organisation_id.eq(organisation))
        .filter(status_types::cancellation.eq(true))
        .filter(status_types::retired_at.is_null())
        .order(status_types::id)
        .select((status_types::id, status_types::name, status_types::name_folded))
        .load(conn)?;
    let is_no_show = |folded: &str| folded.contains("noshow") || folded.contains("no show");
    let best = all.iter().find(|(_, _, folded)| is_no_show(folded) == no_show).or(all.first());
    Ok(best.map(|(id, name, _)| (*id, name.clone())))
}

pub fn cancel(
    tx: &mut Tx<'_>,
    id: AppointmentId,
    status: StatusTypeId,
    (by, because): (&str, &str),
) -> QueryResult<()> {
    diesel::update(appointments::table.find(id))
        .set((
            appointments::status_type_id.eq(status),
            appointments::state.eq(State::Cancelled),
            appointments::cancelled_at.eq(tx.now),
            appointments::cancelled_by_name.eq(by),
            appointments::cancelling.eq("client"),
            appointments::causing.eq("client"),
            appointments::cancelled_because.eq(because),
            appointments::version.eq(appointments::version + 1),
            appointments::updated_at.eq(tx.now),
        ))
        .execute(tx.conn)
        .map(drop)
}
