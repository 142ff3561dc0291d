//! What people decide about pairings, each in one transaction with its audit event.

use chrono::NaiveDate;
use diesel::prelude::*;

use super::matching::{self, Kind, System};
use super::owned::{self, Evidence, Proof};
use super::{kind_word, store};
use crate::db::{Tx, both};
use crate::domain::Refusal;
use crate::domain::access::{PairRecords, Scope};
use crate::domain::audit::{self, Event};
use crate::domain::schema::{pairings, parked};
use crate::kit::ids::{ConnectionId, ExternalRecordId, OrganisationId, PairingId, ResidentId, RunId};
use crate::kit::nhs_number::NhsNumber;

/// A person here and a record there, as somebody chose them.
#[derive(Debug, Clone, Copy)]
pub struct Chosen {
    pub connection: ConnectionId,
    pub system: System,
    pub kind: Kind,
    pub local: i64,
    pub record: ExternalRecordId,
}

/// A link that was made.
#[derive(Debug, Clone)]
pub struct Linked {
    pub pairing: PairingId,
    pub name: String,
}

/// Links a person to a record because somebody said that they are the same.
///
/// # Errors
/// [`Refusal::Invalid`] on `checked` when both NHS numbers are real and differ, and nobody ticked that
/// they checked; [`Refusal::Overtaken`] when either side is linked already, with the words for whom.
pub fn link(
    tx: &mut Tx<'_>,
    scope: &Scope<PairRecords>,
    chosen: &Chosen,
    nhs_checked: bool,
    batch: Option<&Batch>,
) -> Result<Linked, Refusal> {
    let ours = store::local(tx.conn, scope, chosen.kind, chosen.local)?;
    let theirs = store::record(tx.conn, scope, chosen.connection, chosen.kind, chosen.record)?;
    if theirs.facts.archived || ours.facts.archived {
        return Err(Refusal::overtaken("One of the two has been archived since. Look at the list again."));
    }
    free(tx, chosen)?;
    if different_numbers(&ours.facts, &theirs.facts) && !nhs_checked {
        let words = "Tick that you have checked the NHS Number: these are two different ones";
        return Err(Refusal::invalid("checked", words));
    }
    store::withdraw(tx, chosen)?;
    let (reasons, _score) = matching::compare(chosen.system, chosen.kind, &ours.facts, &theirs.facts);
    let mut proof = Proof { reasons: reasons.iter().map(Evidence::of).collect(), ..Proof::default() };
    if chosen.kind == Kind::People {
        let kept = store::overridden(tx, ResidentId(chosen.local))?;
        (proof.before, proof.after) =
            owned::difference(&ours.owned, &theirs.owned, |field| kept.iter().any(|one| one == field));
        if !proof.after.is_empty() {
            owned::write(tx, scope.organisation(), ResidentId(chosen.local), &proof.after)?;
        }
    }
    let pairing = insert(tx, scope, chosen, &proof, batch)?;
    store::forget_unpaired(tx, chosen)?;
    let words = format!("linked {} to a record in {}", ours.name, chosen.system.name());
    let event = Event::new("pairing.made", words).about(kind_word(chosen.kind), chosen.local);
    audit::record(
        tx,
        scope,
        event.with(serde_json::json!({ "before": proof.before, "after": proof.after })),
    )?;
    Ok(Linked { pairing, name: ours.name })
}

fn different_numbers(ours: &matching::Record, theirs: &matching::Record) -> bool {
    let real = |text: &str| NhsNumber::parse(text).ok();
    matches!((real(&ours.nhs_number), real(&theirs.nhs_number)), (Some(one), Some(other)) if one != other)
}

/// Both sides are still free; else who has them.
fn free(tx: &mut Tx<'_>, chosen: &Chosen) -> Result<(), Refusal> {
    if let Some(other) = store::live_of_record(tx.conn, chosen.record)? {
        let who = store::local_name(tx.conn, chosen.kind, other.local_id)?;
        let by = if other.paired_by_name.is_empty() { "a sync".to_owned() } else { other.paired_by_name };
        return Err(Refusal::overtaken(format!(
            "This record is already linked to {who}, by {by}. Unlink that first if it is wrong."
        )));
    }
    if let Some(other) = store::live_of_local(tx.conn, chosen.connection, chosen.kind, chosen.local)? {
        let by = if other.paired_by_name.is_empty() { "a sync".to_owned() } else { other.paired_by_name };
        return Err(Refusal::overtaken(format!("Already linked by {by}. Unlink that first if it is wrong.")));
    }
    Ok(())
}

fn insert(
    tx: &mut Tx<'_>,
    scope: &Scope<PairRecords>,
    chosen: &Chosen,
    proof: &Proof,
    batch: Option<&Batch>,
) -> Result<PairingId, Refusal> {
    let inserted: Option<PairingId> = both(
        diesel::insert_into(pairings::table)
            .values((
                pairings::connection_id.eq(chosen.connection),
                pairings::kind.eq(kind_word(chosen.kind)),
                pairings::external_record_id.eq(chosen.record),
                pairings::local_id.eq(chosen.local),
                pairings::origin.eq("User"),
                pairings::rule.eq(""),
                pairings::evidence.eq(proof.write()),
                pairings::paired_by_name.eq(&scope.by().name),
                pairings::paired_at.eq(tx.now),
                pairings::applied_at.eq(tx.now),
                pairings::batch.eq(batch.map_or("", |batch| batch.0.as_str())),
                pairings::ended_by_name.eq(""),
                pairings::ended_because.eq(""),
            ))
            .on_conflict_do_nothing()
            .returning(pairings::id),
    )
    .get_result(tx.conn)
    .optional()?;
    inserted
        .ok_or_else(|| Refusal::overtaken("Somebody linked one of the two just now. Look at the list again."))
}

/// Ends a link. What it changed is put back, and the two are not paired by themselves again.
/// Returns the person's name.
pub fn unlink(
    tx: &mut Tx<'_>,
    scope: &Scope<PairRecords>,
    connection: ConnectionId,
    kind: Kind,
    local: i64,
) -> Result<String, Refusal> {
    let person = store::local(tx.conn, scope, kind, local)?;
    let pairing = store::live_of_local(tx.conn, connection, kind, local)?;
    let pairing = pairing.ok_or_else(|| Refusal::overtaken("They are not linked any more."))?;
    end(tx, scope.organisation(), &pairing, kind, &scope.by().name, "link undone")?;
    let event =
        Event::new("pairing.ended", format!("unlinked {}", person.name)).about(kind_word(kind), local);
    audit::record(tx, scope, event)?;
    Ok(person.name)
}

/// Ends the pairing that a run made, if it is still that one. Used when a run is undone.
pub fn end_of_run(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    run: RunId,
    record: ExternalRecordId,
    local: i64,
    by: &str,
) -> Result<bool, Refusal> {
    let Some(pairing) = store::live_of_record(tx.conn, record)? else { return Ok(false) };
    if pairing.run_id != Some(run.0) || pairing.local_id != local {
        return Ok(false);
    }
    let kind = if pairing.kind == kind_word(Kind::People) { Kind::People } else { Kind::Staff };
    end(tx, organisation, &pairing, kind, by, "sync undone")?;
    Ok(true)
}

fn end(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    pairing: &store::Live,
    kind: Kind,
    by: &str,
    because: &str,
) -> Result<(), Refusal> {
    let proof = Proof::read(&pairing.evidence);
    if kind == Kind::People && proof.before != proof.after {
        owned::put_back(tx, organisation, ResidentId(pairing.local_id), &proof.before, &proof.after)?;
    }
    diesel::update(pairings::table.find(pairing.id))
        .set((
            pairings::ended_at.eq(tx.now),
            pairings::ended_by_name.eq(by),
            pairings::ended_because.eq(because),
        ))
        .execute(tx.conn)?;
    let refusal = store::NewRefusal {
        connection: ConnectionId(pairing.connection_id),
        kind,
        local: pairing.local_id,
        record: ExternalRecordId(pairing.external_record_id),
        because,
        by,
    };
    store::insert_refusal(tx, &refusal)?;
    Ok(())
}

/// *No, not the same person*: remembered, never offered again, and reversible.
pub fn refuse(tx: &mut Tx<'_>, scope: &Scope<PairRecords>, chosen: &Chosen) -> Result<String, Refusal> {
    let ours = store::local(tx.conn, scope, chosen.kind, chosen.local)?;
    store::record(tx.conn, scope, chosen.connection, chosen.kind, chosen.record)?;
    let linked =
        store::live_of_record(tx.conn, chosen.record)?.is_some_and(|live| live.local_id == chosen.local);
    if linked {
        return Err(Refusal::overtaken("They are linked. Unlink them first."));
    }
    let refusal = store::NewRefusal {
        connection: chosen.connection,
        kind: chosen.kind,
        local: chosen.local,
        record: chosen.record,
        because: "not the same person",
        by: &scope.by().name,
    };
    store::insert_refusal(tx, &refusal)?;
    store::forget_suggestion(tx, chosen)?;
    let words =
        format!("said that {} is not the same person as a record in {}", ours.name, chosen.system.name());
    audit::record(
        tx,
        scope,
        Event::new("pairing.refused", words).about(kind_word(chosen.kind), chosen.local),
    )?;
    Ok(ours.name)
}

/// Takes a refusal back: the record may be suggested again.
pub fn withdraw_refusal(
    tx: &mut Tx<'_>,
    scope: &Scope<PairRecords>,
    chosen: &Chosen,
) -> Result<String, Refusal> {
    let ours = store::local(tx.conn, scope, chosen.kind, chosen.local)?;
    if store::withdraw(tx, chosen)? == 0 {
        return Err(Refusal::overtaken("That was taken back already."));
    }
    let words = format!("took back that {} is not the same person as a record", ours.name);
    audit::record(
        tx,
        scope,
        Event::new("pairing.reopened", words).about(kind_word(chosen.kind), chosen.local),
    )?;
    Ok(ours.name)
}

/// Sets an unpaired person aside until a date, with the reason.
pub fn park(
    tx: &mut Tx<'_>,
    scope: &Scope<PairRecords>,
    (connection, kind, local): (ConnectionId, Kind, i64),
    reason: &str,
    until: NaiveDate,
) -> Result<String, Refusal> {
    let person = store::local(tx.conn, scope, kind, local)?;
    if reason.trim().is_empty() {
        return Err(Refusal::invalid("reason", "Enter why this can wait"));
    }
    if until <= tx.now.date() || until > tx.now.date() + chrono::TimeDelta::days(366) {
        return Err(Refusal::invalid("until", "Enter a date from tomorrow to a year from now"));
    }
    store::unpark(tx, connection, kind, local)?;
    diesel::insert_into(parked::table)
        .values((
            parked::connection_id.eq(connection),
            parked::kind.eq(kind_word(kind)),
            parked::local_id.eq(local),
            parked::reason.eq(reason.trim()),
            parked::until.eq(until),
            parked::parked_by_name.eq(&scope.by().name),
            parked::parked_at.eq(tx.now),
        ))
        .execute(tx.conn)?;
    let words = format!("set {} aside until {}", person.name, until.format("%-d %B %Y"));
    audit::record(tx, scope, Event::new("pairing.parked", words).about(kind_word(kind), local))?;
    Ok(person.name)
}

pub fn unpark(
    tx: &mut Tx<'_>,
    scope: &Scope<PairRecords>,
    (connection, kind, local): (ConnectionId, Kind, i64),
) -> Result<String, Refusal> {
    let person = store::local(tx.conn, scope, kind, local)?;
    store::unpark(tx, connection, kind, local)?;
    let words = format!("brought {} back to the list", person.name);
    audit::record(tx, scope, Event::new("pairing.unparked", words).about(kind_word(kind), local))?;
    Ok(person.name)
}

/// Links made together, so that they can be undone together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch(pub String);

/// Links many strong suggestions at once. One that was overtaken meanwhile is left out and counted.
pub fn confirm_many(
    tx: &mut Tx<'_>,
    scope: &Scope<PairRecords>,
    chosen: &[Chosen],
    batch: &Batch,
) -> Result<(usize, usize), Refusal> {
    let (mut done, mut left_out) = (0, 0);
    for one in chosen {
        match tx.attempt(|tx| link(tx, scope, one, false, Some(batch))) {
            Ok(_) => done += 1,
            Err(Refusal::Overtaken(_) | Refusal::Invalid { .. } | Refusal::NotHere) => left_out += 1,
            Err(other) => return Err(other),
        }
    }
    let event = Event::new("pairing.batch", format!("confirmed {done} suggestions together"));
    audit::record(tx, scope, event.with(serde_json::json!({ "batch": batch.0 })))?;
    Ok((done, left_out))
}

/// Undoes what [`confirm_many`] linked, except what was changed since.
pub fn undo_batch(
    tx: &mut Tx<'_>,
    scope: &Scope<PairRecords>,
    connection: ConnectionId,
    kind: Kind,
    batch: &Batch,
) -> Result<usize, Refusal> {
    store::belongs(tx.conn, scope.organisation(), connection)?;
    let live = store::live_of_batch(tx.conn, connection, kind, &batch.0)?;
    for pairing in &live {
        end(tx, scope.organisation(), pairing, kind, &scope.by().name, "link undone")?;
    }
    let event = Event::new(
        "pairing.batch_undone",
        format!("undid {} links that were confirmed together", live.len()),
    );
    audit::record(tx, scope, event)?;
    Ok(live.len())
}
