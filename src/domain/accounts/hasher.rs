//! Argon2id on threads of its own.

/// The queue is full: try again in a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many passwords are being checked at once")]
pub struct Overloaded;

/// Hashes and checks passwords; cheap to clone.
#[derive(Clone)]
pub struct Hasher {}
