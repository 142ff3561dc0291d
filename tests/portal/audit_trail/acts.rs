//! Every form of the portal, sent as somebody who may: each leaves an event, and where the event cannot be
//! written nothing happens.

#![cfg(test)]

use std::collections::BTreeSet;

use actix_web::http::Method;
use diesel::prelude::*;
use diesel::sql_query;
use kinbridge::connectors::Vendor;
use kinbridge::db::Conn;
use kinbridge::domain::access::{RunSyncs, Scope};
use kinbridge::domain::accounts;
use kinbridge::domain::connections::SyncMode;
use kinbridge::domain::sync::{self, Wanted};
use kinbridge::domain::{residents, staff};
use kinbridge::jobs::sync_records;
use kinbridge::kit::ids::{LetterId, ResidentId, RunId, TokenId};
use kinbridge::kit::secret::keyed_fingerprint;
use kinbridge::links;
use kinbridge::web::routes;

use crate::connections::{beside, connection, switch_on};
use crate::nourish::{World, population, quick};
use crate::resets::{letters_to, link_in};
use crate::second_step::{Phone, recovery_codes, set_up};
use crate::support::{PASSWORD, Page, Person, TestApp, Visitor};
use crate::two_organisations::seed::rows;

/// Only leads to the page where the token is shown: that one is the act.
const LEADS: &str = "/org/{org}/settings/website/nourish/tokens/{token}/show";

/// What a form comes to.
async fn act(visitor: &Visitor<'_>, pattern: &str, path: &str, fields: &[(&str, &str)]) -> Page {
    let page = visitor.post(path, fields).await;
    if pattern == LEADS { visitor.get(page.location()).await } else { page }
}

pub struct Walk<'a> {
    pub app: &'a TestApp,
    /// The patterns whose forms were sent.
    pub done: BTreeSet<&'static str>,
    pub events: i64,
}

pub type Fields<'f> = Vec<(&'f str, String)>;

impl<'a> Walk<'a> {
    pub fn of(app: &'a TestApp) -> Self {
        Self { app, done: BTreeSet::new(), events: 0 }
    }

    /// A form that somebody signed in sends.
    pub async fn send(
        &mut self,
        pattern: &'static str,
        who: &Person,
        path: &str,
        fields: &[(&str, &str)],
    ) -> String {
        let visitor = self.app.new_visitor(who);
        let fields: Fields<'_> = fields.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        self.by(pattern, &visitor, path, fields).await
    }

    /// First with a trail that cannot be written, then as it is. Where the second leads.
    pub async fn by(
        &mut self,
        pattern: &'static str,
        visitor: &Visitor<'_>,
        path: &str,
        fields: Fields<'_>,
    ) -> String {
        let app = self.app;
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        visitor.form_token().await;
        let kept = || -> Vec<String> {
            // Tries of a password count whatever comes of them.
            let counts = ["secret_checks ", "pin_tries "];
            let counted = |row: &String| counts.iter().any(|table| row.starts_with(table));
            rows(app).into_iter().filter(|row| !counted(row)).collect()
        };
        let before = kept();
        break_the_trail(app);
        let page = act(visitor, pattern, path, &fields).await;
        mend_the_trail(app);
        assert!(page.status >= 500, "{pattern} without a trail: {} {}", page.status, page.text());
        let changed: Vec<String> = kept().into_iter().filter(|row| !before.contains(row)).collect();
        assert_eq!(changed, [""; 0], "{pattern} happened without a trail");

        let count = || app.number("SELECT COUNT(*) FROM audit_events");
        let events = count();
        let page = act(visitor, pattern, path, &fields).await;
        assert!(matches!(page.status, 200 | 303), "{pattern}: {} {}", page.status, page.text());
        assert!(count() > events, "{pattern} left no event: {} {}", page.location(), page.text());
        self.events += count() - events;
        self.done.insert(pattern);
        page.location().to_owned()
    }
}

/// Nothing can be inserted into the trail from here on.
fn break_the_trail(app: &TestApp) {
    app.write(|tx| {
        let statements: &[&str] = match tx.conn {
            Conn::Sqlite(_) => &["CREATE TRIGGER no_trail BEFORE INSERT ON audit_events BEGIN SELECT RAISE(ABORT, 'no trail'); END"],
            Conn::Postgres(_) => &[
                "CREATE FUNCTION no_trail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no trail'; END $$",
                "CREATE TRIGGER no_trail BEFORE INSERT ON audit_events FOR EACH ROW EXECUTE FUNCTION no_trail()",
            ],
        };
        for statement in statements {
            sql_query(*statement).execute(tx.conn)?;
        }
        Ok(())
    });
}

fn mend_the_trail(app: &TestApp) {
    app.write(|tx| {
        let statements: &[&str] = match tx.conn {
            Conn::Sqlite(_) => &["DROP TRIGGER no_trail"],
            Conn::Postgres(_) => &["DROP TRIGGER no_trail ON audit_events", "DROP FUNCTION no_trail"],
        };
        for statement in statements {
            sql_query(*statement).execute(tx.conn)?;
        }
        Ok(())
    });
}

#[actix_web::test]
async fn every_form_leaves_an_event_and_does_nothing_where_it_cannot() {
    let world = World::with(population(), quick());
    let app = beside(&world).await;
    let mut walk = Walk::of(&app);
    account(&mut walk).await;
    second_steps(&mut walk).await;
    platform(&mut walk).await;
    people_and_places(&mut walk).await;
    of_residents(&mut walk).await;
    website(&mut walk, &world).await;
    syncs(&mut walk, &world).await;
    pending_staff(&mut walk).await;
    leavers(&mut walk).await;
    let named = crate::passkeys::named().await;
    let mut of_passkeys = Walk::of(&named);
    crate::passkeys::every_form(&named, &mut of_passkeys).await;
    walk.done.append(&mut of_passkeys.done);
    walk.events += of_passkeys.events;
    let beside = crate::integrations::beside().await;
    let mut of_keys = Walk::of(&beside.app);
    crate::integrations::every_form(&beside, &mut of_keys).await;
    walk.done.append(&mut of_keys.done);
    walk.events += of_keys.events;
    let therapy = crate::support::therapy::Therapy::start().await;
    let mut of_therapy = Walk::of(&therapy.app);
    crate::people_import::every_form(&therapy, &mut of_therapy).await;
    crate::appointment_life::every_form(&therapy, &mut of_therapy).await;
    walk.done.append(&mut of_therapy.done);
    walk.events += of_therapy.events;
    let community = crate::support::community::Community::start().await;
    let mut of_community = Walk::of(&community.app);
    crate::webhooks::every_form(&community, &mut of_community).await;
    crate::catalogue::every_form(&community, &mut of_community).await;
    crate::api::every_form(&community, &mut of_community).await;
    walk.done.append(&mut of_community.done);
    walk.events += of_community.events;
    let dashboard = crate::support::community::Community::start().await;
    let offers = crate::support::bookable::Bookable::set_up(&dashboard);
    let mut of_dashboard = Walk::of(&dashboard.app);
    crate::visits_forms::every_form(&dashboard, &offers, &mut of_dashboard).await;
    walk.done.append(&mut of_dashboard.done);
    walk.events += of_dashboard.events;
    let booking = crate::visit_letters::Booking::start().await;
    let mut of_patients = Walk::of(&booking.at.app);
    crate::patients_sign_in::every_form(&booking, &mut of_patients).await;
    walk.done.append(&mut of_patients.done);
    walk.events += of_patients.events;
    let visiting = crate::support::visiting::Visiting::start().await;
    let mut of_visits = Walk::of(&visiting.app);
    crate::practitioners::every_form(&visiting, &mut of_visits).await;
    crate::my_visits::every_form(&visiting, &mut of_visits).await;
    crate::proof::every_form(&visiting, &mut of_visits).await;
    crate::documents::every_form(&visiting, &mut of_visits).await;
    walk.done.append(&mut of_visits.done);
    walk.events += of_visits.events;
    let forms = routes::table().into_iter().filter(|line| line.method == Method::POST);
    // Those of pairing, activities and relatives are sent beside their own people.
    let elsewhere = [
        "/pairing/",
        "/activities",
        "/timeline",
        "/monitors",
        "/nights",
        "/care-record",
        "/synchronization",
        "/day-plans",
        "/residents/{resident}/visits",
        "/integrations/ally_health",
    ];
    let forms = forms.map(|line| line.path).filter(|path| !elsewhere.iter().any(|part| path.contains(part)));
    // Typing a code changes nothing: the page that it leads to is the act.
    let forms = forms.filter(|path| *path != "/letter");
    // A preview writes nothing.
    let forms = forms.filter(|path| !path.ends_with("/import") && !path.ends_with("/visits/bulk"));
    // Those of shared devices are sent beside their own people.
    let forms = forms.filter(|path| !crate::shift::of_shifts(path));
    let forms: BTreeSet<&str> = forms.filter(|path| !of_families(path)).collect();
    assert_eq!(forms.difference(&walk.done).collect::<Vec<_>>(), [&""; 0], "forms that nobody sent");
    println!("{} of {} forms: {} events, none without its act", walk.done.len(), forms.len(), walk.events);
}

/// The forms of relatives and about them.
pub fn of_families(path: &str) -> bool {
    let parts = [
        "/relatives",
        "/consents",
        "/invitations/",
        "/invite/",
        "/family",
        "/contact",
        "/bereavement",
        "/stop-letters",
    ];
    parts.iter().any(|part| path.contains(part))
}

async fn account(walk: &mut Walk<'_>) {
    let app = walk.app;
    let ben = &app.cast.manager;
    let out = app.signed_out();
    let fields = vec![("email", ben.email.to_owned()), ("password", PASSWORD.to_owned())];
    walk.by("/sign-in", &out, "/sign-in", fields).await;
    walk.send("/confirm", ben, "/confirm", &[("password", PASSWORD), ("next", "/account")]).await;
    app.new_session(ben);
    walk.send("/account/sessions/end-others", ben, "/account/sessions/end-others", &[]).await;
    app.new_session(ben);
    let session = app.number(&format!("SELECT MAX(id) FROM sessions WHERE account_id = {}", ben.account));
    let end = format!("/account/sessions/{session}/end");
    walk.send("/account/sessions/{session}/end", ben, &end, &[]).await;
    walk.send("/account/sessions/end-all", ben, "/account/sessions/end-all", &[]).await;
    walk.send("/sign-out", ben, "/sign-out", &[]).await;
    let new = "seventeen kettles on a hill";
    let fields = [("current_password", PASSWORD), ("new_password", new)];
    walk.send("/account/password", ben, "/account/password", &fields).await;
    let fields = vec![("email", ben.email.to_owned())];
    walk.by("/forgotten-password", &app.signed_out(), "/forgotten-password", fields).await;
    let reset = crate::resets::reset_link(app, ben.email).await;
    let fields = vec![("password", "nine paper lanterns".to_owned())];
    walk.by("/reset-password/{token}", &app.signed_out(), &reset, fields).await;
    let scope = Scope::for_the_portal(app.cast.willow);
    let olga = app.cast.invited.membership.unwrap();
    let link = app.write(|tx| accounts::invite_again(tx, &scope, olga));
    let fields = vec![("password", new.to_owned())];
    walk.by("/activate/{token}", &app.signed_out(), &links::activate(link.reveal()), fields).await;
}

async fn second_steps(walk: &mut Walk<'_>) {
    let app = walk.app;
    let amina = &app.cast.staff;
    let begin = links::authenticator();
    walk.send("/account/two-step/authenticator", amina, &begin, &[]).await;
    let browser = app.new_visitor(amina);
    let phone = Phone::scan(&browser.get(&begin).await);
    let code = || vec![("code", phone.code(app))];
    let confirm = links::authenticator_act("confirm");
    walk.by("/account/two-step/authenticator/confirm", &browser, &confirm, code()).await;
    let codes = recovery_codes(&browser.get(&links::recovery_codes()).await);
    let kept = links::recovery_codes_kept();
    walk.by("/account/two-step/recovery-codes/kept", &browser, &kept, Vec::new()).await;
    let again = links::recovery_codes();
    app.pass(30);
    for (pattern, proof) in
        [("/sign-in/code", code()), ("/sign-in/recovery", vec![("code", codes[0].clone())])]
    {
        let out = app.signed_out();
        out.sign_in(amina.email, PASSWORD).await;
        walk.by(pattern, &out, pattern, proof).await;
    }
    walk.send("/account/two-step/recovery-codes", amina, &again, &[]).await;
    let remove = links::authenticator_act("remove");
    walk.send("/account/two-step/authenticator/remove", amina, &remove, &[]).await;
    let wanted = [("new_email", "amina@new.example")];
    walk.send("/account/email", amina, "/account/email", &wanted).await;
    let stop = link_in(&letters_to(app, amina.email)[0]);
    walk.by("/stop-email/{token}", &app.signed_out(), &stop, Vec::new()).await;
    walk.send("/account/email", amina, "/account/email", &wanted).await;
    let confirm = link_in(&letters_to(app, "amina@new.example")[0]);
    walk.by("/confirm-email/{token}", &app.signed_out(), &confirm, Vec::new()).await;

    let browser = app.new_visitor(&app.cast.super_manager);
    set_up(app, &browser).await;
    let reset = links::reset_super_manager(app.cast.willow);
    let fields = [("reset_email", app.cast.super_manager.email)];
    let pattern = "/organisations/{org}/super-managers/reset-two-step";
    walk.send(pattern, &app.cast.rep, &reset, &fields).await;
}

async fn platform(walk: &mut Walk<'_>) {
    let app = walk.app;
    let rep = &app.cast.rep;
    let fields =
        [("name", "Ash Care"), ("kind", "company"), ("sector", "care home"), ("time_zone", "Europe/London")];
    let made = walk.send("/organisations", rep, "/organisations", &fields).await;
    let fields = [("name", "New Head"), ("email", "head@ash.example")];
    walk.send("/organisations/{org}/super-managers", rep, &format!("{made}/super-managers"), &fields).await;
}

async fn people_and_places(walk: &mut Walk<'_>) {
    let app = walk.app;
    let (mary, org) = (&app.cast.super_manager, app.cast.willow);
    let home = app.cast.willow_house.to_string();
    walk.send("/org/{org}/places", mary, &links::places(org), &[("name", "Pear Wing"), ("home", &home)])
        .await;
    let place = links::place(org, app.cast.oak_wing);
    walk.send("/org/{org}/places/{place}", mary, &place, &[("name", "Ash Wing")]).await;
    let details = [("first_name", "Nan"), ("last_name", "Gray"), ("email", "nan@willow.example")];
    walk.send("/org/{org}/staff", mary, &links::staff(org), &details).await;
    let nan = app.number("SELECT MAX(id) FROM staff_members");
    let scope = Scope::<kinbridge::domain::access::ViewStaff>::for_the_portal(org);
    let nan = kinbridge::kit::ids::StaffMemberId(nan);
    let version = app.read(|conn| staff::get(conn, &scope, nan)).version.to_string();
    let details = [("first_name", "Nan"), ("last_name", "Grey"), ("version", &version)];
    walk.send("/org/{org}/staff/{member}", mary, &links::staff_member(org, nan), &details).await;
    let fields = [
        ("name", "Willow Group"),
        ("kind", "charity"),
        ("time_zone", "Europe/London"),
        ("guard_percent", "20"),
        ("guard_people", "5"),
    ];
    walk.send("/org/{org}/settings", mary, &links::settings(org), &fields).await;
    let fields = [("name", "Una New"), ("email", "una@willow.example"), ("role", "staff")];
    walk.send("/org/{org}/settings/people", mary, &links::settings_people(org), &fields).await;
    let letter = LetterId(app.number("SELECT MAX(id) FROM letters WHERE to_email = 'una@willow.example'"));
    app.write(|tx| {
        let refused = format!("UPDATE letters SET state = 'refused' WHERE id = {letter}");
        Ok(sql_query(refused).execute(tx.conn)?)
    });
    let again = links::settings_letter(org, letter);
    walk.send("/org/{org}/settings/letters/{letter}", mary, &again, &[]).await;
    let amina = links::settings_person(org, app.cast.staff.membership.unwrap());
    let wing = app.cast.oak_wing.to_string();
    for fields in [
        vec![("act", "places"), ("places", wing.as_str())],
        vec![("act", "permissions"), ("permissions", "open organisation")],
        vec![("act", "role"), ("role", "manager")],
        vec![("act", "end")],
    ] {
        walk.send("/org/{org}/settings/people/{membership}", mary, &amina, &fields).await;
    }
}

/// A form of one resident, sealed for the browser that sends it.
async fn sealed(
    walk: &mut Walk<'_>,
    pattern: &'static str,
    id: ResidentId,
    path: &str,
    fields: &[(&str, &str)],
) -> String {
    let visitor = walk.app.new_visitor(&walk.app.cast.super_manager);
    let mut fields: Fields<'_> = fields.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    let scope = Scope::<kinbridge::domain::access::ViewResidents>::for_the_portal(walk.app.cast.willow);
    let now = walk.app.read(|conn| residents::get(conn, &scope, id));
    let session = visitor.cookie("kinbridge").unwrap();
    fields.push(("about", keyed_fingerprint(&session, &format!("resident {id}"))));
    fields.push(("version", now.version.to_string()));
    walk.by(pattern, &visitor, path, fields).await
}

async fn of_residents(walk: &mut Walk<'_>) {
    let app = walk.app;
    let (mary, org) = (&app.cast.super_manager, app.cast.willow);
    let place = app.cast.willow_house.to_string();
    let born = [("born_day", "4"), ("born_month", "3"), ("born_year", "1938"), ("place", place.as_str())];
    let mut fields = vec![("first_name", "Betty"), ("last_name", "Cole")];
    fields.extend(born);
    walk.send("/org/{org}/residents", mary, &links::residents(org), &fields).await;
    let betty = ResidentId(app.number("SELECT MAX(id) FROM residents"));
    fields.push(("room", "9"));
    sealed(walk, "/org/{org}/residents/{resident}", betty, &links::resident(org, betty), &fields).await;
    let archive = links::archive_resident(org, betty);
    sealed(walk, "/org/{org}/residents/{resident}/archive", betty, &archive, &[("because", "moved away")])
        .await;
    let restore = links::restore_resident(org, betty);
    sealed(walk, "/org/{org}/residents/{resident}/restore", betty, &restore, &[]).await;
}

fn newest_token(app: &TestApp) -> TokenId {
    TokenId(app.number("SELECT MAX(id) FROM connection_tokens"))
}

async fn website(walk: &mut Walk<'_>, world: &World) {
    let app = walk.app;
    let (mary, org) = (&app.cast.super_manager, app.cast.willow);
    let act = |act| links::nourish_act(org, act);
    let on = [("sync_with_nourish", "yes"), ("terms", "yes")];
    walk.send("/org/{org}/settings/website/nourish", mary, &links::nourish(org), &on).await;
    walk.send("/org/{org}/settings/website/nourish/off", mary, &act("off"), &[]).await;
    let issued = switch_on(app, &world.origin);
    for service in ["svc-101", "svc-102"] {
        world.simulator.paste_token(service, issued.secret.reveal());
    }
    app.pass(60);
    walk.send("/org/{org}/settings/website/nourish/services", mary, &act("services"), &[]).await;
    walk.send("/org/{org}/settings/website/nourish/multi-service", mary, &act("multi-service"), &[]).await;
    let fields = [("available", "yes"), ("multi_service", "yes"), ("reason", "asked by telephone")];
    let to = links::organisation_vendor(org, "nourish");
    walk.send("/organisations/{org}/vendors/{vendor}", &app.cast.rep, &to, &fields).await;
    world.simulator.turn_off("svc-102");
    walk.send("/org/{org}/settings/website/nourish/tokens", mary, &act("tokens"), &[("label", "Elm")]).await;
    let token = |act| links::token_act(org, newest_token(app), act);
    walk.send("/org/{org}/settings/website/nourish/tokens/{token}/show", mary, &token("show"), &[]).await;
    walk.send("/org/{org}/settings/website/nourish/tokens/{token}/replace", mary, &token("replace"), &[])
        .await;
    walk.send("/org/{org}/settings/website/nourish/tokens/{token}/revoke", mary, &token("revoke"), &[]).await;
    walk.send("/org/{org}/settings/website/nourish/start-sync", mary, &act("start-sync"), &[]).await;
}

async fn syncs(walk: &mut Walk<'_>, world: &World) {
    let app = walk.app;
    let (mary, org) = (&app.cast.super_manager, app.cast.willow);
    let run_of = |to: &str| RunId(to.rsplit('/').next().unwrap().parse().unwrap());
    let scope = Scope::<RunSyncs>::for_the_portal(org);
    let ask = |is_preview| {
        let id = connection(app).id;
        app.write(|tx| sync::request(tx, &scope, id, Wanted::Both, is_preview)).run()
    };
    let waiting = RunId(app.number("SELECT MAX(id) FROM sync_runs"));
    let act = |run, act| links::sync_run_act(org, run, act);
    walk.send("/org/{org}/sync-runs/{run}/cancel", mary, &act(waiting, "cancel"), &[]).await;
    let mode = links::sync_mode(org, Vendor::Nourish.id());
    walk.send("/org/{org}/integrations/{vendor}/mode", mary, &mode, &[("mode", SyncMode::Create.as_str())])
        .await;

    let shown = ask(true);
    sync_records::run(&app.services).await.unwrap();
    walk.send("/org/{org}/sync-runs/{run}/discard", mary, &act(shown, "discard"), &[]).await;
    crate::sync_drafts::every_form(walk, || ask(true)).await;
    let shown = ask(true);
    sync_records::run(&app.services).await.unwrap();
    walk.send("/org/{org}/sync-runs/{run}/apply", mary, &act(shown, "apply"), &[]).await;
    sync_records::run(&app.services).await.unwrap();
    assert!(app.number("SELECT COUNT(*) FROM pairings") >= 10, "the preview was applied");

    // A field that Nourish owns now.
    let ada =
        ResidentId(app.number("SELECT local_id FROM pairings WHERE kind = 'resident' ORDER BY id LIMIT 1"));
    let fields = [
        ("act", "set"),
        ("field", "first_name"),
        ("until_day", "1"),
        ("until_month", "12"),
        ("until_year", "2026"),
        ("reason", "Not in Nourish yet"),
    ];
    sealed(walk, "/org/{org}/residents/{resident}/edit", ada, &links::edit_resident(org, ada), &fields).await;
    walk.send("/org/{org}/residents/{resident}/sync", mary, &links::sync_resident(org, ada), &[]).await;
    sync_records::run(&app.services).await.unwrap();

    let to = links::sync_rule(org, "room");
    walk.send("/org/{org}/sync-rules/{part}", mary, &to, &[("vendor_1", "nourish")]).await;
    let to = links::sync_runs(org, "nourish");
    let to = walk.send("/org/{org}/integrations/{vendor}/sync-runs", mary, &to, &[("wanted", "both")]).await;
    for n in 1..10 {
        world.simulator.remove_client(&format!("p-{n}"));
    }
    sync_records::run(&app.services).await.unwrap();
    let held = run_of(&to);
    walk.send("/org/{org}/sync-runs/{run}/release", mary, &act(held, "release"), &[]).await;
    sync_records::run(&app.services).await.unwrap();
    walk.send("/org/{org}/sync-runs/{run}/undo", mary, &act(held, "undo"), &[]).await;
}

/// Ben Carter plans something and is taken out of the organisation.
async fn leavers(walk: &mut Walk<'_>) {
    let app = walk.app;
    let (mary, org) = (&app.cast.super_manager, app.cast.willow);
    let ben = &app.cast.manager;
    crate::leavers::plan(app, ben).await;
    let left = crate::leavers::leave(app, ben).await;
    let to = mary.membership.unwrap().0.to_string();
    let path = links::hand_over(org, left);
    walk.send("/org/{org}/leavers/{membership}/handover", mary, &path, &[("to", &to)]).await;
}

async fn pending_staff(walk: &mut Walk<'_>) {
    let app = walk.app;
    let (mary, org) = (&app.cast.super_manager, app.cast.willow);
    let list = links::pending_staff(org);
    let start = links::sync_pending_staff(org);
    walk.send("/org/{org}/staff/pending/sync-runs", mary, &start, &[]).await;
    sync_records::run(&app.services).await.unwrap();
    let digest = links::pending_digest(org);
    walk.send("/org/{org}/staff/pending/digest", mary, &digest, &[("wanted", "no")]).await;
    let id = app.number("SELECT MAX(id) FROM approvals WHERE state = 'pending'");
    let person = links::pending_person(org, kinbridge::kit::ids::ApprovalId(id));
    let id = id.to_string();
    let fields = [("ids", id.as_str()), ("how", "carer"), ("until", "on"), ("ends_on", "1/12/2026")];
    let permissions = links::pending_permissions(org, "");
    walk.send("/org/{org}/staff/pending/permissions", mary, &permissions, &fields).await;
    walk.send("/org/{org}/staff/pending", mary, &list, &[("staff[]", &id), ("act", "reject")]).await;
    let rejected = links::rejected_staff(org);
    walk.send("/org/{org}/staff/rejected", mary, &rejected, &[("staff[]", &id)]).await;
    let fields = [("act", "approve"), ("looked", "yes")];
    walk.send("/org/{org}/staff/pending/{approval}", mary, &person, &fields).await;
    let member =
        app.number("SELECT MAX(CAST(subject_id AS BIGINT)) FROM audit_events WHERE verb = 'staff.approved'");
    let act = |act| links::staff_act(org, kinbridge::kit::ids::StaffMemberId(member), act);
    walk.send("/org/{org}/staff/{member}/invitation", mary, &act("invitation"), &[]).await;
    walk.send("/org/{org}/staff/{member}/extension", mary, &act("extension"), &[]).await;
    let fields = [("reason", "a reason")];
    walk.send("/org/{org}/staff/{member}/suspension", mary, &act("suspension"), &fields).await;
    walk.send("/org/{org}/staff/{member}/reinstatement", mary, &act("reinstatement"), &[]).await;
    // A slip is for who signs in with a name.
    app.write(|tx| {
        let of = format!("(SELECT account_id FROM staff_members WHERE id = {member})");
        let named = format!("UPDATE accounts SET email = 'nora.nomail', state = 'active' WHERE id = {of}");
        sql_query(named).execute(tx.conn)?;
        Ok(())
    });
    walk.send("/org/{org}/staff/{member}/slip", mary, &act("slip"), &[]).await;
}
