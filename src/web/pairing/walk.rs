//! Going through the suggestions one by one: after each answer the next person comes, as the list's filters have it.

use super::{At, forms};
use crate::db::Conn;
use crate::domain::Refusal;
use crate::domain::access::{PairRecords, Scope};
use crate::domain::pairing::{self, Spot};
use crate::kit::ids::ConnectionId;
use crate::web::visit::Visit;

/// A walk, and where somebody stands on it.
pub struct Walk {
    asked: forms::Asked,
    spot: Spot,
}

/// What comes after somebody.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ahead {
    pub next: Option<i64>,
    /// How many there are from the next on.
    pub left: i64,
}

impl Walk {
    /// The spot of a person, looked up before a decision takes them off the list; `None` where nobody walks.
    pub fn at(
        conn: &mut Conn,
        scope: &Scope<PairRecords>,
        at: At,
        local: i64,
        asked: &forms::Asked,
    ) -> Result<Option<Self>, Refusal> {
        if !asked.is_walk() {
            return Ok(None);
        }
        let spot = pairing::spot(conn, scope, at.kind, local)?;
        Ok(Some(Self { asked: asked.clone(), spot }))
    }

    pub fn ahead(
        &self,
        conn: &mut Conn,
        scope: &Scope<PairRecords>,
        at: At,
        connection: ConnectionId,
        today: chrono::NaiveDate,
    ) -> Result<Ahead, Refusal> {
        let (kinds, filter) = ((connection, at.kind), self.asked.filter(1));
        let (next, left) = pairing::next(conn, scope, kinds, &filter, today, &self.spot)?;
        Ok(Ahead { next, left })
    }
}

/// Where to go on after a decision, and what to say of it.
pub fn onward(
    visit: &Visit,
    at: At,
    local: i64,
    asked: &forms::Asked,
    ahead: Option<Ahead>,
) -> (String, &'static str) {
    match ahead {
        None => (at.after(visit, local), ""),
        Some(Ahead { next: Some(next), .. }) => (asked.walk_to(at.suggested(next)), ""),
        Some(Ahead { next: None, .. }) => {
            (at.after(visit, local), " That was the last suggestion of this list.")
        }
    }
}
