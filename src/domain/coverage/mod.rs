//! Where visits are made: postcode districts, and circles around the middle of a district. Asks nobody: what a
//! postcode's district is follows from its letters, and where districts lie is in the program.

mod postcode;
mod store;

use crate::db::{Conn, text_enum};
use crate::domain::Refusal;
use crate::kit::ids::OrganisationId;

pub use postcode::Postcode;

text_enum! {
    /// How an area is described.
    pub enum AreaKind {
        /// All of one postcode district.
        District = "district",
        /// So many miles around the middle of one.
        Radius = "radius",
    }
}

/// An area where visits are made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Area {
    pub kind: AreaKind,
    /// Such as `LS1`.
    pub district: String,
    /// Of a radius.
    pub miles: i32,
}

/// Whether a postcode is inside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Coverage {
    Covered,
    /// The nearest district that is covered, with the miles to it where both are known.
    Not {
        nearest: Option<(String, Option<i32>)>,
    },
}

/// Whether visits are made at a postcode.
pub fn check(conn: &mut Conn, organisation: OrganisationId, at: &Postcode) -> Result<Coverage, Refusal> {
    Ok(inside(&store::areas(conn, organisation)?, at))
}

/// The same of areas that were read.
pub fn inside(areas: &[Area], at: &Postcode) -> Coverage {
    if areas.iter().any(|area| area.district == at.district()) {
        return Coverage::Covered;
    }
    Coverage::Not { nearest: areas.first().map(|area| (area.district.clone(), None)) }
}
