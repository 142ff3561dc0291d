//! Paths of *Synchronization*: the window with its four tabs, and how it is connected.

use super::encode;
use crate::kit::ids::{ExternalRecordId, OrganisationId, PlaceId};

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
/// `alias`.
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
