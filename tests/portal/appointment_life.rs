//! What becomes of appointments: rendered by hand and by status, invoiced, signed, on the client's page, and the settings
//! that decide it.

#![cfg(test)]

use chrono::NaiveDateTime;
use kinbridge::domain::access::{ManageOrganisation, ViewAppointments};
use kinbridge::domain::appointments::{self, Flags, Settings, Show, Typed, Wanted};
use kinbridge::kit::ids::{AppointmentId, StatusTypeId};
use kinbridge::links;

use crate::appointments::{fields, one, planned, status, typed, weekly};
use crate::audit_trail::acts::Walk;
use crate::support::therapy::Therapy;

fn allow_rendering(at: &Therapy) {
    let scope = at.scope::<ManageOrganisation>();
    let wanted = Settings { therapist_needed: false, ..Settings::default() };
    at.write(|tx| appointments::change_settings(tx, &scope, &wanted));
}

#[actix_web::test]
async fn it_is_rendered_by_hand_once_nothing_is_missing_and_invoicing_freezes_it() {
    let at = Therapy::start().await;
    let (nora, omar) = (at.as_super(), at.as_manager());
    let id = one(&at, "2026-11-20", "09:00", "10:00");
    let (page, act) = (links::appointment(at.org, id), |act: &str| links::appointment_act(at.org, id, act));
    let shown = omar.get(&page).await;
    assert!(
        shown.text().contains("Results notes are missing.") && shown.body.contains(&act("results")),
        "{}",
        shown.text()
    );
    assert!(shown.text().contains("The therapist's signature is missing"), "{}", shown.text());
    let refused = omar.post(&act("render"), &[]).await;
    assert!(omar.get(refused.location()).await.text().contains("was not rendered"));
    assert_eq!(
        omar.post(&act("results"), &[("version", "1"), ("results_notes", "Said three words\r\n<b>more</b>")])
            .await
            .status,
        303
    );
    let shown = omar.get(&page).await;
    assert!(shown.body.contains("&#60;b&#62;more") && !shown.body.contains("<b>more"), "{}", shown.body);
    allow_rendering(&at);
    assert!(omar.get(&page).await.text().contains("Everything that is needed for rendering is there"));
    let done = omar.post(&act("render"), &[]).await;
    assert!(omar.get(done.location()).await.text().contains("The appointment is rendered"));
    let shown = omar.get(&page).await.text();
    assert!(shown.contains("Rendered by") && !shown.contains("Cancel or no-show"), "{shown}");
    // Neither changed nor cancelled while it is rendered.
    let version = at.number("SELECT version FROM appointments").to_string();
    let later = typed(&at, "2026-11-20", "14:00", "15:00");
    let refused = omar.post(&act("edit"), &fields(&later, &[("version", &version)])).await;
    assert!(omar.get(refused.location()).await.text().contains("Un-render it first"));
    // A manager cannot invoice it; a super manager does, and then nothing changes.
    assert_eq!(omar.post(&act("invoice"), &[("invoice", "INV-7"), ("version", &version)]).await.status, 403);
    let missing = nora.post(&act("invoice"), &[("version", &version)]).await;
    assert!(nora.get(missing.location()).await.text().contains("Enter the number"));
    nora.post(&act("invoice"), &[("invoice", "INV-7"), ("version", &version)]).await;
    assert!(omar.get(&page).await.text().contains("INV-7"));
    for (path, fields) in [
        (act("un-render"), vec![]),
        (act("results"), vec![("results_notes", "Other"), ("version", "9")]),
        (act("edit"), fields(&later, &[("version", "9")])),
        (act("cancel"), vec![("version", "9")]),
    ] {
        let page = omar.post(&path, &fields).await;
        assert_eq!(page.status, 303, "{path}");
        assert!(omar.get(page.location()).await.text().contains("is invoiced (INV-7)"), "{path}");
    }
    let version = at.number("SELECT version FROM appointments").to_string();
    nora.post(&act("invoice/remove"), &[("version", &version)]).await;
    omar.post(&act("un-render"), &[]).await;
    assert_eq!(
        at.number("SELECT COUNT(*) FROM appointments WHERE state = 'scheduled' AND invoiced_at IS NULL"),
        1
    );
}

#[actix_web::test]
async fn a_status_that_renders_at_once_does_so_where_every_check_passes() {
    let at = Therapy::start().await;
    let scope = at.scope::<ManageOrganisation>();
    let flags = Flags { billable: true, auto_render: true, ..Flags::default() };
    let walk_in: StatusTypeId = at.write(|tx| appointments::add_status_type(tx, &scope, "Walk-in", flags));
    let wished = Typed { status: walk_in.to_string(), ..typed(&at, "2026-11-20", "09:00", "10:00") };
    planned(&at, &wished);
    assert_eq!(at.number("SELECT COUNT(*) FROM appointments WHERE state = 'rendered'"), 0);
    let wanted = Settings { therapist_needed: false, results_needed: false, ..Settings::default() };
    at.write(|tx| appointments::change_settings(tx, &scope, &wanted));
    planned(&at, &Typed { status: walk_in.to_string(), ..typed(&at, "2026-11-20", "11:00", "12:00") });
    assert_eq!(at.number("SELECT COUNT(*) FROM appointments WHERE state = 'rendered'"), 1);
    // It cannot cancel and render.
    let page = at
        .as_super()
        .post(
            &links::status_types(at.org),
            &[("name", "Odd"), ("cancellation", "yes"), ("auto_render", "yes")],
        )
        .await;
    assert_eq!(page.status, 422);
}

#[actix_web::test]
async fn the_signature_window_has_its_nine_fields_in_their_order() {
    let at = Therapy::start().await;
    let id = one(&at, "2026-11-20", "09:00", "10:00");
    let text = at.as_staff().get(&links::appointment_act(at.org, id, "signatures")).await.text();
    let nine = [
        "Guardian Name",
        "Relationship",
        "Session Date",
        "Session Time",
        "Guardian Signature",
        "Location of Guardian Signature",
        "Therapist Signature",
        "Location of Therapist Signature",
        "Location of Appointment Render",
    ];
    let mut from = 0;
    for field in nine {
        let found = text[from..].find(field).unwrap_or_else(|| panic!("{field} in {text}"));
        from += found + field.len();
    }
    assert!(text.contains("Not given in the session note"), "{text}");
    let image = links::signature_image(at.org, id, kinbridge::kit::ids::SignatureImageId(1));
    assert_eq!(at.as_manager().get(&image).await.status, 404);
}

#[actix_web::test]
async fn the_client_s_page_shows_the_next_five() {
    let at = Therapy::start().await;
    one(&at, "2026-11-20", "09:00", "10:00");
    weekly(&at);
    let page = at.as_manager().get(&links::resident(at.org, at.leah)).await;
    let text = page.text();
    assert!(text.contains("The next appointments") && text.contains("All appointments"), "{text}");
    assert_eq!(
        page.body.matches("/appointments/").count() - page.body.matches("/appointments/new").count(),
        5,
        "{text}"
    );
    let list = at.as_manager().get(&links::appointments_of(at.org, at.leah)).await;
    assert!(list.text().contains("Showing all 7"), "{}", list.text());
}

#[actix_web::test]
async fn settings_and_status_types_are_a_super_manager_s() {
    let at = Therapy::start().await;
    let nora = at.as_super();
    let path = links::settings_appointments(at.org);
    let shown = nora.get(&path).await.text();
    for part in ["Grace time", "Status types", "No-show", "cancellation", "Weekly report"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let page = nora.post(&path, &[("grace_minutes", "61"), ("whose_time", "note")]).await;
    assert_eq!(page.status, 422);
    let page =
        nora.post(&path, &[("grace_minutes", "10"), ("whose_time", "note"), ("weekly_report", "yes")]).await;
    assert_eq!(page.status, 303);
    let kept = at.read(|conn| Ok(appointments::settings(conn, &at.scope::<ManageOrganisation>())?));
    assert_eq!((kept.grace_minutes, kept.weekly_report, kept.results_needed), (10, true, false));
    assert_eq!(
        nora.post(&links::status_types(at.org), &[("name", "no show"), ("billable", "yes")]).await.status,
        422
    );
    assert_eq!(
        nora.post(&links::status_types(at.org), &[("name", "Late"), ("billable", "yes")]).await.status,
        303
    );
    let late: StatusTypeId = StatusTypeId(status(&at, "Late").parse().unwrap());
    nora.post(&links::status_type_act(at.org, late, "retire"), &[]).await;
    assert!(nora.get(&path).await.text().contains("Retired"));
    let new = at.as_manager().get(&links::new_appointment(at.org)).await;
    assert!(!new.body.contains(">Late<"));
    // The last one that plans stays.
    for name in ["Completed", "Scheduled"] {
        let id = StatusTypeId(status(&at, name).parse().unwrap());
        nora.post(&links::status_type_act(at.org, id, "retire"), &[]).await;
    }
    assert_eq!(
        at.number(&format!(
            "SELECT COUNT(*) FROM status_types WHERE organisation_id = {} AND retired_at IS NOT NULL",
            at.org
        )),
        2
    );
}

#[actix_web::test]
async fn a_list_of_thousands_takes_no_more_queries_a_row() {
    let at = Therapy::start().await;
    let now: NaiveDateTime = at.clock.now();
    for n in 0..3 {
        let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"].map(str::to_owned).to_vec();
        let start = format!("{:02}:00", 8 + n);
        let end = format!("{:02}:45", 8 + n);
        planned(
            &at,
            &Typed {
                repeats: "yes".into(),
                days,
                until: "2027-02-20".into(),
                ..typed(&at, "2026-11-23", &start, &end)
            },
        );
    }
    let scope = at.scope::<ViewAppointments>();
    let wanted = Wanted { show: Show::Scheduled, from: Some(now), ..Wanted::at(now) };
    let page = at.read(|conn| Ok(appointments::list(conn, &scope, &wanted, 50, 50)?));
    assert!(page.more && page.rows.len() == 50 && page.rows.iter().all(|row| row.client == "Leah Brown"));
    let text = at.as_manager().get(&format!("{}?page=2", links::appointments(at.org))).await.text();
    assert!(text.contains("Showing 51 to 100"), "{text}");
}

/// Sends each form of appointments as somebody who may.
pub async fn every_form(at: &Therapy, walk: &mut Walk<'_>) {
    let (nora, omar) = (at.app.new_visitor(&at.super_manager), at.app.new_visitor(&at.manager));
    let own = |list: Vec<(&'static str, &str)>| -> Vec<(&'static str, String)> {
        list.into_iter().map(|(name, value)| (name, value.to_owned())).collect()
    };
    let settings = links::settings_appointments(at.org);
    let wanted = own(vec![("grace_minutes", "7"), ("whose_time", "appointment")]);
    walk.by("/org/{org}/settings/appointments", &nora, &settings, wanted).await;
    let rules = own(vec![("ensora-sites-1", "yes"), ("ensora-notes-1", "yes")]);
    walk.by("/org/{org}/settings/appointments/rules", &nora, &links::settings_rules(at.org), rules).await;
    let types = "/org/{org}/settings/appointments/statuses";
    walk.by(types, &nora, &links::status_types(at.org), own(vec![("name", "Late")])).await;
    let late = StatusTypeId(status(at, "Late").parse().unwrap());
    let renamed = own(vec![("name", "Very late")]);
    walk.by(
        "/org/{org}/settings/appointments/statuses/{status}",
        &nora,
        &links::status_type(at.org, late),
        renamed,
    )
    .await;
    for (act, pattern) in [
        ("retire", "/org/{org}/settings/appointments/statuses/{status}/retire"),
        ("offer", "/org/{org}/settings/appointments/statuses/{status}/offer"),
    ] {
        walk.by(pattern, &nora, &links::status_type_act(at.org, late, act), Vec::new()).await;
    }
    let scheduled = status(at, "Scheduled");
    let form = |start: &str, end: &str, version: &str| {
        own(vec![
            ("kind", "service"),
            ("client", "Leah Brown"),
            ("staff", "Dev Patel"),
            ("directness", "direct"),
            ("status", scheduled.as_str()),
            ("day", "2026-11-20"),
            ("start", start),
            ("end", end),
            ("version", version),
        ])
    };
    walk.by("/org/{org}/appointments", &omar, &links::appointments(at.org), form("09:00", "10:00", "")).await;
    let id = AppointmentId(at.number("SELECT MAX(id) FROM appointments"));
    let act = |act: &str| links::appointment_act(at.org, id, act);
    let version = || at.number(&format!("SELECT version FROM appointments WHERE id = {id}")).to_string();
    let edited = form("09:30", "10:00", "1");
    walk.by("/org/{org}/appointments/{appointment}/edit", &omar, &act("edit"), edited).await;
    let results = own(vec![("results_notes", "Three words"), ("version", version().as_str())]);
    walk.by("/org/{org}/appointments/{appointment}/results", &omar, &act("results"), results).await;
    walk.by("/org/{org}/appointments/{appointment}/render", &omar, &act("render"), Vec::new()).await;
    let invoice = own(vec![("invoice", "INV-1"), ("version", version().as_str())]);
    walk.by("/org/{org}/appointments/{appointment}/invoice", &nora, &act("invoice"), invoice).await;
    let remove = own(vec![("version", version().as_str())]);
    walk.by("/org/{org}/appointments/{appointment}/invoice/remove", &nora, &act("invoice/remove"), remove)
        .await;
    walk.by("/org/{org}/appointments/{appointment}/un-render", &omar, &act("un-render"), Vec::new()).await;
    let no_show = status(at, "No-show");
    let cancel = own(vec![
        ("status", no_show.as_str()),
        ("wish", "client"),
        ("cause", "client"),
        ("because", "Ill"),
        ("version", version().as_str()),
    ]);
    walk.by("/org/{org}/appointments/{appointment}/cancel", &omar, &act("cancel"), cancel).await;
    let file =
        "Client first name,Client last name,Staff,Date,Start,End\nTom,Ray,Kim Lee,2026-11-24,09:00,10:00\n";
    let shown = omar.post(&links::import_appointments(at.org), &[("text", file)]).await;
    let seal = crate::activities::hidden(&shown, "seal");
    let apply = own(vec![("text", file), ("seal", seal.as_str())]);
    walk.by(
        "/org/{org}/appointments/import/apply",
        &omar,
        &links::import_appointments_act(at.org, "apply"),
        apply,
    )
    .await;
}
