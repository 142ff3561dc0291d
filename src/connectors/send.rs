//! Sending: one body to one address of the profile, under the same limits, to the same origin and with the same
//! credential as reading. Never retries, never logs, and says of every failure whether the vendor may have taken
//! what was sent (see [`FailureKind::left_open`]).

use reqwest::StatusCode;
use serde_json::Value;
use tokio::time::Instant;

use super::http::{Asked, Engine, Noted, about, asked_wait};
use super::profile::Profile;
use super::writing::{Target, cleaned};
use super::{Credential, Failure, FailureKind};

/// A confirmation is short; so is an explanation.
const LONGEST_ANSWER: usize = 64 * 1024;

impl Engine {
    /// Sends a body about a person and gives the vendor's confirmation, which may be nothing where the profile says
    /// that none comes.
    pub(super) async fn send_body(
        &self,
        profile: &Profile,
        target: &Target,
        (credential, person): (&Credential, &str),
        (operation, body): (&'static str, &Value),
    ) -> Result<Value, Failure> {
        let body = body.to_string();
        let (begun, sent) = (Instant::now(), body.len());
        let mut noted = Noted { credential, operation, begun, status: None, sent, received: 0 };
        let confirmed = self.exchange(profile, target, person, body, &mut noted).await;
        self.note(&noted, confirmed.as_ref().err().map(|failure| failure.kind));
        confirmed
    }

    async fn exchange(
        &self,
        profile: &Profile,
        target: &Target,
        person: &str,
        body: String,
        noted: &mut Noted<'_>,
    ) -> Result<Value, Failure> {
        let credential = noted.credential;
        let deadline = Instant::now() + self.limits.total;
        let base = self.base(credential).map_err(|kind| self.failure(kind))?;
        let url = about(&target.path, person).and_then(|path| base.at(&path));
        let url = url.ok_or_else(|| self.failure(FailureKind::AddressRefused))?;
        let asked = Asked { profile, credential, method: target.method, body: Some(body), bare: false };
        let request = self.request(&base, url, &asked).map_err(|kind| self.failure(kind))?;
        let mut response = self.send(request, deadline).await?;
        let (status, wait) = (response.status(), asked_wait(response.headers()));
        noted.status = Some(status.as_u16());
        let answer = self.answer(&mut response, deadline).await;
        noted.received = answer.as_ref().map_or(0, |answer| u64::try_from(answer.len()).unwrap_or(u64::MAX));
        if let Some(kind) = self.refused(status, target.confirms) {
            let failure = self.failure(kind).waiting(wait);
            let said = answer.ok().and_then(|answer| cleaned(&answer));
            return Err(match said {
                Some(said) if kind == FailureKind::EntryRejected => failure.saying(&said),
                _ => failure,
            });
        }
        let answer = answer.map_err(|kind| self.failure(kind))?;
        // A sign-in page confirms nothing, whatever its status.
        match super::http::wrong_type(response.headers()) {
            Some(kind) if target.confirms || kind == FailureKind::WebPage => return Err(self.failure(kind)),
            _ => {}
        }
        if !target.confirms {
            return Ok(serde_json::from_slice(&answer).unwrap_or_default());
        }
        match serde_json::from_slice(&answer) {
            Ok(confirmation @ Value::Object(_)) => Ok(confirmation),
            _ => Err(self.failure(FailureKind::MalformedJson)),
        }
    }

    async fn answer(
        &self,
        response: &mut reqwest::Response,
        deadline: Instant,
    ) -> Result<Vec<u8>, FailureKind> {
        let mut answer = Vec::new();
        while let Some(piece) = self.piece(response, deadline).await? {
            if answer.len() + piece.len() > LONGEST_ANSWER {
                return Err(FailureKind::TooLarge);
            }
            answer.extend_from_slice(&piece);
        }
        Ok(answer)
    }

    /// As for a question, but for what only a write can be told.
    fn refused(&self, status: StatusCode, confirms: bool) -> Option<FailureKind> {
        match status.as_u16() {
            200..=202 => None,
            204 if !confirms => None,
            400 | 409 | 413 | 422 => Some(FailureKind::EntryRejected),
            _ => self.refusal(status),
        }
    }
}
