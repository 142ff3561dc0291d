//! Every way in that asks for a secret: signing in, typing the password again, changing it, and the
//! first one by an activation link.
//!
//! Each check is counted before it is made, costs the same whether or not there is such an account,
//! and is answered alike. Deliberately does not know why somebody is asked.

use std::path::PathBuf;

use chrono::TimeDelta;

use super::checks::{self, Ticket, Tries};
use super::hasher::{Hasher, Overloaded, Turn, Unhashable, Verdict};
use super::passwords::{self, Context, Length, Rules, Unfit};
use super::second_step::{self, Asked, Proof};
use super::store::{self, Account};
use super::{AccountState, browsers, members, notices, sessions, shared};
use crate::db::{self, Conn, Db, Tx};
use crate::domain::Refusal;
use crate::domain::access::{Actor, By, Membership};
use crate::domain::audit::{self, Event, PLATFORM};
use crate::kit::ids::AccountId;
use crate::kit::login::Login;
use crate::kit::sealed::KeyRing;
use crate::kit::secret::{Secret, fingerprint};

/// The ways in, with what they need of a running portal.
pub struct Entrance {
    pub db: Db,
    pub hasher: Hasher,
    /// Wrong tries per client address in five minutes.
    pub per_address: u32,
    pub breached: Option<PathBuf>,
    /// The portal's own address, for the links of letters.
    pub public_url: String,
    /// What opens the secrets of authenticators.
    pub keys: KeyRing,
}

/// What was typed, and by whom as far as a request shows.
pub struct SignIn {
    /// Their address, or their sign-in name.
    pub email: String,
    pub password: Secret,
    pub address: String,
    /// In words, for the list of sessions: `Firefox on Windows`.
    pub device: String,
    /// The random word by which the browser is known again.
    pub browser: Secret,
}

/// What the right password opens.
#[derive(Debug)]
pub enum Opened {
    /// A session: its token.
    Session(Secret),
    /// The question for the second step: the token of a sign-in that is half done.
    Half(Secret),
}

/// Why somebody is not let in.
#[derive(Debug, thiserror::Error)]
pub enum NotIn {
    /// No such account, another password, an account that may not sign in: nobody is told which.
    #[error("the secret is wrong")]
    Wrong,
    /// The password is right, the second step is not.
    #[error("the code is wrong")]
    WrongCode,
    #[error("tried too often")]
    TooMany(TimeDelta),
    #[error(transparent)]
    Overloaded(#[from] Overloaded),
    /// The new password cannot be used.
    #[error(transparent)]
    Unfit(#[from] Unfit),
    /// The link is unknown, used, replaced or too old: nobody is told which.
    #[error("the link does not work")]
    DeadLink,
    #[error(transparent)]
    Refused(#[from] Refusal),
}

impl From<db::Fault> for NotIn {
    fn from(fault: db::Fault) -> Self {
        Self::Refused(fault.into())
    }
}

impl From<diesel::result::Error> for NotIn {
    fn from(error: diesel::result::Error) -> Self {
        Self::Refused(error.into())
    }
}

impl From<Unhashable> for NotIn {
    fn from(cause: Unhashable) -> Self {
        Self::Refused(Refusal::Broken(cause.to_string()))
    }
}

/// A check that was counted and made.
struct Checked {
    turn: Turn,
    ticket: Ticket,
    /// The account, if the password is its own and it may sign in.
    account: Option<Account>,
    /// The password in the form that is hashed.
    password: Option<Secret>,
    weak: bool,
}

impl Entrance {
    /// With the right password: a session, or the question for the second step.
    pub async fn sign_in(&self, typed: SignIn) -> Result<Opened, NotIn> {
        let tries = Tries::of_account(&typed.email).from(&typed.address, self.per_address);
        let login = Login::parse(&typed.email);
        let found = move |conn: &mut Conn| by_login(conn, login.as_ref());
        let checked = self.check(tries, found, &typed.password).await?;
        let stronger = self.stronger(&checked).await?;
        let Some(account) = checked.account else {
            return self.failed(typed.email, typed.address).await;
        };
        let (ticket, url, browser) =
            (checked.ticket, self.public_url.clone(), fingerprint(typed.browser.reveal()));
        self.db
            .write(move |tx| {
                still_so(tx, &account)?;
                checks::forgive(tx, &ticket)?;
                if let Some(stronger) = stronger {
                    store::replace_hash(tx, account.id, stronger.as_str())?;
                }
                let (address, device) = (&typed.address, &typed.device);
                if account.second_step_at.is_some() {
                    let half = second_step::begin_half(tx, &account, address, device, &browser)?;
                    return Ok(Opened::Half(half));
                }
                shared::unlock(tx, account.id)?;
                browsers::seen(tx, &account, &browser, device, &url)?;
                Ok(Opened::Session(sessions::begin(tx, account.id, address, device)?))
            })
            .await
    }

    /// The password typed again by somebody signed in, with their second step where they have one: their
    /// session's new token.
    pub async fn confirm(&self, actor: &Actor, password: &Secret, proof: Proof) -> Result<Secret, NotIn> {
        let (account, ticket, _turn) = self.own(actor, password).await?;
        let (session, by) = (actor.session(), actor.by());
        let (keys, url) = (self.keys.clone(), self.public_url.clone());
        self.db
            .write(move |tx| {
                still_so(tx, &account)?;
                // A wrong one stays counted, and so must not undo what was written.
                let asked = Asked::Again(session);
                let has_one = account.second_step_at.is_some();
                if has_one && !second_step::proves(tx, &keys, &account, &proof, asked, &url)? {
                    second_step::refused(tx, &account, &proof, &by.address)?;
                    return Ok(Err(NotIn::WrongCode));
                }
                checks::forgive(tx, &ticket)?;
                let event = Event::new("session.confirmed", "typed the password again");
                audit::append(tx, PLATFORM, &by, event.about("account", account.id.0))?;
                Ok::<_, NotIn>(Ok(sessions::renew(tx, session)?))
            })
            .await?
    }

    /// Sets a new password and ends the person's other sessions: this one's new token.
    pub async fn change_password(
        &self,
        actor: &Actor,
        current: &Secret,
        new: Secret,
    ) -> Result<Secret, NotIn> {
        // The old one first: who does not know it learns nothing about the rules for this person.
        let (account, ticket, turn) = self.own(actor, current).await?;
        self.db.write(move |tx| checks::forgive(tx, &ticket).map_err(NotIn::from)).await?;
        let new = self.fit(new, &account, actor.memberships()).await?;
        let (hashed, short) = (turn.hash(&new).await?, passwords::is_short(&new));
        let (session, by, url) = (actor.session(), actor.by(), self.public_url.clone());
        self.db
            .write(move |tx| {
                still_so(tx, &account)?;
                store::set_password(tx, account.id, hashed.as_str())?;
                if short {
                    store::note_short_password(tx, account.id)?;
                }
                super::end_links(tx, account.id)?;
                sessions::end_of(tx, account.id, Some(session))?;
                notices::password_changed(tx, &account, &url)?;
                let event = Event::new("account.password", "changed their password");
                audit::append(tx, PLATFORM, &by, event.about("account", account.id.0))?;
                Ok(sessions::renew(tx, session)?)
            })
            .await
    }

    /// The first password, by the link of a letter: a new session's token. Of many at once one wins.
    pub async fn activate(
        &self,
        link: Secret,
        password: Secret,
        address: String,
        device: String,
    ) -> Result<Secret, NotIn> {
        let tries = Tries::of_address(&address, self.per_address);
        let link = fingerprint(link.reveal());
        let asked = link.clone();
        let (account, memberships) = self
            .db
            .write(move |tx| {
                let counted = checks::begin(tx, &tries)?;
                let ticket = match counted {
                    Ok(ticket) => ticket,
                    Err(wait) => return Ok(Err(NotIn::TooMany(wait))),
                };
                let now = tx.now;
                // A dead link stays counted, and so must not undo what was written.
                let Some(account) = store::activating(tx.conn, &asked, now)? else {
                    return Ok(Err(NotIn::DeadLink));
                };
                checks::forgive(tx, &ticket)?;
                let memberships = members::of_account(tx.conn, account.id)?;
                Ok::<_, NotIn>(Ok((account, memberships)))
            })
            .await??;
        let password = self.fit(password, &account, &memberships).await?;
        let hashed = self.hasher.admit()?.hash(&password).await?;
        self.db
            .write(move |tx| {
                let now = tx.now;
                let alive = store::activating(tx.conn, &link, now)?.is_some();
                if !alive || !store::use_activation(tx, &link)? {
                    return Err(NotIn::DeadLink);
                }
                store::set_password(tx, account.id, hashed.as_str())?;
                store::set_state(tx, account.id, AccountState::Active)?;
                super::end_links(tx, account.id)?;
                let by = By {
                    account: Some(account.id),
                    name: account.name,
                    address: address.clone(),
                    session: None,
                };
                let event = Event::new("account.activated", "set their first password");
                audit::append(tx, PLATFORM, &by, event.about("account", account.id.0))?;
                Ok(sessions::begin(tx, account.id, &address, &device)?)
            })
            .await
    }

    /// Checks the password of somebody signed in.
    async fn own(&self, actor: &Actor, password: &Secret) -> Result<(Account, Ticket, Turn), NotIn> {
        let id = actor.account();
        let found = move |conn: &mut Conn| store::by_id(conn, id);
        let checked = self.check(Tries::of_account(actor.email()), found, password).await?;
        if let Some(account) = checked.account {
            return Ok((account, checked.ticket, checked.turn));
        }
        let by = actor.by();
        self.db.write(move |tx| record_failure(tx, &by, Some(id))).await?;
        Err(NotIn::Wrong)
    }

    /// Counts a check, makes it, and says whose password it was.
    async fn check(
        &self,
        tries: Tries,
        find: impl FnOnce(&mut Conn) -> diesel::QueryResult<Option<Account>> + Send + 'static,
        password: &Secret,
    ) -> Result<Checked, NotIn> {
        let (asked, now) = (tries.clone(), self.db.clock().now());
        // Read first: whoever is over the limit must not keep the writer busy.
        let wait = self.db.read(move |conn| checks::wait(conn, &asked, now).map_err(NotIn::from)).await?;
        if let Some(wait) = wait {
            return Err(NotIn::TooMany(wait));
        }
        let turn = self.hasher.admit()?;
        let (found, ticket) = self
            .db
            .write(move |tx| {
                let ticket = checks::begin(tx, &tries)?.map_err(NotIn::TooMany)?;
                Ok::<_, NotIn>((find(tx.conn)?, ticket))
            })
            .await?;
        let usable = found.filter(|account| account.state == AccountState::Active);
        let stored = usable.as_ref().and_then(|account| account.password_hash.clone());
        let decoy = self.hasher.decoy()?;
        let typed = passwords::typed(password.reveal());
        let verdict = match (&typed, stored) {
            (Some(typed), Some(stored)) => turn.check(stored, typed).await?,
            (typed, _) => {
                let nothing = Secret::new("");
                let verdict = turn.check(decoy, typed.as_ref().unwrap_or(&nothing)).await?;
                Verdict { right: false, ..verdict }
            }
        };
        let account = usable.filter(|_| verdict.right);
        Ok(Checked { turn, ticket, account, password: typed, weak: verdict.weak })
    }

    /// The same password with today's strength, if its hash is weaker.
    async fn stronger(&self, checked: &Checked) -> Result<Option<super::Hashed>, NotIn> {
        match (&checked.account, &checked.password) {
            (Some(_), Some(password)) if checked.weak => Ok(Some(checked.turn.hash(password).await?)),
            _ => Ok(None),
        }
    }

    async fn failed(&self, login: String, address: String) -> Result<Opened, NotIn> {
        self.db
            .write(move |tx| {
                let account = by_login(tx.conn, Login::parse(&login).as_ref())?;
                // What nobody signs in with may be a password typed into the wrong field.
                let name = account.as_ref().map_or("Somebody", |account| account.name.as_str()).to_owned();
                let id = account.map(|account| account.id);
                record_failure(tx, &By { account: id, name, address, session: None }, id)
            })
            .await?;
        Err(NotIn::Wrong)
    }

    /// Checks a new password against the rules, away from the threads that answer.
    pub(super) async fn fit(
        &self,
        password: Secret,
        account: &Account,
        memberships: &[Membership],
    ) -> Result<Secret, NotIn> {
        let length = if account.second_step_at.is_some() { Length::WithSecondStep } else { Length::Alone };
        self.fit_for(password, length, context(account, memberships)).await
    }

    /// The same for somebody who has no account yet.
    pub(super) async fn fit_for(
        &self,
        password: Secret,
        length: Length,
        context: Context,
    ) -> Result<Secret, NotIn> {
        let rules = Rules { breached: self.breached.clone(), length };
        let checked = tokio::task::spawn_blocking(move || rules.check(password.reveal(), &context)).await;
        Ok(checked.map_err(|_ended| db::Fault::Stopped)??)
    }
}

/// What is neither an address nor a name is no account's, and is not sent to the database.
fn by_login(conn: &mut Conn, login: Option<&Login>) -> diesel::QueryResult<Option<Account>> {
    login.map_or(Ok(None), |login| store::by_email(conn, login.as_str()))
}

fn record_failure(tx: &mut Tx<'_>, by: &By, account: Option<AccountId>) -> Result<(), NotIn> {
    let mut event = Event::new("session.refused", "typed a wrong password");
    if let Some(account) = account {
        event = event.about("account", account.0);
    } else {
        "tried to sign in to an account that does not exist".clone_into(&mut event.words);
    }
    Ok(audit::append(tx, PLATFORM, by, event)?)
}

/// Nobody shut the account, or changed its password or its second step, while this one was being checked.
fn still_so(tx: &mut Tx<'_>, checked: &Account) -> Result<(), NotIn> {
    let now = store::by_id(tx.conn, checked.id)?;
    let same = now.is_some_and(|now| {
        now.state == AccountState::Active
            && now.password_hash == checked.password_hash
            && now.second_step_at == checked.second_step_at
    });
    if same { Ok(()) } else { Err(NotIn::Wrong) }
}

/// What a guesser may know of the person.
fn context(account: &Account, memberships: &[Membership]) -> Context {
    let organisations = memberships.iter().map(|membership| membership.organisation_name.clone());
    Context([account.name.clone(), account.email.clone()].into_iter().chain(organisations).collect())
}
