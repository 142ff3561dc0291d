//! Appointments of patients: the list and the calendar, booking and moving, one appointment with its tabs. Only in
//! organisations of community health; to all others these pages do not exist.

mod assigning;
mod booking;
mod bulk;
mod cancelling;
mod documents;
mod forms;
mod lists;
mod new;
mod pages;
mod repeating;
mod show;
mod whose;

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};

use super::error::Fault;
use super::routes::{Line, Who, get, post};
use super::ui::{Link, Shell, Tab};
use super::visit::{Nav, Visit};
use crate::domain::Refusal;
use crate::domain::access::{Permission, Right, Scope, Sector};
use crate::domain::api_keys::Mode;
use crate::domain::visits::{self, Sees, Visit as Appointment};
use crate::kit::ids::{OrganisationId, VisitId};
use crate::links;

pub(super) use pages::{Offered, Row, Windows, clock, hours, row};
pub(super) use show::{picture, readings};

pub fn routes() -> Vec<Line> {
    let view = Who::Holder(Permission::ViewAppointments);
    let manage = Who::Holder(Permission::ManageAppointments);
    vec![
        get("/org/{org}/visits", view, lists::index),
        post("/org/{org}/visits", manage, new::create),
        get("/org/{org}/visits/calendar", view, lists::calendar),
        get("/org/{org}/visits/new", manage, new::new),
        get("/org/{org}/visits/bulk", manage, bulk::form),
        post("/org/{org}/visits/bulk", manage, bulk::preview),
        post("/org/{org}/visits/bulk/apply", manage, bulk::apply),
        get("/org/{org}/visits/batches/{batch}", manage, bulk::show),
        post("/org/{org}/visits/batches/{batch}/undo", manage, bulk::undo),
        get("/org/{org}/visits/series/{series}", manage, repeating::show),
        get("/org/{org}/visits/{visit}", view, show::summary),
        get("/org/{org}/visits/{visit}/timeline", view, show::timeline),
        get("/org/{org}/visits/{visit}/steps", view, show::steps),
        get("/org/{org}/visits/{visit}/photos/{photo}", view, show::photo),
        get("/org/{org}/visits/{visit}/documents", manage, documents::form),
        post("/org/{org}/visits/{visit}/documents", manage, documents::add),
        get("/org/{org}/visits/{visit}/documents/{document}", view, documents::open),
        post("/org/{org}/visits/{visit}/documents/{document}/remove", manage, documents::remove),
        get("/org/{org}/visits/{visit}/metadata", view, show::metadata),
        get("/org/{org}/visits/{visit}/edit", manage, booking::edit),
        post("/org/{org}/visits/{visit}/edit", manage, booking::change),
        get("/org/{org}/visits/{visit}/reschedule", manage, booking::other_window),
        post("/org/{org}/visits/{visit}/reschedule", manage, booking::reschedule),
        get("/org/{org}/visits/{visit}/assign", manage, assigning::form),
        post("/org/{org}/visits/{visit}/assign", manage, assigning::assign),
        get("/org/{org}/visits/{visit}/cancel", manage, cancelling::form),
        post("/org/{org}/visits/{visit}/cancel", manage, cancelling::cancel),
    ]
}

/// Proof of a right in the community health organisation of the path.
pub(super) struct Community<R>(pub Scope<R>);

impl<R: Right> FromRequest for Community<R> {
    type Error = Fault;
    type Future = Ready<Result<Self, Fault>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Visit::of(request).and_then(|visit| {
            let scope = visit.scope::<R>()?;
            only_community(&visit)?;
            Ok(Self(scope))
        }))
    }
}

/// # Errors
/// `NotFound` in other sectors.
pub(super) fn only_community(visit: &Visit) -> Result<(), Fault> {
    if visit.membership()?.sector == Sector::CommunityHealth { Ok(()) } else { Err(Fault::NotFound) }
}

/// An appointment as a page found it.
struct Seen {
    org: OrganisationId,
    of: Appointment,
}

/// The appointment of the path, of either mode.
async fn see<R: Sees>(visit: &Visit, scope: &Scope<R>) -> Result<Seen, Fault> {
    let (reader, id) = (scope.clone(), visit.id::<VisitId>("visit")?);
    let of = visit
        .read(move |conn| match visits::get(conn, &reader, Mode::Live, id) {
            Err(Refusal::NotHere) => visits::get(conn, &reader, Mode::Test, id),
            other => other,
        })
        .await?;
    Ok(Seen { org: scope.organisation(), of })
}

impl Seen {
    fn href(&self) -> String {
        links::visit(self.org, self.of.id)
    }

    fn act(&self, act: &str) -> String {
        links::visit_act(self.org, self.of.id, act)
    }

    /// The frame of one of its tabs.
    fn tab(&self, visit: &Visit, current: &str) -> Result<Shell, Fault> {
        let title = format!("{} for {}", self.of.task.name, self.of.patient.name);
        let mut shell = visit.org_shell(title, Nav::Appointments)?;
        shell.crumb = Some(Link::new("Appointments", links::visits(self.org)));
        let tab = |label: &str, href: String| Tab::new(label, href, label == current);
        shell.tabs = vec![
            tab("Summary", self.href()),
            tab("Timeline", self.act("timeline")),
            tab("Task Steps", self.act("steps")),
        ];
        if !self.of.metadata.is_null() {
            shell.tabs.push(tab("Metadata", self.act("metadata")));
        }
        Ok(shell)
    }

    /// The frame of a form about it.
    fn form(&self, visit: &Visit, title: &str) -> Result<Shell, Fault> {
        let mut shell = visit.org_shell(title, Nav::Appointments)?;
        let words = format!("{} for {}", self.of.task.name, self.of.patient.name);
        shell.crumb = Some(Link::new(words, self.href()));
        Ok(shell)
    }
}

/// The tabs of the lists.
pub(super) fn list_shell(
    visit: &Visit,
    org: OrganisationId,
    current: &str,
    day: &str,
) -> Result<Shell, Fault> {
    let mut shell = visit.org_shell("Appointments", Nav::Appointments)?;
    shell.tabs = vec![
        Tab::new("List", links::visits(org), current == "List"),
        Tab::new("Day", links::visits_calendar(org, "day", day), current == "Day"),
        Tab::new("Week", links::visits_calendar(org, "week", day), current == "Week"),
    ];
    if visit.may(Permission::ManageAppointments) {
        shell.tabs.push(Tab::new("Day plan", links::day_plan(org, day), current == "Day plan"));
    }
    Ok(shell)
}
