//! Everything that can go wrong with a vendor, by name, with words a manager understands and what to do next.
//! The words never hold an address or a token, nor any part of an answer but the cleaned reason of a refused entry.

use std::fmt;
use std::time::Duration;

use super::vendor::{Switching, Vendor};
use super::wording::{ANY_OTHER, TOLD, Told};

/// What went wrong. The names are stable and may be kept and counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FailureKind {
    /// No address, or no deployment secret, is configured.
    NotConfigured,
    /// The address points where no vendor can be: this machine, a private network, a plain IP number.
    AddressRefused,
    /// The credential was entered for another address.
    AddressChanged,
    /// The credential cannot be sent as it stands (line breaks, other alphabets).
    CredentialUnusable,
    /// 401 or 403.
    CredentialRefused,
    /// 403 of a vendor that says by it that it does not know the program that asks.
    ProgramRefused,
    /// 404 or 410.
    NotFound,
    /// Any other 4xx.
    Rejected,
    /// 400, 409, 413 or 422 to something that was written.
    EntryRejected,
    /// 3xx; never followed.
    Redirected,
    /// 429.
    TooManyRequests,
    /// 502, 503 or 504.
    Unavailable,
    /// 500 and any other 5xx.
    ServerError,
    /// Nobody listens at the address.
    ConnectionRefused,
    /// The host name is unknown.
    NameNotFound,
    /// No connection within the limit.
    ConnectTimeout,
    /// Any other failure on the way.
    NetworkError,
    /// The certificate has run out or is not valid yet.
    CertificateExpired,
    /// Nobody we trust has signed the certificate.
    CertificateUntrusted,
    /// The certificate is for another name.
    CertificateWrongHost,
    /// Any other failure to agree on encryption.
    EncryptionFailed,
    /// Connected, then no answer within the limit.
    FirstByteTimeout,
    /// The answer stopped in the middle.
    Stalled,
    /// The answer kept coming, too slowly to be done within the limit.
    TooSlow,
    /// The connection was cut off.
    ConnectionReset,
    /// Less came than was announced.
    ShortBody,
    /// A web page, most likely a sign-in page.
    WebPage,
    /// 204, or nothing at all.
    NoContent,
    /// Neither JSON nor a web page.
    WrongContentType,
    /// Not UTF-8.
    BadText,
    /// Compressed data that cannot be unpacked.
    BadCompression,
    /// More than the limit, counted after unpacking.
    TooLarge,
    /// Nested deeper than any real answer.
    TooDeep,
    /// The same list, or page mark, twice in one answer.
    DuplicateKeys,
    /// Ended before the list was closed.
    TruncatedJson,
    /// Not JSON.
    MalformedJson,
    /// JSON, but without the list.
    ListMissing,
    /// Every record was unusable.
    AllRecordsBroken,
    /// Pages that lead back to pages already read, or never end.
    PageLoop,
    /// A next page at another address.
    PageElsewhere,
}

/// When it makes sense to ask again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// By itself, not before `after` where the vendor named a time (at most six hours).
    Later {
        /// How long the vendor asked us to wait.
        after: Option<Duration>,
    },
    /// Once somebody has changed the address or the credential.
    AfterEdit,
    /// Once somebody has looked into it; asking again changes nothing.
    NeedsPerson,
}

/// The longest wait a vendor can ask for.
pub const LONGEST_WAIT: Duration = Duration::from_hours(6);

/// Why a vendor's answer could not be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What went wrong.
    pub kind: FailureKind,
    /// When to ask again.
    pub retry: Retry,
    /// What happened, in one or two sentences.
    pub words: String,
    /// What to do next, in one or two sentences.
    pub repair: String,
}

impl Failure {
    /// The failure of that kind at that vendor.
    pub fn new(vendor: Vendor, kind: FailureKind) -> Self {
        let told = kind.told();
        let fill = |text: &str| text.replace("{vendor}", vendor.name());
        let about = vendor.about();
        let repair = match &about.switching {
            _ if kind != FailureKind::CredentialRefused => fill(told.repair),
            Switching::KeyEntered(form) | Switching::Arranged(form) => form.refused.to_owned(),
            Switching::CredentialsOnce => {
                format!(
                    "{} Compare both with what was entered here, and enter them again.",
                    about.credential_screen
                )
            }
            Switching::TokenWeIssue => fill(told.repair),
        };
        Self { kind, retry: told.retry, words: fill(told.words), repair }
    }

    /// The same with what the vendor said, already cleaned: the only words of an answer that are ever kept, and
    /// shown to those who wrote the entry.
    #[must_use]
    pub(super) fn saying(mut self, said: &str) -> Self {
        self.words = format!("{} It says: “{said}”", self.words);
        self
    }

    /// The same with the wait the vendor asked for, cut to six hours. Other kinds than *later* stay as they are.
    #[must_use]
    pub fn waiting(mut self, asked: Option<Duration>) -> Self {
        if matches!(self.retry, Retry::Later { .. }) {
            self.retry = Retry::Later { after: asked.map(|wait| wait.min(LONGEST_WAIT)) };
        }
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

impl std::error::Error for Failure {}

impl FailureKind {
    /// Every kind.
    pub fn all() -> impl Iterator<Item = Self> {
        TOLD.iter().map(|told| told.kind)
    }

    /// The stable name, in snake case.
    pub fn id(self) -> &'static str {
        self.told().id
    }

    /// Whether the vendor answered at all, whatever it said.
    pub fn answered(self) -> bool {
        !matches!(
            self,
            Self::NotConfigured
                | Self::AddressRefused
                | Self::AddressChanged
                | Self::CredentialUnusable
                | Self::ConnectionRefused
                | Self::NameNotFound
                | Self::ConnectTimeout
                | Self::NetworkError
                | Self::CertificateExpired
                | Self::CertificateUntrusted
                | Self::CertificateWrongHost
                | Self::EncryptionFailed
                | Self::FirstByteTimeout
        )
    }

    /// Whether something that was sent may have been taken although it failed. It is looked up before it is sent
    /// again.
    pub fn left_open(self) -> bool {
        let never_sent = !self.answered() && !matches!(self, Self::NetworkError | Self::FirstByteTimeout);
        let turned_away = matches!(
            self,
            Self::CredentialRefused
                | Self::ProgramRefused
                | Self::NotFound
                | Self::Rejected
                | Self::EntryRejected
                | Self::Redirected
                | Self::TooManyRequests
        );
        !never_sent && !turned_away
    }

    fn told(self) -> &'static Told {
        TOLD.iter().find(|told| told.kind == self).unwrap_or(&ANY_OTHER)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_own_name_and_words() {
        let ids: std::collections::BTreeSet<_> = FailureKind::all().map(FailureKind::id).collect();
        assert_eq!(ids.len(), TOLD.len());
        let last = FailureKind::PageElsewhere;
        assert_eq!(last.id(), "page_elsewhere", "the table ends with the last kind");
        for kind in FailureKind::all() {
            let failure = Failure::new(Vendor::Nourish, kind);
            assert!(failure.words.ends_with('.') && failure.repair.ends_with('.'), "{kind:?}");
            assert!(!format!("{}{}", failure.words, failure.repair).contains('{'), "{kind:?}");
        }
    }

    #[test]
    fn only_what_certainly_was_not_taken_may_be_sent_again_at_once() {
        use FailureKind as Kind;
        for closed in [Kind::ConnectTimeout, Kind::NameNotFound, Kind::CredentialRefused, Kind::EntryRejected]
        {
            assert!(!closed.left_open(), "{closed:?}");
        }
        for closed in [Kind::TooManyRequests, Kind::AddressChanged, Kind::CertificateUntrusted] {
            assert!(!closed.left_open(), "{closed:?}");
        }
        for open in [Kind::FirstByteTimeout, Kind::ConnectionReset, Kind::NetworkError, Kind::ServerError] {
            assert!(open.left_open(), "{open:?}");
        }
        for open in [Kind::Unavailable, Kind::MalformedJson, Kind::NoContent, Kind::WebPage, Kind::TooLarge] {
            assert!(open.left_open(), "{open:?}");
        }
    }

    #[test]
    fn an_absurd_wait_is_cut_and_only_a_later_waits() {
        let day = Some(Duration::from_hours(24));
        let busy = Failure::new(Vendor::Nourish, FailureKind::TooManyRequests).waiting(day);
        assert_eq!(busy.retry, Retry::Later { after: Some(LONGEST_WAIT) });
        let refused = Failure::new(Vendor::Nourish, FailureKind::CredentialRefused).waiting(day);
        assert_eq!(refused.retry, Retry::AfterEdit);
    }
}
