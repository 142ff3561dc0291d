//! Paths of what goes between an organisation and its care record systems: connections, syncs, pairing, the timeline
//! and the night events that go there.

use crate::kit::ids::{DraftId, EntryId, ExternalRecordId, MonitorId, OrganisationId, ResidentId, RunId};

// Integrations and their syncs. `vendor` is the vendor's stable word, such as `nourish`.
pub fn integrations(org: OrganisationId) -> String {
    format!("/org/{org}/integrations")
}
/// One care record system: how it is switched on, and how it stands.
pub fn integration(org: OrganisationId, vendor: &str) -> String {
    format!("/org/{org}/integrations/{vendor}")
}
/// Acts on it: `key`, `agree`, `ask`, `check`, `off`, `terms`, `test`, `zones`.
pub fn integration_act(org: OrganisationId, vendor: &str, act: &str) -> String {
    format!("/org/{org}/integrations/{vendor}/{act}")
}
pub fn sync_mode(org: OrganisationId, vendor: &str) -> String {
    format!("/org/{org}/integrations/{vendor}/mode")
}
pub fn sync_runs(org: OrganisationId, vendor: &str) -> String {
    format!("/org/{org}/integrations/{vendor}/sync-runs")
}
pub fn messages(org: OrganisationId, vendor: &str) -> String {
    format!("/org/{org}/integrations/{vendor}/messages")
}
pub fn sync_run(org: OrganisationId, run: RunId) -> String {
    format!("/org/{org}/sync-runs/{run}")
}
pub fn sync_run_progress(org: OrganisationId, run: RunId) -> String {
    format!("/org/{org}/sync-runs/{run}/progress")
}
/// Acts on a run: `cancel`, `apply`, `part`, `release`, `discard`, `undo`.
pub fn sync_run_act(org: OrganisationId, run: RunId, act: &str) -> String {
    format!("/org/{org}/sync-runs/{run}/{act}")
}
pub fn sync_drafts(org: OrganisationId) -> String {
    format!("/org/{org}/sync-drafts")
}
pub fn sync_draft(org: OrganisationId, draft: DraftId) -> String {
    format!("/org/{org}/sync-drafts/{draft}")
}
/// Acts on a draft: `apply`, `drop`.
pub fn sync_draft_act(org: OrganisationId, draft: DraftId, act: &str) -> String {
    format!("/org/{org}/sync-drafts/{draft}/{act}")
}
pub fn sync_run_csv(org: OrganisationId, run: RunId) -> String {
    format!("/org/{org}/sync-runs/{run}/list.csv")
}

// Pairing. `kind` is `residents` or `staff`.
pub fn pairing(org: OrganisationId, vendor: &str, kind: &str) -> String {
    format!("/org/{org}/pairing/{vendor}/{kind}")
}
pub fn pairing_csv(org: OrganisationId, vendor: &str, kind: &str) -> String {
    format!("/org/{org}/pairing/{vendor}/{kind}/list.csv")
}
pub fn suggested_pairing(org: OrganisationId, vendor: &str, kind: &str, local: i64) -> String {
    format!("/org/{org}/pairing/{vendor}/{kind}/{local}")
}
/// Acts on one unpaired or paired person: `refusals`, `parking`, `unlink`, `swap`.
pub fn pairing_act(org: OrganisationId, vendor: &str, kind: &str, local: i64, act: &str) -> String {
    format!("/org/{org}/pairing/{vendor}/{kind}/{local}/{act}")
}
pub fn withdraw_refusal(
    org: OrganisationId,
    vendor: &str,
    kind: &str,
    local: i64,
    record: ExternalRecordId,
) -> String {
    format!("/org/{org}/pairing/{vendor}/{kind}/{local}/refusals/{record}/withdraw")
}
pub fn confirm_many(org: OrganisationId, vendor: &str, kind: &str) -> String {
    format!("/org/{org}/pairing/{vendor}/{kind}/confirm-many")
}
pub fn undo_batch(org: OrganisationId, vendor: &str, kind: &str) -> String {
    format!("/org/{org}/pairing/{vendor}/{kind}/undo-batch")
}
pub fn undo_swap(org: OrganisationId, vendor: &str, kind: &str) -> String {
    format!("/org/{org}/pairing/{vendor}/{kind}/undo-swap")
}
pub fn pairing_quality(org: OrganisationId) -> String {
    format!("/org/{org}/pairing/quality")
}

/// What waits for the timelines of the care record.
pub fn timeline(org: OrganisationId) -> String {
    format!("/org/{org}/timeline")
}
pub fn timeline_again(org: OrganisationId) -> String {
    format!("/org/{org}/timeline/send-again")
}
/// Which care record gets updates, and under which number it files them.
pub fn timeline_settings(org: OrganisationId) -> String {
    format!("/org/{org}/timeline/settings")
}
/// Where it is chosen which care record gets one resident's updates.
pub fn resident_care_record(org: OrganisationId, resident: ResidentId) -> String {
    format!("/org/{org}/residents/{resident}/care-record")
}
/// What happened at night, of everybody.
pub fn nights(org: OrganisationId) -> String {
    format!("/org/{org}/nights")
}
pub fn make_nights(org: OrganisationId) -> String {
    format!("/org/{org}/nights/make")
}
/// The same of one resident, and what of it goes to the care record.
pub fn resident_nights(org: OrganisationId, resident: ResidentId) -> String {
    format!("/org/{org}/residents/{resident}/nights")
}
/// The devices that send it.
pub fn monitors(org: OrganisationId) -> String {
    format!("/org/{org}/monitors")
}
/// How much of it goes to the care record.
pub fn monitoring_settings(org: OrganisationId) -> String {
    format!("/org/{org}/monitors/settings")
}
/// Acts on a device: `rotate`, `revoke`.
pub fn monitor_act(org: OrganisationId, monitor: MonitorId, act: &str) -> String {
    format!("/org/{org}/monitors/{monitor}/{act}")
}
/// Where devices send it: the one address that is no page.
pub fn monitoring_events() -> String {
    "/api/v1/monitoring/events".into()
}
pub fn timeline_entry(org: OrganisationId, entry: EntryId) -> String {
    format!("/org/{org}/timeline/{entry}")
}
