//! What an organisation of community health sets up: who may, its tasks until both have agreed, and its skills. Windows
//! and coverage are in `catalogue_places`.

#![cfg(test)]

use kinbridge::domain::access::{ManageOrganisation, Scope, ViewAppointments};
use kinbridge::domain::{coverage, tasks};
use kinbridge::kit::ids::{CoverageAreaId, OrganisationId, SkillId, TaskId, WindowId};
use kinbridge::links;

use crate::audit_trail::acts::Walk;
use crate::support::TestApp;
use crate::support::catalogue::{blood_test, window, with_catalogue};
use crate::support::community::Community;
use crate::support::therapy::Therapy;

fn task_of(at: &Community, name: &str) -> TaskId {
    TaskId(at.number(&format!(
        "SELECT MAX(t.id) FROM tasks t JOIN task_versions v ON v.task_id = t.id WHERE v.name = '{name}'"
    )))
}

fn mark(at: &Community, task: TaskId) -> String {
    let kept = at.read(|conn| tasks::get(conn, &at.scope::<ManageOrganisation>(), task));
    kept.draft().unwrap().task.mark()
}

fn bookable(at: &Community) -> Vec<(String, i32)> {
    let all = at.read(|conn| tasks::bookable(conn, at.org));
    all.into_iter().map(|task| (task.name, task.number)).collect()
}

/// The form of a draft: venepuncture second, a photo first.
fn fields<'f>(name: &'f str, minutes: &'f str) -> Vec<(&'f str, &'f str)> {
    vec![
        ("name", name),
        ("minutes", minutes),
        ("place-1", "2"),
        ("kind-1", "procedure"),
        ("words-1", "Take blood"),
        ("code-1", "28520004"),
        ("place-2", "1"),
        ("kind-2", "photo"),
        ("words-2", "The form of the laboratory"),
        ("code-2", ""),
    ]
}

#[actix_web::test]
async fn a_stranger_gets_404_and_only_super_managers_set_things_up() {
    let at = Community::start().await;
    let catalogue = with_catalogue(&at);
    let paths = [
        links::settings_tasks(at.org),
        links::new_task(at.org),
        links::task_codes(at.org, "blood"),
        links::task(at.org, catalogue.task),
        links::settings_skills(at.org),
        links::skill(at.org, catalogue.phlebotomy),
        links::settings_windows(at.org),
        links::window(at.org, catalogue.early),
        links::settings_coverage(at.org),
    ];
    for path in &paths {
        assert_eq!(at.as_stranger().get(path).await.status, 404, "{path}");
        assert_eq!(at.as_rep().get(path).await.status, 404, "{path}");
        assert_eq!(at.as_staff().get(path).await.status, 403, "{path}");
        assert_eq!(at.as_manager().get(path).await.status, 403, "{path}");
        assert_eq!(at.as_super().get(path).await.status, 200, "{path}");
    }
    let waiting = [links::waiting_tasks(), links::waiting_task(at.org, catalogue.task)];
    for path in &waiting {
        assert_eq!(at.as_super().get(path).await.status, 404, "{path}");
        assert_eq!(at.as_rep().get(path).await.status, 200, "{path}");
    }
    // A neighbour of the same sector, with the number of what is not theirs.
    let (org, nell) = at.neighbour();
    let nell = at.app.as_person(&nell);
    for path in [
        links::task(org, catalogue.task),
        links::skill(org, catalogue.phlebotomy),
        links::window(org, catalogue.early),
    ] {
        assert_eq!(nell.get(&path).await.status, 404, "{path}");
    }
    let area = CoverageAreaId(at.number("SELECT MIN(id) FROM coverage_areas"));
    assert_eq!(nell.post(&links::remove_area(org, area), &[]).await.status, 404);
    let theirs = links::waiting_task(org, catalogue.task);
    assert_eq!(at.as_rep().get(&theirs).await.status, 404);
}

#[actix_web::test]
async fn other_sectors_have_no_such_pages() {
    let at = Therapy::start().await;
    for path in [
        links::settings_tasks(at.org),
        links::settings_skills(at.org),
        links::settings_windows(at.org),
        links::settings_coverage(at.org),
    ] {
        assert_eq!(at.as_super().get(&path).await.status, 404, "{path}");
    }
    let mary = at.app.as_super();
    let home = at.app.cast.willow;
    assert_eq!(mary.get(&links::settings_tasks(home)).await.status, 404);
    assert!(!mary.get(&links::settings(home)).await.body.contains(&links::settings_tasks(home)));
    let community = Community::start().await;
    let settings = community.as_super().get(&links::settings(community.org)).await;
    for label in ["Tasks", "Skills", "Windows", "Coverage"] {
        assert!(settings.text().contains(label), "{label}");
    }
}

#[actix_web::test]
async fn a_task_can_be_booked_once_both_have_agreed() {
    let at = Community::start().await;
    let grace = at.as_super();
    let page = grace.post(&links::settings_tasks(at.org), &fields("Blood test", "45")).await;
    assert_eq!(page.status, 303, "{}", page.text());
    let task = task_of(&at, "Blood test");
    let here = links::task(at.org, task);
    let text = grace.get(&here).await.text();
    assert!(text.contains("Version 1 Draft") && text.contains("45 minutes"), "{text}");
    let (photo, blood) = (text.find("The form of the laboratory"), text.find("Take blood"));
    assert!(photo.unwrap() < blood.unwrap(), "the numbers decide the order: {text}");
    assert!(text.contains("Procedure, SNOMED CT 28520004: Venepuncture for blood test"), "{text}");
    assert_eq!(bookable(&at), []);
    let list = grace.get(&links::settings_tasks(at.org)).await.text();
    assert!(list.contains("Not yet Version 1, not agreed yet"), "{list}");

    let seen = mark(&at, task);
    let page = grace.post(&links::task_act(at.org, task, "agree"), &[("seen", &seen)]).await;
    assert_eq!(page.status, 303);
    let text = grace.get(&here).await.text();
    assert!(text.contains("It can be booked once Kinbridge has agreed too"), "{text}");
    assert!(text.contains("Grace Moor, today at") && !text.contains("Agree for the organisation"), "{text}");
    assert_eq!(bookable(&at), []);

    let rep = at.as_rep();
    let list = rep.get(&links::waiting_tasks()).await;
    assert!(list.text().contains("Blood test Harrogate Home Visits 1 Grace Moor"), "{}", list.text());
    let theirs = links::waiting_task(at.org, task);
    assert!(list.body.contains(&theirs));
    assert!(rep.get(&theirs).await.text().contains("Agree for Kinbridge"));
    let page = rep.post(&links::agree_waiting_task(at.org, task), &[("seen", &seen)]).await;
    assert_eq!(page.location(), theirs);
    let text = rep.get(&theirs).await.text();
    assert!(text.contains("Both have agreed") && text.contains("Version 1 Agreed"), "{text}");
    assert_eq!(bookable(&at), [("Blood test".to_owned(), 1)]);
    let list = rep.get(&links::waiting_tasks()).await.text();
    assert!(list.contains("No draft waits for you"), "{list}");
}

#[actix_web::test]
async fn an_agreed_version_never_changes_and_the_next_one_says_what_it_changes() {
    let at = Community::start().await;
    let catalogue = with_catalogue(&at);
    let grace = at.as_super();
    let here = links::task(at.org, catalogue.task);
    let act = |act: &str| links::task_act(at.org, catalogue.task, act);
    let page = grace.post(&act("edit"), &fields("Something else", "45")).await;
    assert_eq!((page.status, page.location()), (303, here.as_str()));
    let text = grace.get(&here).await.text();
    assert!(text.contains("what was agreed does not change. Begin a new version"), "{text}");
    assert_eq!(grace.get(&act("edit")).await.location(), here);

    assert_eq!(grace.post(&act("version"), &[]).await.status, 303);
    let text = grace.get(&here).await.text();
    assert!(text.contains("It says what the agreed version says"), "{text}");
    let form = grace.get(&act("edit")).await;
    assert!(form.body.contains(r#"value="Take blood""#) && form.body.contains("checked"), "{}", form.body);
    let page = grace.post(&act("edit"), &fields("Blood test at home", "45")).await;
    assert_eq!(page.status, 303, "{}", page.text());
    let text = grace.get(&here).await.text();
    for words in [
        "It takes 45 minutes instead of 30.",
        "Taken out of the steps: the administrative step Hand the tube to the courier.",
        "New among the steps: the photo The form of the laboratory.",
        "Phlebotomy is not asked for any more.",
    ] {
        assert!(text.contains(words), "{words} is not in {text}");
    }
    assert_eq!(bookable(&at), [("Blood test at home".to_owned(), 1)], "until both have agreed");
    let list = grace.get(&links::settings_tasks(at.org)).await.text();
    assert!(list.contains("Version 1, 30 minutes Version 2, not agreed yet"), "{list}");

    let seen = mark(&at, catalogue.task);
    at.as_rep().post(&links::agree_waiting_task(at.org, catalogue.task), &[("seen", &seen)]).await;
    grace.post(&act("agree"), &[("seen", &seen)]).await;
    assert_eq!(bookable(&at), [("Blood test at home".to_owned(), 2)]);
    // What was booked with the first keeps it.
    let first = at.read(|conn| tasks::version(conn, at.org, catalogue.task_version));
    assert_eq!((first.number, first.minutes, first.steps.len()), (1, 30, 3));
    assert_eq!(first.skills.len(), 1);
    let by_number = at.read(|conn| tasks::by_public_id(conn, at.org, &catalogue.task_public_id));
    assert_eq!(by_number.number, 2);
}

#[actix_web::test]
async fn a_changed_draft_is_agreed_to_anew_and_nobody_agrees_to_what_they_did_not_read() {
    let at = Community::start().await;
    let scope = at.scope::<ManageOrganisation>();
    let task = at.write(|tx| tasks::create(tx, &scope, &blood_test(&[])));
    let (grace, rep) = (at.as_super(), at.as_rep());
    let act = |act: &str| links::task_act(at.org, task, act);
    let seen = mark(&at, task);
    rep.post(&links::agree_waiting_task(at.org, task), &[("seen", &seen)]).await;
    grace.post(&act("edit"), &fields("Blood test at home", "45")).await;
    let page = grace.post(&act("agree"), &[("seen", &seen)]).await;
    assert_eq!(page.status, 303);
    let text = grace.get(&links::task(at.org, task)).await.text();
    assert!(text.contains("The draft was changed meanwhile"), "{text}");
    assert!(text.contains("Agreed for Kinbridge Not agreed yet"), "{text}");
    grace.post(&act("agree"), &[("seen", &mark(&at, task))]).await;
    assert_eq!(bookable(&at), [], "Kinbridge has to agree again");

    // Saving what is there already takes nothing back.
    grace.post(&act("edit"), &fields("Blood test at home", "45")).await;
    let text = grace.get(&links::task(at.org, task)).await.text();
    assert!(text.contains("Agreed for the organisation Grace Moor"), "{text}");
    rep.post(&links::agree_waiting_task(at.org, task), &[("seen", &mark(&at, task))]).await;
    assert_eq!(bookable(&at).len(), 1);
}

#[actix_web::test]
async fn a_form_that_cannot_be_used_says_which_field_and_why() {
    let at = Community::start().await;
    with_catalogue(&at);
    let grace = at.as_super();
    let with = |name: &'static str, value: &'static str| {
        let mut all = fields("Dressing", "20");
        all.retain(|(field, _)| *field != name);
        all.push((name, value));
        all
    };
    for (form, words) in [
        (with("name", ""), "Enter a name such as Blood test"),
        (with("name", "BLOOD test at home"), "Another task has this name"),
        (with("minutes", "4"), "Enter the minutes, from 5 to 480"),
        (with("minimum_gap_days", "many"), "Enter the days as a whole number"),
        (with("code-1", "28520005"), "Step 2: a digit of the SNOMED CT code is wrong"),
        (with("code-1", ""), "Step 2: a procedure needs its SNOMED CT code"),
        (with("code-2", "28520004"), "Step 1: only a procedure has a SNOMED CT code"),
        (with("skills[]", "99999"), "One of the skills is retired or gone"),
    ] {
        let page = grace.post(&links::settings_tasks(at.org), &form).await;
        assert_eq!(page.status, 422, "{words}: {}", page.text());
        assert!(page.text().contains(words), "{words} is not in {}", page.text());
        assert!(page.body.contains(r#"value="Take blood""#), "what was typed is kept");
    }
    assert_eq!(at.number("SELECT COUNT(*) FROM tasks"), 1);
}

#[actix_web::test]
async fn drafts_are_thrown_away_and_tasks_retired_and_restored() {
    let at = Community::start().await;
    let catalogue = with_catalogue(&at);
    let grace = at.as_super();
    let act = |act: &str| links::task_act(at.org, catalogue.task, act);
    let here = links::task(at.org, catalogue.task);
    grace.post(&act("version"), &[]).await;
    grace.post(&act("version"), &[]).await;
    assert!(grace.get(&here).await.text().contains("There is a draft already"));
    grace.post(&act("discard"), &[]).await;
    assert!(!grace.get(&here).await.text().contains("Version 2"));
    grace.post(&act("discard"), &[]).await;
    assert!(grace.get(&here).await.text().contains("There is no draft"));

    grace.post(&act("retire"), &[]).await;
    assert_eq!(bookable(&at), []);
    let text = grace.get(&here).await.text();
    assert!(text.contains("nobody can book it") && text.contains("Restore the task"), "{text}");
    grace.post(&act("version"), &[]).await;
    assert!(grace.get(&here).await.text().contains("This task is retired. Restore it first"));
    // Meanwhile another has its name.
    let scope = at.scope::<ManageOrganisation>();
    let other = at.write(|tx| tasks::create(tx, &scope, &blood_test(&[])));
    grace.post(&act("restore"), &[]).await;
    assert!(grace.get(&here).await.text().contains("Another task is called Blood test at home meanwhile"));
    at.write(|tx| tasks::retire(tx, &scope, other));
    grace.post(&act("restore"), &[]).await;
    assert_eq!(bookable(&at), [("Blood test at home".to_owned(), 1)]);
    // A task that was never agreed has nothing but its draft.
    grace.post(&links::task_act(at.org, other, "discard"), &[]).await;
    let text = grace.get(&links::task(at.org, other)).await.text();
    assert!(text.contains("This draft is all there is of the task"), "{text}");
}

#[actix_web::test]
async fn a_draft_without_steps_or_with_a_retired_skill_is_not_agreed_to() {
    let at = Community::start().await;
    let catalogue = with_catalogue(&at);
    let scope = at.scope::<ManageOrganisation>();
    let bare = tasks::Facts { name: "Nothing yet".into(), steps: Vec::new(), ..blood_test(&[]) };
    let bare = at.write(|tx| tasks::create(tx, &scope, &bare));
    let grace = at.as_super();
    grace.post(&links::task_act(at.org, bare, "agree"), &[("seen", &mark(&at, bare))]).await;
    let text = grace.get(&links::task(at.org, bare)).await.text();
    assert!(text.contains("The draft has no step. Add what is done, then agree."), "{text}");

    let act = |act: &str| links::task_act(at.org, catalogue.task, act);
    grace.post(&act("version"), &[]).await;
    grace.post(&links::skill_act(at.org, catalogue.phlebotomy, "retire"), &[]).await;
    let form = grace.get(&act("edit")).await.text();
    assert!(form.contains("Phlebotomy (skill)"), "what it has is kept: {form}");
    assert!(!grace.get(&links::new_task(at.org)).await.text().contains("Phlebotomy"), "and not offered anew");
    grace.post(&act("agree"), &[("seen", &mark(&at, catalogue.task))]).await;
    let text = grace.get(&links::task(at.org, catalogue.task)).await.text();
    assert!(text.contains("Phlebotomy is retired. Take it out of the draft"), "{text}");
}

#[actix_web::test]
async fn skills_are_added_renamed_and_retired() {
    let at = Community::start().await;
    let catalogue = with_catalogue(&at);
    let grace = at.as_super();
    let list = links::settings_skills(at.org);
    let page = grace.post(&list, &[("kind", "training"), ("name", "Hand hygiene")]).await;
    assert_eq!(page.status, 303);
    for (kind, name, words) in [
        ("training", "phlebotomy", "Another one has this name"),
        ("", "Something", "Choose skill, training or credential"),
        ("skill", " ", "Enter a name such as Phlebotomy"),
    ] {
        let page = grace.post(&list, &[("kind", kind), ("name", name)]).await;
        assert_eq!(page.status, 422, "{words}");
        assert!(page.text().contains(words), "{}", page.text());
    }
    let one = links::skill(at.org, catalogue.phlebotomy);
    grace.post(&one, &[("kind", "credential"), ("name", "Taking blood")]).await;
    grace.post(&links::skill_act(at.org, catalogue.phlebotomy, "retire"), &[]).await;
    let text = grace.get(&list).await.text();
    assert!(text.contains("Taking blood Retired Credential"), "{text}");
    let page = grace.post(&list, &[("kind", "skill"), ("name", "Taking Blood")]).await;
    assert!(page.text().contains("A retired one has this name. Restore it instead"), "{}", page.text());
    let in_use = at.read(|conn| tasks::skills_in_use(conn, at.org));
    assert_eq!(in_use.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["Hand hygiene"]);
    // What asks for it still does, under its new name.
    let task = at.read(|conn| tasks::by_public_id(conn, at.org, &catalogue.task_public_id));
    assert_eq!(task.skills[0].name, "Taking blood");
    grace.post(&links::skill_act(at.org, catalogue.phlebotomy, "restore"), &[]).await;
    grace.post(&links::skill_act(at.org, catalogue.phlebotomy, "restore"), &[]).await;
    assert!(grace.get(&list).await.text().contains("Taking blood is offered already"));
}

#[actix_web::test]
async fn codes_are_found_without_asking_anybody() {
    let at = Community::start().await;
    let grace = at.as_super();
    let text = grace.get(&links::task_codes(at.org, "blood test")).await.text();
    assert!(text.contains("Venepuncture for blood test 28520004") && !text.contains("Wound care"), "{text}");
    let text = grace.get(&links::task_codes(at.org, "tooth")).await.text();
    assert!(text.contains("No code of this list has these words"), "{text}");
    let form = grace.get(&links::new_task(at.org)).await;
    assert!(form.body.contains(r#"<option value="46973005">Blood pressure taking</option>"#));
}

/// One of each kind for the walks over two organisations, by the names of the route table.
pub fn seeded(
    app: &TestApp,
    org: OrganisationId,
    canary: &dyn Fn(&str) -> String,
) -> [(&'static str, i64); 4] {
    let scope = Scope::<ManageOrganisation>::for_the_portal(org);
    let skill = app.write(|tx| tasks::add_skill(tx, &scope, "skill", &canary("SKILL")));
    let facts = tasks::Facts { name: canary("TASK"), ..blood_test(&[skill]) };
    let task = app.write(|tx| tasks::create(tx, &scope, &facts));
    let window = window(app, &scope, &canary("WINDOW"), ("07:00", "09:00"));
    let typed = coverage::Typed { kind: "district".into(), district: "LS1".into(), miles: String::new() };
    app.write(|tx| coverage::add(tx, &scope, &typed));
    let area = app.number("SELECT MAX(id) FROM coverage_areas");
    [("skill", skill.0), ("task", task.0), ("window", window.0), ("area", area)]
}

/// Sends each form of what is set up, as somebody who may.
pub async fn every_form(at: &Community, walk: &mut Walk<'_>) {
    let (grace, rep) = (at.app.new_visitor(&at.super_manager), at.app.new_visitor(&at.app.cast.rep));
    let own = |list: Vec<(&'static str, &str)>| -> Vec<(&'static str, String)> {
        list.into_iter().map(|(name, value)| (name, value.to_owned())).collect()
    };
    let skills = "/org/{org}/settings/skills";
    let named = own(vec![("kind", "skill"), ("name", "Phlebotomy")]);
    walk.by(skills, &grace, &links::settings_skills(at.org), named).await;
    let skill = SkillId(at.number("SELECT MAX(id) FROM skills"));
    let renamed = own(vec![("kind", "skill"), ("name", "Taking blood")]);
    walk.by("/org/{org}/settings/skills/{skill}", &grace, &links::skill(at.org, skill), renamed).await;
    for (act, pattern) in [
        ("retire", "/org/{org}/settings/skills/{skill}/retire"),
        ("restore", "/org/{org}/settings/skills/{skill}/restore"),
    ] {
        walk.by(pattern, &grace, &links::skill_act(at.org, skill, act), Vec::new()).await;
    }
    let draft = own(fields("Blood test", "30"));
    walk.by("/org/{org}/settings/tasks", &grace, &links::settings_tasks(at.org), draft).await;
    let task = task_of(at, "Blood test");
    let act = |act: &str| links::task_act(at.org, task, act);
    let changed = own(fields("Blood test", "45"));
    walk.by("/org/{org}/settings/tasks/{task}/edit", &grace, &act("edit"), changed).await;
    let seen = mark(at, task);
    let agreed = own(vec![("seen", &seen)]);
    walk.by("/org/{org}/settings/tasks/{task}/agree", &grace, &act("agree"), agreed.clone()).await;
    let theirs = links::agree_waiting_task(at.org, task);
    walk.by("/organisations/{org}/tasks/{task}/agree", &rep, &theirs, agreed).await;
    for (word, pattern) in [
        ("version", "/org/{org}/settings/tasks/{task}/version"),
        ("discard", "/org/{org}/settings/tasks/{task}/discard"),
        ("retire", "/org/{org}/settings/tasks/{task}/retire"),
        ("restore", "/org/{org}/settings/tasks/{task}/restore"),
    ] {
        walk.by(pattern, &grace, &act(word), Vec::new()).await;
    }
    let window = |to| {
        own(vec![("name", "Early"), ("from", "07:00"), ("to", to), ("weekdays[]", "mon"), ("capacity", "2")])
    };
    let windows = "/org/{org}/settings/windows";
    walk.by(windows, &grace, &links::settings_windows(at.org), window("09:00")).await;
    let id = WindowId(at.number("SELECT MAX(id) FROM visit_windows"));
    let pattern = "/org/{org}/settings/windows/{window}";
    walk.by(pattern, &grace, &links::window(at.org, id), window("10:00")).await;
    for (act, pattern) in [
        ("retire", "/org/{org}/settings/windows/{window}/retire"),
        ("restore", "/org/{org}/settings/windows/{window}/restore"),
    ] {
        walk.by(pattern, &grace, &links::window_act(at.org, id, act), Vec::new()).await;
    }
    let area = own(vec![("kind", "radius"), ("district", "LS8"), ("miles", "10")]);
    let coverage = "/org/{org}/settings/coverage";
    walk.by(coverage, &grace, &links::settings_coverage(at.org), area).await;
    let area = CoverageAreaId(at.number("SELECT MAX(id) FROM coverage_areas"));
    let pattern = "/org/{org}/settings/coverage/{area}/remove";
    walk.by(pattern, &grace, &links::remove_area(at.org, area), Vec::new()).await;
}

#[actix_web::test]
async fn the_trail_says_who_agreed_and_what_changed() {
    let at = Community::start().await;
    with_catalogue(&at);
    let scope = at.scope::<ViewAppointments>();
    let kept = at.read(|conn| tasks::list(conn, &scope));
    assert_eq!(kept.len(), 1);
    let trail = at.as_super().get(&links::settings_audit(at.org)).await.text();
    for words in [
        "drafted the task Blood test at home",
        "agreed for the organisation to version 1 of the task Blood test at home",
        "agreed for Kinbridge to version 1 of the task Blood test at home",
        "added the window Early, 07:00 to 09:00, Monday to Friday, 2 a day",
        "added the area 10 miles around LS8",
    ] {
        assert!(trail.contains(words), "{words} is not in {trail}");
    }
}
