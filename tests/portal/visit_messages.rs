//! The words of letters to patients: who changes them, what may stand in them, previews, two tabs and the way back.

#![cfg(test)]

use kinbridge::domain::letters::Kept;
use kinbridge::links;

use crate::resets::letters_to;
use crate::support::community::Community;
use crate::visit_letters::{BETTY, Booking};

fn form<'f>(subject: &'f str, body: &'f str, version: &'f str) -> [(&'f str, &'f str); 3] {
    [("subject", subject), ("body", body), ("version", version)]
}

/// The version that a form carries.
pub fn version(body: &str) -> String {
    let (_, rest) = body.split_once("name=\"version\" value=\"").expect("a version");
    rest.split('"').next().unwrap().to_owned()
}

#[actix_web::test]
async fn only_super_managers_of_community_health_see_the_messages() {
    let at = Community::start().await;
    let list = links::settings_visit_messages(at.org);
    let one = links::settings_visit_message(at.org, "confirmation");
    for path in [&list, &one] {
        assert_eq!(at.as_super().get(path).await.status, 200, "{path}");
        assert_eq!(at.as_manager().get(path).await.status, 403, "{path}");
        assert_eq!(at.as_staff().get(path).await.status, 403, "{path}");
        assert_eq!(at.as_stranger().get(path).await.status, 404, "{path}");
        assert_eq!(at.signed_out().get(path).await.status, 303, "{path}");
    }
    // Mary is super manager of a care home, which has no such letters.
    let mary = at.app.as_super();
    assert_eq!(mary.get(&links::settings_visit_messages(at.cast.willow)).await.status, 404);
    assert_eq!(at.as_super().get(&links::settings_visit_message(at.org, "nonsense")).await.status, 404);
    assert!(at.as_super().get(&list).await.text().contains("Letters to patients"));
}

#[actix_web::test]
async fn an_organisation_writes_in_words_of_its_own_which_are_never_markup() {
    let at = Booking::start().await;
    let grace = at.as_super();
    let path = links::settings_visit_message(at.org, "confirmation");
    let seen = version(&grace.get(&path).await.body);
    let body = "Hello {patient} & <b>all</b>,\r\n\r\nsee you {when} ({window}) for {task}.\r\n{link}";
    let page = grace.post(&path, &form("We come on {when}", body, &seen)).await;
    assert_eq!((page.status, page.location()), (303, links::settings_visit_messages(at.org).as_str()));
    let list = grace.get(&links::settings_visit_messages(at.org)).await.text();
    assert!(list.contains("by Grace Moor") && list.contains("Our words"), "{list}");
    at.early_on("2026-12-03");
    let letter = letters_to(&at, BETTY).remove(0);
    // A subject is cut at 70 characters.
    assert!(
        letter.subject.starts_with("We come on Thursday 3 December 2026, between 07:00"),
        "{}",
        letter.subject
    );
    let first = "Hello Betty & <b>all</b>,\n\nsee you Thursday 3 December 2026, between 07:00 and 09:00 (Early) for Blood test.\nhttp";
    assert!(letter.body_text.starts_with(first), "{}", letter.body_text);
    assert!(letter.body_html.contains("&#60;b&#62;all&#60;/b&#62;") && !letter.body_html.contains("<b>"));
    let trail = at.read(|conn| {
        use diesel::prelude::*;
        #[derive(QueryableByName)]
        struct Row {
            #[diesel(sql_type = diesel::sql_types::Text)]
            words: String,
        }
        let all = "SELECT words FROM audit_events WHERE verb LIKE 'visit_message.%' ORDER BY id";
        Ok(diesel::sql_query(all).load::<Row>(conn)?.into_iter().map(|row| row.words).collect::<Vec<_>>())
    });
    assert_eq!(trail, ["changed the message Confirmation"]);

    let seen = version(&grace.get(&path).await.body);
    let page = grace.post(&links::reset_visit_message(at.org, "confirmation"), &[("version", &seen)]).await;
    assert_eq!(page.status, 303);
    let list = grace.get(&links::settings_visit_messages(at.org)).await.text();
    assert!(!list.contains("by Grace Moor"), "{list}");
}

#[actix_web::test]
async fn a_misspelt_placeholder_is_refused_with_the_list_and_nothing_is_lost() {
    let at = Community::start().await;
    let grace = at.as_super();
    let path = links::settings_visit_message(at.org, "cancellation");
    let seen = version(&grace.get(&path).await.body);
    let page = grace.post(&path, &form("Cancelled", "Dear {patiant}, bye", &seen)).await;
    assert_eq!(page.status, 422);
    let text = page.text();
    let words = "{patiant} cannot be used here. You can use {patient}, {organisation}, {when}, {window}, {phone}, {task}";
    assert!(text.contains(words), "{text}");
    assert!(page.body.contains("Dear {patiant}, bye"), "what was typed stays");
    let page = grace.post(&path, &form("For {patient}", "Dear {patient}, bye", &seen)).await;
    assert!(
        page.status == 422
            && page.text().contains("{patient} cannot be used here. You can use {organisation}")
    );
    assert_eq!(at.number("SELECT COUNT(*) FROM visit_messages"), 0);
}

#[actix_web::test]
async fn a_preview_shows_an_example_and_saves_nothing() {
    let at = Community::start().await;
    let grace = at.as_super();
    let path = links::settings_visit_message(at.org, "reminder");
    let seen = version(&grace.get(&path).await.body);
    let mut fields = form("Soon: {when}", "Dear <i>{patient}</i>,\n\nring {phone}.", &seen).to_vec();
    fields.push(("act", "preview"));
    let page = grace.post(&path, &fields).await;
    assert_eq!(page.status, 200);
    let text = page.text();
    assert!(text.contains("Soon: Thursday 3 December 2026") && text.contains("<i>Betty</i>"), "{text}");
    assert_eq!(version(&page.body), seen);
    assert_eq!(at.number("SELECT COUNT(*) FROM visit_messages"), 0);
}

#[actix_web::test]
async fn of_two_tabs_the_second_does_not_overwrite_the_first() {
    let at = Community::start().await;
    let (grace, path) = (at.as_super(), links::settings_visit_message(at.org, "reminder"));
    let seen = version(&grace.get(&path).await.body);
    assert_eq!(
        grace.post(&path, &form("One", "First", &seen)).await.location(),
        links::settings_visit_messages(at.org)
    );
    let page = grace.post(&path, &form("Two", "Second", &seen)).await;
    assert_eq!((page.status, page.location()), (303, path.as_str()));
    let page = grace.get(&path).await;
    assert!(page.text().contains("Grace Moor changed this message meanwhile"), "{}", page.text());
    assert!(page.body.contains("First") && !page.body.contains("Second"));
    let old = grace.post(&links::reset_visit_message(at.org, "reminder"), &[("version", &seen)]).await;
    assert_eq!(old.location(), path, "a reset from the old tab neither");
    assert_eq!(at.number("SELECT COUNT(*) FROM visit_messages"), 1);
}

#[actix_web::test]
async fn the_telephone_number_is_a_number() {
    let at = Community::start().await;
    let grace = at.as_super();
    let to = links::settings_visit_telephone(at.org);
    assert_eq!(grace.post(&to, &[("telephone", "ring me")]).await.status, 422);
    assert_eq!(grace.post(&to, &[("telephone", " 01423  496000 ")]).await.status, 303);
    let page = grace.get(&links::settings_visit_messages(at.org)).await;
    assert!(page.body.contains("value=\"01423 496000\""));
    assert_eq!(at.as_manager().post(&to, &[("telephone", "01423 496001")]).await.status, 403);
    assert_eq!(
        at.app
            .as_super()
            .post(&links::settings_visit_telephone(at.cast.willow), &[("telephone", "01423 496001")])
            .await
            .status,
        404
    );
}

#[actix_web::test]
async fn letters_of_one_organisation_have_nothing_of_anothers_words() {
    let at = Booking::start().await;
    let (skipton, nell) = at.neighbour();
    let nell = at.as_person(&nell);
    let path = links::settings_visit_message(skipton, "confirmation");
    let seen = version(&nell.get(&path).await.body);
    nell.post(&path, &form("Skipton", "Skipton {link}", &seen)).await;
    assert_eq!(nell.get(&links::settings_visit_message(at.org, "confirmation")).await.status, 404);
    at.early_on("2026-12-03");
    let letters: Vec<Kept> = letters_to(&at, BETTY);
    assert_eq!(letters[0].subject, "Your appointment with Harrogate Home Visits");
}
