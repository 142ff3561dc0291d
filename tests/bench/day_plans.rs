//! Day plans: `cargo bench --bench day_plans [-- CASE…]`.
//!
//! *day*: 50 practitioners and 500 visits of one day, solved as the page does it; the seconds of all of it, and the rules
//! that the plan breaks by a check that shares nothing with the solver. *solomon*: Solomon's instances of 100 customers,
//! by the same solver for at most a minute each, with few vehicles first and then a short way, as the published figures
//! are (SINTEF's list of best known solutions); the way as a ratio to the best known. Ways are rounded up to
//! thousandths for the solver, and added up unrounded here. Figures are of this machine, at this moment.

#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a benchmark that cannot start has nothing to say"
)]
#![expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    reason = "figures for people to read, and coordinates below a thousand"
)]

use std::collections::BTreeSet;
use std::time::Instant;

use kinbridge::domain::coverage::ways::{BY_CAR, minutes};
use kinbridge::domain::day_plans::checking::broken_rules;
use kinbridge::domain::day_plans::problem::{Plan, Problem, Shift, Visit, Ways};
use kinbridge::domain::day_plans::solving::{Aim, Limit, Search, solve};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const PRACTITIONERS: usize = 50;
const VISITS: usize = 500;
const SOLOMON_SECONDS: u16 = 50;

/// Name, vehicles and way of the best known solutions, and the instance.
const SOLOMON: [(&str, usize, f64, &str); 6] = [
    ("C101", 10, 828.94, include_str!("solomon/C101.txt")),
    ("C201", 3, 591.56, include_str!("solomon/C201.txt")),
    ("R101", 19, 1650.80, include_str!("solomon/R101.txt")),
    ("R201", 4, 1252.37, include_str!("solomon/R201.txt")),
    ("RC101", 14, 1696.95, include_str!("solomon/RC101.txt")),
    ("RC201", 4, 1406.94, include_str!("solomon/RC201.txt")),
];

fn main() {
    let asked: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let wanted = |case: &str| asked.is_empty() || asked.iter().any(|word| case.contains(word.as_str()));
    if wanted("day") {
        day();
    }
    for (name, vehicles, best, text) in SOLOMON {
        if wanted(&format!("solomon {name}")) {
            solomon(name, vehicles, best, text);
        }
    }
}

fn day() {
    let started = Instant::now();
    let problem = a_day();
    let plan = solve(&problem, Search::of_a_day(problem.visits.len())).unwrap();
    let seconds = started.elapsed().as_secs_f64();
    let broken = broken_rules(&problem, &plan);
    println!(
        "day: {VISITS} visits, {PRACTITIONERS} practitioners: {} placed, {} minutes of ways, {} of {} with the usual \
         person, {} rules broken, in {seconds:.1} s (goal 10)",
        plan.placed(),
        plan.travel(),
        with_usual(&problem, &plan),
        problem.visits.iter().filter(|visit| visit.usual.is_some()).count(),
        broken.len(),
    );
    for (visit, why) in plan.unassigned.iter().take(3) {
        println!("     visit {visit} has no place: {why:?}");
    }
    for rule in broken.iter().take(3) {
        println!("     {rule}");
    }
}

fn with_usual(problem: &Problem, plan: &Plan) -> usize {
    let person = |shift: usize| problem.shifts.get(shift).map(|shift| shift.person);
    let usual = |visit: usize| problem.visits.get(visit).and_then(|visit| visit.usual);
    plan.routes
        .iter()
        .flat_map(|route| route.stops.iter().map(|stop| (route.shift, stop.visit)))
        .filter(|(shift, visit)| usual(*visit).is_some() && usual(*visit) == person(*shift))
        .count()
}

/// Twenty miles square, four skills, three kinds of shifts and four windows; always the same.
fn a_day() -> Problem {
    let mut chance = Chance(42);
    let places: Vec<(f64, f64)> = (0..PRACTITIONERS + VISITS)
        .map(|_| (f64::from(chance.below(2_000)) / 100.0, f64::from(chance.below(2_000)) / 100.0))
        .collect();
    let shifts: Vec<Shift> = (0..PRACTITIONERS)
        .map(|index| {
            let from = [7 * 60, 8 * 60, 12 * 60][index % 3];
            let person = i64::try_from(index).unwrap();
            let skills: BTreeSet<i64> = (0..4).filter(|_| chance.below(10) < 6).collect();
            Shift { person, base: index, from, to: from + 9 * 60, skills, carries: None }
        })
        .collect();
    let visits = (PRACTITIONERS..PRACTITIONERS + VISITS)
        .map(|place| {
            let (from, to) = [(7, 9), (9, 12), (13, 17), (17, 20)][usize::try_from(chance.below(4)).unwrap()];
            let needs: BTreeSet<i64> = (0..4).filter(|_| chance.below(10) < 2).collect();
            let near = shifts.iter().find(|one| {
                needs.is_subset(&one.skills)
                    && one.from <= from * 60
                    && to * 60 <= one.to
                    && straight(places[one.base], places[place]) < 4.0
            });
            let usual = near.map(|one| one.person).filter(|_| chance.below(10) < 8);
            let takes = 10 + 5 * chance.below(6);
            Visit { place, takes, from: from * 60, to: to * 60, needs, usual, ..Visit::default() }
        })
        .collect();
    let ways = Ways::new(places.len(), |from, to| {
        if from == to { 0 } else { minutes(straight(places[from], places[to]), BY_CAR) }
    });
    Problem { shifts, visits, ways }
}

fn solomon(name: &str, vehicles: usize, best: f64, text: &str) {
    let (problem, places) = instance(text);
    let started = Instant::now();
    let search = Search { aim: Aim::FewShifts, limit: Limit::Seconds(SOLOMON_SECONDS) };
    let plan = solve(&problem, search).unwrap();
    let seconds = started.elapsed().as_secs_f64();
    let way: f64 = plan
        .routes
        .iter()
        .map(|route| {
            let stops = route.stops.iter().filter_map(|stop| places.get(stop.visit + 1));
            let all: Vec<&(f64, f64)> =
                places.first().into_iter().chain(stops).chain(places.first()).collect();
            all.iter().zip(all.iter().skip(1)).map(|(from, to)| straight(**from, **to)).sum::<f64>()
        })
        .sum();
    println!(
        "solomon {name}: {} vehicles (best known {vehicles}), way {way:.2} (best known {best:.2}), ratio {:.4} \
         (goal 1.05), {} unplaced, {} rules broken, in {seconds:.1} s (goal 60)",
        plan.routes.len(),
        way / best,
        plan.unassigned.len(),
        broken_rules(&problem, &plan).len(),
    );
}

fn straight(from: (f64, f64), to: (f64, f64)) -> f64 {
    (from.0 - to.0).hypot(from.1 - to.1)
}

/// Thousandths of the instance's unit are the steps of the problem.
fn instance(text: &str) -> (Problem, Vec<(f64, f64)>) {
    let mut lines = text.lines().filter(|line| !line.starts_with('#'));
    let capacity = lines.next().unwrap().parse().unwrap();
    let rows: Vec<Vec<i32>> =
        lines.map(|line| line.split_whitespace().map(|number| number.parse().unwrap()).collect()).collect();
    let places: Vec<(f64, f64)> = rows.iter().map(|row| (f64::from(row[0]), f64::from(row[1]))).collect();
    let ways =
        Ways::new(places.len(), |from, to| (straight(places[from], places[to]) * 1_000.0).ceil() as i32);
    let visits = rows
        .iter()
        .enumerate()
        .skip(1)
        .map(|(place, row)| Visit {
            place,
            takes: row[5] * 1_000,
            from: row[3] * 1_000,
            to: row[4] * 1_000,
            load: row[2],
            ..Visit::default()
        })
        .collect();
    let shift =
        |person| Shift { person, to: rows[0][4] * 1_000, carries: Some(capacity), ..Shift::default() };
    (Problem { shifts: (0..25).map(shift).collect(), visits, ways }, places)
}

/// Numbers that look random and are always the same.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: i32) -> i32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i32::try_from((self.0 >> 33) % u64::try_from(end).unwrap()).unwrap()
    }
}
