//! With what somebody signs in: their e-mail address, or a name of their own where they have none.
//!
//! Deliberately does not ask whether anybody has it. The two never meet: a name has no `@`.

use std::fmt;

use super::email_address::EmailAddress;

/// A sign-in name in the form under which accounts are found: lower case, accents dropped, dots for spaces.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SignInName(String);

/// The shortest and the longest sign-in name.
const SHORTEST: usize = 3;
const LONGEST: usize = 40;

impl SignInName {
    /// Accepts letters, digits, dots, hyphens and underscores, at least one of them a letter.
    pub fn parse(text: &str) -> Option<Self> {
        let words: Vec<String> = text.split_whitespace().map(folded).collect();
        let name = words.join(".");
        let plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
        let long = (SHORTEST..=LONGEST).contains(&name.chars().count());
        (long && name.chars().all(plain) && name.chars().any(char::is_alphabetic)).then_some(Self(name))
    }

    /// A name to begin with for a person, such as `peter.smith`; nothing for names that hold no letters.
    pub fn suggested(name: &str) -> Option<Self> {
        let words = super::names::words(name);
        let name: String = words.join(".").chars().take(LONGEST).collect();
        Self::parse(name.trim_end_matches('.'))
    }

    /// The same with a number, where somebody else has it.
    #[must_use]
    pub fn numbered(&self, number: usize) -> Self {
        let stem: String = self.0.chars().take(LONGEST - 4).collect();
        Self(format!("{stem}{number}"))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One word without what people write differently.
fn folded(word: &str) -> String {
    use unicode_normalization::UnicodeNormalization as _;
    use unicode_normalization::char::is_combining_mark;
    word.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect()
}

/// With what somebody signs in.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Login {
    Email(EmailAddress),
    Name(SignInName),
}

impl Login {
    /// What has an `@` is an address, all else a name.
    pub fn parse(text: &str) -> Option<Self> {
        if is_address(text) {
            EmailAddress::parse(text).map(Self::Email)
        } else {
            SignInName::parse(text).map(Self::Name)
        }
    }

    pub fn as_str(&self) -> &str {
        match self {
            Self::Email(email) => email.as_str(),
            Self::Name(name) => name.as_str(),
        }
    }
}

impl fmt::Display for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whether this is the address of somebody who can be written to, rather than a sign-in name.
pub fn is_address(login: &str) -> bool {
    login.contains('@')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_however_it_is_typed() {
        for typed in ["peter.smith", " Peter Smith ", "PÉTER  smith"] {
            assert_eq!(SignInName::parse(typed).unwrap().as_str(), "peter.smith", "{typed}");
        }
        assert_eq!(SignInName::suggested("Mrs. Zoë O’Neill-Łukasz").unwrap().as_str(), "zoe.oneill.lukasz");
        assert_eq!(SignInName::suggested("X"), None);
    }

    #[test]
    fn a_name_is_never_an_address_and_never_nonsense() {
        let long = "x".repeat(41);
        for typed in ["", "ab", "123", "...", "peter@smith", "<b>peter", "pet\u{0}er", long.as_str()] {
            assert_eq!(SignInName::parse(typed), None, "{typed:?}");
        }
        assert!(matches!(Login::parse("Peter@Family.example"), Some(Login::Email(_))));
        assert!(matches!(Login::parse("Peter Smith"), Some(Login::Name(_))));
    }
}
