//! *Pending staff* and *Rejected staff*: people whom the care record system lists, and what is decided about them.

mod by_letter;
mod editing;
mod forms;
mod one;
mod pages;

use super::error::{Answer, Fault};
use super::listing::{self, PER_PAGE};
use super::paper::{Print, Sheet};
use super::routes::{Line, Who, get, post};
use super::see_other;
use super::ui::{Notice, Shell, Tab};
use super::visit::{Fields, In, Nav, Posted, Visit, field, ticked};
use crate::db::Conn;
use crate::domain::Refusal;
use crate::domain::access::{ApproveStaff, Permission, RunSyncs, Scope};
use crate::domain::approvals::{self, Approval, Outcome, Page, Preset, State, Wanted as Filter};
use crate::domain::connections;
use crate::domain::organisations::{self, Place};
use crate::domain::sync::{self, Asked, Wanted};
use crate::kit::ids::{ApprovalId, OrganisationId};
use crate::links;
use forms::{Selects, joined};

pub fn routes() -> Vec<Line> {
    let approve = Who::Holder(Permission::ApproveStaff);
    vec![
        get("/who-waits/{token}", Who::Anyone, by_letter::door),
        get("/org/{org}/staff/pending/letter/{token}", approve, by_letter::show),
        get("/org/{org}/staff/pending", approve, index),
        post("/org/{org}/staff/pending", approve, act),
        post("/org/{org}/staff/pending/sync-runs", Who::Holder(Permission::RunSyncs), start_sync),
        post("/org/{org}/staff/pending/digest", approve, digest),
        get("/org/{org}/staff/pending/permissions", approve, editing::form),
        post("/org/{org}/staff/pending/permissions", approve, editing::save),
        get("/org/{org}/staff/pending/{approval}", approve, one::show),
        post("/org/{org}/staff/pending/{approval}", approve, one::act),
        get("/org/{org}/staff/rejected", approve, rejected),
        post("/org/{org}/staff/rejected", approve, restore),
    ]
}

/// The tabs of the staff list, as far as the person may open them.
pub(super) fn tabs(visit: &Visit, shell: &mut Shell, counts: Option<(i64, i64)>, current: &str) {
    let Ok(org) = visit.organisation() else { return };
    let Some((pending, rejected)) = counts else { return };
    if visit.may(Permission::ViewStaff) {
        shell.tabs.push(Tab::new("Staff", links::staff(org), current == "staff"));
    }
    let tab = |label, href, n, is| Tab::new(label, href, is).counting(n);
    shell.tabs.push(tab("Pending staff", links::pending_staff(org), pending, current == "pending"));
    shell.tabs.push(tab("Rejected staff", links::rejected_staff(org), rejected, current == "rejected"));
}

/// Everything that the lists show.
pub(super) struct Found {
    pub page: Page,
    pub counts: (i64, i64),
    pub presets: Vec<Preset>,
    pub places: Vec<Place>,
    /// Whether staff can be fetched now.
    pub connected: bool,
    /// Whether the reader gets the morning letter.
    pub digest: bool,
}

fn find(
    conn: &mut Conn,
    scope: &Scope<ApproveStaff>,
    state: State,
    wanted: &Filter,
    page: u32,
) -> Result<Found, Refusal> {
    let before = listing::rows_before(page);
    Ok(Found {
        page: approvals::list(conn, scope, state, wanted, (before, i64::from(PER_PAGE)))?,
        counts: approvals::counts(conn, scope)?,
        presets: approvals::presets(conn, scope)?,
        places: organisations::places(conn, scope)?,
        connected: organisations::feeds(conn, scope)?.iter().any(organisations::Feed::is_on),
        digest: approvals::wants_digest(conn, scope)?,
    })
}

async fn index(visit: Visit, In(scope): In<ApproveStaff>) -> Answer {
    let asked: forms::Asked = visit.query();
    let page = pending(&visit, &scope, &asked).await?;
    if page.rows.is_empty() && listing::page_number(&asked.page) > 1 {
        return Ok(see_other(asked.address(links::pending_staff(scope.organisation())).page(1)));
    }
    visit.page(&page)
}

async fn pending(
    visit: &Visit,
    scope: &Scope<ApproveStaff>,
    asked: &forms::Asked,
) -> Result<pages::Pending, Fault> {
    let (reader, wanted, page) = (scope.clone(), asked.wanted(), listing::page_number(&asked.page));
    let found = visit.read(move |conn| find(conn, &reader, State::Pending, &wanted, page)).await?;
    let mut shell = visit.org_shell("Staff list", Nav::Staff)?;
    tabs(visit, &mut shell, Some(found.counts), "pending");
    Ok(pages::Pending::new(visit, shell, scope.organisation(), found, asked, page))
}

/// The people that a form is about: those ticked, or all that match its filters.
fn whom(
    conn: &mut Conn,
    scope: &Scope<ApproveStaff>,
    state: State,
    fields: &Fields,
) -> Result<Vec<ApprovalId>, Refusal> {
    if field(fields, "whom") == "all" {
        return Ok(approvals::ids(conn, scope, state, &forms::Asked::of(fields).wanted())?);
    }
    Ok(ticked(fields, "staff[]"))
}

async fn act(visit: Visit, In(scope): In<ApproveStaff>, Posted(fields): Posted<Fields>) -> Answer {
    let org = scope.organisation();
    let (reader, asked) = (scope.clone(), fields.clone());
    let ids = visit.read(move |conn| whom(conn, &reader, State::Pending, &asked)).await?;
    let act = field(&fields, "act").to_owned();
    if ids.is_empty() {
        let words = "Select the staff you want to approve or reject";
        let mut page = pending(&visit, &scope, &forms::Asked::of(&fields)).await?;
        page.shell.add_error(page.first_box(), words);
        return visit.page_with(&page, actix_web::HttpResponse::UnprocessableEntity());
    }
    match act.as_str() {
        "permissions" => Ok(see_other(links::pending_permissions(org, &joined(&ids)))),
        "reject" => reject(&visit, scope, ids, field(&fields, "reason").to_owned()).await,
        "approve" => approve(&visit, scope, ids, fields).await,
        _ => Err(Fault::NotFound),
    }
}

async fn approve(visit: &Visit, scope: Scope<ApproveStaff>, ids: Vec<ApprovalId>, fields: Fields) -> Answer {
    let url = visit.services.config.public_url.clone();
    let writer = scope.clone();
    let selects = Selects::of(&fields);
    let outcome = visit
        .write(move |tx| {
            let presets = approvals::presets(tx.conn, &writer)?;
            let rows = approvals::of_ids(tx.conn, &writer, &ids)?;
            let wanted: Vec<_> = rows.iter().map(|row| selects.approving(row, &presets)).collect();
            approvals::approve(tx, &writer, &wanted, &url)
        })
        .await?;
    let org = scope.organisation();
    // Nobody could be: the list says why beside what was chosen.
    if outcome.done.is_empty() && !outcome.left.is_empty() {
        let mut page = pending(visit, &scope, &forms::Asked::of(&fields)).await?;
        page.keep(&fields);
        for (id, words) in outcome.left.iter().take(SAID) {
            page.shell.add_error(page.field_of(*id), words.clone());
        }
        return visit.page_with(&page, actix_web::HttpResponse::UnprocessableEntity());
    }
    let mailed = outcome.done.len() - outcome.slips.len();
    if !outcome.slips.is_empty() {
        return slips(visit, &scope, outcome, mailed);
    }
    visit.done(links::pending_staff(org), &told(&approved_words(mailed), &outcome))
}

/// The slips of those who have no address: the answer itself, since their codes are shown only once.
fn slips(visit: &Visit, scope: &Scope<ApproveStaff>, outcome: Outcome, mailed: usize) -> Answer {
    let organisation = visit.membership()?.organisation_name.clone();
    let by = scope.by().name.clone();
    let sheets = outcome.slips.iter().map(|slip| Sheet::activation(visit, slip, &organisation, &by));
    let title = match outcome.slips.as_slice() {
        [one] => format!("Slip for {}", one.name),
        many => format!("Slips for {} staff", many.len()),
    };
    let mut shell = visit.shell(title);
    if mailed > 0 || !outcome.left.is_empty() {
        shell.notice = Some(told(&approved_words(mailed), &outcome));
    }
    visit.page(&Print { shell, sheets: sheets.collect(), back: links::pending_staff(scope.organisation()) })
}

/// Sentences about people that one page says.
const SAID: usize = 5;

fn approved_words(n: usize) -> String {
    match n {
        0 => "Nobody was approved.".into(),
        1 => "1 member of staff approved. We have emailed them a link to activate their account.".into(),
        n => format!("{n} staff approved. We have emailed them a link to activate their account."),
    }
}

/// What worked, and why the rest did not.
fn told(words: &str, outcome: &Outcome) -> Notice {
    if outcome.left.is_empty() {
        return if outcome.done.is_empty() {
            Notice::warn("Nothing was changed: they are not on the list any more.")
        } else {
            Notice::ok(words)
        };
    }
    let mut all = vec![words.to_owned()];
    all.extend(outcome.left.iter().take(SAID).map(|(_, why)| format!("{}.", why.trim_end_matches('.'))));
    if outcome.left.len() > SAID {
        all.push(format!("{} more were not, each for a reason of its own.", outcome.left.len() - SAID));
    }
    Notice::warn(all.join(" "))
}

async fn reject(visit: &Visit, scope: Scope<ApproveStaff>, ids: Vec<ApprovalId>, reason: String) -> Answer {
    let org = scope.organisation();
    let done = visit.write(move |tx| approvals::reject(tx, &scope, &ids, &reason)).await;
    let outcome = match done {
        Ok(outcome) => outcome,
        Err(Refusal::Invalid { words, .. }) => {
            let notice = Notice::bad(format!("Nobody was rejected. The reason is too long: {words}."));
            return visit.done(links::pending_staff(org), &notice);
        }
        Err(other) => return Err(other.into()),
    };
    let words = match outcome.done.len() {
        0 => "Nobody was rejected.".to_owned(),
        1 => "1 member of staff rejected.".to_owned(),
        n => format!("{n} staff rejected."),
    };
    let mut notice = told(&words, &outcome);
    let done: Vec<ApprovalId> = outcome.done.iter().map(|(id, _)| *id).collect();
    // A notice is a cookie, which holds only so much.
    if !done.is_empty() && done.len() <= 100 {
        let href = format!("{}?ids={}", links::rejected_staff(org), joined(&done));
        notice = notice.post("Undo", href, visit.csrf());
    }
    visit.done(links::pending_staff(org), &notice)
}

async fn rejected(visit: Visit, In(scope): In<ApproveStaff>) -> Answer {
    let asked: forms::Asked = visit.query();
    let page = rejected_page(&visit, &scope, &asked).await?;
    visit.page(&page)
}

async fn rejected_page(
    visit: &Visit,
    scope: &Scope<ApproveStaff>,
    asked: &forms::Asked,
) -> Result<pages::Rejected, Fault> {
    let (reader, wanted, page) = (scope.clone(), asked.wanted(), listing::page_number(&asked.page));
    let found = visit.read(move |conn| find(conn, &reader, State::Rejected, &wanted, page)).await?;
    let mut shell = visit.org_shell("Staff list", Nav::Staff)?;
    tabs(visit, &mut shell, Some(found.counts), "rejected");
    Ok(pages::Rejected::new(visit, shell, scope.organisation(), found, asked, page))
}

/// *Add to Kinbridge*, and *Undo* right after a rejection, which names them in its address.
async fn restore(visit: Visit, In(scope): In<ApproveStaff>, Posted(fields): Posted<Fields>) -> Answer {
    let org = scope.organisation();
    let undone = visit.query::<forms::Whom>().ids();
    let (reader, asked) = (scope.clone(), fields.clone());
    let ids = if undone.is_empty() {
        visit.read(move |conn| whom(conn, &reader, State::Rejected, &asked)).await?
    } else {
        undone
    };
    if ids.is_empty() {
        let mut page = rejected_page(&visit, &scope, &forms::Asked::of(&fields)).await?;
        page.shell.add_error(page.first_box(), "Select the staff you want to add to Kinbridge");
        return visit.page_with(&page, actix_web::HttpResponse::UnprocessableEntity());
    }
    let outcome = visit.write(move |tx| approvals::restore(tx, &scope, &ids)).await?;
    let words = match outcome.done.len() {
        0 => "Nobody was put back.".to_owned(),
        1 => "1 member of staff is back in pending staff. Approve them there.".to_owned(),
        n => format!("{n} staff are back in pending staff. Approve them there."),
    };
    visit.done(links::pending_staff(org), &told(&words, &outcome))
}

/// *Start sync*: brings the staff; a second click is shown the run that is under way.
async fn start_sync(visit: Visit, In(scope): In<RunSyncs>, Posted(()): Posted<()>) -> Answer {
    let org = scope.organisation();
    let asked = visit.write(move |tx| {
        let none = "No care record system is connected yet. Finish the steps on Integrations first.";
        let mut first = None;
        let on = connections::on(tx.conn, &scope)?;
        for connection in on.into_iter().filter(|one| !one.vendor.about().mapped) {
            let asked = sync::request(tx, &scope, connection.id, Wanted::Staff, false)?;
            // A new one is worth more to look at than one that was running.
            if first.is_none()
                || (matches!(first, Some(Asked::UnderWay(_))) && matches!(asked, Asked::New(_)))
            {
                first = Some(asked);
            }
        }
        first.ok_or_else(|| Refusal::overtaken(none))
    });
    match asked.await {
        Ok(asked) => {
            visit.services.wake.notify_one();
            let to = links::sync_run(org, asked.run());
            match asked {
                Asked::New(_) => Ok(see_other(to)),
                Asked::UnderWay(_) => visit.done(to, &Notice::warn("A sync was running already.")),
            }
        }
        Err(Refusal::Overtaken(words)) => visit.done(links::pending_staff(org), &Notice::warn(words)),
        Err(other) => Err(other.into()),
    }
}

/// Starts or stops the reader's own morning letter.
async fn digest(visit: Visit, In(scope): In<ApproveStaff>, Posted(fields): Posted<Fields>) -> Answer {
    let list = links::pending_staff(scope.organisation());
    let wanted = field(&fields, "wanted") == "yes";
    visit.write(move |tx| approvals::want_digest(tx, &scope, wanted)).await?;
    let words = if wanted {
        "You get an email each morning while staff wait."
    } else {
        "You get no more emails about pending staff."
    };
    visit.done(list, &Notice::ok(words))
}

/// The presets that a person may give: what they do not hold is not offered.
pub(super) fn offered(visit: &Visit, presets: &[Preset]) -> Vec<Preset> {
    let is_super = visit
        .membership()
        .is_ok_and(|membership| membership.role == crate::domain::access::Role::SuperManager);
    let may = |one: &&Preset| {
        (one.role == crate::domain::access::Role::Staff || is_super)
            && one.permissions.iter().all(|permission| visit.may(*permission))
    };
    presets.iter().filter(may).cloned().collect()
}

/// Where somebody works, in words.
fn places_in_words(one: &Approval, places: &[Place]) -> String {
    let named = places.iter().filter(|place| one.places.contains(&place.id));
    let names: Vec<&str> = named.map(|place| place.name.as_str()).collect();
    if names.is_empty() { "No place yet".to_owned() } else { names.join(", ") }
}

/// The address of somebody's own page.
fn href(org: OrganisationId, one: &Approval) -> String {
    links::pending_person(org, one.id)
}
