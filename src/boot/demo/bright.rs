//! Puts Bright Path Therapy into a new database: its agencies, clients, staff and appointments, and the accounts of
//! three people. Ensora Data Collection is available to it and not switched on: that is for whoever tries the demo.

use std::collections::HashMap;

use chrono::{TimeDelta, TimeZone as _};
use chrono_tz::Europe::London;

use super::therapy::{self, Client, Member, Session};
use crate::connectors::Vendor;
use crate::db::Tx;
use crate::domain::Refusal;
use crate::domain::access::{
    EditResidents, EditStaff, ManageAppointments, ManagePeople, ManagePlaces, Platform, Role, Scope,
};
use crate::domain::accounts::{self, NewAccount};
use crate::domain::appointments;
use crate::domain::connections::{self, Allowed, Availability};
use crate::domain::organisations::{self, NewOrganisation, Typed};
use crate::domain::residents::{self, NewResident, ResidentFacts, TypedFacts};
use crate::domain::staff::{self, StaffDetails, TypedDetails};
use crate::kit::ids::{AccountId, OrganisationId, PlaceId};

/// Where the therapist who can sign in works.
const THERAPISTS_AGENCY: &str = "Riverside Clinic";

type Agencies = HashMap<&'static str, PlaceId>;

/// Makes the organisation with everybody and everything in it.
pub fn fill(tx: &mut Tx<'_>, operator: &Platform) -> Result<OrganisationId, Refusal> {
    let typed = Typed {
        name: therapy::NAME,
        kind: "company",
        sector: "therapy",
        time_zone: therapy::TIME_ZONE,
        ..Typed::default()
    };
    let organisation = organisations::create(tx, operator, &NewOrganisation::read(&typed)?)?;
    let agencies = agencies(tx, organisation)?;
    clients(tx, organisation, &agencies)?;
    staff(tx, organisation, &agencies)?;
    sessions(tx, organisation, &agencies)?;
    let allowed = Allowed {
        available: true,
        multi_service: false,
        reason: "the demo shows an organisation that has asked for Ensora".into(),
    };
    let by_default = Availability::OnceEnabled;
    connections::set_availability(tx, operator, organisation, Vendor::Ensora, by_default, &allowed)?;
    Ok(organisation)
}

/// The accounts of a super manager, a manager and a therapist, in this order.
pub fn accounts(
    tx: &mut Tx<'_>,
    operator: &Platform,
    organisation: OrganisationId,
    people: [NewAccount; 3],
) -> Result<Vec<AccountId>, Refusal> {
    let mut ids = Vec::with_capacity(people.len());
    for (new, role) in people.iter().zip([Role::SuperManager, Role::Manager, Role::Staff]) {
        let made = accounts::add_member_by_platform(tx, operator, organisation, new, role)?;
        ids.push(made.account);
        let (Role::Staff, Some(membership)) = (role, made.membership) else { continue };
        let scope = Scope::<ManagePeople>::for_the_portal(organisation);
        let agency = organisations::places(tx.conn, &scope)?
            .into_iter()
            .find(|place| place.name == THERAPISTS_AGENCY)
            .ok_or_else(|| missing(THERAPISTS_AGENCY))?;
        accounts::assign_places(tx, &scope, membership, &[agency.id])?;
    }
    Ok(ids)
}

/// What to try there.
pub fn words(organisation: OrganisationId, url: &str) -> [String; 2] {
    let link = format!("{url}{}", crate::links::settings_therapy(organisation));
    [
        format!("To connect Ensora Data Collection, press Synchronization on the Settings tab of Org Settings: {link}"),
        "The simulated Ensora, whose address the demo printed when it started, shows the Organization ID and \
         the token. One site has another name there than its agency here: map it, and clients, staff and \
         session notes follow."
            .into(),
    ]
}

fn missing(what: &str) -> Refusal {
    Refusal::Broken(format!("the demo has no {what}"))
}

fn agencies(tx: &mut Tx<'_>, organisation: OrganisationId) -> Result<Agencies, Refusal> {
    let scope = Scope::<ManagePlaces>::for_the_portal(organisation);
    let mut agencies = Agencies::new();
    for name in therapy::AGENCIES {
        agencies.insert(name, organisations::add_home(tx, &scope, name)?);
    }
    Ok(agencies)
}

fn clients(tx: &mut Tx<'_>, organisation: OrganisationId, agencies: &Agencies) -> Result<(), Refusal> {
    let scope = Scope::<EditResidents>::for_the_portal(organisation);
    let today = tx.now.date();
    let facts = |one: &Client| {
        let place = agencies.get(one.agency.as_str()).ok_or_else(|| missing(&one.agency))?.to_string();
        let mut born = one.born.split('-');
        let mut next = || born.next().unwrap_or_default();
        let (year, month, day) = (next(), next(), next());
        let typed = TypedFacts {
            first_name: &one.first,
            last_name: &one.last,
            born: (day, month, year),
            place: &place,
            ..TypedFacts::default()
        };
        Ok::<_, Refusal>(NewResident { organisation, facts: ResidentFacts::read(&typed, today)? })
    };
    let new = therapy::clients().iter().map(facts).collect::<Result<Vec<_>, _>>()?;
    let ids = residents::insert_many(tx, &new)?;
    residents::settle(tx, organisation)?;
    let words = format!("added {} clients of the demo", ids.len());
    let event = crate::domain::audit::Event::new("resident.added", words);
    crate::domain::audit::record(tx, &scope, event)?;
    Ok(())
}

fn staff(tx: &mut Tx<'_>, organisation: OrganisationId, agencies: &Agencies) -> Result<(), Refusal> {
    let scope = Scope::<EditStaff>::for_the_portal(organisation);
    for Member { first, last, email, agencies: works, title } in therapy::staff() {
        let works: Vec<PlaceId> =
            works.iter().filter_map(|name| agencies.get(name.as_str())).copied().collect();
        let home = works.first().map(PlaceId::to_string).unwrap_or_default();
        let typed = TypedDetails {
            first_name: &first,
            last_name: &last,
            email: &email,
            job_title: &title,
            home: &home,
        };
        let id = staff::add(tx, &scope, &StaffDetails::read(&typed)?)?;
        staff::set_places(tx, &scope, id, &works)?;
    }
    Ok(())
}

/// The appointments, counted from today as the session notes are.
fn sessions(tx: &mut Tx<'_>, organisation: OrganisationId, agencies: &Agencies) -> Result<(), Refusal> {
    let scope = Scope::<ManageAppointments>::for_the_portal(organisation);
    let types = appointments::status_types(tx.conn, &scope)?;
    let scheduled = types.iter().find(|one| one.name == "Scheduled").map(|one| one.id.to_string());
    let scheduled = scheduled.ok_or_else(|| missing("status of appointments"))?;
    let today = London.from_utc_datetime(&tx.now).date_naive();
    for Session { day, start, end, client, staff, agency, kind, directness, .. } in therapy::sessions() {
        let place = agencies.get(agency.as_str()).ok_or_else(|| missing(&agency))?;
        let typed = appointments::Typed {
            service: if client.is_empty() { String::new() } else { "Direct therapy".to_owned() },
            kind,
            client,
            staff,
            place: place.to_string(),
            directness,
            status: scheduled.clone(),
            day: (today + TimeDelta::days(day)).to_string(),
            start: start.format("%H:%M").to_string(),
            end: end.format("%H:%M").to_string(),
            ..appointments::Typed::default()
        };
        match appointments::plan(tx, &scope, &typed, London, &[])? {
            appointments::Planned::Done(_) => {}
            appointments::Planned::Busy(_) => return Err(missing("free hour for an appointment")),
        }
    }
    Ok(())
}
