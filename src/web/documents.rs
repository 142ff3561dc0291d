//! Documents on pages: the form that adds one, the line that stands for one, and handing one out. Where they belong, and
//! who may, is said by the pages of appointments and of tasks.

use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use askama::Template;

use super::ui::{Link, Shell, filters};
use super::visit::{Fields, field};
use crate::domain::Refusal;
use crate::domain::documents::{Content, Document, Media, NewDocument};

/// The form that adds one.
#[derive(Template)]
#[template(path = "documents/add.html")]
pub struct Add {
    pub shell: Shell,
    /// For whom it is.
    pub lead: &'static str,
    pub action: String,
    pub back: String,
    pub name: String,
}

impl Add {
    /// With what was typed; `back` is where nothing is added.
    pub fn new(mut shell: Shell, lead: &'static str, (action, back): (String, Link), name: &str) -> Self {
        let href = back.href.clone();
        shell.crumb = Some(back);
        Self { shell, lead, action, back: href, name: name.to_owned() }
    }
}

/// The document of a form as it was sent.
///
/// # Errors
/// `Invalid` on `name` or `document`.
pub fn read(fields: &Fields, file: &[u8]) -> Result<NewDocument, Refusal> {
    NewDocument::read(field(fields, "name"), file)
}

/// A document in a list.
pub struct Row {
    pub name: String,
    pub href: String,
    /// `PDF, 120 KB`.
    pub words: String,
    /// Where it is taken away.
    pub remove: Option<String>,
}

impl Row {
    pub fn new(of: &Document, href: String, remove: Option<String>) -> Self {
        Self { name: of.name.clone(), href, words: of.words(), remove }
    }
}

/// A document that a browser can do nothing with but keep, or show where it is a picture.
pub fn handed_out(of: Content) -> HttpResponse {
    let how = if of.media == Media::Pdf { "attachment" } else { "inline" };
    let name = format!("{how}; filename=\"{}.{}\"", plain(&of.name), of.media.ending());
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, of.media.as_str()))
        .insert_header((CONTENT_DISPOSITION, name))
        .insert_header((CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'; sandbox"))
        .body(of.bytes)
}

/// A name as every browser and disk takes it.
fn plain(name: &str) -> String {
    let fits = |sign: char| sign.is_ascii_alphanumeric() || matches!(sign, ' ' | '-' | '_' | ',');
    let name: String = name.chars().map(|sign| if fits(sign) { sign } else { '-' }).collect();
    name.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn names_of_files_hold_nothing_that_a_header_or_a_disk_stumbles_over() {
        assert_eq!(plain("Referral letter"), "Referral letter");
        assert_eq!(plain("a/b\"; x=\r\n.exe"), "a-b-- x----exe");
    }
}
