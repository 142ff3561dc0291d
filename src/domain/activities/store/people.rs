//! Rows of each person's part in an activity.

use std::collections::HashSet;

use chrono::NaiveDateTime;
use diesel::dsl::count_star;
use diesel::prelude::*;

use super::{Activity, Done, Participation, Person};
use crate::db::{Conn, Tx, on_each};
use crate::domain::access::{By, Places};
use crate::domain::activities::Taking;
use crate::domain::activities::typed::Mark;
use crate::domain::residents::ResidentState;
use crate::domain::schema::{activities, participations as parts, residents as people};
use crate::kit::ids::{ActivityId, OrganisationId, ParticipationId, PlaceId, ResidentId};

type PersonRow = (Participation, String, String, String, bool, ResidentState);

pub fn people(
    conn: &mut Conn,
    organisation: OrganisationId,
    places: &Places,
    id: ActivityId,
) -> QueryResult<Vec<Person>> {
    let mut query = parts::table
        .inner_join(people::table)
        .filter(parts::activity_id.eq(id))
        .filter(people::organisation_id.eq(organisation))
        .order((people::sort_name, people::id))
        .select((
            Participation::as_select(),
            people::first_name,
            people::last_name,
            people::room,
            people::look_alike,
            people::state,
        ))
        .into_boxed();
    if let Places::Only(ids) = places {
        query = query.filter(
            people::home_id.eq_any(ids.clone()).or(people::zone_id.assume_not_null().eq_any(ids.clone())),
        );
    }
    let rows: Vec<PersonRow> = query.load(conn)?;
    let person = |(participation, first_name, last_name, room, look_alike, state): PersonRow| Person {
        participation,
        first_name,
        last_name,
        room,
        look_alike,
        archived: state == ResidentState::Archived,
    };
    Ok(rows.into_iter().map(person).collect())
}

pub fn count_people(conn: &mut Conn, id: ActivityId) -> QueryResult<usize> {
    let count: i64 = parts::table.filter(parts::activity_id.eq(id)).select(count_star()).first(conn)?;
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}

pub fn living_in(
    conn: &mut Conn,
    organisation: OrganisationId,
    places: &Places,
    place: PlaceId,
    most: i64,
) -> QueryResult<Vec<ResidentId>> {
    let mut query = people::table
        .filter(people::organisation_id.eq(organisation))
        .filter(people::state.eq(ResidentState::Active))
        .filter(people::home_id.eq(place).or(people::zone_id.assume_not_null().eq(place)))
        .order((people::sort_name, people::id))
        .limit(most)
        .select(people::id)
        .into_boxed();
    if let Places::Only(ids) = places {
        query = query.filter(
            people::home_id.eq_any(ids.clone()).or(people::zone_id.assume_not_null().eq_any(ids.clone())),
        );
    }
    query.load(conn)
}

/// Those of the residents who live here now and whom the places reach.
pub fn active_among(
    conn: &mut Conn,
    organisation: OrganisationId,
    places: &Places,
    ids: &[ResidentId],
) -> QueryResult<HashSet<ResidentId>> {
    let mut found = HashSet::new();
    for chunk in ids.chunks(1000) {
        let mut query = people::table
            .filter(people::organisation_id.eq(organisation))
            .filter(people::state.eq(ResidentState::Active))
            .filter(people::id.eq_any(chunk.to_vec()))
            .select(people::id)
            .into_boxed();
        if let Places::Only(ids) = places {
            query = query.filter(
                people::home_id.eq_any(ids.clone()).or(people::zone_id.assume_not_null().eq_any(ids.clone())),
            );
        }
        found.extend(query.load::<ResidentId>(conn)?);
    }
    Ok(found)
}

/// The name of a resident who was archived, where the places reach them.
pub fn name_of_archived(
    conn: &mut Conn,
    organisation: OrganisationId,
    places: &Places,
    id: ResidentId,
) -> QueryResult<Option<String>> {
    let mut query = people::table
        .filter(people::organisation_id.eq(organisation))
        .filter(people::id.eq(id))
        .filter(people::state.eq(ResidentState::Archived))
        .select((people::first_name, people::last_name))
        .into_boxed();
    if let Places::Only(ids) = places {
        query = query.filter(
            people::home_id.eq_any(ids.clone()).or(people::zone_id.assume_not_null().eq_any(ids.clone())),
        );
    }
    let found: Option<(String, String)> = query.first(conn).optional()?;
    Ok(found.map(|(first, last)| format!("{first} {last}")))
}

pub fn of_resident(
    conn: &mut Conn,
    organisation: OrganisationId,
    resident: ResidentId,
    offset: i64,
    limit: i64,
) -> QueryResult<Vec<Done>> {
    let rows: Vec<(Participation, Activity)> = parts::table
        .inner_join(activities::table)
        .filter(activities::organisation_id.eq(organisation))
        .filter(parts::resident_id.eq(resident))
        .filter(parts::state.ne(Taking::Expected))
        .order((parts::at.desc(), parts::id.desc()))
        .offset(offset)
        .limit(limit)
        .select((Participation::as_select(), Activity::as_select()))
        .load(conn)?;
    Ok(rows.into_iter().map(|(participation, activity)| Done { participation, activity }).collect())
}

/// What was recorded of a resident and stands, newest first, older than `before`.
pub fn recorded(
    conn: &mut Conn,
    organisation: OrganisationId,
    resident: ResidentId,
    before: Option<(NaiveDateTime, ParticipationId)>,
    limit: i64,
) -> QueryResult<Vec<Done>> {
    let mut query = parts::table
        .inner_join(activities::table)
        .filter(activities::organisation_id.eq(organisation))
        .filter(parts::resident_id.eq(resident))
        .filter(parts::state.eq(Taking::Recorded))
        .order((parts::at.desc(), parts::id.desc()))
        .limit(limit)
        .select((Participation::as_select(), Activity::as_select()))
        .into_boxed();
    if let Some((at, id)) = before {
        query = query.filter(parts::at.lt(at).or(parts::at.eq(at).and(parts::id.lt(id))));
    }
    let rows: Vec<(Participation, Activity)> = query.load(conn)?;
    Ok(rows.into_iter().map(|(participation, activity)| Done { participation, activity }).collect())
}

/// Of many residents: when what stands of each was recorded or corrected, after `since`.
pub fn recorded_since(
    conn: &mut Conn,
    residents: &[ResidentId],
    since: NaiveDateTime,
) -> QueryResult<Vec<(ResidentId, NaiveDateTime)>> {
    let mut found = Vec::new();
    for chunk in residents.chunks(1000) {
        let more: Vec<(ResidentId, NaiveDateTime)> = parts::table
            .filter(parts::resident_id.eq_any(chunk.to_vec()))
            .filter(parts::recorded_at.gt(since))
            .filter(parts::state.eq(Taking::Recorded))
            .select((parts::resident_id, parts::recorded_at.assume_not_null()))
            .load(conn)?;
        found.extend(more);
    }
    Ok(found)
}

pub fn points(
    conn: &mut Conn,
    resident: ResidentId,
    since: NaiveDateTime,
) -> QueryResult<Vec<(NaiveDateTime, bool, Option<i32>)>> {
    parts::table
        .filter(parts::resident_id.eq(resident))
        .filter(parts::state.eq(Taking::Recorded))
        .filter(parts::at.ge(since))
        .select((parts::at, parts::took_part, parts::rating))
        .load(conn)
}

#[derive(Insertable)]
#[diesel(table_name = parts)]
struct NewPart<'n> {
    activity_id: ActivityId,
    resident_id: ResidentId,
    key: &'n str,
    at: NaiveDateTime,
    state: Taking,
    took_part: bool,
    reason: &'n str,
    comment: &'n str,
    completed_by: &'n str,
    version: i32,
    recorded_by_name: &'n str,
}

pub fn insert_people(
    tx: &mut Tx<'_>,
    activity: ActivityId,
    at: NaiveDateTime,
    rows: &[(ResidentId, String)],
) -> QueryResult<()> {
    for chunk in rows.chunks(1000) {
        let new: Vec<NewPart<'_>> = chunk
            .iter()
            .map(|(resident, key)| NewPart {
                activity_id: activity,
                resident_id: *resident,
                key,
                at,
                state: Taking::Expected,
                took_part: false,
                reason: "",
                comment: "",
                completed_by: "",
                version: 0,
                recorded_by_name: "",
            })
            .collect();
        on_each!(&mut *tx.conn, c => diesel::insert_into(parts::table).values(&new).execute(c))?;
    }
    Ok(())
}

pub fn remove_people(tx: &mut Tx<'_>, ids: &[ParticipationId]) -> QueryResult<()> {
    for chunk in ids.chunks(1000) {
        diesel::delete(parts::table)
            .filter(parts::id.eq_any(chunk.to_vec()))
            .filter(parts::state.eq(Taking::Expected))
            .execute(tx.conn)?;
    }
    Ok(())
}

pub fn record(
    tx: &mut Tx<'_>,
    by: &By,
    mark: &Mark,
    completed_by: &str,
    noted_at: Option<NaiveDateTime>,
) -> QueryResult<()> {
    diesel::update(parts::table.find(mark.participation))
        .filter(parts::state.eq(Taking::Expected))
        .set((
            parts::state.eq(Taking::Recorded),
            parts::took_part.eq(mark.took_part),
            parts::reason.eq(&mark.reason),
            parts::rating.eq(mark.rating),
            parts::comment.eq(&mark.comment),
            parts::completed_by.eq(completed_by),
            parts::version.eq(1),
            parts::recorded_by.eq(by.account.map(|account| account.0)),
            parts::recorded_by_name.eq(&by.name),
            parts::recorded_at.eq(tx.now),
            parts::noted_at.eq(noted_at),
        ))
        .execute(tx.conn)
        .map(drop)
}

/// Says whether the form was made from what is there; so does [`withdraw`].
pub fn correct(tx: &mut Tx<'_>, by: &By, mark: &Mark, completed_by: &str, version: i32) -> QueryResult<bool> {
    diesel::update(parts::table.find(mark.participation))
        .filter(parts::state.eq(Taking::Recorded))
        .filter(parts::version.eq(version))
        .set((
            parts::took_part.eq(mark.took_part),
            parts::reason.eq(&mark.reason),
            parts::rating.eq(mark.rating),
            parts::comment.eq(&mark.comment),
            parts::completed_by.eq(completed_by),
            parts::version.eq(version + 1),
            parts::recorded_by.eq(by.account.map(|account| account.0)),
            parts::recorded_by_name.eq(&by.name),
            parts::recorded_at.eq(tx.now),
        ))
        .execute(tx.conn)
        .map(|changed| changed == 1)
}

pub fn withdraw(tx: &mut Tx<'_>, by: &By, id: ParticipationId, version: i32) -> QueryResult<bool> {
    diesel::update(parts::table.find(id))
        .filter(parts::state.eq(Taking::Recorded))
        .filter(parts::version.eq(version))
        .set((
            parts::state.eq(Taking::Withdrawn),
            parts::version.eq(version + 1),
            parts::recorded_by.eq(by.account.map(|account| account.0)),
            parts::recorded_by_name.eq(&by.name),
            parts::recorded_at.eq(tx.now),
        ))
        .execute(tx.conn)
        .map(|changed| changed == 1)
}
