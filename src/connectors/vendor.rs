//! The care record systems Kinbridge can talk to, and what there is to say of each that no profile can: its name, how
//! it is switched on, and what of its records may pair by itself. Plain data, which stands in the vendor's own folder;
//! here is only its shape and the list of all.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{ally_health, ensora, fhir, kareinn, nourish, pcs};

/// What there is to say of a vendor.
#[derive(Debug)]
pub struct About {
    /// The stable id, kept in the database and in addresses: it never changes.
    pub id: &'static str,
    /// The name people read.
    pub name: &'static str,
    /// The built-in profile (TOML); `None`: this version has no connector.
    pub profile: Option<&'static str>,
    pub switching: Switching,
    /// Its records are mapped in the Synchronization window, and neither paired on Integrations nor brought by the
    /// nightly sync.
    pub mapped: bool,
    /// The rule by which residents pair by themselves; `None`: never, a person links them.
    pub residents: Option<Rule>,
    /// The same for staff.
    pub staff: Option<Rule>,
    /// Whether entries can be written onto its residents' timelines.
    pub writes: bool,
    /// What it calls the number under which it files an entry; `None`: there is none to be set.
    pub files_under: Option<&'static str>,
    /// The vendor rejects what is written with a token that serves several of its services, unless that was agreed and
    /// each finds its service by a zone of the same name.
    pub one_service_a_token: bool,
    /// Where in the vendor's screens the token or key stands, in a sentence.
    pub credential_screen: &'static str,
    /// Where its people are listed, in a sentence.
    pub people_screen: &'static str,
    /// What it is the source of truth for, of residents who are paired with a record of its. A home may decide
    /// otherwise.
    pub owns: &'static [Detail],
}

/// A detail of a resident for which a vendor may be the source of truth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Detail {
    /// First and last name.
    Name,
    DateOfBirth,
    /// Such as `Permanent`.
    Status,
    /// Such as `Nursing`.
    ResidentType,
    Room,
    /// The identifier of its own record; nobody else has one of that kind.
    Identifier,
}

/// How the sync with a vendor is switched on.
#[derive(Debug)]
pub enum Switching {
    /// We issue a token, which a person pastes into the vendor's screens.
    TokenWeIssue,
    /// A super manager enters a key that the vendor's screens show.
    KeyEntered(KeyForm),
    /// A super manager asks; the representative arranges it with the vendor and records the key.
    Arranged(KeyForm),
    /// An administrator of both sides enters credentials, once.
    CredentialsOnce,
}

/// The form in which a received key is entered. Sentences for the screen; the key is never shown again.
#[derive(Debug)]
pub struct KeyForm {
    /// What the vendor's screen calls the key.
    pub label: &'static str,
    /// What there is to do at the vendor first, in order, a sentence each.
    pub steps: &'static [&'static str],
    /// What the vendor charges, to be ticked before the key is taken.
    pub charge: Option<&'static str>,
    /// The base address is entered beside the key: there is no such system, only such an interface.
    pub with_address: bool,
    /// Why a text cannot be the key, and which screen to open; `None`: it may be.
    pub cannot_be: fn(&str) -> Option<&'static str>,
    /// What a refused key most likely means, and which screen to open.
    pub refused: &'static str,
}

/// A rule that pairs by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Names the rule for ever, such as `nourish-residents-1`.
    pub id: &'static str,
    pub words: &'static str,
    pub proof: Proof,
}

/// What a record must say so that a rule pairs it; a record that says nothing of the detail passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Condition {
    pub of: Detail,
    pub one_of: &'static [&'static str],
}

impl Condition {
    /// Whether what a record says of the detail keeps the rule from pairing it.
    pub fn refuses(&self, said: &str) -> bool {
        let said = said.trim();
        !said.is_empty() && !self.one_of.iter().any(|word| said.eq_ignore_ascii_case(word))
    }
}

/// Who lives somewhere for good, in nursing or residential care.
const RESIDENTS_ONLY: &[Condition] = &[
    Condition { of: Detail::Status, one_of: &["Permanent"] },
    Condition { of: Detail::ResidentType, one_of: &["Nursing", "Residential"] },
];

impl Rule {
    /// What a record must say beside what must be equal; whoever does not is out of scope.
    pub const fn conditions(&self) -> &'static [Condition] {
        match self.proof {
            Proof::NhsNumber { residents_only: true } => RESIDENTS_ONLY,
            Proof::NhsNumber { residents_only: false } | Proof::Agency | Proof::Email { .. } => &[],
        }
    }
}

/// What must be equal beside first and last name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// Date of birth and NHS number; with `residents_only` the type must be Nursing or Residential and the status
    /// Permanent.
    NhsNumber { residents_only: bool },
    /// Date of birth and agency.
    Agency,
    /// E-mail address, and site where both have one or, with `site_needed`, always.
    Email { site_needed: bool },
}

/// Whom a connection is with: a care record system or, beside these, a service that makes visits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "each vendor is described in its folder")]
pub enum Vendor {
    Nourish,
    Pcs,
    KareInn,
    Fhir,
    Ensora,
    #[serde(rename = "ally_health")]
    AllyHealth,
}

impl Vendor {
    /// Those that make visits and keep no records of people: no list, no sync and no pairing meets them.
    pub const BESIDE: [Self; 1] = [Self::AllyHealth];

    /// Every care record system, in the order in which screens list them.
    pub const ALL: [Self; 5] = [Self::Nourish, Self::Pcs, Self::KareInn, Self::Fhir, Self::Ensora];

    /// What there is to say of it.
    pub const fn about(self) -> &'static About {
        match self {
            Self::Nourish => &nourish::ABOUT,
            Self::Pcs => &pcs::ABOUT,
            Self::KareInn => &kareinn::ABOUT,
            Self::Fhir => &fhir::ABOUT,
            Self::Ensora => &ensora::ABOUT,
            Self::AllyHealth => &ally_health::ABOUT,
        }
    }

    /// Whoever has this id, care record system or not: for what the database holds.
    pub fn by_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().chain(Self::BESIDE).find(|vendor| vendor.id() == id)
    }

    /// Whether people are read from it.
    pub fn keeps_records(self) -> bool {
        Self::ALL.contains(&self)
    }

    /// The stable id: `nourish`, `pcs` and so on.
    pub const fn id(self) -> &'static str {
        self.about().id
    }

    /// The name people read.
    pub const fn name(self) -> &'static str {
        self.about().name
    }

    /// Those whose timelines are written to.
    pub fn written_to() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|vendor| vendor.about().writes)
    }

    /// The form in which a key of this vendor's is entered, where we receive one.
    pub const fn key_form(self) -> Option<&'static KeyForm> {
        match &self.about().switching {
            Switching::KeyEntered(form) | Switching::Arranged(form) => Some(form),
            Switching::TokenWeIssue | Switching::CredentialsOnce => None,
        }
    }
}

impl fmt::Display for Vendor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A text that is no vendor's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a care record system: write nourish, pcs, kareinn, fhir or ensora")]
pub struct UnknownVendor;

impl FromStr for Vendor {
    type Err = UnknownVendor;

    fn from_str(text: &str) -> Result<Self, UnknownVendor> {
        Self::ALL
            .into_iter()
            .find(|vendor| vendor.id().eq_ignore_ascii_case(text.trim()))
            .ok_or(UnknownVendor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_id_reads_back_as_its_vendor() {
        for vendor in Vendor::ALL {
            assert_eq!(vendor.id().parse(), Ok(vendor));
            let json = serde_json::to_string(&vendor).unwrap();
            assert_eq!(json, format!("\"{}\"", vendor.id()));
            assert!(UnknownVendor.to_string().contains(vendor.id()));
        }
        assert_eq!("Nourished".parse::<Vendor>(), Err(UnknownVendor));
    }

    #[test]
    fn a_service_that_makes_visits_is_known_by_its_id_and_is_no_care_record_system() {
        for vendor in Vendor::BESIDE {
            assert!(!vendor.keeps_records() && vendor.id().parse::<Vendor>().is_err());
            assert_eq!(Vendor::by_id(vendor.id()), Some(vendor));
            assert_eq!(serde_json::to_string(&vendor).unwrap(), format!("\"{}\"", vendor.id()));
        }
    }

    #[test]
    fn rules_are_told_apart_for_ever() {
        let rules = Vendor::ALL.map(Vendor::about).map(|about| [about.residents, about.staff]);
        let ids: Vec<&str> = rules.iter().flatten().flatten().map(|rule| rule.id).collect();
        let once: std::collections::BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!(once.len(), ids.len());
    }
}
