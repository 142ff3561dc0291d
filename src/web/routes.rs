//! Every URL of the portal on one page: path, method, who may, handler.
//!
//! This table is the only way to register a handler. The gate refuses whatever is not in it, the
//! command `kinbridge routes` prints it, and a test walks it for every role.

use std::collections::HashMap;
use std::sync::OnceLock;

use actix_web::dev::{AppService, HttpServiceFactory};
use actix_web::guard;
use actix_web::http::Method;
use actix_web::{FromRequest, Handler, Responder, Route, Scope, web};

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

/// Registers the table.
pub fn mount(config: &mut web::ServiceConfig) {
    let mut paths: Vec<Page> = Vec::new();
    for line in table() {
        match paths.iter_mut().find(|(path, _)| *path == line.path) {
            Some((_, lines)) => lines.push(line),
            None => paths.push((line.path, vec![line])),
        }
    }
    for branch in branches(paths) {
        config.service(branch);
    }
    config.default_service(web::to(super::error::not_found));
}

/// A path, or what is left of it below a scope, and its lines.
type Page = (&'static str, Vec<Line>);

/// Paths that begin with the same parts are one scope, so that a request is compared with some twenty patterns, most of
/// them plain words, and not with all of some four hundred regular expressions.
enum Branch {
    /// One resource a path, so that another method is answered with 405.
    Page(Page),
    Scope(&'static str, Vec<Branch>),
}

impl HttpServiceFactory for Branch {
    fn register(self, config: &mut AppService) {
        match self {
            Self::Page((path, lines)) => lines
                .iter()
                .fold(web::resource(path), |resource, line| resource.route((line.mount)()))
                .default_service(web::to(super::error::wrong_method))
                .register(config),
            Self::Scope(part, branches) => {
                branches.into_iter().fold(web::scope(part), Scope::service).register(config);
            }
        }
    }
}

/// In the order of the table. Where a word and a number may stand in the same part of a path, the first line that fits
/// is meant, whatever comes after that part: there each path stays whole.
fn branches(pages: Vec<Page>) -> Vec<Branch> {
    let parts: Vec<&str> =
        pages.iter().map(|(path, _)| first_part(path)).filter(|part| !part.is_empty()).collect();
    let same = parts.iter().all(|part| parts.first() == Some(part));
    if !same && parts.iter().any(|part| part.contains('{')) {
        return pages.into_iter().map(Branch::Page).collect();
    }
    let mut groups: Vec<(&'static str, Vec<Page>)> = Vec::new();
    for (path, lines) in pages {
        let part = first_part(path);
        match groups.iter_mut().find(|(of, _)| *of == part) {
            Some((_, pages)) => pages.push((path, lines)),
            None => groups.push((part, vec![(path, lines)])),
        }
    }
    groups.into_iter().flat_map(|(part, pages)| branch(part, pages)).collect()
}

fn branch(part: &'static str, pages: Vec<Page>) -> Vec<Branch> {
    if pages.len() == 1 || part.is_empty() {
        return pages.into_iter().map(Branch::Page).collect();
    }
    let rest = |(path, lines): Page| (path.strip_prefix(part).unwrap_or(path), lines);
    vec![Branch::Scope(part, branches(pages.into_iter().map(rest).collect()))]
}

/// `/org` of `/org/{org}/staff`; nothing of nothing.
fn first_part(path: &'static str) -> &'static str {
    let end = path.match_indices('/').nth(1).map_or(path.len(), |(at, _)| at);
    path.split_at_checked(end).map_or(path, |(part, _)| part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pages(paths: &[&'static str]) -> Vec<Page> {
        paths.iter().map(|path| (*path, Vec::new())).collect()
    }

    /// Each scope's beginning in brackets.
    fn words(branches: &[Branch]) -> String {
        let word = |branch: &Branch| match branch {
            Branch::Page((path, _)) => (*path).to_owned(),
            Branch::Scope(part, inner) => format!("{part}[{}]", words(inner)),
        };
        branches.iter().map(word).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn paths_that_begin_alike_are_one_scope() {
        let table =
            ["/", "/sign-in", "/org/{org}", "/org/{org}/staff", "/org/{org}/staff/new", "/org/{org}/pairing"];
        assert_eq!(words(&branches(pages(&table))), "/ /sign-in /org[/{org}[ /staff[ /new] /pairing]]");
    }

    #[test]
    fn where_a_word_and_a_number_may_stand_the_order_of_the_table_stays() {
        let table = ["/staff/new", "/staff/{id}", "/staff/new/{id}", "/staff/{id}/edit"];
        assert_eq!(words(&branches(pages(&table))), "/staff[/new /{id} /new/{id} /{id}/edit]");
        assert_eq!(words(&branches(pages(&["/a/{one}/x", "/a/{two}/y"]))), "/a[/{one}/x /{two}/y]");
    }

    #[test]
    fn no_page_is_lost() {
        fn whole(before: &str, branches: Vec<Branch>) -> Vec<String> {
            let one = |branch| match branch {
                Branch::Page((path, lines)) => vec![format!("{before}{path}"); lines.len()],
                Branch::Scope(part, inner) => whole(&format!("{before}{part}"), inner),
            };
            branches.into_iter().flat_map(one).collect()
        }
        let mut kept = whole("", branches(table().into_iter().map(|line| (line.path, vec![line])).collect()));
        let mut all: Vec<String> = table().iter().map(|line| line.path.to_owned()).collect();
        kept.sort();
        all.sort();
        assert_eq!(kept, all);
    }
}
