//! What a manager reads about each kind of failure, and what to do next. Words only; the names and their meaning are
//! in `failure`.

use super::{FailureKind, Retry};

/// What one kind of failure is called, when to try again, what to say and what to do.
pub(super) struct Told {
    pub(super) kind: FailureKind,
    pub(super) id: &'static str,
    pub(super) retry: Retry,
    pub(super) words: &'static str,
    pub(super) repair: &'static str,
}

const LATER: Retry = Retry::Later { after: None };

/// A failure that has no words of its own.
pub(super) const ANY_OTHER: Told = Told {
    kind: FailureKind::NetworkError,
    id: "network_error",
    retry: LATER,
    words: "The connection to {vendor} failed on the way.",
    repair: "Nothing to do: Kinbridge tries again by itself.",
};

/// Every kind of failure. `{vendor}` stands for the vendor's name.
pub(super) const TOLD: &[Told] = &[
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
        kind: FailureKind::ProgramRefused,
        id: "program_refused",
        retry: Retry::NeedsPerson,
        words: "{vendor} does not let Kinbridge in: it wants the name of the program with each \
            question, and did not take ours. The credentials were not looked at.",
        repair: "Ask whoever runs Kinbridge to compare the name that is sent (User-Agent) with \
            {vendor}'s documents.",
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
        kind: FailureKind::EntryRejected,
        id: "entry_rejected",
        retry: Retry::NeedsPerson,
        words: "{vendor} did not accept this entry.",
        repair: "Correct what {vendor} names and send it again, or ask a manager.",
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
