//! *View pending relatives*: the list, and acts on many.

use kinbridge::domain::relatives::{self, NewInvitation};
use kinbridge::kit::email_address::EmailAddress;
use kinbridge::links;

use super::{URL, anna, invite, invited, join, link_to, scope};
use crate::consents::joan;
use crate::support::TestApp;

#[actix_web::test]
async fn ticked_ones_are_sent_again_or_withdrawn_and_the_rest_stay() {
    let app = TestApp::start().await;
    let joan = joan(&app);
    let mut ids = Vec::new();
    for n in 0..4 {
        let email = EmailAddress::parse(&format!("r{n}@family.example")).unwrap();
        ids.push(
            invite(&app, joan, &NewInvitation { name: format!("Relative {n}"), email, ..anna() }).to_string(),
        );
    }
    let list = links::settings_relatives(app.cast.willow);
    let ben = app.new_visitor(&app.cast.manager);
    let page = ben.get(&list).await;
    assert!(page.text().contains("Relative 3") && page.text().contains("Joan Smith"), "{}", page.text());
    assert!(
        ben.get(&links::settings_people(app.cast.willow)).await.text().contains("View pending relatives")
    );
    let nothing = ben.post(&list, &[("act", "resend")]).await;
    assert_eq!(nothing.status, 422);
    assert!(nothing.text().contains("Select the relatives"), "{}", nothing.text());
    let first = link_to(&app, "r0@family.example");
    let done =
        ben.post(&list, &[("act", "resend"), ("invitations[]", &ids[0]), ("invitations[]", &ids[1])]).await;
    assert!(ben.get(done.location()).await.text().contains("2 invitations are sent again"));
    assert_ne!(link_to(&app, "r0@family.example"), first);
    let done =
        ben.post(&list, &[("act", "revoke"), ("invitations[]", &ids[3]), ("invitations[]", "999999")]).await;
    assert!(ben.get(done.location()).await.text().contains("1 invitation is withdrawn"));
    let done = ben.post(&list, &[("act", "revoke"), ("which", "all"), ("q", "Relative 2")]).await;
    assert!(ben.get(done.location()).await.text().contains("1 invitation is withdrawn"));
    assert_eq!(app.number("SELECT COUNT(*) FROM invitations WHERE state = 'open'"), 2);
}

#[actix_web::test]
async fn who_has_joined_or_belongs_to_another_organisation_is_not_in_the_list() {
    let app = TestApp::start().await;
    let (_, link) = invited(&app);
    join(&app.signed_out(), &link).await;
    let page = app.as_manager().get(&links::settings_relatives(app.cast.willow)).await;
    assert!(page.text().contains("Nobody is waiting"), "{}", page.text());
    let theirs = app.as_stranger().get(&links::settings_relatives(app.cast.elm)).await;
    assert!(!theirs.text().contains("Anna"));
}

#[actix_web::test]
async fn a_search_finds_names_however_they_are_written_and_the_corrected_address() {
    let app = TestApp::start().await;
    let joan = joan(&app);
    let email = |text: &str| EmailAddress::parse(text).unwrap();
    let lukasz =
        NewInvitation { name: "Łukasz Nowak".into(), email: email("lukas@family.example"), ..anna() };
    let id = invite(&app, joan, &lukasz);
    invite(&app, joan, &anna());
    let list = links::settings_relatives(app.cast.willow);
    let ben = app.new_visitor(&app.cast.manager);
    for search in ["%C5%81ukasz", "%C5%81UKASZ", "lukasz", "nowak+%C5%82ukasz", "lukas%40family"] {
        let text = ben.get(&format!("{list}?q={search}")).await.text();
        assert!(text.contains("Łukasz Nowak") && !text.contains("Anna Smith"), "{search}: {text}");
    }
    let manager = scope(&app);
    app.write(|tx| relatives::correct(tx, &manager, id, &email("nowak@post.example"), URL));
    let found =
        async |search: &str| ben.get(&format!("{list}?q={search}")).await.text().contains("Łukasz Nowak");
    assert!(found("post.example").await && !found("lukas%40family").await);
    assert!(!found("%00").await && !found("%25").await, "a sign that nobody has finds nobody");
}
