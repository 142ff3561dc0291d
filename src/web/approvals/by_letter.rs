//! Where the link of the morning letter leads, mostly on a phone: how many wait, and after the password who they are,
//! each with large buttons. Decisions go to the same address as those of the desk.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;

use super::pages::Row;
use super::{Found, offered};
use crate::domain::access::{ApproveStaff, Scope};
use crate::domain::approvals::{self, Approval, Opened, State, Wanted};
use crate::domain::organisations;
use crate::kit::ids::OrganisationId;
use crate::kit::secret::Secret;
use crate::links;
use crate::web::error::{Answer, Fault};
use crate::web::see_other;
use crate::web::sign_in::{own_page, quiet};
use crate::web::ui::{Choice, Link, Shell, filters};
use crate::web::visit::{Fields, In, Nav, Visit, field};

/// People that one page shows; the rest come when these are decided about.
const AT_ONCE: i64 = 25;

/// Before the password: how many, and where.
#[derive(Template)]
#[template(path = "approvals/letter_door.html")]
struct Door {
    shell: Shell,
    organisation: String,
    waiting: i64,
    sign_in: String,
}

/// A link that leads nowhere, with what to do next.
#[derive(Template)]
#[template(path = "approvals/letter_astray.html")]
struct Astray {
    shell: Shell,
    words: String,
    next: Link,
    /// Somebody else is signed in here, who would have to go first.
    sign_out: bool,
}

/// Those who waited when the letter was written.
#[derive(Template)]
#[template(path = "approvals/letter.html")]
struct Letter {
    shell: Shell,
    rows: Vec<Person>,
    more: i64,
    back: String,
    list: String,
}

struct Person {
    row: Row,
    /// Each flag with what it means.
    flags: Vec<(&'static str, &'static str)>,
    needs_a_look: bool,
    presets: Vec<Choice>,
    action: String,
}

pub async fn door(visit: Visit) -> Answer {
    quiet(door_page(&visit).await)
}

async fn door_page(visit: &Visit) -> Answer {
    let Some(opened) = opened(visit).await? else { return dead(visit) };
    let Some(actor) = visit.actor() else {
        return visit.page(&Door {
            shell: visit.shell("Staff who wait for approval"),
            organisation: opened.organisation_name,
            waiting: opened.waiting,
            sign_in: format!("{}?next={}", links::sign_in(), links::encode(visit.path())),
        });
    };
    if actor.account() != opened.account {
        return somebody_else(visit);
    }
    Ok(see_other(links::pending_of_letter(opened.organisation, visit.part("token")?)))
}

async fn opened(visit: &Visit) -> Result<Option<Opened>, Fault> {
    let (token, now) = (Secret::new(visit.part("token")?), visit.now);
    Ok(visit.read(move |conn| approvals::open_letter_link(conn, &token, now)).await?)
}

pub async fn show(visit: Visit, In(scope): In<ApproveStaff>) -> Answer {
    quiet(show_page(&visit, scope).await)
}

async fn show_page(visit: &Visit, scope: Scope<ApproveStaff>) -> Answer {
    let Some(opened) = opened(visit).await? else { return dead(visit) };
    if opened.organisation != scope.organisation() {
        return Err(Fault::NotFound);
    }
    if visit.signed_in()?.account() != opened.account {
        return somebody_else(visit);
    }
    // A phone is lent and lost: who they are is shown to whoever has typed the password lately.
    visit.fresh(visit.path().to_owned())?;
    people(visit, scope, opened).await
}

/// The page of a letter that a decision was sent from.
pub(super) fn page_to_go_back_to(org: OrganisationId, fields: &Fields) -> Option<String> {
    let back = own_page(field(fields, "back"));
    back.starts_with(&links::pending_of_letter(org, "")).then(|| back.to_owned())
}

/// Unknown links, those that are too old and those whose reader may not approve any more are answered alike.
fn dead(visit: &Visit) -> Answer {
    let words = "It works for 3 days, and only while you may approve staff. The list of pending staff is there \
                 as long as you may.";
    let (label, href) = if visit.actor().is_some() {
        ("Go to your first page", links::home())
    } else {
        ("Sign in", links::sign_in())
    };
    let page = Astray {
        shell: visit.shell("This link does not work any more"),
        words: words.to_owned(),
        next: Link::new(label, href),
        sign_out: false,
    };
    visit.page_with(&page, HttpResponse::build(StatusCode::GONE))
}

fn somebody_else(visit: &Visit) -> Answer {
    let name = visit.signed_in()?.name();
    let page = Astray {
        shell: visit.shell("This letter was written to somebody else"),
        words: format!(
            "You are signed in as {name}. If the letter came to you under another account, sign out and follow \
             its link again. If you may approve staff yourself, your own list has them."
        ),
        next: Link::new("Go to your first page", links::home()),
        sign_out: true,
    };
    visit.page_with(&page, HttpResponse::build(StatusCode::FORBIDDEN))
}

async fn people(visit: &Visit, scope: Scope<ApproveStaff>, opened: Opened) -> Answer {
    let org = opened.organisation;
    let meant = Wanted { waited_at: Some(opened.written_at), ..Wanted::default() };
    let reader = scope.clone();
    let found = visit
        .read(move |conn| {
            Ok(Found {
                page: approvals::list(conn, &reader, State::Pending, &meant, (0, AT_ONCE))?,
                counts: (0, 0),
                presets: approvals::presets(conn, &reader)?,
                places: organisations::places(conn, &reader)?,
                connected: true,
                digest: false,
            })
        })
        .await?;
    let may_give = offered(visit, &found.presets);
    let person = |one: &Approval| {
        let row = Row::new(visit, org, one, &found, &may_give);
        let mut presets = row.presets.clone();
        if let Some(first) = presets.first_mut() {
            first.label =
                if row.saved.is_empty() { "Choose".into() } else { format!("{} (saved)", row.saved) };
        }
        Person {
            flags: one.flags.iter().map(|flag| (flag.words(), flag.meaning())).collect(),
            needs_a_look: one.needs_a_look(),
            action: links::pending_person(org, one.id),
            presets,
            row,
        }
    };
    let rows: Vec<Person> = found.page.rows.iter().map(person).collect();
    let shown = i64::try_from(rows.len()).unwrap_or(AT_ONCE);
    visit.page(&Letter {
        shell: visit.org_shell("Staff who wait for approval", Nav::Staff)?,
        more: found.page.total - shown,
        rows,
        back: visit.path().to_owned(),
        list: links::pending_staff(org),
    })
}
