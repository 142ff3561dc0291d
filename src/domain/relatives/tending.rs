//! What time does to families: one reminder of an unanswered invitation, and word to both sides of a consent that
//! has run out. Safe to run twice: each is noted where it is done.

use chrono::{NaiveDateTime, TimeDelta};
use diesel::QueryResult;

use super::{Refusal, about, accounts, contacts, store, writing};
use crate::db::{Conn, Tx};
use crate::domain::access::By;
use crate::domain::letters::Recipient;
use crate::domain::residents::ResidentState;
use crate::domain::{audit, consents};
use crate::links;

/// An invitation that nobody has answered is sent once more after this time, and then no more.
const REMIND_AFTER: TimeDelta = TimeDelta::days(5);

/// Whether [`remind`] or [`tell_of_lapses`] would find something: looked at without the write lock.
pub fn anything_due(conn: &mut Conn, now: NaiveDateTime) -> QueryResult<bool> {
    let reminders = store::to_remind(conn, now - REMIND_AFTER, now, 1)?;
    Ok(!reminders.is_empty() || consents::any_lapsing(conn, now.date())?)
}

/// Writes the reminders that are due; how many.
pub fn remind(tx: &mut Tx<'_>, url: &str, limit: i64) -> Result<usize, Refusal> {
    let due = store::to_remind(tx.conn, tx.now - REMIND_AFTER, tx.now, limit)?;
    let mut desk = writing::Desk::default();
    let mut written = 0;
    for invitation in due {
        store::note_reminded(tx, invitation.id)?;
        let archived =
            store::residents_home(tx.conn, invitation.resident_id)?.state == ResidentState::Archived;
        if archived || store::bereavement(tx.conn, invitation.resident_id)?.is_some() {
            continue;
        }
        desk.invite(tx, &invitation, url, true)?;
        let words = format!("reminded {} of the invitation", invitation.name);
        let event = about(&invitation, "relative.reminded", words, invitation.id);
        audit::append(tx, invitation.organisation_id, &By::the_portal(), event)?;
        written += 1;
    }
    Ok(written)
}

/// Tells the home and the relatives of consents that have run out; of how many residents.
pub fn tell_of_lapses(tx: &mut Tx<'_>, url: &str, limit: i64) -> Result<usize, Refusal> {
    let lapsed = consents::lapse(tx, limit)?;
    for one in &lapsed {
        if store::bereavement(tx.conn, one.resident)?.is_some() {
            continue;
        }
        let lines =
            ["A consent to share with relatives has run out. Nothing of it is shared until it is reviewed."
                .to_owned()];
        let link = format!("{url}{}", links::resident_consents(one.organisation, one.resident));
        let subject = "A consent needs a review";
        writing::tell_home(tx, one.organisation, one.resident, subject, &lines, &link)?;
        let contact = contacts::of_resident(tx.conn, one.resident)?;
        let paused = format!(
            "Something that {} shared with you on the family pages is paused, until its consent has been reviewed. You \
             need not do anything.",
            contact.home
        );
        for relative in store::relatives(tx.conn, one.organisation, one.resident)? {
            if relative.waiting || relative.account_state != accounts::AccountState::Active {
                continue;
            }
            let to = Recipient { name: relative.name, email: relative.email };
            let link = format!("{url}{}", links::family());
            let subject = "Something on the family pages is paused";
            let words = std::slice::from_ref(&paused);
            let letter = writing::note(tx, one.organisation, &to, &contact, subject, words, &link)?;
            if let Some(letter) = letter {
                store::letter_about(tx, letter, one.resident)?;
            }
        }
    }
    Ok(lapsed.len())
}
