//! *Change many*: the open appointments of a day, ticked, moved to another day or cancelled. First what would come of
//! it, then the act, then a page with its undo.

use actix_web::HttpResponse;
use askama::Template;
use chrono::NaiveDate;

use super::{Community, Row, row};
use crate::domain::Refusal;
use crate::domain::access::ManageAppointments;
use crate::domain::api_keys::Mode;
use crate::domain::visits::{self, Act, Cancellation, Entity, Outcome, ReasonCode, Show, Wanted};
use crate::kit::ids::{BatchId, VisitId};
use crate::links;
use crate::web::error::{Answer, Fault};
use crate::web::freshness;
use crate::web::listing::day_typed;
use crate::web::ui::{Choice, Link, Notice, Shell, filters, when};
use crate::web::visit::{Fields, Nav, Posted, Visit, field, ticked};

const MOST: i64 = 200;
const MOVE: &str = "move";
const CANCEL: &str = "cancel";

#[derive(Template)]
#[template(path = "visits/bulk.html")]
struct Bulk {
    shell: Shell,
    here: String,
    day: String,
    heading: String,
    /// Number, and the row.
    rows: Vec<(String, Row)>,
    more: bool,
    acts: Vec<Choice>,
    to: String,
    reasons: Vec<Choice>,
    because_of: Vec<Choice>,
    note: String,
    /// What can be undone still: where, what, and by whom and when.
    lately: Vec<(String, String, String)>,
}

#[derive(Template)]
#[template(path = "visits/bulk_preview.html")]
struct Preview {
    shell: Shell,
    act: String,
    back: String,
    /// What happens, in words.
    heading: String,
    done: Vec<(String, String)>,
    not: Vec<(String, String)>,
    /// What the form sends again.
    fields: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "visits/batch.html")]
struct Done {
    shell: Shell,
    words: String,
    by: String,
    undone: Option<String>,
    undo: Option<String>,
}

#[derive(Default, serde::Deserialize)]
#[serde(default)]
pub struct Asked {
    day: String,
}

pub async fn form(visit: Visit, Community(_): Community<ManageAppointments>) -> Answer {
    let asked: Asked = visit.query();
    let day = day_typed(&asked.day).unwrap_or_else(|| freshness::today(&visit));
    let page = page(&visit, day, &Vec::new(), None).await?;
    visit.page(&page)
}

async fn page(
    visit: &Visit,
    day: NaiveDate,
    fields: &Fields,
    wrong: Option<(&'static str, String)>,
) -> Result<Bulk, Fault> {
    let scope = visit.scope::<ManageAppointments>()?;
    let org = scope.organisation();
    let wanted = Wanted { show: Show::Open, dates: Some((day, day)), ..Wanted::default() };
    let now = visit.now;
    let (found, lately) = visit
        .read(move |conn| {
            let found = visits::list(conn, &scope, Mode::Live, &wanted, (0, MOST))?;
            Ok((found, visits::undoable(conn, &scope, now)?))
        })
        .await?;
    let late = |one: &visits::Batch| {
        let by = format!("by {}, {}", one.by, freshness::within(visit, one.at).words);
        (links::visit_batch(org, one.id), one.words.clone(), by)
    };
    let mut shell = visit.org_shell("Change many appointments", Nav::Appointments)?;
    shell.crumb = Some(Link::new("Appointments", links::visits(org)));
    if let Some((field, words)) = wrong {
        shell.add_own_error(field, words);
    }
    let act = field(fields, "act");
    let reason = field(fields, "reason");
    let mut reasons = vec![Choice::new("", "Choose", reason.is_empty())];
    reasons.extend(Choice::list(ReasonCode::ALL.iter().map(|one| (one.as_str(), one.words())), reason));
    let cause = field(fields, "because_of");
    let cause = if cause.is_empty() { Entity::Organisation.as_str() } else { cause };
    Ok(Bulk {
        shell,
        here: links::visits_bulk(org),
        day: day.to_string(),
        heading: when::long_date(day),
        rows: found.visits.iter().map(|of| (of.id.to_string(), row(visit, org, of))).collect(),
        more: found.more,
        acts: Choice::list(
            [(MOVE, "Move them to another day, in the same window"), (CANCEL, "Cancel them")],
            if act.is_empty() { MOVE } else { act },
        ),
        to: field(fields, "to").to_owned(),
        reasons,
        because_of: Choice::list(Entity::ALL.iter().map(|one| (one.as_str(), one.words())), cause),
        note: field(fields, "note").to_owned(),
        lately: lately.iter().map(late).collect(),
    })
}

fn read(fields: &Fields) -> Result<(Vec<VisitId>, Act), (&'static str, String)> {
    let ids: Vec<VisitId> = ticked(fields, "visits[]");
    if ids.is_empty() {
        return Err(("visits", "Tick the appointments that are meant".to_owned()));
    }
    if field(fields, "act") != CANCEL {
        let to = day_typed(field(fields, "to"));
        let to = to.ok_or_else(|| ("to", "Enter the day to which they move".to_owned()))?;
        return Ok((ids, Act::Move(to)));
    }
    let reason = ReasonCode::parse(field(fields, "reason"));
    let reason = reason.ok_or_else(|| ("reason", "Choose the reason".to_owned()))?;
    let because_of = Entity::parse(field(fields, "because_of")).unwrap_or(Entity::Organisation);
    let note = field(fields, "note").to_owned();
    Ok((ids, Act::Cancel(Cancellation { by: Entity::Organisation, because_of, reason, note })))
}

pub async fn preview(
    visit: Visit,
    Community(scope): Community<ManageAppointments>,
    Posted(fields): Posted<Fields>,
) -> Answer {
    let org = scope.organisation();
    let day = day_typed(field(&fields, "day")).unwrap_or_else(|| freshness::today(&visit));
    let wrong = match read(&fields) {
        Err(wrong) => wrong,
        Ok((ids, act)) => {
            let what = act.clone();
            match visit.write(move |tx| visits::rehearse(tx, &scope, &ids, &what)).await {
                Ok(outcomes) => return show_preview(&visit, org, &fields, (&act, &outcomes)),
                Err(Refusal::Invalid { field, words }) => (field, words),
                Err(refusal) => return Err(refusal.into()),
            }
        }
    };
    let page = page(&visit, day, &fields, Some(wrong)).await?;
    visit.page_with(&page, HttpResponse::UnprocessableEntity())
}

fn show_preview(
    visit: &Visit,
    org: crate::kit::ids::OrganisationId,
    fields: &Fields,
    (act, outcomes): (&Act, &[Outcome]),
) -> Answer {
    let mut shell = visit.org_shell("What would happen", Nav::Appointments)?;
    let back = format!("{}?day={}", links::visits_bulk(org), links::encode(field(fields, "day")));
    shell.crumb = Some(Link::new("Change many appointments", back.clone()));
    let zone = visit.time_zone();
    let whose = |one: &Outcome| {
        let at = one.before.booked.as_ref().map(|booked| visits::when_words(booked, zone));
        format!("{}, {}", one.before.patient.name, at.unwrap_or_default())
    };
    let (mut done, mut not) = (Vec::new(), Vec::new());
    for one in outcomes {
        match &one.then {
            Ok(after) => {
                let at = after.booked.as_ref().map(|booked| visits::when_words(booked, zone));
                let then = match act {
                    Act::Move(_) => match &one.before.practitioner {
                        Some(who) => {
                            format!(
                                "{}. {} has it no more: assign somebody again",
                                at.unwrap_or_default(),
                                who.name
                            )
                        }
                        None => at.unwrap_or_default(),
                    },
                    Act::Cancel(_) if one.before.is_short_notice(visit.now) => {
                        "Cancelled, less than 24 hours before".to_owned()
                    }
                    Act::Cancel(_) => "Cancelled".to_owned(),
                };
                done.push((whose(one), then));
            }
            Err(words) => not.push((whose(one), words.clone())),
        }
    }
    let again = |name: &str| {
        ["act", "to", "reason", "because_of", "note", "day"].contains(&name) || name == "visits[]"
    };
    let sent = fields.iter().filter(|(name, _)| again(name)).cloned().collect();
    visit.page(&Preview {
        shell,
        act: links::visits_bulk_apply(org),
        back,
        heading: match done.len() {
            0 => "Nothing would change".to_owned(),
            1 => "1 appointment would change".to_owned(),
            n => format!("{n} appointments would change"),
        },
        done,
        not,
        fields: sent,
    })
}

pub async fn apply(
    visit: Visit,
    Community(scope): Community<ManageAppointments>,
    Posted(fields): Posted<Fields>,
) -> Answer {
    let org = scope.organisation();
    let back = format!("{}?day={}", links::visits_bulk(org), links::encode(field(&fields, "day")));
    let (ids, act) = match read(&fields) {
        Ok(read) => read,
        Err((_, words)) => return visit.done(back, &Notice::warn(format!("{words}."))),
    };
    match visit.write(move |tx| visits::apply(tx, &scope, &ids, &act)).await {
        Ok((batch, outcomes)) => {
            let done = outcomes.iter().filter(|one| one.is_done()).count();
            let left = outcomes.len() - done;
            let words = match (done, left) {
                (1, 0) => "1 appointment is changed.".to_owned(),
                (_, 0) => format!("{done} appointments are changed."),
                _ => format!("Changed: {done}. Left as they are: {left}."),
            };
            visit.done(links::visit_batch(org, batch), &Notice::ok(words))
        }
        Err(Refusal::Overtaken(words)) => visit.done(back, &Notice::warn(words)),
        Err(refusal) => Err(refusal.into()),
    }
}

pub async fn show(visit: Visit, Community(scope): Community<ManageAppointments>) -> Answer {
    let (org, id) = (scope.organisation(), visit.id::<BatchId>("batch")?);
    let of = visit.read(move |conn| visits::batch(conn, &scope, id)).await?;
    let mut shell = visit.org_shell("Many appointments changed", Nav::Appointments)?;
    shell.crumb = Some(Link::new("Appointments", links::visits(org)));
    let open = of.undone.is_none() && visit.now - of.at <= visits::UNDO_FOR;
    visit.page(&Done {
        shell,
        by: format!("{}, {}", of.by, freshness::within(&visit, of.at).words),
        words: of.words,
        undone: of.undone.map(|(at, by)| format!("Undone by {by}, {}.", freshness::within(&visit, at).words)),
        undo: open.then(|| links::undo_visit_batch(org, id)),
    })
}

pub async fn undo(
    visit: Visit,
    Community(scope): Community<ManageAppointments>,
    Posted(()): Posted<()>,
) -> Answer {
    let (org, id) = (scope.organisation(), visit.id::<BatchId>("batch")?);
    let to = links::visit_batch(org, id);
    match visit.write(move |tx| visits::undo(tx, &scope, id)).await {
        Ok(all) => {
            let stays: Vec<String> = all
                .iter()
                .filter_map(|(of, why)| why.as_ref().map(|why| format!("{}: {why}", of.patient.name)))
                .collect();
            let back = all.len() - stays.len();
            let words = match back {
                1 => "1 appointment is as it was.".to_owned(),
                back => format!("{back} appointments are as they were."),
            };
            let notice = if stays.is_empty() {
                Notice::ok(words)
            } else {
                Notice::warn(format!("{words} {}", stays.join(" ")))
            };
            visit.done(to, &notice)
        }
        Err(Refusal::Overtaken(words)) => visit.done(to, &Notice::warn(words)),
        Err(refusal) => Err(refusal.into()),
    }
}
