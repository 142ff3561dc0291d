//! Ally Health (Heim Health), and another Kinbridge whose API has its form: visits are booked there for residents of a
//! home, and their state is read back.
//!
//! Decided: this is no [`CareSystem`](crate::connectors::CareSystem). It has no list of people, so that a sync would have
//! nothing to compare, its guards would take an empty list for everybody's leaving, and pairing would ask for records
//! that will never come. It is a [`VisitService`](crate::connectors::VisitService), found by
//! [`CareSystems::visits`](crate::connectors::CareSystems::visits) alone, and [`Vendor::ALL`](crate::connectors::Vendor)
//! leaves it out; only its key, address and health lie beside those of the others, since the rules of sealing, rotation
//! and terms are the same.
//!
//! `wire` has the JSON, `signature` the proof of a webhook, `service` the calls, and `profile.toml` paths and what each
//! rests on.

mod service;
pub mod signature;
pub mod wire;

pub(super) use service::AllyHealth;

use super::vendor::{About, KeyForm, Switching};

/// The built-in profile.
pub const PROFILE: &str = include_str!("profile.toml");

/// The header of signatures that is looked for unless another was entered; assumed.
pub const SIGNATURE_HEADER: &str = "x-heim-signature";

/// That the key decides between live and test is documented, and so are its beginnings.
pub const ABOUT: About = About {
    id: "ally_health",
    name: "Ally Health",
    // Its profile has a form of its own.
    profile: None,
    switching: Switching::KeyEntered(KeyForm {
        label: "API key",
        steps: &[
            "Ask the service for the base address of its API and for an API key: another Kinbridge makes it in Org \
             Settings, API keys, with the scopes to read tasks and availability and to read and write patients and \
             appointments.",
        ],
        charge: None,
        with_address: true,
        cannot_be: |text| {
            let text = text.trim();
            if text.to_ascii_lowercase().starts_with("bearer ") {
                return Some("Enter the key alone, without the word Bearer");
            }
            let fine = (12..=500).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
            (!fine).then_some("Enter the API key: it begins with live_ or test_ and has no spaces")
        },
        refused: "The service does not take this key. Ask it for one that may read tasks and availability, and read and \
                  write patients and appointments.",
    }),
    mapped: false,
    residents: None,
    staff: None,
    writes: false,
    files_under: None,
    one_service_a_token: false,
    credential_screen: "In the service, an administrator finds its API keys in the dashboard.",
    people_screen: "In the service, open the list of appointments.",
    owns: &[],
};
