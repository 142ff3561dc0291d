//! Types of status: what can become of an appointment, in an organisation's own words, with what follows from each.

use chrono::NaiveDateTime;
use diesel::QueryResult;

use super::store;
use crate::db::{Conn, Tx};
use crate::domain::access::{ManageOrganisation, Right, Scope};
use crate::domain::organisations::{Changed, readable_name, short};
use crate::domain::{Refusal, audit};
use crate::kit::ids::StatusTypeId;
use crate::kit::names::fold;

/// Types that one organisation can have.
const MOST: usize = 60;

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusType {
    pub id: StatusTypeId,
    pub name: String,
    pub flags: Flags,
    /// Not offered any more; the appointments that have it keep it.
    pub retired_at: Option<NaiveDateTime>,
}

/// What follows from it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a tick of its own in every program of this kind")]
pub struct Flags {
    /// It goes on to billing; else its billed time is none.
    pub billable: bool,
    /// It goes on to payroll; else nobody is paid for it.
    pub payroll: bool,
    /// It cancels the appointment, which then cannot be rendered.
    pub cancellation: bool,
    /// The time may be made up for later.
    pub makeupable: bool,
    /// An appointment that is made with it is rendered at once, where every check passes.
    pub auto_render: bool,
}

impl Flags {
    /// `Billable, payroll`, or `None of them`.
    pub fn words(self) -> String {
        let all = [
            (self.billable, "billable"),
            (self.payroll, "payroll"),
            (self.cancellation, "cancellation"),
            (self.makeupable, "makeupable"),
            (self.auto_render, "auto-render"),
        ];
        let set: Vec<&str> = all.into_iter().filter(|(is, _)| *is).map(|(_, word)| word).collect();
        if set.is_empty() { "none of them".to_owned() } else { set.join(", ") }
    }
}

/// Every type of the organisation, those that are offered first.
pub fn status_types<R: Right>(conn: &mut Conn, scope: &Scope<R>) -> QueryResult<Vec<StatusType>> {
    store::status_types(conn, scope.organisation())
}

/// Adds a type.
///
/// # Errors
/// `Invalid` on `name`, also where another has it, or on `auto_render` with `cancellation`.
pub fn add_status_type(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageOrganisation>,
    name: &str,
    flags: Flags,
) -> Result<StatusTypeId, Refusal> {
    let known = store::status_types(tx.conn, scope.organisation())?;
    if known.len() >= MOST {
        return Err(Refusal::invalid("name", format!("There can be {MOST} status types at most")));
    }
    let (name, folded) = usable(&known, name, flags, None)?;
    let id = store::insert_status_type(tx, scope.organisation(), (&name, &folded), flags)?;
    let words = format!("added the status type {name}: {}", flags.words());
    audit::record(tx, scope, audit::Event::new("status_type.added", words).about("status type", id.0))?;
    Ok(id)
}

/// Renames a type, or changes what follows from it. What was done with it before stays as it was.
///
/// # Errors
/// `NotHere`, `Invalid` as where one is added.
pub fn change_status_type(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageOrganisation>,
    id: StatusTypeId,
    name: &str,
    flags: Flags,
) -> Result<(), Refusal> {
    let known = store::status_types(tx.conn, scope.organisation())?;
    let before = known.iter().find(|one| one.id == id).cloned().ok_or(Refusal::NotHere)?;
    let (name, folded) = usable(&known, name, flags, Some(id))?;
    let mut changed = Changed::default();
    changed.note("Name", &before.name, &name);
    changed.note("Flags", &before.flags.words(), &flags.words());
    if changed.is_empty() {
        return Ok(());
    }
    store::change_status_type(tx, scope.organisation(), id, (&name, &folded), flags)?;
    let words = format!("changed the status type {}: {}", before.name, changed.fields());
    let event = audit::Event::new("status_type.changed", words).about("status type", id.0);
    audit::record(tx, scope, event.with(changed))?;
    Ok(())
}

/// Takes a type out of what is offered, or offers it again.
///
/// # Errors
/// `NotHere`; `Overtaken` when it is so already, or it is the last that an appointment can be planned with.
pub fn offer_status_type(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageOrganisation>,
    id: StatusTypeId,
    offer: Offer,
) -> Result<(), Refusal> {
    let known = store::status_types(tx.conn, scope.organisation())?;
    let one = known.iter().find(|one| one.id == id).ok_or(Refusal::NotHere)?;
    let (verb, words, at) = match (offer, one.retired_at) {
        (Offer::Retire, Some(_)) => {
            return Err(Refusal::overtaken(format!("{} is retired already.", one.name)));
        }
        (Offer::Again, None) => return Err(Refusal::overtaken(format!("{} is offered already.", one.name))),
        (Offer::Retire, None) => ("status_type.retired", "retired the status type", Some(tx.now)),
        (Offer::Again, Some(_)) => ("status_type.offered", "offers again the status type", None),
    };
    let plans = |one: &&StatusType| one.retired_at.is_none() && !one.flags.cancellation;
    if offer == Offer::Retire && plans(&one) && known.iter().filter(plans).count() == 1 {
        let words =
            format!("{} is the last with which an appointment can be planned. Add another first.", one.name);
        return Err(Refusal::overtaken(words));
    }
    let words = format!("{words} {}", one.name);
    store::retire_status_type(tx, scope.organisation(), id, at)?;
    audit::record(tx, scope, audit::Event::new(verb, words).about("status type", id.0))?;
    Ok(())
}

/// Whether a type is offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offer {
    Retire,
    Again,
}

fn usable(
    known: &[StatusType],
    name: &str,
    flags: Flags,
    own: Option<StatusTypeId>,
) -> Result<(String, String), Refusal> {
    let name = short("name", readable_name("name", name, "the name of the status")?, 60)?;
    let folded = fold(&name);
    if folded.is_empty() {
        return Err(Refusal::invalid("name", "Use letters in the name"));
    }
    if known.iter().any(|one| Some(one.id) != own && fold(&one.name) == folded) {
        return Err(Refusal::invalid("name", "Another status type has this name. Choose a different one"));
    }
    if flags.cancellation && flags.auto_render {
        let words = "What is cancelled cannot be rendered. Take one of the two ticks away";
        return Err(Refusal::invalid("auto_render", words));
    }
    Ok((name, folded))
}
