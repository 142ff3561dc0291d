//! The staff list's pages, ready to be printed.

use askama::Template;

use super::forms::Details;
use crate::domain::organisations::{Place, PlaceKind};
use crate::domain::staff::{StaffMember, StaffState};
use crate::kit::ids::{OrganisationId, PlaceId};
use crate::links;
use crate::web::residents::name_of;
use crate::web::ui::{Choice, Link, Pager, Shell, filters};

/// The list.
#[derive(Template)]
#[template(path = "staff/index.html")]
pub struct Index {
    pub shell: Shell,
    pub search: String,
    pub homes: Vec<Choice>,
    pub chips: Vec<Link>,
    pub rows: Vec<Row>,
    pub pager: Pager,
    pub add: Option<String>,
    /// Where to bring many from a file, in sectors that do.
    pub import: Option<String>,
    pub list: String,
    pub is_filtered: bool,
}

/// One staff member in the list.
pub struct Row {
    pub href: String,
    pub name: String,
    pub email: String,
    pub job_title: String,
    /// Where they work, the first place first.
    pub home: String,
    pub look_alike: bool,
    pub paired: bool,
    pub suspended: bool,
}

impl Row {
    pub fn new(org: OrganisationId, member: &StaffMember, works: &[PlaceId], places: &[Place]) -> Self {
        let names: Vec<&str> = works.iter().filter_map(|place| name_of(places, *place)).collect();
        Self {
            href: links::staff_member(org, member.id),
            name: member.name(),
            email: member.details.email.clone(),
            job_title: member.details.job_title.clone(),
            home: names.join(", "),
            look_alike: member.look_alike,
            paired: member.paired,
            suspended: member.state == StaffState::Suspended,
        }
    }
}

/// The homes as a select, with words for none of them.
pub fn home_choices(places: &[Place], none: &str, chosen: &str) -> Vec<Choice> {
    let mut choices = vec![Choice::new("", none, chosen.is_empty())];
    choices.extend(places.iter().filter(|place| place.kind == PlaceKind::Home).map(|home| {
        let id = home.id.to_string();
        let chosen = id == chosen;
        Choice::new(id, home.name.clone(), chosen)
    }));
    choices
}

/// The homes to tick for those who work in several.
pub fn also_choices(places: &[Place], ticked: &[PlaceId]) -> Vec<Choice> {
    let homes = places.iter().filter(|place| place.kind == PlaceKind::Home);
    homes.map(|home| Choice::new(home.id.to_string(), home.name.clone(), ticked.contains(&home.id))).collect()
}

/// One staff member.
#[derive(Template)]
#[template(path = "staff/show.html")]
pub struct Show {
    pub shell: Shell,
    pub row: Row,
    pub edit: Option<String>,
    pub link: Option<String>,
    pub access: Access,
    /// Why, by whom and when they were suspended, or empty.
    pub suspended: String,
    pub suspend: Option<String>,
    pub reinstate: Option<String>,
    /// What was typed as the reason.
    pub reason: String,
    /// Appointments that wait for somebody else once they are suspended.
    pub would_wait: i64,
}

/// What a staff member's account is.
#[derive(Default)]
pub struct Access {
    pub state: &'static str,
    pub words: String,
    /// Empty for those without an account.
    pub role: &'static str,
    /// The last day of access, or empty.
    pub until: String,
    /// Their page in Org Settings, for those who may open it.
    pub person: Option<String>,
    pub invite: Option<String>,
    /// They sign in with a name: what others get by letter is printed for them.
    pub on_paper: bool,
    /// The name they sign in with, or empty.
    pub login: String,
    /// Where a slip for a new password is printed.
    pub slip: Option<String>,
    pub extend: Option<String>,
}

/// Adding somebody, and changing them.
#[derive(Template)]
#[template(path = "staff/form.html")]
pub struct Editing {
    pub shell: Shell,
    pub is_new: bool,
    pub action: String,
    pub form: Details,
    pub homes: Vec<Choice>,
    /// Where they work beside it.
    pub also: Vec<Choice>,
    pub cancel: String,
    /// What somebody else saved meanwhile: term and value.
    pub meanwhile: Vec<(&'static str, String)>,
}
