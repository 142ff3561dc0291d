//! What became of a try, in words for whoever looks after the endpoint. Pure; never holds an address or any part of an
//! answer.

use crate::connectors::FailureKind;

use super::delivering::Answer;

/// Why an endpoint is disabled that said that it is gone.
pub(super) const GONE: &str = "It answered that it is gone for good (410).";

/// Why one is that takes nothing.
pub(super) const SILENT: &str = "Nothing could be delivered to it for three days.";

/// Why a delivery is not tried any more.
pub(super) const ENDPOINT_DISABLED: &str = "Not sent: the endpoint was disabled.";
pub(super) const ENDPOINT_REMOVED: &str = "Not sent: the endpoint was removed.";

pub(super) fn words(answer: Answer) -> String {
    match answer {
        Answer::Status(status) | Answer::Later(status, _) => status_words(status),
        Answer::Nothing(kind) => failure_words(kind).to_owned(),
    }
}

fn status_words(status: u16) -> String {
    let said = match status {
        200..=299 => "Taken",
        300..=399 => "It redirects, and redirects are never followed: enter the address that it leads to",
        401 | 403 => "It refused the delivery: look at how it checks the signature",
        404 => "There is nothing at this address",
        410 => "It said that it is gone for good",
        429 => "It asked for fewer deliveries",
        400..=499 => "It refused the delivery",
        500..=599 => "It failed on its own side",
        _ => "It answered with a status that has no meaning here",
    };
    format!("{said} ({status}).")
}

fn failure_words(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::AddressRefused => {
            "The address leads to this machine or a private network, where nothing is sent: enter a public one."
        }
        FailureKind::ConnectionRefused => "Nobody listens at the address.",
        FailureKind::NameNotFound => "The name of the host is unknown.",
        FailureKind::ConnectTimeout => "No connection within 10 seconds.",
        FailureKind::FirstByteTimeout => "No answer within 10 seconds.",
        FailureKind::ConnectionReset => "The connection was cut off before an answer came.",
        FailureKind::CertificateExpired => "Its certificate has run out, or is not valid yet.",
        FailureKind::CertificateUntrusted => "Its certificate is not signed by anybody whom we trust.",
        FailureKind::CertificateWrongHost => "Its certificate is for another name.",
        FailureKind::EncryptionFailed => "No encryption could be agreed on.",
        _ => "It could not be reached.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_answer_has_a_sentence() {
        for status in [0, 100, 200, 204, 302, 401, 404, 410, 422, 429, 500, 503, 999] {
            let words = words(Answer::Status(status));
            assert!(words.ends_with(&format!("({status}).")), "{words}");
        }
        for kind in FailureKind::all() {
            assert!(words(Answer::Nothing(kind)).ends_with('.'), "{kind:?}");
        }
    }
}
