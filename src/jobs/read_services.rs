//! Asks vendors which services carry a token of ours: often while a pasted token is waited for, seldom after.
//!
//! Each question is claimed first, so that two processes do not both ask; a vendor that does not answer
//! costs the others nothing.

use futures_util::StreamExt as _;
use tracing::warn;

use crate::connectors::{credential_tried, services_listed};
use crate::domain::Refusal;
use crate::domain::access::{Scope, ViewIntegrations};
use crate::domain::connections::{self, Connection, State};
use crate::services::Services;

/// How many connections are asked about at once.
const AT_ONCE: usize = 4;

pub async fn run(services: &Services) -> anyhow::Result<()> {
    let now = services.clock.now();
    let due: Vec<Connection> =
        services.db.read(move |conn| connections::reads_due(conn, now).map_err(Refusal::from)).await?;
    futures_util::stream::iter(due)
        .for_each_concurrent(AT_ONCE, |connection| async move {
            let id = connection.id;
            if let Err(cause) = ask(services, connection).await {
                warn!(connection = id.0, %cause, "the services of a connection could not be read");
            }
        })
        .await;
    let url = services.config.public_url.clone();
    let warned = services.db.write(move |tx| {
        connections::warn_expiring(tx, &url)?;
        connections::warn_ending_keys(tx, &url)?;
        connections::warn_silent(tx, &url)
    });
    Ok(warned.await?)
}

async fn ask(services: &Services, connection: Connection) -> Result<(), Refusal> {
    let Some(system) = services.care_systems.get(connection.vendor) else { return Ok(()) };
    let asked = connection.clone();
    let claimed = services.db.write(move |tx| {
        let pace = connections::patience(&asked);
        connections::claim_services_read(tx, &asked, pace).map_err(Refusal::from)
    });
    if !claimed.await? {
        return Ok(());
    }
    let (asked, keys, now) = (connection.clone(), services.config.keys.clone(), services.clock.now());
    let tokens = services.db.read(move |conn| connections::live_tokens(conn, &keys, &asked, now)).await?;
    if tokens.is_empty() {
        return Ok(());
    }
    let mut answers = Vec::new();
    for (_, credential) in connections::credentials(&tokens) {
        answers.push(match connection.state {
            State::On => services_listed(&*system, &credential).await,
            _ => credential_tried(&*system, &credential).await,
        });
    }
    let (scope, id) = (Scope::<ViewIntegrations>::for_the_portal(connection.organisation), connection.id);
    let url = services.config.public_url.clone();
    match connections::heard(answers) {
        Ok(heard) => {
            let noted = services.db.write(move |tx| connections::note_services(tx, &scope, id, &heard, &url));
            noted.await.map(drop)
        }
        Err(failure) => {
            services.db.write(move |tx| connections::note_unheard(tx, &scope, id, &failure)).await
        }
    }
}
