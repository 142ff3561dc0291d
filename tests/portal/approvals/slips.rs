//! Staff without e-mail: approved with a sign-in name, and a slip with a code in the place of the letter.

use kinbridge::domain::access::Permission;
use kinbridge::kit::codes;
use kinbridge::kit::ids::StaffMemberId;
use kinbridge::links;

use super::{delegate, id_of, listing, named, send};
use crate::relatives::NEW_PASSWORD;
use crate::relatives::paper::{code_on, type_code};
use crate::support::vendors::Feed;

const APPROVE: [(&str, &str); 2] = [("act", "approve"), ("preset", "carer")];

/// Nora, who has no address, and the code of her slip.
async fn with_nora() -> (Feed, String) {
    let feed = listing(vec![named("u-1", "Nora", "Nomail", "")]).await;
    let page = send(&feed.as_manager(), &feed, &[id_of(&feed, "")], &APPROVE).await;
    assert_eq!(page.status, 200, "{}", page.text());
    let code = code_on(&page);
    (feed, code)
}

fn newest_member(feed: &Feed) -> StaffMemberId {
    StaffMemberId(feed.number("SELECT MAX(id) FROM staff_members"))
}

#[actix_web::test]
async fn only_who_may_approve_and_manage_sees_a_slip() {
    let feed = listing(vec![named("u-1", "Nora", "Nomail", "")]).await;
    let (org, cast) = (feed.organisation, &feed.cast);
    let nora = id_of(&feed, "");
    for (person, status) in
        [(&cast.stranger, 404), (&cast.relative, 404), (&cast.colleague, 403), (&cast.staff, 403)]
    {
        assert_eq!(send(&feed.new_visitor(person), &feed, &[nora], &APPROVE).await.status, status);
    }
    send(&feed.as_manager(), &feed, &[nora], &APPROVE).await;
    for act in ["slip", "invitation"] {
        let path = links::staff_act(org, newest_member(&feed), act);
        for (person, status) in [(&cast.stranger, 404), (&cast.colleague, 403), (&cast.staff, 403)] {
            assert_eq!(feed.new_visitor(person).post(&path, &[]).await.status, status, "{act}");
        }
    }
    // One of another organisation is not there.
    let elsewhere = links::staff_act(cast.elm, newest_member(&feed), "slip");
    assert_eq!(feed.as_stranger().post(&elsewhere, &[]).await.status, 404);
}

#[actix_web::test]
async fn a_member_of_staff_without_an_address_activates_by_a_slip() {
    let (feed, code) = with_nora().await;
    assert_eq!(feed.number("SELECT COUNT(*) FROM letters WHERE to_name LIKE 'Nora%'"), 0);
    let nora = feed.signed_out();
    let link = type_code(&nora, &code.to_lowercase()).await.location().to_owned();
    let page = nora.get(&link).await;
    let text = page.text();
    assert!(text.contains("Your sign-in name") && page.body.contains("value=\"nora.nomail\""), "{text}");
    assert!(text.contains("Ben Carter has invited you to Willow House Group as staff"), "{text}");
    assert_eq!(nora.post(&link, &[("password", "short")]).await.status, 422);
    assert_eq!(nora.post(&link, &[("password", NEW_PASSWORD)]).await.location(), "/");
    assert_eq!(feed.signed_out().sign_in("Nora Nomail", NEW_PASSWORD).await.status, 303);
    // Used: the right code is told what next, and a wrong one is not known.
    let used = feed.signed_out();
    let page = used.get(type_code(&used, &code).await.location()).await;
    assert_eq!(page.status, 410);
    assert!(page.text().contains("ask your manager to print a new one"), "{}", page.text());
    assert_eq!(type_code(&used, &codes::grouped(&codes::random_code().unwrap())).await.status, 422);
    let member = newest_member(&feed);
    let text = feed.as_manager().get(&links::staff_member(feed.organisation, member)).await.text();
    assert!(text.contains("Signs in with the name nora.nomail"), "{text}");
}

#[actix_web::test]
async fn many_at_once_are_one_page_with_a_slip_each_beside_those_who_get_a_letter() {
    let feed = listing(vec![
        named("u-1", "Nora", "Nomail", ""),
        named("u-2", "Nóra", "Nomail", ""),
        named("u-3", "Dev", "Patel", "dev@willow.example"),
        named("u-4", "Odd", "Address", "odd@"),
    ])
    .await;
    let ben = feed.as_manager();
    for n in 0..2 {
        let id =
            feed.number(&format!("SELECT id FROM approvals WHERE email = '' ORDER BY id LIMIT 1 OFFSET {n}"));
        let look = links::pending_person(feed.organisation, kinbridge::kit::ids::ApprovalId(id));
        ben.post(&look, &[("act", "looked")]).await;
    }
    let list = links::pending_staff(feed.organisation);
    assert!(ben.get(&list).await.text().contains("No email in Nourish: gets a printed slip"));
    let fields = [("whom", "all"), ("act", "approve"), ("preset", "carer")];
    let page = ben.post(&list, &fields).await;
    let text = page.text();
    for part in [
        "Slips for 2 staff",
        "1 member of staff approved. We have emailed",
        "You sign in with the name nora.nomail.",
        "You sign in with the name nora.nomail2.",
        "the email in Nourish is not an address",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert_eq!(page.body.matches("<svg class=\"qr\"").count(), 2);
    assert_eq!(feed.number("SELECT COUNT(*) FROM accounts WHERE email LIKE 'nora.nomail%'"), 2);
    assert_eq!(feed.events("staff.approved"), 3);
}

#[actix_web::test]
async fn a_name_of_ones_own_is_typed_and_one_that_is_taken_is_nobody_elses() {
    let feed = listing(vec![named("u-1", "Nora", "Nomail", ""), named("u-2", "Ada", "Nomail", "")]).await;
    let ben = feed.as_manager();
    let person = |name: &str| {
        let query = format!("SELECT id FROM approvals WHERE first_name = '{name}'");
        links::pending_person(feed.organisation, kinbridge::kit::ids::ApprovalId(feed.number(&query)))
    };
    let page = ben.get(&person("Nora")).await;
    assert!(page.body.contains("value=\"nora.nomail\""), "{}", page.text());
    let own = [("act", "approve"), ("preset", "carer"), ("sign_in_name", "night nurse")];
    let page = ben.post(&person("Nora"), &own).await;
    assert!(page.text().contains("You sign in with the name night.nurse."), "{}", page.text());
    let page = ben.post(&person("Ada"), &own).await;
    assert_eq!(page.status, 422);
    assert!(page.text().contains("somebody signs in as night.nurse already"), "{}", page.text());
    let odd = [("act", "approve"), ("preset", "carer"), ("sign_in_name", "a@b")];
    assert!(ben.post(&person("Ada"), &odd).await.text().contains("type one of 3 to 40 letters"));
    assert_eq!(feed.events("staff.approved"), 1);
}

#[actix_web::test]
async fn a_new_slip_ends_the_one_before_and_both_last_three_days() {
    let (feed, code) = with_nora().await;
    let ben = feed.as_manager();
    let path = links::staff_act(feed.organisation, newest_member(&feed), "invitation");
    let newer = code_on(&ben.post(&path, &[]).await);
    let nora = feed.signed_out();
    assert_eq!(nora.get(type_code(&nora, &code).await.location()).await.status, 410);
    let link = type_code(&nora, &newer).await.location().to_owned();
    feed.pass(72 * 3600 - 1);
    assert_eq!(nora.get(&link).await.status, 200);
    feed.pass(1);
    assert_eq!(nora.get(&link).await.status, 410);
    assert_eq!(nora.post(&link, &[("password", NEW_PASSWORD)]).await.status, 410);
}

#[actix_web::test]
async fn a_forgotten_password_of_staff_comes_on_a_slip_after_the_managers_own_password() {
    let (feed, code) = with_nora().await;
    let nora = feed.signed_out();
    let link = type_code(&nora, &code).await.location().to_owned();
    nora.post(&link, &[("password", NEW_PASSWORD)]).await;
    let path = links::staff_act(feed.organisation, newest_member(&feed), "slip");
    let ben = feed.new_visitor(&feed.cast.manager);
    feed.pass(601);
    assert!(ben.post(&path, &[]).await.location().starts_with("/confirm"));
    let slip = code_on(&feed.new_visitor(&feed.cast.manager).post(&path, &[]).await);
    let other = feed.signed_out();
    let link = type_code(&other, &slip).await.location().to_owned();
    assert_eq!(other.post(&link, &[("password", "violin glacier teapot")]).await.location(), "/sign-in");
    assert_eq!(other.sign_in("nora.nomail", "violin glacier teapot").await.status, 303);
    assert_eq!(nora.get("/account").await.status, 303, "every device is signed out");
    assert_eq!(feed.events("account.slip"), 1);
}

#[actix_web::test]
async fn who_approves_staff_gives_no_more_on_paper_than_by_mail() {
    let feed = listing(vec![named("u-1", "Nora", "Nomail", "")]).await;
    delegate(&feed, &feed.cast.staff, &[feed.cast.oak_wing], &[Permission::ViewStaff]);
    let amina = feed.new_visitor(&feed.cast.staff);
    let fields = [("act", "approve"), ("preset", "manager")];
    let page = send(&amina, &feed, &[id_of(&feed, "")], &fields).await;
    assert_ne!(page.status, 200, "{}", page.text());
    assert_eq!(feed.number("SELECT COUNT(*) FROM accounts WHERE email LIKE 'nora%'"), 0);
}
