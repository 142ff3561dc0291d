//! Fields that differ from a vendor for a while: set and ended on a resident's form, and the list of those that end
//! soon.

use actix_web::HttpResponse;
use askama::Template;

use super::{Seen, edit_page, forms, pages, see};
use crate::db::Tx;
use crate::domain::Refusal;
use crate::domain::access::{EditResidents, ViewResidents};
use crate::domain::residents::{self, Differing, OwnedField};
use crate::kit::ids::OrganisationId;
use crate::links;
use crate::web::error::Answer;
use crate::web::freshness;
use crate::web::ui::{Choice, Link, Notice, Shell, filters, when};
use crate::web::visit::{In, Nav, Posted, Visit};

/// More than anybody looks through; those that end first stand first.
const MOST: i64 = 500;

/// An override that ends within these days is marked.
const SOON: i64 = 14;

#[derive(Template)]
#[template(path = "residents/overrides.html")]
struct Index {
    shell: Shell,
    rows: Vec<Row>,
    soon: usize,
}

struct Row {
    name: String,
    href: String,
    field: &'static str,
    until: String,
    is_soon: bool,
    reason: String,
    set_by: String,
}

pub(super) async fn index(visit: Visit, In(scope): In<ViewResidents>) -> Answer {
    let (org, today) = (scope.organisation(), freshness::today(&visit));
    let found = visit.read(move |conn| Ok(residents::ending(conn, &scope, today, MOST)?)).await?;
    let rows: Vec<Row> = found.into_iter().map(|one| Row::of(org, today, one)).collect();
    let mut shell = visit.org_shell("Fields that differ for a while", Nav::Residents)?;
    shell.crumb = Some(Link::new(visit.say("Residents"), links::residents(org)));
    let soon = rows.iter().filter(|row| row.is_soon).count();
    visit.page(&Index { shell, rows, soon })
}

impl Row {
    fn of(org: OrganisationId, today: chrono::NaiveDate, one: Differing) -> Self {
        let kept = one.kept;
        Self {
            name: one.name,
            href: links::resident(org, one.resident),
            field: kept.field.words(),
            until: when::date(kept.until),
            is_soon: (kept.until - today).num_days() <= SOON,
            reason: kept.reason,
            set_by: kept.set_by,
        }
    }
}

/// The part of a resident's form that offers to differ; nothing where no vendor owns a field.
pub(super) fn part(seen: &Seen, locked: &[OwnedField]) -> Option<pages::Overrides> {
    let origins = seen.origins();
    let owners = origins.owners();
    if owners.is_empty() {
        return None;
    }
    let name = |field: OwnedField| {
        origins.owner(field).map_or_else(|| "the care record".to_owned(), |one| one.vendor_name().to_owned())
    };
    let held = seen.overrides.iter().map(|one| {
        let reason = if one.reason.is_empty() { String::new() } else { format!(": {}", one.reason) };
        pages::Held {
            field: one.field.words(),
            key: one.field.as_str(),
            vendor: name(one.field),
            words: format!("until {}, set by {}{reason}", when::date(one.until), one.set_by),
        }
    });
    let choice = |field: &OwnedField| {
        Choice::new(field.as_str(), format!("{} ({})", field.words(), name(*field)), false)
    };
    Some(pages::Overrides {
        action: links::edit_resident(seen.org, seen.resident.id),
        vendor: owners.join(" and "),
        fields: locked.iter().map(choice).collect(),
        until: Default::default(),
        reason: String::new(),
        held: held.collect(),
    })
}

pub(super) async fn override_field(
    visit: Visit,
    In(scope): In<EditResidents>,
    Posted(form): Posted<forms::Overriding>,
) -> Answer {
    let seen = see(&visit).await?;
    forms::check_seal(&visit, &seen.resident, &form.about, seen.href())?;
    let (id, reach) = (seen.resident.id, scope.places().clone());
    let field = OwnedField::parse(&form.field);
    let set = form.act == "set";
    let done = match (field, form.until()) {
        (None, _) => Err(Refusal::invalid("field", "Choose the field")),
        (Some(_), None) if set => Err(Refusal::invalid("until_day", "Enter a real date, such as 31 12 2026")),
        (Some(field), Some(until)) if set => {
            let reason = form.reason.clone();
            let kept =
                move |tx: &mut Tx<'_>| residents::set_override(tx, &scope, id, field, (until, &reason));
            visit.write(kept).await
        }
        (Some(field), _) => visit.write(move |tx| residents::remove_override(tx, &scope, id, field)).await,
    };
    let edit = links::edit_resident(seen.org, id);
    match done {
        Ok(()) if set => visit.done(edit, &Notice::ok("You can change the field here now.")),
        Ok(()) => visit.done(edit, &Notice::ok("The field follows the care record from the next sync.")),
        Err(Refusal::Invalid { field, words }) => {
            let mut page = edit_page(&visit, &seen, forms::Details::of(&seen.resident), &reach)?;
            if let Some(overrides) = &mut page.overrides {
                overrides.until = (form.until_day, form.until_month, form.until_year);
                overrides.reason = form.reason;
                for choice in &mut overrides.fields {
                    choice.chosen = choice.value == form.field;
                }
            }
            page.shell.add_error(field, words);
            visit.page_with(&page, HttpResponse::UnprocessableEntity())
        }
        Err(refusal) => Err(refusal.into()),
    }
}
