//! Who is meant by what was typed: a client by name and date of birth, staff by e-mail address or name, an agency by
//! name. Loaded once for a form or a whole file, then looked up in memory.

use std::collections::HashMap;

use chrono::NaiveDate;

use super::store;
use super::times;
use crate::db::Conn;
use crate::domain::Refusal;
use crate::domain::access::{Places, Right, Scope};
use crate::domain::organisations::{PlaceKind, places};
use crate::kit::ids::{PlaceId, ResidentId, StaffMemberId};
use crate::kit::names::{fold, fold_place};

/// A client of the scope's places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    pub id: ResidentId,
    pub first_name: String,
    pub last_name: String,
    pub born: Option<NaiveDate>,
    pub home: PlaceId,
}

impl Client {
    pub fn name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name).trim().to_owned()
    }

    /// `Leah Brown, born 14 May 2015`: what a form offers and understands.
    pub fn label(&self) -> String {
        self.born
            .map_or_else(|| self.name(), |born| format!("{}, born {}", self.name(), times::in_words(born)))
    }
}

/// A staff member who is not suspended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Therapist {
    pub id: StaffMemberId,
    pub name: String,
    pub email: String,
}

impl Therapist {
    /// `Dev Patel, dev@bright.example`.
    pub fn label(&self) -> String {
        if self.email.is_empty() { self.name.clone() } else { format!("{}, {}", self.name, self.email) }
    }
}

/// An agency that the scope reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agency {
    pub id: PlaceId,
    pub name: String,
}

/// Everybody and everything that an appointment of the scope can have.
#[derive(Debug, Clone, Default)]
pub struct People {
    pub clients: Vec<Client>,
    pub staff: Vec<Therapist>,
    pub agencies: Vec<Agency>,
    by_name: HashMap<String, Vec<usize>>,
    staff_by_name: HashMap<String, Vec<usize>>,
    staff_by_email: HashMap<String, Vec<usize>>,
}

/// Loads them.
pub fn people<R: Right>(conn: &mut Conn, scope: &Scope<R>) -> Result<People, Refusal> {
    let reached = |id: PlaceId| match scope.places() {
        Places::All => true,
        Places::Only(assigned) => assigned.contains(&id),
    };
    let homes = places(conn, scope)?.into_iter().filter(|place| place.kind == PlaceKind::Home);
    let agencies = homes.filter(|home| reached(home.id)).map(|home| Agency { id: home.id, name: home.name });
    let mut people = People {
        clients: store::clients(conn, scope.organisation(), scope.places())?,
        staff: store::therapists(conn, scope.organisation())?,
        agencies: agencies.collect(),
        ..People::default()
    };
    people.index();
    Ok(people)
}

impl People {
    fn index(&mut self) {
        for (at, client) in self.clients.iter().enumerate() {
            self.by_name.entry(fold(&client.name())).or_default().push(at);
        }
        for (at, one) in self.staff.iter().enumerate() {
            self.staff_by_name.entry(fold(&one.name)).or_default().push(at);
            if !one.email.is_empty() {
                self.staff_by_email.entry(one.email.to_lowercase()).or_default().push(at);
            }
        }
    }

    /// A client by the words of a form: the name, and the date of birth where several are called so.
    ///
    /// # Errors
    /// `Invalid` on `client`.
    pub fn client(&self, typed: &str) -> Result<&Client, Refusal> {
        let (name, born) = match typed.rsplit_once(", born ") {
            Some((name, born)) => (name, times::day(born)),
            None => (typed, None),
        };
        self.client_called(name, born).map_err(|words| Refusal::invalid("client", words))
    }

    /// A client by name and, where it is known, date of birth.
    ///
    /// # Errors
    /// Why it is nobody, or not certain who, in words.
    pub fn client_called(&self, name: &str, born: Option<NaiveDate>) -> Result<&Client, String> {
        let named = self.by_name.get(&fold(name)).map_or(&[][..], Vec::as_slice);
        let called: Vec<&Client> = named.iter().filter_map(|at| self.clients.get(*at)).collect();
        let fit: Vec<&Client> = match born {
            Some(born) => called.iter().copied().filter(|client| client.born == Some(born)).collect(),
            None => called.clone(),
        };
        match (fit.as_slice(), called.is_empty(), born) {
            ([one], ..) => Ok(one),
            ([], true, _) => Err(format!("No client of your agencies is called {}", shown(name))),
            ([], false, Some(born)) => Err(format!(
                "{} was not born on {}. Check the date of birth",
                shown(name),
                times::in_words(born)
            )),
            (_, _, None) => Err(format!(
                "{} clients are called {}. Say the date of birth too, as in the list",
                called.len(),
                shown(name)
            )),
            (many, ..) => Err(format!(
                "{} clients are called {} and were born on the same day. They cannot be told apart here",
                many.len(),
                shown(name)
            )),
        }
    }

    /// A staff member by e-mail address or name, or both as a form offers them.
    ///
    /// # Errors
    /// `Invalid` on `staff`.
    pub fn therapist(&self, typed: &str) -> Result<&Therapist, Refusal> {
        let words = typed.rsplit_once(", ").map_or(typed, |(_, email)| email);
        let named = if words.contains('@') {
            self.staff_by_email.get(&words.trim().to_lowercase())
        } else {
            self.staff_by_name.get(&fold(typed))
        };
        let found: Vec<&Therapist> =
            named.map_or(&[][..], Vec::as_slice).iter().filter_map(|at| self.staff.get(*at)).collect();
        let wrong = |words: String| Err(Refusal::invalid("staff", words));
        match found.as_slice() {
            [one] => Ok(one),
            [] => wrong(format!("No active staff member is {}", shown(typed))),
            many => wrong(format!(
                "{} staff members are {}. Say the email address of the one you mean",
                many.len(),
                shown(typed)
            )),
        }
    }

    /// An agency by its name.
    ///
    /// # Errors
    /// `Invalid` on `place`.
    pub fn agency(&self, typed: &str) -> Result<&Agency, Refusal> {
        let folded = fold_place(typed);
        let found = self.agencies.iter().find(|agency| fold_place(&agency.name) == folded);
        found.ok_or_else(|| {
            Refusal::invalid("place", format!("None of your agencies is called {}", shown(typed)))
        })
    }

    /// An agency by its number, as a form has it.
    pub fn agency_numbered(&self, id: PlaceId) -> Option<&Agency> {
        self.agencies.iter().find(|agency| agency.id == id)
    }

    pub fn client_numbered(&self, id: ResidentId) -> Option<&Client> {
        self.clients.iter().find(|client| client.id == id)
    }

    pub fn therapist_numbered(&self, id: StaffMemberId) -> Option<&Therapist> {
        self.staff.iter().find(|one| one.id == id)
    }
}

/// What was typed, short enough to stand in a sentence.
fn shown(typed: &str) -> String {
    let plain = crate::domain::organisations::one_line(typed);
    let mut short: String = plain.chars().take(80).collect();
    if plain.chars().count() > 80 {
        short.push('…');
    }
    format!("“{short}”")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn people_of(clients: &[(&str, &str, &str)]) -> People {
        let client = |(id, (first, last, born)): (usize, &(&str, &str, &str))| Client {
            id: ResidentId(i64::try_from(id).unwrap()),
            first_name: (*first).into(),
            last_name: (*last).into(),
            born: born.parse().ok(),
            home: PlaceId(1),
        };
        let therapist = |id, name: &str, email: &str| Therapist {
            id: StaffMemberId(id),
            name: name.into(),
            email: email.into(),
        };
        let mut people = People {
            clients: clients.iter().enumerate().map(client).collect(),
            staff: vec![
                therapist(1, "Dev Patel", "dev@bright.example"),
                therapist(2, "Dev Patel", "other@bright.example"),
                therapist(3, "Kim Lee", ""),
            ],
            agencies: vec![Agency { id: PlaceId(1), name: "Oakfield Centre".into() }],
            ..People::default()
        };
        people.index();
        people
    }

    #[test]
    fn a_name_that_several_have_is_nobody_until_the_date_of_birth_is_said() {
        let people = people_of(&[
            ("Leah", "Brown", "2015-05-14"),
            ("Léah", "BROWN", "2016-01-01"),
            ("Tom", "Ray", ""),
        ]);
        assert_eq!(people.client("tom ray").unwrap().id, ResidentId(2));
        assert!(people.client("Leah Brown").unwrap_err().to_string().contains("2 clients are called"));
        let leah = people.client("Leah Brown, born 1 January 2016").unwrap();
        assert_eq!((leah.id, people.client(&leah.label()).unwrap().id), (ResidentId(1), ResidentId(1)));
        assert!(
            people.client("Leah Brown, born 2 January 2016").unwrap_err().to_string().contains("not born on")
        );
        assert!(people.client("Nobody").unwrap_err().to_string().contains("No client"));
    }

    #[test]
    fn staff_are_known_by_address_or_by_a_name_that_is_theirs_alone() {
        let people = people_of(&[]);
        let id = |typed: &str| people.therapist(typed).map(|one| one.id.0).map_err(|error| error.to_string());
        assert_eq!(id("DEV@bright.example"), Ok(1));
        assert_eq!(id("Dev Patel, other@bright.example"), Ok(2));
        assert_eq!(id("kim lee"), Ok(3));
        assert!(id("Dev Patel").unwrap_err().contains("2 staff members"));
        assert!(id("x@y").unwrap_err().contains("No active"));
        assert_eq!(people.agency(" oakfield  centre ").unwrap().id, PlaceId(1));
        assert!(people.agency("Oakfield").is_err());
    }
}
