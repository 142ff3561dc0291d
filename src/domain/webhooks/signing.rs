//! Secrets and signatures by Standard Webhooks: `v1,` and the base64 of HMAC-SHA-256 over `id.timestamp.body`. Pure.

use crate::kit::base64;
use crate::kit::secret::{NoRandomness, Secret, keyed_digest, random_bytes};

const PREFIX: &str = "whsec_";

/// A new secret of 256 bits.
pub(super) fn new_secret() -> Result<Secret, NoRandomness> {
    Ok(Secret::new(format!("{PREFIX}{}", base64::encode(&random_bytes::<32>()?))))
}

/// The signature of what is sent; `None` where the secret is not one of the scheme.
pub fn signature(secret: &Secret, id: &str, timestamp: i64, body: &str) -> Option<String> {
    let key = base64::decode(secret.reveal().strip_prefix(PREFIX)?)?;
    let digest = keyed_digest(&key, &format!("{id}.{timestamp}.{body}"))?;
    Some(format!("v1,{}", base64::encode(&digest)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the scheme's own documents.
    #[test]
    fn the_schemes_own_example_comes_out_the_same() {
        let secret = Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let signed =
            signature(&secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#);
        assert_eq!(signed.as_deref(), Some("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="));
    }

    #[test]
    fn a_new_secret_has_the_length_that_the_scheme_asks_for() {
        let secret = new_secret().unwrap();
        let key = base64::decode(secret.reveal().strip_prefix(PREFIX).unwrap()).unwrap();
        assert!((24..=64).contains(&key.len()));
        assert!(signature(&secret, "evt_1", 1, "{}").is_some());
        for odd in ["", "whsec_", "whsec_%", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"] {
            let signed = signature(&Secret::new(odd), "evt_1", 1, "{}");
            assert_eq!(signed.is_some(), odd == "whsec_", "{odd}");
        }
    }
}
