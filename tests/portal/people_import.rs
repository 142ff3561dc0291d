//! Agencies, clients and staff from CSV files, the places that staff work in, and the other names of places.

use kinbridge::domain::access::{EditStaff, ManagePlaces};
use kinbridge::domain::{organisations, staff};
use kinbridge::kit::ids::PlaceAliasId;
use kinbridge::links;

use crate::audit_trail::acts::Walk;
use crate::support::therapy::Therapy;
use crate::support::{Page, Visitor};

const MARK: &str = "kinbridge-test-mark";

/// A form with fields and a file, as a browser sends it.
async fn send(browser: &Visitor<'_>, path: &str, fields: &[(&str, &[u8])]) -> Page {
    let token = browser.form_token().await;
    let mut body = Vec::new();
    for (name, value) in [("csrf", token.as_bytes())].iter().chain(fields) {
        let file = if *name == "file" { "; filename=\"people.csv\"" } else { "" };
        let head = format!("--{MARK}\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n");
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(value);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{MARK}--\r\n").as_bytes());
    let kind = format!("multipart/form-data; boundary={MARK}");
    browser
        .ask(actix_web::http::Method::POST, path)
        .header("content-type", &kind)
        .of_our_own()
        .body(body)
        .send()
        .await
}

fn seal(page: &Page) -> String {
    let rest = page.body.split("name=\"seal\" value=\"").nth(1).expect("a seal");
    rest.split('"').next().unwrap().to_owned()
}

/// Sends a file and confirms what it would come to.
async fn import(browser: &Visitor<'_>, here: &str, file: &str) -> Page {
    let shown = send(browser, here, &[("file", file.as_bytes())]).await;
    assert_eq!(shown.status, 200, "{}", shown.text());
    let seal = seal(&shown);
    // A hidden field comes back with a browser's own line ends.
    let text = file.replace('\n', "\r\n");
    send(browser, &format!("{here}/apply"), &[("text", text.as_bytes()), ("seal", seal.as_bytes())]).await
}

/// Sends each form of this file as somebody who may.
pub async fn every_form(at: &Therapy, walk: &mut Walk<'_>) {
    let omar = at.app.new_visitor(&at.manager);
    let name = vec![("alias", "Oakfield Ctr".to_owned())];
    let aliases = links::place_aliases(at.org, at.oakfield);
    walk.by("/org/{org}/places/{place}/aliases", &omar, &aliases, name).await;
    let alias = PlaceAliasId(at.number("SELECT MAX(id) FROM place_aliases"));
    let remove = links::remove_place_alias(at.org, at.oakfield, alias);
    walk.by("/org/{org}/places/{place}/aliases/{alias}/remove", &omar, &remove, Vec::new()).await;
    for (of, pattern, text) in [
        ("places", "/org/{org}/places/import/apply", "Name\nHillside\n"),
        ("residents", "/org/{org}/residents/import/apply", CLIENTS),
        ("staff", "/org/{org}/staff/import/apply", "First name,Last name\nIda,Moss\n"),
    ] {
        let shown = omar.post(&links::import(at.org, of), &[("text", text)]).await;
        let fields = vec![("text", text.to_owned()), ("seal", seal(&shown))];
        walk.by(pattern, &omar, &links::import_act(at.org, of, "apply"), fields).await;
    }
}

const CLIENTS: &str = "First name,Last name,Agency,Date of birth\nMia,Stone,Oakfield Centre,03/05/2016\n";

#[actix_web::test]
async fn a_stranger_gets_404_and_those_without_the_right_403() {
    let at = Therapy::start().await;
    for of in ["places", "residents", "staff"] {
        let here = links::import(at.org, of);
        for page in [here.clone(), links::import_act(at.org, of, "template.csv")] {
            assert_eq!(at.as_stranger().get(&page).await.status, 404, "{page}");
            assert_eq!(at.as_staff().get(&page).await.status, 403, "{page}");
            assert_eq!(at.as_manager().get(&page).await.status, 200, "{page}");
        }
        let before = at.digest();
        for path in [here.clone(), links::import_act(at.org, of, "apply")] {
            let fields: &[(&str, &[u8])] = &[("file", CLIENTS.as_bytes()), ("seal", b"x")];
            assert_eq!(send(&at.as_stranger(), &path, fields).await.status, 404, "{path}");
            assert_eq!(send(&at.as_staff(), &path, fields).await.status, 403, "{path}");
        }
        assert_eq!(at.digest(), before);
    }
}

#[actix_web::test]
async fn clients_are_shown_first_and_then_exactly_they_are_imported() {
    let at = Therapy::start().await;
    let omar = at.as_manager();
    let here = links::import(at.org, "residents");
    let file = "\u{feff}Last name;First name;Agency;Date of birth;NHS number\n\
                Stone;Mia;oakfield-CENTRE;03/05/2016;\n\
                Brown;Leah;Oakfield Centre;2015-05-14;\n\
                Brown;Lea;Riverside Clinic;14 May 2015;\n\
                Diaz;Ana;Riverside Clinic;;\n\
                Moss;Ida;Nowhere;31/02/2016;\n\
                =HYPERLINK(\"x\");Eve;Oakfield Centre;;\n";
    let before = at.digest();
    let shown = send(&omar, &here, &[("file", file.as_bytes())]).await;
    let text = shown.text();
    assert!(shown.status == 200 && text.contains("3 of 6 lines can be imported"), "{text}");
    for words in [
        "Leah Brown has the same name and date of birth as somebody here",
        "The same surname and date of birth as somebody here",
        "The same name as somebody here",
        "There is no agency called Nowhere here",
        "Enter a real date of birth",
        "The cell “Last name” begins like a formula",
    ] {
        assert!(text.contains(words), "{words} is missing: {text}");
    }
    assert_eq!(at.digest(), before, "a preview writes nothing");
    let done = import(&omar, &here, file).await;
    assert_eq!((done.status, done.location()), (303, links::residents(at.org).as_str()), "{}", done.text());
    let list = omar.get(&links::residents(at.org)).await.text();
    assert!(list.contains("Imported from the file: 3 clients."), "{list}");
    assert!(list.contains("Mia Stone Oakfield Centre 3 May 2016") && list.contains("Lea Brown"), "{list}");
    assert!(!list.contains("Moss") && !list.contains("HYPERLINK"), "{list}");
    let again = send(&omar, &here, &[("file", file.as_bytes())]).await.text();
    assert!(again.contains("0 of 6 lines can be imported"), "nobody twice: {again}");
}

#[actix_web::test]
async fn what_was_not_shown_is_not_imported() {
    let at = Therapy::start().await;
    let omar = at.as_manager();
    let here = links::import(at.org, "residents");
    let apply = links::import_act(at.org, "residents", "apply");
    let seal = seal(&send(&omar, &here, &[("file", CLIENTS.as_bytes())]).await);
    let other = CLIENTS.replace("Mia", "Max");
    let before = at.digest();
    for (text, sealed) in [(other.as_str(), seal.as_str()), (CLIENTS, "x"), (CLIENTS, "")] {
        let fields: &[(&str, &[u8])] = &[("text", text.as_bytes()), ("seal", sealed.as_bytes())];
        let page = send(&omar, &apply, fields).await;
        assert!(page.status == 422 && page.text().contains("nothing was imported"), "{}", page.text());
    }
    assert_eq!(at.digest(), before);
    // Another's confirmation is not this one's.
    let fields: &[(&str, &[u8])] = &[("text", CLIENTS.as_bytes()), ("seal", seal.as_bytes())];
    assert_eq!(send(&at.as_super(), &apply, fields).await.status, 422);
    // Somebody of that name came meanwhile: it would come to something else.
    at.client(at.oakfield, ("Mia", "Stone"), crate::support::therapy::day(2016, 5, 3));
    assert_eq!(send(&omar, &apply, fields).await.status, 422);
}

#[actix_web::test]
async fn a_file_that_cannot_be_used_says_why() {
    let at = Therapy::start().await;
    let omar = at.as_manager();
    let here = links::import(at.org, "staff");
    let windows = b"First name,Last name\nJos\xe9,Ruiz\n";
    let many = format!("First name,Last name\n{}", "Ida,Moss\n".repeat(5001));
    let large = format!("First name,Last name\nIda,{}\n", "x".repeat(2 * 1024 * 1024));
    for (file, words) in [
        (&windows[..], "not in UTF-8"),
        (&b""[..], "Choose a file"),
        (&b"First name\nIda\n"[..], "These are missing: “Last name”"),
        (&b"First name,Last name\n"[..], "headings and no lines"),
        (many.as_bytes(), "more than 5000 lines"),
        (large.as_bytes(), "larger than 2 MB"),
    ] {
        let page = send(&omar, &here, &[("file", file)]).await;
        assert!(page.status == 422 && page.text().contains(words), "{words}: {}", page.text());
    }
}

#[actix_web::test]
async fn staff_and_agencies_come_with_their_other_places_and_names() {
    let at = Therapy::start().await;
    let omar = at.as_manager();
    let agencies = "Name,Other names\nNorthgate School,Northgate Sch.; NG School\noakfield centre,\nHillside,ng school\n";
    let shown = send(&omar, &links::import(at.org, "places"), &[("file", agencies.as_bytes())]).await.text();
    assert!(shown.contains("1 of 3 lines can be imported"), "{shown}");
    assert!(shown.contains("Oakfield Centre is there already"), "{shown}");
    assert!(shown.contains("Line 2 has this name too"), "{shown}");
    assert_eq!(import(&omar, &links::import(at.org, "places"), agencies).await.status, 303);
    let file = "First name,Last name,Email address,Job title,Agencies\n\
                Ida,Moss,Ida@Bright.example,Therapist,NG School; Oakfield Centre\n\
                Kim,Lee,kim@bright.example,,Riverside Clinic\n\
                Dev,Patel,,,\n";
    let shown = send(&omar, &links::import(at.org, "staff"), &[("file", file.as_bytes())]).await.text();
    assert!(
        shown.contains("2 of 3 lines") && shown.contains("Somebody else has the email address"),
        "{shown}"
    );
    assert!(shown.contains("The same name as somebody here"), "{shown}");
    assert_eq!(import(&omar, &links::import(at.org, "staff"), file).await.status, 303);
    let list = omar.get(&links::staff(at.org)).await.text();
    assert!(
        list.contains("Ida Moss ida@bright.example Therapist Northgate School, Oakfield Centre"),
        "{list}"
    );
    let of_oakfield = omar.get(&format!("{}?home={}", links::staff(at.org), at.oakfield)).await.text();
    assert!(of_oakfield.contains("Ida Moss") && !of_oakfield.contains("Kim Lee"), "{of_oakfield}");
}

#[actix_web::test]
async fn staff_work_in_several_agencies() {
    let at = Therapy::start().await;
    let omar = at.as_manager();
    let here = links::staff_member(at.org, at.dev);
    let form = omar.get(&links::edit_staff_member(at.org, at.dev)).await;
    assert!(form.text().contains("Also works in"), "{}", form.text());
    let (oakfield, riverside) = (at.oakfield.to_string(), at.riverside.to_string());
    let fields = |version: &'static str| {
        [
            ("first_name", "Dev"),
            ("last_name", "Patel"),
            ("email", "dev@bright.example"),
            ("job_title", "Therapist"),
            ("version", version),
        ]
    };
    let mut both = fields("1").to_vec();
    both.extend([("home", &*oakfield), ("places[]", &*riverside), ("places[]", &*oakfield)]);
    let done = omar.post(&here, &both).await;
    assert_eq!(done.status, 303, "{}", done.text());
    let page = omar.get(&here).await.text();
    assert!(page.contains("Agencies Oakfield Centre, Riverside Clinic"), "{page}");
    let works = at.read(|conn| Ok(staff::places_of(conn, at.org, &[at.dev, at.kim])?));
    assert_eq!(works[&at.dev], [at.oakfield, at.riverside]);
    assert_eq!(works[&at.kim], [at.riverside]);
    assert_eq!(omar.post(&here, &both).await.status, 409, "a form made before is stale");
    // Places of others, and things that are none.
    let elsewhere = at.cast.elm_lodge.to_string();
    let mut wrong = fields("2").to_vec();
    wrong.extend([("home", &*oakfield), ("places[]", &*elsewhere)]);
    assert_eq!(omar.post(&here, &wrong).await.status, 422);
    let scope = at.scope::<EditStaff>();
    assert!(at.try_write(|tx| staff::set_places(tx, &scope, at.dev, &[at.cast.elm_lodge])).is_err());
    let mut one = fields("2").to_vec();
    one.push(("home", &oakfield));
    assert_eq!(omar.post(&here, &one).await.status, 303);
    let works = at.read(|conn| Ok(staff::places_of(conn, at.org, &[at.dev])?));
    assert_eq!(works[&at.dev], [at.oakfield]);
    let log = omar.get(&links::settings_audit(at.org)).await.text();
    assert!(log.contains("changed where Dev Patel works"), "{log}");
}

#[actix_web::test]
async fn a_place_has_other_names_that_lead_to_it_alone() {
    let at = Therapy::start().await;
    let (here, aliases) = (links::place(at.org, at.oakfield), links::place_aliases(at.org, at.oakfield));
    let name = [("alias", "Oakfield Ctr.")];
    assert_eq!(at.as_stranger().post(&aliases, &name).await.status, 404);
    assert_eq!(at.as_staff().post(&aliases, &name).await.status, 403);
    let omar = at.as_manager();
    assert_eq!(omar.post(&aliases, &name).await.status, 303);
    let page = omar.get(&here).await;
    assert!(page.text().contains("Oakfield Ctr."), "{}", page.text());
    for (path, taken, words) in [
        (links::place_aliases(at.org, at.riverside), "oakfield CTR", "leads to Oakfield Centre already"),
        (links::place_aliases(at.org, at.riverside), "Oakfield centre", "leads to Oakfield Centre already"),
        (aliases.clone(), "...", "Use letters or numbers"),
        (aliases.clone(), " ", "Enter the other name"),
    ] {
        let refused = omar.post(&path, &[("alias", taken)]).await;
        assert!(refused.status == 422 && refused.text().contains(words), "{taken}: {}", refused.text());
    }
    let refused = omar.post(&links::places(at.org), &[("name", "Oakfield Ctr")]).await;
    assert!(refused.text().contains("is another name of Oakfield Centre"), "{}", refused.text());
    let scope = at.scope::<ManagePlaces>();
    let known = at.read(|conn| Ok(organisations::aliases(conn, &scope)?));
    let remove = links::remove_place_alias(at.org, at.oakfield, known[0].id);
    let astray = links::remove_place_alias(at.org, at.riverside, known[0].id);
    assert_eq!(omar.post(&astray, &[]).await.status, 404);
    assert_eq!(at.as_stranger().post(&remove, &[]).await.status, 404);
    assert_eq!(omar.post(&remove, &[]).await.status, 303);
    assert!(!omar.get(&here).await.text().contains("Oakfield Ctr."));
    let log = omar.get(&links::settings_audit(at.org)).await.text();
    assert!(log.contains("gave Oakfield Centre the other name Oakfield Ctr."), "{log}");
}
