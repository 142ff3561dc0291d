//! The handshake with a vendor whose credentials are entered once, by somebody who is an administrator on both sides:
//! what was typed, who agreed to share, and the credentials sealed. Asking the vendor whether it takes them is the
//! page's work, before anything of this is kept.

use super::keys::{Destination, ReceivedKey, take_secret};
use super::store;
use super::{Availability, Connection, State, TERMS_VERSION, ensure, find, get};
use crate::connectors::{Switching, Vendor};
use crate::db::{Conn, Tx};
use crate::domain::access::{ManageIntegrations, Right, Scope};
use crate::domain::audit::{self, Event};
use crate::domain::refusal::Refusal;
use crate::kit::ids::ConnectionId;
use crate::kit::sealed::KeyRing;
use crate::kit::secret::Secret;

/// Neither part is longer.
const LONGEST: usize = 500;

/// What was typed. Prints without the token.
#[derive(Clone, Debug)]
pub struct TypedCredentials {
    pub organization_id: String,
    pub token: Secret,
    /// The tick of agreement to share.
    pub agreed: bool,
    /// *I am an administrator in …*, for a vendor that does not say.
    pub administrator: bool,
}

impl TypedCredentials {
    /// Both parts as the vendor takes them, if they can be credentials at all.
    ///
    /// # Errors
    /// `Invalid` with the first field that cannot be used.
    pub fn secret(&self, vendor: Vendor) -> Result<Secret, Refusal> {
        let id = self.organization_id.trim();
        let token = self.token.reveal().trim();
        if id.is_empty() {
            return Err(Refusal::invalid(
                "organization_id",
                format!("Enter the Organization ID of {vendor}"),
            ));
        }
        let unusable = |text: &str| text.len() > LONGEST || text.chars().any(|c| c.is_control() || c == ' ');
        if unusable(id) || id.contains(':') {
            let words = "This is not an Organization ID: it has no spaces and no colon. Copy it again";
            return Err(Refusal::invalid("organization_id", words));
        }
        if token.is_empty() {
            return Err(Refusal::invalid("token", format!("Enter the token of {vendor}")));
        }
        if unusable(token) {
            return Err(Refusal::invalid("token", "This is not a token: it has no spaces. Copy it again"));
        }
        Ok(Secret::new(format!("{id}:{token}")))
    }
}

/// Whether somebody may shake hands now, before the vendor is asked.
///
/// # Errors
/// `NotHere` for a vendor that is switched on otherwise, `Overtaken` for one that is not available, `Invalid` on
/// `terms` where nobody has agreed.
pub fn may_shake_hands(
    conn: &mut Conn,
    scope: &Scope<ManageIntegrations>,
    (vendor, by_default): (Vendor, Availability),
    agreed: bool,
) -> Result<(), Refusal> {
    if !matches!(vendor.about().switching, Switching::CredentialsOnce) {
        return Err(Refusal::NotHere);
    }
    let found = find(conn, scope, vendor)?;
    if !super::is_available(found.as_ref(), by_default) {
        return Err(not_available(vendor));
    }
    check_agreed(found.as_ref(), agreed)
}

fn check_agreed(connection: Option<&Connection>, agreed: bool) -> Result<(), Refusal> {
    let is_on = connection.is_some_and(|one| one.state != State::Off);
    if agreed || is_on {
        return Ok(());
    }
    Err(Refusal::invalid("terms", "Tick that your organisation agrees to share these details"))
}

fn not_available(vendor: Vendor) -> Refusal {
    Refusal::overtaken(format!(
        "{vendor} is not available to your organisation yet. Ask your representative to enable it."
    ))
}

/// Keeps credentials that the vendor took, in the place of those there were: the connection is on from here on, and
/// every mapping that there was is as it was.
pub fn shake_hands(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageIntegrations>,
    keys: &KeyRing,
    (vendor, by_default): (Vendor, Availability),
    to: &Destination,
    typed: &TypedCredentials,
) -> Result<ConnectionId, Refusal> {
    let secret = typed.secret(vendor)?;
    may_shake_hands(tx.conn, scope, (vendor, by_default), typed.agreed)?;
    if to.origin.is_empty() {
        return Err(Refusal::overtaken(format!(
            "No address for {vendor} is set up on this installation. Ask whoever runs Kinbridge to set it."
        )));
    }
    let connection = ensure(tx, scope.organisation(), vendor, by_default)?;
    if !connection.available {
        return Err(not_available(vendor));
    }
    let by = scope.by().name.clone();
    if connection.state == State::Off {
        store::accept_terms(tx, connection.id, TERMS_VERSION, &by)?;
        let words = format!("accepted the terms of {TERMS_VERSION} for {vendor}");
        let event = Event::new("connection.agreed", words).about("connection", connection.id.0);
        audit::record(tx, scope, event)?;
    }
    let (old, new) = take_secret(tx, keys, &connection, &secret, (&to.origin, &by))?;
    store::clear_health(tx, connection.id)?;
    store::set_state(tx, connection.id, State::On)?;
    if connection.asked_at.is_some() {
        store::granted(tx, connection.id)?;
    }
    let admin = if typed.administrator { ", and said to be an administrator there" } else { "" };
    let (verb, words) = match old {
        Some(old) => (
            "key.replaced",
            format!("replaced the {vendor} token that ends in {old} by one that ends in {new}{admin}"),
        ),
        None => ("key.entered", format!("entered the {vendor} token that ends in {new}{admin}")),
    };
    audit::record(tx, scope, Event::new(verb, words).about("connection", connection.id.0))?;
    Ok(connection.id)
}

/// The credentials of a connection as a screen shows them: never themselves.
pub fn credentials_kept<R: Right>(
    conn: &mut Conn,
    scope: &Scope<R>,
    connection: ConnectionId,
) -> Result<Option<ReceivedKey>, Refusal> {
    let connection = get(conn, scope, connection)?;
    let newest = store::tokens_of(conn, connection.id)?.pop();
    Ok(newest.map(ReceivedKey::of))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(id: &str, token: &str) -> TypedCredentials {
        TypedCredentials {
            organization_id: id.into(),
            token: Secret::new(token),
            agreed: true,
            administrator: false,
        }
    }

    #[test]
    fn both_parts_are_needed_and_a_colon_parts_them() {
        let read = |id, token| typed(id, token).secret(Vendor::Ensora);
        assert_eq!(read(" org-7 ", " abc ").unwrap().reveal(), "org-7:abc");
        for (id, token, wrong) in [
            ("", "abc", "organization_id"),
            ("org:7", "abc", "organization_id"),
            ("org 7", "abc", "organization_id"),
            ("org-7", "", "token"),
            ("org-7", "a b", "token"),
        ] {
            let Err(Refusal::Invalid { field, .. }) = read(id, token) else { panic!("{wrong}") };
            assert_eq!(field, wrong);
        }
        assert!(!format!("{:?}", typed("org-7", "abc")).contains("abc"));
    }
}
