//! Who is what in an organisation, and who may change it.
//!
//! The rules: nobody grants what they do not hold; managers manage staff only; nobody raises
//! themselves; an organisation is never left without a super manager who can sign in. A change counts
//! from the next request, since rights are read anew with each.

mod store;

use std::collections::BTreeSet;

use diesel::QueryResult;

use super::{AccountState, Invited, NewAccount};
use crate::db::{Conn, Tx};
use crate::domain::Refusal;
use crate::domain::access::{By, Denied, ManagePeople, Membership, Permission, Platform, Role, Scope};
use crate::domain::audit::{self, Event};
use crate::domain::letters;
use crate::kit::ids::{AccountId, MembershipId, OrganisationId, PlaceId, ResidentId};
use crate::kit::secret::Secret;

/// Somebody in the list *People*. Relatives and patients are not in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    pub id: MembershipId,
    pub account: AccountId,
    pub name: String,
    pub email: String,
    pub state: AccountState,
    pub role: Role,
    pub permissions: BTreeSet<Permission>,
    /// A second step is asked for when they sign in.
    pub has_second_step: bool,
    /// Homes and zones that the person is assigned to; only staff are narrowed by them.
    pub places: Vec<PlaceId>,
}

pub(super) fn of_account(conn: &mut Conn, account: AccountId) -> QueryResult<Vec<Membership>> {
    store::of_account(conn, account)
}

pub fn members(conn: &mut Conn, scope: &Scope<ManagePeople>) -> QueryResult<Vec<Member>> {
    store::of_organisation(conn, scope.organisation(), None)
}

/// # Errors
/// [`Refusal::NotHere`] for a membership of another organisation, one that has ended, and a relative's.
pub fn member(conn: &mut Conn, scope: &Scope<ManagePeople>, id: MembershipId) -> Result<Member, Refusal> {
    let found = store::of_organisation(conn, scope.organisation(), Some(id))?;
    found.into_iter().next().ok_or(Refusal::NotHere)
}

/// Names of up to three people of the organisation who hold a permission, for "Ask Mary Jones."
pub fn holders(
    conn: &mut Conn,
    organisation: OrganisationId,
    permission: Permission,
) -> QueryResult<Vec<String>> {
    let members = store::active_with_roles(conn, organisation, &[Role::SuperManager, Role::Manager])?;
    let holding =
        members.into_iter().filter(|(_, role, stored)| Permission::read(*role, stored).contains(&permission));
    Ok(holding.map(|(name, ..)| name).take(3).collect())
}

/// Whether the person in `scope` may change this member at all: what the page shows no form for.
pub fn may_change(scope: &Scope<ManagePeople>, member: &Member) -> bool {
    reaches(scope.role(), member.role)
}

/// Makes or finds the account and gives it a role here. Somebody who was here before is back.
pub fn add(
    tx: &mut Tx<'_>,
    scope: &Scope<ManagePeople>,
    new: &NewAccount,
    role: Role,
) -> Result<Invited, Refusal> {
    let acting = acting(tx.conn, scope)?;
    acting.may_give(role)?;
    let granted = &Permission::defaults(role) & &acting.holds;
    join(tx, scope.organisation(), scope.by(), new, role, &granted)
}

/// A new activation link for somebody who has not used theirs; the old one ends.
pub fn invite_again(
    tx: &mut Tx<'_>,
    scope: &Scope<ManagePeople>,
    id: MembershipId,
) -> Result<Secret, Refusal> {
    let (target, _) = changeable(tx.conn, scope, id)?;
    if target.state != AccountState::Invited {
        return Err(Refusal::overtaken(format!("{} has created a password already.", target.name)));
    }
    let link = super::invite(tx, target.account, super::inviting(scope.by()))?;
    let event = Event::new("membership.invited", format!("sent {} a new invitation", target.name));
    record(tx, scope.organisation(), scope.by(), event.about("membership", id.0))?;
    Ok(link)
}

/// The representative's (and the operator's) way to an organisation's first super manager.
pub fn add_by_platform(
    tx: &mut Tx<'_>,
    platform: &Platform,
    organisation: OrganisationId,
    new: &NewAccount,
    role: Role,
) -> Result<Invited, Refusal> {
    join(tx, organisation, platform.by(), new, role, &Permission::defaults(role))
}

fn join(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    by: &By,
    new: &NewAccount,
    role: Role,
    permissions: &BTreeSet<Permission>,
) -> Result<Invited, Refusal> {
    let mut invited = super::find_or_create(tx, by, new, organisation)?;
    let stored = Permission::write(permissions);
    let membership = match store::find(tx.conn, organisation, invited.account)? {
        Some((_, false)) => {
            let words = format!("{} is already in this organisation.", new.email);
            return Err(Refusal::invalid("email", words));
        }
        Some((id, true)) => {
            store::set(tx, id, role, &stored)?;
            store::without_end(tx, id)?;
            id
        }
        None => store::insert(tx, organisation, invited.account, role, &stored)?,
    };
    invited.membership = Some(membership);
    let words = format!("gave {} the role {}", new.name, role.as_str());
    record(tx, organisation, by, Event::new("membership.added", words).about("membership", membership.0))?;
    Ok(invited)
}

/// Gives a member another role, with the permissions that come with it.
pub fn change_role(
    tx: &mut Tx<'_>,
    scope: &Scope<ManagePeople>,
    id: MembershipId,
    role: Role,
) -> Result<(), Refusal> {
    let (target, acting) = changeable(tx.conn, scope, id)?;
    if role == Role::Relative {
        return Err(Refusal::invalid("role", "Relatives are added on a resident’s page."));
    }
    if role == Role::Patient {
        return Err(Refusal::invalid("role", "Patients are invited on their own page."));
    }
    if target.role == role {
        return Ok(());
    }
    acting.may_give(role)?;
    // A lower value is a higher role.
    if scope.by().account == Some(target.account) && role < target.role {
        return Err(Refusal::invalid("role", "You cannot give yourself a higher role."));
    }
    keep_a_super_manager(tx.conn, scope.organisation(), &target, role == Role::SuperManager)?;
    let held = |one: &Permission| acting.holds.contains(one) || target.permissions.contains(one);
    let kept = Permission::defaults(role).into_iter().filter(held);
    let permissions: BTreeSet<Permission> = kept.collect();
    store::set(tx, id, role, &Permission::write(&permissions))?;
    super::sessions::end_of(tx, target.account, None)?;
    let words = format!("changed {} from {} to {}", target.name, target.role.as_str(), role.as_str());
    let event = Event::new("membership.role", words).about("membership", id.0).with(serde_json::json!({
        "role": [target.role.as_str(), role.as_str()],
        "permissions": [Permission::write(&target.permissions), Permission::write(&permissions)],
    }));
    record(tx, scope.organisation(), scope.by(), event)
}

/// Sets what a member may do, one by one.
pub fn change_permissions(
    tx: &mut Tx<'_>,
    scope: &Scope<ManagePeople>,
    id: MembershipId,
    permissions: &BTreeSet<Permission>,
) -> Result<(), Refusal> {
    let (target, acting) = changeable(tx.conn, scope, id)?;
    if target.role == Role::SuperManager {
        // Else what the last one gave away would be nobody's to give back.
        let words = "A super manager may do everything. Change their role first.";
        return Err(Refusal::invalid("permissions", words));
    }
    if let Some(beyond) = permissions.iter().find(|one| !one.possible_for().contains(&target.role)) {
        let words = format!("A {} cannot be allowed to {}.", target.role.as_str(), beyond.words());
        return Err(Refusal::invalid("permissions", words));
    }
    let new: Vec<Permission> = permissions.difference(&target.permissions).copied().collect();
    if let Some(beyond) = new.iter().find(|one| !acting.holds.contains(one)) {
        let words = format!("You cannot allow others to {}, because you may not yourself.", beyond.words());
        return Err(Refusal::invalid("permissions", words));
    }
    if *permissions == target.permissions {
        return Ok(());
    }
    let (before, after) = (Permission::write(&target.permissions), Permission::write(permissions));
    store::set(tx, id, target.role, &after)?;
    let words = format!("changed what {} may do", target.name);
    let event = Event::new("membership.permissions", words)
        .about("membership", id.0)
        .with(serde_json::json!({ "permissions": [before, after] }));
    record(tx, scope.organisation(), scope.by(), event)
}

/// Sets the homes and zones whose people a staff member sees; none means nobody.
pub fn assign_places(
    tx: &mut Tx<'_>,
    scope: &Scope<ManagePeople>,
    id: MembershipId,
    places: &[PlaceId],
) -> Result<(), Refusal> {
    let (target, _) = changeable(tx.conn, scope, id)?;
    let wanted: BTreeSet<PlaceId> = places.iter().copied().collect();
    let named = store::places_named(tx.conn, scope.organisation(), places)?;
    if named.len() != wanted.len() {
        return Err(Refusal::NotHere);
    }
    let to: Vec<PlaceId> = named.iter().map(|(place, _)| *place).collect();
    store::set_places(tx, id, &to)?;
    let names: Vec<&str> = named.iter().map(|(_, name)| name.as_str()).collect();
    let names = if names.is_empty() { "no place".to_owned() } else { names.join(", ") };
    let event = Event::new("membership.places", format!("assigned {} to {names}", target.name))
        .about("membership", id.0)
        .with(serde_json::json!({ "places": [target.places, to] }));
    record(tx, scope.organisation(), scope.by(), event)
}

/// Takes somebody out of the organisation. Their account stays, since they may be elsewhere too.
pub fn end_membership(tx: &mut Tx<'_>, scope: &Scope<ManagePeople>, id: MembershipId) -> Result<(), Refusal> {
    let (target, _) = changeable(tx.conn, scope, id)?;
    keep_a_super_manager(tx.conn, scope.organisation(), &target, false)?;
    store::end(tx, id)?;
    super::sessions::end_of(tx, target.account, None)?;
    let words = format!("took {} out of the organisation", target.name);
    let event = Event::new("membership.ended", words).about("membership", id.0);
    record(tx, scope.organisation(), scope.by(), event)
}

/// Makes an account the relative of a resident, and so a member as a relative.
pub fn relate(
    tx: &mut Tx<'_>,
    by: &By,
    resident: ResidentId,
    account: AccountId,
    relationship: &str,
) -> Result<(), Refusal> {
    let organisation = store::organisation_of(tx.conn, resident)?.ok_or(Refusal::NotHere)?;
    match store::find(tx.conn, organisation, account)? {
        Some((_, false)) => {}
        Some((id, true)) => {
            store::set(tx, id, Role::Relative, "")?;
            store::without_end(tx, id)?;
        }
        None => drop(store::insert(tx, organisation, account, Role::Relative, "")?),
    }
    store::relate(tx, resident, account, relationship)?;
    let event = Event::new("relative.added", "added a relative").about("resident", resident.0);
    record(tx, organisation, by, event)
}

/// Takes a relative from a resident; their pages are gone with the next request.
pub fn unrelate(tx: &mut Tx<'_>, by: &By, resident: ResidentId, account: AccountId) -> Result<(), Refusal> {
    let organisation = store::organisation_of(tx.conn, resident)?.ok_or(Refusal::NotHere)?;
    if store::unrelate(tx, resident, account)? == 0 {
        return Err(Refusal::NotHere);
    }
    letters::withdraw_news_to(tx, account)?;
    let event = Event::new("relative.removed", "removed a relative").about("resident", resident.0);
    record(tx, organisation, by, event)
}

/// Makes or finds the account of a patient, and lets it in as one.
///
/// # Errors
/// `Invalid` on `email` where somebody who works here has that address.
pub(in crate::domain) fn let_patient_in(
    tx: &mut Tx<'_>,
    by: &By,
    organisation: OrganisationId,
    new: &NewAccount,
) -> Result<Invited, Refusal> {
    let mut invited = super::find_or_create(tx, by, new, organisation)?;
    let role = role_of(tx.conn, organisation, invited.account)?;
    if role.is_some_and(|role| role != Role::Patient) {
        let words = "Somebody who works here signs in with this address. A patient needs one of their own";
        return Err(Refusal::invalid("email", words));
    }
    let membership = match store::find(tx.conn, organisation, invited.account)? {
        Some((id, _)) => {
            store::set(tx, id, Role::Patient, "")?;
            store::without_end(tx, id)?;
            id
        }
        None => store::insert(tx, organisation, invited.account, Role::Patient, "")?,
    };
    invited.membership = Some(membership);
    Ok(invited)
}

/// Ends what [`let_patient_in`] began; their pages are gone with the next request.
pub(in crate::domain) fn shut_patient_out(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    account: AccountId,
) -> Result<(), Refusal> {
    if role_of(tx.conn, organisation, account)? != Some(Role::Patient) {
        return Ok(());
    }
    if let Some((id, false)) = store::find(tx.conn, organisation, account)? {
        store::end(tx, id)?;
    }
    super::sessions::end_of(tx, account, None)?;
    Ok(())
}

/// What an account is in an organisation now.
pub(in crate::domain) fn role_of(
    conn: &mut Conn,
    organisation: OrganisationId,
    account: AccountId,
) -> QueryResult<Option<Role>> {
    let here = of_account(conn, account)?.into_iter().find(|one| one.organisation == organisation);
    Ok(here.map(|one| one.role))
}

/// Refuses to shut an account that is some organisation's last super manager.
pub(super) fn keep_super_managers_without(conn: &mut Conn, account: AccountId) -> Result<(), Refusal> {
    for (organisation, name) in store::super_managed(conn, account)? {
        if store::other_super_managers(conn, organisation, account)? == 0 {
            return Err(last_one(&name));
        }
    }
    Ok(())
}

/// Who is asking, read anew: the request may be older than a change of their own rights.
struct Acting {
    /// `None` for the portal itself.
    role: Option<Role>,
    holds: BTreeSet<Permission>,
}

fn acting(conn: &mut Conn, scope: &Scope<ManagePeople>) -> Result<Acting, Refusal> {
    let Some(account) = scope.by().account else {
        return Ok(Acting { role: None, holds: Permission::ALL.iter().copied().collect() });
    };
    let mine = of_account(conn, account)?;
    let here = mine.into_iter().find(|one| one.organisation == scope.organisation());
    let here = here.ok_or(Denied::Stranger)?;
    if !here.permissions.contains(&Permission::ManagePeople) {
        return Err(Denied::Lacks(Permission::ManagePeople).into());
    }
    Ok(Acting { role: Some(here.role), holds: here.permissions })
}

impl Acting {
    fn may_give(&self, role: Role) -> Result<(), Refusal> {
        if reaches(self.role, role) {
            return Ok(());
        }
        Err(Refusal::invalid("role", "Only a super manager can make somebody that."))
    }
}

/// Whom a role may manage: managers their staff, super managers everybody.
pub(super) fn reaches(acting: Option<Role>, target: Role) -> bool {
    match acting {
        None | Some(Role::SuperManager) => true,
        Some(Role::Manager) => target == Role::Staff,
        Some(Role::Staff | Role::Relative | Role::Patient) => false,
    }
}

fn changeable(
    conn: &mut Conn,
    scope: &Scope<ManagePeople>,
    id: MembershipId,
) -> Result<(Member, Acting), Refusal> {
    let (target, acting) = (member(conn, scope, id)?, acting(conn, scope)?);
    if reaches(acting.role, target.role) {
        return Ok((target, acting));
    }
    let role = target.role.as_str();
    Err(Refusal::overtaken(format!("{} is a {role}. Only a super manager can change that.", target.name)))
}

fn keep_a_super_manager(
    conn: &mut Conn,
    organisation: OrganisationId,
    target: &Member,
    stays_one: bool,
) -> Result<(), Refusal> {
    if target.role != Role::SuperManager || stays_one {
        return Ok(());
    }
    match store::other_super_managers(conn, organisation, target.account)? {
        0 => Err(last_one("this organisation")),
        _ => Ok(()),
    }
}

/// Whether nobody else who can sign in is super manager of the organisation.
pub(super) fn is_last_super_manager(
    conn: &mut Conn,
    organisation: OrganisationId,
    account: AccountId,
) -> QueryResult<bool> {
    Ok(store::other_super_managers(conn, organisation, account)? == 0)
}

fn last_one(of: &str) -> Refusal {
    Refusal::overtaken(format!(
        "This is the last super manager of {of} who can sign in. Make somebody else a super manager first."
    ))
}

fn record(tx: &mut Tx<'_>, organisation: OrganisationId, by: &By, event: Event) -> Result<(), Refusal> {
    Ok(audit::append(tx, organisation, by, event)?)
}
