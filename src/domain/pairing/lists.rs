//! Who is linked, who is not and why, as lists show them. Deliberately compares nobody: what stands
//! here was found by the last sync.

use std::collections::HashMap;

use chrono::{NaiveDate, NaiveDateTime};
use diesel::QueryResult;

use super::matching::Kind;
use super::store;
use crate::db::Conn;
use crate::domain::Refusal;
use crate::domain::access::{PairRecords, Scope, ViewIntegrations};
use crate::kit::ids::{ConnectionId, ExternalRecordId, PlaceId};

/// *Resident Pairing n of m*, of the people that the scope reaches and the connection is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    pub paired: i64,
    pub total: i64,
    /// Set aside until a date that has not come.
    pub parked: i64,
    /// Paired too, and of a home that the connection is not for: they are in no other number.
    pub elsewhere: i64,
}

impl Progress {
    pub fn to_check(self) -> i64 {
        (self.total - self.paired - self.parked).max(0)
    }
}

pub fn progress(
    conn: &mut Conn,
    scope: &Scope<ViewIntegrations>,
    connection: ConnectionId,
    kind: Kind,
    today: NaiveDate,
) -> QueryResult<Progress> {
    Ok(Progress {
        paired: store::linked(conn, scope, connection, kind)?,
        total: store::active(conn, scope, connection, kind)?,
        parked: store::parked_count(conn, scope, connection, kind, today)?,
        elsewhere: store::linked_elsewhere(conn, scope, connection, kind)?,
    })
}

/// Which of the unpaired a list shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Show {
    #[default]
    ToCheck,
    Suggested,
    /// Nobody there is like them.
    Alone,
    /// Somebody said no to a suggestion.
    Refused,
    Parked,
    All,
}

/// The reason to which a list is narrowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// Added since the last sync.
    New,
    /// A link that somebody ended.
    Undone,
    /// A sync's own sentence.
    Said(String),
}

#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Words that all occur in the name.
    pub search: String,
    pub show: Show,
    /// A home or a zone.
    pub place: Option<PlaceId>,
    pub cause: Option<Cause>,
    /// Rows before this page.
    pub offset: i64,
    pub limit: i64,
}

/// Somebody who is not linked.
#[derive(Debug, Clone)]
pub struct Unpaired {
    pub local: i64,
    pub name: String,
    /// Of staff the job title.
    pub room: String,
    /// Of staff the e-mail address.
    pub place: String,
    pub look_alike: bool,
    /// A sentence, or that they are new since the last sync.
    pub why: String,
    pub suggestion: Option<Suggestion>,
    pub parked: Option<(String, NaiveDate)>,
    /// Names of records that this person is not, each with who said so.
    pub refused: Vec<(String, String)>,
}

/// The best suggestion as the last sync found it.
#[derive(Debug, Clone)]
pub struct Suggestion {
    pub record: ExternalRecordId,
    pub name: String,
    /// The vendor's own id.
    pub external_id: String,
    pub several: bool,
}

/// People who are not linked: first those with a suggestion, since they are quickly done, each by name. One more than `limit` comes when there is another page.
pub fn unpaired(
    conn: &mut Conn,
    scope: &Scope<ViewIntegrations>,
    connection: ConnectionId,
    kind: Kind,
    filter: &Filter,
    today: NaiveDate,
) -> Result<Vec<Unpaired>, Refusal> {
    store::belongs(conn, scope.organisation(), connection)?;
    let list = store::List { connection, kind, today };
    let rows = match kind {
        Kind::People => store::unpaired_residents(conn, scope, list, filter)?,
        Kind::Staff => store::unpaired_staff(conn, scope, list, filter)?,
    };
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    let mut known = Known {
        synced_at: store::newest_sync(conn, connection)?,
        why: store::reasons(conn, connection, kind, &ids)?.into_iter().collect(),
        best: HashMap::new(),
        parked: HashMap::new(),
        refused: HashMap::new(),
    };
    let reach = store::Reach::of(conn, scope, kind)?;
    for (local, record, data, external_id, several) in store::suggested(conn, connection, kind, &ids)? {
        // With limited places the list says that there is one, and the comparison decides what may be seen.
        let seen = !reach.is_limited();
        let name = if seen { name_in(&data) } else { String::new() };
        let external_id = if seen { external_id } else { String::new() };
        known.best.insert(local, Suggestion { record, name, external_id, several });
    }
    for (local, reason, until) in store::parked_until(conn, connection, kind, &ids, today)? {
        known.parked.insert(local, (reason, until));
    }
    for (local, data, by) in store::named_refusals(conn, connection, kind, &ids)? {
        known.refused.entry(local).or_default().push((name_in(&data), by));
    }
    Ok(rows.into_iter().map(|row| known.about(row)).collect())
}

/// Reasons that a list is narrowed by at most.
const MOST_CAUSES: i64 = 60;

/// What a list may be narrowed by: the reasons that stand on it.
pub fn causes(
    conn: &mut Conn,
    scope: &Scope<ViewIntegrations>,
    connection: ConnectionId,
    kind: Kind,
    today: NaiveDate,
) -> QueryResult<Vec<Cause>> {
    let said = store::causes(conn, scope, store::List { connection, kind, today }, MOST_CAUSES)?;
    let is_undone = |words: &String| words.starts_with(store::UNDONE_BY);
    let undone = said.iter().any(is_undone).then_some(Cause::Undone);
    let said = said.into_iter().filter(|words| !is_undone(words)).map(Cause::Said);
    Ok(said.chain(undone).chain([Cause::New]).collect())
}

/// Where somebody stands in the list, also after a decision took them off it.
#[derive(Debug, Clone)]
pub struct Spot((String, i64));

pub fn spot(conn: &mut Conn, scope: &Scope<PairRecords>, kind: Kind, local: i64) -> Result<Spot, Refusal> {
    store::local(conn, scope, kind, local)?;
    store::spot(conn, kind, local).map(Spot)
}

/// Who with a suggestion comes after a spot, and how many are left from there on.
pub fn next(
    conn: &mut Conn,
    scope: &Scope<PairRecords>,
    (connection, kind): (ConnectionId, Kind),
    filter: &Filter,
    today: NaiveDate,
    spot: &Spot,
) -> Result<(Option<i64>, i64), Refusal> {
    store::belongs(conn, scope.organisation(), connection)?;
    let filter = Filter { show: Show::Suggested, ..filter.clone() };
    Ok(store::next(conn, scope, store::List { connection, kind, today }, &filter, &spot.0)?)
}

/// Why somebody is set aside, and until when.
pub fn set_aside(
    conn: &mut Conn,
    scope: &Scope<PairRecords>,
    connection: ConnectionId,
    kind: Kind,
    local: i64,
    today: NaiveDate,
) -> Result<Option<(String, NaiveDate)>, Refusal> {
    store::belongs(conn, scope.organisation(), connection)?;
    store::local(conn, scope, kind, local)?;
    let found = store::parked_until(conn, connection, kind, &[local], today)?.pop();
    Ok(found.map(|(_, reason, until)| (reason, until)))
}

/// What is known around the rows of a page.
struct Known {
    synced_at: Option<NaiveDateTime>,
    why: HashMap<i64, String>,
    best: HashMap<i64, Suggestion>,
    parked: HashMap<i64, (String, NaiveDate)>,
    refused: HashMap<i64, Vec<(String, String)>>,
}

impl Known {
    fn about(&mut self, row: store::Row) -> Unpaired {
        let unsaid = match self.synced_at {
            None => "There has been no sync yet.",
            Some(at) if at < row.added_at => "New since the last sync",
            Some(_) => "The next sync looks at them again.",
        };
        Unpaired {
            local: row.id,
            name: store::full_name(&row.first_name, &row.last_name),
            room: row.room,
            place: row.place,
            look_alike: row.look_alike,
            why: self.why.remove(&row.id).unwrap_or_else(|| unsaid.into()),
            suggestion: self.best.remove(&row.id),
            parked: self.parked.remove(&row.id),
            refused: self.refused.remove(&row.id).unwrap_or_default(),
        }
    }
}

/// The name in a stored record.
pub(super) fn name_in(data: &str) -> String {
    #[derive(serde::Deserialize, Default)]
    struct Names {
        #[serde(default)]
        first_name: String,
        #[serde(default)]
        last_name: String,
    }
    let names: Names = serde_json::from_str(data).unwrap_or_default();
    store::full_name(&names.first_name, &names.last_name)
}
