//! Suspended and reinstated by hand: access ends in the same moment, and comes back by hand only.

use super::accounts::{known, signing_in, suspend_many};
use super::{SUBJECT, StaffState, store};
use crate::db::{Conn, Tx};
use crate::domain::Refusal;
use crate::domain::access::{ManagePeople, Right, Scope};
use crate::domain::accounts::{self, Slip, Standing};
use crate::domain::audit::{self, Event};
use crate::domain::organisations::{one_line, short};
use crate::kit::ids::{AccountId, StaffMemberId};

/// A staff member's account and membership, if there is one.
pub fn standing<R: Right>(
    conn: &mut Conn,
    scope: &Scope<R>,
    id: StaffMemberId,
) -> Result<Option<Standing>, Refusal> {
    match account_of(conn, scope, id)? {
        Some(account) => Ok(accounts::standing(conn, scope.organisation(), account)?),
        None => Ok(None),
    }
}

fn account_of<R: Right>(
    conn: &mut Conn,
    scope: &Scope<R>,
    id: StaffMemberId,
) -> Result<Option<AccountId>, Refusal> {
    let all = known(conn, scope.organisation())?;
    Ok(signing_in(&all, &accounts::here(conn, scope.organisation())?).get(&id).copied())
}

/// Suspends a staff member, with the reason: access, sessions and links end now.
///
/// # Errors
/// `Invalid` on `reason`; `Overtaken` for somebody whom this person may not manage, the last super manager, and
/// whoever is suspended already.
pub fn suspend(
    tx: &mut Tx<'_>,
    scope: &Scope<ManagePeople>,
    id: StaffMemberId,
    reason: &str,
) -> Result<(), Refusal> {
    let member = store::get(tx.conn, scope.organisation(), id)?;
    let reason = short("reason", one_line(reason), 200)?;
    if member.state == StaffState::Suspended {
        return Err(Refusal::overtaken(format!("{} is suspended already.", member.name())));
    }
    if reason.is_empty() {
        return Err(Refusal::invalid("reason", "Enter why they are suspended"));
    }
    let account = account_of(tx.conn, scope, id)?;
    if account.is_some() && account == scope.by().account {
        return Err(Refusal::overtaken("You cannot suspend yourself."));
    }
    if let Some(standing) =
        account.map(|one| accounts::standing(tx.conn, scope.organisation(), one)).transpose()?.flatten()
        && !accounts::granter(tx.conn, scope)?.reaches(standing.role)
    {
        let role = standing.role.as_str();
        let words = format!("{} is a {role}. Only a super manager can suspend them.", member.name());
        return Err(Refusal::overtaken(words));
    }
    let stayed = suspend_many(tx, scope.organisation(), &[id], &reason, &scope.by().name)?;
    if !stayed.is_empty() {
        let words =
            "This is the last super manager who can sign in. Make somebody else a super manager first.";
        return Err(Refusal::overtaken(words));
    }
    let words = format!("suspended {}: {reason}", member.name());
    audit::record(tx, scope, Event::new("staff.suspended", words).about(SUBJECT, id.0))?;
    Ok(())
}

/// Reinstates a staff member; says whether they can sign in again.
///
/// # Errors
/// `Overtaken` for somebody who is not suspended, and for a role that this person may not give.
pub fn reinstate(tx: &mut Tx<'_>, scope: &Scope<ManagePeople>, id: StaffMemberId) -> Result<bool, Refusal> {
    let member = store::get(tx.conn, scope.organisation(), id)?;
    if member.state == StaffState::Active {
        return Err(Refusal::overtaken(format!("{} is not suspended.", member.name())));
    }
    let account = account_of(tx.conn, scope, id)?;
    let back = account.map(|account| accounts::let_back_in(tx, scope, account)).transpose()?;
    store::reinstate(tx, scope.organisation(), id)?;
    super::recompute_look_alikes(tx, scope.organisation())?;
    let words = format!("reinstated {}", member.name());
    audit::record(tx, scope, Event::new("staff.reinstated", words).about(SUBJECT, id.0))?;
    Ok(back.unwrap_or(false))
}

/// Puts the last day of access off.
///
/// # Errors
/// `Overtaken` for whoever has no access that ends.
pub fn extend(
    tx: &mut Tx<'_>,
    scope: &Scope<ManagePeople>,
    id: StaffMemberId,
    until: chrono::NaiveDate,
) -> Result<(), Refusal> {
    let member = store::get(tx.conn, scope.organisation(), id)?;
    let standing = standing(tx.conn, scope, id)?;
    let standing = standing.filter(|one| one.live && one.ends_on.is_some_and(|ends| ends < until));
    let none = || Refusal::overtaken(format!("The access of {} does not end before then.", member.name()));
    let standing = standing.ok_or_else(none)?;
    if !accounts::granter(tx.conn, scope)?.reaches(standing.role) {
        return Err(Refusal::overtaken("Only a super manager can change that."));
    }
    accounts::set_end(tx, standing.membership, until)?;
    let words = format!("extended the access of {} until {}", member.name(), until.format("%-d %B %Y"));
    audit::record(tx, scope, Event::new("staff.extended", words).about(SUBJECT, id.0))?;
    Ok(())
}

/// A slip for a new password, for somebody who signs in with a name.
///
/// # Errors
/// `Overtaken` for a role that this person may not manage, and as `accounts` says.
pub fn print_new_password(
    tx: &mut Tx<'_>,
    scope: &Scope<ManagePeople>,
    id: StaffMemberId,
) -> Result<Slip, Refusal> {
    store::get(tx.conn, scope.organisation(), id)?;
    let none = || Refusal::overtaken("This staff member has no account.");
    let standing = standing(tx.conn, scope, id)?.filter(|one| one.live).ok_or_else(none)?;
    if !accounts::granter(tx.conn, scope)?.reaches(standing.role) {
        return Err(Refusal::overtaken("Only a super manager can change that."));
    }
    accounts::print_new_password(tx, (scope.organisation(), standing.role, scope.by()), standing.account)
}
