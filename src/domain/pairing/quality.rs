//! How people's own decisions judge the rules and the suggestions. Counts only, no names.

use diesel::QueryResult;

use super::store;
use crate::db::Conn;
use crate::domain::access::{Scope, ViewIntegrations};

/// Of one organisation, over all its vendors; what a sync's undoing took back is left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Quality {
    /// The rule that people overturned most stands first.
    pub rules: Vec<RuleQuality>,
    /// Suggestions and chosen records that a person said yes to, and no to.
    pub yes: i64,
    pub no: i64,
    /// Links by a person that were ended later.
    pub yes_ended: i64,
}

/// One automatic rule.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RuleQuality {
    pub rule: String,
    /// Pairs it made, and how many of those a person ended.
    pub made: i64,
    pub ended: i64,
}

impl Quality {
    /// Pairs by rules, and by people, that nobody ended.
    pub fn standing(&self) -> (i64, i64) {
        let by_rule = self.rules.iter().map(|rule| rule.made - rule.ended).sum();
        (by_rule, self.yes - self.yes_ended)
    }
}

pub fn quality(conn: &mut Conn, scope: &Scope<ViewIntegrations>) -> QueryResult<Quality> {
    let mut found = Quality { no: store::no_count(conn, scope.organisation())?, ..Quality::default() };
    for (origin, rule, because, count) in store::ended_by_rule(conn, scope.organisation())? {
        let ended = if because == store::UNLINKED { count } else { 0 };
        if origin == store::BY_HAND {
            if because != store::TAKEN_BACK {
                found.yes += count;
                found.yes_ended += ended;
            }
            continue;
        }
        match found.rules.iter_mut().find(|one| one.rule == rule) {
            Some(one) => {
                one.made += count;
                one.ended += ended;
            }
            None => found.rules.push(RuleQuality { rule, made: count, ended }),
        }
    }
    found.rules.sort_by(|a, b| b.ended.cmp(&a.ended).then_with(|| a.rule.cmp(&b.rule)));
    Ok(found)
}
