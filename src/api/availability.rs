//! `/api/v1/availability`: whether a postcode is covered, and which windows have a place.

use chrono::{Days, NaiveDate};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::ask::{Ask, found};
use super::error::{Answer, Problem};
use super::schemas::{WindowShown, at};
use crate::domain::Refusal;
use crate::domain::coverage::{self, Coverage, Postcode};
use crate::domain::visits::{self, Added, Available, Errand, LONGEST_SEARCH};
use crate::domain::{organisations, tasks};

/// Days ahead that are shown where no end is asked for.
const USUAL_DAYS: u64 = 20;

#[derive(IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
#[expect(dead_code, reason = "read by the document only: the parameters are read below")]
pub(super) struct AvailabilityAsked {
    /// What is to be done.
    #[param(pattern = "task")]
    task_id: String,
    /// Where.
    #[param(pattern = "postcode", max_length = 8)]
    postcode: String,
    /// The first day, where the organisation is; today where it is not given.
    #[param(format = Date)]
    from: Option<String>,
    /// The last day; three weeks in all where it is not given, 32 days at most.
    #[param(format = Date)]
    to: Option<String>,
}

/// Whether appointments are made there, and when.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Availability {
    covered: bool,
    /// Where it is not covered: the nearest place that is.
    #[schema(required = true)]
    nearest: Option<Nearest>,
    /// In order of time; those that are full are not among them.
    windows: Vec<FreeWindow>,
    /// Why no window is recommended, in a sentence; null where some are, and where there is none.
    #[schema(required = true)]
    not_recommended: Option<String>,
}

/// A window with a place, and what it costs in driving.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct FreeWindow {
    /// What an appointment is booked with.
    #[schema(examples("win_7_20261203"))]
    id: String,
    #[schema(examples("Early"))]
    name: String,
    #[schema(format = DateTime, examples("2026-12-03T07:00:00Z"))]
    start_at: String,
    #[schema(format = DateTime, examples("2026-12-03T09:00:00Z"))]
    end_at: String,
    /// Appointments that still fit; another may take the last at any time.
    #[schema(minimum = 0, examples(3))]
    places_left: i32,
    /// First, second or third of those that add the least travel, of equals the earlier; null for the others.
    #[schema(required = true, minimum = 1, maximum = 3)]
    recommended: Option<u8>,
    /// Minutes of driving that it adds, by an estimate between postcode districts, to the day of the practitioner for
    /// whom it adds least; null where nobody with the right skills works then and has time for it.
    #[schema(required = true, minimum = 0, examples(5))]
    added_travel_minutes: Option<i32>,
}

impl FreeWindow {
    fn new(of: Available, added: Option<&Added>) -> Self {
        let of = window(of);
        Self {
            id: of.id,
            name: of.name,
            start_at: of.start_at,
            end_at: of.end_at,
            places_left: of.places_left,
            recommended: added.and_then(|added| added.place),
            added_travel_minutes: added.map(|added| added.minutes),
        }
    }
}

/// A postcode district that is covered.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Nearest {
    #[schema(examples("LS1"))]
    district: String,
    /// How far away it is, where both are known.
    #[schema(required = true, minimum = 0)]
    miles: Option<i32>,
}

pub(super) fn window(of: Available) -> WindowShown {
    WindowShown {
        id: of.slot.public_id(),
        name: of.slot.name,
        start_at: at(of.slot.starts_at),
        end_at: at(of.slot.ends_at),
        places_left: of.places_left,
    }
}

/// Ask whether a postcode is covered, and which windows are free
///
/// Ask shortly before you show windows: a place is taken only by booking it.
#[utoipa::path(
    get,
    path = "/api/v1/availability",
    tag = "Availability",
    params(AvailabilityAsked),
    responses(
        (status = 200, description = "Whether it is covered, and the windows with a place", body = Availability),
        (status = 404, description = "There is no such task for this key", body = super::schemas::ProblemShape,
            content_type = "application/problem+json"),
    )
)]
pub(super) async fn show(ask: Ask) -> Answer {
    let given = |name: &str| ask.parameters.one(name).unwrap_or_default().to_owned();
    let (task, postcode) = (given("taskId"), given("postcode"));
    let postcode = Postcode::parse(&postcode)
        .ok_or_else(|| Problem::parameter("postcode", "must be a postcode, such as LS1 4AP"))?;
    let (from, to, now) = (ask.parameters.date("from"), ask.parameters.date("to"), ask.now);
    if let (Some(from), Some(to)) = (from, to)
        && (to < from || to > after(from, LONGEST_SEARCH))
    {
        let rule = format!("must be from the first day to {LONGEST_SEARCH} days after it");
        return Err(Problem::parameter("to", rule));
    }
    let answer = ask
        .look(move |conn, client| {
            let (scope, organisation) = (client.viewing(), client.organisation());
            let all = tasks::bookable(conn, organisation)?;
            let Some(task) = all.iter().find(|one| one.public_id == task) else { return Ok(None) };
            if let Coverage::Not { nearest } = coverage::check(conn, organisation, &postcode)? {
                let nearest = nearest.map(|(district, miles)| Nearest { district, miles });
                let (windows, not_recommended) = (Vec::new(), None);
                return Ok(Some(Availability { covered: false, nearest, windows, not_recommended }));
            }
            let zone =
                organisations::get(conn, &scope)?.time_zone.parse().unwrap_or(chrono_tz::Tz::Europe__London);
            let from = from.unwrap_or_else(|| now.and_utc().with_timezone(&zone).date_naive());
            let to = to.unwrap_or_else(|| after(from, USUAL_DAYS));
            let windows = visits::availability(conn, &scope, client.mode(), (from, to), now)?;
            let errand = Errand { task, postcode: &postcode.to_string(), visit: None };
            let advice = visits::advise(conn, &scope, client.mode(), errand, &windows)?;
            let shown = |one: Available| {
                let added = advice.of(&one.slot);
                FreeWindow::new(one, added)
            };
            let windows = windows.into_iter().map(shown).collect();
            let not_recommended = advice.why_not;
            Ok::<_, Refusal>(Some(Availability { covered: true, nearest: None, windows, not_recommended }))
        })
        .await?;
    let answer = answer.ok_or_else(|| Problem::no_such("taskId", "must be a task that can be booked"))?;
    found(&serde_json::to_value(answer).unwrap_or_default())
}

fn after(date: NaiveDate, days: u64) -> NaiveDate {
    date.checked_add_days(Days::new(days)).unwrap_or(date)
}
