//! The representative's pages: counts and errors, never a person who is cared for.

use askama::Template;
use chrono::NaiveDateTime;
use chrono_tz::Tz;

use super::forms::New;
use crate::domain::letters::{Counts, Trouble};
use crate::domain::organisations::{Feed, Overview, Sector};
use crate::links;
use crate::web::organisation_vendors::VendorView;
use crate::web::settings::New as NewPerson;
use crate::web::ui::{Choice, Link, Shell, filters, when};

/// Every organisation of the installation.
#[derive(Template)]
#[template(path = "organisations/index.html")]
pub struct Index {
    pub shell: Shell,
    pub search: String,
    pub list: String,
    pub new: String,
    /// Drafts that wait for the representative.
    pub tasks: String,
    pub rows: Vec<Row>,
    pub chips: Vec<Link>,
    /// Why no letter of anybody is sent at the moment, and what to do.
    pub trouble: Option<String>,
}

/// In the words of whoever can repair it.
pub fn in_trouble(open: &Trouble, now: NaiveDateTime) -> String {
    let since = when::moment(open.began_at.and_utc(), now.and_utc(), Tz::Europe__London);
    let next = when::moment(open.retry_at.and_utc(), now.and_utc(), Tz::Europe__London);
    format!("No letter can be sent. {} {} Since: {since}. Next try: {next}.", open.words, open.repair)
}

/// One organisation in the list.
pub struct Row {
    pub href: String,
    pub name: String,
    pub kind: &'static str,
    pub sector: &'static str,
    pub residents: i64,
    pub paired: i64,
    pub staff: i64,
    pub feeds: Vec<FeedView>,
    /// "2 waiting, 1 not delivered"; empty when all have arrived.
    pub letters: String,
}

/// How letters fare, in words: nothing when all have arrived.
fn fare(letters: Counts) -> String {
    let part = |many: i64, words: &str| (many > 0).then(|| format!("{} {words}", when::thousands(many)));
    let parts = [part(letters.waiting, "waiting"), part(letters.not_delivered, "not delivered")];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// A vendor's state in one word, and what is wrong.
pub struct FeedView {
    pub name: String,
    pub tag: &'static str,
    pub failure: String,
}

impl FeedView {
    pub fn new(feed: &Feed) -> Self {
        let tag = match feed.state.as_str() {
            _ if !feed.available => "Not available",
            "relink" => "Relink needed",
            "on" if feed.held => "Held",
            "on" if feed.failures > 0 => "Failed",
            "on" => "On",
            "waiting" => "Waiting for the other side",
            _ => "Off",
        };
        Self { name: feed.vendor_name().to_owned(), tag, failure: feed.last_failure.clone() }
    }
}

impl Row {
    pub fn new(overview: &Overview, letters: Counts) -> Self {
        let organisation = &overview.organisation;
        Self {
            href: links::organisation_overview(organisation.id),
            name: organisation.name.clone(),
            kind: organisation.kind.words(),
            sector: organisation.sector.words(),
            residents: organisation.active_residents,
            paired: overview.paired_residents,
            staff: overview.staff_members,
            feeds: overview.feeds.iter().map(FeedView::new).collect(),
            letters: fare(letters),
        }
    }
}

/// A new organisation.
#[derive(Template)]
#[template(path = "organisations/new.html")]
pub struct Create {
    pub shell: Shell,
    pub action: String,
    pub cancel: String,
    pub form: New,
    pub kinds: Vec<Choice>,
    pub sectors: Vec<Choice>,
    pub zones: Vec<&'static str>,
}

/// What kinds of care there are, as a select.
pub fn sectors(chosen: &str) -> Vec<Choice> {
    Choice::list(Sector::ALL.iter().map(|sector| (sector.as_str(), sector.words())), chosen)
}

/// One organisation.
#[derive(Template)]
#[template(path = "organisations/show.html")]
pub(in crate::web) struct Show {
    pub shell: Shell,
    pub vendors: Vec<VendorView>,
    pub row: Row,
    pub archived: i64,
    pub time_zone: String,
    pub super_managers: i64,
    pub super_managers_action: String,
    pub reset_action: String,
    pub form: NewPerson,
}
