//! Writing the letters that are due, a bounded number in one transaction, with a fixed number of questions to the
//! database however many there are.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{NaiveDate, NaiveDateTime, TimeDelta};
use chrono_tz::Tz;
use diesel::QueryResult;

use super::store::{self, Due};
use super::wording::{self, News};
use super::{HowOften, STOPS, TOLD, mornings};
use crate::db::{Conn, Tx};
use crate::domain::access::{FamilyScope, Topic};
use crate::domain::accounts::AccountState;
use crate::domain::letters::{self, Kind, Letter, Recipient};
use crate::domain::relatives::{self, Relation, first_word};
use crate::domain::{Refusal, activities};
use crate::kit::ids::{AccountId, OrganisationId, ResidentId};
use crate::kit::login::is_address;
use crate::kit::secret::{fingerprint, random_token};
use crate::links;
use crate::mail::FamilyNews;

/// What is older than this is no news any more.
const NEWS: TimeDelta = TimeDelta::days(31);

/// Whether [`write()`] would find something: looked at without the write lock.
pub fn any_due(conn: &mut Conn, now: NaiveDateTime) -> QueryResult<bool> {
    Ok(!store::due(conn, now, 1)?.is_empty() || !store::without_choice(conn, 1)?.is_empty())
}

/// A relative's people and what of each they may see.
type Visible = (Relation, Vec<FamilyScope>);

/// When something was recorded of each resident, by topic.
type Recorded = HashMap<Topic, HashMap<ResidentId, Vec<NaiveDateTime>>>;

/// Looks at `limit` relatives whose morning has come; how many there were. Whoever has joined gets a first morning.
pub fn write(tx: &mut Tx<'_>, url: &str, limit: i64) -> Result<usize, Refusal> {
    let new = store::without_choice(tx.conn, limit)?;
    let due = store::due(tx.conn, tx.now, limit)?;
    let accounts: Vec<AccountId> = new.iter().copied().chain(due.iter().map(|one| one.account)).collect();
    let mut people: HashMap<AccountId, Vec<Visible>> = HashMap::new();
    for (relation, scopes) in relatives::visible(tx.conn, &accounts, tx.now)? {
        people.entry(relation.account).or_default().push((relation, scopes));
    }
    for account in &new {
        let zone = zone(people.get(account).map_or(&[], Vec::as_slice));
        store::begin(tx, *account, mornings::next(tx.now, zone, HowOften::Weekly))?;
    }
    let told = store::told_until(tx.conn, &accounts)?;
    let recorded = recorded(tx.conn, &people, tx.now - NEWS)?;
    for one in &due {
        let mine = people.get(&one.account).map_or(&[][..], Vec::as_slice);
        let zone = zone(mine);
        let Some(morning) = mornings::morning(tx.now, zone) else {
            // Late: the next morning will do, whichever day it is.
            store::put_off(tx, one.account, mornings::next(tx.now, zone, HowOften::Daily))?;
            continue;
        };
        let since = told.get(&one.account).copied().unwrap_or(one.since).max(one.since);
        if one.state == AccountState::Active {
            tell(tx, one, mine, &recorded, (since, morning, zone), url)?;
        }
        store::put_off(tx, one.account, mornings::next(tx.now, zone, one.choice.how_often))?;
    }
    Ok(new.len() + due.len())
}

/// Where somebody's people live; for several homes the first one's mornings count.
fn zone(people: &[Visible]) -> Tz {
    let first = people.first().and_then(|(relation, _)| relation.time_zone.parse().ok());
    first.unwrap_or(Tz::Europe__London)
}

fn recorded(
    conn: &mut Conn,
    people: &HashMap<AccountId, Vec<Visible>>,
    since: NaiveDateTime,
) -> QueryResult<Recorded> {
    let scopes: Vec<&FamilyScope> = people.values().flatten().flat_map(|(_, scopes)| scopes).collect();
    let mut recorded = Recorded::new();
    for topic in TOLD {
        let of = match topic {
            Topic::Activities => activities::recorded_since(conn, &scopes, since)?,
            _ => HashMap::new(),
        };
        recorded.insert(topic, of);
    }
    Ok(recorded)
}

/// Writes one letter, unless there is nothing new or this morning's is written.
fn tell(
    tx: &mut Tx<'_>,
    to: &Due,
    people: &[Visible],
    recorded: &Recorded,
    (since, morning, zone): (NaiveDateTime, NaiveDate, Tz),
    url: &str,
) -> Result<(), Refusal> {
    let (news, about) = news(to, people, recorded, since);
    // Nobody is written to who signs in with a name.
    if news.is_empty() || !is_address(&to.email) {
        return Ok(());
    }
    let token = random_token()?;
    let stops = tx.now + STOPS;
    let Some(digest) = store::insert(tx, to.account, morning, &fingerprint(token.reveal()), stops)? else {
        return Ok(());
    };
    let stop = format!("{url}{}", links::stop_letters(token.reveal()));
    let homes: BTreeSet<&str> = people.iter().map(|(one, _)| one.home.as_str()).collect();
    let letter = FamilyNews {
        to_name: first_word(&to.name).to_owned(),
        home: homes.into_iter().collect::<Vec<_>>().join(", "),
        address: String::new(),
        subject: wording::subject(&news),
        since: since.and_utc().with_timezone(&zone).format("%A %-d %B").to_string(),
        lines: news.iter().map(wording::line).collect(),
        link: format!("{url}{}", links::family()),
        choose: format!("{url}{}", links::family_letters()),
        stop: stop.clone(),
    };
    let rendered = letter.render().map_err(|cause| Refusal::Broken(cause.to_string()))?;
    let recipient = Recipient { name: to.name.clone(), email: to.email.clone() };
    let letter = Letter::new(organisation(people), &recipient, rendered).of_kind(Kind::Digest);
    let letter = letter.useless_after(mornings::evening(morning, zone)).with_unsubscribe(stop);
    let Some(letter) = letters::send(tx, letter)? else { return Ok(()) };
    store::set_letter(tx, digest, letter)?;
    about.into_iter().try_for_each(|resident| relatives::letter_about(tx, letter, resident))
}

/// In whose name a letter is written: nobody's where it is about people of several organisations.
fn organisation(people: &[Visible]) -> Option<OrganisationId> {
    let all: BTreeSet<OrganisationId> = people.iter().map(|(one, _)| one.organisation).collect();
    let mut all = all.into_iter();
    all.next().filter(|_| all.next().is_none())
}

/// What is new for one relative since a moment, by home, and of whom.
fn news(
    to: &Due,
    people: &[Visible],
    recorded: &Recorded,
    since: NaiveDateTime,
) -> (Vec<News>, BTreeSet<ResidentId>) {
    let mut about = BTreeSet::new();
    let mut found: BTreeMap<(String, Topic), (usize, usize)> = BTreeMap::new();
    for (relation, scopes) in people {
        for topic in scopes.iter().map(FamilyScope::topic).filter(|topic| !to.choice.muted.contains(topic)) {
            let of = recorded.get(&topic).and_then(|of| of.get(&relation.resident));
            let new = of.map_or(0, |times| times.iter().filter(|at| **at > since).count());
            if new > 0 {
                about.insert(relation.resident);
                let sum = found.entry((relation.home.clone(), topic)).or_default();
                *sum = (sum.0 + 1, sum.1 + new);
            }
        }
    }
    let news =
        found.into_iter().map(|((home, topic), (people, entries))| News { home, topic, people, entries });
    (news.collect(), about)
}
