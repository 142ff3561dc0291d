//! What people decide about mappings, each in one transaction with its audit event: made by hand, deleted, and found
//! to be not the same. What may be done rests on the seed's conditions; where something may not, a sentence says why.

use chrono::NaiveDateTime;

use super::depends::{self, Uses};
use super::people::{Sites, Theirs, ours};
use super::resting::{end_resting, resting};
use super::settle::{self, Followed};
use super::store::{self, AUTO, Live, Local, NewMapping};
use super::{Kind, VENDOR, connection, tabs};
use crate::db::Tx;
use crate::domain::Refusal;
use crate::domain::access::{ManageIntegrations, PairRecords, Places, Right, Scope};
use crate::domain::audit::{self, Event};
use crate::domain::pairing::matching;
use crate::domain::pairing::owned::{Evidence, Proof};
use crate::kit::ids::{ConnectionId, ExternalRecordId, PairingId};

/// What a row of the form says: a record, and who was chosen for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pick {
    pub record: ExternalRecordId,
    pub local: i64,
    /// *Keep mine*: the mapping of somebody else that this one takes the place of.
    pub instead_of: Option<PairingId>,
}

/// Why a row was not saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowError {
    pub record: ExternalRecordId,
    pub local: i64,
    pub words: String,
    /// Somebody mapped the record meanwhile: who, when, and which mapping it is.
    pub overtaken: Option<(String, NaiveDateTime, PairingId)>,
}

/// What came of saving many rows at once.
#[derive(Debug, Clone, Default)]
pub struct Saved {
    pub mapped: usize,
    /// The vendor's identifiers of those.
    pub whom: Vec<String>,
    pub errors: Vec<RowError>,
    /// What rules made because sites were mapped.
    pub followed: Followed,
}

/// Maps every row that can be, and says of every other why not.
///
/// # Errors
/// `Overtaken` while the tab is held until every site is mapped.
pub fn save(
    tx: &mut Tx<'_>,
    scope: &Scope<PairRecords>,
    kind: Kind,
    picks: &[Pick],
) -> Result<Saved, Refusal> {
    let id = may_work(tx, scope, kind)?;
    let here = Here::read(tx, scope, (id, kind))?;
    let mut saved = Saved::default();
    for pick in picks {
        match map_one(tx, scope, &here, pick) {
            Ok((_, external_id)) => {
                saved.mapped += 1;
                saved.whom.push(external_id);
            }
            Err(Stopped::Row(words, overtaken)) => {
                saved.errors.push(RowError { record: pick.record, local: pick.local, words, overtaken });
            }
            Err(Stopped::Whole(refusal)) => return Err(refusal),
        }
    }
    if saved.mapped > 0 && kind == Kind::Site {
        saved.followed = settle::look(tx, scope, id, None)?;
    }
    Ok(saved)
}

/// Maps one record, such as one that was created from it.
pub fn map(
    tx: &mut Tx<'_>,
    scope: &Scope<PairRecords>,
    kind: Kind,
    record: ExternalRecordId,
    local: i64,
) -> Result<PairingId, Refusal> {
    let id = may_work(tx, scope, kind)?;
    let here = Here::read(tx, scope, (id, kind))?;
    let made = match map_one(tx, scope, &here, &Pick { record, local, instead_of: None }) {
        Ok((made, _)) => made,
        Err(Stopped::Row(words, _)) => return Err(Refusal::Overtaken(words)),
        Err(Stopped::Whole(refusal)) => return Err(refusal),
    };
    if kind == Kind::Site {
        settle::look(tx, scope, id, None)?;
    }
    Ok(made)
}

/// The connection, if the tab of this kind is not held.
fn may_work(tx: &mut Tx<'_>, scope: &Scope<PairRecords>, kind: Kind) -> Result<ConnectionId, Refusal> {
    let connection = connection(tx.conn, scope)?.ok_or(Refusal::NotHere)?;
    if kind != Kind::Site && !tabs(tx.conn, scope)?.open {
        return Err(Refusal::overtaken("Map every site to an agency first."));
    }
    Ok(connection.id)
}

enum Stopped {
    Row(String, Option<(String, NaiveDateTime, PairingId)>),
    Whole(Refusal),
}

impl From<Refusal> for Stopped {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Overtaken(words) => Self::Row(words, None),
            Refusal::NotHere => Self::Row("This is not here any more. Look at the list again.".into(), None),
            other => Self::Whole(other),
        }
    }
}

impl From<diesel::result::Error> for Stopped {
    fn from(error: diesel::result::Error) -> Self {
        Refusal::from(error).into()
    }
}

/// What is here, read once for all rows.
struct Here {
    connection: ConnectionId,
    kind: Kind,
    locals: Vec<Local>,
    sites: Sites,
}

impl Here {
    fn read<R: Right>(
        tx: &mut Tx<'_>,
        scope: &Scope<R>,
        (connection, kind): (ConnectionId, Kind),
    ) -> Result<Self, Refusal> {
        let locals = store::locals(tx.conn, scope.organisation(), kind)?;
        let sites = settle::known_sites(tx.conn, scope.organisation(), connection)?;
        Ok(Self { connection, kind, locals, sites })
    }
}

fn map_one(
    tx: &mut Tx<'_>,
    scope: &Scope<PairRecords>,
    here: &Here,
    pick: &Pick,
) -> Result<(PairingId, String), Stopped> {
    let (connection, kind) = (here.connection, here.kind);
    let record = store::record(tx.conn, connection, kind, pick.record)?;
    let local = here.locals.iter().find(|one| one.id == pick.local && reaches(scope.places(), one));
    let local = local.ok_or(Refusal::NotHere)?;
    if !local.is_active {
        return Err(Refusal::overtaken(format!("{} is not active here any more.", local.name())).into());
    }
    let (known, theirs) = (&here.sites, settle::theirs(kind, &record));
    if kind != Kind::Site {
        at_work(scope.places(), known, &theirs)?;
    }
    if let Some(other) = store::live_of_local(tx.conn, connection, kind, local.id)? {
        let other = store::record(tx.conn, connection, kind, other.external_record_id)?;
        let words = format!(
            "{} is mapped to another {} already: {}. Delete that mapping first if it is wrong.",
            local.name(),
            kind.theirs(),
            super::name_of(kind, &other)
        );
        return Err(Stopped::Row(words, None));
    }
    // Only now is anything written: a row that is refused leaves all as it was.
    if let Some(live) = store::live_of_record(tx.conn, record.id)? {
        replace(tx, scope, here, (&live, pick))?;
    }
    store::withdraw(tx, (connection, kind), (record.id, local.id))?;
    let evidence = Proof { reasons: evidence(kind, local, &theirs, known), ..Proof::default() }.write();
    let by = scope.by().name.as_str();
    let new = NewMapping {
        connection,
        kind,
        record: record.id,
        local: local.id,
        rule: None,
        evidence,
        by,
        run: None,
    };
    let made = store::insert_mapping(tx, &new)?;
    let made =
        made.ok_or_else(|| Refusal::overtaken("Somebody mapped one of the two just now. Look again."))?;
    let words = format!("mapped {} to a {} in {VENDOR}", local.name(), kind.theirs());
    audit::record(tx, scope, Event::new("mapping.made", words).about(kind.subject(), local.id))?;
    Ok((made, record.external_id))
}

/// The record stands under a mapped site, and one of the person's agencies.
fn at_work(places: &Places, known: &Sites, theirs: &Theirs) -> Result<(), Stopped> {
    let agencies = known.agencies_of(&theirs.sites);
    if agencies.is_empty() {
        let words = match known.waits_for(&theirs.sites) {
            Some(site) => format!("Map its site {site} to an agency first."),
            None => "No site is given in Ensora Data Collection. Correct it there first.".to_owned(),
        };
        return Err(Stopped::Row(words, None));
    }
    match places {
        Places::Only(places) if !agencies.iter().any(|one| places.contains(one)) => {
            Err(Refusal::NotHere.into())
        }
        _ => Ok(()),
    }
}

/// Somebody mapped the record meanwhile. Only a mapping of a person on which nothing depends gives way, and only to
/// whoever saw it and said so.
fn replace(
    tx: &mut Tx<'_>,
    scope: &Scope<PairRecords>,
    here: &Here,
    (live, pick): (&Live, &Pick),
) -> Result<(), Stopped> {
    let (connection, kind) = (here.connection, here.kind);
    let name =
        here.locals.iter().find(|one| one.id == live.local_id).map_or("somebody else".into(), Local::name);
    if pick.instead_of != Some(live.id) {
        let by = if live.origin == AUTO { "A rule".to_owned() } else { live.paired_by_name.clone() };
        let words = format!("it is {name} now.");
        return Err(Stopped::Row(words, Some((by, live.paired_at, live.id))));
    }
    let uses = depends::uses_of(tx.conn, connection, kind, live.external_record_id)?;
    if let Some(words) = cannot_delete(live, &uses) {
        return Err(Stopped::Row(words, None));
    }
    end(tx, scope, (kind, live), "replaced")?;
    Ok(())
}

/// What speaks for and against a pair that somebody chose.
fn evidence(kind: Kind, local: &Local, theirs: &Theirs, known: &Sites) -> Vec<Evidence> {
    let Some(engine) = kind.people() else { return Vec::new() };
    let there =
        matching::Record { place: known.in_words(&known.agencies_of(&theirs.sites)), ..theirs.facts.clone() };
    let (reasons, _) = matching::compare(VENDOR, engine, &ours(local, known), &there);
    reasons.iter().map(Evidence::of).collect()
}

/// Whether somebody's places reach an agency, client or member of staff.
pub(super) fn reaches(places: &Places, local: &Local) -> bool {
    match places {
        Places::All => true,
        Places::Only(places) => local.places.iter().any(|place| places.contains(place)),
    }
}

/// Why a mapping cannot be deleted, in a sentence; nothing where it can.
pub fn cannot_delete(live: &Live, uses: &Uses) -> Option<String> {
    if live.origin == AUTO {
        let rule = super::rule_words(&live.rule);
        return Some(format!("Made automatically: {rule}"));
    }
    uses.words()
}

/// *Delete mapping*: one that a person made and on which nothing depends.
///
/// # Errors
/// `Overtaken` with the reason otherwise, and when it is another mapping by now.
pub fn delete(
    tx: &mut Tx<'_>,
    scope: &Scope<PairRecords>,
    kind: Kind,
    record: ExternalRecordId,
    pairing: PairingId,
) -> Result<String, Refusal> {
    let (connection, live) = live(tx, scope, kind, record, pairing)?;
    let uses = depends::uses_of(tx.conn, connection, kind, record)?;
    if let Some(words) = cannot_delete(&live, &uses) {
        return Err(Refusal::Overtaken(words));
    }
    let name = end(tx, scope, (kind, &live), "mapping deleted")?;
    settle::look(tx, scope, connection, None)?;
    Ok(name)
}

/// *Not the same*: a wrong `Auto` is corrected, and remembered, so that no rule makes it again.
///
/// # Errors
/// `Overtaken` when appointments rest on it, and when it is another mapping by now.
pub fn not_the_same(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageIntegrations>,
    kind: Kind,
    record: ExternalRecordId,
    pairing: PairingId,
) -> Result<String, Refusal> {
    live(tx, scope, kind, record, pairing)?;
    let found = resting(tx.conn, scope, kind, record)?;
    if found.has_appointments(tx.conn)? {
        return Err(Refusal::overtaken(
            "Appointments rest on this mapping. Look at what would follow first.",
        ));
    }
    end_resting(tx, scope, &found)?;
    Ok(found.ours)
}

/// Takes *Not the same* back: a rule may map the two again. Returns the vendor's identifier of the record.
pub fn withdraw(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageIntegrations>,
    kind: Kind,
    record: ExternalRecordId,
    local: i64,
) -> Result<String, Refusal> {
    let id = connection(tx.conn, scope)?.ok_or(Refusal::NotHere)?.id;
    let record = store::record(tx.conn, id, kind, record)?;
    if store::withdraw(tx, (id, kind), (record.id, local))? == 0 {
        return Err(Refusal::overtaken("That was taken back already."));
    }
    let words = format!("took back that a {} in {VENDOR} is not the same", kind.theirs());
    audit::record(tx, scope, Event::new("mapping.reopened", words).about(kind.subject(), local))?;
    settle::look(tx, scope, id, None)?;
    Ok(record.external_id)
}

/// The live mapping that somebody saw, of a record that they may see.
fn live<R: Right>(
    tx: &mut Tx<'_>,
    scope: &Scope<R>,
    kind: Kind,
    record: ExternalRecordId,
    pairing: PairingId,
) -> Result<(ConnectionId, Live), Refusal> {
    let id = connection(tx.conn, scope)?.ok_or(Refusal::NotHere)?.id;
    let record = store::record(tx.conn, id, kind, record)?;
    let live = store::live_of_record(tx.conn, record.id)?.filter(|live| live.id == pairing);
    let live = live
        .ok_or_else(|| Refusal::overtaken("This mapping was changed meanwhile. Look at the list again."))?;
    let here = store::locals(tx.conn, scope.organisation(), kind)?;
    let seen = here.iter().find(|one| one.id == live.local_id).is_none_or(|one| reaches(scope.places(), one));
    if seen { Ok((id, live)) } else { Err(Refusal::NotHere) }
}

/// Ends a mapping; the name of who was mapped.
pub(super) fn end<R: Right>(
    tx: &mut Tx<'_>,
    scope: &Scope<R>,
    (kind, live): (Kind, &Live),
    because: &str,
) -> Result<String, Refusal> {
    store::end_mapping(tx, live.id, &scope.by().name, because)?;
    let here = store::locals(tx.conn, scope.organisation(), kind)?;
    let name = here.iter().find(|one| one.id == live.local_id).map_or_else(String::new, Local::name);
    let words = format!("ended the mapping of {name} to a {} in {VENDOR}", kind.theirs());
    audit::record(tx, scope, Event::new("mapping.ended", words).about(kind.subject(), live.local_id))?;
    Ok(name)
}
