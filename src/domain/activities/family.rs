//! What a relative reads of activities: what was done, whether their person took part, how it went, and who says so.
//! Nothing of the care record, of anybody else, or of what was withdrawn.

use std::collections::{BTreeSet, HashMap};

use chrono::NaiveDateTime;
use diesel::QueryResult;

use super::store;
use crate::db::Conn;
use crate::domain::access::{FamilyScope, Topic};
use crate::kit::ids::{ParticipationId, ResidentId};

/// One activity of a relative's person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FamilyMoment {
    pub id: ParticipationId,
    /// UTC.
    pub at: NaiveDateTime,
    pub name: String,
    pub details: String,
    pub location: String,
    /// `false`: they chose not to.
    pub took_part: bool,
    /// 1 to 5.
    pub rating: Option<i32>,
    pub comment: String,
    pub completed_by: String,
}

/// Where a page of moments ends, for the next one.
pub type Before = (NaiveDateTime, ParticipationId);

/// The newest moments, `limit` of them, older than `before` where that is given. Nothing under a scope of another
/// topic: the consent that it proves is not about activities.
pub fn for_family(
    conn: &mut Conn,
    scope: &FamilyScope,
    before: Option<Before>,
    limit: i64,
) -> QueryResult<Vec<FamilyMoment>> {
    if scope.topic() != Topic::Activities {
        return Ok(Vec::new());
    }
    let rows = store::recorded(conn, scope.organisation(), scope.resident(), before, limit)?;
    let moment = |done: store::Done| FamilyMoment {
        id: done.participation.id,
        at: done.activity.starts_at,
        name: done.activity.name,
        details: done.activity.details,
        location: done.activity.location,
        took_part: done.participation.took_part,
        rating: done.participation.rating,
        // Why somebody declined is between them and the carer.
        comment: done.participation.comment,
        completed_by: done.participation.completed_by,
    };
    Ok(rows.into_iter().map(moment).collect())
}

/// When something was recorded, for each of the residents whose activities these proofs are about, after `since`.
pub fn recorded_since(
    conn: &mut Conn,
    scopes: &[&FamilyScope],
    since: NaiveDateTime,
) -> QueryResult<HashMap<ResidentId, Vec<NaiveDateTime>>> {
    let seen = scopes.iter().filter(|scope| scope.topic() == Topic::Activities);
    let residents: BTreeSet<ResidentId> = seen.map(|scope| scope.resident()).collect();
    let residents: Vec<ResidentId> = residents.into_iter().collect();
    let mut found: HashMap<ResidentId, Vec<NaiveDateTime>> = HashMap::new();
    for (resident, at) in store::recorded_since(conn, &residents, since)? {
        found.entry(resident).or_default().push(at);
    }
    Ok(found)
}
