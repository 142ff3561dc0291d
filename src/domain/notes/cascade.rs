//! Ends a mapping of a site, student or user with all that rests on it, in one transaction: session notes leave their
//! appointments, which get back what they had, then the mappings end. An invoiced appointment refuses the whole.

use std::collections::HashMap;
use std::fmt::Write as _;

use super::reasons::Reason;
use super::store::{self, Live, Row, Standing};
use super::{SUBJECT, State, proposals};
use crate::db::{Conn, Tx};
use crate::domain::Refusal;
use crate::domain::access::{ManageIntegrations, Places, Scope};
use crate::domain::appointments::{self, Appointment};
use crate::domain::audit::{self, Event};
use crate::domain::mapping::{self, Kind, Resting};
use crate::kit::ids::{AppointmentId, ExternalRecordId};
use crate::kit::secret::fingerprint;

const BECAUSE: &str = "the mapping under it was deleted";

/// What goes with a mapping.
pub struct Cascade {
    pub resting: Resting,
    pub notes: Vec<Falls>,
    /// Of everything above, to tell whether it changed.
    pub seen: String,
}

/// A session note that leaves its appointment.
pub struct Falls {
    row: Row,
    live: Live,
    pub words: String,
    /// The number of the invoice that keeps all as it is.
    pub invoiced: Option<String>,
}

/// What would follow.
///
/// # Errors
/// `NotHere` where the record is not mapped, or any of it is out of reach.
pub fn what_would_follow(
    conn: &mut Conn,
    scope: &Scope<ManageIntegrations>,
    kind: Kind,
    record: ExternalRecordId,
) -> Result<Cascade, Refusal> {
    let resting = mapping::resting(conn, scope, kind, record)?;
    let rows = store::mapped_of(conn, resting.connection, |kind| resting.of(kind))?;
    let records: Vec<ExternalRecordId> = rows.iter().map(|row| row.external_record_id).collect();
    let mut live = store::live_of_notes(conn, &records)?;
    let ids: Vec<AppointmentId> = live.values().map(|one| one.local_id).collect();
    let on: HashMap<AppointmentId, Appointment> =
        appointments::some(conn, scope.organisation(), &ids)?.into_iter().map(|one| (one.id, one)).collect();
    let (mut notes, mut stamp) = (Vec::new(), resting.stamp());
    for row in rows {
        let Some(live) = live.remove(&row.external_record_id) else { continue };
        let Some(of) = on.get(&live.local_id) else { continue };
        if matches!(scope.places(), Places::Only(places) if !places.contains(&of.place)) {
            return Err(Refusal::NotHere);
        }
        let _ = write!(stamp, "|{} {} {} {}", live.id, row.version, of.id, of.version);
        let invoiced = of.invoiced_at.is_some().then(|| of.invoice.clone());
        let day = of.local_date.format("%-d %B %Y");
        let words = format!("{}, {day}, {} to {}", row.student_name, row.start_time, row.end_time);
        notes.push(Falls { row, live, words, invoiced });
    }
    Ok(Cascade { resting, notes, seen: fingerprint(&stamp) })
}

/// Deletes all of it, if it is still what was seen. Returns the names of the two that are remembered as not the same:
/// theirs and ours.
///
/// # Errors
/// `Overtaken` where anything changed meanwhile or an appointment is invoiced; then nothing is done.
pub fn delete_all(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageIntegrations>,
    (kind, record): (Kind, ExternalRecordId),
    seen: &str,
) -> Result<(String, String), Refusal> {
    let found = what_would_follow(tx.conn, scope, kind, record)?;
    if found.seen != seen {
        return Err(Refusal::overtaken(
            "Something changed meanwhile, so nothing was deleted. Look at what would follow now.",
        ));
    }
    if found.notes.iter().any(|one| one.invoiced.is_some()) {
        return Err(Refusal::overtaken(
            "An appointment is invoiced, so nothing was deleted. It is named below.",
        ));
    }
    for one in &found.notes {
        take_off(tx, scope, kind, one)?;
    }
    mapping::end_resting(tx, scope, &found.resting)?;
    Ok((found.resting.name, found.resting.ours))
}

fn take_off(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageIntegrations>,
    kind: Kind,
    Falls { row, live, .. }: &Falls,
) -> Result<(), Refusal> {
    proposals::take_off(tx, scope, live, BECAUSE)?;
    store::close(tx, &[row.id])?;
    let reason = match kind {
        Kind::Site => Reason::NotTheSame,
        Kind::Student => Reason::NoClient,
        Kind::User => Reason::NoStaff,
    };
    let because = format!("{} deleted the mapping under it.", scope.by().name);
    let repair = reason.advice().to_owned();
    store::stand(tx, row.id, &Standing { state: State::Waiting, reason, because, repair })?;
    let event = Event::new("note.unmapped", "took a session note off with the mapping under it");
    audit::record(tx, scope, event.about(SUBJECT, row.id.0))?;
    Ok(())
}
