//! *Approve selected*: accounts, memberships, places, staff members, pairings, letters and events of everybody who
//! can be let in, in one transaction; whoever cannot is named with the reason.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::NaiveDate;

use super::decide::covers;
use super::presets;
use super::store::{self, Reach, Row};
use super::{State, reach};
use crate::db::Tx;
use crate::domain::Refusal;
use crate::domain::access::{ApproveStaff, Permission, Role, Scope};
use crate::domain::accounts::{self, Admission, Candidate, Granter, Slip};
use crate::domain::audit::{self, Event};
use crate::domain::letters::{self, Letter, Recipient};
use crate::domain::organisations::{self, Organisation, Place};
use crate::domain::pairing;
use crate::domain::staff::{self, StaffDetails, StaffState};
use crate::kit::email_address::EmailAddress;
use crate::kit::ids::{AccountId, ApprovalId, ConnectionId, ExternalRecordId, PlaceId, StaffMemberId};
use crate::kit::login::{Login, SignInName};
use crate::links;
use crate::mail::StaffApproved;

/// Somebody to be approved, with what was chosen in the form; else what was chosen before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approving {
    pub id: ApprovalId,
    pub granted: Option<(Role, BTreeSet<Permission>)>,
    /// The name to sign in with, as typed, for who has no address; empty for the one that is suggested.
    pub sign_in_name: String,
}

/// Who an act was about: those it was done to, and why it was not to others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    pub done: Vec<(ApprovalId, String)>,
    /// A sentence for each.
    pub left: Vec<(ApprovalId, String)>,
    /// For those who have no address, to be printed now: nothing else tells them.
    pub slips: Vec<Slip>,
}

/// A row that can be approved, as far as is known before accounts are asked.
struct Ready {
    row: Row,
    local: Option<StaffMemberId>,
    places: Vec<PlaceId>,
    candidate: Candidate,
    system: &'static str,
}

/// What rows are checked against.
struct Checks {
    granter: Granter,
    reach: Reach,
    places: HashMap<ApprovalId, Vec<PlaceId>>,
    paired: HashMap<ExternalRecordId, StaffMemberId>,
    suspended: HashSet<StaffMemberId>,
    /// The names that those without an address sign in with; nothing where theirs holds no letters.
    names: HashMap<ApprovalId, Option<SignInName>>,
    /// Staff members who can sign in already.
    signing_in: HashMap<StaffMemberId, AccountId>,
    /// The names of the systems that list them.
    systems: HashMap<ConnectionId, &'static str>,
}

/// Approves people. Nothing is done twice: who was decided about meanwhile is named with who did it.
///
/// # Errors
/// [`Refusal::Denied`] when the right was taken away since the request began.
pub fn approve(
    tx: &mut Tx<'_>,
    scope: &Scope<ApproveStaff>,
    wanted: &[Approving],
    public_url: &str,
) -> Result<Outcome, Refusal> {
    let granter = accounts::granter(tx.conn, scope)?;
    let reach = reach(tx.conn, scope, &granter.places)?;
    let ids: Vec<ApprovalId> = wanted.iter().map(|one| one.id).collect();
    let rows = store::of_ids(tx.conn, (scope.organisation(), &reach), &ids)?;
    let mut checks = checks(tx, scope, granter, reach, &rows)?;
    checks.name(wanted);
    let chosen: HashMap<ApprovalId, _> =
        wanted.iter().filter_map(|one| Some((one.id, one.granted.clone()?))).collect();
    let mut outcome = Outcome::default();
    let mut ready = Vec::new();
    for row in rows {
        match checks.ready(row, &chosen) {
            Ok(one) => ready.push(one),
            Err(left) => outcome.left.push(left),
        }
    }
    let candidates: Vec<Candidate> = ready.iter().map(|one| one.candidate.clone()).collect();
    let admissions = accounts::admit(tx, scope, &candidates)?;
    let mut admitted = Vec::new();
    for (one, admission) in ready.into_iter().zip(admissions) {
        match why_not(&one, &admission) {
            Some(words) => outcome.left.push((one.row.id, words)),
            None => admitted.push((one, admission)),
        }
    }
    outcome.slips = settle(tx, scope, &admitted, public_url)?;
    outcome.done = admitted.into_iter().map(|(one, _)| (one.row.id, one.row.name())).collect();
    Ok(outcome)
}

fn checks(
    tx: &mut Tx<'_>,
    scope: &Scope<ApproveStaff>,
    granter: Granter,
    reach: Reach,
    rows: &[Row],
) -> Result<Checks, Refusal> {
    let ids: Vec<ApprovalId> = rows.iter().map(|row| row.id).collect();
    let records: Vec<ExternalRecordId> = rows.iter().map(|row| row.external_record_id).collect();
    let known = staff::known(tx.conn, scope.organisation())?;
    let here = accounts::here(tx.conn, scope.organisation())?;
    let live: HashSet<AccountId> = here.iter().map(|one| one.id).collect();
    let suspended = known.iter().filter(|one| one.state == StaffState::Suspended && !one.left);
    let mut signing_in = staff::signing_in(&known, &here);
    signing_in.retain(|_, account| live.contains(account));
    Ok(Checks {
        granter,
        reach,
        places: store::places_of(tx.conn, &ids)?,
        paired: pairing::staff_of(tx.conn, &records)?,
        suspended: suspended.map(|one| one.id).collect(),
        names: names(tx, rows)?,
        signing_in,
        systems: super::systems(tx.conn, scope)?,
    })
}

/// A free name for each of those who have no address.
fn names(tx: &mut Tx<'_>, rows: &[Row]) -> Result<HashMap<ApprovalId, Option<SignInName>>, Refusal> {
    let without: Vec<&Row> = rows.iter().filter(|row| row.email.is_empty()).collect();
    let names: Vec<String> = without.iter().map(|row| row.name()).collect();
    let free = accounts::free_names(tx.conn, &names)?;
    Ok(without.iter().map(|row| row.id).zip(free).collect())
}

impl Checks {
    /// Names that were typed take the place of those suggested; what is none is refused in [`Self::login`].
    fn name(&mut self, wanted: &[Approving]) {
        for one in wanted.iter().filter(|one| !one.sign_in_name.trim().is_empty()) {
            if let Some(name) = self.names.get_mut(&one.id) {
                *name = SignInName::parse(&one.sign_in_name);
            }
        }
    }

    /// With what somebody will sign in.
    fn login(&self, row: &Row) -> Result<Login, String> {
        let name = row.name();
        match self.names.get(&row.id) {
            Some(Some(free)) => Ok(Login::Name(free.clone())),
            Some(None) => Err(format!(
                "{name} has no email address, and no name to sign in with. Open the name, and type one of 3 to 40 letters."
            )),
            None => EmailAddress::parse(&row.email).map(Login::Email).ok_or_else(|| {
                let system = self.systems.get(&row.connection_id).copied().unwrap_or(super::ANY_SYSTEM);
                format!(
                    "{name}: the email in {system} is not an address. Correct it there, then start a sync."
                )
            }),
        }
    }

    fn ready(
        &self,
        row: Row,
        chosen: &HashMap<ApprovalId, (Role, BTreeSet<Permission>)>,
    ) -> Result<Ready, (ApprovalId, String)> {
        let (id, name) = (row.id, row.name());
        let no = |words: String| Err((id, words));
        if row.state != State::Pending {
            return no(decided_already(&row));
        }
        let login = self.login(&row).map_err(|words| (id, words))?;
        let before = row.role.map(|role| (role, Permission::read(role, &row.permissions)));
        let Some((role, permissions)) = chosen.get(&id).cloned().or(before) else {
            return no(format!("Choose staff permissions for {name}"));
        };
        if !row.flags.is_empty() && row.looked_flags != row.flags {
            let flags = row.flags.to_lowercase();
            return no(format!(
                "Look at {name} first ({flags}): open the name, and tick that you have looked."
            ));
        }
        if let Some(words) = self.granter.refuses(role, &permissions) {
            return no(format!("{name} was not approved. {words}"));
        }
        let places = self.places.get(&id).cloned().unwrap_or_default();
        if !places.iter().all(|place| covers(&self.reach, *place)) {
            return no(format!("{name} was not approved. They work in places that are not yours too."));
        }
        let local = self.paired.get(&row.external_record_id).copied();
        if local.is_some_and(|local| self.suspended.contains(&local)) {
            return no(format!("{name} is suspended here. Reinstate them on their page in the staff list."));
        }
        if local.is_some_and(|local| self.signing_in.contains_key(&local)) {
            return no(format!("{name} has an account here already."));
        }
        let system = self.systems.get(&row.connection_id).copied().unwrap_or(super::ANY_SYSTEM);
        let candidate =
            Candidate { login, name, role, permissions, places: places.clone(), ends_on: row.ends_on };
        Ok(Ready { row, local, places, candidate, system })
    }
}

/// Who decided before, in a sentence.
pub(super) fn decided_already(row: &Row) -> String {
    let name = row.name();
    match (row.state, row.decided_by_name.as_str()) {
        (State::Approved, "") => format!("{name} has an account here already."),
        (State::Approved, who) => format!("{who} has already approved {name}."),
        (State::Rejected, "") => format!("{name} was rejected already."),
        (State::Rejected, who) => format!("{who} has already rejected {name}."),
        (State::Gone, _) => format!("{name} is no longer listed in the care record."),
        (State::Pending, _) => format!("{name} is waiting already."),
    }
}

fn why_not(one: &Ready, admission: &Admission) -> Option<String> {
    let name = &one.candidate.name;
    Some(match admission {
        Admission::In { .. } => return None,
        Admission::AlreadyHere => {
            format!("{name} was not approved: somebody already uses {}.", one.candidate.login)
        }
        Admission::NameTaken => {
            let login = &one.candidate.login;
            format!("{name} was not approved: somebody signs in as {login} already. Choose another name.")
        }
        Admission::Closed => {
            format!("{name} was not approved: their account has been closed. Ask your representative.")
        }
        Admission::NoName => {
            format!(
                "{name:.40} was not approved: the name in {} cannot be an account’s. Correct it there.",
                one.system
            )
        }
    })
}

/// Writes everything that follows for those who are let in.
fn settle(
    tx: &mut Tx<'_>,
    scope: &Scope<ApproveStaff>,
    admitted: &[(Ready, Admission)],
    public_url: &str,
) -> Result<Vec<Slip>, Refusal> {
    let organisation = organisations::get(tx.conn, scope)?;
    let known = organisations::places(tx.conn, scope)?;
    let presets = presets::presets(tx.conn, scope)?;
    let members = staff_members(tx, scope, admitted, &known)?;
    let ids: Vec<ApprovalId> = admitted.iter().map(|(one, _)| one.row.id).collect();
    let by = &scope.by().name;
    store::decide(tx, scope.organisation(), &ids, (State::Pending, State::Approved), (by, ""))?;
    keep_what_was_given(tx, admitted)?;
    let mut slips = Vec::new();
    for ((one, admission), member) in admitted.iter().zip(members) {
        let named = presets::name_of(&presets, one.candidate.role, &one.candidate.permissions);
        match &one.candidate.login {
            Login::Email(email) => {
                write_to(tx, &organisation, (one, admission, email), (by, &named), public_url)?;
            }
            Login::Name(_) => slips.extend(slip(one, admission, tx.now)),
        }
        record(tx, scope, one, (member, &named), &known)?;
    }
    Ok(slips)
}

/// What is printed in the place of a letter.
fn slip(one: &Ready, admission: &Admission, now: chrono::NaiveDateTime) -> Option<Slip> {
    let Admission::In { link: Some(code), .. } = admission else { return None };
    Some(Slip {
        name: one.candidate.name.clone(),
        login: one.candidate.login.as_str().to_owned(),
        code: code.clone(),
        until: now + accounts::ACTIVATION,
    })
}

/// The staff members of those who are let in: made and paired, or given their accounts.
fn staff_members(
    tx: &mut Tx<'_>,
    scope: &Scope<ApproveStaff>,
    admitted: &[(Ready, Admission)],
    known: &[Place],
) -> Result<Vec<StaffMemberId>, Refusal> {
    let (mut new, mut old) = (Vec::new(), Vec::new());
    for (one, admission) in admitted {
        let Admission::In { account, .. } = admission else { continue };
        match one.local {
            Some(local) => old.push((local, *account)),
            None => new.push((details(one, known), *account)),
        }
    }
    let mut made = staff::add_approved(tx, scope, &new)?.into_iter();
    staff::take_accounts(tx, scope, &old)?;
    let mut members = Vec::with_capacity(admitted.len());
    let mut pairs = Vec::new();
    for (one, _) in admitted {
        let member = if let Some(local) = one.local {
            local
        } else {
            let member = made.next().ok_or_else(|| Refusal::Broken("a staff member is missing".into()))?;
            pairs.push((one.row.connection_id, one.row.external_record_id, member));
            member
        };
        members.push(member);
    }
    pairing::pair_approved(tx, scope, &pairs)?;
    Ok(members)
}

fn details(one: &Ready, known: &[Place]) -> StaffDetails {
    let place = one.places.first().and_then(|id| known.iter().find(|place| place.id == *id));
    StaffDetails {
        home: place.map(|place| place.parent.unwrap_or(place.id)),
        first_name: one.row.first_name.clone(),
        last_name: one.row.last_name.clone(),
        email: match &one.candidate.login {
            Login::Email(email) => email.as_str().to_owned(),
            Login::Name(_) => String::new(),
        },
        job_title: one.row.job_title.chars().take(100).collect(),
    }
}

/// What each was given stays in their row: the next suggestion counts it.
fn keep_what_was_given(tx: &mut Tx<'_>, admitted: &[(Ready, Admission)]) -> Result<(), Refusal> {
    let mut by_choice: HashMap<(Role, String), Vec<ApprovalId>> = HashMap::new();
    for (one, _) in admitted {
        let key = (one.candidate.role, Permission::write(&one.candidate.permissions));
        by_choice.entry(key).or_default().push(one.row.id);
    }
    for ((role, permissions), ids) in by_choice {
        store::choose(tx, &ids, role, &permissions)?;
    }
    Ok(())
}

fn write_to(
    tx: &mut Tx<'_>,
    organisation: &Organisation,
    (one, admission, email): (&Ready, &Admission, &EmailAddress),
    (by, named): (&str, &str),
    public_url: &str,
) -> Result<(), Refusal> {
    let Admission::In { link, .. } = admission else { return Ok(()) };
    let path = link.as_ref().map_or_else(links::sign_in, |token| links::activate(token.reveal()));
    let first = one.row.first_name.trim();
    let letter = StaffApproved {
        to_name: if first.is_empty() { one.candidate.name.clone() } else { first.to_owned() },
        organisation: organisation.name.clone(),
        named: named.to_owned(),
        who: by.to_owned(),
        link: format!("{public_url}{path}"),
        has_password: link.is_none(),
        lasts: format!("{} hours", accounts::ACTIVATION.num_hours()),
        until: one.candidate.ends_on.map(day_in_words).unwrap_or_default(),
    };
    let rendered = letter.render().map_err(|cause| Refusal::Broken(cause.to_string()))?;
    let to = Recipient { name: one.candidate.name.clone(), email: email.as_str().to_owned() };
    letters::send(tx, Letter::new(Some(organisation.id), &to, rendered))?;
    Ok(())
}

/// `Tuesday 1 December 2026`.
pub(super) fn day_in_words(day: NaiveDate) -> String {
    day.format("%A %-d %B %Y").to_string()
}

fn record(
    tx: &mut Tx<'_>,
    scope: &Scope<ApproveStaff>,
    one: &Ready,
    (member, named): (StaffMemberId, &str),
    known: &[Place],
) -> Result<(), Refusal> {
    let places: Vec<&str> = known
        .iter()
        .filter(|place| one.places.contains(&place.id))
        .map(|place| place.name.as_str())
        .collect();
    let words = format!("approved {} as {named}", one.candidate.name);
    let details = serde_json::json!({
        "role": one.candidate.role.as_str(),
        "permissions": Permission::write(&one.candidate.permissions),
        "places": places,
        "ends_on": one.candidate.ends_on.map(|day| day.to_string()),
    });
    let event = Event::new("staff.approved", words).about(staff::SUBJECT, member.0).with(details);
    Ok(audit::record(tx, scope, event)?)
}
