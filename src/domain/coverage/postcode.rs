//! A postcode as a person types it, in its one spelling. Checked for its form, not for whether it is in use.

use std::fmt;

/// `LS1 1AA`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Postcode {
    district: String,
    inward: String,
}

impl Postcode {
    /// Reads `ls11aa`, `LS1 1AA` and the like.
    pub fn parse(text: &str) -> Option<Self> {
        let plain: String =
            text.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_uppercase();
        if !plain.is_ascii() || !(5..=7).contains(&plain.len()) {
            return None;
        }
        let (district, inward) = plain.split_at(plain.len() - 3);
        (is_district(district) && is_inward(inward))
            .then(|| Self { district: district.to_owned(), inward: inward.to_owned() })
    }

    /// The part before the space.
    pub fn district(&self) -> &str {
        &self.district
    }
}

impl fmt::Display for Postcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.district, self.inward)
    }
}

/// One or two letters, a digit, and perhaps another digit or letter: `M1`, `LS12`, `W1A`.
pub(super) fn is_district(text: &str) -> bool {
    let letters = text.chars().take_while(char::is_ascii_uppercase).count();
    let rest: Vec<char> = text.chars().skip(letters).collect();
    (1..=2).contains(&letters)
        && match rest.as_slice() {
            [first] => first.is_ascii_digit(),
            [first, second] => first.is_ascii_digit() && second.is_ascii_alphanumeric(),
            _ => false,
        }
}

/// A digit and two letters; six letters are never used there.
fn is_inward(text: &str) -> bool {
    let letter = |c: &char| c.is_ascii_uppercase() && !"CIKMOV".contains(*c);
    match text.chars().collect::<Vec<_>>().as_slice() {
        [digit, first, second] => digit.is_ascii_digit() && letter(first) && letter(second),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_postcode_has_one_spelling() {
        for (typed, written) in
            [("ls11aa", "LS1 1AA"), (" M1 1AE ", "M1 1AE"), ("W1A0AX", "W1A 0AX"), ("sw1a 1aa", "SW1A 1AA")]
        {
            assert_eq!(Postcode::parse(typed).map(|one| one.to_string()).as_deref(), Some(written));
        }
        for typed in ["", "LS1", "LS1 1A", "1LS 1AA", "LS1 CAA", "LSX1 1AA", "LS1 1AAA", "ÄS1 1AA"] {
            assert_eq!(Postcode::parse(typed), None, "{typed}");
        }
    }
}
