//! Org Settings, a page per tab.

mod api_keys;
mod appointments;
mod audit;
mod coverage;
mod general;
mod letters;
mod people;
mod rules;
mod skills;
pub(in crate::web) mod tasks;
mod therapy;
mod visit_messages;
pub mod website;
mod windows;

pub(super) use general::{kinds, time_zones};
pub(super) use people::{New, send_activation};

use super::routes::Line;
use super::ui::Tab;
use super::visit::Visit;
use crate::domain::access::{Permission, Sector};
use crate::domain::mapping;
use crate::kit::ids::OrganisationId;
use crate::links;

pub fn routes() -> Vec<Line> {
    let tabs = [
        general::routes(),
        website::routes(),
        therapy::routes(),
        people::routes(),
        letters::routes(),
        appointments::routes(),
        visit_messages::routes(),
        rules::routes(),
        tasks::routes(),
        skills::routes(),
        windows::routes(),
        coverage::routes(),
        api_keys::routes(),
        audit::routes(),
    ];
    tabs.into_iter().flatten().collect()
}

/// The tabs of Org Settings that this person may open.
pub(super) fn tabs(visit: &Visit, org: OrganisationId, current: &str) -> Vec<Tab> {
    // Of one sector only.
    let therapy = visit.membership().is_ok_and(|one| mapping::belongs_to(one.sector));
    let entries = [
        ("General", links::settings(org), Permission::ManagePeople),
        ("Website", links::settings_website(org), Permission::ManageIntegrations),
        ("Settings", links::settings_therapy(org), Permission::PairRecords),
        ("People", links::settings_people(org), Permission::ManagePeople),
        ("Appointments", links::settings_appointments(org), Permission::ManageOrganisation),
        ("Tasks", links::settings_tasks(org), Permission::ManageOrganisation),
        ("Skills", links::settings_skills(org), Permission::ManageOrganisation),
        ("Windows", links::settings_windows(org), Permission::ManageOrganisation),
        ("Coverage", links::settings_coverage(org), Permission::ManageOrganisation),
        (visit_messages::TAB, links::settings_visit_messages(org), Permission::ManageOrganisation),
        ("API keys", links::api_keys(org), Permission::ManageIntegrations),
        ("Webhooks", links::webhooks(org), Permission::ManageIntegrations),
        ("Audit", links::settings_audit(org), Permission::ViewAudit),
    ];
    let visits = visit.sector() == Sector::CommunityHealth;
    // The tab Website holds a care home's Nourish token, and only a therapy organisation has appointments.
    let belongs = |label: &str| match label {
        "Settings" => therapy,
        "Website" => visit.sector().is_residential(),
        "Appointments" => super::appointments::only_therapy(visit).is_ok(),
        "Tasks" | "Skills" | "Windows" | "Coverage" | "API keys" | "Webhooks" | visit_messages::TAB => visits,
        _ => true,
    };
    let mine = entries.into_iter().filter(|(label, _, permission)| belongs(label) && visit.may(*permission));
    mine.map(|(label, href, _)| Tab::new(label, href, label == current)).collect()
}
