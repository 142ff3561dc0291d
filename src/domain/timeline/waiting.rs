//! Why entries wait, and who waits no longer: found out from what stands in the database, so that whoever pairs a
//! resident or switches a connection on need not know of entries.

use diesel::QueryResult;

use super::{State, choice, store};
use crate::connectors::Vendor;
use crate::db::{Conn, Tx};
use crate::domain::Refusal;
use crate::domain::access::{Scope, ViewIntegrations};
use crate::domain::connections::{self, Connection};
use crate::kit::ids::OrganisationId;

/// Whether anything may be written to a vendor now.
pub(super) enum Line {
    Open(Box<Connection>),
    /// Why not, in a sentence.
    Closed(String),
}

pub(super) fn not_paired(vendors: &[Vendor]) -> String {
    let names: Vec<&str> = vendors.iter().map(|vendor| vendor.name()).collect();
    let names = names.join(" or ");
    format!("Not linked to a record in {names} yet. It goes with its own time once that is done.")
}

pub(super) fn line(conn: &mut Conn, organisation: OrganisationId, vendor: Vendor) -> Result<Line, Refusal> {
    let scope = Scope::<ViewIntegrations>::for_the_portal(organisation);
    let connection = connections::find(conn, &scope, vendor)?;
    let closed = |words: String| Ok(Line::Closed(words));
    let Some(connection) = connection else {
        return closed(format!("{vendor} is not switched on."));
    };
    match connection.state {
        connections::State::Off => closed(format!("{vendor} is not switched on.")),
        _ if !connection.available => closed(format!("{vendor} is not available to your organisation.")),
        connections::State::Waiting => closed(format!("{vendor} has not switched us on yet.")),
        connections::State::Relink => {
            closed(format!("{vendor} refuses our token. A super manager can repair that in Org Settings."))
        }
        connections::State::On => match connections::writes_held(conn, &connection)? {
            Some(words) => closed(words),
            None => Ok(Line::Open(Box::new(connection))),
        },
    }
}

/// Whether anything is on its way, for a look without the write lock.
pub fn any_pending(conn: &mut Conn) -> QueryResult<bool> {
    store::any_pending(conn)
}

/// Lets go what may go now, and holds what may not.
pub fn release(tx: &mut Tx<'_>) -> Result<(), Refusal> {
    for organisation in store::organisations_with_pending(tx.conn)? {
        let systems = choice::settle_systems(tx, organisation)?;
        for vendor in Vendor::written_to() {
            match line(tx.conn, organisation, vendor)? {
                Line::Closed(words) => {
                    store::hold_all(tx, organisation, vendor, State::Waiting, &words)?;
                    store::hold_all(tx, organisation, vendor, State::Held, &words)?;
                }
                Line::Open(connection) => {
                    store::let_go(tx, &connection)?;
                    let words = (not_paired(&[vendor]), systems.nobody_paired(vendor));
                    store::hold_unpaired(tx, &connection, (&words.0, &words.1))?;
                }
            }
        }
    }
    Ok(())
}
