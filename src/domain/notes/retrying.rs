//! Notes that are on an appointment which a check kept from being rendered: once the repair is made, it is rendered by
//! itself. Looks only at what changed since the last pull, and at all that wait when a rule for all of them changed.

use std::collections::HashMap;

use chrono::{NaiveDateTime, TimeDelta};
use diesel::QueryResult;

use super::State;
use super::reasons::Reason;
use super::settle;
use super::store::{self, Row};
use crate::db::{Conn, Tx};
use crate::domain::Refusal;
use crate::domain::access::{Right, Scope};
use crate::domain::appointments::{self, Again, Sees as SeesAppointments};
use crate::domain::audit;
use crate::kit::ids::{AppointmentId, ConnectionId, OrganisationId, SessionNoteId};

/// How many are looked at in one piece.
const PIECE: i64 = 500;

/// A change here that was written while the last pull read is looked at twice rather than never.
const OVERLAP: TimeDelta = TimeDelta::minutes(5);

/// What a waiting appointment with a note waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Later {
    /// The next pull looks at it.
    ByItself,
    /// Somebody un-rendered it, and somebody has to render it.
    ByHand,
}

/// Who renders an appointment once its checks are met; `None` where no note is on it.
pub fn later<R: SeesAppointments>(
    conn: &mut Conn,
    scope: &Scope<R>,
    id: AppointmentId,
) -> Result<Option<Later>, Refusal> {
    appointments::get(conn, scope, id)?;
    let Some(live) = store::live_of_appointments(conn, scope.organisation(), &[id])?.remove(&id) else {
        return Ok(None);
    };
    if appointments::un_rendered(conn, &[id])?.contains(&id) {
        return Ok(Some(Later::ByHand));
    }
    let rows = store::rows_of_records(conn, &[live.external_record_id])?;
    Ok(rows.first().filter(|row| waits(row)).map(|_| Later::ByItself))
}

fn waits(row: &Row) -> bool {
    row.state == State::Mapped && row.reason == Reason::NotRendered
}

/// Looks again at what changed since the last pull. Returns how many were rendered.
pub(super) fn since_the_last_pull<R: Right>(
    tx: &mut Tx<'_>,
    scope: &Scope<R>,
    connection: ConnectionId,
) -> Result<usize, Refusal> {
    let organisation = scope.organisation();
    let Some(at) = store::last_read(tx.conn, connection)? else {
        return everything(tx, scope, connection);
    };
    let since = at - OVERLAP;
    // Once a day all are looked at, so that no repair is overlooked for good.
    if at.date() != tx.now.date() || rules_changed(tx.conn, organisation, since)? {
        return everything(tx, scope, connection);
    }
    let changed = appointments::changed(tx.conn, organisation, since)?;
    let records: Vec<_> = store::live_of_appointments(tx.conn, organisation, &changed)?
        .into_values()
        .filter(|live| live.connection_id == connection)
        .map(|live| live.external_record_id)
        .collect();
    let mut rows = store::rows_of_records(tx.conn, &records)?;
    rows.retain(waits);
    look(tx, scope, &rows)
}

/// The settings of appointments, and what each status means, count for all.
fn rules_changed(conn: &mut Conn, organisation: OrganisationId, since: NaiveDateTime) -> QueryResult<bool> {
    let own = ("organisation", Some(organisation.0));
    Ok(audit::any_since(conn, organisation, own, since)?
        || audit::any_since(conn, organisation, ("status type", None), since)?)
}

/// Looks at all that wait, piece by piece. Returns how many were rendered.
pub(super) fn everything<R: Right>(
    tx: &mut Tx<'_>,
    scope: &Scope<R>,
    connection: ConnectionId,
) -> Result<usize, Refusal> {
    let (mut rendered, mut last) = (0, SessionNoteId(0));
    loop {
        let rows = store::not_rendered(tx.conn, (scope.organisation(), connection), last, PIECE)?;
        let Some(row) = rows.last() else { return Ok(rendered) };
        last = row.id;
        rendered += look(tx, scope, &rows)?;
    }
}

fn look<R: Right>(tx: &mut Tx<'_>, scope: &Scope<R>, rows: &[Row]) -> Result<usize, Refusal> {
    let records: Vec<_> = rows.iter().map(|row| row.external_record_id).collect();
    let lives = store::live_of_notes(tx.conn, &records)?;
    let on: HashMap<AppointmentId, &Row> =
        rows.iter().filter_map(|row| Some((lives.get(&row.external_record_id)?.local_id, row))).collect();
    let ids: Vec<AppointmentId> = on.keys().copied().collect();
    let (mut notes, mut rendered) = (Vec::new(), 0);
    for (id, again) in appointments::try_again(tx, scope, &ids)? {
        let Some(row) = on.get(&id) else { continue };
        match again {
            Again::WasRendered => notes.push(row.id),
            Again::Rendered => {
                notes.push(row.id);
                rendered += 1;
            }
            Again::Stays(checks) => {
                let standing = settle::not_rendered(&checks);
                if (&row.because, &row.repair) != (&standing.because, &standing.repair) {
                    store::stand(tx, row.id, &standing)?;
                }
            }
        }
    }
    store::stand_rendered(tx, &notes)?;
    Ok(rendered)
}
