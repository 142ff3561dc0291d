//! Documents of the demo: a page with a few lines as a PDF, which any viewer opens. Holds made-up words only.

use std::fmt::Write as _;

use crate::domain::Refusal;
use crate::domain::documents::NewDocument;

/// How a kit is used, for whoever takes blood.
pub fn guide() -> Result<NewDocument, Refusal> {
    let lines = [
        "Label each tube at the bedside, before you leave.",
        "Name, date of birth, date and time.",
        "Yellow top: turn it over five times.",
    ];
    NewDocument::read("How the tubes are labelled", &page("How the tubes are labelled", &lines))
}

/// A letter that goes with an appointment.
pub fn referral() -> Result<NewDocument, Refusal> {
    let lines = [
        "Please take a full blood count and send it to the",
        "laboratory at Fieldway on the same day.",
        "With thanks, Park Row Surgery (made up)",
    ];
    NewDocument::read("Referral letter", &page("Referral letter", &lines))
}

/// A PDF of one page (ISO 32000): a heading, and lines under it. Neither may hold brackets or backslashes.
fn page(heading: &str, lines: &[&str]) -> Vec<u8> {
    let mut words = format!("BT /F 20 Tf 60 780 Td ({heading}) Tj 0 -12 Td /F 12 Tf ");
    for line in lines {
        let _ = write!(words, "0 -20 Td ({line}) Tj ");
    }
    words.push_str("ET");
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F 5 0 R >> >> >>"
            .to_owned(),
        format!("<< /Length {} >>\nstream\n{words}\nendstream", words.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    ];
    let mut text = "%PDF-1.4\n".to_owned();
    let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for (number, object) in (1..).zip(&objects) {
        let _ = writeln!(table, "{:010} 00000 n ", text.len());
        let _ = write!(text, "{number} 0 obj\n{object}\nendobj\n");
    }
    let at = text.len();
    let _ = write!(
        text,
        "{table}trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{at}\n%%EOF\n",
        objects.len() + 1
    );
    text.into_bytes()
}
