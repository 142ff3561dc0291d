//! *Services and zones*: how many people each of the vendor's services would bring, and which zone each is routed to,
//! before anything is sent. What is missing is said beside the service, with a button for who may repair it.

use std::collections::BTreeMap;

use askama::Template;

use crate::connectors::Vendor;
use crate::domain::Refusal;
use crate::domain::access::{ManageIntegrations, ManagePlaces, Permission};
use crate::domain::connections::{self, Connection, ServiceZone, State};
use crate::domain::organisations::{self, Place, PlaceKind};
use crate::domain::timeline;
use crate::kit::ids::{OrganisationId, PlaceId};
use crate::links;
use crate::web::asking::{self, Counted};
use crate::web::error::{Answer, Fault};
use crate::web::routes::{Line, Who, get, post};
use crate::web::ui::{Choice, Link, Notice, Shell, filters};
use crate::web::visit::{Fields, In, Nav, Posted, Visit, field};

pub(super) fn routes() -> Vec<Line> {
    vec![
        get("/org/{org}/integrations/{vendor}/services", Who::Holder(Permission::ManageIntegrations), show),
        post("/org/{org}/integrations/{vendor}/zones", Who::Holder(Permission::ManagePlaces), repair),
    ]
}

#[derive(Template)]
#[template(path = "integrations/services.html")]
struct Page {
    shell: Shell,
    vendor: &'static str,
    /// Updates are routed by zones of the same names, now or once the switch is set.
    routed: bool,
    homes: Vec<Home>,
    /// Services for which there is no zone.
    missing: Vec<Missing>,
    /// People whom the vendor places in no service of ours.
    elsewhere: String,
    failure: String,
    held: String,
    /// Entries that need somebody, with the queue that says per record what the vendor rejected.
    rejected: Option<(i64, String)>,
    zones: Option<String>,
    home_choices: Vec<Choice>,
    total: String,
}

struct Home {
    name: String,
    total: String,
    zones: Vec<Zone>,
}

struct Zone {
    name: String,
    /// The service of the same name, and whom it would bring; empty where there is none.
    service: String,
    brings: String,
}

struct Missing {
    id: String,
    name: String,
    brings: String,
    repair: String,
    can_create: bool,
    can_rename: bool,
}

async fn show(visit: Visit, In(scope): In<ManageIntegrations>) -> Answer {
    let vendor: Vendor = visit.id("vendor")?;
    visit.services.care_systems.get(vendor).ok_or(Fault::NotFound)?;
    let org = scope.organisation();
    let known = visit.read(move |conn| {
        let connection = connections::find(conn, &scope, vendor)?.filter(|one| one.state != State::Off);
        let connection = connection.ok_or(Refusal::NotHere)?;
        let routes = connections::zone_map(conn, &connection)?;
        let places = organisations::places(conn, &scope)?;
        let held = connections::writes_held(conn, &connection)?;
        let stuck = timeline::counts(conn, &scope)?;
        let homes = connections::homes(conn, connection.id)?;
        Ok((connection, routes, (places, homes), held, stuck))
    });
    let (connection, routes, (places, homes), held, stuck) = known.await?;
    let counted = asking::count(&visit, &connection).await?;
    let mut shell = visit.org_shell(format!("{vendor}: services and zones"), Nav::Integrations)?;
    shell.crumb = Some(Link::new(vendor.name(), links::integration(org, vendor.id())));
    let may_repair = visit.may(Permission::ManagePlaces);
    let stuck: i64 =
        stuck.into_iter().filter(|(state, _)| state.needs_somebody()).map(|(_, count)| count).sum();
    let mut page = lay_out(shell, &connection, &routes, (&places, &homes), &counted);
    page.held = held.unwrap_or_default();
    page.rejected = (stuck > 0).then(|| (stuck, links::timeline(org)));
    page.zones = may_repair.then(|| links::integration_act(org, vendor.id(), "zones"));
    visit.page(&page)
}

fn lay_out(
    shell: Shell,
    connection: &Connection,
    routes: &[ServiceZone],
    (places, chosen): (&[Place], &connections::Homes),
    counted: &Counted,
) -> Page {
    let brings = |id: &str| people(of(&counted.residents, id), of(&counted.staff, id));
    let homes: Vec<&Place> = places.iter().filter(|place| place.kind == PlaceKind::Home).collect();
    let zones_of = |home: &Place| -> Vec<&Place> {
        places.iter().filter(|place| place.parent == Some(home.id)).collect()
    };
    let tree = homes.iter().map(|home| {
        let zones = zones_of(home);
        let served = |zone: &Place| routes.iter().find(|route| route.zone == Some(zone.id));
        let sum = |counts: &BTreeMap<String, usize>| -> usize {
            zones.iter().filter_map(|zone| served(zone)).map(|route| of(counts, &route.external_id)).sum()
        };
        Home {
            name: home.name.clone(),
            total: if chosen.holds(home.id) {
                format!("On: {}", people(sum(&counted.residents), sum(&counted.staff)))
            } else {
                format!("Off: {} is not for this home.", connection.vendor)
            },
            zones: zones
                .iter()
                .map(|zone| Zone {
                    name: zone.name.clone(),
                    service: served(zone).map(|route| route.name.clone()).unwrap_or_default(),
                    brings: served(zone).map(|route| brings(&route.external_id)).unwrap_or_default(),
                })
                .collect(),
        }
    });
    // A vendor that lists no services has one that is called like itself: everything that the key shows.
    let everything = |route: &&ServiceZone| route.name == connection.vendor.name();
    let without_zone = routes.iter().filter(|route| route.zone.is_none() && !everything(route));
    let missing = without_zone.map(|route| Missing {
        id: route.external_id.clone(),
        name: route.name.clone(),
        brings: brings(&route.external_id),
        repair: route.repair.clone(),
        can_create: route.can_create && !homes.is_empty(),
        can_rename: route.near.is_some(),
    });
    let listed = |id: &str| routes.iter().any(|route| route.external_id == id);
    let rest = |counts: &BTreeMap<String, usize>| -> usize {
        counts.iter().filter(|(id, _)| !listed(id)).map(|(_, count)| count).sum()
    };
    let (residents, staff) = (rest(&counted.residents), rest(&counted.staff));
    let failure = counted.failure.as_ref().map(|failure| format!("{} {}", failure.words, failure.repair));
    Page {
        shell,
        vendor: connection.vendor.name(),
        routed: connection.vendor.about().one_service_a_token,
        homes: tree.collect(),
        missing: missing.collect(),
        elsewhere: if residents + staff > 0 { people(residents, staff) } else { String::new() },
        total: people(counted.residents.values().sum(), counted.staff.values().sum()),
        failure: failure.unwrap_or_default(),
        held: String::new(),
        rejected: None,
        zones: None,
        home_choices: homes
            .iter()
            .enumerate()
            .map(|(n, home)| Choice::new(home.id.to_string(), home.name.clone(), n == 0))
            .collect(),
    }
}

fn of(counts: &BTreeMap<String, usize>, id: &str) -> usize {
    counts.get(id).copied().unwrap_or_default()
}

/// "12 residents, 3 staff".
fn people(residents: usize, staff: usize) -> String {
    let one = if residents == 1 { "resident" } else { "residents" };
    format!("{residents} {one}, {staff} staff")
}

/// Makes the zone that a service needs, or gives the one of nearly the same name the exact name. What is missing is
/// looked up again, so that only what the page offered can be done.
async fn repair(visit: Visit, In(scope): In<ManagePlaces>, Posted(form): Posted<Fields>) -> Answer {
    let vendor: Vendor = visit.id("vendor")?;
    let org: OrganisationId = scope.organisation();
    let back = links::integration_act(org, vendor.id(), "services");
    let service = field(&form, "service").to_owned();
    let home: Option<PlaceId> = field(&form, "home").parse().ok();
    let done = visit.write(move |tx| {
        let connection = connections::find(tx.conn, &scope, vendor)?.ok_or(Refusal::NotHere)?;
        let routes = connections::zone_map(tx.conn, &connection)?;
        let route = routes.into_iter().find(|route| route.external_id == service);
        let route = route.ok_or(Refusal::NotHere)?;
        match (route.near, home) {
            (Some(zone), _) => {
                organisations::rename_place(tx, &scope, zone, &route.name)?;
                Ok(format!("The zone is called {} now.", route.name))
            }
            (None, Some(home)) if route.can_create => {
                organisations::add_zone(tx, &scope, home, &route.name)?;
                Ok(format!("The zone {} is made.", route.name))
            }
            (None, None) if route.can_create => Err(Refusal::overtaken("Choose the home of the new zone.")),
            _ => Err(Refusal::overtaken("Nothing is missing for this service any more.")),
        }
    });
    let back = if visit.may(Permission::ManageIntegrations) { back } else { links::places(org) };
    match done.await {
        Ok(words) => visit.done(back, &Notice::ok(words)),
        Err(Refusal::Overtaken(words) | Refusal::Invalid { words, .. }) => {
            visit.done(back, &Notice::warn(words))
        }
        Err(refusal) => Err(refusal.into()),
    }
}
