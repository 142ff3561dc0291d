//! When an entry is tried again, when a connection rests, and when it is enough. Pure: counts and times in, times out.

use chrono::TimeDelta;

use crate::connectors::FailureKind;

/// An entry that could not be sent for so long is given up, and somebody is told.
pub const GIVEN_UP_AFTER: TimeDelta = TimeDelta::hours(72);

/// Failures in a row after which a connection rests.
pub const RESTS_AFTER: i32 = 5;

/// How long it rests before one entry is tried.
pub const REST: TimeDelta = TimeDelta::minutes(5);

/// 2, 4, 8 … seconds, at most about a quarter of an hour, each a little off by a number of its own, so that entries
/// that failed together do not come back together.
pub fn pause(attempts: i32, own: i64) -> TimeDelta {
    let doublings = u32::try_from(attempts.clamp(1, 10)).unwrap_or(1);
    let whole = 2_i64.pow(doublings) * 1000;
    let off = (own.wrapping_mul(31).wrapping_add(i64::from(attempts)).rem_euclid(21)) - 10;
    TimeDelta::milliseconds(whole + whole * off / 100)
}

/// What a failure means for the entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// The vendor refused it: asking again changes nothing.
    Refused,
    /// The vendor does not let us in: nothing may be sent until somebody has repaired that.
    Locked,
    /// It certainly was not taken.
    NotTaken,
    /// It may have been taken.
    Open,
}

pub fn class(kind: FailureKind) -> Class {
    use FailureKind as Kind;
    match kind {
        Kind::EntryRejected | Kind::NotFound | Kind::Rejected => Class::Refused,
        Kind::NotConfigured
        | Kind::AddressRefused
        | Kind::AddressChanged
        | Kind::CredentialUnusable
        | Kind::CredentialRefused => Class::Locked,
        kind if kind.left_open() => Class::Open,
        _ => Class::NotTaken,
    }
}

/// Whether only a super manager can repair it: nothing more is sent until they have.
pub fn is_about_the_token(kind: FailureKind) -> bool {
    matches!(
        kind,
        FailureKind::CredentialRefused | FailureKind::AddressChanged | FailureKind::CredentialUnusable
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_quarter_of_an_hour_and_differ_by_a_tenth() {
        for own in 0..50 {
            let seconds: Vec<i64> = (1..=12).map(|attempt| pause(attempt, own).num_seconds()).collect();
            for (at, whole) in [2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 1024, 1024].into_iter().enumerate()
            {
                assert!((seconds[at] - whole).abs() <= whole / 10 + 1, "{own}: {seconds:?}");
            }
        }
        assert_ne!(pause(9, 1), pause(9, 2));
    }

    #[test]
    fn every_failure_has_a_class_and_only_those_that_left_it_open_are_looked_up() {
        for kind in FailureKind::all() {
            assert_eq!(class(kind) == Class::Open, kind.left_open(), "{kind:?}");
        }
        assert_eq!(class(FailureKind::TooManyRequests), Class::NotTaken);
        assert_eq!(class(FailureKind::CredentialRefused), Class::Locked);
    }
}
