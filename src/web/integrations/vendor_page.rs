//! The page of one care record system, as its template prints it.

use askama::Template;
use chrono::NaiveDateTime;

use super::homes;
use super::pages::standing;
use crate::connectors::{KeyForm, ProfileStatus, Switching, Vendor};
use crate::domain::access::Permission;
use crate::domain::connections::{Card, Connection, ReceivedKey, State, Status, TERMS_VERSION};
use crate::kit::ids::OrganisationId;
use crate::links;
use crate::web::error::Fault;
use crate::web::freshness;
use crate::web::ui::{Shell, When, filters, when};
use crate::web::visit::Visit;

/// What was typed or ticked, to be shown again: never the key.
#[derive(Default)]
pub(super) struct Typed {
    pub address: String,
    pub valid_until: String,
    pub terms: bool,
    pub charge: bool,
}

/// What is known of the vendor here.
pub(super) struct Known {
    pub card: Card,
    pub connection: Option<Connection>,
    pub key: Option<ReceivedKey>,
    /// The base address that was entered with the key.
    pub address: String,
    /// Why nothing is written at present.
    pub held: Option<String>,
    pub homes: homes::Known,
}

#[derive(Template)]
#[template(path = "integrations/show.html")]
pub(super) struct Show {
    pub shell: Shell,
    vendor: &'static str,
    tag: &'static str,
    words: String,
    repair: String,
    facts: Vec<(&'static str, String)>,
    profile: &'static str,
    steps: Vec<Step>,
    pairing: [String; 2],
    held: String,
    /// Which homes it is for, where there are several.
    homes: Option<homes::View>,
    /// Only super managers have these.
    act: Option<Act>,
    key: Option<KeyView>,
    /// Org Settings, where the token stands there.
    settings: Option<String>,
    /// Its people are paired on *Integrations*.
    pairs: bool,
    at: At,
    typed: Typed,
    terms_version: &'static str,
}

/// One step of switching on.
struct Step {
    words: String,
    done: bool,
    /// The first that is not done.
    next: bool,
}

/// The form that stands on the page.
enum Act {
    /// To the representative; with `terms` they are agreed to here.
    Ask { terms: bool },
    /// The key, for the first time or in the place of one.
    Enter { form: Form, replaces: bool },
    /// A key is here, and the terms are not agreed to.
    Agree { charge: Option<&'static str> },
    /// Nothing to be entered here.
    Nothing,
}

struct Form {
    label: &'static str,
    charge: Option<&'static str>,
    with_address: bool,
}

struct KeyView {
    ends_with: String,
    by: String,
    at: When,
    used: Option<When>,
    until: Option<String>,
    address: String,
}

struct At {
    key: String,
    agree: String,
    ask: String,
    check: Option<String>,
    test: Option<String>,
    off: Option<String>,
    terms: Option<String>,
    services: Option<String>,
    integrations: String,
    start: Option<String>,
}

impl Show {
    pub fn new(
        visit: &Visit,
        shell: Shell,
        known: Known,
        profile: Option<ProfileStatus>,
        mut typed: Typed,
    ) -> Result<Self, Fault> {
        let org = visit.organisation()?;
        let vendor = known.card.vendor;
        let manages = visit.may(Permission::ManageIntegrations);
        let issued = matches!(vendor.about().switching, Switching::TokenWeIssue);
        if typed.address.is_empty() {
            typed.address.clone_from(&known.address);
        }
        let at = At::of(visit, org, &known, manages);
        Ok(Self {
            shell,
            vendor: vendor.name(),
            tag: known.card.status.words(),
            words: known.card.words.clone(),
            repair: known.card.repair.clone(),
            facts: facts(visit, &known),
            profile: profile.map_or("not in this version", ProfileStatus::words),
            steps: steps(&known),
            pairing: pairing(vendor),
            homes: homes::View::of(visit, vendor, &known.homes)?,
            held: known.held.clone().unwrap_or_default(),
            act: manages.then(|| act(&known)),
            key: known.key.as_ref().filter(|_| manages).map(|key| key_view(visit, key, &known.address)),
            pairs: !vendor.about().mapped,
            settings: (manages && issued).then(|| links::settings_website(org)),
            at,
            typed,
            terms_version: TERMS_VERSION,
        })
    }
}

impl At {
    fn of(visit: &Visit, org: OrganisationId, known: &Known, manages: bool) -> Self {
        let vendor = known.card.vendor;
        let act = |act| links::integration_act(org, vendor.id(), act);
        let is_on = known.connection.as_ref().is_some_and(|one| one.state != State::Off);
        let takes_key = vendor.key_form().is_some();
        let mapped = vendor.about().mapped;
        let waits = matches!(known.card.status, Status::Waiting | Status::Relink);
        Self {
            key: act("key"),
            agree: act("agree"),
            ask: act("ask"),
            check: (manages && is_on && takes_key && waits && known.key.is_some()).then(|| act("check")),
            test: (manages && is_on).then(|| act("test")),
            off: (manages && is_on && takes_key).then(|| act("off")),
            terms: manages.then(|| act("terms")),
            services: (manages && is_on && !mapped).then(|| act("services")),
            integrations: links::integrations(org),
            start: (visit.may(Permission::RunSyncs) && known.card.status.can_sync() && !mapped)
                .then(|| links::sync_runs(org, vendor.id())),
        }
    }
}

fn act(known: &Known) -> Act {
    let vendor = known.card.vendor;
    let is_off = known.connection.as_ref().is_none_or(|one| one.state == State::Off);
    let asked = known.connection.as_ref().is_some_and(|one| one.asked_at.is_some());
    let unavailable = known.card.status == Status::NotAvailable;
    let charged = known.connection.as_ref().is_some_and(|one| one.charge_accepted_at.is_some());
    match &vendor.about().switching {
        _ if asked => Act::Nothing,
        Switching::TokenWeIssue | Switching::CredentialsOnce | Switching::KeyEntered(_) if unavailable => {
            Act::Ask { terms: false }
        }
        Switching::KeyEntered(form) | Switching::Arranged(form)
            if is_off && !unavailable && known.key.is_some() =>
        {
            Act::Agree { charge: form.charge.filter(|_| !charged) }
        }
        Switching::KeyEntered(form) => {
            let form = shown(form, is_off && !charged);
            Act::Enter { form, replaces: !is_off && known.key.is_some() }
        }
        Switching::Arranged(_) if is_off => Act::Ask { terms: true },
        Switching::TokenWeIssue | Switching::CredentialsOnce | Switching::Arranged(_) => Act::Nothing,
    }
}

fn shown(form: &KeyForm, charges: bool) -> Form {
    Form { label: form.label, charge: form.charge.filter(|_| charges), with_address: form.with_address }
}

fn key_view(visit: &Visit, key: &ReceivedKey, address: &str) -> KeyView {
    let day = |at: NaiveDateTime| when::date((at - chrono::TimeDelta::seconds(1)).date());
    KeyView {
        ends_with: key.ends_with.clone(),
        by: key.by.clone(),
        at: freshness::at(visit, key.at),
        used: key.last_used_at.map(|at| freshness::at(visit, at)),
        until: key.valid_until.map(day),
        address: address.to_owned(),
    }
}

fn facts(visit: &Visit, known: &Known) -> Vec<(&'static str, String)> {
    let words = |at: NaiveDateTime| when::moment(at.and_utc(), visit.now.and_utc(), visit.time_zone());
    let mut facts = Vec::new();
    if let Some(good) = known.card.last_good_at {
        facts.push(("Last successful sync", words(good)));
    }
    if let Some(next) = known.card.next_attempt {
        facts.push(("Next sync", freshness::at(visit, next).words));
    }
    facts.extend(standing(visit, &known.card));
    let agreed = known.connection.as_ref().and_then(|one| Some((one, one.terms_accepted_at?)));
    if let Some((one, at)) = agreed {
        let by = format!("{}, {}, the terms of {}", one.terms_accepted_by, words(at), one.terms_version);
        facts.push(("Agreed to by", by));
    }
    let charged = known.connection.as_ref().and_then(|one| Some((one, one.charge_accepted_at?)));
    if let Some((one, at)) = charged {
        facts.push(("Paid, says", format!("{}, {}", one.charge_accepted_by, words(at))));
    }
    facts
}

/// The steps of switching on, those that are done first.
fn steps(known: &Known) -> Vec<Step> {
    let vendor = known.card.vendor;
    let connection = known.connection.as_ref();
    let is_on = connection.is_some_and(|one| one.state != State::Off);
    let taken = known.card.status.can_sync();
    let synced = known.card.last_good_at.is_some();
    let has_key = known.key.is_some();
    let mut all: Vec<(String, bool)> = Vec::new();
    match &vendor.about().switching {
        Switching::TokenWeIssue => {
            all.push((format!("Tick Sync with {vendor} in Org Settings: a token appears"), is_on));
            all.push((format!("Paste the token into {vendor}, as the page says"), taken));
        }
        Switching::KeyEntered(form) => {
            all.extend(form.steps.iter().map(|step| ((*step).to_owned(), has_key)));
            all.push((format!("{vendor} takes the {}", form.label), taken));
        }
        Switching::Arranged(form) => {
            let asked = has_key || is_on || connection.is_some_and(|one| one.asked_at.is_some());
            all.push(("Ask your representative below, and agree to share".to_owned(), asked));
            all.push((format!("Your representative arranges it, and records the {}", form.label), has_key));
            all.push((format!("{vendor} takes the key"), taken));
        }
        Switching::CredentialsOnce => {
            all.push((format!("Open Synchronization, on the Settings tab of Org Settings, and agree to share with {vendor}"), is_on));
            all.push((
                format!("Enter the organisation id and the token that an administrator of {vendor} has"),
                is_on,
            ));
        }
    }
    if vendor.about().mapped {
        all.push(("Map every site to an agency, and save".to_owned(), false));
        all.push(("Look at Clients, Staff and Appointments, and map who is not mapped".to_owned(), false));
    } else {
        all.push(("Run the first sync with Start Sync".to_owned(), taken && synced));
        all.push((
            "Look at Resident Pairing and Staff Pairing, and link who is not paired".to_owned(),
            false,
        ));
    }
    let mut before = true;
    let step = |(words, done): (String, bool)| {
        let next = before && !done;
        before &= done;
        Step { words, done, next }
    };
    all.into_iter().map(step).collect()
}

/// What has to match in both systems, for residents and for staff.
fn pairing(vendor: Vendor) -> [String; 2] {
    let about = vendor.about();
    let words = |rule: Option<crate::connectors::Rule>, who: &str| match rule {
        Some(rule) if about.mapped => {
            format!("{who} are mapped by themselves when this holds: {}", rule.words)
        }
        Some(rule) => format!("{who} pair by themselves when this holds: {}", rule.words),
        None => format!(
            "{who} are linked by hand: make sure that first and last names are the same in both systems."
        ),
    };
    let people = if about.mapped { "Clients" } else { "Residents" };
    [words(about.residents, people), words(about.staff, "Staff")]
}

/// Asks before a key is forgotten.
#[derive(Template)]
#[template(path = "settings/website_confirm.html")]
pub(super) struct Confirm {
    shell: Shell,
    words: Vec<String>,
    act: String,
    label: String,
    class: &'static str,
    back: String,
}

pub(super) fn confirm_off(shell: Shell, org: OrganisationId, vendor: Vendor) -> Confirm {
    let words = "Residents stay. Nothing more is brought over. The key is forgotten at once.";
    let pairings = "Every pairing is kept, for the day you switch it on again: then you enter a key again.";
    Confirm {
        shell,
        words: vec![words.to_owned(), pairings.to_owned()],
        act: links::integration_act(org, vendor.id(), "off"),
        label: format!("Turn off {vendor}"),
        class: "btn--danger",
        back: links::integration(org, vendor.id()),
    }
}
