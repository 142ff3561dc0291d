//! Mapping: which site is which agency, which student which client, which user which member of staff. A mapping is a
//! pairing of the vendor's record with ours, made by a rule (`Auto`) or chosen by a person (`User`).
//!
//! A pull takes the vendor's records in and maps what a rule allows, and never adds, changes or archives anybody here.
//! `sites` and `people` hold the rules and are pure, `rules` their names and switches; `settle` looks and writes;
//! `decide` is what people say, and `resting` what goes with a mapping that ends. Deliberately takes in no session
//! note; how many of them hang on a mapping is asked of the rows.

mod creating;
mod decide;
mod depends;
mod lists;
mod people;
mod pulls;
mod reasons;
mod resting;
mod rules;
mod settle;
mod sites;
mod store;
mod taking;

use diesel::QueryResult;

use super::access::{Places, Right, Scope};
use super::connections::{self, Connection};
use super::{Refusal, appointments, organisations, residents, staff};
use crate::connectors::Vendor;
use crate::db::Conn;
use crate::domain::pairing::matching;
use crate::kit::ids::PlaceId;

pub use creating::{
    Candidate, Said, always_treat, create_agency, create_client, create_staff, look as look_for_candidates,
};
pub use decide::{Pick, RowError, Saved, delete, map, not_the_same, save, withdraw};
pub use depends::Uses;
pub use lists::{
    Counts, Detail, FEW, Mapping, NotTheSame, Options, Page, Row, Show, Wanted, Was, list, options, search,
    show,
};
pub use pulls::{
    Cadence, NOTES_EVERY, OVERLAP, any_due, ask_due, cadence, next_pull, pull_now, pulled, set_cadence,
};
pub use reasons::Why;
pub use resting::{Person, Resting, end_resting, resting};
pub use rules::{Off, Rule, Switch, Switched, rules_off, switch_rules, switches};
pub use settle::Followed;
pub use taking::{Brought, People, TakenPeople, not_believed, take_people};

/// The system whose sites, students, users and notes are mapped.
pub const VENDOR: Vendor = Vendor::Ensora;

/// How a site stands in `kind` columns; students and users stand there as residents and staff do.
pub const SITE: &str = "site";

/// What is mapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    Site,
    Student,
    User,
}

impl Kind {
    pub const ALL: [Self; 3] = [Self::Site, Self::Student, Self::User];

    /// The word in `kind` columns.
    pub fn word(self) -> &'static str {
        match self {
            Self::Site => SITE,
            Self::Student => residents::SUBJECT,
            Self::User => staff::SUBJECT,
        }
    }

    /// How the audit trail names what is mapped to.
    fn subject(self) -> &'static str {
        match self {
            Self::Site => "place",
            Self::Student => residents::SUBJECT,
            Self::User => staff::SUBJECT,
        }
    }

    /// What the vendor calls one.
    pub fn theirs(self) -> &'static str {
        match self {
            Self::Site => "site",
            Self::Student => "student",
            Self::User => "user",
        }
    }

    pub fn theirs_many(self) -> &'static str {
        match self {
            Self::Site => "sites",
            Self::Student => "students",
            Self::User => "users",
        }
    }

    /// What one is here.
    pub fn ours(self) -> &'static str {
        match self {
            Self::Site => "agency",
            Self::Student => "client",
            Self::User => "member of staff",
        }
    }

    /// How the pairing engine calls them, where it knows them.
    fn people(self) -> Option<matching::Kind> {
        match self {
            Self::Site => None,
            Self::Student => Some(matching::Kind::People),
            Self::User => Some(matching::Kind::Staff),
        }
    }
}

/// What may be shown of the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tabs {
    /// Sites that the vendor lists and nobody has mapped.
    pub sites_unmapped: i64,
    /// Whether the tabs beside *Agencies* show their rows: every site is mapped, or the organisation works on mapped
    /// sites meanwhile.
    pub open: bool,
    /// Rows of unmapped sites wait, grouped, while the others are worked on.
    pub meanwhile: bool,
    /// Somebody without access to a single agency has no tab *Agencies*.
    pub may_see_agencies: bool,
}

/// The connection of an organisation whose records are mapped, if there ever was one.
pub fn connection<R: Right>(conn: &mut Conn, scope: &Scope<R>) -> QueryResult<Option<Connection>> {
    connections::find(conn, scope, VENDOR)
}

/// What the window may show somebody.
///
/// # Errors
/// `NotHere` when the organisation has no connection of this kind.
pub fn tabs<R: Right>(conn: &mut Conn, scope: &Scope<R>) -> Result<Tabs, Refusal> {
    let connection = connection(conn, scope)?.ok_or(Refusal::NotHere)?;
    let sites_unmapped = store::unmapped_sites(conn, connection.id)?;
    let meanwhile = appointments::settings(conn, scope)?.meanwhile;
    let may_see_agencies = match scope.places() {
        Places::All => true,
        Places::Only(places) => !places.is_empty(),
    };
    Ok(Tabs { sites_unmapped, open: sites_unmapped == 0 || meanwhile, meanwhile, may_see_agencies })
}

/// The agency that a site is mapped to, by the vendor's identifier of the site.
pub fn site_of<R: Right>(conn: &mut Conn, scope: &Scope<R>, site: &str) -> Result<Option<PlaceId>, Refusal> {
    let connection = connection(conn, scope)?.ok_or(Refusal::NotHere)?;
    let known = settle::known_sites(conn, scope.organisation(), connection.id)?;
    Ok(known.agency_of.get(site).copied())
}

/// The rule of a mapping in words, by its id.
pub fn rule_words(id: &str) -> String {
    let words = Rule::parse(id).and_then(Rule::words).or_else(|| matching::rule_words(id));
    words.unwrap_or("A rule mapped the two.").to_owned()
}

/// What a record is called in lists.
fn name_of(kind: Kind, record: &store::Record) -> String {
    if kind == Kind::Site {
        return settle::site_name(record);
    }
    let facts = settle::theirs(kind, record).facts;
    format!("{} {}", facts.first_name, facts.last_name).trim().to_owned()
}

/// Whether an organisation's sector has this window at all.
pub fn belongs_to(sector: organisations::Sector) -> bool {
    sector == organisations::Sector::Therapy
}
