//! Rules that an organisation switches off: what they then do not map, what they say, and what stays.

#![cfg(test)]

use kinbridge::domain::access::ManageOrganisation;
use kinbridge::domain::mapping::{self, Rule};
use kinbridge::links;

use crate::notes::{World, is_rendered, leahs_note};
use crate::support::Page;
use crate::support::therapy::{Therapy, WithEnsora};

/// Saves the rules with these off, as the super manager; the page that follows.
async fn without(at: &Therapy, off: &[Rule]) -> Page {
    let on = Rule::ALL.iter().filter(|rule| !off.contains(rule));
    let fields: Vec<(&str, &str)> = on.map(|rule| (rule.as_str(), "yes")).collect();
    let nora = at.as_super();
    let to = nora.post(&links::settings_rules(at.org), &fields).await;
    assert_eq!(to.status, 303, "{}", to.text());
    nora.get(to.location()).await
}

fn live(at: &Therapy, kind: &str, origin: &str) -> i64 {
    at.number(&format!(
        "SELECT COUNT(*) FROM pairings WHERE kind = '{kind}' AND origin = '{origin}' AND ended_at IS NULL"
    ))
}

fn autos(at: &Therapy) -> (i64, i64, i64) {
    (live(at, "site", "Auto"), live(at, "resident", "Auto"), live(at, "staff", "Auto"))
}

async fn tab(at: &Therapy, tab: &str) -> Page {
    at.as_manager().get(&links::synchronization_tab(at.org, tab)).await
}

#[actix_web::test]
async fn whoever_manages_the_organisation_switches_rules_and_nobody_else() {
    let at = Therapy::start().await;
    let (rules, page) = (links::settings_rules(at.org), links::settings_appointments(at.org));
    assert_eq!(at.as_stranger().post(&rules, &[]).await.status, 404);
    assert_eq!(at.as_staff().post(&rules, &[]).await.status, 403);
    assert_eq!(at.as_manager().post(&rules, &[]).await.status, 403);
    assert_eq!(at.as_manager().get(&page).await.status, 403);
    assert_eq!(at.number("SELECT COUNT(*) FROM mapping_rules_off"), 0);
    // A care home has no such rules.
    let willow = links::settings_rules(at.cast.willow);
    assert_eq!(at.app.as_super().post(&willow, &[]).await.status, 403);
    let shown = at.as_super().get(&page).await;
    let text = shown.text();
    for rule in Rule::ALL {
        assert!(text.contains(rule.name()), "{}", rule.name());
        for words in rule.conditions() {
            assert!(text.contains(words), "{words}");
        }
        assert!(shown.body.contains(&format!("name=\"{}\"", rule.as_str())), "{}", rule.as_str());
    }
    assert!(text.contains("What it has mapped stays mapped."), "{text}");
}

#[actix_web::test]
async fn a_rule_that_is_off_makes_nothing_says_why_and_leaves_one_click() {
    let at = WithEnsora::start().await;
    at.make_available().await;
    without(&at, &[Rule::Students, Rule::Users]).await;
    at.shake_hands().await;
    at.work_off().await;
    assert_eq!(autos(&at), (2, 0, 0));
    let clients = tab(&at, "clients").await;
    let text = clients.text();
    assert!(text.contains("The rule “Students to clients” is switched off. Map it by hand."), "{text}");
    assert!(text.contains("Perhaps Leah Brown."), "{text}");
    assert!(tab(&at, "staff").await.text().contains("The rule “Users to staff” is switched off."));
    // One click in the row, or on its page.
    let leah = at.record_of("resident", "st-1");
    let choose = links::synchronization_row_act(at.org, "clients", leah, "choose");
    let form = format!("action=\"{choose}\"");
    assert!(clients.body.contains(&form) && text.contains("Map to it"), "{}", clients.body);
    let row = at.as_super().get(&links::synchronization_row(at.org, "clients", leah)).await;
    assert!(row.body.contains(&form) && row.body.contains("#rules\""), "{}", row.body);
    at.as_manager().post(&choose, &[("local", &at.leah.to_string())]).await;
    assert_eq!((live(&at, "resident", "User"), live(&at, "resident", "Auto")), (1, 0));
    // Hannah, who is nobody here, is still nobody.
    assert!(tab(&at, "staff").await.text().contains("No member of staff with this name."));

    let told = without(&at, &[Rule::Users]).await.text();
    assert!(told.contains("Switched on again: Students to clients."), "{told}");
    assert_eq!(autos(&at), (2, 2, 0));
    at.pass(60);
    at.pull().await;
    assert_eq!(autos(&at), (2, 2, 0));
    without(&at, &[]).await;
    assert_eq!(autos(&at), (2, 2, 2));
    assert!(without(&at, &[]).await.text().contains("All rules stay as they were."));
}

#[actix_web::test]
async fn sites_by_name_and_by_another_name_are_switched_apart() {
    let mut there = crate::support::therapy::population();
    there.sites[1] = crate::support::therapy::site("si-2", "Riverside");
    let at = WithEnsora::holding(there).await;
    at.make_available().await;
    at.shake_hands().await;
    without(&at, &[Rule::SitesByName, Rule::SitesByOtherName]).await;
    at.work_off().await;
    assert_eq!(autos(&at), (0, 0, 0));
    let text = tab(&at, "agencies").await.text();
    assert!(text.contains("The rule “Sites by name” is switched off. Map it by hand."), "{text}");
    let riverside = at.record_of("site", "si-2");
    let alias = links::synchronization_row_act(at.org, "agencies", riverside, "alias");
    at.as_super().post(&alias, &[("agency", &at.riverside.to_string())]).await;
    let text = tab(&at, "agencies").await.text();
    assert!(text.contains("The rule “Sites by another name” is switched off."), "{text}");
    without(&at, &[Rule::SitesByName]).await;
    let by_alias = "SELECT COUNT(*) FROM pairings WHERE rule = 'ensora-sites-alias-1' AND ended_at IS NULL";
    assert_eq!((live(&at, "site", "Auto"), at.number(by_alias)), (1, 1));
    without(&at, &[]).await;
    assert_eq!(autos(&at), (2, 3, 2));
}

#[actix_web::test]
async fn switching_off_leaves_what_is_mapped_and_each_switch_is_on_the_trail() {
    let at = WithEnsora::start().await;
    at.shake_hands().await;
    at.work_off().await;
    let before = autos(&at);
    let page = without(&at, Rule::ALL).await;
    let text = page.text();
    assert!(
        text.contains("Switched off: Sites by name, Sites by another name, Students to clients"),
        "{text}"
    );
    assert!(
        text.contains("What was mapped stays mapped.") && text.contains("Nora Hill switched it off"),
        "{text}"
    );
    at.pass(60);
    at.pull().await;
    assert_eq!(autos(&at), before);
    let switched = |what: &str| {
        at.number(&format!(
            "SELECT COUNT(*) FROM audit_events WHERE verb = 'mapping_rule.switched' AND words LIKE '%{what}%'"
        ))
    };
    for rule in Rule::ALL {
        assert_eq!(switched(&format!("({}) off", rule.as_str())), 1, "{}", rule.as_str());
    }
    without(&at, &[Rule::Notes]).await;
    assert_eq!((switched("on again"), switched("off")), (4, 5));
    assert_eq!(at.number("SELECT COUNT(*) FROM mapping_rules_off"), 1);
}

#[actix_web::test]
async fn with_the_rule_of_notes_off_a_note_waits_and_comes_by_hand_or_when_it_is_on_again() {
    let world = World::start().await;
    let at = &world.at;
    let appointment = world.leahs();
    without(at, &[Rule::Notes]).await;
    assert_eq!(world.take(vec![leahs_note("13:00", "14:00")]).mapped, 0);
    let note = world.note("sn-1");
    assert!(note.mapping.is_none());
    assert_eq!(
        note.because,
        "The rule “Session notes to appointments” is switched off. Map it by hand. The appointment from 13:00 to \
         14:00 fits."
    );
    let manager = at.as_manager();
    let page = manager.get(&links::synchronization_note(at.org, note.id)).await.text();
    assert!(
        page.contains("Why was this not mapped?") && page.contains("is switched off. Map it by hand."),
        "{page}"
    );
    let tried = manager.get(&format!("{}?minutes=9", links::synchronization_grace(at.org))).await.text();
    assert!(tried.contains("is switched off: nothing is mapped by it."), "{tried}");
    let list =
        manager.get(&format!("{}?reason=rule+off", links::synchronization_tab(at.org, "appointments"))).await;
    assert!(list.text().contains("Leah Brown"), "{}", list.text());

    let pick = format!("pick-{}", note.id);
    let to = links::synchronization_tab(at.org, "appointments");
    manager.post(&to, &[(&pick, &appointment.to_string())]).await;
    assert_eq!(world.note("sn-1").mapping.map(|one| one.origin), Some("User".to_owned()));
    assert!(is_rendered(&world.appointment(appointment)));

    let other = world.plan("Leah Brown", "Dev Patel", ("2026-11-05", "13:00", "14:00"));
    let next = kinbridge::connectors::NoteRecord {
        external_id: "sn-2".into(),
        date: "2026-11-05".into(),
        ..leahs_note("13:00", "14:00")
    };
    world.take(vec![next]);
    assert!(world.note("sn-2").mapping.is_none());
    without(at, &[]).await;
    assert_eq!(world.note("sn-2").mapping.map(|one| one.origin), Some("Auto".to_owned()));
    assert!(is_rendered(&world.appointment(other)));
}

#[actix_web::test]
async fn a_note_that_is_edited_after_its_rule_was_switched_off_stays_and_is_decided_about() {
    let world = World::start().await;
    let at = &world.at;
    world.set(|settings| settings.guardian_needed = true);
    let appointment = world.leahs();
    let unsigned = |text: &str| {
        let mut note = leahs_note("13:00", "14:00");
        note.fields.retain(|one| one.name != "Guardian Signature" && one.name != "Notes");
        note.fields.push(crate::notes::field("Notes", text));
        note
    };
    world.take(vec![unsigned("Worked on requests.")]);
    assert!(!is_rendered(&world.appointment(appointment)));
    let scope = at.scope::<ManageOrganisation>();
    let on: Vec<Rule> = Rule::ALL.iter().copied().filter(|rule| *rule != Rule::Notes).collect();
    at.write(|tx| mapping::switch_rules(tx, &scope, &on));
    let taken = world.take(vec![unsigned("Worked on something else.")]);
    assert_eq!(taken.proposals, 1);
    let note = world.note("sn-1");
    assert_eq!(note.mapping.map(|one| one.appointment), Some(appointment));
    assert_eq!(world.appointment(appointment).results_notes, "Worked on requests.");
}
