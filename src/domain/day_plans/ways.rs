//! How long a way takes, by an estimate: the straight line over the globe, made longer as roads are, at an even speed.
//!
//! Positions are the middles of postcode districts, so that two addresses of one district are a short drive apart, and
//! one postcode is one place. Says nothing about traffic, one-way streets or rivers; a plan's times are for planning.

use super::problem::Ways;

/// In degrees.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Position {
    pub latitude: f64,
    pub longitude: f64,
}

/// Where somebody is or must go.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// The postcode in its one spelling.
    pub postcode: String,
    pub position: Position,
}

/// How people get about.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pace {
    pub miles_per_hour: f64,
    /// Miles by road for each mile of a straight line.
    pub roads: f64,
    /// At least so long from one address to another, with parking.
    pub least_minutes: i32,
}

/// By car in towns and between them.
pub const BY_CAR: Pace = Pace { miles_per_hour: 22.0, roads: 1.35, least_minutes: 5 };

const EARTH_MILES: f64 = 3_958.8;

/// Miles of the straight line.
pub fn miles(from: Position, to: Position) -> f64 {
    let (from_lat, to_lat) = (from.latitude.to_radians(), to.latitude.to_radians());
    let half = |a: f64, b: f64| ((b - a) / 2.0).sin().powi(2);
    let chord = half(from_lat, to_lat)
        + from_lat.cos() * to_lat.cos() * half(from.longitude.to_radians(), to.longitude.to_radians());
    2.0 * EARTH_MILES * chord.clamp(0.0, 1.0).sqrt().asin()
}

/// Minutes from one place to another, always rounded up.
pub fn minutes(from: &Place, to: &Place, pace: Pace) -> i32 {
    if from.postcode == to.postcode {
        return 0;
    }
    let hours = miles(from.position, to.position) * pace.roads / pace.miles_per_hour;
    whole(hours * 60.0).max(pace.least_minutes)
}

/// The ways between all of them.
pub fn between(places: &[Place], pace: Pace) -> Ways {
    Ways::new(places.len(), |from, to| match (places.get(from), places.get(to)) {
        (Some(from), Some(to)) => minutes(from, to, pace),
        _ => i32::MAX / 4,
    })
}

#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    reason = "a float becomes a whole number in no other way; this one saturates, and half the globe is 30,000 minutes"
)]
fn whole(minutes: f64) -> i32 {
    minutes.ceil() as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(postcode: &str, latitude: f64, longitude: f64) -> Place {
        Place { postcode: postcode.into(), position: Position { latitude, longitude } }
    }

    #[test]
    fn york_is_an_hour_and_a_half_from_leeds_and_no_way_from_itself() {
        let leeds = place("LS1 1AA", 53.797, -1.548);
        let york = place("YO1 7HH", 53.960, -1.080);
        let straight = miles(leeds.position, york.position);
        assert!((21.0..23.5).contains(&straight), "{straight}");
        assert_eq!(minutes(&leeds, &leeds, BY_CAR), 0);
        assert_eq!(minutes(&leeds, &york, BY_CAR), minutes(&york, &leeds, BY_CAR));
        assert!((75..90).contains(&minutes(&leeds, &york, BY_CAR)));
    }

    #[test]
    fn two_addresses_of_one_district_are_a_short_drive_apart() {
        let (a, b) = (place("LS1 1AA", 53.797, -1.548), place("LS1 2AB", 53.797, -1.548));
        assert_eq!(minutes(&a, &b, BY_CAR), 5);
        assert_eq!(between(&[a, b], BY_CAR).between(1, 0), 5);
    }
}
