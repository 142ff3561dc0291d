//! The simulator's own pages about a person: the timeline, the task that names a relative, and what is kept over a
//! restart.

#![cfg(test)]

use std::sync::{Arc, Mutex};

use kinbridge::connectors::{EntryChange, TimelineEntry, Topic};
use kinbridge::sandbox::Simulated as _;
use kinbridge::sandbox::nourish::Memory;

use crate::nourish::{World, population, quick, token};

async fn page(world: &World, path: &str) -> String {
    let url = format!("{}{path}", world.origin);
    let response = reqwest::get(url).await.unwrap();
    assert_eq!(response.status().as_u16(), 200, "{path}");
    response.text().await.unwrap()
}

fn singing() -> TimelineEntry {
    TimelineEntry {
        topic: Topic::Activity,
        code: None,
        external_id: "act-1".into(),
        person: "48213".into(),
        service: None,
        at: "2026-05-03T14:00:00Z".parse().unwrap(),
        activity_name: "Singing <b>group</b>".into(),
        details: String::new(),
        location: "Lounge".into(),
        took_part: false,
        rating: None,
        comment: "Did not feel like it".into(),
        completed_by: "Amina Yusuf".into(),
        change: EntryChange::New,
    }
}

#[tokio::test]
async fn a_timeline_shows_what_was_written_in_the_words_of_the_help_article() {
    let world = World::on();
    assert!(page(&world, "/people/timeline?id=48213").await.contains("Nothing has been written here yet."));
    world.system.write_entry(&token(), &singing()).await.unwrap();
    let html = page(&world, "/people/timeline?id=48213").await;
    for part in [
        "Timeline of Ada Marsh",
        "Singing &#60;b&#62;group",
        "<dt>Did person supported take part?</dt><dd>No</dd>",
        "<dt>Completed by</dt><dd>Amina Yusuf</dd>",
    ] {
        assert!(html.contains(part), "{part} is not in {html}");
    }
    assert!(!html.contains("<dt>Rating</dt>"));
    let withdrawn = TimelineEntry {
        external_id: "act-2".into(),
        change: EntryChange::Withdraws("act-1".into()),
        ..singing()
    };
    world.system.write_entry(&token(), &withdrawn).await.unwrap();
    let html = page(&world, "/people/timeline?id=48213").await;
    assert!(html.contains("Withdrawal") && html.contains("Withdrawn"));
}

#[tokio::test]
async fn a_task_is_recorded_by_the_page_and_shows_the_note_that_came_back() {
    let world = World::on();
    assert!(page(&world, "/people/edit?id=48213").await.contains("Altra Account Creation"));
    let form = page(&world, "/people/task?id=48213").await;
    for label in ["Relative’s name", "Relative's email address", "Relative’s relationship"] {
        assert!(form.contains(label), "{label}");
    }
    let client = reqwest::Client::new();
    let sent = client
        .post(format!("{}/people/task", world.origin))
        .header("content-type", "application/x-www-form-urlencoded")
        .body("id=48213&name=Tom+Marsh&email=tom%40&relationship=Son")
        .send()
        .await
        .unwrap();
    assert!(sent.url().query().unwrap().contains("done=task"));
    world.system.answer_task(&token(), "task-1", "tom@ is not an e-mail address.").await.unwrap();
    let html = page(&world, "/people/timeline?id=48213").await;
    assert!(html.contains("Tom Marsh") && html.contains("Note from Kinbridge:"), "{html}");
    assert!(html.contains("tom@ is not an e-mail address."));
}

#[tokio::test]
async fn what_was_written_is_kept_before_it_is_confirmed_and_outlives_the_simulator() {
    let world = World::on();
    let kept: Arc<Mutex<Option<Memory>>> = Arc::default();
    let keeper = Arc::clone(&kept);
    world.simulator.keep_with(move |memory| *keeper.lock().unwrap() = Some(memory.clone()));
    world.system.write_entry(&token(), &singing()).await.unwrap();
    let memory = kept.lock().unwrap().clone().unwrap();
    assert_eq!(memory.entries.len(), 1);
    let json = serde_json::to_string(&memory).unwrap();
    let again = World::with(population(), quick());
    again.simulator.remember(serde_json::from_str(&json).unwrap());
    again.system.write_entry(&token(), &singing()).await.unwrap();
    assert_eq!(again.simulator.entries().len(), 1);
    let older = r#"{"services":[],"clients":[],"minimal":true}"#;
    assert!(serde_json::from_str::<Memory>(older).unwrap().entries.is_empty());
}
