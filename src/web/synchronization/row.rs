//! One row of a tab: who mapped it, when and why, what was before, what depends on it, and what may be done about it.

use askama::Template;
use serde::Deserialize;

use super::frame;
use super::pages::{depends, edit};
use super::rows::followed_words;
use super::{after_mapping, tab};
use crate::domain::Refusal;
use crate::domain::access::{ManageIntegrations, ManagePlaces, PairRecords, Permission};
use crate::domain::mapping::{self, Detail, Kind, Options, Pick, Row};
use crate::domain::organisations::one_line;
use crate::kit::ids::{ExternalRecordId, PairingId, PlaceId};
use crate::links;
use crate::web::error::{Answer, Fault};
use crate::web::freshness;
use crate::web::ui::{Choice, Link, Notice, Shell, When, filters, when};
use crate::web::visit::{Fields, In, Nav, Posted, Visit, field};

#[derive(Template)]
#[template(path = "synchronization/row.html")]
struct Page {
    shell: Shell,
    facts: Vec<(&'static str, String)>,
    mapped: Option<MappedView>,
    why: String,
    suggested: String,
    /// Whom a rule that is switched off would map it to: one click does it by hand.
    by_hand: Option<String>,
    evidence: Vec<String>,
    /// Where rules are switched, for whoever may.
    rules: Option<String>,
    choose: Option<String>,
    create: Option<String>,
    history: Vec<Line>,
    refused: Vec<RefusedView>,
    refusals: Option<String>,
    /// *Always treat … as …*: agencies to choose from.
    alias: Option<(String, Vec<Choice>)>,
}

struct MappedView {
    name: String,
    label: &'static str,
    when: When,
    by: String,
    rule: String,
    edit: String,
    pairing: String,
    delete: Option<String>,
    not_the_same: Option<String>,
    /// Why it cannot be deleted.
    fixed: String,
    /// What depends on it, and where that stands; a super manager reads what would follow.
    depends: Option<(String, String)>,
    follows: &'static str,
    /// *What would follow*, where something rests on it.
    cascade: Option<String>,
}

/// A line of the history.
struct Line {
    when: When,
    words: String,
    ended: Option<(When, String)>,
}

struct RefusedView {
    name: String,
    by: String,
    when: When,
    local: i64,
}

impl RefusedView {
    fn number(&self) -> String {
        self.local.to_string()
    }
}

fn record(visit: &Visit) -> Result<ExternalRecordId, Fault> {
    visit.id("record")
}

pub(super) async fn show(visit: Visit, In(scope): In<PairRecords>) -> Answer {
    frame::here(&visit)?;
    let (window, kind) = tab(&visit)?;
    let (id, org) = (record(&visit)?, scope.organisation());
    let (detail, options) = visit
        .read(move |conn| {
            let detail = mapping::show(conn, &scope, kind, id)?;
            let options = match (kind, &detail.row.mapping) {
                (Kind::Site, None) => mapping::options(conn, &scope, kind)?,
                _ => Options::Many,
            };
            Ok((detail, options))
        })
        .await?;
    let act = |act: &str| links::synchronization_row_act(org, window.word(), id, act);
    let mut shell = visit.org_shell(detail.row.name.clone(), Nav::Settings)?;
    shell.crumb = Some(Link::new(label(kind), links::synchronization_tab(org, window.word())));
    let row = &detail.row;
    let open = row.mapping.is_none() && row.waits_for.is_none() && !row.is_gone;
    let alias = match options {
        Options::Few(few) if open && visit.may(Permission::ManagePlaces) && !few.is_empty() => {
            let mut choices = vec![Choice::new("", "Choose an agency", true)];
            choices.extend(few.into_iter().map(|(id, name)| Choice::new(id.to_string(), name, false)));
            Some((act("alias"), choices))
        }
        _ => None,
    };
    let manages = visit.may(Permission::ManageIntegrations);
    let page = Page {
        facts: facts(kind, row),
        mapped: mapped(&visit, kind, row, &act),
        why: row.why.clone(),
        suggested: row.suggested.as_ref().map(|(_, name)| name.clone()).unwrap_or_default(),
        by_hand: row.suggested.as_ref().filter(|_| open && row.rule_off).map(|(id, _)| id.to_string()),
        rules: visit
            .may(Permission::ManageOrganisation)
            .then(|| format!("{}#rules", links::settings_appointments(org))),
        evidence: row.mapping.as_ref().map_or_else(|| row.evidence.clone(), |one| one.evidence.clone()),
        choose: open.then(|| act("choose")),
        create: (open && may_create(&visit, kind)).then(|| act("new")),
        history: history(&visit, &detail),
        refused: refused(&visit, &detail),
        refusals: manages.then(|| act("refusals")),
        alias,
        shell,
    };
    visit.page(&page)
}

pub(super) fn may_create(visit: &Visit, kind: Kind) -> bool {
    visit.may(match kind {
        Kind::Site => Permission::ManagePlaces,
        Kind::Student => Permission::EditResidents,
        Kind::User => Permission::EditStaff,
    })
}

pub(super) fn label(kind: Kind) -> &'static str {
    match kind {
        Kind::Site => "Agencies",
        Kind::Student => "Clients",
        Kind::User => "Staff",
    }
}

fn facts(kind: Kind, row: &Row) -> Vec<(&'static str, String)> {
    let known = |text: String| if text.is_empty() { "Not known".to_owned() } else { text };
    let sites = ("Site", known(row.sites.join(", ")));
    let number = ("Number in Ensora Data Collection", row.external_id.clone());
    match kind {
        Kind::Site => vec![number],
        Kind::Student => vec![("Born", known(row.born.map(when::date).unwrap_or_default())), sites, number],
        Kind::User => vec![("Email", known(row.email.clone())), sites, number],
    }
}

fn mapped(visit: &Visit, kind: Kind, row: &Row, act: &impl Fn(&str) -> String) -> Option<MappedView> {
    let one = row.mapping.as_ref()?;
    let org = visit.organisation().ok()?;
    let manages = visit.may(Permission::ManageIntegrations);
    let follows = match (kind, manages && one.uses.any()) {
        (_, false) => "",
        (Kind::Site, _) => {
            "Clients and staff that a rule mapped through this site lose their mapping with it; those that a person \
             chose keep theirs. Its appointments lose their session note, and get back what they had."
        }
        _ => "Each of these appointments loses its session note with it, and gets back what it had.",
    };
    Some(MappedView {
        name: one.name.clone(),
        label: if one.is_auto { "Auto" } else { "User" },
        when: freshness::at(visit, one.at),
        by: if one.is_auto { "A rule".to_owned() } else { one.by.clone() },
        rule: one.rule.clone(),
        edit: edit(org, kind, one.local),
        pairing: one.pairing.to_string(),
        delete: one.fixed.is_none().then(|| act("delete")),
        not_the_same: (one.is_auto && manages && one.uses.appointments == 0).then(|| act("not-the-same")),
        cascade: (manages && one.uses.any()).then(|| act("what-follows")),
        fixed: one.fixed.clone().unwrap_or_default(),
        depends: one.uses.words().map(|words| (words, depends(org, kind, row))),
        follows,
    })
}

fn history(visit: &Visit, detail: &Detail) -> Vec<Line> {
    let line = |was: &mapping::Was| {
        let by =
            if was.is_auto { format!("By rule: {}", was.rule) } else { format!("Chosen by {}.", was.by) };
        let ended = was
            .ended
            .as_ref()
            .map(|(at, by, because)| (freshness::at(visit, *at), format!("Ended by {by}: {because}.")));
        Line { when: freshness::at(visit, was.at), words: format!("Mapped to {}. {by}", was.name), ended }
    };
    detail.history.iter().map(line).collect()
}

fn refused(visit: &Visit, detail: &Detail) -> Vec<RefusedView> {
    let view = |one: &mapping::NotTheSame| RefusedView {
        name: one.name.clone(),
        by: one.by.clone(),
        when: freshness::at(visit, one.at),
        local: one.local,
    };
    detail.refused.iter().map(view).collect()
}

/// Says what came of an act, on the list or on the row's page.
fn told(visit: &Visit, to: String, done: Result<String, Refusal>) -> Answer {
    match done {
        Ok(words) => visit.done(to, &Notice::ok(words)),
        Err(Refusal::Overtaken(words)) => visit.done(to, &Notice::warn(words)),
        Err(Refusal::Invalid { words, .. }) => {
            visit.done(to, &Notice::warn(format!("{}.", words.trim_end_matches('.'))))
        }
        Err(refusal) => Err(refusal.into()),
    }
}

#[derive(Deserialize)]
pub(super) struct OfPairing {
    pairing: i64,
}

/// *Delete mapping*.
pub(super) async fn delete(
    visit: Visit,
    In(scope): In<PairRecords>,
    Posted(form): Posted<OfPairing>,
) -> Answer {
    frame::here(&visit)?;
    let (window, kind) = tab(&visit)?;
    let (id, list) = (record(&visit)?, links::synchronization_tab(scope.organisation(), window.word()));
    let pairing = PairingId(form.pairing);
    let done = visit.write(move |tx| mapping::delete(tx, &scope, kind, id, pairing)).await;
    told(&visit, list, done.map(|name| format!("The mapping of {name} is deleted.")))
}

/// *Not the same*.
pub(super) async fn not_the_same(
    visit: Visit,
    In(scope): In<ManageIntegrations>,
    Posted(form): Posted<OfPairing>,
) -> Answer {
    frame::here(&visit)?;
    let (window, kind) = tab(&visit)?;
    let id = record(&visit)?;
    let row = links::synchronization_row(scope.organisation(), window.word(), id);
    let pairing = PairingId(form.pairing);
    let done = visit.write(move |tx| mapping::not_the_same(tx, &scope, kind, id, pairing)).await;
    told(
        &visit,
        row,
        done.map(|name| format!("Remembered: this is not {name}, and no rule maps the two again.")),
    )
}

#[derive(Deserialize)]
pub(super) struct OfLocal {
    local: i64,
}

/// Takes *Not the same* back.
pub(super) async fn withdraw(
    visit: Visit,
    In(scope): In<ManageIntegrations>,
    Posted(form): Posted<OfLocal>,
) -> Answer {
    frame::here(&visit)?;
    let (window, kind) = tab(&visit)?;
    let id = record(&visit)?;
    let row = links::synchronization_row(scope.organisation(), window.word(), id);
    let pairs = visit.scope::<PairRecords>().ok();
    let done = visit.write(move |tx| {
        let whom = mapping::withdraw(tx, &scope, kind, id, form.local)?;
        match &pairs {
            Some(pairs) => after_mapping(tx, pairs, (kind, vec![whom])),
            None => Ok(()),
        }
    });
    told(&visit, row, done.await.map(|()| "Taken back. A rule may map the two again.".to_owned()))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Sought {
    q: String,
}

#[derive(Template)]
#[template(path = "synchronization/choose.html")]
struct Choose {
    shell: Shell,
    search: String,
    action: String,
    /// Id and label.
    found: Vec<(String, String)>,
    more: bool,
    asked: bool,
}

/// Results on the page of a row's search.
const FOUND: usize = 30;

/// The search of a row's counterpart, for lists that are too long for a drop-down.
pub(super) async fn choose(visit: Visit, In(scope): In<PairRecords>) -> Answer {
    frame::here(&visit)?;
    let (window, kind) = tab(&visit)?;
    let (id, org) = (record(&visit)?, scope.organisation());
    let search = one_line(&visit.query::<Sought>().q);
    let words = search.clone();
    let (detail, (found, more)) = visit
        .read(move |conn| {
            let detail = mapping::show(conn, &scope, kind, id)?;
            Ok((detail, mapping::search(conn, &scope, kind, &words, FOUND)?))
        })
        .await?;
    let row = links::synchronization_row(org, window.word(), id);
    let mut shell =
        visit.org_shell(format!("Choose the {} of {}", kind.ours(), detail.row.name), Nav::Settings)?;
    shell.crumb = Some(Link::new(detail.row.name, row));
    visit.page(&Choose {
        shell,
        asked: !search.is_empty(),
        search,
        action: links::synchronization_row_act(org, window.word(), id, "choose"),
        found: found.into_iter().map(|(id, label)| (id.to_string(), label)).collect(),
        more,
    })
}

/// Maps the row to who was found, or to a candidate of *Create*.
pub(super) async fn chosen(visit: Visit, In(scope): In<PairRecords>, Posted(form): Posted<Fields>) -> Answer {
    frame::here(&visit)?;
    let (window, kind) = tab(&visit)?;
    let id = record(&visit)?;
    let list = links::synchronization_tab(scope.organisation(), window.word());
    let Ok(local) = field(&form, "local").parse() else { return Err(Fault::NotFound) };
    let done = visit.write(move |tx| {
        let pick = Pick { record: id, local, instead_of: None };
        let saved = mapping::save(tx, &scope, kind, std::slice::from_ref(&pick))?;
        if let Some(error) = saved.errors.first() {
            return Err(Refusal::Overtaken(error.words.clone()));
        }
        after_mapping(tx, &scope, (kind, saved.whom.clone()))?;
        Ok(saved)
    });
    told(&visit, list, done.await.map(|saved| super::rows::saved_words(&saved)))
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Alias {
    agency: String,
}

/// *Always treat "Northgate Sch." as Northgate School*.
pub(super) async fn alias(visit: Visit, In(places): In<ManagePlaces>, Posted(form): Posted<Alias>) -> Answer {
    frame::here(&visit)?;
    let scope = visit.scope::<PairRecords>()?;
    let id = record(&visit)?;
    let row = links::synchronization_row(scope.organisation(), "agencies", id);
    let Ok(agency) = form.agency.trim().parse() else {
        return visit.done(row, &Notice::warn("Choose an agency first."));
    };
    let done = visit.write(move |tx| {
        let done = mapping::always_treat(tx, (&scope, &places), id, PlaceId(agency))?;
        after_mapping(tx, &scope, (Kind::Site, Vec::new()))?;
        Ok(done)
    });
    told(&visit, row, done.await.map(|(words, followed)| format!("{words} {}", followed_words(followed))))
}
