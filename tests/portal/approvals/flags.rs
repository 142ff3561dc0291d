//! What has to be looked at before somebody is let in.

use kinbridge::links;

use super::{after, id_of, listing, named, send};
use crate::support::vendors::{Feed, staff_member, worker};

#[actix_web::test]
async fn every_flag_shows_and_holds_an_approval_up_until_somebody_has_looked() {
    let mut outside = named("u-7", "Olga", "Outside", "olga.o@willow.example");
    outside.service_id = Some("s-9".into());
    let mut feed = Feed::pairing().await;
    feed.note_service("s-9", "Riverside");
    let mut namesake = worker(5);
    namesake.email = Some("another@willow.example".into());
    staff_member(&feed, &namesake);
    feed.staff = vec![
        named("u-1", "Dev", "Patel", "dev@willow.example"),
        named("u-2", "Dev", "Patel", "dev@willow.example"),
        named("u-3", "Ann", "One", "office@willow.example"),
        named("u-4", "Bob", "Two", "office@willow.example"),
        worker(5),
        outside,
    ];
    feed.sync();
    let ben = feed.connected.app.as_manager();
    let list = ben.get(&links::pending_staff(feed.organisation)).await.text();
    for flag in ["Duplicate", "Shared email", "Look-alike", "Outside home"] {
        assert!(list.contains(flag), "{flag}: {list}");
    }
    let fields = [("whom", "all"), ("act", "approve"), ("preset", "carer")];
    let sent = ben.post(&links::pending_staff(feed.organisation), &fields).await;
    assert_eq!(sent.status, 422, "nobody can be approved");
    assert!(sent.text().contains("Look at Olga Outside first (outside home)"), "{}", sent.text());
    let person = id_of(&feed, "olga.o@willow.example");
    let page = ben.get(&links::pending_person(feed.organisation, person)).await.text();
    assert!(page.contains("none of the homes or zones here") && page.contains("I have looked"), "{page}");
    let looked = ben.post(&links::pending_person(feed.organisation, person), &[("act", "looked")]).await;
    assert!(after(&ben, &looked).await.contains("Ben Carter has looked"));
    let sent = send(&ben, &feed, &[person], &[("act", "approve"), ("preset", "carer")]).await;
    assert!(after(&ben, &sent).await.contains("1 member of staff approved"));
}

#[actix_web::test]
async fn a_look_counts_for_what_was_seen_only() {
    let mut feed = listing(vec![named("u-1", "Ann", "One", "ann@willow.example")]).await;
    feed.staff.push(named("u-2", "Ann", "One", "ann2@willow.example"));
    feed.sync();
    let ben = feed.connected.app.as_manager();
    let person = id_of(&feed, "ann@willow.example");
    ben.post(&links::pending_person(feed.organisation, person), &[("act", "looked")]).await;
    // Something new to see since.
    feed.staff.push(named("u-3", "Bob", "Two", "ann@willow.example"));
    feed.sync();
    let sent = send(&ben, &feed, &[person], &[("act", "approve"), ("preset", "carer")]).await;
    assert!(sent.text().contains("Look at Ann One first (look-alike, shared email)"), "{}", sent.text());
}

#[actix_web::test]
async fn two_of_one_list_with_one_address_are_not_let_in_as_one_person() {
    let feed = listing(vec![
        named("u-1", "Ann", "One", "office@willow.example"),
        named("u-2", "Bob", "Two", "office@willow.example"),
    ])
    .await;
    let ben = feed.connected.app.as_manager();
    let ids = feed.number("SELECT MIN(id) FROM approvals");
    for id in [ids, ids + 1] {
        let person = kinbridge::kit::ids::ApprovalId(id);
        ben.post(&links::pending_person(feed.organisation, person), &[("act", "looked")]).await;
    }
    let fields = [("whom", "all"), ("act", "approve"), ("preset", "carer")];
    let sent = ben.post(&links::pending_staff(feed.organisation), &fields).await;
    let text = after(&ben, &sent).await;
    assert!(
        text.contains("1 member of staff approved") && text.contains("somebody already uses office@"),
        "{text}"
    );
    assert_eq!(feed.events("staff.approved"), 1);
}
