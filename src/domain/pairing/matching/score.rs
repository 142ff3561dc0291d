//! Two records against each other: the level of every field and the sum of their weights.
//!
//! Knows two people at a time and no rivals.

use std::collections::BTreeSet;

use super::bits::Bits;
use super::fields;
use super::person::{Name, Person, Tables};
use super::places::PlaceMap;
use super::weights::{self, Dob, Email, First, Last, Nhs, Room};

/// The levels that two records reach, and the sum.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fit {
    pub first: First,
    pub last: Last,
    /// First and last name are compared crosswise, and what that costs.
    pub exchanged: Option<Bits>,
    pub dob: Dob,
    pub nhs: Nhs,
    pub room: Room,
    pub email: Email,
    pub place: Bits,
    pub total: Bits,
}

/// What two people are compared within.
#[derive(Debug)]
pub(super) struct Scales<'a> {
    pub tables: &'a Tables,
    pub places: PlaceMap,
    /// By e-mail number: several people use it.
    pub shared_emails: Vec<bool>,
}

impl<'a> Scales<'a> {
    /// Scales for two sides; `certain` are the places of pairs that are certain.
    pub fn new(tables: &'a Tables, ours: &[Person], theirs: &[Person], certain: &[(usize, usize)]) -> Self {
        let places =
            |people: &[Person]| people.iter().map(|person| person.place).collect::<BTreeSet<usize>>();
        Self {
            tables,
            places: PlaceMap::new(tables, &places(ours), &places(theirs), certain),
            shared_emails: shared_emails(tables, [ours, theirs]),
        }
    }

    /// The fit of two records, or `None` as soon as it is certain to stay below `floor`.
    pub fn fit(&self, ours: &Person, theirs: &Person, floor: Bits) -> Option<Fit> {
        let dob = fields::dob(ours.birth, theirs.birth);
        let nhs = fields::nhs(ours, theirs);
        let room = fields::room(ours, theirs);
        let place = self.places.between(ours.place, theirs.place);
        let mut email = self.email(ours, theirs);
        let mut sum = weights::dob(dob)
            + weights::nhs(nhs)
            + weights::room(room)
            + weights::email(email)
            + weights::standing(theirs.standing)
            + place.as_hundredths();
        let floor = floor.as_hundredths();
        let hidden = if email == Email::Different {
            weights::email(Email::NamesBoth) - weights::email(Email::Different)
        } else {
            0
        };
        if sum + weights::NAMES_MOST + hidden < floor {
            return None;
        }
        let names = self.names(ours, theirs, floor - sum - hidden)?;
        sum += names.weight;
        if email == Email::Different && self.email_names_both(ours, theirs) {
            sum += hidden;
            email = Email::NamesBoth;
        }
        (sum >= floor).then_some(Fit {
            first: names.first,
            last: names.last,
            exchanged: names.exchanged,
            dob,
            nhs,
            room,
            email,
            place,
            total: Bits::hundredths(sum),
        })
    }

    fn names(&self, ours: &Person, theirs: &Person, least: i32) -> Option<Names> {
        let (our_first, our_last) = (self.tables.name_at(ours.first), self.tables.name_at(ours.last));
        let (their_first, their_last) = (self.tables.name_at(theirs.first), self.tables.name_at(theirs.last));
        let last = fields::last(our_last, their_last);
        let straight_most = weights::last(last) + weights::FIRST_MOST;
        let may_cross = last <= Last::Alike && may_be_exchanged(our_first, our_last, their_first, their_last);
        if straight_most < least && !may_cross {
            return None;
        }
        let first = fields::first(our_first, their_first);
        let straight =
            Names { first, last, exchanged: None, weight: weights::first(first) + weights::last(last) };
        let best = if may_cross && first <= First::Alike {
            self.crosswise(ours, theirs).filter(|cross| cross.weight > straight.weight).unwrap_or(straight)
        } else {
            straight
        };
        (best.weight >= least).then_some(best)
    }

    /// The names compared as if first and last had changed places on one side. One of the two may differ, as
    /// after a marriage, but then the other must nearly agree.
    fn crosswise(&self, ours: &Person, theirs: &Person) -> Option<Names> {
        let name = |at: usize| self.tables.name_at(at);
        let first = fields::first(name(ours.first), name(theirs.last));
        let last = fields::last(name(ours.last), name(theirs.first));
        let half = match (first > First::Alike, last > Last::Alike) {
            (true, true) => 0,
            (true, false) if first >= First::Typo => weights::EXCHANGED_HALF,
            (false, true) if last >= Last::Typo => weights::EXCHANGED_HALF,
            _ => return None,
        };
        let weight = weights::first(first) + weights::last(last) + weights::EXCHANGED + half;
        Some(Names { first, last, exchanged: Some(Bits::hundredths(weights::EXCHANGED + half)), weight })
    }

    fn email(&self, ours: &Person, theirs: &Person) -> Email {
        let (Some(a), Some(b)) = (self.tables.emails.get(ours.email), self.tables.emails.get(theirs.email))
        else {
            return Email::Missing;
        };
        let shared = |at: usize| self.shared_emails.get(at).copied().unwrap_or(false);
        fields::email((ours.email, a), (theirs.email, b), shared(ours.email) || shared(theirs.email))
    }

    /// Two addresses that differ, each made of the same person's names: `kelly.smith@work`, `ksmith81@home`.
    fn email_names_both(&self, ours: &Person, theirs: &Person) -> bool {
        let (Some(a), Some(b)) = (self.tables.emails.get(ours.email), self.tables.emails.get(theirs.email))
        else {
            return false;
        };
        let last = |person: &Person| self.tables.name_at(person.last);
        let first = |person: &Person| self.tables.name_at(person.first);
        let differ = last(ours).text != last(theirs).text;
        // Only worth something where it bridges two different last names.
        differ
            && a.domain != b.domain
            && ((names_person(&b.local, last(ours)) && !names_person(&b.local, last(theirs)))
                || (names_person(&a.local, last(theirs)) && !names_person(&a.local, last(ours))))
            && first(ours).text == first(theirs).text
    }
}

fn names_person(local: &str, last: &Name) -> bool {
    last.text.len() >= 4 && local.contains(&last.text)
}

struct Names {
    first: First,
    last: Last,
    exchanged: Option<Bits>,
    weight: i32,
}

/// A quick look whether one's first name could be the other's last name.
fn may_be_exchanged(our_first: &Name, our_last: &Name, their_first: &Name, their_last: &Name) -> bool {
    let alike = |a: &Name, b: &Name| {
        a.key != 0 && b.key != 0 && {
            let common = (a.letters & b.letters).count_ones();
            common + 1 >= a.letters.count_ones().max(b.letters.count_ones())
        }
    };
    alike(our_first, their_last) || alike(our_last, their_first)
}

/// Addresses that people of different names share, or that are named after the place: `lakeside@…`.
fn shared_emails(tables: &Tables, sides: [&[Person]; 2]) -> Vec<bool> {
    let mut shared = vec![false; tables.emails.len()];
    for side in sides {
        let mut user: Vec<Option<[u32; 2]>> = vec![None; shared.len()];
        for person in side.iter().filter(|person| person.email != 0) {
            let (Some(user), Some(shared)) = (user.get_mut(person.email), shared.get_mut(person.email))
            else {
                continue;
            };
            let (first, last) = (tables.name_at(person.first).sound, tables.name_at(person.last).sound);
            let name = [first.min(last), first.max(last)];
            *shared |= user.is_some_and(|earlier| earlier != name) || is_of_place(tables, person);
            *user = Some(name);
        }
    }
    shared
}

fn is_of_place(tables: &Tables, person: &Person) -> bool {
    let (Some(address), Some(place)) = (tables.emails.get(person.email), tables.places.get(person.place))
    else {
        return false;
    };
    let letters = || address.local.bytes().filter(u8::is_ascii_alphanumeric);
    place.keys.iter().any(|key| key.bytes().eq(letters()))
}
