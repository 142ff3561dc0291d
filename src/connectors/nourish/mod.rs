//! Nourish: its built-in profile, and the shapes its simulator sends. How it is asked and read is no different from
//! any other vendor.

pub mod wire;

use super::vendor::{About, Detail, Proof, Rule, Switching};

/// The built-in profile (TOML).
pub const PROFILE: &str = include_str!("profile.toml");

/// Issues nothing: our token is pasted there.
pub const ABOUT: About = About {
    id: "nourish",
    name: "Nourish",
    profile: Some(PROFILE),
    switching: Switching::TokenWeIssue,
    mapped: false,
    residents: Some(Rule {
        id: "nourish-residents-1",
        words: "First name, last name, date of birth and NHS number are equal; Nursing or Residential; Permanent.",
        proof: Proof::NhsNumber { residents_only: true },
    }),
    staff: Some(Rule {
        id: "nourish-staff-1",
        words: "First name, last name and email address are equal, and the site where both have one.",
        proof: Proof::Email { site_needed: false },
    }),
    writes: true,
    files_under: None,
    one_service_a_token: true,
    credential_screen: "In Nourish, open Administration > Extensions > Kinbridge.",
    people_screen: "In Nourish, open the list of people supported and see whether it shows them.",
    // The four things that Nourish gives of each person (seed).
    owns: &[Detail::Name, Detail::DateOfBirth, Detail::Status, Detail::Identifier],
};
