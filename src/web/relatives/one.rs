//! One relative of a resident: what they are and see, the page as they see it, and their end.

use actix_web::HttpResponse;

use super::pages;
use crate::domain::Refusal;
use crate::domain::access::{ManageRelatives, Scope, Topic};
use crate::domain::consents;
use crate::domain::relatives::{self, Change, Relative, read_topics};
use crate::kit::ids::RelativeId;
use crate::kit::login::is_address;
use crate::links;
use crate::web::error::{Answer, Fault};
use crate::web::family;
use crate::web::freshness;
use crate::web::paper::{self, Sheet};
use crate::web::residents::{Seen, check_seal, frame, seal, see};
use crate::web::ui::{Link, Notice};
use crate::web::visit::{Fields, In, Posted, Visit, field};

pub(super) async fn show(visit: Visit, In(scope): In<ManageRelatives>) -> Answer {
    let seen = see(&visit).await?;
    visit.page(&page(&visit, &seen, scope).await?)
}

async fn page(visit: &Visit, seen: &Seen, scope: Scope<ManageRelatives>) -> Result<pages::Show, Fault> {
    let (resident, id) = (seen.resident.id, visit.id::<RelativeId>("relative")?);
    let today = freshness::today(visit);
    let (one, all, standing) = visit
        .read(move |conn| {
            Ok((
                relatives::relative(conn, &scope, resident, id)?,
                relatives::relatives(conn, &scope, resident)?,
                consents::standing(conn, &scope, resident, today)?,
            ))
        })
        .await?;
    let mut shell = frame(visit, seen, one.name.clone(), "")?;
    shell.tabs.clear();
    shell.crumb = Some(Link::new("Relatives", links::resident_relatives(seen.org, resident)));
    let opened = read_topics(&one.topics);
    let topics = standing.iter().map(|stands| pages::TopicTick {
        id: format!("topic-{}", stands.topic.as_str().replace(' ', "-")),
        value: stands.topic.as_str(),
        label: stands.topic.words(),
        ticked: opened.contains(&stands.topic),
        consent: stands.words(),
    });
    Ok(pages::Show {
        shell,
        who: seen.who(),
        seal: seal(visit, &seen.resident),
        action: links::resident_relative(seen.org, resident, id),
        view: links::see_as_relative(seen.org, resident, id),
        since: freshness::at(visit, one.since),
        topics: topics.collect(),
        branches: branches(&all),
        by_name: !is_address(&one.email),
        name: one.name,
        email: one.email,
        waiting: one.waiting,
        relationship: one.relationship,
        branch: one.branch,
        is_primary: one.is_primary,
    })
}

/// The parts of the family that have a name already.
fn branches(all: &[Relative]) -> Vec<String> {
    let mut names: Vec<String> = all.iter().map(|one| one.branch.clone()).collect();
    names.retain(|name| !name.is_empty());
    names.sort();
    names.dedup();
    names
}

/// What is done to one relative: `save`, `confirm`, `slip` or `unlink`.
pub(super) async fn act(
    visit: Visit,
    In(scope): In<ManageRelatives>,
    Posted(fields): Posted<Fields>,
) -> Answer {
    let seen = see(&visit).await?;
    let (resident, id) = (seen.resident.id, visit.id::<RelativeId>("relative")?);
    let list = links::resident_relatives(seen.org, resident);
    check_seal(&visit, &seen.resident, field(&fields, "about"), list.clone())?;
    let act = field(&fields, "act").to_owned();
    if act == "slip" {
        return slip(&visit, &seen, scope, id).await;
    }
    let topics = fields.iter().filter(|(name, _)| name == "topics[]");
    let topics = topics.filter_map(|(_, value)| Topic::parse(value)).collect();
    let change = Change::read(
        field(&fields, "relationship"),
        field(&fields, "branch"),
        field(&fields, "primary") == "yes",
        topics,
    );
    let writer = scope.clone();
    let done = visit
        .write(move |tx| match act.as_str() {
            "save" => {
                relatives::change(tx, &writer, resident, id, &change?)?;
                Ok("Saved. It counts from their next click.".to_owned())
            }
            "confirm" => {
                relatives::confirm(tx, &writer, resident, id)?;
                Ok("Confirmed. They see the page from now on.".to_owned())
            }
            "unlink" => {
                let name = relatives::unlink(tx, &writer, resident, id)?;
                Ok(format!("{name} does not see this page any more."))
            }
            _ => Err(Refusal::NotHere),
        })
        .await;
    match done {
        Ok(words) => visit.done(list, &Notice::ok(words)),
        Err(Refusal::Invalid { field: of, words }) => {
            let mut page = page(&visit, &seen, scope).await?;
            field(&fields, "relationship").clone_into(&mut page.relationship);
            field(&fields, "branch").clone_into(&mut page.branch);
            page.shell.add_error(of, words);
            visit.page_with(&page, HttpResponse::UnprocessableEntity())
        }
        Err(Refusal::Overtaken(words)) => visit.done(list, &Notice::warn(words)),
        Err(refusal) => Err(refusal.into()),
    }
}

/// A slip for a new password, after the password of whoever prints it: the code opens somebody else's account.
async fn slip(visit: &Visit, seen: &Seen, scope: Scope<ManageRelatives>, id: RelativeId) -> Answer {
    let resident = seen.resident.id;
    let here = links::resident_relative(seen.org, resident, id);
    visit.fresh(here.clone())?;
    match visit.write(move |tx| relatives::print_new_password(tx, &scope, resident, id)).await {
        Ok((slip, contact)) => {
            let sheet = Sheet::new_password(visit, &slip, contact.call());
            visit.page(&paper::one(visit, format!("New password for {}", slip.name), sheet, here))
        }
        Err(Refusal::Overtaken(words)) => visit.done(here, &Notice::warn(words)),
        Err(refusal) => Err(refusal.into()),
    }
}

/// The page as this relative sees it now, for somebody of the home; on the trail.
pub(super) async fn see_as(visit: Visit, In(scope): In<ManageRelatives>) -> Answer {
    let seen = see(&visit).await?;
    let (resident, id, now) = (seen.resident.id, visit.id::<RelativeId>("relative")?, visit.now);
    let reader = scope.clone();
    let (relation, name, content) = visit
        .read(move |conn| {
            let (relation, name) = relatives::see_as(conn, &reader, resident, id)?;
            let content = family::content(conn, &relation, None, now)?;
            Ok((relation, name, content))
        })
        .await?;
    let told = name.clone();
    visit.write(move |tx| relatives::seen_as(tx, &scope, resident, &told)).await?;
    let mut shell = visit.shell(format!("{}, {}", relation.first_name, relation.home));
    shell.nav.clear();
    shell.crumb = Some(Link::new(name.clone(), links::resident_relative(seen.org, resident, id)));
    visit.page(&family::Page::new(shell, &relation, content, Some(name)))
}
