//! Values that must not be printed, and how random ones are made and fingerprinted.
//!
//! Deliberately holds no encryption (see `sealed`) and no password hashing (see `domain::accounts`).

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use rand::{TryRng, rngs::SysRng};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// Text that shows as `…` wherever it is formatted; [`Secret::reveal`] is the only way to its content.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The last four characters, which screens may show to tell secrets apart.
    pub fn ends_with(&self) -> String {
        let skip = self.0.chars().count().saturating_sub(4);
        self.0.chars().skip(skip).collect()
    }

    /// Compares in a time that does not depend on where the texts differ.
    pub fn is(&self, other: &str) -> bool {
        self.0.as_bytes().ct_eq(other.as_bytes()).into()
    }
}

impl<'de> serde::Deserialize<'de> for Secret {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from).map(Self::new)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

/// `N` bytes from the operating system's generator.
///
/// # Errors
/// When the operating system has no randomness to give, which stops whatever was being made.
pub fn random_bytes<const N: usize>() -> Result<[u8; N], NoRandomness> {
    let mut bytes = [0; N];
    SysRng.try_fill_bytes(&mut bytes).map_err(|cause| NoRandomness(cause.to_string()))?;
    Ok(bytes)
}

/// A new secret of 256 bits in hexadecimal: session tokens, activation links.
pub fn random_token() -> Result<Secret, NoRandomness> {
    Ok(Secret::new(hex(&random_bytes::<32>()?)))
}

/// A random version 4 UUID as text: the shape that Nourish's token box is most likely to accept
/// (assumed; 122 random bits).
pub fn random_uuid() -> Result<Secret, NoRandomness> {
    let mut bytes = random_bytes::<16>()?;
    let [_, _, _, _, _, _, version, _, variant, ..] = &mut bytes;
    *version = *version & 0x0f | 0x40;
    *variant = *variant & 0x3f | 0x80;
    let text = hex(&bytes);
    let parts = [0..8, 8..12, 12..16, 16..20, 20..32].map(|range| text.get(range).unwrap_or_default());
    Ok(Secret::new(parts.join("-")))
}

#[derive(Debug, thiserror::Error)]
#[error("the operating system gave no randomness")]
pub struct NoRandomness(String);

/// SHA-256 in hexadecimal: how tokens are stored, so that a stolen database holds none.
pub fn fingerprint(text: &str) -> String {
    fingerprint_of(text.as_bytes())
}

/// The same of bytes: what a file is known by.
pub fn fingerprint_of(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// HMAC-SHA-256 in hexadecimal.
pub fn keyed_fingerprint(key: &str, text: &str) -> String {
    keyed_digest(key.as_bytes(), text)
        .map_or_else(|| fingerprint(&format!("{key}|{text}")), |digest| hex(&digest))
}

/// HMAC-SHA-256; there is one for a key of any length.
pub fn keyed_digest(key: &[u8], text: &str) -> Option<Vec<u8>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    mac.update(text.as_bytes());
    Some(mac.finalize().into_bytes().to_vec())
}

pub fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Reads hexadecimal; `None` for anything else.
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok()).collect()
}
