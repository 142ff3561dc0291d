//! What relatives see: their people, what of them is shared, and who looked. The one place where the proof that
//! a relative may see something is made.

use std::collections::BTreeSet;

use chrono::{NaiveDate, NaiveDateTime, TimeDelta};
use diesel::QueryResult;

use super::contacts::{self, Contact};
use super::store::{self, FamilyRow};
use super::{SUBJECT, read_topics};
use crate::db::{Conn, Tx};
use crate::domain::access::{Actor, FamilyScope, ManageRelatives, Scope, Topic};
use crate::domain::audit::{self, Event};
use crate::domain::consents;
use crate::domain::residents::ResidentState;
use crate::domain::{Refusal, accounts};
use crate::kit::ids::{AccountId, OrganisationId, RelativeId, ResidentId};

/// One resident of a relative's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relation {
    pub id: RelativeId,
    pub account: AccountId,
    pub resident: ResidentId,
    pub organisation: OrganisationId,
    pub organisation_name: String,
    pub time_zone: String,
    /// The name they go by.
    pub first_name: String,
    pub last_name: String,
    pub home: String,
    pub relationship: String,
    pub branch: String,
    pub is_primary: bool,
    /// What the home has opened to this relative; the resident's consent is asked beside it.
    pub opened: BTreeSet<Topic>,
    /// The home has not confirmed them yet: nothing is visible.
    pub waiting: bool,
    pub since: NaiveDateTime,
    /// The last day on which the family of somebody who has died may read.
    pub memorial_until: Option<NaiveDate>,
}

impl Relation {
    fn of(row: FamilyRow, memorial_until: Option<NaiveDate>) -> Self {
        let first_name = called(row.first_name, row.preferred_name);
        Self {
            id: row.id,
            account: row.account,
            resident: row.resident,
            organisation: row.organisation,
            organisation_name: row.organisation_name,
            time_zone: row.time_zone,
            first_name,
            last_name: row.last_name,
            home: row.home_name,
            relationship: row.relationship,
            branch: row.branch,
            is_primary: row.is_primary,
            opened: read_topics(&row.topics),
            waiting: row.waiting,
            since: row.since,
            memorial_until,
        }
    }
}

/// The name that somebody goes by.
pub(super) fn called(first: String, preferred: String) -> String {
    if preferred.trim().is_empty() { first } else { preferred }
}

/// Everybody whose relative this person is, by first name.
pub fn family(conn: &mut Conn, actor: &Actor, now: NaiveDateTime) -> QueryResult<Vec<Relation>> {
    let rows = store::family(conn, actor.account(), None)?;
    readable(conn, rows, now.date())
}

/// Those whose pages may be read: who lives here, and for a while who has died.
fn readable(conn: &mut Conn, rows: Vec<FamilyRow>, today: NaiveDate) -> QueryResult<Vec<Relation>> {
    let residents: Vec<ResidentId> = rows.iter().map(|row| row.resident).collect();
    let memorials = store::memorials(conn, &residents)?;
    let readable = rows.into_iter().filter_map(|row| {
        let until = memorials.get(&row.resident).copied();
        let open = until.map_or(row.state == ResidentState::Active, |last| today <= last);
        open.then(|| Relation::of(row, until))
    });
    Ok(readable.collect())
}

/// One of them.
///
/// # Errors
/// `NotHere` for somebody else's, for one that has ended, and for a resident who is archived.
pub fn open(conn: &mut Conn, actor: &Actor, id: RelativeId, now: NaiveDateTime) -> Result<Relation, Refusal> {
    let rows = store::family(conn, actor.account(), Some(id))?;
    readable(conn, rows, now.date())?.pop().ok_or(Refusal::NotHere)
}

/// The proof that this relative may see a topic of this resident now, if they may.
pub fn may_see(
    conn: &mut Conn,
    relation: &Relation,
    topic: Topic,
    now: NaiveDateTime,
) -> QueryResult<Option<FamilyScope>> {
    let opened = !relation.waiting && relation.opened.contains(&topic);
    if !opened || !consents::allows(conn, relation.organisation, relation.resident, topic, now)? {
        return Ok(None);
    }
    Ok(Some(proof(relation, topic)))
}

/// What each of these accounts may see now: their people who live here, with a proof for every topic that is shared.
/// For letters of news: whoever is mourned is left out.
pub fn visible(
    conn: &mut Conn,
    accounts: &[AccountId],
    now: NaiveDateTime,
) -> QueryResult<Vec<(Relation, Vec<FamilyScope>)>> {
    let rows = store::families(conn, accounts, None)?;
    let relations = readable(conn, rows, now.date())?;
    let residents: Vec<ResidentId> = relations.iter().map(|one| one.resident).collect();
    let agreed = consents::shared_by(conn, &residents, now)?;
    let seen = relations.into_iter().filter(|one| !one.waiting && one.memorial_until.is_none());
    let seen = seen.map(|one| {
        let topics = agreed.get(&one.resident).into_iter().flatten();
        let scopes = topics.filter(|topic| one.opened.contains(topic)).map(|topic| proof(&one, *topic));
        let scopes = scopes.collect();
        (one, scopes)
    });
    Ok(seen.collect())
}

fn proof(relation: &Relation, topic: Topic) -> FamilyScope {
    FamilyScope {
        organisation: relation.organisation,
        resident: relation.resident,
        account: relation.account,
        topic,
        branch: relation.branch.clone(),
    }
}

/// A relative's page as the home sees it before or after: the same relation, asked for by a manager.
///
/// # Errors
/// `NotHere` when they are none of the resident's, or the resident is outside the scope.
pub fn see_as(
    conn: &mut Conn,
    scope: &Scope<ManageRelatives>,
    resident: ResidentId,
    id: RelativeId,
) -> Result<(Relation, String), Refusal> {
    let relative = super::relative(conn, scope, resident, id)?;
    let row = store::family(conn, relative.account, Some(id))?.pop().ok_or(Refusal::NotHere)?;
    let until = store::bereavement(conn, resident)?.map(|one| one.memorial_until);
    Ok((Relation::of(row, until), relative.name))
}

/// Records that somebody of the home looked at a relative's page, once in [`audit::ONE_VIEW`] and session.
pub fn seen_as(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageRelatives>,
    resident: ResidentId,
    name: &str,
) -> Result<(), Refusal> {
    const VERB: &str = "relative.seen_as";
    let since = tx.now - audit::ONE_VIEW;
    if !audit::seen_lately(tx.conn, scope.by(), VERB, (SUBJECT, resident.0), since)? {
        let event = Event::new(VERB, format!("looked at the page as {name} sees it"));
        audit::record(tx, scope, event.about(SUBJECT, resident.0))?;
    }
    Ok(())
}

const OPENED: &str = "relative.opened";

/// Records that a relative opened a resident's page, once in [`audit::ONE_VIEW`] and session.
pub fn opened(tx: &mut Tx<'_>, actor: &Actor, relation: &Relation) -> Result<(), Refusal> {
    let (by, about) = (actor.by(), (SUBJECT, relation.resident.0));
    if !audit::seen_lately(tx.conn, &by, OPENED, about, tx.now - audit::ONE_VIEW)? {
        let event = Event::new(OPENED, "opened the family page").about(about.0, about.1);
        audit::append(tx, relation.organisation, &by, event)?;
    }
    Ok(())
}

/// Records that a relative took a keepsake; each time, since it is a copy that the home cannot take back.
pub fn took_keepsake(tx: &mut Tx<'_>, actor: &Actor, relation: &Relation) -> Result<(), Refusal> {
    let event = Event::new("relative.keepsake", "took a keepsake of what was shared with them");
    let event = event.about(SUBJECT, relation.resident.0);
    Ok(audit::append(tx, relation.organisation, &actor.by(), event)?)
}

/// Whether this session's view is on the trail already.
pub fn seen_lately(
    conn: &mut Conn,
    actor: &Actor,
    relation: &Relation,
    now: NaiveDateTime,
) -> QueryResult<bool> {
    let since = now - audit::ONE_VIEW;
    audit::seen_lately(conn, &actor.by(), OPENED, (SUBJECT, relation.resident.0), since)
}

/// What is shared with a relative, by whom, and who looked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shared {
    /// Each topic with whether the home opened it and the resident agrees.
    pub topics: Vec<(Topic, bool, bool)>,
    /// Others of the same part of the family: name and relationship.
    pub others: Vec<(String, String)>,
    /// Who of the home opened the resident's pages in the last month, with the newest time.
    pub lookers: Vec<(String, NaiveDateTime)>,
    pub contact: Contact,
}

/// How far back relatives are told who looked.
const LOOKED: TimeDelta = TimeDelta::days(30);

pub fn shared(conn: &mut Conn, relation: &Relation, now: NaiveDateTime) -> Result<Shared, Refusal> {
    let agreed = consents::shared(conn, relation.organisation, relation.resident, now)?;
    let topic = |topic: &Topic| (*topic, relation.opened.contains(topic), agreed.contains(topic));
    let others = store::relatives(conn, relation.organisation, relation.resident)?;
    let others = others.into_iter().filter(|one| {
        one.account != relation.account && one.branch == relation.branch && !one.waiting && !relation.waiting
    });
    let lookers = store::lookers(
        conn,
        relation.organisation,
        relation.resident,
        &["resident.opened"],
        now - LOOKED,
        20,
    )?;
    Ok(Shared {
        topics: Topic::ALL.iter().map(topic).collect(),
        others: others.map(|one| (one.name, one.relationship)).collect(),
        lookers: lookers.into_iter().filter_map(|(name, at)| Some((name, at?))).collect(),
        contact: contacts::of_resident(conn, relation.resident)?,
    })
}

/// "I no longer want this": the relative goes, at once.
pub fn leave(tx: &mut Tx<'_>, actor: &Actor, relation: &Relation) -> Result<(), Refusal> {
    accounts::unrelate(tx, &actor.by(), relation.resident, actor.account())
}
