//! Why a session note is not on an appointment, or its appointment not rendered: each reason with its label, its words
//! and its repair. Pure.

use crate::db::text_enum;
use crate::domain::appointments::Repair;
use crate::kit::ids::SessionNoteId;

text_enum! {
    /// The reason, for counting and filtering.
    pub enum Reason {
        /// There is none: it is mapped, and its appointment rendered.
        Nothing = "",
        SetAside = "set aside",
        NotPublished = "not published",
        UnknownStudent = "unknown student",
        UnknownUser = "unknown user",
        NoClient = "no client",
        SeveralClients = "several clients",
        TwoSites = "two sites",
        NoStaff = "no staff",
        SeveralStaff = "several staff",
        NoClientNoStaff = "no client and no staff",
        ClocksChanged = "clocks changed",
        UnknownZone = "unknown time zone",
        NoAppointment = "no appointment",
        OutsideGrace = "outside grace",
        OtherStaff = "other staff",
        SeveralAppointments = "several appointments",
        SeveralNotes = "several notes",
        AppointmentTaken = "appointment taken",
        NotTheSame = "not the same",
        /// An appointment fits, and the organisation has switched the rule off.
        RuleOff = "rule off",
        SaysCancelled = "says cancelled",
        /// It is mapped, and a check of its appointment is not met.
        NotRendered = "not rendered",
        /// A person decides first.
        Undecided = "undecided",
        Withdrawn = "withdrawn",
    }
}

impl Reason {
    /// The words of the list's column.
    pub fn label(self) -> &'static str {
        match self {
            Self::Nothing => "",
            Self::SetAside => "Set Aside",
            Self::NotPublished => "Not Published",
            Self::UnknownStudent | Self::NoClient | Self::SeveralClients | Self::TwoSites => {
                "No Client Match"
            }
            Self::UnknownUser | Self::NoStaff | Self::SeveralStaff => "No Staff Match",
            Self::NoClientNoStaff => "No Staff / Client Match",
            Self::ClocksChanged | Self::UnknownZone => "Time Not Certain",
            Self::NoAppointment
            | Self::OutsideGrace
            | Self::OtherStaff
            | Self::SeveralAppointments
            | Self::SeveralNotes
            | Self::AppointmentTaken
            | Self::NotTheSame => "No Appointment Match",
            Self::RuleOff => "Rule Switched Off",
            Self::SaysCancelled => "Cancelled In Ensora",
            Self::NotRendered => "Not Rendered",
            Self::Undecided => "To Decide",
            Self::Withdrawn => "Withdrawn",
        }
    }

    /// Why, as a sentence.
    pub fn words(self) -> &'static str {
        match self {
            Self::Nothing => "",
            Self::SetAside => "The note cannot be used as it is.",
            Self::NotPublished => "The note is not published in Ensora Data Collection.",
            Self::UnknownStudent => {
                "The note is about a student whom Ensora Data Collection has not listed yet."
            }
            Self::UnknownUser => {
                "The note was written by a therapist whom Ensora Data Collection has not listed."
            }
            Self::NoClient => "No client has the student's first name, last name and date of birth.",
            Self::SeveralClients => "Several clients have the student's name and date of birth.",
            Self::TwoSites => "The student stands in two sites in Ensora Data Collection.",
            Self::NoStaff => "No staff member has the therapist's first and last name.",
            Self::SeveralStaff => "Several people have the therapist's first and last name.",
            Self::NoClientNoStaff => "Neither the student nor the therapist is known here.",
            Self::ClocksChanged => {
                "The clocks changed in that hour, so that nobody can say which hour is meant."
            }
            Self::UnknownZone => {
                "The student's time zone in Ensora Data Collection is not one that is known here."
            }
            Self::NoAppointment => "The client has no appointment on that date.",
            Self::OutsideGrace => "The appointment of that date starts or ends outside the grace time.",
            Self::OtherStaff => "The client's appointment of that date is with somebody else.",
            Self::SeveralAppointments => "Several appointments fit the note.",
            Self::SeveralNotes => "Several notes fit the same appointment.",
            Self::AppointmentTaken => "Another note is on the appointment that fits.",
            Self::NotTheSame => "Somebody said that the note does not belong to the appointment that fits.",
            Self::RuleOff => "The rule that would map the note is switched off.",
            Self::SaysCancelled => "The note says that the session did not take place.",
            Self::NotRendered => "A check of the appointment is not met.",
            Self::Undecided => "What the note would change waits for a decision.",
            Self::Withdrawn => "The note is not published any more.",
        }
    }

    /// Where it is repaired.
    pub fn repair(self, note: SessionNoteId) -> Repair {
        match self {
            Self::Nothing => Repair::Nothing,
            Self::SetAside | Self::NotPublished | Self::TwoSites | Self::UnknownZone => Repair::Vendor,
            Self::UnknownStudent | Self::NoClient | Self::SeveralClients | Self::NoClientNoStaff => {
                Repair::MapClients
            }
            Self::UnknownUser | Self::NoStaff | Self::SeveralStaff => Repair::MapStaff,
            _ => Repair::Note(note),
        }
    }

    /// What to do, as a sentence.
    pub fn advice(self) -> &'static str {
        match self {
            // Its words say what to do.
            Self::Nothing | Self::RuleOff => "",
            Self::SetAside | Self::NotPublished => Repair::Vendor.words(),
            Self::TwoSites => {
                "Keep the student in one site in Ensora Data Collection, or map them on the tab Clients."
            }
            Self::UnknownZone => "Correct the student's time zone in Ensora Data Collection.",
            Self::UnknownStudent | Self::NoClient | Self::SeveralClients | Self::NoClientNoStaff => {
                Repair::MapClients.words()
            }
            Self::UnknownUser | Self::NoStaff | Self::SeveralStaff => Repair::MapStaff.words(),
            Self::NoAppointment => "Add the appointment, or correct the date of the note.",
            Self::OutsideGrace => {
                "Map the note by hand, correct the times of one of the two, or set another grace time."
            }
            Self::OtherStaff => "Correct the staff member of the appointment, or map the note by hand.",
            Self::ClocksChanged
            | Self::SeveralAppointments
            | Self::SeveralNotes
            | Self::AppointmentTaken
            | Self::NotTheSame => "Look at the client's appointments and map the note by hand.",
            Self::SaysCancelled | Self::Undecided | Self::Withdrawn => {
                "Decide what becomes of the appointment."
            }
            Self::NotRendered => "Open the appointment: it lists each check with its repair.",
        }
    }
}
