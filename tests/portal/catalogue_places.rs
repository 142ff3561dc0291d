//! When and where visits can be made: windows with the days ahead and what the clocks do to them, and coverage by
//! district and by radius.

#![cfg(test)]

use kinbridge::domain::access::{ManageOrganisation, ViewAppointments};
use kinbridge::domain::api_keys::Mode;
use kinbridge::domain::coverage::{self, Coverage, Postcode};
use kinbridge::domain::{visits, windows};
use kinbridge::kit::ids::CoverageAreaId;
use kinbridge::links;

use crate::support::catalogue::{booked, patient, window, with_catalogue};
use crate::support::community::Community;

fn form<'f>(name: &'f str, hours: (&'f str, &'f str), day: &'f str) -> Vec<(&'f str, &'f str)> {
    vec![("name", name), ("from", hours.0), ("to", hours.1), ("weekdays[]", day), ("capacity", "3")]
}

#[actix_web::test]
async fn windows_are_added_and_the_next_days_shown() {
    let at = Community::start().await;
    let grace = at.as_super();
    let list = links::settings_windows(at.org);
    assert!(grace.get(&list).await.text().contains("No window is set up yet"));
    let page = grace.post(&list, &form("Early", ("7:00", "09:00"), "tue")).await;
    assert_eq!(page.status, 303, "{}", page.text());
    let text = grace.get(&list).await.text();
    assert!(text.contains("Early 07:00 to 09:00 Tuesday 3"), "{text}");
    // Today is Sunday 22 November 2026.
    assert!(text.contains("Today No window Tomorrow No window"), "{text}");
    assert!(text.contains("Tuesday 24 November 2026 Early, 07:00 to 09:00, 3 places"), "{text}");
    assert!(text.contains("Saturday 28 November 2026") && !text.contains("29 November"), "{text}");
    assert!(text.contains("Times are those of Europe/London"), "{text}");
}

#[actix_web::test]
async fn a_window_that_cannot_be_says_why() {
    let at = Community::start().await;
    with_catalogue(&at);
    let grace = at.as_super();
    let list = links::settings_windows(at.org);
    for (fields, words) in [
        (form("EARLY", ("10:00", "11:00"), "mon"), "Another window has this name"),
        (form("", ("10:00", "11:00"), "mon"), "Enter a name such as Early"),
        (form("Late", ("22:00", "06:00"), "mon"), "The end must be after the start, on the same day"),
        (form("Late", ("22:00", "25:00"), "mon"), "Enter when it ends"),
        (form("Late", ("ten", "11:00"), "mon"), "Enter when it starts"),
        (form("Late", ("10:00", "11:00"), "someday"), "Choose at least one day of the week"),
    ] {
        let page = grace.post(&list, &fields).await;
        assert_eq!(page.status, 422, "{words}");
        assert!(page.text().contains(words), "{words} is not in {}", page.text());
    }
    assert_eq!(at.number("SELECT COUNT(*) FROM visit_windows"), 2);
}

#[actix_web::test]
async fn windows_are_changed_retired_and_restored() {
    let at = Community::start().await;
    let catalogue = with_catalogue(&at);
    let grace = at.as_super();
    let (list, early) = (links::settings_windows(at.org), links::window(at.org, catalogue.early));
    let page = grace.get(&early).await;
    assert!(page.text().contains("Nothing is booked in it from now on"), "{}", page.text());
    assert!(page.body.contains(r#"value="07:00""#) && page.body.contains(r#"value="fri" checked"#));
    let page = grace.post(&early, &form("Dawn", ("06:00", "08:30"), "sat")).await;
    assert_eq!(page.status, 303, "{}", page.text());
    let text = grace.get(&list).await.text();
    assert!(
        text.contains("The window is changed.") && text.contains("Dawn 06:00 to 08:30 Saturday 3"),
        "{text}"
    );
    let in_use = || at.read(|conn| windows::in_use(conn, at.org)).len();
    grace.post(&links::window_act(at.org, catalogue.early, "retire"), &[]).await;
    assert_eq!(in_use(), 1);
    assert!(grace.get(&list).await.text().contains("Dawn Retired"));
    grace.post(&links::window_act(at.org, catalogue.early, "retire"), &[]).await;
    assert!(grace.get(&list).await.text().contains("Dawn is retired already"));
    // Two in use never have one name; a retired one's is free.
    let scope = at.scope::<ManageOrganisation>();
    let other = window(&at, &scope, "Dawn", ("05:00", "06:00"));
    grace.post(&links::window_act(at.org, catalogue.early, "restore"), &[]).await;
    assert!(grace.get(&list).await.text().contains("Another window is called Dawn meanwhile"));
    at.write(|tx| windows::retire(tx, &scope, other));
    grace.post(&links::window_act(at.org, catalogue.early, "restore"), &[]).await;
    assert_eq!(in_use(), 2);
}

#[actix_web::test]
async fn what_is_booked_keeps_its_time_and_the_page_says_how_much_that_is() {
    let at = Community::start().await;
    let catalogue = with_catalogue(&at);
    let betty = patient(&at, ("Betty", "Cole"));
    let day = "2026-11-26".parse().unwrap();
    let visit = booked(&at, &catalogue, &betty, (catalogue.early, day));
    let grace = at.as_super();
    let early = links::window(at.org, catalogue.early);
    let text = grace.get(&early).await.text();
    assert!(text.contains("1 appointment is booked in it from now on. It keeps its time."), "{text}");
    grace.post(&early, &form("Early", ("06:00", "08:30"), "sat")).await;
    let text = grace.get(&links::settings_windows(at.org)).await.text();
    assert!(text.contains("The window is changed. 1 appointment is booked in it"), "{text}");
    grace.post(&links::window_act(at.org, catalogue.early, "retire"), &[]).await;
    let scope = at.scope::<ViewAppointments>();
    let now = at.read(|conn| visits::get(conn, &scope, Mode::Live, visit.id));
    assert_eq!(now.booked, visit.booked);
    assert_eq!(now.booked.unwrap().starts_at.to_string(), "2026-11-26 07:00:00");
}

#[actix_web::test]
async fn a_window_on_the_hour_that_the_clock_skips_or_repeats_is_warned_of() {
    let at = Community::start().await;
    let grace = at.as_super();
    let list = links::settings_windows(at.org);
    grace.post(&list, &form("Night", ("00:30", "03:00"), "sun")).await;
    grace.post(&list, &form("Lost hour", ("01:00", "02:00"), "sun")).await;
    grace.post(&list, &form("Day", ("09:00", "11:00"), "sun")).await;
    let text = grace.get(&list).await.text();
    for words in [
        "Night: On Sunday 28 March 2027 the clocks go forward and part of it is skipped: it lasts 1 hour 30 minutes \
         instead of 2 hours 30 minutes.",
        "Night: On Sunday 31 October 2027 the clocks go back and part of it comes twice: it lasts 3 hours 30 minutes \
         instead of 2 hours 30 minutes.",
        "Lost hour: On Sunday 28 March 2027 the clocks go forward over all of it: nothing can be booked in it.",
    ] {
        assert!(text.contains(words), "{words} is not in {text}");
    }
    assert!(!text.contains("Day: On"), "{text}");
    // The week of the change: the preview has the hours that there are.
    let until = "2027-03-27T10:00:00".parse::<chrono::NaiveDateTime>().unwrap() - at.clock.now();
    at.clock.advance(until);
    let text = at.app.new_visitor(&at.super_manager).get(&list).await.text();
    assert!(
        text.contains("Tomorrow Night, 00:30 to 03:00, 3 places Day, 09:00 to 11:00, 3 places"),
        "{text}"
    );
}

#[actix_web::test]
async fn districts_and_circles_are_covered_and_postcodes_tried() {
    let at = Community::start().await;
    let grace = at.as_super();
    let list = links::settings_coverage(at.org);
    assert!(grace.get(&list).await.text().contains("No area is covered yet"));
    let page = grace.post(&list, &[("kind", "district"), ("district", "ls1, LS2 HG1"), ("miles", "")]).await;
    assert_eq!(page.status, 303, "{}", page.text());
    let page = grace.post(&list, &[("kind", "radius"), ("district", "LS8 1AA"), ("miles", "10")]).await;
    assert_eq!(page.status, 303, "{}", page.text());
    let text = grace.get(&list).await.text();
    assert!(text.contains("Covered now: 10 miles around LS8"), "{text}");
    assert!(text.contains("HG1") && text.contains("Miles are counted as the crow flies"), "{text}");
    assert!(text.contains("Open Government Licence"), "{text}");
    let trying = |postcode: &'static str| {
        let path = links::try_postcode(at.org, postcode);
        let grace = &grace;
        async move { grace.get(&path).await.text() }
    };
    assert!(trying("ls17 6aa").await.contains("LS17 6AA is covered."));
    assert!(trying("hg1 1aa").await.contains("HG1 1AA is covered."));
    let york = trying("YO1 7HH").await;
    assert!(york.contains("YO1 7HH is not covered. The nearest district that is covered is LS"), "{york}");
    assert!(york.contains("miles away."), "{york}");
    assert!(trying("LS50 1AA").await.contains("There is no district LS50; check the postcode."));
    assert!(trying("somewhere").await.contains("Enter a whole postcode, such as LS1 1AA"));

    // The same radius with other miles is changed, not added.
    grace.post(&list, &[("kind", "radius"), ("district", "LS8"), ("miles", "1")]).await;
    let yes = |postcode: &str| {
        let at_it = Postcode::parse(postcode).unwrap();
        at.read(|conn| coverage::check(conn, at.org, &at_it)) == Coverage::Covered
    };
    assert!(yes("LS8 1AA") && !yes("LS17 6AA"));
    let area = CoverageAreaId(at.number("SELECT id FROM coverage_areas WHERE kind = 'radius'"));
    grace.post(&links::remove_area(at.org, area), &[]).await;
    assert!(!yes("LS8 1AA") && yes("LS2 7AA"));
    assert_eq!(at.number("SELECT COUNT(*) FROM coverage_areas"), 3);
}

#[actix_web::test]
async fn an_area_that_cannot_be_says_why() {
    let at = Community::start().await;
    with_catalogue(&at);
    let grace = at.as_super();
    let list = links::settings_coverage(at.org);
    for (kind, district, miles, words) in [
        ("district", "LS50", "", "There is no district LS50; check the postcode."),
        ("district", "Leeds", "", "There is no district LEEDS; check the postcode."),
        ("district", " ", "", "Enter a district such as LS1, or several with commas"),
        ("district", "LS1", "", "LS1 is covered already"),
        ("radius", "LS1, LS2", "5", "Enter one district: the miles are around its middle"),
        ("radius", "LS1", "0", "Enter the miles, a whole number from 1 to 100"),
        ("radius", "LS1", "101", "Enter the miles, a whole number from 1 to 100"),
        ("radius", "BT1", "5", "Where BT1 lies is not known to Kinbridge. Add its neighbours one by one"),
        ("", "LS2", "", "Choose districts or miles around one"),
    ] {
        let page = grace.post(&list, &[("kind", kind), ("district", district), ("miles", miles)]).await;
        assert_eq!(page.status, 422, "{words}");
        assert!(page.text().contains(words), "{words} is not in {}", page.text());
    }
    let page = grace.post(&list, &[("kind", "district"), ("district", "BT1 BT2"), ("miles", "")]).await;
    assert_eq!(page.status, 303);
}
