//! How people's decisions judge the rules and the suggestions, as the template prints it.

use askama::Template;

use crate::domain::pairing;
use crate::domain::pairing::matching::{Kind, rule_words};
use crate::web::ui::{Shell, filters, when};

/// Fewer than this many say little.
const ENOUGH: i64 = 30;

/// How people's decisions judge the rules.
#[derive(Template)]
#[template(path = "pairing/quality.html")]
pub struct Quality {
    pub shell: Shell,
    /// A sentence for each system and kind.
    pub standing: Vec<String>,
    pub rules: Vec<RuleRow>,
    pub answers: Vec<AnswerRow>,
    pub enough: i64,
}

pub struct RuleRow {
    pub rule: String,
    /// "Nourish residents".
    pub about: String,
    pub made: i64,
    pub looked: i64,
    pub ended: i64,
    pub judgement: String,
}

pub struct AnswerRow {
    pub about: String,
    pub strength: &'static str,
    pub yes: i64,
    pub no: i64,
    pub ended: i64,
    pub judgement: String,
}

impl Quality {
    pub(in crate::web::pairing) fn new(shell: Shell, found: &pairing::Quality) -> Self {
        let rules = found.rules.iter().map(|one| RuleRow {
            rule: rule_words(&one.rule).map_or_else(|| capital(&one.rule), str::to_owned),
            about: named(one.about),
            made: one.made,
            looked: one.looked,
            ended: one.ended,
            judgement: rule_judgement(one),
        });
        let answers = found.answers.iter().map(|one| AnswerRow {
            about: named(one.about),
            strength: one.strength.map_or("not kept", pairing::Strength::word),
            yes: one.yes,
            no: one.no,
            ended: one.ended,
            judgement: right_of(one.yes - one.ended, one.yes + one.no),
        });
        let standing = found.abouts().into_iter().map(|about| {
            let (by_rule, by_hand) = found.standing(about);
            let [rules, hand, all] = [by_rule, by_hand, by_rule + by_hand].map(when::thousands);
            let about = named(about);
            match by_rule + by_hand {
                0 => format!("{about}: no pair stands yet."),
                1 => {
                    format!("{about}: 1 pair stands. Rules found {rules} by themselves, people made {hand}.")
                }
                _ => {
                    format!(
                        "{about}: {all} pairs stand. Rules found {rules} by themselves, people made {hand}."
                    )
                }
            }
        });
        Self {
            standing: standing.collect(),
            rules: rules.collect(),
            answers: answers.collect(),
            enough: ENOUGH,
            shell,
        }
    }
}

fn named(about: pairing::About) -> String {
    let kind = if about.kind == Kind::Staff { "staff" } else { "residents" };
    format!("{} {kind}", about.system)
}

/// A rule is judged by the pairs that somebody looked at: nobody knows of the others.
fn rule_judgement(rule: &pairing::RuleQuality) -> String {
    match (rule.looked, rule.ended) {
        (0, _) => "Nobody has looked at one yet".to_owned(),
        (looked, 0) if looked < ENOUGH => {
            format!("Nobody has found one wrong: {} looked at, too few to judge", when::thousands(looked))
        }
        (_, 0) => "Nobody has found one wrong".to_owned(),
        (looked, ended) => {
            let of = right_of(looked - ended, looked);
            format!("{of}. No rule should be wrong: tell your representative")
        }
    }
}

/// "296 of 300 right, 98.6%"; of few it says that they are few.
fn right_of(right: i64, all: i64) -> String {
    let words = format!("{} of {} right", when::thousands(right), when::thousands(all));
    match all {
        0 => "No answer yet".to_owned(),
        1..ENOUGH => format!("{words}: too few to judge"),
        _ => {
            // Rounded down: a share that is not whole never reads 100%.
            let per_thousand = right * 1000 / all;
            format!("{words}, {}.{}%", per_thousand / 10, per_thousand % 10)
        }
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_are_called_few_and_nothing_is_rounded_up() {
        assert_eq!(right_of(0, 0), "No answer yet");
        assert_eq!(right_of(12, 12), "12 of 12 right: too few to judge");
        assert_eq!(right_of(2_999, 3_000), "2,999 of 3,000 right, 99.9%");
        assert_eq!(right_of(40, 40), "40 of 40 right, 100.0%");
    }
}
