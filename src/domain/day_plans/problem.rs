//! A day to be planned, and a plan of it, in plain numbers: who works when and from where, which visits are to be made,
//! and how long the ways between them take. Knows no database, no clock and no solver.
//!
//! Times and ways are whole steps from some beginning; a day is planned in minutes. The rules: a visit begins within its
//! hours, is made by one person who has all the skills that it needs, inside a shift that begins and ends at the base,
//! and by the person to whom it is locked where it is. That the usual person comes is a wish, not a rule.

use std::collections::BTreeSet;

/// A day.
#[derive(Debug, Clone, Default)]
pub struct Problem {
    pub shifts: Vec<Shift>,
    pub visits: Vec<Visit>,
    pub ways: Ways,
}

/// One stretch of somebody's day; who works twice has two.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shift {
    pub person: i64,
    /// Where it begins and ends.
    pub base: usize,
    pub from: i32,
    pub to: i32,
    pub skills: BTreeSet<i64>,
    /// How much fits into the car; none where nobody counts, as with visits to patients.
    pub carries: Option<i32>,
}

/// One visit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Visit {
    pub place: usize,
    pub takes: i32,
    /// It begins from here to there, both included.
    pub from: i32,
    pub to: i32,
    pub needs: BTreeSet<i64>,
    pub locked_to: Option<i64>,
    /// Who comes usually.
    pub usual: Option<i64>,
    /// Of what a shift carries.
    pub load: i32,
}

/// How long the way takes between any two places.
#[derive(Debug, Clone, Default)]
pub struct Ways {
    places: usize,
    steps: Vec<i32>,
}

/// Longer than any day, so that a way to a place that is not there is never taken.
const NO_WAY: i32 = 10_000_000;

impl Ways {
    /// Asks for each pair; the way back may be another.
    pub fn new(places: usize, between: impl Fn(usize, usize) -> i32) -> Self {
        let between = &between;
        let steps = (0..places).flat_map(|from| (0..places).map(move |to| between(from, to))).collect();
        Self { places, steps }
    }

    pub fn places(&self) -> usize {
        self.places
    }

    pub fn between(&self, from: usize, to: usize) -> i32 {
        if from >= self.places || to >= self.places {
            return NO_WAY;
        }
        self.steps.get(from * self.places + to).copied().unwrap_or(NO_WAY)
    }
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// At most one for each shift, in the order of the shifts.
    pub routes: Vec<Route>,
    /// Visits without a place, with why.
    pub unassigned: Vec<(usize, Why)>,
}

/// What one shift does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    pub shift: usize,
    pub leaves_base: i32,
    pub stops: Vec<Stop>,
    /// The way home.
    pub home: i32,
    pub back_at: i32,
}

/// A visit in a route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stop {
    pub visit: usize,
    /// The way to it.
    pub travel: i32,
    /// When it begins: who is early waits.
    pub arrives: i32,
    pub leaves: i32,
}

/// Why a visit has no place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    NobodyWorks,
    /// The person to whom it is locked.
    DoesNotWork(i64),
    /// The person to whom it is locked, and what they lack.
    Lacks(i64, Vec<i64>),
    /// Skills that nobody on shift has.
    NobodyHas(Vec<i64>),
    /// Each of them somebody has, and nobody all.
    NobodyHasAll(Vec<i64>),
    /// Those who may make it cannot be there and back in their shift.
    NobodyInTime,
    /// The person to whom it is locked cannot.
    NotInTime(i64),
    /// They could, and are elsewhere.
    AllAreElsewhere,
    IsElsewhere(i64),
}

impl Plan {
    /// All ways, those home too.
    pub fn travel(&self) -> i32 {
        self.routes.iter().map(Route::travel).sum()
    }

    /// Visits with a place.
    pub fn placed(&self) -> usize {
        self.routes.iter().map(|route| route.stops.len()).sum()
    }
}

impl Route {
    pub fn travel(&self) -> i32 {
        self.stops.iter().map(|stop| stop.travel).sum::<i32>() + self.home
    }
}

impl Problem {
    /// When a shift would be where, if it made these visits in this order: as early as possible, and out of the base as
    /// late as that allows. Keeps no rule: `broken_rules` tells which are broken.
    pub fn route(&self, shift: usize, visits: &[usize]) -> Option<Route> {
        let works = self.shifts.get(shift)?;
        let (mut at, mut now) = (works.base, works.from);
        let mut stops = Vec::with_capacity(visits.len());
        for index in visits {
            let visit = self.visits.get(*index)?;
            let travel = self.ways.between(at, visit.place);
            let arrives = (now + travel).max(visit.from);
            now = arrives + visit.takes;
            at = visit.place;
            stops.push(Stop { visit: *index, travel, arrives, leaves: now });
        }
        let home = self.ways.between(at, works.base);
        let leaves_base = stops.first().map_or(works.from, |first| first.arrives - first.travel);
        Some(Route { shift, leaves_base, stops, home, back_at: now + home })
    }

    /// Whether a shift could make a visit if it had no other.
    pub fn could(&self, shift: &Shift, visit: &Visit) -> bool {
        let may = visit.locked_to.is_none_or(|person| person == shift.person);
        may && visit.needs.is_subset(&shift.skills) && self.in_time(shift, visit)
    }

    fn in_time(&self, shift: &Shift, visit: &Visit) -> bool {
        let arrives = (shift.from + self.ways.between(shift.base, visit.place)).max(visit.from);
        let back_at = arrives + visit.takes + self.ways.between(visit.place, shift.base);
        arrives <= visit.to && back_at <= shift.to
    }

    /// Why a visit that has no place has none.
    pub fn why_not(&self, visit: &Visit) -> Why {
        match visit.locked_to {
            Some(person) => self.why_not_locked(visit, person),
            None => self.why_nobody(visit),
        }
    }

    fn why_not_locked(&self, visit: &Visit, person: i64) -> Why {
        let shifts: Vec<&Shift> = self.shifts.iter().filter(|shift| shift.person == person).collect();
        let Some(first) = shifts.first() else { return Why::DoesNotWork(person) };
        if !shifts.iter().any(|shift| visit.needs.is_subset(&shift.skills)) {
            return Why::Lacks(person, visit.needs.difference(&first.skills).copied().collect());
        }
        if shifts.iter().any(|shift| self.could(shift, visit)) {
            Why::IsElsewhere(person)
        } else {
            Why::NotInTime(person)
        }
    }

    fn why_nobody(&self, visit: &Visit) -> Why {
        if self.shifts.is_empty() {
            return Why::NobodyWorks;
        }
        let nobody = |skill: &i64| !self.shifts.iter().any(|shift| shift.skills.contains(skill));
        let missing: Vec<i64> = visit.needs.iter().copied().filter(nobody).collect();
        if !missing.is_empty() {
            return Why::NobodyHas(missing);
        }
        if !self.shifts.iter().any(|shift| visit.needs.is_subset(&shift.skills)) {
            return Why::NobodyHasAll(visit.needs.iter().copied().collect());
        }
        if self.shifts.iter().any(|shift| self.could(shift, visit)) {
            Why::AllAreElsewhere
        } else {
            Why::NobodyInTime
        }
    }
}
