//! The handshake with Ensora Data Collection: who may do it, what is tried before anything is kept, and what becomes
//! of the credentials.

#![cfg(test)]

use kinbridge::domain::access::ManageIntegrations;
use kinbridge::domain::connections;
use kinbridge::links;

use crate::support::therapy::{ORGANIZATION, TOKEN, Therapy, WithEnsora};

fn good() -> [(&'static str, &'static str); 3] {
    [("organization_id", ORGANIZATION), ("token", TOKEN), ("terms", "yes")]
}

#[actix_web::test]
async fn only_a_super_manager_reaches_the_handshake() {
    let at = WithEnsora::start().await;
    at.make_available().await;
    let page = links::synchronization_connection(at.org);
    let act = links::synchronization_act(at.org, "credentials");
    assert_eq!(at.as_stranger().get(&page).await.status, 404);
    assert_eq!(at.as_manager().get(&page).await.status, 403);
    assert_eq!(at.as_staff().get(&page).await.status, 403);
    assert_eq!(at.as_manager().post(&act, &good()).await.status, 403);
    assert_eq!(at.as_stranger().post(&act, &good()).await.status, 404);
    assert_eq!(at.as_super().get(&page).await.status, 200);
    assert_eq!(at.number("SELECT COUNT(*) FROM connection_tokens"), 0);
}

#[actix_web::test]
async fn a_care_home_has_neither_the_tab_nor_the_window() {
    let at = Therapy::start().await;
    let mary = at.app.as_super();
    let willow = at.cast.willow;
    assert!(!mary.get(&links::settings(willow)).await.body.contains(&links::settings_therapy(willow)));
    assert_eq!(mary.get(&links::settings_therapy(willow)).await.status, 404);
    assert_eq!(mary.get(&links::synchronization(willow)).await.status, 404);
    assert_eq!(mary.get(&links::synchronization_connection(willow)).await.status, 404);
}

#[actix_web::test]
async fn the_button_appears_once_the_representative_has_made_it_available() {
    let at = WithEnsora::start().await;
    let settings = links::settings_therapy(at.org);
    let nora = at.as_super();
    let before = nora.get(&settings).await;
    assert!(before.text().contains("Ask your representative"), "{}", before.text());
    assert!(!before.body.contains(&format!("href=\"{}\"", links::synchronization(at.org))));
    let refused = nora.post(&links::synchronization_act(at.org, "credentials"), &good()).await;
    assert_eq!(refused.status, 303);
    assert!(nora.get(refused.location()).await.text().contains("not available to your organisation yet"));
    at.make_available().await;
    let after = nora.get(&settings).await;
    assert!(after.body.contains(&format!("href=\"{}\"", links::synchronization(at.org))));
    let manager = at.as_manager().get(&settings).await;
    assert!(manager.text().contains("A super manager connects it first."), "{}", manager.text());
    let first = nora.get(&links::synchronization(at.org)).await;
    assert_eq!(first.status, 303);
    assert_eq!(first.location(), links::synchronization_connection(at.org).as_str());
}

#[actix_web::test]
async fn what_is_typed_wrongly_is_said_beside_its_field_and_nothing_is_kept() {
    let at = WithEnsora::start().await;
    at.make_available().await;
    let act = links::synchronization_act(at.org, "credentials");
    for (fields, words) in [
        (vec![("token", TOKEN), ("terms", "yes")], "Enter the Organization ID"),
        (vec![("organization_id", "a:b"), ("token", TOKEN), ("terms", "yes")], "no colon"),
        (vec![("organization_id", ORGANIZATION), ("terms", "yes")], "Enter the token"),
        (vec![("organization_id", ORGANIZATION), ("token", TOKEN)], "agrees to share these details"),
        (
            vec![("organization_id", ORGANIZATION), ("token", "wrong"), ("terms", "yes")],
            "does not take these",
        ),
    ] {
        let page = at.as_super().post(&act, &fields).await;
        assert_eq!(page.status, 422, "{words}");
        assert!(page.text().contains(words), "{words} is not in {}", page.text());
        assert!(!page.body.contains(TOKEN), "the token is shown again");
    }
    assert_eq!(at.number("SELECT COUNT(*) FROM connection_tokens"), 0);
    assert_eq!(at.number("SELECT COUNT(*) FROM connections WHERE state <> 'off'"), 0);
}

#[actix_web::test]
async fn a_therapists_token_is_refused_with_the_name_of_the_security_group() {
    let at = WithEnsora::start().await;
    at.make_available().await;
    at.simulator.set_maker("us-1");
    let page = at.as_super().post(&links::synchronization_act(at.org, "credentials"), &good()).await;
    assert_eq!(page.status, 422);
    let text = page.text();
    assert!(text.contains("security group Therapist") && text.contains("Ask an administrator"), "{text}");
    assert_eq!(at.number("SELECT COUNT(*) FROM connection_tokens"), 0);
}

#[actix_web::test]
async fn where_the_vendor_does_not_say_whose_token_it_is_a_tick_is_asked_for() {
    let at = WithEnsora::start().await;
    at.make_available().await;
    at.simulator.set_maker("nobody");
    let act = links::synchronization_act(at.org, "credentials");
    let page = at.as_super().post(&act, &good()).await;
    assert_eq!(page.status, 422);
    assert!(page.text().contains("Tick that you are an administrator there"), "{}", page.text());
    let mut ticked = good().to_vec();
    ticked.push(("administrator", "yes"));
    assert_eq!(at.as_super().post(&act, &ticked).await.status, 303);
    assert_eq!(at.number("SELECT COUNT(*) FROM connection_tokens"), 1);
}

#[actix_web::test]
async fn the_handshake_keeps_who_agreed_and_never_shows_the_token_again() {
    let at = WithEnsora::start().await;
    at.shake_hands().await;
    let page = at.as_super().get(&links::synchronization_connection(at.org)).await;
    let text = page.text();
    assert!(text.contains("Ends in path. Entered by Nora Hill"), "{text}");
    assert!(text.contains("Agreed to share") && text.contains("the terms of November 2026"), "{text}");
    assert!(!page.body.contains(TOKEN));
    let scope = at.scope::<ManageIntegrations>();
    let keys = at.services.config.keys.clone();
    let now = at.clock.now();
    let opened = at.read(|conn| {
        let connection = connections::get(conn, &scope, at.connection())?;
        connections::live_tokens(conn, &keys, &connection, now)
    });
    assert_eq!(opened[0].secret.reveal(), format!("{ORGANIZATION}:{TOKEN}"));
    let trail =
        at.number("SELECT COUNT(*) FROM audit_events WHERE verb IN ('connection.agreed', 'key.entered')");
    assert_eq!(trail, 2);
    assert_eq!(at.number(&format!("SELECT COUNT(*) FROM audit_events WHERE words LIKE '%{TOKEN}%'")), 0);
}

#[actix_web::test]
async fn the_first_pull_starts_at_once_and_brings_the_sites() {
    let at = WithEnsora::start().await;
    at.shake_hands().await;
    assert_eq!(at.number("SELECT COUNT(*) FROM sync_runs WHERE scope = 'synchronization'"), 1);
    let before = at.as_super().get(&links::synchronization_tab(at.org, "agencies")).await;
    assert!(before.text().contains("Testing"), "{}", before.text());
    at.work_off().await;
    let page = at.as_super().get(&links::synchronization_tab(at.org, "agencies")).await;
    assert!(page.text().contains("2 sites: 2 Auto · 0 User · 0 not mapped"), "{}", page.text());
}

#[actix_web::test]
async fn other_credentials_take_the_place_of_the_old_and_switching_off_keeps_every_mapping() {
    let at = WithEnsora::start().await;
    at.shake_hands().await;
    at.work_off().await;
    let live = "SELECT COUNT(*) FROM pairings WHERE ended_at IS NULL";
    let mapped = at.number(live);
    assert!(mapped >= 7, "{mapped}");
    at.simulator.accept_key(&format!("{ORGANIZATION}:another-token"));
    let act = links::synchronization_act(at.org, "credentials");
    let fields = [("organization_id", ORGANIZATION), ("token", "another-token")];
    assert_eq!(at.as_super().post(&act, &fields).await.status, 303);
    let page = at.as_super().get(&links::synchronization_connection(at.org)).await;
    assert!(page.text().contains("Ends in oken"), "{}", page.text());
    at.work_off().await;
    let off = links::synchronization_act(at.org, "off");
    assert_eq!(at.as_super().get(&off).await.status, 200);
    assert_eq!(at.as_super().post(&off, &[]).await.status, 303);
    assert_eq!(at.number("SELECT COUNT(*) FROM connection_tokens WHERE revoked_at IS NULL"), 0);
    let tab = at.as_manager().get(&links::synchronization_tab(at.org, "clients")).await;
    assert_eq!(tab.status, 200);
    assert!(tab.text().contains("switched off. Every mapping is kept."), "{}", tab.text());
    assert_eq!(at.number(live), mapped);
    let again = [("organization_id", ORGANIZATION), ("token", "another-token"), ("terms", "yes")];
    assert_eq!(at.as_super().post(&act, &again).await.status, 303);
    at.work_off().await;
    assert_eq!(at.number(live), mapped);
    assert_eq!(at.number("SELECT COUNT(*) FROM connections WHERE vendor = 'ensora'"), 1);
}

#[actix_web::test]
async fn the_times_are_from_one_minute_on_and_a_super_managers() {
    let at = WithEnsora::start().await;
    at.shake_hands().await;
    let act = links::synchronization_act(at.org, "cadence");
    let nora = at.as_super();
    assert_eq!(at.as_manager().post(&act, &[("notes_every", "1")]).await.status, 403);
    let wrong = nora.post(&act, &[("notes_every", "0"), ("people_every", "30")]).await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.text().contains("from 1 to 1440"), "{}", wrong.text());
    assert_eq!(nora.post(&act, &[("notes_every", "1"), ("people_every", "60")]).await.status, 303);
    assert_eq!(at.number("SELECT CAST(notes_every AS BIGINT) FROM note_pulls"), 1);
    assert_eq!(at.number("SELECT CAST(people_every AS BIGINT) FROM note_pulls"), 60);
}
