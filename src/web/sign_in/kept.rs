//! What somebody had typed when their session ended: kept on the sign-in page, and offered to be sent
//! once they are in. Never sent by itself, and never with a password in it.

use actix_web::HttpResponse;
use actix_web::http::Method;
use actix_web::http::header::CONTENT_TYPE;
use askama::Template as _;

use super::own_page;
use crate::kit::secret::Secret;
use crate::web::error::Answer;
use crate::web::routes;
use crate::web::session;
use crate::web::ui::problems::{Again, Expired};
use crate::web::visit::{Fields, Visit};

/// The fields of a form that could not be sent, and where they were to go.
#[derive(Default)]
pub(in crate::web) struct Kept {
    pub action: String,
    pub fields: Fields,
}

/// Keeps the fields of a form's body; nothing if there is none worth keeping.
pub(in crate::web) fn keep(action: &str, body: &str) -> Kept {
    let pairs = actix_web::web::Query::<Fields>::from_query(body);
    let secret =
        |name: &str| ["csrf", "password", "token", "secret", "key"].iter().any(|part| name.contains(part));
    let fields: Fields = pairs.map(actix_web::web::Query::into_inner).unwrap_or_default();
    let fields: Fields = fields.into_iter().filter(|(name, _)| !secret(&name.to_lowercase())).collect();
    Kept { action: action.to_owned(), fields }
}

impl Kept {
    pub fn is_some(&self) -> bool {
        !self.fields.is_empty() && own_page(&self.action) == self.action && is_form(&self.action)
    }

    /// What the sign-in page carried along.
    pub fn again(action: &str, fields: &str) -> Self {
        keep(action, fields)
    }

    /// The fields as the sign-in page carries them.
    pub fn carried(&self) -> String {
        let pair = |(name, value): &(String, String)| {
            format!("{}={}", crate::links::encode(name), crate::links::encode(value))
        };
        self.fields.iter().map(pair).collect::<Vec<_>>().join("&")
    }

    /// The page that offers to send it, with the new session.
    pub fn offer(self, visit: &Visit, token: &Secret, back: &str) -> Answer {
        let again = Again { action: self.action, kept: self.fields };
        let page = Expired::new(session::form_token(token), back, Some(again));
        let mut response = HttpResponse::Ok();
        session::start(&mut response, &visit.services.config, token);
        Ok(response.insert_header((CONTENT_TYPE, "text/html; charset=utf-8")).body(page.render()?))
    }
}

/// Whether a form can be sent there: a path with a POST route.
fn is_form(action: &str) -> bool {
    let parts = |path: &str| path.split('/').map(str::to_owned).collect::<Vec<_>>();
    let wanted = parts(action);
    let fits = |pattern: &str| {
        let pattern = parts(pattern);
        let same = |(one, other): (&String, &String)| one.starts_with('{') || one == other;
        pattern.len() == wanted.len() && pattern.iter().zip(&wanted).all(same)
    };
    routes::table().iter().any(|line| line.method == Method::POST && fits(line.path))
}
