//! What the pairing pages were asked for, and what their forms send.

use chrono::NaiveDate;
use serde::Deserialize;

use super::At;
use crate::domain::organisations::one_line;
use crate::domain::pairing::{Cause, Filter, Show};
use crate::kit::ids::{ExternalRecordId, PairingId, PlaceId};
use crate::kit::secret::{Secret, keyed_fingerprint};
use crate::web::error::Fault;
use crate::web::listing::{self, Address, PER_PAGE};
use crate::web::visit::Visit;

/// The list's filters, as they stand in its address, and in that of a walk through its suggestions.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    pub q: String,
    pub show: String,
    pub place: String,
    pub why: String,
    pub page: String,
    /// `yes` while somebody goes through the suggestions one by one.
    pub walk: String,
}

/// The reasons that are no sentence of a sync's, as they stand in an address.
const NEW: &str = "new";
const UNDONE: &str = "undone";

impl Asked {
    pub fn show(&self) -> Show {
        match self.show.as_str() {
            "suggested" => Show::Suggested,
            "none" => Show::Alone,
            "refused" => Show::Refused,
            "aside" => Show::Parked,
            "all" => Show::All,
            _ => Show::ToCheck,
        }
    }

    pub fn place(&self) -> Option<PlaceId> {
        self.place.parse().ok()
    }

    pub fn cause(&self) -> Option<Cause> {
        match one_line(&self.why).as_str() {
            "" => None,
            NEW => Some(Cause::New),
            UNDONE => Some(Cause::Undone),
            words => Some(Cause::Said(words.to_owned())),
        }
    }

    pub fn filter(&self, page: u32) -> Filter {
        Filter {
            search: one_line(&self.q),
            show: self.show(),
            place: self.place(),
            cause: self.cause(),
            offset: listing::rows_before(page),
            limit: i64::from(PER_PAGE),
        }
    }

    /// An address with the filters that mean something.
    pub fn address(&self, path: String) -> Address {
        let show = if self.show() == Show::ToCheck { "" } else { self.show.as_str() };
        let place = self.place().map(|id| id.to_string()).unwrap_or_default();
        Address::new(path)
            .with("q", &one_line(&self.q))
            .with("show", show)
            .with("place", &place)
            .with("why", &one_line(&self.why))
    }

    pub fn is_walk(&self) -> bool {
        self.walk == "yes"
    }

    /// The address of a person's page on a walk through the suggestions that the filters leave.
    pub fn walk_to(&self, path: String) -> String {
        let show = String::new();
        Self { show, ..self.clone() }.address(path).with("walk", "yes").page(1)
    }

    /// The address as it is, with the walk where there is one.
    pub fn kept(&self, path: String) -> String {
        if self.is_walk() { self.walk_to(path) } else { path }
    }
}

/// How a reason stands in an address, and in words.
pub fn cause_choice(cause: &Cause) -> (&str, &str) {
    match cause {
        Cause::New => (NEW, "No sync has looked at them yet"),
        Cause::Undone => (UNDONE, "A link was undone"),
        Cause::Said(words) => (words, words),
    }
}

/// Which record stands beside the person, or what is searched for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Wanted {
    pub record: Option<ExternalRecordId>,
    pub search: Option<String>,
}

/// *Yes*, and *No*, about one record.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Said {
    pub record: String,
    /// Ties the form to its person and record, see [`seal`].
    pub about: String,
    /// What both sides said when the page was made.
    pub ours: String,
    pub theirs: String,
    pub checked: String,
}

/// Ties a form to one person, one record and one session, so that what was seen of one pair can never be
/// said of another.
pub fn seal(visit: &Visit, at: &At, local: i64, record: ExternalRecordId) -> String {
    let about = format!("pairing {} {} {} {local} {record}", at.org, at.vendor.id(), at.kind_word());
    keyed_fingerprint(visit.held().reveal(), &about)
}

impl Said {
    /// The record that the form is about.
    ///
    /// # Errors
    /// `Expired` when the form was made for somebody else.
    pub fn record(&self, visit: &Visit, at: &At, local: i64) -> Result<ExternalRecordId, Fault> {
        let expired = || Fault::Expired(at.suggested(local));
        let record = self.record.parse().map_err(|_not_an_id| expired())?;
        let sealed = Secret::new(seal(visit, at, local, record));
        if sealed.is(&self.about) { Ok(record) } else { Err(expired()) }
    }
}

/// Setting somebody aside.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Aside {
    pub reason: String,
    pub until_day: String,
    pub until_month: String,
    pub until_year: String,
}

impl Aside {
    pub fn until(&self) -> Option<NaiveDate> {
        let day = self.until_day.trim().parse().ok()?;
        let month = self.until_month.trim().parse().ok()?;
        NaiveDate::from_ymd_opt(self.until_year.trim().parse().ok()?, month, day)
    }

    /// Filled with a date two weeks on.
    pub fn from_today(today: NaiveDate) -> Self {
        let until = today + chrono::TimeDelta::days(14);
        let part = |format: &str| until.format(format).to_string();
        Self {
            reason: String::new(),
            until_day: part("%-d"),
            until_month: part("%-m"),
            until_year: part("%Y"),
        }
    }
}

/// Ending a link: the one that the page showed, or as *Undo* the one that was made just now.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Ending {
    pub pairing: Option<PairingId>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Undoing {
    pub undo: Option<PairingId>,
}

/// *Swap*: which links were seen in the way, and what becomes of the other person.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Swapping {
    #[serde(flatten)]
    pub said: Said,
    pub of_ours: String,
    pub of_theirs: String,
    pub other: String,
}

impl Swapping {
    pub fn seen(&self) -> (Option<PairingId>, Option<PairingId>) {
        (self.of_ours.parse().ok(), self.of_theirs.parse().ok())
    }

    /// The other person gets the record that this one had.
    pub fn is_exchange(&self) -> bool {
        self.other == EXCHANGE
    }
}

/// The value of *Link the other person to the other record*.
pub const EXCHANGE: &str = "exchange";

/// The batch that *Undo* is about.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Together {
    pub batch: String,
    /// `very` for the strongest only.
    pub strength: String,
}
