//! *Suggested Pairing* and the page that asks before a link is ended, as their templates print them.

use askama::Template;

use super::{Identity, described};
use crate::domain::access::Permission;
use crate::domain::pairing::matching::{Kind, Record, rule_words};
use crate::domain::pairing::{Held, MOST_FOUND, Named, Refused, Side};
use crate::kit::ids::{ExternalRecordId, ResidentId, StaffMemberId};
use crate::links;
use crate::web::freshness;
use crate::web::pairing::comparison::{self, Comparison};
use crate::web::pairing::suggested::Seen;
use crate::web::pairing::walk::Ahead;
use crate::web::pairing::{At, forms};
use crate::web::ui::{Choice, Shell, filters, when};
use crate::web::visit::Visit;

/// *Suggested Pairing*.
#[derive(Template)]
#[template(path = "pairing/suggested.html")]
pub struct Suggested {
    pub shell: Shell,
    pub is_staff: bool,
    pub vendor: &'static str,
    pub who: Identity,
    /// The page's own path, to which GET compares and searches.
    pub here: String,
    /// Where *Yes* posts; with the walk, where there is one.
    pub yes: String,
    /// Where *Choose somebody else* leads.
    pub choose: String,
    /// What GET forms send along, so that a walk goes on.
    pub kept: Vec<(String, String)>,
    /// "4 more with a suggestion after this one.", and who comes when this one is left for later.
    pub walk: Option<(String, Option<String>)>,
    pub cancel: String,
    pub several: bool,
    /// Where *Ask a manager* posts, if a candidate is out of the reader's sight.
    pub sealed: Option<String>,
    pub is_archived: bool,
    /// Who might be meant, where there is more than one.
    pub choices: Vec<Choice>,
    pub chosen: Option<Chosen>,
    /// The person is linked already: the words, and where to unlink.
    pub held: Option<(String, String)>,
    has_record: Option<ExternalRecordId>,
    pub refused: Vec<RefusedLine>,
    pub searched: Option<Searched>,
    pub aside: forms::Aside,
    pub aside_action: String,
    /// The words, and where *Bring back* posts.
    pub set_aside: Option<(String, String)>,
    pub edit: Option<String>,
    pub integrations: Option<String>,
}

/// The record beside the person.
pub struct Chosen {
    pub id: i64,
    pub comparison: Comparison,
    pub about: String,
    pub ours: String,
    pub theirs: String,
    /// Somebody else has it: the words, and where to swap, if the reader may.
    pub taken: Option<(String, Option<String>)>,
    pub refused: String,
    pub refuse: String,
}

/// A refusal that can be taken back.
pub struct RefusedLine {
    pub words: String,
    pub name: String,
    pub compare: String,
    pub withdraw: String,
}

/// What *Choose somebody else* found.
pub struct Searched {
    pub words: String,
    pub rows: Vec<FoundLine>,
    pub too_many: bool,
}

pub struct FoundLine {
    pub name: String,
    pub second: String,
    pub third: String,
    pub note: String,
    pub compare: String,
}

impl Suggested {
    pub(in crate::web::pairing) fn new(visit: &Visit, shell: Shell, at: At, local: i64, seen: Seen) -> Self {
        let said = |refused: &Refused| said_no(visit, refused);
        let asked: forms::Asked = visit.query();
        let refused: Vec<RefusedLine> = seen
            .refused
            .iter()
            .map(|one| RefusedLine {
                words: said(one),
                name: one.name.clone(),
                compare: at.beside(local, one.record),
                withdraw: at.withdraw(local, one.record),
            })
            .collect();
        let choices = if seen.held.is_none() { choices(&seen) } else { Vec::new() };
        let held = seen.held.as_ref().map(|held| (linked_words(visit, held), at.act(local, "unlink")));
        let set_aside = seen.aside.as_ref().map(|(reason, until)| {
            let words = format!("Set aside until {}: {reason}", when::date(*until));
            (words, at.act(local, "bring-back"))
        });
        Self {
            is_staff: at.kind == Kind::Staff,
            vendor: at.vendor.name(),
            who: Identity::new(&seen.ours),
            here: at.suggested(local),
            yes: asked.kept(at.suggested(local)),
            choose: with_search(&asked.kept(at.suggested(local))),
            kept: kept(&asked),
            walk: seen.ahead.map(|ahead| walk_words(at, &asked, ahead)),
            cancel: at.after(visit, local),
            several: choices.len() > 1 && seen.candidates.first().is_some_and(|one| one.several),
            sealed: seen.candidates.iter().any(|one| one.sealed).then(|| at.act(local, "ask")),
            is_archived: seen.ours.facts.archived,
            chosen: Chosen::new(visit, at, local, &asked, &seen),
            choices,
            has_record: seen.held.as_ref().map(|held| held.record),
            held,
            refused,
            searched: seen.found.map(|(words, found)| Searched::new(at, local, words, found)),
            aside: forms::Aside::from_today(freshness::today(visit)),
            aside_action: asked.kept(at.act(local, "parking")),
            set_aside,
            edit: edit(visit, at, local),
            integrations: visit.may(Permission::ViewIntegrations).then(|| links::integrations(at.org)),
            shell,
        }
    }

    /// The person is linked, and to another record.
    pub fn has_another_than(&self, record: ExternalRecordId) -> bool {
        self.has_record.is_some_and(|held| held != record)
    }

    /// Who has one of the two now, for somebody whose *Yes* came second.
    pub fn taken_words(&self) -> Option<String> {
        let taken = self.chosen.as_ref().and_then(|one| one.taken.as_ref());
        self.held.as_ref().map(|held| held.0.clone()).or_else(|| taken.map(|taken| taken.0.clone()))
    }
}

fn with_search(path: &str) -> String {
    format!("{path}{}search=", if path.contains('?') { '&' } else { '?' })
}

/// The walk's part of the address as fields.
fn kept(asked: &forms::Asked) -> Vec<(String, String)> {
    if !asked.is_walk() {
        return Vec::new();
    }
    let fields = [("walk", &asked.walk), ("q", &asked.q), ("place", &asked.place), ("why", &asked.why)];
    let filled = fields.into_iter().filter(|(_, value)| !value.is_empty());
    filled.map(|(name, value)| (name.to_owned(), value.clone())).collect()
}

fn walk_words(at: At, asked: &forms::Asked, ahead: Ahead) -> (String, Option<String>) {
    let words = match ahead.left {
        0 => "This is the last suggestion of this list.".to_owned(),
        1 => "1 more with a suggestion after this one.".to_owned(),
        n => format!("{} more with a suggestion after this one.", when::thousands(n)),
    };
    (words, ahead.next.map(|next| asked.walk_to(at.suggested(next))))
}

/// Where the person here is corrected, for who may.
fn edit(visit: &Visit, at: At, local: i64) -> Option<String> {
    match at.kind {
        Kind::People => {
            visit.may(Permission::EditResidents).then(|| links::edit_resident(at.org, ResidentId(local)))
        }
        Kind::Staff => {
            visit.may(Permission::EditStaff).then(|| links::edit_staff_member(at.org, StaffMemberId(local)))
        }
    }
}

/// "Already linked by Mary Jones, today at 9:12am."
pub(in crate::web::pairing) fn linked_words(visit: &Visit, held: &Held) -> String {
    format!("Already linked by {}, {}.", by(&held.by), freshness::within(visit, held.at).words)
}

pub(in crate::web::pairing) fn by(name: &str) -> &str {
    if name.is_empty() { "a sync" } else { name }
}

/// "You said this was not Betty Cole, today at 9am."
fn said_no(visit: &Visit, refused: &Refused) -> String {
    let me = visit.actor().is_some_and(|actor| actor.name() == refused.by);
    let (who, when) = (if me { "You" } else { &refused.by }, freshness::within(visit, refused.at).words);
    if refused.said_no {
        format!("{who} said this was not {}, {when}.", refused.name)
    } else {
        format!("{who} undid the link to {}, {when}.", refused.name)
    }
}

/// The radios: whoever may be seen, where there are at least two.
fn choices(seen: &Seen) -> Vec<Choice> {
    let open: Vec<&Side> = seen.candidates.iter().filter(|one| !one.sealed).map(|one| &one.side).collect();
    if open.len() < 2 {
        return Vec::new();
    }
    let chosen = seen.chosen.as_ref().map(|one| one.side.id);
    open.iter()
        .map(|side| Choice::new(side.id.to_string(), described(side), Some(side.id) == chosen))
        .collect()
}

impl Chosen {
    fn new(visit: &Visit, at: At, local: i64, asked: &forms::Asked, seen: &Seen) -> Option<Self> {
        let theirs = seen.chosen.as_ref()?;
        let record = ExternalRecordId(theirs.side.id);
        let taken = seen.holder.as_ref().map(|held| {
            let who = held.local_name.as_deref().unwrap_or("somebody in another home");
            let made = format!("by {}, {}", by(&held.by), freshness::within(visit, held.at).words);
            let words = format!("This record is already paired with {who}, {made}.");
            (words, held.local_name.is_some().then(|| at.swap(local, record)))
        });
        let refused = seen.refused.iter().find(|one| one.record == record);
        Some(Self {
            id: theirs.side.id,
            comparison: comparison::compare(at.system(), at.kind, &seen.ours, theirs, &seen.unsent),
            about: forms::seal(visit, &at, local, record),
            ours: seen.ours.edition.clone(),
            theirs: theirs.side.edition.clone(),
            taken,
            refused: refused.map(|one| said_no(visit, one)).unwrap_or_default(),
            refuse: asked.kept(at.act(local, "refusals")),
        })
    }
}

impl Searched {
    fn new(at: At, local: i64, words: String, found: Vec<Named>) -> Self {
        let too_many = i64::try_from(found.len()).unwrap_or(i64::MAX) >= MOST_FOUND;
        let rows = found.into_iter().map(|one| {
            let facts = &one.side.facts;
            let (second, third) = match at.kind {
                Kind::People => (comparison::born(facts), place(facts)),
                Kind::Staff => (facts.email.clone(), facts.place.clone()),
            };
            let note = match one.taken {
                Some(Some(name)) => format!("Paired with {name}"),
                Some(None) => "Paired with somebody else".to_owned(),
                None if one.refused => "You or a colleague said no".to_owned(),
                None => "Not paired".to_owned(),
            };
            let compare = at.beside(local, ExternalRecordId(one.side.id));
            FoundLine { name: one.side.name, second, third, note, compare }
        });
        Self { words, rows: rows.collect(), too_many }
    }
}

fn place(facts: &Record) -> String {
    let room = if facts.room.is_empty() { String::new() } else { format!("Room {}", facts.room) };
    let parts = [room, facts.place.clone()];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
}

/// Asks before a link is ended.
#[derive(Template)]
#[template(path = "pairing/unlink.html")]
pub struct Unlink {
    pub shell: Shell,
    pub is_staff: bool,
    pub vendor: &'static str,
    pub who: Identity,
    /// How the link came about.
    pub how: String,
    pub reasons: Vec<String>,
    /// Label, value now, value afterwards.
    pub put_back: Vec<(String, String, String)>,
    /// The pairing changed fields, and somebody changed them since: they stay.
    pub changed_since: bool,
    pub pairing: i64,
    pub action: String,
    pub cancel: String,
}

impl Unlink {
    pub(in crate::web::pairing) fn new(
        visit: &Visit,
        shell: Shell,
        at: At,
        local: i64,
        ours: &Side,
        held: &Held,
    ) -> Self {
        let made = freshness::within(visit, held.at).words;
        let how = match rule_words(&held.rule) {
            Some(rule) => format!("A sync linked them, {made}, by this rule: {rule}"),
            None if held.by.is_empty() => format!("A sync linked them, {made}."),
            None => format!("{} linked them, {made}.", held.by),
        };
        let after = held.proof.after.in_words();
        let before = held.proof.before.in_words();
        let now = |label: &str| match label {
            "First name" => ours.facts.first_name.clone(),
            "Last name" => ours.facts.last_name.clone(),
            "Date of Birth" => comparison::born(&ours.facts),
            "Resident type" => ours.facts.resident_type.clone(),
            "Room" => ours.facts.room.clone(),
            _ => ours.facts.status.clone(),
        };
        let unchanged = after.iter().all(|(label, value)| now(label) == *value);
        let rows = after.iter().map(|(label, value)| {
            let back = before.iter().find(|(of, _)| of == label).map(|(_, value)| value.clone());
            ((*label).to_owned(), value.clone(), back.filter(|value| !value.is_empty()).unwrap_or_default())
        });
        Self {
            is_staff: at.kind == Kind::Staff,
            vendor: at.vendor.name(),
            who: Identity::new(ours),
            how,
            reasons: held.proof.reasons.iter().map(|one| one.words.clone()).collect(),
            put_back: if unchanged { rows.collect() } else { Vec::new() },
            changed_since: !unchanged,
            pairing: held.pairing.0,
            action: at.act(local, "unlink"),
            cancel: at.page_of(visit, local),
            shell,
        }
    }
}
