//! Codes that stand on paper and are typed by hand: made, grouped for the eye, and read however they were typed.
//!
//! Deliberately knows neither what a code opens nor how often one may be tried (see `domain::accounts`).

use super::secret::{NoRandomness, Secret, random_bytes};

/// No two of these are mistaken for each other: of each pair such as O and 0, or B and 8, at most one is here.
const LETTERS: &[u8; 27] = b"ACDEFGHJKMNPQRTVWXY23456789";
/// 18 letters of 27 are 85 bits, which nobody guesses, so that a plain hash is enough.
const LENGTH: usize = 18;
/// Letters that stand together.
const GROUP: usize = 3;
/// The largest multiple of the alphabet that a byte holds: what is above would make some letters likelier.
const FAIR: u8 = 243;

/// A new code, without its hyphens.
///
/// # Errors
/// When the operating system has no randomness to give.
pub fn random_code() -> Result<Secret, NoRandomness> {
    let mut code = String::with_capacity(LENGTH);
    while code.len() < LENGTH {
        let bytes = random_bytes::<32>()?;
        let fair = bytes.iter().filter(|byte| **byte < FAIR);
        let letters = fair.filter_map(|byte| LETTERS.get(usize::from(*byte) % LETTERS.len()));
        code.extend(letters.take(LENGTH - code.len()).map(|letter| char::from(*letter)));
    }
    Ok(Secret::new(code))
}

/// As it is printed: `ACD-EFG-HJK-MNP-QRT-VWX`.
pub fn grouped(code: &Secret) -> String {
    let letters: Vec<char> = code.reveal().chars().collect();
    letters.chunks(GROUP).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

/// What somebody typed, as it is kept: case, spaces and hyphens do not matter, and a letter that is never printed
/// is read as the one it looks like. `None` for what cannot be a code.
pub fn read(typed: &str) -> Option<Secret> {
    let letter = |c: char| match c.to_ascii_uppercase() {
        'B' => '8',
        'S' => '5',
        'Z' => '2',
        'U' => 'V',
        c => c,
    };
    let spaces = |c: &char| !c.is_whitespace() && !matches!(c, '-' | '.' | '_' | '\u{2010}'..='\u{2015}');
    let code: String = typed.chars().filter(spaces).map(letter).take(LENGTH + 1).collect();
    let known = |c: char| u8::try_from(c).is_ok_and(|byte| LETTERS.contains(&byte));
    (code.chars().count() == LENGTH && code.chars().all(known)).then(|| Secret::new(code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_however_it_is_typed() {
        let code = random_code().unwrap();
        let printed = grouped(&code);
        assert_eq!(printed.len(), 23, "{printed}");
        for typed in [
            printed.clone(),
            printed.to_lowercase(),
            printed.replace('-', " "),
            format!("  {}  ", code.reveal()),
            printed.replace('8', "b").replace('5', "S").replace('2', "z").replace('V', "u"),
        ] {
            assert_eq!(read(&typed).as_ref(), Some(&code), "{typed}");
        }
    }

    #[test]
    fn what_cannot_be_a_code_is_none() {
        for typed in
            ["", "ACD-EFG", "ACD-EFG-HJK-MNP-QRT-VWX-Y", "ÄCD-EFG-HJK-MNP-QRT-VWX", "OCD-EFG-HJK-MNP-QRT-VWX"]
        {
            assert_eq!(read(typed), None, "{typed}");
        }
    }

    #[test]
    fn codes_use_the_whole_alphabet_and_differ() {
        let codes: Vec<String> = (0..60).map(|_| random_code().unwrap().reveal().to_owned()).collect();
        let all: std::collections::BTreeSet<char> = codes.iter().flat_map(|code| code.chars()).collect();
        assert_eq!(all.len(), LETTERS.len());
        let different: std::collections::BTreeSet<&String> = codes.iter().collect();
        assert_eq!(different.len(), codes.len());
    }
}
