//! Takes a pull's notes in: each is read, kept with its versions and pictures, and brought to its appointment. The
//! work grows with what changed, not with what there is.

use std::collections::HashMap;

use chrono::{NaiveTime, TimeDelta, Timelike};

use super::fields::{self, Outcome, Reading};
use super::pictures::{self, Cleaned};
use super::reasons::Reason;
use super::settle::{self, World};
use super::store::{self, Known, NewRecord, NewVersion, Written};
use super::{State, Taken, Touched, proposals, retrying};
use crate::connectors::NoteRecord;
use crate::db::Tx;
use crate::domain::Refusal;
use crate::domain::access::{ManageOrganisation, PairRecords, Right, Scope};
use crate::domain::appointments;
use crate::domain::audit::{self, Event};
use crate::domain::mapping;
use crate::kit::ids::{ConnectionId, ExternalRecordId, RunId, SessionNoteId};

/// A change here that was written while the last pull read is looked at twice rather than never.
const OVERLAP: TimeDelta = TimeDelta::minutes(5);

/// Takes in the notes of a pull, all in the caller's transaction.
///
/// # Errors
/// `NotHere` when the connection is not the organisation's.
pub fn take(
    tx: &mut Tx<'_>,
    scope: &Scope<PairRecords>,
    connection: ConnectionId,
    run: RunId,
    records: Vec<NoteRecord>,
) -> Result<Taken, Refusal> {
    if !store::belongs(tx.conn, scope.organisation(), connection)? {
        return Err(Refusal::NotHere);
    }
    let mut taken = Taken { read: records.len(), ..Taken::default() };
    let kept = keep(tx, scope, connection, records, &mut taken)?;
    let edited = proposals::edited(tx, scope, kept.edited)?;
    taken.proposals += edited.proposals;
    taken.rendered += edited.rendered;
    let mut again = kept.waiting;
    again.extend(edited.free);
    let mut rows = store::rows(tx.conn, &again)?;
    rows.retain(|row| row.state == State::Waiting);
    let students = rows.iter().map(|row| row.student_external_id.clone()).collect();
    // Those that already wait may fit the same appointment, or one that was planned since.
    let touched = [Touched::People { students, users: Vec::new() }, touched_days(tx, scope, connection)?];
    for touched in touched {
        rows.extend(store::waiting(tx.conn, scope.organisation(), connection, &touched)?);
    }
    rows.sort_by_key(|row| row.id);
    rows.dedup_by_key(|row| row.id);
    let settled = settle::settle(tx, scope, connection, Some(run), rows)?;
    add(&mut taken, settled);
    taken.rendered += retrying::since_the_last_pull(tx, scope, connection)?;
    // A pull a minute that brought nothing would fill the trail.
    let news = taken.new + taken.changed + taken.set_aside + taken.mapped + taken.rendered + taken.proposals;
    if news > 0 {
        audit::record(tx, scope, pulled(&taken).of_run(run).about("connection", connection.0))?;
    }
    Ok(taken)
}

fn touched_days(
    tx: &mut Tx<'_>,
    scope: &Scope<PairRecords>,
    connection: ConnectionId,
) -> Result<Touched, Refusal> {
    Ok(match store::last_read(tx.conn, connection)? {
        Some(at) => Touched::Days(appointments::changed_days(tx.conn, scope.organisation(), at - OVERLAP)?),
        None => Touched::Days(Vec::new()),
    })
}

fn add(taken: &mut Taken, settled: settle::Settled) {
    taken.mapped += settled.mapped;
    taken.rendered += settled.rendered;
    taken.waiting += settled.waiting;
    taken.proposals += settled.proposals;
}

fn pulled(taken: &Taken) -> Event {
    let notes =
        if taken.read == 1 { "1 session note".to_owned() } else { format!("{} session notes", taken.read) };
    let words = format!(
        "read {notes}: {} new, {} changed, {} set aside, {} mapped, {} rendered",
        taken.new, taken.changed, taken.set_aside, taken.mapped, taken.rendered
    );
    Event::new("notes.taken", words).with(taken)
}

/// Looks at waiting notes again, after people were mapped or appointments planned, and at mapped ones whose appointment
/// is not rendered yet.
///
/// # Errors
/// `NotHere` when the connection is not the organisation's.
pub fn match_waiting(
    tx: &mut Tx<'_>,
    scope: &Scope<PairRecords>,
    connection: ConnectionId,
    run: Option<RunId>,
    touched: &Touched,
) -> Result<Taken, Refusal> {
    if !store::belongs(tx.conn, scope.organisation(), connection)? {
        return Err(Refusal::NotHere);
    }
    match_again(tx, scope, connection, run, touched)
}

/// After rules were switched on again: looks at all that wait.
pub fn rules_switched_on(tx: &mut Tx<'_>, scope: &Scope<ManageOrganisation>) -> Result<(), Refusal> {
    if let Some(connection) = mapping::connection(tx.conn, scope)? {
        match_again(tx, scope, connection.id, None, &Touched::Everything)?;
    }
    Ok(())
}

fn match_again<R: Right>(
    tx: &mut Tx<'_>,
    scope: &Scope<R>,
    connection: ConnectionId,
    run: Option<RunId>,
    touched: &Touched,
) -> Result<Taken, Refusal> {
    let rows = store::waiting(tx.conn, scope.organisation(), connection, touched)?;
    let mut taken = Taken::default();
    let settled = settle::settle(tx, scope, connection, run, rows)?;
    add(&mut taken, settled);
    taken.rendered += match touched {
        Touched::Everything => retrying::everything(tx, scope, connection)?,
        Touched::People { .. } | Touched::Days(_) => retrying::since_the_last_pull(tx, scope, connection)?,
    };
    if taken.mapped + taken.rendered > 0 {
        let words = format!("mapped {} waiting session notes, {} rendered", taken.mapped, taken.rendered);
        let mut event = Event::new("notes.matched", words).about("connection", connection.0).with(taken);
        event.run = run;
        audit::record(tx, scope, event)?;
    }
    Ok(taken)
}

/// What was kept of a pull.
#[derive(Debug, Default)]
struct Kept {
    /// On no appointment, and to be looked at.
    waiting: Vec<SessionNoteId>,
    /// On an appointment, and another note than before.
    edited: Vec<SessionNoteId>,
}

/// A note with what is known of it.
struct One {
    cleaned: Cleaned,
    reading: Reading,
    known: Option<Known>,
}

fn keep(
    tx: &mut Tx<'_>,
    scope: &Scope<PairRecords>,
    connection: ConnectionId,
    records: Vec<NoteRecord>,
    taken: &mut Taken,
) -> Result<Kept, Refusal> {
    // The last one of an identifier counts.
    let mut by_id: HashMap<String, usize> = HashMap::new();
    let mut all: Vec<Option<Cleaned>> = Vec::with_capacity(records.len());
    for record in records.into_iter().filter(|record| !record.external_id.trim().is_empty()) {
        let cleaned = pictures::clean(record);
        if let Some(earlier) = by_id.insert(cleaned.record.external_id.clone(), all.len())
            && let Some(slot) = all.get_mut(earlier)
        {
            *slot = None;
        }
        all.push(Some(cleaned));
    }
    let ids: Vec<&str> = by_id.keys().map(String::as_str).collect();
    let mut known = store::known(tx.conn, connection, &ids)?;
    let (mut seen, mut changed) = (Vec::new(), Vec::new());
    for cleaned in all.into_iter().flatten() {
        let known = known.remove(&cleaned.record.external_id);
        match known {
            // One that was gone is back.
            Some(known) if known.hash == cleaned.hash && known.state != State::Withdrawn => {
                seen.push(known.note);
            }
            known => {
                let reading = fields::read(&cleaned.record);
                changed.push(One { cleaned, reading, known });
            }
        }
    }
    taken.unchanged = seen.len();
    store::seen(tx, &seen)?;
    write(tx, scope, connection, changed, taken)
}

fn write(
    tx: &mut Tx<'_>,
    scope: &Scope<PairRecords>,
    connection: ConnectionId,
    mut all: Vec<One>,
    taken: &mut Taken,
) -> Result<Kept, Refusal> {
    let mut shown = HashMap::new();
    for one in &mut all {
        shown.extend(std::mem::take(&mut one.cleaned.pictures));
    }
    appointments::keep_pictures(tx, scope.organisation(), &shown)?;
    drop(shown);
    let students = all.iter().map(|one| one.cleaned.record.student_id.as_str()).collect();
    let users = all.iter().map(|one| one.cleaned.record.user_id.as_str()).collect();
    let world = settle::world(tx.conn, scope.organisation(), connection, (&students, &users))?;
    let (new, old): (Vec<One>, Vec<One>) = all.into_iter().partition(|one| one.known.is_none());
    taken.new = new.len();
    taken.changed = old.len();
    let mut kept = Kept::default();
    let made = insert(tx, scope, connection, &world, &new)?;
    for (note, state) in made {
        taken.set_aside += usize::from(state == State::SetAside);
        kept.waiting.push(note);
    }
    for one in &old {
        let Some(known) = &one.known else { continue };
        let version = known.version + 1;
        let mut row = row_of(tx, scope, (connection, known.record), &world, one, version);
        if known.state == State::Mapped {
            row.state = State::Mapped;
            kept.edited.push(known.note);
        } else {
            kept.waiting.push(known.note);
        }
        taken.set_aside += usize::from(row.state == State::SetAside);
        store::change_record(tx, known.record, &one.cleaned.hash, &one.cleaned.json)?;
        store::change_note(tx, known.note, &row)?;
        let versioned = NewVersion {
            note_id: known.note,
            version,
            content_hash: &one.cleaned.hash,
            data: &one.cleaned.json,
            received_at: tx.now,
        };
        store::insert_versions(tx, &[versioned])?;
    }
    Ok(kept)
}

fn insert(
    tx: &mut Tx<'_>,
    scope: &Scope<PairRecords>,
    connection: ConnectionId,
    world: &World,
    new: &[One],
) -> Result<Vec<(SessionNoteId, State)>, Refusal> {
    let now = tx.now;
    let records: Vec<NewRecord<'_>> = new
        .iter()
        .map(|one| {
            let record = &one.cleaned.record;
            let (student, user) = world.names(&record.student_id, &record.user_id);
            NewRecord {
                connection_id: connection,
                kind: super::SUBJECT,
                external_id: &record.external_id,
                content_hash: &one.cleaned.hash,
                data: &one.cleaned.json,
                sort_name: store::sort_name((&student, &user)),
                missing_runs: 0,
                left_hash: "",
                first_seen_at: now,
                changed_at: now,
            }
        })
        .collect();
    let ids = store::insert_records(tx, connection, &records)?;
    drop(records);
    let mut rows = Vec::with_capacity(new.len());
    let mut contents: HashMap<ExternalRecordId, &Cleaned> = HashMap::with_capacity(new.len());
    for one in new {
        let Some(id) = ids.get(&one.cleaned.record.external_id).copied() else { continue };
        contents.insert(id, &one.cleaned);
        rows.push(row_of(tx, scope, (connection, id), world, one, 1));
    }
    let notes = store::insert_notes(tx, scope.organisation(), &rows)?;
    let versions: Vec<NewVersion<'_>> = notes
        .iter()
        .filter_map(|(record, note)| {
            let cleaned = contents.get(record)?;
            let (content_hash, data) = (cleaned.hash.as_str(), cleaned.json.as_str());
            Some(NewVersion { note_id: *note, version: 1, content_hash, data, received_at: now })
        })
        .collect();
    store::insert_versions(tx, &versions)?;
    let state = |row: &Written| Some((notes.get(&row.external_record_id).copied()?, row.state));
    Ok(rows.iter().filter_map(state).collect())
}

fn row_of(
    tx: &Tx<'_>,
    scope: &Scope<PairRecords>,
    (connection, record_id): (ConnectionId, ExternalRecordId),
    world: &World,
    one: &One,
    version: i32,
) -> Written {
    let record = &one.cleaned.record;
    let (student_name, user_name) = world.names(&record.student_id, &record.user_id);
    let is_published = fields::is_published(&record.status);
    let (state, reason) = first_state(one, is_published);
    let faults: Vec<&str> = one.reading.faults.iter().map(|fault| fault.words.as_str()).collect();
    let (because, repair) = match (state, one.reading.faults.first()) {
        (State::SetAside, Some(first)) => (faults.join(" "), first.repair.clone()),
        _ => (reason.words().to_owned(), reason.advice().to_owned()),
    };
    Written {
        organisation_id: scope.organisation(),
        connection_id: connection,
        external_record_id: record_id,
        student_external_id: record.student_id.clone(),
        user_external_id: record.user_id.clone(),
        site_external_id: record.site_id.clone().unwrap_or_default(),
        student_name,
        user_name,
        local_date: one.reading.date,
        start_time: one.reading.start.map(clock).unwrap_or_default(),
        end_time: one.reading.end.map(clock).unwrap_or_default(),
        time_zone: world.zone(&record.student_id).1,
        status: record.status.clone(),
        is_published,
        published_at: record.published_at.map(|at| at.naive_utc()),
        version,
        state,
        reason,
        because,
        repair,
        seen_at: tx.now,
        changed_at: tx.now,
    }
}

fn first_state(one: &One, is_published: bool) -> (State, Reason) {
    let was_published = one.known.is_some();
    if !one.reading.faults.is_empty() {
        (State::SetAside, Reason::SetAside)
    } else if one.reading.outcome != Outcome::Held {
        (State::Waiting, Reason::SaysCancelled)
    } else if is_published {
        (State::Waiting, Reason::NoAppointment)
    } else if was_published {
        (State::Withdrawn, Reason::Withdrawn)
    } else {
        (State::Waiting, Reason::NotPublished)
    }
}

/// `13:00`, with seconds only where there are some.
fn clock(time: NaiveTime) -> String {
    let format = if time.second() == 0 { "%H:%M" } else { "%H:%M:%S" };
    time.format(format).to_string()
}
