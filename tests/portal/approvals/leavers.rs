//! Whoever leaves at the vendor loses access here at once, and is never let in again by a sync.

use actix_web::http::Method;
use kinbridge::links;

use super::{after, id_of, listing, send, state_of};
use crate::support::vendors::{Feed, worker};
use crate::support::{PASSWORD, TestApp, Visitor};

/// Ten members of staff; the first was approved as carer, and signs in.
async fn working() -> Feed {
    let feed = listing((1..11).map(worker).collect()).await;
    let ben = feed.connected.app.as_manager();
    let fields = [("whom", "all"), ("act", "approve"), ("preset", "carer")];
    assert_eq!(ben.post(&links::pending_staff(feed.organisation), &fields).await.status, 303);
    feed
}

/// Follows the activation link in the letter to this address.
async fn signed_in<'a>(app: &'a TestApp, email: &str) -> Visitor<'a> {
    let letters = app.read(|conn| Ok(kinbridge::domain::letters::list(conn, 100)?));
    let letter = letters.into_iter().find(|letter| letter.to_email == email).unwrap();
    let link = letter.body_text.split_whitespace().find(|word| word.contains("/activate/")).unwrap();
    let browser = app.signed_out();
    let path = link.strip_prefix("http://127.0.0.1:8080").unwrap();
    assert_eq!(browser.post(path, &[("password", PASSWORD)]).await.status, 303);
    assert_eq!(browser.get(&links::residents(app.cast.willow)).await.status, 200);
    browser
}

fn member(feed: &Feed, email: &str) -> kinbridge::kit::ids::StaffMemberId {
    let query = format!("SELECT MAX(id) FROM staff_members WHERE email = '{email}'");
    kinbridge::kit::ids::StaffMemberId(feed.number(&query))
}

async fn is_out(feed: &Feed, browser: &Visitor<'_>) {
    for page in [links::residents(feed.organisation), links::account()] {
        let page = browser.ask(Method::GET, &page).send().await;
        assert!(page.status == 303 && page.location().starts_with("/sign-in"), "{}", page.status);
    }
}

#[actix_web::test]
async fn a_leaver_is_suspended_and_signed_out_in_the_run_that_confirms_it() {
    let mut feed = working().await;
    let browser = signed_in(&feed.connected.app, "worker1@willow.example").await;
    feed.staff.remove(0);
    feed.sync();
    assert_eq!(
        browser.get(&links::residents(feed.organisation)).await.status,
        200,
        "missing once is nothing"
    );
    feed.sync();
    is_out(&feed, &browser).await;
    let ben = feed.connected.app.as_manager();
    let page =
        ben.get(&links::staff_member(feed.organisation, member(&feed, "worker1@willow.example"))).await;
    assert!(page.text().contains("No longer in the care record system. The portal"), "{}", page.text());
    assert_eq!(feed.events("staff.suspended"), 1);
    // Their password is right and opens nothing.
    let again = feed.signed_out();
    again.sign_in("worker1@willow.example", PASSWORD).await;
    assert_eq!(again.get(&links::residents(feed.organisation)).await.status, 404);
}

#[actix_web::test]
async fn whoever_is_archived_there_is_out_with_the_next_sync() {
    let mut feed = working().await;
    let browser = signed_in(&feed.connected.app, "worker1@willow.example").await;
    feed.staff[0].archived = true;
    feed.sync();
    is_out(&feed, &browser).await;
    // The letter of somebody who never used it dies with their access.
    feed.staff[1].archived = true;
    feed.sync();
    let letters = feed.read(|conn| Ok(kinbridge::domain::letters::list(conn, 100)?));
    let letter = letters.into_iter().find(|one| one.to_email == "worker2@willow.example").unwrap();
    let link = letter.body_text.split_whitespace().find(|word| word.contains("/activate/")).unwrap();
    let path = link.strip_prefix("http://127.0.0.1:8080").unwrap();
    let page = feed.signed_out().get(path).await;
    assert!(page.status == 404 || page.text().contains("link"), "{}", page.text());
    assert_ne!(feed.signed_out().post(path, &[("password", PASSWORD)]).await.status, 303);
}

#[actix_web::test]
async fn whoever_comes_back_waits_for_approval_and_is_not_let_in_by_a_sync() {
    let mut feed = working().await;
    let browser = signed_in(&feed.connected.app, "worker1@willow.example").await;
    feed.staff[0].archived = true;
    feed.sync();
    feed.staff[0].archived = false;
    for _ in 0..3 {
        feed.sync();
    }
    is_out(&feed, &browser).await;
    assert!(state_of(&feed, "worker1@willow.example", "pending"));
    let ben = feed.connected.app.as_manager();
    let list = ben.get(&links::pending_staff(feed.organisation)).await.text();
    assert!(list.contains("Left before") && !list.contains("(saved)"), "{list}");
    let person = id_of(&feed, "worker1@willow.example");
    let sent = send(&ben, &feed, &[person], &[("act", "approve"), ("preset", "carer")]).await;
    assert!(sent.text().contains("(left before)"), "{}", sent.text());
    let fields = [("act", "approve"), ("looked", "yes"), ("preset", "carer")];
    let sent = ben.post(&links::pending_person(feed.organisation, person), &fields).await;
    assert!(after(&ben, &sent).await.contains("is approved"));
    // The same account, the same staff member, and the password that they have.
    assert_eq!(feed.number("SELECT COUNT(*) FROM accounts WHERE email = 'worker1@willow.example'"), 1);
    assert_eq!(feed.number("SELECT COUNT(*) FROM staff_members WHERE email = 'worker1@willow.example'"), 1);
    let again = feed.signed_out();
    again.sign_in("worker1@willow.example", PASSWORD).await;
    assert_eq!(again.get(&links::residents(feed.organisation)).await.status, 200);
    let letter = feed.read(|conn| Ok(kinbridge::domain::letters::list(conn, 1)?)).remove(0);
    assert!(letter.body_text.contains("Sign in with the password that you have"), "{}", letter.body_text);
}

#[actix_web::test]
async fn a_short_answer_suspends_nobody() {
    let mut feed = working().await;
    feed.staff.truncate(3);
    for _ in 0..3 {
        feed.sync();
    }
    assert_eq!(feed.number("SELECT COUNT(*) FROM staff_members WHERE state = 'suspended'"), 0);
    feed.staff.clear();
    feed.sync();
    assert_eq!(feed.number("SELECT COUNT(*) FROM staff_members WHERE state = 'suspended'"), 0);
}

#[actix_web::test]
async fn the_last_super_manager_is_not_shut_out_by_a_vendor() {
    let mut feed = Feed::pairing().await;
    let mut mary = super::named("u-90", "Mary", "Jones", "mary@willow.example");
    mary.role = Some("Manager".into());
    crate::support::vendors::staff_member(&feed, &mary);
    feed.staff = (1..11).map(worker).chain([mary]).collect();
    feed.sync();
    feed.staff.last_mut().unwrap().archived = true;
    feed.sync();
    assert_eq!(feed.events("staff.kept"), 1);
    assert_eq!(feed.as_super().get(&links::settings(feed.organisation)).await.status, 200);
    assert_eq!(feed.number("SELECT COUNT(*) FROM staff_members WHERE state = 'suspended'"), 0);
}

#[actix_web::test]
async fn a_manager_suspends_with_a_reason_and_reinstates() {
    let feed = working().await;
    let browser = signed_in(&feed.connected.app, "worker1@willow.example").await;
    let ben = feed.connected.app.as_manager();
    let id = member(&feed, "worker1@willow.example");
    let act = |act: &str| links::staff_act(feed.organisation, id, act);
    assert_eq!(feed.as_stranger().post(&act("suspension"), &[("reason", "x")]).await.status, 404);
    assert_eq!(feed.as_staff().post(&act("suspension"), &[("reason", "x")]).await.status, 403);
    let without = ben.post(&act("suspension"), &[]).await;
    assert!(without.status == 422 && without.text().contains("Enter why they are suspended"));
    let done = ben.post(&act("suspension"), &[("reason", "Under investigation")]).await;
    assert!(after(&ben, &done).await.contains("Under investigation. Ben Carter"));
    is_out(&feed, &browser).await;
    // Listed there all the time: a sync says nothing about it.
    feed.sync();
    assert!(state_of(&feed, "worker1@willow.example", "approved"));
    let again = ben.post(&act("suspension"), &[("reason", "x")]).await;
    assert!(after(&ben, &again).await.contains("is suspended already"));
    let back = ben.post(&act("reinstatement"), &[]).await;
    assert!(after(&ben, &back).await.contains("Reinstated. They can sign in again."));
    let again = feed.signed_out();
    again.sign_in("worker1@willow.example", PASSWORD).await;
    assert_eq!(again.get(&links::residents(feed.organisation)).await.status, 200);
}

#[actix_web::test]
async fn a_manager_suspends_no_manager_and_nobody_themselves() {
    let feed = Feed::pairing().await;
    for (first, last, email) in
        [("Mary", "Jones", "mary@willow.example"), ("Ben", "Carter", "ben@willow.example")]
    {
        crate::support::vendors::staff_member(&feed, &super::named("x", first, last, email));
    }
    let ben = feed.connected.app.as_manager();
    let before = feed.digest();
    for (email, words) in
        [("mary@willow.example", "Only a super manager"), ("ben@willow.example", "yourself")]
    {
        let href = links::staff_act(feed.organisation, member(&feed, email), "suspension");
        let sent = ben.post(&href, &[("reason", "x")]).await;
        assert!(after(&ben, &sent).await.contains(words), "{email}");
    }
    let mut now = feed.digest();
    now.insert("open sessions", before["open sessions"]);
    assert_eq!(now, before);
}

#[actix_web::test]
async fn an_unused_link_is_sent_again_and_the_one_before_ends() {
    let feed = working().await;
    let ben = feed.connected.app.as_manager();
    let here = links::staff_member(feed.organisation, member(&feed, "worker1@willow.example"));
    let page = ben.get(&here).await.text();
    assert!(page.contains("Invited") && page.contains("It expires Wednesday 25 November"), "{page}");
    let sent = ben.post(&format!("{here}/invitation"), &[]).await;
    assert!(after(&ben, &sent).await.contains("We have emailed worker1@willow.example a new link"));
    let letters = feed.read(|conn| Ok(kinbridge::domain::letters::list(conn, 100)?));
    let theirs: Vec<_> = letters.iter().filter(|one| one.to_email == "worker1@willow.example").collect();
    assert_eq!(theirs.len(), 2);
    let path = |letter: &kinbridge::domain::letters::Kept| {
        let link = letter.body_text.split_whitespace().find(|word| word.contains("/activate/")).unwrap();
        link.strip_prefix("http://127.0.0.1:8080").unwrap().to_owned()
    };
    assert_ne!(feed.signed_out().post(&path(theirs[1]), &[("password", PASSWORD)]).await.status, 303);
    assert_eq!(feed.signed_out().post(&path(theirs[0]), &[("password", PASSWORD)]).await.status, 303);
}
