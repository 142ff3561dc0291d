//! Who sees the list, and what a sync puts on it.

use kinbridge::domain::access::{ManagePeople, Role, Scope};
use kinbridge::domain::accounts::{self, NewAccount};
use kinbridge::kit::email_address::EmailAddress;
use kinbridge::links;

use super::{after, delegate, id_of, listing, named, send, state_of};
use crate::support::vendors::{Feed, staff_member, worker};

#[actix_web::test]
async fn a_stranger_gets_404_and_those_without_the_right_403() {
    let feed = listing(vec![worker(1)]).await;
    let person = id_of(&feed, "worker1@willow.example");
    let willow = feed.organisation;
    for page in [
        links::pending_staff(willow),
        links::rejected_staff(willow),
        links::pending_person(willow, person),
        links::pending_permissions(willow, &person.to_string()),
    ] {
        assert_eq!(feed.as_stranger().get(&page).await.status, 404, "{page}");
        assert_eq!(feed.as_colleague().get(&page).await.status, 403, "{page}");
        assert_eq!(feed.as_staff().get(&page).await.status, 403, "{page}");
        assert_eq!(feed.as_manager().get(&page).await.status, 200, "{page}");
    }
    // Under the stranger's own organisation it is not there either.
    let theirs = links::pending_person(feed.cast.elm, person);
    assert_eq!(feed.as_stranger().get(&theirs).await.status, 404);
    let before = feed.digest();
    assert_eq!(feed.as_stranger().post(&theirs, &[("act", "reject")]).await.status, 404);
    let list = links::pending_staff(feed.cast.elm);
    let id = person.to_string();
    let fields = [("staff[]", id.as_str()), ("act", "approve"), ("preset", "carer")];
    let answer = feed.as_stranger().post(&list, &fields).await;
    assert!(!answer.text().contains("Crowther") && answer.status < 500);
    assert_eq!(feed.as_staff().post(&links::sync_pending_staff(willow), &[]).await.status, 403);
    let mut after = feed.digest();
    after.insert("open sessions", before["open sessions"]);
    assert_eq!(after, before);
}

#[actix_web::test]
async fn whoever_is_listed_and_has_no_account_waits() {
    let mut feed = Feed::pairing().await;
    // One is on the staff list already, one has an account, one has left, one is new.
    staff_member(&feed, &worker(1));
    let mut ben = named("u-50", "Ben", "Carter", "ben@willow.example");
    ben.role = Some("Manager".into());
    let mut gone = worker(3);
    gone.archived = true;
    let mut manager = worker(2);
    manager.role = Some("Manager".into());
    manager.job_title = Some("Deputy <b>Manager</b>".into());
    feed.staff = vec![worker(1), manager, gone, ben];
    feed.sync();
    let list = feed.as_manager().get(&links::pending_staff(feed.organisation)).await;
    let text = list.text();
    for part in ["Pending staff 2", "worker1@willow.example", "worker2@willow.example", "Manager", "Oak Wing"]
    {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    assert!(!text.contains("worker3@willow.example") && !text.contains("Ben Carter Email"), "{text}");
    assert!(!list.body.contains("<b>Manager"), "a job title is text");
    // Ben has an account: his row says so and does not wait.
    assert!(state_of(&feed, "ben@willow.example", "approved"));
    // Paired is known from new.
    let own = |email: &str| links::pending_person(feed.organisation, id_of(&feed, email));
    let ben = feed.as_manager();
    assert!(ben.get(&own("worker1@willow.example")).await.text().contains("Paired with a staff member here"));
    assert!(ben.get(&own("worker2@willow.example")).await.text().contains("New: approving adds them"));
}

#[actix_web::test]
async fn a_second_sync_adds_nobody_and_follows_what_changed() {
    let mut feed = listing((1..11).map(worker).collect()).await;
    feed.sync();
    assert_eq!(feed.count("approvals"), 10);
    feed.staff[0].job_title = Some("Nurse".into());
    feed.staff[1].archived = true;
    feed.sync();
    let text = feed.as_manager().get(&links::pending_staff(feed.organisation)).await.text();
    assert!(text.contains("Nurse") && !text.contains("worker2@willow.example"), "{text}");
    assert!(state_of(&feed, "worker2@willow.example", "gone"));
    // Whoever is listed again waits again, and says so.
    feed.staff[1].archived = false;
    feed.sync();
    let text = feed.as_manager().get(&links::pending_staff(feed.organisation)).await.text();
    assert!(text.contains("worker2@willow.example") && text.contains("Left before"), "{text}");
}

#[actix_web::test]
async fn an_account_that_is_made_by_hand_takes_a_person_off_the_list() {
    let mut feed = listing(vec![worker(1)]).await;
    let name = format!("{} {}", feed.staff[0].first_name, feed.staff[0].last_name);
    let email = EmailAddress::parse("worker1@willow.example").unwrap();
    let scope = Scope::<ManagePeople>::for_the_portal(feed.organisation);
    feed.write(|tx| accounts::add_member(tx, &scope, &NewAccount { email, name }, Role::Staff));
    feed.staff[0].job_title = Some("Nurse".into());
    feed.sync();
    assert!(state_of(&feed, "worker1@willow.example", "approved"));
}

#[actix_web::test]
async fn the_list_is_searched_filtered_and_sorted() {
    let mut manager = named("u-2", "Zoe", "Adams", "zoe@willow.example");
    manager.role = Some("Manager".into());
    let mut root = named("u-3", "Rooty", "McRoot", "root@willow.example");
    root.role = Some("Root".into());
    let feed = listing(vec![named("u-1", "Béatrice", "Zimmer", "bea@willow.example"), manager, root]).await;
    let ben = feed.connected.app.as_manager();
    let list = links::pending_staff(feed.organisation);
    for (query, there, not) in [
        ("?q=beatrice", "bea@willow", "zoe@willow"),
        ("?role=manager", "zoe@willow", "bea@willow"),
        ("?role=other", "root@willow", "bea@willow"),
        ("?flags=yes", "Nobody fits", "bea@willow"),
        ("?q=50%25_", "Nobody fits", "bea@willow"),
    ] {
        let text = ben.get(&format!("{list}{query}")).await.text();
        assert!(text.contains(there) && !text.contains(not), "{query}: {text}");
    }
    let by_name = ben.get(&format!("{list}?sort=name")).await.body;
    assert!(by_name.find("zoe@willow") < by_name.find("bea@willow"));
    // A word that is none of ours is shown as it is, and gives nothing.
    let page = ben.get(&links::pending_person(feed.organisation, id_of(&feed, "root@willow.example"))).await;
    assert!(page.text().contains("Role in Nourish Root") && page.text().contains("Nothing chosen yet"));
}

#[actix_web::test]
async fn start_sync_asks_for_staff_once_however_often_it_is_pressed() {
    let feed = listing(vec![worker(1)]).await;
    let ben = feed.connected.app.as_manager();
    let start = links::sync_pending_staff(feed.organisation);
    let first = ben.post(&start, &[]).await;
    let again = ben.post(&start, &[]).await;
    assert_eq!((first.status, first.location()), (303, again.location()));
    assert!(after(&ben, &again).await.contains("was running already"));
    let waiting = "SELECT COUNT(*) FROM sync_runs WHERE state = 'requested' AND scope = 'staff'";
    assert_eq!(feed.number(waiting), 1);
    feed.work();
    // Where there is no connection, words instead.
    let elm = feed.as_stranger();
    let answer = elm.post(&links::sync_pending_staff(feed.cast.elm), &[]).await;
    assert!(after(&elm, &answer).await.contains("No care record system is connected yet"));
}

#[actix_web::test]
async fn staff_who_may_approve_see_people_of_their_own_places_only() {
    let mut feed = Feed::pairing().await;
    feed.services.insert("s-2".into(), "Garden Wing".into());
    feed.note_service("s-2", "Garden Wing");
    let mut garden = worker(2);
    garden.service_id = Some("s-2".into());
    feed.staff = vec![worker(1), garden];
    feed.sync();
    let amina = feed.cast.staff.clone();
    delegate(&feed, &amina, &[feed.cast.garden_wing], &[]);
    let browser = feed.new_visitor(&amina);
    let list = browser.get(&links::pending_staff(feed.organisation)).await.text();
    assert!(list.contains("worker2@willow.example") && !list.contains("worker1@willow.example"), "{list}");
    assert!(list.contains("Pending staff 1") && !list.contains("Start sync"), "{list}");
    let other = id_of(&feed, "worker1@willow.example");
    assert_eq!(browser.get(&links::pending_person(feed.organisation, other)).await.status, 404);
    let before = feed.digest();
    let sent = send(&browser, &feed, &[other], &[("act", "approve"), ("preset", "carer")]).await;
    assert!(!after(&browser, &sent).await.contains("approved. We have emailed"));
    assert_eq!(feed.digest(), before);
    let own = id_of(&feed, "worker2@willow.example");
    let sent = send(&browser, &feed, &[own], &[("act", "approve"), ("preset", "carer")]).await;
    assert!(after(&browser, &sent).await.contains("1 member of staff approved"));
}
