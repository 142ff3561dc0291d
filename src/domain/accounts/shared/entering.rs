//! The way in by a PIN. Counted before it is checked, by person and by address, and costs the same whoever is named.

use super::{Shift, WRONG_PINS, begin, shift, store};
use crate::config::TwoStep;
use crate::db::Tx;
use crate::domain::Refusal;
use crate::domain::access::By;
use crate::domain::accounts::checks::{self, Tries};
use crate::domain::accounts::entrance::{Entrance, NotIn};
use crate::domain::audit::{self, Event};
use crate::kit::ids::AccountId;
use crate::kit::secret::Secret;

/// What is known before the PIN is compared.
struct Asked {
    shift: Shift,
    ticket: checks::Ticket,
    /// The stored PIN of somebody on the list whose PIN is not shut.
    stored: Option<String>,
    locked: bool,
}

impl Entrance {
    /// A session on a shared device, by the PIN of somebody on its list.
    ///
    /// # Errors
    /// [`NotIn::DeadLink`] for a browser that is none, [`NotIn::Wrong`] for a wrong PIN and for anybody who is not on
    /// the list, `Overtaken` for a PIN that is shut.
    pub async fn enter_by_pin(
        &self,
        word: Secret,
        account: AccountId,
        pin: &Secret,
        (address, device): (String, String),
        policy: TwoStep,
    ) -> Result<Secret, NotIn> {
        let tries = Tries::of_pin(account).from(&address, self.per_address);
        let turn = self.hasher.admit()?;
        let again = word.clone();
        let asked = self.db.write(move |tx| ask(tx, &word, account, &tries, policy)).await??;
        let decoy = self.hasher.decoy()?;
        let known = asked.stored.is_some();
        let verdict = turn.check(asked.stored.clone().unwrap_or(decoy), pin).await?;
        let right = verdict.right && known;
        self.db
            .write(move |tx| {
                // A device that was ended meanwhile, or somebody who was suspended, gets nobody in.
                let now = shift(tx.conn, &again, policy)?;
                let still = now.is_some_and(|now| now.people.iter().any(|(id, _)| *id == account));
                let same = store::pin(tx.conn, account)? == asked.stored;
                if !right || !still || !same {
                    record(tx, &asked, account, &address)?;
                    return Ok(Err(if asked.locked { shut() } else { NotIn::Wrong }));
                }
                checks::forgive(tx, &asked.ticket)?;
                store::forget_wrong_here(tx, asked.shift.device, account)?;
                Ok::<_, NotIn>(Ok(begin(tx, &asked.shift, account, (&address, &device))?))
            })
            .await?
    }
}

fn shut() -> NotIn {
    Refusal::overtaken("There were five wrong PINs. Sign in with your password, and the PIN works again.")
        .into()
}

fn ask(
    tx: &mut Tx<'_>,
    word: &Secret,
    account: AccountId,
    tries: &Tries,
    policy: TwoStep,
) -> Result<Result<Asked, NotIn>, NotIn> {
    let Some(shift) = shift(tx.conn, word, policy)? else { return Ok(Err(NotIn::DeadLink)) };
    let ticket = match checks::begin(tx, tries)? {
        Ok(ticket) => ticket,
        Err(wait) => return Ok(Err(NotIn::TooMany(wait))),
    };
    let listed = shift.people.iter().any(|(id, _)| *id == account);
    let mut locked = false;
    let mut stored = None;
    if listed {
        // Counted as wrong until it has turned out right, so that many at once are not more.
        locked = store::note_try(tx, shift.device, account)? > WRONG_PINS;
        if !locked {
            stored = store::pin(tx.conn, account)?;
        }
    }
    Ok(Ok(Asked { shift, ticket, stored, locked }))
}

fn record(tx: &mut Tx<'_>, asked: &Asked, account: AccountId, address: &str) -> Result<(), Refusal> {
    let name = asked.shift.people.iter().find(|(id, _)| *id == account).map(|(_, name)| name.clone());
    let listed = name.is_some();
    let by = By {
        account: listed.then_some(account),
        name: name.unwrap_or_else(|| "Somebody".into()),
        address: address.to_owned(),
        session: None,
    };
    let words = format!("typed a wrong PIN on a shared device of {}", asked.shift.place_name);
    let mut event = Event::new("session.refused", words);
    if listed {
        event = event.about("account", account.0);
    }
    Ok(audit::append(tx, asked.shift.organisation, &by, event)?)
}
