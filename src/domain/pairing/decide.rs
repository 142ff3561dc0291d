//! What people decide about pairings, each in one transaction with its audit event.

use chrono::NaiveDate;

use super::compare::renew_suggestion;
use super::many::Batch;
use super::matching::{self, Kind, System};
use super::owned::{self, Evidence, Proof};
use super::strength::Strength;
use super::{kind_word, store};
use crate::db::{Conn, Tx};
use crate::domain::access::{PairRecords, Scope};
use crate::domain::audit::{self, Event};
use crate::domain::organisations::{one_line, short};
use crate::domain::{Refusal, residents};
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
    let linked = make(tx, scope, chosen, nhs_checked, batch)?;
    if chosen.kind == Kind::People {
        residents::settle(tx, scope.organisation())?;
    }
    Ok(linked)
}

/// [`link`] without bringing the look-alike marks level, which the caller does.
pub(super) fn make(
    tx: &mut Tx<'_>,
    scope: &Scope<PairRecords>,
    chosen: &Chosen,
    nhs_checked: bool,
    batch: Option<&Batch>,
) -> Result<Linked, Refusal> {
    let (linked, proof) = join(tx, scope, chosen, nhs_checked, batch)?;
    let words = format!("linked {} to a record in {}", linked.name, chosen.system.name());
    let event = Event::new("pairing.made", words).about(kind_word(chosen.kind), chosen.local);
    audit::record(
        tx,
        scope,
        event.with(serde_json::json!({ "before": proof.before, "after": proof.after })),
    )?;
    Ok(linked)
}

/// [`make`] without its audit event, which the caller writes.
pub(super) fn join(
    tx: &mut Tx<'_>,
    scope: &Scope<PairRecords>,
    chosen: &Chosen,
    nhs_checked: bool,
    batch: Option<&Batch>,
) -> Result<(Linked, Proof), Refusal> {
    let ours = store::local(tx.conn, scope, chosen.kind, chosen.local)?;
    let theirs = store::record(tx.conn, scope, chosen.connection, chosen.kind, chosen.record)?;
    if theirs.facts.archived || ours.facts.archived {
        return Err(Refusal::overtaken("One of the two has been archived since. Look at the list again."));
    }
    free(tx.conn, scope, chosen)?;
    if different_numbers(&ours.facts, &theirs.facts) && !nhs_checked {
        let words = "Tick that you have checked the NHS Number: these are two different ones";
        return Err(Refusal::invalid("checked", words));
    }
    store::withdraw(tx, chosen)?;
    let (reasons, _score) = matching::compare(chosen.system, chosen.kind, &ours.facts, &theirs.facts);
    let mut proof = Proof { reasons: reasons.iter().map(Evidence::of).collect(), ..Proof::default() };
    if chosen.kind == Kind::People {
        let (organisation, resident, today) = (scope.organisation(), ResidentId(chosen.local), tx.now.date());
        let kept = residents::left_alone(tx.conn, organisation, resident, chosen.system, today)?;
        (proof.before, proof.after) = owned::difference(&ours.owned, &theirs.owned, |field| {
            kept.iter().any(|one| one.as_str() == field)
        });
        if !proof.after.is_empty() {
            owned::write(tx, scope.organisation(), ResidentId(chosen.local), &proof.after)?;
        }
    }
    let batch = batch.map_or("", |batch| batch.0.as_str());
    let pairing = store::insert_pairing(tx, chosen, &proof, batch, &scope.by().name)?;
    let pairing = pairing.ok_or_else(|| {
        Refusal::overtaken("Somebody linked one of the two just now. Look at the list again.")
    })?;
    store::forget_unpaired(tx, chosen)?;
    Ok((Linked { pairing, name: ours.name }, proof))
}

/// Both have an NHS number that is a real one, and not the same.
pub fn different_numbers(ours: &matching::Record, theirs: &matching::Record) -> bool {
    let real = |text: &str| NhsNumber::parse(text).ok();
    matches!((real(&ours.nhs_number), real(&theirs.nhs_number)), (Some(one), Some(other)) if one != other)
}

/// Both sides are still free; else who has them, as far as the person may know.
fn free(conn: &mut Conn, scope: &Scope<PairRecords>, chosen: &Chosen) -> Result<(), Refusal> {
    let by = |name: String| if name.is_empty() { "a sync".to_owned() } else { name };
    if let Some(other) = store::live_of_local(conn, chosen.connection, chosen.kind, chosen.local)? {
        let by = by(other.paired_by_name);
        return Err(Refusal::overtaken(format!("Already linked by {by}. Unlink that first if it is wrong.")));
    }
    if let Some(other) = store::live_of_record(conn, chosen.record)? {
        let who = store::local(conn, scope, chosen.kind, other.local_id);
        let who = who.map_or_else(|_hidden| "somebody in another home".to_owned(), |one| one.name);
        return Err(Refusal::overtaken(format!(
            "This record is already linked to {who}, by {}. Unlink that first if it is wrong.",
            by(other.paired_by_name)
        )));
    }
    Ok(())
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
    take_apart(tx, scope, (connection, kind, local), None, store::UNLINKED)
}

/// The same for one link and no other: a page that is out of date ends nothing else.
pub fn unlink_this(
    tx: &mut Tx<'_>,
    scope: &Scope<PairRecords>,
    about: (ConnectionId, Kind, i64),
    pairing: PairingId,
) -> Result<String, Refusal> {
    take_apart(tx, scope, about, Some(pairing), store::UNLINKED)
}

/// *Undo* right after *Yes*: as if it had not been said, so that the record is suggested again.
pub fn take_back(
    tx: &mut Tx<'_>,
    scope: &Scope<PairRecords>,
    about: (ConnectionId, Kind, i64),
    pairing: PairingId,
) -> Result<String, Refusal> {
    take_apart(tx, scope, about, Some(pairing), store::TAKEN_BACK)
}

fn take_apart(
    tx: &mut Tx<'_>,
    scope: &Scope<PairRecords>,
    (connection, kind, local): (ConnectionId, Kind, i64),
    only: Option<PairingId>,
    because: &'static str,
) -> Result<String, Refusal> {
    store::belongs(tx.conn, scope.organisation(), connection)?;
    let person = store::local(tx.conn, scope, kind, local)?;
    let live = store::live_of_local(tx.conn, connection, kind, local)?;
    let live = live.filter(|live| only.is_none_or(|only| live.id == only));
    let live = live.filter(|live| because != store::TAKEN_BACK || live.origin == store::BY_HAND);
    let pairing = live.ok_or_else(|| Refusal::overtaken("That link is not there any more."))?;
    end(tx, scope.organisation(), &pairing, kind, &scope.by().name, because)?;
    if kind == Kind::People {
        residents::settle(tx, scope.organisation())?;
    }
    renew_suggestion(tx, scope, connection, kind, local)?;
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
    end(tx, organisation, &pairing, kind, by, store::SYNC_UNDONE)?;
    Ok(true)
}

/// Ends a pairing: what it changed is put back, the list says why the person is not linked, and unless the
/// link was taken back at once, the two are not paired by themselves again.
pub(super) fn end(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    pairing: &store::Live,
    kind: Kind,
    by: &str,
    because: &'static str,
) -> Result<(), Refusal> {
    let proof = Proof::read(&pairing.evidence);
    if kind == Kind::People && proof.before != proof.after {
        owned::put_back(tx, organisation, ResidentId(pairing.local_id), &proof.before, &proof.after)?;
    }
    store::end_pairing(tx, pairing.id, by, because)?;
    let (connection, local) = (ConnectionId(pairing.connection_id), pairing.local_id);
    let words = format!("{}{by}.", store::UNDONE_BY);
    store::say_unpaired(tx, (connection, kind, local), &words)?;
    if because == store::TAKEN_BACK {
        return Ok(());
    }
    let record = ExternalRecordId(pairing.external_record_id);
    let refusal = store::NewRefusal { connection, kind, local, record, because, by, strength: "" };
    store::insert_refusal(tx, &refusal)?;
    Ok(())
}

/// *No, not the same person*: remembered, never offered again, and reversible.
pub fn refuse(tx: &mut Tx<'_>, scope: &Scope<PairRecords>, chosen: &Chosen) -> Result<String, Refusal> {
    let ours = store::local(tx.conn, scope, chosen.kind, chosen.local)?;
    let theirs = store::record(tx.conn, scope, chosen.connection, chosen.kind, chosen.record)?;
    let linked =
        store::live_of_record(tx.conn, chosen.record)?.is_some_and(|live| live.local_id == chosen.local);
    if linked {
        return Err(Refusal::overtaken("They are linked. Unlink them first."));
    }
    let (reasons, _score) = matching::compare(chosen.system, chosen.kind, &ours.facts, &theirs.facts);
    let reasons: Vec<Evidence> = reasons.iter().map(Evidence::of).collect();
    let refusal = store::NewRefusal {
        connection: chosen.connection,
        kind: chosen.kind,
        local: chosen.local,
        record: chosen.record,
        because: store::SAID_NO,
        by: &scope.by().name,
        strength: Strength::of(&reasons).word(),
    };
    store::insert_refusal(tx, &refusal)?;
    renew_suggestion(tx, scope, chosen.connection, chosen.kind, chosen.local)?;
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
    if store::live_of_local(tx.conn, chosen.connection, chosen.kind, chosen.local)?.is_none() {
        renew_suggestion(tx, scope, chosen.connection, chosen.kind, chosen.local)?;
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
///
/// # Errors
/// `Invalid` on `reason` or `until_day`; `Overtaken` when the person is linked.
pub fn park(
    tx: &mut Tx<'_>,
    scope: &Scope<PairRecords>,
    (connection, kind, local): (ConnectionId, Kind, i64),
    reason: &str,
    until: NaiveDate,
) -> Result<String, Refusal> {
    store::belongs(tx.conn, scope.organisation(), connection)?;
    let person = store::local(tx.conn, scope, kind, local)?;
    let reason = short("reason", one_line(reason), 200)?;
    if reason.is_empty() {
        return Err(Refusal::invalid("reason", "Enter why this can wait"));
    }
    if until <= tx.now.date() || until > tx.now.date() + chrono::TimeDelta::days(366) {
        return Err(Refusal::invalid("until_day", "Enter a date from tomorrow to a year from now"));
    }
    if person.facts.archived || store::live_of_local(tx.conn, connection, kind, local)?.is_some() {
        return Err(Refusal::overtaken(format!("{} is not on the list any more.", person.name)));
    }
    store::park(tx, (connection, kind, local), (&reason, until), &scope.by().name)?;
    let words = format!("set {} aside until {}: {reason}", person.name, until.format("%-d %B %Y"));
    audit::record(tx, scope, Event::new("pairing.parked", words).about(kind_word(kind), local))?;
    Ok(person.name)
}

/// Brings somebody who is set aside back to the list.
pub fn unpark(
    tx: &mut Tx<'_>,
    scope: &Scope<PairRecords>,
    (connection, kind, local): (ConnectionId, Kind, i64),
) -> Result<String, Refusal> {
    store::belongs(tx.conn, scope.organisation(), connection)?;
    let person = store::local(tx.conn, scope, kind, local)?;
    if store::unpark(tx, connection, kind, local)? == 0 {
        return Err(Refusal::overtaken(format!("{} is on the list already.", person.name)));
    }
    let words = format!("brought {} back to the list", person.name);
    audit::record(tx, scope, Event::new("pairing.unparked", words).about(kind_word(kind), local))?;
    Ok(person.name)
}
