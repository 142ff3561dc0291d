//! Which free windows are recommended: those in which an appointment adds the least driving to the day of somebody who
//! could make it. Reads people and appointments once for all windows; the arithmetic is in `ranking`.

use std::collections::HashMap;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use chrono_tz::Tz;

use super::availability::zone;
use super::ranking::{self, Round, Stop};
use super::{Available, Named, Sees, Visit, store};
use crate::db::Conn;
use crate::domain::Refusal;
use crate::domain::access::Scope;
use crate::domain::api_keys::Mode;
use crate::domain::coverage::{self, Located, Postcode};
use crate::domain::practitioners::{self, Practitioner};
use crate::domain::tasks::Task;
use crate::domain::windows::Slot;
use crate::kit::ids::{StaffMemberId, VisitId, WindowId};

/// What somebody is sent to do, and where.
#[derive(Debug, Clone, Copy)]
pub struct Errand<'e> {
    pub task: &'e Task,
    /// As it was typed.
    pub postcode: &'e str,
    /// The appointment that is moved, whose old place counts no more.
    pub visit: Option<VisitId>,
}

impl<'e> Errand<'e> {
    /// An appointment that waits for a window, or gets another.
    pub fn of(visit: &'e Visit, task: &'e Task) -> Self {
        Self { task, postcode: &visit.place.address.postcode, visit: Some(visit.id) }
    }
}

/// What a window costs in driving.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Added {
    pub minutes: i32,
    /// Whose way is longer by that.
    pub by: Named<StaffMemberId>,
    /// First, second or third of those that are recommended.
    pub place: Option<u8>,
}

/// What is known of windows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Advice {
    found: HashMap<(WindowId, NaiveDate), Added>,
    /// A sentence that says why none is recommended; none where some are, or there is nothing to choose from.
    pub why_not: Option<String>,
}

impl Advice {
    pub fn none(why_not: impl Into<String>) -> Self {
        Self { found: HashMap::new(), why_not: Some(why_not.into()) }
    }

    /// What a window adds; none where nobody could be measured.
    pub fn of(&self, slot: &Slot) -> Option<&Added> {
        self.found.get(&(slot.window, slot.date))
    }

    pub fn is_recommended(&self, slot: &Slot) -> bool {
        self.of(slot).is_some_and(|added| added.place.is_some())
    }
}

/// Looks through free windows, which stand in order of time. In test mode everybody's day is empty, as test appointments
/// go to nobody.
pub fn advise<R: Sees + practitioners::Sees>(
    conn: &mut Conn,
    scope: &Scope<R>,
    mode: Mode,
    errand: Errand<'_>,
    free: &[Available],
) -> Result<Advice, Refusal> {
    let Some(at) = Postcode::parse(errand.postcode) else {
        return Ok(Advice::none("No window is recommended, since the postcode is missing or not complete."));
    };
    if coverage::position(at.district()).is_none() {
        let words = format!("No window is recommended, since it is not known where {} lies.", at.district());
        return Ok(Advice::none(words));
    }
    let Some((first, last)) = free.first().zip(free.last()) else { return Ok(Advice::default()) };
    let people = practitioners::list(conn, scope)?.into_iter().filter(Practitioner::works);
    let people = people.map(|one| (Located::of(one.base.clone()), one)).collect();
    let dates = (first.slot.date, last.slot.date);
    let mut booked: HashMap<(StaffMemberId, NaiveDate), Vec<Placed>> = HashMap::new();
    for one in store::rounds(conn, (scope.organisation(), mode), dates)? {
        if Some(one.visit) != errand.visit {
            let place = Postcode::parse(&one.postcode).map(Located::of);
            booked.entry((one.staff, one.date)).or_default().push((one, place));
        }
    }
    let days = Days { people, booked, zone: zone(conn, scope)?, errand, at: Located::of(at) };
    Ok(days.advice(free))
}

/// An appointment that somebody has.
#[derive(Debug, Clone)]
pub(super) struct Booked {
    pub visit: VisitId,
    pub staff: StaffMemberId,
    pub date: NaiveDate,
    pub starts_at: NaiveDateTime,
    pub ends_at: NaiveDateTime,
    pub postcode: String,
    pub minutes: i32,
}

/// With where it is; nowhere where its postcode is none.
type Placed = (Booked, Option<Located>);

/// Everybody's days, and what is asked of them.
struct Days<'e> {
    people: Vec<(Located, Practitioner)>,
    /// By its time.
    booked: HashMap<(StaffMemberId, NaiveDate), Vec<Placed>>,
    zone: Tz,
    errand: Errand<'e>,
    at: Located,
}

/// Where the errand is, in the table of ways.
const THERE: usize = ranking::BASE + 1;

impl Days<'_> {
    fn advice(&self, free: &[Available]) -> Advice {
        let mut least: Vec<Option<(i32, &Practitioner)>> = Vec::new();
        for day in free.chunk_by(|one, next| one.slot.date == next.slot.date) {
            let date = day.first().map(|one| one.slot.date).unwrap_or_default();
            let rounds: Vec<(&Practitioner, Round)> =
                self.people.iter().filter_map(|one| Some((&one.1, self.round(one, date)?))).collect();
            for one in day {
                let stop =
                    stop(THERE, date, (one.slot.starts_at, one.slot.ends_at), self.errand.task.minutes);
                let added = rounds.iter().filter_map(|(who, round)| Some((round.added_by(&stop)?, *who)));
                least.push(added.min_by_key(|(minutes, who)| (*minutes, who.name.as_str(), who.id)));
            }
        }
        let minutes: Vec<Option<i32>> = least.iter().map(|one| one.map(|(minutes, _)| minutes)).collect();
        let mut found = HashMap::new();
        for ((one, place), least) in free.iter().zip(ranking::best(&minutes)).zip(&least) {
            let Some((minutes, who)) = *least else { continue };
            let by = Named { id: who.id, name: who.name.clone() };
            found.insert((one.slot.window, one.slot.date), Added { minutes, by, place });
        }
        let nobody = "No window is recommended: nobody with the right skills works then and has time for it.";
        let why_not = found.is_empty().then(|| nobody.to_owned());
        Advice { found, why_not }
    }

    /// The day of somebody who could make it; none for whoever could not, and where their way cannot be estimated.
    fn round(&self, (base, who): &(Located, Practitioner), date: NaiveDate) -> Option<Round> {
        let skills = who.skills_on(date);
        if !self.errand.task.skills.iter().all(|skill| skills.contains(&skill.id)) {
            return None;
        }
        let hours = who.hours_on(date, self.zone);
        let booked = self.booked.get(&(who.id, date)).map_or(&[][..], Vec::as_slice);
        let mut places = vec![base, &self.at];
        for (_, place) in booked {
            places.push(place.as_ref()?);
        }
        let ways: Option<Vec<Vec<i32>>> =
            places.iter().map(|from| places.iter().map(|to| from.minutes_to(to)).collect()).collect();
        let hours = hours.into_iter().map(|(from, to)| (minute(date, from), minute(date, to)));
        booked.iter().enumerate().try_fold(Round::new(ways?, hours), |round, (index, (one, _))| {
            round.with(stop(THERE + 1 + index, date, (one.starts_at, one.ends_at), one.minutes))
        })
    }
}

/// It lies within its hours.
fn stop(place: usize, date: NaiveDate, (from, to): (NaiveDateTime, NaiveDateTime), takes: i32) -> Stop {
    Stop { place, from: minute(date, from), to: minute(date, to) - takes, takes }
}

fn minute(date: NaiveDate, at: NaiveDateTime) -> i32 {
    i32::try_from((at - date.and_time(NaiveTime::MIN)).num_minutes()).unwrap_or(i32::MAX / 4)
}
