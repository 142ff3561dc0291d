//! What a server says of itself at `/metadata`: that it speaks FHIR R4, and what it lets be searched. Read for *Test
//! connection*, and where a search is not there.

use std::collections::BTreeSet;

use serde::Deserialize;

use crate::connectors::http::Engine;
use crate::connectors::profile::Profile;
use crate::connectors::single::Single;
use crate::connectors::{Credential, Failure, FailureKind};

const PATH: &str = "/metadata";

/// Real ones have up to a megabyte.
const LONGEST: usize = 8 * 1024 * 1024;

const WHERE: &str = "Check the base address: it is what stands in front of /metadata and /Patient, and often ends in \
    /fhir or /R4.";

/// What a server offers.
#[derive(Debug, PartialEq)]
pub(super) struct Offers {
    searches: BTreeSet<String>,
}

impl Offers {
    /// Whether resources of that kind can be searched.
    pub(super) fn searches(&self, kind: &str) -> bool {
        self.searches.contains(kind)
    }
}

/// Reads what the server says of itself. Fails where it is no FHIR R4 server, with words that say so.
pub(super) async fn read(
    engine: &Engine,
    profile: &Profile,
    credential: &Credential,
) -> Result<Offers, Failure> {
    let answer = fetched(engine, profile, credential).await.map_err(explained)?;
    let statement = serde_json::from_slice::<Statement>(&answer).ok();
    let statement = statement.filter(|statement| statement.resource_type == "CapabilityStatement");
    let Some(statement) = statement else {
        return Err(told(
            engine.failure(FailureKind::ListMissing),
            "Something answers at this address, but it is no FHIR interface: it does not describe itself as one.",
        ));
    };
    if !statement.fhir_version.starts_with("4.") {
        let version: String = statement
            .fhir_version
            .chars()
            .filter(|sign| sign.is_ascii_digit() || *sign == '.')
            .take(8)
            .collect();
        let words = if version.is_empty() {
            "This interface does not say which version of FHIR it speaks; Kinbridge reads FHIR R4 (4.0)."
                .to_owned()
        } else {
            format!("This interface speaks FHIR {version}; Kinbridge reads FHIR R4 (4.0).")
        };
        let failure = engine.failure(FailureKind::ListMissing);
        let repair =
            "Ask the maker of your care record system for the base address of its FHIR R4 interface."
                .to_owned();
        return Err(Failure { words, repair, ..failure });
    }
    Ok(statement.offers())
}

/// That a kind of resource cannot be searched, and what that means.
pub(super) fn missing(engine: &Engine, kind: &str) -> Failure {
    let means = match kind {
        "Patient" => "no resident can be read",
        "Practitioner" => "no staff can be read",
        _ => "everybody counts as one service",
    };
    Failure {
        words: format!("The system does not let {kind} be searched, so {means}."),
        repair: "Ask its maker to let your access token search Patient, Practitioner and Location."
            .to_owned(),
        ..engine.failure(FailureKind::NotFound)
    }
}

fn told(failure: Failure, words: &str) -> Failure {
    Failure { words: words.to_owned(), repair: WHERE.to_owned(), ..failure }
}

fn explained(failure: Failure) -> Failure {
    match failure.kind {
        FailureKind::NotFound => {
            told(failure, "There is no FHIR interface at this address: it has nothing at /metadata.")
        }
        FailureKind::WebPage => told(failure, "A web page answers at this address, and no FHIR interface."),
        _ => failure,
    }
}

async fn fetched(engine: &Engine, profile: &Profile, credential: &Credential) -> Result<Vec<u8>, Failure> {
    let wanted = Single { profile, operation: "metadata", path: PATH, longest: LONGEST };
    engine.single(&wanted, credential).await
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Statement {
    resource_type: String,
    #[serde(default)]
    fhir_version: String,
    #[serde(default)]
    rest: Vec<Rest>,
}

#[derive(Deserialize)]
struct Rest {
    #[serde(default)]
    mode: String,
    #[serde(default)]
    resource: Vec<Offered>,
}

#[derive(Deserialize)]
struct Offered {
    #[serde(rename = "type", default)]
    kind: String,
    /// Where a server does not say what can be done with a resource, it is asked all the same.
    interaction: Option<Vec<Interaction>>,
}

#[derive(Deserialize)]
struct Interaction {
    #[serde(default)]
    code: String,
}

impl Statement {
    fn offers(self) -> Offers {
        let servers = self.rest.into_iter().filter(|rest| rest.mode != "client");
        let searched = servers.flat_map(|rest| rest.resource).filter(|offered| {
            offered.interaction.as_ref().is_none_or(|all| all.iter().any(|one| one.code == "search-type"))
        });
        Offers { searches: searched.map(|offered| offered.kind).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_searched_is_what_a_server_says() {
        let json = r#"{"resourceType":"CapabilityStatement","fhirVersion":"4.0.1","rest":[
            {"mode":"server","resource":[
                {"type":"Patient","interaction":[{"code":"read"},{"code":"search-type"}]},
                {"type":"Location"},
                {"type":"Practitioner","interaction":[{"code":"read"}]}]},
            {"mode":"client","resource":[{"type":"Practitioner"}]}]}"#;
        let offers = serde_json::from_str::<Statement>(json).unwrap().offers();
        assert!(
            offers.searches("Patient") && offers.searches("Location") && !offers.searches("Practitioner")
        );
    }
}
