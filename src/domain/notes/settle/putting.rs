//! Puts notes on appointments: the mapping, the signature window, the results notes and the times, and rendering where
//! every check is met. What a person has written, rendered or invoiced is not touched: that becomes a proposal.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDateTime;
use chrono_tz::Tz;

use super::Settled;
use crate::connectors::NoteRecord;
use crate::db::Tx;
use crate::domain::Refusal;
use crate::domain::access::{Right, Scope};
use crate::domain::appointments::{self, Appointment, Filling, Session, Signed, State as Of, Times};
use crate::domain::notes::fields::{self, Reading, Signing};
use crate::domain::notes::matching::Span;
use crate::domain::notes::reasons::Reason;
use crate::domain::notes::store::{self, NewMapping, NewProposal, Row, Standing};
use crate::domain::notes::{SUBJECT, State, Why};
use crate::domain::pairing::owned::{Evidence, Proof};
use crate::kit::ids::{OrganisationId, RunId, SessionNoteId, SignatureImageId};

pub const BY_RULE: &str = "Auto";
pub const BY_HAND: &str = "User";

/// A note and the appointment that it is put on.
pub(in crate::domain::notes) struct Pair {
    pub row: Row,
    pub appointment: Appointment,
    /// `None` where it is not certain.
    pub span: Option<Span>,
    /// `Auto` with its rule, or `User`.
    pub origin: (&'static str, &'static str),
    pub evidence: Vec<Evidence>,
}

/// Maps notes to appointments and fills these.
pub(in crate::domain::notes) fn put_on<R: Right>(
    tx: &mut Tx<'_>,
    scope: &Scope<R>,
    run: Option<RunId>,
    pairs: Vec<Pair>,
) -> Result<Settled, Refusal> {
    let mappings: Vec<NewMapping> = pairs.iter().map(|pair| mapping(pair, scope, run, tx.now)).collect();
    store::insert(tx, &mappings)?;
    drop(mappings);
    let records: Vec<_> = pairs.iter().map(|pair| pair.row.external_record_id).collect();
    let contents = store::contents(tx.conn, &records)?;
    let pairs = pairs
        .into_iter()
        .map(|pair| Filled {
            reading: contents.get(&pair.row.external_record_id).map(fields::read).unwrap_or_default(),
            row: pair.row,
            appointment: pair.appointment,
            span: pair.span,
        })
        .collect();
    fill(tx, scope, pairs, &HashMap::new())
}

fn mapping<R: Right>(pair: &Pair, scope: &Scope<R>, run: Option<RunId>, now: NaiveDateTime) -> NewMapping {
    let proof = Proof { reasons: pair.evidence.clone(), ..Proof::default() };
    let (origin, rule) = pair.origin;
    let by = if origin == BY_RULE { String::new() } else { scope.by().name.clone() };
    NewMapping {
        connection_id: pair.row.connection_id,
        kind: SUBJECT,
        external_record_id: pair.row.external_record_id,
        local_id: pair.appointment.id,
        origin,
        rule,
        evidence: proof.write(),
        paired_by_name: by,
        paired_at: now,
        applied_at: Some(now),
        run_id: run,
        batch: "",
        ended_by_name: "",
        ended_because: "",
        strength: "",
        ended_with: "",
    }
}

/// A mapped note with what it says.
pub(in crate::domain::notes) struct Filled {
    pub row: Row,
    pub appointment: Appointment,
    /// `None` where it is not certain.
    pub span: Option<Span>,
    pub reading: Reading,
}

/// Fills appointments from notes that are mapped to them. `ours` are the results notes that an earlier version of a
/// note put there, which the new ones may replace.
pub(in crate::domain::notes) fn fill<R: Right>(
    tx: &mut Tx<'_>,
    scope: &Scope<R>,
    all: Vec<Filled>,
    ours: &HashMap<SessionNoteId, String>,
) -> Result<Settled, Refusal> {
    let organisation = scope.organisation();
    let rules = appointments::rules(tx.conn, organisation)?;
    let images = images(tx, organisation, all.iter().map(|one| &one.reading))?;
    let mut settled = Settled { mapped: all.len(), ..Settled::default() };
    let (mut fillings, mut notes, mut proposals) = (Vec::new(), HashMap::new(), Vec::new());
    let mut undecided: Vec<(SessionNoteId, Vec<Why>)> = Vec::new();
    for one in all {
        let whys = whys(&one, ours.get(&one.row.id));
        let keep = one.appointment.state == Of::Rendered || one.appointment.invoiced_at.is_some();
        if !whys.is_empty() {
            proposals.push(NewProposal {
                note: one.row.id,
                version: one.row.version,
                appointment: one.appointment.id,
                why: joined(&whys),
            });
            undecided.push((one.row.id, whys.clone()));
        }
        if !keep {
            notes.insert(one.appointment.id, one.row.id);
            let results = whys.is_empty().then(|| one.reading.notes.clone());
            let span = one.span.filter(|_| rules.note_times);
            let times = span.map(|span| times(&one.appointment, &span));
            let session = Some(session(&one.row, &one.reading, &images));
            let results_notes = results.filter(|text| !text.is_empty());
            fillings.push(Filling { appointment: one.appointment, session, results_notes, times });
        }
    }
    settled.proposals = proposals.len();
    store::propose(tx, organisation, &proposals)?;
    let filled = appointments::fill(tx, scope, fillings)?;
    let waiting: HashSet<SessionNoteId> = undecided.iter().map(|(note, _)| *note).collect();
    let mut rendered = Vec::new();
    for one in filled {
        let Some(note) = notes.get(&one.appointment).copied() else { continue };
        if one.rendered {
            rendered.push(note);
        } else if !waiting.contains(&note) {
            store::stand(tx, note, &not_rendered(&one.checks))?;
        }
    }
    for (note, whys) in undecided {
        store::stand(tx, note, &to_decide(&whys))?;
    }
    settled.rendered = rendered.len();
    store::stand_rendered(tx, &rendered)?;
    Ok(settled)
}

/// What a person has to decide before the note changes its appointment.
fn whys(one: &Filled, ours: Option<&String>) -> Vec<Why> {
    let appointment = &one.appointment;
    let mut whys = Vec::new();
    if appointment.invoiced_at.is_some() {
        whys.push(Why::Invoiced);
    }
    if appointment.state == Of::Rendered {
        whys.push(Why::RenderedBefore);
    }
    let there = appointment.results_notes.trim();
    let same = there == one.reading.notes || ours.is_some_and(|text| text.trim() == there);
    if !there.is_empty() && !same && !one.reading.notes.is_empty() {
        whys.push(Why::ResultsThere);
    }
    whys
}

pub(in crate::domain::notes) fn joined(whys: &[Why]) -> String {
    whys.iter().map(|why| why.as_str()).collect::<Vec<_>>().join(",")
}

pub(in crate::domain::notes) fn not_rendered(checks: &[appointments::Check]) -> Standing {
    let first = checks.iter().find(|check| !check.ok);
    Standing {
        state: State::Mapped,
        reason: Reason::NotRendered,
        because: appointments::failed(checks),
        repair: first.map_or(Reason::NotRendered.advice(), |check| check.repair.words()).to_owned(),
    }
}

pub(in crate::domain::notes) fn to_decide(whys: &[Why]) -> Standing {
    Standing {
        state: State::Mapped,
        reason: Reason::Undecided,
        because: whys.iter().map(|why| why.words()).collect::<Vec<_>>().join(" "),
        repair: Reason::Undecided.advice().to_owned(),
    }
}

/// The kept pictures of some readings, by hash.
pub(in crate::domain::notes) fn images<'r>(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    readings: impl Iterator<Item = &'r Reading>,
) -> Result<HashMap<String, SignatureImageId>, Refusal> {
    let hashes: HashSet<&String> = readings
        .flat_map(|reading| [reading.guardian.hash.as_ref(), reading.therapist.hash.as_ref()])
        .flatten()
        .collect();
    let hashes: Vec<&String> = hashes.into_iter().collect();
    Ok(appointments::pictures(tx.conn, organisation, &hashes)?)
}

/// The signature window that a note fills. A place of rendering is that of the therapist's signature.
pub(in crate::domain::notes) fn session(
    row: &Row,
    reading: &Reading,
    images: &HashMap<String, SignatureImageId>,
) -> Session {
    let signed = |one: &Signing| Signed {
        image: one.hash.as_ref().and_then(|hash| images.get(hash)).copied(),
        at: one.at,
        place: one.place.clone(),
    };
    Session {
        note: Some((row.id, row.version)),
        guardian_name: reading.guardian_name.clone(),
        relationship: reading.relationship.clone(),
        session_date: row.local_date,
        session_start: row.start_time.clone(),
        session_end: row.end_time.clone(),
        guardian: signed(&reading.guardian),
        therapist: signed(&reading.therapist),
        render_place: reading.therapist.place.clone(),
    }
}

/// The note's times, on the date that they have where the appointment was agreed.
pub(in crate::domain::notes) fn times(appointment: &Appointment, span: &Span) -> Times {
    let zone: Option<Tz> = appointment.time_zone.parse().ok();
    let local = zone.map(|zone| span.starts_at.and_utc().with_timezone(&zone).date_naive());
    Times { starts_at: span.starts_at, ends_at: span.ends_at, local_date: local.unwrap_or(span.date) }
}

/// What a kept note says.
pub(in crate::domain::notes) fn reading(record: Option<&NoteRecord>) -> Reading {
    record.map(fields::read).unwrap_or_default()
}
