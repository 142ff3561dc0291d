//! What relatives see, whom of the family they see, and how they leave.

use kinbridge::domain::access::{RecordActivities, Topic};
use kinbridge::domain::activities::{self, Details, Group, Mark, Recording};
use kinbridge::domain::relatives::{NewInvitation, Settings};
use kinbridge::domain::{access::Scope, relatives};
use kinbridge::kit::email_address::EmailAddress;
use kinbridge::links;

use super::{anna, invite, invited, join, link_to, newest};
use crate::consents::joan;
use crate::support::TestApp;

fn called(name: &str, email: &str, branch: &str) -> NewInvitation {
    NewInvitation {
        name: name.into(),
        email: EmailAddress::parse(email).unwrap(),
        branch: branch.into(),
        ..anna()
    }
}

#[actix_web::test]
async fn parts_of_a_family_do_not_see_each_other() {
    let app = TestApp::start().await;
    let joan = joan(&app);
    let mut pages = Vec::new();
    for (name, email, branch) in [
        ("Anna Smith", "anna@family.example", "Smith"),
        ("Bella Smith", "bella@family.example", "Smith"),
        ("Carl Jones", "carl@family.example", "Jones"),
    ] {
        invite(&app, joan, &called(name, email, branch));
        let visitor = app.signed_out();
        join(&visitor, &link_to(&app, email)).await;
        pages.push((visitor, newest(&app)));
    }
    let text = |page: crate::support::Page| page.text();
    let (anna, id) = &pages[0];
    let seen = text(anna.get(&links::family_sharing(*id)).await);
    assert!(seen.contains("Bella Smith") && !seen.contains("Carl"), "{seen}");
    let (carl, id) = &pages[2];
    let seen = text(carl.get(&links::family_sharing(*id)).await);
    assert!(!seen.contains("Bella") && !seen.contains("Anna"), "{seen}");
    // Nobody opens another's page, whoever they are.
    assert_eq!(carl.get(&links::family_member(pages[0].1)).await.status, 404);
    assert_eq!(app.as_relative().get(&links::family_member(pages[0].1)).await.status, 404);
    assert_eq!(app.as_super().get(&links::family_member(pages[0].1)).await.status, 404);
}

#[actix_web::test]
async fn a_relative_leaves_and_is_gone_at_once() {
    let app = TestApp::start().await;
    let (_, link) = invited(&app);
    let anna = app.signed_out();
    join(&anna, &link).await;
    let id = newest(&app);
    let left = anna.post(&links::family_act(id, "leave"), &[]).await;
    assert_eq!(left.location(), "/family");
    assert!(anna.get("/family").await.text().contains("You do not see Joan’s page any more"));
    assert_eq!(anna.get(&links::family_member(id)).await.status, 404);
    assert_eq!(anna.post(&links::family_act(id, "leave"), &[]).await.status, 404);
}

#[actix_web::test]
async fn relatives_are_told_who_looked_and_what_is_shared() {
    let app = TestApp::start().await;
    let (joan, link) = invited(&app);
    app.as_manager().get(&links::resident(app.cast.willow, joan)).await;
    let anna = app.signed_out();
    join(&anna, &link).await;
    let text = anna.get(&links::family_sharing(newest(&app))).await.text();
    for part in [
        "Ben Carter, today at 10am",
        "Activities Shared with you by Willow House",
        "Photos Not shared now: Joan has not agreed",
        "Finance Willow House has not opened this to you",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    for jargon in ["sync", "token", "pairing", "NHS"] {
        assert!(!text.contains(jargon), "{jargon}: {text}");
    }
    let opened = app.number("SELECT COUNT(*) FROM audit_events WHERE verb = 'relative.opened'");
    assert_eq!(opened, 1, "a relative's view is on the trail, once in a quarter of an hour");
}

#[actix_web::test]
async fn a_primary_contact_invites_within_what_the_home_allows() {
    let app = TestApp::start().await;
    let joan = joan(&app);
    invite(
        &app,
        joan,
        &NewInvitation { is_primary: true, ..called("Anna Smith", "anna@family.example", "Smith") },
    );
    let anna = app.signed_out();
    join(&anna, &link_to(&app, "anna@family.example")).await;
    let id = newest(&app);
    let form = |email| {
        vec![("name", "Dora Smith"), ("email", email), ("relationship", "Niece"), ("preset", "attorney")]
    };
    let to = links::family_act(id, "invite");
    let page = anna.post(&to, &form("dora@family.example")).await;
    assert!(
        anna.get(page.location()).await.text().contains("We have emailed an invitation"),
        "{}",
        page.status
    );
    let dora = app.signed_out();
    join(&dora, &link_to(&app, "dora@family.example")).await;
    // Nobody is given more than the primary contact sees, and the part of the family is theirs.
    let topics = app.number(&format!(
        "SELECT COUNT(*) FROM relatives WHERE id = {} AND topics LIKE '%finance%'",
        newest(&app)
    ));
    assert_eq!(topics, 0);
    assert!(dora.get(&links::family_sharing(newest(&app))).await.text().contains("Anna Smith"));
    // Dora is no primary contact.
    assert_eq!(
        dora.post(&links::family_act(newest(&app), "invite"), &form("e@family.example")).await.status,
        404
    );
    let organisation = Scope::for_the_portal(app.cast.willow);
    let rules = Settings { primary_approval: true, ..Settings::default() };
    app.write(|tx| relatives::change_settings(tx, &organisation, &rules));
    let page = anna.post(&to, &form("emil@family.example")).await;
    assert!(anna.get(page.location()).await.text().contains("looks at it first"));
    assert_eq!(app.number("SELECT COUNT(*) FROM letters WHERE to_email = 'emil@family.example'"), 0);
    let rules = Settings { primary_limit: 3, ..Settings::default() };
    app.write(|tx| relatives::change_settings(tx, &organisation, &rules));
    let page = anna.post(&to, &form("fritz@family.example")).await;
    assert!(anna.get(page.location()).await.text().contains("As many people as the home allows"));
}

#[actix_web::test]
async fn a_family_scope_needs_all_three_yeses() {
    let app = TestApp::start().await;
    let (_, link) = invited(&app);
    let anna = app.signed_out();
    join(&anna, &link).await;
    let person = crate::support::Person {
        account: kinbridge::kit::ids::AccountId(app.number("SELECT MAX(id) FROM accounts")),
        membership: None,
        email: "anna@family.example",
        name: "Anna Smith",
    };
    let (actor, id, now) = (crate::consents::actor(&app, &person), newest(&app), app.clock.now());
    let relation = app.read(|conn| relatives::open(conn, &actor, id, now));
    let proof = |topic| app.read(|conn| Ok(relatives::may_see(conn, &relation, topic, now)?));
    let scope = proof(Topic::Activities).expect("all three");
    assert_eq!(
        (scope.resident(), scope.account(), scope.topic()),
        (relation.resident, person.account, Topic::Activities)
    );
    assert!(proof(Topic::Photos).is_none(), "opened, but the resident was not asked");
    assert!(proof(Topic::Finance).is_none());
}

#[actix_web::test]
async fn what_was_done_stands_on_the_page_in_plain_words_while_it_is_shared() {
    let app = TestApp::start().await;
    let (joan, link) = invited(&app);
    let anna = app.signed_out();
    join(&anna, &link).await;
    let scope = Scope::<RecordActivities>::for_the_portal(app.cast.willow);
    for (name, took_part) in [("Singing group", true), ("Chair yoga", false)] {
        let details = Details {
            name: name.into(),
            details: String::new(),
            location: "Lounge".into(),
            starts_at: app.clock.now() - chrono::TimeDelta::hours(2),
        };
        app.write(|tx| {
            let activity = activities::plan(tx, &scope, &details, Group::Nobody)?;
            activities::choose(tx, &scope, activity, 1, &[joan])?;
            let parts = activities::people(tx.conn, &scope, activity)?;
            let mark = |one: &activities::Person| Mark {
                participation: one.participation.id,
                took_part,
                reason: String::new(),
                rating: took_part.then_some(5),
                comment: "Joan sang along".into(),
            };
            let marks = parts.iter().map(mark).collect();
            let recording = Recording { version: 2, completed_by: "Amina".into(), marks };
            activities::record(tx, &scope, activity, &recording)
        });
    }
    let text = anna.get(&links::family_member(newest(&app))).await.text();
    for part in [
        "Today 8am, Lounge",
        "Singing group Joan took part. Rated 5 out of 5.",
        "Joan sang along Amina",
        "Chair yoga Joan chose not to take part.",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    crate::consents::decide(
        &app,
        joan,
        &crate::consents::decided(Topic::Activities, kinbridge::domain::consents::Decision::Refused),
    );
    let text = anna.get(&links::family_member(newest(&app))).await.text();
    assert!(!text.contains("Singing"), "{text}");
}

#[actix_web::test]
async fn a_relatives_page_is_small_and_needs_no_script() {
    let app = TestApp::start().await;
    let (_, link) = invited(&app);
    let anna = app.signed_out();
    join(&anna, &link).await;
    let page = anna.get(&links::family_member(newest(&app))).await;
    let css = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/static/portal.css")).unwrap();
    assert!(page.body.len() + css.len() < 60_000, "{} + {} bytes, uncompressed", page.body.len(), css.len());
    assert!(!page.body.contains("<nav class=\"nav\""), "no navigation bar");
}
