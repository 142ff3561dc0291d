//! Rows of skills.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::super::{KeptSkill, Skill, SkillKind};
use crate::db::{Conn, Tx};
use crate::domain::schema::skills;
use crate::kit::ids::{OrganisationId, SkillId};

/// All of an organisation, by name.
pub fn skills(conn: &mut Conn, organisation: OrganisationId) -> QueryResult<Vec<KeptSkill>> {
    let rows: Vec<(SkillId, SkillKind, String, Option<NaiveDateTime>)> = skills::table
        .filter(skills::organisation_id.eq(organisation))
        .order((skills::name, skills::id))
        .select((skills::id, skills::kind, skills::name, skills::retired_at))
        .load(conn)?;
    let kept = |(id, kind, name, retired_at)| KeptSkill { skill: Skill { id, kind, name }, retired_at };
    Ok(rows.into_iter().map(kept).collect())
}

pub fn insert_skill(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    kind: SkillKind,
    (name, folded): (&str, &str),
) -> QueryResult<SkillId> {
    diesel::insert_into(skills::table)
        .values((
            skills::organisation_id.eq(organisation),
            skills::kind.eq(kind),
            skills::name.eq(name),
            skills::name_folded.eq(folded),
        ))
        .returning(skills::id)
        .get_result(tx.conn)
}

pub fn change_skill(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    id: SkillId,
    kind: SkillKind,
    (name, folded): (&str, &str),
) -> QueryResult<()> {
    let skill = skills::table.filter(skills::organisation_id.eq(organisation)).filter(skills::id.eq(id));
    diesel::update(skill)
        .set((skills::kind.eq(kind), skills::name.eq(name), skills::name_folded.eq(folded)))
        .execute(tx.conn)?;
    Ok(())
}

pub fn retire_skill(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    id: SkillId,
    at: Option<NaiveDateTime>,
) -> QueryResult<()> {
    let skill = skills::table.filter(skills::organisation_id.eq(organisation)).filter(skills::id.eq(id));
    diesel::update(skill).set(skills::retired_at.eq(at)).execute(tx.conn)?;
    Ok(())
}
