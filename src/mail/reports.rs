//! The letter of what is mapped and what is not. Counts only: it names nobody.

use askama::Template;

use super::Rendered;
use super::letters::{letter, one_line};

/// One of the things to do.
#[derive(Clone, Debug)]
pub struct WeeklyAction {
    /// `3 clients are not mapped`.
    pub words: String,
    pub link: String,
}

/// A line of counts.
#[derive(Clone, Debug)]
pub struct WeeklyLine {
    pub what: String,
    pub all: i64,
    pub mapped: i64,
    pub not_mapped: i64,
}

letter! {
    /// What is mapped and what is not: once a week.
    WeeklyReport {
        to_name: String,
        organisation: String,
        /// Three at most, the most urgent first.
        actions: Vec<WeeklyAction>,
        lines: Vec<WeeklyLine>,
        /// Appointments of the last four weeks.
        rendered: i64,
        /// Of those with a session note.
        not_rendered: i64,
        link: String,
    }
    "letters/weekly_report/subject.txt" "letters/weekly_report/body.txt" "letters/weekly_report/body.html"
}
