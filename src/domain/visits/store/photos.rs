//! Rows of pictures.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::db::{Conn, Tx, both};
use crate::domain::appointments::signatures::Media;
use crate::domain::documents::pictures::Picture;
use crate::domain::schema::{visit_photos as photos, visit_steps};
use crate::domain::visits::photos::Photo;
use crate::kit::ids::{VisitId, VisitPhotoId, VisitStepId};

pub fn photos(conn: &mut Conn, visit: VisitId) -> QueryResult<Vec<Photo>> {
    let rows: Vec<(VisitPhotoId, VisitStepId, String, NaiveDateTime, String)> = photos::table
        .inner_join(visit_steps::table)
        .filter(visit_steps::visit_id.eq(visit))
        .order(photos::id)
        .select((photos::id, photos::visit_step_id, photos::digest, photos::taken_at, photos::taken_by_name))
        .load(conn)?;
    let photo = |(id, step, digest, taken_at, taken_by)| Photo { id, step, digest, taken_at, taken_by };
    Ok(rows.into_iter().map(photo).collect())
}

pub fn photo(conn: &mut Conn, visit: VisitId, id: VisitPhotoId) -> QueryResult<(Media, Vec<u8>, String)> {
    photos::table
        .inner_join(visit_steps::table)
        .filter(visit_steps::visit_id.eq(visit))
        .filter(photos::id.eq(id))
        .select((photos::media, photos::bytes, photos::digest))
        .first(conn)
}

pub fn insert_photo(tx: &mut Tx<'_>, step: VisitStepId, picture: &Picture, by: &str) -> QueryResult<()> {
    both(diesel::insert_into(photos::table).values((
        photos::visit_step_id.eq(step),
        photos::media.eq(picture.media),
        photos::digest.eq(&picture.digest),
        photos::bytes.eq(&picture.bytes),
        photos::taken_at.eq(tx.now),
        photos::taken_by_name.eq(by),
    )))
    .execute(tx.conn)
    .map(drop)
}
