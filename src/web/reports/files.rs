//! A report's rows as CSV, XLSX and JSON. In none of them is a cell ever a formula: CSV through `download`, XLSX since
//! text is written as text.

use chrono::NaiveDate;
use serde_json::{Map, Value, json};

use super::super::download;
use super::spreadsheet;
use crate::domain::reports::{At, Cell, Report, Row, Show, cells, columns};

/// Kinds of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Csv,
    Xlsx,
    Json,
}

/// Why a file was not written.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unwritten {
    #[error("the table could not be written as CSV")]
    Csv(#[from] csv::Error),
    #[error("the table could not be written as XLSX")]
    Xlsx(#[from] std::io::Error),
    #[error("the table could not be written as JSON")]
    Json(#[from] serde_json::Error),
}

impl Format {
    pub const ALL: [Self; 3] = [Self::Csv, Self::Xlsx, Self::Json];

    pub fn word(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
            Self::Json => "json",
        }
    }

    pub fn label(self) -> &'static str {
        match self {
            Self::Csv => "CSV",
            Self::Xlsx => "XLSX",
            Self::Json => "JSON",
        }
    }

    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.word() == word)
    }

    pub fn media(self) -> &'static str {
        match self {
            Self::Csv => download::CSV,
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Json => "application/json",
        }
    }

    /// The whole file; it takes a while, so not on a thread that answers.
    pub fn write(self, report: Report, rows: &[Row], at: At) -> Result<Vec<u8>, Unwritten> {
        match self {
            Self::Csv => csv(report, rows, at),
            Self::Xlsx => xlsx(report, rows, at),
            Self::Json => json(report, rows, at),
        }
    }
}

/// `clients-not-mapped-2026-11-22-214-rows.csv`.
pub(super) fn name(report: Report, show: Show, day: NaiveDate, rows: usize, format: Format) -> String {
    let noun = if rows == 1 { "row" } else { "rows" };
    format!("{}-{}-{day}-{rows}-{noun}.{}", report.word(), show.word(), format.word())
}

fn csv(report: Report, rows: &[Row], at: At) -> Result<Vec<u8>, Unwritten> {
    let columns = columns(report);
    let lines = rows.iter().map(|row| cells(&columns, report, row, at).into_iter().map(|cell| cell.words()));
    Ok(download::csv_of(columns.iter().map(|column| column.heading), lines)?)
}

fn xlsx(report: Report, rows: &[Row], at: At) -> Result<Vec<u8>, Unwritten> {
    let columns = columns(report);
    let lines = rows.iter().map(|row| cells(&columns, report, row, at));
    Ok(spreadsheet::write(report.word(), &columns, lines)?)
}

fn json(report: Report, rows: &[Row], at: At) -> Result<Vec<u8>, Unwritten> {
    let columns = columns(report);
    let row = |row: &Row| -> Value {
        let values = columns.iter().zip(cells(&columns, report, row, at));
        let values = values.map(|(column, cell)| {
            let value = match cell {
                Cell::Empty => Value::Null,
                Cell::Number(number) => number.into(),
                Cell::Text(_) | Cell::Date(_) | Cell::Moment(_) => cell.words().into(),
            };
            (column.key.to_owned(), value)
        });
        values.collect::<Map<_, _>>().into()
    };
    let whole = json!({
        "report": report.title(),
        "made_at": at.now.and_utc().to_rfc3339(),
        "time_zone": at.zone.name(),
        "total": rows.len(),
        "rows": rows.iter().map(row).collect::<Vec<_>>(),
    });
    Ok(serde_json::to_vec_pretty(&whole)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_says_what_it_holds_and_how_much() {
        let day = NaiveDate::from_ymd_opt(2026, 11, 22).unwrap();
        let of = |rows| name(Report::Clients, Show::NotMapped, day, rows, Format::Csv);
        assert_eq!(of(214), "clients-not-mapped-2026-11-22-214-rows.csv");
        assert_eq!(of(1), "clients-not-mapped-2026-11-22-1-row.csv");
    }
}
