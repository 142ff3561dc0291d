//! Rows of pairings that follow from approvals, many at a time.

use std::collections::HashMap;

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::BY_HAND;
use crate::db::{Conn, Tx, on_each};
use crate::domain::pairing::owned::{Evidence, Proof};
use crate::domain::schema::pairings;
use crate::domain::staff::SUBJECT;
use crate::kit::ids::{ConnectionId, ExternalRecordId, StaffMemberId};

const CHUNK: usize = 500;

pub fn staff_of(
    conn: &mut Conn,
    records: &[ExternalRecordId],
) -> QueryResult<HashMap<ExternalRecordId, StaffMemberId>> {
    let mut found = HashMap::new();
    for chunk in records.chunks(CHUNK) {
        let rows: Vec<(ExternalRecordId, StaffMemberId)> = pairings::table
            .filter(pairings::kind.eq(SUBJECT))
            .filter(pairings::external_record_id.eq_any(chunk.to_vec()))
            .filter(pairings::ended_at.is_null())
            .select((pairings::external_record_id, pairings::local_id))
            .load(conn)?;
        found.extend(rows);
    }
    Ok(found)
}

#[derive(Insertable)]
#[diesel(table_name = pairings)]
struct NewPairing<'a> {
    connection_id: ConnectionId,
    kind: &'static str,
    external_record_id: ExternalRecordId,
    local_id: StaffMemberId,
    origin: &'static str,
    rule: &'static str,
    evidence: &'a str,
    paired_by_name: &'a str,
    paired_at: NaiveDateTime,
    applied_at: NaiveDateTime,
    batch: &'static str,
    ended_by_name: &'static str,
    ended_because: &'static str,
}

pub fn insert_approved(
    tx: &mut Tx<'_>,
    pairs: &[(ConnectionId, ExternalRecordId, StaffMemberId)],
    by: &str,
) -> QueryResult<()> {
    let words = "This staff member was made from this record when it was approved.".to_owned();
    let reason = Evidence { field: "Record".into(), level: "agree".into(), weight: 0, words };
    let evidence = Proof { reasons: vec![reason], ..Proof::default() }.write();
    let rows: Vec<NewPairing<'_>> = pairs
        .iter()
        .map(|(connection, record, local)| NewPairing {
            connection_id: *connection,
            kind: SUBJECT,
            external_record_id: *record,
            local_id: *local,
            origin: BY_HAND,
            rule: "",
            evidence: &evidence,
            paired_by_name: by,
            paired_at: tx.now,
            applied_at: tx.now,
            batch: "",
            ended_by_name: "",
            ended_because: "",
        })
        .collect();
    on_each!(&mut *tx.conn, c => for piece in rows.chunks(CHUNK) {
        diesel::insert_into(pairings::table).values(piece).execute(c)?;
    });
    Ok(())
}
