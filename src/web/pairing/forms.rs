//! What the pairing pages were asked for, and what their forms send.

use chrono::NaiveDate;
use serde::Deserialize;

use super::At;
use crate::domain::organisations::one_line;
use crate::domain::pairing::{Filter, Show};
use crate::kit::ids::{ExternalRecordId, PairingId};
use crate::kit::secret::{Secret, keyed_fingerprint};
use crate::web::error::Fault;
use crate::web::listing::{self, Address, PER_PAGE};
use crate::web::visit::Visit;

/// The list's filters, as they stand in its address.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    pub q: String,
    pub show: String,
    pub page: String,
}

impl Asked {
    pub fn show(&self) -> Show {
        match self.show.as_str() {
            "suggested" => Show::Suggested,
            "aside" => Show::Parked,
            "all" => Show::All,
            _ => Show::ToCheck,
        }
    }

    pub fn filter(&self, page: u32) -> Filter {
        Filter {
            search: one_line(&self.q),
            show: self.show(),
            offset: listing::rows_before(page),
            limit: i64::from(PER_PAGE),
        }
    }

    /// An address with the filters that mean something.
    pub fn address(&self, path: String) -> Address {
        let show = if self.show() == Show::ToCheck { "" } else { self.show.as_str() };
        Address::new(path).with("q", &one_line(&self.q)).with("show", show)
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

/// The batch that *Undo* is about.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Together {
    pub batch: String,
    /// `very` for the strongest only.
    pub strength: String,
}
