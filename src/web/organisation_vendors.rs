//! The representative's switches: which vendors an organisation may use, and whether one token may serve
//! several services. Shown on the organisation's overview as the partial `organisations/_vendors.html`.

use serde::Deserialize;

use super::error::{Answer, Fault};
use super::routes::{Line, Who, post};
use super::ui::{Notice, When};
use super::visit::{Posted, Visit};
use crate::connectors::Vendor;
use crate::domain::Refusal;
use crate::domain::connections::{self, Allowed, Availability};
use crate::kit::ids::OrganisationId;
use crate::links;

pub fn routes() -> Vec<Line> {
    vec![post("/organisations/{org}/vendors/{vendor}", Who::Representative, set)]
}

/// One vendor of one organisation. The page that includes the partial has these in a field `vendors`,
/// beside its `shell`.
pub(super) struct VendorView {
    /// `nourish`: begins the ids of the form's fields.
    pub id: &'static str,
    pub name: &'static str,
    pub tag: &'static str,
    pub words: String,
    pub available: bool,
    pub multi_service: bool,
    /// When a super manager asked for the multi-service switch.
    pub asked: Option<When>,
    pub services_on: i64,
    pub last_good: Option<When>,
    pub act: String,
}

/// The vendors of an organisation that this build has a connector for.
pub(super) async fn view(visit: &Visit, org: OrganisationId) -> Result<Vec<VendorView>, Fault> {
    let (platform, now) = (visit.platform()?, visit.now);
    let listed = &visit.services.config.vendors_available;
    let systems = visit.services.care_systems.all();
    let vendors: Vec<(Vendor, Availability)> =
        systems.map(|system| (system.vendor(), Availability::by_default(listed, system.vendor()))).collect();
    let rows = visit.read(move |conn| connections::overviews(conn, &platform, org, &vendors, now)).await?;
    let zone = visit.time_zone();
    let when = |at: chrono::NaiveDateTime| When::new(at.and_utc(), now.and_utc(), zone);
    let views = rows.into_iter().map(|row| VendorView {
        id: row.card.vendor.id(),
        name: row.card.vendor.name(),
        tag: row.card.status.words(),
        words: row.card.words,
        available: row.available,
        multi_service: row.multi_service,
        asked: row.multi_service_asked_at.map(when),
        services_on: row.services_on,
        last_good: row.card.last_good_at.map(when),
        act: links::organisation_vendor(org, row.card.vendor.id()),
    });
    Ok(views.collect())
}

#[derive(Deserialize)]
struct Switches {
    #[serde(default)]
    available: String,
    #[serde(default)]
    multi_service: String,
    #[serde(default)]
    reason: String,
}

async fn set(visit: Visit, form: Posted<Switches>) -> Answer {
    let (platform, org) = (visit.platform()?, visit.organisation()?);
    let vendor: Vendor = visit.id("vendor")?;
    visit.services.care_systems.get(vendor).ok_or(Fault::NotFound)?;
    let by_default = Availability::by_default(&visit.services.config.vendors_available, vendor);
    let Switches { available, multi_service, reason } = form.0;
    let allowed = Allowed { available: available == "yes", multi_service: multi_service == "yes", reason };
    let set = visit
        .write(move |tx| connections::set_availability(tx, &platform, org, vendor, by_default, &allowed));
    let back = links::organisation_overview(org);
    match set.await {
        Ok(()) => visit.done(back, &Notice::ok(format!("The settings of {vendor} are saved."))),
        Err(Refusal::Invalid { words, .. }) => visit.done(back, &Notice::bad(format!("{words}."))),
        Err(refusal) => Err(refusal.into()),
    }
}
