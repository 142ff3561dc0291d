//! Reads an answer that is one thing and no list: whole, and only if it is short.

use tokio::time::Instant;

use super::http::{Asked, Engine, Noted};
use super::profile::{Method, Profile};
use super::{Credential, Failure, FailureKind};

/// What is asked for: the profile's word for it, and where.
pub(super) struct Single<'a> {
    pub(super) profile: &'a Profile,
    pub(super) operation: &'static str,
    pub(super) path: &'a str,
    /// In bytes.
    pub(super) longest: usize,
}

impl Engine {
    /// The answer as it came.
    pub(super) async fn single(
        &self,
        wanted: &Single<'_>,
        credential: &Credential,
    ) -> Result<Vec<u8>, Failure> {
        let (operation, begun) = (wanted.operation, Instant::now());
        let mut noted = Noted { credential, operation, begun, status: None, sent: 0, received: 0 };
        let answer = self.read_single(wanted, &mut noted).await;
        self.note(&noted, answer.as_ref().err().map(|failure| failure.kind));
        answer
    }

    async fn read_single(&self, wanted: &Single<'_>, noted: &mut Noted<'_>) -> Result<Vec<u8>, Failure> {
        let failed = |kind| self.failure(kind);
        let deadline = Instant::now() + self.limits.total;
        let (profile, credential) = (wanted.profile, noted.credential);
        let base = self.base(credential).map_err(failed)?;
        let url = base.at(wanted.path).ok_or_else(|| failed(FailureKind::AddressRefused))?;
        let asked = Asked { profile, credential, method: Method::Get, body: None, bare: false };
        let request = self.request(&base, url, &asked).map_err(failed)?;
        let mut response = self.send(request, deadline).await?;
        noted.status = Some(response.status().as_u16());
        self.check_head(&response, self.limits.body)?;
        let mut answer = Vec::new();
        while let Some(piece) = self.piece(&mut response, deadline).await.map_err(failed)? {
            noted.received += u64::try_from(piece.len()).unwrap_or(u64::MAX);
            if answer.len() + piece.len() > wanted.longest {
                return Err(failed(FailureKind::TooLarge));
            }
            answer.extend_from_slice(&piece);
        }
        Ok(answer)
    }
}
