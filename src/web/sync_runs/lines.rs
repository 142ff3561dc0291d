//! What a run did, or would do, line by line: the list on its page, and each line in words.

use super::FoundLines;
use super::listed::{Asked, Head};
use crate::domain::pairing::owned::Owned;
use crate::domain::residents::SUBJECT;
use crate::domain::sync::{Change, Run};
use crate::kit::ids::{OrganisationId, ResidentId};
use crate::links;
use crate::web::listing::PER_PAGE;
use crate::web::ui::{Choice, Pager};

/// Kinds of lines, in the order in which a page shows them.
pub const KINDS: [&str; 9] =
    ["to_check", "left", "stays", "missing", "changed", "created", "paired", "returned", "held"];

/// The heading of a kind of lines.
pub fn kind_heading(kind: &str) -> &'static str {
    match kind {
        "to_check" => "To check",
        "left" => "Left",
        "stays" => "Left there, and stay here",
        "missing" => "Missing, not yet confirmed",
        "changed" => "Changed",
        "created" => "New",
        "paired" => "Paired",
        "returned" => "Returned",
        "held" => "Held back",
        _ => "Other",
    }
}

/// What a run did, or would do, line by line.
pub struct ListView {
    pub here: String,
    pub sort: String,
    pub name: String,
    pub kinds: Vec<Choice>,
    pub places: Vec<Choice>,
    pub heads: Vec<Head>,
    pub lines: Vec<LineView>,
    pub pager: Pager,
}

impl ListView {
    pub fn of(org: OrganisationId, run: &Run, asked: &Asked, found: &FoundLines) -> Option<Self> {
        if found.kinds.is_empty() {
            return None;
        }
        let here = links::sync_run(org, run.id);
        let address = asked.address(here.clone());
        let columns = [("name", "Name"), ("kind", "What"), ("home", "Place"), ("", "Details")];
        Some(Self {
            sort: asked.sort.clone(),
            name: asked.name.clone(),
            kinds: asked.kinds(&found.kinds),
            places: asked.places(&found.places),
            heads: asked.heads(&address, &columns, "kind"),
            lines: found.shown.iter().map(|change| LineView::of(org, change)).collect(),
            pager: Pager::new(asked.page(), PER_PAGE, found.total, |page| address.page(page)),
            here,
        })
    }
}

/// One line of what a run did, or would do.
pub struct LineView {
    pub what: &'static str,
    pub name: String,
    pub href: Option<String>,
    pub place: String,
    pub words: String,
    /// Field, before, after.
    pub fields: Vec<(&'static str, String, String)>,
    pub undone: bool,
}

impl LineView {
    fn of(org: OrganisationId, change: &Change) -> Self {
        let is_resident = change.subject == SUBJECT;
        let resident = change.local_id.filter(|_| is_resident).map(ResidentId);
        Self {
            what: kind_heading(&change.kind),
            name: change.name.clone(),
            href: resident.map(|resident| links::resident(org, resident)),
            place: change.place.clone(),
            words: change.words.clone(),
            fields: fields(&change.kind, (&change.before, &change.after)),
            undone: change.undone,
        }
    }
}

fn fields(kind: &str, (before, after): (&str, &str)) -> Vec<(&'static str, String, String)> {
    let read = |text: &str| serde_json::from_str::<Owned>(text).unwrap_or_default().in_words();
    let before = read(before);
    let old = |label: &str| {
        let found = before.iter().find(|(of, _)| *of == label).map(|(_, value)| value.clone());
        found.filter(|value| !value.is_empty()).unwrap_or_else(|| "Not known".into())
    };
    if kind == "created" {
        return Vec::new();
    }
    read(after).into_iter().map(|(label, after)| (label, old(label), after)).collect()
}

/// A line in one sentence, for the file.
pub fn change_words(change: &Change) -> String {
    line_words(&change.kind, (&change.before, &change.after), &change.words)
}

/// The fields of a line of a kind, from the values before and after, and its words.
pub fn line_words(kind: &str, values: (&str, &str), words: &str) -> String {
    let fields = fields(kind, values);
    let fields = fields.into_iter().map(|(label, before, after)| format!("{label}: {before} → {after}"));
    let mut parts: Vec<String> = fields.collect();
    if !words.is_empty() {
        parts.insert(0, words.to_owned());
    }
    parts.join("; ")
}

/// Whether a run did anything that can be undone.
pub fn undoable(lines: &FoundLines) -> bool {
    let kinds = ["created", "paired", "changed", "left", "returned"];
    lines.kinds.iter().any(|(kind, _)| kinds.contains(&kind.as_str()))
}
