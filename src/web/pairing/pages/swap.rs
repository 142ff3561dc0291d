//! The page that asks before a *Swap*.

use askama::Template;

use super::suggested::by;
use super::{Identity, described};
use crate::domain::pairing::matching::compare;
use crate::domain::pairing::owned::Evidence;
use crate::domain::pairing::{Candidate, Held, Side};
use crate::kit::ids::ExternalRecordId;
use crate::web::freshness;
use crate::web::pairing::comparison::{self, Comparison};
use crate::web::pairing::swap::Seen;
use crate::web::pairing::{At, forms};
use crate::web::ui::{Choice, Shell, filters};
use crate::web::visit::Visit;

#[derive(Template)]
#[template(path = "pairing/swap.html")]
pub struct Swap {
    pub shell: Shell,
    pub vendor: &'static str,
    pub who: Identity,
    /// Which links stand in the way, a sentence each.
    pub now: Vec<String>,
    pub comparison: Comparison,
    /// The other person beside the same record.
    pub other: Option<(String, Comparison)>,
    /// What a swap does, a sentence each.
    pub then: Vec<String>,
    /// What becomes of the other person, where there is a choice.
    pub choices: Vec<Choice>,
    pub legend: String,
    /// The other person is out of the reader's sight: no swap.
    pub is_hidden: bool,
    pub action: String,
    pub record: i64,
    pub about: String,
    pub ours: String,
    pub theirs: String,
    pub of_ours: String,
    pub of_theirs: String,
    pub cancel: String,
}

impl Swap {
    pub(in crate::web::pairing) fn new(
        visit: &Visit,
        shell: Shell,
        at: At,
        local: i64,
        record: ExternalRecordId,
        seen: &Seen,
    ) -> Self {
        let (vendor, name) = (at.vendor.name(), &seen.ours.name);
        let made = |held: &Held| format!("by {}, {}", by(&held.by), freshness::within(visit, held.at).words);
        let holder = seen.holder.as_ref();
        let other_name = holder.and_then(|(held, _)| held.local_name.clone());
        let mut now = Vec::new();
        if let Some((held, _)) = holder {
            let who = held.local_name.as_deref().unwrap_or("somebody in another home");
            now.push(format!("This record is already paired with {who}, {}.", made(held)));
        }
        if let Some((held, own)) = &seen.held {
            now.push(format!(
                "{name} is already paired with another record in {vendor}: {}, {}.",
                described(own),
                made(held)
            ));
        }
        let compared = |ours: &Side, theirs: &Candidate| {
            comparison::compare(at.system(), at.kind, ours, theirs, &seen.unsent)
        };
        let choices = choices(seen);
        let other = holder.and_then(|(_, other)| other.as_ref());
        Self {
            vendor,
            who: Identity::new(&seen.ours),
            comparison: compared(&seen.ours, &seen.theirs),
            other: other.map(|other| {
                let shown = compared(other, &beside(at, other, &seen.theirs.side));
                (other.name.clone(), shown)
            }),
            then: then(seen, vendor, choices.is_empty()),
            legend: format!("What becomes of {}?", other_name.unwrap_or_default()),
            choices,
            is_hidden: holder.is_some_and(|(_, other)| other.is_none()),
            action: at.act(local, "swap"),
            record: record.0,
            about: forms::seal(visit, &at, local, record),
            ours: seen.ours.edition.clone(),
            theirs: seen.theirs.side.edition.clone(),
            of_ours: seen.held.as_ref().map(|(held, _)| held.pairing.to_string()).unwrap_or_default(),
            of_theirs: holder.map(|(held, _)| held.pairing.to_string()).unwrap_or_default(),
            cancel: at.suggested(local),
            now,
            shell,
        }
    }
}

/// The other person gets nothing, or what this one had.
fn choices(seen: &Seen) -> Vec<Choice> {
    let (Some((_, own)), Some((_, Some(other)))) = (&seen.held, &seen.holder) else { return Vec::new() };
    let free = format!("{} is not linked any more, and is to check again", other.name);
    let exchange = format!("{} gets the other record: {}", other.name, described(own));
    vec![Choice::new("", free, true), Choice::new(forms::EXCHANGE, exchange, false)]
}

fn then(seen: &Seen, vendor: &str, is_plain: bool) -> Vec<String> {
    let mut then =
        vec![format!("{} is linked to {} in {vendor}.", seen.ours.name, described(&seen.theirs.side))];
    if let Some((_, Some(other))) = seen.holder.as_ref().filter(|_| is_plain) {
        then.push(format!("{} is not linked any more, and is to check again.", other.name));
    }
    if let Some((_, own)) = seen.held.as_ref().filter(|_| is_plain) {
        then.push(format!("Nobody is linked to {} any more.", described(own)));
    }
    then.push(
        "What the old links changed here is put back, and no sync makes them again by itself.".to_owned(),
    );
    then.push("You can undo all of it together.".to_owned());
    then
}

fn beside(at: At, ours: &Side, theirs: &Side) -> Candidate {
    let (reasons, score) = compare(at.system(), at.kind, &ours.facts, &theirs.facts);
    let reasons = reasons.iter().map(Evidence::of).collect();
    Candidate { side: theirs.clone(), reasons, score, several: false, sealed: false }
}
