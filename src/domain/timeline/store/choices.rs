//! Rows of what was chosen, of what that rests on, and of entries that change to another system.

use std::collections::{BTreeSet, HashMap};

use chrono::NaiveDateTime;
use diesel::dsl::{exists, not};
use diesel::prelude::*;

use super::CHUNK;
use crate::connectors::Vendor;
use crate::db::{Conn, Tx, both};
use crate::domain::connections::State as Connected;
use crate::domain::residents;
use crate::domain::schema::{
    connections, pairings, timeline_choices as choices, timeline_codes as codes,
    timeline_defaults as defaults, timeline_entries as entries,
};
use crate::domain::timeline::State;
use crate::kit::ids::{ConnectionId, OrganisationId, ResidentId};

diesel::alias!(crate::domain::schema::timeline_entries as other: Other);

/// The systems that an organisation ever had to do with, in the order of screens, and whether each is in use.
pub fn connected(conn: &mut Conn, organisation: OrganisationId) -> QueryResult<Vec<(Vendor, bool)>> {
    let rows: Vec<(String, bool, Connected)> = connections::table
        .filter(connections::organisation_id.eq(organisation))
        .select((connections::vendor, connections::available, connections::state))
        .load(conn)?;
    let known = rows.into_iter().filter_map(|(vendor, available, state)| {
        Some((vendor.parse::<Vendor>().ok()?, available && state != Connected::Off))
    });
    let mut known: Vec<(Vendor, bool)> = known.collect();
    known.sort();
    Ok(known)
}

pub fn choices(conn: &mut Conn, residents: &[ResidentId]) -> QueryResult<HashMap<ResidentId, Vendor>> {
    let mut found = HashMap::new();
    for chunk in residents.chunks(CHUNK) {
        let rows: Vec<(ResidentId, String)> = choices::table
            .filter(choices::resident_id.eq_any(chunk.to_vec()))
            .select((choices::resident_id, choices::vendor))
            .load(conn)?;
        found.extend(rows.into_iter().filter_map(|(id, vendor)| Some((id, written_to(&vendor)?))));
    }
    Ok(found)
}

pub fn default(conn: &mut Conn, organisation: OrganisationId) -> QueryResult<Option<Vendor>> {
    let found: Option<String> =
        defaults::table.find(organisation).select(defaults::vendor).first(conn).optional()?;
    Ok(found.and_then(|vendor| written_to(&vendor)))
}

fn written_to(vendor: &str) -> Option<Vendor> {
    vendor.parse::<Vendor>().ok().filter(|vendor| vendor.about().writes)
}

/// In which systems residents are linked.
pub fn paired_in(
    conn: &mut Conn,
    organisation: OrganisationId,
    ids: &[ResidentId],
) -> QueryResult<HashMap<ResidentId, BTreeSet<Vendor>>> {
    let mut found: HashMap<ResidentId, BTreeSet<Vendor>> = HashMap::new();
    for chunk in ids.chunks(CHUNK) {
        let wanted: Vec<i64> = chunk.iter().map(|id| id.0).collect();
        let rows: Vec<(i64, String)> = pairings::table
            .inner_join(connections::table)
            .filter(connections::organisation_id.eq(organisation))
            .filter(pairings::kind.eq(residents::SUBJECT))
            .filter(pairings::ended_at.is_null())
            .filter(pairings::local_id.eq_any(wanted))
            .select((pairings::local_id, connections::vendor))
            .load(conn)?;
        for (id, vendor) in rows {
            if let Some(vendor) = written_to(&vendor) {
                found.entry(ResidentId(id)).or_default().insert(vendor);
            }
        }
    }
    Ok(found)
}

pub fn set_choice(tx: &mut Tx<'_>, resident: ResidentId, system: Option<Vendor>) -> QueryResult<()> {
    let Some(system) = system else {
        return diesel::delete(choices::table.find(resident)).execute(tx.conn).map(drop);
    };
    both(
        diesel::insert_into(choices::table)
            .values((choices::resident_id.eq(resident), choices::vendor.eq(system.id())))
            .on_conflict(choices::resident_id)
            .do_update()
            .set(choices::vendor.eq(system.id())),
    )
    .execute(tx.conn)
    .map(drop)
}

pub fn set_default(tx: &mut Tx<'_>, organisation: OrganisationId, system: Option<Vendor>) -> QueryResult<()> {
    let Some(system) = system else {
        return diesel::delete(defaults::table.find(organisation)).execute(tx.conn).map(drop);
    };
    both(
        diesel::insert_into(defaults::table)
            .values((defaults::organisation_id.eq(organisation), defaults::vendor.eq(system.id())))
            .on_conflict(defaults::organisation_id)
            .do_update()
            .set(defaults::vendor.eq(system.id())),
    )
    .execute(tx.conn)
    .map(drop)
}

/// Whose entries could go to another system than the one that they stand for now.
pub fn movable(conn: &mut Conn, organisation: OrganisationId) -> QueryResult<Vec<(ResidentId, String)>> {
    entries::table
        .filter(entries::organisation_id.eq(organisation))
        .filter(entries::pending.eq(true))
        .filter(entries::state.eq_any([State::Waiting, State::Held]))
        .filter(entries::look_first.eq(false))
        .select((entries::resident_id, entries::vendor))
        .distinct()
        .load(conn)
}

/// Where another version of the same act may be at a vendor, this one stays with it.
pub fn move_to(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    (from, to): (&str, Vendor),
    residents: &[ResidentId],
) -> QueryResult<()> {
    let none: Option<NaiveDateTime> = None;
    let there = [State::Sent, State::Sending, State::Uncertain, State::Doubtful, State::Dead];
    for chunk in residents.chunks(CHUNK) {
        let may_be_there = other
            .filter(other.field(entries::source).eq(entries::source))
            .filter(other.field(entries::source_id).eq(entries::source_id))
            .filter(other.field(entries::state).eq_any(there).or(other.field(entries::look_first).eq(true)));
        diesel::update(entries::table)
            .filter(entries::organisation_id.eq(organisation))
            .filter(entries::resident_id.eq_any(chunk.to_vec()))
            .filter(entries::vendor.eq(from))
            .filter(entries::pending.eq(true))
            .filter(entries::state.eq_any([State::Waiting, State::Held]))
            .filter(entries::look_first.eq(false))
            .filter(not(exists(may_be_there)))
            .set((
                entries::vendor.eq(to.id()),
                entries::state.eq(State::Held),
                entries::because.eq(""),
                entries::repair.eq(""),
                entries::attempts.eq(0),
                entries::first_tried_at.eq(none),
                entries::next_attempt_at.eq(none),
            ))
            .execute(tx.conn)?;
    }
    Ok(())
}

/// What the organisation calls kinds of entries at a vendor: topic and code.
pub fn codes(conn: &mut Conn, connection: ConnectionId) -> QueryResult<Vec<(String, String)>> {
    codes::table.filter(codes::connection_id.eq(connection)).select((codes::topic, codes::code)).load(conn)
}

pub fn set_code(tx: &mut Tx<'_>, connection: ConnectionId, topic: &str, code: &str) -> QueryResult<()> {
    let of = codes::table.filter(codes::connection_id.eq(connection)).filter(codes::topic.eq(topic));
    diesel::delete(of).execute(tx.conn)?;
    if code.is_empty() {
        return Ok(());
    }
    let row = (codes::connection_id.eq(connection), codes::topic.eq(topic), codes::code.eq(code));
    diesel::insert_into(codes::table).values(row).execute(tx.conn).map(drop)
}
