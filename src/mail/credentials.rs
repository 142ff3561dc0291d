//! The letter of something that a practitioner has and that ends. Names the practitioner, and no patient.

use askama::Template;

use super::Rendered;
use super::letters::{letter, one_line};

letter! {
    /// A skill, training or credential ends soon, or has ended; goes out once for each last day.
    CredentialExpiring {
        to_name: String,
        organisation: String,
        practitioner: String,
        skill: String,
        /// Its last day is over already.
        ended: bool,
        /// "3 May 2026".
        last: String,
        /// The practitioner's page.
        link: String,
    }
    "letters/credential_expiring/subject.txt" "letters/credential_expiring/body.txt"
    "letters/credential_expiring/body.html"
}
