//! Rows of appointments. Lists, writing, the people and the types each have a file of their own.

mod lists;
mod people;
mod types;
mod writing;

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

use super::{Appointment, Directness, Kind, State};
use crate::db::{Backend, Conn};
use crate::domain::access::Places;
use crate::domain::schema::appointments;
use crate::kit::ids::{
    AppointmentId, OrganisationId, PlaceId, ResidentId, SeriesId, StaffMemberId, StatusTypeId,
};

pub use lists::{Busy, busy, busy_people, history, list, one, series};
pub use people::{clients, own_staff, therapists, zone_of_client};
pub use types::{
    change_status_type, insert_status_type, retire_status_type, settings, status_types, write_settings,
};
pub use writing::{
    cancel, change, insert, insert_series, last_changed_by, open_of_series, set_invoice, write_results,
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = appointments)]
#[diesel(check_for_backend(Backend))]
pub struct Row {
    id: AppointmentId,
    series_id: Option<SeriesId>,
    kind: Kind,
    resident_id: Option<ResidentId>,
    staff_member_id: Option<StaffMemberId>,
    place_id: PlaceId,
    service: String,
    directness: Directness,
    status_type_id: StatusTypeId,
    local_date: NaiveDate,
    starts_at: NaiveDateTime,
    ends_at: NaiveDateTime,
    time_zone: String,
    state: State,
    details: String,
    results_notes: String,
    rendered_at: Option<NaiveDateTime>,
    rendered_by_name: String,
    invoiced_at: Option<NaiveDateTime>,
    invoice: String,
    version: i64,
}

impl From<Row> for Appointment {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            series: row.series_id,
            kind: row.kind,
            resident: row.resident_id,
            staff: row.staff_member_id,
            place: row.place_id,
            service: row.service,
            directness: row.directness,
            status: row.status_type_id,
            local_date: row.local_date,
            starts_at: row.starts_at,
            ends_at: row.ends_at,
            time_zone: row.time_zone,
            state: row.state,
            details: row.details,
            results_notes: row.results_notes,
            rendered_at: row.rendered_at,
            rendered_by: row.rendered_by_name,
            invoiced_at: row.invoiced_at,
            invoice: row.invoice,
            version: row.version,
        }
    }
}

pub fn get(
    conn: &mut Conn,
    organisation: OrganisationId,
    places: &Places,
    id: AppointmentId,
) -> QueryResult<Appointment> {
    let mut query = appointments::table
        .filter(appointments::id.eq(id))
        .filter(appointments::organisation_id.eq(organisation))
        .select(Row::as_select())
        .into_boxed::<Backend>();
    if let Places::Only(assigned) = places {
        query = query.filter(appointments::place_id.eq_any(assigned.clone()));
    }
    query.first(conn).map(Appointment::from)
}
