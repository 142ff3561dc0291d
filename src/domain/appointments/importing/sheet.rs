//! A CSV file taken apart into lines and named cells. Pure; knows no person and no appointment.

use crate::domain::Refusal;
use crate::domain::organisations::one_line;
use crate::kit::names::fold;

/// Bytes of a file.
pub const LONGEST_FILE: usize = 2 * 1024 * 1024;
/// Lines of a file below its headings.
pub const MOST_ROWS: usize = 5000;
const LONGEST_SHOWN: usize = 120;

/// The headings of the file that can be downloaded to be filled.
pub const TEMPLATE: [&str; 14] = [
    "Kind",
    "Client first name",
    "Client last name",
    "Client date of birth",
    "Staff",
    "Agency",
    "Service",
    "Direct or indirect",
    "Status",
    "Date",
    "Start",
    "End",
    "Time zone",
    "Details",
];

/// What a cell is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    Kind,
    FirstName,
    LastName,
    Born,
    Staff,
    Agency,
    Service,
    Directness,
    Status,
    Date,
    Start,
    End,
    TimeZone,
    Details,
}

const COLUMNS: [Column; 14] = [
    Column::Kind,
    Column::FirstName,
    Column::LastName,
    Column::Born,
    Column::Staff,
    Column::Agency,
    Column::Service,
    Column::Directness,
    Column::Status,
    Column::Date,
    Column::Start,
    Column::End,
    Column::TimeZone,
    Column::Details,
];

/// Without these no line can become an appointment.
const NEEDED: [Column; 4] = [Column::Staff, Column::Date, Column::Start, Column::End];

/// A line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Raw {
    /// As a spreadsheet counts them; the headings are 1.
    pub number: usize,
    cells: Vec<(Column, String)>,
    /// What is wrong with it as a line.
    pub faults: Vec<String>,
}

impl Raw {
    /// Empty where the file has no such column.
    pub fn cell(&self, column: Column) -> &str {
        self.cells.iter().find(|(of, _)| *of == column).map_or("", |(_, text)| text)
    }

    pub fn says(&self, column: Column, word: &str) -> bool {
        fold(self.cell(column)) == word
    }

    /// What it says, short.
    pub fn shown(&self) -> String {
        let filled: Vec<&str> =
            self.cells.iter().map(|(_, text)| text.as_str()).filter(|text| !text.is_empty()).collect();
        let words = one_line(&filled.join(", "));
        let mut short: String = words.chars().take(LONGEST_SHOWN).collect();
        if words.chars().count() > LONGEST_SHOWN {
            short.push('…');
        }
        short
    }
}

/// The lines of a file that say anything.
///
/// # Errors
/// `Invalid` on `file` where the whole cannot be used.
pub fn rows(text: &str) -> Result<Vec<Raw>, Refusal> {
    let wrong = |words: String| Refusal::invalid("file", words);
    if text.len() > LONGEST_FILE {
        return Err(wrong("The file is larger than 2 MB. Import it in parts".to_owned()));
    }
    let text = text.trim_start_matches('\u{feff}');
    if text.trim().is_empty() {
        return Err(wrong("Choose a file, or paste its lines".to_owned()));
    }
    let first = text.lines().next().unwrap_or_default();
    let semicolons = first.matches(';').count() > first.matches(',').count();
    let delimiter = match (semicolons, first.contains('\t') && !first.contains(',')) {
        (true, _) => b';',
        (_, true) => b'\t',
        _ => b',',
    };
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(text.as_bytes());
    let mut records = reader.records();
    let unreadable = || wrong("This is not a CSV file. Download the template and fill it".to_owned());
    let headings = records.next().and_then(Result::ok).ok_or_else(unreadable)?;
    let columns = columns(&headings)?;
    let mut rows = Vec::new();
    for (at, record) in records.enumerate() {
        let record = record.map_err(|_broken| unreadable())?;
        let number = at + 2;
        if record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        if rows.len() == MOST_ROWS {
            let words = format!("The file has more than {MOST_ROWS} lines. Import it in parts");
            return Err(wrong(words));
        }
        rows.push(row(number, &record, &columns));
    }
    if rows.is_empty() {
        return Err(wrong("The file has headings and no lines".to_owned()));
    }
    Ok(rows)
}

fn columns(headings: &csv::StringRecord) -> Result<Vec<Option<Column>>, Refusal> {
    let known = |heading: &str| {
        let folded = fold(heading);
        let at = TEMPLATE.iter().position(|name| fold(name) == folded);
        at.and_then(|at| COLUMNS.get(at).copied())
    };
    let columns: Vec<Option<Column>> = headings.iter().map(known).collect();
    let twice =
        COLUMNS.iter().find(|column| columns.iter().filter(|one| **one == Some(**column)).count() > 1);
    if let Some(twice) = twice {
        return Err(Refusal::invalid(
            "file",
            format!("The heading “{}” stands there twice", heading(*twice)),
        ));
    }
    let missing: Vec<String> = NEEDED
        .iter()
        .filter(|column| !columns.contains(&Some(**column)))
        .map(|column| format!("“{}”", heading(*column)))
        .collect();
    if missing.is_empty() {
        return Ok(columns);
    }
    let words = format!("The first line has to name the columns. These are missing: {}", missing.join(", "));
    Err(Refusal::invalid("file", words))
}

fn heading(column: Column) -> &'static str {
    let at = COLUMNS.iter().position(|one| *one == column);
    at.and_then(|at| TEMPLATE.get(at).copied()).unwrap_or_default()
}

fn row(number: usize, record: &csv::StringRecord, columns: &[Option<Column>]) -> Raw {
    let cells = columns.iter().zip(record.iter());
    let cells = cells.filter_map(|(column, cell)| column.map(|column| (column, unquoted(cell))));
    let more = record.iter().skip(columns.len()).any(|cell| !cell.trim().is_empty());
    let faults = if more { vec!["It has more cells than there are headings".to_owned()] } else { Vec::new() };
    Raw { number, cells: cells.collect(), faults }
}

/// Takes away the apostrophe with which our own downloads keep a cell from being a formula.
fn unquoted(cell: &str) -> String {
    let cell = cell.trim().replace('\0', "");
    match cell.strip_prefix('\'') {
        Some(rest) if rest.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']) => {
            rest.to_owned()
        }
        _ => cell,
    }
}

/// `01:30 second` is the second 01:30 of a day on which the clocks go back.
pub fn time_and_which(cell: &str) -> (String, &'static str) {
    let lower = cell.trim().to_lowercase();
    for which in ["first", "second"] {
        if let Some(time) = lower.strip_suffix(which) {
            return (time.trim().to_owned(), which);
        }
    }
    (cell.trim().to_owned(), "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_are_found_in_any_order_and_spelling() {
        let text = "\u{feff}date;START; End;staff;Service;Our own\r\n2026-11-03;09:00;10:00;kim@x.example;'=1+1;z\r\n;;;;;\r\n";
        let rows = rows(text).unwrap();
        assert_eq!((rows.len(), rows[0].number), (1, 2));
        assert_eq!((rows[0].cell(Column::Date), rows[0].cell(Column::Service)), ("2026-11-03", "=1+1"));
        assert_eq!(rows[0].cell(Column::Agency), "");
        assert!(rows[0].says(Column::Staff, "kimxexample"));
    }

    #[test]
    fn a_file_that_cannot_be_used_says_why() {
        let why = |text: &str| rows(text).unwrap_err().to_string();
        assert!(why("  ").contains("Choose a file"));
        assert!(why("Date,Start,End\n1,2,3").contains("“Staff”"));
        assert!(why("Staff,Date,Start,End,Date\n1,2,3,4,5").contains("twice"));
        assert!(why("Staff,Date,Start,End\n").contains("no lines"));
        let many = format!("Staff,Date,Start,End\n{}", "a,b,c,d\n".repeat(MOST_ROWS + 1));
        assert!(why(&many).contains("more than 5000"));
        let more = rows("Staff,Date,Start,End\na,b,c,d,e\n").unwrap();
        assert_eq!(more[0].faults.len(), 1);
    }

    #[test]
    fn a_repeated_time_can_be_told_apart() {
        assert_eq!(time_and_which("01:30 Second"), ("01:30".to_owned(), "second"));
        assert_eq!(time_and_which(" 01:30 "), ("01:30".to_owned(), ""));
    }
}
