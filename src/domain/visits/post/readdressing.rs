//! A patient has another address: links that went to the one before open nothing any more, and letters that have not gone
//! out are written again to the new one. Every later letter has a link of its own anyway.

use super::{line, store, write};
use crate::db::Tx;
use crate::domain::Refusal;
use crate::domain::access::{ManageAppointments, Scope};
use crate::domain::api_keys::Mode;
use crate::domain::letters;
use crate::domain::patients::{self, Details, Patient};
use crate::domain::visits::lists;
use crate::kit::ids::PatientId;

/// Appointments of a patient that are looked through, the newest.
const MOST: i64 = 200;

/// Changes a patient, as `patients` does, with what follows for their letters.
///
/// # Errors
/// As [`patients::change`].
pub fn change_patient(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageAppointments>,
    (mode, id, seen): (Mode, PatientId, Option<i64>),
    details: &Details,
) -> Result<Patient, Refusal> {
    let before = patients::get(tx.conn, scope, mode, id)?;
    let after = patients::change(tx, scope, (mode, id, seen), details)?;
    if mode == Mode::Live && !before.details.email.eq_ignore_ascii_case(&after.details.email) {
        readdress(tx, scope, id)?;
    }
    Ok(after)
}

fn readdress(tx: &mut Tx<'_>, scope: &Scope<ManageAppointments>, patient: PatientId) -> Result<(), Refusal> {
    let ended = store::end_links(tx, patient)?;
    for visit in lists::of_patient(tx.conn, scope, Mode::Live, patient, MOST)? {
        if ended.contains(&visit.id) {
            line(tx, &visit, "ended the links that were sent to the patient's address before")?;
        }
        for (what, letter) in store::letters_of(tx.conn, visit.id)? {
            if letters::withdraw(tx, letter)? {
                store::forget_letters(tx, visit.id, what)?;
                write(tx, scope, &visit, what)?;
            }
        }
    }
    Ok(())
}
