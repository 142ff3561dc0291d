//! Who may do what, as values that queries require.
//!
//! An [`Actor`] is made by `accounts` from a live session. A [`Scope`] proves that the actor may use
//! one right in one organisation; every verb and query takes one, and filters by it. A stranger is
//! told that nothing is there, a colleague without the right is told who has it.

mod families;

use std::collections::BTreeSet;
use std::fmt;
use std::marker::PhantomData;

use chrono::{NaiveDateTime, TimeDelta};

use crate::config::TwoStep;
use crate::db::text_enum;
use crate::kit::ids::{AccountId, MembershipId, OrganisationId, PlaceId, SessionId};

pub use families::{FamilyScope, Topic};

text_enum! {
    /// What a person is in one organisation. The platform representative is not a member of any.
    pub enum Role {
        SuperManager = "super manager",
        Manager = "manager",
        Staff = "staff",
        Relative = "relative",
        /// Whoever visits are made to, in community health.
        Patient = "patient",
    }
}

impl Role {
    /// Who works in an organisation. To the others its own pages do not exist.
    pub const AT_WORK: [Self; 3] = [Self::SuperManager, Self::Manager, Self::Staff];

    pub fn works_here(self) -> bool {
        Self::AT_WORK.contains(&self)
    }

    /// The word with a capital, as screens show it.
    pub fn words(self) -> &'static str {
        match self {
            Self::SuperManager => "Super manager",
            Self::Manager => "Manager",
            Self::Staff => "Staff",
            Self::Relative => "Relative",
            Self::Patient => "Patient",
        }
    }
}

text_enum! {
    /// What kind of care it gives; decides which words screens use.
    pub enum Sector {
        CareHome = "care home",
        Therapy = "therapy",
        CommunityHealth = "community health",
    }
}

impl Sector {
    pub fn words(self) -> &'static str {
        match self {
            Self::CareHome => "Care home",
            Self::Therapy => "Therapy",
            Self::CommunityHealth => "Community health",
        }
    }
}

/// Declares the permissions, and for each a type that stands for it in signatures.
macro_rules! permissions {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $words:literal, [$($role:ident),*], [$($may:ident),*];)+) => {
        text_enum! {
            /// One thing that a person may do in an organisation; granted one by one.
            pub enum Permission { $($(#[$doc])* $name = $text),+ }
        }

        impl Permission {
            /// What it lets a person do, after "May ".
            pub fn words(self) -> &'static str {
                match self { $(Self::$name => $words),+ }
            }

            /// Roles that have it unless it is taken away.
            fn by_default(self) -> &'static [Role] {
                match self { $(Self::$name => &[$(Role::$role),*]),+ }
            }

            /// Roles that can have it at all; secrets stay with super managers whatever is granted.
            pub fn possible_for(self) -> &'static [Role] {
                match self { $(Self::$name => &[$(Role::$may),*]),+ }
            }
        }

        $(
            #[doc = concat!("Proof, as `Scope<", stringify!($name), ">`, of: may ", $words, ".")]
            #[derive(Debug, Clone, Copy)]
            pub struct $name;

            impl Right for $name {
                const PERMISSION: Permission = Permission::$name;
            }
        )+
    };
}

/// A permission as a type.
pub trait Right: Send + Sync + 'static {
    const PERMISSION: Permission;
}

permissions! {
    OpenOrganisation = "open organisation", "open the organisation's pages",
        [SuperManager, Manager, Staff], [SuperManager, Manager, Staff];
    ViewResidents = "view residents", "see the residents of their places",
        [SuperManager, Manager, Staff], [SuperManager, Manager, Staff];
    EditResidents = "edit residents", "add, change, archive and restore residents",
        [SuperManager, Manager], [SuperManager, Manager, Staff];
    ViewStaff = "view staff", "see the staff list",
        [SuperManager, Manager], [SuperManager, Manager, Staff];
    EditStaff = "edit staff", "add and change staff members",
        [SuperManager, Manager], [SuperManager, Manager];
    ApproveStaff = "approve staff", "approve and reject pending staff",
        [SuperManager, Manager], [SuperManager, Manager, Staff];
    ManageRelatives = "manage relatives", "invite relatives and say what they see",
        [SuperManager, Manager], [SuperManager, Manager, Staff];
    RecordActivities = "record activities", "plan activities and record who took part",
        [SuperManager, Manager, Staff], [SuperManager, Manager, Staff];
    ViewAppointments = "view appointments", "see the appointments of their places",
        [SuperManager, Manager, Staff], [SuperManager, Manager, Staff];
    ManageAppointments = "manage appointments", "plan, change, cancel and render appointments",
        [SuperManager, Manager], [SuperManager, Manager, Staff];
    ViewReports = "view reports", "read and download reports",
        [SuperManager, Manager], [SuperManager, Manager, Staff];
    ManagePlaces = "manage places", "add and rename homes and zones",
        [SuperManager, Manager], [SuperManager, Manager];
    ViewIntegrations = "view integrations", "see the integrations and their syncs",
        [SuperManager, Manager], [SuperManager, Manager, Staff];
    RunSyncs = "run syncs", "start and cancel syncs",
        [SuperManager, Manager], [SuperManager, Manager];
    PairRecords = "pair records", "link residents and staff to their care records, and undo it",
        [SuperManager, Manager], [SuperManager, Manager, Staff];
    UndoRuns = "undo runs", "undo a whole sync",
        [SuperManager, Manager], [SuperManager, Manager];
    ManagePeople = "manage people", "change who may do what",
        [SuperManager, Manager], [SuperManager, Manager];
    ViewAudit = "view audit", "read the audit log",
        [SuperManager, Manager], [SuperManager, Manager];
    ManageIntegrations = "manage integrations", "see and change integration tokens, and the mode of the sync",
        [SuperManager], [SuperManager];
    ReleaseRuns = "release runs", "release a held sync",
        [SuperManager], [SuperManager];
    ManageOrganisation = "manage organisation", "change the organisation's settings",
        [SuperManager], [SuperManager];
}

impl Permission {
    /// What a role starts with.
    pub fn defaults(role: Role) -> BTreeSet<Self> {
        Self::ALL.iter().copied().filter(|permission| permission.by_default().contains(&role)).collect()
    }

    /// Whether a sector has what it is for: there are no relatives, activities and care records of a patient.
    pub fn is_of(self, sector: Sector) -> bool {
        let elsewhere = matches!(self, Self::ManageRelatives | Self::RecordActivities | Self::PairRecords);
        sector != Sector::CommunityHealth || !elsewhere
    }

    /// Reads the stored list; words that are unknown or beyond the role are dropped.
    pub fn read(role: Role, stored: &str) -> BTreeSet<Self> {
        let named = stored.split(',').filter_map(|word| Self::parse(word.trim()));
        named.filter(|permission| permission.possible_for().contains(&role)).collect()
    }

    pub fn write(permissions: &BTreeSet<Self>) -> String {
        permissions.iter().map(|permission| permission.as_str()).collect::<Vec<_>>().join(",")
    }
}

/// A signed-in person, with all that may be asked of their rights. Made only by `accounts`.
#[derive(Clone, Debug)]
pub struct Actor {
    pub(in crate::domain) account: AccountId,
    pub(in crate::domain) name: String,
    pub(in crate::domain) email: String,
    pub(in crate::domain) is_representative: bool,
    pub(in crate::domain) session: SessionId,
    pub(in crate::domain) session_ends_at: NaiveDateTime,
    pub(in crate::domain) confirmed_at: NaiveDateTime,
    pub(in crate::domain) address: String,
    pub(in crate::domain) has_second_step: bool,
    pub(in crate::domain) memberships: Vec<Membership>,
}

/// What a person is in one organisation, as loaded with the session.
#[derive(Clone, Debug)]
pub struct Membership {
    pub id: MembershipId,
    pub organisation: OrganisationId,
    pub organisation_name: String,
    pub sector: Sector,
    /// IANA name, such as `Europe/London`.
    pub time_zone: String,
    /// The organisation asks its staff for a second step.
    pub staff_two_step: bool,
    pub role: Role,
    pub permissions: BTreeSet<Permission>,
    /// They are sent to patients of a community health organisation.
    pub is_practitioner: bool,
    /// Homes and zones that a staff member is assigned to; other roles see all.
    pub places: Vec<PlaceId>,
}

/// Which places' people a scope reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Places {
    All,
    /// Homes and zones; none means nobody.
    Only(Vec<PlaceId>),
}

/// Who did something, as the audit trail keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct By {
    pub account: Option<AccountId>,
    pub name: String,
    /// The client's address, or empty for the portal itself.
    pub address: String,
    pub session: Option<SessionId>,
}

impl By {
    /// The portal itself: the nightly sync, and commands of the operator.
    pub fn the_portal() -> Self {
        Self { account: None, name: "The portal".into(), address: String::new(), session: None }
    }
}

/// Why somebody may not: the web shows 404 for the first and 403 for the second.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    #[error("there is no such organisation for this person")]
    Stranger,
    #[error("this needs the permission: {}", .0.words())]
    Lacks(Permission),
    #[error("this is for the platform representative")]
    NotRepresentative,
    #[error("this needs the password again")]
    StalePassword,
}

/// How long a typed password stays fresh for acts that ask for it again.
pub const FRESH_FOR: TimeDelta = TimeDelta::minutes(10);

impl Actor {
    pub fn account(&self) -> AccountId {
        self.account
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn email(&self) -> &str {
        &self.email
    }

    pub fn session(&self) -> SessionId {
        self.session
    }

    /// When the session ends if nothing more happens.
    pub fn session_ends_at(&self) -> NaiveDateTime {
        self.session_ends_at
    }

    pub fn is_representative(&self) -> bool {
        self.is_representative
    }

    pub fn memberships(&self) -> &[Membership] {
        &self.memberships
    }

    pub fn member_of(&self, organisation: OrganisationId) -> Option<&Membership> {
        self.memberships.iter().find(|membership| membership.organisation == organisation)
    }

    pub fn by(&self) -> By {
        By {
            account: Some(self.account),
            name: self.name.clone(),
            address: self.address.clone(),
            session: Some(self.session),
        }
    }

    /// Proof that this person may use the right `R` in an organisation.
    pub fn scope<R: Right>(&self, organisation: OrganisationId) -> Result<Scope<R>, Denied> {
        self.check(organisation, R::PERMISSION)?;
        let membership = self.member_of(organisation).ok_or(Denied::Stranger)?;
        let places = match membership.role {
            Role::SuperManager | Role::Manager => Places::All,
            Role::Staff | Role::Relative | Role::Patient => Places::Only(membership.places.clone()),
        };
        Ok(Scope { organisation, by: self.by(), places, role: Some(membership.role), right: PhantomData })
    }

    /// Whether a permission is held in an organisation. A relative and a patient are strangers to
    /// its staff pages.
    pub fn check(&self, organisation: OrganisationId, permission: Permission) -> Result<(), Denied> {
        let membership = self.member_of(organisation).ok_or(Denied::Stranger)?;
        match membership.role {
            Role::Relative | Role::Patient => Err(Denied::Stranger),
            _ if membership.permissions.contains(&permission) => Ok(()),
            _ => Err(Denied::Lacks(permission)),
        }
    }

    pub fn may(&self, organisation: OrganisationId, permission: Permission) -> bool {
        self.check(organisation, permission).is_ok()
    }

    /// Proof that this person runs the installation.
    pub fn platform(&self) -> Result<Platform, Denied> {
        if self.is_representative { Ok(Platform { by: self.by() }) } else { Err(Denied::NotRepresentative) }
    }

    /// Whether a second step is asked for when this person signs in.
    pub fn has_second_step(&self) -> bool {
        self.has_second_step
    }

    /// Whether this person's roles ask for a second step.
    pub fn needs_second_step(&self, policy: TwoStep) -> bool {
        let roles = self.memberships.iter().map(|one| (one.role, one.staff_two_step));
        needs_second_step(self.is_representative, roles, policy)
    }

    /// Whether this person reaches nothing until they have set up a second step.
    pub fn must_set_up(&self, policy: TwoStep) -> bool {
        !self.has_second_step && self.needs_second_step(policy)
    }

    /// Whether the password was typed within [`FRESH_FOR`].
    pub fn fresh(&self, now: NaiveDateTime) -> Result<(), Denied> {
        if now - self.confirmed_at <= FRESH_FOR { Ok(()) } else { Err(Denied::StalePassword) }
    }
}

/// Whether roles ask for a second step; each with whether its organisation asks its staff for one.
pub(in crate::domain) fn needs_second_step(
    is_representative: bool,
    roles: impl IntoIterator<Item = (Role, bool)>,
    policy: TwoStep,
) -> bool {
    let here = |(role, staff_two_step)| match role {
        Role::SuperManager | Role::Manager => policy == TwoStep::Required,
        Role::Staff => staff_two_step,
        Role::Relative | Role::Patient => false,
    };
    (is_representative && policy == TwoStep::Required) || roles.into_iter().any(here)
}

/// Proof that somebody may use the right `R` in one organisation.
pub struct Scope<R> {
    organisation: OrganisationId,
    by: By,
    places: Places,
    role: Option<Role>,
    right: PhantomData<R>,
}

impl<R> Clone for Scope<R> {
    fn clone(&self) -> Self {
        Self {
            organisation: self.organisation,
            by: self.by.clone(),
            places: self.places.clone(),
            role: self.role,
            right: PhantomData,
        }
    }
}

impl<R: Right> fmt::Debug for Scope<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Scope({}, {})", self.organisation, R::PERMISSION.as_str())
    }
}

impl<R: Right> Scope<R> {
    /// The portal acting for an organisation: jobs and commands, never a page (a test holds that).
    pub fn for_the_portal(organisation: OrganisationId) -> Self {
        Self { organisation, by: By::the_portal(), places: Places::All, role: None, right: PhantomData }
    }

    /// A program that showed a key of the organisation which works. Made only by `api_keys`.
    pub(in crate::domain) fn for_a_program(organisation: OrganisationId, key: &str) -> Self {
        let by = By { name: format!("API key {key}"), ..By::the_portal() };
        Self { organisation, by, places: Places::All, role: None, right: PhantomData }
    }

    /// Somebody whom a feature has let in to one thing of theirs, such as a patient to an appointment. Never handed
    /// out: the feature keeps it behind verbs that reach that thing alone.
    pub(in crate::domain) fn of_somebody(organisation: OrganisationId, by: By) -> Self {
        Self { organisation, by, places: Places::All, role: None, right: PhantomData }
    }
}

impl<R> Scope<R> {
    pub fn organisation(&self) -> OrganisationId {
        self.organisation
    }

    pub fn by(&self) -> &By {
        &self.by
    }

    pub fn places(&self) -> &Places {
        &self.places
    }

    /// `None` for the portal itself.
    pub fn role(&self) -> Option<Role> {
        self.role
    }
}

/// Proof that somebody runs the installation. Sees counts and errors, never residents.
#[derive(Clone, Debug)]
pub struct Platform {
    by: By,
}

impl Platform {
    /// The operator at the command line.
    pub fn for_the_operator() -> Self {
        Self { by: By { name: "The operator".into(), ..By::the_portal() } }
    }

    pub fn by(&self) -> &By {
        &self.by
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_stay_with_super_managers_whatever_is_granted() {
        let all = Permission::write(&Permission::ALL.iter().copied().collect());
        for role in [Role::Manager, Role::Staff, Role::Relative, Role::Patient] {
            let held = Permission::read(role, &all);
            assert!(!held.contains(&Permission::ManageIntegrations), "{role:?}");
            assert!(!held.contains(&Permission::ReleaseRuns), "{role:?}");
        }
        assert_eq!(Permission::read(Role::SuperManager, &all).len(), Permission::ALL.len());
    }

    #[test]
    fn unknown_words_in_the_stored_list_grant_nothing() {
        assert!(Permission::read(Role::Manager, "everything, admin,").is_empty());
    }
}
