//! The six reports: who may read them, what stands in them and what it adds up to, the files, and the weekly letter.

#![cfg(test)]

use chrono::{NaiveDate, TimeDelta};
use diesel::prelude::*;
use kinbridge::connectors::{PersonRecord, ServiceRecord, StaffRecord};
use kinbridge::domain::access::Permission;
use kinbridge::domain::letters;
use kinbridge::jobs::{Outcome, weekly_reports};
use kinbridge::kit::ids::{AppointmentId, ConnectionId, ExternalRecordId, OrganisationId};
use kinbridge::links;
use serde_json::Value;

use crate::support::therapy::{Therapy, day};
use crate::support::{Page, insert};

const REPORTS: [(&str, &str); 6] = [
    ("staff", "Ensora Data Collection- Kinbridge Staff"),
    ("clients", "Ensora Data Collection- Kinbridge Clients"),
    ("appointments", "Ensora Data Collection- Kinbridge Appointments"),
    ("residents", "Residents"),
    ("sites", "Sites"),
    ("notes", "Notes"),
];

fn student(id: &str, first: &str, last: &str, born: NaiveDate, site: &str) -> PersonRecord {
    PersonRecord {
        external_id: id.into(),
        first_name: first.into(),
        last_name: last.into(),
        date_of_birth: Some(born),
        service_id: Some(site.into()),
        ..PersonRecord::default()
    }
}

fn site(id: &str, name: &str) -> ServiceRecord {
    ServiceRecord { external_id: id.into(), name: name.into(), active: true, ..ServiceRecord::default() }
}

/// A status type of an organisation.
fn status(at: &Therapy) -> i64 {
    at.number(&format!("SELECT MIN(id) FROM status_types WHERE organisation_id = {}", at.org))
}

/// An appointment of Leah with Dev at Oakfield, from nine to ten in London in November.
fn appointment(at: &Therapy, on: NaiveDate, kind: &str, state: &str) -> AppointmentId {
    at.write(|tx| {
        let any: i64 = diesel::sql_query(format!(
            "SELECT COUNT(*) AS n FROM status_types WHERE organisation_id = {}",
            at.org
        ))
        .get_result::<Count>(tx.conn)
        .unwrap()
        .n;
        if any == 0 {
            let columns = "organisation_id, name, name_folded, billable, payroll, cancellation, makeupable, \
                           auto_render, retired_at";
            let row = format!("{}, 'Scheduled', 'scheduled', TRUE, TRUE, FALSE, FALSE, FALSE, NULL", at.org);
            insert(tx, "status_types", columns, &row);
        }
        Ok(())
    });
    let status = status(at);
    let columns = "organisation_id, kind, resident_id, staff_member_id, place_id, service, directness, \
                   status_type_id, local_date, starts_at, ends_at, time_zone, state, details, results_notes, \
                   rendered_by_name, invoice, cancelled_by_name, cancelling, causing, cancelled_because, \
                   cancelled_note, version, created_by_name, created_at, updated_at";
    let row = format!(
        "{}, '{kind}', {}, {}, {}, 'Speech', 'direct', {status}, '{on}', '{on} 09:00:00', '{on} 10:00:00', \
         'Europe/London', '{state}', '', '', '', '', '', '', '', '', '', 1, 'Omar Shah', \
         '2026-11-01 09:00:00', '2026-11-01 09:00:00'",
        at.org, at.leah, at.dev, at.oakfield
    );
    AppointmentId(at.write(|tx| Ok(insert(tx, "appointments", columns, &row))))
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    n: i64,
}

/// A session note of Leah by Dev, from nine to ten.
fn note(at: &Therapy, connection: ConnectionId, id: &str, on: NaiveDate, because: &str) -> ExternalRecordId {
    let record = at.record(connection, "note", (id, ""), &serde_json::json!({ "external_id": id }));
    let columns = "organisation_id, connection_id, external_record_id, student_external_id, user_external_id, \
                   site_external_id, student_name, user_name, local_date, start_time, end_time, time_zone, \
                   status, is_published, version, state, reason, because, repair, seen_at, changed_at";
    let row = format!(
        "{}, {connection}, {record}, 'st-1', 'us-1', 'si-1', 'Leah Brown', 'Dev Patel', '{on}', '09:00', \
         '10:00', 'Europe/London', 'Published', TRUE, 1, 'waiting', 'no appointment', '{because}', '', \
         '2026-11-20 09:00:00', '2026-11-20 09:00:00'",
        at.org
    );
    at.write(|tx| Ok(insert(tx, "session_notes", columns, &row)));
    record
}

/// Oakfield mapped by a rule; Leah by a rule, Tom by hand, somebody unknown not; Dev by a rule.
async fn bright() -> (Therapy, ConnectionId) {
    let at = Therapy::start().await;
    let connection = at.connect();
    let oak = at.record(connection, "site", ("si-1", "oakfield centre"), &site("si-1", "Oakfield Centre"));
    at.mapped(connection, ("site", "Auto"), oak, at.oakfield.0);
    at.record(connection, "site", ("si-2", "hillside"), &site("si-2", "Hillside"));
    let leah = student("st-1", "Leah", "Brown", day(2015, 5, 14), "si-1");
    let leah = at.record(connection, "resident", ("st-1", "brown leah"), &leah);
    at.mapped(connection, ("resident", "Auto"), leah, at.leah.0);
    let tom = student("st-2", "Thomas", "Ray", day(2016, 2, 2), "si-1");
    let tom = at.record(connection, "resident", ("st-2", "ray thomas"), &tom);
    at.mapped(connection, ("resident", "User"), tom, at.tom.0);
    let odd = student("st-3", "=HYPERLINK(\"http://evil\")", "Quist", day(2014, 1, 1), "si-2");
    let odd = at.record(connection, "resident", ("st-3", "quist"), &odd);
    at.write(|tx| {
        let columns = "external_record_id, connection_id, kind, reason, words, local_id, evidence";
        let row =
            format!("{odd}, {connection}, 'resident', 'site', 'Its site Hillside is not mapped.', NULL, ''");
        diesel::sql_query(format!("INSERT INTO mapping_reasons ({columns}) VALUES ({row})"))
            .execute(tx.conn)
            .unwrap();
        Ok(())
    });
    let dev = StaffRecord {
        external_id: "us-1".into(),
        first_name: "Dev".into(),
        last_name: "Patel".into(),
        email: Some("dev@bright.example".into()),
        service_id: Some("si-1".into()),
        ..StaffRecord::default()
    };
    let dev = at.record(connection, "staff", ("us-1", "patel dev"), &dev);
    at.mapped(connection, ("staff", "Auto"), dev, at.dev.0);
    (at, connection)
}

fn csv(org: OrganisationId, report: &str, query: &str) -> String {
    format!("{}{query}", links::report_file(org, report, "csv"))
}

fn lines(page: &Page) -> Vec<String> {
    assert_eq!(page.status, 200, "{}", page.body);
    page.body.trim_start_matches('\u{feff}').lines().map(str::to_owned).collect()
}

#[actix_web::test]
async fn a_stranger_gets_404_a_colleague_without_the_right_403_and_staff_need_it_granted() {
    let (at, _) = bright().await;
    let mut paths = vec![links::reports(at.org)];
    for (word, _) in REPORTS {
        paths.push(links::report(at.org, word));
        paths.extend(["csv", "xlsx", "json"].map(|format| links::report_file(at.org, word, format)));
    }
    for path in &paths {
        assert_eq!(at.as_stranger().get(path).await.status, 404, "{path}");
        assert_eq!(at.as_staff().get(path).await.status, 403, "{path}");
        assert_eq!(at.as_manager().get(path).await.status, 200, "{path}");
        assert_eq!(at.signed_out().get(path).await.status, 303, "{path}");
    }
    at.allow(&at.manager, &[Permission::OpenOrganisation]);
    assert_eq!(at.as_manager().get(&links::reports(at.org)).await.status, 403);
    for path in [links::report(at.org, "secrets"), links::report_file(at.org, "clients", "exe")] {
        assert_eq!(at.as_super().get(&path).await.status, 404, "{path}");
    }
}

#[actix_web::test]
async fn staff_read_only_of_their_places_also_in_files() {
    let (at, _) = bright().await;
    at.allow(&at.staff, &[Permission::OpenOrganisation, Permission::ViewReports]);
    for format in ["csv", "json"] {
        let page = at.as_staff().get(&links::report_file(at.org, "clients", format)).await;
        assert!(page.body.contains("Leah Brown") && page.body.contains("Tom Ray"), "{}", page.body);
        assert!(!page.body.contains("Ana Diaz") && !page.body.contains("Quist"), "{}", page.body);
    }
    let sites = at.as_staff().get(&links::report(at.org, "sites")).await.text();
    assert!(sites.contains("Oakfield Centre"), "{sites}");
    assert!(!sites.contains("Riverside") && !sites.contains("Hillside"), "{sites}");
    let ana = format!("{}?agency={}", links::report(at.org, "clients"), at.riverside);
    assert!(!at.as_staff().get(&ana).await.text().contains("Ana Diaz"));
}

#[actix_web::test]
async fn every_report_has_its_name_and_stands_in_the_navigation() {
    let (at, _) = bright().await;
    let index = at.as_manager().get(&links::reports(at.org)).await;
    for (word, title) in REPORTS {
        assert!(index.text().contains(title), "{title}");
        let page = at.as_manager().get(&links::report(at.org, word)).await;
        assert!(page.body.contains(&format!("<h1>{title}</h1>")), "{}", page.text());
    }
    assert!(at.as_manager().get(&links::organisation(at.org)).await.text().contains("Reports"));
}

#[actix_web::test]
async fn clients_are_counted_from_both_sides_with_who_when_and_why() {
    let (at, _) = bright().await;
    let page = at.as_manager().get(&links::report(at.org, "clients")).await.text();
    assert!(page.contains("4 in all: 2 mapped (1 Auto, 1 User), 2 not mapped."), "{page}");
    assert!(page.contains("Its site Hillside is not mapped."), "{page}");
    assert!(page.contains("Ana Diaz") && page.contains("No student is mapped to this client."), "{page}");
    assert!(page.contains("There: Thomas Ray") && page.contains("Omar Shah"), "{page}");
    assert!(page.contains("rule ensora-test-1"), "{page}");
    assert!(page.contains("4 rows"), "{page}");
}

#[actix_web::test]
async fn a_list_is_narrowed_by_show_agency_words_and_days_and_a_bad_day_is_said() {
    let (at, _) = bright().await;
    let text = async |query: &str| {
        at.as_manager().get(&format!("{}{query}", links::report(at.org, "clients"))).await.text()
    };
    let shown = text("?show=not-mapped").await;
    assert!(shown.contains("2 rows") && !shown.contains("Leah Brown"), "{shown}");
    // The totals do not change with what of them is shown.
    assert!(shown.contains("4 in all: 2 mapped"), "{shown}");
    let shown = text(&format!("?agency={}", at.riverside)).await;
    assert!(shown.contains("1 in all") && shown.contains("Ana Diaz"), "{shown}");
    assert!(text("?q=ray").await.contains("1 in all: 1 mapped"));
    assert!(text("?q=%25").await.contains("Nothing to show for these dates and choices."));
    assert!(text("?from=1/1/2030").await.contains("Nothing to show"));
    assert!(text("?from=yesterday").await.contains("Enter a day such as 22/11/2026"));
}

#[actix_web::test]
async fn a_file_has_exactly_the_rows_of_the_page_and_its_name_says_so() {
    let (at, _) = bright().await;
    let page = at.as_manager().get(&csv(at.org, "clients", "?show=not-mapped")).await;
    let today = at.clock.now().date();
    let name = format!("attachment; filename=\"clients-not-mapped-{today}-2-rows.csv\"");
    assert_eq!(page.header("content-disposition"), Some(name.as_str()));
    assert_eq!(page.header("content-type"), Some("text/csv; charset=utf-8"));
    assert!(page.body.starts_with('\u{feff}') && page.body.contains("\r\n"));
    assert_eq!(lines(&page).len(), 3, "{}", page.body);
    let json = at.as_manager().get(&links::report_file(at.org, "clients", "json")).await;
    let json: Value = serde_json::from_str(&json.body).unwrap();
    assert_eq!((json["total"].as_i64(), json["rows"].as_array().map(Vec::len)), (Some(4), Some(4)));
    let leah = json["rows"].as_array().unwrap().iter().find(|row| row["name_here"] == "Leah Brown").unwrap();
    assert_eq!((&leah["mapping"], &leah["auto_or_user"]), (&"Mapped".into(), &"Auto".into()));
    assert_eq!((&leah["born"], &leah["their_reference"]), (&"2015-05-14".into(), &"st-1".into()));
}

#[actix_web::test]
async fn no_cell_of_a_file_is_a_formula() {
    let (at, _) = bright().await;
    let page = at.as_manager().get(&csv(at.org, "clients", "")).await;
    assert!(page.body.contains("'=HYPERLINK"), "{}", page.body);
    assert!(!page.body.contains(",\"=") && !page.body.contains("\n\"="), "{}", page.body);
}

/// One file inside a spreadsheet, found by its name and inflated.
fn part(of: &[u8], name: &str) -> String {
    use std::io::Read as _;
    let at = of.windows(name.len()).position(|bytes| bytes == name.as_bytes()).expect(name) - 30;
    assert!(of[at..].starts_with(b"PK\x03\x04"));
    let mut text = String::new();
    flate2::read::DeflateDecoder::new(&of[at + 30 + name.len()..]).read_to_string(&mut text).unwrap();
    text
}

#[actix_web::test]
async fn a_spreadsheet_holds_text_as_text_days_as_days_and_its_headings_stay() {
    let (at, _) = bright().await;
    let page = at.as_manager().get(&links::report_file(at.org, "clients", "xlsx")).await;
    assert!(page.header("content-disposition").unwrap().ends_with("-4-rows.xlsx\""));
    let sheet = part(&page.bytes, "xl/worksheets/sheet1.xml");
    assert!(!sheet.contains("<f>"), "no formula");
    assert!(sheet.contains("preserve\">=HYPERLINK(&quot;"), "{sheet}");
    assert!(sheet.contains("<pane ySplit=\"1\"") && sheet.contains("state=\"frozen\""), "{sheet}");
    // 14 May 2015 as spreadsheets count days.
    assert!(sheet.contains("<v>42138</v>"), "{sheet}");
    assert!(sheet.contains("<cols>"), "{sheet}");
}

#[actix_web::test]
async fn every_file_that_is_taken_away_is_on_the_trail_and_pages_are_not() {
    let (at, _) = bright().await;
    let taken = || at.number("SELECT COUNT(*) FROM audit_events WHERE verb = 'report.downloaded'");
    at.as_manager().get(&links::report(at.org, "clients")).await;
    assert_eq!(taken(), 0);
    at.as_manager().get(&csv(at.org, "clients", "?show=not-mapped")).await;
    assert_eq!(taken(), 1);
    let words = "SELECT COUNT(*) FROM audit_events WHERE actor_name = 'Omar Shah' AND words LIKE \
                 '%Kinbridge Clients as CSV: what is not mapped, 2 rows'";
    assert_eq!(at.number(words), 1);
}

#[actix_web::test]
async fn names_are_shown_as_text_whatever_they_hold() {
    let (at, connection) = bright().await;
    let bad = student("st-9", "<script>alert(1)</script>", "Bad", day(2014, 1, 1), "si-1");
    at.record(connection, "resident", ("st-9", "bad"), &bad);
    let page = at.as_manager().get(&links::report(at.org, "clients")).await;
    assert!(!page.body.contains("<script>alert"), "it is escaped");
    assert!(page.text().contains("<script>alert(1)</script> Bad"), "{}", page.text());
}

#[actix_web::test]
async fn appointments_and_notes_stand_with_each_other_and_alone() {
    let (at, connection) = bright().await;
    let today = at.clock.now().date();
    let past = today - TimeDelta::days(9);
    let (with, without) =
        (appointment(&at, past, "service", "rendered"), appointment(&at, past, "service", "scheduled"));
    appointment(&at, past, "non-service", "scheduled");
    appointment(&at, past, "service", "cancelled");
    appointment(&at, today + TimeDelta::days(3), "service", "scheduled");
    let note_with = note(&at, connection, "no-1", past, "");
    at.mapped(connection, ("note", "Auto"), note_with, with.0);
    note(&at, connection, "no-2", past, "No appointment of Leah is near this time.");
    let page = at.as_manager().get(&links::report(at.org, "appointments")).await.text();
    assert!(page.contains("6 in all: 1 mapped (1 Auto, 0 User), 2 not mapped, 3 that need none."), "{page}");
    assert!(page.contains("1 rendered, 0 with a session note and not rendered."), "{page}");
    assert!(
        page.contains("No session note is mapped to it.") && page.contains("It has not taken place yet.")
    );
    assert!(page.contains("No appointment of Leah is near this time."), "{page}");
    assert!(page.contains(&format!("Ours {}", without.0)), "{page}");
    let notes = at.as_manager().get(&links::report(at.org, "notes")).await.text();
    assert!(notes.contains("2 in all: 1 mapped (1 Auto, 0 User), 1 not mapped."), "{notes}");
    let none = format!("{}?from={today}", links::report(at.org, "notes"));
    assert!(at.as_manager().get(&none).await.text().contains("Nothing to show"));
    // Another organisation's report knows nothing of it.
    let elsewhere = at.app.as_super().get(&links::report(at.cast.willow, "notes")).await.text();
    assert!(elsewhere.contains("Nothing to show yet"), "{elsewhere}");
}

#[actix_web::test]
async fn what_changed_in_the_last_week_and_how_long_the_rest_has_waited_is_said() {
    let (at, connection) = bright().await;
    let lost = student("st-4", "Lost", "Link", day(2014, 1, 1), "si-1");
    let lost = at.record(connection, "resident", ("st-4", "link lost"), &lost);
    let pair = at.mapped(connection, ("resident", "User"), lost, at.ana.0);
    let now = at.clock.now();
    at.write(|tx| {
        let ended = format!("UPDATE pairings SET ended_at = '{now}' WHERE id = {pair}");
        diesel::sql_query(ended).execute(tx.conn).unwrap();
        Ok(())
    });
    let page = at.as_manager().get(&links::report(at.org, "clients")).await.text();
    // The record and Ana have lost each other; the unknown student is new.
    assert!(page.contains("2 newly mapped, 2 no longer mapped, 1 new and not mapped."), "{page}");
    assert!(page.contains("0 to 7 days") && page.contains("8 to 30 days") && page.contains("Over 30 days"));
}

#[actix_web::test]
async fn residents_of_a_care_home_are_listed_for_each_system_with_the_syncs_own_reason() {
    let (app, own, _theirs) = crate::two_organisations::seed::two().await;
    let page = app.as_super().get(&links::report(own.id, "residents")).await.text();
    assert!(page.contains("paired (") && page.contains("not paired"), "{page}");
    assert!(page.contains("Nourish"), "{page}");
}

fn switch_letter_on(at: &Therapy) {
    at.write(|tx| {
        diesel::sql_query(format!("DELETE FROM therapy_settings WHERE organisation_id = {}", at.org))
            .execute(tx.conn)
            .unwrap();
        let columns = "organisation_id, grace_minutes, meanwhile, whose_time, results_needed, guardian_needed, \
                       therapist_needed, weekly_report";
        let row = format!("{}, 5, FALSE, 'appointment', FALSE, FALSE, FALSE, TRUE", at.org);
        diesel::sql_query(format!("INSERT INTO therapy_settings ({columns}) VALUES ({row})"))
            .execute(tx.conn)
            .unwrap();
        Ok(())
    });
}

/// Moves the clock to the next Monday at an hour of the day.
fn to_monday(at: &Therapy, hour: u32) {
    use chrono::Datelike as _;
    let mut on = at.clock.now().date() + TimeDelta::days(1);
    while on.weekday() != chrono::Weekday::Mon {
        on += TimeDelta::days(1);
    }
    at.clock.move_to(on.and_hms_opt(hour, 0, 0).unwrap());
}

#[actix_web::test]
async fn on_monday_morning_managers_get_counts_and_three_links_and_nobodys_name() {
    let (at, _) = bright().await;
    switch_letter_on(&at);
    at.allow(&at.manager, &[Permission::OpenOrganisation]);
    to_monday(&at, 6);
    assert_eq!(weekly_reports::run(&at.services).await.unwrap(), Outcome::Idle);
    to_monday(&at, 7);
    // Only Nora: Omar may not read reports, and staff get none.
    assert_eq!(weekly_reports::run(&at.services).await.unwrap(), Outcome::Worked(1));
    assert_eq!(weekly_reports::run(&at.services).await.unwrap(), Outcome::Idle, "once");
    let letter = at.read(|conn| Ok(letters::list(conn, 10)?)).remove(0);
    assert_eq!(letter.to_email, "nora@bright.example");
    let text = letter.body_text;
    assert!(text.contains("1. 2 sites or agencies are not mapped: http"), "{text}");
    assert!(
        text.contains("2. 2 clients are not mapped: http") && text.contains("3. 1 member of staff"),
        "{text}"
    );
    assert!(text.contains("Students and clients: 2 of 4 mapped, 2 not mapped"), "{text}");
    for name in ["Leah", "Brown", "Ray", "Ana", "Diaz", "Quist", "Patel", "Kim", "Hillside", "Oakfield"] {
        assert!(!text.contains(name) && !letter.subject.contains(name), "{name}: {text}");
    }
    let link = text.lines().find_map(|line| line.split("http://127.0.0.1:8080").nth(1)).unwrap();
    let page = at.as_super().get(link.trim()).await;
    assert_eq!(page.status, 200);
}

#[actix_web::test]
async fn who_has_not_asked_for_the_letter_gets_none() {
    let (at, _) = bright().await;
    to_monday(&at, 8);
    assert_eq!(weekly_reports::run(&at.services).await.unwrap(), Outcome::Idle);
}
