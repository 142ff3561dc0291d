//! *I have a letter with a code*: where a code from paper is typed, whatever it opens. Opening the page changes
//! nothing, also with the code in its address; a code that is not ours is counted against whoever tries it.

use actix_web::HttpResponse;
use askama::Template;
use serde::Deserialize;

use super::error::Answer;
use super::routes::{Line, Who, get, post};
use super::see_other;
use super::sign_in::{entrance, quiet};
use super::ui::{Shell, filters};
use super::visit::{Posted, Visit};
use crate::db::Conn;
use crate::domain::Refusal;
use crate::domain::accounts::{self, CodeFor, NotIn};
use crate::domain::relatives;
use crate::kit::codes;
use crate::kit::secret::Secret;
use crate::links;

pub fn routes() -> Vec<Line> {
    vec![get("/letter", Who::Anyone, new), post("/letter", Who::Anyone, create)]
}

#[derive(Template)]
#[template(path = "codes/new.html")]
struct New {
    shell: Shell,
    code: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Typed {
    code: String,
}

async fn new(visit: Visit) -> Answer {
    let typed: Typed = visit.query();
    // Whatever is no code is not put into the field of somebody who only followed an address.
    let code = codes::read(&typed.code).map(|code| codes::grouped(&code)).unwrap_or_default();
    quiet(visit.page(&New { shell: visit.shell("I have a letter with a code"), code }))
}

async fn create(visit: Visit, Posted(form): Posted<Typed>) -> Answer {
    let mut page = New { shell: visit.shell("I have a letter with a code"), code: form.code };
    if page.code.trim().is_empty() {
        page.shell.add_error("code", "Enter the code from your letter.");
        return quiet(visit.page_with(&page, HttpResponse::UnprocessableEntity()));
    }
    let code = codes::read(&page.code);
    let tried = code.clone();
    let found = entrance(&visit)
        .guess_from(&visit.address, move |tx| tried.as_ref().map_or(Ok(None), |code| leads(tx.conn, code)))
        .await;
    match (found, code) {
        (Ok(page), Some(code)) => Ok(see_other(page(code.reveal()))),
        (Err(NotIn::DeadLink) | Ok(_), _) => {
            let words = "We do not know this code. Compare it with your letter, letter by letter. If it is right, \
                         telephone whoever gave it to you.";
            page.shell.add_error("code", words);
            quiet(visit.page_with(&page, HttpResponse::UnprocessableEntity()))
        }
        (Err(why), _) => Err(why.into()),
    }
}

/// Makes the path of a page from a code.
type Path = fn(&str) -> String;

/// The page that a code leads to. One that was used, or is too old, leads there as well: the page says what next.
fn leads(conn: &mut Conn, code: &Secret) -> Result<Option<Path>, Refusal> {
    if relatives::opened_by_code(conn, code)? {
        return Ok(Some(links::invite));
    }
    Ok(match accounts::opened_by_code(conn, code)? {
        Some(CodeFor::FirstPassword) => Some(links::activate),
        Some(CodeFor::NewPassword) => Some(links::reset_password),
        None => None,
    })
}
