//! Looks at both sides and writes down what follows: mappings by rule, and why everything else has none. Sites first,
//! because who a student or user may be rests on the agency of their site.

use std::collections::HashMap;

use diesel::QueryResult;

use super::people::{self, Sites, Theirs};
use super::reasons::{Looked, NotMapped};
use super::rules::{Off, rules_off};
use super::sites::{self, Site};
use super::store::{self, Live, NewMapping, Record};
use super::{Kind, VENDOR};
use crate::connectors::{PersonRecord, ServiceRecord, StaffRecord};
use crate::db::{Conn, Tx};
use crate::domain::Refusal;
use crate::domain::access::{Right, Scope};
use crate::domain::audit::{self, Event};
use crate::domain::pairing::owned::Proof;
use crate::domain::pairing::{person_facts, staff_facts};
use crate::kit::ids::{ConnectionId, ExternalRecordId, OrganisationId, PlaceId, RunId};
use crate::kit::secret::fingerprint;

/// How many mappings rules made in one look.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Followed {
    pub sites: usize,
    pub clients: usize,
    pub staff: usize,
}

impl Followed {
    pub fn total(self) -> usize {
        self.sites + self.clients + self.staff
    }
}

/// Maps what rules allow, unless nothing has changed since the last look.
pub(super) fn look_if_changed<R: Right>(
    tx: &mut Tx<'_>,
    scope: &Scope<R>,
    connection: ConnectionId,
    run: Option<RunId>,
) -> Result<Followed, Refusal> {
    let stamp = stamp(tx.conn, scope.organisation(), connection)?;
    if store::matched_with(tx.conn, connection)?.is_some_and(|with| with == stamp) {
        return Ok(Followed::default());
    }
    look(tx, scope, connection, run)
}

/// Maps what rules allow, and says of everything else why not.
pub(super) fn look<R: Right>(
    tx: &mut Tx<'_>,
    scope: &Scope<R>,
    connection: ConnectionId,
    run: Option<RunId>,
) -> Result<Followed, Refusal> {
    let off = rules_off(tx.conn, scope.organisation())?;
    let sites = look_at_sites(tx, scope, connection, (&off, run))?;
    let mut followed = Followed { sites, ..Followed::default() };
    let known = known_sites(tx.conn, scope.organisation(), connection)?;
    followed.clients = look_at_people(tx, scope, (connection, Kind::Student), &known, (&off, run))?;
    followed.staff = look_at_people(tx, scope, (connection, Kind::User), &known, (&off, run))?;
    let stamp = stamp(tx.conn, scope.organisation(), connection)?;
    store::ensure_pulls(tx, connection, super::NOTES_EVERY)?;
    store::set_matched(tx, connection, &stamp)?;
    if followed.total() > 0 {
        let words = format!(
            "mapped by rule: {} sites, {} students, {} users",
            followed.sites, followed.clients, followed.staff
        );
        let event = Event::new("mapping.followed", words).about("connection", connection.0);
        audit::record(tx, scope, Event { run, ..event })?;
    }
    Ok(followed)
}

fn look_at_sites<R: Right>(
    tx: &mut Tx<'_>,
    scope: &Scope<R>,
    connection: ConnectionId,
    (off, run): (&Off, Option<RunId>),
) -> Result<usize, Refusal> {
    let kind = Kind::Site;
    let listed = store::records(tx.conn, connection, kind)?;
    let there: Vec<Site> = listed
        .iter()
        .filter(|record| record.missing_runs == 0)
        .map(|record| Site { record: record.id, name: site_name(record) })
        .collect();
    let agencies = store::locals(tx.conn, scope.organisation(), kind)?;
    let decided = sites::Decided {
        mapped: mapped(&store::live(tx.conn, connection, kind)?),
        refused: refused(tx.conn, connection, kind)?,
        off: off.clone(),
    };
    let looked = sites::look(&there, &agencies, &decided);
    write(tx, (connection, kind), looked, run)
}

fn look_at_people<R: Right>(
    tx: &mut Tx<'_>,
    scope: &Scope<R>,
    (connection, kind): (ConnectionId, Kind),
    known: &Sites,
    (off, run): (&Off, Option<RunId>),
) -> Result<usize, Refusal> {
    let listed = store::records(tx.conn, connection, kind)?;
    let live = store::live(tx.conn, connection, kind)?;
    let decided = people::Decided {
        mapped: mapped(&live),
        refused: refused(tx.conn, connection, kind)?,
        off: off.clone(),
    };
    // Whoever is not listed any more holds what they hold, and is mapped to nobody new.
    let stays = |record: &&Record| {
        record.missing_runs == 0 || live.iter().any(|one| one.external_record_id == record.id)
    };
    let there: Vec<Theirs> = listed.iter().filter(stays).map(|record| theirs(kind, record)).collect();
    let here = store::locals(tx.conn, scope.organisation(), kind)?;
    let looked = people::look(VENDOR, kind, &here, &there, known, &decided);
    write(tx, (connection, kind), looked, run)
}

fn write(
    tx: &mut Tx<'_>,
    (connection, kind): (ConnectionId, Kind),
    looked: Looked,
    run: Option<RunId>,
) -> Result<usize, Refusal> {
    let reasons: Vec<store::Reason> =
        looked.not.into_iter().map(|not| reason(connection, kind, not)).collect();
    store::write_reasons(tx, connection, kind, &reasons)?;
    let mut made = 0;
    for one in looked.made {
        let evidence = Proof { reasons: one.evidence, ..Proof::default() }.write();
        let (record, local, rule) = (one.record, one.local, Some(one.rule.as_str()));
        let new = NewMapping { connection, kind, record, local, rule, evidence, by: "", run };
        made += usize::from(store::insert_mapping(tx, &new)?.is_some());
    }
    Ok(made)
}

fn reason(connection: ConnectionId, kind: Kind, not: NotMapped) -> store::Reason {
    store::Reason {
        external_record_id: not.record,
        connection_id: connection,
        kind: kind.word().to_owned(),
        code: not.why.as_str().to_owned(),
        words: not.words,
        local_id: not.suggested,
        evidence: serde_json::to_string(&not.evidence).unwrap_or_default(),
    }
}

fn mapped(live: &[Live]) -> Vec<(ExternalRecordId, i64)> {
    live.iter().map(|one| (one.external_record_id, one.local_id)).collect()
}

fn refused(
    conn: &mut Conn,
    connection: ConnectionId,
    kind: Kind,
) -> QueryResult<Vec<(ExternalRecordId, i64, String)>> {
    let rows = store::refused(conn, connection, kind)?;
    Ok(rows.into_iter().map(|one| (one.external_record_id, one.local_id, one.made_by_name)).collect())
}

/// The sites of a connection: what each is called, and which agency it is mapped to.
pub(super) fn known_sites(
    conn: &mut Conn,
    organisation: OrganisationId,
    connection: ConnectionId,
) -> QueryResult<Sites> {
    let listed = store::records(conn, connection, Kind::Site)?;
    let live = store::live(conn, connection, Kind::Site)?;
    let agency: HashMap<ExternalRecordId, PlaceId> =
        live.iter().map(|one| (one.external_record_id, PlaceId(one.local_id))).collect();
    let agencies = store::locals(conn, organisation, Kind::Site)?;
    let mut sites = Sites {
        agencies: agencies.into_iter().map(|one| (PlaceId(one.id), one.first_name)).collect(),
        ..Sites::default()
    };
    for record in listed {
        let name = site_name(&record);
        if let Some(place) = agency.get(&record.id) {
            sites.agency_of.insert(record.external_id.clone(), *place);
        }
        sites.names.insert(record.external_id, name);
    }
    Ok(sites)
}

/// A record as the engine reads it, with the sites that it names.
pub(super) fn theirs(kind: Kind, record: &Record) -> Theirs {
    let (facts, sites) = match kind {
        Kind::User => {
            let one: StaffRecord = read(&record.data);
            (staff_facts(&one, String::new()), sites_of_user(&one))
        }
        Kind::Site | Kind::Student => {
            let one: PersonRecord = read(&record.data);
            let sites = one.service_id.clone().into_iter().filter(|site| !site.is_empty()).collect();
            (person_facts(&one, String::new()), sites)
        }
    };
    Theirs { record: record.id, facts, sites }
}

/// Somebody may work at several sites.
pub(super) fn sites_of_user(user: &StaffRecord) -> Vec<String> {
    let mut sites = user.service_ids.clone();
    sites.extend(user.service_id.clone().filter(|one| !user.service_ids.contains(one)));
    sites.retain(|site| !site.is_empty());
    sites
}

pub(super) fn site_name(record: &Record) -> String {
    let one: ServiceRecord = read(&record.data);
    if one.name.is_empty() { record.external_id.clone() } else { one.name }
}

pub(super) fn read<T: Default + serde::de::DeserializeOwned>(data: &str) -> T {
    serde_json::from_str(data).unwrap_or_default()
}

/// Everything that a look rests on, in one text: while it is the same, so is what would come of it.
fn stamp(conn: &mut Conn, organisation: OrganisationId, connection: ConnectionId) -> QueryResult<String> {
    let mut all = rules_off(conn, organisation)?.ids();
    for kind in Kind::ALL {
        all.push_str(&store::stamp_there(conn, connection, kind)?);
        all.push_str(&store::stamp_here(conn, organisation, kind)?);
    }
    Ok(fingerprint(&all))
}
