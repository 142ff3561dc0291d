//! What a look comes to: mappings that rules make, and for everybody else why there is none. Pure values.

use super::rules::{Off, Rule};
use crate::db::text_enum;
use crate::domain::pairing::owned::Evidence;
use crate::kit::ids::ExternalRecordId;

text_enum! {
    /// Why a record is not mapped, for counting.
    pub enum Why {
        /// Its site is not mapped to an agency.
        WaitsForSite = "waits for site",
        NoSite = "no site",
        NotActive = "not active",
        Nobody = "nobody",
        Several = "several",
        Taken = "taken",
        Refused = "refused",
        /// Somebody is like it, and a detail is different or missing.
        Different = "different",
        /// Everything that the rule asks for is there, and the organisation has switched the rule off.
        RuleOff = "rule off",
    }
}

/// A mapping that a rule makes.
#[derive(Debug, Clone)]
pub struct Made {
    pub record: ExternalRecordId,
    pub local: i64,
    pub rule: Rule,
    pub evidence: Vec<Evidence>,
}

/// A record that no rule maps, and who it may be.
#[derive(Debug, Clone)]
pub struct NotMapped {
    pub record: ExternalRecordId,
    pub why: Why,
    pub words: String,
    pub suggested: Option<i64>,
    pub evidence: Vec<Evidence>,
}

impl NotMapped {
    pub fn new(record: ExternalRecordId, why: Why, words: impl Into<String>) -> Self {
        Self { record, why, words: words.into(), suggested: None, evidence: Vec::new() }
    }

    pub fn suggesting(self, local: i64, evidence: Vec<Evidence>) -> Self {
        Self { suggested: Some(local), evidence, ..self }
    }
}

/// Everything that came of comparing two lists.
#[derive(Debug, Clone, Default)]
pub struct Looked {
    pub made: Vec<Made>,
    pub not: Vec<NotMapped>,
}

impl Looked {
    /// Keeps a mapping that a rule makes or, where that rule is switched off, whom it would map the record to.
    pub fn add(&mut self, made: Made, off: &Off) {
        if off.has(made.rule) {
            let not = NotMapped::new(made.record, Why::RuleOff, made.rule.off_words());
            self.not.push(not.suggesting(made.local, made.evidence));
        } else {
            self.made.push(made);
        }
    }
}
