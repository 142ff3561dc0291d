//! The words of a sector: a therapy organisation reads of clients and agencies, and of nothing that belongs to care
//! homes; a care home reads what it always read.

use diesel::RunQueryDsl as _;
use kinbridge::links;

use crate::residents::{add, facts, value};
use crate::support::TestApp;
use crate::support::therapy::Therapy;

/// The words of a page, its title among them, in small letters.
fn words(page: &crate::support::Page) -> Vec<String> {
    let text = format!("{} {}", page.title(), page.text()).to_lowercase();
    text.split(|sign: char| !sign.is_alphanumeric()).map(str::to_owned).collect()
}

fn none_of(page: &crate::support::Page, path: &str, wrong: &[&str]) {
    let words = words(page);
    for word in wrong {
        assert!(!words.iter().any(|one| one == word), "{path} says {word}: {}", page.text());
    }
}

/// Every organisation has a time zone.
const OF_CARE_HOMES: [&str; 7] = ["resident", "residents", "home", "homes", "zones", "room", "nourish"];
const OF_THERAPY: [&str; 4] = ["client", "clients", "agency", "agencies"];

#[actix_web::test]
async fn a_therapy_organisation_reads_of_clients_and_agencies_on_every_page() {
    let at = Therapy::start().await;
    let (org, leah) = (at.org, at.leah);
    let nora = at.as_super();
    let pages = [
        links::organisation(org),
        links::residents(org),
        format!("{}?q=nobody&state=archived&paired=no", links::residents(org)),
        links::new_resident(org),
        links::import(org, "residents"),
        links::resident(org, leah),
        links::edit_resident(org, leah),
        links::archive_resident(org, leah),
        links::resident_history(org, leah),
        links::places(org),
        links::import(org, "places"),
        links::place(org, at.oakfield),
        links::staff(org),
        format!("{}?home={}", links::staff(org), at.oakfield),
        links::new_staff_member(org),
        links::import(org, "staff"),
        links::staff_member(org, at.dev),
        links::edit_staff_member(org, at.dev),
        links::integrations(org),
        links::settings(org),
        links::settings_people(org),
        links::settings_person(org, at.staff.membership.unwrap()),
        links::settings_audit(org),
    ];
    for path in pages {
        let page = nora.get(&path).await;
        assert_eq!(page.status, 200, "{path}: {}", page.text());
        none_of(&page, &path, &OF_CARE_HOMES);
        for label in
            ["Clients", "Staff", "Agencies", "Appointments", "Reports", "Integrations", "Org Settings"]
        {
            assert!(page.text().contains(label), "{path} has no entry {label}: {}", page.text());
        }
    }
}

#[actix_web::test]
async fn what_is_refused_there_is_refused_in_its_words() {
    let at = Therapy::start().await;
    let org = at.org;
    let omar = at.as_manager();
    let unplaced = [("first_name", "Mia"), ("last_name", "Stone")];
    let page = omar.post(&links::residents(org), &unplaced).await;
    assert!(page.status == 422 && page.text().contains("Choose the client’s agency"), "{}", page.text());
    none_of(&page, "a client without an agency", &OF_CARE_HOMES);
    let page = omar.post(&links::places(org), &[("name", "OAKFIELD centre")]).await;
    let words = "There is already an agency called Oakfield Centre";
    assert!(page.status == 422 && page.text().contains(words), "{}", page.text());
    let archive = links::archive_resident(org, at.leah);
    let form = omar.get(&archive).await;
    let (version, about) = (value(&form, "version"), value(&form, "about"));
    let page = omar.post(&archive, &[("version", &version), ("about", &about), ("because", "")]).await;
    assert_eq!(page.status, 422, "{}", page.text());
    none_of(&page, "archiving without a reason", &OF_CARE_HOMES);
    let wrong = [("first_name", "Ida"), ("last_name", "Moss"), ("home", "999999")];
    let page = omar.post(&links::staff(org), &wrong).await;
    assert!(page.status == 422 && page.text().contains("Choose one of the agencies"), "{}", page.text());
    assert_eq!(omar.post(&links::places(org), &[("name", "Hillside")]).await.status, 303);
    let log = omar.get(&links::settings_audit(org)).await;
    assert!(log.text().contains("added the agency Hillside"), "{}", log.text());
}

#[actix_web::test]
async fn a_care_home_reads_of_no_client_and_no_agency() {
    let app = TestApp::start().await;
    let (cast, willow) = (&app.cast, app.cast.willow);
    let betty = add(&app, willow, &facts(cast.willow_house, Some(cast.garden_wing), "Betty", "Cole", "5"));
    let mary = app.as_super();
    let pages = [
        links::organisation(willow),
        links::residents(willow),
        links::new_resident(willow),
        links::resident(willow, betty),
        links::edit_resident(willow, betty),
        links::archive_resident(willow, betty),
        links::resident_history(willow, betty),
        links::places(willow),
        links::place(willow, cast.willow_house),
        links::staff(willow),
        links::new_staff_member(willow),
        links::settings(willow),
        links::settings_people(willow),
        links::settings_person(willow, cast.staff.membership.unwrap()),
        links::settings_audit(willow),
    ];
    for path in pages {
        let page = mary.get(&path).await;
        assert_eq!(page.status, 200, "{path}: {}", page.text());
        none_of(&page, &path, &OF_THERAPY);
        assert!(
            page.text().contains("Home Residents Activities Staff list Places"),
            "{path}: {}",
            page.text()
        );
    }
    for of in ["places", "residents", "staff"] {
        assert_eq!(mary.get(&links::import(willow, of)).await.status, 404, "{of} come by syncs");
    }
}

#[actix_web::test]
async fn community_health_has_patients_and_areas() {
    let at = Therapy::start().await;
    let sql = format!("UPDATE organisations SET sector = 'community health' WHERE id = {}", at.org);
    at.write(|tx| Ok(diesel::sql_query(sql).execute(tx.conn)?));
    let nora = at.as_super();
    for path in [links::residents(at.org), links::places(at.org), links::new_resident(at.org)] {
        let page = nora.get(&path).await;
        none_of(&page, &path, &OF_CARE_HOMES);
        none_of(&page, &path, &OF_THERAPY);
        assert!(page.text().contains("Patients Practitioners Areas"), "{}", page.text());
    }
}
