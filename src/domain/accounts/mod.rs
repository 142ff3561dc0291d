//! People who can sign in: their passwords, sessions and memberships.
//!
//! Deliberately knows no cookie and no form: tokens come in and go out as secrets.

mod addresses;
mod admission;
mod browsers;
mod checks;
mod entrance;
mod hasher;
mod joining;
mod members;
mod notices;
mod passwords;
mod resets;
mod second_step;
mod sessions;
mod shared;
mod slips;
mod store;

use chrono::{NaiveDateTime, TimeDelta};

use super::Refusal;
use super::access::{By, Platform, Role};
use super::audit::{self, Event, PLATFORM};
use super::letters;
use crate::db::{Conn, Tx, text_enum};
use crate::kit::email_address::EmailAddress;
use crate::kit::ids::{AccountId, MembershipId, OrganisationId};
use crate::kit::secret::{Secret, fingerprint};

pub use addresses::{
    EmailChange, ask_for_email_change, confirm_email_change, confirming_email, purge as purge_email_changes,
    stop_email_change, stopping_email, waiting_email,
};
pub use admission::{Admission, Candidate, Granter, Here, Standing, admit, granter};
pub(in crate::domain) use admission::{here, let_back_in, one_here, set_end, shut_out, standing};
pub use browsers::purge as purge_browsers;
pub use checks::purge as purge_checks;
pub use entrance::{Entrance, NotIn, Opened, SignIn};
pub use hasher::{Hashed, Hasher, Overloaded, Strength, Turn, Unhashable, Verdict};
pub use joining::Joining;
pub use members::{
    Member, add as add_member, add_by_platform as add_member_by_platform, assign_places, change_permissions,
    change_role, end_membership, holders, invite_again, may_change, member, members, relate, unrelate,
};
pub(in crate::domain) use members::{let_patient_in, role_of, shut_patient_out};
pub use passwords::{Context, Length, Rules, Unfit};
pub use resets::{RESET, Resetting, answer_resets, purge as purge_resets, resetting};
pub use second_step::{
    ByPasskey, HalfWay, Key, NewPasskey, Passkey, Proof, SecondStep, WRONG_CODE, WRONG_PASSKEY, add_passkey,
    authenticator_key, begin_authenticator, begin_passkey, begin_passkey_again, begin_passkey_sign_in,
    confirm_authenticator, half_way, keep_recovery_codes, new_recovery_codes, passkeys_possible,
    purge_half_sign_ins, purge_passkeys_asked, purge_sheets, recovery_sheet, remove_authenticator,
    remove_passkey, rename_passkey, reseal_second_steps, reset_second_step, reset_second_step_by_operator,
    reset_second_step_of_super_manager, second_step,
};
pub use sessions::{
    Live, SignedIn, begin as begin_session, end as end_session, end_all as end_all_sessions,
    end_others as end_other_sessions, list as list_sessions, live, purge as purge_sessions, sign_out, touch,
};

pub use shared::{
    Device, LOCKS_AFTER, SHIFT, Shift, devices, fit_pin, has_pin, may_have_pin, register_device, remove_pin,
    revoke_device, set_pin, shift,
};
pub use slips::{CodeFor, SLIP, Slip, free_name, free_names, opened_by_code, print_new_password};

text_enum! {
    /// Whether an account can be used.
    pub enum AccountState {
        /// Made, but its person has set no password yet.
        Invited = "invited",
        Active = "active",
        /// Shut by somebody: no sign-in, no session, no link works.
        Disabled = "disabled",
    }
}

/// Whose account is to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAccount {
    pub email: EmailAddress,
    pub name: String,
}

/// An account that was made or found, with what its letter needs.
#[derive(Debug)]
pub struct Invited {
    pub account: AccountId,
    pub membership: Option<MembershipId>,
    /// The secret for `links::activate`, unless the person has a password already.
    pub link: Option<Secret>,
}

/// How long an activation link works.
pub const ACTIVATION: TimeDelta = TimeDelta::hours(72);

/// The longest name that is kept.
const LONGEST_NAME: usize = 200;

/// Makes the account of a platform representative, or finds it and makes it one.
pub fn create_representative(
    tx: &mut Tx<'_>,
    platform: &Platform,
    new: &NewAccount,
) -> Result<Invited, Refusal> {
    let invited = find_or_create(tx, platform.by(), new, PLATFORM)?;
    store::make_representative(tx, invited.account)?;
    let event = Event::new("account.representative", format!("made {} a representative", new.name));
    audit::append(tx, PLATFORM, platform.by(), event.about("account", invited.account.0))?;
    Ok(invited)
}

/// The account with that address, made now if there is none; with a new activation link if it has no
/// password yet, which ends the links sent before.
fn find_or_create(
    tx: &mut Tx<'_>,
    by: &By,
    new: &NewAccount,
    organisation: OrganisationId,
) -> Result<Invited, Refusal> {
    let name = new.name.trim();
    if unusable_name(name) {
        return Err(Refusal::invalid("name", "Enter the person’s full name."));
    }
    let account = match store::by_email(tx.conn, new.email.as_str())? {
        Some(found) if found.state == AccountState::Disabled => {
            let words = "This account has been closed. Ask your representative to open it again.";
            return Err(Refusal::invalid("email", words));
        }
        Some(found) if found.state == AccountState::Active => {
            return Ok(Invited { account: found.id, membership: None, link: None });
        }
        Some(found) => found.id,
        None => {
            let id = store::insert(tx, new.email.as_str(), name)?;
            let event = Event::new("account.created", format!("made an account for {name}"));
            audit::append(tx, organisation, by, event.about("account", id.0))?;
            id
        }
    };
    let link = invite(tx, account, inviting(by))?;
    Ok(Invited { account, membership: None, link: Some(link) })
}

/// Whether an account cannot have this name.
fn unusable_name(name: &str) -> bool {
    let name = name.trim();
    name.is_empty() || name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control)
}

/// A new activation link, or a code to be printed for who has no address; the ones before end. `invited_by` may be empty.
fn invite(tx: &mut Tx<'_>, account: AccountId, invited_by: &str) -> Result<Secret, Refusal> {
    store::end_activations(tx, account)?;
    let found = store::by_id(tx.conn, account)?.ok_or(Refusal::NotHere)?;
    let token = slips::secret_for(&found.email)?;
    let hash = fingerprint(token.reveal());
    store::insert_activation(tx, account, &hash, tx.now + ACTIVATION, invited_by)?;
    Ok(token)
}

/// The name of the person who invites: nothing where it was the operator or the portal itself.
fn inviting(by: &By) -> &str {
    if by.account.is_some() { &by.name } else { "" }
}

/// Ends whatever was sent to an account, or begun for it, that could still let somebody in.
fn end_links(tx: &mut Tx<'_>, account: AccountId) -> diesel::QueryResult<()> {
    store::end_activations(tx, account)?;
    second_step::end_half(tx, account)?;
    addresses::end(tx, account)?;
    shared::end_pin(tx, account)?;
    resets::end(tx, account)
}

/// Whom an activation link is for, and how they came to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activating {
    pub name: String,
    pub email: String,
    /// Who invited or approved them; empty for the operator.
    pub invited_by: String,
    /// The organisations that they will be in, each with the role there.
    pub places: Vec<(String, Role)>,
}

/// Who a link is for, while it works. Reading it changes nothing, so that a mail scanner cannot use it up.
pub fn activating(conn: &mut Conn, link: &Secret, now: NaiveDateTime) -> Result<Option<Activating>, Refusal> {
    let Some(account) = store::activating(conn, &fingerprint(link.reveal()), now)? else { return Ok(None) };
    let memberships = members::of_account(conn, account.id)?;
    Ok(Some(Activating {
        invited_by: store::invited_by(conn, account.id)?,
        places: memberships.into_iter().map(|one| (one.organisation_name, one.role)).collect(),
        name: account.name,
        email: account.email,
    }))
}

/// The account with that address, for the operator and for letters.
pub fn find(conn: &mut Conn, _: &Platform, email: &EmailAddress) -> Result<Option<AccountId>, Refusal> {
    Ok(store::by_email(conn, email.as_str())?.map(|account| account.id))
}

/// The account with that address, for features that join people to it.
pub(in crate::domain) fn with_address(
    conn: &mut Conn,
    email: &EmailAddress,
) -> diesel::QueryResult<Option<AccountId>> {
    Ok(store::by_email(conn, email.as_str())?.map(|account| account.id))
}

/// Whether somebody signs in under that address.
pub(in crate::domain) fn signs_in(conn: &mut Conn, email: &EmailAddress) -> diesel::QueryResult<bool> {
    let found = store::by_email(conn, email.as_str())?;
    Ok(found.is_some_and(|account| account.state == AccountState::Active))
}

/// Whether an account has its password, so that it can be signed in with.
pub(in crate::domain) fn has_password(conn: &mut Conn, account: AccountId) -> diesel::QueryResult<bool> {
    let found = store::by_id(conn, account)?;
    Ok(found.is_some_and(|account| account.state == AccountState::Active))
}

/// Sets a password without asking for the old one: the operator's way, and the demo's. Ends all
/// sessions and links of the account; a closed account stays closed.
pub fn set_password(
    tx: &mut Tx<'_>,
    platform: &Platform,
    account: AccountId,
    password: &Hashed,
) -> Result<(), Refusal> {
    let found = store::by_id(tx.conn, account)?.ok_or(Refusal::NotHere)?;
    store::set_password(tx, account, password.as_str())?;
    end_links(tx, account)?;
    sessions::end_of(tx, account, None)?;
    if found.state == AccountState::Invited {
        store::set_state(tx, account, AccountState::Active)?;
    }
    let event = Event::new("account.password", format!("set the password of {}", found.name));
    Ok(audit::append(tx, PLATFORM, platform.by(), event.about("account", account.0))?)
}

/// Shuts an account: its sessions and links end at once, and it cannot sign in.
///
/// # Errors
/// [`Refusal::Overtaken`] for an organisation's last super manager.
pub fn disable(tx: &mut Tx<'_>, platform: &Platform, account: AccountId) -> Result<(), Refusal> {
    let found = store::by_id(tx.conn, account)?.ok_or(Refusal::NotHere)?;
    members::keep_super_managers_without(tx.conn, account)?;
    store::set_state(tx, account, AccountState::Disabled)?;
    letters::withdraw_news_to(tx, account)?;
    end_links(tx, account)?;
    sessions::end_of(tx, account, None)?;
    let event = Event::new("account.disabled", format!("closed the account of {}", found.name));
    Ok(audit::append(tx, PLATFORM, platform.by(), event.about("account", account.0))?)
}

/// Opens a closed account again; without a password it waits for activation.
pub fn enable(tx: &mut Tx<'_>, platform: &Platform, account: AccountId) -> Result<(), Refusal> {
    let found = store::by_id(tx.conn, account)?.ok_or(Refusal::NotHere)?;
    if found.state != AccountState::Disabled {
        return Err(Refusal::overtaken("This account is open."));
    }
    let active = found.password_hash.is_some();
    let state = if active { AccountState::Active } else { AccountState::Invited };
    store::set_state(tx, account, state)?;
    let event = Event::new("account.enabled", format!("opened the account of {} again", found.name));
    Ok(audit::append(tx, PLATFORM, platform.by(), event.about("account", account.0))?)
}

/// Ends all sessions of an account: the operator's answer to a lost telephone.
pub fn end_sessions(tx: &mut Tx<'_>, platform: &Platform, account: AccountId) -> Result<usize, Refusal> {
    let found = store::by_id(tx.conn, account)?.ok_or(Refusal::NotHere)?;
    let ended = sessions::end_of(tx, account, None)?;
    let event = Event::new("session.ended", format!("signed {} out everywhere", found.name));
    audit::append(tx, PLATFORM, platform.by(), event.about("account", account.0))?;
    Ok(ended)
}
