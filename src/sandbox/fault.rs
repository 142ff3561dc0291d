//! Everything a simulator can do wrong, by name. What each fault sends is in `spoiling`, `distortion` and `bodies`.

use std::str::FromStr;

/// A way to misbehave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// 401: the sender is refused.
    Unauthorised,
    /// 403: the key or token is refused.
    Forbidden,
    /// 404: nothing there.
    NotFound,
    /// 429: come back in 120 seconds.
    BusySeconds,
    /// 429: come back at a named time, two minutes on.
    BusyDate,
    /// 429: come back in thirty years.
    BusyAbsurd,
    /// 500: a fault of its own.
    ServerError,
    /// 503: down for maintenance, come back in 60 seconds.
    Unavailable,
    /// Takes the question and says nothing.
    FirstByteHang,
    /// Answers one letter at a time.
    SlowDrip,
    /// Stops in the middle of the answer.
    HangMidBody,
    /// Cuts the connection instead of answering.
    Reset,
    /// Sends less than it announced.
    ShortBody,
    /// Sends the first half of the answer.
    HalfAPage,
    /// Leaves the end of the list off.
    TruncatedJson,
    /// Sends something that is nearly JSON.
    MalformedJson,
    /// Sends a sign-in page with status 200.
    HtmlLogin,
    /// 204: nothing at all.
    NoContent,
    /// Sends a table of text instead of JSON.
    WrongContentType,
    /// Sends letters that are not UTF-8.
    BadUtf8,
    /// Sends a small answer that unpacks to 1 GiB.
    GzipBomb,
    /// Sends people without end.
    EndlessBody,
    /// Sends 200 MB.
    HugeBody,
    /// Sends brackets nested 100,000 deep.
    DeepJson,
    /// Names every last name twice.
    DuplicateKeys,
    /// Sends the first person twice, the same both times.
    DuplicateIdsSame,
    /// Sends the first person twice, with different names.
    DuplicateIdsDifferent,
    /// Adds fields nobody has heard of.
    UnknownFields,
    /// Sends numbers and objects instead of texts.
    ChangedTypes,
    /// Sends an empty list.
    EmptyList,
    /// Leaves out four people of five.
    MostMissing,
    /// Gives everybody a new identifier.
    AllNewIds,
    /// Names a next page that leads back.
    PageLoop,
    /// Redirects to an internal address.
    RedirectInside,
    /// Sends nothing but empty fields.
    NullsEverywhere,
    /// Keeps an entry and confirms it much later.
    CommitThenDelay,
    /// Keeps an entry and cuts the connection instead of confirming.
    CommitThenDrop,
    /// Keeps an entry and confirms it with half an answer.
    CommitThenGarble,
    /// Fails a fifth of everything about entries, before or after keeping them.
    FailAtRandom,
}

/// What a question is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Question {
    /// The list by which a vendor says where it is switched on.
    Services,
    /// Residents or staff.
    People,
    /// What is written onto a person's record, and looked up there.
    Entries,
}

const TOLD: &[(Fault, &str, &str)] = &[
    (Fault::Unauthorised, "unauthorised", "401: the sender is refused"),
    (Fault::Forbidden, "forbidden", "403: the key or token is refused"),
    (Fault::NotFound, "not-found", "404: nothing there"),
    (Fault::BusySeconds, "busy-seconds", "429: come back in 120 seconds"),
    (Fault::BusyDate, "busy-date", "429: come back at a named time, two minutes on"),
    (Fault::BusyAbsurd, "busy-absurd", "429: come back in thirty years"),
    (Fault::ServerError, "server-error", "500: a fault of its own"),
    (Fault::Unavailable, "unavailable", "503: down for maintenance, come back in 60 seconds"),
    (Fault::FirstByteHang, "first-byte-hang", "Takes the question and says nothing"),
    (Fault::SlowDrip, "slow-drip", "Answers one letter at a time"),
    (Fault::HangMidBody, "hang-mid-body", "Stops in the middle of the answer"),
    (Fault::Reset, "reset", "Cuts the connection instead of answering"),
    (Fault::ShortBody, "short-body", "Sends less than it announced"),
    (Fault::HalfAPage, "half-a-page", "Sends the first half of the answer"),
    (Fault::TruncatedJson, "truncated-json", "Leaves the end of the list off"),
    (Fault::MalformedJson, "malformed-json", "Sends something that is nearly JSON"),
    (Fault::HtmlLogin, "html-login", "Sends a sign-in page with status 200"),
    (Fault::NoContent, "no-content", "204: nothing at all"),
    (Fault::WrongContentType, "wrong-content-type", "Sends a table of text instead of JSON"),
    (Fault::BadUtf8, "bad-utf8", "Sends letters that are not UTF-8"),
    (Fault::GzipBomb, "gzip-bomb", "Sends a small answer that unpacks to 1 GiB"),
    (Fault::EndlessBody, "endless-body", "Sends people without end"),
    (Fault::HugeBody, "huge-body", "Sends 200 MB"),
    (Fault::DeepJson, "deep-json", "Sends brackets nested 100,000 deep"),
    (Fault::DuplicateKeys, "duplicate-keys", "Names every last name twice"),
    (Fault::DuplicateIdsSame, "duplicate-ids-same", "Sends the first person twice, the same both times"),
    (
        Fault::DuplicateIdsDifferent,
        "duplicate-ids-different",
        "Sends the first person twice, with different names",
    ),
    (Fault::UnknownFields, "unknown-fields", "Adds fields nobody has heard of"),
    (Fault::ChangedTypes, "changed-types", "Sends numbers and objects instead of texts"),
    (Fault::EmptyList, "empty-list", "Sends an empty list"),
    (Fault::MostMissing, "most-missing", "Leaves out four people of five"),
    (Fault::AllNewIds, "all-new-ids", "Gives everybody a new identifier"),
    (Fault::PageLoop, "page-loop", "Names a next page that leads back"),
    (Fault::RedirectInside, "redirect-inside", "Redirects to an internal address"),
    (Fault::NullsEverywhere, "nulls-everywhere", "Sends nothing but empty fields"),
    (Fault::CommitThenDelay, "commit-then-delay", "Keeps an entry and confirms it much later"),
    (
        Fault::CommitThenDrop,
        "commit-then-drop",
        "Keeps an entry and cuts the connection instead of confirming",
    ),
    (Fault::CommitThenGarble, "commit-then-garble", "Keeps an entry and confirms it with half an answer"),
    (
        Fault::FailAtRandom,
        "fail-at-random",
        "Fails a fifth of everything about entries, before or after keeping them",
    ),
];

impl Fault {
    /// Every fault, in the order of the page.
    pub fn all() -> impl Iterator<Item = Self> {
        TOLD.iter().map(|told| told.0)
    }

    /// The stable name, as the form sends it.
    pub fn id(self) -> &'static str {
        TOLD.iter().find(|told| told.0 == self).map_or("", |told| told.1)
    }

    /// What it does, in words.
    pub fn words(self) -> &'static str {
        TOLD.iter().find(|told| told.0 == self).map_or("", |told| told.2)
    }

    /// Whether it is left out of an answer. Faults of content spare the list of services: a vendor that still knows
    /// us, with something wrong in its people, is the harder case. Faults of writing spare all lists.
    pub(super) fn spares(self, question: Question) -> bool {
        match question {
            Question::Services => self.is_of_content() || self.is_about_writing(),
            Question::People => self.is_about_writing(),
            Question::Entries => self.is_of_content(),
        }
    }

    /// Concerns entries alone.
    pub(super) fn is_about_writing(self) -> bool {
        matches!(
            self,
            Self::CommitThenDelay | Self::CommitThenDrop | Self::CommitThenGarble | Self::FailAtRandom
        )
    }

    /// Answers with a status other than 200 and nothing else.
    pub(super) fn has_a_status(self) -> bool {
        matches!(
            self,
            Self::Unauthorised
                | Self::Forbidden
                | Self::NotFound
                | Self::BusySeconds
                | Self::BusyDate
                | Self::BusyAbsurd
                | Self::ServerError
                | Self::Unavailable
                | Self::RedirectInside
        )
    }

    fn is_of_content(self) -> bool {
        matches!(
            self,
            Self::DuplicateKeys
                | Self::DuplicateIdsSame
                | Self::DuplicateIdsDifferent
                | Self::UnknownFields
                | Self::ChangedTypes
                | Self::EmptyList
                | Self::MostMissing
                | Self::AllNewIds
                | Self::NullsEverywhere
        )
    }
}

/// A text that is no fault's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no such fault; the page Faults lists them")]
pub struct UnknownFault;

impl FromStr for Fault {
    type Err = UnknownFault;

    fn from_str(text: &str) -> Result<Self, UnknownFault> {
        TOLD.iter().find(|told| told.1 == text).map(|told| told.0).ok_or(UnknownFault)
    }
}

/// How many answers a fault spoils.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lasting {
    /// So many.
    Answers(u32),
    /// Every one until somebody changes it.
    UntilChanged,
}
