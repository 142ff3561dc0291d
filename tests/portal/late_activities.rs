//! What was recorded without a network: each form once, with its own time, and of two the earlier stays until somebody
//! decides.

#![cfg(test)]

use kinbridge::kit::ids::ResidentId;
use kinbridge::links;

use crate::activities::{Yoga, hidden};
use crate::support::{Page, Visitor};

const KEY: &str = "0123abcd-4567-4890-abcd-0123456789ab";
const HOUR: i64 = 3600;

impl Yoga {
    /// As the page's script sends what it kept, `ago` seconds after it was written down.
    async fn late(&self, who: &Visitor<'_>, key: &str, ago: i64, marks: &[Vec<(String, String)>]) -> Page {
        let noted = (self.app.clock.now().and_utc().timestamp_millis() - ago * 1000).to_string();
        let mut fields = vec![("completed_by", "Amina Yusuf"), ("replay", key), ("noted", &*noted)];
        fields.extend(marks.iter().flatten().map(|(name, value)| (name.as_str(), value.as_str())));
        who.post(&self.act("late"), &fields).await
    }

    fn recorded(&self) -> i64 {
        self.app.number("SELECT COUNT(*) FROM participations WHERE state = 'recorded'")
    }

    /// The form of the decision about somebody, filled in.
    async fn decide(&self, who: &Visitor<'_>, of: ResidentId, act: &str) -> Page {
        let page = who.get(&self.path()).await;
        let [about, version, late] = ["about", "version", "late"].map(|name| hidden(&page, name));
        let to = links::participation_act(self.org, self.id, self.part(of), "late");
        let fields = [("about", &*about), ("version", &*version), ("late", &*late), ("act", act)];
        who.post(&to, &fields).await
    }
}

#[actix_web::test]
async fn only_who_records_sends_what_was_kept_and_only_of_their_places() {
    let yoga = Yoga::start().await;
    let betty = [yoga.mark(yoga.betty, "yes", "5", "")];
    for (who, status) in
        [(yoga.app.as_stranger(), 404), (yoga.app.as_relative(), 404), (yoga.app.as_colleague(), 403)]
    {
        assert_eq!(yoga.late(&who, KEY, 60, &betty).await.status, status);
    }
    let amina = yoga.app.as_staff();
    let before = yoga.app.digest();
    let page = yoga.late(&amina, KEY, 60, &[yoga.mark(yoga.arthur, "yes", "5", "")]).await;
    assert_eq!((page.status, yoga.app.digest()), (422, before), "{}", page.body);
    assert!(page.body.contains("does not live in your places"), "{}", page.body);
    assert_eq!(yoga.late(&amina, KEY, 60, &betty).await.status, 200);
}

#[actix_web::test]
async fn a_kept_form_counts_once_and_keeps_the_time_at_which_it_was_written_down() {
    let yoga = Yoga::start().await;
    let amina = yoga.app.as_staff();
    let marks = [yoga.mark(yoga.betty, "yes", "5", "Sang along")];
    let page = yoga.late(&amina, KEY, 2 * HOUR, &marks).await;
    assert_eq!((page.status, page.header("content-type")), (200, Some("application/json")));
    assert!(page.body.contains("One person is recorded."), "{}", page.body);
    let text = amina.get(&yoga.path()).await.text();
    assert!(text.contains("Written down without a network, today at 8am"), "{text}");
    let before = yoga.app.digest();
    let again = yoga.late(&amina, KEY, 2 * HOUR, &marks).await;
    assert!(again.body.contains("had arrived already"), "{}", again.body);
    assert_eq!(yoga.app.digest(), before, "the same form a second time");
    assert_eq!(yoga.app.number("SELECT COUNT(*) FROM timeline_entries"), 1);
}

#[actix_web::test]
async fn a_time_that_cannot_be_is_replaced_by_the_time_of_arrival_and_it_is_said() {
    for ago in [9 * HOUR, -10 * 60] {
        let yoga = Yoga::start().await;
        let amina = yoga.app.as_staff();
        let page = yoga.late(&amina, KEY, ago, &[yoga.mark(yoga.betty, "yes", "", "")]).await;
        assert!(page.body.contains("so the time of arrival stands"), "{ago}: {}", page.body);
        assert_eq!(yoga.app.number("SELECT COUNT(*) FROM participations WHERE noted_at IS NOT NULL"), 0);
    }
    let yoga = Yoga::start().await;
    let page = yoga.late(&yoga.app.as_staff(), KEY, 8 * HOUR, &[yoga.mark(yoga.betty, "yes", "", "")]).await;
    assert!(!page.body.contains("time of arrival"), "eight hours are a working day: {}", page.body);
}

#[actix_web::test]
async fn whoever_was_first_stays_until_somebody_decides() {
    let yoga = Yoga::start().await;
    let (ben, amina) = (yoga.app.as_manager(), yoga.app.as_staff());
    let first = [yoga.mark(yoga.betty, "no", "", "Asleep")];
    assert_eq!(yoga.record(&ben, "1", &first).await.status, 303);
    let late = [yoga.mark(yoga.betty, "yes", "5", "Sang along")];
    let page = yoga.late(&amina, KEY, HOUR, &late).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("look at the activity and decide"), "{}", page.body);
    assert_eq!(yoga.app.number("SELECT COUNT(*) FROM participations WHERE comment = 'Asleep'"), 1);
    let text = amina.get(&yoga.path()).await.text();
    for part in [
        "To decide: Betty Cole",
        "Amina Yusuf wrote this down without a network, today at 9am",
        "Recorded first Declined. Not rated. Asleep (Ben Carter)",
        "Arrived later Took part. 5 out of 5. Sang along",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let page = yoga.decide(&amina, yoga.betty, "use").await;
    assert_eq!(page.status, 303, "{}", page.text());
    let text = amina.get(&yoga.path()).await.text();
    assert!(text.contains("Sang along") && !text.contains("To decide"), "{text}");
    assert_eq!(
        yoga.app.number("SELECT COUNT(*) FROM timeline_entries WHERE comment = 'Asleep'"),
        1,
        "the first is kept"
    );

    let other = "fedcba98-4567-4890-abcd-0123456789ab";
    yoga.late(
        &ben,
        other,
        HOUR,
        &[yoga.mark(yoga.betty, "no", "", ""), yoga.mark(yoga.arthur, "yes", "3", "")],
    )
    .await;
    assert_eq!(yoga.recorded(), 2, "Arthur was still expected");
    assert!(!amina.get(&yoga.path()).await.text().contains("Arthur"), "staff of one zone");
    assert_eq!(yoga.decide(&ben, yoga.betty, "keep").await.status, 303);
    let text = ben.get(&yoga.path()).await.text();
    assert!(text.contains("Sang along") && !text.contains("To decide"), "{text}");
}

#[actix_web::test]
async fn what_was_decided_or_changed_meanwhile_is_not_decided_twice() {
    let yoga = Yoga::start().await;
    let ben = yoga.app.as_manager();
    yoga.record(&ben, "1", &[yoga.mark(yoga.betty, "no", "", "")]).await;
    yoga.late(&ben, KEY, HOUR, &[yoga.mark(yoga.betty, "yes", "5", "")]).await;
    let page = ben.get(&yoga.path()).await;
    let [about, late] = ["about", "late"].map(|name| hidden(&page, name));
    let to = links::participation_act(yoga.org, yoga.id, yoga.part(yoga.betty), "late");
    let stale = [("about", &*about), ("version", "7"), ("late", &*late), ("act", "use")];
    let page = ben.post(&to, &stale).await;
    assert!(ben.get(page.location()).await.text().contains("changed this meanwhile"));
    assert!(ben.get(&yoga.path()).await.text().contains("To decide"), "it still waits");
    yoga.decide(&ben, yoga.betty, "keep").await;
    let page = ben.post(&to, &stale).await;
    assert!(ben.get(page.location()).await.text().contains("decided already"));
}

#[actix_web::test]
async fn a_form_that_can_never_be_taken_says_why_and_leaves_nothing() {
    let yoga = Yoga::start().await;
    let ben = yoga.app.as_manager();
    let before = yoga.app.digest();
    let good = [yoga.mark(yoga.betty, "yes", "5", "")];
    for (key, marks, words) in [
        ("short", good.clone(), "not kept by a page of ours"),
        (KEY, [yoga.mark(yoga.betty, "yes", "9", "")], "rating from 1 to 5"),
        (KEY, [Vec::new()], "at least one person"),
    ] {
        let page = yoga.late(&ben, key, 60, &marks).await;
        assert!(page.status == 422 && page.body.contains(words), "{words}: {} {}", page.status, page.body);
    }
    assert_eq!(yoga.app.digest(), before);
    ben.post(&yoga.act("cancel"), &[("because", "the teacher was ill")]).await;
    let page = yoga.late(&ben, KEY, 60, &good).await;
    assert!(page.status == 422 && page.body.contains("cancelled"), "{}", page.body);
}

#[actix_web::test]
async fn the_page_explains_the_rule_and_keeps_no_name_for_the_script() {
    let yoga = Yoga::start().await;
    let page = yoga.app.as_staff().get(&yoga.act("record")).await;
    for part in [
        "theirs stays",
        "no names of residents",
        "Signing out deletes it, after asking",
        "within eight hours",
    ] {
        assert!(page.text().contains(part), "{part}");
    }
    assert!(page.body.contains("offline.js\" data-account=\""), "{}", page.body);
    assert_ne!(
        hidden(&page, "replay"),
        hidden(&yoga.app.as_staff().get(&yoga.act("record")).await, "replay")
    );
    for who in [yoga.app.as_relative(), yoga.app.as_colleague()] {
        assert!(!who.get("/account").await.body.contains("offline.js"));
    }
    let script = include_str!("../../static/offline.js");
    assert!(!script.contains("innerHTML") && !script.contains("eval"), "text is put in as text");
}
