//! Rows of windows.

use chrono::{NaiveDateTime, Weekday};
use diesel::prelude::*;

use super::{Facts, Window};
use crate::db::{Conn, Tx};
use crate::domain::schema::visit_windows as windows;
use crate::kit::ids::{OrganisationId, WindowId};

type Row = (WindowId, String, (i32, i32), String, i32, Option<NaiveDateTime>);

/// All of an organisation, by their hours.
pub fn all(conn: &mut Conn, organisation: OrganisationId) -> QueryResult<Vec<Window>> {
    let rows: Vec<Row> = windows::table
        .filter(windows::organisation_id.eq(organisation))
        .order((windows::from_minute, windows::to_minute, windows::id))
        .select((
            windows::id,
            windows::name,
            (windows::from_minute, windows::to_minute),
            windows::weekdays,
            windows::capacity,
            windows::retired_at,
        ))
        .load(conn)?;
    let window = |(id, name, (from_minute, to_minute), weekdays, capacity, retired_at): Row| Window {
        id,
        name,
        from_minute,
        to_minute,
        weekdays: weekdays.split(',').filter_map(|day| day.parse::<Weekday>().ok()).collect(),
        capacity,
        retired_at,
    };
    Ok(rows.into_iter().map(window).collect())
}

/// `mon,tue`.
fn weekdays(facts: &Facts) -> String {
    facts.weekdays.iter().map(|day| day.to_string().to_lowercase()).collect::<Vec<_>>().join(",")
}

pub fn insert(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    facts: &Facts,
    folded: &str,
) -> QueryResult<WindowId> {
    diesel::insert_into(windows::table)
        .values((
            windows::organisation_id.eq(organisation),
            windows::name.eq(&facts.name),
            windows::name_folded.eq(folded),
            windows::from_minute.eq(facts.from_minute),
            windows::to_minute.eq(facts.to_minute),
            windows::weekdays.eq(weekdays(facts)),
            windows::capacity.eq(facts.capacity),
            windows::created_at.eq(tx.now),
        ))
        .returning(windows::id)
        .get_result(tx.conn)
}

pub fn change(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    id: WindowId,
    facts: &Facts,
    folded: &str,
) -> QueryResult<()> {
    let window = windows::table.filter(windows::organisation_id.eq(organisation)).filter(windows::id.eq(id));
    diesel::update(window)
        .set((
            windows::name.eq(&facts.name),
            windows::name_folded.eq(folded),
            windows::from_minute.eq(facts.from_minute),
            windows::to_minute.eq(facts.to_minute),
            windows::weekdays.eq(weekdays(facts)),
            windows::capacity.eq(facts.capacity),
        ))
        .execute(tx.conn)?;
    Ok(())
}

pub fn retire(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    id: WindowId,
    at: Option<NaiveDateTime>,
) -> QueryResult<()> {
    let window = windows::table.filter(windows::organisation_id.eq(organisation)).filter(windows::id.eq(id));
    diesel::update(window).set(windows::retired_at.eq(at)).execute(tx.conn)?;
    Ok(())
}
