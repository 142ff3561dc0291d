//! Where visits are made: postcode districts, and circles around the middle of a district. Asks nobody: what a
//! postcode's district is follows from its letters, and where districts lie is in the program.
//!
//! Every distance is as the crow flies and from middle to middle: a radius covers a postcode whose district has its
//! middle within the miles, all of the district or nothing of it.

mod areas;
mod districts;
mod postcode;
mod store;
pub mod ways;

use crate::db::{Conn, text_enum};
use crate::domain::Refusal;
use crate::kit::ids::OrganisationId;

pub use areas::{Kept, LONGEST_MILES, Typed, add, list, remove};
pub use districts::{is_known, position};
pub use postcode::Postcode;

text_enum! {
    /// How an area is described.
    pub enum AreaKind {
        /// All of one postcode district.
        District = "district",
        /// So many miles around the middle of one.
        Radius = "radius",
    }
}

/// An area where visits are made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Area {
    pub kind: AreaKind,
    /// Such as `LS1`.
    pub district: String,
    /// Of a radius.
    pub miles: i32,
}

impl Area {
    /// `LS1`, or `10 miles around LS8`.
    pub fn words(&self) -> String {
        match (self.kind, self.miles) {
            (AreaKind::District, _) => self.district.clone(),
            (AreaKind::Radius, 1) => format!("1 mile around {}", self.district),
            (AreaKind::Radius, miles) => format!("{miles} miles around {}", self.district),
        }
    }

    fn covers(&self, district: &str) -> bool {
        if self.district == district {
            return true;
        }
        let positions = position(&self.district).zip(position(district));
        self.kind == AreaKind::Radius
            && positions.is_some_and(|(from, to)| districts::miles(from, to) <= f64::from(self.miles))
    }
}

/// Whether a postcode is inside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Coverage {
    Covered,
    /// The nearest district that is covered, with the miles to it where both are known.
    Not {
        nearest: Option<(String, Option<i32>)>,
    },
}

impl Coverage {
    /// What a person reads who asked about a postcode.
    pub fn words(&self, at: &Postcode) -> String {
        match self {
            Self::Covered => format!("{at} is covered."),
            Self::Not { .. } if !is_known(at.district()) => unknown(at.district()),
            Self::Not { nearest: None } => format!("{at} is not covered: no area is set up yet."),
            Self::Not { nearest: Some((district, None)) } => {
                format!("{at} is not covered. Visits are made in {district}.")
            }
            Self::Not { nearest: Some((district, Some(1))) } => {
                format!(
                    "{at} is not covered. The nearest district that is covered is {district}, 1 mile away."
                )
            }
            Self::Not { nearest: Some((district, Some(miles))) } => format!(
                "{at} is not covered. The nearest district that is covered is {district}, {miles} miles away."
            ),
        }
    }
}

/// Says that nobody lives in such a district.
pub fn unknown(district: &str) -> String {
    format!("There is no district {district}; check the postcode.")
}

/// Miles from the middle of one postcode's district to that of another's; nought within one district. Nothing where
/// it is not known where a district lies.
pub fn miles_between(from: &Postcode, to: &Postcode) -> Option<f64> {
    Located::of(from.clone()).miles_to(&Located::of(to.clone()))
}

/// Miles from a latitude and longitude to the middle of a postcode's district.
pub fn miles_from(place: (f64, f64), to: &Postcode) -> Option<f64> {
    position(to.district()).map(|to| districts::miles(place, to))
}

/// Minutes by road from one postcode to another, by the estimate of plans and of free windows; none where it is not known
/// where one lies.
pub fn minutes_between(from: &Postcode, to: &Postcode) -> Option<i32> {
    Located::of(from.clone()).minutes_to(&Located::of(to.clone()))
}

/// A postcode with where its district lies, looked up once for many ways.
#[derive(Debug, Clone)]
pub struct Located {
    postcode: Postcode,
    is_known: bool,
    position: Option<(f64, f64)>,
}

impl Located {
    pub fn of(postcode: Postcode) -> Self {
        let (is_known, position) = (is_known(postcode.district()), position(postcode.district()));
        Self { postcode, is_known, position }
    }

    /// As [`minutes_between`].
    pub fn minutes_to(&self, to: &Self) -> Option<i32> {
        if self.postcode == to.postcode {
            return Some(0);
        }
        self.miles_to(to).map(|miles| ways::minutes(miles, ways::BY_CAR))
    }

    fn miles_to(&self, to: &Self) -> Option<f64> {
        if self.postcode.district() == to.postcode.district() {
            return self.is_known.then_some(0.0);
        }
        self.position.zip(to.position).map(|(from, to)| districts::miles(from, to))
    }
}

/// Whether visits are made at a postcode.
pub fn check(conn: &mut Conn, organisation: OrganisationId, at: &Postcode) -> Result<Coverage, Refusal> {
    Ok(inside(&store::areas(conn, organisation)?, at))
}

/// The same of areas that were read.
pub fn inside(areas: &[Area], at: &Postcode) -> Coverage {
    let district = at.district();
    if is_known(district) && areas.iter().any(|area| area.covers(district)) {
        return Coverage::Covered;
    }
    let nearest = position(district).and_then(|from| nearest(areas, from));
    Coverage::Not { nearest: nearest.or_else(|| Some((areas.first()?.district.clone(), None))) }
}

/// The covered district whose middle is nearest, with the miles to it.
fn nearest(areas: &[Area], from: (f64, f64)) -> Option<(String, Option<i32>)> {
    let mut best: Option<(&str, f64)> = None;
    for (district, position) in districts::all() {
        let Some(away) = position.map(|to| districts::miles(from, to)) else { continue };
        let nearer = best.is_none_or(|(_, least)| away < least);
        if nearer && areas.iter().any(|area| area.covers(district)) {
            best = Some((district, away));
        }
    }
    best.map(|(district, away)| (district.to_owned(), Some(whole(away))))
}

/// Whole miles, at least one: what is not covered is never nought miles away.
fn whole(miles: f64) -> i32 {
    (1..=10_000).find(|whole| f64::from(*whole) + 0.5 > miles).unwrap_or(10_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(postcode: &str) -> Postcode {
        Postcode::parse(postcode).unwrap()
    }

    fn areas() -> Vec<Area> {
        vec![
            Area { kind: AreaKind::District, district: "LS1".into(), miles: 0 },
            Area { kind: AreaKind::Radius, district: "LS8".into(), miles: 10 },
            Area { kind: AreaKind::District, district: "BT1".into(), miles: 0 },
        ]
    }

    #[test]
    fn districts_and_circles_cover_what_they_say() {
        for inside_it in ["LS1 1AA", "LS8 2AB", "LS17 6AA", "WF3 1AA", "BT1 1AA"] {
            assert_eq!(inside(&areas(), &at(inside_it)), Coverage::Covered, "{inside_it}");
        }
        for outside in ["YO1 7HH", "SW1A 1AA", "BT2 7AA", "LS50 1AA"] {
            assert!(matches!(inside(&areas(), &at(outside)), Coverage::Not { .. }), "{outside}");
        }
        let only = [Area { kind: AreaKind::District, district: "LS1".into(), miles: 0 }];
        assert!(matches!(inside(&only, &at("LS2 7AA")), Coverage::Not { .. }), "a district is no circle");
    }

    #[test]
    fn what_is_not_covered_is_told_the_nearest_that_is() {
        let Coverage::Not { nearest: Some((district, Some(miles))) } = inside(&areas(), &at("YO1 7HH"))
        else {
            panic!("York is covered")
        };
        assert!(miles_between(&at(&format!("{district} 1AA")), &at("LS8 1AA")).unwrap() <= 10.0);
        assert!((8..=14).contains(&miles), "{district}, {miles} miles");
        let words = inside(&areas(), &at("YO1 7HH")).words(&at("YO1 7HH"));
        assert_eq!(
            words,
            format!(
                "YO1 7HH is not covered. The nearest district that is covered is {district}, {miles} miles away."
            )
        );
        assert_eq!(inside(&[], &at("YO1 7HH")), Coverage::Not { nearest: None });
        let unknown = inside(&areas(), &at("LS50 1AA"));
        assert_eq!(unknown.words(&at("LS50 1AA")), "There is no district LS50; check the postcode.");
        // Where a district lies is not known: the first that is covered, without miles.
        let nearest = Some(("LS1".to_owned(), None));
        assert_eq!(inside(&areas(), &at("BT2 7AA")), Coverage::Not { nearest });
    }

    #[test]
    fn miles_between_are_from_middle_to_middle() {
        assert_eq!(miles_between(&at("LS1 1AA"), &at("LS1 4ZZ")), Some(0.0));
        let there = miles_between(&at("LS1 1AA"), &at("LS8 1AA")).unwrap();
        assert!((2.0..3.0).contains(&there), "{there}");
        assert_eq!(miles_between(&at("LS1 1AA"), &at("BT1 1AA")), None);
        assert_eq!(miles_between(&at("LS50 1AA"), &at("LS50 1AA")), None);
        assert_eq!([0.0, 0.4, 1.4, 1.6, 12.5].map(whole), [1, 1, 1, 2, 13]);
    }
}
