//! A new password for somebody who has forgotten theirs: asking for the letter, and the page of its link.
//! What is said to whoever asks does not depend on who has an account.

use actix_web::HttpResponse;
use askama::Template;
use serde::Deserialize;

use super::error::Answer;
use super::routes::{Line, Who, get, post};
use super::sign_in::{blank, entrance, quiet};
use super::ui::{Notice, Shell, filters};
use super::visit::{Posted, Visit};
use crate::domain::accounts::{self, Length, NotIn};
use crate::kit::email_address::EmailAddress;
use crate::kit::secret::Secret;
use crate::links;

pub fn routes() -> Vec<Line> {
    vec![
        get("/forgotten-password", Who::Anyone, new),
        post("/forgotten-password", Who::Anyone, create),
        get("/reset-password/{token}", Who::Anyone, edit),
        post("/reset-password/{token}", Who::Anyone, update),
    ]
}

#[derive(Template)]
#[template(path = "resets/new.html")]
struct New {
    shell: Shell,
    email: String,
}

#[derive(Template)]
#[template(path = "resets/edit.html")]
struct Edit {
    shell: Shell,
    person: accounts::Resetting,
    hint: &'static str,
    two_step: bool,
    /// The page's own address, to which its form goes.
    action: String,
}

#[derive(Template)]
#[template(path = "resets/dead_link.html")]
struct DeadLink {
    shell: Shell,
}

async fn new(visit: Visit) -> Answer {
    visit.page(&New { shell: visit.shell("I have forgotten my password"), email: String::new() })
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    email: String,
}

async fn create(visit: Visit, Posted(form): Posted<Asked>) -> Answer {
    let Some(email) = EmailAddress::parse(&form.email) else {
        let mut page = New { shell: visit.shell("I have forgotten my password"), email: form.email };
        page.shell.add_error("email", "Enter an email address such as name@example.com.");
        return visit.page_with(&page, HttpResponse::UnprocessableEntity());
    };
    let words =
        format!("If there is an account for {email}, we have emailed a link. It works for 30 minutes.");
    entrance(&visit).ask_for_reset(email, visit.address.clone()).await?;
    visit.services.wake.notify_one();
    visit.done(links::forgotten_password(), &Notice::ok(words))
}

async fn edit(visit: Visit) -> Answer {
    match page(&visit).await? {
        Some(page) => quiet(visit.page(&page)),
        None => dead_link(&visit),
    }
}

async fn page(visit: &Visit) -> Result<Option<Edit>, super::error::Fault> {
    let (link, now) = (Secret::new(visit.part("token")?), visit.now);
    let found = visit.read(move |conn| accounts::resetting(conn, &link, now)).await?;
    let action = visit.path().to_owned();
    let shell = visit.shell("Create a new password");
    Ok(found.map(|person| {
        let two_step = person.length == Length::WithSecondStep;
        Edit { shell, hint: length_hint(person.length), two_step, person, action }
    }))
}

/// What is said beside a field for a new password.
pub(super) fn length_hint(length: Length) -> &'static str {
    match length {
        Length::Alone => "Use 15 characters or more. Three words you can remember work well.",
        Length::WithSecondStep => "Use 12 characters or more. Three words you can remember work well.",
    }
}

#[derive(Deserialize)]
struct Chosen {
    #[serde(default = "blank")]
    password: Secret,
}

async fn update(visit: Visit, Posted(form): Posted<Chosen>) -> Answer {
    let link = Secret::new(visit.part("token")?);
    match entrance(&visit).reset_password(link, form.password, visit.address.clone()).await {
        Ok(()) => {
            let words =
                "Your password has been changed, and every device is signed out. Sign in with the new one.";
            visit.done(links::sign_in(), &Notice::ok(words))
        }
        Err(NotIn::DeadLink) => dead_link(&visit),
        Err(NotIn::Unfit(why)) => {
            let Some(mut page) = page(&visit).await? else { return dead_link(&visit) };
            page.shell.add_error("password", why.to_string());
            quiet(visit.page_with(&page, HttpResponse::UnprocessableEntity()))
        }
        Err(why) => Err(why.into()),
    }
}

/// Unknown, used, replaced and too old links are answered alike, with the way to a new one.
fn dead_link(visit: &Visit) -> Answer {
    let page = DeadLink { shell: visit.shell("This link does not work any more") };
    quiet(visit.page_with(&page, HttpResponse::Gone()))
}
