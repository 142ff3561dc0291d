//! Paths that stand outside of any organisation: signing in, one's own account, invitations, and relatives' pages.

use super::encode;
use crate::kit::ids::{DeviceId, OrganisationId, PasskeyId, PlaceAliasId, PlaceId, RelativeId, SessionId};

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

/// Its reports.
pub fn reports(org: OrganisationId) -> String {
    format!("/org/{org}/reports")
}

/// Other names of a place.
pub fn place_aliases(org: OrganisationId, place: PlaceId) -> String {
    format!("/org/{org}/places/{place}/aliases")
}
pub fn remove_place_alias(org: OrganisationId, place: PlaceId, alias: PlaceAliasId) -> String {
    format!("/org/{org}/places/{place}/aliases/{alias}/remove")
}

/// Importing from a file: `of` is `places`, `residents` or `staff`. Acts on it: `apply`, `template.csv`.
pub fn import(org: OrganisationId, of: &str) -> String {
    format!("/org/{org}/{of}/import")
}
pub fn import_act(org: OrganisationId, of: &str, act: &str) -> String {
    format!("/org/{org}/{of}/import/{act}")
}
