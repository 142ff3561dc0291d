//! Rows of events, settings and thresholds. Those of devices are in `devices`.

mod devices;

use std::collections::BTreeSet;

use chrono::{NaiveDateTime, TimeDelta};
use diesel::dsl::exists;
use diesel::prelude::*;

use super::devices::Sender;
use super::receiving::Incoming;
use super::thresholds::{Settings, Threshold};
use super::{AtLeast, Became, Kind, Severity, Wanted};
use crate::db::{Backend, Conn, Tx, both};
use crate::domain::access::Places;
use crate::domain::residents::ResidentState;
use crate::domain::schema::{
    monitoring_devices as monitors, monitoring_events as events, monitoring_settings as said,
    monitoring_thresholds as own, residents as people,
};
use crate::kit::ids::{NightEventId, OrganisationId, PlaceId, ResidentId};

pub use devices::{
    NewMonitor, by_key, count, insert_monitor, is_live, monitors, note_refused, revoke, set_key,
};

diesel::alias!(crate::domain::schema::monitoring_events as repeats: Repeats);

/// An event as kept.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = events)]
#[diesel(check_for_backend(Backend))]
pub struct Night {
    pub id: NightEventId,
    #[diesel(column_name = organisation_id)]
    pub organisation: OrganisationId,
    #[diesel(column_name = resident_id)]
    pub resident: ResidentId,
    pub kind: Kind,
    pub severity: Severity,
    pub title: String,
    pub details: String,
    pub room: String,
    pub answered_by: String,
    pub occurred_at: NaiveDateTime,
    pub received_at: NaiveDateTime,
    #[diesel(column_name = outcome)]
    pub became: Became,
    /// The event in whose entry it counts.
    #[diesel(column_name = first_id)]
    pub first: Option<NightEventId>,
    pub entry_key: String,
    /// Of a first one: with its repeats.
    pub times: i64,
    pub told: i64,
    pub version: i32,
    #[diesel(select_expression = monitors::name)]
    pub device: String,
}

/// A line of a list.
#[derive(Clone, Debug)]
pub struct Listed {
    pub night: Night,
    pub resident_name: String,
}

/// An event to be written.
pub struct NewNight<'a> {
    pub event: &'a Incoming,
    pub resident: ResidentId,
    pub room: String,
    pub became: Became,
    pub first: Option<NightEventId>,
    pub entry_key: String,
    pub gathers_until: Option<NaiveDateTime>,
}

pub fn insert(tx: &mut Tx<'_>, sender: &Sender, new: &NewNight<'_>) -> QueryResult<()> {
    let event = new.event;
    diesel::insert_into(events::table)
        .values((
            (
                events::organisation_id.eq(sender.organisation),
                events::device_id.eq(sender.device),
                events::resident_id.eq(new.resident),
                events::device_event_id.eq(&event.id),
                events::kind.eq(event.kind),
                events::severity.eq(event.severity),
                events::title.eq(&event.title),
                events::details.eq(&event.details),
                events::room.eq(&new.room),
                events::answered_by.eq(&event.answered_by),
            ),
            (
                events::occurred_at.eq(event.occurred_at),
                events::received_at.eq(tx.now),
                events::outcome.eq(new.became),
                events::first_id.eq(new.first),
                events::entry_key.eq(&new.entry_key),
                events::gathers_until.eq(new.gathers_until),
                events::times.eq(1_i64),
                events::told.eq(0_i64),
                events::version.eq(0),
            ),
        ))
        .execute(tx.conn)
        .map(drop)
}

pub fn was_sent(conn: &mut Conn, device: crate::kit::ids::MonitorId, id: &str) -> QueryResult<bool> {
    let same = events::table.filter(events::device_id.eq(device)).filter(events::device_event_id.eq(id));
    diesel::select(exists(same)).get_result(conn)
}

/// The first event of a kind within whose time another one falls.
pub fn first_near(
    conn: &mut Conn,
    resident: ResidentId,
    kind: Kind,
    (at, window): (NaiveDateTime, TimeDelta),
) -> QueryResult<Option<NightEventId>> {
    events::table
        .filter(events::resident_id.eq(resident))
        .filter(events::kind.eq(kind))
        .filter(events::outcome.eq(Became::First))
        .filter(events::gathers_until.assume_not_null().gt(at))
        .filter(events::occurred_at.gt(at - window))
        .filter(events::occurred_at.lt(at + window))
        .order(events::occurred_at)
        .select(events::id)
        .first(conn)
        .optional()
}

pub fn count_in(tx: &mut Tx<'_>, first: NightEventId) -> QueryResult<()> {
    diesel::update(events::table.find(first))
        .set(events::times.eq(events::times + 1))
        .execute(tx.conn)
        .map(drop)
}

/// First events whose entry is not written, or says another count than there is.
pub fn due(
    conn: &mut Conn,
    organisation: Option<OrganisationId>,
    now: NaiveDateTime,
    limit: i64,
) -> QueryResult<Vec<Night>> {
    let one_matters = repeats
        .filter(repeats.field(events::first_id).assume_not_null().eq(events::id))
        .filter(repeats.field(events::severity).eq(Severity::High));
    let matters = events::severity.eq(Severity::High).or(exists(one_matters));
    let at_once = events::version.eq(0).and(matters);
    let mut query = events::table
        .inner_join(monitors::table)
        .filter(events::outcome.eq(Became::First))
        .filter(events::told.ne(events::times))
        .filter(at_once.or(events::gathers_until.assume_not_null().le(now)))
        .order(events::occurred_at)
        .limit(limit)
        .select(Night::as_select())
        .into_boxed();
    if let Some(organisation) = organisation {
        query = query.filter(events::organisation_id.eq(organisation));
    }
    query.load(conn)
}

/// When the last, or an earlier one, of those that count in an entry was: whichever is further from the first.
pub fn last_of(conn: &mut Conn, first: &Night) -> QueryResult<NaiveDateTime> {
    let times: Vec<NaiveDateTime> = events::table
        .filter(events::first_id.assume_not_null().eq(first.id))
        .select(events::occurred_at)
        .load(conn)?;
    let furthest = times.into_iter().max_by_key(|at| (*at - first.occurred_at).abs());
    Ok(furthest.unwrap_or(first.occurred_at))
}

pub fn told(tx: &mut Tx<'_>, first: &Night) -> QueryResult<()> {
    diesel::update(events::table.find(first.id))
        .set((events::told.eq(first.times), events::version.eq(first.version + 1)))
        .execute(tx.conn)
        .map(drop)
}

/// Who lives in a home now, with their rooms.
pub fn living_in(
    conn: &mut Conn,
    organisation: OrganisationId,
    home: PlaceId,
) -> QueryResult<Vec<(ResidentId, String)>> {
    people::table
        .filter(people::organisation_id.eq(organisation))
        .filter(people::home_id.eq(home))
        .filter(people::state.eq(ResidentState::Active))
        .order(people::id)
        .select((people::id, people::room))
        .load(conn)
}

/// Whether somebody was added, changed, archived or restored after a moment.
pub fn changed_since(conn: &mut Conn, organisation: OrganisationId, at: NaiveDateTime) -> QueryResult<bool> {
    let changed =
        people::table.filter(people::organisation_id.eq(organisation)).filter(people::updated_at.gt(at));
    diesel::select(exists(changed)).get_result(conn)
}

pub fn list(
    conn: &mut Conn,
    organisation: OrganisationId,
    places: &Places,
    wanted: &Wanted,
    (offset, limit): (i64, i64),
) -> QueryResult<Vec<Listed>> {
    let mut query = events::table
        .inner_join(monitors::table)
        .inner_join(people::table)
        .filter(events::organisation_id.eq(organisation))
        .filter(events::occurred_at.ge(wanted.from))
        .filter(events::occurred_at.lt(wanted.to))
        .order((events::occurred_at.desc(), events::id.desc()))
        .offset(offset)
        .limit(limit)
        .select((Night::as_select(), people::first_name, people::last_name))
        .into_boxed();
    if let Places::Only(ids) = places {
        let here =
            people::home_id.eq_any(ids.clone()).or(people::zone_id.assume_not_null().eq_any(ids.clone()));
        query = query.filter(here);
    }
    if let Some(place) = wanted.place {
        query = query.filter(people::home_id.eq(place).or(people::zone_id.assume_not_null().eq(place)));
    }
    if let Some(resident) = wanted.resident {
        query = query.filter(events::resident_id.eq(resident));
    }
    let rows: Vec<(Night, String, String)> = query.load(conn)?;
    let listed = |(night, first, last): (Night, String, String)| Listed {
        night,
        resident_name: format!("{first} {last}"),
    };
    Ok(rows.into_iter().map(listed).collect())
}

pub fn purge(tx: &mut Tx<'_>, before: NaiveDateTime) -> QueryResult<usize> {
    diesel::delete(events::table.filter(events::received_at.lt(before))).execute(tx.conn)
}

pub fn settings(conn: &mut Conn, organisation: OrganisationId) -> QueryResult<Option<Settings>> {
    let found: Option<(i32, AtLeast)> = said::table
        .find(organisation)
        .select((said::window_minutes, said::at_least))
        .first(conn)
        .optional()?;
    Ok(found.map(|(window_minutes, at_least)| Settings { window_minutes, at_least }))
}

pub fn set_settings(tx: &mut Tx<'_>, organisation: OrganisationId, new: Settings) -> QueryResult<()> {
    let set = (said::window_minutes.eq(new.window_minutes), said::at_least.eq(new.at_least));
    both(
        diesel::insert_into(said::table)
            .values((said::organisation_id.eq(organisation), set))
            .on_conflict(said::organisation_id)
            .do_update()
            .set(set),
    )
    .execute(tx.conn)
    .map(drop)
}

pub fn threshold(conn: &mut Conn, resident: ResidentId) -> QueryResult<Option<Threshold>> {
    let found: Option<(AtLeast, String)> =
        own::table.find(resident).select((own::at_least, own::kept_here)).first(conn).optional()?;
    Ok(found.map(|(at_least, kinds)| {
        let kept_here: BTreeSet<Kind> = kinds.split(',').filter_map(Kind::parse).collect();
        Threshold { at_least, kept_here, own: true }
    }))
}

pub fn set_threshold(tx: &mut Tx<'_>, resident: ResidentId, new: &Threshold) -> QueryResult<()> {
    let kinds: Vec<&str> = new.kept_here.iter().map(|kind| kind.as_str()).collect();
    let kinds = kinds.join(",");
    let set = (own::at_least.eq(new.at_least), own::kept_here.eq(&kinds));
    both(
        diesel::insert_into(own::table)
            .values((own::resident_id.eq(resident), set))
            .on_conflict(own::resident_id)
            .do_update()
            .set(set),
    )
    .execute(tx.conn)
    .map(drop)
}

pub fn forget_threshold(tx: &mut Tx<'_>, resident: ResidentId) -> QueryResult<()> {
    diesel::delete(own::table.find(resident)).execute(tx.conn).map(drop)
}
