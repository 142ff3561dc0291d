//! What differs between two versions of a task, in sentences for whoever agrees to the newer one. Pure.

use super::{Skill, Step, StepKind, Task};
use crate::domain::documents::Document;

/// Each difference as a sentence; none where nothing differs.
pub fn differences(before: &Task, after: &Task) -> Vec<String> {
    let mut all = Vec::new();
    if before.name != after.name {
        all.push(format!("It is called {} instead of {}.", after.name, before.name));
    }
    if before.description != after.description {
        all.push(match (before.description.is_empty(), after.description.is_empty()) {
            (true, _) => "It has a description now.".to_owned(),
            (_, true) => "It has no description any more.".to_owned(),
            _ => "The description is another one.".to_owned(),
        });
    }
    if before.minutes != after.minutes {
        all.push(format!("It takes {} minutes instead of {}.", after.minutes, before.minutes));
    }
    all.extend(scheduling(before, after));
    if before.documents != after.documents {
        let now = if after.documents {
            "Documents may be sent with it now."
        } else {
            "No documents are sent with it any more."
        };
        all.push(now.to_owned());
    }
    all.extend(steps(&before.steps, &after.steps));
    all.extend(skills(&before.skills, &after.skills));
    all.extend(guides(&before.guides, &after.guides));
    all
}

fn guides(before: &[Document], after: &[Document]) -> Vec<String> {
    let has = |all: &[Document], one: &Document| {
        all.iter().any(|other| (&other.name, &other.digest) == (&one.name, &one.digest))
    };
    let gone = before.iter().filter(|one| !has(after, one));
    let mut all: Vec<String> =
        gone.map(|one| format!("The document {} does not belong to it any more.", one.name)).collect();
    let new = after.iter().filter(|one| !has(before, one));
    all.extend(new.map(|one| format!("The document {} belongs to it now.", one.name)));
    all
}

fn scheduling(before: &Task, after: &Task) -> Option<String> {
    match (before.scheduled, after.scheduled) {
        (false, true) => Some(format!(
            "It may be booked for a period now{}.",
            if after.minimum_gap_days > 0 {
                format!(", of {} days at least", after.minimum_gap_days)
            } else {
                String::new()
            }
        )),
        (true, false) => Some("It may not be booked for a period any more.".to_owned()),
        (true, true) if before.minimum_gap_days != after.minimum_gap_days => Some(format!(
            "A period has {} days at least instead of {}.",
            after.minimum_gap_days, before.minimum_gap_days
        )),
        _ => None,
    }
}

/// `the procedure Take blood (28520004)`.
fn named(step: &Step) -> String {
    let kind = match step.kind {
        StepKind::Procedure => "procedure",
        StepKind::Administrative => "administrative step",
        StepKind::Photo => "photo",
    };
    match step.snomed_code.as_str() {
        "" => format!("the {kind} {}", step.words),
        code => format!("the {kind} {} ({code})", step.words),
    }
}

fn steps(before: &[Step], after: &[Step]) -> Vec<String> {
    let gone: Vec<&Step> = without(before, after);
    let new: Vec<&Step> = without(after, before);
    let mut all: Vec<String> =
        gone.iter().map(|step| format!("Taken out of the steps: {}.", named(step))).collect();
    all.extend(new.iter().map(|step| format!("New among the steps: {}.", named(step))));
    let kept = |of: &[Step], other: &[Step]| -> Vec<Step> {
        of.iter().filter(|step| other.contains(step)).cloned().collect()
    };
    if kept(before, after) != kept(after, before) && gone.is_empty() && new.is_empty() {
        all.push("The steps are in another order.".to_owned());
    }
    all
}

/// What stands in one list and not in the other; of two that are alike the second counts too.
fn without<'s>(of: &'s [Step], other: &[Step]) -> Vec<&'s Step> {
    let mut rest: Vec<&Step> = other.iter().collect();
    of.iter()
        .filter(|step| match rest.iter().position(|one| one == step) {
            Some(at) => {
                rest.swap_remove(at);
                false
            }
            None => true,
        })
        .collect()
}

fn skills(before: &[Skill], after: &[Skill]) -> Vec<String> {
    let has = |all: &[Skill], one: &Skill| all.iter().any(|skill| skill.id == one.id);
    let gone = before.iter().filter(|one| !has(after, one));
    let mut all: Vec<String> = gone.map(|one| format!("{} is not asked for any more.", one.name)).collect();
    let new = after.iter().filter(|one| !has(before, one));
    all.extend(new.map(|one| format!("{} is asked for now.", one.name)));
    all
}

#[cfg(test)]
mod tests {
    use super::super::SkillKind;
    use super::*;
    use crate::kit::ids::{SkillId, TaskId, TaskVersionId};

    fn step(kind: StepKind, words: &str, code: &str) -> Step {
        Step { kind, words: words.into(), snomed_code: code.into() }
    }

    fn task() -> Task {
        Task {
            id: TaskId(1),
            public_id: "tsk_1".into(),
            version: TaskVersionId(1),
            number: 1,
            name: "Blood test at home".into(),
            description: String::new(),
            minutes: 30,
            scheduled: false,
            minimum_gap_days: 0,
            documents: false,
            guides: Vec::new(),
            steps: vec![
                step(StepKind::Procedure, "Take blood", "28520004"),
                step(StepKind::Administrative, "Call the courier", ""),
            ],
            skills: vec![Skill { id: SkillId(1), kind: SkillKind::Skill, name: "Phlebotomy".into() }],
        }
    }

    #[test]
    fn nothing_is_said_of_what_is_the_same() {
        assert!(differences(&task(), &task()).is_empty());
    }

    #[test]
    fn each_difference_is_a_sentence() {
        let mut after = task();
        after.name = "Blood test".into();
        after.description = "Fasting.".into();
        after.minutes = 45;
        after.scheduled = true;
        after.minimum_gap_days = 3;
        after.documents = true;
        after.steps = vec![after.steps[0].clone(), step(StepKind::Photo, "The labelled tube", "")];
        after.skills = vec![Skill { id: SkillId(2), kind: SkillKind::Training, name: "Hand hygiene".into() }];
        assert_eq!(
            differences(&task(), &after),
            [
                "It is called Blood test instead of Blood test at home.",
                "It has a description now.",
                "It takes 45 minutes instead of 30.",
                "It may be booked for a period now, of 3 days at least.",
                "Documents may be sent with it now.",
                "Taken out of the steps: the administrative step Call the courier.",
                "New among the steps: the photo The labelled tube.",
                "Phlebotomy is not asked for any more.",
                "Hand hygiene is asked for now.",
            ]
        );
    }

    #[test]
    fn another_order_and_a_step_twice_are_seen() {
        let mut after = task();
        after.steps.reverse();
        assert_eq!(differences(&task(), &after), ["The steps are in another order."]);
        let mut twice = task();
        twice.steps.push(twice.steps[0].clone());
        assert_eq!(
            differences(&task(), &twice),
            ["New among the steps: the procedure Take blood (28520004)."]
        );
    }
}
