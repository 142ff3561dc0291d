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
use kinbridge::connectors::{CareSystems, ConnectorSettings, Vendor};
use kinbridge::db::Tx;
use kinbridge::domain::access::{
    EditResidents, EditStaff, ManagePeople, ManagePlaces, PairRecords, Permission, Platform, Right, Role,
    RunSyncs, Scope, ViewIntegrations,
};
use kinbridge::domain::accounts::{self, NewAccount};
use kinbridge::domain::mapping;
use kinbridge::domain::organisations::{self, NewOrganisation, Typed};
use kinbridge::domain::residents::{self, ResidentFacts};
use kinbridge::domain::staff::{self, StaffDetails};
use kinbridge::domain::sync;
use kinbridge::kit::email_address::EmailAddress;
use kinbridge::kit::ids::{
    ConnectionId, ExternalRecordId, OrganisationId, PairingId, PlaceId, ResidentId, StaffMemberId,
};
use kinbridge::sandbox::ensora;
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
        "UPDATE accounts SET state = 'active', password_changed_at = '2026-11-20 09:00:00', \
         password_hash = (SELECT password_hash FROM accounts WHERE id = {from}) WHERE id = {to}"
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

/// Bright Path, and a simulated Ensora Data Collection that this portal knows the address of.
pub struct WithEnsora {
    pub at: Therapy,
    pub simulator: ensora::Simulator,
    handle: actix_web::dev::ServerHandle,
}

impl Deref for WithEnsora {
    type Target = Therapy;

    fn deref(&self) -> &Therapy {
        &self.at
    }
}

impl Drop for WithEnsora {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
    }
}

/// What the handshake is done with.
pub const ORGANIZATION: &str = "bright-path-7";
pub const TOKEN: &str = "s3cret-token-of-bright-path";

impl WithEnsora {
    /// Sites Oakfield Centre (`si-1`) and Riverside Clinic (`si-2`); students Leah Brown and Tom Ray at the first, Ana
    /// Diaz at the second; users Dev Patel, Kim Lee and the administrator Hannah Doyle.
    pub async fn start() -> Self {
        Self::holding(population()).await
    }

    pub async fn holding(population: ensora::Population) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let (simulator, server) = ensora::start(listener, population).unwrap();
        let handle = server.handle();
        actix_web::rt::spawn(server);
        let settings = ConnectorSettings {
            base_urls: [(Vendor::Ensora, origin.clone())].into(),
            allowed_origins: vec![origin.clone()],
            limits: super::vendors::patient(),
            ..ConnectorSettings::default()
        };
        let systems = CareSystems::new(&settings).unwrap();
        let app = TestApp::start_beside(
            |config| {
                config.vendor_urls.insert("ensora".into(), origin.clone());
                config.allowed_vendor_origins.push(origin);
            },
            |_| systems,
        )
        .await;
        Self { at: Therapy::in_app(app), simulator, handle }
    }

    /// The representative makes Ensora available to Bright Path.
    pub async fn make_available(&self) {
        let page = self
            .as_rep()
            .post(
                &kinbridge::links::organisation_vendor(self.org, "ensora"),
                &[("available", "yes"), ("reason", "asked by telephone")],
            )
            .await;
        assert_eq!(page.status, 303, "{}", page.body);
    }

    /// The whole handshake by the super manager; the first pull is asked for and not yet done.
    pub async fn shake_hands(&self) {
        self.make_available().await;
        let act = kinbridge::links::synchronization_act(self.org, "credentials");
        let fields = [("organization_id", ORGANIZATION), ("token", TOKEN), ("terms", "yes")];
        let page = self.as_super().post(&act, &fields).await;
        assert_eq!(page.status, 303, "{}", page.text());
    }

    /// Works off every pull that is asked for.
    pub async fn work_off(&self) {
        kinbridge::jobs::pull_notes::run(&self.app.services).await.unwrap();
    }

    /// Asks for a pull by hand, and works it off.
    pub async fn pull(&self) -> sync::Run {
        let scope = self.scope::<RunSyncs>();
        let asked = self.write(|tx| mapping::pull_now(tx, &scope));
        self.work_off().await;
        self.read(|conn| Ok(sync::get(conn, &self.scope::<ViewIntegrations>(), asked.run())?))
    }

    pub fn connection(&self) -> ConnectionId {
        let scope = self.scope::<PairRecords>();
        self.read(|conn| Ok(mapping::connection(conn, &scope)?)).expect("a connection").id
    }

    /// The record of one identifier.
    pub fn record_of(&self, kind: &str, external_id: &str) -> ExternalRecordId {
        ExternalRecordId(self.number(&format!(
            "SELECT id FROM external_records WHERE kind = '{kind}' AND external_id = '{external_id}'"
        )))
    }
}

/// What [`WithEnsora::start`] plays.
pub fn population() -> ensora::Population {
    let student = |id: &str, first: &str, last: &str, born: &str, site: &str| ensora::Student {
        id: id.into(),
        first_name: first.into(),
        last_name: last.into(),
        date_of_birth: born.into(),
        site_id: site.into(),
        time_zone: "Europe/London".into(),
        inactive: false,
    };
    let user = |id: &str, first: &str, last: &str, email: &str, sites: &[&str], group: &str| ensora::User {
        id: id.into(),
        first_name: first.into(),
        last_name: last.into(),
        email: email.into(),
        username: id.into(),
        site_ids: sites.iter().map(|one| (*one).to_owned()).collect(),
        security_group: group.into(),
        kind: "Employee".into(),
        ..ensora::User::default()
    };
    ensora::Population {
        organization: ORGANIZATION.into(),
        token: TOKEN.into(),
        sites: vec![site("si-1", "Oakfield Centre"), site("si-2", "Riverside Clinic")],
        students: vec![
            student("st-1", "Leah", "Brown", "2015-05-14", "si-1"),
            student("st-2", "Tom", "Ray", "2016-02-02", "si-1"),
            student("st-3", "Ana", "Diaz", "2014-09-23", "si-2"),
        ],
        users: vec![
            user("us-1", "Dev", "Patel", "dev@bright.example", &["si-1"], "Therapist"),
            user("us-2", "Kim", "Lee", "kim@bright.example", &["si-2", "si-1"], "Therapist"),
            user("us-9", "Hannah", "Doyle", "hannah@bright.example", &["si-1"], "Administrator"),
        ],
        notes: Vec::new(),
    }
}

/// A site of the simulator.
pub fn site(id: &str, name: &str) -> ensora::Site {
    ensora::Site { id: id.into(), name: name.into(), inactive: false }
}
