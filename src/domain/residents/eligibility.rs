//! Who is out of scope of a vendor's rule, and why. Pure: the conditions stand in the vendor's own folder.

use crate::connectors::{Condition, Detail, Vendor};

/// What keeps somebody out of scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutOfScope {
    pub of: Detail,
    /// What is said, such as `Respite`.
    pub said: String,
    /// What would have to be said, such as `Permanent`.
    pub wanted: &'static [&'static str],
}

impl OutOfScope {
    /// `the status is Respite, not Permanent`.
    pub fn words(&self) -> String {
        format!("the {} is {}, not {}", detail_words(self.of), self.said, self.wanted.join(" or "))
    }
}

/// What a rule's conditions are about, inside a sentence.
pub fn detail_words(detail: Detail) -> &'static str {
    match detail {
        Detail::Name => "name",
        Detail::DateOfBirth => "date of birth",
        Detail::Status => "status",
        Detail::ResidentType => "resident type",
        Detail::Room => "room",
        Detail::Identifier => "identifier",
    }
}

/// What residents of a vendor must be so that its rule pairs them.
pub fn conditions(vendor: Vendor) -> &'static [Condition] {
    vendor.about().residents.as_ref().map_or(&[], crate::connectors::Rule::conditions)
}

/// The first condition of a vendor's rule that these two do not meet. What is not said is no reason.
pub fn out_of_scope_by(vendor: Vendor, care_status: &str, resident_type: &str) -> Option<OutOfScope> {
    conditions(vendor).iter().find_map(|condition| {
        let said = match condition.of {
            Detail::Status => care_status,
            Detail::ResidentType => resident_type,
            // No rule has conditions on anything else.
            _ => return None,
        };
        let out = || OutOfScope { of: condition.of, said: said.trim().to_owned(), wanted: condition.one_of };
        condition.refuses(said).then(out)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_keeps_somebody_out_is_named_with_what_would_not() {
        let words = |status, kind| out_of_scope_by(Vendor::Nourish, status, kind).map(|out| out.words());
        assert_eq!(words("Permanent", "nursing"), None);
        assert_eq!(words("", ""), None);
        assert_eq!(words("Respite", "Day care").as_deref(), Some("the status is Respite, not Permanent"));
        assert_eq!(
            words(" permanent ", "Day care").as_deref(),
            Some("the resident type is Day care, not Nursing or Residential")
        );
        assert_eq!(out_of_scope_by(Vendor::KareInn, "Respite", "Day care"), None);
    }
}
