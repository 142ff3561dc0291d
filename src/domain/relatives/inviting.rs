//! Asking somebody to join: by the home or by a primary contact; again, corrected, approved or taken back.

use diesel::QueryResult;

use super::family::Relation;
use super::{
    Invitation, InvitationState, LinkKind, NewInvitation, Source, Standing, about, is_relative, on_its_way,
    store, writing,
};
use crate::db::{Conn, Tx};
use crate::domain::Refusal;
use crate::domain::access::{Actor, By, ManageRelatives, Scope};
use crate::domain::accounts;
use crate::domain::audit;
use crate::domain::residents;
use crate::kit::email_address::EmailAddress;
use crate::kit::ids::{InvitationId, OrganisationId, ResidentId};

/// Pending first in the tab; what is settled is history, of which the newest are shown.
const NEWEST: i64 = 50;

/// What became of a primary contact's wish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    Invited,
    /// The home has to agree first.
    Waits,
}

/// Invites somebody to be a relative of a resident: the letter is written in the same transaction.
///
/// # Errors
/// `NotHere` outside the scope, `Invalid` for somebody who is one or is asked already, `Overtaken` where nobody
/// can be invited for this resident.
pub fn invite(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageRelatives>,
    resident: ResidentId,
    new: &NewInvitation,
    source: Source,
    url: &str,
) -> Result<InvitationId, Refusal> {
    refuse_archived(tx.conn, scope, resident)?;
    make(tx, scope.organisation(), resident, new, (source, InvitationState::Open), scope.by(), url)
}

/// # Errors
/// `NotHere` outside the scope, `Overtaken` for a resident who is archived.
pub(super) fn refuse_archived(
    conn: &mut Conn,
    scope: &Scope<ManageRelatives>,
    resident: ResidentId,
) -> Result<(), Refusal> {
    let found = residents::get(conn, scope, resident)?;
    if !found.is_archived() {
        return Ok(());
    }
    let words = format!("{} is archived. Restore the resident before you invite somebody.", found.name());
    Err(Refusal::overtaken(words))
}

/// A primary contact invites somebody else of the family, within what the home allows. They share their own
/// part of the family and what they see themselves.
pub fn invite_as_primary(
    tx: &mut Tx<'_>,
    actor: &Actor,
    relation: &Relation,
    new: &NewInvitation,
    url: &str,
) -> Result<Asked, Refusal> {
    let rules = store::settings(tx.conn, relation.organisation)?.unwrap_or_default();
    if relation.memorial_until.is_some() {
        return Err(Refusal::NotHere);
    }
    if !relation.is_primary || !rules.primary_invites {
        return Err(Refusal::NotHere);
    }
    let many = store::many(tx.conn, relation.resident)?;
    if many >= rules.primary_limit {
        let words =
            "As many people as the home allows are invited already. Telephone the home to invite more.";
        return Err(Refusal::overtaken(words));
    }
    let new = NewInvitation {
        branch: relation.branch.clone(),
        is_primary: false,
        topics: new.topics.intersection(&relation.opened).copied().collect(),
        ..new.clone()
    };
    let state = if rules.primary_approval { InvitationState::Asked } else { InvitationState::Open };
    make(
        tx,
        relation.organisation,
        relation.resident,
        &new,
        (Source::PrimaryContact, state),
        &actor.by(),
        url,
    )?;
    Ok(if state == InvitationState::Asked { Asked::Waits } else { Asked::Invited })
}

fn make(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    resident: ResidentId,
    new: &NewInvitation,
    (source, state): (Source, InvitationState),
    by: &By,
    url: &str,
) -> Result<InvitationId, Refusal> {
    if store::open_for(tx.conn, resident, &new.email)?.is_some() {
        return Err(Refusal::invalid(
            "email",
            "This address has been invited already. Send that again instead",
        ));
    }
    if let Some(account) = accounts::with_address(tx.conn, &new.email)?
        && is_relative(tx.conn, resident, account)?
    {
        return Err(Refusal::invalid("email", "Somebody with this address is a relative already"));
    }
    let invitee = (&new.invitee(), new.email.as_str());
    let id = store::insert(tx, organisation, resident, invitee, (source, state), by)?;
    let found = store::invitation(tx.conn, organisation, id)?.ok_or(Refusal::NotHere)?;
    let words = match state {
        InvitationState::Asked => format!("asked for {} to be invited as a relative", new.name),
        _ => format!("invited {} as a relative", new.name),
    };
    audit::append(tx, organisation, by, about(&found, "relative.invited", words, id))?;
    if state == InvitationState::Open {
        writing::invite(tx, &found, url, false)?;
    } else {
        let lines = ["A primary contact asks for somebody of the family to be invited.".to_owned()];
        let link = format!("{url}{}", crate::links::resident_relatives(organisation, resident));
        let subject = "Somebody asks to be invited to the family pages";
        writing::tell_home(tx, organisation, resident, subject, &lines, &link)?;
    }
    Ok(id)
}

/// Invitations of a resident, newest first, each with where it stands.
///
/// # Errors
/// `NotHere` when the resident is outside the scope.
pub fn of_resident(
    conn: &mut Conn,
    scope: &Scope<ManageRelatives>,
    resident: ResidentId,
    now: chrono::NaiveDateTime,
) -> Result<Vec<(Invitation, Standing)>, Refusal> {
    residents::get(conn, scope, resident)?;
    let found = store::of_resident(conn, scope.organisation(), resident, NEWEST)?;
    Ok(stand(conn, found, now)?)
}

/// Adds to invitations where they stand, with one query for their letters.
pub(super) fn stand(
    conn: &mut Conn,
    found: Vec<Invitation>,
    now: chrono::NaiveDateTime,
) -> QueryResult<Vec<(Invitation, Standing)>> {
    let letters: Vec<_> = found.iter().filter_map(|one| one.letter_id).collect();
    let states = store::letter_states(conn, &letters)?;
    let with_state = found.into_iter().map(|one| {
        let letter = one.letter_id.and_then(|id| states.get(&id).copied());
        let standing = Standing::of(&one, letter, now);
        (one, standing)
    });
    Ok(with_state.collect())
}

/// One invitation of a resident in the scope.
pub fn get(
    conn: &mut Conn,
    scope: &Scope<ManageRelatives>,
    id: InvitationId,
    now: chrono::NaiveDateTime,
) -> Result<(Invitation, Standing), Refusal> {
    let found = reached(conn, scope, id)?;
    let letter = on_its_way(conn, &found)?;
    let standing = Standing::of(&found, letter, now);
    Ok((found, standing))
}

/// # Errors
/// `NotHere` for an invitation of another organisation, and for a resident outside the person's places.
pub(super) fn reached(
    conn: &mut Conn,
    scope: &Scope<ManageRelatives>,
    id: InvitationId,
) -> Result<Invitation, Refusal> {
    let found = store::invitation(conn, scope.organisation(), id)?.ok_or(Refusal::NotHere)?;
    residents::get(conn, scope, found.resident_id)?;
    Ok(found)
}

/// Sends the letter again, with a new link that lasts its whole time.
pub fn resend(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageRelatives>,
    id: InvitationId,
    url: &str,
) -> Result<String, Refusal> {
    let found = reached(tx.conn, scope, id)?;
    refuse_settled(&found)?;
    if found.email.is_empty() {
        return Err(Refusal::overtaken(format!(
            "{} has no email address. Print a new letter instead.",
            found.name
        )));
    }
    writing::refuse_flood(tx, &found.email)?;
    writing::invite(tx, &found, url, false)?;
    let words = format!("sent the invitation of {} again", found.name);
    audit::record(tx, scope, about(&found, "relative.resent", words, id))?;
    Ok(found.email)
}

/// Sends the letter to another address: the first one did not work, or was somebody else's.
pub fn correct(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageRelatives>,
    id: InvitationId,
    email: &EmailAddress,
    url: &str,
) -> Result<(), Refusal> {
    let found = reached(tx.conn, scope, id)?;
    refuse_settled(&found)?;
    let other = store::open_for(tx.conn, found.resident_id, email)?;
    if other.is_some_and(|other| other != id) {
        return Err(Refusal::invalid("email", "This address has been invited already"));
    }
    store::set_address(tx, id, &found.name, email)?;
    // A printed letter went where this one does not.
    store::end_links(tx, id, Some(LinkKind::Paper))?;
    let words = format!("corrected the address of {}", found.name);
    let details = serde_json::json!({ "email": [found.email, email.as_str()], "invitation": id });
    let event = audit::Event::new("relative.corrected", words).about(residents::SUBJECT, found.resident_id.0);
    audit::record(tx, scope, event.with(details))?;
    let found = Invitation { email: email.as_str().to_owned(), printed_at: None, ..found };
    writing::invite(tx, &found, url, false)
}

/// Takes an invitation back: its links do not work from this moment.
pub fn revoke(tx: &mut Tx<'_>, scope: &Scope<ManageRelatives>, id: InvitationId) -> Result<String, Refusal> {
    let found = reached(tx.conn, scope, id)?;
    let pending = [InvitationState::Asked, InvitationState::Open];
    if !store::set_state(tx, id, &pending, InvitationState::Revoked, None)? {
        return Err(settled(&found));
    }
    store::end_links(tx, id, None)?;
    let words = format!("withdrew the invitation of {}", found.name);
    audit::record(tx, scope, about(&found, "relative.withdrawn", words, id))?;
    Ok(found.name)
}

/// Agrees to what a primary contact asked for.
pub fn approve(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageRelatives>,
    id: InvitationId,
    url: &str,
) -> Result<String, Refusal> {
    let found = reached(tx.conn, scope, id)?;
    if !store::set_state(tx, id, &[InvitationState::Asked], InvitationState::Open, None)? {
        return Err(settled(&found));
    }
    writing::invite(tx, &found, url, false)?;
    let words = format!("agreed to invite {}", found.name);
    audit::record(tx, scope, about(&found, "relative.approved", words, id))?;
    Ok(found.email)
}

fn refuse_settled(found: &Invitation) -> Result<(), Refusal> {
    if found.state == InvitationState::Open { Ok(()) } else { Err(settled(found)) }
}

/// What somebody is told who was not first.
pub(super) fn settled(found: &Invitation) -> Refusal {
    Refusal::overtaken(match found.state {
        InvitationState::Accepted => format!("{} has joined already.", found.name),
        InvitationState::Declined => format!("{} does not want to join.", found.name),
        InvitationState::Revoked => format!("The invitation of {} has been withdrawn.", found.name),
        InvitationState::Asked => format!("The invitation of {} waits for approval.", found.name),
        InvitationState::Open => format!("The invitation of {} is open.", found.name),
    })
}

/// What the home allows primary contacts, for the page of one.
pub fn may_invite(conn: &mut Conn, relation: &Relation) -> Result<bool, Refusal> {
    let rules = store::settings(conn, relation.organisation)?.unwrap_or_default();
    Ok(relation.is_primary && rules.primary_invites && relation.memorial_until.is_none())
}
