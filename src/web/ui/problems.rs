//! The pages that say something went wrong. They need no database and no session; whoever renders one picks the
//! status code and may put the signed-in person into `shell`.

use askama::Template;

use super::{Shell, filters};

/// 404, also for what exists but is none of the visitor's business.
#[derive(Template)]
#[template(path = "errors/not_found.html")]
pub struct NotFound {
    pub shell: Shell,
}

/// 403, for places whose existence is no secret.
#[derive(Template)]
#[template(path = "errors/forbidden.html")]
pub struct Forbidden {
    pub shell: Shell,
    /// Who can, in a sentence: "Only a super manager can see this. Yours is Mary Jones."
    pub who: String,
}

/// 405.
#[derive(Template)]
#[template(path = "errors/not_allowed.html")]
pub struct NotAllowed {
    pub shell: Shell,
}

/// 413.
#[derive(Template)]
#[template(path = "errors/too_large.html")]
pub struct TooLarge {
    pub shell: Shell,
    /// "10 MB".
    pub limit: String,
}

/// 429.
#[derive(Template)]
#[template(path = "errors/too_many.html")]
pub struct TooMany {
    pub shell: Shell,
    pub minutes: u32,
}

/// 500. `reference` is also in the log: "8F3K-22".
#[derive(Template)]
#[template(path = "errors/broken.html")]
pub struct Broken {
    pub shell: Shell,
    pub reference: String,
}

/// 503. `until` is a time in words, "3pm today", if it is known.
#[derive(Template)]
#[template(path = "errors/closed.html")]
pub struct Closed {
    pub shell: Shell,
    pub until: Option<String>,
}

/// A form whose CSRF token is no longer good. With `again` it can be sent once more, with what was typed: fill it
/// only when the request came from this site (`Sec-Fetch-Site` or `Origin`), and never with a password.
#[derive(Template)]
#[template(path = "errors/expired.html")]
pub struct Expired {
    pub shell: Shell,
    pub again: Option<Again>,
    /// The page the form was on.
    pub back: String,
}

pub struct Again {
    pub action: String,
    pub kept: Vec<(String, String)>,
}

impl NotFound {
    pub fn new() -> Self {
        Self { shell: Shell::bare("Page not found") }
    }
}

impl Default for NotFound {
    fn default() -> Self {
        Self::new()
    }
}

impl Forbidden {
    pub fn new(who: impl Into<String>) -> Self {
        Self { shell: Shell::bare("You cannot see this page"), who: who.into() }
    }
}

impl NotAllowed {
    pub fn new() -> Self {
        Self { shell: Shell::bare("That cannot be done here") }
    }
}

impl Default for NotAllowed {
    fn default() -> Self {
        Self::new()
    }
}

impl TooLarge {
    pub fn new(limit: impl Into<String>) -> Self {
        Self { shell: Shell::bare("What you sent is too large"), limit: limit.into() }
    }
}

impl TooMany {
    pub fn new(minutes: u32) -> Self {
        Self { shell: Shell::bare("You have tried too many times"), minutes }
    }
}

impl Broken {
    pub fn new(reference: impl Into<String>) -> Self {
        Self { shell: Shell::bare("There is a problem with the service"), reference: reference.into() }
    }
}

impl Closed {
    pub fn new(until: Option<String>) -> Self {
        Self { shell: Shell::bare("The portal is closed for maintenance"), until }
    }
}

impl Expired {
    pub fn new(csrf: impl Into<String>, back: impl Into<String>, again: Option<Again>) -> Self {
        let mut shell = Shell::bare("Your page was open for too long");
        shell.csrf = csrf.into();
        Self { shell, again, back: back.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_problem_says_what_to_do_next() {
        for (page, title, words) in [
            (NotFound::new().render(), "Page not found", "check you copied all of it"),
            (
                Forbidden::new("Yours is Mary Jones.").render(),
                "You cannot see this page",
                "Yours is Mary Jones.",
            ),
            (NotAllowed::new().render(), "That cannot be done here", "Go to your home page"),
            (TooLarge::new("10 MB").render(), "What you sent is too large", "10 MB"),
            (TooMany::new(15).render(), "You have tried too many times", "Try again in 15 minutes"),
            (Broken::new("8F3K-22").render(), "There is a problem with the service", "8F3K-22"),
            (Closed::new(None).render(), "The portal is closed for maintenance", "Try again later"),
        ] {
            let page = page.unwrap();
            assert!(page.contains(&format!("<title>{title} – Kinbridge</title>")), "{title}");
            assert!(page.contains(words), "{title}: {words}");
            assert!(!page.contains("style="), "{title}");
        }
    }

    #[test]
    fn an_expired_form_keeps_what_was_typed() {
        let kept = vec![("note".to_owned(), "\"Joan\" <sang>".to_owned())];
        let again = Again { action: "/residents/1".to_owned(), kept };
        let page = Expired::new("fresh", "/residents/1", Some(again)).render().unwrap();
        assert!(page.contains(r#"action="/residents/1""#));
        assert!(page.contains(r#"name="csrf" value="fresh""#));
        assert!(page.contains("&#34;Joan&#34; &#60;sang&#62;"), "{page}");
    }
}
