//! Whether somebody can make an appointment, and why, in sentences. Pure: how far away they are and whom they have seen
//! comes in as figures.

use chrono::{NaiveDate, NaiveDateTime, TimeDelta, Weekday};
use chrono_tz::Tz;

use super::hours::{clock, in_words, weekdays_in_words};
use super::{Practitioner, Shift};
use crate::domain::tasks::Skill;

/// How often somebody was with a patient, of the last appointments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Continuity {
    pub seen: u32,
    pub of: u32,
}

/// The appointment that somebody is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Its date where the organisation is.
    pub on: NaiveDate,
    /// UTC: it has to lie within these.
    pub starts_at: NaiveDateTime,
    pub ends_at: NaiveDateTime,
    /// How long the task takes.
    pub minutes: i32,
    pub zone: Tz,
    /// Decides whether something *ended* or *ends*.
    pub today: NaiveDate,
    /// From where they are before, where that is known.
    pub travel_minutes: Option<u32>,
    /// Where the patient had any appointment before.
    pub continuity: Option<Continuity>,
}

/// One thing that speaks against somebody, or for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// Suspended, or no practitioner any more.
    NotWorking,
    /// Never recorded.
    Lacks {
        skill: String,
    },
    /// Its last day is before the appointment.
    Ended {
        skill: String,
        last: NaiveDate,
        past: bool,
    },
    /// On these days only; none where no shift is recorded.
    OffThatDay {
        works: Vec<Weekday>,
    },
    /// Works on that day, but not then, or not for long enough.
    OutsideHours {
        hours: Vec<(i32, i32)>,
        minutes: i32,
    },
    Away {
        minutes: u32,
    },
    Seen(Continuity),
}

impl Reason {
    pub fn against(&self) -> bool {
        !matches!(self, Self::Away { .. } | Self::Seen(_))
    }

    /// After a name and a colon.
    pub fn words(&self) -> String {
        match self {
            Self::NotWorking => "does not visit patients at present".to_owned(),
            Self::Lacks { skill } => format!("{skill} is not recorded"),
            Self::Ended { skill, last, past } => {
                let verb = if *past { "ended" } else { "ends" };
                format!("{skill} {verb} on {}", in_words(*last))
            }
            Self::OffThatDay { works } if works.is_empty() => "no shifts are recorded".to_owned(),
            Self::OffThatDay { works } => format!("works {} only", weekdays_in_words(works)),
            Self::OutsideHours { hours, minutes } => {
                let hours: Vec<String> =
                    hours.iter().map(|(from, to)| format!("{} to {}", clock(*from), clock(*to))).collect();
                format!("works {} that day, which leaves no {minutes} minutes for it", hours.join(" and "))
            }
            Self::Away { minutes: 1 } => "1 minute away".to_owned(),
            Self::Away { minutes } => format!("{minutes} minutes away"),
            Self::Seen(Continuity { seen: 0, .. }) => "has not seen this patient before".to_owned(),
            Self::Seen(Continuity { seen, of }) => format!("saw this patient {seen} of {of} times"),
        }
    }
}

/// What it comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fit {
    pub name: String,
    pub fits: bool,
    /// All against where it does not fit, else all for.
    pub reasons: Vec<Reason>,
}

impl Fit {
    /// `Not Ana Diaz: Phlebotomy ended on 3 May 2026.` or `Ben Okoro: 12 minutes away, saw this patient 4 of 5 times.`
    pub fn words(&self) -> String {
        let reasons: Vec<String> = self.reasons.iter().map(Reason::words).collect();
        let name = &self.name;
        match (self.fits, reasons.is_empty()) {
            (false, _) => format!("Not {name}: {}.", reasons.join("; ")),
            (true, false) => format!("{name}: {}.", reasons.join(", ")),
            (true, true) => format!("{name}: has what is needed, and works then."),
        }
    }

    fn rank(&self) -> (bool, u32, u32, &str) {
        let seen = self.reasons.iter().find_map(|one| match one {
            Reason::Seen(seen) => Some(seen.seen),
            _ => None,
        });
        let away = self.reasons.iter().find_map(|one| match one {
            Reason::Away { minutes } => Some(*minutes),
            _ => None,
        });
        (!self.fits, u32::MAX - seen.unwrap_or(0), away.unwrap_or(u32::MAX), &self.name)
    }
}

/// Those who fit first; of them who saw the patient most, then who is nearest, then by name.
pub fn best_first<T>(all: &mut [T], fit: impl Fn(&T) -> &Fit) {
    all.sort_by(|a, b| fit(a).rank().cmp(&fit(b).rank()));
}

/// Whether a practitioner can make an appointment that needs these skills.
pub fn suitability(practitioner: &Practitioner, needed: &[Skill], asked: &Asked) -> Fit {
    let mut reasons = Vec::new();
    if !practitioner.works() {
        reasons.push(Reason::NotWorking);
    }
    reasons.extend(needed.iter().filter_map(|skill| missing(practitioner, skill, asked)));
    reasons.extend(not_then(&practitioner.shifts, asked));
    let fits = reasons.is_empty();
    if fits {
        reasons.extend(asked.travel_minutes.map(|minutes| Reason::Away { minutes }));
        reasons.extend(asked.continuity.map(Reason::Seen));
    }
    Fit { name: practitioner.name.clone(), fits, reasons }
}

fn missing(practitioner: &Practitioner, skill: &Skill, asked: &Asked) -> Option<Reason> {
    let named = || skill.name.clone();
    let Some(held) = practitioner.held.iter().find(|held| held.skill.id == skill.id) else {
        return Some(Reason::Lacks { skill: named() });
    };
    let last = held.until.filter(|last| *last < asked.on)?;
    Some(Reason::Ended { skill: named(), last, past: last < asked.today })
}

fn not_then(shifts: &[Shift], asked: &Asked) -> Option<Reason> {
    let today: Vec<&Shift> = shifts.iter().filter(|shift| shift.on(asked.on, asked.zone).is_some()).collect();
    if today.is_empty() {
        let works = shifts.iter().flat_map(|shift| shift.weekdays.iter().copied()).collect();
        return Some(Reason::OffThatDay { works });
    }
    let needs = TimeDelta::minutes(i64::from(asked.minutes));
    let room = |shift: &&Shift| {
        shift
            .on(asked.on, asked.zone)
            .is_some_and(|(from, to)| to.min(asked.ends_at) - from.max(asked.starts_at) >= needs)
    };
    if today.iter().any(room) {
        return None;
    }
    let mut hours: Vec<(i32, i32)> = today.iter().map(|shift| (shift.from_minute, shift.to_minute)).collect();
    hours.sort_unstable();
    Some(Reason::OutsideHours { hours, minutes: asked.minutes })
}

#[cfg(test)]
mod tests {
    use super::super::{Held, HeldId};
    use super::*;
    use crate::domain::coverage::Postcode;
    use crate::domain::tasks::SkillKind;
    use crate::kit::ids::{ShiftId, SkillId, StaffMemberId};

    fn phlebotomy() -> Skill {
        Skill { id: SkillId(1), kind: SkillKind::Credential, name: "Phlebotomy".into() }
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    /// Works Monday to Wednesday, 08:00 to 16:00, with phlebotomy until a day.
    fn practitioner(name: &str, until: Option<&str>) -> Practitioner {
        let held = Held {
            id: HeldId(1),
            skill: phlebotomy(),
            until: until.map(day),
            reference: String::new(),
            recorded_by: "Mary".into(),
            recorded_at: day("2026-01-01").and_time(chrono::NaiveTime::MIN),
        };
        let weekdays = vec![Weekday::Mon, Weekday::Tue, Weekday::Wed];
        Practitioner {
            id: StaffMemberId(1),
            name: name.into(),
            base: Postcode::parse("LS1 1AA").unwrap(),
            active: true,
            employed: true,
            shifts: vec![Shift { id: ShiftId(1), weekdays, from_minute: 480, to_minute: 960 }],
            held: vec![held],
            since: day("2026-01-01").and_time(chrono::NaiveTime::MIN),
        }
    }

    /// In winter, when London's clock is UTC.
    fn asked(on: &str, from: (u32, u32), to: (u32, u32)) -> Asked {
        let at = |(hour, minute)| day(on).and_hms_opt(hour, minute, 0).unwrap();
        Asked {
            on: day(on),
            starts_at: at(from),
            ends_at: at(to),
            minutes: 30,
            zone: Tz::Europe__London,
            today: day("2026-12-01"),
            travel_minutes: None,
            continuity: None,
        }
    }

    fn words(practitioner: &Practitioner, asked: &Asked) -> String {
        suitability(practitioner, &[phlebotomy()], asked).words()
    }

    #[test]
    fn a_credential_counts_on_its_last_day_and_not_on_the_next() {
        let ana = practitioner("Ana Diaz", Some("2026-12-07"));
        let monday = asked("2026-12-07", (9, 0), (11, 0));
        assert_eq!(words(&ana, &monday), "Ana Diaz: has what is needed, and works then.");
        let tuesday = asked("2026-12-08", (9, 0), (11, 0));
        assert_eq!(words(&ana, &tuesday), "Not Ana Diaz: Phlebotomy ends on 7 December 2026.");
        let past = practitioner("Ana Diaz", Some("2026-05-03"));
        assert_eq!(words(&past, &monday), "Not Ana Diaz: Phlebotomy ended on 3 May 2026.");
        let other = Skill { id: SkillId(2), kind: SkillKind::Training, name: "Wound care".into() };
        let fit = suitability(&ana, &[other], &monday);
        assert_eq!(fit.words(), "Not Ana Diaz: Wound care is not recorded.");
    }

    #[test]
    fn days_off_and_hours_are_said() {
        let ben = practitioner("Ben Okoro", None);
        let thursday = asked("2026-12-10", (9, 0), (11, 0));
        assert_eq!(words(&ben, &thursday), "Not Ben Okoro: works Monday to Wednesday only.");
        // 20 minutes of the window are in the shift, and 30 are needed; then exactly 30.
        assert_eq!(
            words(&ben, &asked("2026-12-07", (6, 0), (8, 20))),
            "Not Ben Okoro: works 08:00 to 16:00 that day, which leaves no 30 minutes for it."
        );
        assert!(suitability(&ben, &[], &asked("2026-12-07", (6, 0), (8, 30))).fits);
        assert!(suitability(&ben, &[], &asked("2026-12-07", (15, 30), (17, 0))).fits);
        assert!(!suitability(&ben, &[], &asked("2026-12-07", (15, 31), (17, 0))).fits);
        let idle = Practitioner { shifts: Vec::new(), ..ben.clone() };
        assert_eq!(words(&idle, &thursday), "Not Ben Okoro: no shifts are recorded.");
        let gone = Practitioner { active: false, ..ben };
        assert_eq!(
            words(&gone, &thursday),
            "Not Ben Okoro: does not visit patients at present; works Monday to Wednesday only."
        );
    }

    #[test]
    fn who_fits_is_said_with_what_speaks_for_them_and_comes_first() {
        let monday = asked("2026-12-07", (9, 0), (11, 0));
        let known = Asked {
            travel_minutes: Some(12),
            continuity: Some(Continuity { seen: 4, of: 5 }),
            ..monday.clone()
        };
        let ben = suitability(&practitioner("Ben Okoro", None), &[phlebotomy()], &known);
        assert_eq!(ben.words(), "Ben Okoro: 12 minutes away, saw this patient 4 of 5 times.");
        let near =
            Asked { travel_minutes: Some(1), continuity: Some(Continuity { seen: 0, of: 5 }), ..monday };
        let cleo = suitability(&practitioner("Cleo Ray", None), &[], &near);
        assert_eq!(cleo.words(), "Cleo Ray: 1 minute away, has not seen this patient before.");
        let ana = suitability(&practitioner("Ana Diaz", Some("2026-05-03")), &[phlebotomy()], &near);
        let mut all = vec![ana, cleo, ben];
        best_first(&mut all, |one| one);
        let names: Vec<&str> = all.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["Ben Okoro", "Cleo Ray", "Ana Diaz"]);
    }
}
