//! Archiving a resident with a reason, and restoring them: two clicks that delete nothing.

use actix_web::HttpResponse;

use super::{Seen, forms, frame, pages, see};
use crate::domain::Refusal;
use crate::domain::access::{EditResidents, Permission};
use crate::domain::{booked_visits, residents};
use crate::links;
use crate::web::error::{Answer, Fault};
use crate::web::see_other;
use crate::web::ui::{Link, Notice};
use crate::web::visit::{In, Posted, Visit};

pub(super) async fn form(visit: Visit) -> Answer {
    let seen = see(&visit).await?;
    if seen.resident.is_archived() {
        return Ok(see_other(seen.href()));
    }
    visit.page(&page(&visit, &seen, String::new()).await?)
}

async fn page(visit: &Visit, seen: &Seen, because: String) -> Result<pages::Archive, Fault> {
    let (scope, id) = (visit.scope::<EditResidents>()?, seen.resident.id);
    let visits = visit.read(move |conn| booked_visits::open_of(conn, &scope, id)).await?;
    let may_see = visits > 0 && visit.may(Permission::ViewAppointments);
    let mut shell = frame(visit, seen, format!("Archive {}", seen.resident.name()), "")?;
    shell.crumb = Some(Link::new(seen.resident.name(), seen.href()));
    shell.tabs.clear();
    Ok(pages::Archive {
        shell,
        who: seen.who(),
        action: links::archive_resident(seen.org, seen.resident.id),
        because,
        version: seen.resident.version.to_string(),
        about: forms::seal(visit, &seen.resident),
        cancel: seen.href(),
        visits,
        see_visits: may_see.then(|| links::resident_visits(seen.org, id)),
        paired_with: seen.sources.iter().map(|source| source.vendor_name().to_owned()).collect(),
    })
}

pub(super) async fn archive(
    visit: Visit,
    In(scope): In<EditResidents>,
    Posted(form): Posted<forms::Archiving>,
) -> Answer {
    let seen = see(&visit).await?;
    forms::check_seal(&visit, &seen.resident, &form.about, seen.href())?;
    let (id, version) = (seen.resident.id, form.version.parse().unwrap_or(-1));
    let because = form.because.clone();
    let done = visit.write(move |tx| residents::archive(tx, &scope, id, version, &because)).await;
    match done {
        Ok(()) => {
            let notice = Notice::ok(format!("{} is archived.", seen.resident.name()));
            let died = says_died(&form.because) && visit.may(Permission::ManageRelatives);
            let offer = Link::new("Stop every letter to the family", links::bereavement(seen.org, id));
            visit.done(seen.href(), &if died { notice.link(offer) } else { notice })
        }
        Err(Refusal::Invalid { field, words }) => {
            let mut page = page(&visit, &seen, form.because).await?;
            page.shell.add_error(field, words);
            visit.page_with(&page, HttpResponse::UnprocessableEntity())
        }
        Err(Refusal::Overtaken(words)) => visit.done(seen.href(), &Notice::warn(words)),
        Err(refusal) => Err(refusal.into()),
    }
}

/// Whether a reason for archiving says that somebody has died.
fn says_died(because: &str) -> bool {
    let because = because.to_lowercase();
    ["died", "death", "passed away", "deceased"].iter().any(|word| because.contains(word))
}

pub(super) async fn restore(
    visit: Visit,
    In(scope): In<EditResidents>,
    Posted(form): Posted<forms::Restoring>,
) -> Answer {
    let seen = see(&visit).await?;
    forms::check_seal(&visit, &seen.resident, &form.about, seen.href())?;
    let id = seen.resident.id;
    match visit.write(move |tx| residents::restore(tx, &scope, id)).await {
        Ok(()) => visit.done(seen.href(), &Notice::ok(format!("{} is restored.", seen.resident.name()))),
        Err(Refusal::Overtaken(words)) => visit.done(seen.href(), &Notice::warn(words)),
        Err(refusal) => Err(refusal.into()),
    }
}
