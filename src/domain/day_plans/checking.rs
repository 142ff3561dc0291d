//! The rules of a plan, looked up one by one. Shares nothing with the solver: a plan that it calls broken is not kept,
//! whoever made it.

use super::problem::{Plan, Problem, Route, Shift, Visit};

/// What a plan breaks, in sentences for the log and for tests; none for a sound one. Shifts and visits are told by their
/// place in the problem, never by a name.
pub fn broken_rules(problem: &Problem, plan: &Plan) -> Vec<String> {
    let mut broken = Vec::new();
    every_visit_is_once(problem, plan, &mut broken);
    for (index, route) in plan.routes.iter().enumerate() {
        if plan.routes.iter().skip(index + 1).any(|other| other.shift == route.shift) {
            broken.push(format!("Shift {} has two routes.", route.shift));
        }
        match problem.shifts.get(route.shift) {
            Some(shift) => walk(problem, route, shift, &mut broken),
            None => broken.push(format!("There is no shift {}.", route.shift)),
        }
    }
    broken
}

fn every_visit_is_once(problem: &Problem, plan: &Plan, broken: &mut Vec<String>) {
    let mut times = vec![0_usize; problem.visits.len()];
    let placed = plan.routes.iter().flat_map(|route| route.stops.iter().map(|stop| stop.visit));
    for visit in placed.chain(plan.unassigned.iter().map(|(visit, _)| *visit)) {
        match times.get_mut(visit) {
            Some(count) => *count += 1,
            None => broken.push(format!("There is no visit {visit}.")),
        }
    }
    for (visit, count) in times.iter().enumerate().filter(|(_, count)| **count != 1) {
        broken.push(format!("Visit {visit} is there {count} times."));
    }
}

fn walk(problem: &Problem, route: &Route, shift: &Shift, broken: &mut Vec<String>) {
    let name = route.shift;
    if route.leaves_base < shift.from {
        broken.push(format!("Shift {name} leaves before it begins."));
    }
    let (mut at, mut now, mut load) = (shift.base, route.leaves_base, 0);
    for stop in &route.stops {
        let Some(visit) = problem.visits.get(stop.visit) else { continue };
        let way = problem.ways.between(at, visit.place);
        if stop.travel != way {
            broken.push(format!("The way to visit {} takes {way}, not {}.", stop.visit, stop.travel));
        }
        if stop.arrives < now.saturating_add(way) {
            broken.push(format!("Shift {name} cannot be at visit {} so early.", stop.visit));
        }
        if stop.leaves != stop.arrives + visit.takes {
            broken.push(format!("Visit {} has not its time.", stop.visit));
        }
        rules_of_a_visit(stop.visit, visit, stop.arrives, shift, broken);
        (at, now, load) = (visit.place, stop.leaves, load + visit.load);
    }
    let home = problem.ways.between(at, shift.base);
    if route.home != home || route.back_at < now.saturating_add(home) {
        broken.push(format!("Shift {name} cannot be back so early."));
    }
    if route.back_at > shift.to {
        broken.push(format!("Shift {name} is back after its end."));
    }
    if shift.carries.is_some_and(|most| load > most) {
        broken.push(format!("Shift {name} carries too much."));
    }
}

fn rules_of_a_visit(index: usize, visit: &Visit, arrives: i32, shift: &Shift, broken: &mut Vec<String>) {
    if arrives < visit.from || arrives > visit.to {
        broken.push(format!("Visit {index} begins outside its hours."));
    }
    if !visit.needs.is_subset(&shift.skills) {
        broken.push(format!("Visit {index} needs a skill that is not there."));
    }
    if visit.locked_to.is_some_and(|person| person != shift.person) {
        broken.push(format!("Visit {index} is locked to somebody else."));
    }
}

#[cfg(test)]
mod tests {
    use super::super::problem::{Stop, Ways, Why};
    use super::*;

    /// Two places, ten minutes apart; one person from 480 to 600.
    fn day() -> (Problem, Plan) {
        let shift = Shift { person: 1, from: 480, to: 600, skills: [7].into(), ..Shift::default() };
        let visit = Visit {
            place: 1,
            takes: 30,
            from: 500,
            to: 540,
            needs: [7].into(),
            locked_to: Some(1),
            ..Visit::default()
        };
        let ways = Ways::new(2, |from, to| if from == to { 0 } else { 10 });
        let problem = Problem { shifts: vec![shift], visits: vec![visit], ways };
        let route = problem.route(0, &[0]).unwrap();
        (problem, Plan { routes: vec![route], unassigned: Vec::new() })
    }

    #[test]
    fn a_sound_plan_breaks_nothing() {
        let (problem, plan) = day();
        assert_eq!(broken_rules(&problem, &plan), Vec::<String>::new());
        assert_eq!((plan.routes[0].leaves_base, plan.routes[0].back_at), (490, 540));
    }

    #[test]
    fn each_rule_that_is_broken_is_told() {
        type Harm = fn(&mut Problem, &mut Plan);
        let harms: [(&str, Harm); 12] = [
            ("There is no shift 4", |_, plan| plan.routes[0].shift = 4),
            ("is there 0 times", |_, plan| plan.routes[0].stops.clear()),
            ("is there 2 times", |_, plan| plan.unassigned.push((0, Why::NobodyWorks))),
            ("There is no visit 9", |_, plan| {
                plan.routes[0].stops.push(Stop { visit: 9, travel: 0, arrives: 0, leaves: 0 });
            }),
            ("leaves before it begins", |_, plan| plan.routes[0].leaves_base = 470),
            ("so early", |_, plan| plan.routes[0].leaves_base = 495),
            ("outside its hours", |problem, _| problem.visits[0].to = 499),
            ("a skill that is not there", |problem, _| problem.shifts[0].skills.clear()),
            ("locked to somebody else", |problem, _| problem.visits[0].locked_to = Some(2)),
            ("back after its end", |problem, _| problem.shifts[0].to = 539),
            ("has not its time", |problem, _| problem.visits[0].takes = 31),
            ("carries too much", |problem, _| {
                problem.shifts[0].carries = Some(1);
                problem.visits[0].load = 2;
            }),
        ];
        for (words, harm) in harms {
            let (mut problem, mut plan) = day();
            harm(&mut problem, &mut plan);
            let told = broken_rules(&problem, &plan);
            assert!(told.iter().any(|one| one.contains(words)), "{words}: {told:?}");
        }
    }
}
