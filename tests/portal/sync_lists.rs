//! The list of a run's lines and the list of runs: sorted by their heads, narrowed, a page at a time.

#![cfg(test)]

use kinbridge::domain::sync::RunState;
use kinbridge::links;

use crate::support::Page;
use crate::support::vendors::{Feed, people, person};

fn order(page: &Page, names: &[String]) -> Vec<usize> {
    let text = page.text();
    let found: Vec<usize> = names.iter().map(|name| text.find(name.as_str()).unwrap_or(usize::MAX)).collect();
    let mut order: Vec<usize> = (0..names.len()).collect();
    order.sort_by_key(|at| found[*at]);
    order
}

fn name(n: u32) -> String {
    format!("{} {}", person(n).first_name, person(n).last_name)
}

#[actix_web::test]
async fn a_preview_is_sorted_by_its_heads_narrowed_and_paged() {
    let mut feed = Feed::creating().await;
    feed.people = people(0..20);
    feed.sync();
    feed.person(3).status = Some("Hospital".into());
    feed.people.extend(people(60..120));
    let run = feed.preview();
    let here = links::sync_run(feed.organisation, run.id);
    let ruth = feed.app.as_stranger();
    let first = ruth.get(&here).await;
    let text = first.text();
    assert!(
        text.contains("Showing 1 to 50 of 61") && text.contains("Changed, 1") && text.contains("New, 60"),
        "{text}"
    );
    assert!(first.body.contains("aria-sort=\"ascending\"><a href=\"") && first.body.contains("sort=-kind"));
    assert!(
        text.find("Changed").unwrap() < text.find(&name(60)).unwrap(),
        "what changes stands before who is new"
    );
    let second = ruth.get(&format!("{here}?page=2")).await.text();
    assert!(second.contains("Showing 51 to 61 of 61"), "{second}");
    let names = vec![name(60), name(61), name(62)];
    let mut sorted: Vec<usize> = (0..3).collect();
    sorted.sort_by_key(|at| names[*at].clone());
    let by_name = ruth.get(&format!("{here}?kind=created&sort=name&name={}", "a")).await;
    assert!(by_name.body.contains("sort=-name"));
    let by_name = ruth.get(&format!("{here}?sort=name&kind=created")).await;
    if by_name.text().contains(&names[0])
        && by_name.text().contains(&names[1])
        && by_name.text().contains(&names[2])
    {
        assert_eq!(order(&by_name, &names), sorted);
    }
    let changed = ruth.get(&format!("{here}?kind=changed")).await.text();
    assert!(changed.contains("Showing 1 of 1") && changed.contains(&name(3)) && !changed.contains(&name(60)));
    let found = ruth.get(&format!("{here}?name={}", person(60).last_name.to_lowercase())).await.text();
    assert!(found.contains(&name(60)), "{found}");
    let place = ruth.get(&format!("{here}?place=Elm%20Lodge")).await.text();
    assert!(place.contains("Showing 1 of 1") && place.contains(&name(3)), "{place}");
    let nobody = ruth.get(&format!("{here}?name=zzz")).await.text();
    assert!(nobody.contains("Nobody here fits."), "{nobody}");
    // The file is narrowed alike.
    let csv = links::sync_run_csv(feed.organisation, run.id);
    assert_eq!(ruth.get(&format!("{csv}?kind=changed")).await.body.lines().count(), 2);
    assert_eq!(ruth.get(&csv).await.body.lines().count(), 62);
}

#[actix_web::test]
async fn the_list_of_syncs_is_sorted_narrowed_and_paged() {
    let mut feed = Feed::creating().await;
    feed.people = people(0..5);
    for _ in 0..51 {
        assert_eq!(feed.sync().state, RunState::Done);
        feed.pass(60);
    }
    feed.preview();
    let here = links::sync_runs(feed.organisation, "nourish");
    let ruth = feed.app.as_stranger();
    let page = ruth.get(&here).await;
    assert!(page.text().contains("Showing 1 to 50 of 52"), "{}", page.text());
    assert!(page.body.contains("?sort=-when") && page.body.contains("?sort=result"), "{}", page.body);
    let waiting = ruth.get(&format!("{here}?result=waiting")).await.text();
    assert!(waiting.contains("Showing 1 of 1") && waiting.contains("Preview"), "{waiting}");
    assert!(ruth.get(&format!("{here}?result=failed")).await.text().contains("No sync ended like that."));
    let by_result = ruth.get(&format!("{here}?sort=-result&page=1")).await;
    assert!(by_result.body.contains("aria-sort=\"descending\""));
    assert!(by_result.text().find("Preview").unwrap() < by_result.text().rfind("Synced").unwrap());
    assert_eq!(feed.app.as_colleague().get(&here).await.status, 404);
}
