//! What pages show of pairings: who is linked, who is not and why, and who might be who.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

use super::matching::{self, Bits, Kind, Record, System};
use super::owned::{Evidence, Proof};
use super::{kind_word, store};
use crate::db::Conn;
use crate::domain::Refusal;
use crate::domain::access::{PairRecords, Places, Scope, ViewIntegrations, ViewResidents};
use crate::domain::audit::escape_like;
use crate::domain::schema::{
    connections, external_records, pairings, parked, places, refusals, residents, staff_members, suggestions,
    unpaired,
};
use crate::kit::ids::{ConnectionId, ExternalRecordId};
use crate::kit::names;

/// *Resident Pairing n of m*.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    pub paired: i64,
    pub total: i64,
    /// Set aside until a date that has not come.
    pub parked: i64,
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
    let live = pairings::table
        .filter(pairings::connection_id.eq(connection))
        .filter(pairings::kind.eq(kind_word(kind)))
        .filter(pairings::ended_at.is_null());
    let (total, paired): (i64, i64) = match kind {
        Kind::People => (
            residents::table
                .filter(residents::organisation_id.eq(scope.organisation()))
                .filter(residents::state.eq("active"))
                .count()
                .get_result(conn)?,
            live.filter(
                pairings::local_id.eq_any(
                    residents::table
                        .filter(residents::organisation_id.eq(scope.organisation()))
                        .filter(residents::state.eq("active"))
                        .select(residents::id),
                ),
            )
            .count()
            .get_result(conn)?,
        ),
        Kind::Staff => (
            staff_members::table
                .filter(staff_members::organisation_id.eq(scope.organisation()))
                .filter(staff_members::state.eq("active"))
                .count()
                .get_result(conn)?,
            live.count().get_result(conn)?,
        ),
    };
    let parked = parked::table
        .filter(parked::connection_id.eq(connection))
        .filter(parked::kind.eq(kind_word(kind)))
        .filter(parked::until.gt(today))
        .count()
        .get_result(conn)?;
    Ok(Progress { paired, total, parked })
}

/// Which of the unpaired a list shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Show {
    #[default]
    ToCheck,
    Suggested,
    Parked,
    All,
}

#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Part of a name.
    pub search: String,
    pub show: Show,
    /// Rows before this page.
    pub offset: i64,
    pub limit: i64,
}

/// Somebody who is not linked.
#[derive(Debug, Clone)]
pub struct Unpaired {
    pub local: i64,
    pub name: String,
    pub room: String,
    pub place: String,
    pub look_alike: bool,
    /// A sentence, or that they are new since the last sync.
    pub why: String,
    pub suggestion: Option<Suggestion>,
    pub parked: Option<(String, NaiveDate)>,
}

/// The best suggestion as the last sync found it.
#[derive(Debug, Clone)]
pub struct Suggestion {
    pub record: ExternalRecordId,
    pub name: String,
    pub several: bool,
}

/// People who are not linked, by name. One more than `limit` comes when there is another page.
pub fn unpaired(
    conn: &mut Conn,
    scope: &Scope<ViewIntegrations>,
    connection: ConnectionId,
    kind: Kind,
    filter: &Filter,
    today: NaiveDate,
) -> Result<Vec<Unpaired>, Refusal> {
    store::belongs(conn, scope.organisation(), connection)?;
    let rows = match kind {
        Kind::People => unpaired_residents(conn, scope, connection, filter, today)?,
        Kind::Staff => unpaired_staff(conn, scope, connection, filter, today)?,
    };
    let ids: Vec<i64> = rows.iter().map(|row| row.0).collect();
    let word = kind_word(kind);
    let why: std::collections::HashMap<i64, String> = unpaired::table
        .filter(unpaired::connection_id.eq(connection))
        .filter(unpaired::kind.eq(word))
        .filter(unpaired::local_id.eq_any(ids.clone()))
        .select((unpaired::local_id, unpaired::why))
        .load::<(i64, String)>(conn)?
        .into_iter()
        .collect();
    let mut best: std::collections::HashMap<i64, Suggestion> = suggestions::table
        .inner_join(external_records::table)
        .filter(suggestions::connection_id.eq(connection))
        .filter(suggestions::kind.eq(word))
        .filter(suggestions::rank.eq(1))
        .filter(suggestions::local_id.eq_any(ids.clone()))
        .select((suggestions::local_id, external_records::id, external_records::data, suggestions::several))
        .load::<(i64, ExternalRecordId, String, bool)>(conn)?
        .into_iter()
        .map(|(local, record, data, several)| (local, Suggestion { record, name: name_in(&data), several }))
        .collect();
    let mut parked: std::collections::HashMap<i64, (String, NaiveDate)> = parked::table
        .filter(parked::connection_id.eq(connection))
        .filter(parked::kind.eq(word))
        .filter(parked::local_id.eq_any(ids))
        .filter(parked::until.gt(today))
        .select((parked::local_id, parked::reason, parked::until))
        .load::<(i64, String, NaiveDate)>(conn)?
        .into_iter()
        .map(|(local, reason, until)| (local, (reason, until)))
        .collect();
    Ok(rows
        .into_iter()
        .map(|(local, first, last, room, place, look_alike)| Unpaired {
            local,
            name: store::full_name(&first, &last),
            room,
            place,
            look_alike,
            why: why.get(&local).cloned().unwrap_or_else(|| "New since the last sync".into()),
            suggestion: best.remove(&local),
            parked: parked.remove(&local),
        })
        .collect())
}

type Row = (i64, String, String, String, String, bool);

fn name_in(data: &str) -> String {
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

fn unpaired_residents(
    conn: &mut Conn,
    scope: &Scope<ViewIntegrations>,
    connection: ConnectionId,
    filter: &Filter,
    today: NaiveDate,
) -> QueryResult<Vec<Row>> {
    let word = kind_word(Kind::People);
    let linked = pairings::table
        .filter(pairings::connection_id.eq(connection))
        .filter(pairings::kind.eq(word))
        .filter(pairings::ended_at.is_null())
        .select(pairings::local_id);
    let waiting = parked::table
        .filter(parked::connection_id.eq(connection))
        .filter(parked::kind.eq(word))
        .filter(parked::until.gt(today))
        .select(parked::local_id);
    let suggested = suggestions::table
        .filter(suggestions::connection_id.eq(connection))
        .filter(suggestions::kind.eq(word))
        .select(suggestions::local_id);
    let mut query = residents::table
        .inner_join(places::table.on(places::id.eq(residents::home_id)))
        .filter(residents::organisation_id.eq(scope.organisation()))
        .filter(residents::state.eq("active"))
        .filter(residents::id.ne_all(linked))
        .order((residents::sort_name, residents::id))
        .select((
            residents::id,
            residents::first_name,
            residents::last_name,
            residents::room,
            places::name,
            residents::look_alike,
        ))
        .offset(filter.offset)
        .limit(filter.limit + 1)
        .into_boxed();
    match filter.show {
        Show::ToCheck => query = query.filter(residents::id.ne_all(waiting)),
        Show::Suggested => {
            query = query.filter(residents::id.ne_all(waiting)).filter(residents::id.eq_any(suggested))
        }
        Show::Parked => query = query.filter(residents::id.eq_any(waiting)),
        Show::All => {}
    }
    for word in names::fold(&filter.search).split_whitespace() {
        query = query.filter(residents::search_text.like(format!("%{}%", escape_like(word))).escape('!'));
    }
    if let Places::Only(only) = scope.places() {
        query = query.filter(
            residents::home_id
                .eq_any(only.clone())
                .or(residents::zone_id.eq_any(only.clone()).assume_not_null()),
        );
    }
    query.load(conn)
}

fn unpaired_staff(
    conn: &mut Conn,
    scope: &Scope<ViewIntegrations>,
    connection: ConnectionId,
    filter: &Filter,
    today: NaiveDate,
) -> QueryResult<Vec<Row>> {
    let word = kind_word(Kind::Staff);
    let linked = pairings::table
        .filter(pairings::connection_id.eq(connection))
        .filter(pairings::kind.eq(word))
        .filter(pairings::ended_at.is_null())
        .select(pairings::local_id);
    let waiting = parked::table
        .filter(parked::connection_id.eq(connection))
        .filter(parked::kind.eq(word))
        .filter(parked::until.gt(today))
        .select(parked::local_id);
    let suggested = suggestions::table
        .filter(suggestions::connection_id.eq(connection))
        .filter(suggestions::kind.eq(word))
        .select(suggestions::local_id);
    let mut query = staff_members::table
        .filter(staff_members::organisation_id.eq(scope.organisation()))
        .filter(staff_members::state.eq("active"))
        .filter(staff_members::id.ne_all(linked))
        .order((staff_members::sort_name, staff_members::id))
        .select((
            staff_members::id,
            staff_members::first_name,
            staff_members::last_name,
            staff_members::job_title,
            staff_members::email,
            staff_members::look_alike,
        ))
        .offset(filter.offset)
        .limit(filter.limit + 1)
        .into_boxed();
    match filter.show {
        Show::ToCheck => query = query.filter(staff_members::id.ne_all(waiting)),
        Show::Suggested => {
            query =
                query.filter(staff_members::id.ne_all(waiting)).filter(staff_members::id.eq_any(suggested));
        }
        Show::Parked => query = query.filter(staff_members::id.eq_any(waiting)),
        Show::All => {}
    }
    for word in names::fold(&filter.search).split_whitespace() {
        query = query.filter(staff_members::search_text.like(format!("%{}%", escape_like(word))).escape('!'));
    }
    query.load(conn)
}

/// One side, as the comparison shows it.
#[derive(Debug, Clone)]
pub struct Side {
    pub id: i64,
    pub name: String,
    pub facts: Record,
    pub look_alike: bool,
    pub version: i64,
}

impl Side {
    fn of(person: store::Person) -> Self {
        Self {
            id: person.id,
            name: person.name,
            facts: person.facts,
            look_alike: person.look_alike,
            version: person.version,
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
}

/// The person here, and who there might be them, worked out anew from what both systems say now.
pub fn candidates(
    conn: &mut Conn,
    scope: &Scope<PairRecords>,
    connection: ConnectionId,
    (system, kind): (System, Kind),
    local: i64,
) -> Result<(Side, Vec<Candidate>), Refusal> {
    store::belongs(conn, scope.organisation(), connection)?;
    let ours = store::local(conn, scope, kind, local)?;
    let theirs = store::free_records(conn, connection, kind)?;
    let refused: std::collections::HashSet<i64> = refusals::table
        .filter(refusals::connection_id.eq(connection))
        .filter(refusals::kind.eq(kind_word(kind)))
        .filter(refusals::local_id.eq(local))
        .filter(refusals::withdrawn_at.is_null())
        .select(refusals::external_record_id)
        .load::<i64>(conn)?
        .into_iter()
        .collect();
    let theirs: Vec<store::Person> = theirs.into_iter().filter(|one| !refused.contains(&one.id)).collect();
    let facts: Vec<Record> = theirs.iter().map(|one| one.facts.clone()).collect();
    let context = matching::Context::default();
    let suggested = matching::suggest_for(system, kind, &ours.facts, &facts, context);
    let found = suggested
        .into_iter()
        .filter_map(|one| {
            Some(Candidate {
                side: Side::of(theirs.get(one.theirs)?.clone()),
                reasons: one.reasons.iter().map(Evidence::of).collect(),
                score: one.score,
                several: one.several_possible,
            })
        })
        .collect();
    Ok((Side::of(ours), found))
}

/// A person and one chosen record beside each other: for *Choose somebody else*, and after a choice.
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
    let (reasons, score) = matching::compare(system, kind, &ours.facts, &theirs.facts);
    let candidate = Candidate {
        side: Side::of(theirs),
        reasons: reasons.iter().map(Evidence::of).collect(),
        score,
        several: false,
    };
    Ok((Side::of(ours), candidate))
}

/// Somebody said that these are not the same person.
#[derive(Debug, Clone)]
pub struct Refused {
    pub record: ExternalRecordId,
    pub name: String,
    pub because: String,
    pub by: String,
    pub at: NaiveDateTime,
}

pub fn refusals_of(
    conn: &mut Conn,
    scope: &Scope<PairRecords>,
    connection: ConnectionId,
    kind: Kind,
    local: i64,
) -> Result<Vec<Refused>, Refusal> {
    store::local(conn, scope, kind, local)?;
    let rows: Vec<(ExternalRecordId, String, String, String, NaiveDateTime)> = refusals::table
        .inner_join(external_records::table)
        .filter(refusals::connection_id.eq(connection))
        .filter(refusals::kind.eq(kind_word(kind)))
        .filter(refusals::local_id.eq(local))
        .filter(refusals::withdrawn_at.is_null())
        .order(refusals::id.desc())
        .select((
            external_records::id,
            external_records::data,
            refusals::because,
            refusals::made_by_name,
            refusals::made_at,
        ))
        .load(conn)?;
    Ok(rows
        .into_iter()
        .map(|(record, data, because, by, at)| Refused { record, name: name_in(&data), because, by, at })
        .collect())
}

/// A person's live pairing, for their page.
#[derive(Debug, Clone)]
pub struct Paired {
    pub vendor: String,
    pub record_name: String,
    pub external_id: String,
    pub origin: String,
    pub rule: String,
    pub by: String,
    pub at: NaiveDateTime,
    /// When the vendor last confirmed the record.
    pub synced_at: Option<NaiveDateTime>,
    pub proof: Proof,
}

/// Every live pairing of a resident: *Care Records Synced*.
pub fn paired_with(
    conn: &mut Conn,
    scope: &Scope<ViewResidents>,
    local: i64,
) -> Result<Vec<Paired>, Refusal> {
    store::local(conn, scope, Kind::People, local)?;
    type Found =
        (String, String, String, String, String, String, String, NaiveDateTime, Option<NaiveDateTime>);
    let rows: Vec<Found> = pairings::table
        .inner_join(external_records::table)
        .inner_join(connections::table.on(connections::id.eq(pairings::connection_id)))
        .filter(connections::organisation_id.eq(scope.organisation()))
        .filter(pairings::kind.eq(kind_word(Kind::People)))
        .filter(pairings::local_id.eq(local))
        .filter(pairings::ended_at.is_null())
        .select((
            connections::vendor,
            external_records::data,
            external_records::external_id,
            pairings::origin,
            pairings::rule,
            pairings::paired_by_name,
            pairings::evidence,
            pairings::paired_at,
            connections::last_good_at,
        ))
        .load(conn)?;
    Ok(rows
        .into_iter()
        .map(|(vendor, data, external_id, origin, rule, by, proof, at, synced_at)| Paired {
            vendor,
            record_name: name_in(&data),
            external_id,
            origin,
            rule,
            by,
            at,
            synced_at: synced_at.filter(|synced| *synced >= at).or(Some(at)),
            proof: Proof::read(&proof),
        })
        .collect())
}

/// Suggestions so strong that many may be confirmed together: no rival, nothing that differs, and at
/// least `floor` hundredths of a bit.
pub fn strong_suggestions(
    conn: &mut Conn,
    scope: &Scope<PairRecords>,
    connection: ConnectionId,
    kind: Kind,
    floor: i64,
) -> Result<Vec<(i64, ExternalRecordId, String, Vec<Evidence>)>, Refusal> {
    store::belongs(conn, scope.organisation(), connection)?;
    let rows: Vec<(i64, ExternalRecordId, String, String)> = suggestions::table
        .inner_join(external_records::table)
        .filter(suggestions::connection_id.eq(connection))
        .filter(suggestions::kind.eq(kind_word(kind)))
        .filter(suggestions::rank.eq(1))
        .filter(suggestions::several.eq(false))
        .filter(suggestions::score.ge(floor))
        .order(suggestions::local_id)
        .limit(500)
        .select((suggestions::local_id, external_records::id, external_records::data, suggestions::evidence))
        .load(conn)?;
    let strong = rows.into_iter().filter_map(|(local, record, data, evidence)| {
        let evidence: Vec<Evidence> = serde_json::from_str(&evidence).unwrap_or_default();
        let differs =
            evidence.iter().any(|one| one.level == "differ" && one.field != "Room" && one.field != "Place");
        (!differs).then(|| (local, record, name_in(&data), evidence))
    });
    Ok(strong.collect())
}

/// How reviewers' own decisions judge the rules and the suggestions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Quality {
    /// Rule, pairings it made, and how many of those a person ended.
    pub rules: Vec<(String, i64, i64)>,
    /// Suggestions that a person said yes to, and no to.
    pub yes: i64,
    pub no: i64,
}

pub fn quality(conn: &mut Conn, scope: &Scope<ViewIntegrations>) -> QueryResult<Quality> {
    let rows: Vec<(String, String, Option<NaiveDateTime>)> = pairings::table
        .inner_join(connections::table.on(connections::id.eq(pairings::connection_id)))
        .filter(connections::organisation_id.eq(scope.organisation()))
        .filter(pairings::ended_because.ne("sync undone"))
        .select((pairings::origin, pairings::rule, pairings::ended_at))
        .load(conn)?;
    let mut found = Quality::default();
    for (origin, rule, ended) in rows {
        if origin == "User" {
            found.yes += 1;
            continue;
        }
        let at = match found.rules.iter().position(|one| one.0 == rule) {
            Some(at) => at,
            None => {
                found.rules.push((rule, 0, 0));
                found.rules.len() - 1
            }
        };
        if let Some(line) = found.rules.get_mut(at) {
            line.1 += 1;
            line.2 += i64::from(ended.is_some());
        }
    }
    found.no = refusals::table
        .inner_join(connections::table)
        .filter(connections::organisation_id.eq(scope.organisation()))
        .filter(refusals::because.eq("not the same person"))
        .filter(refusals::withdrawn_at.is_null())
        .count()
        .get_result(conn)?;
    Ok(found)
}
