//! The form of a draft: its fields, its numbered lines of steps, and the skills that are ticked.

use crate::domain::tasks::{KeptSkill, MOST_STEPS, Step, StepKind, Task, Typed, TypedStep};
use crate::kit::ids::SkillId;
use crate::web::ui::Choice;
use crate::web::visit::{Fields, field, ticked};

/// Empty lines after those that are there; more come with each save.
const SPARE: usize = 3;

/// What was typed.
pub fn read(fields: &Fields) -> Typed {
    let own = |name: &str| field(fields, name).to_owned();
    let line = |at: usize| TypedStep {
        place: own(&format!("place-{at}")),
        kind: own(&format!("kind-{at}")),
        words: own(&format!("words-{at}")),
        snomed_code: own(&format!("code-{at}")),
    };
    Typed {
        name: own("name"),
        description: own("description"),
        minutes: own("minutes"),
        scheduled: field(fields, "scheduled") == "yes",
        minimum_gap_days: own("minimum_gap_days"),
        documents: field(fields, "documents") == "yes",
        steps: (1..=MOST_STEPS + SPARE).map(line).collect(),
        skills: ticked::<SkillId>(fields, "skills[]"),
    }
}

/// A draft as its form shows it.
pub fn of(task: &Task) -> Typed {
    let line = |(at, step): (usize, &Step)| TypedStep {
        place: (at + 1).to_string(),
        kind: step.kind.as_str().to_owned(),
        words: step.words.clone(),
        snomed_code: step.snomed_code.clone(),
    };
    Typed {
        name: task.name.clone(),
        description: task.description.clone(),
        minutes: task.minutes.to_string(),
        scheduled: task.scheduled,
        minimum_gap_days: task.minimum_gap_days.to_string(),
        documents: task.documents,
        steps: task.steps.iter().enumerate().map(line).collect(),
        skills: task.skills.iter().map(|skill| skill.id).collect(),
    }
}

/// A draft that nobody has begun.
pub fn new() -> Typed {
    Typed { minutes: "30".into(), ..Typed::default() }
}

/// The form as the page prints it.
pub struct Form {
    pub name: String,
    pub description: String,
    pub minutes: String,
    pub scheduled: bool,
    pub minimum_gap_days: String,
    pub documents: bool,
    pub lines: Vec<Line>,
    pub skills: Vec<Tick>,
}

/// One step, or the room for one.
pub struct Line {
    pub number: usize,
    pub place: String,
    pub kinds: Vec<Choice>,
    pub words: String,
    pub code: String,
}

pub struct Tick {
    pub id: SkillId,
    pub label: String,
    pub ticked: bool,
}

impl Form {
    /// The skills that are offered are those in use, and those that the draft has already.
    pub fn new(typed: &Typed, skills: &[KeptSkill]) -> Self {
        let said = typed.steps.iter().filter(|line| !(line.words.is_empty() && line.snomed_code.is_empty()));
        let spare = std::iter::repeat_n(TypedStep::default(), SPARE);
        let lines = said.cloned().chain(spare).enumerate();
        let has = |kept: &&KeptSkill| kept.retired_at.is_none() || typed.skills.contains(&kept.skill.id);
        let tick = |kept: &KeptSkill| Tick {
            id: kept.skill.id,
            label: format!("{} ({})", kept.skill.name, kept.skill.kind.as_str()),
            ticked: typed.skills.contains(&kept.skill.id),
        };
        Self {
            name: typed.name.clone(),
            description: typed.description.clone(),
            minutes: typed.minutes.clone(),
            scheduled: typed.scheduled,
            minimum_gap_days: typed.minimum_gap_days.clone(),
            documents: typed.documents,
            lines: lines.map(|(at, line)| Line::new(at + 1, line)).collect(),
            skills: skills.iter().filter(has).map(tick).collect(),
        }
    }
}

impl Line {
    fn new(number: usize, typed: TypedStep) -> Self {
        let kinds = StepKind::ALL.iter().map(|kind| (kind.as_str(), kind.words()));
        Self {
            number,
            place: typed.place,
            kinds: Choice::list(kinds, &typed.kind),
            words: typed.words,
            code: typed.snomed_code,
        }
    }
}
