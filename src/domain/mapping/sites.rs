//! Which site is which agency, by name. Pure: two lists and what was decided before come in.
//!
//! A site is mapped by itself when exactly one agency has its name, or has it as another name, and no other site has
//! that agency. Names are folded: case, spaces, hyphens and accents do not count.

use std::collections::{HashMap, HashSet};

use super::reasons::{Looked, Made, NotMapped, Why};
use super::rules::{Off, Rule};
use super::store::Local;
use crate::domain::pairing::owned::Evidence;
use crate::kit::ids::ExternalRecordId;
use crate::kit::names;

/// A site that the vendor lists.
#[derive(Debug, Clone)]
pub struct Site {
    pub record: ExternalRecordId,
    pub name: String,
}

/// What people and rules decided before.
#[derive(Debug, Clone, Default)]
pub struct Decided {
    pub mapped: Vec<(ExternalRecordId, i64)>,
    /// With who said that they are not the same.
    pub refused: Vec<(ExternalRecordId, i64, String)>,
    pub off: Off,
}

/// The mappings that the rules make, and why every other free site has none.
pub fn look(sites: &[Site], agencies: &[Local], decided: &Decided) -> Looked {
    let named = Named::of(agencies);
    let free = free(sites, decided);
    let taken: HashMap<i64, ExternalRecordId> =
        decided.mapped.iter().map(|(site, agency)| (*agency, *site)).collect();
    let mut wanted: HashMap<i64, usize> = HashMap::new();
    for site in &free {
        if let [(agency, _)] = named.of_name(&site.name).as_slice() {
            *wanted.entry(*agency).or_default() += 1;
        }
    }
    let mut looked = Looked::default();
    for site in free {
        let found = named.of_name(&site.name);
        let (agency, by_alias) = match found.as_slice() {
            [] => {
                looked.not.push(nobody(site, agencies, &taken, decided));
                continue;
            }
            [one] => *one,
            _ => {
                looked.not.push(NotMapped::new(site.record, Why::Several, "Two agencies have this name."));
                continue;
            }
        };
        let agency_name = name_of(agencies, agency);
        if let Some((.., by)) = decided.refused.iter().find(|(of, to, _)| *of == site.record && *to == agency)
        {
            let words = format!("{by} said that this is not {agency_name}.");
            looked.not.push(NotMapped::new(site.record, Why::Refused, words));
        } else if let Some(other) = taken.get(&agency) {
            let other = sites.iter().find(|one| one.record == *other).map_or("another site", |one| &one.name);
            let words = format!("{agency_name} is mapped to {other} already.");
            looked.not.push(NotMapped::new(site.record, Why::Taken, words));
        } else if wanted.get(&agency).is_some_and(|times| *times > 1) {
            let words = format!("Two sites could be {agency_name}.");
            looked.not.push(NotMapped::new(site.record, Why::Several, words).suggesting(agency, Vec::new()));
        } else {
            looked.add(made(site, agency, by_alias), &decided.off);
        }
    }
    looked
}

fn made(site: &Site, agency: i64, by_alias: bool) -> Made {
    let (rule, words) = if by_alias {
        (Rule::SitesByOtherName, format!("{} is another name of this agency.", site.name))
    } else {
        (Rule::SitesByName, "Names agree.".to_owned())
    };
    let evidence = Evidence { field: "Name".to_owned(), level: "agree".to_owned(), weight: 0, words };
    Made { record: site.record, local: agency, rule, evidence: vec![evidence] }
}

/// Agencies by each of their folded names.
struct Named(HashMap<String, Vec<(i64, bool)>>);

impl Named {
    fn of(agencies: &[Local]) -> Self {
        let mut named: HashMap<String, Vec<(i64, bool)>> = HashMap::new();
        for agency in agencies {
            let own = std::iter::once((&agency.first_name, false));
            for (name, by_alias) in own.chain(agency.aliases.iter().map(|name| (name, true))) {
                let here = named.entry(names::fold_place(name)).or_default();
                if !here.iter().any(|(id, _)| *id == agency.id) {
                    here.push((agency.id, by_alias));
                }
            }
        }
        Self(named)
    }

    fn of_name(&self, name: &str) -> Vec<(i64, bool)> {
        let folded = names::fold_place(name);
        if folded.is_empty() { Vec::new() } else { self.0.get(&folded).cloned().unwrap_or_default() }
    }
}

fn free<'s>(sites: &'s [Site], decided: &Decided) -> Vec<&'s Site> {
    let mapped: HashSet<ExternalRecordId> = decided.mapped.iter().map(|(site, _)| *site).collect();
    sites.iter().filter(|site| !mapped.contains(&site.record)).collect()
}

fn name_of(agencies: &[Local], id: i64) -> &str {
    agencies.iter().find(|agency| agency.id == id).map_or("this agency", |agency| &agency.first_name)
}

/// No agency has the name; the free one that is most alike is suggested.
fn nobody(
    site: &Site,
    agencies: &[Local],
    taken: &HashMap<i64, ExternalRecordId>,
    decided: &Decided,
) -> NotMapped {
    let not = NotMapped::new(site.record, Why::Nobody, "No agency has this name.");
    let words: HashSet<String> = names::split(&site.name).into_iter().collect();
    let open = agencies.iter().filter(|agency| {
        let refused = decided.refused.iter().any(|(of, to, _)| *of == site.record && *to == agency.id);
        !taken.contains_key(&agency.id) && !refused
    });
    let alike = open.map(|agency| {
        let shared: Vec<String> =
            names::split(&agency.first_name).into_iter().filter(|word| words.contains(word)).collect();
        (agency, shared)
    });
    let best = alike.filter(|(_, shared)| shared.iter().any(|word| word.chars().count() > 2));
    match best.max_by_key(|(agency, shared)| (shared.len(), std::cmp::Reverse(agency.id))) {
        Some((agency, shared)) => {
            let words = format!("Both names have: {}.", shared.join(", "));
            let evidence = Evidence { field: "Name".to_owned(), level: "near".to_owned(), weight: 0, words };
            not.suggesting(agency.id, vec![evidence])
        }
        None => not,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agency(id: i64, name: &str, aliases: &[&str]) -> Local {
        let aliases = aliases.iter().map(|one| (*one).to_owned()).collect();
        Local { id, first_name: name.into(), aliases, is_active: true, ..Local::default() }
    }

    fn site(id: i64, name: &str) -> Site {
        Site { record: ExternalRecordId(id), name: name.into() }
    }

    fn made(looked: &Looked) -> Vec<(i64, i64, Rule)> {
        looked.made.iter().map(|one| (one.record.0, one.local, one.rule)).collect()
    }

    #[test]
    fn a_site_is_the_agency_of_its_folded_name() {
        let agencies = [agency(1, "Oakfield Centre", &[]), agency(2, "St. Mary’s", &[])];
        let looked =
            look(&[site(7, "OAKFIELD  centre"), site(8, "St Marys")], &agencies, &Decided::default());
        assert_eq!(made(&looked), [(7, 1, Rule::SitesByName), (8, 2, Rule::SitesByName)]);
        assert!(looked.not.is_empty());
    }

    #[test]
    fn another_name_counts_and_two_agencies_or_two_sites_do_not() {
        let agencies = [agency(1, "Northgate School", &["Northgate Sch."]), agency(2, "Elm", &[])];
        let looked = look(&[site(7, "northgate sch")], &agencies, &Decided::default());
        assert_eq!(made(&looked), [(7, 1, Rule::SitesByOtherName)]);
        let twice = look(&[site(7, "Elm"), site(8, "elm")], &agencies, &Decided::default());
        assert_eq!((made(&twice).len(), twice.not.len()), (0, 2));
        let both = [agency(1, "Elm", &[]), agency(2, "Oak", &["elm"])];
        let looked = look(&[site(7, "Elm")], &both, &Decided::default());
        assert_eq!(looked.not.first().map(|one| one.why), Some(Why::Several));
    }

    #[test]
    fn a_rule_that_is_off_makes_nothing_says_so_and_keeps_whom_it_would_map() {
        let agencies = [agency(1, "Northgate School", &["Northgate Sch."]), agency(2, "Elm", &[])];
        let sites = [site(7, "northgate sch"), site(8, "Elm")];
        let by = |off| look(&sites, &agencies, &Decided { off, ..Decided::default() });
        let looked = by(Off::of([Rule::SitesByName]));
        assert_eq!(made(&looked), [(7, 1, Rule::SitesByOtherName)]);
        let not = looked.not.first().unwrap();
        assert_eq!((not.why, not.suggested), (Why::RuleOff, Some(2)));
        assert_eq!(not.words, "The rule “Sites by name” is switched off. Map it by hand.");
        assert_eq!(made(&by(Off::of([Rule::SitesByOtherName]))), [(8, 2, Rule::SitesByName)]);
        // What is not met without the switch is not met with it either.
        let both = [agency(1, "Elm", &[]), agency(2, "Oak", &["elm"])];
        let off = Decided { off: Off::of([Rule::SitesByOtherName]), ..Decided::default() };
        assert_eq!(look(&[site(7, "Elm")], &both, &off).not.first().map(|one| one.why), Some(Why::Several));
    }

    #[test]
    fn what_is_mapped_stays_and_what_was_refused_is_not_made_again() {
        let agencies = [agency(1, "Elm", &[])];
        let mapped = Decided { mapped: vec![(ExternalRecordId(7), 1)], ..Decided::default() };
        let looked = look(&[site(7, "Other"), site(8, "Elm")], &agencies, &mapped);
        assert_eq!(looked.not.first().map(|one| one.words.as_str()), Some("Elm is mapped to Other already."));
        let refused =
            Decided { refused: vec![(ExternalRecordId(8), 1, "Nora Hill".into())], ..Decided::default() };
        let looked = look(&[site(8, "Elm")], &agencies, &refused);
        let words = looked.not.first().map(|one| one.words.as_str());
        assert_eq!(words, Some("Nora Hill said that this is not Elm."));
    }

    #[test]
    fn an_agency_with_a_word_in_common_is_suggested() {
        let agencies = [agency(1, "Oakfield Centre", &[]), agency(2, "Riverside Clinic", &[])];
        let looked = look(&[site(7, "Oakfield"), site(8, "Moor")], &agencies, &Decided::default());
        let suggested: Vec<Option<i64>> = looked.not.iter().map(|one| one.suggested).collect();
        assert_eq!(suggested, [Some(1), None]);
    }
}
