//! *Confirm strong suggestions*: many links with one press, and one *Undo* for all of them.

use std::collections::HashSet;

use actix_web::HttpResponse;

use super::{At, forms, pages};
use crate::db::Conn;
use crate::domain::Refusal;
use crate::domain::access::{PairRecords, Scope};
use crate::domain::organisations::{self, Feed};
use crate::domain::pairing::matching::Kind;
use crate::domain::pairing::{self, Batch, Chosen, Strong};
use crate::kit::ids::ExternalRecordId;
use crate::kit::secret::{Secret, keyed_fingerprint, random_token};
use crate::links;
use crate::web::error::{Answer, Fault};
use crate::web::freshness;
use crate::web::ui::Notice;
use crate::web::visit::{Fields, In, Posted, Visit};

/// What ties every tick to the two records as the page showed them, and which are picked as samples.
#[derive(Clone)]
pub struct Plan {
    key: Secret,
    about: String,
    pub seed: String,
}

impl Plan {
    /// Of one session, list and day: the samples stay the same when the page is loaded again, and nobody knows them
    /// beforehand.
    fn of(visit: &Visit, at: At) -> Self {
        let about = format!("together {} {} {}", at.org, at.vendor.id(), at.kind_word());
        let seed = keyed_fingerprint(visit.held().reveal(), &format!("{about} {}", visit.now.date()));
        Self { key: visit.held().clone(), about, seed }
    }

    /// The value of a tick: which two it is about, and what was shown of them.
    pub fn tick(&self, one: &Strong) -> String {
        let reasons: Vec<&str> = one.reasons.iter().map(|reason| reason.words.as_str()).collect();
        let (ours, theirs) = (&one.ours, &one.theirs);
        let shown = format!(
            "{} {} {} {} {} {}",
            self.about,
            ours.id,
            ours.edition,
            theirs.id,
            theirs.edition,
            reasons.join(" ")
        );
        let seal: String = keyed_fingerprint(self.key.reveal(), &shown).chars().take(32).collect();
        format!("{}-{}-{seal}", ours.id, theirs.id)
    }
}

pub async fn form(visit: Visit, In(scope): In<PairRecords>) -> Answer {
    let asked: forms::Together = visit.query();
    visit.page(&page(&visit, scope, asked.strength == "very").await?)
}

async fn page(visit: &Visit, scope: Scope<PairRecords>, only_very: bool) -> Result<pages::Together, Fault> {
    let at = At::of(visit)?;
    let today = freshness::today(visit);
    let found = visit.read(move |conn| find(conn, &scope, at, today)).await?;
    let shell = at.frame(visit, "Confirm strong suggestions", &found.feeds)?;
    Ok(pages::Together::new(
        shell,
        at,
        (found.strong, found.unsent.as_slice()),
        only_very,
        &Plan::of(visit, at),
    ))
}

struct Found {
    strong: Vec<Strong>,
    /// Details that the system sends for nobody.
    unsent: Vec<&'static str>,
    feeds: Vec<Feed>,
}

fn find(
    conn: &mut Conn,
    scope: &Scope<PairRecords>,
    at: At,
    today: chrono::NaiveDate,
) -> Result<Found, Refusal> {
    let connection = at.connection(conn, scope)?;
    let kinds = (at.system(), at.kind);
    let strong = pairing::strong_suggestions(conn, scope, connection.id, kinds, today)?;
    let unsent = pairing::unsent(conn, scope, connection.id, at.kind)?;
    Ok(Found { strong, unsent, feeds: organisations::feeds(conn, scope)? })
}

/// Links what is ticked, if all of it is still exactly what was shown; else it shows the list again and asks.
pub async fn confirm(visit: Visit, In(scope): In<PairRecords>, Posted(form): Posted<Fields>) -> Answer {
    let at = At::of(&visit)?;
    let ticked: HashSet<String> =
        form.iter().filter(|(key, _)| key == "pair[]").map(|(_, value)| value.clone()).collect();
    if ticked.is_empty() {
        let mut page = page(&visit, scope, false).await?;
        page.tick_only(&ticked);
        page.shell.add_error("pair", "Tick the suggestions that you want to confirm");
        return visit.page_with(&page, HttpResponse::UnprocessableEntity());
    }
    let batch = Batch(random_token().map_err(Refusal::from)?.reveal().to_owned());
    let (today, plan) = (freshness::today(&visit), Plan::of(&visit, at));
    let href = undo_href(at, &batch);
    let (writer, wanted) = (scope.clone(), ticked.clone());
    let done = visit.write(move |tx| {
        let connection = at.connection(tx.conn, &writer)?;
        let kinds = (at.system(), at.kind);
        let strong = pairing::strong_suggestions(tx.conn, &writer, connection.id, kinds, today)?;
        let chosen: Vec<Chosen> = strong
            .iter()
            .filter(|one| wanted.contains(&plan.tick(one)))
            .map(|one| at.chosen(connection.id, one.ours.id, ExternalRecordId(one.theirs.id)))
            .collect();
        if chosen.len() < wanted.len() {
            return Err(Refusal::overtaken(changed(wanted.len() - chosen.len())));
        }
        pairing::confirm_many(tx, &writer, &chosen, &batch)
    });
    match done.await {
        Ok(()) => {
            let words = format!("{} linked.", counted(at.kind, ticked.len()));
            visit.done(at.list(), &Notice::ok(words).post("Undo", href, visit.csrf()))
        }
        Err(Refusal::Overtaken(words)) => {
            let mut page = page(&visit, scope, false).await?;
            if page.rows.is_empty() {
                return visit.done(at.list(), &Notice::warn(words));
            }
            page.tick_only(&ticked);
            page.shell.add_error("pair", words);
            visit.page_with(&page, HttpResponse::Conflict())
        }
        Err(other) => Err(other.into()),
    }
}

/// Nothing is linked when something of what was ticked is not as it was shown.
fn changed(n: usize) -> String {
    let (what, those) = match n {
        1 => ("1 suggestion is".to_owned(), "It is"),
        n => (format!("{n} suggestions are"), "They are"),
    };
    format!(
        "Nothing was linked: {what} not as you saw them any more, because somebody linked or changed one of the two. \
         {those} not ticked now. Look at the list again, then confirm"
    )
}

fn counted(kind: Kind, n: usize) -> String {
    match (kind, n) {
        (Kind::People, 1) => "1 resident is".to_owned(),
        (Kind::People, n) => format!("{n} residents are"),
        (Kind::Staff, 1) => "1 member of staff is".to_owned(),
        (Kind::Staff, n) => format!("{n} members of staff are"),
    }
}

fn undo_href(at: At, batch: &Batch) -> String {
    let href = links::undo_batch(at.org, at.vendor.id(), at.kind_word());
    format!("{href}?batch={}", links::encode(&batch.0))
}

pub async fn undo(visit: Visit, In(scope): In<PairRecords>, Posted(()): Posted<()>) -> Answer {
    let at = At::of(&visit)?;
    let asked: forms::Together = visit.query();
    let batch = Batch(asked.batch);
    let undone = visit.write(move |tx| {
        let connection = at.connection(tx.conn, &scope)?;
        pairing::undo_batch(tx, &scope, connection.id, at.kind, &batch)
    });
    match undone.await {
        Ok(undone) => {
            let words = format!("Undone: {} not linked any more.", counted(at.kind, undone));
            visit.done(at.list(), &Notice::ok(words))
        }
        Err(Refusal::Overtaken(words)) => visit.done(at.list(), &Notice::warn(words)),
        Err(other) => Err(other.into()),
    }
}
