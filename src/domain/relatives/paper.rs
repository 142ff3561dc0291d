//! Joining without e-mail: a printed letter with a code that works once, for 30 days.
//!
//! A code is the secret of a link that is typed, so that whoever has it sees and does what the holder of a mailed
//! link does (see `accepting`). It is shown once, to be printed; printing it again makes a new one and ends the one
//! before. A letter names the home and who invites, never the resident.

use chrono::{NaiveDateTime, TimeDelta};
use diesel::QueryResult;

use super::accepting::{Seen, answerable};
use super::contacts::{self, Contact};
use super::inviting::{reached, refuse_archived, settled};
use super::writing::{self, who};
use super::{Invitation, InvitationState, LinkKind, NewInvitee, Source, about, relative, store};
use crate::db::{Conn, Tx};
use crate::domain::Refusal;
use crate::domain::access::{By, ManageRelatives, Role, Scope};
use crate::domain::accounts::{self, Slip};
use crate::domain::audit;
use crate::kit::codes::random_code;
use crate::kit::email_address::EmailAddress;
use crate::kit::ids::{InvitationId, RelativeId, ResidentId};
use crate::kit::secret::{Secret, fingerprint};

/// How long the code of a printed letter works.
pub const CODE: TimeDelta = TimeDelta::days(30);

/// A letter to be printed, once.
#[derive(Debug)]
pub struct Printed {
    pub invitation: InvitationId,
    /// To whom it goes.
    pub name: String,
    /// `Mary Jones at Willow House`.
    pub who: String,
    pub code: Secret,
    pub until: NaiveDateTime,
    pub contact: Contact,
}

/// Invites somebody on paper.
///
/// # Errors
/// `NotHere` outside the scope, `Invalid` for somebody who is asked on paper already, `Overtaken` where nobody can
/// be invited for this resident.
pub fn print(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageRelatives>,
    resident: ResidentId,
    new: &NewInvitee,
) -> Result<Printed, Refusal> {
    refuse_archived(tx.conn, scope, resident)?;
    if store::open_on_paper(tx.conn, resident, &new.name)? {
        let words =
            "A letter for this person has been printed already. Open it in the list and print a new one";
        return Err(Refusal::invalid("name", words));
    }
    let made = (Source::Page, InvitationState::Open);
    let id = store::insert(tx, scope.organisation(), resident, (new, ""), made, scope.by())?;
    let found = store::invitation(tx.conn, scope.organisation(), id)?.ok_or(Refusal::NotHere)?;
    let words = format!("invited {} as a relative, by a printed letter", new.name);
    audit::record(tx, scope, about(&found, "relative.invited", words, id))?;
    issue(tx, &found)
}

/// A new letter for somebody whose invitation is open: the code before it ends.
pub fn print_again(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageRelatives>,
    id: InvitationId,
) -> Result<Printed, Refusal> {
    let found = reached(tx.conn, scope, id)?;
    if found.state != InvitationState::Open {
        return Err(settled(&found));
    }
    refuse_archived(tx.conn, scope, found.resident_id)?;
    let words = format!("printed a new letter for {}", found.name);
    audit::record(tx, scope, about(&found, "relative.printed", words, id))?;
    issue(tx, &found)
}

fn issue(tx: &mut Tx<'_>, found: &Invitation) -> Result<Printed, Refusal> {
    if store::bereavement(tx.conn, found.resident_id)?.is_some() {
        return Err(Refusal::overtaken("Nothing is sent to this family at the moment."));
    }
    let contact = contacts::of_resident(tx.conn, found.resident_id)?;
    let (code, until) = (random_code()?, tx.now + CODE);
    store::end_links(tx, found.id, Some(LinkKind::Paper))?;
    store::insert_link(tx, found.id, LinkKind::Paper, &fingerprint(code.reveal()), "", until)?;
    store::set_printed(tx, found.id, until)?;
    let who = who(&found.invited_by_name, &contact);
    Ok(Printed { invitation: found.id, name: found.name.clone(), who, code, until, contact })
}

/// Whether a code was ever printed for an invitation. What became of it is for the page that it leads to.
pub fn opened_by_code(conn: &mut Conn, code: &Secret) -> QueryResult<bool> {
    let found = store::by_link(conn, &fingerprint(code.reveal()))?;
    Ok(found.is_some_and(|(_, kind, ..)| kind == LinkKind::Paper))
}

/// The invited have an address after all: the usual letter goes to it, and whoever opens its link has shown that
/// the address is theirs. The code goes on working. What is answered does not depend on who has an account.
///
/// # Errors
/// `NotHere` for a secret that is no open code, `Overtaken` when it has been asked for too often.
pub fn write_to(tx: &mut Tx<'_>, code: &Secret, email: &EmailAddress, url: &str) -> Result<(), Refusal> {
    let now = tx.now;
    let seen: Seen = answerable(tx.conn, code, now)?;
    let found = &seen.invitation;
    if seen.kind != LinkKind::Paper {
        return Err(Refusal::NotHere);
    }
    let other = store::open_for(tx.conn, found.resident_id, email)?;
    if other.is_some_and(|other| other != found.id) {
        let words = "An invitation has been sent to this address already. Open the letter there.";
        return Err(Refusal::overtaken(words));
    }
    writing::refuse_flood(tx, email.as_str())?;
    writing::refuse_many(tx, found.id)?;
    store::set_address(tx, found.id, &found.name, email)?;
    let by = By { name: found.name.clone(), ..By::the_portal() };
    let words = "gave an email address in place of the printed letter".to_owned();
    audit::append(tx, found.organisation_id, &by, about(found, "relative.address", words, found.id))?;
    let found = Invitation { email: email.as_str().to_owned(), ..found.clone() };
    writing::invite(tx, &found, url, false)
}

/// A slip with which a relative who signs in with a name chooses a new password.
///
/// # Errors
/// `Overtaken` for anybody but a manager, since an account may open the pages of residents in other places, and as
/// `accounts` says.
pub fn print_new_password(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageRelatives>,
    resident: ResidentId,
    id: RelativeId,
) -> Result<(Slip, Contact), Refusal> {
    let found = relative(tx.conn, scope, resident, id)?;
    if !matches!(scope.role(), Some(Role::SuperManager | Role::Manager)) {
        return Err(Refusal::overtaken("Only a manager can print a slip for a new password."));
    }
    let of = (scope.organisation(), Role::Relative, scope.by());
    let slip = accounts::print_new_password(tx, of, found.account)?;
    Ok((slip, contacts::of_resident(tx.conn, resident)?))
}
