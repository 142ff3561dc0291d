//! What a person reads about a suggestion, a fault or somebody who is not paired.

use kinbridge::domain::pairing::matching::{FaultKind, Field, Kind, Level, Record, Side, System, compare};

use super::{NUMBER, OTHER_NUMBER, carer, nourish, reason, resident};

#[test]
fn the_reason_names_the_conflict_and_the_system_to_correct() {
    let ours = [resident("1", "William", "Moss", "1936-03-07", NUMBER)];
    let mut there = resident("a", "Bill", "Mosse", "1936-07-03", "9992105489");
    there.room = "12".into();
    let outcome = nourish(&ours, &[there]);
    assert_eq!(
        reason(&outcome, Field::NhsNumber),
        "NHS number in Nourish ends 5489, here 4589: two digits swapped. Correct it in Nourish."
    );
    assert_eq!(
        reason(&outcome, Field::DateOfBirth),
        "Date of birth in Nourish is 3 July 1936, here 7 March 1936: day and month swapped."
    );
    assert_eq!(reason(&outcome, Field::FirstName), "Bill is a short form of William.");
    assert_eq!(
        reason(&outcome, Field::LastName),
        "Last name in Nourish is Mosse, here Moss: nearly the same."
    );
    assert_eq!(reason(&outcome, Field::Room), "Room in Nourish is 12, here 7.");
    assert_eq!(reason(&outcome, Field::Place), "Both are in Beacon Court.");
}

#[test]
fn what_is_missing_counts_for_nothing_and_is_said() {
    let ours = [resident("1", "Ada", "Moss", "", "")];
    let outcome = nourish(&ours, &[resident("a", "Ada", "Moss", "", "")]);
    let missing: Vec<_> =
        outcome.suggestions[0].reasons.iter().filter(|reason| reason.level == Level::Missing).collect();
    assert_eq!(missing.len(), 2);
    assert!(missing.iter().all(|reason| reason.weight.as_hundredths() == 0));
    assert_eq!(reason(&outcome, Field::NhsNumber), "No usable NHS number in Nourish or here.");
}

#[test]
fn a_better_agreement_never_scores_lower() {
    let base = carer("1", "Joanna", "Rayner", "joanna.rayner@x.example", "Beacon Court");
    let score = |email: &str| {
        let other = carer("a", "Joanna", "Rayner", email, "Beacon Court");
        compare(System::Nourish, Kind::Staff, &base, &other).1
    };
    let levels = [
        "joanna.rayner@x.example",
        "joanna.rayner@home.example",
        "joanna.rayne@x.example",
        "",
        "joanna.rayner2@x.example",
    ];
    assert!(levels.map(score).is_sorted_by(|a, b| a >= b), "{:?}", levels.map(score));

    let base = resident("1", "Joanna", "Rayner", "1936-03-07", NUMBER);
    let by = |change: &dyn Fn(&mut Record)| {
        let mut other = base.clone();
        change(&mut other);
        compare(System::Nourish, Kind::People, &base, &other).1
    };
    let born = ["1936-03-07", "1936-07-03", "1936-03-01", "1936-03-28", "", "1951-11-22"]
        .map(|born| by(&|other| other.date_of_birth = born.into()));
    assert!(born.is_sorted_by(|a, b| a >= b), "{born:?}");
    let numbers = [NUMBER, "9992105489", "9992114599", "", OTHER_NUMBER]
        .map(|number| by(&|other| other.nhs_number = number.into()));
    assert!(numbers.is_sorted_by(|a, b| a >= b), "{numbers:?}");
    let last = ["Rayner", "Raynor", "Gupta"].map(|last| by(&|other| other.last_name = last.into()));
    assert!(last.is_sorted_by(|a, b| a > b), "{last:?}");
    let first = ["Joanna", "Jo", "", "Gertrude"].map(|first| by(&|other| other.first_name = first.into()));
    assert!(first.is_sorted_by(|a, b| a > b), "{first:?}");
}

#[test]
fn the_sentence_why_somebody_is_not_paired_is_one_of_the_fixed_set() {
    let ours = resident("1", "Ada", "Moss", "1931-05-06", NUMBER);
    let words = |change: fn(&mut Record)| {
        let mut there = resident("a", "Ada", "Moss", "1931-05-06", NUMBER);
        change(&mut there);
        nourish(std::slice::from_ref(&ours), &[there]).why_not.first().map(|why| why.words.clone())
    };
    let said = |text: &str| Some(text.to_owned());
    assert_eq!(words(|_| {}), None);
    assert_eq!(words(|r| r.nhs_number = OTHER_NUMBER.into()), said("NHS Number is different."));
    assert_eq!(words(|r| r.nhs_number = String::new()), said("NHS Number is missing in Nourish."));
    assert_eq!(words(|r| r.nhs_number = "9992104588".into()), said("NHS Number is not a real NHS number."));
    assert_eq!(words(|r| r.date_of_birth = "1931-05-07".into()), said("Date of Birth is different."));
    assert_eq!(words(|r| r.first_name = "Adah".into()), said("First name is different."));
    assert_eq!(words(|r| r.last_name = "Lark".into()), said("Last name is different."));
    assert_eq!(words(|r| r.status = "Respite".into()), said("Status in Nourish is not Permanent."));
    let kind = said("Resident Type is neither Nursing nor Residential.");
    assert_eq!(words(|r| r.resident_type = "Day care".into()), kind);
    let stranger = |r: &mut Record| *r = resident("a", "Omar", "Yilmaz", "1950-01-09", OTHER_NUMBER);
    assert_eq!(words(stranger), said("Nobody with this name."));
}

#[test]
fn faults_and_look_alikes_are_reported_on_both_sides() {
    let ours = [
        resident("1", "Ada", "Moss", "1931-05-06", NUMBER),
        resident("2", "Eve", "Moss", "1931-05-06", NUMBER),
        resident("3", "Zoe", "Lark", "1900-01-01", "9999999999"),
    ];
    let theirs = [
        resident("a", "Tom", "Ash", "1931-02-30", "9992104588"),
        resident("b", "Tom", "Ash", "1940-01-09", ""),
        resident("c", "Una", "Fell", "1941-01-09", ""),
    ];
    let outcome = nourish(&ours, &theirs);
    let kinds: Vec<_> = outcome.faults.iter().map(|fault| (fault.side, fault.index)).collect();
    assert_eq!(
        kinds,
        [
            (Side::Ours, 0),
            (Side::Ours, 1),
            (Side::Ours, 2),
            (Side::Ours, 2),
            (Side::Theirs, 0),
            (Side::Theirs, 0)
        ]
    );
    assert_eq!(outcome.faults[0].kind, FaultKind::SharedNhsNumber);
    assert_eq!(outcome.look_alikes.ours, [0, 1], "same last name and birthday");
    assert_eq!(outcome.look_alikes.theirs, [0, 1], "same full name");
}
