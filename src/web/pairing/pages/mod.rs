//! The pairing pages, ready to be printed: the list; the others in files of their own.

mod quality;
mod suggested;
mod swap;
mod together;

use askama::Template;

use super::{At, Found, comparison, forms};
use crate::domain::access::Permission;
use crate::domain::organisations::{Place, PlaceKind};
use crate::domain::pairing::matching::Kind;
use crate::domain::pairing::{Cause, Show, Side, Unpaired};
use crate::links;
use crate::web::listing::Address;
use crate::web::ui::{Choice, Link, Pager, Shell, filters, when};
use crate::web::visit::Visit;

pub use quality::Quality;
pub use suggested::{Suggested, Unlink};
pub use swap::Swap;
pub use together::Together;

/// Who is not linked, and why.
#[derive(Template)]
#[template(path = "pairing/index.html")]
pub struct Index {
    pub shell: Shell,
    pub noun: &'static str,
    pub is_staff: bool,
    pub vendor: &'static str,
    /// "6 to check, 1 set aside."
    pub words: String,
    pub list: String,
    pub search: String,
    pub shows: Vec<Choice>,
    pub places: Vec<Choice>,
    pub causes: Vec<Choice>,
    /// The filters that are set, each as a link that takes it away.
    pub chips: Vec<Link>,
    pub caption: String,
    pub rows: Vec<Row>,
    pub pager: Pager,
    /// Where there are no rows: a sentence, and where to go.
    pub empty: (String, String, &'static str),
    pub may_pair: bool,
    pub csv: String,
    pub many: String,
    /// The first of those with a suggestion, to go through them one by one.
    pub walk: Option<String>,
    pub quality: String,
}

/// Somebody who is not linked.
pub struct Row {
    pub name: String,
    pub look_alike: bool,
    pub second: String,
    pub third: String,
    pub why: String,
    /// "You said this was not Betty Cole", one line each.
    pub refused: Vec<String>,
    pub best: String,
    /// "Until 6 December 2026: in hospital".
    pub aside: String,
    pub link: String,
    pub bring_back: String,
}

impl Index {
    pub(super) fn new(
        visit: &Visit,
        shell: Shell,
        at: At,
        asked: &forms::Asked,
        found: Found,
        (pager, list): (Pager, &Address),
    ) -> Self {
        let me = visit.actor().map(|actor| actor.name().to_owned()).unwrap_or_default();
        let progress = found.progress;
        let (to_check, aside) = (when::thousands(progress.to_check()), when::thousands(progress.parked));
        let words = match (progress.to_check(), progress.parked) {
            (0, 0) => "Nobody is left to check.".to_owned(),
            (_, 0) => format!("{to_check} to check."),
            _ => format!("{to_check} to check, {aside} set aside."),
        };
        let words = format!("{words}{}", elsewhere(progress.elsewhere));
        let address = asked.address(links::pairing_csv(at.org, at.vendor.id(), at.kind_word()));
        let first = found.rows.iter().find(|row| row.suggestion.is_some() && row.parked.is_none());
        let walk = first.filter(|_| visit.may(Permission::PairRecords));
        Self {
            noun: at.noun(),
            is_staff: at.kind == Kind::Staff,
            vendor: at.vendor.name(),
            words,
            list: at.list(),
            search: asked.q.clone(),
            shows: shows(asked.show()),
            places: places(&found.places, asked),
            causes: causes(&found.causes, asked),
            chips: chips(asked, list, &found.places),
            walk: walk.map(|row| asked.walk_to(at.suggested(row.local))),
            caption: caption(at, asked.show()),
            empty: empty(at, asked, &found),
            rows: found.rows.into_iter().map(|row| Row::new(at, row, &me)).collect(),
            pager,
            may_pair: visit.may(Permission::PairRecords),
            csv: address.page(1),
            many: links::confirm_many(at.org, at.vendor.id(), at.kind_word()),
            quality: links::pairing_quality(at.org),
            shell,
        }
    }
}

fn elsewhere(count: i64) -> String {
    match count {
        0 => String::new(),
        1 => " One more of another home is paired too.".to_owned(),
        n => format!(" {} more of other homes are paired too.", when::thousands(n)),
    }
}

fn shows(now: Show) -> Vec<Choice> {
    let all = [
        (Show::ToCheck, "", "To check"),
        (Show::Suggested, "suggested", "With a suggestion"),
        (Show::Alone, "none", "Without a suggestion"),
        (Show::Refused, "refused", "Somebody said no"),
        (Show::Parked, "aside", "Set aside"),
        (Show::All, "all", "All"),
    ];
    all.map(|(show, value, label)| Choice::new(value, label, show == now)).into()
}

fn places(all: &[Place], asked: &forms::Asked) -> Vec<Choice> {
    let here = asked.place();
    let mut choices = vec![Choice::new("", "Everywhere", here.is_none())];
    choices.extend(all.iter().map(|place| {
        let label = match place.kind {
            PlaceKind::Home => place.name.clone(),
            PlaceKind::Zone => format!("– {}", place.name),
        };
        Choice::new(place.id.to_string(), label, here == Some(place.id))
    }));
    choices
}

fn causes(all: &[Cause], asked: &forms::Asked) -> Vec<Choice> {
    let now = asked.cause();
    let mut choices = vec![Choice::new("", "Any reason", now.is_none())];
    choices.extend(all.iter().map(|cause| {
        let (value, words) = forms::cause_choice(cause);
        Choice::new(value, words, now.as_ref() == Some(cause))
    }));
    choices
}

fn chips(asked: &forms::Asked, address: &Address, places: &[Place]) -> Vec<Link> {
    let place = places.iter().find(|place| asked.place() == Some(place.id));
    let place = place.map_or_else(|| "Unknown place".to_owned(), |place| place.name.clone());
    let shows = shows(asked.show());
    let show = shows.iter().find(|one| one.chosen).map(|one| one.label.clone()).unwrap_or_default();
    let why = asked.cause().map(|cause| forms::cause_choice(&cause).1.to_owned()).unwrap_or_default();
    let chips = [
        address.chip("q", format!("Name: {}", asked.q.trim())),
        address.chip("place", place),
        address.chip("why", format!("Why: {why}")),
        address.chip("show", show),
    ];
    chips.into_iter().flatten().collect()
}

fn caption(at: At, show: Show) -> String {
    let who = if at.kind == Kind::Staff { "Staff" } else { "Residents" };
    match show {
        Show::ToCheck => format!("{who} to check"),
        Show::Suggested => format!("{who} with a suggestion"),
        Show::Alone => format!("{who} without a suggestion"),
        Show::Refused => format!("{who} of whom somebody said no to a suggestion"),
        Show::Parked => format!("{who} who are set aside"),
        Show::All => format!("{who} who are not paired"),
    }
}

fn empty(at: At, asked: &forms::Asked, found: &Found) -> (String, String, &'static str) {
    let integrations = links::integrations(at.org);
    let progress = found.progress;
    if !asked.q.trim().is_empty() || asked.place().is_some() || asked.cause().is_some() {
        let words = "Nobody here fits. Take a filter away, or show all.".to_owned();
        return (words, format!("{}?show=all", at.list()), "Show all");
    }
    if progress.total == 0 {
        let who = if at.kind == Kind::Staff { "Staff" } else { "Residents" };
        return (format!("{who} stand here once they are added."), integrations, "Go to Integrations");
    }
    if progress.paired >= progress.total {
        return ("Everybody is paired.".to_owned(), integrations, "Go to Integrations");
    }
    if found.never_synced() {
        let words =
            format!("{} has not been synced yet. Sync first, then see who is left.", at.vendor.name());
        return (words, integrations, "Go to Integrations");
    }
    match asked.show() {
        Show::Parked => ("Nobody is set aside.".to_owned(), at.list(), "Show who is to check"),
        Show::Suggested => ("There is no suggestion now.".to_owned(), at.list(), "Show who is to check"),
        Show::Alone => ("Everybody has a suggestion.".to_owned(), at.list(), "Show who is to check"),
        Show::Refused => ("Nobody said no to a suggestion.".to_owned(), at.list(), "Show who is to check"),
        _ => ("Nobody needs checking now.".to_owned(), format!("{}?show=all", at.list()), "Show all"),
    }
}

impl Row {
    fn new(at: At, row: Unpaired, me: &str) -> Self {
        let said = |(name, by): (String, String)| {
            let by = if by == me { "You".to_owned() } else { by };
            format!("{by} said this was not {name}.")
        };
        let best = row.suggestion.map(|one| match (one.name.is_empty(), one.several) {
            (true, _) => "Somebody might be".to_owned(),
            (false, false) => one.name,
            (false, true) => format!("{}, or somebody else", one.name),
        });
        let aside = row.parked.map(|(reason, until)| format!("Until {}: {reason}", when::date(until)));
        Self {
            name: row.name,
            look_alike: row.look_alike,
            second: row.room,
            third: row.place,
            why: row.why,
            refused: row.refused.into_iter().map(said).collect(),
            best: best.unwrap_or_default(),
            aside: aside.unwrap_or_default(),
            link: at.suggested(row.local),
            bring_back: at.act(row.local, "bring-back"),
        }
    }
}

/// Who a page is about.
pub struct Identity {
    pub name: String,
    pub born: String,
    pub nhs_number: String,
    pub place: String,
    pub badge: &'static str,
}

impl Identity {
    fn new(side: &Side) -> Self {
        let facts = &side.facts;
        let room = (!facts.room.is_empty()).then(|| format!("room {}", facts.room));
        let parts = [Some(facts.place.clone()).filter(|place| !place.is_empty()), room];
        Self {
            name: side.name.clone(),
            born: comparison::born(facts),
            nhs_number: facts.nhs_number.clone(),
            place: parts.into_iter().flatten().collect::<Vec<_>>().join(", "),
            badge: if side.look_alike { "Look-alike: check who it is" } else { "" },
        }
    }
}

/// "Betty Cole, room 5, born 4 March 1938": enough to tell two of one name apart.
fn described(side: &Side) -> String {
    let facts = &side.facts;
    let mut words = side.name.clone();
    for (before, value) in [
        ("room ", facts.room.clone()),
        ("born ", comparison::born(facts)),
        ("", facts.email.clone()),
        ("", facts.place.clone()),
    ] {
        if !value.is_empty() {
            words = format!("{words}, {before}{value}");
        }
    }
    words
}
