//! Only part of a plan is applied; the rest waits as a draft with a name, until its date or somebody's decision.

#![cfg(test)]

use kinbridge::domain::Refusal;
use kinbridge::domain::access::{ReleaseRuns, RunSyncs, ViewIntegrations};
use kinbridge::domain::sync::{self, Draft, Parted, Parting, Run, RunState, Ticked};
use kinbridge::jobs::sync_records;
use kinbridge::kit::ids::{DraftId, RunId};
use kinbridge::links;

use crate::audit_trail::acts::Walk;
use crate::support::vendors::{Feed, people, person};
use crate::support::{TestApp, insert};

/// Twelve residents, of whom the next answer changes 0 and 1, lacks 2 and 3 for the second time, and adds two.
async fn with_changes() -> Feed {
    let mut feed = Feed::creating().await;
    feed.people = people(0..40);
    assert_eq!(feed.sync().state, RunState::Done);
    feed.without(2..4);
    assert_eq!(feed.sync().counts().0.missing, 2);
    feed.person(0).status = Some("Hospital".into());
    feed.person(1).status = Some("Hospital".into());
    feed.people.push(person(50));
    feed.people.push(person(51));
    feed
}

fn line(feed: &Feed, run: &Run, kind: &str, external_id: &str) -> i64 {
    feed.changes(run, kind).into_iter().find(|line| line.external_id == external_id).unwrap().id
}

fn parting(feed: &Feed, run: &Run, ticked: Ticked, days: i64) -> Parting {
    let until = feed.clock.now().date() + chrono::TimeDelta::days(days);
    Parting { plan_hash: run.plan_hash.clone(), ticked, name: "Ask the home first".into(), until }
}

fn lines(ids: &[i64]) -> Ticked {
    Ticked { lines: ids.to_vec(), ..Ticked::default() }
}

fn part(feed: &Feed, run: &Run, parting: &Parting) -> Result<Parted, Refusal> {
    let scope = feed.scope::<RunSyncs>();
    feed.try_write(|tx| sync::part(tx, &scope, run.id, parting))
}

fn drafts(feed: &Feed) -> Vec<Draft> {
    let scope = feed.scope::<ViewIntegrations>();
    feed.read(|conn| Ok(sync::drafts(conn, &scope)?)).into_iter().map(|(draft, _)| draft).collect()
}

fn status(feed: &Feed, external_id: &str) -> String {
    feed.resident_now(feed.paired(external_id).unwrap()).facts.care_status
}

fn is_archived(feed: &Feed, external_id: &str) -> bool {
    feed.resident_now(feed.paired(external_id).unwrap()).is_archived()
}

/// What the six steps of [`with_changes`] came to: changed, left, added.
fn done(feed: &Feed) -> (usize, usize, usize) {
    let changed = ["p-0", "p-1"].iter().filter(|id| status(feed, id) == "Hospital").count();
    let left = ["p-2", "p-3"].iter().filter(|id| is_archived(feed, id)).count();
    let added = ["p-50", "p-51"].iter().filter(|id| feed.paired(id).is_some()).count();
    (changed, left, added)
}

/// Applies the change of 0, the leaving of 2 and the new 50; the others wait for ten days.
async fn half() -> (Feed, Run) {
    let feed = with_changes().await;
    let run = feed.preview();
    let ticked = lines(&[
        line(&feed, &run, "changed", "p-0"),
        line(&feed, &run, "left", "p-2"),
        line(&feed, &run, "created", "p-50"),
    ]);
    let parted = part(&feed, &run, &parting(&feed, &run, ticked, 10)).unwrap();
    assert_eq!(parted, Parted { now: 3, later: 3 });
    let run = feed.work();
    assert_eq!(run.state, RunState::Done);
    (feed, run)
}

#[actix_web::test]
async fn exactly_what_is_ticked_is_applied_and_later_syncs_leave_the_rest_alone() {
    let (feed, run) = half().await;
    assert_eq!(done(&feed), (1, 1, 1));
    assert!(status(&feed, "p-0") == "Hospital" && is_archived(&feed, "p-2") && feed.paired("p-50").is_some());
    let held = feed.changes(&run, "held");
    assert_eq!(held.len(), 3);
    let words = "Would have left. Held back in the draft “Ask the home first”, until 2 December 2026.";
    assert!(held.iter().any(|line| line.words == words), "{:?}", held[0].words);
    assert_eq!((drafts(&feed).len(), feed.events("draft.made"), feed.count("draft_steps")), (1, 1, 3));
    for _ in 0..3 {
        let run = feed.sync();
        let counts = run.counts().0;
        assert_eq!((run.state, counts.changed, counts.left, counts.created), (RunState::Done, 0, 0, 0));
        assert_eq!(done(&feed), (1, 1, 1));
    }
    // By hand of one resident too.
    let scope = feed.scope::<RunSyncs>();
    let id = feed.paired("p-1").unwrap();
    feed.write(|tx| sync::request_one(tx, &scope, feed.connection, id));
    assert_eq!(feed.work().counts().0.changed, 0);
}

#[actix_web::test]
async fn its_date_releases_a_draft() {
    let (feed, _) = half().await;
    assert_eq!(feed.sync().counts().0.left, 0);
    feed.pass(9 * 86_400);
    assert_eq!(feed.sync().counts().0.left, 0);
    assert_eq!(done(&feed), (1, 1, 1));
    feed.pass(86_400);
    let run = feed.sync();
    let counts = run.counts().0;
    assert_eq!((counts.changed, counts.left, counts.created), (1, 1, 1), "{counts:?}");
    assert_eq!(done(&feed), (2, 2, 2));
    let page = feed.app.as_stranger().get(&links::sync_drafts(feed.organisation)).await.text();
    assert!(page.contains("Its day came: 2 December 2026"), "{page}");
}

#[actix_web::test]
async fn dropping_a_draft_releases_it_and_applying_it_applies_what_it_said() {
    let (feed, _) = half().await;
    let scope = feed.scope::<RunSyncs>();
    let draft = drafts(&feed)[0].id;
    feed.write(|tx| sync::drop_draft(tx, &scope, draft));
    let again = feed.try_write(|tx| sync::drop_draft(tx, &scope, draft));
    assert!(matches!(again, Err(Refusal::Overtaken(_))), "{again:?}");
    assert_eq!(feed.events("draft.dropped"), 1);
    assert_eq!((feed.sync().counts().0.left, done(&feed)), (1, (2, 2, 2)));

    let (mut feed, _) = half().await;
    let scope = feed.scope::<RunSyncs>();
    let draft = drafts(&feed)[0].id;
    // Somebody else's change is no part of it, and waits for the next sync.
    feed.person(7).status = Some("Hospital".into());
    let run = feed.write(|tx| sync::apply_draft(tx, &scope, draft));
    assert!(matches!(feed.try_write(|tx| sync::apply_draft(tx, &scope, draft)), Err(Refusal::Overtaken(_))));
    let run_done = feed.work();
    assert_eq!((run_done.id, run_done.state, done(&feed)), (run, RunState::Done, (2, 2, 2)));
    assert_eq!((status(&feed, "p-7").as_str(), feed.events("draft.applied")), ("Permanent", 1));
    assert_eq!(feed.sync().counts().0.changed, 1);
    assert_eq!(status(&feed, "p-7"), "Hospital");
    assert!(matches!(feed.try_write(|tx| sync::apply_draft(tx, &scope, draft)), Err(Refusal::Overtaken(_))));
}

#[actix_web::test]
async fn a_changed_world_asks_again() {
    // Between the look and the decision.
    let feed = with_changes().await;
    let run = feed.preview();
    let ticked = Ticked { kinds: vec!["changed".into()], ..Ticked::default() };
    assert!(part(&feed, &run, &parting(&feed, &run, ticked.clone(), 5)).is_ok());
    let id = feed.paired("p-2").unwrap();
    feed.write(|tx| {
        let scope = feed.scope::<kinbridge::domain::access::EditResidents>();
        let version = kinbridge::domain::residents::get(tx.conn, &scope, id)?.version;
        kinbridge::domain::residents::archive(tx, &scope, id, version, "moved away")
    });
    let before = done(&feed);
    let run = feed.work();
    assert_eq!((run.state, done(&feed), drafts(&feed).len()), (RunState::Previewed, before, 0));
    assert_eq!(feed.changes(&run, "held").len(), 0, "the whole plan is shown again");
    assert_eq!((feed.changes(&run, "left").len(), feed.changes(&run, "changed").len()), (1, 2));
    let stale = Parting { plan_hash: "another".into(), ..parting(&feed, &run, ticked, 5) };
    assert!(matches!(part(&feed, &run, &stale), Err(Refusal::Overtaken(_))));
    // Between the draft and *Apply now*.
    let (mut feed, _) = half().await;
    feed.person(1).status = Some("Respite".into());
    let scope = feed.scope::<RunSyncs>();
    let draft = drafts(&feed)[0].id;
    feed.write(|tx| sync::apply_draft(tx, &scope, draft));
    let run = feed.work();
    assert_eq!((run.state, done(&feed)), (RunState::Previewed, (1, 1, 1)));
    feed.write(|tx| sync::apply_previewed(tx, &scope, run.id));
    assert_eq!(feed.work().state, RunState::Done);
    assert_eq!((status(&feed, "p-1").as_str(), is_archived(&feed, "p-3")), ("Respite", true));
}

#[actix_web::test]
async fn ticks_by_kind_and_by_home_and_what_cannot_be() {
    let feed = with_changes().await;
    let run = feed.preview();
    let all = Ticked { kinds: vec!["changed".into(), "left".into(), "created".into()], ..Ticked::default() };
    let refused = |parting: &Parting| match part(&feed, &run, parting) {
        Err(Refusal::Invalid { field, .. }) => field,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(&parting(&feed, &run, Ticked::default(), 5)), "ticked");
    assert_eq!(refused(&parting(&feed, &run, all.clone(), 5)), "ticked");
    let some = Ticked { kinds: vec!["created".into()], ..Ticked::default() };
    assert_eq!(refused(&parting(&feed, &run, some.clone(), 0)), "until");
    assert_eq!(refused(&parting(&feed, &run, some.clone(), 400)), "until");
    assert_eq!(refused(&Parting { name: "  ".into(), ..parting(&feed, &run, some.clone(), 5) }), "name");
    assert_eq!((feed.count("run_drafts"), feed.run(run.id).state), (0, RunState::Previewed));
    let there = Ticked { places: vec!["Elm Lodge".into()], ..Ticked::default() };
    assert_eq!(part(&feed, &run, &parting(&feed, &run, there, 5)).unwrap(), Parted { now: 4, later: 2 });
    feed.work();
    assert_eq!(done(&feed), (2, 2, 0));
}

#[actix_web::test]
async fn a_guard_holds_of_what_is_ticked_and_a_held_sync_takes_who_may_release() {
    let mut feed = Feed::creating().await;
    feed.people = people(0..40);
    feed.sync();
    for n in 0..12 {
        feed.person(n).status = Some("Hospital".into());
    }
    let preview = feed.preview();
    assert_eq!(preview.counts().0.changed, 12);
    let ids: Vec<i64> = feed.changes(&preview, "changed").iter().map(|line| line.id).collect();
    part(&feed, &preview, &parting(&feed, &preview, lines(&ids[..8]), 5)).unwrap();
    let run = feed.work();
    assert_eq!((run.state, feed.count("run_drafts"), drafts(&feed).len()), (RunState::Held, 1, 0));
    let changed = || people(0..12).iter().filter(|one| status(&feed, &one.external_id) == "Hospital").count();
    assert_eq!(changed(), 0);
    // Chosen already: it is released as it is, or discarded.
    let release = feed.scope::<ReleaseRuns>();
    let wanted = parting(&feed, &run, lines(&ids[..3]), 5);
    let again = feed.try_write(|tx| sync::part_held(tx, &release, run.id, &wanted));
    assert!(matches!(again, Err(Refusal::Overtaken(_))), "{again:?}");
    feed.write(|tx| sync::discard(tx, &feed.scope(), run.id));
    assert_eq!(feed.count("run_drafts"), 0);
    // A held sync, of which a part is released.
    let held = feed.sync();
    assert_eq!(held.state, RunState::Held);
    let ids: Vec<i64> = feed.changes(&held, "changed").iter().map(|line| line.id).collect();
    let wanted = parting(&feed, &held, lines(&ids[..8]), 5);
    assert!(matches!(part(&feed, &held, &wanted), Err(Refusal::Overtaken(_))));
    feed.write(|tx| sync::part_held(tx, &release, held.id, &wanted));
    assert_eq!((feed.work().state, changed()), (RunState::Done, 8));
    assert_eq!((feed.sync().counts().0.changed, changed()), (0, 8));
}

#[actix_web::test]
async fn the_page_ticks_people_and_the_drafts_have_pages() {
    let feed = with_changes().await;
    let run = feed.preview();
    let ruth = feed.app.as_stranger();
    let (org, here) = (feed.organisation, links::sync_run_act(feed.organisation, run.id, "part"));
    let page = ruth.get(&links::sync_run(org, run.id)).await;
    assert!(page.body.contains(&here), "{}", page.text());
    let page = ruth.get(&here).await;
    assert!(page.text().contains("Left, 2") && page.text().contains("Elm Lodge, 4"), "{}", page.text());
    let left = line(&feed, &run, "left", "p-2").to_string();
    let plan = run.plan_hash.clone();
    let fields = |until: &'static str| {
        vec![
            ("plan", plan.as_str()),
            ("kind[]", "changed"),
            ("line[]", left.as_str()),
            ("name", "Later"),
            ("until", until),
        ]
    };
    for (who, status) in [(feed.app.as_super(), 404), (feed.app.as_staff(), 404), (feed.app.as_rep(), 404)] {
        assert_eq!(who.post(&here, &fields("2026-12-24")).await.status, status);
    }
    let wrong = ruth.post(&here, &fields("24 December")).await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.body.contains(&format!("value=\"{left}\" checked")), "the ticks are kept");
    let sent = ruth.post(&here, &fields("2026-12-24")).await;
    assert_eq!((sent.status, sent.location()), (303, links::sync_run(org, run.id).as_str()));
    // The other tab.
    let second = ruth.post(&here, &fields("2026-12-24")).await;
    let words = ruth.get(second.location()).await.text();
    assert!(words.contains("This sync is not waiting any more."), "{words}");
    assert_eq!(feed.count("run_drafts"), 1);
    feed.work();
    assert_eq!(done(&feed), (2, 1, 0));
    let draft = drafts(&feed)[0].id;
    let list = ruth.get(&links::sync_drafts(org)).await.text();
    assert!(list.contains("Later Nourish 3") && list.contains("Until 24 December 2026"), "{list}");
    let page = ruth.get(&links::sync_draft(org, draft)).await.text();
    assert!(page.contains("Kept back from a sync with Nourish by Ruth Elm"), "{page}");
    assert!(page.contains(&person(3).last_name) && page.contains("Apply now"), "{page}");
    let dropped = ruth.post(&links::sync_draft_act(org, draft, "drop"), &[]).await;
    let list = ruth.get(dropped.location()).await.text();
    assert!(list.contains("“Later” is dropped.") && list.contains("Dropped by Ruth Elm"), "{list}");
}

#[actix_web::test]
async fn a_manager_without_the_right_may_neither_part_apply_nor_drop() {
    let mut feed = Feed::pairing().await;
    for record in people(0..4) {
        feed.resident(&record);
    }
    feed.people = people(0..4);
    let run = feed.preview();
    let org = feed.organisation;
    let paired: Vec<i64> = feed.changes(&run, "paired").iter().map(|line| line.id).collect();
    part(&feed, &run, &parting(&feed, &run, lines(&paired[..2]), 5)).unwrap();
    feed.work();
    let draft = drafts(&feed)[0].id;
    let preview = feed.preview();
    let part = links::sync_run_act(org, preview.id, "part");
    let [apply, drop] = ["apply", "drop"].map(|act| links::sync_draft_act(org, draft, act));
    for (who, status) in [
        (feed.app.as_colleague(), 403),
        (feed.app.as_staff(), 403),
        (feed.app.as_relative(), 404),
        (feed.app.as_stranger(), 404),
    ] {
        for to in [&part, &apply, &drop] {
            assert_eq!(who.post(to, &[]).await.status, status, "{to}");
        }
        assert_eq!(who.get(&links::sync_draft(org, draft)).await.status, status);
    }
    assert!(drafts(&feed)[0].is_in_force(feed.clock.now().date()));
    // Whoever is held back says so where people are paired.
    let list = feed.app.as_manager().get(&links::pairing(org, "nourish", "residents")).await.text();
    assert!(list.contains("Held back in the draft “Ask the home first”, until"), "{list}");
    assert_eq!(feed.app.as_manager().post(&apply, &[]).await.status, 303);
    assert_eq!(feed.work().counts().0.paired, 2);
}

#[actix_web::test]
async fn an_interrupted_part_is_repeated_as_the_same_part() {
    let feed = with_changes().await;
    let run = feed.preview();
    let ticked = Ticked { kinds: vec!["left".into()], ..Ticked::default() };
    part(&feed, &run, &parting(&feed, &run, ticked, 5)).unwrap();
    let claim = feed.claim();
    assert_eq!(claim.run, run.id);
    feed.pass(120);
    let again = feed.work();
    assert_ne!(again.id, run.id);
    assert_eq!((again.state, done(&feed)), (RunState::Done, (0, 2, 0)));
    assert_eq!(feed.sync().counts().0.changed, 0);
}

/// For the walk through every form: those of this feature, with their events. Everybody is new there.
pub async fn every_form(walk: &mut Walk<'_>, ask: impl Fn() -> RunId) {
    let app = walk.app;
    let (mary, org) = (&app.cast.super_manager, app.cast.willow);
    let run = ask();
    sync_records::run(&app.services).await.unwrap();
    let scope = kinbridge::domain::access::Scope::<ViewIntegrations>::for_the_portal(org);
    let found = app.read(|conn| Ok(sync::get(conn, &scope, run)?));
    let steps = app.read(|conn| Ok(sync::steps(conn, &scope, &found, 50)?));
    let half = steps.len() / 2;
    let ids: Vec<String> = steps.iter().take(half).map(|line| line.id.to_string()).collect();
    let mut fields =
        vec![("plan", found.plan_hash.as_str()), ("name", "The others"), ("until", "2027-01-31")];
    fields.extend(ids.iter().map(|id| ("line[]", id.as_str())));
    let to = links::sync_run_act(org, run, "part");
    walk.send("/org/{org}/sync-runs/{run}/part", mary, &to, &fields).await;
    sync_records::run(&app.services).await.unwrap();
    let draft = DraftId(app.number("SELECT MAX(id) FROM run_drafts"));
    let act = |act| links::sync_draft_act(org, draft, act);
    walk.send("/org/{org}/sync-drafts/{draft}/apply", mary, &act("apply"), &[]).await;
    let applying = RunId(app.number("SELECT MAX(id) FROM sync_runs"));
    app.write(|tx| sync::cancel(tx, &kinbridge::domain::access::Scope::for_the_portal(org), applying));
    walk.send("/org/{org}/sync-drafts/{draft}/drop", mary, &act("drop"), &[]).await;
}

/// For walks over two organisations: a draft that holds one of its people back.
pub fn held_back(
    app: &TestApp,
    (organisation, connection, run): (i64, i64, i64),
    resident: i64,
    canary: &dyn Fn(&str) -> String,
) -> i64 {
    app.write(|tx| {
        let columns = "organisation_id, connection_id, run_id, name, until, state, made_by_name, made_at, ended_by_name";
        let values = format!(
            "{organisation}, {connection}, {run}, '{}', '2027-01-31', 'waiting', '{}', '2026-11-20 01:00:00', ''",
            canary("DRAFT"),
            canary("DRAFTER")
        );
        let draft = insert(tx, "run_drafts", columns, &values);
        let columns = "draft_id, kind, subject, local_id, external_id, name, place, before, after, words";
        let values = format!("{draft}, 'left', 'resident', {resident}, '', '{}', '', '', '', ''", canary("HELD"));
        insert(tx, "draft_steps", columns, &values);
        Ok(draft)
    })
}
