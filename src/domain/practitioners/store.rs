//! Rows of practitioners, their shifts and what they have.

use std::collections::HashMap;

use chrono::{NaiveDate, NaiveDateTime, Weekday};
use chrono_tz::Tz;
use diesel::prelude::*;

use super::{Held, HeldId, Practitioner, Shift};
use crate::db::{Conn, Tx};
use crate::domain::access::Sector;
use crate::domain::coverage::Postcode;
use crate::domain::schema::{
    organisations, practitioner_skills as held, practitioners, shifts, skills, staff_members,
};
use crate::domain::staff::StaffState;
use crate::domain::tasks::{Skill, SkillKind};
use crate::kit::ids::{OrganisationId, ShiftId, SkillId, StaffMemberId};

type Row = (StaffMemberId, String, String, StaffState, String, bool, NaiveDateTime);

/// All of an organisation by name, or one of them.
pub fn all(
    conn: &mut Conn,
    organisation: OrganisationId,
    only: Option<StaffMemberId>,
) -> QueryResult<Vec<Practitioner>> {
    let mut query = practitioners::table
        .inner_join(staff_members::table)
        .filter(practitioners::organisation_id.eq(organisation))
        .filter(staff_members::organisation_id.eq(organisation))
        .order((staff_members::sort_name, staff_members::id))
        .select((
            practitioners::staff_member_id,
            staff_members::first_name,
            staff_members::last_name,
            staff_members::state,
            practitioners::base_postcode,
            practitioners::active,
            practitioners::created_at,
        ))
        .into_boxed();
    if let Some(id) = only {
        query = query.filter(practitioners::staff_member_id.eq(id));
    }
    let rows: Vec<Row> = query.load(conn)?;
    let ids: Vec<StaffMemberId> = rows.iter().map(|row| row.0).collect();
    let mut shifts = shifts_of(conn, &ids)?;
    let mut held = held_of(conn, &ids)?;
    rows.into_iter()
        .map(|row| {
            let (shifts, held) = (shifts.remove(&row.0), held.remove(&row.0));
            practitioner(row, shifts.unwrap_or_default(), held.unwrap_or_default())
        })
        .collect()
}

fn practitioner(row: Row, shifts: Vec<Shift>, held: Vec<Held>) -> QueryResult<Practitioner> {
    let (id, first, last, state, base, active, since) = row;
    let base = Postcode::parse(&base)
        .ok_or_else(|| diesel::result::Error::DeserializationError("a base is no postcode".into()))?;
    Ok(Practitioner {
        id,
        name: format!("{first} {last}").trim().to_owned(),
        base,
        active,
        employed: state == StaffState::Active,
        shifts,
        held,
        since,
    })
}

fn shifts_of(conn: &mut Conn, ids: &[StaffMemberId]) -> QueryResult<HashMap<StaffMemberId, Vec<Shift>>> {
    let mut found: HashMap<StaffMemberId, Vec<Shift>> = HashMap::with_capacity(ids.len());
    for chunk in ids.chunks(500) {
        let rows: Vec<(ShiftId, StaffMemberId, String, i32, i32)> = shifts::table
            .filter(shifts::staff_member_id.eq_any(chunk.to_vec()))
            .order((shifts::from_minute, shifts::id))
            .select((
                shifts::id,
                shifts::staff_member_id,
                shifts::weekdays,
                shifts::from_minute,
                shifts::to_minute,
            ))
            .load(conn)?;
        for (id, of, weekdays, from_minute, to_minute) in rows {
            let weekdays = weekdays.split(',').filter_map(|day| day.parse::<Weekday>().ok()).collect();
            found.entry(of).or_default().push(Shift { id, weekdays, from_minute, to_minute });
        }
    }
    for of in found.values_mut() {
        of.sort_by_key(|shift| {
            (shift.weekdays.first().map(Weekday::num_days_from_monday), shift.from_minute)
        });
    }
    Ok(found)
}

type HeldRow =
    (i64, StaffMemberId, (SkillId, SkillKind, String), Option<NaiveDate>, String, String, NaiveDateTime);

fn held_of(conn: &mut Conn, ids: &[StaffMemberId]) -> QueryResult<HashMap<StaffMemberId, Vec<Held>>> {
    let mut found: HashMap<StaffMemberId, Vec<Held>> = HashMap::with_capacity(ids.len());
    for chunk in ids.chunks(500) {
        let rows: Vec<HeldRow> = held::table
            .inner_join(skills::table)
            .filter(held::staff_member_id.eq_any(chunk.to_vec()))
            .order((skills::name_folded, held::id))
            .select((
                held::id,
                held::staff_member_id,
                (skills::id, skills::kind, skills::name),
                held::expires_on,
                held::reference,
                held::recorded_by_name,
                held::recorded_at,
            ))
            .load(conn)?;
        for (id, of, (skill, kind, name), until, reference, recorded_by, recorded_at) in rows {
            let skill = Skill { id: skill, kind, name };
            let one = Held { id: HeldId(id), skill, until, reference, recorded_by, recorded_at };
            found.entry(of).or_default().push(one);
        }
    }
    Ok(found)
}

/// Active staff who are not practitioners now, by name.
pub fn candidates(
    conn: &mut Conn,
    organisation: OrganisationId,
) -> QueryResult<Vec<(StaffMemberId, String)>> {
    let already = practitioners::table
        .filter(practitioners::organisation_id.eq(organisation))
        .filter(practitioners::active.eq(true))
        .select(practitioners::staff_member_id);
    let rows: Vec<(StaffMemberId, String, String)> = staff_members::table
        .filter(staff_members::organisation_id.eq(organisation))
        .filter(staff_members::state.eq(StaffState::Active))
        .filter(staff_members::id.ne_all(already))
        .order((staff_members::sort_name, staff_members::id))
        .select((staff_members::id, staff_members::first_name, staff_members::last_name))
        .load(conn)?;
    Ok(rows.into_iter().map(|(id, first, last)| (id, format!("{first} {last}").trim().to_owned())).collect())
}

/// What is not retired, by name.
pub fn skills(conn: &mut Conn, organisation: OrganisationId) -> QueryResult<Vec<Skill>> {
    let rows: Vec<(SkillId, SkillKind, String)> = skills::table
        .filter(skills::organisation_id.eq(organisation))
        .filter(skills::retired_at.is_null())
        .order((skills::name_folded, skills::id))
        .select((skills::id, skills::kind, skills::name))
        .load(conn)?;
    Ok(rows.into_iter().map(|(id, kind, name)| Skill { id, kind, name }).collect())
}

/// Those of community health, with their time zones.
pub fn organisations(conn: &mut Conn) -> QueryResult<Vec<(OrganisationId, String, Tz)>> {
    let rows: Vec<(OrganisationId, String, String)> = organisations::table
        .filter(organisations::sector.eq(Sector::CommunityHealth))
        .order(organisations::id)
        .select((organisations::id, organisations::name, organisations::time_zone))
        .load(conn)?;
    let zone = |name: &str| name.parse().unwrap_or(Tz::Europe__London);
    Ok(rows.into_iter().map(|(id, name, of)| (id, name, zone(&of))).collect())
}

pub fn insert(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    id: StaffMemberId,
    base: &Postcode,
) -> QueryResult<()> {
    diesel::insert_into(practitioners::table)
        .values((
            practitioners::staff_member_id.eq(id),
            practitioners::organisation_id.eq(organisation),
            practitioners::base_postcode.eq(base.to_string()),
            practitioners::active.eq(true),
            practitioners::created_at.eq(tx.now),
        ))
        .execute(tx.conn)
        .map(drop)
}

pub fn write(tx: &mut Tx<'_>, id: StaffMemberId, base: &Postcode, active: bool) -> QueryResult<()> {
    diesel::update(practitioners::table.find(id))
        .set((practitioners::base_postcode.eq(base.to_string()), practitioners::active.eq(active)))
        .execute(tx.conn)
        .map(drop)
}

pub fn insert_shift(tx: &mut Tx<'_>, id: StaffMemberId, shift: &Shift) -> QueryResult<ShiftId> {
    let days: Vec<String> = shift.weekdays.iter().map(|day| day.to_string().to_lowercase()).collect();
    diesel::insert_into(shifts::table)
        .values((
            shifts::staff_member_id.eq(id),
            shifts::weekdays.eq(days.join(",")),
            shifts::from_minute.eq(shift.from_minute),
            shifts::to_minute.eq(shift.to_minute),
        ))
        .returning(shifts::id)
        .get_result(tx.conn)
}

pub fn delete_shift(tx: &mut Tx<'_>, of: StaffMemberId, id: ShiftId) -> QueryResult<()> {
    let row = shifts::table.filter(shifts::id.eq(id)).filter(shifts::staff_member_id.eq(of));
    diesel::delete(row).execute(tx.conn).map(drop)
}

pub fn insert_held(
    tx: &mut Tx<'_>,
    of: StaffMemberId,
    skill: SkillId,
    until: Option<NaiveDate>,
    reference: &str,
    by: &str,
) -> QueryResult<()> {
    diesel::insert_into(held::table)
        .values((
            held::staff_member_id.eq(of),
            held::skill_id.eq(skill),
            held::expires_on.eq(until),
            held::reference.eq(reference),
            held::recorded_by_name.eq(by),
            held::recorded_at.eq(tx.now),
        ))
        .execute(tx.conn)
        .map(drop)
}

pub fn write_held(
    tx: &mut Tx<'_>,
    id: HeldId,
    until: Option<NaiveDate>,
    reference: &str,
    by: &str,
) -> QueryResult<()> {
    diesel::update(held::table.find(id.0))
        .set((
            held::expires_on.eq(until),
            held::reference.eq(reference),
            held::recorded_by_name.eq(by),
            held::recorded_at.eq(tx.now),
        ))
        .execute(tx.conn)
        .map(drop)
}

pub fn delete_held(tx: &mut Tx<'_>, of: StaffMemberId, id: HeldId) -> QueryResult<()> {
    let row = held::table.filter(held::id.eq(id.0)).filter(held::staff_member_id.eq(of));
    diesel::delete(row).execute(tx.conn).map(drop)
}
