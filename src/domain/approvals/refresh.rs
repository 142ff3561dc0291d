//! Brings *Pending staff* level with what the vendor lists, after each sync of staff and in its transaction.
//!
//! Whoever is listed and has no account here waits. What was decided stays decided: a record that comes again is
//! known by its identifier, and one under a new identifier by its address. Nobody is ever let in by this.

use std::collections::HashMap;

use super::flags::{Everybody, Flag, Somebody};
use super::store::{self, Listed, NewRow, Row, Written};
use super::{State, clipped};
use crate::connectors::StaffRecord;
use crate::db::Tx;
use crate::domain::Refusal;
use crate::domain::access::{ApproveStaff, Right, Role, Scope};
use crate::domain::accounts::{self, Here};
use crate::domain::organisations::{self, Place};
use crate::domain::staff::{self, Known};
use crate::domain::sync::Claim;
use crate::kit::ids::{AccountId, ApprovalId, ConnectionId, ExternalRecordId, PlaceId, StaffMemberId};
use crate::kit::names::{fold, fold_place, search_key};

/// Why somebody who can sign in already does not wait.
const HAD_AN_ACCOUNT: &str = "Had an account here already";

/// Who somebody is, for flags.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Who {
    Record(ExternalRecordId),
    Staff(StaffMemberId),
    Account(AccountId),
}

/// Somebody as the vendor lists them.
struct Person {
    record: ExternalRecordId,
    local: Option<StaffMemberId>,
    present: bool,
    written: Written,
}

/// Everything that a person's standing follows from.
struct World {
    people: Vec<Person>,
    rows: HashMap<ExternalRecordId, Row>,
    /// Decided rows by address.
    decided: HashMap<String, Vec<(State, String, String, String)>>,
    staff: HashMap<StaffMemberId, Known>,
    signing_in: HashMap<StaffMemberId, AccountId>,
    here: Vec<Here>,
    everybody: Everybody<Who>,
    places: Vec<Place>,
}

/// What follows from a run that was applied.
pub fn after_sync(tx: &mut Tx<'_>, claim: &Claim) -> Result<(), Refusal> {
    if claim.wanted.staff() {
        refresh(tx, &claim.scope::<ApproveStaff>(), claim.connection)?;
    }
    Ok(())
}

/// Brings the rows of a connection level with its records.
pub fn refresh<R: Right>(tx: &mut Tx<'_>, scope: &Scope<R>, connection: ConnectionId) -> Result<(), Refusal> {
    let world = survey(tx, scope, connection)?;
    let mut new = Vec::new();
    for person in &world.people {
        match world.rows.get(&person.record) {
            None => new.extend(world.newcomer(person)),
            Some(row) => world.follow(tx, person, row)?,
        }
    }
    let places: Vec<Option<PlaceId>> = new.iter().map(|row| world.place_of(&row.written.service)).collect();
    let owner = (scope.organisation(), connection);
    let ids = store::insert(tx, owner, &new)?;
    let places: Vec<(ApprovalId, PlaceId)> =
        ids.into_iter().zip(places).filter_map(|(id, place)| Some((id, place?))).collect();
    Ok(store::insert_places(tx, &places)?)
}

fn survey<R: Right>(tx: &mut Tx<'_>, scope: &Scope<R>, connection: ConnectionId) -> Result<World, Refusal> {
    let organisation = scope.organisation();
    let services: HashMap<String, String> = store::services(tx.conn, connection)?;
    let listed = store::listed(tx.conn, connection)?;
    let people: Vec<Person> = listed.into_iter().filter_map(|one| person(one, &services)).collect();
    let rows = store::of_connection(tx.conn, connection)?;
    let known = staff::known(tx.conn, organisation)?;
    let here = accounts::here(tx.conn, organisation)?;
    let signing_in = staff::signing_in(&known, &here);
    let everybody = everybody(&people, &known, &here);
    let mut decided: HashMap<String, Vec<_>> = HashMap::new();
    for row in rows.values().filter(|row| row.state.is_decided() && !row.email.is_empty()) {
        let one = (row.state, row.sort_name.clone(), row.reason.clone(), row.decided_by_name.clone());
        decided.entry(row.email.clone()).or_default().push(one);
    }
    Ok(World {
        people,
        rows,
        decided,
        staff: known.into_iter().map(|one| (one.id, one)).collect(),
        signing_in,
        here,
        everybody,
        places: organisations::places(tx.conn, scope)?,
    })
}

fn everybody(people: &[Person], known: &[Known], here: &[Here]) -> Everybody<Who> {
    let mut all = Everybody::new();
    for one in people.iter().filter(|one| one.present) {
        all.add(Who::Record(one.record), one.written.somebody());
    }
    for one in known.iter().filter(|one| one.state == staff::StaffState::Active) {
        all.add(Who::Staff(one.id), Somebody { name: one.sort_name.clone(), email: one.email.clone() });
    }
    for one in here {
        // An account has one name, which says nothing about which part is the surname: its address counts.
        all.add(Who::Account(one.id), Somebody { name: folded(&one.name), email: one.email.clone() });
    }
    all
}

/// A full name in the order of a staff member's sort name.
fn folded(name: &str) -> String {
    let (first, last) = name.trim().rsplit_once(' ').unwrap_or(("", name));
    format!("{} {}", fold(last), fold(first))
}

fn person(listed: Listed, services: &HashMap<String, String>) -> Option<Person> {
    // Written by us from a normalised record, so that it can be read.
    let record: StaffRecord = serde_json::from_str(&listed.data).ok()?;
    let text = |text: Option<String>| clipped(&text.unwrap_or_default());
    let service = record.service_id.as_ref().and_then(|id| services.get(id)).cloned();
    let job_title = text(record.job_title);
    let (first_name, last_name) = (clipped(&record.first_name), clipped(&record.last_name));
    let email = text(record.email).to_lowercase();
    let written = Written {
        sort_name: format!("{} {}", fold(&last_name), fold(&first_name)),
        search_text: search_key(&format!("{first_name} {last_name} {email} {job_title}")),
        title_folded: search_key(&job_title),
        vendor_role: text(record.role),
        service: text(service),
        first_name,
        last_name,
        email,
        job_title,
        flags: String::new(),
    };
    let present = !record.archived && listed.missing_runs < 2;
    Some(Person { record: listed.id, local: listed.local, present, written })
}

impl World {
    /// The row of somebody who was not known before, if they need one.
    fn newcomer(&self, person: &Person) -> Option<NewRow> {
        if !person.present {
            return None;
        }
        let mut row = NewRow::pending(person.record, self.written(person, false));
        if self.has_account(person) {
            row.state = State::Approved;
            HAD_AN_ACCOUNT.clone_into(&mut row.reason);
        } else if let Some((state, reason, by)) = self.decided_before(person) {
            row.state = state;
            row.reason = reason;
            row.decided_by_name = by;
        }
        Some(row)
    }

    /// What the vendor's newest answer makes of a row.
    fn follow(&self, tx: &mut Tx<'_>, person: &Person, row: &Row) -> Result<(), Refusal> {
        match row.state {
            State::Pending if !person.present => store::set_state(tx, row.id, State::Gone, "")?,
            State::Pending if self.has_account(person) => {
                store::set_state(tx, row.id, State::Approved, HAD_AN_ACCOUNT)?;
            }
            State::Pending => self.rewrite(tx, person, row, row.left_before)?,
            State::Gone if person.present => self.again(tx, person, row)?,
            State::Approved if person.present && self.has_left(person) => self.again(tx, person, row)?,
            State::Rejected if person.present => self.rewrite(tx, person, row, row.left_before)?,
            _ => {}
        }
        Ok(())
    }

    /// Whoever left and is listed again waits again, with nothing chosen.
    fn again(&self, tx: &mut Tx<'_>, person: &Person, row: &Row) -> Result<(), Refusal> {
        store::wait_again(tx, row.id)?;
        store::rewrite(tx, row.id, &self.written(person, true))?;
        let places: Vec<(ApprovalId, PlaceId)> =
            self.place_of(&person.written.service).map(|place| (row.id, place)).into_iter().collect();
        store::clear_places(tx, &[row.id])?;
        Ok(store::insert_places(tx, &places)?)
    }

    fn rewrite(&self, tx: &mut Tx<'_>, person: &Person, row: &Row, left_before: bool) -> Result<(), Refusal> {
        let written = self.written(person, left_before);
        if written != row.written() {
            store::rewrite(tx, row.id, &written)?;
        }
        Ok(())
    }

    /// What is shown of somebody, with what should be looked at first.
    fn written(&self, person: &Person, left_before: bool) -> Written {
        let mut own = vec![Who::Record(person.record)];
        if let Some(local) = person.local {
            own.push(Who::Staff(local));
            own.extend(self.signing_in.get(&local).map(|account| Who::Account(*account)));
        }
        let mut flags = self.everybody.flags(&own, &person.written.somebody());
        if left_before || self.has_left(person) || self.resembles_a_leaver(person) {
            flags.push(Flag::LeftBefore);
        }
        let service = &person.written.service;
        if !service.is_empty() && !self.places_named(service).any(|_| true) {
            flags.push(Flag::OutsideHome);
        }
        Written { flags: Flag::write(&flags), ..person.written.clone() }
    }

    fn has_account(&self, person: &Person) -> bool {
        let live = |account: &AccountId| {
            self.here.iter().any(|one| one.id == *account && one.role.is_none_or(Role::works_here))
        };
        if person.local.and_then(|local| self.signing_in.get(&local)).is_some_and(live) {
            return true;
        }
        let one = person.written.somebody();
        !one.email.is_empty()
            && self.here.iter().any(|here| {
                here.role.is_none_or(Role::works_here)
                    && here.email == one.email
                    && folded(&here.name) == one.name
            })
    }

    /// Suspended here because the vendor no longer listed them.
    fn has_left(&self, person: &Person) -> bool {
        person.local.and_then(|local| self.staff.get(&local)).is_some_and(|one| one.left)
    }

    fn resembles_a_leaver(&self, person: &Person) -> bool {
        let one = person.written.somebody();
        person.local.is_none()
            && self.staff.values().any(|known| {
                known.left
                    && (known.sort_name == one.name || (!one.email.is_empty() && known.email == one.email))
            })
    }

    /// A decision about the same person under another identifier: the same address, and part of the name.
    fn decided_before(&self, person: &Person) -> Option<(State, String, String)> {
        let one = person.written.somebody();
        let shares_a_name = |name: &str| {
            let words: Vec<&str> = one.name.split(' ').filter(|word| !word.is_empty()).collect();
            name.split(' ').any(|word| words.contains(&word))
        };
        let known = self.decided.get(&one.email)?;
        let (state, _, reason, by) = known.iter().find(|(_, name, ..)| shares_a_name(name))?;
        Some((*state, reason.clone(), by.clone()))
    }

    fn places_named<'a>(&'a self, service: &str) -> impl Iterator<Item = &'a Place> {
        let folded = fold_place(service);
        self.places.iter().filter(move |place| !folded.is_empty() && fold_place(&place.name) == folded)
    }

    /// The one place that is called as the service; of two nobody can say which.
    fn place_of(&self, service: &str) -> Option<PlaceId> {
        let mut named = self.places_named(service);
        let first = named.next()?;
        named.next().is_none().then_some(first.id)
    }
}
