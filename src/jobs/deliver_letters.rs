//! Writes waiting letters into the mail folder, when one is set. Each is claimed first; a letter that was
//! written just before a crash is written again to the same file.

use crate::domain::Refusal;
use crate::domain::letters::{self, Kept};
use crate::mail::folder::{self, Message};
use crate::services::Services;

/// Letters of one run: the next run goes on.
const MOST: usize = 200;

pub async fn run(services: &Services) -> anyhow::Result<()> {
    let Some(folder) = services.config.mail_folder.clone() else { return Ok(()) };
    let host = host(&services.config.public_url).to_owned();
    for _ in 0..MOST {
        let claimed = services.db.write(|tx| letters::claim(tx).map_err(Refusal::from)).await?;
        let Some(letter) = claimed else { break };
        let (to, host, writing) = (folder.clone(), host.clone(), letter.clone());
        let written =
            tokio::task::spawn_blocking(move || folder::write(&to, &message(&writing, &host))).await?;
        let settled = services.db.write(move |tx| match written {
            Ok(()) => letters::delivered(tx, letter.id).map_err(Refusal::from),
            Err(cause) => letters::not_delivered(tx, &letter, &told(&cause)).map_err(Refusal::from),
        });
        settled.await?;
    }
    Ok(())
}

fn message<'l>(letter: &'l Kept, host: &'l str) -> Message<'l> {
    Message {
        id: &letter.message_id,
        from_host: host,
        to_name: &letter.to_name,
        to_email: &letter.to_email,
        at: letter.created_at,
        subject: &letter.subject,
        text: &letter.body_text,
        html: &letter.body_html,
    }
}

/// The host of the portal's own address.
fn host(public_url: &str) -> &str {
    let rest = public_url.split_once("://").map_or(public_url, |(_, rest)| rest);
    let host = rest.split(['/', ':']).next().unwrap_or_default();
    if host.is_empty() { "localhost" } else { host }
}

/// What went wrong, for the log and the operator; no path, no address.
fn told(cause: &std::io::Error) -> String {
    tracing::warn!(kind = ?cause.kind(), "a letter could not be written to the mail folder");
    format!("the mail folder could not be written to: {}", cause.kind())
}
