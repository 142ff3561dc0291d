//! Why something is not mapped, in words, as far as nobody has written it down before. Pure.

use super::Standing;
use crate::domain::appointments::{Kind, State};

/// A note keeps its own reason; one that was never looked at has none.
pub fn of_note(because: &str) -> String {
    if because.is_empty() { "The next pull looks at it.".to_owned() } else { because.to_owned() }
}

/// Whether an appointment without a session note lacks one, and why not.
pub fn of_appointment(kind: Kind, state: State, is_to_come: bool) -> (Standing, String) {
    let (standing, words) = match (kind, state) {
        (_, State::Cancelled) => (Standing::NotNeeded, "Cancelled: it needs no session note."),
        (Kind::NonService | Kind::NonPayroll, _) => {
            (Standing::NotNeeded, "Not a service: it needs no session note.")
        }
        (Kind::Service, State::Scheduled) if is_to_come => {
            (Standing::NotNeeded, "It has not taken place yet.")
        }
        (Kind::Service, State::Rendered) => {
            (Standing::NotMapped, "Rendered by hand, without a session note.")
        }
        (Kind::Service, State::Scheduled) => (Standing::NotMapped, "No session note is mapped to it."),
    };
    (standing, words.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_missing_of_what_needs_no_note() {
        for (kind, state, to_come) in [
            (Kind::Service, State::Cancelled, false),
            (Kind::NonService, State::Scheduled, false),
            (Kind::NonPayroll, State::Scheduled, false),
            (Kind::Service, State::Scheduled, true),
        ] {
            assert_eq!(of_appointment(kind, state, to_come).0, Standing::NotNeeded, "{kind:?} {state:?}");
        }
        assert_eq!(of_appointment(Kind::Service, State::Scheduled, false).0, Standing::NotMapped);
    }
}
