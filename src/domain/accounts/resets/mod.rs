//! A new password for somebody who has forgotten theirs: a letter with a link that works once, for half
//! an hour.
//!
//! Asking is the same for every address: it is written down, and answered a moment later by a job, so that
//! neither the page nor its time says whether there is such an account. Whoever was invited and has no
//! password yet gets their invitation again; a closed account and an unknown address get nothing. A new
//! password ends every session and every other link, and never touches the second step.

mod store;

use chrono::{NaiveDateTime, TimeDelta};

use super::checks::{self, Tries};
use super::entrance::{Entrance, NotIn};
use super::store::Account;
use super::{AccountState, Hashed, Length, members, notices, passwords, sessions};
use crate::db::{Conn, Tx};
use crate::domain::Refusal;
use crate::domain::access::By;
use crate::domain::audit::{self, Event, PLATFORM};
use crate::kit::codes::random_code;
use crate::kit::email_address::EmailAddress;
use crate::kit::ids::AccountId;
use crate::kit::secret::{Secret, fingerprint, random_token};

/// How long a link works.
pub const RESET: TimeDelta = TimeDelta::minutes(30);

/// Requests that are answered in one transaction.
const AT_ONCE: i64 = 50;

/// How long the row of a link is kept.
const KEPT_FOR: TimeDelta = TimeDelta::days(30);

impl Entrance {
    /// Writes down that somebody asked for a new password, whoever has that address.
    pub async fn ask_for_reset(&self, email: EmailAddress, address: String) -> Result<(), NotIn> {
        let tries = Tries::of_address(&address, self.per_address);
        self.db
            .write(move |tx| {
                checks::begin(tx, &tries)?.map_err(NotIn::TooMany)?;
                store::ask(tx, email.as_str(), &address)?;
                let by = By { account: None, name: "Somebody".into(), address, session: None };
                let event = Event::new("account.reset asked", "asked for a letter to choose a new password");
                Ok(audit::append(tx, PLATFORM, &by, event)?)
            })
            .await
    }

    /// Sets a new password by the link of a letter. Of many at once one wins.
    pub async fn reset_password(&self, link: Secret, password: Secret, address: String) -> Result<(), NotIn> {
        let tries = Tries::of_address(&address, self.per_address);
        let link = fingerprint(link.reveal());
        let asked = link.clone();
        let (account, memberships) = self
            .db
            .write(move |tx| {
                let ticket = match checks::begin(tx, &tries)? {
                    Ok(ticket) => ticket,
                    Err(wait) => return Ok(Err(NotIn::TooMany(wait))),
                };
                let now = tx.now;
                // A dead link stays counted, and so must not undo what was written.
                let Some(account) = store::resetting(tx.conn, &asked, now)? else {
                    return Ok(Err(NotIn::DeadLink));
                };
                checks::forgive(tx, &ticket)?;
                let memberships = members::of_account(tx.conn, account.id)?;
                Ok::<_, NotIn>(Ok((account, memberships)))
            })
            .await??;
        let password = self.fit(password, &account, &memberships).await?;
        let (hashed, short) = (self.hasher.admit()?.hash(&password).await?, passwords::is_short(&password));
        let url = self.public_url.clone();
        self.db
            .write(move |tx| {
                let now = tx.now;
                let alive = store::resetting(tx.conn, &link, now)?.is_some();
                if !alive || !store::use_link(tx, &link)? {
                    return Err(NotIn::DeadLink);
                }
                let by = By { account: Some(account.id), name: account.name.clone(), address, session: None };
                set(tx, &account, &hashed)?;
                if short {
                    super::store::note_short_password(tx, account.id)?;
                }
                notices::password_changed(tx, &account, &url)?;
                let event = Event::new("account.password", "chose a new password by the link of a letter");
                Ok(audit::append(tx, PLATFORM, &by, event.about("account", account.id.0))?)
            })
            .await
    }
}

fn set(tx: &mut Tx<'_>, account: &Account, hashed: &Hashed) -> Result<(), Refusal> {
    super::store::set_password(tx, account.id, hashed.as_str())?;
    super::end_links(tx, account.id)?;
    sessions::end_of(tx, account.id, None)?;
    Ok(())
}

/// Whose link this is, while it works: name and address. Reading it changes nothing.
pub fn resetting(conn: &mut Conn, link: &Secret, now: NaiveDateTime) -> Result<Option<Resetting>, Refusal> {
    let account = store::resetting(conn, &fingerprint(link.reveal()), now)?;
    Ok(account.map(|account| Resetting {
        length: if account.second_step_at.is_some() { Length::WithSecondStep } else { Length::Alone },
        name: account.name,
        email: account.email,
    }))
}

/// Whom a link is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resetting {
    pub name: String,
    pub email: String,
    /// How long the new password must be.
    pub length: Length,
}

/// Answers requests that wait, oldest first; how many there were. `url` is the portal's own address.
pub fn answer_resets(tx: &mut Tx<'_>, url: &str) -> Result<usize, Refusal> {
    let asked = store::waiting(tx.conn, AT_ONCE)?;
    for request in &asked {
        answer(tx, request, url)?;
        store::answered(tx, request.id)?;
    }
    Ok(asked.len())
}

fn answer(tx: &mut Tx<'_>, request: &store::Request, url: &str) -> Result<(), Refusal> {
    let Some(account) = super::store::by_email(tx.conn, &request.email)? else { return Ok(()) };
    if account.state == AccountState::Disabled {
        return Ok(());
    }
    // Counted and never taken back: it is letters that are counted, not what comes of them.
    if checks::begin(tx, &Tries::of_letters(&request.email))?.is_err() {
        return Ok(());
    }
    let by = By { address: request.address.clone(), ..By::the_portal() };
    let words = if account.state == AccountState::Active {
        let link = issue(tx, account.id)?;
        notices::password_reset(tx, &account, url, &link)?;
        "sent a letter to choose a new password"
    } else {
        let invited = super::store::invited_by(tx.conn, account.id)?;
        let link = super::invite(tx, account.id, &invited)?;
        notices::invited_again(tx, &account, url, &link, &invited)?;
        "sent the invitation again"
    };
    let event = Event::new("account.reset sent", format!("{words} to {}", account.name));
    Ok(audit::append(tx, PLATFORM, &by, event.about("account", account.id.0))?)
}

/// A new link; the ones before end.
fn issue(tx: &mut Tx<'_>, account: AccountId) -> Result<Secret, Refusal> {
    end(tx, account)?;
    let token = random_token()?;
    store::insert(tx, account, &fingerprint(token.reveal()), tx.now + RESET)?;
    Ok(token)
}

/// A code on paper in the place of a link: the links and codes before end.
pub(super) fn issue_code(tx: &mut Tx<'_>, account: AccountId, lasts: TimeDelta) -> Result<Secret, Refusal> {
    end(tx, account)?;
    let code = random_code()?;
    store::insert(tx, account, &fingerprint(code.reveal()), tx.now + lasts)?;
    Ok(code)
}

/// Whether a link or code was ever made, whatever became of it.
pub(super) fn was_issued(conn: &mut Conn, hash: &str) -> diesel::QueryResult<bool> {
    store::was_issued(conn, hash)
}

/// Ends every link of the account that still works.
pub(super) fn end(tx: &mut Tx<'_>, account: AccountId) -> diesel::QueryResult<()> {
    store::end(tx, account)
}

/// Deletes links that were over a month ago; the number of rows.
pub fn purge(tx: &mut Tx<'_>) -> diesel::QueryResult<usize> {
    store::purge(tx, tx.now - KEPT_FOR)
}
