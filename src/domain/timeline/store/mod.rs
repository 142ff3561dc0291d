//! Rows of entries: written with their cause, and read for screens. Those of a worker are in `work`.

mod choices;
mod work;

use std::collections::HashSet;

use chrono::NaiveDateTime;
use diesel::dsl::{count_star, exists, not};
use diesel::prelude::*;

use super::{Act, Change, Source, State, external_id};
use crate::connectors::Vendor;
use crate::db::{Backend, Conn, Tx, on_each};
use crate::domain::access::Places;
use crate::domain::residents;
use crate::domain::schema::{
    pairings, residents as people, timeline_choices as chosen, timeline_entries as entries,
};
use crate::kit::ids::{ConnectionId, EntryId, OrganisationId, ResidentId};

pub use choices::{
    choices, codes, connected, default, movable, move_to, paired_in, set_choice, set_code, set_default,
};
pub use work::{
    Route, accepted, back, ended, heads, hold, lease, pause, recover, routes, set_pause, untried,
};

/// Rows a statement: times the columns stays below both engines' limits on values.
const CHUNK: usize = 1000;

/// An entry as kept.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = entries)]
#[diesel(check_for_backend(Backend))]
pub struct Kept {
    pub id: EntryId,
    #[diesel(column_name = organisation_id)]
    pub organisation: OrganisationId,
    #[diesel(column_name = resident_id)]
    pub resident: ResidentId,
    vendor: String,
    pub source: Source,
    pub source_id: i64,
    pub version: i32,
    pub external_id: String,
    pub change: Change,
    pub occurred_at: NaiveDateTime,
    pub activity_name: String,
    pub details: String,
    pub location: String,
    pub took_part: bool,
    pub rating: Option<i32>,
    pub comment: String,
    pub completed_by: String,
    pub state: State,
    /// Why it waits or did not arrive, in a sentence, or empty.
    pub because: String,
    pub repair: String,
    pub attempts: i32,
    pub first_tried_at: Option<NaiveDateTime>,
    pub next_attempt_at: Option<NaiveDateTime>,
    pub epoch: i64,
    pub look_first: bool,
    /// What the vendor calls it, or empty.
    pub vendor_id: String,
    pub created_at: NaiveDateTime,
    pub settled_at: Option<NaiveDateTime>,
}

impl Kept {
    /// The name people read.
    pub fn vendor_name(&self) -> &str {
        match self.vendor() {
            Some(vendor) => vendor.name(),
            None => &self.vendor,
        }
    }

    /// `None` for a vendor that this build does not have any more.
    pub fn vendor(&self) -> Option<Vendor> {
        self.vendor.parse().ok()
    }
}

/// An entry to be written.
pub struct New<'a> {
    pub act: &'a Act,
    pub change: Change,
    pub replaces: Option<EntryId>,
}

#[derive(Insertable)]
#[diesel(table_name = entries)]
#[diesel(treat_none_as_default_value = false)]
struct Inserted<'a> {
    organisation_id: OrganisationId,
    resident_id: ResidentId,
    vendor: &'a str,
    source: Source,
    source_id: i64,
    version: i32,
    external_id: String,
    change: Change,
    replaces_id: Option<EntryId>,
    occurred_at: NaiveDateTime,
    activity_name: &'a str,
    details: &'a str,
    location: &'a str,
    took_part: bool,
    rating: Option<i32>,
    comment: &'a str,
    completed_by: &'a str,
    state: State,
    pending: bool,
    because: String,
    repair: &'a str,
    attempts: i32,
    epoch: i64,
    look_first: bool,
    vendor_id: &'a str,
    created_at: NaiveDateTime,
}

pub fn insert_many(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    (vendor, source): (Vendor, Source),
    rows: &[New<'_>],
    held_because: impl Fn(ResidentId) -> Option<String>,
) -> QueryResult<()> {
    for chunk in rows.chunks(CHUNK) {
        let written: Vec<Inserted<'_>> = chunk
            .iter()
            .map(|row| {
                let (act, held) = (row.act, held_because(row.act.resident));
                Inserted {
                    organisation_id: organisation,
                    resident_id: act.resident,
                    vendor: vendor.id(),
                    source,
                    source_id: act.source_id,
                    version: act.version,
                    external_id: external_id(&act.key, act.version, vendor),
                    change: row.change,
                    replaces_id: row.replaces,
                    occurred_at: act.at,
                    activity_name: &act.activity_name,
                    details: &act.details,
                    location: &act.location,
                    took_part: act.took_part,
                    rating: act.rating,
                    comment: &act.comment,
                    completed_by: &act.completed_by,
                    state: if held.is_some() { State::Held } else { State::Waiting },
                    pending: true,
                    because: held.unwrap_or_default(),
                    repair: "",
                    attempts: 0,
                    epoch: 0,
                    look_first: false,
                    vendor_id: "",
                    created_at: tx.now,
                }
            })
            .collect();
        on_each!(&mut *tx.conn, c => diesel::insert_into(entries::table).values(&written).execute(c))?;
    }
    Ok(())
}

/// Those of the residents who are linked to a record of the connection.
pub fn paired(
    conn: &mut Conn,
    connection: ConnectionId,
    ids: &[ResidentId],
) -> QueryResult<HashSet<ResidentId>> {
    let mut found = HashSet::new();
    for chunk in ids.chunks(CHUNK) {
        let wanted: Vec<i64> = chunk.iter().map(|id| id.0).collect();
        let some: Vec<i64> = pairings::table
            .filter(pairings::connection_id.eq(connection))
            .filter(pairings::kind.eq(residents::SUBJECT))
            .filter(pairings::ended_at.is_null())
            .filter(pairings::local_id.eq_any(wanted))
            .select(pairings::local_id)
            .load(conn)?;
        found.extend(some.into_iter().map(ResidentId));
    }
    Ok(found)
}

/// Every version of these acts.
pub fn versions(
    conn: &mut Conn,
    organisation: OrganisationId,
    source: Source,
    ids: &[i64],
) -> QueryResult<Vec<Kept>> {
    let mut found = Vec::new();
    for chunk in ids.chunks(CHUNK) {
        let mut some: Vec<Kept> = entries::table
            .filter(entries::organisation_id.eq(organisation))
            .filter(entries::source.eq(source))
            .filter(entries::source_id.eq_any(chunk.to_vec()))
            .select(Kept::as_select())
            .load(conn)?;
        found.append(&mut some);
    }
    Ok(found)
}

pub fn versions_of(conn: &mut Conn, of: &Kept) -> QueryResult<Vec<Kept>> {
    entries::table
        .filter(entries::organisation_id.eq(of.organisation))
        .filter(entries::source.eq(of.source))
        .filter(entries::source_id.eq(of.source_id))
        .select(Kept::as_select())
        .load(conn)
}

/// Versions that are certainly not at the vendor are not sent any more.
pub fn cancel_unsent(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    source: Source,
    source_id: i64,
) -> QueryResult<()> {
    diesel::update(entries::table)
        .filter(entries::organisation_id.eq(organisation))
        .filter(entries::source.eq(source))
        .filter(entries::source_id.eq(source_id))
        .filter(entries::look_first.eq(false))
        .filter(entries::state.eq_any([State::Waiting, State::Held, State::Rejected]))
        .set((
            entries::state.eq(State::Cancelled),
            entries::pending.eq(false),
            entries::because.eq(""),
            entries::repair.eq(""),
            entries::settled_at.eq(tx.now),
        ))
        .execute(tx.conn)
        .map(drop)
}

/// Versions that were given up may be there after all: before another version goes, they are looked up.
pub fn look_again(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    source: Source,
    source_id: i64,
) -> QueryResult<usize> {
    let none: Option<NaiveDateTime> = None;
    diesel::update(entries::table)
        .filter(entries::organisation_id.eq(organisation))
        .filter(entries::source.eq(source))
        .filter(entries::source_id.eq(source_id))
        .filter(entries::state.eq(State::Dead))
        .set((
            entries::state.eq(State::Uncertain),
            entries::pending.eq(true),
            entries::look_first.eq(true),
            entries::first_tried_at.eq(none),
            entries::next_attempt_at.eq(none),
            entries::settled_at.eq(none),
        ))
        .execute(tx.conn)
}

pub fn cancel(tx: &mut Tx<'_>, id: EntryId) -> QueryResult<()> {
    diesel::update(entries::table.find(id))
        .set((
            entries::state.eq(State::Cancelled),
            entries::pending.eq(false),
            entries::because.eq(""),
            entries::settled_at.eq(tx.now),
        ))
        .execute(tx.conn)
        .map(drop)
}

/// Whether a later version corrects or withdraws it.
pub fn is_replaced(conn: &mut Conn, id: EntryId) -> QueryResult<bool> {
    diesel::select(exists(entries::table.filter(entries::replaces_id.assume_not_null().eq(id))))
        .get_result(conn)
}

/// From a state that needs somebody to its beginning; says whether it was still in that state.
pub fn again(tx: &mut Tx<'_>, id: EntryId, from: State) -> QueryResult<bool> {
    let none: Option<NaiveDateTime> = None;
    diesel::update(entries::table.find(id))
        .filter(entries::state.eq(from))
        .set((
            entries::state.eq(State::Waiting),
            entries::pending.eq(true),
            entries::because.eq(""),
            entries::repair.eq(""),
            entries::attempts.eq(0),
            entries::first_tried_at.eq(none),
            entries::next_attempt_at.eq(none),
            entries::settled_at.eq(none),
        ))
        .execute(tx.conn)
        .map(|changed| changed == 1)
}

pub fn by_ids(
    conn: &mut Conn,
    organisation: OrganisationId,
    places: &Places,
    ids: &[EntryId],
) -> QueryResult<Vec<Kept>> {
    let mut found = Vec::new();
    for chunk in ids.chunks(CHUNK) {
        let mut query = entries::table
            .inner_join(people::table)
            .filter(entries::organisation_id.eq(organisation))
            .filter(entries::id.eq_any(chunk.to_vec()))
            .order(entries::id)
            .select(Kept::as_select())
            .into_boxed();
        if let Places::Only(ids) = places {
            let here =
                people::home_id.eq_any(ids.clone()).or(people::zone_id.assume_not_null().eq_any(ids.clone()));
            query = query.filter(here);
        }
        found.append(&mut query.load(conn)?);
    }
    Ok(found)
}

pub fn list(
    conn: &mut Conn,
    organisation: OrganisationId,
    places: &Places,
    states: &[State],
    offset: i64,
    limit: i64,
) -> QueryResult<Vec<(Kept, String, String)>> {
    let mut query = entries::table
        .inner_join(people::table)
        .filter(entries::organisation_id.eq(organisation))
        .order(entries::id.desc())
        .offset(offset)
        .limit(limit)
        .select((Kept::as_select(), people::first_name, people::last_name))
        .into_boxed();
    if !states.is_empty() {
        query = query.filter(entries::state.eq_any(states.to_vec()));
    }
    if let Places::Only(ids) = places {
        let here =
            people::home_id.eq_any(ids.clone()).or(people::zone_id.assume_not_null().eq_any(ids.clone()));
        query = query.filter(here);
    }
    query.load(conn)
}

pub fn counts(
    conn: &mut Conn,
    organisation: OrganisationId,
    places: &Places,
) -> QueryResult<Vec<(State, i64)>> {
    let all = entries::table.filter(entries::organisation_id.eq(organisation));
    match places {
        Places::All => all.group_by(entries::state).select((entries::state, count_star())).load(conn),
        Places::Only(ids) => {
            let here =
                people::home_id.eq_any(ids.clone()).or(people::zone_id.assume_not_null().eq_any(ids.clone()));
            all.inner_join(people::table)
                .filter(here)
                .group_by(entries::state)
                .select((entries::state, count_star()))
                .load(conn)
        }
    }
}

pub fn any(conn: &mut Conn, organisation: OrganisationId) -> QueryResult<bool> {
    diesel::select(exists(entries::table.filter(entries::organisation_id.eq(organisation)))).get_result(conn)
}

pub fn any_pending(conn: &mut Conn) -> QueryResult<bool> {
    diesel::select(exists(entries::table.filter(entries::pending.eq(true)))).get_result(conn)
}

pub fn organisations_with_pending(conn: &mut Conn) -> QueryResult<Vec<OrganisationId>> {
    entries::table
        .filter(entries::pending.eq(true))
        .select(entries::organisation_id)
        .distinct()
        .order(entries::organisation_id)
        .load(conn)
}

/// Holds every entry in a state, with the reason; those that are held with it already are left alone.
pub fn hold_all(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    vendor: Vendor,
    from: State,
    because: &str,
) -> QueryResult<()> {
    diesel::update(entries::table)
        .filter(entries::organisation_id.eq(organisation))
        .filter(entries::vendor.eq(vendor.id()))
        .filter(entries::state.eq(from))
        .filter(entries::because.ne(because).or(entries::state.ne(State::Held)))
        .set((entries::state.eq(State::Held), entries::because.eq(because), entries::repair.eq("")))
        .execute(tx.conn)
        .map(drop)
}

/// Held entries of residents who are linked now may go.
pub fn let_go(tx: &mut Tx<'_>, connection: &crate::domain::connections::Connection) -> QueryResult<()> {
    let linked = pairings::table
        .filter(pairings::connection_id.eq(connection.id))
        .filter(pairings::kind.eq(residents::SUBJECT))
        .filter(pairings::ended_at.is_null())
        .filter(pairings::local_id.eq(entries::resident_id));
    diesel::update(entries::table)
        .filter(entries::organisation_id.eq(connection.organisation))
        .filter(entries::vendor.eq(connection.vendor.id()))
        .filter(entries::state.eq(State::Held))
        .filter(exists(linked))
        .set((entries::state.eq(State::Waiting), entries::because.eq("")))
        .execute(tx.conn)
        .map(drop)
}

/// The others are held because nobody has linked them: the words for those for whom a system was chosen, and for the
/// others.
pub fn hold_unpaired(
    tx: &mut Tx<'_>,
    connection: &crate::domain::connections::Connection,
    (own, others): (&str, &str),
) -> QueryResult<()> {
    // Two statements, since one would need a case for the words.
    for (because, was_chosen) in [(own, true), (others, false)] {
        let linked = pairings::table
            .filter(pairings::connection_id.eq(connection.id))
            .filter(pairings::kind.eq(residents::SUBJECT))
            .filter(pairings::ended_at.is_null())
            .filter(pairings::local_id.eq(entries::resident_id));
        let choice = exists(chosen::table.filter(chosen::resident_id.eq(entries::resident_id)));
        diesel::update(entries::table)
            .filter(entries::organisation_id.eq(connection.organisation))
            .filter(entries::vendor.eq(connection.vendor.id()))
            .filter(entries::state.eq_any([State::Held, State::Waiting]))
            .filter(entries::because.ne(because))
            .filter(not(exists(linked)))
            .filter(choice.eq(was_chosen))
            .set((entries::state.eq(State::Held), entries::because.eq(because), entries::repair.eq("")))
            .execute(tx.conn)?;
    }
    Ok(())
}
