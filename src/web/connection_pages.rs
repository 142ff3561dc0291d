//! Two pages that every care record system has, whichever way it is switched on: what *Test connection* found out,
//! and what is shared on which ground. Values for their templates; nothing is asked here.

use askama::Template;
use chrono::{NaiveDate, NaiveDateTime, TimeDelta};
use chrono_tz::Tz;

use super::asking::Tested;
use super::ui::{Shell, When, filters};
use crate::connectors::{Failure, FailureKind, Vendor};
use crate::domain::Refusal;
use crate::domain::connections::{Connection, TERMS_VERSION};

/// Clocks that differ by less are said to agree.
const CLOSE: TimeDelta = TimeDelta::minutes(2);

/// What is shared, on what ground, and who agreed: to be printed for a data protection assessment.
#[derive(Template)]
#[template(path = "integrations/terms.html")]
pub(super) struct Terms {
    shell: Shell,
    vendor: &'static str,
    /// "token" or "key".
    secret: &'static str,
    version: String,
    accepted: Option<(String, When)>,
    /// What the vendor charges, and who ticked that it is paid.
    charge: Option<&'static str>,
    charged: Option<(String, When)>,
    /// Entries are written there too.
    writes: bool,
}

pub(super) fn terms(
    shell: Shell,
    vendor: Vendor,
    (connection, writes): (Option<&Connection>, bool),
    (now, zone): (NaiveDateTime, Tz),
) -> Terms {
    let words = |at: NaiveDateTime| When::new(at.and_utc(), now.and_utc(), zone);
    let accepted = connection.and_then(|connection| {
        let at = connection.terms_accepted_at?;
        Some((connection.terms_version.clone(), connection.terms_accepted_by.clone(), words(at)))
    });
    let charged =
        connection.and_then(|one| Some((one.charge_accepted_by.clone(), words(one.charge_accepted_at?))));
    let (version, accepted) = match accepted {
        Some((version, by, when)) => (version, Some((by, when))),
        None => (TERMS_VERSION.to_owned(), None),
    };
    Terms {
        shell,
        vendor: vendor.name(),
        secret: secret(vendor),
        version,
        accepted,
        charge: vendor.key_form().and_then(|form| form.charge),
        charged,
        writes,
    }
}

/// What opens the vendor's door: a token where we issue it, a key where we receive it.
pub(super) fn secret(vendor: Vendor) -> &'static str {
    if vendor.key_form().is_some() { "key" } else { "token" }
}

/// What *Test connection* found out, a part for each token or key.
#[derive(Template)]
#[template(path = "integrations/test.html")]
pub(super) struct TestPage {
    shell: Shell,
    secret: &'static str,
    parts: Vec<Part>,
    again: String,
}

struct Part {
    token: String,
    checks: Vec<Check>,
    samples: Vec<String>,
    /// What went wrong, what to do, and the screen to open; empty when all is well.
    failure: String,
    repair: String,
    screen: String,
}

struct Check {
    about: &'static str,
    good: bool,
    words: String,
}

pub(super) fn tested(
    shell: Shell,
    vendor: Vendor,
    again: String,
    tested: Vec<Tested>,
    now: NaiveDateTime,
) -> TestPage {
    let parts = tested.into_iter().map(|test| part(vendor, test, now)).collect();
    TestPage { shell, secret: secret(vendor), parts, again }
}

fn part(vendor: Vendor, test: Tested, now: NaiveDateTime) -> Part {
    let (probe, what, form) = (&test.probe, secret(vendor), vendor.key_form());
    let unlisted = form.is_none() && probe.reached && probe.failure.is_none() && probe.services.is_empty();
    let known = !unlisted && (probe.accepted || (form.is_some() && probe.reached && probe.failure.is_none()));
    let reached =
        if probe.reached { format!("{vendor} answered.") } else { format!("{vendor} did not answer.") };
    let accepted = if known {
        format!("{vendor} accepts this {what}.")
    } else {
        format!("{vendor} has not accepted this {what}.")
    };
    let label = if form.is_some() { "Key accepted" } else { "Token accepted" };
    let mut checks = vec![
        Check { about: "Reached", good: probe.reached, words: reached },
        Check { about: label, good: known, words: accepted },
    ];
    if let Some(people) = probe.people {
        let names: Vec<&str> = probe.services.iter().map(|service| service.name.as_str()).collect();
        let one = if people == 1 { "resident" } else { "residents" };
        let of = if names.is_empty() { String::new() } else { format!(" of {}", names.join(", ")) };
        checks.push(Check { about: "What it may see", good: true, words: format!("{people} {one}{of}") });
    }
    if let Some(skew) = probe.clock_skew(now.and_utc()) {
        checks.push(Check { about: "Clocks agree", good: skew.abs() <= CLOSE, words: told(vendor, skew) });
    }
    let samples = probe.samples.iter().map(|person| sample(&person.first_name, &person.last_name)).collect();
    let (failure, repair) = match (&probe.failure, form) {
        // What a refusal most likely means, where the vendor's screens invite one mistake.
        (Some(failure), Some(form)) if failure.kind == FailureKind::CredentialRefused => {
            (form.refused.to_owned(), String::new())
        }
        // The screen that the repair names is shown below.
        (Some(failure), None) if vendor.about().mapped && failure.kind == FailureKind::CredentialRefused => {
            (failure.words.clone(), String::new())
        }
        (Some(failure), _) => (failure.words.clone(), failure.repair.clone()),
        (None, _) if unlisted => (
            format!("{vendor} lists no service with this {what}."),
            "Check that the token is pasted there, and that each location shows On.".to_owned(),
        ),
        (None, _) => (String::new(), String::new()),
    };
    let screen = if unlisted {
        vendor.about().credential_screen.to_owned()
    } else {
        probe.failure.as_ref().map(|failure| screen(vendor, failure)).unwrap_or_default()
    };
    let token = match form {
        Some(_) => format!("Key that ends in {}", test.ends_with),
        None => format!("{} (ends in {})", test.label, test.ends_with),
    };
    Part { token, checks, samples, failure, repair, screen }
}

/// The vendor's screen to open for a failure.
fn screen(vendor: Vendor, failure: &Failure) -> String {
    let about = vendor.about();
    match failure.kind {
        FailureKind::CredentialRefused | FailureKind::CredentialUnusable => {
            about.credential_screen.to_owned()
        }
        FailureKind::AddressChanged if vendor.key_form().is_some() => {
            format!("Enter the key again: the address of {vendor} has changed. {}", about.credential_screen)
        }
        FailureKind::AddressChanged => {
            format!("Replace the token here, then paste the new one. {}", about.credential_screen)
        }
        FailureKind::NotConfigured | FailureKind::AddressRefused => {
            format!("There is no screen for this in {vendor}: it is a setting of this installation.")
        }
        FailureKind::ListMissing | FailureKind::AllRecordsBroken | FailureKind::NoContent => {
            about.people_screen.to_owned()
        }
        _ => format!(
            "In {vendor}, see whether the home page opens; there is nothing to change on its screens."
        ),
    }
}

/// "Betty C.": enough to see whose records these are.
fn sample(first: &str, last: &str) -> String {
    let initial = last.chars().next().map(|initial| format!("{initial}.")).unwrap_or_default();
    format!("{first} {initial}").trim().to_owned()
}

fn told(vendor: Vendor, skew: TimeDelta) -> String {
    let (seconds, side) =
        (skew.num_seconds().abs(), if skew < TimeDelta::zero() { "behind" } else { "ahead of" });
    match seconds {
        0..=5 => format!("{vendor}’s clock agrees with ours."),
        6..=120 => format!("{vendor}’s clock is {seconds} seconds {side} ours."),
        _ => format!("{vendor}’s clock is {} minutes {side} ours.", seconds / 60),
    }
}

/// The last day of a key: `2027-03-31`, as a browser's field for dates sends it.
pub(super) fn valid_until(typed: &str, today: NaiveDate) -> Result<Option<NaiveDate>, Refusal> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Ok(None);
    }
    let date = NaiveDate::parse_from_str(typed, "%Y-%m-%d").ok().filter(|date| *date > today);
    let words = "Enter a day that is still to come, such as 2027-03-31, or leave it empty";
    date.map(Some).ok_or_else(|| Refusal::invalid("valid_until", words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_a_first_name_and_an_initial() {
        assert_eq!(sample("Betty", "Cole"), "Betty C.");
        assert_eq!(sample("", "Cole"), "C.");
    }

    #[test]
    fn clocks_are_compared_in_words() {
        let told = |skew| told(Vendor::Nourish, skew);
        assert_eq!(told(TimeDelta::seconds(3)), "Nourish’s clock agrees with ours.");
        assert_eq!(told(TimeDelta::seconds(-30)), "Nourish’s clock is 30 seconds behind ours.");
        assert_eq!(told(TimeDelta::minutes(5)), "Nourish’s clock is 5 minutes ahead of ours.");
    }

    #[test]
    fn every_failure_of_every_vendor_names_a_screen() {
        for vendor in Vendor::ALL {
            for kind in [
                FailureKind::CredentialRefused,
                FailureKind::AddressChanged,
                FailureKind::NotConfigured,
                FailureKind::ListMissing,
                FailureKind::ServerError,
            ] {
                assert!(screen(vendor, &Failure::new(vendor, kind)).len() > 20, "{vendor} {kind:?}");
            }
        }
    }
}
