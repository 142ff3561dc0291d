//! Who is right about what: for each part of a resident's details the vendors that it follows, in order.
//!
//! The first of them that is on, is paired with the resident, still lists them and says something of the part owns
//! it. All others are shown beside it and change nothing, so that two vendors never fight over a value. A part that
//! follows nobody is kept here. Without a decision of the organisation's, a part follows the vendors that own it by
//! themselves.

use std::collections::BTreeMap;

use diesel::QueryResult;

use super::{OwnedField, Source, store};
use crate::connectors::{Detail, PersonRecord, Vendor};
use crate::db::{Conn, Tx, text_enum};
use crate::domain::access::{ManageIntegrations, Right, Scope};
use crate::domain::{Refusal, audit};
use crate::kit::ids::{OrganisationId, ResidentId};

text_enum! {
    /// What is followed as one: a first name of one system and a last name of another are nobody's.
    pub enum Part {
        Name = "name",
        DateOfBirth = "date_of_birth",
        Status = "status",
        ResidentType = "resident_type",
        Room = "room",
    }
}

impl Part {
    pub fn words(self) -> &'static str {
        match self {
            Self::Name => "Name",
            Self::DateOfBirth => "Date of birth",
            Self::Status => "Status",
            Self::ResidentType => "Resident type",
            Self::Room => "Room",
        }
    }

    fn detail(self) -> Detail {
        match self {
            Self::Name => Detail::Name,
            Self::DateOfBirth => Detail::DateOfBirth,
            Self::Status => Detail::Status,
            Self::ResidentType => Detail::ResidentType,
            Self::Room => Detail::Room,
        }
    }

    /// Whether a record says anything of it.
    pub fn said_in(self, record: &PersonRecord) -> bool {
        let filled = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.trim().is_empty());
        match self {
            Self::Name => !record.first_name.trim().is_empty() || !record.last_name.trim().is_empty(),
            Self::DateOfBirth => record.date_of_birth.is_some(),
            Self::Status => filled(&record.status),
            Self::ResidentType => filled(&record.resident_type),
            Self::Room => filled(&record.room),
        }
    }
}

/// The decisions of one organisation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Authority(BTreeMap<Part, Vec<Vendor>>);

impl Authority {
    pub(super) fn of(rows: Vec<(Part, String)>) -> Self {
        let read = |text: &str| text.split(',').filter_map(|word| word.parse().ok()).collect();
        Self(rows.into_iter().map(|(part, text)| (part, read(&text))).collect())
    }

    /// The vendors that a part follows, the first first; nobody: it is kept here.
    pub fn order(&self, part: Part) -> Vec<Vendor> {
        self.0.get(&part).cloned().unwrap_or_else(|| by_themselves(part))
    }

    /// Whether the organisation decided on the part.
    pub fn is_decided(&self, part: Part) -> bool {
        self.0.contains_key(&part)
    }

    /// The source that owns a field of a resident.
    pub fn owner<'s>(&self, field: OwnedField, sources: &'s [Source]) -> Option<&'s Source> {
        let part = field.part();
        let speaks = |source: &&Source| source.is_on && source.listed && part.said_in(&source.record);
        self.order(part)
            .into_iter()
            .find_map(|vendor| sources.iter().filter(speaks).find(|source| source.is_of(vendor)))
    }

    /// The fields that `vendor` may not write, where the `others` say what they say.
    pub fn not_of<'o>(
        &self,
        vendor: Vendor,
        others: impl Iterator<Item = &'o Voice> + Clone,
    ) -> Vec<OwnedField> {
        let may = |field: &&OwnedField| {
            let part = field.part();
            let order = self.order(part);
            let before = order.iter().take_while(|one| **one != vendor);
            let heard = |one: &Vendor| {
                others.clone().any(|other| other.vendor == *one && part.said_in(&other.record))
            };
            order.contains(&vendor) && !before.into_iter().any(heard)
        };
        OwnedField::ALL.iter().filter(|field| !may(field)).copied().collect()
    }
}

/// The vendors that own a part where nobody has decided, in the order in which screens list them.
fn by_themselves(part: Part) -> Vec<Vendor> {
    let owns = |vendor: &Vendor| vendor.about().owns.contains(&part.detail());
    Vendor::ALL.into_iter().filter(owns).collect()
}

/// What a vendor that is on says of a resident whom it is paired with and still lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Voice {
    pub vendor: Vendor,
    pub record: PersonRecord,
}

/// What the organisation decided.
pub fn authority(conn: &mut Conn, organisation: OrganisationId) -> QueryResult<Authority> {
    store::authority(conn, organisation).map(Authority::of)
}

/// The same for somebody who may look.
pub fn authority_of<R: Right>(conn: &mut Conn, scope: &Scope<R>) -> QueryResult<Authority> {
    authority(conn, scope.organisation())
}

/// The fields of a resident that a vendor may not write today: those that others own, that are kept here, or that
/// somebody overrides.
pub fn left_alone(
    conn: &mut Conn,
    organisation: OrganisationId,
    id: ResidentId,
    vendor: Vendor,
    today: chrono::NaiveDate,
) -> QueryResult<Vec<OwnedField>> {
    let sources = store::sources(conn, organisation, id)?;
    let voices: Vec<Voice> =
        sources.iter().filter_map(Source::voice).filter(|one| one.vendor != vendor).collect();
    let mut fields = authority(conn, organisation)?.not_of(vendor, voices.iter());
    fields.extend(store::overrides(conn, id, today)?.into_iter().map(|one| one.field));
    Ok(fields)
}

/// Lets a part follow these vendors, the first first; none: it is kept here. The next syncs bring it about.
///
/// # Errors
/// `Invalid` when a vendor stands there twice.
pub fn follow(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageIntegrations>,
    part: Part,
    order: &[Vendor],
) -> Result<(), Refusal> {
    let once: std::collections::BTreeSet<&Vendor> = order.iter().collect();
    if once.len() != order.len() {
        return Err(Refusal::invalid(part.as_str(), "Choose each system once"));
    }
    let before = authority(tx.conn, scope.organisation())?.order(part);
    if before == order {
        return Ok(());
    }
    let ids: Vec<&str> = order.iter().map(|vendor| vendor.id()).collect();
    store::set_authority(tx, scope.organisation(), part, &ids.join(","), &scope.by().name)?;
    let words = format!(
        "decided that the {} of residents follows {}, no longer {}",
        part.words().to_lowercase(),
        named(order),
        named(&before)
    );
    audit::record(tx, scope, audit::Event::new("authority.changed", words))?;
    Ok(())
}

/// `Nourish, then KareInn`, or `this portal`.
pub fn named(order: &[Vendor]) -> String {
    let names: Vec<&str> = order.iter().map(|vendor| vendor.name()).collect();
    if names.is_empty() { "this portal".to_owned() } else { names.join(", then ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn voice(vendor: Vendor, status: Option<&str>) -> Voice {
        let record = PersonRecord {
            last_name: "Marsh".into(),
            status: status.map(str::to_owned),
            ..PersonRecord::default()
        };
        Voice { vendor, record }
    }

    #[test]
    fn a_vendor_writes_what_it_owns_and_what_nobody_before_it_says() {
        let authority = Authority::default();
        let nobody: [Voice; 0] = [];
        let ours = [OwnedField::ResidentType, OwnedField::Room];
        assert_eq!(authority.not_of(Vendor::Nourish, nobody.iter()), ours);
        assert_eq!(authority.not_of(Vendor::Pcs, nobody.iter()), OwnedField::ALL);
        let nourish = [voice(Vendor::Nourish, None)];
        let left = authority.not_of(Vendor::KareInn, nourish.iter());
        assert!(left.contains(&OwnedField::LastName) && !left.contains(&OwnedField::DateOfBirth), "{left:?}");
        // Whoever comes later in the order never takes anything away.
        let kareinn = [voice(Vendor::KareInn, Some("Permanent"))];
        assert_eq!(authority.not_of(Vendor::Nourish, kareinn.iter()), ours);
    }

    #[test]
    fn a_decision_goes_before_what_vendors_own_by_themselves() {
        let decided = Authority::of(vec![(Part::Room, "pcs,nourish".into()), (Part::Name, String::new())]);
        assert_eq!(decided.order(Part::Room), [Vendor::Pcs, Vendor::Nourish]);
        assert_eq!(decided.order(Part::Name), []);
        assert_eq!(decided.order(Part::Status), [Vendor::Nourish]);
        assert_eq!(named(&decided.order(Part::Room)), "PCS, then Nourish");
    }
}
