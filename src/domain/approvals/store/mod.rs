//! Rows of people who wait for approval, and of what was decided about them.

mod daily;
mod following;
mod letter_links;
mod lists;

use std::collections::HashMap;

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

use super::State;
use super::flags::Somebody;
use crate::db::{Backend, Tx, both, on_each};
use crate::domain::access::Role;
use crate::domain::schema::{approval_places, approvals, permission_presets};
use crate::kit::ids::{ApprovalId, ConnectionId, ExternalRecordId, OrganisationId, PlaceId};

pub use daily::{
    Ending, Reader, ending, first_letter, had_letter, readers, set_digest, wants_digest, with_waiting,
};
pub use following::{
    Listed, NewRow, insert, listed, of_connection, rewrite, services, set_state, wait_again,
};
pub use letter_links::{insert_link, link, purge_links};
pub use lists::{Decided, Reach, count, decided_with, get, ids, list, of_ids, places_of, presets};

/// Rows in one statement: below what SQLite binds.
const CHUNK: usize = 500;

/// Somebody as kept.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = approvals)]
#[diesel(check_for_backend(Backend))]
pub struct Row {
    pub id: ApprovalId,
    pub connection_id: ConnectionId,
    pub external_record_id: ExternalRecordId,
    pub state: State,
    pub first_name: String,
    pub last_name: String,
    pub email: String,
    pub vendor_role: String,
    pub job_title: String,
    pub title_folded: String,
    pub service: String,
    pub sort_name: String,
    pub search_text: String,
    pub flags: String,
    pub looked_flags: String,
    pub looked_by_name: String,
    pub left_before: bool,
    pub role: Option<Role>,
    pub permissions: String,
    pub ends_on: Option<NaiveDate>,
    pub reason: String,
    pub since: NaiveDateTime,
    pub decided_at: Option<NaiveDateTime>,
    pub decided_by_name: String,
}

/// What a row shows of the vendor's record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    pub first_name: String,
    pub last_name: String,
    pub email: String,
    pub vendor_role: String,
    pub job_title: String,
    pub title_folded: String,
    pub service: String,
    pub sort_name: String,
    pub search_text: String,
    pub flags: String,
}

impl Written {
    pub fn somebody(&self) -> Somebody {
        Somebody { name: self.sort_name.clone(), email: self.email.clone() }
    }
}

impl Row {
    pub fn name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name).trim().to_owned()
    }

    pub fn written(&self) -> Written {
        Written {
            first_name: self.first_name.clone(),
            last_name: self.last_name.clone(),
            email: self.email.clone(),
            vendor_role: self.vendor_role.clone(),
            job_title: self.job_title.clone(),
            title_folded: self.title_folded.clone(),
            service: self.service.clone(),
            sort_name: self.sort_name.clone(),
            search_text: self.search_text.clone(),
            flags: self.flags.clone(),
        }
    }
}

#[derive(Insertable)]
#[diesel(table_name = approval_places)]
struct NewPlace {
    approval_id: ApprovalId,
    place_id: PlaceId,
}

pub fn insert_places(tx: &mut Tx<'_>, places: &[(ApprovalId, PlaceId)]) -> QueryResult<()> {
    let row = |(approval_id, place_id): &(ApprovalId, PlaceId)| NewPlace {
        approval_id: *approval_id,
        place_id: *place_id,
    };
    let rows: Vec<NewPlace> = places.iter().map(row).collect();
    on_each!(&mut *tx.conn, c => for piece in rows.chunks(CHUNK) {
        diesel::insert_into(approval_places::table).values(piece).execute(c)?;
    });
    Ok(())
}

pub fn clear_places(tx: &mut Tx<'_>, ids: &[ApprovalId]) -> QueryResult<()> {
    for chunk in ids.chunks(CHUNK) {
        diesel::delete(approval_places::table)
            .filter(approval_places::approval_id.eq_any(chunk.to_vec()))
            .execute(tx.conn)?;
    }
    Ok(())
}

/// Moves rows from one state to another: how many there were to move.
pub fn decide(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    ids: &[ApprovalId],
    (from, to): (State, State),
    (by, reason): (&str, &str),
) -> QueryResult<usize> {
    let decided_at = to.is_decided().then_some(tx.now);
    let mut moved = 0;
    for chunk in ids.chunks(CHUNK) {
        moved += diesel::update(approvals::table)
            .filter(approvals::organisation_id.eq(organisation))
            .filter(approvals::id.eq_any(chunk.to_vec()))
            .filter(approvals::state.eq(from))
            .set((
                approvals::state.eq(to),
                approvals::decided_at.eq(decided_at),
                approvals::decided_by_name.eq(by),
                approvals::reason.eq(reason),
            ))
            .execute(tx.conn)?;
    }
    Ok(moved)
}

/// What is chosen for rows, before they are approved.
pub fn choose(tx: &mut Tx<'_>, ids: &[ApprovalId], role: Role, permissions: &str) -> QueryResult<()> {
    for chunk in ids.chunks(CHUNK) {
        diesel::update(approvals::table.filter(approvals::id.eq_any(chunk.to_vec())))
            .set((approvals::role.eq(role), approvals::permissions.eq(permissions)))
            .execute(tx.conn)?;
    }
    Ok(())
}

pub fn choose_end(tx: &mut Tx<'_>, ids: &[ApprovalId], ends_on: Option<NaiveDate>) -> QueryResult<()> {
    for chunk in ids.chunks(CHUNK) {
        diesel::update(approvals::table.filter(approvals::id.eq_any(chunk.to_vec())))
            .set(approvals::ends_on.eq(ends_on))
            .execute(tx.conn)?;
    }
    Ok(())
}

/// Somebody has looked at the flags that the row has now.
pub fn looked(tx: &mut Tx<'_>, id: ApprovalId, by: &str) -> QueryResult<()> {
    diesel::update(approvals::table.find(id))
        .set((approvals::looked_flags.eq(approvals::flags), approvals::looked_by_name.eq(by)))
        .execute(tx.conn)
        .map(drop)
}

/// Keeps permissions under a name, in place of what stood under it.
pub fn keep_preset(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    (name, folded): (&str, &str),
    permissions: &str,
) -> QueryResult<()> {
    let row = (
        permission_presets::organisation_id.eq(organisation),
        permission_presets::name.eq(name),
        permission_presets::name_folded.eq(folded),
        permission_presets::permissions.eq(permissions),
    );
    let key = (permission_presets::organisation_id, permission_presets::name_folded);
    let set = (permission_presets::name.eq(name), permission_presets::permissions.eq(permissions));
    both(diesel::insert_into(permission_presets::table).values(row).on_conflict(key).do_update().set(set))
        .execute(tx.conn)
        .map(drop)
}

type PlacesOf = HashMap<ApprovalId, Vec<PlaceId>>;
