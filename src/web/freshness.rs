//! How fresh a page is, in the words of its organisation: moments in its time zone, and the line above
//! every page of residents when they may be out of date.

use chrono::NaiveDateTime;

use super::ui::{Banner, Link, NoticeKind, When, when};
use super::visit::Visit;
use crate::domain::access::Permission;
use crate::domain::organisations::{Feed, Stale, Why, stale};
use crate::links;

/// A moment in the organisation's time zone.
pub(super) fn at(visit: &Visit, moment: NaiveDateTime) -> When {
    When::new(moment.and_utc(), visit.now.and_utc(), visit.time_zone())
}

/// The same inside a sentence: "today at 2:30pm".
pub(super) fn within(visit: &Visit, moment: NaiveDateTime) -> When {
    at(visit, moment).in_sentence()
}

/// A day in the home's words, for a reader who has no organisation: `6 December 2026`.
pub(super) fn on_day(visit: &Visit, at: chrono::NaiveDateTime) -> String {
    when::date(at.and_utc().with_timezone(&visit.time_zone()).date_naive())
}

/// The reader's date in the organisation's time zone.
pub(super) fn today(visit: &Visit) -> chrono::NaiveDate {
    visit.now.and_utc().with_timezone(&visit.time_zone()).date_naive()
}

/// The banner of every page that shows residents, while they may be out of date.
pub(super) fn banner(visit: &Visit, feeds: &[Feed]) -> Option<Banner> {
    let stale = stale(feeds, visit.now)?;
    let kind =
        if matches!(stale.why, Why::Relink | Why::Failed) { NoticeKind::Bad } else { NoticeKind::Warn };
    Some(Banner { kind, words: words(visit, &stale), link: look(visit, &stale) })
}

fn words(visit: &Visit, stale: &Stale) -> String {
    let last = match stale.last_good_at {
        Some(moment) => {
            let moment = when::moment(moment.and_utc(), visit.now.and_utc(), visit.time_zone());
            format!("Last successful sync: {moment}.")
        }
        None => "No sync has finished yet.".to_owned(),
    };
    format!("{} {last} What you see may be out of date.", visit.say(&stale.words()))
}

fn look(visit: &Visit, stale: &Stale) -> Option<Link> {
    let org = visit.organisation().ok()?;
    visit
        .may(Permission::ViewIntegrations)
        .then(|| Link::new("See what happened", links::sync_runs(org, &stale.vendor)))
}
