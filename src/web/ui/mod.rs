//! The look: layouts, small pieces and words that all pages share. Nothing here reads a database or decides who may
//! see what.
//!
//! # A page
//! ```text
//! use crate::web::ui::{Shell, When, filters};          // `filters` is used by the layouts: always import it
//! #[derive(askama::Template)]
//! #[template(path = "staff/index.html")]
//! pub struct Index { pub shell: Shell, pub rows: Vec<Row> }
//!
//! {% extends "layouts/portal.html" %}                  // or layouts/plain.html: one column, no navigation
//! {% import "ui/field.html" as field %}
//! {% import "ui/bits.html" as ui %}
//! {% block beside %}…{% endblock %}                    // actions to the right of the h1
//! {% block content %}…{% endblock %}
//! ```
//! The layout prints title, skip link, header, crumb, error summary or notice, `h1`, tabs, footer and live region.
//! Other blocks: `head` (into `<head>`), `heading` (replaces the whole line of the `h1`).
//!
//! # Macros (arguments with a default may be left out or named: `hint="…"`)
//! ```text
//! {{ field::csrf(shell) }}                             hidden field `csrf`; in every post form
//! {{ field::text(shell, "email", "Email address", form.email, hint="…", kind="email", autocomplete="email",
//!                inputmode="", size="s", list="") }}   id = name = "email"; error from shell.errors; size s or m
//! {{ field::password(shell, "password", "Password", hint="", autocomplete="new-password") }}
//! {{ field::area(shell, "note", "Comment", form.note, rows=4) }}
//! {{ field::select(shell, "role", "Role", roles) }}    roles: Vec<Choice>
//! {{ field::radios(shell, "kind", "Which one?", kinds) }}
//! {{ field::tick(shell, "sync", "Sync with Nourish", form.sync, hint="…") }}
//! {{ ui::tag("Partly synced") }}                       colour from the words
//! {{ ui::post(shell, href, "Unlink", "Betty Cole from Nourish") }}   form with one button; about = hidden words
//!        class="" makes the button the primary one; name= and value= add one hidden field
//! {{ ui::link(href, "Preview") }} {{ ui::dialog_link(href, "Link Resident", "for Betty Cole") }}
//! {{ ui::note("warn", "…") }}                          ok, warn, bad, info
//! {{ ui::empty("No staff are waiting.", "/sync", "Start sync") }}
//! {{ ui::pager(pager) }} {{ ui::stat(href, "6 of 8", "Residents paired") }} {{ ui::fact("Room", room) }}
//! {{ ui::secret("token", "Integration token", token, hint="…") }}
//! {{ ui::progress(url, done, total, "3 of 8 residents checked") }} and in the block head {{ ui::refresh(3) }}
//! {{ ui::identity(name, born, nhs_number, place, heading=true, badge="") }} {{ ui::lookalike("Same name as …") }}
//! {{ ui::all_on_page("all", "Select all staff on this page") }}
//! {{ row.when }}                                       a `When` prints its own <time>
//! {{ born|date }} {{ number|nhs }} {{ total|thousands }} {{ "portal.css"|asset }}
//! ```
//! In a `{% for %}` or `{% if let %}` pass locals as they are. Classes of a button go last: `class="btn--danger"`.
//!
//! # Classes
//! ```text
//! panel (panel__head: h2 + tag; panel--form: narrow) · stats > stat · actions (row of buttons) · links · lead · soft
//! btn btn--second btn--danger btn--plain btn--big      primary is `btn` alone; at most one primary a view
//! table: <table class="table"> caption, th scope=col, <th scope="row"> first = title of the card on a phone,
//!        every td has data-label="Room"; td.table__tick holds .tick.tick--bare; num = right-aligned digits
//! compare: table.table.compare, tr.differs on a row that differs, <mark> round the characters
//! bulk: <form data-bulk> with .bulk (role=group aria-label) above the table, its texts and the box of the page in
//!       .bulk__what; row boxes name="staff[]" data-row; <span data-count="staff selected"> is kept up to date
//! filter: <form class="filter" method="get"> · facts: <dl class="facts"><div><dt><dd></div></dl>
//! more: <details class="more"><summary><span>…</span></summary><div class="more__in">
//! steps: <ol class="steps"><li class="done"> · events: <ol class="events"><li><time><p> (audit, activity)
//! day > timeline: <ol class="timeline"><li class="declined"><p class="timeline__when"><h3> … <blockquote>
//! tags (row of tags) · signature: <figure> img figcaption · count (number in a tab) · vh (only heard) · num · no-print
//! ```
//!
//! # What the script adds (all of it works without)
//! ```text
//! data-dialog on a link: opens that page's [data-part] (else its main) in a dialog; data-close on its Cancel link
//! data-focus: takes the focus on load · data-copy="id" · data-show="id"
//! data-progress-url: answers `Accept: text/event-stream` with events and `application/json` with one object of the
//! same shape; with `finished` the page moves on to `next`. `total` 0: not known yet.
//! ```

pub mod filters;
mod pager;
pub mod problems;
mod shell;
mod status;
pub mod when;

pub use pager::{Choice, PageLink, Pager};
pub use shell::{Banner, Link, NavItem, Notice, NoticeAction, NoticeKind, Shell, SignedInView, Tab};
pub use when::When;

#[cfg(test)]
mod tests {
    use askama::Template;

    use super::*;

    #[derive(Template)]
    #[template(
        source = r#"{% extends "layouts/portal.html" %}{% import "ui/field.html" as field %}{% import "ui/bits.html" as ui %}{% block content %}{{ field::text(shell, "email", "Email address", typed, hint="At work") }}{{ ui::tag("Partly synced") }}{{ ui::post(shell, "/unlink", "Unlink", about="Betty Cole") }}{{ ui::progress("/progress", 3, 8, "3 of 8") }}{% endblock %}"#,
        ext = "html"
    )]
    struct Page {
        shell: Shell,
        typed: String,
    }

    fn page() -> Page {
        let mut shell = Shell::bare("Staff list");
        shell.nav = vec![NavItem::new("Home", "/", false), NavItem::new("Staff", "/staff", true)];
        shell.tabs = vec![Tab::new("Pending staff", "/staff/pending", true)];
        shell.signed_in = Some(SignedInView { name: "Mary Jones".into(), role: "Manager".into() });
        shell.csrf = "secret-token".into();
        shell.notice = Some(Notice::ok("2 staff approved.").post("Undo", "/undo", "secret-token"));
        Page { shell, typed: "<b>".into() }
    }

    #[test]
    fn a_page_shows_where_one_is_and_what_happened() {
        let html = page().render().unwrap();
        for part in [
            r#"<a href="/staff" aria-current="page">Staff</a>"#,
            "2 staff approved.",
            r#"<form method="post" action="/undo"><input type="hidden" name="csrf" value="secret-token">"#,
            r#"<main class="main" id="main" tabindex="-1">"#,
            r#"<div id="live" role="status" class="vh"></div>"#,
            r#"name="email" value="&#60;b&#62;" aria-describedby="email-hint">"#,
            r#"<span class="tag tag--amber">Partly synced</span>"#,
            r#"Unlink<span class="vh"> Betty Cole</span></button>"#,
            r#"max="8" value="3""#,
        ] {
            assert!(html.contains(part), "{part} is not in {html}");
        }
        assert!(!html.contains("style=") && !html.contains("onclick") && !html.contains("disabled"));
    }

    #[test]
    fn errors_take_the_place_of_the_notice_and_stand_beside_their_field() {
        let mut page = page();
        page.shell.add_error("email", "Enter an email address");
        let html = page.render().unwrap();
        assert!(html.contains("<title>Error: Pending staff – Staff list – Kinbridge</title>"));
        assert!(html.contains(r##"<a href="#email">Enter an email address</a>"##));
        assert!(html.contains(r#"aria-describedby="email-hint email-error" aria-invalid="true""#));
        assert!(!html.contains("2 staff approved."));
    }

    #[test]
    fn raw_colours_stand_among_the_tokens_only() {
        let css = include_str!("../../../static/portal.css");
        let (_, rest) = css.split_once("@layer base {").unwrap();
        let raw = rest.lines().find(|l| l.contains(": #") || l.contains("rgb(") || l.contains("hsl("));
        assert_eq!(raw, None);
    }
}
