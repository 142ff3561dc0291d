//! A report as a table for files: headings, and cells that keep what they are. Pure.

use chrono::{NaiveDate, NaiveDateTime};

use super::{At, Report, Row, Standing};

/// One value of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    Empty,
    Text(String),
    Number(i64),
    Date(NaiveDate),
    /// What clocks of the organisation showed.
    Moment(NaiveDateTime),
}

impl Cell {
    fn text(text: &str) -> Self {
        if text.is_empty() { Self::Empty } else { Self::Text(text.to_owned()) }
    }

    fn date(date: Option<NaiveDate>) -> Self {
        date.map_or(Self::Empty, Self::Date)
    }

    /// As text, for files that know nothing but text.
    pub fn words(&self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Text(text) => text.clone(),
            Self::Number(number) => number.to_string(),
            Self::Date(date) => date.to_string(),
            Self::Moment(at) => at.format("%Y-%m-%d %H:%M").to_string(),
        }
    }
}

/// A column of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// The key in JSON.
    pub key: &'static str,
    pub heading: &'static str,
    /// In characters, for those who can set it.
    pub width: u8,
    of: Of,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    Ours,
    Theirs,
    System,
    NameHere,
    NameThere,
    Born,
    Email,
    Date,
    Start,
    End,
    Client,
    Staff,
    Agency,
    Standing,
    Origin,
    Who,
    When,
    Rule,
    Why,
    Repair,
    Since,
    Age,
    Rendered,
    Failed,
}

const fn column(of: Of, key: &'static str, heading: &'static str, width: u8) -> Column {
    Column { key, heading, width, of }
}

const OURS: Column = column(Of::Ours, "our_reference", "Our reference", 14);
const THEIRS: Column = column(Of::Theirs, "their_reference", "Their reference", 20);
const SYSTEM: Column = column(Of::System, "system", "Care record system", 24);
const NAME_HERE: Column = column(Of::NameHere, "name_here", "Name here", 26);
const NAME_THERE: Column = column(Of::NameThere, "name_there", "Name there", 26);
const BORN: Column = column(Of::Born, "born", "Born", 12);
const EMAIL: Column = column(Of::Email, "email", "Email", 28);
const SESSION: [Column; 5] = [
    column(Of::Date, "date", "Date", 12),
    column(Of::Start, "start", "Start", 8),
    column(Of::End, "end", "End", 8),
    column(Of::Client, "client", "Client", 24),
    column(Of::Staff, "staff", "Staff", 24),
];
const MAPPING: [Column; 10] = [
    column(Of::Agency, "agency", "Agency", 24),
    column(Of::Standing, "mapping", "Mapping", 14),
    column(Of::Origin, "auto_or_user", "Auto or User", 13),
    column(Of::Who, "mapped_by", "Who", 20),
    column(Of::When, "mapped_at", "When", 17),
    column(Of::Rule, "rule", "Rule", 20),
    column(Of::Why, "reason", "Reason why not", 44),
    column(Of::Repair, "repair", "What to do", 44),
    column(Of::Since, "since", "Since", 12),
    column(Of::Age, "age_days", "Age in days", 12),
];
const RENDERING: [Column; 2] = [
    column(Of::Rendered, "rendered", "Rendered", 14),
    column(Of::Failed, "checks_failed", "Checks not passed", 44),
];

/// The columns of a report's files, in their order.
pub fn columns(report: Report) -> Vec<Column> {
    let mut columns = vec![OURS, THEIRS];
    match report {
        Report::Staff => columns.extend([NAME_HERE, NAME_THERE, EMAIL]),
        Report::Clients => columns.extend([NAME_HERE, NAME_THERE, BORN]),
        Report::Residents => columns.extend([SYSTEM, NAME_HERE, NAME_THERE, BORN]),
        Report::Sites => columns.extend([NAME_HERE, NAME_THERE]),
        Report::Appointments | Report::Notes => columns.extend(SESSION),
    }
    columns.extend(MAPPING);
    if report.is_dated() {
        columns.extend(RENDERING);
    }
    columns
}

/// The cells of a row, one for each column.
pub fn cells(columns: &[Column], report: Report, row: &Row, at: At) -> Vec<Cell> {
    columns.iter().map(|column| cell(column.of, report, row, at)).collect()
}

fn cell(of: Of, report: Report, row: &Row, at: At) -> Cell {
    let mapping = row.mapping.as_ref();
    match of {
        Of::Ours => row.ours.map_or(Cell::Empty, Cell::Number),
        Of::Theirs => Cell::text(&row.theirs),
        Of::System => Cell::text(&row.system),
        Of::NameHere => Cell::text(&row.name_here),
        Of::NameThere => Cell::text(&row.name_there),
        Of::Born => Cell::date(row.born),
        Of::Email => Cell::text(&row.email),
        Of::Date => Cell::date(row.date),
        Of::Start => Cell::text(&row.start),
        Of::End => Cell::text(&row.end),
        Of::Client => Cell::text(&row.client),
        Of::Staff => Cell::text(&row.staff),
        Of::Agency => Cell::text(&row.agency),
        Of::Standing => Cell::text(standing(report, row.standing)),
        Of::Origin => Cell::text(mapping.map_or("", |one| &one.origin)),
        Of::Who => Cell::text(mapping.map_or("", |one| &one.by)),
        Of::When => mapping.map_or(Cell::Empty, |one| Cell::Moment(at.wall(one.at))),
        Of::Rule => Cell::text(mapping.map_or("", |one| &one.rule)),
        Of::Why => Cell::text(&row.why),
        Of::Repair => Cell::text(&row.repair),
        Of::Since => Cell::Date(at.day(row.first_seen)),
        Of::Age => Cell::Number(row.age),
        Of::Rendered => Cell::text(match row.rendered {
            Some(true) => "Rendered",
            Some(false) => "Not rendered",
            None => "",
        }),
        Of::Failed => Cell::text(&row.failed),
    }
}

fn standing(report: Report, standing: Standing) -> &'static str {
    match standing {
        Standing::Mapped => report.mapped(),
        Standing::NotMapped => report.not_mapped(),
        Standing::NotNeeded => "None needed",
    }
}
