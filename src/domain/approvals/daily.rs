//! What happens by the organisation's own date: access that ends by itself, the letter the day before, and the
//! morning letter to those who may approve.
//!
//! Safe to run at any time and twice: what was done is not done again.

use chrono::{NaiveDate, NaiveDateTime, TimeDelta, Timelike};
use chrono_tz::Tz;

use super::approve::day_in_words;
use super::store::{self, Ending, Reader};
use super::{State, Wanted, letter_links};
use crate::db::{Conn, Tx};
use crate::domain::Refusal;
use crate::domain::access::{By, Permission, Role, Scope, ViewStaff};
use crate::domain::audit::{self, Event};
use crate::domain::letters::{self, Letter, Recipient};
use crate::domain::organisations::{self, Place, PlaceKind};
use crate::domain::staff;
use crate::kit::ids::{OrganisationId, PlaceId};
use crate::links;
use crate::mail::{AccessEnding, Rendered, StaffWaiting};

/// From when on the morning letter is written, in the organisation's time.
const MORNING: u32 = 7;

/// How `daily_letters` names the letter about those who wait.
const WAITING: &str = "staff waiting";

/// The date and hour in a time zone.
fn local(now: NaiveDateTime, zone: &str) -> (NaiveDate, u32) {
    let zone: Tz = zone.parse().unwrap_or(Tz::Europe__London);
    let here = now.and_utc().with_timezone(&zone);
    (here.date_naive(), here.hour())
}

/// Whether anything is due, looked for without the write lock.
pub fn anything_due(conn: &mut Conn, now: NaiveDateTime) -> Result<bool, Refusal> {
    let ending = store::ending(conn, now.date() + TimeDelta::days(2))?;
    let due = |one: &Ending| local(now, &one.time_zone).0 >= one.ends_on - TimeDelta::days(1);
    if ending.iter().any(due) {
        return Ok(true);
    }
    for (organisation, zone) in store::with_waiting(conn)? {
        let (today, hour) = local(now, &zone);
        if hour >= MORNING && !store::had_letter(conn, organisation, WAITING, today)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Ends access whose last day is over; how many it ended for.
pub fn end_access(tx: &mut Tx<'_>) -> Result<usize, Refusal> {
    let mut ended = 0;
    for one in store::ending(tx.conn, tx.now.date() + TimeDelta::days(1))? {
        if local(tx.now, &one.time_zone).0 <= one.ends_on {
            continue;
        }
        let scope = Scope::<ViewStaff>::for_the_portal(one.organisation);
        let because = format!("Access ended after {}", one.ends_on.format("%-d %B %Y"));
        let by = By::the_portal().name;
        staff::end_access(tx, one.organisation, one.account, (&because, &by))?;
        let words = format!(
            "ended the access of {}, whose last day was {}",
            one.name,
            one.ends_on.format("%-d %B %Y")
        );
        let event = Event::new("staff.ended", words).about("membership", one.membership.0);
        audit::record(tx, &scope, event)?;
        ended += 1;
    }
    Ok(ended)
}

/// Writes to those who may extend it, the day before access ends; once for each last day.
pub fn remind(tx: &mut Tx<'_>, public_url: &str) -> Result<usize, Refusal> {
    let mut written = 0;
    for one in store::ending(tx.conn, tx.now.date() + TimeDelta::days(2))? {
        if local(tx.now, &one.time_zone).0 + TimeDelta::days(1) != one.ends_on {
            continue;
        }
        let path = match staff::member_of(tx.conn, one.organisation, one.account)? {
            Some(member) => links::staff_member(one.organisation, member),
            None => links::settings_person(one.organisation, one.membership),
        };
        let key = format!("access-ends/{}/{}", one.membership, one.ends_on);
        let readers = store::readers(tx.conn, one.organisation)?;
        for reader in readers.iter().filter(|reader| reader.role != Role::Staff) {
            let letter = AccessEnding {
                to_name: reader.name.clone(),
                organisation: one.organisation_name.clone(),
                who: one.name.clone(),
                last_day: day_in_words(one.ends_on),
                link: format!("{public_url}{path}"),
            };
            let rendered = letter.render().map_err(unwritten)?;
            written += usize::from(send_once(tx, &key, one.organisation, reader, rendered)?);
        }
    }
    Ok(written)
}

/// Writes each morning to those who may approve how many wait; counts only.
pub fn tell_who_waits(tx: &mut Tx<'_>, public_url: &str) -> Result<usize, Refusal> {
    let mut written = 0;
    for (organisation, zone) in store::with_waiting(tx.conn)? {
        let (today, hour) = local(tx.now, &zone);
        if hour < MORNING || !store::first_letter(tx, organisation, WAITING, today)? {
            continue;
        }
        let scope = Scope::<ViewStaff>::for_the_portal(organisation);
        let (name, places) =
            (organisations::get(tx.conn, &scope)?.name, organisations::places(tx.conn, &scope)?);
        let key = format!("staff-waiting/{organisation}/{today}");
        for reader in store::readers(tx.conn, organisation)?.into_iter().filter(|reader| reader.wants_digest)
        {
            let reach = reach_of(&reader, &places);
            let of = (organisation, &reach);
            let waiting = store::count(tx.conn, of, State::Pending, &Wanted::default())?;
            let flagged = Wanted { flagged: true, ..Wanted::default() };
            let to_look_at = store::count(tx.conn, of, State::Pending, &flagged)?;
            if waiting == 0 {
                continue;
            }
            let letter = StaffWaiting {
                to_name: reader.name.clone(),
                organisation: name.clone(),
                waiting,
                to_look_at,
                link: {
                    let token = letter_links::issue(tx, organisation, &reader)?;
                    format!("{public_url}{}", links::who_waits(token.reveal()))
                },
            };
            let rendered = letter.render().map_err(unwritten)?;
            written += usize::from(send_once(tx, &key, organisation, &reader, rendered)?);
        }
    }
    Ok(written)
}

/// The places whose people a reader decides about.
pub(super) fn reach_of(reader: &Reader, places: &[Place]) -> store::Reach {
    let mine = |id: &PlaceId| reader.places.contains(id);
    let covered = places.iter().filter(|place| {
        mine(&place.id) || (place.kind == PlaceKind::Zone && place.parent.as_ref().is_some_and(mine))
    });
    match reader.role {
        Role::Staff => store::Reach::Only(covered.map(|place| place.id).collect()),
        _ => store::Reach::All,
    }
}

fn send_once(
    tx: &mut Tx<'_>,
    key: &str,
    organisation: OrganisationId,
    reader: &Reader,
    rendered: Rendered,
) -> Result<bool, Refusal> {
    let to = Recipient { name: reader.name.clone(), email: reader.email.clone() };
    Ok(letters::send_once(tx, key, Letter::new(Some(organisation), &to, rendered))?)
}

fn unwritten(cause: impl std::fmt::Display) -> Refusal {
    Refusal::Broken(cause.to_string())
}

/// Whether a reader's own rights let them approve; others get no letter.
pub(super) fn may_approve(role: Role, stored: &str) -> bool {
    Permission::read(role, stored).contains(&Permission::ApproveStaff)
}
