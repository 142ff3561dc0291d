//! Access that ends by itself, and the letters of the day.

use kinbridge::domain::access::Permission;
use kinbridge::jobs::{Outcome, staff_access};
use kinbridge::links;

use super::{after, delegate, id_of, listing, send};
use crate::support::vendors::{Feed, worker};

fn letters(feed: &Feed, subject: &str) -> Vec<kinbridge::domain::letters::Kept> {
    let all = feed.read(|conn| Ok(kinbridge::domain::letters::list(conn, 1000)?));
    all.into_iter().filter(|letter| letter.subject.contains(subject)).collect()
}

/// One member of staff whose last day is Tuesday 24 November; it is Sunday the 22nd.
async fn agency() -> Feed {
    let feed = listing(vec![worker(1)]).await;
    let ben = feed.as_manager();
    let person = id_of(&feed, "worker1@willow.example");
    let id = person.to_string();
    let fields = [("ids", id.as_str()), ("how", "carer"), ("until", "on"), ("ends_on", "24/11/2026")];
    assert_eq!(ben.post(&links::pending_permissions(feed.organisation, ""), &fields).await.status, 303);
    let sent = send(&ben, &feed, &[person], &[("act", "approve")]).await;
    assert!(after(&ben, &sent).await.contains("1 member of staff approved"));
    feed
}

const DAY: i64 = 24 * 60 * 60;

#[actix_web::test]
async fn access_ends_by_itself_after_its_last_day() {
    let feed = agency().await;
    let job = staff_access::run(&feed.app.services).await.unwrap();
    assert_eq!(job, Outcome::Idle);
    let letter = letters(&feed, "Activate your").remove(0);
    assert!(
        letter.body_text.contains("It ends by itself after Tuesday 24 November 2026"),
        "{}",
        letter.body_text
    );
    feed.pass(DAY);
    let job = staff_access::run(&feed.app.services).await.unwrap();
    assert_eq!(job, Outcome::Worked(2), "both who may extend it are written to");
    assert_eq!(letters(&feed, "ends tomorrow").len(), 2);
    staff_access::run(&feed.app.services).await.unwrap();
    assert_eq!(letters(&feed, "ends tomorrow").len(), 2, "once");
    let live = "SELECT COUNT(*) FROM memberships WHERE ends_on IS NOT NULL AND ended_at IS NULL";
    // The whole last day, and not a minute of the next.
    feed.pass(DAY);
    staff_access::run(&feed.app.services).await.unwrap();
    assert_eq!(feed.number(live), 1);
    feed.pass(14 * 60 * 60);
    staff_access::run(&feed.app.services).await.unwrap();
    assert_eq!(feed.number(live), 0);
    assert_eq!(feed.events("staff.ended"), 1);
    let ben = feed.app.new_visitor(&feed.cast.manager);
    let id = kinbridge::kit::ids::StaffMemberId(feed.number("SELECT MAX(id) FROM staff_members"));
    let page = ben.get(&links::staff_member(feed.organisation, id)).await.text();
    assert!(page.contains("Access ended after 24 November 2026"), "{page}");
}

#[actix_web::test]
async fn one_press_on_the_page_of_the_letter_extends_it() {
    let feed = agency().await;
    feed.pass(DAY);
    staff_access::run(&feed.app.services).await.unwrap();
    let letter = letters(&feed, "ends tomorrow").remove(0);
    let link = letter.body_text.split_whitespace().find(|word| word.starts_with("http://")).unwrap();
    let path = link.strip_prefix("http://127.0.0.1:8080").unwrap();
    let ben = feed.app.new_visitor(&feed.cast.manager);
    let page = ben.get(path).await.text();
    assert!(page.contains("Extend by a week") && page.contains("24 November 2026"), "{page}");
    let extended = ben.post(&format!("{path}/extension"), &[]).await;
    assert!(after(&ben, &extended).await.contains("keeps access until 1 December 2026"));
    feed.pass(3 * DAY);
    staff_access::run(&feed.app.services).await.unwrap();
    assert_eq!(feed.events("staff.ended"), 0);
}

#[actix_web::test]
async fn those_who_may_approve_get_one_letter_a_day_with_counts_of_their_own_places() {
    let feed = listing(vec![worker(1), worker(2)]).await;
    let amina = feed.cast.staff.clone();
    delegate(&feed, &amina, &[feed.cast.garden_wing], &[Permission::ViewStaff]);
    // 10:00 in London: the morning's letter is due. Staff of Garden Wing have nobody waiting.
    staff_access::run(&feed.app.services).await.unwrap();
    staff_access::run(&feed.app.services).await.unwrap();
    let written = letters(&feed, "wait for approval");
    let mut to: Vec<&str> = written.iter().map(|letter| letter.to_email.as_str()).collect();
    to.sort_unstable();
    assert_eq!(to, ["ben@willow.example", "mary@willow.example"]);
    assert!(written[0].body_text.contains("2 staff wait for approval at Willow House Group."));
    for name in [&feed.staff[0].last_name, &feed.staff[1].last_name] {
        assert!(!written[0].body_text.contains(name.as_str()), "counts only");
    }
    let ben = feed.connected.app.as_manager();
    let stopped = ben.post(&links::pending_digest(feed.organisation), &[("wanted", "no")]).await;
    assert!(after(&ben, &stopped).await.contains("You get no more emails about pending staff"));
    feed.pass(DAY);
    staff_access::run(&feed.app.services).await.unwrap();
    assert_eq!(letters(&feed, "wait for approval").len(), 3);
    // Nobody waits, nobody is written to.
    let ben = feed.app.new_visitor(&feed.cast.manager);
    ben.post(&links::pending_staff(feed.organisation), &[("whom", "all"), ("act", "reject")]).await;
    feed.pass(DAY);
    assert_eq!(staff_access::run(&feed.app.services).await.unwrap(), Outcome::Idle);
}

#[actix_web::test]
async fn whoever_is_added_by_hand_again_has_no_last_day() {
    let feed = agency().await;
    feed.pass(4 * DAY);
    staff_access::run(&feed.app.services).await.unwrap();
    let live = "SELECT COUNT(*) FROM memberships m JOIN accounts a ON a.id = m.account_id \
                WHERE a.email = 'worker1@willow.example' AND m.ended_at IS NULL";
    assert_eq!(feed.number(live), 0);
    let mary = feed.app.new_visitor(&feed.cast.super_manager);
    let fields = [("name", "Back Again"), ("email", "worker1@willow.example"), ("role", "staff")];
    assert_eq!(mary.post(&links::settings_people(feed.organisation), &fields).await.status, 303);
    staff_access::run(&feed.app.services).await.unwrap();
    assert_eq!(feed.number(live), 1);
}
