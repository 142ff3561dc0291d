//! What the forms and addresses of *Pending staff* hold.

use std::collections::{BTreeSet, HashMap};

use chrono::NaiveDate;
use serde::Deserialize;

use crate::domain::Refusal;
use crate::domain::access::{Permission, Role};
use crate::domain::approvals::{Approval, Approving, Choice, End, Order, Preset, RoleThere, Wanted};
use crate::domain::organisations::one_line;
use crate::kit::ids::{ApprovalId, PlaceId};
use crate::web::listing::Address;
use crate::web::visit::{Fields, field, ticked};

/// A list's filters, as they stand in its address.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    pub q: String,
    pub role: String,
    pub flags: String,
    pub sort: String,
    pub page: String,
}

impl Asked {
    /// The filters that a form carries along for *all that match*.
    pub fn of(fields: &Fields) -> Self {
        let text = |name| field(fields, name).to_owned();
        Self {
            q: text("q"),
            role: text("of_role"),
            flags: text("flags"),
            sort: String::new(),
            page: String::new(),
        }
    }

    pub fn wanted(&self) -> Wanted {
        Wanted {
            search: one_line(&self.q),
            role: match self.role.as_str() {
                "manager" => Some(RoleThere::Manager),
                "staff" => Some(RoleThere::Staff),
                "other" => Some(RoleThere::Other),
                _ => None,
            },
            flagged: self.flags == "yes",
            waited_at: None,
            order: match self.sort.as_str() {
                "name" => Order::Name,
                "title" => Order::Title,
                _ => Order::Newest,
            },
        }
    }

    pub fn address(&self, path: String) -> Address {
        let known =
            |text: &'static [&'static str], said: &str| text.iter().find(|one| **one == said).copied();
        Address::new(path)
            .with("q", &one_line(&self.q))
            .with("role", known(&["manager", "staff", "other"], &self.role).unwrap_or_default())
            .with("flags", known(&["yes"], &self.flags).unwrap_or_default())
            .with("sort", known(&["name", "title"], &self.sort).unwrap_or_default())
    }
}

/// Which people an act is about, as it stands in the address of *Edit permissions* and of *Undo*.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Whom {
    pub ids: String,
}

impl Whom {
    pub fn ids(&self) -> Vec<ApprovalId> {
        self.ids.split(['-', ',']).filter_map(|id| id.parse().ok()).collect()
    }
}

pub fn joined(ids: &[ApprovalId]) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join("-")
}

/// What each row's own select says, and what the bar says for all others.
pub struct Selects {
    own: HashMap<ApprovalId, String>,
    bulk: String,
    /// On the page of one person only.
    sign_in_name: String,
}

impl Selects {
    pub fn of(fields: &Fields) -> Self {
        let own = fields.iter().filter_map(|(name, value)| {
            let id = name.strip_prefix("preset-")?.parse().ok()?;
            (!value.is_empty()).then(|| (id, value.clone()))
        });
        Self {
            own: own.collect(),
            bulk: field(fields, "preset").to_owned(),
            sign_in_name: field(fields, "sign_in_name").to_owned(),
        }
    }

    /// What the form says for somebody: their own select, else what was saved, else the bar.
    pub fn approving(&self, one: &Approval, presets: &[Preset]) -> Approving {
        let named = |key: &str| granted(key, one, presets);
        let own = self.own.get(&one.id).and_then(|key| named(key));
        let bulk = || if one.role.is_none() { named(&self.bulk) } else { None };
        let sign_in_name = self.sign_in_name.clone();
        Approving { id: one.id, granted: own.or_else(bulk), sign_in_name }
    }
}

/// The value of a select that means what people with the same job title were given.
pub const AS_SUGGESTED: &str = "as suggested";

fn granted(key: &str, one: &Approval, presets: &[Preset]) -> Option<(Role, BTreeSet<Permission>)> {
    if key == AS_SUGGESTED {
        return one.suggestion.as_ref().map(|said| (said.role, said.permissions.clone()));
    }
    presets.iter().find(|one| one.key == key).map(|one| (one.role, one.permissions.clone()))
}

/// *Edit permissions*, as typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edited {
    /// A preset's key, `ticked` for permissions one by one, or empty to leave them as they are.
    pub how: String,
    pub permissions: BTreeSet<Permission>,
    /// `keep`, `set`.
    pub where_to: String,
    pub places: Vec<PlaceId>,
    /// `keep`, `never`, `on`.
    pub until: String,
    pub ends_on: String,
    /// The name under which the ticks are kept, or empty.
    pub keep_as: String,
    pub ids: Vec<ApprovalId>,
}

impl Edited {
    pub fn of(fields: &Fields) -> Self {
        let permissions = fields.iter().filter(|(name, _)| name == "permissions[]");
        Self {
            how: field(fields, "how").to_owned(),
            permissions: permissions.filter_map(|(_, value)| Permission::parse(value)).collect(),
            where_to: field(fields, "where").to_owned(),
            places: ticked(fields, "places[]"),
            until: field(fields, "until").to_owned(),
            ends_on: field(fields, "ends_on").to_owned(),
            keep_as: one_line(field(fields, "keep_as")),
            ids: Whom { ids: field(fields, "ids").to_owned() }.ids(),
        }
    }

    /// # Errors
    /// `Invalid` on `how` or `ends_on`.
    pub fn choice(&self, presets: &[Preset]) -> Result<Choice, Refusal> {
        let granted = match self.how.as_str() {
            "" => None,
            "ticked" => Some((Role::Staff, self.permissions.clone())),
            key => {
                let preset = presets.iter().find(|one| one.key == key);
                let preset = preset.ok_or_else(|| Refusal::invalid("how", "Choose staff permissions"))?;
                Some((preset.role, preset.permissions.clone()))
            }
        };
        if granted.as_ref().is_some_and(|(_, permissions)| permissions.is_empty()) {
            return Err(Refusal::invalid("how", "Tick at least one thing that they may do"));
        }
        let end = match self.until.as_str() {
            "never" => Some(End::Never),
            "on" => Some(End::After(day(&self.ends_on)?)),
            _ => None,
        };
        let places = (self.where_to == "set").then(|| {
            let mut places = self.places.clone();
            places.sort_unstable();
            places.dedup();
            places
        });
        Ok(Choice { granted, places, end })
    }
}

fn day(text: &str) -> Result<NaiveDate, Refusal> {
    let read = NaiveDate::parse_from_str(text, "%Y-%m-%d")
        .or_else(|_other| NaiveDate::parse_from_str(text, "%d/%m/%Y"));
    read.map_err(|_no_date| Refusal::invalid("ends_on", "Enter a date such as 1/12/2026"))
}
