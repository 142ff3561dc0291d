//! What becomes of the appointments of a practitioner who leaves: those to come wait for somebody else, whatever ended it,
//! and the others stay as they are.

#![cfg(test)]

use kinbridge::domain::access::ManageAppointments;
use kinbridge::domain::api_keys::Mode;
use kinbridge::domain::visits::{self, Act, Cancellation, Entity, EventKind, ReasonCode, Visit};
use kinbridge::jobs::staff_access;
use kinbridge::kit::ids::VisitId;
use kinbridge::links;

use crate::support::bookable::run;
use crate::support::visiting::{TODAY, Visiting};

fn now(at: &Visiting, id: VisitId) -> Visit {
    let scope = at.scope::<ManageAppointments>();
    at.read(|conn| visits::get(conn, &scope, Mode::Live, id))
}

fn whose(at: &Visiting, id: VisitId) -> Option<String> {
    now(at, id).practitioner.map(|one| one.name)
}

/// The last line about who comes.
fn last_line(at: &Visiting, id: VisitId) -> String {
    let of = now(at, id);
    let lines = at.read(|conn| visits::timeline(conn, &of));
    let line = lines.into_iter().rfind(|line| line.kind == EventKind::Assigned).expect("a line");
    format!("{} {}", line.by, line.words)
}

fn given(at: &Visiting, day: &str) -> VisitId {
    let id = at.visit(day);
    at.assign(id, at.iris);
    id
}

/// How often something was written to the trail.
fn trail(at: &Visiting, verb: &str) -> i64 {
    at.number(&format!("SELECT COUNT(*) FROM audit_events WHERE verb = '{verb}'"))
}

#[actix_web::test]
async fn appointments_of_somebody_who_is_suspended_wait_for_another_practitioner() {
    let at = Visiting::start().await;
    let (today, later) = (given(&at, TODAY), given(&at, "2026-11-25"));
    let begun = given(&at, TODAY);
    run(&at, &format!("UPDATE visits SET status = 'in_progress' WHERE id = {begun}"));
    let over = given(&at, TODAY);
    run(&at, &format!("UPDATE visits SET ends_at = '2026-11-21 15:00:00' WHERE id = {over}"));
    let jacks = at.visit("2026-11-25");
    at.assign(jacks, at.jack);
    let scope = at.scope::<ManageAppointments>();
    at.write(|tx| visits::set_lock(tx, &scope, (Mode::Live, later), true));

    let grace = at.as_super();
    let page = grace.get(&links::staff_member(at.org, at.iris)).await;
    let words = "2 appointments will wait for another practitioner.";
    assert!(page.text().contains(words), "{}", page.text());
    let told = ["letters", "webhook_events"].map(|table| at.number(&format!("SELECT COUNT(*) FROM {table}")));
    let suspension = links::staff_act(at.org, at.iris, "suspension");
    let done = grace.post(&suspension, &[("reason", "Left for another town")]).await;
    let page = grace.get(done.location()).await;
    let words = "They are signed out everywhere. 2 appointments wait for another practitioner now.";
    assert!(page.text().contains(words), "{}", page.text());
    assert!(page.body.contains(&links::visits_of_nobody(at.org)), "{}", page.body);
    let list = grace.get(&links::visits_of_nobody(at.org)).await;
    for (id, listed) in [(today, true), (later, true), (begun, false), (over, false), (jacks, false)] {
        assert_eq!(list.body.contains(&format!("\"{}\"", links::visit(at.org, id))), listed, "{id}");
    }

    assert_eq!((whose(&at, today), whose(&at, later), now(&at, later).locked), (None, None, false));
    assert_eq!(last_line(&at, later), "Grace Moor took it off Iris Vale, who does not work here any more");
    for (id, name) in [(begun, "Iris Vale"), (over, "Iris Vale"), (jacks, "Jack Ford")] {
        assert_eq!(whose(&at, id).as_deref(), Some(name), "{id}");
    }
    let words = "took 2 appointments off Iris Vale, who does not work here any more";
    let said =
        format!("SELECT COUNT(*) FROM audit_events WHERE verb = 'visit.released' AND words = '{words}'");
    assert_eq!(at.number(&said), 1);
    let after =
        ["letters", "webhook_events"].map(|table| at.number(&format!("SELECT COUNT(*) FROM {table}")));
    assert_eq!(after, told, "nobody is written to");
    // Coming back gives nothing back.
    grace.post(&links::staff_act(at.org, at.iris, "reinstatement"), &[]).await;
    assert_eq!((whose(&at, later), trail(&at, "visit.released")), (None, 1));
}

#[actix_web::test]
async fn who_is_no_practitioner_any_more_has_no_appointments_to_come() {
    let at = Visiting::start().await;
    let one = given(&at, "2026-11-25");
    let hugh = at.as_manager();
    let here = links::practitioner(at.org, at.iris);
    let page = hugh.get(&here).await;
    assert!(page.text().contains("1 appointment will wait for another practitioner."), "{}", page.text());
    let page = hugh.get(&links::practitioner(at.org, at.jack)).await;
    assert!(page.text().contains("They have no open appointments."), "{}", page.text());
    let done = hugh.post(&links::practitioner_act(at.org, at.iris, "end"), &[]).await;
    let page = hugh.get(done.location()).await;
    let words = "No new appointments go to them. 1 appointment waits for another practitioner now.";
    assert!(page.text().contains(words) && page.text().contains("See them"), "{}", page.text());
    assert_eq!(whose(&at, one), None);
    assert_eq!(last_line(&at, one), "Hugh Dale took it off Iris Vale, who does not visit patients any more");
    // Somebody without any ends without a word about it.
    let done = hugh.post(&links::practitioner_act(at.org, at.jack, "end"), &[]).await;
    let page = hugh.get(done.location()).await;
    assert!(!page.text().contains("another practitioner now"), "{}", page.text());
    assert_eq!(trail(&at, "visit.released"), 1);
}

#[actix_web::test]
async fn access_that_ends_by_its_date_takes_appointments_off_too() {
    let at = Visiting::start().await;
    let one = given(&at, "2026-11-25");
    let account = at.staff.account;
    run(&at, &format!("UPDATE staff_members SET account_id = {account} WHERE id = {}", at.iris));
    run(&at, &format!("UPDATE memberships SET ends_on = '2026-11-21' WHERE account_id = {account}"));
    staff_access::run(&at.services).await.unwrap();
    assert_eq!(whose(&at, one), None);
    let words = "took it off Iris Vale, who does not work here any more";
    assert!(last_line(&at, one).ends_with(words), "{}", last_line(&at, one));
    staff_access::run(&at.services).await.unwrap();
    assert_eq!(trail(&at, "visit.released"), 1);
}

#[actix_web::test]
async fn what_is_undone_does_not_go_back_to_somebody_who_has_left() {
    let at = Visiting::start().await;
    let one = given(&at, "2026-11-25");
    let how = Cancellation {
        by: Entity::Organisation,
        because_of: Entity::Organisation,
        reason: ReasonCode::Other,
        note: String::new(),
    };
    let scope = at.scope::<ManageAppointments>();
    let (batch, _) = at.write(|tx| visits::apply(tx, &scope, &[one], &Act::Cancel(how)));
    at.as_manager().post(&links::practitioner_act(at.org, at.iris, "end"), &[]).await;
    at.write(|tx| visits::undo(tx, &scope, batch));
    assert_eq!((now(&at, one).status.is_open(), whose(&at, one)), (true, None));
}
