//! The residents' pages, ready to be printed.

use askama::Template;
use chrono::NaiveDate;

use super::forms::{Asked, Details};
use super::provenance::Origins;
use crate::domain::access::{Places, Sector};
use crate::domain::organisations::{Place, PlaceKind};
use crate::domain::residents::{Listed, OwnedField, Resident, Wanted, nhs_fault};
use crate::kit::ids::{OrganisationId, PlaceId};
use crate::links;
use crate::web::appointments::Upcoming;
use crate::web::listing::Address;
use crate::web::ui::{Choice, Link, Pager, Shell, When, filters, when};
use crate::web::visit::Visit;

/// The list.
#[derive(Template)]
#[template(path = "residents/index.html")]
pub struct Index {
    pub shell: Shell,
    pub search: String,
    pub places: Vec<Choice>,
    pub paired: Vec<Choice>,
    pub states: Vec<Choice>,
    pub alike: Vec<Choice>,
    pub sort: Vec<Choice>,
    pub chips: Vec<Link>,
    pub caption: String,
    pub rows: Vec<Row>,
    pub pager: Pager,
    /// Where to add somebody, for those who may.
    pub add: Option<String>,
    /// Where to bring many from a file, in sectors that do.
    pub import: Option<String>,
    pub list: String,
    pub is_filtered: bool,
    /// The fields that differ from a vendor for a while.
    pub differing: Option<String>,
    pub integrations: Option<String>,
}

/// One resident in the list.
pub struct Row {
    pub href: String,
    pub name: String,
    pub room: String,
    pub place: String,
    pub born: Option<NaiveDate>,
    pub nhs_number: String,
    pub look_alike: bool,
    pub paired: bool,
}

impl Row {
    pub fn new(org: OrganisationId, listed: Listed, places: &[Place]) -> Self {
        let place = match listed.zone.and_then(|zone| name_of(places, zone)) {
            Some(zone) => zone,
            None => name_of(places, listed.home).unwrap_or_default(),
        };
        Self {
            href: links::resident(org, listed.id),
            name: format!("{} {}", listed.first_name, listed.last_name),
            room: listed.room,
            place: place.to_owned(),
            born: listed.date_of_birth,
            nhs_number: listed.nhs_number,
            look_alike: listed.look_alike,
            paired: listed.paired,
        }
    }
}

pub fn name_of(places: &[Place], id: PlaceId) -> Option<&str> {
    places.iter().find(|place| place.id == id).map(|place| place.name.as_str())
}

/// The filters of the list as selects.
pub struct Filters {
    pub places: Vec<Choice>,
    pub paired: Vec<Choice>,
    pub states: Vec<Choice>,
    pub alike: Vec<Choice>,
    pub sort: Vec<Choice>,
}

impl Filters {
    pub fn new(asked: &Asked, places: &[Place], sector: Sector) -> Self {
        let [paired, not_paired] = paired_words(sector);
        let mut by_place = vec![Choice::new("", "Everywhere", asked.place.is_empty())];
        by_place.extend(places.iter().map(|place| {
            let id = place.id.to_string();
            let chosen = asked.place == id;
            Choice::new(id, indented(place), chosen)
        }));
        Self {
            places: by_place,
            paired: Choice::list([("", "Any"), ("yes", paired), ("no", not_paired)], &asked.paired),
            states: vec![
                Choice::new("", sector.say("Living here"), asked.state != "archived"),
                Choice::new("archived", "Archived", asked.state == "archived"),
            ],
            alike: Choice::list([("", "Any"), ("yes", "Look-alikes only")], &asked.alike),
            sort: Choice::list([("", "Name"), ("room", "Room")], &asked.sort),
        }
    }
}

/// What a record that is somebody's is called.
fn paired_words(sector: Sector) -> [&'static str; 2] {
    if sector.is_residential() { ["Paired", "Not paired"] } else { ["Mapped", "Not mapped"] }
}

/// A zone stands under its home.
fn indented(place: &Place) -> String {
    match place.kind {
        PlaceKind::Home => place.name.clone(),
        PlaceKind::Zone => format!("– {}", place.name),
    }
}

/// The filters that are set, each as a link that takes it away.
pub fn chips(wanted: &Wanted, address: &Address, places: &[Place], sector: Sector) -> Vec<Link> {
    let place = wanted.place.and_then(|id| name_of(places, id)).unwrap_or("Unknown place");
    let [paired, not_paired] = paired_words(sector);
    let paired = if wanted.paired == Some(true) { paired } else { not_paired };
    [
        address.chip("q", format!("Search: {}", wanted.search)),
        address.chip("place", place),
        address.chip("paired", paired),
        address.chip("state", "Archived"),
        address.chip("alike", "Look-alikes only"),
        address.chip("sort", "By room"),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Who the page is about.
pub struct Identity {
    pub name: String,
    pub born: String,
    pub nhs_number: String,
    pub place: String,
    pub badge: &'static str,
}

impl Identity {
    pub fn new(resident: &Resident, places: &[Place]) -> Self {
        let facts = &resident.facts;
        let home = name_of(places, facts.home).unwrap_or_default();
        let zone = facts.zone.and_then(|zone| name_of(places, zone));
        let room = (!facts.room.is_empty()).then(|| format!("room {}", facts.room));
        let parts = [Some(home.to_owned()), zone.map(str::to_owned), room];
        let parts: Vec<String> = parts.into_iter().flatten().filter(|part| !part.is_empty()).collect();
        Self {
            name: resident.name(),
            born: facts.date_of_birth.map(when::date).unwrap_or_default(),
            nhs_number: facts.nhs_number.clone(),
            place: parts.join(", "),
            badge: if resident.look_alike { "Look-alike: check who it is" } else { "" },
        }
    }
}

/// The account tab.
#[derive(Template)]
#[template(path = "residents/show.html")]
pub struct Show {
    pub shell: Shell,
    pub who: Identity,
    pub archived: Option<Archived>,
    pub faults: Vec<String>,
    pub synced: Vec<Synced>,
    pub not_synced: Vec<NotSynced>,
    /// Who lists them no more, and why they stay all the same.
    pub left: Vec<String>,
    /// Where *Sync this resident* posts.
    pub sync: Option<String>,
    pub facts: Vec<Fact>,
    /// The next appointments, in the sector therapy.
    pub appointments: Option<Upcoming>,
    pub edit: Option<String>,
    pub archive: Option<String>,
    pub restore: Option<String>,
    /// Ties the form that restores to this resident.
    pub seal: String,
    /// Where it is chosen which care record gets updates, where there is a choice, and where they go now.
    pub care_record: Option<(String, String)>,
    pub systems: Vec<Choice>,
}

pub struct Archived {
    pub when: When,
    pub because: String,
}

/// *Care Records Synced* with one vendor.
pub struct Synced {
    pub vendor: String,
    pub when: Option<When>,
    /// How the pairing came about: "Paired by Mary Jones".
    pub how: String,
    /// Where *Unlink* asks, for those who may.
    pub unlink: Option<String>,
}

pub struct NotSynced {
    pub vendor: String,
    pub why: String,
    pub link: Option<String>,
}

/// A field on the account tab.
pub struct Fact {
    pub term: String,
    pub value: String,
    pub is_number: bool,
    pub note: String,
}

/// The fields of the account tab with where each came from.
pub fn facts(visit: &Visit, resident: &Resident, origins: &Origins<'_>) -> Vec<Fact> {
    let fact = |term: &str, value: &str, note: String| {
        let value = if value.is_empty() { "Not known" } else { value };
        Fact { term: term.to_owned(), value: value.to_owned(), is_number: term == "NHS number", note }
    };
    let facts = &resident.facts;
    let owned =
        |field: OwnedField| fact(field.words(), &field.here(facts), origins.note(visit, facts, field));
    let mut all = vec![
        owned(OwnedField::FirstName),
        owned(OwnedField::LastName),
        fact("Preferred name", &facts.preferred_name, origins.preferred_name(resident)),
        owned(OwnedField::DateOfBirth),
    ];
    let is_residential = visit.sector().is_residential();
    if is_residential || !facts.nhs_number.is_empty() {
        all.push(fact("NHS number", &facts.nhs_number, origins.nhs_number(resident)));
    }
    if is_residential {
        all.extend([owned(OwnedField::ResidentType), owned(OwnedField::CareStatus), owned(OwnedField::Room)]);
    }
    all.extend(origins.sources.iter().filter(|source| !source.record.external_id.is_empty()).map(|source| {
        let vendor = source.vendor_name();
        let note = format!("{vendor} gives it; nobody changes it here.");
        fact(&format!("Identifier in {vendor}"), &source.record.external_id, note)
    }));
    all
}

/// What is wrong with what is kept, in sentences.
pub fn faults(resident: &Resident, sector: Sector) -> Vec<String> {
    let facts = &resident.facts;
    let mut faults = Vec::new();
    if let Some(fault) = nhs_fault(&facts.nhs_number) {
        faults.push(format!("The NHS number {fault}. Nobody is paired by it until it is corrected."));
    }
    if facts.nhs_number.is_empty() && sector.is_residential() {
        faults.push("There is no NHS number, so nobody is paired by it.".to_owned());
    }
    if facts.date_of_birth.is_none() {
        let words = "There is no date of birth, so this resident is never paired without a person.";
        faults.push(sector.say(words));
    }
    faults
}

/// Adding somebody, and changing them.
#[derive(Template)]
#[template(path = "residents/form.html")]
pub struct Editing {
    pub shell: Shell,
    /// `None` for a new resident.
    pub who: Option<Identity>,
    pub action: String,
    pub form: Details,
    pub about: String,
    pub places: Vec<Choice>,
    pub nhs_hint: &'static str,
    /// Where each field that may not be changed came from.
    pub locked: Locked,
    /// What somebody else saved meanwhile.
    pub meanwhile: Vec<Fact>,
    pub cancel: String,
    pub overrides: Option<Overrides>,
}

/// For each field that a vendor owns, the words beside it, or nothing where it may be changed.
#[derive(Default)]
pub struct Locked {
    pub first_name: String,
    pub last_name: String,
    pub date_of_birth: String,
    pub care_status: String,
    pub resident_type: String,
    pub room: String,
}

/// The part of the form that leaves a vendor's field for a while.
pub struct Overrides {
    pub action: String,
    pub vendor: String,
    pub fields: Vec<Choice>,
    pub until: (String, String, String),
    pub reason: String,
    pub held: Vec<Held>,
}

pub struct Held {
    pub field: &'static str,
    pub key: &'static str,
    /// Whom the field follows when it ends.
    pub vendor: String,
    pub words: String,
}

pub fn nhs_hint(sector: Sector) -> &'static str {
    if sector.is_residential() {
        "10 digits, as on their NHS letters. Spaces do not matter."
    } else {
        "10 digits. Optional."
    }
}

/// Homes and zones in which the person may put somebody.
pub fn place_choices(places: &[Place], reach: &Places, chosen: &str, sector: Sector) -> Vec<Choice> {
    let reached = |place: &&Place| match reach {
        Places::All => true,
        Places::Only(assigned) => {
            assigned.contains(&place.id) || place.parent.is_some_and(|home| assigned.contains(&home))
        }
    };
    let mut choices = vec![Choice::new("", sector.say("Choose a home or zone"), chosen.is_empty())];
    choices.extend(places.iter().filter(reached).map(|place| {
        let value = place.parent.map_or_else(|| place.id.to_string(), |home| format!("{home}-{}", place.id));
        let chosen = value == chosen;
        Choice::new(value, indented(place), chosen)
    }));
    choices
}

/// Asks why, before somebody is archived.
#[derive(Template)]
#[template(path = "residents/archive.html")]
pub struct Archive {
    pub shell: Shell,
    pub who: Identity,
    pub action: String,
    pub because: String,
    pub version: String,
    pub about: String,
    pub cancel: String,
    pub paired_with: Vec<String>,
    /// Booked visits that are still open, and where they are, for those who may see them.
    pub visits: i64,
    pub see_visits: Option<String>,
}

/// The history tab.
#[derive(Template)]
#[template(path = "residents/history.html")]
pub struct History {
    pub shell: Shell,
    pub who: Identity,
    pub entries: Vec<Happened>,
    /// The audit log of this resident, views included, for those who may.
    pub audit: Option<String>,
}

pub struct Happened {
    pub when: When,
    pub who: String,
    pub words: String,
    pub changes: Vec<crate::domain::residents::FieldChange>,
    pub run: Option<String>,
}
