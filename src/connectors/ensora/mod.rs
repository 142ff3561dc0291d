//! Ensora Data Collection (Catalyst): by now only its name and its rules, for `kinbridge pair`.

use super::vendor::{About, Proof, Rule, Switching};

/// This version has no connector.
pub const ABOUT: About = About {
    id: "ensora",
    name: "Ensora Data Collection",
    profile: None,
    switching: Switching::CredentialsOnce,
    residents: Some(Rule {
        id: "ensora-clients-1",
        words: "First name, last name, date of birth and agency are equal.",
        proof: Proof::Agency,
    }),
    staff: Some(Rule {
        id: "ensora-staff-1",
        words: "First name, last name, e-mail address and agency are equal.",
        proof: Proof::Email { site_needed: true },
    }),
    writes: false,
    files_under: None,
    one_service_a_token: false,
    credential_screen: "In Ensora Data Collection, open the settings of an administrator.",
    people_screen: "In Ensora Data Collection, open the list of students and see whether it shows them.",
    // Clients are kept here, and mapped.
    owns: &[],
};
