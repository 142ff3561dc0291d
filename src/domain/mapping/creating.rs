//! *Create* from a row: the agency, client or member of staff whom a record is about, once nobody here is them. Who is
//! created is mapped at once, as chosen by a person.

use super::people::{self, Sites};
use super::settle::{self, Followed, known_sites};
use super::store::{self, Local};
use super::{Kind, VENDOR, connection, decide, name_of, sites};
use crate::connectors::{PersonRecord, StaffRecord};
use crate::db::{Conn, Tx};
use crate::domain::access::{EditResidents, EditStaff, ManagePlaces, PairRecords, Scope};
use crate::domain::pairing::matching::{self, Decisions};
use crate::domain::residents::{self, ResidentFacts};
use crate::domain::staff::{self, StaffDetails};
use crate::domain::{Refusal, organisations};
use crate::kit::ids::{ExternalRecordId, PlaceId, ResidentId, StaffMemberId};

/// What a record says, for the form.
#[derive(Debug, Clone, Default)]
pub struct Said {
    /// Of a site its name.
    pub name: String,
    pub first_name: String,
    pub last_name: String,
    pub born: Option<chrono::NaiveDate>,
    pub email: String,
    pub job_title: String,
    /// The agencies that their sites are mapped to.
    pub agencies: Vec<(PlaceId, String)>,
    /// The site that has to be mapped first.
    pub waits_for: Option<String>,
    /// It is mapped already, to whom.
    pub mapped_to: Option<String>,
}

/// Somebody here who may be them.
#[derive(Debug, Clone)]
pub struct Candidate {
    pub local: i64,
    pub name: String,
    pub evidence: Vec<String>,
}

impl Candidate {
    /// For the form that maps them.
    pub fn id(&self) -> String {
        self.local.to_string()
    }
}

/// What a record says, and who here may be them.
///
/// # Errors
/// `NotHere` when there is no such record.
pub fn look(
    conn: &mut Conn,
    scope: &Scope<PairRecords>,
    kind: Kind,
    id: ExternalRecordId,
) -> Result<(Said, Vec<Candidate>), Refusal> {
    // Also the check that this person sees it.
    let detail = super::show(conn, scope, kind, id)?;
    let connection = connection(conn, scope)?.ok_or(Refusal::NotHere)?.id;
    let record = store::record(conn, connection, kind, id)?;
    let known = known_sites(conn, scope.organisation(), connection)?;
    let here = store::locals(conn, scope.organisation(), kind)?;
    let theirs = settle::theirs(kind, &record);
    let taken: Vec<i64> = store::live(conn, connection, kind)?.into_iter().map(|one| one.local_id).collect();
    let free: Vec<Local> = here
        .into_iter()
        .filter(|one| !taken.contains(&one.id) && one.is_active && decide::reaches(scope.places(), one))
        .collect();
    let candidates = match kind {
        Kind::Site => alike(&name_of(kind, &record), id, &free),
        Kind::Student | Kind::User => suggested(kind, &free, &theirs, &known),
    };
    Ok((said(kind, &record, &theirs, &known, detail.row.mapping.map(|one| one.name)), candidates))
}

fn said(
    kind: Kind,
    record: &store::Record,
    theirs: &people::Theirs,
    known: &Sites,
    mapped_to: Option<String>,
) -> Said {
    let agencies: Vec<(PlaceId, String)> = known
        .agencies_of(&theirs.sites)
        .into_iter()
        .filter_map(|place| Some((place, known.agencies.get(&place)?.clone())))
        .collect();
    let waits_for = known.waits_for(&theirs.sites).map(str::to_owned);
    let said = Said { name: name_of(kind, record), agencies, waits_for, mapped_to, ..Said::default() };
    match kind {
        Kind::Site => Said { waits_for: None, ..said },
        Kind::Student => {
            let one: PersonRecord = settle::read(&record.data);
            Said { first_name: one.first_name, last_name: one.last_name, born: one.date_of_birth, ..said }
        }
        Kind::User => {
            let one: StaffRecord = settle::read(&record.data);
            Said {
                first_name: one.first_name,
                last_name: one.last_name,
                email: one.email.unwrap_or_default(),
                job_title: one.job_title.unwrap_or_default(),
                ..said
            }
        }
    }
}

fn alike(name: &str, record: ExternalRecordId, free: &[Local]) -> Vec<Candidate> {
    let site = sites::Site { record, name: name.to_owned() };
    let looked = sites::look(std::slice::from_ref(&site), free, &sites::Decided::default());
    let made = looked.made.into_iter().map(|one| (one.local, one.evidence));
    let not = looked.not.into_iter().filter_map(|one| Some((one.suggested?, one.evidence)));
    let found = made.chain(not).filter_map(|(local, evidence)| {
        let name = free.iter().find(|one| one.id == local)?.name();
        Some(Candidate { local, name, evidence: evidence.into_iter().map(|one| one.words).collect() })
    });
    found.collect()
}

fn suggested(kind: Kind, free: &[Local], theirs: &people::Theirs, known: &Sites) -> Vec<Candidate> {
    let Some(engine) = kind.people() else { return Vec::new() };
    let ours: Vec<matching::Record> = free.iter().map(|one| people::ours(one, known)).collect();
    let place = known.in_words(&known.agencies_of(&theirs.sites));
    let record = matching::Record { place, archived: false, ..theirs.facts.clone() };
    let outcome = matching::pair(VENDOR, engine, &ours, &[record], &Decisions::default());
    let autos = outcome.autos.iter().map(|one| (one.ours, one.score, &one.reasons));
    let others = outcome.suggestions.iter().map(|one| (one.ours, one.score, &one.reasons));
    let mut all: Vec<_> = autos.chain(others).collect();
    all.sort_by_key(|one| std::cmp::Reverse(one.1));
    let candidate = |(at, _, reasons): (usize, _, &Vec<matching::Reason>)| {
        let local = free.get(at)?;
        let evidence = reasons.iter().map(|reason| reason.words.clone()).collect();
        Some(Candidate { local: local.id, name: local.name(), evidence })
    };
    all.into_iter().take(matching::MOST_SUGGESTIONS).filter_map(candidate).collect()
}

/// Adds the agency of a site, and maps the two.
pub fn create_agency(
    tx: &mut Tx<'_>,
    (scope, places): (&Scope<PairRecords>, &Scope<ManagePlaces>),
    record: ExternalRecordId,
    name: &str,
) -> Result<PlaceId, Refusal> {
    let place = organisations::add_home(tx, places, name)?;
    decide::map(tx, scope, Kind::Site, record, place.0)?;
    Ok(place)
}

/// Adds the client of a student, and maps the two.
pub fn create_client(
    tx: &mut Tx<'_>,
    (scope, residents): (&Scope<PairRecords>, &Scope<EditResidents>),
    record: ExternalRecordId,
    facts: &ResidentFacts,
) -> Result<ResidentId, Refusal> {
    let resident = residents::add(tx, residents, facts)?;
    decide::map(tx, scope, Kind::Student, record, resident.0)?;
    Ok(resident)
}

/// Adds the member of staff of a user, with all agencies that the user's sites are mapped to, and maps the two.
pub fn create_staff(
    tx: &mut Tx<'_>,
    (scope, editing): (&Scope<PairRecords>, &Scope<EditStaff>),
    record: ExternalRecordId,
    details: &StaffDetails,
) -> Result<StaffMemberId, Refusal> {
    let (said, _) = look(tx.conn, scope, Kind::User, record)?;
    let member = staff::add(tx, editing, details)?;
    let places: Vec<PlaceId> = said.agencies.into_iter().map(|(place, _)| place).collect();
    staff::set_places(tx, editing, member, &places)?;
    decide::map(tx, scope, Kind::User, record, member.0)?;
    Ok(member)
}

/// *Always treat …*: the agency gets the site's name as another name, and the rule maps the two.
pub fn always_treat(
    tx: &mut Tx<'_>,
    (scope, places): (&Scope<PairRecords>, &Scope<ManagePlaces>),
    record: ExternalRecordId,
    agency: PlaceId,
) -> Result<(String, Followed), Refusal> {
    let detail = super::show(tx.conn, scope, Kind::Site, record)?;
    if let Some(other) = detail.row.mapping.as_ref().filter(|one| one.local != agency.0) {
        let words = format!("{} is mapped to {} already.", detail.row.name, other.name);
        return Err(Refusal::Overtaken(words));
    }
    let id = connection(tx.conn, scope)?.ok_or(Refusal::NotHere)?.id;
    let name = organisations::place(tx.conn, places, agency)?.name;
    organisations::add_alias(tx, places, agency, &detail.row.name)?;
    let followed = settle::look(tx, scope, id, None)?;
    Ok((format!("{} is always treated as {name}.", detail.row.name), followed))
}
