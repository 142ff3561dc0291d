//! What became of a letter, in words for whoever caused it to be written.

use std::collections::HashMap;

use chrono::NaiveDateTime;
use diesel::QueryResult;

use super::{LetterState, store};
use crate::db::Conn;
use crate::kit::ids::LetterId;

pub(super) const OVERTAKEN: &str = "A newer letter was written in its place.";
pub(super) const WITHDRAWN: &str = "It was taken back before it was sent.";
pub(super) const UNREADABLE: &str = "Its words cannot be read with the sealing key that the portal has.";
pub(super) const RAN_OUT: &str = "Its link ran out before it could be sent.";

/// Where a letter is, and why it got no further. Reasons are sentences without an address; empty while there is
/// nothing to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Not sent yet.
    Waiting { since: NaiveDateTime, reason: String },
    /// The mail server has taken it over. Whether it was read nobody can know.
    Sent { at: NaiveDateTime },
    /// The address does not take letters: somebody has to look at it.
    Refused { at: NaiveDateTime, reason: String },
    /// Not sent, and not tried again.
    GivenUp { at: NaiveDateTime, reason: String },
}

impl Fate {
    pub(super) fn of(
        state: LetterState,
        created_at: NaiveDateTime,
        settled_at: Option<NaiveDateTime>,
        reason: String,
    ) -> Self {
        let at = settled_at.unwrap_or(created_at);
        match state {
            LetterState::Waiting | LetterState::Sending => Self::Waiting { since: created_at, reason },
            LetterState::Delivered => Self::Sent { at },
            LetterState::Refused => Self::Refused { at, reason },
            LetterState::Failed | LetterState::Withdrawn => Self::GivenUp { at, reason },
        }
    }
}

/// What became of each of these letters. One that is not there has no entry.
pub fn fates(conn: &mut Conn, letters: &[LetterId]) -> QueryResult<HashMap<LetterId, Fate>> {
    let rows = store::states(conn, letters)?;
    let fate =
        |row: store::Standing| (row.id, Fate::of(row.state, row.created_at, row.settled_at, row.last_error));
    Ok(rows.into_iter().map(fate).collect())
}
