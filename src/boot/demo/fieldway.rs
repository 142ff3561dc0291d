//! Puts Fieldway Home Health into a new database: what it does and when, where, by whom and for whom, with appointments
//! of the coming days. Test keys are for whoever tries the demo; what a care home books with stands in `booked`.

use chrono::{Days, NaiveDate, NaiveDateTime, TimeZone as _};
use chrono_tz::Europe::London;

use super::papers;
use crate::db::Tx;
use crate::domain::Refusal;
use crate::domain::access::{
    EditStaff, ManageAppointments, ManageOrganisation, ManagePeople, ManagePlaces, Platform, Role, Scope,
};
use crate::domain::accounts::{self, NewAccount};
use crate::domain::api_keys::Mode;
use crate::domain::coverage;
use crate::domain::organisations::{self, NewOrganisation, Typed};
use crate::domain::patients::{self, Details, Patient, TypedAddress};
use crate::domain::practitioners::{self, TypedHeld, TypedShift};
use crate::domain::staff::{self, StaffDetails, TypedDetails};
use crate::domain::tasks::{self, Task, TypedStep};
use crate::domain::visits::{self, NewVisit, Place, PlaceKind, Planning};
use crate::domain::windows;
use crate::kit::email_address::EmailAddress;
use crate::kit::ids::{AccountId, OrganisationId, PlaceId, SkillId, StaffMemberId, TaskId, WindowId};

pub const NAME: &str = "Fieldway Home Health";
/// What care homes book: it asks for no skill and no picture.
pub const CHECK: &str = "Blood pressure check";
/// Who signs in as the demo's practitioner, and as its patient.
pub const ANA: &str = "Ana Diaz";
const DOREEN: &str = "patient@demo.kinbridge.test";

const AREA: &str = "Leeds";
const WEEK: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

type Practitioner = (&'static str, &'static str, &'static str, &'static str, [Option<&'static str>; 2]);
type Person =
    (&'static str, &'static str, &'static str, &'static str, &'static str, &'static str, &'static str);

/// First and last name, title, where the day starts, until when they may take blood and dress wounds. The first signs
/// in as the demo's practitioner.
const PRACTITIONERS: [Practitioner; 3] = [
    ("Ana", "Diaz", "Phlebotomist", "LS6 2AE", [Some("2028-05-31"), None]),
    ("Tunde", "Okoro", "Community nurse", "LS8 1NT", [Some("2027-09-30"), Some("2028-01-31")]),
    ("Faye", "Lister", "Community nurse", "LS12 1BE", [None, Some("2027-12-31")]),
];

/// First and last name, born, phone, street, postcode, note.
const PATIENTS: [Person; 6] = [
    (
        "Doreen",
        "Hughes",
        "1941-06-02",
        "0113 496 0101",
        "12 Otley Road",
        "LS6 4DJ",
        "Walks slowly: give her time to open.",
    ),
    ("Malik", "Hussain", "1955-11-19", "0113 496 0102", "3 Roundhay Mount", "LS8 4DR", ""),
    (
        "Joyce",
        "Appleyard",
        "1938-01-27",
        "0113 496 0103",
        "41 Town Street",
        "LS12 3AB",
        "Key safe by the door; ring first.",
    ),
    ("Peter", "Marsden", "1962-08-14", "0113 496 0104", "7 Park Row", "LS1 5HD", ""),
    ("Shirley", "Booth", "1947-03-30", "0113 496 0105", "19 Cardigan Lane", "LS4 2LE", ""),
    (
        "Gurdeep",
        "Singh",
        "1950-12-05",
        "0113 496 0106",
        "88 Street Lane",
        "LS17 6HJ",
        "Prefers the afternoon.",
    ),
];

/// Makes the organisation with everything in it.
pub fn fill(tx: &mut Tx<'_>, operator: &Platform) -> Result<OrganisationId, Refusal> {
    let typed = Typed {
        name: NAME,
        kind: "company",
        sector: "community health",
        time_zone: "Europe/London",
        ..Typed::default()
    };
    let organisation = organisations::create(tx, operator, &NewOrganisation::read(&typed)?)?;
    let places = Scope::<ManagePlaces>::for_the_portal(organisation);
    let area = organisations::add_home(tx, &places, AREA)?;
    let scope = Scope::<ManageOrganisation>::for_the_portal(organisation);
    let skills = [("skill", "Phlebotomy"), ("training", "Wound care")];
    let skills = [
        tasks::add_skill(tx, &scope, skills[0].0, skills[0].1)?,
        tasks::add_skill(tx, &scope, skills[1].0, skills[1].1)?,
    ];
    let blood = task(tx, (operator, &scope), blood_test(skills[0])?)?;
    task(tx, (operator, &scope), dressing(skills[1])?)?;
    task(tx, (operator, &scope), check()?)?;
    let early = window(tx, &scope, ("Early", "07:00", "09:00"), 4)?;
    let pm = window(tx, &scope, ("PM", "13:00", "17:00"), 6)?;
    let around = coverage::Typed { kind: "radius".into(), district: "LS1".into(), miles: "8".into() };
    coverage::add(tx, &scope, &around)?;
    let staff = practitioners(tx, organisation, area, skills)?;
    appointments(tx, organisation, (blood, [early, pm]), &staff)?;
    Ok(organisation)
}

fn step(kind: &str, words: &str, code: &str) -> TypedStep {
    TypedStep { kind: kind.into(), words: words.into(), snomed_code: code.into(), ..TypedStep::default() }
}

fn blood_test(skill: SkillId) -> Result<tasks::Facts, Refusal> {
    read(tasks::Typed {
        name: "Blood test at home".into(),
        description: "Takes blood and sends it to the laboratory.".into(),
        minutes: "30".into(),
        documents: true,
        steps: vec![
            step("procedure", "Take blood from a vein", "28520004"),
            step("photo", "Picture of the labelled tubes", ""),
            step("administrative", "Courier sample to laboratory", ""),
        ],
        skills: vec![skill],
        ..tasks::Typed::default()
    })
}

fn dressing(skill: SkillId) -> Result<tasks::Facts, Refusal> {
    read(tasks::Typed {
        name: "Wound dressing".into(),
        description: "Cleans a wound and dresses it anew.".into(),
        minutes: "45".into(),
        scheduled: true,
        minimum_gap_days: "3".into(),
        steps: vec![
            step("administrative", "Read the care plan", ""),
            step("photo", "Picture of the wound", ""),
            step("administrative", "Write the next date down", ""),
        ],
        skills: vec![skill],
        ..tasks::Typed::default()
    })
}

fn check() -> Result<tasks::Facts, Refusal> {
    read(tasks::Typed {
        name: CHECK.into(),
        description: "Measures blood pressure and pulse where somebody lives.".into(),
        minutes: "20".into(),
        steps: vec![
            step("procedure", "Measure blood pressure and pulse", "46973005"),
            step("administrative", "Write both into the note", ""),
        ],
        ..tasks::Typed::default()
    })
}

fn read(typed: tasks::Typed) -> Result<tasks::Facts, Refusal> {
    tasks::Facts::read(&typed)
        .map_err(|wrong| Refusal::Broken(format!("a task of the demo cannot be used: {wrong:?}")))
}

/// A task to which both have agreed.
fn task(
    tx: &mut Tx<'_>,
    (operator, scope): (&Platform, &Scope<ManageOrganisation>),
    facts: tasks::Facts,
) -> Result<Task, Refusal> {
    let id: TaskId = tasks::create(tx, scope, &facts)?;
    if facts.documents {
        tasks::add_document(tx, scope, id, &papers::guide()?)?;
    }
    let kept = tasks::get(tx.conn, scope, id)?;
    let mark = kept.draft().map(|draft| draft.task.mark()).unwrap_or_default();
    tasks::agree(tx, scope, id, &mark)?;
    tasks::agree_for_platform(tx, operator, scope.organisation(), id, &mark)?;
    tasks::by_public_id(tx.conn, scope.organisation(), &kept.public_id)
}

fn window(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageOrganisation>,
    (name, from, to): (&str, &str, &str),
    capacity: u32,
) -> Result<WindowId, Refusal> {
    let typed = windows::Typed {
        name: name.into(),
        from: from.into(),
        to: to.into(),
        weekdays: WEEK.map(str::to_owned).into(),
        capacity: capacity.to_string(),
    };
    windows::add(tx, scope, &windows::Facts::read(&typed)?)
}

/// Where the demo's accounts and staff have their mail.
fn address(first: &str) -> String {
    format!("{}@fieldway.kinbridge.test", first.to_lowercase())
}

fn practitioners(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    area: PlaceId,
    skills: [SkillId; 2],
) -> Result<Vec<(StaffMemberId, String)>, Refusal> {
    let scope = Scope::<EditStaff>::for_the_portal(organisation);
    let home = area.to_string();
    let mut all = Vec::new();
    for (at, (first, last, title, base, until)) in PRACTITIONERS.into_iter().enumerate() {
        // The account of the practitioner is found by the address.
        let email = if at == 0 { "practitioner@demo.kinbridge.test".to_owned() } else { address(first) };
        let typed =
            TypedDetails { first_name: first, last_name: last, email: &email, job_title: title, home: &home };
        let id = staff::add(tx, &scope, &StaffDetails::read(&typed)?)?;
        practitioners::make(tx, &scope, id, base)?;
        let shift =
            TypedShift { days: WEEK.map(str::to_owned).into(), from: "07:00".into(), to: "18:00".into() };
        practitioners::add_shift(tx, &scope, id, &shift)?;
        for (skill, until) in skills.into_iter().zip(until) {
            let Some(until) = until else { continue };
            let held = TypedHeld {
                skill: skill.to_string(),
                until: until.into(),
                reference: "Certificate seen".into(),
            };
            practitioners::record(tx, &scope, id, &held)?;
        }
        all.push((id, format!("{first} {last}")));
    }
    Ok(all)
}

fn patient(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageAppointments>,
    (at, one): (usize, &Person),
) -> Result<Patient, Refusal> {
    let (first, last, born, phone, street, postcode, note) = *one;
    let typed = patients::Typed {
        first_name: first.into(),
        last_name: last.into(),
        phone: phone.into(),
        email: if at == 0 { DOREEN.to_owned() } else { address(first) },
        date_of_birth: born.into(),
        note: note.into(),
        address: Some(TypedAddress {
            line1: street.into(),
            city: "Leeds".into(),
            postcode: postcode.into(),
            ..TypedAddress::default()
        }),
        ..patients::Typed::default()
    };
    patients::add(tx, scope, Mode::Live, &details(&typed, tx.now)?)
}

/// What was typed of a patient.
pub fn details(typed: &patients::Typed, now: NaiveDateTime) -> Result<Details, Refusal> {
    Details::read(typed, now)
        .map_err(|wrong| Refusal::Broken(format!("a patient of the demo cannot be used: {wrong:?}")))
}

/// Two appointments for each patient in the coming days, the first of each with its practitioner; the first patient
/// signs in, and chooses when a third is made.
fn appointments(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    (task, windows): (Task, [WindowId; 2]),
    staff: &[(StaffMemberId, String)],
) -> Result<(), Refusal> {
    let scope = Scope::<ManageAppointments>::for_the_portal(organisation);
    let today = London.from_utc_datetime(&tx.now).date_naive();
    let day = |ahead: u64| -> NaiveDate { today.checked_add_days(Days::new(ahead)).unwrap_or(today) };
    for (at, one) in PATIENTS.iter().enumerate() {
        let of = patient(tx, &scope, (at, one))?;
        let Some(address) = of.details.address.clone() else { continue };
        let [early, pm] = windows;
        let window = if at % 2 == 0 { early } else { pm };
        let new = |planning: Planning| NewVisit {
            planning,
            external_ref: String::new(),
            note: String::new(),
            phone: of.details.phone.clone(),
            place: Place { kind: PlaceKind::Home, address: address.clone() },
            metadata: serde_json::Value::Null,
            documents: Vec::new(),
            series: None,
        };
        if at == 0 {
            patients::invite(tx, &scope, of.id)?;
            visits::create(tx, &scope, (&of, &task), &new(Planning::PatientLed))?;
        }
        for (nth, ahead) in [1_u64, 8].into_iter().enumerate() {
            let new = new(Planning::Window(window, day(ahead)));
            let visit = visits::create(tx, &scope, (&of, &task), &new)?;
            let who = staff.get(at % 2).filter(|_| nth == 0 && at < 4);
            if let Some((id, name)) = who {
                visits::assign(tx, &scope, (Mode::Live, visit.id), Some((*id, name.as_str())), None)?;
                visits::add_document(tx, &scope, (Mode::Live, visit.id), &papers::referral()?)?;
            }
        }
    }
    Ok(())
}

/// The accounts of a super manager, a practitioner and a patient, in this order; the patient's was made when she was
/// invited.
pub fn accounts(
    tx: &mut Tx<'_>,
    operator: &Platform,
    organisation: OrganisationId,
    people: [NewAccount; 2],
) -> Result<Vec<AccountId>, Refusal> {
    let mut ids = Vec::with_capacity(people.len());
    for (new, role) in people.iter().zip([Role::SuperManager, Role::Staff]) {
        let made = accounts::add_member_by_platform(tx, operator, organisation, new, role)?;
        ids.push(made.account);
        let (Role::Staff, Some(membership)) = (role, made.membership) else { continue };
        let scope = Scope::<ManagePeople>::for_the_portal(organisation);
        let area = organisations::places(tx.conn, &scope)?.into_iter().find(|place| place.name == AREA);
        let area = area.ok_or_else(|| Refusal::Broken(format!("the demo has no {AREA}")))?;
        accounts::assign_places(tx, &scope, membership, &[area.id])?;
    }
    let patient = EmailAddress::parse(DOREEN).map(|address| accounts::find(tx.conn, operator, &address));
    let patient = patient.transpose()?.flatten();
    ids.push(patient.ok_or_else(|| Refusal::Broken(format!("the demo has no {DOREEN}")))?);
    Ok(ids)
}

/// What to try there.
pub fn words(organisation: OrganisationId, url: &str) -> [String; 2] {
    let link = format!("{url}{}", crate::links::visits(organisation));
    [
        format!("Appointments of the coming days are here: {link}"),
        "Open the Day plan of tomorrow and plan it, and make an API key on Org Settings to book as a program \
         does. Willow House Group books here too: what Ana Diaz completes stands on the resident's timeline there."
            .into(),
    ]
}
