//! Every path of the portal as a typed function, so that pages, letters and jobs can link without
//! knowing the web layer. Plain strings; deliberately no host (see `config::Config::public_url`).

use crate::kit::ids::{
    ActivityId, ApprovalId, DeviceId, EntryId, ExternalRecordId, InvitationId, MonitorId, OrganisationId,
    ParticipationId, PasskeyId, PlaceId, RelativeId, ResidentId, RunId, SessionId, StaffMemberId, TokenId,
};

pub fn home() -> String {
    "/".into()
}
pub fn sign_in() -> String {
    "/sign-in".into()
}
/// Asks for the second step, then goes on to `next`, a path of the portal.
pub fn sign_in_code(next: &str) -> String {
    if next == "/" { "/sign-in/code".into() } else { format!("/sign-in/code?next={}", encode(next)) }
}
/// The same with a recovery code.
pub fn sign_in_recovery(next: &str) -> String {
    if next == "/" { "/sign-in/recovery".into() } else { format!("/sign-in/recovery?next={}", encode(next)) }
}
pub fn account_email() -> String {
    "/account/email".into()
}
/// Confirms a new address, by the token of the letter to it.
pub fn confirm_email(token: &str) -> String {
    format!("/confirm-email/{token}")
}
/// Stops a change of the address, by the token of the letter to the old one.
pub fn stop_email(token: &str) -> String {
    format!("/stop-email/{token}")
}
/// What there is of two-step sign-in, and its set-up.
pub fn two_step() -> String {
    "/account/two-step".into()
}
/// The authenticator app: begun by a post, shown by a get. Acts on it: `confirm`, `remove`.
pub fn authenticator() -> String {
    "/account/two-step/authenticator".into()
}
pub fn authenticator_act(act: &str) -> String {
    format!("/account/two-step/authenticator/{act}")
}
/// The second step by a passkey, then goes on to `next`, a path of the portal.
pub fn sign_in_passkey(next: &str) -> String {
    if next == "/" { "/sign-in/passkey".into() } else { format!("/sign-in/passkey?next={}", encode(next)) }
}
/// Signing in by a passkey alone, which stands for both steps.
pub fn sign_in_passkey_alone() -> String {
    "/sign-in/passkey-alone".into()
}
pub fn sign_in_passkey_alone_begin() -> String {
    "/sign-in/passkey-alone/begin".into()
}
/// Where the script of that page asks what the passkey is to sign.
pub fn sign_in_passkey_begin() -> String {
    "/sign-in/passkey/begin".into()
}
/// The same for the page that asks for the password again.
pub fn confirm_passkey() -> String {
    "/confirm/passkey".into()
}
/// Adds a passkey, by a post.
pub fn passkeys() -> String {
    "/account/two-step/passkeys".into()
}
pub fn passkeys_begin() -> String {
    "/account/two-step/passkeys/begin".into()
}
/// What is done with one: `rename`, `remove`.
pub fn passkey_act(passkey: PasskeyId, act: &str) -> String {
    format!("/account/two-step/passkeys/{passkey}/{act}")
}
pub fn recovery_codes() -> String {
    "/account/two-step/recovery-codes".into()
}
pub fn recovery_codes_kept() -> String {
    "/account/two-step/recovery-codes/kept".into()
}
pub fn recovery_codes_file() -> String {
    "/account/two-step/recovery-codes.txt".into()
}
pub fn reset_super_manager(org: OrganisationId) -> String {
    format!("/organisations/{org}/super-managers/reset-two-step")
}
pub fn sign_out() -> String {
    "/sign-out".into()
}
pub fn forgotten_password() -> String {
    "/forgotten-password".into()
}
/// Sets a new password, by the token of a letter.
pub fn reset_password(token: &str) -> String {
    format!("/reset-password/{token}")
}
pub fn activate(token: &str) -> String {
    format!("/activate/{token}")
}
/// Asks for the password again, then goes on to `next`, a path of the portal.
pub fn confirm(next: &str) -> String {
    format!("/confirm?next={}", encode(next))
}
pub fn account() -> String {
    "/account".into()
}
/// One's own PIN for shared devices.
pub fn account_pin() -> String {
    "/account/pin".into()
}
pub fn account_pin_removed() -> String {
    "/account/pin/remove".into()
}
/// Where staff choose their name on a shared device.
pub fn shift() -> String {
    "/shift".into()
}
/// The shared devices of a place.
pub fn devices(org: OrganisationId, place: PlaceId) -> String {
    format!("/org/{org}/places/{place}/devices")
}
pub fn revoke_device(org: OrganisationId, place: PlaceId, device: DeviceId) -> String {
    format!("/org/{org}/places/{place}/devices/{device}/revoke")
}
pub fn account_password() -> String {
    "/account/password".into()
}
pub fn end_session(session: SessionId) -> String {
    format!("/account/sessions/{session}/end")
}
pub fn end_other_sessions() -> String {
    "/account/sessions/end-others".into()
}
pub fn end_all_sessions() -> String {
    "/account/sessions/end-all".into()
}
pub fn mailbox() -> String {
    "/mailbox".into()
}
pub fn mailbox_letter(letter: crate::kit::ids::LetterId) -> String {
    format!("/mailbox/{letter}")
}
/// A relative's own people.
pub fn family() -> String {
    "/family".into()
}
/// One of them.
pub fn family_member(relative: RelativeId) -> String {
    format!("/family/{relative}")
}
pub fn family_sharing(relative: RelativeId) -> String {
    format!("/family/{relative}/sharing")
}
/// What a relative does about one of their people: `leave`, `invite`, `keepsake`.
pub fn family_act(relative: RelativeId, act: &str) -> String {
    format!("/family/{relative}/{act}")
}
/// Where a relative says how often they are written to.
pub fn family_letters() -> String {
    "/family/letters".into()
}
/// Where a letter of news leads whoever wants no more of them.
pub fn stop_letters(token: &str) -> String {
    format!("/stop-letters/{token}")
}
/// *I have a letter with a code*.
pub fn letter() -> String {
    "/letter".into()
}
/// The same with the code filled in: what the square on a printed letter says.
pub fn letter_with(code: &str) -> String {
    format!("/letter?code={code}")
}
/// Where an invitation's letter leads.
pub fn invite(token: &str) -> String {
    format!("/invite/{token}")
}
/// What the invited do: `add`, `renew`, `decline`, `wrong`, `address`, `leave`.
pub fn invite_act(token: &str, act: &str) -> String {
    format!("/invite/{token}/{act}")
}

/// Where the morning letter leads: how many wait, and the way to them.
pub fn who_waits(token: &str) -> String {
    format!("/who-waits/{token}")
}
/// Those who waited when that letter was written.
pub fn pending_of_letter(org: OrganisationId, token: &str) -> String {
    format!("/org/{org}/staff/pending/letter/{token}")
}

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
/// Acts on a run: `cancel`, `apply`, `release`, `discard`, `undo`.
pub fn sync_run_act(org: OrganisationId, run: RunId, act: &str) -> String {
    format!("/org/{org}/sync-runs/{run}/{act}")
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
