//! One request as a handler sees it: who is there, the database, the form that was sent, and the
//! frame of the page to answer with.

use std::future::{Future, Ready, ready};
use std::pin::Pin;
use std::str::FromStr;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::{FromRequest, HttpMessage, HttpRequest, HttpResponse, web};
use askama::Template;
use chrono::NaiveDateTime;
use chrono_tz::Tz;
use serde::de::DeserializeOwned;
use serde::de::value::{Error as ValueError, UnitDeserializer};

use super::error::{Answer, Fault};
use super::gate::Present;
use super::ui::{NavItem, Notice, Shell, SignedInView};
use super::{see_other, session};
use crate::db::{Conn, Tx};
use crate::domain::Refusal;
use crate::domain::access::{Actor, Membership, Permission, Platform, Right, Scope, Sector};
use crate::kit::ids::OrganisationId;
use crate::links;
use crate::services::Services;

/// Largest form that is read. Forms here are names and ticks; 1,000 ticked rows fit.
const FORM_LIMIT: usize = 256 * 1024;

/// The request, for a handler.
pub(super) struct Visit {
    pub services: web::Data<Services>,
    pub now: NaiveDateTime,
    /// The client's address, for the audit trail and limits.
    pub address: String,
    present: Present,
    request: HttpRequest,
}

/// Which entry of an organisation's navigation is current.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Nav {
    Home,
    Residents,
    Activities,
    Staff,
    Practitioners,
    /// A practitioner's own appointments.
    MyVisits,
    Places,
    Appointments,
    Reports,
    Integrations,
    Settings,
}

impl FromRequest for Visit {
    type Error = Fault;
    type Future = Ready<Result<Self, Fault>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::of(request))
    }
}

impl Visit {
    pub(super) fn of(request: &HttpRequest) -> Result<Self, Fault> {
        let services = request.app_data::<web::Data<Services>>().cloned();
        let services = services.ok_or_else(|| Fault::broken(&"the services are missing"))?;
        let present = request.extensions().get::<Present>().cloned();
        let present = present.ok_or_else(|| Fault::broken(&"a page was reached without the gate"))?;
        let now = services.clock.now();
        Ok(Self { services, now, address: present.address.clone(), present, request: request.clone() })
    }

    pub fn actor(&self) -> Option<&Arc<Actor>> {
        self.present.actor.as_ref()
    }

    /// The signed-in person; a route that is open to anyone has none.
    pub fn signed_in(&self) -> Result<&Arc<Actor>, Fault> {
        self.actor().ok_or_else(|| Fault::Elsewhere(links::sign_in()))
    }

    /// The organisation in the path.
    pub fn organisation(&self) -> Result<OrganisationId, Fault> {
        self.id("org")
    }

    pub fn scope<R: Right>(&self) -> Result<Scope<R>, Fault> {
        Ok(self.signed_in()?.scope::<R>(self.organisation()?)?)
    }

    pub fn platform(&self) -> Result<Platform, Fault> {
        Ok(self.signed_in()?.platform()?)
    }

    /// The membership under which the organisation in the path is visited.
    pub fn membership(&self) -> Result<&Membership, Fault> {
        let organisation = self.organisation()?;
        self.signed_in()?.member_of(organisation).ok_or(Fault::NotFound)
    }

    pub fn may(&self, permission: Permission) -> bool {
        let organisation = self.organisation();
        self.actor()
            .zip(organisation.ok())
            .is_some_and(|(actor, organisation)| actor.may(organisation, permission))
    }

    /// The time zone in which the organisation's times are shown; London where there is none.
    pub fn time_zone(&self) -> Tz {
        let zone = self.membership().ok().map(|membership| membership.time_zone.as_str());
        zone.and_then(|zone| Tz::from_str(zone).ok()).unwrap_or(Tz::Europe__London)
    }

    /// Whose words the organisation's pages use; a care home's where there is none.
    pub fn sector(&self) -> Sector {
        self.membership().map_or(Sector::CareHome, |membership| membership.sector)
    }

    /// One of our sentences, in the words of the organisation's sector.
    pub fn say(&self, words: &str) -> String {
        self.sector().say(words)
    }

    /// A part of the path, parsed; whatever does not parse is not there.
    pub fn id<T: FromStr>(&self, name: &str) -> Result<T, Fault> {
        self.request.match_info().get(name).and_then(|text| text.parse().ok()).ok_or(Fault::NotFound)
    }

    /// A part of the path as text.
    pub fn part(&self, name: &str) -> Result<&str, Fault> {
        self.request.match_info().get(name).ok_or(Fault::NotFound)
    }

    /// The query string; whatever does not fit is as if it were not given.
    pub fn query<T: DeserializeOwned + Default>(&self) -> T {
        web::Query::<T>::from_query(self.request.query_string())
            .map(web::Query::into_inner)
            .unwrap_or_default()
    }

    pub fn path(&self) -> &str {
        self.request.path()
    }

    pub fn request(&self) -> &HttpRequest {
        &self.request
    }

    /// The browser's session token or signed-out seed, to which form tokens are bound.
    pub fn held(&self) -> &crate::kit::secret::Secret {
        &self.present.held
    }

    pub fn csrf(&self) -> String {
        session::form_token(&self.present.held)
    }

    /// A new key for a form that makes something, with which it makes it once.
    pub fn form_key() -> Result<String, Fault> {
        let key = crate::kit::secret::random_uuid().map_err(|cause| Fault::broken(&cause))?;
        Ok(key.reveal().to_owned())
    }

    /// Sends the person to type their password again, unless they did lately. After that they come
    /// back to `next`, a page.
    pub fn fresh(&self, next: String) -> Result<(), Fault> {
        let fresh = self.signed_in()?.fresh(self.now);
        fresh.map_err(|_stale| Fault::Elsewhere(links::confirm(&next)))
    }

    pub async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&mut Conn) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        self.services.db.read(read).await
    }

    pub async fn write<T: Send + 'static>(
        &self,
        write: impl FnOnce(&mut Tx<'_>) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        self.services.db.write(write).await
    }

    /// The frame of a page outside any organisation.
    pub fn shell(&self, title: impl Into<String>) -> Shell {
        let mut shell = Shell::bare(title);
        shell.csrf = self.csrf();
        shell.notice = session::notice(&self.request, &self.services.config, &self.present.held);
        if let Some(actor) = self.actor() {
            let role = if actor.is_representative() { "Platform representative" } else { "" };
            shell.signed_in = Some(SignedInView { name: actor.name().to_owned(), role: role.to_owned() });
            let left = (actor.session_ends_at() - self.now).num_seconds();
            shell.session_ends_in = u32::try_from(left).ok();
            let records = |one: &Membership| one.permissions.contains(&Permission::RecordActivities);
            shell.recorder = actor.memberships().iter().any(records).then(|| actor.account().0);
            let several = actor.memberships().len() + usize::from(actor.is_representative()) > 1;
            shell.places.switch = several.then(|| format!("{}?choose=yes", links::home()));
            if actor.is_representative() {
                shell.nav = vec![NavItem::new("Organisations", links::organisations(), true)];
            }
        }
        shell
    }

    /// The frame of a page of the organisation in the path.
    pub fn org_shell(&self, title: impl Into<String>, current: Nav) -> Result<Shell, Fault> {
        let membership = self.membership()?;
        let mut shell = self.shell(title);
        shell.organisation = Some(membership.organisation_name.clone());
        if let Some(signed_in) = &mut shell.signed_in {
            membership.role.words().clone_into(&mut signed_in.role);
        }
        shell.sector = Some(membership.sector);
        shell.nav = navigation(membership, current);
        Ok(shell)
    }

    /// 200 with a page; the notice it showed is taken away.
    pub fn page(&self, page: &impl Template) -> Answer {
        self.page_with(page, HttpResponse::Ok())
    }

    /// A page with another status, such as 422 for a form that cannot be used.
    pub fn page_with(&self, page: &impl Template, mut response: actix_web::HttpResponseBuilder) -> Answer {
        if session::notice(&self.request, &self.services.config, &self.present.held).is_some() {
            response.cookie(session::notice_gone(&self.services.config));
        }
        Ok(response.insert_header((CONTENT_TYPE, "text/html; charset=utf-8")).body(page.render()?))
    }

    /// 303 to a page that shows a notice once.
    pub fn done(&self, to: impl Into<String>, notice: &Notice) -> Answer {
        let mut response = see_other(to);
        let cookie = session::notice_cookie(&self.services.config, &self.present.held, notice);
        response.add_cookie(&cookie).map_err(|cause| Fault::broken(&cause))?;
        Ok(response)
    }
}

/// An entry: where it stands, its words, its address, and what it asks for.
type Entry = (Nav, &'static str, String, Permission);

/// The entries that a member may open. What does not belong to a sector is not offered in it.
fn navigation(membership: &Membership, current: Nav) -> Vec<NavItem> {
    let org = membership.organisation;
    let entries = match membership.sector {
        Sector::CareHome => of_a_care_home(org),
        sector => of_another_sector(org, sector),
    };
    // Whoever may approve staff without seeing the whole list has the list of those who wait.
    let approves = membership.permissions.contains(&Permission::ApproveStaff);
    let only_approves = approves && !membership.permissions.contains(&Permission::ViewStaff);
    // Whoever maps without managing people has the window in the place of Org Settings.
    let therapy = membership.sector == Sector::Therapy;
    let only_maps = therapy && !membership.permissions.contains(&Permission::ManagePeople);
    let entries = entries.into_iter().map(|(nav, label, href, permission)| match nav {
        Nav::Settings if only_maps => {
            (nav, "Synchronization", links::settings_therapy(org), Permission::PairRecords)
        }
        Nav::Staff if only_approves => (nav, label, links::pending_staff(org), Permission::ApproveStaff),
        _ => (nav, label, href, permission),
    });
    // What is one's own is for those who are sent to patients.
    let own = membership.is_practitioner;
    let own =
        own.then(|| (Nav::MyVisits, "My appointments", links::my_visits(org), Permission::ViewAppointments));
    own.into_iter()
        .chain(entries)
        .filter(|(_, _, _, permission)| membership.permissions.contains(permission))
        .map(|(nav, label, href, _)| NavItem::new(label, href, nav == current))
        .collect()
}

fn of_a_care_home(org: OrganisationId) -> Vec<Entry> {
    vec![
        (Nav::Home, "Home", links::organisation(org), Permission::OpenOrganisation),
        (Nav::Residents, "Residents", links::residents(org), Permission::ViewResidents),
        (Nav::Activities, "Activities", links::activities(org), Permission::RecordActivities),
        (Nav::Staff, "Staff list", links::staff(org), Permission::ViewStaff),
        (Nav::Places, "Places", links::places(org), Permission::ManagePlaces),
        (Nav::Integrations, "Integrations", links::integrations(org), Permission::ViewIntegrations),
        (Nav::Reports, "Reports", links::reports(org), Permission::ViewReports),
        (Nav::Settings, "Org Settings", links::settings(org), Permission::ManagePeople),
    ]
}

fn of_another_sector(org: OrganisationId, sector: Sector) -> Vec<Entry> {
    let is_therapy = sector == Sector::Therapy;
    let (people, places) = if is_therapy { ("Clients", "Agencies") } else { ("Patients", "Areas") };
    let mut entries = vec![
        (Nav::Home, "Overview", links::organisation(org), Permission::OpenOrganisation),
        if is_therapy {
            (Nav::Residents, people, links::residents(org), Permission::ViewResidents)
        } else {
            (Nav::Residents, people, links::patients(org), Permission::ManageAppointments)
        },
    ];
    let staff = (Nav::Staff, "Staff", links::staff(org), Permission::ViewStaff);
    let places = (Nav::Places, places, links::places(org), Permission::ManagePlaces);
    if is_therapy {
        entries.extend([staff, places]);
    } else {
        let practitioners = links::practitioners(org);
        entries.push((Nav::Practitioners, "Practitioners", practitioners, Permission::ViewStaff));
        entries.extend([places, staff]);
    }
    if is_therapy {
        entries.push((
            Nav::Appointments,
            "Appointments",
            links::appointments(org),
            Permission::ViewAppointments,
        ));
        entries.push((Nav::Reports, "Reports", links::reports(org), Permission::ViewReports));
    } else {
        entries
            .insert(1, (Nav::Appointments, "Appointments", links::visits(org), Permission::ViewAppointments));
    }
    entries.push((Nav::Integrations, "Integrations", links::integrations(org), Permission::ViewIntegrations));
    entries.push((Nav::Settings, "Org Settings", links::settings(org), Permission::ManagePeople));
    entries
}

/// Proof of a right in the organisation of the path, as a handler's argument.
pub(super) struct In<R>(pub Scope<R>);

impl<R: Right> FromRequest for In<R> {
    type Error = Fault;
    type Future = Ready<Result<Self, Fault>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Visit::of(request).and_then(|visit| visit.scope::<R>()).map(In))
    }
}

/// A form that came with this browser's token; without it the handler is not reached. Every handler
/// of a POST takes one, [`Posted<()>`] where there are no fields.
pub(super) struct Posted<T>(pub T);

#[derive(serde::Deserialize)]
struct FormToken {
    csrf: String,
}

impl<T: DeserializeOwned + 'static> FromRequest for Posted<T> {
    type Error = Fault;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Fault>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let visit = Visit::of(request);
        let is_form = is_form(request.content_type());
        let body = read_form(payload.take());
        Box::pin(async move {
            let visit = visit?;
            let body = body.await?;
            if !is_form {
                return Err(Fault::Unreadable(
                    "This page takes forms only. Go back and send the form again.",
                ));
            }
            let token = web::Query::<FormToken>::from_query(&body).ok();
            let expected = crate::kit::secret::Secret::new(visit.csrf());
            if !token.is_some_and(|token| expected.is(&token.csrf)) {
                return Err(Fault::Expired(visit.path().to_owned()));
            }
            let form = web::Query::<T>::from_query(&body).map(web::Query::into_inner);
            // Where there are no fields to read, `()` is read from nothing.
            let form = form.or_else(|_shape| T::deserialize(UnitDeserializer::<ValueError>::new()));
            let form = form.map_err(|_shape| {
                Fault::Unreadable("Something in the form is missing. Go back and send it again.")
            })?;
            Ok(Self(form))
        })
    }
}

pub(super) fn is_form(content_type: &str) -> bool {
    content_type.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

pub(super) async fn read_form(mut payload: Payload) -> Result<String, Fault> {
    use futures_util::StreamExt as _;
    let mut body = Vec::new();
    while let Some(piece) = payload.next().await {
        let piece = piece
            .map_err(|_broken_off| Fault::Unreadable("The form did not arrive whole. Send it again."))?;
        if body.len() + piece.len() > FORM_LIMIT {
            return Err(Fault::TooLarge);
        }
        body.extend_from_slice(&piece);
    }
    String::from_utf8(body)
        .map_err(|_bytes| Fault::Unreadable("The form holds unreadable characters. Send it again."))
}

/// The rows that were ticked and the other fields, for forms whose number of fields is not fixed.
pub(super) type Fields = Vec<(String, String)>;

/// A field's first value, trimmed, or empty.
pub(super) fn field<'f>(fields: &'f Fields, name: &str) -> &'f str {
    fields.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.trim())
}

/// Every value of a repeated field that parses.
pub(super) fn ticked<T: FromStr>(fields: &Fields, name: &str) -> Vec<T> {
    fields.iter().filter(|(key, _)| key == name).filter_map(|(_, value)| value.parse().ok()).collect()
}
