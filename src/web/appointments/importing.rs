//! Importing appointments from a CSV file: the form, the preview, and doing what the preview showed.

use actix_web::HttpResponse;

use super::Therapy;
use super::pages::{self, Import, Shown, ShownLine};
use crate::domain::Refusal;
use crate::domain::access::{ManageAppointments, Scope};
use crate::domain::appointments::{
    self, Imported, Line, MOST_ROWS, Overlapping, Preview, StatusType, TEMPLATE,
};
use crate::links;
use crate::web::download;
use crate::web::error::{Answer, Fault};
use crate::web::ui::{Link, Notice};
use crate::web::upload::PostedFile;
use crate::web::visit::{Fields, Nav, Visit, field};

/// Good lines that a preview shows; those with a fault are all shown.
const MOST_SHOWN: usize = 200;

pub async fn form(visit: Visit, Therapy(scope): Therapy<ManageAppointments>) -> Answer {
    let page = page(&visit, &scope, String::new(), None).await?;
    visit.page(&page)
}

async fn page(
    visit: &Visit,
    scope: &Scope<ManageAppointments>,
    text: String,
    preview: Option<Preview>,
) -> Result<Import, Fault> {
    let org = scope.organisation();
    let scope = scope.clone();
    let types = visit.read(move |conn| Ok(appointments::status_types(conn, &scope)?)).await?;
    let mut shell = visit.org_shell("Import appointments", Nav::Appointments)?;
    shell.crumb = Some(Link::new("Appointments", links::appointments(org)));
    let offered = |one: &&StatusType| one.retired_at.is_none() && !one.flags.cancellation;
    let names: Vec<&str> = types.iter().filter(offered).map(|one| one.name.as_str()).collect();
    Ok(Import {
        shell,
        action: links::import_appointments(org),
        apply: links::import_appointments_act(org, "apply"),
        template: links::import_appointments_act(org, "template.csv"),
        back: links::appointments(org),
        preview: preview.map(|preview| shown(visit, preview)),
        text,
        headings: TEMPLATE.to_vec(),
        statuses: names.join(", "),
        most: MOST_ROWS,
    })
}

fn shown(visit: &Visit, preview: Preview) -> Shown {
    let total = preview.lines.len();
    let (good, faulty): (Vec<Line>, Vec<Line>) =
        preview.lines.into_iter().partition(|line| line.faults.is_empty());
    let hidden = good.len().saturating_sub(MOST_SHOWN);
    Shown {
        good: preview.good,
        total,
        overlapping: preview.overlapping,
        seal: preview.seal,
        faulty: faulty.into_iter().map(|line| shown_line(visit, line)).collect(),
        lines: good.into_iter().take(MOST_SHOWN).map(|line| shown_line(visit, line)).collect(),
        hidden,
    }
}

fn shown_line(visit: &Visit, line: Line) -> ShownLine {
    let mut remarks: Vec<String> = line.faults.iter().map(|fault| format!("{fault}.")).collect();
    let Ok(org) = visit.organisation() else {
        return ShownLine { number: line.number, words: line.words, remarks };
    };
    remarks.extend(line.busy.iter().map(|busy| pages::Busy::new(visit, org, busy).words));
    remarks.extend(line.clash.map(|other| format!("Line {other} has one of the two at that time too.")));
    ShownLine { number: line.number, words: line.words, remarks }
}

/// The file that was chosen, else the lines that were pasted.
fn sent(fields: &Fields) -> String {
    let raw = |name: &str| fields.iter().find(|(of, _)| of == name).map_or("", |(_, text)| text.as_str());
    let file = raw("file");
    if file.trim().is_empty() { raw("text").to_owned() } else { file.to_owned() }
}

pub async fn preview(
    visit: Visit,
    Therapy(scope): Therapy<ManageAppointments>,
    PostedFile(fields): PostedFile,
) -> Answer {
    let text = sent(&fields);
    let (reader, read, zone, now) = (scope.clone(), text.clone(), visit.time_zone(), visit.now);
    let found = visit.read(move |conn| appointments::preview(conn, &reader, &read, (zone, now))).await;
    match found {
        Ok(preview) => visit.page(&page(&visit, &scope, text, Some(preview)).await?),
        Err(Refusal::Invalid { words, .. }) => refused(&visit, &scope, text, words).await,
        Err(refusal) => Err(refusal.into()),
    }
}

async fn refused(visit: &Visit, scope: &Scope<ManageAppointments>, text: String, words: String) -> Answer {
    let mut page = page(visit, scope, text, None).await?;
    page.shell.add_error("file", words);
    visit.page_with(&page, HttpResponse::UnprocessableEntity())
}

pub async fn apply(
    visit: Visit,
    Therapy(scope): Therapy<ManageAppointments>,
    PostedFile(fields): PostedFile,
) -> Answer {
    let (text, seal) = (sent(&fields), field(&fields, "seal").to_owned());
    let overlapping =
        if field(&fields, "overlaps") == "yes" { Overlapping::Allowed } else { Overlapping::NotAllowed };
    let (writer, read, zone) = (scope.clone(), text.clone(), visit.time_zone());
    let done =
        visit.write(move |tx| appointments::import(tx, &writer, &read, zone, (&seal, overlapping))).await;
    let (preview, field, words) = match done {
        Ok(Imported::Done(count)) => {
            let words = if count == 1 {
                "1 appointment is imported.".to_owned()
            } else {
                format!("{count} appointments are imported.")
            };
            return visit.done(links::appointments(scope.organisation()), &Notice::ok(words));
        }
        Ok(Imported::Differs(preview)) => (
            preview,
            "seal",
            "Something has changed since this was shown, and nothing was imported. Look at it again",
        ),
        Ok(Imported::Overlaps(preview)) => {
            (preview, "overlaps", "Tick that these may overlap, or take them out of the file")
        }
        Err(Refusal::Invalid { words, .. }) => return refused(&visit, &scope, text, words).await,
        Err(refusal) => return Err(refusal.into()),
    };
    let mut page = page(&visit, &scope, text, Some(preview)).await?;
    page.shell.add_error(field, words);
    visit.page_with(&page, HttpResponse::UnprocessableEntity())
}

pub async fn template(visit: Visit, Therapy(_scope): Therapy<ManageAppointments>) -> Answer {
    let none: [[String; 14]; 0] = [];
    download::csv("appointments-template", super::forms::today(&visit), TEMPLATE, none)
}
