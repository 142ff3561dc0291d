//! Questions to the vendor that a page asks while somebody waits: which services carry our token, and
//! *Test connection*. What is heard is kept by the domain; nothing is asked inside a transaction.

use std::time::Duration;

use crate::connectors::{Failure, FailureKind, Probe, Vendor};
use crate::domain::Refusal;
use crate::domain::access::{ManageIntegrations, Scope};
use crate::domain::connections::{self, Connection, LiveToken, State};
use crate::web::error::Fault;
use crate::web::visit::Visit;

/// How long opening the page may wait for the vendor; *Check Nourish now* waits for as long as it takes.
const PATIENCE: Duration = Duration::from_secs(3);

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
                answers.push(system.list_services(&credential).await);
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
    let outcome = format!("{good} of {} tokens work", tested.len());
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
