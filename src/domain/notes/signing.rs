//! The signatures of a note's newest version, whether or not it is on an appointment.

use super::fields::Field;
use super::pictures::Shown;
use super::{Sees, store};
use crate::connectors::NoteRecord;
use crate::db::Conn;
use crate::domain::Refusal;
use crate::domain::access::Scope;
use crate::domain::appointments::{self, Image};
use crate::kit::ids::SessionNoteId;

/// A signature as the note holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// As the template calls it.
    pub label: String,
    pub shown: Shown,
}

/// The signatures of a kept note, in its order.
pub fn signatures(record: &NoteRecord) -> Vec<Held> {
    let fields = record.fields.iter().filter(|field| Field::of(&field.name).is_some_and(Field::is_signature));
    let fields = fields.map(|field| (&field.name, &field.value));
    let beside = record.signatures.iter().map(|one| (&one.field, &one.value));
    let all = fields.chain(beside).filter(|(_, value)| !value.trim().is_empty());
    all.map(|(label, value)| Held { label: label.clone(), shown: Shown::read(value) }).collect()
}

/// The picture of one of them, by its place in [`signatures`].
///
/// # Errors
/// `NotHere` when there is no such picture, or the scope does not reach the note.
pub fn picture<R: Sees>(
    conn: &mut Conn,
    scope: &Scope<R>,
    note: SessionNoteId,
    place: usize,
) -> Result<Image, Refusal> {
    let (row, _) = store::find(conn, scope.organisation(), scope.places(), note)?;
    let record = store::contents(conn, &[row.external_record_id])?.remove(&row.external_record_id);
    let held = signatures(&record.unwrap_or_default()).into_iter().nth(place);
    let Some(Held { shown: Shown::Picture(hash), .. }) = held else { return Err(Refusal::NotHere) };
    let kept = appointments::pictures(conn, scope.organisation(), &[&hash])?;
    let id = kept.get(&hash).copied().ok_or(Refusal::NotHere)?;
    Ok(appointments::kept_image(conn, scope.organisation(), id)?)
}
