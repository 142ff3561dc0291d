//! Under which number a vendor files an entry of each kind, where the organisation says another than the vendor's
//! profile: a catalogue of such numbers is the customer's own, and nobody else knows it.

use diesel::QueryResult;

use super::{Source, store};
use crate::connectors::Vendor;
use crate::db::{Conn, Tx};
use crate::domain::Refusal;
use crate::domain::access::{ManageOrganisation, Right, Scope};
use crate::domain::audit::{self, Event};
use crate::domain::connections::{self, Connection};

/// The longest number that is taken.
const LONGEST: usize = 20;

/// What an organisation says of one vendor and kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filing {
    pub vendor: Vendor,
    /// What the vendor calls the number.
    pub label: &'static str,
    pub source: Source,
    /// Empty: what the vendor's profile says.
    pub code: String,
}

/// Everything that can be said, for the vendors that the organisation has to do with.
pub fn filings<R: Right>(conn: &mut Conn, scope: &Scope<R>) -> QueryResult<Vec<Filing>> {
    let mut filings = Vec::new();
    for vendor in Vendor::written_to() {
        let Some(label) = vendor.about().files_under else { continue };
        let Some(connection) = connections::find(conn, scope, vendor)? else { continue };
        let said = store::codes(conn, connection.id)?;
        filings.extend(Source::ALL.iter().map(|source| {
            let code = said.iter().find(|(of, _)| of == source.as_str()).map(|(_, code)| code.clone());
            Filing { vendor, label, source: *source, code: code.unwrap_or_default() }
        }));
    }
    Ok(filings)
}

/// The numbers that the organisation said, by the word of the source.
pub(super) fn codes(conn: &mut Conn, connection: &Connection) -> QueryResult<Vec<(String, String)>> {
    if connection.vendor.about().files_under.is_none() {
        return Ok(Vec::new());
    }
    store::codes(conn, connection.id)
}

/// Keeps what was typed; what is empty goes back to the vendor's profile.
///
/// # Errors
/// `Invalid` for what no such number looks like.
pub fn set_filings(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageOrganisation>,
    typed: &[(Vendor, Source, String)],
) -> Result<(), Refusal> {
    let before = filings(tx.conn, scope)?;
    for one in before {
        let typed = typed.iter().find(|(vendor, source, _)| *vendor == one.vendor && *source == one.source);
        let Some((_, _, code)) = typed else { continue };
        let code = code.trim();
        if *code == one.code {
            continue;
        }
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if code.len() > LONGEST || !code.chars().all(fits) {
            let words = "Enter the number as it stands in the care record system, or leave it empty";
            return Err(Refusal::invalid("code", words));
        }
        let Some(connection) = connections::find(tx.conn, scope, one.vendor)? else { continue };
        store::set_code(tx, connection.id, one.source.as_str(), code)?;
        let said = if code.is_empty() { "the built-in number" } else { code };
        let words =
            format!("set {} of {} for {} entries to {said}", one.label, one.vendor, one.source.as_str());
        let event = Event::new("timeline.filing", words).about("connection", connection.id.0);
        audit::record(tx, scope, event)?;
    }
    Ok(())
}
