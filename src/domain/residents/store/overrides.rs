//! Rows of fields that somebody keeps for a while.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::dsl::exists;
use diesel::prelude::*;

use crate::db::{Conn, Tx, both};
use crate::domain::access::Places;
use crate::domain::residents::{Differing, Override, OwnedField};
use crate::domain::schema::{resident_overrides, residents};
use crate::kit::ids::{OrganisationId, ResidentId};

pub fn overrides(conn: &mut Conn, id: ResidentId, today: NaiveDate) -> QueryResult<Vec<Override>> {
    let rows: Vec<(OwnedField, NaiveDate, String, String, NaiveDateTime)> = resident_overrides::table
        .filter(resident_overrides::resident_id.eq(id))
        .filter(resident_overrides::until.ge(today))
        .order(resident_overrides::id)
        .select((
            resident_overrides::field,
            resident_overrides::until,
            resident_overrides::reason,
            resident_overrides::set_by_name,
            resident_overrides::set_at,
        ))
        .load(conn)?;
    let one = |(field, until, reason, set_by, set_at)| Override { field, until, reason, set_by, set_at };
    Ok(rows.into_iter().map(one).collect())
}

pub fn live_overrides(
    conn: &mut Conn,
    organisation: OrganisationId,
    today: NaiveDate,
) -> QueryResult<Vec<(ResidentId, OwnedField)>> {
    resident_overrides::table
        .inner_join(residents::table)
        .filter(residents::organisation_id.eq(organisation))
        .filter(resident_overrides::until.ge(today))
        .select((resident_overrides::resident_id, resident_overrides::field))
        .load(conn)
}

pub fn set_override(
    tx: &mut Tx<'_>,
    id: ResidentId,
    field: OwnedField,
    (until, reason): (NaiveDate, &str),
    by: &str,
) -> QueryResult<()> {
    let set = (
        resident_overrides::until.eq(until),
        resident_overrides::reason.eq(reason),
        resident_overrides::set_by_name.eq(by),
        resident_overrides::set_at.eq(tx.now),
    );
    let row = (resident_overrides::resident_id.eq(id), resident_overrides::field.eq(field), set);
    both(
        diesel::insert_into(resident_overrides::table)
            .values(row)
            .on_conflict((resident_overrides::resident_id, resident_overrides::field))
            .do_update()
            .set(set),
    )
    .execute(tx.conn)
    .map(drop)
}

pub fn remove_override(tx: &mut Tx<'_>, id: ResidentId, field: OwnedField) -> QueryResult<bool> {
    let removed = diesel::delete(resident_overrides::table)
        .filter(resident_overrides::resident_id.eq(id))
        .filter(resident_overrides::field.eq(field))
        .execute(tx.conn)?;
    Ok(removed > 0)
}

/// Overrides whose last day was before `today`.
pub fn ended_overrides(
    conn: &mut Conn,
    organisation: OrganisationId,
    today: NaiveDate,
) -> QueryResult<Vec<(ResidentId, OwnedField, NaiveDate)>> {
    resident_overrides::table
        .inner_join(residents::table)
        .filter(residents::organisation_id.eq(organisation))
        .filter(resident_overrides::until.lt(today))
        .order(resident_overrides::id)
        .select((resident_overrides::resident_id, resident_overrides::field, resident_overrides::until))
        .load(conn)
}

/// Whether any override holds on `today`. Asked of the overrides, which are few; joined as in [`ending`], SQLite looks
/// through all residents of an organisation for theirs.
pub fn differing(
    conn: &mut Conn,
    organisation: OrganisationId,
    places: &Places,
    today: NaiveDate,
) -> QueryResult<bool> {
    let theirs = residents::table
        .filter(residents::id.eq(resident_overrides::resident_id))
        .filter(residents::organisation_id.eq(organisation));
    let live = resident_overrides::table.filter(resident_overrides::until.ge(today));
    match places {
        Places::All => diesel::select(exists(live.filter(exists(theirs)))).get_result(conn),
        Places::Only(ids) => {
            let here = residents::home_id
                .eq_any(ids.clone())
                .or(residents::zone_id.assume_not_null().eq_any(ids.clone()));
            diesel::select(exists(live.filter(exists(theirs.filter(here))))).get_result(conn)
        }
    }
}

/// Overrides that hold on `today`, by their last day.
pub fn ending(
    conn: &mut Conn,
    organisation: OrganisationId,
    places: &Places,
    today: NaiveDate,
    limit: i64,
) -> QueryResult<Vec<Differing>> {
    type Row = (ResidentId, String, String, OwnedField, NaiveDate, String, String, NaiveDateTime);
    let mut query = resident_overrides::table
        .inner_join(residents::table)
        .filter(residents::organisation_id.eq(organisation))
        .filter(resident_overrides::until.ge(today))
        .order((resident_overrides::until, resident_overrides::id))
        .limit(limit)
        .select((
            resident_overrides::resident_id,
            residents::first_name,
            residents::last_name,
            resident_overrides::field,
            resident_overrides::until,
            resident_overrides::reason,
            resident_overrides::set_by_name,
            resident_overrides::set_at,
        ))
        .into_boxed();
    if let Places::Only(ids) = places {
        let here = residents::home_id
            .eq_any(ids.clone())
            .or(residents::zone_id.assume_not_null().eq_any(ids.clone()));
        query = query.filter(here);
    }
    let rows: Vec<Row> = query.load(conn)?;
    let one = |(resident, first, last, field, until, reason, set_by, set_at): Row| Differing {
        resident,
        name: format!("{first} {last}").trim().to_owned(),
        kept: Override { field, until, reason, set_by, set_at },
    };
    Ok(rows.into_iter().map(one).collect())
}
