//! Makes a plan better: takes stretches of visits out of tours that pass near each other, puts them back where that is
//! cheapest, and keeps the outcome if it is better, or, as long as there is time left, if it is hardly worse. It does
//! so ten thousand times a second where the solver that finds the first plan tries hundreds. Uses no shift that the
//! first plan does without, where their number matters.
//!
//! The stretches and the blinks are those of Christiaens and Vanden Berghe, "Slack Induction by String Removals for
//! Vehicle Routing Problems" (Transportation Science 54, 2020), with the numbers that they found to be good.

use std::cmp::Reverse;
use std::time::{Duration, Instant};

use super::super::problem::Problem;
use super::chance::Chance;
use super::tours::{Place, Tour, Tours, Worth};
use super::{Aim, Orders};

/// Visits that are taken out at once, on average.
const TAKEN_OUT: usize = 10;
/// The longest stretch that is taken out of one tour.
const LONGEST_STRETCH: usize = 10;
/// How often a place is overlooked, so that not every visit goes where all would crowd.
const BLINKS: f64 = 0.01;
/// How often a stretch leaves out some visits in its middle, and how often one more of them.
const SPLITS: (f64, f64) = (0.5, 0.01);
/// How many neighbours of a visit are known.
const NEIGHBOURS: usize = 100;
/// By how much a plan may become worse, measured in the usual way between two visits: at first, and at the end.
const WORSE: (f64, f64) = (1.0, 0.01);

/// When it stops.
#[derive(Debug, Clone, Copy)]
pub enum Until {
    Steps(u32),
    /// So long after it began.
    Time(Instant, Duration),
}

/// How often it looks at the clock.
const STEPS_PER_LOOK: u32 = 64;

impl Until {
    /// How much of it is over by this step; nothing new where it did not look.
    fn over(self, step: u32) -> Option<f64> {
        match self {
            Self::Steps(most) => Some(f64::from(step) / f64::from(most.max(1))),
            Self::Time(began, most) if step.is_multiple_of(STEPS_PER_LOOK) => {
                Some(began.elapsed().as_secs_f64() / most.as_secs_f64().max(f64::MIN_POSITIVE))
            }
            Self::Time(..) => None,
        }
    }
}

/// A plan that is better than a first one, or that one, and what it is worth.
pub fn shorten(
    problem: &Problem,
    possible: &[usize],
    aim: Aim,
    first: &Orders,
    (until, seed): (Until, u64),
) -> (Worth, Orders) {
    let mut search = Shortening::new(problem, possible, Tours::new(problem, aim, first), seed);
    let mut over = 0.0;
    for step in 0.. {
        over = until.over(step).unwrap_or(over);
        if over >= 1.0 {
            break;
        }
        search.step(over);
    }
    search.best
}

struct Shortening<'a> {
    problem: &'a Problem,
    /// Visits that could have a place.
    possible: &'a [usize],
    /// Of each visit the nearest ones, itself first.
    neighbours: Vec<Vec<usize>>,
    /// The way to each visit from the base that is nearest to it.
    far: Vec<i32>,
    /// The usual way between two visits.
    usual_way: f64,
    tours: Tours<'a>,
    worth: Worth,
    /// Visits that could have a place, and have none.
    missing: Vec<usize>,
    best: (Worth, Orders),
    /// Tours that this step has changed, as they were before.
    before: Vec<(usize, Tour)>,
    chance: Chance,
}

impl<'a> Shortening<'a> {
    fn new(problem: &'a Problem, possible: &'a [usize], tours: Tours<'a>, seed: u64) -> Self {
        let missing = without_a_place(&tours, possible);
        let worth = tours.worth(&missing);
        let base =
            |place| problem.shifts.iter().map(move |shift| problem.ways.between(shift.base, place)).min();
        let visits = u32::try_from(possible.len()).unwrap_or(u32::MAX).max(1);
        Self {
            problem,
            possible,
            neighbours: neighbours(problem, possible),
            far: problem.visits.iter().map(|visit| base(visit.place).unwrap_or_default()).collect(),
            usual_way: f64::from(worth.cost) / f64::from(visits),
            worth,
            missing,
            best: (worth, tours.orders()),
            tours,
            before: Vec::new(),
            chance: Chance::new(seed),
        }
    }

    fn step(&mut self, over: f64) {
        self.before.clear();
        let mut out = Vec::new();
        let sound = self.take_out(&mut out) && self.put_in(&mut out);
        if !sound || !self.keep(&out, over) {
            self.undo(&out);
        }
    }

    /// Keeps the tours as they are now, if they are good enough.
    fn keep(&mut self, out: &[usize], over: f64) -> bool {
        let missing = without_a_place(&self.tours, out);
        let worth = self.tours.worth(&missing);
        let may = self.usual_way * WORSE.0 * (WORSE.1 / WORSE.0).powf(over);
        let costs = f64::from(worth.cost) - f64::from(self.worth.cost);
        let only_costs = (worth.missing, worth.shifts) == (self.worth.missing, self.worth.shifts);
        if worth > self.worth && !(only_costs && costs < -may * self.chance.share().ln()) {
            return false;
        }
        (self.worth, self.missing) = (worth, missing);
        if worth < self.best.0 {
            self.best = (worth, self.tours.orders());
        }
        true
    }

    fn undo(&mut self, out: &[usize]) {
        for visit in out {
            self.tours.mark(*visit, None);
        }
        for (shift, tour) in std::mem::take(&mut self.before) {
            self.tours.put_back(shift, tour);
        }
    }

    /// Takes a stretch out of each of some tours that pass near a visit. Whether the rest is still in time.
    fn take_out(&mut self, out: &mut Vec<usize>) -> bool {
        let (placed, used) = (self.possible.len() - self.missing.len(), self.tours.used().count());
        let longest = (placed / used.max(1)).clamp(1, LONGEST_STRETCH);
        // In tenths, so that the average is met.
        let tours = 1 + self.chance.below(10 * 4 * TAKEN_OUT / (1 + longest) - 10) / 10;
        let around = self.chance.below(self.possible.len());
        let near = self.possible.get(around).and_then(|visit| self.neighbours.get(*visit)).cloned();
        for visit in near.unwrap_or_default() {
            if self.before.len() == tours {
                break;
            }
            let Some(shift) = self.tours.made_by(visit).filter(|shift| !self.has_changed(*shift)) else {
                continue;
            };
            let stretch = self.stretch(shift, visit, longest);
            self.note(shift);
            out.extend(&stretch);
            if !self.tours.take_out(shift, &stretch) {
                return false;
            }
        }
        !out.is_empty()
    }

    /// Visits of a tour one after another, this one among them or between them.
    fn stretch(&mut self, shift: usize, around: usize, longest: usize) -> Vec<usize> {
        let visits: Vec<usize> = self.tours.visits(shift).collect();
        let length = 1 + self.chance.below(visits.len().min(longest));
        let mut stays = 0;
        if length > 1 && length < visits.len() && self.chance.happens(SPLITS.0) {
            stays = 1;
            while length + stays < visits.len() && self.chance.happens(SPLITS.1) {
                stays += 1;
            }
        }
        let at = visits.iter().position(|visit| *visit == around).unwrap_or_default();
        let first = (at + 1).saturating_sub(length + stays);
        let last = at.min(visits.len().saturating_sub(length + stays));
        let begins = first + self.chance.below(last.saturating_sub(first) + 1);
        let split = 1 + self.chance.below(length.saturating_sub(1));
        let whole = visits.into_iter().skip(begins).take(length + stays).enumerate();
        let goes = |index: usize| index < split || index >= split + stays;
        whole.filter(|(index, _)| goes(*index)).map(|(_, visit)| visit).collect()
    }

    /// Puts visits where that is cheapest, and those that had no place before where one has come free. Whether enough
    /// of them have one.
    fn put_in(&mut self, out: &mut Vec<usize>) -> bool {
        self.sort(out);
        let open: Vec<usize> =
            (0..self.problem.shifts.len()).filter(|shift| self.tours.is_open(*shift)).collect();
        let free = |shift: &&usize| self.has_changed(**shift) || self.tours.is_empty(**shift);
        let free: Vec<usize> = open.iter().filter(free).copied().collect();
        let waiting = self.missing.clone();
        let mut spare = self.worth.missing;
        for visit in out.iter() {
            if !self.put(*visit, &open) {
                spare -= self.tours.weighs(*visit);
            }
            if spare < 0 {
                return false;
            }
        }
        for visit in &waiting {
            self.put(*visit, &free);
        }
        out.extend(waiting);
        true
    }

    fn put(&mut self, visit: usize, shifts: &[usize]) -> bool {
        let mut best: Option<Place> = None;
        for shift in shifts {
            let chance = &mut self.chance;
            best = self.tours.cheaper(visit, *shift, best, || chance.happens(BLINKS));
        }
        let Some(place) = best else { return false };
        self.note(place.shift);
        self.tours.put_in(visit, place);
        true
    }

    fn has_changed(&self, shift: usize) -> bool {
        self.before.iter().any(|(one, _)| *one == shift)
    }

    /// Remembers a tour before it is changed.
    fn note(&mut self, shift: usize) {
        if !self.has_changed(shift) {
            self.before.extend(self.tours.get(shift).cloned().map(|tour| (shift, tour)));
        }
    }

    /// Who is put back first: by chance, or who is harder to place, as one sees it.
    fn sort(&mut self, out: &mut [usize]) {
        let visit = |index: &usize| self.problem.visits.get(*index);
        let far = |index: &usize| self.far.get(*index).copied();
        match self.chance.below(17) {
            0..4 => self.chance.shuffle(out),
            4..8 => out.sort_by_key(|one| Reverse(visit(one).map(|visit| (visit.load, visit.takes)))),
            8..10 => out.sort_by_key(|one| Reverse(far(one))),
            10 => out.sort_by_key(far),
            11..13 => out.sort_by_key(|one| visit(one).map(|visit| visit.to - visit.from)),
            13..15 => out.sort_by_key(|one| visit(one).map(|visit| visit.from)),
            _ => out.sort_by_key(|one| Reverse(visit(one).map(|visit| visit.to))),
        }
    }
}

fn without_a_place(tours: &Tours<'_>, of: &[usize]) -> Vec<usize> {
    of.iter().copied().filter(|visit| tours.made_by(*visit).is_none()).collect()
}

fn neighbours(problem: &Problem, possible: &[usize]) -> Vec<Vec<usize>> {
    let place = |visit: usize| problem.visits.get(visit).map(|visit| visit.place).unwrap_or_default();
    let mut neighbours = vec![Vec::new(); problem.visits.len()];
    for visit in possible {
        let mut near = possible.to_vec();
        near.sort_by_key(|other| (other != visit, problem.ways.between(place(*visit), place(*other))));
        near.truncate(NEIGHBOURS);
        if let Some(of) = neighbours.get_mut(*visit) {
            *of = near;
        }
    }
    neighbours
}

#[cfg(test)]
mod tests {
    use super::super::super::checking::broken_rules;
    use super::super::super::problem::{Shift, Visit, Ways};
    use super::super::plan_of;
    use super::*;

    const SHORT_WAYS: Aim = Aim::ShortWays { usual_is_worth: 15 };

    fn shortened(problem: &Problem, aim: Aim, first: Orders, seed: u64) -> (Worth, Orders) {
        let possible: Vec<usize> = (0..problem.visits.len()).collect();
        shorten(problem, &possible, aim, &first, (Until::Steps(3_000), seed))
    }

    /// Places in a row, ten minutes from each to the next; shifts begin and end at the first.
    fn row(shifts: i64, visits: usize) -> Problem {
        let shift = |person| Shift { person, from: 480, to: 1_080, ..Shift::default() };
        let visit = |place| Visit { place, takes: 10, from: 480, to: 1_000, ..Visit::default() };
        Problem {
            shifts: (0..shifts).map(shift).collect(),
            visits: (1..=visits).map(visit).collect(),
            ways: Ways::new(visits + 1, |from, to| i32::try_from(from.abs_diff(to)).unwrap() * 10),
        }
    }

    #[test]
    fn a_way_to_and_fro_becomes_one_round() {
        let (worth, orders) = shortened(&row(1, 6), SHORT_WAYS, vec![(0, vec![5, 0, 4, 1, 3, 2])], 1);
        assert_eq!((worth.missing, worth.cost), (0, 120), "{orders:?}");
    }

    #[test]
    fn a_visit_without_a_place_gets_one_where_there_is_one() {
        let (worth, orders) = shortened(&row(2, 4), SHORT_WAYS, vec![(0, vec![0, 1])], 1);
        assert_eq!((worth.missing, worth.cost), (0, 80), "{orders:?}");
    }

    #[test]
    fn no_shift_is_used_that_the_first_plan_does_without_where_their_number_matters() {
        let mut problem = row(3, 4);
        // Each alone would be as short, and at ease.
        problem.visits.iter_mut().for_each(|visit| visit.place = 1);
        let (worth, orders) = shortened(&problem, Aim::FewShifts, vec![(1, vec![0, 1, 2, 3])], 1);
        assert_eq!((worth.shifts, orders.len()), (1, 1));
    }

    #[test]
    fn whatever_the_day_the_plan_breaks_no_rule_and_is_no_worse() {
        for seed in 0..12 {
            let problem = some_day(seed);
            let first: Orders = (0..4).map(|shift| (shift, Vec::new())).collect();
            let (one, orders) = shortened(&problem, SHORT_WAYS, first.clone(), seed);
            let (two, better) = shortened(&problem, SHORT_WAYS, orders.clone(), seed + 1);
            assert!(two <= one && one <= worth_of(&problem, &first));
            for orders in [orders, better] {
                assert_eq!(broken_rules(&problem, &plan_of(&problem, orders)), Vec::<String>::new());
            }
        }
    }

    fn worth_of(problem: &Problem, first: &Orders) -> Worth {
        let possible: Vec<usize> = (0..problem.visits.len()).collect();
        shorten(problem, &possible, SHORT_WAYS, first, (Until::Steps(0), 0)).0
    }

    /// Every tenth way takes longer than one about another place.
    fn some_day(seed: u64) -> Problem {
        let mut chance = Chance::new(seed);
        let mut number = |end: usize| i32::try_from(chance.below(end)).unwrap();
        let shifts = (0..4).map(|person| {
            let from = 420 + 60 * number(3);
            let skills = (0..3).filter(|_| number(3) > 0).collect();
            Shift { person, from, to: from + 300, skills, carries: Some(30), ..Shift::default() }
        });
        let shifts: Vec<Shift> = shifts.collect();
        let visits = (1..30).map(|place| {
            let from = 420 + 60 * number(6);
            let needs = (0..3).filter(|_| number(6) == 0).collect();
            let locked_to = (number(9) == 0).then(|| i64::from(number(4)));
            let usual = (number(2) == 0).then(|| i64::from(number(4)));
            Visit {
                place,
                takes: 10,
                from,
                to: from + 60 + number(90),
                needs,
                locked_to,
                usual,
                load: number(9),
            }
        });
        let visits: Vec<Visit> = visits.collect();
        let steps: Vec<i32> = (0..900).map(|_| 5 + number(25) + 60 * i32::from(number(10) == 0)).collect();
        let ways = Ways::new(30, |from, to| if from == to { 0 } else { steps[from * 30 + to] });
        let mut problem = Problem { shifts, visits, ways };
        // As in a search: what nobody could make is not asked for.
        let (visits, shifts) = (problem.visits.clone(), problem.shifts.clone());
        let could = |visit: &Visit| shifts.iter().any(|shift| problem.could(shift, visit));
        let possible = visits.into_iter().filter(could).collect();
        problem.visits = possible;
        problem
    }
}
