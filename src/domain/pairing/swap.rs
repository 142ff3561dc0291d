//! *Swap*: a link put in the place of those that stand in its way, in one decision, and its undoing, which brings
//! back the links that it ended as they were. Deliberately decides nothing by itself: it ends exactly the links that
//! somebody was shown.

use super::compare::renew_suggestion;
use super::decide::{self, Chosen};
use super::many::Batch;
use super::matching::Kind;
use super::owned::{self, Proof};
use super::{kind_word, store};
use crate::db::Tx;
use crate::domain::access::{PairRecords, Scope};
use crate::domain::audit::{self, Event};
use crate::domain::{Refusal, residents};
use crate::kit::ids::{ConnectionId, ExternalRecordId, PairingId, ResidentId};

/// The link that is wanted, and the links that somebody saw in its way.
#[derive(Debug, Clone, Copy)]
pub struct Swap {
    pub chosen: Chosen,
    /// The link of the person here.
    pub of_ours: Option<PairingId>,
    /// The link of the record there.
    pub of_theirs: Option<PairingId>,
    /// The other person gets the record that this one had.
    pub exchange: bool,
}

/// What became of it.
#[derive(Debug, Clone)]
pub struct Swapped {
    pub name: String,
    /// Who had the record before.
    pub other: Option<String>,
    /// The other person got the record that this one had.
    pub exchanged: bool,
}

/// Ends the links in the way, and makes the one that is wanted. `batch` names the swap, so that it can be undone.
///
/// # Errors
/// `Overtaken` when other links stand in the way than those that were seen; `NotHere` when one of them is of
/// somebody whom the scope does not reach; else as [`decide::link`].
pub fn swap(
    tx: &mut Tx<'_>,
    scope: &Scope<PairRecords>,
    wanted: &Swap,
    nhs_checked: bool,
    batch: &Batch,
) -> Result<Swapped, Refusal> {
    let chosen = &wanted.chosen;
    store::local(tx.conn, scope, chosen.kind, chosen.local)?;
    store::record(tx.conn, scope, chosen.connection, chosen.kind, chosen.record)?;
    let of_ours = store::live_of_local(tx.conn, chosen.connection, chosen.kind, chosen.local)?;
    let of_theirs = store::live_of_record(tx.conn, chosen.record)?;
    let id = |live: &Option<store::Live>| live.as_ref().map(|live| live.id);
    let is_same = (id(&of_ours), id(&of_theirs)) == (wanted.of_ours, wanted.of_theirs);
    if !is_same || (of_ours.is_none() && of_theirs.is_none()) || id(&of_ours) == id(&of_theirs) {
        return Err(Refusal::overtaken("Somebody changed one of these links just now."));
    }
    if let Some(live) = &of_theirs {
        store::local(tx.conn, scope, chosen.kind, live.local_id)?;
    }
    for live in of_ours.iter().chain(&of_theirs) {
        let (organisation, by) = (scope.organisation(), scope.by().name.clone());
        decide::end(tx, organisation, live, chosen.kind, &by, store::SWAPPED)?;
        store::note_ended_with(tx, live.id, &batch.0)?;
    }
    // By the name that they have again.
    let other = match &of_theirs {
        Some(live) => Some(store::local(tx.conn, scope, chosen.kind, live.local_id)?),
        None => None,
    };
    let (linked, proof) = decide::join(tx, scope, chosen, nhs_checked, Some(batch))?;
    let back = of_ours.as_ref().zip(other.as_ref()).filter(|_| wanted.exchange);
    if let Some((ours, other)) = back {
        let record = ExternalRecordId(ours.external_record_id);
        let back = Chosen { local: other.id, record, ..*chosen };
        decide::join(tx, scope, &back, nhs_checked, Some(batch))?;
    } else if let Some(other) = &other {
        renew_suggestion(tx, scope, chosen.connection, chosen.kind, other.id)?;
    }
    if chosen.kind == Kind::People {
        residents::settle(tx, scope.organisation())?;
    }
    let swapped =
        Swapped { name: linked.name, exchanged: back.is_some(), other: other.map(|other| other.name) };
    let event =
        Event::new("pairing.swapped", words(&swapped, chosen)).about(kind_word(chosen.kind), chosen.local);
    let details = serde_json::json!({
        "batch": batch.0,
        "ended": [id(&of_ours).map(|id| id.0), id(&of_theirs).map(|id| id.0)],
        "before": proof.before,
        "after": proof.after,
    });
    audit::record(tx, scope, event.with(details))?;
    Ok(swapped)
}

fn words(swapped: &Swapped, chosen: &Chosen) -> String {
    let (name, system) = (&swapped.name, chosen.system.name());
    match (&swapped.other, swapped.exchanged) {
        (Some(other), true) => format!("exchanged the records in {system} of {name} and {other}"),
        (Some(other), false) => format!("linked {name} to the record in {system} that {other} had"),
        (None, _) => format!("linked {name} to another record in {system}"),
    }
}

/// Undoes a swap: what it linked is taken back, what it ended stands again. Returns the names of those whose link
/// stands again.
///
/// # Errors
/// `Overtaken` when it was undone already, or somebody linked one of them anew since.
pub fn undo_swap(
    tx: &mut Tx<'_>,
    scope: &Scope<PairRecords>,
    connection: ConnectionId,
    kind: Kind,
    batch: &Batch,
) -> Result<Vec<String>, Refusal> {
    store::belongs(tx.conn, scope.organisation(), connection)?;
    let made = store::live_of_batch(tx.conn, connection, kind, &batch.0)?;
    let ended = store::ended_with(tx.conn, connection, kind, &batch.0)?;
    if made.is_empty() || ended.is_empty() {
        return Err(Refusal::overtaken("That swap was undone already."));
    }
    let by = scope.by().name.clone();
    for live in &made {
        store::local(tx.conn, scope, kind, live.local_id)?;
        decide::end(tx, scope.organisation(), live, kind, &by, store::TAKEN_BACK)?;
    }
    let mut names = Vec::new();
    for live in &ended {
        names.push(store::local(tx.conn, scope, kind, live.local_id)?.name);
        bring_back(tx, scope, live, kind)?;
    }
    for live in &made {
        if !ended.iter().any(|back| back.local_id == live.local_id) {
            renew_suggestion(tx, scope, connection, kind, live.local_id)?;
        }
    }
    if kind == Kind::People {
        residents::settle(tx, scope.organisation())?;
    }
    let event = Event::new("pairing.swap_undone", format!("undid a swap: {} as before", names.join(" and ")));
    let about = ended.first().map(|live| live.local_id).unwrap_or_default();
    let event = event.about(kind_word(kind), about).with(serde_json::json!({ "batch": batch.0 }));
    audit::record(tx, scope, event)?;
    Ok(names)
}

/// Makes an ended link stand again, unless one of its two sides has been linked since.
fn bring_back(
    tx: &mut Tx<'_>,
    scope: &Scope<PairRecords>,
    live: &store::Live,
    kind: Kind,
) -> Result<(), Refusal> {
    let (connection, record) = (ConnectionId(live.connection_id), ExternalRecordId(live.external_record_id));
    let is_free = store::live_of_local(tx.conn, connection, kind, live.local_id)?.is_none()
        && store::live_of_record(tx.conn, record)?.is_none();
    if !is_free {
        return Err(Refusal::overtaken(
            "Somebody linked one of them anew since. Look at each of them instead.",
        ));
    }
    let system = store::system(tx.conn, connection)?;
    let chosen = Chosen { connection, system, kind, local: live.local_id, record };
    store::withdraw(tx, &chosen)?;
    store::revive(tx, live.id)?;
    store::forget_unpaired(tx, &chosen)?;
    if kind == Kind::People {
        let proof = Proof::read(&live.evidence);
        // Back to what the link had changed, unless somebody changed that since.
        owned::put_back(tx, scope.organisation(), ResidentId(live.local_id), &proof.after, &proof.before)?;
    }
    Ok(())
}
