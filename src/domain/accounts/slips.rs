//! Ways in on paper, for people without an e-mail address: a slip with a code that works once.
//!
//! A code is a link that is typed: it stands beside the links of letters, is hashed like them, and opens the same
//! pages. Printing one ends the links and codes before it and never touches the second step. Somebody who can be
//! written to gets a letter instead: a slip is for those who sign in with a name.

use std::collections::HashSet;

use chrono::{NaiveDateTime, TimeDelta};
use diesel::QueryResult;

use super::{AccountState, members, resets, store};
use crate::db::{Conn, Tx};
use crate::domain::Refusal;
use crate::domain::access::{By, Role};
use crate::domain::audit::{self, Event};
use crate::kit::codes::random_code;
use crate::kit::ids::{AccountId, OrganisationId};
use crate::kit::login::{SignInName, is_address};
use crate::kit::secret::{NoRandomness, Secret, fingerprint, random_token};

/// How long the code of a slip works.
pub const SLIP: TimeDelta = TimeDelta::hours(72);

/// A slip to be printed, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slip {
    pub name: String,
    /// The name to sign in with.
    pub login: String,
    pub code: Secret,
    pub until: NaiveDateTime,
}

/// What a code on paper opens, or opened once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeFor {
    FirstPassword,
    NewPassword,
}

/// Whether a code was ever printed on a slip. The page that it leads to says whether it still works.
pub fn opened_by_code(conn: &mut Conn, code: &Secret) -> QueryResult<Option<CodeFor>> {
    let hash = fingerprint(code.reveal());
    if resets::was_issued(conn, &hash)? {
        return Ok(Some(CodeFor::NewPassword));
    }
    Ok(store::was_activation(conn, &hash)?.then_some(CodeFor::FirstPassword))
}

/// A slip with which somebody of one organisation, with one role there, chooses a new password.
///
/// # Errors
/// `Overtaken` for somebody who can be written to, who is known elsewhere too, or whose account is closed: an
/// organisation opens only accounts that are its own.
pub fn print_new_password(
    tx: &mut Tx<'_>,
    (organisation, role, by): (OrganisationId, Role, &By),
    account: AccountId,
) -> Result<Slip, Refusal> {
    let found = store::by_id(tx.conn, account)?.ok_or(Refusal::NotHere)?;
    let memberships = members::of_account(tx.conn, account)?;
    if is_address(&found.email) {
        let words =
            "This person has an email address. They choose a new password with the link on the sign-in page.";
        return Err(Refusal::overtaken(words));
    }
    if found.state != AccountState::Active {
        return Err(Refusal::overtaken(format!("The account of {} cannot be used.", found.name)));
    }
    let elsewhere = memberships.iter().any(|one| one.organisation != organisation || one.role != role);
    if elsewhere || memberships.is_empty() || store::is_representative(tx.conn, account)? {
        let words = format!(
            "{} is known outside this organisation too. Only the people who run Kinbridge for you can help.",
            found.name
        );
        return Err(Refusal::overtaken(words));
    }
    let code = resets::issue_code(tx, account, SLIP)?;
    let words = format!("printed a slip for {} to choose a new password", found.name);
    audit::append(tx, organisation, by, Event::new("account.slip", words).about("account", account.0))?;
    Ok(Slip { name: found.name, login: found.email, code, until: tx.now + SLIP })
}

/// A sign-in name that nobody has, as like a person's name as can be.
pub fn free_name(conn: &mut Conn, name: &str) -> QueryResult<Option<SignInName>> {
    match SignInName::suggested(name) {
        Some(wished) => first_free(conn, &wished, &HashSet::new()),
        None => Ok(None),
    }
}

/// The same for many, none of whom gets another's; nothing for a name that holds no letters.
pub fn free_names(conn: &mut Conn, names: &[String]) -> QueryResult<Vec<Option<SignInName>>> {
    let mut given = HashSet::new();
    let mut found = Vec::with_capacity(names.len());
    for name in names {
        let free = match SignInName::suggested(name) {
            Some(wished) => first_free(conn, &wished, &given)?,
            None => None,
        };
        given.extend(free.clone());
        found.push(free);
    }
    Ok(found)
}

fn first_free(
    conn: &mut Conn,
    wished: &SignInName,
    given: &HashSet<SignInName>,
) -> QueryResult<Option<SignInName>> {
    for number in 1..1000 {
        let name = if number == 1 { wished.clone() } else { wished.numbered(number) };
        if !given.contains(&name) && store::by_email(conn, name.as_str())?.is_none() {
            return Ok(Some(name));
        }
    }
    Ok(None)
}

/// A secret to activate an account with: a code for who signs in with a name, since it is typed from paper.
pub(super) fn secret_for(login: &str) -> Result<Secret, NoRandomness> {
    if is_address(login) { random_token() } else { random_code() }
}

/// What somebody is told who wants a name that is another's.
pub(super) fn taken(name: &str) -> Refusal {
    let words = format!("Somebody signs in as {name} already. Choose another name, such as {name}2");
    Refusal::invalid("sign_in_name", words)
}
