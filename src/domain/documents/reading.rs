//! What may be kept as a document: a name, and the bytes of a PDF or of a picture. Judged by its bytes and never by what
//! it calls itself. Pure.
//!
//! A PDF is kept byte by byte, since whoever signed it must find it unchanged. Whether it is one is told by its first
//! line and its last; one that is locked with a password is refused, since a practitioner at a door cannot open it.

use super::{Media, pictures};
use crate::domain::Refusal;
use crate::domain::appointments::signatures;
use crate::domain::organisations::readable_name;
use crate::kit::secret::fingerprint_of;

pub use super::pictures::MOST_BYTES;

/// How near its end a PDF says that it ends; programs add a line or two after it.
const END: usize = 2_048;

/// A document that can be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDocument {
    pub name: String,
    pub media: Media,
    pub bytes: Vec<u8>,
    /// SHA-256 in hexadecimal, of what is kept.
    pub digest: String,
}

impl NewDocument {
    /// Reads what was typed and sent.
    ///
    /// # Errors
    /// `Invalid` on `name` or `document`.
    pub fn read(name: &str, bytes: &[u8]) -> Result<Self, Refusal> {
        let name = readable_name("name", name, "what it is, such as Referral letter")?;
        let wrong = |words: &str| Refusal::invalid("document", format!("The document {words}"));
        if bytes.is_empty() {
            return Err(Refusal::invalid("document", "Choose a PDF, PNG or JPEG file"));
        }
        if bytes.len() > MOST_BYTES {
            return Err(wrong("is larger than 8 MB. Send a smaller one"));
        }
        if bytes.starts_with(b"%PDF-") {
            pdf(bytes).map_err(wrong)?;
            return Ok(Self {
                name,
                media: Media::Pdf,
                bytes: bytes.to_vec(),
                digest: fingerprint_of(bytes),
            });
        }
        let picture = pictures::read(bytes).map_err(|words| wrong(instead(bytes, words)))?;
        let media = match picture.media {
            signatures::Media::Png => Media::Png,
            signatures::Media::Jpeg => Media::Jpeg,
        };
        Ok(Self { name, media, bytes: picture.bytes, digest: picture.digest })
    }
}

/// The words of a picture that cannot be used name what a document may be.
fn instead<'w>(bytes: &[u8], words: &'w str) -> &'w str {
    match signatures::what_else(bytes) {
        _ if bytes.starts_with(b"\x89PNG") || bytes.starts_with(b"\xff\xd8") => words,
        signatures::Unusable::Svg => "is a drawing (SVG), which can hold a program. Send a PDF, PNG or JPEG",
        signatures::Unusable::Html => "is a web page. Send a PDF, PNG or JPEG",
        _ => "is neither PDF nor PNG nor JPEG. Send one of these",
    }
}

fn pdf(bytes: &[u8]) -> Result<(), &'static str> {
    let holds = |bytes: &[u8], part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
    let end = bytes.get(bytes.len().saturating_sub(END)..).unwrap_or(bytes);
    if !holds(end, b"%%EOF") {
        return Err("did not arrive whole, or is broken. Send it again");
    }
    if holds(bytes, b"/Encrypt") {
        return Err(
            "is locked with a password, so that a practitioner could not open it. Send it without one",
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PDF: &[u8] =
        b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n";

    fn refused(name: &str, bytes: &[u8]) -> (&'static str, String) {
        match NewDocument::read(name, bytes) {
            Err(Refusal::Invalid { field, words }) => (field, words),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_pdf_is_kept_byte_by_byte_under_a_name() {
        let kept = NewDocument::read("  Referral \n letter ", PDF).unwrap();
        assert_eq!((kept.name.as_str(), kept.media), ("Referral letter", Media::Pdf));
        assert_eq!(kept.bytes, PDF);
        assert_eq!(kept.digest, fingerprint_of(PDF));
    }

    #[test]
    fn what_is_no_document_says_what_would_be() {
        let (field, words) = refused("Form", b"<!doctype html><script>");
        assert_eq!(
            (field, words.as_str()),
            ("document", "The document is a web page. Send a PDF, PNG or JPEG")
        );
        assert!(refused("Form", b"<svg xmlns='x'>").1.contains("drawing (SVG)"));
        assert!(refused("Form", b"PK\x03\x04 a word processor's").1.contains("neither PDF nor PNG nor JPEG"));
        assert_eq!(refused("Form", b"").1, "Choose a PDF, PNG or JPEG file");
        assert!(refused("Form", b"\xff\xd8 cut").1.contains("did not arrive whole"));
        assert!(refused("Form", &[b"%PDF-".as_slice(), &vec![b'x'; MOST_BYTES]].concat()).1.contains("8 MB"));
        assert_eq!(refused(" ", PDF).0, "name");
        assert_eq!(refused(&"n".repeat(101), PDF).0, "name");
    }

    #[test]
    fn a_pdf_that_is_cut_off_or_locked_is_refused() {
        assert!(refused("Form", b"%PDF-1.7\nobj").1.contains("did not arrive whole"));
        let locked = [b"%PDF-1.7\n<< /Encrypt 5 0 R >>\n".as_slice(), b"%%EOF"].concat();
        assert!(refused("Form", &locked).1.contains("locked with a password"));
    }
}
