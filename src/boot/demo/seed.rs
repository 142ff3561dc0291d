//! Puts the demo's five organisations, their people and the accounts into a new database, through the verbs that
//! pages use. No care record system is switched on and nobody is paired: that is for whoever tries the demo.

use std::collections::HashMap;
use std::thread;

use chrono::NaiveDate;

use super::booked::{self, Ends};
use super::roster::{self, Colleague, Resident};
use super::{StartFailure, bright, families, fieldway, rowan};
use crate::connectors::{Switching, Vendor};
use crate::db::Tx;
use crate::domain::Refusal;
use crate::domain::access::{
    EditResidents, EditStaff, ManageIntegrations, ManagePeople, ManagePlaces, Platform, Role, Scope,
};
use crate::domain::accounts::{self, Hashed, NewAccount};
use crate::domain::audit::{self, Event};
use crate::domain::connections::{self, Allowed, Availability};
use crate::domain::letters::{self, Kind, Letter};
use crate::domain::organisations::{self, NewOrganisation, Typed};
use crate::domain::residents::{self, NewResident, ResidentFacts, TypedFacts};
use crate::domain::staff::{self, StaffDetails, TypedDetails};
use crate::kit::email_address::EmailAddress;
use crate::kit::ids::{AccountId, OrganisationId, PlaceId, ResidentId};
use crate::kit::secret::Secret;
use crate::services::Services;

/// Somebody who can sign in, all with the demo's one password.
#[derive(Clone, Copy, Debug)]
pub struct SignIn {
    pub email: &'static str,
    pub name: &'static str,
    /// Who that is, in a few words.
    pub is: &'static str,
}

/// The accounts, in the order in which they are told.
pub const SIGN_INS: [SignIn; 13] = [
    SignIn {
        email: "rep@demo.kinbridge.test",
        name: "Rita Hall",
        is: "representative, runs the installation",
    },
    SignIn {
        email: "super@demo.kinbridge.test",
        name: "Mary Jones",
        is: "super manager of Willow House Group",
    },
    SignIn { email: "manager@demo.kinbridge.test", name: "Ben Carter", is: "manager" },
    SignIn { email: "staff@demo.kinbridge.test", name: "Amina Yusuf", is: "staff, Garden Wing only" },
    SignIn { email: "relative@demo.kinbridge.test", name: "Peter Smith", is: "relative, son of Joan Smith" },
    SignIn {
        email: "stranger@demo.kinbridge.test",
        name: "Grace Lowe",
        is: "super manager of Elm Trust, which is empty",
    },
    SignIn {
        email: "rowan@demo.kinbridge.test",
        name: "Priya Shah",
        is: "super manager of Rowan Care, with PCS and KareInn",
    },
    SignIn {
        email: "bright@demo.kinbridge.test",
        name: "Nia Frost",
        is: "super manager of Bright Path Therapy, with Ensora",
    },
    SignIn { email: "clinic@demo.kinbridge.test", name: "Hannah Doyle", is: "manager there" },
    SignIn {
        email: "therapist@demo.kinbridge.test",
        name: "Imran Qureshi",
        is: "therapist there, Riverside Clinic only",
    },
    SignIn {
        email: "visits@demo.kinbridge.test",
        name: "Hugh Dale",
        is: "super manager of Fieldway Home Health, with an API",
    },
    SignIn { email: "practitioner@demo.kinbridge.test", name: fieldway::ANA, is: "practitioner there" },
    SignIn {
        email: "patient@demo.kinbridge.test",
        name: "Doreen Hughes",
        is: "patient there, sees her own appointments",
    },
];

const WILLOW: &str = "Willow House Group";
const ELM: &str = "Elm Trust";

/// Homes with their zones.
const HOMES: [(&str, &[&str]); 2] =
    [("Willow House", &["Garden Wing", "Oak Wing"]), ("Oak Court", &["First Floor", "Ground Floor"])];

/// Whom the relative's account belongs to.
const MOTHER: (&str, &str) = ("Joan", "Smith");

/// Fills a new database; leaves one alone that has organisations, and says which it was. All of it is one
/// transaction, so that a demo that is killed here starts anew.
pub fn fill(services: &Services, password: &Secret) -> Result<bool, StartFailure> {
    let operator = Platform::for_the_operator();
    let failed = |cause: Refusal| StartFailure::database(services.db.target(), &cause.to_string());
    let known = services.db.read_now(|conn| Ok::<_, Refusal>(organisations::list(conn, &operator, "")?));
    if !known.map_err(failed)?.is_empty() {
        return Ok(false);
    }
    let hashed = hashed(services, password).map_err(failed)?;
    let url = services.config.public_url.clone();
    let made = services.db.write_now(|tx| {
        let willow = organisation(tx, &operator, WILLOW, "company")?;
        let elm = organisation(tx, &operator, ELM, "charity")?;
        let places = places(tx, willow, &HOMES)?;
        let here: Vec<Resident> = roster::residents().into_iter().filter_map(|person| person.here).collect();
        let ids = add_residents(tx, willow, &places, &here)?;
        let mother = here.iter().position(|one| (one.first.as_str(), one.last.as_str()) == MOTHER);
        let mother = mother.and_then(|at| ids.get(at).copied());
        let colleagues = roster::staff().into_iter().filter_map(|one| one.here).collect();
        add_staff(tx, willow, &places, colleagues)?;
        available(tx, &operator, willow)?;
        let rowan = rowan_care(tx, &operator)?;
        let mut accounts = add_accounts(tx, &operator, (willow, elm, rowan), &places, mother, &url)?;
        let therapy = bright::fill(tx, &operator)?;
        let [.., super_manager, manager, therapist, visits, practitioner, _] = SIGN_INS;
        let theirs = [new(&super_manager)?, new(&manager)?, new(&therapist)?];
        accounts.extend(bright::accounts(tx, &operator, therapy, theirs)?);
        let health = fieldway::fill(tx, &operator)?;
        let theirs = [new(&visits)?, new(&practitioner)?];
        accounts.extend(fieldway::accounts(tx, &operator, health, theirs)?);
        let ends = Ends { home: willow, health };
        booked::fill(tx, &operator, ends, (&services.config.keys, &url))?;
        for (account, hashed) in accounts.iter().zip(&hashed) {
            accounts::set_password(tx, &operator, *account, hashed)?;
        }
        super::activities::fill(tx, willow)?;
        welcome(tx, health, fieldway::words(health, &url))?;
        welcome(tx, therapy, bright::words(therapy, &url))?;
        welcome(tx, rowan, with_two_systems(rowan, &url))?;
        welcome(tx, willow, with_nourish(willow, &url))
    });
    made.map(|()| true).map_err(failed)
}

/// Gives every demo account another password, which signs them all out.
pub fn change_password(services: &Services, password: &Secret) -> Result<(), StartFailure> {
    let operator = Platform::for_the_operator();
    let failed = |cause: Refusal| StartFailure::database(services.db.target(), &cause.to_string());
    let hashed = hashed(services, password).map_err(failed)?;
    let changed = services.db.write_now(|tx| {
        for (one, hashed) in SIGN_INS.iter().zip(&hashed) {
            // Somebody may have closed or renamed it; the others still change.
            if let Some(account) = accounts::find(tx.conn, &operator, &address(one)?)? {
                accounts::set_password(tx, &operator, account, hashed)?;
            }
        }
        Ok(())
    });
    changed.map_err(failed)
}

/// A hash for each account, each with its own salt, made side by side.
fn hashed(services: &Services, password: &Secret) -> Result<Vec<Hashed>, Refusal> {
    thread::scope(|scope| {
        let made = SIGN_INS.map(|_| scope.spawn(|| services.hasher.hash_now(password)));
        let broken = |cause: &str| Refusal::Broken(cause.to_owned());
        let each = made.into_iter().map(|one| {
            let hashed = one.join().map_err(|_panicked| broken("a thread that hashes has stopped"))?;
            hashed.map_err(|cause| broken(&cause.to_string()))
        });
        each.collect()
    })
}

fn organisation(
    tx: &mut Tx<'_>,
    operator: &Platform,
    name: &str,
    kind: &str,
) -> Result<OrganisationId, Refusal> {
    let typed = Typed { name, kind, sector: "care home", time_zone: "Europe/London", ..Typed::default() };
    organisations::create(tx, operator, &NewOrganisation::read(&typed)?)
}

/// The organisation with two care record systems.
fn rowan_care(tx: &mut Tx<'_>, operator: &Platform) -> Result<OrganisationId, Refusal> {
    let rowan = organisation(tx, operator, rowan::NAME, "company")?;
    let places = places(tx, rowan, &rowan::HOMES)?;
    add_residents(tx, rowan, &places, &rowan::residents())?;
    add_staff(tx, rowan, &places, rowan::staff())?;
    available(tx, operator, rowan)?;
    let scope = Scope::<ManageIntegrations>::for_the_portal(rowan);
    for (vendor, home) in [(Vendor::Pcs, rowan::PCS_HOME), (Vendor::KareInn, rowan::KAREINN_HOME)] {
        let Some((id, _)) = places.get(home) else { continue };
        connections::set_homes(tx, &scope, (vendor, Availability::OnceEnabled), &[*id])?;
    }
    Ok(rowan)
}

/// Zones and homes by their names; a home stands under itself without a zone.
type Named = HashMap<&'static str, (PlaceId, Option<PlaceId>)>;

fn places(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    homes: &[(&'static str, &'static [&'static str])],
) -> Result<Named, Refusal> {
    let scope = Scope::<ManagePlaces>::for_the_portal(organisation);
    let mut named = Named::new();
    for &(home, zones) in homes {
        let id = organisations::add_home(tx, &scope, home)?;
        named.insert(home, (id, None));
        for &zone in zones {
            named.insert(zone, (id, Some(organisations::add_zone(tx, &scope, id, zone)?)));
        }
    }
    Ok(named)
}

/// Adds everybody who is here; returns their ids in the same order.
fn add_residents(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    places: &Named,
    here: &[Resident],
) -> Result<Vec<ResidentId>, Refusal> {
    let today = tx.now.date();
    let facts = here.iter().map(|one| facts(one, places, today)).collect::<Result<Vec<_>, _>>()?;
    let new: Vec<NewResident> = facts.into_iter().map(|facts| NewResident { organisation, facts }).collect();
    let ids = residents::insert_many(tx, &new)?;
    residents::settle(tx, organisation)?;
    let scope = Scope::<EditResidents>::for_the_portal(organisation);
    let words = format!("added {} residents of the demo", ids.len());
    audit::record(tx, &scope, Event::new("resident.added", words))?;
    Ok(ids)
}

fn facts(one: &Resident, places: &Named, today: NaiveDate) -> Result<ResidentFacts, Refusal> {
    let place = match places.get(one.zone.as_str()) {
        Some((home, Some(zone))) => format!("{home}-{zone}"),
        Some((home, None)) => home.to_string(),
        None => String::new(),
    };
    let mut born = one.born.split('-').map(str::to_owned);
    let mut next = || born.next().unwrap_or_default();
    let (year, month, day) = (next(), next(), next());
    let typed = TypedFacts {
        first_name: &one.first,
        last_name: &one.last,
        preferred_name: &one.known_as,
        born: (&day, &month, &year),
        nhs_number: &one.nhs,
        place: &place,
        room: &one.room,
        resident_type: &one.resident_type,
        care_status: &one.status,
    };
    ResidentFacts::read(&typed, today)
}

fn add_staff(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    places: &Named,
    here: Vec<Colleague>,
) -> Result<(), Refusal> {
    let scope = Scope::<EditStaff>::for_the_portal(organisation);
    for Colleague { first, last, email, home, title } in here {
        let home = places.get(home.as_str()).map(|(home, _)| home.to_string()).unwrap_or_default();
        let typed = TypedDetails {
            first_name: &first,
            last_name: &last,
            email: &email,
            job_title: &title,
            home: &home,
        };
        staff::add(tx, &scope, &StaffDetails::read(&typed)?)?;
    }
    Ok(())
}

/// Two organisations may switch on by themselves what a super manager can; the third has to ask the representative
/// first, and so has everybody for what the representative arranges.
fn available(tx: &mut Tx<'_>, operator: &Platform, organisation: OrganisationId) -> Result<(), Refusal> {
    for vendor in Vendor::ALL {
        if !matches!(vendor.about().switching, Switching::TokenWeIssue | Switching::KeyEntered(_)) {
            continue;
        }
        let reason = format!("the demo shows an organisation that may switch {vendor} on by itself");
        let allowed = Allowed { available: true, multi_service: false, reason };
        let by_default = Availability::OnceEnabled;
        connections::set_availability(tx, operator, organisation, vendor, by_default, &allowed)?;
    }
    Ok(())
}

/// The accounts in the order of [`SIGN_INS`], but those of Bright Path and Fieldway, which come last.
fn add_accounts(
    tx: &mut Tx<'_>,
    operator: &Platform,
    (willow, elm, rowan): (OrganisationId, OrganisationId, OrganisationId),
    places: &Named,
    mother: Option<ResidentId>,
    url: &str,
) -> Result<Vec<AccountId>, Refusal> {
    let [rep, super_manager, manager, staff, relative, stranger, other, ..] = SIGN_INS;
    let mut ids = vec![accounts::create_representative(tx, operator, &new(&rep)?)?.account];
    let members = [
        (willow, super_manager, Role::SuperManager),
        (willow, manager, Role::Manager),
        (willow, staff, Role::Staff),
        (willow, relative, Role::Relative),
        (elm, stranger, Role::SuperManager),
        (rowan, other, Role::SuperManager),
    ];
    for (organisation, one, role) in members {
        let made = accounts::add_member_by_platform(tx, operator, organisation, &new(&one)?, role)?;
        ids.push(made.account);
        let zone = places.get("Garden Wing").and_then(|(_, zone)| *zone);
        match (role, made.membership, zone, mother) {
            (Role::Staff, Some(member), Some(zone), _) => {
                let scope = Scope::<ManagePeople>::for_the_portal(organisation);
                accounts::assign_places(tx, &scope, member, &[zone])?;
            }
            (Role::Relative, _, _, Some(mother)) => {
                accounts::relate(tx, operator.by(), mother, made.account, "Son")?;
                families::fill(tx, organisation, mother, url)?;
            }
            _ => {}
        }
    }
    Ok(ids)
}

fn new(one: &SignIn) -> Result<NewAccount, Refusal> {
    Ok(NewAccount { email: address(one)?, name: one.name.into() })
}

fn address(one: &SignIn) -> Result<EmailAddress, Refusal> {
    EmailAddress::parse(one.email).ok_or_else(|| Refusal::Broken(format!("{} is no address", one.email)))
}

/// What to try in Willow House Group.
fn with_nourish(organisation: OrganisationId, url: &str) -> [String; 2] {
    let link = format!("{url}{}", crate::links::settings_website(organisation));
    [
        format!("To connect Nourish, open the Website tab of Org Settings: {link}"),
        "Tick Sync with Nourish and save. Then paste the token into the simulated Nourish, whose address \
         the demo printed when it started, and start the first sync."
            .into(),
    ]
}

/// What to try in Rowan Care.
fn with_two_systems(organisation: OrganisationId, url: &str) -> [String; 2] {
    let link = format!("{url}{}", crate::links::integrations(organisation));
    [
        format!("Rowan House uses PCS and Birch Lodge uses KareInn. Both stand on the page Integrations: {link}"),
        "For PCS, generate a key in the simulated PCS and enter it there. For KareInn, ask for it there; the \
         representative records the key that the simulated KareInn shows once it is switched on."
            .into(),
    ]
}

/// The first letter in the mailbox: what to try.
fn welcome(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    [first, second]: [String; 2],
) -> Result<(), Refusal> {
    for to in letters::super_managers(tx.conn, organisation)? {
        let paragraphs = [
            format!("Dear {},", to.name),
            "Welcome to the demo of Kinbridge. Everybody in it is made up.".into(),
            first.clone(),
            second.clone(),
            "This page shows every letter that Kinbridge writes.".into(),
        ];
        let letter = Letter {
            organisation: Some(organisation),
            to_email: to.email,
            to_name: to.name,
            subject: "Welcome to Kinbridge".into(),
            text: paragraphs.join("\n\n"),
            html: format!(
                "<!DOCTYPE html><html lang=\"en-GB\"><head><meta charset=\"utf-8\"><title>Kinbridge</title></head>\
                 <body><p>{}</p></body></html>",
                paragraphs.join("</p><p>")
            ),
            kind: Kind::Notice,
            useless_after: None,
            unsubscribe: None,
        };
        letters::send(tx, letter)?;
    }
    Ok(())
}
