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
    let body = written(headings, rows).map_err(|cause| Fault::broken(&cause))?;
    let disposition = format!("attachment; filename=\"{name}-{date}.csv\"");
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/csv; charset=utf-8"))
        .insert_header((CONTENT_DISPOSITION, disposition))
        .body(body))
}

fn written<const N: usize>(
    headings: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::WriterBuilder::new()
        .quote_style(csv::QuoteStyle::Always)
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::from("\u{feff}"));
    writer.write_record(headings)?;
    for row in rows {
        writer.write_record(row.map(harmless))?;
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
        let file = written(["Name", "Words"], [["a \"b\"".to_owned(), "x,\ny".to_owned()]]).unwrap();
        let mut reader = csv::Reader::from_reader(file.strip_prefix("\u{feff}".as_bytes()).unwrap());
        let row = reader.records().next().unwrap().unwrap();
        assert_eq!((&row[0], &row[1]), ("a \"b\"", "x,\ny"));
    }
}
