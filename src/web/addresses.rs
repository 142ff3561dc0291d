//! Changing the address with which one signs in: asking for it, the link to the new address that confirms it, and
//! the link to the old one that stops it.

use actix_web::HttpResponse;
use askama::Template;
use serde::Deserialize;

use super::account;
use super::error::{Answer, Fault};
use super::routes::{Line, Who, get, post};
use super::sign_in::quiet;
use super::ui::{Notice, Shell, filters};
use super::visit::{Posted, Visit};
use crate::domain::Refusal;
use crate::domain::accounts::{self, EmailChange};
use crate::kit::email_address::EmailAddress;
use crate::kit::secret::Secret;
use crate::links;

pub fn routes() -> Vec<Line> {
    vec![
        post("/account/email", Who::SignedIn, create),
        get("/confirm-email/{token}", Who::Anyone, show),
        post("/confirm-email/{token}", Who::Anyone, confirm),
        get("/stop-email/{token}", Who::Anyone, ask_to_stop),
        post("/stop-email/{token}", Who::Anyone, stop),
    ]
}

#[derive(Template)]
#[template(path = "addresses/confirm.html")]
struct Confirm {
    shell: Shell,
    change: EmailChange,
    action: String,
}

#[derive(Template)]
#[template(path = "addresses/stop.html")]
struct Stop {
    shell: Shell,
    change: EmailChange,
    action: String,
}

#[derive(Template)]
#[template(path = "addresses/dead_link.html")]
struct DeadLink {
    shell: Shell,
}

#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    new_email: String,
}

async fn create(visit: Visit, Posted(form): Posted<Wanted>) -> Answer {
    visit.fresh(links::account())?;
    let (actor, url) = (visit.signed_in()?.clone(), visit.services.config.public_url.clone());
    let asked = match EmailAddress::parse(&form.new_email) {
        Some(new) => {
            let words =
                format!("We have emailed {new}. Open the link there within 24 hours to change to it.");
            let asked = visit.write(move |tx| accounts::ask_for_email_change(tx, &actor, &new, &url)).await;
            asked.map(|()| words)
        }
        None => Err(Refusal::invalid("new_email", "Enter an email address such as name@example.com.")),
    };
    match asked {
        Ok(words) => visit.done(links::account(), &Notice::ok(words)),
        Err(Refusal::Invalid { field, words }) => {
            let mut page = account::page(&visit).await?;
            page.new_email = form.new_email;
            page.shell.add_error(field, words);
            visit.page_with(&page, HttpResponse::UnprocessableEntity())
        }
        Err(Refusal::Overtaken(words)) => visit.done(links::account(), &Notice::warn(words)),
        Err(refusal) => Err(refusal.into()),
    }
}

fn link(visit: &Visit) -> Result<Secret, Fault> {
    Ok(Secret::new(visit.part("token")?))
}

async fn show(visit: Visit) -> Answer {
    let (link, now) = (link(&visit)?, visit.now);
    match visit.read(move |conn| accounts::confirming_email(conn, &link, now)).await? {
        Some(change) => {
            let (shell, action) = (visit.shell("Confirm your new email address"), visit.path().to_owned());
            quiet(visit.page(&Confirm { shell, change, action }))
        }
        None => dead_link(&visit),
    }
}

async fn confirm(visit: Visit, _: Posted<()>) -> Answer {
    let (link, address) = (link(&visit)?, visit.address.clone());
    let url = visit.services.config.public_url.clone();
    let kept = visit.actor().map(|actor| (actor.account(), actor.session()));
    let done = visit.write(move |tx| accounts::confirm_email_change(tx, &link, kept, &address, &url)).await?;
    if !done {
        return dead_link(&visit);
    }
    let words = "Your email address has been changed. You are signed out on every other device.";
    let to = if kept.is_some() { links::account() } else { links::sign_in() };
    visit.done(to, &Notice::ok(words))
}

async fn ask_to_stop(visit: Visit) -> Answer {
    let (link, now) = (link(&visit)?, visit.now);
    match visit.read(move |conn| accounts::stopping_email(conn, &link, now)).await? {
        Some(change) => {
            let (shell, action) =
                (visit.shell("Stop the change of your email address"), visit.path().to_owned());
            quiet(visit.page(&Stop { shell, change, action }))
        }
        None => dead_link(&visit),
    }
}

async fn stop(visit: Visit, _: Posted<()>) -> Answer {
    let (link, address) = (link(&visit)?, visit.address.clone());
    if !visit.write(move |tx| accounts::stop_email_change(tx, &link, &address)).await? {
        return dead_link(&visit);
    }
    let words =
        "The change is stopped, and everybody who was signed in as you is out. Choose a new password now.";
    visit.done(links::forgotten_password(), &Notice::ok(words))
}

/// Unknown, used, replaced and too old links are answered alike.
fn dead_link(visit: &Visit) -> Answer {
    let page = DeadLink { shell: visit.shell("This link does not work any more") };
    quiet(visit.page_with(&page, HttpResponse::Gone()))
}
