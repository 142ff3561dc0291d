//! Passing the second step: at the end of signing in, and beside a password that is typed again. Every try is
//! counted together with those of the password.

use super::super::checks::{self, Tries};
use super::super::entrance::{Entrance, NotIn};
use super::super::{browsers, sessions};
use super::passkeys::{self, Asked};
use super::{codes, open, store};
use crate::db::Tx;
use crate::domain::Refusal;
use crate::domain::access::By;
use crate::domain::accounts::store::Account;
use crate::domain::audit::{self, Event, PLATFORM};
use crate::kit::sealed::KeyRing;
use crate::kit::secret::{Secret, fingerprint};

/// What somebody shows besides the password.
#[derive(Debug, Clone)]
pub enum Proof {
    /// Six digits of the authenticator app.
    Code(Secret),
    /// One of the ten that were kept for a lost telephone.
    Recovery(Secret),
    /// What the browser says of a passkey that it was asked for.
    Passkey(Secret),
}

impl Entrance {
    /// The end of a sign-in that is half done: a new session's token.
    ///
    /// # Errors
    /// [`NotIn::DeadLink`] when it took too long, [`NotIn::WrongCode`] for what does not match.
    pub async fn finish_sign_in(&self, half: Secret, proof: Proof, address: String) -> Result<Secret, NotIn> {
        let (keys, url, per_address) = (self.keys.clone(), self.public_url.clone(), self.per_address);
        self.db
            .write(move |tx| {
                let now = tx.now;
                let half = store::half(tx.conn, &fingerprint(half.reveal()), now)?;
                let Some((half, account)) = half else { return Ok(Err(NotIn::DeadLink)) };
                let tries = Tries::of_account(&account.email).from(&address, per_address);
                let ticket = match checks::begin(tx, &tries)? {
                    Ok(ticket) => ticket,
                    Err(wait) => return Ok(Err(NotIn::TooMany(wait))),
                };
                // A wrong one stays counted, and so must not undo what was written.
                if !proves(tx, &keys, &account, &proof, Asked::Half(half.id), &url)? {
                    refused(tx, &account, &proof, &address)?;
                    return Ok(Err(NotIn::WrongCode));
                }
                checks::forgive(tx, &ticket)?;
                store::end_half(tx, half.id)?;
                browsers::seen(tx, &account, &half.browser_hash, &half.device, &url)?;
                Ok::<_, NotIn>(Ok(sessions::begin(tx, account.id, &address, &half.device)?))
            })
            .await?
    }
}

/// Whether this is the account's second step now. A code counts once, and so do a recovery code and an answer.
pub(in crate::domain::accounts) fn proves(
    tx: &mut Tx<'_>,
    keys: &KeyRing,
    account: &Account,
    proof: &Proof,
    asked: Asked,
    url: &str,
) -> Result<bool, Refusal> {
    match proof {
        Proof::Passkey(answer) => passkeys::proves(tx, keys, account, answer, asked, url),
        Proof::Code(typed) => {
            let row = store::authenticator(tx.conn, account.id)?.filter(|one| one.confirmed_at.is_some());
            let Some(row) = row else { return Ok(false) };
            let secret = open(keys, account.id, &row.sealed)?;
            match codes::matching(&secret, typed.reveal(), tx.now)? {
                Some(step) => Ok(store::use_step(tx, row.id, step)?),
                None => Ok(false),
            }
        }
        Proof::Recovery(typed) => {
            let used = store::use_code(tx, account.id, &codes::recovery_hash(account.id, typed))?;
            if used {
                let by = by(account, "");
                let event = Event::new("second_step.recovery", "used a recovery code");
                audit::append(tx, PLATFORM, &by, event.about("account", account.id.0))?;
            }
            Ok(used)
        }
    }
}

/// Records that somebody typed a wrong code, or showed a wrong passkey.
pub(in crate::domain::accounts) fn refused(
    tx: &mut Tx<'_>,
    account: &Account,
    proof: &Proof,
    address: &str,
) -> Result<(), Refusal> {
    let words = match proof {
        Proof::Passkey(_) => "showed a passkey that was refused",
        Proof::Code(_) | Proof::Recovery(_) => "typed a wrong code",
    };
    let event = Event::new("session.refused", words).about("account", account.id.0);
    Ok(audit::append(tx, PLATFORM, &by(account, address), event)?)
}

fn by(account: &Account, address: &str) -> By {
    By { account: Some(account.id), name: account.name.clone(), address: address.into(), session: None }
}
