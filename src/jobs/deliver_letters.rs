//! Writes waiting letters into the mail folder, when one is set. Each is claimed first; a letter that was
//! written just before a crash is written again to the same file.

use crate::domain::Refusal;
use crate::domain::letters::{self, Claimed, Kept, Pace};
use crate::mail::folder::{self, Message};
use crate::services::Services;

/// Letters of one claim.
const AT_ONCE: usize = 20;

pub async fn run(services: &Services) -> anyhow::Result<()> {
    let Some(folder) = services.config.mail_folder.clone() else { return Ok(()) };
    let host = host(&services.config.public_url).to_owned();
    let pace = Pace { at_once: AT_ONCE, per_address_hour: 3 };
    loop {
        let now = services.clock.now();
        if !services.db.read(move |conn| letters::any_due(conn, now).map_err(Refusal::from)).await? {
            return Ok(());
        }
        let claimed = services.db.write(move |tx| letters::claim(tx, pace).map_err(Refusal::from)).await?;
        if claimed.is_empty() {
            return Ok(());
        }
        for claimed in claimed {
            let (to, host, letter) = (folder.clone(), host.clone(), claimed.letter.clone());
            let written =
                tokio::task::spawn_blocking(move || folder::write(&to, &message(&letter, &host))).await?;
            settle(services, claimed, written).await?;
        }
    }
}

async fn settle(services: &Services, claimed: Claimed, written: std::io::Result<()>) -> anyhow::Result<()> {
    let kind = written.as_ref().err().map(std::io::Error::kind);
    let new = services.db.write(move |tx| {
        let Some(kind) = kind else {
            letters::delivered(tx, &claimed.letter)?;
            return Ok::<_, Refusal>(letters::trouble_over(tx)?.then_some("letters are delivered again"));
        };
        letters::release(tx, std::slice::from_ref(&claimed.letter))?;
        let words = format!("The mail folder cannot be written to: {kind}.");
        let repair = "Make the folder writable for the portal's user.";
        let new = letters::note_trouble(tx, &claimed, "folder", &words, repair)?;
        Ok(new.then_some("letters cannot be written to the mail folder; they wait"))
    });
    if let Some(words) = new.await? {
        tracing::warn!(?kind, "{words}");
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
