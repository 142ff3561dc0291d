//! What may be asked of a practitioner, in the organisation's words: skills, trainings and credentials.

use chrono::NaiveDateTime;

use super::{Skill, SkillKind, store};
use crate::db::{Conn, Tx};
use crate::domain::access::{ManageOrganisation, Right, Scope};
use crate::domain::organisations::{Changed, readable_name, short};
use crate::domain::{Refusal, audit};
use crate::kit::ids::{OrganisationId, SkillId};
use crate::kit::names::fold_place;

/// Skills that one organisation can have, retired ones too.
const MOST: usize = 300;

/// A skill as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptSkill {
    pub skill: Skill,
    /// Not asked for anew; tasks and practitioners that have it keep it.
    pub retired_at: Option<NaiveDateTime>,
}

impl SkillKind {
    /// As screens show it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Skill => "Skill",
            Self::Training => "Training",
            Self::Credential => "Credential",
        }
    }
}

/// All skills, retired ones too, by name.
pub fn skills<R: Right>(conn: &mut Conn, scope: &Scope<R>) -> Result<Vec<KeptSkill>, Refusal> {
    Ok(store::skills(conn, scope.organisation())?)
}

/// Those that are in use, by name.
pub fn skills_in_use(conn: &mut Conn, organisation: OrganisationId) -> Result<Vec<Skill>, Refusal> {
    let all = store::skills(conn, organisation)?;
    Ok(all.into_iter().filter(|one| one.retired_at.is_none()).map(|one| one.skill).collect())
}

/// Adds a skill.
///
/// # Errors
/// `Invalid` on `kind`, or on `name`, also where another has it.
pub fn add_skill(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageOrganisation>,
    kind: &str,
    name: &str,
) -> Result<SkillId, Refusal> {
    let known = store::skills(tx.conn, scope.organisation())?;
    if known.len() >= MOST {
        return Err(Refusal::invalid("name", format!("There can be {MOST} skills at most")));
    }
    let kind = read_kind(kind)?;
    let (name, folded) = usable(&known, name, None)?;
    let id = store::insert_skill(tx, scope.organisation(), kind, (&name, &folded))?;
    let words = format!("added the {} {name}", kind.as_str());
    audit::record(tx, scope, audit::Event::new("skill.added", words).about("skill", id.0))?;
    Ok(id)
}

/// Renames a skill, or says that it is of another sort. Whoever has it has it under the new name.
///
/// # Errors
/// `NotHere`, `Invalid` as where one is added.
pub fn change_skill(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageOrganisation>,
    id: SkillId,
    kind: &str,
    name: &str,
) -> Result<(), Refusal> {
    let known = store::skills(tx.conn, scope.organisation())?;
    let before = &known.iter().find(|one| one.skill.id == id).ok_or(Refusal::NotHere)?.skill;
    let kind = read_kind(kind)?;
    let (name, folded) = usable(&known, name, Some(id))?;
    let mut changed = Changed::default();
    changed.note("Kind", before.kind.words(), kind.words());
    changed.note("Name", &before.name, &name);
    if changed.is_empty() {
        return Ok(());
    }
    store::change_skill(tx, scope.organisation(), id, kind, (&name, &folded))?;
    let words = format!("changed the {} {}: {}", before.kind.as_str(), before.name, changed.fields());
    let event = audit::Event::new("skill.changed", words).about("skill", id.0);
    audit::record(tx, scope, event.with(changed))?;
    Ok(())
}

/// Asks for a skill no more in what is set up from now on.
///
/// # Errors
/// `NotHere`; `Overtaken` where it is retired already.
pub fn retire_skill(tx: &mut Tx<'_>, scope: &Scope<ManageOrganisation>, id: SkillId) -> Result<(), Refusal> {
    let at = Some(tx.now);
    offered(tx, scope, id, at, ("skill.retired", "retired", "is retired already"))
}

/// Offers a skill again.
///
/// # Errors
/// `NotHere`; `Overtaken` where it is offered already.
pub fn restore_skill(tx: &mut Tx<'_>, scope: &Scope<ManageOrganisation>, id: SkillId) -> Result<(), Refusal> {
    offered(tx, scope, id, None, ("skill.restored", "offers again", "is offered already"))
}

fn offered(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageOrganisation>,
    id: SkillId,
    at: Option<NaiveDateTime>,
    (verb, did, already): (&'static str, &str, &str),
) -> Result<(), Refusal> {
    let known = store::skills(tx.conn, scope.organisation())?;
    let kept = known.into_iter().find(|one| one.skill.id == id).ok_or(Refusal::NotHere)?;
    let skill = kept.skill;
    if kept.retired_at.is_some() == at.is_some() {
        return Err(Refusal::overtaken(format!("{} {already}.", skill.name)));
    }
    store::retire_skill(tx, scope.organisation(), id, at)?;
    let words = format!("{did} the {} {}", skill.kind.as_str(), skill.name);
    audit::record(tx, scope, audit::Event::new(verb, words).about("skill", id.0))?;
    Ok(())
}

fn read_kind(kind: &str) -> Result<SkillKind, Refusal> {
    SkillKind::parse(kind).ok_or_else(|| Refusal::invalid("kind", "Choose skill, training or credential"))
}

fn usable(known: &[KeptSkill], name: &str, own: Option<SkillId>) -> Result<(String, String), Refusal> {
    let name = short("name", readable_name("name", name, "a name such as Phlebotomy")?, 80)?;
    let folded = fold_place(&name);
    if folded.is_empty() {
        return Err(Refusal::invalid("name", "Use letters in the name"));
    }
    let same = known.iter().find(|one| Some(one.skill.id) != own && fold_place(&one.skill.name) == folded);
    match same {
        None => Ok((name, folded)),
        Some(kept) if kept.retired_at.is_some() => {
            Err(Refusal::invalid("name", "A retired one has this name. Restore it instead"))
        }
        Some(_) => Err(Refusal::invalid("name", "Another one has this name. Choose a different one")),
    }
}
