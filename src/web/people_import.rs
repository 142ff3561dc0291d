//! Importing agencies, clients and staff from a CSV file: the form, what each line would become, and doing exactly
//! what was shown. Care homes bring their people from their care record system instead.

use actix_web::HttpResponse;
use askama::Template;

use super::error::{Answer, Fault};
use super::freshness;
use super::routes::{Line, Who, get, post};
use super::ui::{Link, Notice, Shell, filters};
use super::upload::{NOT_UTF_8, PostedFile};
use super::visit::{Fields, Nav, Visit, field};
use crate::domain::Refusal;
use crate::domain::access::{EditResidents, EditStaff, ManagePlaces, Permission};
use crate::domain::organisations::{self, Imported, MOST_ROWS, Preview, Previewed};
use crate::domain::{residents, staff};
use crate::kit::secret::{Secret, keyed_fingerprint};
use crate::links;

pub fn routes() -> Vec<Line> {
    let place = Who::Holder(Permission::ManagePlaces);
    let person = Who::Holder(Permission::EditResidents);
    let member = Who::Holder(Permission::EditStaff);
    vec![
        get("/org/{org}/places/import", place, |visit: Visit| form(visit, Of::Places)),
        post("/org/{org}/places/import", place, |visit: Visit, file: PostedFile| {
            preview(visit, Of::Places, file)
        }),
        post("/org/{org}/places/import/apply", place, |visit: Visit, file: PostedFile| {
            apply(visit, Of::Places, file)
        }),
        get("/org/{org}/places/import/template.csv", place, |visit: Visit| template(visit, Of::Places)),
        get("/org/{org}/residents/import", person, |visit: Visit| form(visit, Of::People)),
        post("/org/{org}/residents/import", person, |visit: Visit, file: PostedFile| {
            preview(visit, Of::People, file)
        }),
        post("/org/{org}/residents/import/apply", person, |visit: Visit, file: PostedFile| {
            apply(visit, Of::People, file)
        }),
        get("/org/{org}/residents/import/template.csv", person, |visit: Visit| template(visit, Of::People)),
        get("/org/{org}/staff/import", member, |visit: Visit| form(visit, Of::Staff)),
        post("/org/{org}/staff/import", member, |visit: Visit, file: PostedFile| {
            preview(visit, Of::Staff, file)
        }),
        post("/org/{org}/staff/import/apply", member, |visit: Visit, file: PostedFile| {
            apply(visit, Of::Staff, file)
        }),
        get("/org/{org}/staff/import/template.csv", member, |visit: Visit| template(visit, Of::Staff)),
    ]
}

/// What a file is of.
#[derive(Clone, Copy)]
enum Of {
    Places,
    People,
    Staff,
}

impl Of {
    /// As addresses have it.
    fn word(self) -> &'static str {
        match self {
            Self::Places => "places",
            Self::People => "residents",
            Self::Staff => "staff",
        }
    }

    fn nav(self) -> Nav {
        match self {
            Self::Places => Nav::Places,
            Self::People => Nav::Residents,
            Self::Staff => Nav::Staff,
        }
    }

    /// As the reader calls them: `clients`.
    fn name(self, visit: &Visit) -> String {
        match self {
            Self::Places => visit.say("homes"),
            Self::People => visit.say("residents"),
            Self::Staff => "staff".to_owned(),
        }
    }

    fn headings(self, visit: &Visit) -> Vec<String> {
        match self {
            Self::Places => organisations::place_headings(),
            Self::People => residents::import_headings(visit.sector()),
            Self::Staff => staff::import_headings(visit.sector()),
        }
    }

    /// What a cell holds that does not say it by its heading.
    fn hint(self, visit: &Visit) -> String {
        visit.say(match self {
            Self::Places => "Other names: those by which a vendor knows a home, separated by semicolons; may be empty.",
            Self::People => "Date of birth: 14/05/2015 or 2015-05-14. Only the names and the home have to be there.",
            Self::Staff => "Homes: by name, separated by semicolons, the main one first. Only the names have to be there.",
        })
    }
}

/// Good lines that a preview shows; those with a fault are all shown.
const MOST_SHOWN: usize = 200;

#[derive(Template)]
#[template(path = "people_import/show.html")]
struct Import {
    shell: Shell,
    name: String,
    action: String,
    apply: String,
    template: String,
    back: String,
    text: String,
    headings: String,
    hint: String,
    most: usize,
    preview: Option<Shown>,
}

/// What a file would come to.
struct Shown {
    good: usize,
    total: usize,
    seal: String,
    faulty: Vec<Previewed>,
    lines: Vec<Previewed>,
    /// Lines that are good and not shown.
    hidden: usize,
}

fn page(visit: &Visit, of: Of, text: String, preview: Option<Preview>) -> Result<Import, Fault> {
    let org = visit.organisation()?;
    let name = of.name(visit);
    let mut shell = visit.org_shell(format!("Import {name}"), of.nav())?;
    let back = match of {
        Of::Places => links::places(org),
        Of::People => links::residents(org),
        Of::Staff => links::staff(org),
    };
    let entry = shell.nav.iter().find(|entry| entry.current).map(|entry| entry.label.clone());
    shell.crumb = entry.map(|label| Link::new(label, back.clone()));
    Ok(Import {
        shell,
        name,
        action: links::import(org, of.word()),
        apply: links::import_act(org, of.word(), "apply"),
        template: links::import_act(org, of.word(), "template.csv"),
        back,
        text,
        headings: of.headings(visit).join(", "),
        hint: of.hint(visit),
        most: MOST_ROWS,
        preview: preview.map(|preview| shown(visit, of, preview)),
    })
}

fn shown(visit: &Visit, of: Of, preview: Preview) -> Shown {
    let total = preview.lines.len();
    let (mut lines, faulty): (Vec<Previewed>, Vec<Previewed>) =
        preview.lines.into_iter().partition(|line| line.faults.is_empty());
    let hidden = lines.len().saturating_sub(MOST_SHOWN);
    // Who looks like somebody is shown first, so that none of them hides.
    lines.sort_by_key(|line| line.alike.is_empty());
    lines.truncate(MOST_SHOWN);
    Shown { good: preview.good, total, seal: seal(visit.held(), of, &preview.hash), faulty, lines, hidden }
}

/// Ties a confirmation to what this browser was shown.
fn seal(held: &Secret, of: Of, hash: &str) -> String {
    keyed_fingerprint(held.reveal(), &format!("import {} {hash}", of.word()))
}

/// The page is there for sectors whose people come by a file.
fn belongs(visit: &Visit) -> Result<(), Fault> {
    visit.membership()?;
    if visit.sector().is_residential() { Err(Fault::NotFound) } else { Ok(()) }
}

async fn form(visit: Visit, of: Of) -> Answer {
    belongs(&visit)?;
    visit.page(&page(&visit, of, String::new(), None)?)
}

/// The file that was chosen, else the lines that were pasted.
fn sent(fields: &Fields) -> String {
    let raw = |name: &str| fields.iter().find(|(of, _)| of == name).map_or("", |(_, text)| text.as_str());
    let file = raw("file");
    let text = if file.trim().is_empty() { raw("text") } else { file };
    // As a browser sends it back: what was shown has to be recognised.
    text.trim_start_matches('\u{feff}').replace("\r\n", "\n").replace('\r', "\n")
}

async fn preview(visit: Visit, of: Of, PostedFile(fields): PostedFile) -> Answer {
    belongs(&visit)?;
    if fields.iter().any(|(name, _)| name == NOT_UTF_8) {
        // To guess would be to spell a name wrongly.
        let words = "The file is not in UTF-8. Save it as “CSV UTF-8” and choose it again";
        return refused(&visit, of, words.to_owned());
    }
    let text = sent(&fields);
    let (read, today) = (text.clone(), freshness::today(&visit));
    let found = match of {
        Of::Places => {
            let scope = visit.scope::<ManagePlaces>()?;
            visit.read(move |conn| organisations::preview_places(conn, &scope, &read)).await
        }
        Of::People => {
            let scope = visit.scope::<EditResidents>()?;
            visit.read(move |conn| residents::preview_import(conn, &scope, &read, today)).await
        }
        Of::Staff => {
            let scope = visit.scope::<EditStaff>()?;
            visit.read(move |conn| staff::preview_import(conn, &scope, &read)).await
        }
    };
    match found {
        Ok(preview) => visit.page(&page(&visit, of, text, Some(preview))?),
        Err(Refusal::Invalid { words, .. }) => refused(&visit, of, words),
        Err(refusal) => Err(refusal.into()),
    }
}

/// What cannot be read is not shown again: it may be anything.
fn refused(visit: &Visit, of: Of, words: String) -> Answer {
    let mut page = page(visit, of, String::new(), None)?;
    page.shell.add_error("file", words);
    visit.page_with(&page, HttpResponse::UnprocessableEntity())
}

async fn apply(visit: Visit, of: Of, PostedFile(fields): PostedFile) -> Answer {
    belongs(&visit)?;
    let (text, sent_seal) = (sent(&fields), field(&fields, "seal").to_owned());
    let (read, today, held) = (text.clone(), freshness::today(&visit), visit.held().clone());
    let was_shown = move |hash: &str| Secret::new(seal(&held, of, hash)).is(&sent_seal);
    let done = match of {
        Of::Places => {
            let scope = visit.scope::<ManagePlaces>()?;
            visit.write(move |tx| organisations::import_places(tx, &scope, &read, &was_shown)).await
        }
        Of::People => {
            let scope = visit.scope::<EditResidents>()?;
            visit.write(move |tx| residents::import(tx, &scope, &read, today, &was_shown)).await
        }
        Of::Staff => {
            let scope = visit.scope::<EditStaff>()?;
            visit.write(move |tx| staff::import(tx, &scope, &read, &was_shown)).await
        }
    };
    match done {
        Ok(Imported::Done(count)) => {
            let page = page(&visit, of, String::new(), None)?;
            let words = format!("Imported from the file: {count} {}.", page.name);
            visit.done(page.back, &Notice::ok(words))
        }
        Ok(Imported::Differs(preview)) => {
            let mut page = page(&visit, of, text, Some(preview))?;
            page.shell.add_error(
                "seal",
                "Something has changed since this was shown, and nothing was imported. Look at it again",
            );
            visit.page_with(&page, HttpResponse::UnprocessableEntity())
        }
        Err(Refusal::Invalid { words, .. }) => refused(&visit, of, words),
        Err(refusal) => Err(refusal.into()),
    }
}

async fn template(visit: Visit, of: Of) -> Answer {
    belongs(&visit)?;
    let headings = of.headings(&visit);
    let body = format!("\u{feff}{}\r\n", headings.join(","));
    let disposition = format!("attachment; filename=\"{}-template.csv\"", of.name(&visit));
    Ok(HttpResponse::Ok()
        .insert_header(("content-type", "text/csv; charset=utf-8"))
        .insert_header(("content-disposition", disposition))
        .body(body))
}
