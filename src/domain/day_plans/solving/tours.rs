//! Who makes which visits in which order, kept so that a place for one more visit is found quickly: of every stop it is
//! known when its visit ends, and until when one could come there without being late afterwards.
//!
//! Here are the rules alone; which visits are taken out and put back is decided in `shortening`.

use super::super::problem::{Problem, Shift, Visit};
use super::{Aim, LOCKED_WEIGHS, Orders};

/// A visit in a tour.
#[derive(Debug, Clone, Copy)]
struct Stop {
    visit: usize,
    place: usize,
    leaves: i32,
    /// Who comes there later than this is late here or at a stop after it.
    latest: i32,
}

/// What one shift does.
#[derive(Debug, Clone, Default)]
pub struct Tour {
    stops: Vec<Stop>,
    load: i32,
    /// Its ways, and what visits by somebody else than usual count as.
    cost: i32,
}

impl Tour {
    fn visits(&self) -> impl Iterator<Item = usize> + '_ {
        self.stops.iter().map(|stop| stop.visit)
    }
}

/// What is better: the first difference decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Worth {
    /// Visits without a place; locked ones count for many.
    pub missing: i32,
    /// None of them where their number does not matter.
    pub shifts: usize,
    pub cost: i32,
}

/// Where a visit could go.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    pub shift: usize,
    index: usize,
    cost: i32,
}

/// All tours of a day, by shift.
#[derive(Debug, Clone)]
pub struct Tours<'a> {
    problem: &'a Problem,
    aim: Aim,
    tours: Vec<Tour>,
    /// Which shift makes each visit.
    made_by: Vec<Option<usize>>,
    /// What each visit counts as by somebody else than usual.
    usual_is_worth: i32,
    /// Who of those with a usual person works at all.
    usual: Vec<Option<i64>>,
    /// By shift and visit, whether it could be made alone.
    could: Vec<Vec<bool>>,
}

impl<'a> Tours<'a> {
    pub fn new(problem: &'a Problem, aim: Aim, orders: &Orders) -> Self {
        let works = |person: &i64| problem.shifts.iter().any(|shift| shift.person == *person);
        let could = |shift| problem.visits.iter().map(|visit| problem.could(shift, visit)).collect();
        let usual_is_worth = match aim {
            Aim::ShortWays { usual_is_worth } => usual_is_worth,
            Aim::FewShifts => 0,
        };
        let mut tours = Self {
            problem,
            aim,
            tours: vec![Tour::default(); problem.shifts.len()],
            made_by: vec![None; problem.visits.len()],
            usual_is_worth,
            usual: problem.visits.iter().map(|visit| visit.usual.filter(works)).collect(),
            could: problem.shifts.iter().map(could).collect(),
        };
        for (shift, visits) in orders {
            tours.set(*shift, visits);
        }
        tours
    }

    fn set(&mut self, shift: usize, visits: &[usize]) {
        let stop = |visit: &usize| {
            let place = self.problem.visits.get(*visit)?.place;
            Some(Stop { visit: *visit, place, leaves: 0, latest: 0 })
        };
        let stops = visits.iter().filter_map(stop).collect();
        self.put_back(shift, Tour { stops, ..Tour::default() });
        self.settle(shift);
    }

    pub fn orders(&self) -> Orders {
        let all = self.tours.iter().enumerate();
        all.filter(|(_, tour)| !tour.stops.is_empty())
            .map(|(shift, tour)| (shift, tour.visits().collect()))
            .collect()
    }

    pub fn get(&self, shift: usize) -> Option<&Tour> {
        self.tours.get(shift)
    }

    /// Tours with visits.
    pub fn used(&self) -> impl Iterator<Item = &Tour> {
        self.tours.iter().filter(|tour| !tour.stops.is_empty())
    }

    pub fn is_empty(&self, shift: usize) -> bool {
        self.tours.get(shift).is_none_or(|tour| tour.stops.is_empty())
    }

    /// Whether visits may go there: a shift that is not used stays so where their number matters.
    pub fn is_open(&self, shift: usize) -> bool {
        self.aim != Aim::FewShifts || !self.is_empty(shift)
    }

    pub fn visits(&self, shift: usize) -> impl Iterator<Item = usize> + '_ {
        self.tours.get(shift).into_iter().flat_map(Tour::visits)
    }

    pub fn made_by(&self, visit: usize) -> Option<usize> {
        self.made_by.get(visit).copied().flatten()
    }

    /// What a visit without a place counts as.
    pub fn weighs(&self, visit: usize) -> i32 {
        let locked = self.problem.visits.get(visit).is_some_and(|visit| visit.locked_to.is_some());
        if locked { LOCKED_WEIGHS } else { 1 }
    }

    /// What they are worth if these visits have no place.
    pub fn worth(&self, missing: &[usize]) -> Worth {
        let shifts = if self.aim == Aim::FewShifts { self.used().count() } else { 0 };
        let missing = missing.iter().map(|visit| self.weighs(*visit)).sum();
        Worth { missing, shifts, cost: self.tours.iter().map(|tour| tour.cost).sum() }
    }

    /// Takes visits out of a tour. Whether the others are still in time: they may not be where the way about was
    /// shorter than the straight one.
    pub fn take_out(&mut self, shift: usize, gone: &[usize]) -> bool {
        if let Some(tour) = self.tours.get_mut(shift) {
            tour.stops.retain(|stop| !gone.contains(&stop.visit));
        }
        for visit in gone {
            self.mark(*visit, None);
        }
        self.settle(shift)
    }

    /// Puts a visit into a place that was found for it, in tours that have not changed since.
    pub fn put_in(&mut self, visit: usize, place: Place) {
        let Some(at) = self.problem.visits.get(visit).map(|visit| visit.place) else { return };
        let Some(tour) = self.tours.get_mut(place.shift) else { return };
        let index = place.index.min(tour.stops.len());
        tour.stops.insert(index, Stop { visit, place: at, leaves: 0, latest: 0 });
        self.mark(visit, Some(place.shift));
        self.settle(place.shift);
    }

    /// As it was before.
    pub fn put_back(&mut self, shift: usize, tour: Tour) {
        for stop in &tour.stops {
            self.mark(stop.visit, Some(shift));
        }
        if let Some(one) = self.tours.get_mut(shift) {
            *one = tour;
        }
    }

    pub fn mark(&mut self, visit: usize, shift: Option<usize>) {
        if let Some(one) = self.made_by.get_mut(visit) {
            *one = shift;
        }
    }

    /// The cheaper of a place elsewhere and the cheapest one in this tour; `blinks` overlooks one now and then.
    pub fn cheaper(
        &self,
        visit: usize,
        shift: usize,
        than: Option<Place>,
        mut blinks: impl FnMut() -> bool,
    ) -> Option<Place> {
        let mut best = than;
        let Some((works, wants)) = self.may(shift, visit) else { return best };
        let ways = &self.problem.ways;
        let unusual = self.unusual(visit, works);
        let (mut at, mut now) = (works.base, works.from);
        let stops = self.tours.get(shift).into_iter().flat_map(|tour| &tour.stops);
        let nexts = stops.map(|stop| (stop.place, stop.latest, stop.leaves));
        for (index, (next, latest, leaves)) in nexts.chain([(works.base, works.to, works.to)]).enumerate() {
            if now > wants.to {
                break;
            }
            let (there, on) = (ways.between(at, wants.place), ways.between(wants.place, next));
            let cost = there + on - ways.between(at, next) + unusual;
            let begins = (now + there).max(wants.from);
            let in_time = begins <= wants.to && begins + wants.takes + on <= latest;
            if in_time && best.is_none_or(|best| cost < best.cost) && !blinks() {
                best = Some(Place { shift, index, cost });
            }
            (at, now) = (next, leaves);
        }
        best
    }

    /// A shift and a visit that it may make, as far as no hours are asked.
    fn may(&self, shift: usize, visit: usize) -> Option<(&Shift, &Visit)> {
        let (works, wants) = (self.problem.shifts.get(shift)?, self.problem.visits.get(visit)?);
        let load = self.tours.get(shift)?.load + wants.load;
        let may = *self.could.get(shift)?.get(visit)? && works.carries.is_none_or(|most| load <= most);
        may.then_some((works, wants))
    }

    fn unusual(&self, visit: usize, works: &Shift) -> i32 {
        let usual = self.usual.get(visit).copied().flatten();
        if usual.is_some_and(|person| person != works.person) { self.usual_is_worth } else { 0 }
    }

    /// Works out the times of a tour anew. Whether everything in it is in time.
    fn settle(&mut self, shift: usize) -> bool {
        let Some(works) = self.problem.shifts.get(shift) else { return false };
        let Some(mut tour) = self.tours.get_mut(shift).map(std::mem::take) else { return false };
        let visit = |stop: &Stop| self.problem.visits.get(stop.visit);
        let ways = &self.problem.ways;
        let (mut at, mut now) = (works.base, works.from);
        (tour.cost, tour.load) = (0, 0);
        let mut in_time = true;
        for stop in &mut tour.stops {
            let Some(wants) = visit(stop) else { continue };
            let way = ways.between(at, stop.place);
            let begins = (now + way).max(wants.from);
            in_time &= begins <= wants.to;
            tour.cost += way + self.unusual(stop.visit, works);
            tour.load += wants.load;
            now = begins + wants.takes;
            at = stop.place;
            stop.leaves = now;
        }
        let home = ways.between(at, works.base);
        tour.cost += home;
        in_time &= now + home <= works.to;
        let (mut next, mut latest) = (works.base, works.to);
        for stop in tour.stops.iter_mut().rev() {
            let Some(Visit { takes, to, .. }) = visit(stop) else { continue };
            latest = (latest - ways.between(stop.place, next) - takes).min(*to);
            next = stop.place;
            stop.latest = latest;
        }
        if let Some(one) = self.tours.get_mut(shift) {
            *one = tour;
        }
        in_time
    }
}
