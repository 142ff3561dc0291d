//! The second step of signing in: a code of the authenticator app, or a recovery code. The browser holds a token
//! that opens nothing but these pages.

use actix_web::HttpResponse;
use actix_web::http::header::LOCATION;
use serde::Deserialize;

use super::{Kept, blank, entered, entrance, next, own_page, pages, session};
use crate::domain::accounts::{self, NotIn, Proof};
use crate::kit::secret::Secret;
use crate::links;
use crate::web::error::{Answer, Fault};
use crate::web::see_other;
use crate::web::ui::{Notice, Shell};
use crate::web::visit::{Posted, Visit};

/// The answer to the right password of somebody with a second step. What was kept from a form of before travels
/// in the page, since an address cannot carry it.
pub(super) fn after_password(visit: &Visit, half: &Secret, next: String, kept: Kept) -> Answer {
    let cookie = session::half_cookie(&visit.services.config, half);
    if kept.is_some() {
        let mut response = HttpResponse::Ok();
        response.cookie(cookie);
        return visit.page_with(&code_page(visit, next, kept), response);
    }
    let to = links::sign_in_code(&next);
    Ok(HttpResponse::SeeOther().cookie(cookie).insert_header((LOCATION, to)).finish())
}

fn code_page(visit: &Visit, next: String, kept: Kept) -> pages::Code {
    pages::Code { shell: visit.shell("Enter your 6 digit code"), next, kept }
}

fn recovery_page(visit: &Visit, next: String, kept: Kept) -> pages::Recovery {
    pages::Recovery { shell: visit.shell("Enter a recovery code"), next, kept }
}

pub(super) async fn ask(visit: Visit) -> Answer {
    let next = next::of_query(visit.request());
    match astray(&visit, &next).await? {
        Some(elsewhere) => Ok(elsewhere),
        None => visit.page(&code_page(&visit, next, Kept::default())),
    }
}

pub(super) async fn ask_recovery(visit: Visit) -> Answer {
    let next = next::of_query(visit.request());
    match astray(&visit, &next).await? {
        Some(elsewhere) => Ok(elsewhere),
        None => visit.page(&recovery_page(&visit, next, Kept::default())),
    }
}

/// Where somebody goes who is signed in already, or has not shown a password lately.
async fn astray(visit: &Visit, next: &str) -> Result<Option<HttpResponse>, Fault> {
    if visit.actor().is_some() {
        return Ok(Some(see_other(next)));
    }
    let Some(half) = session::half(visit.request(), &visit.services.config) else {
        return Ok(Some(see_other(sign_in(next))));
    };
    let now = visit.now;
    let half_way = visit.read(move |conn| accounts::half_way(conn, &half, now)).await?;
    Ok(half_way.is_none().then(|| see_other(sign_in(next))))
}

fn sign_in(next: &str) -> String {
    if next == "/" { links::sign_in() } else { format!("{}?next={}", links::sign_in(), links::encode(next)) }
}

#[derive(Deserialize)]
pub(super) struct CodeForm {
    #[serde(default = "blank")]
    code: Secret,
    #[serde(default)]
    next: String,
    #[serde(default)]
    kept_for: String,
    #[serde(default)]
    kept: String,
}

pub(super) async fn check(visit: Visit, Posted(form): Posted<CodeForm>) -> Answer {
    let (next, kept) = (own_page(&form.next).to_owned(), Kept::again(&form.kept_for, &form.kept));
    match finish(&visit, Proof::Code(form.code)).await? {
        Finished::In(token) => entered(&visit, &token, next, kept),
        Finished::TooLate => too_late(&visit, &next),
        Finished::Wrong => {
            let mut page = code_page(&visit, next, kept);
            wrong(&mut page.shell, accounts::WRONG_CODE);
            visit.page_with(&page, HttpResponse::UnprocessableEntity())
        }
    }
}

pub(super) async fn check_recovery(visit: Visit, Posted(form): Posted<CodeForm>) -> Answer {
    let (next, kept) = (own_page(&form.next).to_owned(), Kept::again(&form.kept_for, &form.kept));
    match finish(&visit, Proof::Recovery(form.code)).await? {
        Finished::In(token) => entered(&visit, &token, next, kept),
        Finished::TooLate => too_late(&visit, &next),
        Finished::Wrong => {
            let mut page = recovery_page(&visit, next, kept);
            wrong(&mut page.shell, "This is not one of your recovery codes, or it was used before.");
            visit.page_with(&page, HttpResponse::UnprocessableEntity())
        }
    }
}

fn wrong(shell: &mut Shell, words: &str) {
    shell.add_error("code", words);
}

enum Finished {
    In(Secret),
    Wrong,
    TooLate,
}

async fn finish(visit: &Visit, proof: Proof) -> Result<Finished, Fault> {
    let Some(half) = session::half(visit.request(), &visit.services.config) else {
        return Ok(Finished::TooLate);
    };
    match entrance(visit).finish_sign_in(half, proof, visit.address.clone()).await {
        Ok(token) => Ok(Finished::In(token)),
        Err(NotIn::WrongCode) => Ok(Finished::Wrong),
        Err(NotIn::DeadLink) => Ok(Finished::TooLate),
        Err(why) => Err(why.into()),
    }
}

/// Back to the password, which was typed too long ago.
fn too_late(visit: &Visit, next: &str) -> Answer {
    if visit.actor().is_some() {
        return Ok(see_other(next));
    }
    let notice = Notice::warn("The code took longer than 10 minutes. Type your password once more.");
    let mut response = visit.done(sign_in(next), &notice)?;
    let gone = session::half_gone(&visit.services.config);
    response.add_cookie(&gone).map_err(|cause| Fault::broken(&cause))?;
    Ok(response)
}

/// What was typed into a field that takes either: six digits are the app's, all else is a recovery code.
pub(super) fn either(typed: Secret) -> Proof {
    let digits = typed.reveal().chars().filter(char::is_ascii_digit).count();
    let letters = typed.reveal().chars().any(char::is_alphabetic);
    if letters || digits > 6 { Proof::Recovery(typed) } else { Proof::Code(typed) }
}
