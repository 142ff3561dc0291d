//! Every URL of the portal on one page: path, method, who may, handler.
//!
//! This table is the only way to register a handler. The gate refuses whatever is not in it, the
//! command `kinbridge routes` prints it, and a test walks it for every role.

use std::collections::HashMap;
use std::sync::OnceLock;

use actix_web::guard;
use actix_web::http::Method;
use actix_web::{FromRequest, Handler, Responder, Route, web};

use crate::domain::access::Permission;

/// Who may reach a route. Finer rules (which resident, fresh password) are the handler's scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Signed in or not.
    Anyone,
    /// Everybody with a live session.
    SignedIn,
    /// The same, also while they have to set up their second step before anything else.
    SettingUp,
    /// The platform representative.
    Representative,
    /// Whoever holds a secret from a letter, and mail programs for them: the secret in the path is the proof, so that
    /// neither a session nor a form of ours is asked for, and the origin may be any.
    Letter,
    /// Relatives of somebody; to all others it does not exist.
    Relative,
    /// Whoever signs in as a patient; to all others it does not exist.
    Patient,
    /// Members of the organisation in the path who hold the permission.
    Holder(Permission),
    /// Programs: health checks, metrics, static files. No session is looked up.
    Machine,
}

impl Who {
    /// The words of the exported table.
    pub fn words(self) -> &'static str {
        match self {
            Self::Anyone => "anyone",
            Self::SignedIn => "signed in",
            Self::SettingUp => "signed in, setting up",
            Self::Representative => "representative",
            Self::Letter => "a letter's reader",
            Self::Relative => "relative",
            Self::Patient => "patient",
            Self::Holder(permission) => permission.as_str(),
            Self::Machine => "machine",
        }
    }
}

/// One line of the table.
pub struct Line {
    pub method: Method,
    pub path: &'static str,
    pub who: Who,
    mount: Box<dyn Fn() -> Route>,
}

pub(super) fn get<F, Args>(path: &'static str, who: Who, handler: F) -> Line
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    let mount = Box::new(move || {
        let either = guard::Any(guard::Get()).or(guard::Head());
        Route::new().guard(either).to(handler.clone())
    });
    Line { method: Method::GET, path, who, mount }
}

pub(super) fn post<F, Args>(path: &'static str, who: Who, handler: F) -> Line
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    let mount = Box::new(move || Route::new().guard(guard::Post()).to(handler.clone()));
    Line { method: Method::POST, path, who, mount }
}

/// The whole table, in reading order.
pub fn table() -> Vec<Line> {
    let mut lines = Vec::new();
    lines.push(get("/static/{digest}/{file}", Who::Machine, super::assets::show));
    lines.extend(super::health::routes());
    lines.extend(super::sign_in::routes());
    lines.extend(super::resets::routes());
    lines.extend(super::codes::routes());
    lines.extend(super::account::routes());
    lines.extend(super::addresses::routes());
    lines.extend(super::two_step::routes());
    lines.extend(super::shift::routes());
    lines.extend(super::home::routes());
    lines.extend(super::invitations::routes());
    // Before the family pages, which have a number where this has a word.
    lines.extend(super::digests::routes());
    lines.extend(super::family::routes());
    lines.extend(super::keepsakes::routes());
    // Before the organisations, whose pages have a number where this has a word.
    lines.extend(super::waiting_tasks::routes());
    lines.extend(super::own_visits::routes());
    lines.extend(super::organisations::routes());
    lines.extend(super::dashboard::routes());
    lines.extend(super::organisation_vendors::routes());
    // Before the lists, whose pages have a number where this has a word.
    lines.extend(super::people_import::routes());
    lines.extend(super::residents::routes());
    lines.extend(super::booked_visits::routes());
    lines.extend(super::relatives::routes());
    lines.extend(super::activities::routes());
    lines.extend(super::appointments::routes());
    lines.extend(super::patients::routes());
    lines.extend(super::visits::routes());
    lines.extend(super::day_plans::routes());
    lines.extend(super::timeline::routes());
    lines.extend(super::monitoring::routes());
    lines.extend(super::places::routes());
    // Before the staff list, whose pages have a number where these have a word.
    lines.extend(super::approvals::routes());
    lines.extend(super::staff::routes());
    lines.extend(super::practitioners::routes());
    lines.extend(super::my_visits::routes());
    lines.extend(super::leavers::routes());
    lines.extend(super::messages::routes());
    // Before the pages of the others, which have any vendor where this has its own word.
    lines.extend(super::visit_service::routes());
    lines.extend(super::integrations::routes());
    lines.extend(super::sync_resident::routes());
    lines.extend(super::sync_rules::routes());
    lines.extend(super::sync_runs::routes());
    lines.extend(super::pairing::routes());
    lines.extend(super::synchronization::routes());
    lines.extend(super::reports::routes());
    lines.extend(super::settings::routes());
    lines.extend(super::webhooks::routes());
    lines.extend(super::api_pages::routes());
    lines.extend(super::demo::routes());
    lines
}

/// Who may, by path pattern and method: what the gate asks for every request.
pub(super) fn who(pattern: &str, method: &Method) -> Option<Who> {
    static BY_PATH: OnceLock<HashMap<&'static str, Vec<(Method, Who)>>> = OnceLock::new();
    let by_path = BY_PATH.get_or_init(|| {
        let mut by_path: HashMap<_, Vec<_>> = HashMap::new();
        for line in table() {
            by_path.entry(line.path).or_default().push((line.method, line.who));
        }
        by_path
    });
    let method = if method == Method::HEAD { &Method::GET } else { method };
    by_path.get(pattern)?.iter().find(|(of, _)| of == method).map(|(_, who)| *who)
}

/// Registers the table: one resource a path, so that another method is answered with 405.
pub fn mount(config: &mut web::ServiceConfig) {
    let mut paths: Vec<(&'static str, Vec<Line>)> = Vec::new();
    for line in table() {
        match paths.iter_mut().find(|(path, _)| *path == line.path) {
            Some((_, lines)) => lines.push(line),
            None => paths.push((line.path, vec![line])),
        }
    }
    for (path, lines) in paths {
        let mut resource = web::resource(path);
        for line in lines {
            resource = resource.route((line.mount)());
        }
        config.service(resource.default_service(web::to(super::error::wrong_method)));
    }
    config.default_service(web::to(super::error::not_found));
}
