//! Signing in by a passkey alone: the device finds it, its person shows a finger, a face or a PIN, and the account is
//! the passkey's. That stands for the password and the second step, since the passkey is had and its person known.
//!
//! What was asked is bound to the browser, whose person is not known yet.

use super::super::super::checks::{self, Tries};
use super::super::super::entrance::{Entrance, NotIn};
use super::super::super::{AccountState, browsers, sessions};
use super::ceremony::{self, Party};
use super::{counted, keep, store, taken};
use crate::db::Tx;
use crate::domain::Refusal;
use crate::domain::access::By;
use crate::domain::accounts::second_step::{Proof, refused};
use crate::domain::accounts::store::{self as accounts_store, Account};
use crate::domain::audit::{self, Event, PLATFORM};
use crate::kit::sealed::KeyRing;
use crate::kit::secret::{Secret, fingerprint};

/// What a browser sends that signs in by a passkey alone.
pub struct ByPasskey {
    /// The word to which the browser's forms are tied.
    pub held: Secret,
    pub answer: Secret,
    pub address: String,
    /// In words, for the list of sessions.
    pub device: String,
    /// The random word by which the browser is known again.
    pub browser: Secret,
}

impl Entrance {
    /// Asks a browser for a passkey, in JSON; nothing where passkeys cannot be used.
    pub async fn ask_for_passkey(&self, held: Secret, address: String) -> Result<Option<String>, NotIn> {
        let (keys, url) = (self.keys.clone(), self.public_url.clone());
        self.db
            .write(move |tx| {
                checks::begin(tx, &Tries::of_questions(&address))?.map_err(NotIn::TooMany)?;
                let Some(party) = Party::of(&url) else { return Ok(None) };
                let begun = party.begin_finding()?;
                keep(tx, &keys, None, &holder(&held), &begun)?;
                let by = By { account: None, name: "Somebody".into(), address, session: None };
                audit::append(tx, PLATFORM, &by, Event::new("session.asked", "was asked for a passkey"))?;
                Ok(Some(begun.asked))
            })
            .await
    }

    /// A new session's token.
    ///
    /// # Errors
    /// [`NotIn::WrongCode`] for an answer that does not fit, whatever the reason.
    pub async fn sign_in_by_passkey(&self, sent: ByPasskey) -> Result<Secret, NotIn> {
        let (keys, url, per_address) = (self.keys.clone(), self.public_url.clone(), self.per_address);
        self.db
            .write(move |tx| {
                let found = owner(tx, &sent.answer)?;
                let tries = match &found {
                    Some((account, _)) => Tries::of_account(&account.email).from(&sent.address, per_address),
                    None => Tries::of_address(&sent.address, per_address),
                };
                let ticket = match checks::begin(tx, &tries)? {
                    Ok(ticket) => ticket,
                    Err(wait) => return Ok(Err(NotIn::TooMany(wait))),
                };
                // A wrong one stays counted, and so must not undo what was written.
                let Some(account) = proved(tx, &keys, found, &sent, &url)? else {
                    return Ok(Err(NotIn::WrongCode));
                };
                checks::forgive(tx, &ticket)?;
                browsers::seen(tx, &account, &fingerprint(sent.browser.reveal()), &sent.device, &url)?;
                Ok::<_, NotIn>(Ok(sessions::begin(tx, account.id, &sent.address, &sent.device)?))
            })
            .await?
    }
}

fn holder(held: &Secret) -> String {
    format!("browser {}", fingerprint(held.reveal()))
}

/// The account whose passkey an answer names, with what is stored of it.
fn owner(tx: &mut Tx<'_>, answer: &Secret) -> Result<Option<(Account, String)>, Refusal> {
    let Some(hash) = ceremony::named(answer) else { return Ok(None) };
    let Some((account, stored)) = store::owner(tx.conn, &hash)? else { return Ok(None) };
    let account = accounts_store::by_id(tx.conn, account)?;
    Ok(account.filter(|account| account.state == AccountState::Active).map(|account| (account, stored)))
}

/// The account that the answer proves. What was asked is gone in any case.
fn proved(
    tx: &mut Tx<'_>,
    keys: &KeyRing,
    found: Option<(Account, String)>,
    sent: &ByPasskey,
    url: &str,
) -> Result<Option<Account>, Refusal> {
    let kept = taken(tx, keys, None, &holder(&sent.held))?;
    let Some((account, stored)) = found else {
        let by = By { account: None, name: "Somebody".into(), address: sent.address.clone(), session: None };
        let event = Event::new("session.refused", "showed a passkey that nobody has");
        audit::append(tx, PLATFORM, &by, event)?;
        return Ok(None);
    };
    let right = match (kept, Party::of(url)) {
        (Some(kept), Some(party)) => {
            let shown = party.found(&kept, &sent.answer, &stored)?;
            counted(tx, &account, shown)?
        }
        _ => false,
    };
    if right {
        return Ok(Some(account));
    }
    refused(tx, &account, &Proof::Passkey(sent.answer.clone()), &sent.address)?;
    Ok(None)
}
