//! Rows of areas.

use diesel::prelude::*;

use super::{Area, AreaKind};
use crate::db::Conn;
use crate::domain::schema::coverage_areas as areas;
use crate::kit::ids::OrganisationId;

pub fn areas(conn: &mut Conn, organisation: OrganisationId) -> QueryResult<Vec<Area>> {
    let rows: Vec<(AreaKind, String, i32)> = areas::table
        .filter(areas::organisation_id.eq(organisation))
        .order((areas::district, areas::kind))
        .select((areas::kind, areas::district, areas::miles))
        .load(conn)?;
    Ok(rows.into_iter().map(|(kind, district, miles)| Area { kind, district, miles }).collect())
}
