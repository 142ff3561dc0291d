//! What Harrogate Home Visits has set up: one agreed task, two windows and two covered areas.
//!
//! ```ignore
//! let at = Community::start().await;
//! let catalogue = with_catalogue(&at);
//! ```

#![cfg(test)]

use chrono::NaiveDate;
use kinbridge::domain::access::{ManageAppointments, ManageOrganisation, Platform, Scope, ViewAppointments};
use kinbridge::domain::api_keys::Mode;
use kinbridge::domain::coverage;
use kinbridge::domain::patients::{self, Patient};
use kinbridge::domain::tasks::{self, TypedStep};
use kinbridge::domain::visits::{self, NewVisit, Planning};
use kinbridge::domain::windows;
use kinbridge::kit::ids::{SkillId, TaskId, TaskVersionId, WindowId};

use super::TestApp;
use super::community::Community;

/// The numbers of what is set up.
pub struct Catalogue {
    /// *Blood test at home*, agreed: 30 minutes, venepuncture (28520004), courier, photo; asks for *Phlebotomy*.
    pub task: TaskId,
    /// `tsk_…`.
    pub task_public_id: String,
    pub task_version: TaskVersionId,
    /// The skill *Phlebotomy*.
    pub phlebotomy: SkillId,
    /// *Early*, 07:00 to 09:00, Monday to Friday, two appointments a day.
    pub early: WindowId,
}

/// Sets it up. Covered are LS1 and ten miles around LS8.
pub fn with_catalogue(at: &Community) -> Catalogue {
    let scope = at.scope::<ManageOrganisation>();
    let phlebotomy = at.write(|tx| tasks::add_skill(tx, &scope, "skill", "Phlebotomy"));
    let task = at.write(|tx| tasks::create(tx, &scope, &blood_test(&[phlebotomy])));
    agreed_by_both(at, &scope, task);
    let early = window(at, &scope, "Early", ("07:00", "09:00"));
    window(at, &scope, "PM", ("13:00", "17:00"));
    for (kind, district, miles) in [("district", "LS1", ""), ("radius", "LS8", "10")] {
        let typed = coverage::Typed { kind: kind.into(), district: district.into(), miles: miles.into() };
        at.write(|tx| coverage::add(tx, &scope, &typed));
    }
    let kept = at.read(|conn| tasks::get(conn, &at.scope::<ViewAppointments>(), task));
    let task_version = kept.agreed().unwrap().task.version;
    Catalogue { task, task_public_id: kept.public_id, task_version, phlebotomy, early }
}

/// *Blood test at home*, as somebody types it.
pub fn blood_test(skills: &[SkillId]) -> tasks::Facts {
    let step = |kind: &str, words: &str, code: &str| TypedStep {
        kind: kind.into(),
        words: words.into(),
        snomed_code: code.into(),
        ..TypedStep::default()
    };
    let typed = tasks::Typed {
        name: "Blood test at home".into(),
        minutes: "30".into(),
        steps: vec![
            step("procedure", "Take blood", "28520004"),
            step("administrative", "Hand the tube to the courier", ""),
            step("photo", "The labelled tube", ""),
        ],
        skills: skills.to_vec(),
        ..tasks::Typed::default()
    };
    tasks::Facts::read(&typed).unwrap()
}

/// The organisation and the representative agree to the draft as it is.
pub fn agreed_by_both(app: &TestApp, scope: &Scope<ManageOrganisation>, task: TaskId) {
    let operator = Platform::for_the_operator();
    let kept = app.read(|conn| tasks::get(conn, scope, task));
    let mark = kept.draft().unwrap().task.mark();
    app.write(|tx| tasks::agree(tx, scope, task, &mark));
    app.write(|tx| tasks::agree_for_platform(tx, &operator, scope.organisation(), task, &mark));
}

/// A window of Mondays to Fridays, with two places a day.
pub fn window(
    app: &TestApp,
    scope: &Scope<ManageOrganisation>,
    name: &str,
    (from, to): (&str, &str),
) -> WindowId {
    let typed = windows::Typed {
        name: name.into(),
        from: from.into(),
        to: to.into(),
        weekdays: ["mon", "tue", "wed", "thu", "fri"].map(str::to_owned).into(),
        capacity: "2".into(),
    };
    let facts = windows::Facts::read(&typed).unwrap();
    app.write(|tx| windows::add(tx, scope, &facts))
}

/// A live patient in LS1.
pub fn patient(at: &Community, (first, last): (&str, &str)) -> Patient {
    let address = patients::TypedAddress {
        line1: "1 High Street".into(),
        city: "Leeds".into(),
        postcode: "LS1 1AA".into(),
        ..patients::TypedAddress::default()
    };
    let typed = patients::Typed {
        first_name: first.into(),
        last_name: last.into(),
        phone: "+44 113 496 0000".into(),
        email: "patient@mail.example".into(),
        date_of_birth: "1938-03-04".into(),
        address: Some(address),
        ..patients::Typed::default()
    };
    let details = patients::Details::read(&typed, at.clock.now()).unwrap();
    at.write(|tx| patients::add(tx, &at.scope::<ManageAppointments>(), Mode::Live, &details))
}

/// *Blood test at home* for them, at their home in a window on a date.
pub fn booked(
    at: &Community,
    catalogue: &Catalogue,
    patient: &Patient,
    (window, date): (WindowId, NaiveDate),
) -> visits::Visit {
    let task = at.read(|conn| tasks::by_public_id(conn, at.org, &catalogue.task_public_id));
    let place =
        visits::Place { kind: visits::PlaceKind::Home, address: patient.details.address.clone().unwrap() };
    let new = NewVisit {
        planning: Planning::Window(window, date),
        external_ref: String::new(),
        note: String::new(),
        phone: patient.details.phone.clone(),
        place,
        metadata: serde_json::Value::Null,
        documents: Vec::new(),
        series: None,
    };
    at.write(|tx| visits::create(tx, &at.scope::<ManageAppointments>(), (patient, &task), &new))
}
