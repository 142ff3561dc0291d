//! What surrounds every page: title, navigation, the one notice, the error summary, the session's end.
//! Only values to be printed: it asks nobody who is signed in, and decides nothing about access.

use crate::domain::access::Sector;

/// The part that all pages share; every page struct has a field `shell: Shell`.
#[derive(Debug, Clone, Default)]
pub struct Shell {
    /// The words of the page's `h1`.
    pub title: String,
    pub organisation: Option<String>,
    /// Whose words the page uses; none outside of an organisation.
    pub sector: Option<Sector>,
    pub nav: Vec<NavItem>,
    pub signed_in: Option<SignedInView>,
    /// The token that every form carries in its hidden field `csrf`.
    pub csrf: String,
    /// At most one; not shown when there are errors.
    pub notice: Option<Notice>,
    /// A line above the page that stays until its cause is gone, e.g. "Not synced since Friday".
    pub banner: Option<Banner>,
    pub errors: Vec<FieldError>,
    pub crumb: Option<Link>,
    pub tabs: Vec<Tab>,
    /// Seconds until the session ends; a dialog warns two minutes before.
    pub session_ends_in: Option<u32>,
    /// The account of somebody who records activities: their pages send what was kept without a network.
    pub recorder: Option<i64>,
    /// Page 2 of 4, for the document's title.
    pub page_of: Option<(u32, u32)>,
    pub places: Places,
}

/// Addresses that the layouts themselves need.
#[derive(Debug, Clone)]
pub struct Places {
    pub home: String,
    pub account: String,
    pub sign_in: String,
    pub sign_out: String,
    /// A relative's own page.
    pub family: String,
    /// Where to choose another organisation; `None` for somebody who has only one.
    pub switch: Option<String>,
}

impl Default for Places {
    fn default() -> Self {
        Self {
            home: "/".into(),
            account: "/account".into(),
            sign_in: "/sign-in".into(),
            sign_out: "/sign-out".into(),
            family: "/family".into(),
            switch: None,
        }
    }
}

#[derive(Debug, Clone)]
pub struct NavItem {
    pub label: String,
    pub href: String,
    pub current: bool,
}

#[derive(Debug, Clone)]
pub struct SignedInView {
    pub name: String,
    /// In words a person knows, e.g. "Manager".
    pub role: String,
}

#[derive(Debug, Clone)]
pub struct Link {
    pub label: String,
    pub href: String,
}

#[derive(Debug, Clone)]
pub struct Tab {
    pub label: String,
    pub href: String,
    pub current: bool,
    /// How many things wait behind it.
    pub count: Option<i64>,
}

/// How serious a note is: `Ok` is announced and takes the focus, the others do not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoticeKind {
    Ok,
    Warn,
    Bad,
}

#[derive(Debug, Clone)]
pub struct Notice {
    pub kind: NoticeKind,
    pub words: String,
    pub action: Option<NoticeAction>,
}

/// What can be done about a notice: go somewhere, or do one thing (Undo).
#[derive(Debug, Clone)]
pub enum NoticeAction {
    Link(Link),
    Post { label: String, href: String, csrf: String },
}

#[derive(Debug, Clone)]
pub struct Banner {
    pub kind: NoticeKind,
    pub words: String,
    pub link: Option<Link>,
}

/// One thing wrong with what was typed; `field_id` is the `id` of the field to go to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    pub field_id: String,
    pub words: String,
}

impl Shell {
    /// A page with a heading and nothing else: no navigation, nobody signed in.
    pub fn bare(title: impl Into<String>) -> Self {
        Self { title: title.into(), ..Self::default() }
    }

    /// "Error: Pending staff – Staff list (page 2 of 4) – Willow House – Kinbridge": the tab first, where it says
    /// something that the title does not, and the organisation where it is not the title.
    pub fn document_title(&self) -> String {
        let error = if self.errors.is_empty() { "" } else { "Error: " };
        let page = self.page_of.map(|(n, of)| format!(" (page {n} of {of})")).unwrap_or_default();
        let whose = self.organisation.as_deref().filter(|whose| *whose != self.title);
        let whose = whose.map(|whose| format!(" – {whose}")).unwrap_or_default();
        let tab = self.tab().map(|tab| format!("{tab} – ")).unwrap_or_default();
        format!("{error}{tab}{}{page}{whose} – Kinbridge", self.title)
    }

    /// The current tab, unless the title names it.
    fn tab(&self) -> Option<&str> {
        let current = self.tabs.iter().find(|tab| tab.current)?;
        let title = self.title.to_lowercase();
        let named = title.contains(current.label.to_lowercase().trim_end_matches('s'));
        (!named).then_some(current.label.as_str())
    }

    /// The words to print beside the field, if it has an error.
    pub fn error_for(&self, field_id: &str) -> Option<&str> {
        self.errors.iter().find(|e| e.field_id == field_id).map(|e| e.words.as_str())
    }

    /// The value of `aria-describedby` for a field, empty when it has neither hint nor error.
    pub fn described_by(&self, field_id: &str, hint: &str) -> String {
        let hint = if hint.is_empty() { String::new() } else { format!("{field_id}-hint") };
        match self.error_for(field_id) {
            Some(_) => format!("{hint} {field_id}-error").trim_start().to_owned(),
            None => hint,
        }
    }

    /// Refusals are written in a care home's words, and said in those of the page.
    pub fn add_error(&mut self, field_id: impl Into<String>, words: impl Into<String>) {
        let words = self.say(&words.into());
        self.errors.push(FieldError { field_id: field_id.into(), words });
    }

    /// The same, of a sentence that is in the words of its sector already: what it names is left as it is called.
    pub fn add_own_error(&mut self, field_id: impl Into<String>, words: impl Into<String>) {
        self.errors.push(FieldError { field_id: field_id.into(), words: words.into() });
    }

    /// One of our sentences, in the words of the organisation's sector.
    pub fn say(&self, words: &str) -> String {
        self.sector.map_or_else(|| words.to_owned(), |sector| sector.say(words))
    }

    /// Whether people live there, in rooms.
    pub fn is_residential(&self) -> bool {
        self.sector.is_none_or(Sector::is_residential)
    }
}

impl NavItem {
    pub fn new(label: impl Into<String>, href: impl Into<String>, current: bool) -> Self {
        Self { label: label.into(), href: href.into(), current }
    }
}

impl Link {
    pub fn new(label: impl Into<String>, href: impl Into<String>) -> Self {
        Self { label: label.into(), href: href.into() }
    }
}

impl Tab {
    pub fn new(label: impl Into<String>, href: impl Into<String>, current: bool) -> Self {
        Self { label: label.into(), href: href.into(), current, count: None }
    }

    pub fn counting(self, count: i64) -> Self {
        Self { count: Some(count), ..self }
    }
}

impl NoticeKind {
    /// The modifier of the class `note`.
    pub fn class(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Bad => "bad",
        }
    }

    /// Said before the words, so that colour is never the only sign.
    pub fn heading(self) -> &'static str {
        match self {
            Self::Ok => "Done",
            Self::Warn => "Needs attention",
            Self::Bad => "Problem",
        }
    }

    pub fn is_ok(self) -> bool {
        self == Self::Ok
    }
}

impl Notice {
    pub fn ok(words: impl Into<String>) -> Self {
        Self { kind: NoticeKind::Ok, words: words.into(), action: None }
    }

    pub fn warn(words: impl Into<String>) -> Self {
        Self { kind: NoticeKind::Warn, words: words.into(), action: None }
    }

    pub fn bad(words: impl Into<String>) -> Self {
        Self { kind: NoticeKind::Bad, words: words.into(), action: None }
    }

    pub fn link_action(&self) -> Option<&Link> {
        match &self.action {
            Some(NoticeAction::Link(link)) => Some(link),
            _ => None,
        }
    }

    /// Label, address and CSRF token of the one thing that can be done.
    pub fn post_action(&self) -> Option<(&str, &str, &str)> {
        match &self.action {
            Some(NoticeAction::Post { label, href, csrf }) => Some((label, href, csrf)),
            _ => None,
        }
    }

    #[must_use]
    pub fn link(mut self, link: Link) -> Self {
        self.action = Some(NoticeAction::Link(link));
        self
    }

    #[must_use]
    pub fn post(
        mut self,
        label: impl Into<String>,
        href: impl Into<String>,
        csrf: impl Into<String>,
    ) -> Self {
        self.action = Some(NoticeAction::Post { label: label.into(), href: href.into(), csrf: csrf.into() });
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_title_says_error_first_and_the_product_last() {
        let mut shell = Shell::bare("Staff list");
        assert_eq!(shell.document_title(), "Staff list – Kinbridge");
        shell.organisation = Some("Willow House".into());
        shell.page_of = Some((2, 4));
        shell.add_error("name", "Enter a name");
        assert_eq!(shell.document_title(), "Error: Staff list (page 2 of 4) – Willow House – Kinbridge");
        shell.tabs = vec![Tab::new("Staff", "/staff", true)];
        assert_eq!(shell.document_title(), "Error: Staff list (page 2 of 4) – Willow House – Kinbridge");
        shell.tabs = vec![Tab::new("Staff", "/staff", false), Tab::new("Pending", "/pending", true)];
        let title = "Error: Pending – Staff list (page 2 of 4) – Willow House – Kinbridge";
        assert_eq!(shell.document_title(), title);
        shell = Shell { organisation: Some("Willow House".into()), ..Shell::bare("Willow House") };
        assert_eq!(shell.document_title(), "Willow House – Kinbridge");
    }

    #[test]
    fn a_field_is_described_by_its_hint_and_its_error() {
        let mut shell = Shell::bare("x");
        assert_eq!(shell.described_by("name", ""), "");
        assert_eq!(shell.described_by("name", "In full"), "name-hint");
        shell.add_error("name", "Enter a name");
        assert_eq!(shell.described_by("name", ""), "name-error");
        assert_eq!(shell.described_by("name", "In full"), "name-hint name-error");
        assert_eq!(shell.error_for("name"), Some("Enter a name"));
        assert_eq!(shell.error_for("email"), None);
    }
}
