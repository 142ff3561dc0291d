//! Secrets at rest: XChaCha20-Poly1305 with a key ring that lives outside the database.
//!
//! A sealed value is `v1 | key id (4 bytes) | nonce (24 bytes) | ciphertext`, bound to the place it
//! was made for (table, organisation, row, column), so that a value copied to another row does not
//! open. Deliberately does not know where keys come from (see `config`).

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::secret::{NoRandomness, Secret, hex, random_bytes, unhex};

const VERSION: u8 = 1;
const KEY_ID: usize = 4;
const NONCE: usize = 24;

/// Keys, newest first: the first seals, all open. A rotation puts a new one in front.
#[derive(Clone)]
pub struct KeyRing(Vec<Key>);

#[derive(Clone)]
struct Key {
    id: [u8; KEY_ID],
    bytes: Zeroizing<[u8; 32]>,
}

impl KeyRing {
    /// Reads one key a line, 64 hexadecimal characters each, newest first; empty lines are skipped.
    pub fn parse(text: &str) -> Result<Self, BadKey> {
        let keys = text.lines().map(str::trim).filter(|line| !line.is_empty()).map(Key::parse);
        let keys = keys.collect::<Result<Vec<_>, _>>()?;
        if keys.is_empty() { Err(BadKey::None) } else { Ok(Self(keys)) }
    }

    /// A line for the key file: a new random key.
    pub fn new_line() -> Result<Secret, NoRandomness> {
        Ok(Secret::new(hex(&random_bytes::<32>()?)))
    }

    /// The first bytes of the newest key's hash, which name it without giving it away.
    pub fn newest(&self) -> String {
        self.0.first().map(|key| hex(&key.id)).unwrap_or_default()
    }

    /// How the hexadecimal text of a value begins that the newest key has sealed.
    pub fn beginning(&self) -> String {
        format!("{VERSION:02x}{}", self.newest())
    }

    pub fn seal(&self, binding: &str, secret: &Secret) -> Result<Vec<u8>, Unsealable> {
        let key = self.0.first().ok_or(Unsealable::NoKey)?;
        let nonce = random_bytes::<NONCE>()?;
        let payload = Payload { msg: secret.reveal().as_bytes(), aad: binding.as_bytes() };
        let sealed = key.cipher()?.encrypt(&XNonce::from(nonce), payload);
        let sealed = sealed.map_err(|_opaque| Unsealable::Refused)?;
        Ok([&[VERSION], key.id.as_slice(), &nonce, &sealed].concat())
    }

    /// # Errors
    /// A value of another place, another key ring or a damaged value does not open.
    pub fn open(&self, binding: &str, sealed: &[u8]) -> Result<Secret, Unsealable> {
        let (&VERSION, rest) = sealed.split_first().ok_or(Unsealable::Damaged)? else {
            return Err(Unsealable::Damaged);
        };
        let (id, rest) = rest.split_first_chunk::<KEY_ID>().ok_or(Unsealable::Damaged)?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE>().ok_or(Unsealable::Damaged)?;
        let key = self.0.iter().find(|key| key.id == *id).ok_or(Unsealable::NoKey)?;
        let payload = Payload { msg: sealed, aad: binding.as_bytes() };
        let opened = key.cipher()?.decrypt(&XNonce::from(*nonce), payload);
        let opened = opened.map_err(|_opaque| Unsealable::Refused)?;
        String::from_utf8(opened).map(Secret::new).map_err(|_bytes| Unsealable::Damaged)
    }

    /// Whether a value was sealed with the newest key, so that a rotation knows what is left.
    pub fn is_newest(&self, sealed: &[u8]) -> bool {
        let id = sealed.get(1..=KEY_ID);
        self.0.first().is_some_and(|key| id == Some(key.id.as_slice()))
    }
}

impl Key {
    fn parse(line: &str) -> Result<Self, BadKey> {
        let bytes = unhex(line).map(Zeroizing::new).ok_or(BadKey::NotHex)?;
        let bytes: [u8; 32] = bytes.as_slice().try_into().map_err(|_length| BadKey::Length(bytes.len()))?;
        if bytes.iter().all(|byte| Some(byte) == bytes.first()) {
            return Err(BadKey::Weak);
        }
        let mut id = [0; KEY_ID];
        id.iter_mut().zip(Sha256::digest(bytes)).for_each(|(to, from)| *to = from);
        Ok(Self { id, bytes: Zeroizing::new(bytes) })
    }

    fn cipher(&self) -> Result<XChaCha20Poly1305, Unsealable> {
        XChaCha20Poly1305::new_from_slice(self.bytes.as_slice()).map_err(|_length| Unsealable::NoKey)
    }
}

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum BadKey {
    #[error("it holds no key")]
    None,
    #[error("a key is 64 hexadecimal characters; this line has others")]
    NotHex,
    #[error("a key has 32 bytes (64 hexadecimal characters); this one has {0}")]
    Length(usize),
    #[error("this key is one byte repeated; make a random one with `kinbridge rotate-key --new`")]
    Weak,
}

#[derive(Debug, thiserror::Error)]
pub enum Unsealable {
    #[error("no key of the ring opens this value: the sealing key is not the one it was sealed with")]
    NoKey,
    #[error("the sealed value does not belong here or was changed")]
    Refused,
    #[error("the sealed value is damaged")]
    Damaged,
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(byte: &str) -> KeyRing {
        KeyRing::parse(&format!("{}{}", "00".repeat(31), byte)).unwrap()
    }

    #[test]
    fn a_value_opens_only_where_it_was_sealed() {
        let ring = ring("01");
        let sealed = ring.seal("connection_tokens|1|7|sealed", &Secret::new("npt")).unwrap();
        assert_eq!(ring.open("connection_tokens|1|7|sealed", &sealed).unwrap().reveal(), "npt");
        assert!(matches!(ring.open("connection_tokens|1|8|sealed", &sealed), Err(Unsealable::Refused)));
        assert!(!sealed.windows(3).any(|part| part == b"npt"));
    }

    #[test]
    fn a_new_key_in_front_still_opens_what_the_old_one_sealed() {
        let old = ring("01");
        let sealed = old.seal("here", &Secret::new("npt")).unwrap();
        let both = KeyRing::parse(&format!("{}02\n{}01\n", "00".repeat(31), "00".repeat(31))).unwrap();
        assert_eq!(both.open("here", &sealed).unwrap().reveal(), "npt");
        assert!(!both.is_newest(&sealed));
        assert!(matches!(ring("02").open("here", &sealed), Err(Unsealable::NoKey)));
    }

    #[test]
    fn weak_or_malformed_keys_are_refused_with_the_reason() {
        assert_eq!(KeyRing::parse(&"00".repeat(32)).err(), Some(BadKey::Weak));
        assert_eq!(KeyRing::parse("abc").err(), Some(BadKey::NotHex));
        assert_eq!(KeyRing::parse("abcd").err(), Some(BadKey::Length(2)));
        assert_eq!(KeyRing::parse("\n").err(), Some(BadKey::None));
    }
}
