//! The two drawings of a plan: a map without a map, and the hours of the day. Both only repeat what the tables say, in
//! attributes of SVG, since the page allows no style of its own. A route is told by its letter and its dashes as well as
//! by its colour. Pure.

use std::collections::HashMap;

use chrono::{NaiveDateTime, TimeDelta, Timelike as _};
use chrono_tz::Tz;

use crate::domain::coverage::{self, Postcode};

/// A practitioner's day, to be drawn.
pub struct Route {
    pub letter: String,
    pub name: String,
    pub base: String,
    /// UTC.
    pub hours: Vec<(NaiveDateTime, NaiveDateTime)>,
    pub stops: Vec<Stop>,
}

pub struct Stop {
    pub postcode: String,
    pub travel_minutes: i32,
    pub arrives_at: NaiveDateTime,
    pub leaves_at: NaiveDateTime,
}

/// Each stands out from light and from dark paper (3 to 1), and carries white letters (4.5 to 1).
const COLOURS: [&str; 6] = ["#1a76b8", "#b65714", "#218241", "#cb337f", "#885ac8", "#84710f"];
const DASHES: [&str; 3] = ["none", "8 4", "2 4"];

/// Routes with more stops than these in all are drawn without the numbers of their stops.
const MOST_NUMBERED: usize = 60;

/// `A` to `Z`, then `AA`.
pub fn letter(index: usize) -> String {
    let one = |index: usize| char::from(b'A' + u8::try_from(index % 26).unwrap_or_default());
    match index / 26 {
        0 => one(index).to_string(),
        more => format!("{}{}", one(more - 1), one(index)),
    }
}

fn colour(index: usize) -> &'static str {
    COLOURS.get(index % COLOURS.len()).copied().unwrap_or("currentColor")
}

fn dash(index: usize) -> &'static str {
    DASHES.get(index / COLOURS.len() % DASHES.len()).copied().unwrap_or("none")
}

/// Where everything lies, north above.
pub struct Map {
    pub lines: Vec<Path>,
    /// Patients without a place.
    pub unplaced: Vec<Spot>,
    pub words: String,
}

pub struct Path {
    pub letter: String,
    pub name: String,
    pub colour: &'static str,
    pub dash: &'static str,
    /// `40,60 80,20`.
    pub points: String,
    pub base: Option<Spot>,
    pub stops: Vec<Spot>,
}

pub struct Spot {
    pub x: String,
    pub y: String,
    /// Beside it.
    pub text_y: String,
    pub label: String,
}

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 480.0;
const MARGIN: f64 = 36.0;
/// Between two that are drawn for the same district.
const APART: f64 = 11.0;
/// The angle at which leaves grow, so that no two of a district lie on each other.
const LEAF: f64 = 2.399_963;

/// Positions on the paper.
struct Paper {
    west: f64,
    north: f64,
    scale: f64,
    /// How many were drawn for each district.
    there: HashMap<String, u32>,
    spots: HashMap<String, (f64, f64)>,
}

impl Paper {
    fn around(postcodes: &[&str]) -> Option<Self> {
        let all: Vec<(f64, f64)> = postcodes.iter().filter_map(|one| flat(one)).collect();
        let (first_x, first_y) = *all.first()?;
        let start = (first_x, first_x, first_y, first_y);
        let (west, east, north, south) = all.iter().fold(start, |(west, east, north, south), (x, y)| {
            (west.min(*x), east.max(*x), north.min(*y), south.max(*y))
        });
        let fits = |room: f64, span: f64| (room - 2.0 * MARGIN) / span.max(0.02);
        let scale = fits(WIDTH, east - west).min(fits(HEIGHT, south - north));
        Some(Self { west, north, scale, there: HashMap::new(), spots: HashMap::new() })
    }

    /// The same postcode has the same spot.
    fn spot(&mut self, postcode: &str, label: String) -> Option<Spot> {
        let (x, y) = match self.spots.get(postcode) {
            Some(known) => *known,
            None => self.lay(postcode)?,
        };
        Some(Spot { x: format!("{x:.0}"), y: format!("{y:.0}"), text_y: format!("{:.0}", y - 8.0), label })
    }

    /// Around the middle of its district, beside those that lie there already.
    fn lay(&mut self, postcode: &str) -> Option<(f64, f64)> {
        let (x, y) = flat(postcode)?;
        let district = Postcode::parse(postcode)?.district().to_owned();
        let count = self.there.entry(district).or_default();
        let (turn, far) = (f64::from(*count) * LEAF, APART * f64::from(*count).sqrt());
        *count += 1;
        let x = MARGIN + (x - self.west) * self.scale + far * turn.cos();
        let y = MARGIN + (y - self.north) * self.scale + far * turn.sin();
        self.spots.insert(postcode.to_owned(), (x, y));
        Some((x, y))
    }
}

/// Degrees, made as wide as they are high at British latitudes; south grows.
fn flat(postcode: &str) -> Option<(f64, f64)> {
    let (latitude, longitude) = coverage::position(Postcode::parse(postcode)?.district())?;
    Some((longitude * 0.59, -latitude))
}

pub fn map(routes: &[Route], unplaced: &[String]) -> Map {
    let bases = routes.iter().map(|route| route.base.as_str());
    let stops = routes.iter().flat_map(|route| route.stops.iter().map(|stop| stop.postcode.as_str()));
    let all: Vec<&str> = bases.chain(stops).chain(unplaced.iter().map(String::as_str)).collect();
    let words = format!(
        "{} routes from their bases through their patients and back, north above. The tables below say the same.",
        routes.len()
    );
    let Some(mut paper) = Paper::around(&all) else {
        return Map { lines: Vec::new(), unplaced: Vec::new(), words };
    };
    let numbered = routes.iter().map(|route| route.stops.len()).sum::<usize>() <= MOST_NUMBERED;
    let lines =
        routes.iter().enumerate().map(|(index, route)| path(&mut paper, index, route, numbered)).collect();
    let unplaced = unplaced.iter().filter_map(|one| paper.spot(one, "?".to_owned())).collect();
    Map { lines, unplaced, words }
}

fn path(paper: &mut Paper, index: usize, route: &Route, numbered: bool) -> Path {
    let base = paper.spot(&route.base, route.letter.clone());
    let stops: Vec<Spot> = route
        .stops
        .iter()
        .enumerate()
        .filter_map(|(number, stop)| {
            let label = if numbered { format!("{}{}", route.letter, number + 1) } else { String::new() };
            paper.spot(&stop.postcode, label)
        })
        .collect();
    let point = |spot: &Spot| format!("{},{}", spot.x, spot.y);
    let points: Vec<String> = base.iter().chain(&stops).chain(base.iter()).map(point).collect();
    Path {
        letter: route.letter.clone(),
        name: route.name.clone(),
        colour: colour(index),
        dash: dash(index),
        points: points.join(" "),
        base,
        stops,
    }
}

/// The hours of the day from left to right, a line for each route.
pub struct Times {
    pub height: usize,
    pub hours: Vec<Hour>,
    pub rows: Vec<Row>,
    pub words: String,
}

pub struct Hour {
    pub x: i64,
    pub label: String,
}

pub struct Row {
    /// Of its upper edge, of its middle, and of its words.
    pub y: usize,
    pub middle: usize,
    pub text_y: usize,
    pub name: String,
    pub colour: &'static str,
    pub shifts: Vec<Block>,
    pub ways: Vec<Block>,
    pub stops: Vec<Block>,
}

pub struct Block {
    pub x: i64,
    pub width: i64,
    pub middle: i64,
    pub label: String,
}

/// Room for the names on the left.
const NAMES: i64 = 190;
const ACROSS: i64 = 960;
const ROW: usize = 34;
const TOP: usize = 28;
/// Narrower than these has no room for its number.
const LABELLED: i64 = 20;

pub fn times(routes: &[Route], zone: Tz) -> Times {
    let words = "The hours of each practitioner: shifts outlined, appointments filled, travel as a line before each. \
                 The tables below say the same.";
    let hours = routes.iter().flat_map(|route| &route.hours);
    let (first, last) = (hours.clone().map(|(from, _)| *from).min(), hours.map(|(_, to)| *to).max());
    let height = TOP + routes.len() * ROW + 6;
    let Some((first, last)) = first.zip(last) else {
        return Times { height, hours: Vec::new(), rows: Vec::new(), words: words.to_owned() };
    };
    let first = first - TimeDelta::minutes(i64::from(first.minute()));
    let span = (last - first).num_minutes().max(60);
    let x = |at: NaiveDateTime| NAMES + (at - first).num_minutes() * (ACROSS - NAMES - 10) / span;
    let block = |from: NaiveDateTime, to: NaiveDateTime, label: String| {
        let (from, to) = (x(from), x(to));
        Block { x: from, width: (to - from).max(1), middle: from.midpoint(to), label }
    };
    let every = if span > 14 * 60 { 2 } else { 1 };
    let hours = (0..=span / 60).filter(|hour| hour % every == 0).map(|hour| {
        let at = first + TimeDelta::hours(hour);
        Hour { x: x(at), label: at.and_utc().with_timezone(&zone).format("%H:%M").to_string() }
    });
    let rows = routes.iter().enumerate().map(|(index, route)| {
        let y = TOP + index * ROW;
        let way = |stop: &Stop| {
            let from = stop.arrives_at - TimeDelta::minutes(i64::from(stop.travel_minutes));
            block(from, stop.arrives_at, String::new())
        };
        let stop = |(number, stop): (usize, &Stop)| {
            let mut found = block(stop.arrives_at, stop.leaves_at, format!("{}{}", route.letter, number + 1));
            if found.width < LABELLED {
                found.label = String::new();
            }
            found
        };
        Row {
            y: y + 4,
            middle: y + 17,
            text_y: y + 21,
            name: format!("{} {}", route.letter, shortened(&route.name)),
            colour: colour(index),
            shifts: route.hours.iter().map(|(from, to)| block(*from, *to, String::new())).collect(),
            ways: route.stops.iter().map(way).collect(),
            stops: route.stops.iter().enumerate().map(stop).collect(),
        }
    });
    Times { height, hours: hours.collect(), rows: rows.collect(), words: words.to_owned() }
}

/// What has room beside the hours; the tables have the whole name.
fn shortened(name: &str) -> String {
    const MOST: usize = 22;
    if name.chars().count() <= MOST {
        return name.to_owned();
    }
    let start: String = name.chars().take(MOST - 1).collect();
    format!("{}…", start.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> NaiveDateTime {
        format!("2026-12-03T{text}:00").parse().unwrap()
    }

    fn route(letter: &str, base: &str, stops: &[(&str, &str, &str)]) -> Route {
        let stop = |(postcode, arrives, leaves): &(&str, &str, &str)| Stop {
            postcode: (*postcode).to_owned(),
            travel_minutes: 10,
            arrives_at: at(arrives),
            leaves_at: at(leaves),
        };
        Route {
            letter: letter.to_owned(),
            name: "Iris Vale".to_owned(),
            base: base.to_owned(),
            hours: vec![(at("08:00"), at("16:00"))],
            stops: stops.iter().map(stop).collect(),
        }
    }

    #[test]
    fn letters_go_on_after_z() {
        assert_eq!([0, 25, 26, 51, 52].map(letter), ["A", "Z", "AA", "AZ", "BA"]);
    }

    #[test]
    fn a_route_begins_and_ends_at_its_base_and_all_is_on_the_paper() {
        let routes = [route("A", "HG1 1AA", &[("LS1 4AP", "09:00", "09:30"), ("YO1 7HH", "10:30", "11:00")])];
        let drawn = map(&routes, &["BD1 1AA".to_owned(), "nowhere".to_owned()]);
        let points: Vec<&str> = drawn.lines[0].points.split(' ').collect();
        assert_eq!(points.len(), 4);
        assert_eq!(points.first(), points.last());
        assert_eq!(drawn.unplaced.len(), 1, "what lies nowhere is not drawn");
        let spots = drawn.lines[0].stops.iter().chain(&drawn.lines[0].base).chain(&drawn.unplaced);
        for spot in spots {
            let (x, y): (f64, f64) = (spot.x.parse().unwrap(), spot.y.parse().unwrap());
            assert!((0.0..=WIDTH).contains(&x) && (0.0..=HEIGHT).contains(&y), "{x},{y}");
        }
        // Harrogate lies north of Leeds.
        let y = |spot: &Spot| spot.y.parse::<i32>().unwrap();
        assert!(y(drawn.lines[0].base.as_ref().unwrap()) < y(&drawn.lines[0].stops[0]));
    }

    #[test]
    fn two_addresses_of_a_district_do_not_lie_on_each_other_and_one_postcode_does() {
        let routes = [route(
            "A",
            "LS1 1AA",
            &[("LS1 4AP", "09:00", "09:30"), ("LS1 4AQ", "10:00", "10:30"), ("LS1 4AP", "11:00", "11:30")],
        )];
        let drawn = map(&routes, &[]);
        let spot =
            |index: usize| (drawn.lines[0].stops[index].x.clone(), drawn.lines[0].stops[index].y.clone());
        assert_ne!(spot(0), spot(1));
        assert_eq!(spot(0), spot(2));
    }

    #[test]
    fn the_hours_are_those_of_the_place() {
        let times = times(&[route("A", "HG1 1AA", &[("LS1 4AP", "09:00", "10:00")])], Tz::Europe__London);
        let labels: Vec<&str> = times.hours.iter().map(|hour| hour.label.as_str()).collect();
        assert_eq!(labels, ["08:00", "09:00", "10:00", "11:00", "12:00", "13:00", "14:00", "15:00", "16:00"]);
        let row = &times.rows[0];
        assert_eq!((row.stops[0].x, row.stops[0].label.as_str()), (times.hours[1].x, "A1"));
        assert_eq!(row.ways[0].x + row.ways[0].width, row.stops[0].x);
    }
}
