//! Rows of proofs, and of what arrived late.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::db::{Conn, Tx, both};
use crate::domain::schema::{visit_late_forms as late_forms, visit_proofs as proofs};
use crate::domain::visits::proof::Row;
use crate::kit::ids::VisitId;

type Found = (VisitId, String, String, String, (String, String), NaiveDateTime, String);

macro_rules! proofs {
    () => {
        proofs::table.select((
            proofs::visit_id,
            proofs::signer,
            proofs::relationship,
            proofs::sealed,
            (proofs::parts, proofs::digest),
            proofs::signed_at,
            proofs::kept_by_name,
        ))
    };
}

fn row((visit, signer, relationship, sealed, (parts, digest), signed_at, kept_by): Found) -> Row {
    Row { visit, signer, relationship, sealed, parts, digest, signed_at, kept_by }
}

pub fn proof(conn: &mut Conn, visit: VisitId) -> QueryResult<Option<Row>> {
    let found: Option<Found> = proofs!().filter(proofs::visit_id.eq(visit)).first(conn).optional()?;
    Ok(found.map(row))
}

pub fn insert_proof(tx: &mut Tx<'_>, row: &Row) -> QueryResult<()> {
    both(diesel::insert_into(proofs::table).values((
        proofs::visit_id.eq(row.visit),
        proofs::signer.eq(&row.signer),
        proofs::relationship.eq(&row.relationship),
        proofs::sealed.eq(&row.sealed),
        proofs::parts.eq(&row.parts),
        proofs::digest.eq(&row.digest),
        proofs::signed_at.eq(row.signed_at),
        proofs::kept_by_name.eq(&row.kept_by),
    )))
    .execute(tx.conn)
    .map(drop)
}

pub fn proofs_not_sealed_by(conn: &mut Conn, beginning: &str, limit: i64) -> QueryResult<Vec<Row>> {
    let rows: Vec<Found> = proofs!()
        .filter(proofs::sealed.not_like(format!("{beginning}%")))
        .order(proofs::visit_id)
        .limit(limit)
        .load(conn)?;
    Ok(rows.into_iter().map(row).collect())
}

pub fn set_proof_sealed(tx: &mut Tx<'_>, visit: VisitId, sealed: &str) -> QueryResult<()> {
    diesel::update(proofs::table.find(visit)).set(proofs::sealed.eq(sealed)).execute(tx.conn).map(drop)
}

/// Says whether it is new.
pub fn insert_late_form(tx: &mut Tx<'_>, visit: VisitId, key: &str) -> QueryResult<bool> {
    let row =
        (late_forms::visit_id.eq(visit), late_forms::replay_key.eq(key), late_forms::arrived_at.eq(tx.now));
    let known = (late_forms::visit_id, late_forms::replay_key);
    let insert = diesel::insert_into(late_forms::table).values(row).on_conflict(known).do_nothing();
    both(insert).execute(tx.conn).map(|new| new == 1)
}
