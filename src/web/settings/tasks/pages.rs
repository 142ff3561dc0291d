//! What the pages of tasks show: the list, one task with its versions, the form of a draft, and the codes.

use askama::Template;

use super::forms::Form;
use crate::domain::tasks::{self, Agreement, Kept, Procedure, Step, Version, VersionState};
use crate::kit::ids::{DocumentId, OrganisationId};
use crate::links;
use crate::web::documents::Row as DocumentRow;
use crate::web::ui::{Shell, When, filters};
use crate::web::visit::Visit;

#[derive(Template)]
#[template(path = "settings/tasks/index.html")]
pub struct Index {
    pub shell: Shell,
    pub new: String,
    pub rows: Vec<Row>,
    /// Documents are taken with appointments.
    pub taken: bool,
    pub setting: String,
}

/// A task in the list.
pub struct Row {
    pub href: String,
    pub name: String,
    pub retired: bool,
    /// `Version 2, 30 minutes`, or `Not yet`.
    pub bookable: String,
    /// `Version 3, waiting for Kinbridge`, or `None`.
    pub draft: String,
}

impl Row {
    pub fn new(org: OrganisationId, task: &Kept) -> Self {
        let retired = task.retired_at.is_some();
        let agreed = task.agreed().filter(|_| !retired);
        let bookable = agreed.map(|one| format!("Version {}, {} minutes", one.task.number, one.task.minutes));
        let draft = task.draft().map(|one| format!("Version {}, {}", one.task.number, waiting_for(one)));
        Self {
            href: links::task(org, task.id),
            name: task.name().to_owned(),
            retired,
            bookable: bookable.unwrap_or_else(|| if retired { "No" } else { "Not yet" }.to_owned()),
            draft: draft.unwrap_or_else(|| "None".to_owned()),
        }
    }
}

/// Whom a draft waits for, as the rest of a sentence.
pub fn waiting_for(draft: &Version) -> &'static str {
    match (&draft.organisation, &draft.representative) {
        (None, None) => "not agreed yet",
        (None, Some(_)) => "waiting for your organisation",
        (Some(_), _) => "waiting for Kinbridge",
    }
}

#[derive(Template)]
#[template(path = "settings/tasks/show.html")]
pub struct Show {
    pub shell: Shell,
    pub public_id: String,
    pub retired: bool,
    pub agreed: Option<Said>,
    pub draft: Option<Said>,
    /// What the draft changes of what is booked.
    pub changes: Vec<String>,
    pub mark: String,
    /// The organisation has not agreed to the draft yet.
    pub may_agree: bool,
    pub agree: String,
    pub edit: String,
    pub add_document: String,
    /// A draft that can be thrown away.
    pub discard: Option<String>,
    /// The next version can be begun.
    pub version: Option<String>,
    pub life: String,
    pub life_label: &'static str,
    pub history: Vec<Entry>,
}

/// One version of the history.
pub struct Entry {
    pub name: String,
    pub state: &'static str,
    pub begun: String,
    pub when: When,
}

/// A version as it is read before somebody agrees to it.
pub struct Said {
    pub number: i32,
    pub name: String,
    pub description: String,
    pub minutes: i32,
    pub period: String,
    pub documents: &'static str,
    pub steps: Vec<(String, String)>,
    pub skills: String,
    pub guides: Vec<DocumentRow>,
    pub organisation: String,
    pub representative: String,
}

impl Said {
    /// `href` is where a document of it is opened.
    pub fn new(visit: &Visit, version: &Version, href: &dyn Fn(DocumentId) -> String) -> Self {
        let said = &version.task;
        let skills: Vec<&str> = said.skills.iter().map(|skill| skill.name.as_str()).collect();
        let period = match (said.scheduled, said.minimum_gap_days) {
            (false, _) => "No".to_owned(),
            (true, 0) => "Yes".to_owned(),
            (true, 1) => "Yes, of 1 day at least".to_owned(),
            (true, days) => format!("Yes, of {days} days at least"),
        };
        let agreed = |agreement: &Option<Agreement>| match agreement {
            None => "Not agreed yet".to_owned(),
            Some(one) => {
                let at = When::new(one.at.and_utc(), visit.now.and_utc(), visit.time_zone());
                format!("{}, {}", one.by, at.in_sentence().words)
            }
        };
        Self {
            number: said.number,
            name: said.name.clone(),
            description: said.description.clone(),
            minutes: said.minutes,
            period,
            documents: if said.documents { "Yes" } else { "No" },
            steps: said.steps.iter().map(step).collect(),
            skills: if skills.is_empty() { "None".to_owned() } else { skills.join(", ") },
            guides: said.guides.iter().map(|one| DocumentRow::new(one, href(one.id), None)).collect(),
            organisation: agreed(&version.organisation),
            representative: agreed(&version.representative),
        }
    }
}

/// The words of a step, and what stands under them.
fn step(step: &Step) -> (String, String) {
    let under = match step.snomed_code.as_str() {
        "" => step.kind.words().to_owned(),
        code => match tasks::procedure_name(code) {
            Some(name) => format!("{}, SNOMED CT {code}: {name}", step.kind.words()),
            None => format!("{}, SNOMED CT {code}", step.kind.words()),
        },
    };
    (step.words.clone(), under)
}

/// All versions, the newest first.
pub fn history(visit: &Visit, task: &Kept) -> Vec<Entry> {
    let entry = |one: &Version| Entry {
        name: format!("Version {}: {}", one.task.number, one.task.name),
        state: match one.state {
            VersionState::Draft => "Draft",
            VersionState::Agreed => "Agreed",
        },
        // What the portal does by itself is done by no name.
        begun: one.created_by.replacen("The portal", "the portal", 1),
        when: When::new(one.created_at.and_utc(), visit.now.and_utc(), visit.time_zone()),
    };
    task.versions.iter().map(entry).collect()
}

#[derive(Template)]
#[template(path = "settings/tasks/form.html")]
pub struct Editing {
    pub shell: Shell,
    pub action: String,
    pub back: String,
    pub codes: String,
    pub procedures: Vec<Procedure>,
    pub form: Form,
}

#[derive(Template)]
#[template(path = "settings/tasks/codes.html")]
pub struct Codes {
    pub shell: Shell,
    pub here: String,
    pub asked: String,
    pub found: Vec<Procedure>,
}
