//! The pages of practitioners, ready to be printed.

use askama::Template;
use chrono::NaiveDate;
use chrono_tz::Tz;

use super::Ahead;
use crate::domain::practitioners::{
    Held, Practitioner, Shift, Standing, TypedHeld, TypedShift, in_words, weekdays_in_words,
};
use crate::domain::tasks::{Skill, SkillKind};
use crate::domain::visits::when_words;
use crate::kit::ids::{OrganisationId, StaffMemberId};
use crate::links;
use crate::web::ui::{Choice, Shell, filters, when};

/// The list.
#[derive(Template)]
#[template(path = "practitioners/index.html")]
pub struct Index {
    pub shell: Shell,
    /// Those who visit patients.
    pub rows: Vec<Row>,
    /// Those who did.
    pub before: Vec<Row>,
    pub add: Option<String>,
}

/// One practitioner in the list.
pub struct Row {
    pub href: String,
    pub name: String,
    pub base: String,
    /// One for each shift.
    pub works: Vec<String>,
    /// `Ended on 3 May 2026: Phlebotomy`, the worst first.
    pub states: Vec<String>,
    /// Nothing is recorded.
    pub has_none: bool,
}

impl Row {
    pub fn new(org: OrganisationId, one: &Practitioner, today: NaiveDate) -> Self {
        let named = |held: &Held| state(held, today).map(|words| format!("{words}: {}", held.skill.name));
        let of = |standing: Standing| {
            one.held.iter().filter(move |held| held.standing(today) == standing).filter_map(named)
        };
        Self {
            href: links::practitioner(org, one.id),
            name: one.name.clone(),
            base: one.base.to_string(),
            works: one.shifts.iter().map(Shift::words).collect(),
            states: of(Standing::Ended).chain(of(Standing::EndsSoon)).collect(),
            has_none: one.held.is_empty(),
        }
    }
}

/// `Ended on 3 May 2026`, `Ends on 3 May 2027`; nothing while it is good.
fn state(held: &Held, today: NaiveDate) -> Option<String> {
    let last = held.until.map(in_words)?;
    match held.standing(today) {
        Standing::Good => None,
        Standing::EndsSoon => Some(format!("Ends on {last}")),
        Standing::Ended => Some(format!("Ended on {last}")),
    }
}

/// Making somebody a practitioner.
#[derive(Template)]
#[template(path = "practitioners/new.html")]
pub struct New {
    pub shell: Shell,
    pub action: String,
    pub staff: Vec<Choice>,
    /// Where staff are added, when nobody is left to choose.
    pub none: Option<String>,
    pub base: String,
    pub cancel: String,
}

pub fn staff_choices(candidates: Vec<(StaffMemberId, String)>, chosen: &str) -> Vec<Choice> {
    let mut choices = vec![Choice::new("", "Choose", chosen.is_empty())];
    choices.extend(candidates.into_iter().map(|(id, name)| {
        let id = id.to_string();
        let is_chosen = id == chosen;
        Choice::new(id, name, is_chosen)
    }));
    choices
}

/// What was typed in one of the forms of a practitioner's page.
#[derive(Default)]
pub struct Typed {
    pub base: Option<String>,
    pub shift: TypedShift,
    pub held: TypedHeld,
}

/// One practitioner.
#[derive(Template)]
#[template(path = "practitioners/show.html")]
pub struct Show {
    pub shell: Shell,
    pub name: String,
    pub works: bool,
    pub employed: bool,
    /// Their page on the staff list.
    pub member: String,
    pub base: String,
    pub shifts: Vec<(String, Option<String>)>,
    pub held: Vec<HeldRow>,
    pub affected: Vec<Affected>,
    /// For those who may change them: the days of a shift, and what can be recorded.
    pub week: Vec<Choice>,
    pub skills: Vec<Choice>,
    pub forms: Option<Forms>,
    /// Appointments that wait for somebody else once they are no practitioner any more.
    pub would_wait: i64,
}

/// Something that they have.
pub struct HeldRow {
    pub name: String,
    pub kind: &'static str,
    /// `Ends on 3 May 2027`, or empty while it is good.
    pub state: String,
    /// `3 May 2027`, or `No end`.
    pub until: String,
    pub reference: String,
    pub recorded: String,
    pub remove: Option<String>,
}

/// What somebody is given and can no longer do.
pub struct Affected {
    /// `After 3 May 2026 these need Phlebotomy`.
    pub heading: String,
    pub ended: bool,
    /// `Monday 4 May 2026 …: blood test of Betty Cole`.
    pub visits: Vec<String>,
}

/// What may be changed.
pub struct Forms {
    pub move_base: String,
    pub end: String,
    pub again: String,
    pub add_shift: String,
    pub record: String,
    pub typed_base: String,
    pub shift: TypedShift,
    pub typed: TypedHeld,
}

pub fn show(
    shell: Shell,
    org: OrganisationId,
    one: &Practitioner,
    skills: Option<Vec<Skill>>,
    ahead: &[Ahead],
    (today, zone): (NaiveDate, Tz),
    typed: Typed,
) -> Show {
    let edits = skills.is_some();
    let shifts = one.shifts.iter().map(|shift| {
        (when::capital(&shift.words()), edits.then(|| links::remove_shift(org, one.id, shift.id)))
    });
    let held = one.held.iter().map(|held| HeldRow {
        name: held.skill.name.clone(),
        kind: kind(held.skill.kind),
        state: state(held, today).unwrap_or_default(),
        until: held.until.map_or_else(|| "No end".to_owned(), in_words),
        reference: held.reference.clone(),
        recorded: format!("{}, {}", held.recorded_by, in_words(held.recorded_at.date())),
        remove: edits.then(|| links::remove_held(org, one.id, held.id.0)),
    });
    Show {
        name: one.name.clone(),
        works: one.works(),
        employed: one.employed,
        member: links::staff_member(org, one.id),
        base: one.base.to_string(),
        shifts: shifts.collect(),
        held: held.collect(),
        affected: one.held.iter().filter_map(|held| affected(held, ahead, (today, zone))).collect(),
        week: week(&typed),
        skills: skill_choices(skills.unwrap_or_default(), &typed),
        forms: edits.then(|| forms(org, one, typed)),
        would_wait: 0,
        shell,
    }
}

/// What ends, with the appointments after its last day that need it.
fn affected(held: &Held, ahead: &[Ahead], (today, zone): (NaiveDate, Tz)) -> Option<Affected> {
    let standing = held.standing(today);
    let last = held.until.filter(|_| standing != Standing::Good)?;
    let needs = |(visit, skills): &&Ahead| {
        let after = visit.booked.as_ref().is_some_and(|booked| booked.date > last);
        after && skills.contains(&held.skill.id)
    };
    let words = |(visit, _): &Ahead| {
        let when = visit.booked.as_ref().map(|booked| when_words(booked, zone)).unwrap_or_default();
        format!("{when}: {} of {}", visit.task.name, visit.patient.name)
    };
    let verb = if standing == Standing::Ended { "ended" } else { "ends" };
    Some(Affected {
        heading: format!("{} {verb} on {}", held.skill.name, in_words(last)),
        ended: standing == Standing::Ended,
        visits: ahead.iter().filter(needs).map(words).collect(),
    })
}

fn week(typed: &Typed) -> Vec<Choice> {
    let week = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"].map(|word| {
        let label = word.parse().map(|day| weekdays_in_words(&[day])).unwrap_or_default();
        Choice::new(word, label, typed.shift.days.iter().any(|day| day == word))
    });
    week.into()
}

fn skill_choices(skills: Vec<Skill>, typed: &Typed) -> Vec<Choice> {
    let mut choices = vec![Choice::new("", "Choose", typed.held.skill.is_empty())];
    choices.extend(skills.into_iter().map(|skill| {
        let id = skill.id.to_string();
        let is_chosen = id == typed.held.skill;
        Choice::new(id, format!("{} ({})", skill.name, kind(skill.kind).to_lowercase()), is_chosen)
    }));
    choices
}

fn forms(org: OrganisationId, one: &Practitioner, typed: Typed) -> Forms {
    let act = |act: &str| links::practitioner_act(org, one.id, act);
    Forms {
        move_base: act("base"),
        end: act("end"),
        again: act("again"),
        add_shift: act("shifts"),
        record: act("skills"),
        typed_base: typed.base.unwrap_or_else(|| one.base.to_string()),
        shift: typed.shift,
        typed: typed.held,
    }
}

fn kind(kind: SkillKind) -> &'static str {
    match kind {
        SkillKind::Skill => "Skill",
        SkillKind::Training => "Training",
        SkillKind::Credential => "Credential",
    }
}
