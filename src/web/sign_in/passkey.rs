//! The second step by a passkey: the page, what its script asks, and the answer, at the end of signing in and beside
//! a password that is typed again.

use actix_web::HttpResponse;
use serde::Deserialize;

use super::code::{self, Sent, Way};
use super::{Kept, blank, session};
use crate::domain::accounts::{self, Proof};
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
