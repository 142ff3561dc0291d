//! Letters of news: where a relative says how often they come and of what, and where the link in each of them ends
//! them.
//!
//! The link's page changes nothing until its button is pressed. The press needs no session and no form of ours, since
//! mail programs do it too (RFC 8058): what proves it is the secret in the path, and all it can do is end letters.

use std::collections::BTreeSet;

use actix_web::HttpResponse;
use askama::Template;

use super::error::{Answer, Fault};
use super::routes::{Line, Who, get, post};
use super::sign_in::quiet;
use super::ui::{Choice, Link, Notice, Shell, filters};
use super::visit::{Fields, Posted, Visit, field};
use crate::domain::Refusal;
use crate::domain::access::Topic;
use crate::domain::digests::{self, HowOften, TOLD};
use crate::kit::secret::Secret;
use crate::links;

pub fn routes() -> Vec<Line> {
    vec![
        get("/family/letters", Who::Relative, show),
        post("/family/letters", Who::Relative, choose),
        get("/stop-letters/{token}", Who::Anyone, ask_to_stop),
        post("/stop-letters/{token}", Who::Letter, stop),
    ]
}

#[derive(Template)]
#[template(path = "digests/show.html")]
struct Show {
    shell: Shell,
    how_often: Vec<Choice>,
    topics: Vec<Offered>,
}

/// One topic with whether it is told of.
struct Offered {
    id: String,
    label: &'static str,
    ticked: bool,
}

async fn show(visit: Visit) -> Answer {
    let actor = visit.signed_in()?.clone();
    let chosen = visit.read(move |conn| Ok(digests::choice(conn, &actor)?)).await?;
    visit.page(&page(&visit, &chosen))
}

fn page(visit: &Visit, chosen: &digests::Choice) -> Show {
    let mut shell = visit.shell("Letters");
    shell.nav.clear();
    shell.crumb = Some(Link::new("Your family", links::family()));
    let often = |one: &HowOften| Choice::new(one.as_str(), one.words(), *one == chosen.how_often);
    let topic = |topic: &Topic| Offered {
        id: name(*topic),
        label: topic.words(),
        ticked: !chosen.muted.contains(topic),
    };
    Show {
        shell,
        how_often: HowOften::ALL.iter().map(often).collect(),
        topics: TOLD.iter().map(topic).collect(),
    }
}

/// A topic's box: `topic-activities`.
fn name(topic: Topic) -> String {
    format!("topic-{}", topic.as_str().replace(' ', "-"))
}

async fn choose(visit: Visit, Posted(fields): Posted<Fields>) -> Answer {
    let wanted: BTreeSet<Topic> =
        TOLD.into_iter().filter(|topic| field(&fields, &name(*topic)) == "yes").collect();
    match digests::Choice::read(field(&fields, "how_often"), &wanted) {
        Ok(choice) => {
            let (actor, to) = (visit.signed_in()?.clone(), choice.clone());
            visit.write(move |tx| digests::choose(tx, &actor, &to)).await?;
            let words = match choice.how_often {
                HowOften::Off => "We write you no letters of news any more.",
                HowOften::Daily => "We write to you in the morning, on days when there is something new.",
                HowOften::Weekly => "We write to you on Monday mornings, when there is something new.",
            };
            visit.done(links::family_letters(), &Notice::ok(words))
        }
        Err(Refusal::Invalid { field, words }) => {
            let mut page = page(&visit, &digests::Choice::default());
            page.shell.add_error(field, words);
            visit.page_with(&page, HttpResponse::UnprocessableEntity())
        }
        Err(refusal) => Err(refusal.into()),
    }
}

#[derive(Template)]
#[template(path = "digests/stop.html")]
struct Stop {
    shell: Shell,
    action: String,
    ended: bool,
}

#[derive(Template)]
#[template(path = "digests/dead_link.html")]
struct DeadLink {
    shell: Shell,
}

fn link(visit: &Visit) -> Result<Secret, Fault> {
    Ok(Secret::new(visit.part("token")?))
}

async fn ask_to_stop(visit: Visit) -> Answer {
    let (link, now) = (link(&visit)?, visit.now);
    match visit.read(move |conn| Ok(digests::stopping(conn, &link, now)?)).await? {
        Some(found) => answer(&visit, found.ended),
        None => dead_link(&visit),
    }
}

/// What a browser or a mail program sends along is not looked at.
async fn stop(visit: Visit) -> Answer {
    let (link, address) = (link(&visit)?, visit.address.clone());
    if !visit.write(move |tx| digests::stop(tx, &link, &address)).await? {
        return dead_link(&visit);
    }
    answer(&visit, true)
}

fn answer(visit: &Visit, ended: bool) -> Answer {
    let title = if ended { "You get no more letters of news" } else { "Stop letters of news" };
    let mut shell = visit.shell(title);
    shell.nav.clear();
    quiet(visit.page(&Stop { shell, action: visit.path().to_owned(), ended }))
}

/// Unknown and too old links are answered alike.
fn dead_link(visit: &Visit) -> Answer {
    let mut shell = visit.shell("This link does not work any more");
    shell.nav.clear();
    quiet(visit.page_with(&DeadLink { shell }, HttpResponse::Gone()))
}
