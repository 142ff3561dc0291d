//! *What is synced*: for each care record system the rule by which residents pair, whom it passes over and why, and
//! for each part of a resident's details which system is right. A super manager decides the latter.

use askama::Template;

use super::error::Answer;
use super::routes::{Line, Who, get, post};
use super::ui::{Choice, Link, Notice, Shell, filters, when};
use super::visit::{Fields, In, Nav, Posted, Visit, field};
use super::{freshness, sync_runs};
use crate::connectors::Vendor;
use crate::db::Conn;
use crate::domain::Refusal;
use crate::domain::access::{ManageIntegrations, Permission, Scope, ViewIntegrations};
use crate::domain::organisations::{self, Feed};
use crate::domain::residents::{self, Authority, OutOfScope, Part};
use crate::domain::sync::{self, Run};
use crate::kit::ids::OrganisationId;
use crate::links;

pub fn routes() -> Vec<Line> {
    vec![
        get("/org/{org}/sync-rules", Who::Holder(Permission::ViewIntegrations), index),
        post("/org/{org}/sync-rules/{part}", Who::Holder(Permission::ManageIntegrations), decide),
    ]
}

/// How many systems a part can follow one after the other.
const PLACES: usize = 3;

/// A connection, whom it passes over here and how many, and its last sync of everybody.
type OfFeed = (Feed, Vec<(OutOfScope, i64)>, Option<Run>);

struct Found {
    feeds: Vec<OfFeed>,
    authority: Authority,
}

fn find(conn: &mut Conn, scope: &Scope<ViewIntegrations>) -> Result<Found, Refusal> {
    let mut all = Vec::new();
    for feed in organisations::feeds(conn, scope)? {
        let counts = residents::scope_counts(conn, scope, &feed)?;
        let last = sync::last_counts(conn, scope, feed.id)?;
        all.push((feed, counts, last));
    }
    Ok(Found { feeds: all, authority: residents::authority_of(conn, scope)? })
}

async fn index(visit: Visit, In(scope): In<ViewIntegrations>) -> Answer {
    let found = visit.read(move |conn| find(conn, &scope)).await?;
    let org = visit.organisation()?;
    let mut shell = visit.org_shell("What is synced", Nav::Integrations)?;
    shell.crumb = Some(Link::new("Integrations", links::integrations(org)));
    let on: Vec<Vendor> = found.feeds.iter().filter_map(|(feed, ..)| speaks(feed)).collect();
    let manages = visit.may(Permission::ManageIntegrations);
    let part = |part: &Part| PartRow::of(org, *part, &found.authority, &on, manages);
    visit.page(&Index {
        shell,
        systems: found.feeds.iter().map(|one| System::of(&visit, one)).collect(),
        parts: Part::ALL.iter().map(part).collect(),
        differing: links::resident_overrides(org),
        may_see_residents: visit.may(Permission::ViewResidents),
        manages,
    })
}

/// The vendor of a connection that is on.
fn speaks(feed: &Feed) -> Option<Vendor> {
    feed.vendor.parse().ok().filter(|_| feed.is_on() && feed.available)
}

async fn decide(visit: Visit, In(scope): In<ManageIntegrations>, Posted(form): Posted<Fields>) -> Answer {
    let part = Part::parse(visit.part("part")?).ok_or(Refusal::NotHere)?;
    let org = scope.organisation();
    let order: Result<Vec<Vendor>, _> = (1..=PLACES)
        .map(|n| field(&form, &format!("vendor_{n}")).to_owned())
        .filter(|word| !word.is_empty())
        .map(|word| word.parse())
        .collect();
    let to = links::sync_rules(org);
    let Ok(order) = order else {
        return visit.done(to, &Notice::warn("Choose the systems from the lists."));
    };
    match visit.write(move |tx| residents::follow(tx, &scope, part, &order)).await {
        Ok(()) => visit.done(to, &Notice::ok("Saved. The next syncs bring it about.")),
        Err(Refusal::Invalid { words, .. }) => visit.done(to, &Notice::warn(format!("{words}."))),
        Err(other) => Err(other.into()),
    }
}

#[derive(Template)]
#[template(path = "sync_rules/index.html")]
struct Index {
    shell: Shell,
    systems: Vec<System>,
    parts: Vec<PartRow>,
    differing: String,
    may_see_residents: bool,
    manages: bool,
}

/// One care record system's rules.
struct System {
    name: String,
    is_on: bool,
    /// Sentences.
    rules: Vec<String>,
    /// Why people here are passed over, with how many.
    passed: Vec<(String, String)>,
    /// The last sync of everybody: what was out of scope of what the vendor sent.
    last: String,
}

impl System {
    fn of(visit: &Visit, (feed, passed, last): &OfFeed) -> Self {
        let last = last.as_ref().and_then(|run| {
            let at = freshness::within(visit, run.finished_at?).words;
            let words = sync_runs::out_of_scope_words(run.counts().0);
            let words = if words.is_empty() { "Out of scope: nobody.".to_owned() } else { words };
            Some(format!("Of the records of the last sync, {at}. {words}"))
        });
        let count = |(out, n): &(OutOfScope, i64)| {
            let words = format!("{}: {}", residents::detail_words(out.of), out.said);
            (words, when::thousands(*n))
        };
        Self {
            name: feed.vendor_name().to_owned(),
            is_on: speaks(feed).is_some(),
            rules: feed.vendor.parse().map(|vendor| rules(vendor, &feed.sync_mode)).unwrap_or_default(),
            passed: passed.iter().map(count).collect(),
            last: last.unwrap_or_default(),
        }
    }
}

fn rules(vendor: Vendor, mode: &str) -> Vec<String> {
    let about = vendor.about();
    let by_rule = |noun: &str, rule: &Option<crate::connectors::Rule>| match rule {
        Some(rule) => format!("{noun} are paired by themselves when: {}", rule.words),
        None => format!("{noun} are never paired by themselves: a person links each of them."),
    };
    let mut words = vec![by_rule("Residents", &about.residents), by_rule("Staff", &about.staff)];
    if mode == "create" {
        words.push("Everybody who is not here yet is added, whatever their type or status.".to_owned());
    } else {
        words.push("Nobody is added by a sync: residents are added here, and paired.".to_owned());
        words.extend(residents::conditions(vendor).iter().map(|condition| {
            let wanted = condition.one_of.join(" or ");
            format!("In scope are those whose {} is {wanted}.", residents::detail_words(condition.of))
        }));
    }
    words
}

/// What a part of a resident's details follows.
struct PartRow {
    part: Part,
    /// Which way it goes, in words.
    direction: String,
    action: String,
    /// One list for each place in the order.
    places: Vec<(String, String, Vec<Choice>)>,
}

impl PartRow {
    fn of(org: OrganisationId, part: Part, authority: &Authority, on: &[Vendor], manages: bool) -> Self {
        let order = authority.order(part);
        let followed: Vec<Vendor> = order.iter().copied().filter(|vendor| on.contains(vendor)).collect();
        let direction = match followed.as_slice() {
            [] => "Kept here: no system changes it.".to_owned(),
            _ => format!("From {} to here. Nothing is sent back.", residents::named(&followed)),
        };
        let choosable: Vec<Vendor> =
            Vendor::ALL.into_iter().filter(|one| on.contains(one) || order.contains(one)).collect();
        let places = (0..PLACES.min(choosable.len())).filter(|_| manages).map(|n| {
            let chosen = order.get(n);
            let none = if n == 0 { "Kept here" } else { "Nobody else" };
            let mut choices = vec![Choice::new("", none, chosen.is_none())];
            choices
                .extend(choosable.iter().map(|one| Choice::new(one.id(), one.name(), chosen == Some(one))));
            let label = if n == 0 { "First" } else { "Then" };
            (format!("vendor_{}", n + 1), label.to_owned(), choices)
        });
        Self { part, direction, action: links::sync_rule(org, part.as_str()), places: places.collect() }
    }
}
