//! Questions to the vendor that a page asks while somebody waits: which services carry our token, and
//! *Test connection*. What is heard is kept by the domain; nothing is asked inside a transaction.

use std::collections::BTreeMap;
use std::time::Duration;

use super::error::Fault;
use super::visit::Visit;
use crate::connectors::{Failure, FailureKind, Probe, Vendor, credential_tried};
use crate::domain::Refusal;
use crate::domain::access::{ManageIntegrations, Scope};
use crate::domain::connections::{self, Connection, LiveToken, State};

/// How long opening the page may wait for the vendor; *Check now* waits for as long as it takes.
const PATIENCE: Duration = Duration::from_secs(3);

/// How long the page that counts may wait for both lists.
const COUNTING: Duration = Duration::from_secs(20);

/// A test with one token.
pub(super) struct Tested {
    pub label: String,
    pub ends_with: String,
    pub probe: Probe,
}

/// Opening the page while a pasted token is waited for asks the vendor, so that the page is up to date. That
/// it could not be asked spoils nothing: the page shows what is known.
pub(super) async fn look_if_waiting(visit: &Visit, scope: &Scope<ManageIntegrations>, vendor: Vendor) {
    let asked = scope.clone();
    let found = visit.read(move |conn| Ok(connections::find(conn, &asked, vendor)?)).await;
    let Ok(Some(connection)) = found else { return };
    if connection.state != State::Waiting || !connection.available {
        return;
    }
    let claiming = connection.clone();
    let claimed =
        visit.write(move |tx| Ok(connections::claim_services_read(tx, &claiming, connections::PAGE_EVERY)?));
    if !matches!(claimed.await, Ok(true)) {
        return;
    }
    if tokio::time::timeout(PATIENCE, look(visit, scope, &connection)).await.is_err() {
        let failure = Failure::new(connection.vendor, FailureKind::FirstByteTimeout);
        let (scope, id) = (scope.clone(), connection.id);
        let noted = visit.write(move |tx| connections::note_unheard(tx, &scope, id, &failure)).await;
        if let Err(cause) = noted {
            tracing::warn!(connection = id.0, %cause, "an unanswered question could not be noted");
        }
    }
}

/// Asks which services carry our tokens, and keeps the answer.
pub(super) async fn look(
    visit: &Visit,
    scope: &Scope<ManageIntegrations>,
    connection: &Connection,
) -> Result<Result<State, Failure>, Fault> {
    let id = connection.id;
    let tokens = tokens(visit, connection).await?;
    let mut answers = Vec::new();
    match visit.services.care_systems.get(connection.vendor) {
        Some(system) => {
            for (_, credential) in connections::credentials(&tokens) {
                answers.push(credential_tried(&*system, &credential).await);
            }
        }
        None => answers.push(Err(Failure::new(connection.vendor, FailureKind::NotConfigured))),
    }
    let (scope, url) = (scope.clone(), visit.services.config.public_url.clone());
    match connections::heard(answers) {
        Ok(heard) => {
            let noted =
                visit.write(move |tx| connections::note_services(tx, &scope, id, &heard, &url)).await?;
            Ok(Ok(noted))
        }
        Err(failure) => {
            let words = failure.clone();
            visit.write(move |tx| connections::note_unheard(tx, &scope, id, &words)).await?;
            Ok(Err(failure))
        }
    }
}

/// Tries every token: what is reached, what it may see.
pub(super) async fn test(
    visit: &Visit,
    scope: &Scope<ManageIntegrations>,
    connection: &Connection,
) -> Result<Vec<Tested>, Fault> {
    let tokens = tokens(visit, connection).await?;
    let system = visit.services.care_systems.get(connection.vendor);
    let mut tested = Vec::new();
    for token in &tokens {
        // Alone, so that services with another token of ours do not count for this one.
        for (_, credential) in connections::credentials(std::slice::from_ref(token)) {
            let probe = match &system {
                Some(system) => system.probe(&credential).await,
                None => unset(connection.vendor),
            };
            let ends_with = token.secret.ends_with();
            tested.push(Tested { label: token.label.clone(), ends_with, probe });
        }
    }
    let good = tested.iter().filter(|test| test.probe.accepted && test.probe.failure.is_none()).count();
    let what = if connection.vendor.key_form().is_some() { "keys" } else { "tokens" };
    let outcome = format!("{good} of {} {what} work", tested.len());
    let (scope, id) = (scope.clone(), connection.id);
    visit.write(move |tx| connections::note_tested(tx, &scope, id, &outcome)).await?;
    Ok(tested)
}

fn unset(vendor: Vendor) -> Probe {
    Probe { failure: Some(Failure::new(vendor, FailureKind::NotConfigured)), ..Probe::default() }
}

async fn tokens(visit: &Visit, connection: &Connection) -> Result<Vec<LiveToken>, Refusal> {
    let (keys, asked, now) = (visit.services.config.keys.clone(), connection.clone(), visit.now);
    visit.read(move |conn| connections::live_tokens(conn, &keys, &asked, now)).await
}

/// How many people each service would bring, by the vendor's identifier of the service.
#[derive(Default)]
pub(super) struct Counted {
    pub residents: BTreeMap<String, usize>,
    pub staff: BTreeMap<String, usize>,
    /// Why it could not be counted, if it could not.
    pub failure: Option<Failure>,
}

/// Reads both lists, keeps nothing, and counts. People whom the vendor places nowhere stand under an empty identifier.
pub(super) async fn count(visit: &Visit, connection: &Connection) -> Result<Counted, Fault> {
    let tokens = tokens(visit, connection).await?;
    let Some(system) = visit.services.care_systems.get(connection.vendor) else {
        let failure = Some(Failure::new(connection.vendor, FailureKind::NotConfigured));
        return Ok(Counted { failure, ..Counted::default() });
    };
    let counting = async {
        let mut counted = Counted::default();
        let (mut people, mut staff) = (BTreeMap::new(), BTreeMap::new());
        for (_, credential) in connections::credentials(&tokens) {
            for one in system.read_people(&credential, &()).await?.records {
                people.insert(one.external_id, one.service_id.unwrap_or_default());
            }
            for one in system.read_staff(&credential, &()).await?.records {
                staff.insert(one.external_id, one.service_id.unwrap_or_default());
            }
        }
        for service in people.into_values() {
            *counted.residents.entry(service).or_default() += 1;
        }
        for service in staff.into_values() {
            *counted.staff.entry(service).or_default() += 1;
        }
        Ok::<_, Failure>(counted)
    };
    let counted = tokio::time::timeout(COUNTING, counting).await;
    let late = || Err(Failure::new(connection.vendor, FailureKind::TooSlow));
    let counted = counted.unwrap_or_else(|_elapsed| late());
    Ok(counted.unwrap_or_else(|failure| Counted { failure: Some(failure), ..Counted::default() }))
}
