//! One's own passkeys: adding one with the browser's help, naming it, removing it. What the browser says comes as a
//! field of a form, which the page's script fills in.

use actix_web::HttpResponse;
use actix_web::http::header::CONTENT_TYPE;
use serde::Deserialize;

use super::{added, changed, page};
use crate::domain::Refusal;
use crate::domain::accounts::{self, NewPasskey};
use crate::kit::ids::PasskeyId;
use crate::kit::secret::Secret;
use crate::links;
use crate::web::error::{Answer, Fault};
use crate::web::sign_in::blank;
use crate::web::ui::Notice;
use crate::web::visit::{Posted, Visit};

/// What the browser is to be asked, for the page's script.
pub(in crate::web) fn asked(json: String) -> HttpResponse {
    HttpResponse::Ok().insert_header((CONTENT_TYPE, "application/json")).body(json)
}

pub(super) async fn begin(visit: Visit, _: Posted<()>) -> Answer {
    visit.fresh(links::two_step())?;
    let (actor, keys) = (visit.signed_in()?.clone(), visit.services.config.keys.clone());
    let url = visit.services.config.public_url.clone();
    match visit.write(move |tx| accounts::begin_passkey(tx, &keys, &actor, &url)).await {
        Ok(json) => Ok(asked(json)),
        Err(Refusal::Overtaken(words)) => visit.done(links::two_step(), &Notice::warn(words)),
        Err(refusal) => Err(refusal.into()),
    }
}

#[derive(Deserialize)]
pub(super) struct NewForm {
    #[serde(default)]
    name: String,
    #[serde(default = "blank")]
    answer: Secret,
}

pub(super) async fn create(visit: Visit, Posted(form): Posted<NewForm>) -> Answer {
    visit.fresh(links::two_step())?;
    let (actor, keys) = (visit.signed_in()?.clone(), visit.services.config.keys.clone());
    let url = visit.services.config.public_url.clone();
    let new = NewPasskey { name: form.name.clone(), answer: form.answer };
    let done = visit.write(move |tx| accounts::add_passkey(tx, &keys, &actor, &new, &url)).await;
    let (field, words) = match done {
        Ok(Some(token)) => return added(&visit, &token, "The passkey is added."),
        Ok(None) => ("passkey", accounts::WRONG_PASSKEY.to_owned()),
        Err(Refusal::Invalid { field, words }) => (field, words),
        Err(Refusal::Overtaken(words)) => return visit.done(links::two_step(), &Notice::warn(words)),
        Err(refusal) => return Err(refusal.into()),
    };
    let mut page = page(&visit).await?;
    page.name = form.name;
    page.shell.add_error(field, words);
    visit.page_with(&page, HttpResponse::UnprocessableEntity())
}

#[derive(Deserialize)]
pub(super) struct NameForm {
    #[serde(default)]
    name: String,
}

pub(super) async fn rename(visit: Visit, Posted(form): Posted<NameForm>) -> Answer {
    let (actor, id) = (visit.signed_in()?.clone(), visit.id::<PasskeyId>("passkey")?);
    match visit.write(move |tx| accounts::rename_passkey(tx, &actor, id, &form.name)).await {
        Ok(()) => visit.done(links::two_step(), &Notice::ok("The passkey has a new name.")),
        Err(Refusal::Invalid { words, .. }) => visit.done(links::two_step(), &Notice::warn(words)),
        Err(refusal) => Err(refusal.into()),
    }
}

pub(super) async fn remove(visit: Visit, _: Posted<()>) -> Answer {
    let id = visit.id::<PasskeyId>("passkey")?;
    visit.fresh(links::two_step())?;
    let (actor, policy) = (visit.signed_in()?.clone(), visit.services.config.two_step);
    let url = visit.services.config.public_url.clone();
    match visit.write(move |tx| accounts::remove_passkey(tx, &actor, id, policy, &url)).await {
        Ok((token, true)) => changed(&visit, &token, links::two_step(), "The passkey is removed."),
        Ok((token, false)) => {
            changed(&visit, &token, links::account(), "The passkey is removed: two-step sign-in is off.")
        }
        Err(Refusal::Overtaken(words)) => visit.done(links::two_step(), &Notice::warn(words)),
        Err(refusal) => Err::<HttpResponse, Fault>(refusal.into()),
    }
}
