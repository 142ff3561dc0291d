//! What Harrogate Home Visits offers: *Blood test at home*, two windows, and the districts in which it visits.

#![cfg(test)]

use chrono::{Days, NaiveDate};
use kinbridge::domain::access::{EditStaff, ManageAppointments};
use kinbridge::domain::api_keys::Mode;
use kinbridge::domain::patients::{self, Details, Patient, Typed, TypedAddress};
use kinbridge::domain::practitioners::{self, TypedHeld, TypedShift};
use kinbridge::domain::tasks::{self, Task};
use kinbridge::domain::visits::{self, NewVisit, Place, PlaceKind, Planning, Visit};
use kinbridge::kit::ids::{SkillId, StaffMemberId, WindowId};

use super::community::Community;
use crate::support::TestApp;

/// A statement that no verb makes.
pub fn run(app: &TestApp, statement: &str) {
    use diesel::RunQueryDsl;
    app.write(|tx| {
        diesel::sql_query(statement).execute(tx.conn)?;
        Ok(())
    });
}

/// What can be booked.
pub struct Bookable {
    pub task: Task,
    pub phlebotomy: SkillId,
    /// 07:00 to 09:00 on every day, two places.
    pub early: WindowId,
    /// 13:00 to 17:00 on every day, two places.
    pub pm: WindowId,
}

impl Bookable {
    pub fn set_up(at: &Community) -> Self {
        let org = at.org;
        run(
            at,
            &format!(
                "INSERT INTO skills (organisation_id, kind, name, name_folded) VALUES ({org}, 'skill', 'Phlebotomy', 'phlebotomy')"
            ),
        );
        let skill = at.number("SELECT MAX(id) FROM skills");
        run(
            at,
            &format!(
                "INSERT INTO tasks (organisation_id, public_id, created_at) VALUES ({org}, 'tsk_blood', '2026-11-01 09:00:00')"
            ),
        );
        let task = at.number("SELECT MAX(id) FROM tasks");
        run(
            at,
            &format!(
                "INSERT INTO task_versions (task_id, number, name, description, minutes, scheduled, minimum_gap_days, documents, \
             state, agreed_by_name, agreed_at, representative_name, representative_agreed_at, created_by_name, created_at) \
             VALUES ({task}, 1, 'Blood test at home', '', 30, TRUE, 3, FALSE, 'agreed', 'Grace Moor', \
             '2026-11-01 09:00:00', 'Rita Shaw', '2026-11-01 09:00:00', 'Grace Moor', '2026-11-01 09:00:00')"
            ),
        );
        let version = at.number("SELECT MAX(id) FROM task_versions");
        let steps = [
            ("procedure", "Take blood from a vein", "28520004"),
            ("administrative", "Courier sample to laboratory", ""),
            ("photo", "Picture of the labelled tubes", ""),
        ];
        for (position, (kind, words, code)) in steps.iter().enumerate() {
            run(
                at,
                &format!(
                    "INSERT INTO task_steps (task_version_id, position, kind, words, snomed_code) \
                 VALUES ({version}, {position}, '{kind}', '{words}', '{code}')"
                ),
            );
        }
        run(at, &format!("INSERT INTO task_skills (task_version_id, skill_id) VALUES ({version}, {skill})"));
        for (name, from, to) in [("Early", 420, 540), ("PM", 780, 1020)] {
            run(
                at,
                &format!(
                    "INSERT INTO visit_windows (organisation_id, name, name_folded, from_minute, to_minute, weekdays, capacity, \
                 created_at) VALUES ({org}, '{name}', lower('{name}'), {from}, {to}, 'mon,tue,wed,thu,fri,sat,sun', 2, \
                 '2026-11-01 09:00:00')"
                ),
            );
        }
        for (kind, district, miles) in [("district", "LS1", 0), ("radius", "HG1", 10)] {
            run(
                at,
                &format!(
                    "INSERT INTO coverage_areas (organisation_id, kind, district, miles, created_at) \
                 VALUES ({org}, '{kind}', '{district}', {miles}, '2026-11-01 09:00:00')"
                ),
            );
        }
        let window = |name: &str| {
            WindowId(at.number(&format!(
                "SELECT id FROM visit_windows WHERE organisation_id = {org} AND name = '{name}'"
            )))
        };
        Self {
            task: at.read(|conn| tasks::by_public_id(conn, org, "tsk_blood")),
            phlebotomy: SkillId(skill),
            early: window("Early"),
            pm: window("PM"),
        }
    }

    /// The date so many days from now.
    pub fn day(at: &Community, ahead: u64) -> NaiveDate {
        at.clock.now().date().checked_add_days(Days::new(ahead)).unwrap()
    }

    /// Books for a patient.
    pub fn book(&self, at: &Community, patient: &Patient, planning: Planning) -> Visit {
        let (scope, new) = (at.scope::<ManageAppointments>(), new_visit(planning));
        at.write(|tx| visits::create(tx, &scope, (patient, &self.task), &new))
    }

    /// Iris visits patients from HG1, takes blood, and works from 07:00 to 18:00 on every day.
    pub fn iris_visits(&self, at: &Community) -> StaffMemberId {
        let scope = at.scope::<EditStaff>();
        at.write(|tx| practitioners::make(tx, &scope, at.iris, "HG1 1AA"));
        let shift = TypedShift {
            days: ["mon", "tue", "wed", "thu", "fri", "sat", "sun"].map(str::to_owned).into(),
            from: "07:00".into(),
            to: "18:00".into(),
        };
        at.write(|tx| practitioners::add_shift(tx, &scope, at.iris, &shift));
        let held = TypedHeld {
            skill: self.phlebotomy.to_string(),
            until: "2027-12-31".into(),
            ..TypedHeld::default()
        };
        at.write(|tx| practitioners::record(tx, &scope, at.iris, &held));
        at.iris
    }
}

/// At 4 Park Row, Leeds.
pub fn new_visit(planning: Planning) -> NewVisit {
    let address = patients::Address {
        line1: "4 Park Row".into(),
        line2: String::new(),
        city: "Leeds".into(),
        postcode: "LS1 5HD".into(),
        country: String::new(),
        access_notes: "Ring twice".into(),
    };
    NewVisit {
        planning,
        external_ref: "shop-55".into(),
        note: String::new(),
        phone: "+441134960001".into(),
        place: Place { kind: PlaceKind::Home, address },
        metadata: serde_json::Value::Null,
        documents: Vec::new(),
        series: None,
    }
}

pub fn typed_patient() -> Typed {
    Typed {
        first_name: "Betty".into(),
        last_name: "Cole".into(),
        phone: "0113 496 0001".into(),
        email: "betty@cole.example".into(),
        date_of_birth: "1938-03-09".into(),
        address: Some(TypedAddress {
            line1: "4 Park Row".into(),
            city: "Leeds".into(),
            postcode: "ls1 5hd".into(),
            ..TypedAddress::default()
        }),
        ..Typed::default()
    }
}

/// Betty Cole, of a mode.
pub fn betty(at: &Community, mode: Mode) -> Patient {
    let details = Details::read(&typed_patient(), at.clock.now()).unwrap();
    let scope = at.scope::<ManageAppointments>();
    at.write(|tx| patients::add(tx, &scope, mode, &details))
}
