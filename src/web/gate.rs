//! What every request passes: the headers of every answer, the origin of every form, the session,
//! and the route table's "who may". Deny by default: a route that is not in the table is not there.

use std::net::IpAddr;
use std::sync::Arc;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, ORIGIN, REFERER,
};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpResponse, ResponseError, web};
use askama::Template as _;

use super::error::Fault;
use super::routes::{self, Who};
use super::ui::Shell;
use super::{session, sign_in, visit};
use crate::config::Config;
use crate::domain::Refusal;
use crate::domain::access::{Actor, Denied, Permission};
use crate::domain::accounts;
use crate::kit::ids::OrganisationId;
use crate::kit::secret::Secret;
use crate::links;
use crate::services::Services;

/// Left in the request for the handlers: who is there, and the token that their forms are tied to.
#[derive(Clone)]
pub(super) struct Present {
    pub actor: Option<Arc<Actor>>,
    pub held: Secret,
    /// The held seed is new, and its cookie is to be sent.
    pub seed_is_new: bool,
    pub address: String,
}

/// The middleware around every route.
pub async fn gate(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let Some(services) = request.app_data::<web::Data<Services>>().cloned() else {
        return Err(Fault::broken(&"the services are missing").into());
    };
    let who = request.match_pattern().and_then(|pattern| routes::who(&pattern, request.method()));
    let tls = services.config.tls();
    let admitted = admit(&request, &services, who).await;
    let mut response = match admitted {
        Ok(present) => {
            let cookie = present.as_ref().filter(|present| present.seed_is_new);
            let cookie = cookie.map(|present| session::form_cookie(&services.config, &present.held));
            if let Some(present) = present {
                request.extensions_mut().insert(present);
            }
            let (http, response) = match next.call(request).await {
                Ok(response) => response.map_into_boxed_body().into_parts(),
                Err(error) => return Err(error),
            };
            let mut response = response;
            if let Some(cookie) = cookie {
                // A cookie that does not fit a header cannot be: it is hexadecimal.
                let _ = response.add_cookie(&cookie);
            }
            ServiceResponse::new(http, response)
        }
        Err(Fault::Elsewhere(to)) if request.method() == Method::POST && to != links::two_step() => {
            sign_in_here(request, &services.config, to).await
        }
        Err(fault) => request.into_response(fault.error_response()).map_into_boxed_body(),
    };
    harden(response.headers_mut(), tls, who);
    Ok(response)
}

/// Decides whether the request reaches its handler, and who it comes from.
async fn admit(
    request: &ServiceRequest,
    services: &Services,
    who: Option<Who>,
) -> Result<Option<Present>, Fault> {
    // No line of the table: the router answers with 404 or 405.
    let Some(who) = who else { return Ok(None) };
    if who == Who::Machine {
        return Ok(None);
    }
    let config = &services.config;
    let changes = request.method() != Method::GET && request.method() != Method::HEAD;
    // A mail program's one-click POST (RFC 8058) comes from anywhere. Its route is the only one without this check.
    if changes && who != Who::Letter {
        same_origin(request.headers(), config)?;
    }
    let address = client_address(request, config);
    let (actor, held, seed_is_new) = match signed_in(request, services, &address).await? {
        Some((actor, held)) => (Some(Arc::new(actor)), held, false),
        None => match session::form_seed(request.request(), config) {
            Some(seed) => (None, seed, false),
            None => (None, new_seed()?, true),
        },
    };
    let present = Present { actor, held, seed_is_new, address };
    check(request, services, who, &present).await?;
    Ok(Some(present))
}

fn new_seed() -> Result<Secret, Fault> {
    crate::kit::secret::random_token().map_err(|cause| Fault::broken(&cause))
}

async fn signed_in(
    request: &ServiceRequest,
    services: &Services,
    address: &str,
) -> Result<Option<(Actor, Secret)>, Fault> {
    let Some(token) = session::token(request.request(), &services.config) else { return Ok(None) };
    let (now, limits, address) = (services.clock.now(), services.config.sessions, address.to_owned());
    let looked_up = token.clone();
    let found: Option<accounts::Live> = services
        .db
        .read(move |conn| accounts::live(conn, &looked_up, &address, now, limits).map_err(Refusal::from))
        .await?;
    let Some(live) = found else { return Ok(None) };
    if live.touch_due {
        let (db, session) = (services.db.clone(), live.actor.session());
        // Not waited for: a page must not stand in line behind a long sync for this.
        actix_web::rt::spawn(async move {
            let _: Result<(), Refusal> =
                db.write(move |tx| accounts::touch(tx, session).map_err(Refusal::from)).await;
        });
    }
    Ok(Some((live.actor, token)))
}

async fn check(
    request: &ServiceRequest,
    services: &Services,
    who: Who,
    present: &Present,
) -> Result<(), Fault> {
    let Some(actor) = &present.actor else {
        return match who {
            Who::Anyone | Who::Machine | Who::Letter => Ok(()),
            _ => Err(Fault::Elsewhere(sign_in_and_return(request))),
        };
    };
    let open = matches!(who, Who::Anyone | Who::Machine | Who::Letter | Who::SettingUp);
    if !open && actor.must_set_up(services.config.two_step) {
        return Err(Fault::Elsewhere(links::two_step()));
    }
    match who {
        Who::Anyone | Who::Machine | Who::Letter | Who::SignedIn | Who::SettingUp => Ok(()),
        Who::Representative => actor.platform().map(drop).map_err(Fault::from),
        Who::Relative
            if actor.memberships().iter().any(|m| m.role == crate::domain::access::Role::Relative) =>
        {
            Ok(())
        }
        Who::Patient
            if actor.memberships().iter().any(|m| m.role == crate::domain::access::Role::Patient) =>
        {
            Ok(())
        }
        Who::Relative | Who::Patient => Err(Fault::NotFound),
        Who::Holder(permission) => {
            let organisation = organisation_in(request).ok_or(Fault::NotFound)?;
            match actor.check(organisation, permission) {
                Ok(()) => Ok(()),
                Err(Denied::Lacks(permission)) => Err(who_can(services, organisation, permission).await),
                Err(_stranger) => Err(Fault::NotFound),
            }
        }
    }
}

/// A form that came too late, from one of our pages: the sign-in page, which keeps what was typed. A
/// form with nothing typed is sent to the sign-in page like everybody else.
async fn sign_in_here(mut request: ServiceRequest, config: &Config, to: String) -> ServiceResponse<BoxBody> {
    let is_form = visit::is_form(request.content_type());
    let body = visit::read_form(request.take_payload()).await.ok().filter(|_| is_form).unwrap_or_default();
    let kept = sign_in::keep(request.path(), &body);
    let known = session::form_seed(request.request(), config);
    let seed = known.clone().map_or_else(new_seed, Ok);
    let page = match seed {
        Ok(seed) if kept.is_some() => {
            let mut shell = Shell::bare("Sign in");
            shell.csrf = session::form_token(&seed);
            let page = sign_in::kept_page(shell, back(&request, config), kept);
            page.render()
                .ok()
                .map(|page| (page, known.is_none().then(|| session::form_cookie(config, &seed))))
        }
        _ => None,
    };
    let Some((page, cookie)) = page else {
        return request.into_response(super::see_other(to)).map_into_boxed_body();
    };
    let mut response = HttpResponse::Ok();
    if let Some(cookie) = cookie {
        response.cookie(cookie);
    }
    response.insert_header((CONTENT_TYPE, "text/html; charset=utf-8"));
    request.into_response(response.body(page)).map_into_boxed_body()
}

/// The page of ours that the form was on.
fn back(request: &ServiceRequest, config: &Config) -> String {
    let from = request.headers().get(REFERER).and_then(|value| value.to_str().ok());
    let path = from.and_then(|from| from.strip_prefix(config.public_url.as_str()));
    sign_in::own_page(path.unwrap_or_default()).to_owned()
}

/// The organisation in the path. The gate stands before the router, which has not taken the path apart.
fn organisation_in(request: &ServiceRequest) -> Option<OrganisationId> {
    let pattern = request.match_pattern()?;
    let mut parts = pattern.split('/').zip(request.path().split('/'));
    let (_, part) = parts.find(|(name, _)| *name == "{org}")?;
    part.parse().ok()
}

/// Where to sign in and come back: only pages are come back to, never a form's target.
fn sign_in_and_return(request: &ServiceRequest) -> String {
    let to = request.uri().path_and_query().map_or("/", |to| to.as_str());
    if request.method() == Method::GET && to != "/" {
        format!("{}?next={}", links::sign_in(), links::encode(to))
    } else {
        links::sign_in()
    }
}

/// The 403 names the people who can, so that a colleague knows whom to ask.
async fn who_can(services: &Services, organisation: OrganisationId, permission: Permission) -> Fault {
    let names = services
        .db
        .read(move |conn| accounts::holders(conn, organisation, permission).map_err(Refusal::from))
        .await
        .unwrap_or_default();
    let only_super = permission.possible_for() == [crate::domain::access::Role::SuperManager];
    let who = if only_super { "Only a super manager can" } else { "You need to be allowed to" };
    let ask = match names.as_slice() {
        [] => String::new(),
        [one] => format!(" Ask {one}."),
        [rest @ .., last] => format!(" Ask {} or {last}.", rest.join(", ")),
    };
    Fault::Forbidden(format!("{who} {}.{ask}", permission.words()))
}

/// A form comes from our own pages: the browser says so by `Origin` or `Sec-Fetch-Site`. A request
/// that says neither does not come from a browser with a session, and is refused.
fn same_origin(headers: &HeaderMap, config: &Config) -> Result<(), Fault> {
    let refused = || Fault::Expired("/".into());
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("unreadable"));
    if headers.get_all(ORIGIN).count() > 1 {
        return Err(refused());
    }
    match (text("origin"), text("sec-fetch-site")) {
        (None, None) => Err(refused()),
        (Some(origin), _) if origin != config.public_url => Err(refused()),
        (_, Some(site)) if site != "same-origin" => Err(refused()),
        _ => Ok(()),
    }
}

/// The client's address: the peer, or behind a trusted proxy what that proxy says, from the right.
fn client_address(request: &ServiceRequest, config: &Config) -> String {
    // One client has one address, also where the socket takes both families.
    let Some(peer) = request.peer_addr().map(|peer| peer.ip().to_canonical()) else { return String::new() };
    let trusted =
        |address: &IpAddr| config.trusted_proxies.iter().any(|proxy| proxy.to_canonical() == *address);
    if !trusted(&peer) {
        return peer.to_string();
    }
    let forwarded = request.headers().get_all("x-forwarded-for").filter_map(|value| value.to_str().ok());
    let hops: Vec<&str> = forwarded.flat_map(|value| value.split(',')).map(str::trim).collect();
    let mut client = peer;
    for hop in hops.iter().rev() {
        // Whatever stands left of something unreadable was not written by our proxies.
        let Ok(address) = hop.parse::<IpAddr>().map(|hop| hop.to_canonical()) else { break };
        client = address;
        if !trusted(&address) {
            break;
        }
    }
    client.to_string()
}

const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; \
    connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The headers of every answer, errors and redirects included.
pub fn harden(headers: &mut HeaderMap, tls: bool, who: Option<Who>) {
    let fixed = [
        ("content-security-policy", POLICY),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("x-frame-options", "DENY"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ];
    for (name, value) in fixed {
        let name = HeaderName::from_static(name);
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
    if tls {
        let year = HeaderValue::from_static("max-age=63072000; includeSubDomains");
        headers.insert(HeaderName::from_static("strict-transport-security"), year);
    }
    if who != Some(Who::Machine) || !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}
