//! All stored notes against the rules of today: what would be mapped otherwise than it is. Reads only.

use std::collections::HashMap;

use diesel::QueryResult;

use super::matching::Verdict;
use super::settle::{self, Given};
use super::store::{self, Row};
use super::{Replay, Simulated, State};
use crate::connectors::Vendor;
use crate::db::Conn;
use crate::domain::access::{Right, Scope};
use crate::domain::{appointments, connections};
use crate::kit::ids::AppointmentId;

/// How many of each are listed to look at.
const SHOWN: usize = 50;

/// What a pull of everything would do now. What a person decided stays and is not looked at.
pub fn replay<R: Right>(conn: &mut Conn, scope: &Scope<R>) -> QueryResult<Replay> {
    let Some(connection) = connections::find(conn, scope, Vendor::Ensora)? else {
        return Ok(Replay::default());
    };
    let mut rows = store::in_states(conn, connection.id, &[State::Waiting, State::Mapped])?;
    let records: Vec<_> = rows.iter().map(|row| row.external_record_id).collect();
    let lives = store::live_of_notes(conn, &records)?;
    let by_hand = rows.len();
    rows.retain(|row| lives.get(&row.external_record_id).is_none_or(|live| live.origin != settle::BY_HAND));
    let now: HashMap<_, AppointmentId> =
        lives.iter().map(|(record, live)| (*record, live.local_id)).collect();
    let rules = appointments::rules(conn, scope.organisation())?;
    let mut replay = Replay { by_hand: by_hand - rows.len(), looked: rows.len(), ..Replay::default() };
    let prepared = settle::prepare(conn, scope.organisation(), connection.id, rows, Given::ByHand)?;
    let verdicts = settle::judge(&prepared, rules.grace_minutes);
    for (row, verdict) in prepared.rows.iter().zip(&verdicts) {
        let then = match verdict {
            Some(Verdict::Match(id)) => Some(*id),
            _ => None,
        };
        replay.compare(row, now.get(&row.external_record_id).copied(), then);
    }
    Ok(replay)
}

impl Replay {
    fn compare(&mut self, row: &Row, now: Option<AppointmentId>, then: Option<AppointmentId>) {
        let (count, list, appointment) = match (now, then) {
            (None, Some(id)) => (&mut self.more_count, &mut self.more, id),
            (Some(id), None) => (&mut self.lost_count, &mut self.lost, id),
            (Some(before), Some(id)) if before != id => (&mut self.moved_count, &mut self.moved, id),
            _ => {
                self.same += 1;
                return;
            }
        };
        *count += 1;
        if list.len() < SHOWN {
            list.push(Simulated {
                note: row.id,
                student_name: row.student_name.clone(),
                date: row.local_date,
                start: row.start_time.clone(),
                end: row.end_time.clone(),
                appointment,
            });
        }
    }
}
