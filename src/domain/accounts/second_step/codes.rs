//! The codes themselves: those of an authenticator app by the time, and recovery codes. Pure: keys and times
//! come in, codes and verdicts go out.

use chrono::NaiveDateTime;
use totp_rs::{Builder, Totp};

use crate::domain::Refusal;
use crate::kit::ids::AccountId;
use crate::kit::secret::{NoRandomness, Secret, fingerprint, random_bytes};

/// What an authenticator app needs to know.
#[derive(Debug)]
pub struct Key {
    /// In groups of four, to be typed.
    pub typed: Secret,
    /// The address in the code to be scanned.
    pub address: Secret,
}

/// Letters and digits that are not mistaken for each other: i, l, o and u are missing.
const LETTERS: &[u8] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// Letters of a recovery code: 80 bits, which nobody guesses, so that a plain hash is enough.
const LENGTH: usize = 16;
/// Recovery codes a person gets.
const CODES: usize = 10;

/// 160 random bits in base 32.
pub(super) fn new_key() -> Result<Secret, NoRandomness> {
    const BASE_32: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    letters::<32>(BASE_32)
}

/// `N` letters of an alphabet of 32.
fn letters<const N: usize>(alphabet: &[u8]) -> Result<Secret, NoRandomness> {
    let letter = |byte: &u8| alphabet.get(usize::from(byte % 32)).copied().map_or('0', char::from);
    Ok(Secret::new(random_bytes::<N>()?.iter().map(letter).collect::<String>()))
}

pub(super) fn key(secret: &Secret, email: &str) -> Result<Key, Refusal> {
    let address = totp(secret, email)?.to_url().map_err(broken)?;
    Ok(Key { typed: Secret::new(grouped(secret.reveal())), address: Secret::new(address) })
}

/// The step of the clock whose code was typed: this one, the one before or the one after.
pub(super) fn matching(secret: &Secret, typed: &str, now: NaiveDateTime) -> Result<Option<i64>, Refusal> {
    let digits = plain(typed);
    if digits.len() != 6 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(None);
    }
    let seconds = u64::try_from(now.and_utc().timestamp()).unwrap_or(0);
    let step = totp(secret, "")?.check(&digits, seconds);
    Ok(step.and_then(|step| i64::try_from(step).ok()))
}

fn totp(secret: &Secret, email: &str) -> Result<Totp, Refusal> {
    let secret = totp_rs::Secret::try_from_base32(secret.reveal()).map_err(broken)?;
    // A colon would end the name.
    let name = email.replace(':', " ");
    let builder = Builder::new().with_secret(secret).with_account_name(name);
    builder.with_issuer(Some("Kinbridge")).build().map_err(broken)
}

fn broken(cause: impl std::fmt::Display) -> Refusal {
    Refusal::Broken(cause.to_string())
}

pub(super) fn new_recovery_codes() -> Result<Vec<Secret>, NoRandomness> {
    (0..CODES).map(|_| letters::<LENGTH>(LETTERS)).collect()
}

/// How a recovery code is kept: bound to its account, and however it was typed.
pub(super) fn recovery_hash(account: AccountId, typed: &Secret) -> String {
    let read = |c: char| match c.to_ascii_lowercase() {
        'o' => '0',
        'i' | 'l' => '1',
        c => c,
    };
    let code: String = plain(typed.reveal()).chars().map(read).collect();
    fingerprint(&format!("recovery|{account}|{code}"))
}

/// Without the spaces and strokes that people type between groups.
fn plain(typed: &str) -> String {
    typed.chars().filter(|c| !c.is_whitespace() && !"-–.".contains(*c)).take(64).collect()
}

/// In groups of four, easier to read and to type.
pub fn grouped(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    letters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key of RFC 6238, `12345678901234567890`.
    const RFC: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

    fn at(seconds: i64) -> NaiveDateTime {
        chrono::DateTime::from_timestamp(seconds, 0).unwrap().naive_utc()
    }

    #[test]
    fn the_codes_are_those_of_the_standard() {
        let secret = Secret::new(RFC);
        for (seconds, code) in [(59, "287082"), (1_111_111_109, "081804"), (2_000_000_000, "279037")] {
            let step = matching(&secret, code, at(seconds)).unwrap();
            assert_eq!(step, Some(seconds / 30), "{code}");
        }
    }

    #[test]
    fn a_code_is_good_one_step_before_and_after_and_however_it_is_typed() {
        let secret = Secret::new(RFC);
        for (seconds, good) in [(0, true), (30, true), (59, true), (60, true), (89, true), (90, false)] {
            assert_eq!(matching(&secret, "287082", at(seconds)).unwrap().is_some(), good, "{seconds}");
        }
        for typed in ["287 082", " 287082 ", "28 70 82", "287-082", "287\u{a0}082"] {
            assert_eq!(matching(&secret, typed, at(59)).unwrap(), Some(1), "{typed}");
        }
        for typed in ["", "287083", "28708", "2870820", "２８７０８２", "287082x", "-287082e"] {
            let verdict = matching(&secret, typed, at(59)).unwrap();
            assert_eq!(verdict, None, "{typed}");
        }
    }

    #[test]
    fn keys_and_recovery_codes_are_random_and_readable() {
        let key = new_key().unwrap();
        assert_eq!(key.reveal().len(), 32);
        let shown = super::key(&key, "mary@willow.example").unwrap();
        assert_eq!(shown.typed.reveal().split(' ').count(), 8);
        let address = shown.address.reveal();
        assert!(address.starts_with("otpauth://totp/Kinbridge:mary"), "{address}");
        assert!(address.contains(&format!("secret={}", key.reveal())), "{address}");
        let codes = new_recovery_codes().unwrap();
        let distinct: std::collections::HashSet<&str> = codes.iter().map(Secret::reveal).collect();
        assert_eq!((codes.len(), distinct.len()), (10, 10));
        let (one, two) = (AccountId(1), AccountId(2));
        let code = Secret::new("0123 abcd efgh jkmn");
        let same = Secret::new("oI23-ABCD efgh-jkmn");
        assert_eq!(recovery_hash(one, &code), recovery_hash(one, &same));
        assert_ne!(recovery_hash(one, &code), recovery_hash(two, &code));
    }
}
