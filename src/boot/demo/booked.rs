//! Connects Willow House Group with Fieldway Home Health in the same portal, each with its own end: a key and a webhook
//! there, address and secrets here. One visit was made yesterday and stands on a resident's timeline, one is for today:
//! whoever completes it as the demo's practitioner sees it come home.

use chrono::{NaiveDate, TimeDelta, TimeZone as _};
use chrono_tz::Europe::London;

use super::fieldway;
use crate::connectors::{Vendor, VisitRecord, VisitTask, VisitWindow};
use crate::db::Tx;
use crate::domain::Refusal;
use crate::domain::access::{
    ManageAppointments, ManageIntegrations, ManagePlaces, Platform, Scope, ViewResidents,
};
use crate::domain::api_keys::{self, KeyScope, Mode, NewKey};
use crate::domain::booked_visits::{self, Due, New, Order, TypedAddress};
use crate::domain::connections::{
    self, Allowed, Availability, Destination, HookForm, TypedHook, TypedKey, TypedVisitSettings,
};
use crate::domain::organisations;
use crate::domain::patients;
use crate::domain::practitioners;
use crate::domain::residents::{self, Wanted};
use crate::domain::sent_forms::Once;
use crate::domain::tasks::{self, Task};
use crate::domain::visits::{self, NewVisit, Place, PlaceKind, Planning, Visit};
use crate::domain::webhooks::{self, Kind};
use crate::domain::windows::Slot;
use crate::kit::ids::{ConnectionId, OrganisationId, ResidentId};
use crate::kit::sealed::KeyRing;
use crate::kit::secret::Secret;
use crate::links;

const PHONE: &str = "0113 496 0120";
const EMAIL: &str = "office@willow.kinbridge.test";
/// Of the home whose residents are visited; inside of what Fieldway covers.
const HOME: &str = "Willow House";
const WINDOW: &str = "PM";
/// Who was visited yesterday, and who is today; both live at Willow House.
const VISITED: &str = "Doris Ashworth";
const TO_VISIT: &str = "Joan Smith";

/// The two organisations.
#[derive(Clone, Copy)]
pub struct Ends {
    pub home: OrganisationId,
    pub health: OrganisationId,
}

/// Makes both ends and the two visits. `url` is where the portal reaches itself.
pub fn fill(
    tx: &mut Tx<'_>,
    operator: &Platform,
    ends: Ends,
    (keys, url): (&KeyRing, &str),
) -> Result<(), Refusal> {
    let now = tx.now;
    let today = London.from_utc_datetime(&now).date_naive();
    // As if it had been set up three days ago: nothing can be booked for a day that is over.
    tx.now = now - TimeDelta::days(3);
    let key = key_of_the_home(tx, ends.health)?;
    let connection = connect(tx, operator, ends.home, (keys, url), key)?;
    enter_address(tx, ends.home)?;
    let yesterdays = book(tx, ends, VISITED, today - TimeDelta::days(1))?;
    book(tx, ends, TO_VISIT, today)?;
    make(tx, ends.health, yesterdays)?;
    tx.now = now;
    tell(tx, ends, connection, (keys, url))?;
    Ok(connections::service_answered(tx, connection)?)
}

/// What the home books with, made at Fieldway.
fn key_of_the_home(tx: &mut Tx<'_>, health: OrganisationId) -> Result<Secret, Refusal> {
    let scope = Scope::<ManageIntegrations>::for_the_portal(health);
    let scopes = KeyScope::ALL.iter().copied().collect();
    let new = NewKey { name: "Willow House Group".into(), mode: Some(Mode::Live), scopes };
    Ok(api_keys::make(tx, &scope, &new)?.1)
}

fn connect(
    tx: &mut Tx<'_>,
    operator: &Platform,
    home: OrganisationId,
    (keys, url): (&KeyRing, &str),
    key: Secret,
) -> Result<ConnectionId, Refusal> {
    let of = (Vendor::AllyHealth, Availability::OnceEnabled);
    let reason = "the demo's care home books visits with Fieldway Home Health".to_owned();
    let allowed = Allowed { available: true, multi_service: false, reason };
    connections::set_availability(tx, operator, home, of.0, of.1, &allowed)?;
    let scope = Scope::<ManageIntegrations>::for_the_portal(home);
    let to = Destination { origin: String::new(), allowed_origins: vec![url.to_owned()] };
    let address = format!("{url}/api/v1");
    let typed = TypedKey { secret: key, address, valid_until: None, agreed: true, pays: false };
    let connection = connections::enter_key(tx, &scope, keys, of, &to, &typed)?;
    connections::service_answered(tx, connection)?;
    let typed = TypedVisitSettings { phone: PHONE.into(), email: EMAIL.into(), shares_nhs_number: false };
    connections::set_visit_settings(tx, &scope, connection, &typed)?;
    Ok(connection)
}

fn enter_address(tx: &mut Tx<'_>, home: OrganisationId) -> Result<(), Refusal> {
    let places = Scope::<ManagePlaces>::for_the_portal(home);
    let all = organisations::places(tx.conn, &places)?;
    let place = all.into_iter().find(|place| place.name == HOME).ok_or_else(|| missing(HOME))?;
    let typed = TypedAddress {
        line1: "12 Mill Lane".into(),
        city: "Leeds".into(),
        postcode: "LS6 3AA".into(),
        access_notes: "Ring at the main door; the nurse in charge comes.".into(),
        ..TypedAddress::default()
    };
    let scope = Scope::<ManageAppointments>::for_the_portal(home);
    booked_visits::set_home_address(tx, &scope, place.id, &typed)
}

/// Asks for a visit here and takes the booking there, as job and API do over HTTP.
fn book(tx: &mut Tx<'_>, ends: Ends, name: &str, date: NaiveDate) -> Result<(Due, Visit), Refusal> {
    let there = Scope::<ManageAppointments>::for_the_portal(ends.health);
    let all = tasks::bookable(tx.conn, ends.health)?;
    let task = all.into_iter().find(|one| one.name == fieldway::CHECK);
    let task = task.ok_or_else(|| missing(fieldway::CHECK))?;
    let offered = visits::availability(tx.conn, &there, Mode::Live, (date, date), tx.now)?;
    let slot = offered.into_iter().map(|one| one.slot).find(|slot| slot.name == WINDOW);
    let slot = slot.ok_or_else(|| missing(WINDOW))?;
    let due = ask(tx, ends.home, name, (&task, &slot))?;
    let visit = take(tx, &there, &due, (&task, &slot))?;
    booked_visits::note_patient(tx, due.booked.id, &visit.patient_public_id)?;
    booked_visits::took(tx, &due, &as_answered(&visit))?;
    Ok((due, visit))
}

fn ask(
    tx: &mut Tx<'_>,
    home: OrganisationId,
    name: &str,
    (task, slot): (&Task, &Slot),
) -> Result<Due, Refusal> {
    let task = VisitTask {
        id: task.public_id.clone(),
        name: task.name.clone(),
        description: String::new(),
        minutes: None,
    };
    let window = VisitWindow {
        id: slot.public_id(),
        name: slot.name.clone(),
        starts_at: slot.starts_at.and_utc(),
        ends_at: Some(slot.ends_at.and_utc()),
    };
    let resident = resident(tx, home, name)?;
    let note = "In the lounge after lunch; the nurse in charge comes along.".to_owned();
    let scope = Scope::<ManageAppointments>::for_the_portal(home);
    let new = New { resident, task, window, note, form: String::new() };
    let (Once::Now(id) | Once::Before(id)) = booked_visits::ask(tx, &scope, &new)?;
    let due = booked_visits::claim(tx, 10)?.into_iter().find(|due| due.booked.id == id);
    due.ok_or_else(|| missing("visit to ask for"))
}

/// The other end: the resident as a patient, and the appointment with the demo's practitioner.
fn take(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageAppointments>,
    due: &Due,
    (task, slot): (&Task, &Slot),
) -> Result<Visit, Refusal> {
    let Order { patient: sent, visit } =
        booked_visits::order(tx.conn, &due.booked)?.map_err(Refusal::Broken)?;
    let typed = patients::Typed {
        first_name: sent.first_name,
        last_name: sent.last_name,
        phone: sent.phone,
        email: sent.email,
        external_ref: sent.external_ref,
        date_of_birth: sent.date_of_birth.to_string(),
        address: Some(patients::TypedAddress {
            line1: visit.place.line1,
            line2: visit.place.line2,
            city: visit.place.city,
            postcode: visit.place.postcode,
            access_notes: visit.place.access_notes,
            ..patients::TypedAddress::default()
        }),
        ..patients::Typed::default()
    };
    let patient = patients::add(tx, scope, Mode::Live, &fieldway::details(&typed, tx.now)?)?;
    let address = patient.details.address.clone().ok_or_else(|| missing("address"))?;
    let new = NewVisit {
        planning: Planning::Window(slot.window, slot.date),
        external_ref: visit.external_ref,
        note: visit.note,
        phone: visit.phone,
        place: Place { kind: PlaceKind::Home, address },
        metadata: serde_json::Value::Null,
        documents: Vec::new(),
        series: None,
    };
    let visit = visits::create(tx, scope, (&patient, task), &new)?;
    let all = practitioners::list(tx.conn, scope)?;
    let ana = all.iter().find(|one| one.name == fieldway::ANA).ok_or_else(|| missing(fieldway::ANA))?;
    visits::assign(tx, scope, (Mode::Live, visit.id), Some((ana.id, &ana.name)), None)
}

/// The visit as it was made, and word of that here.
fn make(tx: &mut Tx<'_>, health: OrganisationId, (due, visit): (Due, Visit)) -> Result<(), Refusal> {
    let scope = Scope::<ManageAppointments>::for_the_portal(health);
    let begins = visit.booked.as_ref().map_or(tx.now, |booked| booked.starts_at);
    tx.now = begins + TimeDelta::minutes(25);
    visits::start(tx, &scope, visit.id)?;
    for step in visits::steps(tx.conn, &visit)? {
        visits::tick(tx, &scope, (visit.id, step.id), true)?;
    }
    tx.now = begins + TimeDelta::minutes(45);
    let made = visits::complete(tx, &scope, visit.id, "138 over 82, sitting.", &serde_json::Value::Null)?;
    booked_visits::took(tx, &due, &as_answered(&made))?;
    Ok(())
}

/// The visit as the API tells of it.
fn as_answered(visit: &Visit) -> VisitRecord {
    let booked = visit.booked.as_ref();
    VisitRecord {
        id: visit.public_id.clone(),
        external_ref: visit.external_ref.clone(),
        status: visit.status.as_str().to_owned(),
        window_name: booked.map(|booked| booked.name.clone()).unwrap_or_default(),
        starts_at: booked.map(|booked| booked.starts_at.and_utc()),
        ends_at: booked.map(|booked| booked.ends_at.and_utc()),
        updated_at: Some(visit.updated_at.and_utc()),
    }
}

/// Fieldway tells the home of each change from now on.
fn tell(
    tx: &mut Tx<'_>,
    ends: Ends,
    connection: ConnectionId,
    (keys, url): (&KeyRing, &str),
) -> Result<(), Refusal> {
    let here = Scope::<ManageIntegrations>::for_the_portal(ends.home);
    let there = Scope::<ManageIntegrations>::for_the_portal(ends.health);
    let settings = connections::visit_settings(tx.conn, &here, connection)?;
    let settings = settings.ok_or_else(|| missing("visit service"))?;
    let to = format!("{url}{}", links::visit_news(&settings.hook_path));
    let kinds: Vec<Kind> = Kind::offered().collect();
    let wanted = webhooks::Wanted::read("Willow House Group", &to, &kinds, &[url.to_owned()])?;
    let (_, secret) = webhooks::add(tx, &there, keys, Mode::Live, &wanted)?;
    let form = HookForm::Standard.as_str().to_owned();
    let typed = TypedHook { form, header: settings.hook_header, secret };
    connections::set_hook(tx, &here, keys, connection, &typed)
}

fn resident(tx: &mut Tx<'_>, home: OrganisationId, name: &str) -> Result<ResidentId, Refusal> {
    let scope = Scope::<ViewResidents>::for_the_portal(home);
    let wanted = Wanted { search: name.to_owned(), ..Wanted::default() };
    let found = residents::list(tx.conn, &scope, &wanted, 0, 1)?.rows;
    found.first().map(|one| one.id).ok_or_else(|| missing(name))
}

fn missing(what: &str) -> Refusal {
    Refusal::Broken(format!("the demo has no {what}"))
}
