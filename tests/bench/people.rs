//! Whom the measurements need: residents enough for a long list, and accounts enough for many sign-ins.

use std::path::Path;

use kinbridge::db::{Db, Target};
use kinbridge::domain::Refusal;
use kinbridge::domain::access::{Platform, Role, Scope, ViewResidents};
use kinbridge::domain::accounts::{self, Hasher, NewAccount};
use kinbridge::domain::organisations;
use kinbridge::domain::residents::{self, NewResident, ResidentFacts};
use kinbridge::kit::clock::Clock;
use kinbridge::kit::email_address::EmailAddress;
use kinbridge::kit::ids::{OrganisationId, PlaceId};
use kinbridge::kit::secret::Secret;

/// Residents of the demo's first organisation.
pub const RESIDENTS: usize = 5_000;
/// Staff with an account each.
pub const ACCOUNTS: usize = 500;

const ORGANISATION: OrganisationId = OrganisationId(1);

/// The n-th account's address.
pub fn email(n: usize) -> String {
    format!("carer{n}@bench.example")
}

/// Adds them to a demo's database that nobody has open.
pub fn add(folder: &Path) {
    let database = folder.join("db").join("kinbridge.db");
    let db = Db::open(Target::Sqlite(database), Clock::System).expect("the demo's database");
    let password = Hasher::start()
        .and_then(|hasher| hasher.hash_now(&Secret::new(super::PASSWORD)).map_err(std::io::Error::other));
    let password = password.expect("a password");
    let made = db.write_now(|tx| {
        let scope = Scope::<ViewResidents>::for_the_portal(ORGANISATION);
        let places = organisations::places(tx.conn, &scope)?;
        let home = places.first().ok_or(Refusal::NotHere)?.id;
        let new: Vec<NewResident> = (0..RESIDENTS).map(|n| resident(n, home)).collect();
        residents::insert_many(tx, &new)?;
        residents::settle(tx, ORGANISATION)?;
        let operator = Platform::for_the_operator();
        for n in 0..ACCOUNTS {
            let email = EmailAddress::parse(&email(n)).ok_or(Refusal::NotHere)?;
            let new = NewAccount { email, name: format!("Carer {n}") };
            let made = accounts::add_member_by_platform(tx, &operator, ORGANISATION, &new, Role::Staff)?;
            accounts::set_password(tx, &operator, made.account, &password)?;
        }
        Ok::<_, Refusal>(())
    });
    made.expect("the people can be added");
}

fn resident(n: usize, home: PlaceId) -> NewResident {
    let facts = ResidentFacts {
        home,
        zone: None,
        room: (n % 60 + 1).to_string(),
        first_name: format!("Ada{}", n % 71),
        last_name: format!("Ashdown{n}"),
        preferred_name: String::new(),
        date_of_birth: None,
        nhs_number: String::new(),
        resident_type: "Residential".into(),
        care_status: "Permanent".into(),
    };
    NewResident { organisation: ORGANISATION, facts }
}
