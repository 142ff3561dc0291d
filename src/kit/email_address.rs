//! An e-mail address as a person types it, parsed once at the edge.
//!
//! Deliberately does not ask whether the address exists: only a delivered letter shows that.

use std::fmt;

/// An address in the form under which accounts are found: trimmed and lower case.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EmailAddress(String);

impl EmailAddress {
    /// Accepts `name@host.tld` of at most 254 characters without spaces or control characters.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_lowercase();
        let (name, host) = text.rsplit_once('@')?;
        let plain = |part: &str| {
            !part.is_empty()
                && !part
                    .contains(|c: char| c.is_whitespace() || c.is_control() || "<>,;:\"()[]\\".contains(c))
        };
        let dotted = host.contains('.') && host.split('.').all(|label| !label.is_empty());
        (text.len() <= 254 && plain(name) && plain(host) && dotted && !name.contains('@'))
            .then_some(Self(text))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::EmailAddress;

    #[test]
    fn addresses_are_folded_and_nonsense_is_refused() {
        let parsed = EmailAddress::parse("  Mary.Jones@Willow.Example ");
        assert_eq!(parsed.unwrap().as_str(), "mary.jones@willow.example");
        for wrong in [
            "",
            "mary",
            "mary@",
            "@willow.example",
            "mary@willow",
            "ma ry@willow.example",
            "a@b..c",
            "a\r\nBcc: x@y.z",
        ] {
            assert_eq!(EmailAddress::parse(wrong), None, "{wrong:?}");
        }
    }
}
