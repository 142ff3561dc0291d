//! Whether a webhook was signed with the secret that both sides hold. Two forms: Standard Webhooks, as another Kinbridge
//! sends it, and the bare one that is assumed of Ally Health. Compares in a time that says nothing. Deliberately reads no
//! clock and remembers nothing: how old a message may be, and whether it came before, is the caller's to say.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::kit::base64;
use crate::kit::secret::unhex;

/// What secrets of Standard Webhooks begin with; the rest is base64.
const MARK: &str = "whsec_";

/// How many signatures of one message are looked at: two while a secret is being changed.
const MOST: usize = 5;

/// Standard Webhooks: `v1,` and base64 of the HMAC-SHA256 of `id.timestamp.body`; several with spaces between them.
pub fn is_standard(secret: &str, (id, timestamp): (&str, &str), signatures: &str, body: &[u8]) -> bool {
    let signed = [id.as_bytes(), b".", timestamp.as_bytes(), b".", body].concat();
    let key = secret.strip_prefix(MARK).and_then(base64::decode);
    let key = key.unwrap_or_else(|| secret.as_bytes().to_vec());
    let sent = signatures.split_ascii_whitespace().filter_map(|one| one.strip_prefix("v1,"));
    sent.take(MOST).filter_map(base64::decode).any(|sent| is_of(&key, &signed, &sent))
}

/// The assumed form: HMAC-SHA256 of the body in hexadecimal or base64, after an optional `sha256=`.
pub fn is_bare(secret: &str, signature: &str, body: &[u8]) -> bool {
    let text = signature.trim();
    let text = text.strip_prefix("sha256=").unwrap_or(text);
    let sent = unhex(text).or_else(|| base64::decode(text)).unwrap_or_default();
    is_of(secret.as_bytes(), body, &sent)
}

fn is_of(key: &[u8], signed: &[u8], sent: &[u8]) -> bool {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return false };
    mac.update(signed);
    mac.verify_slice(sent).is_ok()
}

/// The signature of the bare form, for whoever plays the sender.
pub fn bare(secret: &str, body: &[u8]) -> String {
    crate::kit::secret::hex(&signed(secret.as_bytes(), body))
}

/// The signature of the other form, for whoever plays the sender.
pub fn standard(secret: &str, (id, timestamp): (&str, &str), body: &[u8]) -> String {
    let key = secret.strip_prefix(MARK).and_then(base64::decode);
    let key = key.unwrap_or_else(|| secret.as_bytes().to_vec());
    let text = [id.as_bytes(), b".", timestamp.as_bytes(), b".", body].concat();
    format!("v1,{}", base64::encode(&signed(&key, &text)))
}

fn signed(key: &[u8], text: &[u8]) -> Vec<u8> {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return Vec::new() };
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_of_the_standards_own_example_is_known() {
        // From the specification of Standard Webhooks.
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let body = br#"{"test": 2432232314}"#;
        let head = ("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330");
        let sent = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        assert_eq!(standard(secret, head, body), sent);
        assert!(is_standard(secret, head, sent, body));
        assert!(is_standard(secret, head, &format!("v1,AAAA v1a,zzz {sent}"), body));
        for (head, body) in
            [(("msg_other", head.1), &body[..]), ((head.0, "1614265331"), body), (head, b"{}")]
        {
            assert!(!is_standard(secret, head, sent, body));
        }
        assert!(!is_standard("whsec_AAAA", head, sent, body) && !is_standard(secret, head, "", body));
    }

    #[test]
    fn the_bare_form_is_read_in_both_spellings() {
        let (secret, body) = ("shared", b"{\"event\":\"appointment.completed\"}");
        let hex = bare(secret, body);
        let base64 = base64::encode(&unhex(&hex).unwrap());
        for sent in [hex.clone(), format!("sha256={hex}"), hex.to_uppercase(), base64] {
            assert!(is_bare(secret, &sent, body), "{sent}");
        }
        for sent in ["", "sha256=", "00", &hex[..62]] {
            assert!(!is_bare(secret, sent, body), "{sent}");
        }
        assert!(!is_bare("other", &hex, body) && !is_bare(secret, &hex, b"{}"));
    }
}
