//! What is kept of a resident, read from a form or handed over by a sync. Pure.

use chrono::{Datelike as _, NaiveDate};

use super::nhs;
use crate::domain::Refusal;

use crate::domain::organisations::{one_line, readable_name, short};
use crate::kit::ids::{OrganisationId, PlaceId};
use crate::kit::names::{fold, search_key};

/// A resident's details.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResidentFacts {
    pub home: PlaceId,
    pub zone: Option<PlaceId>,
    pub room: String,
    pub first_name: String,
    pub last_name: String,
    /// What the person likes to be called; may be empty, as may all texts below.
    pub preferred_name: String,
    pub date_of_birth: Option<NaiveDate>,
    /// Ten digits if that is what was written, otherwise as it was written.
    pub nhs_number: String,
    /// As the vendor says it: `Residential`, `Nursing`.
    pub resident_type: String,
    /// As the vendor says it: `Permanent`, `Respite`.
    pub care_status: String,
}

/// A resident to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewResident {
    pub organisation: OrganisationId,
    pub facts: ResidentFacts,
}

/// What a person typed.
#[derive(Debug, Clone, Default)]
pub struct TypedFacts<'f> {
    pub first_name: &'f str,
    pub last_name: &'f str,
    pub preferred_name: &'f str,
    /// Day, month and year, each as typed.
    pub born: (&'f str, &'f str, &'f str),
    pub nhs_number: &'f str,
    /// `home` or `home-zone`, as row numbers.
    pub place: &'f str,
    pub room: &'f str,
    pub resident_type: &'f str,
    pub care_status: &'f str,
}

impl ResidentFacts {
    /// Reads a form. `today` is the organisation's date.
    ///
    /// # Errors
    /// `Invalid` with the first field that cannot be used.
    pub fn read(typed: &TypedFacts<'_>, today: NaiveDate) -> Result<Self, Refusal> {
        let first_name = readable_name("first_name", typed.first_name, "the first name")?;
        let last_name = readable_name("last_name", typed.last_name, "the last name")?;
        for (field, name) in [("first_name", &first_name), ("last_name", &last_name)] {
            if fold(name).is_empty() {
                return Err(Refusal::invalid(field, "Use letters in the name"));
            }
        }
        let preferred_name = short("preferred_name", one_line(typed.preferred_name), 100)?;
        let date_of_birth = born(typed.born, today)?;
        let nhs_number = short("nhs_number", nhs::keep(typed.nhs_number), 30)?;
        let (home, zone) = place(typed.place)?;
        Ok(Self {
            home,
            zone,
            room: short("room", one_line(typed.room), 40)?,
            first_name,
            last_name,
            preferred_name,
            date_of_birth,
            nhs_number,
            resident_type: short("resident_type", one_line(typed.resident_type), 60)?,
            care_status: short("care_status", one_line(typed.care_status), 60)?,
        })
    }

    /// `Betty Cole`.
    pub fn name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name).trim().to_owned()
    }

    /// `Betty Cole, room 5`, as the audit trail names people.
    pub fn name_and_room(&self) -> String {
        if self.room.is_empty() { self.name() } else { format!("{}, room {}", self.name(), self.room) }
    }

    /// The surname and the first name, each folded to one word: what lists are sorted by, and what
    /// look-alikes have in common.
    pub fn sort_name(&self) -> String {
        format!("{} {}", fold(&self.last_name), fold(&self.first_name))
    }

    /// Everything that a search looks in.
    pub fn search_text(&self) -> String {
        let text = format!("{} {} {}", self.first_name, self.last_name, self.preferred_name);
        format!("{} {}", search_key(&text), search_key(&self.nhs_number)).trim().to_owned()
    }

    /// The fields but the place, as before and after are shown.
    pub(super) fn texts(&self) -> [(&'static str, String); 8] {
        let born = self.date_of_birth.map(|date| date.format("%-d %B %Y").to_string());
        [
            ("First name", self.first_name.clone()),
            ("Last name", self.last_name.clone()),
            ("Preferred name", self.preferred_name.clone()),
            ("Date of birth", born.unwrap_or_default()),
            ("NHS number", self.nhs_number.clone()),
            ("Room", self.room.clone()),
            ("Resident type", self.resident_type.clone()),
            ("Status", self.care_status.clone()),
        ]
    }
}

/// A date that is on the calendar, past, and after 1900; all three parts empty is no date.
fn born((day, month, year): (&str, &str, &str), today: NaiveDate) -> Result<Option<NaiveDate>, Refusal> {
    const FIELD: &str = "born_day";
    let (day, month, year) = (day.trim(), month.trim(), year.trim());
    if day.is_empty() && month.is_empty() && year.is_empty() {
        return Ok(None);
    }
    let unreal = || Refusal::invalid(FIELD, "Enter a real date of birth, such as 4 3 1938");
    let month = month.parse().ok().or_else(|| month_named(month)).ok_or_else(unreal)?;
    let day = day.parse().map_err(|_not_a_number| unreal())?;
    let year: i32 = year.parse().map_err(|_not_a_number| unreal())?;
    let date = NaiveDate::from_ymd_opt(year, month, day).ok_or_else(unreal)?;
    if date > today {
        return Err(Refusal::invalid(FIELD, "The date of birth is in the future. Check the year"));
    }
    if date.year() <= 1900 {
        return Err(Refusal::invalid(FIELD, "Enter a year after 1900, with all four digits"));
    }
    Ok(Some(date))
}

fn month_named(word: &str) -> Option<u32> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let word = word.to_lowercase();
    let named = |month: &str| word.len() >= 3 && month.starts_with(&word);
    MONTHS.iter().position(|month| named(month)).and_then(|at| u32::try_from(at + 1).ok())
}

fn place(typed: &str) -> Result<(PlaceId, Option<PlaceId>), Refusal> {
    let missing = || Refusal::invalid("place", "Choose where the resident lives");
    let (home, zone) = match typed.trim().split_once('-') {
        Some((home, zone)) => (home, Some(zone)),
        None => (typed.trim(), None),
    };
    let home = home.parse().map_err(|_not_an_id| missing())?;
    let zone = zone.map(str::parse).transpose().map_err(|_not_an_id| missing())?;
    Ok((home, zone))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn today() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, 22).unwrap()
    }

    fn betty() -> TypedFacts<'static> {
        TypedFacts {
            first_name: " Betty ",
            last_name: "O’Brien-Smith",
            born: ("4", "March", "1938"),
            nhs_number: "943 476 5919",
            place: "3-7",
            room: "5",
            ..TypedFacts::default()
        }
    }

    #[test]
    fn a_form_becomes_facts_and_folded_text() {
        let facts = ResidentFacts::read(&betty(), today()).unwrap();
        assert_eq!((facts.home, facts.zone), (PlaceId(3), Some(PlaceId(7))));
        assert_eq!(facts.date_of_birth, NaiveDate::from_ymd_opt(1938, 3, 4));
        assert_eq!(facts.nhs_number, "9434765919");
        assert_eq!(facts.sort_name(), "obriensmith betty");
        assert_eq!(facts.name_and_room(), "Betty O’Brien-Smith, room 5");
        assert!(facts.search_text().contains("9434765919"));
    }

    #[test]
    fn a_date_of_birth_is_on_the_calendar_past_and_after_1900() {
        let read = |born| ResidentFacts::read(&TypedFacts { born, ..betty() }, today());
        for wrong in [
            ("31", "4", "1938"),
            ("29", "2", "1939"),
            ("4", "3", "38"),
            ("4", "3", "1900"),
            ("23", "11", "2026"),
            ("", "3", "1938"),
            ("4", "x", "1938"),
            ("99999999999", "3", "1938"),
        ] {
            let Err(Refusal::Invalid { field, .. }) = read(wrong) else { panic!("{wrong:?}") };
            assert_eq!(field, "born_day");
        }
        assert_eq!(read(("", " ", "")).unwrap().date_of_birth, None);
        assert!(read(("22", "nov", "2026")).is_ok());
    }

    #[test]
    fn names_without_a_letter_and_places_that_are_none_are_refused() {
        for (typed, field) in [
            (TypedFacts { first_name: "--", ..betty() }, "first_name"),
            (TypedFacts { last_name: "\u{7}", ..betty() }, "last_name"),
            (TypedFacts { place: "", ..betty() }, "place"),
            (TypedFacts { place: "3-x", ..betty() }, "place"),
        ] {
            let Err(Refusal::Invalid { field: wrong, .. }) = ResidentFacts::read(&typed, today()) else {
                panic!("{field}")
            };
            assert_eq!(wrong, field);
        }
    }
}
