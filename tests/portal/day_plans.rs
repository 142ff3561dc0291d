//! Day plans: who may, planning and using one, what is locked stays, what has no place says why, and what changes
//! meanwhile.

#![cfg(test)]

use actix_web::http::Method;
use chrono::NaiveDate;
use diesel::prelude::*;
use kinbridge::domain::Refusal;
use kinbridge::domain::access::{EditStaff, ManageAppointments, ManageOrganisation};
use kinbridge::domain::api_keys::Mode;
use kinbridge::domain::day_plans::{self, Kept, Outcome};
use kinbridge::domain::patients::{self, TypedAddress};
use kinbridge::domain::practitioners::{self, TypedHeld, TypedShift};
use kinbridge::domain::visits::{
    self, Cancellation, Entity, NewVisit, Place, PlaceKind, Planning, ReasonCode,
};
use kinbridge::domain::{coverage, tasks, windows};
use kinbridge::kit::ids::{StaffMemberId, VisitId, WindowId};
use kinbridge::links;
use kinbridge::web::routes;

use crate::audit_trail::acts::Walk;
use crate::support::community::Community;

const DAY: &str = "2026-12-03";

fn day() -> NaiveDate {
    DAY.parse().unwrap()
}

/// Harrogate Home Visits with two practitioners, a window and two tasks, one of which needs Phlebotomy.
struct Round {
    at: Community,
    early: WindowId,
}

impl Round {
    async fn start() -> Self {
        let at = Community::start().await;
        let managing = at.scope::<ManageOrganisation>();
        at.write(|tx| {
            let areas = coverage::Typed {
                kind: "district".into(),
                district: "HG1, HG2, HG3, BT1".into(),
                miles: String::new(),
            };
            coverage::add(tx, &managing, &areas)
        });
        let early = at.write(|tx| {
            let weekdays = ["mon", "tue", "wed", "thu", "fri"].map(str::to_owned).into();
            let typed = windows::Typed {
                name: "Early".into(),
                from: "07:00".into(),
                to: "09:00".into(),
                weekdays,
                capacity: "50".into(),
            };
            windows::add(tx, &managing, &windows::Facts::read(&typed)?)
        });
        for (staff, base) in [(at.iris, "HG1 1AA"), (at.jack, "HG2 8AA")] {
            practitioner(&at, staff, base, ("06:00", "14:00"));
        }
        tasks_of(&at);
        Self { at, early }
    }

    fn book(&self, first: &str, postcode: &str, task: &str) -> VisitId {
        let scope = self.at.scope::<ManageAppointments>();
        let address = TypedAddress {
            line1: "1 Long Street".into(),
            city: "Harrogate".into(),
            postcode: postcode.into(),
            country: "United Kingdom".into(),
            ..TypedAddress::default()
        };
        let typed = patients::Typed {
            title: "Mrs".into(),
            first_name: first.into(),
            last_name: "Cole".into(),
            sex: "female".into(),
            phone: "01423 500500".into(),
            email: "patient@harrogate.example".into(),
            date_of_birth: "1938-03-09".into(),
            address: Some(address),
            ..patients::Typed::default()
        };
        let now = self.at.clock.now();
        let details = patients::Details::read(&typed, now).unwrap();
        self.at.write(|tx| {
            let patient = patients::add(tx, &scope, Mode::Live, &details)?;
            let task = tasks::by_public_id(tx.conn, scope.organisation(), task)?;
            let new = NewVisit {
                planning: Planning::Window(self.early, day()),
                external_ref: String::new(),
                note: String::new(),
                phone: "01423 500500".into(),
                place: Place {
                    kind: PlaceKind::Home,
                    address: patient.details.address.clone().ok_or(Refusal::NotHere)?,
                },
                metadata: serde_json::Value::Null,
                documents: Vec::new(),
                series: None,
            };
            visits::create(tx, &scope, (&patient, &task), &new).map(|visit| visit.id)
        })
    }

    fn give(&self, visit: VisitId, to: StaffMemberId, name: &str) {
        let scope = self.at.scope::<ManageAppointments>();
        self.at.write(|tx| visits::assign(tx, &scope, (Mode::Live, visit), Some((to, name)), None));
    }

    fn visit(&self, id: VisitId) -> visits::Visit {
        let scope = self.at.scope::<ManageAppointments>();
        self.at.read(|conn| visits::get(conn, &scope, Mode::Live, id))
    }

    fn kept(&self) -> Kept {
        let scope = self.at.scope::<ManageAppointments>();
        self.at.read(|conn| day_plans::latest(conn, &scope, day())).expect("a plan")
    }

    async fn plan(&self) -> String {
        let manager = self.at.as_manager();
        let done = manager.post(&links::day_plans(self.at.org), &[("date", DAY)]).await;
        assert_eq!(done.status, 303);
        manager.get(done.location()).await.text()
    }

    async fn use_it(&self) -> String {
        let manager = self.at.as_manager();
        let address = links::use_day_plan(self.at.org, self.kept().id);
        let done = manager.post(&address, &[("date", DAY)]).await;
        assert_eq!(done.status, 303);
        manager.get(done.location()).await.text()
    }

    async fn lock(&self, visit: VisitId, to: &str) -> String {
        let manager = self.at.as_manager();
        let fields = [("date", DAY), ("visit", &visit.to_string()), ("locked", to)];
        let done = manager.post(&links::day_plan_locks(self.at.org), &fields).await;
        manager.get(done.location()).await.text()
    }
}

fn practitioner(at: &Community, staff: StaffMemberId, base: &str, (from, to): (&str, &str)) {
    let scope = at.scope::<EditStaff>();
    let shift = TypedShift {
        days: ["mon", "tue", "wed", "thu", "fri"].map(str::to_owned).into(),
        from: from.into(),
        to: to.into(),
    };
    at.write(|tx| {
        practitioners::make(tx, &scope, staff, base)?;
        practitioners::add_shift(tx, &scope, staff, &shift)
    });
}

/// `tsk_check` for anybody, `tsk_blood` for those with Phlebotomy.
fn tasks_of(at: &Community) {
    let org = at.org;
    let sentences = [
        format!(
            "INSERT INTO skills (id, organisation_id, kind, name, name_folded) \
             VALUES (71, {org}, 'skill', 'Phlebotomy', 'phlebotomy')"
        ),
        task(org.0, 1, "tsk_check"),
        version(1, "Health check"),
        task(org.0, 2, "tsk_blood"),
        version(2, "Blood sample"),
        "INSERT INTO task_skills (task_version_id, skill_id) VALUES (2, 71)".to_owned(),
    ];
    at.write(|tx| {
        for sentence in sentences {
            diesel::sql_query(sentence).execute(tx.conn)?;
        }
        Ok(())
    });
}

fn task(org: i64, id: i64, public: &str) -> String {
    format!(
        "INSERT INTO tasks (id, organisation_id, public_id, created_at) \
         VALUES ({id}, {org}, '{public}', '2026-11-20 09:00:00')"
    )
}

fn version(task: i64, name: &str) -> String {
    format!(
        "INSERT INTO task_versions (id, task_id, number, name, description, minutes, scheduled, minimum_gap_days, \
         documents, state, agreed_by_name, agreed_at, representative_name, representative_agreed_at, \
         created_by_name, created_at) VALUES ({task}, {task}, 1, '{name}', '', 30, FALSE, 0, FALSE, 'agreed', \
         'Grace Moor', '2026-11-20 09:00:00', 'Nora Hill', '2026-11-20 09:00:00', 'Grace Moor', \
         '2026-11-20 09:00:00')"
    )
}

fn has_phlebotomy(at: &Community, staff: StaffMemberId) {
    let scope = at.scope::<EditStaff>();
    let typed = TypedHeld { skill: "71".into(), ..TypedHeld::default() };
    at.write(|tx| practitioners::record(tx, &scope, staff, &typed));
}

#[actix_web::test]
async fn only_who_manages_appointments_plans_and_to_others_it_is_not_there() {
    let round = Round::start().await;
    let at = &round.at;
    round.book("Betty", "HG1 2AA", "tsk_check");
    let page = links::day_plan(at.org, DAY);
    for (who, status) in
        [(at.as_super(), 200), (at.as_manager(), 200), (at.as_staff(), 403), (at.as_stranger(), 404)]
    {
        assert_eq!(who.get(&page).await.status, status);
        if status != 200 {
            assert_eq!(who.post(&links::day_plans(at.org), &[("date", DAY)]).await.status, status);
        }
    }
    // A care home has no day plans, whoever asks.
    let care_home = at.app.cast.willow;
    assert_eq!(at.app.as_super().get(&links::day_plan(care_home, DAY)).await.status, 404);
    // Another organisation's plan and appointment are not there.
    round.plan().await;
    let (other, nell) = at.neighbour();
    let nell = at.app.as_person(&nell);
    let used = nell.post(&links::use_day_plan(other, round.kept().id), &[("date", DAY)]).await;
    assert_eq!(used.status, 404);
    let visit = round.kept().stops[0].visit.to_string();
    let fields = [("date", DAY), ("visit", visit.as_str()), ("locked", "yes")];
    assert_eq!(nell.post(&links::day_plan_locks(other), &fields).await.status, 404);
    assert!(!nell.get(&links::day_plan(other, DAY)).await.body.contains("Betty"));
}

#[actix_web::test]
async fn a_plan_is_a_proposal_until_it_is_used() {
    let round = Round::start().await;
    let (betty, carol) =
        (round.book("Betty", "HG1 2AA", "tsk_check"), round.book("Carol", "HG2 9AA", "tsk_check"));
    let shown = round.plan().await;
    assert!(shown.contains("2 of 2 appointments have a place"), "{shown}");
    assert!(shown.contains("Not in use yet") && shown.contains("Use this plan"), "{shown}");
    assert!(shown.contains("A1: 07:00 to 07:30") || shown.contains("A1: 07:"), "{shown}");
    assert_eq!(round.visit(betty).practitioner, None, "nobody is given anything by planning");
    let shown = round.use_it().await;
    assert!(shown.contains("The plan is in use. 2 appointments changed."), "{shown}");
    assert!(shown.contains("In use") && shown.contains("As now"), "{shown}");
    // Somebody comes, inside the window.
    for visit in [betty, carol] {
        let visit = round.visit(visit);
        let booked = visit.booked.as_ref().unwrap();
        let expected = visit.expected_at.unwrap();
        let who = visit.practitioner.as_ref().unwrap().id;
        assert!([round.at.iris, round.at.jack].contains(&who), "{}", visit.patient.name);
        assert!(booked.starts_at <= expected && expected < booked.ends_at);
    }
    let again = round.use_it().await;
    assert!(again.contains("Nothing had to change"), "{again}");
}

#[actix_web::test]
async fn what_has_no_place_says_why() {
    let round = Round::start().await;
    let blood = round.book("Betty", "HG1 2AA", "tsk_blood");
    round.book("Carol", "BT1 1AA", "tsk_check");
    let shown = round.plan().await;
    assert!(shown.contains("Nobody on shift has Phlebotomy."), "{shown}");
    assert!(shown.contains("It is not known where BT1 lies"), "{shown}");
    assert!(shown.contains("0 of 2"), "{shown}");
    // Once Jack has it, he comes, although Iris is nearer.
    has_phlebotomy(&round.at, round.at.jack);
    let shown = round.plan().await;
    assert!(!shown.contains("Nobody on shift has Phlebotomy."), "{shown}");
    round.use_it().await;
    assert_eq!(round.visit(blood).practitioner.unwrap().id, round.at.jack);
}

#[actix_web::test]
async fn a_locked_appointment_stays_with_its_practitioner() {
    let round = Round::start().await;
    let betty = round.book("Betty", "HG1 2AA", "tsk_check");
    let shown = round.lock(betty, "yes").await;
    assert!(shown.contains("Assign it to a practitioner first."), "{shown}");
    round.give(betty, round.at.jack, "Jack Ford");
    let shown = round.lock(betty, "yes").await;
    assert!(shown.contains("The appointment stays with its practitioner."), "{shown}");
    assert!(shown.contains("Unlock Betty Cole from Jack Ford"), "{shown}");
    round.plan().await;
    round.use_it().await;
    let visit = round.visit(betty);
    assert_eq!((visit.practitioner.unwrap().id, visit.locked), (round.at.jack, true));
    // Unlocked it is another day, and the plan says so.
    let shown = round.lock(betty, "no").await;
    assert!(shown.contains("The day has changed since this plan was made."), "{shown}");
}

#[actix_web::test]
async fn a_plan_of_a_day_that_changed_says_so_and_is_not_used() {
    let round = Round::start().await;
    let betty = round.book("Betty", "HG1 2AA", "tsk_check");
    round.plan().await;
    let first = round.kept();
    let carol = round.book("Carol", "HG2 9AA", "tsk_check");
    let page = round.at.as_manager().get(&links::day_plan(round.at.org, DAY)).await.text();
    assert!(page.contains("Out of date") && !page.contains("Use this plan"), "{page}");
    assert!(page.contains("Not in the plan") && page.contains("Carol Cole"), "{page}");
    let shown = round.use_it().await;
    assert!(shown.contains("The day has changed since this plan was made. Plan it again."), "{shown}");
    assert_eq!(round.visit(betty).practitioner, None);
    // Planned again it is sound, and the older one is no longer used.
    round.plan().await;
    let hugh = round.at.as_manager();
    let used = hugh.post(&links::use_day_plan(round.at.org, first.id), &[("date", DAY)]).await;
    let shown = hugh.get(used.location()).await.text();
    assert!(shown.contains("There is a newer plan of this day."), "{shown}");
    round.use_it().await;
    assert!(round.visit(betty).practitioner.is_some() && round.visit(carol).practitioner.is_some());
}

#[actix_web::test]
async fn a_plan_is_not_kept_when_the_day_changed_while_it_was_solved() {
    let round = Round::start().await;
    round.book("Betty", "HG1 2AA", "tsk_check");
    let scope = round.at.scope::<ManageAppointments>();
    let was = round.at.read(|conn| day_plans::day(conn, &scope, day()));
    let drawn = was.draw(round.at.clock.now());
    let plan = day_plans::solve(&drawn).unwrap();
    round.book("Carol", "HG2 9AA", "tsk_check");
    let kept = round.at.try_write(|tx| day_plans::keep(tx, &scope, (&was, &drawn, &plan)));
    assert!(matches!(kept, Err(Refusal::Overtaken(words)) if words.contains("while it was planned")));
    // One that breaks a rule is kept by nobody.
    let now = round.at.read(|conn| day_plans::day(conn, &scope, day()));
    let drawn = now.draw(round.at.clock.now());
    let mut plan = day_plans::solve(&drawn).unwrap();
    plan.routes[0].stops[0].arrives += 600;
    let kept = round.at.try_write(|tx| day_plans::keep(tx, &scope, (&now, &drawn, &plan)));
    assert!(matches!(kept, Err(Refusal::Broken(_))));
    assert_eq!(round.at.number("SELECT COUNT(*) FROM day_plans"), 0);
}

#[actix_web::test]
async fn planning_again_shows_what_moves() {
    let round = Round::start().await;
    let betty = round.book("Betty", "HG1 2AA", "tsk_check");
    round.give(betty, round.at.jack, "Jack Ford");
    let shown = round.plan().await;
    assert!(shown.contains("Time is new") || shown.contains("Was Jack Ford"), "{shown}");
    round.use_it().await;
    // Jack has no shift any more: Iris comes, and it says from whom.
    let scope = round.at.scope::<EditStaff>();
    let shift = round.at.read(|conn| practitioners::get(conn, &scope, round.at.jack)).shifts[0].id;
    round.at.write(|tx| practitioners::remove_shift(tx, &scope, round.at.jack, shift));
    let shown = round.plan().await;
    let moved = round.visit(betty).practitioner.unwrap().id == round.at.jack;
    assert!(!moved || shown.contains("Was Jack Ford"), "{shown}");
    round.use_it().await;
    assert_eq!(round.visit(betty).practitioner.unwrap().id, round.at.iris);
}

#[actix_web::test]
async fn cancelled_and_test_appointments_are_in_no_plan() {
    let round = Round::start().await;
    let (betty, carol) =
        (round.book("Betty", "HG1 2AA", "tsk_check"), round.book("Carol", "HG2 9AA", "tsk_check"));
    let scope = round.at.scope::<ManageAppointments>();
    round.at.write(|tx| {
        let how = Cancellation {
            by: Entity::Patient,
            because_of: Entity::Patient,
            reason: ReasonCode::NoLongerNeeded,
            note: String::new(),
        };
        visits::cancel(tx, &scope, (Mode::Live, carol), &how)
    });
    round.plan().await;
    let visits: Vec<VisitId> = round.kept().stops.iter().map(|stop| stop.visit).collect();
    assert_eq!(visits, [betty]);
    assert!(matches!(round.kept().stops[0].outcome, Outcome::Placed { .. }));
}

#[actix_web::test]
async fn a_day_that_is_over_and_one_without_appointments_are_not_planned() {
    let round = Round::start().await;
    let manager = round.at.as_manager();
    let empty = manager.get(&links::day_plan(round.at.org, DAY)).await.text();
    assert!(empty.contains("No appointments, and 2 practitioners on shift."), "{empty}");
    assert!(!empty.contains("Plan this day"), "{empty}");
    let done = manager.post(&links::day_plans(round.at.org), &[("date", "2026-11-02")]).await;
    assert!(manager.get(done.location()).await.text().contains("This day is over."));
    assert_eq!(manager.post(&links::day_plans(round.at.org), &[("date", "soon")]).await.status, 400);
}

#[actix_web::test]
async fn the_drawings_say_in_words_what_they_show_and_stand_without_style() {
    let round = Round::start().await;
    round.book("Betty", "HG1 2AA", "tsk_check");
    round.plan().await;
    let page = round.at.as_manager().get(&links::day_plan(round.at.org, DAY)).await;
    assert!(page.body.matches("role=\"img\"").count() == 2, "{}", page.body);
    for words in ["The hours of the plan", "The routes of the plan", "<polyline points=", "stroke-dasharray="]
    {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    assert!(!page.body.contains("style="), "{}", page.body);
    let text = page.text();
    assert!(text.contains("Travel is an estimate"), "{text}");
}

#[actix_web::test]
async fn every_form_leaves_an_event_and_does_nothing_where_it_cannot() {
    let round = Round::start().await;
    let betty = round.book("Betty", "HG1 2AA", "tsk_check");
    round.give(betty, round.at.jack, "Jack Ford");
    let at = &round.at;
    let grace = at.new_visitor(&at.super_manager);
    let mut walk = Walk::of(&at.app);
    let date = || ("date", DAY.to_owned());
    let lock = vec![date(), ("visit", betty.to_string()), ("locked", "yes".to_owned())];
    walk.by("/org/{org}/day-plans/locks", &grace, &links::day_plan_locks(at.org), lock).await;
    walk.by("/org/{org}/day-plans", &grace, &links::day_plans(at.org), vec![date()]).await;
    let plan = links::use_day_plan(at.org, round.kept().id);
    walk.by("/org/{org}/day-plans/{plan}/use", &grace, &plan, vec![date()]).await;
    let forms = routes::table().into_iter().filter(|line| line.method == Method::POST);
    let ours = forms.map(|line| line.path).filter(|path| path.contains("/day-plans"));
    assert_eq!(
        ours.filter(|path| !walk.done.contains(path)).collect::<Vec<_>>(),
        [""; 0],
        "forms that nobody sent"
    );
}

#[actix_web::test]
async fn a_plan_goes_a_month_after_its_day() {
    let round = Round::start().await;
    round.book("Betty", "HG1 2AA", "tsk_check");
    round.plan().await;
    let kept = "SELECT COUNT(*) FROM day_plans";
    let now = round.at.clock.now();
    round.at.pass(
        (day() + chrono::Days::new(30))
            .and_hms_opt(12, 0, 0)
            .unwrap()
            .signed_duration_since(now)
            .num_seconds(),
    );
    kinbridge::jobs::purge::run(&round.at.services).await.unwrap();
    assert_eq!(round.at.number(kept), 1);
    round.at.pass(24 * 3600);
    kinbridge::jobs::purge::run(&round.at.services).await.unwrap();
    assert_eq!((round.at.number(kept), round.at.number("SELECT COUNT(*) FROM day_plan_stops")), (0, 0));
}
