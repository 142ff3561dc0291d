//! Finds a plan of a day with a solver of vehicle routing problems, `vrp-core`. Takes seconds and all cores it is
//! given, so it never runs in a transaction or where requests are answered.
//!
//! The solver decides who makes which visits in which order, and what it finds is made better by a search of our own
//! (see `shortening`), which is quicker and knows less. When each visit is and why one has no place is worked out from
//! the problem itself, so that what a plan says holds without either. Visits that nobody could make even alone never
//! reach them.
//!
//! With a limit of generations it works on one thread with its repeatable numbers, and without looking at the clock;
//! with a limit of seconds it uses all cores and may find another plan each time.

mod chance;
mod goal;
mod shortening;
mod tours;

use std::num::NonZero;
use std::sync::Arc;
use std::time::{Duration, Instant};

use vrp_core::models::common::{Demand, SingleDimLoad, TimeWindow};
use vrp_core::models::problem::{
    Actor, Job, SimpleTransportCost, SingleBuilder, TransportCost, Vehicle, VehicleBuilder,
    VehicleDetailBuilder,
};
use vrp_core::models::{Problem as Routing, ProblemBuilder, Solution};
use vrp_core::rosomaxa::evolution::TelemetryMode;
use vrp_core::rosomaxa::utils::{
    DefaultRandom, Environment, GenericError, GenericResult, Parallelism, Random, ThreadPool, TimeQuota,
};
use vrp_core::solver::{Solver, VrpConfigBuilder, get_static_heuristic};

use super::problem::{Plan, Problem, Shift};
use shortening::{Until, shorten};

/// How to search.
#[derive(Debug, Clone, Copy)]
pub struct Search {
    pub aim: Aim,
    pub limit: Limit,
}

/// How much way a visit by somebody else than usual counts as, in minutes.
pub const USUAL_IS_WORTH: i32 = 15;

impl Search {
    /// As the page of a day searches: longer the more visits there are, and never for longer than somebody waits.
    pub fn of_a_day(visits: usize) -> Self {
        let seconds = u16::try_from(1 + visits / 80).unwrap_or(LONGEST).min(LONGEST);
        Self { aim: Aim::ShortWays { usual_is_worth: USUAL_IS_WORTH }, limit: Limit::Seconds(seconds) }
    }
}

/// Seconds of a search.
const LONGEST: u16 = 6;

/// What is better, after as many visits as possible.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aim {
    /// Short ways, and the usual person: each visit by another counts as so much way.
    ShortWays { usual_is_worth: i32 },
    /// Few shifts, then short ways: what published figures are about.
    FewShifts,
}

/// When to stop.
#[derive(Debug, Clone, Copy)]
pub enum Limit {
    /// The same for the same problem and seed.
    Generations {
        most: usize,
        seed: u8,
    },
    Seconds(u16),
}

/// The solver gave up.
#[derive(Debug, thiserror::Error)]
#[error("the day could not be planned: {0}")]
pub struct Unsolved(String);

impl From<GenericError> for Unsolved {
    fn from(error: GenericError) -> Self {
        Self(error.to_string())
    }
}

/// Which shifts make which visits, in this order.
type Orders = Vec<(usize, Vec<usize>)>;

/// A locked visit is promised to a person: it goes before this many others.
const LOCKED_WEIGHS: i32 = 10;

/// Which visit or shift of the problem something of the solver's is.
struct Index;

/// Plans a day.
pub fn solve(problem: &Problem, search: Search) -> Result<Plan, Unsolved> {
    let possible: Vec<usize> = problem
        .visits
        .iter()
        .enumerate()
        .filter(|(_, visit)| problem.shifts.iter().any(|shift| problem.could(shift, visit)))
        .map(|(index, _)| index)
        .collect();
    let orders = if possible.is_empty() { Vec::new() } else { search_for(problem, &possible, search)? };
    Ok(plan_of(problem, orders))
}

/// The plan in which shifts make these visits in this order.
fn plan_of(problem: &Problem, mut orders: Orders) -> Plan {
    orders.sort();
    let routes: Vec<_> = orders
        .iter()
        .filter(|(_, visits)| !visits.is_empty())
        .filter_map(|(shift, visits)| problem.route(*shift, visits))
        .collect();
    let mut placed = vec![false; problem.visits.len()];
    for stop in routes.iter().flat_map(|route| &route.stops) {
        if let Some(one) = placed.get_mut(stop.visit) {
            *one = true;
        }
    }
    let unassigned = problem
        .visits
        .iter()
        .zip(placed)
        .enumerate()
        .filter(|(_, (_, placed))| !placed)
        .map(|(index, (visit, _))| (index, problem.why_not(visit)))
        .collect();
    Plan { routes, unassigned }
}

fn search_for(problem: &Problem, possible: &[usize], search: Search) -> Result<Orders, Unsolved> {
    let routing = Arc::new(routing(problem, possible, search.aim)?);
    match search.limit {
        Limit::Generations { most, seed } => {
            let first = repeatably(routing, most, seed)?;
            let until =
                Until::Steps(u32::try_from(most).unwrap_or(u32::MAX).saturating_mul(STEPS_PER_GENERATION));
            Ok(shorten(problem, possible, search.aim, &first, (until, u64::from(seed))).1)
        }
        Limit::Seconds(most) => {
            let tenths = most.saturating_mul(FIRST_PLAN);
            let first = for_tenths(routing, tenths)?;
            let rest =
                Duration::from_millis(100).saturating_mul(u32::from(most) * (10 - u32::from(FIRST_PLAN)));
            let until = Until::Time(Instant::now(), rest);
            Ok(shortest(problem, possible, search.aim, first, until))
        }
    }
}

/// Of ten parts of the time those in which the solver looks for a plan; in the others that is made better.
const FIRST_PLAN: u16 = 3;
const STEPS_PER_GENERATION: u32 = 50;

/// Each core tries its own luck; the best plan of all.
fn shortest(problem: &Problem, possible: &[usize], aim: Aim, first: Orders, until: Until) -> Orders {
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    let random = DefaultRandom::default();
    let seeds = (0..cores).map(|_| u64::try_from(random.uniform_int(0, i32::MAX - 1)).unwrap_or_default());
    let found: Vec<_> = std::thread::scope(|scope| {
        let try_luck = |seed| {
            let first = &first;
            scope.spawn(move || shorten(problem, possible, aim, first, (until, seed)))
        };
        let all: Vec<_> = seeds.map(try_luck).collect();
        all.into_iter().filter_map(|one| one.join().ok()).collect()
    });
    found.into_iter().min_by_key(|(worth, _)| *worth).map_or(first, |(_, orders)| orders)
}

/// On a thread of its own, whose repeatable numbers begin at their beginning.
fn repeatably(routing: Arc<Routing>, generations: usize, seed: u8) -> GenericResult<Orders> {
    ThreadPool::new(1).execute(|| {
        let random = Arc::new(DefaultRandom::new_repeatable());
        for _ in 0..seed {
            random.uniform_real(0.0, 1.0);
        }
        let environment =
            Arc::new(Environment::new(random, None, Parallelism::new_with_cpus(1), Arc::new(|_| ()), false));
        // The other heuristic learns from how long its steps take, which no two runs agree on.
        let heuristic = get_static_heuristic(routing.clone(), environment.clone());
        let config = VrpConfigBuilder::new(routing.clone())
            .set_environment(environment)
            .set_telemetry_mode(TelemetryMode::None)
            .set_heuristic(Box::new(heuristic))
            .prebuild()?
            .with_max_generations(Some(generations))
            .build()?;
        Solver::new(routing, config).solve().map(|solution| orders(&solution))
    })
}

fn for_tenths(routing: Arc<Routing>, tenths: u16) -> GenericResult<Orders> {
    let environment = Arc::new(Environment {
        quota: Some(Arc::new(TimeQuota::new(f64::from(tenths) / 10.0))),
        logger: Arc::new(|_| ()),
        ..Environment::default()
    });
    let config = VrpConfigBuilder::new(routing.clone())
        .set_environment(environment)
        .set_telemetry_mode(TelemetryMode::None)
        .prebuild()?
        .with_max_time(Some(usize::from(tenths.div_ceil(10))))
        .build()?;
    Solver::new(routing, config).solve().map(|solution| orders(&solution))
}

fn routing(problem: &Problem, possible: &[usize], aim: Aim) -> GenericResult<Routing> {
    let ways: Vec<f64> = {
        let places = 0..problem.ways.places();
        let pairs = places.clone().flat_map(|from| places.clone().map(move |to| (from, to)));
        pairs.map(|(from, to)| f64::from(problem.ways.between(from, to))).collect()
    };
    let transport: Arc<dyn TransportCost> = Arc::new(SimpleTransportCost::new(ways.clone(), ways)?);
    let jobs = possible.iter().map(|index| job(problem, *index)).collect::<GenericResult<Vec<_>>>()?;
    let groups = first_alike(problem).into_iter().enumerate();
    let vehicles =
        groups.map(|(index, alike)| vehicle(problem, index, alike)).collect::<GenericResult<Vec<_>>>()?;
    ProblemBuilder::default()
        .add_jobs(jobs.into_iter())
        .add_vehicles(vehicles.into_iter())
        .with_vehicle_similarity(|_| Box::new(alike))
        .with_goal(goal::goal(problem, aim, transport.clone())?)
        .with_transport_cost(transport)
        .with_logger(Arc::new(|_| ()))
        .build()
}

/// Which of the shifts that are alike this one is counted to.
struct Alike;

fn alike(actor: &Actor) -> usize {
    actor.vehicle.dimens.get_value::<Alike, usize>().copied().unwrap_or_default()
}

fn job(problem: &Problem, index: usize) -> GenericResult<Job> {
    let visit = problem.visits.get(index).ok_or("no such visit")?;
    SingleBuilder::default()
        .demand(Demand::delivery(visit.load))
        .dimension(|dimensions| dimensions.set_value::<Index, usize>(index))
        .location(visit.place)?
        .duration(f64::from(visit.takes))?
        .times(vec![TimeWindow::new(f64::from(visit.from), f64::from(visit.to))])?
        .build_as_job()
}

fn vehicle(problem: &Problem, index: usize, alike: usize) -> GenericResult<Vehicle> {
    let shift = problem.shifts.get(index).ok_or("no such shift")?;
    let detail = VehicleDetailBuilder::default()
        .set_start_location(shift.base)
        .set_start_time(f64::from(shift.from))
        .set_start_time_latest(f64::from(shift.to))
        .set_end_location(shift.base)
        .set_end_time(f64::from(shift.to))
        .build()?;
    VehicleBuilder::default()
        .add_detail(detail)
        .capacity(SingleDimLoad::new(shift.carries.unwrap_or(i32::MAX)))
        .dimension(|dimensions| {
            dimensions.set_value::<Index, usize>(index);
            dimensions.set_value::<Alike, usize>(alike);
        })
        .build()
}

/// Of each shift the first that is the same but for the person, so that the solver tries one of them; who it is matters
/// where any visit has a usual person, or is locked.
fn first_alike(problem: &Problem) -> Vec<usize> {
    let who_matters = problem.visits.iter().any(|visit| visit.usual.or(visit.locked_to).is_some());
    let same = |a: &Shift, b: &Shift| {
        (!who_matters || a.person == b.person)
            && (a.base, a.from, a.to, a.carries) == (b.base, b.from, b.to, b.carries)
            && a.skills == b.skills
    };
    let first = |shift| problem.shifts.iter().position(|one| same(one, shift)).unwrap_or_default();
    problem.shifts.iter().map(first).collect()
}

fn orders(solution: &Solution) -> Orders {
    solution
        .routes
        .iter()
        .filter_map(|route| {
            let shift = route.actor.vehicle.dimens.get_value::<Index, usize>().copied()?;
            let visits = route
                .tour
                .all_activities()
                .filter_map(|activity| activity.job.as_ref())
                .filter_map(|job| job.dimens.get_value::<Index, usize>().copied())
                .collect();
            Some((shift, visits))
        })
        .collect()
}

#[cfg(test)]
mod tests;
