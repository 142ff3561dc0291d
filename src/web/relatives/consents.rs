//! What a resident agrees to share: how every topic stands, a new decision, and all there ever were.

use actix_web::HttpResponse;
use serde::Deserialize;

use super::pages;
use crate::domain::Refusal;
use crate::domain::access::{ManageRelatives, Scope};
use crate::domain::consents::{self, Basis, Consent, Decision, NewConsent, Standing, Topic, TypedConsent};
use crate::links;
use crate::web::error::{Answer, Fault};
use crate::web::freshness;
use crate::web::residents::{Seen, check_seal, frame, seal, see};
use crate::web::ui::{Choice, Link, Notice, when};
use crate::web::visit::{In, Posted, Visit};

/// Decisions that the page shows of the past.
const SHOWN: i64 = 50;

/// A decision as typed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Recording {
    pub topic: String,
    pub decision: String,
    pub basis: String,
    pub attorney: String,
    pub note: String,
    pub review_day: String,
    pub review_month: String,
    pub review_year: String,
    pub about: String,
}

pub(super) async fn index(visit: Visit, In(scope): In<ManageRelatives>) -> Answer {
    let seen = see(&visit).await?;
    visit.page(&page(&visit, &seen, scope, Recording::default()).await?)
}

async fn page(
    visit: &Visit,
    seen: &Seen,
    scope: Scope<ManageRelatives>,
    form: Recording,
) -> Result<pages::Consents, Fault> {
    let (id, today) = (seen.resident.id, freshness::today(visit));
    let (standing, history) = visit
        .read(move |conn| {
            Ok((consents::standing(conn, &scope, id, today)?, consents::history(conn, &scope, id, SHOWN)?))
        })
        .await?;
    let mut shell = frame(visit, seen, format!("Consent of {}", seen.resident.name()), "")?;
    shell.tabs.clear();
    shell.crumb = Some(Link::new("Relatives", links::resident_relatives(seen.org, id)));
    let topics = Topic::ALL.iter().map(|one| (one.as_str(), one.words()));
    let bases = Basis::ALL.iter().map(|one| (one.as_str(), one.words()));
    Ok(pages::Consents {
        shell,
        who: seen.who(),
        seal: seal(visit, &seen.resident),
        action: links::resident_consents(seen.org, id),
        rows: standing.iter().map(|one| stands(visit, one)).collect(),
        history: history.iter().map(|one| decided(visit, one, word(one.decision))).collect(),
        topics: Choice::list(topics, &form.topic),
        decisions: Choice::list(
            [("given", "Yes, share it"), ("refused", "No, do not share it")],
            &form.decision,
        ),
        bases: Choice::list(bases, &form.basis),
        form,
    })
}

fn stands(visit: &Visit, one: &Standing) -> pages::Agreed {
    match &one.latest {
        Some(consent) => decided(visit, consent, one.words()),
        None => pages::Agreed {
            topic: one.topic.words(),
            state: one.words(),
            basis: String::new(),
            by: String::new(),
            when: None,
            review: String::new(),
            note: String::new(),
        },
    }
}

fn word(decision: Decision) -> &'static str {
    match decision {
        Decision::Given => "Shared",
        Decision::Refused => "Not shared",
    }
}

fn decided(visit: &Visit, one: &Consent, state: &'static str) -> pages::Agreed {
    let attorney = if one.attorney.is_empty() { String::new() } else { format!(": {}", one.attorney) };
    pages::Agreed {
        topic: one.topic.words(),
        state,
        basis: format!("{}{attorney}", one.basis.words()),
        by: one.recorded_by_name.clone(),
        when: Some(freshness::at(visit, one.recorded_at)),
        review: one.review_on.map(when::date).unwrap_or_default(),
        note: one.note.clone(),
    }
}

pub(super) async fn record(
    visit: Visit,
    In(scope): In<ManageRelatives>,
    Posted(form): Posted<Recording>,
) -> Answer {
    let seen = see(&visit).await?;
    let (id, here) = (seen.resident.id, links::resident_consents(seen.org, seen.resident.id));
    check_seal(&visit, &seen.resident, &form.about, here.clone())?;
    let typed = TypedConsent {
        topic: &form.topic,
        decision: &form.decision,
        basis: &form.basis,
        attorney: &form.attorney,
        note: &form.note,
        review: (&form.review_day, &form.review_month, &form.review_year),
    };
    let writer = scope.clone();
    let done = match NewConsent::read(&typed, freshness::today(&visit)) {
        Ok(new) => visit.write(move |tx| consents::record(tx, &writer, id, &new)).await,
        Err(refusal) => Err(refusal),
    };
    match done {
        Ok(()) => visit.done(here, &Notice::ok("The decision is recorded. It counts from now on.")),
        Err(Refusal::Invalid { field, words }) => {
            let mut page = page(&visit, &seen, scope, form).await?;
            page.shell.add_error(field, words);
            visit.page_with(&page, HttpResponse::UnprocessableEntity())
        }
        Err(refusal) => Err(refusal.into()),
    }
}
