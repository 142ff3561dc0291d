//! A resident's relatives as the home sees them: who has joined, who is asked, what each sees, and what the
//! resident consents to. The relatives' own pages are in `family`, the way in for the invited in `invitations`.

mod bereavement;
mod consents;
mod one;
mod pages;
mod pending;

use actix_web::HttpResponse;
use serde::Deserialize;

use super::error::{Answer, Fault};
use super::freshness;
use super::paper;
use super::residents::{Seen, check_seal, frame, seal, see};
use super::routes::{Line, Who, get, post};
use super::ui::{Choice, Notice};
use super::visit::{Fields, In, Posted, Visit, field};
use crate::domain::Refusal;
use crate::domain::access::{ManageRelatives, Permission, Scope};
use crate::domain::consents as agreed;
use crate::domain::relatives::{
    self, NewInvitation, NewInvitee, Preset, Printed, Source, Standing, TypedInvitation,
};
use crate::kit::email_address::EmailAddress;
use crate::kit::ids::InvitationId;
use crate::links;

pub fn routes() -> Vec<Line> {
    let manage = Who::Holder(Permission::ManageRelatives);
    let mut lines = vec![
        get("/org/{org}/residents/{resident}/relatives", manage, index),
        post("/org/{org}/residents/{resident}/relatives", manage, create),
        get("/org/{org}/residents/{resident}/relatives/{relative}", manage, one::show),
        post("/org/{org}/residents/{resident}/relatives/{relative}", manage, one::act),
        get("/org/{org}/residents/{resident}/relatives/{relative}/view", manage, one::see_as),
        get("/org/{org}/residents/{resident}/invitations/{invitation}", manage, invitation),
        post("/org/{org}/residents/{resident}/invitations/{invitation}", manage, act),
        get("/org/{org}/residents/{resident}/bereavement", manage, bereavement::show),
        post("/org/{org}/residents/{resident}/bereavement", manage, bereavement::act),
        get("/org/{org}/residents/{resident}/consents", manage, consents::index),
        post("/org/{org}/residents/{resident}/consents", manage, consents::record),
    ];
    lines.extend(pending::routes());
    lines
}

/// Somebody to be invited, as typed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Inviting {
    pub name: String,
    pub email: String,
    pub relationship: String,
    pub branch: String,
    pub primary: String,
    pub preset: String,
    pub about: String,
    /// `letter` for a printed one.
    pub act: String,
}

impl Inviting {
    pub fn read(&self) -> Result<NewInvitation, Refusal> {
        NewInvitation::read(&self.typed())
    }

    fn typed(&self) -> TypedInvitation<'_> {
        TypedInvitation {
            name: &self.name,
            email: &self.email,
            relationship: &self.relationship,
            branch: &self.branch,
            is_primary: self.primary == "yes",
            preset: &self.preset,
        }
    }
}

async fn index(visit: Visit, In(scope): In<ManageRelatives>) -> Answer {
    let seen = see(&visit).await?;
    visit.page(&page(&visit, &seen, scope, Inviting::default()).await?)
}

async fn page(
    visit: &Visit,
    seen: &Seen,
    scope: Scope<ManageRelatives>,
    form: Inviting,
) -> Result<pages::Index, Fault> {
    let (org, id, now) = (seen.org, seen.resident.id, visit.now);
    let today = freshness::today(visit);
    let (joined, asked, standing) = visit
        .read(move |conn| {
            Ok((
                relatives::relatives(conn, &scope, id)?,
                relatives::of_resident(conn, &scope, id, now)?,
                agreed::standing(conn, &scope, id, today)?,
            ))
        })
        .await?;
    let shell = frame(visit, seen, seen.resident.name(), "Relatives")?;
    Ok(pages::Index {
        who: seen.who(),
        seal: seal(visit, &seen.resident),
        joined: joined.iter().map(|one| pages::Joined::new(org, id, one)).collect(),
        asked: asked.iter().map(|(one, stands)| pages::Invited::new(visit, org, one, *stands)).collect(),
        standing: standing.iter().map(|one| (one.topic.words(), one.words())).collect(),
        consents: links::resident_consents(org, id),
        bereavement: links::bereavement(org, id),
        archived: seen.resident.is_archived(),
        action: links::resident_relatives(org, id),
        presets: presets(&form.preset),
        form,
        shell,
    })
}

pub(super) fn presets(chosen: &str) -> Vec<Choice> {
    let chosen = if chosen.is_empty() { Preset::Family.as_str() } else { chosen };
    Choice::list(Preset::ALL.map(|one| (one.as_str(), one.words())), chosen)
}

async fn create(visit: Visit, In(scope): In<ManageRelatives>, Posted(form): Posted<Inviting>) -> Answer {
    let seen = see(&visit).await?;
    let here = links::resident_relatives(seen.org, seen.resident.id);
    check_seal(&visit, &seen.resident, &form.about, here.clone())?;
    if form.act == "letter" {
        return print(&visit, &seen, scope, form).await;
    }
    let (id, url, writer) = (seen.resident.id, visit.services.config.public_url.clone(), scope.clone());
    let done = match form.read() {
        Ok(new) => visit.write(move |tx| relatives::invite(tx, &writer, id, &new, Source::Page, &url)).await,
        Err(refusal) => Err(refusal),
    };
    match done {
        Ok(_) => {
            let words = format!("We have emailed an invitation to {}.", form.email.trim());
            visit.done(here, &Notice::ok(words))
        }
        Err(Refusal::Invalid { field, words }) => {
            let mut page = page(&visit, &seen, scope, form).await?;
            page.shell.add_error(field, words);
            visit.page_with(&page, HttpResponse::UnprocessableEntity())
        }
        Err(Refusal::Overtaken(words)) => visit.done(here, &Notice::warn(words)),
        Err(refusal) => Err(refusal.into()),
    }
}

/// *Print a letter instead*: the letter is the answer, since its code is shown only once.
async fn print(visit: &Visit, seen: &Seen, scope: Scope<ManageRelatives>, form: Inviting) -> Answer {
    let here = links::resident_relatives(seen.org, seen.resident.id);
    let (id, writer) = (seen.resident.id, scope.clone());
    let done = match NewInvitee::read(&form.typed()) {
        Ok(new) => visit.write(move |tx| relatives::print(tx, &writer, id, &new)).await,
        Err(refusal) => Err(refusal),
    };
    match done {
        Ok(printed) => printed_page(visit, &printed, here),
        Err(Refusal::Invalid { field, words }) => {
            let mut page = page(visit, seen, scope, form).await?;
            page.shell.add_error(field, words);
            visit.page_with(&page, HttpResponse::UnprocessableEntity())
        }
        Err(Refusal::Overtaken(words)) => visit.done(here, &Notice::warn(words)),
        Err(refusal) => Err(refusal.into()),
    }
}

fn printed_page(visit: &Visit, printed: &Printed, back: String) -> Answer {
    let sheet = paper::Sheet::invitation(visit, printed);
    visit.page(&paper::one(visit, format!("Letter for {}", printed.name), sheet, back))
}

async fn invitation(visit: Visit, In(scope): In<ManageRelatives>) -> Answer {
    let seen = see(&visit).await?;
    visit.page(&invitation_page(&visit, &seen, scope, None).await?)
}

async fn invitation_page(
    visit: &Visit,
    seen: &Seen,
    scope: Scope<ManageRelatives>,
    typed: Option<String>,
) -> Result<pages::Asked, Fault> {
    let (id, now) = (visit.id::<InvitationId>("invitation")?, visit.now);
    let (found, stands) = visit.read(move |conn| relatives::invitation(conn, &scope, id, now)).await?;
    if found.resident_id != seen.resident.id {
        return Err(Fault::NotFound);
    }
    let mut shell = frame(visit, seen, format!("Invitation of {}", found.name), "")?;
    shell.tabs.clear();
    let back = links::resident_relatives(seen.org, seen.resident.id);
    shell.crumb = Some(super::ui::Link::new("Relatives", back));
    Ok(pages::Asked {
        shell,
        who: seen.who(),
        seal: seal(visit, &seen.resident),
        action: links::resident_invitation(seen.org, seen.resident.id, id),
        email: typed.unwrap_or_else(|| found.email.clone()),
        line: pages::Invited::new(visit, seen.org, &found, stands),
        bounced: stands == Standing::Bounced,
        waits: stands == Standing::Asked,
        on_paper: found.email.is_empty(),
        pending: stands.is_pending(),
    })
}

/// What is done to one invitation: `resend`, `revoke`, `approve`, `correct` or `print`.
async fn act(visit: Visit, In(scope): In<ManageRelatives>, Posted(fields): Posted<Fields>) -> Answer {
    let seen = see(&visit).await?;
    let (org, resident) = (seen.org, seen.resident.id);
    let here = links::resident_relatives(org, resident);
    check_seal(&visit, &seen.resident, field(&fields, "about"), here.clone())?;
    let id: InvitationId = visit.id("invitation")?;
    let (writer, now) = (scope.clone(), visit.now);
    let (found, _) = visit.read(move |conn| relatives::invitation(conn, &writer, id, now)).await?;
    if found.resident_id != resident {
        return Err(Fault::NotFound);
    }
    let (writer, url) = (scope.clone(), visit.services.config.public_url.clone());
    if field(&fields, "act") == "print" {
        let printed = visit.write(move |tx| relatives::print_again(tx, &writer, id)).await;
        return match printed {
            Ok(printed) => printed_page(&visit, &printed, here),
            Err(Refusal::Overtaken(words)) => visit.done(here, &Notice::warn(words)),
            Err(refusal) => Err(refusal.into()),
        };
    }
    let (act, email) = (field(&fields, "act").to_owned(), field(&fields, "email").to_owned());
    let typed = email.clone();
    let done = visit
        .write(move |tx| match act.as_str() {
            "resend" => relatives::resend(tx, &writer, id, &url)
                .map(|to| format!("We have emailed the invitation to {to} again.")),
            "revoke" => relatives::revoke(tx, &writer, id).map(|name| {
                format!("The invitation of {name} is withdrawn. Its link does not work any more.")
            }),
            "approve" => relatives::approve(tx, &writer, id, &url)
                .map(|to| format!("We have emailed an invitation to {to}.")),
            "correct" => {
                let words = "Enter an email address, such as name@example.com";
                let to = EmailAddress::parse(&email).ok_or_else(|| Refusal::invalid("email", words))?;
                relatives::correct(tx, &writer, id, &to, &url)?;
                Ok(format!("We have emailed the invitation to {to}."))
            }
            _ => Err(Refusal::NotHere),
        })
        .await;
    match done {
        Ok(words) => visit.done(here, &Notice::ok(words)),
        Err(Refusal::Invalid { field, words }) => {
            let mut page = invitation_page(&visit, &seen, scope, Some(typed)).await?;
            page.shell.add_error(field, words);
            visit.page_with(&page, HttpResponse::UnprocessableEntity())
        }
        Err(Refusal::Overtaken(words)) => visit.done(here, &Notice::warn(words)),
        Err(refusal) => Err(refusal.into()),
    }
}
