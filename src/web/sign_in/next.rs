//! Where to go on to: a page of ours, whatever the address says.

use actix_web::{HttpRequest, web};
use serde::Deserialize;

use crate::links;

/// The longest address that is gone on to.
const LONGEST: usize = 2_000;

/// `next` if it is a path of the portal, else its home. A browser reads `//host`, `/\host` and
/// control characters in ways of its own, so none of them gets through.
pub(in crate::web) fn own_page(next: &str) -> &str {
    let plain = next.chars().all(|c| c.is_ascii_graphic() && c != '\\');
    let path = next.split(['?', '#']).next().unwrap_or_default();
    let own = path.starts_with('/') && !path.contains("//") && !path.starts_with("/.") && !path.contains('@');
    if plain && own && next.len() <= LONGEST { next } else { "/" }
}

/// The field `next` of the address.
pub(super) fn of_query(request: &HttpRequest) -> String {
    #[derive(Deserialize)]
    struct Next {
        next: String,
    }
    let query = web::Query::<Next>::from_query(request.query_string());
    query.map_or_else(|_none| links::home(), |query| own_page(&query.next).to_owned())
}
