//! The staff list's forms.

use serde::Deserialize;

use crate::domain::organisations::one_line;
use crate::domain::staff::{StaffMember, TypedDetails, Wanted};
use crate::kit::ids::PlaceId;
use crate::web::listing::Address;
use crate::web::visit::{Fields, field, ticked};

/// The list's filters, as they stand in its address.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    pub q: String,
    pub home: String,
    pub page: String,
}

impl Asked {
    pub fn wanted(&self) -> Wanted {
        Wanted { search: one_line(&self.q), home: self.home.parse().ok() }
    }

    pub fn address(&self, path: String) -> Address {
        let wanted = self.wanted();
        Address::new(path)
            .with("q", &wanted.search)
            .with("home", &wanted.home.map(|id| id.to_string()).unwrap_or_default())
    }
}

/// A staff member's details as typed.
#[derive(Debug, Clone, Default)]
pub struct Details {
    pub first_name: String,
    pub last_name: String,
    pub email: String,
    pub job_title: String,
    pub home: String,
    /// Where they work beside it.
    pub also: Vec<PlaceId>,
    /// The version that the form was made from.
    pub version: String,
}

impl Details {
    pub fn posted(fields: &Fields) -> Self {
        let text = |name| field(fields, name).to_owned();
        Self {
            first_name: text("first_name"),
            last_name: text("last_name"),
            email: text("email"),
            job_title: text("job_title"),
            home: text("home"),
            also: ticked(fields, "places[]"),
            version: text("version"),
        }
    }

    pub fn typed(&self) -> TypedDetails<'_> {
        TypedDetails {
            first_name: &self.first_name,
            last_name: &self.last_name,
            email: &self.email,
            job_title: &self.job_title,
            home: &self.home,
        }
    }

    /// The form filled with what is kept.
    pub fn of(member: &StaffMember, works: &[PlaceId]) -> Self {
        let details = &member.details;
        Self {
            first_name: details.first_name.clone(),
            last_name: details.last_name.clone(),
            email: details.email.clone(),
            job_title: details.job_title.clone(),
            home: details.home.map(|home| home.to_string()).unwrap_or_default(),
            also: works.iter().copied().filter(|place| Some(*place) != details.home).collect(),
            version: member.version.to_string(),
        }
    }
}
