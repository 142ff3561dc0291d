//! Letting many people into an organisation at once, and taking access away: accounts, memberships, places,
//! sessions and links, set by set.
//!
//! Deliberately writes no event of its own: the caller has one for each person, which says why.

mod store;

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::{NaiveDate, NaiveDateTime};

use super::{ACTIVATION, AccountState, members, slips};
use crate::db::{Conn, Tx};
use crate::domain::Refusal;
use crate::domain::access::{ApproveStaff, Denied, ManagePeople, Permission, Places, Right, Role, Scope};
use crate::kit::ids::{AccountId, MembershipId, OrganisationId, PlaceId};
use crate::kit::login::Login;
use crate::kit::secret::{Secret, fingerprint};

pub use store::Here;

/// Somebody to be let in.
#[derive(Debug, Clone)]
pub struct Candidate {
    pub login: Login,
    pub name: String,
    pub role: Role,
    pub permissions: BTreeSet<Permission>,
    pub places: Vec<PlaceId>,
    /// The last day of access, for those who come for a while.
    pub ends_on: Option<NaiveDate>,
}

/// What became of a candidate.
#[derive(Debug)]
pub enum Admission {
    In {
        account: AccountId,
        membership: MembershipId,
        /// The secret for `links::activate`, unless the person has a password already; a code to be printed for
        /// who signs in with a name.
        link: Option<Secret>,
    },
    /// The address belongs to somebody of this organisation.
    AlreadyHere,
    /// Somebody signs in with that name. A name is given to one person, and never joins another's account.
    NameTaken,
    /// The account was closed by the representative.
    Closed,
    /// The name cannot be an account's.
    NoName,
}

/// Who gives, read anew: the request may be older than a change of their own rights.
#[derive(Debug, Clone)]
pub struct Granter {
    /// `None` for the portal itself.
    pub role: Option<Role>,
    pub holds: BTreeSet<Permission>,
    pub places: Places,
}

impl Granter {
    /// Why this person may not give that, if they may not. Nobody grants what they do not hold.
    pub fn refuses(&self, role: Role, permissions: &BTreeSet<Permission>) -> Option<String> {
        let reaches = members::reaches(self.role, role)
            || (self.role == Some(Role::Staff) && role == Role::Staff && self.may(Permission::ApproveStaff));
        if !reaches {
            return Some(format!("Only a super manager can approve somebody as {}.", role.as_str()));
        }
        if let Some(beyond) = permissions.iter().find(|one| !one.possible_for().contains(&role)) {
            return Some(format!("A {} cannot be allowed to {}.", role.as_str(), beyond.words()));
        }
        let beyond = permissions.iter().find(|one| !self.may(**one))?;
        Some(format!("You cannot allow others to {}, because you may not yourself.", beyond.words()))
    }

    /// Whether this person manages people of a role.
    pub fn reaches(&self, role: Role) -> bool {
        members::reaches(self.role, role)
    }

    pub fn may(&self, permission: Permission) -> bool {
        self.holds.contains(&permission)
    }
}

/// # Errors
/// [`Refusal::Denied`] when the right was taken away since the request began.
pub fn granter<R: Right>(conn: &mut Conn, scope: &Scope<R>) -> Result<Granter, Refusal> {
    let Some(account) = scope.by().account else {
        let holds = Permission::ALL.iter().copied().collect();
        return Ok(Granter { role: None, holds, places: Places::All });
    };
    let mine = members::of_account(conn, account)?;
    let here = mine.into_iter().find(|one| one.organisation == scope.organisation());
    let here = here.ok_or(Denied::Stranger)?;
    if !here.permissions.contains(&R::PERMISSION) {
        return Err(Denied::Lacks(R::PERMISSION).into());
    }
    let places = if here.role == Role::Staff { Places::Only(here.places) } else { Places::All };
    Ok(Granter { role: Some(here.role), holds: here.permissions, places })
}

/// Lets everybody in who can be, in their order. The caller has checked what the granter may give.
pub fn admit(
    tx: &mut Tx<'_>,
    scope: &Scope<ApproveStaff>,
    candidates: &[Candidate],
) -> Result<Vec<Admission>, Refusal> {
    let emails: Vec<String> = candidates.iter().map(|one| one.login.as_str().to_owned()).collect();
    let known = store::accounts_by_email(tx.conn, &emails)?;
    let ids: Vec<AccountId> = known.values().map(|one| one.id).collect();
    let before = store::memberships_of(tx.conn, scope.organisation(), &ids)?;
    let mut taken = HashSet::new();
    let refused: Vec<Option<Admission>> = candidates
        .iter()
        .map(|one| {
            let account = known.get(one.login.as_str());
            let live = account.and_then(|account| before.get(&account.id)).is_some_and(|(_, ended)| !ended);
            if super::unusable_name(&one.name) {
                return Some(Admission::NoName);
            }
            if account.is_some() && matches!(one.login, Login::Name(_)) {
                return Some(Admission::NameTaken);
            }
            if account.is_some_and(|account| account.state == AccountState::Disabled) {
                return Some(Admission::Closed);
            }
            // Two of one list with one address are not let in as one person.
            (live || !taken.insert(one.login.as_str())).then_some(Admission::AlreadyHere)
        })
        .collect();
    let let_in: Vec<&Candidate> =
        candidates.iter().zip(&refused).filter(|(_, no)| no.is_none()).map(|(one, _)| one).collect();
    let accounts = store::accounts_for(tx, &known, &let_in)?;
    let memberships = store::join(tx, scope.organisation(), &before, &accounts, &let_in)?;
    let mut links = invite(tx, scope, &accounts)?;
    let mut done = accounts.iter().zip(memberships);
    let admissions = refused.into_iter().map(|no| {
        if let Some(no) = no {
            return Ok(no);
        }
        let let_in = done.next().ok_or_else(|| Refusal::Broken("somebody was not let in".into()));
        let_in.map(|(account, membership)| {
            let link = links.remove(&account.id);
            Admission::In { account: account.id, membership, link }
        })
    });
    admissions.collect()
}

/// New activation links for those who have no password yet; earlier ones end.
fn invite(
    tx: &mut Tx<'_>,
    scope: &Scope<ApproveStaff>,
    accounts: &[Here],
) -> Result<HashMap<AccountId, Secret>, Refusal> {
    let invited: Vec<&Here> = accounts.iter().filter(|one| one.state == AccountState::Invited).collect();
    let ids: Vec<AccountId> = invited.iter().map(|one| one.id).collect();
    store::end_activations(tx, &ids)?;
    let mut links = HashMap::with_capacity(invited.len());
    let mut rows = Vec::with_capacity(invited.len());
    for account in invited {
        let token = slips::secret_for(&account.email)?;
        rows.push((account.id, fingerprint(token.reveal())));
        links.insert(account.id, token);
    }
    store::insert_activations(tx, &rows, tx.now + ACTIVATION, super::inviting(scope.by()))?;
    Ok(links)
}

/// Ends access to an organisation at once: memberships, sessions, and links that were not used yet. Returns
/// the accounts that keep theirs because somebody has to be super manager.
pub(in crate::domain) fn shut_out(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    accounts: &[AccountId],
) -> Result<Vec<AccountId>, Refusal> {
    let mut kept = Vec::new();
    let mut ending = Vec::new();
    for (membership, account, role) in store::live_memberships(tx.conn, organisation, accounts)? {
        if role == Role::SuperManager && members::is_last_super_manager(tx.conn, organisation, account)? {
            kept.push(account);
            continue;
        }
        store::end_memberships(tx, &[membership])?;
        ending.push(account);
    }
    store::end_sessions(tx, &ending)?;
    for account in ending {
        super::end_links(tx, account)?;
    }
    Ok(kept)
}

/// Gives access back as it was, as far as the person who does it holds it themselves: whether there was any.
///
/// # Errors
/// [`Refusal::Overtaken`] for a role that this person may not give.
pub(in crate::domain) fn let_back_in(
    tx: &mut Tx<'_>,
    scope: &Scope<ManagePeople>,
    account: AccountId,
) -> Result<bool, Refusal> {
    let granter = granter(tx.conn, scope)?;
    let Some((membership, role, stored)) = store::ended_membership(tx.conn, scope.organisation(), account)?
    else {
        return Ok(false);
    };
    let permissions = &Permission::read(role, &stored) & &granter.holds;
    if let Some(words) = granter.refuses(role, &permissions) {
        return Err(Refusal::Overtaken(words));
    }
    store::revive(tx, membership, &Permission::write(&permissions))?;
    Ok(true)
}

/// Where an account stands in one organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    pub account: AccountId,
    pub membership: MembershipId,
    pub name: String,
    pub email: String,
    pub role: Role,
    pub state: AccountState,
    /// The membership has not ended.
    pub live: bool,
    /// The last day of access.
    pub ends_on: Option<NaiveDate>,
    /// Until when the activation link works that was sent last, if it was not used.
    pub link_until: Option<NaiveDateTime>,
}

pub(in crate::domain) fn standing(
    conn: &mut Conn,
    organisation: OrganisationId,
    account: AccountId,
) -> Result<Option<Standing>, Refusal> {
    Ok(store::standing(conn, organisation, account)?)
}

pub(in crate::domain) fn set_end(
    tx: &mut Tx<'_>,
    membership: MembershipId,
    until: NaiveDate,
) -> Result<(), Refusal> {
    Ok(store::set_end(tx, membership, until)?)
}

/// The accounts of an organisation's staff by address: live memberships, relatives' too.
pub(in crate::domain) fn here(conn: &mut Conn, organisation: OrganisationId) -> Result<Vec<Here>, Refusal> {
    Ok(store::here(conn, organisation)?)
}

/// The same of one account, if it is here.
pub(in crate::domain) fn one_here(
    conn: &mut Conn,
    organisation: OrganisationId,
    account: AccountId,
) -> Result<Option<Here>, Refusal> {
    Ok(store::one_here(conn, organisation, account)?)
}
