//! The lists of *Pending staff* and *Rejected staff*, ready to be printed.

use std::collections::HashSet;

use askama::Template;

use super::{Found, forms, href, offered, places_in_words};
use crate::domain::access::Permission;
use crate::domain::approvals::{Approval, Preset, Suggestion};
use crate::kit::ids::{ApprovalId, OrganisationId};
use crate::links;
use crate::web::freshness;
use crate::web::listing::PER_PAGE;
use crate::web::ui::{Choice, Link, Pager, Shell, When, filters};
use crate::web::visit::{Fields, Visit, field, ticked};

/// *Pending staff*.
#[derive(Template)]
#[template(path = "approvals/pending.html")]
pub struct Pending {
    pub shell: Shell,
    pub filters: Filters,
    pub action: String,
    pub rows: Vec<Row>,
    pub pager: Pager,
    pub total: i64,
    /// What the bar offers for everybody without a choice of their own.
    pub presets: Vec<Choice>,
    pub reason: String,
    /// Where *Start sync* posts to, for those who may.
    pub sync: Option<String>,
    pub connected: bool,
    pub settings: Option<String>,
    /// Whether the reader gets the morning letter, and where that is changed.
    pub digest: (bool, String),
}

/// Search and filters of either list.
pub struct Filters {
    pub list: String,
    pub search: String,
    pub roles: Vec<Choice>,
    pub flags: Vec<Choice>,
    pub sort: Vec<Choice>,
    pub chips: Vec<Link>,
    pub is_filtered: bool,
    /// Carried along by the form for *all that match*.
    pub role: String,
    pub flagged: String,
    /// The system that lists everybody of the page, or a word for several.
    pub system: &'static str,
}

/// Somebody in the list.
pub struct Row {
    pub id: ApprovalId,
    /// The id of the select with their permissions.
    pub field: String,
    pub href: String,
    pub name: String,
    pub email: String,
    pub role: String,
    /// The care record system that lists them.
    pub system: &'static str,
    pub job_title: String,
    pub place: String,
    pub service: String,
    pub paired: bool,
    pub flags: Vec<&'static str>,
    pub looked: bool,
    /// What is saved for them, or empty.
    pub saved: String,
    pub until: String,
    pub presets: Vec<Choice>,
    /// "Suggested: Senior carer, as 37 of 38 earlier", or empty.
    pub suggested: String,
    pub since: When,
    pub ticked: bool,
    /// They have no address: a slip is printed for them.
    pub on_paper: bool,
    pub reason: String,
    pub decided: String,
}

fn system_of(all: &[Approval]) -> &'static str {
    let first = all.first().map_or("the care record", |one| one.system);
    if all.iter().all(|one| one.system == first) { first } else { "the care record" }
}

impl Filters {
    fn new(asked: &forms::Asked, list: String, all: &[Approval]) -> Self {
        let system = system_of(all);
        let address = asked.address(list.clone());
        let wanted = asked.wanted();
        let roles = [("", "Any role"), ("manager", "Manager"), ("staff", "Staff"), ("other", "Another word")];
        let chips = [
            address.chip("q", format!("Search: {}", wanted.search)),
            address.chip("role", format!("Role in {system}: {}", asked.role)),
            address.chip("flags", "To look at"),
        ];
        Self {
            search: wanted.search,
            roles: Choice::list(roles, &asked.role),
            flags: Choice::list([("", "Everybody"), ("yes", "Only those to look at")], &asked.flags),
            sort: Choice::list(
                [("", "Newest first"), ("name", "By name"), ("title", "By job title")],
                &asked.sort,
            ),
            chips: chips.into_iter().flatten().collect(),
            is_filtered: wanted.role.is_some() || wanted.flagged || !asked.q.trim().is_empty(),
            role: asked.role.clone(),
            flagged: asked.flags.clone(),
            system,
            list,
        }
    }
}

impl Pending {
    pub fn new(
        visit: &Visit,
        shell: Shell,
        org: OrganisationId,
        found: Found,
        asked: &forms::Asked,
        page: u32,
    ) -> Self {
        let list = links::pending_staff(org);
        let address = asked.address(list.clone());
        let may_give = offered(visit, &found.presets);
        let rows: Vec<Row> =
            found.page.rows.iter().map(|one| Row::new(visit, org, one, &found, &may_give)).collect();
        let suggested = rows.iter().any(|row| !row.suggested.is_empty());
        let mut presets = vec![Choice::new("", "Choose", true)];
        presets.extend(may_give.iter().map(|one| Choice::new(one.key.clone(), one.name.clone(), false)));
        if suggested {
            presets.push(Choice::new(forms::AS_SUGGESTED, "As suggested for each", false));
        }
        Self {
            filters: Filters::new(asked, list.clone(), &found.page.rows),
            action: list,
            pager: Pager::new(page, PER_PAGE, found.page.total, |n| address.page(n)),
            total: found.page.total,
            rows,
            presets,
            reason: String::new(),
            sync: visit.may(Permission::RunSyncs).then(|| links::sync_pending_staff(org)),
            connected: found.connected,
            digest: (found.digest, links::pending_digest(org)),
            settings: visit.may(Permission::ManageIntegrations).then(|| links::integrations(org)),
            shell,
        }
    }

    /// The box to which an error about the selection leads.
    pub fn first_box(&self) -> String {
        let first = self.rows.first();
        first.map_or_else(|| "main".to_owned(), |row| format!("staff-{}", row.id))
    }

    /// Where an error about one of them leads.
    pub fn field_of(&self, id: ApprovalId) -> String {
        if self.rows.iter().any(|row| row.id == id) { format!("preset-{id}") } else { "preset".to_owned() }
    }

    /// Ticks and choices as they were sent.
    pub fn keep(&mut self, fields: &Fields) {
        let ids: HashSet<ApprovalId> = ticked(fields, "staff[]").into_iter().collect();
        let choose = |choices: &mut Vec<Choice>, value: &str| {
            for choice in choices.iter_mut() {
                choice.chosen = choice.value == value;
            }
        };
        for row in &mut self.rows {
            row.ticked = ids.contains(&row.id);
            choose(&mut row.presets, field(fields, &format!("preset-{}", row.id)));
        }
        choose(&mut self.presets, field(fields, "preset"));
        field(fields, "reason").clone_into(&mut self.reason);
    }
}

impl Row {
    pub(super) fn new(
        visit: &Visit,
        org: OrganisationId,
        one: &Approval,
        found: &Found,
        may_give: &[Preset],
    ) -> Self {
        let name_of = |role, permissions: &_| {
            let same = found.presets.iter().find(|p| p.role == role && p.permissions == *permissions);
            same.map_or_else(|| format!("{}, chosen one by one", role.words()), |preset| preset.name.clone())
        };
        let saved = one.role.map(|role| name_of(role, &one.permissions)).unwrap_or_default();
        let in_words = |said: &Suggestion| {
            let name = name_of(said.role, &said.permissions);
            format!("{name}, as {} of {} earlier", said.times, said.of)
        };
        let can_be_given = |said: &&Suggestion| said.permissions.iter().all(|one| visit.may(*one));
        let suggested = one.suggestion.as_ref().filter(can_be_given).map(in_words).unwrap_or_default();
        let first = if saved.is_empty() { "As chosen above".to_owned() } else { format!("{saved} (saved)") };
        let mut presets = vec![Choice::new("", first, true)];
        if !suggested.is_empty() {
            presets.push(Choice::new(forms::AS_SUGGESTED, format!("Suggested: {suggested}"), false));
        }
        presets.extend(may_give.iter().map(|one| Choice::new(one.key.clone(), one.name.clone(), false)));
        let decided = one.decided_at.map(|at| freshness::at(visit, at).words).unwrap_or_default();
        Self {
            id: one.id,
            field: format!("preset-{}", one.id),
            href: href(org, one),
            name: one.name.clone(),
            email: one.email.clone(),
            role: if one.vendor_role.is_empty() { "Not said".into() } else { one.vendor_role.clone() },
            system: one.system,
            job_title: one.job_title.clone(),
            place: places_in_words(one, &found.places),
            service: one.service.clone(),
            paired: one.paired.is_some(),
            flags: one.flags.iter().map(|flag| flag.words()).collect(),
            looked: !one.flags.is_empty() && !one.looked_by.is_empty(),
            saved,
            until: one.ends_on.map(crate::web::ui::when::date).unwrap_or_default(),
            presets,
            suggested,
            since: freshness::at(visit, one.since),
            ticked: false,
            on_paper: one.email.is_empty(),
            reason: one.reason.clone(),
            decided: match one.decided_by.as_str() {
                "" => decided,
                who => format!("{who}, {decided}"),
            },
        }
    }
}

/// *Rejected staff*.
#[derive(Template)]
#[template(path = "approvals/rejected.html")]
pub struct Rejected {
    pub shell: Shell,
    pub filters: Filters,
    pub action: String,
    pub rows: Vec<Row>,
    pub pager: Pager,
    pub total: i64,
}

impl Rejected {
    pub fn new(
        visit: &Visit,
        shell: Shell,
        org: OrganisationId,
        found: Found,
        asked: &forms::Asked,
        page: u32,
    ) -> Self {
        let list = links::rejected_staff(org);
        let address = asked.address(list.clone());
        Self {
            filters: Filters::new(asked, list.clone(), &found.page.rows),
            action: list,
            rows: found.page.rows.iter().map(|one| Row::new(visit, org, one, &found, &[])).collect(),
            pager: Pager::new(page, PER_PAGE, found.page.total, |n| address.page(n)),
            total: found.page.total,
            shell,
        }
    }

    pub fn first_box(&self) -> String {
        self.rows.first().map_or_else(|| "main".to_owned(), |row| format!("staff-{}", row.id))
    }
}
