//! Rows of areas.

use diesel::prelude::*;

use super::{Area, AreaKind, Kept};
use crate::db::{Conn, Tx};
use crate::domain::schema::coverage_areas as areas;
use crate::kit::ids::{CoverageAreaId, OrganisationId};

pub fn areas(conn: &mut Conn, organisation: OrganisationId) -> QueryResult<Vec<Area>> {
    Ok(list(conn, organisation)?.into_iter().map(|kept| kept.area).collect())
}

pub fn list(conn: &mut Conn, organisation: OrganisationId) -> QueryResult<Vec<Kept>> {
    let rows: Vec<(CoverageAreaId, AreaKind, String, i32)> = areas::table
        .filter(areas::organisation_id.eq(organisation))
        .order((areas::district, areas::kind))
        .select((areas::id, areas::kind, areas::district, areas::miles))
        .load(conn)?;
    let kept = |(id, kind, district, miles)| Kept { id, area: Area { kind, district, miles } };
    Ok(rows.into_iter().map(kept).collect())
}

pub fn insert(tx: &mut Tx<'_>, organisation: OrganisationId, area: &Area) -> QueryResult<()> {
    diesel::insert_into(areas::table)
        .values((
            areas::organisation_id.eq(organisation),
            areas::kind.eq(area.kind),
            areas::district.eq(&area.district),
            areas::miles.eq(area.miles),
            areas::created_at.eq(tx.now),
        ))
        .execute(tx.conn)?;
    Ok(())
}

pub fn change_miles(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    id: CoverageAreaId,
    miles: i32,
) -> QueryResult<()> {
    let area = areas::table.filter(areas::organisation_id.eq(organisation)).filter(areas::id.eq(id));
    diesel::update(area).set(areas::miles.eq(miles)).execute(tx.conn)?;
    Ok(())
}

pub fn delete(tx: &mut Tx<'_>, organisation: OrganisationId, id: CoverageAreaId) -> QueryResult<()> {
    let area = areas::table.filter(areas::organisation_id.eq(organisation)).filter(areas::id.eq(id));
    diesel::delete(area).execute(tx.conn)?;
    Ok(())
}
