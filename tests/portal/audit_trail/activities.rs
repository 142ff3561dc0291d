//! The forms of activities and of the timeline, each with its event and none without it.

#![cfg(test)]

use std::collections::BTreeSet;

use actix_web::http::Method;
use diesel::prelude::*;
use kinbridge::kit::ids::{ActivityId, EntryId, ParticipationId, ResidentId};
use kinbridge::kit::secret::keyed_fingerprint;
use kinbridge::links;
use kinbridge::web::routes;

use super::acts::{Fields, Walk};
use crate::residents::{add, facts};
use crate::support::TestApp;

const ROOT: &str = "/org/{org}/activities";

/// As if the vendor had refused the newest entry.
fn refuse(app: &TestApp) -> EntryId {
    app.write(|tx| {
        let refused = "UPDATE timeline_entries SET state = 'rejected', pending = FALSE WHERE id = \
                       (SELECT MAX(id) FROM timeline_entries)";
        diesel::sql_query(refused).execute(tx.conn)?;
        Ok(())
    });
    EntryId(app.number("SELECT MAX(id) FROM timeline_entries"))
}

fn texts<'f>(fields: &[(&'f str, &str)]) -> Fields<'f> {
    fields.iter().map(|(name, value)| (*name, (*value).to_owned())).collect()
}

#[actix_web::test]
async fn every_form_of_activities_leaves_an_event_and_does_nothing_where_it_cannot() {
    let app = TestApp::start().await;
    let (org, cast) = (app.cast.willow, &app.cast);
    let betty: ResidentId =
        add(&app, org, &facts(cast.willow_house, Some(cast.garden_wing), "Betty", "Cole", "5"));
    let mut walk = Walk::of(&app);
    let ben = app.new_visitor(&cast.manager);
    let session = ben.cookie("kinbridge").unwrap();
    let plan = [("name", "Chair yoga"), ("day", "2026-11-21"), ("time", "14:00"), ("location", "Lounge")];
    walk.by(ROOT, &ben, &links::activities(org), texts(&plan)).await;
    let yoga = ActivityId(app.number("SELECT MAX(id) FROM activities"));
    let act = |act: &str| links::activity_act(org, yoga, act);
    let chosen = betty.to_string();
    let people = texts(&[("version", "1"), ("resident[]", &chosen)]);
    walk.by("/org/{org}/activities/{activity}/people", &ben, &act("people"), people).await;
    let changed = [("name", "Yoga"), ("day", "2026-11-21"), ("time", "14:00"), ("version", "2")];
    walk.by("/org/{org}/activities/{activity}/edit", &ben, &act("edit"), texts(&changed)).await;
    let part = ParticipationId(app.number("SELECT MAX(id) FROM participations"));
    let (took, rating) = (format!("took-{part}"), format!("rating-{part}"));
    let marked = |rated: &str| {
        vec![
            (took.as_str(), "yes".to_owned()),
            (rating.as_str(), rated.to_owned()),
            ("completed_by", "Ben".to_owned()),
        ]
    };
    let mut fields = marked("5");
    fields.push(("version", "3".into()));
    walk.by("/org/{org}/activities/{activity}/record", &ben, &act("record"), fields).await;

    // Once more without a network, in other words: it waits, and is decided.
    let mut fields = marked("2");
    fields.extend(texts(&[("replay", "0123abcd-4567-4890-abcd-0123456789ab"), ("noted", "0")]));
    walk.by("/org/{org}/activities/{activity}/late", &ben, &act("late"), fields).await;
    let late = app.number("SELECT MAX(id) FROM late_parts").to_string();

    let about = keyed_fingerprint(&session, &format!("part {part} of {betty}"));
    let of_part = |act: &str| links::participation_act(org, yoga, part, act);
    let pattern = "/org/{org}/activities/{activity}/people/{part}/late";
    let decided = texts(&[("about", &about), ("version", "1"), ("late", &late), ("act", "keep")]);
    walk.by(pattern, &ben, &of_part("late"), decided).await;
    refuse(&app);
    let sealed = texts(&[("about", &about)]);
    let pattern = "/org/{org}/activities/{activity}/people/{part}/send-again";
    walk.by(pattern, &ben, &of_part("send-again"), sealed).await;
    let entry = refuse(&app).to_string();
    let again = texts(&[("entry[]", &entry)]);
    walk.by("/org/{org}/timeline/send-again", &ben, &links::timeline_again(org), again).await;
    let mut fields = marked("4");
    fields.extend(texts(&[("about", &about), ("version", "1")]));
    let pattern = "/org/{org}/activities/{activity}/people/{part}/correct";
    walk.by(pattern, &ben, &of_part("correct"), fields).await;
    let fields = texts(&[("about", &about), ("version", "2"), ("because", "the wrong Betty")]);
    let pattern = "/org/{org}/activities/{activity}/people/{part}/withdraw";
    walk.by(pattern, &ben, &of_part("withdraw"), fields).await;

    ben.post(&links::activities(org), &plan).await;
    let other = ActivityId(app.number("SELECT MAX(id) FROM activities"));
    let cancel = links::activity_act(org, other, "cancel");
    let because = texts(&[("because", "the teacher was ill")]);
    walk.by("/org/{org}/activities/{activity}/cancel", &ben, &cancel, because).await;

    let forms = routes::table().into_iter().filter(|line| line.method == Method::POST);
    let forms: BTreeSet<&str> = forms
        .map(|line| line.path)
        .filter(|path| path.starts_with(ROOT) || path.contains("/timeline"))
        // Where updates go is sent beside the nights.
        .filter(|path| !path.ends_with("/timeline/settings"))
        .collect();
    assert_eq!(forms.difference(&walk.done).collect::<Vec<_>>(), [&""; 0], "forms that nobody sent");
    println!("{} of {} forms: {} events", walk.done.len(), forms.len(), walk.events);
}
