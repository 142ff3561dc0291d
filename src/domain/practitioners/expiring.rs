//! What ends soon: listed for the pages, and written to the managers once.

use chrono::{NaiveDate, NaiveDateTime};

use super::{Held, Practitioner, Sees, hours, store};
use crate::db::{Conn, Tx};
use crate::domain::access::{EditStaff, Scope};
use crate::domain::{Refusal, audit, letters};
use crate::kit::ids::{OrganisationId, StaffMemberId};
use crate::links;
use crate::mail::CredentialExpiring;

/// Days before the last one from which it is warned of.
pub const SOON: i64 = 30;

/// The subject in the audit trail of what was warned of, so that it is once.
const WARNED: &str = "credential";

/// Something of a practitioner that ends, or has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expiring {
    pub practitioner: StaffMemberId,
    pub name: String,
    pub held: Held,
    pub last: NaiveDate,
}

/// What has ended and what ends within so many days, of those who visit patients; the earliest first.
pub fn expiring<R: Sees>(
    conn: &mut Conn,
    scope: &Scope<R>,
    today: NaiveDate,
    within: i64,
) -> Result<Vec<Expiring>, Refusal> {
    of_organisation(conn, scope.organisation(), today, within)
}

fn of_organisation(
    conn: &mut Conn,
    organisation: OrganisationId,
    today: NaiveDate,
    within: i64,
) -> Result<Vec<Expiring>, Refusal> {
    let all = store::all(conn, organisation, None)?;
    let mut found: Vec<Expiring> = all
        .into_iter()
        .filter(Practitioner::works)
        .flat_map(|one| {
            let (practitioner, name) = (one.id, one.name);
            let ends = move |held: Held| {
                let last = held.until.filter(|last| (*last - today).num_days() <= within)?;
                Some(Expiring { practitioner, name: name.clone(), held, last })
            };
            one.held.into_iter().filter_map(ends)
        })
        .collect();
    found.sort_by(|a, b| (a.last, &a.name, &a.held.skill.name).cmp(&(b.last, &b.name, &b.held.skill.name)));
    Ok(found)
}

/// What is to be written of and was not yet: within [`SOON`] days of its last one, or after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    organisation: OrganisationId,
    organisation_name: String,
    one: Expiring,
    ended: bool,
}

/// Looks for it in every organisation: without the write lock, since on most days nothing is due.
pub fn due(conn: &mut Conn, now: NaiveDateTime) -> Result<Vec<Due>, Refusal> {
    let mut due = Vec::new();
    for (organisation, organisation_name, zone) in store::organisations(conn)? {
        let today = now.and_utc().with_timezone(&zone).date_naive();
        for one in of_organisation(conn, organisation, today, SOON)? {
            if !was_warned(conn, organisation, &one)? {
                let organisation_name = organisation_name.clone();
                due.push(Due { organisation, organisation_name, ended: one.last < today, one });
            }
        }
    }
    Ok(due)
}

/// Writes to the managers of it, once for each last day that is recorded; how many letters.
pub fn warn(tx: &mut Tx<'_>, due: &[Due], portal: &str) -> Result<usize, Refusal> {
    let mut written = 0;
    for Due { organisation, organisation_name, one, ended } in due {
        if was_warned(tx.conn, *organisation, one)? {
            continue;
        }
        for manager in letters::managers(tx.conn, *organisation)? {
            let letter = CredentialExpiring {
                to_name: manager.name.clone(),
                organisation: organisation_name.clone(),
                practitioner: one.name.clone(),
                skill: one.held.skill.name.clone(),
                ended: *ended,
                last: hours::in_words(one.last),
                link: format!("{portal}{}", links::practitioner(*organisation, one.practitioner)),
            };
            let rendered = letter.render().map_err(|cause| Refusal::Broken(cause.to_string()))?;
            let letter = letters::Letter::new(Some(*organisation), &manager, rendered);
            written += usize::from(letters::send(tx, letter)?.is_some());
        }
        let words = format!("told the managers that {} of {} ends", one.held.skill.name, one.name);
        let scope = Scope::<EditStaff>::for_the_portal(*organisation);
        let event = audit::Event::new("practitioner.warned", words).about(WARNED, one.held.id.0);
        audit::record(tx, &scope, event)?;
    }
    Ok(written)
}

/// The trail says so, since what is recorded now was.
fn was_warned(conn: &mut Conn, organisation: OrganisationId, one: &Expiring) -> Result<bool, Refusal> {
    Ok(audit::any_since(conn, organisation, (WARNED, Some(one.held.id.0)), one.held.recorded_at)?)
}
