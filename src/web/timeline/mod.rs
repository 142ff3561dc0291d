//! The queue of the care record for managers: what waits, what arrived, what needs somebody; and one entry with how it
//! looks there and every version of it. Where updates go is in `settings`.

mod settings;

use askama::Template;

use super::activities::Stands;
use super::error::Answer;
use super::freshness;
use super::listing::{self, Address, PER_PAGE};
use super::routes::{Line, Who, get, post};
use super::ui::{Link, Notice, Pager, Shell, Tab, When, filters, when};
use super::visit::{Fields, In, Nav, Posted, Visit, ticked};
use crate::connectors::Vendor;
use crate::domain::access::{Permission, RecordActivities, RunSyncs, ViewIntegrations};
use crate::domain::timeline::{self, Kept, State, Wanted};
use crate::kit::ids::EntryId;
use crate::links;
use crate::services::Services;

pub(super) use settings::of_resident;

pub fn routes() -> Vec<Line> {
    vec![
        get("/org/{org}/timeline", Who::Holder(Permission::ViewIntegrations), index),
        post("/org/{org}/timeline/send-again", Who::Holder(Permission::RunSyncs), send_again),
        get("/org/{org}/timeline/settings", Who::Holder(Permission::ManageOrganisation), settings::form),
        post("/org/{org}/timeline/settings", Who::Holder(Permission::ManageOrganisation), settings::save),
        post(
            "/org/{org}/residents/{resident}/care-record",
            Who::Holder(Permission::EditResidents),
            settings::choose,
        ),
        get("/org/{org}/timeline/{entry}", Who::Holder(Permission::RecordActivities), show),
    ]
}

#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Asked {
    show: String,
    page: String,
}

/// A tab of the queue: its word in the address, its label, and the states under it.
const TABS: [(&str, &str, &[State]); 4] = [
    ("", "Needs attention", &[State::Rejected, State::Dead, State::Doubtful]),
    ("waiting", "Waiting", &[State::Waiting, State::Held, State::Sending, State::Uncertain]),
    ("accepted", "Accepted", &[State::Sent]),
    ("not-sent", "Not sent", &[State::Cancelled]),
];

#[derive(Template)]
#[template(path = "timeline/index.html")]
struct Index {
    shell: Shell,
    rows: Vec<Row>,
    pager: Pager,
    /// Where the ticked ones are sent again, for those who may, on the tab of those that need it.
    again: Option<String>,
    needs: bool,
    total: String,
    /// Where updates go, for those who may say.
    settings: Option<String>,
}

struct Row {
    id: EntryId,
    href: String,
    resident: String,
    vendor: String,
    activity: String,
    when: When,
    tag: &'static str,
    because: String,
    repair: String,
    attempts: i32,
}

async fn index(visit: Visit, In(scope): In<ViewIntegrations>) -> Answer {
    let asked: Asked = visit.query();
    let org = scope.organisation();
    let page = listing::page_number(&asked.page);
    let [first, ..] = TABS;
    let (word, _, states) = TABS.into_iter().find(|(word, ..)| *word == asked.show).unwrap_or(first);
    let (offset, limit) = (listing::rows_before(page), i64::from(PER_PAGE));
    let (found, counts) = visit
        .read(move |conn| {
            let counts = timeline::counts(conn, &scope)?;
            Ok((timeline::list(conn, &scope, Wanted { states }, offset, limit)?, counts))
        })
        .await?;
    let of = |states: &[State]| -> i64 {
        counts.iter().filter(|(state, _)| states.contains(state)).map(|(_, count)| count).sum()
    };
    let mut shell = visit.org_shell("Timeline", Nav::Activities)?;
    shell.crumb = Some(Link::new("Activities", links::activities(org)));
    let address = |word: &'static str| Address::new(links::timeline(org)).with("show", word);
    shell.tabs = TABS
        .into_iter()
        .map(|(one, label, states)| {
            let label = format!("{label} ({})", when::thousands(of(states)));
            Tab::new(label, address(one).page(1), one == word)
        })
        .collect();
    let rows: Vec<Row> = found
        .rows
        .into_iter()
        .map(|one| Row {
            id: one.kept.id,
            href: links::timeline_entry(org, one.kept.id),
            when: freshness::at(&visit, one.kept.occurred_at),
            tag: one.kept.state.words(),
            attempts: one.kept.attempts,
            resident: one.resident_name,
            vendor: one.kept.vendor_name().to_owned(),
            activity: one.kept.activity_name,
            because: one.kept.because,
            repair: one.kept.repair,
        })
        .collect();
    let needs = word.is_empty();
    let index = Index {
        pager: listing::uncounted(page, rows.len(), found.more, &address(word)),
        again: (needs && !rows.is_empty() && visit.may(Permission::RunSyncs))
            .then(|| links::timeline_again(org)),
        needs,
        total: when::thousands(of(states)),
        settings: visit.may(Permission::ManageOrganisation).then(|| links::timeline_settings(org)),
        shell,
        rows,
    };
    visit.page(&index)
}

async fn send_again(visit: Visit, In(scope): In<RunSyncs>, Posted(fields): Posted<Fields>) -> Answer {
    let org = scope.organisation();
    let chosen: Vec<EntryId> = ticked(&fields, "entry[]");
    if chosen.is_empty() {
        return visit
            .done(links::timeline(org), &Notice::warn("Tick the entries that are to be sent again."));
    }
    let again = visit.write(move |tx| timeline::send_again(tx, &scope, &chosen)).await?;
    visit.services.wake.notify_one();
    let notice = match again {
        0 => Notice::warn("None of them waits for you any more."),
        1 => Notice::ok("One entry is sent again."),
        many => Notice::ok(format!("{many} entries are sent again.")),
    };
    visit.done(links::timeline(org), &notice)
}

#[derive(Template)]
#[template(path = "timeline/show.html")]
struct Show {
    shell: Shell,
    vendor: String,
    standing: Stands,
    /// In whose words it is shown.
    shown_in: String,
    looks: Vec<super::activities::Looks>,
    /// The same as other systems would show it.
    others: Vec<Link>,
    when: When,
    versions: Vec<Version>,
    /// The queue, for those who may see it.
    queue: Option<String>,
}

struct Version {
    href: String,
    current: bool,
    words: &'static str,
    tag: &'static str,
    when: When,
}

async fn show(visit: Visit, In(scope): In<RecordActivities>) -> Answer {
    let (org, id) = (scope.organisation(), visit.id::<EntryId>("entry")?);
    let (kept, history) = visit
        .read(move |conn| {
            let kept = timeline::entry(conn, &scope, id)?;
            let history = timeline::history(conn, &scope, &kept)?;
            Ok((kept, history))
        })
        .await?;
    let asked: Preferred = visit.query();
    let own = kept.vendor();
    let shown =
        asked.system.parse().ok().filter(|vendor| previews_in(&visit.services).contains(vendor)).or(own);
    let system = shown.and_then(|vendor| visit.services.care_systems.get(vendor));
    let looks = system.map(|system| {
        super::activities::looks(system.shown(&timeline::preview(&kept)), system.vendor().name())
    });
    let href = |vendor: Vendor| format!("{}?system={}", links::timeline_entry(org, id), vendor.id());
    let others = previews_in(&visit.services).into_iter().filter(|vendor| Some(*vendor) != shown);
    let others = others.map(|vendor| Link::new(vendor.name(), href(vendor))).collect();
    let mut shell =
        visit.org_shell(format!("{} in {}", kept.activity_name, kept.vendor_name()), Nav::Activities)?;
    shell.crumb = Some(Link::new("Activities", links::activities(org)));
    let page = Show {
        shell,
        vendor: kept.vendor_name().to_owned(),
        shown_in: shown.map_or_else(|| kept.vendor_name().to_owned(), |vendor| vendor.name().to_owned()),
        others,
        looks: looks.unwrap_or_default(),
        when: freshness::at(&visit, kept.occurred_at),
        versions: history.iter().map(|one| version(&visit, org, one, &kept)).collect(),
        queue: visit.may(Permission::ViewIntegrations).then(|| links::timeline(org)),
        standing: Stands::of_entry(&visit, org, &kept),
    };
    visit.page(&page)
}

#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Preferred {
    system: String,
}

/// The systems in whose words an entry can be shown.
pub(super) fn previews_in(services: &Services) -> Vec<Vendor> {
    Vendor::written_to().filter(|vendor| services.care_systems.get(*vendor).is_some()).collect()
}

fn version(visit: &Visit, org: crate::kit::ids::OrganisationId, one: &Kept, shown: &Kept) -> Version {
    Version {
        href: links::timeline_entry(org, one.id),
        current: one.id == shown.id,
        words: match one.change {
            timeline::Change::New => "As it was recorded first",
            timeline::Change::Correction => "Correction",
            timeline::Change::Withdrawal => "Withdrawal",
        },
        tag: one.state.words(),
        when: freshness::at(visit, one.created_at),
    }
}
