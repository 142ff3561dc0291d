//! When somebody has died: every letter about them that waits is taken back at once and none is written any more,
//! invitations stop, and the family may read for as long as the home says. It can be undone.

use chrono::{NaiveDate, NaiveDateTime, TimeDelta};

use super::{Refusal, SUBJECT, store};
use crate::db::{Conn, Tx};
use crate::domain::access::{ManageRelatives, Scope};
use crate::domain::{audit, letters, residents};
use crate::kit::ids::ResidentId;

/// As recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bereavement {
    pub recorded_by: String,
    pub recorded_at: NaiveDateTime,
    /// The last day on which the family may read.
    pub memorial_until: NaiveDate,
}

/// # Errors
/// `NotHere` when the resident is outside the scope.
pub fn bereavement(
    conn: &mut Conn,
    scope: &Scope<ManageRelatives>,
    resident: ResidentId,
) -> Result<Option<Bereavement>, Refusal> {
    residents::get(conn, scope, resident)?;
    Ok(store::bereavement(conn, resident)?)
}

/// Begins it; how many letters were taken back.
///
/// # Errors
/// `NotHere` outside the scope, `Overtaken` when somebody recorded it before.
pub fn bereave(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageRelatives>,
    resident: ResidentId,
) -> Result<usize, Refusal> {
    let name = residents::get(tx.conn, scope, resident)?.name();
    if store::bereavement(tx.conn, resident)?.is_some() {
        return Err(Refusal::overtaken("This has been recorded already."));
    }
    let days = super::settings(tx.conn, scope)?.memorial_days;
    let until = tx.now.date() + TimeDelta::days(days);
    store::bereave(tx, scope.organisation(), resident, scope.by(), until)?;
    let mut taken_back = 0;
    for letter in store::waiting_letters(tx.conn, resident)? {
        taken_back += usize::from(letters::withdraw(tx, letter)?);
    }
    letters::withdraw_news_about(tx, resident)?;
    let words = format!("recorded that {name} has died; {taken_back} letters to the family were taken back");
    let event = audit::Event::new("relative.bereavement", words).about(SUBJECT, resident.0);
    audit::record(tx, scope, event)?;
    Ok(taken_back)
}

/// It was recorded by mistake: the family sees the page as before, and letters are written again.
pub fn undo_bereavement(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageRelatives>,
    resident: ResidentId,
) -> Result<(), Refusal> {
    let name = residents::get(tx.conn, scope, resident)?.name();
    if !store::end_bereavement(tx, resident)? {
        return Err(Refusal::overtaken("This has been taken back already."));
    }
    let words = format!("took back that {name} has died");
    let event = audit::Event::new("relative.bereavement_undone", words).about(SUBJECT, resident.0);
    Ok(audit::record(tx, scope, event)?)
}
