//! How long a way takes, by an estimate: the straight line, made longer as roads are, at an even speed, and never less
//! than it takes to park.
//!
//! Positions are the middles of postcode districts, so that two addresses of one district are a short drive apart, and
//! one postcode is one place. Says nothing about traffic, one-way streets or rivers; a plan's times are for planning.

/// How people get about.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pace {
    pub miles_per_hour: f64,
    /// Miles by road for each mile of a straight line.
    pub roads: f64,
    /// Minutes are rounded up to a multiple of these, and never fewer.
    pub steps_of: i32,
}

/// By car, in towns and between them.
pub const BY_CAR: Pace = Pace { miles_per_hour: 22.0, roads: 1.3, steps_of: 5 };

/// Minutes between two addresses that are so many miles apart on a straight line.
pub fn minutes(miles: f64, pace: Pace) -> i32 {
    let steps = miles * pace.roads / pace.miles_per_hour * 60.0 / f64::from(pace.steps_of);
    whole(steps).max(1) * pace.steps_of
}

#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    reason = "a float becomes a whole number in no other way; half the globe is 45,000 minutes, and more is cut off"
)]
fn whole(steps: f64) -> i32 {
    steps.ceil().clamp(0.0, 100_000.0) as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_is_longer_than_its_straight_line_and_never_shorter_than_parking() {
        assert_eq!(minutes(0.0, BY_CAR), 5);
        assert_eq!(minutes(10.0, BY_CAR), 40);
        assert_eq!(minutes(10.0, Pace { steps_of: 1, ..BY_CAR }), 36);
        assert_eq!(minutes(10.0, Pace { miles_per_hour: 11.0, ..BY_CAR }), 75);
        assert_eq!(minutes(f64::MAX, BY_CAR), 500_000);
    }
}
