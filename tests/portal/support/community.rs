//! A community health organisation and its people: *Harrogate Home Visits*, with the area Harrogate.
//!
//! ```ignore
//! let at = Community::start().await;
//! let page = at.as_super().get(&links::webhooks(at.org)).await;
//! ```
//! Everything of [`TestApp`] is reached through it; `as_super`, `as_manager`, `as_staff` are people of Harrogate Home
//! Visits, and `as_stranger` is Ruth of Elm Trust.

#![cfg(test)]

use std::ops::Deref;

use diesel::prelude::*;
use kinbridge::db::Tx;
use kinbridge::domain::access::{EditStaff, ManagePeople, ManagePlaces, Platform, Right, Role, Scope};
use kinbridge::domain::accounts::{self, NewAccount};
use kinbridge::domain::organisations::{self, NewOrganisation, Typed};
use kinbridge::domain::staff::{self, StaffDetails};
use kinbridge::kit::email_address::EmailAddress;
use kinbridge::kit::ids::{OrganisationId, PlaceId, StaffMemberId};

use super::{Person, TestApp, Visitor};

/// Harrogate Home Visits in a portal of its own.
pub struct Community {
    pub app: TestApp,
    pub org: OrganisationId,
    pub harrogate: PlaceId,
    /// Grace Moor, grace@harrogate.example
    pub super_manager: Person,
    /// Hugh Dale, hugh@harrogate.example
    pub manager: Person,
    /// Iris Vale, iris@harrogate.example: assigned to the area Harrogate
    pub staff: Person,
    /// Iris Vale as a member of staff, in the area Harrogate.
    pub iris: StaffMemberId,
    /// Jack Ford, jack@harrogate.example, a member of staff without an account.
    pub jack: StaffMemberId,
}

impl Deref for Community {
    type Target = TestApp;

    fn deref(&self) -> &TestApp {
        &self.app
    }
}

impl Community {
    pub async fn start() -> Self {
        Self::in_app(TestApp::start().await)
    }

    /// Adds Harrogate Home Visits to a portal that was started with other settings.
    pub fn in_app(app: TestApp) -> Self {
        let org = organisation(&app, "Harrogate Home Visits");
        let managing = Scope::<ManagePlaces>::for_the_portal(org);
        let harrogate = app.write(|tx| organisations::add_home(tx, &managing, "Harrogate"));
        let super_manager = member(&app, org, "grace@harrogate.example", "Grace Moor", Role::SuperManager);
        let manager = member(&app, org, "hugh@harrogate.example", "Hugh Dale", Role::Manager);
        let staff = member(&app, org, "iris@harrogate.example", "Iris Vale", Role::Staff);
        let people = Scope::<ManagePeople>::for_the_portal(org);
        app.write(|tx| accounts::assign_places(tx, &people, staff.membership.unwrap(), &[harrogate]));
        let iris = staff_member(&app, org, harrogate, ("Iris", "Vale"), "iris@harrogate.example");
        let jack = staff_member(&app, org, harrogate, ("Jack", "Ford"), "jack@harrogate.example");
        Self { app, org, harrogate, super_manager, manager, staff, iris, jack }
    }

    pub fn as_super(&self) -> Visitor<'_> {
        self.app.as_person(&self.super_manager)
    }

    pub fn as_manager(&self) -> Visitor<'_> {
        self.app.as_person(&self.manager)
    }

    pub fn as_staff(&self) -> Visitor<'_> {
        self.app.as_person(&self.staff)
    }

    /// The portal's own scope in Harrogate Home Visits.
    pub fn scope<R: Right>(&self) -> Scope<R> {
        Scope::for_the_portal(self.org)
    }

    /// Adds another member of staff in the area Harrogate.
    pub fn staff_member(&self, name: (&str, &str), email: &str) -> StaffMemberId {
        staff_member(&self.app, self.org, self.harrogate, name, email)
    }

    /// Another organisation of the sector, with its super manager.
    pub fn neighbour(&self) -> (OrganisationId, Person) {
        let org = organisation(&self.app, "Skipton Home Visits");
        (org, member(&self.app, org, "nell@skipton.example", "Nell Craven", Role::SuperManager))
    }
}

fn organisation(app: &TestApp, name: &str) -> OrganisationId {
    let operator = Platform::for_the_operator();
    let typed = Typed {
        name,
        kind: "company",
        sector: "community health",
        time_zone: "Europe/London",
        ..Typed::default()
    };
    let new = NewOrganisation::read(&typed).unwrap();
    app.write(|tx| organisations::create(tx, &operator, &new))
}

fn member(app: &TestApp, org: OrganisationId, email: &'static str, name: &'static str, role: Role) -> Person {
    let operator = Platform::for_the_operator();
    let new = NewAccount { email: EmailAddress::parse(email).unwrap(), name: name.into() };
    let password_of = app.cast.super_manager.account;
    app.write(|tx| {
        let made = accounts::add_member_by_platform(tx, &operator, org, &new, role)?;
        same_password(tx, password_of.0, made.account.0);
        Ok(Person { account: made.account, membership: made.membership, email, name })
    })
}

/// Everybody's password is [`super::PASSWORD`], and hashing it again would take its time.
fn same_password(tx: &mut Tx<'_>, from: i64, to: i64) {
    let words = format!(
        "UPDATE accounts SET state = 'active', password_changed_at = '2026-11-20 09:00:00', \
         password_hash = (SELECT password_hash FROM accounts WHERE id = {from}) WHERE id = {to}"
    );
    diesel::sql_query(words).execute(tx.conn).unwrap();
}

fn staff_member(
    app: &TestApp,
    org: OrganisationId,
    home: PlaceId,
    (first, last): (&str, &str),
    email: &str,
) -> StaffMemberId {
    let details = StaffDetails {
        home: Some(home),
        first_name: first.into(),
        last_name: last.into(),
        email: email.into(),
        job_title: "Practitioner".into(),
    };
    app.write(|tx| staff::add(tx, &Scope::<EditStaff>::for_the_portal(org), &details))
}
