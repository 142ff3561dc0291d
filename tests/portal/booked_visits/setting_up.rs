//! Who meets it, and how it is set up.

use kinbridge::jobs::{read_services, sync_records};
use kinbridge::links;

use super::{KEY, SECRET, Visits};
use crate::audit_trail::acts::Walk;
use crate::relatives::sealed;
use crate::residents::value;

#[actix_web::test]
async fn a_stranger_gets_404_and_a_colleague_is_told_who_may() {
    let at = Visits::start().await;
    let booked = at.booked("win_1_early").await;
    let willow = at.app.cast.willow;
    let one = at.page_of(booked.id);
    let cancel = links::cancel_booked_visit(willow, at.betty, booked.id);
    let pages = [
        at.all(),
        at.step(""),
        one.clone(),
        cancel,
        links::visit_service(willow),
        links::visits_left_open(willow),
    ];
    for page in &pages {
        assert_eq!(at.app.as_stranger().get(page).await.status, 404, "{page}");
        assert_eq!(at.app.as_relative().get(page).await.status, 404, "{page}");
        assert_eq!(at.app.as_colleague().get(page).await.status, 403, "{page}");
    }
    // Amina looks after Garden Wing: she sees Betty's visits, and books none.
    let amina = at.app.as_staff();
    let list = amina.get(&at.all()).await;
    assert!(list.text().contains("Blood test") && !list.text().contains("Book a visit"), "{}", list.text());
    assert_eq!(amina.get(&one).await.status, 200);
    for page in [at.step(""), links::cancel_booked_visit(willow, at.betty, booked.id)] {
        assert_eq!(amina.get(&page).await.status, 403, "{page}");
    }
    let seal = sealed(&amina, at.betty);
    let fields = [("about", seal.as_str()), ("task", "tsk_blood"), ("window", "win_2_pm")];
    assert_eq!(amina.post(&at.all(), &fields).await.status, 403);
    // Arthur does not live there.
    let arthur = crate::residents::add(
        &at.app,
        willow,
        &crate::residents::facts(at.app.cast.willow_house, Some(at.app.cast.oak_wing), "Arthur", "Bell", "3"),
    );
    assert_eq!(amina.get(&links::resident_visits(willow, arthur)).await.status, 404);
    // A visit is on the pages of its own resident only.
    assert_eq!(at.app.as_manager().get(&links::booked_visit(willow, arthur, booked.id)).await.status, 404);
    assert_eq!(at.simulator.appointments().len(), 1);
}

#[actix_web::test]
async fn another_organisation_meets_neither_the_connection_nor_its_visits() {
    let at = Visits::start().await;
    let booked = at.booked("win_1_early").await;
    let (elm, ruth) = (at.app.cast.elm, at.app.as_stranger());
    let ivy = crate::residents::add(
        &at.app,
        elm,
        &crate::residents::facts(at.app.cast.elm_lodge, None, "Ivy", "Stone", "1"),
    );
    // Nothing is set up there.
    assert_eq!(ruth.get(&links::resident_visits(elm, ivy)).await.status, 404);
    assert_eq!(ruth.get(&links::resident_visits_act(elm, ivy, "book")).await.status, 404);
    assert_eq!(ruth.get(&links::booked_visit(elm, ivy, booked.id)).await.status, 404);
    let cancel = links::cancel_booked_visit(elm, ivy, booked.id);
    let seal = sealed(&ruth, ivy);
    let fields = [("about", seal.as_str()), ("cause", "organisation"), ("reason", "other"), ("why", "No")];
    assert_eq!(ruth.post(&cancel, &fields).await.status, 404);
    for act in ["settings", "webhook", "check", "off"] {
        assert_eq!(ruth.post(&links::visit_service_act(elm, act), &[]).await.status, 404, "{act}");
        assert_eq!(ruth.post(&at.act(act), &[]).await.status, 404, "{act}");
    }
    let home = ruth.get(&links::resident(elm, ivy)).await;
    assert!(!home.text().contains("Visits"), "{}", home.text());
}

#[actix_web::test]
async fn the_representative_makes_it_available_and_a_super_manager_enters_the_key() {
    let at = Visits::beside().await;
    let (willow, mary) = (at.app.cast.willow, at.app.as_super());
    let here = links::visit_service(willow);
    let before = mary.get(&here).await;
    assert!(
        before.text().contains("Not available") && before.text().contains("Ask for Ally Health"),
        "{}",
        before.text()
    );
    assert_eq!(mary.post(&at.act("key"), &at.key_fields()).await.status, 303);
    assert_eq!(at.app.number("SELECT COUNT(*) FROM connection_tokens"), 0, "nothing is taken before that");
    assert_eq!(mary.get(&at.all()).await.status, 404);
    at.make_available().await;
    let shown = at.app.as_rep().get(&links::organisation_overview(willow)).await;
    assert!(shown.text().contains("Ally Health"), "{}", shown.text());
    // Without the tick, with the word in front, and with an address inside: no.
    let base = at.key_fields()[0].1;
    for (fields, told) in [
        ([("address", base), ("key", KEY), ("terms", "")], "agrees to share"),
        ([("address", base), ("key", "Bearer live_0123456789"), ("terms", "yes")], "without the word Bearer"),
        ([("address", "http://10.0.0.1/v1"), ("key", KEY), ("terms", "yes")], "https://"),
    ] {
        let page = mary.post(&at.act("key"), &fields).await;
        assert_eq!(page.status, 422, "{}", page.text());
        assert!(page.text().contains(told), "{told}: {}", page.text());
        assert!(!page.body.contains(KEY));
    }
    let wrong = mary
        .post(&at.act("key"), &[("address", base), ("key", "live_0000000000000000"), ("terms", "yes")])
        .await;
    assert_eq!(wrong.status, 303);
    let page = mary.get(&here).await;
    assert!(page.text().contains("does not take this key"), "{}", page.text());
    let entered = mary.post(&at.act("key"), &at.key_fields()).await;
    assert_eq!(entered.status, 303);
    let page = mary.get(&here).await;
    let text = page.text();
    for told in [
        "takes the key",
        "2 tasks can be booked",
        "Live",
        "ends in 9d3a",
        "partly verified",
        "Assumed",
        "Documented",
    ] {
        assert!(text.contains(told), "{told}: {text}");
    }
    assert!(!page.body.contains(KEY), "the key is never shown again");
    // Ben sees how it stands, and no address.
    let ben = at.app.as_manager().get(&here).await;
    assert!(!ben.body.contains(base) && ben.text().contains("Visits can be booked"), "{}", ben.text());
    let cards = mary.get(&links::integrations(willow)).await;
    assert!(cards.text().contains("Ally Health"), "{}", cards.text());
}

#[actix_web::test]
async fn the_homes_telephone_and_address_are_asked_for_before_anything_is_booked() {
    let at = Visits::beside().await;
    at.make_available().await;
    let (mary, ben) = (at.app.as_super(), at.app.as_manager());
    mary.post(&at.act("key"), &at.key_fields()).await;
    for (fields, told) in [
        ([("phone", "reception"), ("email", "office@willow.example")], "telephone number"),
        ([("phone", "0113 496 0000"), ("email", "office")], "email address"),
    ] {
        let page = mary.post(&at.act("settings"), &fields).await;
        assert_eq!(page.status, 422);
        assert!(page.text().contains(told), "{}", page.text());
    }
    // Nothing is set: there is nothing to be booked with, and no tab.
    assert_eq!(ben.get(&at.step("")).await.status, 404);
    let fields = [("phone", "0113 496 0000"), ("email", "office@willow.example")];
    assert_eq!(mary.post(&at.act("settings"), &fields).await.status, 303);
    let page = ben.get(&at.step("")).await;
    assert!(page.text().contains("Where is Willow House?"), "{}", page.text());
    let page = at.address(&ben, "Leeds").await;
    assert!(page.status == 422 && page.text().contains("full postcode"), "{}", page.text());
    assert_eq!(at.address(&ben, "ls11aa").await.status, 303);
    let page = ben.get(&at.step("")).await;
    assert!(
        page.text().contains("Blood test") && page.text().contains("About 20 minutes"),
        "{}",
        page.text()
    );
}

#[actix_web::test]
async fn no_sync_no_card_and_no_job_of_a_care_record_system_meets_it() {
    let at = Visits::start().await;
    let (willow, mary) = (at.app.cast.willow, at.app.as_super());
    for path in [
        links::sync_runs(willow, "ally_health"),
        links::integration_act(willow, "ally_health", "services"),
        links::messages(willow, "ally_health"),
    ] {
        let page = mary.get(&path).await;
        assert!(matches!(page.status, 404 | 405), "{path}: {}", page.status);
    }
    assert_eq!(mary.post(&links::sync_runs(willow, "ally_health"), &[("wanted", "both")]).await.status, 404);
    at.app.pass(40 * 3600);
    let calls = at.simulator.calls().len();
    sync_records::ask_due(&at.app.services).await.unwrap();
    sync_records::run(&at.app.services).await.unwrap();
    read_services::run(&at.app.services).await.unwrap();
    assert_eq!(at.app.number("SELECT COUNT(*) FROM sync_runs"), 0);
    assert_eq!(at.simulator.calls().len(), calls, "nothing was asked of it");
    let state =
        at.app.number("SELECT COUNT(*) FROM connections WHERE vendor = 'ally_health' AND state = 'on'");
    assert_eq!(state, 1);
    // Her session ended meanwhile.
    let mary = at.app.as_super();
    for page in [
        links::integrations(willow),
        links::residents(willow),
        links::organisation(willow),
        links::sync_rules(willow),
    ] {
        let shown = mary.get(&page).await;
        assert_eq!(shown.status, 200, "{page}");
        assert!(!shown.text().contains("Resident Pairing"), "{page}");
    }
    let other = mary.get(&links::resident(willow, at.betty)).await;
    assert!(other.text().contains("No care record system is switched on"), "{}", other.text());
}

#[actix_web::test]
async fn turning_it_off_asks_nothing_more_and_keeps_what_was_booked() {
    let at = Visits::start().await;
    let booked = at.booked("win_1_early").await;
    let mary = at.app.as_super();
    assert!(mary.get(&at.act("off")).await.text().contains("stay booked with the service"));
    assert_eq!(mary.post(&at.act("off"), &[]).await.status, 303);
    at.app.pass(7200);
    let mary = at.app.as_super();
    let calls = at.simulator.calls().len();
    at.work().await;
    assert_eq!(at.simulator.calls().len(), calls);
    let page = mary.get(&at.page_of(booked.id)).await;
    assert!(page.text().contains("the connection cannot be used now"), "{}", page.text());
    assert_eq!(mary.get(&at.step("")).await.status, 404);
    assert!(mary.get(&at.all()).await.text().contains("Visits cannot be booked now"));
}

#[actix_web::test]
async fn every_form_of_visits_leaves_an_event_and_does_nothing_where_it_cannot() {
    let at = Visits::start().await;
    let (willow, mary, ben) =
        (at.app.cast.willow, at.app.cast.super_manager.clone(), at.app.cast.manager.clone());
    let mut walk = Walk::of(&at.app);
    let base = "/org/{org}/integrations/ally_health";
    let of = |act: &str| -> &'static str { Box::leak(format!("{base}/{act}").into_boxed_str()) };
    walk.send(of("key"), &mary, &at.act("key"), &at.key_fields()).await;
    walk.send(of("check"), &mary, &at.act("check"), &[]).await;
    let contact = [("phone", "0113 496 0001"), ("email", "desk@willow.example"), ("shares", "yes")];
    walk.send(of("settings"), &mary, &at.act("settings"), &contact).await;
    let hook = [("form", "standard"), ("header", "x-heim-signature"), ("secret", SECRET)];
    walk.send(of("webhook"), &mary, &at.act("webhook"), &hook).await;
    let visitor = at.app.new_visitor(&ben);
    let about = sealed(&visitor, at.betty);
    let address = vec![
        ("about", about.clone()),
        ("line1", "Willow House".to_owned()),
        ("city", "Leeds".to_owned()),
        ("postcode", "LS2 1AA".to_owned()),
    ];
    let to = links::resident_visits_act(willow, at.betty, "address");
    walk.by("/org/{org}/residents/{resident}/visits/address", &visitor, &to, address).await;
    let page = visitor.get(&at.step("?task=tsk_blood&window=win_1_early")).await;
    assert_eq!(value(&page, "about"), about);
    let fields = vec![
        ("about", about.clone()),
        ("task", "tsk_blood".to_owned()),
        ("window", "win_1_early".to_owned()),
    ];
    let booked = walk.by("/org/{org}/residents/{resident}/visits", &visitor, &at.all(), fields).await;
    let why = vec![
        ("about", about),
        ("cause", "patient".to_owned()),
        ("reason", "patient_unwell".to_owned()),
        ("why", "In hospital".to_owned()),
    ];
    let cancel = "/org/{org}/residents/{resident}/visits/{visit}/cancel";
    walk.by(cancel, &visitor, &format!("{booked}/cancel"), why).await;
    walk.send(of("off"), &mary, &at.act("off"), &[]).await;
    let record = links::organisation_vendor_act(willow, "ally_health", "key");
    let [address, key, _] = at.key_fields();
    let recorded = at.app.as_rep().post(&record, &[address, key, ("reason", "By telephone")]).await;
    assert_eq!(recorded.status, 303, "{}", recorded.text());
    walk.send(of("agree"), &mary, &at.act("agree"), &[("terms", "yes")]).await;
}
