//! Fields that a vendor may own, and the leave to differ from it until a date.

use chrono::{NaiveDate, NaiveDateTime, TimeDelta};
use diesel::QueryResult;

use super::{Part, ResidentFacts, SUBJECT, Sees, get, sources, store};
use crate::connectors::PersonRecord;
use crate::db::{Conn, Tx, text_enum};
use crate::domain::access::{EditResidents, Scope, ViewResidents};
use crate::domain::organisations::{one_line, short};
use crate::domain::{Refusal, audit};
use crate::kit::ids::{OrganisationId, ResidentId};

text_enum! {
    /// A field that may follow a vendor while a resident is paired with a record of theirs.
    pub enum OwnedField {
        FirstName = "first_name",
        LastName = "last_name",
        DateOfBirth = "date_of_birth",
        CareStatus = "care_status",
        ResidentType = "resident_type",
        Room = "room",
    }
}

impl OwnedField {
    pub fn words(self) -> &'static str {
        match self {
            Self::FirstName => "First name",
            Self::LastName => "Last name",
            Self::DateOfBirth => "Date of birth",
            Self::CareStatus => "Status",
            Self::ResidentType => "Resident type",
            Self::Room => "Room",
        }
    }

    /// What it is decided with.
    pub fn part(self) -> Part {
        match self {
            Self::FirstName | Self::LastName => Part::Name,
            Self::DateOfBirth => Part::DateOfBirth,
            Self::CareStatus => Part::Status,
            Self::ResidentType => Part::ResidentType,
            Self::Room => Part::Room,
        }
    }

    /// The form's field to which an error leads.
    pub fn on_form(self) -> &'static str {
        match self {
            Self::DateOfBirth => "born_day",
            other => other.as_str(),
        }
    }

    /// The value as screens show it; empty for none.
    pub fn here(self, facts: &ResidentFacts) -> String {
        match self {
            Self::FirstName => facts.first_name.clone(),
            Self::LastName => facts.last_name.clone(),
            Self::DateOfBirth => day(facts.date_of_birth),
            Self::CareStatus => facts.care_status.clone(),
            Self::ResidentType => facts.resident_type.clone(),
            Self::Room => facts.room.clone(),
        }
    }

    /// What a vendor's record says, in the same shape.
    pub fn there(self, record: &PersonRecord) -> String {
        let text = |text: &Option<String>| text.as_deref().unwrap_or_default().trim().to_owned();
        match self {
            Self::FirstName => record.first_name.trim().to_owned(),
            Self::LastName => record.last_name.trim().to_owned(),
            Self::DateOfBirth => day(record.date_of_birth),
            Self::CareStatus => text(&record.status),
            Self::ResidentType => text(&record.resident_type),
            Self::Room => text(&record.room),
        }
    }

    /// Leaves the field as it was.
    pub fn keep(self, before: &ResidentFacts, after: &mut ResidentFacts) {
        match self {
            Self::FirstName => after.first_name.clone_from(&before.first_name),
            Self::LastName => after.last_name.clone_from(&before.last_name),
            Self::DateOfBirth => after.date_of_birth = before.date_of_birth,
            Self::CareStatus => after.care_status.clone_from(&before.care_status),
            Self::ResidentType => after.resident_type.clone_from(&before.resident_type),
            Self::Room => after.room.clone_from(&before.room),
        }
    }
}

fn day(date: Option<NaiveDate>) -> String {
    date.map(|date| date.format("%-d %B %Y").to_string()).unwrap_or_default()
}

/// A field that may differ from the vendor's until a date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    pub field: OwnedField,
    /// The last day on which syncs leave the field alone.
    pub until: NaiveDate,
    pub reason: String,
    pub set_by: String,
    pub set_at: NaiveDateTime,
}

/// An override with the resident whom it is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Differing {
    pub resident: ResidentId,
    pub name: String,
    pub kept: Override,
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

/// Whether somebody's field differs from a vendor's for a while.
pub fn differing(conn: &mut Conn, scope: &Scope<ViewResidents>, today: NaiveDate) -> QueryResult<bool> {
    store::differing(conn, scope.organisation(), scope.places(), today)
}

/// Overrides of the residents whom the scope reaches that hold on `today`, those that end first first.
pub fn ending(
    conn: &mut Conn,
    scope: &Scope<ViewResidents>,
    today: NaiveDate,
    limit: i64,
) -> QueryResult<Vec<Differing>> {
    store::ending(conn, scope.organisation(), scope.places(), today, limit)
}

/// Every override of the organisation that holds on `today`: what a sync leaves alone.
pub fn live_overrides(
    conn: &mut Conn,
    organisation: OrganisationId,
    today: NaiveDate,
) -> QueryResult<Vec<(ResidentId, OwnedField)>> {
    store::live_overrides(conn, organisation, today)
}

/// Overrides of these residents whose last day is over, taken off the list: they have ended, and whoever takes
/// them says so on the trail.
pub fn take_ended(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    today: NaiveDate,
    about: impl Fn(ResidentId, OwnedField) -> bool,
) -> QueryResult<Vec<(ResidentId, OwnedField, NaiveDate)>> {
    let mut ended = store::ended_overrides(tx.conn, organisation, today)?;
    ended.retain(|(resident, field, _)| about(*resident, *field));
    for (resident, field, _) in &ended {
        store::remove_override(tx, *resident, *field)?;
    }
    Ok(ended)
}

/// The longest that somebody may differ from the care record without looking again.
const LONGEST: TimeDelta = TimeDelta::days(366);

/// Lets a field differ from the vendor's until the end of a day, and keeps why.
///
/// # Errors
/// `NotHere`; `Invalid` when no vendor owns the field, no reason is given, or the date is past or over a year away.
pub fn set_override(
    tx: &mut Tx<'_>,
    scope: &Scope<EditResidents>,
    id: ResidentId,
    field: OwnedField,
    (until, reason): (NaiveDate, &str),
) -> Result<(), Refusal> {
    let resident = get(tx.conn, scope, id)?;
    let today = tx.now.date();
    if until < today || until - today > LONGEST {
        return Err(Refusal::invalid("until_day", "Enter a date from today to a year from now"));
    }
    let reason = short("reason", one_line(reason), 200)?;
    if reason.is_empty() {
        return Err(Refusal::invalid(
            "reason",
            "Say why it differs, such as: their new name is not there yet",
        ));
    }
    let owners = sources::owners(tx.conn, scope.organisation(), id)?;
    let Some((_, vendor)) = owners.into_iter().find(|(owned, _)| *owned == field) else {
        return Err(Refusal::invalid("field", "No care record owns this field. Edit it as usual"));
    };
    store::set_override(tx, id, field, (until, &reason), &scope.by().name)?;
    let day = until.format("%-d %B %Y");
    let words = format!(
        "overrides {vendor}’s {} of {} until {day}: {reason}",
        field.words().to_lowercase(),
        resident.name()
    );
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
