//! What hangs on a mapping: clients, staff and appointments that were mapped from it.

use std::collections::HashMap;

use super::Kind;
use super::settle;
use super::store::{self, Live, Record};
use crate::db::Conn;
use crate::domain::Refusal;
use crate::kit::ids::{ConnectionId, ExternalRecordId};

/// How much hangs on a mapping.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Uses {
    pub clients: i64,
    pub staff: i64,
    pub appointments: i64,
}

impl Uses {
    pub fn any(self) -> bool {
        self.clients + self.staff + self.appointments > 0
    }

    /// `Used by 3 clients and 2 appointments.`; nothing where nothing hangs on it.
    pub fn words(&self) -> Option<String> {
        let named = |n: i64, one: &str, many: &str| match n {
            0 => None,
            1 => Some(format!("1 {one}")),
            n => Some(format!("{n} {many}")),
        };
        let parts: Vec<String> = [
            named(self.clients, "client", "clients"),
            named(self.staff, "member of staff", "members of staff"),
            named(self.appointments, "appointment", "appointments"),
        ]
        .into_iter()
        .flatten()
        .collect();
        match parts.as_slice() {
            [] => None,
            [one] => Some(format!("Used by {one}.")),
            [first @ .., last] => Some(format!("Used by {} and {last}.", first.join(", "))),
        }
    }
}

/// What hangs on the mapping of one record.
pub fn uses_of(
    conn: &mut Conn,
    connection: ConnectionId,
    kind: Kind,
    record: ExternalRecordId,
) -> Result<Uses, Refusal> {
    let record = store::record(conn, connection, kind, record)?;
    let all = uses(conn, connection, kind, std::slice::from_ref(&record))?;
    Ok(all.get(&record.id).copied().unwrap_or_default())
}

/// The same of several.
pub(super) fn uses(
    conn: &mut Conn,
    connection: ConnectionId,
    kind: Kind,
    records: &[Record],
) -> Result<HashMap<ExternalRecordId, Uses>, Refusal> {
    let ids: Vec<String> = records.iter().map(|one| one.external_id.clone()).collect();
    let notes = store::mapped_notes(conn, connection, kind, &ids)?;
    let mut all: HashMap<ExternalRecordId, Uses> = records
        .iter()
        .map(|one| {
            let appointments = notes.get(&one.external_id).copied().unwrap_or(0);
            (one.id, Uses { appointments, ..Uses::default() })
        })
        .collect();
    if kind == Kind::Site && !records.is_empty() {
        let by_site: HashMap<&str, ExternalRecordId> =
            records.iter().map(|one| (one.external_id.as_str(), one.id)).collect();
        for of in [Kind::Student, Kind::User] {
            for (_, _, sites) in mapped_with_sites(conn, connection, of)? {
                for id in sites.iter().filter_map(|site| by_site.get(site.as_str())) {
                    let uses = all.entry(*id).or_default();
                    match of {
                        Kind::Student => uses.clients += 1,
                        _ => uses.staff += 1,
                    }
                }
            }
        }
    }
    Ok(all)
}

/// Live mappings of students or users of one site, each with its record and all of its sites.
pub(super) fn of_site(
    conn: &mut Conn,
    connection: ConnectionId,
    kind: Kind,
    site: &str,
) -> Result<Vec<WithSites>, Refusal> {
    let mut all = mapped_with_sites(conn, connection, kind)?;
    all.retain(|(_, _, sites)| sites.iter().any(|one| one == site));
    Ok(all)
}

/// A live mapping, its record, and the vendor's identifiers of its sites.
type WithSites = (Live, Record, Vec<String>);

fn mapped_with_sites(
    conn: &mut Conn,
    connection: ConnectionId,
    kind: Kind,
) -> Result<Vec<WithSites>, Refusal> {
    let mut live: HashMap<ExternalRecordId, Live> =
        store::live(conn, connection, kind)?.into_iter().map(|one| (one.external_record_id, one)).collect();
    let records = store::records(conn, connection, kind)?;
    let with_sites = records.into_iter().filter_map(|record| {
        let sites = settle::theirs(kind, &record).sites;
        Some((live.remove(&record.id)?, record, sites))
    });
    Ok(with_sites.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_depends_is_counted_in_a_sentence() {
        let uses = |clients, staff, appointments| Uses { clients, staff, appointments }.words();
        assert_eq!(uses(0, 0, 0), None);
        assert_eq!(uses(0, 0, 2).as_deref(), Some("Used by 2 appointments."));
        assert_eq!(
            uses(3, 1, 2).as_deref(),
            Some("Used by 3 clients, 1 member of staff and 2 appointments.")
        );
    }
}
