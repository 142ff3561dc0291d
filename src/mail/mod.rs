//! Letters as people read them: one folder of three files each in `templates/letters/`; and their way to a mail
//! server or into a folder.
//!
//! Knows no database and no recipient's rights: values come in, a subject and two bodies go out, and what became
//! of a try. When to try, and what follows, is the outbox's.

mod account_letters;
mod answer;
mod credentials;
mod families;
mod folder;
mod letters;
mod mailer;
mod message;
mod programs;
mod reports;
mod smtp;
mod stream;
mod visits;

pub use account_letters::{
    EmailChange, EmailChanged, EmailChanging, NewSignIn, PasswordChanged, PasswordReset, SecondStepChanged,
};
pub use answer::{Answer, Trouble, Verdict};
pub use credentials::CredentialExpiring;
pub use families::{FamilyInvitation, FamilyNews, FamilyNote};
pub use mailer::Mailer;
pub use message::Outgoing;
pub use programs::WebhookDisabled;

pub use visits::VisitLetter;

pub use reports::{WeeklyAction, WeeklyLine, WeeklyReport};

pub use letters::{
    AccessEnding, ActivateAccount, EntriesStuck, IntegrationAsked, KeyExpiring, LookAsked, MultiServiceAsked,
    RunHeld, StaffApproved, StaffWaiting, SyncFailed, SyncSilent, SyncWorkingAgain, TokenExpiring,
    TokenRefused,
};

use chrono::{NaiveDateTime, TimeZone, Timelike};
use chrono_tz::Tz;

/// A letter, ready to be sent: the same words as plain text and as HTML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// At most 70 characters.
    pub subject: String,
    pub text: String,
    pub html: String,
}

/// "Sunday 22 November 2026 at 1:05am" in the reader's time zone; `at` is in UTC. Letters name no "today":
/// they are read later.
pub fn moment(at: NaiveDateTime, zone: Tz) -> String {
    let local = zone.from_utc_datetime(&at);
    let (afternoon, hour) = local.hour12();
    let half = if afternoon { "pm" } else { "am" };
    let day = local.format("%A %-d %B %Y");
    if local.minute() == 0 {
        format!("{day} at {hour}{half}")
    } else {
        format!("{day} at {hour}:{:02}{half}", local.minute())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_told_in_the_readers_time_zone() {
        let at = |text: &str| text.parse::<NaiveDateTime>().unwrap();
        assert_eq!(moment(at("2026-07-01T00:05:00"), Tz::Europe__London), "Wednesday 1 July 2026 at 1:05am");
        assert_eq!(moment(at("2026-11-22T14:00:00"), Tz::Europe__London), "Sunday 22 November 2026 at 2pm");
    }
}
