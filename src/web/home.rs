//! The way to the right first page, and the relatives' page. Decides nothing about rights: it only
//! looks where somebody belongs.

use askama::Template;

use super::error::Answer;
use super::routes::{Line, Who, get};
use super::see_other;
use super::ui::{Link, Shell, filters};
use super::visit::Visit;
use crate::domain::access::{Actor, Role};
use crate::domain::accounts;
use crate::links;

pub fn routes() -> Vec<Line> {
    vec![get("/", Who::SignedIn, index), get("/family", Who::Relative, family)]
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
    for one in actor.memberships().iter().filter(|one| one.role != Role::Relative) {
        places.push(Link::new(one.organisation_name.clone(), links::organisation(one.organisation)));
    }
    if actor.memberships().iter().any(|one| one.role == Role::Relative) {
        places.push(Link::new("My family", links::family()));
    }
    places
}

#[derive(Template)]
#[template(path = "home/family.html")]
struct Family {
    shell: Shell,
    people: Vec<Person>,
}

/// Somebody's mother: by the name she goes by.
struct Person {
    first_name: String,
    home: String,
}

async fn family(visit: Visit) -> Answer {
    let actor = visit.signed_in()?.clone();
    let relations = visit.read(move |conn| Ok(accounts::relations(conn, &actor)?)).await?;
    let person = |one: accounts::Relation| Person { first_name: one.first_name, home: one.home };
    let people: Vec<Person> = relations.into_iter().map(person).collect();
    let title = match people.as_slice() {
        [one] => format!("{}, {}", one.first_name, one.home),
        _ => "Your family".to_owned(),
    };
    let mut shell = visit.shell(title);
    shell.nav.clear();
    visit.page(&Family { shell, people })
}
