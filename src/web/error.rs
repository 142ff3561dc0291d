//! What can be wrong for a visitor, and the page for each: the one place where a refusal becomes a
//! status. Our own faults are logged here once, with a reference that the page shows too.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, RETRY_AFTER};
use actix_web::{HttpResponse, ResponseError};
use askama::Template;

use super::ui::problems;
use crate::db;
use crate::domain::Refusal;
use crate::domain::access::Denied;
use crate::kit::secret::{hex, random_bytes};

/// The answer of every handler.
pub type Answer = Result<HttpResponse, Fault>;

/// A page that is not the one asked for.
#[derive(Debug)]
pub enum Fault {
    NotFound,
    /// Who can, in a sentence.
    Forbidden(String),
    /// Go and do something else first: sign in, type the password again.
    Elsewhere(String),
    WrongMethod,
    /// What was sent is not a form, or not readable.
    Unreadable(&'static str),
    TooLarge,
    /// Minutes to wait.
    TooMany(u32),
    /// The form's token is missing, old or of another session.
    Expired(String),
    /// Cannot be served now; seconds until another try.
    Unavailable(u32),
    /// The reference that the log carries too.
    Broken(String),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotFound => "not found",
            Self::Forbidden(_) => "forbidden",
            Self::Elsewhere(_) => "elsewhere",
            Self::WrongMethod => "wrong method",
            Self::Unreadable(_) => "unreadable",
            Self::TooLarge => "too large",
            Self::TooMany(_) => "too many",
            Self::Expired(_) => "expired",
            Self::Unavailable(_) => "unavailable",
            Self::Broken(_) => "broken",
        })
    }
}

impl std::error::Error for Fault {}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotHere | Refusal::Denied(Denied::Stranger | Denied::NotRepresentative) => {
                Self::NotFound
            }
            Refusal::Denied(denied) => denied.into(),
            Refusal::Database(fault) => fault.into(),
            // A handler that can say more has matched these before.
            Refusal::Invalid { .. } => {
                Self::Unreadable("Something in the form cannot be used. Go back and check it.")
            }
            Refusal::Overtaken(words) => Self::Forbidden(words),
            Refusal::Broken(cause) => Self::broken(&cause),
        }
    }
}

impl From<Denied> for Fault {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Stranger | Denied::NotRepresentative => Self::NotFound,
            Denied::Lacks(permission) => Self::Forbidden(format!(
                "You may not {}. A super manager can change that.",
                permission.words()
            )),
            Denied::StalePassword => Self::Elsewhere(crate::links::confirm("/")),
        }
    }
}

impl From<db::Fault> for Fault {
    fn from(fault: db::Fault) -> Self {
        if fault.passes() {
            tracing::warn!(cause = %fault, "the database cannot serve a request");
            Self::Unavailable(5)
        } else {
            Self::broken(&fault)
        }
    }
}

impl From<askama::Error> for Fault {
    fn from(error: askama::Error) -> Self {
        Self::broken(&error)
    }
}

impl Fault {
    /// Logs a fault of our own and makes its reference, such as `8F3K-22AB`.
    pub fn broken(cause: &dyn fmt::Display) -> Self {
        let random = random_bytes::<4>().map_or_else(|_none| "00000000".to_owned(), |bytes| hex(&bytes));
        let (one, two) = random.split_at(4);
        let reference = format!("{one}-{two}").to_uppercase();
        tracing::error!(reference, %cause, "a request failed");
        Self::Broken(reference)
    }

    fn page(&self) -> askama::Result<String> {
        match self {
            Self::NotFound | Self::Elsewhere(_) => problems::NotFound::new().render(),
            Self::Forbidden(who) => problems::Forbidden::new(who.clone()).render(),
            Self::WrongMethod => problems::NotAllowed::new().render(),
            Self::Unreadable(words) => problems::Unreadable::new(*words).render(),
            Self::TooLarge => problems::TooLarge::new("1 MB").render(),
            Self::TooMany(minutes) => problems::TooMany::new(*minutes).render(),
            Self::Expired(back) => problems::Expired::new("", back.clone(), None).render(),
            Self::Unavailable(_) => problems::Closed::new(None).render(),
            Self::Broken(reference) => problems::Broken::new(reference.clone()).render(),
        }
    }
}

impl ResponseError for Fault {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Forbidden(_) | Self::Expired(_) => StatusCode::FORBIDDEN,
            Self::Elsewhere(_) => StatusCode::SEE_OTHER,
            Self::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
            Self::Unreadable(_) => StatusCode::BAD_REQUEST,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Broken(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse {
        if let Self::Elsewhere(to) = self {
            return super::see_other(to.clone());
        }
        let mut response = HttpResponse::build(self.status_code());
        match self {
            Self::TooMany(minutes) => response.insert_header((RETRY_AFTER, (minutes * 60).to_string())),
            Self::Unavailable(seconds) => response.insert_header((RETRY_AFTER, seconds.to_string())),
            _ => &mut response,
        };
        response.insert_header((CONTENT_TYPE, "text/html; charset=utf-8"));
        response.body(self.page().unwrap_or_else(|_template| "There is a problem with the service.".into()))
    }
}

pub(super) async fn not_found() -> Answer {
    Err(Fault::NotFound)
}

pub(super) async fn wrong_method() -> Answer {
    Err(Fault::WrongMethod)
}
