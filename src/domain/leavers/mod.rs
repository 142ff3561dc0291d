//! What people leave behind when their access ends, whatever ended it: planned activities, and invitations that relatives
//! have not answered. It is listed until somebody takes it over or it is settled.
//!
//! Deliberately ends no access (see `staff`, `accounts`) and rewrites no history: only what is still to be done changes
//! hands.

mod store;

use chrono::{NaiveDateTime, TimeDelta};
use diesel::QueryResult;

use super::Refusal;
use super::access::{ManagePeople, Permission, Scope};
use super::accounts::{self, AccountState, Member};
use super::audit::{self, Event};
use crate::db::{Conn, Tx};
use crate::kit::ids::MembershipId;

pub use store::Leaver;

/// How long somebody who has left is listed.
const LATELY: TimeDelta = TimeDelta::days(90);

/// People of one list: more than leave an organisation in that time.
const MOST: i64 = 200;

/// People whose access has ended lately and who left something to be done, the latest first.
pub fn leavers(conn: &mut Conn, scope: &Scope<ManagePeople>, now: NaiveDateTime) -> QueryResult<Vec<Leaver>> {
    let found = store::leavers(conn, scope.organisation(), None, now - LATELY, MOST)?;
    Ok(found.into_iter().filter(Leaver::left_something).collect())
}

/// Who can take over: whoever can sign in and may do both kinds of work, by name.
pub fn takers(conn: &mut Conn, scope: &Scope<ManagePeople>) -> QueryResult<Vec<Member>> {
    let mut able: Vec<Member> = accounts::members(conn, scope)?.into_iter().filter(may_take).collect();
    able.sort_by_key(|member| member.name.to_lowercase());
    Ok(able)
}

fn may_take(member: &Member) -> bool {
    let both = [Permission::RecordActivities, Permission::ManageRelatives];
    member.state == AccountState::Active && both.iter().all(|one| member.permissions.contains(one))
}

/// What has changed hands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handed {
    pub activities: usize,
    pub invitations: usize,
}

/// Gives all that somebody left to somebody else, with one audit event.
///
/// # Errors
/// `NotHere` for somebody who has not left this organisation; `Invalid` on `to` for somebody who cannot take it over;
/// `Overtaken` when nothing is left.
pub fn hand_over(
    tx: &mut Tx<'_>,
    scope: &Scope<ManagePeople>,
    leaver: MembershipId,
    to: Option<MembershipId>,
) -> Result<Handed, Refusal> {
    let organisation = scope.organisation();
    let gone = store::leavers(tx.conn, organisation, Some(leaver), tx.now - LATELY, 1)?;
    let gone = gone.into_iter().next().ok_or(Refusal::NotHere)?;
    let to = to.map(|to| accounts::member(tx.conn, scope, to)).transpose()?;
    let to = to.filter(may_take).ok_or_else(|| Refusal::invalid("to", "Choose who takes it over"))?;
    if !gone.left_something() {
        return Err(Refusal::overtaken("Nothing is left: somebody has taken it over or finished it."));
    }
    let activities = store::take_activities(tx, organisation, gone.account, &to)?;
    let invitations = store::take_invitations(tx, organisation, gone.account, &to)?;
    let words = format!("gave the open work of {} to {}", gone.name, to.name);
    audit::record(tx, scope, Event::new("work.handed_over", words).about("membership", leaver.0))?;
    Ok(Handed { activities, invitations })
}
