//! Carries a plan out, or writes down what it would do: all of it in one transaction, or none.

use chrono::TimeDelta;
use diesel::QueryResult;
use serde_json::json;

use super::claims::Claim;
use super::decisions::Approval;
use super::drafts::{self, DraftState, Same};
use super::plan::Counts;
use super::settle::{Ended, World};
use super::staged::Staged;
use super::store;
use super::written::{Created, Records};
use crate::db::Tx;
use crate::domain::Refusal;
use crate::domain::access::RunSyncs;
use crate::domain::audit::{self, Event};
use crate::domain::connections::{self, Held};
use crate::domain::pairing::matching::Kind;
use crate::domain::residents;
use crate::kit::ids::ResidentId;
use crate::links;

const CHANGED_SINCE: &str = "Something has changed since you looked, so nothing was done. Look again.";

/// Ends the run: as a preview, as held, or applied.
pub(super) fn conclude(
    tx: &mut Tx<'_>,
    claim: &Claim,
    staged: &Staged,
    world: &World,
    approval: Option<&Approval>,
) -> Result<Ended, Refusal> {
    let hash = world.plan_hash();
    let held = world.held_because();
    let (ended, words) = match (approval, held) {
        (Some(approval), held) if approval.plan_hash != hash => {
            // Whoever released a run released another plan.
            let ended = if held.is_some() && approval.released { Ended::Held } else { Ended::Previewed };
            (ended, format!("{CHANGED_SINCE} {}", held.unwrap_or_default()))
        }
        (Some(approval), Some(held)) if !approval.released => (Ended::Held, held),
        (_, Some(held)) if claim.only.is_some() => return not_this_time(tx, claim, world, hash, held),
        (None, held) if claim.is_preview => (Ended::Previewed, held.unwrap_or_default()),
        (None, held) if !is_as_drafted(claim, world) => {
            (Ended::Previewed, format!("{CHANGED_SINCE} {}", held.unwrap_or_default()))
        }
        (None, Some(held)) => (Ended::Held, held),
        _ => return carry_out(tx, claim, staged, world, hash),
    };
    show(tx, claim, staged, world, &Conclusion { ended, hash, words })
}

/// Whether the steps of a draft that the run applies are what they were when somebody kept them back.
fn is_as_drafted(claim: &Claim, world: &World) -> bool {
    let Some((_, steps)) = &world.parts.applying else { return true };
    let mut now: Vec<Same> = world
        .planned()
        .flat_map(|planned| planned.shown(claim, &Records::new(), &Created::new()))
        .filter(|line| drafts::STEPS.contains(&line.kind))
        .map(|line| {
            let (kind, subject) = (line.kind.to_owned(), line.subject.to_owned());
            (kind, subject, line.local_id, line.external_id, line.before, line.after)
        })
        .collect();
    now.sort();
    now == drafts::same(steps)
}

/// An answer that is not believed changes nobody, and of one resident alone nothing is kept to be released.
fn not_this_time(
    tx: &mut Tx<'_>,
    claim: &Claim,
    world: &World,
    hash: String,
    held: String,
) -> Result<Ended, Refusal> {
    let words = format!("{held} Start a sync of everybody to look at it.");
    finish(tx, claim, world, &Conclusion { ended: Ended::Discarded, hash, words })?;
    let event = Event::new("run.discarded", "changed nothing in a sync of one resident");
    audit::record(
        tx,
        &claim.scope::<RunSyncs>(),
        event.about("connection", claim.connection.0).of_run(claim.run),
    )?;
    Ok(Ended::Discarded)
}

/// How a run ends.
struct Conclusion {
    ended: Ended,
    hash: String,
    /// Why it waits, or empty.
    words: String,
}

/// Writes the plan down for somebody to look at; nothing else is changed.
fn show(
    tx: &mut Tx<'_>,
    claim: &Claim,
    staged: &Staged,
    world: &World,
    end: &Conclusion,
) -> Result<Ended, Refusal> {
    let mut changes = Vec::new();
    let mut problems = Vec::new();
    for planned in world.planned() {
        changes.extend(planned.shown(claim, &Records::new(), &Created::new()));
        problems.extend(planned.problems(claim, staged));
    }
    store::write_changes(tx, claim.run, &changes, &problems)?;
    let batch = serde_json::to_string(staged).map_err(|cause| Refusal::Broken(cause.to_string()))?;
    store::keep_snapshot(tx, claim.run, &batch)?;
    let because = end.words.trim().to_owned();
    finish(tx, claim, world, end)?;
    let scope = claim.scope::<RunSyncs>();
    let mut verb = "prepared a preview of a sync";
    if end.ended == Ended::Held {
        supersede(tx, claim, Some(&end.hash))?;
        let held = Held { because, link: links::sync_run(claim.organisation, claim.run) };
        connections::held(tx, &scope, claim.connection, &held, &world.public_url)?;
        verb = "held a sync for somebody to look at";
    }
    let event = Event::new("run.shown", verb).about("connection", claim.connection.0).of_run(claim.run);
    audit::record(tx, &scope, event)?;
    Ok(end.ended)
}

fn carry_out(
    tx: &mut Tx<'_>,
    claim: &Claim,
    staged: &Staged,
    world: &World,
    hash: String,
) -> Result<Ended, Refusal> {
    let mut changes = Vec::new();
    let mut problems = Vec::new();
    for planned in world.planned() {
        let records = planned.write_records(tx, claim, staged)?;
        let created = planned.create(tx, claim, staged)?;
        planned.pair(tx, claim, &records, &created)?;
        planned.change_people(tx, claim)?;
        planned.end_overrides(tx, claim)?;
        changes.extend(planned.shown(claim, &records, &created));
        problems.extend(planned.problems(claim, staged));
        if !planned.one.still {
            planned.write_unpaired(tx, claim, &records)?;
        }
    }
    store::write_changes(tx, claim.run, &changes, &problems)?;
    store::forget_snapshot(tx, claim.run)?;
    if changes.iter().any(|change| change.subject == residents::SUBJECT) {
        residents::settle(tx, claim.organisation)?;
    }
    if let Some((own, _)) = &world.parts.own {
        store::begin_draft(tx, own.id)?;
    }
    if world.parts.applying.is_some() {
        return end_of_draft(tx, claim, world, hash);
    }
    if let Some(resident) = claim.only {
        return end_of_one(tx, claim, (world, hash), resident);
    }
    remember(tx, claim, world)?;
    let ended = if problems.is_empty() { Ended::Done } else { Ended::Partly };
    finish(tx, claim, world, &Conclusion { ended, hash, words: String::new() })?;
    supersede(tx, claim, None)?;
    let scope = claim.scope::<RunSyncs>();
    // Staff alone say nothing about whether residents are up to date.
    if claim.wanted.residents() {
        let link = links::sync_run(claim.organisation, claim.run);
        connections::went_well(tx, &scope, claim.connection, &link, &world.public_url)?;
    }
    audit::record(tx, &scope, in_words(claim, world))?;
    Ok(ended)
}

/// Ends a sync of one resident: it says nothing of the connection, and takes no other run's place.
fn end_of_one(
    tx: &mut Tx<'_>,
    claim: &Claim,
    (world, hash): (&World, String),
    resident: ResidentId,
) -> Result<Ended, Refusal> {
    if counts(world).0.total > 0 {
        store::brought(tx, claim.connection, resident)?;
    }
    finish(tx, claim, world, &Conclusion { ended: Ended::Done, hash, words: String::new() })?;
    let (people, _) = counts(world);
    let words = format!(
        "synced one resident: {} paired, {} changed, {} unchanged",
        people.paired, people.changed, people.unchanged
    );
    let event = Event::new("run.applied", words).about(residents::SUBJECT, resident.0).of_run(claim.run);
    audit::record(tx, &claim.scope::<RunSyncs>(), event)?;
    Ok(Ended::Done)
}

/// Ends a sync that applied a draft alone. What it was matched with is not kept: the next sync looks at everybody.
fn end_of_draft(tx: &mut Tx<'_>, claim: &Claim, world: &World, hash: String) -> Result<Ended, Refusal> {
    let Some((draft, steps)) = &world.parts.applying else { return Ok(Ended::Done) };
    store::end_draft(tx, draft.id, DraftState::Applied, "")?;
    finish(tx, claim, world, &Conclusion { ended: Ended::Done, hash, words: String::new() })?;
    let words = format!("applied the draft “{}”, with {} steps", draft.name, steps.len());
    let event = Event::new("draft.applied", words).about("connection", claim.connection.0).of_run(claim.run);
    audit::record(tx, &claim.scope::<RunSyncs>(), event)?;
    Ok(Ended::Done)
}

/// How long a preview keeps the vendor's answer for somebody to apply it.
const PREVIEW_KEPT: TimeDelta = TimeDelta::days(7);

/// Older held runs have nothing to say any more, and old previews neither. Who agreed to the very same plan
/// goes on agreeing.
fn supersede(tx: &mut Tx<'_>, claim: &Claim, held_again: Option<&str>) -> Result<(), Refusal> {
    for older in store::held_before(tx.conn, claim)? {
        if held_again == Some(older.plan_hash.as_str()) && !older.released_by_name.is_empty() {
            store::approve(tx, claim.run, &older)?;
        }
        store::supersede(tx, older.id)?;
        let event = Event::new("run.superseded", "set a held sync aside, since a later one took its place");
        let event = event.about("connection", claim.connection.0).of_run(older.id);
        audit::record(tx, &claim.scope::<RunSyncs>(), event)?;
    }
    for preview in store::old_previews(tx.conn, claim.connection, tx.now - PREVIEW_KEPT)? {
        store::supersede(tx, preview)?;
    }
    Ok(())
}

/// Writes down what the next sync compares with.
fn remember(tx: &mut Tx<'_>, claim: &Claim, world: &World) -> QueryResult<()> {
    let stamp = store::stamp(tx.conn, claim.organisation, claim.connection, world.today)?;
    let complete = world.kinds.iter().map(|one| {
        let current = one.incoming.iter().filter(|record| !record.archived).count();
        (one.kind, i64::try_from(current + one.set_aside.people()).unwrap_or(i64::MAX))
    });
    store::remember(tx, claim.connection, &complete.collect::<Vec<_>>(), &world.matched(&stamp))
}

fn counts(world: &World) -> (Counts, Counts) {
    let of =
        |kind| world.kinds.iter().find(|one| one.kind == kind).map(|one| one.plan.counts).unwrap_or_default();
    (of(Kind::People), of(Kind::Staff))
}

/// Ends the run's row. A worker whose claim is gone writes nothing, and its transaction is undone.
fn finish(tx: &mut Tx<'_>, claim: &Claim, world: &World, end: &Conclusion) -> Result<(), Refusal> {
    let counts = counts(world);
    let end = store::End {
        state: end.ended.into(),
        total: counts.0.total + counts.1.total,
        counts: serde_json::to_string(&counts).unwrap_or_default(),
        plan_hash: end.hash.clone(),
        held_because: end.words.trim().to_owned(),
        affected: world.affected(),
    };
    let finished = store::finish(tx, claim, &end)?;
    if finished { Ok(()) } else { Err(Refusal::overtaken("This sync was cancelled or taken over.")) }
}

fn in_words(claim: &Claim, world: &World) -> Event {
    let (people, staff) = counts(world);
    let words = format!(
        "synced {} residents and {} staff: {} new, {} paired, {} changed, {} left, {} failed",
        people.total,
        staff.total,
        people.created,
        people.paired + staff.paired,
        people.changed,
        people.left + staff.left,
        people.failed + staff.failed
    );
    let details = json!({ "residents": people, "staff": staff });
    Event::new("run.applied", words).about("connection", claim.connection.0).of_run(claim.run).with(details)
}
