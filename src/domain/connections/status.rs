//! What a screen says of a connection, derived from what is stored: one state, one sentence, since when, who
//! was told, and what comes next. Pure: rows and the time come in.

use chrono::{NaiveDateTime, TimeDelta};

use super::{Availability, Connection, State, is_available};
use crate::connectors::{Switching, Vendor};

/// The states that a manager sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    NotAvailable,
    /// It may be switched on, and never was.
    Available,
    Waiting,
    /// The vendor knows our token; no sync has finished yet.
    Testing,
    On,
    /// Syncs fail, or the last good one is too long ago.
    Degraded,
    Relink,
    /// A guard holds a sync.
    Held,
    Off,
}

impl Status {
    /// The words of the tag.
    pub fn words(self) -> &'static str {
        match self {
            Self::NotAvailable => "Not available",
            Self::Available => "Available",
            Self::Waiting => "Waiting for the other side",
            Self::Testing => "Testing",
            Self::On => "On",
            Self::Degraded => "Degraded",
            Self::Relink => "Relink needed",
            Self::Held => "Held",
            Self::Off => "Off",
        }
    }

    /// Whether *Start Sync* and *Sync Now* make sense.
    pub fn can_sync(self) -> bool {
        matches!(self, Self::Testing | Self::On | Self::Degraded | Self::Held)
    }

    /// The same for *Sync Now* of a connection whose records are mapped: one that needs a new link may be tried.
    pub fn can_pull(self) -> bool {
        self.can_sync() || self == Self::Relink
    }
}

/// A connection on a screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    pub vendor: Vendor,
    pub status: Status,
    /// One sentence: what is, and what to do.
    pub words: String,
    /// What to do about a failure, in a sentence, or empty.
    pub repair: String,
    /// In this state since, as far as is known, UTC.
    pub since: Option<NaiveDateTime>,
    /// Names of who was told by letter, or empty, and when.
    pub told: String,
    pub told_at: Option<NaiveDateTime>,
    /// When the portal tries by itself.
    pub next_attempt: Option<NaiveDateTime>,
    pub last_good_at: Option<NaiveDateTime>,
    /// Who asked the representative for it, and when, until it was granted.
    pub asked: Option<(String, NaiveDateTime)>,
    /// It failed again and again and is left alone until the next try.
    pub resting: Option<Resting>,
}

/// A vendor that keeps refusing is not asked at every turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resting {
    /// Failures in a row.
    pub failures: i32,
    pub since: NaiveDateTime,
    pub until: NaiveDateTime,
}

/// From so many failures in a row the screen says that the connection rests.
const RESTS_FROM: i32 = 3;

/// A good sync older than this is no longer good news: the nightly one was missed.
pub(super) const STALE_AFTER: TimeDelta = TimeDelta::hours(26);

pub fn card(
    vendor: Vendor,
    connection: Option<&Connection>,
    by_default: Availability,
    held_since: Option<NaiveDateTime>,
    token_made_at: Option<NaiveDateTime>,
    now: NaiveDateTime,
) -> Card {
    let status = status(connection, by_default, held_since, now);
    let since = connection.and_then(|connection| match status {
        Status::Waiting | Status::Testing => token_made_at,
        Status::On => connection.terms_accepted_at,
        Status::Degraded => connection.last_good_at,
        Status::Relink => connection.alerted_at.or(connection.last_tried_at),
        Status::Held => held_since,
        Status::NotAvailable | Status::Available | Status::Off => None,
    });
    let troubled = matches!(status, Status::Degraded | Status::Relink | Status::Waiting);
    let repair = connection.filter(|_| troubled).map(|connection| connection.last_repair.clone());
    // Who was told of what is over is no news.
    let told = connection.filter(|_| troubled || status == Status::Held);
    Card {
        vendor,
        status,
        words: sentence(vendor, status, connection),
        repair: repair.unwrap_or_default(),
        since,
        told: told.map(|connection| connection.alerted_whom.clone()).unwrap_or_default(),
        told_at: told.and_then(|connection| connection.alerted_at),
        next_attempt: connection
            .filter(|_| status.can_sync())
            .and_then(|connection| connection.retry_at.or(connection.next_run_at)),
        last_good_at: connection.and_then(|connection| connection.last_good_at),
        asked: connection.and_then(|connection| Some((connection.asked_by.clone(), connection.asked_at?))),
        resting: connection.filter(|_| status.can_sync()).and_then(|connection| resting(connection, now)),
    }
}

fn resting(connection: &Connection, now: NaiveDateTime) -> Option<Resting> {
    let until = connection.retry_at.filter(|at| *at > now && connection.failures >= RESTS_FROM)?;
    let since = connection.failing_since.or(connection.last_tried_at)?;
    Some(Resting { failures: connection.failures, since, until })
}

fn status(
    connection: Option<&Connection>,
    by_default: Availability,
    held_since: Option<NaiveDateTime>,
    now: NaiveDateTime,
) -> Status {
    if !is_available(connection, by_default) {
        return Status::NotAvailable;
    }
    let Some(connection) = connection else { return Status::Available };
    match connection.state {
        State::Off if connection.asked_at.is_some() => Status::Waiting,
        State::Off if connection.terms_accepted_at.is_none() => Status::Available,
        State::Off => Status::Off,
        State::Waiting => Status::Waiting,
        State::Relink => Status::Relink,
        State::On if held_since.is_some() => Status::Held,
        State::On if connection.failures > 0 => Status::Degraded,
        // What is only asked when there is something to ask is not late.
        State::On if !connection.vendor.keeps_records() => Status::On,
        State::On => match connection.last_good_at {
            None => Status::Testing,
            Some(good) if now - good > STALE_AFTER => Status::Degraded,
            Some(_) => Status::On,
        },
    }
}

fn sentence(vendor: Vendor, status: Status, connection: Option<&Connection>) -> String {
    let failure = connection.map(|connection| connection.last_failure.as_str()).unwrap_or_default();
    let asked = connection.is_some_and(|connection| connection.asked_at.is_some());
    if let Some(words) = mapped(vendor, status).filter(|_| vendor.about().mapped) {
        return words;
    }
    match status {
        Status::NotAvailable if asked => {
            format!("{vendor} is not available to your organisation yet. Your representative has been asked.")
        }
        Status::NotAvailable => {
            format!(
                "{vendor} is not available to your organisation yet. Ask your representative to enable it."
            )
        }
        Status::Available => available(vendor),
        Status::Off => format!("The sync with {vendor} is off. Residents stay as they are."),
        Status::Waiting if asked => {
            format!("Your representative has been asked, and arranges it with {vendor}.")
        }
        Status::Waiting if !failure.is_empty() => {
            format!("Waiting for {vendor}. {failure}")
        }
        Status::Waiting if vendor.key_form().is_some() => {
            format!("The key is kept. This changes once {vendor} has answered to it.")
        }
        Status::Waiting => {
            format!("Waiting for {vendor}. This changes once the token has been pasted there.")
        }
        Status::Testing if vendor.key_form().is_some() => {
            format!("{vendor} takes the key. Run the first sync to bring the residents.")
        }
        Status::Testing => format!("{vendor} knows our token. Run the first sync to bring the residents."),
        Status::On => format!("{vendor} is working."),
        Status::Degraded | Status::Relink if !failure.is_empty() => failure.to_owned(),
        Status::Degraded => format!("No sync with {vendor} has finished for more than a day."),
        Status::Relink if vendor.key_form().is_some() => {
            format!("No key is left for {vendor}. Enter one to go on; every pairing is kept.")
        }
        Status::Relink => {
            format!(
                "No token is left for {vendor}. Make a new one in Org Settings and paste it into {vendor}."
            )
        }
        Status::Held => {
            format!("A sync with {vendor} is held: a super manager has to look at it and decide.")
        }
    }
}

/// What is said of a vendor whose records are mapped, where it is something else than of the others.
fn mapped(vendor: Vendor, status: Status) -> Option<String> {
    match status {
        Status::Off => Some(format!("{vendor} is switched off. Every mapping is kept.")),
        Status::Testing => Some(format!("{vendor} takes the credentials. The first pull brings its sites.")),
        _ => None,
    }
}

fn available(vendor: Vendor) -> String {
    match &vendor.about().switching {
        Switching::TokenWeIssue => format!("{vendor} can be switched on in Org Settings, under Website."),
        Switching::KeyEntered(form) => format!("{vendor} can be switched on with the {}.", form.label),
        Switching::Arranged(_) => format!("Your representative arranges it with {vendor}, once you ask."),
        Switching::CredentialsOnce => {
            format!("{vendor} is switched on with Synchronization, on the Settings tab of Org Settings.")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::connections::SyncMode;
    use crate::kit::ids::{ConnectionId, OrganisationId};

    fn at(text: &str) -> NaiveDateTime {
        text.parse().unwrap()
    }

    fn connection(state: State) -> Connection {
        Connection {
            id: ConnectionId(1),
            organisation: OrganisationId(1),
            vendor: Vendor::Nourish,
            available: true,
            state,
            sync_mode: SyncMode::Pair,
            multi_service: false,
            multi_service_asked_at: None,
            terms_version: "November 2026".into(),
            terms_accepted_at: Some(at("2026-11-01T09:00:00")),
            terms_accepted_by: "Mary Jones".into(),
            last_good_at: None,
            last_tried_at: None,
            last_failure: String::new(),
            last_repair: String::new(),
            failures: 0,
            alerted_at: None,
            alerted_whom: String::new(),
            next_run_at: Some(at("2026-11-23T01:00:00")),
            retry_at: None,
            services_read_at: None,
            created_at: at("2026-11-01T09:00:00"),
            asked_at: None,
            asked_by: String::new(),
            charge_accepted_at: None,
            charge_accepted_by: String::new(),
            failing_since: None,
            unheard: 0,
        }
    }

    fn shown(connection: &Connection) -> Status {
        let now = at("2026-11-22T09:00:00");
        card(Vendor::Nourish, Some(connection), Availability::OnceEnabled, None, None, now).status
    }

    #[test]
    fn every_state_of_the_plan_is_derived() {
        let now = at("2026-11-22T09:00:00");
        let bare = |by_default| card(Vendor::Nourish, None, by_default, None, None, now).status;
        assert_eq!(bare(Availability::OnceEnabled), Status::NotAvailable);
        assert_eq!(bare(Availability::AtOnce), Status::Available);
        assert_eq!(shown(&connection(State::Off)), Status::Off);
        let never = Connection { terms_accepted_at: None, ..connection(State::Off) };
        assert_eq!(shown(&never), Status::Available);
        assert_eq!(shown(&connection(State::Waiting)), Status::Waiting);
        assert_eq!(shown(&connection(State::On)), Status::Testing);
        let good = Connection { last_good_at: Some(at("2026-11-22T01:02:00")), ..connection(State::On) };
        assert_eq!(shown(&good), Status::On);
        let stale = Connection { last_good_at: Some(at("2026-11-21T01:02:00")), ..connection(State::On) };
        assert_eq!(shown(&stale), Status::Degraded);
        assert_eq!(shown(&Connection { failures: 1, ..good.clone() }), Status::Degraded);
        assert_eq!(shown(&connection(State::Relink)), Status::Relink);
        assert_eq!(shown(&Connection { available: false, ..good.clone() }), Status::NotAvailable);
        let held = card(
            Vendor::Nourish,
            Some(&good),
            Availability::AtOnce,
            Some(at("2026-11-22T01:02:00")),
            None,
            now,
        );
        assert_eq!((held.status, held.since), (Status::Held, Some(at("2026-11-22T01:02:00"))));
    }

    #[test]
    fn a_failure_is_told_in_its_own_words_with_the_next_attempt() {
        let now = at("2026-11-22T09:00:00");
        let failing = Connection {
            failures: 2,
            last_failure: "Nourish did not answer.".into(),
            last_repair: "Nothing to do.".into(),
            alerted_whom: "Mary Jones".into(),
            retry_at: Some(at("2026-11-22T10:00:00")),
            ..connection(State::On)
        };
        let card = card(Vendor::Nourish, Some(&failing), Availability::AtOnce, None, None, now);
        assert_eq!(card.words, "Nourish did not answer.");
        assert_eq!(card.repair, "Nothing to do.");
        assert_eq!(card.next_attempt, Some(at("2026-11-22T10:00:00")));
        assert_eq!(card.told, "Mary Jones");
    }

    #[test]
    fn one_that_keeps_failing_rests_and_says_since_when_and_until_when() {
        let now = at("2026-11-22T09:00:00");
        let failing = Connection {
            failures: 4,
            failing_since: Some(at("2026-11-22T01:02:00")),
            retry_at: Some(at("2026-11-22T09:40:00")),
            ..connection(State::On)
        };
        let rest = |connection: &Connection| {
            card(Vendor::Nourish, Some(connection), Availability::AtOnce, None, None, now).resting
        };
        let resting = rest(&failing).unwrap();
        assert_eq!((resting.since, resting.until), (at("2026-11-22T01:02:00"), at("2026-11-22T09:40:00")));
        assert_eq!(rest(&Connection { failures: 1, ..failing.clone() }), None);
        assert_eq!(rest(&Connection { retry_at: None, ..failing }), None);
    }

    #[test]
    fn what_was_asked_for_waits_for_the_other_side() {
        let asked = Connection { asked_at: Some(at("2026-11-21T09:00:00")), ..connection(State::Off) };
        assert_eq!(shown(&asked), Status::Waiting);
        assert_eq!(shown(&Connection { available: false, ..asked }), Status::NotAvailable);
    }
}
