//! The made-up people of Bright Path Therapy, which has Ensora Data Collection: agencies, clients, staff, the sessions
//! that were arranged, and the notes that the therapists wrote of them there. Read from four tables as the roster's are.
//! Days are counted from today, so that a new demo always has a yesterday.
//!
//! The last column of people says how Ensora has them, in the roster's words; `expects` says what a right portal makes
//! of a note, and its `session` the appointment that it is about.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Europe::London;

use super::roster::{Row, Sides, rows, value};
use crate::sandbox::ensora::{
    Field, Note, Population, Signature, Site, Student, User, scribble_url, script_url,
};

const CLIENTS: &str = include_str!("therapy_clients.csv");
const STAFF: &str = include_str!("therapy_staff.csv");
const SESSIONS: &str = include_str!("therapy_sessions.csv");
const NOTES: &str = include_str!("therapy_notes.csv");

/// The organisation's name.
pub const NAME: &str = "Bright Path Therapy";

/// Where its clocks stand.
pub const TIME_ZONE: &str = "Europe/London";

/// Its agencies, by name.
pub const AGENCIES: [&str; 3] = ["Oakfield Centre", "Riverside Clinic", "Northgate School"];

/// What Ensora calls them: the third one by another name, so that somebody maps it by hand.
const SITES: [&str; 3] = ["Oakfield Centre", "Riverside Clinic", "Northgate Sch."];

/// What the simulated Ensora expects until another is made on its page.
const ORGANIZATION: &str = "4817";
const TOKEN: &str = "made-up-ensora-token-6e0b41d8";
const TEMPLATE: &str = "Session note";

/// A client as the portal has them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Client {
    pub first: String,
    pub last: String,
    /// `YYYY-MM-DD`.
    pub born: String,
    pub agency: String,
}

/// A member of staff as the portal has them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Member {
    pub first: String,
    pub last: String,
    pub email: String,
    /// At least one.
    pub agencies: Vec<String>,
    pub title: String,
}

/// An appointment that the portal has before the first pull.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// What is particular about it, in a word or two; each has its own.
    pub key: String,
    /// Days from today.
    pub day: i64,
    /// By the clock of [`TIME_ZONE`].
    pub start: NaiveTime,
    pub end: NaiveTime,
    /// First and last name; empty where it is with nobody.
    pub client: String,
    /// First and last name.
    pub staff: String,
    pub agency: String,
    /// `service`, `non-service` or `non-payroll`.
    pub kind: String,
    /// `direct`, `indirect`, or empty: still to be set.
    pub directness: String,
}

/// Every client whom the portal has.
pub fn clients() -> Vec<Client> {
    let here = rows(CLIENTS).filter(|row| Sides::of(row, "there").is_here);
    let read = |row: Row| Client {
        first: value(&row, "first"),
        last: value(&row, "last"),
        born: value(&row, "born"),
        agency: value(&row, "agency"),
    };
    here.map(read).collect()
}

/// Everybody who works there, as the portal has them.
pub fn staff() -> Vec<Member> {
    let here = rows(STAFF).filter(|row| Sides::of(row, "there").is_here);
    let read = |row: Row| Member {
        first: value(&row, "first"),
        last: value(&row, "last"),
        email: value(&row, "email"),
        agencies: value(&row, "agencies").split('+').map(str::to_owned).collect(),
        title: value(&row, "title"),
    };
    here.map(read).collect()
}

/// The appointments that should be there.
pub fn sessions() -> Vec<Session> {
    let read = |row: Row| {
        Some(Session {
            key: value(&row, "key"),
            day: value(&row, "day").parse().ok()?,
            start: clock(&value(&row, "start"))?,
            end: clock(&value(&row, "end"))?,
            client: value(&row, "client"),
            staff: value(&row, "staff"),
            agency: value(&row, "agency"),
            kind: value(&row, "kind"),
            directness: value(&row, "directness"),
        })
    };
    rows(SESSIONS).filter_map(read).collect()
}

fn clock(text: &str) -> Option<NaiveTime> {
    NaiveTime::parse_from_str(text, "%H:%M").ok()
}

/// Everything in Ensora, as it would stand there now.
pub fn population(now: DateTime<Utc>) -> Population {
    let sites = (1..).zip(SITES).map(|(number, name)| Site {
        id: format!("si-{number}"),
        name: name.to_owned(),
        inactive: false,
    });
    let notes = rows(NOTES).enumerate().map(|(number, row)| note(501 + number, &row, now));
    Population {
        organization: ORGANIZATION.to_owned(),
        token: TOKEN.to_owned(),
        sites: sites.collect(),
        students: numbered(CLIENTS).filter_map(|(number, row)| student(101 + number, &row)).collect(),
        users: numbered(STAFF).filter_map(|(number, row)| user(21 + number, &row)).collect(),
        notes: notes.collect(),
    }
}

fn numbered(table: &'static str) -> impl Iterator<Item = (usize, Row)> {
    rows(table).enumerate()
}

/// The site that stands for an agency.
fn site(agency: &str) -> Option<String> {
    (1..).zip(AGENCIES).find(|(_, name)| *name == agency).map(|(number, _)| format!("si-{number}"))
}

fn student(number: usize, row: &Row) -> Option<Student> {
    let sides = Sides::of(row, "there");
    if !sides.is_there {
        return None;
    }
    let row = sides.there(row);
    Some(Student {
        id: format!("st-{number}"),
        first_name: value(&row, "first"),
        last_name: value(&row, "last"),
        date_of_birth: value(&row, "born"),
        site_id: site(&value(&row, "agency")).unwrap_or_default(),
        time_zone: value(&row, "zone"),
        inactive: false,
    })
}

fn user(number: usize, row: &Row) -> Option<User> {
    let sides = Sides::of(row, "there");
    if !sides.is_there {
        return None;
    }
    let row = sides.there(row);
    let email = value(&row, "email");
    Some(User {
        id: format!("us-{number}"),
        first_name: value(&row, "first"),
        last_name: value(&row, "last"),
        username: email.split('@').next().unwrap_or_default().to_owned(),
        email,
        title: value(&row, "title"),
        credentials: value(&row, "credentials"),
        site_ids: value(&row, "agencies").split('+').filter_map(site).collect(),
        security_group: value(&row, "group"),
        kind: value(&row, "type"),
        inactive: false,
    })
}

/// The identifier and the row of whoever is called so here; what Ensora has may differ.
fn called(table: &'static str, name: &str) -> Option<(usize, Row)> {
    numbered(table).find(|(_, row)| format!("{} {}", value(row, "first"), value(row, "last")) == name)
}

fn note(number: usize, row: &Row, now: DateTime<Utc>) -> Note {
    let today = now.with_timezone(&London).date_naive();
    let day = today + TimeDelta::days(value(row, "day").parse().unwrap_or(-1));
    let student =
        called(CLIENTS, &value(row, "student")).and_then(|(number, row)| student(101 + number, &row));
    let user = called(STAFF, &value(row, "user")).map(|(number, _)| format!("us-{}", 21 + number));
    let status = value(row, "status");
    let evening = at(day, NaiveTime::from_hms_opt(18, 30, 0)).map_or(now, |evening| evening.min(now));
    let (mut fields, signatures) = (fields(row, day), signatures(row, day));
    let mut kept = Vec::new();
    for one in signatures {
        if value(row, "signatures") == "fields" {
            fields.push(Field { name: one.field, value: one.value, kind: "signature".to_owned() });
        } else {
            kept.push(one);
        }
    }
    let published = status == "Published";
    let (site_id, student_id) = student.map(|one| (one.site_id, one.id)).unwrap_or_default();
    Note {
        id: format!("sn-{number}"),
        student_id,
        user_id: user.unwrap_or_else(|| "us-990".to_owned()),
        site_id,
        status,
        date: day.to_string(),
        published_at: if published { written(evening) } else { String::new() },
        modified_at: written(evening),
        template: TEMPLATE.to_owned(),
        fields,
        signatures: kept,
    }
}

/// What the therapist filled in; what is empty in the table was left out there.
fn fields(row: &Row, day: NaiveDate) -> Vec<Field> {
    let guardian = value(row, "guardian_as");
    let named = [
        ("Date".to_owned(), day.to_string()),
        ("Start Time".to_owned(), value(row, "start")),
        ("End Time".to_owned(), value(row, "end")),
        ("Notes".to_owned(), value(row, "notes")),
        (format!("{guardian} Name"), value(row, "guardian")),
        ("Relationship".to_owned(), value(row, "relationship")),
        ("Location".to_owned(), "51.7519,-1.2577".to_owned()),
    ];
    let filled = named.into_iter().filter(|(_, value)| !value.is_empty());
    filled.map(|(name, value)| Field::text(&name, &value)).collect()
}

fn signatures(row: &Row, day: NaiveDate) -> Vec<Signature> {
    let signed_at = at(day, clock(&value(row, "end"))).map(written).unwrap_or_default();
    let sign = |field: String, value: String, location: &str| Signature {
        field,
        value,
        signed_at: signed_at.clone(),
        location: location.to_owned(),
    };
    // One aliased template names the therapist's signature as such; the plain name means the same.
    let guardian_as = value(row, "guardian_as");
    let therapist_as = if guardian_as == "Caregiver" { "Therapist Signature" } else { "Signature" };
    let therapist = sign(therapist_as.to_owned(), scribble_url(&value(row, "user")), "51.7519,-1.2577");
    let guardian = match value(row, "signatures").as_str() {
        "therapist" => return vec![therapist],
        "script" => script_url(),
        _ => scribble_url(&value(row, "guardian")),
    };
    vec![sign(format!("{guardian_as} Signature"), guardian, "51.7520,-1.2579"), therapist]
}

/// A time of a day by the organisation's clock.
fn at(day: NaiveDate, time: Option<NaiveTime>) -> Option<DateTime<Utc>> {
    London.from_local_datetime(&day.and_time(time?)).earliest().map(|at| at.to_utc())
}

fn written(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn people() -> BTreeSet<String> {
        clients().iter().map(|one| format!("{} {}", one.first, one.last)).collect()
    }

    #[test]
    fn every_session_is_with_people_whom_the_portal_has() {
        let staff: BTreeSet<_> = staff().iter().map(|one| format!("{} {}", one.first, one.last)).collect();
        let sessions = sessions();
        assert_eq!((people().len(), staff.len(), sessions.len()), (14, 5, 23));
        for one in &sessions {
            assert!(staff.contains(&one.staff) && one.start < one.end, "{one:?}");
            assert!(AGENCIES.contains(&one.agency.as_str()), "{one:?}");
            assert_eq!(one.client.is_empty(), one.kind != "service", "{one:?}");
            assert!(one.client.is_empty() || people().contains(&one.client), "{one:?}");
        }
        let keys: BTreeSet<_> = sessions.iter().map(|one| one.key.as_str()).collect();
        assert_eq!(keys.len(), sessions.len());
    }

    #[test]
    fn every_note_is_of_a_session_and_the_traps_are_there() {
        let now = "2026-11-29T09:00:00Z".parse().unwrap();
        let there = population(now);
        assert_eq!((there.sites.len(), there.students.len(), there.users.len()), (3, 14, 6));
        assert_eq!(there.notes.len(), 18);
        let sessions = sessions();
        for (row, note) in rows(NOTES).zip(&there.notes) {
            let session = sessions.iter().find(|one| one.key == value(&row, "session")).unwrap();
            assert_eq!(session.day.to_string(), value(&row, "day"));
            assert_eq!(session.client, value(&row, "student"));
            assert!(there.students.iter().any(|one| one.id == note.student_id), "{note:?}");
            assert!(!note.modified_at.is_empty() && !note.site_id.is_empty(), "{note:?}");
            assert!(!value(&row, "expects").is_empty());
        }
        let count = |of: fn(&Note) -> bool| there.notes.iter().filter(|note| of(note)).count();
        assert_eq!(count(|note| note.status != "Published"), 1);
        assert_eq!(count(|note| note.user_id == "us-990"), 1);
        assert_eq!(count(|note| note.signatures.len() == 1), 1);
        assert_eq!(count(|note| note.signatures.iter().any(|one| one.value.contains("svg"))), 1);
        assert!(there.users.iter().any(|one| one.kind == "Parent"));
        assert!(there.sites.iter().any(|one| !AGENCIES.contains(&one.name.as_str())));
    }
}
