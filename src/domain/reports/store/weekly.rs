//! Who gets the weekly letter, and the mark that it went out.

use chrono::NaiveDate;
use diesel::prelude::*;

use crate::db::{Conn, Tx, both};
use crate::domain::access::{Permission, Role};
use crate::domain::accounts::AccountState;
use crate::domain::schema::{accounts, daily_letters, memberships, organisations, therapy_settings};
use crate::kit::ids::OrganisationId;

/// Somebody who may read reports.
pub struct Reader {
    pub name: String,
    pub email: String,
}

/// Organisations that want the letter: number, name, time zone.
pub fn organisations_with_letter(conn: &mut Conn) -> QueryResult<Vec<(OrganisationId, String, String)>> {
    therapy_settings::table
        .inner_join(organisations::table)
        .filter(therapy_settings::weekly_report.eq(true))
        .order(organisations::id)
        .select((organisations::id, organisations::name, organisations::time_zone))
        .load(conn)
}

/// Managers and super managers who may read reports.
pub fn readers(conn: &mut Conn, organisation: OrganisationId) -> QueryResult<Vec<Reader>> {
    let rows: Vec<(String, String, Role, String)> = memberships::table
        .inner_join(accounts::table)
        .filter(memberships::organisation_id.eq(organisation))
        .filter(memberships::ended_at.is_null())
        .filter(memberships::role.eq_any(vec![Role::SuperManager.as_str(), Role::Manager.as_str()]))
        .filter(accounts::state.eq(AccountState::Active))
        .order(accounts::id)
        .select((accounts::name, accounts::email, memberships::role, memberships::permissions))
        .load(conn)?;
    let may = |role, stored: &str| Permission::read(role, stored).contains(&Permission::ViewReports);
    let readers = rows.into_iter().filter(|(_, _, role, stored)| may(*role, stored));
    Ok(readers.map(|(name, email, _, _)| Reader { name, email }).collect())
}

pub fn had_letter(
    conn: &mut Conn,
    organisation: OrganisationId,
    kind: &str,
    day: NaiveDate,
) -> QueryResult<bool> {
    let n: i64 = daily_letters::table
        .filter(daily_letters::organisation_id.eq(organisation))
        .filter(daily_letters::kind.eq(kind))
        .filter(daily_letters::local_date.eq(day))
        .count()
        .get_result(conn)?;
    Ok(n > 0)
}

/// Whether an organisation has not had this letter of this day, which it has from now on.
pub fn first_letter(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    kind: &str,
    day: NaiveDate,
) -> QueryResult<bool> {
    let row = (
        daily_letters::organisation_id.eq(organisation),
        daily_letters::kind.eq(kind),
        daily_letters::local_date.eq(day),
    );
    let insert = diesel::insert_into(daily_letters::table).values(row);
    both(insert.on_conflict_do_nothing()).execute(tx.conn).map(|new| new == 1)
}
