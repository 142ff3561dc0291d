//! The way in for somebody who was invited, whatever became of the link: every end has a next step.
//!
//! Opening a link changes nothing; only the form with a password, or the button of somebody signed in, uses it.

mod pages;
mod paper;

use actix_web::HttpResponse;
use actix_web::http::header::{HeaderValue, REFERRER_POLICY};
use serde::Deserialize;

use super::error::{Answer, Fault};
use super::routes::{Line, Who, get, post};
use super::sign_in::{blank, device_words, entrance, go_on};
use super::ui::Notice;
use super::visit::{Posted, Visit};
use super::{see_other, session};
use crate::domain::Refusal;
use crate::domain::accounts::{Joining, NotIn};
use crate::domain::relatives::{self, Ending, LinkKind, Seen};
use crate::kit::codes;
use crate::kit::email_address::EmailAddress;
use crate::kit::login::{Login, SignInName};
use crate::kit::secret::Secret;
use crate::links;

pub fn routes() -> Vec<Line> {
    vec![
        get("/invite/{token}", Who::Anyone, show),
        post("/invite/{token}", Who::Anyone, accept),
        post("/invite/{token}/add", Who::Anyone, add),
        post("/invite/{token}/renew", Who::Anyone, renew),
        post("/invite/{token}/address", Who::Anyone, give_address),
        post("/invite/{token}/decline", Who::Anyone, decline),
        get("/invite/{token}/wrong", Who::Anyone, wrong),
        post("/invite/{token}/wrong", Who::Anyone, report),
        post("/invite/{token}/leave", Who::Anyone, sign_out_and_back),
    ]
}

fn link(visit: &Visit) -> Result<Secret, Fault> {
    Ok(Secret::new(visit.part("token")?))
}

/// The invitation's own page, whatever was typed in the place of its secret.
fn here(visit: &Visit) -> Result<String, Fault> {
    Ok(links::invite(&links::encode(visit.part("token")?)))
}

async fn look(visit: &Visit) -> Result<Option<Seen>, Fault> {
    let (link, now) = (link(visit)?, visit.now);
    Ok(visit.read(move |conn| relatives::look(conn, &link, now)).await?)
}

async fn show(visit: Visit) -> Answer {
    let seen = look(&visit).await?;
    // What has the shape of a printed code may be a guess at one.
    if seen.is_none() && codes::read(visit.part("token")?).is_some() {
        return counted(&visit).await;
    }
    if let Some(seen) = seen.as_ref().filter(|seen| on_paper(&visit, seen)) {
        return paper::show(&visit, seen).await;
    }
    answer(&visit, seen.as_ref(), None)
}

/// Whether this is somebody signed out who joins by a printed code that works.
fn on_paper(visit: &Visit, seen: &Seen) -> bool {
    seen.kind == LinkKind::Paper && seen.ending == Ending::Open && visit.actor().is_none()
}

/// The page for whatever the link is now; with an error beside the password, if there is one.
fn answer(visit: &Visit, seen: Option<&Seen>, error: Option<(&str, String)>) -> Answer {
    let Some(seen) = seen else {
        let page = pages::Unknown { shell: visit.shell("We do not know this link") };
        return quiet(visit.page_with(&page, HttpResponse::Gone()));
    };
    if seen.ending != Ending::Open {
        let page = pages::Ended::new(visit, seen)?;
        return quiet(visit.page_with(&page, HttpResponse::Gone()));
    }
    if let Some(actor) = visit.actor() {
        return quiet(visit.page(&pages::Add::new(visit, seen, actor)?));
    }
    if seen.has_account {
        return quiet(visit.page(&pages::SignIn::new(visit, seen)?));
    }
    let mut page = pages::Join::new(visit, seen)?;
    match error {
        None => quiet(visit.page(&page)),
        Some((field, words)) => {
            page.shell.add_error(field, words);
            quiet(visit.page_with(&page, HttpResponse::UnprocessableEntity()))
        }
    }
}

#[derive(Deserialize)]
struct Password {
    #[serde(default = "blank")]
    password: Secret,
    /// Of those who join by a printed code.
    #[serde(default)]
    sign_in_name: String,
}

/// Makes the account with this password and joins.
async fn accept(visit: Visit, Posted(form): Posted<Password>) -> Answer {
    let here = visit.path().to_owned();
    if visit.actor().is_some() {
        return Ok(see_other(here));
    }
    let seen = look(&visit).await?;
    let Some(found) = seen.as_ref().filter(|seen| seen.ending == Ending::Open && !seen.has_account) else {
        return if seen.is_some() { Ok(see_other(here)) } else { counted(&visit).await };
    };
    let login = if found.kind == LinkKind::Paper {
        match SignInName::parse(&form.sign_in_name) {
            Some(name) => Login::Name(name),
            None => return paper::wrong_name(&visit, found, form.sign_in_name),
        }
    } else {
        match EmailAddress::parse(&found.invitation.email) {
            Some(email) => Login::Email(email),
            None => return Ok(see_other(here)),
        }
    };
    let joining = Joining {
        login,
        name: found.invitation.name.clone(),
        context: vec![found.contact.home.clone(), found.first_name.clone()],
        password: form.password,
        address: visit.address.clone(),
        device: device_words(&visit),
    };
    let (alive, taken, now) = (link(&visit)?, link(&visit)?, visit.now);
    let joined = entrance(&visit)
        .join(
            joining,
            move |conn| {
                Ok(relatives::look(conn, &alive, now)?.is_some_and(|seen| seen.ending == Ending::Open))
            },
            move |tx, account, by| relatives::accept(tx, &taken, account, by),
        )
        .await;
    match joined {
        Ok(token) => has_joined(&visit, &token, &found.first_name),
        Err(NotIn::Unfit(why)) => {
            let opened = link(&visit)?;
            visit.write(move |tx| relatives::note_opened(tx, &opened)).await?;
            if found.kind == LinkKind::Paper {
                return paper::again(&visit, found, form.sign_in_name, ("password", why.to_string()));
            }
            answer(&visit, seen.as_ref(), Some(("password", why.to_string())))
        }
        Err(NotIn::Refused(Refusal::Invalid { field, words })) => {
            paper::again(&visit, found, form.sign_in_name, (field, words))
        }
        // Somebody was first, or the link ended meanwhile: the page says which.
        Err(NotIn::DeadLink | NotIn::Refused(Refusal::Overtaken(_) | Refusal::NotHere)) => {
            Ok(see_other(here))
        }
        Err(why) => Err(why.into()),
    }
}

/// To the family's pages, signed in.
fn has_joined(visit: &Visit, token: &Secret, first_name: &str) -> Answer {
    let mut response = go_on(visit, token, links::family());
    let words = format!("You have joined. Here is how {first_name} is getting on.");
    let cookie = session::notice_cookie(&visit.services.config, token, &Notice::ok(words));
    response.add_cookie(&cookie).map_err(|cause| Fault::broken(&cause))?;
    Ok(response)
}

/// A secret of nobody's: counted against the address that tries it, as every wrong secret is.
async fn counted(visit: &Visit) -> Answer {
    let missed = entrance(visit).guess_from(&visit.address, |_| Ok(None::<()>)).await;
    match missed {
        Err(NotIn::TooMany(wait)) => Err(NotIn::TooMany(wait).into()),
        _ => answer(visit, None, None),
    }
}

/// *Add Joan to my account*.
async fn add(visit: Visit, _: Posted<()>) -> Answer {
    let here = here(&visit)?;
    let Some(actor) = visit.actor().cloned() else { return Ok(see_other(here)) };
    let Some(seen) = look(&visit).await? else { return answer(&visit, None, None) };
    let taken = link(&visit)?;
    match visit.write(move |tx| relatives::add_to_account(tx, &taken, &actor)).await {
        Ok(()) => {
            let words = format!("{} is added to your account.", seen.first_name);
            visit.done(links::family(), &Notice::ok(words))
        }
        Err(Refusal::Overtaken(words)) => visit.done(here, &Notice::warn(words)),
        Err(Refusal::NotHere) => Ok(see_other(here)),
        Err(refusal) => Err(refusal.into()),
    }
}

/// *Ask for a new one*: to the same address only, which is not shown whole.
async fn renew(visit: Visit, _: Posted<()>) -> Answer {
    let here = here(&visit)?;
    let Some(seen) = look(&visit).await? else { return counted(&visit).await };
    let (asked, url) = (link(&visit)?, visit.services.config.public_url.clone());
    match visit.write(move |tx| relatives::renew(tx, &asked, &url)).await {
        Ok(()) => {
            let page = pages::Sent {
                shell: visit.shell("We have sent you a new link"),
                to: pages::masked(&seen.invitation.email),
                on_paper: false,
                call: seen.contact.call(),
            };
            quiet(visit.page(&page))
        }
        Err(Refusal::Overtaken(words)) => visit.done(here, &Notice::warn(words)),
        Err(Refusal::NotHere) => Ok(see_other(here)),
        Err(refusal) => Err(refusal.into()),
    }
}

#[derive(Deserialize)]
struct Address {
    #[serde(default)]
    email: String,
}

/// *I have an email address*: the usual letter goes there, and its link shows that the address is theirs.
async fn give_address(visit: Visit, Posted(form): Posted<Address>) -> Answer {
    let here = here(&visit)?;
    let Some(seen) = look(&visit).await? else { return counted(&visit).await };
    if !on_paper(&visit, &seen) {
        return Ok(see_other(here));
    }
    let Some(email) = EmailAddress::parse(&form.email) else {
        let words = "Enter your email address, such as name@example.com".to_owned();
        return paper::wrong_address(&visit, &seen, form.email, words);
    };
    let (code, url, to) = (link(&visit)?, visit.services.config.public_url.clone(), email.to_string());
    match visit.write(move |tx| relatives::write_to(tx, &code, &email, &url)).await {
        Ok(()) => {
            let shell = visit.shell("We have written to you");
            quiet(visit.page(&pages::Sent { shell, to, on_paper: true, call: seen.contact.call() }))
        }
        Err(Refusal::Overtaken(words)) => paper::wrong_address(&visit, &seen, form.email, words),
        Err(Refusal::NotHere) => Ok(see_other(here)),
        Err(refusal) => Err(refusal.into()),
    }
}

/// *This is not for me*.
async fn decline(visit: Visit, _: Posted<()>) -> Answer {
    let here = here(&visit)?;
    if look(&visit).await?.is_none() {
        return counted(&visit).await;
    }
    let declined = link(&visit)?;
    match visit.write(move |tx| relatives::decline(tx, &declined)).await {
        Ok(()) | Err(Refusal::Overtaken(_) | Refusal::NotHere) => Ok(see_other(here)),
        Err(refusal) => Err(refusal.into()),
    }
}

async fn wrong(visit: Visit) -> Answer {
    let Some(seen) = look(&visit).await?.filter(|seen| seen.ending == Ending::Open) else {
        return Ok(see_other(here(&visit)?));
    };
    quiet(visit.page(&pages::Wrong::new(&visit, &seen, String::new())?))
}

#[derive(Deserialize)]
struct Words {
    #[serde(default)]
    words: String,
}

/// *This is wrong*: a message to the home.
async fn report(visit: Visit, Posted(form): Posted<Words>) -> Answer {
    let here = here(&visit)?;
    let Some(seen) = look(&visit).await? else { return counted(&visit).await };
    let (told, url) = (link(&visit)?, visit.services.config.public_url.clone());
    let words = form.words.clone();
    match visit.write(move |tx| relatives::report_wrong(tx, &told, &words, &url)).await {
        Ok(()) => {
            let words =
                format!("We have told {}. They will put it right and write to you.", seen.contact.home);
            visit.done(here, &Notice::ok(words))
        }
        Err(Refusal::Invalid { field, words }) => {
            let mut page = pages::Wrong::new(&visit, &seen, form.words)?;
            page.shell.add_error(field, words);
            quiet(visit.page_with(&page, HttpResponse::UnprocessableEntity()))
        }
        Err(Refusal::Overtaken(_) | Refusal::NotHere) => Ok(see_other(here)),
        Err(refusal) => Err(refusal.into()),
    }
}

/// Somebody else is signed in on this device: out, and back to the invitation.
async fn sign_out_and_back(visit: Visit, _: Posted<()>) -> Answer {
    let here = here(&visit)?;
    let Some(actor) = visit.actor().cloned() else { return Ok(see_other(here)) };
    visit.write(move |tx| crate::domain::accounts::sign_out(tx, &actor)).await?;
    let mut response = HttpResponse::SeeOther();
    session::end(&mut response, &visit.services.config);
    Ok(response.insert_header((actix_web::http::header::LOCATION, here)).finish())
}

/// The page's address is a secret: other pages are told of our host only.
fn quiet(answer: Answer) -> Answer {
    let mut response = answer?;
    response.headers_mut().insert(REFERRER_POLICY, HeaderValue::from_static("strict-origin"));
    Ok(response)
}
