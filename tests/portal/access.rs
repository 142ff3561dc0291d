//! Who may what, whoever asks: memberships and the rules about changing them.

use std::collections::BTreeSet;

use actix_web::http::Method;
use kinbridge::domain::Refusal;
use kinbridge::domain::access::{Actor, ManagePeople, Permission, Platform, Role, Scope};
use kinbridge::domain::accounts::{self, NewAccount};
use kinbridge::kit::email_address::EmailAddress;

use crate::support::{PASSWORD, Person, TestApp, insert};

fn actor(app: &TestApp, person: &Person) -> Actor {
    let token = app.new_session(person);
    let (now, limits) = (app.clock.now(), app.services.config.sessions);
    app.read(|conn| Ok(accounts::live(conn, &token, "127.0.0.1", now, limits)?))
        .expect("a live session")
        .actor
}

fn scope(app: &TestApp, person: &Person) -> Scope<ManagePeople> {
    let organisation = if person.name == "Ruth Elm" { app.cast.elm } else { app.cast.willow };
    actor(app, person).scope::<ManagePeople>(organisation).unwrap()
}

/// What was refused, in words, or `done`.
fn said<T>(result: Result<T, Refusal>) -> String {
    result.map_or_else(|refusal| refusal.to_string(), |_| "done".to_owned())
}

#[actix_web::test]
async fn a_stranger_finds_nobody_of_another_organisation() {
    let app = TestApp::start().await;
    let theirs = scope(&app, &app.cast.stranger);
    let before = app.digest();
    let id = app.cast.staff.membership.unwrap();
    for result in [
        app.try_write(|tx| accounts::change_role(tx, &theirs, id, Role::Manager)),
        app.try_write(|tx| accounts::change_permissions(tx, &theirs, id, &BTreeSet::new())),
        app.try_write(|tx| accounts::assign_places(tx, &theirs, id, &[])),
        app.try_write(|tx| accounts::end_membership(tx, &theirs, id)),
        app.try_write(|tx| accounts::invite_again(tx, &theirs, id).map(drop)),
        app.try_write(|tx| accounts::member(tx.conn, &theirs, id).map(drop)),
    ] {
        assert!(matches!(result, Err(Refusal::NotHere)), "{result:?}");
    }
    assert_eq!(app.digest(), before);
    let names = |scope: &Scope<ManagePeople>| {
        let members = app.read(|conn| Ok(accounts::members(conn, scope)?));
        members.into_iter().map(|member| member.name).collect::<Vec<_>>()
    };
    assert_eq!(names(&theirs), ["Ruth Elm"]);
    let ours = scope(&app, &app.cast.manager);
    assert_eq!(
        names(&ours),
        ["Amina Yusuf", "Ben Carter", "Dan Shaw", "Mary Jones", "Olga Penn", "Tom Reed"]
    );
}

#[actix_web::test]
async fn a_manager_manages_staff_and_nobody_above() {
    let app = TestApp::start().await;
    let ben = scope(&app, &app.cast.manager);
    let amina = app.cast.staff.membership.unwrap();
    let to = |id, role| said(app.try_write(|tx| accounts::change_role(tx, &ben, id, role)));
    let only_super = "Only a super manager can make somebody that.";
    assert_eq!(to(amina, Role::Manager), only_super);
    assert_eq!(to(amina, Role::SuperManager), only_super);
    assert_eq!(to(amina, Role::Relative), "Relatives are added on a resident’s page.");
    assert_eq!(to(amina, Role::Staff), "done");
    let above = "Only a super manager can change that.";
    for person in [&app.cast.super_manager, &app.cast.colleague, &app.cast.manager] {
        let id = person.membership.unwrap();
        assert!(to(id, Role::Staff).ends_with(above), "{}", person.name);
        assert!(said(app.try_write(|tx| accounts::end_membership(tx, &ben, id))).ends_with(above));
        assert!(said(app.try_write(|tx| accounts::assign_places(tx, &ben, id, &[]))).ends_with(above));
    }
    // A relative's membership is not among those that can be changed here.
    let relative = app.cast.relative.membership.unwrap();
    assert!(matches!(
        app.try_write(|tx| accounts::end_membership(tx, &ben, relative)),
        Err(Refusal::NotHere)
    ));
}

#[actix_web::test]
async fn nobody_grants_what_they_do_not_hold_or_what_a_role_cannot_have() {
    let app = TestApp::start().await;
    let (mary, ben) = (scope(&app, &app.cast.super_manager), scope(&app, &app.cast.manager));
    let (ben_id, amina) = (app.cast.manager.membership.unwrap(), app.cast.staff.membership.unwrap());
    let grant = |scope: &Scope<ManagePeople>, id, permissions: &[Permission]| {
        let permissions = permissions.iter().copied().collect();
        said(app.try_write(|tx| accounts::change_permissions(tx, scope, id, &permissions)))
    };
    let door = Permission::OpenOrganisation;
    let less: Vec<Permission> = Permission::defaults(Role::Manager)
        .into_iter()
        .filter(|one| *one != Permission::PairRecords)
        .collect();
    assert_eq!(grant(&mary, ben_id, &less), "done");
    // Ben's scope is older than the change; what he holds is read anew.
    assert!(grant(&ben, amina, &[door, Permission::PairRecords]).starts_with("You cannot allow others to"));
    assert_eq!(grant(&ben, amina, &[door, Permission::ViewStaff]), "done");
    assert_eq!(grant(&mary, amina, &[door, Permission::PairRecords]), "done");
    // What she has already may stay, though Ben could not grant it.
    assert_eq!(grant(&ben, amina, &[door, Permission::PairRecords, Permission::ViewStaff]), "done");
    for beyond in [Permission::ManageIntegrations, Permission::ReleaseRuns, Permission::ManageOrganisation] {
        assert!(grant(&mary, ben_id, &[door, beyond]).starts_with("A manager cannot be allowed to"));
        assert!(grant(&ben, amina, &[door, beyond]).starts_with("A staff cannot be allowed to"));
    }
    let mary_id = app.cast.super_manager.membership.unwrap();
    assert!(grant(&mary, mary_id, &[door]).starts_with("A super manager may do everything."));
}

#[actix_web::test]
async fn a_right_that_was_taken_is_gone_with_the_next_request() {
    let app = TestApp::start().await;
    let (mary, ben) = (scope(&app, &app.cast.super_manager), scope(&app, &app.cast.manager));
    let (ben_id, amina) = (app.cast.manager.membership.unwrap(), app.cast.staff.membership.unwrap());
    app.write(|tx| accounts::change_role(tx, &mary, ben_id, Role::Staff));
    // The scope of a request that began before.
    let result = app.try_write(|tx| accounts::assign_places(tx, &ben, amina, &[]));
    assert_eq!(said(result), "this needs the permission: change who may do what");
    let now = actor(&app, &app.cast.manager);
    assert!(now.scope::<ManagePeople>(app.cast.willow).is_err());
    app.write(|tx| accounts::end_membership(tx, &mary, ben_id));
    assert!(actor(&app, &app.cast.manager).member_of(app.cast.willow).is_none());
    let page = app.as_manager().get("/").await;
    assert!(page.text().contains("You do not belong to an organisation"), "{}", page.text());
    let result = app.try_write(|tx| accounts::assign_places(tx, &ben, amina, &[]));
    assert_eq!(said(result), "there is no such organisation for this person");
}

#[actix_web::test]
async fn somebody_who_left_can_come_back_under_the_same_account() {
    let app = TestApp::start().await;
    let mary = scope(&app, &app.cast.super_manager);
    let ben =
        NewAccount { email: EmailAddress::parse("ben@willow.example").unwrap(), name: "Ben Carter".into() };
    let add = |role| app.try_write(|tx| accounts::add_member(tx, &mary, &ben, role));
    assert_eq!(said(add(Role::Staff)), "ben@willow.example is already in this organisation.");
    app.write(|tx| accounts::end_membership(tx, &mary, app.cast.manager.membership.unwrap()));
    let back = add(Role::Staff).unwrap();
    assert_eq!((back.account, back.membership), (app.cast.manager.account, app.cast.manager.membership));
    assert!(back.link.is_none(), "he has a password");
    let dan = NewAccount { email: EmailAddress::parse("dan@willow.example").unwrap(), name: "Dan".into() };
    let closed = app.try_write(|tx| accounts::add_member(tx, &mary, &dan, Role::Staff));
    assert!(said(closed).contains("has been closed"));
}

#[actix_web::test]
async fn places_of_another_organisation_cannot_be_assigned() {
    let app = TestApp::start().await;
    let mary = scope(&app, &app.cast.super_manager);
    let amina = app.cast.staff.membership.unwrap();
    let assign = |places: &[_]| app.try_write(|tx| accounts::assign_places(tx, &mary, amina, places));
    assert!(matches!(assign(&[app.cast.oak_wing, app.cast.elm_lodge]), Err(Refusal::NotHere)));
    let places = |app: &TestApp| actor(app, &app.cast.staff).memberships()[0].places.clone();
    assert_eq!(places(&app), [app.cast.garden_wing]);
    assign(&[app.cast.oak_wing, app.cast.oak_court, app.cast.oak_wing]).unwrap();
    assert_eq!(places(&app), [app.cast.oak_wing, app.cast.oak_court]);
}

#[actix_web::test]
async fn the_last_super_manager_stays_one() {
    let app = TestApp::start().await;
    let mary = scope(&app, &app.cast.super_manager);
    let (mary_id, ben_id) =
        (app.cast.super_manager.membership.unwrap(), app.cast.manager.membership.unwrap());
    let last = "This is the last super manager";
    let demote = || said(app.try_write(|tx| accounts::change_role(tx, &mary, mary_id, Role::Manager)));
    assert!(demote().starts_with(last));
    assert!(said(app.try_write(|tx| accounts::end_membership(tx, &mary, mary_id))).starts_with(last));
    let operator = Platform::for_the_operator();
    let account = app.cast.super_manager.account;
    assert!(said(app.try_write(|tx| accounts::disable(tx, &operator, account))).starts_with(last));
    // Somebody who has not yet signed in is no help.
    let olga = app.cast.invited.membership.unwrap();
    app.write(|tx| accounts::change_role(tx, &mary, olga, Role::SuperManager));
    assert!(demote().starts_with(last));
    app.write(|tx| accounts::change_role(tx, &mary, ben_id, Role::SuperManager));
    assert_eq!(demote(), "done");
    let up = app.try_write(|tx| accounts::change_role(tx, &mary, mary_id, Role::SuperManager));
    assert!(said(up) != "done", "she raised herself again");
}

/// AC-7: two super managers who demote one another at the same moment.
#[actix_web::test]
async fn a_thousand_races_never_leave_an_organisation_without_a_super_manager() {
    let app = TestApp::start().await;
    let portal = Scope::<ManagePeople>::for_the_portal(app.cast.willow);
    let (mary_id, ben_id) =
        (app.cast.super_manager.membership.unwrap(), app.cast.manager.membership.unwrap());
    app.write(|tx| accounts::change_role(tx, &portal, ben_id, Role::SuperManager));
    let (mary, ben) = (scope(&app, &app.cast.super_manager), scope(&app, &app.cast.manager));
    let left = format!(
        "SELECT COUNT(*) FROM memberships WHERE organisation_id = {} AND role = 'super manager' AND ended_at IS NULL",
        app.cast.willow
    );
    let start = std::sync::Barrier::new(2);
    for round in 0..1_000 {
        let attack = |scope: &Scope<ManagePeople>, id| {
            start.wait();
            let done = app.services.db.write_now(|tx| match round % 2 {
                0 => accounts::change_role(tx, scope, id, Role::Manager),
                _ => accounts::end_membership(tx, scope, id),
            });
            done.is_ok()
        };
        // Not the app itself: its pages belong to one thread.
        let done = race(|| attack(&mary, ben_id), || attack(&ben, mary_id));
        assert_eq!(app.number(&left), 1, "round {round}");
        assert!(done.0 != done.1, "round {round}: {done:?}");
        for (id, person) in [(mary_id, &app.cast.super_manager), (ben_id, &app.cast.manager)] {
            app.write(|tx| restore(tx, &portal, id, person));
        }
    }
}

fn race<T: Send>(one: impl FnOnce() -> T + Send, other: impl FnOnce() -> T + Send) -> (T, T) {
    std::thread::scope(|threads| {
        let other = threads.spawn(other);
        let one = threads.spawn(one);
        (one.join().unwrap(), other.join().unwrap())
    })
}

fn restore(
    tx: &mut kinbridge::db::Tx<'_>,
    portal: &Scope<ManagePeople>,
    id: kinbridge::kit::ids::MembershipId,
    person: &Person,
) -> Result<(), Refusal> {
    if accounts::member(tx.conn, portal, id).is_ok() {
        return accounts::change_role(tx, portal, id, Role::SuperManager);
    }
    let new = NewAccount { email: EmailAddress::parse(person.email).unwrap(), name: person.name.into() };
    accounts::add_member(tx, portal, &new, Role::SuperManager).map(drop)
}

/// AC-4.
#[actix_web::test]
async fn fields_that_nobody_asked_for_change_nothing() {
    let app = TestApp::start().await;
    let extra = [
        ("role", "super manager"),
        ("org_id", "2"),
        ("status", "active"),
        ("state", "active"),
        ("user_id", "1"),
        ("account_id", "1"),
        ("resident_id", "1"),
        ("verified", "true"),
        ("mfa", "false"),
        ("is_representative", "true"),
    ];
    let everything = "SELECT COUNT(*) FROM accounts WHERE is_representative = TRUE OR state <> 'active'";
    let before = (app.number(everything), actor(&app, &app.cast.staff).memberships()[0].permissions.clone());
    let browser = app.new_visitor(&app.cast.staff);
    for (path, fields) in [
        ("/confirm", vec![("password", PASSWORD)]),
        (
            "/account/password",
            vec![("current_password", PASSWORD), ("new_password", "quartz lantern meadow")],
        ),
        ("/account/sessions/end-others", vec![]),
        ("/sign-out", vec![]),
        ("/sign-in", vec![("email", "amina@willow.example"), ("password", "quartz lantern meadow")]),
    ] {
        let fields: Vec<(&str, &str)> = fields.into_iter().chain(extra).collect();
        let page = browser.post(path, &fields).await;
        assert_eq!(page.status, 303, "{path}");
        let amina = actor(&app, &app.cast.staff);
        assert_eq!((app.number(everything), amina.memberships()[0].permissions.clone()), before, "{path}");
        assert_eq!(amina.memberships()[0].role, Role::Staff);
        // The same field twice is no form of ours.
        let twice: Vec<(&str, &str)> = fields.iter().chain(fields.iter().take(1)).copied().collect();
        if twice[0].0.contains("password") {
            assert_eq!(browser.post(path, &twice).await.status, 400, "{path}");
        }
    }
}

/// WB-3.
#[actix_web::test]
async fn every_answer_carries_the_headers_that_protect_it() {
    for tls in [false, true] {
        let app = TestApp::start_with(|config| {
            config.sign_ins_per_address = 1;
            if tls {
                config.public_url = "https://portal.example".into();
            }
        })
        .await;
        let (out, mary) = (app.signed_out(), app.as_super());
        let other = format!("/org/{}", app.cast.elm);
        let big = mary.ask(Method::POST, "/confirm").of_our_own();
        let big =
            big.header("content-type", "application/x-www-form-urlencoded").body(vec![b'x'; 300 * 1024]);
        let answers = [
            (200, out.get("/sign-in").await),
            (200, mary.get("/account").await),
            (303, out.get("/account").await),
            (303, mary.get("/").await),
            (401, out.sign_in("x@y.example", "x").await),
            (429, out.sign_in("x@y.example", "x").await),
            (403, mary.ask(Method::POST, "/confirm").send().await),
            (404, mary.get("/nowhere").await),
            (404, mary.get(&other).await),
            (405, mary.ask(Method::PUT, "/account").of_our_own().send().await),
            (410, out.get("/activate/x").await),
            (413, big.send().await),
            (422, mary.post("/confirm", &[]).await),
        ];
        for (status, page) in answers {
            assert_eq!(page.status, status);
            for (name, part) in [
                ("content-security-policy", "default-src 'none'"),
                ("content-security-policy", "frame-ancestors 'none'"),
                ("x-content-type-options", "nosniff"),
                ("cross-origin-opener-policy", "same-origin"),
                ("cross-origin-resource-policy", "same-origin"),
                ("permissions-policy", "camera=()"),
                ("cache-control", "no-store"),
            ] {
                let value = page.header(name).unwrap_or_default();
                assert!(value.contains(part), "{status}: {name}: {value}");
            }
            assert!(page.header("referrer-policy").is_some());
            let sts = page.header("strict-transport-security");
            assert_eq!(sts.is_some_and(|value| value.contains("includeSubDomains")), tls, "{status}");
            assert!(page.header("server").is_none() && page.header("x-powered-by").is_none());
            assert!(!page.text().is_empty() || status == 303, "{status} says nothing");
        }
    }
}

// First pages.

#[actix_web::test]
async fn somebody_with_several_places_chooses() {
    let app = TestApp::start().await;
    let operator = Platform::for_the_operator();
    let mary = NewAccount { email: EmailAddress::parse("mary@willow.example").unwrap(), name: "Mary".into() };
    let elm = app.cast.elm;
    app.write(|tx| accounts::add_member_by_platform(tx, &operator, elm, &mary, Role::Relative));
    app.write(|tx| accounts::create_representative(tx, &operator, &mary));
    let page = app.as_super().get("/").await;
    assert_eq!((page.status, page.title()), (200, "Where do you want to go? – Kinbridge".into()));
    for (href, words) in [
        ("/organisations", "Organisations"),
        (&format!("/org/{}", app.cast.willow), "Willow House Group"),
        ("/family", "My family"),
    ] {
        assert!(page.body.contains(&format!("<a href=\"{href}\">{words}</a>")), "{words}: {}", page.body);
    }
}

#[actix_web::test]
async fn a_relative_sees_their_own_people_by_first_name_and_others_see_no_such_page() {
    let app = TestApp::start().await;
    let page = app.as_relative().get("/family").await;
    assert!(page.text().contains("There is nobody here at the moment."), "{}", page.text());
    let joan = resident(&app, app.cast.willow_house, "Joan");
    resident(&app, app.cast.willow_house, "Arthur");
    let by = kinbridge::domain::access::By::the_portal();
    let account = app.cast.relative.account;
    app.write(|tx| accounts::relate(tx, &by, joan, account, "Son"));
    crate::consents::decide(
        &app,
        joan,
        &crate::consents::decided(
            kinbridge::domain::access::Topic::Activities,
            kinbridge::domain::consents::Decision::Given,
        ),
    );
    let only = app.as_relative().get("/family").await;
    let page = app.as_relative().get(only.location()).await;
    assert_eq!(page.title(), "Joan, Willow House – Kinbridge");
    let words = "Nothing has been written yet. Willow House adds activities as they happen.";
    assert!(page.text().contains(words), "{}", page.text());
    for hidden in ["CANARY", "Arthur", "<nav", "sync", "token", "pairing"] {
        assert!(!page.body.contains(hidden), "{hidden}");
    }
    for browser in [app.as_super(), app.as_manager(), app.as_staff(), app.as_rep(), app.as_stranger()] {
        assert_eq!(browser.get("/family").await.status, 404);
    }
    app.write(|tx| accounts::unrelate(tx, &by, joan, account));
    assert!(!app.as_relative().get("/family").await.text().contains("Joan"));
}

fn resident(
    app: &TestApp,
    home: kinbridge::kit::ids::PlaceId,
    first_name: &str,
) -> kinbridge::kit::ids::ResidentId {
    let columns = "organisation_id, home_id, room, first_name, last_name, preferred_name, nhs_number, resident_type, \
        care_status, state, archived_because, sort_name, search_text, look_alike, version, created_at, updated_at";
    let values = format!(
        "{}, {home}, '3', '{first_name}', 'CANARY', '', '', '', '', 'active', '', '', '', FALSE, 1, \
        '2026-11-01 09:00:00', '2026-11-01 09:00:00'",
        app.cast.willow
    );
    kinbridge::kit::ids::ResidentId(app.write(|tx| Ok(insert(tx, "residents", columns, &values))))
}

#[actix_web::test]
async fn a_page_that_is_not_there_says_what_to_do() {
    let app = TestApp::start().await;
    let page = app.as_super().get("/nowhere").await;
    assert_eq!(page.status, 404);
    assert!(page.text().contains("Page not found"), "{}", page.text());
}
