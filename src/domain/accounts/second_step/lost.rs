//! A lost telephone with no recovery code left: somebody else takes the second step away, passkeys included. A super
//! manager does it for staff and managers, the representative for super managers, the operator for everybody.
//! Audited, told to the person by letter, and every session of theirs ends.

use super::super::store::{self as accounts_store, Account};
use super::super::{members, notices, sessions};
use super::{passkeys, store, without};
use crate::db::Tx;
use crate::domain::Refusal;
use crate::domain::access::{By, ManagePeople, Platform, Role, Scope};
use crate::domain::audit::{self, Event, PLATFORM};
use crate::kit::email_address::EmailAddress;
use crate::kit::ids::{AccountId, MembershipId, OrganisationId};

/// Takes the second step of a member away.
///
/// # Errors
/// `Overtaken` in words when the member is a super manager, or the person asking is none.
pub fn reset(
    tx: &mut Tx<'_>,
    scope: &Scope<ManagePeople>,
    id: MembershipId,
    url: &str,
) -> Result<(), Refusal> {
    let target = members::member(tx.conn, scope, id)?;
    if scope.role() != Some(Role::SuperManager) {
        return Err(Refusal::overtaken("Only a super manager can reset somebody’s two-step sign-in."));
    }
    if target.role == Role::SuperManager {
        let words = "Only the people who run Kinbridge for you can reset a super manager’s two-step sign-in.";
        return Err(Refusal::overtaken(words));
    }
    let account = accounts_store::by_id(tx.conn, target.account)?.ok_or(Refusal::NotHere)?;
    take(tx, scope.by(), scope.organisation(), &account, url)
}

/// The representative's way, for a super manager of an organisation: their name.
pub fn reset_of_super_manager(
    tx: &mut Tx<'_>,
    platform: &Platform,
    organisation: OrganisationId,
    email: &EmailAddress,
    url: &str,
) -> Result<String, Refusal> {
    let none = || Refusal::overtaken("No super manager of this organisation has that email address.");
    let account = accounts_store::by_email(tx.conn, email.as_str())?.ok_or_else(none)?;
    let memberships = members::of_account(tx.conn, account.id)?;
    let here = memberships.iter().find(|one| one.organisation == organisation);
    here.filter(|one| one.role == Role::SuperManager).ok_or_else(none)?;
    take(tx, platform.by(), organisation, &account, url)?;
    Ok(account.name)
}

/// The operator's way.
pub fn reset_by_operator(
    tx: &mut Tx<'_>,
    platform: &Platform,
    account: AccountId,
    url: &str,
) -> Result<(), Refusal> {
    let account = accounts_store::by_id(tx.conn, account)?.ok_or(Refusal::NotHere)?;
    take(tx, platform.by(), PLATFORM, &account, url)
}

fn take(
    tx: &mut Tx<'_>,
    by: &By,
    organisation: OrganisationId,
    account: &Account,
    url: &str,
) -> Result<(), Refusal> {
    if account.second_step_at.is_none() {
        return Err(Refusal::overtaken(format!("{} has no two-step sign-in.", account.name)));
    }
    store::remove_authenticator(tx, account.id)?;
    passkeys::remove_all(tx, account.id)?;
    without(tx, account.id)?;
    super::super::end_links(tx, account.id)?;
    sessions::end_of(tx, account.id, None)?;
    let event = Event::new("second_step.reset", format!("reset the two-step sign-in of {}", account.name));
    audit::append(tx, organisation, by, event.about("account", account.id.0))?;
    let what = format!(
        "{} has reset it: your password alone signs you in, and you can set up two-step sign-in anew.",
        by.name
    );
    notices::second_step_changed(tx, account, &what, url)
}
