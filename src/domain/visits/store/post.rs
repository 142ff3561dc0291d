//! Rows of what patients are written: messages, letters, and the links in them.

use std::collections::HashSet;

use chrono::{NaiveDate, NaiveDateTime};
use chrono_tz::Tz;
use diesel::dsl::{exists, not};
use diesel::prelude::*;

use crate::db::{Backend, Conn, Tx, both};
use crate::domain::access::Sector;
use crate::domain::api_keys::Mode;
use crate::domain::letters::Recipient;
use crate::domain::schema::{
    organisations, patients, visit_letters as written, visit_links as links, visit_messages as messages,
    visits,
};
use crate::domain::visits::post::{To, Words, Wrote};
use crate::domain::visits::{Scheduling, Status};
use crate::kit::ids::{LetterId, OrganisationId, PatientId, VisitId};

diesel::alias!(crate::domain::schema::visit_letters as later: Later);

#[derive(Queryable, Selectable)]
#[diesel(table_name = messages)]
#[diesel(check_for_backend(Backend))]
pub struct StoredMessage {
    pub kind: String,
    pub subject: String,
    pub body: String,
    pub changed_by_name: String,
    pub changed_at: NaiveDateTime,
}

pub fn messages(conn: &mut Conn, organisation: OrganisationId) -> QueryResult<Vec<StoredMessage>> {
    messages::table
        .filter(messages::organisation_id.eq(organisation))
        .select(StoredMessage::as_select())
        .load(conn)
}

pub fn message(
    conn: &mut Conn,
    organisation: OrganisationId,
    kind: &str,
) -> QueryResult<Option<StoredMessage>> {
    messages::table
        .filter(messages::organisation_id.eq(organisation))
        .filter(messages::kind.eq(kind))
        .select(StoredMessage::as_select())
        .first(conn)
        .optional()
}

pub fn set_message(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    kind: &str,
    words: &Words,
    by: &str,
) -> QueryResult<()> {
    remove_message(tx, organisation, kind)?;
    both(diesel::insert_into(messages::table).values((
        messages::organisation_id.eq(organisation),
        messages::kind.eq(kind),
        messages::subject.eq(&words.subject),
        messages::body.eq(&words.body),
        messages::changed_by_name.eq(by),
        messages::changed_at.eq(tx.now),
    )))
    .execute(tx.conn)
    .map(drop)
}

pub fn remove_message(tx: &mut Tx<'_>, organisation: OrganisationId, kind: &str) -> QueryResult<()> {
    let this =
        messages::table.filter(messages::organisation_id.eq(organisation)).filter(messages::kind.eq(kind));
    diesel::delete(this).execute(tx.conn).map(drop)
}

/// The first name, and whom letters go to.
pub fn recipient(conn: &mut Conn, patient: PatientId) -> QueryResult<To> {
    let (first, last, email): (String, String, String) = patients::table
        .find(patient)
        .select((patients::first_name, patients::last_name, patients::email))
        .first(conn)?;
    let name = format!("{first} {last}");
    Ok((first, Recipient { name, email }))
}

pub fn note_letter(
    tx: &mut Tx<'_>,
    visit: VisitId,
    what: Wrote,
    letter: Option<LetterId>,
) -> QueryResult<()> {
    both(diesel::insert_into(written::table).values((
        written::visit_id.eq(visit),
        written::kind.eq(what),
        written::letter_id.eq(letter),
        written::written_at.eq(tx.now),
    )))
    .execute(tx.conn)
    .map(drop)
}

/// The letters about a visit, oldest first.
pub fn letters_of(conn: &mut Conn, visit: VisitId) -> QueryResult<Vec<(Wrote, LetterId)>> {
    let rows: Vec<(Wrote, Option<LetterId>)> = written::table
        .filter(written::visit_id.eq(visit))
        .order(written::id)
        .select((written::kind, written::letter_id))
        .load(conn)?;
    Ok(rows.into_iter().filter_map(|(what, letter)| Some((what, letter?))).collect())
}

pub fn has_written(conn: &mut Conn, visit: VisitId, what: Wrote) -> QueryResult<bool> {
    let those = written::table.filter(written::visit_id.eq(visit)).filter(written::kind.eq(what));
    diesel::select(exists(those)).get_result(conn)
}

pub fn written_since(
    conn: &mut Conn,
    visit: VisitId,
    what: Wrote,
    since: NaiveDateTime,
) -> QueryResult<bool> {
    let those = written::table
        .filter(written::visit_id.eq(visit))
        .filter(written::kind.eq(what))
        .filter(written::written_at.ge(since));
    diesel::select(exists(those)).get_result(conn)
}

/// So that it may be written again: the visit is on another day now.
pub fn forget_letters(tx: &mut Tx<'_>, visit: VisitId, what: Wrote) -> QueryResult<()> {
    let those = written::table.filter(written::visit_id.eq(visit)).filter(written::kind.eq(what));
    diesel::delete(those).execute(tx.conn).map(drop)
}

/// Those of the visits that have such a note.
pub fn with_note(conn: &mut Conn, visits: &[VisitId], what: Wrote) -> QueryResult<HashSet<VisitId>> {
    if visits.is_empty() {
        return Ok(HashSet::new());
    }
    let found: Vec<VisitId> = written::table
        .filter(written::visit_id.eq_any(visits.to_vec()))
        .filter(written::kind.eq(what))
        .select(written::visit_id)
        .load(conn)?;
    Ok(found.into_iter().collect())
}

/// The organisations that visit, each with its zone.
pub fn visiting(conn: &mut Conn) -> QueryResult<Vec<(OrganisationId, Tz)>> {
    let rows: Vec<(OrganisationId, String)> = organisations::table
        .filter(organisations::sector.eq(Sector::CommunityHealth))
        .order(organisations::id)
        .select((organisations::id, organisations::time_zone))
        .load(conn)?;
    Ok(rows.into_iter().map(|(id, zone)| (id, zone.parse().unwrap_or(Tz::Europe__London))).collect())
}

/// The live visits of an organisation whose patients are to choose and have not.
macro_rules! waiting {
    ($organisation:expr) => {
        visits::table
            .filter(visits::organisation_id.eq($organisation))
            .filter(visits::mode.eq(Mode::Live))
            .filter(visits::local_date.is_null())
            .filter(visits::status.eq(Status::Scheduling))
            .filter(visits::scheduling.eq(Scheduling::PatientLed))
    };
}

/// Those who have not been asked yet, and whose period begins by `soon`, if they have one.
pub fn not_asked(
    conn: &mut Conn,
    organisation: OrganisationId,
    soon: NaiveDate,
    limit: i64,
) -> QueryResult<Vec<VisitId>> {
    let asked =
        written::table.filter(written::visit_id.eq(visits::id)).filter(written::kind.eq(Wrote::Choose));
    waiting!(organisation)
        .filter(visits::plan_from.is_null().or(visits::plan_from.assume_not_null().le(soon)))
        .filter(not(exists(asked)))
        .order(visits::id)
        .limit(limit)
        .select(visits::id)
        .load(conn)
}

/// Those who were written `first` before a moment, and `next` not yet; the longest ago first.
pub fn unanswered_since(
    conn: &mut Conn,
    organisation: OrganisationId,
    (first, next): (Wrote, Wrote),
    until: NaiveDateTime,
    limit: i64,
) -> QueryResult<Vec<VisitId>> {
    let written_next = later
        .filter(later.field(written::visit_id).eq(visits::id))
        .filter(later.field(written::kind).eq(next));
    waiting!(organisation)
        .inner_join(written::table)
        .filter(written::kind.eq(first))
        .filter(written::written_at.lt(until))
        .filter(not(exists(written_next)))
        .order((written::written_at, visits::id))
        .limit(limit)
        .select(visits::id)
        .load(conn)
}

/// The live visits of these dates that have not begun and whose patients were not reminded.
pub fn not_reminded(
    conn: &mut Conn,
    organisation: OrganisationId,
    (from, to): (NaiveDate, NaiveDate),
    now: NaiveDateTime,
    limit: i64,
) -> QueryResult<Vec<VisitId>> {
    let reminded =
        written::table.filter(written::visit_id.eq(visits::id)).filter(written::kind.eq(Wrote::DayBefore));
    visits::table
        .filter(visits::organisation_id.eq(organisation))
        .filter(visits::mode.eq(Mode::Live))
        .filter(visits::local_date.assume_not_null().between(from, to))
        .filter(visits::status.eq(Status::Scheduled))
        .filter(visits::starts_at.assume_not_null().gt(now))
        .filter(not(exists(reminded)))
        .order((visits::local_date, visits::id))
        .limit(limit)
        .select(visits::id)
        .load(conn)
}

pub fn insert_link(
    tx: &mut Tx<'_>,
    visit: VisitId,
    hash: &str,
    expires_at: NaiveDateTime,
) -> QueryResult<()> {
    both(diesel::insert_into(links::table).values((
        links::visit_id.eq(visit),
        links::token_hash.eq(hash),
        links::created_at.eq(tx.now),
        links::expires_at.eq(expires_at),
    )))
    .execute(tx.conn)
    .map(drop)
}

/// Where a link leads: the organisation, the visit, and until when; live visits only.
pub type Link = (OrganisationId, VisitId, NaiveDateTime, Option<NaiveDateTime>);

pub fn link(conn: &mut Conn, hash: &str) -> QueryResult<Option<Link>> {
    links::table
        .inner_join(visits::table)
        .filter(links::token_hash.eq(hash))
        .filter(visits::mode.eq(Mode::Live))
        .select((visits::organisation_id, visits::id, links::expires_at, links::ended_at))
        .first(conn)
        .optional()
}

/// Ends the links of a patient that still work; the visits that had any.
pub fn end_links(tx: &mut Tx<'_>, patient: PatientId) -> QueryResult<HashSet<VisitId>> {
    let of: Vec<VisitId> = links::table
        .inner_join(visits::table)
        .filter(visits::patient_id.eq(patient))
        .filter(links::ended_at.is_null())
        .filter(links::expires_at.gt(tx.now))
        .select(links::visit_id)
        .load(tx.conn)?;
    let of: HashSet<VisitId> = of.into_iter().collect();
    for visit in &of {
        let those = links::table.filter(links::visit_id.eq(*visit)).filter(links::ended_at.is_null());
        diesel::update(those).set(links::ended_at.eq(tx.now)).execute(tx.conn)?;
    }
    Ok(of)
}

/// Links that have not worked since a moment.
pub fn delete_links(tx: &mut Tx<'_>, before: NaiveDateTime) -> QueryResult<usize> {
    diesel::delete(links::table.filter(links::expires_at.lt(before))).execute(tx.conn)
}
