//! An authenticator as the tests need it: makes a P-256 key for a portal and signs with it, as a telephone would. It
//! does whatever it is told, also what no telephone does.

use std::cell::Cell;

use kinbridge::kit::secret::{hex, random_bytes, unhex};
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::{Value, json};

/// One passkey of somebody.
pub struct Key {
    signing: SigningKey,
    id: Vec<u8>,
    /// What it has counted.
    pub counter: Cell<u32>,
    /// Its person shows a finger or a PIN.
    pub verified: Cell<bool>,
}

const PRESENT: u8 = 1;
const VERIFIED: u8 = 4;
const HAS_KEY: u8 = 0x40;

impl Key {
    pub fn new() -> Self {
        let signing = SigningKey::from_slice(&random_bytes::<32>().unwrap()).unwrap();
        let id = random_bytes::<32>().unwrap().to_vec();
        Self { signing, id, counter: Cell::new(0), verified: Cell::new(true) }
    }

    /// What a browser at `origin` says of the key when it is asked for a new one.
    pub fn made(&self, asked: &str, origin: &str) -> String {
        let asked: Value = serde_json::from_str(asked).unwrap();
        let rp = asked["publicKey"]["rp"]["id"].as_str().unwrap();
        let client = client_data("webauthn.create", &asked, origin);
        let mut data = self.data(rp, HAS_KEY);
        data.extend([0; 16]);
        data.extend(u16::try_from(self.id.len()).unwrap().to_be_bytes());
        data.extend(&self.id);
        data.extend(self.public());
        // A map of three in CBOR: no attestation, and the data.
        let mut object = unhex("a363666d74646e6f6e656761747453746d74a068617574684461746159").unwrap();
        object.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
        object.extend(&data);
        json!({
            "id": text(&self.id), "rawId": text(&self.id), "type": "public-key",
            "response": {"attestationObject": text(&object), "clientDataJSON": text(client.as_bytes())},
            "clientExtensionResults": {},
        })
        .to_string()
    }

    /// What a browser at `origin` says when the key is asked for.
    pub fn shown(&self, asked: &str, origin: &str) -> String {
        self.counter.set(self.counter.get() + 1);
        self.signed(asked, origin)
    }

    /// The same of a key that says 0 each time.
    pub fn shown_without_counting(&self, asked: &str, origin: &str) -> String {
        self.counter.set(0);
        self.signed(asked, origin)
    }

    fn signed(&self, asked: &str, origin: &str) -> String {
        let asked: Value = serde_json::from_str(asked).unwrap();
        let rp = asked["publicKey"]["rpId"].as_str().unwrap();
        let client = client_data("webauthn.get", &asked, origin);
        let data = self.data(rp, 0);
        let signed = [data.clone(), sha256(client.as_bytes())].concat();
        let signature: Signature = self.signing.sign(&signed);
        json!({
            "id": text(&self.id), "rawId": text(&self.id), "type": "public-key",
            "response": {
                "authenticatorData": text(&data),
                "clientDataJSON": text(client.as_bytes()),
                "signature": text(signature.to_der().as_bytes()),
                "userHandle": null,
            },
            "clientExtensionResults": {},
        })
        .to_string()
    }

    fn data(&self, rp: &str, more: u8) -> Vec<u8> {
        let mut data = sha256(rp.as_bytes());
        data.push(PRESENT | more | if self.verified.get() { VERIFIED } else { 0 });
        data.extend(self.counter.get().to_be_bytes());
        data
    }

    /// The public half in COSE: a point of P-256, for ES256.
    fn public(&self) -> Vec<u8> {
        let point = self.signing.verifying_key().to_sec1_point(false);
        let point = point.as_bytes();
        let (x, y) = (hex(&point[1..33]), hex(&point[33..65]));
        unhex(&format!("a5010203262001215820{x}225820{y}")).unwrap()
    }
}

fn client_data(what: &str, asked: &Value, origin: &str) -> String {
    let challenge = &asked["publicKey"]["challenge"];
    json!({"type": what, "challenge": challenge, "origin": origin, "crossOrigin": false}).to_string()
}

fn sha256(bytes: &[u8]) -> Vec<u8> {
    use sha2::Digest as _;
    sha2::Sha256::digest(bytes).to_vec()
}

/// Base 64 as browsers write it into JSON.
fn text(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let number = group.iter().fold(0_usize, |number, byte| number << 8 | usize::from(*byte));
        let number = number << (8 * (3 - group.len()));
        for place in 0..=group.len() {
            text.push(char::from(LETTERS[number >> (18 - 6 * place) & 63]));
        }
    }
    text
}
