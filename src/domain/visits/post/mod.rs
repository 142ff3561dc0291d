//! What patients are written about their appointments: each letter once, in the transaction of what it tells of, and
//! taken back if it has not gone out when it is not true any more.
//!
//! A letter goes to the patient's own address. It greets by the first name and says when, and with which organisation;
//! what is done at the visit stands in none of our words, and in no subject at all, since a subject is shown on a
//! locked telephone. An organisation may put the task into its own text, which is its decision. Patients of a test key
//! are written nothing: the timeline says what would have been written.
//!
//! Words are filled in the pure `wording`, mornings are reckoned in the pure `mornings`.

mod messages;
mod mornings;
mod readdressing;
mod reminding;
mod wording;

use chrono::TimeDelta;
use chrono_tz::Tz;

use super::{EventKind, ReasonCode, Scheduling, Status, Visit, store};
use crate::db::{Tx, text_enum};
use crate::domain::access::{By, Right, Scope};
use crate::domain::api_keys::Mode;
use crate::domain::letters::{self, Letter, Recipient};
use crate::domain::{Refusal, organisations};
use crate::kit::secret::{fingerprint, random_token};
use crate::links;
use crate::mail::VisitLetter;

pub(super) use messages::number;
pub use messages::{
    Kept, change_telephone, message, messages, preview, reset as reset_message, save as save_message,
    telephone,
};
pub(super) use mornings::{later, today};
pub use readdressing::change_patient;
pub use reminding::{any_due, remind, unanswered};
pub use wording::{Message, Values, Words};

text_enum! {
    /// What was written, or decided not to be.
    pub enum Wrote {
        Confirmation = "confirmation",
        /// The same, of another time than they were written before.
        Moved = "moved",
        Choose = "choose-a-time",
        /// On the next day.
        FirstReminder = "first-reminder",
        /// On day three.
        SecondReminder = "second-reminder",
        /// Nothing: somebody has to ring.
        NoAnswer = "no-answer",
        DayBefore = "day-before",
        Cancellation = "cancellation",
    }
}

impl Wrote {
    fn message(self) -> Message {
        match self {
            Self::Confirmation | Self::Moved => Message::Confirmation,
            Self::Choose | Self::FirstReminder | Self::SecondReminder | Self::NoAnswer => Message::Choose,
            Self::DayBefore => Message::Reminder,
            Self::Cancellation => Message::Cancellation,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Confirmation => "a confirmation",
            Self::Moved => "that the time has changed",
            Self::Choose => "a letter with a link to choose a time",
            Self::FirstReminder => "a reminder to choose a time",
            Self::SecondReminder => "a second reminder to choose a time",
            Self::NoAnswer => "nothing",
            Self::DayBefore => "a reminder of the appointment",
            Self::Cancellation => "that it is cancelled",
        }
    }

    /// Before the subject: a message that comes again says so.
    fn before_subject(self) -> &'static str {
        match self {
            Self::FirstReminder | Self::SecondReminder => "Reminder: ",
            Self::Moved => "New time: ",
            _ => "",
        }
    }

    /// Before the text, which is the organisation's own and does not know that it comes again.
    fn before_text(self) -> &'static str {
        match self {
            Self::Moved => "The time of your appointment has changed. This is how it is now:\n\n",
            _ => "",
        }
    }
}

/// How long the link of a letter works at most.
pub const LINK: TimeDelta = TimeDelta::days(60);

/// A period's patients are asked to choose when it begins in so many days.
const ASKED_BEFORE: u64 = 14;

/// Writes the patient what follows from a line of the timeline.
pub(super) fn follow<R: Right>(
    tx: &mut Tx<'_>,
    scope: &Scope<R>,
    visit: &Visit,
    kind: EventKind,
) -> Result<(), Refusal> {
    match kind {
        EventKind::Created if visit.booked.is_none() && visit.scheduling == Scheduling::PatientLed => {
            let zone = super::availability::zone(tx.conn, scope)?;
            let soon = later(today(tx.now, zone), ASKED_BEFORE);
            if visit.period.is_none_or(|(from, _)| from <= soon) {
                write(tx, scope, visit, Wrote::Choose)?;
            }
            Ok(())
        }
        EventKind::Scheduled | EventKind::Rescheduled => {
            // A new one has nothing that could be taken back.
            let mut knows = kind == EventKind::Rescheduled;
            if visit.version > 1 {
                // Whoever has not read of the first time learns of no change.
                knows &= !take_back(tx, visit)?.contains(&Wrote::Confirmation);
                store::forget_letters(tx, visit.id, Wrote::DayBefore)?;
            }
            write(tx, scope, visit, if knows { Wrote::Moved } else { Wrote::Confirmation })
        }
        EventKind::Cancelled => {
            take_back(tx, visit)?;
            let absent = |how: &super::Cancelled| how.reason == ReasonCode::PatientNotPresent;
            if visit.cancelled.as_ref().is_some_and(absent) {
                return Ok(());
            }
            write(tx, scope, visit, Wrote::Cancellation)
        }
        EventKind::Completed => take_back(tx, visit).map(drop),
        EventKind::Updated if visit.booked.is_none() => came_back(tx, scope, visit),
        _ => Ok(()),
    }
}

/// A cancellation was undone, of one whose patient is to choose: they are asked anew.
fn came_back<R: Right>(tx: &mut Tx<'_>, scope: &Scope<R>, visit: &Visit) -> Result<(), Refusal> {
    let asks = visit.status == Status::Scheduling && visit.scheduling == Scheduling::PatientLed;
    if !asks || !store::has_written(tx.conn, visit.id, Wrote::Cancellation)? {
        return Ok(());
    }
    take_back(tx, visit)?;
    for what in Wrote::ALL {
        store::forget_letters(tx, visit.id, *what)?;
    }
    write(tx, scope, visit, Wrote::Choose)
}

/// Writes one letter, notes it and says so on the timeline.
fn write<R: Right>(tx: &mut Tx<'_>, scope: &Scope<R>, visit: &Visit, what: Wrote) -> Result<(), Refusal> {
    if visit.mode == Mode::Test {
        let words = format!("would have written the patient {}; test mode sends nothing", what.words());
        return line(tx, visit, &words);
    }
    let of = organisations::get(tx.conn, scope)?;
    let zone = of.time_zone.parse().unwrap_or(Tz::Europe__London);
    let (first_name, to) = store::recipient(tx.conn, visit.patient.id)?;
    let kept = messages::in_use(tx.conn, scope.organisation(), what.message())?;
    let link = if kept.needs_link() { new_link(tx, visit)? } else { String::new() };
    let values = Values {
        patient: first_name,
        organisation: of.name.clone(),
        when: when(visit, zone),
        window: visit.booked.as_ref().map(|booked| booked.name.clone()).unwrap_or_default(),
        link: link.clone(),
        phone: messages::number(tx.conn, scope.organisation())?,
        task: visit.task.name.clone(),
    };
    let filled = kept.fill(&values);
    let subject = format!("{}{}", what.before_subject(), filled.subject);
    let text = format!("{}{}", what.before_text(), filled.body);
    let rendered = VisitLetter::new(of.name, subject, text, &link).render();
    let rendered = rendered.map_err(|cause| Refusal::Broken(cause.to_string()))?;
    let letter = Letter::new(Some(scope.organisation()), &to, rendered);
    let letter = match useless_after(tx, visit, what) {
        Some(moment) => letter.useless_after(moment),
        None => letter,
    };
    let id = letters::send(tx, letter)?;
    store::note_letter(tx, visit.id, what, id)?;
    let words = match id {
        Some(_) => format!("wrote the patient {}", what.words()),
        None => format!("could not write the patient {}: there is no address", what.words()),
    };
    line(tx, visit, &words)
}

fn line(tx: &mut Tx<'_>, visit: &Visit, words: &str) -> Result<(), Refusal> {
    Ok(store::insert_event(tx, visit.id, EventKind::Letter, words, &By::the_portal().name)?)
}

/// Of what use a letter is not any more after this.
fn useless_after(tx: &Tx<'_>, visit: &Visit, what: Wrote) -> Option<chrono::NaiveDateTime> {
    let booked = visit.booked.as_ref();
    match what {
        Wrote::Confirmation | Wrote::Moved => booked.map(|booked| booked.ends_at),
        Wrote::DayBefore => booked.map(|booked| booked.starts_at),
        Wrote::Choose | Wrote::FirstReminder | Wrote::SecondReminder => Some(tx.now + LINK),
        Wrote::Cancellation | Wrote::NoAnswer => None,
    }
}

/// A new link to the patient's own page. Of its secret only the hash is kept.
fn new_link(tx: &mut Tx<'_>, visit: &Visit) -> Result<String, Refusal> {
    let token = random_token()?;
    store::insert_link(tx, visit.id, &fingerprint(token.reveal()), tx.now + LINK)?;
    Ok(format!("{}{}", tx.public_url(), links::own_visit(token.reveal())))
}

/// `Thursday 3 December 2026, between 07:00 and 09:00`.
pub(super) fn when(visit: &Visit, zone: Tz) -> String {
    let Some(booked) = &visit.booked else { return "no time had been chosen".to_owned() };
    let at = |moment: chrono::NaiveDateTime| moment.and_utc().with_timezone(&zone).format("%H:%M");
    let date = booked.date.format("%A %-d %B %Y");
    format!("{date}, between {} and {}", at(booked.starts_at), at(booked.ends_at))
}

/// How long a dead link still says whom to ring.
const REMEMBERED: TimeDelta = TimeDelta::days(60);

/// Removes the links of long ago.
pub fn purge_links(tx: &mut Tx<'_>) -> diesel::QueryResult<usize> {
    let before = tx.now - REMEMBERED;
    store::delete_links(tx, before)
}

/// Takes back what has not gone out, and says what it was.
fn take_back(tx: &mut Tx<'_>, visit: &Visit) -> Result<Vec<Wrote>, Refusal> {
    let mut back = Vec::new();
    for (what, letter) in store::letters_of(tx.conn, visit.id)? {
        if letters::withdraw(tx, letter)? {
            line(tx, visit, &format!("took back {}, which had not gone out", what.words()))?;
            back.push(what);
        }
    }
    Ok(back)
}

/// Whom letters of a patient go to, with the first name.
pub(super) type To = (String, Recipient);
