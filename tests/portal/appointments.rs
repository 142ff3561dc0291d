//! Appointments of a therapy organisation: who sees and plans them, what the clocks do to them, series, who is busy,
//! two tabs, cancelling, invoicing, and the client's own page. What comes from session notes is in `notes`.

#![cfg(test)]

use kinbridge::domain::access::{ManageAppointments, ManagePeople, ViewAppointments};
use kinbridge::domain::accounts;
use kinbridge::domain::appointments::{self, Planned, Typed};
use kinbridge::kit::ids::AppointmentId;
use kinbridge::links;

use crate::support::therapy::Therapy;
use crate::support::{Page, Visitor};

const LONDON: chrono_tz::Tz = chrono_tz::Tz::Europe__London;

/// A status type of Bright Path by its name.
pub fn status(at: &Therapy, name: &str) -> String {
    at.number(&format!("SELECT id FROM status_types WHERE organisation_id = {} AND name = '{name}'", at.org))
        .to_string()
}

/// Leah Brown with Dev Patel at Oakfield Centre, direct, on a day.
pub fn typed(at: &Therapy, day: &str, start: &str, end: &str) -> Typed {
    Typed {
        kind: "service".into(),
        client: "Leah Brown".into(),
        staff: "dev@bright.example".into(),
        service: "Speech therapy".into(),
        directness: "direct".into(),
        status: status(at, "Scheduled"),
        day: day.into(),
        start: start.into(),
        end: end.into(),
        ..Typed::default()
    }
}

/// Plans as the portal would; the ids.
pub fn planned(at: &Therapy, typed: &Typed) -> Vec<AppointmentId> {
    match at.write(|tx| appointments::plan(tx, &at.scope::<ManageAppointments>(), typed, LONDON, &[])) {
        Planned::Done(ids) => ids,
        Planned::Busy(busy) => panic!("{busy:?}"),
    }
}

pub fn one(at: &Therapy, day: &str, start: &str, end: &str) -> AppointmentId {
    planned(at, &typed(at, day, start, end))[0]
}

/// The fields of the form for what was typed.
pub fn fields<'t>(typed: &'t Typed, more: &[(&'t str, &'t str)]) -> Vec<(&'t str, &'t str)> {
    let mut fields = vec![
        ("kind", typed.kind.as_str()),
        ("client", typed.client.as_str()),
        ("staff", typed.staff.as_str()),
        ("place", typed.place.as_str()),
        ("service", typed.service.as_str()),
        ("directness", typed.directness.as_str()),
        ("status", typed.status.as_str()),
        ("day", typed.day.as_str()),
        ("start", typed.start.as_str()),
        ("end", typed.end.as_str()),
        ("details", typed.details.as_str()),
    ];
    fields.extend(more);
    fields
}

async fn plan(who: &Visitor<'_>, at: &Therapy, typed: &Typed, more: &[(&str, &str)]) -> Page {
    who.post(&links::appointments(at.org), &fields(typed, more)).await
}

fn instants(at: &Therapy, id: AppointmentId) -> (String, String) {
    let scope = at.scope::<ViewAppointments>();
    let of = at.read(|conn| appointments::get(conn, &scope, id));
    (of.starts_at.to_string(), of.ends_at.to_string())
}

fn count(at: &Therapy) -> i64 {
    at.number("SELECT COUNT(*) FROM appointments")
}

#[actix_web::test]
async fn a_stranger_gets_404_and_those_without_the_right_403() {
    let at = Therapy::start().await;
    let id = one(&at, "2026-11-24", "09:00", "10:00");
    let act = |act: &str| links::appointment_act(at.org, id, act);
    let looking = [
        links::appointments(at.org),
        links::calendar(at.org, "week", "2026-11-24"),
        links::appointment(at.org, id),
        act("signatures"),
    ];
    let managing = [
        links::new_appointment(at.org),
        links::import_appointments(at.org),
        links::import_appointments_act(at.org, "template.csv"),
        act("edit"),
        act("cancel"),
        act("results"),
    ];
    for path in looking.iter().chain(&managing) {
        assert_eq!(at.as_stranger().get(path).await.status, 404, "{path}");
        assert_eq!(at.as_relative().get(path).await.status, 404, "{path}");
        assert_eq!(at.as_manager().get(path).await.status, 200, "{path}");
    }
    for path in &looking {
        assert_eq!(at.as_staff().get(path).await.status, 200, "{path}");
    }
    for path in &managing {
        assert_eq!(at.as_staff().get(path).await.status, 403, "{path}");
    }
    let settings = links::settings_appointments(at.org);
    assert_eq!(at.as_manager().get(&settings).await.status, 403);
    assert_eq!(at.as_super().get(&settings).await.status, 200);
    // Another organisation's number below one's own.
    let elsewhere = links::appointment(at.app.cast.elm, id);
    assert_eq!(at.as_super().get(&elsewhere).await.status, 404);
}

#[actix_web::test]
async fn other_sectors_have_no_appointments_yet_and_are_told_so() {
    let at = Therapy::start().await;
    let mary = at.app.as_super();
    let page = mary.get(&links::appointments(at.app.cast.willow)).await;
    assert_eq!(page.status, 403);
    assert!(page.text().contains("organisations of the sector Therapy"), "{}", page.text());
    let home = mary.get(&links::organisation(at.app.cast.willow)).await;
    assert!(!home.body.contains("/appointments"));
    let home = at.as_manager().get(&links::organisation(at.org)).await;
    assert!(home.body.contains(&links::appointments(at.org)));
}

#[actix_web::test]
async fn staff_see_the_appointments_of_their_places_only() {
    let at = Therapy::start().await;
    let here = one(&at, "2026-11-24", "09:00", "10:00");
    let ana = Typed {
        client: "Ana Diaz".into(),
        staff: "Kim Lee".into(),
        ..typed(&at, "2026-11-24", "11:00", "12:00")
    };
    let there = planned(&at, &ana)[0];
    let dev = at.as_staff();
    let list = dev.get(&links::appointments(at.org)).await;
    assert!(list.text().contains("Leah Brown") && !list.body.contains("Ana Diaz"), "{}", list.text());
    let week = dev.get(&links::calendar(at.org, "week", "2026-11-24")).await;
    assert!(week.text().contains("Leah Brown") && !week.body.contains("Ana"), "{}", week.text());
    assert!(week.text().contains("My appointments"));
    assert_eq!(dev.get(&links::appointment(at.org, here)).await.status, 200);
    for act in ["", "/signatures"] {
        assert_eq!(dev.get(&format!("{}{act}", links::appointment(at.org, there))).await.status, 404);
    }
    // With the right to plan, still only where they are.
    let scope = at.scope::<ManagePeople>();
    let mut rights = kinbridge::domain::access::Permission::defaults(kinbridge::domain::access::Role::Staff);
    rights.insert(kinbridge::domain::access::Permission::ManageAppointments);
    at.write(|tx| accounts::change_permissions(tx, &scope, at.staff.membership.unwrap(), &rights));
    let dev = at.as_staff();
    assert_eq!(dev.post(&links::appointment_act(at.org, there, "cancel"), &[]).await.status, 404);
    let page = plan(&dev, &at, &ana, &[]).await;
    assert_eq!(page.status, 422);
    assert!(page.text().contains("No client of your agencies"), "{}", page.text());
    let riverside = at.riverside.to_string();
    let elsewhere = Typed { place: riverside, ..typed(&at, "2026-11-25", "09:00", "10:00") };
    assert!(plan(&dev, &at, &elsewhere, &[]).await.text().contains("Choose one of your agencies"));
    assert_eq!(count(&at), 2);
}

#[actix_web::test]
async fn an_appointment_is_planned_shown_changed_and_found() {
    let at = Therapy::start().await;
    let omar = at.as_manager();
    let wished = typed(&at, "2026-11-24", "09:00", "10:00");
    let page = plan(&omar, &at, &wished, &[]).await;
    assert_eq!(page.status, 303, "{}", page.text());
    let path = page.location().to_owned();
    let shown = omar.get(&path).await.text();
    for part in [
        "Tuesday 24 November 2026, 9am to 10am",
        "Leah Brown, born 14 May 2015",
        "Dev Patel",
        "Oakfield Centre",
        "Direct",
        "Planned by Omar Shah",
    ] {
        assert!(shown.contains(part), "{part} is not in {shown}");
    }
    let form = omar.get(&format!("{path}/edit")).await;
    assert!(form.body.contains("Leah Brown, born 14 May 2015") && form.body.contains("value=\"09:00\""));
    let later = Typed { start: "09:30".into(), ..wished.clone() };
    let page = omar.post(&format!("{path}/edit"), &fields(&later, &[("version", "1")])).await;
    assert_eq!(page.status, 303, "{}", page.text());
    assert!(omar.get(&path).await.text().contains("9:30am to 10am"));
    // Found by each filter, and not by others.
    let list = links::appointments(at.org);
    let found = async |query: &str| omar.get(&format!("{list}?{query}")).await.body.contains(&path);
    for query in [
        "client=Leah+Brown",
        "staff=dev@bright.example",
        "kind=service",
        "state=scheduled",
        "from=2026-11-24",
        "to=2026-11-24",
    ] {
        assert!(found(query).await, "{query}");
    }
    for query in [
        "client=Tom+Ray",
        "staff=Kim+Lee",
        "kind=non-service",
        "state=rendered",
        "from=2026-11-25",
        "to=2026-11-23",
        "state=not-rendered",
    ] {
        assert!(!found(query).await, "{query}");
    }
    let place = format!("place={}", at.riverside);
    assert!(!found(&place).await);
    at.pass(3 * 24 * 3600);
    let omar = at.as_manager();
    assert!(omar.get(&format!("{list}?state=not-rendered")).await.body.contains(&path));
    let shown = omar.get(&path).await.text();
    assert!(shown.contains("Not rendered: results notes are missing"), "{shown}");
}

#[actix_web::test]
async fn what_is_missing_in_a_form_is_said_beside_its_field() {
    let at = Therapy::start().await;
    let omar = at.as_manager();
    let good = typed(&at, "2026-11-24", "09:00", "10:00");
    for (wrong, words) in [
        (Typed { client: String::new(), ..good.clone() }, "Say which client"),
        (Typed { client: "Nobody Known".into(), ..good.clone() }, "No client of your agencies"),
        (Typed { staff: String::new(), ..good.clone() }, "Say which staff member"),
        (Typed { status: "999".into(), ..good.clone() }, "Choose a status"),
        (Typed { status: status(&at, "No-show"), ..good.clone() }, "Choose a status"),
        (Typed { day: "31/02/2026".into(), ..good.clone() }, "Enter the day"),
        (Typed { start: "25:61".into(), ..good.clone() }, "Enter when it starts"),
        (Typed { end: "08:00".into(), ..good.clone() }, "The end must be after the start"),
        (Typed { kind: "x".into(), ..good.clone() }, "Choose service"),
    ] {
        let page = plan(&omar, &at, &wrong, &[]).await;
        assert_eq!(page.status, 422);
        assert!(page.text().contains(words), "{words}: {}", page.text());
    }
    assert_eq!(count(&at), 0);
    // Neither client nor direct or indirect is needed where it is no service.
    let meeting = Typed {
        kind: "non-service".into(),
        client: String::new(),
        directness: String::new(),
        place: at.oakfield.to_string(),
        ..good
    };
    assert_eq!(plan(&omar, &at, &meeting, &[]).await.status, 303);
}

#[actix_web::test]
async fn both_clock_changes_of_2026_move_nothing() {
    let at = Therapy::start().await;
    let omar = at.as_manager();
    // In spring an hour is left out: refused, with the next time that there is.
    let page = plan(&omar, &at, &typed(&at, "2026-03-29", "01:30", "02:30"), &[]).await;
    assert_eq!(page.status, 422);
    assert!(page.text().contains("01:30 does not exist. The next that does is 02:00"), "{}", page.text());
    // In autumn an hour comes twice: asked.
    let night = typed(&at, "2026-10-25", "01:30", "02:30");
    let page = plan(&omar, &at, &night, &[]).await;
    assert_eq!(page.status, 422);
    assert!(
        page.text().contains("comes twice") && page.body.contains("name=\"start_which\""),
        "{}",
        page.text()
    );
    let page = plan(&omar, &at, &night, &[("start_which", "second")]).await;
    assert_eq!(page.status, 303, "{}", page.text());
    let id = AppointmentId(at.number("SELECT MAX(id) FROM appointments"));
    assert_eq!(instants(&at, id), ("2026-10-25 01:30:00".into(), "2026-10-25 02:30:00".into()));
    // Its form knows which was meant, so that saving it again changes nothing.
    let form = omar.get(&links::appointment_act(at.org, id, "edit")).await;
    assert!(form.body.contains("value=\"second\" checked"), "{}", form.body);
    // A series keeps its wall time over the change.
    let weekly = Typed {
        repeats: "yes".into(),
        days: vec!["tue".into()],
        until: "2026-11-03".into(),
        ..typed(&at, "2026-10-20", "09:00", "10:00")
    };
    let ids = planned(&at, &weekly);
    let starts: Vec<String> = ids.iter().map(|id| instants(&at, *id).0).collect();
    assert_eq!(starts, ["2026-10-20 08:00:00", "2026-10-27 09:00:00", "2026-11-03 09:00:00"]);
    // The client's own zone, as the vendor gives it, and the page in the organisation's.
    let connection = at.connect();
    let data = serde_json::json!({ "external_id": "st-1", "time_zone": "America/New_York" });
    let record = at.record(connection, "resident", ("st-1", "brown leah"), &data);
    at.mapped(connection, ("resident", "Auto"), record, at.leah.0);
    let abroad = Typed { time_zone: "client".into(), ..typed(&at, "2026-12-01", "09:00", "10:00") };
    let id = planned(&at, &abroad)[0];
    assert_eq!(instants(&at, id).0, "2026-12-01 14:00:00");
    let shown = omar.get(&links::appointment(at.org, id)).await.text();
    assert!(shown.contains("2pm to 3pm") && shown.contains("9am to 10am (America/New_York)"), "{shown}");
}

pub fn weekly(at: &Therapy) -> Vec<AppointmentId> {
    let wished = Typed {
        repeats: "yes".into(),
        every_weeks: "1".into(),
        days: vec!["tue".into(), "thu".into()],
        until: "2026-12-10".into(),
        ..typed(at, "2026-11-24", "09:00", "10:00")
    };
    planned(at, &wished)
}

#[actix_web::test]
async fn a_series_is_changed_and_cancelled_in_part_or_whole() {
    let at = Therapy::start().await;
    let omar = at.as_manager();
    let ids = weekly(&at);
    assert_eq!(ids.len(), 6);
    let path = |n: usize, act: &str| links::appointment_act(at.org, ids[n], act);
    let form = omar.get(&path(2, "edit")).await.text();
    assert!(
        form.contains("This and the later ones: 4") && form.contains("All that are not rendered yet: 6"),
        "{form}"
    );
    // The third and later ones are a day later and with Kim.
    let moved = Typed {
        staff: "Kim Lee".into(),
        start: "11:00".into(),
        end: "12:00".into(),
        ..typed(&at, "2026-12-02", "", "")
    };
    let page = omar.post(&path(2, "edit"), &fields(&moved, &[("version", "1"), ("reach", "later")])).await;
    assert_eq!(page.status, 303, "{}", page.text());
    let starts: Vec<String> = ids.iter().map(|id| instants(&at, *id).0[5..16].to_owned()).collect();
    assert_eq!(
        starts,
        ["11-24 09:00", "11-26 09:00", "12-02 11:00", "12-04 11:00", "12-09 11:00", "12-11 11:00"]
    );
    // One alone.
    let page = omar
        .post(
            &path(0, "edit"),
            &fields(&typed(&at, "2026-11-24", "08:00", "09:00"), &[("version", "1"), ("reach", "one")]),
        )
        .await;
    assert_eq!(page.status, 303);
    assert_eq!(instants(&at, ids[1]).0, "2026-11-26 09:00:00");
    // All that are left; the one that was cancelled before stays as it was.
    let ill = status(&at, "Cancelled by client");
    let cancel = [("status", ill.as_str()), ("wish", "client"), ("cause", "client"), ("because", "Ill")];
    let with = |version, reach| [&cancel[..], &[("version", version), ("reach", reach)]].concat();
    assert_eq!(omar.post(&path(1, "cancel"), &with("1", "one")).await.status, 303);
    let page = omar.post(&path(3, "cancel"), &with("2", "all")).await;
    assert_eq!(page.status, 303);
    assert!(omar.get(page.location()).await.text().contains("5 appointments are cancelled"));
    assert_eq!(at.number("SELECT COUNT(*) FROM appointments WHERE state = 'cancelled'"), 6);
    assert_eq!(at.number("SELECT COUNT(*) FROM audit_events WHERE verb = 'appointment.cancelled'"), 6);
}

#[actix_web::test]
async fn who_is_busy_is_named_and_a_tick_allows_it() {
    let at = Therapy::start().await;
    let omar = at.as_manager();
    let first = one(&at, "2026-11-24", "09:00", "10:00");
    let tom = Typed { client: "Tom Ray".into(), ..typed(&at, "2026-11-24", "09:30", "10:30") };
    let page = plan(&omar, &at, &tom, &[]).await;
    assert_eq!(page.status, 422);
    let text = page.text();
    assert!(
        text.contains(
            "Dev Patel has another appointment with Leah Brown: Tuesday 24 November 2026, 9am to 10am"
        ),
        "{text}"
    );
    assert!(page.body.contains(&links::appointment(at.org, first)));
    assert_eq!(count(&at), 1);
    // A tick for what was shown, and for nothing else.
    let other = plan(&omar, &at, &tom, &[("overlaps", "999")]).await;
    assert_eq!((other.status, count(&at)), (422, 1));
    assert_eq!(plan(&omar, &at, &tom, &[("overlaps", &first.to_string())]).await.status, 303);
    // Back to back is no overlap; and a cancelled one is in nobody's way.
    assert_eq!(plan(&omar, &at, &typed(&at, "2026-11-24", "10:30", "11:00"), &[]).await.status, 303);
    // Changing an appointment that was allowed to overlap does not ask again for the same.
    let id =
        AppointmentId(at.number("SELECT MIN(id) FROM appointments WHERE resident_id IS NOT NULL AND id > 1"));
    let details = Typed { details: "Bring the cards".into(), ..tom.clone() };
    let page =
        omar.post(&links::appointment_act(at.org, id, "edit"), &fields(&details, &[("version", "1")])).await;
    assert_eq!(page.status, 303, "{}", page.text());
    // Where the other one is in a place that somebody does not see, nobody is named.
    let kim = Typed {
        client: "Ana Diaz".into(),
        staff: "Dev Patel".into(),
        ..typed(&at, "2026-11-26", "09:00", "10:00")
    };
    planned(&at, &kim);
    let mut rights = kinbridge::domain::access::Permission::defaults(kinbridge::domain::access::Role::Staff);
    rights.insert(kinbridge::domain::access::Permission::ManageAppointments);
    let scope = at.scope::<ManagePeople>();
    at.write(|tx| accounts::change_permissions(tx, &scope, at.staff.membership.unwrap(), &rights));
    let page = plan(&at.as_staff(), &at, &typed(&at, "2026-11-26", "09:00", "10:00"), &[]).await;
    assert!(
        page.text().contains("in a place that you do not see") && !page.body.contains("Ana"),
        "{}",
        page.text()
    );
}

#[actix_web::test]
async fn the_second_of_two_tabs_is_told_who_was_first() {
    let at = Therapy::start().await;
    let id = one(&at, "2026-11-24", "09:00", "10:00");
    let (nora, omar) = (at.as_super(), at.as_manager());
    let path = links::appointment_act(at.org, id, "edit");
    let nine = typed(&at, "2026-11-24", "09:15", "10:15");
    assert_eq!(nora.post(&path, &fields(&nine, &[("version", "1")])).await.status, 303);
    let page =
        omar.post(&path, &fields(&typed(&at, "2026-11-24", "14:00", "15:00"), &[("version", "1")])).await;
    assert_eq!(page.status, 303);
    assert!(omar.get(page.location()).await.text().contains("Nora Hill changed this appointment meanwhile"));
    assert_eq!(instants(&at, id).0, "2026-11-24 09:15:00");
    let cancel = status(&at, "No-show");
    let fields = [
        ("status", cancel.as_str()),
        ("wish", "client"),
        ("cause", "client"),
        ("because", "Nobody came"),
        ("version", "1"),
    ];
    let page = omar.post(&links::appointment_act(at.org, id, "cancel"), &fields).await;
    assert!(omar.get(page.location()).await.text().contains("meanwhile"));
    assert_eq!(at.number("SELECT COUNT(*) FROM appointments WHERE state = 'cancelled'"), 0);
}

#[actix_web::test]
async fn a_cancellation_says_whose_wish_it_was_warns_when_late_and_happens_once() {
    let at = Therapy::start().await;
    let omar = at.as_manager();
    let soon = one(&at, "2026-11-23", "09:00", "10:00");
    let far = one(&at, "2026-11-27", "09:00", "10:00");
    let path = links::appointment_act(at.org, soon, "cancel");
    assert!(omar.get(&path).await.text().contains("under 24 hours"));
    assert!(
        !omar.get(&links::appointment_act(at.org, far, "cancel")).await.text().contains("under 24 hours")
    );
    let no_show = status(&at, "No-show");
    let whole = [
        ("status", no_show.as_str()),
        ("wish", "client"),
        ("cause", "staff"),
        ("because", "Nobody came"),
        ("note", "Rang twice"),
        ("version", "1"),
    ];
    for (missing, words) in
        [("status", "Choose what it is"), ("wish", "Choose client, staff"), ("because", "Say why")]
    {
        let some: Vec<(&str, &str)> = whole.iter().copied().filter(|(name, _)| *name != missing).collect();
        let page = omar.post(&path, &some).await;
        assert_eq!(page.status, 422);
        assert!(page.text().contains(words), "{}", page.text());
    }
    assert_eq!(omar.post(&path, &whole).await.status, 303);
    let shown = omar.get(&links::appointment(at.org, soon)).await.text();
    for part in
        ["Cancelled: No-show", "Wished by", "Client", "Caused by", "Staff", "Nobody came", "Rang twice"]
    {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert!(!shown.contains("Cancel or no-show"));
    let page = omar.post(&path, &whole).await;
    assert!(omar.get(page.location()).await.text().contains("was cancelled, which is not taken back"));
    assert_eq!(at.number("SELECT COUNT(*) FROM audit_events WHERE verb = 'appointment.cancelled'"), 1);
    // The time is free again.
    one(&at, "2026-11-23", "09:00", "10:00");
}

#[actix_web::test]
async fn the_same_form_plans_once() {
    let at = Therapy::start().await;
    let omar = at.as_manager();
    let form = omar.get(&links::new_appointment(at.org)).await;
    let once = crate::residents::value(&form, "once");
    let other = crate::residents::value(&omar.get(&links::new_appointment(at.org)).await, "once");
    assert!(!once.is_empty() && once != other, "each page has a key of its own");
    let typed = typed(&at, "2026-11-24", "09:00", "10:00");
    // What could not be planned leaves the key as it is.
    let wrong = Typed { client: "Nobody".into(), ..typed.clone() };
    let page = plan(&omar, &at, &wrong, &[("once", &once)]).await;
    assert_eq!((page.status, crate::residents::value(&page, "once")), (422, once.clone()));
    let first = plan(&omar, &at, &typed, &[("once", &once)]).await;
    assert!(omar.get(first.location()).await.text().contains("The appointment is planned."));
    // A double click: the same time is no overlap with itself.
    let again = plan(&omar, &at, &typed, &[("once", &once)]).await;
    assert_eq!((again.status, again.location()), (303, first.location()), "{}", again.text());
    assert!(omar.get(again.location()).await.text().contains("This was planned already."));
    assert_eq!(count(&at), 1);
    // A series leads to its first.
    let days = [("repeats", "yes"), ("every_weeks", "1"), ("days[]", "thu"), ("until", "2026-12-17")];
    let series = Typed { day: "2026-11-26".into(), ..typed };
    let more = [&days[..], &[("once", other.as_str())]].concat();
    let first = plan(&omar, &at, &series, &more).await;
    assert_eq!(first.status, 303, "{}", first.text());
    let (all, again) = (count(&at), plan(&omar, &at, &series, &more).await);
    assert_eq!((again.location(), count(&at)), (first.location(), all));
    assert!(all > 2);
}
