//! Practitioners: who may see and change them, their shifts, what they have and until when, what an end blocks and
//! affects, and the letter about it. Their own phone pages are in `my_visits`.

#![cfg(test)]

use kinbridge::domain::Refusal;
use kinbridge::domain::access::{ManageAppointments, ViewStaff};
use kinbridge::domain::api_keys::Mode;
use kinbridge::domain::practitioners::{self, HeldId};
use kinbridge::domain::visits;
use kinbridge::jobs::{Outcome, credentials};
use kinbridge::kit::ids::{ShiftId, StaffMemberId, VisitId};
use kinbridge::links;

use crate::audit_trail::acts::Walk;
use crate::support::Page;
use crate::support::visiting::{TODAY, Visiting};

fn held(at: &Visiting, of: StaffMemberId) -> HeldId {
    HeldId(at.number(&format!("SELECT MAX(id) FROM practitioner_skills WHERE staff_member_id = {of}")))
}

fn shift(at: &Visiting, of: StaffMemberId) -> ShiftId {
    ShiftId(at.number(&format!("SELECT MAX(id) FROM shifts WHERE staff_member_id = {of}")))
}

async fn act(at: &Visiting, who: StaffMemberId, act: &str, fields: &[(&str, &str)]) -> Page {
    at.as_manager().post(&links::practitioner_act(at.org, who, act), fields).await
}

/// Why somebody cannot be given a visit; empty where they can.
fn why_not(at: &Visiting, visit: VisitId, to: StaffMemberId) -> String {
    let scope = at.scope::<ManageAppointments>();
    match at.try_write(|tx| visits::assign(tx, &scope, (Mode::Live, visit), Some((to, "somebody")), None)) {
        Ok(_) => String::new(),
        Err(Refusal::Overtaken(words)) => words,
        Err(other) => panic!("{other:?}"),
    }
}

/// Sends each form of this file as somebody who may.
pub async fn every_form(at: &Visiting, walk: &mut Walk<'_>) {
    let hugh = at.app.new_visitor(&at.manager);
    let own = |list: &[(&'static str, &str)]| -> Vec<(&'static str, String)> {
        list.iter().map(|(name, value)| (*name, (*value).to_owned())).collect()
    };
    let lena = at.staff_member(("Lena", "Marsh"), "");
    let to = |name: &str| links::practitioner_act(at.org, lena, name);
    let (made, base) = ("/org/{org}/practitioners", "HG1 2BB");
    let fields = own(&[("staff", &lena.to_string()), ("base", base)]);
    walk.by(made, &hugh, &links::practitioners(at.org), fields).await;
    let one = "/org/{org}/practitioners/{practitioner}/base";
    walk.by(one, &hugh, &to("base"), own(&[("base", "HG2 0AA")])).await;
    let shifts = "/org/{org}/practitioners/{practitioner}/shifts";
    let fields = own(&[("days[]", "mon"), ("from", "08:00"), ("to", "12:00")]);
    walk.by(shifts, &hugh, &to("shifts"), fields).await;
    let remove = links::remove_shift(at.org, lena, shift(at, lena));
    walk.by("/org/{org}/practitioners/{practitioner}/shifts/{shift}/remove", &hugh, &remove, Vec::new())
        .await;
    let skills = "/org/{org}/practitioners/{practitioner}/skills";
    walk.by(skills, &hugh, &to("skills"), own(&[("skill", &at.phlebotomy.to_string())])).await;
    let remove = links::remove_held(at.org, lena, held(at, lena).0);
    walk.by("/org/{org}/practitioners/{practitioner}/skills/{held}/remove", &hugh, &remove, Vec::new()).await;
    walk.by("/org/{org}/practitioners/{practitioner}/end", &hugh, &to("end"), Vec::new()).await;
    let again = "/org/{org}/practitioners/{practitioner}/again";
    walk.by(again, &hugh, &to("again"), own(&[("base", base)])).await;
}

#[actix_web::test]
async fn a_stranger_gets_404_and_those_without_the_right_403() {
    let at = Visiting::start().await;
    let (list, new) = (links::practitioners(at.org), links::new_practitioner(at.org));
    let iris = links::practitioner(at.org, at.iris);
    let (org, nell) = at.neighbour();
    for path in [&list, &new, &iris] {
        assert_eq!(at.as_stranger().get(path).await.status, 404, "{path}");
        assert_eq!(at.as_relative().get(path).await.status, 404, "{path}");
        assert_eq!(at.as_person(&nell).get(path).await.status, 404, "{path}");
        assert_eq!(at.as_staff().get(path).await.status, 403, "{path}");
        assert_eq!(at.as_manager().get(path).await.status, 200, "{path}");
    }
    // Another organisation's number below one's own, and staff who are no practitioners.
    let elsewhere = links::practitioner(org, at.iris);
    assert_eq!(at.as_person(&nell).get(&elsewhere).await.status, 404);
    let lena = at.staff_member(("Lena", "Marsh"), "");
    assert_eq!(at.as_manager().get(&links::practitioner(at.org, lena)).await.status, 404);
}

#[actix_web::test]
async fn other_sectors_have_no_such_pages() {
    let at = Visiting::start().await;
    let willow = at.app.cast.willow;
    for path in [links::practitioners(willow), links::new_practitioner(willow), links::my_visits(willow)] {
        assert_eq!(at.app.as_super().get(&path).await.status, 404, "{path}");
    }
    let path = links::practitioner(willow, at.iris);
    assert_eq!(at.app.as_super().get(&path).await.status, 404);
}

#[actix_web::test]
async fn somebody_of_the_staff_becomes_a_practitioner_and_ceases_to_be_one() {
    let at = Visiting::start().await;
    let lena = at.staff_member(("Lena", "Marsh"), "");
    let list = links::practitioners(at.org);
    let hugh = at.as_manager();
    let new = hugh.get(&links::new_practitioner(at.org)).await;
    assert!(new.text().contains("Lena Marsh") && !new.text().contains("Iris Vale"), "{}", new.text());
    let id = lena.to_string();
    for (staff, base, words) in [
        (id.as_str(), "HG1", "Enter the postcode from which they start"),
        ("", "HG1 1AA", "Choose somebody of your staff"),
    ] {
        let page = hugh.post(&list, &[("staff", staff), ("base", base)]).await;
        assert_eq!(page.status, 422, "{}", page.text());
        assert!(page.text().contains(words), "{}", page.text());
    }
    let page = hugh.post(&list, &[("staff", &id), ("base", "hg12bb")]).await;
    assert_eq!(page.location(), links::practitioner(at.org, lena));
    let page = hugh.get(&list).await;
    assert!(page.text().contains("Lena Marsh HG1 2BB No shifts yet None recorded"), "{}", page.text());
    let again = hugh.post(&list, &[("staff", &id), ("base", "HG1 2BB")]).await;
    assert!(hugh.get(again.location()).await.text().contains("Lena Marsh is a practitioner already."));

    assert_eq!(act(&at, lena, "end", &[]).await.status, 303);
    let page = hugh.get(&links::practitioner(at.org, lena)).await;
    assert!(
        page.text().contains("Not a practitioner any more: no appointments go to them."),
        "{}",
        page.text()
    );
    let shift = [("days[]", "mon"), ("from", "08:00"), ("to", "16:00")];
    let page = hugh.post(&links::practitioner_act(at.org, lena, "shifts"), &shift).await;
    assert!(hugh.get(page.location()).await.text().contains("is not a practitioner any more."));
    assert_eq!(act(&at, lena, "again", &[("base", "HG2 0AA")]).await.status, 303);
    assert!(hugh.get(&list).await.text().contains("Lena Marsh HG2 0AA"));
}

#[actix_web::test]
async fn shifts_are_added_checked_and_removed() {
    let at = Visiting::start().await;
    let hugh = at.as_manager();
    let here = links::practitioner(at.org, at.jack);
    for (fields, words) in [
        (vec![("from", "08:00"), ("to", "16:00")], "Choose at least one day of the week"),
        (vec![("days[]", "mon"), ("from", ""), ("to", "16:00")], "Enter when the shift starts"),
        (vec![("days[]", "mon"), ("from", "22:00"), ("to", "06:00")], "Enter a night shift as two"),
        (
            vec![("days[]", "sat"), ("days[]", "mon"), ("from", "15:59"), ("to", "18:00")],
            "This overlaps the shift every day, 08:00 to 16:00.",
        ),
    ] {
        let page = act(&at, at.jack, "shifts", &fields).await;
        assert_eq!(page.status, 422, "{}", page.text());
        assert!(page.text().contains(words), "{words}: {}", page.text());
    }
    let evening = [("days[]", "tue"), ("days[]", "mon"), ("from", "16:00"), ("to", "00:00")];
    assert_eq!(act(&at, at.jack, "shifts", &evening).await.status, 303);
    assert!(hugh.get(&here).await.text().contains("Monday and Tuesday, 16:00 to 24:00"));
    let remove = links::remove_shift(at.org, at.jack, shift(&at, at.jack));
    // Of somebody else it is not there.
    let elsewhere = links::remove_shift(at.org, at.iris, shift(&at, at.jack));
    assert_eq!(hugh.post(&elsewhere, &[]).await.status, 404);
    assert_eq!(hugh.post(&remove, &[]).await.status, 303);
    assert_eq!(hugh.post(&remove, &[]).await.status, 404);
    assert!(!hugh.get(&here).await.text().contains("16:00 to 24:00"));
}

#[actix_web::test]
async fn a_credential_is_recorded_renewed_warned_of_and_removed() {
    let at = Visiting::start().await;
    let hugh = at.as_manager();
    let (list, here) = (links::practitioners(at.org), links::practitioner(at.org, at.jack));
    let skill = at.phlebotomy.to_string();
    for (skill, until, words) in [
        ("", "2027-05-03", "Choose one of the list"),
        ("999999", "2027-05-03", "Choose one of the list"),
        (skill.as_str(), "3 May", "Enter its last day"),
        (skill.as_str(), "0202-05-03", "Enter its last day"),
    ] {
        let page = act(&at, at.jack, "skills", &[("skill", skill), ("until", until)]).await;
        assert_eq!(page.status, 422, "{}", page.text());
        assert!(page.text().contains(words), "{words}: {}", page.text());
    }
    let shows = |until: &'static str, words: &'static str, listed: &'static str| {
        let (at, hugh, skill) = (&at, &hugh, skill.as_str());
        let (list, here) = (list.as_str(), here.as_str());
        async move {
            let fields = [("skill", skill), ("until", until), ("reference", "NMC 4711")];
            assert_eq!(act(at, at.jack, "skills", &fields).await.status, 303);
            let page = hugh.get(here).await;
            assert!(page.text().contains(words), "{words}: {}", page.text());
            assert!(page.text().contains("NMC 4711 Hugh Dale, 22 November 2026"), "{}", page.text());
            let page = hugh.get(list).await;
            assert!(page.text().contains(listed), "{listed}: {}", page.text());
        }
    };
    shows("2026-12-23", "23 December 2026", "All in date").await;
    shows("2026-12-22", "Phlebotomy ends on 22 December 2026", "Ends on 22 December 2026: Phlebotomy").await;
    shows("2026-11-22", "After that day they cannot", "Ends on 22 November 2026: Phlebotomy").await;
    shows("2026-11-21", "They cannot be given new appointments", "Ended on 21 November 2026: Phlebotomy")
        .await;
    let verbs = "SELECT COUNT(*) FROM audit_events WHERE verb = 'practitioner.skill_renewed'";
    assert_eq!(at.number(verbs), 4);
    let remove = links::remove_held(at.org, at.jack, held(&at, at.jack).0);
    let elsewhere = links::remove_held(at.org, at.iris, held(&at, at.jack).0);
    assert_eq!(hugh.post(&elsewhere, &[]).await.status, 404);
    assert_eq!(hugh.post(&remove, &[]).await.status, 303);
    assert!(hugh.get(&here).await.text().contains("None is recorded yet."));
}

#[actix_web::test]
async fn an_end_blocks_after_its_last_day_and_lists_what_it_affects() {
    let at = Visiting::start().await;
    let (on, after) = (at.visit("2026-12-01"), at.visit("2026-12-02"));
    at.holds(at.jack, at.phlebotomy, "2026-12-10");
    at.assign(on, at.jack);
    at.assign(after, at.jack);
    at.holds(at.jack, at.phlebotomy, "2026-12-01");
    let page = at.as_manager().get(&links::practitioner(at.org, at.jack)).await;
    let words = "Phlebotomy ends on 1 December 2026 After that day they cannot be given appointments that need it. \
                 These are theirs and need it. Renew it, or give them to somebody else: \
                 Midday, Wednesday 2 December 2026, 11:00 to 15:00: Blood test of Betty Cole";
    assert!(page.text().contains(words), "{}", page.text());
    assert!(!page.text().contains("Tuesday 1 December 2026, 11:00"), "its last day counts: {}", page.text());
    let (on, after) = (at.visit("2026-12-01"), at.visit("2026-12-02"));
    assert_eq!(why_not(&at, on, at.jack), "");
    assert_eq!(why_not(&at, after, at.jack), "Not Jack Ford: Phlebotomy ends on 1 December 2026.");
    // Something that no task of theirs needs affects nothing.
    at.holds(at.iris, at.wound_care, "2026-11-20");
    let page = at.as_manager().get(&links::practitioner(at.org, at.iris)).await;
    assert!(page.text().contains("None that they have is affected."), "{}", page.text());
}

#[actix_web::test]
async fn why_not_is_said_in_a_sentence() {
    let at = Visiting::start().await;
    let today = at.visit(TODAY);
    at.holds(at.iris, at.phlebotomy, "2026-05-03");
    assert_eq!(why_not(&at, today, at.iris), "Not Iris Vale: Phlebotomy ended on 3 May 2026.");
    let ben = at.staff_member(("Ben", "Okoro"), "");
    at.practitioner(ben, &["mon", "tue", "wed"]);
    assert_eq!(why_not(&at, today, ben), "Not Ben Okoro: works Monday to Wednesday only.");
    let lena = at.staff_member(("Lena", "Marsh"), "");
    let scope = at.scope();
    at.write(|tx| practitioners::make(tx, &scope, lena, "HG1 1AA"));
    assert_eq!(
        why_not(&at, today, lena),
        "Not Lena Marsh: Phlebotomy is not recorded; no shifts are recorded."
    );
    at.write(|tx| practitioners::end(tx, &scope, lena));
    assert!(why_not(&at, today, lena).starts_with("Not Lena Marsh: does not visit patients at present;"));
}

#[actix_web::test]
async fn what_ends_is_listed_from_the_earliest_and_without_those_who_left() {
    let at = Visiting::start().await;
    at.holds(at.iris, at.phlebotomy, "2026-12-22");
    at.holds(at.iris, at.wound_care, "2026-12-23");
    at.holds(at.jack, at.phlebotomy, "2026-11-01");
    let listed = || {
        let today = TODAY.parse().unwrap();
        let found = at.read(|conn| practitioners::expiring(conn, &at.scope::<ViewStaff>(), today, 30));
        found.into_iter().map(|one| format!("{} {}", one.name, one.last)).collect::<Vec<_>>()
    };
    assert_eq!(listed(), ["Jack Ford 2026-11-01", "Iris Vale 2026-12-22"]);
    at.write(|tx| practitioners::end(tx, &at.scope(), at.jack));
    assert_eq!(listed(), ["Iris Vale 2026-12-22"]);
}

#[actix_web::test]
async fn managers_get_one_letter_thirty_days_before_and_one_more_after_a_renewal() {
    let at = Visiting::start().await;
    let run = async || match credentials::run(&at.services).await.unwrap() {
        Outcome::Worked(n) => n,
        Outcome::Idle => 0,
    };
    let letters = || {
        let sql = "SELECT COUNT(*) FROM letters WHERE subject LIKE 'A credential %'";
        at.number(sql)
    };
    at.holds(at.jack, at.phlebotomy, "2026-12-23");
    assert_eq!(run().await, 0);
    at.holds(at.jack, at.phlebotomy, "2026-12-22");
    at.pass(1);
    // Grace and Hugh.
    assert_eq!((run().await, run().await, letters()), (2, 0, 2));
    at.pass(1);
    at.holds(at.jack, at.phlebotomy, "2026-12-20");
    at.pass(1);
    assert_eq!((run().await, run().await, letters()), (2, 0, 4));
    let told = "SELECT COUNT(*) FROM audit_events WHERE verb = 'practitioner.warned'";
    assert_eq!(at.number(told), 2);
}
