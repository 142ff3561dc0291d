//! Cookies and form tokens: how a browser is tied to a session, and a form to a browser.
//!
//! Deliberately decides nothing about rights (see `domain::access`) and keeps no state of its own.

use actix_web::cookie::{Cookie, SameSite};
use actix_web::{HttpRequest, HttpResponseBuilder};

use super::ui::{Link, Notice, NoticeAction, NoticeKind};
use crate::config::Config;
use crate::kit::secret::{Secret, hex, keyed_fingerprint, unhex};

/// The session's cookie name: with TLS its prefix makes the browser refuse a cookie from elsewhere.
const SESSION: &str = "kinbridge";
/// Ties a form to a browser that is not signed in.
const FORM: &str = "kinbridge-form";
/// The password was right, and the second step is asked for.
const HALF: &str = "kinbridge-half";
/// By which a browser is known again, for a letter about a new one. Lets nobody in.
const BROWSER: &str = "kinbridge-browser";
/// Makes a browser a shared device: shows the names of a place's staff, and lets nobody in.
const DEVICE: &str = "kinbridge-device";
/// The words to show once, after a redirect.
const NOTICE: &str = "kinbridge-notice";

fn name(config: &Config, plain: &str) -> String {
    if config.tls() { format!("__Host-{plain}") } else { plain.to_owned() }
}

fn cookie(config: &Config, plain: &str, value: String) -> Cookie<'static> {
    Cookie::build(name(config, plain), value)
        .path("/")
        .secure(config.tls())
        .http_only(true)
        .same_site(SameSite::Lax)
        .finish()
}

fn gone(config: &Config, plain: &str) -> Cookie<'static> {
    let mut cookie = cookie(config, plain, String::new());
    cookie.make_removal();
    cookie
}

fn read(request: &HttpRequest, config: &Config, plain: &str) -> Option<String> {
    request.cookie(&name(config, plain)).map(|cookie| cookie.value().to_owned())
}

/// The session token that the browser sent: 64 hexadecimal characters, else nothing.
pub(super) fn token(request: &HttpRequest, config: &Config) -> Option<Secret> {
    random_word(request, config, SESSION)
}

/// Hands a new session to the browser and takes the signed-out form token away.
pub(super) fn start(response: &mut HttpResponseBuilder, config: &Config, token: &Secret) {
    response.cookie(cookie(config, SESSION, token.reveal().to_owned()));
    response.cookie(gone(config, FORM)).cookie(gone(config, HALF));
}

/// The token of a sign-in that is half done.
pub(super) fn half(request: &HttpRequest, config: &Config) -> Option<Secret> {
    random_word(request, config, HALF)
}

pub(super) fn half_cookie(config: &Config, token: &Secret) -> Cookie<'static> {
    cookie(config, HALF, token.reveal().to_owned())
}

pub(super) fn half_gone(config: &Config) -> Cookie<'static> {
    gone(config, HALF)
}

/// The word by which this browser is known again.
pub(super) fn browser(request: &HttpRequest, config: &Config) -> Option<Secret> {
    random_word(request, config, BROWSER)
}

/// Kept for a year.
pub(super) fn browser_cookie(config: &Config, word: &Secret) -> Cookie<'static> {
    let mut cookie = cookie(config, BROWSER, word.reveal().to_owned());
    cookie.set_max_age(actix_web::cookie::time::Duration::days(365));
    cookie
}

/// The word of a shared device.
pub(super) fn device(request: &HttpRequest, config: &Config) -> Option<Secret> {
    random_word(request, config, DEVICE)
}

/// Kept for a year.
pub(super) fn device_cookie(config: &Config, word: &Secret) -> Cookie<'static> {
    let mut cookie = cookie(config, DEVICE, word.reveal().to_owned());
    cookie.set_max_age(actix_web::cookie::time::Duration::days(365));
    cookie
}

/// 64 hexadecimal characters, else nothing.
fn random_word(request: &HttpRequest, config: &Config, plain: &str) -> Option<Secret> {
    let value = read(request, config, plain)?;
    (value.len() == 64 && unhex(&value).is_some()).then(|| Secret::new(value))
}

pub(super) fn end(response: &mut HttpResponseBuilder, config: &Config) {
    response.cookie(gone(config, SESSION)).cookie(gone(config, NOTICE));
}

/// What the form token is made from: the session, or for somebody signed out a cookie of their own.
pub(super) fn form_seed(request: &HttpRequest, config: &Config) -> Option<Secret> {
    random_word(request, config, FORM)
}

pub(super) fn form_cookie(config: &Config, seed: &Secret) -> Cookie<'static> {
    cookie(config, FORM, seed.reveal().to_owned())
}

/// The hidden field `csrf` for whoever holds this token or seed.
pub(super) fn form_token(held: &Secret) -> String {
    keyed_fingerprint(held.reveal(), "form")
}

/// A notice for the next page, bound to the session so that nobody else can put words there.
pub(super) fn notice_cookie(config: &Config, held: &Secret, notice: &Notice) -> Cookie<'static> {
    let (label, href, kind) = match &notice.action {
        None => ("", "", ""),
        Some(NoticeAction::Link(link)) => (link.label.as_str(), link.href.as_str(), "link"),
        Some(NoticeAction::Post { label, href, .. }) => (label.as_str(), href.as_str(), "post"),
    };
    let content = serde_json::json!([notice.kind.class(), notice.words, kind, label, href]).to_string();
    let content = hex(content.as_bytes());
    let seal = keyed_fingerprint(held.reveal(), &content);
    cookie(config, NOTICE, format!("{seal}{content}"))
}

/// The notice that an earlier answer left, if it is ours.
pub(super) fn notice(request: &HttpRequest, config: &Config, held: &Secret) -> Option<Notice> {
    let value = read(request, config, NOTICE)?;
    let (seal, content) = value.split_at_checked(64)?;
    if !Secret::new(keyed_fingerprint(held.reveal(), content)).is(seal) {
        return None;
    }
    let content = String::from_utf8(unhex(content)?).ok()?;
    let (class, words, kind, label, href): (String, String, String, String, String) =
        serde_json::from_str(&content).ok()?;
    let action = match kind.as_str() {
        "link" => Some(NoticeAction::Link(Link::new(label, href))),
        "post" => Some(NoticeAction::Post { label, href, csrf: form_token(held) }),
        _ => None,
    };
    let kind = match class.as_str() {
        "ok" => NoticeKind::Ok,
        "warn" => NoticeKind::Warn,
        _ => NoticeKind::Bad,
    };
    Some(Notice { kind, words, action })
}

pub(super) fn notice_gone(config: &Config) -> Cookie<'static> {
    gone(config, NOTICE)
}
