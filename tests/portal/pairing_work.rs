//! Pairing as daily work: swaps, filters, going through the suggestions one by one, two systems at once, what a
//! system does not send, and what people's decisions say of the rules.

use std::collections::BTreeMap;

use diesel::RunQueryDsl;
use kinbridge::connectors::{PersonRecord, Vendor};
use kinbridge::domain::access::{EditResidents, Scope};
use kinbridge::domain::connections;
use kinbridge::domain::residents::{self, ResidentFacts};
use kinbridge::domain::sync::{self, Ended, List, Staged, Wanted};
use kinbridge::kit::ids::ResidentId;
use kinbridge::links;

use crate::pairing::{
    Home, answer, facts, number, record, records, say_yes, says, says_not, send, ticks, undo,
};
use crate::support::{Page, Visitor};

/// Every hidden field of the form that posts to a path.
fn fields(page: &Page, action: &str) -> BTreeMap<String, String> {
    let form = page.body.split("<form").find(|form| form.contains(&format!("action=\"{action}\"")));
    let form = form.unwrap_or_else(|| panic!("no form posts to {action}: {}", page.text()));
    let form = form.split("</form>").next().unwrap();
    let hidden = form.split("type=\"hidden\" name=\"").skip(1);
    let pair = |rest: &str| {
        let (name, rest) = rest.split_once("\" value=\"").unwrap();
        (name.to_owned(), rest.split('"').next().unwrap().to_owned())
    };
    hidden.map(pair).filter(|(name, _)| name != "csrf").collect()
}

fn swap_path(home: &Home, name: &str, external_id: &str) -> String {
    format!("{}?record={}", home.act(name, "swap"), home.record(external_id))
}

async fn swap(
    visitor: &Visitor<'_>,
    home: &Home,
    name: &str,
    external_id: &str,
    more: &[(&str, &str)],
) -> Page {
    let page = visitor.get(&swap_path(home, name, external_id)).await;
    let mut form = fields(&page, &home.act(name, "swap"));
    form.extend(more.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())));
    send(visitor, &home.act(name, "swap"), &form).await
}

fn events(home: &Home, verb: &str) -> i64 {
    home.app.number(&format!("SELECT COUNT(*) FROM audit_events WHERE verb = '{verb}'"))
}

#[actix_web::test]
async fn a_record_that_is_paired_already_is_swapped_with_one_press_and_back_with_another() {
    let home = Home::open().await;
    let manager = home.app.as_manager();
    assert_eq!(say_yes(&manager, &home.page("Ivor Kestrel")).await.status, 303);
    let page = manager.get(&home.beside("Grace Hill", "n-ivor")).await;
    says(&page, &["This record is already paired with Ivor Kestrel, by Ben Carter, today at", "Swap"]);
    let page = manager.get(&swap_path(&home, "Grace Hill", "n-ivor")).await;
    assert_eq!(page.title(), "Swap – Willow House Group – Kinbridge");
    says(
        &page,
        &[
            "This record is already paired with Ivor Kestrel, by Ben Carter, today at",
            "Grace Hill and the record",
            "Ivor Kestrel and the same record",
            "What a swap does",
            "Grace Hill is linked to Ivor Kestrel, room 14",
            "Ivor Kestrel is not linked any more, and is to check again.",
            "You can undo all of it together.",
        ],
    );
    let (live, made, ended) = (home.live(), events(&home, "pairing.made"), events(&home, "pairing.ended"));
    // Two real NHS numbers take the tick here as well.
    let page = swap(&manager, &home, "Grace Hill", "n-ivor", &[]).await;
    assert_eq!(page.status, 422);
    says(&page, &["Tick that you have checked the NHS Number"]);
    assert!(home.is_linked("Ivor Kestrel", "n-ivor"), "all or nothing");
    let page = swap(&manager, &home, "Grace Hill", "n-ivor", &[("checked", "yes")]).await;
    assert_eq!((page.status, page.location()), (303, home.list().as_str()));
    assert!(home.is_linked("Grace Hill", "n-ivor") && !home.is_linked("Ivor Kestrel", "n-ivor"));
    assert_eq!(home.live(), live);
    assert_eq!(home.resident("Grace Hill").facts.first_name, "Ivor", "names follow the record");
    assert_eq!(events(&home, "pairing.swapped"), 1, "one decision, one event");
    assert_eq!((events(&home, "pairing.made"), events(&home, "pairing.ended")), (made, ended));
    let page = manager.get(page.location()).await;
    says(&page, &["Grace Hill is linked. Ivor Kestrel is to check again.", "Undo"]);

    let back = undo(&page);
    let page = manager.post(&back, &[]).await;
    says(&manager.get(page.location()).await, &["Undone: Ivor Kestrel is linked as before."]);
    assert!(home.is_linked("Ivor Kestrel", "n-ivor") && !home.is_linked("Grace Hill", "n-ivor"));
    assert_eq!(home.resident("Grace Hill").facts.first_name, "Grace");
    assert_eq!(home.app.number("SELECT COUNT(*) FROM refusals WHERE withdrawn_at IS NULL"), 0);
    let page = manager.post(&back, &[]).await;
    says(&manager.get(page.location()).await, &["That swap was undone already."]);
}

#[actix_web::test]
async fn two_who_have_each_others_record_are_linked_the_other_way_round_at_once() {
    let home = Home::open().await;
    let manager = home.app.as_manager();
    // Each got the other's, which a person can say of two without NHS numbers that differ.
    assert_eq!(say_yes(&manager, &home.beside("Ivor Kestrel", "n-henry")).await.status, 303);
    assert_eq!(say_yes(&manager, &home.beside("Henry Pascoe", "n-ivor")).await.status, 303);
    // Whoever chooses another record for somebody who has one is asked first.
    let page = manager.get(&home.beside("Henry Pascoe", "n-henry")).await;
    assert_eq!((page.status, page.location()), (303, swap_path(&home, "Henry Pascoe", "n-henry").as_str()));
    let page = manager.get(page.location()).await;
    says(
        &page,
        &["is already paired with another record in Nourish", "What becomes of", "gets the other record"],
    );
    let live = home.live();
    let page = swap(&manager, &home, "Henry Pascoe", "n-henry", &[("other", "exchange")]).await;
    assert_eq!(page.status, 303, "{}", page.text());
    assert!(home.is_linked("Henry Pascoe", "n-henry") && home.is_linked("Ivor Kestrel", "n-ivor"));
    assert_eq!(home.live(), live);
    let page = manager.get(page.location()).await;
    says(&page, &["are linked the other way round."]);
    let page = manager.post(&undo(&page), &[]).await;
    says(&manager.get(page.location()).await, &["Undone:", "are linked as before."]);
    assert!(home.is_linked("Ivor Kestrel", "n-henry") && home.is_linked("Henry Pascoe", "n-ivor"));
    assert_eq!(home.live(), live);
}

#[actix_web::test]
async fn of_two_tabs_that_swap_the_second_is_told() {
    let home = Home::open().await;
    let (ben, mary) = (home.app.as_manager(), home.app.as_super());
    assert_eq!(say_yes(&ben, &home.page("Ivor Kestrel")).await.status, 303);
    let action = home.act("Joan Marsh", "swap");
    let page = ben.get(&swap_path(&home, "Joan Marsh", "n-ivor")).await;
    let form = fields(&page, &action);
    // The other tab gives the record to Olive.
    let page = swap(&mary, &home, "Olive Court", "n-ivor", &[]).await;
    assert_eq!(page.status, 303, "{}", page.text());
    let before = home.live();
    let page = send(&ben, &action, &form).await;
    assert_eq!(page.status, 409);
    says(
        &page,
        &[
            "Somebody changed one of these links just now. Nothing was swapped. Look at both again.",
            "This record is already paired with",
            "by Mary Jones",
        ],
    );
    assert_eq!(home.live(), before);
    // A form without its seal, and a swap where nothing is in the way.
    let mut other = form.clone();
    other.insert("record".into(), home.record("n-henry").to_string());
    assert_eq!(send(&ben, &action, &other).await.status, 403);
    let page = ben.get(&swap_path(&home, "Henry Pascoe", "n-henry")).await;
    assert_eq!((page.status, page.location()), (303, home.beside("Henry Pascoe", "n-henry").as_str()));
}

#[actix_web::test]
async fn nobody_swaps_what_belongs_to_somebody_out_of_their_sight() {
    let home = Home::open().await;
    let manager = home.app.as_manager();
    // Olive of Oak Court has the record of somebody in Garden Wing.
    assert_eq!(say_yes(&manager, &home.beside("Olive Court", "n-henry")).await.status, 303);
    home.let_staff_pair(&[home.app.cast.garden_wing]);
    let amina = home.app.as_staff();
    let page = amina.get(&swap_path(&home, "Henry Pascoe", "n-henry")).await;
    says(&page, &["already paired with somebody in another home", "Ask a manager to look at both."]);
    says_not(&page, &["Olive"]);
    assert!(!page.body.contains("What a swap does"));
    assert!(home.is_linked("Olive Court", "n-henry"));
}

#[actix_web::test]
async fn the_list_is_narrowed_by_reason_place_answer_and_suggestion() {
    let home = Home::open().await;
    let manager = home.app.as_manager();
    let list = |query: &str| format!("{}?{query}", home.list());
    let page = manager.get(&list("why=NHS+Number+is+different.")).await;
    says(&page, &["Betty Cole", "Why: NHS Number is different.", "take this filter away"]);
    assert!(page.body.contains(">Betty Cole<") && !page.body.contains(">Grace Hill<"), "{}", page.text());
    // Each filter is a link that takes it away and keeps the others.
    let page = manager.get(&list("why=NHS+Number+is+different.&q=cole")).await;
    assert!(page.body.contains(&format!("href=\"{}?q=cole\"", home.list())), "{}", page.body);
    let page = manager.get(&list(&format!("place={}", home.app.cast.oak_court))).await;
    assert!(page.body.contains(">Olive Court<") && !page.body.contains(">Betty Cole<"), "{}", page.text());
    let page = manager.get(&list("show=none")).await;
    assert!(page.body.contains(">Grace Hill<") && !page.body.contains(">Betty Cole<"), "{}", page.text());
    says(&manager.get(&list("show=refused")).await, &["Nobody said no to a suggestion."]);
    let form = answer(&manager.get(&home.page("Henry Pascoe")).await);
    send(&manager, &home.act("Henry Pascoe", "refusals"), &form).await;
    manager.get(&home.list()).await;
    let page = manager.get(&list("show=refused")).await;
    assert!(page.body.contains(">Henry Pascoe<") && !page.body.contains(">Betty Cole<"), "{}", page.text());
    // Added since, and a link that was undone.
    home.app.pass(60);
    home.add(&facts(&home.app, "Zena", "Quill", "1941-01-02", "", ""));
    let page = manager.get(&list("why=new")).await;
    assert!(page.body.contains(">Zena Quill<") && !page.body.contains(">Betty Cole<"), "{}", page.text());
    let page = say_yes(&manager, &home.page("Ivor Kestrel")).await;
    let page = manager.get(page.location()).await;
    manager.post(&undo(&page), &[]).await;
    manager.get(&home.list()).await;
    let page = manager.get(&list("why=undone")).await;
    assert!(page.body.contains(">Ivor Kestrel<") && !page.body.contains(">Betty Cole<"), "{}", page.text());
    // The file follows the filters.
    let csv = links::pairing_csv(home.app.cast.willow, "nourish", "residents");
    let page = manager.get(&format!("{csv}?why=undone")).await;
    assert_eq!(page.body.lines().count(), 2);
    // What makes no sense narrows nothing, or finds nobody.
    says(&manager.get(&list("place=x&show=cats")).await, &["Betty Cole"]);
    says(&manager.get(&list("why=%25")).await, &["Nobody here fits."]);
    // Staff have the same filters.
    let staff = links::pairing(home.app.cast.willow, "nourish", "staff");
    let page = manager.get(&format!("{staff}?show=suggested&place={}", home.app.cast.oak_court)).await;
    says_not(&page, &["Link Staff for Amina Yusuf"]);
    says(&manager.get(&format!("{staff}?show=suggested")).await, &["Link Staff for Amina Yusuf"]);
}

#[actix_web::test]
async fn after_each_answer_the_next_person_comes() {
    let home = Home::open().await;
    let manager = home.app.as_manager();
    let page = manager.get(&home.list()).await;
    says(&page, &["Go through them one by one"]);
    let first = format!("{}?walk=yes", home.page("Betty Cole"));
    assert!(page.body.contains(&format!("href=\"{first}\"")), "{}", page.body);
    let page = manager.get(&first).await;
    says(&page, &["5 more with a suggestion after this one.", "Skip Betty Cole for now", "Stop here"]);
    let skip = format!("href=\"{}?walk=yes\"", home.page("Olive Court"));
    assert!(page.body.contains(&skip), "{}", page.body);
    // An answer, with nothing to press before the next person comes.
    let ivor = format!("{}?walk=yes", home.page("Ivor Kestrel"));
    let page = manager.get(&ivor).await;
    let page = send(&manager, &ivor, &answer(&page)).await;
    let next = format!("{}?walk=yes", home.page("Joan Marsh"));
    assert_eq!((page.status, page.location()), (303, next.as_str()));
    let page = manager.get(&next).await;
    says(&page, &["Ivor Kestrel is linked.", "Undo", "Suggested Pairing"]);
    assert!(home.is_linked("Ivor Kestrel", "n-ivor"));
    // Filters go along, and after the last the list comes back.
    let only = format!("{}?q=pascoe&walk=yes", home.page("Henry Pascoe"));
    let page = manager.get(&format!("{}?q=pascoe", home.list())).await;
    assert!(page.body.contains(&only.replace('&', "&#38;")), "{}", page.body);
    let page = manager.get(&only).await;
    says(&page, &["This is the last suggestion of this list."]);
    let form = answer(&page);
    let action = format!("{}?q=pascoe&walk=yes", home.act("Henry Pascoe", "refusals"));
    let page = send(&manager, &action, &form).await;
    assert_eq!((page.status, page.location()), (303, home.list().as_str()));
    let page = manager.get(page.location()).await;
    says(&page, &["You said this was not Henry Pascoe.", "That was the last suggestion of this list."]);
}

#[actix_web::test]
async fn the_samples_are_drawn_by_chance_and_stay_while_the_page_is_looked_at() {
    let home = Home::open().await;
    let mut all = records();
    for (n, letter) in (0..20_u32).zip('a'..) {
        let (first, last) = (format!("{letter}nna"), format!("Qu{letter}rton"));
        let (date, room) = (format!("19{}-02-03", 20 + n), format!("{}", 100 + n));
        home.add(&facts(&home.app, &first, &last, &date, "", &room));
        all.push(record(&format!("q-{n}"), &first, &last, &date, &number(60 + n), &room));
    }
    home.sync(all);
    let samples = |page: &Page| {
        let part =
            page.body.split("id=\"samples\"").nth(1).unwrap().split("</section>").next().unwrap().to_owned();
        part.split("<h3>").skip(1).map(|rest| rest.split('<').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let manager = home.app.as_manager();
    let page = manager.get(&home.many()).await;
    says(&page, &["Look at 5 of them first", "Picked at random."]);
    let first = samples(&page);
    assert_eq!(first, samples(&manager.get(&home.many()).await), "the same after a reload");
    let other = samples(&home.app.as_super().get(&home.many()).await);
    assert_eq!((first.len(), other.len()), (5, 5));
    assert_ne!(first, other, "another session draws anew");
}

/// A second system beside Nourish, of which nothing pairs by itself.
fn add_pcs(home: &Home) {
    let copy = "INSERT INTO connections (organisation_id, vendor, available, state, sync_mode, multi_service, \
         terms_version, terms_accepted_by, last_failure, last_repair, failures, alerted_whom, \
         last_complete_residents, last_complete_staff, matched_with, created_at) \
         SELECT organisation_id, 'pcs', available, 'on', sync_mode, multi_service, terms_version, \
         terms_accepted_by, '', '', 0, '', 0, 0, '', created_at FROM connections WHERE vendor = 'nourish'";
    let services = "INSERT INTO vendor_services (connection_id, external_id, name, name_folded, active, locations, \
         seen_at) SELECT (SELECT id FROM connections WHERE vendor = 'pcs'), external_id, name, name_folded, active, \
         locations, seen_at FROM vendor_services";
    home.app.write(|tx| {
        diesel::sql_query(copy).execute(tx.conn)?;
        diesel::sql_query(services).execute(tx.conn)?;
        Ok(())
    });
}

fn sync_pcs(home: &Home, people: Vec<PersonRecord>) -> Ended {
    let scope = crate::connections::scope(&home.app);
    let pcs = home.app.read(|conn| Ok(connections::find(conn, &scope, Vendor::Pcs)?)).unwrap().id;
    let scope = Scope::for_the_portal(home.app.cast.willow);
    home.app.pass(60);
    let claim = home.app.write(|tx| {
        sync::request(tx, &scope, pcs, Wanted::Residents, false)?;
        sync::claim(tx)
    });
    let staged = Staged {
        people: Some(List { records: people, set_aside: Vec::new() }),
        services: [("svc-garden", "Garden Wing"), ("svc-court", "Oak Court")]
            .map(|(id, name)| (id.to_owned(), name.to_owned()))
            .into(),
        ..Staged::default()
    };
    let db = &home.app.services.db;
    sync::settle(db, &claim.unwrap(), Vendor::Pcs, &staged, None, "http://portal.example").unwrap()
}

/// What PCS sends: names, room and community.
fn pcs_records() -> Vec<PersonRecord> {
    let bare = |id: &str, first: &str, last: &str, room: &str| PersonRecord {
        external_id: id.into(),
        first_name: first.into(),
        last_name: last.into(),
        room: Some(room.into()),
        service_id: Some("svc-garden".into()),
        ..PersonRecord::default()
    };
    vec![
        bare("p-arthur", "Arthur", "Bell", "2"),
        bare("p-betty", "Betty", "Cole", "9"),
        bare("p-henry", "Henry", "Pascoe", "11"),
        bare("p-ivor", "Ivor", "Kestrel", "14"),
    ]
}

fn pcs_page(home: &Home, name: &str) -> String {
    links::suggested_pairing(home.app.cast.willow, "pcs", "residents", home.id(name))
}

#[actix_web::test]
async fn two_systems_at_once_never_mix_and_nothing_of_pcs_pairs_by_itself() {
    let home = Home::open().await;
    add_pcs(&home);
    assert_eq!(sync_pcs(&home, pcs_records()), Ended::Done);
    let of_pcs = "SELECT COUNT(*) FROM pairings p JOIN connections c ON c.id = p.connection_id \
                  WHERE p.ended_at IS NULL AND c.vendor = 'pcs'";
    assert_eq!(home.app.number(of_pcs), 0, "a person links them");
    let manager = home.app.as_manager();
    let list = links::pairing(home.app.cast.willow, "pcs", "residents");
    says(&manager.get(&list).await, &["Resident Pairing, 0 of 8", "PCS is linked by hand.", "Arthur Bell"]);
    let page = manager.get(&pcs_page(&home, "Arthur Bell")).await;
    says(
        &page,
        &[
            "PCS has sent no NHS Number and Date of Birth for anybody so far",
            "Not sent by PCS",
            "2 are not sent by PCS.",
            "Yes, link them",
        ],
    );
    // Somebody who is linked in Nourish may be linked in PCS as well, and each ends alone.
    assert_eq!(say_yes(&manager, &pcs_page(&home, "Arthur Bell")).await.status, 303);
    assert!(home.is_linked("Arthur Bell", "n-arthur") && home.is_linked("Arthur Bell", "p-arthur"));
    // A record of one system is not there under the other.
    let mixed = format!("{}?record={}", pcs_page(&home, "Henry Pascoe"), home.record("n-henry"));
    assert_eq!(manager.get(&mixed).await.status, 404);
    let form = answer(&manager.get(&home.page("Henry Pascoe")).await);
    assert_eq!(send(&manager, &pcs_page(&home, "Henry Pascoe"), &form).await.status, 403);
    // No, said of one system, says nothing of the other.
    send(&manager, &home.act("Henry Pascoe", "refusals"), &form).await;
    manager.get(&home.list()).await;
    says(&manager.get(&pcs_page(&home, "Henry Pascoe")).await, &["Yes, link them"]);
    // The resident's page names every system with its time.
    let resident = links::resident(home.app.cast.willow, ResidentId(home.id("Arthur Bell")));
    says(&manager.get(&resident).await, &["Care Records Synced", "from Nourish", "PCS"]);
    // The database itself holds one person for a record, and one record of a system for a person.
    let copy = |record: &str, local: &str| {
        let sql = format!(
            "INSERT INTO pairings (connection_id, kind, external_record_id, local_id, origin, rule, evidence, \
             paired_by_name, paired_at, batch, ended_by_name, ended_because) SELECT connection_id, kind, {record}, \
             {local}, origin, rule, evidence, paired_by_name, paired_at, batch, '', '' FROM pairings \
             WHERE ended_at IS NULL AND local_id = {} AND kind = 'resident'",
            home.id("Arthur Bell")
        );
        home.app.try_write(|tx| Ok(diesel::sql_query(sql).execute(tx.conn)?))
    };
    assert!(copy("external_record_id", &home.id("Grace Hill").to_string()).is_err());
    assert!(copy(&home.record("p-henry").to_string(), "local_id").is_err());
}

#[actix_web::test]
async fn what_people_decided_survives_every_run_of_every_system() {
    let home = Home::open().await;
    add_pcs(&home);
    sync_pcs(&home, pcs_records());
    let manager = home.app.as_manager();
    assert_eq!(say_yes(&manager, &pcs_page(&home, "Ivor Kestrel")).await.status, 303);
    let form = answer(&manager.get(&pcs_page(&home, "Henry Pascoe")).await);
    let refusals =
        links::pairing_act(home.app.cast.willow, "pcs", "residents", home.id("Henry Pascoe"), "refusals");
    assert_eq!(send(&manager, &refusals, &form).await.status, 303);
    for _ in 0..2 {
        assert_eq!(home.sync(records()), Ended::Done);
        assert_eq!(sync_pcs(&home, pcs_records()), Ended::Done);
        assert!(home.is_linked("Ivor Kestrel", "p-ivor"));
        assert!(!home.is_linked("Henry Pascoe", "p-henry"));
        says(
            &manager.get(&pcs_page(&home, "Henry Pascoe")).await,
            &["We found nobody like Henry Pascoe in PCS."],
        );
    }
}

#[actix_web::test]
async fn strong_suggestions_of_pcs_are_confirmed_together_too() {
    let home = Home::open().await;
    add_pcs(&home);
    sync_pcs(&home, pcs_records());
    let manager = home.app.as_manager();
    let many = links::confirm_many(home.app.cast.willow, "pcs", "residents");
    let page = manager.get(&many).await;
    let all = ticks(&page);
    assert!(!all.is_empty(), "{}", page.text());
    says(&page, &["Not sent by PCS"]);
    let fields: Vec<(&str, &str)> = all.iter().map(|pair| ("pair[]", pair.as_str())).collect();
    let page = manager.post(&many, &fields).await;
    assert_eq!(page.status, 303, "{}", page.text());
    let page = manager.get(page.location()).await;
    let page = manager.post(&undo(&page), &[]).await;
    says(&manager.get(page.location()).await, &["Undone:"]);
}

#[actix_web::test]
async fn somebody_set_aside_whom_a_sync_links_is_not_counted_twice() {
    let home = Home::open().await;
    let manager = home.app.as_manager();
    let fields = [("reason", "Waiting"), ("until_day", "1"), ("until_month", "12"), ("until_year", "2026")];
    manager.post(&home.act("Henry Pascoe", "parking"), &fields).await;
    says(&manager.get(&home.list()).await, &["6 to check, 1 set aside."]);
    let seen = home.resident("Henry Pascoe");
    let known = ResidentFacts { nhs_number: number(5), ..seen.facts.clone() };
    let scope = Scope::<EditResidents>::for_the_portal(home.app.cast.willow);
    home.app.write(|tx| residents::change(tx, &scope, seen.id, seen.version, &known));
    home.sync(records());
    assert!(home.is_linked("Henry Pascoe", "n-henry"));
    says(&manager.get(&home.list()).await, &["Resident Pairing, 2 of 8", "6 to check."]);
}

#[actix_web::test]
async fn the_quality_page_tells_what_people_decided() {
    let home = Home::open().await;
    let (manager, path) = (home.app.as_manager(), links::pairing_quality(home.app.cast.willow));
    let page = manager.get(&path).await;
    says(
        &page,
        &[
            "Nobody has answered a suggestion yet.",
            "Nobody has looked at one yet",
            "Nourish residents: 1 pair stands. Rules found 1 by themselves, people made 0.",
            "Of a pair that nobody looked at, nobody knows whether it is right.",
        ],
    );
    // A look is counted, without a decision.
    manager.get(&home.page("Arthur Bell")).await;
    says(&manager.get(&path).await, &["Nobody has found one wrong: 1 looked at, too few to judge"]);
    say_yes(&manager, &home.page("Henry Pascoe")).await;
    let form = answer(&manager.get(&home.page("Ivor Kestrel")).await);
    send(&manager, &home.act("Ivor Kestrel", "refusals"), &form).await;
    let unlink = home.act("Arthur Bell", "unlink");
    let page = manager.get(&unlink).await;
    let pairing = page.body.split("name=\"pairing\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    manager.post(&unlink, &[("pairing", pairing)]).await;
    manager.get(&home.list()).await;
    let page = manager.get(&path).await;
    says(
        &page,
        &[
            "Nourish residents strong 1 1 0 1 of 2 right: too few to judge",
            "0 of 1 right: too few to judge. No rule should be wrong: tell your representative",
            "First name, last name, date of birth and NHS number",
            "Below 30 no share is shown.",
        ],
    );
    says_not(&page, &["Henry", "Arthur"]);
}
