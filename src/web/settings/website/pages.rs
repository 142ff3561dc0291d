//! The tab *Website* and the pages below it, as values for their templates.

use askama::Template;
use chrono::NaiveDateTime;
use chrono_tz::Tz;

use crate::connectors::{Location, ProfileStatus};
use crate::domain::connections::{
    Card, Connection, Service, ServiceZone, State, Status, TERMS_VERSION, Token,
};
use crate::kit::ids::{OrganisationId, TokenId};
use crate::kit::secret::Secret;
use crate::links;
use crate::web::ui::{Shell, When, filters};

/// What was typed or ticked, to be shown again.
#[derive(Default)]
pub(super) struct Typed {
    pub sync: bool,
    pub label: String,
}

/// What the page needs besides the connection.
pub(super) struct Told {
    pub org: OrganisationId,
    pub profile: Option<ProfileStatus>,
    pub now: NaiveDateTime,
    pub zone: Tz,
    pub typed: Typed,
    pub opened: Option<(TokenId, Secret)>,
}

/// A connection that exists, with what hangs on it.
pub(super) struct Known {
    pub connection: Connection,
    pub tokens: Vec<Token>,
    pub services: Vec<Service>,
    pub zones: Vec<ServiceZone>,
    pub held: Option<String>,
}

/// Elsewhere the card says that this page is where it is done.
const HERE: &str = "It is not switched on yet. Tick Sync with Nourish below to switch it on.";

/// *Org Settings*, tab *Website*.
#[derive(Template)]
#[template(path = "settings/website.html")]
pub(super) struct Website {
    shell: Shell,
    at: At,
    status: StatusView,
    /// "partly verified", or empty where there is nothing to warn of.
    profile: String,
    can_switch: bool,
    is_on: bool,
    ticked: bool,
    terms_version: &'static str,
    accepted: Option<(String, String, When)>,
    steps: Vec<Step>,
    tokens: Vec<TokenView>,
    label: String,
    services: Vec<ServiceView>,
    held: String,
    /// `None`: nothing to ask for; else when it was asked for, or an empty text.
    multi_service: Option<String>,
    can_sync: bool,
    waiting: bool,
}

/// Addresses of the page's forms and links.
struct At {
    save: String,
    terms: String,
    test: String,
    check: String,
    start_sync: String,
    multi_service: String,
    tokens: String,
    integrations: String,
}

impl At {
    fn of(org: OrganisationId) -> Self {
        Self {
            save: links::nourish(org),
            terms: links::nourish_act(org, "terms"),
            test: links::nourish_act(org, "test"),
            check: links::nourish_act(org, "services"),
            start_sync: links::nourish_act(org, "start-sync"),
            multi_service: links::nourish_act(org, "multi-service"),
            tokens: links::nourish_act(org, "tokens"),
            integrations: links::integrations(org),
        }
    }
}

/// The line of state.
struct StatusView {
    tag: &'static str,
    words: String,
    repair: String,
    since: Option<When>,
    told: String,
    next: Option<When>,
    last_good: Option<When>,
}

/// One step of switching on.
struct Step {
    words: &'static str,
    done: bool,
    /// The first that is not done.
    next: bool,
}

struct TokenView {
    id: TokenId,
    label: String,
    ends_with: String,
    /// The whole token, only after a fresh password.
    opened: Option<String>,
    made_by: String,
    made: When,
    used: Option<When>,
    /// A replaced token: when it stops working.
    ends: Option<When>,
    show: String,
    replace: String,
    revoke: String,
}

struct ServiceView {
    name: String,
    on: bool,
    token: String,
    locations: Vec<Location>,
    /// What to do about its zone, or empty.
    zone: String,
}

pub(super) fn website(shell: Shell, told: Told, card: Card, known: Option<Known>) -> Website {
    let words = |at: NaiveDateTime| When::new(at.and_utc(), told.now.and_utc(), told.zone);
    let connection = known.as_ref().map(|known| &known.connection);
    let is_on = connection.is_some_and(|connection| connection.state != State::Off);
    let accepted = connection.and_then(|connection| {
        let at = connection.terms_accepted_at?;
        Some((connection.terms_version.clone(), connection.terms_accepted_by.clone(), words(at)))
    });
    let profile = told.profile.filter(|status| *status != ProfileStatus::Verified);
    let (at, org) = (At::of(told.org), told.org);
    let steps = steps(is_on, &card);
    let mut page = Website {
        can_switch: card.status != Status::NotAvailable,
        can_sync: card.status.can_sync(),
        waiting: matches!(card.status, Status::Waiting | Status::Relink),
        ticked: is_on || told.typed.sync,
        profile: profile.map(|status| status.words().to_owned()).unwrap_or_default(),
        terms_version: TERMS_VERSION,
        status: StatusView {
            tag: card.status.words(),
            words: if card.status == Status::Available { HERE.to_owned() } else { card.words },
            repair: card.repair,
            since: card.since.map(words),
            told: card.told,
            next: card.next_attempt.map(words),
            last_good: card.last_good_at.map(words),
        },
        label: told.typed.label,
        tokens: Vec::new(),
        services: Vec::new(),
        held: String::new(),
        multi_service: None,
        shell,
        at,
        is_on,
        accepted,
        steps,
    };
    let Some(known) = known.filter(|_| page.can_switch) else { return page };
    if known.held.is_some() && !known.connection.multi_service {
        let asked = known.connection.multi_service_asked_at.map(|at| words(at).in_sentence().words);
        page.multi_service = Some(asked.unwrap_or_default());
    }
    page.services = known.services.iter().map(|service| service_view(service, &known)).collect();
    page.held = known.held.clone().unwrap_or_default();
    let opened = told.opened;
    page.tokens = known
        .tokens
        .into_iter()
        .map(|token| TokenView {
            opened: opened
                .as_ref()
                .filter(|(id, _)| *id == token.id)
                .map(|(_, secret)| secret.reveal().to_owned()),
            show: links::token_act(org, token.id, "show"),
            replace: links::token_act(org, token.id, "replace"),
            revoke: links::token_act(org, token.id, "revoke"),
            made: words(token.made_at),
            used: token.last_used_at.map(words),
            ends: token.expires_at.map(words),
            id: token.id,
            label: token.label,
            ends_with: token.ends_with,
            made_by: token.made_by,
        })
        .collect();
    page
}

fn steps(is_on: bool, card: &Card) -> Vec<Step> {
    let pasted = card.status.can_sync();
    let done = [
        ("Tick Sync with Nourish, agree to share, and save: an integration token appears", is_on),
        ("Paste the token into Nourish, under Administration > Extensions", pasted),
        ("Run the first sync with Start Sync", pasted && card.last_good_at.is_some()),
    ];
    let mut before = true;
    let step = |(words, done): (&'static str, bool)| {
        let next = before && !done;
        before &= done;
        Step { words, done, next }
    };
    // Once all is done the steps are gone, unless the token has to be pasted again.
    if done.iter().all(|(_, done)| *done) { Vec::new() } else { done.into_iter().map(step).collect() }
}

fn service_view(service: &Service, known: &Known) -> ServiceView {
    let token = known.tokens.iter().find(|token| Some(token.id) == service.token);
    let zone = known.zones.iter().find(|zone| zone.external_id == service.external_id);
    let zone = zone.filter(|_| known.connection.multi_service);
    ServiceView {
        name: service.name.clone(),
        on: service.on(),
        token: token.map(|token| token.label.clone()).unwrap_or_default(),
        locations: service.locations.clone(),
        zone: zone.map(|zone| zone.repair.clone()).unwrap_or_default(),
    }
}

/// A page that asks before something that cannot be undone.
#[derive(Template)]
#[template(path = "settings/website_confirm.html")]
pub(super) struct Confirm {
    shell: Shell,
    words: Vec<String>,
    act: String,
    label: &'static str,
    class: &'static str,
    back: String,
}

pub(super) fn confirm_off(shell: Shell, org: OrganisationId) -> Confirm {
    let words = "Residents stay. Nothing more is brought over. The token stops working.";
    let pairings = "Every pairing is kept, for the day you switch it on again: then you need a new token.";
    Confirm {
        shell,
        words: vec![words.into(), pairings.into()],
        act: links::nourish_act(org, "off"),
        label: "Turn off Nourish sync",
        class: "btn--danger",
        back: links::settings_website(org),
    }
}

pub(super) fn confirm_replace(shell: Shell, org: OrganisationId, token: &Token) -> Confirm {
    let name = format!("The token {} ends in {}.", token.label, token.ends_with);
    let overlap = "A new token is made in its place. The old one works for another 24 hours, so that you have \
                   time to paste the new one into Nourish. Every pairing is kept.";
    Confirm {
        shell,
        words: vec![name, overlap.into()],
        act: links::token_act(org, token.id, "replace"),
        label: "Replace the token",
        class: "",
        back: links::settings_website(org),
    }
}

pub(super) fn confirm_revoke(shell: Shell, org: OrganisationId, token: &Token) -> Confirm {
    let name = format!("The token {} ends in {}.", token.label, token.ends_with);
    let at_once = "It stops working at once. Nothing more is brought over from the services that use it, until \
                   another token is pasted there. Residents stay, and every pairing is kept.";
    Confirm {
        shell,
        words: vec![name, at_once.into()],
        act: links::token_act(org, token.id, "revoke"),
        label: "Revoke the token",
        class: "btn--danger",
        back: links::settings_website(org),
    }
}
