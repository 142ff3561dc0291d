//! The way to the right first page. Decides nothing about rights: it only looks where somebody belongs.

use askama::Template;

use super::error::Answer;
use super::routes::{Line, Who, get};
use super::see_other;
use super::ui::{Link, Shell, filters};
use super::visit::Visit;
use crate::domain::access::{Actor, Role};
use crate::links;

pub fn routes() -> Vec<Line> {
    vec![get("/", Who::SignedIn, index)]
}

#[derive(Template)]
#[template(path = "home/choose.html")]
struct Choose {
    shell: Shell,
    places: Vec<Link>,
}

async fn index(visit: Visit) -> Answer {
    let places = places(visit.signed_in()?);
    match places.as_slice() {
        [only] => Ok(see_other(only.href.clone())),
        [] => visit.page(&Choose { shell: visit.shell("You are signed in"), places }),
        _ => visit.page(&Choose { shell: visit.shell("Where do you want to go?"), places }),
    }
}

fn places(actor: &Actor) -> Vec<Link> {
    let platform = actor.is_representative().then(|| Link::new("Organisations", links::organisations()));
    let mut places: Vec<Link> = platform.into_iter().collect();
    for one in actor.memberships().iter().filter(|one| one.role.works_here()) {
        places.push(Link::new(one.organisation_name.clone(), links::organisation(one.organisation)));
    }
    if actor.memberships().iter().any(|one| one.role == Role::Relative) {
        places.push(Link::new("My family", links::family()));
    }
    if actor.memberships().iter().any(|one| one.role == Role::Patient) {
        places.push(Link::new("My appointments", links::patient_visits()));
    }
    places
}
