//! People who can sign in: their passwords, sessions and memberships.
//!
//! Deliberately knows no cookie and no form: tokens come in and go out as secrets.

mod hasher;
mod store;

use chrono::{NaiveDateTime, TimeDelta};
use diesel::QueryResult;

use super::access::{Actor, Permission, Role};
use crate::config::SessionLimits;
use crate::db::{Conn, Tx, text_enum};
use crate::kit::ids::{OrganisationId, SessionId};
use crate::kit::secret::{Secret, fingerprint};

pub use hasher::{Hasher, Overloaded};

text_enum! {
    /// Whether an account can be used.
    pub enum AccountState {
        /// Made, but its person has set no password yet.
        Invited = "invited",
        Active = "active",
        /// Shut by somebody: no sign-in, no session, no link works.
        Disabled = "disabled",
    }
}

/// A live session's person.
pub struct Live {
    pub actor: Actor,
    /// The last use on record is over a minute old.
    pub touch_due: bool,
}

/// How often a session's last use is written, at most.
const TOUCH_EVERY: TimeDelta = TimeDelta::minutes(1);

/// The person behind a session token, with all memberships; `None` when the session has ended, is
/// too old, or its account may no longer sign in. Rights are read anew each time, so that a
/// withdrawn one is gone with the next request.
pub fn live(
    conn: &mut Conn,
    token: &Secret,
    address: &str,
    now: NaiveDateTime,
    limits: SessionLimits,
) -> QueryResult<Option<Live>> {
    let Some(session) = store::session(conn, &fingerprint(token.reveal()))? else { return Ok(None) };
    let memberships = store::memberships(conn, session.account_id)?;
    let only_relative =
        !session.is_representative && memberships.iter().all(|one| one.role == Role::Relative);
    let (idle, absolute) = if only_relative {
        (limits.idle_relative, limits.absolute_relative)
    } else {
        (limits.idle, limits.absolute)
    };
    let ends_at = (session.last_used_at + idle).min(session.created_at + absolute);
    if session.state != AccountState::Active || ends_at <= now {
        return Ok(None);
    }
    let touch_due = now - session.last_used_at >= TOUCH_EVERY;
    // What the page tells its reader counts from this request, whether or not it is written down.
    let session_ends_at = (now + idle).min(session.created_at + absolute);
    let actor = Actor {
        account: session.account_id,
        name: session.name,
        email: session.email,
        is_representative: session.is_representative,
        session: session.id,
        session_ends_at,
        confirmed_at: session.confirmed_at,
        address: address.to_owned(),
        memberships,
    };
    Ok(Some(Live { actor, touch_due }))
}

/// Writes down that a session is in use.
pub fn touch(tx: &mut Tx<'_>, session: SessionId) -> QueryResult<()> {
    store::touch(tx, session)
}

/// Names of up to three people of the organisation who hold a permission, for "Ask Mary Jones."
pub fn holders(
    conn: &mut Conn,
    organisation: OrganisationId,
    permission: Permission,
) -> QueryResult<Vec<String>> {
    let members = store::members_with_roles(conn, organisation, &[Role::SuperManager, Role::Manager])?;
    let holding = members
        .into_iter()
        .filter(|member| Permission::read(member.role, &member.permissions).contains(&permission));
    Ok(holding.map(|member| member.name).take(3).collect())
}
