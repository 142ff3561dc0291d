//! What is known of a patient, read from what a person or a program wrote: every rule in one place, and every broken
//! one named at once.

use chrono::{NaiveDate, NaiveDateTime};

use crate::domain::coverage::Postcode;
use crate::domain::organisations::one_line;
use crate::kit::email_address::EmailAddress;
use crate::kit::names::{fold, search_key};
use crate::kit::nhs_number::NhsNumber;
use crate::kit::phone::Phone;

pub const TITLES: [&str; 8] = ["Mr", "Mrs", "Miss", "Ms", "Mx", "Dr", "Prof", "Rev"];
/// As the vendor's reference lists them; assumed, since its list is cut.
pub const SEXES: [&str; 4] = ["male", "female", "other", "unknown"];

const LONGEST_LINE: usize = 100;
const LONGEST_NOTE: usize = 2_000;
const OLDEST_YEARS: i32 = 130;

/// A field and the rule that it breaks, as a sentence without its full stop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    pub field: &'static str,
    pub words: String,
}

impl Wrong {
    pub fn new(field: &'static str, words: impl Into<String>) -> Self {
        Self { field, words: words.into() }
    }
}

/// Where somebody is visited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    pub line1: String,
    pub line2: String,
    pub city: String,
    /// In its one spelling.
    pub postcode: String,
    pub country: String,
    /// How to get in.
    pub access_notes: String,
}

/// What is known of a patient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Details {
    pub title: String,
    pub first_name: String,
    pub last_name: String,
    pub sex: String,
    /// E.164.
    pub phone: String,
    pub email: String,
    /// Ten digits, or empty.
    pub nhs_number: String,
    /// Another program's number for them; not unique.
    pub external_ref: String,
    pub date_of_birth: NaiveDate,
    /// The practitioner reads it.
    pub note: String,
    pub address: Option<Address>,
}

/// The same as it was written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Typed {
    pub title: String,
    pub first_name: String,
    pub last_name: String,
    pub sex: String,
    pub phone: String,
    pub email: String,
    pub nhs_number: String,
    pub external_ref: String,
    /// `1938-03-09` or `09/03/1938`.
    pub date_of_birth: String,
    pub note: String,
    pub address: Option<TypedAddress>,
}

/// An address as it was written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TypedAddress {
    pub line1: String,
    pub line2: String,
    pub city: String,
    pub postcode: String,
    pub country: String,
    pub access_notes: String,
}

/// What is read, and what is wrong so far.
#[derive(Default)]
struct Reading {
    wrong: Vec<Wrong>,
}

impl Reading {
    fn refuse(&mut self, field: &'static str, words: impl Into<String>) {
        self.wrong.push(Wrong::new(field, words));
    }

    fn line(&mut self, field: &'static str, text: &str, longest: usize) -> String {
        let text = one_line(text);
        if text.chars().count() > longest {
            self.refuse(field, format!("Use at most {longest} characters"));
        }
        text
    }

    fn name(&mut self, field: &'static str, text: &str, which: &str) -> String {
        let text = self.line(field, text, LONGEST_LINE);
        if text.chars().count() < 2 {
            self.refuse(field, format!("Enter the {which} name, with at least two letters"));
        }
        text
    }

    fn one_of(&mut self, field: &'static str, text: &str, all: &[&str]) -> String {
        let text = one_line(text);
        if !text.is_empty() && !all.contains(&text.as_str()) {
            self.refuse(field, format!("Choose one of {}", all.join(", ")));
        }
        text
    }

    /// Several lines; control characters other than line ends are not kept.
    fn note(&mut self, field: &'static str, text: &str) -> String {
        let text: String =
            text.replace("\r\n", "\n").chars().filter(|c| *c == '\n' || !c.is_control()).collect();
        let text = text.trim().to_owned();
        if text.chars().count() > LONGEST_NOTE {
            self.refuse(field, format!("Use at most {LONGEST_NOTE} characters"));
        }
        text
    }
}

/// A note of several lines, bounded.
pub(in crate::domain) fn read_note(field: &'static str, text: &str) -> Result<String, Wrong> {
    let mut reading = Reading::default();
    let note = reading.note(field, text);
    reading.wrong.pop().map_or(Ok(note), Err)
}

/// A telephone number in its one form.
pub(in crate::domain) fn read_phone(text: &str) -> Result<String, Wrong> {
    Phone::parse(text).map(|one| one.to_string()).ok_or_else(|| {
        Wrong::new("phone", "Enter a telephone number with its area code, such as +44 113 496 0000")
    })
}

impl Address {
    /// Reads an address; every rule that it breaks.
    pub fn read(typed: &TypedAddress) -> Result<Self, Vec<Wrong>> {
        let mut reading = Reading::default();
        let address = address(&mut reading, typed);
        match address {
            Some(address) if reading.wrong.is_empty() => Ok(address),
            _ => Err(reading.wrong),
        }
    }
}

fn address(reading: &mut Reading, typed: &TypedAddress) -> Option<Address> {
    let line1 = reading.line("line1", &typed.line1, LONGEST_LINE);
    if line1.is_empty() {
        reading.refuse("line1", "Enter the house and the street");
    }
    let line2 = reading.line("line2", &typed.line2, LONGEST_LINE);
    let city = reading.line("city", &typed.city, LONGEST_LINE);
    if city.is_empty() {
        reading.refuse("city", "Enter the town or city");
    }
    let country = reading.line("country", &typed.country, LONGEST_LINE);
    let access_notes = reading.note("access_notes", &typed.access_notes);
    let Some(postcode) = Postcode::parse(&typed.postcode) else {
        reading.refuse("postcode", "Enter a full postcode, such as LS1 1AA");
        return None;
    };
    Some(Address { line1, line2, city, postcode: postcode.to_string(), country, access_notes })
}

impl Details {
    /// Reads what was written; every rule that it breaks. `now` bounds the date of birth.
    pub fn read(typed: &Typed, now: NaiveDateTime) -> Result<Self, Vec<Wrong>> {
        let mut reading = Reading::default();
        let title = reading.one_of("title", &typed.title, &TITLES);
        let first_name = reading.name("first_name", &typed.first_name, "first");
        let last_name = reading.name("last_name", &typed.last_name, "last");
        let sex = reading.one_of("sex", &typed.sex, &SEXES);
        let phone = read_phone(&typed.phone).unwrap_or_else(|wrong| {
            reading.wrong.push(wrong);
            String::new()
        });
        let email = EmailAddress::parse(&typed.email).map_or_else(String::new, |one| one.to_string());
        if email.is_empty() {
            reading.refuse("email", "Enter an email address, such as name@example.com");
        }
        let nhs_number = nhs_number(&mut reading, &typed.nhs_number);
        let external_ref = reading.line("external_ref", &typed.external_ref, LONGEST_LINE);
        let note = reading.note("note", &typed.note);
        let born = born(&mut reading, &typed.date_of_birth, now);
        let address = typed.address.as_ref().map(|typed| address(&mut reading, typed));
        let Some(date_of_birth) = born.filter(|_| reading.wrong.is_empty()) else {
            return Err(reading.wrong);
        };
        Ok(Self {
            title,
            first_name,
            last_name,
            sex,
            phone,
            email,
            nhs_number,
            external_ref,
            date_of_birth,
            note,
            address: address.flatten(),
        })
    }

    /// `Betty Cole`.
    pub fn name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name)
    }

    pub(super) fn sort_name(&self) -> String {
        fold(&format!("{} {}", self.last_name, self.first_name))
    }

    pub(super) fn search_text(&self) -> String {
        let postcode = self.address.as_ref().map_or("", |one| one.postcode.as_str());
        let parts = [&self.name(), self.nhs_number.as_str(), &self.external_ref, postcode].map(search_key);
        parts.join(" ").trim().to_owned()
    }
}

fn nhs_number(reading: &mut Reading, typed: &str) -> String {
    if typed.trim().is_empty() {
        return String::new();
    }
    match NhsNumber::parse(typed) {
        Ok(number) => number.plain(),
        Err(fault) => {
            reading.refuse("nhs_number", format!("The NHS number {}", fault.words()));
            String::new()
        }
    }
}

fn born(reading: &mut Reading, typed: &str, now: NaiveDateTime) -> Option<NaiveDate> {
    let typed = typed.trim();
    let forms = ["%Y-%m-%d", "%d/%m/%Y", "%d %B %Y"];
    let read = forms.iter().find_map(|form| NaiveDate::parse_from_str(typed, form).ok());
    let today = now.date();
    let oldest = chrono::Datelike::year(&today) - OLDEST_YEARS;
    let read = read.filter(|date| *date <= today && chrono::Datelike::year(date) >= oldest);
    if read.is_none() {
        reading.refuse("date_of_birth", "Enter the date of birth, such as 09/03/1938");
    }
    read
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed() -> Typed {
        Typed {
            first_name: "Betty".into(),
            last_name: "Cole".into(),
            phone: "0113 496 0000".into(),
            email: "Betty@Example.org".into(),
            date_of_birth: "1938-03-09".into(),
            ..Typed::default()
        }
    }

    fn now() -> NaiveDateTime {
        "2026-11-29T09:00:00".parse().unwrap()
    }

    fn wrong(typed: &Typed) -> Vec<&'static str> {
        Details::read(typed, now()).err().unwrap_or_default().into_iter().map(|one| one.field).collect()
    }

    #[test]
    fn a_patient_is_read_in_one_spelling() {
        let read = Details::read(&typed(), now()).unwrap();
        assert_eq!((read.phone.as_str(), read.email.as_str()), ("+441134960000", "betty@example.org"));
        assert_eq!(read.date_of_birth.to_string(), "1938-03-09");
    }

    #[test]
    fn every_broken_rule_is_named_at_once() {
        let all = Typed {
            title: "Lord".into(),
            first_name: "B".into(),
            last_name: String::new(),
            sex: "x".into(),
            phone: "12".into(),
            email: "betty".into(),
            nhs_number: "9434765918".into(),
            date_of_birth: "2027-01-01".into(),
            address: Some(TypedAddress { postcode: "LS1".into(), ..TypedAddress::default() }),
            ..Typed::default()
        };
        let fields = wrong(&all);
        for field in [
            "title",
            "first_name",
            "last_name",
            "sex",
            "phone",
            "email",
            "nhs_number",
            "date_of_birth",
            "line1",
            "city",
            "postcode",
        ] {
            assert!(fields.contains(&field), "{field} of {fields:?}");
        }
        assert_eq!(wrong(&Typed { date_of_birth: "1890-01-01".into(), ..typed() }), ["date_of_birth"]);
        assert_eq!(wrong(&Typed { note: "x".repeat(2_001), ..typed() }), ["note"]);
    }
}
