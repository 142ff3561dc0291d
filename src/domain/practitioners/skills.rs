//! What a practitioner has: recording, renewing and removing a skill, training or credential.

use chrono::{Datelike as _, NaiveDate};

use super::hours::in_words;
use super::keeping::{active, record as keep};
use super::{one, store};
use crate::db::{Conn, Tx};
use crate::domain::access::{EditStaff, Scope};
use crate::domain::organisations::{Changed, one_line, short};
use crate::domain::tasks::Skill;
use crate::domain::{Refusal, audit};
use crate::kit::ids::{SkillId, StaffMemberId};

const LONGEST_REFERENCE: usize = 100;

/// One skill of one practitioner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeldId(pub i64);

/// What was typed of one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TypedHeld {
    /// The number of a skill.
    pub skill: String,
    /// `2027-05-03`: its last day; empty for one without end.
    pub until: String,
    pub reference: String,
}

/// What can be recorded in an organisation, by name.
pub fn offered(conn: &mut Conn, scope: &Scope<EditStaff>) -> Result<Vec<Skill>, Refusal> {
    Ok(store::skills(conn, scope.organisation())?)
}

/// Records that a practitioner has something, or until when they have it now.
///
/// # Errors
/// `NotHere`, `Invalid` with the field, `Overtaken` when they are no practitioner any more.
pub fn record(
    tx: &mut Tx<'_>,
    scope: &Scope<EditStaff>,
    id: StaffMemberId,
    typed: &TypedHeld,
) -> Result<(), Refusal> {
    let before = active(tx, scope, id)?;
    let wanted: Option<SkillId> = typed.skill.trim().parse().ok();
    let all = store::skills(tx.conn, scope.organisation())?;
    let skill = all.into_iter().find(|skill| Some(skill.id) == wanted);
    let skill = skill.ok_or_else(|| Refusal::invalid("skill", "Choose one of the list"))?;
    let until = read_day(&typed.until)?;
    let reference = short("reference", one_line(&typed.reference), LONGEST_REFERENCE)?;
    let by = scope.by().name.clone();
    let last = until.map_or_else(|| "without end".to_owned(), |last| format!("until {}", in_words(last)));
    let name = &before.name;
    let event = match before.held.iter().find(|held| held.skill.id == skill.id) {
        None => {
            store::insert_held(tx, id, skill.id, until, &reference, &by)?;
            audit::Event::new(
                "practitioner.skill_recorded",
                format!("recorded {} of {name}, {last}", skill.name),
            )
        }
        Some(held) => {
            let mut changed = Changed::default();
            let said = |day: Option<NaiveDate>| day.map(in_words).unwrap_or_default();
            changed.note("Last day", &said(held.until), &said(until));
            changed.note("Reference", &held.reference, &reference);
            if changed.is_empty() {
                return Ok(());
            }
            store::write_held(tx, held.id, until, &reference, &by)?;
            let words = format!("renewed {} of {name}, {last}", skill.name);
            audit::Event::new("practitioner.skill_renewed", words).with(changed)
        }
    };
    keep(tx, scope, id, event)
}

/// Removes what was recorded.
///
/// # Errors
/// `NotHere` for what is not theirs, or was removed already.
pub fn remove(
    tx: &mut Tx<'_>,
    scope: &Scope<EditStaff>,
    id: StaffMemberId,
    held: HeldId,
) -> Result<(), Refusal> {
    let before = one(tx.conn, scope.organisation(), id)?;
    let gone = before.held.iter().find(|one| one.id == held).ok_or(Refusal::NotHere)?;
    store::delete_held(tx, id, held)?;
    let words = format!("removed {} of {}", gone.skill.name, before.name);
    keep(tx, scope, id, audit::Event::new("practitioner.skill_removed", words))
}

fn read_day(text: &str) -> Result<Option<NaiveDate>, Refusal> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let typed = ["%Y-%m-%d", "%d/%m/%Y", "%d %B %Y"];
    let day = typed.iter().find_map(|form| NaiveDate::parse_from_str(text, form).ok());
    // A year with a digit too few or too many is a slip.
    let day = day.filter(|day| (1990..=2100).contains(&day.year()));
    day.map(Some).ok_or_else(|| {
        Refusal::invalid("until", "Enter its last day as 2027-05-03, or leave it empty where it has no end")
    })
}
