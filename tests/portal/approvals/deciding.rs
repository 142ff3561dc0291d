//! Approving and rejecting: what follows, what is said, and that nothing happens twice.

use kinbridge::domain::access::Permission;
use kinbridge::domain::approvals::{self, Approving};
use kinbridge::links;

use super::{after, id_of, listing, named, send, state_of};
use crate::support::vendors::{Feed, staff_member, worker};

#[actix_web::test]
async fn an_approved_person_gets_an_account_places_a_letter_and_a_place_on_the_staff_list() {
    let feed = listing(vec![named("u-1", "Amina", "Farouk", "amina.f@willow.example")]).await;
    let ben = feed.connected.app.as_manager();
    let before = feed.digest();
    let person = id_of(&feed, "amina.f@willow.example");
    let sent = send(&ben, &feed, &[person], &[("act", "approve"), ("preset", "senior carer")]).await;
    let text = after(&ben, &sent).await;
    assert!(
        text.contains("1 member of staff approved. We have emailed them a link to activate their account."),
        "{text}"
    );
    assert!(text.contains("No staff are waiting"));
    let now = feed.digest();
    for table in ["accounts", "memberships", "membership_places", "staff_members", "pairings", "activations"]
    {
        assert_eq!(now[table], before[table] + 1, "{table}");
    }
    // One letter, one event.
    assert_eq!(now["letters"], before["letters"] + 1);
    assert_eq!(feed.events("staff.approved"), 1);
    assert_eq!(now["audit_events"], before["audit_events"] + 1);
    let letter = feed.read(|conn| Ok(kinbridge::domain::letters::list(conn, 1)?)).remove(0);
    assert_eq!(letter.to_email, "amina.f@willow.example");
    assert!(
        letter
            .body_text
            .contains("Ben Carter has approved your account at Willow House Group as Senior carer."),
        "{}",
        letter.body_text
    );
    assert!(letter.body_text.contains("for 72 hours"));
    let log = ben.get(&links::settings_audit(feed.organisation)).await.text();
    assert!(log.contains("approved Amina Farouk as Senior carer"), "{log}");
    // The link makes them somebody who signs in.
    let link = letter.body_text.split_whitespace().find(|word| word.contains("/activate/")).unwrap();
    let path = link.strip_prefix("http://127.0.0.1:8080").unwrap();
    let amina = feed.signed_out();
    assert_eq!(amina.get(path).await.status, 200);
    let words = [("password", "harbour lantern mosaic")];
    assert_eq!(amina.post(path, &words).await.status, 303);
    let staff = amina.get(&links::residents(feed.organisation)).await;
    assert_eq!(staff.status, 200);
    assert_eq!(amina.get(&links::staff(feed.organisation)).await.status, 200, "a senior carer sees the list");
    assert_eq!(amina.get(&links::pending_staff(feed.organisation)).await.status, 403);
}

#[actix_web::test]
async fn somebody_on_the_staff_list_is_not_added_again() {
    let mut feed = Feed::pairing().await;
    staff_member(&feed, &worker(1));
    feed.staff = vec![worker(1)];
    feed.sync();
    let person = id_of(&feed, "worker1@willow.example");
    let ben = feed.connected.app.as_manager();
    let sent = send(&ben, &feed, &[person], &[("act", "approve"), ("preset", "carer")]).await;
    assert!(after(&ben, &sent).await.contains("1 member of staff approved"));
    assert_eq!(feed.count("staff_members"), 1);
    assert_eq!(feed.number("SELECT COUNT(*) FROM staff_members WHERE account_id IS NOT NULL"), 1);
    assert_eq!(feed.count("pairings"), 1);
}

#[actix_web::test]
async fn a_new_person_is_paired_by_the_approval_and_a_sync_leaves_both_alone() {
    let feed = listing(vec![worker(1), worker(2)]).await;
    let ben = feed.connected.app.as_manager();
    let both = [id_of(&feed, "worker1@willow.example"), id_of(&feed, "worker2@willow.example")];
    send(&ben, &feed, &both, &[("act", "approve"), ("preset", "carer")]).await;
    let made = "SELECT COUNT(*) FROM pairings WHERE origin = 'User' AND kind = 'staff' AND ended_at IS NULL";
    assert_eq!(feed.number(made), 2);
    let before = feed.digest();
    for _ in 0..2 {
        feed.sync();
    }
    let now = feed.digest();
    for table in ["accounts", "memberships", "staff_members", "pairings", "approvals", "letters"] {
        assert_eq!(now[table], before[table], "{table}");
    }
    assert!(ben.get(&links::pending_staff(feed.organisation)).await.text().contains("No staff are waiting"));
}

#[actix_web::test]
async fn create_mode_works_the_same_way() {
    let mut feed = Feed::creating().await;
    feed.staff = vec![worker(1)];
    feed.sync();
    let ruth = feed.as_stranger();
    let person = id_of(&feed, "worker1@willow.example");
    let look = [("act", "approve"), ("looked", "yes"), ("preset", "")];
    // Oak Wing is no place of Elm Trust: that has to be looked at.
    let sent = send(&ruth, &feed, &[person], &[("act", "approve"), ("preset", "carer")]).await;
    assert!(sent.status == 422 && sent.text().contains("outside home"), "{}", sent.text());
    let chosen = format!("preset-{person}");
    let fields = [look[0], look[1], (chosen.as_str(), "carer")];
    let sent = ruth.post(&links::pending_person(feed.organisation, person), &fields).await;
    assert!(after(&ruth, &sent).await.contains("is approved"), "{}", sent.text());
}

#[actix_web::test]
async fn nobody_is_approved_without_permissions_and_the_page_says_so() {
    let feed = listing(vec![named("u-1", "Amina", "Farouk", "amina.f@willow.example")]).await;
    let ben = feed.connected.app.as_manager();
    let person = id_of(&feed, "amina.f@willow.example");
    let before = feed.digest();
    let sent = send(&ben, &feed, &[person], &[("act", "approve")]).await;
    assert_eq!(sent.status, 422);
    assert!(sent.text().contains("Choose staff permissions for Amina Farouk"), "{}", sent.text());
    assert!(sent.body.contains(&format!("href=\"#preset-{person}\"")));
    assert!(sent.body.contains("data-row checked"), "what was ticked stays ticked");
    let nobody = send(&ben, &feed, &[], &[("act", "approve"), ("preset", "carer")]).await;
    assert_eq!(nobody.status, 422);
    assert!(nobody.text().contains("Select the staff you want to approve or reject"), "{}", nobody.text());
    assert_eq!(feed.digest(), before);
}

#[actix_web::test]
async fn some_are_approved_and_the_others_are_named_with_the_reason() {
    let feed = listing(vec![
        named("u-1", "Dev", "Patel", "dev@willow.example"),
        named("u-3", "Odd", "Address", "odd@"),
        named("u-4", "Peter", "Relative", "peter@family.example"),
        named("u-5", &"Long".repeat(60), "Name", "long@willow.example"),
    ])
    .await;
    let ben = feed.connected.app.as_manager();
    let list = ben.get(&links::pending_staff(feed.organisation)).await.text();
    assert!(list.contains("odd@"), "{list}");
    let look = links::pending_person(feed.organisation, id_of(&feed, "peter@family.example"));
    ben.post(&look, &[("act", "looked")]).await;
    let fields = [("whom", "all"), ("act", "approve"), ("preset", "carer")];
    let sent = ben.post(&links::pending_staff(feed.organisation), &fields).await;
    let text = after(&ben, &sent).await;
    for part in [
        "1 member of staff approved",
        "Odd Address: the email in Nourish is not an address",
        "Peter Relative was not approved: somebody already uses peter@family.example",
        "the name in Nourish cannot be an account’s",
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    assert_eq!(feed.events("staff.approved"), 1);
}

#[actix_web::test]
async fn a_replayed_form_does_nothing_and_the_second_of_two_managers_is_told_who_was_first() {
    let feed = listing(vec![named("u-1", "Dev", "Patel", "dev@willow.example")]).await;
    let person = id_of(&feed, "dev@willow.example");
    let (ben, mary) = (feed.as_manager(), feed.as_super());
    let fields = [("act", "approve"), ("preset", "carer")];
    send(&ben, &feed, &[person], &fields).await;
    let before = feed.digest();
    for second in [&ben, &mary] {
        let sent = send(second, &feed, &[person], &fields).await;
        assert!(sent.text().contains("Ben Carter has already approved Dev Patel"), "{}", sent.text());
    }
    let sent = send(&mary, &feed, &[person], &[("act", "reject")]).await;
    assert!(after(&mary, &sent).await.contains("Ben Carter has already approved Dev Patel"));
    assert_eq!(feed.digest(), before);
}

#[actix_web::test]
async fn of_many_managers_at_once_one_approves() {
    let feed = listing(vec![worker(1)]).await;
    let person = id_of(&feed, "worker1@willow.example");
    let carer = Permission::defaults(kinbridge::domain::access::Role::Staff);
    let granted = Some((kinbridge::domain::access::Role::Staff, carer));
    let wanted = vec![Approving { id: person, granted, sign_in_name: String::new() }];
    let (db, org) = (feed.app.services.db.clone(), feed.organisation);
    let threads: Vec<_> = (0..8)
        .map(|_| {
            let (db, wanted) = (db.clone(), wanted.clone());
            std::thread::spawn(move || {
                let scope = kinbridge::domain::access::Scope::for_the_portal(org);
                db.write_now(|tx| approvals::approve(tx, &scope, &wanted, "http://x")).unwrap().done.len()
            })
        })
        .collect();
    let done: usize = threads.into_iter().map(|thread| thread.join().unwrap()).sum();
    assert_eq!(done, 1);
    assert_eq!((feed.count("letters"), feed.events("staff.approved")), (1, 1));
}

#[actix_web::test]
async fn the_rejected_stay_rejected_until_somebody_adds_them() {
    let mut feed = listing(vec![named("u-1", "Dev", "Patel", "dev@willow.example"), worker(2)]).await;
    let ben = feed.connected.app.as_manager();
    let person = id_of(&feed, "dev@willow.example");
    let sent = send(&ben, &feed, &[person], &[("act", "reject"), ("reason", "Works for the agency")]).await;
    let text = after(&ben, &sent).await;
    assert!(text.contains("1 member of staff rejected.") && text.contains("Undo"), "{text}");
    let list = ben.get(&links::rejected_staff(feed.organisation)).await.text();
    for part in ["Dev Patel", "Works for the agency", "Ben Carter", "Rejected staff 1"] {
        assert!(list.contains(part), "{part}: {list}");
    }
    // A sync leaves them there, also under another identifier and surname, and so does a change.
    feed.sync();
    feed.staff[0].external_id = "u-1-new".into();
    feed.staff[0].last_name = "Patel-Smith".into();
    feed.sync();
    feed.sync();
    assert_eq!(feed.number("SELECT COUNT(*) FROM approvals WHERE state = 'pending'"), 1);
    assert_eq!(feed.number("SELECT COUNT(*) FROM approvals WHERE state = 'rejected'"), 2);
    let back = links::rejected_staff(feed.organisation);
    let id = person.to_string();
    let added = ben.post(&back, &[("staff[]", &id)]).await;
    assert!(after(&ben, &added).await.contains("back in pending staff"));
    assert!(state_of(&feed, "dev@willow.example", "pending") || feed.count("approvals") == 3);
    // Once: a replay is told.
    let again = ben.post(&back, &[("staff[]", &id)]).await;
    assert!(after(&ben, &again).await.contains("is waiting already"));
}

#[actix_web::test]
async fn undo_of_a_rejection_puts_them_back() {
    let feed = listing(vec![worker(1), worker(2)]).await;
    let ben = feed.connected.app.as_manager();
    let fields = [("whom", "all"), ("act", "reject")];
    let sent = ben.post(&links::pending_staff(feed.organisation), &fields).await;
    let page = ben.get(sent.location()).await;
    let at = page.body.find("/staff/rejected?ids=").unwrap();
    let href = page.body[..].split_at(at).1.split('"').next().unwrap();
    let undone = ben.post(&format!("/org/{}{href}", feed.organisation), &[]).await;
    assert!(after(&ben, &undone).await.contains("2 staff are back in pending staff"));
    assert_eq!(feed.number("SELECT COUNT(*) FROM approvals WHERE state = 'pending'"), 2);
}
