//! Why a note stays on no appointment, in words.

use chrono::NaiveDateTime;
use chrono_tz::Tz;

use super::Prepared;
use crate::domain::appointments::Appointment;
use crate::domain::mapping::Rule;
use crate::domain::notes::State;
use crate::domain::notes::matching::{self, Verdict};
use crate::domain::notes::reasons::Reason;
use crate::domain::notes::store::{Row, Standing};
use crate::kit::ids::AppointmentId;

impl Prepared {
    /// Why a note is on no appointment, by the rule's verdict.
    pub fn reason_of(&self, verdict: &Verdict) -> Reason {
        match verdict {
            Verdict::Match(_) if self.rule_off => Reason::RuleOff,
            Verdict::Match(_) => Reason::Nothing,
            Verdict::SeveralAppointments(_) => Reason::SeveralAppointments,
            Verdict::SeveralNotes(_) => Reason::SeveralNotes,
            Verdict::Taken(_) => Reason::AppointmentTaken,
            Verdict::Refused(_) => Reason::NotTheSame,
            Verdict::Outside(..) => Reason::OutsideGrace,
            Verdict::OtherStaff(_) => Reason::OtherStaff,
            Verdict::Nothing => Reason::NoAppointment,
        }
    }

    /// The same in words, with the times of the appointment where it says something of them.
    fn because(&self, row: &Row, verdict: &Verdict, reason: Reason) -> String {
        let known = |id: &AppointmentId| self.appointments.get(id);
        match verdict {
            Verdict::Outside(id, start, end) => known(id).map(|one| outside(one, *start, *end)),
            Verdict::Match(id) if reason == Reason::RuleOff => {
                known(id).map(|one| format!("{} {} fits.", Rule::Notes.off_words(), named(one)))
            }
            Verdict::Refused(id) if self.wrong_site.contains(&(row.id, *id)) => Some(
                "Somebody said that the note’s site is not the agency of the appointment that fits."
                    .to_owned(),
            ),
            _ => None,
        }
        .unwrap_or_else(|| reason.words().to_owned())
    }
}

/// Why a note stays where it is.
pub(in crate::domain::notes) fn standing(
    row: &Row,
    verdict: Option<&Verdict>,
    note: &Result<matching::Note, Reason>,
    prepared: &Prepared,
) -> Standing {
    let reason = match (verdict, note) {
        // It stays marked as what it is: an appointment may yet come.
        _ if row.reason == Reason::SaysCancelled => Reason::SaysCancelled,
        (_, Err(reason)) => *reason,
        (Some(verdict), Ok(_)) => prepared.reason_of(verdict),
        (None, Ok(_)) => Reason::NoAppointment,
    };
    let because = match verdict {
        Some(verdict) => prepared.because(row, verdict, reason),
        None => reason.words().to_owned(),
    };
    Standing { state: State::Waiting, reason, because, repair: reason.advice().to_owned() }
}

fn named(appointment: &Appointment) -> String {
    let zone: Option<Tz> = appointment.time_zone.parse().ok();
    let time = |at: NaiveDateTime| {
        let local = zone.map_or(at, |zone| at.and_utc().with_timezone(&zone).naive_local());
        local.format("%H:%M").to_string()
    };
    format!("The appointment from {} to {}", time(appointment.starts_at), time(appointment.ends_at))
}

fn outside(appointment: &Appointment, start: i64, end: i64) -> String {
    if start == end {
        let apart = apart(start);
        return format!("{} is {apart} from the note's times, outside the grace time.", named(appointment));
    }
    let (start, end) = (apart(start), apart(end));
    format!(
        "{} starts {start} and ends {end} from the note's times, outside the grace time.",
        named(appointment)
    )
}

/// `1 minute`, `59 minutes`, `5 hours`, `1 hour and 20 minutes`.
fn apart(minutes: i64) -> String {
    let counted =
        |count: i64, one: &str| if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") };
    match (minutes / 60, minutes % 60) {
        (0, rest) => counted(rest, "minute"),
        (hours, 0) => counted(hours, "hour"),
        (hours, rest) => format!("{} and {}", counted(hours, "hour"), counted(rest, "minute")),
    }
}
