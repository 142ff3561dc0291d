//! Made-up people at the vendor, each unlike all others.

use chrono::{NaiveDate, TimeDelta};
use kinbridge::connectors::{PersonRecord, StaffRecord};
use kinbridge::sandbox::nourish::Client;

const FIRST: [&str; 20] = [
    "Ada", "Bertram", "Cecily", "Dorothea", "Edmund", "Florence", "Gideon", "Harriet", "Ivor", "Jemima",
    "Kenneth", "Lavinia", "Mortimer", "Nerys", "Octavia", "Percival", "Quentin", "Rosamund", "Stanley",
    "Thelma",
];
const LAST: [&str; 20] = [
    "Abernathy",
    "Blenkinsop",
    "Crowther",
    "Dunwoody",
    "Entwistle",
    "Fairweather",
    "Greenhalgh",
    "Hathersage",
    "Inglethorpe",
    "Jellicoe",
    "Kettlewell",
    "Lamplugh",
    "Micklethwaite",
    "Netherfield",
    "Ormondroyd",
    "Postlethwaite",
    "Quarmby",
    "Ravenscroft",
    "Satterthwaite",
    "Thistlewood",
];

/// A valid NHS number, another for each `n`.
pub fn nhs(n: u32) -> String {
    let digits = |body: u32| format!("{body:09}");
    let check = |text: &str| {
        let sum: u32 = text
            .chars()
            .zip((2..=10).rev())
            .map(|(digit, weight)| digit.to_digit(10).unwrap() * weight)
            .sum();
        (11 - sum % 11) % 11
    };
    // Two bodies for each number, since some have no check digit.
    (0..9)
        .map(|k| digits(943_000_000 + n * 10 + k))
        .find(|text| check(text) != 10)
        .map(|text| format!("{text}{}", check(&text)))
        .unwrap()
}

/// Somebody who resembles nobody else: a permanent resident of service `s-1`.
pub fn person(n: u32) -> PersonRecord {
    let at = usize::try_from(n).unwrap();
    PersonRecord {
        external_id: format!("p-{n}"),
        first_name: FIRST[at % 20].into(),
        last_name: LAST[(at / 20 + at) % 20].into(),
        preferred_name: None,
        date_of_birth: NaiveDate::from_ymd_opt(1928, 2, 3)
            .map(|day| day + TimeDelta::days(i64::from(n) * 37)),
        nhs_number: Some(nhs(n)),
        resident_type: Some("Residential".into()),
        status: Some("Permanent".into()),
        room: Some(n.to_string()),
        service_id: Some("s-1".into()),
        time_zone: None,
        archived: false,
    }
}

pub fn people(numbers: std::ops::Range<u32>) -> Vec<PersonRecord> {
    numbers.map(person).collect()
}

pub fn client(n: u32) -> Client {
    let person = person(n);
    Client {
        id: person.external_id,
        first_name: person.first_name,
        last_name: person.last_name,
        birth_date: person.date_of_birth.unwrap().to_string(),
        nhs_number: person.nhs_number.unwrap(),
        resident_type: "Residential".into(),
        status: "Permanent".into(),
        room: n.to_string(),
        service_id: "s-1".into(),
        ..Client::default()
    }
}

pub fn worker(n: u32) -> StaffRecord {
    let person = person(n + 200);
    StaffRecord {
        external_id: format!("u-{n}"),
        email: Some(format!("worker{n}@willow.example")),
        first_name: person.first_name,
        last_name: person.last_name,
        role: Some("Staff".into()),
        service_id: Some("s-1".into()),
        ..StaffRecord::default()
    }
}
