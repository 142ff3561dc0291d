//! Families: who is a relative of whom, what each of them sees, and how they are asked to join.
//!
//! What a relative sees needs three yeses, asked anew with each request: they are related, the home has opened
//! the topic to them, and the resident consents. [`may_see`] is the only maker of that proof. Letters say who
//! asks and never whom it is about.

mod accepting;
mod bereavement;
mod contacts;
mod family;
mod inviting;
mod paper;
mod pending;
mod settings;
mod store;
mod tasks;
mod tending;
mod words;
mod writing;

use std::collections::BTreeSet;

use chrono::TimeDelta;

use super::access::{ManageRelatives, Scope, Topic};
use super::letters::LetterState;
use super::organisations::{one_line, readable_name, short};
use super::residents::{self, SUBJECT};
use super::{Refusal, accounts, audit};
use crate::db::{Conn, Tx, text_enum};
use crate::kit::email_address::EmailAddress;
use crate::kit::ids::{AccountId, InvitationId, LetterId, RelativeId, ResidentId};

pub use accepting::{Ending, Seen, accept, add_to_account, decline, look, note_opened, renew, report_wrong};
pub use bereavement::{Bereavement, bereave, bereavement, undo_bereavement};
pub use contacts::{Contact, contact, contact_of, set_contact};
pub use family::{
    Relation, Shared, family, leave, may_see, open, opened, see_as, seen_as, seen_lately, shared,
    took_keepsake, visible,
};
pub use inviting::{
    Asked, approve, correct, get as invitation, invite, invite_as_primary, may_invite, of_resident, resend,
    revoke,
};
pub use paper::{CODE, Printed, opened_by_code, print, print_again, print_new_password, write_to};
pub use pending::{Pending, Resent, Wanted as PendingWanted, Which, pending, resend_many, revoke_many};
pub use settings::{Settings, change as change_settings, settings};
pub use store::{Invitation, Relative};
pub use tasks::{TaskState, answered, answers, claim_tasks, note_tasks, settle_tasks, tasks_due};
pub use tending::{anything_due, remind, tell_of_lapses};
pub use words::{Standing, first_word, read_topics, write_topics};

/// Notes that a letter is about a resident, so that it is taken back when they die.
pub fn letter_about(tx: &mut Tx<'_>, letter: LetterId, resident: ResidentId) -> Result<(), Refusal> {
    Ok(store::letter_about(tx, letter, resident)?)
}

/// How long a mailed link works.
pub const LINK: TimeDelta = TimeDelta::days(7);

/// Letters that one address gets in an hour, whoever asks for them.
const LETTERS_IN_AN_HOUR: i64 = 3;

text_enum! {
    /// Where an invitation stands, as far as people decide it; time and the post add to that ([`Standing`]).
    pub enum InvitationState {
        /// A primary contact asks for it, and the home has to agree.
        Asked = "asked",
        Open = "open",
        Accepted = "accepted",
        Declined = "declined",
        Revoked = "revoked",
    }
}

text_enum! {
    /// How an invitation came about.
    pub enum Source {
        Page = "page",
        PrimaryContact = "primary contact",
        /// The task *Altra Account Creation* in Nourish.
        Task = "task",
    }
}

text_enum! {
    /// What a secret is for.
    pub enum LinkKind {
        Mail = "mail",
        /// Printed on a letter, and typed.
        Paper = "paper",
    }
}

/// Which topics somebody starts with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preset {
    Family,
    Friend,
    Attorney,
}

impl Preset {
    pub const ALL: [Self; 3] = [Self::Family, Self::Friend, Self::Attorney];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Family => "family",
            Self::Friend => "friend",
            Self::Attorney => "attorney",
        }
    }

    pub fn words(self) -> &'static str {
        match self {
            Self::Family => "Family: activities, photos, appointments, messages, wellbeing",
            Self::Friend => "Friend: activities and photos",
            Self::Attorney => "Attorney: everything, care notes and finance included",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == text)
    }

    pub fn topics(self) -> BTreeSet<Topic> {
        let not = |topic: &Topic| match self {
            Self::Family => matches!(topic, Topic::CareNotes | Topic::Finance),
            Self::Friend => !matches!(topic, Topic::Activities | Topic::Photos),
            Self::Attorney => false,
        };
        Topic::ALL.iter().copied().filter(|topic| !not(topic)).collect()
    }
}

/// Somebody to be invited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewInvitation {
    pub name: String,
    pub email: EmailAddress,
    pub relationship: String,
    pub branch: String,
    pub is_primary: bool,
    pub topics: BTreeSet<Topic>,
}

/// The same without an address: somebody to be invited on paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewInvitee {
    pub name: String,
    pub relationship: String,
    pub branch: String,
    pub is_primary: bool,
    pub topics: BTreeSet<Topic>,
}

/// What a person typed.
#[derive(Debug, Clone, Default)]
pub struct TypedInvitation<'f> {
    pub name: &'f str,
    pub email: &'f str,
    pub relationship: &'f str,
    pub branch: &'f str,
    pub is_primary: bool,
    pub preset: &'f str,
}

impl NewInvitation {
    /// # Errors
    /// `Invalid` with the first field that cannot be used.
    pub fn read(typed: &TypedInvitation<'_>) -> Result<Self, Refusal> {
        let name = invitees_name(typed.name)?;
        let email = EmailAddress::parse(typed.email).ok_or_else(|| {
            Refusal::invalid("email", "Enter the relative’s email address, such as name@example.com")
        })?;
        let NewInvitee { relationship, branch, is_primary, topics, .. } = NewInvitee::read(typed)?;
        Ok(Self { name, email, relationship, branch, is_primary, topics })
    }

    /// All but the address.
    fn invitee(&self) -> NewInvitee {
        NewInvitee {
            name: self.name.clone(),
            relationship: self.relationship.clone(),
            branch: self.branch.clone(),
            is_primary: self.is_primary,
            topics: self.topics.clone(),
        }
    }
}

impl NewInvitee {
    /// Looks at everything but the address.
    ///
    /// # Errors
    /// `Invalid` with the first field that cannot be used.
    pub fn read(typed: &TypedInvitation<'_>) -> Result<Self, Refusal> {
        Ok(Self {
            name: invitees_name(typed.name)?,
            relationship: relationship(typed.relationship)?,
            branch: short("branch", one_line(typed.branch), 60)?,
            is_primary: typed.is_primary,
            topics: Preset::parse(typed.preset).unwrap_or(Preset::Family).topics(),
        })
    }
}

fn invitees_name(typed: &str) -> Result<String, Refusal> {
    let name = readable_name("name", typed, "the relative’s name")?;
    if name.chars().any(char::is_alphabetic) {
        Ok(name)
    } else {
        Err(Refusal::invalid("name", "Use letters in the name"))
    }
}

fn relationship(typed: &str) -> Result<String, Refusal> {
    let relationship = one_line(typed);
    if !relationship.chars().any(char::is_alphabetic) {
        return Err(Refusal::invalid("relationship", "Enter the relationship, such as son, niece or friend"));
    }
    short("relationship", relationship, 60)
}

/// Changes of a relative that the home makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub relationship: String,
    pub branch: String,
    pub is_primary: bool,
    pub topics: BTreeSet<Topic>,
}

impl Change {
    /// # Errors
    /// `Invalid` with the first field that cannot be used.
    pub fn read(
        typed_relationship: &str,
        branch: &str,
        is_primary: bool,
        topics: BTreeSet<Topic>,
    ) -> Result<Self, Refusal> {
        let relationship = relationship(typed_relationship)?;
        Ok(Self { relationship, branch: short("branch", one_line(branch), 60)?, is_primary, topics })
    }
}

/// The relatives of a resident, by name.
///
/// # Errors
/// `NotHere` when the resident is outside the scope.
pub fn relatives(
    conn: &mut Conn,
    scope: &Scope<ManageRelatives>,
    resident: ResidentId,
) -> Result<Vec<Relative>, Refusal> {
    residents::get(conn, scope, resident)?;
    Ok(store::relatives(conn, scope.organisation(), resident)?)
}

/// One relative of a resident.
///
/// # Errors
/// `NotHere` when they are none of the resident's, or the resident is outside the scope.
pub fn relative(
    conn: &mut Conn,
    scope: &Scope<ManageRelatives>,
    resident: ResidentId,
    id: RelativeId,
) -> Result<Relative, Refusal> {
    relatives(conn, scope, resident)?.into_iter().find(|one| one.id == id).ok_or(Refusal::NotHere)
}

/// Says what somebody is to the resident, what they see, and to which part of the family they belong.
pub fn change(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageRelatives>,
    resident: ResidentId,
    id: RelativeId,
    to: &Change,
) -> Result<(), Refusal> {
    let before = relative(tx.conn, scope, resident, id)?;
    let mut changed = super::organisations::Changed::default();
    let yes = |yes: bool| if yes { "yes" } else { "no" };
    let topics = write_topics(&to.topics);
    changed.note("Relationship", &before.relationship, &to.relationship);
    changed.note("Part of the family", &before.branch, &to.branch);
    changed.note("Primary contact", yes(before.is_primary), yes(to.is_primary));
    changed.note("Topics", &before.topics, &topics);
    if changed.is_empty() {
        return Ok(());
    }
    store::change_relative(tx, id, to, &topics)?;
    super::letters::withdraw_news_to(tx, before.account)?;
    let words = format!("changed what {} sees and is: {}", before.name, changed.fields());
    let event = audit::Event::new("relative.changed", words).about(SUBJECT, resident.0).with(changed);
    Ok(audit::record(tx, scope, event)?)
}

/// The home's yes to somebody who has joined: from now on they see what is opened to them.
pub fn confirm(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageRelatives>,
    resident: ResidentId,
    id: RelativeId,
) -> Result<(), Refusal> {
    let found = relative(tx.conn, scope, resident, id)?;
    if !store::confirm_relative(tx, id)? {
        return Err(Refusal::overtaken(format!("{} is confirmed already.", found.name)));
    }
    let words = format!("confirmed {} as a relative", found.name);
    let event = audit::Event::new("relative.confirmed", words).about(SUBJECT, resident.0);
    Ok(audit::record(tx, scope, event)?)
}

/// Takes a relative from a resident; their pages are gone with the next request.
pub fn unlink(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageRelatives>,
    resident: ResidentId,
    id: RelativeId,
) -> Result<String, Refusal> {
    let found = relative(tx.conn, scope, resident, id)?;
    accounts::unrelate(tx, scope.by(), resident, found.account)?;
    Ok(found.name)
}

/// Whether an account is a relative of a resident now.
fn is_relative(conn: &mut Conn, resident: ResidentId, account: AccountId) -> Result<bool, Refusal> {
    Ok(store::live_relative(conn, resident, account)?.is_some())
}

/// Where the letter of an invitation is.
fn on_its_way(conn: &mut Conn, invitation: &Invitation) -> Result<Option<LetterState>, Refusal> {
    let Some(letter) = invitation.letter_id else { return Ok(None) };
    Ok(super::letters::get(conn, letter)?.map(|kept| kept.state))
}

/// Names an invitation in the trail.
fn about(invitation: &Invitation, verb: &'static str, words: String, by: InvitationId) -> audit::Event {
    audit::Event::new(verb, words)
        .about(SUBJECT, invitation.resident_id.0)
        .with(serde_json::json!({ "invitation": by }))
}
