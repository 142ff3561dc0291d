//! Ensora Data Collection (Catalyst): the organisation's identifier and its token, entered once. Its sites, students,
//! users and session notes are mapped in a window of their own, and nobody of it is synced by night.

pub mod wire;

use super::notes::Owner;
use super::vendor::{About, Proof, Rule, Switching};

/// How it is asked is documented; where, and what it answers, is assumed (`profile.toml`).
pub const ABOUT: About = About {
    id: "ensora",
    name: "Ensora Data Collection",
    profile: Some(include_str!("profile.toml")),
    switching: Switching::CredentialsOnce,
    mapped: true,
    residents: Some(Rule {
        id: "ensora-clients-1",
        words: "First name, last name, date of birth and agency are equal.",
        proof: Proof::Agency,
    }),
    staff: Some(Rule {
        id: "ensora-staff-1",
        words: "First name, last name, email address and agency are equal.",
        proof: Proof::Email { site_needed: true },
    }),
    writes: false,
    files_under: None,
    one_service_a_token: false,
    credential_screen: "In Ensora Data Collection, sign in as an administrator and open the settings of the \
                        organization: its id and its API token stand there.",
    people_screen: "In Ensora Data Collection, open the list of students and see whether it shows them.",
    // Clients are kept here, and mapped.
    owns: &[],
};

/// What security groups of administrators are called. Assumed: each organisation may name its own.
pub const ADMINISTRATORS: [&str; 3] = ["Administrator", "Admin", "Organization Admin"];

/// Whether the owner of a credential is an administrator there: as Ensora says or, where it does not, by the name of
/// the security group. `None`: neither is said.
pub fn administers(owner: &Owner) -> Option<bool> {
    let group = owner.security_group.trim();
    let named = || ADMINISTRATORS.iter().any(|name| group.eq_ignore_ascii_case(name));
    owner.is_administrator.or_else(|| (!group.is_empty()).then(named))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_administrator_is_known_by_what_ensora_says_before_the_name_of_the_group() {
        let owner = |group: &str, said| Owner {
            name: "Hannah Doyle".to_owned(),
            security_group: group.to_owned(),
            is_administrator: said,
        };
        assert_eq!(administers(&owner(" administrator ", None)), Some(true));
        assert_eq!(administers(&owner("Therapist", None)), Some(false));
        assert_eq!(administers(&owner("Leads", Some(true))), Some(true));
        assert_eq!(administers(&owner("", None)), None);
    }
}
