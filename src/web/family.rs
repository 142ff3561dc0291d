//! A relative's own pages: their people, how each is getting on, what is shared with whom, and leaving.
//!
//! For a phone, without a script and in plain words. Nothing here is shown that `relatives::may_see` has not
//! said yes to in the same read.

use actix_web::HttpResponse;
use askama::Template;
use chrono::{DateTime, NaiveDate, NaiveDateTime};
use chrono_tz::Tz;
use serde::Deserialize;

use super::error::{Answer, Fault};
use super::relatives::Inviting;
use super::routes::{Line, Who, get, post};
use super::see_other;
use super::ui::{Link, Notice, Shell, When, filters, when};
use super::visit::{Posted, Visit};
use crate::db::Conn;
use crate::domain::Refusal;
use crate::domain::access::Topic;
use crate::domain::activities::{self, Before, FamilyMoment};
use crate::domain::booked_visits;
use crate::domain::relatives::{self, Asked as Wish, Relation};
use crate::kit::ids::{ParticipationId, RelativeId};
use crate::links;

pub fn routes() -> Vec<Line> {
    vec![
        get("/family", Who::Relative, index),
        get("/family/{relative}", Who::Relative, show),
        get("/family/{relative}/sharing", Who::Relative, sharing),
        post("/family/{relative}/leave", Who::Relative, leave),
        post("/family/{relative}/invite", Who::Relative, invite),
    ]
}

#[derive(Template)]
#[template(path = "family/index.html")]
struct Index {
    shell: Shell,
    people: Vec<Person>,
}

/// Somebody's mother: by the name she goes by.
struct Person {
    href: String,
    first_name: String,
    home: String,
}

async fn index(visit: Visit) -> Answer {
    let actor = visit.signed_in()?.clone();
    let now = visit.now;
    let relations = visit.read(move |conn| Ok(relatives::family(conn, &actor, now)?)).await?;
    if let [only] = relations.as_slice() {
        // The notice of what just happened is for the page that is shown.
        return Ok(see_other(links::family_member(only.id)));
    }
    let person = |one: Relation| Person {
        href: links::family_member(one.id),
        first_name: one.first_name,
        home: one.home,
    };
    let mut shell = visit.shell("Your family");
    shell.nav.clear();
    visit.page(&Index { shell, people: relations.into_iter().map(person).collect() })
}

/// What a relative's page holds.
pub(super) struct Content {
    /// Nothing is shared where the home has not opened it, or the resident has not agreed.
    shared: bool,
    call: String,
    days: Vec<Day>,
    /// Where the next page goes on.
    earlier: Option<Before>,
    /// Days on which somebody comes, where appointments are shared.
    visits: Vec<String>,
}

/// A day with what was done on it.
pub(super) struct Day {
    pub title: String,
    pub moments: Vec<Moment>,
}

/// One activity in plain words.
pub(super) struct Moment {
    /// `2:30pm, Lounge`.
    pub when: String,
    pub name: String,
    pub details: String,
    pub took_part: bool,
    pub words: String,
    pub comment: String,
    pub by: String,
}

/// Activities on one page.
const MOMENTS: i64 = 30;

/// Reads what a relative may see now.
pub(super) fn content(
    conn: &mut Conn,
    relation: &Relation,
    before: Option<Before>,
    now: NaiveDateTime,
) -> Result<Content, Refusal> {
    let scope = relatives::may_see(conn, relation, Topic::Activities, now)?;
    let call = relatives::contact_of(conn, relation)?.call();
    let visits = visits(conn, relation, now)?;
    let Some(scope) = scope else {
        return Ok(Content { shared: false, call, days: Vec::new(), earlier: None, visits });
    };
    let mut found = activities::for_family(conn, &scope, before, MOMENTS + 1)?;
    let page = usize::try_from(MOMENTS).unwrap_or(usize::MAX);
    let more = found.len() > page;
    found.truncate(page);
    let earlier = found.last().filter(|_| more).map(|last| (last.at, last.id));
    let zone: Tz = relation.time_zone.parse().unwrap_or(Tz::Europe__London);
    let today = now.and_utc().with_timezone(&zone).date_naive();
    let days = days(relation, found, |date| when::day(date, today));
    Ok(Content { shared: true, call, days, earlier, visits })
}

/// The days of visits that are booked, and no more of them: what is done then is the resident's own affair.
fn visits(conn: &mut Conn, relation: &Relation, now: NaiveDateTime) -> Result<Vec<String>, Refusal> {
    let scope = relatives::may_see(conn, relation, Topic::Appointments, now)?;
    let Some(scope) = scope.filter(|_| relation.memorial_until.is_none()) else { return Ok(Vec::new()) };
    let zone: Tz = relation.time_zone.parse().unwrap_or(Tz::Europe__London);
    let found = booked_visits::for_family(conn, &scope, now)?;
    let day = |at: NaiveDateTime| when::long_date(at.and_utc().with_timezone(&zone).date_naive());
    Ok(found.iter().filter_map(|one| one.starts_at).map(day).collect())
}

/// Moments by the day on which they were, where the home is, in the order in which they come.
pub(super) fn days(
    relation: &Relation,
    moments: Vec<FamilyMoment>,
    title: impl Fn(NaiveDate) -> String,
) -> Vec<Day> {
    let zone: Tz = relation.time_zone.parse().unwrap_or(Tz::Europe__London);
    let mut days: Vec<(NaiveDate, Day)> = Vec::new();
    for moment in moments {
        let local = moment.at.and_utc().with_timezone(&zone);
        let date = local.date_naive();
        let told = told(&relation.first_name, moment, when::clock(local.time()));
        match days.last_mut().filter(|(of, _)| *of == date) {
            Some((_, day)) => day.moments.push(told),
            None => days.push((date, Day { title: title(date), moments: vec![told] })),
        }
    }
    days.into_iter().map(|(_, day)| day).collect()
}

fn told(first_name: &str, moment: FamilyMoment, clock: String) -> Moment {
    let words = match (moment.took_part, moment.rating) {
        (true, Some(rating)) => format!("{first_name} took part. Rated {rating} out of 5."),
        (true, None) => format!("{first_name} took part."),
        (false, _) => format!("{first_name} chose not to take part."),
    };
    let place = if moment.location.is_empty() { String::new() } else { format!(", {}", moment.location) };
    Moment {
        when: format!("{clock}{place}"),
        name: moment.name,
        details: moment.details,
        took_part: moment.took_part,
        words,
        comment: moment.comment,
        by: moment.completed_by,
    }
}

/// Where a page goes on, as it stands in the address: microseconds and the number of the last one shown.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    before: String,
}

impl Asked {
    fn before(&self) -> Option<Before> {
        let (at, id) = self.before.split_once('-')?;
        let at = DateTime::from_timestamp_micros(at.parse().ok()?)?;
        Some((at.naive_utc(), ParticipationId(id.parse().ok()?)))
    }
}

#[derive(Template)]
#[template(path = "family/show.html")]
pub(super) struct Page {
    shell: Shell,
    first_name: String,
    home: String,
    waiting: bool,
    /// Until when the page of somebody who has died can be read.
    memorial: Option<String>,
    /// Where to take it, for the family of somebody who has died.
    keepsake: Option<String>,
    shared: bool,
    call: String,
    days: Vec<Day>,
    visits: Vec<String>,
    earlier: Option<String>,
    sharing: String,
    /// Whose eyes a manager looks through.
    seen_as: Option<String>,
}

impl Page {
    pub fn new(shell: Shell, relation: &Relation, content: Content, seen_as: Option<String>) -> Self {
        Self {
            shell,
            first_name: relation.first_name.clone(),
            home: relation.home.clone(),
            waiting: relation.waiting,
            memorial: relation.memorial_until.map(when::date),
            keepsake: (relation.memorial_until.is_some() && content.shared && seen_as.is_none())
                .then(|| links::family_act(relation.id, "keepsake")),
            shared: content.shared,
            call: content.call,
            days: content.days,
            visits: content.visits,
            earlier: content.earlier.filter(|_| seen_as.is_none()).map(|(at, id)| {
                let at = at.and_utc().timestamp_micros();
                format!("{}?before={at}-{id}", links::family_member(relation.id))
            }),
            sharing: links::family_sharing(relation.id),
            seen_as,
        }
    }
}

/// The relation in the path, and its view on the trail.
pub(super) async fn opened(visit: &Visit) -> Result<Relation, Fault> {
    let (actor, id, now) = (visit.signed_in()?.clone(), visit.id::<RelativeId>("relative")?, visit.now);
    let reader = actor.clone();
    let (relation, noted) = visit
        .read(move |conn| {
            let relation = relatives::open(conn, &reader, id, now)?;
            let noted = relatives::seen_lately(conn, &reader, &relation, now)?;
            Ok((relation, noted))
        })
        .await?;
    if !noted {
        let seen = relation.clone();
        visit.write(move |tx| relatives::opened(tx, &actor, &seen)).await?;
    }
    Ok(relation)
}

async fn show(visit: Visit) -> Answer {
    let relation = opened(&visit).await?;
    let (looked, now, asked) = (relation.clone(), visit.now, visit.query::<Asked>());
    let content = visit.read(move |conn| content(conn, &looked, asked.before(), now)).await?;
    let mut shell = visit.shell(format!("{}, {}", relation.first_name, relation.home));
    shell.nav.clear();
    visit.page(&Page::new(shell, &relation, content, None))
}

#[derive(Template)]
#[template(path = "family/sharing.html")]
struct Sharing {
    shell: Shell,
    first_name: String,
    home: String,
    topics: Vec<Row>,
    others: Vec<(String, String)>,
    lookers: Vec<(String, When)>,
    leave: String,
    /// Where a primary contact invites somebody else.
    invite: Option<String>,
    form: Inviting,
    call: String,
}

/// One topic in plain words.
struct Row {
    topic: &'static str,
    words: String,
}

async fn sharing(visit: Visit) -> Answer {
    let relation = opened(&visit).await?;
    visit.page(&sharing_page(&visit, relation, Inviting::default()).await?)
}

async fn sharing_page(visit: &Visit, relation: Relation, form: Inviting) -> Result<Sharing, Fault> {
    let (looked, now) = (relation.clone(), visit.now);
    let (shared, may_invite) = visit
        .read(move |conn| Ok((relatives::shared(conn, &looked, now)?, relatives::may_invite(conn, &looked)?)))
        .await?;
    let zone: Tz = relation.time_zone.parse().unwrap_or(Tz::Europe__London);
    let topics = shared.topics.iter().map(|(topic, opened, agreed)| Row {
        topic: topic.words(),
        words: match (opened, agreed) {
            (true, true) => format!("Shared with you by {}", relation.home),
            (true, false) => format!("Not shared now: {} has not agreed", relation.first_name),
            (false, _) => format!("{} has not opened this to you", relation.home),
        },
    });
    let mut shell = visit.shell(format!("What {} shares with you", relation.first_name));
    shell.nav.clear();
    shell.crumb = Some(Link::new(relation.first_name.clone(), links::family_member(relation.id)));
    let at = |at: NaiveDateTime| When::new(at.and_utc(), now.and_utc(), zone);
    Ok(Sharing {
        shell,
        topics: topics.collect(),
        others: shared.others,
        lookers: shared.lookers.into_iter().map(|(name, when)| (name, at(when))).collect(),
        leave: links::family_act(relation.id, "leave"),
        invite: may_invite.then(|| links::family_act(relation.id, "invite")),
        call: shared.contact.call(),
        first_name: relation.first_name,
        home: relation.home,
        form,
    })
}

async fn leave(visit: Visit, _: Posted<()>) -> Answer {
    let relation = opened(&visit).await?;
    let (actor, left) = (visit.signed_in()?.clone(), relation.clone());
    visit.write(move |tx| relatives::leave(tx, &actor, &left)).await?;
    let words = format!(
        "You do not see {}’s page any more, and get no more letters about it. {} can invite you again.",
        relation.first_name, relation.home
    );
    visit.done(links::family(), &Notice::ok(words))
}

async fn invite(visit: Visit, Posted(form): Posted<Inviting>) -> Answer {
    let relation = opened(&visit).await?;
    let here = links::family_sharing(relation.id);
    let (actor, of, url) =
        (visit.signed_in()?.clone(), relation.clone(), visit.services.config.public_url.clone());
    let done = match form.read() {
        Ok(new) => visit.write(move |tx| relatives::invite_as_primary(tx, &actor, &of, &new, &url)).await,
        Err(refusal) => Err(refusal),
    };
    match done {
        Ok(Wish::Invited) => {
            let words = format!("We have emailed an invitation to {}.", form.email.trim());
            visit.done(here, &Notice::ok(words))
        }
        Ok(Wish::Waits) => {
            let words = format!("{} looks at it first, and then sends the invitation.", relation.home);
            visit.done(here, &Notice::ok(words))
        }
        Err(Refusal::Invalid { field, words }) => {
            let mut page = sharing_page(&visit, relation, form).await?;
            page.shell.add_error(field, words);
            visit.page_with(&page, HttpResponse::UnprocessableEntity())
        }
        Err(Refusal::Overtaken(words)) => visit.done(here, &Notice::warn(words)),
        Err(refusal) => Err(refusal.into()),
    }
}
