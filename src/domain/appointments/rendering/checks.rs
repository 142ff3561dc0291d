//! What an appointment needs to be rendered, each as a check with its words and its repair. Pure.

use chrono::NaiveDateTime;

use super::super::{Appointment, Directness, Kind, Session, State};
use crate::kit::ids::{ResidentId, SessionNoteId, StaffMemberId};

/// One condition, met or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// A stable word: `note-published`.
    pub id: &'static str,
    /// How it stands, as a sentence.
    pub words: String,
    pub ok: bool,
    /// Where it is repaired; nothing where it is met.
    pub repair: Repair,
}

/// Where a check is repaired: which page, so that a screen can lead there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repair {
    Nothing,
    /// The appointment's own form.
    Appointment,
    /// The appointment's *Results Notes*.
    ResultsNotes,
    /// The appointment's status.
    Status,
    /// Its page, where it is un-rendered.
    UnRender,
    /// The system with which the organisation invoices.
    Invoice,
    Client(ResidentId),
    Staff(StaffMemberId),
    /// The session note's page.
    Note(SessionNoteId),
    /// The list of agencies, clients or staff of the Synchronization window.
    MapAgencies,
    MapClients,
    MapStaff,
    /// The settings of appointments.
    Settings,
    /// The vendor's own program.
    Vendor,
}

impl Repair {
    /// What to do, as a sentence.
    pub fn words(self) -> &'static str {
        match self {
            Self::Nothing => "",
            Self::Appointment => "Change the appointment.",
            Self::ResultsNotes => "Write the results notes of the appointment.",
            Self::Status => "Choose another status for the appointment.",
            Self::UnRender => "Un-render the appointment first if it has to be rendered again.",
            Self::Invoice => "Take the appointment off its invoice first.",
            Self::Client(_) => "Open the client and restore them, or choose another client.",
            Self::Staff(_) => "Open the staff member and reinstate them, or choose somebody else.",
            Self::Note(_) => "Open the session note.",
            Self::MapAgencies => "Map the site on the tab Agencies.",
            Self::MapClients => "Map the student on the tab Clients.",
            Self::MapStaff => "Map the user on the tab Staff.",
            Self::Settings => "A super manager can change what is needed in the settings.",
            Self::Vendor => "Correct the note in Ensora Data Collection and publish it again.",
        }
    }
}

/// What is needed beside the appointment, in one organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    pub grace_minutes: i32,
    /// A rendered appointment takes its note's times.
    pub note_times: bool,
    pub results_needed: bool,
    pub guardian_needed: bool,
    pub therapist_needed: bool,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            grace_minutes: 5,
            note_times: false,
            results_needed: true,
            guardian_needed: false,
            therapist_needed: true,
        }
    }
}

/// What checks read of other things than the appointment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    pub status_name: String,
    pub status_cancels: bool,
    pub client: Somebody,
    pub staff: Somebody,
    /// Of the note that is mapped to it.
    pub note: Option<NoteFacts>,
}

/// Who takes part.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Somebody {
    #[default]
    Nobody,
    Active(String),
    Left(String),
}

impl Somebody {
    pub fn name(&self) -> &str {
        match self {
            Self::Nobody => "",
            Self::Active(name) | Self::Left(name) => name,
        }
    }
}

/// How the note stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoteFacts {
    pub id: SessionNoteId,
    pub published: bool,
    pub mapped: bool,
    /// A decision about it is waiting for a person.
    pub undecided: bool,
}

/// All checks, in the order in which they are shown.
pub fn checks(
    appointment: &Appointment,
    session: Option<&Session>,
    facts: &Facts,
    rules: Rules,
) -> Vec<Check> {
    let mut all = facts.note.map(of_note).unwrap_or_default();
    all.extend([
        not_cancelled(appointment, facts),
        check(
            "service",
            appointment.kind == Kind::Service,
            "It is a service appointment.",
            "It is not a service appointment, and only those are rendered.",
            Repair::Appointment,
        ),
        check(
            "times",
            appointment.starts_at < appointment.ends_at,
            "It starts before it ends.",
            "It does not start before it ends.",
            Repair::Appointment,
        ),
        somebody("client", "client", &facts.client, appointment.resident.map(Repair::Client)),
        somebody("staff", "staff member", &facts.staff, appointment.staff.map(Repair::Staff)),
    ]);
    if rules.results_needed {
        let there = !appointment.results_notes.trim().is_empty();
        let repair = Repair::ResultsNotes;
        all.push(check("results", there, "Results notes are there.", "Results notes are missing.", repair));
    }
    all.push(check(
        "directness",
        appointment.directness != Directness::NotSaid,
        "Direct or Indirect is said.",
        "Direct or Indirect is not said yet.",
        Repair::Appointment,
    ));
    all.extend(signatures(session, facts, rules));
    all.push(check(
        "not-rendered",
        appointment.state != State::Rendered,
        "It is not rendered yet.",
        "It is rendered already.",
        Repair::UnRender,
    ));
    all.push(check(
        "not-invoiced",
        appointment.invoiced_at.is_none(),
        "It is not invoiced.",
        "It is invoiced already.",
        Repair::Invoice,
    ));
    all
}

/// Whether all are met.
pub fn all_met(checks: &[Check]) -> bool {
    checks.iter().all(|check| check.ok)
}

/// The words of those that are not met, one after another.
pub fn failed(checks: &[Check]) -> String {
    let failed: Vec<&str> =
        checks.iter().filter(|check| !check.ok).map(|check| check.words.as_str()).collect();
    failed.join(" ")
}

fn of_note(note: NoteFacts) -> Vec<Check> {
    let at_note = Repair::Note(note.id);
    vec![
        check(
            "note-published",
            note.published,
            "Its session note is published.",
            "Its session note is not published.",
            Repair::Vendor,
        ),
        check(
            "note-mapped",
            note.mapped,
            "Its session note is mapped to it.",
            "Its session note is not mapped to it any more.",
            at_note,
        ),
        check(
            "note-decided",
            !note.undecided,
            "Nothing about its session note waits for a decision.",
            "A decision about its session note is waiting.",
            at_note,
        ),
    ]
}

fn not_cancelled(appointment: &Appointment, facts: &Facts) -> Check {
    let ok = appointment.state != State::Cancelled && !facts.status_cancels;
    let words = if ok {
        "It is not cancelled.".to_owned()
    } else if facts.status_cancels {
        format!("Its status is “{}”, which cancels it.", facts.status_name)
    } else {
        "It is cancelled.".to_owned()
    };
    Check { id: "not-cancelled", words, ok, repair: if ok { Repair::Nothing } else { Repair::Status } }
}

fn somebody(id: &'static str, what: &str, who: &Somebody, page: Option<Repair>) -> Check {
    let (ok, words) = match who {
        Somebody::Active(name) => (true, format!("{name} is an active {what}.")),
        Somebody::Left(name) => (false, format!("{name} is not an active {what} any more.")),
        Somebody::Nobody => (false, format!("No {what} stands in the appointment.")),
    };
    let repair = if ok { Repair::Nothing } else { page.unwrap_or(Repair::Appointment) };
    Check { id, words, ok, repair }
}

fn signatures(session: Option<&Session>, facts: &Facts, rules: Rules) -> Vec<Check> {
    let has = |pick: fn(&Session) -> bool| session.is_some_and(pick);
    let repair = facts.note.map_or(Repair::Appointment, |note| Repair::Note(note.id));
    let mut all = Vec::new();
    if rules.therapist_needed {
        let signed = has(|session| session.therapist.image.is_some());
        all.push(check(
            "therapist-signature",
            signed,
            "The therapist has signed.",
            "The therapist's signature is missing.",
            repair,
        ));
    }
    if rules.guardian_needed {
        let signed = has(|session| session.guardian.image.is_some());
        all.push(check(
            "guardian-signature",
            signed,
            "The guardian has signed.",
            "The guardian's signature is missing.",
            repair,
        ));
    }
    all
}

fn check(id: &'static str, ok: bool, met: &str, not: &str, repair: Repair) -> Check {
    let (words, repair) = if ok { (met, Repair::Nothing) } else { (not, repair) };
    Check { id, words: words.to_owned(), ok, repair }
}

/// When an appointment is, and on which local date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Times {
    /// UTC.
    pub starts_at: NaiveDateTime,
    /// UTC.
    pub ends_at: NaiveDateTime,
    pub local_date: chrono::NaiveDate,
}

impl Times {
    pub fn of(appointment: &Appointment) -> Self {
        Self {
            starts_at: appointment.starts_at,
            ends_at: appointment.ends_at,
            local_date: appointment.local_date,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::appointments::Signed;
    use crate::kit::ids::{AppointmentId, PlaceId, SignatureImageId, StatusTypeId};

    fn good() -> (Appointment, Session, Facts, Rules) {
        let at = |text: &str| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap();
        let appointment = Appointment {
            id: AppointmentId(1),
            series: None,
            kind: Kind::Service,
            resident: Some(ResidentId(1)),
            staff: Some(StaffMemberId(1)),
            place: PlaceId(1),
            service: "Therapy".into(),
            directness: Directness::Direct,
            status: StatusTypeId(1),
            local_date: at("2026-05-04 13:00").date(),
            starts_at: at("2026-05-04 13:00"),
            ends_at: at("2026-05-04 14:00"),
            time_zone: "Europe/London".into(),
            state: State::Scheduled,
            details: String::new(),
            results_notes: "Worked on requests.".into(),
            rendered_at: None,
            rendered_by: String::new(),
            invoiced_at: None,
            invoice: String::new(),
            version: 1,
        };
        let signed = |id| Signed { image: Some(SignatureImageId(id)), ..Signed::default() };
        let session = Session { guardian: signed(1), therapist: signed(2), ..Session::default() };
        let facts = Facts {
            status_name: "Scheduled".into(),
            status_cancels: false,
            client: Somebody::Active("Leah Brown".into()),
            staff: Somebody::Active("Dev Patel".into()),
            note: Some(NoteFacts { id: SessionNoteId(1), published: true, mapped: true, undecided: false }),
        };
        (appointment, session, facts, Rules { guardian_needed: true, ..Rules::default() })
    }

    #[test]
    fn an_appointment_with_everything_is_rendered() {
        let (appointment, session, facts, rules) = good();
        let all = checks(&appointment, Some(&session), &facts, rules);
        assert!(all_met(&all), "{}", failed(&all));
        assert!(all.iter().all(|check| check.repair == Repair::Nothing));
    }

    #[test]
    fn each_missing_thing_fails_its_own_check_and_says_where_it_is_repaired() {
        type Spoil = fn(&mut Appointment, &mut Session, &mut Facts);
        let spoils: [(&str, Spoil); 14] = [
            ("note-published", |_, _, f| f.note.as_mut().unwrap().published = false),
            ("note-mapped", |_, _, f| f.note.as_mut().unwrap().mapped = false),
            ("note-decided", |_, _, f| f.note.as_mut().unwrap().undecided = true),
            ("not-cancelled", |_, _, f| f.status_cancels = true),
            ("not-cancelled", |a, _, _| a.state = State::Cancelled),
            ("service", |a, _, _| a.kind = Kind::NonService),
            ("times", |a, _, _| a.ends_at = a.starts_at),
            ("client", |_, _, f| f.client = Somebody::Left("Leah Brown".into())),
            ("staff", |_, _, f| f.staff = Somebody::Nobody),
            ("results", |a, _, _| a.results_notes = " ".into()),
            ("directness", |a, _, _| a.directness = Directness::NotSaid),
            ("therapist-signature", |_, s, _| s.therapist.image = None),
            ("guardian-signature", |_, s, _| s.guardian.image = None),
            ("not-rendered", |a, _, _| a.state = State::Rendered),
        ];
        for (id, spoil) in spoils {
            let (mut appointment, mut session, mut facts, rules) = good();
            spoil(&mut appointment, &mut session, &mut facts);
            let all = checks(&appointment, Some(&session), &facts, rules);
            let failed: Vec<&Check> = all.iter().filter(|check| !check.ok).collect();
            assert_eq!(failed.iter().map(|check| check.id).collect::<Vec<_>>(), [id]);
            assert!(failed.iter().all(|check| !check.repair.words().is_empty()), "{id}");
        }
        let (mut appointment, session, facts, rules) = good();
        appointment.invoiced_at = Some(appointment.starts_at);
        assert_eq!(failed(&checks(&appointment, Some(&session), &facts, rules)), "It is invoiced already.");
    }

    #[test]
    fn what_the_organisation_does_not_need_is_not_asked_for() {
        let (mut appointment, _session, facts, rules) = good();
        appointment.results_notes.clear();
        let rules = Rules { results_needed: false, guardian_needed: false, therapist_needed: false, ..rules };
        assert!(all_met(&checks(&appointment, None, &facts, rules)));
    }
}
