//! Staff members beside their accounts: who is here, many added at once, and whose account is whose.

use std::collections::HashMap;

use diesel::QueryResult;

use super::{StaffDetails, StaffState, store};
use crate::db::{Conn, Tx};
use crate::domain::Refusal;
use crate::domain::access::{ApproveStaff, Scope};
use crate::domain::accounts::{self, Here};
use crate::kit::ids::{AccountId, OrganisationId, StaffMemberId};
use crate::kit::login::is_address;

/// Why a sync suspends somebody; only these wait for approval again when the vendor lists them again.
pub const LEFT: &str = "No longer in the care record system";

/// A staff member, in as much as approvals compare.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    pub id: StaffMemberId,
    pub sort_name: String,
    pub email: String,
    pub state: StaffState,
    /// Suspended because the vendor no longer listed them.
    pub left: bool,
    pub account: Option<AccountId>,
}

/// Everybody on the staff list, whatever their state.
pub fn known(conn: &mut Conn, organisation: OrganisationId) -> QueryResult<Vec<Known>> {
    store::known(conn, organisation, None)
}

/// The accounts with which staff members sign in: the one that is theirs, else the one that has their address,
/// if no other active staff member has it too.
pub fn signing_in(known: &[Known], here: &[Here]) -> HashMap<StaffMemberId, AccountId> {
    let mut by_email: HashMap<&str, usize> = HashMap::new();
    for one in known.iter().filter(|one| one.state == StaffState::Active && !one.email.is_empty()) {
        *by_email.entry(&one.email).or_default() += 1;
    }
    // What a vendor sends as an address may be anything, and is never somebody's sign-in name.
    let works =
        |one: &&Here| one.role.is_none_or(crate::domain::access::Role::works_here) && is_address(&one.email);
    let accounts: HashMap<&str, AccountId> =
        here.iter().filter(works).map(|one| (one.email.as_str(), one.id)).collect();
    let of = |one: &Known| {
        let by_address = accounts.get(one.email.as_str()).copied();
        let alone = by_email.get(one.email.as_str()).is_none_or(|n| *n <= 1);
        one.account.or(by_address.filter(|_| alone)).map(|account| (one.id, account))
    };
    known.iter().filter_map(of).collect()
}

/// Adds staff members who were approved, each with their account; their ids in the same order.
pub fn add_approved(
    tx: &mut Tx<'_>,
    scope: &Scope<ApproveStaff>,
    new: &[(StaffDetails, AccountId)],
) -> Result<Vec<StaffMemberId>, Refusal> {
    let ids = store::insert_many(tx, scope.organisation(), new)?;
    super::recompute_look_alikes(tx, scope.organisation())?;
    Ok(ids)
}

/// Gives staff members who were approved their accounts; whoever was suspended works here again.
pub fn take_accounts(
    tx: &mut Tx<'_>,
    scope: &Scope<ApproveStaff>,
    accounts: &[(StaffMemberId, AccountId)],
) -> Result<(), Refusal> {
    for (member, account) in accounts {
        store::take_account(tx, scope.organisation(), *member, *account)?;
    }
    Ok(())
}

/// Suspends staff members: their access ends now, with all sessions and links. Returns the accounts that stay
/// because somebody has to be super manager; those staff members stay active.
pub(in crate::domain) fn suspend_many(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    ids: &[StaffMemberId],
    because: &str,
    by: &str,
) -> Result<Vec<StaffMemberId>, Refusal> {
    let accounts = signing_in(&known(tx.conn, organisation)?, &accounts::here(tx.conn, organisation)?);
    let theirs: Vec<AccountId> = ids.iter().filter_map(|id| accounts.get(id).copied()).collect();
    let kept = accounts::shut_out(tx, organisation, &theirs)?;
    let stays = |id: &StaffMemberId| accounts.get(id).is_some_and(|account| kept.contains(account));
    let (stay, go): (Vec<StaffMemberId>, Vec<StaffMemberId>) = ids.iter().partition(|id| stays(id));
    // Whose account it was is known from now on, whatever happens to the address.
    for (id, account) in go.iter().filter_map(|id| Some((*id, *accounts.get(id)?))) {
        store::keep_account(tx, organisation, id, account)?;
    }
    store::suspend(tx, organisation, &go, because, by)?;
    super::recompute_look_alikes(tx, organisation)?;
    Ok(stay)
}

/// The staff member who signs in with an account.
pub(in crate::domain) fn member_of(
    conn: &mut Conn,
    organisation: OrganisationId,
    account: AccountId,
) -> Result<Option<StaffMemberId>, Refusal> {
    let here = accounts::one_here(conn, organisation, account)?;
    let email = here.as_ref().map_or("", |one| one.email.as_str());
    let known = store::known(conn, organisation, Some((account, email)))?;
    let all = signing_in(&known, here.as_slice());
    Ok(all.into_iter().find(|(_, of)| *of == account).map(|(id, _)| id))
}

/// Ends the access of an account, and suspends the staff member whose it is, if there is one.
pub(in crate::domain) fn end_access(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    account: AccountId,
    (because, by): (&str, &str),
) -> Result<(), Refusal> {
    match member_of(tx.conn, organisation, account)? {
        Some(member) => suspend_many(tx, organisation, &[member], because, by).map(drop)?,
        None => accounts::shut_out(tx, organisation, &[account]).map(drop)?,
    }
    Ok(())
}
