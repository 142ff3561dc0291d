//! Appointments that a session note filled and a check kept from being rendered, looked at again. What a person
//! un-rendered is left to persons.

use std::collections::HashSet;

use chrono::NaiveDateTime;
use diesel::QueryResult;

use super::super::State;
use super::checks::{Check, all_met, checks};
use super::{Filling, fill, store};
use crate::db::{Conn, Tx};
use crate::domain::access::{Right, Scope};
use crate::domain::appointments::Facts;
use crate::kit::ids::{AppointmentId, OrganisationId};

/// What another look came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::domain) enum Again {
    Rendered,
    /// By a person, since the last look.
    WasRendered,
    /// With all checks, met or not.
    Stays(Vec<Check>),
}

/// Looks at appointments again and renders those whose checks are all met now. Nothing is written of the others, and
/// those that are not to be rendered by themselves are not among the answers.
pub(in crate::domain) fn try_again<R: Right>(
    tx: &mut Tx<'_>,
    scope: &Scope<R>,
    ids: &[AppointmentId],
) -> QueryResult<Vec<(AppointmentId, Again)>> {
    let organisation = scope.organisation();
    let found = store::some(tx.conn, organisation, ids)?;
    let rules = store::rules(tx.conn, organisation)?;
    let facts = store::facts(tx.conn, organisation, &found)?;
    let mut sessions = store::sessions(tx.conn, ids)?;
    let (mut looked, mut ready) = (Vec::with_capacity(found.len()), Vec::new());
    for appointment in found {
        let id = appointment.id;
        if appointment.state == State::Rendered {
            looked.push((id, Again::WasRendered));
            continue;
        }
        let Some(kept) = sessions.remove(&id) else { continue };
        if appointment.state != State::Scheduled || kept.before.is_some_and(|before| before.un_rendered) {
            continue;
        }
        let nothing = Facts::default();
        let met = checks(&appointment, Some(&kept.session), facts.get(&id).unwrap_or(&nothing), rules);
        if all_met(&met) {
            ready.push(Filling {
                appointment,
                session: Some(kept.session),
                results_notes: None,
                times: None,
            });
        } else {
            looked.push((id, Again::Stays(met)));
        }
    }
    let filled = fill(tx, scope, ready)?;
    looked.extend(
        filled.into_iter().map(|one| {
            (one.appointment, if one.rendered { Again::Rendered } else { Again::Stays(one.checks) })
        }),
    );
    Ok(looked)
}

/// Those of these appointments that a person un-rendered, and nobody rendered since.
pub(in crate::domain) fn un_rendered(
    conn: &mut Conn,
    ids: &[AppointmentId],
) -> QueryResult<HashSet<AppointmentId>> {
    let sessions = store::sessions(conn, ids)?;
    let by_hand = sessions
        .into_iter()
        .filter(|(_, kept)| kept.before.as_ref().is_some_and(|before| before.un_rendered));
    Ok(by_hand.map(|(id, _)| id).collect())
}

/// Appointments that a note filled, are not rendered, and changed since then, or whose client or staff member did.
pub(in crate::domain) fn changed(
    conn: &mut Conn,
    organisation: OrganisationId,
    since: NaiveDateTime,
) -> QueryResult<Vec<AppointmentId>> {
    store::changed(conn, organisation, since)
}
