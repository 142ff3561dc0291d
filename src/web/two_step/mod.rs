//! One's own second step: passkeys, the authenticator app, recovery codes, and turning it off. While somebody has to
//! set it up these are the only pages that they reach.

mod pages;
mod passkeys;
mod qr;

use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use chrono_tz::Tz;
use serde::Deserialize;

use super::error::{Answer, Fault};
use super::routes::{Line, Who, get, post};
use super::sign_in::{blank, go_on};
use super::ui::{Link, Notice, When};
use super::visit::{Posted, Visit};
use super::{see_other, session};
use crate::domain::Refusal;
use crate::domain::accounts;
use crate::kit::secret::Secret;
use crate::links;

pub(super) use passkeys::asked;
pub(super) use qr::Picture;

pub fn routes() -> Vec<Line> {
    vec![
        get("/account/two-step", Who::SettingUp, index),
        get("/account/two-step/authenticator", Who::SettingUp, show),
        post("/account/two-step/authenticator", Who::SettingUp, begin),
        post("/account/two-step/authenticator/confirm", Who::SettingUp, confirm),
        post("/account/two-step/authenticator/remove", Who::SignedIn, remove),
        post("/account/two-step/passkeys", Who::SettingUp, passkeys::create),
        post("/account/two-step/passkeys/begin", Who::SettingUp, passkeys::begin),
        post("/account/two-step/passkeys/{passkey}/rename", Who::SignedIn, passkeys::rename),
        post("/account/two-step/passkeys/{passkey}/remove", Who::SignedIn, passkeys::remove),
        get("/account/two-step/recovery-codes", Who::SettingUp, codes),
        post("/account/two-step/recovery-codes", Who::SignedIn, new_codes),
        post("/account/two-step/recovery-codes/kept", Who::SettingUp, kept),
        get("/account/two-step/recovery-codes.txt", Who::SettingUp, file),
    ]
}

async fn index(visit: Visit) -> Answer {
    visit.page(&page(&visit).await?)
}

async fn page(visit: &Visit) -> Result<pages::Index, Fault> {
    let actor = visit.signed_in()?.clone();
    let (now, policy) = (visit.now, visit.services.config.two_step);
    let (needed, must) = (actor.needs_second_step(policy), actor.must_set_up(policy));
    let zone = actor.memberships().first().and_then(|one| one.time_zone.parse().ok());
    let zone: Tz = zone.unwrap_or(Tz::Europe__London);
    let second = visit.read(move |conn| Ok(accounts::second_step(conn, &actor, now)?)).await?;
    let mut shell = visit.shell("Two-step sign-in");
    shell.crumb = (!must).then(|| Link::new("Your account", links::account()));
    let when = |at: chrono::NaiveDateTime| When::new(at.and_utc(), now.and_utc(), zone).in_sentence();
    let row = |one: accounts::Passkey| pages::PasskeyRow {
        id: one.id,
        name: one.name,
        since: when(one.since),
        last_used: one.last_used.map(when),
    };
    Ok(pages::Index {
        shell,
        since: second.since.map(when),
        authenticator: second.authenticator.is_some(),
        possible: accounts::passkeys_possible(&visit.services.config.public_url),
        passkeys: second.passkeys.into_iter().map(row).collect(),
        name: String::new(),
        codes_left: second.codes_left,
        sheet_waits: second.sheet_waits,
        needed,
        must,
    })
}

async fn begin(visit: Visit, _: Posted<()>) -> Answer {
    visit.fresh(links::two_step())?;
    let (actor, keys) = (visit.signed_in()?.clone(), visit.services.config.keys.clone());
    match visit.write(move |tx| accounts::begin_authenticator(tx, &keys, &actor)).await {
        Ok(()) => Ok(see_other(links::authenticator())),
        Err(Refusal::Overtaken(words)) => visit.done(links::two_step(), &Notice::warn(words)),
        Err(refusal) => Err(refusal.into()),
    }
}

async fn show(visit: Visit) -> Answer {
    match authenticator(&visit).await? {
        Some(page) => visit.page(&page),
        None => Ok(see_other(links::two_step())),
    }
}

async fn authenticator(visit: &Visit) -> Result<Option<pages::Authenticator>, Fault> {
    let (actor, keys) = (visit.signed_in()?.clone(), visit.services.config.keys.clone());
    let key = visit.read(move |conn| accounts::authenticator_key(conn, &keys, &actor)).await?;
    let Some(key) = key else { return Ok(None) };
    let picture = qr::Picture::of(key.address.reveal()).ok_or_else(|| Fault::broken(&"no code was drawn"))?;
    let mut shell = visit.shell("Set up your authenticator app");
    shell.crumb = Some(Link::new("Two-step sign-in", links::two_step()));
    Ok(Some(pages::Authenticator { shell, picture, key: key.typed.reveal().to_owned() }))
}

#[derive(Deserialize)]
struct Typed {
    #[serde(default = "blank")]
    code: Secret,
}

async fn confirm(visit: Visit, Posted(form): Posted<Typed>) -> Answer {
    visit.fresh(links::authenticator())?;
    let (actor, keys) = (visit.signed_in()?.clone(), visit.services.config.keys.clone());
    let url = visit.services.config.public_url.clone();
    let done =
        visit.write(move |tx| accounts::confirm_authenticator(tx, &keys, &actor, &form.code, &url)).await;
    match done {
        Ok(token) => added(&visit, &token, "The authenticator app is added."),
        Err(Refusal::Invalid { field, words }) => {
            let Some(mut page) = authenticator(&visit).await? else {
                return Ok(see_other(links::two_step()));
            };
            page.shell.add_error(field, words);
            visit.page_with(&page, HttpResponse::UnprocessableEntity())
        }
        Err(Refusal::Overtaken(words)) => visit.done(links::two_step(), &Notice::warn(words)),
        Err(refusal) => Err(refusal.into()),
    }
}

async fn remove(visit: Visit, _: Posted<()>) -> Answer {
    visit.fresh(links::two_step())?;
    let (actor, policy) = (visit.signed_in()?.clone(), visit.services.config.two_step);
    let url = visit.services.config.public_url.clone();
    match visit.write(move |tx| accounts::remove_authenticator(tx, &actor, policy, &url)).await {
        Ok((token, true)) => changed(&visit, &token, links::two_step(), "The authenticator app is removed."),
        Ok((token, false)) => changed(&visit, &token, links::account(), "Two-step sign-in is off."),
        Err(Refusal::Overtaken(words)) => visit.done(links::two_step(), &Notice::warn(words)),
        Err(refusal) => Err(refusal.into()),
    }
}

/// To the recovery codes that came with the first second step, else back to the page.
fn added(visit: &Visit, token: &Secret, words: &str) -> Answer {
    if visit.signed_in()?.has_second_step() {
        return changed(visit, token, links::two_step(), words);
    }
    changed(visit, token, links::recovery_codes(), "Two-step sign-in is on.")
}

/// Other devices are signed out, and this one goes on with a new token.
fn changed(visit: &Visit, token: &Secret, to: String, words: &str) -> Answer {
    let notice = Notice::ok(format!("{words} You are signed out everywhere else."));
    let cookie = session::notice_cookie(&visit.services.config, token, &notice);
    let mut response = go_on(visit, token, to);
    response.add_cookie(&cookie).map_err(|cause| Fault::broken(&cause))?;
    Ok(response)
}

async fn sheet(visit: &Visit) -> Result<Option<Vec<String>>, Fault> {
    let (actor, keys, now) = (visit.signed_in()?.clone(), visit.services.config.keys.clone(), visit.now);
    Ok(visit.read(move |conn| accounts::recovery_sheet(conn, &keys, &actor, now)).await?)
}

async fn codes(visit: Visit) -> Answer {
    let Some(codes) = sheet(&visit).await? else { return Ok(see_other(links::two_step())) };
    visit.page(&pages::RecoveryCodes { shell: visit.shell("Your recovery codes"), codes })
}

async fn file(visit: Visit) -> Answer {
    let codes = sheet(&visit).await?.ok_or(Fault::NotFound)?;
    let email = visit.signed_in()?.email().to_owned();
    let words = format!(
        "Kinbridge recovery codes of {email}\r\nEach works once, in place of a code of the app.\r\n\r\n{}\r\n",
        codes.join("\r\n")
    );
    let mut response = HttpResponse::Ok();
    response.insert_header((CONTENT_TYPE, "text/plain; charset=utf-8"));
    response.insert_header((CONTENT_DISPOSITION, "attachment; filename=\"kinbridge-recovery-codes.txt\""));
    Ok(response.body(words))
}

async fn new_codes(visit: Visit, _: Posted<()>) -> Answer {
    visit.fresh(links::two_step())?;
    let (actor, keys) = (visit.signed_in()?.clone(), visit.services.config.keys.clone());
    let url = visit.services.config.public_url.clone();
    match visit.write(move |tx| accounts::new_recovery_codes(tx, &keys, &actor, &url)).await {
        Ok(token) => changed(&visit, &token, links::recovery_codes(), "These are your new recovery codes."),
        Err(Refusal::Overtaken(words)) => visit.done(links::two_step(), &Notice::warn(words)),
        Err(refusal) => Err(refusal.into()),
    }
}

async fn kept(visit: Visit, _: Posted<()>) -> Answer {
    let actor = visit.signed_in()?.clone();
    visit.write(move |tx| accounts::keep_recovery_codes(tx, &actor)).await?;
    visit.done(
        links::home(),
        &Notice::ok("Keep your recovery codes where you find them without your telephone."),
    )
}
