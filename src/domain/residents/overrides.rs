//! Fields that a vendor owns, and the leave to differ from it until a date.

use chrono::{NaiveDate, NaiveDateTime, TimeDelta};
use diesel::QueryResult;

use super::{ResidentFacts, SUBJECT, Sees, get, sources, store};
use crate::db::{Conn, Tx, text_enum};
use crate::domain::access::{EditResidents, Scope};
use crate::domain::{Refusal, audit};
use crate::kit::ids::{OrganisationId, ResidentId};

text_enum! {
    /// A field that Nourish owns while a resident is paired with a record of theirs.
    pub enum OwnedField {
        FirstName = "first_name",
        LastName = "last_name",
        DateOfBirth = "date_of_birth",
        CareStatus = "care_status",
    }
}

impl OwnedField {
    pub fn words(self) -> &'static str {
        match self {
            Self::FirstName => "First name",
            Self::LastName => "Last name",
            Self::DateOfBirth => "Date of birth",
            Self::CareStatus => "Status",
        }
    }

    /// Leaves the field as it was.
    pub fn keep(self, before: &ResidentFacts, after: &mut ResidentFacts) {
        match self {
            Self::FirstName => after.first_name.clone_from(&before.first_name),
            Self::LastName => after.last_name.clone_from(&before.last_name),
            Self::DateOfBirth => after.date_of_birth = before.date_of_birth,
            Self::CareStatus => after.care_status.clone_from(&before.care_status),
        }
    }
}

/// A field that may differ from the vendor's until a date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    pub field: OwnedField,
    /// The last day on which syncs leave the field alone.
    pub until: NaiveDate,
    pub set_by: String,
    pub set_at: NaiveDateTime,
}

/// The overrides of a resident that hold on `today`.
pub fn overrides_of<R: Sees>(
    conn: &mut Conn,
    scope: &Scope<R>,
    id: ResidentId,
    today: NaiveDate,
) -> Result<Vec<Override>, Refusal> {
    get(conn, scope, id)?;
    Ok(store::overrides(conn, id, today)?)
}

/// Every override of the organisation that holds on `today`: what a sync leaves alone.
pub fn live_overrides(
    conn: &mut Conn,
    organisation: OrganisationId,
    today: NaiveDate,
) -> QueryResult<Vec<(ResidentId, OwnedField)>> {
    store::live_overrides(conn, organisation, today)
}

/// The longest that somebody may differ from the care record without looking again.
const LONGEST: TimeDelta = TimeDelta::days(366);

/// Lets a field differ from the vendor's until the end of a day.
///
/// # Errors
/// `NotHere`; `Invalid` when no vendor owns the field or the date is past or over a year away.
pub fn set_override(
    tx: &mut Tx<'_>,
    scope: &Scope<EditResidents>,
    id: ResidentId,
    field: OwnedField,
    until: NaiveDate,
) -> Result<(), Refusal> {
    let resident = get(tx.conn, scope, id)?;
    let today = tx.now.date();
    if until < today || until - today > LONGEST {
        return Err(Refusal::invalid("until_day", "Enter a date from today to a year from now"));
    }
    if !sources::owned(tx.conn, scope.organisation(), id)? {
        return Err(Refusal::invalid("field", "No care record owns this field. Edit it as usual"));
    }
    store::set_override(tx, id, field, until, &scope.by().name)?;
    let day = until.format("%-d %B %Y");
    let words = format!("overrides the {} of {} until {day}", field.words().to_lowercase(), resident.name());
    let event = audit::Event::new("resident.override-set", words).about(SUBJECT, id.0);
    audit::record(tx, scope, event)?;
    Ok(())
}

/// Lets the field follow the vendor again, from the next sync.
///
/// # Errors
/// `NotHere` when there is no such override.
pub fn remove_override(
    tx: &mut Tx<'_>,
    scope: &Scope<EditResidents>,
    id: ResidentId,
    field: OwnedField,
) -> Result<(), Refusal> {
    let resident = get(tx.conn, scope, id)?;
    if !store::remove_override(tx, id, field)? {
        return Err(Refusal::NotHere);
    }
    let words = format!("ended the override of the {} of {}", field.words().to_lowercase(), resident.name());
    let event = audit::Event::new("resident.override-removed", words).about(SUBJECT, id.0);
    audit::record(tx, scope, event)?;
    Ok(())
}
