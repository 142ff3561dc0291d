//! FHIR R4: any care record system that speaks the published standard, reached by a base address and a token. It is
//! only read. Nothing of it pairs by itself: whose system it is, and how well it keeps its records, nobody knows.
//!
//! `bundle` tells the resources of a search apart, `names` and `rows` say what one means, and `profile.toml` names
//! every element that is used. How pages are fetched and records judged is the engine's, as for every vendor.

mod bundle;
mod capability;
mod names;
mod records;
mod rows;
mod strict;
mod system;

pub(super) use system::FhirSystem;

use super::vendor::{About, Detail, KeyForm, Switching};

/// The built-in profile.
pub const PROFILE: &str = include_str!("profile.toml");

/// From the published standard alone.
pub const ABOUT: About = About {
    id: "fhir",
    name: "FHIR R4",
    profile: Some(PROFILE),
    switching: Switching::KeyEntered(KeyForm {
        label: "Access token",
        steps: &[
            "Ask the maker of your care record system for the base address of its FHIR R4 interface and for an access \
             token that may read Patient, Practitioner and Location.",
        ],
        charge: None,
        with_address: true,
        cannot_be: |text| {
            let fine = !text.trim().is_empty() && text.trim().bytes().all(|b| b.is_ascii_graphic());
            (!fine).then_some("Enter the access token: letters, digits and signs without spaces")
        },
        refused: "The system does not take this token. Ask its maker for one that may read Patient, Practitioner and \
                  Location.",
    }),
    mapped: false,
    residents: None,
    staff: None,
    writes: false,
    files_under: None,
    one_service_a_token: false,
    credential_screen: "Ask the maker of the care record system where its access tokens are made.",
    people_screen: "In the care record system, open the list of patients and see whether it shows them.",
    // Assumed: what Patient carries for certain.
    owns: &[Detail::Name, Detail::DateOfBirth, Detail::Identifier],
};
