//! Removes what has served its time: ended sessions, old links, counters of tried secrets, the words of letters whose
//! links are dead, messages and night events that are older than a year and a month, the pages of pulls, the events of
//! appointments, the plans of days and the keys of sent forms that are older than a month, documents that nothing has
//! named for a week, and answers to programs that are older than a day.

use super::Outcome;
use crate::domain::{
    Refusal, accounts, api_keys, approvals, booked_visits, day_plans, digests, documents, letters, messages,
    monitoring, sent_forms, sync, visits, webhooks,
};
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
            + approvals::purge_letter_links(tx)?
            + visits::purge_links(tx)?;
        let numbers =
            messages::purge(tx)? + monitoring::purge(tx)? + sync::purge_pulls(tx)? + webhooks::purge(tx)?;
        let answers = api_keys::purge(tx)?;
        let numbers = numbers
            + documents::purge(tx)?
            + booked_visits::purge(tx)?
            + day_plans::purge(tx)?
            + sent_forms::purge(tx)?;
        let words = letters::purge(tx)? + digests::purge(tx)? + numbers;
        Ok::<_, Refusal>(sessions + links + accounts::purge_checks(tx)? + words + answers)
    });
    Ok(Outcome::of(gone.await?))
}
