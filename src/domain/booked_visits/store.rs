//! Rows of booked visits, of what became of them, and of the homes' addresses.

use chrono::NaiveDateTime;
use diesel::dsl::exists;
use diesel::prelude::*;

use super::{New, State};
use crate::connectors::{VisitPlace, VisitRecord};
use crate::db::{Backend, Conn, Tx, both};
use crate::domain::access::Places;
use crate::domain::residents::ResidentState;
use crate::domain::schema::{
    booked_visit_events as events, booked_visits as visits, home_addresses as addresses, residents as people,
};
use crate::kit::ids::{BookedVisitId, ConnectionId, OrganisationId, PlaceId, ResidentId};

/// A booking as kept.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = visits)]
#[diesel(check_for_backend(Backend))]
pub struct Booked {
    pub id: BookedVisitId,
    #[diesel(column_name = organisation_id)]
    pub organisation: OrganisationId,
    #[diesel(column_name = connection_id)]
    pub connection: ConnectionId,
    #[diesel(column_name = resident_id)]
    pub resident: ResidentId,
    /// Ours, random, the same for every attempt.
    pub external_ref: String,
    /// The service's number of the visit, or empty.
    pub remote_id: String,
    pub remote_patient_id: String,
    pub task_id: String,
    pub task_name: String,
    pub window_id: String,
    pub window_name: String,
    pub starts_at: Option<NaiveDateTime>,
    pub ends_at: Option<NaiveDateTime>,
    /// The service's own word, or empty.
    pub status: String,
    pub state: State,
    pub note: String,
    pub cancel_note: String,
    pub cancel_cause: String,
    /// A code of [`crate::domain::visits::ReasonCode`], or empty.
    pub cancel_reason: String,
    /// What was last wrong with it, or empty.
    pub last_words: String,
    pub booked_by_name: String,
    pub remote_updated_at: Option<NaiveDateTime>,
    /// When the service was first asked for it.
    pub asked_at: Option<NaiveDateTime>,
    pub created_at: NaiveDateTime,
    pub updated_at: NaiveDateTime,
    next_at: Option<NaiveDateTime>,
    claimed_until: Option<NaiveDateTime>,
}

/// One thing that became of a booking.
#[derive(Clone, Debug, Queryable)]
pub struct Happened {
    pub words: String,
    pub by: String,
    pub at: NaiveDateTime,
}

pub struct NewRow<'a> {
    pub organisation: OrganisationId,
    pub connection: ConnectionId,
    pub resident: ResidentId,
    pub external_ref: String,
    pub new: &'a New,
    pub note: &'a str,
    pub by: &'a str,
}

/// What is kept of an answer.
pub struct Said<'a> {
    pub record: &'a VisitRecord,
    pub state: State,
    pub status: &'a str,
    pub starts_at: Option<NaiveDateTime>,
    pub ends_at: Option<NaiveDateTime>,
    pub updated_at: Option<NaiveDateTime>,
    pub next_at: Option<NaiveDateTime>,
}

const NEVER: Option<NaiveDateTime> = None;

pub fn insert(tx: &mut Tx<'_>, row: &NewRow<'_>) -> QueryResult<BookedVisitId> {
    let (task, window) = (&row.new.task, &row.new.window);
    diesel::insert_into(visits::table)
        .values((
            (
                visits::organisation_id.eq(row.organisation),
                visits::connection_id.eq(row.connection),
                visits::resident_id.eq(row.resident),
                visits::external_ref.eq(&row.external_ref),
                (visits::remote_id.eq(""), visits::remote_patient_id.eq("")),
                (visits::task_id.eq(&task.id), visits::task_name.eq(&task.name)),
                (visits::window_id.eq(&window.id), visits::window_name.eq(&window.name)),
            ),
            (
                visits::starts_at.eq(window.starts_at.naive_utc()),
                visits::ends_at.eq(window.ends_at.map(|at| at.naive_utc())),
                (visits::status.eq(""), visits::state.eq(State::Asked)),
                visits::note.eq(row.note),
                (visits::cancel_note.eq(""), visits::cancel_cause.eq(""), visits::cancel_reason.eq("")),
                visits::last_words.eq(""),
                visits::booked_by_name.eq(row.by),
                (visits::created_at.eq(tx.now), visits::updated_at.eq(tx.now), visits::next_at.eq(tx.now)),
            ),
        ))
        .returning(visits::id)
        .get_result(tx.conn)
}

pub fn get(conn: &mut Conn, id: BookedVisitId) -> QueryResult<Option<Booked>> {
    visits::table.find(id).select(Booked::as_select()).first(conn).optional()
}

pub fn of_resident(conn: &mut Conn, resident: ResidentId, limit: i64) -> QueryResult<Vec<Booked>> {
    visits::table
        .filter(visits::resident_id.eq(resident))
        .order(visits::id.desc())
        .limit(limit)
        .select(Booked::as_select())
        .load(conn)
}

/// One of the same task in the same window that may still be made.
pub fn same_open(
    conn: &mut Conn,
    resident: ResidentId,
    (task, window): (&str, &str),
) -> QueryResult<Option<BookedVisitId>> {
    visits::table
        .filter(visits::resident_id.eq(resident))
        .filter(visits::task_id.eq(task))
        .filter(visits::window_id.eq(window))
        .filter(visits::state.eq_any([State::Asked, State::Booked]))
        .select(visits::id)
        .first(conn)
        .optional()
}

pub fn open_of(conn: &mut Conn, resident: ResidentId) -> QueryResult<i64> {
    visits::table
        .filter(visits::resident_id.eq(resident))
        .filter(visits::state.eq_any([State::Asked, State::Booked, State::Cancelling]))
        .count()
        .get_result(conn)
}

pub fn open_of_archived(
    conn: &mut Conn,
    organisation: OrganisationId,
    places: &Places,
) -> QueryResult<Vec<(Booked, String)>> {
    let mut query = visits::table
        .inner_join(people::table)
        .filter(visits::organisation_id.eq(organisation))
        .filter(visits::state.eq_any([State::Asked, State::Booked, State::Cancelling]))
        .filter(people::state.eq(ResidentState::Archived))
        .order(visits::id)
        .select((Booked::as_select(), people::first_name, people::last_name))
        .into_boxed();
    if let Places::Only(ids) = places {
        let here =
            people::home_id.eq_any(ids.clone()).or(people::zone_id.assume_not_null().eq_any(ids.clone()));
        query = query.filter(here);
    }
    let rows: Vec<(Booked, String, String)> = query.load(conn)?;
    Ok(rows.into_iter().map(|(booked, first, last)| (booked, format!("{first} {last}"))).collect())
}

pub fn to_come(
    conn: &mut Conn,
    organisation: OrganisationId,
    resident: ResidentId,
    now: NaiveDateTime,
) -> QueryResult<Vec<Booked>> {
    visits::table
        .filter(visits::organisation_id.eq(organisation))
        .filter(visits::resident_id.eq(resident))
        .filter(visits::state.eq(State::Booked))
        .filter(visits::starts_at.assume_not_null().gt(now))
        .order(visits::starts_at)
        .limit(10)
        .select(Booked::as_select())
        .load(conn)
}

/// Whether another booking of ours has this number at the service.
pub fn is_anothers(conn: &mut Conn, row: &Booked, remote_id: &str) -> QueryResult<bool> {
    let same = visits::table
        .filter(visits::connection_id.eq(row.connection))
        .filter(visits::remote_id.eq(remote_id))
        .filter(visits::id.ne(row.id));
    diesel::select(exists(same)).get_result(conn)
}

pub fn any_due(conn: &mut Conn, now: NaiveDateTime) -> QueryResult<bool> {
    let due = visits::table
        .filter(visits::next_at.le(now))
        .filter(visits::claimed_until.is_null().or(visits::claimed_until.le(now)));
    diesel::select(exists(due)).get_result(conn)
}

pub fn due(conn: &mut Conn, now: NaiveDateTime, limit: i64) -> QueryResult<Vec<Booked>> {
    visits::table
        .filter(visits::next_at.le(now))
        .filter(visits::claimed_until.is_null().or(visits::claimed_until.le(now)))
        .order((visits::next_at, visits::id))
        .limit(limit)
        .select(Booked::as_select())
        .load(conn)
}

pub fn claimed(tx: &mut Tx<'_>, id: BookedVisitId, until: NaiveDateTime) -> QueryResult<()> {
    let first = visits::table.find(id).filter(visits::asked_at.is_null());
    diesel::update(first).set(visits::asked_at.eq(tx.now)).execute(tx.conn)?;
    diesel::update(visits::table.find(id))
        .set((visits::claimed_until.eq(until), visits::next_at.eq(until)))
        .execute(tx.conn)
        .map(drop)
}

/// A hint that came while the service was being asked counts: then it is asked again at once.
fn next(row: &Booked, planned: Option<NaiveDateTime>) -> Option<NaiveDateTime> {
    match (row.next_at, row.claimed_until) {
        (Some(next), Some(until)) if next < until => Some(next),
        _ => planned,
    }
}

pub fn set_patient(tx: &mut Tx<'_>, id: BookedVisitId, patient: &str) -> QueryResult<()> {
    diesel::update(visits::table.find(id))
        .set(visits::remote_patient_id.eq(patient))
        .execute(tx.conn)
        .map(drop)
}

pub fn said(tx: &mut Tx<'_>, row: &Booked, new: &Said<'_>) -> QueryResult<()> {
    let window = if new.record.window_name.is_empty() { &row.window_name } else { &new.record.window_name };
    diesel::update(visits::table.find(row.id))
        .set((
            visits::remote_id.eq(&new.record.id),
            visits::status.eq(new.status),
            visits::state.eq(new.state),
            visits::window_name.eq(window),
            (visits::starts_at.eq(new.starts_at), visits::ends_at.eq(new.ends_at)),
            visits::remote_updated_at.eq(new.updated_at),
            visits::last_words.eq(""),
            visits::updated_at.eq(tx.now),
            (visits::next_at.eq(next(row, new.next_at)), visits::claimed_until.eq(NEVER)),
        ))
        .execute(tx.conn)
        .map(drop)
}

/// It is asked about again at a time, and this is why not before.
pub fn waits(tx: &mut Tx<'_>, row: &Booked, at: NaiveDateTime, words: &str) -> QueryResult<()> {
    let planned = row.state.is_open().then_some(at);
    diesel::update(visits::table.find(row.id))
        .set((
            visits::last_words.eq(words),
            visits::next_at.eq(next(row, planned)),
            visits::claimed_until.eq(NEVER),
        ))
        .execute(tx.conn)
        .map(drop)
}

/// It was called off and still stands.
pub fn stands(tx: &mut Tx<'_>, row: &Booked, at: NaiveDateTime, words: &str) -> QueryResult<()> {
    diesel::update(visits::table.find(row.id))
        .set((
            visits::state.eq(State::Booked),
            visits::last_words.eq(words),
            visits::updated_at.eq(tx.now),
            (visits::next_at.eq(at), visits::claimed_until.eq(NEVER)),
        ))
        .execute(tx.conn)
        .map(drop)
}

pub fn ended(tx: &mut Tx<'_>, row: &Booked, state: State, words: &str) -> QueryResult<()> {
    diesel::update(visits::table.find(row.id))
        .set((
            visits::state.eq(state),
            visits::last_words.eq(words),
            visits::updated_at.eq(tx.now),
            (visits::next_at.eq(NEVER), visits::claimed_until.eq(NEVER)),
        ))
        .execute(tx.conn)
        .map(drop)
}

pub fn cancelling(
    tx: &mut Tx<'_>,
    id: BookedVisitId,
    state: State,
    (cause, reason, note): (&str, &str, &str),
) -> QueryResult<()> {
    let next_at = (state == State::Cancelling).then_some(tx.now);
    diesel::update(visits::table.find(id))
        .set((
            visits::state.eq(state),
            visits::cancel_cause.eq(cause),
            visits::cancel_reason.eq(reason),
            visits::cancel_note.eq(note),
            visits::last_words.eq(""),
            visits::updated_at.eq(tx.now),
            visits::next_at.eq(next_at),
        ))
        .execute(tx.conn)
        .map(drop)
}

pub fn look_now(tx: &mut Tx<'_>, connection: ConnectionId, remote_id: &str) -> QueryResult<()> {
    let ours =
        visits::table.filter(visits::connection_id.eq(connection)).filter(visits::remote_id.eq(remote_id));
    diesel::update(ours).set(visits::next_at.eq(tx.now)).execute(tx.conn).map(drop)
}

pub fn happened(tx: &mut Tx<'_>, id: BookedVisitId, words: &str, by: &str) -> QueryResult<()> {
    diesel::insert_into(events::table)
        .values((
            events::booked_visit_id.eq(id),
            events::words.eq(words),
            events::by_name.eq(by),
            events::at.eq(tx.now),
        ))
        .execute(tx.conn)
        .map(drop)
}

pub fn events_of(conn: &mut Conn, id: BookedVisitId) -> QueryResult<Vec<Happened>> {
    events::table
        .filter(events::booked_visit_id.eq(id))
        .order(events::id)
        .limit(500)
        .select((events::words, events::by_name, events::at))
        .load(conn)
}

pub fn address(conn: &mut Conn, home: PlaceId) -> QueryResult<Option<VisitPlace>> {
    let found: Option<(String, String, String, String, String)> = addresses::table
        .find(home)
        .select((
            addresses::line1,
            addresses::line2,
            addresses::city,
            addresses::postcode,
            addresses::access_notes,
        ))
        .first(conn)
        .optional()?;
    let place = |(line1, line2, city, postcode, access_notes)| VisitPlace {
        line1,
        line2,
        city,
        postcode,
        access_notes,
    };
    Ok(found.map(place))
}

pub fn set_address(tx: &mut Tx<'_>, home: PlaceId, new: &VisitPlace, by: &str) -> QueryResult<()> {
    let set = (
        addresses::line1.eq(&new.line1),
        addresses::line2.eq(&new.line2),
        addresses::city.eq(&new.city),
        addresses::postcode.eq(&new.postcode),
        addresses::access_notes.eq(&new.access_notes),
        addresses::changed_by_name.eq(by),
        addresses::changed_at.eq(tx.now),
    );
    both(
        diesel::insert_into(addresses::table)
            .values((addresses::place_id.eq(home), set))
            .on_conflict(addresses::place_id)
            .do_update()
            .set(set),
    )
    .execute(tx.conn)
    .map(drop)
}
