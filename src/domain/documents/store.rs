//! Rows of documents. Their bytes are read by themselves only.

use std::collections::HashMap;

use chrono::NaiveDateTime;
use diesel::dsl::{exists, not};
use diesel::prelude::*;

use super::{Document, Media, NewDocument};
use crate::db::{Conn, Tx, both};
use crate::domain::api_keys::Mode;
use crate::domain::schema::{documents, documents_refused, task_documents, visit_documents, visits};
use crate::kit::ids::{DocumentId, OrganisationId, PatientId, TaskVersionId, VisitId};

/// A document as it is selected, without its bytes.
type Row = (DocumentId, String, String, Media, String, i64, NaiveDateTime, String);

const COLUMNS: Columns = (
    documents::id,
    documents::public_id,
    documents::name,
    documents::media,
    documents::digest,
    documents::length,
    documents::kept_at,
    documents::kept_by_name,
);

type Columns = (
    documents::id,
    documents::public_id,
    documents::name,
    documents::media,
    documents::digest,
    documents::length,
    documents::kept_at,
    documents::kept_by_name,
);

fn document(row: Row) -> Document {
    let (id, public_id, name, media, digest, length, kept_at, kept_by) = row;
    Document { id, public_id, name, media, digest, length, kept_at, kept_by }
}

/// A document that is kept now.
pub struct New<'n> {
    pub organisation: OrganisationId,
    pub mode: Mode,
    pub public_id: String,
    pub new: &'n NewDocument,
    pub by: &'n str,
}

pub fn insert(tx: &mut Tx<'_>, row: New<'_>) -> QueryResult<Document> {
    let New { organisation, mode, public_id, new, by } = row;
    let length = i64::try_from(new.bytes.len()).unwrap_or(i64::MAX);
    let id: DocumentId = both(
        diesel::insert_into(documents::table)
            .values((
                documents::organisation_id.eq(organisation),
                documents::mode.eq(mode),
                documents::public_id.eq(&public_id),
                documents::name.eq(&new.name),
                documents::media.eq(new.media),
                documents::digest.eq(&new.digest),
                documents::length.eq(length),
                documents::kept_at.eq(tx.now),
                documents::kept_by_name.eq(by),
                documents::bytes.eq(&new.bytes),
            ))
            .returning(documents::id),
    )
    .get_result(tx.conn)?;
    let (name, digest) = (new.name.clone(), new.digest.clone());
    let (media, kept_at, kept_by) = (new.media, tx.now, by.to_owned());
    Ok(Document { id, public_id, name, media, digest, length, kept_at, kept_by })
}

pub fn by_public_ids(
    conn: &mut Conn,
    (organisation, mode): (OrganisationId, Mode),
    ids: &[String],
) -> QueryResult<Vec<Document>> {
    let rows: Vec<Row> = documents::table
        .filter(documents::organisation_id.eq(organisation))
        .filter(documents::mode.eq(mode))
        .filter(documents::public_id.eq_any(ids))
        .select(COLUMNS)
        .load(conn)?;
    Ok(rows.into_iter().map(document).collect())
}

pub fn bytes(conn: &mut Conn, id: DocumentId) -> QueryResult<Vec<u8>> {
    documents::table.find(id).select(documents::bytes).first(conn)
}

/// How many nothing names, counted no further than `most`.
pub fn waiting(conn: &mut Conn, organisation: OrganisationId, mode: Mode, most: i64) -> QueryResult<i64> {
    let some: Vec<DocumentId> = documents::table
        .left_join(visit_documents::table)
        .left_join(task_documents::table)
        .filter(documents::organisation_id.eq(organisation))
        .filter(documents::mode.eq(mode))
        .filter(visit_documents::document_id.nullable().is_null())
        .filter(task_documents::document_id.nullable().is_null())
        .limit(most)
        .select(documents::id)
        .load(conn)?;
    Ok(i64::try_from(some.len()).unwrap_or(most))
}

pub fn purge(tx: &mut Tx<'_>, before: NaiveDateTime) -> QueryResult<usize> {
    let of_visit = visit_documents::table.filter(visit_documents::document_id.eq(documents::id));
    let of_task = task_documents::table.filter(task_documents::document_id.eq(documents::id));
    let unnamed = documents::table
        .filter(documents::kept_at.lt(before))
        .filter(not(exists(of_visit)))
        .filter(not(exists(of_task)));
    diesel::delete(unnamed).execute(tx.conn)
}

pub fn are_refused(conn: &mut Conn, organisation: OrganisationId) -> QueryResult<bool> {
    diesel::select(exists(documents_refused::table.find(organisation))).get_result(conn)
}

pub fn set_refused(tx: &mut Tx<'_>, organisation: OrganisationId, refused: bool) -> QueryResult<()> {
    if refused {
        both(diesel::insert_into(documents_refused::table).values((
            documents_refused::organisation_id.eq(organisation),
            documents_refused::refused_at.eq(tx.now),
        )))
        .execute(tx.conn)
        .map(drop)
    } else {
        diesel::delete(documents_refused::table.find(organisation)).execute(tx.conn).map(drop)
    }
}

/// Those of each appointment, in their order.
pub fn of_visits(conn: &mut Conn, ids: &[VisitId]) -> QueryResult<HashMap<VisitId, Vec<Document>>> {
    let rows: Vec<(VisitId, Row)> = visit_documents::table
        .inner_join(documents::table)
        .filter(visit_documents::visit_id.eq_any(ids))
        .order((visit_documents::visit_id, visit_documents::position))
        .select((visit_documents::visit_id, COLUMNS))
        .load(conn)?;
    let mut all: HashMap<VisitId, Vec<Document>> = HashMap::new();
    for (visit, row) in rows {
        all.entry(visit).or_default().push(document(row));
    }
    Ok(all)
}

pub fn set_of_visit(tx: &mut Tx<'_>, visit: VisitId, all: &[Document]) -> QueryResult<()> {
    diesel::delete(visit_documents::table.filter(visit_documents::visit_id.eq(visit))).execute(tx.conn)?;
    for (position, one) in (0_i32..).zip(all) {
        both(diesel::insert_into(visit_documents::table).values((
            visit_documents::visit_id.eq(visit),
            visit_documents::document_id.eq(one.id),
            visit_documents::position.eq(position),
        )))
        .execute(tx.conn)?;
    }
    Ok(())
}

/// Whether an appointment of somebody else names one of them.
pub fn are_of_another(conn: &mut Conn, ids: &[DocumentId], patient: PatientId) -> QueryResult<bool> {
    let of_another = visit_documents::table
        .inner_join(visits::table)
        .filter(visit_documents::document_id.eq_any(ids))
        .filter(visits::patient_id.ne(patient));
    diesel::select(exists(of_another)).get_result(conn)
}

/// Those of each version of a task, in their order.
pub fn of_versions(
    conn: &mut Conn,
    ids: &[TaskVersionId],
) -> QueryResult<HashMap<TaskVersionId, Vec<Document>>> {
    let rows: Vec<(TaskVersionId, Row)> = task_documents::table
        .inner_join(documents::table)
        .filter(task_documents::task_version_id.eq_any(ids))
        .order((task_documents::task_version_id, task_documents::position))
        .select((task_documents::task_version_id, COLUMNS))
        .load(conn)?;
    let mut all: HashMap<TaskVersionId, Vec<Document>> = HashMap::new();
    for (version, row) in rows {
        all.entry(version).or_default().push(document(row));
    }
    Ok(all)
}

pub fn set_of_version(tx: &mut Tx<'_>, version: TaskVersionId, all: &[Document]) -> QueryResult<()> {
    diesel::delete(task_documents::table.filter(task_documents::task_version_id.eq(version)))
        .execute(tx.conn)?;
    for (position, one) in (0_i32..).zip(all) {
        both(diesel::insert_into(task_documents::table).values((
            task_documents::task_version_id.eq(version),
            task_documents::document_id.eq(one.id),
            task_documents::position.eq(position),
        )))
        .execute(tx.conn)?;
    }
    Ok(())
}
