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
    /// At least so long from one address to another, with parking.
    pub least_minutes: i32,
}

/// By car, in towns and between them.
pub const BY_CAR: Pace = Pace { miles_per_hour: 25.0, roads: 1.35, least_minutes: 5 };

/// Minutes between two addresses that are so many miles apart on a straight line, rounded up.
pub fn minutes(miles: f64, pace: Pace) -> i32 {
    whole(miles * pace.roads / pace.miles_per_hour * 60.0).max(pace.least_minutes)
}

#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    reason = "a float becomes a whole number in no other way; half the globe is 40,000 minutes, and more is cut off"
)]
fn whole(minutes: f64) -> i32 {
    minutes.ceil().clamp(0.0, 100_000.0) as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_is_longer_than_its_straight_line_and_never_shorter_than_parking() {
        assert_eq!(minutes(0.0, BY_CAR), 5);
        assert_eq!(minutes(10.0, BY_CAR), 33);
        assert_eq!(minutes(10.0, Pace { miles_per_hour: 12.5, ..BY_CAR }), 65);
        assert_eq!(minutes(f64::MAX, BY_CAR), 100_000);
    }
}
