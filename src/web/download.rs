//! Lists as CSV files that a spreadsheet cannot be tricked by: no cell is ever a formula.

use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};

use super::error::{Answer, Fault};

/// A file `NAME-DATE.csv`, in UTF-8 with the mark that spreadsheets look for.
pub(super) fn csv<const N: usize>(
    name: &str,
    date: chrono::NaiveDate,
    headings: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> Answer {
    let body = csv_of(headings, rows).map_err(|cause| Fault::broken(&cause))?;
    Ok(attached(&format!("{name}-{date}.csv"), CSV, body))
}

/// The media type of CSV.
pub(super) const CSV: &str = "text/csv; charset=utf-8";

/// A file to be kept under a name; the name is ours and plain.
pub(super) fn attached(name: &str, media: &'static str, body: Vec<u8>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, media))
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
        .body(body)
}

/// The file's bytes.
pub(super) fn csv_of<'h>(
    headings: impl IntoIterator<Item = &'h str>,
    rows: impl IntoIterator<Item = impl IntoIterator<Item = String>>,
) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::WriterBuilder::new()
        .quote_style(csv::QuoteStyle::Always)
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::from("\u{feff}"));
    writer.write_record(headings)?;
    for row in rows {
        writer.write_record(row.into_iter().map(harmless))?;
    }
    writer.into_inner().map_err(|cause| csv::Error::from(cause.into_error()))
}

/// Puts an apostrophe before what a spreadsheet would calculate, the full-width signs included.
fn harmless(cell: String) -> String {
    let text = cell.replace('\0', "");
    let first = text.trim_start().chars().next();
    let odd = text.starts_with(['\t', '\r', '\n']);
    if odd || first.is_some_and(|c| "=+-@＝＋－＠".contains(c)) { format!("'{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula_and_quotes_stay_whole() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\0=1", "＝1", "  =1"] {
            assert!(harmless(formula.into()).starts_with('\''), "{formula:?}");
        }
        assert_eq!(harmless("Betty Cole".into()), "Betty Cole");
        let file = csv_of(["Name", "Words"], [["a \"b\"".to_owned(), "x,\ny".to_owned()]]).unwrap();
        let mut reader = csv::Reader::from_reader(file.strip_prefix("\u{feff}".as_bytes()).unwrap());
        let row = reader.records().next().unwrap().unwrap();
        assert_eq!((&row[0], &row[1]), ("a \"b\"", "x,\ny"));
    }
}
