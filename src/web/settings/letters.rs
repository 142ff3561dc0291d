//! *Letters*: what the portal has written for the organisation, to whom, and what became of it. A letter that was
//! refused can be sent again. Never shows a body: letters hold working links.

use askama::Template;
use serde::Deserialize;

use super::super::error::Answer;
use super::super::listing::{self, Address, PER_PAGE};
use super::super::routes::{Line, Who, get, post};
use super::super::ui::{Choice, Link, Notice, Pager, Shell, When, filters};
use super::super::visit::{In, Nav, Posted, Visit};
use super::super::{freshness, see_other};
use crate::domain::Refusal;
use crate::domain::access::{ManageOrganisation, Permission};
use crate::domain::letters::{self, Fate, Listed, Trouble};
use crate::kit::ids::{LetterId, OrganisationId};
use crate::links;

pub fn routes() -> Vec<Line> {
    let manage = Who::Holder(Permission::ManageOrganisation);
    vec![
        get("/org/{org}/settings/letters", manage, index),
        post("/org/{org}/settings/letters/{letter}", manage, send_again),
    ]
}

const SHOW: [(Listed, &str); 4] = [
    (Listed::All, "All letters"),
    (Listed::NotDelivered, "Not delivered"),
    (Listed::Waiting, "Waiting"),
    (Listed::Sent, "Sent"),
];

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    show: String,
    page: String,
}

impl Asked {
    fn listed(&self) -> Listed {
        Listed::parse(&self.show).unwrap_or(Listed::All)
    }
}

#[derive(Template)]
#[template(path = "settings/letters.html")]
struct Letters {
    shell: Shell,
    list: String,
    show: Vec<Choice>,
    chips: Vec<Link>,
    /// Why nothing is sent.
    trouble: Option<String>,
    rows: Vec<Row>,
    pager: Pager,
    filtered: bool,
}

struct Row {
    subject: String,
    to_name: String,
    to_email: String,
    written: When,
    tag: &'static str,
    fate: String,
    answer: String,
    /// Where to ask for it to be sent again.
    again: Option<String>,
}

async fn index(visit: Visit, In(scope): In<ManageOrganisation>) -> Answer {
    let asked: Asked = visit.query();
    let (org, listed, page) = (scope.organisation(), asked.listed(), listing::page_number(&asked.page));
    let chosen = if listed == Listed::All { "" } else { listed.as_str() };
    let address = Address::new(links::settings_letters(org)).with("show", chosen);
    let now = visit.now;
    let (mut lines, trouble) = visit
        .read(move |conn| {
            let (before, limit) = (listing::rows_before(page), i64::from(PER_PAGE) + 1);
            let lines = letters::of_organisation(conn, &scope, listed, now, before, limit)?;
            Ok((lines, letters::trouble(conn)?))
        })
        .await?;
    if lines.is_empty() && page > 1 {
        return Ok(see_other(address.page(1)));
    }
    let shown = usize::try_from(PER_PAGE).unwrap_or(usize::MAX);
    let more = lines.len() > shown;
    lines.truncate(shown);
    let mut shell = visit.org_shell("Letters", Nav::Settings)?;
    shell.crumb = Some(Link::new("People", links::settings_people(org)));
    let words = SHOW.iter().find(|(one, _)| *one == listed).map_or("", |(_, words)| *words);
    let page = Letters {
        shell,
        list: links::settings_letters(org),
        show: Choice::list(SHOW.iter().map(|(one, words)| (one.as_str(), *words)), listed.as_str()),
        chips: address.chip("show", words).into_iter().collect(),
        trouble: trouble.map(|open| in_trouble(&visit, &open)).or_else(|| nowhere(&visit)),
        pager: listing::uncounted(page, lines.len(), more, &address),
        rows: lines.into_iter().map(|line| row(&visit, org, line)).collect(),
        filtered: !address.is_bare(),
    };
    visit.page(&page)
}

/// What a super manager is told; the repair is the representative's.
fn in_trouble(visit: &Visit, open: &Trouble) -> String {
    let since = freshness::within(visit, open.began_at).words;
    format!(
        "No letter has got out since {since}. {} Nothing is lost: letters wait and go out by themselves. Your \
         representative can see what to do.",
        open.words
    )
}

/// Why letters reach nobody although nothing is wrong.
fn nowhere(visit: &Visit) -> Option<String> {
    let words = if visit.services.mailer.is_mailbox() {
        "This is a demo: nothing is sent to anybody. Every letter arrives in the mailbox."
    } else if visit.services.mailer.sends() {
        return None;
    } else {
        "No mail server is set, so letters stay here. Tell your representative."
    };
    Some(words.to_owned())
}

fn row(visit: &Visit, org: OrganisationId, line: letters::Line) -> Row {
    let at = |moment| freshness::within(visit, moment).words;
    let (tag, fate) = match line.fate {
        Fate::Waiting { reason, .. } => ("Waiting", reason),
        Fate::Sent { at: moment } => ("Sent", at(moment)),
        Fate::Refused { reason, .. } => ("Refused", reason),
        Fate::GivenUp { reason, .. } => ("Not sent", reason),
    };
    Row {
        subject: line.subject,
        to_name: line.to_name,
        to_email: line.to_email,
        written: freshness::at(visit, line.written_at),
        tag,
        fate,
        answer: line.answer,
        again: line.may_be_sent_again.then(|| links::settings_letter(org, line.id)),
    }
}

async fn send_again(visit: Visit, In(scope): In<ManageOrganisation>, Posted(()): Posted<()>) -> Answer {
    let (org, letter) = (scope.organisation(), visit.id::<LetterId>("letter")?);
    match visit.write(move |tx| letters::send_again(tx, &scope, letter)).await {
        Ok(()) => {
            let notice = Notice::ok("The letter is on its way again. Look here in a few minutes.");
            visit.done(links::settings_letters(org), &notice)
        }
        Err(Refusal::Overtaken(words)) => visit.done(links::settings_letters(org), &Notice::warn(words)),
        Err(refusal) => Err(refusal.into()),
    }
}
