//! Rows of what an organisation decided on who is right.

use diesel::prelude::*;

use crate::db::{Conn, Tx, both};
use crate::domain::residents::Part;
use crate::domain::schema::field_sources;
use crate::kit::ids::OrganisationId;

pub fn authority(conn: &mut Conn, organisation: OrganisationId) -> QueryResult<Vec<(Part, String)>> {
    field_sources::table
        .filter(field_sources::organisation_id.eq(organisation))
        .order(field_sources::id)
        .select((field_sources::field, field_sources::vendors))
        .load(conn)
}

pub fn set_authority(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    part: Part,
    vendors: &str,
    by: &str,
) -> QueryResult<()> {
    let set = (
        field_sources::vendors.eq(vendors),
        field_sources::set_by_name.eq(by),
        field_sources::set_at.eq(tx.now),
    );
    let row = (field_sources::organisation_id.eq(organisation), field_sources::field.eq(part), set);
    both(
        diesel::insert_into(field_sources::table)
            .values(row)
            .on_conflict((field_sources::organisation_id, field_sources::field))
            .do_update()
            .set(set),
    )
    .execute(tx.conn)
    .map(drop)
}
