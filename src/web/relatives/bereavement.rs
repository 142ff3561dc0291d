//! Recording that a resident has died, and taking it back: what stops and what stays is said before.

use super::pages;
use crate::domain::Refusal;
use crate::domain::access::ManageRelatives;
use crate::domain::relatives;
use crate::links;
use crate::web::error::Answer;
use crate::web::freshness;
use crate::web::residents::{check_seal, frame, seal, see};
use crate::web::ui::{Link, Notice, when};
use crate::web::visit::{Fields, In, Posted, Visit, field};

pub(super) async fn show(visit: Visit, In(scope): In<ManageRelatives>) -> Answer {
    let seen = see(&visit).await?;
    let id = seen.resident.id;
    let (recorded, rules) = visit
        .read(move |conn| Ok((relatives::bereavement(conn, &scope, id)?, relatives::settings(conn, &scope)?)))
        .await?;
    let mut shell = frame(&visit, &seen, format!("If {} has died", seen.resident.name()), "")?;
    shell.tabs.clear();
    shell.crumb = Some(Link::new("Relatives", links::resident_relatives(seen.org, id)));
    visit.page(&pages::Bereaved {
        shell,
        who: seen.who(),
        seal: seal(&visit, &seen.resident),
        action: links::bereavement(seen.org, id),
        days: rules.memorial_days.to_string(),
        recorded: recorded.map(|one| pages::Recorded {
            by: one.recorded_by,
            when: freshness::at(&visit, one.recorded_at),
            until: when::date(one.memorial_until),
        }),
    })
}

/// `begin` or `undo`.
pub(super) async fn act(
    visit: Visit,
    In(scope): In<ManageRelatives>,
    Posted(fields): Posted<Fields>,
) -> Answer {
    let seen = see(&visit).await?;
    let (id, here) = (seen.resident.id, links::bereavement(seen.org, seen.resident.id));
    check_seal(&visit, &seen.resident, field(&fields, "about"), here.clone())?;
    let act = field(&fields, "act").to_owned();
    let done = visit
        .write(move |tx| match act.as_str() {
            "begin" => relatives::bereave(tx, &scope, id).map(|taken_back| match taken_back {
                0 => "Recorded. Nothing is sent to the family any more.".to_owned(),
                1 => "Recorded. Nothing is sent to the family any more; 1 letter was taken back.".to_owned(),
                n => {
                    format!("Recorded. Nothing is sent to the family any more; {n} letters were taken back.")
                }
            }),
            "undo" => relatives::undo_bereavement(tx, &scope, id)
                .map(|()| "Taken back. The family sees the page as before.".to_owned()),
            _ => Err(Refusal::NotHere),
        })
        .await;
    match done {
        Ok(words) => visit.done(here, &Notice::ok(words)),
        Err(Refusal::Overtaken(words)) => visit.done(here, &Notice::warn(words)),
        Err(refusal) => Err(refusal.into()),
    }
}
