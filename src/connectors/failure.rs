//! Everything that can go wrong with a vendor, by name, with words a manager understands and what to do next.
//! The words never hold an address, a token or any part of an answer.

use std::fmt;
use std::time::Duration;

use super::Vendor;

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
    /// 404 or 410.
    NotFound,
    /// Any other 4xx.
    Rejected,
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
        Self { kind, retry: told.retry, words: fill(told.words), repair: fill(told.repair) }
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

    fn told(self) -> &'static Told {
        TOLD.iter().find(|told| told.kind == self).unwrap_or(&ANY_OTHER)
    }
}

struct Told {
    kind: FailureKind,
    id: &'static str,
    retry: Retry,
    words: &'static str,
    repair: &'static str,
}

const LATER: Retry = Retry::Later { after: None };

const ANY_OTHER: Told = Told {
    kind: FailureKind::NetworkError,
    id: "network_error",
    retry: LATER,
    words: "The connection to {vendor} failed on the way.",
    repair: "Nothing to do: Kinbridge tries again by itself.",
};

const TOLD: &[Told] = &[
    Told {
        kind: FailureKind::NotConfigured,
        id: "not_configured",
        retry: Retry::AfterEdit,
        words: "No address for {vendor} is set up on this installation.",
        repair: "Ask whoever runs Kinbridge to fill in the settings for {vendor}; `kinbridge \
            check` names what is missing.",
    },
    Told {
        kind: FailureKind::AddressRefused,
        id: "address_refused",
        retry: Retry::AfterEdit,
        words: "The address set for {vendor} leads to a place no vendor's service can be, so \
            nothing was sent.",
        repair: "Ask whoever runs Kinbridge to correct the address: https, a full host name, no \
            user name, no port.",
    },
    Told {
        kind: FailureKind::AddressChanged,
        id: "address_changed",
        retry: Retry::AfterEdit,
        words: "The address of {vendor} has changed since this key was entered, so the key was \
            not sent.",
        repair: "Enter the key again, if the new address is right.",
    },
    Told {
        kind: FailureKind::CredentialUnusable,
        id: "credential_unusable",
        retry: Retry::AfterEdit,
        words: "The key for {vendor} holds characters that no key has, so it was not sent.",
        repair: "Make or enter the key again and copy it without line breaks.",
    },
    Told {
        kind: FailureKind::CredentialRefused,
        id: "credential_refused",
        retry: Retry::AfterEdit,
        words: "{vendor} refused our key.",
        repair: "Check in {vendor} that the token is pasted and that every location shows On; if \
            it is, make a new token and paste that.",
    },
    Told {
        kind: FailureKind::NotFound,
        id: "not_found",
        retry: Retry::NeedsPerson,
        words: "{vendor} says that what we asked for is not there.",
        repair: "Ask whoever runs Kinbridge to compare the address and the paths with {vendor}'s \
            documents.",
    },
    Told {
        kind: FailureKind::Rejected,
        id: "rejected",
        retry: Retry::NeedsPerson,
        words: "{vendor} did not accept our question.",
        repair: "Ask whoever runs Kinbridge to compare the profile with {vendor}'s documents.",
    },
    Told {
        kind: FailureKind::Redirected,
        id: "redirected",
        retry: Retry::NeedsPerson,
        words: "{vendor} sent us on to another address. We do not follow, so that the key stays \
            where it belongs.",
        repair: "Ask {vendor} for the right address and whoever runs Kinbridge to set it.",
    },
    Told {
        kind: FailureKind::TooManyRequests,
        id: "too_many_requests",
        retry: LATER,
        words: "{vendor} asked us to come back later: too many questions in a short time.",
        repair: "Nothing to do: Kinbridge waits as long as {vendor} asked and then tries again.",
    },
    Told {
        kind: FailureKind::Unavailable,
        id: "unavailable",
        retry: LATER,
        words: "{vendor} is not available at the moment.",
        repair: "Nothing to do: Kinbridge tries again by itself. If it lasts, look at {vendor}'s \
            status page.",
    },
    Told {
        kind: FailureKind::ServerError,
        id: "server_error",
        retry: LATER,
        words: "{vendor} had a fault of its own and could not answer.",
        repair: "Nothing to do: Kinbridge tries again by itself. If it lasts for a day, tell \
            {vendor}'s support.",
    },
    Told {
        kind: FailureKind::ConnectionRefused,
        id: "connection_refused",
        retry: LATER,
        words: "Nobody answers at {vendor}'s address.",
        repair: "Kinbridge tries again by itself. If it lasts, ask whoever runs Kinbridge to \
            check the address.",
    },
    Told {
        kind: FailureKind::NameNotFound,
        id: "name_not_found",
        retry: LATER,
        words: "The name in {vendor}'s address could not be found.",
        repair: "Kinbridge tries again by itself. If it lasts, ask whoever runs Kinbridge to \
            check the address and the name service.",
    },
    Told {
        kind: FailureKind::ConnectTimeout,
        id: "connect_timeout",
        retry: LATER,
        words: "{vendor} could not be reached in time.",
        repair: "Kinbridge tries again by itself. If it lasts, ask whoever runs Kinbridge \
            whether a firewall is in the way.",
    },
    ANY_OTHER,
    Told {
        kind: FailureKind::CertificateExpired,
        id: "certificate_expired",
        retry: Retry::NeedsPerson,
        words: "{vendor}'s certificate has run out, so we cannot be sure that it is {vendor}. \
            Nothing was sent.",
        repair: "Tell {vendor}'s support; ask whoever runs Kinbridge to check this machine's \
            clock.",
    },
    Told {
        kind: FailureKind::CertificateUntrusted,
        id: "certificate_untrusted",
        retry: Retry::NeedsPerson,
        words: "Nobody we trust vouches for {vendor}'s certificate, so we cannot be sure that \
            it is {vendor}. Nothing was sent.",
        repair: "Ask whoever runs Kinbridge to check the address and whether something listens \
            in on the connection.",
    },
    Told {
        kind: FailureKind::CertificateWrongHost,
        id: "certificate_wrong_host",
        retry: Retry::NeedsPerson,
        words: "The certificate at {vendor}'s address belongs to another name. Nothing was \
            sent.",
        repair: "Ask whoever runs Kinbridge to check the address.",
    },
    Told {
        kind: FailureKind::EncryptionFailed,
        id: "encryption_failed",
        retry: Retry::NeedsPerson,
        words: "No safe connection with {vendor} could be made. Nothing was sent.",
        repair: "Ask whoever runs Kinbridge to check the address with {vendor}'s support.",
    },
    Told {
        kind: FailureKind::FirstByteTimeout,
        id: "first_byte_timeout",
        retry: LATER,
        words: "{vendor} took our question and did not answer in time.",
        repair: "Nothing to do: Kinbridge tries again by itself.",
    },
    Told {
        kind: FailureKind::Stalled,
        id: "stalled",
        retry: LATER,
        words: "{vendor} stopped in the middle of its answer.",
        repair: "Nothing to do: Kinbridge tries again by itself.",
    },
    Told {
        kind: FailureKind::TooSlow,
        id: "too_slow",
        retry: LATER,
        words: "{vendor} answered too slowly to be done in time.",
        repair: "Nothing to do: Kinbridge tries again by itself. If it lasts, tell {vendor}'s \
            support.",
    },
    Told {
        kind: FailureKind::ConnectionReset,
        id: "connection_reset",
        retry: LATER,
        words: "{vendor} cut the connection off.",
        repair: "Nothing to do: Kinbridge tries again by itself.",
    },
    Told {
        kind: FailureKind::ShortBody,
        id: "short_body",
        retry: LATER,
        words: "{vendor} sent less than it had announced.",
        repair: "Nothing to do: Kinbridge tries again by itself.",
    },
    Told {
        kind: FailureKind::WebPage,
        id: "web_page",
        retry: LATER,
        words: "{vendor} answered with a web page, not data.",
        repair: "It may be a sign-in or maintenance page. Kinbridge tries again by itself; if it \
            lasts, ask whoever runs Kinbridge to check the address.",
    },
    Told {
        kind: FailureKind::NoContent,
        id: "no_content",
        retry: LATER,
        words: "{vendor} sent an answer with nothing in it.",
        repair: "Kinbridge tries again by itself. If it lasts, tell {vendor}'s support.",
    },
    Told {
        kind: FailureKind::WrongContentType,
        id: "wrong_content_type",
        retry: Retry::NeedsPerson,
        words: "{vendor} answered with another kind of data than was agreed.",
        repair: "Ask whoever runs Kinbridge to compare the profile with {vendor}'s documents.",
    },
    Told {
        kind: FailureKind::BadText,
        id: "bad_text",
        retry: Retry::NeedsPerson,
        words: "{vendor}'s answer holds letters that cannot be read.",
        repair: "Tell {vendor}'s support that its answer is not valid UTF-8.",
    },
    Told {
        kind: FailureKind::BadCompression,
        id: "bad_compression",
        retry: LATER,
        words: "{vendor}'s answer could not be unpacked.",
        repair: "Nothing to do: Kinbridge tries again by itself.",
    },
    Told {
        kind: FailureKind::TooLarge,
        id: "too_large",
        retry: Retry::NeedsPerson,
        words: "{vendor}'s answer is larger than any real one, so we stopped reading.",
        repair: "Tell {vendor}'s support. If the answer really is that large, whoever runs \
            Kinbridge can raise the limit.",
    },
    Told {
        kind: FailureKind::TooDeep,
        id: "too_deep",
        retry: Retry::NeedsPerson,
        words: "{vendor}'s answer is nested deeper than any real one, so we stopped reading.",
        repair: "Tell {vendor}'s support.",
    },
    Told {
        kind: FailureKind::DuplicateKeys,
        id: "duplicate_keys",
        retry: Retry::NeedsPerson,
        words: "{vendor}'s answer holds the same list twice, so it is not clear which one \
            counts.",
        repair: "Tell {vendor}'s support.",
    },
    Told {
        kind: FailureKind::TruncatedJson,
        id: "truncated_json",
        retry: LATER,
        words: "{vendor}'s answer ends in the middle.",
        repair: "Nothing to do: Kinbridge tries again by itself.",
    },
    Told {
        kind: FailureKind::MalformedJson,
        id: "malformed_json",
        retry: Retry::NeedsPerson,
        words: "{vendor}'s answer cannot be read as data.",
        repair: "Tell {vendor}'s support that its answer is not valid JSON.",
    },
    Told {
        kind: FailureKind::ListMissing,
        id: "list_missing",
        retry: Retry::NeedsPerson,
        words: "{vendor}'s answer does not hold the list we asked for.",
        repair: "Ask whoever runs Kinbridge to compare the profile with {vendor}'s documents.",
    },
    Told {
        kind: FailureKind::AllRecordsBroken,
        id: "all_records_broken",
        retry: Retry::NeedsPerson,
        words: "Not one record in {vendor}'s answer could be used.",
        repair: "Ask whoever runs Kinbridge to compare the profile with {vendor}'s documents; \
            {vendor} may have changed its fields.",
    },
    Told {
        kind: FailureKind::PageLoop,
        id: "page_loop",
        retry: Retry::NeedsPerson,
        words: "The pages of {vendor}'s answer lead round in a circle.",
        repair: "Tell {vendor}'s support.",
    },
    Told {
        kind: FailureKind::PageElsewhere,
        id: "page_elsewhere",
        retry: Retry::NeedsPerson,
        words: "{vendor} put the next page of its answer at another address. We did not follow, \
            so that the key stays where it belongs.",
        repair: "Ask {vendor}'s support why, and whoever runs Kinbridge to check the address.",
    },
];

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
    fn an_absurd_wait_is_cut_and_only_a_later_waits() {
        let day = Some(Duration::from_secs(86_400));
        let busy = Failure::new(Vendor::Nourish, FailureKind::TooManyRequests).waiting(day);
        assert_eq!(busy.retry, Retry::Later { after: Some(LONGEST_WAIT) });
        let refused = Failure::new(Vendor::Nourish, FailureKind::CredentialRefused).waiting(day);
        assert_eq!(refused.retry, Retry::AfterEdit);
    }
}
