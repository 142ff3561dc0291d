//! Homes and zones: the list, one place, adding and renaming. Nothing here moves a resident.

mod forms;
mod pages;

use actix_web::HttpResponse;

use super::error::{Answer, Fault};
use super::routes::{Line, Who, get, post};
use super::ui::{Choice, Link, Notice};
use super::visit::{In, Nav, Posted, Visit};
use crate::db::Conn;
use crate::domain::Refusal;
use crate::domain::access::{ManagePlaces, Permission, Scope, Sector};
use crate::domain::organisations::{self, Alias, Feed, PlaceKind, PlaceWithCount};
use crate::domain::relatives::{self, Contact};
use crate::kit::ids::{PlaceAliasId, PlaceId};
use crate::links;

pub fn routes() -> Vec<Line> {
    let manage = Who::Holder(Permission::ManagePlaces);
    vec![
        get("/org/{org}/places", manage, index),
        post("/org/{org}/places", manage, create),
        get("/org/{org}/places/{place}", manage, show),
        post("/org/{org}/places/{place}", manage, rename),
        post("/org/{org}/places/{place}/contact", manage, set_contact),
        post("/org/{org}/places/{place}/aliases", manage, add_alias),
        post("/org/{org}/places/{place}/aliases/{alias}/remove", manage, remove_alias),
    ]
}

/// The list's name as the navigation has it.
fn list_title(visit: &Visit) -> &'static str {
    match visit.sector() {
        Sector::CareHome => "Places",
        Sector::Therapy => "Agencies",
        Sector::CommunityHealth => "Areas",
    }
}

/// The places with their residents, and the names of the systems that are on.
type Counted = (Vec<PlaceWithCount>, Vec<String>);

async fn counted(visit: &Visit, scope: Scope<ManagePlaces>) -> Result<Counted, Refusal> {
    let read =
        visit.read(move |conn| Ok((organisations::place_counts(conn, &scope)?, systems(conn, &scope)?)));
    read.await
}

fn systems(conn: &mut Conn, scope: &Scope<ManagePlaces>) -> Result<Vec<String>, Refusal> {
    let on = organisations::feeds(conn, scope)?.into_iter().filter(Feed::is_on);
    Ok(on.map(|feed| feed.vendor_name().to_owned()).collect())
}

/// "a Nourish service", "a service of Nourish or PCS": whose services zones may be.
fn a_service(systems: &[String]) -> String {
    match systems {
        [] => "a service of your care record system".to_owned(),
        [one] => format!("a {one} service"),
        several => format!("a service of {}", several.join(" or ")),
    }
}

async fn index(visit: Visit, In(scope): In<ManagePlaces>) -> Answer {
    let counted = counted(&visit, scope).await?;
    visit.page(&index_page(&visit, &counted, &forms::New::default())?)
}

fn index_page(visit: &Visit, (places, systems): &Counted, form: &forms::New) -> Result<pages::Index, Fault> {
    let org = visit.organisation()?;
    let mut inside = vec![Choice::new("", "A new home", form.home.is_empty())];
    inside.extend(places.iter().filter(|one| one.place.kind == PlaceKind::Home).map(|one| {
        let id = one.place.id.to_string();
        let chosen = id == form.home;
        Choice::new(id, format!("A zone in {}", one.place.name), chosen)
    }));
    Ok(pages::Index {
        shell: visit.org_shell(list_title(visit), Nav::Places)?,
        empty: if visit.sector().is_residential() {
            "Your homes stand here, and the zones in them. Add the first home below.".to_owned()
        } else {
            visit.say("Your homes stand here. Add the first home below.")
        },
        import: (!visit.sector().is_residential()).then(|| links::import(org, "places")),
        rows: places.iter().map(|one| pages::Row::new(org, one)).collect(),
        action: links::places(org),
        name: form.name.clone(),
        hint: format!("A zone for {} needs exactly the service’s name.", a_service(systems)),
        inside,
    })
}

async fn create(visit: Visit, In(scope): In<ManagePlaces>, Posted(form): Posted<forms::New>) -> Answer {
    let org = scope.organisation();
    let (writer, name, home) = (scope.clone(), form.name.clone(), form.home.trim().to_owned());
    let added = visit
        .write(move |tx| {
            if home.is_empty() {
                return organisations::add_home(tx, &writer, &name);
            }
            let home = home.parse().map_err(|_not_an_id| Refusal::NotHere)?;
            organisations::add_zone(tx, &writer, home, &name)
        })
        .await;
    match added {
        Ok(id) => {
            let name = form.name.trim();
            visit.done(links::place(org, id), &Notice::ok(format!("{name} is added.")))
        }
        Err(Refusal::Invalid { field, words }) => {
            let counted = counted(&visit, scope).await?;
            let mut page = index_page(&visit, &counted, &form)?;
            page.shell.add_error(field, words);
            visit.page_with(&page, HttpResponse::UnprocessableEntity())
        }
        Err(refusal) => Err(refusal.into()),
    }
}

async fn show(visit: Visit, In(scope): In<ManagePlaces>) -> Answer {
    let known = known(&visit, scope).await?;
    visit.page(&show_page(&visit, known, None)?)
}

/// What the page of one place shows.
struct Known {
    counted: Counted,
    /// How families reach the one in the path.
    contact: Contact,
    /// Its other names.
    aliases: Vec<Alias>,
}

async fn known(visit: &Visit, scope: Scope<ManagePlaces>) -> Result<Known, Fault> {
    let id: PlaceId = visit.id("place")?;
    let read = visit.read(move |conn| {
        let mut aliases = organisations::aliases(conn, &scope)?;
        aliases.retain(|alias| alias.place == id);
        Ok(Known {
            counted: (organisations::place_counts(conn, &scope)?, systems(conn, &scope)?),
            contact: relatives::contact(conn, &scope, id)?,
            aliases,
        })
    });
    Ok(read.await?)
}

fn show_page(visit: &Visit, known: Known, typed: Option<String>) -> Result<pages::Show, Fault> {
    let Known { counted: (places, systems), contact, aliases } = known;
    let org = visit.organisation()?;
    let id: PlaceId = visit.id("place")?;
    let here = places.iter().find(|one| one.place.id == id).ok_or(Fault::NotFound)?;
    let home = here.place.parent.and_then(|home| places.iter().find(|one| one.place.id == home));
    let mut shell = visit.org_shell(here.place.name.clone(), Nav::Places)?;
    shell.crumb = Some(match home {
        Some(home) => Link::new(home.place.name.clone(), links::place(org, home.place.id)),
        None => Link::new(list_title(visit), links::places(org)),
    });
    let row = pages::Row::new(org, here);
    let zones = places.iter().filter(|one| one.place.parent == Some(id));
    Ok(pages::Show {
        shell,
        kind: row.kind,
        residents: here.residents,
        residents_href: row.residents_href,
        action: links::place(org, id),
        name: typed.unwrap_or_else(|| here.place.name.clone()),
        zones: zones.map(|one| pages::Row::new(org, one)).collect(),
        is_home: here.place.kind == PlaceKind::Home,
        contact_action: links::place_contact(org, id),
        telephone: contact.telephone,
        address: contact.address,
        staff_href: format!("{}?home={id}", links::staff(org)),
        aliases: aliases
            .into_iter()
            .map(|alias| (alias.name, links::remove_place_alias(org, id, alias.id)))
            .collect(),
        alias_action: links::place_aliases(org, id),
        alias: String::new(),
        devices: links::devices(org, id),
        monitors: links::monitors(org),
        a_service: a_service(&systems),
        add_to: id.to_string(),
        add_action: links::places(org),
        notes: match here.place.kind {
            PlaceKind::Zone => vec![format!(
                "Updates for {} reach the zone that has exactly the service’s name. Rename it only together with the \
                 service.",
                a_service(&systems)
            )],
            PlaceKind::Home => Vec::new(),
        },
    })
}

async fn rename(visit: Visit, In(scope): In<ManagePlaces>, Posted(form): Posted<forms::Rename>) -> Answer {
    let (org, id) = (scope.organisation(), visit.id::<PlaceId>("place")?);
    let (writer, name) = (scope.clone(), form.name.clone());
    match visit.write(move |tx| organisations::rename_place(tx, &writer, id, &name)).await {
        Ok(()) => visit.done(links::place(org, id), &Notice::ok("The name is saved.")),
        Err(Refusal::Invalid { field, words }) => {
            let known = known(&visit, scope).await?;
            let mut page = show_page(&visit, known, Some(form.name))?;
            page.shell.add_error(field, words);
            visit.page_with(&page, HttpResponse::UnprocessableEntity())
        }
        Err(refusal) => Err(refusal.into()),
    }
}

async fn set_contact(
    visit: Visit,
    In(scope): In<ManagePlaces>,
    Posted(form): Posted<forms::Reaching>,
) -> Answer {
    let (org, id) = (scope.organisation(), visit.id::<PlaceId>("place")?);
    let (writer, telephone, address) = (scope.clone(), form.telephone.clone(), form.address.clone());
    match visit.write(move |tx| relatives::set_contact(tx, &writer, id, &telephone, &address)).await {
        Ok(()) => visit.done(links::place(org, id), &Notice::ok("Families are told this from now on.")),
        Err(Refusal::Invalid { field, words }) => {
            let mut known = known(&visit, scope).await?;
            known.contact = Contact { telephone: form.telephone, address: form.address, ..known.contact };
            let mut page = show_page(&visit, known, None)?;
            page.shell.add_error(field, words);
            visit.page_with(&page, HttpResponse::UnprocessableEntity())
        }
        Err(refusal) => Err(refusal.into()),
    }
}

async fn add_alias(
    visit: Visit,
    In(scope): In<ManagePlaces>,
    Posted(form): Posted<forms::NewAlias>,
) -> Answer {
    let (org, id) = (scope.organisation(), visit.id::<PlaceId>("place")?);
    let (writer, alias) = (scope.clone(), form.alias.clone());
    match visit.write(move |tx| organisations::add_alias(tx, &writer, id, &alias)).await {
        Ok(_) => visit.done(links::place(org, id), &Notice::ok(format!("{} is added.", form.alias.trim()))),
        Err(Refusal::Invalid { field, words }) => {
            let known = known(&visit, scope).await?;
            let mut page = show_page(&visit, known, None)?;
            page.alias = form.alias;
            page.shell.add_error(field, words);
            visit.page_with(&page, HttpResponse::UnprocessableEntity())
        }
        Err(refusal) => Err(refusal.into()),
    }
}

async fn remove_alias(visit: Visit, In(scope): In<ManagePlaces>, Posted(()): Posted<()>) -> Answer {
    let (org, id) = (scope.organisation(), visit.id::<PlaceId>("place")?);
    let alias = visit.id::<PlaceAliasId>("alias")?;
    visit.write(move |tx| organisations::remove_alias(tx, &scope, id, alias)).await?;
    visit.done(links::place(org, id), &Notice::ok("The name is removed. What was mapped by it stays."))
}
