//! Where each field of a resident comes from, in sentences: who owns it, since when, who confirmed it, and what
//! other systems say. Nothing of it hides behind a pointer.

use crate::connectors::PersonRecord;
use crate::domain::pairing::matching::rule_words;
use crate::domain::residents::{Authority, Override, OwnedField, Resident, ResidentFacts, Source, nhs_kept};
use crate::web::freshness;
use crate::web::ui::when;
use crate::web::visit::Visit;

/// What is known of where a resident's values come from.
pub struct Origins<'a> {
    pub authority: &'a Authority,
    pub sources: &'a [Source],
    pub overrides: &'a [Override],
}

impl<'a> Origins<'a> {
    pub fn owner(&self, field: OwnedField) -> Option<&'a Source> {
        self.authority.owner(field, self.sources)
    }

    pub fn overridden(&self, field: OwnedField) -> Option<&'a Override> {
        self.overrides.iter().find(|one| one.field == field)
    }

    /// The fields that a vendor owns and nobody overrides.
    pub fn locked(&self) -> Vec<OwnedField> {
        let is_locked =
            |field: &OwnedField| self.owner(*field).is_some() && self.overridden(*field).is_none();
        OwnedField::ALL.iter().copied().filter(is_locked).collect()
    }

    /// The names of the vendors that own anything, in the order in which they come up.
    pub fn owners(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for owner in OwnedField::ALL.iter().filter_map(|field| self.owner(*field)) {
            if !names.iter().any(|name| name == owner.vendor_name()) {
                names.push(owner.vendor_name().to_owned());
            }
        }
        names
    }

    /// "From Nourish, today at 1:02am. Change this in Nourish. Paired by a rule. PCS says Elizabeth."
    pub fn note(&self, visit: &Visit, facts: &ResidentFacts, field: OwnedField) -> String {
        let mut words = match (self.overridden(field), self.owner(field)) {
            (Some(one), _) => overridden(one),
            (None, Some(owner)) => from(visit, owner),
            (None, None) if self.sources.is_empty() => return String::new(),
            (None, None) => "Kept here.".to_owned(),
        };
        let says = self.otherwise(&field.here(facts), |record| field.there(record));
        words.push_str(&says);
        words
    }

    /// The same for what no vendor can own: kept here, and what others say.
    pub fn kept_here(&self, here: &str, there: impl Fn(&PersonRecord) -> String) -> String {
        if self.sources.is_empty() {
            return String::new();
        }
        format!("Kept here.{}", self.otherwise(here, there))
    }

    pub fn nhs_number(&self, resident: &Resident) -> String {
        self.kept_here(&resident.facts.nhs_number, |record| {
            nhs_kept(record.nhs_number.as_deref().unwrap_or_default())
        })
    }

    pub fn preferred_name(&self, resident: &Resident) -> String {
        self.kept_here(&resident.facts.preferred_name, |record| {
            record.preferred_name.clone().unwrap_or_default().trim().to_owned()
        })
    }

    /// What systems that list the resident say, where it is something else than what stands here.
    fn otherwise(&self, here: &str, there: impl Fn(&PersonRecord) -> String) -> String {
        let speaking = self.sources.iter().filter(|source| source.is_on && source.listed);
        let says = speaking.filter_map(|source| {
            let said = there(&source.record);
            let differs = !said.is_empty() && said.to_lowercase() != here.to_lowercase();
            differs.then(|| format!(" {} says {said}.", source.vendor_name()))
        });
        says.collect()
    }
}

fn overridden(one: &Override) -> String {
    let reason = if one.reason.is_empty() { String::new() } else { format!(" {}.", one.reason) };
    format!("Overridden until {} by {}.{reason}", when::date(one.until), one.set_by)
}

fn from(visit: &Visit, owner: &Source) -> String {
    let name = owner.vendor_name();
    let moment = freshness::within(visit, owner.synced_at.unwrap_or(owner.paired_at)).words;
    format!("From {name}, {moment}. Change this in {name}. {}", confirmed(visit, owner))
}

/// Who said that the record is this person's: "Confirmed by Mary Jones, 3 May at 9:10am."
pub fn confirmed(visit: &Visit, source: &Source) -> String {
    let at = freshness::within(visit, source.paired_at).words;
    if source.origin == "User" && !source.paired_by.is_empty() {
        return format!("Confirmed by {}, {at}.", source.paired_by);
    }
    match rule_words(&source.rule) {
        Some(rule) => format!("Paired by a rule, {at}: {rule}"),
        None if source.rule.is_empty() => format!("Paired by a rule, {at}."),
        None => format!("Paired by a rule, {at}: {}.", source.rule),
    }
}

/// "They live in Birch Lodge, which PCS is not for. They stay paired, and are followed still."
pub fn elsewhere(sources: &[Source], home: &str) -> Vec<String> {
    let others = sources.iter().filter(|source| source.is_on && !source.is_for_home);
    let words = |source: &Source| {
        let name = source.vendor_name();
        if source.listed {
            return format!(
                "They live in {home}, which {name} is not for. They stay paired with {name}, and changes there are followed."
            );
        }
        format!("No longer listed in {name}. They stay, because {name} is not for {home}, where they live.")
    };
    others.map(words).collect()
}

/// "Nourish lists this resident no more. They stay, because KareInn lists them still."
pub fn left(sources: &[Source]) -> Vec<String> {
    let gone = sources.iter().filter(|source| source.is_on && !source.listed && source.is_for_home);
    let names = |sources: &mut dyn Iterator<Item = &Source>| {
        sources.map(|source| source.vendor_name().to_owned()).collect::<Vec<_>>().join(" and ")
    };
    let (gone, still) = (
        names(&mut gone.into_iter()),
        names(&mut sources.iter().filter(|source| source.is_on && source.listed)),
    );
    if gone.is_empty() || still.is_empty() {
        return Vec::new();
    }
    vec![format!("No longer listed in {gone}. They stay, because they are listed in {still} still.")]
}
