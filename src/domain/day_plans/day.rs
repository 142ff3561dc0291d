//! What a day is: its appointments, and who works then. And the same as a problem in plain numbers.

use std::collections::{BTreeSet, HashMap};

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use chrono_tz::Tz;

use super::problem::{Problem, Shift, Visit as Asked, Ways};
use super::{store, words};
use crate::db::Conn;
use crate::domain::Refusal;
use crate::domain::access::{ManageAppointments, Scope};
use crate::domain::coverage::{self, Postcode};
use crate::domain::organisations;
use crate::domain::practitioners::{self, OnDay};
use crate::domain::tasks::{self, Skill};
use crate::domain::visits::{self, Status, Visit};
use crate::kit::ids::{PatientId, SkillId, StaffMemberId, TaskVersionId};
use crate::kit::secret::fingerprint;

/// A day as it is now.
#[derive(Debug, Clone)]
pub struct Day {
    pub date: NaiveDate,
    pub zone: Tz,
    /// All who can be sent to patients, those who are off included.
    pub people: Vec<OnDay>,
    /// Live appointments that have a window on this date, by their time; none that is cancelled.
    pub visits: Vec<Visit>,
    needs: HashMap<TaskVersionId, Vec<Skill>>,
    /// Who came most often lately.
    usual: HashMap<PatientId, StaffMemberId>,
}

/// A day as a problem, and what its numbers stand for.
#[derive(Debug, Clone)]
pub struct Drawn {
    pub problem: Problem,
    /// The instant from which minutes are counted, UTC.
    pub(super) begins: NaiveDateTime,
    /// Of each visit of the problem, its place in [`Day::visits`].
    pub(super) visits: Vec<usize>,
    /// Appointments that cannot be in the problem, with why.
    pub(super) left_out: Vec<(usize, String)>,
    pub(super) based_on: String,
}

/// How far back it is looked who came.
const LATELY: TimeDelta = TimeDelta::days(180);

/// Reads a day.
///
/// # Errors
/// When the database fails.
pub fn day(conn: &mut Conn, scope: &Scope<ManageAppointments>, date: NaiveDate) -> Result<Day, Refusal> {
    let organisation = scope.organisation();
    let zone = organisations::get(conn, scope)?.time_zone.parse().unwrap_or(Tz::Europe__London);
    let people = practitioners::all_for(conn, organisation, date, zone)?;
    let mut visits = visits::of_day(conn, scope, date)?;
    visits.sort_by_key(|visit| (visit.booked.as_ref().map(|booked| booked.starts_at), visit.id));
    let mut needs = HashMap::new();
    for version in visits.iter().map(|visit| visit.task.id).collect::<BTreeSet<_>>() {
        needs.insert(version, tasks::version(conn, organisation, version)?.skills);
    }
    let patients: Vec<PatientId> = visits.iter().map(|visit| visit.patient.id).collect();
    let since = date.and_time(NaiveTime::MIN) - LATELY;
    let usual = store::usual(conn, organisation, &patients, since.date())?;
    Ok(Day { date, zone, people, visits, needs, usual })
}

impl Day {
    /// Appointments that a plan can place: neither begun nor done.
    pub fn open(&self) -> impl Iterator<Item = &Visit> {
        self.visits.iter().filter(|visit| visit.status == Status::Scheduled)
    }

    /// Those who work on this day.
    pub fn on_shift(&self) -> impl Iterator<Item = &OnDay> {
        self.people.iter().filter(|person| !person.hours.is_empty())
    }

    pub fn person(&self, id: StaffMemberId) -> Option<&OnDay> {
        self.people.iter().find(|person| person.id == id)
    }

    pub fn needs_of(&self, visit: &Visit) -> &[Skill] {
        self.needs.get(&visit.task.id).map_or(&[], Vec::as_slice)
    }

    /// Nothing of it is left.
    pub fn is_over(&self, now: NaiveDateTime) -> bool {
        now.and_utc().with_timezone(&self.zone).date_naive() > self.date
    }

    /// What a plan rests on: another once an appointment is booked, moved, cancelled, begun, locked or unlocked, or once
    /// somebody's base, hours or skills of this day change. To whom open appointments are assigned is no part of it.
    pub fn fingerprint(&self) -> String {
        let mut parts = vec![self.date.to_string()];
        for visit in self.open() {
            let hours = visit.booked.as_ref().map(|booked| (booked.starts_at, booked.ends_at));
            let locked = visit.practitioner.as_ref().filter(|_| visit.locked).map(|one| one.id);
            let of = (visit.id.0, visit.task.id.0, visit.minutes, hours, locked.map(|id| id.0));
            parts.push(format!("{of:?}{}", visit.place.address.postcode));
        }
        for person in self.on_shift() {
            let of = (person.id.0, &person.hours, &person.skills);
            parts.push(format!("{of:?}{}", person.base));
        }
        fingerprint(&parts.join("|"))
    }

    /// The day in plain numbers. What has passed already is nobody's time any more.
    pub fn draw(&self, now: NaiveDateTime) -> Drawn {
        let begins = self.date.and_time(NaiveTime::MIN);
        let minute = |at: NaiveDateTime| i32::try_from((at - begins).num_minutes()).unwrap_or(i32::MAX / 4);
        let earliest = minute(now) + i32::from(now > begins);
        let mut places: Vec<Postcode> = Vec::new();
        let mut place = |at: &Postcode| {
            let known = places.iter().position(|one| one == at);
            known.unwrap_or_else(|| {
                places.push(at.clone());
                places.len() - 1
            })
        };
        let mut drawn = Drawn {
            problem: Problem::default(),
            begins,
            visits: Vec::new(),
            left_out: Vec::new(),
            based_on: self.fingerprint(),
        };
        for person in self.on_shift() {
            let base = place(&person.base);
            let skills: BTreeSet<i64> = person.skills.iter().map(|skill: &SkillId| skill.0).collect();
            let hours = person.hours.iter().map(|(from, to)| (minute(*from).max(earliest), minute(*to)));
            drawn.problem.shifts.extend(hours.filter(|(from, to)| from < to).map(|(from, to)| Shift {
                person: person.id.0,
                base,
                from,
                to,
                skills: skills.clone(),
                carries: None,
            }));
        }
        for (index, visit) in self.visits.iter().enumerate() {
            let Some(booked) = visit.booked.as_ref().filter(|_| visit.status == Status::Scheduled) else {
                continue;
            };
            let hours = (minute(booked.starts_at), minute(booked.ends_at));
            match self.asked(visit, hours, earliest) {
                Ok((at, asked)) => {
                    drawn.visits.push(index);
                    drawn.problem.visits.push(Asked { place: place(&at), ..asked });
                }
                Err(why) => drawn.left_out.push((index, why)),
            }
        }
        drawn.problem.ways = between(&places);
        drawn
    }

    /// Where an appointment is and what it asks, or why it cannot be planned. It lies within its hours, and what has
    /// passed of them is gone.
    fn asked(
        &self,
        visit: &Visit,
        (from, ends): (i32, i32),
        earliest: i32,
    ) -> Result<(Postcode, Asked), String> {
        let at = located(visit)?;
        if ends - from < visit.minutes {
            return Err(words::too_long(visit.minutes, ends - from));
        }
        if ends - visit.minutes < earliest {
            return Err(words::OVER.to_owned());
        }
        let asked = Asked {
            place: 0,
            takes: visit.minutes,
            from: from.max(earliest),
            to: ends - visit.minutes,
            needs: self.needs_of(visit).iter().map(|skill| skill.id.0).collect(),
            locked_to: visit.practitioner.as_ref().filter(|_| visit.locked).map(|one| one.id.0),
            usual: self.usual_of(visit),
            load: 0,
        };
        Ok((at, asked))
    }

    /// Who has it now, so that a new plan moves no more than it must; else who came most often.
    fn usual_of(&self, visit: &Visit) -> Option<i64> {
        let has = visit.practitioner.as_ref().map(|one| one.id);
        has.or_else(|| self.usual.get(&visit.patient.id).copied()).map(|id| id.0)
    }
}

fn located(visit: &Visit) -> Result<Postcode, String> {
    let typed = &visit.place.address.postcode;
    let postcode = Postcode::parse(typed).ok_or_else(|| words::no_postcode(typed))?;
    match coverage::position(postcode.district()) {
        Some(_) => Ok(postcode),
        None => Err(words::unknown_place(postcode.district())),
    }
}

fn between(places: &[Postcode]) -> Ways {
    Ways::new(places.len(), |from, to| {
        let minutes = places.get(from).zip(places.get(to)).and_then(|(a, b)| coverage::minutes_between(a, b));
        minutes.unwrap_or(i32::MAX / 16)
    })
}
