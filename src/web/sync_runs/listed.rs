//! Long lists of syncs: sorted by a column's head, narrowed by a form, a page at a time. All of it stands in the
//! address, so that it works without a script.

use serde::Deserialize;

use super::lines::{KINDS, kind_heading};
use crate::domain::sync::{LineSort, Lines, RunSort, Runs, RunsOf};
use crate::web::listing::{Address, PER_PAGE, page_number, rows_before};
use crate::web::ui::{Choice, when};

/// What the address of a list says.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    /// A column, with a minus in front for the other way round.
    pub sort: String,
    pub kind: String,
    pub place: String,
    pub name: String,
    pub result: String,
    pub page: String,
}

/// A column's head, as a link that sorts by it.
pub(super) struct Head {
    pub label: &'static str,
    pub href: String,
    /// `ascending`, `descending` or empty.
    pub sort: &'static str,
}

impl Asked {
    pub fn page(&self) -> u32 {
        page_number(&self.page)
    }

    pub fn is_bare(&self) -> bool {
        self.kind.is_empty() && self.place.is_empty() && self.name.trim().is_empty()
    }

    /// The column, and whether it is the other way round.
    fn sorted(&self) -> (&str, bool) {
        self.sort.strip_prefix('-').map_or((self.sort.as_str(), false), |column| (column, true))
    }

    pub fn address(&self, path: String) -> Address {
        Address::new(path)
            .with("name", self.name.trim())
            .with("kind", &self.kind)
            .with("place", &self.place)
            .with("result", &self.result)
            .with("sort", &self.sort)
    }

    /// Heads of columns by their words in the address; one without a word cannot be sorted by.
    pub fn heads(
        &self,
        address: &Address,
        columns: &[(&'static str, &'static str)],
        first: &str,
    ) -> Vec<Head> {
        let (now, reversed) = match self.sorted() {
            ("", _) => (first, false),
            sorted => sorted,
        };
        let bare = address.without("sort");
        let joined = if bare.contains('?') { "&" } else { "?" };
        let head = |&(word, label): &(&'static str, &'static str)| {
            let is_now = !word.is_empty() && word == now;
            let minus = if is_now && !reversed { "-" } else { "" };
            Head {
                label,
                href: if word.is_empty() {
                    String::new()
                } else {
                    format!("{bare}{joined}sort={minus}{word}")
                },
                sort: match (is_now, reversed) {
                    (true, false) => "ascending",
                    (true, true) => "descending",
                    _ => "",
                },
            }
        };
        columns.iter().map(head).collect()
    }

    pub fn lines(&self) -> Lines {
        let (column, reversed) = self.sorted();
        let sort = match column {
            "name" => LineSort::Name,
            "home" => LineSort::Place,
            _ => LineSort::Kind,
        };
        Lines {
            kind: KINDS.into_iter().find(|kind| *kind == self.kind).unwrap_or_default().to_owned(),
            place: (!self.place.is_empty()).then(|| place_asked(&self.place)),
            name: readable(self.name.trim()),
            sort,
            reversed,
            offset: rows_before(self.page()),
            limit: i64::from(PER_PAGE),
        }
    }

    pub fn runs(&self) -> Runs {
        let (column, reversed) = self.sorted();
        let sort = match column {
            "by" => RunSort::By,
            "result" => RunSort::Result,
            _ => RunSort::When,
        };
        let of = match self.result.as_str() {
            "synced" => RunsOf::Synced,
            "waiting" => RunsOf::Waiting,
            "failed" => RunsOf::Failed,
            "ended" => RunsOf::Ended,
            _ => RunsOf::All,
        };
        Runs { of, sort, reversed, offset: rows_before(self.page()), limit: i64::from(PER_PAGE) }
    }

    pub fn results(&self) -> Vec<Choice> {
        let all = [
            ("", "Any result"),
            ("synced", "Synced"),
            ("waiting", "Previews and held"),
            ("failed", "Failed or interrupted"),
            ("ended", "Cancelled, discarded or undone"),
        ];
        Choice::list(all, &self.result)
    }

    /// The kinds that there are, in the order of the page.
    pub fn kinds(&self, counts: &[(String, i64)]) -> Vec<Choice> {
        let mut choices = vec![Choice::new("", "Everything", self.kind.is_empty())];
        for kind in KINDS {
            let Some((_, count)) = counts.iter().find(|(of, _)| of == kind) else { continue };
            let label = format!("{}, {}", kind_heading(kind), when::thousands(*count));
            choices.push(Choice::new(kind, label, self.kind == kind));
        }
        choices
    }

    pub fn places(&self, all: &[(String, i64)]) -> Vec<Choice> {
        let mut choices = vec![Choice::new("", "Everywhere", self.place.is_empty())];
        choices.extend(all.iter().map(|(place, count)| {
            let value = if place.is_empty() { NOWHERE } else { place.as_str() };
            let label = format!("{}, {}", place_words(place), when::thousands(*count));
            Choice::new(value, label, self.place == value)
        }));
        choices
    }
}

/// Stands for no place in an address, where an empty word stands for all.
const NOWHERE: &str = "-";

fn place_asked(word: &str) -> String {
    if word == NOWHERE { String::new() } else { readable(word) }
}

/// Without what no name has, and a database may not take.
fn readable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

pub(super) fn place_words(place: &str) -> &str {
    if place.is_empty() { "Not known" } else { place }
}
