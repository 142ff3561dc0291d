//! The answer to a write: what was asked is done and confirmed, with the fault before, after or instead. What may be
//! written is each vendor's own.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use serde_json::{Value, json};

use super::bodies;
use super::chance::Mishap;
use super::conduct::Conduct;
use super::fault::Fault;
use super::spoiling::{self, Form, List};

/// How a vendor confirms what it has taken.
#[derive(Clone, Copy)]
pub(super) struct Confirming {
    /// 200 or 201.
    pub(super) status: StatusCode,
    /// How lists are written here, for faults that send one.
    pub(super) form: &'static Form,
}

/// What is wrong with what was sent.
pub(super) type Refused = (StatusCode, String);

fn rejected((status, words): Refused) -> HttpResponse {
    HttpResponse::build(status).json(json!({ "error": words }))
}

impl Confirming {
    /// Does what was asked, unless the fault keeps it from being done, and answers. `act` gives the confirmation, or
    /// the status and the words that say what is wrong with what was sent.
    pub(super) async fn answer(
        self,
        conduct: &Conduct,
        fault: Option<Fault>,
        act: impl FnOnce() -> Result<Value, Refused>,
    ) -> HttpResponse {
        let mishap = match fault {
            Some(Fault::FailAtRandom) => conduct.mishap(),
            other => other.map(Mishap::of),
        };
        match mishap {
            None => {}
            Some(Mishap::Refuse(fault)) => return spoiling::status_answer(conduct, fault),
            Some(Mishap::Break) => return spoiling::refused(StatusCode::INTERNAL_SERVER_ERROR),
            Some(Mishap::Busy) => return spoiling::refused(StatusCode::SERVICE_UNAVAILABLE),
            Some(Mishap::Cut) => return HttpResponse::Ok().streaming(Box::pin(bodies::reset())),
            Some(Mishap::Silence) => {
                bodies::silence(conduct).await;
                return spoiling::refused(StatusCode::SERVICE_UNAVAILABLE);
            }
            Some(after) => {
                return match act() {
                    Ok(confirmation) => self.spoiled(conduct, after, &confirmation).await,
                    Err(refused) => rejected(refused),
                };
            }
        }
        act().map_or_else(rejected, |confirmation| self.plain(&confirmation))
    }

    fn plain(self, confirmation: &Value) -> HttpResponse {
        HttpResponse::build(self.status).json(confirmation)
    }

    /// It was kept, and the confirmation does not arrive as it should.
    async fn spoiled(self, conduct: &Conduct, after: Mishap, confirmation: &Value) -> HttpResponse {
        match after {
            Mishap::Delay => {
                bodies::silence(conduct).await;
                self.plain(confirmation)
            }
            Mishap::LoseReply => HttpResponse::Ok().streaming(Box::pin(bodies::reset())),
            Mishap::BreakAfter => spoiling::refused(StatusCode::INTERNAL_SERVER_ERROR),
            Mishap::Spoil(fault) => {
                let list = List::new(self.form, vec![confirmation.to_string().into_bytes()]);
                list.with(conduct, Some(fault)).await
            }
            _ => HttpResponse::build(self.status).content_type("application/json").body(r#"{"id":"in-"#),
        }
    }
}
