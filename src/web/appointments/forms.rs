//! The forms of appointments: what was typed or asked for, and how it becomes what the domain takes.

use chrono::{NaiveDate, NaiveDateTime};
use chrono_tz::Tz;
use serde::Deserialize;

use crate::domain::appointments::{
    Appointment, Client, Kind, Listed, People, Reach, Show, Therapist, Typed, Wanted, times,
};
use crate::kit::ids::AppointmentId;
use crate::web::freshness;
use crate::web::listing::Address;
use crate::web::visit::{Fields, Visit, field};

/// Which appointments are asked for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    pub place: String,
    /// A name as a form offers it, or a number.
    pub client: String,
    pub staff: String,
    pub kind: String,
    pub state: String,
    pub from: String,
    pub to: String,
    pub sort: String,
    pub page: String,
    /// Of the calendar: `day` or `week`, and which.
    pub view: String,
    pub day: String,
}

type Wrong = Vec<(&'static str, String)>;

impl Asked {
    pub fn address(&self, path: String) -> Address {
        Address::new(path)
            .with("place", &self.place)
            .with("client", &self.client)
            .with("staff", &self.staff)
            .with("kind", &self.kind)
            .with("state", &self.state)
            .with("from", &self.from)
            .with("to", &self.to)
            .with("sort", &self.sort)
    }

    /// What is wanted, and which filters could not be used. Days are the organisation's.
    pub fn wanted(&self, people: &People, zone: Tz, now: NaiveDateTime) -> (Wanted, Wrong) {
        let mut wrong = Wrong::new();
        let mut wanted = self.who(people, now, &mut wrong);
        wanted.kind = Kind::parse(&self.kind);
        wanted.show = Show::parse(&self.state).unwrap_or(Show::Everything);
        wanted.newest_first = self.sort == "newest";
        let mut day = |field, text: &str| {
            let day = times::day(text);
            if day.is_none() && !text.trim().is_empty() {
                wrong.push((field, "Enter a day, such as 24/11/2026".to_owned()));
            }
            day
        };
        let (from, to) = (day("from", &self.from), day("to", &self.to));
        wanted.from = from.map(|day| times::midnight(day, zone));
        wanted.to = to.and_then(|day| day.succ_opt()).map(|day| times::midnight(day, zone));
        (wanted, wrong)
    }

    /// Of whom and where.
    pub fn who(&self, people: &People, now: NaiveDateTime, wrong: &mut Wrong) -> Wanted {
        let mut wanted = Wanted::at(now);
        wanted.place =
            self.place.parse().ok().and_then(|id| people.agency_numbered(id)).map(|agency| agency.id);
        match (self.client.trim(), self.client.trim().parse().ok()) {
            ("", _) => {}
            (_, Some(id)) => wanted.client = Some(id),
            (typed, None) => match people.client(typed) {
                Ok(client) => wanted.client = Some(client.id),
                Err(refusal) => wrong.push(("client", refusal.to_string())),
            },
        }
        match (self.staff.trim(), self.staff.trim().parse().ok()) {
            ("", _) => {}
            (_, Some(id)) => wanted.staff = Some(id),
            (typed, None) => match people.therapist(typed) {
                Ok(one) => wanted.staff = Some(one.id),
                Err(refusal) => wrong.push(("staff", refusal.to_string())),
            },
        }
        wanted
    }
}

/// Today where the organisation is.
pub fn today(visit: &Visit) -> NaiveDate {
    freshness::today(visit)
}

/// The form of an appointment, as sent.
pub fn typed(fields: &Fields) -> Typed {
    let text = |name: &str| field(fields, name).to_owned();
    Typed {
        kind: text("kind"),
        client: text("client"),
        staff: text("staff"),
        place: text("place"),
        service: text("service"),
        directness: text("directness"),
        status: text("status"),
        day: text("day"),
        start: text("start"),
        end: text("end"),
        start_which: text("start_which"),
        end_which: text("end_which"),
        time_zone: text("time_zone"),
        details: text("details"),
        repeats: text("repeats"),
        every_weeks: text("every_weeks"),
        days: fields.iter().filter(|(name, _)| name == "days[]").map(|(_, value)| value.clone()).collect(),
        until: text("until"),
    }
}

/// The same of an appointment that is there, in its own wall time.
pub fn typed_of(listed: &Listed, people: &People, zone: Tz) -> Typed {
    let of = &listed.appointment;
    let own: Tz = of.time_zone.parse().unwrap_or(Tz::UTC);
    let local = |at: NaiveDateTime| at.and_utc().with_timezone(&own).naive_local();
    let client = of.resident.and_then(|id| people.client_numbered(id)).map(Client::label);
    let staff = of.staff.and_then(|id| people.therapist_numbered(id)).map(Therapist::label);
    Typed {
        kind: of.kind.as_str().to_owned(),
        client: client.unwrap_or_else(|| listed.client.clone()),
        staff: staff.unwrap_or_else(|| listed.staff.clone()),
        place: of.place.to_string(),
        service: of.service.clone(),
        directness: of.directness.as_str().to_owned(),
        status: of.status.to_string(),
        day: of.local_date.to_string(),
        start: local(of.starts_at).format("%H:%M").to_string(),
        end: local(of.ends_at).format("%H:%M").to_string(),
        start_which: which(of.starts_at, own).to_owned(),
        end_which: which(of.ends_at, own).to_owned(),
        time_zone: if own == zone { String::new() } else { own.name().to_owned() },
        details: of.details.clone(),
        ..Typed::default()
    }
}

/// Which of two wall times an instant is, where the clocks repeat it.
fn which(at: NaiveDateTime, zone: Tz) -> &'static str {
    match at.and_utc().with_timezone(&zone).naive_local().and_local_timezone(zone) {
        chrono::MappedLocalTime::Ambiguous(first, _) if first.naive_utc() == at => "first",
        chrono::MappedLocalTime::Ambiguous(..) => "second",
        _ => "",
    }
}

/// The other appointments that it may overlap: the tick's value names those that were shown.
pub fn allowed(fields: &Fields) -> Vec<AppointmentId> {
    field(fields, "overlaps").split(',').filter_map(|id| id.parse().ok()).collect()
}

/// Which of its series are meant.
pub fn reach(fields: &Fields, of: &Appointment) -> Reach {
    let chosen = Reach::parse(field(fields, "reach")).unwrap_or(Reach::One);
    if of.series.is_some() { chosen } else { Reach::One }
}

pub fn version(fields: &Fields) -> i64 {
    field(fields, "version").parse().unwrap_or(0)
}
