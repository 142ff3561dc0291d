//! What is written of appointments and series. Every change counts the version up; where it says so, it happens only
//! to what is still as the caller saw it.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

use super::super::changing::Cancellation;
use super::super::planning::Details;
use super::super::times::{Rule, Slot};
use super::super::{Appointment, Directness, Kind, State};
use super::Row;
use crate::db::{Backend, Conn, Tx, on_each};
use crate::domain::access::{Places, Scope};
use crate::domain::schema::{appointment_series, appointments, audit_events};
use crate::kit::ids::{
    AppointmentId, OrganisationId, PlaceId, ResidentId, SeriesId, StaffMemberId, StatusTypeId,
};

/// Rows a statement; times the columns it stays below both engines' limits on values.
const CHUNK: usize = 500;

#[derive(Insertable)]
#[diesel(table_name = appointments)]
#[diesel(treat_none_as_default_value = false)]
struct Inserted<'a> {
    organisation_id: OrganisationId,
    series_id: Option<SeriesId>,
    kind: Kind,
    resident_id: Option<ResidentId>,
    staff_member_id: Option<StaffMemberId>,
    place_id: PlaceId,
    service: &'a str,
    directness: Directness,
    status_type_id: StatusTypeId,
    local_date: NaiveDate,
    starts_at: NaiveDateTime,
    ends_at: NaiveDateTime,
    time_zone: &'a str,
    state: State,
    details: &'a str,
    results_notes: &'a str,
    rendered_by_name: &'a str,
    invoice: &'a str,
    cancelled_by_name: &'a str,
    cancelling: &'a str,
    causing: &'a str,
    cancelled_because: &'a str,
    cancelled_note: &'a str,
    version: i64,
    created_by_name: &'a str,
    created_at: NaiveDateTime,
    updated_at: NaiveDateTime,
}

/// Adds appointments; their ids in the same order.
pub fn insert<R>(
    tx: &mut Tx<'_>,
    scope: &Scope<R>,
    series: Option<SeriesId>,
    new: &[(Details, Slot)],
) -> QueryResult<Vec<AppointmentId>> {
    let mut ids = Vec::with_capacity(new.len());
    for chunk in new.chunks(CHUNK) {
        let rows: Vec<Inserted<'_>> = chunk
            .iter()
            .map(|(details, slot)| Inserted {
                organisation_id: scope.organisation(),
                series_id: series,
                kind: details.kind,
                resident_id: details.resident,
                staff_member_id: details.staff,
                place_id: details.place,
                service: &details.service,
                directness: details.directness,
                status_type_id: details.status,
                local_date: slot.local_date,
                starts_at: slot.starts_at,
                ends_at: slot.ends_at,
                time_zone: slot.zone.name(),
                state: State::Scheduled,
                details: &details.details,
                results_notes: "",
                rendered_by_name: "",
                invoice: "",
                cancelled_by_name: "",
                cancelling: "",
                causing: "",
                cancelled_because: "",
                cancelled_note: "",
                version: 1,
                created_by_name: &scope.by().name,
                created_at: tx.now,
                updated_at: tx.now,
            })
            .collect();
        let mut added: Vec<AppointmentId> = on_each!(&mut *tx.conn, c => {
            diesel::insert_into(appointments::table).values(&rows).returning(appointments::id).get_results(c)
        })?;
        // Both engines number rows in the order in which they stand, but promise no order of what they return.
        added.sort_unstable();
        ids.append(&mut added);
    }
    Ok(ids)
}

pub fn insert_series<R>(tx: &mut Tx<'_>, scope: &Scope<R>, rule: &Rule) -> QueryResult<SeriesId> {
    diesel::insert_into(appointment_series::table)
        .values((
            appointment_series::organisation_id.eq(scope.organisation()),
            appointment_series::every_weeks.eq(rule.every_weeks),
            appointment_series::weekdays.eq(rule.weekdays()),
            appointment_series::starts_on.eq(rule.starts_on),
            appointment_series::ends_on.eq(rule.ends_on),
            appointment_series::made_by_name.eq(&scope.by().name),
            appointment_series::created_at.eq(tx.now),
        ))
        .returning(appointment_series::id)
        .get_result(tx.conn)
}

/// Those of a series that can still be changed, by their start.
pub fn open_of_series(
    conn: &mut Conn,
    organisation: OrganisationId,
    places: &Places,
    series: SeriesId,
    from: Option<NaiveDateTime>,
) -> QueryResult<Vec<Appointment>> {
    let mut query = appointments::table
        .filter(appointments::organisation_id.eq(organisation))
        .filter(appointments::series_id.assume_not_null().eq(series))
        .filter(appointments::state.eq(State::Scheduled))
        .filter(appointments::invoiced_at.is_null())
        .order((appointments::starts_at, appointments::id))
        .select(Row::as_select())
        .into_boxed::<Backend>();
    if let Places::Only(assigned) = places {
        query = query.filter(appointments::place_id.eq_any(assigned.clone()));
    }
    if let Some(from) = from {
        query = query.filter(appointments::starts_at.ge(from));
    }
    Ok(query.load(conn)?.into_iter().map(Appointment::from).collect())
}

/// Says whether it was still as it was seen; so do the others.
pub fn change(tx: &mut Tx<'_>, seen: &Appointment, details: &Details, slot: &Slot) -> QueryResult<bool> {
    diesel::update(appointments::table.find(seen.id))
        .filter(appointments::version.eq(seen.version))
        .filter(appointments::state.eq(State::Scheduled))
        .filter(appointments::invoiced_at.is_null())
        .set((
            appointments::kind.eq(details.kind),
            appointments::resident_id.eq(details.resident),
            appointments::staff_member_id.eq(details.staff),
            appointments::place_id.eq(details.place),
            appointments::service.eq(&details.service),
            appointments::directness.eq(details.directness),
            appointments::status_type_id.eq(details.status),
            (
                appointments::local_date.eq(slot.local_date),
                appointments::starts_at.eq(slot.starts_at),
                appointments::ends_at.eq(slot.ends_at),
                appointments::time_zone.eq(slot.zone.name()),
            ),
            appointments::details.eq(&details.details),
            appointments::version.eq(seen.version + 1),
            appointments::updated_at.eq(tx.now),
        ))
        .execute(tx.conn)
        .map(|changed| changed == 1)
}

pub fn cancel(
    tx: &mut Tx<'_>,
    seen: &Appointment,
    status: StatusTypeId,
    cancellation: &Cancellation,
) -> QueryResult<bool> {
    diesel::update(appointments::table.find(seen.id))
        .filter(appointments::version.eq(seen.version))
        .filter(appointments::state.eq(State::Scheduled))
        .filter(appointments::invoiced_at.is_null())
        .set((
            appointments::state.eq(State::Cancelled),
            appointments::status_type_id.eq(status),
            appointments::cancelled_at.eq(cancellation.at),
            appointments::cancelled_by_name.eq(&cancellation.by),
            appointments::cancelling.eq(&cancellation.wish),
            appointments::causing.eq(&cancellation.cause),
            appointments::cancelled_because.eq(&cancellation.because),
            appointments::cancelled_note.eq(&cancellation.note),
            appointments::version.eq(seen.version + 1),
            appointments::updated_at.eq(tx.now),
        ))
        .execute(tx.conn)
        .map(|changed| changed == 1)
}

pub fn write_results(tx: &mut Tx<'_>, seen: &Appointment, text: &str) -> QueryResult<()> {
    diesel::update(appointments::table.find(seen.id))
        .set((
            appointments::results_notes.eq(text),
            appointments::version.eq(seen.version + 1),
            appointments::updated_at.eq(tx.now),
        ))
        .execute(tx.conn)
        .map(drop)
}

pub fn set_invoice(
    tx: &mut Tx<'_>,
    seen: &Appointment,
    at: Option<NaiveDateTime>,
    number: &str,
) -> QueryResult<()> {
    diesel::update(appointments::table.find(seen.id))
        .set((
            appointments::invoiced_at.eq(at),
            appointments::invoice.eq(number),
            appointments::version.eq(seen.version + 1),
            appointments::updated_at.eq(tx.now),
        ))
        .execute(tx.conn)
        .map(drop)
}

pub fn last_changed_by(conn: &mut Conn, id: AppointmentId) -> QueryResult<Option<String>> {
    audit_events::table
        .filter(audit_events::subject.eq(super::super::SUBJECT))
        .filter(audit_events::subject_id.eq(id.0))
        .order(audit_events::id.desc())
        .select(audit_events::actor_name)
        .first(conn)
        .optional()
}
