//! An organisation's letters as its super managers see them: subject, who, when and what became of it. Never a
//! body: letters hold working links.

use std::collections::HashMap;

use chrono::{NaiveDateTime, TimeDelta};
use diesel::QueryResult;

use super::store;
use super::{Fate, LetterState};
use crate::db::{Conn, Tx, text_enum};
use crate::domain::access::{ManageOrganisation, Platform, Scope};
use crate::domain::{Refusal, audit};
use crate::kit::ids::{LetterId, OrganisationId};

text_enum! {
    /// Which letters are listed.
    pub enum Listed {
        All = "all",
        Waiting = "waiting",
        /// Refused or given up.
        NotDelivered = "not delivered",
        Sent = "sent",
    }
}

impl Listed {
    /// The states of these letters; none for all.
    pub(super) fn states(self) -> &'static [LetterState] {
        match self {
            Self::All => &[],
            Self::Waiting => &[LetterState::Waiting, LetterState::Sending],
            Self::NotDelivered => &[LetterState::Refused, LetterState::Failed, LetterState::Withdrawn],
            Self::Sent => &[LetterState::Delivered],
        }
    }
}

/// One letter of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub id: LetterId,
    pub subject: String,
    pub to_name: String,
    pub to_email: String,
    pub written_at: NaiveDateTime,
    pub fate: Fate,
    /// What the mail server said, cleaned; may be empty.
    pub answer: String,
    /// Whether [`send_again`] would do something.
    pub may_be_sent_again: bool,
}

/// Letters of the organisation, newest first.
pub fn of_organisation(
    conn: &mut Conn,
    scope: &Scope<ManageOrganisation>,
    listed: Listed,
    now: NaiveDateTime,
    before: i64,
    limit: i64,
) -> QueryResult<Vec<Line>> {
    let rows = store::of_organisation(conn, scope.organisation(), listed.states(), before, limit)?;
    Ok(rows.into_iter().map(|row| line(row, now)).collect())
}

fn line(row: store::Row, now: NaiveDateTime) -> Line {
    let store::Row { state, subject, to_name, to_email, answer, .. } = row;
    let good = row.useless_after.is_none_or(|end| end > now);
    Line {
        id: row.id,
        subject,
        to_name,
        to_email,
        written_at: row.created_at,
        fate: Fate::of(state, row.created_at, row.settled_at, row.last_error),
        answer,
        may_be_sent_again: good && matches!(state, LetterState::Refused | LetterState::Failed),
    }
}

/// Sends a letter that was refused or given up once more, to the same address.
///
/// # Errors
/// `NotHere` for another organisation's letter; `Overtaken` when it is on its way, has arrived or is of no use.
pub fn send_again(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageOrganisation>,
    letter: LetterId,
) -> Result<(), Refusal> {
    let found = store::row(tx.conn, scope.organisation(), letter)?.ok_or(Refusal::NotHere)?;
    let (now, to) = (tx.now, found.to_name.clone());
    let state = found.state;
    if !line(found, now).may_be_sent_again {
        return Err(Refusal::overtaken(match state {
            LetterState::Waiting | LetterState::Sending => "This letter is on its way already.",
            LetterState::Delivered => "This letter has been sent meanwhile.",
            _ => "The link in this letter has run out. Write a new one from the page it came from.",
        }));
    }
    if !store::wait_again(tx, letter, state)? {
        return Err(Refusal::overtaken("Somebody else has asked for this letter already."));
    }
    let event = audit::Event::new("letter.sent_again", format!("sent a letter to {to} again"));
    audit::record(tx, scope, event.about("letter", letter.0))?;
    Ok(())
}

/// Letters that are spoken of as not delivered.
const LATELY: TimeDelta = TimeDelta::days(30);

/// Where letters end that reached nobody.
pub(super) const LOST: [LetterState; 2] = [LetterState::Refused, LetterState::Failed];

/// How many letters of an organisation wait, and how many were not delivered in the last thirty days.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub waiting: i64,
    pub not_delivered: i64,
}

/// Letters of the organisation that were not delivered in the last thirty days.
pub fn not_delivered(
    conn: &mut Conn,
    scope: &Scope<ManageOrganisation>,
    now: NaiveDateTime,
) -> QueryResult<i64> {
    store::not_delivered(conn, scope.organisation(), now - LATELY)
}

/// The counts of every organisation that has such letters; those of the installation itself under `None`.
pub fn counts(
    conn: &mut Conn,
    _: &Platform,
    now: NaiveDateTime,
) -> QueryResult<HashMap<Option<OrganisationId>, Counts>> {
    let mut counts: HashMap<_, Counts> = HashMap::new();
    for (organisation, waiting) in store::count(conn, Listed::Waiting.states(), None)? {
        counts.entry(organisation).or_default().waiting = waiting;
    }
    for (organisation, many) in store::count(conn, &LOST, Some(now - LATELY))? {
        counts.entry(organisation).or_default().not_delivered = many;
    }
    Ok(counts)
}
