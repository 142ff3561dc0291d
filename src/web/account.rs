//! One's own account: name, password, and where one is signed in.

use actix_web::HttpResponse;
use askama::Template;
use chrono_tz::Tz;
use serde::Deserialize;

use super::error::{Answer, Fault};
use super::resets::length_hint;
use super::routes::{Line, Who, get, post};
use super::session;
use super::sign_in::{blank, entrance, go_on, signed_out};
use super::ui::{Notice, Shell, When, filters};
use super::visit::{Posted, Visit};
use crate::domain::access::Role;
use crate::domain::accounts::{self, Length, NotIn};
use crate::kit::ids::SessionId;
use crate::kit::login::is_address;
use crate::kit::secret::Secret;
use crate::links;

pub fn routes() -> Vec<Line> {
    vec![
        get("/account", Who::SignedIn, show),
        post("/account/password", Who::SignedIn, change_password),
        post("/account/sessions/end-others", Who::SignedIn, end_others),
        post("/account/sessions/end-all", Who::SignedIn, end_all),
        post("/account/sessions/{session}/end", Who::SignedIn, end),
    ]
}

#[derive(Template)]
#[template(path = "account/show.html")]
pub(super) struct Show {
    pub shell: Shell,
    name: String,
    email: String,
    /// The person has no address, and signs in with a name.
    by_name: bool,
    /// What was typed for another address.
    pub new_email: String,
    /// An address that has not confirmed yet.
    waiting: Option<String>,
    sessions: Vec<SessionRow>,
    hint: &'static str,
    /// In words, since when; nothing where two-step sign-in is off.
    two_step: Option<When>,
    codes_left: i64,
    /// Somebody's relative, who is written to with news.
    relative: bool,
    /// May have a PIN for shared devices.
    pin: bool,
}

struct SessionRow {
    /// `Firefox on Windows`.
    device: String,
    last_used: When,
    since: When,
    /// Where to end it; `None` for the session in use, which has *Sign out*.
    end: Option<String>,
}

async fn show(visit: Visit) -> Answer {
    let page = page(&visit).await?;
    visit.page(&page)
}

pub(super) async fn page(visit: &Visit) -> Result<Show, Fault> {
    let actor = visit.signed_in()?.clone();
    let (now, limits) = (visit.now, visit.services.config.sessions);
    let zone = actor.memberships().first().and_then(|one| one.time_zone.parse().ok());
    let zone: Tz = zone.unwrap_or(Tz::Europe__London);
    let (name, email, here) = (actor.name().to_owned(), actor.email().to_owned(), actor.session());
    let relative = actor.memberships().iter().any(|one| one.role == Role::Relative);
    let pin = accounts::may_have_pin(&actor, visit.services.config.two_step);
    let length = if actor.has_second_step() { Length::WithSecondStep } else { Length::Alone };
    let (all, second, waiting) = visit
        .read(move |conn| {
            let all = accounts::list_sessions(conn, &actor, now, limits)?;
            let waiting = accounts::waiting_email(conn, &actor, now)?;
            Ok((all, accounts::second_step(conn, &actor, now)?, waiting))
        })
        .await?;
    let when = |at: chrono::NaiveDateTime| When::new(at.and_utc(), now.and_utc(), zone);
    let row = |one: accounts::SignedIn| SessionRow {
        device: one.device,
        last_used: when(if one.id == here { now } else { one.last_used_at }),
        since: when(one.since),
        end: (one.id != here).then(|| links::end_session(one.id)),
    };
    let sessions = all.into_iter().map(row).collect();
    Ok(Show {
        shell: visit.shell("Your account"),
        name,
        by_name: !is_address(&email),
        email,
        new_email: String::new(),
        waiting,
        sessions,
        hint: length_hint(length),
        two_step: second.since.map(when),
        codes_left: second.codes_left,
        relative,
        pin,
    })
}

#[derive(Deserialize)]
struct PasswordForm {
    #[serde(default = "blank")]
    current_password: Secret,
    #[serde(default = "blank")]
    new_password: Secret,
}

async fn change_password(visit: Visit, Posted(form): Posted<PasswordForm>) -> Answer {
    let actor = visit.signed_in()?;
    let changed = entrance(&visit).change_password(actor, &form.current_password, form.new_password).await;
    let (field, words) = match changed {
        Ok(token) => {
            let notice = Notice::ok("Your password has been changed. You are signed out everywhere else.");
            let cookie = session::notice_cookie(&visit.services.config, &token, &notice);
            let mut response = go_on(&visit, &token, links::account());
            response.add_cookie(&cookie).map_err(|cause| Fault::broken(&cause))?;
            return Ok(response);
        }
        Err(NotIn::Wrong) => ("current_password", "This is not your password. Try again.".to_owned()),
        Err(NotIn::Unfit(why)) => ("new_password", why.to_string()),
        Err(why) => return Err(why.into()),
    };
    let mut page = page(&visit).await?;
    page.shell.add_error(field, words);
    visit.page_with(&page, HttpResponse::UnprocessableEntity())
}

async fn end(visit: Visit, _: Posted<()>) -> Answer {
    let (actor, session) = (visit.signed_in()?.clone(), visit.id::<SessionId>("session")?);
    if session == actor.session() {
        visit.write(move |tx| accounts::sign_out(tx, &actor)).await?;
        return Ok(signed_out(&visit));
    }
    visit.write(move |tx| accounts::end_session(tx, &actor, session)).await?;
    visit.done(links::account(), &Notice::ok("That device is signed out."))
}

async fn end_others(visit: Visit, _: Posted<()>) -> Answer {
    let actor = visit.signed_in()?.clone();
    let ended = visit.write(move |tx| accounts::end_other_sessions(tx, &actor)).await?;
    let words = match ended {
        0 => "You were not signed in anywhere else.".to_owned(),
        1 => "1 other device is signed out.".to_owned(),
        ended => format!("{ended} other devices are signed out."),
    };
    visit.done(links::account(), &Notice::ok(words))
}

async fn end_all(visit: Visit, _: Posted<()>) -> Answer {
    let actor = visit.signed_in()?.clone();
    visit.write(move |tx| accounts::end_all_sessions(tx, &actor)).await?;
    Ok(signed_out(&visit))
}
