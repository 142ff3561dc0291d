//! What a staff member's account is, on their page: invited again, extended, suspended and reinstated.

use actix_web::HttpResponse;

use super::pages;
use crate::db::Tx;
use crate::domain::Refusal;
use crate::domain::access::{ManagePeople, Permission, Scope};
use crate::domain::accounts::{self, AccountState, Slip, Standing};
use crate::domain::letters::{self, Letter, Recipient};
use crate::domain::organisations;
use crate::domain::staff;
use crate::domain::visits;
use crate::kit::ids::StaffMemberId;
use crate::kit::login::is_address;
use crate::links;
use crate::mail::StaffApproved;
use crate::web::error::{Answer, Fault};
use crate::web::freshness;
use crate::web::paper;
use crate::web::practitioners;
use crate::web::ui::{Notice, when};
use crate::web::visit::{Fields, In, Posted, Visit, field};

/// Days that one press of *Extend* adds.
const EXTENDED_BY: i64 = 7;

/// What the page says of the account, and what can be done about it.
pub fn describe(
    visit: &Visit,
    id: StaffMemberId,
    standing: Option<&Standing>,
) -> Result<pages::Access, Fault> {
    let org = visit.organisation()?;
    let manages = visit.may(Permission::ManagePeople);
    let moment = |at: chrono::NaiveDateTime| freshness::at(visit, at).words;
    let mut access = pages::Access { state: "No account", ..pages::Access::default() };
    let Some(one) = standing else {
        "Nobody has made an account for this staff member.".clone_into(&mut access.words);
        return Ok(access);
    };
    access.role = one.role.words();
    if !one.live {
        access.state = "Ended";
        "Their access to this organisation has ended.".clone_into(&mut access.words);
        return Ok(access);
    }
    access.person = manages.then(|| links::settings_person(org, one.membership));
    access.until = one.ends_on.map(when::date).unwrap_or_default();
    if one.ends_on.is_some() && manages {
        access.extend = Some(links::staff_act(org, id, "extension"));
    }
    (access.state, access.words) = match one.state {
        AccountState::Active => ("Active", "They can sign in.".to_owned()),
        AccountState::Disabled => ("Closed", "Their account was closed by the representative.".to_owned()),
        AccountState::Invited => {
            let link = match one.link_until {
                Some(until) if until > visit.now => {
                    format!("They have not used their link yet. It expires {}.", moment(until))
                }
                Some(until) => format!("Their link expired {}.", moment(until)),
                None => "They have no link yet.".to_owned(),
            };
            ("Invited", link)
        }
    };
    access.on_paper = !is_address(&one.email);
    if access.on_paper {
        one.email.clone_into(&mut access.login);
    }
    access.slip = (manages && access.on_paper && one.state == AccountState::Active)
        .then(|| links::staff_act(org, id, "slip"));
    access.invite =
        (manages && one.state == AccountState::Invited).then(|| links::staff_act(org, id, "invitation"));
    Ok(access)
}

fn done(visit: &Visit, id: StaffMemberId, said: Result<String, Refusal>) -> Answer {
    let here = links::staff_member(visit.organisation()?, id);
    match said {
        Ok(words) => visit.done(here, &Notice::ok(words)),
        Err(Refusal::Overtaken(words)) => visit.done(here, &Notice::warn(words)),
        Err(other) => Err(other.into()),
    }
}

/// Sends the activation letter again; the link before ends.
pub async fn invite(visit: Visit, In(scope): In<ManagePeople>, Posted(()): Posted<()>) -> Answer {
    let id = visit.id("member")?;
    let url = visit.services.config.public_url.clone();
    let by = scope.by().name.clone();
    match visit.write(move |tx| send_again(tx, &scope, id, &url)).await {
        Ok(Sent::Printed(slip)) => print(&visit, id, &slip, &by),
        Ok(Sent::Mailed(words)) => done(&visit, id, Ok(words)),
        Err(refusal) => done(&visit, id, Err(refusal)),
    }
}

/// How an account's way in was given.
enum Sent {
    Mailed(String),
    /// To be shown now, since nothing else tells them.
    Printed(Slip),
}

fn print(visit: &Visit, id: StaffMemberId, slip: &Slip, by: &str) -> Answer {
    let membership = visit.membership()?;
    let sheet = paper::Sheet::activation(visit, slip, &membership.organisation_name, by);
    let back = links::staff_member(membership.organisation, id);
    visit.page(&paper::one(visit, format!("Slip for {}", slip.name), sheet, back))
}

/// A slip for a new password, after the password of whoever prints it.
pub async fn slip(visit: Visit, In(scope): In<ManagePeople>, Posted(()): Posted<()>) -> Answer {
    let id = visit.id("member")?;
    let back = links::staff_member(scope.organisation(), id);
    visit.fresh(back.clone())?;
    let by = scope.by().name.clone();
    match visit.write(move |tx| staff::print_new_password(tx, &scope, id)).await {
        Ok(slip) => {
            let sheet = paper::Sheet::new_password(&visit, &slip, format!("Ask {by}."));
            visit.page(&paper::one(&visit, format!("New password for {}", slip.name), sheet, back))
        }
        Err(refusal) => done(&visit, id, Err(refusal)),
    }
}

fn send_again(
    tx: &mut Tx<'_>,
    scope: &Scope<ManagePeople>,
    id: StaffMemberId,
    url: &str,
) -> Result<Sent, Refusal> {
    // One of another organisation is not there.
    staff::get(tx.conn, scope, id)?;
    let none = || Refusal::overtaken("This staff member has no account.");
    let standing = staff::standing(tx.conn, scope, id)?.filter(|one| one.live).ok_or_else(none)?;
    let token = accounts::invite_again(tx, scope, standing.membership)?;
    if !is_address(&standing.email) {
        let until = tx.now + accounts::ACTIVATION;
        return Ok(Sent::Printed(Slip { name: standing.name, login: standing.email, code: token, until }));
    }
    let organisation = organisations::get(tx.conn, scope)?;
    let letter = StaffApproved {
        to_name: standing.name.split(' ').next().unwrap_or_default().to_owned(),
        organisation: organisation.name.clone(),
        named: standing.role.words().to_owned(),
        who: scope.by().name.clone(),
        link: format!("{url}{}", links::activate(token.reveal())),
        has_password: false,
        lasts: format!("{} hours", accounts::ACTIVATION.num_hours()),
        until: standing.ends_on.map(when::date).unwrap_or_default(),
    };
    let rendered = letter.render().map_err(|cause| Refusal::Broken(cause.to_string()))?;
    let to = Recipient { name: standing.name.clone(), email: standing.email.clone() };
    letters::send(tx, Letter::new(Some(organisation.id), &to, rendered))?;
    let words = "a new link. The one before does not work any more.";
    Ok(Sent::Mailed(format!("We have emailed {} {words}", standing.email)))
}

pub async fn suspend(visit: Visit, In(scope): In<ManagePeople>, Posted(fields): Posted<Fields>) -> Answer {
    let id = visit.id("member")?;
    let reason = field(&fields, "reason").to_owned();
    let org = scope.organisation();
    let suspended = visit.write(move |tx| {
        staff::suspend(tx, &scope, id, &reason)?;
        visits::release(tx, &scope)
    });
    let suspended = suspended.await;
    if let Err(Refusal::Invalid { field: about, words }) = suspended {
        let mut page = super::show_page(&visit).await?;
        page.shell.add_error(about, words);
        field(&fields, "reason").clone_into(&mut page.reason);
        return visit.page_with(&page, HttpResponse::UnprocessableEntity());
    }
    match suspended {
        Ok(left) => {
            let said = "Suspended. They are signed out everywhere.";
            visit.done(links::staff_member(org, id), &practitioners::left_behind(&visit, org, said, left))
        }
        Err(refusal) => done(&visit, id, Err(refusal)),
    }
}

pub async fn reinstate(visit: Visit, In(scope): In<ManagePeople>, Posted(()): Posted<()>) -> Answer {
    let id = visit.id("member")?;
    let back = visit.write(move |tx| staff::reinstate(tx, &scope, id)).await;
    let words = |back: bool| {
        if back { "Reinstated. They can sign in again." } else { "Reinstated. They have no account here." }
    };
    done(&visit, id, back.map(|back| words(back).to_owned()))
}

/// *Extend*: a week more, from the last day or from today.
pub async fn extend(visit: Visit, In(scope): In<ManagePeople>, Posted(()): Posted<()>) -> Answer {
    let id = visit.id("member")?;
    let today = freshness::today(&visit);
    let extended = visit
        .write(move |tx| {
            let member = staff::get(tx.conn, &scope, id)?;
            let ends = staff::standing(tx.conn, &scope, id)?.and_then(|one| one.ends_on);
            let until = ends.unwrap_or(today).max(today) + chrono::TimeDelta::days(EXTENDED_BY);
            staff::extend(tx, &scope, id, until)?;
            Ok(format!("{} keeps access until {}.", member.name(), when::date(until)))
        })
        .await;
    done(&visit, id, extended)
}
