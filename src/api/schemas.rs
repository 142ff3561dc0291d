//! Shapes that several addresses share, as the document describes them.

use chrono::{NaiveDateTime, SecondsFormat};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::error::Wrong;

/// What is wrong, after RFC 9457.
#[derive(ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Problem)]
#[expect(dead_code, reason = "read by the document only: answers are written by error.rs")]
pub(super) struct ProblemShape {
    /// Always `about:blank`: the status says what kind it is.
    #[schema(examples("about:blank"))]
    r#type: String,
    /// The same for every problem of its kind.
    #[schema(examples("A field cannot be used"))]
    title: String,
    #[schema(minimum = 400, maximum = 599, examples(422))]
    status: u16,
    /// What to do next.
    #[schema(examples("1 of the fields break a rule; nothing was kept. Correct them and send all again."))]
    detail: String,
    /// Every field or parameter that breaks a rule.
    #[schema(required = false)]
    errors: Vec<Wrong>,
    /// Of a window that is full: the next that has a place.
    #[schema(nullable = false)]
    next_window: Option<WindowShown>,
}

/// A window on a date.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Window)]
pub(super) struct WindowShown {
    /// What an appointment is booked with.
    #[schema(examples("win_7_20261203"))]
    pub id: String,
    #[schema(examples("Early"))]
    pub name: String,
    #[schema(format = DateTime, examples("2026-12-03T07:00:00Z"))]
    pub start_at: String,
    #[schema(format = DateTime, examples("2026-12-03T09:00:00Z"))]
    pub end_at: String,
    /// Appointments that still fit; another may take the last at any time.
    #[schema(minimum = 0, examples(3))]
    pub places_left: i32,
}

/// What every list can be asked.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "read by the document only: what is asked is read by listing.rs")]
pub(super) struct ListAsked {
    /// A field, a comparison and a value; several hold together.
    #[param(max_items = 10, required = false)]
    filter: Vec<String>,
    /// A field; with `-` before it, the other way round.
    sort: Option<String>,
    /// How many at most; 50 where it is not given.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i32>,
    /// The `nextCursor` of the answer before, to go on after it.
    #[param(pattern = "cursor", max_length = 1_000)]
    cursor: Option<String>,
}

/// A moment as it is sent.
pub(super) fn at(moment: NaiveDateTime) -> String {
    moment.and_utc().to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// What is empty is null.
pub(super) fn given(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}
