//! The made-up people of Rowan Care, the organisation with two care record systems: Rowan House has PCS and Birch Lodge
//! KareInn. Read from two tables as the roster's are; the last columns say how each system has the person, in the
//! roster's words. Nobody pairs with PCS by itself; `certain` says whether KareInn's rule may pair the row.

use super::roster::{Colleague, Resident, Row, Sides, rows, value};
use crate::sandbox::{kareinn, pcs};

const RESIDENTS: &str = include_str!("rowan.csv");
const STAFF: &str = include_str!("rowan_staff.csv");

/// The organisation's name.
pub const NAME: &str = "Rowan Care";

/// Homes with their zones; the zones of Rowan House are PCS's communities.
pub const HOMES: [(&str, &[&str]); 2] = [(PCS_HOME, &["Rowan Wing", "Hawthorn Wing"]), (KAREINN_HOME, &[])];

/// The home that PCS is for, and the one that KareInn is for.
pub const PCS_HOME: &str = "Rowan House";
pub const KAREINN_HOME: &str = "Birch Lodge";
/// What the simulated PCS expects as the product's own key.
const DEV_KEY: &str = "6b696e62-7269-4467-a564-656d6f646576";
/// The key that KareInn gives to the representative.
const KAREINN_KEY: &str = "kareinn-demo-4c19f7d2a8";

/// Everybody whom the portal has before the first sync.
pub fn residents() -> Vec<Resident> {
    let known = rows(RESIDENTS).filter(is_here);
    let read = |row: Row| {
        let (home, zone) = (value(&row, "home"), value(&row, "zone"));
        Resident {
            first: value(&row, "first"),
            last: value(&row, "last"),
            known_as: String::new(),
            born: value(&row, "born"),
            nhs: value(&row, "nhs"),
            zone: if zone.is_empty() { home } else { zone },
            room: value(&row, "room"),
            resident_type: value(&row, "type"),
            status: value(&row, "status"),
        }
    };
    known.map(read).collect()
}

/// Everybody who works here, as the portal has them.
pub fn staff() -> Vec<Colleague> {
    let read = |row: Row| Colleague {
        first: value(&row, "first"),
        last: value(&row, "last"),
        email: value(&row, "email"),
        home: value(&row, "home"),
        title: value(&row, "title"),
    };
    rows(STAFF).filter(is_here).map(read).collect()
}

fn is_here(row: &Row) -> bool {
    ["pcs", "kareinn"].into_iter().all(|column| Sides::of(row, column).is_here)
}

/// The rows as one system has them, numbered, with what differs there in front.
fn there(table: &'static str, column: &str) -> Vec<(usize, Row)> {
    let sides = rows(table).map(|row| (Sides::of(&row, column), row)).enumerate();
    let there = sides.filter(|(_, (sides, _))| sides.is_there);
    there.map(|(number, (sides, row))| (number, sides.there(&row))).collect()
}

/// A GUID that is the same at each start: what it is for, and a number.
fn guid(kind: u16, number: usize) -> String {
    format!("{kind:08x}-5043-4053-8000-{number:012x}")
}

fn communities() -> impl Iterator<Item = pcs::Community> {
    let names = HOMES.into_iter().filter(|(home, _)| *home == PCS_HOME).flat_map(|(_, zones)| zones);
    names.enumerate().map(|(number, name)| pcs::Community {
        id: guid(0xc0, number + 1),
        location_id: guid(0x10, number + 1),
        name: (*name).to_owned(),
    })
}

fn location(name: &str) -> Option<String> {
    communities().find(|one| one.name == name.trim()).map(|one| one.location_id)
}

/// Rowan House in PCS, with no key made yet.
pub fn pcs() -> pcs::Population {
    let people = there(RESIDENTS, "pcs").into_iter().map(|(number, row)| {
        let named = match value(&row, "locations") {
            named if named.is_empty() => value(&row, "zone"),
            named => named,
        };
        pcs::Person {
            connection_id: guid(0xa1, number + 1),
            person_id: guid(0xb1, number + 1),
            first_name: value(&row, "first"),
            last_name: value(&row, "last"),
            gender: value(&row, "gender"),
            birth_date: value(&row, "born"),
            nhs_number: value(&row, "nhs"),
            room: value(&row, "room"),
            location_ids: named.split('+').filter_map(location).collect(),
        }
    });
    let first = communities().next().map(|one| one.location_id).unwrap_or_default();
    let workers = there(STAFF, "pcs").into_iter().map(|(number, row)| pcs::Worker {
        connection_id: guid(0xd1, number + 1),
        first_name: value(&row, "first"),
        last_name: value(&row, "last"),
        role: value(&row, "title"),
        location_id: first.clone(),
    });
    let user = |name: &str, location_id: String| pcs::User { name: name.to_owned(), location_id };
    pcs::Population {
        dev_key: DEV_KEY.to_owned(),
        organisation_id: guid(0xe0, 1),
        organisation: NAME.to_owned(),
        internal_id: "10482".to_owned(),
        communities: communities().collect(),
        users: vec![user("Priya Shah", String::new()), user("Owen Bright", first.clone())],
        people: people.collect(),
        workers: workers.collect(),
    }
}

/// Birch Lodge in KareInn, not switched on yet.
pub fn kareinn() -> kareinn::Population {
    let residents = there(RESIDENTS, "kareinn").into_iter().map(|(number, row)| kareinn::Resident {
        id: (81_001 + number).to_string(),
        first_name: value(&row, "first"),
        last_name: value(&row, "last"),
        date_of_birth: value(&row, "born"),
        nhs_number: value(&row, "nhs"),
        room: value(&row, "room"),
        status: value(&row, "status"),
    });
    let staff = there(STAFF, "kareinn").into_iter().map(|(number, row)| kareinn::Member {
        id: (8_001 + number).to_string(),
        first_name: value(&row, "first"),
        last_name: value(&row, "last"),
        email: value(&row, "email"),
        job_title: value(&row, "title"),
        active: true,
    });
    kareinn::Population {
        key: KAREINN_KEY.to_owned(),
        organisation: NAME.to_owned(),
        residents: residents.collect(),
        staff: staff.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_systems_have_people_and_each_pcs_person_lives_somewhere() {
        let pcs = pcs();
        assert!(pcs.people.len() >= 12 && pcs.workers.len() >= 3, "{}", pcs.people.len());
        assert!(pcs.people.iter().all(|one| !one.location_ids.is_empty()));
        assert!(pcs.people.iter().any(|one| one.location_ids.len() == 2), "one is listed twice");
        let kareinn = kareinn();
        assert!(kareinn.residents.len() >= 10 && kareinn.staff.len() >= 4);
        assert!(
            residents().len() > 20
                && residents().iter().all(|one| one.last != "Lumb" && one.last != "Uttley")
        );
        let both = |first: &str| {
            pcs.people.iter().any(|one| one.first_name == first)
                && kareinn.residents.iter().any(|one| one.first_name == first)
        };
        assert!(both("Joyce"), "somebody is in two systems");
    }
}
