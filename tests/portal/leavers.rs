//! Work of people who have left: who sees it, who can take it, and that whatever ends an access lists it.

use kinbridge::kit::ids::MembershipId;
use kinbridge::links;

use crate::consents::joan;
use crate::relatives::sealed;
use crate::support::{Page, Person, TestApp};

/// Ben Carter has planned chair yoga and invited Anna Smith to Joan's page.
async fn with_work() -> TestApp {
    let app = TestApp::start().await;
    plan(&app, &app.cast.manager).await;
    let joan = joan(&app);
    {
        let ben = app.as_manager();
        ben.form_token().await;
        let fields = [
            ("name", "Anna Smith"),
            ("email", "anna@family.example"),
            ("relationship", "Daughter"),
            ("preset", "family"),
            ("about", &sealed(&ben, joan)),
        ];
        let invited = ben.post(&links::resident_relatives(app.cast.willow, joan), &fields).await;
        assert_eq!(invited.status, 303, "{}", invited.text());
    }
    app
}

pub async fn plan(app: &TestApp, who: &Person) {
    let fields = [("name", "Chair yoga"), ("day", "2026-11-24"), ("time", "14:00"), ("group", "")];
    let planned = app.as_person(who).post(&links::activities(app.cast.willow), &fields).await;
    assert_eq!(planned.status, 303, "{}", planned.text());
}

/// Mary takes somebody out of the organisation.
pub async fn leave(app: &TestApp, who: &Person) -> MembershipId {
    let membership = who.membership.unwrap();
    let page = links::settings_person(app.cast.willow, membership);
    assert_eq!(app.as_super().post(&page, &[("act", "end")]).await.status, 303);
    membership
}

/// What Mary reads then.
async fn hand_over(app: &TestApp, from: MembershipId, to: Option<MembershipId>) -> Page {
    let (mary, to) = (app.as_super(), to.map(|to| to.0.to_string()).unwrap_or_default());
    let page = mary.post(&links::hand_over(app.cast.willow, from), &[("to", &to)]).await;
    if page.status == 303 { mary.get(page.location()).await } else { page }
}

#[actix_web::test]
async fn a_stranger_gets_404_and_who_may_not_manage_people_403() {
    let app = with_work().await;
    let ben = leave(&app, &app.cast.manager).await;
    let (list, act) = (links::leavers(app.cast.willow), links::hand_over(app.cast.willow, ben));
    assert_eq!(app.signed_out().get(&list).await.status, 303);
    for (visitor, status) in
        [(app.as_stranger(), 404), (app.as_relative(), 404), (app.as_staff(), 403), (app.as_colleague(), 403)]
    {
        assert_eq!(visitor.get(&list).await.status, status);
        assert_eq!(visitor.post(&act, &[("to", "1")]).await.status, status);
    }
    let elsewhere = links::hand_over(app.cast.elm, ben);
    let page = app.as_stranger().post(&elsewhere, &[("to", "1")]).await;
    assert_eq!(page.status, 404, "another organisation's leaver");
}

#[actix_web::test]
async fn while_somebody_works_here_nothing_is_listed() {
    let app = with_work().await;
    let list = app.as_super().get(&links::leavers(app.cast.willow)).await;
    assert!(list.text().contains("Nothing is left to be handed over."), "{}", list.text());
    let ben = app.cast.manager.membership;
    let page = hand_over(&app, ben.unwrap(), app.cast.super_manager.membership).await;
    assert_eq!(page.status, 404, "the work of somebody who is here is theirs");
}

#[actix_web::test]
async fn what_somebody_left_is_listed_and_changes_hands_once() {
    let app = with_work().await;
    let ben = leave(&app, &app.cast.manager).await;
    let home = app.as_super().get(&links::organisation(app.cast.willow)).await;
    assert!(home.text().contains("1 Left with work to hand over"), "{}", home.text());
    let list = app.as_super().get(&links::leavers(app.cast.willow)).await;
    for words in ["Ben Carter", "1 planned activity, the first Tuesday 24 November", "1 open invitation"] {
        assert!(list.text().contains(words), "{words}: {}", list.text());
    }
    let nobody = hand_over(&app, ben, None).await;
    assert_eq!(nobody.status, 422);
    assert!(nobody.text().contains("Choose who takes it over"), "{}", nobody.text());

    let mary = app.cast.super_manager.membership;
    let told = hand_over(&app, ben, mary).await;
    assert!(told.text().contains("Handed over: 1 activity and 1 invitation."), "{}", told.text());
    assert_eq!(app.number("SELECT COUNT(*) FROM activities WHERE planned_by_name = 'Mary Jones'"), 1);
    assert_eq!(app.number("SELECT COUNT(*) FROM invitations WHERE invited_by_name = 'Mary Jones'"), 1);
    assert_eq!(app.number("SELECT COUNT(*) FROM audit_events WHERE verb = 'work.handed_over'"), 1);
    let told = hand_over(&app, ben, mary).await;
    assert!(told.text().contains("Nothing is left"), "{}", told.text());
}

#[actix_web::test]
async fn only_somebody_who_may_do_the_work_can_take_it() {
    let app = with_work().await;
    let ben = leave(&app, &app.cast.manager).await;
    let list = app.as_super().get(&links::leavers(app.cast.willow)).await;
    for name in ["Tom Reed", "Olga Penn", "Dan Shaw", "Peter Smith"] {
        assert!(!list.text().contains(name), "{name} cannot do it: {}", list.text());
    }
    for who in [&app.cast.colleague, &app.cast.invited] {
        assert_eq!(hand_over(&app, ben, who.membership).await.status, 422, "{}", who.name);
    }
    let elsewhere = hand_over(&app, ben, app.cast.stranger.membership).await;
    assert_eq!(elsewhere.status, 404, "nobody of another organisation");
    assert_eq!(app.number("SELECT COUNT(*) FROM activities WHERE planned_by_name = 'Ben Carter'"), 1);
}

#[actix_web::test]
async fn what_is_done_keeps_the_name_of_who_did_it() {
    let app = with_work().await;
    app.write(|tx| {
        use diesel::RunQueryDsl as _;
        diesel::sql_query("UPDATE activities SET state = 'completed'").execute(tx.conn)?;
        Ok(())
    });
    let ben = leave(&app, &app.cast.manager).await;
    hand_over(&app, ben, app.cast.super_manager.membership).await;
    assert_eq!(app.number("SELECT COUNT(*) FROM activities WHERE planned_by_name = 'Ben Carter'"), 1);
}

#[actix_web::test]
async fn somebody_who_left_long_ago_is_not_listed() {
    let app = with_work().await;
    leave(&app, &app.cast.manager).await;
    app.pass(91 * 24 * 3600);
    let list = app.new_visitor(&app.cast.super_manager).get(&links::leavers(app.cast.willow)).await;
    assert!(list.text().contains("Nothing is left to be handed over."), "{}", list.text());
}
