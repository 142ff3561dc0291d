//! *General*: the organisation's name, kind, time zone and guards. Managers read it, super managers change it.

use actix_web::HttpResponse;
use askama::Template;
use serde::Deserialize;

use super::super::error::{Answer, Fault};
use super::super::routes::{Line, Who, get, post};
use super::super::ui::{Choice, Notice, Shell, filters};
use super::super::visit::{In, Nav, Posted, Visit};
use super::tabs;
use crate::domain::Refusal;
use crate::domain::access::{ManageOrganisation, ManagePeople, Permission};
use crate::domain::organisations::{self, Kind, Organisation, Settings, Typed};
use crate::links;

pub fn routes() -> Vec<Line> {
    vec![
        get("/org/{org}/settings", Who::Holder(Permission::ManagePeople), show),
        post("/org/{org}/settings", Who::Holder(Permission::ManageOrganisation), save),
    ]
}

#[derive(Template)]
#[template(path = "settings/general.html")]
struct General {
    shell: Shell,
    /// Whether this person may change it.
    may: bool,
    form: Form,
    kinds: Vec<Choice>,
    kind: &'static str,
    sector: &'static str,
    zones: Vec<&'static str>,
    staff_two_step: bool,
    action: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Form {
    name: String,
    kind: String,
    time_zone: String,
    guard_percent: String,
    guard_people: String,
    staff_two_step: String,
}

impl Form {
    fn of(organisation: &Organisation) -> Self {
        Self {
            name: organisation.name.clone(),
            kind: organisation.kind.as_str().to_owned(),
            time_zone: organisation.time_zone.clone(),
            guard_percent: organisation.guard_percent.to_string(),
            guard_people: organisation.guard_people.to_string(),
            staff_two_step: if organisation.staff_two_step { "yes".into() } else { String::new() },
        }
    }

    fn typed(&self) -> Typed<'_> {
        Typed {
            name: &self.name,
            kind: &self.kind,
            sector: "",
            time_zone: &self.time_zone,
            guard_percent: &self.guard_percent,
            guard_people: &self.guard_people,
            staff_two_step: &self.staff_two_step,
        }
    }
}

async fn show(visit: Visit) -> Answer {
    let kept = load(&visit).await?;
    let form = Form::of(&kept);
    visit.page(&page(&visit, &kept, form)?)
}

async fn load(visit: &Visit) -> Result<Organisation, Fault> {
    // Whoever may save it may read it: a save without ManagePeople still shows the form again.
    let scope = visit.scope::<ManagePeople>()?;
    Ok(visit.read(move |conn| organisations::get(conn, &scope)).await?)
}

fn page(visit: &Visit, kept: &Organisation, form: Form) -> Result<General, Fault> {
    let org = kept.id;
    let mut shell = visit.org_shell("Org Settings", Nav::Settings)?;
    shell.tabs = tabs(visit, org, "General");
    Ok(General {
        shell,
        may: visit.may(Permission::ManageOrganisation),
        kinds: kinds(&form.kind),
        staff_two_step: form.staff_two_step == "yes",
        form,
        kind: kept.kind.words(),
        sector: kept.sector.words(),
        zones: time_zones(),
        action: links::settings(org),
    })
}

/// The kinds of organisation as a select.
pub(in crate::web) fn kinds(chosen: &str) -> Vec<Choice> {
    Choice::list(Kind::ALL.iter().map(|kind| (kind.as_str(), kind.words())), chosen)
}

/// Every time zone's name, to choose from while typing.
pub(in crate::web) fn time_zones() -> Vec<&'static str> {
    let places =
        ["Europe/", "America/", "Australia/", "Pacific/", "Asia/", "Africa/", "Atlantic/", "Indian/"];
    let named = chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name());
    named.filter(|name| places.iter().any(|place| name.starts_with(place))).collect()
}

async fn save(visit: Visit, In(scope): In<ManageOrganisation>, Posted(form): Posted<Form>) -> Answer {
    let org = scope.organisation();
    let saved = match Settings::read(&form.typed()) {
        Ok(settings) => visit.write(move |tx| organisations::change(tx, &scope, &settings)).await,
        Err(refusal) => Err(refusal),
    };
    match saved {
        Ok(()) => visit.done(links::settings(org), &Notice::ok("The settings are saved.")),
        Err(Refusal::Invalid { field, words }) => {
            let kept = load(&visit).await?;
            let mut page = page(&visit, &kept, form)?;
            page.shell.add_error(field, words);
            visit.page_with(&page, HttpResponse::UnprocessableEntity())
        }
        Err(refusal) => Err(refusal.into()),
    }
}
