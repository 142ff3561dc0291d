//! What the solver must keep and what it aims at. Its own features know time, load and ways; who may make which visit,
//! and whether the usual person comes, is said here.

use std::sync::Arc;

use vrp_core::construction::features::{
    CapacityFeatureBuilder, MinimizeUnassignedBuilder, TransportFeatureBuilder, create_minimize_tours_feature,
};
use vrp_core::construction::heuristics::{InsertionContext, MoveContext, RouteContext};
use vrp_core::models::common::{Cost, SingleDimLoad};
use vrp_core::models::problem::{Job, TransportCost};
use vrp_core::models::{
    ConstraintViolation, Feature, FeatureBuilder, FeatureConstraint, FeatureObjective, GoalBuilder,
    GoalContext, GoalContextBuilder, ViolationCode,
};
use vrp_core::rosomaxa::utils::GenericResult;

use super::super::problem::Problem;
use super::{Aim, Index, LOCKED_WEIGHS};

pub fn goal(problem: &Problem, aim: Aim, transport: Arc<dyn TransportCost>) -> GenericResult<GoalContext> {
    let locked: Vec<bool> = problem.visits.iter().map(|visit| visit.locked_to.is_some()).collect();
    let place_all = MinimizeUnassignedBuilder::new("place all")
        .set_job_estimator(move |_, job| {
            let locked = index(job).and_then(|index| locked.get(index)).copied().unwrap_or_default();
            f64::from(if locked { LOCKED_WEIGHS } else { 1 })
        })
        .build()?;
    let ways =
        TransportFeatureBuilder::new("ways").set_transport_cost(transport).build_minimize_distance()?;
    let may = FeatureBuilder::default().with_name("may").with_constraint(May::new(problem)).build()?;
    let mut features = vec![place_all.clone(), ways.clone(), may];
    if problem.shifts.iter().any(|shift| shift.carries.is_some()) {
        features.push(CapacityFeatureBuilder::<SingleDimLoad>::new("load").build()?);
    }
    let builder = GoalBuilder::default().add_single(objective(&place_all)?);
    let builder = match aim {
        Aim::FewShifts => {
            let few = create_minimize_tours_feature("few shifts")?;
            features.push(few.clone());
            builder.add_single(objective(&few)?).add_single(objective(&ways)?)
        }
        Aim::ShortWays { usual_is_worth } => {
            let usual = FeatureBuilder::default()
                .with_name("usual person")
                .with_objective(UsualPerson::new(problem, usual_is_worth))
                .build()?;
            features.push(usual.clone());
            let both = [objective(&ways)?, objective(&usual)?];
            let total = |all: &[Arc<dyn FeatureObjective>], of: &InsertionContext| -> Cost {
                all.iter().map(|one| one.fitness(of)).sum()
            };
            builder.add_multi(
                &both,
                move |all, a, b| total(all, a).total_cmp(&total(all, b)),
                |all, step| all.iter().map(|one| one.estimate(step)).sum(),
            )
        }
    };
    GoalContextBuilder::with_features(&features)?.set_main_goal(builder.build()?).build()
}

fn objective(feature: &Feature) -> GenericResult<Arc<dyn FeatureObjective>> {
    feature.objective.clone().ok_or_else(|| "a feature without an aim".into())
}

fn index(job: &Job) -> Option<usize> {
    job.dimens().get_value::<Index, usize>().copied()
}

fn shift(route: &RouteContext) -> Option<usize> {
    route.route().actor.vehicle.dimens.get_value::<Index, usize>().copied()
}

/// Skills and locks: which shift could make which visit, of each visit by shift.
struct May(Vec<Vec<bool>>);

impl May {
    fn new(problem: &Problem) -> Self {
        let of = |visit| problem.shifts.iter().map(|shift| problem.could(shift, visit)).collect();
        Self(problem.visits.iter().map(of).collect())
    }
}

impl FeatureConstraint for May {
    fn evaluate(&self, step: &MoveContext<'_>) -> Option<ConstraintViolation> {
        let MoveContext::Route { route_ctx, job, .. } = step else { return None };
        let may = index(job)
            .and_then(|visit| self.0.get(visit))
            .zip(shift(route_ctx))
            .and_then(|(shifts, shift)| shifts.get(shift).copied());
        if may.unwrap_or_default() { None } else { ConstraintViolation::fail(ViolationCode(1)) }
    }
}

/// Each visit by somebody else than usual counts as so much way.
struct UsualPerson {
    usual: Vec<Option<i64>>,
    people: Vec<i64>,
    worth: f64,
}

impl UsualPerson {
    fn new(problem: &Problem, worth: i32) -> Self {
        // Who does not work that day cannot come, so that nothing is lost by anybody else.
        let works = |person: &i64| problem.shifts.iter().any(|shift| shift.person == *person);
        Self {
            usual: problem.visits.iter().map(|visit| visit.usual.filter(works)).collect(),
            people: problem.shifts.iter().map(|shift| shift.person).collect(),
            worth: f64::from(worth),
        }
    }

    fn lost(&self, job: &Job, route: &RouteContext) -> Cost {
        let usual = index(job).and_then(|visit| self.usual.get(visit).copied().flatten());
        let comes = shift(route).and_then(|shift| self.people.get(shift).copied());
        if usual.is_some() && usual != comes { self.worth } else { 0.0 }
    }
}

impl FeatureObjective for UsualPerson {
    fn fitness(&self, solution: &InsertionContext) -> Cost {
        let routes = solution.solution.routes.iter();
        routes.flat_map(|route| route.route().tour.jobs().map(|job| self.lost(job, route))).sum()
    }

    fn estimate(&self, step: &MoveContext<'_>) -> Cost {
        match step {
            MoveContext::Route { route_ctx, job, .. } => self.lost(job, route_ctx),
            MoveContext::Activity { .. } => 0.0,
        }
    }
}
