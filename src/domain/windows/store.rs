//! Rows of windows.

use chrono::{NaiveDateTime, Weekday};
use diesel::prelude::*;

use super::Window;
use crate::db::Conn;
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
