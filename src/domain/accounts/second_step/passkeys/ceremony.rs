//! The two ceremonies of a passkey: making one, and proving that one is at hand. What the browser is asked, what is
//! kept until it answers, and whether the answer fits. Knows no table and no clock; the only chance in it is that
//! of the challenge.

use std::time::Duration;

use webauthn_rs::prelude::{
    AuthenticationResult, DiscoverableAuthentication, Passkey, PasskeyAuthentication, PasskeyRegistration,
    PublicKeyCredential, RegisterPublicKeyCredential, Url, Uuid, Webauthn, WebauthnBuilder, WebauthnError,
};

use super::LASTS;
use crate::domain::Refusal;
use crate::kit::secret::{Secret, fingerprint, hex, unhex};

/// The portal as passkeys know it: they are made for its domain and answer on its own address only.
pub(super) struct Party(Webauthn);

/// A ceremony that was begun.
pub(super) struct Begun {
    /// For the browser, in JSON.
    pub asked: String,
    /// What the answer must fit, to be sealed.
    pub kept: Secret,
}

/// A passkey as it is stored: nothing of it is a secret.
pub(super) struct Made {
    /// By which it is found; the same key never stands twice.
    pub hash: String,
    pub stored: String,
}

/// What an answer proves.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// The passkey of this hash, with what it counted.
    Right {
        hash: String,
        counter: i64,
    },
    /// The passkey signed, but has counted less than before: there may be a copy of it.
    Backwards,
    Wrong,
}

impl Party {
    /// Nothing where the portal's address is a number: passkeys are made for names.
    pub fn of(public_url: &str) -> Option<Self> {
        let origin = Url::parse(public_url).ok()?;
        let domain = origin.domain()?.to_owned();
        let lasts = Duration::from_secs(LASTS.num_seconds().unsigned_abs());
        let builder = WebauthnBuilder::new(&domain, &origin).ok()?.rp_name("Kinbridge").timeout(lasts);
        builder.build().ok().map(Self)
    }

    /// Asks for a new passkey of somebody who has these.
    pub fn begin_making(
        &self,
        whom: &str,
        email: &str,
        name: &str,
        has: &[String],
    ) -> Result<Begun, Refusal> {
        let has = has.iter().map(|one| stored(one).map(|one| one.cred_id().clone()));
        let has = has.collect::<Result<Vec<_>, _>>()?;
        let begun = self.0.start_passkey_registration(handle(whom), email, name, Some(has));
        let (asked, state) = begun.map_err(broken)?;
        Ok(Begun { asked: findable(&json(&asked)?)?, kept: Secret::new(json(&state)?) })
    }

    /// The passkey that was made; nothing for an answer that does not fit.
    pub fn made(&self, kept: &Secret, answer: &Secret) -> Result<Option<Made>, Refusal> {
        let state: PasskeyRegistration = serde_json::from_str(kept.reveal()).map_err(broken)?;
        let Ok(answer) = serde_json::from_str::<RegisterPublicKeyCredential>(answer.reveal()) else {
            return Ok(None);
        };
        match self.0.finish_passkey_registration(&answer, &state) {
            Ok(passkey) => Ok(Some(Made { hash: hash(passkey.cred_id()), stored: json(&passkey)? })),
            Err(_unfit) => Ok(None),
        }
    }

    /// Asks for one of these.
    pub fn begin_showing(&self, stored_ones: &[String]) -> Result<Begun, Refusal> {
        let ones = stored_ones.iter().map(|one| stored(one)).collect::<Result<Vec<_>, _>>()?;
        let (asked, state) = self.0.start_passkey_authentication(&ones).map_err(broken)?;
        Ok(Begun { asked: json(&asked)?, kept: Secret::new(json(&state)?) })
    }

    /// Whether an answer comes from one of those that were asked for.
    pub fn shown(&self, kept: &Secret, answer: &Secret) -> Result<Shown, Refusal> {
        let state: PasskeyAuthentication = serde_json::from_str(kept.reveal()).map_err(broken)?;
        let Ok(answer) = serde_json::from_str::<PublicKeyCredential>(answer.reveal()) else {
            return Ok(Shown::Wrong);
        };
        Ok(judged(self.0.finish_passkey_authentication(&answer, &state)))
    }
}

impl Party {
    /// Asks for any passkey of the portal, whoever has it.
    pub fn begin_finding(&self) -> Result<Begun, Refusal> {
        let (asked, state) = self.0.start_discoverable_authentication().map_err(broken)?;
        Ok(Begun { asked: json(&asked)?, kept: Secret::new(json(&state)?) })
    }

    /// Whether an answer comes from this passkey, which was found by its name.
    pub fn found(&self, kept: &Secret, answer: &Secret, one: &str) -> Result<Shown, Refusal> {
        let state: DiscoverableAuthentication = serde_json::from_str(kept.reveal()).map_err(broken)?;
        let Ok(answer) = serde_json::from_str::<PublicKeyCredential>(answer.reveal()) else {
            return Ok(Shown::Wrong);
        };
        let one = stored(one)?;
        if hash(one.cred_id()) != hash(&answer.raw_id) {
            return Ok(Shown::Wrong);
        }
        Ok(judged(self.0.finish_discoverable_authentication_v2(&answer, state, &one)))
    }
}

/// Which passkey an answer says that it comes from.
pub(super) fn named(answer: &Secret) -> Option<String> {
    let answer = serde_json::from_str::<PublicKeyCredential>(answer.reveal()).ok()?;
    Some(hash(&answer.raw_id))
}

fn judged(answer: Result<AuthenticationResult, WebauthnError>) -> Shown {
    match answer {
        Ok(right) => Shown::Right { hash: hash(right.cred_id()), counter: right.counter().into() },
        Err(WebauthnError::CredentialPossibleCompromise) => Shown::Backwards,
        Err(_unfit) => Shown::Wrong,
    }
}

/// Wants a passkey that the device finds by itself, where it can: only such a one signs in alone.
fn findable(asked: &str) -> Result<String, Refusal> {
    let mut asked: serde_json::Value = serde_json::from_str(asked).map_err(broken)?;
    if let Some(wanted) = asked.pointer_mut("/publicKey/authenticatorSelection/residentKey") {
        *wanted = "preferred".into();
    }
    json(&asked)
}

/// By which a device knows that a new passkey is of the same person: says nothing of them.
fn handle(whom: &str) -> Uuid {
    let bytes = unhex(&fingerprint(&format!("passkeys|{whom}"))).unwrap_or_default();
    bytes.first_chunk::<16>().map_or(Uuid::nil(), |bytes| Uuid::from_bytes(*bytes))
}

fn hash(credential: &[u8]) -> String {
    fingerprint(&hex(credential))
}

fn stored(text: &str) -> Result<Passkey, Refusal> {
    serde_json::from_str(text).map_err(broken)
}

fn json(value: &impl serde::Serialize) -> Result<String, Refusal> {
    serde_json::to_string(value).map_err(broken)
}

fn broken(cause: impl std::fmt::Display) -> Refusal {
    Refusal::Broken(cause.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passkeys_need_a_name_and_not_a_number() {
        for (url, possible) in [
            ("https://portal.example.org", true),
            ("http://localhost:8080", true),
            ("http://127.0.0.1:8080", false),
            ("https://192.0.2.7", false),
            ("http://[::1]:8080", false),
            ("portal", false),
        ] {
            assert_eq!(Party::of(url).is_some(), possible, "{url}");
        }
    }

    #[test]
    fn what_is_asked_names_the_portal_and_wants_the_person_and_not_only_the_key() {
        let party = Party::of("http://localhost:8080").unwrap();
        let begun = party.begin_making("7", "mary@willow.example", "Mary Jones", &[]).unwrap();
        let asked: serde_json::Value = serde_json::from_str(&begun.asked).unwrap();
        let asked = &asked["publicKey"];
        assert_eq!(
            (asked["rp"]["id"].as_str(), asked["timeout"].as_u64()),
            (Some("localhost"), Some(300_000))
        );
        assert_eq!(asked["authenticatorSelection"]["userVerification"], "required");
        assert_eq!(asked["attestation"], "none");
        assert_eq!(asked["authenticatorSelection"]["residentKey"], "preferred");
        let again = party.begin_making("7", "mary@willow.example", "Mary Jones", &[]).unwrap();
        assert_ne!(begun.kept.reveal(), again.kept.reveal(), "another challenge each time");
        assert!(party.made(&begun.kept, &Secret::new("{}")).unwrap().is_none());
        assert_ne!(handle("7"), handle("8"));
    }
}
