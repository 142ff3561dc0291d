//! The areas of an organisation: adding and removing them.

use crate::db::{Conn, Tx};
use crate::domain::access::{ManageOrganisation, Right, Scope};
use crate::domain::coverage::{Area, AreaKind, Postcode, districts, store, unknown};
use crate::domain::{Refusal, audit};
use crate::kit::ids::CoverageAreaId;

/// Areas that one organisation can have.
const MOST: usize = 500;

/// Miles of a radius, at most.
pub const LONGEST_MILES: i32 = 100;

/// An area as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    pub id: CoverageAreaId,
    pub area: Area,
}

/// What a person typed.
#[derive(Debug, Clone, Default)]
pub struct Typed {
    /// `district` or `radius`.
    pub kind: String,
    /// Districts, or postcodes of them, with commas or spaces between; of a radius one.
    pub district: String,
    pub miles: String,
}

/// All areas, by their districts.
pub fn list<R: Right>(conn: &mut Conn, scope: &Scope<R>) -> Result<Vec<Kept>, Refusal> {
    Ok(store::list(conn, scope.organisation())?)
}

/// Adds what was typed, several districts at once; a radius that is there already gets the new miles.
///
/// # Errors
/// `Invalid` on `kind`, `district` or `miles`.
pub fn add(tx: &mut Tx<'_>, scope: &Scope<ManageOrganisation>, typed: &Typed) -> Result<Vec<Area>, Refusal> {
    let wanted = read(typed)?;
    let known = store::list(tx.conn, scope.organisation())?;
    if known.len() + wanted.len() > MOST {
        return Err(Refusal::invalid("district", format!("There can be {MOST} areas at most")));
    }
    let mut added = Vec::new();
    for area in wanted {
        let same =
            known.iter().find(|one| (one.area.kind, &one.area.district) == (area.kind, &area.district));
        let words = match same {
            Some(kept) if kept.area == area => {
                return Err(Refusal::invalid("district", format!("{} is covered already", area.words())));
            }
            Some(kept) => {
                store::change_miles(tx, scope.organisation(), kept.id, area.miles)?;
                format!("changed the area {} to {}", kept.area.words(), area.words())
            }
            None => {
                store::insert(tx, scope.organisation(), &area)?;
                format!("added the area {}", area.words())
            }
        };
        audit::record(tx, scope, audit::Event::new("coverage.changed", words))?;
        added.push(area);
    }
    Ok(added)
}

/// Takes an area away. What is booked there stays booked.
///
/// # Errors
/// `NotHere`.
pub fn remove(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageOrganisation>,
    id: CoverageAreaId,
) -> Result<Area, Refusal> {
    let known = store::list(tx.conn, scope.organisation())?;
    let kept = known.into_iter().find(|one| one.id == id).ok_or(Refusal::NotHere)?;
    store::delete(tx, scope.organisation(), id)?;
    let words = format!("took away the area {}", kept.area.words());
    audit::record(tx, scope, audit::Event::new("coverage.changed", words))?;
    Ok(kept.area)
}

fn read(typed: &Typed) -> Result<Vec<Area>, Refusal> {
    let kind = AreaKind::parse(&typed.kind)
        .ok_or_else(|| Refusal::invalid("kind", "Choose districts or miles around one"))?;
    let mut named = districts_of(&typed.district)?;
    named.dedup();
    if kind == AreaKind::District {
        let area = |district| Area { kind, district, miles: 0 };
        return Ok(named.into_iter().map(area).collect());
    }
    let [district] = named.as_slice() else {
        return Err(Refusal::invalid("district", "Enter one district: the miles are around its middle"));
    };
    if districts::position(district).is_none() {
        let words = format!("Where {district} lies is not known to Kinbridge. Add its neighbours one by one");
        return Err(Refusal::invalid("district", words));
    }
    let miles = typed.miles.trim().parse().ok().filter(|miles| (1..=LONGEST_MILES).contains(miles));
    let words = format!("Enter the miles, a whole number from 1 to {LONGEST_MILES}");
    let miles = miles.ok_or_else(|| Refusal::invalid("miles", words))?;
    Ok(vec![Area { kind, district: district.clone(), miles }])
}

/// Each district that is named, or whose postcode is, in their order and once.
fn districts_of(text: &str) -> Result<Vec<String>, Refusal> {
    // A whole postcode holds a space of its own.
    if let Some(postcode) = Postcode::parse(text) {
        return known(postcode.district()).map(|district| vec![district]);
    }
    let words =
        text.split(|c: char| c == ',' || c == ';' || c.is_whitespace()).filter(|word| !word.is_empty());
    let mut all = words.map(|word| known(&word.to_ascii_uppercase())).collect::<Result<Vec<_>, _>>()?;
    all.sort();
    if all.is_empty() {
        return Err(Refusal::invalid("district", "Enter a district such as LS1, or several with commas"));
    }
    Ok(all)
}

fn known(district: &str) -> Result<String, Refusal> {
    if districts::is_known(district) {
        return Ok(district.to_owned());
    }
    Err(Refusal::invalid("district", unknown(&crate::domain::organisations::one_line(district))))
}
