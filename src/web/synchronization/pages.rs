//! The lists of the window as their template prints them.

use std::collections::HashMap;

use askama::Template;

use super::frame::{Frame, Window};
use crate::domain::mapping::{Counts, Kind, Mapping, Options, Row, Show, Wanted};
use crate::kit::ids::{ExternalRecordId, OrganisationId, PairingId, PlaceId, ResidentId, StaffMemberId};
use crate::links;
use crate::web::listing::Address;
use crate::web::ui::{Choice, Link, Pager, Shell, filters, when};

#[derive(Template)]
#[template(path = "synchronization/rows.html")]
pub struct Index {
    pub shell: Shell,
    pub frame: Frame,
    /// "42 students: 39 Auto · 2 User · 1 not mapped"
    pub counts: String,
    /// The headings of the first two columns.
    pub columns: [&'static str; 2],
    /// Where *Save mappings* posts: this list, with its filters.
    pub action: String,
    pub list: String,
    pub search: String,
    pub shows: Vec<Choice>,
    pub site: String,
    pub chips: Vec<Link>,
    pub rows: Vec<RowView>,
    /// Whether there is anything to choose.
    pub saves: bool,
    pub pager: Pager,
    /// What stands in the place of rows that are not there.
    pub nobody: &'static str,
}

/// A row that was not saved.
pub struct Chosen {
    pub local: i64,
    pub words: String,
    /// The mapping that somebody else made meanwhile.
    pub theirs: Option<PairingId>,
}

/// What the reader may do in a row.
#[derive(Clone, Copy)]
pub struct May {
    pub create: bool,
    pub open: bool,
}

pub struct RowView {
    /// `pick-12`: the field's id.
    pub field: String,
    pub name: String,
    /// "born 14 May 2015, Oakfield", beside the name.
    pub about: String,
    /// The heading above this row, where a group begins.
    pub group: String,
    pub is_gone: bool,
    pub href: String,
    /// Whom it is mapped to.
    pub mapped: Option<MappedView>,
    pub why: String,
    pub suggested: String,
    /// Whom a rule that is switched off would map it to: where one click maps it by hand, and the id.
    pub by_hand: Option<(String, String)>,
    pub evidence: Vec<String>,
    /// A drop-down, where few are free.
    pub choices: Vec<Choice>,
    /// The search, where many are.
    pub search: Option<String>,
    /// It waits for its site, and cannot be chosen for.
    pub waits: bool,
    /// *Keep mine*: the mapping that it takes the place of.
    pub keep: Option<(PairingId, i64)>,
    pub create: Option<String>,
    pub no_create: String,
    /// *Always treat …*, for whoever may name agencies.
    pub noun: &'static str,
}

impl RowView {
    pub fn can_choose(&self) -> bool {
        !self.choices.is_empty() || self.keep.is_some()
    }

    /// `keep-12`, the name of the tick *Keep mine*.
    pub fn keep_name(&self) -> String {
        self.field.replace("pick-", "keep-")
    }
}

pub struct MappedView {
    pub name: String,
    pub label: &'static str,
    pub edit: Option<String>,
    pub pairing: PairingId,
    /// *Delete mapping*, where it may be deleted.
    pub delete: Option<String>,
    /// Otherwise why not, and where what depends on it stands.
    pub fixed: String,
    pub depends: Option<String>,
    pub is_inactive: bool,
}

pub fn columns(kind: Kind) -> [&'static str; 2] {
    match kind {
        Kind::Site => ["Site", "Agency name"],
        Kind::Student => ["Student (born, site)", "Client Name"],
        Kind::User => ["User (email, site)", "Staff Name"],
    }
}

pub fn counts_words(kind: Kind, counts: Counts) -> String {
    let number = |n: usize| when::thousands(i64::try_from(n).unwrap_or(i64::MAX));
    let noun = if counts.total == 1 { kind.theirs() } else { kind.theirs_many() };
    format!(
        "{} {noun}: {} Auto · {} User · {} not mapped",
        number(counts.total),
        number(counts.auto),
        number(counts.user),
        number(counts.not_mapped)
    )
}

pub fn shows(now: Show) -> Vec<Choice> {
    Show::ALL.iter().map(|show| Choice::new(show.as_str(), show.words(), *show == now)).collect()
}

pub fn chips(wanted: &Wanted, address: &Address) -> Vec<Link> {
    let chips = [
        address.chip("q", format!("“{}”", wanted.search)),
        address.chip("show", wanted.show.words()),
        address.chip("site", "One site"),
    ];
    chips.into_iter().flatten().collect()
}

pub fn nobody(kind: Kind, counts: Counts, frame: &Frame) -> &'static str {
    match kind {
        _ if counts.total > 0 => "Nothing fits what you asked for.",
        _ if frame.last.is_none() => "Nothing has been pulled yet.",
        Kind::Site => "Ensora Data Collection lists no sites.",
        Kind::Student => "Ensora Data Collection lists no students.",
        Kind::User => "Ensora Data Collection lists no users.",
    }
}

/// The rows, with a heading where those begin that wait for a site.
pub fn rows(
    (org, window, kind): (OrganisationId, Window, Kind),
    rows: Vec<Row>,
    options: &Options,
    (may, chosen): (May, &HashMap<ExternalRecordId, Chosen>),
) -> Vec<RowView> {
    let mut group = None;
    rows.into_iter()
        .map(|row| {
            let starts = row.waits_for.is_some() && row.waits_for != group;
            group.clone_from(&row.waits_for);
            let mut view = RowView::new((org, window, kind), row, options, (may, chosen));
            if starts {
                view.group = format!("Waiting for the site {}", group.clone().unwrap_or_default());
            }
            view
        })
        .collect()
}

impl RowView {
    fn new(
        (org, window, kind): (OrganisationId, Window, Kind),
        row: Row,
        options: &Options,
        (may, chosen): (May, &HashMap<ExternalRecordId, Chosen>),
    ) -> Self {
        let act = |act: &str| links::synchronization_row_act(org, window.word(), row.record, act);
        let chosen = chosen.get(&row.record);
        let waits = row.waits_for.is_some();
        let open = row.mapping.is_none() && !waits && !row.is_gone;
        let preset = chosen.map(|one| one.local).or(row.suggested.as_ref().map(|(local, _)| *local));
        let choices = match options {
            Options::Few(few) if open => choices(kind, few, preset),
            _ => Vec::new(),
        };
        let keep = chosen.and_then(|one| Some((one.theirs?, one.local)));
        let create = (open && may.create).then(|| act("new"));
        let no_create = if open && !may.create {
            format!("Ask a manager to create this {}", kind.ours())
        } else {
            String::new()
        };
        let mapped = row.mapping.as_ref().map(|mapping| {
            let delete = act("delete");
            MappedView::new((org, kind), &row, mapping, (may, delete))
        });
        let of_rule = row.suggested.as_ref().filter(|_| open && row.rule_off);
        Self {
            by_hand: of_rule.map(|(local, _)| (act("choose"), local.to_string())),
            field: format!("pick-{}", row.record),
            about: about(kind, &row),
            group: String::new(),
            is_gone: row.is_gone,
            href: links::synchronization_row(org, window.word(), row.record),
            mapped,
            search: (open && matches!(options, Options::Many)).then(|| act("choose")),
            suggested: row.suggested.map(|(_, name)| name).unwrap_or_default(),
            name: row.name,
            why: row.why,
            evidence: row.evidence,
            choices,
            waits,
            keep,
            create,
            no_create,
            noun: kind.ours(),
        }
    }
}

/// A suggestion stands first and is not chosen beforehand: somebody has to say so.
fn choices(kind: Kind, few: &[(i64, String)], preset: Option<i64>) -> Vec<Choice> {
    if few.is_empty() {
        return Vec::new();
    }
    let words = match kind {
        Kind::Site => "Choose an agency",
        Kind::Student => "Choose a client",
        Kind::User => "Choose a member of staff",
    };
    let mut choices = vec![Choice::new("", words, true)];
    let (first, rest): (Vec<_>, Vec<_>) = few.iter().partition(|(id, _)| Some(*id) == preset);
    choices.extend(
        first.into_iter().chain(rest).map(|(id, label)| Choice::new(id.to_string(), label.clone(), false)),
    );
    choices
}

/// What stands beside the name.
fn about(kind: Kind, row: &Row) -> String {
    let at = row.sites.join(", ");
    let parts: Vec<String> = match kind {
        Kind::Site => Vec::new(),
        Kind::Student => {
            let born = row
                .born
                .map_or_else(|| "born: not known".to_owned(), |born| format!("born {}", when::date(born)));
            vec![born, at]
        }
        Kind::User => vec![row.email.clone(), at],
    };
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
}

impl MappedView {
    /// The mapping that the reader saw, for the form that deletes it.
    pub fn id(&self) -> String {
        self.pairing.to_string()
    }

    fn new(
        (org, kind): (OrganisationId, Kind),
        row: &Row,
        mapping: &Mapping,
        (may, delete): (May, String),
    ) -> Self {
        let depends = mapping.uses.any().then(|| depends(org, kind, row));
        Self {
            name: mapping.name.clone(),
            label: if mapping.is_auto { "Auto" } else { "User" },
            edit: may.open.then(|| edit(org, kind, mapping.local)),
            pairing: mapping.pairing,
            delete: mapping.fixed.is_none().then_some(delete),
            fixed: mapping.fixed.clone().unwrap_or_default(),
            depends,
            is_inactive: mapping.is_inactive,
        }
    }
}

/// The page of whoever a record is mapped to.
pub fn edit(org: OrganisationId, kind: Kind, local: i64) -> String {
    match kind {
        Kind::Site => links::agency(org, PlaceId(local)),
        Kind::Student => links::resident(org, ResidentId(local)),
        Kind::User => links::staff_member(org, StaffMemberId(local)),
    }
}

/// Where what depends on a mapping stands.
pub fn depends(org: OrganisationId, kind: Kind, row: &Row) -> String {
    match kind {
        Kind::Site => {
            let clients = links::synchronization_tab(org, Window::Clients.word());
            format!("{clients}?site={}", links::encode(&row.external_id))
        }
        Kind::Student | Kind::User => {
            let notes = links::synchronization_tab(org, Window::Appointments.word());
            format!("{notes}?q={}", links::encode(&row.name))
        }
    }
}
