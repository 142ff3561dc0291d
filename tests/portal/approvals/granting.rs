//! Who may grant what: nobody grants what they do not hold.

use kinbridge::domain::access::{ManagePeople, Permission, Role, Scope};
use kinbridge::domain::accounts;
use kinbridge::links;

use super::{after, delegate, id_of, listing, named, send};
use crate::support::vendors::worker;

#[actix_web::test]
async fn a_manager_approves_as_staff_and_only_a_super_manager_as_manager() {
    let mut deputy = named("u-1", "Helen", "Brierley", "helen@willow.example");
    deputy.role = Some("Manager".into());
    let feed = listing(vec![deputy]).await;
    let (ben, mary) = (feed.as_manager(), feed.as_super());
    let person = id_of(&feed, "helen@willow.example");
    let page = ben.get(&links::pending_person(feed.organisation, person)).await;
    assert!(page.text().contains("only a super manager can approve somebody as manager"), "{}", page.text());
    assert!(!page.body.contains("value=\"manager\"") && page.body.contains("value=\"carer\""));
    // A form that says it anyway.
    let before = feed.digest();
    let sent = send(&ben, &feed, &[person], &[("act", "approve"), ("preset", "manager")]).await;
    assert!(sent.status == 422 && sent.text().contains("Only a super manager"), "{}", sent.text());
    assert_eq!(feed.digest(), before);
    let sent = send(&mary, &feed, &[person], &[("act", "approve"), ("preset", "manager")]).await;
    assert!(after(&mary, &sent).await.contains("1 member of staff approved"));
    let managers = "SELECT COUNT(*) FROM memberships m JOIN accounts a ON a.id = m.account_id \
                    WHERE a.email = 'helen@willow.example' AND m.role = 'manager'";
    assert_eq!(feed.number(managers), 1);
}

#[actix_web::test]
async fn nobody_grants_what_they_do_not_hold() {
    let feed = listing(vec![worker(1)]).await;
    let amina = feed.cast.staff.clone();
    delegate(&feed, &amina, &[feed.cast.willow_house], &[]);
    let browser = feed.new_visitor(&amina);
    let person = id_of(&feed, "worker1@willow.example");
    let list = browser.get(&links::pending_staff(feed.organisation)).await.body;
    assert!(list.contains("value=\"carer\"") && !list.contains("value=\"senior carer\""));
    let before = feed.digest();
    for preset in ["senior carer", "team leader", "manager"] {
        let sent = send(&browser, &feed, &[person], &[("act", "approve"), ("preset", preset)]).await;
        assert!(sent.status == 422, "{preset}: {}", sent.text());
        assert!(sent.text().contains("was not approved"), "{preset}: {}", sent.text());
    }
    // One by one, in the form of permissions.
    let fields = [
        ("ids", person.to_string()),
        ("how", "ticked".to_owned()),
        ("permissions[]", "edit residents".to_owned()),
        ("permissions[]", "manage integrations".to_owned()),
    ];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let sent = browser.post(&links::pending_permissions(feed.organisation, ""), &fields).await;
    assert!(sent.status == 422 && sent.text().contains("cannot"), "{}", sent.text());
    // Places outside their own.
    let court = feed.cast.oak_court.to_string();
    let id = person.to_string();
    let fields = [("ids", id.as_str()), ("where", "set"), ("places[]", court.as_str())];
    let sent = browser.post(&links::pending_permissions(feed.organisation, ""), &fields).await;
    assert!(sent.status == 404 || sent.status == 422, "{}", sent.text());
    assert_eq!(feed.digest(), before);
}

#[actix_web::test]
async fn a_right_that_was_taken_away_counts_from_the_same_moment() {
    let feed = listing(vec![worker(1)]).await;
    let ben = feed.connected.app.as_manager();
    let person = id_of(&feed, "worker1@willow.example");
    let scope = Scope::<ManagePeople>::for_the_portal(feed.organisation);
    let mut rest = Permission::defaults(Role::Manager);
    rest.remove(&Permission::ApproveStaff);
    let membership = feed.cast.manager.membership.unwrap();
    feed.write(|tx| accounts::change_permissions(tx, &scope, membership, &rest));
    let sent = send(&ben, &feed, &[person], &[("act", "approve"), ("preset", "carer")]).await;
    assert_eq!(sent.status, 403);
    assert_eq!(feed.events("staff.approved"), 0);
}

#[actix_web::test]
async fn permissions_are_edited_for_many_with_before_and_after() {
    let feed = listing(vec![worker(1), worker(2), worker(3)]).await;
    let ben = feed.connected.app.as_manager();
    let fields = [("whom", "all"), ("act", "permissions")];
    let sent = ben.post(&links::pending_staff(feed.organisation), &fields).await;
    assert_eq!(sent.status, 303);
    let form = sent.location().to_owned();
    let page = ben.get(&form).await.text();
    assert!(page.contains("Leave as they are") && !page.contains("What changes"), "{page}");
    let zone = feed.cast.garden_wing;
    let query = format!("{form}&how=nurse&where=set&places[]={zone}&until=on&ends_on=1/12/2026");
    let page = ben.get(&query).await;
    let text = page.text();
    for part in [
        "What changes",
        "Nothing chosen, Oak Wing",
        "Nurse, Garden Wing, until 1 December 2026",
        "Link residents and staff to their care records, and undo it",
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    let ids = form.split("ids=").nth(1).unwrap();
    let zone = zone.to_string();
    let fields = [
        ("ids", ids),
        ("how", "nurse"),
        ("where", "set"),
        ("places[]", zone.as_str()),
        ("until", "on"),
        ("ends_on", "1/12/2026"),
    ];
    let before = feed.digest();
    let saved = ben.post(&links::pending_permissions(feed.organisation, ""), &fields).await;
    let text = after(&ben, &saved).await;
    assert!(text.contains("Saved for 3 staff") && text.contains("Nurse (saved)"), "{text}");
    assert_eq!(feed.digest()["audit_events"], before["audit_events"] + 3);
    // What was saved is what an approval gives.
    let sent =
        ben.post(&links::pending_staff(feed.organisation), &[("whom", "all"), ("act", "approve")]).await;
    assert!(after(&ben, &sent).await.contains("3 staff approved"));
    let until =
        "SELECT COUNT(*) FROM memberships WHERE ends_on = '2026-12-01' AND permissions LIKE '%pair records%'";
    assert_eq!(feed.number(until), 3);
    for (until, words) in [("1/12/2020", "Enter a date from today"), ("soon", "Enter a date such as")] {
        let fields = [("ids", ids), ("until", "on"), ("ends_on", until)];
        let wrong = ben.post(&links::pending_permissions(feed.organisation, ""), &fields).await;
        assert!(wrong.status == 422 || wrong.status == 303, "{words}: {}", wrong.text());
    }
}

#[actix_web::test]
async fn what_a_job_title_was_given_before_is_suggested_and_not_applied() {
    let titled = |n: u32| {
        let mut one = worker(n);
        one.job_title = Some(if n.is_multiple_of(2) { "Senior Carer" } else { "SENIOR  carer" }.into());
        one
    };
    let mut feed = listing((0..3).map(titled).collect()).await;
    let ben = feed.connected.app.as_manager();
    let fields = [("whom", "all"), ("act", "approve"), ("preset", "senior carer")];
    ben.post(&links::pending_staff(feed.organisation), &fields).await;
    feed.staff.push(titled(3));
    feed.sync();
    let list = ben.get(&links::pending_staff(feed.organisation)).await.text();
    assert!(list.contains("Suggested: Senior carer, as 3 of 3 earlier"), "{list}");
    let person = id_of(&feed, "worker3@willow.example");
    let sent = send(&ben, &feed, &[person], &[("act", "approve")]).await;
    assert!(sent.text().contains("Choose staff permissions for"), "{}", sent.text());
    let sent = send(&ben, &feed, &[person], &[("act", "approve"), ("preset", "as suggested")]).await;
    assert!(after(&ben, &sent).await.contains("1 member of staff approved"));
}

#[actix_web::test]
async fn permissions_are_kept_under_a_name_for_the_next_time() {
    let feed = listing(vec![worker(1)]).await;
    let ben = feed.as_manager();
    let person = id_of(&feed, "worker1@willow.example");
    let id = person.to_string();
    let fields = [
        ("ids", id.as_str()),
        ("how", "ticked"),
        ("permissions[]", "open organisation"),
        ("permissions[]", "view residents"),
        ("permissions[]", "manage relatives"),
        ("keep_as", "Night carer"),
    ];
    let saved = ben.post(&links::pending_permissions(feed.organisation, ""), &fields).await;
    assert!(after(&ben, &saved).await.contains("Night carer (saved)"), "{}", saved.text());
    let sent = send(&ben, &feed, &[person], &[("act", "approve"), ("preset", "night carer")]).await;
    assert!(after(&ben, &sent).await.contains("1 member of staff approved"));
    let letter = feed.read(|conn| Ok(kinbridge::domain::letters::list(conn, 1)?)).remove(0);
    assert!(letter.body_text.contains("as Night carer."), "{}", letter.body_text);
    // Another organisation has its own names.
    let other = feed.as_stranger().get(&links::pending_staff(feed.cast.elm)).await;
    assert!(!other.text().contains("Night carer"));
}
