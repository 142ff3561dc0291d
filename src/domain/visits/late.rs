//! What a practitioner did without a network and arrives later: each once, with the time at which it was done.
//!
//! A step that is ticked already is no reason to ask anybody; everything else that does not fit any more is refused with
//! its reason, and stays with the browser that kept it.

use chrono::NaiveDateTime;

use super::working::{self, Completion};
use super::{Sees, lists, store};
use crate::db::Tx;
use crate::domain::Refusal;
use crate::domain::access::Scope;
use crate::domain::activities;
use crate::domain::api_keys::Mode;
use crate::kit::ids::{VisitId, VisitStepId};

/// What was done.
#[derive(Debug, Clone)]
pub enum LateAct {
    Tick(VisitStepId, bool),
    Complete(Completion),
    /// With what was seen.
    NotPresent(String),
}

/// One act as a browser kept it.
#[derive(Debug, Clone)]
pub struct Late {
    pub act: LateAct,
    /// Its own, by which it is known when it comes again.
    pub key: String,
    /// When it was done, as the device says.
    pub noted_at: Option<NaiveDateTime>,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LateArrived {
    Now,
    /// It had arrived before, or somebody had done it.
    Before,
}

/// Takes an act that was kept.
///
/// # Errors
/// As the act itself, and `Invalid` where no page of ours kept it.
pub fn arrive<R: Sees>(
    tx: &mut Tx<'_>,
    scope: &Scope<R>,
    id: VisitId,
    late: &Late,
) -> Result<LateArrived, Refusal> {
    lists::get(tx.conn, scope, Mode::Live, id)?;
    if !activities::is_key_of_a_page(&late.key) {
        return Err(Refusal::invalid("late", "This was not kept by a page of ours. Record it again"));
    }
    if !store::insert_late_form(tx, id, &late.key)? {
        return Ok(LateArrived::Before);
    }
    let at = late.noted_at.and_then(|at| activities::usable_time(at, tx.now)).unwrap_or(tx.now);
    match &late.act {
        LateAct::Tick(step, done) => {
            let steps = store::steps(tx.conn, id)?;
            let of = steps.iter().find(|one| one.id == *step).ok_or(Refusal::NotHere)?;
            if of.done.is_some() == *done {
                return Ok(LateArrived::Before);
            }
            working::tick_at(tx, scope, (id, *step), *done, at)?;
        }
        LateAct::Complete(how) => drop(working::complete_at(tx, scope, id, how, at)?),
        LateAct::NotPresent(note) => drop(working::not_present(tx, scope, id, note)?),
    }
    Ok(LateArrived::Now)
}
