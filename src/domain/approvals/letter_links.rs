//! The link of the morning letter: for one approver, for three days, to those who waited when it was written.
//!
//! It opens nothing by itself: who holds it learns how many wait and where, and everything else asks for the
//! approver's own password. It can be followed as often as they like, since following it changes nothing.

use chrono::{NaiveDateTime, TimeDelta};
use diesel::QueryResult;

use super::daily::reach_of;
use super::store::{self, Reader};
use super::{State, Wanted};
use crate::db::{Conn, Tx};
use crate::domain::Refusal;
use crate::domain::access::{Scope, ViewStaff};
use crate::domain::organisations;
use crate::kit::ids::{AccountId, OrganisationId};
use crate::kit::secret::{Secret, fingerprint, random_token};

/// How long a link works.
const LASTS: TimeDelta = TimeDelta::days(3);

/// What the holder of a link may know before they have signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    pub organisation: OrganisationId,
    pub organisation_name: String,
    /// To whom the letter was written.
    pub account: AccountId,
    /// When it was written: those who came later are not meant.
    pub written_at: NaiveDateTime,
    /// How many of them still wait.
    pub waiting: i64,
}

/// A new link for a reader of the letter.
pub(super) fn issue(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    reader: &Reader,
) -> Result<Secret, Refusal> {
    let token = random_token()?;
    let until = tx.now + LASTS;
    store::insert_link(tx, organisation, reader.account, &fingerprint(token.reveal()), until)?;
    Ok(token)
}

/// What a link leads to; nothing for one that is unknown or too old, or whose reader may not approve any more.
/// Reading it changes nothing.
pub fn open(conn: &mut Conn, token: &Secret, now: NaiveDateTime) -> Result<Option<Opened>, Refusal> {
    let Some(link) = store::link(conn, &fingerprint(token.reveal()), now)? else { return Ok(None) };
    let readers = store::readers(conn, link.organisation)?;
    let Some(reader) = readers.into_iter().find(|reader| reader.account == link.account) else {
        return Ok(None);
    };
    let scope = Scope::<ViewStaff>::for_the_portal(link.organisation);
    let places = organisations::places(conn, &scope)?;
    let reach = reach_of(&reader, &places);
    let meant = Wanted { waited_at: Some(link.written_at), ..Wanted::default() };
    let waiting = store::count(conn, (link.organisation, &reach), State::Pending, &meant)?;
    Ok(Some(Opened {
        organisation: link.organisation,
        organisation_name: link.organisation_name,
        account: link.account,
        written_at: link.written_at,
        waiting,
    }))
}

/// Deletes links that do not work any more; the number of rows.
pub fn purge(tx: &mut Tx<'_>) -> QueryResult<usize> {
    store::purge_links(tx, tx.now - LASTS)
}
