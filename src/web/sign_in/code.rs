//! The second step of signing in: a code of the authenticator app, or a recovery code. The browser holds a token
//! that opens nothing but these pages.

use actix_web::http::header::LOCATION;
use actix_web::{HttpResponse, HttpResponseBuilder};
use serde::Deserialize;

use super::{Kept, blank, entered, entrance, next, own_page, pages, session};
use crate::domain::accounts::{self, HalfWay, NotIn, Proof};
use crate::kit::secret::Secret;
use crate::links;
use crate::web::error::{Answer, Fault};
use crate::web::see_other;
use crate::web::ui::Notice;
use crate::web::visit::{Posted, Visit};

/// The answer to the right password of somebody with a second step. What was kept from a form of before travels
/// in the page, since an address cannot carry it.
pub(super) async fn after_password(visit: &Visit, half: &Secret, next: String, kept: Kept) -> Answer {
    let cookie = session::half_cookie(&visit.services.config, half);
    let Some(has) = half_way(visit, half).await? else { return Ok(see_other(sign_in(&next))) };
    let way = Way::first(&has);
    if kept.is_some() {
        let mut response = HttpResponse::Ok();
        response.cookie(cookie);
        return way.page(visit, next, kept, has, None, response);
    }
    Ok(HttpResponse::SeeOther().cookie(cookie).insert_header((LOCATION, way.link(&next))).finish())
}

/// What is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Code,
    Recovery,
    Passkey,
}

impl Way {
    /// A passkey before a code: nobody can be tricked out of it.
    fn first(has: &HalfWay) -> Self {
        match has {
            HalfWay { passkey: true, .. } => Self::Passkey,
            HalfWay { authenticator: true, .. } => Self::Code,
            _ => Self::Recovery,
        }
    }

    fn is_open(self, has: &HalfWay) -> bool {
        match self {
            Self::Code => has.authenticator,
            Self::Passkey => has.passkey,
            Self::Recovery => true,
        }
    }

    fn link(self, next: &str) -> String {
        match self {
            Self::Code => links::sign_in_code(next),
            Self::Recovery => links::sign_in_recovery(next),
            Self::Passkey => links::sign_in_passkey(next),
        }
    }

    fn page(
        self,
        visit: &Visit,
        next: String,
        kept: Kept,
        has: HalfWay,
        wrong: Option<&str>,
        response: HttpResponseBuilder,
    ) -> Answer {
        let shell = |title: &str, field: &'static str| {
            let mut shell = visit.shell(title);
            if let Some(words) = wrong {
                shell.add_error(field, words);
            }
            shell
        };
        match self {
            Self::Code => {
                let shell = shell("Enter your 6 digit code", "code");
                visit.page_with(&pages::Code { shell, next, kept, has }, response)
            }
            Self::Recovery => {
                let shell = shell("Enter a recovery code", "code");
                visit.page_with(&pages::Recovery { shell, next, kept, has }, response)
            }
            Self::Passkey => {
                let shell = shell("Use your passkey", "passkey");
                visit.page_with(&pages::Passkey { shell, next, kept, has }, response)
            }
        }
    }

    fn wrong(self) -> &'static str {
        match self {
            Self::Code => accounts::WRONG_CODE,
            Self::Recovery => "This is not one of your recovery codes, or it was used before.",
            Self::Passkey => accounts::WRONG_PASSKEY,
        }
    }
}

pub(super) async fn ask(visit: Visit) -> Answer {
    ask_for(&visit, Way::Code).await
}

pub(super) async fn ask_recovery(visit: Visit) -> Answer {
    ask_for(&visit, Way::Recovery).await
}

/// The page that asks; elsewhere for somebody who is signed in already, has not shown a password lately, or has
/// nothing of the kind.
pub(super) async fn ask_for(visit: &Visit, way: Way) -> Answer {
    let next = next::of_query(visit.request());
    if visit.actor().is_some() {
        return Ok(see_other(next));
    }
    let Some(half) = session::half(visit.request(), &visit.services.config) else {
        return Ok(see_other(sign_in(&next)));
    };
    match half_way(visit, &half).await? {
        None => Ok(see_other(sign_in(&next))),
        Some(has) if !way.is_open(&has) => Ok(see_other(Way::first(&has).link(&next))),
        Some(has) => way.page(visit, next, Kept::default(), has, None, HttpResponse::Ok()),
    }
}

async fn half_way(visit: &Visit, half: &Secret) -> Result<Option<HalfWay>, Fault> {
    let (half, now, url) = (half.clone(), visit.now, visit.services.config.public_url.clone());
    Ok(visit.read(move |conn| accounts::half_way(conn, &half, &url, now)).await?)
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
    let sent = Sent { next: form.next, kept: Kept::again(&form.kept_for, &form.kept) };
    finish(&visit, Way::Code, Proof::Code(form.code), sent).await
}

pub(super) async fn check_recovery(visit: Visit, Posted(form): Posted<CodeForm>) -> Answer {
    let sent = Sent { next: form.next, kept: Kept::again(&form.kept_for, &form.kept) };
    finish(&visit, Way::Recovery, Proof::Recovery(form.code), sent).await
}

/// What the page carried along.
pub(super) struct Sent {
    pub next: String,
    pub kept: Kept,
}

pub(super) async fn finish(visit: &Visit, way: Way, proof: Proof, sent: Sent) -> Answer {
    let (next, kept) = (own_page(&sent.next).to_owned(), sent.kept);
    let Some(half) = session::half(visit.request(), &visit.services.config) else {
        return too_late(visit, &next);
    };
    match entrance(visit).finish_sign_in(half.clone(), proof, visit.address.clone()).await {
        Ok(token) => entered(visit, &token, next, kept),
        Err(NotIn::DeadLink) => too_late(visit, &next),
        Err(NotIn::WrongCode) => match half_way(visit, &half).await? {
            Some(has) => {
                way.page(visit, next, kept, has, Some(way.wrong()), HttpResponse::UnprocessableEntity())
            }
            None => too_late(visit, &next),
        },
        Err(why) => Err(why.into()),
    }
}

/// Back to the password, which was typed too long ago.
fn too_late(visit: &Visit, next: &str) -> Answer {
    if visit.actor().is_some() {
        return Ok(see_other(next));
    }
    let notice = Notice::warn("The second step took longer than 10 minutes. Type your password once more.");
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
