//! Asks care record systems for tasks that name a relative, invites them, and tells carers what could not be used.
//!
//! Each question is claimed first: every half hour, and once after each sync that brought something. What waits for a
//! pairing is looked at every minute.

use chrono::NaiveDateTime;
use futures_util::StreamExt as _;
use tracing::warn;

use crate::connectors::{CareSystem, Credential, TaskRecord};
use crate::domain::Refusal;
use crate::domain::connections::{self, Connection};
use crate::domain::{relatives, sync};
use crate::services::Services;

/// How many connections are asked at once.
const AT_ONCE: usize = 4;

pub async fn run(services: &Services) -> anyhow::Result<()> {
    let on = services.db.read(|conn| connections::usable(conn).map_err(Refusal::from)).await?;
    futures_util::stream::iter(on)
        .for_each_concurrent(AT_ONCE, |connection| async move {
            let id = connection.id;
            if let Err(cause) = ask(services, connection).await {
                warn!(connection = id.0, %cause, "the tasks of a connection could not be read");
            }
        })
        .await;
    Ok(())
}

async fn ask(services: &Services, connection: Connection) -> Result<(), Refusal> {
    let Some(system) = services.care_systems.get(connection.vendor) else { return Ok(()) };
    if connection.vendor.about().mapped {
        return Ok(());
    }
    // One that does not answer rests: once it does again the tasks are asked for at once.
    if connection.failures > 0 || connection.unheard > 0 {
        return Ok(());
    }
    let id = connection.id;
    let now = services.clock.now();
    let (synced, due, unanswered) = services
        .db
        .read(move |conn| {
            let synced = sync::last_applied(conn, id)?;
            Ok::<_, Refusal>((
                synced,
                relatives::tasks_due(conn, id, synced, now)?,
                !relatives::answers(conn, id)?.is_empty(),
            ))
        })
        .await?;
    // On most minutes there is nothing to ask or to say, and no token is opened.
    if !due && !unanswered {
        return Ok(());
    }
    let credentials = credentials(services, &connection).await?;
    if due {
        bring(services, system.as_ref(), (&connection, synced), &credentials).await?;
    }
    answer(services, system.as_ref(), &connection, &credentials).await
}

/// Reads the tasks if that is due, and invites whom those of paired people ask for.
async fn bring(
    services: &Services,
    system: &dyn CareSystem,
    (connection, synced): (&Connection, Option<NaiveDateTime>),
    credentials: &[Credential],
) -> Result<(), Refusal> {
    let id = connection.id;
    let since =
        services.db.write(move |tx| relatives::claim_tasks(tx, id, synced).map_err(Refusal::from)).await?;
    if let Some(since) = since {
        for credential in credentials {
            match system.read_tasks(credential, since.and_utc()).await {
                Ok(read) => note(services, connection, read.records).await?,
                // Why is said on the integration's card, by the sync that meets the same.
                Err(failure) => warn!(connection = id.0, %failure, "tasks were not read"),
            }
        }
    }
    let (of, url) = (connection.clone(), services.config.public_url.clone());
    services.db.write(move |tx| relatives::settle_tasks(tx, &of, &url)).await.map(drop)
}

async fn credentials(services: &Services, connection: &Connection) -> Result<Vec<Credential>, Refusal> {
    let (of, keys, now) = (connection.clone(), services.config.keys.clone(), services.clock.now());
    let tokens = services.db.read(move |conn| connections::live_tokens(conn, &keys, &of, now)).await?;
    Ok(connections::credentials(&tokens).into_iter().map(|(_, credential)| credential).collect())
}

async fn note(services: &Services, connection: &Connection, tasks: Vec<TaskRecord>) -> Result<(), Refusal> {
    let of = connection.clone();
    let noted = services.db.write(move |tx| relatives::note_tasks(tx, &of, &tasks));
    noted.await.map(drop)
}

/// Tells carers; an answer that does not arrive is tried again in a minute.
async fn answer(
    services: &Services,
    system: &dyn CareSystem,
    connection: &Connection,
    credentials: &[Credential],
) -> Result<(), Refusal> {
    let id = connection.id;
    let due = services.db.read(move |conn| relatives::answers(conn, id).map_err(Refusal::from)).await?;
    for (row, task, words) in due {
        for credential in credentials {
            if system.answer_task(credential, &task, &words).await.is_ok() {
                let told = words.clone();
                services
                    .db
                    .write(move |tx| relatives::answered(tx, row, &told).map_err(Refusal::from))
                    .await?;
                break;
            }
        }
    }
    Ok(())
}
