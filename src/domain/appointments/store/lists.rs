//! Appointments with the names that lists show them with, and those with which others would overlap.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

use super::super::changing::Cancellation;
use super::super::lists::{Listed, Show, Wanted};
use super::super::{Kind, State};
use super::Row;
use crate::db::{Backend, Conn};
use crate::domain::access::Places;
use crate::domain::schema::{
    appointment_series, appointments, places, residents, staff_members, status_types,
};
use crate::kit::ids::{AppointmentId, OrganisationId, PlaceId, ResidentId, SeriesId, StaffMemberId};

type ListedRow = (
    Row,
    (Option<String>, Option<String>, Option<NaiveDate>),
    (Option<String>, Option<String>),
    String,
    String,
);

impl From<ListedRow> for Listed {
    fn from((row, (first, last, born), (staff_first, staff_last), place, status): ListedRow) -> Self {
        Self {
            appointment: row.into(),
            client: joined(first, last),
            born,
            staff: joined(staff_first, staff_last),
            place,
            status,
        }
    }
}

fn joined(first: Option<String>, last: Option<String>) -> String {
    format!("{} {}", first.unwrap_or_default(), last.unwrap_or_default()).trim().to_owned()
}

/// The rows of an organisation that places reach, with their names; boxed.
macro_rules! listed {
    ($organisation:expr, $places:expr) => {{
        let mut query = appointments::table
            .inner_join(places::table)
            .inner_join(status_types::table)
            .left_join(residents::table)
            .left_join(staff_members::table)
            .filter(appointments::organisation_id.eq($organisation))
            .select((
                Row::as_select(),
                (
                    residents::first_name.nullable(),
                    residents::last_name.nullable(),
                    residents::date_of_birth.nullable(),
                ),
                (staff_members::first_name.nullable(), staff_members::last_name.nullable()),
                places::name,
                status_types::name,
            ))
            .into_boxed::<Backend>();
        if let Places::Only(assigned) = $places {
            query = query.filter(appointments::place_id.eq_any(assigned.clone()));
        }
        query
    }};
}

pub fn list(
    conn: &mut Conn,
    (organisation, reach): (OrganisationId, &Places),
    wanted: &Wanted,
    offset: i64,
    limit: i64,
) -> QueryResult<Vec<Listed>> {
    let mut query = listed!(organisation, reach).offset(offset).limit(limit);
    if let Some(place) = wanted.place {
        query = query.filter(appointments::place_id.eq(place));
    }
    if let Some(client) = wanted.client {
        query = query.filter(appointments::resident_id.assume_not_null().eq(client));
    }
    if let Some(staff) = wanted.staff {
        query = query.filter(appointments::staff_member_id.assume_not_null().eq(staff));
    }
    if let Some(kind) = wanted.kind {
        query = query.filter(appointments::kind.eq(kind));
    }
    // The date narrows by the index, the instant exactly: a zone is at most 14 hours away.
    if let Some(from) = wanted.from {
        let day = from.date().pred_opt().unwrap_or(NaiveDate::MIN);
        query = query.filter(appointments::local_date.ge(day)).filter(appointments::starts_at.ge(from));
    }
    if let Some(to) = wanted.to {
        let day = to.date().succ_opt().unwrap_or(NaiveDate::MAX);
        query = query.filter(appointments::local_date.le(day)).filter(appointments::starts_at.lt(to));
    }
    query = match wanted.show {
        Show::Everything => query,
        Show::Scheduled => query.filter(appointments::state.eq(State::Scheduled)),
        Show::Rendered => query.filter(appointments::state.eq(State::Rendered)),
        Show::NotRendered => query
            .filter(appointments::state.eq(State::Scheduled))
            .filter(appointments::kind.eq(Kind::Service))
            .filter(appointments::ends_at.le(wanted.now)),
        Show::Cancelled => query.filter(appointments::state.eq(State::Cancelled)),
        Show::Invoiced => query.filter(appointments::invoiced_at.is_not_null()),
    };
    query = if wanted.newest_first {
        query.order((appointments::starts_at.desc(), appointments::id.desc()))
    } else {
        query.order((appointments::starts_at, appointments::id))
    };
    let rows: Vec<ListedRow> = query.load(conn)?;
    Ok(rows.into_iter().map(Listed::from).collect())
}

pub fn one(
    conn: &mut Conn,
    (organisation, reach): (OrganisationId, &Places),
    id: AppointmentId,
) -> QueryResult<Listed> {
    let row: ListedRow = listed!(organisation, reach).filter(appointments::id.eq(id)).first(conn)?;
    Ok(row.into())
}

type HistoryRow = (String, NaiveDateTime, Option<NaiveDateTime>, String, (String, String), (String, String));

/// Who made it and when, and its cancellation.
pub fn history(
    conn: &mut Conn,
    id: AppointmentId,
) -> QueryResult<(String, NaiveDateTime, Option<Cancellation>)> {
    let row: HistoryRow = appointments::table
        .find(id)
        .select((
            appointments::created_by_name,
            appointments::created_at,
            appointments::cancelled_at,
            appointments::cancelled_by_name,
            (appointments::cancelling, appointments::causing),
            (appointments::cancelled_because, appointments::cancelled_note),
        ))
        .first(conn)?;
    let (created_by, created_at, at, by, (wish, cause), (because, note)) = row;
    Ok((created_by, created_at, at.map(|at| Cancellation { at, by, wish, cause, because, note })))
}

/// Its weekdays, every so many weeks, until when.
pub fn series(conn: &mut Conn, id: SeriesId) -> QueryResult<(String, i32, NaiveDate)> {
    appointment_series::table
        .find(id)
        .select((appointment_series::weekdays, appointment_series::every_weeks, appointment_series::ends_on))
        .first(conn)
}

/// An appointment as far as it can be in the way of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Busy {
    pub id: AppointmentId,
    pub resident: Option<ResidentId>,
    pub staff: Option<StaffMemberId>,
    pub place: PlaceId,
    pub starts_at: NaiveDateTime,
    pub ends_at: NaiveDateTime,
    pub client: String,
    pub staff_name: String,
}

type BusyRow = (
    AppointmentId,
    Option<ResidentId>,
    Option<StaffMemberId>,
    PlaceId,
    NaiveDateTime,
    NaiveDateTime,
    (Option<String>, Option<String>),
    (Option<String>, Option<String>),
);

impl From<BusyRow> for Busy {
    fn from(row: BusyRow) -> Self {
        let (id, resident, staff, place, starts_at, ends_at, client, therapist) = row;
        Self {
            id,
            resident,
            staff,
            place,
            starts_at,
            ends_at,
            client: joined(client.0, client.1),
            staff_name: joined(therapist.0, therapist.1),
        }
    }
}

/// What is not cancelled and touches a time, of everybody in the organisation: busy is busy, whoever asks.
macro_rules! busy {
    ($organisation:expr, $from:expr, $to:expr) => {
        appointments::table
            .left_join(residents::table)
            .left_join(staff_members::table)
            .filter(appointments::organisation_id.eq($organisation))
            .filter(appointments::state.ne(State::Cancelled))
            .filter(appointments::starts_at.lt($to))
            .filter(appointments::ends_at.gt($from))
            // An appointment lasts a day at most, and a zone is at most 14 hours away.
            .filter(appointments::local_date.ge($from.date() - chrono::Days::new(2)))
            .filter(appointments::local_date.le($to.date() + chrono::Days::new(1)))
            .select((
                appointments::id,
                appointments::resident_id,
                appointments::staff_member_id,
                appointments::place_id,
                appointments::starts_at,
                appointments::ends_at,
                (residents::first_name.nullable(), residents::last_name.nullable()),
                (staff_members::first_name.nullable(), staff_members::last_name.nullable()),
            ))
            .into_boxed::<Backend>()
    };
}

pub fn busy(
    conn: &mut Conn,
    organisation: OrganisationId,
    (from, to): (NaiveDateTime, NaiveDateTime),
) -> QueryResult<Vec<Busy>> {
    let rows: Vec<BusyRow> = busy!(organisation, from, to).load(conn)?;
    Ok(rows.into_iter().map(Busy::from).collect())
}

pub fn busy_people(
    conn: &mut Conn,
    organisation: OrganisationId,
    (resident, staff): (Option<ResidentId>, Option<StaffMemberId>),
    (from, to): (NaiveDateTime, NaiveDateTime),
) -> QueryResult<Vec<Busy>> {
    let nobody = |id: Option<i64>| id.unwrap_or(-1);
    let (resident, staff) = (nobody(resident.map(|id| id.0)), nobody(staff.map(|id| id.0)));
    let either = appointments::resident_id
        .assume_not_null()
        .eq(resident)
        .or(appointments::staff_member_id.assume_not_null().eq(staff));
    let rows: Vec<BusyRow> = busy!(organisation, from, to).filter(either).load(conn)?;
    Ok(rows.into_iter().map(Busy::from).collect())
}
