//! A list as a vendor answers it, and what each fault makes of the answer. Records are written while they are sent,
//! so that a long list needs no memory here.

use std::convert::Infallible;
use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, LOCATION, RETRY_AFTER};
use actix_web::web::Bytes;
use actix_web::{HttpResponse, HttpResponseBuilder};
use futures_util::stream;
use serde_json::json;

use super::bodies;
use super::conduct::{Admitted, Conduct};
use super::distortion::{distort, push};
use super::fault::Fault;

const JSON: &str = "application/json; charset=utf-8";
/// Records written at once.
const BATCH: usize = 200;

/// How a vendor writes a list, and where in a record stand the fields that faults change. Places are JSON pointers.
#[derive(Debug)]
pub(super) struct Form {
    /// What stands in front of the first record.
    pub(super) root: &'static [u8],
    /// What stands behind the last one.
    pub(super) end: &'static [u8],
    /// The object whose fields are the person's; empty for the record itself.
    pub(super) person: &'static str,
    pub(super) id: &'static str,
    pub(super) last_name: &'static str,
    pub(super) birth_date: &'static str,
    /// A field of the record, to be said a second time: `"last_name":"Twice"`.
    pub(super) twice: &'static str,
}

/// Records to be written one after the other.
pub(super) trait Records: Send + Sync + 'static {
    fn count(&self) -> usize;

    /// The record at a place; `None`: left out.
    fn record(&self, at: usize) -> Option<Vec<u8>>;
}

impl Records for Vec<Vec<u8>> {
    fn count(&self) -> usize {
        self.len()
    }

    fn record(&self, at: usize) -> Option<Vec<u8>> {
        self.get(at).cloned()
    }
}

/// An answer that is a list.
#[derive(Clone)]
pub(super) struct List {
    records: Arc<dyn Records>,
    form: &'static Form,
    end: Vec<u8>,
    looped: Vec<u8>,
}

impl List {
    pub(super) fn new(form: &'static Form, records: impl Records) -> Self {
        Self { records: Arc::new(records), form, end: form.end.to_vec(), looped: form.end.to_vec() }
    }

    /// With another end, such as one that names the next page.
    #[must_use]
    pub(super) fn ending(mut self, end: Vec<u8>) -> Self {
        self.looped.clone_from(&end);
        self.end = end;
        self
    }

    /// With the end that leads back to a page that was read before, for `Fault::PageLoop`.
    #[must_use]
    pub(super) fn looping(mut self, end: Vec<u8>) -> Self {
        self.looped = end;
        self
    }

    /// The whole answer at once, for faults that need to know where its middle is.
    fn whole(&self) -> Vec<u8> {
        let mut out = self.form.root.to_vec();
        let mut some = false;
        for record in (0..self.records.count()).filter_map(|at| self.records.record(at)) {
            push(&record, &mut some, &mut out);
        }
        out.extend_from_slice(&self.end);
        out
    }

    fn beginning(&self) -> Vec<u8> {
        let mut body = self.whole();
        body.truncate(body.len() / 2);
        body
    }

    /// The answer as a stream of batches, each record changed by the fault.
    fn streamed(self, fault: Option<Fault>) -> HttpResponse {
        let total = if fault == Some(Fault::EmptyList) { 0 } else { self.records.count() };
        let start = (self.form.root.to_vec(), 0, false, Some(self.end.clone()));
        let batches = stream::unfold(start, move |(mut out, at, some, end)| {
            let next = (at + BATCH).min(total);
            let mut some = some;
            for index in at..next {
                if let Some(record) = self.records.record(index) {
                    distort(fault, self.form, index, record, &mut some, &mut out);
                }
            }
            let left = if next == total { None } else { end.clone() };
            std::future::ready(end.map(|end| {
                if left.is_none() {
                    out.extend(end);
                }
                (Ok::<_, Infallible>(Bytes::from(out)), (Vec::new(), next, some, left))
            }))
        });
        ok().streaming(Box::pin(batches))
    }

    /// Answers of status 200 with something wrong in them.
    async fn spoiled(self, conduct: &Conduct, fault: Fault) -> HttpResponse {
        let root = self.form.root;
        match fault {
            Fault::FirstByteHang => {
                bodies::silence(conduct).await;
                refused(StatusCode::SERVICE_UNAVAILABLE)
            }
            Fault::SlowDrip => ok().streaming(Box::pin(bodies::drip(conduct, self.whole()))),
            Fault::HangMidBody => ok().streaming(Box::pin(bodies::stall(conduct, self.beginning()))),
            Fault::Reset => ok().streaming(Box::pin(bodies::reset())),
            Fault::ShortBody => {
                let length = self.whole().len();
                let body = bodies::cut(self.beginning());
                ok().insert_header((CONTENT_LENGTH, length)).streaming(Box::pin(body))
            }
            Fault::HalfAPage => ok().body(self.beginning()),
            Fault::TruncatedJson => {
                let mut body = self.whole();
                body.truncate(body.len().saturating_sub(self.end.len()));
                ok().body(body)
            }
            Fault::MalformedJson => {
                ok().body([root, br#"{"id":"1",,"last_name":'Marsh'}"#, &self.end].concat())
            }
            Fault::BadUtf8 => {
                ok().body([root, b"{\"id\":\"1\",\"last_name\":\"M\xfcller\"}", &self.end].concat())
            }
            Fault::HtmlLogin => HttpResponse::Ok().content_type("text/html; charset=utf-8").body(SIGN_IN),
            Fault::WrongContentType => {
                HttpResponse::Ok().content_type("text/csv").body("id,last_name\r\n1,Marsh\r\n")
            }
            Fault::GzipBomb => {
                let pieces = Box::pin(bodies::gzip_bomb(root));
                ok().insert_header((CONTENT_ENCODING, "gzip")).streaming(pieces)
            }
            Fault::EndlessBody => ok().streaming(Box::pin(bodies::endless(root))),
            Fault::HugeBody => {
                ok().insert_header((CONTENT_LENGTH, bodies::HUGE)).streaming(Box::pin(bodies::huge(root)))
            }
            Fault::DeepJson => ok().streaming(Box::pin(bodies::deep(root))),
            Fault::PageLoop => {
                let looped = self.looped.clone();
                self.ending(looped).streamed(None)
            }
            content => self.streamed(Some(content)),
        }
    }

    /// The list, with what the fault makes of it.
    pub(super) async fn with(self, conduct: &Conduct, fault: Option<Fault>) -> HttpResponse {
        let Some(fault) = fault else { return self.streamed(None) };
        match status(fault) {
            StatusCode::OK => self.spoiled(conduct, fault).await,
            _ => status_answer(conduct, fault),
        }
    }
}

/// The answer to a question for a list.
pub(super) async fn answer(conduct: &Conduct, asked: Admitted<List>) -> HttpResponse {
    match asked {
        Ok((list, fault)) => list.with(conduct, fault).await,
        Err(status) => refused(status),
    }
}

/// Answers that are nothing but their status.
pub(super) fn status_answer(conduct: &Conduct, fault: Fault) -> HttpResponse {
    match status(fault) {
        StatusCode::TEMPORARY_REDIRECT => {
            HttpResponse::TemporaryRedirect().insert_header((LOCATION, conduct.redirect())).finish()
        }
        StatusCode::NO_CONTENT => HttpResponse::NoContent().finish(),
        other => later(other, fault),
    }
}

/// A refusal in the vendor's words, which are only its status.
pub(super) fn refused(status: StatusCode) -> HttpResponse {
    HttpResponse::build(status).json(json!({ "error": status.canonical_reason() }))
}

fn later(status: StatusCode, fault: Fault) -> HttpResponse {
    let mut answer = refused(status);
    let wait = match fault {
        Fault::BusySeconds => Some("120".to_owned()),
        Fault::BusyAbsurd => Some("946080000".to_owned()),
        Fault::Unavailable => Some("60".to_owned()),
        Fault::BusyDate => {
            let then = std::time::SystemTime::now() + std::time::Duration::from_mins(2);
            Some(actix_web::http::header::HttpDate::from(then).to_string())
        }
        _ => None,
    };
    if let Some(value) = wait.and_then(|wait| wait.parse().ok()) {
        answer.headers_mut().insert(RETRY_AFTER, value);
    }
    answer
}

/// The status with which a fault is answered.
pub(super) fn status(fault: Fault) -> StatusCode {
    match fault {
        Fault::Unauthorised => StatusCode::UNAUTHORIZED,
        Fault::Forbidden => StatusCode::FORBIDDEN,
        Fault::NotFound => StatusCode::NOT_FOUND,
        Fault::BusySeconds | Fault::BusyDate | Fault::BusyAbsurd => StatusCode::TOO_MANY_REQUESTS,
        Fault::ServerError => StatusCode::INTERNAL_SERVER_ERROR,
        Fault::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Fault::RedirectInside => StatusCode::TEMPORARY_REDIRECT,
        Fault::NoContent => StatusCode::NO_CONTENT,
        _ => StatusCode::OK,
    }
}

fn ok() -> HttpResponseBuilder {
    let mut builder = HttpResponse::Ok();
    builder.content_type(JSON);
    builder
}

const SIGN_IN: &str = "<!doctype html><html lang=en><title>Sign in</title><h1>Sign in</h1>\
    <form method=post><label>E-mail <input name=email></label></form></html>";
