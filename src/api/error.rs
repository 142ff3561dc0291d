//! What can be wrong for a program, as problem details (RFC 9457): the one place where a refusal becomes a status here.
//! Says what is wrong with which field, never what a field held.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};

use crate::domain::Refusal;

/// The answer of every handler.
pub(super) type Answer = Result<HttpResponse, Problem>;

/// A field and the rule that it breaks.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub(super) struct Wrong {
    pub field: String,
    pub rule: String,
}

#[derive(Debug)]
pub(super) enum Problem {
    /// No key, an unknown one, or one that was revoked: all the same.
    Unauthorized,
    NotFound,
    WrongMethod,
    TooLarge(usize),
    NotJson,
    /// It is no JSON, or not of the shape that is read.
    Unreadable(String),
    Invalid(Vec<Wrong>),
    /// Seconds until the next request is heard.
    TooMany(i64),
    Unavailable,
    Broken,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.title())
    }
}

#[derive(serde::Serialize)]
struct Details<'a> {
    r#type: &'static str,
    title: &'static str,
    status: u16,
    detail: String,
    #[serde(skip_serializing_if = "<[Wrong]>::is_empty")]
    errors: &'a [Wrong],
}

impl Problem {
    fn title(&self) -> &'static str {
        match self {
            Self::Unauthorized => "The key is not known",
            Self::NotFound => "There is nothing here",
            Self::WrongMethod => "This address takes POST",
            Self::TooLarge(_) => "The body is too large",
            Self::NotJson => "The body must be JSON",
            Self::Unreadable(_) => "The body cannot be read",
            Self::Invalid(_) => "A field cannot be used",
            Self::TooMany(_) => "Too many requests",
            Self::Unavailable => "Not now",
            Self::Broken => "A fault of the portal",
        }
    }

    fn detail(&self) -> String {
        match self {
            Self::Unauthorized => {
                "Send the device's key as: Authorization: Bearer <key>. A manager can make a new one.".into()
            }
            Self::NotFound => "Night events go to /api/v1/monitoring/events.".into(),
            Self::WrongMethod => "Send a POST with a JSON body.".into(),
            Self::TooLarge(most) => format!("At most {most} bytes are read. Send fewer events at once."),
            Self::NotJson => "Send the header Content-Type: application/json.".into(),
            Self::Unreadable(why) => why.clone(),
            Self::Invalid(wrong) => format!(
                "{} of the fields break a rule; nothing was kept. Correct them and send all again.",
                wrong.len()
            ),
            Self::TooMany(seconds) => format!("Wait {seconds} seconds, and send several events at once."),
            Self::Unavailable => {
                "The portal cannot keep events now. Send them again in a few seconds.".into()
            }
            Self::Broken => "Send the events again later; what was kept is not kept twice.".into(),
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotHere | Refusal::Denied(_) => Self::Unauthorized,
            Refusal::Database(fault) if fault.passes() => Self::Unavailable,
            other => {
                tracing::error!(cause = %other, "a request of a device failed");
                Self::Broken
            }
        }
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NotJson => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Unreadable(_) => StatusCode::BAD_REQUEST,
            Self::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Broken => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let status = self.status_code();
        let mut response = HttpResponse::build(status);
        response.insert_header((CONTENT_TYPE, "application/problem+json"));
        match self {
            Self::Unauthorized => response.insert_header((WWW_AUTHENTICATE, "Bearer")),
            Self::TooMany(seconds) => response.insert_header((RETRY_AFTER, seconds.to_string())),
            Self::Unavailable => response.insert_header((RETRY_AFTER, "5")),
            _ => &mut response,
        };
        let errors: &[Wrong] = if let Self::Invalid(wrong) = self { wrong } else { &[] };
        let details = Details {
            r#type: "about:blank",
            title: self.title(),
            status: status.as_u16(),
            detail: self.detail(),
            errors,
        };
        response.body(serde_json::to_string(&details).unwrap_or_default())
    }
}

pub(super) async fn wrong_method() -> Answer {
    Err(Problem::WrongMethod)
}

pub(super) async fn not_found() -> Answer {
    Err(Problem::NotFound)
}
