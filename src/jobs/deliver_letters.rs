//! Carries waiting letters to the mail server, several at a time, as long as there are any.
//!
//! Each letter is a task of its own that carries and then settles it, so that whoever gives up waiting for it does
//! not tear the two apart. What is lost in a crash is at most the note that a letter has arrived: it is then sent
//! again under the same Message-ID when its lease ends, which is all that SMTP allows.

use std::collections::VecDeque;
use std::time::Duration;

use futures_util::future::try_join_all;
use tokio::sync::watch;

use super::report;
use crate::domain::Refusal;
use crate::domain::letters::{self, Claimed, Pace};
use crate::mail::{Outgoing, Trouble, Verdict};
use crate::services::Services;

/// Letters of one claim: as many as can be carried within its lease if each takes all its time.
const CLAIM: usize = 4;

/// How often it is looked for letters that have become due.
const LOOK: Duration = Duration::from_secs(20);

/// Delivers whenever a letter was written, and when one that had to wait is due, until the end.
pub(super) async fn keep_delivering(services: Services, mut stopped: watch::Receiver<bool>) {
    let mut bell = services.db.bell();
    loop {
        bell.mark_unchanged();
        report("deliver_letters", run_until(&services, &stopped).await);
        tokio::select! {
            _ = bell.changed() => {}
            () = tokio::time::sleep(LOOK) => services.mailer.rest().await,
            _ = stopped.changed() => return services.mailer.rest().await,
        }
    }
}

/// Delivers what is due now.
pub async fn run(services: &Services) -> anyhow::Result<()> {
    let (_never, stopped) = watch::channel(false);
    run_until(services, &stopped).await
}

async fn run_until(services: &Services, stopped: &watch::Receiver<bool>) -> anyhow::Result<()> {
    if !services.mailer.sends() {
        return Ok(());
    }
    let first = claim(services).await?;
    // A few letters are one connection's work; more of them are shared.
    let others = if first.len() < CLAIM { 0 } else { services.mailer.at_once().saturating_sub(1) };
    let mut workers = vec![work(services, stopped, first)];
    for _ in 0..others {
        workers.push(work(services, stopped, VecDeque::new()));
    }
    try_join_all(workers).await.map(drop)
}

async fn work(
    services: &Services,
    stopped: &watch::Receiver<bool>,
    mut mine: VecDeque<Claimed>,
) -> anyhow::Result<()> {
    loop {
        if mine.is_empty() && !*stopped.borrow() {
            mine = claim(services).await?;
        }
        let Some(claimed) = mine.pop_front() else { return Ok(()) };
        let goes_on = if *stopped.borrow() {
            mine.push_front(claimed);
            false
        } else {
            tokio::spawn(carry(services.clone(), claimed)).await??
        };
        if !goes_on {
            let rest: Vec<_> = mine.into_iter().map(|claimed| claimed.letter).collect();
            return Ok(services.db.write(move |tx| Ok::<_, Refusal>(letters::release(tx, &rest)?)).await?);
        }
    }
}

async fn claim(services: &Services) -> anyhow::Result<VecDeque<Claimed>> {
    // Looked for without the write lock first: a claim is rare, a look is not.
    let now = services.clock.now();
    if !services.db.read(move |conn| letters::any_due(conn, now).map_err(Refusal::from)).await? {
        return Ok(VecDeque::new());
    }
    let per_address_hour = services.mailer.per_address_hour().into();
    let pace = Pace { at_once: CLAIM, per_address_hour };
    Ok(services.db.write(move |tx| letters::claim(tx, pace).map_err(Refusal::from)).await?.into())
}

/// Carries one letter and keeps what became of it; says whether others would get through too.
async fn carry(services: Services, claimed: Claimed) -> anyhow::Result<bool> {
    let verdict = services.mailer.carry(&outgoing(&claimed)).await;
    let (failing, kept) = (services.mailer.failing(), services.mailer.is_mailbox());
    let outcome = match &verdict {
        Verdict::Taken => "sent",
        Verdict::Later(_) => "later",
        Verdict::Refused(_) => "refused",
        Verdict::Unsure(_) => "unsure",
        Verdict::Trouble(_) => "trouble",
    };
    metrics::counter!("kinbridge_letters_total", "outcome" => outcome).increment(1);
    let settled = services.db.write(move |tx| {
        let letter = &claimed.letter;
        let trouble = match verdict {
            Verdict::Taken => {
                letters::delivered(tx, letter, kept)?;
                None
            }
            Verdict::Later(answer) => {
                letters::delay(tx, letter, &answer.words, &answer.said)?;
                None
            }
            Verdict::Refused(answer) => {
                letters::refuse(tx, letter, &answer.words, &answer.said)?;
                None
            }
            Verdict::Unsure(answer) => {
                letters::delay(tx, letter, &answer.words, &answer.said)?;
                let Some(failing) = failing else { return Ok::<_, Refusal>((true, None)) };
                Some(failing)
            }
            Verdict::Trouble(trouble) => {
                letters::release(tx, std::slice::from_ref(letter))?;
                Some(trouble)
            }
        };
        let Some(trouble) = trouble else { return Ok((true, letters::trouble_over(tx)?.then_some(None))) };
        let Trouble { kind, words, repair } = &trouble;
        let new = letters::note_trouble(tx, &claimed, kind, words, repair)?;
        Ok((false, new.then_some(Some(trouble))))
    });
    let (goes_on, news) = settled.await?;
    match news {
        // Once for a whole streak; the words name the server and no person.
        Some(Some(trouble)) => {
            tracing::warn!(kind = trouble.kind, words = trouble.words, "letters cannot be sent; they wait");
        }
        Some(None) => tracing::info!("letters are sent again"),
        None => {}
    }
    Ok(goes_on)
}

fn outgoing(claimed: &Claimed) -> Outgoing {
    let letter = &claimed.letter;
    Outgoing {
        id: letter.message_id.clone(),
        organisation: claimed.organisation.clone(),
        to_name: letter.to_name.clone(),
        to_email: letter.to_email.clone(),
        at: letter.created_at,
        subject: letter.subject.clone(),
        text: letter.body_text.clone(),
        html: letter.body_html.clone(),
        unsubscribe: letter.unsubscribe.clone(),
    }
}
