//! *Synchronization*: the window of a therapy organisation in which what Ensora Data Collection holds is mapped to what
//! is here, a page for each of its four tabs, and the handshake by which it is connected.
//!
//! Starting a pull only writes the request; a job does the rest. Whoever may not do something reads why.

pub mod frame;

use super::error::Answer;
use super::routes::{Line, Who, get};
use super::see_other;
use super::visit::{In, Visit};
use crate::domain::access::{PairRecords, Permission};
use crate::links;
use frame::Window;

pub fn routes() -> Vec<Line> {
    let map = Who::Holder(Permission::PairRecords);
    vec![get("/org/{org}/synchronization", map, index)]
}

/// Goes on to the first tab that this person has.
async fn index(visit: Visit, In(scope): In<PairRecords>) -> Answer {
    let (_, frame) = frame::open(&visit, Window::Clients).await?;
    let first = if frame.agencies.is_some() { Window::Agencies } else { Window::Clients };
    Ok(see_other(links::synchronization_tab(scope.organisation(), first.word())))
}
