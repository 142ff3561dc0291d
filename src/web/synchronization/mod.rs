//! *Synchronization*: the window of a therapy organisation in which what Ensora Data Collection holds is mapped to what
//! is here, a page for each of its four tabs, and the handshake by which it is connected.
//!
//! Starting a pull only writes the request; a job does the rest. Whoever may not do something reads why.

mod cascade;
mod connection;
mod create;
pub mod frame;
mod note;
mod note_tools;
mod notes;
mod pages;
mod row;
mod rows;

use super::error::{Answer, Fault};
use super::routes::{Line, Who, get, post};
use super::see_other;
use super::visit::{In, Visit};
use crate::db::Tx;
use crate::domain::Refusal;
use crate::domain::access::{PairRecords, Permission, Scope};
use crate::domain::mapping::{self, Kind};
use crate::domain::notes::{Touched, match_waiting};
use crate::links;
use frame::Window;

/// The same line for each of the three tabs, whose words stand in the path.
macro_rules! each_tab {
    ($lines:expr, $method:ident, $end:literal, $who:expr, $handler:path) => {
        $lines.push($method(concat!("/org/{org}/synchronization/agencies", $end), $who, $handler));
        $lines.push($method(concat!("/org/{org}/synchronization/clients", $end), $who, $handler));
        $lines.push($method(concat!("/org/{org}/synchronization/staff", $end), $who, $handler));
    };
}

pub fn routes() -> Vec<Line> {
    let map = Who::Holder(Permission::PairRecords);
    let manage = Who::Holder(Permission::ManageIntegrations);
    let mut lines = vec![get("/org/{org}/synchronization", map, index)];
    lines.extend(connection::routes());
    each_tab!(lines, get, "", map, rows::index);
    each_tab!(lines, post, "", map, rows::save);
    each_tab!(lines, get, "/{record}", map, row::show);
    each_tab!(lines, get, "/{record}/choose", map, row::choose);
    each_tab!(lines, post, "/{record}/choose", map, row::chosen);
    each_tab!(lines, post, "/{record}/delete", map, row::delete);
    each_tab!(lines, post, "/{record}/not-the-same", manage, row::not_the_same);
    each_tab!(lines, post, "/{record}/refusals", manage, row::withdraw);
    each_tab!(lines, get, "/{record}/what-follows", manage, cascade::show);
    each_tab!(lines, post, "/{record}/what-follows", manage, cascade::delete);
    each_tab!(lines, get, "/{record}/new", map, create::form);
    each_tab!(lines, post, "/{record}/new", map, create::create);
    lines.extend(notes::routes());
    lines.extend(note::routes());
    lines.extend(note_tools::routes());
    lines.push(post(
        "/org/{org}/synchronization/agencies/{record}/alias",
        Who::Holder(Permission::ManagePlaces),
        row::alias,
    ));
    lines
}

/// Goes on to the first tab that this person has.
async fn index(visit: Visit, In(scope): In<PairRecords>) -> Answer {
    let (_, frame) = frame::open(&visit, Window::Clients).await?;
    let first = if frame.agencies.is_some() { Window::Agencies } else { Window::Clients };
    Ok(see_other(links::synchronization_tab(scope.organisation(), first.word())))
}

/// Which tab the path is of.
fn tab(visit: &Visit) -> Result<(Window, Kind), Fault> {
    match visit.path().split('/').nth(4) {
        Some("agencies") => Ok((Window::Agencies, Kind::Site)),
        Some("clients") => Ok((Window::Clients, Kind::Student)),
        Some("staff") => Ok((Window::Staff, Kind::User)),
        _ => Err(Fault::NotFound),
    }
}

/// What follows once people or sites were mapped by hand, in the same transaction: the notes that waited for them find
/// their appointments. `whom` are the vendor's identifiers of who was mapped.
fn after_mapping(
    tx: &mut Tx<'_>,
    scope: &Scope<PairRecords>,
    (kind, whom): (Kind, Vec<String>),
) -> Result<(), Refusal> {
    let connection = mapping::connection(tx.conn, scope)?.ok_or(Refusal::NotHere)?;
    let touched = match kind {
        Kind::Site => Touched::Everything,
        Kind::Student => Touched::People { students: whom, users: Vec::new() },
        Kind::User => Touched::People { students: Vec::new(), users: whom },
    };
    match_waiting(tx, scope, connection.id, None, &touched)?;
    Ok(())
}
