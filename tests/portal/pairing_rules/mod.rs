//! Pairing: nobody is ever paired with a stranger's record, and every suggestion says why.
#![cfg(test)]

mod command;
mod reasons;
mod rosters;
mod rules;

use kinbridge::domain::pairing::matching::{Decisions, Field, Kind, Outcome, Record, System, pair};

pub(super) fn resident(key: &str, first: &str, last: &str, born: &str, nhs: &str) -> Record {
    Record {
        key: key.into(),
        first_name: first.into(),
        last_name: last.into(),
        date_of_birth: born.into(),
        nhs_number: nhs.into(),
        room: "7".into(),
        place: "Beacon Court".into(),
        resident_type: "Nursing".into(),
        status: "Permanent".into(),
        ..Record::default()
    }
}

pub(super) fn carer(key: &str, first: &str, last: &str, email: &str, site: &str) -> Record {
    Record {
        key: key.into(),
        first_name: first.into(),
        last_name: last.into(),
        email: email.into(),
        place: site.into(),
        ..Record::default()
    }
}

pub(super) fn pupil(key: &str, first: &str, last: &str, born: &str, agency: &str) -> Record {
    Record { place: agency.into(), room: String::new(), ..resident(key, first, last, born, "") }
}

pub(super) const NUMBER: &str = "9992104589";
pub(super) const OTHER_NUMBER: &str = "9994199161";

pub(super) fn nourish(ours: &[Record], theirs: &[Record]) -> Outcome {
    pair(System::Nourish, Kind::People, ours, theirs, &Decisions::default())
}

pub(super) fn pairs_of(
    system: System,
    kind: Kind,
    ours: &[Record],
    theirs: &[Record],
) -> Vec<(usize, usize)> {
    let outcome = pair(system, kind, ours, theirs, &Decisions::default());
    outcome.autos.iter().map(|auto| (auto.ours, auto.theirs)).collect()
}

pub(super) fn reason(outcome: &Outcome, field: Field) -> String {
    let first = outcome.suggestions.first().expect("a suggestion");
    first
        .reasons
        .iter()
        .find(|reason| reason.field == field)
        .map(|reason| reason.words.clone())
        .unwrap_or_default()
}
