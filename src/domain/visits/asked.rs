//! Visits as a program asks for them: by conditions, in an order, from a mark on.

use super::{Sees, Visit, lists, store};
use crate::db::Conn;
use crate::domain::Refusal;
use crate::domain::access::Scope;
use crate::domain::api_keys::{Asked, Mode};

/// One more than the page has, if there is one.
pub fn asked<R: Sees>(
    conn: &mut Conn,
    scope: &Scope<R>,
    mode: Mode,
    asked: &Asked,
) -> Result<Vec<Visit>, Refusal> {
    let reach = lists::reach(conn, scope)?;
    Ok(store::asked(conn, (scope.organisation(), mode, reach), asked)?)
}
