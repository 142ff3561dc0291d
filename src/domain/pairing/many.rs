//! Strong suggestions confirmed together, and undone together.

use std::collections::{HashMap, HashSet};

use super::compare::Side;
use super::decide::{self, Chosen};
use super::matching::{self, Kind, System};
use super::owned::{Evidence, Proof};
use super::store;
use super::strength::{Strength, WHEREABOUTS_FROM};
use crate::db::{Conn, Tx};
use crate::domain::access::{PairRecords, Scope};
use crate::domain::audit::{self, Event};
use crate::domain::{Refusal, residents};
use crate::kit::ids::{ConnectionId, ExternalRecordId};

/// Confirmed together at most; the rest comes after.
pub const MOST_AT_ONCE: usize = 500;

/// A suggestion that nothing speaks against.
#[derive(Debug, Clone)]
pub struct Strong {
    pub ours: Side,
    pub theirs: Side,
    pub reasons: Vec<Evidence>,
    /// The NHS numbers, or of staff the e-mail addresses, agree.
    pub is_very: bool,
}

/// Suggestions so strong that many may be confirmed together. Each is judged anew by what both sides say now:
/// enough speaks for it, nothing against it, nobody else may be meant on either side, neither is a look-alike,
/// and the person is not set aside.
pub fn strong_suggestions(
    conn: &mut Conn,
    scope: &Scope<PairRecords>,
    connection: ConnectionId,
    (system, kind): (System, Kind),
    today: chrono::NaiveDate,
) -> Result<Vec<Strong>, Refusal> {
    store::belongs(conn, scope.organisation(), connection)?;
    let rows = store::top_suggestions(conn, connection, kind, WHEREABOUTS_FROM)?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let by_id = |all: Vec<store::Person>| -> HashMap<i64, store::Person> {
        all.into_iter().map(|one| (one.id, one)).collect()
    };
    let ours = by_id(store::free_locals(conn, scope, connection, kind)?);
    let theirs = by_id(store::free_records(conn, connection, kind)?);
    let mut times: HashMap<i64, u32> = HashMap::new();
    for (_, record, _) in &rows {
        *times.entry(*record).or_default() += 1;
    }
    let ids: Vec<i64> = rows.iter().map(|row| row.0).collect();
    let mut aside: HashSet<i64> = HashSet::new();
    for some in ids.chunks(1000) {
        aside.extend(store::parked_until(conn, connection, kind, some, today)?.iter().map(|one| one.0));
    }
    let reach = store::Reach::of(conn, scope, kind)?;
    let strong = rows.into_iter().filter_map(|(local, record, evidence)| {
        let (ours, theirs) = (ours.get(&local)?, theirs.get(&record)?);
        let evidence: Vec<Evidence> = serde_json::from_str(&evidence).unwrap_or_default();
        let rival = evidence.iter().any(|one| one.level == "rival") || times.get(&record) != Some(&1);
        let hidden = reach.hides(&theirs.facts) || theirs.facts.archived;
        if rival || hidden || ours.look_alike || aside.contains(&local) {
            return None;
        }
        let (reasons, _score) = matching::compare(system, kind, &ours.facts, &theirs.facts);
        let reasons: Vec<Evidence> = reasons.iter().map(Evidence::of).collect();
        let strength = Strength::of(&reasons);
        (strength != Strength::Weak).then(|| Strong {
            is_very: strength == Strength::Very,
            ours: Side::ours(ours.clone()),
            theirs: Side::theirs(theirs.clone()),
            reasons,
        })
    });
    Ok(strong.take(MOST_AT_ONCE).collect())
}

/// Links made together, so that they can be undone together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch(pub String);

/// Links many at once: all of them or, when one was overtaken meanwhile, none.
pub fn confirm_many(
    tx: &mut Tx<'_>,
    scope: &Scope<PairRecords>,
    chosen: &[Chosen],
    batch: &Batch,
) -> Result<(), Refusal> {
    for one in chosen {
        decide::make(tx, scope, one, false, Some(batch))?;
    }
    residents::settle(tx, scope.organisation())?;
    let event = Event::new("pairing.batch", format!("confirmed {} suggestions together", chosen.len()));
    audit::record(tx, scope, event.with(serde_json::json!({ "batch": batch.0 })))?;
    Ok(())
}

/// Undoes what [`confirm_many`] linked, except what was unlinked since: each is suggested again as before.
pub fn undo_batch(
    tx: &mut Tx<'_>,
    scope: &Scope<PairRecords>,
    connection: ConnectionId,
    kind: Kind,
    batch: &Batch,
) -> Result<usize, Refusal> {
    store::belongs(tx.conn, scope.organisation(), connection)?;
    let mut undone = 0;
    for pairing in store::live_of_batch(tx.conn, connection, kind, &batch.0)? {
        if store::local(tx.conn, scope, kind, pairing.local_id).is_err() {
            continue;
        }
        decide::end(tx, scope.organisation(), &pairing, kind, &scope.by().name, store::TAKEN_BACK)?;
        let reasons = Proof::read(&pairing.evidence).reasons;
        let score = reasons.iter().map(|one| one.weight).sum();
        let best = Some((ExternalRecordId(pairing.external_record_id), score, false, reasons.as_slice()));
        store::suggest(tx, (connection, kind, pairing.local_id), best)?;
        undone += 1;
    }
    if undone == 0 {
        return Err(Refusal::overtaken("These links were undone already."));
    }
    residents::settle(tx, scope.organisation())?;
    let words = format!("undid {undone} links that were confirmed together");
    let event = Event::new("pairing.batch_undone", words);
    audit::record(tx, scope, event.with(serde_json::json!({ "batch": batch.0 })))?;
    Ok(undone)
}
