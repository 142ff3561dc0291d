//! Letters of news to relatives: one a morning at most, for all their people, only when there is something new, and
//! ended by one tap.
//!
//! A letter says how much is new and where, and names nobody. It is written in the transaction that notes it, from what
//! `relatives::visible` lets the relative see at that moment; when access or consent ends before it is sent, whoever
//! ends it takes it back. Mornings are reckoned in the pure `mornings`, words are made in the pure `wording`.

mod mornings;
mod store;
mod wording;
mod writing;

use std::collections::BTreeSet;

use chrono::{NaiveDateTime, TimeDelta};
use chrono_tz::Tz;
use diesel::QueryResult;

use super::access::{Actor, By, Role, Topic};
use super::audit::{self, Event};
use super::letters;
use super::{Refusal, access};
use crate::db::{Conn, Tx, text_enum};
use crate::kit::ids::{AccountId, OrganisationId};
use crate::kit::secret::{Secret, fingerprint};

pub use writing::{any_due, write};

text_enum! {
    /// How often a relative is written to.
    pub enum HowOften {
        Daily = "daily",
        Weekly = "weekly",
        Off = "off",
    }
}

impl HowOften {
    /// As the page offers it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Daily => "Every morning, when there is something new",
            Self::Weekly => "Every Monday morning, when there is something new",
            Self::Off => "Never",
        }
    }
}

/// Of what letters tell. A topic joins here once relatives can read it on their pages.
pub const TOLD: [Topic; 1] = [Topic::Activities];

/// How long the link in a letter ends the letters.
const STOPS: TimeDelta = TimeDelta::days(90);

/// What a relative has chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    pub how_often: HowOften,
    /// Of what they want no news.
    pub muted: BTreeSet<Topic>,
}

impl Default for Choice {
    fn default() -> Self {
        Self { how_often: HowOften::Weekly, muted: BTreeSet::new() }
    }
}

impl Choice {
    /// # Errors
    /// `Invalid` when no time was chosen.
    pub fn read(how_often: &str, wanted: &BTreeSet<Topic>) -> Result<Self, Refusal> {
        let how_often = HowOften::parse(how_often)
            .ok_or_else(|| Refusal::invalid("how_often", "Choose how often we write to you"))?;
        let muted = TOLD.iter().copied().filter(|topic| !wanted.contains(topic)).collect();
        Ok(Self { how_often, muted })
    }
}

pub fn choice(conn: &mut Conn, actor: &Actor) -> QueryResult<Choice> {
    Ok(store::choice(conn, actor.account())?.unwrap_or_default())
}

/// Keeps a choice; letters that wait and are not wanted any more are taken back.
pub fn choose(tx: &mut Tx<'_>, actor: &Actor, to: &Choice) -> Result<(), Refusal> {
    if store::choice(tx.conn, actor.account())?.as_ref() == Some(to) {
        return Ok(());
    }
    let mine = actor.memberships().iter().filter(|one| one.role == Role::Relative);
    let homes: Vec<(OrganisationId, Tz)> =
        mine.map(|one| (one.organisation, one.time_zone.parse().unwrap_or(Tz::Europe__London))).collect();
    let zone = homes.first().map_or(Tz::Europe__London, |(_, zone)| *zone);
    let next = mornings::next(tx.now, zone, to.how_often);
    store::set_choice(tx, actor.account(), to, next)?;
    letters::withdraw_news_to(tx, actor.account())?;
    let words = format!("chose letters of news: {}", to.how_often.as_str());
    let muted: Vec<&str> = to.muted.iter().map(|topic| topic.as_str()).collect();
    for (organisation, _) in homes {
        let event = Event::new("digest.chosen", words.clone()).about("account", actor.account().0);
        let event = event.with(serde_json::json!({ "without": muted }));
        audit::append(tx, organisation, &actor.by(), event)?;
    }
    Ok(())
}

/// What the link of a letter would end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stopping {
    account: AccountId,
    name: String,
    /// They have been ended already.
    pub ended: bool,
}

/// Looking changes nothing; `None` for a secret that nobody was given, or too long ago.
pub fn stopping(conn: &mut Conn, link: &Secret, now: NaiveDateTime) -> QueryResult<Option<Stopping>> {
    let Some((account, name)) = store::by_link(conn, &fingerprint(link.reveal()), now)? else {
        return Ok(None);
    };
    let ended = store::choice(conn, account)?.is_some_and(|one| one.how_often == HowOften::Off);
    Ok(Some(Stopping { account, name, ended }))
}

/// Ends the letters to whoever was given this secret; says whether anybody was.
pub fn stop(tx: &mut Tx<'_>, link: &Secret, address: &str) -> Result<bool, Refusal> {
    let now = tx.now;
    let Some(found) = stopping(tx.conn, link, now)? else { return Ok(false) };
    if found.ended {
        return Ok(true);
    }
    let before = store::choice(tx.conn, found.account)?.unwrap_or_default();
    store::set_choice(tx, found.account, &Choice { how_often: HowOften::Off, ..before }, None)?;
    letters::withdraw_news_to(tx, found.account)?;
    let by =
        By { account: Some(found.account), name: found.name, address: address.to_owned(), session: None };
    for organisation in store::relative_in(tx.conn, found.account)? {
        let event = Event::new("digest.stopped", "ended letters of news by the link in one of them");
        audit::append(tx, organisation, &by, event.about("account", found.account.0))?;
    }
    Ok(true)
}

/// Removes what letters of long ago left behind; their links do not work any more.
pub fn purge(tx: &mut Tx<'_>) -> QueryResult<usize> {
    store::purge(tx)
}

/// The stored list; words that are unknown mute nothing.
fn read_muted(stored: &str) -> BTreeSet<Topic> {
    stored.split(',').filter_map(access::Topic::parse).collect()
}

fn write_muted(muted: &BTreeSet<Topic>) -> String {
    muted.iter().map(|topic| topic.as_str()).collect::<Vec<_>>().join(",")
}
