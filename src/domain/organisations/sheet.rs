//! A CSV file of people or places taken apart into lines of named cells, and what is shown of it before anything is
//! written. Pure; knows nobody.

use crate::domain::Refusal;
use crate::kit::names::fold;
use crate::kit::secret::fingerprint;

/// Bytes of a file.
pub const LONGEST_FILE: usize = 2 * 1024 * 1024;
/// Lines of a file below its headings.
pub const MOST_ROWS: usize = 5000;

/// A line that says anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::domain) struct Line {
    /// As a spreadsheet counts them; the headings are 1.
    pub number: usize,
    /// One a heading, in the order of the headings that were asked for; empty where the file has no such column.
    pub cells: Vec<String>,
    pub faults: Vec<String>,
}

impl Line {
    pub fn cell(&self, at: usize) -> &str {
        self.cells.get(at).map_or("", String::as_str)
    }

    /// A cell with several names in it.
    pub fn names(&self, at: usize) -> Vec<&str> {
        let names = self.cell(at).split([';', '|']).map(str::trim);
        names.filter(|name| !name.is_empty()).collect()
    }

    /// What it would become, for the preview.
    pub fn shown(self, alike: Vec<String>) -> Previewed {
        let filled: Vec<&str> =
            self.cells.iter().map(String::as_str).filter(|cell| !cell.is_empty()).collect();
        Previewed {
            number: self.number,
            words: super::one_line(&filled.join(", ")).chars().take(200).collect(),
            faults: self.faults,
            alike,
        }
    }
}

/// One line of the file as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Previewed {
    pub number: usize,
    pub words: String,
    /// What is wrong with it, each as a sentence; empty where it can be used.
    pub faults: Vec<String>,
    /// Who or what here looks like it, each as a sentence.
    pub alike: Vec<String>,
}

/// What a file would come to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Preview {
    pub lines: Vec<Previewed>,
    /// Lines without a fault.
    pub good: usize,
    /// What this preview comes to, together with the text of the file.
    pub hash: String,
}

impl Preview {
    pub(in crate::domain) fn new(text: &str, lines: Vec<Previewed>) -> Self {
        let good = lines.iter().filter(|line| line.faults.is_empty()).count();
        let hash = fingerprint(&format!("{text}\u{0}{lines:?}"));
        Self { lines, good, hash }
    }
}

/// What became of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Imported {
    Done(usize),
    /// Nothing was written: it would come to something else than was shown.
    Differs(Preview),
}

/// The lines of a file. The first `needed` of the headings have to be there.
///
/// # Errors
/// `Invalid` on `file` where the whole cannot be used.
pub(in crate::domain) fn read(text: &str, headings: &[String], needed: usize) -> Result<Vec<Line>, Refusal> {
    let wrong = |words: String| Refusal::invalid("file", words);
    if text.len() > LONGEST_FILE {
        return Err(wrong("The file is larger than 2 MB. Import it in parts".to_owned()));
    }
    let text = text.trim_start_matches('\u{feff}');
    if text.trim().is_empty() {
        return Err(wrong("Choose a file, or paste its lines".to_owned()));
    }
    let unreadable = || wrong("This is not a CSV file. Download the template and fill it".to_owned());
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter(text))
        .from_reader(text.as_bytes());
    let mut records = reader.records();
    let first = records.next().and_then(Result::ok).ok_or_else(unreadable)?;
    let columns = columns(&first, headings, needed)?;
    let mut lines = Vec::new();
    for (at, record) in records.enumerate() {
        let record = record.map_err(|_broken| unreadable())?;
        if record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        if lines.len() == MOST_ROWS {
            return Err(wrong(format!("The file has more than {MOST_ROWS} lines. Import it in parts")));
        }
        lines.push(line(at + 2, &record, &columns, headings));
    }
    if lines.is_empty() {
        return Err(wrong("The file has headings and no lines".to_owned()));
    }
    Ok(lines)
}

/// What separates the cells: semicolons where spreadsheets write commas in numbers.
fn delimiter(text: &str) -> u8 {
    let first = text.lines().next().unwrap_or_default();
    if first.matches(';').count() > first.matches(',').count() {
        return b';';
    }
    if first.contains('\t') && !first.contains(',') { b'\t' } else { b',' }
}

/// Which column of the file each heading is.
fn columns(
    first: &csv::StringRecord,
    headings: &[String],
    needed: usize,
) -> Result<Vec<Option<usize>>, Refusal> {
    let is = |heading: &str, wanted: &str| fold(heading) == fold(wanted);
    let mut columns = Vec::with_capacity(headings.len());
    for wanted in headings {
        let mut found = first.iter().enumerate().filter(|(_, heading)| is(heading, wanted));
        let column = found.next().map(|(at, _)| at);
        if found.next().is_some() {
            return Err(Refusal::invalid("file", format!("The heading “{wanted}” stands there twice")));
        }
        columns.push(column);
    }
    let missing = headings.iter().zip(&columns).take(needed).filter(|(_, column)| column.is_none());
    let missing: Vec<String> = missing.map(|(heading, _)| format!("“{heading}”")).collect();
    if missing.is_empty() {
        return Ok(columns);
    }
    let words = format!("The first line has to name the columns. These are missing: {}", missing.join(", "));
    Err(Refusal::invalid("file", words))
}

fn line(number: usize, record: &csv::StringRecord, columns: &[Option<usize>], headings: &[String]) -> Line {
    let cell = |column: &Option<usize>| {
        let text = column.and_then(|at| record.get(at)).unwrap_or_default();
        super::one_line(&text.replace('\0', ""))
    };
    let cells: Vec<String> = columns.iter().map(cell).collect();
    let formulas = cells.iter().zip(headings).filter(|(cell, _)| is_formula(cell));
    let faults = formulas
        .map(|(_, heading)| format!("The cell “{heading}” begins like a formula. Write the text alone."))
        .collect();
    Line { number, cells, faults }
}

/// What a spreadsheet would calculate, also behind the apostrophe that keeps it from doing so.
fn is_formula(cell: &str) -> bool {
    let text = cell.strip_prefix('\'').unwrap_or(cell).trim_start();
    text.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']) && text.chars().count() > 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headings() -> Vec<String> {
        ["First name", "Last name", "Agencies"].map(str::to_owned).to_vec()
    }

    fn why(text: &str) -> String {
        read(text, &headings(), 2).unwrap_err().to_string()
    }

    #[test]
    fn headings_are_found_in_any_order_and_spelling() {
        let text =
            "\u{feff}LAST NAME;first-name;Our own;Agencies\r\nBrown;Leah;x;\"Oak; Elm |Ash\"\r\n;;;\r\n";
        let lines = read(text, &headings(), 2).unwrap();
        assert_eq!((lines.len(), lines[0].number), (1, 2));
        assert_eq!((lines[0].cell(0), lines[0].cell(1)), ("Leah", "Brown"));
        assert_eq!(lines[0].names(2), ["Oak", "Elm", "Ash"]);
        assert!(lines[0].faults.is_empty());
    }

    #[test]
    fn a_file_that_cannot_be_used_says_why() {
        assert!(why(" \n").contains("Choose a file"));
        assert!(why("First name\nLeah").contains("“Last name”"));
        assert!(why("First name,Last name,first name\nLeah,Brown,x").contains("twice"));
        assert!(why("First name,Last name\n").contains("no lines"));
        assert!(why(&format!("First name,Last name\n{}", "a,b\n".repeat(MOST_ROWS + 1))).contains("5000"));
        assert!(why(&"x".repeat(LONGEST_FILE + 1)).contains("2 MB"));
    }

    #[test]
    fn a_cell_that_would_be_calculated_is_a_fault() {
        for cell in ["=1+1", "'=1+1", "@SUM(A1)", "+44", "-2", "＝1"] {
            let text = format!("First name,Last name\nLeah,{cell}\n");
            assert_eq!(read(&text, &headings(), 2).unwrap()[0].faults.len(), 1, "{cell}");
        }
        let text = "First name,Last name\nLeah,O'Neill-Brown\nTom,-\n";
        assert!(read(text, &headings(), 2).unwrap().iter().all(|line| line.faults.is_empty()));
    }
}
