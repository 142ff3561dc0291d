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

/// A number as people read it: those of the United Kingdom with their nought and spaces, `0113 496 0000`; what is none
/// of them as it is.
pub fn for_people(number: &str) -> String {
    let Some(local) = number.strip_prefix("+44").filter(|rest| rest.len() == 10 && rest.is_ascii()) else {
        return number.to_owned();
    };
    let (area, middle) = match local.as_bytes() {
        [b'2', ..] => (2, 4),
        [b'1', b'1', ..] | [b'1', _, b'1', ..] | [b'3' | b'8' | b'9', ..] => (3, 3),
        _ => (4, 0),
    };
    let (area, rest) = local.split_at(area);
    match rest.split_at(middle) {
        ("", rest) => format!("0{area} {rest}"),
        (middle, rest) => format!("0{area} {middle} {rest}"),
    }
}

impl fmt::Display for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::{Phone, for_people};

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

    #[test]
    fn a_number_is_spaced_as_people_write_it() {
        for (number, words) in [
            ("+441134960000", "0113 496 0000"),
            ("+442079460018", "020 7946 0018"),
            ("+441423496000", "01423 496000"),
            ("+441214960000", "0121 496 0000"),
            ("+447700900123", "07700 900123"),
            ("+443001234567", "0300 123 4567"),
            ("+33123456789", "+33123456789"),
            ("", ""),
        ] {
            assert_eq!(for_people(number), words);
        }
    }
}
