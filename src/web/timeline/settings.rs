//! Where updates go: the care record for residents with records in several, the numbers under which a vendor files
//! entries, and the choice for one resident.

use actix_web::HttpResponse;
use askama::Template;

use crate::connectors::Vendor;
use crate::domain::Refusal;
use crate::domain::access::{EditResidents, ManageOrganisation, Scope};
use crate::domain::residents;
use crate::domain::timeline::{self, Filing, Source};
use crate::kit::ids::ResidentId;
use crate::links;
use crate::web::error::{Answer, Fault};
use crate::web::residents::check_seal;
use crate::web::ui::{Choice, Link, Notice, Shell, filters};
use crate::web::visit::{Fields, In, Nav, Posted, Visit, field};

#[derive(Template)]
#[template(path = "timeline/settings.html")]
struct Settings {
    shell: Shell,
    action: String,
    systems: Vec<Choice>,
    /// Fewer than two are on, so that there is nothing to choose.
    only_one: bool,
    filings: Vec<Number>,
}

/// A number that can be typed.
struct Number {
    id: String,
    hint: String,
    label: String,
    value: String,
}

pub async fn form(visit: Visit, In(scope): In<ManageOrganisation>) -> Answer {
    let page = page(&visit, scope, None).await?;
    visit.page(&page)
}

fn name(of: &Filing) -> String {
    format!("code-{}-{}", of.vendor.id(), of.source.as_str())
}

async fn page(
    visit: &Visit,
    scope: Scope<ManageOrganisation>,
    typed: Option<Fields>,
) -> Result<Settings, Fault> {
    let org = scope.organisation();
    let ((default, can_be), filings) = visit
        .read(move |conn| Ok((timeline::default_system(conn, &scope)?, timeline::filings(conn, &scope)?)))
        .await?;
    let mut shell = visit.org_shell("Where updates go", Nav::Activities)?;
    shell.crumb = Some(Link::new("Timeline", links::timeline(org)));
    let chosen = match &typed {
        Some(fields) => field(fields, "system").to_owned(),
        None => default.map_or(String::new(), |vendor| vendor.id().to_owned()),
    };
    let filings = filings.into_iter().map(|one| {
        let id = name(&one);
        let value = typed.as_ref().map_or(one.code.as_str(), |fields| field(fields, &id)).to_owned();
        let of = match one.source {
            Source::Activity => "activities",
            Source::Monitoring => "night events",
            Source::Visit => "visits",
        };
        let built_in = visit.services.care_systems.get(one.vendor);
        let built_in = built_in.and_then(|system| system.code(one.source.topic()));
        let hint = built_in.map(|code| format!("{code} if it is left empty.")).unwrap_or_default();
        Number { hint, label: format!("{} in {} for {of}", one.label, one.vendor), id, value }
    });
    Ok(Settings {
        shell,
        action: links::timeline_settings(org),
        only_one: can_be.len() < 2,
        systems: choices(&can_be, &chosen, "The first that is switched on"),
        filings: filings.collect(),
    })
}

/// The systems as a select; the first leaves it open.
fn choices(systems: &[Vendor], chosen: &str, open: &str) -> Vec<Choice> {
    let mut choices = vec![Choice::new("", open, chosen.is_empty())];
    choices.extend(systems.iter().map(|one| Choice::new(one.id(), one.name(), one.id() == chosen)));
    choices
}

/// What was chosen: nothing, or a system; another word is refused.
fn read_system(typed: &str) -> Result<Option<Vendor>, Refusal> {
    if typed.is_empty() {
        return Ok(None);
    }
    let system =
        typed.parse().map_err(|_unknown| Refusal::invalid("system", "Choose a care record system"))?;
    Ok(Some(system))
}

pub async fn save(visit: Visit, In(scope): In<ManageOrganisation>, Posted(fields): Posted<Fields>) -> Answer {
    let org = scope.organisation();
    let (writer, typed) = (scope.clone(), fields.clone());
    let saved = visit.write(move |tx| {
        timeline::set_default(tx, &writer, read_system(field(&typed, "system"))?)?;
        let known = timeline::filings(tx.conn, &writer)?;
        let codes = known.iter().filter(|one| typed.iter().any(|(key, _)| *key == name(one)));
        let codes: Vec<_> =
            codes.map(|one| (one.vendor, one.source, field(&typed, &name(one)).to_owned())).collect();
        timeline::set_filings(tx, &writer, &codes)
    });
    match saved.await {
        Ok(()) => {
            visit.services.wake.notify_one();
            visit.done(links::timeline_settings(org), &Notice::ok("The changes are saved."))
        }
        Err(Refusal::Invalid { field, words }) => {
            let mut page = page(&visit, scope, Some(fields)).await?;
            let id = page.filings.first().filter(|_| field == "code").map(|one| one.id.clone());
            page.shell.add_error(id.unwrap_or_else(|| field.to_owned()), words);
            visit.page_with(&page, HttpResponse::UnprocessableEntity())
        }
        Err(refusal) => Err(refusal.into()),
    }
}

/// The choice on a resident's page, for those who may, where there is one.
pub struct OnesOwn {
    pub action: String,
    pub systems: Vec<Choice>,
    /// Where they go as things stand.
    pub words: String,
}

/// What the account tab of a resident shows of it.
pub async fn of_resident(visit: &Visit, resident: ResidentId) -> Result<Option<OnesOwn>, Fault> {
    let Ok(scope) = visit.scope::<EditResidents>() else { return Ok(None) };
    let org = scope.organisation();
    let found = visit.read(move |conn| timeline::destination(conn, &scope, resident)).await?;
    if found.can_be.len() < 2 && found.chosen.is_none() {
        return Ok(None);
    }
    let linked = if found.linked.contains(&found.system) { "" } else { ", once they are linked there" };
    let chosen = found.chosen.map_or("", Vendor::id);
    Ok(Some(OnesOwn {
        action: links::resident_care_record(org, resident),
        systems: choices(&found.can_be, chosen, "Where they are linked, or as the organisation says"),
        words: format!("Updates go to {}{linked}.", found.system),
    }))
}

pub async fn choose(visit: Visit, In(scope): In<EditResidents>, Posted(fields): Posted<Fields>) -> Answer {
    let (org, id) = (scope.organisation(), visit.id::<ResidentId>("resident")?);
    let reader = scope.clone();
    let resident = visit.read(move |conn| residents::get(conn, &reader, id)).await?;
    check_seal(&visit, &resident, field(&fields, "about"), links::resident(org, id))?;
    let typed = field(&fields, "system").to_owned();
    match visit.write(move |tx| timeline::choose(tx, &scope, id, read_system(&typed)?)).await {
        Ok(()) => {
            visit.services.wake.notify_one();
            let words = "Saved. What was sent already stays where it is.";
            visit.done(links::resident(org, id), &Notice::ok(words))
        }
        Err(Refusal::Invalid { words, .. }) => {
            visit.done(links::resident(org, id), &Notice::warn(format!("{words}.")))
        }
        Err(refusal) => Err(refusal.into()),
    }
}
