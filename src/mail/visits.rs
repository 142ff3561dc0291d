//! Letters to patients about their appointments, in an organisation's own words. Those are plain text: what HTML there
//! is, is made here, and nothing of theirs is markup.

use askama::Template;

use super::Rendered;
use super::letters::{letter, one_line};

/// Words, or the address of the patient's page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    pub words: String,
    pub is_link: bool,
}

letter! {
    /// A letter to a patient.
    VisitLetter {
        organisation: String,
        subject: String,
        text: String,
        /// The text's paragraphs, of lines, of pieces.
        paragraphs: Vec<Vec<Vec<Piece>>>,
    }
    "letters/visit/subject.txt" "letters/visit/body.txt" "letters/visit/body.html"
}

impl VisitLetter {
    /// `link` is the address that becomes one in HTML; may be empty.
    pub fn new(organisation: String, subject: String, text: String, link: &str) -> Self {
        let paragraphs = text.split("\n\n").map(str::trim).filter(|part| !part.is_empty());
        let paragraphs = paragraphs.map(|part| part.lines().map(|line| pieces(line, link)).collect());
        Self { paragraphs: paragraphs.collect(), organisation, subject, text }
    }
}

fn pieces(line: &str, link: &str) -> Vec<Piece> {
    let words = |text: &str| Piece { words: text.to_owned(), is_link: false };
    if link.is_empty() {
        return vec![words(line)];
    }
    let mut pieces = Vec::new();
    for (at, part) in line.split(link).enumerate() {
        if at > 0 {
            pieces.push(Piece { words: link.to_owned(), is_link: true });
        }
        if !part.is_empty() {
            pieces.push(words(part));
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_patients_page_is_a_link_and_nothing_of_theirs_is_markup() {
        let link = "https://portal.example/appointments/abc";
        let text = format!("Dear <b>Betty</b>,\n\nOpen {link} today.\nhttps://other.example\n\nBye");
        let letter = VisitLetter::new("Harrogate & Co".into(), "Your\r\nday".into(), text.clone(), link);
        let rendered = letter.render().unwrap();
        assert_eq!((rendered.subject.as_str(), rendered.text.trim_end()), ("Your day", text.as_str()));
        let html = rendered.html;
        assert!(html.contains("<p>Dear &#60;b&#62;Betty&#60;/b&#62;,</p>"), "{html}");
        let line = format!("<p>Open <a href=\"{link}\">{link}</a> today.<br>https://other.example</p>");
        assert!(html.contains(&line), "{html}");
        assert!(
            html.contains("<title>Harrogate &#38; Co</title>") && html.contains("lang=\"en-GB\""),
            "{html}"
        );
        assert_eq!(html.matches("<a ").count(), 1);
        assert!(!html.contains("<img") && !html.contains("style="));
    }
}
