//! What a plan is, by small days.

use std::collections::BTreeSet;

use super::super::checking::broken_rules;
use super::super::problem::{Plan, Problem, Shift, Visit, Ways, Why};
use super::{Aim, Limit, Search, solve};

const ANA: i64 = 1;
const BEN: i64 = 2;
const PHLEBOTOMY: i64 = 70;
const WOUNDS: i64 = 71;

/// Places along a road, ten minutes each from the next.
fn road(places: usize) -> Ways {
    Ways::new(places, |from, to| i32::try_from(from.abs_diff(to)).unwrap() * 10)
}

fn shift(person: i64, base: usize, hours: (i32, i32), skills: &[i64]) -> Shift {
    let (from, to) = (hours.0 * 60, hours.1 * 60);
    Shift { person, base, from, to, skills: skills.iter().copied().collect(), carries: None }
}

fn visit(place: usize, hours: (i32, i32)) -> Visit {
    Visit { place, takes: 30, from: hours.0 * 60, to: hours.1 * 60, ..Visit::default() }
}

fn with_skills(mut visit: Visit, needs: &[i64]) -> Visit {
    visit.needs = needs.iter().copied().collect::<BTreeSet<_>>();
    visit
}

fn repeatable(seed: u8) -> Search {
    let aim = Aim::ShortWays { usual_is_worth: 15 };
    Search { aim, limit: Limit::Generations { most: 20, seed } }
}

/// Solved, and sound.
fn plan(problem: &Problem) -> Plan {
    let plan = solve(problem, repeatable(0)).unwrap();
    assert_eq!(broken_rules(problem, &plan), Vec::<String>::new());
    plan
}

/// Who makes each visit.
fn people(problem: &Problem, plan: &Plan) -> Vec<Option<i64>> {
    let of = |visit: usize| {
        let route = plan.routes.iter().find(|route| route.stops.iter().any(|stop| stop.visit == visit))?;
        Some(problem.shifts[route.shift].person)
    };
    (0..problem.visits.len()).map(of).collect()
}

#[test]
fn a_day_without_visits_or_without_people_is_a_plan_too() {
    let mut problem =
        Problem { shifts: vec![shift(ANA, 0, (8, 16), &[])], ways: road(2), ..Problem::default() };
    assert_eq!(plan(&problem), Plan::default());
    problem.shifts.clear();
    problem.visits.push(visit(1, (9, 12)));
    assert_eq!(plan(&problem).unassigned, [(0, Why::NobodyWorks)]);
}

#[test]
fn who_is_nearer_comes_and_begins_within_the_hours() {
    let problem = Problem {
        shifts: vec![shift(ANA, 0, (8, 16), &[]), shift(BEN, 5, (8, 16), &[])],
        visits: vec![visit(1, (9, 10)), visit(4, (13, 15)), visit(4, (9, 10))],
        ways: road(6),
    };
    let found = plan(&problem);
    assert_eq!(people(&problem, &found), [Some(ANA), Some(BEN), Some(BEN)]);
    assert_eq!(found.travel(), 40);
    let ben: Vec<(usize, i32, i32)> =
        found.routes[1].stops.iter().map(|stop| (stop.visit, stop.arrives, stop.travel)).collect();
    assert_eq!(ben, [(2, 9 * 60, 10), (1, 13 * 60, 0)]);
    assert_eq!((found.routes[1].leaves_base, found.routes[1].back_at), (8 * 60 + 50, 13 * 60 + 40));
}

#[test]
fn only_who_has_all_the_skills_comes_however_far_it_is() {
    let problem = Problem {
        shifts: vec![shift(ANA, 0, (8, 16), &[PHLEBOTOMY]), shift(BEN, 5, (8, 16), &[PHLEBOTOMY, WOUNDS])],
        visits: vec![
            with_skills(visit(1, (9, 12)), &[PHLEBOTOMY, WOUNDS]),
            with_skills(visit(1, (9, 12)), &[PHLEBOTOMY]),
        ],
        ways: road(6),
    };
    assert_eq!(people(&problem, &plan(&problem))[0], Some(BEN));
}

#[test]
fn a_locked_visit_stays_with_its_person() {
    let mut problem = Problem {
        shifts: vec![shift(ANA, 0, (8, 16), &[]), shift(BEN, 5, (8, 16), &[])],
        visits: vec![visit(1, (9, 12)), visit(1, (9, 12))],
        ways: road(6),
    };
    problem.visits[0].locked_to = Some(BEN);
    // Ana is nearer; who takes the other one is open, since Ben is there already.
    assert_eq!(people(&problem, &plan(&problem))[0], Some(BEN));
}

#[test]
fn a_locked_visit_goes_before_others_that_want_the_same_hour() {
    let mut problem = Problem {
        shifts: vec![shift(ANA, 0, (8, 16), &[])],
        visits: vec![visit(1, (9, 9)), visit(4, (9, 9)), visit(3, (9, 9))],
        ways: road(6),
    };
    problem.visits[1].locked_to = Some(ANA);
    let found = plan(&problem);
    assert_eq!(people(&problem, &found), [None, Some(ANA), None]);
    assert_eq!(found.unassigned, [(0, Why::AllAreElsewhere), (2, Why::AllAreElsewhere)]);
}

#[test]
fn the_usual_person_comes_unless_the_way_is_much_longer() {
    let mut problem = Problem {
        shifts: vec![shift(ANA, 0, (8, 16), &[]), shift(BEN, 2, (8, 16), &[])],
        visits: vec![visit(1, (9, 12)), visit(0, (9, 12))],
        ways: road(9),
    };
    problem.visits[0].usual = Some(BEN);
    assert_eq!(people(&problem, &plan(&problem)), [Some(BEN), Some(ANA)]);
    problem.shifts[1].base = 8;
    assert_eq!(people(&problem, &plan(&problem)), [Some(ANA), Some(ANA)], "an hour more is too much");
}

#[test]
fn who_works_twice_a_day_has_two_routes() {
    let problem = Problem {
        shifts: vec![shift(ANA, 0, (7, 10), &[]), shift(ANA, 0, (17, 20), &[])],
        visits: vec![visit(1, (18, 19)), visit(1, (8, 9)), visit(1, (12, 15))],
        ways: road(2),
    };
    let found = plan(&problem);
    assert_eq!(people(&problem, &found), [Some(ANA), Some(ANA), None]);
    assert_eq!(found.routes.len(), 2);
    assert_eq!(found.unassigned, [(2, Why::NobodyInTime)]);
}

#[test]
fn every_visit_without_a_place_says_why() {
    let mut problem = Problem {
        shifts: vec![shift(ANA, 0, (8, 16), &[PHLEBOTOMY]), shift(BEN, 0, (10, 16), &[WOUNDS])],
        visits: vec![
            with_skills(visit(1, (9, 12)), &[99]),
            with_skills(visit(1, (9, 12)), &[PHLEBOTOMY, WOUNDS]),
            visit(1, (18, 19)),
            with_skills(visit(1, (8, 9)), &[WOUNDS]),
            visit(1, (9, 12)),
            with_skills(visit(1, (9, 12)), &[WOUNDS]),
            visit(1, (8, 9)),
        ],
        ways: road(2),
    };
    problem.visits[4].locked_to = Some(3);
    problem.visits[5].locked_to = Some(ANA);
    problem.visits[6].locked_to = Some(BEN);
    let why = [
        Why::NobodyHas(vec![99]),
        Why::NobodyHasAll(vec![PHLEBOTOMY, WOUNDS]),
        Why::NobodyInTime,
        Why::NobodyInTime,
        Why::DoesNotWork(3),
        Why::Lacks(ANA, vec![WOUNDS]),
        Why::NotInTime(BEN),
    ];
    let told: Vec<Why> = plan(&problem).unassigned.into_iter().map(|(_, why)| why).collect();
    assert_eq!(told, why);
}

#[test]
fn the_same_day_has_the_same_plan_whatever_the_run() {
    let visits: Vec<Visit> = (0..12)
        .map(|index| {
            let place = usize::try_from(index * 7 % 11).unwrap();
            let mut one = visit(place, (8 + index % 4 * 2, 10 + index % 4 * 2));
            one.usual = (index % 3 == 0).then_some(ANA);
            one
        })
        .collect();
    let problem = Problem {
        shifts: vec![shift(ANA, 0, (8, 17), &[]), shift(BEN, 10, (8, 17), &[])],
        visits,
        ways: road(11),
    };
    let first = plan(&problem);
    for _ in 0..2 {
        assert_eq!(plan(&problem), first);
    }
}
