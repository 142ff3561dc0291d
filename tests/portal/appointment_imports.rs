//! Appointments from a CSV file: a preview of every line, then exactly that.

#![cfg(test)]

use kinbridge::links;

use crate::activities::hidden;
use crate::appointments::{planned, typed};
use crate::support::therapy::{Therapy, day};
use crate::support::{Page, Visitor};

const HEAD: &str = "Kind,Client first name,Client last name,Client date of birth,Staff,Agency,Service,Direct or indirect,Status,Date,Start,End,Time zone,Details\r\n";

async fn preview(who: &Visitor<'_>, at: &Therapy, text: &str) -> Page {
    who.post(&links::import_appointments(at.org), &[("text", text)]).await
}

async fn apply(who: &Visitor<'_>, at: &Therapy, text: &str, seal: &str, more: &[(&str, &str)]) -> Page {
    let fields = [&[("text", text), ("seal", seal)][..], more].concat();
    who.post(&links::import_appointments_act(at.org, "apply"), &fields).await
}

fn count(at: &Therapy) -> i64 {
    at.number("SELECT COUNT(*) FROM appointments")
}

#[actix_web::test]
async fn what_the_preview_shows_is_imported_and_nothing_else() {
    let at = Therapy::start().await;
    let omar = at.as_manager();
    let text = format!(
        "{HEAD}service,Leah,Brown,14/05/2015,dev@bright.example,Oakfield Centre,=1+1,direct,Scheduled,24/11/2026,09:00,10:00,,\"'=HYPERLINK(\"\"x\"\")\"\r\n\
         ,tom,RAY,,Kim Lee,,Speech,,,2026-11-24,09:00,10:00,America/New_York,\r\n"
    );
    let page = preview(&omar, &at, &text).await;
    assert_eq!(page.status, 200, "{}", page.text());
    let shown = page.text();
    assert!(shown.contains("2 of 2 lines can be imported"), "{shown}");
    assert!(
        shown.contains("Leah Brown with Dev Patel on 24 November 2026, 09:00 to 10:00 (Europe/London)"),
        "{shown}"
    );
    assert_eq!(count(&at), 0);
    let seal = hidden(&page, "seal");
    let done = apply(&omar, &at, &text, &seal, &[]).await;
    assert_eq!(done.status, 303, "{}", done.text());
    assert!(omar.get(done.location()).await.text().contains("2 appointments are imported"));
    assert_eq!(count(&at), 2);
    assert_eq!(
        at.number(
            "SELECT COUNT(*) FROM appointments WHERE service = '=1+1' AND details = '=HYPERLINK(\"x\")'"
        ),
        1
    );
    assert_eq!(at.number("SELECT COUNT(*) FROM appointments WHERE starts_at = '2026-11-24 14:00:00'"), 1);
    assert_eq!(at.number("SELECT COUNT(*) FROM audit_events WHERE verb = 'appointment.imported'"), 2);
    // Again: every line is here already.
    let again = preview(&omar, &at, &text).await.text();
    assert!(again.contains("0 of 2 lines") && again.contains("is here already"), "{again}");
    let again = apply(&omar, &at, &text, &seal, &[]).await;
    assert_eq!((again.status, count(&at)), (422, 2));
}

#[actix_web::test]
async fn every_fault_of_every_line_is_said_in_words() {
    let at = Therapy::start().await;
    at.client(at.riverside, ("Leah", "Brown"), day(2014, 1, 1));
    let omar = at.as_manager();
    let lines = [
        "club,Leah,Brown,14/05/2015,nobody@x.example,Nowhere,,perhaps,Odd,31/02/2026,25:61,10:00,Mars,",
        ",Leah,Brown,,dev@bright.example,,,,,24/11/2026,09:00,10:00,,",
        ",Leah,Brown,1/2/2013,dev@bright.example,,,,,24/11/2026,09:00,10:00,,",
        ",,,,dev@bright.example,,,,,24/11/2026,09:00,10:00,,",
        ",Tom,Ray,,Kim Lee,,,,No-show,24/11/2026,10:00,09:00,,",
        ",Tom,Ray,,Kim Lee,,,,,29/03/2026,01:30,03:00,,",
        ",Tom,Ray,,Kim Lee,,,,,25/10/2026,01:30,03:00,,",
        ",Tom,Ray,,Kim Lee,,,,,25/10/2026,01:30 second,03:00,,",
        ",Tom,Ray,,Kim Lee,,,,,25/10/2026,01:30 second,03:00,,",
        ",Tom,Ray,,Kim Lee,,,,,25/11/2026,09:00,10:00,client,",
    ];
    let page = preview(&omar, &at, &format!("{HEAD}{}", lines.join("\r\n"))).await;
    let text = page.text();
    for words in [
        "1 of 10 lines can be imported",
        "The kind is service",
        "No active staff member is",
        "None of your agencies is called",
        "Say direct or indirect",
        "The status is one of: Scheduled, Completed",
        "Enter the day",
        "Enter when it starts",
        "The time zone is a name",
        "2 clients are called “Leah Brown”",
        "was not born on 1 February 2013",
        "A service needs a client",
        "The end must be after the start",
        "01:30 does not exist. The next that does is 02:00",
        "01:30 comes twice",
        "Line 9 says the same",
        "time zone is not known",
    ] {
        assert!(text.contains(words), "{words} is not in {text}");
    }
    // The good one alone is imported.
    let seal = hidden(&page, "seal");
    let done = apply(&omar, &at, &format!("{HEAD}{}", lines.join("\r\n")), &seal, &[]).await;
    assert_eq!((done.status, count(&at)), (303, 1), "{}", done.text());
    assert_eq!(at.number("SELECT COUNT(*) FROM appointments WHERE starts_at = '2026-10-25 01:30:00'"), 1);
}

#[actix_web::test]
async fn a_file_that_cannot_be_read_says_why_and_changes_nothing() {
    let at = Therapy::start().await;
    let omar = at.as_manager();
    for (text, words) in [
        ("", "Choose a file"),
        ("Name,Room\nx,y\n", "These are missing"),
        ("Staff,Date,Start,End\n", "headings and no lines"),
    ] {
        let page = preview(&omar, &at, text).await;
        assert_eq!(page.status, 422);
        assert!(page.text().contains(words), "{}", page.text());
    }
    let template = omar.get(&links::import_appointments_act(at.org, "template.csv")).await;
    assert!(
        template.body.contains("Client first name")
            && template.header("content-type").unwrap().contains("csv")
    );
    assert_eq!(preview(&omar, &at, template.body.trim_end()).await.status, 422);
}

#[actix_web::test]
async fn a_preview_that_holds_no_more_is_shown_again_and_overlaps_need_a_tick() {
    let at = Therapy::start().await;
    let omar = at.as_manager();
    let text = format!("{HEAD},Tom,Ray,,dev@bright.example,,,,,24/11/2026,09:30,10:30,,\r\n");
    let seal = hidden(&preview(&omar, &at, &text).await, "seal");
    // Meanwhile somebody plans Dev's morning.
    planned(&at, &typed(&at, "2026-11-24", "09:00", "10:00"));
    let page = apply(&omar, &at, &text, &seal, &[]).await;
    assert_eq!((page.status, count(&at)), (422, 1));
    assert!(
        page.text().contains("Something has changed")
            && page.text().contains("Dev Patel has another appointment"),
        "{}",
        page.text()
    );
    let seal = hidden(&page, "seal");
    let page = apply(&omar, &at, &text, &seal, &[]).await;
    assert_eq!((page.status, count(&at)), (422, 1));
    assert!(page.text().contains("Tick that these may overlap"), "{}", page.text());
    assert_eq!(apply(&omar, &at, &text, &seal, &[("overlaps", "yes")]).await.status, 303);
    assert_eq!(count(&at), 2);
    // Within the file too.
    let both = format!(
        "{HEAD},Tom,Ray,,Kim Lee,,,,,25/11/2026,09:00,10:00,,\r\n,Ana,Diaz,,Kim Lee,,,,,25/11/2026,09:30,10:30,,\r\n"
    );
    let page = preview(&omar, &at, &both).await;
    assert!(page.text().contains("Line 2 has one of the two at that time too"), "{}", page.text());
}

#[actix_web::test]
async fn a_file_of_thousands_is_imported_in_one_go_and_five_thousand_are_the_most() {
    let at = Therapy::start().await;
    let omar = at.as_manager();
    let lines: Vec<String> = (0..1500)
        .map(|n| {
            let date = day(2026, 12, 1) + chrono::Days::new(n / 12);
            let hour = 7 + n % 12;
            format!(",Tom,Ray,,Kim Lee,,,,,{date},{hour:02}:00,{hour:02}:30,,\n")
        })
        .collect();
    let lines = lines.concat();
    let text = format!(
        "Kind,Client first name,Client last name,Client date of birth,Staff,Agency,Service,Direct or indirect,Status,Date,Start,End,Time zone,Details\n{lines}"
    );
    let page = preview(&omar, &at, &text).await;
    assert!(
        page.text().contains("1500 of 1500 lines") && page.text().contains("And 1300 more"),
        "{}",
        page.title()
    );
    let seal = hidden(&page, "seal");
    assert_eq!(apply(&omar, &at, &text, &seal, &[]).await.status, 303);
    assert_eq!(count(&at), 1500);
}
