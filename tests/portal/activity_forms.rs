//! What is typed about a person's part: wrong values, the preview, corrections, withdrawals, and sending again.

#![cfg(test)]

use diesel::prelude::*;
use kinbridge::kit::ids::ResidentId;
use kinbridge::links;

use crate::activities::{Yoga, hidden};
use crate::support::Page;

#[actix_web::test]
async fn wrong_values_are_said_beside_their_person_and_nothing_is_lost() {
    let yoga = Yoga::start().await;
    let ben = yoga.app.as_manager();
    let before = yoga.app.digest();
    let part = yoga.part(yoga.betty);
    for (took, rating, comment, words, field) in [
        ("yes", "0", "", "Choose a rating from 1 to 5", "rating"),
        ("yes", "6", "", "Choose a rating from 1 to 5", "rating"),
        ("yes", "", &*"a".repeat(5000), "Use 2000 characters or fewer: these are 5000", "comment"),
        ("", "4", "", "Say whether they took part", "took"),
        ("perhaps", "", "", "Choose Took part or Declined", "took"),
    ] {
        let marks =
            [yoga.mark(yoga.betty, took, rating, comment), yoga.mark(yoga.arthur, "no", "", "Kept words")];
        let page = yoga.record(&ben, "1", &marks).await;
        assert_eq!(page.status, 422, "{words}");
        assert!(page.text().contains(words), "{words}: {}", page.text());
        assert!(page.body.contains(&format!("href=\"#{field}-{part}\"")), "{words}");
        assert!(page.body.contains("Kept words"), "what was typed stays");
    }
    let page = yoga.record(&ben, "1", &[]).await;
    assert!(page.status == 422 && page.text().contains("Say for at least one person"), "{}", page.text());
    let marks = [yoga.mark(yoga.betty, "yes", "5", "")];
    let mut fields: Vec<(&str, &str)> =
        marks.iter().flatten().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    fields.extend([("version", "1"), ("completed_by", " ")]);
    let page = ben.post(&yoga.act("record"), &fields).await;
    assert!(page.status == 422 && page.text().contains("Enter who completed it"));
    let page = ben.post(&yoga.act("record"), &[("version", "1"), ("took-999999", "yes")]).await;
    assert!(page.status == 422 && page.text().contains("not part of this activity"));
    assert_eq!(yoga.app.digest(), before);
}

#[actix_web::test]
async fn the_preview_shows_the_seven_fields_and_what_is_cut_and_saves_nothing() {
    let yoga = Yoga::start().await;
    let ben = yoga.app.as_manager();
    let details = "d".repeat(1_100);
    let fields = [
        ("name", "Chair yoga"),
        ("details", details.as_str()),
        ("location", "Lounge"),
        ("day", "2026-11-21"),
        ("time", "14:00"),
        ("version", "1"),
    ];
    assert_eq!(ben.post(&yoga.act("edit"), &fields).await.status, 303);
    let before = yoga.app.digest();
    let marks = yoga.mark(yoga.betty, "yes", "5", "Sang along");
    let mut fields: Vec<(&str, &str)> = marks.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    fields.extend([("version", "2"), ("completed_by", "Amina"), ("act", "preview")]);
    let page = ben.post(&yoga.act("record"), &fields).await;
    assert_eq!((page.status, yoga.app.digest()), (200, before.clone()));
    let text = page.text();
    for part in [
        "How it will look in Nourish",
        "Activity name Chair yoga",
        "Did person supported take part? Yes",
        "Rating 5",
        "Comment Sang along",
        "Completed by Amina",
        "The last 100 characters do not fit and will be left out in Nourish.",
        "Preview as in",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(page.body.contains("value=\"yes\" checked"), "what was typed stays");
    for (system, name, label) in [("pcs", "PCS", "Short text"), ("kareinn", "KareInn", "Category")] {
        let mut other = fields.clone();
        other.push(("preview_in", system));
        let page = ben.post(&yoga.act("record"), &other).await;
        let text = page.text();
        assert!(text.contains(&format!("How it will look in {name}")) && text.contains(label), "{text}");
        assert!(!text.contains("do not fit"), "{text}");
    }
    assert_eq!(yoga.app.digest(), before);
}

/// Sends the form of a page about one person's part, with these fields.
async fn act(yoga: &Yoga, of: ResidentId, act: &str, fields: &[(&str, &str)]) -> Page {
    let ben = yoga.app.as_manager();
    let path = links::participation_act(yoga.org, yoga.id, yoga.part(of), act);
    let page = ben.get(&path).await;
    assert_eq!(page.status, 200, "{}", page.text());
    let (about, version) = (hidden(&page, "about"), hidden(&page, "version"));
    let mut all = vec![("about", about.as_str()), ("version", version.as_str())];
    all.extend(fields);
    ben.post(&path, &all).await
}

#[actix_web::test]
async fn a_correction_keeps_the_original_and_a_stale_one_is_told() {
    let yoga = Yoga::start().await;
    let ben = yoga.app.as_manager();
    yoga.record(&ben, "1", &[yoga.mark(yoga.betty, "yes", "5", "First words")]).await;
    let part = yoga.part(yoga.betty);
    let (took, rating, comment) =
        (format!("took-{part}"), format!("rating-{part}"), format!("comment-{part}"));
    let fields = [
        (took.as_str(), "no"),
        (rating.as_str(), ""),
        (comment.as_str(), "Second words"),
        ("completed_by", "Ben Carter"),
    ];
    let page = act(&yoga, yoga.betty, "correct", &fields).await;
    assert_eq!(page.status, 303, "{}", page.text());
    let text = ben.get(&yoga.path()).await.text();
    assert!(text.contains("Second words") && !text.contains("First words"), "{text}");
    let entries = |state: &str| {
        yoga.app.number(&format!("SELECT COUNT(*) FROM timeline_entries WHERE state = '{state}'"))
    };
    assert_eq!((entries("cancelled"), entries("held")), (1, 1));
    assert_eq!(yoga.app.number("SELECT COUNT(*) FROM timeline_entries WHERE comment = 'First words'"), 1);
    // The page of the entry shows both versions.
    let entry = yoga.app.number("SELECT MAX(id) FROM timeline_entries");
    let page = ben.get(&links::timeline_entry(yoga.org, kinbridge::kit::ids::EntryId(entry))).await;
    assert!(page.text().contains("As it was recorded first") && page.text().contains("Correction"));
    // A form of the first version comes too late.
    let path = links::participation_act(yoga.org, yoga.id, part, "correct");
    let about = hidden(&ben.get(&path).await, "about");
    let stale = [("about", about.as_str()), ("version", "1"), fields[0], fields[3]];
    let page = ben.post(&path, &stale).await;
    assert!(ben.get(page.location()).await.text().contains("changed this meanwhile"));
}

#[actix_web::test]
async fn a_form_about_one_person_never_lands_on_another() {
    let yoga = Yoga::start().await;
    let ben = yoga.app.as_manager();
    let marks = [yoga.mark(yoga.betty, "yes", "5", ""), yoga.mark(yoga.arthur, "yes", "5", "")];
    yoga.record(&ben, "1", &marks).await;
    let of = |who| links::participation_act(yoga.org, yoga.id, yoga.part(who), "withdraw");
    let page = ben.get(&of(yoga.betty)).await;
    assert!(page.text().contains("Betty Cole") && page.text().contains("943 476 5919"), "{}", page.text());
    let about = hidden(&page, "about");
    let before = yoga.app.digest();
    let fields = [("about", about.as_str()), ("version", "1"), ("because", "the wrong one")];
    let page = ben.post(&of(yoga.arthur), &fields).await;
    assert!(page.status >= 400, "{}", page.status);
    assert_eq!(yoga.app.digest(), before);
    let page = act(&yoga, yoga.betty, "withdraw", &[("because", "")]).await;
    assert!(page.status == 422 && page.text().contains("Say why"));
    let page = act(&yoga, yoga.betty, "withdraw", &[("because", "Recorded for the wrong person")]).await;
    assert_eq!(page.status, 303);
    let text = ben.get(&yoga.path()).await.text();
    assert!(text.contains("Withdrawn") && text.contains("Not sent"), "{text}");
}

#[actix_web::test]
async fn a_refused_entry_shows_its_reason_and_is_sent_again_from_either_page() {
    let yoga = Yoga::start().await;
    let ben = yoga.app.as_manager();
    yoga.record(&ben, "1", &[yoga.mark(yoga.betty, "yes", "5", "")]).await;
    let refuse = || {
        yoga.app.write(|tx| {
            let refused = "UPDATE timeline_entries SET state = 'rejected', pending = FALSE, because = \
                           'Nourish did not accept this entry. It says: “Rating is missing.”'";
            diesel::sql_query(refused).execute(tx.conn)?;
            Ok(())
        });
    };
    refuse();
    let page = ben.get(&yoga.path()).await;
    assert!(page.text().contains("Rejected by the care record"), "{}", page.text());
    assert!(page.text().contains("“Rating is missing.”") && page.text().contains("Send again"));
    let queue = ben.get(&links::timeline(yoga.org)).await;
    assert!(
        queue.text().contains("Needs attention (1)") && queue.text().contains("Betty Cole"),
        "{}",
        queue.text()
    );
    let entry = yoga.app.number("SELECT MAX(id) FROM timeline_entries").to_string();
    let done = ben.post(&links::timeline_again(yoga.org), &[("entry[]", &entry)]).await;
    assert!(ben.get(done.location()).await.text().contains("One entry is sent again."));
    refuse();
    let again = links::participation_act(yoga.org, yoga.id, yoga.part(yoga.betty), "send-again");
    let about = hidden(&ben.get(&yoga.path()).await, "about");
    let done = ben.post(&again, &[("about", &about)]).await;
    assert!(ben.get(done.location()).await.text().contains("It is sent again."));
    let done = ben.post(&again, &[("about", &about)]).await;
    assert!(ben.get(done.location()).await.text().contains("on its way already"));
    let none = ben.post(&links::timeline_again(yoga.org), &[]).await;
    assert!(ben.get(none.location()).await.text().contains("Tick the entries"));
}
