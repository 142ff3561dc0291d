//! Why an appointment has no place, in sentences.

use super::day::Day;
use super::problem::Why;
use crate::domain::visits::Visit;
use crate::kit::ids::StaffMemberId;

pub const OVER: &str = "Its window is over, or nearly so.";

pub fn too_long(minutes: i32, window: i32) -> String {
    format!("It takes {minutes} minutes, and its window has {window}.")
}

pub fn no_postcode(typed: &str) -> String {
    format!("{typed} is no postcode, so that nobody knows the way.")
}

pub fn unknown_place(district: &str) -> String {
    format!("It is not known where {district} lies, so that the way cannot be estimated. Assign it by hand.")
}

/// The words of a reason.
pub fn why(why: &Why, day: &Day, visit: &Visit) -> String {
    let hours = hours(day, visit);
    let name = |person: &i64| {
        let found = day.person(StaffMemberId(*person)).map(|one| one.name.clone());
        found
            .or_else(|| visit.practitioner.as_ref().map(|one| one.name.clone()))
            .unwrap_or_else(|| "They".into())
    };
    let skills = |missing: &[i64]| {
        let of = day.needs_of(visit).iter().filter(|skill| missing.contains(&skill.id.0));
        of.map(|skill| skill.name.clone()).collect::<Vec<_>>()
    };
    match why {
        Why::NobodyWorks => "Nobody works on this day.".into(),
        Why::DoesNotWork(person) => {
            format!("It is locked to {}, who does not work on this day.", name(person))
        }
        Why::Lacks(person, missing) => {
            format!("It is locked to {}, who does not have {}.", name(person), all(&skills(missing)))
        }
        Why::NobodyHas(missing) => format!("Nobody on shift has {}.", either(&skills(missing))),
        Why::NobodyHasAll(needed) => format!("Nobody on shift has all of {}.", all(&skills(needed))),
        Why::NobodyInTime => format!("No one can be there {hours}."),
        Why::NotInTime(person) => {
            format!("It is locked to {}, who cannot be there {hours}.", name(person))
        }
        Why::AllAreElsewhere => format!("Everybody who could come {hours} is with other patients then."),
        Why::IsElsewhere(person) => {
            format!("It is locked to {}, who is with other patients {hours}.", name(person))
        }
    }
}

/// `between 07:00 and 09:00`, where it is.
fn hours(day: &Day, visit: &Visit) -> String {
    let at = |moment: chrono::NaiveDateTime| moment.and_utc().with_timezone(&day.zone).format("%H:%M");
    match &visit.booked {
        Some(booked) => format!("between {} and {}", at(booked.starts_at), at(booked.ends_at)),
        None => "then".to_owned(),
    }
}

fn all(names: &[String]) -> String {
    joined(names, "and")
}

fn either(names: &[String]) -> String {
    joined(names, "or")
}

fn joined(names: &[String], last: &str) -> String {
    match names {
        [] => "the skills".to_owned(),
        [one] => one.clone(),
        [first @ .., end] => format!("{} {last} {end}", first.join(", ")),
    }
}
