//! Rows of residents. Their overrides, what people decided on vendors, and what other features' tables say of them, are
//! in files of their own.

mod authority;
mod elsewhere;
mod overrides;

use chrono::{NaiveDate, NaiveDateTime};
use diesel::dsl::{count_star, exists, not, sql};
use diesel::prelude::*;
use diesel::sql_types::Integer;

use super::look_alikes::Known;
use super::{Listed, NewResident, Order, Resident, ResidentFacts, ResidentState, SUBJECT, Wanted};
use crate::db::{Backend, Conn, Tx, on_each};
use crate::domain::access::Places;
use crate::domain::organisations::searching::patterns;
use crate::domain::schema::{pairings, residents};
use crate::kit::ids::{OrganisationId, PlaceId, ResidentId};

pub use authority::{authority, set_authority};
pub use elsewhere::{
    acts, kinds_of_unpaired, last_changed_by, paired_residents, run_changes, sources, suggestions, unpaired,
};
pub use overrides::{
    differing, ended_overrides, ending, live_overrides, overrides, remove_override, set_override,
};

/// Rows a statement; 1,000 times the columns stays below both engines' limits on values.
const CHUNK: usize = 1000;

#[derive(Queryable, Selectable)]
#[diesel(check_for_backend(Backend))]
#[diesel(table_name = residents)]
struct Row {
    id: ResidentId,
    home_id: PlaceId,
    zone_id: Option<PlaceId>,
    room: String,
    first_name: String,
    last_name: String,
    preferred_name: String,
    date_of_birth: Option<NaiveDate>,
    nhs_number: String,
    resident_type: String,
    care_status: String,
    state: ResidentState,
    archived_at: Option<NaiveDateTime>,
    archived_because: String,
    look_alike: bool,
    version: i64,
    created_at: NaiveDateTime,
    updated_at: NaiveDateTime,
}

impl From<Row> for Resident {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            facts: ResidentFacts {
                home: row.home_id,
                zone: row.zone_id,
                room: row.room,
                first_name: row.first_name,
                last_name: row.last_name,
                preferred_name: row.preferred_name,
                date_of_birth: row.date_of_birth,
                nhs_number: row.nhs_number,
                resident_type: row.resident_type,
                care_status: row.care_status,
            },
            state: row.state,
            archived_at: row.archived_at,
            archived_because: row.archived_because,
            look_alike: row.look_alike,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

pub fn get(
    conn: &mut Conn,
    organisation: OrganisationId,
    places: &Places,
    id: ResidentId,
) -> QueryResult<Resident> {
    let mut query = residents::table
        .filter(residents::id.eq(id))
        .filter(residents::organisation_id.eq(organisation))
        .select(Row::as_select())
        .into_boxed();
    if let Places::Only(ids) = places {
        let here = residents::home_id
            .eq_any(ids.clone())
            .or(residents::zone_id.assume_not_null().eq_any(ids.clone()));
        query = query.filter(here);
    }
    query.first(conn).map(Resident::from)
}

type ListedRow =
    (ResidentId, String, String, String, PlaceId, Option<PlaceId>, Option<NaiveDate>, String, bool, bool);

pub fn list(
    conn: &mut Conn,
    organisation: OrganisationId,
    places: &Places,
    wanted: &Wanted,
    offset: i64,
    limit: i64,
) -> QueryResult<Vec<Listed>> {
    let paired = || {
        exists(
            pairings::table
                .filter(pairings::kind.eq(SUBJECT))
                .filter(pairings::local_id.eq(residents::id))
                .filter(pairings::ended_at.is_null()),
        )
    };
    let state = if wanted.archived { ResidentState::Archived } else { ResidentState::Active };
    let mut query = residents::table
        .filter(residents::organisation_id.eq(organisation))
        .filter(residents::state.eq(state))
        .select((
            residents::id,
            residents::first_name,
            residents::last_name,
            residents::room,
            residents::home_id,
            residents::zone_id,
            residents::date_of_birth,
            residents::nhs_number,
            residents::look_alike,
            paired(),
        ))
        .offset(offset)
        .limit(limit)
        .into_boxed();
    if let Places::Only(ids) = places {
        let here = residents::home_id
            .eq_any(ids.clone())
            .or(residents::zone_id.assume_not_null().eq_any(ids.clone()));
        query = query.filter(here);
    }
    if let Some(place) = wanted.place {
        query = query.filter(residents::home_id.eq(place).or(residents::zone_id.assume_not_null().eq(place)));
    }
    for pattern in patterns(&wanted.search) {
        query = query.filter(residents::search_text.like(pattern).escape('!'));
    }
    query = match wanted.paired {
        Some(true) => query.filter(paired()),
        Some(false) => query.filter(not(paired())),
        None => query,
    };
    if wanted.only_look_alikes {
        query = query.filter(residents::look_alike.eq(true));
    }
    query = match wanted.order {
        Order::Name => query.order((residents::sort_name, residents::id)),
        // Room 9 before room 10: rooms are text, and shorter text stands first.
        Order::Room => query.order((
            sql::<Integer>("LENGTH(residents.room)"),
            residents::room,
            residents::sort_name,
            residents::id,
        )),
    };
    let rows: Vec<ListedRow> = query.load(conn)?;
    Ok(rows.into_iter().map(listed).collect())
}

fn listed(row: ListedRow) -> Listed {
    let (id, first_name, last_name, room, home, zone, date_of_birth, nhs_number, look_alike, paired) = row;
    Listed { id, first_name, last_name, room, home, zone, date_of_birth, nhs_number, look_alike, paired }
}

#[derive(Insertable)]
#[diesel(table_name = residents)]
#[diesel(treat_none_as_default_value = false)]
struct Inserted<'n> {
    organisation_id: OrganisationId,
    home_id: PlaceId,
    zone_id: Option<PlaceId>,
    room: &'n str,
    first_name: &'n str,
    last_name: &'n str,
    preferred_name: &'n str,
    date_of_birth: Option<NaiveDate>,
    nhs_number: &'n str,
    resident_type: &'n str,
    care_status: &'n str,
    state: ResidentState,
    archived_because: &'n str,
    sort_name: String,
    search_text: String,
    look_alike: bool,
    version: i64,
    created_at: NaiveDateTime,
    updated_at: NaiveDateTime,
}

impl<'n> Inserted<'n> {
    fn of(new: &'n NewResident, now: NaiveDateTime) -> Self {
        let facts = &new.facts;
        Self {
            organisation_id: new.organisation,
            home_id: facts.home,
            zone_id: facts.zone,
            room: &facts.room,
            first_name: &facts.first_name,
            last_name: &facts.last_name,
            preferred_name: &facts.preferred_name,
            date_of_birth: facts.date_of_birth,
            nhs_number: &facts.nhs_number,
            resident_type: &facts.resident_type,
            care_status: &facts.care_status,
            state: ResidentState::Active,
            archived_because: "",
            sort_name: facts.sort_name(),
            search_text: facts.search_text(),
            look_alike: false,
            version: 1,
            created_at: now,
            updated_at: now,
        }
    }
}

pub fn insert_many(tx: &mut Tx<'_>, new: &[NewResident]) -> QueryResult<Vec<ResidentId>> {
    let mut ids = Vec::with_capacity(new.len());
    for chunk in new.chunks(CHUNK) {
        let rows: Vec<Inserted<'_>> = chunk.iter().map(|one| Inserted::of(one, tx.now)).collect();
        let mut added: Vec<ResidentId> = on_each!(&mut *tx.conn, c => {
            diesel::insert_into(residents::table).values(&rows).returning(residents::id).get_results(c)
        })?;
        // Both engines number rows in the order in which they stand, but promise no order of what they return.
        added.sort_unstable();
        ids.append(&mut added);
    }
    Ok(ids)
}

pub fn write_facts(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    id: ResidentId,
    facts: &ResidentFacts,
) -> QueryResult<()> {
    diesel::update(residents::table.find(id))
        .filter(residents::organisation_id.eq(organisation))
        .set((
            residents::home_id.eq(facts.home),
            residents::zone_id.eq(facts.zone),
            residents::room.eq(&facts.room),
            residents::first_name.eq(&facts.first_name),
            residents::last_name.eq(&facts.last_name),
            residents::preferred_name.eq(&facts.preferred_name),
            residents::date_of_birth.eq(facts.date_of_birth),
            residents::nhs_number.eq(&facts.nhs_number),
            residents::resident_type.eq(&facts.resident_type),
            residents::care_status.eq(&facts.care_status),
            residents::sort_name.eq(facts.sort_name()),
            residents::search_text.eq(facts.search_text()),
            residents::version.eq(residents::version + 1),
            residents::updated_at.eq(tx.now),
        ))
        .execute(tx.conn)
        .map(drop)
}

pub fn set_state(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    ids: &[ResidentId],
    state: ResidentState,
    because: &str,
) -> QueryResult<()> {
    let archived_at = (state == ResidentState::Archived).then_some(tx.now);
    for chunk in ids.chunks(CHUNK) {
        diesel::update(residents::table)
            .filter(residents::organisation_id.eq(organisation))
            .filter(residents::id.eq_any(chunk.to_vec()))
            .set((
                residents::state.eq(state),
                residents::archived_at.eq(archived_at),
                residents::archived_because.eq(because),
                residents::look_alike.eq(false),
                residents::version.eq(residents::version + 1),
                residents::updated_at.eq(tx.now),
            ))
            .execute(tx.conn)?;
    }
    Ok(())
}

pub fn for_look_alikes(conn: &mut Conn, organisation: OrganisationId) -> QueryResult<Vec<Known>> {
    let rows: Vec<(ResidentId, String, Option<NaiveDate>, bool)> = residents::table
        .filter(residents::organisation_id.eq(organisation))
        .filter(residents::state.eq(ResidentState::Active))
        .select((residents::id, residents::sort_name, residents::date_of_birth, residents::look_alike))
        .load(conn)?;
    let known = |(id, sort_name, date_of_birth, marked)| Known { id, sort_name, date_of_birth, marked };
    Ok(rows.into_iter().map(known).collect())
}

/// The mark is no change of the resident: the version stays, so that no open form goes stale by it.
pub fn mark_look_alikes(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    ids: &[ResidentId],
    marked: bool,
) -> QueryResult<()> {
    for chunk in ids.chunks(CHUNK) {
        diesel::update(residents::table)
            .filter(residents::organisation_id.eq(organisation))
            .filter(residents::id.eq_any(chunk.to_vec()))
            .set(residents::look_alike.eq(marked))
            .execute(tx.conn)?;
    }
    Ok(())
}

pub fn count(conn: &mut Conn, organisation: OrganisationId, places: &Places) -> QueryResult<i64> {
    let mut query = residents::table
        .filter(residents::organisation_id.eq(organisation))
        .filter(residents::state.eq(ResidentState::Active))
        .select(count_star())
        .into_boxed();
    if let Places::Only(ids) = places {
        let here = residents::home_id
            .eq_any(ids.clone())
            .or(residents::zone_id.assume_not_null().eq_any(ids.clone()));
        query = query.filter(here);
    }
    query.first(conn)
}
