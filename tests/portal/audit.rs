//! The audit log: who reads it, filters, the file, the check.

use kinbridge::links;

use crate::residents::{add, facts};
use crate::support::TestApp;

#[actix_web::test]
async fn a_stranger_gets_404_and_those_without_the_right_403() {
    let app = TestApp::start().await;
    let willow = app.cast.willow;
    for page in [links::settings_audit(willow), links::settings_audit_csv(willow)] {
        assert_eq!(app.as_stranger().get(&page).await.status, 404, "{page}");
        assert_eq!(app.as_colleague().get(&page).await.status, 403, "{page}");
        assert_eq!(app.as_staff().get(&page).await.status, 403, "{page}");
        assert_eq!(app.as_manager().get(&page).await.status, 200, "{page}");
    }
}

#[actix_web::test]
async fn the_log_of_one_organisation_never_shows_anothers() {
    let app = TestApp::start().await;
    let cast = &app.cast;
    let theirs = add(&app, cast.elm, &facts(cast.elm_lodge, None, "CANARY", "ELM", "1"));
    let mary = app.as_super();
    let log = links::settings_audit(cast.willow);
    for page in [
        log.clone(),
        format!("{log}?resident={theirs}"),
        format!("{log}?who=portal"),
        links::settings_audit_csv(cast.willow),
    ] {
        assert!(!mary.get(&page).await.body.contains("CANARY"), "{page}");
    }
}

#[actix_web::test]
async fn the_log_is_filtered_by_who_what_and_day() {
    let app = TestApp::start().await;
    let (willow, cast) = (app.cast.willow, &app.cast);
    let betty = add(&app, willow, &facts(cast.willow_house, None, "Betty", "Cole", "5"));
    app.as_manager().get(&links::resident(willow, betty)).await;
    app.pass(24 * 3600);
    let mary = app.new_visitor(&cast.super_manager);
    mary.get(&links::resident(willow, betty)).await;
    let log = links::settings_audit(willow);
    let text = mary.get(&log).await.text();
    assert!(text.contains("Today") && text.contains("Yesterday") && text.contains("events"), "{text}");
    for (query, ben, mary_too) in [
        ("who=Carter", true, false),
        ("what=resident.opened", true, true),
        ("what=run.", false, false),
        ("from=2026-11-23", false, true),
        ("to=2026-11-22", true, false),
        ("to=22%2F11%2F2026", true, false),
        ("from=nonsense&to=2026-99-99&before=x", true, true),
        ("who=%25", false, false),
        ("who=%00", true, true),
    ] {
        let text = mary.get(&format!("{log}?{query}")).await.text();
        assert_eq!(text.contains("Ben Carter opened Betty Cole"), ben, "{query}: {text}");
        assert_eq!(text.contains("Mary Jones opened Betty Cole"), mary_too, "{query}: {text}");
    }
}

#[actix_web::test]
async fn fifty_events_stand_on_a_page_and_older_ones_behind_a_link() {
    let app = TestApp::start().await;
    let (willow, cast) = (app.cast.willow, &app.cast);
    for n in 0..60 {
        add(&app, willow, &facts(cast.willow_house, None, &format!("Resident{n:02}"), "X", ""));
    }
    let mary = app.as_super();
    let page = mary.get(&links::settings_audit(willow)).await;
    assert!(page.text().contains("Resident59") && !page.text().contains("Resident09"));
    let older = page.body.split("rel=\"next\"").next().unwrap().rsplit("href=\"").next().unwrap();
    let older = older.split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&");
    let page = mary.get(&older).await;
    assert!(page.text().contains("Resident09") && !page.text().contains("Resident59"), "{older}");
}

#[actix_web::test]
async fn the_file_holds_what_is_on_screen_and_no_formula() {
    let app = TestApp::start().await;
    let (willow, cast) = (app.cast.willow, &app.cast);
    let nasty = "=HYPERLINK(\"http://evil\"),\"x\"";
    let mut betty = facts(cast.willow_house, None, nasty, "Cole", "5");
    let id = add(&app, willow, &betty);
    betty.first_name = "@SUM(A1)".into();
    let mary = app.as_super();
    let scope = kinbridge::domain::access::Scope::for_the_portal(willow);
    app.write(|tx| kinbridge::domain::residents::change(tx, &scope, id, 1, &betty));
    let file = mary.get(&format!("{}?what=resident.", links::settings_audit_csv(willow))).await;
    assert_eq!(file.header("content-type"), Some("text/csv; charset=utf-8"));
    assert_eq!(file.header("content-disposition"), Some("attachment; filename=\"audit-log-2026-11-22.csv\""));
    let body = file.body.trim_start_matches('\u{feff}');
    let mut reader = csv::Reader::from_reader(body.as_bytes());
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 2, "{body}");
    for cell in rows.iter().flatten() {
        assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell}");
    }
    assert!(body.contains("First name: "), "{body}");
}

#[actix_web::test]
async fn a_super_manager_checks_the_log_and_damage_shows() {
    let app = TestApp::start().await;
    let (willow, cast) = (app.cast.willow, &app.cast);
    add(&app, willow, &facts(cast.willow_house, None, "Betty", "Cole", "5"));
    let checked = format!("{}?check=yes", links::settings_audit(willow));
    let text = app.as_super().get(&checked).await.text();
    assert!(text.contains("The log is complete"), "{text}");
    assert!(!app.as_manager().get(&checked).await.text().contains("The log is complete"));
    app.write(|tx| {
        use diesel::RunQueryDsl as _;
        let cut = format!("UPDATE audit_heads SET events = events + 1 WHERE organisation_id = {willow}");
        diesel::sql_query(cut).execute(tx.conn)?;
        Ok(())
    });
    let text = app.as_super().get(&checked).await.text();
    assert!(text.contains("events are missing"), "{text}");
}

#[actix_web::test]
async fn an_event_folds_out_with_before_and_after_and_where_from() {
    let app = TestApp::start().await;
    let (willow, cast) = (app.cast.willow, &app.cast);
    let person = links::settings_person(willow, cast.staff.membership.unwrap());
    let place = cast.oak_wing.to_string();
    app.as_manager().post(&person, &[("act", "places"), ("places[]", &place)]).await;
    let text = app.as_super().get(&links::settings_audit(willow)).await.text();
    assert!(text.contains("assigned Amina Yusuf to Oak Wing"), "{text}");
    assert!(text.contains("From the address 127.0.0.1"), "{text}");
    assert!(text.contains("Exact time 2026-11-22 10:00:00 UTC"), "{text}");
    assert!(text.contains("Before After Places"), "{text}");
}
