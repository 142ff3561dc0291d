//! The demo's mailbox: every letter that the portal wrote, as its reader would get it, in both of its forms.
//!
//! Letters hold working links, so the page exists only in the demo and only for the machine it runs on.

use actix_web::HttpResponse;
use actix_web::http::header::CONTENT_TYPE;
use askama::Template;
use chrono_tz::Tz;
use serde::Deserialize;

use super::error::{Answer, Fault};
use super::health;
use super::routes::{Line, Who, get};
use super::ui::{Shell, When, filters};
use super::visit::Visit;
use crate::connectors::Vendor;
use crate::domain::Refusal;
use crate::domain::letters::{self, Kept};
use crate::kit::ids::LetterId;
use crate::kit::sealed::Unsealable;
use crate::links;

/// Letters of one page.
const SHOWN: usize = 100;

pub fn routes() -> Vec<Line> {
    vec![get("/mailbox", Who::Anyone, mailbox), get("/mailbox/{letter}", Who::Anyone, html)]
}

/// The form that mail programs show: nothing of it runs, and nothing is loaded.
const SHOW_ONLY: &str =
    "sandbox; default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    before: String,
}

#[derive(Template)]
#[template(path = "demo/mailbox.html")]
struct Mailbox {
    shell: Shell,
    vendors: Vec<VendorView>,
    letters: Vec<LetterView>,
    older: Option<String>,
    newest: Option<String>,
}

/// A simulated vendor.
struct VendorView {
    name: &'static str,
    href: String,
}

/// A letter on the page.
struct LetterView {
    id: i64,
    subject: String,
    to: String,
    when: When,
    paragraphs: Vec<Vec<Piece>>,
    /// The same letter in its other form.
    html: String,
}

/// Text, or an address of this portal that can be followed.
#[derive(Debug, PartialEq, Eq)]
struct Piece {
    text: String,
    href: Option<String>,
}

async fn mailbox(visit: Visit) -> Answer {
    for_this_machine(&visit)?;
    let before = visit.query::<Asked>().before.parse::<LetterId>().ok();
    let limit = i64::try_from(SHOWN + 1).unwrap_or(i64::MAX);
    let mut found = visit
        .read(move |conn| {
            let found = match before {
                Some(than) => letters::older(conn, than, limit),
                None => letters::list(conn, limit),
            };
            found.map_err(Refusal::from)
        })
        .await?;
    let more = found.len() > SHOWN;
    found.truncate(SHOWN);
    let oldest = found.last().map(|letter| letter.id).filter(|_| more);
    let public_url = &visit.services.config.public_url;
    let opened = found.into_iter().map(|letter| letter.opened(&visit.services.config.keys));
    let letters: Result<Vec<_>, _> = opened.map(|letter| Ok(view(letter?, &visit, public_url))).collect();
    let page = Mailbox {
        shell: visit.shell("Mailbox"),
        vendors: vendors(&visit),
        letters: letters.map_err(|cause: Unsealable| Refusal::from(cause))?,
        older: oldest.map(|id| format!("{}?before={id}", links::mailbox())),
        newest: before.map(|_| links::mailbox()),
    };
    visit.page(&page)
}

/// The simulated vendors, in the order in which screens list them.
fn vendors(visit: &Visit) -> Vec<VendorView> {
    let urls = &visit.services.config.vendor_urls;
    let played = Vendor::ALL.into_iter().filter_map(|vendor| Some((vendor, urls.get(vendor.id())?)));
    played.map(|(vendor, url)| VendorView { name: vendor.name(), href: format!("{url}/") }).collect()
}

fn for_this_machine(visit: &Visit) -> Result<(), Fault> {
    let here = visit.services.config.demo && health::comes_from_here(visit.request());
    if here { Ok(()) } else { Err(Fault::NotFound) }
}

async fn html(visit: Visit) -> Answer {
    for_this_machine(&visit)?;
    let id = visit.id::<LetterId>("letter")?;
    let found = visit.read(move |conn| letters::get(conn, id).map_err(Refusal::from)).await?;
    let letter = found.ok_or(Fault::NotFound)?.opened(&visit.services.config.keys);
    let letter = letter.map_err(Refusal::from)?;
    let mut reply = HttpResponse::Ok();
    reply.insert_header((CONTENT_TYPE, "text/html; charset=utf-8"));
    Ok(reply.insert_header(("content-security-policy", SHOW_ONLY)).body(letter.body_html))
}

fn view(letter: Kept, visit: &Visit, public_url: &str) -> LetterView {
    let when = When::new(letter.created_at.and_utc(), visit.now.and_utc(), Tz::Europe__London);
    let to = format!("{} <{}>", letter.to_name, letter.to_email);
    let paragraphs = letter.body_text.lines().filter(|line| !line.trim().is_empty());
    let paragraphs = paragraphs.map(|line| pieces(line, public_url)).collect();
    let html = links::mailbox_letter(letter.id);
    LetterView { id: letter.id.0, subject: letter.subject, to, when, paragraphs, html }
}

/// Takes a line apart at the addresses of this portal. Only those become links: a letter may quote what somebody
/// typed.
fn pieces(line: &str, public_url: &str) -> Vec<Piece> {
    let ours = |word: &str| {
        word.strip_prefix(public_url).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let mut pieces: Vec<Piece> = Vec::new();
    for word in line.split_inclusive(char::is_whitespace) {
        let address = word.trim_end();
        if ours(address) {
            let plain = address.trim_end_matches(['.', ',']);
            pieces.push(Piece { text: plain.to_owned(), href: Some(plain.to_owned()) });
            let after = word.strip_prefix(plain).unwrap_or_default();
            pieces.push(Piece { text: after.to_owned(), href: None });
        } else {
            pieces.push(Piece { text: word.to_owned(), href: None });
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hrefs(line: &str) -> Vec<String> {
        pieces(line, "http://127.0.0.1:8080").into_iter().filter_map(|piece| piece.href).collect()
    }

    #[test]
    fn only_addresses_of_the_portal_become_links() {
        assert_eq!(
            hrefs("Go to http://127.0.0.1:8080/activate/ab12."),
            ["http://127.0.0.1:8080/activate/ab12"]
        );
        assert_eq!(
            hrefs("http://127.0.0.1:80801/x http://127.0.0.1:8080.evil.test/ javascript:alert(1)"),
            [""; 0]
        );
    }

    #[test]
    fn nothing_of_a_line_is_lost() {
        let line = "See http://127.0.0.1:8080/x, and then rest.";
        let whole: String =
            pieces(line, "http://127.0.0.1:8080").into_iter().map(|piece| piece.text).collect();
        assert_eq!(whole, line);
    }
}
