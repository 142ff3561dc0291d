//! Which appointment a session note belongs to, by the rule of the seed: the same day, start and end each within the
//! grace time, the same client, the same staff member; one candidate either way, or none. Pure, and its cost grows
//! with notes and appointments, not with their product.

use std::collections::{HashMap, HashSet};
use std::hash::BuildHasher;

use chrono::{LocalResult, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone};
use chrono_tz::Tz;

use crate::kit::ids::{AppointmentId, ResidentId, SessionNoteId, StaffMemberId};

/// A note that can be used: published, with its client and staff member known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Note {
    pub id: SessionNoteId,
    pub client: ResidentId,
    pub staff: StaffMemberId,
    pub span: Span,
}

/// When a session was: a wall date in one time zone, and the instants (UTC).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub date: NaiveDate,
    pub starts_at: NaiveDateTime,
    pub ends_at: NaiveDateTime,
}

/// An appointment that is not cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    pub id: AppointmentId,
    pub client: ResidentId,
    pub staff: StaffMemberId,
    pub span: Span,
    /// Another note is mapped to it.
    pub taken: bool,
}

/// What the rule says of one note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Match(AppointmentId),
    /// Several appointments fit.
    SeveralAppointments(Vec<AppointmentId>),
    /// Another note fits the same appointment.
    SeveralNotes(AppointmentId),
    /// The only one that fits has another note.
    Taken(AppointmentId),
    /// Somebody said that the only one that fits is not the one.
    Refused(AppointmentId),
    /// There is one that day of the same client and staff member; how far it starts and ends from the note, in minutes.
    Outside(AppointmentId, i64, i64),
    /// That day only somebody else sees the client.
    OtherStaff(AppointmentId),
    Nothing,
}

/// Appointments by client, in their order.
#[derive(Debug)]
pub struct Schedule<'s> {
    by_client: HashMap<ResidentId, Vec<&'s Slot>>,
}

impl<'s> Schedule<'s> {
    pub fn new(slots: &'s [Slot]) -> Self {
        let mut by_client: HashMap<ResidentId, Vec<&Slot>> = HashMap::new();
        for slot in slots {
            by_client.entry(slot.client).or_default().push(slot);
        }
        for own in by_client.values_mut() {
            own.sort_by_key(|slot| (slot.span.starts_at, slot.id));
        }
        Self { by_client }
    }

    /// The client's appointments that start from one instant to another.
    fn between(&self, client: ResidentId, from: NaiveDateTime, to: NaiveDateTime) -> &[&'s Slot] {
        let own = self.by_client.get(&client).map(Vec::as_slice).unwrap_or_default();
        let first = own.partition_point(|slot| slot.span.starts_at < from);
        let last = own.partition_point(|slot| slot.span.starts_at <= to);
        own.get(first..last).unwrap_or_default()
    }

    /// Those that fit a note by the rule, taken and refused ones too.
    fn fitting(&self, note: &Note, grace: TimeDelta) -> impl Iterator<Item = &'s Slot> {
        let (span, staff) = (note.span, note.staff);
        let around = self.between(note.client, span.starts_at - grace, span.starts_at + grace);
        let fits = move |slot: &&&Slot| {
            slot.staff == staff
                && slot.span.date == span.date
                && (slot.span.ends_at - span.ends_at).abs() <= grace
        };
        around.iter().filter(fits).copied().collect::<Vec<_>>().into_iter()
    }
}

/// A verdict for each note, in their order. `refused` are pairs that somebody said no to.
pub fn verdicts<S: BuildHasher>(
    notes: &[Note],
    slots: &[Slot],
    refused: &HashSet<(SessionNoteId, AppointmentId), S>,
    grace: TimeDelta,
) -> Vec<Verdict> {
    let schedule = Schedule::new(slots);
    let no = |note: &Note, slot: &Slot| refused.contains(&(note.id, slot.id));
    let mut free: Vec<Vec<AppointmentId>> = Vec::with_capacity(notes.len());
    let mut claims: HashMap<AppointmentId, usize> = HashMap::new();
    for note in notes {
        let own: Vec<AppointmentId> = schedule
            .fitting(note, grace)
            .filter(|slot| !slot.taken && !no(note, slot))
            .map(|slot| slot.id)
            .collect();
        for id in &own {
            *claims.entry(*id).or_default() += 1;
        }
        free.push(own);
    }
    let verdict = |(note, own): (&Note, Vec<AppointmentId>)| match own.as_slice() {
        [one] if claims.get(one).is_some_and(|count| *count == 1) => Verdict::Match(*one),
        [one] => Verdict::SeveralNotes(*one),
        [] => without(&schedule, note, grace, |slot| no(note, slot)),
        _ => Verdict::SeveralAppointments(own),
    };
    notes.iter().zip(free).map(verdict).collect()
}

/// Why nothing that is free fits.
fn without(
    schedule: &Schedule<'_>,
    note: &Note,
    grace: TimeDelta,
    refused: impl Fn(&Slot) -> bool,
) -> Verdict {
    let fitting: Vec<&Slot> = schedule.fitting(note, grace).collect();
    if let Some(slot) = fitting.iter().find(|slot| slot.taken) {
        return Verdict::Taken(slot.id);
    }
    if let Some(slot) = fitting.iter().find(|slot| refused(slot)) {
        return Verdict::Refused(slot.id);
    }
    let (from, to) = (note.span.starts_at - TimeDelta::hours(26), note.span.starts_at + TimeDelta::hours(26));
    let that_day =
        schedule.between(note.client, from, to).iter().filter(|slot| slot.span.date == note.span.date);
    let (ours, others): (Vec<&Slot>, Vec<&Slot>) =
        that_day.copied().partition(|slot| slot.staff == note.staff);
    if let Some((start, end, slot)) = nearest(note, &ours) {
        return Verdict::Outside(slot.id, start, end);
    }
    nearest(note, &others).map_or(Verdict::Nothing, |(_, _, slot)| Verdict::OtherStaff(slot.id))
}

/// The one whose start and end lie nearest, and how far each lies, in minutes.
fn nearest<'s>(note: &Note, of: &[&'s Slot]) -> Option<(i64, i64, &'s Slot)> {
    let apart = |slot: &'s Slot| {
        let start = (slot.span.starts_at - note.span.starts_at).num_minutes().abs();
        (start, (slot.span.ends_at - note.span.ends_at).num_minutes().abs(), slot)
    };
    of.iter().map(|slot| apart(slot)).min_by_key(|(start, end, _)| start + end)
}

/// The instants of wall times in a zone; `None` where the clocks changed in that hour, so that nobody can say which of
/// two hours is meant, or the hour does not exist.
pub fn span(date: NaiveDate, start: NaiveTime, end: NaiveTime, zone: Tz) -> Option<Span> {
    let instant = |time: NaiveTime| match zone.from_local_datetime(&date.and_time(time)) {
        LocalResult::Single(at) => Some(at.naive_utc()),
        LocalResult::Ambiguous(..) | LocalResult::None => None,
    };
    Some(Span { date, starts_at: instant(start)?, ends_at: instant(end)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> NaiveDateTime {
        NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap()
    }

    fn of(from: &str, to: &str) -> Span {
        let day = |time: &str| at(&format!("2026-05-04 {time}"));
        Span { date: day(from).date(), starts_at: day(from), ends_at: day(to) }
    }

    fn note(id: i64, from: &str, to: &str) -> Note {
        Note { id: SessionNoteId(id), client: ResidentId(1), staff: StaffMemberId(1), span: of(from, to) }
    }

    fn slot(id: i64, from: &str, to: &str) -> Slot {
        let (client, staff) = (ResidentId(1), StaffMemberId(1));
        Slot { id: AppointmentId(id), client, staff, span: of(from, to), taken: false }
    }

    fn all(notes: &[Note], slots: &[Slot]) -> Vec<Verdict> {
        verdicts(notes, slots, &HashSet::new(), TimeDelta::minutes(5))
    }

    #[test]
    fn start_and_end_each_have_to_be_within_the_grace_time() {
        let slots = [slot(7, "13:00", "14:00")];
        for (from, to, verdict) in [
            ("13:00", "14:00", Verdict::Match(AppointmentId(7))),
            ("13:05", "13:55", Verdict::Match(AppointmentId(7))),
            ("12:55", "14:05", Verdict::Match(AppointmentId(7))),
            ("13:06", "14:00", Verdict::Outside(AppointmentId(7), 6, 0)),
            ("13:00", "14:06", Verdict::Outside(AppointmentId(7), 0, 6)),
            ("12:54", "14:00", Verdict::Outside(AppointmentId(7), 6, 0)),
        ] {
            assert_eq!(all(&[note(1, from, to)], &slots), [verdict], "{from} {to}");
        }
    }

    #[test]
    fn two_candidates_either_way_are_none() {
        let two = [slot(7, "13:00", "14:00"), slot(8, "13:03", "14:02")];
        let several = Verdict::SeveralAppointments(vec![AppointmentId(7), AppointmentId(8)]);
        assert_eq!(all(&[note(1, "13:01", "14:01")], &two), [several]);
        let both = all(&[note(1, "13:00", "14:00"), note(2, "13:04", "14:00")], &two[..1]);
        assert_eq!(both, [Verdict::SeveralNotes(AppointmentId(7)), Verdict::SeveralNotes(AppointmentId(7))]);
    }

    #[test]
    fn others_clients_staff_days_and_notes_are_not_for_this_note() {
        let one = note(1, "13:00", "14:00");
        let other_client = Slot { client: ResidentId(2), ..slot(7, "13:00", "14:00") };
        assert_eq!(all(&[one], &[other_client]), [Verdict::Nothing]);
        let other_staff = Slot { staff: StaffMemberId(2), ..slot(7, "13:00", "14:00") };
        assert_eq!(all(&[one], &[other_staff]), [Verdict::OtherStaff(AppointmentId(7))]);
        let taken = Slot { taken: true, ..slot(7, "13:00", "14:00") };
        assert_eq!(all(&[one], &[taken]), [Verdict::Taken(AppointmentId(7))]);
        let mut late = slot(7, "13:00", "14:00");
        late.span.date = late.span.date.succ_opt().unwrap();
        assert_eq!(all(&[one], &[late]), [Verdict::Nothing]);
        let refused = HashSet::from([(SessionNoteId(1), AppointmentId(7))]);
        let said = verdicts(&[one], &[slot(7, "13:00", "14:00")], &refused, TimeDelta::minutes(5));
        assert_eq!(said, [Verdict::Refused(AppointmentId(7))]);
    }

    #[test]
    fn an_hour_that_is_skipped_or_repeated_is_no_instant() {
        let date = |text: &str| NaiveDate::parse_from_str(text, "%Y-%m-%d").unwrap();
        let time = |hour, minute| NaiveTime::from_hms_opt(hour, minute, 0).unwrap();
        let london = Tz::Europe__London;
        assert_eq!(span(date("2026-03-29"), time(1, 30), time(2, 30), london), None, "skipped");
        assert_eq!(span(date("2026-10-25"), time(0, 30), time(1, 30), london), None, "repeated");
        let summer = span(date("2026-03-29"), time(13, 0), time(14, 0), london).unwrap();
        assert_eq!(summer.starts_at, at("2026-03-29 12:00"));
        let angeles = Tz::America__Los_Angeles;
        assert_eq!(span(date("2026-11-01"), time(1, 0), time(3, 0), angeles), None, "repeated");
        assert!(span(date("2026-11-01"), time(2, 0), time(3, 0), angeles).is_some());
    }
}
