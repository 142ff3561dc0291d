//! *Swap*: asks before a link is put in the place of another, and shows what becomes of both people.

use actix_web::HttpResponse;

use super::{At, forms, pages};
use crate::db::Conn;
use crate::domain::Refusal;
use crate::domain::access::{PairRecords, Scope};
use crate::domain::organisations::{self, Feed};
use crate::domain::pairing::{self, Batch, Candidate, Held, Side, Swap};
use crate::kit::ids::ExternalRecordId;
use crate::kit::secret::random_token;
use crate::links;
use crate::web::error::{Answer, Fault};
use crate::web::see_other;
use crate::web::ui::Notice;
use crate::web::visit::{In, Posted, Visit};

/// Everything that the page shows.
pub struct Seen {
    pub ours: Side,
    /// The record that is wanted, beside the person.
    pub theirs: Candidate,
    /// The person's own link, with the record as it is.
    pub held: Option<(Held, Side)>,
    /// Whose the record is; the other person's side, if the reader may see it.
    pub holder: Option<(Held, Option<Side>)>,
    /// Details that the system sends for nobody.
    pub unsent: Vec<&'static str>,
    pub feeds: Vec<Feed>,
}

fn find(
    conn: &mut Conn,
    scope: &Scope<PairRecords>,
    at: At,
    local: i64,
    record: ExternalRecordId,
) -> Result<Seen, Refusal> {
    let connection = at.connection(conn, scope)?.id;
    let (kind, kinds) = (at.kind, (at.system(), at.kind));
    let (ours, theirs) = pairing::side_by_side(conn, scope, connection, kinds, local, record)?;
    let held = match pairing::link_of(conn, scope, connection, kind, local)? {
        Some(held) => {
            let (_, own) = pairing::side_by_side(conn, scope, connection, kinds, local, held.record)?;
            Some((held, own.side))
        }
        None => None,
    };
    let holder = match pairing::holder_of(conn, scope, connection, kind, record)? {
        Some(holder) => {
            let other = match holder.local_name {
                Some(_) => {
                    Some(pairing::side_by_side(conn, scope, connection, kinds, holder.local, record)?.0)
                }
                None => None,
            };
            Some((holder, other))
        }
        None => None,
    };
    let unsent = pairing::unsent(conn, scope, connection, kind)?;
    Ok(Seen { ours, theirs, held, holder, unsent, feeds: organisations::feeds(conn, scope)? })
}

/// The page; `None` where nothing stands between the two, or they are linked already.
async fn page(
    visit: &Visit,
    scope: &Scope<PairRecords>,
    (at, local): (At, i64),
    record: ExternalRecordId,
) -> Result<Option<pages::Swap>, Fault> {
    let read = scope.clone();
    let seen = visit.read(move |conn| find(conn, &read, at, local, record)).await?;
    let is_linked = seen.held.as_ref().is_some_and(|(held, _)| held.record == record);
    if is_linked || (seen.held.is_none() && seen.holder.is_none()) {
        return Ok(None);
    }
    let system = at.system();
    let (look, kind) = (scope.clone(), at.kind);
    visit.write(move |tx| pairing::looked(tx, &look, (system, kind), local)).await?;
    let shell = at.frame(visit, "Swap", &seen.feeds)?;
    Ok(Some(pages::Swap::new(visit, shell, at, local, record, &seen)))
}

pub async fn form(visit: Visit, In(scope): In<PairRecords>) -> Answer {
    let at = At::of(&visit)?;
    let local: i64 = visit.id("local")?;
    let record = visit.query::<forms::Wanted>().record.ok_or(Fault::NotFound)?;
    match page(&visit, &scope, (at, local), record).await? {
        Some(page) => visit.page(&page),
        None => Ok(see_other(at.beside(local, record))),
    }
}

pub async fn swap(visit: Visit, In(scope): In<PairRecords>, Posted(form): Posted<forms::Swapping>) -> Answer {
    let at = At::of(&visit)?;
    let local: i64 = visit.id("local")?;
    let record = form.said.record(&visit, &at, local)?;
    let batch = Batch(random_token().map_err(Refusal::from)?.reveal().to_owned());
    let (writer, named) = (scope.clone(), batch.clone());
    let swapped = visit.write(move |tx| {
        let chosen = at.chosen(at.connection(tx.conn, &writer)?.id, local, record);
        let (of_ours, of_theirs) = form.seen();
        let wanted = Swap { chosen, of_ours, of_theirs, exchange: form.is_exchange() };
        pairing::still_as_seen(tx.conn, &writer, &chosen, (&form.said.ours, &form.said.theirs))?;
        pairing::swap(tx, &writer, &wanted, form.said.checked == "yes", &named)
    });
    match swapped.await {
        Ok(swapped) => {
            let words = match (&swapped.other, swapped.exchanged) {
                (Some(other), true) => {
                    format!("{} and {other} are linked the other way round.", swapped.name)
                }
                (Some(other), false) => format!("{} is linked. {other} is to check again.", swapped.name),
                (None, _) => format!("{} is linked to the other record.", swapped.name),
            };
            let href = links::undo_swap(at.org, at.vendor.id(), at.kind_word());
            let undo = format!("{href}?batch={}", links::encode(&batch.0));
            visit.done(at.after(&visit, local), &Notice::ok(words).post("Undo", undo, visit.csrf()))
        }
        Err(refusal) => again(&visit, &scope, (at, local), record, refusal).await,
    }
}

/// The page once more with what stood in the way, and with what is so now.
async fn again(
    visit: &Visit,
    scope: &Scope<PairRecords>,
    (at, local): (At, i64),
    record: ExternalRecordId,
    refusal: Refusal,
) -> Answer {
    let (field, words, response) = match refusal {
        Refusal::Invalid { field, words } => (field, words, HttpResponse::UnprocessableEntity()),
        Refusal::Overtaken(words) => (
            "comparison",
            format!("{words} Nothing was swapped. Look at both again."),
            HttpResponse::Conflict(),
        ),
        other => return Err(other.into()),
    };
    match page(visit, scope, (at, local), record).await? {
        Some(mut page) => {
            page.shell.add_error(field, words);
            visit.page_with(&page, response)
        }
        None => visit.done(at.beside(local, record), &Notice::warn(words)),
    }
}

pub async fn undo(visit: Visit, In(scope): In<PairRecords>, Posted(()): Posted<()>) -> Answer {
    let at = At::of(&visit)?;
    let batch = Batch(visit.query::<forms::Together>().batch);
    let undone = visit.write(move |tx| {
        let connection = at.connection(tx.conn, &scope)?;
        pairing::undo_swap(tx, &scope, connection.id, at.kind, &batch)
    });
    match undone.await {
        Ok(names) => {
            let are = if names.len() == 1 { "is" } else { "are" };
            let words = format!("Undone: {} {are} linked as before.", names.join(" and "));
            visit.done(at.list(), &Notice::ok(words))
        }
        Err(Refusal::Overtaken(words)) => visit.done(at.list(), &Notice::warn(words)),
        Err(other) => Err(other.into()),
    }
}
