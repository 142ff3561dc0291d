//! What patients are written, and how an organisation says it in words of its own. Pure: text in, text out.
//!
//! A message is plain text with placeholders such as `{when}`. A subject has fewer of them: it is shown on locked
//! telephones, and kept readable in lists of letters. It never says who is visited or what is done.

use crate::db::text_enum;
use crate::domain::Refusal;

text_enum! {
    /// Which message it is.
    pub enum Message {
        Confirmation = "confirmation",
        Reminder = "reminder",
        Cancellation = "cancellation",
        /// Asks the patient to choose a window.
        Choose = "choose-a-time",
    }
}

impl Message {
    /// As screens call it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Confirmation => "Confirmation",
            Self::Reminder => "Reminder",
            Self::Cancellation => "Cancellation",
            Self::Choose => "Choose a time",
        }
    }

    /// When it is sent, in a sentence.
    pub fn sent(self) -> &'static str {
        match self {
            Self::Confirmation => "Sent when an appointment gets a window, and again when it gets another.",
            Self::Reminder => "Sent the day before, at 10 in the morning.",
            Self::Cancellation => {
                "Sent when an appointment is cancelled; not where the patient was not present."
            }
            Self::Choose => {
                "Sent when the patient is to choose, and on the next day and on day three while nothing is chosen."
            }
        }
    }

    /// What its text may hold, each with what it becomes.
    pub fn placeholders(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Confirmation | Self::Reminder => &[PATIENT, ORGANISATION, WHEN, WINDOW, LINK, PHONE, TASK],
            Self::Cancellation => &[PATIENT, ORGANISATION, WHEN, WINDOW, PHONE, TASK],
            Self::Choose => &[PATIENT, ORGANISATION, LINK, PHONE, TASK],
        }
    }

    /// What its subject may hold.
    pub fn in_subject(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Choose => &[ORGANISATION],
            _ => &[ORGANISATION, WHEN, WINDOW],
        }
    }

    /// Our own words.
    pub fn ours(self) -> Words {
        let (subject, body) = match self {
            Self::Confirmation => ("Your appointment with {organisation}", CONFIRMATION),
            Self::Reminder => ("Reminder: your appointment with {organisation}", REMINDER),
            Self::Cancellation => ("Your appointment with {organisation} is cancelled", CANCELLATION),
            Self::Choose => ("Choose a time for your appointment with {organisation}", CHOOSE),
        };
        Words { subject: subject.to_owned(), body: body.to_owned() }
    }
}

type Placeholder = (&'static str, &'static str);

const PATIENT: Placeholder = ("patient", "the first name of the patient");
const ORGANISATION: Placeholder = ("organisation", "your organisation’s name");
const WHEN: Placeholder = ("when", "the day and the hours");
const WINDOW: Placeholder = ("window", "the name of the window");
const LINK: Placeholder = ("link", "the patient’s own page of the appointment");
const PHONE: Placeholder = ("phone", "your organisation’s telephone number");
const TASK: Placeholder = ("task", "what is to be done; our own words leave it out");

const CONFIRMATION: &str = "Dear {patient},

Your appointment with {organisation} is booked.

When: {when}

We come to you within these hours. If they do not suit you any more, choose other ones or cancel here:
{link}

Please tell us 24 hours before at the latest. A later cancellation may be charged.

If you have a question, ring us on {phone}.

{organisation}";

const REMINDER: &str = "Dear {patient},

We look forward to seeing you.

When: {when}

We come to you within these hours. Your appointment is here:
{link}

If you cannot be there, please ring us on {phone}.

{organisation}";

const CANCELLATION: &str = "Dear {patient},

Your appointment with {organisation} is cancelled.

It was to be: {when}

If you did not expect this, or would like another appointment, ring us on {phone}.

{organisation}";

const CHOOSE: &str = "Dear {patient},

{organisation} would like to visit you. Please choose the time that suits you best:
{link}

It takes a minute, and you need no password. If you would rather talk to somebody, ring us on {phone}.

{organisation}";

/// A message as it is written: a subject and plain text, with placeholders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    pub subject: String,
    pub body: String,
}

/// What the placeholders become.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Values {
    pub patient: String,
    pub organisation: String,
    pub when: String,
    pub window: String,
    pub link: String,
    pub phone: String,
    pub task: String,
}

impl Values {
    fn get(&self, name: &str) -> Option<&str> {
        Some(match name {
            "patient" => &self.patient,
            "organisation" => &self.organisation,
            "when" => &self.when,
            "window" => &self.window,
            "link" => &self.link,
            "phone" => &self.phone,
            "task" => &self.task,
            _ => return None,
        })
    }
}

const LONGEST_SUBJECT: usize = 70;
const LONGEST_BODY: usize = 4_000;

impl Words {
    /// What was typed, if every placeholder in it is one.
    ///
    /// # Errors
    /// `Invalid` on `subject` or `body`, with the placeholders that there are.
    pub fn read(message: Message, subject: &str, body: &str) -> Result<Self, Refusal> {
        let subject = subject.split_whitespace().collect::<Vec<_>>().join(" ");
        let body = body.replace("\r\n", "\n").trim().to_owned();
        let no_control = |text: &str| !text.chars().any(|c| c.is_control() && c != '\n' && c != '\t');
        if subject.is_empty() || subject.chars().count() > LONGEST_SUBJECT || !no_control(&subject) {
            let words = format!("Enter a subject of at most {LONGEST_SUBJECT} characters");
            return Err(Refusal::invalid("subject", words));
        }
        if body.is_empty() || body.chars().count() > LONGEST_BODY || !no_control(&body) {
            let words = format!("Enter the message, in at most {LONGEST_BODY} characters");
            return Err(Refusal::invalid("body", words));
        }
        known("subject", &subject, message.in_subject())?;
        known("body", &body, message.placeholders())?;
        if message == Message::Choose && !body.contains("{link}") {
            let words = "Keep {link} in the message: it is how the patient chooses";
            return Err(Refusal::invalid("body", words));
        }
        Ok(Self { subject, body })
    }

    /// With the values in the place of the placeholders. What a value holds is never read as one.
    pub fn fill(&self, values: &Values) -> Self {
        Self { subject: fill(&self.subject, values), body: fill(&self.body, values) }
    }

    pub fn needs_link(&self) -> bool {
        self.body.contains("{link}")
    }
}

enum Part<'t> {
    Words(&'t str),
    Name(&'t str),
    /// A bracket that begins nothing.
    Loose,
}

fn parts(text: &str) -> Vec<Part<'_>> {
    let (mut parts, mut rest) = (Vec::new(), text);
    while let Some((before, after)) = rest.split_once('{') {
        parts.push(Part::Words(before));
        match after.split_once('}') {
            Some((name, later)) if !name.contains(['{', '\n']) => {
                parts.push(Part::Name(name));
                rest = later;
            }
            _ => {
                parts.push(Part::Loose);
                rest = after;
            }
        }
    }
    parts.push(Part::Words(rest));
    parts
}

fn known(field: &'static str, text: &str, all: &[Placeholder]) -> Result<(), Refusal> {
    let list = all.iter().map(|(name, _)| format!("{{{name}}}")).collect::<Vec<_>>().join(", ");
    for part in parts(text) {
        let wrong = match part {
            Part::Name(name) if all.iter().any(|(known, _)| *known == name) => continue,
            Part::Words(words) if !words.contains('}') => continue,
            Part::Name(name) => format!("{{{name}}} cannot be used here"),
            Part::Loose | Part::Words(_) => "A { or } is left alone".to_owned(),
        };
        return Err(Refusal::invalid(field, format!("{wrong}. You can use {list}")));
    }
    Ok(())
}

fn fill(text: &str, values: &Values) -> String {
    let mut filled = String::new();
    for part in parts(text) {
        match part {
            Part::Words(words) => filled.push_str(words),
            Part::Name(name) => match values.get(name) {
                Some(value) => filled.push_str(value),
                None => filled.extend(["{", name, "}"]),
            },
            Part::Loose => filled.push('{'),
        }
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values() -> Values {
        Values {
            patient: "{link} & <b>Betty</b>".into(),
            organisation: "Harrogate Home Visits".into(),
            when: "Thursday 3 December 2026, between 07:00 and 09:00".into(),
            window: "Early".into(),
            link: "https://portal.example/appointments/abc".into(),
            phone: "01423 496000".into(),
            task: "Blood test".into(),
        }
    }

    fn refused(message: Message, subject: &str, body: &str) -> (&'static str, String) {
        match Words::read(message, subject, body) {
            Err(Refusal::Invalid { field, words }) => (field, words),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn our_own_words_can_be_used_and_name_no_task() {
        for message in Message::ALL {
            let ours = message.ours();
            assert_eq!(Words::read(*message, &ours.subject, &ours.body).unwrap(), ours);
            let filled = ours.fill(&values());
            assert!(!filled.subject.contains(['{', '}']), "{filled:?}");
            assert!(!filled.body.contains("Blood test") && !filled.body.contains("{when}"), "{filled:?}");
            assert!(filled.body.contains("01423 496000"), "{filled:?}");
        }
    }

    #[test]
    fn what_a_value_holds_is_never_a_placeholder() {
        let words = Words { subject: "Hello".into(), body: "Dear {patient}, {phone}".into() };
        assert_eq!(words.fill(&values()).body, "Dear {link} & <b>Betty</b>, 01423 496000");
    }

    #[test]
    fn a_placeholder_that_is_none_is_refused_with_those_there_are() {
        let (field, words) = refused(Message::Cancellation, "Hello", "Dear {patiant}");
        assert_eq!(field, "body");
        let list = "{patient}, {organisation}, {when}, {window}, {phone}, {task}";
        assert_eq!(words, format!("{{patiant}} cannot be used here. You can use {list}"));
        for body in
            ["Dear {patient", "Dear patient}", "Dear {patient\n}", "{{patient}}", "{Patient}", "{ patient }"]
        {
            assert_eq!(refused(Message::Reminder, "Hello", body).0, "body", "{body}");
        }
        for subject in ["{patient}, hello", "{task}", "{link}", "", &"x".repeat(71)] {
            assert_eq!(refused(Message::Reminder, subject, "Dear {patient}").0, "subject", "{subject}");
        }
        assert!(refused(Message::Choose, "Hello", "Dear {patient}").1.starts_with("Keep {link}"));
        assert_eq!(refused(Message::Reminder, "Hello", "  ").0, "body");
    }
}
