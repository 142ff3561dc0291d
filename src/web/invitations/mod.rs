//! The way in for somebody who was invited, whatever became of the link: every end has a next step.
//!
//! Opening a link changes nothing; only the form with a password, or the button of somebody signed in, uses it.

mod pages;

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
use crate::domain::relatives::{self, Ending, Seen};
use crate::kit::email_address::EmailAddress;
use crate::kit::secret::Secret;
use crate::links;

pub fn routes() -> Vec<Line> {
    vec![
        get("/invite/{token}", Who::Anyone, show),
        post("/invite/{token}", Who::Anyone, accept),
        post("/invite/{token}/add", Who::Anyone, add),
        post("/invite/{token}/renew", Who::Anyone, renew),
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
    answer(&visit, seen.as_ref(), None)
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
    let Some(email) = EmailAddress::parse(&found.invitation.email) else { return Ok(see_other(here)) };
    let joining = Joining {
        email,
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
        Ok(token) => {
            let mut response = go_on(&visit, &token, links::family());
            let words = format!("You have joined. Here is how {} is getting on.", found.first_name);
            let cookie = session::notice_cookie(&visit.services.config, &token, &Notice::ok(words));
            response.add_cookie(&cookie).map_err(|cause| Fault::broken(&cause))?;
            Ok(response)
        }
        Err(NotIn::Unfit(why)) => {
            let opened = link(&visit)?;
            visit.write(move |tx| relatives::note_opened(tx, &opened)).await?;
            answer(&visit, seen.as_ref(), Some(("password", why.to_string())))
        }
        // Somebody was first, or the link ended meanwhile: the page says which.
        Err(NotIn::DeadLink | NotIn::Refused(Refusal::Overtaken(_) | Refusal::NotHere)) => {
            Ok(see_other(here))
        }
        Err(why) => Err(why.into()),
    }
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
                call: seen.contact.call(),
            };
            quiet(visit.page(&page))
        }
        Err(Refusal::Overtaken(words)) => visit.done(here, &Notice::warn(words)),
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
