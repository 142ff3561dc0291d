//! *Rules*, a part of the page *Appointments*: each rule by which something is mapped by itself, with its conditions,
//! and whether the organisation has it on.

use super::super::appointments::Therapy;
use super::super::error::Answer;
use super::super::freshness;
use super::super::routes::{Line, Who, post};
use super::super::ui::{Notice, When};
use super::super::visit::{Fields, Posted, Visit, field};
use crate::domain::access::{ManageOrganisation, Permission};
use crate::domain::mapping::{self, Rule, Switch, Switched};
use crate::domain::notes;
use crate::links;

pub fn routes() -> Vec<Line> {
    let who = Who::Holder(Permission::ManageOrganisation);
    vec![post("/org/{org}/settings/appointments/rules", who, save)]
}

/// A rule as the template prints it.
pub struct View {
    pub id: &'static str,
    pub name: &'static str,
    pub conditions: &'static [&'static str],
    pub on: bool,
    /// Who switched it off, and when.
    pub off: Option<(String, When)>,
}

impl View {
    pub fn of(visit: &Visit, switch: Switch) -> Self {
        Self {
            id: switch.rule.as_str(),
            name: switch.rule.name(),
            conditions: switch.rule.conditions(),
            on: switch.off.is_none(),
            off: switch.off.map(|(by, at)| (by, freshness::within(visit, at))),
        }
    }
}

/// *Save rules*: those that are ticked are on. What the others have mapped stays mapped.
async fn save(
    visit: Visit,
    Therapy(scope): Therapy<ManageOrganisation>,
    Posted(form): Posted<Fields>,
) -> Answer {
    let on: Vec<Rule> =
        Rule::ALL.iter().copied().filter(|rule| field(&form, rule.as_str()) == "yes").collect();
    let back = links::settings_appointments(scope.organisation());
    let done = visit.write(move |tx| {
        let switched = mapping::switch_rules(tx, &scope, &on)?;
        if !switched.on.is_empty() {
            notes::rules_switched_on(tx, &scope)?;
        }
        Ok(switched)
    });
    visit.done(back, &Notice::ok(words(&done.await?)))
}

fn words(switched: &Switched) -> String {
    let named = |rules: &[Rule]| rules.iter().map(|rule| rule.name()).collect::<Vec<_>>().join(", ");
    let mut words = Vec::new();
    if !switched.off.is_empty() {
        words.push(format!("Switched off: {}. What was mapped stays mapped.", named(&switched.off)));
    }
    if !switched.on.is_empty() {
        words.push(format!("Switched on again: {}.", named(&switched.on)));
    }
    if words.is_empty() { "All rules stay as they were.".to_owned() } else { words.join(" ") }
}
