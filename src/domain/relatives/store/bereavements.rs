//! Rows of bereavements, and which letters are about whom.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

use crate::db::{Conn, Tx, both};
use crate::domain::access::By;
use crate::domain::relatives::Bereavement;
use crate::domain::schema::{bereavements, letters, resident_letters};
use crate::kit::ids::{LetterId, OrganisationId, ResidentId};

pub fn bereavement(conn: &mut Conn, resident: ResidentId) -> QueryResult<Option<Bereavement>> {
    let row: Option<(String, NaiveDateTime, NaiveDate)> = bereavements::table
        .filter(bereavements::resident_id.eq(resident))
        .filter(bereavements::ended_at.is_null())
        .select((bereavements::recorded_by_name, bereavements::recorded_at, bereavements::memorial_until))
        .first(conn)
        .optional()?;
    Ok(row.map(|(recorded_by, recorded_at, memorial_until)| Bereavement {
        recorded_by,
        recorded_at,
        memorial_until,
    }))
}

/// The last day of the memorial for each of these residents who has died.
pub fn memorials(
    conn: &mut Conn,
    residents: &[ResidentId],
) -> QueryResult<std::collections::HashMap<ResidentId, NaiveDate>> {
    let rows: Vec<(ResidentId, NaiveDate)> = bereavements::table
        .filter(bereavements::resident_id.eq_any(residents.to_vec()))
        .filter(bereavements::ended_at.is_null())
        .select((bereavements::resident_id, bereavements::memorial_until))
        .load(conn)?;
    Ok(rows.into_iter().collect())
}

pub fn bereave(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    resident: ResidentId,
    by: &By,
    memorial_until: NaiveDate,
) -> QueryResult<()> {
    let row = (
        bereavements::organisation_id.eq(organisation),
        bereavements::resident_id.eq(resident),
        bereavements::recorded_by_name.eq(&by.name),
        bereavements::recorded_at.eq(tx.now),
        bereavements::memorial_until.eq(memorial_until),
    );
    diesel::insert_into(bereavements::table).values(row).execute(tx.conn).map(drop)
}

/// Says whether there was one to end.
pub fn end_bereavement(tx: &mut Tx<'_>, resident: ResidentId) -> QueryResult<bool> {
    diesel::update(bereavements::table)
        .filter(bereavements::resident_id.eq(resident))
        .filter(bereavements::ended_at.is_null())
        .set(bereavements::ended_at.eq(tx.now))
        .execute(tx.conn)
        .map(|ended| ended == 1)
}

/// Notes whom a letter is about.
pub fn letter_about(tx: &mut Tx<'_>, letter: LetterId, resident: ResidentId) -> QueryResult<()> {
    let row = (resident_letters::letter_id.eq(letter), resident_letters::resident_id.eq(resident));
    let insert = diesel::insert_into(resident_letters::table).values(row);
    let known = (resident_letters::letter_id, resident_letters::resident_id);
    both(insert.on_conflict(known).do_nothing()).execute(tx.conn).map(drop)
}

/// Letters about a resident that wait to be sent.
pub fn waiting_letters(conn: &mut Conn, resident: ResidentId) -> QueryResult<Vec<LetterId>> {
    resident_letters::table
        .inner_join(letters::table)
        .filter(resident_letters::resident_id.eq(resident))
        .filter(letters::state.eq(crate::domain::letters::LetterState::Waiting))
        .select(resident_letters::letter_id)
        .load(conn)
}
