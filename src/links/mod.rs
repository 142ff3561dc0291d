//! Every path of the portal as a typed function, so that pages, letters and jobs can link without
//! knowing the web layer. Plain strings; deliberately no host (see `config::Config::public_url`).

mod appointments;
mod booked_visits;
mod catalogue;
mod day_plans;
mod own;
mod practitioners;
mod programs;
mod records;
mod therapy;
mod visits;
mod webhooks;

use crate::kit::ids::{
    ActivityId, ApprovalId, InvitationId, OrganisationId, ParticipationId, PlaceId, RelativeId, ResidentId,
    StaffMemberId, TokenId,
};

pub use appointments::*;
pub use booked_visits::*;
pub use catalogue::*;
pub use day_plans::*;
pub use own::*;
pub use practitioners::*;
pub use programs::*;
pub use records::*;
pub use therapy::*;
pub use visits::*;
pub use webhooks::*;

// The representative.
pub fn organisations() -> String {
    "/organisations".into()
}
pub fn new_organisation() -> String {
    "/organisations/new".into()
}
pub fn organisation_overview(org: OrganisationId) -> String {
    format!("/organisations/{org}")
}
pub fn organisation_vendor(org: OrganisationId, vendor: &str) -> String {
    format!("/organisations/{org}/vendors/{vendor}")
}
/// The representative records a key (`key`) or takes it away (`key/remove`).
pub fn organisation_vendor_act(org: OrganisationId, vendor: &str, act: &str) -> String {
    format!("/organisations/{org}/vendors/{vendor}/{act}")
}
pub fn organisation_super_managers(org: OrganisationId) -> String {
    format!("/organisations/{org}/super-managers")
}

// One organisation.
pub fn organisation(org: OrganisationId) -> String {
    format!("/org/{org}")
}
pub fn residents(org: OrganisationId) -> String {
    format!("/org/{org}/residents")
}
pub fn new_resident(org: OrganisationId) -> String {
    format!("/org/{org}/residents/new")
}
pub fn resident(org: OrganisationId, resident: ResidentId) -> String {
    format!("/org/{org}/residents/{resident}")
}
pub fn edit_resident(org: OrganisationId, resident: ResidentId) -> String {
    format!("/org/{org}/residents/{resident}/edit")
}
pub fn resident_history(org: OrganisationId, resident: ResidentId) -> String {
    format!("/org/{org}/residents/{resident}/history")
}
pub fn archive_resident(org: OrganisationId, resident: ResidentId) -> String {
    format!("/org/{org}/residents/{resident}/archive")
}
pub fn restore_resident(org: OrganisationId, resident: ResidentId) -> String {
    format!("/org/{org}/residents/{resident}/restore")
}
/// Fields of residents that differ from a vendor for a while.
pub fn resident_overrides(org: OrganisationId) -> String {
    format!("/org/{org}/residents/overrides")
}
/// Whom syncs pair, whom they pass over, and who is right about what.
pub fn sync_rules(org: OrganisationId) -> String {
    format!("/org/{org}/sync-rules")
}
/// What a part of a resident's details follows.
pub fn sync_rule(org: OrganisationId, part: &str) -> String {
    format!("/org/{org}/sync-rules/{part}")
}
/// *Sync this resident*: the form posts here, the trace is shown here.
pub fn sync_resident(org: OrganisationId, resident: ResidentId) -> String {
    format!("/org/{org}/residents/{resident}/sync")
}
pub fn resident_relatives(org: OrganisationId, resident: ResidentId) -> String {
    format!("/org/{org}/residents/{resident}/relatives")
}
pub fn resident_relative(org: OrganisationId, resident: ResidentId, relative: RelativeId) -> String {
    format!("/org/{org}/residents/{resident}/relatives/{relative}")
}
/// The page as the relative sees it.
pub fn see_as_relative(org: OrganisationId, resident: ResidentId, relative: RelativeId) -> String {
    format!("/org/{org}/residents/{resident}/relatives/{relative}/view")
}
pub fn resident_invitation(org: OrganisationId, resident: ResidentId, invitation: InvitationId) -> String {
    format!("/org/{org}/residents/{resident}/invitations/{invitation}")
}
/// When a resident has died.
pub fn bereavement(org: OrganisationId, resident: ResidentId) -> String {
    format!("/org/{org}/residents/{resident}/bereavement")
}
pub fn resident_consents(org: OrganisationId, resident: ResidentId) -> String {
    format!("/org/{org}/residents/{resident}/consents")
}
pub fn resident_activities(org: OrganisationId, resident: ResidentId) -> String {
    format!("/org/{org}/residents/{resident}/activities")
}
pub fn activities(org: OrganisationId) -> String {
    format!("/org/{org}/activities")
}
pub fn new_activity(org: OrganisationId) -> String {
    format!("/org/{org}/activities/new")
}
pub fn activity(org: OrganisationId, activity: ActivityId) -> String {
    format!("/org/{org}/activities/{activity}")
}
/// Acts on one activity: `edit`, `people`, `record`, `late`, `cancel`.
pub fn activity_act(org: OrganisationId, activity: ActivityId, act: &str) -> String {
    format!("/org/{org}/activities/{activity}/{act}")
}
/// Acts on one person's part: `correct`, `withdraw`, `send-again`, `late`.
pub fn participation_act(
    org: OrganisationId,
    activity: ActivityId,
    participation: ParticipationId,
    act: &str,
) -> String {
    format!("/org/{org}/activities/{activity}/people/{participation}/{act}")
}
pub fn places(org: OrganisationId) -> String {
    format!("/org/{org}/places")
}
pub fn place(org: OrganisationId, place: PlaceId) -> String {
    format!("/org/{org}/places/{place}")
}
/// How families reach a home.
pub fn place_contact(org: OrganisationId, place: PlaceId) -> String {
    format!("/org/{org}/places/{place}/contact")
}
pub fn staff(org: OrganisationId) -> String {
    format!("/org/{org}/staff")
}
pub fn new_staff_member(org: OrganisationId) -> String {
    format!("/org/{org}/staff/new")
}
pub fn staff_member(org: OrganisationId, staff_member: StaffMemberId) -> String {
    format!("/org/{org}/staff/{staff_member}")
}
pub fn edit_staff_member(org: OrganisationId, staff_member: StaffMemberId) -> String {
    format!("/org/{org}/staff/{staff_member}/edit")
}

/// Acts on a staff member's access: `invitation`, `suspension`, `reinstatement`, `extension`.
pub fn staff_act(org: OrganisationId, staff_member: StaffMemberId, act: &str) -> String {
    format!("/org/{org}/staff/{staff_member}/{act}")
}
pub fn pending_staff(org: OrganisationId) -> String {
    format!("/org/{org}/staff/pending")
}
pub fn sync_pending_staff(org: OrganisationId) -> String {
    format!("/org/{org}/staff/pending/sync-runs")
}
pub fn pending_digest(org: OrganisationId) -> String {
    format!("/org/{org}/staff/pending/digest")
}
/// *Edit permissions* of some people: `ids` joined by hyphens, or none for the form's own address.
pub fn pending_permissions(org: OrganisationId, ids: &str) -> String {
    let query = if ids.is_empty() { String::new() } else { format!("?ids={ids}") };
    format!("/org/{org}/staff/pending/permissions{query}")
}
pub fn pending_person(org: OrganisationId, approval: ApprovalId) -> String {
    format!("/org/{org}/staff/pending/{approval}")
}
pub fn rejected_staff(org: OrganisationId) -> String {
    format!("/org/{org}/staff/rejected")
}

// Org Settings, a page per tab.
pub fn settings(org: OrganisationId) -> String {
    format!("/org/{org}/settings")
}
pub fn settings_website(org: OrganisationId) -> String {
    format!("/org/{org}/settings/website")
}
pub fn settings_people(org: OrganisationId) -> String {
    format!("/org/{org}/settings/people")
}
pub fn leavers(org: OrganisationId) -> String {
    format!("/org/{org}/leavers")
}
pub fn hand_over(org: OrganisationId, membership: crate::kit::ids::MembershipId) -> String {
    format!("/org/{org}/leavers/{membership}/handover")
}
pub fn settings_person(org: OrganisationId, membership: crate::kit::ids::MembershipId) -> String {
    format!("/org/{org}/settings/people/{membership}")
}
/// *View pending relatives*.
pub fn settings_relatives(org: OrganisationId) -> String {
    format!("/org/{org}/settings/relatives")
}
pub fn settings_relatives_rules(org: OrganisationId) -> String {
    format!("/org/{org}/settings/relatives/rules")
}
pub fn settings_letters(org: OrganisationId) -> String {
    format!("/org/{org}/settings/letters")
}
pub fn settings_letter(org: OrganisationId, letter: crate::kit::ids::LetterId) -> String {
    format!("/org/{org}/settings/letters/{letter}")
}
pub fn settings_audit(org: OrganisationId) -> String {
    format!("/org/{org}/settings/audit")
}
pub fn settings_audit_csv(org: OrganisationId) -> String {
    format!("/org/{org}/settings/audit/list.csv")
}
/// The form of *Sync with Nourish*.
pub fn nourish(org: OrganisationId) -> String {
    format!("/org/{org}/settings/website/nourish")
}
/// Acts on the Nourish connection: `off`, `test`, `start-sync`, `multi-service`, `tokens`, `services`.
pub fn nourish_act(org: OrganisationId, act: &str) -> String {
    format!("/org/{org}/settings/website/nourish/{act}")
}
/// Acts on one integration token: `show`, `replace`, `revoke`.
pub fn token_act(org: OrganisationId, token: TokenId, act: &str) -> String {
    format!("/org/{org}/settings/website/nourish/tokens/{token}/{act}")
}

/// Percent-encodes a value for a query string.
pub fn encode(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::new(), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}
