//! Pages that a vendor without looks of its own is played with: a table of records, the sheet of one of them, and the
//! notes on a person's record.

use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

use super::pages::{self, Frame};

/// Rows of one page of a table.
const PER_PAGE: usize = 50;
/// Notes that a page shows.
pub(super) const SHOWN: usize = 100;

/// Records, by pages.
#[derive(Template)]
#[template(path = "sandbox/table.html")]
pub(super) struct Table {
    frame: Frame,
    heading: &'static str,
    told: Option<&'static str>,
    /// Where one is added.
    add: Option<&'static str>,
    columns: &'static [&'static str],
    rows: Vec<Row>,
    total: usize,
    page: usize,
    more: bool,
    path: String,
}

/// One record.
pub(super) struct Row {
    /// The first column.
    pub(super) name: String,
    /// The sheet of the record.
    pub(super) href: Option<String>,
    pub(super) cells: Vec<String>,
    /// The last column: the notes on it.
    pub(super) notes: Option<String>,
}

impl Table {
    /// The page that the request asks for.
    pub(super) fn of<T>(
        request: &HttpRequest,
        frame: Frame,
        (heading, columns): (&'static str, &'static [&'static str]),
        all: &[T],
        row: impl Fn(&T) -> Row,
    ) -> Self {
        let page = pages::query(request, "page").and_then(|page| page.parse().ok()).unwrap_or(1);
        let page: usize = page.clamp(1, 100_000);
        let told = match pages::query(request, "done").as_deref() {
            Some("saved") => Some("Saved."),
            Some("removed") => Some("Removed."),
            _ => None,
        };
        let rows = all.iter().skip((page - 1) * PER_PAGE).take(PER_PAGE).map(row).collect();
        let (total, more) = (all.len(), page * PER_PAGE < all.len());
        let path = request.path().to_owned();
        Self { frame, heading, told, add: None, columns, rows, total, page, more, path }
    }

    /// With a button that leads to an empty sheet.
    #[must_use]
    pub(super) fn adding(mut self, href: &'static str) -> Self {
        self.add = Some(href);
        self
    }
}

/// One record, to look at and to change: nothing is checked, so that wrong values can be played too.
#[derive(Template)]
#[template(path = "sandbox/sheet.html")]
pub(super) struct Sheet {
    pub(super) frame: Frame,
    pub(super) heading: String,
    /// Empty: a new one.
    pub(super) id: String,
    pub(super) fields: Vec<Field>,
    /// Things that are so or not.
    pub(super) ticks: Vec<Tick>,
    /// The path of the table; the form goes to `/save` and `/remove` beneath it.
    pub(super) path: &'static str,
}

/// A text of a record.
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) value: String,
}

/// A box to be ticked.
pub(super) struct Tick {
    pub(super) name: &'static str,
    pub(super) value: String,
    pub(super) label: String,
    pub(super) on: bool,
}

/// What was written onto a person's record, newest first.
#[derive(Template)]
#[template(path = "sandbox/notes.html")]
pub(super) struct Notes {
    pub(super) frame: Frame,
    pub(super) heading: String,
    pub(super) total: usize,
    /// At most `SHOWN`.
    pub(super) written: Vec<Note>,
    /// The sheet of the person.
    pub(super) back: String,
}

/// A note with what was said with it.
pub(super) struct Note {
    pub(super) title: String,
    pub(super) lines: Vec<(&'static str, String)>,
}

/// A field of a sheet.
pub(super) fn field(name: &'static str, label: &'static str, value: &str) -> Field {
    Field { name, label, value: value.to_owned() }
}

/// The page of a sheet, or the way back to the table where there is no such record.
pub(super) fn sheet(path: &'static str, found: Option<Sheet>) -> HttpResponse {
    found.map_or_else(|| pages::see_other(path), |sheet| pages::page(&sheet))
}
