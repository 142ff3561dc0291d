//! What was asked of vendors and what they answered, in numbers: which operation, how much went and came, what became
//! of it. Never an address, a key, or a word of what was said. Kept in memory until somebody takes it to be written
//! down.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::{FailureKind, Vendor};

/// Messages that wait to be taken; if nobody takes them, the oldest stay.
const MOST_WAITING: usize = 50_000;

/// One question or entry, with its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub vendor: Vendor,
    /// The caller's own name for the token that was shown.
    pub token: String,
    /// What was asked, in the profile's word: `people`, `staff`, `entry` and so on.
    pub operation: &'static str,
    /// The status of the answer; `None`: none came.
    pub status: Option<u16>,
    /// Why it failed, if it did.
    pub failure: Option<FailureKind>,
    /// Bytes of what was sent, without headers.
    pub sent: u64,
    /// Bytes of the answer, unpacked.
    pub received: u64,
    pub took: Duration,
}

/// The messages that nobody has written down yet.
#[derive(Debug, Default)]
pub struct Journal(Mutex<Vec<Message>>);

impl Journal {
    /// Notes one.
    pub(super) fn note(&self, message: Message) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() < MOST_WAITING {
            waiting.push(message);
        }
    }

    /// Puts messages back that could not be written down, in front of those that came meanwhile.
    pub fn give_back(&self, mut messages: Vec<Message>) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        messages.append(&mut waiting);
        messages.truncate(MOST_WAITING);
        *waiting = messages;
    }

    /// Takes all that wait, oldest first.
    pub fn take(&self) -> Vec<Message> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
