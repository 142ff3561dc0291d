//! Webhooks: what is heard, what is not, and that what they say is a hint.

use actix_web::http::Method;
use chrono::{TimeDelta, Utc};
use kinbridge::connectors::ally_health::signature;
use kinbridge::domain::booked_visits::State;
use kinbridge::links;
use kinbridge::sandbox::ally_health::{Hook, Lie, Signed};

use super::{SECRET, Visits};
use crate::support::Page;

impl Visits {
    /// Mary enters the secret; where the service sends its news.
    async fn hook(&self, form: &str) -> String {
        let fields = [("form", form), ("header", "X-Heim-Signature"), ("secret", SECRET)];
        let saved = self.app.as_super().post(&self.act("webhook"), &fields).await;
        assert_eq!(saved.status, 303, "{}", saved.text());
        self.simulator.set_hook(Hook {
            url: String::new(),
            secret: SECRET.into(),
            standard: form == "standard",
        });
        let page = self.app.as_super().get(&links::visit_service(self.app.cast.willow)).await;
        assert!(!page.body.contains(SECRET), "the secret is never shown again");
        let at = page.body.find("/api/v1/ally-health/").expect("an address for news");
        page.body[at..].split('"').next().unwrap().to_owned()
    }

    async fn tell(&self, to: &str, message: &Signed) -> Page {
        let visitor = self.app.signed_out();
        let mut ask = visitor.ask(Method::POST, to).header("content-type", "application/json");
        for (name, value) in &message.headers {
            ask = ask.header(name, value);
        }
        ask.body(message.body.clone()).send().await
    }

    fn message(&self, id: &str, event: &str) -> Signed {
        self.simulator.signed(id, event, self.app.clock.now().and_utc()).unwrap()
    }
}

#[actix_web::test]
async fn news_make_the_portal_ask_and_what_it_is_answered_is_kept() {
    for form in ["standard", "bare"] {
        let at = Visits::start().await;
        let to = at.hook(form).await;
        let booked = at.booked("win_1_early").await;
        // The message says more than is true.
        at.simulator.set_status(&booked.remote_id, "completed");
        let message = at.message(&booked.remote_id, "appointment.completed");
        at.simulator.set_status(&booked.remote_id, "in_progress");
        at.app.pass(10);
        let page = at.tell(&to, &message).await;
        assert_eq!((page.status, page.body.contains("accepted")), (200, true), "{form}: {}", page.body);
        assert_eq!(at.now(booked.id).status, "scheduled", "{form}: nothing is kept of a hint");
        at.work().await;
        assert_eq!((at.now(booked.id).status.as_str(), at.entries()), ("in_progress", 0), "{form}");
        // Completed, and told three times.
        at.simulator.set_status(&booked.remote_id, "completed");
        for _ in 0..3 {
            at.app.pass(20);
            let message = at.message(&booked.remote_id, "appointment.completed");
            assert_eq!(at.tell(&to, &message).await.status, 200);
            at.work().await;
            at.simulator.set_status(&booked.remote_id, "completed");
        }
        assert_eq!((at.now(booked.id).state, at.entries()), (State::Completed, 1), "{form}");
        let page = at.app.as_super().get(&links::visit_service(at.app.cast.willow)).await;
        assert!(page.text().contains("Last webhook"), "{}", page.text());
    }
}

#[actix_web::test]
async fn what_is_forged_late_or_sent_elsewhere_is_401_and_all_are_told_the_same() {
    let at = Visits::start().await;
    let to = at.hook("standard").await;
    let booked = at.booked("win_1_early").await;
    let good = at.message(&booked.remote_id, "appointment.updated");
    let now = at.app.clock.now().and_utc();
    let signed_at = |at_time: chrono::DateTime<Utc>, secret: &str| {
        let (id, timestamp) = ("evt_forged", at_time.timestamp().to_string());
        let signature = signature::standard(secret, (id, &timestamp), good.body.as_bytes());
        let headers =
            [("webhook-id", id), ("webhook-timestamp", &timestamp), ("webhook-signature", &signature)];
        Signed {
            headers: headers.map(|(name, value)| (name.into(), value.into())).into(),
            body: good.body.clone(),
        }
    };
    let other = Signed { body: good.body.replace("apt_1", "apt_2"), ..good.clone() };
    let unsigned = Signed { headers: Vec::new(), ..good.clone() };
    let bare = Signed {
        headers: vec![("x-heim-signature".into(), signature::bare(SECRET, good.body.as_bytes()))],
        ..good.clone()
    };
    let mut twice = good.clone();
    twice.headers.push(twice.headers[2].clone());
    let bad = [
        signed_at(now, "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
        signed_at(now - TimeDelta::minutes(6), SECRET),
        signed_at(now + TimeDelta::minutes(6), SECRET),
        other,
        unsigned,
        bare,
        twice,
    ];
    let before = at.app.number("SELECT COUNT(*) FROM heard_events");
    let mut answers = std::collections::BTreeSet::new();
    for message in &bad {
        let page = at.tell(&to, message).await;
        assert_eq!(page.status, 401, "{message:?}");
        assert_eq!(page.header("content-type"), Some("application/problem+json"));
        answers.insert(page.body);
    }
    for path in [links::visit_news("0000"), links::visit_news(&"x".repeat(300))] {
        let page = at.tell(&path, &good).await;
        assert_eq!(page.status, 401);
        answers.insert(page.body);
    }
    assert_eq!(answers.len(), 1, "{answers:?}");
    assert_eq!(at.app.number("SELECT COUNT(*) FROM heard_events"), before);
    assert_eq!(at.app.signed_out().ask(Method::GET, &to).send().await.status, 405);
    // What is right is heard, once.
    assert!(at.tell(&to, &good).await.body.contains("accepted"));
    let calls = at.simulator.calls().len();
    at.work().await;
    assert_eq!(at.simulator.calls().len(), calls + 1);
    for _ in 0..2 {
        assert!(at.tell(&to, &good).await.body.contains("repeated"));
        at.work().await;
    }
    assert_eq!(at.simulator.calls().len(), calls + 1, "what was heard before asks nothing");
    at.simulator.lie(Lie::None);
}

#[actix_web::test]
async fn news_about_visits_of_nobody_here_ask_nothing() {
    let at = Visits::start().await;
    let to = at.hook("bare").await;
    at.booked("win_1_early").await;
    let calls = at.simulator.calls().len();
    for body in ["{}", "not json", r#"{"event":"appointment.updated","data":{"id":"apt_999"}}"#] {
        let headers = vec![("x-heim-signature".into(), signature::bare(SECRET, body.as_bytes()))];
        let page = at.tell(&to, &Signed { headers, body: body.into() }).await;
        assert_eq!(page.status, 200, "{body}");
        at.work().await;
    }
    assert_eq!(at.simulator.calls().len(), calls);
    // A connection that is off hears nothing.
    at.app.as_super().post(&at.act("off"), &[]).await;
    let headers = vec![("x-heim-signature".into(), signature::bare(SECRET, b"{}"))];
    assert_eq!(at.tell(&to, &Signed { headers, body: "{}".into() }).await.status, 401);
}
