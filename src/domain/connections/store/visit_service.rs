//! Rows of what visits are booked with, and of what services sent.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::Connection;
use crate::db::{Backend, Conn, Tx, both};
use crate::domain::connections::{HookForm, VisitSettings};
use crate::domain::schema::{heard_events as heard, visit_services as services};
use crate::kit::ids::{ConnectionId, OrganisationId};

#[derive(Clone, Queryable, Selectable)]
#[diesel(table_name = services)]
#[diesel(check_for_backend(Backend))]
pub struct VisitServiceRow {
    #[diesel(column_name = connection_id)]
    pub connection: ConnectionId,
    #[diesel(column_name = organisation_id)]
    pub organisation: OrganisationId,
    pub phone: String,
    pub email: String,
    pub shares_nhs_number: bool,
    pub hook_path: String,
    pub hook_form: HookForm,
    pub hook_header: String,
    pub hook_sealed: Vec<u8>,
    pub hook_end: String,
    pub heard_at: Option<NaiveDateTime>,
}

impl VisitServiceRow {
    pub fn settings(self) -> VisitSettings {
        VisitSettings {
            phone: self.phone,
            email: self.email,
            shares_nhs_number: self.shares_nhs_number,
            hook_path: self.hook_path,
            hook_form: self.hook_form,
            hook_header: self.hook_header,
            hook_end: self.hook_end,
            heard_at: self.heard_at,
        }
    }
}

pub fn visit_service(conn: &mut Conn, connection: ConnectionId) -> QueryResult<Option<VisitServiceRow>> {
    services::table.find(connection).select(VisitServiceRow::as_select()).first(conn).optional()
}

pub fn visit_service_at(conn: &mut Conn, path: &str) -> QueryResult<Option<VisitServiceRow>> {
    services::table
        .filter(services::hook_path.eq(path))
        .select(VisitServiceRow::as_select())
        .first(conn)
        .optional()
}

pub fn all_visit_services(conn: &mut Conn) -> QueryResult<Vec<VisitServiceRow>> {
    services::table.order(services::connection_id).select(VisitServiceRow::as_select()).load(conn)
}

pub fn insert_visit_service(
    tx: &mut Tx<'_>,
    connection: &Connection,
    (path, header): (&str, &str),
    by: &str,
) -> QueryResult<()> {
    diesel::insert_into(services::table)
        .values((
            services::connection_id.eq(connection.id),
            services::organisation_id.eq(connection.organisation),
            (services::phone.eq(""), services::email.eq(""), services::shares_nhs_number.eq(false)),
            (services::hook_path.eq(path), services::hook_form.eq(HookForm::Standard)),
            (services::hook_header.eq(header), services::hook_sealed.eq(Vec::<u8>::new())),
            (services::hook_end.eq(""), services::changed_by_name.eq(by), services::changed_at.eq(tx.now)),
        ))
        .execute(tx.conn)
        .map(drop)
}

pub fn set_visit_contact(
    tx: &mut Tx<'_>,
    connection: ConnectionId,
    (phone, email, shares_nhs_number): (&str, &str, bool),
    by: &str,
) -> QueryResult<()> {
    diesel::update(services::table.find(connection))
        .set((
            services::phone.eq(phone),
            services::email.eq(email),
            services::shares_nhs_number.eq(shares_nhs_number),
            services::changed_by_name.eq(by),
            services::changed_at.eq(tx.now),
        ))
        .execute(tx.conn)
        .map(drop)
}

/// A webhook as it is to be kept.
pub struct HookKept<'a> {
    pub form: HookForm,
    pub header: &'a str,
    pub sealed: Vec<u8>,
    pub end: &'a str,
}

pub fn set_visit_hook(
    tx: &mut Tx<'_>,
    connection: ConnectionId,
    hook: HookKept<'_>,
    by: &str,
) -> QueryResult<()> {
    diesel::update(services::table.find(connection))
        .set((
            services::hook_form.eq(hook.form),
            services::hook_header.eq(hook.header),
            services::hook_sealed.eq(hook.sealed),
            services::hook_end.eq(hook.end),
            services::changed_by_name.eq(by),
            services::changed_at.eq(tx.now),
        ))
        .execute(tx.conn)
        .map(drop)
}

pub fn set_hook_sealed(tx: &mut Tx<'_>, connection: ConnectionId, sealed: Vec<u8>) -> QueryResult<()> {
    diesel::update(services::table.find(connection))
        .set(services::hook_sealed.eq(sealed))
        .execute(tx.conn)
        .map(drop)
}

pub fn set_heard(tx: &mut Tx<'_>, connection: ConnectionId) -> QueryResult<()> {
    diesel::update(services::table.find(connection))
        .set(services::heard_at.eq(tx.now))
        .execute(tx.conn)
        .map(drop)
}

/// Whether it is new.
pub fn insert_heard(tx: &mut Tx<'_>, connection: ConnectionId, event: &str) -> QueryResult<bool> {
    let row = (heard::connection_id.eq(connection), heard::event_id.eq(event), heard::heard_at.eq(tx.now));
    both(diesel::insert_into(heard::table).values(row).on_conflict_do_nothing())
        .execute(tx.conn)
        .map(|inserted| inserted == 1)
}

pub fn purge_heard(tx: &mut Tx<'_>, before: NaiveDateTime) -> QueryResult<usize> {
    diesel::delete(heard::table.filter(heard::heard_at.lt(before))).execute(tx.conn)
}
