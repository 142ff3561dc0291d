//! Signing in as a patient: who invites, what is seen then, and what never is.

#![cfg(test)]

use kinbridge::domain::access::ManageAppointments;
use kinbridge::domain::api_keys::Mode;
use kinbridge::domain::patients::{self, Patient};
use kinbridge::domain::visits::{Planning, Status};
use kinbridge::links;

use crate::audit_trail::acts::Walk;
use crate::resets::{letters_to, link_in};
use crate::support::Visitor;
use crate::visit_letters::{BETTY, Booking, day, patient};

const CHOSEN: &str = "quartz lantern meadow";

/// Invites a patient, who chooses a password.
pub async fn signed_in<'a>(at: &'a Booking, who: &Patient) -> Visitor<'a> {
    let email = who.details.email.as_str();
    let page = at.as_manager().post(&links::patient_act(at.org, who.id, "invite"), &[]).await;
    assert_eq!((page.status, page.location()), (303, links::patient(at.org, who.id).as_str()));
    let browser = at.signed_out();
    let link = link_in(&letters_to(at, email)[0]);
    assert!(link.starts_with("/activate/"), "{link}");
    assert_eq!(browser.post(&link, &[("password", CHOSEN)]).await.status, 303);
    browser.sign_in(email, CHOSEN).await;
    browser
}

#[actix_web::test]
async fn only_who_manages_appointments_invites_a_patient() {
    let at = Booking::start().await;
    let (_, nell) = at.neighbour();
    for act in ["invite", "shut-out"] {
        let path = links::patient_act(at.org, at.betty.id, act);
        assert_eq!(at.signed_out().post(&path, &[]).await.status, 303);
        assert_eq!(at.as_staff().post(&path, &[]).await.status, 403, "{act}");
        assert_eq!(at.as_stranger().post(&path, &[]).await.status, 404, "{act}");
        assert_eq!(at.as_person(&nell).post(&path, &[]).await.status, 404, "{act}");
    }
    assert!(letters_to(&at, BETTY).is_empty());
    for browser in [at.as_manager(), at.as_staff(), at.app.as_relative(), at.as_rep()] {
        assert_eq!(browser.get(&links::patient_visits()).await.status, 404);
    }
    assert_eq!(at.signed_out().get(&links::patient_visits()).await.status, 303);
}

#[actix_web::test]
async fn an_invited_patient_sees_their_own_appointments_and_no_page_of_staff() {
    let at = Booking::start().await;
    let mine = at.early_on("2026-12-03");
    let waiting = at.patient_led();
    let arthur = patient(&at, Mode::Live, "Arthur", "arthur@patients.example");
    let other = at.book(&arthur, Planning::Window(at.early, day("2026-12-04")));
    let betty = signed_in(&at, &at.betty).await;
    let invitation =
        letters_to(&at, BETTY).into_iter().find(|one| one.body_text.contains("/activate/")).unwrap();
    assert!(
        invitation
            .body_text
            .contains("Hugh Dale has made an account for you at Harrogate Home Visits as a patient.")
    );
    assert!(!invitation.body_text.contains("Cole") && !invitation.body_text.contains("Blood"));

    let page = betty.get("/").await;
    assert_eq!((page.status, page.location()), (303, "/my-appointments"));
    let text = betty.get("/my-appointments").await.text();
    assert!(text.contains("Thursday 3 December 2026") && text.contains("Choose a time"), "{text}");
    assert!(text.contains("Blood test") && !text.contains("4 December"), "{text}");

    assert_eq!(betty.get(&links::patient_visit(mine.id)).await.status, 200);
    for act in ["", "/window", "/cancel", "/calendar.ics"] {
        let path = format!("{}{act}", links::patient_visit(other.id));
        assert_eq!(betty.get(&path).await.status, 404, "{path}");
    }
    for act in ["window", "cancel"] {
        let path = links::patient_visit_act(other.id, act);
        let fields = [("reason", "other"), ("window", "win_1_20261203")];
        assert_eq!(betty.post(&path, &fields).await.status, 404, "{path}");
    }
    assert_eq!(at.read_again(&other).status, Status::Scheduled);
    for path in [
        links::organisation(at.org),
        links::visits(at.org),
        links::visit(at.org, mine.id),
        links::patients(at.org),
        links::patient(at.org, at.betty.id),
        links::settings(at.org),
        links::staff(at.org),
        links::family(),
    ] {
        assert_eq!(betty.get(&path).await.status, 404, "{path}");
    }
    let people = at.as_super().get(&links::settings_people(at.org)).await.text();
    assert!(people.contains("Hugh Dale") && !people.contains("Betty Cole"), "{people}");

    // The same acts as by the link.
    let window = format!("win_{}_20261205", at.early);
    let page = betty.post(&links::patient_visit_act(waiting.id, "window"), &[("window", &window)]).await;
    assert_eq!((page.status, page.location()), (303, links::patient_visit(waiting.id).as_str()));
    assert_eq!(at.read_again(&waiting).booked.unwrap().date, day("2026-12-05"));
    let page =
        betty.post(&links::patient_visit_act(mine.id, "cancel"), &[("reason", "no_longer_needed")]).await;
    assert_eq!(page.status, 303);
    let how = at.read_again(&mine).cancelled.unwrap();
    assert_eq!(how.by_name, "Betty Cole");
    let text = betty.get("/my-appointments").await.text();
    assert!(text.contains("Over") && text.contains("Cancelled"), "{text}");
}

#[actix_web::test]
async fn who_is_no_patient_of_their_own_address_is_not_let_in() {
    let at = Booking::start().await;
    let grace = at.as_manager();
    let invite = |one: &Patient| links::patient_act(at.org, one.id, "invite");
    let refused = async |one: &Patient, words: &str| {
        grace.post(&invite(one), &[]).await;
        let text = grace.get(&links::patient(at.org, one.id)).await.text();
        assert!(text.contains(words), "{words}: {text}");
    };
    let tess = patient(&at, Mode::Test, "Tess", "tess@patients.example");
    refused(&tess, "A patient of a test key cannot sign in.").await;
    let twin = patient(&at, Mode::Live, "Bob", BETTY);
    let betty = signed_in(&at, &at.betty).await;
    refused(&twin, "Another patient signs in with this address.").await;
    let iris = patient(&at, Mode::Live, "Iris", "iris@harrogate.example");
    refused(&iris, "Somebody who works here signs in with this address.").await;
    assert_eq!(at.as_staff().get(&links::visits(at.org)).await.status, 200, "her work is as it was");
    refused(&at.betty, "Betty Cole can sign in already.").await;
    assert_eq!(betty.get("/my-appointments").await.status, 200);
}

#[actix_web::test]
async fn a_manager_ends_a_sign_in_at_once() {
    let at = Booking::start().await;
    at.early_on("2026-12-03");
    let link = at.link();
    let betty = signed_in(&at, &at.betty).await;
    assert_eq!(betty.get("/my-appointments").await.status, 200);
    let page = at.as_manager().post(&links::patient_act(at.org, at.betty.id, "shut-out"), &[]).await;
    assert_eq!(page.status, 303);
    assert_ne!(betty.get("/my-appointments").await.status, 200);
    betty.sign_in(BETTY, CHOSEN).await;
    assert_ne!(betty.get("/my-appointments").await.status, 200);
    // Their links are as they were.
    assert_eq!(at.signed_out().get(&link).await.status, 200);
    let scope = at.scope::<ManageAppointments>();
    let kept = at.read(|conn| patients::get(conn, &scope, Mode::Live, at.betty.id));
    assert_eq!(kept.account, None);
}

/// Sends each form of patients' pages and about them, as somebody who may.
pub async fn every_form(at: &Booking, walk: &mut Walk<'_>) {
    let own = |list: &[(&'static str, &str)]| -> Vec<(&'static str, String)> {
        list.iter().map(|(name, value)| (*name, (*value).to_owned())).collect()
    };
    let window = |date: &str| own(&[("window", &format!("win_{}_{date}", at.early))]);
    at.patient_led();
    let (out, link) = (at.signed_out(), at.link());
    let path = |act: &str| format!("{link}/{act}");
    walk.by("/appointments/{token}/window", &out, &path("window"), window("20261203")).await;
    let because = own(&[("reason", "other")]);
    walk.by("/appointments/{token}/cancel", &out, &path("cancel"), because.clone()).await;

    let hugh = at.new_visitor(&at.manager);
    let pattern = "/org/{org}/patients/{patient}/invite";
    walk.by(pattern, &hugh, &links::patient_act(at.org, at.betty.id, "invite"), Vec::new()).await;
    let betty = at.signed_out();
    betty.post(&link_in(&letters_to(at, BETTY)[0]), &[("password", CHOSEN)]).await;
    betty.sign_in(BETTY, CHOSEN).await;
    let visit = at.patient_led();
    let mine = |act: &str| links::patient_visit_act(visit.id, act);
    walk.by("/my-appointments/{visit}/window", &betty, &mine("window"), window("20261204")).await;
    walk.by("/my-appointments/{visit}/cancel", &betty, &mine("cancel"), because).await;
    let pattern = "/org/{org}/patients/{patient}/shut-out";
    walk.by(pattern, &hugh, &links::patient_act(at.org, at.betty.id, "shut-out"), Vec::new()).await;

    let grace = at.new_visitor(&at.super_manager);
    let telephone = own(&[("telephone", "01423 496000")]);
    let pattern = "/org/{org}/settings/visit-messages/telephone";
    walk.by(pattern, &grace, &links::settings_visit_telephone(at.org), telephone).await;
    let message = links::settings_visit_message(at.org, "reminder");
    let seen = crate::visit_messages::version(&grace.get(&message).await.body);
    let words = own(&[("subject", "Soon"), ("body", "Dear {patient}"), ("version", &seen)]);
    walk.by("/org/{org}/settings/visit-messages/{message}", &grace, &message, words).await;
    let seen = crate::visit_messages::version(&grace.get(&message).await.body);
    let pattern = "/org/{org}/settings/visit-messages/{message}/reset";
    let back = links::reset_visit_message(at.org, "reminder");
    walk.by(pattern, &grace, &back, own(&[("version", &seen)])).await;
}
