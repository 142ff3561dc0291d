//! The representative's switches: which vendors an organisation may use, whether one token may serve several
//! services, and the keys that a customer or a vendor handed over, which nobody sees again. Shown on the
//! organisation's overview as the partial `organisations/_vendors.html`.

use serde::Deserialize;

use super::error::{Answer, Fault};
use super::routes::{Line, Who, post};
use super::ui::{Notice, When};
use super::visit::{Posted, Visit};
use super::{connection_pages, visit_service};
use crate::connectors::Vendor;
use crate::domain::Refusal;
use crate::domain::connections::{
    self, Allowed, Availability, Card, Destination, Overview, Status, TypedKey,
};
use crate::kit::ids::OrganisationId;
use crate::kit::secret::Secret;
use crate::links;

pub fn routes() -> Vec<Line> {
    vec![
        post("/organisations/{org}/vendors/{vendor}", Who::Representative, set),
        post("/organisations/{org}/vendors/{vendor}/key", Who::Representative, record),
        post("/organisations/{org}/vendors/{vendor}/key/remove", Who::Representative, remove),
    ]
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
    /// `None` where a token may always serve several services.
    pub multi_service: Option<bool>,
    /// When a super manager asked for the multi-service switch.
    pub multi_asked: Option<When>,
    /// Who asked for the integration, and when.
    pub asked: Option<(String, When)>,
    pub services_on: i64,
    pub last_good: Option<When>,
    /// Where a key is received: its form.
    pub key: Option<KeyView>,
    pub act: String,
}

/// The form for a key, and what is known of the one that is here.
pub(super) struct KeyView {
    pub label: &'static str,
    /// Last four characters, who entered it, when.
    pub here: Option<(String, String, When)>,
    pub with_address: bool,
    /// They have to pay the vendor, and nobody has said so yet.
    pub asks_charge: bool,
    pub record: String,
    pub remove: String,
}

/// Every vendor, those first that this version connects to.
pub(super) async fn view(visit: &Visit, org: OrganisationId) -> Result<Vec<VendorView>, Fault> {
    let (platform, now) = (visit.platform()?, visit.now);
    let listed = &visit.services.config.vendors_available;
    let here = |vendor: &Vendor| visit.services.care_systems.get(*vendor).is_some();
    let vendors: Vec<(Vendor, Availability)> = Vendor::ALL
        .into_iter()
        .filter(here)
        .map(|vendor| (vendor, Availability::by_default(listed, vendor)))
        .chain([(visit_service::VENDOR, visit_service::BY_DEFAULT)])
        .collect();
    let rows = visit.read(move |conn| connections::overviews(conn, &platform, org, &vendors, now)).await?;
    Ok(rows.into_iter().map(|row| vendor_view(visit, org, row)).collect())
}

fn vendor_view(visit: &Visit, org: OrganisationId, row: Overview) -> VendorView {
    let (zone, now) = (visit.time_zone(), visit.now);
    let when = |at: chrono::NaiveDateTime| When::new(at.and_utc(), now.and_utc(), zone);
    let vendor = row.card.vendor;
    let act = |act| links::organisation_vendor_act(org, vendor.id(), act);
    VendorView {
        id: vendor.id(),
        name: vendor.name(),
        tag: row.card.status.words(),
        key: vendor.key_form().map(|form| KeyView {
            label: form.label,
            here: row.key.map(|key| (key.ends_with, key.by, when(key.at).in_sentence())),
            with_address: form.with_address,
            asks_charge: form.charge.is_some() && !row.paid,
            record: act("key"),
            remove: act("key/remove"),
        }),
        available: row.available,
        multi_service: vendor.about().one_service_a_token.then_some(row.multi_service),
        multi_asked: row.multi_service_asked_at.map(when),
        asked: row.card.asked.clone().map(|(by, at)| (by, when(at).in_sentence())),
        services_on: row.services_on,
        last_good: row.card.last_good_at.map(when),
        words: words(row.card),
        act: links::organisation_vendor(org, vendor.id()),
    }
}

/// What is said to the representative, who is the one that makes a vendor available.
fn words(card: Card) -> String {
    let vendor = card.vendor;
    match card.status {
        Status::NotAvailable => {
            format!("{vendor} is not available to this organisation. Tick below to enable it.")
        }
        _ if vendor.keeps_records() => card.words,
        _ => visit_service::words(&card),
    }
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
    let vendor = vendor(&visit)?;
    let by_default = Availability::by_default(&visit.services.config.vendors_available, vendor);
    let Switches { available, multi_service, reason } = form.0;
    let allowed = Allowed { available: available == "yes", multi_service: multi_service == "yes", reason };
    let set = visit
        .write(move |tx| connections::set_availability(tx, &platform, org, vendor, by_default, &allowed));
    told(&visit, org, set.await, format!("The settings of {vendor} are saved."))
}

#[derive(Deserialize)]
struct KeyFields {
    key: Secret,
    #[serde(default)]
    address: String,
    #[serde(default)]
    charge: String,
    #[serde(default)]
    valid_until: String,
    #[serde(default)]
    reason: String,
}

/// Keeps a key that somebody handed over.
async fn record(visit: Visit, Posted(form): Posted<KeyFields>) -> Answer {
    let (platform, org) = (visit.platform()?, visit.organisation()?);
    visit.fresh(links::organisation_overview(org))?;
    let vendor = vendor(&visit)?;
    let config = &visit.services.config;
    let which = (org, vendor, Availability::by_default(&config.vendors_available, vendor));
    let to = Destination {
        origin: connections::origin(&config.vendor_urls, &config.allowed_vendor_origins, vendor),
        allowed_origins: config.allowed_vendor_origins.clone(),
    };
    let (keys, reason) = (config.keys.clone(), form.reason);
    let valid_until = match connection_pages::valid_until(&form.valid_until, visit.now.date()) {
        Ok(valid_until) => valid_until,
        Err(refusal) => return told(&visit, org, Err(refusal), String::new()),
    };
    let typed = TypedKey {
        secret: form.key,
        address: form.address,
        valid_until,
        // Only the organisation itself can agree.
        agreed: false,
        pays: form.charge == "yes",
    };
    let recorded = visit.write(move |tx| {
        connections::record_key(tx, &platform, which, &keys, &to, (&typed, &reason)).map(drop)
    });
    let words = format!("The {vendor} key is kept, and nobody sees it again.");
    told(&visit, org, recorded.await, words)
}

#[derive(Deserialize)]
struct Reason {
    #[serde(default)]
    reason: String,
}

/// Forgets the key.
async fn remove(visit: Visit, Posted(form): Posted<Reason>) -> Answer {
    let (platform, org) = (visit.platform()?, visit.organisation()?);
    visit.fresh(links::organisation_overview(org))?;
    let vendor = vendor(&visit)?;
    let removed =
        visit.write(move |tx| connections::take_key_away(tx, &platform, (org, vendor), &form.reason));
    told(&visit, org, removed.await, format!("The {vendor} key is forgotten. Every pairing is kept."))
}

fn vendor(visit: &Visit) -> Result<Vendor, Fault> {
    let vendor = Vendor::by_id(visit.part("vendor")?).ok_or(Fault::NotFound)?;
    let systems = &visit.services.care_systems;
    let here = systems.get(vendor).is_some() || systems.visits(vendor).is_some();
    if here { Ok(vendor) } else { Err(Fault::NotFound) }
}

fn told(visit: &Visit, org: OrganisationId, done: Result<(), Refusal>, words: String) -> Answer {
    let back = links::organisation_overview(org);
    match done {
        Ok(()) => visit.done(back, &Notice::ok(words)),
        Err(Refusal::Invalid { words, .. }) => {
            visit.done(back, &Notice::bad(format!("{}.", words.trim_end_matches('.'))))
        }
        Err(Refusal::Overtaken(words)) => visit.done(back, &Notice::bad(words)),
        Err(refusal) => Err(refusal.into()),
    }
}
