//! *Letters to patients*: the words of each letter about an appointment, with a preview, and the telephone number in
//! them. For super managers of community health; elsewhere these pages do not exist.

use actix_web::HttpResponse;
use askama::Template;
use serde::Deserialize;

use super::super::error::{Answer, Fault};
use super::super::freshness;
use super::super::routes::{Line, Who, get, post};
use super::super::ui::{Link, Notice, Shell, filters};
use super::super::visit::{Nav, Posted, Visit};
use super::super::visits::Community;
use super::tabs;
use crate::domain::Refusal;
use crate::domain::access::{ManageOrganisation, Permission, Scope};
use crate::domain::visits::{self, Kept, Message, Words};
use crate::links;

pub fn routes() -> Vec<Line> {
    let who = Who::Holder(Permission::ManageOrganisation);
    vec![
        get("/org/{org}/settings/visit-messages", who, index),
        post("/org/{org}/settings/visit-messages/telephone", who, telephone),
        get("/org/{org}/settings/visit-messages/{message}", who, edit),
        post("/org/{org}/settings/visit-messages/{message}", who, save),
        post("/org/{org}/settings/visit-messages/{message}/reset", who, reset),
    ]
}

/// The tab's label.
pub const TAB: &str = "Letters to patients";

#[derive(Template)]
#[template(path = "settings/visit_messages.html")]
struct Index {
    shell: Shell,
    rows: Vec<Row>,
    action: String,
    telephone: String,
}

struct Row {
    href: String,
    name: &'static str,
    subject: String,
    sent: &'static str,
    /// Whose words they are.
    whose: String,
}

#[derive(Template)]
#[template(path = "settings/visit_message.html")]
struct Edit {
    shell: Shell,
    action: String,
    back: String,
    /// Where our words are put back; none while they are in use.
    reset: Option<String>,
    version: String,
    sent: &'static str,
    subject: String,
    body: String,
    in_subject: Vec<(String, &'static str)>,
    placeholders: Vec<(String, &'static str)>,
    /// A subject, and paragraphs of lines.
    preview: Option<(String, Vec<Vec<String>>)>,
}

async fn index(visit: Visit, Community(scope): Community<ManageOrganisation>) -> Answer {
    visit.page(&index_page(&visit, &scope, None).await?)
}

async fn index_page(
    visit: &Visit,
    scope: &Scope<ManageOrganisation>,
    wrong: Option<(String, String)>,
) -> Result<Index, Fault> {
    let (org, reader) = (scope.organisation(), scope.clone());
    let (all, kept) = visit
        .read(move |conn| Ok((visits::messages(conn, &reader)?, visits::telephone(conn, &reader)?)))
        .await?;
    let mut shell = visit.org_shell("Org Settings", Nav::Settings)?;
    shell.tabs = tabs(visit, org, TAB);
    let telephone = match wrong {
        Some((typed, words)) => {
            shell.add_error("telephone", words);
            typed
        }
        None => kept,
    };
    let row = |one: &Kept| Row {
        href: links::settings_visit_message(org, one.message.as_str()),
        name: one.message.words(),
        subject: one.words.subject.clone(),
        sent: one.message.sent(),
        whose: match &one.changed {
            Some((by, at)) => format!("Changed {} by {by}", freshness::within(visit, *at).words),
            None => "Our words".to_owned(),
        },
    };
    Ok(Index {
        shell,
        rows: all.iter().map(row).collect(),
        action: links::settings_visit_telephone(org),
        telephone,
    })
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Telephone {
    telephone: String,
}

async fn telephone(
    visit: Visit,
    Community(scope): Community<ManageOrganisation>,
    Posted(form): Posted<Telephone>,
) -> Answer {
    let (writer, typed) = (scope.clone(), form.telephone.clone());
    match visit.write(move |tx| visits::change_telephone(tx, &writer, &typed)).await {
        Ok(()) => {
            let to = links::settings_visit_messages(scope.organisation());
            visit.done(to, &Notice::ok("The telephone number is saved."))
        }
        Err(Refusal::Invalid { words, .. }) => {
            let page = index_page(&visit, &scope, Some((form.telephone, words))).await?;
            visit.page_with(&page, HttpResponse::UnprocessableEntity())
        }
        Err(refusal) => Err(refusal.into()),
    }
}

fn message(visit: &Visit) -> Result<Message, Fault> {
    Message::parse(visit.part("message")?).ok_or(Fault::NotFound)
}

async fn kept(visit: &Visit, scope: &Scope<ManageOrganisation>, of: Message) -> Result<Kept, Fault> {
    let reader = scope.clone();
    Ok(visit.read(move |conn| visits::message(conn, &reader, of)).await?)
}

async fn edit(visit: Visit, Community(scope): Community<ManageOrganisation>) -> Answer {
    let of = message(&visit)?;
    let kept = kept(&visit, &scope, of).await?;
    let (subject, body) = (kept.words.subject.clone(), kept.words.body.clone());
    let words = preview(&visit, &scope, of, (&subject, &body)).await.ok();
    let mut page = page(&visit, &scope, &kept)?;
    page.preview = words.map(shown);
    visit.page(&page)
}

fn page(visit: &Visit, scope: &Scope<ManageOrganisation>, kept: &Kept) -> Result<Edit, Fault> {
    let (org, of) = (scope.organisation(), kept.message);
    let mut shell = visit.org_shell(of.words(), Nav::Settings)?;
    let back = links::settings_visit_messages(org);
    shell.crumb = Some(Link::new(TAB, back.clone()));
    let names = |all: &[(&str, &'static str)]| {
        all.iter().map(|(name, what)| (format!("{{{name}}}"), *what)).collect::<Vec<_>>()
    };
    Ok(Edit {
        shell,
        action: links::settings_visit_message(org, of.as_str()),
        back,
        reset: kept.changed.is_some().then(|| links::reset_visit_message(org, of.as_str())),
        version: kept.version(),
        sent: of.sent(),
        subject: kept.words.subject.clone(),
        body: kept.words.body.clone(),
        in_subject: names(of.in_subject()),
        placeholders: names(of.placeholders()),
        preview: None,
    })
}

async fn preview(
    visit: &Visit,
    scope: &Scope<ManageOrganisation>,
    of: Message,
    (subject, body): (&str, &str),
) -> Result<Words, Refusal> {
    let (reader, subject, body) = (scope.clone(), subject.to_owned(), body.to_owned());
    visit.read(move |conn| visits::preview(conn, &reader, of, (&subject, &body))).await
}

fn shown(words: Words) -> (String, Vec<Vec<String>>) {
    let paragraphs = words.body.split("\n\n").filter(|part| !part.trim().is_empty());
    let lines = |part: &str| part.lines().map(str::to_owned).collect();
    (words.subject, paragraphs.map(lines).collect())
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Form {
    subject: String,
    body: String,
    version: String,
    /// `preview`, or nothing.
    act: String,
}

async fn save(
    visit: Visit,
    Community(scope): Community<ManageOrganisation>,
    Posted(form): Posted<Form>,
) -> Answer {
    let of = message(&visit)?;
    let back = links::settings_visit_messages(scope.organisation());
    let kept = kept(&visit, &scope, of).await?;
    let mut page = page(&visit, &scope, &kept)?;
    page.subject.clone_from(&form.subject);
    page.body = form.body.replace("\r\n", "\n");
    // What somebody else wrote meanwhile is not overwritten after a preview either.
    page.version.clone_from(&form.version);
    let done = if form.act == "preview" {
        match preview(&visit, &scope, of, (&form.subject, &form.body)).await {
            Ok(words) => {
                page.preview = Some(shown(words));
                return visit.page(&page);
            }
            Err(refusal) => Err(refusal),
        }
    } else {
        visit
            .write(move |tx| {
                visits::save_message(tx, &scope, (of, &form.version), (&form.subject, &form.body))
            })
            .await
    };
    match done {
        Ok(()) => visit.done(back, &Notice::ok(format!("The message {} is saved.", of.words()))),
        Err(Refusal::Invalid { field, words }) => {
            page.shell.add_error(field, words);
            visit.page_with(&page, HttpResponse::UnprocessableEntity())
        }
        Err(Refusal::Overtaken(words)) => visit.done(page.action, &Notice::warn(words)),
        Err(refusal) => Err(refusal.into()),
    }
}

async fn reset(
    visit: Visit,
    Community(scope): Community<ManageOrganisation>,
    Posted(form): Posted<Form>,
) -> Answer {
    let (of, org) = (message(&visit)?, scope.organisation());
    match visit.write(move |tx| visits::reset_message(tx, &scope, of, &form.version)).await {
        Ok(()) => {
            let words = format!("The message {} has our words again.", of.words());
            visit.done(links::settings_visit_messages(org), &Notice::ok(words))
        }
        Err(Refusal::Overtaken(words)) => {
            visit.done(links::settings_visit_message(org, of.as_str()), &Notice::warn(words))
        }
        Err(refusal) => Err(refusal.into()),
    }
}
