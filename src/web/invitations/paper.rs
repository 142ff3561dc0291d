//! The page of somebody who joins by a printed code: a name to sign in with and a password, or an address that is
//! written to first.

use actix_web::HttpResponse;

use super::{pages, quiet};
use crate::domain::accounts;
use crate::domain::relatives::Seen;
use crate::web::error::Answer;
use crate::web::visit::Visit;

/// Begins with a name that nobody has.
pub(super) async fn show(visit: &Visit, seen: &Seen) -> Answer {
    let name = seen.invitation.name.clone();
    let free = visit.read(move |conn| Ok(accounts::free_name(conn, &name)?)).await?;
    let free = free.map(|name| name.as_str().to_owned()).unwrap_or_default();
    quiet(visit.page(&pages::JoinOnPaper::new(visit, seen, free)?))
}

/// The page once more, with what is wrong beside its field.
pub(super) fn again(
    visit: &Visit,
    seen: &Seen,
    sign_in_name: String,
    (field, words): (&str, String),
) -> Answer {
    let mut page = pages::JoinOnPaper::new(visit, seen, sign_in_name)?;
    page.shell.add_error(field, words);
    quiet(visit.page_with(&page, HttpResponse::UnprocessableEntity()))
}

pub(super) fn wrong_name(visit: &Visit, seen: &Seen, typed: String) -> Answer {
    let words = "Use 3 to 40 letters, digits, dots or hyphens, such as peter.smith".to_owned();
    again(visit, seen, typed, ("sign_in_name", words))
}

pub(super) fn wrong_address(visit: &Visit, seen: &Seen, typed: String, words: String) -> Answer {
    let mut page = pages::JoinOnPaper::new(visit, seen, String::new())?;
    page.email = typed;
    page.shell.add_error("email", words);
    quiet(visit.page_with(&page, HttpResponse::UnprocessableEntity()))
}
