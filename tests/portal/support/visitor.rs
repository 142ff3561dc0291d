//! A browser, and the page it was shown.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::SocketAddr;

use actix_web::body::to_bytes;
use actix_web::http::Method;
use actix_web::http::header::HeaderMap;
use actix_web::test::TestRequest;
use kinbridge::kit::secret::{Secret, keyed_fingerprint};

use super::TestApp;

/// Somebody at a browser: keeps cookies, sends `Origin` and the form token.
pub struct Visitor<'a> {
    app: &'a TestApp,
    cookies: RefCell<BTreeMap<String, String>>,
    pub address: SocketAddr,
}

/// A request before it is sent: change what a browser would send, then [`Ask::send`].
#[must_use]
pub struct Ask<'v> {
    visitor: &'v Visitor<'v>,
    method: Method,
    path: String,
    headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
}

/// An answer, whole.
#[derive(Debug)]
pub struct Page {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
    /// The body as it came, for what is no text.
    pub bytes: Vec<u8>,
}

impl<'a> Visitor<'a> {
    pub(super) fn new(app: &'a TestApp, token: Option<Secret>) -> Self {
        let visitor = Self { app, cookies: RefCell::default(), address: "127.0.0.1:50000".parse().unwrap() };
        if let Some(token) = token {
            visitor.keep("kinbridge", token.reveal());
        }
        visitor
    }

    /// Puts a cookie into the jar, by its name without prefix: `kinbridge`, `kinbridge-form`.
    pub fn keep(&self, name: &str, value: &str) {
        self.cookies.borrow_mut().insert(self.cookie_name(name), value.into());
    }

    /// The value of a cookie in the jar, by its name without prefix.
    pub fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.borrow().get(&self.cookie_name(name)).cloned()
    }

    fn cookie_name(&self, name: &str) -> String {
        if self.app.services.config.tls() { format!("__Host-{name}") } else { name.to_owned() }
    }

    pub async fn get(&self, path: &str) -> Page {
        self.ask(Method::GET, path).send().await
    }

    /// Sends a form as a page of ours would, with its token.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        let token = self.form_token().await;
        self.ask(Method::POST, path).of_our_own().form(&token, fields).send().await
    }

    /// The token that this browser's forms carry; fetches the sign-in page if there is none yet.
    pub async fn form_token(&self) -> String {
        if self.cookie("kinbridge").is_none() && self.cookie("kinbridge-form").is_none() {
            self.get("/sign-in").await;
        }
        let held = self.cookie("kinbridge").or_else(|| self.cookie("kinbridge-form"));
        keyed_fingerprint(&held.expect("the sign-in page leaves a cookie"), "form")
    }

    /// Signs in through the form.
    pub async fn sign_in(&self, email: &str, password: &str) -> Page {
        self.post("/sign-in", &[("email", email), ("password", password)]).await
    }

    /// A request without any of a browser's manners but its cookies.
    pub fn ask(&self, method: Method, path: &str) -> Ask<'_> {
        Ask { visitor: self, method, path: path.into(), headers: Vec::new(), body: None }
    }
}

impl Ask<'_> {
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// `Origin` and `Sec-Fetch-Site` of our own pages.
    pub fn of_our_own(self) -> Self {
        let origin = self.visitor.app.services.config.public_url.clone();
        self.header("origin", &origin).header("sec-fetch-site", "same-origin")
    }

    /// Form fields, after a field `csrf` with this token.
    pub fn form(self, token: &str, fields: &[(&str, &str)]) -> Self {
        let all = [("csrf", token)].into_iter().chain(fields.iter().copied());
        let body: Vec<String> =
            all.map(|(key, value)| format!("{}={}", encode(key), encode(value))).collect();
        self.header("content-type", "application/x-www-form-urlencoded").body(body.join("&"))
    }

    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(body.into());
        self
    }

    pub async fn send(self) -> Page {
        let visitor = self.visitor;
        let mut request =
            TestRequest::default().method(self.method).uri(&self.path).peer_addr(visitor.address);
        for (name, value) in self.headers {
            request = request.append_header((name, value));
        }
        let jar: Vec<String> =
            visitor.cookies.borrow().iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !jar.is_empty() {
            request = request.insert_header(("cookie", jar.join("; ")));
        }
        if let Some(body) = self.body {
            request = request.set_payload(body);
        }
        let response = visitor.app.answer(request).await;
        for cookie in response.response().cookies() {
            let mut jar = visitor.cookies.borrow_mut();
            if cookie.value().is_empty() {
                jar.remove(cookie.name());
            } else {
                jar.insert(cookie.name().to_owned(), cookie.value().to_owned());
            }
        }
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = to_bytes(response.into_body()).await.expect("a whole body");
        Page { status, headers, body: String::from_utf8_lossy(&body).into_owned(), bytes: body.to_vec() }
    }
}

impl Page {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// Where a redirect leads, or an empty text.
    pub fn location(&self) -> &str {
        self.header("location").unwrap_or_default()
    }

    /// The whole `Set-Cookie` lines.
    pub fn set_cookies(&self) -> Vec<&str> {
        self.headers.get_all("set-cookie").map(|value| value.to_str().unwrap()).collect()
    }

    /// The document's title.
    pub fn title(&self) -> String {
        let title = self.body.split("<title>").nth(1).and_then(|rest| rest.split("</title>").next());
        plain(title.unwrap_or_default())
    }

    /// What a person reads: the body's words without tags, spaces folded.
    pub fn text(&self) -> String {
        plain(
            self.body
                .split("<body")
                .nth(1)
                .map_or(self.body.as_str(), |body| body.split_once('>').map_or("", |(_, rest)| rest)),
        )
    }
}

fn plain(html: &str) -> String {
    let mut words = String::new();
    let mut in_tag = false;
    for c in html.chars() {
        match c {
            '<' => {
                in_tag = true;
                words.push(' ');
            }
            '>' if in_tag => in_tag = false,
            _ if in_tag => {}
            c => words.push(c),
        }
    }
    let decoded = words
        .replace("&#34;", "\"")
        .replace("&#39;", "'")
        .replace("&#60;", "<")
        .replace("&#62;", ">")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#38;", "&")
        .replace("&amp;", "&");
    let folded = decoded.split_whitespace().collect::<Vec<_>>().join(" ");
    folded.replace(" .", ".").replace(" ,", ",")
}

pub fn encode(text: &str) -> String {
    kinbridge::links::encode(text)
}
