//! The representative's organisations: the list, making one, and one organisation with its first super
//! manager. What vendors it may use is `organisation_vendors`.

mod forms;
mod pages;

use actix_web::HttpResponse;
use serde::Deserialize;

use super::error::{Answer, Fault};
use super::listing::Address;
use super::organisation_vendors;
use super::routes::{Line, Who, get, post};
use super::settings::{self, New as NewPerson};
use super::ui::{Link, Notice};
use super::visit::{Posted, Visit};
use crate::domain::Refusal;
use crate::domain::access::Role;
use crate::domain::accounts;
use crate::domain::letters::{self, Counts};
use crate::domain::organisations::{self, NewOrganisation, Overview, one_line};
use crate::kit::email_address::EmailAddress;
use crate::links;

pub fn routes() -> Vec<Line> {
    let rep = Who::Representative;
    vec![
        get("/organisations", rep, index),
        post("/organisations", rep, create),
        get("/organisations/new", rep, new),
        get("/organisations/{org}", rep, show),
        post("/organisations/{org}/super-managers", rep, add_super_manager),
        post("/organisations/{org}/super-managers/reset-two-step", rep, reset_two_step),
    ]
}

async fn index(visit: Visit) -> Answer {
    let asked: forms::Asked = visit.query();
    let search = one_line(&asked.q);
    let (platform, wanted) = (visit.platform()?, search.clone());
    let now = visit.now;
    let (found, counts, trouble) = visit
        .read(move |conn| {
            let counts = letters::counts(conn, &platform, now)?;
            Ok((organisations::list(conn, &platform, &wanted)?, counts, letters::trouble(conn)?))
        })
        .await?;
    let address = Address::new(links::organisations()).with("q", &search);
    let letters_of = |overview: &Overview| counts.get(&Some(overview.organisation.id)).copied();
    let page = pages::Index {
        shell: visit.shell("Organisations"),
        list: links::organisations(),
        new: links::new_organisation(),
        tasks: links::waiting_tasks(),
        trouble: trouble.map(|open| pages::in_trouble(&open, visit.now)).or_else(|| nowhere(&visit)),
        rows: found.iter().map(|one| pages::Row::new(one, letters_of(one).unwrap_or_default())).collect(),
        chips: address.chip("q", format!("Search: {search}")).into_iter().collect(),
        search,
    };
    visit.page(&page)
}

/// An installation that was given no way out for letters.
fn nowhere(visit: &Visit) -> Option<String> {
    let missing = !visit.services.mailer.sends();
    missing.then(|| "No mail server is set, so no letter is sent. Set KINBRIDGE_SMTP_HOST.".to_owned())
}

async fn new(visit: Visit) -> Answer {
    let form = forms::New { time_zone: "Europe/London".into(), ..forms::New::default() };
    visit.page(&new_page(&visit, form))
}

fn new_page(visit: &Visit, form: forms::New) -> pages::Create {
    let mut shell = visit.shell("Create an organisation");
    shell.crumb = Some(Link::new("Organisations", links::organisations()));
    pages::Create {
        shell,
        action: links::organisations(),
        cancel: links::organisations(),
        kinds: settings::kinds(&form.kind),
        sectors: pages::sectors(&form.sector),
        zones: settings::time_zones(),
        form,
    }
}

async fn create(visit: Visit, Posted(form): Posted<forms::New>) -> Answer {
    let platform = visit.platform()?;
    let made = match NewOrganisation::read(&form.typed()) {
        Ok(new) => visit.write(move |tx| organisations::create(tx, &platform, &new)).await,
        Err(refusal) => Err(refusal),
    };
    match made {
        Ok(id) => {
            let notice = Notice::ok("The organisation is made. Add its first super manager below.");
            visit.done(links::organisation_overview(id), &notice)
        }
        Err(Refusal::Invalid { field, words }) => {
            let mut page = new_page(&visit, form);
            page.shell.add_error(field, words);
            visit.page_with(&page, HttpResponse::UnprocessableEntity())
        }
        Err(refusal) => Err(refusal.into()),
    }
}

async fn show(visit: Visit) -> Answer {
    let overview = load(&visit).await?;
    visit.page(&show_page(&visit, &overview, NewPerson::default()).await?)
}

async fn load(visit: &Visit) -> Result<(Overview, Counts), Fault> {
    let (platform, org, now) = (visit.platform()?, visit.organisation()?, visit.now);
    let loaded = visit.read(move |conn| {
        let counts = letters::counts(conn, &platform, now)?.remove(&Some(org)).unwrap_or_default();
        Ok((organisations::overview(conn, &platform, org)?, counts))
    });
    Ok(loaded.await?)
}

async fn show_page(
    visit: &Visit,
    (overview, letters): &(Overview, Counts),
    form: NewPerson,
) -> Result<pages::Show, Fault> {
    let organisation = &overview.organisation;
    let mut shell = visit.shell(organisation.name.clone());
    shell.crumb = Some(Link::new("Organisations", links::organisations()));
    let vendors = organisation_vendors::view(visit, organisation.id).await?;
    Ok(pages::Show {
        shell,
        vendors,
        row: pages::Row::new(overview, *letters),
        archived: organisation.archived_residents,
        time_zone: organisation.time_zone.clone(),
        super_managers: overview.super_managers,
        reset_action: links::reset_super_manager(organisation.id),
        super_managers_action: links::organisation_super_managers(organisation.id),
        form,
    })
}

#[derive(Deserialize)]
struct Whose {
    #[serde(default)]
    reset_email: String,
}

/// For a super manager whose telephone is lost: nobody in the organisation can do it.
async fn reset_two_step(visit: Visit, Posted(form): Posted<Whose>) -> Answer {
    let (platform, org) = (visit.platform()?, visit.organisation()?);
    visit.fresh(links::organisation_overview(org))?;
    let url = visit.services.config.public_url.clone();
    let email = EmailAddress::parse(&form.reset_email);
    let done = visit
        .write(move |tx| {
            let none = || Refusal::overtaken("No super manager of this organisation has that email address.");
            let email = email.ok_or_else(none)?;
            accounts::reset_second_step_of_super_manager(tx, &platform, org, &email, &url)
        })
        .await;
    let notice = match done {
        Ok(name) => Notice::ok(format!("The two-step sign-in of {name} is reset. They are told by email.")),
        Err(Refusal::Overtaken(words)) => Notice::warn(words),
        Err(refusal) => return Err(refusal.into()),
    };
    visit.done(links::organisation_overview(org), &notice)
}

async fn add_super_manager(visit: Visit, Posted(form): Posted<NewPerson>) -> Answer {
    let (platform, org) = (visit.platform()?, visit.organisation()?);
    let public_url = visit.services.config.public_url.clone();
    let added = match form.account() {
        Ok(new) => {
            visit
                .write(move |tx| {
                    let to = organisations::overview(tx.conn, &platform, org)?.organisation;
                    let role = Role::SuperManager;
                    let invited = accounts::add_member_by_platform(tx, &platform, org, &new, role)?;
                    let by = &platform.by().name;
                    settings::send_activation(tx, &to, &new, role, by, &invited, &public_url)
                })
                .await
        }
        Err(refusal) => Err(refusal),
    };
    match added {
        Ok(()) => {
            let words = format!("{} is a super manager now.", one_line(&form.name));
            visit.done(links::organisation_overview(org), &Notice::ok(words))
        }
        Err(Refusal::Invalid { field, words }) => {
            let overview = load(&visit).await?;
            let mut page = show_page(&visit, &overview, form).await?;
            page.shell.add_error(field, words);
            visit.page_with(&page, HttpResponse::UnprocessableEntity())
        }
        Err(refusal) => Err(refusal.into()),
    }
}
