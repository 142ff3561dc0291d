//! A therapy organisation and its people: *Bright Path*, with the agencies Oakfield Centre and Riverside Clinic.
//!
//! ```ignore
//! let at = Therapy::start().await;
//! let page = at.as_manager().get(&links::synchronization(at.org)).await;
//! let leah = at.record("resident", "st-1", "diaz ana", &PersonRecord { … });
//! ```
//! Everything of [`TestApp`] is reached through it; `as_super`, `as_manager`, `as_staff` are Bright Path's people, and
//! `as_stranger` is Ruth of Elm Trust.

#![cfg(test)]
#![expect(dead_code, reason = "what one feature's tests do not need, another's do")]

use std::ops::Deref;

use chrono::NaiveDate;
use diesel::prelude::*;
use kinbridge::db::Tx;
use kinbridge::domain::access::{
    EditResidents, EditStaff, ManagePeople, ManagePlaces, Permission, Platform, Right, Role, Scope,
};
use kinbridge::domain::accounts::{self, NewAccount};
use kinbridge::domain::organisations::{self, NewOrganisation, Typed};
use kinbridge::domain::residents::{self, ResidentFacts};
use kinbridge::domain::staff::{self, StaffDetails};
use kinbridge::kit::email_address::EmailAddress;
use kinbridge::kit::ids::{
    ConnectionId, ExternalRecordId, OrganisationId, PairingId, PlaceId, ResidentId, StaffMemberId,
};
use serde::Serialize;

use super::{Person, TestApp, Visitor, insert};

/// Bright Path in a portal of its own.
pub struct Therapy {
    pub app: TestApp,
    pub org: OrganisationId,
    pub oakfield: PlaceId,
    pub riverside: PlaceId,
    /// Nora Hill, nora@bright.example
    pub super_manager: Person,
    /// Omar Shah, omar@bright.example
    pub manager: Person,
    /// Dev Patel, dev@bright.example: a therapist, assigned to Oakfield Centre only
    pub staff: Person,
    /// Leah Brown, born 14 May 2015, at Oakfield Centre.
    pub leah: ResidentId,
    /// Tom Ray, born 2 February 2016, at Oakfield Centre.
    pub tom: ResidentId,
    /// Ana Diaz, born 23 September 2014, at Riverside Clinic.
    pub ana: ResidentId,
    /// Dev Patel, dev@bright.example, at Oakfield Centre.
    pub dev: StaffMemberId,
    /// Kim Lee, kim@bright.example, at Riverside Clinic.
    pub kim: StaffMemberId,
}

impl Deref for Therapy {
    type Target = TestApp;

    fn deref(&self) -> &TestApp {
        &self.app
    }
}

/// A day, as `day(2026, 11, 3)`.
pub fn day(year: i32, month: u32, of: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, of).unwrap()
}

impl Therapy {
    pub async fn start() -> Self {
        Self::in_app(TestApp::start().await)
    }

    /// Adds Bright Path to a portal that was started with other settings.
    pub fn in_app(app: TestApp) -> Self {
        let operator = Platform::for_the_operator();
        let typed = Typed {
            name: "Bright Path",
            kind: "company",
            sector: "therapy",
            time_zone: "Europe/London",
            ..Typed::default()
        };
        let new = NewOrganisation::read(&typed).unwrap();
        let org = app.write(|tx| organisations::create(tx, &operator, &new));
        let managing = Scope::<ManagePlaces>::for_the_portal(org);
        let oakfield = app.write(|tx| organisations::add_home(tx, &managing, "Oakfield Centre"));
        let riverside = app.write(|tx| organisations::add_home(tx, &managing, "Riverside Clinic"));
        let super_manager = member(&app, org, "nora@bright.example", "Nora Hill", Role::SuperManager);
        let manager = member(&app, org, "omar@bright.example", "Omar Shah", Role::Manager);
        let staff = member(&app, org, "dev@bright.example", "Dev Patel", Role::Staff);
        let people = Scope::<ManagePeople>::for_the_portal(org);
        app.write(|tx| accounts::assign_places(tx, &people, staff.membership.unwrap(), &[oakfield]));
        let leah = client(&app, org, oakfield, ("Leah", "Brown"), day(2015, 5, 14));
        let tom = client(&app, org, oakfield, ("Tom", "Ray"), day(2016, 2, 2));
        let ana = client(&app, org, riverside, ("Ana", "Diaz"), day(2014, 9, 23));
        let dev = therapist(&app, org, oakfield, ("Dev", "Patel"), "dev@bright.example");
        let kim = therapist(&app, org, riverside, ("Kim", "Lee"), "kim@bright.example");
        Self { app, org, oakfield, riverside, super_manager, manager, staff, leah, tom, ana, dev, kim }
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

    /// The portal's own scope in Bright Path.
    pub fn scope<R: Right>(&self) -> Scope<R> {
        Scope::for_the_portal(self.org)
    }

    /// What somebody's own rights come to in Bright Path.
    pub fn scope_of<R: Right>(&self, person: &Person) -> Scope<R> {
        let token = self.app.new_session(person);
        let (now, limits) = (self.app.clock.now(), self.app.services.config.sessions);
        let live = self.app.read(|conn| Ok(accounts::live(conn, &token, "127.0.0.1", now, limits)?));
        live.expect("a session").actor.scope::<R>(self.org).expect("the right")
    }

    /// Gives somebody exactly these permissions.
    pub fn allow(&self, person: &Person, permissions: &[Permission]) {
        let granted = permissions.iter().copied().collect();
        let scope = self.scope::<ManagePeople>();
        self.app.write(|tx| accounts::change_permissions(tx, &scope, person.membership.unwrap(), &granted));
    }

    /// Adds another client.
    pub fn client(&self, home: PlaceId, name: (&str, &str), born: NaiveDate) -> ResidentId {
        client(&self.app, self.org, home, name, born)
    }

    /// Adds another therapist.
    pub fn therapist(&self, home: PlaceId, name: (&str, &str), email: &str) -> StaffMemberId {
        therapist(&self.app, self.org, home, name, email)
    }

    /// A connection to Ensora Data Collection that is on, without a handshake.
    pub fn connect(&self) -> ConnectionId {
        let columns = "organisation_id, vendor, available, state, sync_mode, multi_service, terms_version, \
                       terms_accepted_at, terms_accepted_by, last_failure, last_repair, failures, \
                       alerted_whom, last_complete_residents, last_complete_staff, matched_with, created_at, \
                       asked_by, charge_accepted_by, unheard";
        let row = format!(
            "{}, 'ensora', TRUE, 'on', 'pair', FALSE, 'November 2026', '2026-11-20 09:00:00', 'Nora Hill', '', \
             '', 0, '', 0, 0, '', '2026-11-20 09:00:00', '', '', 0",
            self.org
        );
        ConnectionId(self.app.write(|tx| Ok(insert(tx, "connections", columns, &row))))
    }

    /// A record as a pull leaves it; `kind` is `site`, `resident`, `staff` or `note`.
    pub fn record(
        &self,
        connection: ConnectionId,
        kind: &str,
        (external_id, sort_name): (&str, &str),
        data: &impl Serialize,
    ) -> ExternalRecordId {
        let data = serde_json::to_string(data).unwrap().replace('\'', "''");
        let columns = "connection_id, kind, external_id, content_hash, data, sort_name, missing_runs, \
                       left_hash, first_seen_at, changed_at";
        let row = format!(
            "{connection}, '{kind}', '{external_id}', 'hash', '{data}', '{sort_name}', 0, '', \
             '2026-11-20 09:00:00', '2026-11-20 09:00:00'"
        );
        ExternalRecordId(self.app.write(|tx| Ok(insert(tx, "external_records", columns, &row))))
    }

    /// A live mapping, by rule (`Auto`) or by a person (`User`).
    pub fn mapped(
        &self,
        connection: ConnectionId,
        (kind, origin): (&str, &str),
        record: ExternalRecordId,
        local: i64,
    ) -> PairingId {
        let (rule, by) = if origin == "Auto" { ("ensora-test-1", "") } else { ("", "Omar Shah") };
        let columns = "connection_id, kind, external_record_id, local_id, origin, rule, evidence, \
                       paired_by_name, paired_at, batch, ended_by_name, ended_because, strength, ended_with";
        let row = format!(
            "{connection}, '{kind}', {record}, {local}, '{origin}', '{rule}', '{{}}', '{by}', \
             '2026-11-20 09:00:00', '', '', '', '', ''"
        );
        PairingId(self.app.write(|tx| Ok(insert(tx, "pairings", columns, &row))))
    }
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
        "UPDATE accounts SET password_hash = (SELECT password_hash FROM accounts WHERE id = {from}) WHERE id = {to}"
    );
    diesel::sql_query(words).execute(tx.conn).unwrap();
}

fn client(
    app: &TestApp,
    org: OrganisationId,
    home: PlaceId,
    (first, last): (&str, &str),
    born: NaiveDate,
) -> ResidentId {
    let facts = ResidentFacts {
        home,
        zone: None,
        room: String::new(),
        first_name: first.into(),
        last_name: last.into(),
        preferred_name: String::new(),
        date_of_birth: Some(born),
        nhs_number: String::new(),
        resident_type: String::new(),
        care_status: String::new(),
    };
    app.write(|tx| residents::add(tx, &Scope::<EditResidents>::for_the_portal(org), &facts))
}

fn therapist(
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
        job_title: "Therapist".into(),
    };
    app.write(|tx| staff::add(tx, &Scope::<EditStaff>::for_the_portal(org), &details))
}
