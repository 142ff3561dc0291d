//! What families are told of a home, and what its organisation has decided about them.

use diesel::prelude::*;

use crate::db::{Conn, Tx, both};
use crate::domain::relatives::Settings;
use crate::domain::residents::ResidentState;
use crate::domain::schema::{family_settings, home_contacts, places, residents};
use crate::kit::ids::{OrganisationId, PlaceId, ResidentId};

/// A resident's name and home, for a letter or a page that somebody without a scope is shown.
#[derive(Clone, Debug, Queryable)]
pub struct HomeRow {
    pub first_name: String,
    pub preferred_name: String,
    pub state: ResidentState,
    pub home: PlaceId,
    pub home_name: String,
}

pub fn residents_home(conn: &mut Conn, resident: ResidentId) -> QueryResult<HomeRow> {
    residents::table
        .inner_join(places::table.on(places::id.eq(residents::home_id)))
        .filter(residents::id.eq(resident))
        .select((
            residents::first_name,
            residents::preferred_name,
            residents::state,
            places::id,
            places::name,
        ))
        .first(conn)
}

/// Telephone and address.
pub fn contact(conn: &mut Conn, home: PlaceId) -> QueryResult<Option<(String, String)>> {
    home_contacts::table
        .find(home)
        .select((home_contacts::telephone, home_contacts::address))
        .first(conn)
        .optional()
}

pub fn set_contact(tx: &mut Tx<'_>, home: PlaceId, telephone: &str, address: &str) -> QueryResult<()> {
    let row = (
        home_contacts::place_id.eq(home),
        home_contacts::telephone.eq(telephone),
        home_contacts::address.eq(address),
    );
    both(
        diesel::insert_into(home_contacts::table)
            .values(row)
            .on_conflict(home_contacts::place_id)
            .do_update()
            .set((home_contacts::telephone.eq(telephone), home_contacts::address.eq(address))),
    )
    .execute(tx.conn)
    .map(drop)
}

pub fn settings(conn: &mut Conn, organisation: OrganisationId) -> QueryResult<Option<Settings>> {
    let row: Option<(bool, bool, i64, bool, i64)> = family_settings::table
        .find(organisation)
        .select((
            family_settings::confirm_first,
            family_settings::primary_invites,
            family_settings::primary_limit,
            family_settings::primary_approval,
            family_settings::memorial_days,
        ))
        .first(conn)
        .optional()?;
    Ok(row.map(|(confirm_first, primary_invites, primary_limit, primary_approval, memorial_days)| Settings {
        confirm_first,
        primary_invites,
        primary_limit,
        primary_approval,
        memorial_days,
    }))
}

pub fn set_settings(tx: &mut Tx<'_>, organisation: OrganisationId, to: &Settings) -> QueryResult<()> {
    let values = (
        family_settings::confirm_first.eq(to.confirm_first),
        family_settings::primary_invites.eq(to.primary_invites),
        family_settings::primary_limit.eq(to.primary_limit),
        family_settings::primary_approval.eq(to.primary_approval),
        family_settings::memorial_days.eq(to.memorial_days),
    );
    both(
        diesel::insert_into(family_settings::table)
            .values((family_settings::organisation_id.eq(organisation), values))
            .on_conflict(family_settings::organisation_id)
            .do_update()
            .set(values),
    )
    .execute(tx.conn)
    .map(drop)
}
