//! One person here beside the records that might be them: candidates, one chosen record, a search, and
//! who is linked to whom at the moment.
//!
//! Works everything out anew from what both systems say now. A record that stands under a service of a
//! place which the reader is not assigned to is a sealed candidate: that there is one, and no more.

use std::collections::HashSet;

use chrono::NaiveDateTime;

use super::decide::Chosen;
use super::lists::name_in;
use super::matching::{self, Bits, Kind, Record, System};
use super::owned::{Evidence, Proof};
use super::{kind_word, store};
use crate::db::{Conn, Tx};
use crate::domain::access::{PairRecords, Places, Scope};
use crate::domain::{Refusal, audit};
use crate::kit::ids::{ConnectionId, ExternalRecordId, PairingId};

/// One side, as the comparison shows it.
#[derive(Debug, Clone, Default)]
pub struct Side {
    pub id: i64,
    pub name: String,
    pub facts: Record,
    /// Of staff only.
    pub job_title: String,
    pub look_alike: bool,
    /// Changes whenever what this side says changes.
    pub edition: String,
}

impl Side {
    pub(super) fn ours(person: store::Person) -> Self {
        Self { edition: person.version.to_string(), ..Self::of(person) }
    }

    pub(super) fn theirs(person: store::Person) -> Self {
        Self { edition: person.at.and_utc().timestamp_micros().to_string(), ..Self::of(person) }
    }

    fn of(person: store::Person) -> Self {
        Self {
            id: person.id,
            name: person.name,
            facts: person.facts,
            job_title: person.job_title,
            look_alike: person.look_alike,
            edition: String::new(),
        }
    }
}

/// Somebody there who might be this person.
#[derive(Debug, Clone)]
pub struct Candidate {
    pub side: Side,
    pub reasons: Vec<Evidence>,
    pub score: Bits,
    /// Another fits about as well: none is chosen beforehand.
    pub several: bool,
    /// Of a place that the reader is not assigned to: nothing of the record is given.
    pub sealed: bool,
}

/// The person here, and who there might be them.
pub fn candidates(
    conn: &mut Conn,
    scope: &Scope<PairRecords>,
    connection: ConnectionId,
    (system, kind): (System, Kind),
    local: i64,
) -> Result<(Side, Vec<Candidate>), Refusal> {
    store::belongs(conn, scope.organisation(), connection)?;
    let ours = store::local(conn, scope, kind, local)?;
    let refused: HashSet<i64> =
        store::refusals_of(conn, connection, kind, local)?.into_iter().map(|refusal| refusal.0.0).collect();
    let mut theirs = store::free_records(conn, connection, kind)?;
    theirs.retain(|one| !refused.contains(&one.id));
    let facts: Vec<Record> = theirs.iter().map(|one| one.facts.clone()).collect();
    let others: Vec<Record> =
        store::free_locals(conn, scope, connection, kind)?.into_iter().map(|one| one.facts).collect();
    let context = matching::Context { others: &others, ..matching::Context::default() };
    let reach = store::Reach::of(conn, scope, kind)?;
    let found = matching::suggest_for(system, kind, &ours.facts, &facts, context);
    let found = found.into_iter().filter_map(|one| {
        let record = theirs.get(one.theirs)?.clone();
        let sealed = reach.hides(&record.facts);
        Some(Candidate {
            score: one.score,
            several: one.several_possible,
            sealed,
            reasons: if sealed { Vec::new() } else { one.reasons.iter().map(Evidence::of).collect() },
            side: if sealed { Side::default() } else { Side::theirs(record) },
        })
    });
    let found = found.collect();
    Ok((Side::ours(ours), found))
}

/// A person and one chosen record beside each other.
///
/// # Errors
/// `NotHere` also for a record of a place that the scope does not reach.
pub fn side_by_side(
    conn: &mut Conn,
    scope: &Scope<PairRecords>,
    connection: ConnectionId,
    (system, kind): (System, Kind),
    local: i64,
    record: ExternalRecordId,
) -> Result<(Side, Candidate), Refusal> {
    let ours = store::local(conn, scope, kind, local)?;
    let theirs = store::record(conn, scope, connection, kind, record)?;
    if store::Reach::of(conn, scope, kind)?.hides(&theirs.facts) {
        return Err(Refusal::NotHere);
    }
    let (reasons, score) = matching::compare(system, kind, &ours.facts, &theirs.facts);
    let candidate = Candidate {
        side: Side::theirs(theirs),
        reasons: reasons.iter().map(Evidence::of).collect(),
        score,
        several: false,
        sealed: false,
    };
    Ok((Side::ours(ours), candidate))
}

/// How many records are looked at to see what a system sends.
const MOST_SEEN: i64 = 200;

type Says = fn(&store::Person) -> &str;

/// The details that a system has sent for nobody so far, by the labels of the comparison. Seen from its records and
/// not from what its profile hopes for.
pub fn unsent(
    conn: &mut Conn,
    scope: &Scope<PairRecords>,
    connection: ConnectionId,
    kind: Kind,
) -> Result<Vec<&'static str>, Refusal> {
    store::belongs(conn, scope.organisation(), connection)?;
    let seen = store::some_records(conn, connection, kind, MOST_SEEN)?;
    if seen.is_empty() {
        return Ok(Vec::new());
    }
    let details: [(&'static str, Says); 3] = match kind {
        Kind::People => [
            ("NHS Number", |one| &one.facts.nhs_number),
            ("Date of Birth", |one| &one.facts.date_of_birth),
            ("Room", |one| &one.facts.room),
        ],
        Kind::Staff => [
            ("Email", |one| &one.facts.email),
            ("Site or home", |one| &one.facts.place),
            ("Job title", |one| &one.job_title),
        ],
    };
    let nobody = |says: Says| seen.iter().all(|one| says(one).trim().is_empty());
    Ok(details.into_iter().filter(|(_, says)| nobody(*says)).map(|(label, _)| label).collect())
}

/// Both sides still say what they said when somebody looked at them.
///
/// # Errors
/// `Overtaken` with whose details are newer, `NotHere` as for [`side_by_side`].
pub fn still_as_seen(
    conn: &mut Conn,
    scope: &Scope<PairRecords>,
    chosen: &Chosen,
    (ours_seen, theirs_seen): (&str, &str),
) -> Result<(), Refusal> {
    let kinds = (chosen.system, chosen.kind);
    let (ours, theirs) = side_by_side(conn, scope, chosen.connection, kinds, chosen.local, chosen.record)?;
    if ours.edition != ours_seen {
        let words = format!("The details of {} here have changed meanwhile.", ours.name);
        return Err(Refusal::overtaken(words));
    }
    if theirs.side.edition != theirs_seen {
        let words = format!("{} has sent newer details meanwhile.", chosen.system.name());
        return Err(Refusal::overtaken(words));
    }
    Ok(())
}

/// Somebody there, found by name.
#[derive(Debug, Clone)]
pub struct Named {
    pub side: Side,
    /// Somebody said that this is not the person.
    pub refused: bool,
    /// Linked to somebody here already; a name only where the reader may see it.
    pub taken: Option<Option<String>>,
}

/// Records shown by a search at most.
pub const MOST_FOUND: i64 = 50;

/// Records in whose name every word occurs. With limited places only those of services that are these places.
pub fn search(
    conn: &mut Conn,
    scope: &Scope<PairRecords>,
    connection: ConnectionId,
    kind: Kind,
    local: i64,
    words: &str,
) -> Result<Vec<Named>, Refusal> {
    store::belongs(conn, scope.organisation(), connection)?;
    let refused: HashSet<i64> =
        store::refusals_of(conn, connection, kind, local)?.into_iter().map(|refusal| refusal.0.0).collect();
    let reach = store::Reach::of(conn, scope, kind)?;
    let mut found = Vec::new();
    for (person, live) in store::named_records(conn, connection, kind, words, MOST_FOUND)? {
        if !reach.holds(&person.facts) {
            continue;
        }
        let taken = match live {
            Some(live) => Some(store::local(conn, scope, kind, live.local_id).ok().map(|one| one.name)),
            None => None,
        };
        found.push(Named { refused: refused.contains(&person.id), side: Side::theirs(person), taken });
    }
    Ok(found)
}

/// Somebody said that these are not the same person, or undid their link.
#[derive(Debug, Clone)]
pub struct Refused {
    pub record: ExternalRecordId,
    pub name: String,
    /// Said in so many words, and not by undoing a link.
    pub said_no: bool,
    pub by: String,
    pub at: NaiveDateTime,
}

/// What was said of this person and records that the reader may see, newest first.
pub fn refusals_of(
    conn: &mut Conn,
    scope: &Scope<PairRecords>,
    connection: ConnectionId,
    kind: Kind,
    local: i64,
) -> Result<Vec<Refused>, Refusal> {
    store::belongs(conn, scope.organisation(), connection)?;
    store::local(conn, scope, kind, local)?;
    let reach = store::Reach::of(conn, scope, kind)?;
    let mut refused = Vec::new();
    for (record, data, because, by, at) in store::refusals_of(conn, connection, kind, local)? {
        // Few have more than one, and only readers with limited places need the record itself.
        let hidden =
            reach.is_limited() && reach.hides(&store::record(conn, scope, connection, kind, record)?.facts);
        if !hidden {
            refused.push(Refused {
                record,
                name: name_in(&data),
                said_no: because == store::SAID_NO,
                by,
                at,
            });
        }
    }
    Ok(refused)
}

/// A link that stands.
#[derive(Debug, Clone)]
pub struct Held {
    pub pairing: PairingId,
    pub local: i64,
    /// `None` where the reader may not see who it is.
    pub local_name: Option<String>,
    pub record: ExternalRecordId,
    pub record_name: String,
    /// Who made it, empty for a sync.
    pub by: String,
    pub at: NaiveDateTime,
    pub rule: String,
    pub proof: Proof,
}

/// The link of a person here.
pub fn link_of(
    conn: &mut Conn,
    scope: &Scope<PairRecords>,
    connection: ConnectionId,
    kind: Kind,
    local: i64,
) -> Result<Option<Held>, Refusal> {
    store::belongs(conn, scope.organisation(), connection)?;
    store::local(conn, scope, kind, local)?;
    let live = store::live_of_local(conn, connection, kind, local)?;
    live.map(|live| held(conn, scope, kind, live)).transpose()
}

/// The link of a record there.
pub fn holder_of(
    conn: &mut Conn,
    scope: &Scope<PairRecords>,
    connection: ConnectionId,
    kind: Kind,
    record: ExternalRecordId,
) -> Result<Option<Held>, Refusal> {
    store::record(conn, scope, connection, kind, record)?;
    let live = store::live_of_record(conn, record)?;
    live.map(|live| held(conn, scope, kind, live)).transpose()
}

fn held(conn: &mut Conn, scope: &Scope<PairRecords>, kind: Kind, live: store::Live) -> Result<Held, Refusal> {
    let (connection, record) = (ConnectionId(live.connection_id), ExternalRecordId(live.external_record_id));
    Ok(Held {
        pairing: live.id,
        local: live.local_id,
        local_name: store::local(conn, scope, kind, live.local_id).ok().map(|one| one.name),
        record,
        record_name: store::record(conn, scope, connection, kind, record)?.name,
        by: live.paired_by_name,
        at: live.paired_at,
        rule: live.rule,
        proof: Proof::read(&live.evidence),
    })
}

/// The event of a look at somebody's pairing.
pub(super) const LOOKED: &str = "pairing.looked";

/// Whether this session's look at somebody's candidates is on the trail already.
pub fn looked_lately(
    conn: &mut Conn,
    scope: &Scope<PairRecords>,
    kind: Kind,
    local: i64,
    now: NaiveDateTime,
) -> diesel::QueryResult<bool> {
    audit::seen_lately(conn, scope.by(), LOOKED, (kind_word(kind), local), now - audit::ONE_VIEW)
}

/// Records that somebody compared a person with records, once in [`audit::ONE_VIEW`] and session.
pub fn looked(
    tx: &mut Tx<'_>,
    scope: &Scope<PairRecords>,
    (system, kind): (System, Kind),
    local: i64,
) -> Result<(), Refusal> {
    let person = store::local(tx.conn, scope, kind, local)?;
    if !looked_lately(tx.conn, scope, kind, local, tx.now)? {
        let words = format!("compared {} with records in {}", person.name, system.name());
        audit::record(tx, scope, audit::Event::new(LOOKED, words).about(kind_word(kind), local))?;
    }
    Ok(())
}

/// Brings the suggestion that lists show for somebody up to date with what was decided just now.
pub(super) fn renew_suggestion(
    tx: &mut Tx<'_>,
    scope: &Scope<PairRecords>,
    connection: ConnectionId,
    kind: Kind,
    local: i64,
) -> Result<(), Refusal> {
    // With limited places the comparison is not whole: the next sync's is.
    if *scope.places() != Places::All {
        return Ok(store::suggest(tx, (connection, kind, local), None)?);
    }
    let system = store::system(tx.conn, connection)?;
    let (_, found) = candidates(tx.conn, scope, connection, (system, kind), local)?;
    let best = found.first().map(|one| {
        let score = i64::from(one.score.as_hundredths());
        (ExternalRecordId(one.side.id), score, one.several, one.reasons.as_slice())
    });
    Ok(store::suggest(tx, (connection, kind, local), best)?)
}
