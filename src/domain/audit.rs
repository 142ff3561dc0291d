//! The audit trail: append-only events, chained by hash, written in the transaction of the act.
//!
//! An event says who did what to whom in a sentence, with the values before and after where there
//! are some. Each carries the hash of the one before it in its organisation's chain, and a head row
//! holds the last, so that an edited, missing or cut-off event shows ([`verify`]). Deliberately
//! keeps no secrets: callers pass sentences and changed values, never tokens or passwords.

use chrono::{NaiveDateTime, TimeDelta};
use diesel::prelude::*;

use super::access::{By, Platform, Right, Scope, ViewAudit};
use super::schema::{audit_events, audit_heads, organisations};
use crate::db::{Conn, Tx, both, on_each};
use crate::kit::ids::{OrganisationId, RunId};
use crate::kit::secret::fingerprint;

/// The chain of events that belong to no organisation: sign-ins, the representative's acts.
pub const PLATFORM: OrganisationId = OrganisationId(0);

/// What happened, before it has a place in the chain.
#[derive(Debug, Clone, Default)]
pub struct Event {
    /// A stable word for filters: `resident.opened`, `pairing.made`.
    pub verb: &'static str,
    /// A sentence without its subject: `linked Arthur Bell (Nourish) to Arthur Bell, room 2`.
    pub words: String,
    /// The kind of thing it is about: `resident`, `connection`; with its id.
    pub subject: &'static str,
    pub subject_id: Option<i64>,
    pub run: Option<RunId>,
    /// Changed values as JSON, or empty.
    pub details: String,
}

impl Event {
    pub fn new(verb: &'static str, words: impl Into<String>) -> Self {
        Self { verb, words: words.into(), ..Self::default() }
    }

    pub fn about(mut self, subject: &'static str, id: i64) -> Self {
        self.subject = subject;
        self.subject_id = Some(id);
        self
    }

    pub fn of_run(mut self, run: RunId) -> Self {
        self.run = Some(run);
        self
    }

    pub fn with(mut self, details: impl serde::Serialize) -> Self {
        self.details = serde_json::to_string(&details).unwrap_or_default();
        self
    }
}

/// Records an act in its organisation's chain.
pub fn record<R: Right>(tx: &mut Tx<'_>, scope: &Scope<R>, event: Event) -> QueryResult<()> {
    append(tx, scope.organisation(), scope.by(), event)
}

/// Records many acts at once, in their order: the head is read and written once.
pub fn record_many<R: Right>(tx: &mut Tx<'_>, scope: &Scope<R>, events: Vec<Event>) -> QueryResult<()> {
    append_many(tx, scope.organisation(), scope.by(), events)
}

/// Records an act of the representative, on the organisation that it is about or on the platform's chain.
pub fn record_platform(
    tx: &mut Tx<'_>,
    platform: &Platform,
    about: OrganisationId,
    event: Event,
) -> QueryResult<()> {
    append(tx, about, platform.by(), event)
}

/// Records an act for which no scope exists, such as a sign-in.
pub(in crate::domain) fn append(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    by: &By,
    event: Event,
) -> QueryResult<()> {
    append_many(tx, organisation, by, vec![event])
}

fn append_many(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    by: &By,
    events: Vec<Event>,
) -> QueryResult<()> {
    if events.is_empty() {
        return Ok(());
    }
    let head = audit_heads::table.find(organisation.0).select((audit_heads::hash, audit_heads::events));
    let (mut hash, mut count): (String, i64) = head.first(tx.conn).optional()?.unwrap_or_default();
    let mut rows = Vec::with_capacity(events.len());
    for event in events {
        let row = Row::chain(organisation, by, tx.now, event, hash.clone());
        hash.clone_from(&row.hash);
        count += 1;
        rows.push(row);
    }
    let new: Vec<NewRow<'_>> = rows.iter().map(NewRow::of).collect();
    on_each!(&mut *tx.conn, c => for piece in new.chunks(500) {
        diesel::insert_into(audit_events::table).values(piece).execute(c)?;
    });
    let values = (
        audit_heads::organisation_id.eq(organisation.0),
        audit_heads::hash.eq(&hash),
        audit_heads::events.eq(count),
    );
    both(
        diesel::insert_into(audit_heads::table)
            .values(values)
            .on_conflict(audit_heads::organisation_id)
            .do_update()
            .set((audit_heads::hash.eq(&hash), audit_heads::events.eq(count))),
    )
    .execute(tx.conn)?;
    Ok(())
}

/// An event as the trail shows it.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = audit_events)]
pub struct Row {
    pub id: i64,
    pub organisation_id: OrganisationId,
    pub at: NaiveDateTime,
    pub actor_id: Option<i64>,
    pub actor_name: String,
    pub verb: String,
    pub words: String,
    pub subject: String,
    pub subject_id: Option<i64>,
    pub run_id: Option<i64>,
    pub details: String,
    pub address: String,
    pub session_id: Option<i64>,
    pub previous_hash: String,
    pub hash: String,
}

/// A row before the database has given it a number.
#[derive(Insertable)]
#[diesel(table_name = audit_events)]
#[diesel(treat_none_as_default_value = false)]
struct NewRow<'r> {
    organisation_id: OrganisationId,
    at: NaiveDateTime,
    actor_id: Option<i64>,
    actor_name: &'r str,
    verb: &'r str,
    words: &'r str,
    subject: &'r str,
    subject_id: Option<i64>,
    run_id: Option<i64>,
    details: &'r str,
    address: &'r str,
    session_id: Option<i64>,
    previous_hash: &'r str,
    hash: &'r str,
}

impl<'r> NewRow<'r> {
    fn of(row: &'r Row) -> Self {
        Self {
            organisation_id: row.organisation_id,
            at: row.at,
            actor_id: row.actor_id,
            actor_name: &row.actor_name,
            verb: &row.verb,
            words: &row.words,
            subject: &row.subject,
            subject_id: row.subject_id,
            run_id: row.run_id,
            details: &row.details,
            address: &row.address,
            session_id: row.session_id,
            previous_hash: &row.previous_hash,
            hash: &row.hash,
        }
    }
}

impl Row {
    /// The event with its place in the chain, after the one with the hash `previous`.
    fn chain(
        organisation: OrganisationId,
        by: &By,
        at: NaiveDateTime,
        event: Event,
        previous: String,
    ) -> Self {
        let mut row = Self {
            id: 0,
            organisation_id: organisation,
            at,
            actor_id: by.account.map(|account| account.0),
            actor_name: by.name.clone(),
            verb: event.verb.to_owned(),
            words: event.words,
            subject: event.subject.to_owned(),
            subject_id: event.subject_id,
            run_id: event.run.map(|run| run.0),
            details: event.details,
            address: by.address.clone(),
            session_id: by.session.map(|session| session.0),
            previous_hash: previous,
            hash: String::new(),
        };
        row.hash = row.chained();
        row
    }

    /// The hash over everything but the row's own number, which the database gives.
    fn chained(&self) -> String {
        let content = serde_json::json!([
            self.previous_hash,
            self.organisation_id,
            self.at.and_utc().timestamp_micros(),
            self.actor_id,
            self.actor_name,
            self.verb,
            self.words,
            self.subject,
            self.subject_id,
            self.run_id,
            self.details,
            self.address,
            self.session_id,
        ]);
        fingerprint(&content.to_string())
    }
}

/// What the audit page asks for; empty fields do not narrow.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Part of the actor's name.
    pub who: String,
    /// The start of a verb: `pairing`, `run`.
    pub what: String,
    pub from: Option<NaiveDateTime>,
    pub to: Option<NaiveDateTime>,
    pub subject: Option<(&'static str, i64)>,
    /// Only events older than this id: the next page.
    pub before: Option<i64>,
}

/// Events of the organisation, newest first.
pub fn list(conn: &mut Conn, scope: &Scope<ViewAudit>, wanted: &Wanted, limit: i64) -> QueryResult<Vec<Row>> {
    use audit_events::dsl;
    let mut query = dsl::audit_events
        .select(Row::as_select())
        .filter(dsl::organisation_id.eq(scope.organisation()))
        .order(dsl::id.desc())
        .limit(limit)
        .into_boxed();
    if !wanted.who.is_empty() {
        query = query.filter(dsl::actor_name.like(format!("%{}%", escape_like(&wanted.who))).escape('!'));
    }
    if !wanted.what.is_empty() {
        query = query.filter(dsl::verb.like(format!("{}%", escape_like(&wanted.what))).escape('!'));
    }
    if let Some(from) = wanted.from {
        query = query.filter(dsl::at.ge(from));
    }
    if let Some(to) = wanted.to {
        query = query.filter(dsl::at.lt(to));
    }
    if let Some((subject, id)) = wanted.subject {
        query = query.filter(dsl::subject.eq(subject)).filter(dsl::subject_id.eq(id));
    }
    if let Some(before) = wanted.before {
        query = query.filter(dsl::id.lt(before));
    }
    query.load(conn)
}

/// How many events the chain holds, from its head: no scan.
pub fn count(conn: &mut Conn, scope: &Scope<ViewAudit>) -> QueryResult<i64> {
    let head = audit_heads::table.find(scope.organisation().0).select(audit_heads::events);
    Ok(head.first(conn).optional()?.unwrap_or(0))
}

/// Whether the same session was already recorded opening a thing within `within`: views are
/// coalesced, so that one visit is one event.
pub fn seen_lately(
    conn: &mut Conn,
    by: &By,
    verb: &str,
    subject: (&str, i64),
    since: NaiveDateTime,
) -> QueryResult<bool> {
    use audit_events::dsl;
    let query = dsl::audit_events
        .filter(dsl::subject.eq(subject.0))
        .filter(dsl::subject_id.eq(subject.1))
        .filter(dsl::verb.eq(verb))
        .filter(dsl::session_id.eq(by.session.map(|session| session.0)))
        .filter(dsl::at.gt(since));
    diesel::select(diesel::dsl::exists(query)).get_result(conn)
}

/// The details of the last event of a kind about a subject, if its row is as it was written; the rest of the chain is
/// [`verify`]'s.
pub(in crate::domain) fn last_of(
    conn: &mut Conn,
    organisation: OrganisationId,
    verb: &str,
    subject: (&str, i64),
) -> QueryResult<Option<String>> {
    use audit_events::dsl;
    let row: Option<Row> = dsl::audit_events
        .select(Row::as_select())
        .filter(dsl::organisation_id.eq(organisation))
        .filter(dsl::subject.eq(subject.0))
        .filter(dsl::subject_id.eq(subject.1))
        .filter(dsl::verb.eq(verb))
        .order(dsl::id.desc())
        .first(conn)
        .optional()?;
    Ok(row.filter(|row| row.chained() == row.hash).map(|row| row.details))
}

/// Whether something happened to a subject of the organisation since then; `None` for whichever of its kind.
pub fn any_since(
    conn: &mut Conn,
    organisation: OrganisationId,
    subject: (&str, Option<i64>),
    since: NaiveDateTime,
) -> QueryResult<bool> {
    use audit_events::dsl;
    let query = dsl::audit_events
        .filter(dsl::organisation_id.eq(organisation))
        .filter(dsl::subject.eq(subject.0))
        .filter(dsl::at.ge(since));
    match subject.1 {
        Some(id) => {
            diesel::select(diesel::dsl::exists(query.filter(dsl::subject_id.eq(id)))).get_result(conn)
        }
        None => diesel::select(diesel::dsl::exists(query)).get_result(conn),
    }
}

/// How long one session's views of the same thing count as one.
pub const ONE_VIEW: TimeDelta = TimeDelta::minutes(15);

/// The first place where a chain does not hold.
#[derive(Debug, PartialEq, Eq)]
pub struct Tampered {
    pub organisation: OrganisationId,
    /// The event that does not fit, or `None` when events are missing at the end.
    pub event: Option<i64>,
}

/// Walks every chain in pieces and compares hashes and heads. Returns the number of events that fit.
pub fn verify(conn: &mut Conn) -> QueryResult<Result<i64, Tampered>> {
    let heads: Vec<(i64, String, i64)> = audit_heads::table.load(conn)?;
    let chains: Vec<OrganisationId> =
        audit_events::table.select(audit_events::organisation_id).distinct().load(conn)?;
    // Every organisation was made, which is an event: one without a chain has lost it.
    let made: Vec<OrganisationId> = organisations::table.select(organisations::id).load(conn)?;
    let expected = chains.iter().chain(&made);
    if let Some(orphan) = expected.copied().find(|chain| !heads.iter().any(|(id, ..)| *id == chain.0)) {
        return Ok(Err(Tampered { organisation: orphan, event: None }));
    }
    let mut good = 0;
    for (organisation, head, events) in heads {
        match verify_chain(conn, OrganisationId(organisation), &head, events)? {
            Ok(n) => good += n,
            Err(tampered) => return Ok(Err(tampered)),
        }
    }
    Ok(Ok(good))
}

fn verify_chain(
    conn: &mut Conn,
    organisation: OrganisationId,
    head: &str,
    events: i64,
) -> QueryResult<Result<i64, Tampered>> {
    let (mut previous, mut seen, mut last) = (String::new(), 0, 0);
    loop {
        let piece: Vec<Row> = audit_events::table
            .select(Row::as_select())
            .filter(audit_events::organisation_id.eq(organisation))
            .filter(audit_events::id.gt(last))
            .order(audit_events::id)
            .limit(1000)
            .load(conn)?;
        for row in &piece {
            if row.previous_hash != previous || row.chained() != row.hash {
                return Ok(Err(Tampered { organisation, event: Some(row.id) }));
            }
            previous.clone_from(&row.hash);
            last = row.id;
            seen += 1;
        }
        if piece.is_empty() {
            break;
        }
    }
    let whole = seen == events && previous == head;
    Ok(if whole { Ok(seen) } else { Err(Tampered { organisation, event: None }) })
}

/// Takes the meaning from `%`, `_` and `!` for a LIKE with `escape('!')`. No row holds a control character, and
/// PostgreSQL refuses a zero byte, so that one is looked for as a character that finds nothing.
pub(in crate::domain) fn escape_like(text: &str) -> String {
    let plain = text.replace(char::is_control, "\u{fffd}");
    plain.replace('!', "!!").replace('%', "!%").replace('_', "!_")
}
