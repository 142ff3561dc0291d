//! Rows of those who take part, as far as planning needs them.

use chrono::NaiveDate;
use chrono_tz::Tz;
use diesel::prelude::*;

use super::super::people::{Client, Therapist};
use crate::db::{Backend, Conn};
use crate::domain::access::Places;
use crate::domain::residents::ResidentState;
use crate::domain::schema::{external_records, pairings, residents, staff_members};
use crate::domain::staff::StaffState;
use crate::kit::ids::{AccountId, OrganisationId, PlaceId, ResidentId, StaffMemberId};

pub fn clients(conn: &mut Conn, organisation: OrganisationId, places: &Places) -> QueryResult<Vec<Client>> {
    let mut query = residents::table
        .filter(residents::organisation_id.eq(organisation))
        .filter(residents::state.eq(ResidentState::Active))
        .order((residents::sort_name, residents::id))
        .select((
            residents::id,
            residents::first_name,
            residents::last_name,
            residents::date_of_birth,
            residents::home_id,
        ))
        .into_boxed::<Backend>();
    if let Places::Only(ids) = places {
        let here = residents::home_id
            .eq_any(ids.clone())
            .or(residents::zone_id.assume_not_null().eq_any(ids.clone()));
        query = query.filter(here);
    }
    let rows: Vec<(ResidentId, String, String, Option<NaiveDate>, PlaceId)> = query.load(conn)?;
    let client = |(id, first_name, last_name, born, home)| Client { id, first_name, last_name, born, home };
    Ok(rows.into_iter().map(client).collect())
}

pub fn therapists(conn: &mut Conn, organisation: OrganisationId) -> QueryResult<Vec<Therapist>> {
    let rows: Vec<(StaffMemberId, String, String, String)> = staff_members::table
        .filter(staff_members::organisation_id.eq(organisation))
        .filter(staff_members::state.eq(StaffState::Active))
        .order((staff_members::sort_name, staff_members::id))
        .select((
            staff_members::id,
            staff_members::first_name,
            staff_members::last_name,
            staff_members::email,
        ))
        .load(conn)?;
    let one = |(id, first, last, email): (StaffMemberId, String, String, String)| Therapist {
        id,
        name: format!("{first} {last}").trim().to_owned(),
        email,
    };
    Ok(rows.into_iter().map(one).collect())
}

/// The time zone that a vendor says a client is in, where they are mapped.
pub fn zone_of_client(
    conn: &mut Conn,
    organisation: OrganisationId,
    client: ResidentId,
) -> QueryResult<Option<Tz>> {
    let known = residents::table
        .filter(residents::id.eq(client))
        .filter(residents::organisation_id.eq(organisation))
        .select(residents::id);
    let records: Vec<String> = pairings::table
        .inner_join(external_records::table)
        .filter(pairings::kind.eq("resident"))
        .filter(pairings::local_id.eq(client.0))
        .filter(pairings::ended_at.is_null())
        .filter(diesel::dsl::exists(known))
        .order(pairings::id.desc())
        .select(external_records::data)
        .load(conn)?;
    let zone = |data: &String| {
        let record: serde_json::Value = serde_json::from_str(data).ok()?;
        record.get("time_zone")?.as_str()?.parse().ok()
    };
    Ok(records.iter().find_map(zone))
}

pub fn own_staff(
    conn: &mut Conn,
    organisation: OrganisationId,
    account: Option<AccountId>,
    email: &str,
) -> QueryResult<Option<StaffMemberId>> {
    let own = account.map_or(-1, |account| account.0);
    let of = |conn: &mut Conn| {
        staff_members::table
            .filter(staff_members::organisation_id.eq(organisation))
            .filter(staff_members::account_id.assume_not_null().eq(own))
            .select(staff_members::id)
            .first(conn)
            .optional()
    };
    if let Some(id) = of(conn)? {
        return Ok(Some(id));
    }
    let named: Vec<StaffMemberId> = staff_members::table
        .filter(staff_members::organisation_id.eq(organisation))
        .filter(staff_members::state.eq(StaffState::Active))
        .filter(staff_members::email.eq(email.to_lowercase()))
        .select(staff_members::id)
        .limit(2)
        .load(conn)?;
    let only = if let [one] = named.as_slice() { Some(*one) } else { None };
    Ok(only.filter(|_| !email.is_empty()))
}
