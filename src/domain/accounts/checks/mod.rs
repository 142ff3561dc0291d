//! How often a secret may be tried: by account, and by the address that tries.
//!
//! Every way in that checks a secret shares these counts, which are written down before the check,
//! so that neither a restart nor many tries at once get past them. A right one is taken back: it
//! does not use up the tries of whoever knows the password. Never a lock that stays.

mod store;

use chrono::{NaiveDateTime, TimeDelta};
use diesel::QueryResult;

use crate::db::{Conn, Tx};
use crate::kit::ids::AccountId;
use crate::kit::login::Login;
use crate::kit::secret::fingerprint;

/// Which counts a try adds to. Keys are fingerprints: the table holds no address and no name.
#[derive(Debug, Clone)]
pub(super) struct Tries {
    account: Option<String>,
    /// With how many within what time.
    other: Option<(String, (i64, TimeDelta))>,
}

/// The rows of a check under way.
#[derive(Debug)]
pub(super) struct Ticket(Vec<i64>);

/// An account may be tried this often in five minutes, and in a day.
const IN_FIVE_MINUTES: (i64, TimeDelta) = (10, TimeDelta::minutes(5));
const IN_A_DAY: (i64, TimeDelta) = (100, TimeDelta::days(1));
/// So often a browser at one address is asked for a passkey in five minutes: a home's staff share one.
const QUESTIONS: (i64, TimeDelta) = (300, TimeDelta::minutes(5));
/// So many letters with a link are sent to an address in an hour, whoever asks for them.
const LETTERS: (i64, TimeDelta) = (3, TimeDelta::hours(1));

impl Tries {
    /// `login` as typed: an unknown one is counted like a known one, and one name that is written in several ways
    /// is one.
    pub fn of_account(login: &str) -> Self {
        let read = Login::parse(login).map(|login| login.as_str().to_owned());
        let login = read.unwrap_or_else(|| login.trim().to_lowercase());
        let account = format!("account:{}", fingerprint(&login));
        Self { account: Some(account), other: None }
    }

    /// The PIN of somebody, apart from their password.
    pub fn of_pin(account: AccountId) -> Self {
        Self { account: Some(format!("pin:{account}")), other: None }
    }

    /// Only the client's address, for a secret that names its account itself.
    pub fn of_address(address: &str, many: u32) -> Self {
        Self { account: None, other: None }.from(address, many)
    }

    /// Letters to somebody: not a secret that is tried, but counted like one.
    pub fn of_letters(email: &str) -> Self {
        Self { account: None, other: Some((format!("letters:{}", fingerprint(email)), LETTERS)) }
    }

    /// Questions to browsers: not tries of a secret, but rows that somebody unknown writes.
    pub fn of_questions(address: &str) -> Self {
        let key = format!("questions:{}", fingerprint(&network(address)));
        Self { account: None, other: Some((key, QUESTIONS)) }
    }

    /// Counts the client's address too: at most `many` in five minutes.
    pub fn from(mut self, address: &str, many: u32) -> Self {
        let limit = (many.into(), IN_FIVE_MINUTES.1);
        self.other = Some((format!("address:{}", fingerprint(&network(address))), limit));
        self
    }

    fn limits(&self) -> impl Iterator<Item = (&str, (i64, TimeDelta))> {
        let account = self.account.as_deref().into_iter();
        let account = account.flat_map(|key| [(key, IN_FIVE_MINUTES), (key, IN_A_DAY)]);
        account.chain(self.other.as_ref().map(|(key, limit)| (key.as_str(), *limit)))
    }
}

/// How long to wait until another check is allowed; `None` for no time at all.
pub(super) fn wait(conn: &mut Conn, tries: &Tries, now: NaiveDateTime) -> QueryResult<Option<TimeDelta>> {
    let mut longest = None;
    for (key, (many, within)) in tries.limits() {
        let reached = store::nth_newest(conn, key, many.max(1), now - within)?;
        longest = longest.max(reached.map(|at| at + within - now));
    }
    Ok(longest)
}

/// Counts a check that is about to be made, or says how long to wait.
pub(super) fn begin(tx: &mut Tx<'_>, tries: &Tries) -> QueryResult<Result<Ticket, TimeDelta>> {
    if let Some(wait) = wait(tx.conn, tries, tx.now)? {
        return Ok(Err(wait));
    }
    let keys = tries.account.iter().chain(tries.other.as_ref().map(|(key, _)| key));
    let rows: QueryResult<Vec<i64>> = keys.map(|key| store::insert(tx, key)).collect();
    Ok(Ok(Ticket(rows?)))
}

/// Takes the count of a right check back.
pub(super) fn forgive(tx: &mut Tx<'_>, ticket: &Ticket) -> QueryResult<()> {
    store::delete(tx, &ticket.0)
}

/// Deletes what no limit looks at any more; the number of rows.
pub fn purge(tx: &mut Tx<'_>) -> QueryResult<usize> {
    store::purge(tx, tx.now - IN_A_DAY.1)
}

/// One household has a whole /64 of IPv6 addresses, so that is what is counted.
fn network(address: &str) -> String {
    match address.parse() {
        Ok(std::net::IpAddr::V6(address)) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}")
        }
        _ => address.to_owned(),
    }
}
