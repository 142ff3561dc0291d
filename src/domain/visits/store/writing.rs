//! Writing rows of visits. Each write counts the version and sets when it changed.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

use crate::db::{Tx, both};
use crate::domain::api_keys::Mode;
use crate::domain::schema::{
    visit_events, visit_outcomes as outcomes, visit_series as series, visit_steps, visits,
};
use crate::domain::tasks;
use crate::domain::visits::{Booked, Entity, EventKind, Kind, Place, ReasonCode, Scheduling, Status, Visit};
use crate::kit::ids::{
    OrganisationId, PatientId, StaffMemberId, TaskVersionId, VisitId, VisitSeriesId, VisitStepId,
};

/// A visit that begins.
pub struct New<'n> {
    pub organisation: OrganisationId,
    pub mode: Mode,
    pub public_id: String,
    pub patient: PatientId,
    pub task: TaskVersionId,
    pub booked: Option<&'n Booked>,
    pub scheduling: Scheduling,
    pub kind: Kind,
    pub status: Status,
    pub period: Option<(NaiveDate, NaiveDate)>,
    pub external_ref: String,
    pub note: String,
    pub phone: String,
    pub place: &'n Place,
    /// JSON, or empty.
    pub metadata: String,
    pub series: Option<VisitSeriesId>,
}

pub fn insert(tx: &mut Tx<'_>, new: &New<'_>) -> QueryResult<VisitId> {
    let address = &new.place.address;
    let id: VisitId = both(
        diesel::insert_into(visits::table)
            .values((
                (
                    visits::organisation_id.eq(new.organisation),
                    visits::mode.eq(new.mode),
                    visits::public_id.eq(&new.public_id),
                    visits::patient_id.eq(new.patient),
                    visits::task_version_id.eq(new.task),
                    visits::window_id.eq(new.booked.map(|one| one.window)),
                    visits::local_date.eq(new.booked.map(|one| one.date)),
                    visits::starts_at.eq(new.booked.map(|one| one.starts_at)),
                    visits::ends_at.eq(new.booked.map(|one| one.ends_at)),
                ),
                (
                    visits::scheduling.eq(new.scheduling),
                    visits::kind.eq(new.kind),
                    visits::status.eq(new.status),
                    visits::plan_from.eq(new.period.map(|(from, _)| from)),
                    visits::plan_to.eq(new.period.map(|(_, to)| to)),
                    visits::external_ref.eq(&new.external_ref),
                    visits::note.eq(&new.note),
                    visits::phone.eq(&new.phone),
                    visits::metadata.eq(&new.metadata),
                ),
                (
                    visits::place_kind.eq(new.place.kind),
                    visits::line1.eq(&address.line1),
                    visits::line2.eq(&address.line2),
                    visits::city.eq(&address.city),
                    visits::postcode.eq(&address.postcode),
                    visits::country.eq(&address.country),
                    visits::access_notes.eq(&address.access_notes),
                ),
                (
                    visits::locked.eq(false),
                    visits::series_id.eq(new.series),
                    visits::version.eq(1_i64),
                    visits::created_at.eq(tx.now),
                ),
            ))
            .returning(visits::id),
    )
    .get_result(tx.conn)?;
    both(diesel::insert_into(outcomes::table).values((
        outcomes::visit_id.eq(id),
        outcomes::updated_at.eq(tx.now),
        outcomes::outcome.eq(""),
        outcomes::outcome_note.eq(""),
        outcomes::readings.eq(""),
        outcomes::cancelling_entity.eq(""),
        outcomes::causing_entity.eq(""),
        outcomes::reason_code.eq(""),
        outcomes::cancel_note.eq(""),
        outcomes::cancelled_by_name.eq(""),
        outcomes::chargeable.eq(false),
    )))
    .execute(tx.conn)?;
    Ok(id)
}

pub fn insert_steps(tx: &mut Tx<'_>, visit: VisitId, steps: &[tasks::Step]) -> QueryResult<()> {
    for (position, step) in (0_i32..).zip(steps) {
        both(diesel::insert_into(visit_steps::table).values((
            visit_steps::visit_id.eq(visit),
            visit_steps::position.eq(position),
            visit_steps::kind.eq(step.kind),
            visit_steps::words.eq(&step.words),
            visit_steps::snomed_code.eq(&step.snomed_code),
            visit_steps::done_by_name.eq(""),
        )))
        .execute(tx.conn)?;
    }
    Ok(())
}

pub fn insert_event(
    tx: &mut Tx<'_>,
    visit: VisitId,
    kind: EventKind,
    words: &str,
    by: &str,
) -> QueryResult<()> {
    both(diesel::insert_into(visit_events::table).values((
        visit_events::visit_id.eq(visit),
        visit_events::kind.eq(kind),
        visit_events::words.eq(words),
        visit_events::by_name.eq(by),
        visit_events::at.eq(tx.now),
    )))
    .execute(tx.conn)
    .map(drop)
}

/// A series that begins.
pub struct NewSeries<'n> {
    pub organisation: OrganisationId,
    pub patient: PatientId,
    pub every_weeks: i32,
    pub weekdays: String,
    pub starts_on: NaiveDate,
    pub ends_on: NaiveDate,
    /// Whether the same practitioner is to come.
    pub keeps: bool,
    pub by: &'n str,
}

pub fn insert_series(tx: &mut Tx<'_>, new: &NewSeries<'_>) -> QueryResult<VisitSeriesId> {
    both(
        diesel::insert_into(series::table)
            .values((
                series::organisation_id.eq(new.organisation),
                series::patient_id.eq(new.patient),
                series::every_weeks.eq(new.every_weeks),
                series::weekdays.eq(&new.weekdays),
                series::starts_on.eq(new.starts_on),
                series::ends_on.eq(new.ends_on),
                series::keep_practitioner.eq(new.keeps),
                series::made_by_name.eq(new.by),
                series::created_at.eq(tx.now),
            ))
            .returning(series::id),
    )
    .get_result(tx.conn)
}

/// The version and the moment of a change.
pub fn touch(tx: &mut Tx<'_>, id: VisitId) -> QueryResult<()> {
    diesel::update(visits::table.find(id)).set(visits::version.eq(visits::version + 1)).execute(tx.conn)?;
    diesel::update(outcomes::table.find(id)).set(outcomes::updated_at.eq(tx.now)).execute(tx.conn)?;
    Ok(())
}

/// Another window; whoever was to come is not any more.
pub fn set_window(tx: &mut Tx<'_>, id: VisitId, booked: &Booked) -> QueryResult<()> {
    diesel::update(visits::table.find(id))
        .set((
            visits::window_id.eq(booked.window),
            visits::local_date.eq(booked.date),
            visits::starts_at.eq(booked.starts_at),
            visits::ends_at.eq(booked.ends_at),
            visits::status.eq(Status::Scheduled),
            visits::staff_member_id.eq(None::<StaffMemberId>),
            visits::expected_at.eq(None::<NaiveDateTime>),
            visits::locked.eq(false),
        ))
        .execute(tx.conn)?;
    touch(tx, id)
}

/// What may be changed of one that is open.
pub fn update(tx: &mut Tx<'_>, visit: &Visit) -> QueryResult<()> {
    let (place, address) = (&visit.place, &visit.place.address);
    let metadata = if visit.metadata.is_null() { String::new() } else { visit.metadata.to_string() };
    diesel::update(visits::table.find(visit.id))
        .set((
            visits::external_ref.eq(&visit.external_ref),
            visits::note.eq(&visit.note),
            visits::phone.eq(&visit.phone),
            visits::metadata.eq(metadata),
            visits::place_kind.eq(place.kind),
            visits::line1.eq(&address.line1),
            visits::line2.eq(&address.line2),
            visits::city.eq(&address.city),
            visits::postcode.eq(&address.postcode),
            visits::country.eq(&address.country),
            visits::access_notes.eq(&address.access_notes),
        ))
        .execute(tx.conn)?;
    touch(tx, visit.id)
}

pub fn set_practitioner(
    tx: &mut Tx<'_>,
    id: VisitId,
    staff: Option<StaffMemberId>,
    expected_at: Option<NaiveDateTime>,
) -> QueryResult<()> {
    diesel::update(visits::table.find(id))
        .set((visits::staff_member_id.eq(staff), visits::expected_at.eq(expected_at)))
        .execute(tx.conn)?;
    if staff.is_none() {
        set_lock(tx, id, false)?;
    }
    touch(tx, id)
}

pub fn set_lock(tx: &mut Tx<'_>, id: VisitId, locked: bool) -> QueryResult<()> {
    diesel::update(visits::table.find(id)).set(visits::locked.eq(locked)).execute(tx.conn)?;
    touch(tx, id)
}

fn set_status(tx: &mut Tx<'_>, id: VisitId, status: Status) -> QueryResult<()> {
    diesel::update(visits::table.find(id)).set(visits::status.eq(status)).execute(tx.conn)?;
    touch(tx, id)
}

pub fn start(tx: &mut Tx<'_>, id: VisitId) -> QueryResult<()> {
    diesel::update(outcomes::table.find(id)).set(outcomes::started_at.eq(tx.now)).execute(tx.conn)?;
    set_status(tx, id, Status::InProgress)
}

/// `by` ticks it; nobody takes the tick back.
/// By whom and when; none takes the tick back.
pub fn tick(tx: &mut Tx<'_>, step: VisitStepId, by: Option<(&str, NaiveDateTime)>) -> QueryResult<()> {
    diesel::update(visit_steps::table.find(step))
        .set((
            visit_steps::done_at.eq(by.map(|(_, at)| at)),
            visit_steps::done_by_name.eq(by.map(|(name, _)| name).unwrap_or_default()),
        ))
        .execute(tx.conn)
        .map(drop)
}

pub fn complete(
    tx: &mut Tx<'_>,
    id: VisitId,
    (note, readings): (&str, &str),
    at: NaiveDateTime,
) -> QueryResult<()> {
    diesel::update(outcomes::table.find(id))
        .set((
            outcomes::outcome.eq("completed"),
            outcomes::outcome_note.eq(note),
            outcomes::readings.eq(readings),
            outcomes::finished_at.eq(at),
        ))
        .execute(tx.conn)?;
    set_status(tx, id, Status::Completed)
}

/// How it ends.
pub struct Ending<'n> {
    pub by: Entity,
    pub because_of: Entity,
    pub reason: ReasonCode,
    pub note: &'n str,
    pub by_name: &'n str,
    pub chargeable: bool,
}

pub fn cancel(tx: &mut Tx<'_>, id: VisitId, how: &Ending<'_>) -> QueryResult<()> {
    diesel::update(outcomes::table.find(id))
        .set((
            outcomes::cancelling_entity.eq(how.by.as_str()),
            outcomes::causing_entity.eq(how.because_of.as_str()),
            outcomes::reason_code.eq(how.reason.as_str()),
            outcomes::cancel_note.eq(how.note),
            outcomes::cancelled_at.eq(tx.now),
            outcomes::cancelled_by_name.eq(how.by_name),
            outcomes::chargeable.eq(how.chargeable),
        ))
        .execute(tx.conn)?;
    set_status(tx, id, Status::Cancelled)
}
