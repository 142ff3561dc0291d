//! In which care record a person's entries are written: in one, whatever they have records in. A manager chooses for a
//! resident, a super manager for all who have records in several; where nobody chose, it is the one that they are
//! linked in. Entries that are on their way already stay where they are, and what corrects them follows them there.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use diesel::QueryResult;

use super::store::{self, Kept, New};
use super::{State, waiting};
use crate::connectors::Vendor;
use crate::db::{Conn, Tx};
use crate::domain::access::{EditResidents, ManageOrganisation, Right, Scope};
use crate::domain::audit::{self, Event};
use crate::domain::{Refusal, residents};
use crate::kit::ids::{OrganisationId, ResidentId};

/// What decides where the entries of some residents go.
#[derive(Debug, Default)]
pub(super) struct Systems {
    pub own: HashMap<ResidentId, Vendor>,
    pub default: Option<Vendor>,
    /// Those that the organisation has switched on, or is about to.
    pub on: Vec<Vendor>,
    /// Those that it ever had to do with.
    pub known: Vec<Vendor>,
    pub paired: HashMap<ResidentId, BTreeSet<Vendor>>,
}

impl Systems {
    pub fn read(
        conn: &mut Conn,
        organisation: OrganisationId,
        residents: &[ResidentId],
    ) -> QueryResult<Self> {
        let known = store::connected(conn, organisation)?;
        let vendors = |only_on: bool| {
            let known = known.iter().filter(|(vendor, on)| vendor.about().writes && (*on || !only_on));
            known.map(|(vendor, _)| *vendor).collect()
        };
        let (on, known) = (vendors(true), vendors(false));
        Ok(Self {
            own: store::choices(conn, residents)?,
            default: store::default(conn, organisation)?,
            paired: store::paired_in(conn, organisation, residents)?,
            on,
            known,
        })
    }

    /// The one system for this person's entries.
    pub fn of(&self, resident: ResidentId) -> Vendor {
        if let Some(own) = self.own.get(&resident) {
            return *own;
        }
        let linked: Vec<Vendor> = match self.paired.get(&resident) {
            Some(paired) => paired.iter().copied().filter(|vendor| self.on.contains(vendor)).collect(),
            None => Vec::new(),
        };
        let among = if linked.is_empty() { &self.on } else { &linked };
        let default = self.default.filter(|default| among.contains(default));
        let first = among.first().or(self.known.first()).copied();
        default.or(first).or_else(|| Vendor::written_to().next()).unwrap_or_else(|| {
            let [first, ..] = Vendor::ALL;
            first
        })
    }

    /// Why an entry of somebody waits who is not linked in the system that it is for.
    pub fn not_paired(&self, resident: ResidentId, vendor: Vendor) -> String {
        if self.own.contains_key(&resident) {
            waiting::not_paired(&[vendor])
        } else {
            self.nobody_paired(vendor)
        }
    }

    /// The same for all for whom nobody chose: whichever link is made first decides.
    pub fn nobody_paired(&self, vendor: Vendor) -> String {
        if self.on.len() > 1 { waiting::not_paired(&self.on) } else { waiting::not_paired(&[vendor]) }
    }
}

/// Where an act's next version goes: to where an earlier one may be.
pub(super) fn follows(versions: &[Kept]) -> Option<Vendor> {
    let may_be_there = |one: &&Kept| {
        let there = [State::Sent, State::Sending, State::Uncertain, State::Doubtful, State::Dead];
        there.contains(&one.state) || one.look_first
    };
    versions.iter().filter(may_be_there).max_by_key(|one| one.version).and_then(Kept::vendor)
}

/// Rows by the system that they are for, each in the order in which they stand.
pub(super) fn by_system<'a>(systems: &Systems, rows: Vec<New<'a>>) -> BTreeMap<Vendor, Vec<New<'a>>> {
    let mut by_system: BTreeMap<Vendor, Vec<New<'a>>> = BTreeMap::new();
    for row in rows {
        by_system.entry(systems.of(row.act.resident)).or_default().push(row);
    }
    by_system
}

/// Takes entries that are certainly nowhere yet to the system that they are for now.
pub(super) fn settle_systems(tx: &mut Tx<'_>, organisation: OrganisationId) -> QueryResult<Systems> {
    let lines = store::movable(tx.conn, organisation)?;
    let residents: BTreeSet<ResidentId> = lines.iter().map(|(resident, _)| *resident).collect();
    let residents: Vec<ResidentId> = residents.into_iter().collect();
    let systems = Systems::read(tx.conn, organisation, &residents)?;
    let mut moves: BTreeMap<(String, Vendor), Vec<ResidentId>> = BTreeMap::new();
    for (resident, from) in lines {
        let to = systems.of(resident);
        if from != to.id() {
            moves.entry((from, to)).or_default().push(resident);
        }
    }
    for ((from, to), residents) in moves {
        store::move_to(tx, organisation, (&from, to), &residents)?;
    }
    Ok(systems)
}

/// Where one resident's updates go, for their page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    /// Where they go as things stand.
    pub system: Vendor,
    /// What a manager chose for this resident.
    pub chosen: Option<Vendor>,
    /// Those that can be chosen.
    pub can_be: Vec<Vendor>,
    /// Those in which the resident is linked.
    pub linked: Vec<Vendor>,
}

/// Where the updates of a resident go.
///
/// # Errors
/// `NotHere` for a resident outside the scope.
pub fn destination<R: residents::Sees>(
    conn: &mut Conn,
    scope: &Scope<R>,
    resident: ResidentId,
) -> Result<Destination, Refusal> {
    residents::get(conn, scope, resident)?;
    let systems = Systems::read(conn, scope.organisation(), &[resident])?;
    let chosen = systems.own.get(&resident).copied();
    let mut can_be = systems.on.clone();
    can_be.extend(chosen.filter(|chosen| !systems.on.contains(chosen)));
    let linked = systems.paired.get(&resident).into_iter().flatten().copied().collect();
    Ok(Destination { system: systems.of(resident), chosen, can_be, linked })
}

/// The systems of several residents at once, for previews.
pub fn destinations<R: Right>(
    conn: &mut Conn,
    scope: &Scope<R>,
    residents: &[ResidentId],
) -> QueryResult<HashMap<ResidentId, Vendor>> {
    let systems = Systems::read(conn, scope.organisation(), residents)?;
    Ok(residents.iter().map(|resident| (*resident, systems.of(*resident))).collect())
}

/// Chooses the care record for one resident's updates; `None` leaves it to the organisation again.
///
/// # Errors
/// `NotHere` for a resident outside the scope, `Invalid` for a system that is not switched on.
pub fn choose(
    tx: &mut Tx<'_>,
    scope: &Scope<EditResidents>,
    resident: ResidentId,
    system: Option<Vendor>,
) -> Result<(), Refusal> {
    let before = destination(tx.conn, scope, resident)?;
    if before.chosen == system {
        return Ok(());
    }
    if system.is_some_and(|system| !before.can_be.contains(&system)) {
        return Err(Refusal::invalid("system", "Choose a care record system that is switched on"));
    }
    store::set_choice(tx, resident, system)?;
    let name = residents::get(tx.conn, scope, resident)?.name();
    let words = match system {
        Some(system) => format!("chose {system} for the updates of {name}"),
        None => format!("left it to the organisation where the updates of {name} go"),
    };
    let event = Event::new("timeline.chosen", words).about(residents::SUBJECT, resident.0);
    audit::record(tx, scope, event)?;
    Ok(())
}

/// What the organisation chose for people with records in several systems, and which it can choose.
pub fn default_system<R: Right>(
    conn: &mut Conn,
    scope: &Scope<R>,
) -> QueryResult<(Option<Vendor>, Vec<Vendor>)> {
    let systems = Systems::read(conn, scope.organisation(), &[])?;
    let mut can_be = systems.on.clone();
    can_be.extend(systems.default.filter(|default| !systems.on.contains(default)));
    Ok((systems.default, can_be))
}

/// Sets it; `None`: the first that there is.
///
/// # Errors
/// `Invalid` for a system that is not switched on.
pub fn set_default(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageOrganisation>,
    system: Option<Vendor>,
) -> Result<(), Refusal> {
    let (before, can_be) = default_system(tx.conn, scope)?;
    if before == system {
        return Ok(());
    }
    if system.is_some_and(|system| !can_be.contains(&system)) {
        return Err(Refusal::invalid("system", "Choose a care record system that is switched on"));
    }
    store::set_default(tx, scope.organisation(), system)?;
    let words = match system {
        Some(system) => {
            format!("chose {system} for the updates of residents with records in several systems")
        }
        None => "chose no care record system for residents with records in several".to_owned(),
    };
    audit::record(tx, scope, Event::new("timeline.default", words))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADA: ResidentId = ResidentId(1);

    fn systems(on: &[Vendor], paired: &[Vendor]) -> Systems {
        Systems {
            on: on.to_vec(),
            known: on.to_vec(),
            paired: HashMap::from([(ADA, paired.iter().copied().collect())]),
            ..Systems::default()
        }
    }

    #[test]
    fn the_residents_own_choice_comes_first_then_the_link_then_the_organisations() {
        let both = [Vendor::Nourish, Vendor::Pcs];
        let mut at = systems(&both, &both);
        assert_eq!(at.of(ADA), Vendor::Nourish);
        at.default = Some(Vendor::Pcs);
        assert_eq!(at.of(ADA), Vendor::Pcs);
        at.own.insert(ADA, Vendor::Nourish);
        assert_eq!(at.of(ADA), Vendor::Nourish);
        let mut at = systems(&both, &[Vendor::Nourish]);
        at.default = Some(Vendor::Pcs);
        assert_eq!(at.of(ADA), Vendor::Nourish, "the only link");
    }

    #[test]
    fn who_is_linked_nowhere_waits_for_whichever_link_comes_first() {
        let both = [Vendor::Nourish, Vendor::Pcs];
        let mut at = systems(&both, &[]);
        assert_eq!(at.of(ADA), Vendor::Nourish);
        at.default = Some(Vendor::Pcs);
        assert_eq!(at.of(ADA), Vendor::Pcs);
        assert!(at.not_paired(ADA, Vendor::Pcs).contains("Nourish or PCS"));
        at.own.insert(ADA, Vendor::Pcs);
        assert!(!at.not_paired(ADA, Vendor::Pcs).contains("Nourish"));
    }

    #[test]
    fn a_system_that_is_off_gets_nothing_while_another_is_on() {
        let mut at = systems(&[Vendor::Nourish], &[Vendor::Pcs, Vendor::Nourish]);
        at.default = Some(Vendor::Pcs);
        assert_eq!(at.of(ADA), Vendor::Nourish);
        let mut none = systems(&[], &[Vendor::Pcs]);
        none.known = vec![Vendor::Pcs];
        assert_eq!(none.of(ADA), Vendor::Pcs);
        assert_eq!(Systems::default().of(ADA), Vendor::Nourish);
    }
}
