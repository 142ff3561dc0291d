//! *People*: who may sign in for the organisation, as what, for which places, and what they may do.

use actix_web::HttpResponse;
use askama::Template;
use serde::Deserialize;

use super::super::error::{Answer, Fault};
use super::super::routes::{Line, Who, get, post};
use super::super::ui::{Choice, Link, Notice, Shell, filters, when};
use super::super::visit::{Fields, In, Nav, Posted, Visit, field, ticked};
use super::tabs;
use crate::db::Tx;
use crate::domain::Refusal;
use crate::domain::access::{ManagePeople, Permission, Role, Scope};
use crate::domain::accounts::{self, AccountState, Invited, Member, NewAccount};
use crate::domain::letters::{self, Letter, Recipient};
use crate::domain::organisations::{self, Organisation, Place, PlaceKind};
use crate::kit::email_address::EmailAddress;
use crate::kit::ids::{MembershipId, PlaceId};
use crate::links;
use crate::mail::ActivateAccount;

pub fn routes() -> Vec<Line> {
    let manage = Who::Holder(Permission::ManagePeople);
    vec![
        get("/org/{org}/settings/people", manage, index),
        post("/org/{org}/settings/people", manage, create),
        get("/org/{org}/settings/people/{membership}", manage, show),
        post("/org/{org}/settings/people/{membership}", manage, act),
    ]
}

#[derive(Template)]
#[template(path = "settings/people.html")]
struct People {
    shell: Shell,
    rows: Vec<Row>,
    action: String,
    form: New,
    roles: Vec<Choice>,
    /// *View pending relatives*, for those who may.
    pending: Option<String>,
    /// What became of the letters, for those who may see it.
    letters: Option<String>,
    /// *Work of people who have left*.
    leavers: String,
}

struct Row {
    href: String,
    name: String,
    email: String,
    role: &'static str,
    state: &'static str,
    places: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(in crate::web) struct New {
    pub name: String,
    pub email: String,
    pub role: String,
}

impl New {
    /// # Errors
    /// `Invalid` for an address that is none.
    pub fn account(&self) -> Result<NewAccount, Refusal> {
        let email = EmailAddress::parse(&self.email)
            .ok_or_else(|| Refusal::invalid("email", "Enter an email address such as name@example.com"))?;
        Ok(NewAccount { email, name: organisations::one_line(&self.name) })
    }
}

async fn load(visit: &Visit, scope: &Scope<ManagePeople>) -> Result<(Vec<Member>, Vec<Place>), Refusal> {
    let scope = scope.clone();
    visit.read(move |conn| Ok((accounts::members(conn, &scope)?, organisations::places(conn, &scope)?))).await
}

async fn index(visit: Visit, In(scope): In<ManagePeople>) -> Answer {
    let (members, places) = load(&visit, &scope).await?;
    visit.page(&people(&visit, &scope, &members, &places, New::default())?)
}

fn people(
    visit: &Visit,
    scope: &Scope<ManagePeople>,
    members: &[Member],
    places: &[Place],
    form: New,
) -> Result<People, Fault> {
    let org = scope.organisation();
    let mut shell = visit.org_shell("Org Settings", Nav::Settings)?;
    shell.tabs = tabs(visit, org, "People");
    let rows = members.iter().map(|member| Row {
        href: links::settings_person(org, member.id),
        name: member.name.clone(),
        email: member.email.clone(),
        role: member.role.words(),
        state: state(member.state),
        places: where_in_words(visit, member, places),
    });
    Ok(People {
        shell,
        rows: rows.collect(),
        action: links::settings_people(org),
        pending: (visit.may(Permission::ManageRelatives) && visit.sector().is_residential())
            .then(|| links::settings_relatives(org)),
        leavers: links::leavers(org),
        roles: roles(scope, &form.role),
        letters: visit.may(Permission::ManageOrganisation).then(|| links::settings_letters(org)),
        form,
    })
}

fn state(state: AccountState) -> &'static str {
    match state {
        AccountState::Invited => "Invited",
        AccountState::Active => "Active",
        AccountState::Disabled => "Closed",
    }
}

fn where_in_words(visit: &Visit, member: &Member, places: &[Place]) -> String {
    if member.role != Role::Staff {
        return "Everywhere".to_owned();
    }
    let assigned = places.iter().filter(|place| member.places.contains(&place.id));
    let names: Vec<&str> = assigned.map(|place| place.name.as_str()).collect();
    if names.is_empty() { visit.say("No place yet, sees no resident") } else { names.join(", ") }
}

/// The roles that this person may give.
fn roles(scope: &Scope<ManagePeople>, chosen: &str) -> Vec<Choice> {
    let all = [Role::Staff, Role::Manager, Role::SuperManager];
    let may = |role: &Role| scope.role() == Some(Role::SuperManager) || *role == Role::Staff;
    Choice::list(all.iter().filter(|role| may(role)).map(|role| (role.as_str(), role.words())), chosen)
}

async fn create(visit: Visit, In(scope): In<ManagePeople>, Posted(form): Posted<New>) -> Answer {
    let org = scope.organisation();
    let (writer, public_url) = (scope.clone(), visit.services.config.public_url.clone());
    let role = Role::parse(&form.role).filter(|role| role.works_here());
    let added = match (form.account(), role) {
        (Err(refusal), _) => Err(refusal),
        (Ok(_), None) => Err(Refusal::invalid("role", "Choose what this person is")),
        (Ok(new), Some(role)) => {
            visit
                .write(move |tx| {
                    let invited = accounts::add_member(tx, &writer, &new, role)?;
                    let to = organisations::get(tx.conn, &writer)?;
                    send_activation(tx, &to, &new, role, &writer.by().name, &invited, &public_url)?;
                    Ok((invited.membership, invited.link.is_some()))
                })
                .await
        }
    };
    match added {
        Ok((membership, invited)) => {
            let words = if invited {
                format!("We have emailed {} a link to activate the account.", form.email.trim())
            } else {
                format!("{} can sign in with the account that is there already.", form.email.trim())
            };
            let to =
                membership.map_or_else(|| links::settings_people(org), |id| links::settings_person(org, id));
            visit.done(to, &Notice::ok(words))
        }
        Err(Refusal::Invalid { field, words }) => {
            let (members, places) = load(&visit, &scope).await?;
            let mut page = people(&visit, &scope, &members, &places, form)?;
            page.shell.add_error(field, words);
            visit.page_with(&page, HttpResponse::UnprocessableEntity())
        }
        Err(refusal) => Err(refusal.into()),
    }
}

/// Writes to somebody who has to set a password first; nobody else is written to.
pub(in crate::web) fn send_activation(
    tx: &mut Tx<'_>,
    organisation: &Organisation,
    new: &NewAccount,
    role: Role,
    by: &str,
    invited: &Invited,
    public_url: &str,
) -> Result<(), Refusal> {
    let Some(token) = &invited.link else { return Ok(()) };
    let letter = ActivateAccount {
        to_name: new.name.clone(),
        organisation: organisation.name.clone(),
        role: role.words().to_owned(),
        who: by.to_owned(),
        link: format!("{public_url}{}", links::activate(token.reveal())),
        lasts: format!("{} hours", accounts::ACTIVATION.num_hours()),
    };
    let rendered = letter.render().map_err(|cause| Refusal::Broken(cause.to_string()))?;
    let to = Recipient { name: new.name.clone(), email: new.email.as_str().to_owned() };
    letters::send(tx, Letter::new(Some(organisation.id), &to, rendered))?;
    Ok(())
}

/// One person: their role, what they may do, and where.
#[derive(Template)]
#[template(path = "settings/person.html")]
struct Person {
    shell: Shell,
    email: String,
    role: &'static str,
    state: &'static str,
    places_words: String,
    action: String,
    /// Why nothing can be changed, or nothing.
    fixed: String,
    roles: Vec<Choice>,
    permissions: Vec<Tick>,
    /// Those that the sector does not speak of, to be sent again as they are.
    kept: Vec<&'static str>,
    /// Homes and zones, for staff.
    places: Vec<Tick>,
    is_staff: bool,
    /// Two-step sign-in is on, and this person may reset it.
    may_reset: bool,
}

struct Tick {
    id: String,
    value: String,
    label: String,
    ticked: bool,
}

async fn show(visit: Visit, In(scope): In<ManagePeople>) -> Answer {
    visit.page(&person(&visit, &scope).await?)
}

async fn person(visit: &Visit, scope: &Scope<ManagePeople>) -> Result<Person, Fault> {
    let (org, id) = (scope.organisation(), visit.id::<MembershipId>("membership")?);
    let reader = scope.clone();
    let (member, places) = visit
        .read(move |conn| Ok((accounts::member(conn, &reader, id)?, organisations::places(conn, &reader)?)))
        .await?;
    let mut shell = visit.org_shell(member.name.clone(), Nav::Settings)?;
    shell.crumb = Some(Link::new("People", links::settings_people(org)));
    let may = accounts::may_change(scope, &member);
    let fixed =
        format!("{} is a {}. Only a super manager can change that.", member.name, member.role.as_str());
    Ok(Person {
        shell,
        email: member.email.clone(),
        role: member.role.words(),
        state: state(member.state),
        places_words: where_in_words(visit, &member, &places),
        action: links::settings_person(org, id),
        fixed: if may { String::new() } else { fixed },
        roles: roles(scope, member.role.as_str()),
        permissions: permissions(visit, &member),
        kept: member
            .permissions
            .iter()
            .copied()
            .filter(|one| !one.is_of(visit.sector()))
            .map(Permission::as_str)
            .collect(),
        places: places.iter().map(|place| place_tick(visit, place, &member)).collect(),
        is_staff: member.role == Role::Staff,
        may_reset: member.has_second_step
            && scope.role() == Some(Role::SuperManager)
            && member.role != Role::SuperManager,
    })
}

/// What the member has, and what this person could give.
fn permissions(visit: &Visit, member: &Member) -> Vec<Tick> {
    let possible = Permission::ALL.iter().copied().filter(|one| one.possible_for().contains(&member.role));
    possible
        .filter(|one| one.is_of(visit.sector()) && (member.permissions.contains(one) || visit.may(*one)))
        .map(|one| Tick {
            id: format!("may-{}", one.as_str().replace(' ', "-")),
            value: one.as_str().to_owned(),
            label: when::capital(&visit.say(one.words())),
            ticked: member.permissions.contains(&one),
        })
        .collect()
}

fn place_tick(visit: &Visit, place: &Place, member: &Member) -> Tick {
    let label = match place.kind {
        PlaceKind::Home if visit.sector().is_residential() => format!("{}, whole home", place.name),
        PlaceKind::Home => place.name.clone(),
        PlaceKind::Zone => format!("– {}", place.name),
    };
    Tick {
        id: format!("place-{}", place.id),
        value: place.id.to_string(),
        label,
        ticked: member.places.contains(&place.id),
    }
}

async fn act(visit: Visit, In(scope): In<ManagePeople>, Posted(fields): Posted<Fields>) -> Answer {
    let (org, id) = (scope.organisation(), visit.id::<MembershipId>("membership")?);
    let here = links::settings_person(org, id);
    let writer = scope.clone();
    let act = field(&fields, "act").to_owned();
    let ended = act == "end";
    let role = Role::parse(field(&fields, "role"));
    let permissions = fields
        .iter()
        .filter(|(name, _)| name == "permissions[]")
        .filter_map(|(_, value)| Permission::parse(value))
        .collect();
    let places: Vec<PlaceId> = ticked(&fields, "places[]");
    let url = visit.services.config.public_url.clone();
    let done = visit
        .write(move |tx| match (act.as_str(), role) {
            ("role", Some(role)) => accounts::change_role(tx, &writer, id, role),
            ("role", None) => Err(Refusal::invalid("role", "Choose what this person is")),
            ("permissions", _) => accounts::change_permissions(tx, &writer, id, &permissions),
            ("places", _) => accounts::assign_places(tx, &writer, id, &places),
            ("end", _) => accounts::end_membership(tx, &writer, id),
            ("reset two-step", _) => accounts::reset_second_step(tx, &writer, id, &url),
            _ => Err(Refusal::NotHere),
        })
        .await;
    match done {
        Ok(()) if ended => {
            let notice = Notice::ok("They are no longer in this organisation.");
            visit.done(links::settings_people(org), &notice)
        }
        Ok(()) => visit.done(here, &Notice::ok("Saved. It counts from their next click.")),
        Err(Refusal::Invalid { field, words }) => {
            let mut page = person(&visit, &scope).await?;
            page.shell.add_error(field, words);
            visit.page_with(&page, HttpResponse::UnprocessableEntity())
        }
        Err(Refusal::Overtaken(words)) => visit.done(here, &Notice::warn(words)),
        Err(refusal) => Err(refusal.into()),
    }
}
