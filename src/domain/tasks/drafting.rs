//! Drafts: a new task, changing what a draft says, the next version of an agreed one, and retiring. An agreed version
//! is never touched.

use super::{Kept, Step, StepKind, kept, snomed, store};
use crate::db::Tx;
use crate::domain::access::{ManageOrganisation, Scope};
use crate::domain::organisations::{one_line, readable_name, short};
use crate::domain::{Refusal, audit, documents};
use crate::kit::ids::{SkillId, TaskId};
use crate::kit::names::fold_place;
use crate::kit::secret::random_token;

/// Tasks that one organisation can have, retired ones too.
const MOST: usize = 300;

/// Steps of one version.
pub const MOST_STEPS: usize = 30;

/// How long a visit can take.
pub const MINUTES: std::ops::RangeInclusive<i32> = 5..=480;

/// Days of a period, at most.
pub const LONGEST_GAP: i32 = 365;

/// What a person typed.
#[derive(Debug, Clone, Default)]
pub struct Typed {
    pub name: String,
    pub description: String,
    pub minutes: String,
    pub scheduled: bool,
    pub minimum_gap_days: String,
    pub documents: bool,
    pub steps: Vec<TypedStep>,
    pub skills: Vec<SkillId>,
}

/// One line of the steps; a line without words and without a code is none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TypedStep {
    /// Its place in the order; without one it comes last.
    pub place: String,
    pub kind: String,
    pub words: String,
    pub snomed_code: String,
}

/// What a version says, as it can be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    pub name: String,
    pub description: String,
    pub minutes: i32,
    pub scheduled: bool,
    pub minimum_gap_days: i32,
    pub documents: bool,
    pub steps: Vec<Step>,
    pub skills: Vec<SkillId>,
}

impl Facts {
    /// Reads what was typed.
    ///
    /// # Errors
    /// `Invalid` on `name`, `description`, `minutes`, `minimum_gap_days` or `steps`.
    pub fn read(typed: &Typed) -> Result<Self, Refusal> {
        let name = readable_name("name", &typed.name, "a name such as Blood test")?;
        if fold_place(&name).is_empty() {
            return Err(Refusal::invalid("name", "Use letters in the name"));
        }
        let whole = |text: &str, range: std::ops::RangeInclusive<i32>| {
            text.trim().parse().ok().filter(|number| range.contains(number))
        };
        let words = format!("Enter the minutes, from {} to {}", MINUTES.start(), MINUTES.end());
        let minutes = whole(&typed.minutes, MINUTES).ok_or_else(|| Refusal::invalid("minutes", words))?;
        let gap = if typed.minimum_gap_days.trim().is_empty() { "0" } else { &typed.minimum_gap_days };
        let words = format!("Enter the days as a whole number, at most {LONGEST_GAP}");
        let gap = whole(gap, 0..=LONGEST_GAP).ok_or_else(|| Refusal::invalid("minimum_gap_days", words))?;
        let mut skills = typed.skills.clone();
        skills.sort();
        skills.dedup();
        Ok(Self {
            name,
            description: short("description", one_line(&typed.description), 1_000)?,
            minutes,
            scheduled: typed.scheduled,
            minimum_gap_days: if typed.scheduled { gap } else { 0 },
            documents: typed.documents,
            steps: steps(&typed.steps)?,
            skills,
        })
    }
}

/// The lines in their order, those without a place last.
fn steps(typed: &[TypedStep]) -> Result<Vec<Step>, Refusal> {
    let said = |line: &&TypedStep| !(line.words.trim().is_empty() && line.snomed_code.trim().is_empty());
    let mut lines: Vec<&TypedStep> = typed.iter().filter(said).collect();
    lines.sort_by_key(|line| line.place.trim().parse::<u32>().unwrap_or(u32::MAX));
    if lines.len() > MOST_STEPS {
        return Err(Refusal::invalid("steps", format!("There can be {MOST_STEPS} steps at most")));
    }
    let read = |(at, line): (usize, &&TypedStep)| {
        step(line).map_err(|words| Refusal::invalid("steps", format!("Step {}: {words}", at + 1)))
    };
    lines.iter().enumerate().map(read).collect()
}

fn step(line: &TypedStep) -> Result<Step, String> {
    let kind = StepKind::parse(line.kind.trim()).ok_or("choose what kind of step it is")?;
    let code = line.snomed_code.trim();
    let snomed_code = match (kind, code) {
        (StepKind::Procedure, "") => return Err("a procedure needs its SNOMED CT code".to_owned()),
        (StepKind::Procedure, code) => snomed::concept(code).map_err(|wrong| wrong.to_string())?,
        (_, "") => String::new(),
        _ => return Err("only a procedure has a SNOMED CT code".to_owned()),
    };
    let words = match one_line(&line.words) {
        words if words.is_empty() => snomed::procedure_name(&snomed_code).unwrap_or_default().to_owned(),
        words => words,
    };
    if words.is_empty() {
        return Err("say in words what is done".to_owned());
    }
    if words.chars().count() > 200 {
        return Err("use 200 characters or fewer".to_owned());
    }
    Ok(Step { kind, words, snomed_code })
}

/// Makes a task with its first draft.
///
/// # Errors
/// `Invalid` on `name`, where another task in use has it, or on `skills`.
pub fn create(tx: &mut Tx<'_>, scope: &Scope<ManageOrganisation>, facts: &Facts) -> Result<TaskId, Refusal> {
    let known = store::kept(tx.conn, scope.organisation(), None)?;
    if known.len() >= MOST {
        return Err(Refusal::invalid("name", format!("There can be {MOST} tasks at most")));
    }
    refuse_same_name(&known, &facts.name, None)?;
    refuse_unknown_skills(tx, scope, &facts.skills, &[])?;
    let public_id = format!("tsk_{}", random_token()?.reveal());
    let id = store::insert_task(tx, scope.organisation(), &public_id)?;
    store::insert_version(tx, id, 1, facts, &scope.by().name)?;
    let words = format!("drafted the task {}", facts.name);
    audit::record(tx, scope, audit::Event::new("task.drafted", words).about("task", id.0))?;
    Ok(id)
}

/// Changes what the draft says. Whoever agreed to it has to agree again.
///
/// # Errors
/// `NotHere`; `Overtaken` where there is no draft; `Invalid` as where one is made.
pub fn change_draft(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageOrganisation>,
    id: TaskId,
    facts: &Facts,
) -> Result<(), Refusal> {
    let known = store::kept(tx.conn, scope.organisation(), None)?;
    let before = known.iter().find(|one| one.id == id).ok_or(Refusal::NotHere)?;
    let draft = before.draft().ok_or_else(no_draft)?;
    refuse_same_name(&known, &facts.name, Some(id))?;
    let had: Vec<SkillId> = draft.task.skills.iter().map(|skill| skill.id).collect();
    refuse_unknown_skills(tx, scope, &facts.skills, &had)?;
    store::change_version(tx, draft.task.version, facts)?;
    let now = kept(tx.conn, scope.organisation(), id)?;
    let changes = now.draft().map_or_else(Vec::new, |now| super::differences(&draft.task, &now.task));
    if changes.is_empty() {
        // Nothing differs: agreements stand as they were.
        return Ok(());
    }
    store::take_agreements_back(tx, draft.task.version)?;
    let words = format!("changed the draft of the task {}", facts.name);
    let event = audit::Event::new("task.changed", words).about("task", id.0);
    audit::record(tx, scope, event.with(changes))?;
    Ok(())
}

/// Begins the next version of an agreed task: a draft that says the same.
///
/// # Errors
/// `NotHere`; `Overtaken` where a draft is there already, and where the task is retired.
pub fn new_version(tx: &mut Tx<'_>, scope: &Scope<ManageOrganisation>, id: TaskId) -> Result<(), Refusal> {
    let task = kept(tx.conn, scope.organisation(), id)?;
    if task.retired_at.is_some() {
        return Err(Refusal::overtaken("This task is retired. Restore it first."));
    }
    let (None, Some(agreed)) = (task.draft(), task.agreed()) else {
        return Err(Refusal::overtaken("There is a draft already."));
    };
    let said = &agreed.task;
    let facts = Facts {
        name: said.name.clone(),
        description: said.description.clone(),
        minutes: said.minutes,
        scheduled: said.scheduled,
        minimum_gap_days: said.minimum_gap_days,
        documents: said.documents,
        steps: said.steps.clone(),
        skills: said.skills.iter().map(|skill| skill.id).collect(),
    };
    let number = said.number + 1;
    let version = store::insert_version(tx, id, number, &facts, &scope.by().name)?;
    documents::set_of_version(tx, version, &said.guides)?;
    let words = format!("began version {number} of the task {}", said.name);
    audit::record(tx, scope, audit::Event::new("task.version_begun", words).about("task", id.0))?;
    Ok(())
}

/// Throws the draft of a task away that has an agreed version.
///
/// # Errors
/// `NotHere`; `Overtaken` where there is no draft, or nothing but the draft.
pub fn discard_draft(tx: &mut Tx<'_>, scope: &Scope<ManageOrganisation>, id: TaskId) -> Result<(), Refusal> {
    let task = kept(tx.conn, scope.organisation(), id)?;
    let draft = task.draft().ok_or_else(no_draft)?;
    if task.agreed().is_none() {
        return Err(Refusal::overtaken("This draft is all there is of the task. Retire the task instead."));
    }
    store::delete_version(tx, draft.task.version)?;
    let words = format!("threw away the draft of version {} of the task {}", draft.task.number, task.name());
    audit::record(tx, scope, audit::Event::new("task.draft_discarded", words).about("task", id.0))?;
    Ok(())
}

/// Lets nobody book a task any more. What is booked stays booked.
///
/// # Errors
/// `NotHere`; `Overtaken` where it is retired already.
pub fn retire(tx: &mut Tx<'_>, scope: &Scope<ManageOrganisation>, id: TaskId) -> Result<(), Refusal> {
    let task = kept(tx.conn, scope.organisation(), id)?;
    if task.retired_at.is_some() {
        return Err(Refusal::overtaken(format!("{} is retired already.", task.name())));
    }
    let at = Some(tx.now);
    store::retire_task(tx, id, at)?;
    let words = format!("retired the task {}", task.name());
    audit::record(tx, scope, audit::Event::new("task.retired", words).about("task", id.0))?;
    Ok(())
}

/// Lets a task be booked again.
///
/// # Errors
/// `NotHere`; `Overtaken` where it is in use, and where another has its name meanwhile.
pub fn restore(tx: &mut Tx<'_>, scope: &Scope<ManageOrganisation>, id: TaskId) -> Result<(), Refusal> {
    let known = store::kept(tx.conn, scope.organisation(), None)?;
    let task = known.iter().find(|one| one.id == id).ok_or(Refusal::NotHere)?;
    if task.retired_at.is_none() {
        return Err(Refusal::overtaken(format!("{} is in use already.", task.name())));
    }
    if same_name(&known, task.name(), Some(id)) {
        let words = format!("Another task is called {} meanwhile. Rename that one first.", task.name());
        return Err(Refusal::overtaken(words));
    }
    store::retire_task(tx, id, None)?;
    let words = format!("restored the task {}", task.name());
    audit::record(tx, scope, audit::Event::new("task.restored", words).about("task", id.0))?;
    Ok(())
}

pub(super) fn no_draft() -> Refusal {
    Refusal::overtaken("There is no draft: what was agreed does not change. Begin a new version.")
}

/// Whether another task in use is called so, in what is booked or in its draft.
fn same_name(known: &[Kept], name: &str, own: Option<TaskId>) -> bool {
    let folded = fold_place(name);
    let mut others = known.iter().filter(|one| Some(one.id) != own && one.retired_at.is_none());
    let current = |one: &Kept| {
        let versions = [one.draft(), one.agreed()];
        versions.into_iter().flatten().any(|version| fold_place(&version.task.name) == folded)
    };
    others.any(current)
}

fn refuse_same_name(known: &[Kept], name: &str, own: Option<TaskId>) -> Result<(), Refusal> {
    if same_name(known, name, own) {
        return Err(Refusal::invalid("name", "Another task has this name. Choose a different one"));
    }
    Ok(())
}

/// A task asks for the organisation's own skills; for a retired one only where it did before.
fn refuse_unknown_skills(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageOrganisation>,
    wanted: &[SkillId],
    had: &[SkillId],
) -> Result<(), Refusal> {
    let known = store::skills(tx.conn, scope.organisation())?;
    let usable = |id: &SkillId| {
        known.iter().any(|one| one.skill.id == *id && (one.retired_at.is_none() || had.contains(id)))
    };
    if wanted.iter().all(usable) {
        return Ok(());
    }
    Err(Refusal::invalid("skills", "One of the skills is retired or gone. Choose again"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(place: &str, kind: &str, words: &str, code: &str) -> TypedStep {
        let own = |text: &str| text.to_owned();
        TypedStep { place: own(place), kind: own(kind), words: own(words), snomed_code: own(code) }
    }

    fn typed() -> Typed {
        Typed {
            name: "Blood test at home".into(),
            minutes: "30".into(),
            steps: vec![
                line("2", "administrative", "Hand it to the courier", ""),
                line("", "photo", "The labelled tube", ""),
                line("1", "procedure", "", "28520004"),
                line("9", "procedure", " ", ""),
            ],
            ..Typed::default()
        }
    }

    fn wrong(typed: &Typed) -> (&'static str, String) {
        match Facts::read(typed) {
            Err(Refusal::Invalid { field, words }) => (field, words),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn steps_stand_in_their_order_and_empty_lines_are_none() {
        let facts = Facts::read(&typed()).unwrap();
        let words: Vec<&str> = facts.steps.iter().map(|step| step.words.as_str()).collect();
        assert_eq!(words, ["Venepuncture for blood test", "Hand it to the courier", "The labelled tube"]);
    }

    #[test]
    fn a_step_says_what_is_wrong_with_it() {
        let with = |step| Typed { steps: vec![step], ..typed() };
        for (step, words) in [
            (line("", "procedure", "Blood", ""), "Step 1: a procedure needs its SNOMED CT code"),
            (
                line("", "procedure", "Blood", "28520005"),
                "Step 1: a digit of the SNOMED CT code is wrong: its check digit does not fit. Copy it again",
            ),
            (line("", "photo", "Tube", "28520004"), "Step 1: only a procedure has a SNOMED CT code"),
            (line("", "dance", "Tango", ""), "Step 1: choose what kind of step it is"),
            (line("", "procedure", "", "404684003"), "Step 1: say in words what is done"),
        ] {
            assert_eq!(wrong(&with(step)), ("steps", words.to_owned()));
        }
        let many = Typed { steps: vec![line("", "photo", "Tube", ""); MOST_STEPS + 1], ..typed() };
        assert_eq!(wrong(&many).0, "steps");
    }

    #[test]
    fn minutes_and_days_have_their_bounds() {
        for minutes in ["4", "481", "", "half an hour", "30.5", "-30"] {
            assert_eq!(wrong(&Typed { minutes: minutes.into(), ..typed() }).0, "minutes", "{minutes}");
        }
        for minutes in ["5", " 480 "] {
            assert!(Facts::read(&Typed { minutes: minutes.into(), ..typed() }).is_ok());
        }
        let period = |days: &str| Typed { scheduled: true, minimum_gap_days: days.into(), ..typed() };
        assert_eq!(wrong(&period("366")).0, "minimum_gap_days");
        assert_eq!(wrong(&period("-1")).0, "minimum_gap_days");
        assert_eq!(Facts::read(&period("7")).unwrap().minimum_gap_days, 7);
        // Without the period its days mean nothing.
        assert_eq!(Facts::read(&Typed { scheduled: false, ..period("7") }).unwrap().minimum_gap_days, 0);
        assert_eq!(wrong(&Typed { name: "…".into(), ..typed() }).0, "name");
    }
}
