//! The link of the morning letter: a number for whoever holds it, the people for its approver, and the desk's own
//! decisions.

use kinbridge::domain::access::{ManagePeople, Permission, Platform, Role, Scope};
use kinbridge::domain::accounts;
use kinbridge::jobs::{purge, staff_access};
use kinbridge::links;

use super::{after, delegate, id_of, listing, state_of};
use crate::resets::{letters_to, link_in};
use crate::support::vendors::{Feed, worker};
use crate::support::{PASSWORD, Person, Visitor};

const DAY: i64 = 24 * 60 * 60;

/// Two wait in Oak Wing, and the letters of the morning are written.
async fn morning() -> Feed {
    let feed = listing(vec![worker(1), worker(2)]).await;
    staff_access::run(&feed.app.services).await.unwrap();
    feed
}

/// The path of the link in somebody's letter.
fn link_of(feed: &Feed, person: &Person) -> String {
    let all = letters_to(&feed.app, person.email);
    let letter = all.into_iter().find(|letter| letter.subject.contains("for approval")).expect("a letter");
    let path = link_in(&letter);
    assert!(path.starts_with("/who-waits/"), "{path}");
    path
}

fn token(path: &str) -> &str {
    path.strip_prefix("/who-waits/").unwrap()
}

fn page_of(feed: &Feed, path: &str) -> String {
    links::pending_of_letter(feed.organisation, token(path))
}

/// Follows the link as somebody signed in; where it leads.
async fn follow(feed: &Feed, visitor: &Visitor<'_>, path: &str) -> String {
    let page = visitor.get(path).await;
    assert_eq!((page.status, page.location()), (303, page_of(feed, path).as_str()), "{}", page.text());
    visitor.get(page.location()).await.text()
}

fn names(feed: &Feed) -> Vec<String> {
    feed.staff.iter().map(|one| one.last_name.clone()).collect()
}

#[actix_web::test]
async fn whoever_holds_the_link_learns_a_number_and_a_home_and_changes_nothing() {
    let feed = morning().await;
    let path = link_of(&feed, &feed.cast.manager);
    let before = crate::two_organisations::seed::rows(&feed.app);
    let holder = feed.app.signed_out();
    for _ in 0..20 {
        let page = holder.get(&path).await;
        assert_eq!(page.status, 200);
        let text = page.text();
        assert!(text.contains("2 staff wait for approval at Willow House Group."), "{text}");
        for name in names(&feed) {
            assert!(!text.contains(&name), "a name before the password: {text}");
        }
        assert!(!text.contains("Ben Carter") && !text.contains("worker1@"), "{text}");
        assert_eq!(page.header("referrer-policy"), Some("strict-origin"));
    }
    let page = holder.get(&page_of(&feed, &path)).await;
    assert!(page.location().starts_with("/sign-in?next="), "{}", page.status);
    assert_eq!(crate::two_organisations::seed::rows(&feed.app), before, "a look changes nothing");
    let kept = format!("SELECT COUNT(*) FROM approval_links WHERE token_hash = '{}'", token(&path));
    assert_eq!(feed.number(&kept), 0, "hashed at rest");
}

#[actix_web::test]
async fn the_approver_signs_in_and_decides_with_the_rules_of_the_desk() {
    let feed = morning().await;
    let path = link_of(&feed, &feed.cast.manager);
    let phone = feed.app.signed_out();
    let fields = [("email", "ben@willow.example"), ("password", PASSWORD), ("next", path.as_str())];
    assert_eq!(phone.post("/sign-in", &fields).await.location(), path);
    let text = follow(&feed, &phone, &path).await;
    assert!(names(&feed).iter().all(|name| text.contains(name.as_str())), "{text}");
    let back = page_of(&feed, &path);
    let body = phone.get(&back).await.body;
    assert!(body.contains("btn btn--big\" type=\"submit\" name=\"act\" value=\"approve\""), "{body}");

    let (one, other) = (id_of(&feed, "worker1@willow.example"), id_of(&feed, "worker2@willow.example"));
    let at = |id| links::pending_person(feed.organisation, id);
    // Nobody is approved without permissions, here as there.
    let page = phone.post(&at(one), &[("act", "approve"), ("back", &back)]).await;
    assert_eq!(page.status, 422, "{}", page.text());
    assert!(state_of(&feed, "worker1@willow.example", "pending"));
    let chosen = format!("preset-{one}");
    let fields = [("act", "approve"), ("back", back.as_str()), (chosen.as_str(), "carer")];
    let page = phone.post(&at(one), &fields).await;
    assert_eq!(page.location(), back);
    let text = after(&phone, &page).await;
    assert!(text.contains("is approved. We have emailed them a link"), "{text}");
    assert!(state_of(&feed, "worker1@willow.example", "approved"));
    assert_eq!(feed.events("staff.approved"), 1);
    assert!(feed.app.signed_out().get(&path).await.text().contains("1 staff waits for approval"));
    let page = phone.post(&at(other), &[("act", "reject"), ("back", &back)]).await;
    assert!(after(&phone, &page).await.contains("Nobody of this letter waits any more."));
    assert!(state_of(&feed, "worker2@willow.example", "rejected"));
    // Twice decides nothing twice.
    let page = phone.post(&at(other), &[("act", "reject"), ("back", &back)]).await;
    assert!(page.status == 422 || page.status == 303, "{}", page.status);
    assert_eq!(feed.events("staff.rejected"), 1);
    assert!(feed.app.signed_out().get(&path).await.text().contains("Nobody of this letter waits any more"));
}

#[actix_web::test]
async fn a_decision_goes_back_to_a_letter_of_ours_and_nowhere_else() {
    let feed = morning().await;
    let ben = feed.app.as_manager();
    let (one, list) = (id_of(&feed, "worker1@willow.example"), links::pending_staff(feed.organisation));
    for back in ["https://evil.example/", "//evil.example", "/account", "/org/999/staff/pending/letter/x"] {
        let at = links::pending_person(feed.organisation, one);
        let page = ben.post(&at, &[("act", "reject"), ("back", back)]).await;
        assert_eq!(page.location(), list, "{back}");
        ben.post(&links::rejected_staff(feed.organisation), &[("staff[]", &one.to_string())]).await;
    }
}

#[actix_web::test]
async fn a_link_is_for_its_approver_and_tells_others_so() {
    let feed = morning().await;
    let path = link_of(&feed, &feed.cast.manager);
    let app = &feed.app;
    for person in [
        &app.cast.super_manager,
        &app.cast.colleague,
        &app.cast.staff,
        &app.cast.relative,
        &app.cast.stranger,
    ] {
        let visitor = app.new_visitor(person);
        let page = visitor.get(&path).await;
        assert_eq!(page.status, 403, "{}", person.name);
        let text = page.text();
        assert!(text.contains("This letter was written to somebody else"), "{text}");
        assert!(text.contains(&format!("You are signed in as {}.", person.name)), "{text}");
        assert!(text.contains("Sign out") && text.contains("Go to your first page"), "{text}");
        assert!(!names(&feed).iter().any(|name| text.contains(name.as_str())), "{text}");
        let inside = visitor.get(&page_of(&feed, &path)).await;
        assert!(matches!(inside.status, 403 | 404), "{}: {}", person.name, inside.status);
        assert!(!names(&feed).iter().any(|name| inside.text().contains(name.as_str())));
    }
}

#[actix_web::test]
async fn a_password_typed_long_ago_is_asked_for_again() {
    let feed = morning().await;
    let path = link_of(&feed, &feed.cast.manager);
    let ben = feed.app.new_visitor(&feed.cast.manager);
    feed.pass(11 * 60);
    let page = ben.get(&page_of(&feed, &path)).await;
    assert_eq!(page.location(), links::confirm(&page_of(&feed, &path)));
    let fields = [("password", PASSWORD), ("next", &*page_of(&feed, &path))];
    assert_eq!(ben.post("/confirm", &fields).await.location(), page_of(&feed, &path));
    assert_eq!(ben.get(&page_of(&feed, &path)).await.status, 200);
}

#[actix_web::test]
async fn a_link_works_for_three_days_to_the_second() {
    let feed = morning().await;
    let path = link_of(&feed, &feed.cast.manager);
    feed.pass(3 * DAY - 1);
    assert_eq!(feed.app.signed_out().get(&path).await.status, 200);
    feed.pass(1);
    let page = feed.app.signed_out().get(&path).await;
    assert_eq!(page.status, 410);
    assert!(
        page.text().contains("It works for 3 days") && page.text().contains("Sign in"),
        "{}",
        page.text()
    );
    let ben = feed.app.new_visitor(&feed.cast.manager);
    assert_eq!(ben.get(&page_of(&feed, &path)).await.status, 410);
    assert_eq!(feed.app.signed_out().get("/who-waits/unknown").await.status, 410, "all alike");
    feed.pass(1);
    purge::run(&feed.app.services).await.unwrap();
    assert_eq!(feed.number("SELECT COUNT(*) FROM approval_links"), 0);
}

#[actix_web::test]
async fn a_link_ends_with_the_right_to_approve() {
    let feed = morning().await;
    let (ben, mary) = (link_of(&feed, &feed.cast.manager), link_of(&feed, &feed.cast.super_manager));
    let phone = feed.app.new_visitor(&feed.cast.manager);
    let scope = Scope::<ManagePeople>::for_the_portal(feed.organisation);
    let mut permissions = Permission::defaults(Role::Manager);
    permissions.remove(&Permission::ApproveStaff);
    let id = feed.cast.manager.membership.unwrap();
    feed.write(|tx| accounts::change_permissions(tx, &scope, id, &permissions));
    assert_eq!(feed.app.signed_out().get(&ben).await.status, 410);
    let again = feed.app.new_visitor(&feed.cast.manager);
    for visitor in [&phone, &again] {
        let page = visitor.get(&page_of(&feed, &ben)).await;
        assert!(page.status == 403 || page.location().starts_with("/sign-in"), "{}", page.status);
        assert!(!names(&feed).iter().any(|name| page.text().contains(name.as_str())));
    }
    let page = again.get(&ben).await;
    assert_eq!(page.status, 410);
    assert!(page.text().contains("only while you may approve staff"), "{}", page.text());
    let one = id_of(&feed, "worker1@willow.example");
    let back = page_of(&feed, &ben);
    let at = links::pending_person(feed.organisation, one);
    assert_eq!(again.post(&at, &[("act", "reject"), ("back", &back)]).await.status, 403);
    let rep = Platform::for_the_operator();
    let account = feed.cast.colleague.account;
    feed.write(|tx| accounts::disable(tx, &rep, account));
    assert_eq!(feed.app.signed_out().get(&mary).await.status, 200, "another's link stays");
}

#[actix_web::test]
async fn those_who_came_later_are_not_of_the_letter() {
    let mut feed = morning().await;
    let path = link_of(&feed, &feed.cast.manager);
    feed.pass(60 * 60);
    feed.staff.push(worker(3));
    feed.sync();
    assert!(feed.app.signed_out().get(&path).await.text().contains("2 staff wait"));
    let ben = feed.app.new_visitor(&feed.cast.manager);
    let text = follow(&feed, &ben, &path).await;
    assert!(!text.contains("worker3@willow.example"), "{text}");
    assert!(text.contains("Open the whole list of pending staff"), "{text}");
}

/// Staff with the right decide about people of their own places, also by a letter of when they had others.
#[actix_web::test]
async fn another_homes_people_are_not_there() {
    let feed = listing(vec![worker(1), worker(2)]).await;
    let amina = feed.cast.staff.clone();
    delegate(&feed, &amina, &[feed.cast.oak_wing], &[Permission::ViewStaff]);
    staff_access::run(&feed.app.services).await.unwrap();
    let path = link_of(&feed, &amina);
    let visitor = feed.app.new_visitor(&amina);
    assert!(follow(&feed, &visitor, &path).await.contains("worker1@willow.example"));
    delegate(&feed, &amina, &[feed.cast.garden_wing], &[Permission::ViewStaff]);
    assert!(feed.app.signed_out().get(&path).await.text().contains("Nobody of this letter waits any more"));
    let visitor = feed.app.new_visitor(&amina);
    assert!(follow(&feed, &visitor, &path).await.contains("Nobody of this letter waits any more"));
    let one = links::pending_person(feed.organisation, id_of(&feed, "worker1@willow.example"));
    let back = page_of(&feed, &path);
    assert_eq!(visitor.post(&one, &[("act", "reject"), ("back", &back)]).await.status, 404);
    assert!(state_of(&feed, "worker1@willow.example", "pending"));
    // Nor under another organisation's address.
    let elsewhere = links::pending_of_letter(feed.cast.elm, token(&path));
    assert_eq!(visitor.get(&elsewhere).await.status, 404);
    assert_eq!(feed.app.as_stranger().get(&elsewhere).await.status, 404);
}
