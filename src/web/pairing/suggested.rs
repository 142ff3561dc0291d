//! *Suggested Pairing*: one person beside the record that might be them, and what can be decided about
//! the two. Every form carries whom and which record it was made for, and what both said at that time.

use actix_web::HttpResponse;

use super::walk::{Ahead, Walk, onward};
use super::{At, forms, pages};
use crate::db::Conn;
use crate::domain::Refusal;
use crate::domain::access::{PairRecords, Scope};
use crate::domain::organisations::{self, Feed};
use crate::domain::pairing::{self, Candidate, Held, Named, Refused, Side};
use crate::kit::ids::ExternalRecordId;
use crate::web::error::{Answer, Fault};
use crate::web::freshness;
use crate::web::see_other;
use crate::web::ui::{Notice, when};
use crate::web::visit::{In, Posted, Visit};

/// Everything that the page shows.
pub struct Seen {
    pub ours: Side,
    pub candidates: Vec<Candidate>,
    /// The record that stands beside the person.
    pub chosen: Option<Candidate>,
    /// The link of the person, and of the chosen record.
    pub held: Option<Held>,
    pub holder: Option<Held>,
    pub refused: Vec<Refused>,
    pub aside: Option<(String, chrono::NaiveDate)>,
    /// What a search by name found, where there was one.
    pub found: Option<(String, Vec<Named>)>,
    pub feeds: Vec<Feed>,
    /// Details that the system sends for nobody.
    pub unsent: Vec<&'static str>,
    /// On a walk through the suggestions, who comes next.
    pub ahead: Option<Ahead>,
    noted: bool,
}

fn find(
    conn: &mut Conn,
    scope: &Scope<PairRecords>,
    (at, local): (At, i64),
    (wanted, asked): (forms::Wanted, &forms::Asked),
    (now, today): (chrono::NaiveDateTime, chrono::NaiveDate),
) -> Result<Seen, Refusal> {
    let connection = at.connection(conn, scope)?.id;
    let (kind, kinds) = (at.kind, (at.system(), at.kind));
    let (ours, candidates) = pairing::candidates(conn, scope, connection, kinds, local)?;
    let held = pairing::link_of(conn, scope, connection, kind, local)?;
    let record = held.as_ref().map(|held| held.record).or(wanted.record);
    let chosen = match record {
        Some(record) => {
            let known = candidates.iter().find(|one| !one.sealed && one.side.id == record.0).cloned();
            match known {
                Some(known) => Some(known),
                None => beside(conn, scope, connection, kinds, local, record, held.is_some())?,
            }
        }
        None if wanted.search.is_some() => None,
        None => likely(&candidates),
    };
    let holder = match (&chosen, &held) {
        (Some(one), None) => {
            pairing::holder_of(conn, scope, connection, kind, ExternalRecordId(one.side.id))?
        }
        _ => None,
    };
    let found = match wanted.search {
        Some(words) if words.trim().is_empty() => Some((String::new(), Vec::new())),
        Some(words) => {
            let found = pairing::search(conn, scope, connection, kind, local, &words)?;
            Some((organisations::one_line(&words), found))
        }
        None => None,
    };
    let ahead = match Walk::at(conn, scope, at, local, asked)? {
        Some(walk) => Some(walk.ahead(conn, scope, at, connection, today)?),
        None => None,
    };
    Ok(Seen {
        ahead,
        unsent: pairing::unsent(conn, scope, connection, kind)?,
        refused: pairing::refusals_of(conn, scope, connection, kind, local)?,
        aside: pairing::set_aside(conn, scope, connection, kind, local, today)?,
        feeds: organisations::feeds(conn, scope)?,
        noted: pairing::looked_lately(conn, scope, kind, local, now)?,
        ours,
        candidates,
        chosen,
        held,
        holder,
        found,
    })
}

/// The one that stands beside the person unasked: none where several fit.
fn likely(candidates: &[Candidate]) -> Option<Candidate> {
    let first = candidates.first().filter(|one| !one.sealed)?;
    (candidates.len() == 1 || !first.several).then(|| first.clone())
}

/// A record beside the person; what is linked already may lie outside the reader's places, and is left out then.
fn beside(
    conn: &mut Conn,
    scope: &Scope<PairRecords>,
    connection: crate::kit::ids::ConnectionId,
    kinds: (pairing::matching::System, pairing::matching::Kind),
    local: i64,
    record: ExternalRecordId,
    may_be_hidden: bool,
) -> Result<Option<Candidate>, Refusal> {
    match pairing::side_by_side(conn, scope, connection, kinds, local, record) {
        Ok((_, candidate)) => Ok(Some(candidate)),
        Err(Refusal::NotHere) if may_be_hidden => Ok(None),
        Err(refusal) => Err(refusal),
    }
}

/// Loads the page's facts, and puts the look on the audit trail.
async fn see(
    visit: &Visit,
    scope: &Scope<PairRecords>,
    at: At,
    wanted: forms::Wanted,
) -> Result<(i64, Seen), Fault> {
    let local: i64 = visit.id("local")?;
    let times = (visit.now, freshness::today(visit));
    let (read, asked) = (scope.clone(), visit.query::<forms::Asked>());
    let seen = visit.read(move |conn| find(conn, &read, (at, local), (wanted, &asked), times)).await?;
    if !seen.noted {
        let scope = scope.clone();
        visit.write(move |tx| pairing::looked(tx, &scope, (at.system(), at.kind), local)).await?;
    }
    Ok((local, seen))
}

async fn page(
    visit: &Visit,
    scope: &Scope<PairRecords>,
    at: At,
    wanted: forms::Wanted,
) -> Result<pages::Suggested, Fault> {
    let (local, seen) = see(visit, scope, at, wanted).await?;
    let shell = at.frame(visit, "Suggested Pairing", &seen.feeds)?;
    Ok(pages::Suggested::new(visit, shell, at, local, seen))
}

pub async fn show(visit: Visit, In(scope): In<PairRecords>) -> Answer {
    let at = At::of(&visit)?;
    let wanted: forms::Wanted = visit.query();
    let record = wanted.record;
    let page = page(&visit, &scope, at, wanted).await?;
    match record {
        // Another record for somebody who has one: what would become of both is asked on a page of its own.
        Some(record) if page.has_another_than(record) => Ok(see_other(at.swap(visit.id("local")?, record))),
        _ => visit.page(&page),
    }
}

/// *Yes*.
pub async fn link(visit: Visit, In(scope): In<PairRecords>, Posted(form): Posted<forms::Said>) -> Answer {
    let (at, local) = (At::of(&visit)?, visit.id::<i64>("local")?);
    let record = form.record(&visit, &at, local)?;
    let checked = form.checked == "yes";
    let (writer, asked, today) = (scope.clone(), visit.query::<forms::Asked>(), freshness::today(&visit));
    let (seen, walked) = (form, asked.clone());
    let linked = visit.write(move |tx| {
        let chosen = at.chosen(at.connection(tx.conn, &writer)?.id, local, record);
        let walk = Walk::at(tx.conn, &writer, at, local, &walked)?;
        // Who is linked already is said before what has changed: it is the news that matters.
        let free = pairing::link_of(tx.conn, &writer, chosen.connection, at.kind, local)?.is_none();
        if free {
            pairing::still_as_seen(tx.conn, &writer, &chosen, (&seen.ours, &seen.theirs))?;
        }
        let linked = pairing::link(tx, &writer, &chosen, checked, None)?;
        let ahead = walk.map(|walk| walk.ahead(tx.conn, &writer, at, chosen.connection, today));
        Ok((linked, ahead.transpose()?))
    });
    match linked.await {
        Ok((linked, ahead)) => {
            let undo = format!("{}?undo={}", at.act(local, "unlink"), linked.pairing);
            let (to, more) = onward(&visit, at, local, &asked, ahead);
            let words = format!("{} is linked.{more}", linked.name);
            visit.done(to, &Notice::ok(words).post("Undo", undo, visit.csrf()))
        }
        Err(refusal) => again(&visit, &scope, (at, record), refusal).await,
    }
}

/// The page once more with what stood in the way, and with what is so now.
async fn again(
    visit: &Visit,
    scope: &Scope<PairRecords>,
    (at, record): (At, ExternalRecordId),
    refusal: Refusal,
) -> Answer {
    let wanted = forms::Wanted { record: Some(record), search: None };
    match refusal {
        Refusal::Invalid { field, words } => {
            let mut page = page(visit, scope, at, wanted).await?;
            page.shell.add_error(field, words);
            visit.page_with(&page, HttpResponse::UnprocessableEntity())
        }
        Refusal::Overtaken(words) => {
            let mut page = page(visit, scope, at, wanted).await?;
            let words = page.taken_words().unwrap_or_else(|| format!("{words} Look at both again."));
            page.shell.add_error("comparison", words);
            visit.page_with(&page, HttpResponse::Conflict())
        }
        other => Err(other.into()),
    }
}

/// *No, not the same person.*
pub async fn refuse(visit: Visit, In(scope): In<PairRecords>, Posted(form): Posted<forms::Said>) -> Answer {
    let (at, local) = (At::of(&visit)?, visit.id::<i64>("local")?);
    let record = form.record(&visit, &at, local)?;
    let (writer, asked, today) = (scope.clone(), visit.query::<forms::Asked>(), freshness::today(&visit));
    let walked = asked.clone();
    let refused = visit.write(move |tx| {
        let connection = at.connection(tx.conn, &writer)?.id;
        let walk = Walk::at(tx.conn, &writer, at, local, &walked)?;
        let kinds = (at.system(), at.kind);
        let (_, theirs) = pairing::side_by_side(tx.conn, &writer, connection, kinds, local, record)?;
        let ours = pairing::refuse(tx, &writer, &at.chosen(connection, local, record))?;
        let ahead = walk.map(|walk| walk.ahead(tx.conn, &writer, at, connection, today));
        Ok((ours, theirs.side.name, ahead.transpose()?))
    });
    match refused.await {
        Ok((ours, theirs, ahead)) => {
            let (to, more) = onward(&visit, at, local, &asked, ahead);
            let words = format!("You said this was not {theirs}. {ours} stays on the list.{more}");
            let notice = Notice::ok(words).post("Change", at.withdraw(local, record), visit.csrf());
            visit.done(to, &notice)
        }
        Err(refusal) => again(&visit, &scope, (at, record), refusal).await,
    }
}

/// *Change*: the record may be suggested again.
pub async fn withdraw(visit: Visit, In(scope): In<PairRecords>, Posted(()): Posted<()>) -> Answer {
    let (at, local) = (At::of(&visit)?, visit.id::<i64>("local")?);
    let record: ExternalRecordId = visit.id("record")?;
    let withdrawn = visit.write(move |tx| {
        let connection = at.connection(tx.conn, &scope)?.id;
        pairing::withdraw_refusal(tx, &scope, &at.chosen(connection, local, record))
    });
    let notice = match withdrawn.await {
        Ok(_) => Notice::ok("Your answer is taken back. Decide again, or leave it for later."),
        Err(Refusal::Overtaken(words)) => Notice::warn(words),
        Err(other) => return Err(other.into()),
    };
    visit.done(at.beside(local, record), &notice)
}

pub async fn park(visit: Visit, In(scope): In<PairRecords>, Posted(form): Posted<forms::Aside>) -> Answer {
    let (at, local) = (At::of(&visit)?, visit.id::<i64>("local")?);
    let (writer, reason, asked) = (scope.clone(), form.reason.clone(), visit.query::<forms::Asked>());
    let (walked, today) = (asked.clone(), freshness::today(&visit));
    let parked = match form.until() {
        None => Err(Refusal::invalid("until_day", "Enter a real date, such as 31 12 2026")),
        Some(until) => {
            let parked = visit.write(move |tx| {
                let connection = at.connection(tx.conn, &writer)?.id;
                let walk = Walk::at(tx.conn, &writer, at, local, &walked)?;
                let name = pairing::park(tx, &writer, (connection, at.kind, local), &reason, until)?;
                let ahead = walk.map(|walk| walk.ahead(tx.conn, &writer, at, connection, today));
                Ok((name, ahead.transpose()?))
            });
            parked.await.map(|(name, ahead)| (name, ahead, until))
        }
    };
    match parked {
        Ok((name, ahead, until)) => {
            let (to, more) = onward(&visit, at, local, &asked, ahead);
            let words = format!("{name} is set aside until {}.{more}", when::date(until));
            let notice = Notice::ok(words).post("Undo", at.act(local, "bring-back"), visit.csrf());
            visit.done(to, &notice)
        }
        Err(Refusal::Invalid { field, words }) => {
            let mut page = page(&visit, &scope, at, forms::Wanted::default()).await?;
            page.aside = form;
            page.shell.add_error(field, words);
            visit.page_with(&page, HttpResponse::UnprocessableEntity())
        }
        Err(Refusal::Overtaken(words)) => visit.done(at.after(&visit, local), &Notice::warn(words)),
        Err(other) => Err(other.into()),
    }
}

/// *Ask a manager* about a candidate that the reader may not see.
pub async fn ask(visit: Visit, In(scope): In<PairRecords>, Posted(()): Posted<()>) -> Answer {
    let (at, local) = (At::of(&visit)?, visit.id::<i64>("local")?);
    let link = format!("{}{}", visit.services.config.public_url, at.suggested(local));
    let asked = visit.write(move |tx| {
        let connection = at.connection(tx.conn, &scope)?.id;
        pairing::ask_manager(tx, &scope, (connection, at.system(), at.kind), local, &link)
    });
    let notice = match asked.await {
        Ok(()) => Notice::ok("The managers have been asked to look. They get a letter that names nobody."),
        Err(Refusal::Overtaken(words)) => Notice::warn(words),
        Err(other) => return Err(other.into()),
    };
    visit.done(at.suggested(local), &notice)
}

pub async fn bring_back(visit: Visit, In(scope): In<PairRecords>, Posted(()): Posted<()>) -> Answer {
    let (at, local) = (At::of(&visit)?, visit.id::<i64>("local")?);
    let brought = visit.write(move |tx| {
        let connection = at.connection(tx.conn, &scope)?.id;
        pairing::unpark(tx, &scope, (connection, at.kind, local))
    });
    let notice = match brought.await {
        Ok(name) => Notice::ok(format!("{name} is back on the list.")),
        Err(Refusal::Overtaken(words)) => Notice::warn(words),
        Err(other) => return Err(other.into()),
    };
    visit.done(at.after(&visit, local), &notice)
}

/// Asks before a link is ended: what stops, and what is put back.
pub async fn confirm_unlink(visit: Visit, In(scope): In<PairRecords>) -> Answer {
    let at = At::of(&visit)?;
    let (local, seen) = see(&visit, &scope, at, forms::Wanted::default()).await?;
    let Some(held) = &seen.held else {
        let words = format!("{} is not linked with {}.", seen.ours.name, at.vendor.name());
        return visit.done(at.after(&visit, local), &Notice::warn(words));
    };
    let shell = at.frame(&visit, &format!("Unlink {}", seen.ours.name), &seen.feeds)?;
    visit.page(&pages::Unlink::new(&visit, shell, at, local, &seen.ours, held))
}

/// Ends the link that the page showed; as *Undo* takes back the one that was made just now.
pub async fn unlink(visit: Visit, In(scope): In<PairRecords>, Posted(form): Posted<forms::Ending>) -> Answer {
    let (at, local) = (At::of(&visit)?, visit.id::<i64>("local")?);
    let undo = visit.query::<forms::Undoing>().undo;
    let pairing = undo.or(form.pairing).ok_or_else(|| Fault::Expired(at.act(local, "unlink")))?;
    let ended = visit.write(move |tx| {
        let about = (at.connection(tx.conn, &scope)?.id, at.kind, local);
        match undo {
            Some(_) => pairing::take_back(tx, &scope, about, pairing),
            None => pairing::unlink_this(tx, &scope, about, pairing),
        }
    });
    let back = if undo.is_some() { at.after(&visit, local) } else { at.page_of(&visit, local) };
    match ended.await {
        Ok(name) => {
            let words = format!("{name} is not linked with {} any more.", at.vendor.name());
            visit.done(back, &Notice::ok(words))
        }
        Err(Refusal::Overtaken(words)) => visit.done(back, &Notice::warn(words)),
        Err(other) => Err(other.into()),
    }
}
