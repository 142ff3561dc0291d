//! The home's pages about relatives, ready to be printed.

use askama::Template;

use super::Inviting;
use crate::domain::relatives::{Invitation, Relative, Source, Standing};
use crate::kit::ids::{OrganisationId, ResidentId};
use crate::links;
use crate::web::freshness;
use crate::web::residents::Identity;
use crate::web::ui::{Choice, Pager, Shell, When, filters};
use crate::web::visit::Visit;

/// The resident's tab.
#[derive(Template)]
#[template(path = "relatives/index.html")]
pub struct Index {
    pub shell: Shell,
    pub who: Identity,
    pub seal: String,
    pub joined: Vec<Joined>,
    pub asked: Vec<Invited>,
    /// Each topic with what was decided.
    pub standing: Vec<(&'static str, &'static str)>,
    pub consents: String,
    pub bereavement: String,
    pub archived: bool,
    pub action: String,
    pub presets: Vec<Choice>,
    pub form: Inviting,
}

/// Somebody who has joined.
pub struct Joined {
    pub href: String,
    pub view: String,
    pub name: String,
    pub email: String,
    pub relationship: String,
    pub branch: String,
    pub is_primary: bool,
    pub waiting: bool,
    pub topics: String,
}

impl Joined {
    pub fn new(org: OrganisationId, resident: ResidentId, one: &Relative) -> Self {
        let topics = crate::domain::relatives::read_topics(&one.topics);
        let topics: Vec<&str> = topics.iter().map(|topic| topic.words()).collect();
        Self {
            href: links::resident_relative(org, resident, one.id),
            view: links::see_as_relative(org, resident, one.id),
            name: one.name.clone(),
            email: one.email.clone(),
            relationship: one.relationship.clone(),
            branch: one.branch.clone(),
            is_primary: one.is_primary,
            waiting: one.waiting,
            topics: topics.join(", "),
        }
    }
}

/// Somebody who was asked to join.
pub struct Invited {
    pub id: String,
    pub href: String,
    pub name: String,
    pub email: String,
    pub relationship: String,
    pub state: &'static str,
    pub when: When,
    /// How it came about: "Invited by Mary Jones".
    pub how: String,
    pub ends: Option<When>,
    pub trouble: String,
    pub bounced: bool,
    pub open: bool,
    pub pending: bool,
    /// When the letter was printed, of those who have no address.
    pub printed: Option<When>,
    /// In the list of an organisation.
    pub resident: String,
    pub resident_href: String,
}

impl Invited {
    pub fn new(visit: &Visit, org: OrganisationId, one: &Invitation, stands: Standing) -> Self {
        let how = match one.source {
            Source::Page => format!("Invited by {}", one.invited_by_name),
            Source::PrimaryContact => format!("Invited by {}, primary contact", one.invited_by_name),
            Source::Task => "Added in Nourish".to_owned(),
        };
        let open = stands.is_pending() && stands != Standing::Asked;
        Self {
            id: one.id.to_string(),
            href: links::resident_invitation(org, one.resident_id, one.id),
            name: one.name.clone(),
            email: one.email.clone(),
            relationship: one.relationship.clone(),
            state: stands.words(),
            when: freshness::at(visit, one.created_at),
            how,
            ends: one.expires_at.filter(|_| open).map(|at| freshness::at(visit, at)),
            trouble: one.trouble.clone(),
            bounced: stands == Standing::Bounced,
            open,
            pending: stands.is_pending(),
            printed: one.printed_at.filter(|_| one.email.is_empty()).map(|at| freshness::at(visit, at)),
            resident: String::new(),
            resident_href: links::resident_relatives(org, one.resident_id),
        }
    }
}

/// One invitation: correct its address.
#[derive(Template)]
#[template(path = "relatives/invitation.html")]
pub struct Asked {
    pub shell: Shell,
    pub who: Identity,
    pub seal: String,
    pub action: String,
    pub email: String,
    pub line: Invited,
    pub bounced: bool,
    pub waits: bool,
    pub on_paper: bool,
    pub pending: bool,
}

/// One relative: what they are and see.
#[derive(Template)]
#[template(path = "relatives/show.html")]
pub struct Show {
    pub shell: Shell,
    pub who: Identity,
    pub seal: String,
    pub action: String,
    pub view: String,
    pub name: String,
    pub email: String,
    pub since: When,
    /// They sign in with a name: a new password comes on paper.
    pub by_name: bool,
    pub waiting: bool,
    pub relationship: String,
    pub branch: String,
    pub branches: Vec<String>,
    pub is_primary: bool,
    pub topics: Vec<TopicTick>,
}

pub struct TopicTick {
    pub id: String,
    pub value: &'static str,
    pub label: &'static str,
    pub ticked: bool,
    /// What the resident says to it.
    pub consent: &'static str,
}

/// When a resident has died.
#[derive(Template)]
#[template(path = "relatives/bereavement.html")]
pub struct Bereaved {
    pub shell: Shell,
    pub who: Identity,
    pub seal: String,
    pub action: String,
    pub days: String,
    pub recorded: Option<Recorded>,
}

pub struct Recorded {
    pub by: String,
    pub when: When,
    pub until: String,
}

/// The consent page.
#[derive(Template)]
#[template(path = "relatives/consents.html")]
pub struct Consents {
    pub shell: Shell,
    pub who: Identity,
    pub seal: String,
    pub action: String,
    pub rows: Vec<Agreed>,
    pub topics: Vec<Choice>,
    pub decisions: Vec<Choice>,
    pub bases: Vec<Choice>,
    pub form: super::consents::Recording,
    pub history: Vec<Agreed>,
}

/// A decision, or that there is none.
pub struct Agreed {
    pub topic: &'static str,
    pub state: &'static str,
    /// The ground, with the attorney's name.
    pub basis: String,
    pub by: String,
    pub when: Option<When>,
    pub review: String,
    pub note: String,
}

/// Everybody of the organisation who was asked and has not joined.
#[derive(Template)]
#[template(path = "relatives/pending.html")]
pub struct Pending {
    pub shell: Shell,
    pub rows: Vec<Invited>,
    pub pager: Pager,
    pub search: String,
    pub states: Vec<Choice>,
    pub list: String,
    pub is_filtered: bool,
    pub expired: bool,
    pub rules: Option<Rules>,
}

/// What an organisation decides about its families.
pub struct Rules {
    pub action: String,
    pub confirm_first: bool,
    pub primary_invites: bool,
    pub primary_limit: String,
    pub primary_approval: bool,
    pub memorial_days: String,
}
