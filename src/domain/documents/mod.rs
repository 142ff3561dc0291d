//! Documents: files that go with an appointment, such as a referral letter, and those that a task has for whoever does
//! it. PDF, PNG or JPEG, judged by their bytes and kept as they came; of a picture what a camera wrote beside it goes.
//!
//! Here is what a document is and what names it, whether an organisation takes any with its appointments, and that what
//! nothing names is removed after [`WAITS`]; when something may be named is decided by `visits` and `tasks`. A document
//! is never named by appointments of two patients. Deliberately opens no PDF: it is handed out as a download, and
//! nothing of the portal reads what it holds.

pub mod pictures;
mod reading;
mod store;

use chrono::{NaiveDateTime, TimeDelta};
use diesel::QueryResult;

use super::Refusal;
use super::access::{ManageAppointments, ManageOrganisation, Right, Scope};
use super::api_keys::Mode;
use super::audit::{self, Event};
use crate::db::{Conn, Tx, text_enum};
use crate::kit::ids::{DocumentId, OrganisationId};
use crate::kit::secret::{fingerprint_of, random_token};

pub use reading::{MOST_BYTES, NewDocument};
pub(in crate::domain) use store::{are_of_another, of_versions, of_visits, set_of_version, set_of_visit};

/// Documents of one appointment, and of one version of a task.
pub const MOST: usize = 10;

/// How long a document waits for an appointment that names it.
pub const WAITS: TimeDelta = TimeDelta::days(7);

/// Documents of one mode that wait at the same time, so that a program that only uploads cannot fill the disk.
const MOST_WAITING: i64 = 200;

/// The audit's subject.
pub const SUBJECT: &str = "document";

text_enum! {
    /// The media type under which a document is kept and handed out.
    pub enum Media {
        Pdf = "application/pdf",
        Png = "image/png",
        Jpeg = "image/jpeg",
    }
}

impl Media {
    pub fn words(self) -> &'static str {
        match self {
            Self::Pdf => "PDF",
            Self::Png => "PNG picture",
            Self::Jpeg => "JPEG picture",
        }
    }

    /// What a file of it ends with.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Png => "png",
            Self::Jpeg => "jpg",
        }
    }
}

/// A document, without its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    pub id: DocumentId,
    /// `doc_…`.
    pub public_id: String,
    pub name: String,
    pub media: Media,
    /// SHA-256 in hexadecimal.
    pub digest: String,
    /// Bytes.
    pub length: i64,
    pub kept_at: NaiveDateTime,
    pub kept_by: String,
}

impl Document {
    /// `PDF, 120 KB`.
    pub fn words(&self) -> String {
        let size = match self.length {
            ..1_000 => "less than 1 KB".to_owned(),
            length @ 1_000..1_000_000 => format!("{} KB", length / 1_000),
            length => format!("{}.{} MB", length / 1_000_000, length % 1_000_000 / 100_000),
        };
        format!("{}, {size}", self.media.words())
    }
}

/// A document with its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    pub name: String,
    pub media: Media,
    pub bytes: Vec<u8>,
}

/// Whether an organisation takes documents with its appointments; it does unless it was switched off.
pub fn are_taken(conn: &mut Conn, organisation: OrganisationId) -> Result<bool, Refusal> {
    Ok(!store::are_refused(conn, organisation)?)
}

/// Takes documents with appointments from now on, or takes none. Those that are there stay. Nothing is written where
/// it is so already.
pub fn take(tx: &mut Tx<'_>, scope: &Scope<ManageOrganisation>, taken: bool) -> Result<(), Refusal> {
    let organisation = scope.organisation();
    if are_taken(tx.conn, organisation)? == taken {
        return Ok(());
    }
    store::set_refused(tx, organisation, !taken)?;
    let words =
        if taken { "takes documents with appointments" } else { "takes no documents with appointments" };
    audit::record(tx, scope, Event::new("document.switched", words))?;
    Ok(())
}

/// Refuses while an organisation takes none.
///
/// # Errors
/// `Invalid` on `documents`.
pub fn refuse_unless_taken<R: Right>(conn: &mut Conn, scope: &Scope<R>) -> Result<(), Refusal> {
    if are_taken(conn, scope.organisation())? {
        return Ok(());
    }
    Err(Refusal::invalid("documents", "This organisation takes no documents with appointments"))
}

/// Keeps a document that an appointment is to name.
///
/// # Errors
/// `Invalid` on `documents` where the organisation takes none; `Overtaken` where too many wait already.
pub fn keep(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageAppointments>,
    mode: Mode,
    new: &NewDocument,
) -> Result<Document, Refusal> {
    let organisation = scope.organisation();
    refuse_unless_taken(tx.conn, scope)?;
    if store::waiting(tx.conn, organisation, mode, MOST_WAITING)? >= MOST_WAITING {
        let words = format!(
            "{MOST_WAITING} documents wait already for an appointment that names them. Name them first, or wait until \
             they are removed, after {} days.",
            WAITS.num_days()
        );
        return Err(Refusal::Overtaken(words));
    }
    insert(tx, scope, mode, new)
}

/// Keeps one, of whatever it will be; what names it is written in the same transaction.
pub(in crate::domain) fn insert<R: Right>(
    tx: &mut Tx<'_>,
    scope: &Scope<R>,
    mode: Mode,
    new: &NewDocument,
) -> Result<Document, Refusal> {
    let public_id = format!("doc_{}", random_token()?.reveal());
    let row = store::New { organisation: scope.organisation(), mode, public_id, new, by: &scope.by().name };
    let kept = store::insert(tx, row)?;
    let words = format!("kept the document {}", kept.name);
    audit::record(tx, scope, Event::new("document.kept", words).about(SUBJECT, kept.id.0))?;
    Ok(kept)
}

/// One of an organisation and a mode.
///
/// # Errors
/// `NotHere`.
pub fn by_public_id<R: Right>(
    conn: &mut Conn,
    scope: &Scope<R>,
    mode: Mode,
    id: &str,
) -> Result<Document, Refusal> {
    let found = store::by_public_ids(conn, (scope.organisation(), mode), &[id.to_owned()])?;
    found.into_iter().next().ok_or(Refusal::NotHere)
}

/// Those of a list, in its order and each once; nothing where one of them is not there.
pub fn all_of<R: Right>(
    conn: &mut Conn,
    scope: &Scope<R>,
    mode: Mode,
    ids: &[String],
) -> Result<Option<Vec<Document>>, Refusal> {
    if ids.is_empty() {
        return Ok(Some(Vec::new()));
    }
    let found = store::by_public_ids(conn, (scope.organisation(), mode), ids)?;
    let mut all: Vec<Document> = Vec::with_capacity(ids.len());
    for id in ids {
        match found.iter().find(|one| one.public_id == *id) {
            None => return Ok(None),
            Some(one) if all.contains(one) => {}
            Some(one) => all.push(one.clone()),
        }
    }
    Ok(Some(all))
}

/// The bytes of a document that was read.
///
/// # Errors
/// `NotHere` where they are gone, or are not what was kept.
pub fn content(conn: &mut Conn, of: &Document) -> Result<Content, Refusal> {
    let bytes = store::bytes(conn, of.id)?;
    if fingerprint_of(&bytes) != of.digest {
        return Err(Refusal::NotHere);
    }
    Ok(Content { name: of.name.clone(), media: of.media, bytes })
}

/// Removes those that nothing names, once they have waited.
pub fn purge(tx: &mut Tx<'_>) -> QueryResult<usize> {
    let before = tx.now - WAITS;
    store::purge(tx, before)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_says_what_it_is_and_how_large() {
        let of = |length| Document {
            id: DocumentId(1),
            public_id: "doc_a".into(),
            name: "Referral".into(),
            media: Media::Pdf,
            digest: String::new(),
            length,
            kept_at: NaiveDateTime::default(),
            kept_by: "Shop".into(),
        };
        let words = |length| of(length).words();
        assert_eq!(words(999), "PDF, less than 1 KB");
        assert_eq!(words(120_400), "PDF, 120 KB");
        assert_eq!(words(2_460_000), "PDF, 2.4 MB");
    }
}
