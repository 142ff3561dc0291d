//! Everybody of an organisation who has been asked to join and has not yet: the list, and acts on many.

use chrono::NaiveDateTime;

use super::{Invitation, InvitationState, Standing, inviting, store, writing};
use crate::db::{Conn, Tx};
use crate::domain::Refusal;
use crate::domain::access::{ManageRelatives, Scope};
use crate::domain::audit::{self, Event};
use crate::kit::ids::InvitationId;

/// One line of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    pub invitation: Invitation,
    pub standing: Standing,
    /// `Joan Smith`.
    pub resident: String,
}

/// What the list is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Part of a name or an address.
    pub search: String,
    /// Only those whose link has run out.
    pub expired: bool,
}

/// What became of letters that were to be sent again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Resent {
    pub sent: usize,
    /// They wait for approval, or had enough letters lately.
    pub left: usize,
    /// They have no address.
    pub on_paper: usize,
}

/// Which of them an act is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    These(Vec<InvitationId>),
    /// All that match.
    All(Wanted),
}

/// `limit` of the pending after `offset`, newest first; one more says that there are more.
pub fn pending(
    conn: &mut Conn,
    scope: &Scope<ManageRelatives>,
    wanted: &Wanted,
    (offset, limit): (i64, i64),
    now: NaiveDateTime,
) -> Result<Vec<Pending>, Refusal> {
    let rows = store::pending(conn, scope.organisation(), scope.places(), wanted, now, offset, limit)?;
    let (found, names): (Vec<Invitation>, Vec<String>) = rows.into_iter().unzip();
    let stood = inviting::stand(conn, found, now)?;
    let lines = stood.into_iter().zip(names);
    Ok(lines.map(|((invitation, standing), resident)| Pending { invitation, standing, resident }).collect())
}

/// Sends letters again to many, in one transaction; those that had enough of them lately are left out.
/// Those who were asked on paper are passed over: a new letter is printed one by one.
pub fn resend_many(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageRelatives>,
    which: &Which,
    url: &str,
) -> Result<Resent, Refusal> {
    let chosen = chosen(tx, scope, which)?;
    let Resent { mut sent, mut left, mut on_paper } = Resent::default();
    let mut desk = writing::Desk::default();
    for invitation in chosen {
        if invitation.email.is_empty() {
            on_paper += 1;
            continue;
        }
        let open = invitation.state == InvitationState::Open;
        match writing::refuse_flood(tx, &invitation.email) {
            Ok(()) if open => match desk.invite(tx, &invitation, url, false) {
                Ok(()) => sent += 1,
                Err(Refusal::Overtaken(_)) => left += 1,
                Err(refusal) => return Err(refusal),
            },
            Ok(()) | Err(Refusal::Overtaken(_)) => left += 1,
            Err(refusal) => return Err(refusal),
        }
    }
    if sent > 0 {
        let words = format!("sent {sent} invitations of relatives again");
        audit::record(tx, scope, Event::new("relative.resent", words))?;
    }
    Ok(Resent { sent, left, on_paper })
}

/// Withdraws many; how many there were.
pub fn revoke_many(tx: &mut Tx<'_>, scope: &Scope<ManageRelatives>, which: &Which) -> Result<usize, Refusal> {
    let mut withdrawn = 0;
    let pending = [InvitationState::Asked, InvitationState::Open];
    for invitation in chosen(tx, scope, which)? {
        if store::set_state(tx, invitation.id, &pending, InvitationState::Revoked, None)? {
            store::end_links(tx, invitation.id, None)?;
            withdrawn += 1;
        }
    }
    if withdrawn > 0 {
        let words = format!("withdrew {withdrawn} invitations of relatives");
        audit::record(tx, scope, Event::new("relative.withdrawn", words))?;
    }
    Ok(withdrawn)
}

/// Those of the wish that are pending and within the scope: a number of somebody else's is passed over.
fn chosen(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageRelatives>,
    which: &Which,
) -> Result<Vec<Invitation>, Refusal> {
    let nothing = Wanted::default();
    let wanted = if let Which::All(wanted) = which { wanted } else { &nothing };
    let now = tx.now;
    let only = if let Which::These(ids) = which { Some(ids.as_slice()) } else { None };
    Ok(store::pending_of(tx.conn, scope.organisation(), scope.places(), wanted, now, only)?)
}
