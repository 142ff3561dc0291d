//! Rows as a worker moves them: claimed and settled by conditional updates that carry the epoch.

use std::collections::HashMap;

use chrono::NaiveDateTime;
use diesel::dsl::{exists, not};
use diesel::prelude::*;

use super::{CHUNK, Kept};
use crate::connectors::PersonRecord;
use crate::db::{Backend, Conn, Tx, both};
use crate::domain::connections::Connection;
use crate::domain::residents;
use crate::domain::schema::{
    external_records as records, pairings, residents as people, timeline_entries as entries,
    timeline_pauses as pauses,
};
use crate::domain::timeline::State;
use crate::domain::timeline::sending::Item;
use crate::kit::ids::{ConnectionId, EntryId, PlaceId, ResidentId};

diesel::alias!(crate::domain::schema::timeline_entries as earlier: Earlier);

/// The oldest entry of each resident that is still on its way, where that one may go now.
pub fn heads(
    conn: &mut Conn,
    connection: &Connection,
    now: NaiveDateTime,
    most: i64,
) -> QueryResult<Vec<Kept>> {
    let before = earlier
        .filter(earlier.field(entries::resident_id).eq(entries::resident_id))
        .filter(earlier.field(entries::vendor).eq(connection.vendor.id()))
        .filter(earlier.field(entries::pending).eq(true))
        .filter(earlier.field(entries::id).lt(entries::id));
    entries::table
        .filter(entries::organisation_id.eq(connection.organisation))
        .filter(entries::vendor.eq(connection.vendor.id()))
        .filter(entries::pending.eq(true))
        .filter(entries::state.eq_any([State::Waiting, State::Uncertain]))
        .filter(entries::next_attempt_at.is_null().or(entries::next_attempt_at.le(now)))
        .filter(not(exists(before)))
        .order(entries::id)
        .limit(most)
        .select(Kept::as_select())
        .load(conn)
}

/// Where a resident's entries go.
#[derive(Clone, Debug)]
pub struct Route {
    /// The vendor's identifier of the person.
    pub person: String,
    /// The vendor's identifier of their service, where it said one.
    pub service: Option<String>,
    /// Where they live here.
    pub zone: Option<PlaceId>,
}

pub fn routes(
    conn: &mut Conn,
    connection: ConnectionId,
    ids: &[ResidentId],
) -> QueryResult<HashMap<ResidentId, Route>> {
    let mut found = HashMap::new();
    for chunk in ids.chunks(CHUNK) {
        let wanted: Vec<i64> = chunk.iter().map(|id| id.0).collect();
        let zones: HashMap<ResidentId, Option<PlaceId>> = people::table
            .filter(people::id.eq_any(chunk.to_vec()))
            .select((people::id, people::zone_id))
            .load::<(ResidentId, Option<PlaceId>)>(conn)?
            .into_iter()
            .collect();
        let rows: Vec<(i64, String, String)> = pairings::table
            .inner_join(records::table)
            .filter(pairings::connection_id.eq(connection))
            .filter(pairings::kind.eq(residents::SUBJECT))
            .filter(pairings::ended_at.is_null())
            .filter(pairings::local_id.eq_any(wanted))
            .select((pairings::local_id, records::external_id, records::data))
            .load(conn)?;
        for (local, person, data) in rows {
            let record: PersonRecord = serde_json::from_str(&data).unwrap_or_default();
            let id = ResidentId(local);
            let zone = zones.get(&id).copied().flatten();
            found.insert(id, Route { person, service: record.service_id, zone });
        }
    }
    Ok(found)
}

pub fn lease(tx: &mut Tx<'_>, ids: &[EntryId], until: NaiveDateTime) -> QueryResult<()> {
    for chunk in ids.chunks(CHUNK) {
        diesel::update(entries::table)
            .filter(entries::id.eq_any(chunk.to_vec()))
            .filter(entries::first_tried_at.is_null())
            .set(entries::first_tried_at.eq(tx.now))
            .execute(tx.conn)?;
        // The heads were read in this transaction, which is the only writer at its time.
        diesel::update(entries::table)
            .filter(entries::id.eq_any(chunk.to_vec()))
            .filter(entries::state.eq_any([State::Waiting, State::Uncertain]))
            .set((
                entries::state.eq(State::Sending),
                entries::lease_until.eq(until),
                entries::epoch.eq(entries::epoch + 1),
                entries::attempts.eq(entries::attempts + 1),
            ))
            .execute(tx.conn)?;
    }
    Ok(())
}

/// Entries whose lease has run out: nobody knows whether they were sent.
pub fn recover(tx: &mut Tx<'_>) -> QueryResult<usize> {
    let none: Option<NaiveDateTime> = None;
    diesel::update(entries::table)
        .filter(entries::state.eq(State::Sending))
        .filter(entries::lease_until.lt(tx.now))
        .set((
            entries::state.eq(State::Uncertain),
            entries::look_first.eq(true),
            entries::lease_until.eq(none),
            entries::next_attempt_at.eq(none),
        ))
        .execute(tx.conn)
}

/// An update of an entry whose claim still holds.
macro_rules! claimed {
    ($item:expr) => {
        diesel::update(entries::table.find($item.id))
            .filter(entries::state.eq(State::Sending))
            .filter(entries::epoch.eq($item.epoch))
    };
}

/// Says whether the claim still held; so do the others.
pub fn accepted(tx: &mut Tx<'_>, item: &Item, vendor_id: &str) -> QueryResult<bool> {
    let none: Option<NaiveDateTime> = None;
    claimed!(item)
        .set((
            entries::state.eq(State::Sent),
            entries::pending.eq(false),
            entries::because.eq(""),
            entries::repair.eq(""),
            entries::look_first.eq(false),
            entries::lease_until.eq(none),
            entries::next_attempt_at.eq(none),
            entries::vendor_id.eq(vendor_id),
            entries::settled_at.eq(tx.now),
        ))
        .execute(tx.conn)
        .map(|changed| changed == 1)
}

/// The entry is not on its way any more.
pub fn ended(tx: &mut Tx<'_>, item: &Item, state: State, words: (&str, &str)) -> QueryResult<bool> {
    let none: Option<NaiveDateTime> = None;
    claimed!(item)
        .set((
            entries::state.eq(state),
            entries::pending.eq(false),
            entries::because.eq(words.0),
            entries::repair.eq(words.1),
            // What was given up may be there: it is looked up, should somebody send it again.
            entries::look_first.eq(state == State::Dead),
            entries::lease_until.eq(none),
            entries::next_attempt_at.eq(none),
            entries::settled_at.eq(tx.now),
        ))
        .execute(tx.conn)
        .map(|changed| changed == 1)
}

/// Back in line, not before `next`.
pub fn back(
    tx: &mut Tx<'_>,
    item: &Item,
    state: State,
    next: Option<NaiveDateTime>,
    words: (&str, &str),
) -> QueryResult<bool> {
    let none: Option<NaiveDateTime> = None;
    claimed!(item)
        .set((
            entries::state.eq(state),
            entries::because.eq(words.0),
            entries::repair.eq(words.1),
            entries::look_first.eq(state == State::Uncertain),
            entries::lease_until.eq(none),
            entries::next_attempt_at.eq(next),
        ))
        .execute(tx.conn)
        .map(|changed| changed == 1)
}

/// As if it had not been claimed.
pub fn untried(tx: &mut Tx<'_>, item: &Item) -> QueryResult<()> {
    let none: Option<NaiveDateTime> = None;
    let state = if item.look_first { State::Uncertain } else { State::Waiting };
    claimed!(item)
        .set((
            entries::state.eq(state),
            entries::attempts.eq(entries::attempts - 1),
            entries::lease_until.eq(none),
            entries::next_attempt_at.eq(none),
        ))
        .execute(tx.conn)
        .map(drop)
}

/// Held before it was claimed, with the reason.
pub fn hold(tx: &mut Tx<'_>, id: EntryId, because: &str) -> QueryResult<()> {
    diesel::update(entries::table.find(id))
        .set((entries::state.eq(State::Held), entries::because.eq(because), entries::repair.eq("")))
        .execute(tx.conn)
        .map(drop)
}

/// How a connection rests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = pauses)]
#[diesel(check_for_backend(Backend))]
pub struct Pause {
    /// Failures in a row.
    pub failures: i32,
    pub until: Option<NaiveDateTime>,
    pub because: String,
    /// When managers were last told of entries that need them.
    pub told_at: Option<NaiveDateTime>,
}

pub fn pause(conn: &mut Conn, connection: ConnectionId) -> QueryResult<Pause> {
    let found = pauses::table.find(connection).select(Pause::as_select()).first(conn).optional()?;
    Ok(found.unwrap_or_default())
}

pub fn set_pause(tx: &mut Tx<'_>, connection: ConnectionId, pause: &Pause) -> QueryResult<()> {
    let set = (
        pauses::failures.eq(pause.failures),
        pauses::until.eq(pause.until),
        pauses::because.eq(&pause.because),
        pauses::told_at.eq(pause.told_at),
    );
    let row = (pauses::connection_id.eq(connection), set);
    both(
        diesel::insert_into(pauses::table)
            .values(row)
            .on_conflict(pauses::connection_id)
            .do_update()
            .set(set),
    )
    .execute(tx.conn)
    .map(drop)
}
