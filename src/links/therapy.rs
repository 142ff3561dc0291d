//! Paths of *Synchronization*: the window with its four tabs, and how it is connected.

use super::encode;
use crate::kit::ids::{ExternalRecordId, OrganisationId, PlaceId, SessionNoteId};

/// The tab *Settings* of Org Settings, in the sector therapy.
pub fn settings_therapy(org: OrganisationId) -> String {
    format!("/org/{org}/settings/therapy")
}
/// The window; goes on to its first tab.
pub fn synchronization(org: OrganisationId) -> String {
    format!("/org/{org}/synchronization")
}
/// A tab: `agencies`, `clients`, `staff`, `appointments`.
pub fn synchronization_tab(org: OrganisationId, tab: &str) -> String {
    format!("/org/{org}/synchronization/{tab}")
}
/// The handshake, and the connection's own page. Acts on it: `credentials`, `off`, `pull`, `cadence`.
pub fn synchronization_connection(org: OrganisationId) -> String {
    format!("/org/{org}/synchronization/connection")
}
pub fn synchronization_act(org: OrganisationId, act: &str) -> String {
    format!("/org/{org}/synchronization/connection/{act}")
}
/// One row of a tab: who mapped it, when and why. Acts on it: `delete`, `not-the-same`, `refusals`, `new`, `choose`,
/// `alias`, `what-follows`.
pub fn synchronization_row(org: OrganisationId, tab: &str, record: ExternalRecordId) -> String {
    format!("/org/{org}/synchronization/{tab}/{record}")
}
pub fn synchronization_row_act(
    org: OrganisationId,
    tab: &str,
    record: ExternalRecordId,
    act: &str,
) -> String {
    format!("/org/{org}/synchronization/{tab}/{record}/{act}")
}
/// The search of one row's counterpart.
pub fn synchronization_search(
    org: OrganisationId,
    tab: &str,
    record: ExternalRecordId,
    words: &str,
) -> String {
    format!("/org/{org}/synchronization/{tab}/{record}/choose?q={}", encode(words))
}
/// A place's page, for the row's *Edit agency*.
pub fn agency(org: OrganisationId, place: PlaceId) -> String {
    super::place(org, place)
}

/// A session note's page. Acts on it: `delete`, `not-the-same`, `decide`.
pub fn synchronization_note(org: OrganisationId, note: SessionNoteId) -> String {
    format!("/org/{org}/synchronization/appointments/{note}")
}
pub fn synchronization_note_act(org: OrganisationId, note: SessionNoteId, act: &str) -> String {
    format!("/org/{org}/synchronization/appointments/{note}/{act}")
}
/// A signature of a note's newest version, by its place among them.
pub fn synchronization_signature(org: OrganisationId, note: SessionNoteId, place: usize) -> String {
    format!("/org/{org}/synchronization/appointments/{note}/signatures/{place}")
}
/// Whether a template of session notes has the fields that are needed.
pub fn synchronization_template(org: OrganisationId) -> String {
    format!("/org/{org}/synchronization/template")
}
/// What another grace time would match.
pub fn synchronization_grace(org: OrganisationId) -> String {
    format!("/org/{org}/synchronization/grace")
}
/// All stored notes against the rules of today.
pub fn synchronization_replay(org: OrganisationId) -> String {
    format!("/org/{org}/synchronization/replay")
}

/// One report by its word: `clients`.
pub fn report(org: OrganisationId, report: &str) -> String {
    format!("/org/{org}/reports/{report}")
}
/// Its rows as a file: `csv`, `xlsx`, `json`.
pub fn report_file(org: OrganisationId, report: &str, format: &str) -> String {
    format!("/org/{org}/reports/{report}/{format}")
}
/// What of a report is not mapped, from a day on.
pub fn report_not_mapped(org: OrganisationId, of: &str, from: Option<chrono::NaiveDate>) -> String {
    let from = from.map(|day| format!("&from={day}")).unwrap_or_default();
    format!("{}?show=not-mapped{from}", report(org, of))
}
