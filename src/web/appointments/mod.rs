//! Appointments of a therapy organisation: the list and the calendar, planning and changing, one appointment with its
//! signature window, and the import of a file. Other sectors have no such pages yet, and are told so.

mod calendar;
mod cancelling;
mod clients;
mod forms;
mod importing;
mod marks;
mod pages;
mod planning;
mod rendering;
mod show;

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};

use super::error::{Answer, Fault};
use super::listing::{self, PER_PAGE};
use super::routes::{Line, Who, get, post};
use super::see_other;
use super::ui::{Link, Shell, Tab};
use super::visit::{Nav, Visit};
use crate::domain::access::{Permission, Right, Scope, Sector, ViewAppointments};
use crate::domain::appointments::{self, Sees, Whole};
use crate::kit::ids::{AppointmentId, OrganisationId};
use crate::links;

pub(super) use clients::{Upcoming, upcoming};
pub(super) use pages::Row;

pub fn routes() -> Vec<Line> {
    let view = Who::Holder(Permission::ViewAppointments);
    let manage = Who::Holder(Permission::ManageAppointments);
    let invoice = Who::Holder(Permission::ManageOrganisation);
    vec![
        get("/org/{org}/appointments", view, index),
        post("/org/{org}/appointments", manage, planning::create),
        get("/org/{org}/appointments/calendar", view, calendar::show),
        get("/org/{org}/appointments/new", manage, planning::new),
        get("/org/{org}/appointments/import", manage, importing::form),
        post("/org/{org}/appointments/import", manage, importing::preview),
        post("/org/{org}/appointments/import/apply", manage, importing::apply),
        get("/org/{org}/appointments/import/template.csv", manage, importing::template),
        get("/org/{org}/appointments/{appointment}", view, show::show),
        get("/org/{org}/appointments/{appointment}/edit", manage, planning::edit),
        post("/org/{org}/appointments/{appointment}/edit", manage, planning::update),
        get("/org/{org}/appointments/{appointment}/cancel", manage, cancelling::form),
        post("/org/{org}/appointments/{appointment}/cancel", manage, cancelling::cancel),
        get("/org/{org}/appointments/{appointment}/results", manage, marks::results_form),
        post("/org/{org}/appointments/{appointment}/results", manage, marks::write_results),
        post("/org/{org}/appointments/{appointment}/render", manage, rendering::render),
        post("/org/{org}/appointments/{appointment}/un-render", manage, rendering::un_render),
        get("/org/{org}/appointments/{appointment}/signatures", view, rendering::signatures),
        get("/org/{org}/appointments/{appointment}/signatures/{image}", view, rendering::image),
        post("/org/{org}/appointments/{appointment}/invoice", invoice, marks::invoice),
        post("/org/{org}/appointments/{appointment}/invoice/remove", invoice, marks::take_off),
    ]
}

/// Proof of a right in the therapy organisation of the path.
pub(super) struct Therapy<R>(pub Scope<R>);

impl<R: Right> FromRequest for Therapy<R> {
    type Error = Fault;
    type Future = Ready<Result<Self, Fault>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Visit::of(request).and_then(|visit| {
            let scope = visit.scope::<R>()?;
            only_therapy(&visit)?;
            Ok(Self(scope))
        }))
    }
}

/// # Errors
/// `Forbidden`, with the words that say for whom these pages are.
pub(super) fn only_therapy(visit: &Visit) -> Result<(), Fault> {
    if visit.membership()?.sector == Sector::Therapy {
        return Ok(());
    }
    Err(Fault::Forbidden("Appointments are for organisations of the sector Therapy, for now.".to_owned()))
}

/// The frame of a list, with the tabs of its other ways to be looked at.
fn list_shell(visit: &Visit, org: OrganisationId, current: &str, day: &str) -> Result<Shell, Fault> {
    let mut shell = visit.org_shell("Appointments", Nav::Appointments)?;
    shell.tabs = vec![
        Tab::new("List", links::appointments(org), current == "List"),
        Tab::new("Day", links::calendar(org, "day", day), current == "Day"),
        Tab::new("Week", links::calendar(org, "week", day), current == "Week"),
    ];
    Ok(shell)
}

async fn index(visit: Visit, Therapy(scope): Therapy<ViewAppointments>) -> Answer {
    let asked: forms::Asked = visit.query();
    let (org, zone, now) = (scope.organisation(), visit.time_zone(), visit.now);
    let page = listing::page_number(&asked.page);
    let address = asked.address(links::appointments(org));
    let read = asked.clone();
    let (people, wanted, wrong, found) = visit
        .read(move |conn| {
            let people = appointments::people(conn, &scope)?;
            let (wanted, wrong) = read.wanted(&people, zone, now);
            let (offset, limit) = (listing::rows_before(page), i64::from(PER_PAGE));
            let found = appointments::list(conn, &scope, &wanted, offset, limit)?;
            Ok((people, wanted, wrong, found))
        })
        .await?;
    if found.rows.is_empty() && page > 1 {
        return Ok(see_other(address.page(1)));
    }
    let mut shell = list_shell(&visit, org, "List", &forms::today(&visit).to_string())?;
    for (field, words) in wrong {
        shell.add_error(field, words);
    }
    let pager = listing::uncounted(page, found.rows.len(), found.more, &address);
    let may = visit.may(Permission::ManageAppointments);
    let index = pages::Index {
        shell,
        rows: found.rows.into_iter().map(|row| Row::new(&visit, org, row)).collect(),
        pager,
        filters: pages::Filters::new(&asked, &people, wanted.show),
        address: links::appointments(org),
        is_filtered: !address.is_bare(),
        new: may.then(|| links::new_appointment(org)),
        import: may.then(|| links::import_appointments(org)),
    };
    visit.page(&index)
}

/// One appointment with what its pages show.
struct Seen {
    org: OrganisationId,
    whole: Whole,
}

async fn see<R: Sees>(visit: &Visit, scope: &Scope<R>) -> Result<Seen, Fault> {
    let (id, scope) = (visit.id::<AppointmentId>("appointment")?, scope.clone());
    let org = scope.organisation();
    let whole = visit.read(move |conn| appointments::whole(conn, &scope, id)).await?;
    Ok(Seen { org, whole })
}

impl Seen {
    fn id(&self) -> AppointmentId {
        self.whole.listed.appointment.id
    }

    fn href(&self) -> String {
        links::appointment(self.org, self.id())
    }

    fn act(&self, act: &str) -> String {
        links::appointment_act(self.org, self.id(), act)
    }

    fn version(&self) -> String {
        self.whole.listed.appointment.version.to_string()
    }

    /// The frame of a page about this appointment, below it.
    fn shell(&self, visit: &Visit, title: impl Into<String>) -> Result<Shell, Fault> {
        let mut shell = visit.org_shell(title, Nav::Appointments)?;
        shell.crumb = Some(Link::new("The appointment", self.href()));
        Ok(shell)
    }
}
