//! Rows of people who are not linked, as a list's filters narrow them, and who comes after whom.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::dsl::count_star;
use diesel::prelude::*;

use super::lists::{residents_here, staff_here};
use crate::db::Conn;
use crate::domain::Refusal;
use crate::domain::access::{Places, Scope};
use crate::domain::connections;
use crate::domain::organisations::searching::patterns;
use crate::domain::pairing::kind_word;
use crate::domain::pairing::lists::{Cause, Filter, Show};
use crate::domain::pairing::matching::Kind;
use crate::domain::schema::{
    pairings, parked, places, refusals, residents, staff_members, suggestions, unpaired,
};
use crate::kit::ids::ConnectionId;

/// How the reason begins that stands for a link that somebody ended.
pub const UNDONE_BY: &str = "The link was undone by ";

/// Which list: of one connection, on one day.
#[derive(Debug, Clone, Copy)]
pub struct List {
    pub connection: ConnectionId,
    pub kind: Kind,
    pub today: NaiveDate,
}

/// Somebody who is not linked: id, names, room or job title, place or e-mail, look-alike, when added.
#[derive(Queryable)]
pub struct Row {
    pub id: i64,
    pub first_name: String,
    pub last_name: String,
    pub room: String,
    pub place: String,
    pub look_alike: bool,
    pub added_at: NaiveDateTime,
}

/// Who of the list has a suggestion.
macro_rules! suggested {
    ($list:expr) => {
        suggestions::table
            .filter(suggestions::connection_id.eq($list.connection))
            .filter(suggestions::kind.eq(kind_word($list.kind)))
            .select(suggestions::local_id)
    };
}

/// A boxed query of residents or of staff, narrowed to those who are not linked and fit the filter.
macro_rules! narrowed {
    ($query:expr, $table:ident, $list:expr, $filter:expr) => {{
        let (list, filter): (List, &Filter) = ($list, $filter);
        let word = kind_word(list.kind);
        let linked = pairings::table
            .filter(pairings::connection_id.eq(list.connection))
            .filter(pairings::kind.eq(word))
            .filter(pairings::ended_at.is_null())
            .select(pairings::local_id);
        let waiting = || {
            parked::table
                .filter(parked::connection_id.eq(list.connection))
                .filter(parked::kind.eq(word))
                .filter(parked::until.gt(list.today))
                .select(parked::local_id)
        };
        let refused = refusals::table
            .filter(refusals::connection_id.eq(list.connection))
            .filter(refusals::kind.eq(word))
            .filter(refusals::because.eq(super::SAID_NO))
            .filter(refusals::withdrawn_at.is_null())
            .select(refusals::local_id);
        let said = || {
            unpaired::table
                .filter(unpaired::connection_id.eq(list.connection))
                .filter(unpaired::kind.eq(word))
                .select(unpaired::local_id)
        };
        let mut query = $query.filter($table::id.ne_all(linked));
        if !matches!(filter.show, Show::Parked | Show::All) {
            query = query.filter($table::id.ne_all(waiting()));
        }
        query = match filter.show {
            Show::ToCheck | Show::All => query,
            Show::Suggested => query.filter($table::id.eq_any(suggested!(list))),
            Show::Alone => query.filter($table::id.ne_all(suggested!(list))),
            Show::Refused => query.filter($table::id.eq_any(refused)),
            Show::Parked => query.filter($table::id.eq_any(waiting())),
        };
        query = match &filter.cause {
            None => query,
            Some(Cause::New) => query.filter($table::id.ne_all(said())),
            Some(Cause::Undone) => {
                query.filter($table::id.eq_any(said().filter(unpaired::why.like(format!("{UNDONE_BY}%")))))
            }
            Some(Cause::Said(why)) => {
                query.filter($table::id.eq_any(said().filter(unpaired::why.eq(why.clone()))))
            }
        };
        for pattern in patterns(&filter.search) {
            query = query.filter($table::search_text.like(pattern).escape('!'));
        }
        query
    }};
}

pub fn unpaired_residents<R>(
    conn: &mut Conn,
    scope: &Scope<R>,
    list: List,
    filter: &Filter,
) -> QueryResult<Vec<Row>> {
    let mut query = residents::table
        .inner_join(places::table.on(places::id.eq(residents::home_id)))
        .filter(residents::organisation_id.eq(scope.organisation()))
        .filter(residents::state.eq("active"))
        .order((residents::id.eq_any(suggested!(list)).desc(), residents::sort_name, residents::id))
        .select((
            residents::id,
            residents::first_name,
            residents::last_name,
            residents::room,
            places::name,
            residents::look_alike,
            residents::created_at,
        ))
        .offset(filter.offset)
        .limit(filter.limit + 1)
        .into_boxed();
    query = narrowed!(query, residents, list, filter);
    if let Some(only) = connections::homes(conn, list.connection)?.only() {
        query = query.filter(residents::home_id.eq_any(only));
    }
    let reached = match scope.places() {
        Places::Only(only) => Some(only.clone()),
        Places::All => None,
    };
    for within in reached.into_iter().chain(filter.place.map(|place| vec![place])) {
        let in_zone = residents::zone_id.eq_any(within.clone()).assume_not_null();
        query = query.filter(residents::home_id.eq_any(within).or(in_zone));
    }
    query.load(conn)
}

pub fn unpaired_staff<R>(
    conn: &mut Conn,
    scope: &Scope<R>,
    list: List,
    filter: &Filter,
) -> QueryResult<Vec<Row>> {
    let mut query = staff_members::table
        .filter(staff_members::organisation_id.eq(scope.organisation()))
        .filter(staff_members::state.eq("active"))
        .order((
            staff_members::id.eq_any(suggested!(list)).desc(),
            staff_members::sort_name,
            staff_members::id,
        ))
        .select((
            staff_members::id,
            staff_members::first_name,
            staff_members::last_name,
            staff_members::job_title,
            staff_members::email,
            staff_members::look_alike,
            staff_members::created_at,
        ))
        .offset(filter.offset)
        .limit(filter.limit + 1)
        .into_boxed();
    query = narrowed!(query, staff_members, list, filter);
    if let Some(only) = connections::homes(conn, list.connection)?.only() {
        let within = staff_members::home_id.eq_any(only).assume_not_null();
        query = query.filter(staff_members::home_id.is_null().or(within));
    }
    if let Some(place) = filter.place {
        query = query.filter(staff_members::home_id.eq(place));
    }
    query.load(conn)
}

/// Where somebody stands among those of a list, which go by name.
pub fn spot(conn: &mut Conn, kind: Kind, local: i64) -> Result<(String, i64), Refusal> {
    Ok(match kind {
        Kind::People => {
            residents::table.find(local).select((residents::sort_name, residents::id)).first(conn)
        }
        Kind::Staff => {
            staff_members::table.find(local).select((staff_members::sort_name, staff_members::id)).first(conn)
        }
    }?)
}

/// The first of the list after a spot, and how many there are from there on.
pub fn next<R>(
    conn: &mut Conn,
    scope: &Scope<R>,
    list: List,
    filter: &Filter,
    (name, id): &(String, i64),
) -> QueryResult<(Option<i64>, i64)> {
    macro_rules! after {
        ($here:expr, $table:ident) => {{
            let further = $table::sort_name.gt(name.clone());
            let beside = $table::sort_name.eq(name.clone()).and($table::id.gt(*id));
            narrowed!($here.filter(further.or(beside)), $table, list, filter)
        }};
    }
    let homes = connections::homes(conn, list.connection)?;
    match list.kind {
        Kind::People => {
            let here = || {
                let mut query = residents_here(scope, &homes);
                if let Some(place) = filter.place {
                    let in_zone = residents::zone_id.eq_any(vec![place]).assume_not_null();
                    query = query.filter(residents::home_id.eq(place).or(in_zone));
                }
                after!(query, residents)
            };
            let first = here().order((residents::sort_name, residents::id)).first(conn).optional()?;
            Ok((first, here().select(count_star()).get_result(conn)?))
        }
        Kind::Staff => {
            let here = || {
                let mut query = staff_here(scope.organisation(), &homes);
                if let Some(place) = filter.place {
                    query = query.filter(staff_members::home_id.eq(place));
                }
                after!(query, staff_members)
            };
            let first = here().order((staff_members::sort_name, staff_members::id)).first(conn).optional()?;
            Ok((first, here().select(count_star()).get_result(conn)?))
        }
    }
}

/// The reasons that stand on a list, each once.
pub fn causes<R>(conn: &mut Conn, scope: &Scope<R>, list: List, most: i64) -> QueryResult<Vec<String>> {
    macro_rules! said_of {
        ($here:ident) => {
            unpaired::table
                .inner_join($here::table.on($here::id.eq(unpaired::local_id)))
                .filter(unpaired::connection_id.eq(list.connection))
                .filter(unpaired::kind.eq(kind_word(list.kind)))
                .filter($here::organisation_id.eq(scope.organisation()))
                .filter($here::state.eq("active"))
                .select(unpaired::why)
                .distinct()
                .into_boxed()
        };
    }
    let only = connections::homes(conn, list.connection)?.only();
    match list.kind {
        Kind::People => {
            let mut said = said_of!(residents);
            if let Some(only) = only {
                said = said.filter(residents::home_id.eq_any(only));
            }
            if let Places::Only(only) = scope.places() {
                let in_zone = residents::zone_id.eq_any(only.clone()).assume_not_null();
                said = said.filter(residents::home_id.eq_any(only.clone()).or(in_zone));
            }
            said.order(unpaired::why).limit(most).load(conn)
        }
        Kind::Staff => {
            let mut said = said_of!(staff_members);
            if let Some(only) = only {
                let within = staff_members::home_id.eq_any(only).assume_not_null();
                said = said.filter(staff_members::home_id.is_null().or(within));
            }
            said.order(unpaired::why).limit(most).load(conn)
        }
    }
}
