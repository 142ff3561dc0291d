//! A session note as a vendor keeps it, and whose credential it is that shows them. Plain values, carried through as
//! they came: whether a time is a time and a picture a picture is decided by whoever uses them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::entries::short_hash;
use super::records::Record;

/// A session note as Ensora sends it. Staged as JSON.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct NoteRecord {
    /// The vendor's identifier. Never empty.
    pub external_id: String,
    /// The vendor's identifier of who was treated; empty where it sent none.
    pub student_id: String,
    /// The vendor's identifier of who wrote it; empty where it sent none.
    pub user_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub site_id: Option<String>,
    /// As sent, such as `Published`.
    pub status: String,
    /// As sent (ISO date or date and time), unread.
    pub date: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published_at: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub modified_at: Option<DateTime<Utc>>,
    /// The name of the template, where it says.
    pub template: String,
    pub fields: Vec<NoteField>,
    pub signatures: Vec<NoteSignature>,
}

/// One answer of a note's template.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct NoteField {
    /// As the template calls it.
    pub name: String,
    /// As sent; may be a `data:` URL of an image. What is no text stands as JSON.
    pub value: String,
    /// As sent, such as `text`.
    pub kind: String,
}

/// A signature with what the vendor keeps beside the picture.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct NoteSignature {
    /// As the template calls it.
    pub field: String,
    /// As sent: a `data:` URL.
    pub value: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signed_at: Option<DateTime<Utc>>,
    /// As sent, or empty.
    pub place: String,
}

/// Whose credential it is. All empty: the vendor does not say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Owner {
    pub name: String,
    pub security_group: String,
    /// `None`: the vendor does not say.
    pub is_administrator: Option<bool>,
}

impl Record for NoteRecord {
    fn external_id(&self) -> &str {
        &self.external_id
    }

    fn full_name(&self) -> String {
        String::new()
    }

    fn content_hash(&self) -> [u8; 16] {
        let at = |moment: Option<DateTime<Utc>>| moment.map(|at| at.to_rfc3339()).unwrap_or_default();
        let (published, modified) = (at(self.published_at), at(self.modified_at));
        let signed: Vec<String> = self.signatures.iter().map(|one| at(one.signed_at)).collect();
        let count = self.fields.len().to_string();
        let mut texts: Vec<&str> = vec![
            &self.external_id,
            &self.student_id,
            &self.user_id,
            self.site_id.as_deref().unwrap_or_default(),
            &self.status,
            &self.date,
            &published,
            &modified,
            &self.template,
            &count,
        ];
        texts.extend(self.fields.iter().flat_map(|one| [one.name.as_str(), &one.value, &one.kind]));
        for (one, signed_at) in self.signatures.iter().zip(&signed) {
            texts.extend([one.field.as_str(), &one.value, signed_at, &one.place]);
        }
        short_hash(&texts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_reads_back_as_it_was_staged_and_each_part_counts() {
        let note = NoteRecord {
            external_id: "sn-1".into(),
            fields: vec![NoteField { name: "Notes".into(), value: "<b>x</b>".into(), kind: "text".into() }],
            signatures: vec![NoteSignature { field: "Signature".into(), ..NoteSignature::default() }],
            ..NoteRecord::default()
        };
        let json = serde_json::to_string(&note).unwrap();
        assert_eq!(serde_json::from_str::<NoteRecord>(&json).unwrap(), note);
        let mut other = note.clone();
        other.signatures = vec![NoteSignature { place: "51,0".into(), ..note.signatures[0].clone() }];
        assert_ne!(note.content_hash(), other.content_hash());
        other = NoteRecord { fields: Vec::new(), ..note.clone() };
        assert_ne!(note.content_hash(), other.content_hash());
    }
}
