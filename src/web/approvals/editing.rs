//! *Edit permissions*: what one or many may do once approved, where, and until when; before and after side by side.

use actix_web::HttpResponse;
use askama::Template;

use super::forms::{Edited, joined};
use super::{offered, places_in_words};
use crate::domain::Refusal;
use crate::domain::access::{ApproveStaff, Permission, Places, Role, Scope};
use crate::domain::approvals::{self, Approval, Choice as Chosen, Preset, State};
use crate::domain::organisations::{self, Place, PlaceKind};
use crate::kit::ids::ApprovalId;
use crate::links;
use crate::web::error::{Answer, Fault};
use crate::web::freshness;
use crate::web::ui::{Choice, Link, Shell, filters, when};
use crate::web::visit::{Fields, In, Nav, Posted, Visit};

/// *Edit permissions*.
#[derive(Template)]
#[template(path = "approvals/permissions.html")]
struct Editing {
    shell: Shell,
    names: String,
    ids: String,
    action: String,
    list: String,
    hows: Vec<Choice>,
    permissions: Vec<Tick>,
    wheres: Vec<Choice>,
    places: Vec<Tick>,
    untils: Vec<Choice>,
    ends_on: String,
    keep_as: String,
    may_keep: bool,
    /// Groups of people to whom the same happens; empty until something is chosen.
    groups: Vec<Group>,
    /// What is sent again when the change is saved.
    kept: Vec<(String, String)>,
}

struct Tick {
    id: String,
    value: String,
    label: String,
    ticked: bool,
}

/// People to whom the same happens.
struct Group {
    names: String,
    before: String,
    after: String,
    gained: Vec<String>,
    lost: Vec<String>,
}

/// Names that are written out; more are counted.
const NAMED: usize = 12;

pub async fn form(visit: Visit, In(scope): In<ApproveStaff>) -> Answer {
    let fields: Fields = visit.query();
    let edited = Edited::of(&fields);
    let mut page = page(&visit, &scope, &edited).await?;
    if let Some((field, words)) = page.1 {
        page.0.shell.add_error(field, words);
        return visit.page_with(&page.0, HttpResponse::UnprocessableEntity());
    }
    visit.page(&page.0)
}

type Wrong = Option<(&'static str, String)>;

async fn page(
    visit: &Visit,
    scope: &Scope<ApproveStaff>,
    edited: &Edited,
) -> Result<(Editing, Wrong), Fault> {
    let (org, ids, reader) = (scope.organisation(), edited.ids.clone(), scope.clone());
    let (people, presets, places) = visit
        .read(move |conn| {
            let mut people = approvals::of_ids(conn, &reader, &ids)?;
            people.retain(|one| one.state == State::Pending);
            Ok((people, approvals::presets(conn, &reader)?, organisations::places(conn, &reader)?))
        })
        .await?;
    if people.is_empty() {
        return Err(Fault::Elsewhere(links::pending_staff(org)));
    }
    let choice = edited.choice(&presets);
    let (groups, wrong) = match &choice {
        Ok(choice) if *choice == Chosen::default() => (Vec::new(), None),
        Ok(choice) => (groups(&people, choice, &presets, &places), None),
        Err(Refusal::Invalid { field, words }) => (Vec::new(), Some((*field, words.clone()))),
        Err(_) => return Err(Fault::NotFound),
    };
    let mut shell = visit.org_shell("Edit permissions", Nav::Staff)?;
    shell.crumb = Some(Link::new("Pending staff", links::pending_staff(org)));
    let ids: Vec<ApprovalId> = people.iter().map(|one| one.id).collect();
    let kept = if groups.is_empty() { Vec::new() } else { kept(edited) };
    let page = Editing {
        shell,
        names: named(people.iter().map(|one| one.name.as_str())),
        ids: joined(&ids),
        action: links::pending_permissions(org, ""),
        list: links::pending_staff(org),
        hows: hows(visit, &presets, edited),
        permissions: ticks(visit, &people, edited),
        wheres: Choice::list(
            [("keep", "Leave each where they are"), ("set", "The people of these places")],
            if edited.where_to == "set" { "set" } else { "keep" },
        ),
        places: place_ticks(scope, &places, &people, edited),
        untils: untils(edited),
        ends_on: ends_on(visit, &people, edited),
        keep_as: edited.keep_as.clone(),
        may_keep: *scope.places() == Places::All,
        groups,
        kept,
    };
    Ok((page, wrong))
}

fn hows(visit: &Visit, presets: &[Preset], edited: &Edited) -> Vec<Choice> {
    let mut hows = vec![Choice::new("", "Leave as they are", edited.how.is_empty())];
    for preset in offered(visit, presets) {
        let is = edited.how == preset.key;
        let words = if preset.role == Role::Manager { " (role Manager)" } else { "" };
        hows.push(Choice::new(preset.key, format!("{}{words}", preset.name), is));
    }
    hows.push(Choice::new("ticked", "These, one by one", edited.how == "ticked"));
    hows
}

/// What this person could give to staff, with what the first of them has ticked.
fn ticks(visit: &Visit, people: &[Approval], edited: &Edited) -> Vec<Tick> {
    let first = people.first().filter(|one| one.role.is_some()).map(|one| one.permissions.clone());
    let ticked = if edited.how == "ticked" {
        edited.permissions.clone()
    } else {
        first.unwrap_or_else(|| Permission::defaults(Role::Staff))
    };
    let possible = Permission::ALL.iter().copied().filter(|one| one.possible_for().contains(&Role::Staff));
    possible
        .filter(|one| one.is_of(visit.sector()) && visit.may(*one))
        .map(|one| Tick {
            id: format!("may-{}", one.as_str().replace(' ', "-")),
            value: one.as_str().to_owned(),
            label: capital(one.words()),
            ticked: ticked.contains(&one),
        })
        .collect()
}

fn place_ticks(
    scope: &Scope<ApproveStaff>,
    places: &[Place],
    people: &[Approval],
    edited: &Edited,
) -> Vec<Tick> {
    let theirs = people.first().map(|one| one.places.clone()).unwrap_or_default();
    let ticked = if edited.where_to == "set" { &edited.places } else { &theirs };
    // A home is shown to staff of its zones, and is not theirs to give.
    let own = |place: &&Place| match scope.places() {
        Places::All => true,
        Places::Only(mine) => {
            mine.contains(&place.id) || place.parent.is_some_and(|home| mine.contains(&home))
        }
    };
    let tick = |place: &Place| Tick {
        id: format!("place-{}", place.id),
        value: place.id.to_string(),
        label: match place.kind {
            PlaceKind::Home => format!("{}, whole home", place.name),
            PlaceKind::Zone => format!("– {}", place.name),
        },
        ticked: ticked.contains(&place.id),
    };
    places.iter().filter(own).map(tick).collect()
}

fn untils(edited: &Edited) -> Vec<Choice> {
    let chosen = if edited.until.is_empty() { "keep" } else { &edited.until };
    let words = [
        ("keep", "Leave as it is"),
        ("never", "Access does not end by itself"),
        ("on", "Agency or bank staff: access ends by itself after"),
    ];
    Choice::list(words, chosen)
}

/// A week from now, unless there is a date already.
fn ends_on(visit: &Visit, people: &[Approval], edited: &Edited) -> String {
    if !edited.ends_on.is_empty() {
        return edited.ends_on.clone();
    }
    let theirs = people.first().and_then(|one| one.ends_on);
    let in_a_week = || freshness::today(visit) + chrono::TimeDelta::days(7);
    theirs.unwrap_or_else(in_a_week).format("%-d/%-m/%Y").to_string()
}

fn kept(edited: &Edited) -> Vec<(String, String)> {
    let mut kept = vec![
        ("how".to_owned(), edited.how.clone()),
        ("where".to_owned(), edited.where_to.clone()),
        ("until".to_owned(), edited.until.clone()),
        ("ends_on".to_owned(), edited.ends_on.clone()),
        ("keep_as".to_owned(), edited.keep_as.clone()),
    ];
    kept.extend(edited.permissions.iter().map(|one| ("permissions[]".to_owned(), one.as_str().to_owned())));
    kept.extend(edited.places.iter().map(|place| ("places[]".to_owned(), place.to_string())));
    kept
}

/// Everybody, in groups to which the same happens.
fn groups(people: &[Approval], choice: &Chosen, presets: &[Preset], places: &[Place]) -> Vec<Group> {
    let mut groups: Vec<(Group, Vec<&str>)> = Vec::new();
    for one in people {
        let after = after(one, choice);
        let words = |person: &Approval| in_words(person, presets, places);
        let listed = |permissions: std::collections::btree_set::Difference<'_, Permission>| {
            permissions.map(|permission| capital(permission.words())).collect::<Vec<_>>()
        };
        let group = Group {
            names: String::new(),
            before: words(one),
            after: words(&after),
            gained: listed(after.permissions.difference(&one.permissions)),
            lost: listed(one.permissions.difference(&after.permissions)),
        };
        let same = groups.iter_mut().find(|(known, _)| {
            known.before == group.before && known.after == group.after && known.gained == group.gained
        });
        match same {
            Some((_, names)) => names.push(&one.name),
            None => groups.push((group, vec![&one.name])),
        }
    }
    let finished = |(group, names): (Group, Vec<&str>)| Group { names: named(names.into_iter()), ..group };
    groups.into_iter().map(finished).collect()
}

fn after(one: &Approval, choice: &Chosen) -> Approval {
    let mut after = one.clone();
    if let Some((role, permissions)) = &choice.granted {
        after.role = Some(*role);
        after.permissions.clone_from(permissions);
    }
    if let Some(places) = &choice.places {
        after.places.clone_from(places);
    }
    if let Some(end) = choice.end {
        after.ends_on = end.last_day();
    }
    after
}

/// `Senior carer, Garden Wing, until 1 December 2026`.
fn in_words(one: &Approval, presets: &[Preset], places: &[Place]) -> String {
    let Some(role) = one.role else { return format!("Nothing chosen, {}", places_in_words(one, places)) };
    let same = presets.iter().find(|preset| preset.role == role && preset.permissions == one.permissions);
    let name = same.map_or_else(|| role.words().to_owned(), |preset| preset.name.clone());
    let until = one.ends_on.map(|day| format!(", until {}", when::date(day))).unwrap_or_default();
    format!("{name}, {}{until}", places_in_words(one, places))
}

fn named<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let all: Vec<&str> = names.collect();
    let shown = all.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
    match all.len().saturating_sub(NAMED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

pub(super) fn capital(words: &str) -> String {
    let mut chars = words.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

pub async fn save(visit: Visit, In(scope): In<ApproveStaff>, Posted(fields): Posted<Fields>) -> Answer {
    let edited = Edited::of(&fields);
    let list = links::pending_staff(scope.organisation());
    let (writer, sent) = (scope.clone(), edited.clone());
    let saved = visit
        .write(move |tx| {
            let choice = sent.choice(&approvals::presets(tx.conn, &writer)?)?;
            if let Some((_, permissions)) = choice.granted.as_ref().filter(|_| !sent.keep_as.is_empty()) {
                approvals::keep_preset(tx, &writer, &sent.keep_as, permissions)?;
            }
            approvals::choose(tx, &writer, &sent.ids, &choice)
        })
        .await;
    match saved {
        Ok(outcome) => {
            let words = match outcome.done.len() {
                0 => "Nothing was saved.".to_owned(),
                1 => "Saved for 1 member of staff. Approve them when you are ready.".to_owned(),
                n => format!("Saved for {n} staff. Approve them when you are ready."),
            };
            visit.done(list, &super::told(&words, &outcome))
        }
        Err(Refusal::Invalid { field, words }) => {
            let (mut page, _) = page(&visit, &scope, &edited).await?;
            let field = if field == "permissions" { "how" } else { field };
            page.shell.add_error(field, words);
            visit.page_with(&page, HttpResponse::UnprocessableEntity())
        }
        Err(other) => Err(other.into()),
    }
}
