//! Rows of consents. Only the newest of a topic has no end.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

use super::{Basis, Decision, NewConsent};
use crate::db::{Backend, Conn, Tx};
use crate::domain::access::{By, Topic};
use crate::domain::schema::consents;
use crate::kit::ids::{AccountId, ConsentId, OrganisationId, ResidentId};

/// A decision as kept.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = consents)]
#[diesel(check_for_backend(Backend))]
pub struct Consent {
    pub topic: Topic,
    pub decision: Decision,
    pub basis: Basis,
    pub attorney: String,
    pub note: String,
    pub recorded_by: Option<AccountId>,
    pub recorded_by_name: String,
    pub recorded_at: NaiveDateTime,
    pub review_on: Option<NaiveDate>,
    pub ended_at: Option<NaiveDateTime>,
}

impl Consent {
    /// Whether somebody recorded the same before.
    pub fn says(&self, new: &NewConsent) -> bool {
        self.decision == new.decision
            && self.basis == new.basis
            && self.attorney == new.attorney
            && self.note == new.note
            && self.review_on == new.review_on
    }
}

/// The newest decision of each topic.
pub fn live(
    conn: &mut Conn,
    organisation: OrganisationId,
    resident: ResidentId,
) -> QueryResult<Vec<Consent>> {
    consents::table
        .filter(consents::organisation_id.eq(organisation))
        .filter(consents::resident_id.eq(resident))
        .filter(consents::ended_at.is_null())
        .select(Consent::as_select())
        .load(conn)
}

/// The same of many residents, each with whose it is.
pub fn live_of(conn: &mut Conn, residents: &[ResidentId]) -> QueryResult<Vec<(ResidentId, Consent)>> {
    let mut found = Vec::new();
    for chunk in residents.chunks(1000) {
        let more: Vec<(ResidentId, Consent)> = consents::table
            .filter(consents::resident_id.eq_any(chunk.to_vec()))
            .filter(consents::ended_at.is_null())
            .select((consents::resident_id, Consent::as_select()))
            .load(conn)?;
        found.extend(more);
    }
    Ok(found)
}

pub fn history(
    conn: &mut Conn,
    organisation: OrganisationId,
    resident: ResidentId,
    limit: i64,
) -> QueryResult<Vec<Consent>> {
    consents::table
        .filter(consents::organisation_id.eq(organisation))
        .filter(consents::resident_id.eq(resident))
        .order(consents::id.desc())
        .limit(limit)
        .select(Consent::as_select())
        .load(conn)
}

pub fn end(tx: &mut Tx<'_>, resident: ResidentId, topic: Topic) -> QueryResult<()> {
    diesel::update(consents::table)
        .filter(consents::resident_id.eq(resident))
        .filter(consents::topic.eq(topic))
        .filter(consents::ended_at.is_null())
        .set(consents::ended_at.eq(tx.now))
        .execute(tx.conn)
        .map(drop)
}

pub fn insert(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    resident: ResidentId,
    new: &NewConsent,
    by: &By,
) -> QueryResult<()> {
    let row = (
        consents::organisation_id.eq(organisation),
        consents::resident_id.eq(resident),
        consents::topic.eq(new.topic),
        consents::decision.eq(new.decision),
        consents::basis.eq(new.basis),
        consents::attorney.eq(&new.attorney),
        consents::note.eq(&new.note),
        consents::recorded_by.eq(by.account),
        consents::recorded_by_name.eq(&by.name),
        consents::recorded_at.eq(tx.now),
        consents::review_on.eq(new.review_on),
    );
    diesel::insert_into(consents::table).values(row).execute(tx.conn).map(drop)
}

/// Consents that were given until a day before `today`, and whose end nobody was told of.
pub fn run_out(
    conn: &mut Conn,
    today: NaiveDate,
    limit: i64,
) -> QueryResult<Vec<(ConsentId, OrganisationId, ResidentId, Topic)>> {
    consents::table
        .filter(consents::ended_at.is_null())
        .filter(consents::lapsed_at.is_null())
        .filter(consents::decision.eq(Decision::Given))
        .filter(consents::review_on.lt(today))
        .order(consents::id)
        .limit(limit)
        .select((consents::id, consents::organisation_id, consents::resident_id, consents::topic))
        .load(conn)
}

pub fn note_lapse(tx: &mut Tx<'_>, consent: ConsentId) -> QueryResult<()> {
    diesel::update(consents::table.find(consent))
        .set(consents::lapsed_at.eq(tx.now))
        .execute(tx.conn)
        .map(drop)
}
