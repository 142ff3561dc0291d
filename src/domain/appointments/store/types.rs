//! Rows of status types and of settings.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::super::settings::{Settings, WhoseTime};
use super::super::types::{Flags, StatusType};
use crate::db::{Conn, Tx, both};
use crate::domain::schema::{status_types as types, therapy_settings as kept};
use crate::kit::ids::{OrganisationId, StatusTypeId};

type Row = (StatusTypeId, String, (bool, bool, bool, bool, bool), Option<NaiveDateTime>);

pub fn status_types(conn: &mut Conn, organisation: OrganisationId) -> QueryResult<Vec<StatusType>> {
    let rows: Vec<Row> = types::table
        .filter(types::organisation_id.eq(organisation))
        .order((types::retired_at.is_not_null(), types::id))
        .select((
            types::id,
            types::name,
            (types::billable, types::payroll, types::cancellation, types::makeupable, types::auto_render),
            types::retired_at,
        ))
        .load(conn)?;
    let one = |(id, name, flags, retired_at): Row| {
        let (billable, payroll, cancellation, makeupable, auto_render) = flags;
        let flags = Flags { billable, payroll, cancellation, makeupable, auto_render };
        StatusType { id, name, flags, retired_at }
    };
    Ok(rows.into_iter().map(one).collect())
}

pub fn insert_status_type(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    (name, folded): (&str, &str),
    flags: Flags,
) -> QueryResult<StatusTypeId> {
    diesel::insert_into(types::table)
        .values((
            types::organisation_id.eq(organisation),
            types::name.eq(name),
            types::name_folded.eq(folded),
            types::billable.eq(flags.billable),
            types::payroll.eq(flags.payroll),
            types::cancellation.eq(flags.cancellation),
            types::makeupable.eq(flags.makeupable),
            types::auto_render.eq(flags.auto_render),
        ))
        .returning(types::id)
        .get_result(tx.conn)
}

pub fn change_status_type(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    id: StatusTypeId,
    (name, folded): (&str, &str),
    flags: Flags,
) -> QueryResult<()> {
    diesel::update(types::table.find(id))
        .filter(types::organisation_id.eq(organisation))
        .set((
            types::name.eq(name),
            types::name_folded.eq(folded),
            types::billable.eq(flags.billable),
            types::payroll.eq(flags.payroll),
            types::cancellation.eq(flags.cancellation),
            types::makeupable.eq(flags.makeupable),
            types::auto_render.eq(flags.auto_render),
        ))
        .execute(tx.conn)
        .map(drop)
}

pub fn retire_status_type(
    tx: &mut Tx<'_>,
    organisation: OrganisationId,
    id: StatusTypeId,
    at: Option<NaiveDateTime>,
) -> QueryResult<()> {
    diesel::update(types::table.find(id))
        .filter(types::organisation_id.eq(organisation))
        .set(types::retired_at.eq(at))
        .execute(tx.conn)
        .map(drop)
}

pub fn settings(conn: &mut Conn, organisation: OrganisationId) -> QueryResult<Option<Settings>> {
    let row: Option<(i32, bool, WhoseTime, bool, bool, bool, bool)> = kept::table
        .find(organisation)
        .select((
            kept::grace_minutes,
            kept::meanwhile,
            kept::whose_time,
            kept::results_needed,
            kept::guardian_needed,
            kept::therapist_needed,
            kept::weekly_report,
        ))
        .first(conn)
        .optional()?;
    let settings = |row| {
        let (
            grace_minutes,
            meanwhile,
            whose_time,
            results_needed,
            guardian_needed,
            therapist_needed,
            weekly_report,
        ) = row;
        Settings {
            grace_minutes,
            meanwhile,
            whose_time,
            results_needed,
            guardian_needed,
            therapist_needed,
            weekly_report,
        }
    };
    Ok(row.map(settings))
}

pub fn write_settings(tx: &mut Tx<'_>, organisation: OrganisationId, wanted: &Settings) -> QueryResult<()> {
    let columns = (
        kept::grace_minutes.eq(wanted.grace_minutes),
        kept::meanwhile.eq(wanted.meanwhile),
        kept::whose_time.eq(wanted.whose_time),
        kept::results_needed.eq(wanted.results_needed),
        kept::guardian_needed.eq(wanted.guardian_needed),
        kept::therapist_needed.eq(wanted.therapist_needed),
        kept::weekly_report.eq(wanted.weekly_report),
    );
    both(
        diesel::insert_into(kept::table)
            .values((kept::organisation_id.eq(organisation), columns))
            .on_conflict(kept::organisation_id)
            .do_update()
            .set(columns),
    )
    .execute(tx.conn)
    .map(drop)
}
