//! Care organisations, their settings, and their places: homes and the zones in them.
//!
//! Deliberately knows no resident beyond how many there are: the representative sees counts and errors,
//! never people. Rooms are text on the resident, not places of their own.

mod aliases;
mod importing;
mod places;
pub(in crate::domain) mod searching;
pub(in crate::domain) mod sheet;
mod staleness;
mod store;
mod words;

use std::str::FromStr as _;

use chrono::NaiveDateTime;
use chrono_tz::Tz;
use diesel::QueryResult;

use super::access::{ManageOrganisation, Platform, Right, Scope};
use super::{Refusal, audit};
use crate::db::{Conn, Tx, text_enum};
use crate::kit::ids::OrganisationId;

pub use super::access::Sector;
pub use aliases::{Alias, add_alias, aliases, remove_alias};
pub use importing::{import_places, place_headings, preview_places};
pub use places::{
    HomePairing, Place, PlaceKind, PlaceWithCount, add_home, add_zone, pairing_by_home, place, place_counts,
    places, rename_place,
};
pub use sheet::{Imported, LONGEST_FILE, MOST_ROWS, Preview, Previewed};
pub(in crate::domain) use staleness::vendor_name;
pub use staleness::{Feed, STALE_AFTER, Setup, Stale, Why, feeds, setup, stale};

text_enum! {
    /// What an organisation is in law.
    pub enum Kind {
        Trust = "trust",
        Business = "business",
        Company = "company",
        Charity = "charity",
        Other = "other",
    }
}

impl Kind {
    pub fn words(self) -> &'static str {
        match self {
            Self::Trust => "Trust",
            Self::Business => "Business",
            Self::Company => "Company",
            Self::Charity => "Charity",
            Self::Other => "Other",
        }
    }
}

/// One organisation with its settings and its kept totals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organisation {
    pub id: OrganisationId,
    pub name: String,
    pub kind: Kind,
    pub sector: Sector,
    /// IANA name, such as `Europe/London`.
    pub time_zone: String,
    /// A sync that would change more than this part of a home is held, in percent.
    pub guard_percent: i32,
    /// … or more than this many people, whichever is larger.
    pub guard_people: i32,
    /// Staff must have a second step to sign in.
    pub staff_two_step: bool,
    /// Kept by [`recount`], so that a pager need not count.
    pub active_residents: i64,
    pub archived_residents: i64,
    pub created_at: NaiveDateTime,
}

/// What somebody typed for a new organisation or its settings, as text.
#[derive(Debug, Clone, Default)]
pub struct Typed<'f> {
    pub name: &'f str,
    pub kind: &'f str,
    pub sector: &'f str,
    pub time_zone: &'f str,
    pub guard_percent: &'f str,
    pub guard_people: &'f str,
    /// `yes`, or nothing.
    pub staff_two_step: &'f str,
}

/// A name, kind and time zone that can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    pub name: String,
    pub kind: Kind,
    pub time_zone: Tz,
}

impl Described {
    fn read(typed: &Typed<'_>) -> Result<Self, Refusal> {
        let name = readable_name("name", typed.name, "the organisation's name")?;
        let kind = Kind::parse(typed.kind)
            .ok_or_else(|| Refusal::invalid("kind", "Choose what kind of organisation it is"))?;
        let time_zone = Tz::from_str(typed.time_zone.trim()).map_err(|_unknown| {
            Refusal::invalid("time_zone", "Choose a time zone from the list, such as Europe/London")
        })?;
        Ok(Self { name, kind, time_zone })
    }
}

/// A new organisation, as the representative makes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewOrganisation {
    pub described: Described,
    pub sector: Sector,
}

impl NewOrganisation {
    /// # Errors
    /// `Invalid` with the first field that cannot be used.
    pub fn read(typed: &Typed<'_>) -> Result<Self, Refusal> {
        let described = Described::read(typed)?;
        let sector = Sector::parse(typed.sector)
            .ok_or_else(|| Refusal::invalid("sector", "Choose what kind of care the organisation gives"))?;
        Ok(Self { described, sector })
    }
}

/// New settings, as a super manager saves them. The sector stays: its words are in every record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    pub described: Described,
    pub guard_percent: i32,
    pub guard_people: i32,
    pub staff_two_step: bool,
}

impl Settings {
    /// # Errors
    /// `Invalid` with the first field that cannot be used.
    pub fn read(typed: &Typed<'_>) -> Result<Self, Refusal> {
        let number = |field, text: &str, most: i32| {
            let number = text.trim().parse::<i32>().ok().filter(|n| (1..=most).contains(n));
            number.ok_or_else(|| Refusal::invalid(field, format!("Enter a whole number from 1 to {most}")))
        };
        Ok(Self {
            described: Described::read(typed)?,
            guard_percent: number("guard_percent", typed.guard_percent, 100)?,
            guard_people: number("guard_people", typed.guard_people, 1000)?,
            staff_two_step: typed.staff_two_step == "yes",
        })
    }
}

/// Where a sync is held unless the organisation says otherwise.
const GUARD_PERCENT: i32 = 10;
const GUARD_PEOPLE: i32 = 5;

/// Makes an organisation.
///
/// # Errors
/// `Invalid` when another organisation has the same name.
pub fn create(
    tx: &mut Tx<'_>,
    platform: &Platform,
    new: &NewOrganisation,
) -> Result<OrganisationId, Refusal> {
    if store::name_taken(tx.conn, &new.described.name, None)? {
        return Err(name_taken());
    }
    let id = store::insert(tx, new, GUARD_PERCENT, GUARD_PEOPLE)?;
    if new.sector == Sector::Therapy {
        store::insert_first_status_types(tx, id)?;
    }
    let event = audit::Event::new("organisation.created", format!("created {}", new.described.name));
    audit::record_platform(tx, platform, id, event.about("organisation", id.0))?;
    Ok(id)
}

/// One line of the representative's list: counts and errors only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overview {
    pub organisation: Organisation,
    /// Active residents with at least one live pairing.
    pub paired_residents: i64,
    pub staff_members: i64,
    pub super_managers: i64,
    /// One per vendor that was ever made available.
    pub feeds: Vec<Feed>,
}

/// Every organisation of the installation whose name contains `search`, by name.
pub fn list(conn: &mut Conn, _: &Platform, search: &str) -> QueryResult<Vec<Overview>> {
    store::overviews(conn, None, search)
}

/// # Errors
/// `NotHere` when there is no such organisation.
pub fn overview(conn: &mut Conn, _: &Platform, id: OrganisationId) -> Result<Overview, Refusal> {
    store::overviews(conn, Some(id), "")?.pop().ok_or(Refusal::NotHere)
}

/// The organisation of a scope.
///
/// # Errors
/// `NotHere` when it is gone.
pub fn get<R: Right>(conn: &mut Conn, scope: &Scope<R>) -> Result<Organisation, Refusal> {
    Ok(store::get(conn, scope.organisation())?)
}

/// Whose words its pages and its audit trail use.
pub fn sector(conn: &mut Conn, organisation: OrganisationId) -> QueryResult<Sector> {
    store::sector(conn, organisation)
}

/// Saves an organisation's settings.
///
/// # Errors
/// `Invalid` when another organisation has the same name.
pub fn change(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageOrganisation>,
    settings: &Settings,
) -> Result<(), Refusal> {
    let before = store::get(tx.conn, scope.organisation())?;
    let new = &settings.described;
    if store::name_taken(tx.conn, &new.name, Some(before.id))? {
        return Err(name_taken());
    }
    let mut changed = Changed::default();
    changed.note("Name", &before.name, &new.name);
    changed.note("Kind", before.kind.words(), new.kind.words());
    changed.note("Time zone", &before.time_zone, new.time_zone.name());
    changed.note("Guard, percent", &before.guard_percent.to_string(), &settings.guard_percent.to_string());
    changed.note("Guard, people", &before.guard_people.to_string(), &settings.guard_people.to_string());
    let asked = |yes| if yes { "asked of staff" } else { "not asked of staff" };
    changed.note("Two-step sign-in", asked(before.staff_two_step), asked(settings.staff_two_step));
    if changed.is_empty() {
        return Ok(());
    }
    store::update(tx, before.id, settings)?;
    let words = format!("changed the organisation's settings: {}", changed.fields());
    let event = audit::Event::new("organisation.changed", words).about("organisation", before.id.0);
    audit::record(tx, scope, event.with(changed))?;
    Ok(())
}

/// Brings the kept totals level with the residents. Whoever adds, archives or restores calls it in the
/// same transaction.
pub fn recount(tx: &mut Tx<'_>, organisation: OrganisationId) -> QueryResult<()> {
    store::recount(tx, organisation)
}

/// Changed values for the audit trail: `[{"field":"Room","before":"2","after":"5"}]`.
#[derive(Debug, Default, serde::Serialize)]
#[serde(transparent)]
pub struct Changed(Vec<ChangedField>);

#[derive(Debug, serde::Serialize)]
struct ChangedField {
    field: &'static str,
    before: String,
    after: String,
}

impl Changed {
    /// Keeps the field if its two values differ.
    pub fn note(&mut self, field: &'static str, before: &str, after: &str) {
        if before != after {
            self.0.push(ChangedField { field, before: before.to_owned(), after: after.to_owned() });
        }
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The fields' names in a sentence: `name and time zone`.
    pub fn fields(&self) -> String {
        let names: Vec<String> = self.0.iter().map(|changed| lower_first(changed.field)).collect();
        match names.as_slice() {
            [] => String::new(),
            [one] => one.clone(),
            [first @ .., last] => format!("{} and {last}", first.join(", ")),
        }
    }
}

/// `Room` → `room`, but `NHS number` stays.
fn lower_first(name: &str) -> String {
    let mut chars = name.chars();
    match (chars.next(), chars.clone().next()) {
        (Some(first), Some(second)) if first.is_uppercase() && !second.is_uppercase() => {
            first.to_lowercase().chain(chars).collect()
        }
        _ => name.to_owned(),
    }
}

/// A name that a person typed: trimmed, at most 100 characters, no line breaks.
///
/// # Errors
/// `Invalid` on `field`; `what` completes "Enter …".
pub(in crate::domain) fn readable_name(
    field: &'static str,
    text: &str,
    what: &str,
) -> Result<String, Refusal> {
    let name = one_line(text);
    if name.is_empty() {
        return Err(Refusal::invalid(field, format!("Enter {what}")));
    }
    short(field, name, 100)
}

/// Text that may be empty, of at most `most` characters.
pub(in crate::domain) fn short(field: &'static str, text: String, most: usize) -> Result<String, Refusal> {
    if text.chars().count() > most {
        return Err(Refusal::invalid(field, format!("Use {most} characters or fewer")));
    }
    Ok(text)
}

/// Trimmed, with every run of spaces and control characters as one space.
pub fn one_line(text: &str) -> String {
    let text = text.replace(char::is_control, " ");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn name_taken() -> Refusal {
    Refusal::invalid("name", "Another organisation has this name. Choose a different one")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_cannot_be_used_name_their_field() {
        let good = Typed {
            name: " Willow \n House ",
            kind: "trust",
            sector: "care home",
            time_zone: "Europe/London",
            guard_percent: "10",
            guard_people: " 5 ",
            ..Typed::default()
        };
        assert_eq!(Settings::read(&good).unwrap().described.name, "Willow House");
        for (typed, field) in [
            (Typed { name: "  ", ..good.clone() }, "name"),
            (Typed { kind: "club", ..good.clone() }, "kind"),
            (Typed { time_zone: "London", ..good.clone() }, "time_zone"),
            (Typed { guard_percent: "0", ..good.clone() }, "guard_percent"),
            (Typed { guard_people: "99999999999", ..good.clone() }, "guard_people"),
        ] {
            let Err(Refusal::Invalid { field: wrong, .. }) = Settings::read(&typed) else {
                panic!("{field}")
            };
            assert_eq!(wrong, field);
        }
        assert!(NewOrganisation::read(&Typed { sector: "", ..good }).is_err());
    }

    #[test]
    fn changed_fields_read_as_a_list() {
        let mut changed = Changed::default();
        changed.note("Room", "2", "5");
        changed.note("NHS number", "", "9434765919");
        changed.note("Zone", "East", "East");
        assert_eq!(changed.fields(), "room and NHS number");
    }
}
