//! Where postcode districts lie. The list is in the program: nobody is asked, and it is read once.
//!
//! Source: Office for National Statistics, ONS Postcode Directory of November 2025, under the Open Government Licence
//! v3.0. Contains OS data © Crown copyright and database right 2025. Contains Royal Mail data © Royal Mail copyright and
//! database right 2025. That licence is for Great Britain: of the districts of Northern Ireland, Jersey, Guernsey and
//! the Isle of Man only the names are known here, so that they can be covered one by one and measured to by nobody.

use std::collections::BTreeMap;
use std::sync::OnceLock;

const LIST: &str = include_str!("districts.txt");

/// The mean radius of the earth.
const EARTH_MILES: f64 = 3958.761;

type Position = (f64, f64);

/// Each district with its position, by its name.
pub fn all() -> &'static BTreeMap<&'static str, Option<Position>> {
    static ALL: OnceLock<BTreeMap<&'static str, Option<Position>>> = OnceLock::new();
    ALL.get_or_init(|| LIST.lines().filter_map(read).collect())
}

fn read(line: &'static str) -> Option<(&'static str, Option<Position>)> {
    let (district, position) = line.split_once(',').filter(|_| !line.starts_with('#'))?;
    let position = position.split_once(',').and_then(|(latitude, longitude)| {
        Some((latitude.parse::<f64>().ok()?, longitude.parse::<f64>().ok()?))
    });
    Some((district, position))
}

/// Latitude and longitude of a district's middle.
pub fn position(district: &str) -> Option<(f64, f64)> {
    all().get(district).copied().flatten()
}

/// Whether there is such a district.
pub fn is_known(district: &str) -> bool {
    all().contains_key(district)
}

/// As the crow flies.
pub fn miles((from_latitude, from_longitude): Position, (to_latitude, to_longitude): Position) -> f64 {
    let half = |from: f64, to: f64| ((to - from).to_radians() / 2.0).sin().powi(2);
    let across = from_latitude.to_radians().cos() * to_latitude.to_radians().cos();
    let part = half(from_latitude, to_latitude) + across * half(from_longitude, to_longitude);
    2.0 * EARTH_MILES * part.sqrt().min(1.0).asin()
}

#[cfg(test)]
mod tests {
    use super::super::postcode::is_district;
    use super::*;

    #[test]
    fn the_whole_list_is_read_in_its_order() {
        let lines: Vec<&str> = LIST.lines().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(lines.len(), all().len());
        assert!(all().len() > 2_900, "{}", all().len());
        for (district, position) in all() {
            assert!(is_district(district), "{district}");
            if let Some((latitude, longitude)) = position {
                assert!((49.8..61.0).contains(latitude) && (-8.7..1.9).contains(longitude), "{district}");
            }
        }
        assert!(is_known("BT1") && position("BT1").is_none());
        assert!(!is_known("LS50") && position("LS50").is_none());
    }

    #[test]
    fn distances_are_those_of_a_map() {
        let between = |from, to| miles(position(from).unwrap(), position(to).unwrap());
        // Leeds to Harrogate, to York, to London, and the length of Great Britain.
        for (from, to, wanted) in
            [("LS1", "HG1", 13.9), ("LS1", "YO1", 22.4), ("LS1", "SW1A", 169.0), ("TR19", "KW1", 602.0)]
        {
            let found = between(from, to);
            assert!((found - wanted).abs() < wanted * 0.03, "{from} to {to}: {found}");
            assert!((between(to, from) - found).abs() < 1e-9);
        }
        assert!(between("LS1", "LS1").abs() < 1e-9);
    }
}
