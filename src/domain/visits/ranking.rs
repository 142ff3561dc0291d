//! How much driving one more appointment adds to somebody's day, put in where it costs least, and which windows are the
//! best by that. Pure: places are numbers, times are minutes from some beginning, and ways come in as a table.
//!
//! Deliberately plans no day: what somebody has already keeps the order in which it was put in; see `day_plans`.

/// Windows that are recommended.
pub const BEST: u8 = 3;

/// Where everybody begins and ends.
pub const BASE: usize = 0;

/// An appointment: it begins within these minutes, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stop {
    pub place: usize,
    pub from: i32,
    pub to: i32,
    pub takes: i32,
}

/// The day of one person: their shifts, each from the base and back to it.
#[derive(Debug, Clone)]
pub struct Round {
    ways: Vec<Vec<i32>>,
    shifts: Vec<Shift>,
}

#[derive(Debug, Clone)]
struct Shift {
    from: i32,
    to: i32,
    stops: Vec<Stop>,
}

/// Where one more goes, and what it adds.
struct Gap {
    added: i32,
    shift: usize,
    before: usize,
}

impl Round {
    /// A day with nothing in it yet. `ways` has the minutes from each place to each.
    pub fn new(ways: Vec<Vec<i32>>, hours: impl IntoIterator<Item = (i32, i32)>) -> Self {
        let shifts = hours.into_iter().map(|(from, to)| Shift { from, to, stops: Vec::new() }).collect();
        Self { ways, shifts }
    }

    /// The same with an appointment; none where it does not fit.
    pub fn with(mut self, stop: Stop) -> Option<Self> {
        let gap = self.cheapest(&stop)?;
        self.shifts.get_mut(gap.shift)?.stops.insert(gap.before, stop);
        Some(self)
    }

    /// Minutes of driving that one more adds at least; none where it fits nowhere.
    pub fn added_by(&self, stop: &Stop) -> Option<i32> {
        self.cheapest(stop).map(|gap| gap.added)
    }

    fn cheapest(&self, stop: &Stop) -> Option<Gap> {
        let mut best: Option<Gap> = None;
        for (shift, of) in self.shifts.iter().enumerate() {
            for before in 0..=of.stops.len() {
                let added = self.detour(of, before, stop.place);
                let less = best.as_ref().is_none_or(|gap| added < gap.added);
                if less && self.fits(of, before, stop) {
                    best = Some(Gap { added, shift, before });
                }
            }
        }
        best
    }

    /// Ways are whole steps, so that a place between two others can seem to make the way shorter: it adds nothing then.
    fn detour(&self, shift: &Shift, before: usize, place: usize) -> i32 {
        let at = |index: Option<usize>| {
            index.and_then(|index| shift.stops.get(index)).map_or(BASE, |one| one.place)
        };
        let (from, to) = (at(before.checked_sub(1)), at(Some(before)));
        (self.way(from, place) + self.way(place, to) - self.way(from, to)).max(0)
    }

    fn fits(&self, shift: &Shift, before: usize, stop: &Stop) -> bool {
        let (mut now, mut place) = (shift.from, BASE);
        let (head, tail) = (shift.stops.iter().take(before), shift.stops.iter().skip(before));
        for one in head.chain([stop]).chain(tail) {
            let arrives = now.saturating_add(self.way(place, one.place)).max(one.from);
            if arrives > one.to {
                return false;
            }
            (now, place) = (arrives.saturating_add(one.takes), one.place);
        }
        now.saturating_add(self.way(place, BASE)) <= shift.to
    }

    fn way(&self, from: usize, to: usize) -> i32 {
        self.ways.get(from).and_then(|row| row.get(to)).copied().unwrap_or(i32::MAX / 16)
    }
}

/// The first, second and third of windows that stand in order of time, by what they add; of equals the earlier.
pub fn best(added: &[Option<i32>]) -> Vec<Option<u8>> {
    let mut order: Vec<(i32, usize)> =
        added.iter().enumerate().filter_map(|(index, minutes)| Some(((*minutes)?, index))).collect();
    order.sort_unstable();
    let mut places = vec![None; added.len()];
    for (place, (_, index)) in (1..=BEST).zip(order) {
        if let Some(one) = places.get_mut(index) {
            *one = Some(place);
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Places along a road, ten minutes each from the next; the base is the first.
    fn road(places: i32) -> Vec<Vec<i32>> {
        (0..places).map(|a| (0..places).map(|b| (a - b).abs() * 10).collect()).collect()
    }

    fn stop(place: usize, from: i32, to: i32) -> Stop {
        Stop { place, from, to, takes: 30 }
    }

    #[test]
    fn an_empty_day_costs_the_way_there_and_back() {
        let day = Round::new(road(4), [(480, 960)]);
        assert_eq!(day.added_by(&stop(2, 540, 600)), Some(40));
        assert_eq!(day.added_by(&stop(BASE, 540, 600)), Some(0));
    }

    #[test]
    fn what_lies_on_the_way_adds_nothing_and_what_lies_behind_adds_the_rest() {
        let day = Round::new(road(5), [(480, 960)]).with(stop(2, 540, 600)).unwrap();
        assert_eq!(day.added_by(&stop(1, 480, 900)), Some(0));
        assert_eq!(day.added_by(&stop(2, 480, 900)), Some(0));
        assert_eq!(day.added_by(&stop(4, 480, 900)), Some(40));
    }

    #[test]
    fn where_there_is_no_time_it_goes_elsewhere_or_nowhere() {
        // Two at the same time at two ends of the road.
        let day = Round::new(road(5), [(480, 960)]).with(stop(2, 540, 540)).unwrap();
        assert_eq!(day.added_by(&stop(4, 550, 560)), None, "still at the other");
        assert_eq!(day.added_by(&stop(4, 580, 590)), Some(40));
        // Not back in time; not yet there.
        assert_eq!(day.added_by(&stop(4, 900, 960)), None);
        assert_eq!(day.added_by(&stop(4, 480, 515)), None);
        // Of two shifts the second.
        let two = Round::new(road(5), [(480, 540), (840, 960)]);
        assert_eq!(two.added_by(&stop(3, 800, 880)), Some(60));
        assert_eq!(two.added_by(&stop(3, 480, 600)), None);
        assert!(Round::new(road(2), []).with(stop(1, 0, 900)).is_none(), "a day off");
    }

    #[test]
    fn the_three_that_add_least_are_best_and_of_equals_the_earlier() {
        let added = [Some(20), None, Some(5), Some(20), Some(0), Some(5)];
        assert_eq!(best(&added), [None, None, Some(2), None, Some(1), Some(3)]);
        assert_eq!(best(&[None, Some(9)]), [None, Some(1)]);
        assert_eq!(best(&[Some(5), Some(5), Some(5), Some(5)]), [Some(1), Some(2), Some(3), None]);
        assert_eq!(best(&[]), []);
    }
}
