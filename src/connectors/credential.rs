//! What opens a vendor's door: tokens and keys that never show in a log, bound to the address they belong to.
//! Making tokens and keeping them sealed is the caller's work.

use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// A text that is wiped from memory when dropped and never printed.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes the text over.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The text itself, for the one place that sends it.
    pub(super) fn expose(&self) -> &str {
        &self.0
    }

    /// Compares without telling by its time how much was right.
    pub fn is(&self, other: &str) -> bool {
        bool::from(self.0.as_bytes().ct_eq(other.as_bytes()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The token or key that one connection uses, with the organisation's other tokens beside it, so that a list of
/// services can be told apart by which of ours each one carries.
#[derive(Clone, Debug)]
pub struct Credential {
    first: (String, Secret),
    others: Vec<(String, Secret)>,
    origin: Option<String>,
    base: Option<String>,
}

impl Credential {
    /// `key` is the caller's own name for the token (a row id): it comes back in `ServiceRecord::token_key`.
    pub fn new(key: impl Into<String>, token: impl Into<String>) -> Self {
        Self { first: (key.into(), Secret::new(token)), others: Vec::new(), origin: None, base: None }
    }

    /// Another token of the same organisation, only ever compared and never sent.
    #[must_use]
    pub fn and(mut self, key: impl Into<String>, token: impl Into<String>) -> Self {
        self.others.push((key.into(), Secret::new(token)));
        self
    }

    /// Binds the credential to the origin (`https://host`) it was entered for. A connector whose address has
    /// changed since refuses to send it.
    #[must_use]
    pub fn bound_to(mut self, origin: impl Into<String>) -> Self {
        self.origin = Some(origin.into());
        self
    }

    /// The base address that was entered with the key, for systems that are at another address for each
    /// organisation. It is checked again each time.
    #[must_use]
    pub fn at(mut self, base: impl Into<String>) -> Self {
        self.base = Some(base.into());
        self
    }

    /// The key of the token that is sent.
    pub fn key(&self) -> &str {
        &self.first.0
    }

    pub(super) fn token(&self) -> &Secret {
        &self.first.1
    }

    pub(super) fn origin(&self) -> Option<&str> {
        self.origin.as_deref()
    }

    pub(super) fn base(&self) -> Option<&str> {
        self.base.as_deref()
    }

    /// Which of our tokens `sent` is. Every one is compared, so the time says nothing.
    pub(super) fn key_of(&self, sent: &str) -> Option<&str> {
        let mut found = None;
        for (key, token) in std::iter::once(&self.first).chain(&self.others) {
            if token.is(sent) && found.is_none() {
                found = Some(key.as_str());
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_never_shows_and_each_is_known_by_its_key() {
        let credential =
            Credential::new("7", "oak-token").and("8", "elm-token").bound_to("https://a.example");
        assert!(!format!("{credential:?}").contains("oak-token"));
        assert_eq!(credential.key_of("elm-token"), Some("8"));
        assert_eq!(credential.key_of("oak-token"), Some("7"));
        assert_eq!(credential.key_of("oak-toke"), None);
        assert_eq!(credential.key_of(""), None);
    }
}
