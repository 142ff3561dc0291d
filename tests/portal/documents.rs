//! Documents of appointments and of tasks: who may, adding and opening them, what is refused, an organisation that takes
//! none, and those that nothing names. What programs send is in `api/documents`.

#![cfg(test)]

use actix_web::http::Method;
use kinbridge::domain::access::{ManageAppointments, ManageOrganisation, ViewAppointments};
use kinbridge::domain::api_keys::Mode;
use kinbridge::domain::tasks::{self, TypedStep};
use kinbridge::domain::{documents, visits};
use kinbridge::kit::ids::{DocumentId, TaskId, VisitId};
use kinbridge::links;

use crate::audit_trail::acts::Walk;
use crate::my_visits::jpeg;
use crate::support::bookable::run;
use crate::support::visiting::{TODAY, Visiting};
use crate::support::{Page, Visitor};

const MARK: &str = "----the-mark-of-the-documents";
const WEEK: i64 = 7 * 24 * 3600;

/// A PDF of one line.
pub fn pdf(words: &str) -> Vec<u8> {
    format!("%PDF-1.7\n% {words}\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n").into_bytes()
}

async fn send(browser: &Visitor<'_>, path: &str, name: &str, bytes: &[u8]) -> Page {
    let token = browser.form_token().await;
    let field = |name: &str, value: &str| {
        format!("--{MARK}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let mut body = [field("csrf", &token), field("name", name)].concat().into_bytes();
    let head = "Content-Disposition: form-data; name=\"document\"; filename=\"a.pdf\"";
    body.extend_from_slice(format!("--{MARK}\r\n{head}\r\nContent-Type: application/pdf\r\n\r\n").as_bytes());
    body.extend_from_slice(bytes);
    body.extend_from_slice(format!("\r\n--{MARK}--\r\n").as_bytes());
    let kind = format!("multipart/form-data; boundary={MARK}");
    browser.ask(Method::POST, path).header("content-type", &kind).of_our_own().body(body).send().await
}

/// Visits whose task takes documents, and one of Iris Vale's today.
async fn start() -> (Visiting, VisitId) {
    let at = Visiting::start().await;
    run(&at, "UPDATE task_versions SET documents = TRUE");
    let visit = at.of_iris();
    (at, visit)
}

fn adding(at: &Visiting, visit: VisitId) -> String {
    links::visit_act(at.org, visit, "documents")
}

async fn added(at: &Visiting, visit: VisitId, name: &str) -> DocumentId {
    let page = send(&at.as_manager(), &adding(at, visit), name, &pdf(name)).await;
    assert_eq!(page.status, 303, "{}", page.text());
    newest(at)
}

fn newest(at: &Visiting) -> DocumentId {
    DocumentId(at.number("SELECT MAX(id) FROM documents"))
}

fn of_visit(at: &Visiting, visit: VisitId) -> Vec<String> {
    let found = at.read(|conn| visits::get(conn, &at.scope::<ViewAppointments>(), Mode::Live, visit));
    found.documents.into_iter().map(|one| one.name).collect()
}

/// Sends each form of this file as somebody who may.
pub async fn every_form(at: &Visiting, walk: &mut Walk<'_>) {
    run(at, "UPDATE task_versions SET documents = TRUE");
    let (visit, grace) = (at.of_iris(), at.app.new_visitor(&at.super_manager));
    let document = added(at, visit, "Referral letter").await;
    walk.done.insert("/org/{org}/visits/{visit}/documents");
    let pattern = "/org/{org}/visits/{visit}/documents/{document}/remove";
    walk.by(pattern, &grace, &links::remove_visit_document(at.org, visit, document), Vec::new()).await;
    let task = drafted(at);
    let page = send(&grace, &links::task_act(at.org, task, "documents"), "How to", &pdf("How to")).await;
    assert_eq!(page.status, 303, "{}", page.text());
    walk.done.insert("/org/{org}/settings/tasks/{task}/documents");
    let pattern = "/org/{org}/settings/tasks/{task}/documents/{document}/remove";
    walk.by(pattern, &grace, &links::remove_task_document(at.org, task, newest(at)), Vec::new()).await;
    let no = vec![("taken", "no".to_owned())];
    walk.by("/org/{org}/settings/tasks/documents", &grace, &links::documents_setting(at.org), no).await;
    at.write(|tx| documents::take(tx, &at.scope(), true));
}

/// A task with a draft that nobody has agreed to.
fn drafted(at: &Visiting) -> TaskId {
    let step =
        TypedStep { kind: "administrative".into(), words: "Hand out the kit".into(), ..TypedStep::default() };
    let typed = tasks::Typed {
        name: "Sample kit".into(),
        minutes: "15".into(),
        steps: vec![step],
        ..tasks::Typed::default()
    };
    let facts = tasks::Facts::read(&typed).unwrap();
    at.write(|tx| tasks::create(tx, &at.scope::<ManageOrganisation>(), &facts))
}

#[actix_web::test]
async fn a_stranger_gets_404_and_only_those_who_manage_add_and_remove() {
    let (at, visit) = start().await;
    let document = added(&at, visit, "Referral letter").await;
    let opened = links::visit_document(at.org, visit, document);
    let mine = links::my_visit_document(at.org, visit, document);
    let remove = links::remove_visit_document(at.org, visit, document);
    for path in [&adding(&at, visit), &opened, &mine] {
        assert_eq!(at.as_stranger().get(path).await.status, 404, "{path}");
        assert_eq!(at.as_relative().get(path).await.status, 404, "{path}");
    }
    assert_eq!(at.as_staff().get(&adding(&at, visit)).await.status, 403);
    assert_eq!(send(&at.as_staff(), &adding(&at, visit), "Mine", &pdf("mine")).await.status, 403);
    assert_eq!(at.as_staff().post(&remove, &[]).await.status, 403);
    assert_eq!(at.as_staff().get(&mine).await.status, 200, "whoever comes reads it");
    assert_eq!(at.as_staff().get(&opened).await.status, 200);
    assert_eq!(at.as_manager().get(&mine).await.status, 404, "it is on nobody else's phone");
    // Another practitioner's appointment, and a document of another appointment.
    let other = at.visit(TODAY);
    at.assign(other, at.jack);
    assert_eq!(at.as_staff().get(&links::my_visit_document(at.org, other, document)).await.status, 404);
    assert_eq!(at.as_manager().get(&links::visit_document(at.org, other, document)).await.status, 404);
    let (org, nell) = at.neighbour();
    assert_eq!(at.app.as_person(&nell).get(&links::visit_document(org, visit, document)).await.status, 404);
    let setting = links::documents_setting(at.org);
    assert_eq!(at.as_manager().post(&setting, &[("taken", "no")]).await.status, 403);
}

#[actix_web::test]
async fn what_a_manager_adds_is_opened_by_whoever_comes_byte_by_byte() {
    let (at, visit) = start().await;
    let summary = at.as_manager().get(&links::visit(at.org, visit)).await;
    assert!(
        summary.text().contains("None. Whoever comes can open what is added here."),
        "{}",
        summary.text()
    );
    let document = added(&at, visit, "Referral letter").await;
    let text = at.as_manager().get(&links::visit(at.org, visit)).await.text();
    assert!(text.contains("Referral letter") && text.contains("PDF, less than 1 KB"), "{text}");
    let lines = at.as_manager().get(&links::visit_act(at.org, visit, "timeline")).await.text();
    assert!(lines.contains("added the document Referral letter"), "{lines}");
    let iris = at.as_staff();
    let page = iris.get(&links::my_visit(at.org, visit)).await;
    let path = links::my_visit_document(at.org, visit, document);
    assert!(page.body.contains(&format!("href=\"{path}\"")), "{}", page.body);
    let opened = iris.get(&path).await;
    assert_eq!((opened.status, opened.header("content-type")), (200, Some("application/pdf")));
    assert_eq!(opened.bytes, pdf("Referral letter"));
    assert_eq!(opened.header("content-disposition"), Some("attachment; filename=\"Referral letter.pdf\""));
    assert!(opened.header("content-security-policy").unwrap().contains("sandbox"));
    // A picture is shown, and what its camera wrote beside it is gone.
    let page = send(&at.as_manager(), &adding(&at, visit), "The wound", &jpeg(1)).await;
    assert_eq!(page.status, 303);
    let shown = iris.get(&links::my_visit_document(at.org, visit, newest(&at))).await;
    assert_eq!(shown.header("content-disposition"), Some("inline; filename=\"The wound.jpg\""));
    assert!(!shown.bytes.windows(3).any(|part| part == b"GPS"));
    // One whose bytes are not what was kept is not handed out.
    run(&at, "UPDATE documents SET digest = 'other'");
    assert_eq!(iris.get(&path).await.status, 404);
}

#[actix_web::test]
async fn one_that_is_taken_away_is_gone_after_a_week_and_others_stay() {
    let (at, visit) = start().await;
    let (letter, plan) = (added(&at, visit, "Referral letter").await, added(&at, visit, "Care plan").await);
    let manager = at.as_manager();
    let page = manager.post(&links::remove_visit_document(at.org, visit, letter), &[]).await;
    assert_eq!(page.status, 303, "{}", page.text());
    assert_eq!(of_visit(&at, visit), ["Care plan"]);
    assert_eq!(manager.get(&links::visit_document(at.org, visit, letter)).await.status, 404);
    assert_eq!(manager.post(&links::remove_visit_document(at.org, visit, letter), &[]).await.status, 404);
    let purge = || at.write(|tx| Ok(documents::purge(tx)?));
    at.pass(WEEK - 60);
    assert_eq!(purge(), 0);
    at.pass(120);
    assert_eq!(purge(), 1);
    assert_eq!(newest(&at), plan);
    assert_eq!(at.number("SELECT COUNT(*) FROM documents"), 1);
}

#[actix_web::test]
async fn what_is_no_document_is_refused_beside_its_field() {
    let (at, visit) = start().await;
    let (path, manager) = (adding(&at, visit), at.as_manager());
    let locked = b"%PDF-1.7\n<< /Encrypt 5 0 R >>\n%%EOF".to_vec();
    for (name, bytes, field, words) in [
        (
            "Form",
            b"<!doctype html>".to_vec(),
            "document",
            "The document is a web page. Send a PDF, PNG or JPEG",
        ),
        ("Form", Vec::new(), "document", "Choose a PDF, PNG or JPEG file"),
        ("Form", locked, "document", "locked with a password"),
        ("", pdf("a"), "name", "Enter what it is, such as Referral letter"),
    ] {
        let page = send(&manager, &path, name, &bytes).await;
        assert_eq!(page.status, 422, "{words}: {}", page.text());
        assert!(page.text().contains(words), "{words}: {}", page.text());
        assert!(page.body.contains(&format!("href=\"#{field}\"")), "{}", page.body);
        assert!(name.is_empty() || page.body.contains("value=\"Form\""), "{}", page.body);
    }
    assert_eq!(send(&manager, &path, "Large", &vec![0; 9 * 1024 * 1024]).await.status, 413);
    added(&at, visit, "Referral letter").await;
    let again = send(&manager, &path, "The same", &pdf("Referral letter")).await;
    assert_eq!(again.status, 409);
    assert!(again.text().contains("This file is there already, as Referral letter."), "{}", again.text());
    for number in 2..=documents::MOST {
        added(&at, visit, &format!("Letter {number}")).await;
    }
    let most = send(&manager, &path, "One more", &pdf("One more")).await;
    assert_eq!(most.status, 422);
    assert!(most.text().contains("10 documents with one appointment are the most"), "{}", most.text());
    assert_eq!(at.number("SELECT COUNT(*) FROM documents"), 10);
}

#[actix_web::test]
async fn none_is_added_where_the_task_or_the_organisation_takes_none_or_it_is_over() {
    let (at, visit) = start().await;
    added(&at, visit, "Referral letter").await;
    let (path, manager) = (adding(&at, visit), at.as_manager());
    let offered = async || manager.get(&links::visit(at.org, visit)).await.body.contains("Add a document");
    assert!(offered().await);
    run(&at, "UPDATE task_versions SET documents = FALSE");
    assert!(!offered().await);
    let page = send(&manager, &path, "More", &pdf("More")).await;
    assert_eq!(page.status, 422);
    assert!(page.text().contains("No documents are sent with Blood test"), "{}", page.text());
    run(&at, "UPDATE task_versions SET documents = TRUE");

    let grace = at.as_super();
    let setting = links::documents_setting(at.org);
    let page = grace.post(&setting, &[("taken", "no")]).await;
    let text = grace.get(page.location()).await.text();
    assert!(text.contains("Your organisation takes no documents with appointments"), "{text}");
    assert!(!offered().await);
    let page = send(&manager, &path, "More", &pdf("More")).await;
    assert_eq!(page.status, 422);
    assert!(page.text().contains("This organisation takes no documents"), "{}", page.text());
    assert_eq!(of_visit(&at, visit), ["Referral letter"], "what is there stays");
    let events = "SELECT COUNT(*) FROM audit_events WHERE verb = 'document.switched'";
    grace.post(&setting, &[("taken", "no")]).await;
    assert_eq!(at.number(events), 1, "nothing changed, and nothing was written");
    grace.post(&setting, &[("taken", "yes")]).await;
    assert!(offered().await);

    run(&at, "UPDATE visits SET status = 'completed'");
    assert!(!offered().await);
    let page = send(&manager, &path, "More", &pdf("More")).await;
    assert_eq!(page.status, 409);
    assert!(page.text().contains("This appointment is completed already."), "{}", page.text());
}

#[actix_web::test]
async fn documents_of_a_task_are_agreed_to_and_reach_whoever_does_it() {
    let (at, visit) = start().await;
    let (grace, rep, task) = (at.as_super(), at.as_rep(), drafted(&at));
    let mark = || {
        let kept = at.read(|conn| tasks::get(conn, &at.scope::<ManageOrganisation>(), task));
        kept.draft().unwrap().task.mark()
    };
    let before = mark();
    at.write(|tx| tasks::agree(tx, &at.scope(), task, &before));
    let page =
        send(&grace, &links::task_act(at.org, task, "documents"), "How to use the kit", &pdf("kit")).await;
    assert_eq!(page.status, 303, "{}", page.text());
    assert_ne!(mark(), before, "whoever agreed agreed to something else");
    let document = newest(&at);
    let text = grace.get(&links::task(at.org, task)).await.text();
    assert!(text.contains("How to use the kit") && text.contains("Agree for the organisation"), "{text}");
    // The representative reads what they agree to, and nobody else does.
    let theirs = links::waiting_task_document(at.org, task, document);
    let waiting = rep.get(&links::waiting_task(at.org, task)).await;
    assert!(waiting.body.contains(&theirs), "{}", waiting.body);
    assert_eq!(rep.get(&theirs).await.bytes, pdf("kit"));
    assert_eq!(grace.get(&theirs).await.status, 404);
    assert_eq!(grace.get(&links::task_document(at.org, task, document)).await.status, 200);
    assert_eq!(at.as_manager().get(&links::task_document(at.org, task, document)).await.status, 403);
    assert_eq!(
        grace.get(&links::visit_document(at.org, visit, document)).await.status,
        404,
        "of another task"
    );

    let seen = mark();
    at.write(|tx| tasks::agree(tx, &at.scope(), task, &seen));
    let platform = kinbridge::domain::access::Platform::for_the_operator();
    at.write(|tx| tasks::agree_for_platform(tx, &platform, at.org, task, &seen));
    let version = at.number(&format!("SELECT MAX(id) FROM task_versions WHERE task_id = {task}"));
    run(&at, &format!("UPDATE visits SET task_version_id = {version}"));
    let iris = at.as_staff();
    let page = iris.get(&links::my_visit(at.org, visit)).await;
    assert!(page.text().contains("Documents of the task"), "{}", page.text());
    assert_eq!(iris.get(&links::my_visit_document(at.org, visit, document)).await.bytes, pdf("kit"));

    // The next version has it too; taken from there, the agreed one keeps it.
    at.write(|tx| tasks::new_version(tx, &at.scope(), task));
    let page = grace.post(&links::remove_task_document(at.org, task, document), &[]).await;
    assert_eq!(page.status, 303, "{}", page.text());
    let text = grace.get(&links::task(at.org, task)).await.text();
    assert!(text.contains("The document How to use the kit does not belong to it any more."), "{text}");
    at.pass(WEEK + 60);
    assert_eq!(at.write(|tx| Ok(documents::purge(tx)?)), 0);
    let iris = at.app.new_visitor(&at.staff);
    assert_eq!(iris.get(&links::my_visit_document(at.org, visit, document)).await.status, 200);
}

#[actix_web::test]
async fn a_document_never_goes_with_appointments_of_two_patients() {
    let (at, visit) = start().await;
    added(&at, visit, "Referral letter").await;
    let number: Vec<String> = at
        .read(|conn| visits::get(conn, &at.scope::<ViewAppointments>(), Mode::Live, visit))
        .documents
        .into_iter()
        .map(|one| one.public_id)
        .collect();
    let naming = |visit: VisitId| {
        let changes = visits::Changes { documents: Some(number.clone()), ..visits::Changes::default() };
        let scope = at.scope::<ManageAppointments>();
        at.try_write(move |tx| visits::change(tx, &scope, (Mode::Live, visit), &changes).map(drop))
    };
    let same = at.visit(TODAY);
    naming(same).unwrap();
    assert_eq!(of_visit(&at, same), ["Referral letter"]);
    let ada = at.patient(Mode::Live, "Ada");
    let other = at.visit_of(&ada, TODAY);
    let refused = naming(other).unwrap_err().to_string();
    assert!(refused.contains("goes with an appointment of another patient"), "{refused}");
    assert_eq!(of_visit(&at, other), [""; 0]);
}
