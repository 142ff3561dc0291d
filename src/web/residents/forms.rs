//! The residents' forms: what was typed, and what the list was asked for.

use serde::Deserialize;

use crate::domain::organisations::one_line;
use crate::domain::residents::{Order, OwnedField, Resident, ResidentFacts, TypedFacts, Wanted};
use crate::kit::secret::{Secret, keyed_fingerprint};
use crate::web::error::Fault;
use crate::web::listing::Address;
use crate::web::visit::Visit;

/// The list's filters, as they stand in its address.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    pub q: String,
    pub place: String,
    pub paired: String,
    pub state: String,
    pub alike: String,
    pub sort: String,
    pub page: String,
}

impl Asked {
    pub fn wanted(&self) -> Wanted {
        Wanted {
            search: one_line(&self.q),
            place: self.place.parse().ok(),
            paired: match self.paired.as_str() {
                "yes" => Some(true),
                "no" => Some(false),
                _ => None,
            },
            archived: self.state == "archived",
            only_look_alikes: self.alike == "yes",
            order: if self.sort == "room" { Order::Room } else { Order::Name },
        }
    }

    /// The list's address with the filters that mean something.
    pub fn address(&self, path: String) -> Address {
        let wanted = self.wanted();
        let when = |set: bool, value: &'static str| if set { value } else { "" };
        Address::new(path)
            .with("q", &wanted.search)
            .with("place", &wanted.place.map(|id| id.to_string()).unwrap_or_default())
            .with("paired", wanted.paired.map_or("", |paired| if paired { "yes" } else { "no" }))
            .with("state", when(wanted.archived, "archived"))
            .with("alike", when(wanted.only_look_alikes, "yes"))
            .with("sort", when(wanted.order == Order::Room, "room"))
    }
}

/// A resident's details as typed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Details {
    pub first_name: String,
    pub last_name: String,
    pub preferred_name: String,
    pub born_day: String,
    pub born_month: String,
    pub born_year: String,
    pub nhs_number: String,
    pub place: String,
    pub room: String,
    pub resident_type: String,
    pub care_status: String,
    /// The version that the form was made from.
    pub version: String,
    /// Ties the form to its resident, see [`seal`].
    pub about: String,
}

impl Details {
    pub fn typed(&self) -> TypedFacts<'_> {
        TypedFacts {
            first_name: &self.first_name,
            last_name: &self.last_name,
            preferred_name: &self.preferred_name,
            born: (&self.born_day, &self.born_month, &self.born_year),
            nhs_number: &self.nhs_number,
            place: &self.place,
            room: &self.room,
            resident_type: &self.resident_type,
            care_status: &self.care_status,
        }
    }

    /// The form filled with what is kept.
    pub fn of(resident: &Resident) -> Self {
        let facts = &resident.facts;
        let mut form = Self {
            first_name: facts.first_name.clone(),
            last_name: facts.last_name.clone(),
            preferred_name: facts.preferred_name.clone(),
            nhs_number: facts.nhs_number.clone(),
            place: place_value(facts),
            room: facts.room.clone(),
            resident_type: facts.resident_type.clone(),
            care_status: facts.care_status.clone(),
            version: resident.version.to_string(),
            ..Self::default()
        };
        form.fill_birth(facts);
        form
    }

    /// Puts the kept value where a vendor owns the field, whatever was typed.
    pub fn hold(&mut self, locked: &[OwnedField], facts: &ResidentFacts) {
        for field in locked {
            match field {
                OwnedField::FirstName => self.first_name.clone_from(&facts.first_name),
                OwnedField::LastName => self.last_name.clone_from(&facts.last_name),
                OwnedField::DateOfBirth => self.fill_birth(facts),
                OwnedField::CareStatus => self.care_status.clone_from(&facts.care_status),
                OwnedField::ResidentType => self.resident_type.clone_from(&facts.resident_type),
                OwnedField::Room => self.room.clone_from(&facts.room),
            }
        }
    }

    fn fill_birth(&mut self, facts: &ResidentFacts) {
        let part = |format: &str| {
            facts.date_of_birth.map(|date| date.format(format).to_string()).unwrap_or_default()
        };
        self.born_day = part("%-d");
        self.born_month = part("%-m");
        self.born_year = part("%Y");
    }

    pub fn version(&self) -> i64 {
        self.version.parse().unwrap_or(-1)
    }
}

/// The value of the place's select: `home` or `home-zone`.
pub fn place_value(facts: &ResidentFacts) -> String {
    match facts.zone {
        Some(zone) => format!("{}-{zone}", facts.home),
        None => facts.home.to_string(),
    }
}

/// The reason for archiving.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Archiving {
    pub because: String,
    pub version: String,
    pub about: String,
}

/// Restoring: only the seal.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Restoring {
    pub about: String,
}

/// Sets or ends an override.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Overriding {
    /// `set` or `end`.
    pub act: String,
    pub field: String,
    pub until_day: String,
    pub until_month: String,
    pub until_year: String,
    pub reason: String,
    pub about: String,
}

impl Overriding {
    pub fn until(&self) -> Option<chrono::NaiveDate> {
        let day = self.until_day.trim().parse().ok()?;
        let month = self.until_month.trim().parse().ok()?;
        chrono::NaiveDate::from_ymd_opt(self.until_year.trim().parse().ok()?, month, day)
    }
}

/// Ties a form to one resident and one session, so that what was typed for one person can never be
/// saved for another.
pub fn seal(visit: &Visit, resident: &Resident) -> String {
    keyed_fingerprint(visit.held().reveal(), &format!("resident {}", resident.id))
}

/// # Errors
/// `Expired` when the form was made for somebody else.
pub fn check_seal(visit: &Visit, resident: &Resident, about: &str, back: String) -> Result<(), Fault> {
    if Secret::new(seal(visit, resident)).is(about) { Ok(()) } else { Err(Fault::Expired(back)) }
}
