//! A keepsake: what a relative was allowed to see of somebody who has died, as one file that opens without the portal
//! and prints on paper. There is one only while the family may read, and only of what is shared with this relative.

use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use askama::Template;
use chrono_tz::Tz;

use super::error::{Answer, Fault};
use super::family::{Day, days, opened};
use super::routes::{Line, Who, get};
use super::ui::when;
use super::visit::Visit;
use crate::domain::Refusal;
use crate::domain::access::Topic;
use crate::domain::activities::{self, Before, FamilyMoment};
use crate::domain::relatives;

pub fn routes() -> Vec<Line> {
    vec![get("/family/{relative}/keepsake", Who::Relative, file)]
}

/// Moments of one file, so that it fits into a letter and into memory: the newest.
const MOST: usize = 5000;

/// Moments that are read at once.
const PIECE: i64 = 500;

#[derive(Template)]
#[template(path = "keepsakes/file.html")]
struct File {
    name: String,
    home: String,
    reader: String,
    made_on: String,
    days: Vec<Day>,
    /// There was more than one file holds.
    more: bool,
}

async fn file(visit: Visit) -> Answer {
    let relation = opened(&visit).await?;
    if relation.memorial_until.is_none() {
        return Err(Fault::NotFound);
    }
    let (of, now) = (relation.clone(), visit.now);
    let moments = visit
        .read(move |conn| {
            let scope = relatives::may_see(conn, &of, Topic::Activities, now)?.ok_or(Refusal::NotHere)?;
            let (mut moments, mut before): (Vec<FamilyMoment>, Option<Before>) = (Vec::new(), None);
            loop {
                let piece = activities::for_family(conn, &scope, before, PIECE)?;
                before = piece.last().map(|last| (last.at, last.id));
                moments.extend(piece);
                if before.is_none() || moments.len() > MOST {
                    return Ok(moments);
                }
            }
        })
        .await?;
    let (actor, of) = (visit.signed_in()?.clone(), relation.clone());
    let reader = actor.name().to_owned();
    visit.write(move |tx| relatives::took_keepsake(tx, &actor, &of)).await?;
    let more = moments.len() > MOST;
    let mut told = moments;
    told.truncate(MOST);
    // A life is told from its beginning.
    told.reverse();
    let zone: Tz = relation.time_zone.parse().unwrap_or(Tz::Europe__London);
    let today = now.and_utc().with_timezone(&zone).date_naive();
    let page = File {
        name: format!("{} {}", relation.first_name, relation.last_name),
        home: relation.home.clone(),
        reader,
        made_on: when::date(today),
        days: days(&relation, told, when::long_date),
        more,
    };
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/html; charset=utf-8"))
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"keepsake-{today}.html\"")))
        .body(page.render()?))
}
