//! Activities: who sees and records whom, from the plan to each person's part, and what becomes of it.

#![cfg(test)]

use chrono::TimeDelta;
use kinbridge::domain::access::{EditResidents, RecordActivities, Scope};
use kinbridge::domain::activities::{self, Details, Group};
use kinbridge::domain::residents;
use kinbridge::kit::ids::{ActivityId, OrganisationId, ParticipationId, ResidentId};
use kinbridge::links;

use crate::residents::{add, facts};
use crate::support::{Page, TestApp, Visitor};

/// Chair yoga yesterday at 2pm, with Betty (Garden Wing) and Arthur (Oak Wing).
pub struct Yoga {
    pub app: TestApp,
    pub org: OrganisationId,
    pub id: ActivityId,
    pub betty: ResidentId,
    pub arthur: ResidentId,
}

impl Yoga {
    pub async fn start() -> Self {
        let app = TestApp::start().await;
        let (org, cast) = (app.cast.willow, app.cast.clone());
        let betty = add(&app, org, &facts(cast.willow_house, Some(cast.garden_wing), "Betty", "Cole", "5"));
        let arthur = add(&app, org, &facts(cast.willow_house, Some(cast.oak_wing), "Arthur", "Bell", "12"));
        let scope = Scope::<RecordActivities>::for_the_portal(org);
        let details = Details {
            name: "Chair yoga".into(),
            details: "Seated stretch".into(),
            location: "Lounge".into(),
            starts_at: app.clock.now() - TimeDelta::hours(20),
        };
        let id = app.write(|tx| activities::plan(tx, &scope, &details, Group::Of(cast.willow_house)));
        Self { app, org, id, betty, arthur }
    }

    pub fn path(&self) -> String {
        links::activity(self.org, self.id)
    }

    pub fn act(&self, act: &str) -> String {
        links::activity_act(self.org, self.id, act)
    }

    pub fn part(&self, of: ResidentId) -> ParticipationId {
        ParticipationId(self.app.number(&format!(
            "SELECT id FROM participations WHERE activity_id = {} AND resident_id = {of}",
            self.id
        )))
    }

    /// A mark of the form: took part or not, rating, comment.
    pub fn mark(&self, of: ResidentId, took: &str, rating: &str, comment: &str) -> Vec<(String, String)> {
        let id = self.part(of);
        [("took", took), ("rating", rating), ("comment", comment)]
            .map(|(name, value)| (format!("{name}-{id}"), value.to_owned()))
            .into()
    }

    pub async fn record(&self, who: &Visitor<'_>, version: &str, marks: &[Vec<(String, String)>]) -> Page {
        let mut fields = vec![("version", version), ("completed_by", "Amina Yusuf"), ("act", "save")];
        fields.extend(marks.iter().flatten().map(|(name, value)| (name.as_str(), value.as_str())));
        who.post(&self.act("record"), &fields).await
    }
}

/// The value of a hidden field in the form that is sent to `action`.
pub fn hidden(page: &Page, name: &str) -> String {
    let at = page.body.find(&format!("name=\"{name}\" value=\"")).unwrap_or_else(|| panic!("a field {name}"));
    page.body[at..].split('"').nth(3).unwrap().to_owned()
}

#[actix_web::test]
async fn a_stranger_gets_404_and_a_colleague_without_the_right_403() {
    let yoga = Yoga::start().await;
    let part = links::participation_act(yoga.org, yoga.id, yoga.part(yoga.betty), "correct");
    for path in [yoga.path(), yoga.act("record"), yoga.act("people"), links::activities(yoga.org), part] {
        assert_eq!(yoga.app.as_stranger().get(&path).await.status, 404, "{path}");
        assert_eq!(yoga.app.as_relative().get(&path).await.status, 404, "{path}");
        assert_eq!(yoga.app.as_colleague().get(&path).await.status, 403, "{path}");
        let expected = if path.ends_with("correct") { 303 } else { 200 };
        assert_eq!(yoga.app.as_manager().get(&path).await.status, expected, "{path}");
    }
    let queue = links::timeline(yoga.org);
    assert_eq!(yoga.app.as_stranger().get(&queue).await.status, 404);
    assert_eq!(yoga.app.as_staff().get(&queue).await.status, 403);
}

#[actix_web::test]
async fn staff_see_and_record_the_residents_of_their_places_only() {
    let yoga = Yoga::start().await;
    let amina = yoga.app.as_staff();
    let page = amina.get(&yoga.path()).await;
    assert!(page.text().contains("Betty Cole") && !page.body.contains("Arthur"), "{}", page.text());
    assert!(!amina.get(&yoga.act("record")).await.body.contains("Arthur"));
    let before = yoga.app.digest();
    let page = yoga.record(&amina, "1", &[yoga.mark(yoga.arthur, "yes", "5", "")]).await;
    assert_eq!((page.status, yoga.app.digest()), (422, before));
    assert!(page.text().contains("does not live in your places"), "{}", page.text());
    let correct = links::participation_act(yoga.org, yoga.id, yoga.part(yoga.arthur), "correct");
    assert_eq!(amina.get(&correct).await.status, 404);
    let page = yoga.record(&amina, "1", &[yoga.mark(yoga.betty, "yes", "5", "Sang along")]).await;
    assert_eq!(page.status, 303, "{}", page.text());
    // Arthur's part stays for somebody who sees him.
    let ben = yoga.app.as_manager();
    let page = yoga.record(&ben, "2", &[yoga.mark(yoga.arthur, "no", "", "")]).await;
    assert_eq!(page.status, 303, "{}", page.text());
    let text = ben.get(&yoga.path()).await.text();
    for part in ["Took part", "5 out of 5", "Sang along", "Declined", "Completed by Amina Yusuf", "Waiting"] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[actix_web::test]
async fn an_activity_goes_from_the_plan_to_the_timeline_by_forms_alone() {
    let yoga = Yoga::start().await;
    let (app, org) = (&yoga.app, yoga.org);
    let ben = app.as_manager();
    assert!(ben.get(&links::activities(org)).await.text().contains("Chair yoga To record"));
    let form = ben.get(&links::new_activity(org)).await;
    assert!(form.text().contains("Everybody in Garden Wing"), "{}", form.text());
    let garden = format!("place-{}", app.cast.garden_wing);
    let fields = [
        ("name", "Singing group"),
        ("details", "Songs of the fifties"),
        ("location", "Lounge"),
        ("day", "2026-11-22"),
        ("time", "09:30"),
        ("group", &garden),
    ];
    let planned = ben.post(&links::activities(org), &fields).await;
    assert!(planned.location().ends_with("/people"), "{}", planned.text());
    let people = ben.get(planned.location()).await;
    assert!(people.text().contains("The activity is planned."), "{}", people.text());
    assert!(people.body.contains(&format!("value=\"{}\" checked", yoga.betty)));
    let version = hidden(&people, "version");
    let (betty, arthur) = (yoga.betty.to_string(), yoga.arthur.to_string());
    let chosen = [("version", version.as_str()), ("resident[]", &betty), ("resident[]", &arthur)];
    let done = ben.post(planned.location(), &chosen).await;
    assert_eq!(done.status, 303, "{}", done.text());
    let page = ben.get(done.location()).await;
    assert!(page.text().contains("Arthur Bell") && page.text().contains("Not recorded yet"));
    // The group of last time is offered next.
    assert!(
        ben.get(&links::new_activity(org)).await.text().contains("The people of last time (Singing group)")
    );
}

#[actix_web::test]
async fn a_form_sent_twice_is_one_outcome_and_of_two_people_the_second_is_told() {
    let yoga = Yoga::start().await;
    let (ben, mary) = (yoga.app.as_manager(), yoga.app.as_super());
    let marks = [yoga.mark(yoga.betty, "yes", "4", "Fine"), yoga.mark(yoga.arthur, "no", "", "")];
    assert_eq!(yoga.record(&ben, "1", &marks).await.status, 303);
    let after = yoga.app.digest();
    let again = yoga.record(&ben, "1", &marks).await;
    assert_eq!((again.status, yoga.app.digest()), (303, after.clone()));
    assert!(ben.get(again.location()).await.text().contains("That was recorded already."));
    let other = [yoga.mark(yoga.betty, "no", "", "Other")];
    let second = yoga.record(&mary, "1", &other).await;
    assert_eq!(yoga.app.digest(), after);
    let text = mary.get(second.location()).await.text();
    assert!(text.contains("Ben Carter recorded this meanwhile"), "{text}");
    assert!(text.contains("Fine") && !text.contains("Other"));
}

#[actix_web::test]
async fn who_is_archived_or_elsewhere_is_refused_in_words() {
    let yoga = Yoga::start().await;
    let ben = yoga.app.as_manager();
    let scope = Scope::<EditResidents>::for_the_portal(yoga.org);
    let gone = yoga.betty;
    yoga.app.write(|tx| residents::archive(tx, &scope, gone, 1, "moved away"));
    let before = yoga.app.digest();
    let page = yoga.record(&ben, "1", &[yoga.mark(yoga.betty, "yes", "5", "")]).await;
    assert_eq!((page.status, yoga.app.digest()), (422, before.clone()));
    assert!(page.text().contains("Betty Cole has been archived"), "{}", page.text());
    let cast = &yoga.app.cast;
    let other = add(&yoga.app, cast.elm, &facts(cast.elm_lodge, None, "Elsie", "Elm", "1"));
    let lives_elsewhere = add(&yoga.app, yoga.org, &facts(cast.oak_court, None, "Olive", "Oak", "1"));
    let amina = yoga.app.as_staff();
    let before = yoga.app.digest();
    let (other, lives_elsewhere) = (other.to_string(), lives_elsewhere.to_string());
    let page = ben.post(&yoga.act("people"), &[("version", "1"), ("resident[]", &other)]).await;
    assert_eq!((page.status, page.body.contains("Elsie")), (422, false));
    let page = amina.post(&yoga.act("people"), &[("version", "1"), ("resident[]", &lives_elsewhere)]).await;
    assert_eq!((page.status, page.body.contains("Olive")), (422, false));
    assert!(page.text().contains("does not live in your places"), "{}", page.text());
    assert_eq!(yoga.app.digest(), before);
}

#[actix_web::test]
async fn nobody_records_what_has_not_begun_or_was_cancelled() {
    let yoga = Yoga::start().await;
    let ben = yoga.app.as_manager();
    let fields = [("name", "Chair yoga"), ("day", "2026-11-30"), ("time", "14:00"), ("version", "1")];
    assert_eq!(ben.post(&yoga.act("edit"), &fields).await.status, 303);
    let page = yoga.record(&ben, "2", &[yoga.mark(yoga.betty, "yes", "", "")]).await;
    assert!(page.status == 422 && page.text().contains("has not begun yet"), "{}", page.text());
    let page = ben.post(&yoga.act("cancel"), &[("because", "")]).await;
    assert!(page.status == 422 && page.text().contains("Say why"));
    assert_eq!(ben.post(&yoga.act("cancel"), &[("because", "The teacher is ill")]).await.status, 303);
    let page = yoga.record(&ben, "3", &[yoga.mark(yoga.betty, "yes", "", "")]).await;
    assert!(page.status == 409 || page.status == 303, "{}", page.text());
    assert_eq!(yoga.app.number("SELECT COUNT(*) FROM timeline_entries"), 0);
}

#[actix_web::test]
async fn the_tab_of_a_resident_shows_weeks_as_a_chart_and_a_table() {
    let yoga = Yoga::start().await;
    let ben = yoga.app.as_manager();
    let tab = links::resident_activities(yoga.org, yoga.betty);
    assert!(ben.get(&tab).await.text().contains("What this resident takes part in will stand here."));
    yoga.record(&ben, "1", &[yoga.mark(yoga.betty, "yes", "5", "Sang <b>along</b>")]).await;
    let page = ben.get(&tab).await;
    let text = page.text();
    for part in [
        "Took part. Rated 5 out of 5.",
        "The last 12 weeks",
        "Week of 16 November 2026 1 0 5.0 out of 5",
        "Sang <b>along</b>",
        "Waiting",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(page.body.contains("<svg class=\"chart\"") && !page.body.contains("style="));
    assert!(page.body.contains("took part 1 times, declined 0 times"));
    assert_eq!(yoga.app.as_staff().get(&links::resident_activities(yoga.org, yoga.arthur)).await.status, 404);
}

#[actix_web::test]
async fn whoever_does_not_agree_to_photos_is_marked_while_recording() {
    use kinbridge::domain::consents::{Decision, NewConsent, Topic};
    let yoga = Yoga::start().await;
    let ben = yoga.app.as_manager();
    let form = async || ben.get(&yoga.act("record")).await.text();
    let text = form().await;
    assert!(text.contains("No photos of 2 people here"), "nobody was asked: {text}");
    let agrees = |resident, decision, review_on| {
        let consent = NewConsent { review_on, ..crate::consents::decided(Topic::Photos, decision) };
        crate::consents::decide(&yoga.app, resident, &consent);
    };
    agrees(yoga.betty, Decision::Given, chrono::NaiveDate::from_ymd_opt(2026, 11, 30));
    let text = form().await;
    assert!(
        text.contains("No photos of 1 person here") && text.contains("Arthur Bell room 12 No photos"),
        "{text}"
    );
    assert!(!text.contains("Betty Cole room 5 No photos"), "{text}");
    agrees(yoga.arthur, Decision::Given, None);
    assert!(!form().await.contains("No photos"));
    agrees(yoga.arthur, Decision::Refused, None);
    assert!(form().await.contains("No photos of 1 person here"));
    yoga.app.pass(9 * 24 * 3600);
    let ben = yoga.app.new_visitor(&yoga.app.cast.manager);
    let text = ben.get(&yoga.act("record")).await.text();
    assert!(text.contains("No photos of 2 people here"), "Betty's consent has run out: {text}");
}
