//! What somebody holding a link sees and can do. The secret is the proof: whoever has it was written to.
//!
//! Looking changes nothing, so that a mail scanner uses nothing up. Of many answers at once one counts; every
//! other is told what happened. A secret that nobody was ever given leads nowhere.

use chrono::NaiveDateTime;

use super::contacts::{self, Contact};
use super::family::called;
use super::inviting::settled;
use super::{Invitation, InvitationState, LinkKind, about, is_relative, read_topics, store, writing};
use crate::db::{Conn, Tx};
use crate::domain::Refusal;
use crate::domain::access::{Actor, By, Role};
use crate::domain::accounts;
use crate::domain::audit;
use crate::domain::organisations::{one_line, short};
use crate::domain::residents::{ResidentState, SUBJECT};
use crate::kit::email_address::EmailAddress;
use crate::kit::ids::AccountId;
use crate::kit::secret::{Secret, fingerprint};
use crate::links;

/// Why a link cannot be answered any more, or that it can.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// It works.
    Open,
    /// Its time is over, at that moment.
    Expired(NaiveDateTime),
    /// A newer one was sent.
    Replaced,
    Joined,
    Withdrawn,
    Declined,
    /// The resident is not there any more.
    Gone,
}

/// An invitation as its link shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub invitation: Invitation,
    pub kind: LinkKind,
    pub ending: Ending,
    /// The name the resident goes by; the surname is for those who have joined.
    pub first_name: String,
    pub contact: Contact,
    /// Whether somebody can sign in already under the address that was invited.
    pub has_account: bool,
}

/// The invitation behind a secret; `None` for one that nobody was given.
pub fn look(conn: &mut Conn, link: &Secret, now: NaiveDateTime) -> Result<Option<Seen>, Refusal> {
    let Some((invitation, kind, ends, ended)) = store::by_link(conn, &fingerprint(link.reveal()))? else {
        return Ok(None);
    };
    let home = store::residents_home(conn, invitation.resident_id)?;
    let died = store::bereavement(conn, invitation.resident_id)?.is_some();
    let ending = match invitation.state {
        InvitationState::Accepted => Ending::Joined,
        InvitationState::Revoked => Ending::Withdrawn,
        InvitationState::Declined => Ending::Declined,
        _ if home.state == ResidentState::Archived || died => Ending::Gone,
        _ if ended.is_some() => Ending::Replaced,
        _ if ends <= now => Ending::Expired(ends),
        _ => Ending::Open,
    };
    let email = EmailAddress::parse(&invitation.email);
    let account = email.map(|email| accounts::signs_in(conn, &email)).transpose()?;
    Ok(Some(Seen {
        contact: contacts::of_home(conn, home.home, home.home_name)?,
        first_name: called(home.first_name, home.preferred_name),
        // Whoever holds a code has not shown that the address is theirs.
        has_account: account.unwrap_or(false) && kind == LinkKind::Mail,
        invitation,
        kind,
        ending,
    }))
}

/// The open invitation of a secret.
pub(super) fn answerable(conn: &mut Conn, link: &Secret, now: NaiveDateTime) -> Result<Seen, Refusal> {
    let seen = look(conn, link, now)?.ok_or(Refusal::NotHere)?;
    match seen.ending {
        Ending::Open => Ok(seen),
        Ending::Joined | Ending::Withdrawn | Ending::Declined => Err(settled(&seen.invitation)),
        _ => Err(Refusal::NotHere),
    }
}

/// Takes the invitation for an account that was made for it in this transaction.
pub fn accept(tx: &mut Tx<'_>, link: &Secret, account: AccountId, by: &By) -> Result<(), Refusal> {
    let now = tx.now;
    let seen = answerable(tx.conn, link, now)?;
    take(tx, &seen.invitation, account, by)
}

/// Takes the invitation for the account of somebody signed in.
///
/// # Errors
/// `Overtaken` for somebody who works there under the same account.
pub fn add_to_account(tx: &mut Tx<'_>, link: &Secret, actor: &Actor) -> Result<(), Refusal> {
    let now = tx.now;
    let seen = answerable(tx.conn, link, now)?;
    take(tx, &seen.invitation, actor.account(), &actor.by())?;
    if seen.kind == LinkKind::Mail && seen.invitation.email != actor.email() {
        let words = format!("{} joined with another address than was invited", actor.name());
        let event = about(&seen.invitation, "relative.other_address", words, seen.invitation.id);
        audit::append(tx, seen.invitation.organisation_id, &actor.by(), event)?;
    }
    Ok(())
}

fn take(tx: &mut Tx<'_>, invitation: &Invitation, account: AccountId, by: &By) -> Result<(), Refusal> {
    let organisation = invitation.organisation_id;
    let role = accounts::role_of(tx.conn, organisation, account)?;
    if role.is_some_and(|role| role != Role::Relative) {
        let words = "You work here with this account. Ask the home to invite another email address of yours.";
        return Err(Refusal::overtaken(words));
    }
    let open = [InvitationState::Open];
    if !store::set_state(tx, invitation.id, &open, InvitationState::Accepted, Some(account))? {
        let now = store::invitation(tx.conn, organisation, invitation.id)?.ok_or(Refusal::NotHere)?;
        return Err(settled(&now));
    }
    store::end_links(tx, invitation.id, None)?;
    let known = is_relative(tx.conn, invitation.resident_id, account)?;
    accounts::relate(tx, by, invitation.resident_id, account, &invitation.relationship)?;
    let waiting = store::settings(tx.conn, organisation)?.unwrap_or_default().confirm_first && !known;
    let topics = super::write_topics(&read_topics(&invitation.topics));
    store::set_joined(
        tx,
        invitation.resident_id,
        account,
        &invitation.branch,
        invitation.is_primary,
        &topics,
        waiting,
    )?;
    let words = format!("{} joined as a relative ({})", invitation.name, invitation.relationship);
    audit::append(tx, organisation, by, about(invitation, "relative.joined", words, invitation.id))?;
    Ok(())
}

/// A new link in place of one that ran out or was replaced: to the same address only.
///
/// # Errors
/// `NotHere` for a secret of nobody's, `Overtaken` when it is answered, or has been asked for too often.
pub fn renew(tx: &mut Tx<'_>, link: &Secret, url: &str) -> Result<(), Refusal> {
    let now = tx.now;
    let seen = look(tx.conn, link, now)?.ok_or(Refusal::NotHere)?;
    let found = &seen.invitation;
    match seen.ending {
        Ending::Gone => return Err(Refusal::NotHere),
        Ending::Joined | Ending::Withdrawn | Ending::Declined => return Err(settled(found)),
        Ending::Open | Ending::Expired(_) | Ending::Replaced => {}
    }
    if found.email.is_empty() {
        let words = format!("This invitation came on paper. {} Ask for a new letter.", seen.contact.call());
        return Err(Refusal::overtaken(words));
    }
    writing::refuse_flood(tx, &found.email)?;
    let by = By { name: found.name.clone(), ..By::the_portal() };
    writing::invite(tx, found, url, false)?;
    let words = "asked for a new link to the invitation".to_owned();
    Ok(audit::append(tx, found.organisation_id, &by, about(found, "relative.renewed", words, found.id))?)
}

/// "This is not for me".
pub fn decline(tx: &mut Tx<'_>, link: &Secret) -> Result<(), Refusal> {
    let now = tx.now;
    let seen = answerable(tx.conn, link, now)?;
    let found = &seen.invitation;
    let open = [InvitationState::Open];
    if !store::set_state(tx, found.id, &open, InvitationState::Declined, None)? {
        return Err(settled(found));
    }
    store::end_links(tx, found.id, None)?;
    let by = By { name: found.name.clone(), ..By::the_portal() };
    let words = "said that the invitation is not for them".to_owned();
    Ok(audit::append(tx, found.organisation_id, &by, about(found, "relative.declined", words, found.id))?)
}

/// "This is wrong": what somebody says goes to the home, and stands beside the invitation.
pub fn report_wrong(tx: &mut Tx<'_>, link: &Secret, words: &str, url: &str) -> Result<(), Refusal> {
    let words = short("words", one_line(words), 500)?;
    if words.is_empty() {
        return Err(Refusal::invalid("words", "Say what is wrong, such as: my name is Petra"));
    }
    let now = tx.now;
    let seen = answerable(tx.conn, link, now)?;
    let found = &seen.invitation;
    if found.trouble == words {
        return Ok(());
    }
    // A home is written to once; what is said after that stands on the page.
    if found.trouble.is_empty() {
        let lines = ["Somebody who was invited to the family pages says that something is wrong.".to_owned()];
        let link = format!("{url}{}", links::resident_relatives(found.organisation_id, found.resident_id));
        let subject = "An invitation to the family pages needs a look";
        writing::tell_home(tx, found.organisation_id, found.resident_id, subject, &lines, &link)?;
    }
    store::set_trouble(tx, found.id, &words)?;
    store::note_opened(tx, found.id)?;
    let by = By { name: found.name.clone(), ..By::the_portal() };
    let event = audit::Event::new("relative.wrong", "said that something in the invitation is wrong");
    let event = event.about(SUBJECT, found.resident_id.0);
    Ok(audit::append(tx, found.organisation_id, &by, event)?)
}

/// Notes that somebody has begun to answer, though not finished.
pub fn note_opened(tx: &mut Tx<'_>, link: &Secret) -> Result<(), Refusal> {
    let now = tx.now;
    let seen = answerable(tx.conn, link, now)?;
    Ok(store::note_opened(tx, seen.invitation.id)?)
}
