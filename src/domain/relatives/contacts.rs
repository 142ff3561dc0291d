//! How families reach a home: the telephone and address that letters and dead ends name.

use super::{Refusal, store};
use crate::db::{Conn, Tx};
use crate::domain::access::{ManagePlaces, Scope};
use crate::domain::audit::{self, Event};
use crate::domain::organisations::{self, Changed, PlaceKind, one_line, short};
use crate::kit::ids::{PlaceId, ResidentId};

/// A home as families know it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contact {
    pub home: String,
    /// May be empty.
    pub telephone: String,
    /// In one line; may be empty.
    pub address: String,
}

impl Contact {
    /// `Telephone Willow House on 01234 567890.`
    pub fn call(&self) -> String {
        if self.telephone.is_empty() {
            format!("Telephone {}.", self.home)
        } else {
            format!("Telephone {} on {}.", self.home, self.telephone)
        }
    }
}

/// # Errors
/// `NotHere` for a place of another organisation.
pub fn contact(conn: &mut Conn, scope: &Scope<ManagePlaces>, home: PlaceId) -> Result<Contact, Refusal> {
    let place = organisations::place(conn, scope, home)?;
    of_home(conn, home, place.name)
}

/// # Errors
/// `NotHere` for a place of another organisation or a zone, `Invalid` for what is no telephone number.
pub fn set_contact(
    tx: &mut Tx<'_>,
    scope: &Scope<ManagePlaces>,
    home: PlaceId,
    telephone: &str,
    address: &str,
) -> Result<(), Refusal> {
    let place = organisations::place(tx.conn, scope, home)?;
    if place.kind != PlaceKind::Home {
        return Err(Refusal::NotHere);
    }
    let telephone = short("telephone", one_line(telephone), 40)?;
    if !telephone.is_empty() && telephone.chars().filter(char::is_ascii_digit).count() < 5 {
        return Err(Refusal::invalid("telephone", "Enter a telephone number, such as 01234 567890"));
    }
    let address = short("address", one_line(address), 200)?;
    let before = of_home(tx.conn, home, place.name.clone())?;
    let mut changed = Changed::default();
    changed.note("Telephone", &before.telephone, &telephone);
    changed.note("Address", &before.address, &address);
    if changed.is_empty() {
        return Ok(());
    }
    store::set_contact(tx, home, &telephone, &address)?;
    let words = format!("changed how families reach {}: {}", place.name, changed.fields());
    let event = Event::new("place.contact", words).about("place", home.0).with(changed);
    Ok(audit::record(tx, scope, event)?)
}

/// The home that a relative can telephone.
pub fn contact_of(conn: &mut Conn, relation: &super::Relation) -> Result<Contact, Refusal> {
    of_resident(conn, relation.resident)
}

/// The home in which a resident lives.
pub(super) fn of_resident(conn: &mut Conn, resident: ResidentId) -> Result<Contact, Refusal> {
    let row = store::residents_home(conn, resident)?;
    of_home(conn, row.home, row.home_name)
}

pub(super) fn of_home(conn: &mut Conn, home: PlaceId, name: String) -> Result<Contact, Refusal> {
    let (telephone, address) = store::contact(conn, home)?.unwrap_or_default();
    Ok(Contact { home: name, telephone, address })
}
