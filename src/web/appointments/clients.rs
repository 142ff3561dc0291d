//! What a client's own page says of their appointments.

use super::{Row, only_therapy};
use crate::domain::access::{Permission, ViewAppointments};
use crate::domain::appointments::{self, Show, Wanted};
use crate::kit::ids::ResidentId;
use crate::links;
use crate::web::error::Fault;
use crate::web::visit::Visit;

/// How many are shown.
const NEXT: i64 = 5;

/// The next appointments of a client, and the way to all of them.
pub struct Upcoming {
    pub rows: Vec<Row>,
    pub all: String,
    pub plan: Option<String>,
}

/// `None` where there are no appointments, or not for this person.
pub async fn upcoming(visit: &Visit, client: ResidentId) -> Result<Option<Upcoming>, Fault> {
    if only_therapy(visit).is_err() || !visit.may(Permission::ViewAppointments) {
        return Ok(None);
    }
    let scope = visit.scope::<ViewAppointments>()?;
    let (org, now) = (scope.organisation(), visit.now);
    let wanted = Wanted { client: Some(client), show: Show::Scheduled, from: Some(now), ..Wanted::at(now) };
    let found = visit.read(move |conn| Ok(appointments::list(conn, &scope, &wanted, 0, NEXT)?)).await?;
    let plan = visit.may(Permission::ManageAppointments);
    Ok(Some(Upcoming {
        rows: found.rows.into_iter().map(|row| Row::new(visit, org, row)).collect(),
        all: links::appointments_of(org, client),
        plan: plan.then(|| links::new_appointment_of(org, client)),
    }))
}
