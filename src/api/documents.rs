//! `/api/v1/documents`: files that appointments name. The body is the file itself, and its name stands in the address;
//! what it is is told by its bytes. There is no list: whoever sends a document keeps its number.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY};
use serde::Serialize;
use utoipa::ToSchema;

use super::ask::{Ask, found};
use super::error::{Answer, Problem};
use super::schemas::at;
use crate::domain::documents::{self, NewDocument};

/// A file that goes with an appointment.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Document {
    #[schema(examples("doc_4d81"))]
    id: String,
    #[schema(examples("Referral letter"))]
    name: String,
    /// `application/pdf`, `image/png` or `image/jpeg`.
    #[schema(examples("application/pdf"))]
    media_type: &'static str,
    /// How many bytes are kept. Of a picture that is less than was sent, where a camera wrote the place beside it.
    #[schema(minimum = 1, examples(48_213))]
    bytes: i64,
    /// SHA-256 of what is kept, in hexadecimal.
    sha256: String,
    #[schema(format = DateTime)]
    created_at: String,
}

impl From<documents::Document> for Document {
    fn from(of: documents::Document) -> Self {
        Self {
            id: of.public_id,
            name: of.name,
            media_type: of.media.as_str(),
            bytes: of.length,
            sha256: of.digest,
            created_at: at(of.kept_at),
        }
    }
}

/// Send a document
///
/// The body is the file: a PDF, PNG or JPEG of 8 MB at most, judged by its bytes. Name it in `documentIds` of an
/// appointment whose task takes documents; one that no appointment names is removed after 7 days. It goes with
/// appointments of one patient only.
#[utoipa::path(
    post,
    path = "/api/v1/documents",
    tag = "Documents",
    params(("name" = String, Query, description = "What it is, for whoever comes", min_length = 1, max_length = 100,
        pattern = "line", example = "Referral letter")),
    request_body(content(("application/pdf"), ("image/png"), ("image/jpeg")), description = "The file itself"),
    responses(
        (status = 201, description = "The document", body = Document),
        (status = 409, description = "The organisation takes no documents, or too many wait for an appointment",
            body = super::schemas::ProblemShape, content_type = "application/problem+json"),
    )
)]
pub(super) async fn create(mut ask: Ask) -> Answer {
    let file = ask.take_file();
    let name = ask.parameters.one("name").unwrap_or_default();
    let new = NewDocument::read(name, &file).map_err(|refusal| Problem::from(refusal).named(&BODY))?;
    let answer = ask.decide(StatusCode::CREATED, move |tx, client| {
        let kept = documents::keep(tx, &client.managing()?, client.mode(), &new)?;
        Ok(serde_json::to_value(Document::from(kept)).unwrap_or_default())
    });
    answer.await.map_err(|problem| problem.named(&BODY).not_now(&["body"]))
}

/// A file has no field: what is wrong with it is said of the body.
const BODY: [(&str, &str); 2] = [("document", "body"), ("documents", "body")];

async fn one(ask: &Ask) -> Result<documents::Document, Problem> {
    let id = ask.part("documentId")?;
    ask.look(move |conn, client| documents::by_public_id(conn, &client.viewing(), client.mode(), &id)).await
}

/// Show one document
///
/// What it is, without its bytes.
#[utoipa::path(
    get,
    path = "/api/v1/documents/{documentId}",
    tag = "Documents",
    params(("documentId" = String, Path, description = "The document's number", pattern = "document")),
    responses((status = 200, description = "The document", body = Document))
)]
pub(super) async fn show(ask: Ask) -> Answer {
    found(&serde_json::to_value(Document::from(one(&ask).await?)).unwrap_or_default())
}

/// The file of a document
#[utoipa::path(
    get,
    path = "/api/v1/documents/{documentId}/content",
    tag = "Documents",
    params(("documentId" = String, Path, description = "The document's number", pattern = "document")),
    responses((status = 200, description = "The file itself",
        content(("application/pdf"), ("image/png"), ("image/jpeg"))))
)]
pub(super) async fn content(ask: Ask) -> Answer {
    let of = one(&ask).await?;
    let kept = ask.look(move |conn, _| documents::content(conn, &of)).await?;
    Ok(HttpResponse::Ok()
        .content_type(kept.media.as_str())
        .insert_header((
            CONTENT_DISPOSITION,
            format!("attachment; filename=\"document.{}\"", kept.media.ending()),
        ))
        .insert_header((CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'; sandbox"))
        .body(kept.bytes))
}
