//! The pages of homes and zones, ready to be printed.

use askama::Template;

use crate::domain::organisations::{PlaceKind, PlaceWithCount};
use crate::kit::ids::OrganisationId;
use crate::links;
use crate::web::ui::{Choice, Shell, filters};

/// Every home with its zones.
#[derive(Template)]
#[template(path = "places/index.html")]
pub struct Index {
    pub shell: Shell,
    pub rows: Vec<Row>,
    /// What is said while there are none.
    pub empty: String,
    /// Where to bring many from a file, in sectors that do.
    pub import: Option<String>,
    pub action: String,
    pub name: String,
    pub hint: String,
    /// "A new home", and each home for a zone in it.
    pub inside: Vec<Choice>,
}

/// One place.
pub struct Row {
    pub href: String,
    pub name: String,
    pub kind: &'static str,
    pub is_zone: bool,
    pub residents: i64,
    pub residents_href: String,
}

impl Row {
    pub fn new(org: OrganisationId, counted: &PlaceWithCount) -> Self {
        let place = &counted.place;
        Self {
            href: links::place(org, place.id),
            name: place.name.clone(),
            kind: kind_words(place.kind),
            is_zone: place.kind == PlaceKind::Zone,
            residents: counted.residents,
            residents_href: format!("{}?place={}", links::residents(org), place.id),
        }
    }
}

pub fn kind_words(kind: PlaceKind) -> &'static str {
    match kind {
        PlaceKind::Home => "Home",
        PlaceKind::Zone => "Zone",
    }
}

/// One home or zone.
#[derive(Template)]
#[template(path = "places/show.html")]
pub struct Show {
    pub shell: Shell,
    pub kind: &'static str,
    pub residents: i64,
    pub residents_href: String,
    pub action: String,
    pub name: String,
    /// The zones of a home.
    pub zones: Vec<Row>,
    pub is_home: bool,
    /// How families reach a home.
    pub contact_action: String,
    pub telephone: String,
    pub address: String,
    pub staff_href: String,
    /// Other names, each with where it is removed.
    pub aliases: Vec<(String, String)>,
    pub alias_action: String,
    /// What was typed as another name.
    pub alias: String,
    pub devices: String,
    /// Those that send night events.
    pub monitors: String,
    /// Whose services zones may be.
    pub a_service: String,
    pub add_to: String,
    pub add_action: String,
    pub notes: Vec<String>,
}
