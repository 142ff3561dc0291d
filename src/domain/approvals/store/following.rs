//! What a sync left of the vendor's staff records, and the rows that follow from them.

use std::collections::HashMap;

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::{CHUNK, Row, Written};
use crate::db::{Conn, Tx, on_each};
use crate::domain::approvals::State;
use crate::domain::schema::{approvals, external_records, pairings, vendor_services};
use crate::domain::staff::SUBJECT;
use crate::kit::ids::{ApprovalId, ConnectionId, ExternalRecordId, OrganisationId, StaffMemberId};

/// A vendor's staff record with the staff member whom it is paired with.
pub struct Listed {
    pub id: ExternalRecordId,
    pub data: String,
    pub missing_runs: i32,
    pub local: Option<StaffMemberId>,
}

pub fn listed(conn: &mut Conn, connection: ConnectionId) -> QueryResult<Vec<Listed>> {
    let mut paired: HashMap<ExternalRecordId, StaffMemberId> = pairings::table
        .filter(pairings::connection_id.eq(connection))
        .filter(pairings::kind.eq(SUBJECT))
        .filter(pairings::ended_at.is_null())
        .select((pairings::external_record_id, pairings::local_id))
        .load::<(ExternalRecordId, StaffMemberId)>(conn)?
        .into_iter()
        .collect();
    let rows: Vec<(ExternalRecordId, String, i32)> = external_records::table
        .filter(external_records::connection_id.eq(connection))
        .filter(external_records::kind.eq(SUBJECT))
        .order(external_records::id)
        .select((external_records::id, external_records::data, external_records::missing_runs))
        .load(conn)?;
    let listed = |(id, data, missing_runs)| Listed { id, data, missing_runs, local: paired.remove(&id) };
    Ok(rows.into_iter().map(listed).collect())
}

/// Names of the vendor's services, by their identifiers there.
pub fn services(conn: &mut Conn, connection: ConnectionId) -> QueryResult<HashMap<String, String>> {
    let rows: Vec<(String, String)> = vendor_services::table
        .filter(vendor_services::connection_id.eq(connection))
        .select((vendor_services::external_id, vendor_services::name))
        .load(conn)?;
    Ok(rows.into_iter().collect())
}

pub fn of_connection(
    conn: &mut Conn,
    connection: ConnectionId,
) -> QueryResult<HashMap<ExternalRecordId, Row>> {
    let rows: Vec<Row> = approvals::table
        .filter(approvals::connection_id.eq(connection))
        .select(Row::as_select())
        .load(conn)?;
    Ok(rows.into_iter().map(|row| (row.external_record_id, row)).collect())
}

/// Somebody who was not known before.
pub struct NewRow {
    pub record: ExternalRecordId,
    pub state: State,
    pub written: Written,
    pub reason: String,
    pub decided_by_name: String,
}

impl NewRow {
    pub fn pending(record: ExternalRecordId, written: Written) -> Self {
        let (reason, decided_by_name) = (String::new(), String::new());
        Self { record, state: State::Pending, written, reason, decided_by_name }
    }
}

#[derive(Insertable)]
#[diesel(table_name = approvals)]
#[diesel(treat_none_as_default_value = false)]
struct Inserted<'a> {
    organisation_id: OrganisationId,
    connection_id: ConnectionId,
    external_record_id: ExternalRecordId,
    state: State,
    first_name: &'a str,
    last_name: &'a str,
    email: &'a str,
    vendor_role: &'a str,
    job_title: &'a str,
    title_folded: &'a str,
    service: &'a str,
    sort_name: &'a str,
    search_text: &'a str,
    flags: &'a str,
    looked_flags: &'a str,
    looked_by_name: &'a str,
    left_before: bool,
    permissions: &'a str,
    reason: &'a str,
    since: NaiveDateTime,
    decided_at: Option<NaiveDateTime>,
    decided_by_name: &'a str,
}

/// Inserts rows; their ids in the same order.
pub fn insert(
    tx: &mut Tx<'_>,
    (organisation_id, connection_id): (OrganisationId, ConnectionId),
    rows: &[NewRow],
) -> QueryResult<Vec<ApprovalId>> {
    let now = tx.now;
    let mut ids = Vec::with_capacity(rows.len());
    for piece in rows.chunks(CHUNK) {
        let piece: Vec<Inserted<'_>> =
            piece.iter().map(|row| row.inserted(organisation_id, connection_id, now)).collect();
        let mut made: Vec<ApprovalId> = on_each!(&mut *tx.conn, c => {
            diesel::insert_into(approvals::table).values(&piece).returning(approvals::id).get_results(c)
        })?;
        // Both engines number rows in the order in which they stand, but promise no order of what they return.
        made.sort_unstable();
        ids.append(&mut made);
    }
    Ok(ids)
}

impl NewRow {
    fn inserted(
        &self,
        organisation_id: OrganisationId,
        connection_id: ConnectionId,
        now: NaiveDateTime,
    ) -> Inserted<'_> {
        let written = &self.written;
        Inserted {
            organisation_id,
            connection_id,
            external_record_id: self.record,
            state: self.state,
            first_name: &written.first_name,
            last_name: &written.last_name,
            email: &written.email,
            vendor_role: &written.vendor_role,
            job_title: &written.job_title,
            title_folded: &written.title_folded,
            service: &written.service,
            sort_name: &written.sort_name,
            search_text: &written.search_text,
            flags: &written.flags,
            looked_flags: "",
            looked_by_name: "",
            left_before: false,
            permissions: "",
            reason: &self.reason,
            since: now,
            decided_at: self.state.is_decided().then_some(now),
            decided_by_name: &self.decided_by_name,
        }
    }
}

pub fn rewrite(tx: &mut Tx<'_>, id: ApprovalId, written: &Written) -> QueryResult<()> {
    diesel::update(approvals::table.find(id))
        .set((
            approvals::first_name.eq(&written.first_name),
            approvals::last_name.eq(&written.last_name),
            approvals::email.eq(&written.email),
            approvals::vendor_role.eq(&written.vendor_role),
            approvals::job_title.eq(&written.job_title),
            approvals::title_folded.eq(&written.title_folded),
            approvals::service.eq(&written.service),
            approvals::sort_name.eq(&written.sort_name),
            approvals::search_text.eq(&written.search_text),
            approvals::flags.eq(&written.flags),
        ))
        .execute(tx.conn)
        .map(drop)
}

/// A state that follows from the vendor's list, decided by nobody.
pub fn set_state(tx: &mut Tx<'_>, id: ApprovalId, state: State, reason: &str) -> QueryResult<()> {
    diesel::update(approvals::table.find(id))
        .set((
            approvals::state.eq(state),
            approvals::reason.eq(reason),
            approvals::decided_at.eq(state.is_decided().then_some(tx.now)),
        ))
        .execute(tx.conn)
        .map(drop)
}

/// Waits from now on, with nothing chosen, as somebody who left before.
pub fn wait_again(tx: &mut Tx<'_>, id: ApprovalId) -> QueryResult<()> {
    diesel::update(approvals::table.find(id))
        .set((
            approvals::state.eq(State::Pending),
            approvals::left_before.eq(true),
            approvals::looked_flags.eq(""),
            approvals::looked_by_name.eq(""),
            approvals::role.eq(None::<crate::domain::access::Role>),
            approvals::permissions.eq(""),
            approvals::ends_on.eq(None::<chrono::NaiveDate>),
            approvals::reason.eq(""),
            approvals::since.eq(tx.now),
            approvals::decided_at.eq(None::<NaiveDateTime>),
            approvals::decided_by_name.eq(""),
        ))
        .execute(tx.conn)
        .map(drop)
}
