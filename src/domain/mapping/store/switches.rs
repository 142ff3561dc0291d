//! Rows of rules that an organisation has switched off.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::db::{Conn, Tx, both};
use crate::domain::mapping::Rule;
use crate::domain::schema::mapping_rules_off as off;
use crate::kit::ids::OrganisationId;

#[derive(Debug, Clone, Queryable)]
pub struct SwitchedOff {
    pub rule: Rule,
    pub by: String,
    pub at: NaiveDateTime,
}

pub fn rules_off(conn: &mut Conn, organisation: OrganisationId) -> QueryResult<Vec<SwitchedOff>> {
    off::table
        .filter(off::organisation_id.eq(organisation))
        .order(off::rule)
        .select((off::rule, off::off_by_name, off::off_at))
        .load(conn)
}

/// Whether it was on.
pub fn switch_off(tx: &mut Tx<'_>, organisation: OrganisationId, rule: Rule, by: &str) -> QueryResult<bool> {
    both(
        diesel::insert_into(off::table)
            .values((
                off::organisation_id.eq(organisation),
                off::rule.eq(rule),
                off::off_by_name.eq(by),
                off::off_at.eq(tx.now),
            ))
            .on_conflict_do_nothing(),
    )
    .execute(tx.conn)
    .map(|added| added == 1)
}

/// Whether it was off.
pub fn switch_on(tx: &mut Tx<'_>, organisation: OrganisationId, rule: Rule) -> QueryResult<bool> {
    diesel::delete(off::table)
        .filter(off::organisation_id.eq(organisation))
        .filter(off::rule.eq(rule))
        .execute(tx.conn)
        .map(|gone| gone == 1)
}
