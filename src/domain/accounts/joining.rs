//! The way in for somebody who joins by a link of another feature's: a new account, and a session in it.
//!
//! The feature says whether its link is alive and takes it in the transaction that makes the account, so that of
//! many answers at once one makes an account. Deliberately does not know what is joined.

use super::checks::{self, Tries};
use super::entrance::{Entrance, NotIn};
use super::passwords::{Context, Length};
use super::store::{self, Account};
use super::{AccountState, sessions, slips};
use crate::db::{Conn, Tx};
use crate::domain::Refusal;
use crate::domain::access::By;
use crate::domain::audit::{self, Event, PLATFORM};
use crate::kit::ids::AccountId;
use crate::kit::login::Login;
use crate::kit::secret::Secret;

/// Who joins, and from where.
pub struct Joining {
    pub login: Login,
    pub name: String,
    /// Words that a password must not be made of: the home's name.
    pub context: Vec<String>,
    pub password: Secret,
    pub address: String,
    pub device: String,
}

impl Entrance {
    /// Makes the account and begins a session. `alive` says whether the link works, `take` uses it.
    pub async fn join(
        &self,
        joining: Joining,
        alive: impl FnOnce(&mut Conn) -> Result<bool, Refusal> + Send + 'static,
        take: impl FnOnce(&mut Tx<'_>, AccountId, &By) -> Result<(), Refusal> + Send + 'static,
    ) -> Result<Secret, NotIn> {
        let tries = Tries::of_address(&joining.address, self.per_address);
        self.guess(tries, move |tx| Ok(alive(tx.conn)?.then_some(()))).await?;
        let Joining { login, name, context, password, address, device } = joining;
        let words = [name.clone(), login.as_str().to_owned()].into_iter().chain(context);
        let password = self.fit_for(password, Length::Alone, Context(words.collect())).await?;
        let hashed = self.hasher.admit()?.hash(&password).await?;
        self.db
            .write(move |tx| {
                let account = account_for(tx, &login, &name)?;
                store::set_password(tx, account, hashed.as_str())?;
                store::set_state(tx, account, AccountState::Active)?;
                store::end_activations(tx, account)?;
                let by = By { account: Some(account), name, address: address.clone(), session: None };
                let event = Event::new("account.activated", "set their first password");
                audit::append(tx, PLATFORM, &by, event.about("account", account.0))?;
                take(tx, account, &by)?;
                Ok(sessions::begin(tx, account, &address, &device)?)
            })
            .await
    }

    /// Looks for a secret that names its own owner, such as a code from a letter: a wrong one is counted against
    /// the address that tries.
    pub(super) async fn guess<T: Send + 'static>(
        &self,
        tries: Tries,
        find: impl FnOnce(&mut Tx<'_>) -> Result<Option<T>, Refusal> + Send + 'static,
    ) -> Result<T, NotIn> {
        self.db
            .write(move |tx| {
                let ticket = match checks::begin(tx, &tries)? {
                    Ok(ticket) => ticket,
                    Err(wait) => return Ok(Err(NotIn::TooMany(wait))),
                };
                // A dead one stays counted, and so must not undo what was written.
                let Some(found) = find(tx)? else { return Ok(Err(NotIn::DeadLink)) };
                checks::forgive(tx, &ticket)?;
                Ok::<_, NotIn>(Ok(found))
            })
            .await?
    }

    /// The same for a code that is typed, by the client's address.
    pub async fn guess_from<T: Send + 'static>(
        &self,
        address: &str,
        find: impl FnOnce(&mut Tx<'_>) -> Result<Option<T>, Refusal> + Send + 'static,
    ) -> Result<T, NotIn> {
        self.guess(Tries::of_address(address, self.per_address), find).await
    }
}

/// A new account, or one that has no password yet: its person reads the letters of that address too.
fn account_for(tx: &mut Tx<'_>, login: &Login, name: &str) -> Result<AccountId, Refusal> {
    match store::by_email(tx.conn, login.as_str())? {
        None => Ok(store::insert(tx, login.as_str(), name)?),
        Some(_) if matches!(login, Login::Name(_)) => Err(slips::taken(login.as_str())),
        Some(Account { id, state: AccountState::Invited, .. }) => Ok(id),
        Some(Account { state: AccountState::Active, .. }) => {
            Err(Refusal::overtaken("Somebody has an account with this address already. Sign in with it."))
        }
        Some(_) => Err(Refusal::overtaken("The account with this address has been closed.")),
    }
}
