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
    /// What the representative allows; a connection that is on and not allowed rests.
    pub available: bool,
    /// `off`, `waiting`, `on` or `relink`.
    pub state: String,
    /// `pair` or `create`.
    pub sync_mode: String,
    pub last_good_at: Option<NaiveDateTime>,
    /// Why the last try failed, in words; empty when it did not.
    pub last_failure: String,
    /// Failed tries in a row.
    pub failures: i32,
    /// A guard holds one of its syncs.
    pub held: bool,
}

impl Feed {
    /// The name that people read.
    pub fn vendor_name(&self) -> &str {
        vendor_name(&self.vendor)
    }

    /// Whether residents are meant to come from there.
    pub fn is_on(&self) -> bool {
        matches!(self.state.as_str(), "on" | "relink")
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

/// How far an organisation has come with a care record system, for the steps on its home page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setup {
    pub vendor: Vendor,
    /// A token of ours was made, or a key of theirs entered.
    pub token_made: bool,
    /// The vendor has listed a service that carries our token, or has taken the key.
    pub pasted: bool,
    pub synced: bool,
    /// Active residents who are not paired.
    pub unpaired: i64,
}

impl Setup {
    pub fn is_done(&self) -> bool {
        self.token_made && self.pasted && self.synced && self.unpaired == 0
    }
}

/// The steps with the system that was begun with, else with the first that is available; `None` without one.
pub fn setup<R: Right>(conn: &mut Conn, scope: &Scope<R>, feeds: &[Feed]) -> QueryResult<Option<Setup>> {
    let mut available: Vec<(Vendor, &Feed)> = feeds
        .iter()
        .filter(|feed| feed.available)
        .filter_map(|feed| feed.vendor.parse().ok().map(|vendor| (vendor, feed)))
        .collect();
    available.sort_by_key(|(vendor, feed)| (feed.state == "off", *vendor));
    let Some(&(vendor, feed)) = available.first() else { return Ok(None) };
    Ok(Some(Setup {
        vendor,
        token_made: store::has_token(conn, feed.id)?,
        pasted: feed.is_on() || store::has_service(conn, feed.id)?,
        synced: feed.last_good_at.is_some(),
        unpaired: store::unpaired(conn, scope.organisation(), feed.id)?,
    }))
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
    if feed.state == "relink" {
        Some((0, Why::Relink))
    } else if feed.held {
        Some((1, Why::Held))
    } else if feed.failures > 0 {
        Some((2, Why::Failed))
    } else if !feed.available {
        Some((3, Why::Paused))
    } else if old {
        Some((4, Why::Old))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hour: i64) -> NaiveDateTime {
        chrono::DateTime::UNIX_EPOCH.naive_utc() + TimeDelta::hours(hour)
    }

    fn synced(hour: i64) -> Feed {
        Feed {
            id: ConnectionId(1),
            vendor: "nourish".into(),
            available: true,
            state: "on".into(),
            sync_mode: "pair".into(),
            last_good_at: Some(at(hour)),
            last_failure: String::new(),
            failures: 0,
            held: false,
        }
    }

    #[test]
    fn staleness_is_said_when_old_failed_held_or_paused_and_not_when_off() {
        let why = |feed: Feed| stale(&[feed], at(100)).map(|stale| stale.why);
        assert_eq!(why(synced(74)), None, "26 hours to the second");
        assert_eq!(why(synced(73)), Some(Why::Old));
        assert_eq!(why(Feed { failures: 1, ..synced(99) }), Some(Why::Failed));
        assert_eq!(why(Feed { held: true, ..synced(99) }), Some(Why::Held));
        assert_eq!(why(Feed { available: false, ..synced(99) }), Some(Why::Paused));
        assert_eq!(why(Feed { state: "relink".into(), ..synced(99) }), Some(Why::Relink));
        assert_eq!(why(Feed { state: "off".into(), failures: 3, ..synced(1) }), None);
        assert_eq!(why(Feed { last_good_at: None, ..synced(0) }), None, "not synced yet is no staleness");
    }

    #[test]
    fn the_most_serious_reason_is_said() {
        let both = [synced(1), Feed { vendor: "kareinn".into(), held: true, ..synced(99) }];
        assert_eq!(
            stale(&both, at(100)).unwrap().words(),
            "The last KareInn sync is held until a super manager looks at it."
        );
    }
}
