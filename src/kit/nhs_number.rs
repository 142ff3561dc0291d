//! NHS numbers: reading them however they were typed, telling real ones from faulty ones, and showing them.
//!
//! Knows the shape and the check digit only. It does not ask any service whether a number was issued, and
//! it never decides whether two people are the same.

use std::fmt;

/// A number of ten digits whose check digit is right and which is no known placeholder.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NhsNumber([u8; 10]);

/// Why a text is not an NHS number that can be relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Fault {
    /// Nothing was entered, or words such as "N/A".
    Missing,
    /// Too few or too many digits, or letters among them.
    WrongShape,
    /// One digit ten times: `1111111111` would pass the check.
    AllEqual,
    /// A number that people type to get past a form, such as 9876543210.
    Placeholder,
    /// The last digit does not follow from the first nine (modulus 11).
    CheckDigit,
}

impl Fault {
    /// The fault in words, to follow "The NHS number ".
    pub fn words(self) -> &'static str {
        match self {
            Self::Missing => "is missing",
            Self::WrongShape => "does not have ten digits",
            Self::AllEqual => "is one digit repeated, not a real number",
            Self::Placeholder => "is a made-up number, not a real one",
            Self::CheckDigit => "has a mistyped digit (its check digit is wrong)",
        }
    }
}

impl NhsNumber {
    /// Reads a number as written: spaces of any kind, hyphens and dots between the digits are allowed.
    pub fn parse(written: &str) -> Result<Self, Fault> {
        let digits = Digits::read(written).ok_or_else(|| shape_fault(written))?;
        digits.number()
    }

    /// The ten digits without spaces, as they are stored and sent.
    pub fn plain(self) -> String {
        self.0.iter().map(|d| char::from(b'0' + d)).collect()
    }

    /// The last four digits, for messages that must not show the whole number.
    pub fn ends(self) -> String {
        self.0.iter().skip(6).map(|d| char::from(b'0' + d)).collect()
    }

    /// Numbers that begin 999 are never issued: they are kept for testing, and deserve a warning on a
    /// live system.
    pub fn is_test_range(self) -> bool {
        self.0.starts_with(&[9, 9, 9])
    }
}

/// 3-3-4 with no-break spaces, so that a number never breaks over two lines.
impl fmt::Display for NhsNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, digit) in self.0.iter().enumerate() {
            if at == 3 || at == 6 {
                f.write_str("\u{a0}")?;
            }
            write!(f, "{digit}")?;
        }
        Ok(())
    }
}

/// Ends only: a whole number must not reach a log by way of `{:?}`.
impl fmt::Debug for NhsNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NhsNumber(…{})", self.ends())
    }
}

/// One to fifteen digits as written, right or wrong: what two faulty numbers are compared by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digits {
    /// Four bits a digit, the last digit lowest.
    packed: u64,
    len: u32,
}

impl Digits {
    /// The digits of a text that holds nothing but digits, spaces, hyphens and dots; `None` for anything else.
    pub fn read(written: &str) -> Option<Self> {
        let mut packed = 0_u64;
        let mut len = 0_u32;
        for c in written.chars() {
            if let Some(digit) = c.to_digit(10) {
                if len == 15 {
                    return None;
                }
                packed = (packed << 4) | u64::from(digit);
                len += 1;
            } else if !is_separator(c) {
                return None;
            }
        }
        (len > 0).then_some(Self { packed, len })
    }

    /// How many digits were written.
    pub fn len(self) -> u32 {
        self.len
    }

    /// Never true of digits that were read; here because a length asks for it.
    pub fn is_empty(self) -> bool {
        self.len == 0
    }

    /// Four bits a digit, the last digit lowest.
    pub fn packed(self) -> u64 {
        self.packed
    }

    /// The last four digits as text (fewer when fewer were written).
    pub fn ends(self) -> String {
        let shown = self.len.min(4);
        let mask = (1_u64 << (4 * shown)) - 1;
        format!("{:0width$x}", self.packed & mask, width = usize::try_from(shown).unwrap_or(4))
    }

    /// The number, if these digits are a real one.
    pub fn number(self) -> Result<NhsNumber, Fault> {
        if self.len != 10 {
            return Err(Fault::WrongShape);
        }
        let mut digits = [0_u8; 10];
        for (place, slot) in digits.iter_mut().rev().enumerate() {
            *slot = u8::try_from((self.packed >> (4 * place)) & 0xF).unwrap_or(0);
        }
        let [first, rest @ ..] = &digits;
        if rest.iter().all(|d| d == first) {
            return Err(Fault::AllEqual);
        }
        if matches!(self.packed, 0x12_3456_7890 | 0x01_2345_6789 | 0x98_7654_3210) {
            return Err(Fault::Placeholder);
        }
        if check_digit_is_right(&digits) { Ok(NhsNumber(digits)) } else { Err(Fault::CheckDigit) }
    }
}

fn is_separator(c: char) -> bool {
    c.is_whitespace()
        || matches!(
            c,
            '.' | '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{200b}' | '\u{feff}' | '\u{2060}'
        )
}

fn shape_fault(written: &str) -> Fault {
    if written.chars().any(|c| c.is_ascii_digit()) { Fault::WrongShape } else { Fault::Missing }
}

/// Modulus 11: the nine first digits weigh 10 down to 2; 11 less the remainder is the check digit, 11 being
/// written 0, and a result of 10 meaning that the number does not exist.
fn check_digit_is_right(digits: &[u8; 10]) -> bool {
    let [body @ .., check] = digits;
    let sum: u32 = body.iter().zip((2_u32..=10).rev()).map(|(d, weight)| u32::from(*d) * weight).sum();
    let expected = (11 - sum % 11) % 11;
    expected == u32::from(*check)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_however_it_was_typed() {
        for written in [
            "9434765919",
            "943 476 5919",
            "943-476-5919",
            " 943\u{a0}476\u{a0}5919 ",
            "943\u{2011}476.5919",
            "\u{feff}9434765919",
        ] {
            let number = NhsNumber::parse(written).unwrap();
            assert_eq!(number.plain(), "9434765919", "{written:?}");
            assert_eq!(number.to_string(), "943\u{a0}476\u{a0}5919");
            assert_eq!(number.ends(), "5919");
            assert_eq!(format!("{number:?}"), "NhsNumber(…5919)");
        }
    }

    #[test]
    fn a_number_that_is_not_real_says_why() {
        let cases = [
            ("", Fault::Missing),
            ("N/A", Fault::Missing),
            ("unknown", Fault::Missing),
            ("943476591", Fault::WrongShape),
            ("94347659190", Fault::WrongShape),
            ("94347659190943476591909434765919", Fault::WrongShape),
            ("943476591O", Fault::WrongShape),
            ("9434765918", Fault::CheckDigit),
            ("4943765919", Fault::CheckDigit),
            ("0000000000", Fault::AllEqual),
            ("9999999999", Fault::AllEqual),
            ("1234567890", Fault::Placeholder),
            ("0123456789", Fault::Placeholder),
            ("987 654 3210", Fault::Placeholder),
        ];
        for (written, fault) in cases {
            assert_eq!(NhsNumber::parse(written), Err(fault), "{written:?}");
        }
    }

    #[test]
    fn every_single_mistyped_digit_and_every_swap_of_neighbours_is_noticed() {
        let right = *b"9434765919";
        for at in 0..10 {
            for digit in b'0'..=b'9' {
                let mut typed = right;
                typed[at] = digit;
                let text = String::from_utf8(typed.to_vec()).unwrap();
                assert_eq!(NhsNumber::parse(&text).is_ok(), typed == right, "{text}");
            }
            if at < 9 && right[at] != right[at + 1] {
                let mut typed = right;
                typed.swap(at, at + 1);
                assert!(NhsNumber::parse(std::str::from_utf8(&typed).unwrap()).is_err());
            }
        }
    }

    #[test]
    fn the_test_range_is_known() {
        assert!(NhsNumber::parse("999 000 0018").is_ok_and(NhsNumber::is_test_range));
        assert!(NhsNumber::parse("9434765919").is_ok_and(|n| !n.is_test_range()));
    }

    #[test]
    fn ends_of_faulty_digits_keep_their_zeros() {
        assert_eq!(Digits::read("9990000").unwrap().ends(), "0000");
        assert_eq!(Digits::read("12").unwrap().ends(), "12");
        assert_eq!(Digits::read("12a"), None);
    }
}
