//! The tabs *Agencies*, *Clients* and *Staff*: who sees which rows, what a rule maps, what a person maps, and each
//! condition of deleting, correcting, editing and creating.

#![cfg(test)]

use std::collections::BTreeSet;

use actix_web::http::Method;
use kinbridge::connectors::{PersonRecord, ServiceRecord};
use kinbridge::domain::access::{ManageOrganisation, PairRecords, Permission};
use kinbridge::domain::appointments;
use kinbridge::domain::mapping::{self, Kind, Pick};
use kinbridge::kit::ids::{ExternalRecordId, PlaceId};
use kinbridge::links;
use kinbridge::web::routes;

use crate::audit_trail::acts::{Fields, Walk};
use crate::support::insert;
use crate::support::therapy::{ORGANIZATION, TOKEN, Therapy, WithEnsora, day, population, site};

/// Bright Path after its first pull, in which the second site has another name and Ana another date of birth.
async fn pulled() -> WithEnsora {
    let mut there = population();
    there.sites[1] = site("si-2", "Riverside");
    there.students[2].date_of_birth = "2014-09-24".into();
    let at = WithEnsora::holding(there).await;
    at.shake_hands().await;
    at.work_off().await;
    at
}

fn tab(at: &Therapy, tab: &str) -> String {
    links::synchronization_tab(at.org, tab)
}

fn act(at: &Therapy, tab: &str, record: ExternalRecordId, act: &str) -> String {
    links::synchronization_row_act(at.org, tab, record, act)
}

/// Maps Riverside by hand.
async fn map_riverside(at: &WithEnsora) {
    let site = at.record_of("site", "si-2");
    let fields = [(format!("pick-{site}"), at.riverside.to_string())];
    let fields: Vec<(&str, &str)> =
        fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let page = at.as_manager().post(&tab(at, "agencies"), &fields).await;
    assert_eq!(page.status, 303, "{}", page.text());
}

fn pairing_of(at: &Therapy, record: ExternalRecordId) -> String {
    let query = format!("SELECT id FROM pairings WHERE external_record_id = {record} AND ended_at IS NULL");
    at.number(&query).to_string()
}

/// A note of a student and a user that is mapped to an appointment.
fn mapped_note(at: &WithEnsora, student: &str, user: &str, site: &str) {
    let connection = at.connection();
    let record = at.record(connection, "note", ("sn-1", "sn-1"), &serde_json::json!({}));
    let columns = "organisation_id, connection_id, external_record_id, student_external_id, user_external_id, \
                   site_external_id, student_name, user_name, start_time, end_time, time_zone, status, \
                   is_published, version, state, reason, because, repair, seen_at, changed_at";
    let row = format!(
        "{}, {connection}, {record}, '{student}', '{user}', '{site}', '', '', '', '', '', 'Published', TRUE, 1, \
         'mapped', '', '', '', '2026-11-22 10:00:00', '2026-11-22 10:00:00'",
        at.org
    );
    at.write(|tx| {
        insert(tx, "session_notes", columns, &row);
        Ok(())
    });
    at.mapped(connection, ("note", "Auto"), record, 1);
}

#[actix_web::test]
async fn the_tabs_are_for_those_who_may_pair_and_a_stranger_gets_404() {
    let at = pulled().await;
    let record = at.record_of("site", "si-1");
    for path in [
        tab(&at, "agencies"),
        tab(&at, "clients"),
        tab(&at, "staff"),
        links::synchronization_row(at.org, "agencies", record),
        act(&at, "agencies", record, "choose"),
    ] {
        assert_eq!(at.as_stranger().get(&path).await.status, 404, "{path}");
        assert_eq!(at.as_staff().get(&path).await.status, 403, "{path}");
        assert_eq!(at.as_manager().get(&path).await.status, 200, "{path}");
    }
    assert_eq!(at.as_stranger().post(&tab(&at, "agencies"), &[]).await.status, 404);
    assert_eq!(at.as_staff().post(&tab(&at, "agencies"), &[]).await.status, 403);
}

#[actix_web::test]
async fn the_other_tabs_are_held_until_every_site_is_mapped_and_saved() {
    let at = pulled().await;
    let held = at.as_manager().get(&tab(&at, "clients")).await;
    let text = held.text();
    assert!(text.contains("Map every site to an agency first. 1 is left."), "{text}");
    assert!(text.contains("Go to Agencies") && !text.contains("Leah Brown"), "{text}");
    assert!(at.as_manager().get(&tab(&at, "staff")).await.text().contains("1 is left."));
    let agencies = at.as_manager().get(&tab(&at, "agencies")).await;
    let text = agencies.text();
    assert!(text.contains("2 sites: 1 Auto · 0 User · 1 not mapped"), "{text}");
    assert!(
        text.contains("No agency has this name.") && text.contains("Perhaps Riverside Clinic."),
        "{text}"
    );
    map_riverside(&at).await;
    let list = at.as_manager().get(&tab(&at, "agencies")).await;
    assert!(list.text().contains("2 sites: 1 Auto · 1 User · 0 not mapped"), "{}", list.text());
    let open = at.as_manager().get(&tab(&at, "clients")).await;
    assert!(open.text().contains("3 students: 2 Auto · 0 User · 1 not mapped"), "{}", open.text());
}

#[actix_web::test]
async fn saving_a_site_says_who_followed_by_themselves() {
    let at = pulled().await;
    let site = at.record_of("site", "si-2");
    let field = format!("pick-{site}");
    let nora = at.as_super();
    let page = nora.post(&tab(&at, "agencies"), &[(field.as_str(), &at.riverside.to_string())]).await;
    assert_eq!(page.status, 303);
    let told = nora.get(&tab(&at, "agencies")).await;
    assert!(told.text().contains("1 mapping saved."), "{}", told.text());
}

#[actix_web::test]
async fn an_organisation_may_work_on_mapped_sites_meanwhile() {
    let at = pulled().await;
    let settings = appointments::Settings { meanwhile: true, ..appointments::Settings::default() };
    let managing = at.scope::<ManageOrganisation>();
    at.write(|tx| appointments::change_settings(tx, &managing, &settings));
    let page = at.as_manager().get(&tab(&at, "clients")).await;
    let text = page.text();
    assert!(text.contains("Leah Brown"), "{text}");
    assert!(text.contains("Waiting for the site Riverside"), "{text}");
    let (before, after) = text.split_once("Waiting for the site Riverside").unwrap();
    assert!(before.contains("Tom Ray") && after.contains("Ana Diaz"), "{text}");
    let ana = at.record_of("resident", "st-3");
    let scope = at.scope::<PairRecords>();
    let pick = Pick { record: ana, local: at.ana.0, instead_of: None };
    let saved = at.write(|tx| mapping::save(tx, &scope, Kind::Student, &[pick]));
    assert_eq!(saved.errors[0].words, "Map its site Riverside to an agency first.");
}

#[actix_web::test]
async fn a_client_is_mapped_by_the_four_conditions_and_the_reason_is_said_where_one_fails() {
    let at = pulled().await;
    map_riverside(&at).await;
    let page = at.as_manager().get(&tab(&at, "clients")).await;
    let text = page.text();
    assert!(text.contains("Student (born, site)") && text.contains("Client Name"), "{text}");
    assert!(text.contains("Date of Birth is different.") && text.contains("Perhaps Ana Diaz."), "{text}");
    let staff = at.as_manager().get(&tab(&at, "staff")).await.text();
    assert!(staff.contains("User (email, site)") && staff.contains("Staff Name"), "{staff}");
    assert!(staff.contains("3 users: 2 Auto · 0 User · 1 not mapped"), "{staff}");
}

#[actix_web::test]
async fn many_rows_are_saved_at_once_with_an_error_at_each_that_cannot_be() {
    let at = pulled().await;
    map_riverside(&at).await;
    let ana = at.record_of("resident", "st-3");
    let field = format!("pick-{ana}");
    let taken = at.as_manager().post(&tab(&at, "clients"), &[(&field, &at.leah.to_string())]).await;
    assert_eq!(taken.status, 422);
    let text = taken.text();
    assert!(text.contains("Leah Brown is mapped to another student already: Leah Brown."), "{text}");
    let good = at.as_manager().post(&tab(&at, "clients"), &[(&field, &at.ana.to_string())]).await;
    assert_eq!(good.status, 303);
    let page = at.as_manager().get(&tab(&at, "clients")).await;
    assert!(page.text().contains("3 students: 2 Auto · 1 User · 0 not mapped"), "{}", page.text());
    let nothing = at.as_manager().post(&tab(&at, "clients"), &[]).await;
    assert_eq!(nothing.status, 303);
    let query = format!("SELECT COUNT(*) FROM pairings WHERE external_record_id = {ana} AND origin = 'User'");
    assert_eq!(at.number(&query), 1);
}

#[actix_web::test]
async fn two_at_once_read_who_was_first_and_may_keep_their_own() {
    let at = pulled().await;
    map_riverside(&at).await;
    let ana = at.record_of("resident", "st-3");
    let other = at.client(at.riverside, ("Anna", "Diaz"), day(2014, 9, 24));
    let field = format!("pick-{ana}");
    let first = at.as_super().post(&tab(&at, "clients"), &[(&field, &at.ana.to_string())]).await;
    assert_eq!(first.status, 303);
    let second = at.as_manager().post(&tab(&at, "clients"), &[(&field, &other.to_string())]).await;
    assert_eq!(second.status, 422);
    let text = second.text();
    assert!(text.contains("Nora Hill changed this mapping at 10am: it is Ana Diaz now."), "{text}");
    assert!(text.contains("Keep mine") && text.contains("See theirs"), "{text}");
    let keep = (format!("keep-{ana}"), pairing_of(&at, ana));
    let fields = [(field.as_str(), other.to_string()), (keep.0.as_str(), keep.1)];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let kept = at.as_manager().post(&tab(&at, "clients"), &fields).await;
    assert_eq!(kept.status, 303, "{}", kept.text());
    let query =
        format!("SELECT local_id FROM pairings WHERE external_record_id = {ana} AND ended_at IS NULL");
    assert_eq!(at.number(&query), other.0);
}

#[actix_web::test]
async fn only_a_mapping_of_a_person_on_which_nothing_depends_is_deleted() {
    let at = pulled().await;
    map_riverside(&at).await;
    // Auto.
    let leah = at.record_of("resident", "st-1");
    let delete = act(&at, "clients", leah, "delete");
    let omar = at.as_manager();
    assert_eq!(omar.post(&delete, &[("pairing", &pairing_of(&at, leah))]).await.status, 303);
    let told = omar.get(&tab(&at, "clients")).await.text();
    assert!(
        told.contains("Made automatically: First name, last name, date of birth and agency are equal."),
        "{told}"
    );
    // User, used by a client and a member of staff.
    let riverside = at.record_of("site", "si-2");
    let page = omar.get(&tab(&at, "agencies")).await.text();
    assert!(page.contains("Used by 1 member of staff."), "{page}");
    let delete = act(&at, "agencies", riverside, "delete");
    assert_eq!(omar.post(&delete, &[("pairing", &pairing_of(&at, riverside))]).await.status, 303);
    assert!(omar.get(&tab(&at, "agencies")).await.text().contains("Used by 1 member of staff."));
    assert_ne!(pairing_of(&at, riverside), "0");
    // User, with nothing on it.
    let ana = at.record_of("resident", "st-3");
    let field = format!("pick-{ana}");
    omar.post(&tab(&at, "clients"), &[(&field, &at.ana.to_string())]).await;
    let pairing = pairing_of(&at, ana);
    let delete = act(&at, "clients", ana, "delete");
    assert_eq!(omar.post(&delete, &[("pairing", &pairing)]).await.status, 303);
    let page = omar.get(&tab(&at, "clients")).await.text();
    assert!(page.contains("The mapping of Ana Diaz is deleted.") && page.contains("1 not mapped"), "{page}");
    // A page that is out of date deletes nothing else.
    omar.post(&tab(&at, "clients"), &[(&field, &at.ana.to_string())]).await;
    omar.post(&delete, &[("pairing", &pairing)]).await;
    let live = format!("SELECT COUNT(*) FROM pairings WHERE external_record_id = {ana} AND ended_at IS NULL");
    assert_eq!(at.number(&live), 1);
}

#[actix_web::test]
async fn appointments_keep_a_mapping_from_being_deleted() {
    let at = pulled().await;
    map_riverside(&at).await;
    let ana = at.record_of("resident", "st-3");
    let field = format!("pick-{ana}");
    let omar = at.as_manager();
    omar.post(&tab(&at, "clients"), &[(&field, &at.ana.to_string())]).await;
    mapped_note(&at, "st-3", "us-2", "si-2");
    let page = omar.get(&tab(&at, "clients")).await;
    assert!(page.text().contains("Used by 1 appointment."), "{}", page.text());
    let delete = act(&at, "clients", ana, "delete");
    assert!(!page.body.contains(&format!("action=\"{delete}\"")));
    omar.post(&delete, &[("pairing", &pairing_of(&at, ana))]).await;
    let live = format!("SELECT COUNT(*) FROM pairings WHERE external_record_id = {ana} AND ended_at IS NULL");
    assert_eq!(at.number(&live), 1);
    let riverside = at.record_of("site", "si-2");
    let detail = at.as_super().get(&links::synchronization_row(at.org, "agencies", riverside)).await.text();
    assert!(detail.contains("Used by 1 client, 1 member of staff and 1 appointment."), "{detail}");
    assert!(detail.contains("lose their mapping with it"), "{detail}");
    let theirs = omar.get(&links::synchronization_row(at.org, "agencies", riverside)).await.text();
    assert!(!theirs.contains("lose their mapping with it"), "{theirs}");
}

#[actix_web::test]
async fn a_wrong_auto_is_corrected_by_a_super_manager_and_not_remade_until_that_is_taken_back() {
    let at = pulled().await;
    map_riverside(&at).await;
    let leah = at.record_of("resident", "st-1");
    let not = act(&at, "clients", leah, "not-the-same");
    let pairing = pairing_of(&at, leah);
    assert_eq!(at.as_manager().post(&not, &[("pairing", &pairing)]).await.status, 403);
    assert_eq!(at.as_stranger().post(&not, &[("pairing", &pairing)]).await.status, 404);
    let nora = at.as_super();
    assert_eq!(nora.post(&not, &[("pairing", &pairing)]).await.status, 303);
    let row = links::synchronization_row(at.org, "clients", leah);
    let text = nora.get(&row).await.text();
    assert!(text.contains("Nora Hill said that this is not Leah Brown"), "{text}");
    let live =
        format!("SELECT COUNT(*) FROM pairings WHERE external_record_id = {leah} AND ended_at IS NULL");
    assert_eq!(at.number(&live), 0);
    at.pull().await;
    assert_eq!(at.number(&live), 0);
    let back = act(&at, "clients", leah, "refusals");
    assert_eq!(nora.post(&back, &[("local", &at.leah.to_string())]).await.status, 303);
    assert_eq!(at.number(&live), 1);
}

#[actix_web::test]
async fn a_site_that_is_not_the_same_takes_with_it_what_rules_made_through_it() {
    let at = pulled().await;
    map_riverside(&at).await;
    let oakfield = at.record_of("site", "si-1");
    let not = act(&at, "agencies", oakfield, "not-the-same");
    at.as_super().post(&not, &[("pairing", &pairing_of(&at, oakfield))]).await;
    let live = "SELECT COUNT(*) FROM pairings WHERE kind = 'resident' AND ended_at IS NULL";
    assert_eq!(at.number(live), 0);
    let tabs = at.read(|conn| mapping::tabs(conn, &at.scope::<PairRecords>()));
    assert_eq!((tabs.sites_unmapped, tabs.open), (1, false));
}

#[actix_web::test]
async fn the_label_opens_who_when_why_and_the_history() {
    let at = pulled().await;
    let oakfield = at.record_of("site", "si-1");
    let text = at.as_manager().get(&links::synchronization_row(at.org, "agencies", oakfield)).await.text();
    assert!(text.contains("Mapped to Oakfield Centre") && text.contains("A rule"), "{text}");
    assert!(text.contains("The site and the agency have the same name."), "{text}");
    assert!(text.contains("Names agree.") && text.contains("History"), "{text}");
    map_riverside(&at).await;
    let riverside = at.record_of("site", "si-2");
    let text = at.as_manager().get(&links::synchronization_row(at.org, "agencies", riverside)).await.text();
    assert!(text.contains("Chosen by Omar Shah."), "{text}");
}

#[actix_web::test]
async fn somebody_of_one_agency_sees_what_stands_under_it_and_without_any_no_tab_agencies() {
    let at = pulled().await;
    map_riverside(&at).await;
    at.allow(&at.staff, &[Permission::OpenOrganisation, Permission::PairRecords]);
    let clients = at.as_staff().get(&tab(&at, "clients")).await;
    let text = clients.text();
    assert!(text.contains("Leah Brown") && !text.contains("Ana Diaz"), "{text}");
    let agencies = at.as_staff().get(&tab(&at, "agencies")).await.text();
    assert!(agencies.contains("Oakfield Centre") && !agencies.contains("Riverside Clinic"), "{agencies}");
    let ana = at.record_of("resident", "st-3");
    assert_eq!(at.as_staff().get(&links::synchronization_row(at.org, "clients", ana)).await.status, 404);
    let people = at.scope::<kinbridge::domain::access::ManagePeople>();
    at.write(|tx| kinbridge::domain::accounts::assign_places(tx, &people, at.staff.membership.unwrap(), &[]));
    let hidden = at.as_staff().get(&tab(&at, "agencies")).await;
    assert_eq!(hidden.status, 303);
    let page = at.as_staff().get(&tab(&at, "clients")).await;
    assert!(!page.body.contains(&format!("href=\"{}\"", tab(&at, "agencies"))), "{}", page.body);
    assert!(!page.text().contains("Leah Brown"));
}

#[actix_web::test]
async fn the_filter_and_the_search_narrow_the_list() {
    let at = pulled().await;
    map_riverside(&at).await;
    let get = |query: &str| format!("{}?{query}", tab(&at, "clients"));
    let unmapped = at.as_manager().get(&get("show=not+mapped")).await.text();
    assert!(unmapped.contains("Ana Diaz") && !unmapped.contains("Tom Ray"), "{unmapped}");
    let auto = at.as_manager().get(&get("show=auto")).await.text();
    assert!(auto.contains("Tom Ray") && auto.contains("Leah Brown"), "{auto}");
    let found = at.as_manager().get(&get("q=tom")).await.text();
    assert!(found.contains("Tom Ray") && !found.contains("Leah Brown"), "{found}");
    let nobody = at.as_manager().get(&get("q=zzz")).await.text();
    assert!(nobody.contains("Nothing fits what you asked for."), "{nobody}");
    let of_site = at.as_manager().get(&get("site=si-2")).await.text();
    assert!(of_site.contains("Ana Diaz") && !of_site.contains("Tom Ray"), "{of_site}");
}

#[actix_web::test]
async fn a_client_is_created_from_its_row_after_whoever_may_be_them_was_looked_at() {
    let at = pulled().await;
    map_riverside(&at).await;
    let ana = at.record_of("resident", "st-3");
    let new = act(&at, "clients", ana, "new");
    let omar = at.as_manager();
    let form = omar.get(&new).await;
    let text = form.text();
    assert!(text.contains("Is it one of these?") && text.contains("This is the same"), "{text}");
    assert!(form.body.contains("value=\"Diaz\"") && form.body.contains("value=\"2014\""), "{}", form.body);
    let place = at.riverside.to_string();
    let fields = [
        ("first_name", "Ana"),
        ("last_name", "Diaz"),
        ("born_day", "24"),
        ("born_month", "9"),
        ("born_year", "2014"),
        ("place", &place),
    ];
    let wrong = omar.post(&new, &[("first_name", "Ana"), ("last_name", ""), ("place", &place)]).await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.text().contains("Enter the last name"), "{}", wrong.text());
    assert_eq!(omar.post(&new, &fields).await.status, 303);
    let page = omar.get(&tab(&at, "clients")).await.text();
    assert!(page.contains("Ana Diaz is created and mapped.") && page.contains("1 User"), "{page}");
    assert_eq!(at.number("SELECT COUNT(*) FROM residents WHERE last_name = 'Diaz'"), 2);
}

#[actix_web::test]
async fn this_is_them_maps_and_creates_nobody() {
    let at = pulled().await;
    map_riverside(&at).await;
    let ana = at.record_of("resident", "st-3");
    let choose = act(&at, "clients", ana, "choose");
    let omar = at.as_manager();
    assert_eq!(omar.post(&choose, &[("local", &at.ana.to_string())]).await.status, 303);
    assert_eq!(at.number("SELECT COUNT(*) FROM residents WHERE last_name = 'Diaz'"), 1);
    let page = omar.get(&tab(&at, "clients")).await.text();
    assert!(page.contains("1 mapping saved."), "{page}");
}

#[actix_web::test]
async fn an_agency_and_a_member_of_staff_are_created_from_their_rows() {
    let mut there = population();
    there.sites.push(site("si-3", "Moor Lane"));
    there.users[2].site_ids = vec!["si-1".into(), "si-2".into()];
    let at = WithEnsora::holding(there).await;
    at.shake_hands().await;
    at.work_off().await;
    let moor = at.record_of("site", "si-3");
    let nora = at.as_super();
    let new = act(&at, "agencies", moor, "new");
    assert!(nora.get(&new).await.body.contains("value=\"Moor Lane\""));
    assert_eq!(nora.post(&new, &[("name", "Moor Lane")]).await.status, 303);
    assert_eq!(at.number("SELECT COUNT(*) FROM places WHERE name = 'Moor Lane'"), 1);
    let hannah = at.record_of("staff", "us-9");
    let new = act(&at, "staff", hannah, "new");
    let place = at.oakfield.to_string();
    let fields = [
        ("first_name", "Hannah"),
        ("last_name", "Doyle"),
        ("email", "hannah@bright.example"),
        ("place", place.as_str()),
    ];
    assert_eq!(nora.post(&new, &fields).await.status, 303);
    let page = nora.get(&tab(&at, "staff")).await.text();
    assert!(page.contains("3 users: 2 Auto · 1 User · 0 not mapped"), "{page}");
    let further = "SELECT COUNT(*) FROM staff_places";
    assert_eq!(at.number(further), 1);
}

#[actix_web::test]
async fn whoever_may_not_create_reads_whom_to_ask() {
    let at = pulled().await;
    map_riverside(&at).await;
    at.allow(&at.manager, &[Permission::OpenOrganisation, Permission::PairRecords]);
    let page = at.as_manager().get(&tab(&at, "clients")).await;
    let text = page.text();
    assert!(text.contains("Ask a manager to create this client"), "{text}");
    assert!(!text.contains("Edit client"), "{text}");
    let ana = at.record_of("resident", "st-3");
    let new = act(&at, "clients", ana, "new");
    assert_eq!(at.as_manager().get(&new).await.status, 403);
    let fields = [("first_name", "Ana"), ("last_name", "Diaz"), ("place", "1")];
    assert_eq!(at.as_manager().post(&new, &fields).await.status, 403);
    assert_eq!(at.number("SELECT COUNT(*) FROM residents WHERE last_name = 'Diaz'"), 1);
}

#[actix_web::test]
async fn a_site_is_always_treated_as_an_agency_by_another_name() {
    let at = pulled().await;
    let riverside = at.record_of("site", "si-2");
    let alias = act(&at, "agencies", riverside, "alias");
    let omar = at.as_manager();
    assert_eq!(omar.post(&alias, &[("agency", &at.riverside.to_string())]).await.status, 303);
    let page = omar.get(&links::synchronization_row(at.org, "agencies", riverside)).await.text();
    assert!(page.contains("Riverside is always treated as Riverside Clinic."), "{page}");
    assert!(page.contains("The agency has the site’s name as another name."), "{page}");
    let rule = "SELECT COUNT(*) FROM pairings WHERE rule = 'ensora-sites-alias-1' AND ended_at IS NULL";
    assert_eq!(at.number(rule), 1);
}

#[actix_web::test]
async fn a_long_list_has_a_search_in_the_place_of_the_drop_down() {
    let at = Therapy::start().await;
    let connection = at.connect();
    let name = |n: usize| format!("Client{n:03}");
    for n in 0..101 {
        at.client(at.oakfield, (&name(n), "Many"), day(2015, 1, 2));
    }
    let of_site = ServiceRecord {
        external_id: "si-1".into(),
        name: "Oakfield Centre".into(),
        ..ServiceRecord::default()
    };
    let oakfield = at.record(connection, "site", ("si-1", "oakfield centre"), &of_site);
    at.mapped(connection, ("site", "Auto"), oakfield, at.oakfield.0);
    let student = PersonRecord {
        external_id: "st-1".into(),
        first_name: "Zoe".into(),
        last_name: "Any".into(),
        service_id: Some("si-1".into()),
        ..PersonRecord::default()
    };
    let zoe = at.record(connection, "resident", ("st-1", "any zoe"), &student);
    let page = at.as_manager().get(&tab(&at, "clients")).await;
    let choose = act(&at, "clients", zoe, "choose");
    assert!(page.body.contains(&format!("href=\"{choose}\"")), "{}", page.body);
    assert!(!page.body.contains("Client042"));
    let found = at.as_manager().get(&format!("{choose}?q=client042")).await;
    assert!(found.text().contains("Client042 Many"), "{}", found.text());
    let query = "SELECT id FROM residents WHERE first_name = 'Client042'";
    let local = at.number(query).to_string();
    let omar = at.as_manager();
    assert_eq!(omar.post(&choose, &[("local", &local)]).await.status, 303);
    assert!(omar.get(&tab(&at, "clients")).await.text().contains("1 mapping saved."));
}

#[actix_web::test]
async fn another_organisations_records_are_not_here() {
    let at = pulled().await;
    let site = at.record_of("site", "si-2");
    let scope = at.scope::<PairRecords>();
    // A record of another kind, and an agency of another organisation.
    for (record, local) in
        [(at.record_of("resident", "st-1"), at.riverside.0), (site, at.cast.elm_lodge.0), (site, 999_999)]
    {
        let pick = Pick { record, local, instead_of: None };
        let saved = at.write(|tx| mapping::save(tx, &scope, Kind::Site, &[pick]));
        assert_eq!((saved.mapped, saved.errors.len()), (0, 1));
    }
    assert_ne!(at.riverside, PlaceId(0));
}

fn typed<'f>(fields: &[(&'f str, &str)]) -> Fields<'f> {
    fields.iter().map(|(name, value)| (*name, (*value).to_owned())).collect()
}

/// One row of a tab through all of its forms: saved, deleted, found by a search, deleted, created.
async fn every_form_of_a_row(
    at: &WithEnsora,
    walk: &mut Walk<'_>,
    (patterns, word): (&[&'static str; 4], &str),
    record: ExternalRecordId,
    (local, new): (i64, &[(&str, &str)]),
) {
    let nora = at.new_visitor(&at.super_manager);
    let local = local.to_string();
    let pick = format!("pick-{record}");
    let fields = vec![(pick.as_str(), local.clone())];
    walk.by(patterns[0], &nora, &tab(at, word), fields).await;
    let delete = act(at, word, record, "delete");
    walk.by(patterns[1], &nora, &delete, vec![("pairing", pairing_of(at, record))]).await;
    walk.by(patterns[2], &nora, &act(at, word, record, "choose"), vec![("local", local)]).await;
    nora.post(&delete, &[("pairing", &pairing_of(at, record))]).await;
    walk.by(patterns[3], &nora, &act(at, word, record, "new"), typed(new)).await;
}

/// A mapping of a rule: not the same, and that taken back.
async fn every_form_of_a_rule(
    at: &WithEnsora,
    walk: &mut Walk<'_>,
    (patterns, word): (&[&'static str; 2], &str),
    (record, local): (ExternalRecordId, i64),
) {
    let nora = at.new_visitor(&at.super_manager);
    let fields = vec![("pairing", pairing_of(at, record))];
    walk.by(patterns[0], &nora, &act(at, word, record, "not-the-same"), fields).await;
    let fields = vec![("local", local.to_string())];
    walk.by(patterns[1], &nora, &act(at, word, record, "refusals"), fields).await;
}

#[actix_web::test]
async fn every_form_of_the_window_leaves_an_event() {
    let mut there = population();
    there.sites = vec![site("si-1", "Oakfield Centre"), site("si-2", "Riverside"), site("si-3", "Moor Lane")];
    there.students[2].date_of_birth = "2014-09-24".into();
    let at = WithEnsora::holding(there).await;
    at.make_available().await;
    let spare = at.write(|tx| kinbridge::domain::organisations::add_home(tx, &at.scope(), "Spare House"));
    let hannah = at.therapist(at.oakfield, ("Hanna", "Doyle"), "h.doyle@bright.example");
    let mut walk = Walk::of(&at.app);
    let nora = at.new_visitor(&at.super_manager);
    let of = |act: &str| links::synchronization_act(at.org, act);
    let key = typed(&[("organization_id", ORGANIZATION), ("token", TOKEN), ("terms", "yes")]);
    walk.by("/org/{org}/synchronization/connection/credentials", &nora, &of("credentials"), key).await;
    at.work_off().await;
    let times = typed(&[("notes_every", "5"), ("people_every", "60")]);
    walk.by("/org/{org}/synchronization/connection/cadence", &nora, &of("cadence"), times).await;
    walk.by("/org/{org}/synchronization/connection/pull", &nora, &of("pull"), Vec::new()).await;
    at.work_off().await;
    let riverside = at.record_of("site", "si-2");
    let alias = act(&at, "agencies", riverside, "alias");
    let agency = vec![("agency", at.riverside.to_string())];
    walk.by("/org/{org}/synchronization/agencies/{record}/alias", &nora, &alias, agency).await;

    let agencies = [
        "/org/{org}/synchronization/agencies",
        "/org/{org}/synchronization/agencies/{record}/delete",
        "/org/{org}/synchronization/agencies/{record}/choose",
        "/org/{org}/synchronization/agencies/{record}/new",
    ];
    let moor = at.record_of("site", "si-3");
    let new: &[(&str, &str)] = &[("name", "Moor House")];
    every_form_of_a_row(&at, &mut walk, (&agencies, "agencies"), moor, (spare.0, new)).await;
    let clients = [
        "/org/{org}/synchronization/clients",
        "/org/{org}/synchronization/clients/{record}/delete",
        "/org/{org}/synchronization/clients/{record}/choose",
        "/org/{org}/synchronization/clients/{record}/new",
    ];
    let (ana, place) = (at.record_of("resident", "st-3"), at.riverside.to_string());
    let new: &[(&str, &str)] = &[("first_name", "Ana"), ("last_name", "Diaz"), ("place", &place)];
    every_form_of_a_row(&at, &mut walk, (&clients, "clients"), ana, (at.ana.0, new)).await;
    let staff = [
        "/org/{org}/synchronization/staff",
        "/org/{org}/synchronization/staff/{record}/delete",
        "/org/{org}/synchronization/staff/{record}/choose",
        "/org/{org}/synchronization/staff/{record}/new",
    ];
    let (user, place) = (at.record_of("staff", "us-9"), at.oakfield.to_string());
    let new: &[(&str, &str)] = &[("first_name", "Hannah"), ("last_name", "Doyle"), ("place", &place)];
    every_form_of_a_row(&at, &mut walk, (&staff, "staff"), user, (hannah.0, new)).await;

    let rules = [
        "/org/{org}/synchronization/agencies/{record}/not-the-same",
        "/org/{org}/synchronization/agencies/{record}/refusals",
    ];
    let oakfield = (at.record_of("site", "si-1"), at.oakfield.0);
    every_form_of_a_rule(&at, &mut walk, (&rules, "agencies"), oakfield).await;
    let rules = [
        "/org/{org}/synchronization/clients/{record}/not-the-same",
        "/org/{org}/synchronization/clients/{record}/refusals",
    ];
    let leah = (at.record_of("resident", "st-1"), at.leah.0);
    every_form_of_a_rule(&at, &mut walk, (&rules, "clients"), leah).await;
    let rules = [
        "/org/{org}/synchronization/staff/{record}/not-the-same",
        "/org/{org}/synchronization/staff/{record}/refusals",
    ];
    let dev = (at.record_of("staff", "us-1"), at.dev.0);
    every_form_of_a_rule(&at, &mut walk, (&rules, "staff"), dev).await;

    walk.by("/org/{org}/synchronization/connection/off", &nora, &of("off"), Vec::new()).await;
    let forms = routes::table().into_iter().filter(|line| line.method == Method::POST).map(|line| line.path);
    // Those of session notes, and of what rests on a mapping, are sent beside their own.
    let of_others =
        |path: &str| ["/appointments", "/grace", "/what-follows"].iter().any(|word| path.contains(word));
    let mine = |path: &&str| path.contains("/synchronization/") && !of_others(path);
    let forms: BTreeSet<&str> = forms.filter(mine).collect();
    assert_eq!(forms.difference(&walk.done).collect::<Vec<_>>(), [&""; 0], "forms that nobody sent");
}
