//! Forms with a file in them. The whole form is read into memory, within a limit; nothing is kept on disk. A file that
//! is not UTF-8 is taken as what older spreadsheets write, and a picture as its bytes.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage as _, HttpRequest};

use super::error::Fault;
use super::visit::{Fields, Visit, field, is_form, read_form};
use crate::domain::documents::MOST_BYTES;
use crate::kit::secret::Secret;

/// Largest form with a file.
const LIMIT: usize = 3 * 1024 * 1024;
/// Largest form with a picture, as phones take them, and what stands around it.
const PICTURE_LIMIT: usize = MOST_BYTES + 64 * 1024;
/// Fields of one form.
const MOST_FIELDS: usize = 100;
/// The name under which it is said which field was not UTF-8, for pages that do not guess.
pub(super) const NOT_UTF_8: &str = "not-utf-8";

/// The fields of a form that may hold a file, which came with this browser's token.
pub(super) struct PostedFile(pub Fields);

impl FromRequest for PostedFile {
    type Error = Fault;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Fault>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let visit = Visit::of(request);
        let is_plain = is_form(request.content_type());
        let boundary = boundary(request);
        let payload = payload.take();
        Box::pin(async move {
            let visit = visit?;
            let fields = match boundary {
                Some(boundary) => texts(&parts(&read(payload, LIMIT).await?, &boundary)?),
                None if is_plain => plain(&read_form(payload).await?)?,
                None => {
                    return Err(Fault::Unreadable(
                        "This page takes forms only. Go back and send the form again.",
                    ));
                }
            };
            if Secret::new(visit.csrf()).is(field(&fields, "csrf")) {
                Ok(Self(fields))
            } else {
                Err(Fault::Expired(visit.path().to_owned()))
            }
        })
    }
}

/// The names that a picture or a document has in a form.
const FILES: [&str; 2] = ["photo", "document"];

/// A form with a picture or a document, which came with this browser's token; no bytes where no file was chosen.
pub(super) struct PostedUpload {
    pub fields: Fields,
    pub file: Vec<u8>,
}

impl FromRequest for PostedUpload {
    type Error = Fault;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Fault>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let visit = Visit::of(request);
        let is_plain = is_form(request.content_type());
        let boundary = boundary(request);
        let payload = payload.take();
        Box::pin(async move {
            let visit = visit?;
            let (fields, file) = match boundary {
                Some(boundary) => {
                    let body = read(payload, PICTURE_LIMIT).await?;
                    let parts = parts(&body, &boundary)?;
                    let (files, said): (Vec<_>, Vec<_>) =
                        parts.into_iter().partition(|(name, _)| FILES.contains(&name.as_str()));
                    (texts(&said), files.first().map(|(_, content)| content.to_vec()).unwrap_or_default())
                }
                // A form without a file has none.
                None if is_plain => (plain(&read_form(payload).await?)?, Vec::new()),
                None => {
                    return Err(Fault::Unreadable(
                        "This page takes forms only. Go back and send the form again.",
                    ));
                }
            };
            if Secret::new(visit.csrf()).is(field(&fields, "csrf").trim()) {
                Ok(Self { fields, file })
            } else {
                Err(Fault::Expired(visit.path().to_owned()))
            }
        })
    }
}

fn plain(body: &str) -> Result<Fields, Fault> {
    let fields = actix_web::web::Query::<Fields>::from_query(body);
    fields.map(actix_web::web::Query::into_inner).map_err(|_shape| unreadable())
}

fn unreadable() -> Fault {
    Fault::Unreadable("The form did not arrive whole. Send it again.")
}

/// What separates the parts of a `multipart/form-data` body.
fn boundary(request: &HttpRequest) -> Option<String> {
    let content_type = request.headers().get("content-type")?.to_str().ok()?;
    let (kind, rest) = content_type.split_once(';')?;
    let is = kind.trim().eq_ignore_ascii_case("multipart/form-data");
    let value = rest.split(';').find_map(|part| {
        let (name, value) = part.trim().split_once('=')?;
        name.eq_ignore_ascii_case("boundary").then(|| value.trim_matches('"').to_owned())
    })?;
    (is && !value.is_empty() && value.len() <= 70).then_some(value)
}

async fn read(mut payload: Payload, limit: usize) -> Result<Vec<u8>, Fault> {
    use futures_util::StreamExt as _;
    let mut body = Vec::new();
    while let Some(piece) = payload.next().await {
        let piece = piece.map_err(|_broken_off| unreadable())?;
        if body.len() + piece.len() > limit {
            return Err(Fault::TooLarge);
        }
        body.extend_from_slice(&piece);
    }
    Ok(body)
}

/// Parts as text; which were not UTF-8 is said before them.
fn texts(parts: &[(String, &[u8])]) -> Fields {
    let mut fields = Fields::new();
    for (name, content) in parts {
        if std::str::from_utf8(content).is_err() {
            fields.push((NOT_UTF_8.to_owned(), name.clone()));
        }
        fields.push((name.clone(), text(content)));
    }
    fields
}

/// The named parts of a body.
fn parts<'b>(body: &'b [u8], boundary: &str) -> Result<Vec<(String, &'b [u8])>, Fault> {
    let mark = format!("\r\n--{boundary}");
    // The first mark has no line before it.
    let mut rest = body.strip_prefix(mark.as_bytes().get(2..).unwrap_or_default()).ok_or_else(unreadable)?;
    let mut fields = Vec::new();
    loop {
        if rest.starts_with(b"--") {
            return Ok(fields);
        }
        let part = rest.strip_prefix(b"\r\n").ok_or_else(unreadable)?;
        let (part, after) = cut(part, mark.as_bytes()).ok_or_else(unreadable)?;
        let (head, content) = match part.strip_prefix(b"\r\n") {
            Some(content) => (&[][..], content),
            None => cut(part, b"\r\n\r\n").ok_or_else(unreadable)?,
        };
        if let Some(name) = name_in(&String::from_utf8_lossy(head)) {
            fields.push((name, content));
        }
        if fields.len() > MOST_FIELDS {
            return Err(Fault::TooLarge);
        }
        rest = after;
    }
}

fn cut<'b>(bytes: &'b [u8], at: &[u8]) -> Option<(&'b [u8], &'b [u8])> {
    let found = bytes.windows(at.len()).position(|window| window == at)?;
    let (before, rest) = bytes.split_at(found);
    Some((before, rest.get(at.len()..)?))
}

fn name_in(head: &str) -> Option<String> {
    let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with("content-disposition:"))?;
    let mut parts = line.split(';').map(str::trim);
    parts.find_map(|part| part.strip_prefix("name=")).map(|name| name.trim_matches('"').to_owned())
}

/// UTF-8, else one sign a byte, as Western European spreadsheets write it.
fn text(bytes: &[u8]) -> String {
    std::str::from_utf8(bytes)
        .map_or_else(|_other| bytes.iter().map(|byte| char::from(*byte)).collect(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_taken_out_of_a_body() {
        let body = b"--XyZ\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\nabc\r\n--XyZ\r\n\
            Content-Disposition: form-data; name=\"file\"; filename=\"a;name=b.csv\"\r\nContent-Type: text/csv\r\n\r\n\
            Staff,Date\r\nJos\xe9,--XyZ not a mark\r\n\r\n--XyZ--\r\n";
        let fields = texts(&parts(body, "XyZ").ok().unwrap());
        assert_eq!(fields.len(), 3);
        assert_eq!(fields[0], ("csrf".to_owned(), "abc".to_owned()));
        assert_eq!(fields[1], (NOT_UTF_8.to_owned(), "file".to_owned()));
        assert_eq!(fields[2].1, "Staff,Date\r\nJosé,--XyZ not a mark\r\n");
        assert_eq!(fields[2].0, "file");
        for broken in [&b""[..], b"--XyZ", b"--XyZ\r\nno end", b"\r\n--XyZ--", b"--Other--"] {
            assert!(parts(broken, "XyZ").is_err(), "{broken:?}");
        }
        assert!(parts(b"--XyZ--", "XyZ").ok().unwrap().is_empty());
    }
}
