//! Home visits with something to do: a task with three steps that needs *Phlebotomy*, a window, a covered district, two
//! practitioners and a patient of *Harrogate Home Visits*.
//!
//! The clock stands at Sunday 22 November 2026, 10:00; the window *Midday* is every day from 11:00 to 15:00.

#![cfg(test)]

use std::ops::Deref;

use chrono::NaiveDate;
use kinbridge::domain::access::{EditStaff, ManageAppointments};
use kinbridge::domain::api_keys::Mode;
use kinbridge::domain::patients::{self, Details, Patient, Typed, TypedAddress};
use kinbridge::domain::practitioners::{self, TypedHeld, TypedShift};
use kinbridge::domain::tasks::{self, Task};
use kinbridge::domain::visits::{self, NewVisit, Place, PlaceKind, Planning};
use kinbridge::kit::ids::{SkillId, StaffMemberId, VisitId, VisitStepId, WindowId};

use super::community::Community;
use super::insert;

pub const TODAY: &str = "2026-11-22";
const WEEK: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

pub struct Visiting {
    pub at: Community,
    pub phlebotomy: SkillId,
    pub wound_care: SkillId,
    pub window: WindowId,
    pub task: Task,
    /// Betty Cole, born 9 March 1938, 1 Oak Road, HG1 1AA.
    pub betty: Patient,
}

impl Deref for Visiting {
    type Target = Community;

    fn deref(&self) -> &Community {
        &self.at
    }
}

impl Visiting {
    pub async fn start() -> Self {
        let at = Community::start().await;
        let (phlebotomy, wound_care) = (skill(&at, "Phlebotomy"), skill(&at, "Wound care"));
        let window = window(&at);
        let task = task(&at, phlebotomy);
        let betty = patient(&at, Mode::Live, "Betty");
        let this = Self { at, phlebotomy, wound_care, window, task, betty };
        this.practitioner(this.iris, &WEEK);
        this.practitioner(this.jack, &WEEK);
        this
    }

    /// Makes somebody a practitioner from HG1 1AA who works 08:00 to 16:00 on these days and has phlebotomy without end.
    pub fn practitioner(&self, id: StaffMemberId, days: &[&str]) {
        let scope = self.scope::<EditStaff>();
        let days = days.iter().map(|day| (*day).to_owned()).collect();
        let shift = TypedShift { days, from: "08:00".into(), to: "16:00".into() };
        self.write(|tx| {
            practitioners::make(tx, &scope, id, "hg1 1aa")?;
            practitioners::add_shift(tx, &scope, id, &shift).map(drop)
        });
        self.holds(id, self.phlebotomy, "");
    }

    /// Records that somebody has a skill, until its last day.
    pub fn holds(&self, id: StaffMemberId, skill: SkillId, until: &str) {
        let typed = TypedHeld { skill: skill.to_string(), until: until.into(), reference: "C-1".into() };
        let scope = self.scope::<EditStaff>();
        self.write(|tx| practitioners::record(tx, &scope, id, &typed));
    }

    /// Betty Cole's, in the window Midday of a day, given to nobody.
    pub fn visit(&self, day: &str) -> VisitId {
        self.visit_of(&self.betty, day)
    }

    pub fn visit_of(&self, patient: &Patient, day: &str) -> VisitId {
        let new = NewVisit {
            planning: Planning::Window(self.window, day.parse::<NaiveDate>().unwrap()),
            external_ref: String::new(),
            note: "Ring twice".into(),
            phone: "+44 113 496 0000".into(),
            place: Place {
                kind: PlaceKind::Home,
                address: patient.details.address.clone().expect("an address"),
            },
            metadata: serde_json::Value::Null,
            documents: Vec::new(),
            series: None,
        };
        let scope = self.scope::<ManageAppointments>();
        self.write(|tx| visits::create(tx, &scope, (patient, &self.task), &new)).id
    }

    pub fn assign(&self, visit: VisitId, to: StaffMemberId) {
        let scope = self.scope::<ManageAppointments>();
        self.write(|tx| visits::assign(tx, &scope, (Mode::Live, visit), Some((to, "somebody")), None));
    }

    /// One of Iris Vale's today.
    pub fn of_iris(&self) -> VisitId {
        let visit = self.visit(TODAY);
        self.assign(visit, self.iris);
        visit
    }

    /// The steps of a visit, by their number from nought: the procedure, the courier, the picture.
    pub fn step(&self, visit: VisitId, position: i32) -> VisitStepId {
        let sql = format!("SELECT id FROM visit_steps WHERE visit_id = {visit} AND position = {position}");
        VisitStepId(self.number(&sql))
    }

    /// Another patient of either mode.
    pub fn patient(&self, mode: Mode, name: &str) -> Patient {
        patient(&self.at, mode, name)
    }
}

fn skill(at: &Community, name: &str) -> SkillId {
    let folded = name.to_lowercase();
    let values = format!("{}, 'credential', '{name}', '{folded}'", at.org);
    SkillId(at.write(|tx| Ok(insert(tx, "skills", "organisation_id, kind, name, name_folded", &values))))
}

fn window(at: &Community) -> WindowId {
    at.write(|tx| {
        let columns = "organisation_id, kind, district, miles, created_at";
        insert(
            tx,
            "coverage_areas",
            columns,
            &format!("{}, 'district', 'HG1', 0, '2026-11-20 01:00:00'", at.org),
        );
        let columns =
            "organisation_id, name, name_folded, from_minute, to_minute, weekdays, capacity, created_at";
        let values = format!(
            "{}, 'Midday', 'midday', 660, 900, '{}', 20, '2026-11-20 01:00:00'",
            at.org,
            WEEK.join(",")
        );
        Ok(WindowId(insert(tx, "visit_windows", columns, &values)))
    })
}

/// *Blood test*: venepuncture, the courier, and a picture.
fn task(at: &Community, skill: SkillId) -> Task {
    at.write(|tx| {
        let values = format!("{}, 'tsk_blood', '2026-11-20 01:00:00'", at.org);
        let task = insert(tx, "tasks", "organisation_id, public_id, created_at", &values);
        let columns = "task_id, number, name, description, minutes, scheduled, minimum_gap_days, documents, state, \
                       agreed_by_name, representative_name, created_by_name, created_at";
        let values = format!(
            "{task}, 1, 'Blood test', '', 30, FALSE, 0, FALSE, 'agreed', 'Grace', 'Alex', 'Grace', \
             '2026-11-20 01:00:00'"
        );
        let version = insert(tx, "task_versions", columns, &values);
        for (position, kind, words, code) in [
            (0, "procedure", "Take blood", "28520004"),
            (1, "administrative", "Courier sample to laboratory", ""),
            (2, "photo", "Photo of wound area", ""),
        ] {
            let columns = "task_version_id, position, kind, words, snomed_code";
            let values = format!("{version}, {position}, '{kind}', '{words}', '{code}'");
            insert(tx, "task_steps", columns, &values);
        }
        insert(tx, "task_skills", "task_version_id, skill_id", &format!("{version}, {skill}"));
        tasks::by_public_id(tx.conn, at.org, "tsk_blood")
    })
}

fn patient(at: &Community, mode: Mode, first_name: &str) -> Patient {
    let typed = Typed {
        first_name: first_name.into(),
        last_name: "Cole".into(),
        phone: "+44 113 496 0001".into(),
        email: "betty@family.example".into(),
        date_of_birth: "1938-03-09".into(),
        note: "Hard of hearing".into(),
        address: Some(TypedAddress {
            line1: "1 Oak Road".into(),
            city: "Harrogate".into(),
            postcode: "HG1 1AA".into(),
            access_notes: "Key safe by the door".into(),
            ..TypedAddress::default()
        }),
        ..Typed::default()
    };
    let details = Details::read(&typed, at.clock.now()).unwrap();
    let scope = at.scope::<ManageAppointments>();
    at.write(|tx| patients::add(tx, &scope, mode, &details))
}
