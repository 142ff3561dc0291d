//! A telephone number in the one form that programs dial: `+` and 7 to 15 digits (E.164). Checked for its form only.

use std::fmt;

/// `+441134960000`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Phone(String);

impl Phone {
    /// Reads what a person types: spaces, hyphens, dots and brackets do not count, and a number that begins with nought
    /// is one of the United Kingdom.
    pub fn parse(text: &str) -> Option<Self> {
        let plain: String = text.chars().filter(|c| !c.is_whitespace() && !"-.()".contains(*c)).collect();
        let full = match (plain.strip_prefix("00"), plain.strip_prefix('0')) {
            (Some(rest), _) => format!("+{rest}"),
            (None, Some(rest)) => format!("+44{rest}"),
            (None, None) => plain,
        };
        let digits = full.strip_prefix('+')?;
        let fits = (6..=15).contains(&digits.len())
            && digits.chars().all(|c| c.is_ascii_digit())
            && !digits.starts_with('0');
        fits.then_some(Self(full))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Phone;

    #[test]
    fn what_people_type_becomes_the_form_that_is_dialled() {
        let read = |text: &str| Phone::parse(text).map(|one| one.to_string());
        assert_eq!(read("0113 496 0000").as_deref(), Some("+441134960000"));
        assert_eq!(read("+44 (7700) 900-123").as_deref(), Some("+447700900123"));
        assert_eq!(read("0044 7700 900123").as_deref(), Some("+447700900123"));
        for text in ["", "12345", "+0441134960000", "+44113496000012345", "call me", "+44 113 x"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
