//! *Homes* on a care record system's page: which homes it is for, with a guess where one can be made. Saved with one
//! form; a home is on, off, or all of them are on together.

use super::by_default;
use crate::connectors::Vendor;
use crate::db::Conn;
use crate::domain::Refusal;
use crate::domain::access::{ManageIntegrations, Permission, Scope, ViewIntegrations};
use crate::domain::connections::{self, Because, Connection, Guess, Homes};
use crate::domain::organisations::{self, PlaceKind, PlaceWithCount};
use crate::domain::pairing::{self, matching::Kind};
use crate::kit::ids::PlaceId;
use crate::links;
use crate::web::error::{Answer, Fault};
use crate::web::routes::{Line, Who, post};
use crate::web::ui::{Choice, Notice};
use crate::web::visit::{Fields, In, Posted, Visit, ticked};

pub(super) fn routes() -> Vec<Line> {
    vec![post("/org/{org}/integrations/{vendor}/homes", Who::Holder(Permission::ManageIntegrations), set)]
}

/// What the page needs to know.
pub(super) struct Known {
    homes: Homes,
    all: Vec<PlaceWithCount>,
    guess: Option<Guess>,
    /// Residents and staff who are paired and of another home.
    elsewhere: (i64, i64),
}

pub(super) fn find(
    conn: &mut Conn,
    scope: &Scope<ViewIntegrations>,
    connection: Option<&Connection>,
    today: chrono::NaiveDate,
) -> Result<Known, Refusal> {
    let all = organisations::place_counts(conn, scope)?.into_iter();
    let id = connection.map(|one| one.id);
    let (homes, elsewhere) = match id {
        Some(id) => {
            let residents = pairing::progress(conn, scope, id, Kind::People, today)?.elsewhere;
            let staff = pairing::progress(conn, scope, id, Kind::Staff, today)?.elsewhere;
            (connections::homes(conn, id)?, (residents, staff))
        }
        None => (Homes::default(), (0, 0)),
    };
    Ok(Known {
        all: all.filter(|one| one.place.kind == PlaceKind::Home).collect(),
        guess: connections::guess(conn, scope, id)?,
        homes,
        elsewhere,
    })
}

/// The panel, for an organisation that has several homes.
pub(super) struct View {
    pub words: String,
    pub elsewhere: String,
    /// What might be meant, the homes, and what its button says.
    pub guess: Option<(String, Vec<PlaceId>, String)>,
    pub ticks: Vec<Choice>,
    /// Where the form is sent, for who may.
    pub act: Option<String>,
}

impl View {
    pub fn of(visit: &Visit, vendor: Vendor, known: &Known) -> Result<Option<Self>, Fault> {
        if known.all.len() < 2 {
            return Ok(None);
        }
        let org = visit.organisation()?;
        let manages = visit.may(Permission::ManageIntegrations);
        let chosen = known.homes.only();
        let tick = |one: &PlaceWithCount| {
            let id = one.place.id;
            let ticked = chosen.as_ref().is_some_and(|only| only.contains(&id));
            let label = format!("{}, {}", one.place.name, people(one.residents, "resident", "residents"));
            Choice::new(id.to_string(), label, ticked)
        };
        Ok(Some(Self {
            words: words(vendor, known),
            elsewhere: elsewhere(vendor, known.elsewhere),
            guess: known.guess.as_ref().filter(|_| manages).map(|guess| guessed(vendor, guess)),
            ticks: known.all.iter().map(tick).collect(),
            act: manages.then(|| links::integration_act(org, vendor.id(), "homes")),
        }))
    }
}

/// Each home in words: on, off, or all on.
fn words(vendor: Vendor, known: &Known) -> String {
    if known.homes.only().is_none() {
        return format!("{vendor} is on for all homes, also for those that are added later.");
    }
    let names = |is_on: bool| {
        let these = known.all.iter().filter(|one| known.homes.holds(one.place.id) == is_on);
        these.map(|one| one.place.name.as_str()).collect::<Vec<_>>().join(" and ")
    };
    format!("{vendor} is on for {}, and off for {}.", names(true), names(false))
}

/// The homes of a connection in a few words for its card; empty where it is for all.
pub(super) fn in_short(homes: &Homes, all: &[organisations::Place]) -> String {
    let Some(only) = homes.only() else { return String::new() };
    let names = all.iter().filter(|home| only.contains(&home.id)).map(|home| home.name.as_str());
    format!("{} only", names.collect::<Vec<_>>().join(" and "))
}

fn people(count: i64, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {many}") }
}

/// "2 residents of other homes are paired with PCS too. They stay paired, and are followed."
fn elsewhere(vendor: Vendor, (residents, staff): (i64, i64)) -> String {
    let who = match (residents, staff) {
        (0, 0) => return String::new(),
        (n, 0) => people(n, "resident", "residents"),
        (0, n) => people(n, "member of staff", "members of staff"),
        (n, m) => {
            let staff = people(m, "member of staff", "members of staff");
            format!("{} and {staff}", people(n, "resident", "residents"))
        }
    };
    let are = if residents + staff == 1 { "is" } else { "are" };
    format!(
        "{who} of other homes {are} paired with {vendor} too. Their links stay, and changes there are followed."
    )
}

fn guessed(vendor: Vendor, guess: &Guess) -> (String, Vec<PlaceId>, String) {
    let names: Vec<&str> = guess.homes.iter().map(|home| home.name.as_str()).collect();
    let names = names.join(" and ");
    let one = guess.homes.len() == 1;
    let ask = if one { "Is it for this home only?" } else { "Is it for these homes only?" };
    let words = match guess.because {
        Because::Paired(1) => format!("The one resident who is paired so far lives in {names}. {ask}"),
        Because::Paired(n) => format!("All {n} residents who are paired so far live in {names}. {ask}"),
        Because::Others => {
            let has = if one { "has" } else { "have" };
            format!("The other homes have another care record system, and {names} {has} none yet. {ask}")
        }
    };
    (words, guess.homes.iter().map(|home| home.id).collect(), format!("Yes, {vendor} is for {names} only"))
}

async fn set(visit: Visit, In(scope): In<ManageIntegrations>, Posted(form): Posted<Fields>) -> Answer {
    let vendor: Vendor = visit.id("vendor")?;
    visit.services.care_systems.get(vendor).ok_or(Fault::NotFound)?;
    let org = scope.organisation();
    let which = (vendor, by_default(&visit, vendor));
    let homes: Vec<PlaceId> = ticked(&form, "home[]");
    visit.write(move |tx| connections::set_homes(tx, &scope, which, &homes)).await?;
    let notice = Notice::ok(format!("Saved. The numbers of {vendor} are for these homes from now on."));
    visit.done(links::integration(org, vendor.id()), &notice)
}
