//! How alike two folded words are: one edit apart, Jaro-Winkler, and by sound.
//!
//! Works on bytes without allocating; words beyond 64 bytes are compared by their first 64.

/// Whether one letter added, dropped, changed, or two neighbours swapped, turns one word into the other.
pub fn within_one_edit(a: &[u8], b: &[u8]) -> bool {
    if a.len().abs_diff(b.len()) > 1 {
        return false;
    }
    let same = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let (Some(a), Some(b)) = (a.get(same..), b.get(same..)) else { return false };
    match (a, b) {
        ([], _) | (_, []) => true,
        ([_, rest_a @ ..], [_, rest_b @ ..]) if a.len() == b.len() => rest_a == rest_b || swapped(a, b),
        ([_, rest @ ..], _) if a.len() > b.len() => rest == b,
        (_, [_, rest @ ..]) => a == rest,
    }
}

/// Whether the first two letters have changed places and the rest is equal.
fn swapped(a: &[u8], b: &[u8]) -> bool {
    match (a.split_first_chunk::<2>(), b.split_first_chunk::<2>()) {
        (Some(([one, two], rest_a)), Some((start_b, rest_b))) => start_b == &[*two, *one] && rest_a == rest_b,
        _ => false,
    }
}

/// Jaro-Winkler likeness from 0 to 1 (prefix scale 0.1, at most four letters).
pub fn jaro_winkler(a: &[u8], b: &[u8]) -> f32 {
    let a = a.get(..64).unwrap_or(a);
    let b = b.get(..64).unwrap_or(b);
    let jaro = jaro(a, b);
    let prefix = a.iter().zip(b).take(4).take_while(|(x, y)| x == y).count();
    jaro + 0.1 * small(prefix) * (1.0 - jaro)
}

fn jaro(a: &[u8], b: &[u8]) -> f32 {
    let reach = (a.len().max(b.len()) / 2).saturating_sub(1);
    let mut taken = 0_u64;
    let mut matched = [0_u8; 64];
    let mut slots = matched.iter_mut();
    let mut matches = 0_usize;
    for (at, letter) in a.iter().enumerate() {
        let from = at.saturating_sub(reach);
        let hit = b
            .iter()
            .enumerate()
            .skip(from)
            .take(at + reach + 1 - from)
            .find(|(place, other)| *other == letter && taken >> place & 1 == 0);
        if let Some((place, _)) = hit
            && let Some(slot) = slots.next()
        {
            taken |= 1 << place;
            *slot = *letter;
            matches += 1;
        }
    }
    if matches == 0 {
        return 0.0;
    }
    let in_b = b.iter().enumerate().filter(|(place, _)| taken >> place & 1 == 1).map(|(_, letter)| letter);
    let crossed = matched.iter().take(matches).zip(in_b).filter(|(x, y)| x != y).count();
    let m = small(matches);
    (m / small(a.len()) + m / small(b.len()) + (m - small(crossed / 2)) / m) / 3.0
}

fn small(count: usize) -> f32 {
    u8::try_from(count).map_or(255.0, f32::from)
}

/// Which of the letters a to z occur, one bit each; anything else shares the last bits.
pub fn letters(word: &[u8]) -> u32 {
    word.iter().fold(0, |set, byte| {
        let bit = if byte.is_ascii_lowercase() { u32::from(byte - b'a') } else { 26 + u32::from(byte % 6) };
        set | 1 << bit
    })
}

/// Soundex, packed: the first byte, then up to three codes of four bits. Zero for an empty word.
pub fn soundex(word: &[u8]) -> u32 {
    let Some(first) = word.first() else { return 0 };
    let mut packed = u32::from(*first);
    let mut codes = 0;
    let mut last = code(*first);
    for byte in word.iter().skip(1) {
        let now = code(*byte);
        if now > 0 && now != last && codes < 3 {
            packed = packed << 4 | now;
            codes += 1;
        }
        if !matches!(byte, b'h' | b'w') {
            last = now;
        }
    }
    packed << (4 * (3 - codes))
}

fn code(byte: u8) -> u32 {
    match byte {
        b'b' | b'f' | b'p' | b'v' => 1,
        b'c' | b'g' | b'j' | b'k' | b'q' | b's' | b'x' | b'z' => 2,
        b'd' | b't' => 3,
        b'l' => 4,
        b'm' | b'n' => 5,
        b'r' => 6,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_edit_is_one_letter_or_one_swap() {
        for (a, b) in [
            ("ann", "anne"),
            ("smith", "smyth"),
            ("brian", "brain"),
            ("smith", "mith"),
            ("ab", "ba"),
            ("", "a"),
            ("same", "same"),
        ] {
            assert!(within_one_edit(a.as_bytes(), b.as_bytes()), "{a} {b}");
            assert!(within_one_edit(b.as_bytes(), a.as_bytes()), "{b} {a}");
        }
        for (a, b) in [("ann", "annie"), ("smith", "smtyj"), ("abcd", "badc"), ("cat", "dog"), ("", "ab")] {
            assert!(!within_one_edit(a.as_bytes(), b.as_bytes()), "{a} {b}");
            assert!(!within_one_edit(b.as_bytes(), a.as_bytes()), "{b} {a}");
        }
    }

    #[test]
    fn jaro_winkler_gives_the_published_values() {
        for (a, b, expected) in [
            ("martha", "marhta", 0.961),
            ("dixon", "dicksonx", 0.813),
            ("dwayne", "duane", 0.84),
            ("same", "same", 1.0),
            ("abc", "xyz", 0.0),
            ("", "", 0.0),
        ] {
            assert!((jaro_winkler(a.as_bytes(), b.as_bytes()) - expected).abs() < 0.001, "{a} {b}");
        }
        let long = [b'a'; 500];
        assert!(jaro_winkler(&long, &long) > 0.999);
    }

    #[test]
    fn names_that_sound_alike_share_a_code() {
        for (a, b) in [("robert", "rupert"), ("smith", "smyth"), ("ashcraft", "ashcroft"), ("lee", "leigh")] {
            let equal = soundex(a.as_bytes()) == soundex(b.as_bytes());
            assert_eq!(equal, a != "lee", "{a} {b}");
        }
        assert_ne!(soundex(b"smith"), soundex(b"jones"));
    }
}
