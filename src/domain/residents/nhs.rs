//! NHS numbers as residents keep them: ten digits where ten digits were written, anything else as it came.

/// What is stored for a typed number.
pub fn keep(typed: &str) -> String {
    match digits(typed) {
        Some(digits) => digits,
        None => crate::domain::organisations::one_line(typed),
    }
}

/// What is wrong with a stored number, to follow "The NHS number "; nothing for none or a real one.
pub fn fault(stored: &str) -> Option<&'static str> {
    if stored.is_empty() {
        return None;
    }
    let Some(digits) = digits(stored) else { return Some("does not have ten digits") };
    let values: Vec<u32> = digits.chars().filter_map(|c| c.to_digit(10)).collect();
    let first = values.first().copied().unwrap_or_default();
    if values.iter().all(|value| *value == first) {
        return Some("is one digit repeated, not a real number");
    }
    let sum: u32 = values.iter().take(9).zip((2..=10).rev()).map(|(value, weight)| value * weight).sum();
    let right = values.last() == Some(&((11 - sum % 11) % 11));
    (!right).then_some("has a mistyped digit (its check digit is wrong)")
}

fn digits(written: &str) -> Option<String> {
    let kept: String = written.chars().filter(|c| !c.is_whitespace() && !matches!(c, '-' | '.')).collect();
    (kept.len() == 10 && kept.chars().all(|c| c.is_ascii_digit())).then_some(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_kept_without_spaces_and_faults_are_named() {
        assert_eq!(keep(" 943 476-5919 "), "9434765919");
        assert_eq!(keep(" not   known"), "not known");
        assert_eq!(fault("9434765919"), None);
        assert_eq!(fault(""), None);
        assert!(fault("9434765918").is_some_and(|words| words.contains("mistyped")));
        assert!(fault("1111111111").is_some());
        assert!(fault("943476591").is_some());
    }
}
