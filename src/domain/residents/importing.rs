//! People from a CSV file: first what each line would become and whom it looks like, then exactly that.

use std::collections::HashMap;

use super::look_alikes::Known;
use super::{NewResident, ResidentFacts, SUBJECT, TypedFacts, settle, store};
use crate::db::{Conn, Tx};
use crate::domain::access::{EditResidents, Scope};
use crate::domain::organisations::sheet::{self, Line};
use crate::domain::organisations::{Imported, Place, PlaceKind, Preview, aliases, places, sector};
use crate::domain::{Refusal, audit};
use crate::kit::names::fold_place;

const HEADINGS: [&str; 6] =
    ["First name", "Last name", "Home", "Date of birth", "Preferred name", "NHS number"];
const FIRST: usize = 0;
const LAST: usize = 1;
const HOME: usize = 2;
const BORN: usize = 3;
const PREFERRED: usize = 4;
const NHS: usize = 5;
/// The headings that have to be there.
const NEEDED: usize = 3;

/// The headings of the file, in the words of the organisation's sector.
pub fn import_headings(sector: crate::domain::organisations::Sector) -> Vec<String> {
    HEADINGS.iter().map(|heading| sector.say(heading)).collect()
}

/// What a file of people would come to now; nothing is written. `today` is the organisation's date.
///
/// # Errors
/// `Invalid` on `file` where it cannot be read as a whole.
pub fn preview_import(
    conn: &mut Conn,
    scope: &Scope<EditResidents>,
    text: &str,
    today: chrono::NaiveDate,
) -> Result<Preview, Refusal> {
    Ok(read(conn, scope, text, today)?.0)
}

/// Adds the people of the lines without a fault, where the file comes to what was shown.
///
/// # Errors
/// `Invalid` on `file` where it cannot be read as a whole, or nothing in it can be used.
pub fn import(
    tx: &mut Tx<'_>,
    scope: &Scope<EditResidents>,
    text: &str,
    today: chrono::NaiveDate,
    was_shown: &dyn Fn(&str) -> bool,
) -> Result<Imported, Refusal> {
    let (preview, new) = read(tx.conn, scope, text, today)?;
    if !was_shown(&preview.hash) {
        return Ok(Imported::Differs(preview));
    }
    if new.is_empty() {
        return Err(Refusal::invalid("file", "No line of this file can be used"));
    }
    let ids = store::insert_many(tx, &new)?;
    settle(tx, scope.organisation())?;
    for (id, one) in ids.iter().zip(&new) {
        let words = format!("imported {} from a file", one.facts.name());
        audit::record(tx, scope, audit::Event::new("resident.added", words).about(SUBJECT, id.0))?;
    }
    Ok(Imported::Done(ids.len()))
}

fn read(
    conn: &mut Conn,
    scope: &Scope<EditResidents>,
    text: &str,
    today: chrono::NaiveDate,
) -> Result<(Preview, Vec<NewResident>), Refusal> {
    let sector = sector(conn, scope.organisation())?;
    let lines = sheet::read(text, &import_headings(sector), NEEDED)?;
    let all = places(conn, scope)?;
    let mut by_name: HashMap<String, Place> = HashMap::new();
    for alias in aliases(conn, scope)? {
        if let Some(place) = all.iter().find(|place| place.id == alias.place) {
            by_name.insert(alias.name_folded, place.clone());
        }
    }
    for place in all.into_iter().filter(|place| place.kind == PlaceKind::Home) {
        by_name.insert(fold_place(&place.name), place);
    }
    let mut here = Here::new(store::for_look_alikes(conn, scope.organisation())?);
    let word = sector.say("home");
    let (mut new, mut shown) = (Vec::new(), Vec::with_capacity(lines.len()));
    for mut line in lines {
        let facts = facts(&mut line, &by_name, &word, today);
        let mut alike = Vec::new();
        if let Some(facts) = facts {
            alike = here.compare(&mut line, &facts);
            if line.faults.is_empty() {
                here.add(&facts, line.number);
                new.push(NewResident { organisation: scope.organisation(), facts });
            }
        }
        shown.push(line.shown(alike));
    }
    Ok((Preview::new(text, shown), new))
}

/// What a line says, if it can be kept.
fn facts(
    line: &mut Line,
    by_name: &HashMap<String, Place>,
    word: &str,
    today: chrono::NaiveDate,
) -> Option<ResidentFacts> {
    let home = by_name.get(&fold_place(line.cell(HOME))).map(|place| place.id.to_string());
    if home.is_none() {
        let said = line.cell(HOME);
        let fault = if said.is_empty() {
            format!("The {word} is missing.")
        } else {
            format!("There is no {word} called {said} here.")
        };
        line.faults.push(fault);
    }
    let (day, month, year) = born(line.cell(BORN));
    let typed = TypedFacts {
        first_name: line.cell(FIRST),
        last_name: line.cell(LAST),
        preferred_name: line.cell(PREFERRED),
        born: (&day, &month, &year),
        nhs_number: line.cell(NHS),
        place: home.as_deref().unwrap_or("0"),
        ..TypedFacts::default()
    };
    let read = ResidentFacts::read(&typed, today);
    match read {
        Ok(facts) => home.map(|_| facts),
        Err(refusal) => {
            line.faults.push(format!("{refusal}."));
            None
        }
    }
}

/// `14/05/2015`, `14 May 2015` or `2015-05-14` as day, month and year.
fn born(cell: &str) -> (String, String, String) {
    let parts: Vec<&str> = cell.split(['/', '-', '.', ' ']).filter(|part| !part.is_empty()).collect();
    match parts.as_slice() {
        [] => (String::new(), String::new(), String::new()),
        [year, month, day] if year.len() == 4 => ((*day).into(), (*month).into(), (*year).into()),
        [day, month, year] => ((*day).into(), (*month).into(), (*year).into()),
        // Not a date: whatever it is, it is refused as one.
        _ => (cell.to_owned(), String::new(), String::new()),
    }
}

/// Somebody's date of birth, and their line where they are in the file.
type Namesake = (Option<chrono::NaiveDate>, Option<usize>);

/// Who is here, or in an earlier line, by what look-alikes have in common.
struct Here {
    by_name: HashMap<String, Vec<Namesake>>,
    by_birth: HashMap<(String, chrono::NaiveDate), Option<usize>>,
}

impl Here {
    fn new(known: Vec<Known>) -> Self {
        let mut here = Self { by_name: HashMap::new(), by_birth: HashMap::new() };
        for one in known {
            here.put(one.sort_name, one.date_of_birth, None);
        }
        here
    }

    fn put(&mut self, sort_name: String, born: Option<chrono::NaiveDate>, line: Option<usize>) {
        if let Some(born) = born {
            self.by_birth.insert((surname(&sort_name), born), line);
        }
        self.by_name.entry(sort_name).or_default().push((born, line));
    }

    fn add(&mut self, facts: &ResidentFacts, line: usize) {
        self.put(facts.sort_name(), facts.date_of_birth, Some(line));
    }

    /// The same name and date of birth is the same person, a fault; less than that is said.
    fn compare(&self, line: &mut Line, facts: &ResidentFacts) -> Vec<String> {
        let (sort_name, born) = (facts.sort_name(), facts.date_of_birth);
        let named = self.by_name.get(&sort_name).map(Vec::as_slice).unwrap_or_default();
        let whom = |line: &Option<usize>| {
            line.map_or_else(|| "somebody here".to_owned(), |line| format!("line {line}"))
        };
        if let Some((_, other)) = named.iter().find(|(other, _)| *other == born) {
            let words = format!("{} has the same name and date of birth as {}.", facts.name(), whom(other));
            line.faults.push(words);
            return Vec::new();
        }
        let mut alike: Vec<String> =
            named.iter().map(|(_, other)| format!("The same name as {}.", whom(other))).collect();
        if let Some(other) = born.and_then(|born| self.by_birth.get(&(surname(&sort_name), born))) {
            alike.push(format!("The same surname and date of birth as {}.", whom(other)));
        }
        alike
    }
}

fn surname(sort_name: &str) -> String {
    sort_name.split_once(' ').map_or(sort_name, |(surname, _)| surname).to_owned()
}

#[cfg(test)]
mod tests {
    use super::born;

    #[test]
    fn dates_are_read_as_people_write_them() {
        for written in ["14/05/2015", "2015-05-14", "14.05.2015"] {
            assert_eq!(born(written), ("14".into(), "05".into(), "2015".into()), "{written}");
        }
        assert_eq!(born("14 May 2015").1, "May");
        assert_eq!(born("").0, "");
        assert_eq!(born("soon").0, "soon");
    }
}
