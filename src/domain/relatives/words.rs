//! The words of an invitation's state, and how topics are stored. Pure.

use std::collections::BTreeSet;

use chrono::NaiveDateTime;

use super::{Invitation, InvitationState};
use crate::domain::access::Topic;
use crate::domain::letters::LetterState;

/// Where an invitation stands for who looks at it now: what people decided, what time did, and what became of
/// the letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Asked,
    Queued,
    Sent,
    /// A letter with a code was printed.
    Printed,
    /// The letter came back, or was given up.
    Bounced,
    /// Somebody has begun to answer and not finished.
    Opened,
    Expired,
    Joined,
    Declined,
    Revoked,
}

impl Standing {
    pub fn of(invitation: &Invitation, letter: Option<LetterState>, now: NaiveDateTime) -> Self {
        match invitation.state {
            InvitationState::Asked => Self::Asked,
            InvitationState::Accepted => Self::Joined,
            InvitationState::Declined => Self::Declined,
            InvitationState::Revoked => Self::Revoked,
            InvitationState::Open => match letter {
                Some(LetterState::Failed | LetterState::Refused) => Self::Bounced,
                _ if invitation.expires_at.is_some_and(|at| at <= now) => Self::Expired,
                _ if invitation.opened_at.is_some() => Self::Opened,
                Some(LetterState::Waiting | LetterState::Sending) => Self::Queued,
                None if invitation.printed_at.is_some() => Self::Printed,
                _ => Self::Sent,
            },
        }
    }

    /// As a tag shows it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Asked => "Waiting for approval",
            Self::Queued => "Queued",
            Self::Sent => "Invited",
            Self::Printed => "Letter printed",
            Self::Bounced => "Not delivered",
            Self::Opened => "Opened",
            Self::Expired => "Expired",
            Self::Joined => "Joined",
            Self::Declined => "Declined",
            Self::Revoked => "Withdrawn",
        }
    }

    /// Whether it can still be sent again, corrected or taken back.
    pub fn is_pending(self) -> bool {
        !matches!(self, Self::Joined | Self::Declined | Self::Revoked)
    }
}

/// The stored list; words that are unknown open nothing.
pub fn read_topics(stored: &str) -> BTreeSet<Topic> {
    stored.split(',').filter_map(|word| Topic::parse(word.trim())).collect()
}

pub fn write_topics(topics: &BTreeSet<Topic>) -> String {
    topics.iter().map(|topic| topic.as_str()).collect::<Vec<_>>().join(",")
}

/// How a letter greets somebody: `Peter` for `Peter Smith`, but `Mrs Smith` stays whole.
pub fn first_word(name: &str) -> &str {
    const TITLES: [&str; 8] = ["mr", "mrs", "ms", "miss", "dr", "rev", "sir", "lady"];
    let first = name.split_whitespace().next().unwrap_or(name);
    let plain = first.trim_end_matches('.').to_lowercase();
    if TITLES.contains(&plain.as_str()) { name } else { first }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_topics_open_nothing() {
        assert_eq!(read_topics("everything, care,"), BTreeSet::new());
        let two = BTreeSet::from([Topic::Photos, Topic::CareNotes]);
        assert_eq!(read_topics(&write_topics(&two)), two);
    }

    #[test]
    fn a_letter_greets_by_the_first_name_and_keeps_titles() {
        assert_eq!(first_word("Peter Smith"), "Peter");
        assert_eq!(first_word("Mrs. Smith"), "Mrs. Smith");
        assert_eq!(first_word(""), "");
    }
}
