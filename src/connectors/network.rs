//! What a failed connection or a failed answer is called. Looks at the causes and throws their words away, since
//! they may hold an address.

use std::error::Error;
use std::io;

use super::FailureKind;
use super::address::RefusedAddress;

/// The name of an error of the HTTP client.
pub(super) fn kind(error: &reqwest::Error) -> FailureKind {
    let causes = causes(error);
    let named = causes.iter().find_map(|cause| named(*cause));
    match named {
        Some(kind) => kind,
        None if error.is_timeout() => FailureKind::ConnectTimeout,
        None if error.is_dns() => FailureKind::NameNotFound,
        None => {
            causes.iter().find_map(|cause| worded(&cause.to_string())).unwrap_or(FailureKind::NetworkError)
        }
    }
}

fn causes<'e>(error: &'e (dyn Error + 'static)) -> Vec<&'e (dyn Error + 'static)> {
    let mut all = vec![error];
    let mut next = inner(error);
    while let Some(cause) = next {
        all.push(cause);
        next = inner(cause);
    }
    all
}

/// `io::Error` hides what it wraps from `source`.
fn inner<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e (dyn Error + 'static)> {
    if let Some(io) = error.downcast_ref::<io::Error>()
        && let Some(wrapped) = io.get_ref()
    {
        return Some(wrapped);
    }
    error.source()
}

fn named(cause: &(dyn Error + 'static)) -> Option<FailureKind> {
    if cause.is::<RefusedAddress>() {
        return Some(FailureKind::AddressRefused);
    }
    match cause.downcast_ref::<io::Error>()?.kind() {
        io::ErrorKind::ConnectionRefused => Some(FailureKind::ConnectionRefused),
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted | io::ErrorKind::BrokenPipe => {
            Some(FailureKind::ConnectionReset)
        }
        _ => None,
    }
}

/// The crates below the client have no public types for these; their words have been stable for years, and
/// the contract tests hold each of them.
const WORDS: &[(&str, FailureKind)] = &[
    ("certificate expired", FailureKind::CertificateExpired),
    ("certificate not valid yet", FailureKind::CertificateExpired),
    ("peer certificate: Expired", FailureKind::CertificateExpired),
    ("certificate not valid for name", FailureKind::CertificateWrongHost),
    ("peer certificate: NotValidForName", FailureKind::CertificateWrongHost),
    ("invalid peer certificate", FailureKind::CertificateUntrusted),
    ("received corrupt message", FailureKind::EncryptionFailed),
    ("received fatal alert", FailureKind::EncryptionFailed),
    ("tls handshake", FailureKind::EncryptionFailed),
    ("peer is incompatible", FailureKind::EncryptionFailed),
    ("connection closed before message completed", FailureKind::ConnectionReset),
    ("end of file before message length reached", FailureKind::ShortBody),
    ("unexpected EOF", FailureKind::ShortBody),
    ("nvalid gzip header", FailureKind::BadCompression),
    ("deflate", FailureKind::BadCompression),
    ("corrupt", FailureKind::BadCompression),
    ("unexpected end of file", FailureKind::ShortBody),
];

fn worded(words: &str) -> Option<FailureKind> {
    WORDS.iter().find(|(part, _)| words.contains(part)).map(|(_, kind)| *kind)
}
