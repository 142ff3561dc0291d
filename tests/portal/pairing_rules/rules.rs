//! The automatic rules, one by one.

use kinbridge::domain::pairing::matching::{
    Context, Decisions, Kind, Record, System, Why, pair, suggest_for,
};

use super::{NUMBER, OTHER_NUMBER, carer, nourish, pairs_of, pupil, resident};

#[test]
fn a_resident_is_paired_only_when_number_birthday_and_both_names_are_equal() {
    let ours = [resident("1", "Ada", "Moss", "1931-05-06", NUMBER)];
    let there = |change: fn(&mut Record)| {
        let mut record = resident("a", "ADA", "moss", "06/05/1931", "999 210 4589");
        change(&mut record);
        pairs_of(System::Nourish, Kind::People, &ours, &[record]).len()
    };
    assert_eq!(there(|_| {}), 1);
    assert_eq!(there(|r| r.first_name = "Ad".into()), 0);
    assert_eq!(there(|r| r.last_name = "Mosse".into()), 0);
    assert_eq!(there(|r| r.date_of_birth = "1931-06-05".into()), 0);
    assert_eq!(there(|r| r.nhs_number = OTHER_NUMBER.into()), 0);
    assert_eq!(there(|r| r.nhs_number = String::new()), 0);
    assert_eq!(there(|r| r.status = "Respite".into()), 0);
    assert_eq!(there(|r| r.status = String::new()), 0);
    assert_eq!(there(|r| r.resident_type = "Day care".into()), 0);
    assert_eq!(there(|r| r.resident_type = String::new()), 0);
    assert_eq!(there(|r| r.archived = true), 0);
}

#[test]
fn archived_residents_are_neither_paired_nor_suggested() {
    let mut ours = resident("1", "Ada", "Moss", "1931-05-06", NUMBER);
    ours.archived = true;
    let outcome = nourish(&[ours], &[resident("a", "Ada", "Moss", "1931-05-06", NUMBER)]);
    assert!(outcome.autos.is_empty() && outcome.suggestions.is_empty());
    assert_eq!(outcome.why_not[0].why, Why::Archived);
}

#[test]
fn kareinn_pairs_whatever_the_type_and_pcs_never_pairs() {
    let ours = [resident("1", "Ada", "Moss", "1931-05-06", NUMBER)];
    let mut there = resident("a", "Ada", "Moss", "1931-05-06", NUMBER);
    there.resident_type = String::new();
    there.status = String::new();
    let theirs = [there];
    assert_eq!(pairs_of(System::KareInn, Kind::People, &ours, &theirs), [(0, 0)]);
    assert_eq!(pairs_of(System::Pcs, Kind::People, &ours, &theirs), []);
    let (ours, theirs) =
        ([carer("1", "Jo", "Ray", "jo@x.example", "")], [carer("a", "Jo", "Ray", "jo@x.example", "")]);
    assert_eq!(pairs_of(System::Pcs, Kind::Staff, &ours, &theirs), []);
}

#[test]
fn staff_are_paired_by_names_and_email_and_site_where_both_have_one() {
    let ours = [carer("1", "Jo", "Ray", "Jo.Ray@x.example", "Beacon Court")];
    let met = |system, email: &str, site: &str| {
        pairs_of(system, Kind::Staff, &ours, &[carer("a", "Jo", "Ray", email, site)]).len()
    };
    for system in [System::Nourish, System::KareInn, System::Ensora] {
        assert_eq!(met(system, "jo.ray@X.example", "BEACON COURT"), 1);
        assert_eq!(met(system, "jo.ray@x.example", "Hill House; Beacon Court"), 1, "one of several sites");
        assert_eq!(met(system, "jo.ray@x.example", "Hill House"), 0);
        assert_eq!(met(system, "jo.ra@x.example", "Beacon Court"), 0);
    }
    assert_eq!(met(System::Nourish, "jo.ray@x.example", ""), 1, "no site there");
    assert_eq!(met(System::Ensora, "jo.ray@x.example", ""), 0, "Ensora needs the agency");
    let blank = [carer("1", "Jo", "Ray", "", "Beacon Court")];
    assert_eq!(
        pairs_of(System::Nourish, Kind::Staff, &blank, &[carer("a", "Jo", "Ray", "", "Beacon Court")]),
        []
    );
    let none = [carer("1", "Jo", "Ray", "n/a", "Beacon Court")];
    assert_eq!(
        pairs_of(System::Nourish, Kind::Staff, &none, &[carer("a", "Jo", "Ray", "n/a", "Beacon Court")]),
        []
    );
}

#[test]
fn clients_are_paired_by_names_birthday_and_agency() {
    let ours = [pupil("1", "Liu", "O'Hara", "2014-07-31", "Rosewood")];
    let met = |born: &str, agency: &str| {
        pairs_of(System::Ensora, Kind::People, &ours, &[pupil("a", "Liu", "OHARA", born, agency)]).len()
    };
    assert_eq!(met("2014-07-31", "ROSE-WOOD"), 1);
    assert_eq!(met("2014-07-31", "Rosewood School"), 0);
    assert_eq!(met("2014-07-31", ""), 0);
    assert_eq!(met("2014-07-30", "Rosewood"), 0);
    assert_eq!(met("", "Rosewood"), 0);
    let new_year = [pupil("1", "Liu", "O'Hara", "2014-01-01", "Rosewood")];
    assert_eq!(
        pairs_of(
            System::Ensora,
            Kind::People,
            &new_year,
            &[pupil("a", "Liu", "O'Hara", "2014-01-01", "Rosewood")]
        ),
        [],
        "1 January stands for an unknown day too often"
    );
}

#[test]
fn two_who_both_satisfy_a_rule_are_left_to_a_person() {
    let one = carer("1", "Jo", "Ray", "jo@x.example", "Beacon Court");
    let twice = [
        carer("a", "Jo", "Ray", "jo@x.example", "Beacon Court"),
        carer("b", "Jo", "Ray", "jo@x.example", ""),
    ];
    let outcome =
        pair(System::Nourish, Kind::Staff, std::slice::from_ref(&one), &twice, &Decisions::default());
    assert!(outcome.autos.is_empty());
    assert_eq!(outcome.why_not[0].why, Why::TwoCouldMatch);
    assert_eq!(outcome.why_not[0].words, "Two members of staff could match.");
    assert!(outcome.suggestions.iter().all(|suggestion| suggestion.several_possible));
    // The same from the other side: one record there, two people here.
    let ours = [one.clone(), Record { key: "2".into(), ..one }];
    let outcome = pair(System::Nourish, Kind::Staff, &ours, &twice[..1], &Decisions::default());
    assert!(outcome.autos.is_empty());
    assert!(outcome.suggestions.iter().all(|suggestion| suggestion.several_possible));
}

#[test]
fn a_linked_resident_still_holds_their_number() {
    let ours = [
        resident("1", "Ada", "Moss", "1931-05-06", NUMBER),
        resident("2", "Ada", "Moss", "1931-05-06", NUMBER),
    ];
    let theirs =
        [resident("a", "Ada", "Moss", "1931-05-06", NUMBER), resident("b", "Zoe", "Lark", "1940-02-03", "")];
    let decided = Decisions { paired: vec![(1, 1)], refused: vec![] };
    let outcome = pair(System::Nourish, Kind::People, &ours, &theirs, &decided);
    assert!(outcome.autos.is_empty());
    assert_eq!(outcome.suggestions.len(), 1, "the linked two are not offered again");
    let decided = Decisions { paired: vec![(1, 0)], refused: vec![] };
    let outcome = pair(System::Nourish, Kind::People, &ours, &theirs, &decided);
    assert!(outcome.autos.is_empty() && outcome.suggestions.iter().all(|suggestion| suggestion.theirs != 0));
    assert_eq!(
        outcome.why_not.iter().map(|why| (why.ours, why.why)).collect::<Vec<_>>(),
        [(0, Why::AlreadyLinked)]
    );
}

#[test]
fn a_refused_pair_never_comes_back() {
    let ours = [resident("1", "Ada", "Moss", "1931-05-06", NUMBER)];
    let theirs = [resident("a", "Ada", "Moss", "1931-05-06", NUMBER)];
    let refused = Decisions { paired: vec![], refused: vec![(0, 0)] };
    let outcome = pair(System::Nourish, Kind::People, &ours, &theirs, &refused);
    assert!(outcome.autos.is_empty() && outcome.suggestions.is_empty());
    let context = Context { refused: &[0], ..Context::default() };
    assert!(suggest_for(System::Nourish, Kind::People, &ours[0], &theirs, context).is_empty());
    let offered = suggest_for(System::Nourish, Kind::People, &ours[0], &theirs, Context::default());
    assert_eq!(offered.len(), 1);
}
