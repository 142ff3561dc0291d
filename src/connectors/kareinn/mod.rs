//! KareInn: the representative arranges it with KareInn and records the key. Nothing of its interface is public, so
//! its whole profile is assumed.

pub mod wire;

use super::vendor::{About, Detail, KeyForm, Proof, Rule, Switching};

/// What pairs by itself is the seed's; the rest is assumed.
pub const ABOUT: About = About {
    id: "kareinn",
    name: "KareInn",
    profile: Some(include_str!("profile.toml")),
    switching: Switching::Arranged(KeyForm {
        label: "KareInn key",
        steps: &["Ask KareInn for the key of this organisation, and record it below."],
        charge: None,
        with_address: false,
        cannot_be: |text| {
            let fine =
                (16..=200).contains(&text.trim().len()) && text.trim().bytes().all(|b| b.is_ascii_graphic());
            (!fine)
                .then_some("This is not a key: enter the 16 letters and digits or more that KareInn gave you")
        },
        refused: "KareInn does not take this key. Ask KareInn whether it is switched on for this organisation.",
    }),
    mapped: false,
    residents: Some(Rule {
        id: "kareinn-residents-1",
        words: "First name, last name, date of birth and NHS number are equal.",
        proof: Proof::NhsNumber { residents_only: false },
    }),
    staff: Some(Rule {
        id: "kareinn-staff-1",
        words: "First name, last name and email address are equal, and the site where both have one.",
        proof: Proof::Email { site_needed: false },
    }),
    writes: true,
    files_under: None,
    one_service_a_token: false,
    credential_screen: "KareInn has no screen for this: ask your representative, who arranges it with KareInn.",
    people_screen: "In KareInn, open the list of residents and see whether it shows them.",
    // Assumed: what its rule compares, but the NHS number.
    owns: &[Detail::Name, Detail::DateOfBirth, Detail::Identifier],
};
