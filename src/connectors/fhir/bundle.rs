//! What a page of a search holds: the resources that were asked for, told apart from what a server may put beside
//! them. Knows no resource; what one means is decided elsewhere.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::strict;
use crate::connectors::FailureKind;
use crate::connectors::http::Taker;
use crate::connectors::writing::cleaned;

/// More than the largest group; a search that never ends is none.
const MOST_ENTRIES: usize = 125_000;

/// Stands for an entry in which there is nothing to read.
const NOTHING: &[u8] = b"null";

/// A resource as it came.
pub(super) type Resource = Map<String, Value>;

/// One entry of a page.
pub(super) enum Found<'e> {
    /// What was asked for, and whether it names one thing twice.
    Match(Resource, bool),
    /// Anything that is none: what cannot be read as it came, or nothing.
    Odd(&'e [u8]),
}

/// Where the resources go.
pub(super) trait Each: Send {
    fn answered(&mut self, vendor_time: Option<DateTime<Utc>>);
    fn found(&mut self, found: Found<'_>) -> Result<(), FailureKind>;
}

/// Takes the entries of all pages of one search.
pub(super) struct Entries<'c> {
    kind: &'static str,
    each: &'c mut dyn Each,
    seen: usize,
    /// What the server said when it gave up in the middle, cleaned.
    pub(super) said: Option<String>,
}

impl<'c> Entries<'c> {
    pub(super) fn new(kind: &'static str, each: &'c mut dyn Each) -> Self {
        Self { kind, each, seen: 0, said: None }
    }
}

impl Taker for Entries<'_> {
    fn answered(&mut self, vendor_time: Option<DateTime<Utc>>) {
        self.each.answered(vendor_time);
    }

    fn take(&mut self, element: &[u8]) -> Result<(), FailureKind> {
        self.seen += 1;
        if self.seen > MOST_ENTRIES {
            return Err(FailureKind::TooLarge);
        }
        let text = str::from_utf8(element).map_err(|_bad| FailureKind::BadText)?;
        let Ok((entry, twice)) = strict::parse(text) else { return self.each.found(Found::Odd(element)) };
        let mode = entry.pointer("/search/mode").and_then(Value::as_str).unwrap_or_default().to_owned();
        let Some(resource) = resource(entry) else { return self.each.found(Found::Odd(NOTHING)) };
        let kind = resource.get("resourceType").and_then(Value::as_str).unwrap_or_default();
        match mode.as_str() {
            "include" => Ok(()),
            "outcome" => self.outcome(&resource),
            _ if kind == "OperationOutcome" => self.outcome(&resource),
            _ if kind == self.kind => self.each.found(Found::Match(resource, twice)),
            _ => self.each.found(Found::Odd(NOTHING)),
        }
    }

    fn taken(&self) -> usize {
        self.seen
    }
}

fn resource(entry: Value) -> Option<Resource> {
    let Value::Object(mut entry) = entry else { return None };
    match entry.remove("resource")? {
        Value::Object(resource) => Some(resource),
        _ => None,
    }
}

impl Entries<'_> {
    /// Hints and warnings change nothing; an error means that the search is not whole.
    fn outcome(&mut self, outcome: &Resource) -> Result<(), FailureKind> {
        let issues = outcome.get("issue").and_then(Value::as_array);
        let worst = issues
            .into_iter()
            .flatten()
            .find(|issue| matches!(issue.get("severity").and_then(Value::as_str), Some("fatal" | "error")));
        let Some(issue) = worst else { return Ok(()) };
        let texts = ["/details/text", "/diagnostics", "/code"];
        let said = texts.iter().find_map(|at| issue.pointer(at)?.as_str());
        self.said = said.and_then(|said| cleaned(json!({ "detail": said }).to_string().as_bytes()));
        Err(FailureKind::Rejected)
    }
}

/// The elements of a list in a resource; none where it is no list.
pub(super) fn all<'r>(resource: &'r Resource, name: &str) -> impl Iterator<Item = &'r Value> {
    resource.get(name).and_then(Value::as_array).into_iter().flatten()
}

/// A text in a value, by its JSON pointer.
pub(super) fn text<'v>(value: &'v Value, at: &str) -> Option<&'v str> {
    value.pointer(at)?.as_str().map(str::trim).filter(|text| !text.is_empty())
}

/// `Organization/12`, however the reference was written: relative, absolute, with a version behind it.
pub(super) fn reference(value: &Value) -> Option<String> {
    let written = text(value, "/reference")?;
    let plain = written.split("/_history/").next()?;
    let mut steps = plain.rsplit('/');
    let (id, kind) = (steps.next()?, steps.next()?);
    (!id.is_empty() && !kind.is_empty()).then(|| format!("{kind}/{id}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Kept {
        whole: Vec<Resource>,
        odd: usize,
    }

    impl Each for Kept {
        fn answered(&mut self, _vendor_time: Option<DateTime<Utc>>) {}

        fn found(&mut self, found: Found<'_>) -> Result<(), FailureKind> {
            match found {
                Found::Match(resource, _) => self.whole.push(resource),
                Found::Odd(_) => self.odd += 1,
            }
            Ok(())
        }
    }

    #[test]
    fn only_what_was_asked_for_counts_and_an_error_ends_the_search() {
        let mut kept = Kept::default();
        let mut entries = Entries::new("Patient", &mut kept);
        for entry in [
            r#"{"resource":{"resourceType":"Patient","id":"1"},"search":{"mode":"match"}}"#,
            r#"{"resource":{"resourceType":"Patient","id":"2"}}"#,
            r#"{"resource":{"resourceType":"Organization","id":"o"},"search":{"mode":"include"}}"#,
            r#"{"resource":{"resourceType":"OperationOutcome","issue":[{"severity":"warning"}]}}"#,
            r#"{"resource":{"resourceType":"Practitioner","id":"3"},"search":{"mode":"match"}}"#,
            r#"{"search":{"mode":"match"}}"#,
            "12",
        ] {
            entries.take(entry.as_bytes()).unwrap();
        }
        let error = br#"{"search":{"mode":"outcome"},"resource":{"resourceType":"OperationOutcome",
            "issue":[{"severity":"error","diagnostics":"Index 9990000026 is being rebuilt"}]}}"#;
        assert_eq!(entries.take(error), Err(FailureKind::Rejected));
        assert_eq!((entries.taken(), entries.said.as_deref()), (8, Some("Index is being rebuilt")));
        assert_eq!((kept.whole.len(), kept.odd), (2, 3));
    }

    #[test]
    fn a_reference_is_the_same_however_it_is_written() {
        let written =
            ["Organization/12", "https://a.example/R4/Organization/12", "Organization/12/_history/3"];
        for text in written {
            assert_eq!(reference(&json!({ "reference": text })).as_deref(), Some("Organization/12"));
        }
        assert_eq!(reference(&json!({ "reference": "#inside" })), None);
        assert_eq!(reference(&json!({ "display": "Oak Lodge" })), None);
    }
}
