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
use crate::kit::secret::random_token;
use crate::links;
use crate::web::error::{Answer, Fault};
use crate::web::freshness;
use crate::web::ui::Notice;
use crate::web::visit::{Fields, In, Posted, Visit};

pub async fn form(visit: Visit, In(scope): In<PairRecords>) -> Answer {
    let asked: forms::Together = visit.query();
    visit.page(&page(&visit, scope, asked.strength == "very").await?)
}

async fn page(visit: &Visit, scope: Scope<PairRecords>, only_very: bool) -> Result<pages::Together, Fault> {
    let at = At::of(visit)?;
    let today = freshness::today(visit);
    let found = visit.read(move |conn| find(conn, &scope, at, today)).await?;
    let shell = at.frame(visit, "Confirm strong suggestions", &found.1)?;
    Ok(pages::Together::new(shell, at, found.0, only_very))
}

fn find(
    conn: &mut Conn,
    scope: &Scope<PairRecords>,
    at: At,
    today: chrono::NaiveDate,
) -> Result<(Vec<Strong>, Vec<Feed>), Refusal> {
    let connection = at.connection(conn, scope)?;
    let kinds = (at.system(), at.kind);
    let strong = pairing::strong_suggestions(conn, scope, connection.id, kinds, today)?;
    Ok((strong, organisations::feeds(conn, scope)?))
}

/// The value of a tick: which two it is about.
pub fn pair_of(one: &Strong) -> String {
    format!("{}-{}", one.ours.id, one.theirs.id)
}

/// Links what is ticked, as far as it is still among the strong suggestions.
pub async fn confirm(visit: Visit, In(scope): In<PairRecords>, Posted(form): Posted<Fields>) -> Answer {
    let at = At::of(&visit)?;
    let ticked: HashSet<String> =
        form.iter().filter(|(key, _)| key == "pair[]").map(|(_, value)| value.clone()).collect();
    if ticked.is_empty() {
        let mut page = page(&visit, scope, false).await?;
        page.untick();
        page.shell.add_error("pair", "Tick the suggestions that you want to confirm");
        return visit.page_with(&page, HttpResponse::UnprocessableEntity());
    }
    let batch = Batch(random_token().map_err(Refusal::from)?.reveal().to_owned());
    let (today, asked) = (freshness::today(&visit), ticked.len());
    let href = undo_href(at, &batch);
    let done = visit.write(move |tx| {
        let connection = at.connection(tx.conn, &scope)?;
        let strong =
            pairing::strong_suggestions(tx.conn, &scope, connection.id, (at.system(), at.kind), today)?;
        let chosen: Vec<Chosen> = strong
            .iter()
            .filter(|one| ticked.contains(&pair_of(one)))
            .map(|one| at.chosen(connection.id, one.ours.id, ExternalRecordId(one.theirs.id)))
            .collect();
        if chosen.is_empty() {
            return Ok(0);
        }
        pairing::confirm_many(tx, &scope, &chosen, &batch).map(|(done, _)| done)
    });
    let done = done.await?;
    let left_out = asked.saturating_sub(done);
    let mut words = format!("{} linked.", counted(at.kind, done));
    if done == 0 {
        "Nothing was linked: somebody linked or changed them meanwhile.".clone_into(&mut words);
    } else if left_out > 0 {
        let rest = counted(at.kind, left_out);
        words = format!("{words} {rest} not: somebody linked or changed one of the two meanwhile.");
    }
    let notice =
        if done == 0 { Notice::warn(words) } else { Notice::ok(words).post("Undo", href, visit.csrf()) };
    visit.done(at.list(), &notice)
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
