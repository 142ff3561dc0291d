//! The words of letters in the database: sealed while they wait, forgotten once nobody will send them.

use diesel::RunQueryDsl as _;
use kinbridge::db::Db;
use kinbridge::domain::Refusal;
use kinbridge::domain::letters::{self, Fate, Kind, Letter};
use kinbridge::domain::sealing;
use kinbridge::jobs;
use kinbridge::kit::ids::{LetterId, TokenId};
use kinbridge::kit::sealed::KeyRing;
use kinbridge::kit::secret::fingerprint;
use kinbridge::services::Services;

use crate::support::TestApp;

const SECRET: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";

fn letter() -> Letter {
    Letter {
        organisation: None,
        to_email: "anna@family.example".into(),
        to_name: "Anna Smith".into(),
        subject: "An invitation".into(),
        text: format!("Open http://127.0.0.1:8080/invite/{SECRET} please"),
        html: format!("<a href=\"http://127.0.0.1:8080/invite/{SECRET}\">Open</a>"),
        kind: Kind::Invitation,
        useless_after: None,
        unsubscribe: Some(format!("http://127.0.0.1:8080/quiet/{SECRET}")),
    }
}

/// The portal's services over a database that seals, as the program opens it.
fn sealing(app: &TestApp, keys: &KeyRing) -> Services {
    let db = Db::open(app.services.db.target().clone(), app.clock.clone()).unwrap().with_keys(keys.clone());
    Services { db, ..app.services.clone() }
}

fn send(services: &Services, letter: Letter) -> LetterId {
    services.db.write_now(|tx| Ok::<_, Refusal>(letters::send(tx, letter)?)).unwrap().unwrap()
}

/// Every column of every letter, as one text.
fn at_rest(app: &TestApp) -> String {
    #[derive(diesel::QueryableByName)]
    struct Text {
        #[diesel(sql_type = diesel::sql_types::Text)]
        text: String,
    }
    let all = "SELECT to_name || body_text || body_html || unsubscribe || sealed || last_error || answer AS text FROM letters";
    let rows = app.read(|conn| Ok(diesel::sql_query(all).load::<Text>(conn)?));
    rows.into_iter().map(|row| row.text).collect()
}

fn keys(app: &TestApp) -> KeyRing {
    app.services.config.keys.clone()
}

#[actix_web::test]
async fn while_a_letter_waits_its_link_does_not_stand_in_the_database() {
    let app = TestApp::start().await;
    let services = sealing(&app, &keys(&app));
    let id = send(&services, letter());
    let kept = at_rest(&app);
    assert!(kept.contains("Anna Smith") && !kept.contains(SECRET), "{kept}");
    let kept = app.read(|conn| Ok(letters::get(conn, id)?)).unwrap();
    assert!(!kept.clone().opened(&keys(&app)).unwrap().body_html.is_empty());
    let other = KeyRing::parse(&format!("{}07", "00".repeat(31))).unwrap();
    assert!(kept.opened(&other).is_err());
}

#[actix_web::test]
async fn a_sealed_letter_goes_out_with_its_words_and_is_forgotten_then() {
    let to = std::env::temp_dir().join(format!("kinbridge-sealed-{}", std::process::id()));
    let app = TestApp::start_with(|config| config.mail_folder = Some(to.clone())).await;
    let services = sealing(&app, &keys(&app));
    send(&services, letter());
    jobs::deliver_letters::run(&services).await.unwrap();
    let file = std::fs::read_dir(&to).unwrap().next().unwrap().unwrap().path();
    let eml = std::fs::read_to_string(file).unwrap();
    assert!(eml.replace("=\r\n", "").contains(SECRET), "{eml}");
    assert!(eml.contains("List-Unsubscribe: <http://127.0.0.1:8080/quiet/"), "{eml}");
    assert!(!at_rest(&app).contains(SECRET));
    assert_eq!(app.number("SELECT COUNT(*) FROM letters WHERE state = 'delivered' AND sealed = ''"), 1);
    std::fs::remove_dir_all(to).unwrap();
}

#[actix_web::test]
async fn a_letter_that_no_key_opens_is_given_up_and_holds_up_no_other() {
    let to = std::env::temp_dir().join(format!("kinbridge-unreadable-{}", std::process::id()));
    let app = TestApp::start_with(|config| config.mail_folder = Some(to.clone())).await;
    let other = KeyRing::parse(&format!("{}07", "00".repeat(31))).unwrap();
    let lost = send(&sealing(&app, &other), letter());
    let services = sealing(&app, &keys(&app));
    send(&services, Letter { to_email: "ben@willow.example".into(), ..letter() });
    jobs::deliver_letters::run(&services).await.unwrap();
    assert_eq!(app.number("SELECT COUNT(*) FROM letters WHERE state = 'delivered'"), 1);
    let fate = app.read(|conn| Ok(letters::fates(conn, &[lost])?)).remove(&lost).unwrap();
    let Fate::GivenUp { reason, .. } = fate else { panic!("{fate:?}") };
    assert_eq!(reason, "Its words cannot be read with the sealing key that the portal has.");
    std::fs::remove_dir_all(to).unwrap();
}

#[actix_web::test]
async fn a_new_key_seals_the_letters_that_wait_anew() {
    let app = TestApp::start().await;
    let old = keys(&app);
    let ids: Vec<_> = (0..3)
        .map(|n| send(&sealing(&app, &old), Letter { to_email: format!("a{n}@family.example"), ..letter() }))
        .collect();
    let new_line = format!("{}07", "00".repeat(31));
    let both = KeyRing::parse(&format!("{new_line}\n{}", fingerprint("the key of the tests"))).unwrap();
    let mut after = TokenId(0);
    while let Some(next) = app.write(|tx| sealing::reseal(tx, &both, after)) {
        after = next;
    }
    let new = KeyRing::parse(&new_line).unwrap();
    for id in ids {
        let kept = app.read(|conn| Ok(letters::get(conn, id)?)).unwrap();
        assert!(kept.opened(&new).unwrap().body_text.contains(SECRET));
    }
}

#[actix_web::test]
async fn what_is_taken_back_or_dead_is_forgotten() {
    let app = TestApp::start().await;
    let services = sealing(&app, &keys(&app));
    let back = send(&services, letter());
    app.write(|tx| Ok(letters::withdraw(tx, back)?));
    let end = app.clock.now() + chrono::TimeDelta::hours(72);
    let refused =
        send(&services, Letter { to_email: "b@family.example".into(), useless_after: Some(end), ..letter() });
    let claimed = app.write(|tx| Ok(letters::claim(tx, letters::Pace { at_once: 1, per_address_hour: 3 })?));
    // The test's own database has no keys, so that the claim gives the letter up.
    assert!(claimed.is_empty());
    let kept = |id| app.read(|conn| Ok(letters::get(conn, id)?)).unwrap().sealed;
    assert_eq!(kept(back), "");
    assert_ne!(kept(refused), "", "it may be sent again while its link lives");
    app.pass(72 * 3600 + 1);
    jobs::purge::run(&app.services).await.unwrap();
    assert_eq!(kept(refused), "");
}

#[actix_web::test]
async fn in_the_demo_a_letter_has_arrived_when_it_stands_in_the_mailbox() {
    let app = TestApp::start_with(|config| config.demo = true).await;
    let services = sealing(&app, &keys(&app));
    let id = send(&services, letter());
    jobs::deliver_letters::run(&services).await.unwrap();
    assert_eq!(app.number("SELECT COUNT(*) FROM letters WHERE state = 'delivered'"), 1);
    assert!(!at_rest(&app).contains(SECRET), "sealed there too");
    let mailbox = app.signed_out().get("/mailbox").await;
    assert!(
        mailbox.body.contains(&format!("href=\"http://127.0.0.1:8080/invite/{SECRET}\"")),
        "{}",
        mailbox.body
    );
    let shown = app.signed_out().get(&format!("/mailbox/{}", id.0)).await;
    assert!(shown.body.contains(SECRET));
}
