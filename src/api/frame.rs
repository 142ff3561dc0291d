//! What every request of a program passes before its handler: whose key it is, how fast it asks, what the key may, and
//! whether the request is what the document describes.

use actix_web::dev::Payload;
use actix_web::http::Method;
use actix_web::http::header::{AUTHORIZATION, HeaderName, HeaderValue};
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest, HttpResponse, ResponseError as _, Route, guard};

use super::ask::Ask;
use super::error::{Answer, Problem};
use super::{ANYONE, Line};
use crate::domain::Refusal;
use crate::domain::api_keys::{self, Client, KeyScope, Pace};
use crate::kit::secret::Secret;
use crate::services::Services;

/// The longest key that is looked up.
const LONGEST_KEY: usize = 200;

/// A line that anybody may read.
pub(super) fn open(path: &'static str, handler: fn() -> HttpResponse) -> Line {
    let mount = Box::new(move || Route::new().guard(guard::Get()).to(move || async move { handler() }));
    Line { method: Method::GET, path, who: ANYONE, mount }
}

pub(super) fn get<F, Fut>(path: &'static str, needs: KeyScope, handler: F) -> Line
where
    F: Fn(Ask) -> Fut + Clone + 'static,
    Fut: Future<Output = Answer> + 'static,
{
    line(Method::GET, path, needs, handler)
}

/// A line of the table; the handler is reached only with a key that has the scope.
pub(super) fn line<F, Fut>(method: Method, path: &'static str, needs: KeyScope, handler: F) -> Line
where
    F: Fn(Ask) -> Fut + Clone + 'static,
    Fut: Future<Output = Answer> + 'static,
{
    let of = method.clone();
    let mount = Box::new(move || {
        let handler = handler.clone();
        let act = move |arrived: Arrived| answer(path, needs, arrived, handler.clone());
        Route::new().method(of.clone()).to(act)
    });
    Line { method, path, who: needs.as_str(), mount }
}

/// A request and its body, before anything of it is read.
struct Arrived(HttpRequest, Payload);

impl FromRequest for Arrived {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        std::future::ready(Ok(Self(request.clone(), payload.take())))
    }
}

async fn answer<F, Fut>(
    path: &'static str,
    needs: KeyScope,
    Arrived(request, payload): Arrived,
    handler: F,
) -> HttpResponse
where
    F: Fn(Ask) -> Fut,
    Fut: Future<Output = Answer>,
{
    let Some(services) = request.app_data::<Data<Services>>().cloned() else {
        return Problem::Broken.error_response();
    };
    let client = match admitted(&request, &services).await {
        Ok(client) => client,
        Err(problem) => return problem.error_response(),
    };
    let pace = services.paces.take(client.id());
    let answer = match pace.wait {
        Some(seconds) => Err(Problem::TooMany(seconds)),
        None if !client.may(needs) => Err(Problem::Lacks(needs)),
        None => match Ask::read(path, request, payload, services, client).await {
            Ok(ask) => handler(ask).await,
            Err(problem) => Err(problem),
        },
    };
    let mut response = answer.unwrap_or_else(|problem| problem.error_response());
    show_pace(&mut response, pace);
    response
}

fn show_pace(response: &mut HttpResponse, pace: Pace) {
    let shown = [
        ("ratelimit-limit", u64::from(pace.limit)),
        ("ratelimit-remaining", u64::from(pace.remaining)),
        ("ratelimit-reset", pace.reset),
    ];
    for (name, value) in shown {
        response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from(value));
    }
}

/// Whose key the request carries. Reads only; that the key was used is noted beside it, at most once a minute.
async fn admitted(request: &HttpRequest, services: &Data<Services>) -> Result<Client, Problem> {
    let key = key(request).ok_or(Problem::NoKey)?;
    let now = services.clock.now();
    let found: Result<_, Refusal> = services.db.read(move |conn| api_keys::admit(conn, &key, now)).await;
    let admitted = found?.ok_or(Problem::NoKey)?;
    if admitted.touch_due {
        let (db, client) = (services.db.clone(), admitted.client.clone());
        // Not waited for: a request must not stand in line behind a long write for this.
        actix_web::rt::spawn(async move {
            let noted: Result<(), Refusal> = db.write(move |tx| api_keys::touch(tx, &client)).await;
            if let Err(cause) = noted {
                tracing::warn!(%cause, "it could not be noted that an API key was used");
            }
        });
    }
    Ok(admitted.client)
}

/// The bare key, or the same after `Bearer`.
fn key(request: &HttpRequest) -> Option<Secret> {
    let mut headers = request.headers().get_all(AUTHORIZATION);
    let (only, None) = (headers.next()?, headers.next()) else { return None };
    let text = only.to_str().ok()?.trim();
    let key = match text.split_once(' ') {
        None => text,
        Some((scheme, key)) if scheme.eq_ignore_ascii_case("bearer") => key.trim(),
        Some(_) => return None,
    };
    let fits = !key.is_empty() && key.len() <= LONGEST_KEY && key.chars().all(|c| c.is_ascii_graphic());
    fits.then(|| Secret::new(key))
}
