//! What the four tabs of *Synchronization* share: the tabs themselves, how the connection stands, *Sync Now*, and the
//! sentence that stands in the place of the rows until every site is mapped.
//!
//! ```text
//! let (shell, frame) = frame::open(&visit, Window::Clients).await?;      // goes on to the handshake where there is none
//! #[template(path = "synchronization/people.html")]
//! struct Page { shell: Shell, frame: Frame, … }                          // both by these names
//! {% block content %}{% include "synchronization/_tabs.html" %}
//! {% if frame.open %}… the rows …{% endif %}{% endblock %}
//! ```

use crate::domain::access::{PairRecords, Permission};
use crate::domain::connections::{self, Availability, Card, Connection};
use crate::domain::mapping::{self, Tabs};
use crate::domain::sync;
use crate::domain::{Refusal, access};
use crate::kit::ids::OrganisationId;
use crate::links;
use crate::web::error::Fault;
use crate::web::freshness;
use crate::web::ui::{Shell, Tab, When};
use crate::web::visit::{Nav, Visit};

/// The tabs, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    Agencies,
    Clients,
    Staff,
    Appointments,
}

impl Window {
    const ALL: [Self; 4] = [Self::Agencies, Self::Clients, Self::Staff, Self::Appointments];

    /// The word in addresses.
    pub fn word(self) -> &'static str {
        match self {
            Self::Agencies => "agencies",
            Self::Clients => "clients",
            Self::Staff => "staff",
            Self::Appointments => "appointments",
        }
    }

    fn label(self) -> &'static str {
        match self {
            Self::Agencies => "Agencies",
            Self::Clients => "Clients",
            Self::Staff => "Staff",
            Self::Appointments => "Appointments",
        }
    }
}

/// What `synchronization/_tabs.html` prints; a page that includes it has it in a field `frame`, beside its `shell`.
pub struct Frame {
    /// Whether this tab shows its rows. Where not, the template says which sites are left, and the page prints no more.
    pub open: bool,
    /// Rows of unmapped sites wait, grouped under their site.
    pub meanwhile: bool,
    /// "Map every site to an agency first. 1 is left."
    pub held: String,
    /// Where that is done, for whoever has the tab.
    pub agencies: Option<String>,
    /// The state of the connection, as the card of Integrations has it.
    pub state: &'static str,
    pub words: String,
    pub repair: String,
    pub last: Option<When>,
    pub next: Option<When>,
    /// The pull under way: its words, and its page.
    pub running: Option<(String, String)>,
    /// Where *Sync Now* posts, for whoever may start one.
    pub pull: Option<String>,
    /// The connection's own page, for whoever may open it.
    pub connection_page: Option<String>,
}

/// Everything that the frame is made of, read at once.
struct Known {
    tabs: Tabs,
    connection: Connection,
    card: Card,
    running: Option<sync::Run>,
    next: Option<chrono::NaiveDateTime>,
}

/// The frame of a tab. Where nobody has connected yet, whoever may do it is sent to the handshake.
pub async fn open(visit: &Visit, window: Window) -> Result<(Shell, Frame), Fault> {
    here(visit)?;
    let (scope, now) = (visit.scope::<PairRecords>()?, visit.now);
    let org = scope.organisation();
    let default = Availability::by_default(&visit.services.config.vendors_available, mapping::VENDOR);
    let view = visit.scope::<access::ViewIntegrations>().ok();
    let known = visit.read(move |conn| {
        let Some(connection) = mapping::connection(conn, &scope)?.filter(ever_on) else { return Ok(None) };
        let card = connections::card(conn, &scope, mapping::VENDOR, default, now)?;
        let running = match (&view, sync::under_way(conn, connection.id)?) {
            (Some(view), Some(run)) => Some(sync::get(conn, view, run)?),
            _ => None,
        };
        let next = mapping::next_pull(conn, &connection, now)?;
        Ok::<_, Refusal>(Some(Known { tabs: mapping::tabs(conn, &scope)?, connection, card, running, next }))
    });
    let start = if visit.may(Permission::ManageIntegrations) {
        links::synchronization_connection(org)
    } else {
        links::settings_therapy(org)
    };
    let known = known.await?.ok_or(Fault::Elsewhere(start))?;
    let mut shell = visit.org_shell("Synchronization", Nav::Settings)?;
    shell.tabs = tabs(org, &known.tabs, window);
    if window == Window::Agencies && !known.tabs.may_see_agencies {
        return Err(Fault::Elsewhere(links::synchronization_tab(org, Window::Clients.word())));
    }
    Ok((shell, frame(visit, org, known, window)))
}

/// The window is of therapy organisations only.
pub fn here(visit: &Visit) -> Result<(), Fault> {
    if mapping::belongs_to(visit.membership()?.sector) { Ok(()) } else { Err(Fault::NotFound) }
}

/// Whether the handshake was ever finished.
pub fn ever_on(connection: &Connection) -> bool {
    connection.terms_accepted_at.is_some()
}

fn tabs(org: OrganisationId, tabs: &Tabs, current: Window) -> Vec<Tab> {
    let shown = Window::ALL.into_iter().filter(|one| *one != Window::Agencies || tabs.may_see_agencies);
    shown
        .map(|one| Tab::new(one.label(), links::synchronization_tab(org, one.word()), one == current))
        .collect()
}

fn frame(visit: &Visit, org: OrganisationId, known: Known, window: Window) -> Frame {
    let Known { tabs, connection, card, running, next } = known;
    let open = window == Window::Agencies || tabs.open;
    let held = match tabs.sites_unmapped {
        _ if open => String::new(),
        1 => "Map every site to an agency first. 1 is left.".to_owned(),
        n => format!("Map every site to an agency first. {n} are left."),
    };
    let pulls = visit.may(Permission::RunSyncs) && connection.available && card.status.can_pull();
    let running = running.map(|run| (run.progress.clone(), links::sync_run(org, run.id)));
    Frame {
        open,
        meanwhile: tabs.meanwhile && tabs.sites_unmapped > 0,
        held,
        agencies: tabs.may_see_agencies.then(|| links::synchronization_tab(org, Window::Agencies.word())),
        state: card.status.words(),
        words: card.words,
        repair: card.repair,
        last: connection.last_good_at.map(|at| freshness::at(visit, at)),
        next: next.map(|at| freshness::at(visit, at)),
        pull: (pulls && running.is_none()).then(|| links::synchronization_act(org, "pull")),
        running,
        connection_page: visit
            .may(Permission::ManageIntegrations)
            .then(|| links::synchronization_connection(org)),
    }
}
