//! The tab *Activities* of a resident: what they took part in, as a chart and as a list, visits that others made to
//! them, and what became of each in the care record.

use std::cmp::Reverse;
use std::collections::HashMap;

use askama::Template;
use chrono::TimeDelta;

use super::chart::Chart;
use super::{frame, pages, see};
use crate::db::Conn;
use crate::domain::Refusal;
use crate::domain::access::{Permission, Scope, ViewAppointments, ViewResidents};
use crate::domain::activities::{self, Done, Taking};
use crate::domain::booked_visits::{self, Booked, State};
use crate::domain::timeline::{self, Source, Standing};
use crate::kit::ids::ResidentId;
use crate::links;
use crate::web::error::Answer;
use crate::web::freshness;
use crate::web::listing::{self, Address, PER_PAGE};
use crate::web::ui::{Pager, Shell, When, filters};
use crate::web::visit::{In, Visit};

#[derive(Template)]
#[template(path = "residents/activities.html")]
struct Page {
    shell: Shell,
    who: pages::Identity,
    chart: Chart,
    rows: Vec<Row>,
    /// Visits that were made, newest first.
    visits: Vec<Row>,
    pager: Pager,
    plan: Option<String>,
}

struct Row {
    name: String,
    href: Option<String>,
    when: When,
    location: String,
    declined: bool,
    words: String,
    comment: String,
    completed_by: String,
    /// The tag of the care record, or empty.
    tag: &'static str,
    because: String,
}

#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Asked {
    page: String,
}

/// Visits that the first page shows; the others stand under *Visits*.
const VISITS: usize = 5;

pub async fn show(visit: Visit, In(scope): In<ViewResidents>) -> Answer {
    let seen = see(&visit).await?;
    let (org, id) = (seen.org, seen.resident.id);
    let asked: Asked = visit.query();
    let page = listing::page_number(&asked.page);
    let days = i64::try_from(activities::WEEKS).unwrap_or(0) * 7;
    let since = visit.now - TimeDelta::days(days);
    let (offset, limit) = (listing::rows_before(page), i64::from(PER_PAGE));
    let viewer = visit.scope::<ViewAppointments>().ok().filter(|_| page == 1 && seen.visits);
    let (done, more, points, standings, visits) = visit
        .read(move |conn| {
            let visits = match &viewer {
                Some(viewer) => made(conn, viewer, id)?,
                None => Vec::new(),
            };
            let (done, more) = activities::of_resident(conn, &scope, id, offset, limit)?;
            let parts: Vec<i64> = done.iter().map(|one| one.participation.id.0).collect();
            let standings = timeline::standings(conn, org, Source::Activity, &parts)?;
            let points = activities::points(conn, &scope, id, since)?;
            Ok((done, more, points, standings, visits))
        })
        .await?;
    let zone = visit.time_zone();
    let points: Vec<_> = points
        .into_iter()
        .map(|(at, took_part, rating)| (at.and_utc().with_timezone(&zone).date_naive(), took_part, rating))
        .collect();
    let may_record = visit.may(Permission::RecordActivities);
    let shown = done.len();
    let address = Address::new(links::resident_activities(org, id));
    let page = Page {
        shell: frame(&visit, &seen, seen.resident.name(), "Activities")?,
        who: seen.who(),
        chart: Chart::new(&activities::weeks(&points, freshness::today(&visit))),
        rows: done.into_iter().map(|one| row(&visit, &standings, one, may_record)).collect(),
        visits: visits.into_iter().map(|(one, standing)| made_row(&visit, one, standing)).collect(),
        pager: listing::uncounted(page, shown, more, &address),
        plan: may_record.then(|| links::activities(org)),
    };
    visit.page(&page)
}

/// The last visits that were made, with how each stands in the care record.
fn made(
    conn: &mut Conn,
    scope: &Scope<ViewAppointments>,
    id: ResidentId,
) -> Result<Vec<(Booked, Option<Standing>)>, Refusal> {
    let mut made = booked_visits::of_resident(conn, scope, id)?;
    made.retain(|one| one.state == State::Completed);
    made.sort_by_key(|one| Reverse(one.starts_at));
    made.truncate(VISITS);
    let ids: Vec<i64> = made.iter().map(|one| one.id.0).collect();
    let mut standings = timeline::standings(conn, scope.organisation(), Source::Visit, &ids)?;
    Ok(made
        .into_iter()
        .map(|one| {
            let standing = standings.remove(&one.id.0);
            (one, standing)
        })
        .collect())
}

fn made_row(visit: &Visit, one: Booked, standing: Option<Standing>) -> Row {
    let org = visit.organisation().ok();
    Row {
        href: org.map(|org| links::booked_visit(org, one.resident, one.id)),
        when: freshness::at(visit, one.starts_at.unwrap_or(one.updated_at)),
        location: String::new(),
        name: one.task_name,
        declined: false,
        words: "The visit was made.".to_owned(),
        comment: String::new(),
        completed_by: String::new(),
        tag: standing.as_ref().map_or("", |standing| standing.state.words()),
        because: standing.map(|standing| standing.because).unwrap_or_default(),
    }
}

fn row(visit: &Visit, standings: &HashMap<i64, Standing>, one: Done, may_record: bool) -> Row {
    let part = one.participation;
    let standing = standings.get(&part.id.0);
    let withdrawn = part.state == Taking::Withdrawn;
    let words = match (withdrawn, part.took_part, part.rating) {
        (true, ..) => "Withdrawn".to_owned(),
        (_, true, Some(rating)) => format!("Took part. Rated {rating} out of 5."),
        (_, true, None) => "Took part.".to_owned(),
        (_, false, _) => "Declined.".to_owned(),
    };
    let comment = [part.reason.as_str(), part.comment.as_str()];
    let comment = comment.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(". ");
    let org = visit.organisation().ok().filter(|_| may_record);
    Row {
        href: org.map(|org| links::activity(org, one.activity.id)),
        when: freshness::at(visit, one.activity.starts_at),
        location: one.activity.location,
        name: one.activity.name,
        declined: withdrawn || !part.took_part,
        words,
        comment,
        completed_by: part.completed_by,
        tag: standing.map_or("", |standing| standing.state.words()),
        because: standing.map(|standing| standing.because.clone()).unwrap_or_default(),
    }
}
