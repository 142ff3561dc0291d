//! NHS numbers as residents keep them: ten digits where ten digits were written, anything else as it came.

use crate::kit::nhs_number::{Fault, NhsNumber};

/// What is stored for a typed number.
pub fn keep(typed: &str) -> String {
    let real = NhsNumber::parse(typed).ok().map(NhsNumber::plain);
    real.or_else(|| ten_digits(typed)).unwrap_or_else(|| crate::domain::organisations::one_line(typed))
}

/// What is wrong with a stored number, to follow "The NHS number "; nothing for none or a real one.
pub fn fault(stored: &str) -> Option<&'static str> {
    if stored.is_empty() { None } else { NhsNumber::parse(stored).err().map(Fault::words) }
}

/// A number that is not real is kept in the same shape, so that it is found and shown like one.
fn ten_digits(written: &str) -> Option<String> {
    let kept: String = written.chars().filter(|c| !c.is_whitespace() && !matches!(c, '-' | '.')).collect();
    (kept.len() == 10 && kept.chars().all(|c| c.is_ascii_digit())).then_some(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_kept_without_spaces_and_faults_are_named() {
        assert_eq!(keep(" 943 476-5919 "), "9434765919");
        assert_eq!(keep("943 476 5918"), "9434765918");
        assert_eq!(keep(" not   known"), "not known");
        assert_eq!(fault("9434765919"), None);
        assert_eq!(fault(""), None);
        assert!(fault("9434765918").is_some_and(|words| words.contains("mistyped")));
        assert!(fault("1111111111").is_some());
        assert!(fault("943476591").is_some());
    }
}
