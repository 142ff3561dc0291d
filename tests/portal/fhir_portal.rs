//! FHIR R4 in the portal: switched on with an address and a token, synced, and paired by nobody but people.

#![cfg(test)]

use std::sync::Arc;

use kinbridge::connectors::{CareSystems, ConnectorSettings, Vendor};
use kinbridge::domain::access::{ManageIntegrations, Scope};
use kinbridge::domain::connections::{self, State, SyncMode};
use kinbridge::domain::sync::{RunState, Wanted};
use kinbridge::jobs::sync_records;
use kinbridge::links;
use kinbridge::sandbox::fhir::{BASE, Patient};

use crate::fhir::{TOKEN, World, population};
use crate::support::TestApp;
use crate::support::vendors::{Connected, patient, person};

async fn portal(world: &World) -> TestApp {
    let origin = world.origin.clone();
    let settings = ConnectorSettings {
        allowed_origins: vec![origin.clone()],
        limits: patient(),
        ..ConnectorSettings::default()
    };
    let mut app = TestApp::start_with(|config| {
        config.vendors_available = vec!["fhir".into()];
        config.allowed_vendor_origins.push(origin);
    })
    .await;
    app.services.care_systems = Arc::new(CareSystems::new(&settings).unwrap());
    app
}

/// The simulator with the first five people of the tests.
fn world() -> World {
    let mut some = population();
    some.patients.clear();
    let world = World::with(some, patient());
    for n in 0..5 {
        let one = person(n);
        world.simulator.add_patient(Patient {
            id: one.external_id,
            given: one.first_name,
            family: one.last_name,
            birth_date: one.date_of_birth.unwrap().to_string(),
            nhs_number: one.nhs_number.unwrap(),
            verification: "01".into(),
            place: "oak".into(),
            ..Patient::default()
        });
    }
    world
}

#[actix_web::test]
async fn it_is_switched_on_with_address_and_token_and_nobody_pairs_by_itself() {
    let world = world();
    let app = portal(&world).await;
    let (org, base) = (app.cast.willow, format!("{}{BASE}", world.origin));
    let mary = app.as_super();
    let page = mary.get(&links::integration(org, "fhir")).await;
    assert!(page.text().contains("Base address") && page.text().contains("Access token"), "{}", page.text());
    let key = links::integration_act(org, "fhir", "key");
    let page = mary.post(&key, &[("address", &base), ("key", TOKEN), ("terms", "yes")]).await;
    assert_eq!(page.status, 303, "{}", page.text());
    let page = mary.get(page.location()).await;
    assert!(page.text().contains("FHIR R4 takes the key"), "{}", page.text());
    assert!(!page.body.contains(TOKEN));

    let scope = Scope::<ManageIntegrations>::for_the_portal(org);
    let found = app.read(|conn| Ok(connections::find(conn, &scope, Vendor::Fhir)?)).unwrap();
    assert_eq!(found.state, State::On);
    let connected = Connected { app, organisation: org, connection: found.id };
    connected.set_mode(SyncMode::Pair);
    let residents: Vec<_> = (0..3).map(|n| connected.resident(&person(n))).collect();
    let run = connected.ask(Wanted::Both, false);
    sync_records::run(&connected.app.services).await.unwrap();
    let run = connected.run(run);
    assert_eq!(run.state, RunState::Done, "{}", run.failure);
    let counts = run.counts().0;
    assert_eq!((counts.paired, counts.created, counts.total), (0, 0, 5), "{counts:?}");
    for n in 0..5 {
        assert_eq!(connected.paired(&format!("p-{n}")), None, "only a person links them");
    }
    let page = connected.app.as_super().get(&links::pairing(org, "fhir", "residents")).await.text();
    let suggested = connected.resident_now(residents[0]);
    assert!(page.contains(&suggested.facts.last_name), "{page}");
}

#[actix_web::test]
async fn an_address_that_leads_inside_is_refused_in_the_form_and_nothing_is_kept_or_sent() {
    let world = world();
    let app = portal(&world).await;
    let key = links::integration_act(app.cast.willow, "fhir", "key");
    let port = world.origin.rsplit(':').next().unwrap();
    for address in [
        "",
        "fhir.vendor.example",
        "http://fhir.vendor.example/R4",
        "https://127.0.0.1/fhir",
        "https://169.254.169.254/latest",
        "https://[::1]/fhir",
        "https://intranet/fhir",
        "https://fhir.vendor.example:8443/R4",
        "https://user:pass@fhir.vendor.example/R4",
        &format!("http://localhost:{port}/fhir"),
        &format!("https://127.0.0.1:{port}/fhir"),
    ] {
        let page = app.as_super().post(&key, &[("address", address), ("key", TOKEN), ("terms", "yes")]).await;
        assert_eq!(page.status, 422, "{address}: {}", page.text());
        assert!(!page.body.contains(TOKEN), "{address}");
    }
    assert_eq!(app.number("SELECT COUNT(*) FROM connection_tokens"), 0);
    assert!(world.simulator.calls().is_empty());
}
