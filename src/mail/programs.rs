//! Letters about programs that work with the portal.

use askama::Template;

use super::Rendered;
use super::letters::{letter, one_line};

letter! {
    /// Events are not delivered to a program any more.
    WebhookDisabled {
        to_name: String,
        organisation: String,
        /// The endpoint's own name.
        endpoint: String,
        /// `live` or `test`.
        mode: String,
        /// A sentence.
        cause: String,
        link: String,
    }
    "letters/webhook_disabled/subject.txt" "letters/webhook_disabled/body.txt"
    "letters/webhook_disabled/body.html"
}
