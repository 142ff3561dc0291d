//! *Messages* of a connection: what was asked of the vendor and answered, in numbers, newest first.

use askama::Template;
use serde::Deserialize;

use super::error::Answer;
use super::freshness;
use super::listing::{Address, PER_PAGE};
use super::routes::{Line, Who, get};
use super::ui::{Link, Shell, When, filters, when};
use super::visit::{In, Nav, Visit};
use crate::connectors::Vendor;
use crate::domain::Refusal;
use crate::domain::access::{Permission, ViewIntegrations};
use crate::domain::{connections, messages};
use crate::links;

pub fn routes() -> Vec<Line> {
    vec![get("/org/{org}/integrations/{vendor}/messages", Who::Holder(Permission::ViewIntegrations), index)]
}

#[derive(Template)]
#[template(path = "messages/index.html")]
struct Index {
    shell: Shell,
    vendor: &'static str,
    rows: Vec<Row>,
    older: Option<String>,
    newest: Option<String>,
}

struct Row {
    when: When,
    what: &'static str,
    /// "200", "401: credential refused", "no answer: connect timeout".
    answer: String,
    sent: String,
    received: String,
    took: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    before: String,
}

async fn index(visit: Visit, In(scope): In<ViewIntegrations>) -> Answer {
    let (org, vendor): (_, Vendor) = (scope.organisation(), visit.id("vendor")?);
    let asked: Asked = visit.query();
    let before = asked.before.parse().ok();
    let most = i64::from(PER_PAGE);
    let found = visit
        .read(move |conn| {
            let connection = connections::find(conn, &scope, vendor)?.ok_or(Refusal::NotHere)?;
            messages::list(conn, &scope, connection.id, before, most + 1)
        })
        .await?;
    let mut shell = visit.org_shell(format!("Messages with {vendor}"), Nav::Integrations)?;
    shell.crumb = Some(Link::new("Integrations", links::integrations(org)));
    let address = Address::new(links::messages(org, vendor.id()));
    let shown = found.len().min(usize::try_from(most).unwrap_or(usize::MAX));
    let more = found.len() > shown;
    let last = found.get(shown.saturating_sub(1)).map(|row| row.id);
    let rows = found.iter().take(shown).map(|kept| row(&visit, kept)).collect();
    visit.page(&Index {
        shell,
        vendor: vendor.name(),
        rows,
        older: last.filter(|_| more).map(|id| address.and("before", &id.to_string())),
        newest: before.map(|_: i64| address.page(1)),
    })
}

fn row(visit: &Visit, kept: &messages::Kept) -> Row {
    let reason = kept.failure.replace('_', " ");
    let answer = match (kept.status, reason.as_str()) {
        (Some(status), "") => status.to_string(),
        (Some(status), reason) => format!("{status}: {reason}"),
        (None, "") => "no answer".to_owned(),
        (None, reason) => format!("no answer: {reason}"),
    };
    let bytes = |count: i64| format!("{} bytes", when::thousands(count));
    Row {
        when: freshness::at(visit, kept.at),
        what: words(&kept.operation),
        answer,
        sent: bytes(kept.sent_bytes),
        received: bytes(kept.received_bytes),
        took: format!("{} ms", when::thousands(kept.took_ms)),
    }
}

fn words(operation: &str) -> &'static str {
    match operation {
        "services" => "Asked for its services",
        "people" => "Asked for its residents",
        "staff" => "Asked for its staff",
        "roles" => "Asked what its staff do",
        "entry" => "Sent an entry for a timeline",
        "find_entry" => "Looked for an entry",
        "tasks" => "Asked for tasks",
        "task_note" => "Left a note on a task",
        _ => "Asked what it can do",
    }
}
