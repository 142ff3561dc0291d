//! A spreadsheet of one sheet, as XLSX: six small files of XML in a ZIP file. Written here, since a library that can do
//! all that a spreadsheet can would be larger than the rest of the reports. Text is written as text and nothing else:
//! there is no way to write a formula.

use std::fmt::Write as _;
use std::io::Write as _;

use chrono::{NaiveDate, Timelike as _};
use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};

use crate::domain::reports::{Cell, Column};

const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006";
const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";

/// The styles of cells, by their place in [`styles`].
const HEADING: u8 = 1;
const DAY: u8 = 2;
const MOMENT: u8 = 3;

/// The file: headings in bold that stay while the rest is scrolled, and a row for each list of cells.
///
/// # Errors
/// When it is larger than a ZIP file of this kind may be.
pub(super) fn write(
    name: &str,
    columns: &[Column],
    rows: impl IntoIterator<Item = Vec<Cell>>,
) -> std::io::Result<Vec<u8>> {
    let mut zip = Zip::default();
    zip.add("[Content_Types].xml", &content_types())?;
    zip.add("_rels/.rels", &relation("officeDocument", "xl/workbook.xml", ""))?;
    zip.add("xl/workbook.xml", &workbook(name))?;
    let style = format!("<Relationship Id=\"rId2\" Type=\"{OFFICE}/styles\" Target=\"styles.xml\"/>");
    zip.add("xl/_rels/workbook.xml.rels", &relation("worksheet", "worksheets/sheet1.xml", &style))?;
    zip.add("xl/styles.xml", &styles())?;
    zip.add("xl/worksheets/sheet1.xml", &sheet(columns, rows))?;
    zip.finish()
}

fn content_types() -> String {
    let of = "application/vnd.openxmlformats-officedocument.spreadsheetml";
    format!(
        "{HEAD}<Types xmlns=\"{PACKAGE}/content-types\">\
         <Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
         <Default Extension=\"xml\" ContentType=\"application/xml\"/>\
         <Override PartName=\"/xl/workbook.xml\" ContentType=\"{of}.sheet.main+xml\"/>\
         <Override PartName=\"/xl/worksheets/sheet1.xml\" ContentType=\"{of}.worksheet+xml\"/>\
         <Override PartName=\"/xl/styles.xml\" ContentType=\"{of}.styles+xml\"/></Types>"
    )
}

fn relation(kind: &str, target: &str, more: &str) -> String {
    format!(
        "{HEAD}<Relationships xmlns=\"{PACKAGE}/relationships\">\
         <Relationship Id=\"rId1\" Type=\"{OFFICE}/{kind}\" Target=\"{target}\"/>{more}</Relationships>"
    )
}

fn workbook(name: &str) -> String {
    format!(
        "{HEAD}<workbook xmlns=\"{MAIN}\" xmlns:r=\"{OFFICE}\"><sheets>\
         <sheet name=\"{}\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>",
        escaped(name)
    )
}

fn styles() -> String {
    let format = |of: u8, font: u8| {
        format!(
            "<xf numFmtId=\"{of}\" fontId=\"{font}\" fillId=\"0\" borderId=\"0\" \
                                              xfId=\"0\" applyNumberFormat=\"1\" applyFont=\"1\"/>"
        )
    };
    let (plain, heading, day, moment) = (format(0, 0), format(0, 1), format(164, 0), format(165, 0));
    format!(
        "{HEAD}<styleSheet xmlns=\"{MAIN}\"><numFmts count=\"2\">\
         <numFmt numFmtId=\"164\" formatCode=\"yyyy\\-mm\\-dd\"/>\
         <numFmt numFmtId=\"165\" formatCode=\"yyyy\\-mm\\-dd\\ hh:mm\"/></numFmts>\
         <fonts count=\"2\"><font><sz val=\"11\"/><name val=\"Calibri\"/></font>\
         <font><b/><sz val=\"11\"/><name val=\"Calibri\"/></font></fonts>\
         <fills count=\"2\"><fill><patternFill patternType=\"none\"/></fill>\
         <fill><patternFill patternType=\"gray125\"/></fill></fills>\
         <borders count=\"1\"><border><left/><right/><top/><bottom/><diagonal/></border></borders>\
         <cellStyleXfs count=\"1\">{plain}</cellStyleXfs>\
         <cellXfs count=\"4\">{plain}{heading}{day}{moment}</cellXfs></styleSheet>"
    )
}

fn sheet(columns: &[Column], rows: impl IntoIterator<Item = Vec<Cell>>) -> String {
    let mut out = format!(
        "{HEAD}<worksheet xmlns=\"{MAIN}\"><sheetViews><sheetView workbookViewId=\"0\">\
         <pane ySplit=\"1\" topLeftCell=\"A2\" activePane=\"bottomLeft\" state=\"frozen\"/>\
         </sheetView></sheetViews><cols>"
    );
    for (n, column) in (1_u32..).zip(columns) {
        let width = column.width;
        let _ = write!(out, "<col min=\"{n}\" max=\"{n}\" width=\"{width}\" customWidth=\"1\"/>");
    }
    out.push_str("</cols><sheetData>");
    let headings = columns.iter().map(|column| Cell::Text(column.heading.to_owned())).collect();
    for (n, cells) in (1_u32..).zip(std::iter::once(headings).chain(rows)) {
        let _ = write!(out, "<row r=\"{n}\">");
        for (of, cell) in (0_u32..).zip(cells) {
            add_cell(&mut out, &format!("{}{n}", letters(of)), &cell, n == 1);
        }
        out.push_str("</row>");
    }
    out.push_str("</sheetData></worksheet>");
    out
}

fn add_cell(out: &mut String, at: &str, cell: &Cell, is_heading: bool) {
    let style = if is_heading { HEADING } else { 0 };
    // Writing to a text does not fail.
    let _ = match cell {
        Cell::Empty => Ok(()),
        Cell::Text(text) => {
            let text = escaped(text);
            write!(
                out,
                "<c r=\"{at}\" s=\"{style}\" t=\"inlineStr\"><is><t xml:space=\"preserve\">{text}</t></is></c>"
            )
        }
        Cell::Number(number) => write!(out, "<c r=\"{at}\"><v>{number}</v></c>"),
        Cell::Date(day) => write!(out, "<c r=\"{at}\" s=\"{DAY}\"><v>{}</v></c>", serial(*day)),
        Cell::Moment(moment) => {
            let part = f64::from(moment.time().num_seconds_from_midnight()) / 86_400.0;
            let part = format!("{part:.6}");
            let part = part.trim_start_matches('0');
            write!(out, "<c r=\"{at}\" s=\"{MOMENT}\"><v>{}{part}</v></c>", serial(moment.date()))
        }
    };
}

/// The day's number in a spreadsheet, which counts from 30 December 1899.
fn serial(day: NaiveDate) -> i64 {
    NaiveDate::from_ymd_opt(1899, 12, 30).map_or(0, |first| (day - first).num_days())
}

/// `A`, `B` … `Z`, `AA`: the name of a column, counted from 0.
fn letters(mut n: u32) -> String {
    let mut name = Vec::new();
    loop {
        name.push(char::from_digit(10 + n % 26, 36).unwrap_or('a').to_ascii_uppercase());
        if n < 26 {
            break;
        }
        n = n / 26 - 1;
    }
    name.into_iter().rev().collect()
}

/// As XML holds it: no control character but a new line, and not more than a cell takes.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars().take(32_000) {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push('\n'),
            '\u{fffe}' | '\u{ffff}' => {}
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

/// A ZIP file while it grows.
#[derive(Default)]
struct Zip {
    bytes: Vec<u8>,
    /// The list of contents, which comes last.
    directory: Vec<u8>,
    files: u16,
}

impl Zip {
    fn add(&mut self, name: &str, text: &str) -> std::io::Result<()> {
        let mut crc = Crc::new();
        crc.update(text.as_bytes());
        let mut deflate = DeflateEncoder::new(Vec::new(), Compression::fast());
        deflate.write_all(text.as_bytes())?;
        let deflated = deflate.finish()?;
        let start = four(self.bytes.len())?;
        let mut about = Vec::new();
        // Needs version 2.0, names in UTF-8, deflated, of 1 January 1980.
        for half in [20_u16, 0x0800, 8, 0, 0x0021] {
            about.extend(half.to_le_bytes());
        }
        about.extend(crc.sum().to_le_bytes());
        about.extend(four(deflated.len())?);
        about.extend(four(text.len())?);
        about.extend(u16::try_from(name.len()).map_err(too_large)?.to_le_bytes());
        about.extend([0, 0]);
        self.bytes.extend(*b"PK\x03\x04");
        self.bytes.extend(&about);
        self.bytes.extend(name.as_bytes());
        self.bytes.extend(deflated);
        self.directory.extend(*b"PK\x01\x02\x14\x00");
        self.directory.extend(&about);
        self.directory.extend([0; 10]);
        self.directory.extend(start);
        self.directory.extend(name.as_bytes());
        self.files += 1;
        Ok(())
    }

    fn finish(mut self) -> std::io::Result<Vec<u8>> {
        let start = four(self.bytes.len())?;
        let length = four(self.directory.len())?;
        self.bytes.append(&mut self.directory);
        self.bytes.extend(*b"PK\x05\x06\x00\x00\x00\x00");
        self.bytes.extend(self.files.to_le_bytes());
        self.bytes.extend(self.files.to_le_bytes());
        self.bytes.extend(length);
        self.bytes.extend(start);
        self.bytes.extend([0, 0]);
        Ok(self.bytes)
    }
}

fn four(length: usize) -> std::io::Result<[u8; 4]> {
    u32::try_from(length).map(u32::to_le_bytes).map_err(too_large)
}

fn too_large(_cause: std::num::TryFromIntError) -> std::io::Error {
    std::io::Error::other("the spreadsheet is too large")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_and_days_are_counted_as_spreadsheets_do() {
        assert_eq!(
            [0, 25, 26, 27, 51, 52, 701, 702].map(letters),
            ["A", "Z", "AA", "AB", "AZ", "BA", "ZZ", "AAA"]
        );
        let day = |y, m, d| serial(NaiveDate::from_ymd_opt(y, m, d).unwrap());
        assert_eq!((day(1900, 3, 1), day(2015, 5, 14)), (61, 42_138));
    }

    #[test]
    fn a_moment_is_a_day_with_its_part() {
        let mut out = String::new();
        let noon = NaiveDate::from_ymd_opt(2015, 5, 14).unwrap().and_hms_opt(12, 0, 0).unwrap();
        add_cell(&mut out, "A2", &Cell::Moment(noon), false);
        assert_eq!(out, "<c r=\"A2\" s=\"3\"><v>42138.500000</v></c>");
    }

    #[test]
    fn text_stays_text_and_breaks_no_xml() {
        let mut out = String::new();
        add_cell(&mut out, "A2", &Cell::Text("=1+1 <b> & \u{1}\"".into()), false);
        assert!(out.contains("t=\"inlineStr\"") && out.contains("=1+1 &lt;b&gt; &amp; &quot;<"), "{out}");
    }
}
