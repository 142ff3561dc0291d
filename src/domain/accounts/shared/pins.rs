//! Which PINs are refused: those that somebody tries who looks over a shoulder or guesses. Pure.

use crate::kit::secret::Secret;

const SHORTEST: usize = 6;
const LONGEST: usize = 12;

/// The PIN in the form that is hashed, or what is wrong with it.
///
/// # Errors
/// A sentence for the person who typed it.
pub fn fit(typed: &Secret) -> Result<Secret, &'static str> {
    let digits: Vec<u8> = typed.reveal().trim().bytes().collect();
    if !(SHORTEST..=LONGEST).contains(&digits.len()) || !digits.iter().all(u8::is_ascii_digit) {
        return Err("Use 6 to 12 digits.");
    }
    if is_run(&digits) || repeats(&digits) {
        return Err(
            "This PIN is easy to guess. Do not use a row such as 123456, or a repeated part such as 121212.",
        );
    }
    Ok(Secret::new(typed.reveal().trim()))
}

/// Counting up or down, also over 9 and 0.
fn is_run(digits: &[u8]) -> bool {
    let step = |by: u8| {
        let next = |one: u8| b'0' + (one - b'0' + by) % 10;
        digits.iter().zip(digits.iter().skip(1)).all(|(one, other)| next(*one) == *other)
    };
    step(1) || step(9)
}

/// The same one, two, three or four digits again and again.
fn repeats(digits: &[u8]) -> bool {
    let periodic = |period: usize| digits.iter().zip(digits.iter().skip(period)).all(|(a, b)| a == b);
    (1..=4).any(|period| digits.len() >= period + 2 && periodic(period) && digits.len() > period)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pins_that_everybody_tries_are_refused() {
        for (pin, good) in [
            ("482913", true),
            (" 482913 ", true),
            ("48291", false),
            ("4829130000000", false),
            ("48291a", false),
            ("123456", false),
            ("890123", false),
            ("987654", false),
            ("111111", false),
            ("121212", false),
            ("123123", false),
            ("198403", true),
        ] {
            assert_eq!(fit(&Secret::new(pin)).is_ok(), good, "{pin}");
        }
    }
}
