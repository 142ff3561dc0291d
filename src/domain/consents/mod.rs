//! What a resident agrees to share with relatives: per topic, on which ground, until when to ask again.
//!
//! A decision is never changed, only followed by a newer one, so that the history is whole. Nothing is shared
//! that nobody was asked about. Deliberately knows no relative: who may see a topic is decided beside them, and
//! only where [`allows`] says yes.

mod store;

use std::collections::{BTreeSet, HashMap};

use chrono::{Datelike as _, NaiveDate, NaiveDateTime};
use diesel::QueryResult;

use super::access::{ManageRelatives, Scope};
use super::organisations::{one_line, short};
use super::residents::{self, SUBJECT, Sees};
use super::{Refusal, audit, letters};
use crate::db::{Conn, Tx, text_enum};
use crate::kit::ids::{OrganisationId, ResidentId};

pub use super::access::Topic;
pub use store::Consent;

text_enum! {
    /// What was decided.
    pub enum Decision {
        Given = "given",
        Refused = "refused",
    }
}

text_enum! {
    /// On which ground a decision stands.
    pub enum Basis {
        Own = "own",
        Capacity = "capacity assessed",
        BestInterest = "best interest",
        Attorney = "attorney",
    }
}

impl Basis {
    pub fn words(self) -> &'static str {
        match self {
            Self::Own => "The resident’s own decision",
            Self::Capacity => "The resident’s own decision, capacity assessed",
            Self::BestInterest => "Best-interest decision",
            Self::Attorney => "Decided by an attorney",
        }
    }
}

/// A decision as somebody records it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewConsent {
    pub topic: Topic,
    pub decision: Decision,
    pub basis: Basis,
    /// The attorney's name, where one decided.
    pub attorney: String,
    pub note: String,
    /// The last day on which it counts; `None` until somebody decides otherwise.
    pub review_on: Option<NaiveDate>,
}

/// What a person typed.
#[derive(Debug, Clone, Default)]
pub struct TypedConsent<'f> {
    pub topic: &'f str,
    pub decision: &'f str,
    pub basis: &'f str,
    pub attorney: &'f str,
    pub note: &'f str,
    /// Day, month and year, each as typed; all empty is no date.
    pub review: (&'f str, &'f str, &'f str),
}

impl NewConsent {
    /// # Errors
    /// `Invalid` with the first field that cannot be used.
    pub fn read(typed: &TypedConsent<'_>, today: NaiveDate) -> Result<Self, Refusal> {
        let missing = |field, words: &str| Refusal::invalid(field, words);
        let topic =
            Topic::parse(typed.topic).ok_or_else(|| missing("topic", "Choose what the decision is about"))?;
        let decision = Decision::parse(typed.decision)
            .ok_or_else(|| missing("decision", "Choose whether it may be shared"))?;
        let basis =
            Basis::parse(typed.basis).ok_or_else(|| missing("basis", "Choose who decided, and how"))?;
        let attorney = short("attorney", one_line(typed.attorney), 200)?;
        if basis == Basis::Attorney && attorney.is_empty() {
            return Err(missing("attorney", "Enter the attorney’s name"));
        }
        let attorney = if basis == Basis::Attorney { attorney } else { String::new() };
        Ok(Self {
            topic,
            decision,
            basis,
            attorney,
            note: short("note", one_line(typed.note), 500)?,
            review_on: review(typed.review, today)?,
        })
    }
}

/// A date on the calendar that is still to come, within ten years.
fn review((day, month, year): (&str, &str, &str), today: NaiveDate) -> Result<Option<NaiveDate>, Refusal> {
    const FIELD: &str = "review_day";
    let (day, month, year) = (day.trim(), month.trim(), year.trim());
    if day.is_empty() && month.is_empty() && year.is_empty() {
        return Ok(None);
    }
    let parsed = year.parse().ok().zip(month.parse().ok()).zip(day.parse().ok());
    let date = parsed.and_then(|((year, month), day)| NaiveDate::from_ymd_opt(year, month, day));
    let date = date.ok_or_else(|| Refusal::invalid(FIELD, "Enter a real date, such as 31 12 2027"))?;
    if date <= today {
        return Err(Refusal::invalid(FIELD, "Enter a date that is still to come"));
    }
    if date.year() > today.year() + 10 {
        return Err(Refusal::invalid(FIELD, "Enter a date within the next ten years"));
    }
    Ok(Some(date))
}

/// How one topic stands for a resident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    pub topic: Topic,
    /// The decision that is in force or has run out; `None` when nobody was asked.
    pub latest: Option<Consent>,
    /// Whether the topic is shared now.
    pub shared: bool,
}

impl Standing {
    /// `Shared`, `Not shared`, `Review due`, `Not asked`.
    pub fn words(&self) -> &'static str {
        match &self.latest {
            None => "Not asked",
            Some(_) if self.shared => "Shared",
            Some(consent) if consent.decision == Decision::Given => "Review due",
            Some(_) => "Not shared",
        }
    }
}

impl Consent {
    /// Whether it lets the topic be seen on a day.
    pub fn counts_on(&self, today: NaiveDate) -> bool {
        self.decision == Decision::Given && self.review_on.is_none_or(|last| today <= last)
    }
}

/// Whether a resident's topic may be shared now. Whoever shows or sends something of a resident to relatives
/// asks this in the same read or write.
pub fn allows(
    conn: &mut Conn,
    organisation: OrganisationId,
    resident: ResidentId,
    topic: Topic,
    now: NaiveDateTime,
) -> QueryResult<bool> {
    Ok(shared(conn, organisation, resident, now)?.contains(&topic))
}

/// Every topic of a resident that may be shared now.
pub fn shared(
    conn: &mut Conn,
    organisation: OrganisationId,
    resident: ResidentId,
    now: NaiveDateTime,
) -> QueryResult<BTreeSet<Topic>> {
    let live = store::live(conn, organisation, resident)?;
    Ok(live.iter().filter(|one| one.counts_on(now.date())).map(|one| one.topic).collect())
}

/// The same for many at once; residents who share nothing are left out.
pub fn shared_by(
    conn: &mut Conn,
    residents: &[ResidentId],
    now: NaiveDateTime,
) -> QueryResult<HashMap<ResidentId, BTreeSet<Topic>>> {
    let mut shared: HashMap<ResidentId, BTreeSet<Topic>> = HashMap::new();
    for (resident, consent) in store::live_of(conn, residents)? {
        if consent.counts_on(now.date()) {
            shared.entry(resident).or_default().insert(consent.topic);
        }
    }
    Ok(shared)
}

/// Whether the resident has said no to a topic, which is more than not having been asked.
pub fn refused(
    conn: &mut Conn,
    organisation: OrganisationId,
    resident: ResidentId,
    topic: Topic,
) -> QueryResult<bool> {
    let live = store::live(conn, organisation, resident)?;
    Ok(live.iter().any(|one| one.topic == topic && one.decision == Decision::Refused))
}

/// How every topic stands, in the order of [`Topic`].
///
/// # Errors
/// `NotHere` when the resident is outside the scope.
pub fn standing<R: Sees>(
    conn: &mut Conn,
    scope: &Scope<R>,
    resident: ResidentId,
    today: NaiveDate,
) -> Result<Vec<Standing>, Refusal> {
    residents::get(conn, scope, resident)?;
    let mut live = store::live(conn, scope.organisation(), resident)?;
    let standing = Topic::ALL.iter().map(|topic| {
        let latest = live.iter().position(|one| one.topic == *topic).map(|at| live.swap_remove(at));
        let shared = latest.as_ref().is_some_and(|one| one.counts_on(today));
        Standing { topic: *topic, latest, shared }
    });
    Ok(standing.collect())
}

/// Every decision there ever was, newest first.
///
/// # Errors
/// `NotHere` when the resident is outside the scope.
pub fn history<R: Sees>(
    conn: &mut Conn,
    scope: &Scope<R>,
    resident: ResidentId,
    limit: i64,
) -> Result<Vec<Consent>, Refusal> {
    residents::get(conn, scope, resident)?;
    Ok(store::history(conn, scope.organisation(), resident, limit)?)
}

/// Records a decision, which takes the place of the one before it. It counts from the next request.
///
/// # Errors
/// `NotHere` when the resident is outside the scope.
pub fn record(
    tx: &mut Tx<'_>,
    scope: &Scope<ManageRelatives>,
    resident: ResidentId,
    new: &NewConsent,
) -> Result<(), Refusal> {
    let name = residents::get(tx.conn, scope, resident)?.name();
    let before = store::live(tx.conn, scope.organisation(), resident)?;
    let before = before.iter().find(|one| one.topic == new.topic);
    if before.is_some_and(|before| before.says(new)) {
        return Ok(());
    }
    let was = before.map_or("not asked", |one| one.decision.as_str());
    store::end(tx, resident, new.topic)?;
    store::insert(tx, scope.organisation(), resident, new, scope.by())?;
    if new.decision == Decision::Refused {
        letters::withdraw_news_about(tx, resident)?;
    }
    let words = format!(
        "recorded the consent of {name} on {}: {} ({})",
        new.topic.as_str(),
        new.decision.as_str(),
        new.basis.as_str()
    );
    let event = audit::Event::new("consent.recorded", words).about(SUBJECT, resident.0);
    let review = new.review_on.map(|date| date.to_string()).unwrap_or_default();
    let details = serde_json::json!({
        new.topic.as_str(): [was, new.decision.as_str()],
        "attorney": new.attorney,
        "review on": review,
        "note": new.note,
    });
    audit::record(tx, scope, event.with(details))?;
    Ok(())
}

/// A consent whose last day is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lapsed {
    pub organisation: OrganisationId,
    pub resident: ResidentId,
    pub topics: Vec<Topic>,
}

/// Whether [`lapse`] would find something.
pub fn any_lapsing(conn: &mut Conn, today: NaiveDate) -> QueryResult<bool> {
    Ok(!store::run_out(conn, today, 1)?.is_empty())
}

/// Notes the consents that have run out since this was last called, each once, with an event for each
/// resident. The caller tells both sides.
pub fn lapse(tx: &mut Tx<'_>, limit: i64) -> Result<Vec<Lapsed>, Refusal> {
    let due = store::run_out(tx.conn, tx.now.date(), limit)?;
    let mut lapsed: Vec<Lapsed> = Vec::new();
    for (consent, organisation, resident, topic) in due {
        store::note_lapse(tx, consent)?;
        match lapsed.iter_mut().find(|one| one.resident == resident) {
            Some(one) => one.topics.push(topic),
            None => lapsed.push(Lapsed { organisation, resident, topics: vec![topic] }),
        }
    }
    for one in &lapsed {
        letters::withdraw_news_about(tx, one.resident)?;
        let topics: Vec<&str> = one.topics.iter().map(|topic| topic.as_str()).collect();
        let words =
            format!("suspended sharing with relatives until consent is reviewed: {}", topics.join(", "));
        let event = audit::Event::new("consent.lapsed", words).about(SUBJECT, one.resident.0);
        let scope = Scope::<ManageRelatives>::for_the_portal(one.organisation);
        audit::record(tx, &scope, event)?;
    }
    Ok(lapsed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn today() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, 22).unwrap()
    }

    fn typed() -> TypedConsent<'static> {
        TypedConsent { topic: "activities", decision: "given", basis: "own", ..TypedConsent::default() }
    }

    #[test]
    fn a_decision_needs_its_topic_ground_and_for_an_attorney_a_name() {
        assert!(NewConsent::read(&typed(), today()).is_ok());
        for (typed, field) in [
            (TypedConsent { topic: "everything", ..typed() }, "topic"),
            (TypedConsent { decision: "", ..typed() }, "decision"),
            (TypedConsent { basis: "hearsay", ..typed() }, "basis"),
            (TypedConsent { basis: "attorney", attorney: " ", ..typed() }, "attorney"),
            (TypedConsent { review: ("31", "2", "2027"), ..typed() }, "review_day"),
            (TypedConsent { review: ("22", "11", "2026"), ..typed() }, "review_day"),
            (TypedConsent { review: ("1", "1", "2099"), ..typed() }, "review_day"),
        ] {
            let Err(Refusal::Invalid { field: wrong, .. }) = NewConsent::read(&typed, today()) else {
                panic!("{field}")
            };
            assert_eq!(wrong, field);
        }
    }
}
