//! The pages of webhooks, as values for their templates. None holds a secret but [`Secret`], once.

use askama::Template;
use chrono::NaiveDateTime;

use super::forms::{Typed, box_of};
use crate::domain::webhooks::{Delivery, Endpoint, Kind, MOST, State, TRIES};
use crate::kit::ids::{OrganisationId, WebhookEndpointId};
use crate::kit::secret;
use crate::links;
use crate::web::freshness;
use crate::web::ui::{Choice, Pager, Shell, When, filters};
use crate::web::visit::Visit;

pub(super) const MADE: &str = "The endpoint is added. Copy its secret now: it is shown this once.";
pub(super) const ROTATED: &str = "The secret is rotated. Copy the new one now: it is shown this once. Until this time \
                                  tomorrow each delivery is signed with both, so that you have time to change.";

#[derive(Template)]
#[template(path = "webhooks/index.html")]
pub(super) struct Index {
    shell: Shell,
    rows: Vec<Row>,
    /// Where one is added; none once there are as many as there may be.
    add: Option<String>,
}

struct Row {
    name: String,
    mode: &'static str,
    state: &'static str,
    why: String,
    kinds: String,
    href: String,
}

pub(super) fn index(visit: &Visit, shell: Shell, org: OrganisationId, all: Vec<Endpoint>) -> Index {
    let present = all.iter().filter(|one| one.removed_at.is_none()).count();
    let room = i64::try_from(present).is_ok_and(|present| present < MOST);
    let row = |one: Endpoint| Row {
        state: state(&one),
        why: why(visit, &one),
        mode: one.mode.words(),
        kinds: kinds(&one.kinds),
        href: links::webhook(org, one.id),
        name: one.name,
    };
    Index { shell, rows: all.into_iter().map(row).collect(), add: room.then(|| links::new_webhook(org)) }
}

fn state(one: &Endpoint) -> &'static str {
    match (one.removed_at, one.disabled_at) {
        (Some(_), _) => "Removed",
        (None, Some(_)) => "Off",
        (None, None) => "On",
    }
}

/// Why nothing is sent to it.
fn why(visit: &Visit, one: &Endpoint) -> String {
    let since = |at: NaiveDateTime| freshness::within(visit, at).words;
    match (one.removed_at, one.disabled_at) {
        (Some(at), _) => format!("Removed {}. Its log stays for 30 days.", since(at)),
        (None, Some(at)) => format!("Disabled {}: {}", since(at), one.disabled_because),
        (None, None) => String::new(),
    }
}

fn kinds(all: &[Kind]) -> String {
    if all.len() == Kind::offered().count() {
        return "All events".to_owned();
    }
    all.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(", ")
}

#[derive(Template)]
#[template(path = "webhooks/form.html")]
pub(super) struct Form {
    shell: Shell,
    action: String,
    back: String,
    label: &'static str,
    name: String,
    url: String,
    /// Only when it is added: the mode stays.
    modes: Option<Vec<Choice>>,
    boxes: Vec<KindBox>,
}

struct KindBox {
    id: String,
    label: &'static str,
    ticked: bool,
    hint: &'static str,
}

/// The form of a new endpoint, or of one that is there.
pub(super) fn form(shell: Shell, org: OrganisationId, of: Option<WebhookEndpointId>, typed: Typed) -> Form {
    let modes = Choice::list(
        [("live", "Live: appointments of patients"), ("test", "Test: what test keys make")],
        &typed.mode,
    );
    let ticked = |kind: Kind| typed.kinds.contains(&kind);
    let boxes = Kind::offered().map(|kind| KindBox {
        id: box_of(kind),
        label: kind.as_str(),
        ticked: ticked(kind),
        hint: kind.words(),
    });
    Form {
        boxes: boxes.collect(),
        action: of.map_or_else(|| links::webhooks(org), |id| links::webhook(org, id)),
        back: of.map_or_else(|| links::webhooks(org), |id| links::webhook(org, id)),
        label: if of.is_some() { "Save changes" } else { "Add the endpoint" },
        modes: of.is_none().then_some(modes),
        name: typed.name,
        url: typed.url,
        shell,
    }
}

/// The one page that holds a secret.
#[derive(Template)]
#[template(path = "webhooks/secret.html")]
pub(super) struct Secret {
    shell: Shell,
    words: &'static str,
    name: String,
    secret: String,
    next: String,
}

pub(super) fn secret(
    shell: Shell,
    next: String,
    name: String,
    secret: &secret::Secret,
    words: &'static str,
) -> Secret {
    Secret { shell, words, name, secret: secret.reveal().to_owned(), next }
}

#[derive(Template)]
#[template(path = "webhooks/confirm.html")]
pub(super) struct Confirm {
    shell: Shell,
    words: Vec<String>,
    act: String,
    mark: String,
    label: &'static str,
    class: &'static str,
    back: String,
}

pub(super) fn confirm_rotate(shell: Shell, org: OrganisationId, one: &Endpoint) -> Confirm {
    let first = format!("A new secret is made for {}, and shown once.", one.name);
    let then = "The one that it has now signs as well for another 24 hours. A secret from before that one stops \
                signing at once.";
    Confirm {
        shell,
        words: vec![first, then.to_owned()],
        act: links::webhook_act(org, one.id, "rotate"),
        mark: one.secret_mark(),
        label: "Rotate the secret",
        class: "",
        back: links::webhook(org, one.id),
    }
}

pub(super) fn confirm_remove(shell: Shell, org: OrganisationId, one: &Endpoint) -> Confirm {
    let first = format!("{} is told nothing any more, and what waits for it is not sent.", one.name);
    let then = "Its secret is forgotten; it cannot be brought back. Its log stays for 30 days.";
    Confirm {
        shell,
        words: vec![first, then.to_owned()],
        act: links::webhook_act(org, one.id, "remove"),
        mark: String::new(),
        label: "Remove the endpoint",
        class: "btn--danger",
        back: links::webhook(org, one.id),
    }
}

/// Where things are done with an endpoint; none where they cannot be.
#[derive(Default)]
struct Acts {
    test: Option<String>,
    disable: Option<String>,
    enable: Option<String>,
    edit: Option<String>,
    rotate: Option<String>,
    remove: Option<String>,
}

impl Acts {
    fn of(org: OrganisationId, one: &Endpoint) -> Self {
        if one.removed_at.is_some() {
            return Self::default();
        }
        let act = |act: &str| Some(links::webhook_act(org, one.id, act));
        let on = one.is_on();
        Self {
            test: if on { act("test") } else { None },
            disable: if on { act("disable") } else { None },
            enable: if on { None } else { act("enable") },
            edit: act("edit"),
            rotate: act("rotate"),
            remove: act("remove"),
        }
    }
}

#[derive(Template)]
#[template(path = "webhooks/show.html")]
pub(super) struct Show {
    shell: Shell,
    state: &'static str,
    why: String,
    mode: &'static str,
    url: String,
    kinds: String,
    made_by: String,
    made: When,
    /// Until when two secrets sign.
    overlap: Option<When>,
    acts: Acts,
    rows: Vec<Line>,
    pager: Pager,
}

struct Line {
    kind: &'static str,
    about: String,
    href: String,
    made: When,
    state: &'static str,
    attempts: String,
    last: String,
    next: Option<When>,
    again_by: String,
}

pub(super) fn show(
    visit: &Visit,
    shell: Shell,
    org: OrganisationId,
    (one, lines): (Endpoint, Vec<Delivery>),
    pager: Pager,
) -> Show {
    let overlap = one.earlier_until.filter(|until| *until > visit.now && one.removed_at.is_none());
    Show {
        state: state(&one),
        why: why(visit, &one),
        mode: one.mode.words(),
        kinds: kinds(&one.kinds),
        made: freshness::within(visit, one.created_at),
        overlap: overlap.map(|until| freshness::at(visit, until)),
        acts: Acts::of(org, &one),
        rows: lines.into_iter().map(|each| line(visit, org, one.id, each)).collect(),
        url: one.url,
        made_by: one.made_by,
        shell,
        pager,
    }
}

fn line(visit: &Visit, org: OrganisationId, endpoint: WebhookEndpointId, one: Delivery) -> Line {
    Line {
        kind: one.kind.as_str(),
        href: links::webhook_delivery(org, endpoint, one.id),
        made: exactly(visit, one.created_at),
        state: one.state.words(),
        attempts: format!("{} of {TRIES}", one.attempts),
        last: last(&one),
        next: next(visit, &one),
        again_by: one.sent_again_by,
        about: short(&one.about),
    }
}

fn exactly(visit: &Visit, at: NaiveDateTime) -> When {
    When::to_the_second(at.and_utc(), visit.now.and_utc(), visit.time_zone())
}

/// The beginning of a long number, which tells one appointment from another.
fn short(about: &str) -> String {
    let beginning: String = about.chars().take(SHOWN).collect();
    if beginning.len() == about.len() { beginning } else { format!("{beginning}…") }
}

/// `apt_` and eight digits.
const SHOWN: usize = 12;

/// What the last try came to, and how long it took.
fn last(one: &Delivery) -> String {
    if one.last_words.is_empty() {
        return "Not tried yet".to_owned();
    }
    let took =
        if one.last_milliseconds > 0 { format!(" {} ms.", one.last_milliseconds) } else { String::new() };
    format!("{}{took}", one.last_words)
}

fn next(visit: &Visit, one: &Delivery) -> Option<When> {
    let waits = one.state == State::Waiting;
    one.next_attempt_at.filter(|_| waits).map(|at| freshness::at(visit, at))
}

#[derive(Template)]
#[template(path = "webhooks/delivery.html")]
pub(super) struct Shown {
    shell: Shell,
    state: &'static str,
    attempts: String,
    last: String,
    made: When,
    next: Option<When>,
    settled: Option<When>,
    again_by: String,
    /// As they were sent last; none before the first try.
    headers: Vec<(&'static str, String)>,
    /// As it is signed.
    body: String,
    /// The same to be read.
    laid_out: String,
    about: String,
    url: String,
    again: Option<String>,
}

pub(super) fn delivery(
    visit: &Visit,
    shell: Shell,
    org: OrganisationId,
    endpoint: &Endpoint,
    one: Delivery,
) -> Shown {
    let again = one.state.is_settled() && endpoint.is_on();
    Shown {
        state: one.state.words(),
        attempts: format!("{} of {TRIES}", one.attempts),
        last: last(&one),
        made: exactly(visit, one.created_at),
        next: next(visit, &one),
        settled: one.settled_at.map(|at| exactly(visit, at)),
        about: one.about.clone(),
        laid_out: laid_out(&one.body),
        headers: headers(&one),
        again: again.then(|| links::webhook_delivery(org, endpoint.id, one.id)),
        url: endpoint.url.clone(),
        again_by: one.sent_again_by,
        body: one.body,
        shell,
    }
}

fn laid_out(body: &str) -> String {
    let value: Option<serde_json::Value> = serde_json::from_str(body).ok();
    value.and_then(|value| serde_json::to_string_pretty(&value).ok()).unwrap_or_else(|| body.to_owned())
}

fn headers(one: &Delivery) -> Vec<(&'static str, String)> {
    let Some(at) = one.last_attempt_at else { return Vec::new() };
    vec![
        ("content-type", "application/json".to_owned()),
        ("user-agent", concat!("Kinbridge/", env!("CARGO_PKG_VERSION")).to_owned()),
        ("webhook-id", one.event.clone()),
        ("webhook-timestamp", at.and_utc().timestamp().to_string()),
        ("webhook-signature", one.last_signature.clone()),
    ]
}
