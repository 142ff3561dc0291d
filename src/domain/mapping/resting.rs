//! What rests on a mapping, and the end of all of it. Names no session note: those are looked for by `notes`, which
//! takes them off first.

use std::collections::HashMap;

use super::decide::{end, reaches};
use super::depends;
use super::settle;
use super::store::{self, AUTO, Live, Local};
use super::{Kind, VENDOR, connection, name_of};
use crate::db::{Conn, Tx};
use crate::domain::Refusal;
use crate::domain::access::{ManageIntegrations, Scope};
use crate::domain::audit::{self, Event};
use crate::kit::ids::{ConnectionId, ExternalRecordId};

/// A mapping, and what rests on it.
#[derive(Debug, Clone)]
pub struct Resting {
    pub connection: ConnectionId,
    pub kind: Kind,
    /// The vendor's identifier of the record, and its name.
    pub external_id: String,
    pub name: String,
    /// The name of whom it is mapped to.
    pub ours: String,
    live: Live,
    /// Clients and staff that a rule mapped through this site alone.
    pub people: Vec<Person>,
    /// How many of its people keep their mapping: a person chose it, or another site carries it.
    pub stays: usize,
}

/// Somebody whose mapping goes with the site's.
#[derive(Debug, Clone)]
pub struct Person {
    pub kind: Kind,
    pub external_id: String,
    pub name: String,
    live: Live,
}

impl Resting {
    /// The mappings by their numbers, for the fingerprint of what was shown.
    pub fn stamp(&self) -> String {
        let people: Vec<i64> = self.people.iter().map(|one| one.live.id.0).collect();
        format!("{}|{people:?}|{}", self.live.id, self.stays)
    }

    /// The vendor's identifiers of those of a kind that lose their mapping.
    pub fn of(&self, kind: Kind) -> Vec<String> {
        let own = (self.kind == kind).then(|| self.external_id.clone());
        let people = self.people.iter().filter(|one| one.kind == kind).map(|one| one.external_id.clone());
        own.into_iter().chain(people).collect()
    }

    /// Whether an appointment has a note that rests on any of them.
    pub(super) fn has_appointments(&self, conn: &mut Conn) -> Result<bool, Refusal> {
        for kind in Kind::ALL {
            if !store::mapped_notes(conn, self.connection, kind, &self.of(kind))?.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// What rests on the mapping of a record, whoever made it.
///
/// # Errors
/// `NotHere` where it is not mapped, or any of it reaches beyond the person's agencies.
pub fn resting(
    conn: &mut Conn,
    scope: &Scope<ManageIntegrations>,
    kind: Kind,
    record: ExternalRecordId,
) -> Result<Resting, Refusal> {
    let id = connection(conn, scope)?.ok_or(Refusal::NotHere)?.id;
    let record = store::record(conn, id, kind, record)?;
    let live = store::live_of_record(conn, record.id)?.ok_or(Refusal::NotHere)?;
    let here = store::locals(conn, scope.organisation(), kind)?;
    let local = here.iter().find(|one| one.id == live.local_id);
    if local.is_some_and(|one| !reaches(scope.places(), one)) {
        return Err(Refusal::NotHere);
    }
    let mut found = Resting {
        connection: id,
        kind,
        name: name_of(kind, &record),
        external_id: record.external_id,
        ours: local.map_or_else(String::new, Local::name),
        live,
        people: Vec::new(),
        stays: 0,
    };
    if kind == Kind::Site {
        for of in [Kind::Student, Kind::User] {
            add_people(conn, scope, &mut found, of)?;
        }
    }
    Ok(found)
}

fn add_people(
    conn: &mut Conn,
    scope: &Scope<ManageIntegrations>,
    found: &mut Resting,
    kind: Kind,
) -> Result<(), Refusal> {
    let mut known = settle::known_sites(conn, scope.organisation(), found.connection)?;
    known.agency_of.remove(&found.external_id);
    let here: HashMap<i64, Local> =
        store::locals(conn, scope.organisation(), kind)?.into_iter().map(|one| (one.id, one)).collect();
    for (live, record, sites) in depends::of_site(conn, found.connection, kind, &found.external_id)? {
        let agencies = known.agencies_of(&sites);
        let local = here.get(&live.local_id);
        let carried = local.is_some_and(|one| one.places.iter().any(|place| agencies.contains(place)));
        if live.origin != AUTO || carried {
            found.stays += 1;
            continue;
        }
        if local.is_some_and(|one| !reaches(scope.places(), one)) {
            return Err(Refusal::NotHere);
        }
        let name = name_of(kind, &record);
        found.people.push(Person { kind, external_id: record.external_id, name, live });
    }
    Ok(())
}

/// Ends the mapping and those of the people that rest on it, and remembers the two as *Not the same*, so that no rule
/// makes the mapping again. Then rules look once more, as after every end.
pub fn end_resting(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageIntegrations>,
    resting: &Resting,
) -> Result<(), Refusal> {
    let Resting { connection, kind, live, ours, .. } = resting;
    for one in &resting.people {
        end(tx, scope, (one.kind, &one.live), "its site is not the same")?;
    }
    end(tx, scope, (*kind, live), "not the same")?;
    let by = &scope.by().name;
    store::refuse(tx, (*connection, *kind), (live.external_record_id, live.local_id), ("not the same", by))?;
    settle::look(tx, scope, *connection, None)?;
    let words = format!("said that {ours} is not the same as a {} in {VENDOR}", kind.theirs());
    audit::record(tx, scope, Event::new("mapping.refused", words).about(kind.subject(), live.local_id))?;
    Ok(())
}
