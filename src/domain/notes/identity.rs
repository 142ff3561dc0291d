//! Who a note is about and who wrote it: an existing mapping, else one person of the same name (and date of birth).
//! Whoever could be two people is nobody. Pure.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;

use crate::kit::ids::{ResidentId, StaffMemberId};
use crate::kit::names::fold;

/// A student as the vendor lists them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Student {
    pub external_id: String,
    pub first_name: String,
    pub last_name: String,
    pub born: Option<NaiveDate>,
    /// The vendor's site.
    pub site: String,
    pub mapped: Option<ResidentId>,
    /// Somebody said that they are not the same person.
    pub refused: Vec<ResidentId>,
}

/// A user as the vendor lists them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct User {
    pub external_id: String,
    pub first_name: String,
    pub last_name: String,
    pub mapped: Option<StaffMemberId>,
    pub refused: Vec<StaffMemberId>,
}

/// An active client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    pub id: ResidentId,
    pub first_name: String,
    pub last_name: String,
    pub born: Option<NaiveDate>,
}

/// An active staff member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    pub id: StaffMemberId,
    pub first_name: String,
    pub last_name: String,
}

/// How a person was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found<T> {
    /// The vendor's person is mapped to them.
    Mapped(T),
    /// Everything that the rule asks for is equal, and nobody else could be meant.
    Named(T),
    /// The vendor does not list such a person.
    Unknown,
    Nobody,
    /// Several people here could be meant.
    Several,
    /// The vendor lists this person more than once, as with one student in two sites.
    Twice,
}

impl<T: Copy> Found<T> {
    pub fn one(self) -> Option<T> {
        match self {
            Self::Mapped(one) | Self::Named(one) => Some(one),
            _ => None,
        }
    }
}

type Identity = (String, String, NaiveDate);

/// Everybody who can be meant.
#[derive(Debug, Default)]
pub struct People {
    students: HashMap<String, Student>,
    users: HashMap<String, User>,
    /// How many of the vendor's students are alike.
    alike_students: HashMap<Identity, usize>,
    alike_users: HashMap<(String, String), usize>,
    clients: HashMap<Identity, Vec<ResidentId>>,
    members: HashMap<(String, String), Vec<StaffMemberId>>,
    /// Those to whom somebody of the vendor's is mapped already.
    taken_clients: HashSet<ResidentId>,
    taken_members: HashSet<StaffMemberId>,
}

impl People {
    /// `taken` are those who are mapped already, also to students and users who are not listed here.
    pub fn new(
        students: Vec<Student>,
        users: Vec<User>,
        clients: &[Client],
        members: &[Member],
        taken: (HashSet<ResidentId>, HashSet<StaffMemberId>),
    ) -> Self {
        let mut people = Self { taken_clients: taken.0, taken_members: taken.1, ..Self::default() };
        for student in students {
            people.taken_clients.extend(student.mapped);
            if let Some(identity) = identity(&student.first_name, &student.last_name, student.born) {
                *people.alike_students.entry(identity).or_default() += 1;
            }
            people.students.insert(student.external_id.clone(), student);
        }
        for user in users {
            people.taken_members.extend(user.mapped);
            if let Some(name) = name(&user.first_name, &user.last_name) {
                *people.alike_users.entry(name).or_default() += 1;
            }
            people.users.insert(user.external_id.clone(), user);
        }
        for client in clients {
            if let Some(identity) = identity(&client.first_name, &client.last_name, client.born) {
                people.clients.entry(identity).or_default().push(client.id);
            }
        }
        for member in members {
            if let Some(name) = name(&member.first_name, &member.last_name) {
                people.members.entry(name).or_default().push(member.id);
            }
        }
        people
    }

    pub fn student(&self, external_id: &str) -> Option<&Student> {
        self.students.get(external_id)
    }

    pub fn user(&self, external_id: &str) -> Option<&User> {
        self.users.get(external_id)
    }

    /// The client whom a note is about; `site` is the one that the note names, or empty.
    pub fn client(&self, external_id: &str, site: &str) -> Found<ResidentId> {
        let Some(student) = self.students.get(external_id) else { return Found::Unknown };
        if let Some(mapped) = student.mapped {
            return Found::Mapped(mapped);
        }
        let Some(identity) = identity(&student.first_name, &student.last_name, student.born) else {
            return Found::Nobody;
        };
        let elsewhere = !site.is_empty() && !student.site.is_empty() && site != student.site;
        if elsewhere || self.alike_students.get(&identity).is_some_and(|count| *count > 1) {
            return Found::Twice;
        }
        let alike = self.clients.get(&identity).map(Vec::as_slice).unwrap_or_default();
        one_of(alike, &student.refused, &self.taken_clients)
    }

    /// The staff member who wrote a note.
    pub fn member(&self, external_id: &str) -> Found<StaffMemberId> {
        let Some(user) = self.users.get(external_id) else { return Found::Unknown };
        if let Some(mapped) = user.mapped {
            return Found::Mapped(mapped);
        }
        let Some(name) = name(&user.first_name, &user.last_name) else { return Found::Nobody };
        if self.alike_users.get(&name).is_some_and(|count| *count > 1) {
            return Found::Twice;
        }
        let alike = self.members.get(&name).map(Vec::as_slice).unwrap_or_default();
        one_of(alike, &user.refused, &self.taken_members)
    }
}

/// The only one, if nobody refused them and nobody else is mapped to them.
fn one_of<T: Copy + Eq + std::hash::Hash>(alike: &[T], refused: &[T], taken: &HashSet<T>) -> Found<T> {
    match alike {
        [one] if refused.contains(one) || taken.contains(one) => Found::Nobody,
        [one] => Found::Named(*one),
        [] => Found::Nobody,
        _ => Found::Several,
    }
}

/// Nothing that is missing counts as equal.
fn identity(first: &str, last: &str, born: Option<NaiveDate>) -> Option<Identity> {
    let (first, last) = name(first, last)?;
    Some((first, last, born?))
}

fn name(first: &str, last: &str) -> Option<(String, String)> {
    let (first, last) = (fold(first), fold(last));
    (!first.is_empty() && !last.is_empty()).then_some((first, last))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn born(day: u32) -> Option<NaiveDate> {
        NaiveDate::from_ymd_opt(2015, 5, day)
    }

    fn student(id: &str, first: &str, day: u32) -> Student {
        Student {
            external_id: id.into(),
            first_name: first.into(),
            last_name: "Brown".into(),
            born: born(day),
            site: "si-1".into(),
            ..Student::default()
        }
    }

    fn client(id: i64, first: &str, day: u32) -> Client {
        let id = ResidentId(id);
        Client { id, first_name: first.into(), last_name: "BROWN".into(), born: born(day) }
    }

    fn people(students: Vec<Student>, clients: &[Client]) -> People {
        People::new(students, Vec::new(), clients, &[], (HashSet::new(), HashSet::new()))
    }

    #[test]
    fn one_person_of_the_same_name_and_birthday_is_found_and_twins_are_told_apart() {
        let all = people(
            vec![student("a", "Leah", 14), student("b", "Léo", 14)],
            &[client(1, "leah", 14), client(2, "Leo", 14)],
        );
        assert_eq!(all.client("a", "si-1"), Found::Named(ResidentId(1)));
        assert_eq!(all.client("b", ""), Found::Named(ResidentId(2)));
        assert_eq!(all.client("c", ""), Found::Unknown);
    }

    #[test]
    fn whoever_could_be_two_is_nobody() {
        let here = [client(1, "Leah", 14), client(2, "Leah", 14)];
        assert_eq!(people(vec![student("a", "Leah", 14)], &here).client("a", ""), Found::Several);
        let there = vec![student("a", "Leah", 14), student("b", "Leah", 14)];
        assert_eq!(people(there, &here[..1]).client("a", ""), Found::Twice);
        let other_site = people(vec![student("a", "Leah", 14)], &here[..1]);
        assert_eq!(other_site.client("a", "si-2"), Found::Twice);
    }

    #[test]
    fn a_mapping_stands_for_the_name_and_a_refusal_against_it() {
        let mapped = Student { mapped: Some(ResidentId(9)), ..student("a", "Someone", 1) };
        assert_eq!(people(vec![mapped], &[]).client("a", "si-2"), Found::Mapped(ResidentId(9)));
        let refused = Student { refused: vec![ResidentId(1)], ..student("a", "Leah", 14) };
        assert_eq!(people(vec![refused], &[client(1, "Leah", 14)]).client("a", ""), Found::Nobody);
        let other = Student { mapped: Some(ResidentId(1)), ..student("b", "Other", 2) };
        let taken = people(vec![student("a", "Leah", 14), other], &[client(1, "Leah", 14)]);
        assert_eq!(taken.client("a", ""), Found::Nobody, "that client is mapped to another student");
    }

    #[test]
    fn a_missing_birthday_or_name_never_counts_as_equal() {
        let mut nameless = student("a", "", 14);
        assert_eq!(people(vec![nameless.clone()], &[client(1, "", 14)]).client("a", ""), Found::Nobody);
        nameless.first_name = "Leah".into();
        nameless.born = None;
        let unborn = Client { born: None, ..client(1, "Leah", 14) };
        assert_eq!(people(vec![nameless], &[unborn]).client("a", ""), Found::Nobody);
    }
}
