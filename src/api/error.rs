//! What can be wrong for a program, as problem details (RFC 9457): the one place where a refusal becomes a status here.
//! Says what is wrong with which field, never what a field held.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};
use serde_json::Value;

use crate::domain::Refusal;
use crate::domain::access::Denied;
use crate::domain::api_keys::KeyScope;

/// The answer of every handler.
pub(super) type Answer = Result<HttpResponse, Problem>;

/// A field and the rule that it breaks.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub(super) struct Wrong {
    /// Where it stands: `location.postcode`, or the name of a parameter.
    #[schema(examples("location.postcode"))]
    pub field: String,
    /// What holds for it.
    #[schema(examples("must be a postcode, such as LS1 4AP"))]
    pub rule: String,
}

#[derive(Debug)]
pub(super) enum Problem {
    /// No key, an unknown one, or one that was revoked: all the same. Of a device.
    Unauthorized,
    /// The same of a program.
    NoKey,
    /// The key works, and may not do this.
    Lacks(KeyScope),
    Denied(String),
    NotFound,
    /// Something that the body or a parameter names.
    NoSuch(Vec<Wrong>),
    /// The methods that the address takes.
    WrongMethod(String),
    TooLarge(usize),
    /// The body is of a type that the address does not take; with those that it does.
    WrongMedia(String),
    /// It is no JSON, or not of the shape that is read.
    Unreadable(String),
    /// Something in the address or in a header.
    Asked(Vec<Wrong>),
    Invalid(Vec<Wrong>),
    /// Fields that are as the document says, and cannot be had as things are now.
    NotNow(Vec<Wrong>),
    /// The same idempotency key came with another request.
    KeyReused,
    /// What is now is in the way; with the window to offer instead, where there is one.
    Overtaken(String, Option<Value>),
    /// Seconds until the next request is heard.
    TooMany(u64),
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
    #[serde(rename = "nextWindow", skip_serializing_if = "Option::is_none")]
    next_window: Option<&'a Value>,
}

impl Problem {
    /// What is wrong with one field, or parameter.
    pub(super) fn field(field: &str, rule: impl Into<String>) -> Self {
        Self::Invalid(vec![Wrong { field: field.to_owned(), rule: rule.into() }])
    }

    /// What a field or parameter names is not there.
    pub(super) fn no_such(field: &str, rule: &str) -> Self {
        Self::NoSuch(vec![Wrong { field: field.to_owned(), rule: rule.to_owned() }])
    }

    /// Where only these fields are refused, the request was well formed: it is things as they are that stand against it.
    pub(super) fn not_now(self, fields: &[&str]) -> Self {
        match self {
            Self::Invalid(wrong) if wrong.iter().all(|one| fields.contains(&one.field.as_str())) => {
                Self::NotNow(wrong)
            }
            other => other,
        }
    }

    /// The same with the fields' names as this address knows them.
    pub(super) fn named(self, names: &[(&str, &str)]) -> Self {
        let Self::Invalid(wrong) = self else { return self };
        let name = |field: String| {
            let known = names.iter().find(|(from, _)| *from == field);
            known.map_or(field, |(_, to)| (*to).to_owned())
        };
        Self::Invalid(wrong.into_iter().map(|one| Wrong { field: name(one.field), rule: one.rule }).collect())
    }

    pub(super) fn parameter(name: &str, rule: impl Into<String>) -> Self {
        Self::Asked(vec![Wrong { field: name.to_owned(), rule: rule.into() }])
    }

    /// Of a device, a thing that is not there means that the key is not known.
    pub(super) fn of_a_device(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotHere | Refusal::Denied(_) => Self::Unauthorized,
            other => other.into(),
        }
    }

    fn title(&self) -> &'static str {
        match self {
            Self::Unauthorized | Self::NoKey => "The key is not known",
            Self::Lacks(_) | Self::Denied(_) => "The key may not do this",
            Self::NotFound | Self::NoSuch(_) => "There is nothing here",
            Self::WrongMethod(_) => "The address does not take this method",
            Self::TooLarge(_) => "The body is too large",
            Self::WrongMedia(_) => "The body is of a type that is not taken here",
            Self::Unreadable(_) => "The body cannot be read",
            Self::Asked(_) => "The request cannot be used",
            Self::Invalid(_) => "A field cannot be used",
            Self::KeyReused => "The idempotency key was used for another request",
            Self::NotNow(_) | Self::Overtaken(..) => "This cannot be done now",
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
            Self::NoKey => {
                "Send the key as: Authorization: <key>. A super manager makes keys at Org Settings, API keys."
                    .into()
            }
            Self::Lacks(scope) => {
                format!("The key lacks the scope {}. A super manager can make a key with it.", scope.as_str())
            }
            Self::Denied(words) | Self::Overtaken(words, _) | Self::Unreadable(words) => words.clone(),
            Self::NotFound => "Check the address and its numbers: every address is described at /api.".into(),
            Self::NoSuch(_) => "What a field names is not there for this key; nothing was kept.".into(),
            Self::WrongMethod(methods) => format!("It takes {methods}. Every address is described at /api."),
            Self::TooLarge(most) => format!("At most {most} bytes are read. Send less at once."),
            Self::WrongMedia(types) => format!("Send the header Content-Type: {types}."),
            Self::Asked(wrong) => format!("{} of the parameters and headers break a rule.", wrong.len()),
            Self::Invalid(wrong) => format!(
                "{} of the fields break a rule; nothing was kept. Correct them and send all again.",
                wrong.len()
            ),
            Self::NotNow(wrong) => {
                let rules: Vec<String> = wrong.iter().map(|one| format!("{}.", one.rule)).collect();
                rules.join(" ")
            }
            Self::KeyReused => "Send the same request as before, or another Idempotency-Key.".into(),
            Self::TooMany(seconds) => format!("Wait {seconds} seconds before the next request."),
            Self::Unavailable => "The portal cannot do this now. Send it again in a few seconds.".into(),
            Self::Broken => "Send it again later; whoever runs the portal finds the fault in its log.".into(),
        }
    }

    /// As it stands inside the answer to many things at once.
    pub(super) fn inside(&self) -> Value {
        serde_json::to_value(self.details()).unwrap_or_default()
    }

    fn details(&self) -> Details<'_> {
        let errors: &[Wrong] = match self {
            Self::Invalid(wrong) | Self::Asked(wrong) | Self::NoSuch(wrong) | Self::NotNow(wrong) => wrong,
            _ => &[],
        };
        Details {
            r#type: "about:blank",
            title: self.title(),
            status: self.status_code().as_u16(),
            detail: self.detail(),
            errors,
            next_window: if let Self::Overtaken(_, next) = self { next.as_ref() } else { None },
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotHere | Refusal::Denied(Denied::Stranger | Denied::NotRepresentative) => {
                Self::NotFound
            }
            Refusal::Denied(denied) => Self::Denied(format!("{denied}.")),
            Refusal::Invalid { field, words } => Self::field(&camel(field), words),
            Refusal::Overtaken(words) => Self::Overtaken(words, None),
            Refusal::Database(fault) if fault.passes() => Self::Unavailable,
            other => {
                tracing::error!(cause = %other, "a request of a program failed");
                Self::Broken
            }
        }
    }
}

/// A field's name as programs know it: `date_of_birth` is `dateOfBirth`.
pub(super) fn camel(field: &str) -> String {
    let mut words = field.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| {
        let mut letters = word.chars();
        let start = letters.next().map(|letter| letter.to_ascii_uppercase());
        start.into_iter().chain(letters).fold(name, |mut name, letter| {
            name.push(letter);
            name
        })
    })
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Unauthorized | Self::NoKey => StatusCode::UNAUTHORIZED,
            Self::Lacks(_) | Self::Denied(_) => StatusCode::FORBIDDEN,
            Self::NotFound | Self::NoSuch(_) => StatusCode::NOT_FOUND,
            Self::WrongMethod(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::WrongMedia(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Unreadable(_) | Self::Asked(_) => StatusCode::BAD_REQUEST,
            Self::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::NotNow(_) | Self::KeyReused | Self::Overtaken(..) => StatusCode::CONFLICT,
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Broken => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        response.insert_header((CONTENT_TYPE, "application/problem+json"));
        match self {
            Self::Unauthorized | Self::NoKey => response.insert_header((WWW_AUTHENTICATE, "Bearer")),
            Self::TooMany(seconds) => response.insert_header((RETRY_AFTER, seconds.to_string())),
            Self::Unavailable => response.insert_header((RETRY_AFTER, "5")),
            Self::WrongMethod(methods) => response.insert_header((ALLOW, methods.clone())),
            _ => &mut response,
        };
        response.body(serde_json::to_string(&self.details()).unwrap_or_default())
    }
}

pub(super) async fn not_found() -> Answer {
    Err(Problem::NotFound)
}

#[cfg(test)]
mod tests {
    use super::camel;

    #[test]
    fn fields_have_the_names_that_programs_know() {
        assert_eq!(camel("date_of_birth"), "dateOfBirth");
        assert_eq!(camel("postcode"), "postcode");
    }
}
