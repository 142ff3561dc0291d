//! *Work of people who have left*: what they left to be done, and who takes it over.

use actix_web::HttpResponse;
use askama::Template;
use serde::Deserialize;

use super::error::{Answer, Fault};
use super::freshness;
use super::routes::{Line, Who, get, post};
use super::ui::{Choice, Link, Notice, Shell, When, filters, when};
use super::visit::{In, Nav, Posted, Visit};
use crate::domain::Refusal;
use crate::domain::access::{ManagePeople, Permission, Scope};
use crate::domain::accounts::Member;
use crate::domain::leavers::{self, Handed, Leaver};
use crate::kit::ids::{MembershipId, OrganisationId};
use crate::links;

pub fn routes() -> Vec<Line> {
    let manage = Who::Holder(Permission::ManagePeople);
    vec![
        get("/org/{org}/leavers", manage, index),
        post("/org/{org}/leavers/{membership}/handover", manage, hand_over),
    ]
}

#[derive(Template)]
#[template(path = "leavers/index.html")]
struct Index {
    shell: Shell,
    rows: Vec<Row>,
}

/// Somebody who has left.
struct Row {
    name: String,
    role: &'static str,
    left: When,
    /// "3 planned activities, the first on …", "1 open invitation".
    work: Vec<String>,
    action: String,
    takers: Vec<Choice>,
    /// Names the form's field, so that an error stands beside it.
    field: String,
}

async fn index(visit: Visit, In(scope): In<ManagePeople>) -> Answer {
    visit.page(&page(&visit, scope, None).await?)
}

async fn page(
    visit: &Visit,
    scope: Scope<ManagePeople>,
    error: Option<(MembershipId, String)>,
) -> Result<Index, Fault> {
    let (org, now) = (scope.organisation(), visit.now);
    let (gone, takers) = visit
        .read(move |conn| {
            Ok::<_, Refusal>((leavers::leavers(conn, &scope, now)?, leavers::takers(conn, &scope)?))
        })
        .await?;
    let mut shell = visit.org_shell("Work of people who have left", Nav::Settings)?;
    shell.crumb = Some(Link::new("People", links::settings_people(org)));
    if let Some((of, words)) = error {
        shell.add_error(field_of(of), words);
    }
    let rows = gone.into_iter().map(|one| row(visit, org, one, &takers)).collect();
    Ok(Index { shell, rows })
}

fn field_of(membership: MembershipId) -> String {
    format!("to-{}", membership.0)
}

fn row(visit: &Visit, org: OrganisationId, gone: Leaver, takers: &[Member]) -> Row {
    let mut work = Vec::new();
    if gone.activities > 0 {
        let first = gone.next.map(|at| freshness::within(visit, at).words).unwrap_or_default();
        let many = counted(gone.activities, "planned activity", "planned activities");
        work.push(format!("{many}, the first {first}"));
    }
    if gone.invitations > 0 {
        work.push(counted(gone.invitations, "open invitation", "open invitations"));
    }
    let names = takers.iter().map(|taker| (taker.id.0.to_string(), taker.name.clone()));
    let takers = std::iter::once((String::new(), "Choose a person".to_owned())).chain(names);
    Row {
        name: gone.name,
        role: gone.role.words(),
        left: freshness::at(visit, gone.left_at),
        work,
        action: links::hand_over(org, gone.membership),
        takers: Choice::list(takers, ""),
        field: field_of(gone.membership),
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct To {
    to: String,
}

async fn hand_over(visit: Visit, In(scope): In<ManagePeople>, Posted(form): Posted<To>) -> Answer {
    let (org, leaver) = (scope.organisation(), visit.id::<MembershipId>("membership")?);
    let to = form.to.parse::<MembershipId>().ok();
    let taken = scope.clone();
    match visit.write(move |tx| leavers::hand_over(tx, &taken, leaver, to)).await {
        Ok(handed) => visit.done(links::leavers(org), &Notice::ok(words(handed))),
        Err(Refusal::Overtaken(words)) => visit.done(links::leavers(org), &Notice::warn(words)),
        Err(Refusal::Invalid { words, .. }) => {
            let page = page(&visit, scope, Some((leaver, words))).await?;
            visit.page_with(&page, HttpResponse::UnprocessableEntity())
        }
        Err(refusal) => Err(refusal.into()),
    }
}

fn counted(many: i64, one: &str, more: &str) -> String {
    format!("{} {}", when::thousands(many), if many == 1 { one } else { more })
}

fn words(handed: Handed) -> String {
    let many = |many: usize, one, more| counted(i64::try_from(many).unwrap_or(i64::MAX), one, more);
    let activities = many(handed.activities, "activity", "activities");
    let invitations = many(handed.invitations, "invitation", "invitations");
    format!("Handed over: {activities} and {invitations}.")
}
