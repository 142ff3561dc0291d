//! How people's own decisions judge the rules and the suggestions. Counts only, no names.
//!
//! Nobody knows whether a pair is right that nobody looked at: of rules it is counted how many were looked at, and an
//! answer that was taken back at once counts as not given.

use diesel::QueryResult;

use super::compare::LOOKED;
use super::matching::{Kind, System};
use super::strength::Strength;
use super::{kind_word, store};
use crate::db::Conn;
use crate::domain::access::{Scope, ViewIntegrations};
use crate::domain::staff;
use crate::kit::ids::ConnectionId;

/// Of one organisation; what a sync's undoing took back is left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Quality {
    /// The rule that people overturned most stands first.
    pub rules: Vec<RuleQuality>,
    /// By system and kind, the strongest first.
    pub answers: Vec<Answers>,
}

/// What is counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct About {
    pub system: System,
    pub kind: Kind,
}

/// One automatic rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleQuality {
    pub about: About,
    pub rule: String,
    /// Pairs it made, how many of those somebody looked at, and how many a person ended.
    pub made: i64,
    pub looked: i64,
    pub ended: i64,
    /// Somebody whose pair nobody has looked at, picked by chance.
    pub unseen: Option<i64>,
}

/// What people said to suggestions and chosen records of one strength.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answers {
    pub about: About,
    /// `None`: answered before the strength was kept.
    pub strength: Option<Strength>,
    pub yes: i64,
    pub no: i64,
    /// Of those said yes to, how many were ended later.
    pub ended: i64,
}

impl Quality {
    /// Pairs of a system and kind that nobody ended: by rules, and by people.
    pub fn standing(&self, about: About) -> (i64, i64) {
        let rules = self.rules.iter().filter(|one| one.about == about).map(|one| one.made - one.ended);
        let people = self.answers.iter().filter(|one| one.about == about).map(|one| one.yes - one.ended);
        (rules.sum(), people.sum())
    }

    /// Every system and kind of which something is counted.
    pub fn abouts(&self) -> Vec<About> {
        let all = System::ALL
            .into_iter()
            .flat_map(|system| [Kind::People, Kind::Staff].map(|kind| About { system, kind }));
        all.filter(|about| {
            self.rules.iter().any(|one| one.about == *about)
                || self.answers.iter().any(|one| one.about == *about)
        })
        .collect()
    }

    /// Pairings that are alike, to the rule or to the people who made them.
    fn count(&mut self, about: About, one: &store::Counted) {
        let is_ended = one.ended_because == store::UNLINKED || one.ended_because == store::SWAPPED;
        let ended = if is_ended { one.count } else { 0 };
        if one.origin != store::BY_HAND {
            if let Some(rule) = self.rule(about, &one.rule) {
                (rule.made, rule.ended) = (rule.made + one.count, rule.ended + ended);
            }
        } else if one.ended_because != store::TAKEN_BACK
            && let Some(answers) = self.answers(about, &one.strength)
        {
            (answers.yes, answers.ended) = (answers.yes + one.count, answers.ended + ended);
        }
    }

    fn rule(&mut self, about: About, rule: &str) -> Option<&mut RuleQuality> {
        let at = self.rules.iter().position(|one| one.about == about && one.rule == rule);
        let at = at.unwrap_or_else(|| {
            self.rules.push(RuleQuality {
                about,
                rule: rule.to_owned(),
                made: 0,
                looked: 0,
                ended: 0,
                unseen: None,
            });
            self.rules.len() - 1
        });
        self.rules.get_mut(at)
    }

    fn answers(&mut self, about: About, strength: &str) -> Option<&mut Answers> {
        let strength = Strength::ALL.into_iter().find(|one| one.word() == strength);
        let at = self.answers.iter().position(|one| one.about == about && one.strength == strength);
        let at = at.unwrap_or_else(|| {
            self.answers.push(Answers { about, strength, yes: 0, no: 0, ended: 0 });
            self.answers.len() - 1
        });
        self.answers.get_mut(at)
    }
}

/// `chance` picks whom to look at.
pub fn quality(conn: &mut Conn, scope: &Scope<ViewIntegrations>, chance: u32) -> QueryResult<Quality> {
    let organisation = scope.organisation();
    let vendors = store::vendors(conn, organisation)?;
    let about = |connection: ConnectionId, kind: &str| {
        let system = vendors.get(&connection)?.parse().ok()?;
        Some(About { system, kind: if kind == staff::SUBJECT { Kind::Staff } else { Kind::People } })
    };
    let mut found = Quality::default();
    let all = store::concerned(conn, organisation)?;
    for of in &all {
        for one in store::decided(conn, of)? {
            if let Some(about) = about(one.connection, &one.kind) {
                found.count(about, &one);
            }
        }
        for (connection, kind, rule, looked) in store::looked_at(conn, organisation, of, LOOKED)? {
            if let Some(one) = about(connection, &kind).and_then(|about| found.rule(about, &rule)) {
                one.looked += looked;
            }
        }
        for (connection, kind, strength, no) in store::said_no(conn, of)? {
            if let Some(one) = about(connection, &kind).and_then(|about| found.answers(about, &strength)) {
                one.no += no;
            }
        }
    }
    for rule in &mut found.rules {
        // Whoever ended a pair has looked at it.
        rule.looked = rule.looked.max(rule.ended);
        let connection = vendors.iter().find(|(_, vendor)| vendor.as_str() == rule.about.system.id());
        let of = connection.and_then(|(id, _)| all.iter().find(|of| of.is_of(*id)));
        if let Some(of) = of {
            let of = (of, kind_word(rule.about.kind), rule.rule.as_str());
            rule.unseen = store::unseen(conn, organisation, of, LOOKED, chance)?;
        }
    }
    found.rules.sort_by(|a, b| b.ended.cmp(&a.ended).then_with(|| a.rule.cmp(&b.rule)));
    found.answers.sort_by_key(|one| (one.about.system, one.about.kind, one.strength));
    Ok(found)
}
