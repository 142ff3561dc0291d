//! *Settings*, in the sector therapy: where *Synchronization* is opened, once the representative has made it available.

use askama::Template;

use super::super::error::{Answer, Fault};
use super::super::routes::{Line, Who, get};
use super::super::ui::{Shell, filters};
use super::super::visit::{In, Nav, Visit};
use super::tabs;
use crate::domain::access::{PairRecords, Permission};
use crate::domain::connections::{self, Availability, Status};
use crate::domain::mapping;
use crate::links;

pub fn routes() -> Vec<Line> {
    vec![get("/org/{org}/settings/therapy", Who::Holder(Permission::PairRecords), show)]
}

#[derive(Template)]
#[template(path = "settings/therapy.html")]
struct Therapy {
    shell: Shell,
    tag: &'static str,
    words: String,
    /// The button *Synchronization*, once it is available.
    open: Option<String>,
    /// Why there is none.
    why: &'static str,
    /// Where a super manager asks the representative.
    ask: Option<String>,
}

async fn show(visit: Visit, In(scope): In<PairRecords>) -> Answer {
    if !mapping::belongs_to(visit.membership()?.sector) {
        return Err(Fault::NotFound);
    }
    let (org, now) = (scope.organisation(), visit.now);
    let default = Availability::by_default(&visit.services.config.vendors_available, mapping::VENDOR);
    let (card, connected) = visit
        .read(move |conn| {
            let card = connections::card(conn, &scope, mapping::VENDOR, default, now)?;
            let connection = mapping::connection(conn, &scope)?;
            Ok((card, connection.is_some_and(|one| one.terms_accepted_at.is_some())))
        })
        .await?;
    let mut shell = visit.org_shell("Org Settings", Nav::Settings)?;
    shell.tabs = tabs(&visit, org, "Settings");
    let manages = visit.may(Permission::ManageIntegrations);
    let available = card.status != Status::NotAvailable;
    let open = connected || (available && manages);
    let asks = !available && manages && card.asked.is_none();
    visit.page(&Therapy {
        shell,
        tag: card.status.words(),
        words: card.words,
        open: open.then(|| links::synchronization(org)),
        why: if available && !open { "A super manager connects it first." } else { "" },
        ask: asks.then(|| links::integration_act(org, mapping::VENDOR.id(), "ask")),
    })
}
