//! Whether what the screens show is fresh: a list that quietly stopped being updated is the hazard here.

use chrono::{NaiveDateTime, TimeDelta};
use diesel::QueryResult;

use super::store;
use crate::connectors::Vendor;
use crate::db::Conn;
use crate::domain::access::{Right, Scope};
use crate::kit::ids::ConnectionId;

/// How old the last good sync may be: a night and two hours.
pub const STALE_AFTER: TimeDelta = TimeDelta::hours(26);

/// A connection's state as far as it says how fresh residents are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feed {
    pub id: ConnectionId,
    /// The vendor's word, such as `nourish`.
    pub vendor: String,
    pub available: bool,
    /// The word of the connection's state.
    pub state: String,
    /// `pair` or `create`.
    pub sync_mode: String,
    pub last_good_at: Option<NaiveDateTime>,
    pub last_tried_at: Option<NaiveDateTime>,
    /// Why the last try failed, in words; empty when it did not.
    pub last_failure: String,
}

impl Feed {
    /// The name that people read.
    pub fn vendor_name(&self) -> &str {
        vendor_name(&self.vendor)
    }

    /// Whether residents are meant to come from there now.
    pub fn is_on(&self) -> bool {
        matches!(self.state.as_str(), "on" | "degraded" | "held" | "relink needed" | "paused")
    }

    fn failed(&self) -> bool {
        !self.last_failure.is_empty() && self.last_tried_at > self.last_good_at
    }
}

/// The name that people read for a vendor's word.
pub(in crate::domain) fn vendor_name(word: &str) -> &str {
    word.parse().map_or(word, |vendor: Vendor| vendor.name())
}

/// Why residents may be out of date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stale {
    pub vendor: String,
    pub vendor_name: String,
    pub why: Why,
    pub last_good_at: Option<NaiveDateTime>,
}

/// What is the matter, the most serious first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// The vendor refuses our token: a person must act.
    Relink,
    Held,
    Failed,
    Paused,
    /// Nothing went wrong that we know of, yet the last good sync is over [`STALE_AFTER`] old.
    Old,
}

impl Stale {
    /// A sentence that names the vendor, without the time.
    pub fn words(&self) -> String {
        let name = &self.vendor_name;
        match self.why {
            Why::Relink => format!("{name} refused our token, so residents are not being updated."),
            Why::Held => format!("The last {name} sync is held until a super manager looks at it."),
            Why::Failed => format!("The last {name} sync did not finish."),
            Why::Paused => format!("{name} syncs are paused."),
            Why::Old => format!("{name} has not synced for more than a day."),
        }
    }
}

/// The connections of an organisation.
pub fn feeds<R: Right>(conn: &mut Conn, scope: &Scope<R>) -> QueryResult<Vec<Feed>> {
    store::feeds(conn, Some(scope.organisation()))
        .map(|found| found.into_iter().map(|(_, feed)| feed).collect())
}

/// The most serious reason why the residents of an organisation may be out of date, or `None`. Pure.
pub fn stale(feeds: &[Feed], now: NaiveDateTime) -> Option<Stale> {
    let mut reasons: Vec<(u8, Stale)> = feeds
        .iter()
        .filter(|feed| feed.is_on())
        .filter_map(|feed| {
            let (rank, why) = why(feed, now)?;
            let vendor_name = feed.vendor_name().to_owned();
            let stale =
                Stale { vendor: feed.vendor.clone(), vendor_name, why, last_good_at: feed.last_good_at };
            Some((rank, stale))
        })
        .collect();
    reasons.sort_by_key(|(rank, _)| *rank);
    reasons.into_iter().next().map(|(_, stale)| stale)
}

fn why(feed: &Feed, now: NaiveDateTime) -> Option<(u8, Why)> {
    let old = feed.last_good_at.is_some_and(|at| now - at > STALE_AFTER);
    match feed.state.as_str() {
        "relink needed" => Some((0, Why::Relink)),
        "held" => Some((1, Why::Held)),
        _ if feed.failed() => Some((2, Why::Failed)),
        "paused" => Some((3, Why::Paused)),
        _ if old => Some((4, Why::Old)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hour: i64) -> NaiveDateTime {
        chrono::DateTime::UNIX_EPOCH.naive_utc() + TimeDelta::hours(hour)
    }

    fn feed(state: &str, good: i64, tried: i64, failure: &str) -> Feed {
        Feed {
            id: ConnectionId(1),
            vendor: "nourish".into(),
            available: true,
            state: state.into(),
            sync_mode: "pair".into(),
            last_good_at: Some(at(good)),
            last_tried_at: Some(at(tried)),
            last_failure: failure.into(),
        }
    }

    #[test]
    fn staleness_is_said_when_old_failed_held_or_paused_and_not_when_off() {
        let why = |feed: Feed| stale(&[feed], at(100)).map(|stale| stale.why);
        assert_eq!(why(feed("on", 74, 74, "")), None, "26 hours to the second");
        assert_eq!(why(feed("on", 73, 73, "")), Some(Why::Old));
        assert_eq!(why(feed("on", 99, 100, "no answer")), Some(Why::Failed));
        assert_eq!(why(feed("on", 100, 99, "no answer")), None, "a later success heals");
        assert_eq!(why(feed("held", 99, 99, "")), Some(Why::Held));
        assert_eq!(why(feed("paused", 99, 99, "")), Some(Why::Paused));
        assert_eq!(why(feed("relink needed", 99, 99, "")), Some(Why::Relink));
        assert_eq!(why(feed("off", 1, 1, "no answer")), None);
        let never = Feed { last_good_at: None, last_tried_at: None, ..feed("on", 0, 0, "") };
        assert_eq!(why(never), None, "not synced yet is no staleness");
    }

    #[test]
    fn the_most_serious_reason_is_said() {
        let both = [feed("on", 1, 1, ""), Feed { vendor: "kareinn".into(), ..feed("held", 99, 99, "") }];
        assert_eq!(
            stale(&both, at(100)).unwrap().words(),
            "The last KareInn sync is held until a super manager looks at it."
        );
    }
}
