//! *Reports*: what is mapped and what is not, as pages and as files. Reads only; that somebody took rows away is kept.

mod files;
mod pages;
mod spreadsheet;

use askama::Template;
use serde::Deserialize;

use super::download;
use super::error::{Answer, Fault};
use super::freshness;
use super::listing::{self, Address, PER_PAGE, day_typed};
use super::routes::{Line, Who, get};
use super::ui::{Choice, Link, Pager, Shell, Tab, filters, when};
use super::visit::{In, Nav, Visit};
use crate::domain::Refusal;
use crate::domain::access::{Permission, Sector, ViewReports};
use crate::domain::organisations::one_line;
use crate::domain::reports::{self, At, Found, Report, Show, Wanted};
use crate::kit::ids::OrganisationId;
use crate::links;
use files::Format;
use pages::{Line as Shown, Numbers};

pub fn routes() -> Vec<Line> {
    let view = Who::Holder(Permission::ViewReports);
    vec![
        get("/org/{org}/reports", view, index),
        get("/org/{org}/reports/{report}", view, show),
        get("/org/{org}/reports/{report}/{format}", view, file),
    ]
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    show: String,
    from: String,
    to: String,
    agency: String,
    q: String,
    page: String,
}

impl Asked {
    fn wanted(&self) -> Wanted {
        Wanted {
            show: Show::of_word(&self.show),
            from: day_typed(&self.from),
            to: day_typed(&self.to),
            agency: self.agency.parse().ok(),
            search: one_line(&self.q),
        }
    }

    fn address(&self, path: String) -> Address {
        let wanted = self.wanted();
        let day = |day: Option<chrono::NaiveDate>| day.map(|day| day.to_string()).unwrap_or_default();
        let show = if wanted.show == Show::All { "" } else { wanted.show.word() };
        Address::new(path)
            .with("show", show)
            .with("from", &day(wanted.from))
            .with("to", &day(wanted.to))
            .with("agency", &wanted.agency.map(|id| id.to_string()).unwrap_or_default())
            .with("q", &wanted.search)
    }

    /// Days that were typed and are none.
    fn check(&self, shell: &mut Shell) {
        for (field, typed) in [("from", &self.from), ("to", &self.to)] {
            if !typed.trim().is_empty() && day_typed(typed).is_none() {
                shell.add_error(field, "Enter a day such as 22/11/2026");
            }
        }
    }
}

fn at(visit: &Visit) -> At {
    At { now: visit.now, zone: visit.time_zone() }
}

/// The report in the path.
fn asked_for(visit: &Visit) -> Result<Report, Fault> {
    Report::of_word(visit.part("report")?).ok_or(Fault::NotFound)
}

/// The reports that belong to an organisation's sector.
fn offered(visit: &Visit) -> Result<Vec<Report>, Fault> {
    Ok(match visit.membership()?.sector {
        Sector::Therapy => Report::ALL.to_vec(),
        Sector::CareHome | Sector::CommunityHealth => vec![Report::Residents],
    })
}

#[derive(Template)]
#[template(path = "reports/index.html")]
struct Index {
    shell: Shell,
    reports: Vec<(Link, &'static str)>,
}

async fn index(visit: Visit, In(scope): In<ViewReports>) -> Answer {
    let org = scope.organisation();
    let link = |report: Report| Link::new(report.title(), links::report(org, report.word()));
    let reports = offered(&visit)?.into_iter().map(|report| (link(report), report.about()));
    visit.page(&Index { shell: visit.org_shell("Reports", Nav::Reports)?, reports: reports.collect() })
}

#[derive(Template)]
#[template(path = "reports/show.html")]
struct Page {
    shell: Shell,
    about: &'static str,
    list: String,
    /// What From and To narrow.
    days: &'static str,
    from: String,
    to: String,
    search: String,
    shows: Vec<Choice>,
    agencies: Vec<Choice>,
    chips: Vec<Link>,
    numbers: Numbers,
    rows: Vec<Shown>,
    /// How many rows fit, in words.
    count: String,
    files: Vec<Link>,
    pager: Pager,
    is_dated: bool,
    is_narrowed: bool,
}

async fn show(visit: Visit, In(scope): In<ViewReports>) -> Answer {
    let (org, report, asked) = (scope.organisation(), asked_for(&visit)?, visit.query::<Asked>());
    let (wanted, now) = (asked.wanted(), at(&visit));
    let mut shell = visit.org_shell(report.title(), Nav::Reports)?;
    shell.crumb = Some(Link::new("Reports", links::reports(org)));
    let tab = |one: Report| Tab::new(short(one), links::report(org, one.word()), one == report);
    shell.tabs = offered(&visit)?.into_iter().map(tab).collect();
    asked.check(&mut shell);
    let narrowing = wanted.clone();
    let found = match visit.read(move |conn| reports::read(conn, &scope, report, &narrowing, now)).await {
        Ok(found) => found,
        Err(Refusal::Invalid { field, words }) => {
            shell.add_error(field, words);
            Found::default()
        }
        Err(refusal) => return Err(refusal.into()),
    };
    let page = page(&visit, org, report, (&asked, &wanted), found, shell);
    visit.page(&page)
}

fn page(
    visit: &Visit,
    org: OrganisationId,
    report: Report,
    (asked, wanted): (&Asked, &Wanted),
    found: Found,
    mut shell: Shell,
) -> Page {
    let address = asked.address(links::report(org, report.word()));
    let total = i64::try_from(found.rows.len()).unwrap_or(i64::MAX);
    let pager = Pager::new(listing::page_number(&asked.page), PER_PAGE, total, |page| address.page(page));
    shell.page_of = pager.page_of();
    let before = usize::try_from(listing::rows_before(pager.page)).unwrap_or(usize::MAX);
    let on_page = usize::try_from(PER_PAGE).unwrap_or(usize::MAX);
    let shown = found.rows.iter().skip(before).take(on_page);
    let rows = shown.map(|row| Shown::of(visit, org, report, row)).collect();
    let file = |format: Format| {
        let path = asked.address(links::report_file(org, report.word(), format.word())).page(1);
        Link::new(format.label(), path)
    };
    let shows = [("all", "All"), ("mapped", report.mapped()), ("not-mapped", report.not_mapped())];
    let none = std::iter::once((String::new(), "All agencies".to_owned()));
    let agencies = found.agencies.iter().map(|(id, name)| (id.to_string(), name.clone()));
    let chosen = wanted.agency.map(|id| id.to_string()).unwrap_or_default();
    Page {
        about: report.about(),
        list: links::report(org, report.word()),
        days: if report.is_dated() { "Days of sessions" } else { "First seen" },
        from: asked.from.clone(),
        to: asked.to.clone(),
        search: wanted.search.clone(),
        shows: Choice::list(shows, wanted.show.word()),
        chips: chips(&address, wanted, &found, report),
        agencies: Choice::list(none.chain(agencies), &chosen),
        numbers: Numbers::of(report, &found, at(visit)),
        count: match total {
            1 => "1 row".to_owned(),
            many => format!("{} rows", when::thousands(many)),
        },
        files: if found.rows.is_empty() { Vec::new() } else { Format::ALL.into_iter().map(file).collect() },
        is_dated: report.is_dated(),
        is_narrowed: !address.is_bare(),
        rows,
        pager,
        shell,
    }
}

/// The filters that are set, each with a link that takes it away.
fn chips(address: &Address, wanted: &Wanted, found: &Found, report: Report) -> Vec<Link> {
    let show = match wanted.show {
        Show::All => "",
        Show::Mapped => report.mapped(),
        Show::NotMapped => report.not_mapped(),
    };
    let agency = found.agencies.iter().find(|(id, _)| Some(*id) == wanted.agency);
    let agency = agency.map_or("One agency", |(_, name)| name);
    let day = |day: Option<chrono::NaiveDate>| day.map(when::date).unwrap_or_default();
    [
        address.chip("show", show),
        address.chip("from", format!("From {}", day(wanted.from))),
        address.chip("to", format!("To {}", day(wanted.to))),
        address.chip("agency", agency),
        address.chip("q", format!("“{}”", wanted.search)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A report's word as its tab has it.
fn short(report: Report) -> &'static str {
    match report {
        Report::Staff => "Staff",
        Report::Clients => "Clients",
        Report::Appointments => "Appointments",
        Report::Residents => "Residents",
        Report::Sites => "Sites",
        Report::Notes => "Notes",
    }
}

/// Exactly the rows of the page's filters, all pages, as a file.
async fn file(visit: Visit, In(scope): In<ViewReports>) -> Answer {
    let (report, now) = (asked_for(&visit)?, at(&visit));
    let format = Format::of_word(visit.part("format")?).ok_or(Fault::NotFound)?;
    let wanted = visit.query::<Asked>().wanted();
    let (reader, narrowing) = (scope.clone(), wanted.clone());
    let found = visit.read(move |conn| reports::read(conn, &reader, report, &narrowing, now)).await;
    let rows = match found {
        Ok(found) => found.rows,
        Err(Refusal::Invalid { words, .. }) => return Err(Fault::Forbidden(format!("{words}."))),
        Err(refusal) => return Err(refusal.into()),
    };
    let (count, show) = (rows.len(), wanted.show);
    let written = actix_web::web::block(move || format.write(report, &rows, now))
        .await
        .map_err(|cause| Fault::broken(&cause))?;
    let body = written.map_err(|cause| Fault::broken(&cause))?;
    visit.write(move |tx| reports::note_download(tx, &scope, report, format.label(), show, count)).await?;
    let name = files::name(report, show, freshness::today(&visit), count, format);
    Ok(download::attached(&name, format.media(), body))
}
