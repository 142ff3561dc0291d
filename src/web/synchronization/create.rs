//! *Create* from a row: first whoever here may be them, then the form, filled with what Ensora Data Collection says.

use actix_web::HttpResponse;
use askama::Template;
use chrono::Datelike as _;
use serde::Deserialize;

use super::row::{label, may_create};
use super::{after_mapping, frame, tab};
use crate::domain::Refusal;
use crate::domain::access::{EditResidents, EditStaff, ManagePlaces, PairRecords, Scope};
use crate::domain::mapping::{self, Candidate, Kind, Said};
use crate::domain::residents::{ResidentFacts, TypedFacts};
use crate::domain::staff::{StaffDetails, TypedDetails};
use crate::kit::ids::ExternalRecordId;
use crate::links;
use crate::web::error::{Answer, Fault};
use crate::web::freshness;
use crate::web::ui::{Choice, Link, Notice, Shell, filters};
use crate::web::visit::{In, Nav, Posted, Visit};

#[derive(Template)]
#[template(path = "synchronization/create.html")]
struct Page {
    shell: Shell,
    is_site: bool,
    is_staff: bool,
    /// Why nobody can be created from it now.
    cannot: String,
    candidates: Vec<Candidate>,
    choose: String,
    form: Form,
    agencies: Vec<Choice>,
    action: String,
    back: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Form {
    name: String,
    first_name: String,
    last_name: String,
    born_day: String,
    born_month: String,
    born_year: String,
    email: String,
    job_title: String,
    /// The agency.
    place: String,
}

impl Form {
    fn of(said: &Said) -> Self {
        let born = |part: fn(&chrono::NaiveDate) -> String| said.born.as_ref().map(part).unwrap_or_default();
        Self {
            name: said.name.clone(),
            first_name: said.first_name.clone(),
            last_name: said.last_name.clone(),
            born_day: born(|date| date.day().to_string()),
            born_month: born(|date| date.month().to_string()),
            born_year: born(|date| date.year().to_string()),
            email: said.email.clone(),
            job_title: said.job_title.clone(),
            place: said.agencies.first().map(|(id, _)| id.to_string()).unwrap_or_default(),
        }
    }

    fn client(&self, today: chrono::NaiveDate) -> Result<ResidentFacts, Refusal> {
        ResidentFacts::read(
            &TypedFacts {
                first_name: &self.first_name,
                last_name: &self.last_name,
                born: (&self.born_day, &self.born_month, &self.born_year),
                place: &self.place,
                ..TypedFacts::default()
            },
            today,
        )
    }

    fn member(&self) -> Result<StaffDetails, Refusal> {
        StaffDetails::read(&TypedDetails {
            first_name: &self.first_name,
            last_name: &self.last_name,
            email: &self.email,
            job_title: &self.job_title,
            home: &self.place,
        })
    }
}

pub(super) async fn form(visit: Visit, In(scope): In<PairRecords>) -> Answer {
    frame::here(&visit)?;
    let (_, kind) = tab(&visit)?;
    let (said, candidates) = look(&visit, scope, kind).await?;
    let form = Form::of(&said);
    visit.page(&page(&visit, kind, (said, candidates), form)?)
}

fn record(visit: &Visit) -> Result<ExternalRecordId, Fault> {
    visit.id("record")
}

async fn look(visit: &Visit, scope: Scope<PairRecords>, kind: Kind) -> Result<(Said, Vec<Candidate>), Fault> {
    let id = record(visit)?;
    if !may_create(visit, kind) {
        return Err(Fault::Forbidden(format!("Ask a manager to create this {}.", kind.ours())));
    }
    Ok(visit.read(move |conn| mapping::look_for_candidates(conn, &scope, kind, id)).await?)
}

fn page(
    visit: &Visit,
    kind: Kind,
    (said, candidates): (Said, Vec<Candidate>),
    form: Form,
) -> Result<Page, Fault> {
    let (window, _) = tab(visit)?;
    let (org, id) = (visit.organisation()?, record(visit)?);
    let noun = match kind {
        Kind::User => "staff",
        other => other.ours(),
    };
    let mut shell = visit.org_shell(format!("Create {noun} from {}", said.name), Nav::Settings)?;
    shell.crumb = Some(Link::new(label(kind), links::synchronization_tab(org, window.word())));
    let cannot = match (&said.mapped_to, &said.waits_for) {
        (Some(name), _) => format!("It is mapped to {name} already."),
        (None, Some(site)) => format!("Map its site {site} to an agency first."),
        (None, None) if kind != Kind::Site && said.agencies.is_empty() => {
            "No site is given in Ensora Data Collection. Correct it there first.".to_owned()
        }
        _ => String::new(),
    };
    let agencies = said.agencies.iter().map(|(id, name)| {
        let id = id.to_string();
        let chosen = id == form.place;
        Choice::new(id, name.clone(), chosen)
    });
    Ok(Page {
        is_site: kind == Kind::Site,
        is_staff: kind == Kind::User,
        cannot,
        candidates,
        choose: links::synchronization_row_act(org, window.word(), id, "choose"),
        agencies: agencies.collect(),
        form,
        action: links::synchronization_row_act(org, window.word(), id, "new"),
        back: links::synchronization_tab(org, window.word()),
        shell,
    })
}

pub(super) async fn create(visit: Visit, In(scope): In<PairRecords>, Posted(form): Posted<Form>) -> Answer {
    frame::here(&visit)?;
    let (window, kind) = tab(&visit)?;
    let list = links::synchronization_tab(scope.organisation(), window.word());
    let done = match kind {
        Kind::Site => agency(&visit, scope.clone(), &form).await,
        Kind::Student => client(&visit, scope.clone(), &form).await,
        Kind::User => member(&visit, scope.clone(), &form).await,
    };
    match done {
        Ok(name) => visit.done(list, &Notice::ok(format!("{name} is created and mapped."))),
        Err(Refusal::Invalid { field, words }) => {
            let found = look(&visit, scope, kind).await?;
            let mut page = page(&visit, kind, found, form)?;
            // The agency stands in a field of its own name on either form.
            page.shell.add_error(if field == "home" { "place" } else { field }, words);
            visit.page_with(&page, HttpResponse::UnprocessableEntity())
        }
        Err(Refusal::Overtaken(words)) => visit.done(list, &Notice::warn(words)),
        Err(refusal) => Err(refusal.into()),
    }
}

async fn agency(visit: &Visit, scope: Scope<PairRecords>, form: &Form) -> Result<String, Refusal> {
    let places = allowed::<ManagePlaces>(visit)?;
    let (id, name) = (of_path(visit)?, form.name.trim().to_owned());
    let typed = name.clone();
    visit
        .write(move |tx| {
            mapping::create_agency(tx, (&scope, &places), id, &typed)?;
            after_mapping(tx, &scope, (Kind::Site, Vec::new()))
        })
        .await?;
    Ok(name)
}

async fn client(visit: &Visit, scope: Scope<PairRecords>, form: &Form) -> Result<String, Refusal> {
    let editing = allowed::<EditResidents>(visit)?;
    let (id, facts) = (of_path(visit)?, form.client(freshness::today(visit))?);
    let name = facts.name();
    visit
        .write(move |tx| {
            mapping::create_client(tx, (&scope, &editing), id, &facts)?;
            let whom = mapping::show(tx.conn, &scope, Kind::Student, id)?.row.external_id;
            after_mapping(tx, &scope, (Kind::Student, vec![whom]))
        })
        .await?;
    Ok(name)
}

async fn member(visit: &Visit, scope: Scope<PairRecords>, form: &Form) -> Result<String, Refusal> {
    let editing = allowed::<EditStaff>(visit)?;
    let (id, details) = (of_path(visit)?, form.member()?);
    let name = details.name();
    visit
        .write(move |tx| {
            mapping::create_staff(tx, (&scope, &editing), id, &details)?;
            let whom = mapping::show(tx.conn, &scope, Kind::User, id)?.row.external_id;
            after_mapping(tx, &scope, (Kind::User, vec![whom]))
        })
        .await?;
    Ok(name)
}

/// The further right that creating somebody takes.
fn allowed<R: crate::domain::access::Right>(visit: &Visit) -> Result<Scope<R>, Refusal> {
    let actor = visit.actor().ok_or(Refusal::NotHere)?;
    let org = visit.organisation().map_err(|_not_an_id| Refusal::NotHere)?;
    Ok(actor.scope::<R>(org)?)
}

fn of_path(visit: &Visit) -> Result<ExternalRecordId, Refusal> {
    record(visit).map_err(|_not_an_id| Refusal::NotHere)
}
