//! What was recorded without a network: taken from the page's script, which keeps it until then, and decided where
//! somebody else was first.
//!
//! The script is answered in JSON, with words for the person: 200 when it need not keep the form any longer, 422 when
//! somebody has to look. After any other answer it tries again.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, HttpResponseBuilder};
use chrono::{DateTime, NaiveDateTime};
use serde_json::json;

use super::forms::{self, check_seal, seal, typed_marks};
use super::{Seen, pages, see};
use crate::domain::Refusal;
use crate::domain::access::RecordActivities;
use crate::domain::activities::{self, Arrived, Decision, Late, LatePart, Person, Recording};
use crate::kit::ids::ParticipationId;
use crate::links;
use crate::web::error::{Answer, Fault};
use crate::web::freshness;
use crate::web::ui::{Notice, When};
use crate::web::visit::{Fields, In, Posted, Visit, field};

pub async fn arrive(visit: Visit, In(scope): In<RecordActivities>, Posted(fields): Posted<Fields>) -> Answer {
    let seen = see(&visit, &scope).await?;
    if forms::speaks_of_others(&seen.people, &fields) {
        let words = "Somebody in it is not part of this activity any more, or does not live in your places.";
        return Ok(answer(StatusCode::UNPROCESSABLE_ENTITY, words));
    }
    let marks = match forms::read_marks(&typed_marks(&seen.people, &fields)) {
        Ok(marks) => marks,
        Err(wrong) => {
            let words = wrong.into_iter().next().map(|(_, words)| words).unwrap_or_default();
            return Ok(answer(StatusCode::UNPROCESSABLE_ENTITY, &words));
        }
    };
    let recording = Recording {
        version: seen.activity.version,
        completed_by: field(&fields, "completed_by").to_owned(),
        marks,
    };
    let key = field(&fields, "replay").to_owned();
    let late = Late { recording, key, noted_at: noted_at(field(&fields, "noted")) };
    let id = seen.activity.id;
    match visit.write(move |tx| activities::record_late(tx, &scope, id, &late)).await {
        Ok(arrived) => {
            visit.services.wake.notify_one();
            Ok(answer(StatusCode::OK, &told(arrived)))
        }
        Err(Refusal::Invalid { words, .. } | Refusal::Overtaken(words)) => {
            Ok(answer(StatusCode::UNPROCESSABLE_ENTITY, &words))
        }
        Err(refusal) => Err(refusal.into()),
    }
}

fn answer(status: StatusCode, words: &str) -> HttpResponse {
    HttpResponseBuilder::new(status).json(json!({ "words": words }))
}

/// Milliseconds since 1970, as browsers count.
fn noted_at(text: &str) -> Option<NaiveDateTime> {
    DateTime::from_timestamp_millis(text.parse().ok()?).map(|at| at.naive_utc())
}

fn told(arrived: Arrived) -> String {
    let Arrived::Now { recorded, to_decide, in_time } = arrived else {
        return "That had arrived already.".to_owned();
    };
    let mut words = match recorded {
        0 => Vec::new(),
        1 => vec!["One person is recorded.".to_owned()],
        many => vec![format!("{many} people are recorded.")],
    };
    match to_decide {
        0 if recorded == 0 => words.push("That is recorded already.".to_owned()),
        0 => {}
        1 => words.push(
            "Somebody else had recorded one person before: look at the activity and decide.".to_owned(),
        ),
        many => words.push(format!(
            "Somebody else had recorded {many} people before: look at the activity and decide."
        )),
    }
    if !in_time {
        words.push("The time of this device could not be used, so the time of arrival stands.".to_owned());
    }
    words.join(" ")
}

/// Two records of one person, of which somebody decides.
pub struct Row {
    pub name: String,
    pub earlier: String,
    pub later: String,
    pub by: String,
    pub when: When,
    pub action: String,
    pub about: String,
    pub version: String,
    pub id: i64,
}

impl Row {
    pub fn new(visit: &Visit, seen: &Seen, person: &Person, late: &LatePart) -> Self {
        let kept = &person.participation;
        let said = |took_part: bool, rating: Option<i32>, reason: &str, comment: &str| {
            let took = pages::taking(activities::Taking::Recorded, took_part);
            let said = pages::said(reason, comment);
            let rated = pages::rating(rating);
            if said.is_empty() { format!("{took}. {rated}.") } else { format!("{took}. {rated}. {said}") }
        };
        let earlier = if kept.state == activities::Taking::Recorded {
            said(kept.took_part, kept.rating, &kept.reason, &kept.comment)
        } else {
            pages::taking(kept.state, kept.took_part).to_owned()
        };
        Self {
            name: person.name(),
            earlier: format!("{earlier} ({})", kept.recorded_by_name),
            later: said(late.took_part, late.rating, &late.reason, &late.comment),
            by: late.by_name.clone(),
            when: freshness::at(visit, late.noted_at.unwrap_or(late.arrived_at)),
            action: links::participation_act(seen.org, seen.activity.id, kept.id, "late"),
            about: seal(visit, person),
            version: kept.version.to_string(),
            id: late.id,
        }
    }
}

pub async fn settle(visit: Visit, In(scope): In<RecordActivities>, Posted(fields): Posted<Fields>) -> Answer {
    let seen = see(&visit, &scope).await?;
    let part = visit.id::<ParticipationId>("part")?;
    let person = seen.people.iter().find(|one| one.participation.id == part).ok_or(Fault::NotFound)?;
    check_seal(&visit, person, field(&fields, "about"), seen.href())?;
    let decision = match field(&fields, "act") {
        "use" => Decision::Use,
        "keep" => Decision::Keep,
        _ => return Err(Fault::NotFound),
    };
    let version = field(&fields, "version").parse().unwrap_or(0);
    let late = field(&fields, "late").parse().map_err(|_number| Fault::NotFound)?;
    let id = seen.activity.id;
    let done =
        visit.write(move |tx| activities::settle(tx, &scope, id, (part, late), version, decision)).await;
    match done {
        Ok(()) => {
            visit.services.wake.notify_one();
            let words = format!("It is decided what counts for {}.", person.name());
            visit.done(seen.href(), &Notice::ok(words))
        }
        Err(Refusal::Overtaken(words) | Refusal::Invalid { words, .. }) => {
            visit.done(seen.href(), &Notice::warn(words))
        }
        Err(refusal) => Err(refusal.into()),
    }
}
