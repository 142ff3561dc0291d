//! The page of the service with which visits are booked, as its template prints it.

use askama::Template;

use super::{VENDOR, words};
use crate::connectors::Basis;
use crate::domain::access::Permission;
use crate::domain::connections::{
    Card, Connection, HookForm, ReceivedKey, State, TERMS_VERSION, VisitSettings,
};
use crate::links;
use crate::web::error::Fault;
use crate::web::freshness;
use crate::web::ui::{Choice, Shell, When, filters};
use crate::web::visit::Visit;

#[derive(Template)]
#[template(path = "visit_service/show.html")]
pub(super) struct Show {
    shell: Shell,
    tag: &'static str,
    words: String,
    repair: String,
    facts: Vec<(&'static str, String)>,
    profile: &'static str,
    formats: Vec<(String, &'static str)>,
    /// Which form stands on the page; nothing for whoever may only look.
    may_ask: bool,
    may_enter: bool,
    may_agree: bool,
    replaces: bool,
    /// The connection is there: with what is booked, and the webhook.
    is_on: bool,
    steps: &'static [&'static str],
    key: Option<(String, String, When)>,
    typed: Typed,
    forms: Vec<Choice>,
    news: String,
    hook_end: String,
    /// Visits to people who are archived, and where they are listed.
    left: Option<(usize, String)>,
    terms_version: &'static str,
    at: At,
}

#[derive(Default)]
pub(super) struct Typed {
    pub address: String,
    pub terms: bool,
    pub phone: String,
    pub email: String,
    pub shares: bool,
    pub header: String,
    pub form: String,
}

struct At {
    ask: String,
    key: String,
    agree: String,
    check: String,
    settings: String,
    hook: String,
    off: String,
}

/// What is known of it here.
pub(super) struct Known {
    pub card: Card,
    pub connection: Option<Connection>,
    pub key: Option<ReceivedKey>,
    pub address: String,
    pub mode: &'static str,
    pub settings: Option<VisitSettings>,
    pub left: usize,
}

impl Show {
    pub fn new(visit: &Visit, shell: Shell, known: Known, typed: Typed) -> Result<Self, Fault> {
        let org = visit.organisation()?;
        let manages = visit.may(Permission::ManageIntegrations);
        let service = visit.services.care_systems.visits(VENDOR).ok_or(Fault::NotFound)?;
        let is_off = known.connection.as_ref().is_none_or(|one| one.state == State::Off);
        let available = known.connection.as_ref().is_some_and(|one| one.available);
        let asked = known.connection.as_ref().is_some_and(|one| one.asked_at.is_some());
        let act = |act| links::visit_service_act(org, act);
        Ok(Self {
            tag: known.card.status.words(),
            words: words(&known.card),
            repair: known.card.repair.clone(),
            facts: facts(visit, &known, manages),
            profile: service.profile_status().words(),
            formats: service
                .formats()
                .into_iter()
                .map(|one| (one.words.to_owned(), basis(one.basis)))
                .collect(),
            may_ask: manages && !available && !asked,
            may_enter: manages && available && (known.key.is_none() || !is_off),
            may_agree: manages && available && is_off && known.key.is_some(),
            replaces: !is_off && known.key.is_some(),
            is_on: manages && !is_off,
            steps: VENDOR.key_form().map_or(&[], |form| form.steps),
            key: known
                .key
                .as_ref()
                .map(|key| (key.ends_with.clone(), key.by.clone(), freshness::at(visit, key.at))),
            forms: HookForm::ALL
                .iter()
                .map(|one| Choice::new(one.as_str(), one.words(), one.as_str() == typed.form))
                .collect(),
            news: known
                .settings
                .as_ref()
                .map(|kept| {
                    format!("{}{}", visit.services.config.public_url, links::visit_news(&kept.hook_path))
                })
                .unwrap_or_default(),
            hook_end: known.settings.as_ref().map(|kept| kept.hook_end.clone()).unwrap_or_default(),
            left: (known.left > 0).then(|| (known.left, links::visits_left_open(org))),
            typed,
            terms_version: TERMS_VERSION,
            at: At {
                ask: act("ask"),
                key: act("key"),
                agree: act("agree"),
                check: act("check"),
                settings: act("settings"),
                hook: act("webhook"),
                off: act("off"),
            },
            shell,
        })
    }
}

pub(super) fn as_kept(known: &Known) -> Typed {
    let Some(kept) = &known.settings else {
        return Typed {
            address: known.address.clone(),
            header: crate::connectors::ally_health::SIGNATURE_HEADER.to_owned(),
            form: HookForm::Standard.as_str().to_owned(),
            ..Typed::default()
        };
    };
    Typed {
        address: known.address.clone(),
        terms: false,
        phone: kept.phone.clone(),
        email: kept.email.clone(),
        shares: kept.shares_nhs_number,
        header: kept.hook_header.clone(),
        form: kept.hook_form.as_str().to_owned(),
    }
}

fn facts(visit: &Visit, known: &Known, manages: bool) -> Vec<(&'static str, String)> {
    let Some(connection) = &known.connection else { return Vec::new() };
    let when = |at| freshness::at(visit, at).words;
    let mut facts = Vec::new();
    if let Some(good) = connection.last_good_at {
        facts.push(("Last answered", when(good)));
    }
    if !connection.last_failure.is_empty() {
        let at = connection.last_tried_at.map(when).unwrap_or_default();
        facts.push(("Last failure", format!("{} {at}", connection.last_failure)));
        facts.push(("What to do", connection.last_repair.clone()));
    }
    if manages && !known.mode.is_empty() {
        facts.push(("Mode of the key", known.mode.to_owned()));
    }
    if manages && !known.address.is_empty() {
        facts.push(("Base address", known.address.clone()));
    }
    if let Some(heard) = known.settings.as_ref().and_then(|kept| kept.heard_at) {
        facts.push(("Last webhook", when(heard)));
    }
    if let Some(at) = connection.terms_accepted_at {
        facts.push(("Agreed to by", format!("{}, {}", connection.terms_accepted_by, when(at))));
    }
    facts
}

/// What a line of the profile rests on, as administrators read it.
fn basis(basis: Basis) -> &'static str {
    match basis {
        Basis::Doc | Basis::Seed | Basis::Code => "Documented",
        Basis::Infer => "Concluded",
        Basis::Assume => "Assumed",
    }
}
