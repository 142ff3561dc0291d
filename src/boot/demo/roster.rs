//! The made-up people of the demo, read from two tables beside this file. Pure: one row is one person as both sides
//! write them, so that the tables carry their own truth.
//!
//! The last column, `there`, says how Nourish has the person: empty for the same as here, `no` for not at all,
//! `only` for a person who is not here, and otherwise the fields that differ (`last=Heaton; room=`). `certain` says
//! whether a rule may pair the row. NHS numbers are in the range that is kept for testing.

use crate::sandbox::nourish::{Client, User};

const RESIDENTS: &str = include_str!("residents.csv");
const STAFF: &str = include_str!("staff.csv");

/// Somebody, with the truth about them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person<Here, There> {
    /// Why they are in the demo: `crossed twins`, `married name`.
    pub kind: String,
    /// Whether the first sync pairs them without asking anybody.
    pub certain: bool,
    pub here: Option<Here>,
    pub there: Option<There>,
}

/// A resident as the portal has them before the first sync.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resident {
    pub first: String,
    pub last: String,
    pub known_as: String,
    /// `YYYY-MM-DD`, or empty.
    pub born: String,
    pub nhs: String,
    pub zone: String,
    pub room: String,
    pub resident_type: String,
    pub status: String,
}

/// A staff member as the portal has them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Colleague {
    pub first: String,
    pub last: String,
    pub email: String,
    /// A home's name; empty for those who work in both.
    pub home: String,
    pub title: String,
}

/// Nourish's services and their locations. The first four are called as the zones here; the last has no zone, so
/// that somebody sees what happens then.
pub const SERVICES: [(&str, &str, &[&str]); 5] = [
    ("5101", "Garden Wing", &["Garden Wing Downstairs", "Garden Wing Upstairs"]),
    ("5102", "Oak Wing", &["Oak Wing"]),
    ("5201", "First Floor", &["First Floor East", "First Floor West"]),
    ("5202", "Ground Floor", &["Ground Floor"]),
    ("5301", "Riverside", &["Riverside"]),
];

/// Every resident, here or there.
pub fn residents() -> Vec<Person<Resident, Client>> {
    rows(RESIDENTS).enumerate().map(|(number, row)| resident(41_001 + number, &row)).collect()
}

/// Everybody who works here or there.
pub fn staff() -> Vec<Person<Colleague, User>> {
    rows(STAFF).enumerate().map(|(number, row)| colleague(7_001 + number, &row)).collect()
}

/// A line of a table as (column, value).
pub(super) type Row = Vec<(String, String)>;

pub(super) fn rows(table: &'static str) -> impl Iterator<Item = Row> {
    let mut reader = csv::Reader::from_reader(table.as_bytes());
    let names = reader.headers().cloned().unwrap_or_default();
    let records: Vec<csv::StringRecord> = reader.into_records().filter_map(Result::ok).collect();
    records.into_iter().map(move |record| {
        names.iter().zip(record.iter()).map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    })
}

pub(super) fn value(row: &Row, column: &str) -> String {
    row.iter().find(|(name, _)| name == column).map(|(_, value)| value.clone()).unwrap_or_default()
}

/// Which sides have the person, and what differs there.
pub(super) struct Sides {
    pub(super) is_here: bool,
    pub(super) is_there: bool,
    differs: Row,
}

impl Sides {
    /// As a column says it.
    pub(super) fn of(row: &Row, column: &str) -> Self {
        let said = value(row, column);
        let fields = said.split(';').map(str::trim).filter(|part| !part.is_empty());
        let differs = fields.filter_map(|part| part.split_once('='));
        let differs = differs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Self { is_here: !said.starts_with("only"), is_there: said != "no", differs }
    }

    /// The row as the other side has it: what differs comes first.
    pub(super) fn there(self, row: &Row) -> Row {
        let mut there = self.differs;
        there.extend(row.iter().cloned());
        there
    }
}

fn service(name: &str) -> String {
    SERVICES.iter().find(|(_, known, _)| *known == name).map_or("", |(id, ..)| id).to_owned()
}

fn resident(number: usize, row: &Row) -> Person<Resident, Client> {
    let sides = Sides::of(row, "there");
    let (is_here, is_there) = (sides.is_here, sides.is_there);
    let here = Resident {
        first: value(row, "first"),
        last: value(row, "last"),
        known_as: value(row, "known"),
        born: value(row, "born"),
        nhs: value(row, "nhs"),
        zone: value(row, "zone"),
        room: value(row, "room"),
        resident_type: value(row, "type"),
        status: value(row, "status"),
    };
    let row = &sides.there(row);
    let there = Client {
        id: number.to_string(),
        first_name: value(row, "first"),
        last_name: value(row, "last"),
        preferred_name: value(row, "known"),
        birth_date: value(row, "born"),
        nhs_number: value(row, "nhs"),
        resident_type: value(row, "type"),
        status: value(row, "status"),
        room: value(row, "room"),
        service_id: service(&value(row, "zone")),
        location_id: String::new(),
        archived: value(row, "archived") == "yes",
    };
    person(row, is_here.then_some(here), is_there.then_some(there))
}

fn colleague(number: usize, row: &Row) -> Person<Colleague, User> {
    let sides = Sides::of(row, "there");
    let (is_here, is_there) = (sides.is_here, sides.is_there);
    let here = Colleague {
        first: value(row, "first"),
        last: value(row, "last"),
        email: value(row, "email"),
        home: value(row, "home"),
        title: value(row, "title"),
    };
    let row = &sides.there(row);
    let there = User {
        id: number.to_string(),
        first_name: value(row, "first"),
        last_name: value(row, "last"),
        email: value(row, "email"),
        role: value(row, "role"),
        job_title: value(row, "title"),
        service_id: service(&value(row, "service")),
        archived: value(row, "archived") == "yes",
    };
    person(row, is_here.then_some(here), is_there.then_some(there))
}

fn person<Here, There>(row: &Row, here: Option<Here>, there: Option<There>) -> Person<Here, There> {
    Person { kind: value(row, "kind"), certain: value(row, "certain") == "yes", here, there }
}
