//! Signing in and out, typing the password again, and the first password by a letter's link.

mod code;
mod device;
mod kept;
mod next;
mod pages;
mod passkey;

use actix_web::HttpResponse;
use actix_web::http::header::{HeaderName, HeaderValue, LOCATION, REFERRER_POLICY};
use serde::Deserialize;

use super::error::{Answer, Fault};
use super::routes::{Line, Who, get, post};
use super::ui::{Notice, Shell};
use super::visit::{Posted, Visit};
use super::{see_other, session, shift};
use crate::domain::accounts::{self, Entrance, NotIn, Opened, Proof, SignIn};
use crate::kit::secret::{Secret, random_token};
use crate::links;

pub(super) use kept::{Kept, keep};
pub(super) use next::own_page;

pub fn routes() -> Vec<Line> {
    vec![
        get("/sign-in", Who::Anyone, new),
        post("/sign-in", Who::Anyone, create),
        get("/sign-in/code", Who::Anyone, code::ask),
        post("/sign-in/code", Who::Anyone, code::check),
        get("/sign-in/recovery", Who::Anyone, code::ask_recovery),
        post("/sign-in/recovery", Who::Anyone, code::check_recovery),
        get("/sign-in/passkey", Who::Anyone, passkey::ask),
        post("/sign-in/passkey", Who::Anyone, passkey::check),
        post("/sign-in/passkey/begin", Who::Anyone, passkey::begin),
        post("/sign-in/passkey-alone", Who::Anyone, passkey::alone),
        post("/sign-in/passkey-alone/begin", Who::Anyone, passkey::begin_alone),
        post("/sign-out", Who::SettingUp, destroy),
        get("/confirm", Who::SettingUp, ask_again),
        post("/confirm", Who::SettingUp, confirm),
        post("/confirm/passkey", Who::SettingUp, passkey::begin_again),
        get("/activate/{token}", Who::Anyone, invitation),
        post("/activate/{token}", Who::Anyone, activate),
    ]
}

/// The ways in, as this installation has set them.
pub(super) fn entrance(visit: &Visit) -> Entrance {
    Entrance {
        db: visit.services.db.clone(),
        hasher: visit.services.hasher.clone(),
        per_address: visit.services.config.sign_ins_per_address,
        breached: visit.services.config.breached_passwords.clone(),
        public_url: visit.services.config.public_url.clone(),
        keys: visit.services.config.keys.clone(),
    }
}

impl From<NotIn> for Fault {
    fn from(why: NotIn) -> Self {
        match why {
            NotIn::TooMany(wait) => {
                let minutes = (wait.num_seconds() + 59) / 60;
                Self::TooMany(u32::try_from(minutes).unwrap_or(1).max(1))
            }
            NotIn::Overloaded(_) => Self::Unavailable(5),
            NotIn::Refused(refusal) => refusal.into(),
            // Handlers match these before, beside the field that they belong to.
            NotIn::Wrong | NotIn::WrongCode | NotIn::DeadLink => Self::NotFound,
            NotIn::Unfit(_) => Self::Unreadable("The new password cannot be used. Go back and change it."),
        }
    }
}

/// The browser and device of a request, in words.
pub(super) fn device_words(visit: &Visit) -> String {
    device::words(visit.request())
}

/// 303 to a page, with a new session's cookie.
pub(super) fn go_on(visit: &Visit, token: &Secret, to: String) -> HttpResponse {
    let mut response = HttpResponse::SeeOther();
    session::start(&mut response, &visit.services.config, token);
    response.insert_header((LOCATION, to)).finish()
}

async fn new(visit: Visit) -> Answer {
    let next = next::of_query(visit.request());
    if visit.actor().is_some() {
        return Ok(see_other(next));
    }
    // A shared device asks for a PIN, unless somebody wants to use their password.
    if !visit.request().query_string().contains("with=password") && shift::here(&visit).await?.is_some() {
        return Ok(see_other(links::shift()));
    }
    visit.page(&pages::New {
        shell: visit.shell("Sign in"),
        email: String::new(),
        next,
        kept: Kept::default(),
        passkeys: passkeys(&visit),
    })
}

#[derive(Deserialize)]
struct SignInForm {
    #[serde(default)]
    email: String,
    #[serde(default = "blank")]
    password: Secret,
    #[serde(default)]
    next: String,
    #[serde(default)]
    kept_for: String,
    #[serde(default)]
    kept: String,
}

/// Whether the page offers to sign in by a passkey alone.
fn passkeys(visit: &Visit) -> bool {
    accounts::passkeys_possible(&visit.services.config.public_url)
}

/// The word by which this browser is known again, now made if it has none.
fn browser(visit: &Visit) -> Result<Secret, Fault> {
    match session::browser(visit.request(), &visit.services.config) {
        Some(known) => Ok(known),
        None => random_token().map_err(|cause| Fault::broken(&cause)),
    }
}

async fn create(visit: Visit, Posted(form): Posted<SignInForm>) -> Answer {
    let next = own_page(&form.next).to_owned();
    if visit.actor().is_some() {
        return Ok(see_other(next));
    }
    let kept = Kept::again(&form.kept_for, &form.kept);
    let passkeys = passkeys(&visit);
    let mut page =
        pages::New { shell: visit.shell("Sign in"), email: form.email.clone(), next, kept, passkeys };
    if form.email.trim().is_empty() {
        page.shell.add_error("email", "Enter your email address or sign-in name.");
    }
    if form.password.reveal().is_empty() {
        page.shell.add_error("password", "Enter your password.");
    }
    if !page.shell.errors.is_empty() {
        return visit.page_with(&page, HttpResponse::UnprocessableEntity());
    }
    let device = device::words(visit.request());
    let address = visit.address.clone();
    let browser = browser(&visit)?;
    let typed =
        SignIn { email: form.email, password: form.password, address, device, browser: browser.clone() };
    match entrance(&visit).sign_in(typed).await {
        Ok(Opened::Session(token)) => {
            known_from_now_on(&visit, &browser, entered(&visit, &token, page.next, page.kept))
        }
        Ok(Opened::Half(half)) => {
            let asks = code::after_password(&visit, &half, page.next, page.kept).await;
            known_from_now_on(&visit, &browser, asks)
        }
        Err(NotIn::Wrong) => {
            let words =
                "Check your email address or sign-in name, and your password. They do not match an account.";
            page.shell.add_error("email", words);
            visit.page_with(&page, HttpResponse::Unauthorized())
        }
        Err(why) => Err(why.into()),
    }
}

/// The page to go on to, with a new session; first what was typed before the last one ended, if there is any.
fn entered(visit: &Visit, token: &Secret, next: String, kept: Kept) -> Answer {
    if kept.is_some() { kept.offer(visit, token, &next) } else { Ok(go_on(visit, token, next)) }
}

/// Hands the browser its word, so that it is no new one next time.
fn known_from_now_on(visit: &Visit, browser: &Secret, answer: Answer) -> Answer {
    let mut response = answer?;
    let cookie = session::browser_cookie(&visit.services.config, browser);
    response.add_cookie(&cookie).map_err(|cause| Fault::broken(&cause))?;
    Ok(response)
}

async fn destroy(visit: Visit, _: Posted<()>) -> Answer {
    let actor = visit.signed_in()?.clone();
    visit.write(move |tx| accounts::sign_out(tx, &actor)).await?;
    Ok(signed_out(&visit))
}

/// To the sign-in page, with the session's cookies taken away.
pub(super) fn signed_out(visit: &Visit) -> HttpResponse {
    let mut response = HttpResponse::SeeOther();
    session::end(&mut response, &visit.services.config);
    response.insert_header((LOCATION, links::sign_in())).finish()
}

async fn ask_again(visit: Visit) -> Answer {
    let next = next::of_query(visit.request());
    visit.page(&confirm_page(&visit, next).await?)
}

async fn confirm_page(visit: &Visit, next: String) -> Result<pages::Confirm, Fault> {
    let (actor, now) = (visit.signed_in()?.clone(), visit.now);
    let second = visit.read(move |conn| Ok(accounts::second_step(conn, &actor, now)?)).await?;
    let passkey = !second.passkeys.is_empty();
    Ok(pages::Confirm {
        shell: visit.shell("Type your password again"),
        next,
        two_step: second.since.is_some(),
        authenticator: second.authenticator.is_some(),
        passkey: passkey && accounts::passkeys_possible(&visit.services.config.public_url),
    })
}

#[derive(Deserialize)]
struct ConfirmForm {
    #[serde(default = "blank")]
    password: Secret,
    #[serde(default = "blank")]
    code: Secret,
    /// Of a passkey, where no code was typed.
    #[serde(default = "blank")]
    answer: Secret,
    #[serde(default)]
    next: String,
}

async fn confirm(visit: Visit, Posted(form): Posted<ConfirmForm>) -> Answer {
    let actor = visit.signed_in()?;
    let next = own_page(&form.next).to_owned();
    let proof = match (form.code.reveal().trim().is_empty(), form.answer.reveal().is_empty()) {
        (true, false) => Proof::Passkey(form.answer),
        _ => code::either(form.code),
    };
    let by_passkey = matches!(proof, Proof::Passkey(_));
    let (field, words) = match entrance(&visit).confirm(actor, &form.password, proof).await {
        Ok(token) => return Ok(go_on(&visit, &token, next)),
        Err(NotIn::Wrong) => ("password", "This is not your password. Try again."),
        Err(NotIn::WrongCode) if by_passkey => ("code", accounts::WRONG_PASSKEY),
        Err(NotIn::WrongCode) => ("code", accounts::WRONG_CODE),
        Err(why) => return Err(why.into()),
    };
    let mut page = confirm_page(&visit, next).await?;
    page.shell.add_error(field, words);
    visit.page_with(&page, HttpResponse::UnprocessableEntity())
}

async fn invitation(visit: Visit) -> Answer {
    let link = Secret::new(visit.part("token")?);
    let now = visit.now;
    match visit.read(move |conn| accounts::activating(conn, &link, now)).await? {
        Some(person) => quiet(visit.page(&activation(&visit, person))),
        None => dead_link(&visit),
    }
}

fn activation(visit: &Visit, person: accounts::Activating) -> pages::Activate {
    let action = visit.path().to_owned();
    pages::Activate { shell: visit.shell("Create your password"), person, action }
}

#[derive(Deserialize)]
struct ActivateForm {
    #[serde(default = "blank")]
    password: Secret,
}

async fn activate(visit: Visit, Posted(form): Posted<ActivateForm>) -> Answer {
    let link = Secret::new(visit.part("token")?);
    let (address, device) = (visit.address.clone(), device::words(visit.request()));
    match entrance(&visit).activate(link.clone(), form.password, address, device).await {
        Ok(token) => {
            let mut response = go_on(&visit, &token, links::home());
            let notice = Notice::ok("Your password is set, and you are signed in.");
            let cookie = session::notice_cookie(&visit.services.config, &token, &notice);
            response.add_cookie(&cookie).map_err(|cause| Fault::broken(&cause))?;
            Ok(response)
        }
        Err(NotIn::DeadLink) => dead_link(&visit),
        Err(NotIn::Unfit(why)) => {
            let now = visit.now;
            let found = visit.read(move |conn| accounts::activating(conn, &link, now)).await?;
            let Some(person) = found else { return dead_link(&visit) };
            let mut page = activation(&visit, person);
            page.shell.add_error("password", why.to_string());
            quiet(visit.page_with(&page, HttpResponse::UnprocessableEntity()))
        }
        Err(why) => Err(why.into()),
    }
}

/// Unknown, used, replaced and too old links are answered alike.
fn dead_link(visit: &Visit) -> Answer {
    let page = pages::DeadLink { shell: visit.shell("This link does not work any more") };
    quiet(visit.page_with(&page, HttpResponse::Gone()))
}

/// The page's address is a secret: other pages are told of our host only.
pub(super) fn quiet(answer: Answer) -> Answer {
    let mut response = answer?;
    let name: HeaderName = REFERRER_POLICY;
    response.headers_mut().insert(name, HeaderValue::from_static("strict-origin"));
    Ok(response)
}

/// The sign-in page for somebody whose form came after their session had ended.
pub(super) fn kept_page(shell: Shell, back: String, kept: Kept) -> pages::New {
    pages::New { shell, email: String::new(), next: back, kept, passkeys: false }
}

/// A password field that was not sent.
pub(super) fn blank() -> Secret {
    Secret::new("")
}
