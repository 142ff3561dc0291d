//! Pairing by people: the lists, *Suggested Pairing*, setting aside, unlinking, and many links at once.

use std::collections::{BTreeMap, HashMap};

use actix_web::http::Method;
use chrono::NaiveDate;
use kinbridge::connectors::{PersonRecord, ServiceRecord, Snapshot, StaffRecord};
use kinbridge::domain::access::{EditResidents, EditStaff, ManagePeople, Permission, Role, Scope};
use kinbridge::domain::pairing::matching::System;
use kinbridge::domain::residents::{self, ResidentFacts};
use kinbridge::domain::staff::{self, StaffDetails};
use kinbridge::domain::sync::{self, Ended, List, Staged, Wanted};
use kinbridge::domain::{accounts, connections};
use kinbridge::kit::ids::{PlaceId, ResidentId};
use kinbridge::links;

use crate::connections::{connection, switch_on};
use crate::support::{Page, TestApp, Visitor};

/// The portal with residents and records of every kind, after a first sync. Ids by name.
pub struct Home {
    pub app: TestApp,
    pub ids: HashMap<String, i64>,
}

/// A real NHS number, each its own.
pub fn number(n: u32) -> String {
    let nine = format!("{:09}", 943_000_000 + n * 7);
    let sum: u32 = nine.chars().zip((2..=10).rev()).map(|(c, weight)| c.to_digit(10).unwrap() * weight).sum();
    match 11 - sum % 11 {
        10 => number(n + 500),
        11 => format!("{nine}0"),
        check => format!("{nine}{check}"),
    }
}

fn born(text: &str) -> Option<NaiveDate> {
    text.parse().ok()
}

/// A resident of Garden Wing.
pub fn facts(app: &TestApp, first: &str, last: &str, date: &str, nhs: &str, room: &str) -> ResidentFacts {
    ResidentFacts {
        home: app.cast.willow_house,
        zone: Some(app.cast.garden_wing),
        room: room.into(),
        first_name: first.into(),
        last_name: last.into(),
        preferred_name: String::new(),
        date_of_birth: born(date),
        nhs_number: nhs.into(),
        resident_type: "Nursing".into(),
        care_status: "Permanent".into(),
    }
}

pub fn record(id: &str, first: &str, last: &str, date: &str, nhs: &str, room: &str) -> PersonRecord {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    PersonRecord {
        external_id: id.into(),
        first_name: first.into(),
        last_name: last.into(),
        date_of_birth: born(date),
        nhs_number: some(nhs),
        resident_type: some("Nursing"),
        status: some("Permanent"),
        room: some(room),
        service_id: some("svc-garden"),
        ..PersonRecord::default()
    }
}

fn colleague(id: &str, first: &str, last: &str, email: &str) -> StaffRecord {
    StaffRecord {
        external_id: id.into(),
        first_name: first.into(),
        last_name: last.into(),
        email: (!email.is_empty()).then(|| email.to_owned()),
        job_title: Some("Senior Carer".into()),
        service_id: Some("svc-garden".into()),
        ..StaffRecord::default()
    }
}

fn elsewhere(record: PersonRecord) -> PersonRecord {
    PersonRecord { service_id: Some("svc-court".into()), ..record }
}

/// Everybody whom Nourish lists.
pub fn records() -> Vec<PersonRecord> {
    vec![
        record("n-arthur", "Arthur", "Bell", "1931-05-02", &number(1), "2"),
        // The NHS number is another real one.
        record("n-betty", "Betty", "Cole", "1938-03-04", &number(3), "5"),
        // Two who could be Joan Marsh.
        record("n-joan-1", "Joan", "Marsh", "", "", "7"),
        record("n-joan-2", "Joan", "Marsh", "", "", "8"),
        // Nothing against it, the NHS number is missing here.
        record("n-henry", "Henry", "Pascoe", "1929-11-30", &number(5), "11"),
        // The first name in another form, everything else equal.
        record("n-peggy", "Peggy", "Trelawney", "1933-01-09", &number(6), "12"),
        record("n-ivor", "Ivor", "Kestrel", "1940-07-07", &number(7), "14"),
        elsewhere(record("n-olive", "Olive", "Court", "1935-06-06", "", "1")),
    ]
}

fn colleagues() -> Vec<StaffRecord> {
    vec![
        colleague("s-amina", "Amina", "Yusuf", "amina.yusuf@willow.example"),
        colleague("s-dev", "Dev", "Patel", "dev@willow.example"),
    ]
}

impl Home {
    pub async fn open() -> Self {
        let app = TestApp::start_with(|config| config.vendors_available = vec!["nourish".into()]).await;
        let mut home = Self { app, ids: HashMap::new() };
        let app = &home.app;
        let mut all = vec![
            facts(app, "Arthur", "Bell", "1931-05-02", &number(1), "2"),
            facts(app, "Betty", "Cole", "1938-03-04", &number(2), "9"),
            facts(app, "Joan", "Marsh", "1936-02-01", "", "6"),
            facts(app, "Grace", "Hill", "1930-10-10", &number(4), "10"),
            facts(app, "Henry", "Pascoe", "1929-11-30", "", "11"),
            facts(app, "Margaret", "Trelawney", "1933-01-09", &number(6), "12"),
            facts(app, "Ivor", "Kestrel", "1940-07-07", "", "14"),
            facts(app, "Olive", "Court", "1935-06-06", "", "1"),
        ];
        let last = all.last_mut().unwrap();
        (last.home, last.zone) = (app.cast.oak_court, None);
        for facts in all {
            let (name, id) = (facts.name(), home.add(&facts));
            home.ids.insert(name, id);
        }
        for (first, last, email) in
            [("Amina", "Yusuf", "amina@willow.example"), ("Dev", "Patel", "dev@willow.example")]
        {
            let details = StaffDetails {
                home: None,
                first_name: first.into(),
                last_name: last.into(),
                email: email.into(),
                job_title: "Carer".into(),
            };
            let scope = Scope::<EditStaff>::for_the_portal(home.app.cast.willow);
            let id = home.app.write(|tx| staff::add(tx, &scope, &details));
            home.ids.insert(format!("{first} {last}"), id.0);
        }
        home.connect();
        assert_eq!(home.sync(records()), Ended::Done);
        home
    }

    pub fn add(&self, facts: &ResidentFacts) -> i64 {
        let scope = Scope::<EditResidents>::for_the_portal(self.app.cast.willow);
        self.app.write(|tx| residents::add(tx, &scope, facts)).0
    }

    /// Switches Nourish on, with a service for Garden Wing and one for Oak Court.
    fn connect(&self) {
        let token = switch_on(&self.app, "https://api.nourish.example");
        let service = |id: &str, name: &str| ServiceRecord {
            external_id: id.into(),
            name: name.into(),
            active: true,
            token_key: Some(token.id.to_string()),
            ..ServiceRecord::default()
        };
        let services = vec![service("svc-garden", "Garden Wing"), service("svc-court", "Oak Court")];
        let answer = Snapshot { records: services, ..Snapshot::default() };
        let heard = connections::heard(vec![Ok(answer)]).unwrap();
        let (scope, id) = (crate::connections::scope(&self.app), connection(&self.app).id);
        self.app.write(|tx| connections::note_services(tx, &scope, id, &heard, "http://portal.example"));
    }

    pub fn sync(&self, people: Vec<PersonRecord>) -> Ended {
        let (scope, id) = (Scope::for_the_portal(self.app.cast.willow), connection(&self.app).id);
        self.app.pass(60);
        let claim = self.app.write(|tx| {
            sync::request(tx, &scope, id, Wanted::Both, false)?;
            sync::claim(tx)
        });
        let staged = Staged {
            people: Some(List { records: people, set_aside: Vec::new() }),
            staff: Some(List { records: colleagues(), set_aside: Vec::new() }),
            services: [("svc-garden", "Garden Wing"), ("svc-court", "Oak Court")]
                .map(|(id, name)| (id.to_owned(), name.to_owned()))
                .into(),
            ..Staged::default()
        };
        let db = &self.app.services.db;
        sync::settle(db, &claim.unwrap(), System::Nourish, &staged, None, "http://portal.example").unwrap()
    }

    pub fn id(&self, name: &str) -> i64 {
        self.ids[name]
    }

    pub fn record(&self, external_id: &str) -> i64 {
        self.app.number(&format!("SELECT id FROM external_records WHERE external_id = '{external_id}'"))
    }

    pub fn page(&self, name: &str) -> String {
        let kind = if matches!(name, "Amina Yusuf" | "Dev Patel") { "staff" } else { "residents" };
        links::suggested_pairing(self.app.cast.willow, "nourish", kind, self.id(name))
    }

    pub fn beside(&self, name: &str, external_id: &str) -> String {
        format!("{}?record={}", self.page(name), self.record(external_id))
    }

    pub fn act(&self, name: &str, act: &str) -> String {
        links::pairing_act(self.app.cast.willow, "nourish", "residents", self.id(name), act)
    }

    pub fn list(&self) -> String {
        links::pairing(self.app.cast.willow, "nourish", "residents")
    }

    pub fn many(&self) -> String {
        links::confirm_many(self.app.cast.willow, "nourish", "residents")
    }

    /// Who is linked to whom: name of ours and the vendor's id.
    pub fn live(&self) -> i64 {
        self.app.number("SELECT COUNT(*) FROM pairings WHERE ended_at IS NULL")
    }

    pub fn is_linked(&self, name: &str, external_id: &str) -> bool {
        self.app.number(&format!(
            "SELECT COUNT(*) FROM pairings WHERE ended_at IS NULL AND local_id = {} AND external_record_id = {}",
            self.id(name),
            self.record(external_id)
        )) == 1
    }

    pub fn resident(&self, name: &str) -> residents::Resident {
        let scope = Scope::<EditResidents>::for_the_portal(self.app.cast.willow);
        let id = ResidentId(self.id(name));
        self.app.read(|conn| residents::get(conn, &scope, id))
    }

    /// Gives Amina, who is assigned to some places only, the right to pair.
    pub fn let_staff_pair(&self, places: &[PlaceId]) {
        let scope = Scope::<ManagePeople>::for_the_portal(self.app.cast.willow);
        let member = self.app.cast.staff.membership.unwrap();
        let mut may = Permission::defaults(Role::Staff);
        may.extend([Permission::PairRecords, Permission::ViewIntegrations]);
        self.app.write(|tx| {
            accounts::change_permissions(tx, &scope, member, &may)?;
            accounts::assign_places(tx, &scope, member, places)
        });
    }
}

/// The hidden fields of the form that says yes or no.
pub fn answer(page: &Page) -> BTreeMap<String, String> {
    let form = page.body.split("<form method=\"post\"").find(|form| form.contains("name=\"about\""));
    let form = form.unwrap_or_else(|| panic!("there is a form to say yes with: {}", page.text()));
    let form = form.split("</form>").next().unwrap();
    let fields = ["record", "about", "ours", "theirs"].map(|name| {
        let value = form.split(&format!("name=\"{name}\" value=\"")).nth(1).expect(name);
        (name.to_owned(), value.split('"').next().unwrap().to_owned())
    });
    fields.into()
}

pub async fn send(visitor: &Visitor<'_>, path: &str, fields: &BTreeMap<String, String>) -> Page {
    let fields: Vec<(&str, &str)> =
        fields.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    visitor.post(path, &fields).await
}

/// Says yes on the page of a path, and gives the answer.
pub async fn say_yes(visitor: &Visitor<'_>, path: &str) -> Page {
    let form = answer(&visitor.get(path).await);
    send(visitor, path.split('?').next().unwrap(), &form).await
}

/// The address of the notice's one button.
pub fn undo(page: &Page) -> String {
    let at = page.body.find("class=\"note note--ok\"").expect("there is a notice");
    let rest = page.body[at..].split("action=\"").nth(1).expect("it has a button");
    rest.split('"').next().unwrap().replace("&#38;", "&")
}

pub fn says(page: &Page, words: &[&str]) {
    let text = page.text().replace('\u{a0}', " ");
    for words in words {
        assert!(text.contains(words), "{words:?} is not in: {text}");
    }
}

pub fn says_not(page: &Page, words: &[&str]) {
    for words in words {
        assert!(!page.text().contains(words), "{words:?} is in: {}", page.text());
    }
}

/// Every address, with whether it is posted to.
fn addresses(home: &Home, name: &str) -> Vec<(bool, String)> {
    let org = home.app.cast.willow;
    let withdraw = links::withdraw_refusal(
        org,
        "nourish",
        "residents",
        home.id(name),
        kinbridge::kit::ids::ExternalRecordId(1),
    );
    vec![
        (false, links::pairing_quality(org)),
        (false, home.list()),
        (false, links::pairing_csv(org, "nourish", "residents")),
        (false, home.many()),
        (true, home.many()),
        (true, links::undo_batch(org, "nourish", "residents")),
        (false, home.page(name)),
        (true, home.page(name)),
        (true, home.act(name, "refusals")),
        (true, withdraw),
        (true, home.act(name, "parking")),
        (true, home.act(name, "ask")),
        (true, home.act(name, "bring-back")),
        (false, home.act(name, "swap")),
        (true, home.act(name, "swap")),
        (true, links::undo_swap(org, "nourish", "residents")),
        (false, home.act(name, "unlink")),
        (true, home.act(name, "unlink")),
    ]
}

async fn go(visitor: &Visitor<'_>, is_post: bool, path: &str) -> Page {
    if is_post { visitor.post(path, &[]).await } else { visitor.get(path).await }
}

#[actix_web::test]
async fn only_who_may_pair_gets_in_and_a_stranger_finds_nothing() {
    let home = Home::open().await;
    let app = &home.app;
    for person in
        [&app.cast.stranger, &app.cast.relative, &app.cast.rep, &app.cast.staff, &app.cast.colleague]
    {
        app.as_person(person);
    }
    let before = app.digest();
    for (is_post, path) in addresses(&home, "Betty Cole") {
        for outside in [app.as_stranger(), app.as_relative(), app.as_rep()] {
            assert_eq!(go(&outside, is_post, &path).await.status, 404, "{path}");
        }
        for inside in [app.as_staff(), app.as_colleague()] {
            let page = go(&inside, is_post, &path).await;
            assert_eq!(page.status, 403, "{path}");
            assert!(!page.body.contains("Betty"), "{}", page.text());
        }
        let method = if is_post { Method::POST } else { Method::GET };
        let page = app.signed_out().ask(method, &path).of_our_own().send().await;
        assert!(page.location().starts_with("/sign-in"), "{path}");
    }
    assert_eq!(app.digest(), before);
}

#[actix_web::test]
async fn what_is_not_there_is_not_found() {
    let home = Home::open().await;
    let (org, manager) = (home.app.cast.willow, home.app.as_manager());
    let nowhere = links::suggested_pairing(org, "nourish", "residents", 999_999);
    for path in [
        links::pairing(org, "pcs", "residents"),
        links::pairing(org, "nourish", "cats"),
        links::pairing(org, "Nourish", "residents"),
        nowhere,
        format!("{}?record=999999", home.page("Betty Cole")),
        // A record of staff is no record of a resident.
        home.beside("Betty Cole", "s-dev"),
    ] {
        assert_eq!(manager.get(&path).await.status, 404, "{path}");
    }
    // Another organisation's super manager, under an address of their own.
    let theirs = links::suggested_pairing(home.app.cast.elm, "nourish", "residents", home.id("Betty Cole"));
    assert_eq!(home.app.as_stranger().get(&theirs).await.status, 404);
}

#[actix_web::test]
async fn staff_with_the_right_see_their_places_and_nothing_of_others() {
    let home = Home::open().await;
    home.let_staff_pair(&[home.app.cast.oak_court]);
    let amina = home.app.as_staff();
    let before = home.live();
    let everybody = |path: &str| {
        path.ends_with("/quality")
            || path.ends_with("/residents")
            || path.contains("list.csv")
            || path.contains("confirm-many")
            || path.contains("undo-")
    };
    for (is_post, path) in addresses(&home, "Betty Cole") {
        let page = go(&amina, is_post, &path).await;
        if !everybody(&path) {
            // A form without its seal is refused before anything is looked up.
            assert!(matches!(page.status, 404 | 403), "{path}: {}", page.status);
        }
        for hidden in ["Betty", "Grace", "Henry", "n-betty", "Joan"] {
            assert!(!page.body.contains(hidden), "{path} shows {hidden}");
        }
    }
    let page = amina.get(&home.list()).await;
    says(&page, &["Resident Pairing, 0 of 1", "Olive Court"]);
    let page = amina.get(&home.page("Olive Court")).await;
    says(&page, &["Suggested Pairing", "Olive Court", "6 June 1935"]);
    // Neither a record of another home nor a search brings anybody else.
    let other = home.beside("Olive Court", "n-betty");
    assert_eq!(amina.get(&other).await.status, 404);
    let page = amina.get(&format!("{}?search=Cole", home.page("Olive Court"))).await;
    says_not(&page, &["Betty"]);
    assert_eq!(home.live(), before);
    assert_eq!(say_yes(&amina, &home.page("Olive Court")).await.status, 303);
    assert!(home.is_linked("Olive Court", "n-olive"));
}

#[actix_web::test]
async fn a_candidate_of_another_home_is_a_sealed_card() {
    let home = Home::open().await;
    let id = home.add(&facts(&home.app, "Olive", "Court", "1935-06-06", "", "3"));
    home.let_staff_pair(&[home.app.cast.garden_wing]);
    let path = links::suggested_pairing(home.app.cast.willow, "nourish", "residents", id);
    let page = home.app.as_staff().get(&path).await;
    says(&page, &["Somebody in a home that you are not assigned to could be this person too"]);
    assert!(!page.body.contains("Yes, link them"), "{}", page.text());
    assert!(home.app.as_manager().get(&path).await.body.contains("Yes, link them"));
    // The managers are asked once a day, by a letter that names nobody and leads to both.
    let letters =
        || home.app.number("SELECT COUNT(*) FROM letters WHERE subject LIKE 'A pairing in Nourish%'");
    let ask = format!("{path}/ask");
    assert!(page.body.contains(&format!("action=\"{ask}\"")));
    let amina = home.app.as_staff();
    let page = amina.post(&ask, &[]).await;
    says(&amina.get(page.location()).await, &["The managers have been asked to look."]);
    let sent = letters();
    assert!(sent >= 1);
    let page = amina.post(&ask, &[]).await;
    says(&amina.get(page.location()).await, &["A manager was asked already today"]);
    assert_eq!(letters(), sent);
}

#[actix_web::test]
async fn the_list_says_how_many_who_and_why() {
    let home = Home::open().await;
    let manager = home.app.as_manager();
    let page = manager.get(&home.list()).await;
    assert_eq!(page.title(), "Resident Pairing, 1 of 8 – Willow House Group – Kinbridge");
    says(
        &page,
        &[
            "7 to check.",
            "Betty Cole",
            "NHS Number is different.",
            "Two residents could match.",
            "Link Resident for Betty Cole",
            "Showing all 7",
            "Confirm strong suggestions",
        ],
    );
    says_not(&page, &["Arthur Bell"]);
    assert!(page.body.contains("data-dialog"));
    // Two words, folded.
    let page = manager.get(&format!("{}?q=cole+BETTY", home.list())).await;
    says(&page, &["Betty Cole"]);
    says_not(&page, &["Joan"]);
    let page = manager.get(&format!("{}?q=nobody+here", home.list())).await;
    says(&page, &["Nobody here fits"]);
    let page = manager.get(&format!("{}?show=suggested", home.list())).await;
    says(&page, &["Joan Marsh, or somebody else"]);
    says_not(&page, &["Grace Hill"]);
    let page = manager.get(&format!("{}?show=aside", home.list())).await;
    says(&page, &["Nobody is set aside"]);
    // Staff have a list of their own.
    let staff = links::pairing(home.app.cast.willow, "nourish", "staff");
    let page = manager.get(&staff).await;
    says(
        &page,
        &["Staff Pairing, 1 of 2", "Amina Yusuf", "amina@willow.example", "Link Staff for Amina Yusuf"],
    );
    // Who may see but not pair is told so.
    let page = home.app.as_super().get(&home.list()).await;
    assert_eq!(page.status, 200);
    // Somebody added since is new.
    home.app.pass(60);
    home.add(&facts(&home.app, "Zena", "Quill", "1941-01-02", "", ""));
    let page = manager.get(&format!("{}?q=zena", home.list())).await;
    says(&page, &["New since the last sync"]);
}

#[actix_web::test]
async fn when_everybody_is_paired_the_list_says_so() {
    let home = Home::open().await;
    let manager = home.app.as_manager();
    let staff = links::pairing(home.app.cast.willow, "nourish", "staff");
    assert_eq!(say_yes(&manager, &home.page("Amina Yusuf")).await.status, 303);
    let page = manager.get(&staff).await;
    says(&page, &["Staff Pairing, 2 of 2", "Everybody is paired."]);
}

#[actix_web::test]
async fn the_file_follows_the_list_and_holds_no_formula() {
    let home = Home::open().await;
    home.add(&facts(&home.app, "=cmd|'/c calc'!A1", "@SUM(A1)", "1950-01-01", "", "+44"));
    let manager = home.app.as_manager();
    let csv = links::pairing_csv(home.app.cast.willow, "nourish", "residents");
    let page = manager.get(&csv).await;
    assert_eq!(page.header("content-type"), Some("text/csv; charset=utf-8"));
    let name = "attachment; filename=\"nourish-residents-not-paired-8-rows-2026-11-22.csv\"";
    assert_eq!(page.header("content-disposition"), Some(name));
    let mut reader = csv::Reader::from_reader(page.body.trim_start_matches('\u{feff}').as_bytes());
    let headings: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    assert_eq!(&headings[..3], ["Our reference", "Name", "Room"]);
    let rows: Vec<Vec<String>> =
        reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect();
    assert_eq!(rows.len(), 8);
    for cell in rows.iter().flatten() {
        assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell}");
    }
    let betty = rows.iter().find(|row| row[1] == "Betty Cole").unwrap();
    assert_eq!(betty[0], home.id("Betty Cole").to_string());
    assert_eq!(
        (betty[5].as_str(), betty[6].as_str(), betty[7].as_str()),
        ("NHS Number is different.", "Betty Cole", "n-betty")
    );
    let page = manager.get(&format!("{csv}?q=cole")).await;
    assert_eq!(page.body.lines().count(), 2);
}

#[actix_web::test]
async fn both_sides_stand_beside_each_other_with_what_differs_marked() {
    let home = Home::open().await;
    let page = home.app.as_manager().get(&home.page("Betty Cole")).await;
    assert_eq!(page.title(), "Suggested Pairing – Willow House Group – Kinbridge");
    says(
        &page,
        &[
            "2 of 4 details are different.",
            "Name Betty Cole Betty Cole",
            "NHS Number, Different",
            "Date of Birth 4 March 1938 4 March 1938",
            "Room, Different 5 9",
            "These are two different NHS Numbers.",
            "I have checked the NHS Number",
            "Yes, link them",
            "No, not the same person",
            "Cancel",
            "Choose somebody else",
            "NHS number in Nourish ends",
        ],
    );
    for part in
        ["<mark>5</mark>", "<tr class=\"differs\">", "data-part", "data-close", "data-label=\"In Nourish\""]
    {
        assert!(page.body.contains(part), "{part}");
    }
    let spaced = |n: String| format!("{}\u{a0}{}\u{a0}", &n[..3], &n[3..6]);
    assert!(page.body.contains(&spaced(number(2))), "3-3-4 without breaks");
    // The words are there, scores are not.
    says_not(&page, &["score", "bits", "0.9"]);
    // One event for the look, however often in a quarter of an hour.
    home.app.as_manager().get(&home.page("Betty Cole")).await;
    let looks = "SELECT COUNT(*) FROM audit_events WHERE verb = 'pairing.looked'";
    assert_eq!(home.app.number(looks), 1);
}

#[actix_web::test]
async fn two_real_nhs_numbers_take_a_tick() {
    let home = Home::open().await;
    let manager = home.app.as_manager();
    let path = home.page("Betty Cole");
    let mut form = answer(&manager.get(&path).await);
    let page = send(&manager, &path, &form).await;
    assert_eq!(page.status, 422);
    assert!(page.title().starts_with("Error: "));
    says(&page, &["There is a problem", "Tick that you have checked the NHS Number"]);
    assert!(page.body.contains("href=\"#checked\"") && page.body.contains("id=\"checked\""));
    assert!(!home.is_linked("Betty Cole", "n-betty"));
    form.insert("checked".into(), "yes".into());
    let page = send(&manager, &path, &form).await;
    assert_eq!((page.status, page.location()), (303, home.list().as_str()));
    assert!(home.is_linked("Betty Cole", "n-betty"));
    let page = manager.get(page.location()).await;
    says(&page, &["Resident Pairing, 2 of 8", "Betty Cole is linked."]);

    // Undo: as if nothing had been said.
    let page = manager.post(&undo(&page), &[]).await;
    assert_eq!(page.status, 303);
    assert!(!home.is_linked("Betty Cole", "n-betty"));
    let page = manager.get(page.location()).await;
    says(
        &page,
        &[
            "Resident Pairing, 1 of 8",
            "not linked with Nourish any more",
            "The link was undone by Ben Carter.",
        ],
    );
    says(&manager.get(&path).await, &["2 of 4 details are different."]);
    assert_eq!(home.app.number("SELECT COUNT(*) FROM refusals"), 0);
}

#[actix_web::test]
async fn where_several_could_be_meant_nobody_is_chosen_beforehand() {
    let home = Home::open().await;
    let manager = home.app.as_manager();
    let page = manager.get(&home.page("Joan Marsh")).await;
    says(
        &page,
        &["More than one person could be this.", "Joan Marsh, room 7", "Joan Marsh, room 8", "Compare"],
    );
    assert!(page.body.contains("type=\"radio\"") && !page.body.contains("\" checked>"), "none is chosen");
    says_not(&page, &["Yes, link them"]);
    let page = manager.get(&home.beside("Joan Marsh", "n-joan-2")).await;
    let chosen = format!("value=\"{}\" checked", home.record("n-joan-2"));
    assert!(page.body.contains(&chosen), "{}", page.body);
    says(&page, &["Yes, link them", "missing on one side"]);
    // Where only one can be meant there is nothing to choose.
    let page = manager.get(&home.page("Henry Pascoe")).await;
    assert!(!page.body.contains("type=\"radio\""));
}

#[actix_web::test]
async fn two_tabs_never_mix_two_people() {
    let home = Home::open().await;
    let manager = home.app.as_manager();
    let (henry, ivor) = (home.page("Henry Pascoe"), home.page("Ivor Kestrel"));
    let of_henry = answer(&manager.get(&henry).await);
    let of_ivor = answer(&manager.get(&ivor).await);
    let before = home.live();
    // One tab's fields at the other's address, and one tab's record in the other's form.
    assert_eq!(send(&manager, &ivor, &of_henry).await.status, 403);
    assert_eq!(send(&manager, &home.act("Ivor Kestrel", "refusals"), &of_henry).await.status, 403);
    let mut mixed = of_ivor.clone();
    mixed.insert("record".into(), of_henry["record"].clone());
    assert_eq!(send(&manager, &ivor, &mixed).await.status, 403);
    // Another person's session cannot send it either.
    assert_eq!(send(&home.app.as_super(), &henry, &of_henry).await.status, 403);
    // Ours goes by the number in the address alone: fields of that name are nobody's.
    let mut more = of_ivor.clone();
    for (name, value) in
        [("local", home.id("Betty Cole").to_string()), ("resident_id", "1".into()), ("origin", "Auto".into())]
    {
        more.insert(name.into(), value);
    }
    assert_eq!(home.live(), before);
    assert_eq!(home.app.number("SELECT COUNT(*) FROM refusals"), 0);
    assert_eq!(send(&manager, &ivor, &more).await.status, 303);
    assert_eq!(send(&manager, &henry, &of_henry).await.status, 303);
    assert!(home.is_linked("Henry Pascoe", "n-henry") && home.is_linked("Ivor Kestrel", "n-ivor"));
    assert_eq!(home.live(), before + 2);
}

#[actix_web::test]
async fn yes_to_what_has_changed_meanwhile_shows_the_news_first() {
    let home = Home::open().await;
    let manager = home.app.as_manager();
    let path = home.page("Henry Pascoe");
    let form = answer(&manager.get(&path).await);
    let before = home.resident("Henry Pascoe");
    let moved = ResidentFacts { room: "42".into(), ..before.facts.clone() };
    let (scope, id) = (Scope::<EditResidents>::for_the_portal(home.app.cast.willow), before.id);
    home.app.write(|tx| residents::change(tx, &scope, id, before.version, &moved));
    let page = send(&manager, &path, &form).await;
    assert_eq!(page.status, 409);
    says(
        &page,
        &[
            "The details of Henry Pascoe here have changed meanwhile. Look at both again.",
            "Room, Different 11 42",
        ],
    );
    assert!(page.body.contains("href=\"#comparison\"") && page.body.contains("id=\"comparison\""));
    assert!(!home.is_linked("Henry Pascoe", "n-henry"));
    // The page that came back can be answered, unless the vendor has news in turn.
    let form = answer(&page);
    let mut newer = records();
    newer[4].room = Some("43".into());
    home.sync(newer);
    let page = send(&manager, &path, &form).await;
    assert_eq!(page.status, 409);
    says(&page, &["Nourish has sent newer details meanwhile.", "43"]);
    assert_eq!(send(&manager, &path, &answer(&page)).await.status, 303);
    assert!(home.is_linked("Henry Pascoe", "n-henry"));
}

#[actix_web::test]
async fn no_is_remembered_over_syncs_and_can_be_taken_back() {
    let home = Home::open().await;
    let manager = home.app.as_manager();
    let path = home.page("Henry Pascoe");
    let form = answer(&manager.get(&path).await);
    let page = send(&manager, &home.act("Henry Pascoe", "refusals"), &form).await;
    assert_eq!(page.status, 303);
    let page = manager.get(page.location()).await;
    says(&page, &["You said this was not Henry Pascoe. Henry Pascoe stays on the list.", "Change"]);
    let change = undo(&page);
    // Nor does a sync suggest or pair them, not even once everything is equal.
    let mut same = records();
    same[4].nhs_number = None;
    home.sync(same);
    let page = manager.get(&path).await;
    says(
        &page,
        &["We found nobody like Henry Pascoe in Nourish.", "You said this was not Henry Pascoe, today at"],
    );
    let page = manager.get(&format!("{}?show=suggested", home.list())).await;
    says_not(&page, &["Henry"]);
    // A colleague sees who said so.
    says(&home.app.as_super().get(&home.list()).await, &["Ben Carter said this was not Henry Pascoe."]);

    let page = manager.post(&change, &[]).await;
    assert_eq!(page.location(), home.beside("Henry Pascoe", "n-henry"));
    says(&manager.get(page.location()).await, &["Your answer is taken back", "Yes, link them"]);
    says(&manager.get(&format!("{}?show=suggested", home.list())).await, &["Henry Pascoe"]);
    let page = manager.post(&change, &[]).await;
    says(&manager.get(page.location()).await, &["That was taken back already."]);
}

#[actix_web::test]
async fn of_two_who_say_yes_the_second_is_told_who_was_first() {
    let home = Home::open().await;
    let (ben, mary) = (home.app.as_manager(), home.app.as_super());
    let path = home.page("Henry Pascoe");
    let (one, other) = (answer(&ben.get(&path).await), answer(&mary.get(&path).await));
    assert_eq!(send(&mary, &path, &other).await.status, 303);
    let before = home.app.digest();
    let page = send(&ben, &path, &one).await;
    assert_eq!(page.status, 409);
    says(&page, &["Already linked by Mary Jones, today at 10:01am.", "Unlink"]);
    says_not(&page, &["Yes, link them"]);
    assert_eq!(home.app.digest(), before);

    // The record chosen for somebody else: who has it, and where to unlink that.
    let page = ben.get(&home.beside("Grace Hill", "n-henry")).await;
    says(
        &page,
        &[
            "This record is already paired with Henry Pascoe, by Mary Jones, today at 10:01am.",
            "Swap: link it to",
        ],
    );
    assert!(page.body.contains(&format!("{}?record=", home.act("Grace Hill", "swap"))));
    says_not(&page, &["Yes, link them"]);
}

#[actix_web::test]
async fn a_record_that_somebody_else_got_meanwhile_cannot_be_linked_twice() {
    let home = Home::open().await;
    let manager = home.app.as_manager();
    let grace = answer(&manager.get(&home.beside("Grace Hill", "n-ivor")).await);
    assert_eq!(say_yes(&manager, &home.page("Ivor Kestrel")).await.status, 303);
    let page = send(&manager, &home.page("Grace Hill"), &grace).await;
    assert_eq!(page.status, 409);
    says(&page, &["This record is already paired with Ivor Kestrel, by Ben Carter"]);
    assert!(!home.is_linked("Grace Hill", "n-ivor"));
}

#[actix_web::test]
async fn unlinking_says_what_stops_and_puts_back_what_the_link_changed() {
    let home = Home::open().await;
    let manager = home.app.as_manager();
    let unlink = home.act("Margaret Trelawney", "unlink");
    assert_eq!(manager.get(&unlink).await.status, 303, "nothing to unlink yet");
    assert_eq!(say_yes(&manager, &home.page("Margaret Trelawney")).await.status, 303);
    assert_eq!(home.resident("Margaret Trelawney").facts.first_name, "Peggy");

    let page = manager.get(&unlink).await;
    says(
        &page,
        &[
            "Unlink Peggy Trelawney",
            "Ben Carter linked them, today at 10:01am.",
            "What stops",
            "What is put back",
            "First name Peggy Margaret",
            "No sync links the two again by itself",
        ],
    );
    // The resident's page leads there.
    let resident = links::resident(home.app.cast.willow, ResidentId(home.id("Margaret Trelawney")));
    assert!(manager.get(&resident).await.body.contains(&unlink));
    let pairing = page.body.split("name=\"pairing\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let page = manager.post(&unlink, &[("pairing", pairing)]).await;
    assert_eq!((page.status, page.location()), (303, resident.as_str()));
    assert_eq!(home.resident("Margaret Trelawney").facts.first_name, "Margaret");
    assert!(!home.is_linked("Margaret Trelawney", "n-peggy"));
    // A second press, or an old page, ends nothing.
    let page = manager.post(&unlink, &[("pairing", pairing)]).await;
    says(&manager.get(page.location()).await, &["That link is not there any more."]);
    // Even equal in everything, they are not paired by themselves again.
    let mut same = records();
    same[5].first_name = "Margaret".into();
    home.sync(same);
    assert!(!home.is_linked("Margaret Trelawney", "n-peggy"));
    says(&manager.get(&home.page("Margaret Trelawney")).await, &["You undid the link to Margaret Trelawney"]);
}

#[actix_web::test]
async fn what_was_changed_after_the_link_stays_when_it_ends() {
    let home = Home::open().await;
    let manager = home.app.as_manager();
    say_yes(&manager, &home.page("Margaret Trelawney")).await;
    let mut newer = records();
    newer[5].first_name = "Meg".into();
    home.sync(newer);
    let unlink = home.act("Margaret Trelawney", "unlink");
    let page = manager.get(&unlink).await;
    says(&page, &["the details were changed since the two were linked"]);
    let pairing = page.body.split("name=\"pairing\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    manager.post(&unlink, &[("pairing", pairing)]).await;
    assert_eq!(home.resident("Margaret Trelawney").facts.first_name, "Meg");
}

#[actix_web::test]
async fn a_link_by_a_rule_names_the_rule_and_is_not_undone_by_an_old_notice() {
    let home = Home::open().await;
    let manager = home.app.as_manager();
    let unlink = home.act("Arthur Bell", "unlink");
    says(
        &manager.get(&unlink).await,
        &["A sync linked them", "First name, last name, date of birth and NHS number are equal"],
    );
    let pairing = home.app.number("SELECT id FROM pairings WHERE origin = 'Auto' AND kind = 'resident'");
    manager.post(&format!("{unlink}?undo={pairing}"), &[]).await;
    assert!(home.is_linked("Arthur Bell", "n-arthur"), "Undo is for what a person linked just now");
    // The page of somebody who is linked says so.
    says(
        &manager.get(&home.page("Arthur Bell")).await,
        &["Already linked by a sync, today at", "The record in Nourish"],
    );
}

#[actix_web::test]
async fn somebody_can_be_set_aside_and_comes_back_on_the_day() {
    let home = Home::open().await;
    let manager = home.app.as_manager();
    let aside = home.act("Grace Hill", "parking");
    let until = |day: &'static str| [("until_day", day), ("until_month", "12"), ("until_year", "2026")];
    let page = manager.post(&aside, &until("1")).await;
    assert_eq!(page.status, 422);
    says(&page, &["Enter why this can wait"]);
    for (day, words) in [("32", "Enter a real date"), ("x", "Enter a real date")] {
        let mut fields = until(day).to_vec();
        fields.push(("reason", "In hospital"));
        let page = manager.post(&aside, &fields).await;
        assert_eq!(page.status, 422, "{day}");
        says(&page, &[words]);
        assert!(page.body.contains("value=\"In hospital\""), "what was typed stays");
    }
    let past =
        [("reason", "In hospital"), ("until_day", "22"), ("until_month", "11"), ("until_year", "2026")];
    says(&manager.post(&aside, &past).await, &["Enter a date from tomorrow to a year from now"]);
    let mut fields = until("1").to_vec();
    fields.push(("reason", "In hospital"));
    let page = manager.post(&aside, &fields).await;
    assert_eq!(page.status, 303);
    let page = manager.get(page.location()).await;
    says(&page, &["Grace Hill is set aside until 1 December 2026.", "6 to check, 1 set aside."]);
    says_not(&page, &["Link Resident for Grace Hill"]);
    let shown = format!("{}?show=aside", home.list());
    says(&manager.get(&shown).await, &["Until 1 December 2026: In hospital", "Bring back now Grace Hill"]);
    // Back at once, or by itself on the day.
    manager.post(&undo(&page), &[]).await;
    says(&manager.get(&home.list()).await, &["7 to check.", "Link Resident for Grace Hill"]);
    manager.post(&aside, &fields).await;
    home.app.pass(9 * 24 * 3600);
    let page = home.app.new_visitor(&home.app.cast.manager).get(&home.list()).await;
    says(&page, &["7 to check.", "Link Resident for Grace Hill"]);
}

#[actix_web::test]
async fn somebody_whom_nobody_resembles_gets_advice_and_a_search() {
    let home = Home::open().await;
    let manager = home.app.as_manager();
    let page = manager.get(&home.page("Grace Hill")).await;
    says(
        &page,
        &[
            "We found nobody like Grace Hill in Nourish.",
            "Name, NHS Number, Date of Birth and Room are the same in each system",
            "Sync Now",
            "Choose somebody else",
        ],
    );
    let search = |words: &str| format!("{}?search={words}", home.page("Grace Hill"));
    says(&manager.get(&search("")).await, &["Choose somebody else in Nourish", "Search"]);
    says(&manager.get(&search("zzz")).await, &["Nobody in Nourish has a name like that"]);
    let page = manager.get(&search("cole+b")).await;
    says(&page, &["Betty Cole", "4 March 1938", "Room 5, Garden Wing", "Not paired", "Compare"]);
    says(&manager.get(&search("bell")).await, &["Paired with Arthur Bell"]);
    let page = manager.get(&home.beside("Grace Hill", "n-betty")).await;
    says(&page, &["Name, Different", "Betty Cole", "Yes, link them"]);
    assert!(page.body.contains("<mark>"));
}

/// The ticks of the page that confirms many.
pub fn ticks(page: &Page) -> Vec<String> {
    let boxes = page.body.split("name=\"pair[]\" value=\"").skip(1);
    boxes.map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

#[actix_web::test]
async fn strong_suggestions_are_confirmed_together_and_undone_together() {
    let home = Home::open().await;
    let manager = home.app.as_manager();
    let page = manager.get(&home.many()).await;
    says(&page, &["Confirm strong suggestions", "Look at 4 of them first", "Henry Pascoe", "Strong"]);
    says(&page, &["1 suggestion is very strong: the NHS Number agrees, and nothing speaks against it."]);
    says_not(&page, &["Betty Cole", "Joan Marsh", "Grace Hill"]);
    let all = ticks(&page);
    assert_eq!(all.len(), 4);
    assert_eq!(page.body.matches("data-row checked").count(), 4, "all are ticked beforehand");
    assert_eq!(manager.get(&home.many()).await.body, page.body, "the same samples after a reload");
    let very = manager.get(&format!("{}?strength=very", home.many())).await;
    assert_eq!(ticks(&very).len(), 1);

    let page = manager.post(&home.many(), &[]).await;
    assert_eq!(page.status, 422);
    says(&page, &["Tick the suggestions that you want to confirm"]);

    // Somebody else's page is not what was shown here.
    let of_mary = ticks(&home.app.as_super().get(&home.many()).await);
    let fields: Vec<(&str, &str)> = of_mary.iter().map(|pair| ("pair[]", pair.as_str())).collect();
    assert_eq!(manager.post(&home.many(), &fields).await.status, 409);

    // One of them is overtaken; one tick was never a strong suggestion: nothing is linked, and it asks again.
    let before = home.live();
    assert_eq!(say_yes(&home.app.as_super(), &home.page("Ivor Kestrel")).await.status, 303);
    let forged = format!("{}-{}", home.id("Grace Hill"), home.record("n-betty"));
    let mut fields: Vec<(&str, &str)> = all.iter().map(|pair| ("pair[]", pair.as_str())).collect();
    fields.push(("pair[]", &forged));
    let page = manager.post(&home.many(), &fields).await;
    assert_eq!(page.status, 409);
    says(
        &page,
        &[
            "Nothing was linked: 2 suggestions are not as you saw them any more, because somebody linked or changed",
        ],
    );
    assert_eq!(home.live(), before + 1);
    assert_eq!(page.body.matches("data-row checked").count(), 3, "what is as it was stays ticked");
    // Nor when only the details of one of the two changed.
    let seen = home.resident("Henry Pascoe");
    let moved = ResidentFacts { preferred_name: "Harry".into(), ..seen.facts.clone() };
    let scope = Scope::<EditResidents>::for_the_portal(home.app.cast.willow);
    home.app.write(|tx| residents::change(tx, &scope, seen.id, seen.version, &moved));
    let rest = ticks(&page);
    let fields: Vec<(&str, &str)> = rest.iter().map(|pair| ("pair[]", pair.as_str())).collect();
    let page = manager.post(&home.many(), &fields).await;
    assert_eq!(page.status, 409);
    says(&page, &["Nothing was linked: 1 suggestion is not as you saw them any more"]);
    let rest = ticks(&page);
    let fields: Vec<(&str, &str)> = rest.iter().map(|pair| ("pair[]", pair.as_str())).collect();
    let page = manager.post(&home.many(), &fields).await;
    assert_eq!(page.status, 303);
    let page = manager.get(page.location()).await;
    says(&page, &["3 residents are linked."]);
    assert_eq!(home.live(), before + 4);
    assert!(!home.is_linked("Grace Hill", "n-betty"));
    assert_eq!(home.resident("Margaret Trelawney").facts.first_name, "Peggy");

    let undo = undo(&page);
    let page = manager.post(&undo, &[]).await;
    says(&manager.get(page.location()).await, &["Undone: 3 residents are not linked any more."]);
    assert_eq!(home.live(), before + 1, "what a colleague linked stays");
    assert_eq!(home.resident("Margaret Trelawney").facts.first_name, "Margaret");
    assert_eq!(ticks(&manager.get(&home.many()).await).len(), 3, "they are suggested again");
    let page = manager.post(&undo, &[]).await;
    says(&manager.get(page.location()).await, &["These links were undone already."]);
}

#[actix_web::test]
async fn look_alikes_and_people_set_aside_are_never_confirmed_together() {
    let home = Home::open().await;
    let manager = home.app.as_manager();
    assert_eq!(ticks(&manager.get(&home.many()).await).len(), 4);
    // A twin of Ivor's; somebody sets Henry aside; Olive's room makes no difference.
    home.add(&facts(&home.app, "Ida", "Kestrel", "1940-07-07", "", "15"));
    let fields = [("reason", "Waiting"), ("until_day", "1"), ("until_month", "12"), ("until_year", "2026")];
    manager.post(&home.act("Henry Pascoe", "parking"), &fields).await;
    manager.get(&home.list()).await;
    let page = manager.get(&home.many()).await;
    assert_eq!(ticks(&page).len(), 2, "{}", page.text());
    says_not(&page, &["Ivor Kestrel", "Henry Pascoe"]);
    says(&manager.get(&home.page("Ivor Kestrel")).await, &["Look-alike: check who it is"]);
}

#[actix_web::test]
async fn staff_are_compared_by_name_email_site_and_job() {
    let home = Home::open().await;
    let manager = home.app.as_manager();
    let page = manager.get(&home.page("Amina Yusuf")).await;
    says(
        &page,
        &[
            "Email, Different",
            "Site or home, Missing Garden Wing Not known",
            "Job title, Different Senior Carer Carer",
            "2 of 4 details are different. 1 is missing on one side.",
        ],
    );
    says_not(&page, &["NHS Number"]);
    assert_eq!(say_yes(&manager, &home.page("Amina Yusuf")).await.status, 303);
    assert!(home.is_linked("Amina Yusuf", "s-amina"));
}

#[actix_web::test]
async fn status_and_type_that_no_sync_pairs_are_said() {
    let home = Home::open().await;
    let mut all = records();
    all[4].status = Some("Respite".into());
    all[4].resident_type = Some("Day care".into());
    home.sync(all);
    let page = home.app.as_manager().get(&home.page("Henry Pascoe")).await;
    says(
        &page,
        &[
            "Status in Nourish is Respite, not Permanent",
            "Resident Type in Nourish is Day care, neither Nursing nor Residential",
            "You may link them.",
        ],
    );
}

/// WB-1, for names as a vendor may send them.
#[actix_web::test]
async fn names_are_shown_as_text_whatever_they_hold() {
    let home = Home::open().await;
    let nasty = [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "' onmouseover='alert(1)",
        "{{7*7}}",
    ];
    let mut all = records();
    for (n, name) in nasty.iter().enumerate() {
        let id = home.add(&facts(&home.app, name, name, "1944-04-04", "", name));
        all.push(record(&format!("x-{n}"), name, name, "1944-04-05", name, name));
        let _ = id;
    }
    home.sync(all);
    let manager = home.app.as_manager();
    let mut paths = vec![home.list(), format!("{}?show=all", home.list()), home.many()];
    for n in 0..nasty.len() {
        let record = home.record(&format!("x-{n}"));
        let person = home.app.number(&format!("SELECT MAX(id) - {} FROM residents", nasty.len() - 1 - n));
        let page = links::suggested_pairing(home.app.cast.willow, "nourish", "residents", person);
        paths.extend([page.clone(), format!("{page}?record={record}"), format!("{page}?search=alert")]);
        paths.push(format!("{}?search={}", home.page("Grace Hill"), links::encode(nasty[n])));
    }
    for path in paths {
        let page = manager.get(&path).await;
        assert_eq!(page.status, 200, "{path}");
        for bad in ["<script>alert", "<img src=x", "onmouseover='alert", "\"><img"] {
            assert!(!page.body.contains(bad), "{path} holds {bad}");
        }
    }
    let person = home.app.number("SELECT MAX(id) FROM residents");
    let page = links::suggested_pairing(home.app.cast.willow, "nourish", "residents", person);
    let record = home.record("x-3");
    assert_eq!(say_yes(&manager, &format!("{page}?record={record}")).await.status, 303);
    let page = manager.get(&home.list()).await;
    assert!(page.text().contains("{{7*7}} {{7*7}} is linked."), "{}", page.text());
}

#[actix_web::test]
async fn a_form_without_its_token_changes_nothing() {
    let home = Home::open().await;
    let manager = home.app.as_manager();
    let before = home.app.digest();
    for (is_post, path) in addresses(&home, "Henry Pascoe") {
        if is_post {
            let page = manager.ask(Method::POST, &path).of_our_own().form("wrong", &[]).send().await;
            assert_eq!(page.status, 403, "{path}");
            assert_eq!(
                manager.get(&path).await.status,
                if path.ends_with("confirm-many") || path == home.page("Henry Pascoe") {
                    200
                } else if path.ends_with("unlink") {
                    303
                } else if path.ends_with("/swap") {
                    404
                } else {
                    405
                },
                "{path}"
            );
        }
    }
    let mut after = home.app.digest();
    // The one look at the page.
    *after.get_mut("audit_events").unwrap() -= 1;
    assert_eq!(after, before);
}

#[actix_web::test]
async fn people_with_a_suggestion_come_first_in_the_list() {
    let home = Home::open().await;
    let list = home.app.as_manager().get(&links::pairing(home.app.cast.willow, "nourish", "residents")).await;
    let text = list.text();
    let at = |name: &str| text.find(name).unwrap_or_else(|| panic!("{name} is not in the list: {text}"));
    assert!(at("Henry Pascoe") < at("Margaret Trelawney"), "by name among themselves");
    assert!(at("Margaret Trelawney") < at("Grace Hill"), "nobody here is like Grace Hill");
}
