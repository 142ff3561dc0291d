//! Removes what has served its time: ended sessions, old links and counters of tried secrets.

use super::Outcome;
use crate::domain::{Refusal, accounts, approvals};
use crate::services::Services;

pub async fn run(services: &Services) -> anyhow::Result<Outcome> {
    let gone = services.db.write(|tx| {
        let sessions = accounts::purge_sessions(tx)?;
        let links = accounts::purge_resets(tx)?
            + accounts::purge_half_sign_ins(tx)?
            + accounts::purge_passkeys_asked(tx)?
            + accounts::purge_email_changes(tx)?
            + accounts::purge_sheets(tx)?
            + accounts::purge_browsers(tx)?
            + approvals::purge_letter_links(tx)?;
        Ok::<_, Refusal>(sessions + links + accounts::purge_checks(tx)?)
    });
    Ok(Outcome::of(gone.await?))
}
