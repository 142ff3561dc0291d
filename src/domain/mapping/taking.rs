//! Takes a pull's sites, students and users in: what is new or changed is written, what did not come is marked, and
//! then the rules look. Nobody here is added, changed or archived by it.

use std::collections::{HashMap, HashSet};

use super::settle::{self, Followed};
use super::store::{self, NewRecord, Record};
use super::{Kind, VENDOR};
use crate::connectors::{self, PersonRecord, ServiceRecord, SetAside, StaffRecord};
use crate::db::Tx;
use crate::domain::Refusal;
use crate::domain::access::{RunSyncs, Scope};
use crate::kit::ids::{ConnectionId, ExternalRecordId, RunId};
use crate::kit::names::{search_key, split};
use crate::kit::secret::hex;

/// What a pull brought of one kind.
#[derive(Debug, Clone)]
pub struct Brought<T> {
    pub records: Vec<T>,
    /// Those that could not be used.
    pub set_aside: Vec<SetAside>,
}

impl<T> Default for Brought<T> {
    fn default() -> Self {
        Self { records: Vec::new(), set_aside: Vec::new() }
    }
}

/// All of them.
#[derive(Debug, Clone, Default)]
pub struct People {
    pub sites: Brought<ServiceRecord>,
    pub students: Brought<PersonRecord>,
    pub users: Brought<StaffRecord>,
}

/// What came of taking them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TakenPeople {
    pub sites: usize,
    pub students: usize,
    pub users: usize,
    /// Records that were new, changed, gone or back.
    pub written: usize,
    pub followed: Followed,
}

/// Takes everything in.
///
/// # Errors
/// `Overtaken` with the reason when the vendor lists nothing where it listed something before: nothing is changed.
pub fn take_people(
    tx: &mut Tx<'_>,
    scope: &Scope<RunSyncs>,
    connection: ConnectionId,
    run: Option<RunId>,
    people: &People,
) -> Result<TakenPeople, Refusal> {
    let written = take(tx, (connection, Kind::Site), &people.sites)?
        + take(tx, (connection, Kind::Student), &people.students)?
        + take(tx, (connection, Kind::User), &people.users)?;
    let followed = settle::look_if_changed(tx, scope, connection, run)?;
    Ok(TakenPeople {
        sites: people.sites.records.len(),
        students: people.students.records.len(),
        users: people.users.records.len(),
        written,
        followed,
    })
}

/// Why an answer is not believed, if it is not: lists that are empty where they were not.
pub fn not_believed(
    conn: &mut crate::db::Conn,
    connection: ConnectionId,
    people: &People,
) -> Result<Option<String>, Refusal> {
    let came = [
        (Kind::Site, people.sites.records.len() + people.sites.set_aside.len()),
        (Kind::Student, people.students.records.len() + people.students.set_aside.len()),
        (Kind::User, people.users.records.len() + people.users.set_aside.len()),
    ];
    for (kind, count) in came {
        let before =
            store::records(conn, connection, kind)?.iter().filter(|one| one.missing_runs == 0).count();
        if count == 0 && before > 0 {
            let (name, many) = (VENDOR.name(), kind.theirs_many());
            let words = format!("{name} listed no {many}, where it listed {before} before.");
            return Ok(Some(words));
        }
    }
    Ok(None)
}

/// A record as it is kept.
trait Kept: connectors::Record + serde::Serialize {
    /// What lists are sorted by and searched in.
    fn sort_name(&self) -> String;
}

impl Kept for ServiceRecord {
    fn sort_name(&self) -> String {
        split(&self.name).join(" ")
    }
}

impl Kept for PersonRecord {
    fn sort_name(&self) -> String {
        search_key(&format!("{} {}", self.last_name, self.first_name))
    }
}

impl Kept for StaffRecord {
    fn sort_name(&self) -> String {
        search_key(&format!("{} {}", self.last_name, self.first_name))
    }
}

/// Writes one kind; how many rows were touched.
fn take<T: Kept>(
    tx: &mut Tx<'_>,
    (connection, kind): (ConnectionId, Kind),
    brought: &Brought<T>,
) -> Result<usize, Refusal> {
    let known = store::records(tx.conn, connection, kind)?;
    let by_id: HashMap<&str, &Record> = known.iter().map(|one| (one.external_id.as_str(), one)).collect();
    let mut came: HashSet<&str> =
        brought.set_aside.iter().filter_map(|one| one.external_id.as_deref()).collect();
    let (mut new, mut back, mut changed) = (Vec::new(), Vec::new(), 0);
    for record in &brought.records {
        if !came.insert(record.external_id()) {
            continue;
        }
        let hash = hex(&record.content_hash());
        match by_id.get(record.external_id()) {
            None => new.push(fresh(tx, (connection, kind), record, hash)?),
            Some(before) => {
                if before.content_hash != hash {
                    let data = json(record)?;
                    store::change_record(tx, before.id, (&hash, &data, &record.sort_name()))?;
                    changed += 1;
                }
                if before.missing_runs > 0 {
                    back.push(before.id);
                }
            }
        }
    }
    let gone: Vec<ExternalRecordId> = known
        .iter()
        .filter(|one| one.missing_runs < MOST_MISSING && !came.contains(one.external_id.as_str()))
        .map(|one| one.id)
        .collect();
    store::insert_records(tx, &new)?;
    store::found(tx, &back)?;
    store::missing(tx, &gone)?;
    Ok(new.len() + changed + back.len() + gone.len())
}

/// Gone is gone: the count need not go on for ever.
const MOST_MISSING: i32 = 2;

fn fresh<T: Kept>(
    tx: &Tx<'_>,
    (connection, kind): (ConnectionId, Kind),
    record: &T,
    content_hash: String,
) -> Result<NewRecord, Refusal> {
    Ok(NewRecord {
        connection_id: connection,
        kind: kind.word(),
        external_id: record.external_id().to_owned(),
        content_hash,
        data: json(record)?,
        sort_name: record.sort_name(),
        missing_runs: 0,
        left_hash: String::new(),
        first_seen_at: tx.now,
        changed_at: tx.now,
    })
}

fn json<T: serde::Serialize>(record: &T) -> Result<String, Refusal> {
    serde_json::to_string(record).map_err(|cause| Refusal::Broken(cause.to_string()))
}
