//! Pictures of a visit, kept as evidence of the step that asks for one. Keeping the first ticks the step.

use chrono::NaiveDateTime;

use super::telling::happened;
use super::{EventKind, Sees, Visit, store, working};
use crate::db::{Conn, Tx};
use crate::domain::Refusal;
use crate::domain::access::Scope;
use crate::domain::appointments::signatures::{self, Media};
use crate::domain::documents::pictures;
use crate::domain::tasks::StepKind;
use crate::kit::ids::{VisitId, VisitPhotoId, VisitStepId};

/// Pictures of one step.
pub const MOST_PHOTOS: usize = 5;

/// A picture, without its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Photo {
    pub id: VisitPhotoId,
    pub step: VisitStepId,
    /// SHA-256 in hexadecimal.
    pub digest: String,
    pub taken_at: NaiveDateTime,
    pub taken_by: String,
}

/// Keeps a picture of a step, without what the camera wrote beside it.
///
/// # Errors
/// `NotHere` for a step that asks for none, `Invalid` on `photo`, `Overtaken` when the visit is not under way, the
/// picture is kept already, or there are [`MOST_PHOTOS`].
pub fn add_photo<R: Sees>(
    tx: &mut Tx<'_>,
    scope: &Scope<R>,
    (id, step): (VisitId, VisitStepId),
    bytes: &[u8],
) -> Result<Visit, Refusal> {
    let visit = working::under_way(tx, scope, id)?;
    let steps = store::steps(tx.conn, id)?;
    let asks = |one: &&super::Step| one.id == step && one.kind == StepKind::Photo;
    let of = steps.iter().find(asks).ok_or(Refusal::NotHere)?;
    let picture =
        pictures::read(bytes).map_err(|words| Refusal::invalid("photo", format!("The picture {words}")))?;
    let kept: Vec<Photo> =
        store::photos(tx.conn, id)?.into_iter().filter(|photo| photo.step == step).collect();
    if let Some(same) = kept.iter().find(|photo| photo.digest == picture.digest) {
        return Err(Refusal::Overtaken(format!("{} kept this picture already.", same.taken_by)));
    }
    if kept.len() >= MOST_PHOTOS {
        return Err(Refusal::Overtaken(format!("{MOST_PHOTOS} pictures of one step are the most.")));
    }
    let by = scope.by().name.clone();
    store::insert_photo(tx, step, &picture, &by)?;
    if of.done.is_none() {
        let now = tx.now;
        store::tick(tx, step, Some((&by, now)))?;
    }
    happened(tx, scope, &visit, EventKind::Step, &format!("kept a picture: {}", of.words))?;
    Ok(visit)
}

/// The pictures of a visit that was read, oldest first.
pub fn photos(conn: &mut Conn, visit: &Visit) -> Result<Vec<Photo>, Refusal> {
    Ok(store::photos(conn, visit.id)?)
}

/// One of them.
///
/// # Errors
/// `NotHere` for another visit's, and for one whose bytes are not what was kept.
pub fn photo(conn: &mut Conn, visit: &Visit, id: VisitPhotoId) -> Result<(Media, Vec<u8>), Refusal> {
    let (media, bytes, digest) = store::photo(conn, visit.id, id)?;
    if signatures::hash(&bytes) == digest { Ok((media, bytes)) } else { Err(Refusal::NotHere) }
}
