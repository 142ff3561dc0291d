//! The tab *Activities* of a resident: what they took part in, as a chart and as a list, and what became of each in
//! the care record.

use std::collections::HashMap;

use askama::Template;
use chrono::TimeDelta;

use super::chart::Chart;
use super::{frame, pages, see};
use crate::domain::access::{Permission, ViewResidents};
use crate::domain::activities::{self, Done, Taking};
use crate::domain::timeline::{self, Source, Standing};
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

pub async fn show(visit: Visit, In(scope): In<ViewResidents>) -> Answer {
    let seen = see(&visit).await?;
    let (org, id) = (seen.org, seen.resident.id);
    let asked: Asked = visit.query();
    let page = listing::page_number(&asked.page);
    let days = i64::try_from(activities::WEEKS).unwrap_or(0) * 7;
    let since = visit.now - TimeDelta::days(days);
    let (offset, limit) = (listing::rows_before(page), i64::from(PER_PAGE));
    let (done, more, points, standings) = visit
        .read(move |conn| {
            let (done, more) = activities::of_resident(conn, &scope, id, offset, limit)?;
            let parts: Vec<i64> = done.iter().map(|one| one.participation.id.0).collect();
            let standings = timeline::standings(conn, org, Source::Activity, &parts)?;
            let points = activities::points(conn, &scope, id, since)?;
            Ok((done, more, points, standings))
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
        pager: listing::uncounted(page, shown, more, &address),
        plan: may_record.then(|| links::activities(org)),
    };
    visit.page(&page)
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
