//! A care home and an organisation of community health, each with its own end: the connector asks the portal's own API
//! over HTTP, with a key that was made there.

use std::net::TcpListener;

use actix_web::HttpServer;
use actix_web::web::Data;
use kinbridge::domain::access::{Scope, ViewAppointments};
use kinbridge::domain::booked_visits::{self, State};
use kinbridge::jobs::read_booked_visits;
use kinbridge::kit::ids::BookedVisitId;
use kinbridge::{api, links, web};

use crate::api::Shop;
use crate::residents::{add, facts, value};

#[actix_web::test]
async fn a_home_books_with_another_kinbridge_by_the_api_that_it_serves() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let allowed = origin.clone();
    let shop = Shop::start_with(|config| config.allowed_vendor_origins.push(allowed)).await;
    let served = Data::new(shop.services.clone());
    let server = HttpServer::new(move || web::app(served.clone(), api::mount))
        .workers(1)
        .disable_signals()
        .listen(listener)
        .unwrap()
        .run();
    let handle = server.handle();
    tokio::spawn(server);

    let willow = shop.cast.willow;
    let betty = add(
        &shop,
        willow,
        &facts(shop.cast.willow_house, Some(shop.cast.garden_wing), "Betty", "Cole", "12"),
    );
    let fields = [("available", "yes"), ("reason", "Asked")];
    shop.as_rep().post(&links::organisation_vendor(willow, "ally_health"), &fields).await;
    let (mary, ben) = (shop.app.as_super(), shop.app.as_manager());
    let base = format!("{origin}/api/v1");
    let fields = [("address", base.as_str()), ("key", shop.key.as_str()), ("terms", "yes")];
    mary.post(&links::visit_service_act(willow, "key"), &fields).await;
    let page = mary.get(&links::visit_service(willow)).await;
    assert!(
        page.text().contains("1 task can be booked") && page.text().contains("nobody is sent"),
        "{}",
        page.text()
    );
    let fields = [("phone", "0113 496 0000"), ("email", "office@willow.example")];
    assert_eq!(mary.post(&links::visit_service_act(willow, "settings"), &fields).await.status, 303);
    let about = crate::relatives::sealed(&ben, betty);
    let act = |act: &str| links::resident_visits_act(willow, betty, act);
    let fields =
        [("about", about.as_str()), ("line1", "Green Lane"), ("city", "Leeds"), ("postcode", "LS1 4AP")];
    assert_eq!(ben.post(&act("address"), &fields).await.status, 303);

    let window = shop.slot(2);
    let task = crate::api::TASK;
    let page = ben.get(&format!("{}?task={task}&window={window}", act("book"))).await;
    assert!(page.text().contains("What is sent"), "{}", page.text());
    let about = value(&page, "about");
    let fields =
        [("about", about.as_str()), ("task", task), ("window", window.as_str()), ("note", "Ring twice")];
    let done = ben.post(&links::resident_visits(willow, betty), &fields).await;
    assert_eq!(done.status, 303, "{}", done.text());
    let id = BookedVisitId(done.location().rsplit('/').next().unwrap().parse().unwrap());
    let scope = Scope::<ViewAppointments>::for_the_portal(willow);
    let now = || shop.read(|conn| booked_visits::get(conn, &scope, id));
    read_booked_visits::run(&shop.services).await.unwrap();
    let booked = now();
    assert_eq!((booked.state, booked.status.as_str()), (State::Booked, "scheduled"), "{}", booked.last_words);
    let there = format!("SELECT COUNT(*) FROM visits WHERE external_ref = '{}'", booked.external_ref);
    assert_eq!((shop.number(&there), shop.number("SELECT COUNT(*) FROM patients")), (1, 1));

    // The answer was lost: it is found, and not booked again.
    crate::support::bookable::run(
        &shop,
        "UPDATE booked_visits SET state = 'asked', status = '', remote_id = '', remote_updated_at = NULL, \
         next_at = '2026-11-01 00:00:00'",
    );
    read_booked_visits::run(&shop.services).await.unwrap();
    assert_eq!((now().state, now().remote_id, shop.number(&there)), (State::Booked, booked.remote_id, 1));

    let cancel = links::cancel_booked_visit(willow, betty, id);
    let because = [("reason", "booked_in_error"), ("why", "Twice")];
    let fields = [("about", about.as_str()), ("cause", "organisation"), because[0], because[1]];
    assert_eq!(ben.post(&cancel, &fields).await.status, 303);
    read_booked_visits::run(&shop.services).await.unwrap();
    assert_eq!((now().state, now().status.as_str()), (State::Cancelled, "cancelled"), "{}", now().last_words);
    let cancelled = format!("{there} AND status = 'cancelled'");
    assert_eq!(shop.number(&cancelled), 1);
    let reason =
        "SELECT COUNT(*) FROM visit_outcomes WHERE reason_code = 'booked_in_error' AND cancel_note = 'Twice'";
    assert_eq!(shop.number(reason), 1);
    handle.stop(false).await;
}
