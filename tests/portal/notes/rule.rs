//! The rule over generated schedules whose truth is known: overlapping sessions, swapped therapists, twins, namesakes,
//! and days on which the clocks change in two zones. An automatic mapping is right, or it is not made.

use std::collections::{HashMap, HashSet};

use chrono::{NaiveDate, NaiveTime, TimeDelta};
use chrono_tz::Tz;
use kinbridge::domain::notes::identity::{Client, Member, People, Student, User};
use kinbridge::domain::notes::matching::{self, Note, Slot, Span, Verdict};
use kinbridge::kit::ids::{AppointmentId, ResidentId, SessionNoteId, StaffMemberId};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

const GRACE: i64 = 5;
const FIRST: [&str; 4] = ["Leah", "Leo", "Ana", "Tom"];
const LAST: [&str; 2] = ["Brown", "O'Neil"];

/// Days around the changes of 2026 in both zones, and ordinary ones.
const DAYS: [(i32, u32, u32); 7] =
    [(2026, 3, 8), (2026, 3, 29), (2026, 5, 4), (2026, 5, 5), (2026, 10, 25), (2026, 10, 26), (2026, 11, 1)];
const ZONES: [Tz; 2] = [Tz::Europe__London, Tz::America__Los_Angeles];

/// One appointment that took place, and the note that was written of it.
#[derive(Debug, Clone)]
struct Session {
    client: usize,
    staff: usize,
    day: usize,
    /// Minutes after midnight.
    start: i64,
    length: i64,
    drift: (i64, i64),
    /// Another therapist wrote it: the therapists were swapped that day.
    swapped: bool,
    has_note: bool,
}

#[derive(Debug, Clone)]
struct Schedule {
    /// Indices of first name, last name and birthday: twins share two of them, namesakes all.
    clients: Vec<(usize, usize, u32)>,
    staff: Vec<(usize, usize)>,
    /// Whether student and user are mapped already.
    mapped: Vec<bool>,
    zone: usize,
    sessions: Vec<Session>,
}

fn session() -> impl Strategy<Value = Session> {
    (
        (0..6_usize, 0..4_usize, 0..DAYS.len()),
        // Close together, so that sessions overlap and repeat within the grace time.
        (
            prop_oneof![Just(0_i64), Just(60), Just(90), Just(540), Just(543), Just(546), Just(600)],
            20..90_i64,
        ),
        (-GRACE - 3..=GRACE + 3, -GRACE - 3..=GRACE + 3),
        (prop::bool::weighted(0.1), prop::bool::weighted(0.9)),
    )
        .prop_map(|((client, staff, day), (start, length), drift, (swapped, has_note))| Session {
            client,
            staff,
            day,
            start,
            length,
            drift,
            swapped,
            has_note,
        })
}

fn schedule() -> impl Strategy<Value = Schedule> {
    (
        prop::collection::vec((0..FIRST.len(), 0..LAST.len(), 1..3_u32), 6),
        prop::collection::vec((0..FIRST.len(), 0..LAST.len()), 4),
        prop::collection::vec(any::<bool>(), 10),
        0..ZONES.len(),
        prop::collection::vec(session(), 1..40),
    )
        .prop_map(|(clients, staff, mapped, zone, sessions)| Schedule {
            clients,
            staff,
            mapped,
            zone,
            sessions,
        })
}

fn people(schedule: &Schedule) -> People {
    let born = |day: u32| NaiveDate::from_ymd_opt(2015, 5, day);
    let mut students = Vec::new();
    let mut clients = Vec::new();
    for (n, (first, last, day)) in schedule.clients.iter().enumerate() {
        let id = ResidentId(i64::try_from(n).unwrap());
        students.push(Student {
            external_id: format!("st-{n}"),
            first_name: FIRST[*first].to_uppercase(),
            last_name: LAST[*last].into(),
            born: born(*day),
            mapped: schedule.mapped[n].then_some(id),
            ..Student::default()
        });
        let (first_name, last_name) = (FIRST[*first].into(), LAST[*last].into());
        clients.push(Client { id, first_name, last_name, born: born(*day) });
    }
    let (mut users, mut members) = (Vec::new(), Vec::new());
    for (n, (first, last)) in schedule.staff.iter().enumerate() {
        let id = StaffMemberId(i64::try_from(n).unwrap());
        users.push(User {
            external_id: format!("us-{n}"),
            first_name: FIRST[*first].into(),
            last_name: LAST[*last].into(),
            mapped: schedule.mapped[6 + n].then_some(id),
            ..User::default()
        });
        members.push(Member { id, first_name: FIRST[*first].into(), last_name: LAST[*last].into() });
    }
    People::new(students, users, &clients, &members, (HashSet::new(), HashSet::new()))
}

fn clock(minutes: i64) -> Option<NaiveTime> {
    let minutes = u32::try_from(minutes).ok().filter(|minutes| *minutes < 24 * 60)?;
    NaiveTime::from_hms_opt(minutes / 60, minutes % 60, 0)
}

fn span(day: usize, start: i64, end: i64, zone: Tz) -> Option<Span> {
    let (year, month, of) = DAYS[day];
    let date = NaiveDate::from_ymd_opt(year, month, of).unwrap();
    matching::span(date, clock(start)?, clock(end)?, zone)
}

/// What really belongs together, and what the rule is given.
struct Case {
    notes: Vec<Note>,
    slots: Vec<Slot>,
    truth: HashMap<SessionNoteId, AppointmentId>,
    /// Who the note is really about and who wrote it.
    about: HashMap<SessionNoteId, (ResidentId, StaffMemberId)>,
}

fn case(schedule: &Schedule) -> Case {
    let (people, zone) = (people(schedule), ZONES[schedule.zone]);
    let mut case =
        Case { notes: Vec::new(), slots: Vec::new(), truth: HashMap::new(), about: HashMap::new() };
    let id = |n: usize| i64::try_from(n).unwrap();
    for (n, one) in schedule.sessions.iter().enumerate() {
        let Some(agreed) = span(one.day, one.start, one.start + one.length, zone) else { continue };
        let (client, staff) = (ResidentId(id(one.client)), StaffMemberId(id(one.staff)));
        case.slots.push(Slot { id: AppointmentId(id(n)), client, staff, span: agreed, taken: false });
        if !one.has_note {
            continue;
        }
        let writer = if one.swapped { (one.staff + 1) % 4 } else { one.staff };
        let (start, end) = (one.start + one.drift.0, one.start + one.length + one.drift.1);
        let note = SessionNoteId(id(n));
        case.truth.insert(note, AppointmentId(id(n)));
        case.about.insert(note, (client, StaffMemberId(id(writer))));
        let found =
            (people.client(&format!("st-{}", one.client), ""), people.member(&format!("us-{writer}")));
        let (Some(client), Some(staff)) = (found.0.one(), found.1.one()) else { continue };
        let Some(span) = span(one.day, start, end, zone) else { continue };
        case.notes.push(Note { id: note, client, staff, span });
    }
    case
}

/// A mapping is wrong when it is not the note's own appointment, although its own would have been there to be found:
/// same client, same therapist, within the grace time; or when client or therapist are not those of the note.
fn wrong(case: &Case) -> Vec<String> {
    let grace = TimeDelta::minutes(GRACE);
    let verdicts = matching::verdicts(&case.notes, &case.slots, &HashSet::new(), grace);
    let slots: HashMap<AppointmentId, &Slot> = case.slots.iter().map(|slot| (slot.id, slot)).collect();
    let mut used = HashSet::new();
    let mut wrong = Vec::new();
    for (note, verdict) in case.notes.iter().zip(verdicts) {
        let Verdict::Match(id) = verdict else { continue };
        let slot = slots[&id];
        if !used.insert(id) {
            wrong.push(format!("{id} has two notes"));
        }
        if (slot.client, slot.staff) != case.about[&note.id] {
            wrong.push(format!("{:?} is on {id}, which is somebody else's", note.id));
        }
        let own = slots[&case.truth[&note.id]];
        let within = |one: chrono::NaiveDateTime, other: chrono::NaiveDateTime| (one - other).abs() <= grace;
        let fits = own.client == note.client
            && own.staff == note.staff
            && within(own.span.starts_at, note.span.starts_at)
            && within(own.span.ends_at, note.span.ends_at);
        if fits && own.id != id {
            wrong.push(format!("{:?} is on {id} and belongs on {}", note.id, own.id));
        }
    }
    wrong
}

#[test]
fn no_automatic_mapping_of_a_generated_schedule_is_wrong() {
    let mut runner = TestRunner::new(Config { cases: 4_000, failure_persistence: None, ..Config::default() });
    let (mut mapped, mut seen) = (0, 0);
    runner
        .run(&schedule(), |schedule| {
            let wrong = wrong(&case(&schedule));
            prop_assert!(wrong.is_empty(), "{}", wrong.join("; "));
            Ok(())
        })
        .unwrap();
    // That nothing was wrong means something only where much was mapped.
    let mut runner = TestRunner::deterministic();
    for _ in 0..200 {
        let tree = schedule().new_tree(&mut runner).unwrap();
        let case = case(&proptest::strategy::ValueTree::current(&tree));
        let verdicts =
            matching::verdicts(&case.notes, &case.slots, &HashSet::new(), TimeDelta::minutes(GRACE));
        mapped += verdicts.iter().filter(|verdict| matches!(verdict, Verdict::Match(_))).count();
        seen += case.truth.len();
    }
    assert!(mapped * 10 > seen, "only {mapped} of {seen} were mapped");
}

#[test]
fn notes_that_come_one_by_one_are_mapped_no_worse_than_together() {
    let mut runner = TestRunner::new(Config { cases: 1_000, failure_persistence: None, ..Config::default() });
    runner
        .run(&schedule(), |schedule| {
            let mut case = case(&schedule);
            let notes = std::mem::take(&mut case.notes);
            let about = std::mem::take(&mut case.about);
            for note in notes {
                let verdict =
                    matching::verdicts(&[note], &case.slots, &HashSet::new(), TimeDelta::minutes(GRACE));
                let [Verdict::Match(id)] = verdict.as_slice() else { continue };
                let slot = case.slots.iter_mut().find(|slot| slot.id == *id).unwrap();
                prop_assert!(!slot.taken);
                prop_assert_eq!((slot.client, slot.staff), about[&note.id]);
                slot.taken = true;
            }
            Ok(())
        })
        .unwrap();
}
