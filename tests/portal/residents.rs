//! Residents: who sees whom, the list, the forms, the trail.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "clippy's own exception reaches test functions only, not what they call"
)]

use chrono::NaiveDate;
use kinbridge::domain::access::{EditResidents, Scope, ViewResidents};
use kinbridge::domain::residents::{self, NewResident, OwnedField, ResidentFacts};
use kinbridge::kit::ids::{OrganisationId, PlaceId, ResidentId};
use kinbridge::links;

use crate::support::{Page, TestApp, Visitor, insert};

pub fn facts(home: PlaceId, zone: Option<PlaceId>, first: &str, last: &str, room: &str) -> ResidentFacts {
    ResidentFacts {
        home,
        zone,
        room: room.into(),
        first_name: first.into(),
        last_name: last.into(),
        preferred_name: String::new(),
        date_of_birth: NaiveDate::from_ymd_opt(1938, 3, 4),
        nhs_number: "9434765919".into(),
        resident_type: "Residential".into(),
        care_status: "Permanent".into(),
    }
}

pub fn add(app: &TestApp, organisation: OrganisationId, facts: &ResidentFacts) -> ResidentId {
    let scope = Scope::<EditResidents>::for_the_portal(organisation);
    app.write(|tx| residents::add(tx, &scope, facts))
}

/// Betty Cole, room 5 in the Garden Wing, whom Amina may see.
fn betty(app: &TestApp) -> ResidentId {
    let cast = &app.cast;
    add(app, cast.willow, &facts(cast.willow_house, Some(cast.garden_wing), "Betty", "Cole", "5"))
}

/// Arthur Bell, in the Oak Wing, whom Amina may not see.
fn arthur(app: &TestApp) -> ResidentId {
    let cast = &app.cast;
    add(app, cast.willow, &facts(cast.willow_house, Some(cast.oak_wing), "Arthur", "Bell", "12"))
}

/// A hidden or visible field's value on a page.
pub fn value(page: &Page, name: &str) -> String {
    let at = page.body.find(&format!("name=\"{name}\"")).unwrap_or_else(|| panic!("a field {name}"));
    let rest = &page.body[at..];
    let rest = rest.split("value=\"").nth(1).expect("a value");
    rest.split('"').next().unwrap().to_owned()
}

/// Sends the edit form as it stands on the page, with some fields changed.
async fn save(visitor: &Visitor<'_>, form: &Page, to: &str, changed: &[(&str, &str)]) -> Page {
    let place = form
        .body
        .split("id=\"place\"")
        .nth(1)
        .and_then(|rest| rest.split(" selected").next())
        .and_then(|before| before.rsplit("value=\"").next())
        .and_then(|value| value.split('"').next())
        .unwrap_or_default()
        .to_owned();
    let names = [
        "version",
        "about",
        "first_name",
        "last_name",
        "preferred_name",
        "born_day",
        "born_month",
        "born_year",
        "nhs_number",
        "room",
        "resident_type",
        "care_status",
    ];
    let mut fields: Vec<(&str, String)> = names.iter().map(|name| (*name, value(form, name))).collect();
    fields.push(("place", place));
    for (name, new) in changed {
        for field in fields.iter_mut().filter(|(of, _)| of == name) {
            (*new).clone_into(&mut field.1);
        }
    }
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    visitor.post(to, &fields).await
}

/// Pairs a resident with a record of a Nourish connection that is on.
fn pair_with_nourish(app: &TestApp, resident: ResidentId) {
    let willow = app.cast.willow;
    let data = r#"{"external_id":"48213","first_name":"Betty","last_name":"Cole","date_of_birth":"1938-03-04","status":"Permanent"}"#;
    app.write(|tx| {
        let connection = insert(
            tx,
            "connections",
            "organisation_id, vendor, available, state, sync_mode, multi_service, terms_version, \
             terms_accepted_by, last_good_at, last_failure, last_repair, failures, alerted_whom, \
             last_complete_residents, last_complete_staff, matched_with, created_at",
            &format!(
                "{willow}, 'nourish', TRUE, 'on', 'pair', FALSE, '', '', '2026-11-22 01:02:00', '', '', 0, \
                 '', 0, 0, '', '2026-11-01 09:00:00'"
            ),
        );
        let record = insert(
            tx,
            "external_records",
            "connection_id, kind, external_id, content_hash, data, sort_name, missing_runs, left_hash, \
             first_seen_at, changed_at",
            &format!(
                "{connection}, 'resident', '48213', '', '{data}', '', 0, '', '2026-11-20 01:02:00', \
                 '2026-11-20 01:02:00'"
            ),
        );
        insert(
            tx,
            "pairings",
            "connection_id, kind, external_record_id, local_id, origin, rule, evidence, paired_by_name, \
             paired_at, batch, ended_by_name, ended_because",
            &format!(
                "{connection}, 'resident', {record}, {resident}, 'Auto', '', '', 'The portal', \
                 '2026-11-20 01:02:00', '', '', ''"
            ),
        );
        Ok(())
    });
}

#[actix_web::test]
async fn a_stranger_gets_404_for_every_page_of_a_resident() {
    let app = TestApp::start().await;
    let (willow, betty) = (app.cast.willow, betty(&app));
    let stranger = app.as_stranger();
    for page in [
        links::residents(willow),
        links::new_resident(willow),
        links::resident(willow, betty),
        links::edit_resident(willow, betty),
        links::resident_history(willow, betty),
        links::archive_resident(willow, betty),
    ] {
        assert_eq!(stranger.get(&page).await.status, 404, "{page}");
        // The id under the stranger's own organisation is nobody either.
        let theirs = page.replace(&format!("/org/{willow}/"), &format!("/org/{}/", app.cast.elm));
        let answer = stranger.get(&theirs).await;
        assert!(!answer.body.contains("Cole"), "{theirs}");
    }
    let theirs = links::resident(app.cast.elm, betty);
    assert_eq!(stranger.get(&theirs).await.status, 404);
    let before = app.digest();
    for act in
        [links::residents(willow), links::resident(willow, betty), links::archive_resident(willow, betty)]
    {
        assert_eq!(stranger.post(&act, &[("because", "x"), ("first_name", "X")]).await.status, 404, "{act}");
    }
    assert_eq!(app.digest(), before);
}

#[actix_web::test]
async fn staff_see_only_the_residents_of_their_places() {
    let app = TestApp::start().await;
    let (willow, betty, arthur) = (app.cast.willow, betty(&app), arthur(&app));
    let amina = app.as_staff();
    let list = amina.get(&links::residents(willow)).await;
    assert!(list.text().contains("Betty Cole"), "{}", list.text());
    assert!(!list.text().contains("Arthur") && !list.text().contains("Oak Wing"), "{}", list.text());
    let searched = amina.get(&format!("{}?q=bell", links::residents(willow))).await;
    assert!(searched.text().contains("Nobody here fits"), "{}", searched.text());
    assert_eq!(amina.get(&links::resident(willow, betty)).await.status, 200);
    for page in [links::resident(willow, arthur), links::resident_history(willow, arthur)] {
        assert_eq!(amina.get(&page).await.status, 404, "{page}");
    }
    let scope = Scope::<ViewResidents>::for_the_portal(willow);
    let views = app.read(|conn| Ok(residents::seen_lately(conn, &scope, arthur, app.clock.now())?));
    assert!(!views, "a view that did not happen is not on the trail");
    let home = amina.get(&links::organisation(willow)).await;
    assert!(home.text().contains("0 of 1 Residents paired"), "counts are of her places: {}", home.text());
}

#[actix_web::test]
async fn a_colleague_without_the_right_gets_403_and_a_name_to_ask() {
    let app = TestApp::start().await;
    let (willow, betty) = (app.cast.willow, betty(&app));
    let tom = app.as_colleague();
    let page = tom.get(&links::residents(willow)).await;
    assert_eq!(page.status, 403);
    assert!(page.text().contains("Ask"), "{}", page.text());
    assert_eq!(tom.get(&links::resident(willow, betty)).await.status, 403);
    // Staff see residents and may not edit them.
    let amina = app.as_staff();
    assert_eq!(amina.get(&links::edit_resident(willow, betty)).await.status, 403);
    assert_eq!(amina.post(&links::residents(willow), &[("first_name", "X")]).await.status, 403);
    let page = amina.get(&links::resident(willow, betty)).await;
    assert!(!page.text().contains("Edit") && !page.text().contains("Archive"), "{}", page.text());
}

#[actix_web::test]
async fn a_manager_adds_a_resident_and_finds_them_by_name_and_number() {
    let app = TestApp::start().await;
    let (willow, cast) = (app.cast.willow, &app.cast);
    let ben = app.as_manager();
    let place = format!("{}-{}", cast.willow_house, cast.garden_wing);
    let fields = [
        ("first_name", "Zoë"),
        ("last_name", "O’Brien-Łukasz"),
        ("born_day", "4"),
        ("born_month", "3"),
        ("born_year", "1938"),
        ("nhs_number", "943 476 5919"),
        ("place", place.as_str()),
        ("room", "5"),
        // AC-4: nothing that is not on the form is taken.
        ("organisation_id", "2"),
        ("state", "archived"),
        ("look_alike", "true"),
        ("id", "77"),
    ];
    let done = ben.post(&links::residents(willow), &fields).await;
    assert_eq!(done.status, 303, "{}", done.text());
    let page = ben.get(done.location()).await;
    let text = page.text();
    assert!(text.contains("Zoë O’Brien-Łukasz") && text.contains("4 March 1938"), "{text}");
    assert!(page.body.contains("943\u{a0}476\u{a0}5919"), "spaces that do not break");
    assert!(text.contains("Willow House, Garden Wing, room 5"), "{text}");
    for search in ["obrien", "O'Brien", "zoe lukasz", "943 476", "9434765919"] {
        let list = ben.get(&format!("{}?q={}", links::residents(willow), links::encode(search))).await;
        assert!(list.text().contains("Zoë"), "{search}: {}", list.text());
    }
    for search in ["%", "_", "Z%q", "\\", "' OR 1=1 --", "\u{0}"] {
        let list = ben.get(&format!("{}?q={}", links::residents(willow), links::encode(search))).await;
        assert_eq!(list.status, 200, "{search:?}");
        let nothing = search == "\u{0}";
        assert_eq!(list.text().contains("Nobody here fits"), !nothing, "{search:?}: {}", list.text());
    }
}

#[actix_web::test]
async fn a_form_that_cannot_be_used_is_shown_again_with_what_was_typed() {
    let app = TestApp::start().await;
    let ben = app.as_manager();
    let place = app.cast.willow_house.to_string();
    let good = [
        ("first_name", "Betty"),
        ("last_name", "Cole"),
        ("born_day", "4"),
        ("born_month", "3"),
        ("born_year", "1938"),
        ("nhs_number", ""),
        ("place", place.as_str()),
    ];
    let elsewhere = app.cast.elm_lodge.to_string();
    let crossed = format!("{}-{}", app.cast.oak_court, app.cast.garden_wing);
    for (name, wrong, words) in [
        ("first_name", " ", "Enter the first name"),
        ("born_day", "31", "Enter a real date of birth"),
        ("born_year", "2027", "in the future"),
        ("born_year", "1899", "after 1900"),
        ("place", "", "Choose where the resident lives"),
        ("place", elsewhere.as_str(), "Choose where the resident lives"),
        ("place", crossed.as_str(), "Choose one of the places"),
    ] {
        let mut fields = good;
        for field in fields.iter_mut().filter(|(of, _)| *of == name) {
            field.1 = wrong;
        }
        if name == "born_day" {
            fields[3].1 = "2";
        }
        let before = app.digest();
        let page = ben.post(&links::residents(app.cast.willow), &fields).await;
        assert_eq!(page.status, 422, "{name} {wrong}");
        assert!(page.text().contains(words), "{name} {wrong}: {}", page.text());
        assert!(page.title().starts_with("Error: "), "{}", page.title());
        assert_eq!(value(&page, "last_name"), "Cole");
        assert_eq!(app.digest(), before, "nothing is changed");
    }
}

#[actix_web::test]
async fn text_that_looks_like_a_page_is_shown_as_text() {
    let app = TestApp::start().await;
    let cast = &app.cast;
    let nasty = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>";
    let mut facts = facts(cast.willow_house, None, nasty, "Cole", "<b>5</b>");
    facts.preferred_name = nasty.into();
    facts.nhs_number = "<i>".into();
    let id = add(&app, cast.willow, &facts);
    let ben = app.as_manager();
    for page in [
        links::residents(cast.willow),
        links::resident(cast.willow, id),
        links::edit_resident(cast.willow, id),
        links::resident_history(cast.willow, id),
        links::archive_resident(cast.willow, id),
        links::organisation(cast.willow),
        format!("{}?q={}", links::residents(cast.willow), links::encode(nasty)),
        format!("{}?who={}", links::settings_audit(cast.willow), links::encode(nasty)),
    ] {
        let answer = ben.get(&page).await;
        assert_eq!(answer.status, 200, "{page}");
        for raw in ["<script>alert", "<img src=x", "<b>5", "<i>"] {
            assert!(!answer.body.contains(raw), "{page}: {raw}");
        }
    }
    assert!(ben.get(&links::resident(cast.willow, id)).await.text().contains(nasty));
}

#[actix_web::test]
async fn a_stale_form_is_refused_and_says_who_was_first() {
    let app = TestApp::start().await;
    let (willow, betty) = (app.cast.willow, betty(&app));
    let (mary, ben) = (app.as_super(), app.as_manager());
    let edit = links::edit_resident(willow, betty);
    let (of_mary, of_ben) = (mary.get(&edit).await, ben.get(&edit).await);
    let here = links::resident(willow, betty);
    assert_eq!(save(&ben, &of_ben, &here, &[("room", "7")]).await.status, 303);
    let page = save(&mary, &of_mary, &here, &[("room", "9")]).await;
    assert_eq!(page.status, 409);
    assert!(page.text().contains("Ben Carter changed this resident meanwhile"), "{}", page.text());
    assert!(page.text().contains("What is saved now"), "{}", page.text());
    assert_eq!(value(&page, "room"), "9", "what was typed is kept");
    assert!(mary.get(&here).await.text().contains("room 7"), "nothing is overwritten");
    // Saved again on purpose, it counts.
    assert_eq!(save(&mary, &page, &here, &[]).await.status, 303);
    let history = mary.get(&links::resident_history(willow, betty)).await.text();
    assert!(history.contains("Mary Jones changed Betty Cole: room"), "{history}");
    assert!(history.contains("Room 7 → became 9"), "{history}");
}

#[actix_web::test]
async fn a_form_of_one_resident_is_never_saved_for_another() {
    let app = TestApp::start().await;
    let (willow, betty, arthur) = (app.cast.willow, betty(&app), arthur(&app));
    let ben = app.as_manager();
    let form = ben.get(&links::edit_resident(willow, betty)).await;
    ben.get(&links::resident(willow, arthur)).await;
    let before = app.digest();
    for to in [links::resident(willow, arthur), links::archive_resident(willow, arthur)] {
        let page = save(&ben, &form, &to, &[("first_name", "Wrong")]).await;
        assert_eq!(page.status, 403, "{to}");
    }
    // A seal of another session is none.
    let mary = app.as_super();
    assert_eq!(save(&mary, &form, &links::resident(willow, betty), &[("room", "8")]).await.status, 403);
    assert_eq!(app.digest()["residents"], before["residents"]);
    assert!(!ben.get(&links::resident(willow, arthur)).await.text().contains("Wrong"));
}

#[actix_web::test]
async fn archiving_keeps_everything_and_a_click_restores() {
    let app = TestApp::start().await;
    let (willow, betty) = (app.cast.willow, betty(&app));
    arthur(&app);
    let ben = app.as_manager();
    let (ask, here) = (links::archive_resident(willow, betty), links::resident(willow, betty));
    let form = ben.get(&ask).await;
    let (version, about) = (value(&form, "version"), value(&form, "about"));
    let post = |because: &'static str| {
        let fields = [("version", version.clone()), ("about", about.clone()), ("because", because.into())];
        let (ben, ask) = (&ben, &ask);
        async move {
            let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (*n, v.as_str())).collect();
            ben.post(ask, &fields).await
        }
    };
    assert!(post("").await.text().contains("Say why"));
    assert_eq!(post("moved to Leeds").await.status, 303);
    let list = app.as_super().get(&links::residents(willow)).await.text();
    assert!(!list.contains("Betty Cole") && list.contains("Showing 1 of 1"), "{list}");
    let archived = ben.get(&format!("{}?state=archived", links::residents(willow))).await.text();
    assert!(archived.contains("Betty Cole"), "{archived}");
    let page = ben.get(&here).await;
    assert!(page.text().contains("moved to Leeds"), "{}", page.text());
    let about = value(&page, "about");
    let done = ben.post(&links::restore_resident(willow, betty), &[("about", about.as_str())]).await;
    assert_eq!(done.status, 303);
    assert!(ben.get(&links::residents(willow)).await.text().contains("Showing 1 to 2 of 2"));
    let again = ben.post(&links::restore_resident(willow, betty), &[("about", about.as_str())]).await;
    assert_eq!(again.status, 303, "a second click changes nothing");
    let log = ben.get(&links::settings_audit(willow)).await.text();
    assert!(log.contains("archived Betty Cole, room 5: moved to Leeds") && log.contains("restored"), "{log}");
}

#[actix_web::test]
async fn fields_from_nourish_are_read_only_unless_overridden_until_a_date() {
    let app = TestApp::start().await;
    let (willow, betty) = (app.cast.willow, betty(&app));
    pair_with_nourish(&app, betty);
    let ben = app.as_manager();
    let (edit, here) = (links::edit_resident(willow, betty), links::resident(willow, betty));
    let page = ben.get(&here).await.text();
    assert!(page.contains("From Nourish, today at 1:02am. Change this in Nourish."), "{page}");
    assert!(page.contains("Care Records Synced Today at 1:02am from Nourish Unlink"), "{page}");
    let form = ben.get(&edit).await;
    let changed = [("first_name", "Elizabeth"), ("care_status", "Respite"), ("room", "6")];
    let refused = save(&ben, &form, &here, &changed).await;
    assert_eq!(refused.status, 422);
    assert!(refused.text().contains("Nourish owns this. Change it in Nourish, or override it below"));
    assert!(!refused.body.contains("Elizabeth"), "the field stands as it is");
    assert!(refused.body.contains("<option value=\"first_name\" selected>First name (Nourish)</option>"));
    assert_eq!(save(&ben, &form, &here, &[("room", "6")]).await.status, 303);
    let page = ben.get(&here).await.text();
    assert!(page.contains("Betty Cole") && page.contains("room 6") && !page.contains("Respite"), "{page}");

    let about = value(&ben.get(&edit).await, "about");
    let set = |field: &'static str, day: &'static str, year: &'static str| {
        let about = about.clone();
        let (ben, edit) = (&ben, &edit);
        async move {
            let fields = [
                ("act", "set"),
                ("field", field),
                ("until_day", day),
                ("until_month", "12"),
                ("until_year", year),
                ("reason", if day == "30" { " " } else { "Not in Nourish yet" }),
                ("about", about.as_str()),
            ];
            ben.post(edit, &fields).await
        }
    };
    assert_eq!(set("first_name", "32", "2026").await.status, 422);
    assert_eq!(set("first_name", "1", "2025").await.status, 422, "a past date");
    assert_eq!(set("first_name", "31", "2029").await.status, 422, "over a year away");
    assert_eq!(set("room", "31", "2026").await.status, 422, "not a vendor's field");
    assert_eq!(set("first_name", "30", "2026").await.status, 422, "no reason");
    let differ = "Fields that differ from the care record for a while";
    assert!(!ben.get(&links::residents(willow)).await.text().contains(differ));
    assert_eq!(set("first_name", "31", "2026").await.status, 303);
    assert!(ben.get(&links::residents(willow)).await.text().contains(differ));
    let form = ben.get(&edit).await;
    assert!(form.text().contains("First name until 31 December 2026, set by Ben Carter"), "{}", form.text());
    assert_eq!(save(&ben, &form, &here, &[("first_name", "Elizabeth")]).await.status, 303);
    let page = ben.get(&here).await.text();
    assert!(page.contains("Elizabeth Cole"), "{page}");
    let note = "Overridden until 31 December 2026 by Ben Carter. Not in Nourish yet. Nourish says Betty.";
    assert!(page.contains(note), "{page}");
    let list = ben.get(&links::resident_overrides(willow)).await.text();
    assert!(list.contains("None of these ends within two weeks."), "{list}");
    assert!(
        list.contains("Elizabeth Cole First name 31 December 2026 Not in Nourish yet Ben Carter"),
        "{list}"
    );
    assert_eq!(set("last_name", "1", "2026").await.status, 303);
    let list = ben.get(&links::resident_overrides(willow)).await.text();
    assert!(list.contains("1 of these ends within two weeks."), "{list}");
    assert!(list.contains("Last name 1 December 2026 Ends soon"), "{list}");
    let held = app.read(|conn| {
        Ok(residents::live_overrides(conn, willow, NaiveDate::from_ymd_opt(2026, 12, 31).unwrap())?)
    });
    assert_eq!(held, [(betty, OwnedField::FirstName)]);
    let after = app.read(|conn| {
        Ok(residents::live_overrides(conn, willow, NaiveDate::from_ymd_opt(2027, 1, 1).unwrap())?)
    });
    assert!(after.is_empty());
    let fields = [("act", "end"), ("field", "first_name"), ("about", about.as_str())];
    assert_eq!(ben.post(&edit, &fields).await.status, 303);
    let form = ben.get(&edit).await;
    assert_eq!(save(&ben, &form, &here, &[("first_name", "Liz")]).await.status, 422, "it is Nourish's again");
    let page = ben.get(&here).await.text();
    assert!(
        page.contains("Elizabeth Cole") && page.contains("Nourish says Betty."),
        "until the next sync: {page}"
    );
}

#[actix_web::test]
async fn a_page_says_why_a_resident_is_not_synced() {
    let app = TestApp::start().await;
    let (willow, cast) = (app.cast.willow, &app.cast);
    let paired = betty(&app);
    pair_with_nourish(&app, paired);
    let new = arthur(&app);
    let mut respite = facts(cast.oak_court, None, "Grace", "Hill", "1");
    respite.care_status = "Respite".into();
    respite.nhs_number = "9434765918".into();
    let respite = add(&app, willow, &respite);
    let ben = app.as_manager();
    let text = ben.get(&links::resident(willow, new)).await.text();
    assert!(text.contains("Nourish: New since the last sync."), "{text}");
    let text = ben.get(&links::resident(willow, respite)).await.text();
    assert!(
        text.contains("Grace Hill is not synced because the status is Respite, not Permanent."),
        "{text}"
    );
    assert!(text.contains("The NHS number has a mistyped digit"), "{text}");
    let list = ben.get(&format!("{}?paired=no", links::residents(willow))).await.text();
    assert!(list.contains("Arthur Bell") && !list.contains("Betty Cole"), "{list}");
    let list = ben.get(&format!("{}?paired=yes", links::residents(willow))).await.text();
    assert!(!list.contains("Arthur Bell") && list.contains("Betty Cole"), "{list}");
}

#[actix_web::test]
async fn look_alikes_are_marked_on_both_and_the_mark_goes_with_its_cause() {
    let app = TestApp::start().await;
    let (willow, cast) = (app.cast.willow, &app.cast);
    let betty = betty(&app);
    let twin = add(&app, willow, &facts(cast.oak_court, None, "Anna", "Cole", "1"));
    arthur(&app);
    let ben = app.as_manager();
    let list = ben.get(&format!("{}?alike=yes", links::residents(willow))).await.text();
    assert!(list.contains("Betty Cole") && list.contains("Anna Cole") && !list.contains("Arthur"), "{list}");
    assert!(ben.get(&links::resident(willow, betty)).await.text().contains("Look-alike"));
    let scope = Scope::<EditResidents>::for_the_portal(willow);
    let version = app.read(|conn| residents::get(conn, &scope, twin)).version;
    app.write(|tx| residents::archive(tx, &scope, twin, version, "moved"));
    assert!(!ben.get(&links::resident(willow, betty)).await.text().contains("Look-alike"));
}

#[actix_web::test]
async fn a_view_is_on_the_trail_once_in_fifteen_minutes_and_session() {
    let app = TestApp::start().await;
    let (willow, betty) = (app.cast.willow, betty(&app));
    let views = || app.number("SELECT COUNT(*) FROM audit_events WHERE verb = 'resident.opened'");
    let ben = app.as_manager();
    ben.get(&links::residents(willow)).await;
    assert_eq!(views(), 0, "a list is no view");
    for page in [
        links::resident(willow, betty),
        links::resident_history(willow, betty),
        links::edit_resident(willow, betty),
    ] {
        ben.get(&page).await;
    }
    assert_eq!(views(), 1);
    app.as_super().get(&links::resident(willow, betty)).await;
    assert_eq!(views(), 2);
    app.pass(14 * 60);
    ben.get(&links::resident(willow, betty)).await;
    assert_eq!(views(), 2);
    app.pass(2 * 60);
    ben.get(&links::resident(willow, betty)).await;
    assert_eq!(views(), 3);
    let history = ben.get(&links::resident_history(willow, betty)).await.text();
    assert!(!history.contains("opened"), "who looked is on the audit log: {history}");
    let log = ben.get(&format!("{}?resident={betty}", links::settings_audit(willow))).await.text();
    assert!(log.contains("Mary Jones opened Betty Cole"), "{log}");
}

#[actix_web::test]
async fn a_long_list_has_pages_in_order_and_a_total_without_counting() {
    let app = TestApp::start().await;
    let (willow, cast) = (app.cast.willow, &app.cast);
    let many: Vec<NewResident> = (0..2_345)
        .map(|n| NewResident {
            organisation: willow,
            facts: ResidentFacts {
                date_of_birth: None,
                ..facts(cast.oak_court, None, &format!("First{n}"), &format!("Last{n:05}"), &n.to_string())
            },
        })
        .collect();
    let ids = app.write(|tx| {
        let ids = residents::insert_many(tx, &many)?;
        residents::settle(tx, willow)?;
        Ok(ids)
    });
    assert_eq!(ids.len(), many.len());
    let scope = Scope::<ViewResidents>::for_the_portal(willow);
    for at in [0, 1, 999, 1000, 2_344] {
        let kept = app.read(|conn| residents::get(conn, &scope, ids[at]));
        assert_eq!(kept.facts, many[at].facts, "ids stand in the order of what was added");
    }
    let ben = app.as_manager();
    let page = ben.get(&format!("{}?page=3", links::residents(willow))).await;
    assert!(page.text().contains("Showing 101 to 150 of 2,345"), "{}", page.text());
    assert!(page.title().contains("(page 3 of 47)"), "{}", page.title());
    assert!(page.text().contains("Last00100") && !page.text().contains("Last00150"));
    let page = ben.get(&format!("{}?q=last&page=2", links::residents(willow))).await;
    assert!(page.text().contains("Showing 51 to 100") && page.text().contains("Next"), "{}", page.text());
    assert!(!page.text().contains("of 2,345"), "a filtered list is not counted");
    let by_room = ben.get(&format!("{}?sort=room", links::residents(willow))).await;
    assert!(by_room.text().contains("Last00009") && !by_room.text().contains("Last00100"), "9 before 10");
    for odd in ["0", "-1", "99999999999999999999", "x", "9999999"] {
        let page = ben.get(&format!("{}?page={odd}", links::residents(willow))).await;
        assert!(page.status == 200 || page.status == 303, "{odd}: {}", page.status);
    }
}

#[actix_web::test]
async fn every_page_of_residents_warns_when_the_sync_is_not_fresh() {
    let app = TestApp::start().await;
    let (willow, betty) = (app.cast.willow, betty(&app));
    pair_with_nourish(&app, betty);
    let ben = app.as_manager();
    let pages = [
        links::organisation(willow),
        links::residents(willow),
        links::new_resident(willow),
        links::resident(willow, betty),
        links::edit_resident(willow, betty),
        links::resident_history(willow, betty),
        links::archive_resident(willow, betty),
    ];
    let set = |change: &str| {
        app.write(|tx| {
            use diesel::RunQueryDsl as _;
            diesel::sql_query(format!("UPDATE connections SET {change}")).execute(tx.conn)?;
            Ok(())
        });
    };
    for (change, words) in [
        ("failures = 0", None),
        ("last_good_at = '2026-11-21 07:59:00'", Some("has not synced for more than a day")),
        ("failures = 2", Some("did not finish")),
        ("failures = 0, available = FALSE", Some("paused")),
        ("available = TRUE, state = 'relink'", Some("refused our token")),
        ("state = 'off'", None),
    ] {
        set(change);
        for page in &pages {
            let text = ben.get(page).await.text();
            match words {
                Some(words) => {
                    assert!(text.contains(words), "{page} {change}: {text}");
                    assert!(text.contains("may be out of date"), "{page} {change}");
                }
                None => assert!(!text.contains("out of date"), "{page} {change}"),
            }
        }
    }
}
