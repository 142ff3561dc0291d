//! What a program asks of a list: which rows, in which order, and from where on. Plain values: each list says itself
//! which of its fields may be asked for, and turns them into its own query.

use chrono::{NaiveDate, NaiveDateTime};

/// How a field is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    Is,
    Above,
    Below,
    AtLeast,
    AtMost,
    /// Of a text, without regard to case.
    Contains,
}

/// What a field is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Literal {
    Text(String),
    Number(i64),
    Date(NaiveDate),
    /// UTC.
    Moment(NaiveDateTime),
    Flag(bool),
}

/// One condition; several hold together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    pub field: &'static str,
    pub comparison: Comparison,
    pub literal: Literal,
}

/// By which field, and which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    pub field: &'static str,
    pub descending: bool,
}

/// A list as a program asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    pub conditions: Vec<Condition>,
    pub order: Order,
    pub limit: usize,
    pub after: Option<Mark>,
}

impl Asked {
    /// One row more than the page has, which tells whether there are more.
    pub fn rows(&self) -> i64 {
        i64::try_from(self.limit.saturating_add(1)).unwrap_or(i64::MAX)
    }
}

/// The last row that was shown: its value of the field in order, and its public number. What comes after it does not
/// depend on how many rows there are, so that nothing is shown twice or left out when others are added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    pub value: Literal,
    pub id: String,
}
