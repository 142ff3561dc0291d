//! Rows of ended memberships, and of the work that hangs on them.

use std::collections::HashMap;

use chrono::NaiveDateTime;
use diesel::dsl::{count_star, exists, min, not};
use diesel::prelude::*;

use crate::db::{Conn, Tx};
use crate::domain::access::Role;
use crate::domain::accounts::Member;
use crate::domain::activities::State;
use crate::domain::relatives::InvitationState;
use crate::domain::schema::{accounts, activities, invitations, memberships};
use crate::kit::ids::{AccountId, MembershipId, OrganisationId};

/// Somebody whose access has ended, and what they left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaver {
    pub membership: MembershipId,
    pub account: AccountId,
    pub name: String,
    pub role: Role,
    pub left_at: NaiveDateTime,
    /// Activities that they planned and that nobody has recorded.
    pub activities: i64,
    /// When the first of these begins.
    pub next: Option<NaiveDateTime>,
    /// Invitations of theirs that are open.
    pub invitations: i64,
}

impl Leaver {
    pub fn left_something(&self) -> bool {
        self.activities > 0 || self.invitations > 0
    }
}

/// Invitations that somebody here still has to look after.
const OPEN: [InvitationState; 2] = [InvitationState::Asked, InvitationState::Open];

/// Who has no access any more, the latest first. Somebody who came back is not among them, and of somebody who left
/// twice only the last time counts.
pub fn leavers(
    conn: &mut Conn,
    organisation: OrganisationId,
    only: Option<MembershipId>,
    since: NaiveDateTime,
    limit: i64,
) -> QueryResult<Vec<Leaver>> {
    let later = diesel::alias!(memberships as later);
    let came_back = later
        .filter(later.field(memberships::account_id).eq(memberships::account_id))
        .filter(later.field(memberships::organisation_id).eq(memberships::organisation_id))
        .filter(later.field(memberships::id).gt(memberships::id));
    let mut query = memberships::table
        .inner_join(accounts::table)
        .filter(memberships::organisation_id.eq(organisation))
        .filter(memberships::ended_at.gt(since))
        .filter(memberships::role.eq_any(Role::AT_WORK))
        .filter(not(exists(came_back)))
        .order((memberships::ended_at.desc(), memberships::id.desc()))
        .limit(limit)
        .select((memberships::id, accounts::id, accounts::name, memberships::role, memberships::ended_at))
        .into_boxed();
    if let Some(only) = only {
        query = query.filter(memberships::id.eq(only));
    }
    let gone: Vec<(MembershipId, AccountId, String, Role, Option<NaiveDateTime>)> = query.load(conn)?;
    let of: Vec<i64> = gone.iter().map(|(_, account, ..)| account.0).collect();
    let (planned, asked) = (planned(conn, organisation, &of)?, asked(conn, organisation, &of)?);
    let leaver = |(membership, account, name, role, left_at): (_, AccountId, _, _, Option<NaiveDateTime>)| {
        let (activities, next) = planned.get(&account.0).copied().unwrap_or_default();
        let invitations = asked.get(&account.0).copied().unwrap_or_default();
        let left_at = left_at.unwrap_or(since);
        Leaver { membership, account, name, role, left_at, activities, next, invitations }
    };
    Ok(gone.into_iter().map(leaver).collect())
}

/// How many planned activities each of them left, and when the first begins.
fn planned(
    conn: &mut Conn,
    organisation: OrganisationId,
    of: &[i64],
) -> QueryResult<HashMap<i64, (i64, Option<NaiveDateTime>)>> {
    let rows: Vec<(Option<i64>, i64, Option<NaiveDateTime>)> = activities::table
        .filter(activities::organisation_id.eq(organisation))
        .filter(activities::state.eq(State::Planned))
        .filter(activities::planned_by.eq_any(of.to_vec()))
        .group_by(activities::planned_by)
        .select((activities::planned_by, count_star(), min(activities::starts_at)))
        .load(conn)?;
    Ok(rows.into_iter().filter_map(|(account, many, next)| Some((account?, (many, next)))).collect())
}

fn asked(conn: &mut Conn, organisation: OrganisationId, of: &[i64]) -> QueryResult<HashMap<i64, i64>> {
    let rows: Vec<(Option<i64>, i64)> = invitations::table
        .filter(invitations::organisation_id.eq(organisation))
        .filter(invitations::state.eq_any(OPEN))
        .filter(invitations::invited_by.eq_any(of.to_vec()))
        .group_by(invitations::invited_by)
        .select((invitations::invited_by, count_star()))
        .load(conn)?;
    Ok(rows.into_iter().filter_map(|(account, many)| Some((account?, many))).collect())
}

pub fn take_activities(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    from: AccountId,
    to: &Member,
) -> QueryResult<usize> {
    let left = activities::table
        .filter(activities::organisation_id.eq(organisation))
        .filter(activities::state.eq(State::Planned))
        .filter(activities::planned_by.eq(from.0));
    diesel::update(left)
        .set((
            activities::planned_by.eq(to.account.0),
            activities::planned_by_name.eq(&to.name),
            activities::version.eq(activities::version + 1),
        ))
        .execute(tx.conn)
}

pub fn take_invitations(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    from: AccountId,
    to: &Member,
) -> QueryResult<usize> {
    let left = invitations::table
        .filter(invitations::organisation_id.eq(organisation))
        .filter(invitations::state.eq_any(OPEN))
        .filter(invitations::invited_by.eq(from.0));
    diesel::update(left)
        .set((invitations::invited_by.eq(to.account.0), invitations::invited_by_name.eq(&to.name)))
        .execute(tx.conn)
}
