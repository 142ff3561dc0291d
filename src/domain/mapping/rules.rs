//! The rules by which something is mapped by itself, each by its name, with its conditions in words; and the switches
//! of an organisation. A rule can only be switched off: nobody can loosen a condition, and what a rule has mapped stays
//! mapped.

use std::collections::BTreeSet;

use chrono::NaiveDateTime;
use diesel::QueryResult;

use super::settle;
use super::store;
use super::{Kind, connection};
use crate::db::{Conn, Tx, text_enum};
use crate::domain::Refusal;
use crate::domain::access::{ManageOrganisation, Right, Scope};
use crate::domain::audit::{self, Event};
use crate::kit::ids::OrganisationId;

text_enum! {
    /// A rule by its id, as mappings keep it.
    pub enum Rule {
        SitesByName = "ensora-sites-1",
        SitesByOtherName = "ensora-sites-alias-1",
        Students = "ensora-clients-1",
        Users = "ensora-staff-1",
        Notes = "ensora-notes-1",
    }
}

impl Rule {
    /// The rule of students or users; sites have two.
    pub(super) fn of_people(kind: Kind) -> Option<Self> {
        match kind {
            Kind::Site => None,
            Kind::Student => Some(Self::Students),
            Kind::User => Some(Self::Users),
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::SitesByName => "Sites by name",
            Self::SitesByOtherName => "Sites by another name",
            Self::Students => "Students to clients",
            Self::Users => "Users to staff",
            Self::Notes => "Session notes to appointments",
        }
    }

    /// What has to be true, all of it.
    pub fn conditions(self) -> &'static [&'static str] {
        match self {
            Self::SitesByName => &[
                "The site’s name is the agency’s name.",
                "No other agency has the name, or has it as another name; no other site could be the agency.",
            ],
            Self::SitesByOtherName => &[
                "The agency has the site’s name as another name.",
                "No other agency has the name, or has it as another name; no other site could be the agency.",
            ],
            Self::Students => &[
                "The student’s first name is the client’s first name.",
                "The student’s last name is the client’s last name.",
                "The student’s date of birth is the client’s; 1 January proves nothing, since it often means unknown.",
                "The student’s site is mapped to the client’s agency.",
                "Nobody else fits, on either side.",
            ],
            Self::Users => &[
                "The user’s first name is the staff member’s first name.",
                "The user’s last name is the staff member’s last name.",
                "The user’s email address is the staff member’s, and both have one.",
                "One of the user’s sites is mapped to one of the staff member’s agencies.",
                "Nobody else fits, on either side.",
            ],
            Self::Notes => &[
                "The note is published.",
                "The session’s date is the appointment’s date.",
                "The session’s start time is the appointment’s start time, give or take the grace time.",
                "The session’s end time is the appointment’s end time, give or take the grace time.",
                "The student’s first name, last name and date of birth are the client’s, or the two are mapped.",
                "The user’s first name and last name are the staff member’s, or the two are mapped.",
                "No other appointment and no other note fits.",
            ],
        }
    }

    /// The words of a mapping of sites; those of people have theirs from the pairing engine.
    pub(super) fn words(self) -> Option<&'static str> {
        match self {
            Self::SitesByName => Some("The site and the agency have the same name."),
            Self::SitesByOtherName => Some("The agency has the site’s name as another name."),
            Self::Students | Self::Users | Self::Notes => None,
        }
    }

    /// Why nothing was mapped that it would have mapped.
    pub fn off_words(self) -> String {
        format!("The rule “{}” is switched off. Map it by hand.", self.name())
    }
}

/// Rules that are switched off.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Off(BTreeSet<Rule>);

impl Off {
    pub fn of(rules: impl IntoIterator<Item = Rule>) -> Self {
        Self(rules.into_iter().collect())
    }

    pub fn has(&self, rule: Rule) -> bool {
        self.0.contains(&rule)
    }

    /// Their ids in one text; empty where all are on.
    pub(super) fn ids(&self) -> String {
        self.0.iter().flat_map(|rule| [rule.as_str(), ";"]).collect()
    }
}

/// The rules that an organisation has switched off.
pub fn rules_off(conn: &mut Conn, organisation: OrganisationId) -> QueryResult<Off> {
    Ok(Off::of(store::rules_off(conn, organisation)?.into_iter().map(|one| one.rule)))
}

/// A rule as the page of settings shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Switch {
    pub rule: Rule,
    /// Who switched it off, and when.
    pub off: Option<(String, NaiveDateTime)>,
}

/// Every rule, with whether it is on.
pub fn switches<R: Right>(conn: &mut Conn, scope: &Scope<R>) -> QueryResult<Vec<Switch>> {
    let off = store::rules_off(conn, scope.organisation())?;
    let switch = |rule: &Rule| {
        let found = off.iter().find(|one| one.rule == *rule);
        Switch { rule: *rule, off: found.map(|one| (one.by.clone(), one.at)) }
    };
    Ok(Rule::ALL.iter().map(switch).collect())
}

/// What was switched.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Switched {
    pub on: Vec<Rule>,
    pub off: Vec<Rule>,
}

/// Has these rules on and all others off, and looks once more. What was mapped by a rule stays mapped.
pub fn switch_rules(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageOrganisation>,
    on: &[Rule],
) -> Result<Switched, Refusal> {
    let organisation = scope.organisation();
    let mut switched = Switched::default();
    for rule in Rule::ALL.iter().copied() {
        let (list, changed, word) = if on.contains(&rule) {
            (&mut switched.on, store::switch_on(tx, organisation, rule)?, "on again")
        } else {
            (&mut switched.off, store::switch_off(tx, organisation, rule, &scope.by().name)?, "off")
        };
        if changed {
            list.push(rule);
            let words = format!("switched the rule “{}” ({}) {word}", rule.name(), rule.as_str());
            let event = Event::new("mapping_rule.switched", words).about("organisation", organisation.0);
            audit::record(tx, scope, event)?;
        }
    }
    if let Some(connection) = connection(tx.conn, scope)? {
        settle::look_if_changed(tx, scope, connection.id, None)?;
    }
    Ok(switched)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::pairing::matching;

    #[test]
    fn every_rule_has_words_for_what_it_mapped() {
        for rule in [Rule::SitesByName, Rule::SitesByOtherName] {
            assert!(rule.words().is_some());
        }
        // The pairing engine knows its own by the same ids.
        for rule in [Rule::Students, Rule::Users] {
            assert!(matching::rule_words(rule.as_str()).is_some(), "{}", rule.as_str());
        }
    }

    #[test]
    fn what_is_off_is_part_of_what_a_look_rests_on() {
        assert_eq!(Off::default().ids(), "");
        assert_eq!(Off::of([Rule::Users, Rule::SitesByName]).ids(), "ensora-sites-1;ensora-staff-1;");
    }
}
