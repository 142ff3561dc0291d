//! A candidate of a home that somebody is not assigned to stays sealed to them: they ask a manager to look.

use super::matching::{Kind, System};
use super::{kind_word, store};
use crate::db::Tx;
use crate::domain::access::{PairRecords, Scope};
use crate::domain::audit::{self, Event};
use crate::domain::letters::{self, Letter};
use crate::domain::{Refusal, organisations};
use crate::kit::ids::ConnectionId;
use crate::mail::LookAsked;

/// Writes to the managers, at most once a day about one person. The letter names nobody; `link` leads to both sides.
///
/// # Errors
/// `Overtaken` when they were asked today, or there is no manager to ask.
pub fn ask_manager(
    tx: &mut Tx<'_>,
    scope: &Scope<PairRecords>,
    (connection, system, kind): (ConnectionId, System, Kind),
    local: i64,
    link: &str,
) -> Result<(), Refusal> {
    store::belongs(tx.conn, scope.organisation(), connection)?;
    let person = store::local(tx.conn, scope, kind, local)?;
    let organisation = organisations::get(tx.conn, scope)?.name;
    let mut asked = 0;
    let managers = letters::managers(tx.conn, scope.organisation())?;
    for to in &managers {
        let letter = LookAsked {
            to_name: to.name.clone(),
            organisation: organisation.clone(),
            vendor: system.name().to_owned(),
            link: link.to_owned(),
        };
        let rendered = letter.render().map_err(|cause| Refusal::Broken(cause.to_string()))?;
        let key =
            format!("look-asked/{connection}/{}/{local}/{}/{}", kind_word(kind), tx.now.date(), to.email);
        let letter = Letter::new(Some(scope.organisation()), to, rendered);
        asked += usize::from(letters::send_once(tx, &key, letter)?);
    }
    if asked == 0 {
        return Err(Refusal::overtaken("A manager was asked already today, and will look at both."));
    }
    let words = format!("asked a manager to look at {} and a record in {}", person.name, system.name());
    audit::record(tx, scope, Event::new("pairing.asked", words).about(kind_word(kind), local))?;
    Ok(())
}
