//! Which student is which client, and which user which member of staff. Pure: the pairing engine is asked, with each
//! site put in the words of the agency that it is mapped to.
//!
//! What the engine pairs is looked at once more by the agencies' own numbers, so that two agencies that fold alike
//! can never stand for one another.

use std::collections::{HashMap, HashSet};

use super::Kind;
use super::reasons::{Looked, Made, NotMapped, Why};
use super::rules::{Off, Rule};
use super::store::Local;
use crate::connectors::Vendor;
use crate::domain::pairing::matching::{self, Decisions, Outcome, Record, Suggestion};
use crate::domain::pairing::owned::Evidence;
use crate::kit::ids::{ExternalRecordId, PlaceId};

/// A student or user as the vendor lists them.
#[derive(Debug, Clone)]
pub struct Theirs {
    pub record: ExternalRecordId,
    pub facts: Record,
    /// The vendor's identifiers of their sites.
    pub sites: Vec<String>,
}

/// The mapped sites, and the names of agencies and sites.
#[derive(Debug, Clone, Default)]
pub struct Sites {
    pub agency_of: HashMap<String, PlaceId>,
    pub agencies: HashMap<PlaceId, String>,
    pub names: HashMap<String, String>,
}

/// What people and rules decided before.
#[derive(Debug, Clone, Default)]
pub struct Decided {
    pub mapped: Vec<(ExternalRecordId, i64)>,
    pub refused: Vec<(ExternalRecordId, i64, String)>,
    pub off: Off,
}

impl Sites {
    /// The agencies that somebody's sites are mapped to.
    pub fn agencies_of(&self, sites: &[String]) -> Vec<PlaceId> {
        sites.iter().filter_map(|site| self.agency_of.get(site).copied()).collect()
    }

    /// The first site of somebody none of whose sites is mapped: they wait for it.
    pub fn waits_for<'s>(&'s self, sites: &'s [String]) -> Option<&'s str> {
        let first = sites.first().filter(|_| self.agencies_of(sites).is_empty())?;
        Some(self.names.get(first).map_or(first.as_str(), String::as_str))
    }

    pub(super) fn in_words(&self, places: &[PlaceId]) -> String {
        let names = places.iter().filter_map(|place| self.agencies.get(place));
        // The engine takes these two for the end of a name.
        names.map(|name| name.replace([';', '|'], " ")).collect::<Vec<_>>().join(";")
    }
}

/// Somebody here as the engine reads them.
pub fn ours(local: &Local, sites: &Sites) -> Record {
    Record {
        key: local.id.to_string(),
        first_name: local.first_name.clone(),
        last_name: local.last_name.clone(),
        date_of_birth: local.born.map(|date| date.to_string()).unwrap_or_default(),
        email: local.email.clone(),
        place: sites.in_words(&local.places),
        archived: !local.is_active,
        ..Record::default()
    }
}

/// The mappings that the rule makes, and why every other free record has none.
pub fn look(
    vendor: Vendor,
    kind: Kind,
    here: &[Local],
    there: &[Theirs],
    sites: &Sites,
    decided: &Decided,
) -> Looked {
    let (Some(engine), Some(rule)) = (kind.people(), Rule::of_people(kind)) else { return Looked::default() };
    let mapped: HashSet<ExternalRecordId> = decided.mapped.iter().map(|(record, _)| *record).collect();
    let (waiting, known): (Vec<&Theirs>, Vec<&Theirs>) = there
        .iter()
        .partition(|one| !mapped.contains(&one.record) && sites.agencies_of(&one.sites).is_empty());
    let mut looked = Looked::default();
    looked.not.extend(waiting.into_iter().map(|one| waits(one, sites)));
    let our_records: Vec<Record> = here.iter().map(|local| ours(local, sites)).collect();
    let their_records: Vec<Record> = known
        .iter()
        .map(|one| Record { place: sites.in_words(&sites.agencies_of(&one.sites)), ..one.facts.clone() })
        .collect();
    let outcome =
        matching::pair(vendor, engine, &our_records, &their_records, &positions(here, &known, decided));
    let mut fits = HashSet::new();
    for auto in &outcome.autos {
        let (Some(local), Some(theirs)) = (here.get(auto.ours), known.get(auto.theirs)) else { continue };
        let agencies = sites.agencies_of(&theirs.sites);
        if local.places.iter().any(|place| agencies.contains(place)) {
            fits.insert(theirs.record);
            let evidence = auto.reasons.iter().map(Evidence::of).collect();
            let made = Made { record: theirs.record, local: local.id, rule, evidence };
            looked.add(made, &decided.off);
        }
    }
    let best = best(&outcome);
    for (at, theirs) in known.iter().enumerate() {
        if !mapped.contains(&theirs.record) && !fits.contains(&theirs.record) {
            looked.not.push(why(kind, here, theirs, (&outcome, best.get(&at).copied()), decided));
        }
    }
    looked
}

fn waits(one: &Theirs, sites: &Sites) -> NotMapped {
    if one.facts.archived {
        return not_active(one);
    }
    match sites.waits_for(&one.sites) {
        Some(site) => {
            let words = format!("Its site {site} is not mapped to an agency yet.");
            NotMapped::new(one.record, Why::WaitsForSite, words)
        }
        None => NotMapped::new(one.record, Why::NoSite, "No site is given in Ensora Data Collection."),
    }
}

fn not_active(one: &Theirs) -> NotMapped {
    NotMapped::new(one.record, Why::NotActive, "Not active in Ensora Data Collection any more.")
}

fn positions(here: &[Local], there: &[&Theirs], decided: &Decided) -> Decisions {
    let ours: HashMap<i64, usize> = here.iter().enumerate().map(|(at, one)| (one.id, at)).collect();
    let theirs: HashMap<ExternalRecordId, usize> =
        there.iter().enumerate().map(|(at, one)| (one.record, at)).collect();
    let both = |record: ExternalRecordId, local: i64| Some((*ours.get(&local)?, *theirs.get(&record)?));
    Decisions {
        paired: decided.mapped.iter().filter_map(|(record, local)| both(*record, *local)).collect(),
        refused: decided.refused.iter().filter_map(|(record, local, _)| both(*record, *local)).collect(),
    }
}

/// The best suggestion of each of theirs, by position.
fn best(outcome: &Outcome) -> HashMap<usize, &Suggestion> {
    let mut best: HashMap<usize, &Suggestion> = HashMap::new();
    for one in &outcome.suggestions {
        let here = best.entry(one.theirs).or_insert(one);
        if one.score > here.score {
            *here = one;
        }
    }
    best
}

fn why(
    kind: Kind,
    here: &[Local],
    theirs: &Theirs,
    (outcome, best): (&Outcome, Option<&Suggestion>),
    decided: &Decided,
) -> NotMapped {
    if theirs.facts.archived {
        return not_active(theirs);
    }
    let refused = decided.refused.iter().find(|(record, ..)| *record == theirs.record);
    let Some((best, local)) = best.and_then(|best| Some((best, here.get(best.ours)?))) else {
        let Some((_, local, by)) = refused else {
            let words = format!("No {} with this name.", kind.ours());
            return NotMapped::new(theirs.record, Why::Nobody, words);
        };
        let name = here.iter().find(|one| one.id == *local).map(Local::name).unwrap_or_default();
        return NotMapped::new(theirs.record, Why::Refused, format!("{by} said that this is not {name}."));
    };
    let evidence: Vec<Evidence> = best.reasons.iter().map(Evidence::of).collect();
    let (why, words) = if best.several_possible {
        (Why::Several, format!("More than one {} could match.", kind.ours()))
    } else {
        (Why::Different, different(outcome, best, &evidence))
    };
    NotMapped::new(theirs.record, why, words).suggesting(local.id, evidence)
}

/// What stands between a record and its best suggestion, in a sentence.
fn different(outcome: &Outcome, best: &Suggestion, evidence: &[Evidence]) -> String {
    let of_ours = outcome.why_not.iter().find(|one| one.ours == best.ours);
    let is_first = best.rank == 1;
    if let Some(why) = of_ours.filter(|_| is_first) {
        return why.words.clone();
    }
    let against = evidence.iter().find(|one| one.level != "agree").map(|one| one.words.clone());
    against.unwrap_or_else(|| "Somebody else fits as well.".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::NaiveDate;

    fn client(id: i64, first: &str, born: (i32, u32, u32), place: i64) -> Local {
        Local {
            id,
            first_name: first.into(),
            last_name: "Brown".into(),
            born: NaiveDate::from_ymd_opt(born.0, born.1, born.2),
            places: vec![PlaceId(place)],
            is_active: true,
            ..Local::default()
        }
    }

    fn student(id: i64, first: &str, born: &str, site: &str) -> Theirs {
        Theirs {
            record: ExternalRecordId(id),
            facts: Record {
                key: id.to_string(),
                first_name: first.into(),
                last_name: "Brown".into(),
                date_of_birth: born.into(),
                ..Record::default()
            },
            sites: vec![site.into()],
        }
    }

    fn sites() -> Sites {
        Sites {
            agency_of: HashMap::from([("s1".into(), PlaceId(1)), ("s2".into(), PlaceId(2))]),
            agencies: HashMap::from([(PlaceId(1), "Oak; Elm".into()), (PlaceId(2), "River".into())]),
            names: HashMap::from([("s3".into(), "Moor".into())]),
        }
    }

    fn looked(here: &[Local], there: &[Theirs], decided: &Decided) -> Looked {
        look(Vendor::Ensora, Kind::Student, here, there, &sites(), decided)
    }

    #[test]
    fn a_student_is_the_client_of_the_mapped_agency_with_the_same_name_and_birth() {
        let here = [client(1, "Leah", (2015, 5, 14), 1), client(2, "Leah", (2015, 5, 14), 2)];
        let found = looked(&here, &[student(7, "Leah", "2015-05-14", "s1")], &Decided::default());
        let made: Vec<(i64, i64)> = found.made.iter().map(|one| (one.record.0, one.local)).collect();
        assert_eq!(made, [(7, 1)]);
        assert_eq!(found.made.first().map(|one| one.rule), Some(Rule::Students));
    }

    #[test]
    fn with_the_rule_switched_off_the_client_is_only_suggested() {
        let here = [client(1, "Leah", (2015, 5, 14), 1)];
        let there = [student(7, "Leah", "2015-05-14", "s1")];
        let found = looked(&here, &there, &Decided { off: Off::of([Rule::Students]), ..Decided::default() });
        let not = found.not.first().unwrap();
        assert_eq!((found.made.len(), found.not.len()), (0, 1));
        assert_eq!((not.why, not.suggested), (Why::RuleOff, Some(1)));
        assert!(!not.evidence.is_empty());
        let other = Decided { off: Off::of([Rule::Users]), ..Decided::default() };
        assert_eq!(looked(&here, &there, &other).made.len(), 1);
    }

    #[test]
    fn whoever_has_an_unmapped_site_waits_and_is_not_compared() {
        let here = [client(1, "Leah", (2015, 5, 14), 1)];
        let found = looked(&here, &[student(7, "Leah", "2015-05-14", "s3")], &Decided::default());
        assert!(found.made.is_empty());
        let not = found.not.first().unwrap();
        assert_eq!(not.why, Why::WaitsForSite);
        assert_eq!(not.words, "Its site Moor is not mapped to an agency yet.");
    }

    #[test]
    fn a_different_birth_is_said_and_the_client_suggested() {
        let here = [client(1, "Leah", (2015, 5, 15), 1)];
        let found = looked(&here, &[student(7, "Leah", "2015-05-14", "s1")], &Decided::default());
        let not = found.not.first().unwrap();
        assert_eq!((not.why, not.suggested), (Why::Different, Some(1)));
        assert_eq!(not.words, "Date of Birth is different.");
    }

    #[test]
    fn what_was_refused_is_not_made_again() {
        let here = [client(1, "Leah", (2015, 5, 14), 1)];
        let refused =
            Decided { refused: vec![(ExternalRecordId(7), 1, "Nora Hill".into())], ..Decided::default() };
        let found = looked(&here, &[student(7, "Leah", "2015-05-14", "s1")], &refused);
        assert!(found.made.is_empty());
        assert_eq!(found.not.first().map(|one| one.why), Some(Why::Refused));
    }
}
