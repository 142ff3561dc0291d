//! Signing in by a passkey alone, and the second step by one: the page, what its script asks, and the answer, at the end of signing in and beside
//! a password that is typed again.

use actix_web::HttpResponse;
use serde::Deserialize;

use super::code::{self, Sent, Way};
use super::{Kept, blank, browser, device, entered, entrance, known_from_now_on, own_page, pages, session};
use crate::domain::accounts::{self, ByPasskey, NotIn, Proof};
use crate::kit::secret::Secret;
use crate::links;
use crate::web::error::Answer;
use crate::web::see_other;
use crate::web::two_step::asked;
use crate::web::visit::{Posted, Visit};

pub(super) async fn ask(visit: Visit) -> Answer {
    code::ask_for(&visit, Way::Passkey).await
}

/// What the browser is to be asked; elsewhere when the sign-in is over, which the script takes for a no.
pub(super) async fn begin(visit: Visit, _: Posted<()>) -> Answer {
    let Some(half) = session::half(visit.request(), &visit.services.config) else {
        return Ok(see_other(links::sign_in()));
    };
    let (keys, url) = (visit.services.config.keys.clone(), visit.services.config.public_url.clone());
    let json = visit.write(move |tx| accounts::begin_passkey_sign_in(tx, &keys, &half, &url)).await?;
    Ok(json.map_or_else(|| see_other(links::sign_in()), asked))
}

/// The same for somebody signed in.
pub(super) async fn begin_again(visit: Visit, _: Posted<()>) -> Answer {
    let actor = visit.signed_in()?.clone();
    let (keys, url) = (visit.services.config.keys.clone(), visit.services.config.public_url.clone());
    let json = visit.write(move |tx| accounts::begin_passkey_again(tx, &keys, &actor, &url)).await?;
    Ok::<HttpResponse, _>(json.map_or_else(|| see_other(links::two_step()), asked))
}

#[derive(Deserialize)]
pub(super) struct PasskeyForm {
    #[serde(default = "blank")]
    answer: Secret,
    #[serde(default)]
    next: String,
    #[serde(default)]
    kept_for: String,
    #[serde(default)]
    kept: String,
}

pub(super) async fn check(visit: Visit, Posted(form): Posted<PasskeyForm>) -> Answer {
    let sent = Sent { next: form.next, kept: Kept::again(&form.kept_for, &form.kept) };
    code::finish(&visit, Way::Passkey, Proof::Passkey(form.answer), sent).await
}

/// What a browser is to be asked whose person is not known yet.
pub(super) async fn begin_alone(visit: Visit, _: Posted<()>) -> Answer {
    let json = entrance(&visit).ask_for_passkey(visit.held().clone(), visit.address.clone()).await?;
    Ok(json.map_or_else(|| see_other(links::sign_in()), asked))
}

pub(super) async fn alone(visit: Visit, Posted(form): Posted<PasskeyForm>) -> Answer {
    let (next, kept) = (own_page(&form.next).to_owned(), Kept::again(&form.kept_for, &form.kept));
    if visit.actor().is_some() {
        return Ok(see_other(next));
    }
    let browser = browser(&visit)?;
    let sent = ByPasskey {
        held: visit.held().clone(),
        answer: form.answer,
        address: visit.address.clone(),
        device: device::words(visit.request()),
        browser: browser.clone(),
    };
    match entrance(&visit).sign_in_by_passkey(sent).await {
        Ok(token) => known_from_now_on(&visit, &browser, entered(&visit, &token, next, kept)),
        Err(NotIn::WrongCode) => {
            let (shell, passkeys) = (visit.shell("Sign in"), super::passkeys(&visit));
            let mut page = pages::New { shell, email: String::new(), next, kept, passkeys };
            let words =
                "This passkey does not sign you in. Try again, or use your email address and password.";
            page.shell.add_error("email", words);
            visit.page_with(&page, HttpResponse::Unauthorized())
        }
        Err(why) => Err(why.into()),
    }
}
