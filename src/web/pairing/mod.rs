//! Pairing by people: who is not linked and why, *Suggested Pairing*, links made together, and how good
//! the pairing is. What a sync decides is elsewhere; these pages show words, never scores.

mod comparison;
mod differences;
mod forms;
mod pages;
mod samples;
mod suggested;
mod swap;
mod together;
mod walk;

use super::error::{Answer, Fault};
use super::listing;
use super::routes::{Line, Who, get, post};
use super::ui::{Link, Shell, Tab, when};
use super::visit::{In, Nav, Visit};
use super::{download, freshness, see_other};
use crate::connectors::Vendor;
use crate::db::Conn;
use crate::domain::Refusal;
use crate::domain::access::{Permission, Right, Scope, ViewIntegrations};
use crate::domain::connections::{self, Connection};
use crate::domain::organisations::{self, Feed, Place};
use crate::domain::pairing::matching::{Kind, System};
use crate::domain::pairing::{self, Cause, Chosen, Filter, Progress, Unpaired};
use crate::kit::ids::{ConnectionId, ExternalRecordId, OrganisationId, ResidentId};
use crate::kit::secret::keyed_fingerprint;
use crate::links;

pub fn routes() -> Vec<Line> {
    let view = Who::Holder(Permission::ViewIntegrations);
    let pair = Who::Holder(Permission::PairRecords);
    // Those with a fixed last part stand before the one that takes any.
    vec![
        get("/org/{org}/pairing/quality", view, quality),
        get("/org/{org}/pairing/{vendor}/{kind}", view, index),
        get("/org/{org}/pairing/{vendor}/{kind}/list.csv", view, list_csv),
        get("/org/{org}/pairing/{vendor}/{kind}/confirm-many", pair, together::form),
        post("/org/{org}/pairing/{vendor}/{kind}/confirm-many", pair, together::confirm),
        post("/org/{org}/pairing/{vendor}/{kind}/undo-batch", pair, together::undo),
        post("/org/{org}/pairing/{vendor}/{kind}/undo-swap", pair, swap::undo),
        get("/org/{org}/pairing/{vendor}/{kind}/{local}", pair, suggested::show),
        post("/org/{org}/pairing/{vendor}/{kind}/{local}", pair, suggested::link),
        post("/org/{org}/pairing/{vendor}/{kind}/{local}/refusals", pair, suggested::refuse),
        post(
            "/org/{org}/pairing/{vendor}/{kind}/{local}/refusals/{record}/withdraw",
            pair,
            suggested::withdraw,
        ),
        get("/org/{org}/pairing/{vendor}/{kind}/{local}/swap", pair, swap::form),
        post("/org/{org}/pairing/{vendor}/{kind}/{local}/swap", pair, swap::swap),
        post("/org/{org}/pairing/{vendor}/{kind}/{local}/parking", pair, suggested::park),
        post("/org/{org}/pairing/{vendor}/{kind}/{local}/ask", pair, suggested::ask),
        post("/org/{org}/pairing/{vendor}/{kind}/{local}/bring-back", pair, suggested::bring_back),
        get("/org/{org}/pairing/{vendor}/{kind}/{local}/unlink", pair, suggested::confirm_unlink),
        post("/org/{org}/pairing/{vendor}/{kind}/{local}/unlink", pair, suggested::unlink),
    ]
}

/// Which list a path is about.
#[derive(Clone, Copy, Debug)]
struct At {
    org: OrganisationId,
    vendor: Vendor,
    kind: Kind,
}

impl At {
    fn of(visit: &Visit) -> Result<Self, Fault> {
        let vendor: Vendor = visit.id("vendor")?;
        // What is mapped has a window of its own, with other conditions.
        if vendor.about().mapped {
            return Err(Fault::NotFound);
        }
        let kind = match visit.part("kind")? {
            "residents" => Kind::People,
            "staff" => Kind::Staff,
            _ => return Err(Fault::NotFound),
        };
        if visit.part("vendor")? != vendor.id() {
            return Err(Fault::NotFound);
        }
        Ok(Self { org: visit.organisation()?, vendor, kind })
    }

    fn kind_word(self) -> &'static str {
        match self.kind {
            Kind::People => "residents",
            Kind::Staff => "staff",
        }
    }

    /// As in *Resident Pairing* and *Link Resident*.
    fn noun(self) -> &'static str {
        match self.kind {
            Kind::People => "Resident",
            Kind::Staff => "Staff",
        }
    }

    fn heading(self) -> String {
        format!("{} Pairing", self.noun())
    }

    fn system(self) -> System {
        self.vendor
    }

    fn list(self) -> String {
        links::pairing(self.org, self.vendor.id(), self.kind_word())
    }

    fn suggested(self, local: i64) -> String {
        links::suggested_pairing(self.org, self.vendor.id(), self.kind_word(), local)
    }

    fn beside(self, local: i64, record: ExternalRecordId) -> String {
        format!("{}?record={record}", self.suggested(local))
    }

    fn act(self, local: i64, act: &str) -> String {
        links::pairing_act(self.org, self.vendor.id(), self.kind_word(), local, act)
    }

    fn swap(self, local: i64, record: ExternalRecordId) -> String {
        format!("{}?record={record}", self.act(local, "swap"))
    }

    fn withdraw(self, local: i64, record: ExternalRecordId) -> String {
        links::withdraw_refusal(self.org, self.vendor.id(), self.kind_word(), local, record)
    }

    fn connection<R: Right>(self, conn: &mut Conn, scope: &Scope<R>) -> Result<Connection, Refusal> {
        connections::find(conn, scope, self.vendor)?.ok_or(Refusal::NotHere)
    }

    fn chosen(self, connection: ConnectionId, local: i64, record: ExternalRecordId) -> Chosen {
        Chosen { connection, system: self.system(), kind: self.kind, local, record }
    }

    /// Where somebody goes on after a decision: the list, or what they may see of it.
    fn after(self, visit: &Visit, local: i64) -> String {
        if visit.may(Permission::ViewIntegrations) { self.list() } else { self.page_of(visit, local) }
    }

    /// The person's own page, or what comes nearest for whom may not see it.
    fn page_of(self, visit: &Visit, local: i64) -> String {
        match self.kind {
            Kind::People if visit.may(Permission::ViewResidents) => {
                links::resident(self.org, ResidentId(local))
            }
            _ if visit.may(Permission::ViewIntegrations) => self.list(),
            _ => self.suggested(local),
        }
    }

    /// The frame of a page below the list.
    fn frame(self, visit: &Visit, title: &str, feeds: &[Feed]) -> Result<Shell, Fault> {
        let mut shell = visit.org_shell(title, Nav::Integrations)?;
        shell.banner = freshness::banner(visit, feeds);
        if visit.may(Permission::ViewIntegrations) {
            shell.crumb = Some(Link::new(self.heading(), self.list()));
        }
        Ok(shell)
    }
}

struct Found {
    connection: Connection,
    progress: Progress,
    rows: Vec<Unpaired>,
    more: bool,
    feeds: Vec<Feed>,
    /// What the list can be narrowed by.
    places: Vec<Place>,
    causes: Vec<Cause>,
}

fn find(
    conn: &mut Conn,
    scope: &Scope<ViewIntegrations>,
    at: At,
    filter: &Filter,
    today: chrono::NaiveDate,
) -> Result<Found, Refusal> {
    let connection = at.connection(conn, scope)?;
    let mut rows = pairing::unpaired(conn, scope, connection.id, at.kind, filter, today)?;
    let limit = usize::try_from(filter.limit).unwrap_or(usize::MAX);
    let more = rows.len() > limit;
    rows.truncate(limit);
    Ok(Found {
        progress: pairing::progress(conn, scope, connection.id, at.kind, today)?,
        feeds: organisations::feeds(conn, scope)?,
        places: organisations::places(conn, scope)?,
        causes: pairing::causes(conn, scope, connection.id, at.kind, today)?,
        rows,
        more,
        connection,
    })
}

async fn index(visit: Visit, In(scope): In<ViewIntegrations>) -> Answer {
    let at = At::of(&visit)?;
    let asked: forms::Asked = visit.query();
    let (page, today) = (listing::page_number(&asked.page), freshness::today(&visit));
    let (filter, address) = (asked.filter(page), asked.address(at.list()));
    let found = visit.read(move |conn| find(conn, &scope, at, &filter, today)).await?;
    if found.rows.is_empty() && page > 1 {
        return Ok(see_other(address.page(1)));
    }
    let pager = listing::uncounted(page, found.rows.len(), found.more, &address);
    let Progress { paired, total, .. } = found.progress;
    let title = format!("{}, {} of {}", at.heading(), when::thousands(paired), when::thousands(total));
    let mut shell = visit.org_shell(visit.say(&title), Nav::Integrations)?;
    shell.banner = freshness::banner(&visit, &found.feeds);
    shell.crumb = Some(Link::new("Integrations", links::integrations(at.org)));
    shell.tabs = [Kind::People, Kind::Staff]
        .map(|kind| At { kind, ..at })
        .map(|one| {
            let label = if one.kind == Kind::Staff { "Staff" } else { "Residents" };
            Tab::new(visit.say(label), one.list(), one.kind == at.kind)
        })
        .into();
    visit.page(&pages::Index::new(&visit, shell, at, &asked, found, (pager, &address)))
}

impl Found {
    fn never_synced(&self) -> bool {
        self.connection.last_good_at.is_none()
    }
}

/// Rows that one read of the export takes, and rows of a file at most.
const AT_ONCE: i64 = 1000;
const MOST_IN_A_FILE: usize = 50_000;

/// Who is not paired and why, as the list's filters have it: on all pages, with both systems' references.
async fn list_csv(visit: Visit, In(scope): In<ViewIntegrations>) -> Answer {
    let at = At::of(&visit)?;
    let asked: forms::Asked = visit.query();
    let today = freshness::today(&visit);
    let mut filter = Filter { offset: 0, limit: AT_ONCE, ..asked.filter(1) };
    let rows = visit.read(move |conn| {
        let mut all = Vec::new();
        loop {
            let connection = at.connection(conn, &scope)?.id;
            let mut rows = pairing::unpaired(conn, &scope, connection, at.kind, &filter, today)?;
            // One row more says that there is another page.
            let more = rows.len() > usize::try_from(AT_ONCE).unwrap_or(usize::MAX);
            rows.truncate(usize::try_from(AT_ONCE).unwrap_or(usize::MAX));
            all.extend(rows);
            if !more || all.len() >= MOST_IN_A_FILE {
                return Ok(all);
            }
            filter.offset += AT_ONCE;
        }
    });
    let rows: Vec<Unpaired> = rows.await?;
    let vendor = at.vendor.name();
    let (theirs, best) = (format!("{vendor} reference"), format!("Best suggestion in {vendor}"));
    let (second, third) = if at.kind == Kind::Staff { ("Job title", "Email") } else { ("Room", "Home") };
    let headings = [
        "Our reference",
        "Name",
        second,
        third,
        "Look-alike",
        "Why it did not match",
        best.as_str(),
        theirs.as_str(),
        "Set aside until",
        "Set aside because",
    ];
    let name = format!("{}-{}-not-paired-{}-rows", at.vendor.id(), at.kind_word(), rows.len());
    download::csv(&name, today, headings, rows.into_iter().map(csv_row))
}

fn csv_row(row: Unpaired) -> [String; 10] {
    let (best, theirs) = row.suggestion.map(|one| (one.name, one.external_id)).unwrap_or_default();
    let (because, until) = match row.parked {
        Some((reason, until)) => (reason, when::date(until)),
        None => Default::default(),
    };
    let alike = if row.look_alike { "yes" } else { "" };
    let ours = row.local.to_string();
    [ours, row.name, row.room, row.place, alike.to_owned(), row.why, best, theirs, until, because]
}

async fn quality(visit: Visit, In(scope): In<ViewIntegrations>) -> Answer {
    let org = scope.organisation();
    // Whom to look at is another with every second, and nobody's choice.
    let drawn = keyed_fingerprint(visit.held().reveal(), &visit.now.to_string());
    let chance = drawn.get(..8).and_then(|part| u32::from_str_radix(part, 16).ok()).unwrap_or_default();
    let found = visit.read(move |conn| Ok(pairing::quality(conn, &scope, chance)?)).await?;
    let mut shell = visit.org_shell("How good the pairing is", Nav::Integrations)?;
    shell.crumb = Some(Link::new("Integrations", links::integrations(org)));
    visit.page(&pages::Quality::new(&visit, shell, org, &found))
}
